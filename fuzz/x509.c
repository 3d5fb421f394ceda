/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/ossl.h"

/*
 * A certificate chain or a certificate request as a device sends it, over
 * OpenSSL: what parses lies inside the bytes, one certificate right behind the
 * other, and its names end. The verdict over it names a reason, or there is
 * none. What reads as a request has a key of a kind that signs; the same bytes,
 * as what somebody wants to have in one, make none for a key that is not
 * theirs.
 */
static void names(const struct crypto_chain *ch)
{
	must(memchr(ch->subject, 0, sizeof(ch->subject)) != NULL);
	must(memchr(ch->san, 0, sizeof(ch->san)) != NULL);
}

static void request(const struct crypto *c, const uint8_t *data, size_t len)
{
	struct crypto_slot own = { 0 };
	const struct crypto_csr_ask ask = { .hash = CRYPTO_SHA256,
					    .info = data,
					    .info_len = len };
	struct crypto_slot pub = { 0 };
	char subject[CRYPTO_NAME_MAX];
	static uint8_t out[CRYPTO_CERT_MAX];
	enum crypto_key kind;
	enum il_err err;
	size_t n = 0;

	err = crypto_csr_read(c, data, len, &pub, subject);
	must(!err == (pub.n != 0));
	if (!err) {
		must(memchr(subject, 0, sizeof(subject)) != NULL);
		must(crypto_key_kind(c, pub, &kind) == IL_OK);
		must(crypto_key_sig_len(kind) > 0);
	}
	crypto_drop(c, &pub);
	must(crypto_key_new(c, &own, CRYPTO_KEY_P256) == IL_OK);
	err = crypto_csr_make(c, own, &ask, out, sizeof(out), &n);
	must(err == IL_E_FIELD || err == IL_E_LONG);
	crypto_drop(c, &own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct ossl *o;
	const struct ossl_cfg cfg = { .seeded = true, .seed = 1, .slots = 8 };
	struct crypto_chain ch = { 0 };
	struct crypto_why why = { 0 };
	struct crypto c;
	size_t at = 0;
	enum il_err err;

	if (!o)
		must(ossl_new(&cfg, &o) == IL_OK);
	c = ossl_crypto(o);
	request(&c, data, len);
	err = crypto_chain_parse(&c, data, len, &ch);
	if (err) {
		must(ossl_live(o) == 0);
		return 0;
	}
	must(ch.count > 0 && ch.count <= CRYPTO_CHAIN_CERTS);
	for (unsigned i = 0; i < ch.count; i++) {
		must(ch.certs[i].off == at && ch.certs[i].len > 0);
		at += ch.certs[i].len;
	}
	must(at == len);
	names(&ch);
	err = crypto_chain_verify(&c, &ch, data, ch.certs[0].len,
				  ch.certs[0].not_before_s, &why);
	must(!err == (why.code == 0));
	must(crypto_why_name(why.code)[0]);
	crypto_chain_drop(&c, &ch);
	must(ossl_live(o) == 0);
	return 0;
}
