/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "decode/flow_priv.h"

/*
 * Sessions: their handshakes, keys, updates and ends.
 * Source: DSP0274 1.2.1, sections 10.16 to 10.22 and 11
 */

void flow_session_drop(struct flow *f, struct flow_session *s)
{
	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		spdm_channel_close(&s->ch[d], f->cfg.crypto);
		spdm_channel_close(&s->next[d], f->cfg.crypto);
	}
	flow_forget(f, &s->th);
	flow_forget(f, &s->l12);
	for (unsigned i = 0; i < COUNT(f->ask); i++)
		if (f->ask[i].s == s)
			f->ask[i].waits = false;
	if (f->held.s == s)
		f->held.waits = false;
	if (f->newest == s)
		f->newest = NULL;
	bytes_wipe(s, sizeof(*s));
}

struct flow_session *flow_session_find(struct flow *f, uint32_t id)
{
	for (unsigned i = 0; i < FLOW_SESSIONS; i++)
		if (f->ses[i].live && f->ses[i].id == id)
			return &f->ses[i];
	return NULL;
}

void flow_session_gap(struct flow_session *s)
{
	s->l12.why = flow_gap;
	if (!s->open)
		s->th.why = flow_gap;
}

/*
 * A place for session @id. One of the same id that the capture does not show
 * the end of is over; where there is no room the first gives way.
 */
static struct flow_session *place(struct flow *f, uint32_t id)
{
	struct flow_session *s = flow_session_find(f, id);

	for (unsigned i = 0; i < FLOW_SESSIONS && !s; i++)
		if (!f->ses[i].live)
			s = &f->ses[i];
	if (!s)
		s = &f->ses[0];
	flow_session_drop(f, s);
	s->live = true;
	s->id = id;
	s->why = flow_no_key;
	f->newest = s;
	return s;
}

/* --- keys --- */

static bool knows(const struct flow_session *s, enum flow_secret k, size_t len)
{
	return s->secrets.len[k] == len;
}

/* Says of secrets that are both known and derived whether they agree. */
static void schedule(struct flow_turn *t, const struct flow_session *s,
		     const enum flow_secret *k, const uint8_t *const *have,
		     unsigned n)
{
	const size_t len = t->f->shape.hash_len;
	unsigned met = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!knows(s, k[i], len))
			continue;
		met++;
		if (!memcmp(s->secrets.v[k[i]], have[i], len))
			continue;
		flow_say(t, "key schedule", FLOW_FAILS,
			 "the key log has other secrets than follow from it");
		return;
	}
	if (met)
		flow_say(t, "key schedule", FLOW_HOLDS, NULL);
}

static bool channels(struct flow *f, struct flow_session *s,
		     uint8_t secret[SPDM_DIRS][SPDM_HASH_MAX])
{
	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		if (spdm_channel_open(&s->ch[d], f->cfg.crypto, &s->keys,
				      secret[d], UINT64_MAX)) {
			s->keyed = false;
			s->why = flow_no_room;
			return false;
		}
		s->ch[d].binding = f->via;
	}
	return true;
}

static void keys_suite(const struct flow *f, struct flow_session *s)
{
	s->keys.version = f->version;
	s->keys.hash = f->algs.hash;
	s->keys.hash_len = f->shape.hash_len;
	s->keys.aead = spdm_algs_bits(&f->algs, SPDM_ALG_AEAD);
}

/* Handshake secrets as the log has them, where nothing leads to them. */
static bool keys_given(struct flow *f, struct flow_session *s)
{
	const size_t len = f->shape.hash_len;

	if (!knows(s, FLOW_SECRET_REQ_HANDSHAKE, len) ||
	    !knows(s, FLOW_SECRET_RSP_HANDSHAKE, len))
		return false;
	keys_suite(f, s);
	memcpy(s->keys.handshake, s->secrets.v[FLOW_SECRET_HANDSHAKE], len);
	memcpy(s->keys.hs_dir[SPDM_DIR_REQ],
	       s->secrets.v[FLOW_SECRET_REQ_HANDSHAKE], len);
	memcpy(s->keys.hs_dir[SPDM_DIR_RSP],
	       s->secrets.v[FLOW_SECRET_RSP_HANDSHAKE], len);
	return true;
}

