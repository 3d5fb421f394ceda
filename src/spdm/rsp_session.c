/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys_priv.h"
#include "spdm/rsp_priv.h"
#include "spdm/sig.h"

/* Sessions: how they are made, kept alive, carried on and ended. */

struct spdm_rsp_session *spdm_ses_place(struct spdm_rsp *r)
{
	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state == SPDM_SES_NONE)
			return &r->cfg.ses[i];
	return NULL;
}

static bool id_taken(const struct spdm_rsp *r, uint32_t id)
{
	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state != SPDM_SES_NONE &&
		    r->cfg.ses[i].id == id)
			return true;
	return false;
}

/* Our half counts down, 0 left out; at most SPDM_RSP_SESSIONS are taken. */
uint16_t spdm_ses_half(const struct spdm_rsp *r, uint16_t theirs)
{
	uint16_t half = r->next_id;

	while (!half || id_taken(r, (uint32_t)half << 16 | theirs))
		half--;
	return half;
}

/*
 * Whoever wants all events of a session would wait for them in vain.
 * OPEN: which error that is; as a field with a value that cannot be, and so
 * does DMTF's implementation in KEY_EXCHANGE. Before 1.3 the bit is reserved.
 * Source: DSP0274 1.3.2, sections 10.16, 10.18 (SessionPolicy)
 */
bool spdm_ses_policy(const struct spdm_rsp *r, uint8_t policy)
{
	return r->version < SPDM_V13 || !(policy & SPDM_POLICY_EVENTS);
}

/* The newest version of secured messages that both know; 0: none. */
uint16_t spdm_ses_sm(const struct spdm_rsp *r, struct spdm_span opaque)
{
	struct spdm_sm_versions v;
	uint16_t best = 0;

	if (spdm_sm_supported_read(opaque, r->opaque_fmt1, &v))
		return 0;
	for (unsigned i = 0; i < COUNT(r->cfg.sm_versions); i++)
		for (uint8_t j = 0; j < v.count; j++)
			if ((v.entry[j] & 0xff00) == r->cfg.sm_versions[i] &&
			    r->cfg.sm_versions[i] > best)
				best = r->cfg.sm_versions[i];
	return best;
}

/*
 * The same by a KEM: what goes back is the secret for who has the peer's key.
 * Source: DSP0274 1.4.0, sections 10.16 (ExchangeData) and 11 (key schedule:
 * its secret in the place of that of a DHE); FIPS 203, section 7.2
 */
static enum il_err encapsulate(struct spdm_ex *x)
{
	const struct crypto *c = x->r->cfg.crypto;
	const struct spdm_span key = x->req.u.key_ex.exchange;
	uint8_t of[SPDM_HASH_MAX] = { 0 };
	enum il_err err =
		crypto_hash(c, spdm_crypto_hash(x->r->hash), key.p, key.n, of);

	if (!err && !spdm_ex_kem_again(x, of))
		err = crypto_kem_wrap(c, spdm_crypto_kem(x->r->kem), key.p,
				      x->kem_room, x->point);
	if (err)
		return err;
	memcpy(x->point + CRYPTO_KEM_SECRET, of, sizeof(of));
	x->kem_used = spdm_kem_text_len(x->r->kem);
	return IL_OK;
}

/* Our ephemeral key and the shared secret. */
static enum il_err agree(struct spdm_ex *x, uint8_t *secret, size_t *len)
{
	const struct crypto *c = x->r->cfg.crypto;
	const enum crypto_curve curve = spdm_crypto_curve(x->r->dhe);
	enum il_err err = spdm_ex_dh_again(x)
				  ? IL_OK
				  : crypto_dh_begin(c, &x->dh, curve, x->point);

	*len = crypto_curve_len(curve);
	return err ? err
		   : crypto_dh_finish(c, x->dh, x->req.u.key_ex.exchange.p,
				      secret);
}

/* A point off the curve refuses, or what is no key to encapsulate with. */
static enum il_err exchange(struct spdm_ex *x, uint8_t *secret, size_t *len)
{
	enum il_err err = x->r->kem ? encapsulate(x) : agree(x, secret, len);

	if (err == IL_E_FIELD)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (err || !x->r->kem)
		return err;
	memcpy(secret, x->point, CRYPTO_KEM_SECRET);
	*len = CRYPTO_KEM_SECRET;
	return IL_OK;
}

/* Fields of KEY_EXCHANGE_RSP that do not depend on the secret. */
static enum il_err key_ex_fields(struct spdm_ex *x, uint16_t sm)
{
	struct spdm_rsp *r = x->r;
	struct wr w = wr_over(x->opaque, sizeof(x->opaque));

