/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/requester_priv.h"

#include "base/bits.h"
#include "crypto/chain.h"
#include "doe/doe.h"
#include "mctp/mctp.h"

/* How the installed requester is made of its configuration. */

#define VCA_MAX 2048u
#define ALIGN	_Alignof(max_align_t)
#define SLACK	(SPDM_SECURED_SLACK + CRYPTO_ML_DSA_MAX)

_Static_assert(sizeof(struct il_requester) + SLACK + VCA_MAX + 8 * ALIGN <=
		       IL_REQUESTER_FIXED,
	       "IL_REQUESTER_SIZE() is an upper bound");

/* The numbers, defaults filled in. */
struct room {
	size_t transfer;
	size_t scratch;
	size_t chain;
	size_t kept;
	size_t large;
};

static struct room room_of(const struct il_requester_cfg *c)
{
	struct room m = {
		.transfer = c->transfer ? c->transfer : 4032,
		.chain = c->chain_max ? c->chain_max : 16384,
		.kept = c->kept_max ? c->kept_max : 8192,
		.large = c->large_max,
	};

	m.scratch = m.transfer + SLACK;
	return m;
}

static size_t up(size_t n)
{
	return (n + ALIGN - 1) / ALIGN * ALIGN;
}

size_t il_requester_size(const struct il_requester_cfg *cfg)
{
	const struct room m = room_of(cfg);

	/* More than there can be, where a size has 32 bits. */
	if ((uint64_t)cfg->transfer + cfg->chain_max + cfg->kept_max +
		    cfg->large_max >
	    SIZE_MAX / 4)
		return SIZE_MAX;
	return up(sizeof(struct il_requester)) + up(m.scratch) + up(m.chain) +
	       up(m.kept) + up(m.large) + up(VCA_MAX) + up(m.transfer);
}

/* --- what the engines ask of our side --- */

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	const struct il_requester *r = ctx;

	return r->port->sign(r->port_ctx, slot, asym, digest, digest_len, sig,
			     sig_len);
}

static enum il_err sign_msg(void *ctx, uint8_t slot, uint32_t pqc_asym,
			    const char *about, const uint8_t *msg, size_t len,
			    uint8_t *sig, size_t sig_len)
{
	const struct il_requester *r = ctx;

	return r->port->sign_msg(r->port_ctx, slot, pqc_asym, about, msg, len,
				 sig, sig_len);
}

static enum il_err psk(void *ctx, struct spdm_span hint, uint32_t hash,
		       const uint8_t *salt, size_t salt_len, uint8_t *secret)
{
	const struct il_requester *r = ctx;

	return r->port->psk(r->port_ctx, lib_span(hint), hash, salt, salt_len,
			    secret);
}

static enum il_err endpoint_info(void *ctx, uint8_t sub, struct wr *out)
{
	const struct il_requester *r = ctx;
	const size_t room = out->err ? 0 : out->cap - out->len;
	size_t n = 0;
	enum il_err err;

	if (!r->port || !r->port->endpoint_info)
		return IL_E_ARG;
	err = r->port->endpoint_info(r->port_ctx, sub, out->p + out->len, room,
				     &n);
	if (err)
		return err;
	if (n > room)
		return IL_E_SPACE;
	out->len += n;
	return IL_OK;
}

/* Where an entry of the caller is missing, so is ours: init checks that. */
static const struct spdm_req_port port_full = { .sign = sign,
						.sign_msg = sign_msg,
						.psk = psk,
						.endpoint_info =
							endpoint_info };

static enum il_err trust(void *ctx, const struct crypto_chain *ch)
{
	struct il_requester *r = ctx;
	enum il_err err = IL_E_AUTH;

	for (size_t i = 0; i < r->anchor_n && err; i++)
		err = crypto_chain_verify(&r->crypto, ch, r->anchors[i].p,
					  r->anchors[i].n, r->now_s,
					  &r->result.why);
	return err;
}

/* --- its configuration --- */

static bool port_fits(const struct il_requester_cfg *c)
{
	const struct il_requester_port *p = c->port;

	return (!c->own_asym || (p && p->sign)) &&
	       (!c->own_pqc || (p && p->sign_msg)) &&
	       (!(c->caps & SPDM_CAP_PSK) || (p && p->psk)) &&
	       (!(c->caps & SPDM_CAP_EP_INFO_MASK) || (p && p->endpoint_info));
}

static uint32_t caps_of(const struct il_requester_cfg *c)
{
	uint32_t caps = SPDM_REQ_CAPS | c->caps;

	if (c->large_max)
		caps |= SPDM_CAP_CHUNK;
	if (c->port && c->port->psk)
		caps |= SPDM_CAP_PSK;
	if (c->own_asym || c->own_pqc)
		caps |= SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP;
	if (c->pub_key.n)
		caps = (caps & ~SPDM_CAP_CERT) | SPDM_CAP_PUB_KEY_ID;
	return caps;
}

