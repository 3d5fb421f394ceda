/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>

#include "base/bits.h"

/*
 * Where certificates and public keys are read. OpenSSL before 3.2 looks for
 * the decoder of a key among all decoders of all key types, in every form, and
 * builds each of them anew: three quarters of what reading a certificate took.
 * So certificates have a library context of their own, whose one provider is
 * the default one with fewer words: SubjectPublicKeyInfo in DER, of the keys
 * below. What a decoder makes of its bytes and what a key verifies is the
 * default provider's own code, called with its own context.
 *
 * Source: OpenSSL 3.0 provider(7), provider-base(7), OSSL_PROVIDER(3)
 */

#define NAME "interlock-certs"

#define DECODERS_MAX 24
#define KEYS_MAX     24

/*
 * The default provider's tables are constants of libcrypto, hence so are
 * these: chosen once for the process, and asked for without a context, which
 * in the calls below is the default provider's.
 */
static struct {
	bool ok;
	OSSL_ALGORITHM decoders[DECODERS_MAX];
	OSSL_ALGORITHM keys[KEYS_MAX];
	const OSSL_ALGORITHM *digests;
	const OSSL_ALGORITHM *signatures;
	const OSSL_ALGORITHM *encoders;
} words;
static CRYPTO_ONCE words_once = CRYPTO_ONCE_STATIC_INIT;

/* For whom a provider is being loaded, which its start is not told. */
static _Thread_local struct ossl *loading;

/*
 * The keys of SPDM, and Ed25519 and Ed448 of CAs above. DSA and SM2 are not
 * among them, which OpenSSL would take: a third of the time that is left.
 * Names are several, the first is the one they are known by: "EC:id-ec...".
 */
static bool is_key(const OSSL_ALGORITHM *a)
{
	static const char *const keys[] = { "EC",	 "RSA",
					    "RSA-PSS",	 "ED25519",
					    "ED448",	 "ML-DSA-44",
					    "ML-DSA-65", "ML-DSA-87" };
	const size_t n = strcspn(a->algorithm_names, ":");

	for (size_t i = 0; i < COUNT(keys); i++)
		if (strlen(keys[i]) == n &&
		    !strncmp(a->algorithm_names, keys[i], n))
			return true;
	return false;
}

static bool reads_key(const OSSL_ALGORITHM *a)
{
	const char *form = a->property_definition;

	return is_key(a) && strstr(form, "input=der") &&
	       strstr(form, "structure=SubjectPublicKeyInfo");
}

/* False if there is no room: nothing is left out in silence. */
static bool choose(int op, bool (*wanted)(const OSSL_ALGORITHM *),
		   OSSL_ALGORITHM *out, size_t max)
{
	const OSSL_ALGORITHM *a;
	size_t n = 0;
	int no_cache;

	a = OSSL_PROVIDER_query_operation(loading->prov, op, &no_cache);
	for (; a && a->algorithm_names; a++) {
		if (!wanted(a))
			continue;
		if (n + 1 == max)
			return false;
		out[n++] = *a;
	}
	return n > 0;
}

static void choose_all(void)
{
	const OSSL_PROVIDER *p = loading->prov;
	int no_cache;

	words.digests =
		OSSL_PROVIDER_query_operation(p, OSSL_OP_DIGEST, &no_cache);
	words.signatures =
		OSSL_PROVIDER_query_operation(p, OSSL_OP_SIGNATURE, &no_cache);
	words.encoders =
		OSSL_PROVIDER_query_operation(p, OSSL_OP_ENCODER, &no_cache);
	words.ok = words.digests && words.signatures && words.encoders &&
		   choose(OSSL_OP_DECODER, reads_key, words.decoders,
			  DECODERS_MAX) &&
		   choose(OSSL_OP_KEYMGMT, is_key, words.keys, KEYS_MAX);
}

static const OSSL_ALGORITHM *query(void *provctx, int op, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	switch (op) {
	case OSSL_OP_DECODER:
		return words.decoders;
	case OSSL_OP_KEYMGMT:
		return words.keys;
	case OSSL_OP_DIGEST:
		return words.digests;
	case OSSL_OP_SIGNATURE:
		return words.signatures;
	case OSSL_OP_ENCODER:
		return words.encoders;
	default:
		return NULL;
	}
}

static void teardown(void *provctx)
{
	(void)provctx; /* the default provider's */
}

#define CALL(f) ((void (*)(void))(f))

static const OSSL_DISPATCH calls[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, CALL(query) },
	{ OSSL_FUNC_PROVIDER_TEARDOWN, CALL(teardown) },
	{ 0, NULL },
};

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
		 const OSSL_DISPATCH **out, void **provctx)
{
	(void)handle;
	(void)in;
	if (!loading || !words.ok)
		return 0;
	*provctx = OSSL_PROVIDER_get0_provider_ctx(loading->prov);
	*out = calls;
	return 1;
}

enum il_err ossl_certs_start(struct ossl *o)
{
	o->certs = OSSL_LIB_CTX_new();
	if (!o->certs || !OSSL_PROVIDER_add_builtin(o->certs, NAME, start))
		return IL_E_NOMEM;
	loading = o;
	if (CRYPTO_THREAD_run_once(&words_once, choose_all))
		o->certs_prov = OSSL_PROVIDER_load(o->certs, NAME);
	loading = NULL;
	return o->certs_prov ? IL_OK : IL_E_NOMEM;
}

void ossl_certs_stop(struct ossl *o)
{
	if (o->certs_prov)
		OSSL_PROVIDER_unload(o->certs_prov);
	OSSL_LIB_CTX_free(o->certs);
}
