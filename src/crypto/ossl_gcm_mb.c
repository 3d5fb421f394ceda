/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/ossl_gcm.h"

#include <stdlib.h>

#include <intel-ipsec-mb.h>

#include "base/bytes.h"
#include "crypto/crypto.h"

/*
 * intel-ipsec-mb's, one message at a time: @lib is a manager, which holds the
 * functions that suit the processor; a slot keeps an expanded key.
 */

#define NEEDS (IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ)

/* The library tests its algorithms itself, where it says that it does. */
static bool fit(const IMB_MGR *m, IMB_ARCH arch)
{
	if (arch == IMB_ARCH_NONE || arch == IMB_ARCH_NOAESNI ||
	    (m->features & NEEDS) != NEEDS || imb_get_errno((IMB_MGR *)m))
		return false;
#ifdef IMB_FEATURE_SELF_TEST
	if ((m->features & IMB_FEATURE_SELF_TEST) &&
	    !(m->features & IMB_FEATURE_SELF_TEST_PASS))
		return false;
#endif
	return m->gcm256_pre && m->gcm256_enc && m->gcm256_dec;
}

static bool mb_open(void *crypto_lib, void **lib)
{
	IMB_MGR *m = alloc_mb_mgr(0);
	IMB_ARCH arch = IMB_ARCH_NONE;

	(void)crypto_lib;
	if (!m)
		return false;
	init_mb_mgr_auto(m, &arch);
	if (!fit(m, arch)) {
		free_mb_mgr(m);
		return false;
	}
	*lib = m;
	return true;
}

static void mb_close(void *lib)
{
	if (lib)
		free_mb_mgr(lib);
}

static void *mb_make(void *lib)
{
	(void)lib;
	return aligned_alloc(_Alignof(struct gcm_key_data),
			     sizeof(struct gcm_key_data));
}

static void mb_free(void *prepared)
{
	if (prepared)
		bytes_wipe(prepared, sizeof(struct gcm_key_data));
	free(prepared);
}

static bool mb_key(void *lib, void *prepared, const uint8_t *key)
{
	const IMB_MGR *m = lib;

	IMB_AES256_GCM_PRE(m, key, prepared);
	return true;
}

static bool mb_seal(void *lib, void *prepared, const uint8_t *iv,
		    const void *aad, size_t aad_len, const uint8_t *in,
		    size_t len, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	struct gcm_context_data c;
	const IMB_MGR *m = lib;

	IMB_AES256_GCM_ENC(m, prepared, &c, out, in, len, iv, aad, aad_len, tag,
			   tag_len);
	bytes_wipe(&c, sizeof(c));
	return true;
}

static bool mb_unseal(void *lib, void *prepared, const uint8_t *iv,
		      const void *aad, size_t aad_len, const uint8_t *in,
		      size_t len, uint8_t *out, const uint8_t *tag,
		      size_t tag_len)
{
	struct gcm_context_data c;
	uint8_t got[CRYPTO_AEAD_TAG];
	const IMB_MGR *m = lib;

	IMB_AES256_GCM_DEC(m, prepared, &c, out, in, len, iv, aad, aad_len, got,
			   tag_len);
	bytes_wipe(&c, sizeof(c));
	return bytes_equal_ct(got, tag, tag_len);
}

const struct ossl_gcm ossl_gcm_mb = {
	.name = "ipsec-mb",
	.open = mb_open,
	.close = mb_close,
	.make = mb_make,
	.free = mb_free,
	.key = mb_key,
	.seal = mb_seal,
	.unseal = mb_unseal,
};
