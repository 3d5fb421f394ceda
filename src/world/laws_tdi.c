/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "world/laws_priv.h"

/* Laws of bindings, lock sessions and evidence: 15 to 32. */

const struct law_bind *law_bind_of(const struct law_facts *f, uint16_t rid)
{
	for (unsigned i = 0; i < f->binds; i++)
		if (f->bind[i].state != TSM_BIND_FREE && f->bind[i].rid == rid)
			return &f->bind[i];
	return NULL;
}

const struct law_guest *law_guest_of(const struct law_facts *f,
				     const struct law_bind *b)
{
	for (unsigned i = 0; i < LAW_GUESTS && b->tdi_id; i++)
		if (f->guest[i].there && f->guest[i].owner == b->owner &&
		    f->guest[i].tdi_id == b->tdi_id)
			return &f->guest[i];
	return NULL;
}

const struct law_conn *law_conn_of(const struct law_facts *f,
				   const struct law_bind *b)
{
	static const struct law_conn none = {
		.stream_id = TSM_STREAM_UNUSED,
		.verb_bind = LAW_NONE,
	};

	return b->conn == LAW_NONE ? &none : &f->conn[b->conn];
}

bool law_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	return !n || (!b[0] && memcmp(b, b + 1, n - 1) == 0);
}

static bool in_session(enum tsm_bind_state s)
{
	return s == TSM_BIND_LOCKED || s == TSM_BIND_STARTING ||
	       s == TSM_BIND_RUN;
}

static unsigned long long ull(uint64_t v)
{
	return v;
}

void law_15(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		const struct law_bind *o = &was->bind[i];

		if (!b->tvm)
			continue;
		c->held++;
		for (unsigned k = 0; k < now->binds; k++)
			if (k != i && now->bind[k].state != TSM_BIND_FREE &&
			    now->bind[k].rid == b->rid)
				law_break(c,
					  "TDI %04x is bound to TVM %llx; it "
					  "is booked for TVM %llx too",
					  b->rid, ull(b->tvm),
					  ull(now->bind[k].tvm));
		if (b->lock.id && b->lock.id == o->lock.id && b->tvm != o->tvm)
			law_break(c,
				  "lock session %llu of TDI %04x was TVM "
				  "%llx's; it is TVM %llx's",
				  ull(b->lock.id), b->rid, ull(o->tvm),
				  ull(b->tvm));
	}
	for (unsigned i = 0; i < now->binds; i++)
		if (in_session(now->bind[i].state) && !now->bind[i].tvm)
			law_break(c,
				  "TDI %04x is in binding state %u; it is "
				  "bound to no TVM",
				  now->bind[i].rid, now->bind[i].state);
}

static const struct law_stream *port_stream(const struct law_facts *f,
					    const struct law_conn *x)
{
	const struct law_dev *d = law_dev_of(f, x);
	const struct law_stream *s = d ? d->end[LAW_PORT].s : NULL;

	for (unsigned i = 0; i < LAW_STREAMS && s; i++)
		if (s[i].cfg.id == x->stream_id && s[i].state == IDE_ST_SECURE)
			return &s[i];
	return NULL;
}

void law_16(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		const struct law_conn *x = law_conn_of(now, b);
		const struct law_stream *s;

		if (!was->valid || b->state != TSM_BIND_LOCKED ||
		    was->bind[i].state == TSM_BIND_LOCKED)
			continue;
		c->held++;
		/* What fell after the lock, in the same step, was there. */
		s = port_stream(b->fell ? was : now, x);
		if (x->state != TSM_CONN_READY)
			law_break(c,
				  "TDI %04x became locked; its connection "
				  "is in state %u",
				  b->rid, x->state);
		else if (!s)
			law_break(c,
				  "TDI %04x became locked; stream %u is "
				  "not Secure",
				  b->rid, x->stream_id);
		else if (!s->cfg.rid_valid || b->rid < s->cfg.rid_base ||
			 b->rid > s->cfg.rid_limit)
			law_break(c,
				  "TDI %04x became locked; its stream is "
				  "for RIDs %04x to %04x",
				  b->rid, s->cfg.rid_base, s->cfg.rid_limit);
	}
}

static bool in_flight(enum tsm_bind_state s)
{
	return s == TSM_BIND_LOCKING || s == TSM_BIND_STARTING ||
	       s == TSM_BIND_STOPPING;
}

void law_17(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (int i = 0; i < (int)now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		const struct law_conn *x = law_conn_of(now, b);

		if (!in_flight(b->state))
			continue;
		c->held++;
		if (x->verb == TSM_NO_VERB || x->verb_bind != i)
			law_break(c,
				  "TDI %04x waits in binding state %u; the "
				  "exchange under way, %u, is not its own",
				  b->rid, b->state, x->verb);
	}
}

