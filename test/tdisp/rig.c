/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp_test.h"

static enum tdisp_error hw_check(void *ctx, uint32_t fn, uint64_t session,
				 const struct tdisp_lock *lock)
{
	struct hw *h = ctx;

	h->checks++;
	h->fn = fn;
	h->session = session;
	assert_true(h->arms > h->disarms); /* the watch is on already */
	assert_int_equal(lock->default_stream, WANT_STREAM);
	return h->check;
}

static enum il_err hw_arm(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->fn = fn;
	if (h->arm)
		return h->arm;
	h->arms++;
	return IL_OK;
}

static void hw_disarm(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->fn = fn;
	h->disarms++;
}

static enum il_err hw_quiesce(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->fn = fn;
	h->quiesces++;
	return h->quiesce;
}

static enum il_err hw_scrub(void *ctx, uint32_t fn)
{
	struct hw *h = ctx;

	h->fn = fn;
	h->scrubs++;
	return h->scrub;
}

static enum il_err hw_report(void *ctx, uint32_t fn,
			     const struct tdisp_lock *lock,
			     struct tdisp_report *out)
{
	struct hw *h = ctx;

	(void)lock;
	h->fn = fn;
	h->reports++;
	if (h->report)
		return h->report;
	*out = h->rep;
	return IL_OK;
}

static enum tdisp_error hw_bind(void *ctx, uint32_t fn, uint64_t session,
				uint8_t stream)
{
	struct hw *h = ctx;

	(void)stream;
	h->fn = fn;
	h->session = session;
	h->binds++;
	return h->bind;
}

static enum tdisp_error hw_unbind(void *ctx, uint32_t fn, uint8_t stream)
{
	struct hw *h = ctx;

	(void)stream;
	h->fn = fn;
	h->unbinds++;
	return h->unbind;
}

static enum tdisp_error hw_attr(void *ctx, uint32_t fn,
				const struct tdisp_range *range)
{
	struct hw *h = ctx;

	h->fn = fn;
	h->attrs++;
	h->range = *range;
	return h->attr;
}

static enum tdisp_error hw_vdm(void *ctx, uint32_t fn,
			       const struct tdisp_msg *req, struct wr *out)
{
	struct hw *h = ctx;

	h->fn = fn;
	h->vdms++;
	assert_int_equal(req->code, TDISP_VDM_REQ);
	for (size_t i = 0; i < h->vdm_len; i++)
		wr_u8(out, (uint8_t)(0x40 + i));
	return h->vdm;
}

static void hw_entered(void *ctx, uint32_t fn, enum tdi_state old,
		       enum tdi_state now, enum tdi_event why)
{
	struct hw *h = ctx;

	h->fn = fn;
	h->entered++;
	h->old = old;
	h->now = now;
	h->why = why;
}

const struct tdi_port hw_port = {
	.check = hw_check,
	.arm = hw_arm,
	.disarm = hw_disarm,
	.quiesce = hw_quiesce,
	.scrub = hw_scrub,
	.report = hw_report,
	.bind_p2p = hw_bind,
	.unbind_p2p = hw_unbind,
	.set_mmio_attr = hw_attr,
	.vdm = hw_vdm,
	.entered = hw_entered,
};

static void rig_wire(struct rig *g)
{
	memset(g, 0, sizeof(*g));
	g->env = fake_env(&g->f);
	g->f.next = 0x80;
	g->port = hw_port;
	g->hw.rep.info = TDISP_INFO_DMA_NO_PASID;
	g->hw.rep.range_count = 2;
	g->hw.rep.ranges[0] = (struct tdisp_range){ 0x100, 4, 0, 0 };
	g->hw.rep.ranges[1] =
		(struct tdisp_range){ 0x200, 16, TDISP_RANGE_UPDATABLE, 2 };
	g->hw.rep.vendor = (const uint8_t *)"vendor";
	g->hw.rep.vendor_len = 6;
	tdisp_rsp_init(&g->r,
		       &(struct tdisp_rsp_cfg){ .env = &g->env,
						.port = &g->port,
						.port_ctx = &g->hw,
						.lock_flags = TDISP_LOCK_FLAGS,
						.addr_width = 52,
						.tdis = g->tdis,
						.tdi_count = TDIS,
						.report = g->rep,
						.report_cap = REP_CAP });
	tdi_host(&g->r, &g->tdis[0], true, FN_ID);
	tdi_host(&g->r, &g->tdis[1], true, FN_ID + 8);
}

enum tdisp_error cause(struct rig *g, enum tdi_event ev, uint32_t session)
{
	struct tdi_arg arg = { .session = session,
			       .req = &g->req,
			       .rsp = &g->rsp,
			       .room = 64,
			       .scratch = g->scratch,
			       .scratch_cap = sizeof(g->scratch) };

	memset(&g->req, 0, sizeof(g->req));
	memset(&g->rsp, 0, sizeof(g->rsp));
	g->req.code = (enum tdisp_code)(TDISP_GET_VERSION + ev);
	switch (ev) {
	case TDI_EV_LOCK:
		g->req.lock.flags = TDISP_LOCK_BIND_P2P | TDISP_LOCK_MSIX;
		g->req.lock.default_stream = WANT_STREAM;
		g->req.lock.mmio_offset = UINT64_C(0xd0000000);
		break;
	case TDI_EV_REPORT:
		g->req.get_report.length = 64;
		break;
	case TDI_EV_START:
		memcpy(g->req.nonce, g->tdis[0].nonce, TDISP_NONCE_LEN);
		break;
	case TDI_EV_BIND_P2P:
		g->req.stream = 33;
		break;
	case TDI_EV_UNBIND_P2P:
		g->req.stream = 200; /* rig_init() has bound it */
		break;
	case TDI_EV_SET_MMIO_ATTR:
		g->req.range = (struct tdisp_range){ 0xd0200, 16,
						     TDISP_RANGE_NON_TEE, 2 };
		break;
	case TDI_EV_VERSION:
	case TDI_EV_CAPS:
	case TDI_EV_STATE:
	case TDI_EV_STOP:
	case TDI_EV_VDM:
	case TDI_EV_CONFIG:
	case TDI_EV_FLR:
	case TDI_EV_POWER:
	case TDI_EV_STREAM:
	case TDI_EV_SESSION:
	case TDI_EV_FATAL:
	case TDI_EV_SCRUBBED:
	case TDI_EV_RESET:
	case TDI_EVENTS:
		break;
	}
	return tdi_handle(&g->r, &g->tdis[0], ev, &arg);
}

static void bring(struct rig *g, enum tdi_state state)
{
	struct tdi_arg arg = { .session = SESSION,
			       .req = &g->req,
			       .rsp = &g->rsp };

	if (state == TDI_UNLOCKED)
		return;
	assert_int_equal(cause(g, TDI_EV_LOCK, SESSION), 0);
	if (state == TDI_LOCKED)
		return;
	assert_int_equal(cause(g, TDI_EV_START, SESSION), 0);
	g->req.stream = 200;
	assert_int_equal(tdi_handle(&g->r, &g->tdis[0], TDI_EV_BIND_P2P, &arg),
			 0);
	if (state == TDI_ERROR)
		assert_int_equal(cause(g, TDI_EV_FATAL, 0), 0);
}

void rig_init(struct rig *g, enum tdi_state state)
{
	rig_wire(g);
	bring(g, state);
	assert_int_equal(g->tdis[0].state, state);
	assert_true(tdi_sane(&g->tdis[0]));
	g->f.traced = 0;
}
