/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/hand.h"

#include "spdm/chain.h"
#include "spdm/sig.h"

/*
 * Source: DSP0274 1.2.1, sections 10.16 to 10.19 (messages and transcripts),
 * 11 (key schedule); 1.3.2 and 1.4.0, the same.
 */

static const struct crypto *crypto_of(const struct hand *h)
{
	return h->q->cfg.crypto;
}

void hand_init(struct hand *h, struct spdm_req *q)
{
	memset(h, 0, sizeof(*h));
	h->q = q;
}

void hand_drop(struct hand *h)
{
	const struct crypto *c;

	if (!h->q)
		return;
	c = crypto_of(h);
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		spdm_channel_close(&h->ch[d], c);
	crypto_drop(c, &h->th);
	crypto_drop(c, &h->hs);
	crypto_drop(c, &h->dh);
	spdm_keys_wipe(&h->keys);
	h->open = false;
}

bool hand_able(const struct spdm_req *q)
{
	return q->dhe && !q->kem;
}

static enum il_err encode(struct hand *h, const struct spdm_msg *m)
{
	struct wr w = wr_over(h->msg, sizeof(h->msg));
	enum il_err err = spdm_msg_encode(&w, m);

	h->n = err ? 0 : w.len;
	return err;
}

static struct spdm_span offer(struct hand *h, const struct hand_wish *w)
{
	struct wr o = wr_over(h->opaque, sizeof(h->opaque));
	struct spdm_sm_versions v = { .count = 0 };

	for (unsigned i = 0; i < SPDM_VERSIONS_MAX && w->sm[i]; i++)
		v.entry[v.count++] = w->sm[i];
	for (unsigned i = 0; i < COUNT(h->q->cfg.sm_versions) && !w->sm[0]; i++)
		if (h->q->cfg.sm_versions[i])
			v.entry[v.count++] = h->q->cfg.sm_versions[i];
	spdm_sm_supported_write(&o, h->q->opaque_fmt1, &v);
	return (struct spdm_span){ h->opaque, o.len };
}

/* Counted down, as the engine does, so that the two do not meet. */
static uint16_t half_of(struct hand *h, const struct hand_wish *w)
{
	if (w->half || w->half_zero)
		return w->half;
	return h->q->next_id--;
}

static void begin(struct hand *h, const struct hand_wish *w, bool psk)
{
	struct spdm_req *const q = h->q;

	hand_drop(h);
	h->psk = psk;
	h->clear = !psk && q->shape.clear;
	h->summary = w->summary != SPDM_SUMMARY_NONE;
	h->half = half_of(h, w);
	h->mutual = 0;
	h->req_slot = 0;
}

enum il_err hand_key_exchange(struct hand *h, const struct hand_wish *w)
{
	const struct spdm_req *q = h->q;
	struct spdm_msg m;
	enum il_err err;

	if (!hand_able(q))
		return IL_E_ARG;
	begin(h, w, false);
	spdm_msg_start(&m, q->version, SPDM_KEY_EXCHANGE);
	m.param1 = w->summary;
	m.param2 = w->slot_given ? w->slot : q->slot;
	m.u.key_ex.session_id = h->half;
	m.u.key_ex.policy = w->policy;
	m.u.key_ex.exchange = (struct spdm_span){ h->point, q->shape.dhe_len };
	m.u.key_ex.opaque = offer(h, w);
	err = env_random(q->cfg.env, m.u.key_ex.random, SPDM_NONCE_LEN);
	if (!err)
		err = crypto_dh_begin(crypto_of(h), &h->dh,
				      spdm_crypto_curve(q->dhe), h->point);
	return err ? err : encode(h, &m);
}

enum il_err hand_psk_exchange(struct hand *h, const struct hand_wish *w)
{
	const struct spdm_req *q = h->q;
	struct spdm_msg m;
	enum il_err err;

