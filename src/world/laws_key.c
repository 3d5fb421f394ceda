/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "world/laws_priv.h"

/* Laws of sessions, keys and streams: 1 to 10. */

static bool usable(enum tdi_state s)
{
	return s == TDI_LOCKED || s == TDI_RUN;
}

bool law_any_key(const struct law_stream *s)
{
	for (unsigned set = 0; set < 2; set++)
		for (unsigned dir = 0; dir < IDE_DIRS; dir++)
			for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
				if (s->key[set][dir][sub].there)
					return true;
	return false;
}

int law_block(const struct law_end *end, uint8_t id)
{
	for (int i = 0; i < (int)LAW_STREAMS; i++)
		if (end->s[i].cfg.id == id && law_any_key(&end->s[i]))
			return i;
	return LAW_NONE;
}

void law_each_dev(const struct law_facts *was, const struct law_facts *now,
		  law_dev_fn *fn, struct law_case *c)
{
	for (unsigned i = 0; i < now->devs; i++)
		if (now->dev_new[i])
			fn(was->dev[i], now->dev[i], c);
}

const struct law_dev *law_dev_of(const struct law_facts *f,
				 const struct law_conn *x)
{
	for (unsigned i = 0; i < f->devs; i++)
		if (f->dev[i]->port == x->port)
			return f->dev[i];
	return NULL;
}

int law_port_block(const struct law_facts *f, const struct law_conn *x)
{
	const struct law_dev *d = law_dev_of(f, x);

	return d ? law_block(&d->end[LAW_PORT], x->stream_id) : LAW_NONE;
}

/* Trust rises at the device by a message alone, so a session must be there. */
static void dev_1(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	bool session = was->any_session || now->any_session;

	for (unsigned i = 0; i < now->fns; i++) {
		if (!usable(now->tdi[i].state) ||
		    now->tdi[i].state == was->tdi[i].state)
			continue;
		c->held++;
		if (!session)
			law_break(c,
				  "function %04x went from TDI state %u to %u; "
				  "the device has no session",
				  now->tdi[i].rid, was->tdi[i].state,
				  now->tdi[i].state);
	}
	if (now->keys_held <= was->keys_held)
		return;
	c->held++;
	if (!session)
		law_break(c, "the device took an IDE key; it has no session");
}

void law_1(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_1, c);
}

static void dev_2(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->fns; i++) {
		const struct law_tdi *t = &now->tdi[i];

		if (!usable(t->state))
			continue;
		c->held++;
		if (!t->session || t->session != t->keyed_by)
			law_break(
				c,
				"function %04x was locked in session %llx; its "
				"stream %u was keyed in session %llx",
				t->rid, (unsigned long long)t->session,
				t->stream, (unsigned long long)t->keyed_by);
	}
}

void law_2(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	law_each_dev(was, now, dev_2, c);
}

static bool stream_lives(enum tsm_stream_state s)
{
	return s != TSM_STREAM_NONE && s != TSM_STREAM_DEAD;
}

static bool bind_usable(enum tsm_bind_state s)
{
	return s == TSM_BIND_LOCKED || s == TSM_BIND_STARTING ||
	       s == TSM_BIND_RUN;
}

/* The platform's half: what hangs on a connection that has no session. */
static void sessionless(const struct law_facts *now, int n, struct law_case *c)
{
	const struct law_conn *x = &now->conn[n];

	if (stream_lives(x->stream))
		law_break(c,
			  "connection %d has no session; its stream %u is in "
			  "state %u",
			  n, x->stream_id, x->stream);
	for (unsigned i = 0; i < now->binds; i++)
		if (now->bind[i].conn == n && bind_usable(now->bind[i].state))
			law_break(c,
				  "connection %d has no session; its TDI %04x "
				  "is in binding state %u",
				  n, now->bind[i].rid, now->bind[i].state);
}

static void dev_3(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	if (was->any_session && !now->any_session)
		c->held++;
	for (unsigned i = 0; i < now->fns; i++)
		if (usable(now->tdi[i].state) && !now->tdi[i].session_open)
			law_break(c,
				  "function %04x is in TDI state %u; session "
				  "%llx that locked it is over",
				  now->tdi[i].rid, now->tdi[i].state,
				  (unsigned long long)now->tdi[i].session);
	if (now->keys_owner && !now->keys_owner_open)
		law_break(c,
			  "the device holds keys of session %llx; it is over",
			  (unsigned long long)now->keys_owner);
}

void law_3(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	law_each_dev(was, now, dev_3, c);
	for (int n = 0; n < (int)LAW_CONNS; n++) {
		if (now->conn[n].session || now->conn[n].state == TSM_CONN_FREE)
			continue;
		c->held += was->conn[n].session != 0;
		sessionless(now, n, c);
	}
}

