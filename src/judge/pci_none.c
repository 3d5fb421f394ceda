/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "judge/target_pci.h"

/* A build without libpci. */

bool pci_way_there(void)
{
	return false;
}

enum il_err pci_way_open(void *ctx, struct regs *out, char *why, size_t why_cap)
{
	(void)ctx;
	(void)out;
	snprintf(why, why_cap, "this build has no libpci");
	return IL_E_ARG;
}

void pci_way_close(void *ctx)
{
	(void)ctx;
}

const char *pci_way_driver(void *ctx)
{
	(void)ctx;
	return NULL;
}
