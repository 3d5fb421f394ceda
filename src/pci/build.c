/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci/cfg.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"

/* The builders: what a function offers, laid out in its space. */

#define CMD_WRITABLE \
	(CMD_MEM | CMD_MASTER | CMD_PARITY | CMD_SERR | CMD_INTX_OFF)

void pci_cfg_init(struct pci_cfg *c, const struct pci_cfg_ops *ops, void *ctx)
{
	memset(c, 0, sizeof(*c));
	c->ops = ops;
	c->ctx = ctx;
	c->cap_end = 0x40;
	c->ext_end = CFG_EXT_START;
}

static void header(struct pci_cfg *c, const struct pci_ids *ids, uint8_t type)
{
	pci_cfg_put(c, CFG_VENDOR_ID, 2, ids->vendor);
	pci_cfg_put(c, CFG_DEVICE_ID, 2, ids->device);
	pci_cfg_put(c, CFG_REVISION, 1, ids->revision);
	pci_cfg_put(c, CFG_CLASS, 1, ids->class_code & 0xff);
	pci_cfg_put(c, CFG_CLASS + 1, 2, ids->class_code >> 8);
	pci_cfg_put(c, CFG_HEADER_TYPE, 1,
		    type | (ids->multi ? HEADER_MULTI : 0));
	pci_cfg_mask(c, CFG_COMMAND, 4, CMD_WRITABLE,
		     (uint32_t)STATUS_ERRORS << 16);
	pci_cfg_mask(c, CFG_CACHE_LINE, 1, 0xff, 0);
	pci_cfg_mask(c, CFG_INT_LINE, 1, 0xff, 0);
}

void pci_type0(struct pci_cfg *c, const struct pci_ids *ids)
{
	header(c, ids, HEADER_TYPE0);
	pci_cfg_put(c, T0_SUBSYS_VENDOR, 2, ids->subsys_vendor);
	pci_cfg_put(c, T0_SUBSYS_ID, 2, ids->subsys);
}

void pci_type1(struct pci_cfg *c, const struct pci_ids *ids)
{
	header(c, ids, HEADER_TYPE1);
	pci_cfg_mask(c, T1_PRIMARY, 4, 0x00ffffff, 0);
	pci_cfg_mask(c, T1_SEC_STATUS, 2, 0, STATUS_ERRORS);
	pci_cfg_mask(c, T1_MEM_BASE, 4, 0xfff0fff0, 0);
	pci_cfg_mask(c, T1_PREF_BASE, 4, 0xfff0fff0, 0);
	pci_cfg_mask(c, T1_PREF_BASE_HI, 4, 0xffffffff, 0);
	pci_cfg_mask(c, T1_PREF_LIMIT_HI, 4, 0xffffffff, 0);
	pci_cfg_mask(c, T1_BRIDGE_CTL, 2, BRIDGE_CTL_RESET | 0x3, 0);
	/* Both windows closed until someone opens them. */
	pci_cfg_put(c, T1_MEM_BASE, 4, 0x0000fff0);
	pci_cfg_put(c, T1_PREF_BASE, 4,
		    0x0000fff0 | T1_PREF_64 << 16 | T1_PREF_64);
}

static void bar(struct pci_cfg *c, uint16_t reg, uint64_t size, uint32_t flags)
{
	IL_ASSERT(size >= 128 && (size & (size - 1)) == 0);
	pci_cfg_put(c, reg, 4, flags);
	pci_cfg_mask(c, reg, 4, (uint32_t)-size, 0);
	if (flags & BAR_MEM_64)
		pci_cfg_mask(c, (uint16_t)(reg + 4), 4, (uint32_t)(-size >> 32),
			     0);
	else
		IL_ASSERT(size <= UINT64_C(0x80000000));
}

void pci_bar(struct pci_cfg *c, unsigned n, uint64_t size, uint32_t flags)
{
	bar(c, (uint16_t)CFG_BAR(n), size, flags);
}

