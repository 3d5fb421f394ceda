/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant_core.h"

#include "world/plat_cove.h"

struct tsm *plant_tsm_cove(struct world *w)
{
	return cove_fw_tsm(((struct cove_plat *)w->plat_ctx)->fw);
}
