/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_IOMMU_GLUE_H
#define WORLD_IOMMU_GLUE_H

#include <stdint.h>

#include "base/err.h"

/*
 * The host's registers and commands of the IOMMU, as each platform's table of
 * instructions has them under its own names. @ctx: the world. Errors as the
 * function of iommu.h that each is.
 */
enum il_err iommu_glue_log(void *ctx, uint64_t base, uint32_t slots);
enum il_err iommu_glue_log_pos(void *ctx, uint32_t *head, uint32_t *tail);
enum il_err iommu_glue_set_log_head(void *ctx, uint32_t head);
enum il_err iommu_glue_inval_device(void *ctx, uint32_t rid);
/* IL_E_IO too: the command queue has stopped. */
enum il_err iommu_glue_inval_pages(void *ctx, uint16_t domain, uint64_t iova,
				   uint64_t size);
enum il_err iommu_glue_inval_all(void *ctx);
void iommu_glue_wait(void *ctx);

#endif
