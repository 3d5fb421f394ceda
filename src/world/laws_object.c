/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "world/laws_priv.h"

/* Laws of teardown, the host's interface and the objects: 48 to 55. */

static unsigned long long ull(uint64_t v)
{
	return v;
}

void law_48(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		enum tsm_bind_state o = was->bind[i].state;

		if (!was->valid || o == b->state || o == TSM_BIND_FREE ||
		    (b->state != TSM_BIND_UNLOCKED &&
		     b->state != TSM_BIND_DEAD))
			continue;
		c->held++;
		if (b->state == TSM_BIND_UNLOCKED && b->tdi != TSM_TDI_UNLOCKED)
			law_break(c,
				  "TDI %04x is taken as unlocked; the "
				  "device said last that it is in %u",
				  b->rid, b->tdi);
		if (b->state == TSM_BIND_DEAD &&
		    law_port_block(now, law_conn_of(now, b)) != LAW_NONE)
			law_break(c,
				  "TDI %04x was not stopped; its stream %u "
				  "is not blocked",
				  b->rid, law_conn_of(now, b)->stream_id);
	}
}

const struct law_tvm *law_tvm_of(const struct law_facts *f, uint64_t id)
{
	for (unsigned i = 0; i < LAW_TVMS; i++)
		if (id && f->tvm[i].id == id)
			return &f->tvm[i];
	return NULL;
}

void law_50(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		const struct law_tvm *t;

		if (!b->tvm)
			continue;
		t = law_tvm_of(now, b->tvm);
		c->held++;
		if (!t)
			law_break(c,
				  "TDI %04x is bound to TVM %llx; there is "
				  "no such TVM",
				  b->rid, ull(b->tvm));
		else if (!t->key_live || t->owner != b->owner)
			law_break(c,
				  "TDI %04x is bound with owner %u; its "
				  "TVM has owner %u",
				  b->rid, b->owner, t->owner);
	}
}

void law_52(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	for (unsigned i = 0; i < LAW_CONNS; i++) {
		const struct law_conn *x = &now->conn[i], *o = &was->conn[i];

		if (!x->pending && x->verb == TSM_NO_VERB)
			continue;
		c->held++;
		if (!x->pending || x->verb == TSM_NO_VERB)
			law_break(c,
				  "command %x waits to come again; the "
				  "exchange under way is %u",
				  x->pending, x->verb);
		else if (was->valid && o->pending && o->pending != x->pending &&
			 o->verb == x->verb && o->verb_bind == x->verb_bind)
			law_break(c,
				  "command %x was pending; %x took its "
				  "exchange %u over",
				  o->pending, x->pending, x->verb);
	}
}

#define IN(s) (1u << (s))

/* From where a state may be found a step later; a forced end may do all. */
/* clang-format off */
static const uint16_t bind_from[TSM_BIND_STATES] = {
	[TSM_BIND_FREE]     = UINT16_MAX,
	[TSM_BIND_UNLOCKED] = IN(TSM_BIND_FREE) | IN(TSM_BIND_STOPPING) |
			      IN(TSM_BIND_DEAD),
	[TSM_BIND_LOCKING]  = IN(TSM_BIND_FREE) | IN(TSM_BIND_UNLOCKED) |
			      IN(TSM_BIND_STOPPING) | IN(TSM_BIND_DEAD),
	[TSM_BIND_LOCKED]   = IN(TSM_BIND_LOCKING),
	[TSM_BIND_STARTING] = IN(TSM_BIND_LOCKED),
	[TSM_BIND_RUN]      = IN(TSM_BIND_STARTING),
	[TSM_BIND_STOPPING] = IN(TSM_BIND_UNLOCKED) | IN(TSM_BIND_LOCKING) |
			      IN(TSM_BIND_LOCKED) | IN(TSM_BIND_STARTING) |
			      IN(TSM_BIND_RUN) | IN(TSM_BIND_ERROR) |
			      IN(TSM_BIND_FREE),
	[TSM_BIND_ERROR]    = IN(TSM_BIND_UNLOCKED) | IN(TSM_BIND_LOCKED) |
			      IN(TSM_BIND_RUN),
	[TSM_BIND_DEAD]     = UINT16_MAX,
};
static const uint16_t conn_from[TSM_CONN_STATES] = {
	[TSM_CONN_FREE]          = UINT16_MAX,
	[TSM_CONN_NEW]           = UINT16_MAX,
	[TSM_CONN_CONNECTING]    = IN(TSM_CONN_FREE) | IN(TSM_CONN_NEW) |
				   IN(TSM_CONN_KNOWN) | IN(TSM_CONN_OPEN),
	[TSM_CONN_KNOWN]         = IN(TSM_CONN_CONNECTING),
	[TSM_CONN_OPEN]          = IN(TSM_CONN_CONNECTING) |
				   IN(TSM_CONN_DISCONNECTING),
	[TSM_CONN_READY]         = IN(TSM_CONN_CONNECTING),
	[TSM_CONN_DISCONNECTING] = IN(TSM_CONN_READY) | IN(TSM_CONN_OPEN),
	[TSM_CONN_CLOSED]        = UINT16_MAX,
	[TSM_CONN_ERROR]         = UINT16_MAX & ~IN(TSM_CONN_CLOSED),
};
static const uint16_t stream_from[TSM_STREAM_STATES] = {
	[TSM_STREAM_NONE]    = UINT16_MAX,
	[TSM_STREAM_FILLING] = IN(TSM_STREAM_NONE),
	[TSM_STREAM_PRIMED]  = IN(TSM_STREAM_FILLING),
	[TSM_STREAM_RX]      = IN(TSM_STREAM_PRIMED),
	[TSM_STREAM_ON]      = IN(TSM_STREAM_RX) | IN(TSM_STREAM_REFRESH),
	[TSM_STREAM_REFRESH] = IN(TSM_STREAM_ON),
	[TSM_STREAM_DEAD]    = UINT16_MAX & ~IN(TSM_STREAM_NONE),
};
static const uint16_t tdi_from[TDI_STATES] = {
	[TDI_UNLOCKED] = UINT16_MAX,
	[TDI_LOCKED]   = IN(TDI_UNLOCKED),
	[TDI_RUN]      = IN(TDI_LOCKED),
	[TDI_ERROR]    = IN(TDI_LOCKED) | IN(TDI_RUN),
};
/* clang-format on */

