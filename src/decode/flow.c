/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode/flow.h"

#include "base/bits.h"
#include "decode/fields.h"
#include "decode/flow_priv.h"
#include "idekm/codec.h"
#include "tdisp/codec.h"

const char flow_no_vca[] = "the negotiation is not whole in this capture",
	   flow_gap[] = "a message before it was not understood",
	   flow_no_chain[] = "its certificates are not in this capture",
	   flow_no_key[] = "no key of this session", flow_no_room[] = "no room";

void flow_init(struct flow *f, const struct flow_cfg *cfg)
{
	memset(f, 0, sizeof(*f));
	f->cfg = *cfg;
	f->vca_why = flow_no_vca;
	spdm_tr_init(&f->tr, cfg->crypto);
}

static void ends_drop(struct flow *f)
{
	for (unsigned e = 0; e < COUNT(f->end); e++) {
		struct flow_end *end = &f->end[e];

		flow_forget(f, &end->m12);
		for (unsigned i = 0; i < SPDM_SLOTS; i++) {
			crypto_chain_drop(f->cfg.crypto, &end->slot[i].certs);
			end->slot[i] = (struct flow_slot){ .there = false };
		}
		end->reading = false;
	}
}

/* What is known of the connection, and what hangs on it, is no more. */
static void restart(struct flow *f)
{
	for (unsigned i = 0; i < FLOW_SESSIONS; i++)
		flow_session_drop(f, &f->ses[i]);
	flow_forget(f, &f->l12);
	ends_drop(f);
	spdm_tr_drop(&f->tr);
	f->vca_why = flow_no_vca;
	f->agreed = false;
	f->version = 0;
	f->req_caps = 0;
	f->rsp_caps = 0;
	memset(&f->algs, 0, sizeof(f->algs));
	memset(&f->shape, 0, sizeof(f->shape));
	memset(f->multi, 0, sizeof(f->multi));
	f->summary_told = false;
	f->record_told = false;
	f->newest = NULL;
	f->held.waits = false;
}

void flow_fini(struct flow *f)
{
	restart(f);
	bytes_wipe(f, sizeof(*f));
}

void flow_say(struct flow_turn *t, const char *what, enum flow_verdict v,
	      const char *why)
{
	struct flow_note *n = &t->note;

	if (n->checks < FLOW_CHECKS)
		n->check[n->checks++] = (struct flow_check){ what, v, why };
}

void flow_add(struct flow *f, struct flow_hash *h, bool vca, const uint8_t *p,
	      size_t n)
{
	if (vca && !h->s.n && !h->why)
		h->why = f->vca_why;
	if (!h->why && spdm_tr_add(&f->tr, &h->s, vca, p, n))
		h->why = flow_no_room;
}

void flow_forget(struct flow *f, struct flow_hash *h)
{
	spdm_tr_forget(&f->tr, &h->s);
	h->why = NULL;
}

bool flow_digest(struct flow *f, struct flow_hash *h, uint8_t *out)
{
	if (!h->why && (!h->s.n || spdm_tr_digest(&f->tr, h->s, out)))
		h->why = flow_no_room;
	return !h->why;
}

enum crypto_hash_alg flow_hash_alg(const struct flow *f)
{
	return f->shape.hash_len == 32	 ? CRYPTO_SHA256
	       : f->shape.hash_len == 48 ? CRYPTO_SHA384
					 : CRYPTO_SHA512;
}

/* --- one message --- */

/* Transcripts that the lost bytes may have belonged to. */
static void gap(struct flow *f, struct flow_session *s)
{
	if (s) {
		flow_session_gap(s);
		return;
	}
	if (!f->agreed)
		f->vca_why = flow_gap;
	f->l12.why = flow_gap;
	for (unsigned e = 0; e < COUNT(f->end); e++) {
		f->end[e].m12.why = flow_gap;
		f->end[e].reading = false;
	}
	if (f->newest && !f->newest->open)
		f->newest->th.why = flow_gap;
	f->ask[0].waits = false;
}

