/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/plats.h"

#include <stddef.h>

/* The platforms: every name there is, and the tables that are in this build. */

const char *const world_plat_names[WORLD_PLATS + 1] = {
	[WORLD_SEV_TIO] = "sev-tio",
	[WORLD_CCA] = "cca",
	[WORLD_TDX_CONNECT] = "tdx-connect",
	[WORLD_COVE_IO] = "cove-io",
};

const struct world_plat *const world_plats[WORLD_PLATS] = {
	[WORLD_SEV_TIO] = &world_sev_tio,
	[WORLD_CCA] = &world_cca,
	[WORLD_TDX_CONNECT] = &world_tdx,
	[WORLD_COVE_IO] = &world_cove_io,
};