void law_4(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	(void)was;
	for (unsigned i = 0; i < now->binds; i++) {
		const struct law_bind *b = &now->bind[i];
		enum tsm_conn_state s;

		if (b->state == TSM_BIND_FREE)
			continue;
		c->held++;
		s = b->conn == LAW_NONE ? TSM_CONN_FREE
					: now->conn[b->conn].state;
		if (s == TSM_CONN_READY ||
		    (b->state == TSM_BIND_DEAD && s != TSM_CONN_FREE))
			continue;
		law_break(c,
			  "TDI %04x is booked, state %u; its connection is in "
			  "state %u",
			  b->rid, b->state, s);
	}
}

static void dev_5(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	for (unsigned e = 0; e < LAW_ENDS; e++) {
		const struct law_end *x = &now->end[e];

		if (x->log_n > was->end[e].log_n)
			c->held += x->log_n - was->end[e].log_n;
		if (x->repeat)
			law_break(c,
				  "key %u given to the %s; the same bytes were "
				  "given to it before",
				  x->repeat - 1,
				  e == LAW_PORT ? "root port" : "device");
	}
}

void law_5(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_5, c);
}

static bool all_there(const struct law_stream *s, unsigned set)
{
	for (unsigned dir = 0; dir < IDE_DIRS; dir++)
		for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
			if (!s->key[set][dir][sub].there)
				return false;
	return true;
}

static bool all_go(const struct law_stream *s, unsigned set, unsigned dir)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		if (!s->key[set][dir][sub].going)
			return false;
	return true;
}

/* Something of (@set, @dir) goes that did not before. */
static bool began(const struct law_stream *was, const struct law_stream *now,
		  unsigned set, unsigned dir)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		if (now->key[set][dir][sub].going &&
		    !was->key[set][dir][sub].going)
			return true;
	return false;
}

/*
 * @s of one end has begun with @set; @o is the block of the other end, or @s
 * again where that end cannot be seen.
 */
static void may_begin(const struct law_stream *s, const struct law_stream *o,
		      unsigned set, unsigned dir, struct law_case *c)
{
	if (!o || !all_there(s, set) || !all_there(o, set))
		law_break(c,
			  "key set %u of stream %u goes; it is not whole at "
			  "both ends",
			  set, s->cfg.id);
	else if (dir == IDE_TX &&
		 (!all_go(s, set, IDE_RX) || !all_go(o, set, IDE_RX)))
		law_break(c,
			  "stream %u sends with key set %u; a receiver does "
			  "not take it yet",
			  s->cfg.id, set);
}

static void dev_6(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	for (unsigned e = 0; e < LAW_ENDS; e++) {
		const struct law_end *other = &now->end[now->seen ? !e : e];

		for (unsigned i = 0; i < LAW_STREAMS; i++) {
			const struct law_stream *s = &now->end[e].s[i];
			int k;

			if (!s->keyed)
				continue;
			k = law_block(other, s->cfg.id);
			for (unsigned n = 0; n < 4; n++) {
				if (!began(&was->end[e].s[i], s, n / 2, n % 2))
					continue;
				c->held++;
				may_begin(s,
					  k == LAW_NONE ? NULL : &other->s[k],
					  n / 2, n % 2, c);
			}
		}
	}
}

void law_6(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_6, c);
}

/* Transmitter @tx still uses @set, so its keys and their partners stand. */
static void set_whole(const struct law_stream *tx, const struct law_stream *rx,
		      unsigned set, struct law_case *c)
{
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		const struct law_key *r = &rx->key[set][IDE_RX][sub];

		if (!tx->key[set][IDE_TX][sub].there || !r->there || r->killed)
			law_break(c,
				  "key set %u of stream %u is in use; its key "
				  "for sub-stream %u is gone",
				  set, tx->cfg.id, sub);
	}
}

/* While the other set is filled or taken into use, and after it. */
static void refresh(const struct law_stream *a, const struct law_stream *b,
		    bool over, struct law_case *c)
{
	const struct law_stream *end[2] = { a, b };

	c->held++;
	for (unsigned e = 0; e < 2 && !over; e++)
		set_whole(end[e], end[!e], end[e]->tx_set, c);
	if (!over)
		return;
	for (unsigned n = 0; n < 2 * TLP_CLASSES * IDE_DIRS; n++) {
		const struct law_stream *s = end[n & 1];
		unsigned old = 1u - s->tx_set;

		if (s->key[old][n / 2 % 2][n / 4].there)
			law_break(c,
				  "the refresh of stream %u is over; its old "
				  "key set %u stands",
				  s->cfg.id, old);
	}
}

