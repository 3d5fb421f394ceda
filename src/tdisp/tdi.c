/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/tdi_priv.h"

#include "base/assert.h"
#include "base/bits.h"

void tdi_nonce_wipe(struct tdi *t)
{
	bytes_wipe(t->nonce, sizeof(t->nonce));
	t->nonce_live = false;
}

/* All that a lock session left behind. */
static void lock_wipe(struct tdi *t)
{
	tdi_nonce_wipe(t);
	memset(&t->lock, 0, sizeof(t->lock));
	memset(t->p2p, 0, sizeof(t->p2p));
	t->binding = 0;
	t->non_tee = 0;
	t->rep_len = 0;
	t->session = 0;
}

uint32_t tdi_ranges(const struct tdi *t)
{
	return t->rep_len ? get_u32le(t->rep + TDISP_REPORT_COUNT) : 0;
}

struct tdisp_range tdi_range(const struct tdi *t, uint32_t i)
{
	struct rd r = rd_over(t->rep, t->rep_len);
	struct tdisp_range a;

	rd_skip(&r, TDISP_REPORT_RANGES + (size_t)TDISP_RANGE_LEN * i);
	tdisp_range_decode(&r, &a);
	a.attrs &= (uint16_t)~TDISP_RANGE_NON_TEE;
	if (t->non_tee & 1u << i)
		a.attrs |= TDISP_RANGE_NON_TEE;
	return a;
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
	tdi_nonce_wipe(t);
	return TDISP_E_NONE;
}

/* A step of STOP that cannot be done is no STOP: ERROR, to be tried again.
 * With nothing to fall back from it stays under way. Law 48. */
static enum tdisp_error stop_failed(const struct tdisp_rsp *r, struct tdi *t)
{
	if (t->state != TDI_UNLOCKED)
		t->stopping = TDI_STEP_NONE;
	t->since_ns = 0;
	(void)tdi_handle(r, t, TDI_EV_FATAL, NULL);
	return TDISP_E_UNSPECIFIED;
}

static enum tdisp_error stop_step(const struct tdisp_rsp *r, struct tdi *t)
{
	enum il_err err;

	if (t->stopping == TDI_STEP_RELEASE)
		return tdi_p2p_release(r, t);
	err = (t->stopping == TDI_STEP_QUIESCE
		       ? r->port->quiesce
		       : r->port->scrub)(r->port_ctx, t->fn);
	if (err == IL_E_AGAIN)
		return TDISP_E_BUSY;
	return err ? TDISP_E_UNSPECIFIED : TDISP_E_NONE;
}

/* Carries on from t->stopping. Source: PCIe Base 6.x §11.3.14; law 55 */
static enum tdisp_error stop_steps(const struct tdisp_rsp *r, struct tdi *t)
{
	while (t->stopping) {
		enum tdisp_error e = stop_step(r, t);

		if (e == TDISP_E_BUSY)
			return e;
		if (e)
			return stop_failed(r, t);
		t->stopping = t->stopping == TDI_STEP_SCRUB
				      ? TDI_STEP_NONE
				      : (enum tdi_step)(t->stopping + 1);
	}
	t->since_ns = 0;
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

/* Nothing is locked; there may be a reset to finish, or a LOCK to end. */
static enum tdisp_error stop_idle(const struct tdisp_rsp *r, struct tdi *t,
				  const struct tdi_arg *arg)
{
	(void)arg;
	tdi_lock_abandon(r, t);
	return t->stopping ? stop_steps(r, t) : TDISP_E_NONE;
}

/* Events. */

/* Streams for peers are for RUN alone; what cannot be given back at once is
 * left to STOP. Law 55 */
static enum tdisp_error fail(const struct tdisp_rsp *r, struct tdi *t,
			     const struct tdi_arg *arg)
{
	(void)arg;
	(void)tdi_p2p_release(r, t);
	tdi_nonce_wipe(t);
	return TDISP_E_NONE;
}

/* Nobody owns it any more; any session may now send the STOP. */
static enum tdisp_error orphan(const struct tdisp_rsp *r, struct tdi *t,
			       const struct tdi_arg *arg)
{
	(void)fail(r, t, arg);
	t->session = 0;
	return TDISP_E_NONE;
}

static enum tdisp_error scrubbed(const struct tdisp_rsp *r, struct tdi *t,
				 const struct tdi_arg *arg)
{
	(void)arg;
	(void)tdi_p2p_release(r, t);
	t->stopping = TDI_STEP_NONE;
	t->since_ns = 0;
	lock_wipe(t);
	return TDISP_E_NONE;
}

/* All is off by itself; what remains is to erase. Slow: ERROR meanwhile. */
static enum tdisp_error reset(const struct tdisp_rsp *r, struct tdi *t,
			      const struct tdi_arg *arg)
{
	enum tdisp_error e;

	(void)arg;
	(void)tdi_p2p_release(r, t);
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
	[TDI_EV_LOCK][TDI_UNLOCKED]       = { tdi_lock, TDI_LOCKED },
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
	[TDI_EV_BIND_P2P][TDI_RUN]        = { tdi_bind_p2p, TDI_RUN },
	[TDI_EV_UNBIND_P2P][TDI_RUN]      = { tdi_unbind_p2p, TDI_RUN },
	[TDI_EV_SET_MMIO_ATTR][TDI_RUN]   = { tdi_set_mmio_attr, TDI_RUN },
	[TDI_EV_VDM][TDI_UNLOCKED]        = { tdi_vdm, TDI_UNLOCKED },
	[TDI_EV_VDM][TDI_LOCKED]          = { tdi_vdm, TDI_LOCKED },
	[TDI_EV_VDM][TDI_RUN]             = { tdi_vdm, TDI_RUN },

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

/* While a STOP or a LOCK is under way, all that is told is what never
 * changes. */
static bool waits(const struct tdi *t, enum tdi_event ev)
{
	if (ev >= TDI_MSG_EVENTS || ev == TDI_EV_VERSION || ev == TDI_EV_CAPS ||
	    ev == TDI_EV_STOP)
		return false;
	return t->stopping || (t->locking && ev != TDI_EV_LOCK);
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

	if (ev >= TDI_MSG_EVENTS)
		tdi_lock_abandon(r, t);
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

bool tdi_poll(const struct tdisp_rsp *r, struct tdi *t, uint64_t now_ns,
	      uint64_t limit_ns)
{
	const struct tdi_arg arg = { .session = t->session };

	if (t->stopping)
		(void)tdi_handle(r, t, TDI_EV_STOP, &arg);
	if (!t->stopping)
		return true;
	if (!t->since_ns)
		t->since_ns = now_ns ? now_ns : 1;
	else if (now_ns > t->since_ns && now_ns - t->since_ns >= limit_ns)
		(void)stop_failed(r, t);
	return !t->stopping;
}

bool tdi_sane(const struct tdi *t)
{
	if ((unsigned)t->state >= TDI_STATES || t->rep_len > t->rep_cap)
		return false;
	if (t->nonce_live != (t->state == TDI_LOCKED))
		return false;
	if (t->locking && (!t->session || t->state != TDI_UNLOCKED))
		return false;
	if (t->state == TDI_UNLOCKED)
		return !t->session == !t->locking && !t->rep_len &&
		       !tdi_p2p_any(t) && t->stopping != TDI_STEP_QUIESCE;
	return t->rep_len && (t->session || t->state == TDI_ERROR);
}
