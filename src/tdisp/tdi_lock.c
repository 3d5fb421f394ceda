/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "tdisp/tdi_priv.h"

/* LOCK: what must hold, and what it makes. */

/* A LOCK that was under way is not to come any more. */
void tdi_lock_abandon(const struct tdisp_rsp *r, struct tdi *t)
{
	if (!t->locking)
		return;
	t->locking = false;
	t->session = 0;
	memset(&t->lock, 0, sizeof(t->lock));
	r->port->disarm(r->port_ctx, t->fn);
}

static bool same_lock(const struct tdisp_lock *a, const struct tdisp_lock *b)
{
	return a->flags == b->flags && a->default_stream == b->default_stream &&
	       a->mmio_offset == b->mmio_offset && a->p2p_mask == b->p2p_mask;
}

/* What a LOCK that succeeds leaves in the TDI. */
struct locked {
	size_t len; /* of the report */
	uint32_t non_tee;
	uint8_t nonce[TDISP_NONCE_LEN];
};

/* What the function says of itself, and where the TVM will see it. */
static enum tdisp_error ask_report(const struct tdisp_rsp *r,
				   const struct tdi *t, struct locked *out)
{
	const struct tdisp_lock *lock = &t->lock;
	struct tdisp_report *rep = r->made;
	struct wr w = wr_over(t->rep, t->rep_cap);
	enum il_err err = r->port->report(r->port_ctx, t->fn, lock, rep);

	if (err)
		return err == IL_E_AGAIN ? TDISP_E_BUSY : TDISP_E_UNSPECIFIED;
	for (uint32_t i = 0; i < rep->range_count && i < TDISP_MAX_RANGES;
	     i++) {
		struct tdisp_range *a = &rep->ranges[i];

		/* Addresses wrap at 2^64, so pages wrap at 2^52. */
		a->first_page = (a->first_page + lock->mmio_offset / PAGE_4K) &
				MASK64(51, 0);
		if (a->attrs & TDISP_RANGE_NON_TEE)
			out->non_tee |= 1u << i;
	}
	if (tdisp_report_encode(&w, rep) || w.len > TDISP_MAX_REPORT)
		return TDISP_E_UNSPECIFIED;
	out->len = w.len;
	return TDISP_E_NONE;
}

/* Builds the report of this lock behind t->rep; t itself is not changed. */
static enum tdisp_error lock_report(const struct tdisp_rsp *r,
				    const struct tdi *t, struct locked *out)
{
	const enum tdisp_error e = ask_report(r, t, out);

	memset(r->made, 0, sizeof(*r->made));
	return e;
}

/*
 * The fallible part of LOCK, under the watch. Order: what costs nothing
 * first; the function is disturbed last.
 */
static enum tdisp_error lock_prepare(const struct tdisp_rsp *r, struct tdi *t,
				     struct locked *out)
{
	enum tdisp_error e;
	enum il_err err;

	e = r->port->check(r->port_ctx, t->fn, t->session, &t->lock);
	if (e)
		return e;
	e = lock_report(r, t, out);
	if (e)
		return e;
	if (env_random(r->env, out->nonce, sizeof(out->nonce)))
		return TDISP_E_INSUFFICIENT_ENTROPY;
	err = r->port->quiesce(r->port_ctx, t->fn);
	if (err)
		return err == IL_E_AGAIN ? TDISP_E_BUSY : TDISP_E_UNSPECIFIED;
	return TDISP_E_NONE;
}

/*
 * Source: PCIe Base 6.x §11.3.8. Flags that do not exist are reserved: ignored,
 * §11.3.3.
 * OPEN: flags that GET_CAPABILITIES does not offer, and a reporting offset
 * that is no multiple of 4K, are INVALID_REQUEST: neither could be honoured.
 * OPEN: while the function drains, or its report is made, the answer is BUSY;
 * the requester sends the LOCK again, and the watch stays on meanwhile. Another
 * LOCK of the same session gives the first one up: what the port has begun for
 * it, such as a report, is not taken for the other.
 */
enum tdisp_error tdi_lock(const struct tdisp_rsp *r, struct tdi *t,
			  const struct tdi_arg *arg)
{
	struct tdisp_lock want = arg->req->lock;
	struct locked got = { 0 };
	enum tdisp_error e;

	want.flags &= TDISP_LOCK_FLAGS;
	if (want.flags & ~r->caps.lock_flags || want.mmio_offset % PAGE_4K)
		return TDISP_E_INVALID_REQUEST;
	if (t->locking && t->session != arg->session)
		return TDISP_E_BUSY;
	if (t->locking && !same_lock(&t->lock, &want))
		tdi_lock_abandon(r, t);
	if (!t->locking && r->port->arm(r->port_ctx, t->fn))
		return TDISP_E_UNSPECIFIED;
	t->locking = true;
	t->session = arg->session;
	t->lock = want;
	e = lock_prepare(r, t, &got);
	if (e) {
		if (e != TDISP_E_BUSY)
			tdi_lock_abandon(r, t);
		bytes_wipe(&got, sizeof(got));
		return e;
	}
	t->locking = false;
	t->as = arg->req->iface.function_id;
	t->rep_len = got.len;
	t->non_tee = got.non_tee;
	memcpy(t->nonce, got.nonce, sizeof(t->nonce));
	t->nonce_live = true;
	memcpy(arg->rsp->nonce, got.nonce, sizeof(arg->rsp->nonce));
	bytes_wipe(&got, sizeof(got));
	return TDISP_E_NONE;
}
