/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_FLOOR_AEAD_H
#define BENCH_FLOOR_AEAD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What AES-256-GCM costs with the library alone: the key prepared once, one
 * message sealed and opened, its tag compared.
 */
struct floor_aead {
	size_t len;
	size_t aad_len;
	size_t tag_len;
	unsigned times; /* seals and opens of a run */
	double ops;	/* what a run counts as */
};

/* Before any other; ends the program on failure. */
void floor_aead_up(void);
void floor_aead_down(void);

/* Both are of type bench_fn; the context is a struct floor_aead. */
double floor_aead_openssl(void *ctx);
double floor_aead_mb(void *ctx);
/* Whether the second can be used: built in, and the processor can. */
bool floor_aead_has_mb(void);

#endif