static const char *words(enum il_err err, bool agreed, uint8_t code)
{
	const bool early = code == SPDM_GET_VERSION || code == SPDM_VERSION;

	if (!agreed && !early)
		return "not understood; the negotiation it depends on is not "
		       "in this capture";
	if (err == IL_E_SHORT)
		return "ends before its last field";
	if (err == IL_E_LONG)
		return "bytes are left over behind it";
	return "no message of SPDM, or a field contradicts another";
}

/* What the message's lengths hang on. */
static struct spdm_shape shape_of(const struct flow *f, unsigned side,
				  uint8_t code)
{
	const struct flow_asked *q = &f->ask[side];
	struct spdm_shape sh = f->shape;

	if (!(code & 0x80) && q->waits)
		sh = q->shape;
	sh.multi_key = f->multi[side];
	if (side)
		sh.sig_len = sh.req_sig_len;
	return sh;
}

/* IDE_KM and TDISP are ours to understand; other bodies are opaque. */
static void vendor(struct flow_turn *t)
{
	const struct spdm_vdm *v = &t->m.u.vdm;
	struct idekm_msg ide;
	struct tdisp_msg tdi;
	enum il_err err = IL_OK;

	if (v->standard != SPDM_STD_PCISIG || v->vid.n != 2 ||
	    v->vid.p[0] != SPDM_VID_PCISIG || v->vid.p[1]) {
		t->note.what = FLOW_OPAQUE;
		t->note.why = "a body of another vendor";
		return;
	}
	if (!v->payload.n || v->payload.p[0] > TDISP_PROTOCOL) {
		t->note.what = FLOW_OPAQUE;
		t->note.why = "a protocol of the PCI-SIG that is not ours";
		return;
	}
	if (v->payload.p[0] == IDEKM_PROTOCOL) {
		err = idekm_decode(v->payload.p + 1, v->payload.n - 1, &ide);
		bytes_wipe(&ide, sizeof(ide));
	} else {
		err = tdisp_decode(v->payload.p + 1, v->payload.n - 1, &tdi);
	}
	if (!err)
		return;
	t->note.what = FLOW_UNKNOWN;
	t->note.why = "no message of the protocol that it names";
}

static void request(struct flow_turn *t)
{
	struct flow_asked *q = &t->f->ask[t->side];

	if (q->deferred && t->m.code == SPDM_RESPOND_IF_READY) {
		q->waits = true;
		return;
	}
	flow_conn_request(t);
	flow_session_request(t);
	q->waits = true;
	q->deferred = false;
	q->s = t->s;
	q->n = t->n;
	memcpy(q->p, t->p, t->n);
	q->own = t->note.shape;
	q->shape = t->f->shape;
	q->shape.summary = false;
	q->shape.sign = false;
	switch (t->m.code) {
	case SPDM_CHALLENGE:
		q->shape.summary = t->m.param2 != SPDM_SUMMARY_NONE;
		break;
	case SPDM_KEY_EXCHANGE:
	case SPDM_PSK_EXCHANGE:
		q->shape.summary = t->m.param1 != SPDM_SUMMARY_NONE;
		break;
	case SPDM_GET_MEASUREMENTS:
		q->shape.sign = t->m.param1 & SPDM_MEAS_ATTR_SIGN;
		break;
	case SPDM_GET_ENDPOINT_INFO:
		q->shape.sign = t->m.u.get_ep_info.attr & SPDM_EP_INFO_SIGN;
		break;
	default:
		break;
	}
	/* Decoded again, so that spans live as long as the request waits. */
	if (spdm_msg_decode(q->p, q->n, &q->own, &q->m))
		q->waits = false;
}

void flow_imply(struct flow *f, struct flow_session *s, uint8_t code)
{
	struct flow_asked *q = &f->ask[1];
	const uint8_t head[4] = { f->version, code };

	q->deferred = false;
	q->s = s;
	q->n = sizeof(head);
	memcpy(q->p, head, sizeof(head));
	q->own = f->shape;
	q->shape = f->shape;
	q->waits = !spdm_msg_decode(q->p, q->n, &q->own, &q->m);
}

