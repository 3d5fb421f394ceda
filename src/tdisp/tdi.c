/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/rsp.h"

#include "base/assert.h"
#include "base/bits.h"

#define REPORT_HDR_LEN 16 /* what stands before the ranges */

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
	       (t->lock.default_stream == stream || p2p_has(t, stream));
}

static void nonce_wipe(struct tdi *t)
{
	bytes_wipe(t->nonce, sizeof(t->nonce));
	t->nonce_live = false;
}

/* All that a lock session left behind. */
static void lock_wipe(struct tdi *t)
{
	nonce_wipe(t);
	memset(&t->lock, 0, sizeof(t->lock));
	memset(t->p2p, 0, sizeof(t->p2p));
	memset(&t->view, 0, sizeof(t->view));
	t->rep_len = 0;
	t->session = 0;
}

/* Messages that any state answers. */

static enum tdisp_error version(const struct tdisp_rsp *r, struct tdi *t,
				const struct tdi_arg *arg)
{
	static const uint8_t entries[] = { TDISP_VERSION_10 };

	(void)r;
	(void)t;
	arg->rsp->versions.entries = entries;
	arg->rsp->versions.count = COUNT(entries);
	return TDISP_E_NONE;
}

static enum tdisp_error caps(const struct tdisp_rsp *r, struct tdi *t,
			     const struct tdi_arg *arg)
{
	(void)t;
	arg->rsp->caps = r->caps;
	return TDISP_E_NONE;
}

static enum tdisp_error state(const struct tdisp_rsp *r, struct tdi *t,
			      const struct tdi_arg *arg)
{
	(void)r;
	arg->rsp->state = (uint8_t)t->state;
	return TDISP_E_NONE;
}

/* Builds the report of this lock behind t->rep; t itself is not changed. */
static enum tdisp_error lock_report(const struct tdisp_rsp *r,
				    const struct tdi *t,
				    const struct tdisp_lock *lock,
				    struct tdisp_report *view, size_t *len)
{
	struct tdisp_report rep = { 0 };
	struct wr w = wr_over(t->rep, t->rep_cap);

	if (r->port->report(r->port_ctx, t->fn, lock, &rep))
		return TDISP_E_UNSPECIFIED;
	for (uint32_t i = 0; i < rep.range_count && i < TDISP_MAX_RANGES; i++) {
		uint64_t page =
			rep.ranges[i].first_page + lock->mmio_offset / PAGE_4K;

		/* Addresses wrap at 2^64, so pages wrap at 2^52. */
		rep.ranges[i].first_page = page & MASK64(51, 0);
	}
	if (tdisp_report_encode(&w, &rep) || w.len > TDISP_MAX_REPORT)
		return TDISP_E_UNSPECIFIED;
	if (tdisp_report_decode(t->rep, w.len, view))
		return TDISP_E_UNSPECIFIED;
	*len = w.len;
	return TDISP_E_NONE;
}

/*
 * The fallible part of LOCK, under the watch. Order: what costs nothing
 * first; the function is disturbed last.
 */
static enum tdisp_error lock_prepare(const struct tdisp_rsp *r, struct tdi *t,
				     const struct tdi_arg *arg,
				     struct tdisp_report *view, size_t *len,
				     uint8_t nonce[TDISP_NONCE_LEN])
{
	const struct tdisp_lock *lock = &arg->req->lock;
	enum tdisp_error e;
	enum il_err err;

	e = r->port->check(r->port_ctx, t->fn, arg->session, lock);
	if (e)
		return e;
	e = lock_report(r, t, lock, view, len);
	if (e)
		return e;
	if (env_random(r->env, nonce, TDISP_NONCE_LEN))
		return TDISP_E_INSUFFICIENT_ENTROPY;
	err = r->port->quiesce(r->port_ctx, t->fn);
	if (err)
		return err == IL_E_AGAIN ? TDISP_E_BUSY : TDISP_E_UNSPECIFIED;
	return TDISP_E_NONE;
}

/*
 * Source: PCIe Base 6.x §11.3.8.
 * OPEN: flags that GET_CAPABILITIES does not offer, and a reporting offset
 * that is no multiple of 4K, are INVALID_REQUEST: neither could be honoured.
 */
