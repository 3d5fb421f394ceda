/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/own.h"
#include "base/bytes.h"
#include "crypto/chain.h"
#include "spdm/keys.h"
#include "spdm/sig.h"

/* What the tool has of its own: a key that it shares, an identity. */

static enum il_err psk(void *ctx, struct spdm_span hint, uint32_t hash,
		       const uint8_t *salt, size_t salt_len, uint8_t *secret)
{
	struct cli_own *q = ctx;

	(void)hint; /* there is one key, and the user named it */
	return crypto_hkdf_extract(q->crypto, spdm_crypto_hash(hash), salt,
				   salt_len, q->psk, q->psk_len, secret);
}

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct cli_own *q = ctx;

	(void)slot;
	q->signs++;
	return spdm_sig_make(q->crypto, q->key, asym, digest, digest_len, sig,
			     sig_len);
}

static enum il_err sign_msg(void *ctx, uint8_t slot, uint32_t pqc_asym,
			    const char *about, const uint8_t *msg, size_t len,
			    uint8_t *sig, size_t sig_len)
{
	struct cli_own *q = ctx;

	(void)slot;
	(void)pqc_asym;
	q->signs++;
	return crypto_sign_msg(q->crypto, q->key, about, strlen(about), msg,
			       len, sig, sig_len);
}

static const struct spdm_req_port port = { .sign = sign,
					   .psk = psk,
					   .sign_msg = sign_msg };

/* A digit, or -1. */
static int digit(char c)
{
	const char *at = c ? strchr("0123456789abcdef", c | 0x20) : NULL;

	return at ? (int)(at - "0123456789abcdef") : -1;
}

/* Pairs of hexadecimal digits; false: something else. */
static bool take_hex(struct cli_own *q, const char *s)
{
	for (q->psk_len = 0; *s; s += 2) {
		const int hi = digit(s[0]);
		const int lo = hi < 0 ? -1 : digit(s[1]);

		if (lo < 0 || q->psk_len == sizeof(q->psk))
			return false;
		q->psk[q->psk_len++] = (uint8_t)(hi << 4 | lo);
	}
	return q->psk_len != 0;
}

/* A file's bytes are the key as they stand. */
static int load_psk(struct cli_own *q)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int ret;

	if (!q->psk_text || take_hex(q, q->psk_text))
		return 0;
	q->psk_len = 0;
	ret = cli_read(q->c, "pre-shared key", q->psk_text, 4096, &p, &n);
	if (!ret && (!n || n > sizeof(q->psk)))
		ret = cli_fail(q->c, "pre-shared key %s: 1 to %zu bytes",
			       q->psk_text, sizeof(q->psk));
	if (!ret) {
		memcpy(q->psk, p, n);
		q->psk_len = n;
	}
	if (p)
		bytes_wipe(p, n);
	free(p);
	return ret;
}

static int load_identity(struct cli_own *q)
{
	struct cli_identity id;
	int ret;

	if (!q->dir)
		return 0;
	ret = cli_identity_load(q->c, q->dir, NULL, &id);
	if (ret)
		return ret;
	q->id = id.id;
	bytes_wipe(&id, sizeof(id));
	if (crypto_key_load(q->crypto, &q->key, q->id.key, q->id.key_len))
		return cli_fail(q->c, "%s: the key cannot be used", q->dir);
	return 0;
}

int cli_own_load(struct cli_own *q, struct cli *c, const struct crypto *crypto,
		 const char *psk_text, const char *dir)
{
	int ret;

	q->c = c;
	q->crypto = crypto;
	q->psk_text = psk_text;
	q->dir = dir;
	ret = load_psk(q);
	return ret ? ret : load_identity(q);
}

void cli_own_drop(struct cli_own *q)
{
	if (q->crypto)
		crypto_drop(q->crypto, &q->key);
	bytes_wipe(q, sizeof(*q));
}

void cli_own_cfg(struct cli_own *q, struct spdm_req_cfg *cfg)
{
	cfg->port = &port;
	cfg->port_ctx = q;
	if (q->psk_len)
		cfg->caps |= SPDM_CAP_PSK;
	if (!q->key.n)
		return;
	cfg->caps |= SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP;
	cfg->req_asym = spdm_key_asym(q->id.kind);
	cfg->req_pqc_asym = spdm_key_pqc(q->id.kind);
	cfg->slots[0].certs =
		(struct spdm_span){ q->id.chain, q->id.chain_len };
}