static bool set_any(const struct law_stream *s, unsigned set)
{
	for (unsigned dir = 0; dir < IDE_DIRS; dir++)
		for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
			if (s->key[set][dir][sub].there)
				return true;
	return false;
}

static bool was_refreshing(const struct law_facts *was,
			   const struct law_conn *x)
{
	for (unsigned i = 0; i < LAW_CONNS; i++)
		if (was->conn[i].stream == TSM_STREAM_REFRESH &&
		    was->conn[i].port == x->port &&
		    was->conn[i].stream_id == x->stream_id)
			return true;
	return false;
}

void law_7(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	for (unsigned n = 0; n < LAW_CONNS; n++) {
		const struct law_conn *x = &now->conn[n];
		const struct law_dev *v = law_dev_of(now, x);
		int p = law_port_block(now, x);
		int d = v ? law_block(&v->end[LAW_DEVICE], x->stream_id)
			  : LAW_NONE;
		const struct law_stream *a, *b;
		bool over =
			x->stream == TSM_STREAM_ON && was_refreshing(was, x);

		if (p == LAW_NONE || d == LAW_NONE ||
		    (x->stream != TSM_STREAM_REFRESH && !over))
			continue;
		a = &v->end[LAW_PORT].s[p];
		b = &v->end[LAW_DEVICE].s[d];
		if (a->state != IDE_ST_SECURE || b->state != IDE_ST_SECURE)
			continue;
		if (over || set_any(a, 1u - a->tx_set) ||
		    set_any(b, 1u - b->tx_set))
			refresh(a, b, over, c);
	}
}

static void counters(const struct law_end *was, const struct law_end *now,
		     unsigned i, struct law_case *c)
{
	for (unsigned n = 0; n < 4 * TLP_CLASSES; n++) {
		unsigned set = n & 1, dir = n >> 1 & 1, sub = n / 4;
		const struct law_key *k = &now->s[i].key[set][dir][sub];
		const struct law_key *o = &was->s[i].key[set][dir][sub];

		if (!k->there)
			continue;
		c->held++;
		if (!k->counter || (!k->going && k->counter != 1))
			law_break(c,
				  "a key of stream %u does not go yet or has "
				  "wrapped; its counter is %llu",
				  now->s[i].cfg.id,
				  (unsigned long long)k->counter);
		else if (o->there && was->log_n == now->log_n &&
			 k->counter < o->counter)
			law_break(c,
				  "counter of a key of stream %u was %llu; it "
				  "is %llu",
				  now->s[i].cfg.id,
				  (unsigned long long)o->counter,
				  (unsigned long long)k->counter);
	}
}

static void dev_8(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	for (unsigned e = 0; e < LAW_ENDS; e++)
		for (unsigned i = 0; i < LAW_STREAMS; i++)
			if (now->end[e].s[i].keyed)
				counters(&was->end[e], &now->end[e], i, c);
}

void law_8(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	law_each_dev(was, now, dev_8, c);
}

static void dev_9(const struct law_dev *was, const struct law_dev *now,
		  struct law_case *c)
{
	for (unsigned n = 0; n < LAW_ENDS * LAW_STREAMS; n++) {
		const struct law_end *e = &now->end[n % LAW_ENDS];
		const struct law_stream *s = &e->s[n / LAW_ENDS];
		const struct law_stream *o =
			&was->end[n % LAW_ENDS].s[n / LAW_ENDS];

		if (s->state != IDE_ST_SECURE || o->state == IDE_ST_SECURE)
			continue;
		c->held++;
		if (o->state == IDE_ST_DEAD)
			law_break(c,
				  "stream %u became Secure; Enable was not 0 "
				  "since it failed",
				  s->cfg.id);
		else if (e->log_n < s->lost_at + 6)
			law_break(c,
				  "stream %u became Secure; it got %u new keys "
				  "since it was Insecure",
				  s->cfg.id, e->log_n - s->lost_at);
	}
}

void law_9(const struct law_facts *was, const struct law_facts *now,
	   struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_9, c);
}

/* What can be seen of it: a function that was unlocked keeps nothing. */
static void dev_10(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	for (unsigned i = 0; i < now->fns; i++) {
		if (was->tdi[i].state == TDI_UNLOCKED ||
		    now->tdi[i].state != TDI_UNLOCKED)
			continue;
		c->held++;
		if (!now->tdi[i].clean)
			law_break(c,
				  "function %04x is unlocked; its memory or "
				  "buffer is not zero",
				  now->tdi[i].rid);
	}
}

void law_10(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_10, c);
}
