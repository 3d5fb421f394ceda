/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "base/bits.h"
#include "bench.h"
#include "crypto/ossl.h"
#include "floor_aead.h"
#include "ide/ide.h"

/*
 * What protection costs: a memory write under IDE, made at one end and taken
 * in at the other. The floor is the cipher alone, sealed and opened once over
 * as many bytes.
 */

#define STREAM 1
#define RID    0x0100
#define TIMES  10000

struct wire {
	size_t len;
	struct floor_aead floor;
};

static struct ide_port port[2];

static void trace(void *ctx, uint32_t ev, uint64_t a, uint64_t b, uint64_t c)
{
	(void)ctx;
	(void)ev;
	(void)a;
	(void)b;
	(void)c;
}

/* Now and then a Sync Message tells the other end how many went by. */
static void sync(uint8_t *scratch)
{
	uint8_t buf[TLP_BYTES(16)];
	struct wr w = wr_over(buf, sizeof(buf));
	struct fault f;
	struct tlp got;

	bench_must(ide_sync(&port[0], 0, &w));
	bench_must(ide_unprotect(&port[1], buf, w.len, scratch, TLP_LIMIT_DATA,
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

		if (ide_sync_due(&port[0], 0))
			sync(scratch);
		bench_must(ide_protect(&port[0], 0, &t, &w));
		bench_must(ide_unprotect(&port[1], buf, w.len, scratch,
					 sizeof(scratch), &got, &f));
	}
	return TIMES;
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
	const struct ossl_cfg oc = { .slots = 32 };
	static const size_t lens[] = { 64, 256, 512 };
	const struct env env = { .trace = trace };
	struct wire x[COUNT(lens)];
	struct bench b[COUNT(lens)];
	char name[COUNT(lens)][16];
	struct crypto c;
	struct ossl *o;
	int rc;

	floor_aead_up();
	bench_must(ossl_new(&oc, &o));
	c = ossl_crypto(o);
	link_up(&c, &env);
	for (size_t i = 0; i < COUNT(b); i++) {
		snprintf(name[i], sizeof(name[i]), "tlp.%zu", lens[i]);
		/* Prefix and a header of three dwords are authenticated. */
		x[i] = (struct wire){ .len = lens[i],
				      .floor = { .len = lens[i],
						 .aad_len = 16,
						 .tag_len = TLP_MAC_LEN,
						 .times = TIMES,
						 .ops = TIMES } };
		b[i] = (struct bench){
			.name = name[i],
			.unit = "ns",
			.kind = BENCH_NS,
			.run = tlp_run,
			.ctx = &x[i],
			.floor = { floor_aead_openssl,
				   floor_aead_has_mb() ? floor_aead_mb : NULL },
			.floor_by = { "openssl", "ipsec-mb" },
			.floor_ctx = &x[i].floor,
			.rounds = 51
		};
	}
	rc = bench_all(argc, argv, b, COUNT(b));
	for (unsigned e = 0; e < 2; e++)
		ide_fini(&port[e]);
	ossl_free(o);
	floor_aead_down();
	return rc;
}
