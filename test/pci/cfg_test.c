/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "pci/cfg.h"
#include "pci/regs.h"

/* Numbers that another project wrote down: <linux/pci_regs.h>. */
static void our_numbers_are_those_of_linux(void **unused)
{
	static const struct {
		const char *what;
		uint64_t ours, theirs;
	} c[] = {
#define N(a, b) { #b, a, (uint64_t)(b) }
		N(CFG_COMMAND, PCI_COMMAND),
		N(CMD_MEM, PCI_COMMAND_MEMORY),
		N(CMD_MASTER, PCI_COMMAND_MASTER),
		N(CMD_INTX_OFF, PCI_COMMAND_INTX_DISABLE),
		N(STATUS_CAPS, PCI_STATUS_CAP_LIST),
		N(CFG_BIST, PCI_BIST),
		N(CFG_CAP_PTR, PCI_CAPABILITY_LIST),
		N(T0_ROM, PCI_ROM_ADDRESS),
		N(T0_SUBSYS_VENDOR, PCI_SUBSYSTEM_VENDOR_ID),
		N(BAR_MEM_64, PCI_BASE_ADDRESS_MEM_TYPE_64),
		N(BAR_PREFETCH, PCI_BASE_ADDRESS_MEM_PREFETCH),
		N(T1_SECONDARY, PCI_SECONDARY_BUS),
		N(T1_SUBORDINATE, PCI_SUBORDINATE_BUS),
		N(T1_MEM_BASE, PCI_MEMORY_BASE),
		N(T1_MEM_LIMIT, PCI_MEMORY_LIMIT),
		N(T1_PREF_BASE, PCI_PREF_MEMORY_BASE),
		N(T1_PREF_BASE_HI, PCI_PREF_BASE_UPPER32),
		N(T1_PREF_LIMIT_HI, PCI_PREF_LIMIT_UPPER32),
		N(T1_BRIDGE_CTL, PCI_BRIDGE_CONTROL),
		N(BRIDGE_CTL_RESET, PCI_BRIDGE_CTL_BUS_RESET),
		N(CAP_PM, PCI_CAP_ID_PM),
		N(CAP_EXP, PCI_CAP_ID_EXP),
		N(CAP_MSIX, PCI_CAP_ID_MSIX),
		N(ECAP_ARI, PCI_EXT_CAP_ID_ARI),
		N(ARI_CAP, PCI_ARI_CAP),
		N(ARI_CAP_SIZE, PCI_EXT_CAP_ARI_SIZEOF),
		N(ARI_CTL, PCI_ARI_CTRL),
		N(ECAP_SRIOV, PCI_EXT_CAP_ID_SRIOV),
		N(ECAP_ACS, PCI_EXT_CAP_ID_ACS),
		N(PM_CSR, PCI_PM_CTRL),
		N(PM_CSR_NO_SOFT_RESET, PCI_PM_CTRL_NO_SOFT_RESET),
		N(EXP_DEVCAP, PCI_EXP_DEVCAP),
		N(EXP_DEVCAP_FLR, PCI_EXP_DEVCAP_FLR),
		N(EXP_DEVCAP_EXT_TAG, PCI_EXP_DEVCAP_EXT_TAG),
		N(EXP_DEVCTL, PCI_EXP_DEVCTL),
		N(EXP_DEVCTL_FLR, PCI_EXP_DEVCTL_BCR_FLR),
		N(EXP_DEVCTL_NOSNOOP, PCI_EXP_DEVCTL_NOSNOOP_EN),
		N(EXP_DEVCTL_READRQ, PCI_EXP_DEVCTL_READRQ),
		N(EXP_DEVCTL_PHANTOM, PCI_EXP_DEVCTL_PHANTOM),
		N(EXP_LNKCAP, PCI_EXP_LNKCAP),
		N(EXP_LNKCAP_PORT, PCI_EXP_LNKCAP_PN),
		N(EXP_LNKCTL_DISABLE, PCI_EXP_LNKCTL_LD),
		N(EXP_LNKSTA_DLLLA, PCI_EXP_LNKSTA_DLLLA),
		N(EXP_SLTCAP_HPC, PCI_EXP_SLTCAP_HPC),
		N(EXP_SLTCAP_PCP, PCI_EXP_SLTCAP_PCP),
		N(EXP_SLTCAP_PSN, PCI_EXP_SLTCAP_PSN),
		N(EXP_SLTCTL_PDCE, PCI_EXP_SLTCTL_PDCE),
		N(EXP_SLTCTL_HPIE, PCI_EXP_SLTCTL_HPIE),
		N(EXP_SLTCTL_PCC, PCI_EXP_SLTCTL_PCC),
		N(EXP_SLTCTL_DLLSCE, PCI_EXP_SLTCTL_DLLSCE),
		N(EXP_SLTSTA_PDS, PCI_EXP_SLTSTA_PDS),
		N(EXP_SLTSTA_PDC, PCI_EXP_SLTSTA_PDC),
		N(EXP_SLTSTA_DLLSC, PCI_EXP_SLTSTA_DLLSC),
		N(EXP_DEVCAP2, PCI_EXP_DEVCAP2),
		N(EXP_DEVCTL2, PCI_EXP_DEVCTL2),
		N(EXP_DEVCAP2_PREFIX, PCI_EXP_DEVCAP2_EE_PREFIX),
		N(MSIX_CTL, PCI_MSIX_FLAGS),
		N(MSIX_CTL_ENABLE, PCI_MSIX_FLAGS_ENABLE),
		N(MSIX_CTL_MASK_ALL, PCI_MSIX_FLAGS_MASKALL),
		N(MSIX_TABLE, PCI_MSIX_TABLE),
		N(MSIX_PBA, PCI_MSIX_PBA),
		N(MSIX_ENTRY_CTL, PCI_MSIX_ENTRY_VECTOR_CTRL),
		N(SRIOV_CTL, PCI_SRIOV_CTRL),
		N(SRIOV_CTL_VFE, PCI_SRIOV_CTRL_VFE),
		N(SRIOV_CTL_MSE, PCI_SRIOV_CTRL_MSE),
		N(SRIOV_TOTAL, PCI_SRIOV_TOTAL_VF),
		N(SRIOV_NUM, PCI_SRIOV_NUM_VF),
		N(SRIOV_VF_OFFSET, PCI_SRIOV_VF_OFFSET),
		N(SRIOV_VF_STRIDE, PCI_SRIOV_VF_STRIDE),
		N(SRIOV_VF_DID, PCI_SRIOV_VF_DID),
		N(SRIOV_SUP_PAGES, PCI_SRIOV_SUP_PGSIZE),
		N(SRIOV_SYS_PAGES, PCI_SRIOV_SYS_PGSIZE),
		N(SRIOV_BAR0, PCI_SRIOV_BAR),
		N(SRIOV_CAP_SIZE, PCI_EXT_CAP_SRIOV_SIZEOF),
#ifdef PCI_EXT_CAP_ID_DOE
		N(ECAP_DOE, PCI_EXT_CAP_ID_DOE),
		N(DOE_CTL, PCI_DOE_CTRL),
		N(DOE_CTL_GO, PCI_DOE_CTRL_GO),
		N(DOE_STS, PCI_DOE_STATUS),
		N(DOE_STS_READY, PCI_DOE_STATUS_DATA_OBJECT_READY),
		N(DOE_WRITE, PCI_DOE_WRITE),
		N(DOE_READ, PCI_DOE_READ),
#endif
#ifdef PCI_EXT_CAP_ID_IDE
		N(ECAP_IDE, PCI_EXT_CAP_ID_IDE),
		N(EXP_DEVCAP_TEE, PCI_EXP_DEVCAP_TEE),
		N(IDE_CAP_SEL_NUM, PCI_IDE_CAP_SEL_NUM),
		N(IDE_SEL_CTL_ID, PCI_IDE_SEL_CTL_ID),
#endif
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++)
		if (c[i].ours != c[i].theirs)
			fail_msg("%s", c[i].what);
}

