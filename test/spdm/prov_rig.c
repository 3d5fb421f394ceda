/* SPDX-License-Identifier: BSD-2-Clause */
#include "prov_rig.h"

#include <stdlib.h>

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct prov *v = ctx;

	(void)slot;
	(void)asym;
	return crypto_sign_digest(&v->p->c, v->p->maker.key, digest, digest_len,
				  sig, sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	(void)ctx;
	*out = (struct spdm_measurement){ .raw = { &index, 1 } };
	return IL_E_ARG;
}

static enum il_err csr(void *ctx, const struct spdm_csr_ask *ask, uint8_t *out,
		       size_t cap, size_t *len, bool *reset, uint8_t *tag)
{
	struct prov *v = ctx;
	struct wr w = wr_over(out, cap);

	v->csrs++;
	v->csr = *ask;
	assert_true(ask->info.n <= sizeof(v->info));
	if (ask->info.n)
		memcpy(v->info, ask->info.p, ask->info.n);
	if (v->csr_err)
		return v->csr_err;
	*reset = v->reset;
	*tag = v->tag;
	if (v->reset || !v->csr_len)
		return IL_OK;
	wr_u8(&w, 0x30);
	wr_u8(&w, 0x82);
	wr_u16be(&w, (uint16_t)(v->csr_len - 4));
	for (size_t i = 4; i < v->csr_len; i++)
		wr_u8(&w, (uint8_t)i);
	return wr_end(&w, len);
}

static enum il_err set_cert(void *ctx, const struct spdm_cert_ask *ask,
			    struct spdm_rsp_slot *now, bool *reset)
{
	struct prov *v = ctx;

	v->certs++;
	v->cert = *ask;
	if (v->cert_err)
		return v->cert_err;
	*reset = v->reset;
	if (v->reset)
		return IL_OK;
	if (!ask->certs.n) {
		*now = (struct spdm_rsp_slot){ .there = true };
		return IL_OK;
	}
	if (crypto_key_fits(&v->p->c, v->p->maker.key, ask->chain->leaf))
		return IL_E_AUTH;
	if (ask->certs.n > sizeof(v->slot[0]))
		return IL_E_LONG;
	memcpy(v->slot[ask->slot], ask->certs.p, ask->certs.n);
	now->certs = (struct spdm_span){ v->slot[ask->slot], ask->certs.n };
	now->key_pair = ask->key_pair;
	now->model = ask->model;
	return IL_OK;
}

static enum il_err key_pair(void *ctx, uint8_t id, struct spdm_key_pair *out)
{
	struct prov *v = ctx;

	if (id > PROV_PAIRS)
		return IL_E_ARG;
	*out = v->pairs[id - 1];
	return IL_OK;
}

static enum il_err set_key_pair(void *ctx, const struct spdm_key_pair_ask *ask,
				bool *reset)
{
	struct prov *v = ctx;
	struct spdm_key_pair *k = &v->pairs[ask->id - 1];

	v->sets++;
	v->set = *ask;
	if (v->pair_err)
		return v->pair_err;
	*reset = v->reset;
	if (v->reset)
		return IL_OK;
	k->usage = ask->usage;
	k->asym = ask->asym;
	k->slots = ask->slots;
	return IL_OK;
}

static enum il_err endpoint_info(void *ctx, uint8_t sub, uint8_t *out,
				 size_t cap, size_t *len)
{
	struct prov *v = ctx;
	struct wr w = wr_over(out, cap);

	if (v->info_err)
		return v->info_err;
	if (sub != SPDM_EP_INFO_CLASS_ID)
		return IL_E_ARG;
	wr_bytes(&w, "\1\0\0\0\4\3\2\x1a\x1d\0", 10);
	return wr_end(&w, len);
}

static enum il_err mel(void *ctx, uint32_t meas_hash, struct spdm_span *out)
{
	struct prov *v = ctx;

	assert_int_equal(meas_hash, SPDM_MEAS_HASH_SHA_384);
	*out = (struct spdm_span){ v->log, v->log_len };
	return v->mel_err;
}

