/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "cli/emu_args.h"
#include "cli/serve.h"

/*
 * The tool under the name of DMTF's emulator: others start it as a child, or
 * from their scripts, and find the responder that they expect.
 */

/* Where the keys of an algorithm are, below the current folder. */
#define CHAIN	"/bundle_responder.certchain.der"
#define KEY	"/end_responder.key"
#define IN(dir) dir CHAIN, dir KEY

static const struct keys {
	uint32_t asym; /* what can be signed with them */
	const char *chain;
	const char *key;
	enum crypto_curve curve;
	unsigned rsa_bits;
	const char *name;
} keys[] = {
	{ SPDM_ASYM_ECDSA_P384, IN("ecp384"), CRYPTO_P384, 0, "P-384" },
	{ SPDM_ASYM_ECDSA_P256, IN("ecp256"), CRYPTO_P256, 0, "P-256" },
	{ SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSAPSS_3072, IN("rsa3072"), 0, 3072,
	  "RSA 3072" },
	{ SPDM_ASYM_RSASSA_2048 | SPDM_ASYM_RSAPSS_2048, IN("rsa2048"), 0, 2048,
	  "RSA 2048" },
	{ SPDM_ASYM_RSASSA_4096 | SPDM_ASYM_RSAPSS_4096, IN("rsa4096"), 0, 4096,
	  "RSA 4096" },
};

static int load(struct serve *s, const struct keys *k, struct ossl *o)
{
	uint8_t *chain = NULL, *key = NULL;
	size_t chain_len = 0, key_len = 0;
	enum identity_fault why = IDENTITY_OK;
	int ret = cli_read(s->c, "certificates", k->chain, 1u << 20, &chain,
			   &chain_len);

	if (!ret)
		ret = cli_read(s->c, "key", k->key, 1u << 16, &key, &key_len);
	if (!ret && identity_load(o, (char *)chain, chain_len, (char *)key,
				  key_len, &s->id, &why))
		ret = cli_fail(s->c, "%s: %s", k->chain,
			       identity_fault_name(why));
	if (!ret && (s->id.curve != k->curve || s->id.rsa_bits != k->rsa_bits))
		ret = cli_fail(s->c, "%s: not of %s", k->key, k->name);
	if (!ret)
		fprintf(s->c->out, "identity: %s\n", k->chain);
	if (key)
		bytes_wipe(key, key_len);
	free(chain);
	free(key);
	return ret;
}

/* Of this run alone: nothing is written to a folder that is not ours. */
static int make(struct serve *s, const struct keys *k, struct ossl *o)
{
	struct identity_cfg cfg = *cli_identity_cfg();
	struct identity_files *f = calloc(1, sizeof(*f));
	enum identity_fault why = IDENTITY_OK;
	enum il_err err = f ? IL_OK : IL_E_NOMEM;

	cfg.curve = k->curve;
	cfg.rsa_bits = k->rsa_bits;
	cfg.not_before_s = s->c->now_s() - 3600;
	cfg.not_after_s = cfg.not_before_s + INT64_C(365) * 24 * 3600;
	if (!err)
		err = identity_new(o, &cfg, f);
	if (!err)
		err = identity_load(o, f->chain.text, f->chain.len,
				    f->key[IDENTITY_LEAF].text,
				    f->key[IDENTITY_LEAF].len, &s->id, &why);
	if (f)
		bytes_wipe(f, sizeof(*f));
	free(f);
	if (err)
		return cli_fail(s->c, "identity: %s", il_err_name(err));
	fprintf(s->c->out, "identity: made for this run, %s: no %s here\n",
		k->name, k->chain);
	return 0;
}

/* The first algorithm that was asked for and has its files here; else the
 * first, with keys that nobody knows. */
static int find_identity(struct serve *s, uint32_t asym)
{
	const struct keys *found = NULL, *first = NULL;
	struct ossl *o;
	int ret;

	for (size_t i = 0; i < COUNT(keys); i++) {
		const struct keys *k = &keys[i];
		bool there = access(k->chain, F_OK) == 0 ||
			     access(k->key, F_OK) == 0;

		if (!(asym & k->asym))
			continue;
		if (!first)
			first = k;
		if (!found && there)
			found = k;
	}
	if (!first)
		return cli_fail(s->c, "--asym: no algorithm that has a key");
	if (ossl_new(&(struct ossl_cfg){ 0 }, &o))
		return cli_fail(s->c, "cryptography cannot start");
	ret = found ? load(s, found, o) : make(s, first, o);
	ossl_free(o);
	s->cfg.spdm.asym = asym & (found ? found : first)->asym;
	return ret;
}