	begin(h, w, true);
	spdm_msg_start(&m, q->version, SPDM_PSK_EXCHANGE);
	m.param1 = w->summary;
	m.param2 = w->policy;
	m.u.psk_ex.session_id = h->half;
	m.u.psk_ex.hint = w->hint;
	m.u.psk_ex.context =
		(struct spdm_span){ h->context, sizeof(h->context) };
	m.u.psk_ex.opaque = offer(h, w);
	err = env_random(q->cfg.env, h->context, sizeof(h->context));
	return err ? err : encode(h, &m);
}

static enum il_err flawed(const char **flaw, enum il_err err, const char *what)
{
	if (err)
		*flaw = what;
	return err;
}

/* A response with its padding, if the transport has one. */
static enum il_err decode(const struct hand *h, const uint8_t *p, size_t n,
			  uint8_t code, struct spdm_msg *m, size_t *used,
			  const char **flaw)
{
	struct spdm_shape sh = h->q->shape;
	size_t fill = 0;

	sh.summary = h->summary;
	sh.clear = h->clear;
	*used = n;
	if (n < 4 || p[1] != code)
		return flawed(flaw, IL_E_FIELD, "another response code");
	if (p[0] != h->q->version)
		return flawed(flaw, IL_E_FIELD,
			      "another version than was agreed");
	if (h->q->cfg.binding && !(n % h->q->cfg.binding->unit))
		fill = h->q->cfg.binding->unit - 1u;
	if (h->q->cfg.padding > fill)
		fill = h->q->cfg.padding;
	return flawed(flaw, spdm_msg_decode_filled(p, n, fill, &sh, m, used),
		      "its length is not that of its fields");
}

static enum il_err add(struct hand *h, struct crypto_slot *s, const uint8_t *p,
		       size_t n)
{
	return spdm_tr_add(&h->q->tr, s, true, p, n);
}

static enum il_err channels(struct hand *h, bool data)
{
	enum il_err err = IL_OK;

	h->keys.aead = h->q->aead;
	for (unsigned d = 0; d < SPDM_DIRS && !err; d++) {
		spdm_channel_close(&h->ch[d], crypto_of(h));
		err = spdm_channel_open(&h->ch[d], crypto_of(h), &h->keys,
					data ? h->keys.data_dir[d]
					     : h->keys.hs_dir[d],
					UINT64_MAX);
		h->ch[d].binding = h->q->cfg.binding;
	}
	return err;
}

static enum il_err mac_fits(struct hand *h, const uint8_t *th,
			    struct spdm_span got, const char **flaw)
{
	uint8_t mac[SPDM_HASH_MAX];
	enum il_err err = spdm_keys_verify_data(&h->keys, crypto_of(h),
						SPDM_DIR_RSP, th, mac);

	if (!err && !bytes_equal_ct(mac, got.p, got.n))
		err = IL_E_AUTH;
	bytes_wipe(mac, sizeof(mac));
	return flawed(flaw, err,
		      "ResponderVerifyData is not that of the transcript");
}

/* @h->th: VCA, the chain's hash, both messages up to the signature. */
static enum il_err key_ex_hash(struct hand *h, const uint8_t *p, size_t n)
{
	enum il_err err = spdm_tr_th(&h->q->tr, &h->th);

	if (!err)
		err = add(h, &h->th, h->q->chain_digest, h->q->shape.hash_len);
	if (!err)
		err = add(h, &h->th, h->msg, h->n);
	return err ? err : add(h, &h->th, p, n);
}

static enum il_err key_ex_sig(struct hand *h, struct spdm_span sig,
			      const char **flaw)
{
	const struct spdm_req *q = h->q;
	const struct spdm_sig_alg alg = { q->version, q->hash, q->asym,
					  q->pqc_asym };
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, h->th, th);

	if (!err)
		err = spdm_sig_verify(crypto_of(h), q->leaf.leaf, &alg,
				      SPDM_SIGN_KEY_EXCHANGE, th, sig);
	if (err)
		return flawed(flaw, err,
			      "the signature is not over the transcript");
	return add(h, &h->th, sig.p, sig.n);
}

