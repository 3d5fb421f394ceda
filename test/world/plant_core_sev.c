/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant_core.h"

#include "world/plat_sev_tio.h"
#include "world/world_priv.h"

struct tsm *plant_tsm_sev(struct world *w)
{
	return sev_fw_tsm(((struct sev_plat *)w->plat_ctx)->fw);
}