static void response(struct flow_turn *t)
{
	struct flow_asked *q = &t->f->ask[t->side];

	if (!q->waits || q->s != t->s) {
		flow_say(t, "order", FLOW_UNSAID,
			 "the request it answers is not in this capture");
		return;
	}
	q->waits = false;
	if (t->m.code == SPDM_ERROR) {
		q->deferred = t->m.param1 == SPDM_ERR_RESPONSE_NOT_READY;
		if (t->m.param1 == SPDM_ERR_LARGE_RESPONSE && !t->side)
			flow_hold(t->f, q);
		flow_conn_refused(t, q);
		flow_session_response(t, q);
		return;
	}
	if (t->m.code != spdm_response_of(q->m.code)) {
		flow_say(t, "order", FLOW_FAILS,
			 "it answers another request than the last");
		return;
	}
	if (t->m.code == SPDM_VERSION)
		restart(t->f);
	flow_conn_response(t, q);
	flow_session_response(t, q);
}

static void unknown(struct flow_turn *t, const char *why)
{
	t->note.what = FLOW_UNKNOWN;
	t->note.why = why;
	t->f->cfg.note(t->f->cfg.ctx, &t->note);
	gap(t->f, t->s);
}

static void turn_init(struct flow_turn *t, struct flow *f,
		      struct flow_session *s, unsigned side, const uint8_t *p,
		      size_t n)
{
	memset(t, 0, sizeof(*t));
	t->f = f;
	t->s = s;
	t->side = side;
	t->p = p;
	t->n = n;
	t->note.secured = s != NULL;
	t->note.session = s ? s->id : 0;
	t->note.p = p;
	t->note.n = n;
	if (n < 2)
		return;
	t->note.name = fields_message(p, n);
	t->note.response = !(p[1] & 0x80) != !!side;
	t->note.shape = shape_of(f, side, p[1]);
}

void flow_message(struct flow *f, struct flow_session *s, unsigned side,
		  bool carried, const uint8_t *p, size_t n, bool pad)
{
	struct flow_turn t;
	enum il_err err;

	f->hidden = false;
	turn_init(&t, f, s, side, p, n);
	t.note.carried = carried;
	if (n < 4 || n > FLOW_MSG_MAX) {
		unknown(&t, n < 4 ? "shorter than a header" : "too long");
		return;
	}
	if (pad)
		err = spdm_msg_decode_padded(p, n, &t.note.shape, &t.m, &t.n);
	else
		err = spdm_msg_decode(p, n, &t.note.shape, &t.m);
	if (err) {
		unknown(&t, words(err, f->agreed, p[1]));
		return;
	}
	t.note.n = t.n;
	t.note.msg = &t.m;
	if ((t.m.code | 0x80) == SPDM_VENDOR_DEFINED_REQUEST)
		vendor(&t);
	if (t.m.code & 0x80)
		request(&t);
	else
		response(&t);
	f->cfg.note(f->cfg.ctx, &t.note);
	flow_nested(&t);
}

/* --- secured messages --- */

/* So many records of one direction may be missing before one that opens. */
#define MISSING_MAX 8u

/*
 * Tries one key, also for a number that is later than the next. What opens and
 * is of another protocol by its type has no @app; such as PLDM over MCTP.
 */
static enum il_err try_key(struct flow *f, struct spdm_channel *ch,
			   const uint8_t *p, size_t n, struct spdm_span *app)
{
	const uint64_t seq = ch->seq;
	enum il_err err = IL_E_AUTH;

	for (unsigned i = 0; ch->live && i < MISSING_MAX; i++) {
		ch->seq = seq + i;
		err = spdm_secured_open_at(ch, f->cfg.crypto, p, n, f->plain,
					   sizeof(f->plain), app);
		if (!err)
			return IL_OK;
		if (ch->seq != seq + i) {
			*app = (struct spdm_span){ 0 };
			return IL_OK;
		}
	}
	ch->seq = seq;
	return err;
}

