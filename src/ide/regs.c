/* SPDX-License-Identifier: BSD-2-Clause */
#include "ide/ide.h"

#include "pci/ide_regs.h"

struct ide_stream_cfg ide_cfg_of(const struct ide_block_regs *b)
{
	struct ide_stream_cfg s = {
		.enable = b->enable,
		.is_default = b->dflt,
		.cfg_en = b->cfg,
		.tee_limited = b->tee_limited,
		.id = b->id,
		.tc = b->tc,
		.rid_valid = b->rid_valid,
		.rid_base = b->rid_base,
		.rid_limit = b->rid_limit,
		.segment = b->segment,
	};

	for (unsigned i = 0; i < b->n_addrs && i < IDE_RANGES; i++)
		s.range[i] = (struct ide_range){ .valid = b->addr[i].valid,
						 .base = b->addr[i].base,
						 .limit = b->addr[i].limit };
	return s;
}
