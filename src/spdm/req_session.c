/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys_priv.h"
#include "spdm/req_priv.h"

/* Sessions, as the requester makes, uses and ends them. */

static enum crypto_curve curve_of(const struct spdm_req *q)
{
	return spdm_crypto_curve(q->dhe);
}

static uint8_t sm_count(const struct spdm_req *q)
{
	uint8_t n = 0;

	while (n < COUNT(q->cfg.sm_versions) && q->cfg.sm_versions[n])
		n++;
	return n;
}

struct spdm_span spdm_req_sm_offer(struct spdm_req *q)
{
	struct spdm_sm_versions sm = { .count = sm_count(q) };
	struct wr w = wr_over(q->opaque, sizeof(q->opaque));

	memcpy(sm.entry, q->cfg.sm_versions, 2 * (size_t)sm.count);
	spdm_sm_supported_write(&w, q->opaque_fmt1, &sm);
	return (struct spdm_span){ q->opaque, w.len };
}

bool spdm_req_sm_fits(const struct spdm_req *q, struct spdm_span opaque)
{
	uint16_t sm;

	if (spdm_sm_selected_read(opaque, q->opaque_fmt1, &sm))
		return false;
	for (uint8_t i = 0; i < sm_count(q); i++)
		if ((sm & 0xff00) == q->cfg.sm_versions[i])
			return true;
	return false;
}

/* What the peer is to encapsulate with stands in the scratch buffer, which
 * nothing else needs until the answer comes. */
static enum il_err kem_begin(struct spdm_req *q, struct spdm_span *out)
{
	spdm_req_scratch_fill(q, q->shape.dhe_len);
	*out = (struct spdm_span){ q->cfg.scratch, q->shape.dhe_len };
	return crypto_kem_begin(q->cfg.crypto, &q->dh, spdm_crypto_kem(q->kem),
				NULL, q->cfg.scratch);
}

static enum il_err dhe_begin(struct spdm_req *q, struct spdm_span *out)
{
	*out = (struct spdm_span){ q->point, q->shape.dhe_len };
	return crypto_dh_begin(q->cfg.crypto, &q->dh, curve_of(q), q->point);
}

static enum il_err key_ex_build(struct spdm_req *q, struct spdm_msg *m)
{
	enum il_err err;

	m->param1 = q->args.summary;
	m->param2 = q->slot;
	q->shape.summary = q->args.summary != SPDM_SUMMARY_NONE;
	m->u.key_ex.session_id = q->next_id;
	m->u.key_ex.policy = q->args.policy;
	err = env_random(q->cfg.env, m->u.key_ex.random, SPDM_NONCE_LEN);
	if (!err)
		err = (q->kem ? kem_begin : dhe_begin)(q,
						       &m->u.key_ex.exchange);
	m->u.key_ex.opaque = spdm_req_sm_offer(q);
	return err;
}

/* TH starts: VCA, the hash of the chain, KEY_EXCHANGE. */
static enum il_err key_ex_start(struct spdm_req *q, struct spdm_msg *m,
				const uint8_t *p, size_t n)
{
	enum il_err err;

	(void)m;
	crypto_drop(q->cfg.crypto, &q->hs);
	err = spdm_tr_th(&q->tr, &q->hs);
	if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true, q->chain_digest,
				  q->shape.hash_len);
	return err ? err : spdm_tr_add(&q->tr, &q->hs, true, p, n);
}

static bool key_ex_sane(const struct spdm_req *q, const struct spdm_msg *m)
{
	if (!m->u.key_ex_rsp.session_id ||
	    !spdm_req_mutual_fits(q, m->u.key_ex_rsp.mut_auth,
				  m->u.key_ex_rsp.req_slot))
		return false;
	return spdm_req_sm_fits(q, m->u.key_ex_rsp.opaque);
}

enum il_err spdm_req_channel(const struct spdm_req *q, struct spdm_channel *ch,
			     const uint8_t *secret)
{
	enum il_err err = spdm_channel_open(ch, q->cfg.crypto, &q->keys, secret,
					    q->cfg.seq_limit);

	if (!err)
		ch->binding = q->cfg.binding;
	return err;
}

enum il_err spdm_req_channels(struct spdm_req *q, bool data)
{
	enum il_err err = IL_OK;