static enum tdisp_error lock(const struct tdisp_rsp *r, struct tdi *t,
			     const struct tdi_arg *arg)
{
	const struct tdisp_lock *want = &arg->req->lock;
	uint8_t nonce[TDISP_NONCE_LEN] = { 0 };
	struct tdisp_report view;
	size_t len = 0;
	enum tdisp_error e;

	if (want->flags & ~r->caps.lock_flags || want->mmio_offset % PAGE_4K)
		return TDISP_E_INVALID_REQUEST;
	if (r->port->arm(r->port_ctx, t->fn))
		return TDISP_E_UNSPECIFIED;
	e = lock_prepare(r, t, arg, &view, &len, nonce);
	if (e) {
		r->port->disarm(r->port_ctx, t->fn);
		bytes_wipe(nonce, sizeof(nonce));
		return e;
	}
	t->lock = *want;
	t->as = arg->req->iface.function_id;
	t->session = arg->session;
	t->view = view;
	t->rep_len = len;
	memcpy(t->nonce, nonce, sizeof(t->nonce));
	t->nonce_live = true;
	memcpy(arg->rsp->nonce, nonce, sizeof(arg->rsp->nonce));
	bytes_wipe(nonce, sizeof(nonce));
	return TDISP_E_NONE;
}

/* OPEN: a portion of no bytes, or from behind the end, is INVALID_REQUEST. */
static enum tdisp_error report(const struct tdisp_rsp *r, struct tdi *t,
			       const struct tdi_arg *arg)
{
	size_t offset = arg->req->get_report.offset;
	size_t len = arg->req->get_report.length;

	(void)r;
	if (!len || offset >= t->rep_len)
		return TDISP_E_INVALID_REQUEST;
	if (len > t->rep_len - offset)
		len = t->rep_len - offset;
	if (len > arg->room)
		len = arg->room;
	arg->rsp->report.data = t->rep + offset;
	arg->rsp->report.portion = (uint16_t)len;
	arg->rsp->report.remainder = (uint16_t)(t->rep_len - offset - len);
	return TDISP_E_NONE;
}

/* The nonce is gone before RUN; a wrong one changes nothing. */
static enum tdisp_error start(const struct tdisp_rsp *r, struct tdi *t,
			      const struct tdi_arg *arg)
{
	(void)r;
	if (!t->nonce_live ||
	    !bytes_equal_ct(t->nonce, arg->req->nonce, sizeof(t->nonce)))
		return TDISP_E_INVALID_NONCE;
	nonce_wipe(t);
	return TDISP_E_NONE;
}

static void p2p_release(const struct tdisp_rsp *r, struct tdi *t)
{
	for (unsigned s = 0; s < 256; s++) {
		if (!p2p_has(t, (uint8_t)s))
			continue;
		(void)r->port->unbind_p2p(r->port_ctx, t->fn, (uint8_t)s);
		p2p_put(t, (uint8_t)s, false);
	}
}

/* A step of STOP that cannot be done is no STOP: ERROR, to be tried again.
 * With nothing to fall back from it stays under way. Law 48. */
static enum tdisp_error stop_failed(const struct tdisp_rsp *r, struct tdi *t)
{
	if (t->state != TDI_UNLOCKED)
		t->stopping = TDI_STEP_NONE;
	(void)tdi_handle(r, t, TDI_EV_FATAL, NULL);
	return TDISP_E_UNSPECIFIED;
}

/* Carries on from t->stopping. */
static enum tdisp_error stop_steps(const struct tdisp_rsp *r, struct tdi *t)
{
	enum il_err err;

	if (t->stopping == TDI_STEP_QUIESCE) {
		err = r->port->quiesce(r->port_ctx, t->fn);
		if (err == IL_E_AGAIN)
			return TDISP_E_BUSY;
		if (err)
			return stop_failed(r, t);
		p2p_release(r, t);
		t->stopping = TDI_STEP_SCRUB;
	}
	err = r->port->scrub(r->port_ctx, t->fn);
	if (err == IL_E_AGAIN)
		return TDISP_E_BUSY;
	if (err)
		return stop_failed(r, t);
	t->stopping = TDI_STEP_NONE;
	lock_wipe(t);
	return TDISP_E_NONE;
}

static enum tdisp_error stop(const struct tdisp_rsp *r, struct tdi *t,
			     const struct tdi_arg *arg)
{
	(void)arg;
	if (!t->stopping)
		t->stopping = TDI_STEP_QUIESCE;
	return stop_steps(r, t);
}

