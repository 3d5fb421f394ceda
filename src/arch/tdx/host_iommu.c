/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's half of VT-d: scalable mode, second stage, PASID 0 alone. The
 * other half, of requests with the T bit, is the module's: its second stage is
 * the secure EPT, so that private pages of a trusted domain are not in the
 * host's table at all.
 *
 * Source: Intel VT-d 4.1, §9; Linux 7.3 drivers/iommu/intel
 */
#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"
#include "mem/mem.h"

#define IO_LEVELS 4

static int flush(void *ctx, uint16_t id, uint64_t iova, uint64_t len)
{
	const struct tdx_host *h = ctx;
	const struct tdx_host_insn *i = h->cfg.insn;

	if (i->iommu_inval_pages(i->ctx, id, iova, len))
		return -EIO;
	i->iommu_wait(i->ctx);
	return 0;
}

void tdx_iommu_init(struct tdx_host *h)
{
	struct paged *p = &h->domains;

	p->mem = h->cfg.mem;
	p->fmt = &tdx_pt_ept;
	p->levels = IO_LEVELS;
	p->ids = VTD_DID_TRUSTED;
	p->flush = flush;
	p->ctx = h;
	paged_init(p, h->cfg.arena);
}

static int domain_alloc(void *ctx, struct iommu_domain *d)
{
	struct tdx_host *h = ctx;

	return paged_alloc(&h->domains, d);
}

static void domain_free(void *ctx, struct iommu_domain *d)
{
	struct tdx_host *h = ctx;

	paged_free(&h->domains, d);
}

static int map(void *ctx, struct iommu_domain *d, uint64_t iova,
	       const uint64_t *pa, size_t n, unsigned prot, bool huge)
{
	struct tdx_host *h = ctx;

	if (prot & IOMMU_PROT_PRIVATE)
		return 0; /* the guest's: T=1 finds it in the secure EPT */
	return paged_map(&h->domains, d, iova, pa, n, prot, huge);
}

static int unmap(void *ctx, struct iommu_domain *d, uint64_t iova, uint64_t len)
{
	struct tdx_host *h = ctx;

	return paged_unmap(&h->domains, d, iova, len);
}

static int page_size(void *ctx, struct iommu_domain *d, uint64_t iova,
		     uint64_t size, const struct iommu_gap *gap)
{
	struct tdx_host *h = ctx;

	return paged_size(&h->domains, d, iova, size, gap);
}

/* --- devices --- */

/* Where the word at @at leads to; made if there is none. 0: no memory. */
static uint64_t below(struct tdx_host *h, uint64_t at, uint64_t more)
{
	uint8_t b[8];
	uint64_t e;

	if (tdx_read(h, at, b, sizeof(b)))
		return 0;
	e = tdx_u64(b, 0);
	if (e & VTD_ROOT_P)
		return e & VTD_ROOT_CTP;
	e = tdx_page_new(h);
	if (!e)
		return 0;
	tdx_put_u64(b, 0, e | more | VTD_ROOT_P);
	return tdx_write(h, at, b, sizeof(b)) ? 0 : e;
}

/* The PASID entry of a function, with the tables above it; 0: no memory. */
static uint64_t entry_of(struct tdx_host *h, uint16_t rid)
{
	uint64_t t = below(h, h->root + (uint64_t)(rid >> 7) * VTD_ROOT_LEN, 0);

	if (t)
		t = below(h, t + (uint64_t)(rid & 0x7f) * VTD_CTX_LEN, 0);
	return t ? below(h, t, 0) : 0;
}

/*
 * Both words that say anything in one store of 16 bytes: who reads the entry
 * sees the old one or the new one, and a domain that takes the place of another
 * leaves no gap.
 */
static int put_entry(struct tdx_host *h, uint64_t at, uint64_t q0, uint64_t q1)
{
	uint8_t e[16];

	tdx_put_u64(e, 0, q0);
	tdx_put_u64(e, 8, q1);
	return tdx_write(h, at, e, sizeof(e));
}

/* Root, context and directory entry above the PASID entry of a function. */
enum { IN_ROOT, IN_CONTEXT, IN_DIR, ABOVE };

struct path {
	uint64_t at[ABOVE];
	uint64_t e[ABOVE];
};

static bool path_of(struct tdx_host *h, uint16_t rid, struct path *p)
{
	const uint64_t off[ABOVE] = { (uint64_t)(rid >> 7) * VTD_ROOT_LEN,
				      (uint64_t)(rid & 0x7f) * VTD_CTX_LEN, 0 };
	uint64_t table = h->root;

	for (unsigned i = 0; i < ABOVE; i++) {
		uint8_t b[8];

		p->at[i] = table + off[i];
		if (tdx_read(h, p->at[i], b, sizeof(b)))
			return false;
		p->e[i] = tdx_u64(b, 0);
		if (!(p->e[i] & VTD_ROOT_P))
			return false;
		table = p->e[i] & VTD_ROOT_CTP;
	}
	return true;
}

