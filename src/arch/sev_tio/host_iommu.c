/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The AMD IOMMU driver: ordinary device entries and version 1 tables. An
 * entry that is not valid lets nothing through in this machine, so a function
 * without a domain is blocked.
 *
 * Source: AMD IOMMU Specification 48882, 3.08, §2.2.2.1, §2.2.3; Linux 7.3
 * drivers/iommu/amd
 */
#include <errno.h>
#include <string.h>

#include "arch/sev_tio/host_priv.h"
#include "mem/mem.h"

#define DTE_LEN	    32u
#define DTE0_V	    BIT64(0)
#define DTE0_TV	    BIT64(1)
#define DTE0_MODE   MASK64(11, 9)
#define DTE0_ROOT   MASK64(51, 12)
#define DTE0_IR	    BIT64(61)
#define DTE0_IW	    BIT64(62)
#define DTE1_DOMAIN MASK64(15, 0)
/* Source: Linux 7.3 drivers/iommu/amd/amd_iommu_types.h; B.1 */
#define EFR_SNP	      BIT64(43)
#define EFR2_SEVSNPIO BIT64(1)

static int flush_tag(struct sev_host *s, uint16_t tag, uint64_t iova,
		     uint64_t len)
{
	const struct sev_host_insn *i = s->cfg.insn;

	if (i->iommu_inval_pages(i->ctx, tag, iova, len))
		return -EIO;
	i->iommu_wait(i->ctx);
	return 0;
}

/*
 * What T = 1 walked is remembered under the DomainID of the secure entry, not
 * under ours. OPEN: who chooses that one; here firmware writes the ASID, so
 * every ASID in use is flushed along.
 */
static int flush(void *ctx, uint16_t id, uint64_t iova, uint64_t len)
{
	struct sev_host *s = ctx;
	int ret = flush_tag(s, id, iova, len);

	for (uint32_t a = 1; a < s->cfg.asids && !ret; a++)
		if (s->asid_used[a / 8] >> a % 8 & 1)
			ret = flush_tag(s, (uint16_t)a, iova, len);
	return ret;
}

void sev_iommu_init(struct sev_host *s)
{
	struct paged *p = &s->domains;

	p->mem = s->cfg.mem;
	p->fmt = &pt_iommu_v1;
	p->levels = IO_LEVELS;
	p->ids = PAGED_IDS;
	p->flush = flush;
	p->ctx = s;
	paged_init(p, s->cfg.arena);
}

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct sev_host *s = ctx;

	return paged_alloc(&s->domains, d);
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct sev_host *s = ctx;

	paged_free(&s->domains, d);
}

static int map(void *ctx, struct iommu_domain *d, uint64_t iova,
	       const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct sev_host *s = ctx;

	return paged_map(&s->domains, d, iova, pa, n, prot, huge);
}

static int unmap(void *ctx, struct iommu_domain *d, uint64_t iova, uint64_t len)
{
	struct sev_host *s = ctx;

	return paged_unmap(&s->domains, d, iova, len);
}

static int page_size(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t size, const struct iommu_gap *gap)
{
	struct sev_host *s = ctx;

	return paged_size(&s->domains, d, iova, size, gap);
}

/* --- devices --- */

static const struct rule rule_mixed = {
	.name = "mixed-domain",
	.says = "a trusted domain has functions that are bound to the TSM and "
		"no others; a bound function has no other domain",
	.source = "Secure VFIO, TDISP, SEV-TIO (2024): no mixed shared and "
		  "private DMA in one IOMMU domain",
	.sure = SURE_DRIVER,
};

/*
 * Both quadwords that say anything in one store of 16 bytes, as Linux writes
 * an entry: whoever reads it sees the old one or the new one. So a domain that
 * takes the place of another leaves no gap.
 * Source: Linux 7.3 drivers/iommu/amd/iommu.c, write_dte_lower128()
 */
static int attach(void *ctx, struct pci_dev *p, struct iommu_domain *d,
		  bool tdi, const struct rule **why)
{
	struct sev_host *s = ctx;
	const struct sev_host_insn *i = s->cfg.insn;
	const struct paged_domain *sd = d ? d->priv : NULL;
	const uint64_t at =
		s->dev_table + (uint64_t)(p->bdf & 0xffff) * DTE_LEN;
	uint8_t e[DTE_LEN / 2] = { 0 }, old[DTE_LEN / 2];
	int ret;

	if ((p->bdf & 0xffff) >= s->cfg.devs || p->bdf >> 16)
		return -ENODEV;
	if (d && d->trusted != tdi) {
		*why = &rule_mixed;
		return -EINVAL;
	}
	if (sd) {
		sev_put_u64(e, 8, field_put(DTE1_DOMAIN, sd->id));
		sev_put_u64(e, 0,
			    DTE0_V | DTE0_TV | DTE0_IR | DTE0_IW |
				    field_put(DTE0_MODE, sd->pt.levels) |
				    (sd->pt.root & DTE0_ROOT));
	}
	ret = sev_read(s, at, old, sizeof(old));
	if (!ret)
		ret = sev_write(s, at, e, sizeof(e));
	if (ret)
		return ret;
	if (i->iommu_inval_device(i->ctx, p->bdf & 0xffff)) {
		(void)sev_write(s, at, old, sizeof(old));
		return -EIO;
	}
	i->iommu_wait(i->ctx);
	return 0;
}

/* EFR as the world's machine has it: SNP; EFR2 bit 1: SEV-TIO. */
static long hw_info(void *ctx, struct pci_dev *p, uint32_t *type, void *out,
		    size_t cap)
{
	const struct iommu_hw_info_amd i = { EFR_SNP, EFR2_SEVSNPIO };

	(void)ctx;
	(void)p;
	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    *type != IOMMU_HW_INFO_TYPE_AMD)
		return -EOPNOTSUPP;
	*type = IOMMU_HW_INFO_TYPE_AMD;
	memcpy(out, &i, cap < sizeof(i) ? cap : sizeof(i));
	return sizeof(i);
}

/* Interrupts, and HyperTransport's own range below 1 TiB. */
static const struct iommu_iova_range resv[] = {
	{ MEM_MSI_BASE, MEM_MSI_BASE + MEM_MSI_SIZE - 1 },
	{ UINT64_C(0xfd00000000), UINT64_C(0xffffffffff) },
};

static int viommu(void *ctx, void *kvm)
{
	const struct sev_vm *v = ((const struct kvm_vm *)kvm)->priv;

	(void)ctx;
	return v->snp ? 0 : -EOPNOTSUPP;
}

const struct iommu_driver_ops sev_iommu_ops = {
	.domain_alloc = domain_alloc,
	.domain_free = domain_free,
	.map = map,
	.unmap = unmap,
	.attach = attach,
	.viommu = viommu,
	.page_size = page_size,
	.hw_info = hw_info,
	.last_iova = (UINT64_C(1) << (12 + 9 * IO_LEVELS)) - 1,
	.resv = resv,
	.n_resv = COUNT(resv),
};
