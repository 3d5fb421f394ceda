/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_VM_H
#define BOARD_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/sev_tio/own.h"
#include "board/exit.h"

/*
 * The processor of the confidential VM, as far as the machine has a say in
 * what it does: PVALIDATE and RMPADJUST, and which of its own mappings have
 * the C bit. The processor itself is somebody else's (QEMU's), and so is its
 * nested table: guest physical memory lies in one piece, BARs where the host
 * has them. Registers of the function "vm" (regs.h).
 */

#define BOARD_VM_MAPS 64

/* Pages that the VM's page table maps with the C bit. */
struct board_vm_map {
	uint64_t first; /* GPA, 4 KiB pages */
	uint64_t end;
};

struct board_vm_cfg {
	struct own *own;
	/* ASID, base and size of the VM; its exits. */
	struct board_exit *exit;
	/* System physical address of @gpa of a BAR; UINT64_MAX: there is none.
	 * May be NULL. */
	uint64_t (*bar_pa)(void *ctx, uint64_t gpa);
	/* An instruction ended in a fault; may be NULL. */
	void (*refused)(void *ctx, const struct fault *f);
	void *ctx; /* of both */
};

struct board_vm {
	struct board_vm_cfg cfg;
	uint64_t gpa;
	uint64_t attr;
	uint32_t flags;
	uint32_t count;
	uint32_t rc;
	uint32_t pages;
	uint32_t same;
	/* Ascending, disjoint. One writer: map_set(). */
	struct board_vm_map map[BOARD_VM_MAPS];
	unsigned maps;
};

void board_vm_init(struct board_vm *v, const struct board_vm_cfg *cfg);
/* Another program runs in the VM, or none: nothing is mapped with the C bit. */
void board_vm_reset(struct board_vm *v);

/*
 * All registers of BAR 0, exits included. Whole registers, or halves of 8
 * bytes; anything else reads as ones and writes nothing.
 */
void board_vm_get(struct board_vm *v, uint32_t off, uint8_t *buf, uint32_t len);
void board_vm_put(struct board_vm *v, uint32_t off, const uint8_t *buf,
		  uint32_t len);

/* Whether the VM's processor reaches @gpa by a mapping with the C bit. */
bool board_vm_private(const struct board_vm *v, uint64_t gpa);

bool board_vm_sane(const struct board_vm *v);

#endif
