// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * What the PCI/TSM core does when a TSM driver, a device or a user does what
 * nothing keeps it from: docs/linux-findings.md tells each case. For a kernel
 * that may die of it: `./dev lab --full` boots one for each.
 *
 * Any PCI function serves: those of the given vendor:device get the TEE bit of
 * the Device Capabilities set in the kernel's copy, as a device that has it
 * would. The TSM is of no use: connect only says yes.
 *
 * Commands are written to /sys/module/tsm_hazard/parameters/cmd:
 *   register N, unregister N   one of two TSMs
 *   bind BDF, request BDF      pci_tsm_bind(), pci_tsm_guest_req()
 *   wrap BDF                   a function of bus 0 becomes an endpoint of type
 *                              0 with an IDE capability, at the next scan
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pci-tsm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tsm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 2, 0)
#error "struct pci_tsm_ops is that of Linux 7.2 and newer"
#endif

#define NTSM 2

static unsigned int vendor = 0x1af4, device = 0x1044;
module_param(vendor, uint, 0444);
module_param(device, uint, 0444);

/* What the driver does wrong. */
static char *fault = "";
module_param(fault, charp, 0644);
MODULE_PARM_DESC(fault,
		 "probe-err, connect-positive, bind-null or bind-absent");
static unsigned int remove_ms;
module_param(remove_ms, uint, 0644);
MODULE_PARM_DESC(remove_ms, "how long remove() keeps its processor");

static struct device *root;
static struct tsm_dev *tsm[NTSM];

static bool is_fault(const char *name)
{
	return sysfs_streq(fault, name);
}

/* --- a TSM that says yes --- */

static struct pci_tsm *hz_probe(struct tsm_dev *td, struct pci_dev *pdev)
{
	struct pci_tsm_pf0 *pf0;
	struct pci_tsm *dsm = NULL;

	if (is_fault("probe-err"))
		return ERR_PTR(-ENOMEM);
	pf0 = kzalloc(sizeof(*pf0), GFP_KERNEL);
	if (!pf0)
		return NULL;
	/* Without the core's constructor, which wants a DOE mailbox. */
	mutex_init(&pf0->lock);
	if (pci_tsm_link_constructor(pdev, &pf0->base_tsm, td)) {
		kfree(pf0);
		return NULL;
	}
	if (!is_pci_tsm_pf0(pdev))
		dsm = pf0->base_tsm.dsm_dev->tsm;
	if (dsm)
		pci_warn(pdev, "hazard: probed %s the DSM's mutex\n",
			 mutex_is_locked(&container_of(dsm, struct pci_tsm_pf0,
						       base_tsm)->lock) ?
				 "under" : "without");
	return &pf0->base_tsm;
}

static void hz_remove(struct pci_tsm *t)
{
	unsigned int ms = READ_ONCE(remove_ms);

	/*
	 * Busy, not asleep: who waits for the core's lock on another
	 * processor then spins, and has it the moment it is free.
	 */
	while (ms--)
		mdelay(1);
	kfree(container_of(t, struct pci_tsm_pf0, base_tsm));
}

static int hz_connect(struct pci_dev *pdev)
{
	return is_fault("connect-positive") ? 1 : 0;
}

static void hz_disconnect(struct pci_dev *pdev)
{
}

static struct pci_tdi *hz_bind(struct pci_dev *pdev, struct kvm *kvm,
			       u32 tdi_id)
{
	struct pci_tdi *tdi;

	if (is_fault("bind-null"))
		return NULL;
	tdi = kzalloc(sizeof(*tdi), GFP_KERNEL);
	if (!tdi)
		return ERR_PTR(-ENOMEM);
	pci_tsm_tdi_constructor(pdev, tdi, kvm, tdi_id);
	return tdi;
}

static void hz_unbind(struct pci_tdi *tdi)
{
	kfree(tdi);
}

static ssize_t hz_guest_req(struct pci_tdi *tdi, enum pci_tsm_req_scope scope,
			    sockptr_t in, size_t in_len, sockptr_t out,
			    size_t out_len, u64 *code)
{
	return 0;
}

static struct pci_tsm_ops ops = {
	.link_ops = {
		.probe = hz_probe,
		.remove = hz_remove,
		.connect = hz_connect,
		.disconnect = hz_disconnect,
		.bind = hz_bind,
		.unbind = hz_unbind,
		.guest_req = hz_guest_req,
	},
};

/* As drivers/crypto/ccp has them in 7.3: phase 1, connect alone. */
static struct pci_tsm_ops connect_only = {
	.link_ops = {
		.probe = hz_probe,
		.remove = hz_remove,
		.connect = hz_connect,
		.disconnect = hz_disconnect,
	},
};

/* --- a type-0 endpoint with IDE on the root bus --- */

static struct pci_ops wrapped;
static struct pci_ops *under;
static unsigned int wrap_devfn, wrap_exp, wrap_last;
#define WRAP_IDE 0xf00