uint16_t pci_cap_add(struct pci_cfg *c, uint8_t id, uint16_t size)
{
	uint16_t at = c->cap_end;

	IL_ASSERT(at + size <= CFG_EXT_START);
	c->image[at] = id;
	c->image[c->cap_last ? c->cap_last + 1u : CFG_CAP_PTR] = (uint8_t)at;
	pci_cfg_put(c, CFG_STATUS, 2,
		    pci_cfg_get(c, CFG_STATUS, 2) | STATUS_CAPS);
	c->cap_last = at;
	c->cap_end = (uint16_t)align_up(at + (uint64_t)size, 4);
	return at;
}

uint16_t pci_ecap_add(struct pci_cfg *c, uint16_t id, uint8_t ver,
		      uint16_t size)
{
	uint16_t at = c->ext_end;

	IL_ASSERT(at + size <= CFG_SIZE);
	pci_cfg_put(c, at, 4, ECAP_HDR(id, ver, 0));
	if (c->ext_last)
		pci_cfg_put(c, c->ext_last, 4,
			    (pci_cfg_get(c, c->ext_last, 4) & 0xfffff) |
				    (uint32_t)at << 20);
	c->ext_last = at;
	c->ext_end = (uint16_t)align_up(at + (uint64_t)size, 4);
	return at;
}

uint16_t pci_pm_add(struct pci_cfg *c)
{
	uint16_t at = pci_cap_add(c, CAP_PM, PM_CAP_SIZE);

	pci_cfg_put(c, (uint16_t)(at + 2), 2, 0x0003); /* version 1.2 */
	pci_cfg_mask(c, (uint16_t)(at + PM_CSR), 2, PM_CSR_STATE, 0);
	return at;
}

static void exp_link(struct pci_cfg *c, uint16_t at, const struct pci_exp *exp)
{
	bool port = exp->type == EXP_TYPE_ROOT_PORT ||
		    exp->type == EXP_TYPE_DOWNSTREAM;

	/* 16 GT/s, 8 lanes: a number to show, no behaviour hangs on it. */
	pci_cfg_put(c, (uint16_t)(at + EXP_LNKCAP), 4,
		    4 | 8 << 4 | (port ? EXP_LNKCAP_DLLLARC : 0) |
			    (uint32_t)exp->port << 24);
	pci_cfg_mask(c, (uint16_t)(at + EXP_LNKCTL), 2,
		     port ? 0x0040 | EXP_LNKCTL_DISABLE : 0x0040, 0);
	pci_cfg_put(c, (uint16_t)(at + EXP_LNKSTA), 2, 4 | 8 << 4);
	pci_cfg_put(c, (uint16_t)(at + EXP_LNKCAP2), 4, 0x1e); /* 2.5 to 16 */
	pci_cfg_put(c, (uint16_t)(at + EXP_LNKCTL2), 2, 4);
	if (!exp->hotplug)
		return;
	pci_cfg_put(c, (uint16_t)(at + EXP_SLTCAP), 4,
		    EXP_SLTCAP_PCP | EXP_SLTCAP_HPS | EXP_SLTCAP_HPC |
			    (uint32_t)exp->port << 19);
	pci_cfg_mask(c, (uint16_t)(at + EXP_SLTCTL), 4, 0x1fff,
		     (uint32_t)(EXP_SLTSTA_PDC | EXP_SLTSTA_DLLSC) << 16);
}

