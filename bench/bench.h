/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One figure is one JSON line: name, unit, median, minimum and maximum of
 * BENCH_ROUNDS rounds; where there is a floor, what nobody can go below, also
 * that and the ratio to it.
 */
#define BENCH_ROUNDS 9

/* Does its work and says how many operations that was. */
typedef double bench_fn(void *ctx);

struct bench {
	const char *name; /* "tlp.64" */
	const char *unit; /* "ns" an operation, else operations a @scale */
	double scale;	  /* of the operations; 0: nanoseconds an operation */
	bench_fn *run;
	bench_fn *floor; /* or NULL; with scale 0 */
	void *ctx;
};

/* Ends the program when set-up went wrong. */
void bench_must(int err);

/* Whether `--only NAME`, or a prefix of it up to a dot, takes this one. */
bool bench_wanted(int argc, char **argv, const char *name);

/* Warms up, measures and prints each that is wanted. Exit status: 2 misused. */
int bench_all(int argc, char **argv, const struct bench *b, size_t n);

#endif
