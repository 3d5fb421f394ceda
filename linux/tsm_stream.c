// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The IDE stream of a connection, by the core's helpers.
 * Source: Linux 7.3 drivers/pci/ide.c; PCIe Base 6.x, 6.33
 */
#include <linux/bitfield.h>

#include "interlock_tsm.h"

/*
 * SEV-TIO connects no device without a stream on TC 0. RID ranges are wide on
 * both sides, as 7.3's driver has them: functions that come later are of this
 * stream too. The stream is registered before any key is made: an ID that is
 * taken must not be found out afterwards.
 */
int ilt_stream_open(struct ilt_conn *c)
{
	struct pci_dev *pdev = c->pf0.base_tsm.pdev;
	struct pci_dev *rp = pcie_find_root_port(pdev);
	int ret;

	/* The core's looks at the port without asking whether there is one. */
	c->ide = rp ? pci_ide_stream_alloc(pdev) : NULL;
	if (!c->ide) {
		pci_err(pdev, "no IDE stream: %s\n",
			!rp || !rp->ide_cap
				? "the root port has no IDE capability "
				  "(interlock_rp lends one)"
			: !pdev->ide_cap ? "the function has no IDE capability"
					 : "all are in use");
		return -EFAULT; /* what 7.3's driver says */
	}
	c->ide->stream_id = c->ide->host_bridge_stream;
	c->ide->partner[PCI_IDE_EP].rid_start = 0;
	c->ide->partner[PCI_IDE_EP].rid_end = U16_MAX;
	c->ide->partner[PCI_IDE_EP].default_stream = 1;
	c->ide->partner[PCI_IDE_RP].rid_start = 0;
	c->ide->partner[PCI_IDE_RP].rid_end = U16_MAX;
	/* Requests without T stay outside; configuration goes inside. */
	pdev->ide_cfg = 0;
	pdev->ide_tee_limit = 1;
	rp->ide_cfg = 1;
	rp->ide_tee_limit = 0;
	ret = pci_ide_stream_register(c->ide);
	if (ret)
		return ret;
	pci_ide_stream_setup(pdev, c->ide);
	pci_ide_stream_setup(rp, c->ide);
	return 0;
}

/* Where the block of @pdev's end is; the core has this, and keeps it. */
static int block(struct pci_dev *pdev, struct pci_ide_partner *s)
{
	return pdev->ide_cap + PCI_IDE_LINK_STREAM_0 +
	       pdev->nr_link_ide * PCI_IDE_LINK_BLOCK_SIZE +
	       s->stream_index * PCI_IDE_SEL_BLOCK_SIZE(pdev->nr_ide_mem);
}

static bool secure(struct pci_dev *pdev, struct pci_ide *i)
{
	struct pci_ide_partner *s = pci_ide_to_settings(pdev, i);
	u32 sts;

	if (!s ||
	    pci_read_config_dword(pdev, block(pdev, s) + PCI_IDE_SEL_STS, &sts))
		return false;
	return FIELD_GET(PCI_IDE_SEL_STS_STATE, sts) ==
	       PCI_IDE_SEL_STS_STATE_SECURE;
}

/*
 * After the keys. An endpoint that is on alone talks under IDE to a port that
 * does not yet, so what is read of it then says nothing: both are looked at
 * again once both are on.
 */
int ilt_stream_on(struct ilt_conn *c)
{
	struct pci_dev *pdev = c->pf0.base_tsm.pdev;
	struct pci_dev *rp = pcie_find_root_port(pdev);

	if (!c->ide)
		return 0;
	pci_ide_stream_enable(pdev, c->ide);
	if (pci_ide_stream_enable(rp, c->ide)) {
		pci_err(rp, "the IDE stream is not Secure\n");
		return -EIO;
	}
	if (!secure(pdev, c->ide) || !secure(rp, c->ide)) {
		pci_err(pdev, "the IDE stream is not Secure\n");
		return -EIO;
	}
	return 0;
}

/* Endpoint first: it may be told under IDE that there is none any more. */
void ilt_stream_off(struct ilt_conn *c)
{
	struct pci_dev *pdev = c->pf0.base_tsm.pdev;

	if (!c->ide)
		return;
	if (c->ide->partner[PCI_IDE_EP].enable)
		pci_ide_stream_disable(pdev, c->ide);
	if (c->ide->partner[PCI_IDE_RP].enable)
		pci_ide_stream_disable(pcie_find_root_port(pdev), c->ide);
}

void ilt_stream_close(struct ilt_conn *c)
{
	if (!c->ide)
		return;
	ilt_stream_off(c);
	pci_ide_stream_release(c->ide);
	c->ide = NULL;
}
