/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/keys.h"

#include "spdm/keys_priv.h"

enum crypto_hash_alg spdm_crypto_hash(uint32_t base_hash)
{
	switch (base_hash) {
	case SPDM_HASH_SHA_256:
		return CRYPTO_SHA256;
	case SPDM_HASH_SHA_384:
		return CRYPTO_SHA384;
	case SPDM_HASH_SHA_512:
		return CRYPTO_SHA512;
	default:
		return (enum crypto_hash_alg)0;
	}
}

enum crypto_aead_alg spdm_crypto_aead(uint16_t aead)
{
	switch (aead) {
	case SPDM_AEAD_AES_128_GCM:
		return CRYPTO_AES_128_GCM;
	case SPDM_AEAD_AES_256_GCM:
		return CRYPTO_AES_256_GCM;
	case SPDM_AEAD_CHACHA20_POLY1305:
		return CRYPTO_CHACHA20_POLY1305;
	default:
		return (enum crypto_aead_alg)0;
	}
}

enum crypto_kem spdm_crypto_kem(uint16_t kem)
{
	switch (kem) {
	case SPDM_KEM_ML_KEM_512:
		return CRYPTO_ML_KEM_512;
	case SPDM_KEM_ML_KEM_768:
		return CRYPTO_ML_KEM_768;
	case SPDM_KEM_ML_KEM_1024:
		return CRYPTO_ML_KEM_1024;
	default:
		return (enum crypto_kem)0;
	}
}

enum crypto_curve spdm_crypto_curve(uint16_t dhe)
{
	switch (dhe) {
	case SPDM_DHE_SECP256R1:
		return CRYPTO_P256;
	case SPDM_DHE_SECP384R1:
		return CRYPTO_P384;
	case SPDM_DHE_SECP521R1:
		return CRYPTO_P521;
	default:
		return (enum crypto_curve)0;
	}
}

/* Sessions came with 1.1; we know the schedule of each version since. */
static bool version_ours(uint8_t version)
{
	return version >= SPDM_V11 && version <= SPDM_V14;
}

/* The device library has no strlen. */
size_t spdm_text_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

#define LABEL_MAX 12 /* "req app data" and others below are no longer */

/*
 * BinConcat and HKDF-Expand: length u16, "spdm1.x ", label, context.
 * @context is a digest or NULL.
 * Source: DSP0274 1.2.1, sections 11.1, 11.2; 1.3.0 and 1.4.0, section 12
 */
static enum il_err expand(const struct spdm_keys *k, const struct crypto *c,
			  const uint8_t *secret, const char *label,
			  const uint8_t *context, uint8_t *out, size_t len)
{
	static const char head[] = "..spdm1.x ";
	uint8_t info[2 + 8 + LABEL_MAX + SPDM_HASH_MAX];
	size_t n = sizeof(head) - 1;

	memcpy(info, head, n);
	put_u16le(info, (uint16_t)len);
	info[8] = (uint8_t)('0' + (k->version & 0xf));
	memcpy(info + n, label, spdm_text_len(label));
	n += spdm_text_len(label);
	if (context) {
		memcpy(info + n, context, k->hash_len);
		n += k->hash_len;
	}
	return crypto_hkdf_expand(c, spdm_crypto_hash(k->hash), secret,
				  k->hash_len, info, n, out, len);
}

/*
 * Zeros up to 1.2, ones from 1.3 on. Source: DSP0274 1.3.0, section 12.3; the
 * recordings tdisp12 and psk13 show both.
 */
void spdm_keys_psk_salt(uint8_t version, uint8_t out[SPDM_HASH_MAX])
{
	memset(out, version < SPDM_V13 ? 0 : 0xff, SPDM_HASH_MAX);
}

static const uint8_t zeros[SPDM_HASH_MAX];

/* From the handshake secret on. */
static enum il_err directions(struct spdm_keys *n, const struct crypto *c,
			      const uint8_t *th1)
{
	enum il_err err = expand(n, c, n->handshake, "req hs data", th1,
				 n->hs_dir[SPDM_DIR_REQ], n->hash_len);

	if (err)
		return err;
	return expand(n, c, n->handshake, "rsp hs data", th1,
		      n->hs_dir[SPDM_DIR_RSP], n->hash_len);
}

/* A schedule that has nothing yet. */
static enum il_err start(struct spdm_keys *k, uint8_t version, uint32_t hash)
{
	*k = (struct spdm_keys){ .version = version,
				 .hash = hash,
				 .hash_len = spdm_hash_len(hash) };
	return k->hash_len && version_ours(version) ? IL_OK : IL_E_ARG;
}

static enum il_err kept(struct spdm_keys *k, enum il_err err)
{
	if (err)
		spdm_keys_wipe(k);
	return err;
}

enum il_err spdm_keys_psk(struct spdm_keys *k, const struct crypto *c,
			  uint8_t version, uint32_t hash, const uint8_t *secret,
			  const uint8_t *th1)
{
	enum il_err err = start(k, version, hash);

	if (!err) {
		memcpy(k->handshake, secret, k->hash_len);
		err = directions(k, c, th1);
	}
	return kept(k, err);
}

