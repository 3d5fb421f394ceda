/* SPDX-License-Identifier: BSD-2-Clause */
#include "product.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doe/doe.h"
#include "mctp/mctp.h"
#include "spdm/chain.h"

/* A process that does not come to an end is ended; none needs so long. */
#define PATIENCE_S 120

static const uint8_t psk[16] = { 0, 1, 2,  3,  4,  5,  6,  7,
				 8, 9, 10, 11, 12, 13, 14, 15 };

static void *shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static void parse(struct product *p)
{
	const char *path = getenv("FULL_JSON");
	char what[DEVICE_FILE_WHAT] = "";
	static char text[1u << 16];
	FILE *f = path ? fopen(path, "re") : NULL;
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (device_file_parse(&p->file, text, n, what, sizeof(what)))
		fail_msg("%s: %s", path, what);
}

struct product *product_new(void)
{
	struct product *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	maker_open(&p->maker, CRYPTO_P256);
	parse(p);
	p->share = shared(sizeof(*p->share));
	return p;
}

void product_free(struct product *p)
{
	munmap(p->share, sizeof(*p->share));
	maker_close(&p->maker);
	free(p);
}

static enum il_err draw(void *ctx, uint8_t *out, size_t n)
{
	struct product_in *in = ctx;

	dice_fill(&in->dice, out, n);
	return IL_OK;
}

/* --- what the judge is given --- */

static enum il_err req_psk(void *ctx, struct spdm_span hint, uint32_t hash,
			   const uint8_t *salt, size_t salt_len,
			   uint8_t *secret)
{
	const struct product_in *in = ctx;
	enum crypto_hash_alg alg = CRYPTO_SHA384;

	(void)hint;
	if (hash == SPDM_HASH_SHA_256)
		alg = CRYPTO_SHA256;
	if (hash == SPDM_HASH_SHA_512)
		alg = CRYPTO_SHA512;
	return crypto_hkdf_extract(&in->p->maker.c, alg, salt, salt_len, psk,
				   sizeof(psk), secret);
}

static enum il_err req_sign(void *ctx, uint8_t slot, uint32_t asym,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len)
{
	const struct product_in *in = ctx;

	(void)slot;
	(void)asym;
	return crypto_sign_digest(&in->p->maker.c, in->p->maker.key, digest,
				  digest_len, sig, sig_len);
}

static const struct spdm_req_port req_port = { .psk = req_psk,
					       .sign = req_sign };

static void own(void *ctx, struct spdm_req_cfg *cfg)
{
	struct product_in *in = ctx;
	const struct maker *m = &in->p->maker;

	cfg->port = &req_port;
	cfg->port_ctx = in;
	cfg->caps |= SPDM_CAP_PSK | SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP;
	cfg->req_asym = SPDM_ASYM_ECDSA_P256;
	cfg->slots[0].certs = (struct spdm_span){ m->certs, m->certs_len };
}

static void result(void *ctx, const struct judge_result *r,
		   struct judge_log *log)
{
	struct product_in *in = ctx;
	struct product_share *s = in->p->share;
	struct product_result *to = &s->r[s->n];

	(void)log;
	if (s->n == PRODUCT_RESULTS)
		abort();
	snprintf(to->name, sizeof(to->name), "%s", r->name);
	snprintf(to->words, sizeof(to->words), "%s", r->words);
	to->c = r->c;
	to->verdict = r->verdict;
	to->expected = r->expected;
	to->took_ns = r->took_ns;
	s->n++;
}

/* --- the device --- */

static enum il_err trust(void *ctx, uint8_t slot,
			 const struct crypto_chain *chain)
{
	(void)ctx;
	(void)slot;
	return chain->count ? IL_OK : IL_E_AUTH;
}