void law_19(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		enum tsm_tdi want =
			b->state == TSM_BIND_RUN ? TSM_TDI_RUN : TSM_TDI_LOCKED;

		if (!was->valid || b->state == was->bind[i].state ||
		    (b->state != TSM_BIND_LOCKED && b->state != TSM_BIND_RUN))
			continue;
		c->held++;
		if (b->tdi != want)
			law_break(c,
				  "TDI %04x entered binding state %u; the "
				  "device said last that it is in %u",
				  b->rid, b->state, b->tdi);
	}
}

static void dev_20(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	for (unsigned i = 0; i < now->fns; i++) {
		const struct law_tdi *t = &now->tdi[i];

		if (t->state == TDI_LOCKED)
			continue;
		c->held += was->tdi[i].state == TDI_LOCKED;
		if (t->nonce_live || !t->nonce_zero)
			law_break(c,
				  "function %04x is in TDI state %u; it "
				  "still has the nonce of its LOCK",
				  t->rid, t->state);
	}
}

void law_20(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	law_each_dev(was, now, dev_20, c);
}

void law_21(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];

		if (b->state != TSM_BIND_RUN)
			continue;
		c->held++;
		if (!b->lock.id ||
		    (now->traits & LAW_RUN_REPORT && !b->lock.report_valid) ||
		    (now->traits & LAW_RUN_NAMED &&
		     b->named_lock != b->lock.id))
			law_break(c,
				  "TDI %04x is in RUN in lock session %llu; "
				  "its TVM was told of lock session %llu",
				  b->rid, ull(b->lock.id), ull(b->named_lock));
	}
}

static void dev_23(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	for (unsigned i = 0; i < now->fns; i++) {
		const struct law_tdi *t = &now->tdi[i], *o = &was->tdi[i];

		if (o->state != TDI_ERROR)
			continue;
		c->held++;
		if (t->state == TDI_LOCKED || t->state == TDI_RUN)
			law_break(c,
				  "function %04x was in ERROR; it is in TDI "
				  "state %u without STOP",
				  t->rid, t->state);
		if (t->state == TDI_ERROR &&
		    (t->moved > o->moved || t->count > o->count))
			law_break(c,
				  "function %04x is in ERROR; it moved %llu "
				  "bytes",
				  t->rid, ull(t->moved + t->count));
	}
}

/* Our half and the device's. */
void law_23(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_23, c);
	for (unsigned i = 0; i < now->binds; i++) {
		enum tsm_bind_state s = now->bind[i].state;

		if (was->bind[i].state != TSM_BIND_ERROR)
			continue;
		c->held++;
		if (s == TSM_BIND_LOCKING || in_session(s))
			law_break(c,
				  "TDI %04x was in ERROR; it is in binding "
				  "state %u without STOP",
				  now->bind[i].rid, s);
	}
}

static void conn_stays_dead(const struct law_facts *was,
			    const struct law_facts *now, unsigned i,
			    struct law_case *c)
{
	const struct law_conn *x = &now->conn[i];
	enum tsm_conn_state o = was->conn[i].state;
	int k;

	if ((o == TSM_CONN_ERROR || o == TSM_CONN_CLOSED) &&
	    (x->state == TSM_CONN_CONNECTING || x->state == TSM_CONN_KNOWN ||
	     x->state == TSM_CONN_OPEN || x->state == TSM_CONN_READY ||
	     x->state == TSM_CONN_DISCONNECTING))
		law_break(c,
			  "connection %u was cut, state %u; it is in state "
			  "%u",
			  i, o, x->state);
	if (x->state != TSM_CONN_ERROR && x->state != TSM_CONN_CLOSED)
		return;
	c->held++;
	k = law_port_block(now, x);
	if (k != LAW_NONE)
		law_break(c,
			  "connection %u was cut; the root port has keys "
			  "for its stream %u",
			  i, x->stream_id);
}

void law_24(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < LAW_CONNS; i++)
		conn_stays_dead(was, now, i, c);
	for (unsigned i = 0; i < now->binds; i++) {
		enum tsm_bind_state s = now->bind[i].state;

		if (was->bind[i].state != TSM_BIND_DEAD)
			continue;
		c->held++;
		if (s == TSM_BIND_DEAD || s == TSM_BIND_FREE ||
		    was->bind[i].rid != now->bind[i].rid)
			continue;
		if (s != TSM_BIND_UNLOCKED && s != TSM_BIND_LOCKING)
			law_break(c,
				  "TDI %04x was cut off; it is in binding "
				  "state %u",
				  now->bind[i].rid, s);
	}
}

static bool no_evidence(const struct tsm_lock_info *l)
{
	return !l->report_valid && !l->meas_valid && !l->ranges &&
	       law_zero(l->report_digest, sizeof(l->report_digest)) &&
	       law_zero(l->meas_digest, sizeof(l->meas_digest)) &&
	       law_zero(l->meas_nonce, sizeof(l->meas_nonce));
}

