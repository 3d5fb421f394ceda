/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_EP_H
#define BOARD_EP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A PCI function as VFIO shows one to a VMM: regions, interrupts, reset. The
 * board fills the table, a front end calls it and carries what comes back;
 * neither knows more of the other.
 *
 * Context: one thread. An entry never waits for the one who called it, but for
 * memory that is reached by messages (ep_space_ops).
 */

#define EP_BARS	    6u
#define EP_CFG_SIZE 4096u
#define EP_MSIX_MAX 64u

enum ep_irq {
	EP_INTX, /* one; level, masked by itself until it is unmasked */
	EP_MSIX,
};

struct ep_bar {
	uint64_t size; /* 0: none; a power of two */
	bool wide;
	bool prefetch;
};

struct ep;

/* How a function reaches whoever has it open. */
struct ep_user_ops {
	/* INTx is raised or falls; a vector of MSI-X fires (@on is true). */
	void (*irq)(void *ctx, enum ep_irq kind, unsigned vector, bool on);
};

struct ep_ops {
	/* Opened and closed; @ops lives until it is closed. IL_E_STATE: the
	 * function is open already. */
	enum il_err (*open)(struct ep *e, const struct ep_user_ops *ops,
			    void *ctx);
	void (*close)(struct ep *e);
	/*
	 * 1 to EP_CFG_SIZE bytes at @off, not over the end. What does not
	 * answer reads as ones; a write to it goes nowhere.
	 */
	void (*cfg_read)(struct ep *e, uint32_t off, uint8_t *buf,
			 uint32_t len);
	void (*cfg_write)(struct ep *e, uint32_t off, const uint8_t *buf,
			  uint32_t len);
	/* Likewise, within the BAR. */
	void (*bar_read)(struct ep *e, unsigned bar, uint64_t off, uint8_t *buf,
			 uint32_t len);
	void (*bar_write)(struct ep *e, unsigned bar, uint64_t off,
			  const uint8_t *buf, uint32_t len);
	/* DEVICE_RESET: the best that there is for this function. */
	void (*reset)(struct ep *e);
	/* Vectors 0 to @n - 1 are wanted from now on; 0: none. */
	void (*irq_set)(struct ep *e, enum ep_irq kind, unsigned n);
	/* INTx: who was interrupted has seen it; raised again if it still is
	 * asserted. */
	void (*intx_done)(struct ep *e);
};

struct ep {
	const struct ep_ops *ops;
	const char *name; /* of its socket: "fn0", "host", "vm-fn", "vm" */
	struct ep_bar bar[EP_BARS];
	unsigned msix; /* vectors; 0: none */
	bool intx;
	unsigned space; /* whose memory its DMA reaches, enum ep_space */
};

/* --- memory of the two VMs --- */

enum ep_space {
	EP_HOST, /* the machine's own memory */
	EP_VM,	 /* that of the one confidential VM */
	EP_SPACES,
};

/*
 * A piece of memory that a client has given. With @at NULL it is reached by
 * messages: these return once they are answered; IL_E_IO: they are not.
 */
struct ep_space_ops {
	enum il_err (*read)(void *ctx, uint64_t addr, uint8_t *buf,
			    uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t addr, const uint8_t *buf,
			     uint32_t len);
};

struct ep_piece {
	uint64_t addr; /* as the client has it: its guest physical address */
	uint64_t size;
	bool readable;
	bool writable;
	uint8_t *at;
	const struct ep_space_ops *ops;
	void *ctx;
};

#endif
