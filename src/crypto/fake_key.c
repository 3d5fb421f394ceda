/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/fake_priv.h"

#include "base/bytes.h"

/* The second half of @len bytes from the first. */
static void make_y(uint8_t *pub, size_t len)
{
	fake_derive(FAKE_FOR_Y, pub, len / 2, NULL, 0, pub + len / 2, len / 2);
}

static bool has_y(const uint8_t *pub, size_t len)
{
	uint8_t want[CRYPTO_PUB_MAX];

	memcpy(want, pub, len / 2);
	make_y(want, len);
	return len && memcmp(want, pub, len) == 0;
}

enum il_err fake_dh_begin(void *ctx, struct crypto_slot *s,
			  enum crypto_curve curve, uint8_t *pub_out)
{
	struct fake_crypto *f = ctx;
	struct fake_slot *p;
	enum il_err err;

	if (!crypto_curve_len(curve))
		return IL_E_ARG;
	err = fake_take(f, s, FAKE_DH, &p);
	if (err)
		return err;
	p->curve = curve;
	dice_fill(&f->dice, p->pub, crypto_curve_len(curve));
	make_y(p->pub, 2 * crypto_curve_len(curve));
	memcpy(pub_out, p->pub, 2 * crypto_curve_len(curve));
	return IL_OK;
}

enum il_err fake_dh_load(void *ctx, struct crypto_slot *s,
			 enum crypto_curve curve, const uint8_t *scalar,
			 uint8_t *pub_out)
{
	static const uint8_t zero[CRYPTO_SCALAR_MAX];
	size_t n = crypto_curve_len(curve);
	struct fake_slot *p;
	enum il_err err;

	if (!n)
		return IL_E_ARG;
	if (!memcmp(scalar, zero, n))
		return IL_E_FIELD;
	err = fake_take(ctx, s, FAKE_DH, &p);
	if (err)
		return err;
	p->curve = curve;
	fake_derive(FAKE_FOR_X, scalar, n, NULL, 0, p->pub, n);
	make_y(p->pub, 2 * crypto_curve_len(curve));
	memcpy(pub_out, p->pub, 2 * n);
	return IL_OK;
}

enum il_err fake_dh_finish(void *ctx, struct crypto_slot s,
			   const uint8_t *peer_pub, uint8_t *secret_out)
{
	const struct fake_slot *p = fake_find(ctx, s, FAKE_DH);
	const uint8_t *low, *high;
	size_t n;

	if (!p)
		return IL_E_STATE;
	n = crypto_curve_len(p->curve);
	if (!has_y(peer_pub, 2 * n))
		return IL_E_FIELD;
	low = memcmp(p->pub, peer_pub, n) < 0 ? p->pub : peer_pub;
	high = low == peer_pub ? p->pub : peer_pub;
	fake_derive(FAKE_FOR_SECRET, low, n, high, n, secret_out, n);
	return IL_OK;
}

static const uint8_t key_magic[7] = { 'F', 'A', 'K', 'E', 'K', 'E', 'Y' };

/* Where there is no curve it is as long as on P-384. */
size_t fake_pub_len(enum crypto_key kind)
{
	if (kind < CRYPTO_KEY_P256 || kind >= CRYPTO_KEYS)
		return 0;
	return 2 * crypto_curve_len(crypto_key_curve(kind)
					    ? crypto_key_curve(kind)
					    : CRYPTO_P384);
}

bool fake_is_pub(enum crypto_key kind, const uint8_t *pub)
{
	return has_y(pub, fake_pub_len(kind));
}

void fake_key(uint8_t out[FAKE_KEY_LEN], enum crypto_key kind, uint64_t seed)
{
	struct wr w = wr_over(out, FAKE_KEY_LEN);

	wr_bytes(&w, key_magic, sizeof(key_magic));
	wr_u8(&w, (uint8_t)kind);
	wr_le(&w, seed, 8);
	fake_derive(FAKE_FOR_KEY, out, 16, NULL, 0, out + 16, 8);
}

bool fake_key_read(const uint8_t *p, size_t len, enum crypto_key *kind,
		   uint8_t *pub)
{
	uint8_t check[8];
	size_t n;

	if (len != FAKE_KEY_LEN || memcmp(p, key_magic, sizeof(key_magic)) != 0)
		return false;
	fake_derive(FAKE_FOR_KEY, p, 16, NULL, 0, check, sizeof(check));
	*kind = (enum crypto_key)p[7];
	n = fake_pub_len(*kind);
	if (memcmp(check, p + 16, 8) != 0 || !n)
		return false;
	fake_derive(FAKE_FOR_X, p, 16, NULL, 0, pub, n / 2);
	make_y(pub, n);
	return true;
}

