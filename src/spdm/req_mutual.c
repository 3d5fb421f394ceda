/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/chain.h"
#include "spdm/keys_priv.h"
#include "spdm/req_priv.h"

/*
 * Mutual authentication, as the requester proves who it is.
 * Source: DSP0274 1.2.1, sections 10.9, 10.16 and 10.17.
 */

#define KNOWN_KEY UINT8_MAX

bool spdm_req_mutual_cfg(const struct spdm_req_cfg *cfg)
{
	bool certs = false;

	if (!(cfg->caps & SPDM_CAP_MUT_AUTH))
		return !(cfg->caps &
			 (SPDM_CAP_PUB_KEY_ID | SPDM_CAP_MULTI_KEY_MASK));
	for (unsigned i = 0; i < SPDM_SLOTS; i++) {
		const struct spdm_span s = cfg->slots[i].certs;

		if (s.n && (!s.p || !spdm_der_len(s) ||
			    s.n > UINT16_MAX - SPDM_CHAIN_HEAD - SPDM_HASH_MAX))
			return false;
		if (s.n && (cfg->caps & SPDM_CAP_MULTI_KEY_MASK) &&
		    !cfg->slots[i].key_pair)
			return false;
		certs |= s.n != 0;
	}
	if (!cfg->port || (cfg->req_asym && !cfg->port->sign) ||
	    (cfg->req_pqc_asym && !cfg->port->sign_msg) ||
	    (!cfg->req_asym && !cfg->req_pqc_asym))
		return false;
	return cfg->caps & SPDM_CAP_PUB_KEY_ID
		       ? cfg->pub_key.n && !(cfg->caps & SPDM_CAP_CERT)
		       : certs;
}

bool spdm_req_mutual_able(const struct spdm_req *q)
{
	return (q->cfg.caps & q->peer_caps & SPDM_CAP_MUT_AUTH) &&
	       (q->req_asym || q->req_pqc_asym);
}

bool spdm_req_may(const struct spdm_req *q, uint8_t slot, uint16_t use)
{
	return slot < SPDM_SLOTS && q->cfg.slots[slot].certs.n &&
	       (!q->own_multi || (q->cfg.slots[slot].usage & use));
}

/* Where a peer knows our key it has nothing to ask; else a slot is named, or
 * certificates are asked for. */
bool spdm_req_mutual_fits(const struct spdm_req *q, uint8_t how, uint8_t slot)
{
	const bool known = q->cfg.caps & SPDM_CAP_PUB_KEY_ID;

	switch (how) {
	case 0:
		return slot == 0;
	case SPDM_MUT_AUTH:
		if (!spdm_req_mutual_able(q))
			return false;
		if (known)
			return (slot & 0xf) == 0xf;
		return spdm_req_may(q, slot, SPDM_KEY_USE_KEY_EX);
	case SPDM_MUT_AUTH_ENCAP:
	case SPDM_MUT_AUTH_DIGESTS:
		return spdm_req_mutual_able(q) && !known &&
		       (q->cfg.caps & q->peer_caps & SPDM_CAP_ENCAP);
	default:
		return false;
	}
}

void spdm_req_mutual_take(struct spdm_req *q, uint8_t how, uint8_t slot)
{
	const uint8_t digests[4] = { q->version, SPDM_GET_DIGESTS };

	q->mutual = how;
	q->mut_slot = 0;
	q->rounds = 0;
	q->first = true;
	if (how == SPDM_MUT_AUTH)
		q->mut_slot =
			q->cfg.caps & SPDM_CAP_PUB_KEY_ID ? KNOWN_KEY : slot;
	if (how != SPDM_MUT_AUTH_DIGESTS)
		return;
	/* GET_DIGESTS that goes without saying is request 0. */
	memcpy(q->implied, digests, sizeof(digests));
	q->inner = (struct spdm_span){ q->implied, sizeof(q->implied) };
	q->encap_id = 0;
}

enum il_err spdm_req_own_digest(const struct spdm_req *q, uint8_t slot,
				uint8_t *out)
{
	const struct crypto *c = q->cfg.crypto;
	const struct spdm_req_slot *s;
	uint8_t root[SPDM_HASH_MAX];

	if (slot == KNOWN_KEY)
		return crypto_hash(c, spdm_crypto_hash(q->hash),
				   q->cfg.pub_key.p, q->cfg.pub_key.n, out);
	s = &q->cfg.slots[slot];
	return spdm_chain_hash(c, q->hash, s->certs, s->root, root, out);
}

size_t spdm_req_sig_tail(const struct spdm_req *q)
{
	return q->req_pqc_asym ? q->shape.req_sig_len : 0;
}

static uint8_t *sig_room(struct spdm_req *q)
{
	const size_t tail = spdm_req_sig_tail(q);

	return tail ? q->cfg.scratch + q->cfg.scratch_len - tail : q->own_sig;
}

struct spdm_span spdm_req_own_sig(struct spdm_req *q)
{
	return (struct spdm_span){ sig_room(q), q->shape.req_sig_len };
}

static enum il_err sign_msg(struct spdm_req *q, uint8_t slot,
			    const char *context, const uint8_t *th)
{
	uint8_t msg[SPDM_SIGN_MSG_MAX];
	size_t len;
	enum il_err err =
		spdm_sign_msg(q->version, q->hash, context, th, msg, &len);

	if (err)
		return err;
	q->scratch_used = q->cfg.scratch_len;
	return q->cfg.port->sign_msg(q->cfg.port_ctx, slot, q->req_pqc_asym,
				     context, msg, len, sig_room(q),
				     q->shape.req_sig_len);
}

enum il_err spdm_req_own_sign(struct spdm_req *q, uint8_t slot,
			      struct crypto_slot s, const char *context)
{
	uint8_t th[SPDM_HASH_MAX];
	uint8_t digest[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, s, th);

	if (err)
		return err;
	if (q->req_pqc_asym)
		return sign_msg(q, slot, context, th);
	err = spdm_sign_digest(q->cfg.crypto, q->version, q->hash, context, th,
			       digest);
	if (err)
		return err;
	return q->cfg.port->sign(q->cfg.port_ctx, slot, q->req_asym, digest,
				 q->shape.hash_len, q->own_sig,
				 q->shape.req_sig_len);
}
