/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/iommu_glue.h"

#include "world/world_priv.h"

static struct iommu *unit(void *ctx)
{
	return &((struct world *)ctx)->iommu;
}

enum il_err iommu_glue_log(void *ctx, uint64_t base, uint32_t slots)
{
	return iommu_set_event_log(unit(ctx), base, slots);
}

enum il_err iommu_glue_log_pos(void *ctx, uint32_t *head, uint32_t *tail)
{
	*head = unit(ctx)->log_head;
	*tail = unit(ctx)->log_tail;
	return IL_OK;
}

enum il_err iommu_glue_set_log_head(void *ctx, uint32_t head)
{
	return iommu_set_log_head(unit(ctx), head);
}

enum il_err iommu_glue_inval_device(void *ctx, uint32_t rid)
{
	return iommu_inval_device(unit(ctx), rid);
}

enum il_err iommu_glue_inval_pages(void *ctx, uint16_t domain, uint64_t iova,
				   uint64_t size)
{
	return world_flush(ctx)
		       ? iommu_inval_pages(unit(ctx), domain, iova, size)
		       : IL_E_IO;
}

enum il_err iommu_glue_inval_all(void *ctx)
{
	return iommu_inval_all(unit(ctx));
}

void iommu_glue_wait(void *ctx)
{
	(void)iommu_wait(unit(ctx));
}
