// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * Lends QEMU's root port the IDE capability that the machine's own root port
 * has, so that the PCI core takes IDE of what is below for real. The machine's
 * port is reached by ECAM in BAR 2 of the function "host"; what is read and
 * written of the lent capability goes there, so that a stream is Secure when
 * firmware has put keys into it and not before. Command, bus numbers, windows
 * and bridge control, written to QEMU's port, are written there too.
 *
 * Configuration accesses take no lock on x86, and a task may stand in the
 * functions below at any time. They could be taken out, but nothing says when
 * the last one has left them: this module has no exit and stays.
 *
 * Source: Linux 7.3 drivers/pci/{ide,access,probe}.c; PCIe Base 6.x, 7.9.26
 */
#include <linux/bitfield.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "board/regs.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#error "Linux 7.2 or newer: that is where the PCI core knows IDE"
#endif

#define CFG_SIZE 4096

static struct lent {
	struct pci_ops ops;
	struct pci_ops *old;
	void __iomem *ecam; /* configuration space of the machine's port */
	unsigned int devfn; /* of QEMU's port, on bus 0 */
	u16 last;	    /* its last extended capability; 0: it has none */
	u16 at;		    /* where the lent capability is shown, and */
	u16 len;
	u16 cap;    /* where the machine's port has it */
	u16 lnkcap; /* Link Capabilities, here and there */
	u16 ecam_lnkcap;
} lent;

/* --- what the core sees --- */

static u32 old_dword(struct pci_bus *bus, int where)
{
	u32 val;

	if (lent.old->read(bus, lent.devfn, where, 4, &val))
		return ~0;
	return val;
}

/* False: as QEMU has it. */
static bool shown(struct pci_bus *bus, int where, u32 *val)
{
	if (where >= lent.at && where < lent.at + lent.len) {
		*val = readl(lent.ecam + lent.cap + where - lent.at);
		if (where == lent.at)
			*val &= 0x000fffff; /* the last of the list */
		return true;
	}
	*val = old_dword(bus, where);
	if (lent.last && where == lent.last)
		*val = (*val & 0x000fffff) | lent.at << 20;
	else if (where == lent.lnkcap) /* firmware goes by the port's number */
		*val = (*val & ~PCI_EXP_LNKCAP_PN) |
		       (readl(lent.ecam + lent.ecam_lnkcap) &
			PCI_EXP_LNKCAP_PN);
	else
		return false;
	return true;
}

static bool ours(struct pci_bus *bus, unsigned int devfn)
{
	return pci_is_root_bus(bus) && bus->number == 0 && devfn == lent.devfn;
}

static int rp_read(struct pci_bus *bus, unsigned int devfn, int where, int size,
		   u32 *val)
{
	const int low = where & 3;
	u32 v;

	if (!ours(bus, devfn) || low + size > 4 || !shown(bus, where & ~3, &v))
		return lent.old->read(bus, devfn, where, size, val);
	v >>= 8 * low;
	*val = size == 4 ? v : v & (BIT(8 * size) - 1);
	return PCIBIOS_SUCCESSFUL;
}

/* --- what the machine's port is told --- */

static const struct {
	u8 at;
	u8 size; /* where the rest of the dword has bits that a write clears */
} mirrored[] = {
	{ PCI_COMMAND, 2 },	      { PCI_PRIMARY_BUS, 4 },
	{ PCI_MEMORY_BASE, 4 },	      { PCI_PREF_MEMORY_BASE, 4 },
	{ PCI_PREF_BASE_UPPER32, 4 }, { PCI_PREF_LIMIT_UPPER32, 4 },
	{ PCI_BRIDGE_CONTROL, 2 },
};

/* As QEMU's port has it now, where [@where, @where + @size) was written. */
static void mirror(struct pci_bus *bus, int where, int size)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mirrored); i++) {
		const int at = mirrored[i].at;
		u32 val;

		if (where >= at + mirrored[i].size || where + size <= at)
			continue;
		if (lent.old->read(bus, lent.devfn, at, mirrored[i].size, &val))
			continue;
		if (mirrored[i].size == 2)
			writew(val, lent.ecam + at);
		else
			writel(val, lent.ecam + at);
	}
}

