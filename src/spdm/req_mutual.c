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
	if (!cfg->port || !cfg->port->sign || !cfg->req_asym)
		return false;
	return cfg->caps & SPDM_CAP_PUB_KEY_ID
		       ? cfg->pub_key.n && !(cfg->caps & SPDM_CAP_CERT)
		       : certs;
}

bool spdm_req_mutual_able(const struct spdm_req *q)
{
	return (q->cfg.caps & q->peer_caps & SPDM_CAP_MUT_AUTH) && q->req_asym;
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

enum il_err spdm_req_own_sign(struct spdm_req *q, uint8_t slot,
			      struct crypto_slot s, const char *context)
{
	uint8_t th[SPDM_HASH_MAX];
	uint8_t digest[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, s, th);

	if (!err)
		err = spdm_sign_digest(q->cfg.crypto, q->version, q->hash,
				       context, th, digest);
	if (err)
		return err;
	return q->cfg.port->sign(q->cfg.port_ctx, slot, q->req_asym, digest,
				 q->shape.hash_len, q->own_sig,
				 q->shape.req_sig_len);
}
