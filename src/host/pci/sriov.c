/* SPDX-License-Identifier: BSD-2-Clause */
/* SR-IOV: virtual functions come and go. Source: PCIe Base 6.0 §9.3.3 */
#include <errno.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

static uint16_t at(const struct pci_dev *p, unsigned reg)
{
	return (uint16_t)(p->sriov.cap + reg);
}

static int vf_bar(struct pci_dev *p, unsigned i)
{
	struct pci_bar *b = &p->sriov.bars[i];
	const uint16_t reg = at(p, SRIOV_BAR(i));
	uint32_t lo, hi = UINT32_MAX;
	uint64_t mask, all;

	(void)pci_write(p, reg, 4, UINT32_MAX);
	lo = pci_get(p, reg, 4);
	if (!lo || lo == UINT32_MAX || lo & BAR_IO)
		return 1;
	b->is_64 = (lo & BAR_TYPE) == BAR_MEM_64;
	b->prefetch = lo & BAR_PREFETCH;
	if (b->is_64) {
		(void)pci_write(p, (uint16_t)(reg + 4), 4, UINT32_MAX);
		hi = pci_get(p, (uint16_t)(reg + 4), 4);
	}
	mask = (uint64_t)hi << 32 | (lo & ~(uint32_t)BAR_FLAGS);
	b->size = mask & -mask;
	if (!b->size)
		return b->is_64 ? 2 : 1;
	if (__builtin_mul_overflow(b->size, p->sriov.total, &all))
		return -ENOSPC;
	b->pa = pci_window_take(p->host, p->up, all, b->size);
	if (!b->pa || (!b->is_64 && b->pa + all > UINT32_MAX))
		return -ENOSPC;
	return b->is_64 ? 2 : 1;
}

static void write_bars(struct pci_dev *p)
{
	for (unsigned i = 0; i < 6; i++) {
		const struct pci_bar *b = &p->sriov.bars[i];

		if (!b->pa)
			continue;
		(void)pci_write(p, at(p, SRIOV_BAR(i)), 4, (uint32_t)b->pa);
		if (b->is_64)
			(void)pci_write(p, at(p, SRIOV_BAR(i + 1)), 4,
					(uint32_t)(b->pa >> 32));
	}
}

int pci_sriov_init(struct pci_dev *p)
{
	p->sriov.cap = pci_find_ecap(p, ECAP_SRIOV);
	if (!p->sriov.cap)
		return 0;
	p->sriov.total = (uint16_t)pci_get(p, at(p, SRIOV_TOTAL), 2);
	/* It may decide offset and stride (§9.3.3.3.5). */
	if (p->ari)
		(void)pci_write(p, at(p, SRIOV_CTL), 2, SRIOV_CTL_ARI);
	p->sriov.offset = (uint16_t)pci_get(p, at(p, SRIOV_VF_OFFSET), 2);
	p->sriov.stride = (uint16_t)pci_get(p, at(p, SRIOV_VF_STRIDE), 2);
	p->sriov.device = (uint16_t)pci_get(p, at(p, SRIOV_VF_DID), 2);
	/* Linux 7.3 drivers/pci/iov.c, compute_max_vf_buses(): -EIO there. */
	if (!p->sriov.total || p->sriov.total == UINT16_MAX ||
	    !p->sriov.offset || (p->sriov.total > 1 && !p->sriov.stride)) {
		p->sriov.cap = 0;
		return 0;
	}
	(void)pci_write(p, at(p, SRIOV_SYS_PAGES), 4, 1); /* 4 KiB */
	for (unsigned i = 0; i < 6;) {
		int ret = vf_bar(p, i);

		if (ret < 0)
			return ret;
		i += (unsigned)ret;
	}
	write_bars(p);
	return 0;
}

static void switch_on(struct pci_dev *p, uint16_t n)
{
	struct host_hw *hw = &p->host->k->hw;

	(void)pci_write(p, at(p, SRIOV_NUM), 2, n);
	(void)pci_write(p, at(p, SRIOV_CTL), 2,
			SRIOV_CTL_VFE | SRIOV_CTL_MSE |
				(p->ari ? SRIOV_CTL_ARI : 0));
	hw->ops->wait_ns(hw->ctx, UINT64_C(100000000)); /* §9.2.1.2 */
}

void pci_sriov_restore(struct pci_dev *p)
{
	if (!p->sriov.cap)
		return;
	pci_ari_forward(p);
	write_bars(p);
	if (p->sriov.enabled)
		switch_on(p, p->sriov.enabled);
}

/*
 * The device says where its VFs stand. One in another port's bus numbers would
 * have somebody else's name. Linux 7.3 drivers/pci/iov.c, sriov_enable()
 */
static bool reaches(const struct pci_dev *pf, uint32_t rid)
{
	const uint8_t last =
		pf->up ? pf->up->bridge.bus_last : (uint8_t)(pf->bdf >> 8);

	return rid >> 8 <= last &&
	       !pci_find(pf->host, (pf->bdf & 0xffff0000) | rid);
}

/* The ids of a VF read as ones (§9.3.4.1.1); the PF says what it is. */
static int vf_new(struct pci_dev *pf, uint16_t n)
{
	uint32_t rid = (pf->bdf & 0xffff) + pf->sriov.offset +
		       (uint32_t)n * pf->sriov.stride;
	struct pci_dev *v;

	/* Without ARI no request for it would come further than the port. */
	if (rid > 0xffff || (!pf->ari && (rid ^ pf->bdf) & 0xf8))
		return -ENOSPC;
	if (!reaches(pf, rid))
		return -ENOMEM;
	v = pci_new(pf->host, (pf->bdf & ~UINT32_C(0xffff)) | rid, pf->up);
	if (!v)
		return -ENOMEM;
	v->pf = pf;
	v->is_vf = true;
	v->vendor = pf->vendor;
	v->device = pf->sriov.device;
	v->class_rev = pf->class_rev;
	v->cap_pcie = pci_find_cap(v, CAP_EXP);
	if (v->cap_pcie) {
		uint32_t cap =
			pci_get(v, (uint16_t)(v->cap_pcie + EXP_DEVCAP), 4);

		v->flr = cap & EXP_DEVCAP_FLR;
		v->tee = cap & EXP_DEVCAP_TEE;
	}
	for (unsigned i = 0; i < 6; i++) {
		v->bars[i] = pf->sriov.bars[i];
		if (v->bars[i].pa)
			v->bars[i].pa += n * v->bars[i].size;
	}
	pci_reset_probe(v, v->methods);
	return pci_added(v);
}

static void vfs_drop(struct pci_dev *p)
{
	struct pci_dev *v = p->host->devs;

	while (v) {
		if (v->pf != p) {
			v = v->next;
			continue;
		}
		pci_remove(v);
		v = p->host->devs;
	}
	(void)pci_write(p, at(p, SRIOV_CTL), 2, p->ari ? SRIOV_CTL_ARI : 0);
	(void)pci_write(p, at(p, SRIOV_NUM), 2, 0);
	p->sriov.enabled = 0;
}

int pci_sriov_enable(struct pci_dev *p, uint16_t n)
{
	if (!p->sriov.cap || n > p->sriov.total)
		return -EINVAL;
	if (n == p->sriov.enabled)
		return 0;
	if (n && p->sriov.enabled)
		return -EBUSY;
	if (!n) {
		vfs_drop(p);
		return 0;
	}
	switch_on(p, n);
	p->sriov.enabled = n;
	for (uint16_t i = 0; i < n; i++) {
		int ret = vf_new(p, i);

		if (ret) {
			vfs_drop(p);
			return ret;
		}
	}
	return 0;
}
