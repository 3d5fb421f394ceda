/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>

static void entry_off(void *ctx, struct tsm_bind *b)
{
	struct rig *r = ctx;

	(void)b;
	r->entry_off++;
	r->stops_at_entry_off = r->p->seen[TDISP_STOP_REQ];
}

static const struct tsm_ops ops = { .entry_off = entry_off };

#define IN(s) BIT(TSM_BIND_##s)
static const struct tsm_gates gates = {
	.row = { [TSM_GATE_MMIO_ACCEPT] = { IN(LOCKED) | IN(RUN),
					    TSM_NEED_TVM | TSM_NEED_LOCK_ID |
						    TSM_NEED_REPORT },
		 [TSM_GATE_MMIO_DROP] = { IN(LOCKED) | IN(RUN),
					  TSM_NEED_LOCK_ID },
		 [TSM_GATE_START] = { IN(LOCKED), TSM_NEED_LOCK_ID |
							  TSM_NEED_REPORT |
							  TSM_NEED_MEAS },
		 [TSM_GATE_DMA_ON] = { IN(RUN), TSM_NEED_LOCK_ID },
		 [TSM_GATE_DMA_OFF] = { IN(LOCKED) | IN(RUN),
					TSM_NEED_LOCK_ID },
		 [TSM_GATE_STOP] = { IN(LOCKED) | IN(RUN) | IN(ERROR),
				     TSM_NEED_DMA_OFF },
		 [TSM_GATE_RELEASE] = { IN(UNLOCKED) | IN(DEAD),
					TSM_NEED_NO_TVM | TSM_NEED_DMA_OFF |
						TSM_NEED_NO_MMIO } },
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
};

struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct tsm_cfg cfg = { .keys = &peer_rp_keys,
			       .ops = &ops,
			       .ops_ctx = r,
			       .limits = { .conns = 2,
					   .binds = 3,
					   .msg = PEER_MSG,
					   .chain = 4096,
					   .blob = 4096 } };
	const struct tsm_conn_cfg conn = { .rid = PEER_RID,
					   .port = PEER_PORT,
					   .owner = 0xc0 };

	assert_non_null(r);
	assert_int_equal(arena_map(&r->arena, 0, 1 << 20), IL_OK);
	r->p = peer_new();
	r->gates = gates;
	r->crypto = r->p->crypto;
	cfg.crypto = &r->crypto;
	cfg.env = &r->p->env;
	cfg.keys_ctx = r->p;
	cfg.gates = &r->gates;
	assert_int_equal(tsm_new(&r->arena, &cfg, &r->t), IL_OK);
	assert_int_equal(tsm_conn_new(r->t, &conn, &r->conn), IL_OK);
	return r;
}

void rig_free(struct rig *r)
{
	assert_true(tsm_sane(r->t));
	peer_free(r->p);
	arena_unmap(&r->arena);
	free(r);
}

static enum il_err take(struct rig *r, const uint8_t *in, size_t n)
{
	return tsm_step(r->conn, r->rsp_kind, in, n, r->req, sizeof(r->req),
			&r->req_len, &r->req_kind, r->p->now_ns);
}

enum il_err rig_first(struct rig *r)
{
	r->exchanges = 0;
	return take(r, NULL, 0);
}

enum il_err rig_step(struct rig *r)
{
	if (!peer_answer(r->p, r->req_kind, r->req, r->req_len, r->rsp,
			 sizeof(r->rsp), &r->rsp_len, &r->rsp_kind))
		return IL_E_TIMEOUT;
	r->exchanges++;
	if (r->spoil)
		r->spoil(r, r->exchanges);
	return take(r, r->rsp, r->rsp_len);
}

enum il_err rig_run(struct rig *r, enum tsm_verb verb,
		    const struct tsm_args *args)
{
	enum il_err err = tsm_begin(r->conn, verb, args);

	if (err)
		return err;
	err = rig_first(r);
	while (err == IL_E_AGAIN)
		err = rig_step(r);
	return err;
}

enum il_err rig_connect(struct rig *r)
{
	const struct tsm_args a = { .stream_id = PEER_STREAM };

	return rig_run(r, TSM_CONNECT, &a);
}

void rig_bound(struct rig *r)
{
	const struct tsm_bind_cfg b = { .function_id = PEER_RID,
					.owner = 0xb0 };

	assert_int_equal(rig_connect(r), IL_OK);
	peer_enable(r->p);
	assert_int_equal(tsm_bind_new(r->conn, &b, &r->bind), IL_OK);
	assert_int_equal(tsm_bind_own(r->bind, RIG_TVM), IL_OK);
}

enum il_err rig_lock(struct rig *r)
{
	const struct tsm_args a = { .bind = r->bind, .lock_flags = RIG_FLAGS };

	return rig_run(r, TSM_LOCK, &a);
}

enum il_err rig_verb(struct rig *r, enum tsm_verb verb)
{
	const struct tsm_args a = { .bind = r->bind, .nonce = { 9, 8, 7 } };

	return rig_run(r, verb, &a);
}

void rig_locked(struct rig *r)
{
	rig_bound(r);
	assert_int_equal(rig_lock(r), IL_OK);
	assert_int_equal(rig_verb(r, TSM_REPORT), IL_OK);
	assert_int_equal(rig_verb(r, TSM_MEASURE), IL_OK);
}

void rig_running(struct rig *r)
{
	rig_locked(r);
	assert_int_equal(rig_verb(r, TSM_START), IL_OK);
}
