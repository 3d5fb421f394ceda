/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_WORLD_PLANT_CORE_H
#define TEST_WORLD_PLANT_CORE_H

#include <stdbool.h>

/*
 * The core of each platform's firmware. A file for each: what two
 * architectures call their own may have one name.
 */
struct iommu;
struct tsm;
struct world;

struct tsm *plant_tsm_sev(struct world *w);
struct tsm *plant_tsm_cca(struct world *w);
struct tsm *plant_tsm_tdx(struct world *w);
struct tsm *plant_tsm_cove(struct world *w);

/* Ways with T = 1 that @i remembers have leaves of 2 MiB. False: none has. */
bool plant_larger_leaf(struct iommu *i);

#endif
