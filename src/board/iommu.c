/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU's registers. What is refused changes nothing: COUNT, SLOTS and
 * HEAD read as what is in effect.
 * Source: AMD IOMMU Specification 48882, 3.08, device table base, event log
 */
#include "board/host_priv.h"

void host_io_table(struct board_host *h, uint32_t count)
{
	(void)!iommu_set_device_table(h->cfg.iommu, h->io.table, count);
}

void host_io_log(struct board_host *h, uint32_t slots)
{
	(void)!iommu_set_event_log(h->cfg.iommu, slots ? h->io.log : 0, slots);
	h->io.tail = h->cfg.iommu->log_tail;
}

void host_io_head(struct board_host *h, uint32_t head)
{
	(void)!iommu_set_log_head(h->cfg.iommu, head);
}

/* The queue is this register: a command is over when the write returns. */
void host_io_inval(struct board_host *h, uint32_t op)
{
	struct iommu *i = h->cfg.iommu;

	switch (op) {
	case BOARD_INVAL_DEVICE:
		(void)!iommu_inval_device(i, h->io.id);
		break;
	case BOARD_INVAL_PAGES:
		(void)!iommu_inval_pages(i, (uint16_t)h->io.id, h->io.addr,
					 h->io.size);
		break;
	case BOARD_INVAL_ALL:
		(void)!iommu_inval_all(i);
		break;
	default:
		return;
	}
	iommu_wait(i);
}

void host_io_run(struct board_host *h)
{
	const uint32_t tail = h->cfg.iommu->log_tail;

	if (tail == h->io.tail)
		return;
	h->io.tail = tail;
	if (h->cfg.irq)
		h->cfg.irq(h->cfg.ctx, 2);
}
