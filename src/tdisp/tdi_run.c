/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "tdisp/tdi_priv.h"

/* What a TDI that runs may be asked, and vendors' messages. */

static void p2p_put(struct tdi *t, uint8_t stream, bool on)
{
	uint32_t bit = BIT(stream % 32);

	if (on)
		t->p2p[stream / 32] |= bit;
	else
		t->p2p[stream / 32] &= ~bit;
}

static bool p2p_has(const struct tdi *t, uint8_t stream)
{
	return t->p2p[stream / 32] & BIT(stream % 32);
}

bool tdi_uses_stream(const struct tdi *t, uint8_t stream)
{
	return t->state != TDI_UNLOCKED &&
	       (t->lock.default_stream == stream ||
		(p2p_has(t, stream) && t->binding != stream + 1u));
}

bool tdi_p2p_any(const struct tdi *t)
{
	for (size_t i = 0; i < COUNT(t->p2p); i++)
		if (t->p2p[i])
			return true;
	return false;
}

/* Gives all streams for peers back; what fails stays bound. */
enum tdisp_error tdi_p2p_release(const struct tdisp_rsp *r, struct tdi *t)
{
	enum tdisp_error all = TDISP_E_NONE;

	for (unsigned s = 0; s < 256; s++) {
		enum tdisp_error e;

		if (!p2p_has(t, (uint8_t)s))
			continue;
		e = r->port->unbind_p2p ? r->port->unbind_p2p(r->port_ctx,
							      t->fn, (uint8_t)s)
					: TDISP_E_NONE;
		if (!e)
			p2p_put(t, (uint8_t)s, false);
		else if (e == TDISP_E_PENDING || e == TDISP_E_BUSY)
			all = all ? all : TDISP_E_BUSY;
		else
			all = TDISP_E_UNSPECIFIED;
	}
	if (!all)
		t->binding = 0;
	return all;
}

/* Gives back what a BIND that was given up may have bound; until that is done
 * it is neither bound nor forgotten. */
static enum tdisp_error unbind_slow(const struct tdisp_rsp *r, struct tdi *t)
{
	const uint8_t stream = (uint8_t)(t->binding - 1);
	enum tdisp_error e;

	if (!t->binding)
		return TDISP_E_NONE;
	e = r->port->unbind_p2p(r->port_ctx, t->fn, stream);
	if (e)
		return e == TDISP_E_PENDING ? TDISP_E_BUSY : e;
	p2p_put(t, stream, false);
	t->binding = 0;
	return TDISP_E_NONE;
}

/*
 * Source: PCIe Base 6.x §11.3.18; law 55. What the stream must be is for the
 * port. OPEN: a TDI that was locked so that all its requests are redirected to
 * the root has nothing to say to a peer: refused.
 */
enum tdisp_error tdi_bind_p2p(const struct tdisp_rsp *r, struct tdi *t,
			      const struct tdi_arg *arg)
{
	uint8_t stream = arg->req->stream;
	bool again = t->binding == stream + 1u;
	enum tdisp_error e = TDISP_E_NONE;

	if (!(t->lock.flags & TDISP_LOCK_BIND_P2P) ||
	    t->lock.flags & TDISP_LOCK_REDIRECT ||
	    stream == t->lock.default_stream || (p2p_has(t, stream) && !again))
		return TDISP_E_INVALID_REQUEST;
	if (!again)
		e = unbind_slow(r, t);
	if (e)
		return e;
	e = r->port->bind_p2p(r->port_ctx, t->fn, arg->session, stream);
	/* What is under way must be given back, too, when RUN ends. */
	p2p_put(t, stream, !e || e == TDISP_E_PENDING);
	t->binding =
		e == TDISP_E_PENDING ? (uint16_t)(stream + 1u) : (uint16_t)0;
	return e;
}

enum tdisp_error tdi_unbind_p2p(const struct tdisp_rsp *r, struct tdi *t,
				const struct tdi_arg *arg)
{
	uint8_t stream = arg->req->stream;
	enum tdisp_error e;

	if (!p2p_has(t, stream) || t->binding == stream + 1u)
		return TDISP_E_INVALID_REQUEST;
	e = r->port->unbind_p2p(r->port_ctx, t->fn, stream);
	if (!e)
		p2p_put(t, stream, false);
	return e;
}

/* The range that has just this id, first page and length; or their number. */
static uint32_t named_range(const struct tdi *t, const struct tdisp_range *like,
			    struct tdisp_range *out)
{
	const uint32_t n = tdi_ranges(t);
	uint32_t i;

	for (i = 0; i < n; i++) {
		*out = tdi_range(t, i);
		if (out->id == like->id &&
		    out->first_page == like->first_page &&
		    out->pages == like->pages)
			break;
	}
	return i;
}

/*
 * Of the attributes only NON_TEE counts. It changes what the range is, which
 * t->non_tee has, and not the report: that tells the attribute as it was when
 * the TDI was locked (PCIe Base 6.x §11.3.11, attributes of a range). OPEN: the
 * range must be one of the report, whole; parts of a range are refused.
 */
enum tdisp_error tdi_set_mmio_attr(const struct tdisp_rsp *r, struct tdi *t,
				   const struct tdi_arg *arg)
{
	struct tdisp_range want;
	const uint32_t i = named_range(t, &arg->req->range, &want);
	enum tdisp_error e;

	if (i == tdi_ranges(t) || !(want.attrs & TDISP_RANGE_UPDATABLE))
		return TDISP_E_INVALID_REQUEST;
	want.attrs = (uint16_t)((want.attrs & ~TDISP_RANGE_NON_TEE) |
				(arg->req->range.attrs & TDISP_RANGE_NON_TEE));
	e = r->port->set_mmio_attr(r->port_ctx, t->fn, &want);
	if (e)
		return e;
	t->non_tee &= ~(1u << i);
	if (want.attrs & TDISP_RANGE_NON_TEE)
		t->non_tee |= 1u << i;
	return TDISP_E_NONE;
}

enum tdisp_error tdi_vdm(const struct tdisp_rsp *r, struct tdi *t,
			 const struct tdi_arg *arg)
{
	struct wr w = wr_over(arg->scratch, arg->scratch_cap);
	enum tdisp_error e;

	e = r->port->vdm(r->port_ctx, t->fn, arg->req, &w);
	if (e)
		return e;
	if (w.err)
		return TDISP_E_UNSPECIFIED;
	arg->rsp->vdm = arg->req->vdm;
	arg->rsp->vdm.data = arg->scratch;
	arg->rsp->vdm.len = w.len;
	return TDISP_E_NONE;
}