static int put_word(struct tdx_host *h, uint64_t at, uint64_t e)
{
	uint8_t b[8];

	tdx_put_u64(b, 0, e);
	return tdx_write(h, at, b, sizeof(b));
}

static bool is_empty(struct tdx_host *h, uint64_t table)
{
	uint8_t b[PAGE_4K];

	if (tdx_read(h, table, b, sizeof(b)))
		return false;
	for (unsigned at = 0; at < sizeof(b); at += VTD_CTX_LEN)
		if (b[at] & VTD_CTX_P)
			return false;
	return true;
}

/* The entry, with what stood above it for it alone. */
static int detach(struct tdx_host *h, uint16_t rid)
{
	const struct tdx_host_insn *i = h->cfg.insn;
	struct path p;
	bool last;

	if (!path_of(h, rid, &p))
		return 0;
	if (put_word(h, p.at[IN_CONTEXT], 0))
		return -EIO;
	last = is_empty(h, p.e[IN_ROOT] & VTD_ROOT_CTP) &&
	       !put_word(h, p.at[IN_ROOT], 0);
	if (i->iommu_inval_dev(i->ctx, rid)) {
		(void)put_word(h, p.at[IN_ROOT], p.e[IN_ROOT]);
		(void)put_word(h, p.at[IN_CONTEXT], p.e[IN_CONTEXT]);
		return -EIO;
	}
	i->iommu_wait(i->ctx);
	tdx_page_free(h, p.e[IN_DIR] & VTD_ROOT_CTP);
	tdx_page_free(h, p.e[IN_CONTEXT] & VTD_ROOT_CTP);
	if (last)
		tdx_page_free(h, p.e[IN_ROOT] & VTD_ROOT_CTP);
	return 0;
}

static int attach(void *ctx, struct pci_dev *p, struct iommu_domain *d,
		  bool tdi, const struct rule **why)
{
	struct tdx_host *h = ctx;
	const struct tdx_host_insn *i = h->cfg.insn;
	const struct paged_domain *td = d ? d->priv : NULL;
	const uint16_t rid = (uint16_t)p->bdf;
	uint8_t old[16];
	uint64_t at;

	(void)tdi;
	(void)why;
	if (p->bdf >> 16)
		return -ENODEV;
	if (!td)
		return detach(h, rid);
	at = entry_of(h, rid);
	if (!at)
		return -ENOMEM;
	if (tdx_read(h, at, old, sizeof(old)) ||
	    put_entry(h, at,
		      VTD_PASID_P | TDX_PASID0_ADD |
			      (td->pt.root & VTD_PASID_SLPT),
		      td->id))
		return -EIO;
	if (i->iommu_inval_dev(i->ctx, rid)) {
		(void)tdx_write(h, at, old, sizeof(old));
		return -EIO;
	}
	i->iommu_wait(i->ctx);
	return 0;
}

/*
 * Capability registers as the world's unit has them: scalable mode, second
 * stage, four levels. Source: VT-d 4.1, §11.4.2, §11.4.3
 */
#define CAP_SAGAW_4L BIT64(10)
#define ECAP_SMTS    BIT64(43)
#define ECAP_SLTS    BIT64(46)

static long hw_info(void *ctx, struct pci_dev *p, uint32_t *type, void *out,
		    size_t cap)
{
	const struct iommu_hw_info_vtd i = { .cap_reg = CAP_SAGAW_4L,
					     .ecap_reg =
						     ECAP_SMTS | ECAP_SLTS };

	(void)ctx;
	(void)p;
	if (*type != IOMMU_HW_INFO_TYPE_DEFAULT &&
	    *type != IOMMU_HW_INFO_TYPE_INTEL_VTD)
		return -EOPNOTSUPP;
	*type = IOMMU_HW_INFO_TYPE_INTEL_VTD;
	memcpy(out, &i, cap < sizeof(i) ? cap : sizeof(i));
	return sizeof(i);
}

/* Interrupts are not translated by this table. */
static const struct iommu_iova_range resv[] = {
	{ MEM_MSI_BASE, MEM_MSI_BASE + MEM_MSI_SIZE - 1 },
};

/* A TD that was launched without devices has none. */
static int viommu(void *ctx, void *kvm)
{
	const struct tdx_vm *v = ((const struct kvm_vm *)kvm)->priv;

	(void)ctx;
	return v->connect ? 0 : -EOPNOTSUPP;
}

const struct iommu_driver_ops tdx_iommu_ops = {
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
