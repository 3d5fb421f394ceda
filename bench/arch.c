/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "bench.h"
#include "cli/matrix.h"
#include "pk.h"
#include "who.h"
#include "world/world_priv.h"

/*
 * The same verbs on each platform of the build: scenarios/assign.il, of which
 * the lock session (lock to release, with evidence) is gone through again and
 * again, laws on. Public-key operations are taken off: they are the same ones
 * everywhere and would hide the rest. Then I/O translations of a function that
 * runs, as bench/mem.c has them without a world.
 */
#define CALLS_MAX 64u
#define NOW	  2000000000
#define BYTES	  4096u
#define PAGES	  (PAGE_2M / PAGE_4K) /* of the guest's buffer */
#define ROUNDS	  21u

static struct bench_who who;
static uint8_t payload[BYTES];

/* Verbs that a whole life has once, and those of a lock session. */
static const struct verb {
	const char *name;
	const char *role;
	const char *verb;
	bool again; /* of the lock session */
} verbs[] = {
	{ "connect", "host", "connect", false },
	{ "launch", "vmm", "launch", false },
	{ "boot", "guest", "boot", false },
	{ "attach", "vmm", "attach", false },
	{ "probe", "guest", "probe", false },
	{ "lock", "guest", "lock", true },
	{ "evidence", "guest", "evidence", true },
	{ "accept", "guest", "accept", true },
	{ "start", "guest", "start", true },
	{ "dma", "guest", "dma", true },
	{ "release", "guest", "release", true },
	{ "detach", "vmm", "detach", false },
	{ "disconnect", "host", "disconnect", false },
};

struct run {
	const char *plat;
	struct world *w;
	struct lang_script s;
	double us[COUNT(verbs)][ROUNDS]; /* without public-key operations */
	unsigned n[COUNT(verbs)];
	double exchanges; /* of a lock session */
};

static void one(struct run *r, const struct lang_call *c)
{
	struct world_end end = { 0 };
	const double pk = bench_pk_s, from = bench_cpu_s();
	double us;

	if (world_call(r->w, c, NULL, &end)) {
		fprintf(stderr, "bench: %s: %s\n", r->plat, end.what);
		exit(1);
	}
	us = (bench_cpu_s() - from - (bench_pk_s - pk)) * 1e6;
	for (size_t v = 0; v < COUNT(verbs); v++)
		if (c->cmd->verb && strcmp(c->cmd->role, verbs[v].role) == 0 &&
		    strcmp(c->cmd->verb, verbs[v].verb) == 0 &&
		    r->n[v] < ROUNDS)
			r->us[v][r->n[v]++] = us;
}

/* The call of that verb; the scenario has each of them once. */
static size_t call_of(const struct run *r, const char *role, const char *verb)
{
	for (size_t i = 0; i < r->s.n; i++)
		if (r->s.call[i].cmd->verb &&
		    strcmp(r->s.call[i].cmd->role, role) == 0 &&
		    strcmp(r->s.call[i].cmd->verb, verb) == 0)
			return i;
	bench_must(1);
	return 0;
}

static void parse(struct run *r)
{
	const struct cli_scenario *k = cli_scenario_on("assign", r->plat);
	struct lang_error e = { 0 };

	r->s.cap = CALLS_MAX;
	r->s.call = calloc(CALLS_MAX, sizeof(*r->s.call));
	bench_must(!r->s.call || !k);
	bench_must(lang_set(&r->s, "PLATFORM", r->plat));
	bench_must(lang_set(&r->s, "SPY", "no"));
	bench_must(lang_parse(&r->s, &world_commands, k->text, strlen(k->text),
			      &e));
}

static void make(struct run *r)
{
	const struct world_cfg cfg = { .seed = 1,
				       .now_s = NOW,
				       .identity = &who.id,
				       .anchor = who.id.chain,
				       .anchor_len = who.root_len,
				       .payload = payload,
				       .payload_len = sizeof(payload) };

	parse(r);
	bench_must(world_new(&cfg, &r->w));
}

/* --- I/O translations of what runs --- */

struct asks {
	struct world *w;
	struct iommu_req q;
	uint64_t iova[PAGES];
};

static double translate(void *ctx)
{
	struct asks *a = ctx;
	const uint64_t n = 1 << 18;
	struct mem_req out;
	struct fault f;

	for (uint64_t i = 0; i < n; i++) {
		a->q.iova = a->iova[i * 7 % PAGES];
		bench_must(iommu_translate(&a->w->iommu, &a->q, &out, &f));
	}
	return (double)n;
}

