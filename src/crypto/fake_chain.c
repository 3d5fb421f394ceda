/* SPDX-License-Identifier: BSD-2-Clause */
#include "crypto/fake_priv.h"

#include "base/bytes.h"

static const uint8_t cert_magic[4] = { 'F', 'A', 'K', 'E' };

#define HEADER_LEN 4 /* 30 82 and two bytes of length */

/* A certificate as it stands in memory; pointers into its bytes. */
struct parsed {
	int64_t not_before_s;
	int64_t not_after_s;
	uint64_t subject;
	uint64_t issuer;
	bool ca;
	enum crypto_key key;
	const uint8_t *pub;
	const uint8_t *san;
	size_t san_len;
	const uint8_t *tbs; /* what is signed */
	size_t tbs_len;
	const uint8_t *sig;
	size_t sig_len;
	size_t len; /* with the header */
};

static void digest_of(const uint8_t *p, size_t len, uint8_t out[32])
{
	struct fake_hash h;

	fake_absorb_start(&h, CRYPTO_SHA256);
	fake_absorb(&h, p, len);
	fake_squeeze(&h, out, 32);
}

enum il_err fake_cert_make(const struct fake_cert *in, uint8_t *out, size_t cap,
			   size_t *len)
{
	size_t san_len = in->san ? strlen(in->san) : 0;
	uint8_t pub[CRYPTO_PUB_MAX], by[CRYPTO_PUB_MAX];
	uint8_t buf[FAKE_CERT_MAX];
	struct wr w = wr_over(buf, sizeof(buf));
	enum crypto_key key, by_key;
	uint8_t digest[32];
	uint8_t *sig;

	if (!fake_key_read(in->key, FAKE_KEY_LEN, &key, pub) ||
	    !fake_key_read(in->signer, FAKE_KEY_LEN, &by_key, by) ||
	    san_len >= CRYPTO_NAME_MAX)
		return IL_E_ARG;
	wr_zero(&w, HEADER_LEN);
	wr_bytes(&w, cert_magic, sizeof(cert_magic));
	wr_be(&w, (uint64_t)in->not_before_s, 8);
	wr_be(&w, (uint64_t)in->not_after_s, 8);
	wr_be(&w, in->subject, 8);
	wr_be(&w, in->issuer, 8);
	wr_u8(&w, in->ca);
	wr_u8(&w, (uint8_t)key);
	wr_bytes(&w, pub, fake_pub_len(key));
	wr_u8(&w, (uint8_t)san_len);
	wr_bytes(&w, in->san, san_len);
	digest_of(buf + HEADER_LEN, w.len - HEADER_LEN, digest);
	sig = wr_room(&w, crypto_key_sig_len(by_key));
	*len = w.len;
	if (!sig || w.len > cap)
		return IL_E_SPACE;
	fake_sig(by_key, by, 0, digest, sizeof(digest), sig);
	buf[0] = 0x30;
	buf[1] = 0x82;
	buf[2] = (uint8_t)((w.len - HEADER_LEN) >> 8);
	buf[3] = (uint8_t)(w.len - HEADER_LEN);
	memcpy(out, buf, w.len);
	return IL_OK;
}

static enum il_err parse_one(struct rd *r, struct parsed *p)
{
	const uint8_t *start = r->p;
	uint16_t tag = rd_u16be(r);
	size_t len = rd_u16be(r);
	const uint8_t *body, *magic;
	struct rd b;

	if (r->err)
		return r->err;
	if (tag != 0x3082)
		return IL_E_FIELD;
	if (len + HEADER_LEN > FAKE_CERT_MAX)
		return IL_E_LONG;
	body = rd_bytes(r, len);
	if (!body)
		return IL_E_SHORT;
	b = rd_over(body, len);
	magic = rd_bytes(&b, sizeof(cert_magic));
	p->not_before_s = (int64_t)rd_be(&b, 8);
	p->not_after_s = (int64_t)rd_be(&b, 8);
	p->subject = rd_be(&b, 8);
	p->issuer = rd_be(&b, 8);
	p->ca = rd_u8(&b) != 0;
	p->key = (enum crypto_key)rd_u8(&b);
	p->pub = rd_bytes(&b, fake_pub_len(p->key));
	p->san_len = rd_u8(&b);
	p->san = rd_bytes(&b, p->san_len);
	p->tbs = body;
	p->tbs_len = (size_t)(b.p - body);
	p->sig_len = rd_left(&b);
	p->sig = b.p;
	p->len = (size_t)(r->p - start);
	if (b.err || memcmp(magic, cert_magic, sizeof(cert_magic)) != 0 ||
	    !fake_is_pub(p->key, p->pub) || p->san_len >= CRYPTO_NAME_MAX)
		return IL_E_FIELD;
	return IL_OK;
}

static void show_leaf(const struct parsed *p, struct crypto_chain *out)
{
	static const char hex[] = "0123456789abcdef";

	memcpy(out->subject, "CN=", 3);
	for (unsigned i = 0; i < 16; i++)
		out->subject[3 + i] = hex[p->subject >> (60 - 4 * i) & 15];
	out->key = p->key;
	out->curve = crypto_key_curve(p->key);
	out->san_kind = p->san_len ? CRYPTO_SAN_PCI : CRYPTO_SAN_NONE;
	if (p->san_len)
		memcpy(out->san, p->san, p->san_len);
}

static enum il_err parse_all(const uint8_t *der, size_t len, struct parsed *all,
			     struct crypto_chain *out)
{
	struct rd r = rd_over(der, len);
	enum il_err err = len ? IL_OK : IL_E_SHORT;

