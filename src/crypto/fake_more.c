/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/fake_priv.h"

#include "base/bits.h"
#include "base/bytes.h"

#define ABOUT_MAX 255

/* What a signature over a message signs instead. */
static enum il_err digest(const void *about, size_t about_len, const void *msg,
			  size_t len, uint8_t out[32])
{
	struct fake_hash h;

	if (about_len > ABOUT_MAX)
		return IL_E_ARG;
	fake_absorb_start(&h, CRYPTO_SHA512);
	fake_absorb(&h, &about_len, sizeof(about_len));
	fake_absorb(&h, about, about_len);
	fake_absorb(&h, msg, len);
	fake_squeeze(&h, out, 32);
	return IL_OK;
}

enum il_err fake_sign_msg(void *ctx, struct crypto_slot s, const void *about,
			  size_t about_len, const void *msg, size_t len,
			  uint8_t *sig, size_t sig_len)
{
	const struct fake_slot *p = fake_find(ctx, s, FAKE_KEY);
	uint8_t d[32];

	if (!p || !crypto_key_is_ml_dsa(p->key_kind))
		return IL_E_STATE;
	if (sig_len != crypto_key_sig_len(p->key_kind) ||
	    digest(about, about_len, msg, len, d))
		return IL_E_ARG;
	fake_sig(p->key_kind, p->pub, 0, d, sizeof(d), sig);
	return IL_OK;
}

enum il_err fake_verify_msg(void *ctx, struct crypto_slot s, const void *about,
			    size_t about_len, const void *msg, size_t len,
			    const uint8_t *sig, size_t sig_len)
{
	const struct fake_slot *p = fake_any_key(ctx, s);
	uint8_t want[FAKE_SIG_MAX];
	uint8_t d[32];

	if (!p || !crypto_key_is_ml_dsa(p->key_kind))
		return IL_E_STATE;
	if (digest(about, about_len, msg, len, d))
		return IL_E_ARG;
	if (sig_len != crypto_key_sig_len(p->key_kind))
		return IL_E_AUTH;
	fake_sig(p->key_kind, p->pub, 0, d, sizeof(d), want);
	return memcmp(want, sig, sig_len) ? IL_E_AUTH : IL_OK;
}

/* An encapsulation key: 8 bytes, and what follows from them. */
static void kem_pub(enum crypto_kem kem, uint64_t seed, uint8_t *out)
{
	const uint8_t which = (uint8_t)kem;

	put_u64le(out, seed);
	fake_derive(FAKE_FOR_KEM, out, 8, &which, 1, out + 8,
		    crypto_kem_pub_len(kem) - 8);
}

enum il_err fake_kem_begin(void *ctx, struct crypto_slot *s,
			   enum crypto_kem kem, const uint8_t *seed,
			   uint8_t *pub_out)
{
	struct fake_crypto *f = ctx;
	struct fake_slot *p;
	enum il_err err;

	if (!crypto_kem_pub_len(kem))
		return IL_E_ARG;
	err = fake_take(f, s, FAKE_KEM, &p);
	if (err)
		return err;
	p->kem = kem;
	if (seed)
		fake_derive(FAKE_FOR_KEM, seed, CRYPTO_KEM_SEED, NULL, 0,
			    (uint8_t *)&p->seed, sizeof(p->seed));
	else
		p->seed = dice_u64(&f->dice);
	kem_pub(kem, p->seed, pub_out);
	return IL_OK;
}

enum il_err fake_kem_wrap(void *ctx, enum crypto_kem kem,
			  const uint8_t *peer_pub, uint8_t *ct_out,
			  uint8_t *secret_out)
{
	uint8_t want[CRYPTO_KEM_PUB_MAX];
	struct fake_crypto *f = ctx;

	if (!crypto_kem_pub_len(kem))
		return IL_E_ARG;
	kem_pub(kem, get_u64le(peer_pub), want);
	if (memcmp(want, peer_pub, crypto_kem_pub_len(kem)) != 0)
		return IL_E_FIELD;
	dice_fill(&f->dice, ct_out, crypto_kem_ct_len(kem));
	fake_derive(FAKE_FOR_WRAP, peer_pub, 8, ct_out, crypto_kem_ct_len(kem),
		    secret_out, CRYPTO_KEM_SECRET);
	return IL_OK;
}

