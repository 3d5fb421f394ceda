// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/* What drivers of this VM ask for: private memory, bus addresses, C bits. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "guest.h"

static int api_state(struct pci_dev *pdev)
{
	struct ilg_fn *f;
	int state = -ENODEV;

	/* No longer than the operation under way, all of whose waits end. */
	mutex_lock(&ilg.lock);
	f = ilg_find(pdev);
	if (f)
		state = f->state;
	mutex_unlock(&ilg.lock);
	return state;
}

static int convert(void *addr, size_t size, bool private)
{
	const u64 gpa = virt_addr_valid(addr) ? virt_to_phys(addr) : 0;
	enum il_err err;
	int ret;

	if (!gpa || !size || (gpa | size) & ~PAGE_MASK)
		return -EINVAL;
	if (mutex_lock_killable(&ilg.lock))
		return -EINTR;
	ret = ilg_channel();
	if (!ret) {
		/* Not begun rather than left half done by a signal. */
		ilg.clean = true;
		err = private ? sev_guest_ops.accept_ram(ilg.sev, gpa, size)
			      : sev_guest_ops.share_ram(ilg.sev, gpa, size);
		ilg.clean = false;
		ret = ilg_errno(NULL, err, private ? "private" : "shared");
	}
	mutex_unlock(&ilg.lock);
	return ret;
}

static int api_private(void *addr, size_t size)
{
	return convert(addr, size, true);
}

static int api_shared(void *addr, size_t size)
{
	return convert(addr, size, false);
}

static dma_addr_t api_bus(struct pci_dev *pdev, phys_addr_t pa, bool shared)
{
	struct ilg_fn *f;
	u64 bus = pa;

	mutex_lock(&ilg.lock);
	f = ilg_find(pdev);
	if (f && f->state == ILG_RUN)
		bus = sev_guest_ops.bus_addr(ilg.sev, pa, shared);
	mutex_unlock(&ilg.lock);
	return bus;
}

static int encrypt(struct ilg_fn *f, int bar, bool on)
{
	int ret = -EINVAL;
	u32 i;

	for (i = 0; f->state == ILG_RUN && i < f->ev.report.range_count; i++) {
		const struct tdisp_range *r = &f->ev.report.ranges[i];

		if (r->id != bar || !ilg_range_gpa(f, i))
			continue;
		ret = ilg_map(ilg_range_gpa(f, i), r->pages, on);
		if (ret)
			return ret;
	}
	return ret;
}

static int api_encrypt(struct pci_dev *pdev, int bar, bool on)
{
	struct ilg_fn *f;
	int ret = -ENODEV;

	mutex_lock(&ilg.lock);
	f = ilg_find(pdev);
	if (f)
		ret = ilg_dead() ? -ENXIO : encrypt(f, bar, on);
	mutex_unlock(&ilg.lock);
	return ret;
}

const struct ilg_ops interlock_guest_ops = {
	.state = api_state,
	.private = api_private,
	.shared = api_shared,
	.bus = api_bus,
	.encrypt = api_encrypt,
};
EXPORT_SYMBOL_GPL(interlock_guest_ops);
