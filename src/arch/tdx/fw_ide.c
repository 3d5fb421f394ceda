/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Streams. The module writes and locks the root port's block, and its keys;
 * the device's block is the host's to write. One stream a session.
 *
 * Source: TDX module 2.0 source (tdh_ide_stream_*, ide_stream.c) for the
 * checks; Linux TDX Connect patches for the calls
 */

/* --- create --- */

static uint64_t rid_range(const struct tdx_regs *r, const struct fw_spdm *s,
			  struct fw_stream *out)
{
	uint8_t segment = tsm_conn_cfg(s->conn)->segment;
	uint16_t rid = tsm_conn_cfg(s->conn)->rid;

	if (r->r10 & ~TDX_RID1_LIMIT)
		return BAD(TDX_OPERAND_INVALID, R10);
	if (r->r11 & ~(TDX_RID2_VALID | TDX_RID2_BASE | TDX_RID2_SEG) ||
	    !(r->r11 & TDX_RID2_VALID) ||
	    field_get(TDX_RID2_SEG, r->r11) != segment)
		return BAD(TDX_OPERAND_INVALID, R11);
	out->rid_limit = (uint16_t)field_get(TDX_RID1_LIMIT, r->r10);
	out->rid_base = (uint16_t)field_get(TDX_RID2_BASE, r->r11);
	/* The session's own function rides on it, too. */
	return rid >= out->rid_base && rid <= out->rid_limit
		       ? TDX_SUCCESS
		       : BAD(TDX_OPERAND_INVALID, R10);
}

/* Registers of PCIe: 1 MiB units, limit included. */
static uint64_t addr_range(const struct tdx_regs *r, struct fw_stream *out)
{
	if (r->r12 & ~(TDX_ADDR1_VALID | TDX_ADDR1_BASE | TDX_ADDR1_LIMIT))
		return BAD(TDX_OPERAND_INVALID, R12);
	if (r->r13 >> 32 || r->r14 >> 32)
		return BAD(TDX_OPERAND_INVALID, R13);
	out->addr_base = 1;
	out->addr_limit = 0;
	if (!(r->r12 & TDX_ADDR1_VALID))
		return TDX_SUCCESS;
	out->addr_base = r->r14 << 32 | field_get(TDX_ADDR1_BASE, r->r12) << 20;
	out->addr_limit = r->r13 << 32 |
			  field_get(TDX_ADDR1_LIMIT, r->r12) << 20 | 0xfffff;
	return out->addr_base <= out->addr_limit
		       ? TDX_SUCCESS
		       : BAD(TDX_OPERAND_INVALID, R12);
}

/*
 * Law 12, and more: ranges of all streams are apart, whichever port they are
 * of; RIDs within their segment. Source: TDX module 2.0 source
 * (tdh_ide_stream_create)
 */
static uint64_t overlaps(const struct tdx_fw *fw, const struct fw_spdm *s,
			 const struct fw_stream *x)
{
	const uint8_t segment = tsm_conn_cfg(s->conn)->segment;

	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++) {
		const struct fw_stream *y = &fw->spdm[i].stream;

		if (!fw->spdm[i].conn || !y->made)
			continue;
		if (tsm_conn_cfg(fw->spdm[i].conn)->segment == segment &&
		    x->rid_base <= y->rid_limit && y->rid_base <= x->rid_limit)
			return BAD(TDX_IDE_STREAM_RID_OVERLAP, R10);
		if (x->addr_base <= y->addr_limit &&
		    y->addr_base <= x->addr_limit)
			return BAD(TDX_IDE_STREAM_ADDR_OVERLAP, R12);
	}
	return TDX_SUCCESS;
}

/* One that no stream of the machine has: the host's kernel asks for no less. */
static uint8_t free_id(const struct tdx_fw *fw)
{
	uint8_t id = 0;

	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->spdm[i].conn && fw->spdm[i].stream.made &&
		    fw->spdm[i].stream.id >= id)
			id = (uint8_t)(fw->spdm[i].stream.id + 1);
	return id;
}

