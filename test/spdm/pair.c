/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct pair *p = ctx;

	(void)asym;
	assert_int_equal(slot, 0);
	memcpy(p->rsp_digest, digest, digest_len);
	if (p->sign_err)
		return p->sign_err;
	return crypto_sign_digest(&p->c, p->maker.key, digest, digest_len, sig,
				  sig_len);
}

static enum il_err sign_msg(void *ctx, uint8_t slot, uint32_t pqc_asym,
			    const char *about, const uint8_t *msg, size_t len,
			    uint8_t *sig, size_t sig_len)
{
	struct pair *p = ctx;

	assert_int_equal(slot, 0);
	assert_int_equal(spdm_pqc_sig_len(pqc_asym), sig_len);
	memcpy(p->msg, msg, len);
	p->msg_len = len;
	if (p->sign_err)
		return p->sign_err;
	if (p->about)
		about = p->about;
	return crypto_sign_msg(&p->c, p->maker.key, about, strlen(about), msg,
			       len, sig, sig_len);
}

static enum il_err req_sign_msg(void *ctx, uint8_t slot, uint32_t pqc_asym,
				const char *about, const uint8_t *msg,
				size_t len, uint8_t *sig, size_t sig_len)
{
	struct pair *p = ctx;

	assert_true(slot == UINT8_MAX || p->qcfg.slots[slot].certs.n);
	assert_int_equal(spdm_pqc_sig_len(pqc_asym), sig_len);
	p->signs++;
	return crypto_sign_msg(&p->c, p->maker.key, about, strlen(about), msg,
			       len, sig, sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	static const uint8_t bytes[64] = { 1, 2, 3, 4 };

	(void)ctx;
	switch (index) {
	case 1: /* immutable ROM */
		*out = (struct spdm_measurement){ .tcb = true,
						  .raw = { bytes, 64 } };
		return IL_OK;
	case 2: /* mutable firmware */
		*out = (struct spdm_measurement){ .type = 1,
						  .raw = { bytes, 10 } };
		return IL_OK;
	case 0x11: /* secure version number: never a digest */
		*out = (struct spdm_measurement){ .type = 7,
						  .only_raw = true,
						  .raw = { bytes, 8 } };
		return IL_OK;
	default:
		return IL_E_ARG;
	}
}

/* Echoes the payload with every byte one higher. */
static enum il_err vendor(void *ctx, uint32_t session_id,
			  const struct spdm_vdm *in, uint8_t *out, size_t cap,
			  size_t *len)
{
	struct pair *p = ctx;
	struct wr w = wr_over(out, cap);

	(void)session_id;
	p->vendor_calls++;
	if (p->vendor_err)
		return p->vendor_err;
	for (size_t i = 0; i < in->payload.n && !p->vendor_silent; i++)
		wr_u8(&w, (uint8_t)(in->payload.p[i] + 1));
	return wr_end(&w, len);
}

static void ended(void *ctx, uint32_t session_id, enum spdm_end why)
{
	struct pair *p = ctx;

	/* Its keys are gone before anybody is told. */
	assert_false(spdm_rsp_session_open(&p->rsp, session_id));
	p->ended++;
	p->ended_id = session_id;
	p->ended_why = why;
}

static enum il_err extract(struct pair *p, struct spdm_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len, uint8_t twist,
			   uint8_t *secret)
{
	const uint8_t key[5] = { 1, 2, 3, 4, (uint8_t)(5 ^ twist) };

	if (p->psk_err)
		return p->psk_err;
	if (hint.n != sizeof(PAIR_HINT) ||
	    memcmp(hint.p, PAIR_HINT, hint.n) != 0)
		return IL_E_ARG;
	return crypto_hkdf_extract(&p->c,
				   hash == SPDM_HASH_SHA_256 ? CRYPTO_SHA256
							     : CRYPTO_SHA384,
				   salt, salt_len, key, sizeof(key), secret);
}

static enum il_err rsp_psk(void *ctx, struct spdm_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len,
			   uint8_t *secret)
{
	struct pair *p = ctx;

	return extract(p, hint, hash, salt, salt_len, p->psk_twist, secret);
}

static enum il_err req_psk(void *ctx, struct spdm_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len,
			   uint8_t *secret)
{
	return extract(ctx, hint, hash, salt, salt_len, 0, secret);
}

static enum il_err req_sign(void *ctx, uint8_t slot, uint32_t asym,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len)
{
	struct pair *p = ctx;

	(void)asym;
	assert_true(slot == UINT8_MAX || p->qcfg.slots[slot].certs.n);
	/* Who is asked again is asked for the same. */
	if (p->pending)
		assert_memory_equal(p->signed_digest, digest, digest_len);
	memcpy(p->signed_digest, digest, digest_len);
	p->pending = p->slow != 0;
	if (p->slow) {
		p->slow--;
		return IL_E_AGAIN;
	}
	p->signs++;
	return crypto_sign_digest(&p->c, p->maker.key, digest, digest_len, sig,
				  sig_len);
}

static enum il_err req_info(void *ctx, uint8_t sub, struct wr *out)
{
	(void)ctx;
	if (sub != SPDM_EP_INFO_CLASS_ID)
		return IL_E_ARG;
	wr_u32le(out, 0x12345678);
	return IL_OK;
}

static enum il_err trust(void *ctx, uint8_t slot,
			 const struct crypto_chain *chain)
{
	struct pair *p = ctx;

	(void)slot;
	assert_true(chain->count != 0);
	p->trusted++;
	return p->trust_err;
}

static void peer_info(void *ctx, uint32_t session_id, uint8_t sub,
		      struct spdm_span info, bool proven)
{
	struct pair *p = ctx;

	(void)session_id;
	assert_int_equal(sub, SPDM_EP_INFO_CLASS_ID);
	assert_int_equal(info.n, 4);
	p->infos++;
	p->info_proven = proven;
}

static const struct spdm_req_port req_port = {
	.sign = req_sign,
	.endpoint_info = req_info,
	.psk = req_psk,
	.sign_msg = req_sign_msg,
};

static const struct spdm_rsp_port port = {
	.sign = sign,
	.measure = measure,
	.vendor_other = vendor,
	.psk = rsp_psk,
	.trust = trust,
	.peer_info = peer_info,
	.sign_msg = sign_msg,
};

static const struct spdm_rsp_up up = { vendor, ended };

static void tap(void *ctx, uint32_t session_id, enum spdm_tap_stage stage,
		struct spdm_msg *rsp)
{
	struct pair *p = ctx;

	(void)session_id;
	if (!p->change || rsp->code != p->change_code ||
	    stage != p->change_stage)
		return;
	p->change(p, rsp);
	p->changed++;
}

static void configure(struct pair *p, enum crypto_curve curve)
{
	const bool p256 = curve == CRYPTO_P256;

	p->rcfg = (struct spdm_rsp_cfg){
		.crypto = &p->c,
		.env = &p->env,
		.port = &port,
		.port_ctx = p,
		.up = &up,
		.up_ctx = p,
		.tap = tap,
		.tap_ctx = p,
		.versions = { SPDM_V12, SPDM_V11 },
		.caps = SPDM_RSP_CAPS,
		.asym = p256 ? SPDM_ASYM_ECDSA_P256 : SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384,
		.meas_hash = SPDM_MEAS_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V12, SPDM_SM_V11 },
		.slots = { { .certs = { p->maker.certs,
					p->maker.certs_len } } },
		.transfer = PAIR_TRANSFER,
		.ses = p->ses,
		.ses_count = COUNT(p->ses),
		.scratch = p->rsp_scratch,
		.scratch_len = sizeof(p->rsp_scratch),
	};
	p->qcfg = (struct spdm_req_cfg){
		.crypto = &p->c,
		.env = &p->env,
		.port = &req_port,
		.port_ctx = p,
		.versions = { SPDM_V12, SPDM_V11 },
		.caps = SPDM_REQ_CAPS,
		.asym = SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384,
		.hash = p256 ? SPDM_HASH_SHA_256 : SPDM_HASH_SHA_384,
		.dhe = p256 ? SPDM_DHE_SECP256R1 : SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.transfer = PAIR_TRANSFER,
		.portion = 500,
		.chain = p->chain,
		.chain_cap = sizeof(p->chain),
		.scratch = p->req_scratch,
		.scratch_len = sizeof(p->req_scratch),
		.vca = p->vca,
		.vca_cap = sizeof(p->vca),
		.meas = p->meas,
		.meas_cap = sizeof(p->meas),
	};
}

