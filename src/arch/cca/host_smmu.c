/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The non-secure SMMU: our own stream table, for requests without the T bit.
 * Those with it find their entry in the Realm's table, whose stage 2 is the
 * realm's own; a domain of such a function is for what it asks before it is
 * locked, and besides.
 *
 * Source: Arm SMMUv3 IHI0070, 5.2; Linux 7.3 drivers/iommu/arm/arm-smmu-v3
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "arch/cca/s2.h"
#include "base/bits.h"
#include "mem/mem.h"

#define IPA_BITS (12u + 9u * CCA_S2_LEVELS)

static int flush(void *ctx, uint16_t id, uint64_t iova, uint64_t len)
{
	const struct cca_host *s = ctx;
	const struct cca_host_insn *i = s->cfg.insn;

	if (i->smmu_inval_pages(i->ctx, id, iova, len))
		return -EIO;
	i->smmu_sync(i->ctx);
	return 0;
}

void cca_smmu_init(struct cca_host *s)
{
	struct paged *p = &s->domains;

	p->mem = s->cfg.mem;
	p->fmt = &cca_s2_fmt;
	p->levels = CCA_S2_LEVELS;
	p->ids = CCA_DOMAINS;
	p->flush = flush;
	p->ctx = s;
	paged_init(p, s->cfg.arena);
}

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct cca_host *s = ctx;

	return paged_alloc(&s->domains, d);
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct cca_host *s = ctx;

	paged_free(&s->domains, d);
}

static int map(void *ctx, struct iommu_domain *d, uint64_t iova,
	       const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct cca_host *s = ctx;

	return paged_map(&s->domains, d, iova, pa, n, prot, huge);
}

static int unmap(void *ctx, struct iommu_domain *d, uint64_t iova, uint64_t len)
{
	struct cca_host *s = ctx;

	return paged_unmap(&s->domains, d, iova, len);
}

static int page_size(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t size, const struct iommu_gap *gap)
{
	struct cca_host *s = ctx;

	return paged_size(&s->domains, d, iova, size, gap);
}

/* --- devices --- */

/*
 * The whole entry in one store: whoever reads it sees the old one or the new
 * one, so that a domain that takes the place of another leaves no gap. OPEN:
 * Linux's writer does it in steps where more than one quadword changes what
 * hardware looks at (arm_smmu_write_entry()); no other order is visible here.
 */
static int attach(void *ctx, struct pci_dev *p, struct iommu_domain *d,
		  bool tdi, const struct rule **why)
{
	struct cca_host *s = ctx;
	const struct cca_host_insn *i = s->cfg.insn;
	const struct paged_domain *sd = d ? d->priv : NULL;
	const uint64_t at =
		s->stream_table + (uint64_t)(p->bdf & 0xffff) * STE_LEN;
	uint8_t e[STE_LEN] = { 0 }, old[STE_LEN];
	int ret;

	(void)tdi; /* what is trusted has its own table */
	(void)why;
	if ((p->bdf & 0xffff) >= s->cfg.sids || p->bdf >> 16)
		return -ENODEV;
	if (sd) {
		cca_put_u64(e, 0,
			    STE0_V | (uint64_t)STE_CONFIG_S2
					     << STE0_CONFIG_LSB);
		cca_put_u64(e, 16,
			    sd->id |
				    (uint64_t)(64 - IPA_BITS) << STE2_VTCR_LSB |
				    UINT64_C(2) << STE2_SL0_LSB | STE2_S2R);
		cca_put_u64(e, 24, sd->pt.root & STE3_S2TTB);
	}
	ret = cca_read(s, at, old, sizeof(old));
	if (!ret)
		ret = cca_write(s, at, e, sizeof(e));
	if (ret)
		return ret;
	if (i->smmu_inval_ste(i->ctx, p->bdf & 0xffff)) {
		(void)cca_write(s, at, old, sizeof(old));
		return -EIO;
	}
	i->smmu_sync(i->ctx);
	return 0;
}

/* struct iommu_hw_info_arm_smmuv3: flags, reserved, IDR0 to IDR5, IIDR, AIDR.
 * Source: Linux 7.3 include/uapi/linux/iommufd.h */
#define HW_INFO_ARM_SMMUV3 2
#define IDR0_S2P	   (1u << 0)
#define IDR0_TTF_AARCH64   (2u << 2)
#define IDR0_COHACC	   (1u << 4)
#define IDR0_VMID16	   (1u << 18)
#define IDR0_RME_IMPL	   (1u << 30)
#define IDR5_OAS_48	   5u
#define IDR5_GRAN4K	   (1u << 4)

static long hw_info(void *ctx, struct pci_dev *p, uint32_t *type, void *out,
		    size_t cap)
{
	uint8_t b[40] = { 0 };

	(void)ctx;
	(void)p;
	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT && *type != HW_INFO_ARM_SMMUV3)
		return -EOPNOTSUPP;
	*type = HW_INFO_ARM_SMMUV3;
	cca_put_u32(b, 8,
		    IDR0_S2P | IDR0_TTF_AARCH64 | IDR0_COHACC | IDR0_VMID16 |
			    IDR0_RME_IMPL);
	cca_put_u32(b, 28, IDR5_OAS_48 | IDR5_GRAN4K);
	memcpy(out, b, cap < sizeof(b) ? cap : sizeof(b));
	return sizeof(b);
}

static const struct iommu_iova_range resv[] = {
	{ MEM_MSI_BASE, MEM_MSI_BASE + MEM_MSI_SIZE - 1 },
};

static int viommu(void *ctx, void *kvm)
{
	const struct cca_vm *v = ((const struct kvm_vm *)kvm)->priv;

	(void)ctx;
	return v->realm ? 0 : -EOPNOTSUPP;
}

const struct iommu_driver_ops cca_iommu_ops = {
	.domain_alloc = domain_alloc,
	.domain_free = domain_free,
	.map = map,
	.unmap = unmap,
	.attach = attach,
	.viommu = viommu,
	.page_size = page_size,
	.hw_info = hw_info,
	.last_iova = (UINT64_C(1) << IPA_BITS) - 1,
	.resv = resv,
	.n_resv = COUNT(resv),
};
