/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge_priv.h"

#include <stdio.h>

/* One message there, one back, and the record of both. */

void judge_log_begin(struct judge *j)
{
	bytes_wipe(j->log.key, sizeof(j->log.key));
	bytes_wipe(&j->log.last, sizeof(j->log.last));
	j->log.count = 0;
	j->log.judged = 0;
	j->log.used = 0;
	j->log.keys = 0;
	j->log.cut = false;
}

void judge_log_put(struct judge *j, bool note, bool answer,
		   enum judge_kind kind, const uint8_t *p, size_t n)
{
	struct judge_log *l = &j->log;
	struct judge_entry *e;

	if (l->count == JUDGE_ENTRIES || n > JUDGE_LOG_BYTES - l->used) {
		l->cut = true;
		return;
	}
	e = &l->e[l->count++];
	*e = (struct judge_entry){ .note = note,
				   .answer = answer,
				   .kind = kind,
				   .off = l->used,
				   .n = (uint32_t)n,
				   .at_ns = judge_now(j) };
	if (n)
		memcpy(l->bytes + l->used, p, n);
	l->used += (uint32_t)n;
}

static void set(struct flow_secrets *s, enum flow_secret which,
		const uint8_t *p, size_t n)
{
	s->len[which] = (uint8_t)n;
	memcpy(s->v[which], p, n);
}

void judge_log_keys(void *ctx, const struct spdm_key_note *n)
{
	struct judge *j = ctx;
	struct judge_log *l = &j->log;
	const struct spdm_keys *k = n->keys;
	const size_t len = k->hash_len;
	struct judge_key *e;

	if (j->cfg.keylog)
		j->cfg.keylog(j->cfg.ctx, n);
	if (!n->data) {
		if (l->keys == JUDGE_KEYS)
			return;
		e = &l->key[l->keys++];
		*e = (struct judge_key){ .id = n->session_id, .psk = n->psk };
		set(&e->secrets, FLOW_SECRET_HANDSHAKE, k->handshake, len);
		set(&e->secrets, FLOW_SECRET_REQ_HANDSHAKE,
		    k->hs_dir[SPDM_DIR_REQ], len);
		set(&e->secrets, FLOW_SECRET_RSP_HANDSHAKE,
		    k->hs_dir[SPDM_DIR_RSP], len);
		return;
	}
	if (!l->keys || l->key[l->keys - 1].id != n->session_id)
		return;
	e = &l->key[l->keys - 1];
	set(&e->secrets, FLOW_SECRET_MASTER, k->master, len);
	set(&e->secrets, FLOW_SECRET_REQ_DATA, k->data_dir[SPDM_DIR_REQ], len);
	set(&e->secrets, FLOW_SECRET_RSP_DATA, k->data_dir[SPDM_DIR_RSP], len);
}

/* The last of this id: an id may come again in a case. */
const struct flow_secrets *judge_secrets(void *ctx, const struct flow_who *who)
{
	struct judge_log *l = ctx;
	unsigned nth = 0;

	for (unsigned i = 0; i < l->keys; i++) {
		const struct judge_key *k = &l->key[i];

		if (k->psk != who->psk || k->id != who->id)
			continue;
		l->last = k->secrets;
		if (nth++ == who->nth)
			return &l->last;
	}
	return nth ? &l->last : NULL;
}

uint64_t judge_now(const struct judge *j)
{
	return judge_ops(j)->now_ns(judge_target(j));
}

void judge_heard(struct judge *j, bool answer, enum judge_kind kind,
		 const uint8_t *p, size_t n)
{
	judge_log_put(j, false, answer, kind, p, n);
	if (j->cfg.heard)
		j->cfg.heard(j->cfg.ctx, answer, kind, p, n);
}

/* Lengths that the request decides, with those of the connection. */
void judge_awaits_for(struct judge *j, const uint8_t *p, size_t n)
{
	const uint8_t code = n > 1 ? p[1] : 0;

	if (j->own_shape)
		return;
	j->shape = j->q.shape;
	j->shape.summary = false;
	j->shape.sign = false;
	if (n < 4)
		return;
	if (code == SPDM_CHALLENGE)
		j->shape.summary = p[3] != SPDM_SUMMARY_NONE;
	else if (code == SPDM_KEY_EXCHANGE || code == SPDM_PSK_EXCHANGE)
		j->shape.summary = p[2] != SPDM_SUMMARY_NONE;
	else if (code == SPDM_GET_MEASUREMENTS)
		j->shape.sign = p[2] & SPDM_MEAS_ATTR_SIGN;
	else if (code == SPDM_GET_ENDPOINT_INFO && n > 4)
		j->shape.sign = p[4] & SPDM_EP_INFO_SIGN;
}

void judge_awaits(struct judge *j, const struct spdm_shape *sh)
{
	j->shape = *sh;
	j->own_shape = true;
}

bool judge_late(const struct judge *j)
{
	return judge_now(j) >= j->case_end_ns;
}

