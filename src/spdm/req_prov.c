/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_prov.h"

#include "spdm/chain.h"
#include "spdm/keys_priv.h"

/* GET_CSR and SET_CERTIFICATE, and what all of provisioning shares. */

enum il_err spdm_req_put(struct spdm_req *q, struct spdm_span s)
{
	if (s.n > q->args.out_cap - q->out_len)
		return IL_E_NOMEM;
	if (s.n)
		memcpy(q->args.out + q->out_len, s.p, s.n);
	q->out_len += s.n;
	return IL_OK;
}

/* As spdm_rsp_key_named(): both or none. */
static bool named(const struct spdm_req *q, uint8_t key_pair, uint8_t model)
{
	if (!q->multi_key)
		return !key_pair && !model;
	return key_pair && model >= SPDM_CERT_MODEL_DEVICE &&
	       model <= SPDM_CERT_MODEL_GENERIC;
}

static bool csr_fits(const struct spdm_req *q, const struct spdm_req_args *a)
{
	const bool reset = q->peer_caps & SPDM_CAP_CERT_INSTALL_RESET;

	if (a->info.n > UINT16_MAX || a->csr_opaque.n > SPDM_OPAQUE_MAX)
		return false;
	if (q->version < SPDM_V13)
		return !a->key_pair && !a->model && !a->tag && !a->overwrite;
	return a->tag <= 7 && (!a->tag || (reset && !a->overwrite)) &&
	       named(q, a->key_pair, a->model);
}

static bool cert_fits(const struct spdm_req *q, const struct spdm_req_args *a)
{
	if (a->target >= SPDM_SLOTS || a->set_chain.n > UINT16_MAX)
		return false;
	if (q->version < SPDM_V13)
		return a->set_chain.n && !a->key_pair && !a->model;
	if (a->set_chain.n)
		return named(q, a->key_pair, a->model);
	return !a->model && (a->key_pair != 0) == q->multi_key;
}

bool spdm_req_prov_fits(const struct spdm_req *q, enum spdm_req_op op,
			const struct spdm_req_args *a)
{
	if (op == SPDM_OP_CSR)
		return a->out && csr_fits(q, a);
	if (op == SPDM_OP_SET_CERT)
		return cert_fits(q, a);
	if (op == SPDM_OP_KEY_PAIR)
		return a->wish.id != 0;
	if (op == SPDM_OP_SET_KEY_PAIR)
		return a->wish.id && a->wish.op <= SPDM_KEY_PAIR_GENERATE;
	if (op == SPDM_OP_ENDPOINT_INFO)
		return a->out &&
		       (!a->sign || (q->peer_caps & SPDM_CAP_EP_INFO_MASK) ==
					    SPDM_CAP_EP_INFO_SIG);
	if (op == SPDM_OP_MEL)
		return a->out && q->mel_spec;
	return true;
}

enum il_err spdm_req_chain_make(const struct spdm_req *q,
				struct spdm_span certs, uint8_t *out,
				size_t cap, size_t *len)
{
	const size_t hash = spdm_hash_len(q->hash);
	const size_t total = SPDM_CHAIN_HEAD + hash + certs.n;
	uint8_t root[SPDM_HASH_MAX];
	struct wr w = wr_over(out, cap);
	size_t n = spdm_der_len(certs);
	enum il_err err;

	if (!hash || !n || total > UINT16_MAX)
		return IL_E_ARG;
	err = crypto_hash(q->cfg.crypto, spdm_crypto_hash(q->hash), certs.p, n,
			  root);
	if (err)
		return err;
	wr_u16le(&w, (uint16_t)total);
	wr_zero(&w, 2);
	wr_bytes(&w, root, hash);
	wr_bytes(&w, certs.p, certs.n);
	return wr_end(&w, len);
}

static enum il_err csr_build(struct spdm_req *q, struct spdm_msg *m)
{
	const struct spdm_req_args *a = &q->args;

	q->out_len = 0;
	m->param1 = a->key_pair;
	m->param2 = (uint8_t)(a->model | a->tag << 3 |
			      (a->overwrite ? SPDM_CSR_OVERWRITE : 0));
	m->u.get_csr.info = a->info;
	m->u.get_csr.opaque = a->csr_opaque;
	return IL_OK;
}

static enum il_err csr_check(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_span csr = m->u.csr.csr;

	/* One DER object, and nothing else. */
	if (!csr.n || spdm_der_len(csr) != csr.n)
		return IL_E_FIELD;
	return spdm_req_put(q, csr);
}

const struct spdm_req_step spdm_req_csr_step = { SPDM_GET_CSR, SPDM_TR_NONE,
						 csr_build, NULL, csr_check };

static enum il_err cert_build(struct spdm_req *q, struct spdm_msg *m)
{
	const struct spdm_req_args *a = &q->args;

	m->param1 = (uint8_t)(a->target | a->model << 4 |
			      (a->set_chain.n ? 0 : SPDM_SET_CERT_ERASE));
	m->param2 = a->key_pair;
	m->u.set_cert.chain = a->set_chain;
	return IL_OK;
}

static enum il_err cert_check(struct spdm_req *q, const struct spdm_msg *m)
{
	return (m->param1 & 0xf) == q->args.target ? IL_OK : IL_E_FIELD;
}

const struct spdm_req_step spdm_req_set_cert_step = { SPDM_SET_CERTIFICATE,
						      SPDM_TR_NONE, cert_build,
						      NULL, cert_check };