struct seen {
	unsigned reads, writes;
	uint16_t reg;
	uint32_t wrote, old, now;
	uint8_t be;
};

static void reading(void *ctx, struct pci_cfg *c, uint16_t reg)
{
	struct seen *s = ctx;

	s->reads++;
	if (reg == 0x50)
		pci_cfg_put(c, reg, 4, 0x600d);
}

static void written(void *ctx, struct pci_cfg *c, uint16_t reg, uint32_t wrote,
		    uint8_t be, uint32_t old, uint32_t now)
{
	struct seen *s = ctx;

	(void)c;
	*s = (struct seen){ s->reads, s->writes + 1, reg, wrote, old, now, be };
}

static const struct pci_cfg_ops ops = { reading, written };
static struct pci_cfg cfg;
static struct seen seen;

static void writes_obey_masks_and_byte_enables(void **unused)
{
	(void)unused;
	seen = (struct seen){ 0 };
	pci_cfg_init(&cfg, &ops, &seen);
	pci_cfg_put(&cfg, 0x40, 4, 0xff00ff00);
	pci_cfg_mask(&cfg, 0x40, 4, 0x0000ffff, 0x00ff0000);
	pci_cfg_put(&cfg, 0x42, 1, 0xff);
	pci_cfg_write(&cfg, 0x40, 0x000f1234, 0x5);
	assert_int_equal(pci_cfg_get(&cfg, 0x40, 4), 0xfff0ff34);
	assert_int_equal(seen.writes, 1);
	assert_int_equal(seen.reg, 0x40);
	assert_int_equal(seen.wrote, 0x000f1234);
	assert_int_equal(seen.be, 5);
	assert_int_equal(seen.old, 0xffffff00);
	assert_int_equal(seen.now, 0xfff0ff34);
	pci_cfg_write(&cfg, 0x40, UINT32_MAX, 0xf);
	assert_int_equal(pci_cfg_get(&cfg, 0x40, 4), 0xff00ffff);
	pci_cfg_write(&cfg, 0x40, 0, 0xf);
	assert_int_equal(pci_cfg_get(&cfg, 0x40, 4), 0xff000000);
	assert_int_equal(pci_cfg_read(&cfg, 0x50), 0x600d);
	assert_int_equal(seen.reads, 1);
	assert_int_equal(pci_cfg_get(&cfg, 0x51, 1), 0x60);
}

