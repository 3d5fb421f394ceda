/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/serve.h"
#include "crypto/chain.h"

/* Whom a served device knows: files that its device file names. */

int serve_beside(struct serve *s, const char *file, const char *name, char *out,
		 size_t cap)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	int n = name[0] == '/' || !slash ? 0 : (int)(slash - file + 1);

	if ((size_t)snprintf(out, cap, "%.*s%s", n, file ? file : "", name) >=
	    cap)
		return cli_fail(s->c, "%s: the path is too long", name);
	return 0;
}

/*
 * Believed is who shows a chain to one of the anchors, of a leaf that may be a
 * requester's. Dates are judged by our clock.
 */
static enum il_err judge(void *ctx, uint8_t slot,
			 const struct crypto_chain *chain)
{
	struct serve *s = ctx;
	struct crypto_chain ch = *chain;
	struct crypto_why why;

	(void)slot;
	ch.requester = true;
	for (unsigned i = 0; i < s->file.anchors; i++)
		if (!crypto_chain_verify(&s->crypto, &ch, s->anchor[i].der,
					 s->anchor[i].len, s->c->now_s(), &why))
			return IL_OK;
	return IL_E_AUTH;
}

static int read_key(struct serve *s, const char *path, struct device_psk *k)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int ret = cli_read(s->c, "pre-shared key", path, 4096, &p, &n);

	if (!ret && (!n || n > sizeof(k->key)))
		ret = cli_fail(s->c, "pre-shared key %s: 1 to %zu bytes", path,
			       sizeof(k->key));
	if (!ret) {
		memcpy(k->key, p, n);
		k->key_len = (uint8_t)n;
	}
	if (p)
		bytes_wipe(p, n);
	free(p);
	return ret;
}

static int read_anchor(struct serve *s, struct ossl *o, const char *path,
		       struct serve_anchor *a)
{
	uint8_t *p = NULL;
	size_t n = 0;
	int ret = cli_read(s->c, "trust anchor", path, 1u << 16, &p, &n);

	if (!ret && identity_anchor(o, p, n, a->der, &a->len))
		ret = cli_fail(s->c, "trust anchor %s: not a certificate",
			       path);
	free(p);
	return ret;
}

int serve_own(struct serve *s, const char *path)
{
	char at[4096];
	struct ossl *o;
	int ret = 0;

	if (!device_file_more(&s->file))
		return 0;
	if (ossl_new(&(struct ossl_cfg){ 0 }, &o))
		return cli_fail(s->c, "cryptography cannot start");
	for (unsigned i = 0; i < s->cfg.psk_count && !ret; i++) {
		if (!s->file.psk_file[i][0])
			continue;
		ret = serve_beside(s, path, s->file.psk_file[i], at,
				   sizeof(at));
		if (!ret)
			ret = read_key(s, at, &s->cfg.psk[i]);
	}
	for (unsigned i = 0; i < s->file.anchors && !ret; i++) {
		ret = serve_beside(s, path, s->file.anchor[i], at, sizeof(at));
		if (!ret)
			ret = read_anchor(s, o, at, &s->anchor[i]);
	}
	ossl_free(o);
	if (s->file.anchors) {
		s->cfg.trust = judge;
		s->cfg.trust_ctx = s;
	}
	return ret;
}
