/* SPDX-License-Identifier: BSD-2-Clause */
#include "interlock/openssl.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/identity.h"
#include "crypto/key.h"
#include "crypto/ossl.h"
#include "spdm/sig.h"

/*
 * The installed table over OpenSSL. The only part of the library that
 * allocates: it is for programs.
 */
struct il_crypto_openssl {
	struct ossl *lib;
	struct il_crypto table;
	struct crypto inside; /* the same */
	struct il_env env;
};

struct il_identity {
	const struct crypto *crypto;
	struct identity id;
	struct crypto_slot key;
};

static enum il_err draw(void *ctx, uint8_t *out, size_t len)
{
	struct il_crypto_openssl *o = ctx;

	return ossl_random(o->lib, out, len);
}

enum il_err il_crypto_openssl_new(unsigned slots,
				  struct il_crypto_openssl **out)
{
	const struct ossl_cfg cfg = { .slots = slots };
	struct il_crypto_openssl *o = calloc(1, sizeof(*o));
	enum il_err err;

	if (!o)
		return IL_E_NOMEM;
	err = ossl_new(&cfg, &o->lib);
	if (err) {
		free(o);
		return err;
	}
	o->inside = ossl_crypto(o->lib);
	o->table = (struct il_crypto){ o->inside.ops, o->inside.ctx };
	o->env = (struct il_env){ .random = draw, .ctx = o };
	*out = o;
	return IL_OK;
}

void il_crypto_openssl_free(struct il_crypto_openssl *o)
{
	if (!o)
		return;
	ossl_free(o->lib);
	free(o);
}

const struct il_crypto *il_crypto_openssl_table(struct il_crypto_openssl *o)
{
	return &o->table;
}

const struct il_env *il_crypto_openssl_env(struct il_crypto_openssl *o)
{
	return &o->env;
}

_Static_assert((int)IL_IDENTITY_OK == IDENTITY_OK &&
		       (int)IL_IDENTITY_CHAIN == IDENTITY_CHAIN &&
		       (int)IL_IDENTITY_TOO_LONG == IDENTITY_TOO_LONG &&
		       (int)IL_IDENTITY_ORDER == IDENTITY_ORDER &&
		       (int)IL_IDENTITY_KEY == IDENTITY_KEY &&
		       (int)IL_IDENTITY_CURVE == IDENTITY_CURVE &&
		       (int)IL_IDENTITY_MISMATCH == IDENTITY_MISMATCH,
	       "faults have the same numbers inside");

static enum il_err load(struct il_crypto_openssl *o, struct il_span chain,
			struct il_span key, struct il_identity *id,
			enum il_identity_fault *fault)
{
	enum identity_fault f = IDENTITY_OK;
	enum il_err err =
		identity_load(o->lib, (const char *)chain.p, chain.n,
			      (const char *)key.p, key.n, &id->id, &f);

	if (fault)
		*fault = (enum il_identity_fault)f;
	if (err)
		return err;
	return crypto_key_load(&o->inside, &id->key, id->id.key,
			       id->id.key_len);
}

enum il_err il_identity_load(struct il_crypto_openssl *o, struct il_span chain,
			     struct il_span key, struct il_identity **out,
			     enum il_identity_fault *fault)
{
	struct il_identity *id = calloc(1, sizeof(*id));
	enum il_err err;

	if (fault)
		*fault = IL_IDENTITY_OK;
	if (!id)
		return IL_E_NOMEM;
	id->crypto = &o->inside;
	err = load(o, chain, key, id, fault);
	if (err) {
		il_identity_free(id);
		return err;
	}
	*out = id;
	return IL_OK;
}

void il_identity_free(struct il_identity *id)
{
	if (!id)
		return;
	crypto_drop(id->crypto, &id->key);
	bytes_wipe(id, sizeof(*id));
	free(id);
}

const char *il_identity_fault_name(enum il_identity_fault fault)
{
	return identity_fault_name((enum identity_fault)fault);
}

struct il_span il_identity_certs(const struct il_identity *id)
{
	return (struct il_span){ id->id.chain, id->id.chain_len };
}

uint32_t il_identity_asym(const struct il_identity *id)
{
	return spdm_key_asym(id->id.kind);
}

uint32_t il_identity_pqc(const struct il_identity *id)
{
	return spdm_key_pqc(id->id.kind);
}

enum il_err il_identity_sign(const struct il_identity *id, uint32_t asym,
			     const uint8_t *digest, size_t digest_len,
			     uint8_t *sig, size_t sig_len)
{
	if (!(asym & spdm_key_asym(id->id.kind)))
		return IL_E_ARG;
	return spdm_sig_make(id->crypto, id->key, asym, digest, digest_len, sig,
			     sig_len);
}

enum il_err il_identity_sign_msg(const struct il_identity *id,
				 const char *about, const uint8_t *msg,
				 size_t len, uint8_t *sig, size_t sig_len)
{
	return crypto_sign_msg(id->crypto, id->key, about, strlen(about), msg,
			       len, sig, sig_len);
}

enum il_err il_crypto_openssl_anchor(struct il_crypto_openssl *o,
				     struct il_span text, uint8_t *out,
				     size_t *len)
{
	return identity_anchor(o->lib, text.p, text.n, out, len);
}