/* Handshake secrets out of what both sides had before there were any. */
static bool keys_made(struct flow *f, struct flow_session *s,
		      enum flow_secret from, const uint8_t *th1)
{
	const struct crypto *c = f->cfg.crypto;
	const uint8_t *ikm = s->secrets.v[from];
	const size_t n = s->secrets.len[from];
	uint8_t salt[SPDM_HASH_MAX], secret[SPDM_HASH_MAX];
	enum il_err err;

	if (!s->psk)
		return !spdm_keys_handshake(&s->keys, c, f->version,
					    f->algs.hash, ikm, n, th1);
	spdm_keys_psk_salt(f->version, salt);
	err = crypto_hkdf_extract(c, flow_hash_alg(f), salt, f->shape.hash_len,
				  ikm, n, secret);
	if (!err)
		err = spdm_keys_psk(&s->keys, c, f->version, f->algs.hash,
				    secret, th1);
	bytes_wipe(secret, sizeof(secret));
	return !err;
}

/* Handshake keys out of what is known of the session. */
static void handshake(struct flow_turn *t, struct flow_session *s)
{
	static const enum flow_secret k[] = { FLOW_SECRET_HANDSHAKE };
	const uint8_t *const have[] = { s->keys.handshake };
	struct flow *f = t->f;
	const enum flow_secret from =
		s->psk ? FLOW_SECRET_PSK : FLOW_SECRET_DHE;
	uint8_t th1[SPDM_HASH_MAX];

	if (!f->agreed) {
		s->why = flow_no_vca;
	} else if (s->secrets.len[from] && flow_digest(f, &s->th, th1)) {
		s->keyed = keys_made(f, s, from, th1);
		if (s->keyed)
			schedule(t, s, k, have, COUNT(k));
	} else {
		s->keyed = keys_given(f, s);
		if (s->secrets.len[from] && !s->keyed)
			s->why = s->th.why;
	}
	keys_suite(f, s);
	if (s->keyed)
		(void)channels(f, s, s->keys.hs_dir);
}

/* The data keys, once the transcript is at its end. */
static void data(struct flow_turn *t, struct flow_session *s)
{
	static const enum flow_secret k[] = { FLOW_SECRET_MASTER,
					      FLOW_SECRET_REQ_DATA,
					      FLOW_SECRET_RSP_DATA };
	const uint8_t *const have[] = { s->keys.master,
					s->keys.data_dir[SPDM_DIR_REQ],
					s->keys.data_dir[SPDM_DIR_RSP] };
	struct flow *f = t->f;
	const size_t len = f->shape.hash_len;
	uint8_t th2[SPDM_HASH_MAX];

	s->open = true;
	if (s->keyed && flow_digest(f, &s->th, th2) &&
	    (s->secrets.len[s->psk ? FLOW_SECRET_PSK : FLOW_SECRET_DHE] ||
	     knows(s, FLOW_SECRET_HANDSHAKE, len))) {
		s->keyed = !spdm_keys_data(&s->keys, f->cfg.crypto, th2);
		if (s->keyed)
			schedule(t, s, k, have, COUNT(k));
	} else if (knows(s, FLOW_SECRET_REQ_DATA, len) &&
		   knows(s, FLOW_SECRET_RSP_DATA, len)) {
		keys_suite(f, s);
		memcpy(s->keys.data_dir[SPDM_DIR_REQ],
		       s->secrets.v[FLOW_SECRET_REQ_DATA], len);
		memcpy(s->keys.data_dir[SPDM_DIR_RSP],
		       s->secrets.v[FLOW_SECRET_RSP_DATA], len);
		s->keyed = true;
	} else if (s->keyed) {
		s->keyed = false;
		s->why = s->th.why ? s->th.why : flow_no_key;
	}
	flow_forget(f, &s->th);
	if (s->keyed)
		(void)channels(f, s, s->keys.data_dir);
}

/* Says whether an HMAC holds over the transcript so far. */
static void hmac(struct flow_turn *t, struct flow_session *s, enum spdm_dir dir,
		 struct spdm_span mac)
{
	const char *what = dir == SPDM_DIR_REQ ? "HMAC of the requester"
					       : "HMAC of the responder";
	struct flow *f = t->f;
	uint8_t th[SPDM_HASH_MAX], want[SPDM_HASH_MAX];