static int address(struct serve *s, const struct emu_args *a)
{
	char text[64];

	if ((size_t)snprintf(text, sizeof(text), "tcp:%s:%s", a->ip, a->port) >=
	    sizeof(text))
		return cli_misuse(s->c, "--ip or --port: too long");
	return serve_at(s, VFU_SPDM, text);
}

/*
 * The key that DMTF's samples share, with the zero bytes that end both of
 * their strings. Nobody keeps it a secret: it serves to try PSK_EXCHANGE.
 */
static void share(struct device_cfg *cfg)
{
	static const char hint[] = "TestPskHint";
	static const char key[] = "TestPskData";

	cfg->psk_count = 1;
	memcpy(cfg->psk[0].hint, hint, sizeof(hint));
	cfg->psk[0].hint_len = sizeof(hint);
	memcpy(cfg->psk[0].key, key, sizeof(key));
	cfg->psk[0].key_len = sizeof(key);
}

/*
 * Which requesters there are nobody said: the emulator has no anchor to name
 * on its command line. What is proven is that one has its key.
 */
static enum il_err anybody(void *ctx, uint8_t slot,
			   const struct crypto_chain *chain)
{
	(void)ctx;
	(void)slot;
	(void)chain;
	return IL_OK;
}

static void configure(struct serve *s, const struct emu_args *a)
{
	struct spdm_rsp_cfg *spdm = &s->cfg.spdm;

	memset(spdm->versions, 0, sizeof(spdm->versions));
	for (unsigned i = 0; i < COUNT(spdm->versions) && !a->ver; i++)
		spdm->versions[i] = (uint8_t)(SPDM_V14 - i);
	if (a->ver)
		spdm->versions[0] = (uint8_t)a->ver;
	memset(spdm->sm_versions, 0, sizeof(spdm->sm_versions));
	spdm->sm_versions[0] = (uint16_t)a->sec_ver;
	spdm->caps = a->caps;
	spdm->req_asym = a->req_asym;
	spdm->mutual = (uint8_t)a->mutual;
	spdm->basic = a->basic != 0;
	spdm->hash = a->hash;
	spdm->meas_hash = a->meas_hash;
	spdm->dhe = (uint16_t)a->dhe;
	spdm->aead = (uint16_t)a->aead;
	share(&s->cfg);
	s->cfg.trust = anybody;
	if (a->mutual || a->basic)
		fprintf(s->c->out, "requesters: any chain is taken; they prove "
				   "that they have its key, not who they "
				   "are\n");
	s->file.slots = (uint8_t)((1u << a->slots) - 1);
	s->file.profile = device_profile_find("emulator");
	s->cfg.relax = s->file.profile->relax;
	s->cfg.assume = true;
	s->vfu.shutdown_ends = true;
	/* What scripts that wait for the emulator look for. */
	snprintf(s->ready, sizeof(s->ready),
		 "Platform server listening on port %s", a->port);
}

static int serve(struct serve *s, const struct emu_args *a)
{
	int ret = address(s, a);

	if (!ret)
		ret = serve_file(s, NULL);
	if (!ret)
		ret = find_identity(s, a->asym);
	if (ret)
		return ret;
	configure(s, a);
	ret = serve_keylog(s, a->keylog);
	return ret ? ret : serve_run(s);
}

int cli_emulator(struct cli *c, int argc, char **argv)
{
	struct emu_args a;
	struct serve *s;
	int ret = emu_args_read(c, argc, argv, &a);

	if (ret)
		return ret;
	if (a.help) {
		emu_args_usage(c->out);
		return CLI_DONE;
	}
	s = serve_new(c);
	if (!s)
		return CLI_FAILED;
	ret = serve(s, &a);
	serve_free(s);
	return ret;
}
