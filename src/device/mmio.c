/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/bits.h"

/* Memory requests that come in: which BAR, may it, and what is there. */

bool fn_bar(const struct device_fn *fn, unsigned bar, uint64_t *base,
	    uint64_t *size)
{
	const struct pci_cfg *pf = &fn->dev->fn[0].cfg;

	if (fn->index == 0) {
		*base = pci_bar_base(pf, bar);
		*size = pci_bar_size(pf, bar);
		return *size != 0;
	}
	*size = pci_vf_bar_size(pf, bar);
	*base = pci_vf_bar_base(pf, bar) + (fn->index - 1) * *size;
	return *size != 0;
}

static bool decodes(const struct device_fn *fn)
{
	const struct device *d = fn->dev;
	const struct pci_cfg *pf = &d->fn[0].cfg;

	if (!fn->there || !fn_awake(fn))
		return false;
	if (fn->index == 0)
		return pci_cfg_get(pf, CFG_COMMAND, 2) & CMD_MEM;
	return pci_cfg_get(pf, (uint16_t)(d->sriov + SRIOV_CTL), 2) &
	       SRIOV_CTL_MSE;
}

struct hit {
	struct device_fn *fn;
	bool locked; /* in the report by which the function was locked */
	unsigned bar;
	uint32_t off;
	uint32_t len;
	uint32_t skip;
};

/* Is @addr TEE memory of the report by which function @i was locked? */
static bool in_report(const struct device *d, unsigned i, uint64_t addr)
{
	const struct tdi *t = &d->tdis[i];

	if (dsm_tdi_state(&d->dsm, i) == TDI_UNLOCKED)
		return false;
	for (uint32_t n = 0; n < t->view.range_count; n++) {
		const struct tdisp_range *r = &t->view.ranges[n];
		uint64_t base = r->first_page * PAGE_4K - t->lock.mmio_offset;

		if (!(r->attrs & TDISP_RANGE_NON_TEE) &&
		    addr - base < (uint64_t)r->pages * PAGE_4K)
			return true;
	}
	return false;
}

/*
 * The TDI that has @addr locked, or NULL. Its TVM goes on writing there until
 * it learns that trust has ended, so that no other BAR, and no other page of
 * its own, may take the place while the TDI is not UNLOCKED.
 * OPEN: §11.4.3 makes the TDI whose BAR moves ERROR and says nothing of what
 * comes to lie there; law 35 asks that no secret reaches it.
 */
static const struct device_fn *owner(const struct device *d, uint64_t addr)
{
	for (unsigned i = 0; i < d->fns; i++)
		if (in_report(d, i, addr))
			return &d->fn[i];
	return NULL;
}

static bool find(struct device *d, uint64_t addr, uint32_t len, struct hit *out)
{
	const struct device_fn *own = owner(d, addr);
	static const struct {
		unsigned bar;
		uint64_t size;
	} bars[] = { { DMA_BAR_REGS, DMA_BAR_REGS_SIZE },
		     { DMA_BAR_MEM, DMA_BAR_MEM_SIZE } };

	for (unsigned i = 0; i < d->fns; i++) {
		if (!decodes(&d->fn[i]) || (own && own != &d->fn[i]))
			continue;
		for (unsigned n = 0; n < COUNT(bars); n++) {
			uint64_t base, size;

			if (!fn_bar(&d->fn[i], bars[n].bar, &base, &size) ||
			    addr < base || addr - base >= bars[n].size ||
			    len > bars[n].size - (addr - base))
				continue;
			out->fn = &d->fn[i];
			out->locked = own != NULL;
			out->bar = bars[n].bar;
			out->off = (uint32_t)(addr - base);
			return true;
		}
	}
	return false;
}

bool fn_msix_locked(const struct device_fn *fn)
{
	const struct device *d = fn->dev;

	return dsm_tdi_state(&d->dsm, fn->index) != TDI_UNLOCKED &&
	       (d->tdis[fn->index].lock.flags & TDISP_LOCK_MSIX);
}

/*
 * TEE memory: all but the MSI-X pages of a TDI that did not lock them. While
 * UNLOCKED nothing was reported as anything else, and a trusted request has
 * nothing to look for: a TVM that was not told of STOP must not fill a table
 * that its host can read.
 */
static bool tee(const struct hit *h)
{
	const struct device *d = h->fn->dev;

	if (h->locked || dsm_tdi_state(&d->dsm, h->fn->index) == TDI_UNLOCKED)
		return true;
	if (h->bar == DMA_BAR_REGS && h->off >= DMA_PAGE_MSIX_TABLE)
		return fn_msix_locked(h->fn);
	return true;
}