static enum il_err settle(void *ctx, struct crypto_slot *s, enum fake_kind kind,
			  enum crypto_key key, const uint8_t *pub)
{
	struct fake_slot *p;
	enum il_err err = fake_take(ctx, s, kind, &p);

	if (err)
		return err;
	p->key_kind = key;
	memcpy(p->pub, pub, fake_pub_len(key));
	return IL_OK;
}

enum il_err fake_key_load(void *ctx, struct crypto_slot *s, const void *p,
			  size_t len)
{
	uint8_t pub[CRYPTO_PUB_MAX];
	enum crypto_key kind;

	enum il_err err;

	if (!fake_key_read(p, len, &kind, pub))
		return len > FAKE_KEY_LEN ? IL_E_LONG : IL_E_FIELD;
	err = settle(ctx, s, FAKE_KEY, kind, pub);
	if (!err)
		memcpy(fake_find(ctx, *s, FAKE_KEY)->priv, p, len);
	return err;
}

enum il_err fake_key_new(void *ctx, struct crypto_slot *s, enum crypto_key kind)
{
	struct fake_crypto *f = ctx;
	uint8_t key[FAKE_KEY_LEN];
	enum il_err err;

	if (!fake_pub_len(kind))
		return IL_E_ARG;
	err = fake_may_take(f, *s, FAKE_KEY, 0);
	if (err)
		return err;
	fake_key(key, kind, dice_u64(&f->dice));
	return fake_key_load(f, s, key, sizeof(key));
}

enum il_err fake_key_export(void *ctx, struct crypto_slot s, uint8_t *out,
			    size_t cap, size_t *len)
{
	const struct fake_slot *p = fake_find(ctx, s, FAKE_KEY);

	if (!p)
		return IL_E_STATE;
	*len = FAKE_KEY_LEN;
	if (cap < *len)
		return IL_E_SPACE;
	memcpy(out, p->priv, *len);
	return IL_OK;
}

enum il_err fake_settle_pub(void *ctx, struct crypto_slot *s,
			    enum crypto_key kind, const uint8_t *pub)
{
	return settle(ctx, s, FAKE_PUB, kind, pub);
}

enum il_err fake_pubkey_from_point(void *ctx, struct crypto_slot *s,
				   enum crypto_curve curve, const uint8_t *pub)
{
	if (!crypto_curve_len(curve))
		return IL_E_ARG;
	if (!has_y(pub, 2 * crypto_curve_len(curve)))
		return IL_E_FIELD;
	return settle(ctx, s, FAKE_PUB, crypto_key_on(curve), pub);
}

/* Our SPKI: 30, length as DER has it, kind, X || Y. */
enum il_err fake_pubkey_from_spki(void *ctx, struct crypto_slot *s,
				  const uint8_t *der, size_t len)
{
	struct rd r = rd_over(der, len);
	enum crypto_key kind;
	uint8_t tag = rd_u8(&r);
	size_t n = rd_u8(&r);
	const uint8_t *pub;

	if (n == 0x81) {
		n = rd_u8(&r);
		if (n <= 0x7f)
			return IL_E_FIELD;
	}
	kind = (enum crypto_key)rd_u8(&r);
	pub = rd_bytes(&r, fake_pub_len(kind));
	if (r.err || tag != 0x30 || n != 1 + fake_pub_len(kind) ||
	    !fake_is_pub(kind, pub))
		return IL_E_FIELD;
	if (rd_left(&r))
		return IL_E_LONG;
	return settle(ctx, s, FAKE_PUB, kind, pub);
}

enum il_err fake_pubkey_export(void *ctx, struct crypto_slot s, uint8_t *out,
			       size_t cap, size_t *len)
{
	const struct fake_slot *p = fake_any_key(ctx, s);
	uint8_t made[4 + CRYPTO_PUB_MAX];
	struct wr w = wr_over(made, sizeof(made));
	size_t n = p ? 1 + fake_pub_len(p->key_kind) : 0;

	if (!p)
		return IL_E_STATE;
	wr_u8(&w, 0x30);
	if (n > 0x7f)
		wr_u8(&w, 0x81);
	wr_u8(&w, (uint8_t)n);
	wr_u8(&w, (uint8_t)p->key_kind);
	wr_bytes(&w, p->pub, n - 1);
	*len = w.len;
	if (cap < *len)
		return IL_E_SPACE;
	memcpy(out, made, *len);
	return IL_OK;
}

const struct fake_slot *fake_any_key(struct fake_crypto *f,
				     struct crypto_slot s)
{
	const struct fake_slot *p = fake_find(f, s, FAKE_KEY);

	return p ? p : fake_find(f, s, FAKE_PUB);
}

enum il_err fake_pubkey(void *ctx, struct crypto_slot s,
			enum crypto_curve *curve, uint8_t *pub_out)
{
	const struct fake_slot *p = fake_any_key(ctx, s);

