/* SPDX-License-Identifier: BSD-2-Clause */
#include "ends.h"

#include <stdlib.h>

#include "bench.h"
#include "crypto/identity.h"

#define VALID_FROM 1000000000
#define VALID_TO   4000000000
#define NOW	   2000000000

static uint8_t pattern[ENDS_PAYLOAD_MAX];

static enum il_err draw(void *ctx, uint8_t *out, size_t len)
{
	struct ends *e = ctx;

	return ossl_random(e->lib[0], out, len);
}

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct ends *e = ctx;

	(void)slot;
	(void)asym;
	return crypto_sign_digest(&e->c[1], e->key, digest, digest_len, sig,
				  sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	(void)ctx;
	if (index > 4)
		return IL_E_ARG;
	*out = (struct spdm_measurement){ .type = (uint8_t)(index - 1),
					  .tcb = true,
					  .raw = { pattern, 32 } };
	return IL_OK;
}

/* The bytes that came, back. */
static enum il_err vendor(void *ctx, uint32_t session_id,
			  const struct spdm_vdm *in, uint8_t *out, size_t cap,
			  size_t *len)
{
	(void)ctx;
	(void)session_id;
	if (in->payload.n > cap)
		return IL_E_SPACE;
	memcpy(out, in->payload.p, in->payload.n);
	*len = in->payload.n;
	return IL_OK;
}

static enum il_err trust(void *ctx, const struct crypto_chain *ch)
{
	struct ends *e = ctx;
	struct crypto_why why;

	return crypto_chain_verify(&e->c[0], ch, e->certs, e->root_len,
				   e->now_s, &why);
}

static void make_identity(struct ends *e)
{
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x010802,
					  .not_before_s = VALID_FROM,
					  .not_after_s = VALID_TO };
	struct identity_files *f = malloc(sizeof(*f));
	struct identity *id = malloc(sizeof(*id));
	struct crypto_chain chain = { .count = 0 };
	enum identity_fault fault;

	bench_must(!f || !id);
	bench_must(identity_new(e->lib[1], &cfg, f));
	bench_must(identity_load(e->lib[1], f->chain.text, f->chain.len,
				 f->key[IDENTITY_LEAF].text,
				 f->key[IDENTITY_LEAF].len, id, &fault));
	memcpy(e->certs, id->chain, id->chain_len);
	e->certs_len = id->chain_len;
	bench_must(crypto_key_load(&e->c[1], &e->key, id->key, id->key_len));
	bench_must(
		crypto_chain_parse(&e->c[0], e->certs, e->certs_len, &chain));
	bench_must(chain.count != 3);
	e->root_len = chain.certs[0].len;
	crypto_chain_drop(&e->c[0], &chain);
	free(f);
	free(id);
}

static void responder(struct ends *e)
{
	static const struct spdm_rsp_port port = { .sign = sign,
						   .measure = measure };
	static const struct spdm_rsp_up up = { .vendor = vendor };
	const struct spdm_rsp_cfg cfg = {
		.crypto = &e->c[1],
		.env = &e->env,
		.port = &port,
		.port_ctx = e,
		.up = &up,
		.versions = { SPDM_V12 },
		.caps = SPDM_RSP_CAPS,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.meas_hash = SPDM_MEAS_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.slots = { { .certs = { e->certs, e->certs_len } } },
		.transfer = ENDS_TRANSFER,
		.ses = e->ses,
		.ses_count = COUNT(e->ses),
		.scratch = e->rsp_scratch,
		.scratch_len = sizeof(e->rsp_scratch),
	};

	bench_must(spdm_rsp_init(&e->rsp, &cfg));
}

static void requester(struct ends *e)
{
	const struct spdm_req_cfg cfg = {
		.crypto = &e->c[0],
		.env = &e->env,
		.verify_chain = trust,
		.verify_ctx = e,
		.versions = { SPDM_V12 },
		.caps = SPDM_REQ_CAPS,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.transfer = ENDS_TRANSFER,
		.chain = e->chain,
		.chain_cap = sizeof(e->chain),
		.scratch = e->req_scratch,
		.scratch_len = sizeof(e->req_scratch),
	};

	bench_must(spdm_req_init(&e->req, &cfg));
}

struct ends *ends_new(void)
{
	struct ends *e = aligned_alloc(64, sizeof(*e));

	bench_must(!e);
	memset(e, 0, sizeof(*e));
	e->in = e->in_line + 58;
	e->out = e->out_line + 58;
	for (unsigned i = 0; i < 2; i++) {
		const struct ossl_cfg cfg = { .slots = 64 };

		bench_must(ossl_new(&cfg, &e->lib[i]));
		e->c[i] = ossl_crypto(e->lib[i]);
	}
	e->env = (struct env){ .random = draw, .ctx = e };
	e->now_s = NOW;
	make_identity(e);
	responder(e);
	requester(e);
	return e;
}

void ends_free(struct ends *e)
{
	spdm_req_fini(&e->req);
	spdm_rsp_fini(&e->rsp);
	crypto_drop(&e->c[1], &e->key);
	for (unsigned i = 0; i < 2; i++)
		ossl_free(e->lib[i]);
	free(e);
}

void ends_run(struct ends *e, enum spdm_req_op op,
	      const struct spdm_req_args *args)
{
	enum spdm_kind kind, back;
	size_t n, m;
	enum il_err err;

	bench_must(spdm_req_begin(&e->req, op, args));
	do {
		bench_must(spdm_req_pull(&e->req, e->in, ENDS_IN, &n, &kind));
		bench_must(spdm_rsp_handle(&e->rsp, kind, e->in, n, e->out,
					   ENDS_OUT, &m, &back, 0));
		e->messages += 2;
		err = spdm_req_push(&e->req, back, e->out, m, 0);
	} while (err == IL_E_AGAIN);
	bench_must(err);
}

void ends_handshake(struct ends *e)
{
	const struct spdm_req_args signed_all = { .sign = true,
						  .index = SPDM_MEAS_ALL };

	ends_run(e, SPDM_OP_CONNECT, NULL);
	ends_run(e, SPDM_OP_CHALLENGE, NULL);
	ends_run(e, SPDM_OP_MEASURE, &signed_all);
	ends_run(e, SPDM_OP_SESSION, NULL);
	ends_run(e, SPDM_OP_END_SESSION, NULL);
}

void ends_session(struct ends *e)
{
	ends_run(e, SPDM_OP_CONNECT, NULL);
	ends_run(e, SPDM_OP_SESSION, NULL);
}

void ends_vendor(struct ends *e, size_t len)
{
	static const uint8_t vid[2] = { SPDM_VID_PCISIG, 0 };
	const struct spdm_req_args a = {
		.vdm = { .standard = SPDM_STD_PCISIG,
			 .vid = { vid, sizeof(vid) },
			 .payload = { pattern, len } },
	};

	ends_run(e, SPDM_OP_VENDOR, &a);
}
