// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * BAR pages that become the guest's, and come back. The host says which page
 * stands at which guest address; firmware and guest check it.
 */
#include <linux/pci.h>

#include "tsm_vm.h"

/* The page of a BAR of this very function at @gpa. */
static int bar_page(const struct ilt_tdi *t, u64 gpa, u64 *pa)
{
	struct pci_dev *pdev = t->tdi.pdev;
	unsigned int i;

	if (!ilt_fn_first(pdev, t->vm))
		return -EFAULT;
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		const u64 at = ilt_rd64(t->psp, BOARD_VM_BAR + 8 * i);
		const u64 len = pci_resource_len(pdev, i);

		if (!at || !len || gpa < at || gpa - at >= len)
			continue;
		if (!(pci_resource_flags(pdev, i) & IORESOURCE_MEM))
			return -EFAULT;
		*pa = pci_resource_start(pdev, i) + (gpa - at);
		return 0;
	}
	return -EFAULT;
}

/* 1: the guest's already, at that very place; 0: free; -EBUSY. */
static int page_state(const struct ilt_tdi *t, u64 gpa, u64 pa)
{
	struct rmp_read r;
	int ret = ilt_rmp_read(t->psp, pa, &r);

	if (ret)
		return ret;
	if (!r.assigned)
		return 0;
	return r.asid == t->vm->asid && r.gpa == gpa && r.immutable ? 1
								    : -EBUSY;
}

static int look(const struct ilt_tdi *t, u64 gpa, u64 *pa)
{
	int ret = bar_page(t, gpa, pa);

	return ret ? ret : page_state(t, gpa, *pa);
}

/*
 * An immutable page cannot be taken back before TDI_RECLAIM, so every page is
 * looked at before the first one changes; and a range is of one BAR, so that
 * its pages are consecutive there too.
 */
int ilt_mmio_private(struct ilt_tdi *t, u64 gpa, u32 pages)
{
	struct rmp_update u = { .assigned = 1,
				.immutable = 1,
				.asid = t->vm->asid };
	u64 start, pa;
	u32 i, fresh = 0;
	int ret;

	for (i = 0; i < pages; i++) {
		ret = look(t, gpa + (u64)i * SZ_4K, &pa);
		if (ret < 0)
			return ret;
		fresh += !ret;
		start = i ? start : pa;
		if (pa != start + (u64)i * SZ_4K)
			return -EFAULT;
	}
	if (!fresh)
		return 0; /* recorded when it was given */
	if (t->n_mmio == ILT_MMIO_RANGES)
		return -ENOSPC;
	t->mmio[t->n_mmio].gpa = gpa;
	t->mmio[t->n_mmio].pa = start;
	t->mmio[t->n_mmio++].pages = pages;
	for (i = 0; i < pages; i++) {
		u.gpa = gpa + (u64)i * SZ_4K;
		pa = start + (u64)i * SZ_4K;
		if (page_state(t, u.gpa, pa) == 1)
			continue;
		ret = ilt_rmp_update(t->psp, pa, 1, &u);
		if (ret)
			return ret; /* taken back with the rest */
	}
	return 0;
}

void ilt_mmio_shared(struct ilt_tdi *t)
{
	unsigned int i, kept = 0;
	u32 n;

	for (i = 0; i < t->n_mmio; i++) {
		for (n = 0; n < t->mmio[i].pages; n++)
			if (ilt_rmp_shared(t->psp,
					   t->mmio[i].pa + (u64)n * SZ_4K))
				break;
		if (n < t->mmio[i].pages)
			t->mmio[kept++] = t->mmio[i];
	}
	t->n_mmio = kept;
}