static enum il_err key_ex_secret(struct hand *h, struct spdm_span theirs,
				 const uint8_t *th, const char **flaw)
{
	const struct spdm_req *q = h->q;
	const enum crypto_curve curve = spdm_crypto_curve(q->dhe);
	uint8_t secret[CRYPTO_SCALAR_MAX];
	enum il_err err =
		crypto_dh_finish(crypto_of(h), h->dh, theirs.p, secret);

	if (!err)
		err = spdm_keys_handshake(&h->keys, crypto_of(h), q->version,
					  q->hash, secret,
					  crypto_curve_len(curve), th);
	bytes_wipe(secret, sizeof(secret));
	crypto_drop(crypto_of(h), &h->dh);
	return flawed(flaw, err, "ExchangeData is not a point of the group");
}

/* To the record of the case, so that what is said in the session can be read
 * in it. */
static void tell_keys(const struct hand *h, bool data)
{
	const struct spdm_req_cfg *cfg = &h->q->cfg;

	if (cfg->keylog)
		cfg->keylog(cfg->keylog_ctx,
			    &(struct spdm_key_note){ .session_id = h->id,
						     .psk = h->psk,
						     .data = data,
						     .keys = &h->keys });
}

enum il_err hand_key_exchange_rsp(struct hand *h, const uint8_t *p, size_t n,
				  struct spdm_msg *m, const char **flaw)
{
	uint8_t th[SPDM_HASH_MAX];
	size_t used;
	enum il_err err =
		decode(h, p, n, SPDM_KEY_EXCHANGE_RSP, m, &used, flaw);

	*flaw = err ? *flaw : "the judge's own cryptography failed";
	if (!err)
		err = key_ex_hash(h, p,
				  used - spdm_msg_sig_len(m) -
					  spdm_msg_verify_len(m));
	if (!err)
		err = key_ex_sig(h, m->u.key_ex_rsp.sig, flaw);
	if (!err)
		err = spdm_tr_digest(&h->q->tr, h->th, th);
	if (!err)
		err = key_ex_secret(h, m->u.key_ex_rsp.exchange, th, flaw);
	if (!err && !h->clear)
		err = mac_fits(h, th, m->u.key_ex_rsp.verify, flaw);
	if (!err && !h->clear)
		err = add(h, &h->th, m->u.key_ex_rsp.verify.p,
			  m->u.key_ex_rsp.verify.n);
	if (!err)
		err = channels(h, false);
	if (err)
		return err;
	h->id = (uint32_t)m->u.key_ex_rsp.session_id << 16 | h->half;
	h->mutual = m->u.key_ex_rsp.mut_auth;
	h->req_slot = m->u.key_ex_rsp.req_slot;
	h->heartbeat_s = m->param1;
	tell_keys(h, false);
	return IL_OK;
}

static enum il_err psk_keys(struct hand *h, const uint8_t *th)
{
	const struct spdm_req *q = h->q;
	const size_t n = q->shape.hash_len;
	uint8_t salt[SPDM_HASH_MAX];
	uint8_t secret[SPDM_HASH_MAX];
	enum il_err err = IL_E_ARG;

	spdm_keys_psk_salt(q->version, salt);
	if (q->cfg.port && q->cfg.port->psk) {
		struct rd r = rd_over(h->msg + 6, h->n - 6);
		const uint16_t hint = rd_u16le(&r);

		rd_skip(&r, 4);
		err = q->cfg.port->psk(
			q->cfg.port_ctx,
			(struct spdm_span){ rd_bytes(&r, hint), hint }, q->hash,
			salt, n, secret);
	}
	if (!err)
		err = spdm_keys_psk(&h->keys, crypto_of(h), q->version, q->hash,
				    secret, th);
	bytes_wipe(secret, sizeof(secret));
	return err;
}

/* Without a context of the device's there is no PSK_FINISH. */
static enum il_err psk_go_on(struct hand *h)
{
	uint8_t th2[SPDM_HASH_MAX];
	enum il_err err;

