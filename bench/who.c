/* SPDX-License-Identifier: BSD-2-Clause */
#include "who.h"

#include <stdlib.h>

#include "bench.h"
#include "crypto/ossl.h"

void bench_who_make(struct bench_who *w)
{
	const struct ossl_cfg oc = { .seeded = true, .seed = 1 };
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x010802,
					  .not_before_s = 1000000000,
					  .not_after_s = 4000000000 };
	struct identity_files *f = malloc(sizeof(*f));
	struct crypto_chain chain = { .count = 0 };
	enum identity_fault fault;
	struct crypto c;
	struct ossl *o;

	bench_must(!f);
	bench_must(ossl_new(&oc, &o));
	c = ossl_crypto(o);
	bench_must(identity_new(o, &cfg, f));
	bench_must(identity_load(o, f->chain.text, f->chain.len,
				 f->key[IDENTITY_LEAF].text,
				 f->key[IDENTITY_LEAF].len, &w->id, &fault));
	bench_must(
		crypto_chain_parse(&c, w->id.chain, w->id.chain_len, &chain));
	w->root_len = chain.certs[0].len;
	crypto_chain_drop(&c, &chain);
	ossl_free(o);
	free(f);
}