static int rp_write(struct pci_bus *bus, unsigned int devfn, int where,
		    int size, u32 val)
{
	void __iomem *to = lent.ecam + lent.cap + where - lent.at;
	int ret;

	if (!ours(bus, devfn))
		return lent.old->write(bus, devfn, where, size, val);
	if (where >= lent.at && where < lent.at + lent.len) {
		if (size == 4)
			writel(val, to);
		else if (size == 2)
			writew(val, to);
		else
			writeb(val, to);
		return PCIBIOS_SUCCESSFUL;
	}
	ret = lent.old->write(bus, devfn, where, size, val);
	if (!ret)
		mirror(bus, where, size);
	return ret;
}

/* --- finding things --- */

/*
 * Above any function of ours that is not one of the two beside the device. If
 * there is none yet: where the machine has its port.
 */
static struct pci_dev *find_port(void)
{
	struct pci_dev *pdev = NULL, *rp;

	while ((pdev = pci_get_device(BOARD_VENDOR, PCI_ANY_ID, pdev))) {
		if (pdev->device == BOARD_HOST_DEV ||
		    pdev->device == BOARD_GUEST_DEV)
			continue;
		rp = pci_dev_get(pcie_find_root_port(pdev));
		pci_dev_put(pdev);
		return rp;
	}
	rp = pci_get_domain_bus_and_slot(0, 0, BOARD_PORT_DEVFN);
	if (!rp || pci_pcie_type(rp) == PCI_EXP_TYPE_ROOT_PORT)
		return rp;
	pci_dev_put(rp);
	return NULL;
}

/* The machine's port by itself, each list bounded. */
static u16 ecam_find_ext(u16 id)
{
	unsigned int at = PCI_CFG_SPACE_SIZE, n;

	for (n = 0; at >= PCI_CFG_SPACE_SIZE && n < CFG_SIZE / 8; n++) {
		u32 head = readl(lent.ecam + at);

		if (!head || head == ~0u)
			break;
		if (PCI_EXT_CAP_ID(head) == id)
			return at;
		at = PCI_EXT_CAP_NEXT(head) & 0xffc;
	}
	return 0;
}

static u16 ecam_find_cap(u8 id)
{
	unsigned int at = readb(lent.ecam + PCI_CAPABILITY_LIST) & 0xfc, n;

	for (n = 0; at && n < PCI_CFG_SPACE_SIZE / 4; n++) {
		if (readb(lent.ecam + at) == id)
			return at;
		at = readb(lent.ecam + at + PCI_CAP_LIST_NEXT) & 0xfc;
	}
	return 0;
}

static unsigned int ide_len(unsigned int cap)
{
	const u32 val = readl(lent.ecam + cap + PCI_IDE_CAP);
	unsigned int n = FIELD_GET(PCI_IDE_CAP_SEL_NUM, val) + 1;
	unsigned int at = PCI_IDE_LINK_STREAM_0;

	if (val & PCI_IDE_CAP_LINK)
		at += (FIELD_GET(PCI_IDE_CAP_LINK_TC_NUM, val) + 1) *
		      PCI_IDE_LINK_BLOCK_SIZE;
	while (n-- && cap + at < CFG_SIZE) {
		u32 sel = readl(lent.ecam + cap + at + PCI_IDE_SEL_CAP);

		at += PCI_IDE_SEL_BLOCK_SIZE(
			FIELD_GET(PCI_IDE_SEL_CAP_ASSOC_NUM, sel));
	}
	return at;
}

/* A place for @len bytes behind all that QEMU's port has. */
static int find_place(struct pci_dev *rp, unsigned int len)
{
	unsigned int at = PCI_CFG_SPACE_SIZE, n;
	u32 head;

	for (n = 0; n < CFG_SIZE / 8; n++) {
		if (pci_read_config_dword(rp, at, &head) || head == ~0u)
			return -ENXIO;
		if (!head) {
			lent.at = PCI_CFG_SPACE_SIZE;
			return 0;
		}
		lent.last = max(lent.last, at);
		if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_IDE)
			return -EEXIST;
		if (!PCI_EXT_CAP_NEXT(head))
			break;
		at = PCI_EXT_CAP_NEXT(head) & 0xffc;
	}
	/*
	 * The list's end, which is where the link is put, is the last looked
	 * at; QEMU's capabilities are short and lie at its beginning.
	 */
	lent.at = ALIGN_DOWN(CFG_SIZE - len, 0x100);
	if (lent.last + 0x100 > lent.at)
		return -ENOSPC;
	lent.last = at;
	return 0;
}

