/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/*
 * Long operations. A verb of the core gives a message; it goes into the
 * request page as a DOE data object and the call answers SPDM_REQUEST. The
 * host carries it, puts the answer into the response page and makes the same
 * call again.
 *
 * Source: Linux TDX Connect patches, tdx-host.c (tdx_link_event_handler)
 */

static const struct fw_long *const longs[] = {
	&tdxm_long_connect, &tdxm_long_disconnect, &tdxm_long_mng,
	&tdxm_long_km,	    &tdxm_long_lock,	   &tdxm_long_get_state,
	&tdxm_long_report,  &tdxm_long_start,	   &tdxm_long_stop,
};

static uint64_t status(const struct fw_long *l, enum il_err err)
{
	switch (err) {
	case IL_OK:
		return TDX_SUCCESS;
	case IL_E_ARG:
		return BAD(TDX_OPERAND_INVALID, RCX);
	case IL_E_STATE:
	case IL_E_IO:
		return BAD(l->bad_state, RCX);
	case IL_E_AUTH:
		return l->bad_message == TDX_SPDM_INVALID_MESSAGE
			       ? TDX_SPDM_AUTH_FAILED
			       : BAD(l->bad_message, RCX);
	case IL_E_SPACE:
	case IL_E_SHORT:
	case IL_E_LONG:
	case IL_E_FIELD:
	case IL_E_PEER:
	case IL_E_TIMEOUT:
		return BAD(l->bad_message, RCX);
	case IL_E_AGAIN:
		return TDX_SPDM_REQUEST;
	case IL_E_NOMEM:
		return BAD(TDX_OPERAND_BUSY, RCX);
	case IL_E_RANDOM:
		return TDX_RND_NO_ENTROPY;
	}
	return BAD(l->bad_state, RCX);
}

/* --- the two pages --- */

static uint64_t operand(const struct tdx_regs *r, unsigned n)
{
	switch (n) {
	case 2:
		return r->rdx;
	case 8:
		return r->r8;
	case 9:
		return r->r9;
	case 10:
		return r->r10;
	default:
		return r->r11;
	}
}

static uint64_t put_request(struct tdx_fw *fw, uint64_t page,
			    const uint8_t *msg, size_t len, uint8_t kind,
			    uint64_t *rcx)
{
	uint8_t raw[PAGE_4K] = { 0 };
	size_t total = (size_t)align_up(TDX_DOE_HDR + len, 4);

	tdx_put_u16(raw, TDX_DOE_VENDOR, TDX_DOE_PCISIG);
	raw[TDX_DOE_TYPE] = kind;
	tdx_put_u32(raw, TDX_DOE_LENGTH, (uint32_t)(total / 4));
	memcpy(raw + TDX_DOE_HDR, msg, len);
	*rcx = total;
	return tdx_own_io(fw->cfg.own, page, raw, (uint32_t)total, true,
			  TDX_VIEW_SHARED, 0)
		       ? TDX_OPERAND_INVALID
		       : TDX_SUCCESS;
}

/* Copied once; *len 0: none was brought. */
static uint64_t get_response(struct tdx_fw *fw, uint64_t page, uint64_t op,
			     size_t *len, uint8_t *kind)
{
	uint8_t raw[PAGE_4K], none[4] = { 0 };
	size_t total;

	*len = 0;
	if (tdx_own_io(fw->cfg.own, page, raw, sizeof(raw), false,
		       TDX_VIEW_SHARED, 0))
		return TDX_OPERAND_INVALID | op;
	total = (size_t)4 * tdx_u32(raw, TDX_DOE_LENGTH);
	if (!total)
		return TDX_SUCCESS;
	if (total <= TDX_DOE_HDR || total > sizeof(raw) ||
	    tdx_u16(raw, TDX_DOE_VENDOR) != TDX_DOE_PCISIG ||
	    raw[TDX_DOE_TYPE + 1])
		return TDX_SPDM_INVALID_MESSAGE | op;
	*kind = raw[TDX_DOE_TYPE];
	*len = total - TDX_DOE_HDR;
	memcpy(fw->in, raw + TDX_DOE_HDR, *len);
	return tdx_own_io(fw->cfg.own, page + TDX_DOE_LENGTH, none,
			  sizeof(none), true, TDX_VIEW_SHARED, 0)
		       ? TDX_OPERAND_INVALID | op
		       : TDX_SUCCESS;
}

/* --- the loop --- */

void tdxm_op_drop(struct fw_spdm *s)
{
	bytes_wipe(&s->op, sizeof(s->op));
}

uint64_t tdxm_verb(struct tdx_fw *fw, struct fw_spdm *s, enum tsm_verb verb,
		   const struct tsm_args *a)
{
	const struct fw_long *l = longs[0];

	(void)fw;
	for (unsigned i = 0; i < COUNT(longs); i++)
		if (longs[i]->leaf == s->op.leaf)
			l = longs[i];
	return status(l, tsm_begin(s->conn, verb, a));
}