/* Nothing is locked; there may be a reset to finish. */
static enum tdisp_error stop_idle(const struct tdisp_rsp *r, struct tdi *t,
				  const struct tdi_arg *arg)
{
	(void)arg;
	return t->stopping ? stop_steps(r, t) : TDISP_E_NONE;
}

static enum tdisp_error bind_p2p(const struct tdisp_rsp *r, struct tdi *t,
				 const struct tdi_arg *arg)
{
	uint8_t stream = arg->req->stream;
	enum tdisp_error e;

	if (!(t->lock.flags & TDISP_LOCK_BIND_P2P) ||
	    stream == t->lock.default_stream || p2p_has(t, stream))
		return TDISP_E_INVALID_REQUEST;
	e = r->port->bind_p2p(r->port_ctx, t->fn, arg->session, stream);
	if (!e)
		p2p_put(t, stream, true);
	return e;
}

static enum tdisp_error unbind_p2p(const struct tdisp_rsp *r, struct tdi *t,
				   const struct tdi_arg *arg)
{
	uint8_t stream = arg->req->stream;
	enum tdisp_error e;

	if (!p2p_has(t, stream))
		return TDISP_E_INVALID_REQUEST;
	e = r->port->unbind_p2p(r->port_ctx, t->fn, stream);
	if (!e)
		p2p_put(t, stream, false);
	return e;
}

/*
 * Of the attributes only NON_TEE counts. OPEN: the range must be one of the
 * report, whole; parts of a range are refused.
 */
static enum tdisp_error set_mmio_attr(const struct tdisp_rsp *r, struct tdi *t,
				      const struct tdi_arg *arg)
{
	struct tdisp_range *range =
		tdisp_report_find(&t->view, &arg->req->range);
	struct tdisp_range want;
	struct wr w;
	enum tdisp_error e;

	if (!range || !(range->attrs & TDISP_RANGE_UPDATABLE))
		return TDISP_E_INVALID_REQUEST;
	want = *range;
	want.attrs = (uint16_t)((range->attrs & ~TDISP_RANGE_NON_TEE) |
				(arg->req->range.attrs & TDISP_RANGE_NON_TEE));
	e = r->port->set_mmio_attr(r->port_ctx, t->fn, &want);
	if (e)
		return e;
	*range = want;
	w = wr_over(t->rep + REPORT_HDR_LEN +
			    (size_t)(range - t->view.ranges) * TDISP_RANGE_LEN,
		    TDISP_RANGE_LEN);
	tdisp_range_encode(&w, &want);
	return TDISP_E_NONE;
}

