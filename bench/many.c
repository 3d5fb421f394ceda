/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "cli/embedded.h"
#include "world/plats.h"
#include "world/world.h"
#include "who.h"

/*
 * scenarios/many.il in full: 8 devices with 32 functions each among 32 VMs,
 * 10,000 cycles. The figures are the cycles a second, and how much of the
 * process is in memory after 500 cycles and at the end. Once: it is long.
 */

#define CALLS_MAX 64u
#define NOW	  2000000000

static const char *cycles = "10000";
static struct bench_who who;
static double resident[2]; /* KiB: after 500, at the end */

/* The scenario says how much is in memory, and when. */
static void see(void *ctx, const struct world_step *s)
{
	unsigned long long n;

	(void)ctx;
	if (sscanf(s->what, "resident after %llu cycles", &n) != 1)
		return;
	resident[1] = strtod(s->result, NULL);
	if (n == 500)
		resident[0] = resident[1];
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double run(const char *plat)
{
	static const char *const set[][2] = { { "DEVICES", "8" },
					      { "VFS", "32" },
					      { "VMS", "32" },
					      { "WIDTH", "16" } };
	const struct cli_scenario *many = cli_scenario_find("many");
	static const uint8_t payload[4096] = "many";
	const struct world_cfg cfg = { .seed = 1,
				       .now_s = NOW,
				       .out = { .step = see },
				       .identity = &who.id,
				       .anchor = who.id.chain,
				       .anchor_len = who.root_len,
				       .payload = payload,
				       .payload_len = sizeof(payload) };
	struct lang_script *s = calloc(1, sizeof(*s));
	struct lang_error e = { 0 };
	struct world_end end = { 0 };
	double from;
	struct world *w;

	bench_must(!s || !many);
	s->cap = CALLS_MAX;
	s->call = calloc(CALLS_MAX, sizeof(*s->call));
	bench_must(!s->call);
	for (size_t i = 0; i < sizeof(set) / sizeof(*set); i++)
		bench_must(lang_set(s, set[i][0], set[i][1]));
	bench_must(lang_set(s, "CYCLES", cycles));
	bench_must(lang_set(s, "PLATFORM", plat));
	bench_must(lang_parse(s, &world_commands, many->text,
			      strlen(many->text), &e));
	bench_must(world_new(&cfg, &w));
	from = seconds();
	if (world_run(w, s, &end)) {
		fprintf(stderr, "bench: line %u: %s\n", end.line, end.what);
		exit(1);
	}
	from = seconds() - from;
	world_free(w);
	free(s->call);
	free(s);
	return from;
}

static void tell(const char *what, const char *unit, double v, unsigned p)
{
	char name[64];

	/* The first platform's have no name of it at their end. */
	(void)snprintf(name, sizeof(name), "%s%s%s", what, p ? "." : "",
		       p ? world_plat_names[p] : "");
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,"
	       "\"min\":%.6g,\"max\":%.6g}\n",
	       name, unit, v, v, v);
}

int main(int argc, char **argv)
{
	int rc = bench_args(argc, argv);
	char name[48];

	if (rc)
		return rc;
	bench_who_make(&who);
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		(void)snprintf(name, sizeof(name), "many%s%s", p ? "." : "",
			       p ? world_plat_names[p] : "");
		if (!world_plats[p] || !bench_wanted(argc, argv, name))
			continue;
		tell("many", "cycles/s",
		     strtod(cycles, NULL) / run(world_plat_names[p]), p);
		tell("many.resident.500", "KiB", resident[0], p);
		tell("many.resident.end", "KiB", resident[1], p);
	}
	return 0;
}
