/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"

/* TDISP. */

static void lock_twice(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->tdi[TDI_EV_LOCK][TDI_LOCKED] = t->tdi[TDI_EV_LOCK][TDI_UNLOCKED];
}

static const struct misbehaviour rows[] = {
	{ .name = "lock-twice",
	  .says = "LOCK_INTERFACE_REQUEST is accepted in CONFIG_LOCKED",
	  .source = "PCIe Base 6.x §11.3.8",
	  .tables = lock_twice },
};

const struct misbehave_group misbehave_tdisp = { "TDISP", rows, COUNT(rows) };
