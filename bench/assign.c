/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "bench.h"
#include "cli/embedded.h"
#include "device/device_priv.h"
#include "world/world_priv.h"
#include "who.h"

/*
 * A whole assignment in one process: how long it takes, how much of it goes
 * into public-key operations, and how fast the device's DMA moves.
 */

#define PAYLOAD	  (UINT64_C(64) << 20)
#define CALLS_MAX 1024u
#define NOW	  2000000000
#define STORES	  32

static struct bench_who who;
static uint8_t *payload;

/* --- public-key operations, timed --- */

static const struct crypto_ops *below;
static double pk_s; /* CPU seconds in them */

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum il_err done(double from, enum il_err err)
{
	pk_s += cpu_s() - from;
	return err;
}

static enum il_err dh_begin(void *ctx, struct crypto_slot *s,
			    enum crypto_curve curve, uint8_t *pub_out)
{
	const double from = cpu_s();

	return done(from, below->dh_begin(ctx, s, curve, pub_out));
}

static enum il_err dh_finish(void *ctx, struct crypto_slot s,
			     const uint8_t *peer_pub, uint8_t *secret_out)
{
	const double from = cpu_s();

	return done(from, below->dh_finish(ctx, s, peer_pub, secret_out));
}

static enum il_err sign(void *ctx, struct crypto_slot s, const uint8_t *digest,
			size_t digest_len, uint8_t *sig, size_t sig_len)
{
	const double from = cpu_s();

	return done(from,
		    below->sign(ctx, s, digest, digest_len, sig, sig_len));
}

static enum il_err verify(void *ctx, struct crypto_slot s,
			  const uint8_t *digest, size_t digest_len,
			  const uint8_t *sig, size_t sig_len)
{
	const double from = cpu_s();

	return done(from,
		    below->verify(ctx, s, digest, digest_len, sig, sig_len));
}

/* Nearly all of it is the signatures of the certificates. */
static enum il_err chain_verify(void *ctx, const struct crypto_chain *chain,
				const uint8_t *anchor, size_t anchor_len,
				int64_t now_s, struct crypto_why *why)
{
	const double from = cpu_s();

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

/* --- worlds --- */

static void make_inputs(void)
{
	struct dice dice = { .state = 1 };

	payload = malloc(PAYLOAD);
	bench_must(!payload);
	dice_fill(&dice, payload, PAYLOAD);
	bench_who_make(&who);
}

/* A world in which the first @len bytes of a script have been run. */
static struct world *world_after(const char *text, size_t len, size_t bytes)
{
	const struct world_cfg cfg = { .seed = 1,
				       .now_s = NOW,
				       .identity = &who.id,
				       .anchor = who.id.chain,
				       .anchor_len = who.root_len,
				       .payload = payload,
				       .payload_len = bytes };
	struct lang_script s = { .cap = CALLS_MAX };
	struct lang_error e = { 0 };
	struct world_end end = { 0 };
	struct world *w;

	s.call = calloc(CALLS_MAX, sizeof(*s.call));
	bench_must(!s.call || lang_set(&s, "SPY", "no"));
	bench_must(lang_parse(&s, &world_commands, text, len, &e));
	bench_must(world_new(&cfg, &w));
	if (world_run(w, &s, &end)) {
		fprintf(stderr, "bench: line %u: %s\n", end.line, end.what);
		exit(1);
	}
	free(s.call);
	return w;
}

static const char *assign_text(void)
{
	return cli_scenario_find("assign")->text;
}

static double whole(void *ctx)
{
	(void)ctx;
	world_free(world_after(assign_text(), strlen(assign_text()), PAYLOAD));
	return 1;
}

static double public_key_share(void *ctx)
{
	const double from = cpu_s();

	pk_s = 0;
	(void)whole(ctx);
	return pk_s / (cpu_s() - from);
}

/*
 * The function's last store into the guest's private memory, again and again:
 * under IDE, through the root port, the IOMMU and the ownership check.
 */
static double stores(void *ctx)
{
	struct world *w = ctx;
	struct device_fn *fn = &w->dev[0].dev->fn[0];
	uint64_t bytes = 0;

	for (unsigned i = 0; i < STORES; i++) {
		engine_write(fn, DMA_CMD, DMA_CMD_STORE);
		w->dev[0].idle = false;
		world_settle(w);
		bench_must(fn->engine.state != ENGINE_IDLE || fn->engine.error);
		bytes += fn->engine.size;
	}
	return (double)bytes;
}

/* Up to and with the guest's own DMA; the rest is what `stores` replaces. */
static size_t set_up_len(void)
{
	const char *at = strstr(assign_text(), "guest mmio");

	bench_must(!at);
	return (size_t)(at - assign_text());
}

static void dma(int argc, char **argv)
{
	struct bench b = { .name = "dma.bytes",
			   .unit = "B/s",
			   .kind = BENCH_RATE,
			   .scale = 1,
			   .run = stores };
	struct world *w;

	if (!bench_wanted(argc, argv, b.name))
		return;
	w = world_after(assign_text(), set_up_len(), UINT64_C(1) << 20);
	b.ctx = w;
	bench_one(&b);
	bench_must(!world_cleanup(w));
	world_free(w);
}

int main(int argc, char **argv)
{
	static const struct bench b[] = {
		{ .name = "assign.wall",
		  .unit = "s",
		  .kind = BENCH_SECONDS,
		  .run = whole,
		  .clock = BENCH_WALL,
		  .rounds = 5 },
		{ .name = "assign.publickey",
		  .unit = "share",
		  .kind = BENCH_COUNT,
		  .run = public_key_share,
		  .rounds = 5 },
	};
	int rc = bench_args(argc, argv);

	if (rc)
		return rc;
	make_inputs();
	rc = bench_all(argc, argv, b, COUNT(b));
	if (!rc)
		dma(argc, argv);
	free(payload);
	return rc;
}