/* The log: @n bytes of text in each of three entries. */
static void fill_log(struct prov *v, uint16_t n)
{
	static const uint8_t text[4096] = "what was started";
	struct wr w = wr_over(v->log, sizeof(v->log));

	spdm_mel_begin(&w);
	for (uint32_t i = 1; i <= 3; i++)
		spdm_mel_add(&w, &(struct spdm_mel_entry){
					 .index = i,
					 .meas = 0x10,
					 .type = 0x80 | SPDM_MEAS_TYPE_INFO,
					 .value = { text, n } });
	assert_int_equal(spdm_mel_end(&w, 3), IL_OK);
	v->log_len = w.len;
}

static void fill_pairs(struct prov *v)
{
	static const uint8_t info[] = { 0x30, 0x10, 6,	  7, 0x2a, 0x86,
					0x48, 0xce, 0x3d, 2, 1,	   6,
					5,    0x2b, 0x81, 4, 0,	   0x22 };

	for (uint8_t i = 0; i < PROV_PAIRS; i++)
		v->pairs[i] = (struct spdm_key_pair){
			.total = PROV_PAIRS,
			.id = (uint8_t)(i + 1),
			.caps = 0x1f, /* all but shareable */
			.usage_caps = 0xf,
			.usage = 0xf,
			.asym_caps =
				SPDM_KEY_PAIR_ECC_P256 | SPDM_KEY_PAIR_ECC_P384,
			.asym = SPDM_KEY_PAIR_ECC_P384,
			.info = { info, sizeof(info) },
		};
	v->pairs[0].slots = 1;
	v->pairs[1].slots = 2;
	v->pairs[2].asym = 0;
	v->pairs[2].usage = 0;
}

struct prov *prov_new(void)
{
	struct prov *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	v->p = pair_new(CRYPTO_P384);
	v->port = (struct spdm_rsp_port){ .sign = sign,
					  .measure = measure,
					  .csr = csr,
					  .set_cert = set_cert,
					  .key_pair = key_pair,
					  .set_key_pair = set_key_pair,
					  .endpoint_info = endpoint_info,
					  .mel = mel };
	v->csr_len = 300;
	fill_log(v, 100);
	fill_pairs(v);
	v->p->rcfg.port = &v->port;
	v->p->rcfg.port_ctx = v;
	v->p->rcfg.caps |= PROV_CAPS;
	v->p->rcfg.slots[0].there = true;
	v->p->rcfg.slots[0].key_pair = 1;
	v->p->rcfg.slots[0].model = SPDM_CERT_MODEL_DEVICE;
	v->p->rcfg.slots[0].usage = 0xf;
	v->p->rcfg.slots[1].there = true;
	v->p->rcfg.slots[1].key_pair = 2;
	v->p->rcfg.slots[1].usage = 0xf;
	return v;
}

void prov_free(struct prov *v)
{
	pair_free(v->p);
	free(v);
}

void prov_connect(struct prov *v, uint8_t version, bool many, bool session)
{
	struct pair *p = v->p;

	memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
	memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
	p->rcfg.versions[0] = p->qcfg.versions[0] = version;
	p->qcfg.multi_key = many;
	memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
	memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
	p->rcfg.versions[0] = p->qcfg.versions[0] = version;
	p->qcfg.multi_key = many;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(p->rsp.version, version);
	assert_int_equal(p->rsp.multi_key, many);
	assert_int_equal(p->req.multi_key, many);
	if (session)
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
}

int prov_send(struct prov *v, const uint8_t *in, size_t n)
{
	if (v->p->req.state == SPDM_REQ_SESSION)
		return pair_send_secured(v->p, in, n);
	return pair_send(v->p, SPDM_PLAIN, in, n);
}

struct spdm_span prov_chain(struct prov *v)
{
	size_t n;

	assert_int_equal(
		spdm_req_chain_make(&v->p->req,
				    (struct spdm_span){ v->p->maker.certs,
							v->p->maker.certs_len },
				    v->chain, sizeof(v->chain), &n),
		IL_OK);
	return (struct spdm_span){ v->chain, n };
}
