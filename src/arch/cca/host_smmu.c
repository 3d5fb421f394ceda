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

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct cca_host *s = ctx;
	struct cca_domain *sd = kpool_get(&s->domain_pool);
	enum il_err err;
	uint32_t id = 1;

	if (!sd)
		return -ENOMEM;
	while (id < CCA_DOMAINS && s->domain_used[id / 8] >> id % 8 & 1)
		id++;
	err = id == CCA_DOMAINS
		      ? IL_E_SPACE
		      : pt_init(&sd->pt, s->cfg.mem, &cca_s2_fmt, CCA_S2_LEVELS,
				AGENT_HOST, &pt_host_frames, s->cfg.mem);
	if (err) {
		kpool_put(&s->domain_pool, sd);
		return k_errno(err);
	}
	s->domain_used[id / 8] |= (uint8_t)(1u << id % 8);
	sd->id = (uint16_t)id;
	d->priv = sd;
	return 0;
}

static int flush(struct cca_host *s, const struct cca_domain *d, uint64_t iova,
		 uint64_t len)
{
	const struct cca_host_insn *i = s->cfg.insn;

	if (i->smmu_inval_pages(i->ctx, d->id, iova, len))
		return -EIO;
	i->smmu_sync(i->ctx);
	return 0;
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct cca_host *s = ctx;
	struct cca_domain *sd = d->priv;

	/* The id is used again: nothing may remember it. */
	(void)flush(s, sd, 0, UINT64_C(1) << IPA_BITS);
	pt_fini(&sd->pt);
	s->domain_used[sd->id / 8] &= (uint8_t) ~(1u << sd->id % 8);
	kpool_put(&s->domain_pool, sd);
	d->priv = NULL;
}

static int map(void *ctx, struct iommu_domain *d, uint64_t iova,
	       const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct cca_domain *sd = d->priv;
	enum il_err err =
		pt_map_pages(&sd->pt, iova, pa, n,
			     (prot & IOMMU_PROT_READ ? PT_R : 0u) |
				     (prot & IOMMU_PROT_WRITE ? PT_W : 0u),
			     huge ? PAGE_2M : PAGE_4K);

	(void)ctx;
	return err == IL_E_STATE ? -EEXIST : k_errno(err);
}

/* An area that ends inside a large leaf: split it until it does not. */
static enum il_err cut(struct cca_domain *sd, uint64_t iova, uint64_t len)
{
	const uint64_t ends[] = { iova, iova + len };

	for (unsigned i = 0; i < COUNT(ends); i++) {
		struct pt_hit h;

		while (pt_walk(sd->pt.m, sd->pt.fmt, sd->pt.root, sd->pt.levels,
			       ends[i], &h) == PT_OK &&
		       ends[i] % h.leaf) {
			enum il_err err = pt_split(&sd->pt, ends[i], NULL);

			if (err)
				return err;
		}
	}
	return IL_OK;
}

static int unmap(void *ctx, struct iommu_domain *d, uint64_t iova, uint64_t len)
{
	struct cca_domain *sd = d->priv;
	enum il_err err = cut(sd, iova, len);
	int ret;

	if (!err)
		err = pt_unmap(&sd->pt, iova, len, NULL);
	ret = flush(ctx, sd, iova, len);
	return err ? k_errno(err) : ret;
}

/* --- leaves of another size --- */

/* Between two sizes: nothing remembers the old leaf, then the caller's part. */
struct gap {
	struct cca_host *s;
	struct cca_domain *sd;
	uint64_t iova;
	const struct iommu_gap *more;
	int ret;
};

static enum il_err in_gap(void *ctx)
{
	struct gap *g = ctx;

	g->ret = flush(g->s, g->sd, g->iova, PAGE_2M);
	if (!g->ret)
		g->ret = g->more->run(g->more->ctx);
	return g->ret ? IL_E_IO : IL_OK;
}

static int page_size(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t size, const struct iommu_gap *more)
{
	struct cca_domain *sd = d->priv;
	struct gap g = { ctx, sd, iova, more, 0 };
	const struct pt_gap gap = { in_gap, &g };
	struct pt_hit h;
	enum il_err err;

	if (pt_walk(sd->pt.m, sd->pt.fmt, sd->pt.root, sd->pt.levels, iova,
		    &h) != PT_OK ||
	    (h.leaf >= PAGE_2M) == (size == PAGE_2M)) {
		(void)in_gap(&g);
		return g.ret;
	}
	err = size == PAGE_2M ? pt_join(&sd->pt, iova, &gap)
			      : pt_split(&sd->pt, iova, &gap);
	if (g.ret)
		return g.ret;
	return err == IL_E_STATE ? -EINVAL : k_errno(err);
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
	const struct cca_domain *sd = d ? d->priv : NULL;
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
