/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_PLATS_H
#define WORLD_PLATS_H

/* The platforms by number, in the order in which tables show them. */
enum world_plat_id {
	WORLD_SEV_TIO,
	WORLD_CCA,
	WORLD_TDX_CONNECT,
	WORLD_COVE_IO,
	WORLD_PLATS,
};

struct world_plat;

/* NULL at the end. */
extern const char *const world_plat_names[WORLD_PLATS + 1];
/* NULL: that one is not in this build. */
extern const struct world_plat *const world_plats[WORLD_PLATS];

extern const struct world_plat world_sev_tio;
extern const struct world_plat world_tdx;
extern const struct world_plat world_cove_io;
extern const struct world_plat world_cca;

#endif