/* A message came under the key that KEY_UPDATE announced. */
static void take_next(struct flow *f, struct flow_session *s, enum spdm_dir d)
{
	spdm_channel_close(&s->ch[d], f->cfg.crypto);
	s->ch[d] = s->next[d];
	memset(&s->next[d], 0, sizeof(s->next[d]));
	memcpy(s->keys.data_dir[d], s->next_secret[d], SPDM_HASH_MAX);
}

static enum il_err open_with(struct flow *f, struct flow_session *s,
			     const uint8_t *p, size_t n, struct spdm_span *app)
{
	const bool answer = f->ask[0].waits && f->ask[0].s == s;
	enum spdm_dir d = answer ? SPDM_DIR_RSP : SPDM_DIR_REQ;
	enum il_err err = IL_E_AUTH;

	for (unsigned i = 0; i < SPDM_DIRS; i++, d = d ^ 1) {
		err = try_key(f, &s->ch[d], p, n, app);
		if (err != IL_E_AUTH && err != IL_E_FIELD)
			return err;
		if (!s->next[d].live)
			continue;
		err = try_key(f, &s->next[d], p, n, app);
		if (!err)
			take_next(f, s, d);
		if (err != IL_E_AUTH && err != IL_E_FIELD)
			return err;
	}
	return err;
}

/* Nothing tells the direction of what is not opened but what came before. */
static void closed(struct flow_turn *t, enum flow_what what, const char *why)
{
	struct flow *f = t->f;

	t->note.response =
		f->hidden || (t->s && f->ask[0].waits && f->ask[0].s == t->s);
	f->hidden = !t->note.response;
	t->note.what = what;
	t->note.why = why;
	t->f->cfg.note(t->f->cfg.ctx, &t->note);
}

static void record(struct flow *f, const uint8_t *p, size_t n)
{
	struct flow_turn t;
	struct spdm_span app;
	uint32_t id = 0;
	enum il_err err = spdm_secured_id(p, n, &id);

	memset(&t, 0, sizeof(t));
	t.f = f;
	t.note.secured = true;
	t.note.session = id;
	t.note.p = p;
	t.note.n = n;
	t.s = err ? NULL : flow_session_find(f, id);
	if (err) {
		closed(&t, FLOW_UNKNOWN, "shorter than a secured message");
	} else if (!t.s && f->agreed && !f->vca_why) {
		/* Whoever began here was heard from the first message on. */
		closed(&t, FLOW_UNKNOWN, "there is no session of that id");
	} else if (!t.s) {
		closed(&t, FLOW_PROTECTED,
		       "the start of its session is not in this capture");
	} else if (!t.s->keyed) {
		closed(&t, FLOW_PROTECTED, t.s->why);
		flow_session_gap(t.s);
	} else {
		err = open_with(f, t.s, p, n, &app);
		if (!err && !app.p) {
			closed(&t, FLOW_OPAQUE, "of another protocol");
			return;
		}
		if (!err) {
			flow_message(f, t.s, 0, false, app.p, app.n, false);
			bytes_wipe(f->plain, n < sizeof(f->plain) ? n : 0);
			return;
		}
		if (err == IL_E_AUTH || err == IL_E_STATE)
			flow_say(&t, "tag", FLOW_FAILS,
				 "it does not open with this session's keys");
		closed(&t, err == IL_E_AUTH ? FLOW_PROTECTED : FLOW_UNKNOWN,
		       err == IL_E_AUTH ? "it does not open"
					: "no secured message by its frame");
		flow_session_gap(t.s);
	}
}

void flow_push(struct flow *f, const struct spdm_binding *via,
	       enum spdm_kind kind, const uint8_t *p, size_t n)
{
	f->via = via ? via : &spdm_binding_bare;
	if (kind == SPDM_PLAIN)
		flow_message(f, NULL, 0, false, p, n, f->via->unit > 1);
	else
		record(f, p, n);
}