/* What a question of before is still answered by, out of the way. */
static enum il_err pay(struct judge *j)
{
	if (j->owed)
		judge_note(j, "what comes next was asked for before");
	while (j->owed) {
		enum il_err err = judge_wire_recv(j, j->cfg.timeout_ns);

		if (err)
			return err;
		j->owed--;
	}
	return IL_OK;
}

enum il_err judge_wire_send(struct judge *j, enum judge_kind kind,
			    const uint8_t *p, size_t n)
{
	const uint64_t end = judge_now(j) + j->cfg.timeout_ns;
	enum judge_kind as = kind;
	enum il_err err = judge_late(j) ? IL_E_AGAIN : pay(j);

	if (err)
		return err;
	j->rx = NULL;
	j->asked = kind;
	if (kind == JUDGE_SEALED) {
		const size_t head = spdm_secured_head(&j->q.ch[SPDM_DIR_REQ]);

		if (n > sizeof(j->out) - SPDM_SECURED_OVER_MAX)
			return IL_E_LONG;
		if (n)
			memmove(j->out + head, p, n);
		err = spdm_secured_seal(&j->q.ch[SPDM_DIR_REQ], j->cfg.crypto,
					j->q.session_id, j->out, sizeof(j->out),
					n, &n);
		p = j->out;
		as = JUDGE_RECORD;
	}
	if (err)
		return err == IL_E_SPACE ? IL_E_LONG : err;
	err = judge_ops(j)->send(judge_target(j), as, p, n, end);
	if (!err)
		judge_heard(j, false, as, p, n);
	return err;
}

/* Whose number goes on if it opens; the engine may hold two for a while. */
static enum il_err open_with(struct judge *j, struct spdm_channel *ch,
			     struct spdm_span *app)
{
	struct judge_answer *a = &j->a;
	enum il_err err;

	if (!ch->live)
		return IL_E_STATE;
	err = spdm_secured_open_at(ch, j->cfg.crypto, a->raw, a->raw_n,
				   j->plain, sizeof(j->plain), app);
	if (!err)
		j->rx = ch;
	return err;
}

static void open_record(struct judge *j)
{
	struct judge_answer *a = &j->a;
	struct spdm_span app = { NULL, 0 };
	uint32_t id = 0;

	a->closed = spdm_secured_id(a->raw, a->raw_n, &id);
	if (!a->closed && id != j->q.session_id)
		a->closed = IL_E_FIELD;
	if (a->closed)
		return;
	a->closed = open_with(j, &j->q.next, &app);
	if (a->closed)
		a->closed = open_with(j, &j->q.ch[SPDM_DIR_RSP], &app);
	if (a->closed)
		return;
	a->opened = true;
	a->p = app.p;
	a->n = app.n;
	j->ended |= app.n > 1 && app.p[1] == SPDM_END_SESSION_ACK;
}

static void decode(struct judge *j)
{
	struct judge_answer *a = &j->a;
	const bool fills =
		a->kind == JUDGE_PLAIN && j->cfg.target.binding->unit > 1;
	size_t used = a->n;

	if (a->kind == JUDGE_OBJECT || (a->kind == JUDGE_RECORD && !a->opened))
		a->bad = IL_E_FIELD;
	else if (fills)
		a->bad = spdm_msg_decode_padded(a->p, a->n, &j->shape, &a->m,
						&used);
	else
		a->bad = spdm_msg_decode(a->p, a->n, &j->shape, &a->m);
	if (!a->bad)
		a->n = used;
}

enum il_err judge_wire_recv(struct judge *j, uint64_t timeout_ns)
{
	struct judge_came c = { .n = 0 };
	struct judge_answer *a = &j->a;
	enum il_err err = judge_ops(j)->recv(judge_target(j), &c,
					     judge_now(j) + timeout_ns);

	memset(a, 0, sizeof(*a));
	if (err)
		return err;
	j->heard = true;
	judge_heard(j, true, c.kind, c.p, c.n);
	if (c.n > sizeof(j->in))
		return IL_E_FIELD;
	if (c.n)
		memcpy(j->in, c.p, c.n);
	a->kind = c.kind;
	a->raw = j->in;
	a->raw_n = c.n;
	a->p = j->in;
	a->n = c.n;
	if (c.kind == JUDGE_RECORD)
		open_record(j);
	decode(j);
	return IL_OK;
}

bool judge_wire_failed(struct judge *j, enum il_err err, const char *doing)
{
	const char *why = judge_ops(j)->why(judge_target(j));

	if (err == IL_E_AGAIN) {
		j->broken = true;
		judge_say(j, JUDGE_FAIL,
			  "%s: the device goes on and on, and the case comes "
			  "to no end",
			  doing);
		return false;
	}
	if (err == IL_E_STATE) {
		judge_say(j, JUDGE_FAIL,
			  "%s: the session is not there any "
			  "more",
			  doing);
		return false;
	}
	if (err != IL_E_LONG)
		j->broken = true;
	judge_say(j, err == IL_E_LONG ? JUDGE_ABSENT : JUDGE_FAIL, "%s: %s",
		  doing, why && *why ? why : il_err_name(err));
	return false;
}

const struct judge_answer *judge_answer(const struct judge *j)
{
	return &j->a;
}