	if (r->cfg.caps & r->peer_caps & SPDM_CAP_HBEAT)
		x->rsp.param1 = r->cfg.heartbeat_s;
	x->rsp.u.key_ex_rsp.session_id =
		spdm_ses_half(r, x->req.u.key_ex.session_id);
	spdm_sm_selected_write(&w, r->opaque_fmt1, sm);
	x->rsp.u.key_ex_rsp.exchange =
		r->kem ? (struct spdm_span){ x->kem_room, x->kem_used }
		       : (struct spdm_span){ x->point, spdm_dhe_len(r->dhe) };
	x->rsp.u.key_ex_rsp.opaque = (struct spdm_span){ x->opaque, w.len };
	x->rsp.u.key_ex_rsp.sig = spdm_ex_sig(x);
	if (!spdm_rsp_clear(r)) /* else it comes with FINISH_RSP */
		x->rsp.u.key_ex_rsp.verify =
			(struct spdm_span){ x->verify, spdm_hash_len(r->hash) };
	return spdm_ex_draw(x, x->rsp.u.key_ex_rsp.random);
}

/* A session stays with the transport that made it. */
enum il_err spdm_ses_channel(struct spdm_ex *x, enum spdm_dir dir,
			     const uint8_t *secret)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	enum il_err err;

	x->keys.aead = x->r->aead;
	err = spdm_channel_open(&x->ch[dir], cfg->crypto, &x->keys, secret,
				cfg->seq_limit);

	if (!err)
		x->ch[dir].binding = x->r->via;
	return err;
}

enum il_err spdm_ses_channels(struct spdm_ex *x, bool data)
{
	enum il_err err = IL_OK;

	for (unsigned d = 0; d < SPDM_DIRS && !err; d++)
		err = spdm_ses_channel(
			x, d, data ? x->keys.data_dir[d] : x->keys.hs_dir[d]);
	return err;
}

/*
 * Transcript, signature, handshake keys, HMAC. TH is VCA, the hash of the
 * chain, KEY_EXCHANGE, KEY_EXCHANGE_RSP; the signature covers it up to
 * itself, the HMAC up to and with the signature.
 * Source: DSP0274 1.2.1, section 10.16.7.
 */
static enum il_err key_ex_proof(struct spdm_ex *x, uint8_t slot,
				const uint8_t *secret, size_t secret_len)
{
	struct spdm_rsp *r = x->r;
	const struct crypto *c = r->cfg.crypto;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_th(&r->tr, &x->work);

	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, r->chain_hash[slot],
				  spdm_hash_len(r->hash));
	if (!err)
		err = spdm_ex_record(x, &x->work, true);
	if (!err)
		err = spdm_ex_sign(x, slot, SPDM_SIGN_KEY_EXCHANGE);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, x->sig,
				  spdm_asym_sig_len(r->asym, r->pqc_asym));
	if (!err)
		err = spdm_tr_digest(&r->tr, x->work, th);
	if (!err)
		err = spdm_keys_handshake(&x->keys, c, r->version, r->hash,
					  secret, secret_len, th);
	if (!err && !spdm_rsp_clear(r))
		err = spdm_keys_verify_data(&x->keys, c, SPDM_DIR_RSP, th,
					    x->verify);
	if (!err && !spdm_rsp_clear(r))
		err = spdm_tr_add(&r->tr, &x->work, true, x->verify,
				  spdm_hash_len(r->hash));
	if (!err)
		err = spdm_ses_channels(x, false);
	if (!err)
		err = spdm_ex_emit_proof(x);
	return err;
}

/*
 * FINISH in the clear names no session: it is about the latest. An older
 * handshake could never be finished.
 */
static void drop_unfinished(struct spdm_rsp *r)
{
	for (unsigned i = 0; i < r->cfg.ses_count && r->clear_id; i++)
		if (r->cfg.ses[i].state == SPDM_SES_HANDSHAKE &&
		    r->cfg.ses[i].id == r->clear_id)
			spdm_rsp_session_end(r, &r->cfg.ses[i],
					     SPDM_END_RESTART);
}

void spdm_ses_commit(struct spdm_ex *x, struct spdm_rsp_session *s, uint32_t id)
{
	struct spdm_rsp *r = x->r;

	s->id = id;
	s->keys = x->keys;
	s->th = x->work;
	x->work = (struct crypto_slot){ 0 };
	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		s->ch[d] = x->ch[d];
		memset(&x->ch[d], 0, sizeof(x->ch[d]));
	}
	s->heard_ns = x->now_ns;
	r->next_id = (uint16_t)((id >> 16) - 1);
	spdm_rsp_session_enter(r, s, SPDM_SES_HANDSHAKE);
}

