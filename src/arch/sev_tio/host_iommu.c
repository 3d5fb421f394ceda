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

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct sev_host *s = ctx;
	struct sev_domain *sd = kpool_get(&s->domain_pool);
	enum il_err err;
	uint32_t id = 1;

	if (!sd)
		return -ENOMEM;
	while (id < 65536 && s->domain_used[id / 8] >> id % 8 & 1)
		id++;
	err = id == 65536
		      ? IL_E_SPACE
		      : pt_init(&sd->pt, s->cfg.mem, &pt_iommu_v1, IO_LEVELS,
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
static int flush(struct sev_host *s, const struct sev_domain *d, uint64_t iova,
		 uint64_t len)
{
	int ret = flush_tag(s, d->id, iova, len);

	for (uint32_t a = 1; a < s->cfg.asids && !ret; a++)
		if (s->asid_used[a / 8] >> a % 8 & 1)
			ret = flush_tag(s, (uint16_t)a, iova, len);
	return ret;
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct sev_host *s = ctx;
	struct sev_domain *sd = d->priv;

	/* The id is used again: nothing may remember it. */
	(void)flush(s, sd, 0, UINT64_C(1) << 48);
	pt_fini(&sd->pt);
	s->domain_used[sd->id / 8] &= (uint8_t) ~(1u << sd->id % 8);
	kpool_put(&s->domain_pool, sd);
	d->priv = NULL;
}

static int map(void *ctx, struct iommu_domain *d, uint64_t iova,
	       const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct sev_domain *sd = d->priv;
	enum il_err err =
		pt_map_pages(&sd->pt, iova, pa, n,
			     (prot & IOMMU_PROT_READ ? PT_R : 0u) |
				     (prot & IOMMU_PROT_WRITE ? PT_W : 0u),
			     huge ? PAGE_2M : PAGE_4K);

	(void)ctx;
	return err == IL_E_STATE ? -EEXIST : k_errno(err);
}

/* An area that ends inside a large leaf: split it until it does not. */
static enum il_err cut(struct sev_domain *sd, uint64_t iova, uint64_t len)
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
	struct sev_domain *sd = d->priv;
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
	struct sev_host *s;
	struct sev_domain *sd;
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
	struct sev_domain *sd = d->priv;
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
	const struct sev_domain *sd = d ? d->priv : NULL;
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
