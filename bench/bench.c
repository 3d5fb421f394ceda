/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 21
#define FLOORS 2

void bench_must(int err)
{
	if (err) {
		fprintf(stderr, "bench: set-up failed (%d)\n", err);
		exit(1);
	}
}

static double now_s(enum bench_clock clock)
{
	struct timespec t;

	clock_gettime(clock == BENCH_WALL ? CLOCK_MONOTONIC
					  : CLOCK_PROCESS_CPUTIME_ID,
		      &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, unsigned n)
{
	qsort(v, n, sizeof(v[0]), by_value);
	return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static double once(const struct bench *b, bench_fn *run, void *ctx)
{
	const double from = now_s(b->clock);
	const double n = run(ctx);
	const double s = now_s(b->clock) - from;

	switch (b->kind) {
	case BENCH_NS:
		return s * 1e9 / n;
	case BENCH_RATE:
		return n / s / b->scale;
	case BENCH_COUNT:
		return n;
	case BENCH_SECONDS:
		break;
	}
	return s;
}

/* Figures of each round: the product's, then each floor's. */
struct rounds {
	unsigned n;
	double own[BENCH_ROUNDS_MAX];
	double floor[FLOORS][BENCH_ROUNDS_MAX];
};

static void measure(const struct bench *b, struct rounds *r)
{
	r->n = b->rounds ? b->rounds : ROUNDS;
	for (unsigned i = 0; i < r->n; i++) {
		if (i & 1)
			r->own[i] = once(b, b->run, b->ctx);
		for (unsigned f = 0; f < FLOORS; f++)
			if (b->floor[f])
				r->floor[f][i] =
					once(b, b->floor[f], b->floor_ctx);
		if (!(i & 1))
			r->own[i] = once(b, b->run, b->ctx);
	}
}

static double speed_ratio(const struct bench *b, double own, double floor)
{
	return b->kind == BENCH_RATE ? own / floor : floor / own;
}

static void print_floor(const struct bench *b, const struct rounds *r)
{
	double best = 0, at, pair[BENCH_ROUNDS_MAX], v[BENCH_ROUNDS_MAX];
	unsigned which = FLOORS;

	for (unsigned f = 0; f < FLOORS; f++) {
		if (!b->floor[f])
			continue;
		memcpy(v, r->floor[f], sizeof(v));
		at = median(v, r->n);
		if (which < FLOORS && speed_ratio(b, at, best) < 1)
			continue;
		which = f;
		best = at;
	}
	if (which == FLOORS)
		return;
	for (unsigned i = 0; i < r->n; i++)
		pair[i] = speed_ratio(b, r->own[i], r->floor[which][i]);
	printf(",\"floor\":%.6g,\"ratio\":%.3f", best, median(pair, r->n));
	if (b->floor_by[which])
		printf(",\"floor_by\":\"%s\"", b->floor_by[which]);
}

void bench_one(const struct bench *b)
{
	static struct rounds r;
	double v[BENCH_ROUNDS_MAX], mid;

	if (b->kind != BENCH_SECONDS && b->kind != BENCH_COUNT) {
		(void)b->run(b->ctx);
		for (unsigned f = 0; f < FLOORS; f++)
			if (b->floor[f])
				(void)b->floor[f](b->floor_ctx);
	}
	measure(b, &r);
	memcpy(v, r.own, sizeof(v));
	mid = median(v, r.n);
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.6g,"
	       "\"min\":%.6g,\"max\":%.6g",
	       b->name, b->unit, mid, v[0], v[r.n - 1]);
	print_floor(b, &r);
	printf("}\n");
	fflush(stdout);
}

bool bench_wanted(int argc, char **argv, const char *name)
{
	const char *only = argc == 3 ? argv[2] : "";
	size_t n = strlen(only);

	return !n || (strncmp(name, only, n) == 0 &&
		      (name[n] == 0 || name[n] == '.'));
}

int bench_args(int argc, char **argv)
{
	if (argc == 1 || (argc == 3 && strcmp(argv[1], "--only") == 0))
		return 0;
	fprintf(stderr, "usage: %s [--only NAME]\n", argv[0]);
	return 2;
}

int bench_all(int argc, char **argv, const struct bench *b, size_t n)
{
	const int rc = bench_args(argc, argv);

	for (size_t i = 0; i < n && !rc; i++)
		if (bench_wanted(argc, argv, b[i].name))
			bench_one(&b[i]);
	return rc;
}