static void key_ex_commit(struct spdm_ex *x, struct spdm_rsp_session *s,
			  uint32_t id)
{
	drop_unfinished(x->r);
	s->slot = x->req.param2;
	spdm_ses_commit(x, s, id);
	if (spdm_rsp_clear(x->r))
		x->r->clear_id = id;
	spdm_mutual_begin(x, s);
}

enum il_err spdm_rsp_key_exchange(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const uint8_t slot = x->req.param2;
	struct spdm_rsp_session *s = spdm_ses_place(r);
	uint8_t secret[CRYPTO_SCALAR_MAX];
	const uint16_t sm = spdm_ses_sm(r, x->req.u.key_ex.opaque);
	size_t len = 0;
	enum il_err err;

	if (!spdm_rsp_may_sign(r, slot, SPDM_KEY_USE_KEY_EX) || !sm ||
	    !spdm_ses_policy(r, x->req.u.key_ex.policy))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (!s)
		return spdm_ex_refuse(x, SPDM_ERR_SESSION_LIMIT_EXCEEDED, 0);
	err = spdm_ex_summary(x, x->req.param1, &x->rsp.u.key_ex_rsp.summary);
	if (!err)
		err = exchange(x, secret, &len);
	if (!err)
		err = spdm_mutual_ask(x);
	if (!err)
		err = key_ex_fields(x, sm);

	const uint32_t id = (uint32_t)x->rsp.u.key_ex_rsp.session_id << 16 |
			    x->req.u.key_ex.session_id;

	if (!err)
		err = spdm_ex_emit(x);
	if (!err)
		err = key_ex_proof(x, slot, secret, len);
	bytes_wipe(secret, sizeof(secret));
	if (!err)
		key_ex_commit(x, s, id);
	return err;
}

void spdm_ses_settle(struct spdm_rsp *r, struct spdm_rsp_session *s)
{
	bytes_wipe(s->keys.handshake, sizeof(s->keys.handshake));
	bytes_wipe(s->keys.hs_dir, sizeof(s->keys.hs_dir));
	crypto_drop(r->cfg.crypto, &s->th);
}

void spdm_ses_open(struct spdm_ex *x)
{
	struct spdm_rsp_session *s = x->s;
	const struct crypto *c = x->r->cfg.crypto;

	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		spdm_channel_close(&s->ch[d], c);
		s->ch[d] = x->ch[d];
		memset(&x->ch[d], 0, sizeof(x->ch[d]));
	}
	s->keys = x->keys;
	spdm_ses_settle(x->r, s);
	s->heard_ns = x->now_ns;
	spdm_rsp_session_enter(x->r, s, SPDM_SES_OPEN);
}

void spdm_ses_bad_finish(struct spdm_ex *x)
{
	spdm_rsp_session_end(x->r, x->s, SPDM_END_FINISH);
}

enum il_err spdm_ses_check(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const size_t n = spdm_hash_len(r->hash);
	const struct spdm_span sig = x->req.u.finish.sig;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = crypto_hash_dup(r->cfg.crypto, x->s->th, &x->work);

	if (!err && x->s->mutual)
		err = spdm_tr_add(&r->tr, &x->work, true, x->s->peer_digest, n);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, x->in.p,
				  x->in.n - n - sig.n);
	if (!err && x->s->mutual)
		err = spdm_mutual_verify(x);
	if (!err)
		err = spdm_tr_digest(&r->tr, x->work, th);
	if (!err)
		err = spdm_keys_verify_data(&x->s->keys, r->cfg.crypto,
					    SPDM_DIR_REQ, th, x->verify);
	if (err)
		return err;
	if (bytes_equal_ct(x->verify, x->req.u.finish.verify.p, n))
		return IL_OK;
	x->after = spdm_ses_bad_finish;
	return spdm_ex_refuse(x, SPDM_ERR_DECRYPT_ERROR, 0);
}

/* The HMAC that a handshake in the clear has in FINISH_RSP. */
static enum il_err finish_proof(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&r->tr, x->work, th);

	if (!err)
		err = spdm_keys_verify_data(&x->s->keys, r->cfg.crypto,
					    SPDM_DIR_RSP, th, x->verify);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, x->verify,
				  spdm_hash_len(r->hash));
	return err ? err : spdm_ex_emit_proof(x);
}

