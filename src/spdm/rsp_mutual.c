/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/chain.h"
#include "spdm/keys_priv.h"
#include "spdm/rsp_priv.h"
#include "spdm/sig.h"

/*
 * Mutual authentication: what is asked of the requester, the certificates that
 * it shows in encapsulated responses, and its signature.
 * Source: DSP0274 1.2.1, sections 10.9 (basic), 10.16, 10.17 and those of
 * encapsulated requests.
 */

#define KNOWN_KEY UINT8_MAX
#define NOT_SHOWN SPDM_SLOTS /* no FINISH says this slot and is believed */

/* Who asks for certificates must be able to read and to judge them. */
bool spdm_mutual_cfg(const struct spdm_rsp_cfg *cfg)
{
	const bool shown =
		cfg->mutual & (SPDM_MUT_AUTH_ENCAP | SPDM_MUT_AUTH_DIGESTS);
	const bool signs = cfg->req_asym || cfg->req_pqc_asym;

	if (!cfg->mutual && !cfg->basic)
		return signs || !(cfg->caps & SPDM_CAP_MUT_AUTH);
	if ((cfg->mutual & (cfg->mutual - 1)) ||
	    cfg->mutual > SPDM_MUT_AUTH_DIGESTS ||
	    cfg->mutual_slot >= SPDM_SLOTS || !signs ||
	    !(cfg->caps & SPDM_CAP_MUT_AUTH))
		return false;
	if (!shown && !cfg->basic)
		return true;
	return (cfg->caps & SPDM_CAP_ENCAP) && cfg->port->trust &&
	       cfg->peer_chain && cfg->peer_chain_cap;
}

void spdm_mutual_forget(struct spdm_rsp *r)
{
	crypto_drop(r->cfg.crypto, &r->peer.key);
	memset(&r->peer, 0, sizeof(r->peer));
}

/* Both can, and agreed on how the requester signs. */
static bool able(const struct spdm_rsp *r)
{
	return (r->cfg.caps & r->peer_caps & SPDM_CAP_MUT_AUTH) &&
	       (r->req_asym || r->req_pqc_asym);
}

static bool encap(const struct spdm_rsp *r)
{
	return r->cfg.caps & r->peer_caps & SPDM_CAP_ENCAP;
}

/* The strongest form that was configured and that this requester can do. */
static uint8_t form(const struct spdm_rsp *r)
{
	if (!r->cfg.mutual || !able(r))
		return 0;
	if (r->peer_caps & SPDM_CAP_PUB_KEY_ID)
		return r->cfg.peer_key.n ? SPDM_MUT_AUTH : 0;
	if (!(r->peer_caps & SPDM_CAP_CERT))
		return 0;
	if (r->cfg.mutual == SPDM_MUT_AUTH)
		return r->peer.key.n || r->cfg.peer.certs.n ? SPDM_MUT_AUTH : 0;
	return encap(r) ? r->cfg.mutual : 0;
}

/* A key that is known without a chain. */
static enum il_err load_key(struct spdm_rsp *r, struct spdm_rsp_peer *p)
{
	const struct spdm_span k = r->cfg.peer_key;
	enum il_err err = crypto_hash(r->cfg.crypto, spdm_crypto_hash(r->hash),
				      k.p, k.n, p->digest);

	p->slot = KNOWN_KEY;
	return err ? err
		   : crypto_pubkey_from_spki(r->cfg.crypto, &p->key, k.p, k.n);
}

/* Certificates that are known before anybody shows them. */
static enum il_err load_certs(struct spdm_rsp *r, struct spdm_rsp_peer *p,
			      struct crypto_chain *ch)
{
	const struct spdm_rsp_slot *s = &r->cfg.peer;
	const struct crypto *c = r->cfg.crypto;
	uint8_t root[SPDM_HASH_MAX];
	enum il_err err =
		spdm_chain_hash(c, r->hash, s->certs, s->root, root, p->digest);

