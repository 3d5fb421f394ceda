/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_FLOOR_AEAD_H
#define BENCH_FLOOR_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
/*
 * The same for calls of any kind, one after the other, as a product made them:
 * each with the lengths that it had.
 */
struct floor_call {
	bool seal; /* else: open */
	uint32_t len;
	uint32_t aad_len;
	uint32_t tag_len;
	uint8_t tag[16]; /* of an open; floor_calls_ready() fills it */
};

struct floor_calls {
	struct floor_call *call;
	size_t n;
	unsigned times; /* all of them are made so often in a run */
	double ops;	/* what a run counts as */
};

#define FLOOR_LEN_MAX 16384u
#define FLOOR_AAD_MAX 64u

/* After floor_aead_up(), once; ends the program if a length is above. */
void floor_calls_ready(struct floor_calls *c);
/* Both are of type bench_fn; the context is a struct floor_calls. */
double floor_calls_openssl(void *ctx);
double floor_calls_mb(void *ctx);

/* Whether the second can be used: built in, and the processor can. */
bool floor_aead_has_mb(void);

#endif