	for (unsigned d = 0; d < SPDM_DIRS && !err; d++)
		err = spdm_req_channel(q, &q->ch[d],
				       data ? q->keys.data_dir[d]
					    : q->keys.hs_dir[d]);
	return err;
}

enum il_err spdm_req_peer_mac(const struct spdm_req *q, const uint8_t *th,
			      struct spdm_span got)
{
	uint8_t mac[SPDM_HASH_MAX];
	enum il_err err = spdm_keys_verify_data(&q->keys, q->cfg.crypto,
						SPDM_DIR_RSP, th, mac);

	if (!err && !bytes_equal_ct(mac, got.p, q->shape.hash_len))
		err = IL_E_AUTH;
	bytes_wipe(mac, sizeof(mac));
	return err;
}

/*
 * Handshake keys from the shared secret and TH1, then the peer's HMAC. A
 * ciphertext that was tampered with gives a secret too, and another HMAC.
 */
static enum il_err key_ex_keys(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct crypto *c = q->cfg.crypto;
	const uint8_t *theirs = m->u.key_ex_rsp.exchange.p;
	const size_t n =
		q->kem ? CRYPTO_KEM_SECRET : crypto_curve_len(curve_of(q));
	uint8_t secret[CRYPTO_SCALAR_MAX];
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = q->kem ? crypto_kem_unwrap(c, q->dh, theirs, secret)
				 : crypto_dh_finish(c, q->dh, theirs, secret);

	if (!err)
		err = spdm_tr_digest(&q->tr, q->hs, th);
	if (!err)
		err = spdm_keys_handshake(&q->keys, c, q->version, q->hash,
					  secret, n, th);
	bytes_wipe(secret, sizeof(secret));
	crypto_drop(c, &q->dh);
	q->keys.aead = q->aead;
	if (!err && !q->shape.clear)
		err = spdm_req_peer_mac(q, th, m->u.key_ex_rsp.verify);
	return err;
}

void spdm_req_tell_keys(const struct spdm_req *q, bool data)
{
	if (q->cfg.keylog)
		q->cfg.keylog(
			q->cfg.keylog_ctx,
			&(struct spdm_key_note){ .session_id = q->session_id,
						 .psk = q->op == SPDM_OP_PSK,
						 .data = data,
						 .keys = &q->keys });
}

void spdm_req_session_begin(struct spdm_req *q, uint16_t peer_half,
			    uint8_t heartbeat_s)
{
	q->session_id = (uint32_t)peer_half << 16 | q->next_id;
	q->next_id--;
	q->heartbeat_s = heartbeat_s;
	q->clear = false;
	q->th = q->hs;
	q->hs = (struct crypto_slot){ 0 };
}

/* Source: DSP0274 1.2.1, section 10.16. */
static enum il_err key_ex_check(struct spdm_req *q, const struct spdm_msg *m)
{
	enum il_err err;

	if (!key_ex_sane(q, m))
		return IL_E_FIELD;
	err = spdm_req_verify(q, SPDM_SIGN_KEY_EXCHANGE, m->u.key_ex_rsp.sig);
	if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true, m->u.key_ex_rsp.sig.p,
				  m->u.key_ex_rsp.sig.n);
	if (!err)
		err = key_ex_keys(q, m);
	if (!err && !q->shape.clear)
		err = spdm_tr_add(&q->tr, &q->hs, true,
				  m->u.key_ex_rsp.verify.p,
				  m->u.key_ex_rsp.verify.n);
	if (!err && !q->shape.clear)
		err = spdm_req_channels(q, false);
	if (err)
		return err;
	if (q->shape.summary)
		memcpy(q->summary, m->u.key_ex_rsp.summary.p,
		       q->shape.hash_len);
	spdm_req_session_begin(q, m->u.key_ex_rsp.session_id, m->param1);
	q->clear = q->shape.clear;
	spdm_req_tell_keys(q, false);
	spdm_req_mutual_take(q, m->u.key_ex_rsp.mut_auth,
			     m->u.key_ex_rsp.req_slot);
	return IL_OK;
}

static enum il_err finish_build(struct spdm_req *q, struct spdm_msg *m)
{
	if (q->mutual) {
		m->param1 = SPDM_FINISH_SIGNED;
		m->param2 = q->mut_slot;
		m->u.finish.sig = spdm_req_own_sig(q);
	}
	m->u.finish.verify = (struct spdm_span){ q->mac, q->shape.hash_len };
	return IL_OK;
}