	p->slot = r->cfg.mutual_slot;
	if (!err)
		err = crypto_chain_parse(c, s->certs.p, s->certs.n, ch);
	if (err) {
		spdm_ex_no_chain(ch);
		return err;
	}
	p->key = ch->leaf;
	ch->leaf = (struct crypto_slot){ 0 };
	crypto_chain_drop(c, ch);
	return IL_OK;
}

/* What the configuration says of the requester, once it is needed. */
static enum il_err load(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_rsp_peer p = { .slot = 0 };
	enum il_err err;

	if (r->peer.key.n)
		return IL_OK;
	err = r->peer_caps & SPDM_CAP_PUB_KEY_ID ? load_key(r, &p)
						 : load_certs(r, &p, &x->chain);
	if (!err)
		r->peer = p;
	return err;
}

enum il_err spdm_mutual_ask(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const uint8_t how = form(r);
	enum il_err err;

	if (!how && r->cfg.mutual && r->cfg.mutual_must)
		return spdm_ex_refuse(x,
				      r->version >= SPDM_V13
					      ? SPDM_ERR_INVALID_POLICY
					      : SPDM_ERR_UNSPECIFIED,
				      0);
	x->mutual = how;
	x->rsp.u.key_ex_rsp.mut_auth = how;
	if (how != SPDM_MUT_AUTH)
		return IL_OK;
	err = load(x);
	x->rsp.u.key_ex_rsp.req_slot = r->peer.slot & 0xf;
	return err;
}

void spdm_mutual_begin(struct spdm_ex *x, struct spdm_rsp_session *s)
{
	struct spdm_rsp *r = x->r;

	s->mutual = x->mutual;
	if (s->mutual == SPDM_MUT_AUTH) {
		s->mut_slot = r->peer.slot;
		memcpy(s->peer_digest, r->peer.digest, SPDM_HASH_MAX);
	} else if (s->mutual) {
		s->mut_slot = NOT_SHOWN;
		spdm_encap_start(r, SPDM_FLOW_CHAIN, s->id);
		/* GET_DIGESTS goes without saying, as request 0. */
		r->encap.waiting = s->mutual == SPDM_MUT_AUTH_DIGESTS;
	}
}

/*
 * OPEN: the bit is deprecated from 1.2 on, not reserved: it is used where it
 * was configured. There must be somewhere to read the certificates into.
 */
bool spdm_mutual_basic(const struct spdm_ex *x)
{
	const struct spdm_rsp *r = x->r;

	if (!r->cfg.basic || !able(r) || !encap(r) || r->version < SPDM_V11 ||
	    !(r->peer_caps & SPDM_CAP_CHAL))
		return false;
	if (r->peer_caps & SPDM_CAP_PUB_KEY_ID)
		return r->cfg.peer_key.n;
	return r->peer_caps & SPDM_CAP_CERT;
}

void spdm_mutual_basic_begin(struct spdm_rsp *r)
{
	spdm_encap_start(r,
			 r->peer_caps & SPDM_CAP_PUB_KEY_ID ? SPDM_FLOW_PUBLIC
							    : SPDM_FLOW_BASIC,
			 0);
}

/*
 * Signed where that was asked, and not where it was not: else the two ends
 * believe different things of the session. Source: DSP0274 1.2.1, section
 * 10.17; CVE-2023-31127 is what comes of less.
 */
enum il_err spdm_mutual_asked(struct spdm_ex *x)
{
	const struct spdm_rsp_session *s = x->s;
	const bool has = x->req.param1 & SPDM_FINISH_SIGNED;

	if (has != (s->mutual != 0))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	if (has && (s->mut_slot == NOT_SHOWN || x->req.param2 != s->mut_slot))
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	return IL_OK;
}

enum il_err spdm_mutual_sig(struct spdm_rsp *r, struct crypto_slot s,
			    struct crypto_slot key, const char *context,
			    struct spdm_span sig)
{
	const struct spdm_sig_alg alg = { r->version, r->hash, r->req_asym,
					  r->req_pqc_asym };
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&r->tr, s, th);

	return err ? err
		   : spdm_sig_verify(r->cfg.crypto, key, &alg, context, th,
				     sig);
}

