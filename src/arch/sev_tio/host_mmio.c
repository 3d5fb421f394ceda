/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private MMIO: BAR pages that become a guest's, and come back. The host says
 * which page stands at which GPA; firmware and guest check it (laws 33, 35).
 */
#include <errno.h>

#include "arch/sev_tio/host_priv.h"

static const struct sev_vm *vm_of(const struct pci_tdi *tdi)
{
	return ((const struct kvm_vm *)tdi->kvm)->priv;
}

/* The page of a BAR of this very function at @gpa. */
static int bar_page(struct pci_tdi *tdi, uint64_t gpa, uint64_t *pa)
{
	struct kvm_slot *sl = kvm_slot_at(tdi->kvm, gpa);

	if (!sl || sl->kind != KVM_SLOT_DMABUF || sl->buf->state != DMABUF_LIVE)
		return -EFAULT;
	*pa = dmabuf_frame(sl->buf, sl->buf_off + (gpa - sl->gpa));
	for (unsigned i = 0; i < COUNT(tdi->p->bars); i++) {
		const struct pci_bar *b = &tdi->p->bars[i];

		if (b->pa && *pa >= b->pa && *pa - b->pa < b->size)
			return 0;
	}
	return -EPERM;
}

/* 1: the guest's already, at that very place; 0: free; -EBUSY. */
static int page_state(struct sev_host *s, const struct sev_vm *vm, uint64_t gpa,
		      uint64_t pa)
{
	struct rmp_read r;

	if (s->cfg.insn->rmpread(s->cfg.insn->ctx, pa, &r) != RMP_OK)
		return -EFAULT;
	if (!r.assigned)
		return 0;
	return r.asid == vm->asid && r.gpa == gpa && r.immutable ? 1 : -EBUSY;
}

/*
 * An immutable page cannot be taken back before TDI_RECLAIM, so every page is
 * looked at before the first one changes.
 */
int sev_mmio_private(struct sev_host *s, struct pci_tdi *tdi, uint64_t gpa,
		     uint64_t pages)
{
	const struct sev_vm *vm = vm_of(tdi);
	struct sev_tdi *t = tdi->priv;
	struct rmp_update u = { .assigned = 1,
				.immutable = 1,
				.asid = vm->asid };
	uint64_t pa, fresh = 0;
	int ret;

	for (uint64_t i = 0; i < pages; i++) {
		ret = bar_page(tdi, gpa + i * PAGE_4K, &pa);
		if (!ret)
			ret = page_state(s, vm, gpa + i * PAGE_4K, pa);
		if (ret < 0)
			return ret;
		fresh += !ret;
	}
	if (!fresh)
		return 0; /* recorded when it was given */
	if (t->n_mmio == SEV_MMIO_RANGES)
		return -ENOSPC;
	(void)bar_page(tdi, gpa, &pa);
	t->mmio[t->n_mmio++] = (struct sev_mmio){ gpa, pa, pages };
	for (uint64_t i = 0; i < pages; i++) {
		u.gpa = gpa + i * PAGE_4K;
		(void)bar_page(tdi, u.gpa, &pa);
		if (page_state(s, vm, u.gpa, pa) == 1)
			continue;
		ret = sev_rmp_set(s, pa, &u);
		if (ret)
			return ret; /* taken back with the rest */
	}
	return 0;
}

void sev_mmio_shared(struct sev_host *s, struct pci_tdi *tdi)
{
	struct sev_tdi *t = tdi->priv;

	for (unsigned i = 0; i < t->n_mmio; i++)
		(void)sev_npt_zap(s, tdi->kvm, t->mmio[i].gpa,
				  t->mmio[i].pages * PAGE_4K);
	for (unsigned i = 0; i < t->n_mmio; i++)
		for (uint64_t n = 0; n < t->mmio[i].pages; n++)
			if (sev_rmp_shared(s, t->mmio[i].pa + n * PAGE_4K))
				s->leaked++;
	t->n_mmio = 0;
}
