/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One figure is one JSON line: name, unit, median, minimum and maximum of its
 * rounds. Where there is a floor, what nobody can go below, a round measures
 * both, one right after the other and in turn first, and the line says the
 * floor's median and `ratio`: how much of the floor's speed is reached, 1 =
 * all of it, as the median over the rounds, so that a machine that is slow
 * for a while is slow for both.
 */
#define BENCH_ROUNDS_MAX 101

/* Does its work and says how many operations that was. */
typedef double bench_fn(void *ctx);

enum bench_clock {
	BENCH_CPU,  /* time of this process on a processor */
	BENCH_WALL, /* figures with `wall` in their name */
};

/* What a figure is, from operations and the seconds that they took. */
enum bench_kind {
	BENCH_NS,    /* nanoseconds an operation: less is better */
	BENCH_RATE,  /* operations a second, in units of @scale */
	BENCH_COUNT, /* what run gives, as it is */
	BENCH_SECONDS,
};

struct bench {
	const char *name; /* "tlp.64" */
	const char *unit;
	enum bench_kind kind;
	double scale; /* BENCH_RATE: operations in a unit */
	bench_fn *run;
	void *ctx;
	/* The faster of these is the floor; both may be NULL. */
	bench_fn *floor[2];
	const char *floor_by[2]; /* what each is made with, or NULL */
	void *floor_ctx;
	enum bench_clock clock;
	unsigned rounds; /* 0: 21 */
};

/* Ends the program when set-up went wrong. */
void bench_must(int err);

/* Whether `--only NAME`, or a prefix of it up to a dot, takes this one. */
bool bench_wanted(int argc, char **argv, const char *name);

/* 0, or 2 after a line on stderr: misused. */
int bench_args(int argc, char **argv);

/* Warms up, measures and prints one figure. */
void bench_one(const struct bench *b);

/* Each that is wanted. Exit status: 2 misused. */
int bench_all(int argc, char **argv, const struct bench *b, size_t n);

#endif
