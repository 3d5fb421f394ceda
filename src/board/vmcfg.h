/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOARD_VMCFG_H
#define BOARD_VMCFG_H

#include "pci/cfg.h"

/*
 * Configuration space of the VM's function: the device's, but for what VFIO
 * makes up. A byte reads as the device's where @own is clear, as @val where it
 * is set; a write changes what @wr says of @val, and what @pass says of the
 * device.
 */
struct vmcfg {
	uint8_t own[CFG_SIZE];
	uint8_t val[CFG_SIZE];
	uint8_t wr[CFG_SIZE];
	uint8_t pass[CFG_SIZE];
};

struct board;

/* As function @fn of the device is now. */
void vmcfg_build(struct vmcfg *c, struct board *b, unsigned fn);
void vmcfg_read(const struct vmcfg *c, struct board *b, unsigned fn,
		uint32_t off, uint8_t *buf, uint32_t len);
void vmcfg_write(struct vmcfg *c, struct board *b, unsigned fn, uint32_t off,
		 const uint8_t *buf, uint32_t len);
/* Where the VM has BAR @n; what was written to size it counts too. */
uint64_t vmcfg_bar(const struct vmcfg *c, unsigned n, bool wide);

#endif