/* The response, and the transcript up to its end. */
static enum il_err finish_emit(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const bool clear = spdm_rsp_clear(r);
	enum il_err err;

	if (clear)
		x->rsp.u.finish.verify =
			(struct spdm_span){ x->verify, spdm_hash_len(r->hash) };
	err = spdm_ex_emit(x);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true,
				  x->req.u.finish.verify.p,
				  x->req.u.finish.verify.n);
	if (!err)
		err = spdm_tr_add(&r->tr, &x->work, true, x->buf,
				  x->len - spdm_msg_verify_len(&x->rsp));
	if (!err && clear)
		err = finish_proof(x);
	return err;
}

enum il_err spdm_ses_data(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	uint8_t th2[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&r->tr, x->work, th2);

	if (err)
		return err;
	x->keys = x->s->keys;
	err = spdm_keys_data(&x->keys, r->cfg.crypto, th2);
	if (!err)
		err = spdm_ses_channels(x, true);
	if (!err)
		x->after = spdm_ses_open;
	return err;
}

/*
 * Source: DSP0274 1.2.1, section 10.17. FINISH_RSP still goes under the
 * handshake keys, or in the clear; a wrong HMAC or signature ends the session.
 */
enum il_err spdm_rsp_finish(struct spdm_ex *x)
{
	enum il_err err = spdm_mutual_asked(x);

	if (!err)
		err = spdm_ses_check(x);
	if (!err)
		err = finish_emit(x);
	return err ? err : spdm_ses_data(x);
}

enum il_err spdm_rsp_heartbeat(struct spdm_ex *x)
{
	return spdm_ex_emit(x);
}

enum il_err spdm_ses_roll(struct spdm_ex *x, enum spdm_dir dir)
{
	const struct crypto *c = x->r->cfg.crypto;
	enum il_err err =
		spdm_keys_next(&x->keys, c, dir, x->keys.data_dir[dir]);

	if (err)
		return err;
	return spdm_ses_channel(x, dir, x->keys.data_dir[dir]);
}

void spdm_ses_take(struct spdm_ex *x, enum spdm_dir dir)
{
	struct spdm_rsp_session *s = x->s;

	spdm_channel_close(&s->ch[dir], x->r->cfg.crypto);
	s->ch[dir] = x->ch[dir];
	memset(&x->ch[dir], 0, sizeof(x->ch[dir]));
	memcpy(s->keys.data_dir[dir], x->keys.data_dir[dir], SPDM_HASH_MAX);
}

/*
 * UpdateKey replaces the requester's key, UpdateAllKeys ours too, and then
 * already for the acknowledgement. VerifyNewKey must follow, under the new
 * key, before the next update.
 * Source: DSP0274 1.2.1, section 10.21.
 */
enum il_err spdm_rsp_key_update(struct spdm_ex *x)
{
	struct spdm_rsp_session *s = x->s;
	const uint8_t op = x->req.param1;
	const bool all = op == SPDM_UPDATE_ALL_KEYS;
	enum il_err err = IL_OK;

	if (op < SPDM_UPDATE_KEY || op > SPDM_VERIFY_NEW_KEY ||
	    s->unverified != (op == SPDM_VERIFY_NEW_KEY))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	x->keys = s->keys;
	if (op != SPDM_VERIFY_NEW_KEY)
		err = spdm_ses_roll(x, SPDM_DIR_REQ);
	if (!err && all)
		err = spdm_ses_roll(x, SPDM_DIR_RSP);
	x->rsp.param1 = op;
	x->rsp.param2 = x->req.param2;
	if (!err)
		err = spdm_ex_emit(x);
	if (err)
		return err;
	if (op != SPDM_VERIFY_NEW_KEY)
		spdm_ses_take(x, SPDM_DIR_REQ);
	if (all)
		spdm_ses_take(x, SPDM_DIR_RSP);
	s->unverified = op != SPDM_VERIFY_NEW_KEY;
	return IL_OK;
}

/*
 * OPEN: whether what was agreed ends with the session or with the next reset.
 * It is others' too, and caching is about resets: with the reset, as DMTF's
 * implementation has it. Without CACHE_CAP the indicator means nothing.
 * Source: DSP0274 1.2.1, section 10.22
 */
static void after_end(struct spdm_ex *x)
{
	if (x->req.param1 & SPDM_END_CLEAR_STATE)
		x->r->no_cache = true;
	spdm_rsp_session_end(x->r, x->s, SPDM_END_REQUESTED);
}

/* The acknowledgement is the last record of the session. */
enum il_err spdm_rsp_end_session(struct spdm_ex *x)
{
	enum il_err err = spdm_ex_emit(x);

	if (!err)
		x->after = after_end;
	return err;
}
