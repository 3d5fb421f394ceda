/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Metadata that the module keeps of MMIO pages and of device interfaces: trees
 * whose pages the host gives, level by level.
 * Source: TDX module 2.0, mmiomt_defs.h, devifmt_defs.h
 */
#include <errno.h>

#include "arch/tdx/host_priv.h"

/* A tree: the call that hangs a page below an entry, and the one that takes
 * it away again; the level of the entry that is always there. */
struct tree {
	uint64_t add;
	uint64_t remove;
	unsigned root;
};

static const struct tree mmiomt = { TDH_MMIOMT_ADD, TDH_MMIOMT_REMOVE,
				    TDX_MMIOMT_ROOT };
static const struct tree devifmt = { TDH_DEVIFMT_ADD, TDH_DEVIFMT_REMOVE,
				     TDX_DEVIFMT_ROOT };

/* Pages that were there already are refused; whether it helped, the call that
 * needs them says. */
static int tree_grow(struct tdx_host *h, const struct tree *t, uint64_t index)
{
	for (unsigned level = t->root; level > 0; level--) {
		const uint64_t pa = tdx_page_new(h);

		if (!pa)
			return -ENOMEM;
		if (tdx_call4(h, t->add, index | level, pa, 0, 0))
			tdx_page_free(h, pa);
	}
	return 0;
}

/* From below, as far as nothing hangs there. */
static void tree_trim(struct tdx_host *h, const struct tree *t, uint64_t index)
{
	for (unsigned level = 1; level <= t->root; level++) {
		struct tdx_regs r = { .rax = t->remove, .rcx = index | level };

		if (tdx_call(h, &r))
			return;
		tdx_page_free(h, r.rcx & TDX_ARRAY_HPA);
	}
}

int tdx_devif_place(struct tdx_host *h, uint32_t func)
{
	const uint64_t why = h->error;
	const int ret = tree_grow(h, &devifmt, (uint64_t)func << 32);

	h->error = why;
	return ret;
}

void tdx_devif_unplace(struct tdx_host *h, uint32_t func)
{
	const uint64_t why = h->error;

	tree_trim(h, &devifmt, (uint64_t)func << 32);
	h->error = why;
}

/* --- MMIO --- */

/* What one page of leaves stands for. */
#define SPAN (TDX_MMIOMT_PER_PAGE * PAGE_4K)

static uint64_t set(struct tdx_host *h, uint64_t pa, unsigned type,
		    uint32_t func)
{
	return tdx_call4(h, TDH_MMIOMT_SET, pa,
			 type | field_put(TDX_MMIOMT_FUNC, func), 0, 0);
}

static int bar_set(struct tdx_host *h, uint64_t pa, uint64_t len, uint32_t func)
{
	for (uint64_t at = 0; at < len; at += PAGE_4K) {
		uint64_t st = set(h, pa + at, TDX_MMIOMT_DATA, func);
		int ret;

		if (!st)
			continue;
		ret = tree_grow(h, &mmiomt, pa + at);
		if (!ret)
			ret = tdx_errno(set(h, pa + at, TDX_MMIOMT_DATA, func));
		if (ret)
			return ret;
	}
	return 0;
}

static void bar_clear(struct tdx_host *h, uint64_t pa, uint64_t len)
{
	for (uint64_t at = 0; at < len; at += PAGE_4K)
		(void)set(h, pa + at, TDX_MMIOMT_QNODE, 0);
	for (uint64_t at = align_down(pa, SPAN); at < pa + len; at += SPAN)
		tree_trim(h, &mmiomt, at);
}

int tdx_bars_set(struct tdx_host *h, struct tdx_tdi *t, const struct pci_dev *p)
{
	int ret = 0;

	t->bars = true;
	for (unsigned i = 0; i < PCI_BARS && !ret; i++) {
		if (!p->bars[i].pa || p->bars[i].size < PAGE_4K)
			continue;
		t->bar[i][0] = p->bars[i].pa;
		t->bar[i][1] = p->bars[i].size;
		ret = bar_set(h, t->bar[i][0], t->bar[i][1], t->func);
	}
	if (ret)
		tdx_bars_clear(h, t);
	return ret;
}

void tdx_bars_clear(struct tdx_host *h, struct tdx_tdi *t)
{
	const uint64_t why = h->error;

	for (unsigned i = 0; i < PCI_BARS && t->bars; i++) {
		if (t->bar[i][1])
			bar_clear(h, t->bar[i][0], t->bar[i][1]);
		t->bar[i][0] = t->bar[i][1] = 0;
	}
	t->bars = false;
	h->error = why;
}
