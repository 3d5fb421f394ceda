/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch/sev_tio/guest_priv.h"
#include "base/bits.h"
#include "bench.h"
#include "calls.h"
#include "cli/embedded.h"
#include "world/plat_sev_tio.h"
#include "world/world_priv.h"
#include "who.h"

/*
 * One lock session after the other over one connection: lock, report, start,
 * DMA of 4 KiB there and back, stop. Every party is there. The guest has judged
 * certificates and measurements once, before the clock runs: with them a cycle
 * would be a benchmark of signatures (assign.publickey is that).
 */

#define BYTES	  4096u
#define CALLS_MAX 64u
#define CYCLES	  20u
#define NOW	  2000000000

static struct bench_who who;
static uint8_t payload[BYTES];
static struct world *w;
static struct lang_script script;
static struct floor_calls floor_of;

/* --- the guest: the report alone is evidence --- */

static struct guest_arch_ops driver;
static unsigned phase;

static enum il_err ask_report(struct sev_guest *g)
{
	if (g->msg_phase == 0) {
		memset(g->plain, 0, sizeof(g->plain));
		sev_put_u64(g->plain, TIO_MSG_TDI_ID, g->tdi_id);
	}
	return sev_guest_message(g, TIO_MSG_TDI_INFO_REQ,
				 TIO_PARAM_INFO_STATE | TIO_PARAM_INFO_REPORT);
}

/* The only blob that was asked for is the first of the table. */
static enum il_err judge_report(struct sev_guest *g)
{
	struct evidence_policy p = { .lock_flags = 1 };
	struct evidence_claims c = { .hash = CRYPTO_SHA384 };
	struct evidence_blob b;
	uint32_t off;
	enum il_err err;

	err = g->cfg.insn->read(g->cfg.insn->ctx, g->cfg.map.data, false,
				g->blobs, 4096);
	if (err)
		return err;
	off = sev_u32(g->blobs, TIO_BLOB_OFFSET);
	b = (struct evidence_blob){ g->blobs + off,
				    sev_u32(g->blobs, TIO_BLOB_LENGTH) };
	bench_must(off > 4096 || b.len > 4096 - off);
	c.lock_flags = (uint16_t)sev_u32(g->plain, TIO_INFO_LOCK_FLAGS);
	memcpy(c.report, g->plain + TIO_INFO_REPORT, TIO_DIGEST_LEN);
	for (unsigned i = 0; i < EVIDENCE_BARS; i++)
		p.bar_size[i] = w->vm[0].guest->bar[i].size;
	return evidence_check_report(w->vm[0].guest->cfg.crypto, &p, &c, &b,
				     &w->vm[0].guest->findings.report,
				     &w->vm[0].guest->verdict);
}

static enum il_err lock(void *ctx, uint32_t rid)
{
	enum il_err err = IL_OK;

	while (phase < 3) {
		if (phase == 0)
			err = sev_guest_ops.lock(ctx, rid);
		else
			err = phase == 1 ? ask_report(ctx) : judge_report(ctx);
		if (err)
			break;
		phase++;
	}
	if (err != IL_E_AGAIN)
		phase = 0;
	return err;
}

/* --- the cycle --- */

static void call(const char *role, const char *verb)
{
	struct world_end end = { 0 };

	for (size_t i = 0; i < script.n; i++) {
		const struct lang_cmd *c = script.call[i].cmd;

		if (strcmp(c->role, role) != 0 || !c->verb ||
		    strcmp(c->verb, verb) != 0)
			continue;
		if (world_call(w, &script.call[i], NULL, &end)) {
			fprintf(stderr, "bench: %s\n", end.what);
			exit(1);
		}
		return;
	}
	bench_must(1);
}

static double cycles(void *ctx)
{
	const unsigned *n = ctx;

	for (unsigned i = 0; i < *n; i++) {
		call("guest", "lock");
		w->vm[0].guest->state = GUEST_JUDGED;
		call("guest", "accept");
		call("guest", "start");
		call("guest", "dma");
		call("guest", "release");
	}
	return *n;
}