static void byte_enables_follow_offset_and_size(void **unused)
{
	(void)unused;
	assert_int_equal(pci_cfg_be(0, 4), 0xf);
	assert_int_equal(pci_cfg_be(2, 2), 0xc);
	assert_int_equal(pci_cfg_be(3, 1), 0x8);
	assert_int_equal(pci_cfg_be(1, 2), 0x6);
	assert_int_equal(pci_cfg_be(3, 2), 0);
	assert_int_equal(pci_cfg_be(1, 4), 0);
	assert_int_equal(pci_cfg_be(0, 0), 0);
	assert_int_equal(pci_cfg_be(0, 5), 0);
}

static const struct pci_sriov sriov = {
	.total = 7,
	.first = 1,
	.stride = 1,
	.vf_device = 2,
	.bar = { [0] = { 0x4000, BAR_MEM_64 },
		 [2] = { 0x100000, BAR_MEM_64 | BAR_PREFETCH },
		 [4] = { 0x1000, 0 } },
};

static const struct ide_cap_regs ide8 = { .selective = true,
					  .ide_km = true,
					  .sel_cfg = true,
					  .sel_num = 8,
					  .tee_limited = true };

static void endpoint(void)
{
	const struct pci_ids ids = { .vendor = 0x1d1a,
				     .device = 1,
				     .subsys_vendor = 0x1d1a,
				     .subsys = 1,
				     .class_code = 0x120000,
				     .revision = 3,
				     .multi = true };
	const struct pci_exp exp = { .tee = true,
				     .flr = true,
				     .max_payload = 2 };

	pci_cfg_init(&cfg, NULL, NULL);
	pci_type0(&cfg, &ids);
	pci_bar(&cfg, 0, 0x4000, BAR_MEM_64);
	pci_bar(&cfg, 2, UINT64_C(0x200000000), BAR_MEM_64 | BAR_PREFETCH);
	pci_bar(&cfg, 5, 0x1000, 0);
	pci_pm_add(&cfg);
	pci_exp_add(&cfg, &exp);
	pci_msix_add(&cfg, 4, 0, 0x2000, 0, 0x3000);
	pci_sriov_add(&cfg, &sriov);
	pci_doe_add(&cfg);
	pci_ide_add(&cfg, &ide8, 3);
}

static void write_ones(uint16_t reg)
{
	pci_cfg_write(&cfg, reg, UINT32_MAX, 0xf);
}