	if (len > FAKE_CHAIN_SIZE)
		return IL_E_LONG;
	while (!err && rd_left(&r)) {
		struct parsed *p = &all[out->count];
		struct crypto_cert *c = &out->certs[out->count];

		if (out->count == CRYPTO_CHAIN_CERTS)
			return IL_E_LONG;
		c->off = (uint32_t)(r.p - der);
		err = parse_one(&r, p);
		if (err)
			break;
		c->len = (uint32_t)p->len;
		c->not_before_s = p->not_before_s;
		c->not_after_s = p->not_after_s;
		c->ca = p->ca;
		out->count++;
	}
	return err;
}

enum il_err fake_chain_parse(void *ctx, const uint8_t *der, size_t len,
			     struct crypto_chain *out)
{
	struct crypto_chain got = { .slot = out->slot, .leaf = out->leaf };
	struct parsed all[CRYPTO_CHAIN_CERTS];
	struct fake_slot *chain, *leaf;
	struct fake_crypto *f = ctx;
	const struct parsed *last;
	unsigned at = 0;
	enum il_err err;

	err = fake_may_take(f, out->slot, FAKE_CHAIN, !out->leaf.n);
	if (!err)
		err = fake_may_take(f, out->leaf, FAKE_PUB, 0);
	if (!err)
		err = parse_all(der, len, all, &got);
	if (err)
		return err;
	while (at < FAKE_CHAINS && f->chains[at].used)
		at++;
	if (got.slot.n)
		at = fake_find(f, got.slot, FAKE_CHAIN)->chain;
	if (at == FAKE_CHAINS)
		return IL_E_NOMEM;
	err = fake_take(f, &got.slot, FAKE_CHAIN, &chain);
	if (!err)
		err = fake_take(f, &got.leaf, FAKE_PUB, &leaf);
	if (err)
		return err;
	chain->chain = at;
	f->chains[at].used = true;
	f->chains[at].len = (uint32_t)len;
	memcpy(f->chains[at].der, der, len);
	last = &all[got.count - 1];
	leaf->key_kind = last->key;
	memcpy(leaf->pub, last->pub, fake_pub_len(last->key));
	show_leaf(last, &got);
	*out = got;
	return IL_OK;
}

static bool signed_by(const struct parsed *p, const struct parsed *by)
{
	uint8_t want[FAKE_SIG_MAX];
	uint8_t digest[32];

	if (p->sig_len != crypto_key_sig_len(by->key))
		return false;
	digest_of(p->tbs, p->tbs_len, digest);
	fake_sig(by->key, by->pub, 0, digest, sizeof(digest), want);
	return memcmp(want, p->sig, p->sig_len) == 0;
}

static enum crypto_why_code dates(const struct parsed *p, int64_t now_s)
{
	if (now_s < p->not_before_s)
		return CRYPTO_WHY_NOT_YET;
	return now_s > p->not_after_s ? CRYPTO_WHY_EXPIRED : CRYPTO_WHY_NONE;
}

static enum crypto_why_code link_fault(const struct parsed *p, int i,
				       const struct parsed *by)
{
	if (p->issuer != by->subject)
		return i ? CRYPTO_WHY_ORDER : CRYPTO_WHY_UNTRUSTED;
	if (signed_by(p, by))
		return CRYPTO_WHY_NONE;
	return !i && signed_by(p, p) ? CRYPTO_WHY_UNTRUSTED
				     : CRYPTO_WHY_SIGNATURE;
}

static struct crypto_why walk(const struct parsed *all, int n,
			      const struct parsed *anchor, bool first,
			      int64_t now_s)
{
	int at = first ? 0 : CRYPTO_CERT_ANCHOR;
	const struct parsed *by = anchor;
	enum crypto_why_code code = dates(by, now_s);

	if (code)
		return (struct crypto_why){ code, at };
	for (int i = first; i < n; i++) {
		code = link_fault(&all[i], i, by);
		if (code)
			return (struct crypto_why){ code, i };
		if (!by->ca)
			return (struct crypto_why){ CRYPTO_WHY_NOT_CA, at };
		by = &all[i];
		at = i;
		code = dates(by, now_s);
		if (code)
			return (struct crypto_why){ code, i };
	}
	if (by->ca)
		return (struct crypto_why){ CRYPTO_WHY_PURPOSE, at };
	return (struct crypto_why){ CRYPTO_WHY_NONE, 0 };
}

enum il_err fake_chain_verify(void *ctx, const struct crypto_chain *chain,
			      const uint8_t *anchor, size_t anchor_len,
			      int64_t now_s, struct crypto_why *why)
{
	struct fake_slot *s = fake_find(ctx, chain->slot, FAKE_CHAIN);
	struct crypto_chain seen = { .count = 0 };
	struct rd r = rd_over(anchor, anchor_len);
	struct parsed all[CRYPTO_CHAIN_CERTS], root;
	struct fake_crypto *f = ctx;
	const struct fake_chain *c;

	*why = (struct crypto_why){ CRYPTO_WHY_OTHER, 0 };
	if (!s)
		return IL_E_STATE;
	c = &f->chains[s->chain];
	if (parse_all(c->der, c->len, all, &seen))
		return IL_E_STATE;
	if (parse_one(&r, &root) || rd_left(&r))
		*why = (struct crypto_why){ CRYPTO_WHY_ANCHOR,
					    CRYPTO_CERT_ANCHOR };
	else
		*why = walk(all, (int)seen.count, &root,
			    root.len == all[0].len &&
				    !memcmp(root.tbs, all[0].tbs,
					    root.len - HEADER_LEN),
			    now_s);
	return why->code ? IL_E_AUTH : IL_OK;
}
