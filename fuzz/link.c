/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "emu/frame.h"
#include "link/tap.h"

/*
 * Frames: the emulator's, the link's header, and a link of two ends with an
 * interposer before one of them.
 *
 * What decodes encodes to the same bytes; frames come out whole and in order,
 * each exactly as it was sent, as long as nobody touches it.
 */

#define ROOM  1200
#define FIFO  64
#define BYTES 200

static struct {
	struct link_queue q;
	uint8_t store[ROOM];
	struct link_tap tap;
	uint8_t in_buf[2 * (LINK_FRAME_HDR + LINK_FRAME_MAX)];
	uint8_t held[2 * LINK_FRAME_MAX];
	uint8_t verdict;
	/* sent downwards and not yet taken: length and first byte */
	struct {
		uint16_t len;
		uint8_t first;
	} fifo[FIFO];
	unsigned head, n;
	bool touched;
} x;

static void emulator(const uint8_t *p, size_t n)
{
	static uint8_t out[EMU_HDR_LEN + EMU_PAYLOAD_MAX];
	struct wr w = wr_over(out, sizeof(out));
	struct emu_frame f;
	size_t used = 0;
	enum il_err err = emu_frame_decode(p, n, &f, &used);

	if (err) {
		must(err == IL_E_SHORT || err == IL_E_LONG);
		must(err == IL_E_LONG || n < EMU_HDR_LEN + EMU_PAYLOAD_MAX);
		return;
	}
	must(used <= n && f.len == used - EMU_HDR_LEN);
	must(emu_frame_encode(&w, &f) == IL_OK);
	must(w.len == used && !memcmp(out, p, used));
	f.len = EMU_PAYLOAD_MAX + 1;
	must(emu_frame_encode(&w, &f) == IL_E_ARG);
}

static void header(const uint8_t *p, size_t n)
{
	uint8_t out[LINK_FRAME_HDR];
	struct wr w = wr_over(out, sizeof(out));
	struct rd r = rd_over(p, n);
	enum link_kind kind;
	enum link_event ev;
	uint32_t len;

	if (!link_event_decode(p, n, &ev))
		must(n == 1 && link_event_name(ev)[0]);
	if (link_hdr_decode(&r, &kind, &len))
		return;
	must(len > 0 && len <= LINK_FRAME_MAX);
	must(link_hdr_encode(&w, kind, len) == IL_OK);
	must(!memcmp(out, p, sizeof(out)));
}

static enum link_verdict see(void *ctx, struct link_tap *tap, enum link_dir dir,
			     const struct link_frame *f, struct link_frame *out)
{
	static const uint8_t ev = LINK_UP;

	(void)ctx;
	(void)f;
	if (x.verdict & 4)
		(void)!link_tap_inject(tap, dir, LINK_EVENT, &ev, 1);
	if (x.verdict & 8)
		(void)!link_tap_release(tap, 0, x.verdict & 16);
	*out = (struct link_frame){ LINK_EVENT, &ev, 1 };
	return (enum link_verdict)(x.verdict & 3);
}

static void send(struct rd *in, const struct link_end *e, bool down)
{
	uint8_t buf[BYTES];
	const uint8_t kind = rd_u8(in) % 4, len = rd_u8(in) % (BYTES + 1);
	const uint8_t first = rd_u8(in);
	enum il_err err;

	memset(buf, first, sizeof(buf));
	err = link_send(e, (enum link_kind)kind, buf, len);
	must(err == IL_OK || err == IL_E_SPACE || err == IL_E_ARG);
	must(x.touched || (err == IL_E_ARG) == (!len || (kind != LINK_TLP &&
							 kind != LINK_EVENT)));
	if (err || !down || x.n == FIFO) {
		x.touched |= !err && down;
		return;
	}
	x.fifo[(x.head + x.n) % FIFO].len = len;
	x.fifo[(x.head + x.n++) % FIFO].first = first;
}

static void take(const struct link_end *e, uint8_t cap, bool down)
{
	uint8_t buf[LINK_FRAME_MAX];
	enum link_kind kind;
	size_t len = 0;
	enum il_err err =
		link_recv(e, &kind, buf, cap == 0xff ? sizeof(buf) : cap, &len);

	must(err == IL_OK || err == IL_E_AGAIN || err == IL_E_SPACE);
	if (err == IL_E_SPACE)
		must(len > cap);
	if (!down || x.touched)
		return;
	if (err == IL_E_AGAIN)
		must(x.n == 0);
	if (err)
		return;
	must(x.n && len == x.fifo[x.head].len);
	for (size_t i = 0; i < len; i++)
		must(buf[i] == x.fifo[x.head].first);
	x.head = (x.head + 1) % FIFO;
	x.n--;
}

static void step(struct rd *in, const struct link_end *up,
		 const struct link_end *down)
{
	const uint8_t op = rd_u8(in);

	switch (op & 7) {
	case 0:
	case 1:
		send(in, up, true);
		break;
	case 2:
		send(in, down, false);
		break;
	case 3:
		take(down, op >> 3 ? 0xff : rd_u8(in), true);
		break;
	case 4:
		take(up, op >> 3 ? 0xff : rd_u8(in), false);
		break;
	case 5:
		x.verdict = rd_u8(in);
		x.touched = true;
		link_tap_set(&x.tap, x.verdict & 0x80 ? NULL : see, NULL);
		break;
	case 6:
		x.touched = true;
		if (op & 8)
			(void)!link_tap_release(&x.tap, op >> 5, op & 16);
		else
			(void)!link_tap_forget(&x.tap, op >> 5);
		break;
	default:
		(void)!link_send_event(down, (enum link_event)(op >> 3));
	}
	for (unsigned i = 0; i < 2; i++)
		must(link_ring_sane(&x.q.way[i]));
	must(link_ring_sane(&x.tap.in));
	must(x.tap.held_n <= x.tap.held_cap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	struct link_end up, down;

	emulator(data, len);
	header(data, len);
	memset(&x, 0, sizeof(x));
	link_queue_init(&x.q, x.store, sizeof(x.store));
	must(link_tap_init(&x.tap, link_queue_end(&x.q, 0), x.in_buf,
			   sizeof(x.in_buf), x.held, 2) == IL_OK);
	up = link_tap_end(&x.tap);
	down = link_queue_end(&x.q, 1);
	while (rd_left(&in))
		step(&in, &up, &down);
	return 0;
}
