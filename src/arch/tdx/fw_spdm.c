/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Sessions: made, connected, asked for measurements, ended. A session stands
 * for a device behind a root port; its stream and interfaces rest on it.
 *
 * Source: Linux TDX Connect patches, arch/x86 tdx.c (tdh_spdm_*)
 */

/* --- a session's objects --- */

uint64_t tdxm_function(uint64_t raw, uint64_t op, uint8_t *segment,
		       uint16_t *rid)
{
	if (raw >> 32 || raw & TDX_FUNC_RSVD ||
	    (!(raw & TDX_FUNC_SEG_VALID) && raw & TDX_FUNC_SEGMENT))
		return TDX_OPERAND_INVALID | op;
	*segment = (uint8_t)field_get(TDX_FUNC_SEGMENT, raw);
	*rid = (uint16_t)(raw & TDX_FUNC_RID);
	return TDX_SUCCESS;
}

uint64_t tdxm_spdm_create(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct tsm_conn_cfg cfg = { .ep_port = 0 };
	uint64_t page[TDX_SPDM_MT_PAGES], st;
	struct fw_spdm *s = NULL;
	uint8_t devfn;
	enum il_err err;
	unsigned n;

	st = tdxm_function(r->rcx, TDX_OP_RCX, &cfg.segment, &cfg.rid);
	if (st)
		return st;
	if (!fw->cfg.root_port(fw->cfg.root_port_ctx, cfg.segment, cfg.rid,
			       &devfn, &cfg.port))
		return BAD(TDX_OPERAND_INVALID, RCX);
	for (unsigned i = fw->cfg.limits.tsm.conns; i-- > 0;)
		if (!fw->spdm[i].conn)
			s = &fw->spdm[i];
	if (!s)
		return BAD(TDX_OPERAND_BUSY, RCX);
	st = tdxm_array(fw, r->rdx, TDX_OP_RDX, TDX_SPDM_MT_PAGES,
			TDX_SPDM_MT_PAGES, page, &n);
	if (!st)
		st = tdxm_take_all(fw, page, n, TDX_OP_RDX, TDX_PT_SPDM_MT);
	if (st)
		return st;
	memset(s, 0, sizeof(*s));
	cfg.owner = page[0];
	err = tsm_conn_new(fw->tsm, &cfg, &s->conn);
	if (err) {
		s->conn = NULL;
		for (unsigned i = 0; i < n; i++)
			tdxm_give(fw, page[i], NULL);
		return err == IL_E_STATE
			       ? BAD(TDX_SPDM_ENTRY_ALREADY_PRESENT, RCX)
			       : BAD(TDX_OPERAND_BUSY, RCX);
	}
	memcpy(s->page, page, sizeof(page));
	s->function = (uint32_t)r->rcx;
	s->port = cfg.port;
	s->devfn = devfn;
	r->rcx = tdxm_id(fw, s);
	return TDX_SUCCESS;
}

/*
 * Without a stream nothing rests on the session: what was pending is abandoned
 * and a session that stands is dropped at this end. OPEN: whether DELETE is
 * the force path here; a device that dies while it connects needs one.
 */
uint64_t tdxm_spdm_delete(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t out, st;
	struct fw_spdm *s;
	enum il_err err;

	st = tdxm_spdm(fw, r->rcx, &s);
	if (st)
		return st;
	if (s->stream.made)
		return BAD(TDX_SPDM_HAS_ACTIVE_IDE_STREAMS, RCX);
	st = tdxm_released(fw, r->rdx, TDX_OP_RDX, s->page, TDX_SPDM_MT_PAGES,
			   &out);
	if (st)
		return st;
	if (tsm_conn_free(s->conn)) {
		tsm_isolate(s->conn);
		err = tsm_conn_free(s->conn);
		IL_ASSERT(!err); /* no binding without a stream */
	}
	for (unsigned i = 0; i < TDX_SPDM_MT_PAGES; i++)
		tdxm_give(fw, s->page[i], NULL);
	tdxm_op_drop(s);
	memset(s, 0, sizeof(*s));
	r->rcx = out;
	return TDX_SUCCESS;
}

/* --- device information --- */

static size_t info_put(uint8_t *at, unsigned type, const uint8_t *p, size_t n)
{
	tdx_put_u32(at, TDX_INFO_TYPE, type);
	tdx_put_u32(at, TDX_INFO_LEN, (uint32_t)n);
	memcpy(at + TDX_INFO_HDR, p, n);
	return TDX_INFO_HDR + n;
}

