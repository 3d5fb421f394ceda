// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * Functions that are a VM's, as VFIO and iommufd would have them: no driver of
 * the host has such a one, and its DMA reaches the VM's memory alone.
 */
#include <linux/device.h>
#include <linux/notifier.h>
#include <linux/slab.h>

#include "tsm_vm.h"

struct assigned {
	struct list_head list;
	struct pci_dev *pdev;
	struct ilt_vm *vm;
	u32 id; /* of its TDI; 0: none */
	bool first;
	bool lost; /* removed from the bus, or a driver of the host has it */
};

static LIST_HEAD(given);
static DEFINE_MUTEX(fn_lock);
static u32 last_id;

static u32 rid_of(struct pci_dev *pdev)
{
	return pci_dev_id(pdev);
}

/* fn_lock is held. */
static struct assigned *entry_of(struct pci_dev *pdev)
{
	struct assigned *a;

	list_for_each_entry(a, &given, list)
		if (a->pdev == pdev)
			return a;
	return NULL;
}

struct pci_dev *ilt_fn_find(u32 rid)
{
	return pci_get_domain_bus_and_slot(rid >> 16, rid >> 8 & 0xff,
					   rid & 0xff);
}

bool ilt_fn_is(struct pci_dev *pdev, const struct ilt_vm *vm)
{
	struct assigned *a;
	bool is;

	mutex_lock(&fn_lock);
	a = entry_of(pdev);
	is = a && a->vm == vm && !a->lost;
	mutex_unlock(&fn_lock);
	return is;
}

bool ilt_fn_first(struct pci_dev *pdev, const struct ilt_vm *vm)
{
	struct assigned *a;
	bool is;

	mutex_lock(&fn_lock);
	a = entry_of(pdev);
	is = a && a->vm == vm && a->first && !a->lost;
	mutex_unlock(&fn_lock);
	return is;
}

void ilt_fn_count(const struct ilt_vm *vm, u32 *functions, u32 *bound)
{
	struct assigned *a;

	*functions = 0;
	*bound = 0;
	mutex_lock(&fn_lock);
	list_for_each_entry(a, &given, list)
		if (a->vm == vm) {
			++*functions;
			*bound += a->id != 0;
		}
	mutex_unlock(&fn_lock);
}

/* --- ids --- */

void ilt_fn_bound(struct pci_dev *pdev, bool bound)
{
	struct assigned *a;

	mutex_lock(&fn_lock);
	a = entry_of(pdev);
	if (a && bound && !++last_id)
		last_id = 1;
	if (a)
		a->id = bound ? last_id : 0;
	mutex_unlock(&fn_lock);
}

u32 ilt_fn_id(struct pci_dev *pdev, const struct ilt_vm *vm)
{
	struct assigned *a;
	u32 id;

	mutex_lock(&fn_lock);
	a = entry_of(pdev);
	id = a && a->vm == vm ? a->id : 0;
	mutex_unlock(&fn_lock);
	return id;
}

struct pci_dev *ilt_fn_by_id(u32 id, const struct ilt_vm *vm)
{
	struct pci_dev *pdev = NULL;
	struct assigned *a;

	mutex_lock(&fn_lock);
	list_for_each_entry(a, &given, list)
		if (id && a->id == id && a->vm == vm)
			pdev = pci_dev_get(a->pdev);
	mutex_unlock(&fn_lock);
	return pdev;
}

/* --- the driver that keeps others away --- */

static int stub_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	return 0;
}

/* Binds what names it in driver_override, and nothing else. */
static struct pci_driver stub = {
	.name = "interlock_stub",
	.probe = stub_probe,
};

static bool stubbed(const struct device *dev)
{
	return dev->driver == &stub.driver;
}

/* --- assigning --- */

static bool first_is_free(const struct ilt_vm *vm)
{
	struct assigned *a;

	list_for_each_entry(a, &given, list)
		if (a->vm == vm && a->first && !a->lost)
			return false;
	return true;
}

/* The device's own lock is held: no driver comes meanwhile. */
static int assign(struct ilt_vm *vm, struct pci_dev *pdev, struct assigned *a)
{
	int ret;

	if (pdev->dev.driver && !stubbed(&pdev->dev))
		return -EBUSY;
	mutex_lock(&fn_lock);
	if (entry_of(pdev)) {
		mutex_unlock(&fn_lock);
		return -EBUSY;
	}
	/* What the host has asked it to do does not end up with the VM. */
	pci_clear_master(pdev);
	ret = ilt_iommu_attach(vm->psp, rid_of(pdev), vm->dom);
	if (!ret) {
		a->pdev = pci_dev_get(pdev);
		a->vm = vm;
		a->first = first_is_free(vm);
		list_add_tail(&a->list, &given);
		if (a->first)
			ilt_wr(vm->psp, BOARD_VM_FN, rid_of(pdev));
	}
	mutex_unlock(&fn_lock);
	return ret;
}