static double lawless(void *ctx)
{
	double n;

	laws_switch(w, false);
	n = cycles(ctx);
	laws_switch(w, true);
	return n;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double share(void *ctx)
{
	double t[3];

	t[0] = cpu_s();
	(void)cycles(ctx);
	t[1] = cpu_s();
	(void)lawless(ctx);
	t[2] = cpu_s();
	return 1 - (t[2] - t[1]) / (t[1] - t[0]);
}

/* Counts of one cycle. */
static double tlps(void *ctx)
{
	unsigned one = 1;
	uint64_t from = w->link_tlps;

	(void)ctx;
	(void)cycles(&one);
	return (double)(w->link_tlps - from);
}

static double exchanges(void *ctx)
{
	unsigned one = 1;
	uint64_t from = w->host->k.stats.exchanges;

	(void)ctx;
	(void)cycles(&one);
	return (double)(w->host->k.stats.exchanges - from);
}

static double steps(void *ctx)
{
	unsigned one = 1;
	uint64_t from = w->steps;

	(void)ctx;
	(void)cycles(&one);
	return (double)(w->steps - from);
}

static double aeads(void *ctx)
{
	unsigned one = 1;
	struct floor_call *c;

	(void)ctx;
	calls_begin();
	(void)cycles(&one);
	return (double)calls_end(&c);
}

/* --- set-up --- */

static void make_identity(void)
{
	struct dice dice = { .state = 1 };

	dice_fill(&dice, payload, sizeof(payload));
	bench_who_make(&who);
}

/* Connected, launched, attached, found; and one whole lock session. */
static void make_world(void)
{
	const struct world_cfg cfg = { .seed = 1,
				       .now_s = NOW,
				       .identity = &who.id,
				       .anchor = who.id.chain,
				       .anchor_len = who.root_len,
				       .payload = payload,
				       .payload_len = sizeof(payload) };
	const char *text = cli_scenario_find("assign")->text;
	struct lang_error e = { 0 };
	struct world_end end = { 0 };

	script.cap = CALLS_MAX;
	script.call = calloc(CALLS_MAX, sizeof(*script.call));
	bench_must(!script.call);
	bench_must(lang_set(&script, "SPY", "no"));
	bench_must(
		lang_parse(&script, &world_commands, text, strlen(text), &e));
	bench_must(world_new(&cfg, &w));
	for (size_t i = 0; i < script.n; i++) {
		const struct lang_cmd *c = script.call[i].cmd;

		if (world_call(w, &script.call[i], NULL, &end)) {
			fprintf(stderr, "bench: line %u: %s\n", end.line,
				end.what);
			exit(1);
		}
		if (c->verb && strcmp(c->verb, "release") == 0)
			break;
	}
	driver = sev_guest_ops;
	driver.lock = lock;
	w->vm[0].guest->cfg.arch = &driver;
}

/* The calls of one cycle, once everything is warm. */
static void make_floor(void)
{
	unsigned one = 1, some = CYCLES;
	struct floor_call *c;

	(void)cycles(&some);
	calls_begin();
	(void)cycles(&one);
	floor_of.n = calls_end(&c);
	floor_of.call = calloc(floor_of.n, sizeof(*c));
	bench_must(!floor_of.call);
	memcpy(floor_of.call, c, floor_of.n * sizeof(*c));
	floor_of.times = CYCLES;
	floor_of.ops = CYCLES;
	floor_calls_ready(&floor_of);
}

static unsigned at_once = CYCLES;

static struct bench all[] = {
	{ .name = "tdi.cycles",
	  .unit = "cycles/s",
	  .kind = BENCH_RATE,
	  .scale = 1,
	  .run = cycles,
	  .ctx = &at_once,
	  .floor = { floor_calls_openssl, NULL },
	  .floor_by = { "openssl", "ipsec-mb" },
	  .floor_ctx = &floor_of },
	{ .name = "tdi.cycles.lawless",
	  .unit = "cycles/s",
	  .kind = BENCH_RATE,
	  .scale = 1,
	  .run = lawless,
	  .ctx = &at_once,
	  .floor = { floor_calls_openssl, NULL },
	  .floor_by = { "openssl", "ipsec-mb" },
	  .floor_ctx = &floor_of },
	{ .name = "tdi.cycles.tlps",
	  .unit = "TLPs",
	  .kind = BENCH_COUNT,
	  .run = tlps,
	  .rounds = 3 },
	{ .name = "tdi.cycles.exchanges",
	  .unit = "exchanges",
	  .kind = BENCH_COUNT,
	  .run = exchanges,
	  .rounds = 3 },
	{ .name = "tdi.cycles.aead",
	  .unit = "calls",
	  .kind = BENCH_COUNT,
	  .run = aeads,
	  .rounds = 3 },
	{ .name = "tdi.cycles.steps",
	  .unit = "steps",
	  .kind = BENCH_COUNT,
	  .run = steps,
	  .rounds = 3 },
	{ .name = "laws.share",
	  .unit = "share",
	  .kind = BENCH_COUNT,
	  .run = share,
	  .ctx = &at_once },
};

int main(int argc, char **argv)
{
	int rc = bench_args(argc, argv);
	bool any = false;

	for (size_t i = 0; i < COUNT(all); i++)
		any |= bench_wanted(argc, argv, all[i].name);
	if (rc || !any)
		return rc;
	floor_aead_up();
	if (floor_aead_has_mb())
		all[0].floor[1] = all[1].floor[1] = floor_calls_mb;
	make_identity();
	make_world();
	make_floor();
	rc = bench_all(argc, argv, all, COUNT(all));
	bench_must(!world_cleanup(w));
	world_free(w);
	free(script.call);
	free(floor_of.call);
	floor_aead_down();
	return rc;
}