/* Salt_0 is zeros. Source: DSP0274 1.2.1, section 11.3. */
enum il_err spdm_keys_handshake(struct spdm_keys *k, const struct crypto *c,
				uint8_t version, uint32_t hash,
				const uint8_t *ikm, size_t ikm_len,
				const uint8_t *th1)
{
	enum il_err err = start(k, version, hash);

	if (!err)
		err = crypto_hkdf_extract(c, spdm_crypto_hash(hash), zeros,
					  k->hash_len, ikm, ikm_len,
					  k->handshake);
	if (!err)
		err = directions(k, c, th1);
	return kept(k, err);
}

enum il_err spdm_keys_data(struct spdm_keys *k, const struct crypto *c,
			   const uint8_t *th2)
{
	const size_t n = k->hash_len;
	uint8_t salt1[SPDM_HASH_MAX];
	enum il_err err;

	err = expand(k, c, k->handshake, "derived", NULL, salt1, n);
	if (!err)
		err = crypto_hkdf_extract(c, spdm_crypto_hash(k->hash), salt1,
					  n, zeros, n, k->master);
	bytes_wipe(salt1, sizeof(salt1));
	if (!err)
		err = expand(k, c, k->master, "req app data", th2,
			     k->data_dir[SPDM_DIR_REQ], n);
	if (!err)
		err = expand(k, c, k->master, "rsp app data", th2,
			     k->data_dir[SPDM_DIR_RSP], n);
	if (!err)
		err = expand(k, c, k->master, "exp master", th2, k->exporter,
			     n);
	return kept(k, err);
}

enum il_err spdm_keys_verify_data(const struct spdm_keys *k,
				  const struct crypto *c, enum spdm_dir dir,
				  const uint8_t *th, uint8_t *out)
{
	uint8_t finished[SPDM_HASH_MAX];
	enum il_err err;

	err = expand(k, c, k->hs_dir[dir], "finished", NULL, finished,
		     k->hash_len);
	if (!err)
		err = crypto_hmac(c, spdm_crypto_hash(k->hash), finished,
				  k->hash_len, th, k->hash_len, out);
	bytes_wipe(finished, sizeof(finished));
	return err;
}

enum il_err spdm_keys_aead(const struct spdm_keys *k, const struct crypto *c,
			   const uint8_t *secret, uint8_t key[SPDM_KEY_LEN],
			   uint8_t iv[SPDM_IV_LEN])
{
	const size_t n = spdm_aead_key_len(spdm_keys_suite(k));
	enum il_err err =
		n ? expand(k, c, secret, "key", NULL, key, n) : IL_E_ARG;

	if (err)
		return err;
	return expand(k, c, secret, "iv", NULL, iv, SPDM_IV_LEN);
}

enum il_err spdm_keys_next(const struct spdm_keys *k, const struct crypto *c,
			   enum spdm_dir dir, uint8_t out[SPDM_HASH_MAX])
{
	return expand(k, c, k->data_dir[dir], "traffic upd", NULL, out,
		      k->hash_len);
}

void spdm_keys_wipe(struct spdm_keys *k)
{
	bytes_wipe(k, sizeof(*k));
}

/* Four times the version, zeros, what it is for: the combined prefix. */
static enum il_err sign_prefix(uint8_t version, const char *context,
			       uint8_t out[SPDM_SIGN_PREFIX])
{
	char prefix[] = "dmtf-spdm-v1.x.*";
	struct wr w = wr_over(out, SPDM_SIGN_PREFIX);
	const size_t n = spdm_text_len(context);

	if (n > SPDM_SIGN_PREFIX - 64)
		return IL_E_ARG;
	prefix[13] = (char)('0' + (version & 0xf));
	for (size_t i = 0; i < 4; i++)
		wr_bytes(&w, prefix, 16);
	wr_zero(&w, SPDM_SIGN_PREFIX - 64 - n);
	wr_bytes(&w, context, n);
	return w.err;
}

enum il_err spdm_sign_digest(const struct crypto *c, uint8_t version,
			     uint32_t hash, const char *context,
			     const uint8_t *th, uint8_t *out)
{
	uint8_t head[SPDM_SIGN_PREFIX];
	const size_t len = spdm_hash_len(hash);
	const struct crypto_span parts[2] = { { head, sizeof(head) },
					      { th, len } };
	enum il_err err = sign_prefix(version, context, head);

	if (err || !len)
		return IL_E_ARG;
	if (version < SPDM_V12) {
		memcpy(out, th, len);
		return IL_OK;
	}
	return crypto_hash_parts(c, spdm_crypto_hash(hash), parts, 2, out);
}

enum il_err spdm_sign_msg(uint8_t version, uint32_t hash, const char *context,
			  const uint8_t *th, uint8_t out[SPDM_SIGN_MSG_MAX],
			  size_t *len)
{
	const size_t n = spdm_hash_len(hash);
	enum il_err err = sign_prefix(version, context, out);

	if (err || !n || version < SPDM_V14)
		return IL_E_ARG;
	memcpy(out + SPDM_SIGN_PREFIX, th, n);
	*len = SPDM_SIGN_PREFIX + n;
	return IL_OK;
}