static void kind_of(struct device_cfg *cfg, enum product_kind kind)
{
	switch (kind) {
	case PRODUCT_FULL:
	case PRODUCT_KINDS:
		break;
	case PRODUCT_SLOW:
		cfg->sign_us = 10000;
		cfg->spdm.caps |= SPDM_CAP_CERT_INSTALL_RESET |
				  SPDM_CAP_SET_KEY_PAIR_RESET;
		break;
	case PRODUCT_MUTUAL:
		cfg->spdm.caps |= SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP;
		cfg->spdm.mutual = SPDM_MUT_AUTH_ENCAP;
		cfg->spdm.req_asym = SPDM_ASYM_ECDSA_P256;
		cfg->trust = trust;
		break;
	case PRODUCT_LEAST:
		cfg->spdm.caps = SPDM_CAP_CERT | SPDM_CAP_CHAL |
				 SPDM_CAP_ENCRYPT | SPDM_CAP_MAC |
				 SPDM_CAP_KEY_EX;
		cfg->max_message = 0;
		break;
	}
}

static void start(struct product_in *in, const struct product_at *at)
{
	struct product *p = in->p;
	struct device_cfg *cfg = &in->cfg;
	const struct spdm_span chain = { p->maker.certs, p->maker.certs_len };

	in->dice.state = 11;
	in->now_ns = UINT64_C(1000000000);
	in->env = (struct env){ .random = draw, .ctx = in };
	in->ring = malloc(PRODUCT_RING);
	if (!in->ring || arena_map(&in->arena, 0, 128u << 20))
		abort();
	link_queue_init(&in->queue, in->ring, PRODUCT_RING);
	device_file_apply(&p->file, cfg);
	cfg->arena = &in->arena;
	cfg->crypto = &p->maker.c;
	cfg->env = &in->env;
	cfg->powered = true;
	cfg->long_lived = true;
	cfg->assume = at->way != PRODUCT_LINK;
	cfg->key = p->maker.key;
	cfg->spdm.asym = SPDM_ASYM_ECDSA_P256;
	if (at->way == PRODUCT_LINK)
		cfg->link = link_queue_end(&in->queue, 1);
	device_file_slots(&p->file, cfg, chain);
	kind_of(cfg, at->kind);
	/* Other curves are slow, and are tried in one place. */
	if (at->way != PRODUCT_LINK || at->kind != PRODUCT_FULL)
		cfg->spdm.dhe = SPDM_DHE_SECP256R1;
	misbehave_init(&in->m);
	if (at->misbehave && misbehave_add(&in->m, at->misbehave))
		abort();
	if (at->garble)
		product_garble(&in->m, at->garble);
	misbehave_apply(&in->m, cfg);
	in->dev = ARENA_NEW(&in->arena, struct device);
	if (!in->dev || device_init(in->dev, cfg))
		abort();
}

static void judge(struct product *p, const struct product_at *at)
{
	struct product_in *in = calloc(1, sizeof(*in));
	struct judge_sum sum;

	if (!in)
		abort();
	in->p = p;
	start(in, at);
	in->jcfg = (struct judge_cfg){
		.target =
			at->way == PRODUCT_LINK
				? product_link(in)
				: product_messages(in, at->way == PRODUCT_MCTP
							       ? &mctp_binding
							       : &doe_binding),
		.crypto = &p->maker.c,
		.seed = 1,
		.timeout_ns = UINT64_C(2000000000),
		.only = &at->only,
		.n_only = at->only ? 1 : 0,
		.given = JUDGE_NEEDS_PSK | JUDGE_NEEDS_IDENTITY |
			 JUDGE_NEEDS_TRUST | JUDGE_NEEDS_PROVISION,
		.own = own,
		.own_ctx = in,
		.psk_hint = { (const uint8_t *)"judge", 5 },
		/* Its chain begins with a root that signed itself. */
		.anchor = { p->maker.certs,
			    spdm_der_len((struct spdm_span){
				    p->maker.certs, p->maker.certs_len }) },
		.stream = 5,
		.result = result,
		.ctx = in,
	};
	if (judge_run(&in->j, &in->jcfg, &sum))
		abort();
}

bool product_run(struct product *p, const struct product_at *at)
{
	int status;
	pid_t pid;

	p->share->n = 0;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		alarm(PATIENCE_S);
		judge(p, at);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
