/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RISC-V IOMMU driver of the host's domain: device contexts and second-
 * stage tables for what comes without the T bit. A context that is not valid
 * lets nothing through, so a function without a domain is blocked.
 *
 * What a TVM's function sends with T = 1 goes through the TSM's IOMMU and the
 * TVM's own G-stage; a trusted domain has a table all the same, for the time
 * when the function is not bound yet and works through bounce buffers.
 *
 * Source: RISC-V IOMMU 1.0, chapters 2 and 3; Linux 7.3 drivers/iommu/riscv;
 * CoVE-IO, "IOMMU Assignment"
 */
#include <errno.h>
#include <string.h>

#include "arch/cove/gstage.h"
#include "arch/cove/host_priv.h"
#include "mem/mem.h"

static int flush(void *ctx, uint16_t id, uint64_t iova, uint64_t len)
{
	const struct cove_host *s = ctx;
	const struct cove_host_insn *i = s->cfg.insn;

	if (i->iotinval_gvma(i->ctx, id, iova, len))
		return -EIO;
	i->iofence(i->ctx);
	return 0;
}

void cove_iommu_init(struct cove_host *s)
{
	struct paged *p = &s->domains;

	p->mem = s->cfg.mem;
	p->fmt = &cove_sv48x4;
	p->levels = COVE_GSTAGE_LEVELS;
	p->ids = PAGED_IDS;
	/* A leaf that can be written can be read in this architecture. */
	p->write_reads = true;
	p->flush = flush;
	p->ctx = s;
	paged_init(p, s->cfg.arena);
}

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct cove_host *s = ctx;

	return paged_alloc(&s->domains, d);
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct cove_host *s = ctx;

	paged_free(&s->domains, d);
}

static int map(void *ctx, struct iommu_domain *d, uint64_t iova,
	       const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct cove_host *s = ctx;

	return paged_map(&s->domains, d, iova, pa, n, prot, huge);
}

static int unmap(void *ctx, struct iommu_domain *d, uint64_t iova, uint64_t len)
{
	struct cove_host *s = ctx;

	return paged_unmap(&s->domains, d, iova, len);
}

static int page_size(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t size, const struct iommu_gap *gap)
{
	struct cove_host *s = ctx;

	return paged_size(&s->domains, d, iova, size, gap);
}

/* --- devices --- */

/* The context of @rid; the leaf page of the directory is made if need be. */
static int context_of(struct cove_host *s, uint32_t rid, uint64_t *out)
{
	const struct host_hw *hw = &s->cfg.hw;
	const uint64_t at = s->ddt + rid / COVE_DDT_SPAN * 8;
	uint8_t e[8];
	uint64_t leaf;

	if (cove_read(s, at, e, sizeof(e)))
		return -EIO;
	leaf = field_get(COVE_DDTE_PPN, cove_u64(e, 0)) * PAGE_4K;
	if (!(cove_u64(e, 0) & COVE_DDTE_V)) {
		if (hw->ops->page_alloc(hw->ctx, 1, &leaf))
			return -ENOMEM;
		cove_put_u64(e, 0,
			     COVE_DDTE_V |
				     field_put(COVE_DDTE_PPN, leaf / PAGE_4K));
		if (cove_write(s, at, e, sizeof(e))) {
			hw->ops->page_free(hw->ctx, leaf, 1);
			return -EIO;
		}
	}
	*out = leaf + (uint64_t)(rid % COVE_DDT_SPAN) * COVE_DC_LEN;
	return 0;
}

/*
 * A leaf page without a valid context goes back. The directory no longer leads
 * there and nothing remembers that it did, or the page stays.
 */