uint16_t pci_exp_add(struct pci_cfg *c, const struct pci_exp *exp)
{
	uint16_t at = pci_cap_add(c, CAP_EXP, EXP_SIZE);
	bool root = exp->type == EXP_TYPE_ROOT_PORT;

	pci_cfg_put(c, (uint16_t)(at + EXP_FLAGS), 2,
		    2 | (uint32_t)exp->type << 4 |
			    (exp->hotplug ? EXP_FLAGS_SLOT : 0));
	pci_cfg_put(c, (uint16_t)(at + EXP_DEVCAP), 4,
		    exp->max_payload | EXP_DEVCAP_EXT_TAG | EXP_DEVCAP_RBER |
			    (exp->flr ? EXP_DEVCAP_FLR : 0) |
			    (exp->tee ? EXP_DEVCAP_TEE : 0));
	/*
	 * Initiate FLR is never stored: it reads as zero. Max_Payload_Size is
	 * from the start what the capability says, as on a link where both
	 * ends were built together.
	 */
	pci_cfg_put(c, (uint16_t)(at + EXP_DEVCTL), 2,
		    EXP_DEVCTL_RELAXED | EXP_DEVCTL_NOSNOOP | 2 << 12 |
			    (uint32_t)exp->max_payload << 5);
	pci_cfg_mask(c, (uint16_t)(at + EXP_DEVCTL), 4,
		     0xf | EXP_DEVCTL_RELAXED | EXP_DEVCTL_PAYLOAD |
			     EXP_DEVCTL_EXT_TAG | EXP_DEVCTL_NOSNOOP |
			     EXP_DEVCTL_READRQ,
		     (uint32_t)EXP_DEVSTA_ERRORS << 16);
	exp_link(c, at, exp);
	if (root)
		pci_cfg_mask(c, (uint16_t)(at + EXP_RTCTL), 2, 0x000f, 0);
	pci_cfg_put(c, (uint16_t)(at + EXP_DEVCAP2), 4,
		    EXP_DEVCAP2_CTO | (root ? EXP_DEVCAP2_ARI : 0) |
			    EXP_DEVCAP2_TAG10C | EXP_DEVCAP2_PREFIX);
	pci_cfg_mask(c, (uint16_t)(at + EXP_DEVCTL2), 2,
		     EXP_DEVCTL2_CTO | (root ? EXP_DEVCTL2_ARI : 0), 0);
	return at;
}

uint16_t pci_msix_add(struct pci_cfg *c, unsigned vectors, unsigned table_bar,
		      uint32_t table_off, unsigned pba_bar, uint32_t pba_off)
{
	uint16_t at = pci_cap_add(c, CAP_MSIX, MSIX_CAP_SIZE);

	IL_ASSERT(vectors >= 1 && vectors <= 2048);
	IL_ASSERT(table_off % 8 == 0 && pba_off % 8 == 0);
	pci_cfg_put(c, (uint16_t)(at + MSIX_CTL), 2, vectors - 1);
	pci_cfg_mask(c, (uint16_t)(at + MSIX_CTL), 2,
		     MSIX_CTL_MASK_ALL | MSIX_CTL_ENABLE, 0);
	pci_cfg_put(c, (uint16_t)(at + MSIX_TABLE), 4, table_off | table_bar);
	pci_cfg_put(c, (uint16_t)(at + MSIX_PBA), 4, pba_off | pba_bar);
	return at;
}

uint16_t pci_doe_add(struct pci_cfg *c)
{
	/*
	 * Version 2: discovery carries a version. No interrupt. All registers
	 * act; none stores, so none is writable here.
	 */
	return pci_ecap_add(c, ECAP_DOE, 2, DOE_CAP_SIZE);
}

