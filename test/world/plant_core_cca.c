/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant_core.h"

#include "world/plat_cca.h"

struct tsm *plant_tsm_cca(struct world *w)
{
	return cca_fw_tsm(((struct cca_plat *)w->plat_ctx)->fw);
}
