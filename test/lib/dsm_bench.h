/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_LIB_DSM_BENCH_H
#define TEST_LIB_DSM_BENCH_H

#include "../dsm/dsm_test.h"

#include "bench.h"

/* The requester before a whole DSM (test/dsm/rig.c). */
struct bench_dsm {
	struct bench b; /* first: a test's state is this */
	struct rig *g;
	/* The last request of a code, in the clear. */
	uint8_t heard[256][64];
	void (*change)(struct spdm_msg *rsp); /* of an answer; NULL: none */
	uint8_t scratch[CONNS * (TRANSFER + 1024)]; /* of the device */
};

/* Not yet started, and started. */
struct bench_dsm *bench_dsm_new(void);
void bench_dsm_free(struct bench_dsm *d);
int bench_dsm_setup(void **state);
int bench_dsm_teardown(void **state);
/* Around all tests. */
int bench_dsm_open(void **unused);
int bench_dsm_close(void **unused);

#define T(f) \
	cmocka_unit_test_setup_teardown(f, bench_dsm_setup, bench_dsm_teardown)

#endif
