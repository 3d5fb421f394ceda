/* SPDX-License-Identifier: BSD-2-Clause */
#include "calls.h"

#include "bench.h"
#include "crypto/ossl.h"

static struct floor_call call_log[CALLS_LOG_MAX];
static size_t n;
static const struct crypto_ops *below;
static struct crypto_ops noted; /* below, or what notes and calls it */

static void note(bool seal, size_t len, size_t aad_len, size_t tag_len)
{
	bench_must(n == CALLS_LOG_MAX);
	call_log[n++] = (struct floor_call){ .seal = seal,
					     .len = (uint32_t)len,
					     .aad_len = (uint32_t)aad_len,
					     .tag_len = (uint32_t)tag_len };
}

static enum il_err seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			const void *aad, size_t aad_len, const uint8_t *in,
			size_t len, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	note(true, len, aad_len, tag_len);
	return below->aead_seal(ctx, s, iv, aad, aad_len, in, len, out, tag,
				tag_len);
}

static enum il_err seal_two(void *ctx, struct crypto_slot s,
			    const struct crypto_seal *a)
{
	note(true, a->front_len + a->rest_len, a->aad_len, a->tag_len);
	return below->aead_seal_two(ctx, s, a);
}

static enum il_err open(void *ctx, struct crypto_slot s, const uint8_t *iv,
			const void *aad, size_t aad_len, const uint8_t *in,
			size_t len, uint8_t *out, const uint8_t *tag,
			size_t tag_len)
{
	note(false, len, aad_len, tag_len);
	return below->aead_open(ctx, s, iv, aad, aad_len, in, len, out, tag,
				tag_len);
}

void calls_begin(void)
{
	n = 0;
	noted.aead_seal = seal;
	noted.aead_open = open;
	if (noted.aead_seal_two)
		noted.aead_seal_two = seal_two;
}

size_t calls_end(struct floor_call **out)
{
	noted = *below;
	*out = call_log;
	return n;
}

struct crypto __real_ossl_crypto(struct ossl *o);
struct crypto __wrap_ossl_crypto(struct ossl *o);

struct crypto __wrap_ossl_crypto(struct ossl *o)
{
	struct crypto c = __real_ossl_crypto(o);

	below = c.ops;
	noted = *c.ops;
	c.ops = &noted;
	return c;
}