/*
 * The key is that of the chain which the session's transcript names: another
 * session may have shown another one since.
 */
enum il_err spdm_mutual_verify(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	const struct spdm_span sig = x->req.u.finish.sig;
	enum il_err err = IL_E_AUTH;

	if (r->peer.key.n && memcmp(r->peer.digest, x->s->peer_digest,
				    spdm_hash_len(r->hash)) == 0)
		err = spdm_mutual_sig(r, x->work, r->peer.key, SPDM_SIGN_FINISH,
				      sig);
	if (err == IL_E_AUTH || err == IL_E_FIELD) {
		x->after = spdm_ses_bad_finish;
		return spdm_ex_refuse(x, SPDM_ERR_DECRYPT_ERROR, 0);
	}
	return err ? err : spdm_tr_add(&r->tr, &x->work, true, sig.p, sig.n);
}

static enum il_err nothing(struct spdm_ex *x, struct spdm_rsp_encap *e,
			   struct spdm_msg *m)
{
	(void)x;
	(void)e;
	(void)m;
	return IL_OK;
}

/*
 * Where the requester has many keys, its DIGESTS are in TH, behind
 * KEY_EXCHANGE_RSP: what a key is for, and whose slot it is, cannot be changed
 * on the way. Source: DSP0274 1.3.2, section 10.16.7 (message EncapD)
 */
static enum il_err th_digests(struct spdm_ex *x, struct spdm_span bytes)
{
	struct spdm_rsp *r = x->r;
	enum il_err err;

	if (!r->peer_multi_key || !x->s || x->s->state != SPDM_SES_HANDSHAKE)
		return IL_OK;
	err = crypto_hash_dup(r->cfg.crypto, x->s->th, &x->th);
	return err ? err : spdm_tr_add(&r->tr, &x->th, true, bytes.p, bytes.n);
}

/* The digest of the slot that we want to see; its key is for what it shall
 * sign. Source: DSP0274 1.3.2, section 10.5 (KeyUsageMask) */
static enum il_err take_digests(struct spdm_ex *x, struct spdm_rsp_encap *e,
				const struct spdm_msg *m,
				struct spdm_span bytes)
{
	const size_t n = spdm_hash_len(x->r->hash);
	const uint16_t use = e->flow == SPDM_FLOW_BASIC ? SPDM_KEY_USE_CHALLENGE
							: SPDM_KEY_USE_KEY_EX;
	size_t at = 0;

	if (!(m->param2 >> e->slot & 1) ||
	    (m->version >= SPDM_V13 && (m->param2 & ~m->param1)))
		return IL_E_FIELD;
	for (unsigned i = 0; i < e->slot; i++)
		at += m->param2 >> i & 1;
	if (x->r->peer_multi_key &&
	    !(get_u16le(m->u.digests.key_usage.p + 2 * at) & use))
		return IL_E_FIELD;
	memcpy(e->told, m->u.digests.all.p + at * n, n);
	return th_digests(x, bytes);
}