void law_25(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		/* Where there was none, a step that carries several exchanges
		 * may have locked and gathered both. */
		bool ended = was->bind[i].lock.id &&
			     was->bind[i].lock.id != b->lock.id;

		c->held += ended;
		if ((ended || !b->lock.id) && !no_evidence(&b->lock))
			law_break(c,
				  "lock session %llu of TDI %04x is over; its "
				  "evidence stands in lock session %llu",
				  ull(was->bind[i].lock.id), b->rid,
				  ull(b->lock.id));
		if (b->lock.id && !in_session(b->state) &&
		    b->state != TSM_BIND_LOCKING)
			law_break(c,
				  "TDI %04x is in binding state %u; its "
				  "lock session %llu lives",
				  b->rid, b->state, ull(b->lock.id));
	}
	for (unsigned i = 0; i < LAW_CONNS; i++) {
		const struct law_conn *x = &now->conn[i];

		if (x->state != TSM_CONN_CLOSED && x->state != TSM_CONN_ERROR)
			continue;
		c->held++;
		if (x->digests)
			law_break(c,
				  "connection %u is over, state %u; its "
				  "digests stand",
				  i, x->state);
	}
}

void law_26(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];

		if (!b->mmio_pages && !b->dma_on)
			continue;
		c->held++;
		if (!b->lock.id || !b->tdi_id || b->named_lock != b->lock.id)
			law_break(c,
				  "TDI %04x has grants made in lock session "
				  "%llu; the lock session is %llu",
				  b->rid, ull(b->named_lock), ull(b->lock.id));
	}
}

/* The next guest after @i that accepted evidence in this step, with the binding
 * that it is of; LAW_NONE: there is none. */
static int judged(const struct law_facts *was, const struct law_facts *now,
		  int i, const struct law_bind **b)
{
	for (i++; i < (int)LAW_GUESTS; i++) {
		const struct law_guest *g = &now->guest[i];

		if (!g->there || !was->guest[i].there ||
		    g->state != GUEST_JUDGED ||
		    was->guest[i].state == GUEST_JUDGED)
			continue;
		for (unsigned k = 0; k < now->binds; k++) {
			*b = &now->bind[k];
			if (law_guest_of(now, *b) == g)
				return i;
		}
	}
	return LAW_NONE;
}

static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, TSM_DIGEST_LEN) == 0;
}

void law_27(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	const struct law_bind *b;
	int i = LAW_NONE;

	while ((i = judged(was, now, i, &b)) != LAW_NONE) {
		const struct law_guest *g = &now->guest[i];
		const char *what = NULL;

		c->held++;
		if (!same(g->certs, law_conn_of(now, b)->cert))
			what = "certificates";
		else if (!same(g->report, b->lock.report_digest))
			what = "report";
		else if (!same(g->meas, b->lock.meas_digest))
			what = "measurements";
		if (what)
			law_break(c,
				  "the guest accepted %s of TDI %04x; the TSM "
				  "has another digest of them",
				  what, b->rid);
	}
}

void law_28(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	const struct law_bind *b;
	int i = LAW_NONE;

	while ((i = judged(was, now, i, &b)) != LAW_NONE) {
		c->held++;
		if (!b->lock.meas_valid ||
		    memcmp(b->lock.meas_nonce, now->guest[i].nonce,
			   sizeof(b->lock.meas_nonce)) != 0)
			law_break(c,
				  "the guest accepted measurements of TDI "
				  "%04x; they do not answer its nonce",
				  b->rid);
	}
}

void law_29(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	const struct law_bind *b;
	int i = LAW_NONE;

	while ((i = judged(was, now, i, &b)) != LAW_NONE) {
		if (!now->guest[i].leaf_known)
			continue;
		c->held++;
		if (!same(now->guest[i].leaf, law_conn_of(now, b)->key))
			law_break(c,
				  "the guest was shown one leaf key for TDI "
				  "%04x; the session was made with another",
				  b->rid);
	}
}

void law_31(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->binds; i++) {
		const struct tsm_lock_info *l = &now->bind[i].lock;

		if (!l->report_valid)
			continue;
		c->held++;
		if (l->interface_info & ~now->report_info)
			law_break(c,
				  "TDI %04x reports %04x; the platform "
				  "allows %04x",
				  now->bind[i].rid, l->interface_info,
				  now->report_info);
	}
}

void law_32(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->binds; i++) {
		const struct tsm_lock_info *l = &now->bind[i].lock;

		if (!l->report_valid || !(l->flags & TDISP_LOCK_NO_FW_UPDATE))
			continue;
		c->held++;
		if (!(l->interface_info & TDISP_INFO_NO_FW_UPDATE))
			law_break(c,
				  "TDI %04x was locked against firmware "
				  "updates; its report does not say so",
				  now->bind[i].rid);
	}
}
