/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_WHO_H
#define BENCH_WHO_H

#include "crypto/identity.h"

/*
 * Who the device of a world is: a chain that every run makes alike. The trust
 * anchor is its first certificate, id.chain[0 .. root_len).
 */
struct bench_who {
	struct identity id;
	size_t root_len;
};

/* Ends the program if it fails. */
void bench_who_make(struct bench_who *w);

#endif