static void bars_size_themselves(void **unused)
{
	(void)unused;
	endpoint();
	assert_int_equal(pci_bar_size(&cfg, 0), 0x4000);
	assert_int_equal(pci_bar_size(&cfg, 1), 0);
	assert_true(pci_bar_size(&cfg, 2) == UINT64_C(0x200000000));
	assert_int_equal(pci_bar_size(&cfg, 3), 0);
	assert_int_equal(pci_bar_size(&cfg, 4), 0);
	assert_int_equal(pci_bar_size(&cfg, 5), 0x1000);
	assert_int_equal(pci_bar_size(&cfg, 6), 0);
	for (uint16_t r = 0x10; r < 0x28; r = (uint16_t)(r + 4))
		write_ones(r);
	assert_int_equal(pci_cfg_get(&cfg, 0x10, 4), 0xffffc004);
	assert_int_equal(pci_cfg_get(&cfg, 0x14, 4), 0xffffffff);
	assert_int_equal(pci_cfg_get(&cfg, 0x18, 4), 0x0000000c);
	assert_int_equal(pci_cfg_get(&cfg, 0x1c, 4), 0xfffffffe);
	assert_int_equal(pci_cfg_get(&cfg, 0x20, 4), 0);
	assert_int_equal(pci_cfg_get(&cfg, 0x24, 4), 0xfffff000);
	pci_cfg_write(&cfg, 0x10, 0xe0001234, 0xf);
	pci_cfg_write(&cfg, 0x14, 0x80, 0xf);
	assert_true(pci_bar_base(&cfg, 0) == UINT64_C(0x80e0000000));
	pci_cfg_write(&cfg, 0x24, 0xd0000fff, 0xf);
	assert_int_equal(pci_bar_base(&cfg, 5), 0xd0000000);
}

static void vf_bars_size_themselves(void **unused)
{
	uint16_t at;

	(void)unused;
	endpoint();
	at = pci_ecap_find(&cfg, ECAP_SRIOV);
	assert_int_equal(at, 0x100);
	assert_int_equal(pci_vf_bar_size(&cfg, 0), 0x4000);
	assert_int_equal(pci_vf_bar_size(&cfg, 2), 0x100000);
	assert_int_equal(pci_vf_bar_size(&cfg, 4), 0x1000);
	assert_int_equal(pci_vf_bar_size(&cfg, 5), 0);
	assert_int_equal(pci_vf_bar_size(&cfg, 6), 0);
	assert_int_equal(pci_vf_bar_base(&cfg, 6), 0);
	pci_cfg_write(&cfg, (uint16_t)(at + 0x2c), 0xe1234567, 0xf);
	pci_cfg_write(&cfg, (uint16_t)(at + 0x30), 9, 0xf);
	assert_true(pci_vf_bar_base(&cfg, 2) == UINT64_C(0x9e1200000));
	/* A larger system page makes each part larger. */
	pci_cfg_write(&cfg, (uint16_t)(at + 0x20), 0x10, 0xf);
	assert_int_equal(pci_vf_bar_size(&cfg, 0), 0x10000);
	assert_int_equal(pci_vf_bar_size(&cfg, 2), 0x100000);
	pci_cfg_init(&cfg, NULL, NULL);
	assert_int_equal(pci_vf_bar_size(&cfg, 0), 0);
	assert_int_equal(pci_vf_bar_base(&cfg, 0), 0);
}

static void capabilities_are_found_and_broken_lists_end(void **unused)
{
	(void)unused;
	endpoint();
	assert_int_equal(pci_cap_find(&cfg, CAP_PM), 0x40);
	assert_int_equal(pci_cap_find(&cfg, CAP_EXP), 0x48);
	assert_int_equal(pci_cap_find(&cfg, CAP_MSIX), 0x84);
	assert_int_equal(pci_cap_find(&cfg, 0x05), 0);
	assert_int_equal(pci_ecap_find(&cfg, ECAP_DOE), 0x140);
	assert_int_equal(pci_ecap_find(&cfg, ECAP_IDE), 0x158);
	assert_int_equal(pci_ecap_find(&cfg, ECAP_ACS), 0);
	assert_int_equal(ECAP_VER(pci_cfg_get(&cfg, 0x140, 4)), 2);
	cfg.image[0x85] = 0x40; /* a ring */
	assert_int_equal(pci_cap_find(&cfg, 0x05), 0);
	pci_cfg_put(&cfg, 0x158, 4, ECAP_HDR(ECAP_IDE, 1, 0x100));
	assert_int_equal(pci_ecap_find(&cfg, ECAP_ACS), 0);
	pci_cfg_put(&cfg, 0x06, 2, 0);
	assert_int_equal(pci_cap_find(&cfg, CAP_PM), 0);
	pci_cfg_init(&cfg, NULL, NULL);
	assert_int_equal(pci_ecap_find(&cfg, ECAP_IDE), 0);
}

