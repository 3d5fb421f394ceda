/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include "base/env.h"
#include "base/fault.h"
#include "board/ep.h"
#include "link/link.h"

/*
 * A machine without a program of its own: memory, IOMMU, a root port, the
 * secure processor's firmware (SEV-TIO), and a link on which a device is. Who
 * runs on it comes through functions (struct ep): a host and one confidential
 * VM, each a machine of somebody else's making, such as QEMU.
 *
 * Accesses of either to a function go as the machine has them: configuration
 * through the root port, BARs through memory's rules, the port and its link;
 * DMA through the IOMMU and memory's rules into what the clients have given.
 */
struct board;
struct device;
struct crypto;

struct board_cfg {
	const struct crypto *crypto; /* of firmware and link */
	const struct env *env;
	struct link_end link; /* the root port's end */
	/* The device runs; true: it did something. */
	bool (*pump)(void *ctx);
	void *pump_ctx;
	/* Each refused access, once it is; may be NULL. */
	void (*refused)(void *ctx, const struct fault *f);
	/* What BOARD_BENCH_OP asks for; false: no such thing. May be NULL. */
	bool (*bench)(void *ctx, uint32_t op, const char *name);
	/* DOE exchanges of the device so far; may be NULL. */
	uint64_t (*exchanges)(void *ctx);
	void *ctx;	    /* of the three */
	unsigned functions; /* of the device, that are physical: 1 to 8 */
	/* Room for the VM's memory, a multiple of 2 MiB to 64 GiB; 0: 512 MiB
	 */
	uint64_t vm_size;
};

/*
 * board_fault_text() - "rule: agent id reads address (source)", as one line
 * Cut where @cap, at least 1, ends, with its zero; its length.
 */
size_t board_fault_text(const struct fault *f, char *out, size_t cap);

/*
 * board_new() - the machine, with its device in the slot
 * Sizes of BARs and the like come from the device, which runs meanwhile
 * (@cfg->pump).
 *
 * Errors: IL_E_ARG a limit is out of range; IL_E_NOMEM, IL_E_RANDOM
 */
enum il_err board_new(const struct board_cfg *cfg, struct board **out) IL_MUST;
void board_free(struct board *b); /* NULL is fine */

/* Its functions: fn0 to fn7 and host (EP_HOST), vm-fn and vm (EP_VM). */
unsigned board_eps(const struct board *b);
struct ep *board_ep(struct board *b, unsigned i);

/*
 * board_give() - a client's memory becomes the machine's
 * Several clients of one VM give the same pieces; the newest that is still
 * there is used. @p is copied.
 *
 * Errors:   IL_E_ARG    not 4 KiB aligned, out of the space's room, or over
 *                       another piece of the same @owner
 *           IL_E_SPACE  too many
 */
enum il_err board_give(struct board *b, enum ep_space s, const void *owner,
		       const struct ep_piece *p) IL_MUST;
/* Errors: IL_E_ARG no piece of this owner is just that. */
enum il_err board_take(struct board *b, enum ep_space s, const void *owner,
		       uint64_t addr, uint64_t size) IL_MUST;
/* All pieces of @owner, who goes. */
void board_take_all(struct board *b, const void *owner);

/* Time passed, or frames may have come: what is due is done. */
void board_run(struct board *b, uint64_t now_ns);
/* When board_run() wants to be called again; UINT64_MAX: whenever. */
uint64_t board_next_ns(const struct board *b);

#endif