/* The port's block is written, and locked against the host. Not enabled. */
static uint64_t port_up(struct tdx_fw *fw, const struct fw_spdm *s,
			const struct fw_stream *x)
{
	const struct rp_keys *k = fw->cfg.keys;
	struct rp_stream p = {
		.block = RP_ANY_BLOCK,
		.id = x->id,
		.segment = tsm_conn_cfg(s->conn)->segment,
		.rid_base = x->rid_base,
		.rid_limit = x->rid_limit,
	};
	enum il_err err;

	if (x->addr_base <= x->addr_limit) {
		p.ranges = 1;
		p.range[0].base = x->addr_base;
		p.range[0].limit = x->addr_limit;
	}
	err = k->setup(fw->cfg.keys_ctx, s->port, &p);
	if (err == IL_E_STATE) /* with what the host had written there */
		return BAD(TDX_IDE_STREAM_NOT_FREE, RCX);
	if (err)
		return BAD(TDX_IDE_STREAM_NOT_SUPPORTED, RCX);
	err = k->lock(fw->cfg.keys_ctx, s->port, x->id, true);
	IL_ASSERT(!err); /* it was just made */
	return TDX_SUCCESS;
}

static void port_down(struct tdx_fw *fw, const struct fw_spdm *s)
{
	enum il_err err =
		fw->cfg.keys->teardown(fw->cfg.keys_ctx, s->port, s->stream.id);

	IL_ASSERT(!err); /* locked: only we take it away */
}

/* Errors: the port has lost the stream under our hands. */
static uint64_t port_enable(struct tdx_fw *fw, const struct fw_spdm *s, bool on)
{
	return fw->cfg.keys->enable(fw->cfg.keys_ctx, s->port, s->stream.id, on)
		       ? BAD(TDX_IDE_STREAM_INVALID_STATE, RDX)
		       : TDX_SUCCESS;
}

uint64_t tdxm_stream_create(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_stream x = { .made = true };
	uint64_t st;
	struct fw_spdm *s;
	unsigned n;

	s = tdxm_spdm_at(fw, r->rdx);
	if (!s)
		return BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RDX);
	if (r->rcx & TDX_STREAM_RSVD ||
	    (r->rcx & TDX_STREAM_RP_DEVFN) != s->devfn)
		return BAD(TDX_OPERAND_INVALID, RCX);
	if (!(r->rcx & TDX_STREAM_TYPE)) /* link IDE */
		return BAD(TDX_IDE_STREAM_NOT_SUPPORTED, RCX);
	if (r->r9) /* traffic class 0, no PCRC: all that is done here */
		return BAD(TDX_OPERAND_INVALID, R9);
	if (tsm_conn_state(s->conn) != TSM_CONN_OPEN)
		return BAD(TDX_SPDM_INVALID_STATE, RDX);
	if (s->stream.made)
		return BAD(TDX_IDE_STREAM_NOT_FREE, RDX);
	st = rid_range(r, s, &x);
	if (!st)
		st = addr_range(r, &x);
	if (!st)
		st = overlaps(fw, s, &x);
	if (!st)
		st = tdxm_array(fw, r->r8, TDX_OP_R8, TDX_IDE_MT_PAGES,
				TDX_IDE_MT_PAGES, x.page, &n);
	if (!st)
		st = tdxm_take_all(fw, x.page, n, TDX_OP_R8, TDX_PT_STREAM_MT);
	if (st)
		return st;
	x.id = free_id(fw);
	st = port_up(fw, s, &x);
	if (st) {
		for (unsigned i = 0; i < n; i++)
			tdxm_give(fw, x.page[i], NULL);
		return st;
	}
	s->stream = x;
	r->rcx = x.id;
	r->rdx = 0; /* OPEN: which block of the port; nobody needs it */
	return TDX_SUCCESS;
}

/* --- block, delete --- */

static uint64_t stream_of(struct tdx_fw *fw, const struct tdx_regs *r,
			  struct fw_spdm **s)
{
	uint64_t st = tdxm_spdm(fw, r->rcx, s);

	if (st)
		return st;
	return (*s)->stream.made && (*s)->stream.id == r->rdx
		       ? TDX_SUCCESS
		       : BAD(TDX_IDE_STREAM_NOT_CONFIGURED, RDX);
}