static void a_reset_puts_the_first_image_back(void **unused)
{
	static uint8_t first[CFG_SIZE];

	(void)unused;
	endpoint();
	memcpy(first, cfg.image, sizeof(first));
	write_ones(0x04);
	write_ones(0x10);
	write_ones(0x15c);
	assert_memory_not_equal(cfg.image, first, sizeof(first));
	pci_cfg_reset(&cfg, first);
	assert_memory_equal(cfg.image, first, sizeof(first));
	assert_int_equal(pci_bar_size(&cfg, 0), 0x4000);
}

static void only_what_is_writable_can_be_written(void **unused)
{
	(void)unused;
	endpoint();
	for (uint16_t r = 0; r < CFG_SIZE; r = (uint16_t)(r + 4))
		write_ones(r);
	assert_int_equal(pci_cfg_get(&cfg, 0x00, 4), 0x00011d1a);
	assert_int_equal(pci_cfg_get(&cfg, 0x04, 4), 0x00100546);
	assert_int_equal(pci_cfg_get(&cfg, 0x08, 4), 0x12000003);
	assert_int_equal(pci_cfg_get(&cfg, 0x0c, 4), 0x008000ff);
	assert_int_equal(pci_cfg_get(&cfg, 0x2c, 4), 0x00011d1a);
	assert_int_equal(pci_cfg_get(&cfg, 0x30, 4), 0);
	assert_int_equal(pci_cfg_get(&cfg, 0x34, 4), 0x40);
	assert_int_equal(pci_cfg_get(&cfg, 0x3c, 4), 0xff);
	assert_int_equal(pci_cfg_get(&cfg, 0x40, 4), 0x00034801);
	assert_int_equal(pci_cfg_get(&cfg, 0x44, 4), 3);
	assert_int_equal(pci_cfg_get(&cfg, 0x48, 4), 0x00028410);
	assert_int_equal(pci_cfg_get(&cfg, 0x4c, 4), 0x50008022);
	assert_int_equal(pci_cfg_get(&cfg, 0x50, 4), 0x000079ff);
	assert_int_equal(pci_cfg_get(&cfg, 0x54, 4), 0x84);
	assert_int_equal(pci_cfg_get(&cfg, 0x58, 4), 0x00840040);
	assert_int_equal(pci_cfg_get(&cfg, 0x6c, 4), 0x0021001f);
	assert_int_equal(pci_cfg_get(&cfg, 0x70, 4), 0x1f);
	assert_int_equal(pci_cfg_get(&cfg, 0x84, 4), 0xc0030011);
	assert_int_equal(pci_cfg_get(&cfg, 0x88, 4), 0x2000);
	assert_int_equal(pci_cfg_get(&cfg, 0x8c, 4), 0x3000);
	assert_int_equal(pci_cfg_get(&cfg, 0x100, 4), 0x14010010);
	assert_int_equal(pci_cfg_get(&cfg, 0x104, 4), 0);
	assert_int_equal(pci_cfg_get(&cfg, 0x108, 4), 9);
	assert_int_equal(pci_cfg_get(&cfg, 0x10c, 4), 0x00070007);
	assert_int_equal(pci_cfg_get(&cfg, 0x110, 4), 0x0000ffff);
	assert_int_equal(pci_cfg_get(&cfg, 0x114, 4), 0x00010001);
	assert_int_equal(pci_cfg_get(&cfg, 0x118, 4), 0x00020000);
	assert_int_equal(pci_cfg_get(&cfg, 0x11c, 4), 0x553);
	assert_int_equal(pci_cfg_get(&cfg, 0x120, 4), 0x553);
	for (uint16_t r = 0x144; r < 0x158; r = (uint16_t)(r + 4))
		assert_int_equal(pci_cfg_get(&cfg, r, 4), 0);
	assert_int_equal(pci_cfg_get(&cfg, 0x15c, 4), 0x010700c2);
	assert_int_equal(pci_cfg_get(&cfg, 0x160, 4), 0);
	for (unsigned i = 0; i < 8; i++) {
		uint16_t b = (uint16_t)(0x164 + 56 * i);

		assert_int_equal(pci_cfg_get(&cfg, b, 4), 3);
		assert_int_equal(pci_cfg_get(&cfg, b + 4, 4), 0xffffc201);
		assert_int_equal(pci_cfg_get(&cfg, b + 8, 4), 0);
		assert_int_equal(pci_cfg_get(&cfg, b + 12, 4), 0x00ffff00);
		assert_int_equal(pci_cfg_get(&cfg, b + 16, 4), 0xffffff01);
		for (unsigned a = 0; a < 3; a++) {
			uint16_t at = (uint16_t)(b + 20 + 12 * a);

			assert_int_equal(pci_cfg_get(&cfg, at, 4), 0xffffff01);
			assert_int_equal(pci_cfg_get(&cfg, at + 4, 4),
					 UINT32_MAX);
			assert_int_equal(pci_cfg_get(&cfg, at + 8, 4),
					 UINT32_MAX);
		}
	}
	assert_int_equal(pci_cfg_get(&cfg, 0x164 + 448, 4), 0);
}

