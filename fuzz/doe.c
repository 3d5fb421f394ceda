/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "fake_env.h"
#include "doe/mbox.h"

#define LIMIT 64

/* An object comes apart only into what wraps up to it again. */
static void frame(const uint8_t *p, size_t n)
{
	uint8_t out[1024];
	struct wr w = wr_over(out, sizeof(out));
	const uint8_t *payload;
	struct doe_type type;
	size_t len;

	if (n > sizeof(out) ||
	    doe_unwrap(p, n, sizeof(out), &type, &payload, &len))
		return;
	must(payload == p + DOE_HEADER_LEN && len == n - DOE_HEADER_LEN);
	must(doe_wrap(&w, type, payload, len) == IL_OK);
	must(w.len == n);
	must(memcmp(out + DOE_HEADER_LEN, payload, len) == 0);
}

/* Whoever asks from index 0 on, and follows, hears of each type once. */
static void discovery(const uint8_t *p, size_t n)
{
	struct doe_type types[8] = { { 0 } };
	struct doe_discovery_rsp m;
	uint8_t req[4], rsp[DOE_DISCOVERY_LEN], index = 0;
	const size_t count = n ? p[0] % (COUNT(types) + 1) : 0;
	struct wr w;
	struct rd r;

	for (size_t i = 0; i < count; i++)
		types[i] = (struct doe_type){ .vendor = (uint16_t)(i + n),
					      .type = p[i % n] };
	if (n <= COUNT(req) && doe_discover(types, count, p, n, rsp))
		must(n != DOE_DISCOVERY_LEN);
	for (size_t i = 0; i < count; i++) {
		w = wr_over(req, sizeof(req));
		doe_discovery_req_encode(&w, index, n & 1 ? 2 : 0);
		must(doe_discover(types, count, req, w.len, rsp) == IL_OK);
		r = rd_over(rsp, sizeof(rsp));
		must(doe_discovery_rsp_decode(&r, &m) == IL_OK);
		must(m.type.vendor == types[i].vendor &&
		     m.type.type == types[i].type);
		must(m.next == (i + 1 < count ? i + 1 : 0));
		index = m.next;
	}
}

/* What the host does to the registers; what the consumer answers. */
static void step(struct doe_mbox *m, struct rd *in, uint64_t *now_ns)
{
	const uint8_t what = rd_u8(in);
	const struct doe_mbox before = *m;
	const uint8_t *payload;
	struct doe_type type;
	size_t len;

	switch (what & 7) {
	case 0:
		doe_reg_write_mbox(m, rd_u32le(in));
		break;
	case 1:
		doe_reg_write_ctl(m, rd_u32le(in), *now_ns);
		break;
	case 2:
		(void)doe_reg_read(m);
		doe_reg_write_read_mbox(m);
		break;
	case 3:
		*now_ns += (uint64_t)rd_u8(in) << 24;
		doe_tick(m, *now_ns);
		break;
	case 4:
		if (doe_request(m, &type, &payload, &len) == IL_OK) {
			must(m->state == DOE_BUSY);
			must(len <= LIMIT - DOE_HEADER_LEN);
			if (doe_reply(m, type, payload, what >> 3) == IL_OK)
				must(m->state == DOE_READY);
		} else {
			must(m->state != DOE_BUSY);
		}
		break;
	default: {
		union doe_arg arg = { .now_ns = *now_ns };
		enum doe_event ev = (enum doe_event)(what >> 3) % DOE_EVENTS;

		if (ev == DOE_EV_REPLY)
			memset(&arg, 0, sizeof(arg));
		if (doe_event(m, ev, &arg) == IL_E_STATE)
			must(unchanged(&before, m, sizeof(before)));
	}
	}
	must(doe_sane(m));
	/* Only abort and reset lead out of an error. */
	if (before.state == DOE_ERROR && m->state != DOE_ERROR)
		must(m->state == DOE_IDLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	struct fake_env f = { 0 };
	struct env env = fake_env(&f);
	uint8_t a[LIMIT] = { 0 }, b[LIMIT] = { 0 };
	uint64_t now_ns = 0;
	struct doe_mbox m;

	frame(data, len);
	discovery(data, len);
	memset(&m, 0, sizeof(m));
	doe_init(&m, &env, a, b, LIMIT);
	while (rd_left(&in))
		step(&m, &in, &now_ns);
	return 0;
}
