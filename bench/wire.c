/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "bench.h"
#include "crypto/ossl.h"
#include "ide/ide.h"
#include "spdm/secured.h"

/*
 * What protection costs: a memory write under IDE and a secured message, made
 * at one end and taken in at the other. The floor is the cipher alone, sealed
 * and opened once over as many bytes.
 */

#define STREAM 1
#define RID    0x0100
#define TIMES  5000
#define MSG    16384

struct wire {
	struct crypto *c;
	struct crypto_slot key;
	size_t len;
	struct ide_port *tx, *rx;
	struct spdm_channel *out, *in;
};

static struct ide_port port[2];
static struct spdm_channel chan[2];

static void trace(void *ctx, uint32_t ev, uint64_t a, uint64_t b, uint64_t c)
{
	(void)ctx;
	(void)ev;
	(void)a;
	(void)b;
	(void)c;
}

/* Now and then a Sync Message tells the other end how many went by. */
static void sync(const struct wire *x, uint8_t *scratch)
{
	uint8_t buf[TLP_BYTES(16)];
	struct wr w = wr_over(buf, sizeof(buf));
	struct fault f;
	struct tlp got;

	bench_must(ide_sync(x->tx, 0, &w));
	bench_must(ide_unprotect(x->rx, buf, w.len, scratch, TLP_LIMIT_DATA,
				 &got, &f));
}

static double tlp_run(void *ctx)
{
	static uint8_t data[TLP_MAX_DATA], scratch[TLP_LIMIT_DATA];
	const struct wire *x = ctx;
	uint8_t buf[TLP_BYTES(TLP_MAX_DATA)];
	struct fault f;
	struct tlp t, got;

	bench_must(tlp_mwr(&t, RID, 0x1000, data, (uint32_t)x->len, NULL, 0));
	for (unsigned i = 0; i < TIMES; i++) {
		struct wr w = wr_over(buf, sizeof(buf));

		if (ide_sync_due(x->tx, 0))
			sync(x, scratch);
		bench_must(ide_protect(x->tx, 0, &t, &w));
		bench_must(ide_unprotect(x->rx, buf, w.len, scratch,
					 sizeof(scratch), &got, &f));
	}
	return TIMES;
}

static double secured_run(void *ctx)
{
	static uint8_t rec[MSG + SPDM_SECURED_OVER], out[MSG + 2];
	const struct wire *x = ctx;
	size_t n, got;

	for (unsigned i = 0; i < TIMES; i++) {
		bench_must(spdm_secured_seal(x->out, x->c, 1, rec, sizeof(rec),
					     x->len, &n));
		bench_must(spdm_secured_open(x->in, x->c, rec, n, out,
					     sizeof(out), &got));
	}
	return TIMES;
}

static double cipher(const struct wire *x, size_t aad_len, size_t tag_len)
{
	static uint8_t in[MSG], out[MSG];
	static uint64_t number;
	uint8_t iv[CRYPTO_AEAD_IV] = { 0 }, aad[20] = { 0 }, tag[16];

	for (unsigned i = 0; i < TIMES; i++) {
		number++;
		memcpy(iv, &number, sizeof(number));
		bench_must(crypto_aead_seal(x->c, x->key, iv, aad, aad_len, in,
					    x->len, out, tag, tag_len));
		bench_must(crypto_aead_open(x->c, x->key, iv, aad, aad_len, out,
					    x->len, in, tag, tag_len));
	}
	return TIMES;
}

/* Prefix and a header of three dwords are authenticated. */
static double tlp_floor(void *ctx)
{
	return cipher(ctx, 16, 12);
}

static double secured_floor(void *ctx)
{
	return cipher(ctx, 6, 16);
}

static void keys(struct ide_port *p, enum ide_dir dir, uint8_t mark)
{
	uint8_t key[IDE_KEY_LEN] = { 0xa5, mark };

	for (uint8_t sub = 0; sub < TLP_CLASSES; sub++) {
		key[2] = sub;
		bench_must(ide_key_set(p, STREAM, 0, dir, sub, key, 1));
	}
}

static void link_up(const struct crypto *c, const struct env *env)
{
	const struct ide_cfg cfg = {
		.crypto = c, .env = env, .streams = 1, .self = RID
	};
	struct ide_stream_cfg s = { .id = STREAM,
				    .is_default = true,
				    .rid_valid = true,
				    .rid_limit = 0xffff };

	for (unsigned e = 0; e < 2; e++) {
		bench_must(ide_init(&port[e], &cfg));
		bench_must(ide_stream_set(&port[e], 0, &s));
		keys(&port[e], IDE_RX, (uint8_t)e);
		keys(&port[e], IDE_TX, (uint8_t)!e);
	}
	for (unsigned e = 0; e < 2; e++)
		for (unsigned i = 0; i < 6; i++)
			bench_must(ide_key_go(&port[e], STREAM, 0,
					      i / 3 ? IDE_TX : IDE_RX, i % 3));
	s.enable = true;
	for (unsigned e = 0; e < 2; e++)
		bench_must(ide_stream_set(&port[e], 0, &s));
}

int main(int argc, char **argv)
{
	const struct ossl_cfg oc = { .seeded = true, .seed = 1 };
	const struct spdm_keys k = { .version = SPDM_V12,
				     .hash = SPDM_HASH_SHA_384,
				     .hash_len = 48 };
	const uint8_t secret[SPDM_HASH_MAX] = { 9 };
	const struct env env = { .trace = trace };
	struct wire x[7];
	static const size_t lens[] = { 64, 256, 512, 64, 1024, 4096, MSG };
	static const char *const names[] = { "tlp.64",	     "tlp.256",
					     "tlp.512",	     "secured.64",
					     "secured.1024", "secured.4096",
					     "secured.16384" };
	struct bench b[7];
	struct crypto c;
	struct ossl *o;
	struct crypto_slot key = { 0 };
	int rc;

	bench_must(ossl_new(&oc, &o));
	c = ossl_crypto(o);
	bench_must(crypto_aead_key(&c, &key, CRYPTO_AES_256_GCM, secret));
	link_up(&c, &env);
	for (unsigned e = 0; e < 2; e++)
		bench_must(spdm_channel_open(&chan[e], &c, &k, secret,
					     UINT64_MAX));
	for (size_t i = 0; i < COUNT(b); i++) {
		const bool tlp = i < 3;

		x[i] = (struct wire){ &c,	key,	  lens[i], &port[0],
				      &port[1], &chan[0], &chan[1] };
		b[i] = (struct bench){ names[i],
				       "ns",
				       0,
				       tlp ? tlp_run : secured_run,
				       tlp ? tlp_floor : secured_floor,
				       &x[i] };
	}
	rc = bench_all(argc, argv, b, COUNT(b));
	for (unsigned e = 0; e < 2; e++) {
		ide_fini(&port[e]);
		spdm_channel_close(&chan[e], &c);
	}
	crypto_drop(&c, &key);
	ossl_free(o);
	return rc;
}
