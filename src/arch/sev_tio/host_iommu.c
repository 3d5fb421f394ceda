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

#include "arch/sev_tio/host_priv.h"

#define DTE_LEN	    32u
#define DTE0_V	    BIT64(0)
#define DTE0_TV	    BIT64(1)
#define DTE0_MODE   MASK64(11, 9)
#define DTE0_ROOT   MASK64(51, 12)
#define DTE0_IR	    BIT64(61)
#define DTE0_IW	    BIT64(62)
#define DTE1_DOMAIN MASK64(15, 0)

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

static int map(void *ctx, struct iommu_domain *d, uint64_t iova, uint64_t pa,
	       uint64_t len, bool write)
{
	struct sev_domain *sd = d->priv;
	enum il_err err =
		pt_map(&sd->pt, iova, pa, len, PT_R | (write ? PT_W : 0u),
		       d->huge ? PAGE_2M : PAGE_4K);

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
			enum il_err err = pt_split(&sd->pt, ends[i]);

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

static int attach(void *ctx, struct pci_dev *p, struct iommu_domain *d)
{
	struct sev_host *s = ctx;
	const struct sev_host_insn *i = s->cfg.insn;
	const struct sev_domain *sd = d ? d->priv : NULL;
	const uint64_t at =
		s->dev_table + (uint64_t)(p->bdf & 0xffff) * DTE_LEN;
	uint8_t e[DTE_LEN] = { 0 };
	int ret;

	if ((p->bdf & 0xffff) >= s->cfg.devs || p->bdf >> 16)
		return -ENODEV;
	/* Off first; the first quadword comes last. */
	ret = sev_write(s, at, e, sizeof(e));
	if (!ret && sd) {
		sev_put_u64(e, 8, field_put(DTE1_DOMAIN, sd->id));
		sev_put_u64(e, 0,
			    DTE0_V | DTE0_TV | DTE0_IR | DTE0_IW |
				    field_put(DTE0_MODE, sd->pt.levels) |
				    (sd->pt.root & DTE0_ROOT));
		ret = sev_write(s, at + 8, e + 8, sizeof(e) - 8);
		if (!ret)
			ret = sev_write(s, at, e, 8);
	}
	if (i->iommu_inval_dte(i->ctx, p->bdf & 0xffff))
		ret = ret ? ret : -EIO;
	i->iommu_wait(i->ctx);
	return ret;
}

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
};
