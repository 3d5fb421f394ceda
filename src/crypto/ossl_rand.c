/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_priv.h"

#include <stdlib.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "base/bits.h"

/*
 * A provider with one random generator, whose numbers are a struct dice. All
 * generators of a library context (primary, public, private) draw from the
 * one stream of the provider, so that its state is one number, which a
 * generator shows and takes as parameter "dice".
 *
 * Source: OpenSSL 3.0 provider-rand(7)
 */

#define NAME	 "DICE"
#define STATE	 "dice"
#define STRENGTH 256
#define REQUEST	 65536 /* most bytes at a time */

static void *gen_new(void *provctx, void *parent,
		     const OSSL_DISPATCH *parent_calls)
{
	(void)parent;
	(void)parent_calls;
	return provctx;
}

static void gen_free(void *gen)
{
	(void)gen; /* belongs to the provider */
}

static int gen_start(void *gen, unsigned strength, int resist,
		     const unsigned char *pstr, size_t len,
		     const OSSL_PARAM params[])
{
	(void)gen;
	(void)resist;
	(void)pstr;
	(void)len;
	(void)params;
	return strength <= STRENGTH;
}

static int gen_stop(void *gen)
{
	(void)gen;
	return 1;
}

static int gen_fill(void *gen, unsigned char *out, size_t len,
		    unsigned strength, int resist, const unsigned char *add,
		    size_t add_len)
{
	(void)resist;
	(void)add; /* addresses and clocks: they would not repeat */
	(void)add_len;
	(void)strength; /* the core has compared it with ours */
	dice_fill(gen, out, len);
	return 1;
}

static int gen_yes(void *gen)
{
	(void)gen;
	return 1;
}

static void gen_unlock(void *gen)
{
	(void)gen;
}

static int gen_get(void *gen, OSSL_PARAM params[])
{
	const struct dice *d = gen;
	OSSL_PARAM *p;

	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
	if (p && !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
	if (p && !OSSL_PARAM_set_uint(p, STRENGTH))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
	if (p && !OSSL_PARAM_set_size_t(p, REQUEST))
		return 0;
	p = OSSL_PARAM_locate(params, STATE);
	return !p || OSSL_PARAM_set_uint64(p, d->state);
}

static int gen_set(void *gen, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, STATE);
	struct dice *d = gen;

	return !p || OSSL_PARAM_get_uint64(p, &d->state);
}

#define CALL(f) ((void (*)(void))(f))

/* clang-format off */
static const OSSL_DISPATCH gen_calls[] = {
	{ OSSL_FUNC_RAND_NEWCTX,         CALL(gen_new) },
	{ OSSL_FUNC_RAND_FREECTX,        CALL(gen_free) },
	{ OSSL_FUNC_RAND_INSTANTIATE,    CALL(gen_start) },
	{ OSSL_FUNC_RAND_UNINSTANTIATE,  CALL(gen_stop) },
	{ OSSL_FUNC_RAND_GENERATE,       CALL(gen_fill) },
	{ OSSL_FUNC_RAND_ENABLE_LOCKING, CALL(gen_yes) },
	{ OSSL_FUNC_RAND_LOCK,           CALL(gen_yes) },
	{ OSSL_FUNC_RAND_UNLOCK,         CALL(gen_unlock) },
	{ OSSL_FUNC_RAND_GET_CTX_PARAMS, CALL(gen_get) },
	{ OSSL_FUNC_RAND_SET_CTX_PARAMS, CALL(gen_set) },
	{ 0, NULL },
};
/* clang-format on */

static const OSSL_ALGORITHM gens[] = {
	{ NAME, "provider=interlock", gen_calls, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provctx, int operation, int *no_cache)
{
	(void)provctx;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? gens : NULL;
}

static void teardown(void *provctx)
{
	free(provctx);
}

static const OSSL_DISPATCH prov_calls[] = {
	{ OSSL_FUNC_PROVIDER_QUERY_OPERATION, CALL(query) },
	{ OSSL_FUNC_PROVIDER_TEARDOWN, CALL(teardown) },
	{ 0, NULL },
};

static int prov_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
		     const OSSL_DISPATCH **out, void **provctx)
{
	(void)handle;
	(void)in;
	*provctx = calloc(1, sizeof(struct dice));
	*out = prov_calls;
	return *provctx != NULL;
}

uint64_t ossl_rand_state(struct ossl *o)
{
	uint64_t state = 0;
	OSSL_PARAM p[] = { OSSL_PARAM_construct_uint64(STATE, &state),
			   OSSL_PARAM_construct_end() };

	EVP_RAND_CTX_get_params(RAND_get0_primary(o->lib), p);
	return state;
}

void ossl_rand_set(struct ossl *o, uint64_t state)
{
	OSSL_PARAM p[] = { OSSL_PARAM_construct_uint64(STATE, &state),
			   OSSL_PARAM_construct_end() };

	EVP_RAND_CTX_set_params(RAND_get0_primary(o->lib), p);
}

enum il_err ossl_rand_start(struct ossl *o, uint64_t seed)
{
	if (!OSSL_PROVIDER_add_builtin(o->lib, "interlock", prov_init))
		return IL_E_NOMEM;
	o->dice = OSSL_PROVIDER_load(o->lib, "interlock");
	if (!o->dice)
		return IL_E_NOMEM;
	/* Before anything draws: the choice cannot be changed later. */
	if (RAND_set_DRBG_type(o->lib, NAME, "provider=interlock", NULL,
			       NULL) != 1)
		return IL_E_RANDOM;
	if (!RAND_get0_primary(o->lib) || !RAND_get0_public(o->lib) ||
	    !RAND_get0_private(o->lib))
		return IL_E_RANDOM;
	ossl_rand_set(o, seed);
	return ossl_rand_state(o) == seed ? IL_OK : IL_E_RANDOM;
}