static uint32_t reg_read(const struct device_fn *fn, uint32_t off)
{
	struct rd r;

	if (off < PAGE_4K)
		return engine_read(fn, off);
	if (off >= DMA_PAGE_MSIX_TABLE &&
	    off - DMA_PAGE_MSIX_TABLE < sizeof(fn->table)) {
		r = rd_over(fn->table + (off - DMA_PAGE_MSIX_TABLE), 4);
		return rd_u32le(&r);
	}
	if (off == DMA_PAGE_MSIX_PBA)
		return (uint32_t)fn->pending;
	return 0;
}

static void reg_write(struct device_fn *fn, uint32_t off, uint32_t v)
{
	struct wr w;

	if (off < PAGE_4K) {
		engine_write(fn, off, v);
		return;
	}
	if (off < DMA_PAGE_MSIX_TABLE ||
	    off - DMA_PAGE_MSIX_TABLE >= sizeof(fn->table))
		return; /* the PBA is read-only */
	if (off % MSIX_ENTRY_SIZE == MSIX_ENTRY_CTL)
		v &= MSIX_ENTRY_MASKED;
	w = wr_over(fn->table + (off - DMA_PAGE_MSIX_TABLE), 4);
	wr_u32le(&w, v);
	msix_flush(fn);
}

static bool regs_access(const struct hit *h)
{
	return h->off % 4 == 0 && (h->len == 4 || h->len == 8);
}

/* Fills the bytes of a read; false: Completer Abort. */
static bool load(const struct hit *h, uint8_t *out)
{
	struct wr w = wr_over(out, h->len);

	if (h->len == 0)
		return true;
	if (h->bar == DMA_BAR_MEM) {
		memcpy(out, h->fn->mem + h->off, h->len);
		return true;
	}
	if (!regs_access(h))
		return false;
	for (uint32_t i = 0; i < h->len; i += 4)
		wr_u32le(&w, reg_read(h->fn, h->off + i));
	return true;
}

static bool store(const struct hit *h, const uint8_t *in)
{
	struct rd r = rd_over(in, h->len);

	if (h->len == 0)
		return true;
	if (h->bar == DMA_BAR_MEM) {
		memcpy(h->fn->mem + h->off, in, h->len);
		h->fn->mem_used = true;
		return true;
	}
	if (!regs_access(h))
		return false;
	for (uint32_t i = 0; i < h->len; i += 4)
		reg_write(h->fn, h->off + i, rd_u32le(&r));
	return true;
}

static void answer_read(struct device *d, const struct tlp *t,
			const struct hit *h, uint64_t addr)
{
	uint32_t off = 0;

	/* Once at least: a request that names no byte gets one dword. */
	do {
		uint64_t at = addr + off;
		uint32_t n = (uint32_t)(TLP_MAX_DATA - at % TLP_MAX_DATA);
		struct tlp cpl;

		if (n > h->len - off)
			n = h->len - off;
		if (tlp_cpld(&cpl, t, device_rid(d, h->fn->index),
			     d->data + align_down(h->skip + off, 4), off, n))
			return;
		device_answer(d, t, &cpl);
		off += n;
	} while (off < h->len);
}

static void refuse(struct device *d, const struct tlp *t, unsigned fn,
		   const struct rule *rule, enum fault_stage stage,
		   uint8_t status)
{
	device_refuse(d, fn, t, rule, stage);
	if (t->type == TLP_MRD)
		device_answer_status(d, t, fn, status);
}

void device_take_mem(struct device *d, const struct tlp *t)
{
	struct hit h = { .fn = NULL };
	const struct rule *why = NULL;
	uint64_t addr;
	bool done;

	if (tlp_mem_range(t, &addr, &h.len, &h.skip) ||
	    t->at == TLP_AT_TRANSLATE) {
		refuse(d, t, 0, &device_rule_type, FAULT_LINK, TLP_CPL_UR);
		return;
	}
	if (!find(d, addr, h.len ? h.len : 1, &h)) {
		refuse(d, t, 0, &device_rule_no_bar, FAULT_LINK, TLP_CPL_UR);
		return;
	}
	if (!dsm_mmio_verdict(&d->dsm, h.fn->index, tee(&h),
			      t->ide && t->prefix.t,
			      t->ide ? t->prefix.stream : -1, &why)) {
		refuse(d, t, h.fn->index, why, FAULT_T_BIT, TLP_CPL_UR);
		return;
	}
	if (t->poisoned) {
		device_refuse(d, h.fn->index, t, &device_rule_poisoned,
			      FAULT_LINK);
		dsm_event(&d->dsm, DSM_EV_POISON, h.fn->index);
		return;
	}
	memset(d->data, 0, 4u * t->len_dw);
	if (t->type == TLP_MWR) {
		done = store(&h, t->data + h.skip);
	} else {
		done = load(&h, d->data + h.skip);
		if (done)
			answer_read(d, t, &h, addr);
	}
	if (!done)
		refuse(d, t, h.fn->index, &device_rule_access, FAULT_LINK,
		       TLP_CPL_CA);
}