struct pair *pair_new(enum crypto_curve curve)
{
	struct pair *p = pair_new_kind(crypto_key_on(curve));

	assert_non_null(p);
	return p;
}

struct pair *pair_new_kind(enum crypto_key kind)
{
	const enum crypto_curve curve = crypto_key_curve(kind);
	struct pair *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	if (!maker_open_kind(&p->maker, kind)) {
		free(p);
		return NULL;
	}
	p->c = p->maker.c;
	p->env = fake_env(&p->fenv);
	configure(p, curve);
	return p;
}

void pair_mutual(struct pair *p, uint8_t how, uint8_t slot)
{
	const uint32_t caps = SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP;
	const struct spdm_span certs = { p->maker.certs, p->maker.certs_len };

	p->rcfg.caps |= caps;
	p->qcfg.caps |= caps;
	p->rcfg.req_asym = SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384;
	p->qcfg.req_asym = p->rcfg.asym; /* of the maker's key */
	p->rcfg.mutual = how;
	p->rcfg.mutual_slot = slot;
	p->rcfg.peer_chain = p->peer_chain;
	p->rcfg.peer_chain_cap = sizeof(p->peer_chain);
	p->rcfg.peer.certs = certs;
	p->qcfg.slots[0].certs = certs;
	p->qcfg.slots[slot].certs = certs;
}

