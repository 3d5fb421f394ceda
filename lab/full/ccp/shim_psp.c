// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The function "host" as ccp's SEV-TIO files need it: SNP is initialised, then
 * they are called. Mailbox and instructions are those of interlock_tsm.ko.
 */
#include <linux/module.h>

#include "interlock_tsm.h"
#include "shim.h"

static struct ilt_psp psp;

int shim_cmd(int cmd, void *data, u32 *status)
{
	return ilt_cmd(&psp, cmd, data, false, status);
}

int shim_take(u64 pa)
{
	const struct rmp_update fw = { .assigned = 1, .immutable = 1 };

	return ilt_rmp_update(&psp, pa, 1, &fw);
}

int shim_give_back(u64 pa)
{
	return ilt_rmp_shared(&psp, pa);
}

/* __sev_snp_init_locked(), as far as firmware sees it. */
static int snp_on(void)
{
	u8 b[SNP_INIT_EX_LEN] = {};
	int ret;

	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_INIT_RMP | SNP_INIT_F_TIO);
	sev_put_u16(b, SNP_INIT_EX_MAX_ASID, 15);
	ret = ilt_do(&psp, SEV_CMD_SNP_INIT_EX, b, false);
	return ret ? ret : ilt_do(&psp, SEV_CMD_SNP_DF_FLUSH, NULL, false);
}

static void snp_off(void)
{
	u8 b[SNP_SHUTDOWN_EX_LEN] = {};

	sev_put_u32(b, TIO_CMD_LENGTH, sizeof(b));
	ilt_do(&psp, SEV_CMD_SNP_SHUTDOWN_EX, b, true);
}

static int shim_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (psp.pdev)
		return -EBUSY;
	if (ret)
		return ret;
	psp.bar = pcim_iomap_region(pdev, 0, "sev_tio");
	if (IS_ERR(psp.bar))
		return PTR_ERR(psp.bar);
	psp.pdev = pdev;
	psp.cmd_page = (u8 *)devm_get_free_pages(&pdev->dev,
						 GFP_KERNEL | __GFP_ZERO, 0);
	ret = -ENXIO;
	if (!psp.cmd_page || ilt_rd(&psp, BOARD_ID) != BOARD_MAGIC)
		goto none;
	/* Without interrupts: answers are polled for. */
	mutex_init(&psp.lock);
	mutex_init(&psp.insn);
	init_waitqueue_head(&psp.wait);
	pci_set_master(pdev);
	ret = snp_on();
	if (ret)
		goto none;
	ret = shim_ccp_on(&pdev->dev);
	if (!ret)
		return 0;
	snp_off();
none:
	psp.pdev = NULL;
	return ret;
}

static void shim_remove(struct pci_dev *pdev)
{
	shim_ccp_off();
	snp_off();
	memset(&psp, 0, sizeof(psp));
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(BOARD_VENDOR, BOARD_HOST_DEV) },
	{}
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver sev_tio_driver = {
	.name = "sev_tio",
	.id_table = ids,
	.probe = shim_probe,
	.remove = shim_remove,
};
module_pci_driver(sev_tio_driver);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Linux's own SEV-TIO driver over Interlock's machine");
MODULE_IMPORT_NS("PCI_IDE");
