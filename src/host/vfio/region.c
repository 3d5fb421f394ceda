/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions: what there is, reads, writes, mappings.
 * Source: Linux 7.3 drivers/vfio/pci/vfio_pci_core.c, vfio_pci_rdwr.c
 */
#include <errno.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"
#include "pci/regs.h"

#define OFFSET_MASK (BIT64(VFIO_PCI_OFFSET_SHIFT) - 1)

static const struct pci_bar *bar_of(const struct vfio_dev *d, uint64_t index)
{
	return index < T0_BARS && d->p->bars[index].pa ? &d->p->bars[index]
						       : NULL;
}

/* __vfio_pci_memory_enabled(): a VF has no bit of its own. */
bool vfio_mem_enabled(struct vfio_dev *d)
{
	uint32_t cmd;

	if (d->p->power == PM_STATE_D3)
		return false;
	return d->p->is_vf ||
	       (!pci_read(d->p, CFG_COMMAND, 2, &cmd) && cmd & CMD_MEM);
}

/* What goes beyond the BAR is cut off, as vfio_pci_bar_rw() does. */
static long bar_rw(struct vfio_dev *d, struct task *t, void *buf, size_t len,
		   uint64_t off, bool write)
{
	const struct pci_bar *b = bar_of(d, off >> VFIO_PCI_OFFSET_SHIFT);
	struct host_hw *hw = &d->core->k->hw;
	enum il_err err;

	off &= OFFSET_MASK;
	if (!b || off >= b->size)
		return -EINVAL;
	if (len > b->size - off)
		len = (size_t)(b->size - off);
	if (d->private)
		return -EBUSY; /* Private MMIO: the guest's alone */
	if (!vfio_mem_enabled(d))
		return -EIO;
	err = write ? hw->ops->mem_write(hw->ctx, b->pa + off, buf, len,
					 &t->fault)
		    : hw->ops->mem_read(hw->ctx, b->pa + off, buf, len,
					&t->fault);
	return err ? -EFAULT : (long)len;
}

long vfio_rw(struct vfio_dev *d, struct task *t, void *buf, size_t len,
	     uint64_t off, bool write)
{
	const uint64_t index = off >> VFIO_PCI_OFFSET_SHIFT;
	const uint64_t at = off & OFFSET_MASK;

	if (!len)
		return 0;
	if (index != VFIO_PCI_CONFIG_REGION_INDEX)
		return index < VFIO_PCI_ROM_REGION_INDEX
			       ? bar_rw(d, t, buf, len, off, write)
			       : -EINVAL; /* no ROM, no VGA */
	if (at >= CFG_SIZE || len > CFG_SIZE - at)
		return -EFAULT; /* vfio_config_do_rw() */
	return write ? vfio_config_write(d, (uint16_t)at, buf, len)
		     : vfio_config_read(d, (uint16_t)at, buf, len);
}

long vfio_mmap(struct vfio_dev *d, struct vma *v)
{
	const struct pci_bar *b = bar_of(d, v->off >> VFIO_PCI_OFFSET_SHIFT);
	const uint64_t off = v->off & OFFSET_MASK;

	if (!b || b->size < PAGE_4K || off >= b->size ||
	    v->len > b->size - off || !v->shared)
		return -EINVAL;
	if (d->private)
		return -EBUSY;
	v->kind = VMA_PHYS;
	v->pa = b->pa + off;
	v->revoked = !vfio_mem_enabled(d); /* faults until it is on */
	return 0;
}

long vfio_device_info(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_device_info i = { 0 };
	const size_t min = offsetof(struct vfio_device_info, cap_offset);

	int ret = k_copy_arg(&i, min, arg);

	if (ret)
		return ret;
	if (i.argsz < min)
		return -EINVAL;
	i.flags = VFIO_DEVICE_FLAGS_PCI |
		  (d->p->methods[0] ? VFIO_DEVICE_FLAGS_RESET : 0);
	i.num_regions = VFIO_PCI_NUM_REGIONS;
	i.num_irqs = VFIO_PCI_NUM_IRQS;
	memcpy((void *)arg, &i, i.argsz < min + 4 ? min : min + 4);
	return 0;
}

long vfio_region_info(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_region_info r;
	const struct pci_bar *b;
	int ret = k_copy_arg(&r, sizeof(r), arg);

	if (ret)
		return ret;
	if (r.argsz < sizeof(r) || r.index >= VFIO_PCI_VGA_REGION_INDEX)
		return -EINVAL; /* VGA: only where there is one */
	b = bar_of(d, r.index);
	r.offset = VFIO_PCI_OFFSET(r.index);
	r.size = r.index == VFIO_PCI_CONFIG_REGION_INDEX ? CFG_SIZE
		 : b					 ? b->size
							 : 0;
	r.flags = r.size ? VFIO_REGION_INFO_FLAG_READ |
				   VFIO_REGION_INFO_FLAG_WRITE
			 : 0;
	if (b && b->size >= PAGE_4K && !d->private)
		r.flags |= VFIO_REGION_INFO_FLAG_MMAP;
	memcpy((void *)arg, &r, sizeof(r));
	return 0;
}

/* Interrupts are not delivered here: each kind is known, and has none. */
long vfio_irq_info(struct vfio_dev *d, uintptr_t arg)
{
	struct vfio_irq_info i;
	int ret = k_copy_arg(&i, sizeof(i), arg);

	(void)d;
	if (ret)
		return ret;
	if (i.argsz < sizeof(i) || i.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	i.flags = VFIO_IRQ_INFO_EVENTFD |
		  (i.index ? VFIO_IRQ_INFO_NORESIZE
			   : VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED);
	i.count = 0;
	memcpy((void *)arg, &i, sizeof(i));
	return 0;
}

long vfio_set_irqs(uintptr_t arg)
{
	struct vfio_irq_set s;
	int ret = k_copy_arg(&s, sizeof(s), arg);

	return ret ? ret : -EINVAL;
}