static uint64_t advance(struct tdx_fw *fw, struct fw_spdm *s,
			const struct fw_long *l, struct tdx_regs *r,
			uint8_t kind, const uint8_t *in, size_t n)
{
	size_t len = 0;
	uint64_t st;

	for (;;) {
		enum il_err err =
			tsm_step(s->conn, kind, in, n, fw->out, sizeof(fw->out),
				 &len, &kind, fw->now_ns);

		if (err == IL_E_AGAIN)
			break;
		st = l->next(fw, s, status(l, err), r);
		if (st != FW_MORE) {
			tdxm_op_drop(s);
			return st;
		}
		in = NULL;
		n = 0;
	}
	st = put_request(fw, operand(&s->op.in, l->req), fw->out, len, kind,
			 &r->rcx);
	if (st) {
		/* A checked page cannot fail; if it does, nothing goes on. */
		tsm_verb_abort(s->conn);
		tdxm_op_drop(s);
		return st | l->req;
	}
	fw->hold_ns = tsm_not_before(s->conn);
	return TDX_SPDM_REQUEST;
}

static uint64_t resume(struct tdx_fw *fw, struct fw_spdm *s,
		       const struct fw_long *l, struct tdx_regs *r)
{
	uint8_t kind = 0;
	size_t n = 0;
	uint64_t st = get_response(fw, operand(r, l->rsp), l->rsp, &n, &kind);

	return st ? st : advance(fw, s, l, r, kind, fw->in, n);
}

uint64_t tdxm_spdm(struct tdx_fw *fw, uint64_t id, struct fw_spdm **out)
{
	*out = tdxm_spdm_at(fw, id);
	return *out ? TDX_SUCCESS : BAD(TDX_SPDM_ENTRY_NOT_PRESENT, RCX);
}

static uint64_t which(struct tdx_fw *fw, const struct fw_long *l,
		      const struct tdx_regs *r, struct fw_spdm **s,
		      struct fw_devif **d)
{
	*d = NULL;
	if (!l->devif)
		return tdxm_spdm(fw, r->rcx, s);
	*d = r->rcx > UINT32_MAX ? NULL : tdxm_devif_at(fw, (uint32_t)r->rcx);
	if (!*d)
		return BAD(TDX_DEVIFMT_NOT_PRESENT, RCX);
	*s = (*d)->spdm;
	return TDX_SUCCESS;
}

static bool busy(const struct tdx_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (fw->spdm[i].conn && fw->spdm[i].op.leaf)
			return true;
	return false;
}

/*
 * Before the keys of the session wear out the host is told to have them
 * changed, while there are messages enough for any operation.
 */
static bool worn(const struct fw_spdm *s, const struct tdx_regs *r)
{
	if (r->rax == TDH_SPDM_MNG && r->rdx == TDX_SPDM_KEY_UPDATE)
		return false;
	return tsm_session(s->conn) &&
	       tsm_messages_left(s->conn) < FW_MESSAGES_LEAST;
}

uint64_t tdxm_long(struct tdx_fw *fw, struct tdx_regs *r)
{
	const struct fw_long *l = NULL;
	struct fw_op op = { .leaf = r->rax, .in = *r };
	struct fw_spdm *s;
	uint64_t st;

	for (unsigned i = 0; i < COUNT(longs); i++)
		if (longs[i]->leaf == r->rax)
			l = longs[i];
	IL_ASSERT(l);
	st = which(fw, l, r, &s, &op.devif);
	if (!st)
		st = tdxm_shared_page(fw, operand(r, l->rsp), l->rsp);
	if (!st)
		st = tdxm_shared_page(fw, operand(r, l->req), l->req);
	if (st)
		return st;
	if (s->op.leaf)
		return memcmp(&s->op.in, r, sizeof(*r)) == 0
			       ? resume(fw, s, l, r)
			       : BAD(TDX_OPERAND_BUSY, RCX);
	if (fw->cfg.serial && busy(fw))
		return BAD(TDX_OPERAND_BUSY, RCX);
	if (worn(s, r))
		return BAD(TDX_SPDM_SESSION_KEY_REQUIRE_REFRESH, RCX);
	st = l->check(fw, s, r, &op);
	if (st)
		return st;
	s->op = op;
	st = l->begin(fw, s);
	if (!st)
		return advance(fw, s, l, r, 0, NULL, 0);
	tdxm_op_drop(s);
	return st;
}

uint64_t tdxm_output(struct tdx_fw *fw, struct fw_spdm *s, const uint8_t *p,
		     size_t n, uint64_t op, uint64_t *len)
{
	*len = n;
	if (n > s->op.outs * PAGE_4K)
		return TDX_OPERAND_INVALID | op;
	/* Looked at when the operation began; the host was called since. */
	for (unsigned i = 0; i < s->op.outs; i++) {
		uint64_t st = tdxm_shared_page(fw, s->op.out[i], op);

		if (st)
			return st;
	}
	for (unsigned i = 0; i < s->op.outs; i++) {
		uint8_t page[PAGE_4K] = { 0 };
		size_t at = (size_t)i * PAGE_4K;
		size_t k = n > at ? n - at : 0;

		memcpy(page, p + at, k < sizeof(page) ? k : sizeof(page));
		if (tdx_own_io(fw->cfg.own, s->op.out[i], page, sizeof(page),
			       true, TDX_VIEW_SHARED, 0))
			return TDX_OPERAND_INVALID | op;
	}
	return TDX_SUCCESS;
}
