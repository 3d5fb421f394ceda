/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "fake_env.h"
#include "tdisp/rsp.h"

/* The table of a TDI: a stream of events over a device that may refuse. */

#define REPORT_CAP 128

struct hw {
	enum il_err arm, quiesce, scrub, report;
	enum tdisp_error check, other;
	unsigned watched;
};

static enum tdisp_error check(void *ctx, uint32_t fn, uint64_t session,
			      const struct tdisp_lock *lock)
{
	struct hw *h = ctx;

	(void)fn;
	(void)session;
	(void)lock;
	must(h->watched == 1); /* nothing changes unseen */
	return h->check;
}

static enum il_err arm(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	(void)fn;
	if (!h->arm)
		h->watched = 1;
	return h->arm;
}

static void disarm(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	(void)fn;
	h->watched = 0;
}

static enum il_err quiesce(void *ctx, uint32_t fn)
{
	(void)fn;
	return ((struct hw *)ctx)->quiesce;
}

static enum il_err scrub(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	(void)fn;
	if (!h->scrub)
		h->watched = 0;
	return h->scrub;
}

static enum il_err report(void *ctx, uint32_t fn, const struct tdisp_lock *lock,
			  struct tdisp_report *out)
{
	struct hw *h = ctx;

	(void)fn;
	(void)lock;
	if (h->report)
		return h->report;
	*out = (struct tdisp_report){
		.info = TDISP_INFO_NO_FW_UPDATE,
		.range_count = 1,
		.ranges = { { .first_page = 0x10, .pages = 4, .id = 0 } }
	};
	return IL_OK;
}

static enum tdisp_error p2p(void *ctx, uint32_t fn, uint64_t session,
			    uint8_t stream)
{
	(void)fn;
	(void)session;
	(void)stream;
	return ((struct hw *)ctx)->other;
}

static enum tdisp_error unp2p(void *ctx, uint32_t fn, uint8_t stream)
{
	(void)fn;
	(void)stream;
	return ((struct hw *)ctx)->other;
}

static enum tdisp_error attr(void *ctx, uint32_t fn,
			     const struct tdisp_range *range)
{
	(void)fn;
	(void)range;
	return ((struct hw *)ctx)->other;
}

static enum tdisp_error vdm(void *ctx, uint32_t fn, const struct tdisp_msg *req,
			    struct wr *out)
{
	(void)fn;
	wr_zero(out, req->vdm.len);
	return ((struct hw *)ctx)->other;
}

static const struct tdi_port port = {
	.check = check,
	.arm = arm,
	.disarm = disarm,
	.quiesce = quiesce,
	.scrub = scrub,
	.report = report,
	.bind_p2p = p2p,
	.unbind_p2p = unp2p,
	.set_mmio_attr = attr,
	.vdm = vdm,
};

static void moods(struct hw *h, struct fake_env *f, uint8_t mood)
{
	static const enum il_err slow[] = { IL_OK, IL_OK, IL_E_AGAIN, IL_E_IO };

	h->quiesce = slow[mood & 3];
	h->scrub = slow[mood >> 2 & 3];
	h->arm = (mood >> 4 & 3) == 3 ? IL_E_IO : IL_OK;
	h->report = (mood >> 4 & 3) == 2    ? IL_E_IO
		    : (mood & 0x33) == 0x11 ? IL_E_AGAIN
					    : IL_OK;
	h->check = mood & 0x40 ? TDISP_E_INVALID_REQUEST : TDISP_E_NONE;
	h->other = h->check;
	if ((mood & 0x48) == 8)
		h->other = mood & 4 ? TDISP_E_PENDING : TDISP_E_BUSY;
	f->random_err = mood & 0x80 ? IL_E_RANDOM : IL_OK;
}

static void step(const struct tdisp_rsp *r, struct tdi *t, const struct hw *h,
		 struct rd *in)
{
	enum tdi_event ev = (enum tdi_event)(rd_u8(in) % TDI_EVENTS);
	struct tdisp_msg req = { .version = 0x10 }, rsp = { .version = 0x10 };
	uint8_t scratch[32], how = rd_u8(in);
	struct tdi_arg arg = { .session = 1 + (how & 1u),
			       .req = &req,
			       .rsp = &rsp,
			       .room = 16,
			       .scratch = scratch,
			       .scratch_cap = sizeof(scratch) };
	struct tdi before;
	enum tdisp_error e;

	if (ev < TDI_MSG_EVENTS)
		req.code = (uint8_t)(0x81 + ev);
	if (ev == TDI_EV_LOCK) {
		req.lock.flags = how & 0x20 ? 0xffff : 0;
		req.lock.default_stream = how >> 6;
	} else if (ev == TDI_EV_START && how & 2) {
		memcpy(req.nonce, t->nonce, sizeof(req.nonce));
	} else if (ev == TDI_EV_BIND_P2P || ev == TDI_EV_UNBIND_P2P) {
		req.stream = how >> 6;
	} else if (ev == TDI_EV_VDM) {
		req.vdm.len = how & 63; /* more than there is room for */
	} else if (ev == TDI_EV_REPORT) {
		req.get_report.offset = how >> 2 & 31;
		req.get_report.length = how >> 4;
	}
	memcpy(&before, t, sizeof(before));
	e = tdi_handle(r, t, ev, &arg);
	must(tdi_sane(t));
	/* A STOP that was refused may have begun, and so may a LOCK; an event
	 * ends the latter. */
	if (e && ev != TDI_EV_STOP && ev != TDI_EV_RESET && !before.locking &&
	    (ev != TDI_EV_LOCK || e != TDISP_E_BUSY))
		must(unchanged(&before, t, sizeof(before)));
	/* Trust has one door each, and is watched over. */
	if (t->state == TDI_LOCKED && before.state != TDI_LOCKED)
		must(ev == TDI_EV_LOCK && h->check == TDISP_E_NONE);
	if (t->state == TDI_RUN && before.state != TDI_RUN)
		must(ev == TDI_EV_START && before.state == TDI_LOCKED &&
		     before.nonce_live &&
		     !memcmp(before.nonce, req.nonce, sizeof(req.nonce)));
	if (t->state == TDI_LOCKED || t->state == TDI_RUN)
		must(h->watched == 1);
	must(!t->locking || h->watched == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	struct fake_env f = { .next = rd_u8(&in) };
	struct env env = fake_env(&f);
	uint8_t rep[REPORT_CAP];
	struct hw h = { .check = TDISP_E_NONE };
	struct tdisp_rsp r;
	struct tdi t;
	const struct tdisp_rsp_cfg cfg = { .env = &env,
					   .port = &port,
					   .port_ctx = &h,
					   .lock_flags = 0x1f,
					   .addr_width = 52,
					   .tdis = &t,
					   .tdi_count = 1,
					   .report = rep,
					   .report_cap = sizeof(rep) };

	memset(&t, 0, sizeof(t));
	memset(rep, 0, sizeof(rep));
	tdisp_rsp_init(&r, &cfg);
	tdi_host(&r, &t, true, 0x100);
	while (rd_left(&in)) {
		uint8_t mood = rd_u8(&in);

		moods(&h, &f, mood);
		if (mood == 0x3c)
			(void)tdi_poll(&r, &t, rd_left(&in), 8);
		step(&r, &t, &h, &in);
	}
	return 0;
}
