/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_HOST_H
#define BOARD_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/sev_tio/fw.h"
#include "arch/sev_tio/own.h"
#include "board/exit.h"
#include "iommu/iommu.h"
#include "mem/mem.h"

/*
 * What a program on the host finds in its processor and beside it: the secure
 * processor's mailbox, RMP instructions, accesses to memory that only the
 * machine has, the IOMMU's registers. The processor itself is somebody else's
 * (QEMU's). Registers of the function "host" (regs.h).
 *
 * The host is the adversary: each register may have any value at any time, and
 * what an operation needs of them it reads once, when it begins.
 */

struct board_host_cfg {
	struct mem *mem;
	struct own *own;
	struct sev_fw *fw;
	struct iommu *iommu;
	struct board_exit *exit;
	/* A vector of MSI-X, with its cause: BOARD_IRQ_*. May be NULL. */
	void (*irq)(void *ctx, unsigned vector);
	/* Causes that wait, and those that were seen (INTx). May be NULL. */
	uint32_t (*causes)(void *ctx);
	void (*seen)(void *ctx, uint32_t causes);
	/* An instruction is about to name @pa. May be NULL. */
	void (*named)(void *ctx, uint64_t pa);
	/* An access was refused. May be NULL. */
	void (*refused)(void *ctx, const struct fault *f);
	void *ctx; /* of all of them */
};

struct board_psp {
	uint64_t buf;
	uint32_t resp;	 /* as it reads */
	uint32_t answer; /* of the command that firmware holds */
	bool held;
	bool silent; /* answers nothing */
	bool irq;
	uint64_t due_ns;
};

struct board_insn {
	uint64_t pa;
	uint64_t gpa;
	uint32_t asid;
	uint32_t flags;
	uint32_t count;
	uint32_t rc;
	uint32_t pages;
};

struct board_copy {
	uint64_t pa;
	uint64_t buf;
	uint32_t len;
	uint32_t rc;
};

struct board_io {
	uint64_t table;
	uint64_t log;
	uint64_t addr;
	uint64_t size;
	uint32_t id;
	uint32_t tail; /* of the log, as it was told last */
};

struct board_host {
	struct board_host_cfg cfg;
	uint64_t now_ns;
	struct board_psp psp;
	struct board_insn insn;
	struct board_copy copy;
	struct board_io io;
};

void board_host_init(struct board_host *h, const struct board_host_cfg *cfg);
/* The processor's answers are held back, or come again. */
void board_host_silent(struct board_host *h, bool on);
/*
 * Another program runs on the host, or none: registers are as at first. What
 * firmware, RMP and IOMMU know stays; a command that is held is answered to
 * nobody.
 */
void board_host_reset(struct board_host *h);

/*
 * All registers of BAR 0 below BOARD_BENCH_OP, exits included. Whole
 * registers, or halves of 8 bytes; anything else reads as ones and writes
 * nothing.
 */
void board_host_get(struct board_host *h, uint32_t off, uint8_t *buf,
		    uint32_t len);
void board_host_put(struct board_host *h, uint32_t off, const uint8_t *buf,
		    uint32_t len);

/* Answers what is due, tells of a log that grew. */
void board_host_run(struct board_host *h, uint64_t now_ns);
/* When it wants to be called again; UINT64_MAX: whenever. */
uint64_t board_host_next_ns(const struct board_host *h);

#endif