static void a_bridge_has_buses_and_windows(void **unused)
{
	const struct pci_ids ids = { .vendor = 0x1d1a,
				     .device = 0x10,
				     .class_code = 0x060400 };
	const struct pci_exp exp = { .type = EXP_TYPE_ROOT_PORT,
				     .port = 7,
				     .hotplug = true };
	uint64_t base, limit;

	(void)unused;
	pci_cfg_init(&cfg, NULL, NULL);
	pci_type1(&cfg, &ids);
	pci_exp_add(&cfg, &exp);
	assert_false(pci_window_mem(&cfg, &base, &limit));
	assert_false(pci_window_pref(&cfg, &base, &limit));
	pci_cfg_write(&cfg, 0x20, 0xe0f3e002, 0xf);
	assert_true(pci_window_mem(&cfg, &base, &limit));
	assert_int_equal(base, 0xe0000000);
	assert_int_equal(limit, 0xe0ffffff);
	pci_cfg_write(&cfg, 0x24, 0x1ff01000, 0xf);
	pci_cfg_write(&cfg, 0x28, 0x80, 0xf);
	assert_false(pci_window_pref(&cfg, &base, &limit));
	pci_cfg_write(&cfg, 0x2c, 0x81, 0xf);
	assert_true(pci_window_pref(&cfg, &base, &limit));
	assert_true(base == UINT64_C(0x8010000000));
	assert_true(limit == UINT64_C(0x811fffffff));
	assert_int_equal(pci_cfg_get(&cfg, 0x24, 4), 0x1ff11001);
	for (uint16_t r = 0; r < CFG_SIZE; r = (uint16_t)(r + 4))
		write_ones(r);
	assert_int_equal(pci_cfg_get(&cfg, 0x0c, 4), 0x000100ff);
	assert_int_equal(pci_cfg_get(&cfg, 0x10, 4), 0);
	assert_int_equal(pci_bar_size(&cfg, 0), 0);
	assert_int_equal(pci_cfg_get(&cfg, 0x18, 4), 0x00ffffff);
	assert_int_equal(pci_cfg_get(&cfg, 0x3c, 4), 0x004300ff);
	assert_int_equal(pci_cfg_get(&cfg, 0x40, 4), 0x01420010);
	assert_int_equal(pci_cfg_get(&cfg, 0x4c, 4), 0x07100084);
	assert_int_equal(pci_cfg_get(&cfg, 0x50, 4), 0x00840050);
	assert_int_equal(pci_cfg_get(&cfg, 0x54, 4), 7 << 19 | 0x62);
	assert_int_equal(pci_cfg_get(&cfg, 0x58, 4), 0x1fff);
	assert_int_equal(pci_cfg_get(&cfg, 0x5c, 4), 0xf);
	assert_int_equal(pci_cfg_get(&cfg, 0x68, 4), 0x3f);
}