/* Our signature over TH, which has our chain's digest before FINISH. */
static enum il_err finish_sign(struct spdm_req *q, const uint8_t *p, size_t n)
{
	uint8_t own[SPDM_HASH_MAX];
	enum il_err err = spdm_req_own_digest(q, q->mut_slot, own);

	if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true, own, q->shape.hash_len);
	if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true, p, n);
	if (!err)
		err = spdm_req_own_sign(q, q->mut_slot, q->hs,
					SPDM_SIGN_FINISH);
	return err ? err
		   : spdm_tr_add(&q->tr, &q->hs, true, spdm_req_own_sig(q).p,
				 q->shape.req_sig_len);
}

/* The HMAC over TH with FINISH up to the HMAC. */
enum il_err spdm_req_finish_prove(struct spdm_req *q, struct spdm_msg *m,
				  const uint8_t *p, size_t n)
{
	const struct crypto *c = q->cfg.crypto;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err;

	n -= m->u.finish.verify.n + m->u.finish.sig.n;
	crypto_drop(c, &q->hs);
	err = crypto_hash_dup(c, q->th, &q->hs);
	if (!err && m->u.finish.sig.n)
		err = finish_sign(q, p, n);
	else if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true, p, n);
	if (!err)
		err = spdm_tr_digest(&q->tr, q->hs, th);
	if (!err)
		err = spdm_keys_verify_data(&q->keys, c, SPDM_DIR_REQ, th,
					    q->mac);
	if (!err)
		err = spdm_tr_add(&q->tr, &q->hs, true, q->mac,
				  q->shape.hash_len);
	return err;
}

/* In the clear: the HMAC that KEY_EXCHANGE_RSP did not have. */
static enum il_err finish_mac(struct spdm_req *q, struct spdm_span got)
{
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, q->hs, th);

	if (!err)
		err = spdm_req_peer_mac(q, th, got);
	return err ? err : spdm_tr_add(&q->tr, &q->hs, true, got.p, got.n);
}

enum il_err spdm_req_session_data(struct spdm_req *q)
{
	const struct crypto *c = q->cfg.crypto;
	uint8_t th2[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, q->hs, th2);

	if (!err)
		err = spdm_keys_data(&q->keys, c, th2);
	if (!err)
		err = spdm_req_channels(q, true);
	if (err)
		return err;
	bytes_wipe(q->keys.handshake, sizeof(q->keys.handshake));
	bytes_wipe(q->keys.hs_dir, sizeof(q->keys.hs_dir));
	bytes_wipe(q->mac, sizeof(q->mac));
	crypto_drop(c, &q->th);
	return IL_OK;
}

static enum il_err finish_check(struct spdm_req *q, const struct spdm_msg *m)
{
	enum il_err err =
		q->shape.clear ? finish_mac(q, m->u.finish.verify) : IL_OK;

	if (!err)
		err = spdm_req_session_data(q);
	if (!err)
		spdm_req_tell_keys(q, true);
	return err;
}

/* clang-format off */
const struct spdm_req_step spdm_req_session_steps[] = {
	{ SPDM_KEY_EXCHANGE,                  SPDM_TR_TH,   key_ex_build,           key_ex_start,          key_ex_check, NULL },
	{ SPDM_GET_ENCAPSULATED_REQUEST,      SPDM_TR_NONE, spdm_req_nothing_build, NULL,                  spdm_req_encap_check, spdm_req_no_fetch },
	{ SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_TR_NONE, spdm_req_deliver_build, NULL,                  spdm_req_deliver_check, spdm_req_no_encap },
	{ SPDM_FINISH,                        SPDM_TR_TH,   finish_build,           spdm_req_finish_prove, finish_check, NULL },
};
/* clang-format on */

static enum il_err nothing_check(struct spdm_req *q, const struct spdm_msg *m)
{
	(void)q;
	(void)m;
	return IL_OK;
}

const struct spdm_req_step spdm_req_heartbeat_step = { SPDM_HEARTBEAT,
						       SPDM_TR_NONE,
						       spdm_req_nothing_build,
						       NULL, nothing_check };

static bool end_clears(const struct spdm_req *q)
{
	return q->args.clear_state && (q->peer_caps & SPDM_CAP_CACHE);
}

static enum il_err end_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->param1 = end_clears(q) ? SPDM_END_CLEAR_STATE : 0;
	return IL_OK;
}

