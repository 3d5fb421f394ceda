/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_EXIT_H
#define BOARD_EXIT_H

#include <stdbool.h>
#include <stdint.h>

#include "board/regs.h"

/*
 * The one confidential VM as its host's processor has it: what it runs under,
 * its function, its exits. Two sides look at it by registers (regs.h), each in
 * a machine of its own, and neither trusts the other: an exit is copied when
 * it happens and its answer when it is given, so that nobody changes what the
 * other one is reading.
 */

#define BOARD_EXIT_REGS 7
#define BOARD_VM_BARS	6

struct board_exit {
	/* An exit for the host, an answer for the guest. May be NULL. */
	void (*irq)(void *ctx, bool host);
	void *ctx;
	/* Of the machine; they do not change. */
	uint64_t base;
	uint64_t size;
	/* What board_exit_bar() says. */
	uint64_t bar[BOARD_VM_BARS];
	/* What the host says of the VM. */
	uint32_t asid;
	uint32_t fn;
	uint64_t secrets;
	/* The exit. */
	uint32_t state; /* BOARD_VM_*; one writer: board_exit_state() */
	bool host_there;
	bool waits;
	uint32_t seq; /* number of the exit that waits, or waited last; not 0 */
	uint64_t guest[BOARD_EXIT_REGS];
	uint64_t host[BOARD_EXIT_REGS];
};

/* No VM, no host. @size: room for its memory at @base. */
void board_exit_init(struct board_exit *x, uint64_t base, uint64_t size);

/*
 * Registers from BOARD_VM_STATE to the end of BOARD_VM_BAR, and those of
 * BOARD_EXIT_*. Whole registers, or halves of 8 bytes; anything else reads as
 * ones and writes nothing. @host: as the host's function has them.
 */
void board_exit_get(const struct board_exit *x, bool host, uint32_t off,
		    uint8_t *buf, uint32_t len);
void board_exit_put(struct board_exit *x, bool host, uint32_t off,
		    const uint8_t *buf, uint32_t len);

/*
 * What of the VM is there, BOARD_VM_*. The host is interrupted when that
 * changes. An exit of a VM that does not run any more is gone.
 */
void board_exit_state(struct board_exit *x, uint32_t state);

/* The VM begins anew: its exit is gone, and so is the answer to the last. */
void board_exit_forget(struct board_exit *x);

/*
 * The host's function was opened, or closed and reset: then an exit that waits
 * ends with BOARD_EXIT_NOBODY, and so does each after it until it is open
 * again; and the VM runs under nothing.
 */
void board_exit_host(struct board_exit *x, bool there);

/* Where the guest has BAR @n of its function; 0: nowhere. */
void board_exit_bar(struct board_exit *x, unsigned n, uint64_t gpa);

#endif
