/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void bench_must(int err)
{
	if (err) {
		fprintf(stderr, "bench: set-up failed (%d)\n", err);
		exit(1);
	}
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorted figures of all rounds. */
static void measure(const struct bench *b, bench_fn *run,
		    double v[BENCH_ROUNDS])
{
	(void)run(b->ctx);
	for (int i = 0; i < BENCH_ROUNDS; i++) {
		double from = now_s();
		double n = run(b->ctx);
		double s = now_s() - from;

		v[i] = b->scale > 0 ? n / s / b->scale : s * 1e9 / n;
	}
	qsort(v, BENCH_ROUNDS, sizeof(v[0]), by_value);
}

bool bench_wanted(int argc, char **argv, const char *name)
{
	const char *only = argc == 3 ? argv[2] : "";
	size_t n = strlen(only);

	return !n || (strncmp(name, only, n) == 0 &&
		      (name[n] == 0 || name[n] == '.'));
}

int bench_all(int argc, char **argv, const struct bench *b, size_t n)
{
	double v[BENCH_ROUNDS], f[BENCH_ROUNDS];

	if (argc != 1 && (argc != 3 || strcmp(argv[1], "--only") != 0)) {
		fprintf(stderr, "usage: %s [--only NAME]\n", argv[0]);
		return 2;
	}
	for (size_t i = 0; i < n; i++) {
		if (!bench_wanted(argc, argv, b[i].name))
			continue;
		measure(&b[i], b[i].run, v);
		printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.2f,"
		       "\"min\":%.2f,\"max\":%.2f",
		       b[i].name, b[i].unit, v[BENCH_ROUNDS / 2], v[0],
		       v[BENCH_ROUNDS - 1]);
		if (b[i].floor) {
			measure(&b[i], b[i].floor, f);
			printf(",\"floor\":%.2f,\"ratio\":%.2f",
			       f[BENCH_ROUNDS / 2],
			       v[BENCH_ROUNDS / 2] / f[BENCH_ROUNDS / 2]);
		}
		printf("}\n");
		fflush(stdout);
	}
	return 0;
}