static enum il_err end_check(struct spdm_req *q, const struct spdm_msg *m)
{
	(void)m;
	q->no_cache |= end_clears(q);
	return IL_OK;
}

const struct spdm_req_step spdm_req_end_step = { SPDM_END_SESSION, SPDM_TR_NONE,
						 end_build, NULL, end_check };

/* For UpdateAllKeys the answer's key is made before the answer can come. */
static enum il_err update_build(struct spdm_req *q, struct spdm_msg *m)
{
	const struct crypto *c = q->cfg.crypto;
	enum il_err err = env_random(q->cfg.env, &q->tag, 1);

	m->param1 = q->args.update;
	m->param2 = q->tag;
	if (err || q->args.update != SPDM_UPDATE_ALL_KEYS)
		return err;
	err = spdm_keys_next(&q->keys, c, SPDM_DIR_RSP, q->next_secret);
	if (err)
		return err;
	return spdm_req_channel(q, &q->next, q->next_secret);
}

static bool ack_fits(const struct spdm_req *q, const struct spdm_msg *m,
		     uint8_t op)
{
	return m->param1 == op && m->param2 == q->tag;
}

void spdm_req_take_next(struct spdm_req *q)
{
	spdm_channel_close(&q->ch[SPDM_DIR_RSP], q->cfg.crypto);
	q->ch[SPDM_DIR_RSP] = q->next;
	memset(&q->next, 0, sizeof(q->next));
	memcpy(q->keys.data_dir[SPDM_DIR_RSP], q->next_secret, SPDM_HASH_MAX);
	bytes_wipe(q->next_secret, sizeof(q->next_secret));
}

/* An acknowledgement of all keys counts only under the new key. */
static enum il_err update_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct crypto *c = q->cfg.crypto;
	uint8_t *secret = q->keys.data_dir[SPDM_DIR_REQ];
	enum il_err err;

	if (!ack_fits(q, m, q->args.update))
		return IL_E_FIELD;
	if (q->args.update == SPDM_UPDATE_ALL_KEYS) {
		if (!q->next.seq)
			return IL_E_AUTH;
		spdm_req_take_next(q);
	}
	err = spdm_keys_next(&q->keys, c, SPDM_DIR_REQ, secret);
	if (err)
		return err;
	return spdm_req_channel(q, &q->ch[SPDM_DIR_REQ], secret);
}

static enum il_err verify_build(struct spdm_req *q, struct spdm_msg *m)
{
	m->param1 = SPDM_VERIFY_NEW_KEY;
	m->param2 = q->tag;
	return IL_OK;
}

static enum il_err verify_check(struct spdm_req *q, const struct spdm_msg *m)
{
	return ack_fits(q, m, SPDM_VERIFY_NEW_KEY) ? IL_OK : IL_E_FIELD;
}

/* clang-format off */
const struct spdm_req_step spdm_req_update_steps[] = {
	{ SPDM_KEY_UPDATE, SPDM_TR_NONE, update_build, NULL, update_check },
	{ SPDM_KEY_UPDATE, SPDM_TR_NONE, verify_build, NULL, verify_check },
};
/* clang-format on */

static enum il_err vendor_build(struct spdm_req *q, struct spdm_msg *m)
{
	const struct spdm_span vid = q->args.vdm.vid;

	m->param1 = q->args.vdm_large ? SPDM_VDM_LARGE : 0;
	m->u.vdm = q->args.vdm;
	if (vid.n)
		memcpy(q->vid, vid.p, vid.n);
	return IL_OK;
}

/* The answer speaks of the same vendor; its payload is not looked at. */
static enum il_err vendor_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_vdm *v = &m->u.vdm;

	const bool large =
		q->version >= SPDM_V14 && (m->param1 & SPDM_VDM_LARGE);

	if (large != q->args.vdm_large || v->standard != q->args.vdm.standard ||
	    v->vid.n != q->args.vdm.vid.n ||
	    (v->vid.n && memcmp(v->vid.p, q->vid, v->vid.n) != 0))
		return IL_E_FIELD;
	q->answer = *v;
	return IL_OK;
}

const struct spdm_req_step spdm_req_vendor_step = { SPDM_VENDOR_DEFINED_REQUEST,
						    SPDM_TR_NONE, vendor_build,
						    NULL, vendor_check };
