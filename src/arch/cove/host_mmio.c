/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MMIO regions: all that a VM has of a function's BARs becomes the TVM's before
 * the interface is bound, and comes back region by region after it was unbound.
 *
 * The pages of MSI-X, table and pending bits, stay the host's: they are locked
 * with the interface on no platform here, and no TVM takes them (law 36).
 *
 * Source: CoVE-IO, "Binding Flow", step 1; "Unbinding Flow", steps 7 and 8
 */
#include <errno.h>

#include "arch/cove/host_priv.h"
#include "pci/regs.h"

/* Two runs of pages of one BAR that are MSI-X's. */
struct hole {
	unsigned bar;
	uint64_t from, to;
};

static void msix_holes(struct pci_dev *p, struct hole h[2])
{
	static const uint16_t at[] = { MSIX_TABLE, MSIX_PBA };
	const uint16_t cap = pci_find_cap(p, CAP_MSIX);
	uint32_t ctl = 0;

	for (unsigned i = 0; i < 2; i++)
		h[i] = (struct hole){ PCI_BARS, 0, 0 };
	if (!cap || pci_read(p, (uint16_t)(cap + MSIX_CTL), 2, &ctl))
		return;
	for (unsigned i = 0; i < 2; i++) {
		const uint64_t n = (ctl & MSIX_CTL_SIZE) + 1u;
		const uint64_t len = i ? (n + 63) / 64 * 8 : n * 16;
		uint32_t v = 0;

		if (pci_read(p, (uint16_t)(cap + at[i]), 4, &v))
			continue;
		h[i].bar = v & 7;
		h[i].from = align_down(v & ~7u, PAGE_4K);
		h[i].to = align_up((v & ~7u) + len, PAGE_4K);
	}
}

/* The end of what is of one kind from @off on; *skip: it is MSI-X's. */
static uint64_t run_end(const struct hole h[2], unsigned bar, uint64_t off,
			uint64_t end, bool *skip)
{
	*skip = false;
	for (unsigned i = 0; i < 2; i++) {
		if (h[i].bar != bar || off >= h[i].to)
			continue;
		if (off >= h[i].from) {
			*skip = true;
			return h[i].to < end ? h[i].to : end;
		}
		end = h[i].from < end ? h[i].from : end;
	}
	return end;
}

static int region_add(struct cove_host *s, struct pci_tdi *tdi, uint64_t gpa,
		      uint64_t pa, uint64_t len)
{
	struct cove_vm *v = ((const struct kvm_vm *)tdi->kvm)->priv;
	struct cove_tdi *t = tdi->priv;
	const uint64_t a[6] = { v->id, t->id, pa, len, gpa };
	int ret;

	if (t->n == COVE_REGIONS)
		return -ENOSPC;
	/* What the TVM has of it now it has as shared. */
	ret = cove_vm_zap(s, v, gpa, len);
	if (!ret)
		ret = cove_covh(s, COVH_ADD_REGION, a, NULL);
	if (!ret)
		t->region[t->n++] = (struct cove_region){ gpa, pa, len };
	return ret;
}

/* The part of BAR @i that slot @sl shows. */
static int slot_add(struct cove_host *s, struct pci_tdi *tdi,
		    const struct kvm_slot *sl, const struct hole h[2])
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		const struct pci_bar *b = &tdi->p->bars[i];
		const uint64_t pa = dmabuf_frame(sl->buf, sl->buf_off);
		uint64_t off, end, next;

		if (!b->pa || pa < b->pa || pa - b->pa >= b->size)
			continue;
		off = pa - b->pa;
		end = off + sl->len < b->size ? off + sl->len : b->size;
		for (; off < end; off = next) {
			bool skip;
			int ret = 0;

			next = run_end(h, i, off, end, &skip);
			if (!skip)
				ret = region_add(s, tdi,
						 sl->gpa + (b->pa + off - pa),
						 b->pa + off, next - off);
			if (ret)
				return ret;
		}
	}
	return 0;
}

int cove_regions_add(struct cove_host *s, struct pci_tdi *tdi)
{
	const struct kvm_vm *vm = tdi->kvm;
	struct cove_tdi *t = tdi->priv;
	struct hole h[2];
	int ret = 0;

	msix_holes(tdi->p, h);
	for (unsigned i = 0; i < KVM_SLOTS && !ret; i++) {
		const struct kvm_slot *sl = &vm->slots[i];

		if (sl->kind == KVM_SLOT_DMABUF &&
		    sl->buf->state == DMABUF_LIVE)
			ret = slot_add(s, tdi, sl, h);
	}
	if (!ret && !t->n)
		ret = -ENXIO; /* the guest has placed no BAR */
	if (ret) {
		const int64_t why = s->sbi_error;

		(void)cove_regions_back(s, tdi);
		s->sbi_error = why;
	}
	return ret;
}

int cove_regions_back(struct cove_host *s, struct pci_tdi *tdi)
{
	const struct cove_vm *v = ((const struct kvm_vm *)tdi->kvm)->priv;
	struct cove_tdi *t = tdi->priv;
	int ret = 0;

	while (t->n) {
		const struct cove_region *r = &t->region[t->n - 1];
		const uint64_t a[6] = { v->id, t->id, r->pa, r->len };
		int one = cove_covh(s, COVH_RECLAIM_REGION, a, NULL);

		if (one) {
			s->leaked += r->len / PAGE_4K;
			ret = one;
		}
		t->n--;
	}
	return ret;
}