int ilt_fn_assign(struct ilt_vm *vm, u32 rid)
{
	struct pci_dev *pdev = ilt_fn_find(rid);
	struct assigned *a;
	int ret;

	if (!pdev)
		return -ENOENT;
	if (pdev == vm->psp->pdev || pdev->hdr_type != PCI_HEADER_TYPE_NORMAL ||
	    pci_domain_nr(pdev->bus)) {
		pci_dev_put(pdev);
		return -EINVAL;
	}
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (a) {
		device_lock(&pdev->dev);
		ret = assign(vm, pdev, a);
		device_unlock(&pdev->dev);
		if (ret)
			kfree(a);
	} else {
		ret = -ENOMEM;
	}
	pci_dev_put(pdev);
	return ret;
}

/*
 * The TDI goes first: what Bus Master Enable does to a locked one would be an
 * error. The core's locks are above fn_lock, so it is not held.
 */
static void unassign(struct ilt_vm *vm, struct assigned *a)
{
	pci_tsm_unbind(a->pdev);
	mutex_lock(&fn_lock);
	list_del(&a->list);
	if (!a->lost) {
		pci_clear_master(a->pdev);
		ilt_iommu_attach(vm->psp, rid_of(a->pdev), NULL);
		if (a->first)
			ilt_wr(vm->psp, BOARD_VM_FN, BOARD_VM_FN_NONE);
	}
	mutex_unlock(&fn_lock);
	pci_dev_put(a->pdev);
	kfree(a);
}

/* The VM's lock is held, so nobody else takes it from the list. */
static struct assigned *of_vm(const struct ilt_vm *vm, u32 rid, bool any)
{
	struct assigned *a, *found = NULL;

	mutex_lock(&fn_lock);
	list_for_each_entry(a, &given, list)
		if (!found && a->vm == vm && (any || rid_of(a->pdev) == rid))
			found = a;
	mutex_unlock(&fn_lock);
	return found;
}

int ilt_fn_unassign(struct ilt_vm *vm, u32 rid)
{
	struct assigned *a = of_vm(vm, rid, false);

	if (!a)
		return -ENOENT;
	unassign(vm, a);
	return 0;
}

void ilt_fn_unassign_all(struct ilt_vm *vm)
{
	struct assigned *a;

	while ((a = of_vm(vm, 0, true)))
		unassign(vm, a);
}

/* --- removal, and drivers of the host --- */

/* Bus Master Enable first: the VM is not let loose on the host's memory. */
static bool lose(struct pci_dev *pdev, bool there)
{
	struct assigned *a;
	bool ours;

	mutex_lock(&fn_lock);
	a = entry_of(pdev);
	ours = a && !a->lost;
	if (ours) {
		a->lost = true;
		if (there)
			pci_clear_master(pdev);
		ilt_iommu_attach(a->vm->psp, rid_of(pdev), NULL);
		if (a->first)
			ilt_wr(a->vm->psp, BOARD_VM_FN, BOARD_VM_FN_NONE);
	}
	mutex_unlock(&fn_lock);
	return ours;
}

/*
 * What is removed the core has unbound; what comes at its place is not the
 * VM's. A driver cannot be kept away from here, as VFIO does by being one
 * itself: before it begins, the VM has lost the function.
 */
static int on_bus(struct notifier_block *nb, unsigned long event, void *data)
{
	struct device *dev = data;
	struct pci_dev *pdev = to_pci_dev(dev);

	if (event == BUS_NOTIFY_REMOVED_DEVICE)
		lose(pdev, false);
	else if (event == BUS_NOTIFY_BIND_DRIVER && !stubbed(dev) &&
		 lose(pdev, true))
		pci_tsm_unbind(pdev);
	return NOTIFY_DONE;
}

static struct notifier_block bus_nb = { .notifier_call = on_bus };

int ilt_fn_init(void)
{
	int ret = bus_register_notifier(&pci_bus_type, &bus_nb);

	if (ret)
		return ret;
	ret = pci_register_driver(&stub);
	if (ret)
		bus_unregister_notifier(&pci_bus_type, &bus_nb);
	return ret;
}

void ilt_fn_exit(void)
{
	pci_unregister_driver(&stub);
	bus_unregister_notifier(&pci_bus_type, &bus_nb);
}