/*
 * Keys and registers of the port go, with or without the device: the way out
 * when it is dead or lies. A stream that carries something takes its session
 * along; one whose keys were stopped leaves it. Laws 24, 46, 49.
 */
uint64_t tdxm_stream_block(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_spdm *s;
	uint64_t st = stream_of(fw, r, &s);

	if (st)
		return st;
	if (s->stream.blocked)
		return BAD(TDX_IDE_STREAM_BLOCKED, RDX);
	if (s->op.leaf || tsm_conn_state(s->conn) != TSM_CONN_OPEN)
		tsm_isolate(s->conn);
	tdxm_op_drop(s);
	port_down(fw, s);
	s->stream.blocked = true;
	return TDX_SUCCESS;
}

uint64_t tdxm_stream_delete(struct tdx_fw *fw, struct tdx_regs *r)
{
	struct fw_spdm *s;
	uint64_t out, st = stream_of(fw, r, &s);

	if (st)
		return st;
	if (!s->stream.blocked)
		return BAD(TDX_IDE_STREAM_NOT_BLOCKED, RDX);
	if (s->devifs)
		return BAD(TDX_IDE_STREAM_HAS_DEVICE_INTERFACES, RDX);
	st = tdxm_released(fw, r->r8, TDX_OP_R8, s->stream.page,
			   TDX_IDE_MT_PAGES, &out);
	if (st)
		return st;
	for (unsigned i = 0; i < TDX_IDE_MT_PAGES; i++)
		tdxm_give(fw, s->stream.page[i], NULL);
	memset(&s->stream, 0, sizeof(s->stream));
	r->rcx = out;
	return TDX_SUCCESS;
}

/* --- keys --- */

static uint64_t km_check(struct tdx_fw *fw, struct fw_spdm *s,
			 const struct tdx_regs *r, struct fw_op *op)
{
	enum tsm_conn_state state = tsm_conn_state(s->conn);

	(void)fw;
	(void)op;
	if (!s->stream.made || s->stream.id != r->rdx)
		return BAD(TDX_IDE_STREAM_NOT_CONFIGURED, RDX);
	if (r->r8 > TDX_KM_STOP)
		return BAD(TDX_OPERAND_INVALID, R8);
	if (s->stream.blocked)
		return BAD(TDX_IDE_STREAM_BLOCKED, RDX);
	if (r->r8 == TDX_KM_STOP && s->devifs)
		return BAD(TDX_IDE_STREAM_HAS_DEVICE_INTERFACES, RDX);
	return state == (r->r8 == TDX_KM_SETUP ? TSM_CONN_OPEN : TSM_CONN_READY)
		       ? TDX_SUCCESS
		       : BAD(TDX_IDE_STREAM_INVALID_STATE, RDX);
}

static uint64_t km_begin(struct tdx_fw *fw, struct fw_spdm *s)
{
	const struct tsm_args a = { .stream_id = s->stream.id };

	switch (s->op.in.r8) {
	case TDX_KM_SETUP:
		return tdxm_verb(fw, s, TSM_STREAM, &a);
	case TDX_KM_REFRESH:
		return tdxm_verb(fw, s, TSM_REFRESH, &a);
	default:
		return tdxm_verb(fw, s, TSM_STREAM_STOP, &a);
	}
}

/* Keys stand at both ends: the port's end is the module's to enable. */
static uint64_t km_next(struct tdx_fw *fw, struct fw_spdm *s, uint64_t st,
			struct tdx_regs *r)
{
	uint64_t op = s->op.in.r8;

	r->rcx = 0;
	if (st || op == TDX_KM_REFRESH)
		return st;
	st = port_enable(fw, s, op == TDX_KM_SETUP);
	if (st)
		tsm_isolate(s->conn);
	return st;
}

const struct fw_long tdxm_long_km = {
	.leaf = TDH_IDE_STREAM_KM,
	.rsp = 9,
	.req = 10,
	.check = km_check,
	.begin = km_begin,
	.next = km_next,
	.bad_state = TDX_IDE_STREAM_INVALID_STATE,
	.bad_message = TDX_IDE_STREAM_IDEKM_INVALID_RESPONSE,
};
