/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device_priv.h"

#include <string.h>

#include "base/bits.h"

/* Memory requests that come in: which BAR, may it, and what is there. */

const struct device_bar *fn_bar_cfg(const struct device_fn *fn, unsigned bar)
{
	return fn_physical(fn) ? &fn_own(fn)->bar[bar]
			       : &fn->dev->cfg.vf_bar[bar];
}

void fn_mem_wipe(struct device_fn *fn)
{
	for (unsigned b = 0; b < T0_BARS; b++) {
		if (fn->mem[b].used)
			memset(fn->mem[b].p, 0, fn->mem[b].size);
		fn->mem[b].used = false;
	}
}

bool fn_bar(const struct device_fn *fn, unsigned bar, uint64_t *base,
	    uint64_t *size)
{
	const struct device *d = fn->dev;
	const struct pci_cfg *pf = &d->fn[0].cfg;

	/* Registers alone do not tell the upper half of a VF's BAR from one. */
	if (!fn_bar_cfg(fn, bar)->size)
		return false;
	if (fn_physical(fn)) {
		*base = fn->assumed ? fn_bar_cfg(fn, bar)->at
				    : pci_bar_base(&fn->cfg, bar);
		*size = pci_bar_size(&fn->cfg, bar);
		return *size != 0;
	}
	*size = pci_vf_bar_size(pf, bar);
	*base = d->assumed_vfs ? d->cfg.vf_bar[bar].at
			       : pci_vf_bar_base(pf, bar);
	*base += (fn->index - 1) * *size;
	return *size != 0;
}

/* Nobody gave it an address; those of VFs have one for all of them. */
bool fn_bar_unset(const struct device_fn *fn, unsigned bar)
{
	uint64_t base, size, before;

	if (!fn_bar(fn, bar, &base, &size))
		return false;
	before = fn_physical(fn) ? 0 : (fn->index - 1) * size;
	return base - before < size;
}

struct hit {
	unsigned fn;
	bool locked; /* in the report by which the function was locked */
	unsigned bar;
	uint32_t off;
	uint32_t len;
	uint32_t skip;
};

/*
 * Its TVM goes on writing there until it learns that trust has ended, so that
 * no other BAR, and no other page of its own, may take the place while the TDI
 * is not UNLOCKED.
 * OPEN: §11.4.3 makes the TDI whose BAR moves ERROR and says nothing of what
 * comes to lie there; law 35 asks that no secret reaches it.
 */
bool device_reported(const struct device *d, unsigned fn, uint64_t addr,
		     uint64_t len)
{
	const struct tdi *t = &d->tdis[fn];

	if (dsm_tdi_state(&d->dsm.pci, fn) == TDI_UNLOCKED)
		return false;
	for (uint32_t n = tdi_ranges(t); n-- > 0;) {
		const struct tdisp_range r = tdi_range(t, n);
		uint64_t base = r.first_page * PAGE_4K - t->lock.mmio_offset;

		if (!(r.attrs & TDISP_RANGE_NON_TEE) &&
		    (addr - base < (uint64_t)r.pages * PAGE_4K ||
		     base - addr < len))
			return true;
	}
	return false;
}

bool device_reported_by_other(const struct device *d, unsigned fn,
			      uint64_t addr, uint64_t len)
{
	for (unsigned i = 0; i < d->fns; i++)
		if (i != fn && device_reported(d, i, addr, len))
			return true;
	return false;
}

/* A BAR whose address ended with an assumption is nowhere, not at 0. */
static bool lost_bar(const struct device *d, unsigned fn, unsigned bar)
{
	return dsm_tdi_state(&d->dsm.pci, fn) != TDI_UNLOCKED &&
	       fn_bar_unset(&d->fn[fn], bar);
}

static bool find(const struct device *d, uint64_t addr, uint32_t len,
		 struct hit *out)
{
	for (unsigned i = 0; i < d->fns; i++) {
		if (!fn_decodes(&d->fn[i]) ||
		    device_reported_by_other(d, i, addr, len))
			continue;
		for (unsigned b = 0; b < T0_BARS; b++) {
			uint64_t base, size;

			/* A VF's part may be larger than what it has there. */
			if (!fn_bar(&d->fn[i], b, &base, &size) ||
			    lost_bar(d, i, b))
				continue;
			size = fn_bar_cfg(&d->fn[i], b)->size;
			if (addr < base || addr - base >= size ||
			    len > size - (addr - base))
				continue;
			out->fn = i;
			out->locked = device_reported(d, i, addr, len);
			out->bar = b;
			out->off = (uint32_t)(addr - base);
			return true;
		}
	}
	return false;
}

bool fn_msix_locked(const struct device_fn *fn)
{
	const struct device *d = fn->dev;

	return fn->msix &&
	       dsm_tdi_state(&d->dsm.pci, fn->index) != TDI_UNLOCKED &&
	       (d->tdis[fn->index].lock.flags & TDISP_LOCK_MSIX);
}