enum il_err fake_kem_unwrap(void *ctx, struct crypto_slot s, const uint8_t *ct,
			    uint8_t *secret_out)
{
	const struct fake_slot *p = fake_find(ctx, s, FAKE_KEM);
	uint8_t pub[8];

	if (!p)
		return IL_E_STATE;
	put_u64le(pub, p->seed);
	fake_derive(FAKE_FOR_WRAP, pub, 8, ct, crypto_kem_ct_len(p->kem),
		    secret_out, CRYPTO_KEM_SECRET);
	return IL_OK;
}

/*
 * Requests, DER-shaped: 30 82 length, four letters, kind, X || Y, length of
 * the name and the name; a request also flags, length and text of the SAN,
 * and a signature over all behind the length.
 */
#define HEADER_LEN 4
#define REQ_MAX	   (FAKE_SIG_MAX + 1024)

static const uint8_t info_magic[4] = { 'F', 'I', 'N', 'F' };
static const uint8_t csr_magic[4] = { 'F', 'C', 'S', 'R' };

static bool name_ok(const char *s)
{
	return s && *s && strlen(s) < CRYPTO_NAME_MAX;
}

static void put_text(struct wr *w, const void *text, size_t len)
{
	wr_u8(w, (uint8_t)len);
	wr_bytes(w, text, len);
}

static void put_front(struct wr *w, const uint8_t magic[4],
		      const struct fake_slot *p, const void *name, size_t len)
{
	wr_zero(w, HEADER_LEN);
	wr_bytes(w, magic, 4);
	wr_u8(w, (uint8_t)p->key_kind);
	wr_bytes(w, p->pub, fake_pub_len(p->key_kind));
	put_text(w, name, len);
}

static enum il_err give(uint8_t *made, const struct wr *w, uint8_t *out,
			size_t cap, size_t *len)
{
	*len = w->len;
	if (w->err || w->len > cap)
		return IL_E_SPACE;
	made[0] = 0x30;
	made[1] = 0x82;
	made[2] = (uint8_t)((w->len - HEADER_LEN) >> 8);
	made[3] = (uint8_t)(w->len - HEADER_LEN);
	memcpy(out, made, w->len);
	return IL_OK;
}

struct front {
	enum crypto_key kind;
	const uint8_t *pub;
	const uint8_t *name;
	size_t name_len;
	const uint8_t *body; /* behind the length */
};

/* @r: over a whole request or info; afterwards behind the name. */
static enum il_err read_front(struct rd *r, const uint8_t magic[4],
			      struct front *f)
{
	const uint16_t tag = rd_u16be(r);
	const size_t len = rd_u16be(r);
	const uint8_t *m;

	if (r->err || tag != 0x3082 || rd_left(r) < len)
		return IL_E_FIELD;
	if (rd_left(r) > len)
		return IL_E_LONG;
	f->body = r->p;
	m = rd_bytes(r, 4);
	f->kind = (enum crypto_key)rd_u8(r);
	f->pub = rd_bytes(r, fake_pub_len(f->kind));
	f->name_len = rd_u8(r);
	f->name = rd_bytes(r, f->name_len);
	if (r->err || memcmp(m, magic, 4) != 0 ||
	    !fake_is_pub(f->kind, f->pub) || f->name_len >= CRYPTO_NAME_MAX)
		return IL_E_FIELD;
	return IL_OK;
}

