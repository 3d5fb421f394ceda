/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_priv.h"
#include "spdm/sig.h"

/* What an operation found out; see req.h for how long it stays. */

enum il_err spdm_req_verify(struct spdm_req *q, const char *context,
			    struct spdm_span sig)
{
	const struct spdm_sig_alg alg = { q->version, q->hash, q->asym,
					  q->pqc_asym };
	uint8_t th[SPDM_HASH_MAX];
	enum il_err err = spdm_tr_digest(&q->tr, q->hs, th);

	return err ? err
		   : spdm_sig_verify(q->cfg.crypto, q->leaf.leaf, &alg, context,
				     th, sig);
}

struct spdm_span spdm_req_chain(const struct spdm_req *q)
{
	return (struct spdm_span){ q->cfg.chain,
				   q->leaf.count ? q->chain_len : 0 };
}

struct spdm_span spdm_req_certs(const struct spdm_req *q)
{
	const size_t head = SPDM_CHAIN_HEAD + spdm_hash_len(q->hash);

	if (!q->leaf.count)
		return (struct spdm_span){ 0 };
	return (struct spdm_span){ q->cfg.chain + head, q->chain_len - head };
}

const struct crypto_chain *spdm_req_parsed(const struct spdm_req *q)
{
	return q->leaf.count ? &q->leaf : NULL;
}

struct spdm_span spdm_req_chain_digest(const struct spdm_req *q)
{
	return (struct spdm_span){ q->chain_digest,
				   q->leaf.count ? spdm_hash_len(q->hash) : 0 };
}

enum il_err spdm_req_vca_digest(const struct spdm_req *q, uint8_t *out)
{
	return spdm_tr_vca_digest(&q->tr, out);
}

struct spdm_span spdm_req_vca(const struct spdm_req *q)
{
	return (struct spdm_span){ q->cfg.vca, q->vca_len };
}

struct spdm_span spdm_req_record(const struct spdm_req *q)
{
	return q->record;
}

struct spdm_span spdm_req_meas_bytes(const struct spdm_req *q)
{
	return (struct spdm_span){ q->cfg.meas, q->meas_len };
}

struct spdm_span spdm_req_meas_sig(const struct spdm_req *q)
{
	return q->sig;
}

struct spdm_span spdm_req_l12_digest(const struct spdm_req *q)
{
	return (struct spdm_span){ q->l12_digest,
				   q->sig.n ? spdm_hash_len(q->hash) : 0 };
}

const struct spdm_vdm *spdm_req_answer(const struct spdm_req *q)
{
	return &q->answer;
}

uint8_t spdm_req_peer_error(const struct spdm_req *q)
{
	return q->peer_error;
}

uint8_t spdm_req_peer_error_data(const struct spdm_req *q)
{
	return q->peer_error_data;
}

size_t spdm_req_got(const struct spdm_req *q)
{
	return q->out_len;
}

const struct spdm_key_pair *spdm_req_pair(const struct spdm_req *q)
{
	return &q->pair;
}