static void leaf_put(struct cove_host *s, uint32_t rid)
{
	const struct cove_host_insn *i = s->cfg.insn;
	const uint64_t at = s->ddt + rid / COVE_DDT_SPAN * 8;
	uint8_t e[8], none[8] = { 0 }, tc[8];
	uint64_t leaf;

	if (cove_read(s, at, e, sizeof(e)) || !(cove_u64(e, 0) & COVE_DDTE_V))
		return;
	leaf = field_get(COVE_DDTE_PPN, cove_u64(e, 0)) * PAGE_4K;
	for (uint64_t n = 0; n < COVE_DDT_SPAN; n++)
		if (cove_read(s, leaf + n * COVE_DC_LEN + COVE_DC_TC, tc,
			      sizeof(tc)) ||
		    cove_u64(tc, 0))
			return;
	if (cove_write(s, at, none, sizeof(none)))
		return;
	if (i->iodir_inval_ddt(i->ctx, rid)) {
		(void)cove_write(s, at, e, sizeof(e));
		return;
	}
	i->iofence(i->ctx);
	s->cfg.hw.ops->page_free(s->cfg.hw.ctx, leaf, 1);
}

static void context(const struct paged_domain *cd, uint8_t e[COVE_DC_LEN])
{
	memset(e, 0, COVE_DC_LEN);
	if (!cd)
		return;
	cove_put_u64(e, COVE_DC_TC, COVE_TC_V);
	cove_put_u64(e, COVE_DC_IOHGATP,
		     field_put(COVE_GATP_MODE, COVE_GATP_SV48X4) |
			     field_put(COVE_GATP_GSCID, cd->id) |
			     field_put(COVE_GATP_PPN, cd->pt.root / PAGE_4K));
}

/*
 * One store of the whole context: nothing reads memory between two stores of
 * ours in this machine. OPEN: Linux clears the valid bit, fences and then fills
 * the context, so that a domain that takes the place of another leaves a gap;
 * iommufd asks for none.
 * Source: Linux 7.3 drivers/iommu/riscv/iommu.c, riscv_iommu_iodir_update()
 */
static int attach(void *ctx, struct pci_dev *p, struct iommu_domain *d,
		  bool tdi, const struct rule **why)
{
	struct cove_host *s = ctx;
	const struct cove_host_insn *i = s->cfg.insn;
	uint8_t e[COVE_DC_LEN], old[COVE_DC_LEN];
	uint64_t at = 0;
	int ret;

	(void)tdi;
	(void)why;
	if (p->bdf >> 16)
		return -ENODEV;
	ret = context_of(s, p->bdf & 0xffff, &at);
	context(d ? d->priv : NULL, e);
	if (!ret)
		ret = cove_read(s, at, old, sizeof(old));
	if (!ret)
		ret = cove_write(s, at, e, sizeof(e));
	if (ret)
		return ret;
	if (i->iodir_inval_ddt(i->ctx, p->bdf & 0xffff)) {
		(void)cove_write(s, at, old, sizeof(old));
		return -EIO;
	}
	i->iofence(i->ctx);
	if (!d)
		leaf_put(s, p->bdf & 0xffff);
	return 0;
}

/* Linux has no type for this IOMMU; it says that there is none. */
static long hw_info(void *ctx, struct pci_dev *p, uint32_t *type, void *out,
		    size_t cap)
{
	(void)ctx;
	(void)p;
	(void)out;
	(void)cap;
	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT)
		return -EOPNOTSUPP;
	*type = IOMMU_HW_INFO_TYPE_NONE;
	return 0;
}

/* Interrupts. */
static const struct iommu_iova_range resv[] = {
	{ MEM_MSI_BASE, MEM_MSI_BASE + MEM_MSI_SIZE - 1 },
};

static int viommu(void *ctx, void *kvm)
{
	const struct cove_vm *v = ((const struct kvm_vm *)kvm)->priv;

	(void)ctx;
	return v->tvm ? 0 : -EOPNOTSUPP;
}

const struct iommu_driver_ops cove_iommu_ops = {
	.domain_alloc = domain_alloc,
	.domain_free = domain_free,
	.map = map,
	.unmap = unmap,
	.attach = attach,
	.viommu = viommu,
	.page_size = page_size,
	.hw_info = hw_info,
	.last_iova = (UINT64_C(1) << 48) - 1,
	.resv = resv,
	.n_resv = COUNT(resv),
};