/* Header, fields and portion must fit what either side takes. */
static uint16_t portion(const struct spdm_rsp *r)
{
	const size_t n = r->cfg.transfer - 4 - 8;

	return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

static enum il_err build_cert(struct spdm_ex *x, struct spdm_rsp_encap *e,
			      struct spdm_msg *m)
{
	m->param1 = e->slot;
	m->u.get_cert.offset = e->len;
	m->u.get_cert.length = portion(x->r);
	return IL_OK;
}

/* The whole chain is there: is it the one that was told of, and trusted? */
static enum il_err chain_whole(struct spdm_ex *x, struct spdm_rsp_encap *e)
{
	struct spdm_rsp *r = x->r;
	const struct spdm_rsp_cfg *cfg = &r->cfg;
	const struct spdm_span chain = { cfg->peer_chain, e->len };
	struct crypto_chain *ch = &x->chain;
	enum il_err err =
		spdm_chain_read(cfg->crypto, r->hash,
				spdm_asym_key(r->req_asym, r->req_pqc_asym),
				chain, e->told, x->verify, ch);

	if (err) {
		spdm_ex_no_chain(ch);
		return err;
	}
	err = cfg->port->trust(cfg->port_ctx, e->slot, ch);
	if (!err) {
		x->dh = ch->leaf;
		ch->leaf = (struct crypto_slot){ 0 };
	}
	crypto_chain_drop(cfg->crypto, ch);
	return err;
}

/*
 * Portions in order, none empty, none longer than asked for, and the total
 * never changes. Source: DSP0274 1.2.1, section 10.6
 */
static enum il_err take_cert(struct spdm_ex *x, struct spdm_rsp_encap *e,
			     const struct spdm_msg *m, struct spdm_span bytes)
{
	const struct spdm_rsp_cfg *cfg = &x->r->cfg;
	const struct spdm_span p = m->u.cert.portion;
	const size_t total = e->len + p.n + m->u.cert.remainder;

	(void)bytes;
	if ((m->param1 & 0xf) != e->slot || !p.n || p.n > portion(x->r) ||
	    total > UINT16_MAX || total > cfg->peer_chain_cap ||
	    (e->len && total != e->total))
		return IL_E_FIELD;
	memcpy(cfg->peer_chain + e->len, p.p, p.n);
	e->len = (uint16_t)(e->len + p.n);
	e->total = (uint16_t)total;
	e->again = m->u.cert.remainder != 0;
	return e->again ? IL_OK : chain_whole(x, e);
}

static enum il_err build_challenge(struct spdm_ex *x, struct spdm_rsp_encap *e,
				   struct spdm_msg *m)
{
	const struct env *env = x->r->cfg.env;
	enum il_err err = env_random(env, m->u.challenge.nonce, SPDM_NONCE_LEN);

	m->param1 = e->flow == SPDM_FLOW_PUBLIC ? KNOWN_KEY : e->slot;
	m->param2 = SPDM_SUMMARY_NONE;
	if (!err && x->r->version >= SPDM_V13)
		err = env_random(env, e->context, sizeof(e->context));
	memcpy(m->u.challenge.context, e->context, sizeof(e->context));
	return err;
}

/* Our nonce is in the signed transcript. */
static enum il_err take_challenge(struct spdm_ex *x, struct spdm_rsp_encap *e,
				  const struct spdm_msg *m,
				  struct spdm_span bytes)
{
	struct spdm_rsp *r = x->r;
	const bool known = e->flow == SPDM_FLOW_PUBLIC;
	const uint8_t slot = known ? 0xf : e->slot;
	struct spdm_rsp_peer *p = &r->peer;

	(void)bytes;
	if ((m->param1 & 0xf) != slot || (m->param1 & SPDM_BASIC_MUT_AUTH) ||
	    (known ? m->param2 != 0 : !(m->param2 >> slot & 1)) ||
	    (r->version >= SPDM_V13 &&
	     memcmp(m->u.challenge_auth.context, e->context,
		    sizeof(e->context)) != 0))
		return IL_E_FIELD;
	if (!p->key.n || memcmp(m->u.challenge_auth.chain_hash.p, p->digest,
				spdm_hash_len(r->hash)) != 0)
		return IL_E_AUTH;
	return spdm_mutual_sig(r, x->work, p->key, SPDM_SIGN_MUT_CHALLENGE,
			       m->u.challenge_auth.sig);
}

const struct spdm_encap_step spdm_encap_digests = { SPDM_GET_DIGESTS, true,
						    nothing, take_digests };
const struct spdm_encap_step spdm_encap_cert = { SPDM_GET_CERTIFICATE, true,
						 build_cert, take_cert };
const struct spdm_encap_step spdm_encap_challenge = { SPDM_CHALLENGE, true,
						      build_challenge,
						      take_challenge };