static void moved(const char *what, unsigned i, unsigned from, unsigned to,
		  const uint16_t *table, struct law_case *c)
{
	if (from == to)
		return;
	c->held++;
	if (!(table[to] & IN(from)))
		law_break(c, "%s %u was in state %u; it is in state %u", what,
			  i, from, to);
}

static void bind_53(unsigned i, const struct law_bind *was,
		    const struct law_bind *now, struct law_case *c)
{
	unsigned from = was->state;

	/* STOP begun and confirmed in the same step. */
	if (now->was_stopping && bind_from[TSM_BIND_STOPPING] & IN(from))
		from = TSM_BIND_STOPPING;
	moved("binding", i, from, now->state, bind_from, c);
}

static void dev_53(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	for (unsigned i = 0; i < now->fns; i++) {
		const struct law_tdi *d = &now->tdi[i];
		unsigned from = was->tdi[i].state;

		/* LOCK, and in the same step the link went down. */
		if (from == TDI_UNLOCKED && d->was_locked &&
		    d->state == TDI_ERROR)
			from = TDI_LOCKED;
		moved("TDI", i, from, d->state, tdi_from, c);
	}
}

void law_53(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	if (!was->valid)
		return;
	for (unsigned i = 0; i < now->binds; i++)
		bind_53(i, &was->bind[i], &now->bind[i], c);
	for (unsigned i = 0; i < LAW_CONNS; i++) {
		moved("connection", i, was->conn[i].state, now->conn[i].state,
		      conn_from, c);
		moved("stream of connection", i, was->conn[i].stream,
		      now->conn[i].stream, stream_from, c);
	}
	law_each_dev(was, now, dev_53, c);
}

/* Where there is a lock there may be streams to peers, in RUN alone. */
static void dev_55(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	for (unsigned i = 0; i < now->fns; i++) {
		const struct law_tdi *t = &now->tdi[i];

		c->held += t->p2p || t->state != TDI_UNLOCKED ||
			   was->tdi[i].state != TDI_UNLOCKED;
		if (!t->p2p)
			continue;
		if (t->state != TDI_RUN)
			law_break(c,
				  "function %04x has a peer-to-peer stream; "
				  "it is in TDI state %u",
				  t->rid, t->state);
		if (t->p2p_foreign)
			law_break(c,
				  "function %04x has a peer-to-peer stream; "
				  "its keys are not of session %llx, which "
				  "locked it",
				  t->rid, (unsigned long long)t->session);
		if (t->p2p_default)
			law_break(c,
				  "function %04x has a peer-to-peer stream; "
				  "it is its default stream %u",
				  t->rid, t->stream);
	}
}

void law_55(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	law_each_dev(was, now, dev_55, c);
}