	if (!s->keyed)
		flow_say(t, what, FLOW_UNSAID, s->why);
	else if (!flow_digest(f, &s->th, th) ||
		 spdm_keys_verify_data(&s->keys, f->cfg.crypto, dir, th, want))
		flow_say(t, what, FLOW_UNSAID,
			 s->th.why ? s->th.why : flow_no_room);
	else if (mac.n == f->shape.hash_len && !memcmp(mac.p, want, mac.n))
		flow_say(t, what, FLOW_HOLDS, NULL);
	else
		flow_say(t, what, FLOW_FAILS,
			 "not over this transcript with this session's key");
}

static void ask_secrets(struct flow *f, struct flow_session *s,
			struct spdm_span random)
{
	const struct flow_who who = { .id = s->id,
				      .psk = s->psk,
				      .nth = f->began[s->psk]++,
				      .random = random };
	const struct flow_secrets *k =
		f->cfg.secrets ? f->cfg.secrets(f->cfg.ctx, &who) : NULL;

	if (!k)
		return;
	s->secrets = *k;
	for (unsigned i = 0; i < FLOW_SECRETS; i++)
		if (s->secrets.len[i] > FLOW_SECRET_MAX)
			s->secrets.len[i] = 0;
}

/* --- handshakes --- */

/*
 * Who an end is goes into TH as the hash of its chain, and with many keys as
 * DIGESTS before that. Source: 1.3.2, section 10.16.7
 */
static void add_chain(struct flow *f, struct flow_session *s, unsigned end,
		      uint8_t slot)
{
	const uint8_t *hash = flow_chain_hash(f, end, slot);

	/* The responder's are where spdm_tr_th() begins. */
	if (end && f->multi[end] && s->told_len)
		flow_add(f, &s->th, true, s->told, s->told_len);
	if (hash)
		flow_add(f, &s->th, true, hash, f->shape.hash_len);
	else
		s->th.why = flow_no_chain;
}

static void on_key_exchange(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	const uint8_t slot = q->m.param2;
	const uint32_t id = (uint32_t)t->m.u.key_ex_rsp.session_id << 16 |
			    q->m.u.key_ex.session_id;
	const size_t sig_at =
		t->n - spdm_msg_sig_len(&t->m) - spdm_msg_verify_len(&t->m);
	struct flow_session *s = place(f, id);

	ask_secrets(f, s,
		    (struct spdm_span){ q->m.u.key_ex.random, SPDM_NONCE_LEN });
	s->th.why = f->vca_why;
	if (!s->th.why && spdm_tr_th(&f->tr, &s->th.s))
		s->th.why = flow_no_room;
	add_chain(f, s, 0, slot);
	flow_add(f, &s->th, true, q->p, q->n);
	flow_add(f, &s->th, true, t->p, sig_at);
	flow_verify(t, 0, slot, &s->th, SPDM_SIGN_KEY_EXCHANGE,
		    t->m.u.key_ex_rsp.sig);
	flow_summary(t, q->m.param1, t->m.u.key_ex_rsp.summary);
	flow_add(f, &s->th, true, t->p + sig_at, t->m.u.key_ex_rsp.sig.n);
	handshake(t, s);
	/* GET_DIGESTS goes without saying. Source: section 10.16.2 */
	if (t->m.u.key_ex_rsp.mut_auth == SPDM_MUT_AUTH_DIGESTS)
		flow_imply(f, f->shape.clear ? NULL : s, SPDM_GET_DIGESTS);
	if (!t->m.u.key_ex_rsp.verify.n)
		return;
	hmac(t, s, SPDM_DIR_RSP, t->m.u.key_ex_rsp.verify);
	flow_add(f, &s->th, true, t->m.u.key_ex_rsp.verify.p,
		 t->m.u.key_ex_rsp.verify.n);
}

/* The requester signs: its chain is part of the transcript then. */
static void signed_finish(struct flow_turn *t, struct flow_session *s,
			  const struct flow_asked *q)
{
	struct flow *f = t->f;
	const uint8_t slot = q->m.param2;
	const size_t tail = q->m.u.finish.sig.n + q->m.u.finish.verify.n;

	add_chain(f, s, 1, slot);
	flow_add(f, &s->th, true, q->p, q->n - tail);
	flow_verify(t, 1, slot, &s->th, SPDM_SIGN_FINISH, q->m.u.finish.sig);
	flow_add(f, &s->th, true, q->m.u.finish.sig.p, q->m.u.finish.sig.n);
}