/* The subject: from an info that is for our key, else the name. */
static enum il_err subject_of(const struct crypto_csr_ask *ask,
			      const struct fake_slot *p, const void **name,
			      size_t *len)
{
	struct rd r = rd_over(ask->info, ask->info_len);
	struct front f = { .name_len = 0 };
	enum il_err err = ask->info ? read_front(&r, info_magic, &f) : IL_OK;

	if (err)
		return err;
	if (ask->info && (rd_left(&r) || f.kind != p->key_kind ||
			  memcmp(f.pub, p->pub, fake_pub_len(f.kind)) != 0))
		return IL_E_FIELD;
	if (!f.name_len && !name_ok(ask->name))
		return IL_E_ARG;
	*name = f.name_len ? (const void *)f.name : ask->name;
	*len = f.name_len ? f.name_len : strlen(ask->name);
	return IL_OK;
}

static void digest_of(const uint8_t *p, size_t len, uint8_t out[32])
{
	struct fake_hash h;

	fake_absorb_start(&h, CRYPTO_SHA384);
	fake_absorb(&h, p, len);
	fake_squeeze(&h, out, 32);
}

enum il_err fake_csr_make(void *ctx, struct crypto_slot key,
			  const struct crypto_csr_ask *ask, uint8_t *out,
			  size_t cap, size_t *len)
{
	const struct fake_slot *p = fake_find(ctx, key, FAKE_KEY);
	uint8_t made[REQ_MAX];
	struct wr w = wr_over(made, sizeof(made));
	const void *name;
	uint8_t d[32];
	uint8_t *sig;
	enum il_err err;
	size_t n;

	if (!p)
		return IL_E_STATE;
	if ((!crypto_key_is_ml_dsa(p->key_kind) &&
	     !crypto_hash_len(ask->hash)) ||
	    (ask->san && !name_ok(ask->san)))
		return IL_E_ARG;
	err = subject_of(ask, p, &name, &n);
	if (err)
		return err;
	put_front(&w, csr_magic, p, name, n);
	wr_u8(&w, (uint8_t)(ask->ca | ask->hardware << 1));
	put_text(&w, ask->san, ask->san ? strlen(ask->san) : 0);
	digest_of(made + HEADER_LEN, w.len - HEADER_LEN, d);
	sig = wr_room(&w, crypto_key_sig_len(p->key_kind));
	if (sig)
		fake_sig(p->key_kind, p->pub, 0, d, sizeof(d), sig);
	return give(made, &w, out, cap, len);
}

enum il_err fake_csr_info(void *ctx, struct crypto_slot pub, const char *name,
			  uint8_t *out, size_t cap, size_t *len)
{
	const struct fake_slot *p = fake_any_key(ctx, pub);
	uint8_t made[REQ_MAX];
	struct wr w = wr_over(made, sizeof(made));

	if (!p)
		return IL_E_STATE;
	if (!name_ok(name))
		return IL_E_ARG;
	put_front(&w, info_magic, p, name, strlen(name));
	return give(made, &w, out, cap, len);
}

enum il_err fake_csr_read(void *ctx, const uint8_t *der, size_t len,
			  struct crypto_slot *pub, char *subject)
{
	struct rd r = rd_over(der, len);
	enum il_err err = fake_may_take(ctx, *pub, FAKE_PUB, 0);
	uint8_t want[FAKE_SIG_MAX];
	struct front f;
	uint8_t d[32];
	size_t san_len;

	if (!err)
		err = read_front(&r, csr_magic, &f);
	if (err)
		return err;
	rd_skip(&r, 1);
	san_len = rd_u8(&r);
	rd_skip(&r, san_len);
	if (r.err)
		return IL_E_FIELD;
	digest_of(f.body, (size_t)(r.p - f.body), d);
	fake_sig(f.kind, f.pub, 0, d, sizeof(d), want);
	if (rd_left(&r) != crypto_key_sig_len(f.kind) ||
	    memcmp(want, r.p, rd_left(&r)) != 0)
		return IL_E_AUTH;
	err = fake_settle_pub(ctx, pub, f.kind, f.pub);
	if (err)
		return err;
	memset(subject, 0, CRYPTO_NAME_MAX);
	memcpy(subject, f.name, f.name_len);
	return IL_OK;
}
