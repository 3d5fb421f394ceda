/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_BENCH_H
#define BOARD_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/*
 * What no machine has: whoever tests a kernel has the device misbehave, and
 * reads which access was refused last (regs.h). In BAR 0 of the host, from
 * BOARD_BENCH_OP on.
 */
#define BOARD_BENCH_NAME_LEN 128u
#define BOARD_FAULT_TEXT_LEN 256u

struct board_bench_cfg {
	/* As those of struct board_cfg; may be NULL. */
	bool (*op)(void *ctx, uint32_t op, const char *name);
	uint64_t (*exchanges)(void *ctx);
	void *ctx;
};

struct board_bench {
	struct board_bench_cfg cfg;
	uint8_t name[BOARD_BENCH_NAME_LEN];
	uint32_t rc;
	uint32_t faults;
	char text[BOARD_FAULT_TEXT_LEN];
};

void board_bench_init(struct board_bench *n, const struct board_bench_cfg *cfg);
/* An access was refused. */
void board_bench_refused(struct board_bench *n, const struct fault *f);

/* Registers from BOARD_BENCH_OP on, of 4 bytes; others read as ones. */
void board_bench_get(const struct board_bench *n, uint32_t off, uint8_t *buf,
		     uint32_t len);
void board_bench_put(struct board_bench *n, uint32_t off, const uint8_t *buf,
		     uint32_t len);

#endif