/* In the clear it is about the newest. */
struct flow_session *flow_session_shaken(const struct flow_turn *t)
{
	struct flow_session *s = t->s ? t->s : t->f->newest;

	return s && !s->open ? s : NULL;
}

static void on_finish(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	struct flow_session *s = flow_session_shaken(t);
	const struct spdm_span mac = q->m.u.finish.verify;

	if (!s) {
		flow_say(t, "HMAC of the requester", FLOW_UNSAID,
			 "the start of its session is not in this capture");
		return;
	}
	if (q->m.u.finish.sig.n)
		signed_finish(t, s, q);
	else
		flow_add(f, &s->th, true, q->p, q->n - mac.n);
	hmac(t, s, SPDM_DIR_REQ, mac);
	flow_add(f, &s->th, true, mac.p, mac.n);
	flow_add(f, &s->th, true, t->p, t->n - spdm_msg_verify_len(&t->m));
	if (spdm_msg_verify_len(&t->m)) {
		hmac(t, s, SPDM_DIR_RSP, t->m.u.finish.verify);
		flow_add(f, &s->th, true, t->m.u.finish.verify.p,
			 t->m.u.finish.verify.n);
	}
	data(t, s);
}

static void on_psk_exchange(struct flow_turn *t, const struct flow_asked *q)
{
	struct flow *f = t->f;
	const struct spdm_span mac = t->m.u.psk_ex_rsp.verify;
	const uint32_t id = (uint32_t)t->m.u.psk_ex_rsp.session_id << 16 |
			    q->m.u.psk_ex.session_id;
	struct flow_session *s = place(f, id);

	s->psk = true;
	ask_secrets(f, s, q->m.u.psk_ex.context);
	flow_add(f, &s->th, true, q->p, q->n);
	flow_add(f, &s->th, true, t->p, t->n - mac.n);
	flow_summary(t, q->m.param1, t->m.u.psk_ex_rsp.summary);
	handshake(t, s);
	hmac(t, s, SPDM_DIR_RSP, mac);
	flow_add(f, &s->th, true, mac.p, mac.n);
	/* Without a context of the responder there is no PSK_FINISH. */
	if ((f->rsp_caps & SPDM_CAP_PSK_MASK) == SPDM_CAP_PSK)
		data(t, s);
}

/* --- updates --- */

/* What the next message of @dir may come under. */
static void prepare(struct flow *f, struct flow_session *s, enum spdm_dir dir)
{
	if (!s->keyed ||
	    spdm_keys_next(&s->keys, f->cfg.crypto, dir, s->next_secret[dir]) ||
	    spdm_channel_open(&s->next[dir], f->cfg.crypto, &s->keys,
			      s->next_secret[dir], UINT64_MAX))
		return;
	s->next[dir].binding = f->via;
}

/* An update that the responder asks for is of its own key. */
void flow_session_request(struct flow_turn *t)
{
	if (t->m.code != SPDM_KEY_UPDATE || !t->s)
		return;
	if (t->m.param1 == SPDM_VERIFY_NEW_KEY)
		return;
	prepare(t->f, t->s, t->side ? SPDM_DIR_RSP : SPDM_DIR_REQ);
	if (t->m.param1 == SPDM_UPDATE_ALL_KEYS)
		prepare(t->f, t->s, t->side ? SPDM_DIR_REQ : SPDM_DIR_RSP);
}

static void refused(struct flow_turn *t, const struct flow_asked *q)
{
	if (!t->s || q->m.code != SPDM_KEY_UPDATE)
		return;
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		spdm_channel_close(&t->s->next[d], t->f->cfg.crypto);
}

void flow_session_response(struct flow_turn *t, const struct flow_asked *q)
{
	switch (t->m.code) {
	case SPDM_ERROR:
		refused(t, q);
		break;
	case SPDM_KEY_EXCHANGE_RSP:
		on_key_exchange(t, q);
		break;
	case SPDM_PSK_EXCHANGE_RSP:
		on_psk_exchange(t, q);
		break;
	case SPDM_FINISH_RSP:
	case SPDM_PSK_FINISH_RSP:
		on_finish(t, q);
		break;
	case SPDM_END_SESSION_ACK:
		if (!t->s)
			break;
		flow_session_drop(t->f, t->s);
		t->s = NULL;
		break;
	default:
		break;
	}
}
