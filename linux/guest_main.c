// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * The PCI driver of the function "vm" of a confidential VM, and the functions
 * beside it that can be locked: those that say so in DevCap. docs/lab.md says
 * how it is used.
 */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "guest.h"

struct ilg ilg = {
	.lock = __MUTEX_INITIALIZER(ilg.lock),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(ilg.wait),
	.fns = LIST_HEAD_INIT(ilg.fns),
};

/* --- functions --- */

struct ilg_fn *ilg_find(struct pci_dev *pdev)
{
	struct ilg_fn *f;

	lockdep_assert_held(&ilg.lock);
	list_for_each_entry(f, &ilg.fns, node)
		if (f->pdev == pdev)
			return f;
	return NULL;
}

/*
 * Of finding and losing functions. Not the lock of the PCI core for that: who
 * probes or removes the function "vm" may have it already, and may not. Before
 * ilg.lock. A device that leaves waits for it in its notice, and so is there as
 * long as somebody here has it.
 */
static DEFINE_MUTEX(fns_lock);
static bool fns_open;

static void fn_drop(struct ilg_fn *f)
{
	mutex_lock(&ilg.lock);
	list_del(&f->node);
	mutex_unlock(&ilg.lock);
	pci_dev_put(f->pdev);
	kfree(f);
}

static struct ilg_fn *fn_find(struct pci_dev *pdev)
{
	struct ilg_fn *f;

	mutex_lock(&ilg.lock);
	f = ilg_find(pdev);
	mutex_unlock(&ilg.lock);
	return f;
}

static void fn_add(struct pci_dev *pdev)
{
	struct ilg_fn *f;
	int ret;

	lockdep_assert_held(&fns_lock);
	if (!fns_open || !(pdev->devcap & PCI_EXP_DEVCAP_TEE) || fn_find(pdev))
		return;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return;
	f->pdev = pci_dev_get(pdev);
	mutex_lock(&ilg.lock);
	f->ev.generation = ++ilg.generation;
	list_add_tail(&f->node, &ilg.fns);
	mutex_unlock(&ilg.lock);
	ret = ilg_sysfs_add(pdev);
	if (!ret)
		return;
	pci_err(pdev, "tsm: no attributes: %d\n", ret);
	fn_drop(f);
}

/* Attributes first: who writes one has the lock that we take next. */
static void fn_del(struct ilg_fn *f)
{
	lockdep_assert_held(&fns_lock);
	ilg_sysfs_del(f->pdev);
	mutex_lock(&ilg.lock);
	if (f->state != ILG_UNLOCKED)
		(void)ilg_unlock(f);
	ilg_forget(f);
	mutex_unlock(&ilg.lock);
	fn_drop(f);
}

/*
 * DEL comes first. REMOVED is for one that was found between its DEL, which
 * nobody heard yet, and its end.
 */
static int on_bus(struct notifier_block *nb, unsigned long what, void *data)
{
	struct pci_dev *pdev = to_pci_dev((struct device *)data);
	struct ilg_fn *f;

	mutex_lock(&fns_lock);
	if (what == BUS_NOTIFY_ADD_DEVICE) {
		fn_add(pdev);
	} else if (what == BUS_NOTIFY_DEL_DEVICE ||
		   what == BUS_NOTIFY_REMOVED_DEVICE) {
		f = fn_find(pdev);
		if (f)
			fn_del(f);
	}
	mutex_unlock(&fns_lock);
	return NOTIFY_DONE;
}

static struct notifier_block bus_nb = { .notifier_call = on_bus };

static int fns_add(void)
{
	struct pci_dev *pdev = NULL;
	int ret = bus_register_notifier(&pci_bus_type, &bus_nb);

	if (ret)
		return ret;
	mutex_lock(&fns_lock);
	fns_open = true;
	for_each_pci_dev(pdev)
		fn_add(pdev);
	mutex_unlock(&fns_lock);
	return 0;
}

static void fns_del(void)
{
	struct ilg_fn *f, *next;

	mutex_lock(&fns_lock);
	fns_open = false;
	list_for_each_entry_safe(f, next, &ilg.fns, node)
		fn_del(f);
	mutex_unlock(&fns_lock);
	bus_unregister_notifier(&pci_bus_type, &bus_nb);
}

/* --- the function "vm" --- */

static irqreturn_t on_answer(int irq, void *data)
{
	wake_up_all(&ilg.wait);
	return IRQ_HANDLED;
}

/* Without one, answers are polled for; see guest_insn.c. */
static void irq_on(void)
{
	ilg.vectors = pci_alloc_irq_vectors(ilg.pdev, 1, 1, PCI_IRQ_MSIX);
	if (ilg.vectors == 1 && pci_request_irq(ilg.pdev, 0, on_answer, NULL,
						&ilg, "interlock_guest")) {
		pci_free_irq_vectors(ilg.pdev);
		ilg.vectors = 0;
	}
}

static void irq_off(void)
{
	if (ilg.vectors != 1)
		return;
	pci_free_irq(ilg.pdev, 0, &ilg);
	pci_free_irq_vectors(ilg.pdev);
}

static int vm_open(struct pci_dev *pdev)
{
	int ret = pci_enable_device(pdev);

	if (ret)
		return ret;
	ilg.dead = false;
	ilg.bar = pci_iomap(pdev, 0, BOARD_BAR0_SIZE);
	if (ilg.bar && readl(ilg.bar + BOARD_ID) == BOARD_MAGIC &&
	    readl(ilg.bar + BOARD_VERSION) == BOARD_VERSION_1) {
		pci_set_master(pdev);
		ilg.pdev = pdev;
		return 0;
	}
	if (ilg.bar)
		pci_iounmap(pdev, ilg.bar);
	pci_disable_device(pdev);
	return -ENODEV;
}

/* A driver may still ask for memory: it hears that there is no channel. */
static void vm_close(void)
{
	struct pci_dev *pdev = ilg.pdev;

	irq_off();
	mutex_lock(&ilg.lock);
	ilg_channel_close();
	ilg.pdev = NULL;
	mutex_unlock(&ilg.lock);
	pci_iounmap(pdev, ilg.bar);
	pci_disable_device(pdev);
}

static int ilg_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	if (ilg.pdev)
		return -EBUSY; /* a VM has one */
	ret = vm_open(pdev);
	if (ret)
		return ret;
	irq_on();
	/*
	 * A number in class "tsm" and no operations: Linux 7.3 registers those
	 * of a guest and never calls them.
	 */
	ilg.tsm = tsm_register(&pdev->dev, NULL);
	if (IS_ERR(ilg.tsm)) {
		ret = PTR_ERR(ilg.tsm);
		goto close;
	}
	ret = ilg_evidence_init();
	if (ret)
		goto unregister;
	ret = fns_add();
	if (!ret)
		return 0;
	ilg_evidence_exit();
unregister:
	tsm_unregister(ilg.tsm);
close:
	vm_close();
	return ret;
}

static void ilg_remove(struct pci_dev *pdev)
{
	fns_del();
	ilg_evidence_exit();
	tsm_unregister(ilg.tsm);
	vm_close();
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(BOARD_VENDOR, BOARD_GUEST_DEV) },
	{},
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver ilg_driver = {
	.name = "interlock_guest",
	.id_table = ids,
	.probe = ilg_probe,
	.remove = ilg_remove,
};
module_pci_driver(ilg_driver);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_DESCRIPTION("TEE-IO in a confidential VM");