static int look(struct pci_dev *rp)
{
	lent.cap = ecam_find_ext(PCI_EXT_CAP_ID_IDE);
	lent.ecam_lnkcap = ecam_find_cap(PCI_CAP_ID_EXP);
	if (!lent.cap || !lent.ecam_lnkcap) {
		pci_err(rp, "the machine's port has no IDE\n");
		return -ENXIO;
	}
	lent.ecam_lnkcap += PCI_EXP_LNKCAP;
	lent.len = ide_len(lent.cap);
	if (lent.cap + lent.len > CFG_SIZE)
		return -ENXIO;
	lent.devfn = rp->devfn;
	lent.lnkcap = pci_pcie_cap(rp) + PCI_EXP_LNKCAP;
	return find_place(rp, lent.len);
}

/* --- the exchange --- */

/*
 * Everything below the port comes again: the core reads IDE capabilities when
 * it finds a function, and looks at the port's when it finds one below.
 */
static void rescan(struct pci_dev *rp)
{
	struct pci_bus *bus = rp->bus;
	const unsigned int devfn = rp->devfn;
	struct pci_dev *again;

	pci_lock_rescan_remove();
	lent.old = pci_bus_set_ops(bus, &lent.ops);
	mirror(bus, 0, 0x40);
	pci_stop_and_remove_bus_device(rp);
	pci_scan_child_bus(bus);
	/* Windows and BARs stay where they are. */
	pci_bus_claim_resources(bus);
	pci_assign_unassigned_bus_resources(bus);
	pci_bus_add_devices(bus);
	pci_unlock_rescan_remove();
	again = pci_get_slot(bus, devfn);
	if (again && again->ide_cap)
		pci_info(again, "IDE capability lent at 0x%03x, %u bytes\n",
			 lent.at, lent.len);
	else
		pr_err("interlock_rp: the port did not come back with IDE\n");
	pci_dev_put(again);
}

static int lend(struct pci_dev *host, struct pci_dev *rp)
{
	void __iomem *bar;
	int ret;

	if (!pci_is_root_bus(rp->bus) || rp->bus->number)
		return -ENODEV;
	if (pcie_find_root_port(host) == rp) {
		pci_err(host, "below the port that is to come again\n");
		return -EINVAL;
	}
	ret = pci_enable_device_mem(host);
	if (ret)
		return ret;
	ret = pci_request_region(host, 2, "interlock_rp");
	if (ret)
		goto disable;
	bar = pci_ioremap_bar(host, 2);
	if (!bar) {
		ret = -ENOMEM;
		goto release;
	}
	lent.ecam = bar + BOARD_PORT_DEVFN * CFG_SIZE;
	ret = look(rp);
	if (ret)
		goto unmap;
	/* Written before anybody can call them. */
	lent.old = rp->bus->ops;
	lent.ops = *lent.old;
	lent.ops.read = rp_read;
	lent.ops.write = rp_write;
	rescan(rp);
	return 0;
unmap:
	iounmap(bar);
release:
	pci_release_region(host, 2);
disable:
	pci_disable_device(host);
	return ret;
}

static int __init rp_init(void)
{
	struct pci_dev *host, *rp;
	int ret = -ENODEV;

	host = pci_get_device(BOARD_VENDOR, BOARD_HOST_DEV, NULL);
	if (!host)
		return ret;
	rp = find_port();
	if (rp)
		ret = lend(host, rp);
	else
		pci_err(host, "no root port that could be the machine's\n");
	pci_dev_put(rp);
	/* One that lent keeps its region, which hangs on the device, for good.
	 */
	if (ret)
		pci_dev_put(host);
	return ret;
}
module_init(rp_init);

MODULE_DESCRIPTION(
	"IDE capability for QEMU's root port, from the interlock process");
MODULE_LICENSE("Dual BSD/GPL");
MODULE_IMPORT_NS("PCI_IDE");