/* Of the measurements just taken; its hash to the interfaces it is for. */
static uint64_t info_out(struct tdx_fw *fw, struct fw_spdm *s, uint64_t op,
			 struct tdx_regs *r)
{
	struct fw_devif *d = s->op.devif;
	uint8_t hash[TDX_TDI_HASH_LEN];
	size_t chain_n, meas_n, n;
	const uint8_t *chain, *meas;
	uint64_t st, len;

	tsm_chain(s->conn, &chain, &chain_n);
	tsm_blob(s->conn, &meas, &meas_n);
	/* Fits: the limits were looked at. */
	n = info_put(fw->blob, TDX_INFO_CHAIN, chain, chain_n);
	n += info_put(fw->blob + n, TDX_INFO_MEAS, meas, meas_n);
	if (crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, fw->blob, n, hash))
		return BAD(TDX_SPDM_INVALID_STATE, RCX);
	st = tdxm_output(fw, s, fw->blob, n, op, &len);
	if (st)
		return st;
	for (unsigned i = 0; i < fw->devifs_used; i++) {
		struct fw_devif *x = &fw->devif[i];

		if (!x->bind || x->spdm != s || (d && x != d) || !x->session ||
		    !tsm_lock_info(x->bind)->meas_valid)
			continue;
		memcpy(x->info, hash, sizeof(hash));
		x->info_valid = true;
	}
	r->rcx = len;
	return TDX_SUCCESS;
}

/* --- connect --- */

static uint64_t fresh(struct tdx_fw *fw, struct fw_op *op)
{
	return env_random(fw->cfg.env, op->nonce, sizeof(op->nonce))
		       ? TDX_RND_NO_ENTROPY
		       : TDX_SUCCESS;
}

static uint64_t connect_check(struct tdx_fw *fw, struct fw_spdm *s,
			      const struct tdx_regs *r, struct fw_op *op)
{
	uint8_t cfg[TDX_SPDM_CFG_LEN];
	uint64_t st;

	if (tsm_conn_state(s->conn) != TSM_CONN_NEW)
		return BAD(TDX_SPDM_INVALID_STATE, RCX);
	st = tdxm_shared_page(fw, r->rdx, TDX_OP_RDX);
	if (st)
		return st;
	if (tdx_own_io(fw->cfg.own, r->rdx, cfg, sizeof(cfg), false,
		       TDX_VIEW_SHARED, 0) ||
	    tdx_u32(cfg, TDX_SPDM_CFG_CAPS) &
		    ~(TDX_SPDM_CAP_HBEAT | TDX_SPDM_CAP_KEY_UPD) ||
	    cfg[TDX_SPDM_CFG_POLICY] || !cfg[TDX_SPDM_CFG_SLOTS] ||
	    cfg[TDX_SPDM_CFG_RAW] > 1)
		return BAD(TDX_OPERAND_INVALID, RDX);
	st = tdxm_array(fw, r->r10, TDX_OP_R10, 1, TDX_DEV_INFO_PAGES, op->out,
			&op->outs);
	if (!st)
		st = fresh(fw, op);
	op->slot = (uint8_t)__builtin_ctz(cfg[TDX_SPDM_CFG_SLOTS]);
	op->raw = cfg[TDX_SPDM_CFG_RAW];
	return st;
}

static uint64_t connect_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args a = { .cert_slot = s->op.slot };

	s->raw = s->op.raw;
	return tdxm_verb(fw, s, TSM_IDENTIFY, &a);
}

static uint64_t measure(struct tdx_fw *fw, struct fw_spdm *s)
{
	struct tsm_args a = { .raw = s->raw };

	a.bind = s->op.devif ? s->op.devif->bind : NULL;
	memcpy(a.nonce, s->op.nonce, sizeof(a.nonce));
	return tdxm_verb(fw, s, TSM_MEASURE, &a);
}

static uint64_t connect_next(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			     struct tdx_regs *r)
{
	const struct tsm_args none = { .raw = false };

	if (st)
		return st;
	switch (s->op.phase++) {
	case 0:
		st = tdxm_verb(fw, s, TSM_SESSION, &none);
		break;
	case 1:
		st = measure(fw, s);
		break;
	default:
		return info_out(fw, s, TDX_OP_R10, r);
	}
	return st ? st : FW_MORE;
}

const struct fw_long tdxm_long_connect = {
	.leaf = TDH_SPDM_CONNECT,
	.rsp = 8,
	.req = 9,
	.check = connect_check,
	.begin = connect_begin,
	.next = connect_next,
	.bad_state = TDX_SPDM_INVALID_STATE,
	.bad_message = TDX_SPDM_INVALID_MESSAGE,
};

/* --- disconnect --- */