uint16_t pci_ide_add(struct pci_cfg *c, const struct ide_cap_regs *cap,
		     unsigned n_addrs)
{
	uint16_t at = pci_ecap_add(c, ECAP_IDE, 1, ide_cap_size(cap, n_addrs));

	IL_ASSERT(n_addrs <= IDE_BLOCK_ADDRS && !cap->link);
	pci_cfg_put(c, (uint16_t)(at + IDE_CAP), 4, ide_cap_encode(cap));
	for (unsigned i = 0; i < cap->sel_num; i++) {
		unsigned b = at + ide_block_offset(cap, n_addrs, i);

		pci_cfg_put(c, (uint16_t)(b + IDE_SEL_CAP), 4, n_addrs);
		pci_cfg_put(c, (uint16_t)(b + IDE_SEL_CTL), 4,
			    IDE_ID_RESERVED << 24);
		pci_cfg_mask(c, (uint16_t)(b + IDE_SEL_CTL), 4,
			     IDE_SEL_CTL_ENABLE |
				     (cap->sel_cfg ? IDE_SEL_CTL_CFG : 0) |
				     IDE_SEL_CTL_ALG | IDE_SEL_CTL_TC |
				     IDE_SEL_CTL_DEFAULT |
				     (cap->tee_limited ? IDE_SEL_CTL_TEE_LIMITED
						       : 0) |
				     IDE_SEL_CTL_ID,
			     0);
		pci_cfg_mask(c, (uint16_t)(b + IDE_SEL_STS), 4, 0,
			     IDE_SEL_STS_FAIL);
		pci_cfg_mask(c, (uint16_t)(b + IDE_SEL_RID1), 4,
			     IDE_SEL_RID1_LIMIT, 0);
		pci_cfg_mask(c, (uint16_t)(b + IDE_SEL_RID2), 4,
			     IDE_SEL_RID2_VALID | IDE_SEL_RID2_BASE |
				     IDE_SEL_RID2_SEG,
			     0);
		for (unsigned n = 0; n < n_addrs; n++) {
			unsigned a = b + IDE_SEL_ADDR(n);

			pci_cfg_mask(c, (uint16_t)a, 4,
				     IDE_ADDR1_VALID | IDE_ADDR1_BASE |
					     IDE_ADDR1_LIMIT,
				     0);
			pci_cfg_mask(c, (uint16_t)(a + 4), 4, 0xffffffff, 0);
			pci_cfg_mask(c, (uint16_t)(a + 8), 4, 0xffffffff, 0);
		}
	}
	return at;
}

uint16_t pci_dvsec_add(struct pci_cfg *c, uint16_t vendor, uint16_t id,
		       uint8_t rev, uint16_t size)
{
	const uint16_t all = (uint16_t)(DVSEC_REGS + size);
	uint16_t at = pci_ecap_add(c, ECAP_DVSEC, 1, all);

	pci_cfg_put(c, (uint16_t)(at + DVSEC_HDR1), 4,
		    vendor | (uint32_t)(rev & 0xf) << 16 | (uint32_t)all << 20);
	pci_cfg_put(c, (uint16_t)(at + DVSEC_HDR2), 2, id);
	return at;
}

uint16_t pci_ari_add(struct pci_cfg *c)
{
	return pci_ecap_add(c, ECAP_ARI, 1, ARI_CAP_SIZE);
}

uint16_t pci_sriov_add(struct pci_cfg *c, const struct pci_sriov *s)
{
	uint16_t at = pci_ecap_add(c, ECAP_SRIOV, 1, SRIOV_CAP_SIZE);

	pci_cfg_mask(c, (uint16_t)(at + SRIOV_CTL), 2,
		     SRIOV_CTL_VFE | SRIOV_CTL_MSE |
			     (s->ari ? SRIOV_CTL_ARI : 0),
		     0);
	pci_cfg_put(c, (uint16_t)(at + SRIOV_INITIAL), 2, s->total);
	pci_cfg_put(c, (uint16_t)(at + SRIOV_TOTAL), 2, s->total);
	pci_cfg_mask(c, (uint16_t)(at + SRIOV_NUM), 2, 0xffff, 0);
	pci_cfg_put(c, (uint16_t)(at + SRIOV_VF_OFFSET), 2, s->first);
	pci_cfg_put(c, (uint16_t)(at + SRIOV_VF_STRIDE), 2, s->stride);
	pci_cfg_put(c, (uint16_t)(at + SRIOV_VF_DID), 2, s->vf_device);
	/* 4K, 8K, 64K, 256K, 1M, 4M: what every PF supports (§9.3.3.12). */
	pci_cfg_put(c, (uint16_t)(at + SRIOV_SUP_PAGES), 4, 0x553);
	pci_cfg_put(c, (uint16_t)(at + SRIOV_SYS_PAGES), 4, 1);
	pci_cfg_mask(c, (uint16_t)(at + SRIOV_SYS_PAGES), 4, 0x553, 0);
	for (unsigned n = 0; n < 6; n++)
		if (s->bar[n].size)
			bar(c, (uint16_t)(at + SRIOV_BAR(n)), s->bar[n].size,
			    s->bar[n].flags);
	return at;
}
