/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "crypto/ossl.h"

/*
 * A certificate chain as a device sends it, over OpenSSL: what parses lies
 * inside the bytes, one certificate right behind the other, and its names end.
 * The verdict over it names a reason, or there is none.
 */
static void names(const struct crypto_chain *ch)
{
	must(memchr(ch->subject, 0, sizeof(ch->subject)) != NULL);
	must(memchr(ch->san, 0, sizeof(ch->san)) != NULL);
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