static uint64_t disconnect_check(struct tdx_fw *fw, struct fw_spdm *s,
				 const struct tdx_regs *r, struct fw_op *op)
{
	(void)fw;
	(void)r;
	(void)op;
	if (s->stream.made)
		return BAD(TDX_SPDM_HAS_ACTIVE_IDE_STREAMS, RCX);
	return tsm_conn_state(s->conn) == TSM_CONN_OPEN
		       ? TDX_SUCCESS
		       : BAD(TDX_SPDM_INVALID_STATE, RCX);
}

static uint64_t disconnect_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args none = { .raw = false };

	return tdxm_verb(fw, s, TSM_SESSION_END, &none);
}

static uint64_t just_status(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			    struct tdx_regs *r)
{
	(void)fw;
	(void)s;
	r->rcx = 0;
	return st;
}

const struct fw_long tdxm_long_disconnect = {
	.leaf = TDH_SPDM_DISCONNECT,
	.rsp = 2,
	.req = 8,
	.check = disconnect_check,
	.begin = disconnect_begin,
	.next = just_status,
	.bad_state = TDX_SPDM_INVALID_STATE,
	.bad_message = TDX_SPDM_INVALID_MESSAGE,
};

/* --- manage --- */

static uint64_t recollect_check(struct tdx_fw *fw, const struct fw_spdm *s,
				const struct tdx_regs *r, struct fw_op *op)
{
	uint8_t p[TDX_RECOLLECT_LEN];
	uint32_t flags;
	uint64_t st;

	st = tdxm_array(fw, r->r11, TDX_OP_R11, 1, TDX_DEV_INFO_PAGES, op->out,
			&op->outs);
	if (st || r->r8 == TDX_NO_PAGE)
		return st ? st : fresh(fw, op);
	st = tdxm_shared_page(fw, r->r8, TDX_OP_R8);
	if (st)
		return st;
	if (tdx_own_io(fw->cfg.own, r->r8, p, sizeof(p), false, TDX_VIEW_SHARED,
		       0))
		return BAD(TDX_OPERAND_INVALID, R8);
	memcpy(op->nonce, p + TDX_RECOLLECT_NONCE, sizeof(op->nonce));
	flags = tdx_u32(p, TDX_RECOLLECT_FLAGS);
	if (flags & ~(uint32_t)TDX_RECOLLECT_F_FUNC)
		return BAD(TDX_OPERAND_INVALID, R8);
	if (!flags)
		return TDX_SUCCESS;
	op->devif = tdxm_devif_at(fw, tdx_u32(p, TDX_RECOLLECT_FUNC));
	return op->devif && op->devif->spdm == s
		       ? TDX_SUCCESS
		       : BAD(TDX_DEVIFMT_NOT_PRESENT, R8);
}

static uint64_t mng_check(struct tdx_fw *fw, struct fw_spdm *s,
			  const struct tdx_regs *r, struct fw_op *op)
{
	enum tsm_conn_state state = tsm_conn_state(s->conn);

	if (r->rdx > TDX_SPDM_RECOLLECT)
		return BAD(TDX_OPERAND_INVALID, RDX);
	if (state != TSM_CONN_OPEN && state != TSM_CONN_READY)
		return BAD(TDX_SPDM_INVALID_STATE, RCX);
	if (r->rdx == TDX_SPDM_RECOLLECT)
		return recollect_check(fw, s, r, op);
	if (r->r8 != TDX_NO_PAGE)
		return BAD(TDX_OPERAND_INVALID, R8);
	return r->r11 == TDX_NO_PAGE ? TDX_SUCCESS
				     : BAD(TDX_OPERAND_INVALID, R11);
}

static uint64_t mng_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args none = { .raw = false };

	switch (s->op.in.rdx) {
	case TDX_SPDM_HEARTBEAT:
		return tdxm_verb(fw, s, TSM_HEARTBEAT, &none);
	case TDX_SPDM_KEY_UPDATE:
		return tdxm_verb(fw, s, TSM_KEY_UPDATE, &none);
	default:
		return measure(fw, s);
	}
}

static uint64_t mng_next(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			 struct tdx_regs *r)
{
	if (!st && s->op.in.rdx == TDX_SPDM_RECOLLECT)
		return info_out(fw, s, TDX_OP_R11, r);
	return just_status(fw, s, st, r);
}

const struct fw_long tdxm_long_mng = {
	.leaf = TDH_SPDM_MNG,
	.rsp = 9,
	.req = 10,
	.check = mng_check,
	.begin = mng_begin,
	.next = mng_next,
	.bad_state = TDX_SPDM_INVALID_STATE,
	.bad_message = TDX_SPDM_INVALID_MESSAGE,
};