	if (!p || !crypto_key_curve(p->key_kind))
		return IL_E_STATE;
	*curve = crypto_key_curve(p->key_kind);
	memcpy(pub_out, p->pub, 2 * crypto_curve_len(*curve));
	return IL_OK;
}

enum il_err fake_key_kind(void *ctx, struct crypto_slot s,
			  enum crypto_key *kind)
{
	const struct fake_slot *p = fake_any_key(ctx, s);

	if (!p)
		return IL_E_STATE;
	*kind = p->key_kind;
	return IL_OK;
}

enum il_err fake_key_fits(void *ctx, struct crypto_slot key,
			  struct crypto_slot pub)
{
	const struct fake_slot *a = fake_any_key(ctx, key);
	const struct fake_slot *b = fake_any_key(ctx, pub);

	if (!a || !b)
		return IL_E_STATE;
	return a->key_kind == b->key_kind &&
			       !memcmp(a->pub, b->pub, sizeof(a->pub))
		       ? IL_OK
		       : IL_E_AUTH;
}

void fake_sig(enum crypto_key kind, const uint8_t *pub, uint8_t how,
	      const uint8_t *digest, size_t digest_len, uint8_t *sig)
{
	uint8_t who[1 + CRYPTO_PUB_MAX] = { how };

	memcpy(who + 1, pub, fake_pub_len(kind));
	fake_derive(FAKE_FOR_SIG, who, 1 + fake_pub_len(kind), digest,
		    digest_len, sig, crypto_key_sig_len(kind));
}

enum il_err fake_sign(void *ctx, struct crypto_slot s, const uint8_t *digest,
		      size_t digest_len, uint8_t *sig, size_t sig_len)
{
	const struct fake_slot *p = fake_find(ctx, s, FAKE_KEY);

	if (!p || !crypto_key_curve(p->key_kind))
		return IL_E_STATE;
	if (!digest_len || digest_len > CRYPTO_HASH_MAX ||
	    sig_len != crypto_key_sig_len(p->key_kind))
		return IL_E_ARG;
	fake_sig(p->key_kind, p->pub, 0, digest, digest_len, sig);
	return IL_OK;
}

enum il_err fake_verify(void *ctx, struct crypto_slot s, const uint8_t *digest,
			size_t digest_len, const uint8_t *sig, size_t sig_len)
{
	const struct fake_slot *p = fake_any_key(ctx, s);
	uint8_t want[FAKE_SIG_MAX];

	if (!p || !crypto_key_curve(p->key_kind))
		return IL_E_STATE;
	if (!digest_len || digest_len > CRYPTO_HASH_MAX)
		return IL_E_ARG;
	if (sig_len != crypto_key_sig_len(p->key_kind))
		return IL_E_AUTH;
	fake_sig(p->key_kind, p->pub, 0, digest, digest_len, want);
	return memcmp(want, sig, sig_len) ? IL_E_AUTH : IL_OK;
}

/* Padding and hash in one number; 0: one of them is none. */
static uint8_t rsa_how(enum crypto_rsa pad, enum crypto_hash_alg alg)
{
	if ((pad != CRYPTO_RSASSA && pad != CRYPTO_RSAPSS) ||
	    !crypto_hash_len(alg))
		return 0;
	return (uint8_t)(pad << 4 | alg);
}

enum il_err fake_sign_rsa(void *ctx, struct crypto_slot s, enum crypto_rsa pad,
			  enum crypto_hash_alg alg, const uint8_t *digest,
			  uint8_t *sig, size_t sig_len)
{
	const struct fake_slot *p = fake_find(ctx, s, FAKE_KEY);
	const uint8_t how = rsa_how(pad, alg);

	if (!p || !crypto_key_rsa_bits(p->key_kind))
		return IL_E_STATE;
	if (!how || sig_len != crypto_key_sig_len(p->key_kind))
		return IL_E_ARG;
	fake_sig(p->key_kind, p->pub, how, digest, crypto_hash_len(alg), sig);
	return IL_OK;
}

enum il_err fake_verify_rsa(void *ctx, struct crypto_slot s,
			    enum crypto_rsa pad, enum crypto_hash_alg alg,
			    const uint8_t *digest, const uint8_t *sig,
			    size_t sig_len)
{
	const struct fake_slot *p = fake_any_key(ctx, s);
	const uint8_t how = rsa_how(pad, alg);
	uint8_t want[FAKE_SIG_MAX];

	if (!p || !crypto_key_rsa_bits(p->key_kind))
		return IL_E_STATE;
	if (!how)
		return IL_E_ARG;
	if (sig_len != crypto_key_sig_len(p->key_kind))
		return IL_E_AUTH;
	fake_sig(p->key_kind, p->pub, how, digest, crypto_hash_len(alg), want);
	return memcmp(want, sig, sig_len) ? IL_E_AUTH : IL_OK;
}