	if (h->q->peer_caps & SPDM_CAP_PSK_WITH_CONTEXT)
		return channels(h, false);
	err = spdm_tr_digest(&h->q->tr, h->th, th2);
	if (!err)
		err = spdm_keys_data(&h->keys, crypto_of(h), th2);
	if (!err)
		err = channels(h, true);
	h->open = !err;
	return err;
}

enum il_err hand_psk_exchange_rsp(struct hand *h, const uint8_t *p, size_t n,
				  struct spdm_msg *m, const char **flaw)
{
	uint8_t th[SPDM_HASH_MAX];
	size_t used;
	enum il_err err =
		decode(h, p, n, SPDM_PSK_EXCHANGE_RSP, m, &used, flaw);

	*flaw = err ? *flaw : "the judge's own cryptography failed";
	if (!err)
		err = add(h, &h->th, h->msg, h->n);
	if (!err)
		err = add(h, &h->th, p, used - spdm_msg_verify_len(m));
	if (!err)
		err = spdm_tr_digest(&h->q->tr, h->th, th);
	if (!err)
		err = psk_keys(h, th);
	if (!err)
		err = mac_fits(h, th, m->u.psk_ex_rsp.verify, flaw);
	if (!err)
		err = add(h, &h->th, m->u.psk_ex_rsp.verify.p,
			  m->u.psk_ex_rsp.verify.n);
	if (!err)
		err = psk_go_on(h);
	if (err)
		return err;
	h->id = (uint32_t)m->u.psk_ex_rsp.session_id << 16 | h->half;
	h->heartbeat_s = m->param1;
	tell_keys(h, false);
	if (h->open)
		tell_keys(h, true);
	return IL_OK;
}

/* Our signature over TH, which has our chain's digest before FINISH. */
static enum il_err sign(struct hand *h, size_t head, size_t sig_len)
{
	struct spdm_req *const q = h->q;
	const struct spdm_req_slot *s = &q->cfg.slots[h->req_slot & 7];
	uint8_t root[SPDM_HASH_MAX], own[SPDM_HASH_MAX];
	uint8_t th[SPDM_HASH_MAX], digest[SPDM_HASH_MAX];
	enum il_err err = spdm_chain_hash(crypto_of(h), q->hash, s->certs,
					  s->root, root, own);

	if (!err)
		err = add(h, &h->hs, own, q->shape.hash_len);
	if (!err)
		err = add(h, &h->hs, h->msg, head);
	if (!err)
		err = spdm_tr_digest(&q->tr, h->hs, th);
	if (!err)
		err = spdm_sign_digest(crypto_of(h), q->version, q->hash,
				       SPDM_SIGN_FINISH, th, digest);
	if (err || !q->cfg.port || !q->cfg.port->sign)
		return err ? err : IL_E_ARG;
	return q->cfg.port->sign(q->cfg.port_ctx, h->req_slot & 7, q->req_asym,
				 digest, q->shape.hash_len, h->sig, sig_len);
}

static enum il_err finish_proof(struct hand *h, size_t sig_len, bool bad_sig)
{
	const size_t n = h->q->shape.hash_len;
	const size_t head = h->n - n - sig_len;
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err;

	crypto_drop(crypto_of(h), &h->hs);
	err = crypto_hash_dup(crypto_of(h), h->th, &h->hs);
	if (!err && sig_len)
		err = sign(h, head, sig_len);
	else if (!err)
		err = add(h, &h->hs, h->msg, head);
	h->sig[0] ^= bad_sig; /* so that the HMAC is right */
	if (!err && sig_len)
		err = add(h, &h->hs, h->sig, sig_len);
	if (!err)
		err = spdm_tr_digest(&h->q->tr, h->hs, th);
	if (!err)
		err = spdm_keys_verify_data(&h->keys, crypto_of(h),
					    SPDM_DIR_REQ, th, h->mac);
	if (!err)
		err = add(h, &h->hs, h->mac, n);
	if (err)
		return err;
	if (sig_len)
		memcpy(h->msg + head, h->sig, sig_len);
	memcpy(h->msg + head + sig_len, h->mac, n);
	return IL_OK;
}

