/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant_core.h"

#include "world/plat_tdx.h"

struct tsm *plant_tsm_tdx(struct world *w)
{
	return tdx_fw_tsm(((struct tdx_plat *)w->plat_ctx)->fw);
}
