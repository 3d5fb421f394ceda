/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "cli/embedded.h"
#include "crypto/identity.h"
#include "crypto/ossl.h"
#include "world/world.h"

/*
 * scenarios/many.il in full: 8 devices with 32 functions each among 32 VMs,
 * 10,000 cycles. The figures are the cycles a second, and how much of the
 * process is in memory after 500 cycles and at the end. Once: it is long.
 */

#define CALLS_MAX 64u
#define NOW	  2000000000

static const char *cycles = "10000";
static struct identity id;
static size_t root_len;
static double resident[2]; /* KiB: after 500, at the end */

static void make_identity(void)
{
	const struct ossl_cfg ocfg = { .seeded = true, .seed = 1 };
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x120000,
					  .subsys_vendor = 0x1d1a,
					  .subsys_device = 1,
					  .serial = 1,
					  .not_before_s = NOW - 1000,
					  .not_after_s = NOW + 1000000 };
	struct identity_files *f = calloc(1, sizeof(*f));
	struct crypto_chain chain;
	enum identity_fault fault;
	struct crypto c;
	struct ossl *o;

	bench_must(!f);
	bench_must(ossl_new(&ocfg, &o));
	c = ossl_crypto(o);
	bench_must(identity_new(o, &cfg, f));
	bench_must(identity_load(o, f->chain.text, f->chain.len,
				 f->key[IDENTITY_LEAF].text,
				 f->key[IDENTITY_LEAF].len, &id, &fault));
	bench_must(crypto_chain_parse(&c, id.chain, id.chain_len, &chain));
	root_len = chain.certs[0].len;
	crypto_chain_drop(&c, &chain);
	ossl_free(o);
	free(f);
}

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

static double run(void)
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
				       .identity = &id,
				       .anchor = id.chain,
				       .anchor_len = root_len,
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

static void tell(const char *name, const char *unit, double v)
{
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,"
	       "\"min\":%.6g,\"max\":%.6g}\n",
	       name, unit, v, v, v);
}

int main(int argc, char **argv)
{
	int rc = bench_args(argc, argv);
	double s;

	if (rc || !bench_wanted(argc, argv, "many"))
		return rc;
	make_identity();
	s = run();
	tell("many", "cycles/s", strtod(cycles, NULL) / s);
	tell("many.resident.500", "KiB", resident[0]);
	tell("many.resident.end", "KiB", resident[1]);
	return 0;
}