/* Layout: linux.md 1.3; values by hand. */
static void a_stream_block_is_laid_out_as_specified(void **unused)
{
	static const uint8_t want[] = {
		0x02, 0,    0,	  0,	/* two address associations */
		0x01, 0x02, 0x48, 0x2a, /* EN, CFG, TC 1, DEFAULT, id 0x2a */
		0x02, 0,    0,	  0x80, /* Secure, fail */
		0x00, 0x07, 0x01, 0,	/* RID limit 0x107 */
		0x01, 0x00, 0x01, 0x03, /* valid, base 0x100, segment 3 */
		0x01, 0x01, 0xee, 0xe0, /* valid, base e01, limit e0e */
		0x02, 0,    0,	  0,	/* limit 63:32 */
		0x01, 0,    0,	  0,	/* base 63:32 */
		0,    0,    0,	  0,	0, 0, 0, 0, 0, 0, 0, 0,
	};
	const struct ide_block_regs m = {
		.n_addrs = 2,
		.enable = true,
		.cfg = true,
		.dflt = true,
		.tc = 1,
		.id = 0x2a,
		.state = IDE_STS_SECURE,
		.fail = true,
		.rid_valid = true,
		.rid_base = 0x100,
		.rid_limit = 0x107,
		.segment = 3,
		.addr = { { true, UINT64_C(0x1e0100000),
			    UINT64_C(0x2e0efffff) } },
	};
	struct ide_block_regs back;
	uint8_t out[44];
	struct wr w = wr_over(out, sizeof(out));
	struct rd r;

	(void)unused;
	ide_block_encode(&w, &m);
	assert_int_equal(w.err, IL_OK);
	assert_int_equal(w.len, IDE_SEL_BLOCK_SIZE(2));
	assert_memory_equal(out, want, sizeof(want));
	r = rd_over(out, sizeof(out));
	assert_int_equal(ide_block_decode(&r, &back), IL_OK);
	assert_true(back.enable && back.cfg && back.dflt && !back.pcrc);
	assert_false(back.tee_limited);
	assert_int_equal(back.tc, 1);
	assert_int_equal(back.alg, 0);
	assert_int_equal(back.id, 0x2a);
	assert_int_equal(back.state, 2);
	assert_true(back.fail && back.rid_valid);
	assert_int_equal(back.rid_base, 0x100);
	assert_int_equal(back.rid_limit, 0x107);
	assert_int_equal(back.segment, 3);
	assert_true(back.addr[0].valid && !back.addr[1].valid);
	assert_true(back.addr[0].base == m.addr[0].base);
	assert_true(back.addr[0].limit == m.addr[0].limit);
}

static void a_stream_block_of_each_wrong_length_is_refused(void **unused)
{
	uint8_t b[64] = { 0 };
	struct ide_block_regs m = { .id = 9 };

	(void)unused;
	for (uint8_t n = 0; n <= 15; n++) {
		size_t full = 20 + 12u * n;

		b[0] = n;
		for (size_t len = 0; len < (full < 64 ? full : 64); len++) {
			struct rd r = rd_over(b, len);
			enum il_err err = ide_block_decode(&r, &m);

			assert_int_equal(err, n > 3 && len >= 20 ? IL_E_FIELD
								 : IL_E_SHORT);
			assert_int_equal(m.id, 9);
		}
	}
}

static void capability_registers_round_trip(void **unused)
{
	struct ide_cap_regs m;

	(void)unused;
	for (unsigned bit = 0; bit < 25; bit++) {
		uint32_t dw = 1u << bit;
		bool link = dw & 0xe000, sel = dw & 0xff0000;

		dw |= link ? 1u : 0;
		dw |= sel ? 2u : 0;
		ide_cap_decode(dw, &m);
		assert_int_equal(ide_cap_encode(&m), dw);
	}
	ide_cap_decode(0x01ff7fff, &m);
	assert_int_equal(m.sel_num, 256);
	assert_int_equal(m.link_num, 4);
	assert_int_equal(m.alg, 31);
	ide_cap_decode(0, &m);
	assert_int_equal(m.sel_num + m.link_num, 0);
	m.link = true;
	m.link_num = 2;
	m.selective = true;
	m.sel_num = 3;
	assert_int_equal(ide_block_offset(&m, 3, 0), 0x0c + 16);
	assert_int_equal(ide_block_offset(&m, 3, 2), 0x0c + 16 + 112);
	assert_int_equal(ide_cap_size(&m, 0), 0x0c + 16 + 60);
	assert_int_equal(ide_cap_size(&ide8, 3), 460);
}