static int wrap_read(struct pci_bus *bus, unsigned int devfn, int where,
		     int size, u32 *val)
{
	int rc;

	if (devfn != wrap_devfn || bus->number)
		return under->read(bus, devfn, where, size, val);
	/* version 1, nothing behind it; selective streams, one, no address */
	if (where >= WRAP_IDE && where < WRAP_IDE + 0x20) {
		*val = where == WRAP_IDE ? 0x00010030 :
		       where == WRAP_IDE + 4 ? 0x00000002 : 0;
		return PCIBIOS_SUCCESSFUL;
	}
	rc = under->read(bus, devfn, where, size, val);
	if (rc)
		return rc;
	if (where == wrap_exp + PCI_EXP_FLAGS && size == 2)
		*val &= ~PCI_EXP_FLAGS_TYPE;
	if (where == wrap_last && size == 4)
		*val = (*val & 0xfffff) | WRAP_IDE << 20;
	return 0;
}

static int wrap_write(struct pci_bus *bus, unsigned int devfn, int where,
		      int size, u32 val)
{
	if (devfn == wrap_devfn && !bus->number && where >= WRAP_IDE &&
	    where < WRAP_IDE + 0x20)
		return PCIBIOS_SUCCESSFUL;
	return under->write(bus, devfn, where, size, val);
}

static int wrap(struct pci_dev *pdev)
{
	u32 header = 0;
	int pos = PCI_CFG_SPACE_SIZE;

	if (under || pdev->bus->number || !pci_is_pcie(pdev))
		return -EINVAL;
	while (!pci_read_config_dword(pdev, pos, &header) && header &&
	       PCI_EXT_CAP_NEXT(header) && PCI_EXT_CAP_NEXT(header) != WRAP_IDE)
		pos = PCI_EXT_CAP_NEXT(header);
	wrap_devfn = pdev->devfn;
	wrap_exp = pdev->pcie_cap;
	wrap_last = pos;
	under = pdev->bus->ops;
	wrapped = *under;
	wrapped.read = wrap_read;
	wrapped.write = wrap_write;
	pci_bus_set_ops(pdev->bus, &wrapped);
	return 0;
}

/* --- commands --- */

static struct pci_dev *of(const char *bdf)
{
	unsigned int bus, slot, fn;

	if (sscanf(bdf, "0000:%x:%x.%x", &bus, &slot, &fn) != 3)
		return NULL;
	return pci_get_domain_bus_and_slot(0, bus, PCI_DEVFN(slot, fn));
}

static int with_function(const char *cmd, const char *bdf)
{
	struct pci_dev *pdev = of(bdf);
	/* The core compares it and nothing else. */
	struct kvm *kvm = (struct kvm *)&ops;
	u64 code = 0;
	int rc = -EINVAL;

	if (!pdev)
		return -ENODEV;
	if (!strcmp(cmd, "bind"))
		rc = pci_tsm_bind(pdev, kvm, 8);
	else if (!strcmp(cmd, "unbind"))
		pci_tsm_unbind(pdev), rc = 0;
	else if (!strcmp(cmd, "request"))
		rc = pci_tsm_guest_req(pdev, PCI_TSM_REQ_INFO,
				       KERNEL_SOCKPTR(&code), sizeof(code),
				       KERNEL_SOCKPTR(&code), sizeof(code),
				       &code);
	else if (!strcmp(cmd, "wrap"))
		rc = wrap(pdev);
	pci_dev_put(pdev);
	return rc;
}

static int set_tsm(const char *cmd, unsigned int n)
{
	struct tsm_dev *t;

	if (n >= NTSM)
		return -EINVAL;
	if (!strcmp(cmd, "register") && !tsm[n]) {
		t = tsm_register(root, is_fault("bind-absent") ?
					 &connect_only : &ops);
		if (IS_ERR(t))
			return PTR_ERR(t);
		tsm[n] = t;
		return 0;
	}
	if (!strcmp(cmd, "unregister") && tsm[n]) {
		t = tsm[n];
		tsm[n] = NULL;
		tsm_unregister(t);
		return 0;
	}
	return -EINVAL;
}

static int cmd_set(const char *val, const struct kernel_param *kp)
{
	char cmd[16], arg[16];
	unsigned int n;

	if (sscanf(val, "%15s %15s", cmd, arg) != 2)
		return -EINVAL;
	return kstrtouint(arg, 10, &n) ? with_function(cmd, arg) :
					 set_tsm(cmd, n);
}

static const struct kernel_param_ops cmd_ops = { .set = cmd_set };
module_param_cb(cmd, &cmd_ops, NULL, 0200);

static int __init hz_init(void)
{
	struct pci_dev *pdev = NULL;

	root = root_device_register("tsm_hazard");
	if (IS_ERR(root))
		return PTR_ERR(root);
	while ((pdev = pci_get_device(vendor, device, pdev)))
		pdev->devcap |= PCI_EXP_DEVCAP_TEE;
	return 0;
}

static void __exit hz_exit(void)
{
	if (under)
		pci_bus_set_ops(pci_find_bus(0, 0), under);
	for (unsigned int n = 0; n < NTSM; n++)
		if (tsm[n])
			tsm_unregister(tsm[n]);
	root_device_unregister(root);
}

module_init(hz_init);
module_exit(hz_exit);
MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("What PCI/TSM does when it is used as nothing forbids");