void pair_start(struct pair *p)
{
	assert_int_equal(spdm_rsp_init(&p->rsp, &p->rcfg), IL_OK);
	assert_int_equal(spdm_req_init(&p->req, &p->qcfg), IL_OK);
}

/* Everything that was acquired is given back. */
void pair_free(struct pair *p)
{
	spdm_req_fini(&p->req);
	spdm_rsp_fini(&p->rsp);
	maker_close(&p->maker);
	free(p);
}

static void assert_zero(const uint8_t *p, size_t n)
{
	assert_true(!n || (!p[0] && memcmp(p, p + 1, n - 1) == 0));
}

/* Between messages the responder keeps nothing of them. */
static void nothing_kept(const struct pair *p)
{
	assert_zero(p->rcfg.scratch, p->rcfg.scratch_len);
	assert_zero((const uint8_t *)&p->rsp.ex, sizeof(p->rsp.ex));
}

enum il_err pair_exchange(struct pair *p)
{
	enum il_err err = spdm_req_pull(&p->req, p->in, sizeof(p->in),
					&p->in_len, &p->in_kind);

	if (err)
		return err;
	p->now_ns += 1000000;
	if (p->now_ns < spdm_req_not_before(&p->req))
		p->now_ns = spdm_req_not_before(&p->req);
	spdm_rsp_via(&p->rsp, p->qcfg.binding);
	err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len, p->out,
			      sizeof(p->out), &p->out_len, &p->out_kind,
			      p->now_ns);
	nothing_kept(p);
	assert_int_equal(err, IL_OK);
	if (!p->out_len)
		return IL_E_TIMEOUT;
	return spdm_req_push(&p->req, p->out_kind, p->out, p->out_len,
			     p->now_ns);
}

enum il_err pair_run(struct pair *p, enum spdm_req_op op,
		     const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&p->req, op, args);

	if (err)
		return err;
	/* Nor the requester of the operation before. */
	assert_zero(p->qcfg.scratch, p->qcfg.scratch_len);
	do
		err = pair_exchange(p);
	while (err == IL_E_AGAIN);
	return err;
}

void pair_connect(struct pair *p)
{
	assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL), IL_OK);
}

void pair_session(struct pair *p)
{
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
}

static int error_of(const uint8_t *m, size_t n)
{
	return n >= 4 && m[1] == SPDM_ERROR ? m[2] : 0;
}

unsigned pair_live(const struct pair *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		n += p->rsp.cfg.ses[i].state != SPDM_SES_NONE;
	return n;
}

int pair_send(struct pair *p, enum spdm_kind kind, const uint8_t *in, size_t n)
{
	spdm_rsp_via(&p->rsp, p->qcfg.binding);
	assert_int_equal(spdm_rsp_handle(&p->rsp, kind, in, n, p->out,
					 sizeof(p->out), &p->out_len,
					 &p->out_kind, p->now_ns),
			 IL_OK);
	nothing_kept(p);
	return p->out_len ? error_of(p->out, p->out_len) : -1;
}

int pair_send_secured(struct pair *p, const uint8_t *in, size_t n)
{
	uint8_t rec[PAIR_BUF];
	uint8_t plain[PAIR_BUF];
	size_t len;

	memcpy(rec + spdm_secured_head(&p->req.ch[SPDM_DIR_REQ]), in, n);
	assert_int_equal(spdm_secured_seal(&p->req.ch[SPDM_DIR_REQ], &p->c,
					   p->req.session_id, rec, sizeof(rec),
					   n, &len),
			 IL_OK);
	if (pair_send(p, SPDM_SECURED, rec, len) < 0)
		return -1;
	assert_int_equal(spdm_secured_open(&p->req.ch[SPDM_DIR_RSP], &p->c,
					   p->out, p->out_len, plain,
					   sizeof(plain), &len),
			 IL_OK);
	memcpy(p->out, plain, len);
	p->out_len = len;
	return error_of(p->out, p->out_len);
}

void pair_keep(const struct pair *p, struct pair_rsp *out)
{
	memcpy(&out->rsp, &p->rsp, sizeof(out->rsp));
	memcpy(out->ses, p->ses, sizeof(out->ses));
}

void pair_same(const struct pair *p, const struct pair_rsp *old)
{
	assert_memory_equal(&old->rsp, &p->rsp, sizeof(old->rsp));
	assert_memory_equal(old->ses, p->ses, sizeof(old->ses));
}

void pair_same_but_records(const struct pair *p, const struct pair_rsp *old)
{
	struct pair_rsp *a = malloc(sizeof(*a));

	assert_non_null(a);
	memcpy(a, old, sizeof(*a));
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		a->ses[0].ch[d].seq = p->ses[0].ch[d].seq;
	a->ses[0].heard_ns = p->ses[0].heard_ns;
	pair_same(p, a);
	free(a);
}