static void registers_know_their_block(void **unused)
{
	struct ide_block_regs b;
	uint16_t rel = 9;

	(void)unused;
	endpoint();
	assert_int_equal(pci_ide_block_of(&cfg, 0x158, 0x160, &rel), -1);
	assert_int_equal(pci_ide_block_of(&cfg, 0x158, 0x164, &rel), 0);
	assert_int_equal(rel, 0);
	assert_int_equal(pci_ide_block_of(&cfg, 0x158, 0x164 + 447, &rel), 7);
	assert_int_equal(rel, 55);
	assert_int_equal(pci_ide_block_of(&cfg, 0x158, 0x164 + 448, &rel), -1);
	assert_int_equal(pci_ide_block(&cfg, 0x158, 8, &b), IL_E_ARG);
	assert_int_equal(pci_ide_block(&cfg, 0x158, 7, &b), IL_OK);
	assert_int_equal(b.id, 255);
	assert_int_equal(b.n_addrs, 3);
	pci_ide_show(&cfg, 0x158, 1, IDE_STS_SECURE, true);
	assert_int_equal(pci_cfg_get(&cfg, 0x164 + 56 + 8, 4), 0x80000002);
	pci_cfg_write(&cfg, 0x164 + 56 + 8, UINT32_MAX, 0xf);
	assert_int_equal(pci_cfg_get(&cfg, 0x164 + 56 + 8, 4), 2);
}

static bool contains(FILE *f, const char *const *want, unsigned n)
{
	char line[512];
	unsigned found = 0;

	while (fgets(line, sizeof(line), f))
		for (unsigned i = 0; i < n; i++)
			if (strstr(line, want[i]))
				found |= 1u << i;
	for (unsigned i = 0; i < n; i++)
		if (!(found & 1u << i))
			print_message("lspci does not say: %s\n", want[i]);
	return found == (1u << n) - 1;
}

/* pciutils reads what we laid out; it shares no line with us. */
static void lspci_understands_an_endpoint(void **unused)
{
	static const char *const want[] = {
		"00.0 Processing accelerators",
		"Express (v2) Endpoint",
		"FLReset+",
		"MaxPayload 512 bytes",
		"MSI-X: Enable- Count=4 Masked-",
		"Vector table: BAR=0 offset=00002000",
		"PBA: BAR=0 offset=00003000",
		"Single Root I/O Virtualization (SR-IOV)",
		"Total VFs: 7",
		"VF offset: 1, stride: 1",
		"Data Object Exchange",
	};
	char name[] = "cfg-XXXXXX", cmd[64];
	int fd = mkstemp(name);
	FILE *f;
	bool ok;

	(void)unused;
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	endpoint();
	fprintf(f, "01:00.0 Processing accelerators: test\n");
	for (unsigned i = 0; i < CFG_SIZE; i += 16) {
		fprintf(f, i < 256 ? "%02x:" : "%03x:", i);
		for (unsigned k = 0; k < 16; k++)
			fprintf(f, " %02x", cfg.image[i + k]);
		fprintf(f, "\n");
	}
	fclose(f);
	snprintf(cmd, sizeof(cmd), "lspci -vvv -F %s 2>/dev/null", name);
	f = popen(cmd, "r");
	assert_non_null(f);
	ok = contains(f, want, COUNT(want));
	fd = pclose(f);
	unlink(name);
	if (fd) {
		print_message("skipped: lspci (pciutils) is not installed\n");
		skip();
	}
	assert_true(ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_numbers_are_those_of_linux),
		cmocka_unit_test(writes_obey_masks_and_byte_enables),
		cmocka_unit_test(byte_enables_follow_offset_and_size),
		cmocka_unit_test(bars_size_themselves),
		cmocka_unit_test(vf_bars_size_themselves),
		cmocka_unit_test(capabilities_are_found_and_broken_lists_end),
		cmocka_unit_test(a_reset_puts_the_first_image_back),
		cmocka_unit_test(only_what_is_writable_can_be_written),
		cmocka_unit_test(a_bridge_has_buses_and_windows),
		cmocka_unit_test(a_stream_block_is_laid_out_as_specified),
		cmocka_unit_test(
			a_stream_block_of_each_wrong_length_is_refused),
		cmocka_unit_test(capability_registers_round_trip),
		cmocka_unit_test(registers_know_their_block),
		cmocka_unit_test(lspci_understands_an_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