static enum tdisp_error vdm(const struct tdisp_rsp *r, struct tdi *t,
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

/* Events. */

static enum tdisp_error fail(const struct tdisp_rsp *r, struct tdi *t,
			     const struct tdi_arg *arg)
{
	(void)r;
	(void)arg;
	nonce_wipe(t);
	return TDISP_E_NONE;
}

/* Nobody owns it any more; any session may now send the STOP. */
static enum tdisp_error orphan(const struct tdisp_rsp *r, struct tdi *t,
			       const struct tdi_arg *arg)
{
	(void)r;
	(void)arg;
	nonce_wipe(t);
	t->session = 0;
	return TDISP_E_NONE;
}

static enum tdisp_error scrubbed(const struct tdisp_rsp *r, struct tdi *t,
				 const struct tdi_arg *arg)
{
	(void)arg;
	p2p_release(r, t);
	t->stopping = TDI_STEP_NONE;
	lock_wipe(t);
	return TDISP_E_NONE;
}

/* All is off by itself; what remains is to erase. Slow: ERROR meanwhile. */
static enum tdisp_error reset(const struct tdisp_rsp *r, struct tdi *t,
			      const struct tdi_arg *arg)
{
	enum tdisp_error e;

	(void)arg;
	p2p_release(r, t);
	t->stopping = TDI_STEP_SCRUB;
	e = stop_steps(r, t);
	if (e == TDISP_E_BUSY)
		(void)tdi_handle(r, t, TDI_EV_FATAL, NULL);
	return e;
}

/*
 * Every legal step of a TDI. Messages: PCIe Base 6.x §11.3, table of legal
 * states; STOP while UNLOCKED is answered, a report while UNLOCKED is not.
 * OPEN: a vendor message in ERROR is refused, as nothing but GET_STATE and
 * STOP is of use there (law 23). Events: §11.4.3 to §11.4.9. OPEN: a FLR of a
 * TDI in ERROR leaves it there; only STOP and conventional resets lead out.
 */
/* clang-format off */
tdi_table tdi_edges = {
	[TDI_EV_VERSION][TDI_UNLOCKED]    = { version, TDI_UNLOCKED },
	[TDI_EV_VERSION][TDI_LOCKED]      = { version, TDI_LOCKED },
	[TDI_EV_VERSION][TDI_RUN]         = { version, TDI_RUN },
	[TDI_EV_VERSION][TDI_ERROR]       = { version, TDI_ERROR },
	[TDI_EV_CAPS][TDI_UNLOCKED]       = { caps, TDI_UNLOCKED },
	[TDI_EV_CAPS][TDI_LOCKED]         = { caps, TDI_LOCKED },
	[TDI_EV_CAPS][TDI_RUN]            = { caps, TDI_RUN },
	[TDI_EV_CAPS][TDI_ERROR]          = { caps, TDI_ERROR },
	[TDI_EV_LOCK][TDI_UNLOCKED]       = { lock, TDI_LOCKED },
	[TDI_EV_REPORT][TDI_LOCKED]       = { report, TDI_LOCKED },
	[TDI_EV_REPORT][TDI_RUN]          = { report, TDI_RUN },
	[TDI_EV_STATE][TDI_UNLOCKED]      = { state, TDI_UNLOCKED },
	[TDI_EV_STATE][TDI_LOCKED]        = { state, TDI_LOCKED },
	[TDI_EV_STATE][TDI_RUN]           = { state, TDI_RUN },
	[TDI_EV_STATE][TDI_ERROR]         = { state, TDI_ERROR },
	[TDI_EV_START][TDI_LOCKED]        = { start, TDI_RUN },
	[TDI_EV_STOP][TDI_UNLOCKED]       = { stop_idle, TDI_UNLOCKED },
	[TDI_EV_STOP][TDI_LOCKED]         = { stop, TDI_UNLOCKED },
	[TDI_EV_STOP][TDI_RUN]            = { stop, TDI_UNLOCKED },
	[TDI_EV_STOP][TDI_ERROR]          = { stop, TDI_UNLOCKED },
	[TDI_EV_BIND_P2P][TDI_RUN]        = { bind_p2p, TDI_RUN },
	[TDI_EV_UNBIND_P2P][TDI_RUN]      = { unbind_p2p, TDI_RUN },
	[TDI_EV_SET_MMIO_ATTR][TDI_RUN]   = { set_mmio_attr, TDI_RUN },
	[TDI_EV_VDM][TDI_UNLOCKED]        = { vdm, TDI_UNLOCKED },
	[TDI_EV_VDM][TDI_LOCKED]          = { vdm, TDI_LOCKED },
	[TDI_EV_VDM][TDI_RUN]             = { vdm, TDI_RUN },

	[TDI_EV_CONFIG][TDI_LOCKED]       = { fail, TDI_ERROR },
	[TDI_EV_CONFIG][TDI_RUN]          = { fail, TDI_ERROR },
	[TDI_EV_FLR][TDI_LOCKED]          = { fail, TDI_ERROR },
	[TDI_EV_FLR][TDI_RUN]             = { fail, TDI_ERROR },
	[TDI_EV_POWER][TDI_LOCKED]        = { fail, TDI_ERROR },
	[TDI_EV_POWER][TDI_RUN]           = { fail, TDI_ERROR },
	[TDI_EV_STREAM][TDI_LOCKED]       = { fail, TDI_ERROR },
	[TDI_EV_STREAM][TDI_RUN]          = { fail, TDI_ERROR },
	[TDI_EV_SESSION][TDI_LOCKED]      = { orphan, TDI_ERROR },
	[TDI_EV_SESSION][TDI_RUN]         = { orphan, TDI_ERROR },
	[TDI_EV_SESSION][TDI_ERROR]       = { orphan, TDI_ERROR },
	[TDI_EV_FATAL][TDI_LOCKED]        = { fail, TDI_ERROR },
	[TDI_EV_FATAL][TDI_RUN]           = { fail, TDI_ERROR },
	[TDI_EV_SCRUBBED][TDI_ERROR]      = { scrubbed, TDI_UNLOCKED },
	[TDI_EV_RESET][TDI_UNLOCKED]      = { reset, TDI_UNLOCKED },
	[TDI_EV_RESET][TDI_LOCKED]        = { reset, TDI_UNLOCKED },
	[TDI_EV_RESET][TDI_RUN]           = { reset, TDI_UNLOCKED },
	[TDI_EV_RESET][TDI_ERROR]         = { reset, TDI_UNLOCKED },
};
/* clang-format on */

/* The one writer of t->state. */
static void enter(const struct tdisp_rsp *r, struct tdi *t, enum tdi_event ev,
		  enum tdi_state next)
{
	enum tdi_state old = t->state;

	if (old == next)
		return;
	if (old == TDI_RUN)
		t->runs++;
	t->state = next;
	env_trace(r->env, TDISP_TRACE_STATE, t->fn,
		  (uint64_t)old | (uint64_t)next << 8, ev);
	if (r->port->entered)
		r->port->entered(r->port_ctx, t->fn, old, next, ev);
}

/* While a STOP is under way, all that is told is what never changes. */
static bool waits(const struct tdi *t, enum tdi_event ev)
{
	return t->stopping && ev < TDI_MSG_EVENTS && ev != TDI_EV_VERSION &&
	       ev != TDI_EV_CAPS && ev != TDI_EV_STOP;
}

/*
 * What belongs to one lock belongs to one session (law 2). OPEN: which error
 * another session gets; INVALID_REQUEST, as for keys of another session.
 */
static bool foreign(const struct tdi *t, enum tdi_event ev,
		    const struct tdi_arg *arg)
{
	if (ev >= TDI_MSG_EVENTS || ev == TDI_EV_VERSION || ev == TDI_EV_CAPS ||
	    ev == TDI_EV_STATE || ev == TDI_EV_LOCK)
		return false;
	return t->session && t->session != arg->session;
}

enum tdisp_error tdi_handle(const struct tdisp_rsp *r, struct tdi *t,
			    enum tdi_event ev, const struct tdi_arg *arg)
{
	const struct tdi_edge *e = &r->table[ev][t->state];
	enum tdisp_error err;

	if (foreign(t, ev, arg))
		return TDISP_E_INVALID_REQUEST;
	if (waits(t, ev))
		return TDISP_E_BUSY;
	if (!e->act)
		return TDISP_E_INVALID_INTERFACE_STATE;
	err = e->act(r, t, arg);
	if (err)
		return err;
	enter(r, t, ev, e->next);
	IL_ASSERT(r->table != tdi_edges || tdi_sane(t));
	return TDISP_E_NONE;
}

uint32_t tdi_rid_mask(uint32_t id)
{
	return id & TDI_ANY_BUS ? MASK(7, 0) : TDISP_FN_RID;
}

/*
 * A bus that becomes known is no other name, but for a TDI that LOCK named by
 * another bus: who locked it could not reach it any more, not even to stop it.
 */
static bool renamed(const struct tdi *t, uint32_t id)
{
	uint32_t mask = tdi_rid_mask(t->id), diff = t->id ^ id;

	if (!(t->id & TDI_ANY_BUS) || id & TDI_ANY_BUS)
		return diff;
	if (t->state != TDI_UNLOCKED && !((t->as ^ t->id) & mask) &&
	    (t->as ^ id) & TDISP_FN_RID)
		return true;
	return diff & ~(TDI_ANY_BUS | (TDISP_FN_RID & ~mask));
}

void tdi_host(const struct tdisp_rsp *r, struct tdi *t, bool hosted,
	      uint32_t id)
{
	if (t->hosted && (!hosted || renamed(t, id)))
		(void)tdi_handle(r, t, TDI_EV_CONFIG, NULL);
	t->hosted = hosted;
	t->id = id;
}

bool tdi_poll(const struct tdisp_rsp *r, struct tdi *t)
{
	const struct tdi_arg arg = { .session = t->session };

	if (t->stopping)
		(void)tdi_handle(r, t, TDI_EV_STOP, &arg);
	return !t->stopping;
}

static bool p2p_any(const struct tdi *t)
{
	for (size_t i = 0; i < COUNT(t->p2p); i++)
		if (t->p2p[i])
			return true;
	return false;
}

bool tdi_sane(const struct tdi *t)
{
	if ((unsigned)t->state >= TDI_STATES || t->rep_len > t->rep_cap)
		return false;
	if (t->nonce_live != (t->state == TDI_LOCKED))
		return false;
	if (t->state == TDI_UNLOCKED)
		return !t->session && !t->rep_len && !p2p_any(t) &&
		       t->stopping != TDI_STEP_QUIESCE;
	return t->rep_len && (t->session || t->state == TDI_ERROR);
}
