/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "bench.h"
#include "cli/embedded.h"
#include "device/device_priv.h"
#include "world/world_priv.h"
#include "pk.h"
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
	const double from = bench_cpu_s();

	bench_pk_s = 0;
	(void)whole(ctx);
	return bench_pk_s / (bench_cpu_s() - from);
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