static int stream_of(const struct world_dev *d)
{
	struct fabric_stream s;

	for (int id = 0; id < 256; id++)
		if (!fabric_key_status(&d->w->fabric, d->port, (uint8_t)id,
				       &s) &&
		    s.status == IDE_SECURE)
			return id;
	bench_must(1);
	return 0;
}

static void translations(struct run *r, int argc, char **argv)
{
	const struct guest *g = r->w->vm[0].guest;
	const struct world_dev *d = &r->w->dev[0];
	struct asks a = { .w = r->w,
			  .q = { .rid = d->rid,
				 .t = true,
				 .stream = stream_of(d),
				 .port = WORLD_PORT_NR(0),
				 .len = 64 } };
	char name[48];
	struct bench b = { .name = name,
			   .unit = "M/s",
			   .kind = BENCH_RATE,
			   .scale = 1e6,
			   .run = translate,
			   .ctx = &a };

	for (uint64_t i = 0; i < PAGES; i++)
		a.iova[i] = g->cfg.arch->bus_addr(
			g->cfg.arch_ctx, g->cfg.map.src + i * PAGE_4K, false);
	snprintf(name, sizeof(name), "arch.translate.%s", r->plat);
	if (bench_wanted(argc, argv, name))
		bench_one(&b);
}

/* --- the life --- */

static void life(struct run *r, int argc, char **argv)
{
	const size_t lock = call_of(r, "guest", "lock");
	const size_t dma = call_of(r, "guest", "dma");
	const size_t release = call_of(r, "guest", "release");
	uint64_t before;

	for (size_t i = 0; i < lock; i++)
		one(r, &r->s.call[i]);
	for (unsigned n = 0; n < ROUNDS; n++) {
		before = r->w->host->k.stats.exchanges;
		for (size_t i = lock; i <= release; i++) {
			one(r, &r->s.call[i]);
			if (i == dma && n == ROUNDS - 1)
				translations(r, argc, argv);
		}
		r->exchanges = (double)(r->w->host->k.stats.exchanges - before);
	}
	for (size_t i = release + 1; i < r->s.n; i++)
		one(r, &r->s.call[i]);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double tell(const struct run *r, const char *name, const char *unit,
		   double *v, unsigned n, int argc, char **argv)
{
	char full[64];

	qsort(v, n, sizeof(v[0]), by_value);
	snprintf(full, sizeof(full), "arch.%s.%s", name, r->plat);
	if (n && bench_wanted(argc, argv, full))
		printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,"
		       "\"min\":%.6g,\"max\":%.6g}\n",
		       full, unit, v[n / 2], v[0], v[n - 1]);
	return n ? v[n / 2] : 0;
}

static void platform(const char *plat, int argc, char **argv)
{
	struct run *r = calloc(1, sizeof(*r));
	double session = 0, ready = 0, cycles;

	bench_must(!r);
	r->plat = plat;
	make(r);
	life(r, argc, argv);
	for (size_t v = 0; v < COUNT(verbs); v++) {
		const double us = tell(r, verbs[v].name, "us", r->us[v],
				       r->n[v], argc, argv);

		session += verbs[v].again ? us : 0;
		/* Pages become the guest's in one or the other of these. */
		ready += strcmp(verbs[v].name, "launch") == 0 ||
					 strcmp(verbs[v].name, "boot") == 0 ||
					 strcmp(verbs[v].name, "attach") == 0
				 ? us
				 : 0;
	}
	cycles = 1e6 / session;
	(void)tell(r, "cycles", "cycles/s", &cycles, 1, argc, argv);
	(void)tell(r, "ready", "us", &ready, 1, argc, argv);
	(void)tell(r, "exchanges", "exchanges", &r->exchanges, 1, argc, argv);
	bench_must(!world_cleanup(r->w));
	world_free(r->w);
	free(r->s.call);
	free(r);
}

int main(int argc, char **argv)
{
	struct dice dice = { .state = 1 };
	int rc = bench_args(argc, argv);

	if (rc || (argc == 3 && strncmp(argv[2], "arch", 4) != 0))
		return rc;
	dice_fill(&dice, payload, sizeof(payload));
	bench_who_make(&who);
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (world_plats[p])
			platform(world_plat_names[p], argc, argv);
	return 0;
}