enum il_err hand_finish(struct hand *h, const struct hand_finish *f)
{
	static const struct hand_finish none;
	const struct spdm_req *q = h->q;
	struct spdm_msg m;
	size_t sig_len;
	enum il_err err;

	f = f ? f : &none;
	sig_len = (h->mutual && !f->no_sign) || f->sign ? q->shape.req_sig_len
							: 0;
	spdm_msg_start(&m, q->version,
		       f->code ? f->code
			       : (h->psk ? SPDM_PSK_FINISH : SPDM_FINISH));
	if (sig_len || f->bit)
		m.param1 = SPDM_FINISH_SIGNED;
	if (sig_len)
		m.param2 = h->req_slot;
	memset(h->sig, 0, sizeof(h->sig));
	memset(h->mac, 0, sizeof(h->mac));
	m.u.finish.sig = (struct spdm_span){ h->sig, sig_len };
	m.u.finish.verify = (struct spdm_span){ h->mac, q->shape.hash_len };
	err = encode(h, &m);
	if (!err)
		err = finish_proof(h, sig_len, f->bad_sig);
	if (err)
		return err;
	if (f->bad_mac)
		h->msg[h->n - 1] ^= 1;
	return IL_OK;
}

/* In the clear: the HMAC that KEY_EXCHANGE_RSP did not have. */
static enum il_err finish_mac(struct hand *h, struct spdm_span got,
			      const char **flaw)
{
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&h->q->tr, h->hs, th);

	if (!err)
		err = mac_fits(h, th, got, flaw);
	return err ? err : add(h, &h->hs, got.p, got.n);
}

enum il_err hand_finish_rsp(struct hand *h, const uint8_t *p, size_t n,
			    const char **flaw)
{
	const uint8_t code = h->psk ? SPDM_PSK_FINISH_RSP : SPDM_FINISH_RSP;
	uint8_t th2[SPDM_HASH_MAX];
	struct spdm_msg m;
	size_t used;
	enum il_err err = decode(h, p, n, code, &m, &used, flaw);

	*flaw = err ? *flaw : "the judge's own cryptography failed";
	if (!err)
		err = add(h, &h->hs, p, used - spdm_msg_verify_len(&m));
	if (!err && h->clear)
		err = finish_mac(h, m.u.finish.verify, flaw);
	if (!err)
		err = spdm_tr_digest(&h->q->tr, h->hs, th2);
	if (!err)
		err = spdm_keys_data(&h->keys, crypto_of(h), th2);
	if (!err)
		err = channels(h, true);
	h->open = !err;
	if (!err)
		tell_keys(h, true);
	return err;
}

enum il_err hand_seal(struct hand *h, const uint8_t *p, size_t n, uint8_t *out,
		      size_t cap, size_t *len)
{
	struct spdm_channel *ch = &h->ch[SPDM_DIR_REQ];
	const size_t head = spdm_secured_head(ch);

	if (cap < head + n)
		return IL_E_SPACE;
	memmove(out + head, p, n);
	return spdm_secured_seal(ch, crypto_of(h), h->id, out, cap, n, len);
}

enum il_err hand_open(struct hand *h, const uint8_t *in, size_t n, uint8_t *out,
		      size_t cap, size_t *len)
{
	return spdm_secured_open(&h->ch[SPDM_DIR_RSP], crypto_of(h), in, n, out,
				 cap, len);
}

enum il_err hand_roll(struct hand *h, enum spdm_dir dir)
{
	const struct crypto *c = crypto_of(h);
	uint8_t next[SPDM_HASH_MAX];
	enum il_err err = spdm_keys_next(&h->keys, c, dir, next);

	if (err)
		return err;
	memcpy(h->keys.data_dir[dir], next, sizeof(next));
	bytes_wipe(next, sizeof(next));
	spdm_channel_close(&h->ch[dir], c);
	err = spdm_channel_open(&h->ch[dir], c, &h->keys, h->keys.data_dir[dir],
				UINT64_MAX);
	h->ch[dir].binding = h->q->cfg.binding;
	return err;
}