/* What the lock's report says of the n-th range of a BAR. */
static bool reported_open(const struct tdi *t, unsigned bar, unsigned n)
{
	const uint32_t ranges = tdi_ranges(t);

	for (uint32_t i = 0; i < ranges; i++) {
		const struct tdisp_range r = tdi_range(t, i);

		if (r.id == bar && n-- == 0)
			return r.attrs & TDISP_RANGE_NON_TEE;
	}
	return false;
}

/* The part of its BAR that the first byte is in is NON_TEE. */
static bool non_tee(const struct device *d, const struct hit *h)
{
	const struct device_bar *b = fn_bar_cfg(&d->fn[h->fn], h->bar);
	uint64_t end = 0;

	for (unsigned i = 0; i < b->parts; i++) {
		const struct device_part *p = &b->part[i];

		end += p->size;
		if (h->off >= end)
			continue;
		if (h->off + h->len > end)
			return false;
		return p->updatable ? reported_open(&d->tdis[h->fn], h->bar, i)
				    : p->non_tee;
	}
	return false;
}

/*
 * TEE memory: all but NON_TEE parts, and the MSI-X pages of a TDI that did not
 * lock them. A request over the end of a NON_TEE part reaches TEE memory. While
 * UNLOCKED nothing was reported as anything else, and a trusted request has
 * nothing to look for: a TVM that was not told of STOP must not fill a table
 * that its host can read.
 */
static bool tee(const struct device *d, const struct hit *h)
{
	if (h->locked || dsm_tdi_state(&d->dsm.pci, h->fn) == TDI_UNLOCKED)
		return true;
	if (h->bar == DMA_BAR_REGS && h->off >= DMA_PAGE_MSIX_TABLE &&
	    d->fn[h->fn].msix)
		return fn_msix_locked(&d->fn[h->fn]);
	return !non_tee(d, h);
}

static bool admitted(const struct device *d, const struct hit *h, bool t,
		     int stream, const struct rule **why)
{
	const struct device_seams *s = d->cfg.seams;
	bool ok =
		dsm_mmio_verdict(&d->dsm.pci, h->fn, tee(d, h), t, stream, why);
	bool was = ok;

	if (!s || !s->mem)
		return ok;
	ok = s->mem(d->cfg.seams_ctx, d, h->fn, h->bar, h->off, h->len, t,
		    stream, ok);
	if (why && ok != was)
		*why = ok ? NULL : &device_rule_access;
	return ok;
}

bool device_mem_allowed(const struct device *d, unsigned fn, uint64_t addr,
			uint32_t len, bool t, int stream,
			const struct rule **why)
{
	struct hit h = { .len = len };

	if (!find(d, addr, len ? len : 1, &h) || h.fn != fn) {
		*why = &device_rule_no_bar;
		return false;
	}
	return admitted(d, &h, t, stream, why);
}

static uint32_t reg_read(const struct device_fn *fn, uint32_t off)
{
	struct rd r;

	if (off < PAGE_4K)
		return engine_read(fn, off);
	if (!fn->msix)
		return 0;
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
	if (!fn->msix || off < DMA_PAGE_MSIX_TABLE ||
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
static bool load(const struct device *d, const struct hit *h, uint8_t *out)
{
	const struct device_fn *fn = &d->fn[h->fn];
	struct wr w = wr_over(out, h->len);

	if (h->len == 0)
		return true;
	if (h->bar != DMA_BAR_REGS) {
		memcpy(out, fn->mem[h->bar].p + h->off, h->len);
		return true;
	}
	if (!regs_access(h))
		return false;
	for (uint32_t i = 0; i < h->len; i += 4)
		wr_u32le(&w, reg_read(fn, h->off + i));
	return true;
}

static bool store(struct device *d, const struct hit *h, const uint8_t *in)
{
	struct device_fn *fn = &d->fn[h->fn];
	struct rd r = rd_over(in, h->len);

	if (h->len == 0)
		return true;
	if (h->bar != DMA_BAR_REGS) {
		memcpy(fn->mem[h->bar].p + h->off, in, h->len);
		fn->mem[h->bar].used = true;
		return true;
	}
	if (!regs_access(h))
		return false;
	for (uint32_t i = 0; i < h->len; i += 4)
		reg_write(fn, h->off + i, rd_u32le(&r));
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
		if (tlp_cpld(&cpl, t, device_rid(d, h->fn),
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
	struct hit h = { .fn = 0 };
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
	if (!admitted(d, &h, t->ide && t->prefix.t,
		      t->ide ? t->prefix.stream : -1, &why)) {
		refuse(d, t, h.fn, why, FAULT_T_BIT, TLP_CPL_UR);
		return;
	}
	if (t->poisoned) {
		device_refuse(d, h.fn, t, &device_rule_poisoned, FAULT_LINK);
		device_event(d, DSM_EV_POISON, h.fn);
		return;
	}
	memset(d->data, 0, 4 * (size_t)t->len_dw);
	if (t->type == TLP_MWR) {
		done = store(d, &h, t->data + h.skip);
	} else {
		done = load(d, &h, d->data + h.skip);
		if (done)
			answer_read(d, t, &h, addr);
	}
	if (!done)
		refuse(d, t, h.fn, &device_rule_access, FAULT_LINK, TLP_CPL_CA);
}
