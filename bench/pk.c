/* SPDX-License-Identifier: BSD-2-Clause */
#include "pk.h"

#include <time.h>

#include "crypto/ossl.h"

static const struct crypto_ops *below;
double bench_pk_s;

double bench_cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum il_err done(double from, enum il_err err)
{
	bench_pk_s += bench_cpu_s() - from;
	return err;
}

static enum il_err dh_begin(void *ctx, struct crypto_slot *s,
			    enum crypto_curve curve, uint8_t *pub_out)
{
	const double from = bench_cpu_s();

	return done(from, below->dh_begin(ctx, s, curve, pub_out));
}

static enum il_err dh_finish(void *ctx, struct crypto_slot s,
			     const uint8_t *peer_pub, uint8_t *secret_out)
{
	const double from = bench_cpu_s();

	return done(from, below->dh_finish(ctx, s, peer_pub, secret_out));
}

static enum il_err sign(void *ctx, struct crypto_slot s, const uint8_t *digest,
			size_t digest_len, uint8_t *sig, size_t sig_len)
{
	const double from = bench_cpu_s();

	return done(from,
		    below->sign(ctx, s, digest, digest_len, sig, sig_len));
}

static enum il_err verify(void *ctx, struct crypto_slot s,
			  const uint8_t *digest, size_t digest_len,
			  const uint8_t *sig, size_t sig_len)
{
	const double from = bench_cpu_s();

	return done(from,
		    below->verify(ctx, s, digest, digest_len, sig, sig_len));
}

/* Nearly all of it is the signatures of the certificates. */
static enum il_err chain_verify(void *ctx, const struct crypto_chain *chain,
				const uint8_t *anchor, size_t anchor_len,
				int64_t now_s, struct crypto_why *why)
{
	const double from = bench_cpu_s();

	return done(from, below->chain_verify(ctx, chain, anchor, anchor_len,
					      now_s, why));
}

/* The linker puts this in front of ossl_crypto(); see meson.build. */
struct crypto __real_ossl_crypto(struct ossl *o);
struct crypto __wrap_ossl_crypto(struct ossl *o);

struct crypto __wrap_ossl_crypto(struct ossl *o)
{
	static struct crypto_ops timed;
	struct crypto c = __real_ossl_crypto(o);

	below = c.ops;
	timed = *c.ops;
	timed.dh_begin = dh_begin;
	timed.dh_finish = dh_finish;
	timed.sign = sign;
	timed.verify = verify;
	timed.chain_verify = chain_verify;
	c.ops = &timed;
	return c;
}