static void offer(const struct il_requester_cfg *c, struct spdm_req_cfg *q)
{
	static const uint8_t usual[] = { SPDM_V14, SPDM_V13, SPDM_V12 };

	if (c->versions[0])
		memcpy(q->versions, c->versions, sizeof(q->versions));
	else
		memcpy(q->versions, usual, sizeof(usual));
	q->caps = caps_of(c);
	q->need_caps = c->need_caps;
	q->multi_key = c->multi_key;
	q->asym = c->asym ? c->asym
			  : SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384 |
				    SPDM_ASYM_ECDSA_P521 | SPDM_ASYM_RSAPSS |
				    SPDM_ASYM_RSASSA;
	q->hash = c->hash ? c->hash
			  : SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384 |
				    SPDM_HASH_SHA_512;
	q->dhe = c->dhe ? c->dhe
			: SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1 |
				  SPDM_DHE_SECP521R1;
	q->aead = c->aead ? c->aead
			  : SPDM_AEAD_AES_256_GCM | SPDM_AEAD_AES_128_GCM |
				    SPDM_AEAD_CHACHA20_POLY1305;
	q->req_asym = c->own_asym;
	q->req_pqc_asym = c->own_pqc;
	q->sm_versions[0] = SPDM_SM_V11;
	q->sm_versions[1] = SPDM_SM_V10;
	if (c->no_pqc)
		return;
	q->pqc_asym = c->pqc_asym ? c->pqc_asym
				  : SPDM_PQC_ML_DSA_44 | SPDM_PQC_ML_DSA_65 |
					    SPDM_PQC_ML_DSA_87;
	q->kem = c->kem ? c->kem
			: SPDM_KEM_ML_KEM_512 | SPDM_KEM_ML_KEM_768 |
				  SPDM_KEM_ML_KEM_1024;
}

static void own_slots(const struct il_requester_cfg *c, struct spdm_req_cfg *q)
{
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		q->slots[i] = (struct spdm_req_slot){
			.certs = lib_spdm_span(c->slots[i].certs),
			.root = lib_spdm_span(c->slots[i].root),
			.key_pair = c->slots[i].key_pair,
			.model = c->slots[i].model,
			.usage = c->slots[i].usage,
		};
	q->pub_key = lib_spdm_span(c->pub_key);
}

/* The next piece of memory. */
static uint8_t *cut(uint8_t **at, size_t n)
{
	uint8_t *p = *at;

	*at += up(n);
	return n ? p : NULL;
}

static enum il_err build(struct il_requester *r,
			 const struct il_requester_cfg *c)
{
	const struct room m = room_of(c);
	uint8_t *at = (uint8_t *)r + up(sizeof(*r));
	struct spdm_req_cfg q = {
		.crypto = &r->crypto,
		.env = &r->env,
		.verify_chain = c->anchor_n ? trust : NULL,
		.verify_ctx = r,
		.port = &port_full,
		.port_ctx = r,
		.binding = c->carrier == IL_REQ_MCTP ? &mctp_binding
						     : &doe_binding,
		.ct_exponent = c->ct_exponent,
		.transfer = (uint32_t)m.transfer,
		.busy_tries = c->busy_tries ? c->busy_tries : 8,
		.ready_tries = c->ready_tries ? c->ready_tries : 8,
		.chain_cap = m.chain,
		.scratch_len = m.scratch,
		.vca_cap = VCA_MAX,
		.meas_cap = m.kept,
		.large_cap = m.large,
	};

	q.scratch = cut(&at, m.scratch);
	q.chain = cut(&at, m.chain);
	q.meas = cut(&at, m.kept);
	q.large = cut(&at, m.large);
	q.vca = cut(&at, VCA_MAX);
	r->pay = cut(&at, m.transfer);
	r->pay_cap = m.transfer;
	offer(c, &q);
	own_slots(c, &q);
	return spdm_req_init(&r->spdm, &q);
}

enum il_err il_requester_init(const struct il_requester_cfg *cfg, void *mem,
			      size_t size, struct il_requester **out)
{
	struct il_requester *r = mem;
	enum il_err err;

	if (!lib_reserved(cfg->reserved, COUNT(cfg->reserved)) ||
	    !cfg->crypto || !cfg->env || !cfg->env->random ||
	    (cfg->carrier != IL_REQ_DOE && cfg->carrier != IL_REQ_MCTP) ||
	    !port_fits(cfg) || (cfg->anchor_n && !cfg->anchors) ||
	    (cfg->anchor_n != 0) == cfg->trust_any)
		return IL_E_ARG;
	if (!mem || (uintptr_t)mem % ALIGN || size < il_requester_size(cfg))
		return IL_E_SPACE;
	memset(r, 0, sizeof(*r));
	r->size = il_requester_size(cfg);
	r->crypto = (struct crypto){ cfg->crypto->ops, cfg->crypto->ctx };
	r->env = (struct env){ cfg->env->random, cfg->env->trace,
			       cfg->env->ctx };
	r->carrier = cfg->carrier;
	r->port = cfg->port;
	r->port_ctx = cfg->port_ctx;
	r->anchors = cfg->anchors;
	r->anchor_n = cfg->anchor_n;
	r->now_s = cfg->now_s;
	idekm_req_init(&r->idekm);
	err = build(r, cfg);
	if (!err)
		*out = r;
	return err;
}

void il_requester_fini(struct il_requester *r)
{
	if (!r)
		return;
	spdm_req_fini(&r->spdm);
	bytes_wipe(r, r->size);
}
