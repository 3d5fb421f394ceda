/* SPDX-License-Identifier: BSD-2-Clause */
/* A function in the guest's sight: configuration space and BARs. */
#include <errno.h>
#include <string.h>

#include "pci/regs.h"
#include "vmm/vmm_priv.h"

struct vmm_vdev *vmm_dev_by_guest(struct vmm *v, uint32_t guest_rid)
{
	for (unsigned i = 0; i < VMM_DEVS; i++)
		if (v->dev[i].used && v->dev[i].visible &&
		    v->dev[i].cfg.guest_rid == guest_rid)
			return &v->dev[i];
	return NULL;
}

struct vmm_vdev *vmm_dev_by_bdf(struct vmm *v, uint32_t bdf)
{
	for (unsigned i = 0; i < VMM_DEVS; i++)
		if (v->dev[i].used && v->dev[i].cfg.bdf == bdf)
			return &v->dev[i];
	return NULL;
}

long vmm_vfio_cfg(struct vmm *v, const struct vmm_vdev *d, uint16_t reg,
		  uint8_t len, uint32_t *val, bool write)
{
	const uint64_t off =
		VFIO_PCI_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) + reg;
	uint8_t b[4];
	long ret;

	for (unsigned i = 0; i < 4; i++)
		b[i] = (uint8_t)(*val >> 8 * i);
	ret = write ? k_pwrite(v->t, d->fd, b, len, off)
		    : k_pread(v->t, d->fd, b, len, off);
	if (ret < 0)
		return ret;
	if (!write) {
		*val = 0;
		for (unsigned i = 0; i < len; i++)
			*val |= (uint32_t)b[i] << 8 * i;
	}
	return 0;
}

static uint32_t bar_value(const struct vmm_vdev *d, unsigned i)
{
	if (i && d->bar_64[i - 1])
		return d->bar[i] & (uint32_t)(~(d->bar_size[i - 1] - 1) >> 32);
	if (!d->bar_size[i])
		return 0;
	return (d->bar[i] & (uint32_t) ~(d->bar_size[i] - 1) & ~BAR_FLAGS) |
	       (d->bar_64[i] ? BAR_MEM_64 | BAR_PREFETCH : 0);
}

uint32_t vmm_cfg_read(struct vmm *v, struct vmm_vdev *d, uint16_t reg,
		      uint8_t len)
{
	uint32_t val = UINT32_MAX;

	if (reg >= CFG_BAR(0) && reg < CFG_BAR(T0_BARS))
		return bar_value(d, (reg - CFG_BAR0) / 4u) >> 8 * (reg & 3);
	if (vmm_vfio_cfg(v, d, reg, len, &val, false))
		return UINT32_MAX; /* nobody answers */
	if (reg == CFG_COMMAND)
		return (val & 0xffff0000) | d->command;
	return reg == CFG_COMMAND + 1 ? d->command >> 8 : val;
}

static uint64_t bar_gpa(const struct vmm_vdev *d, unsigned i)
{
	uint64_t at = bar_value(d, i) & ~BAR_FLAGS;

	return d->bar_64[i] ? at | (uint64_t)bar_value(d, i + 1) << 32 : at;
}

static long slot(struct vmm *v, struct vmm_vdev *d, unsigned i, uint64_t gpa,
		 uint64_t len)
{
	struct kvm_userspace_memory_region2 r = {
		.slot = d->bar_slot[i],
		.flags = KVM_MEM_VFIO_DMABUF,
		.guest_phys_addr = gpa,
		.memory_size = len,
		.guest_memfd = (uint32_t)d->bar_fd[i],
	};

	return k_ioctl(v->t, v->vm_fd, KVM_SET_USER_MEMORY_REGION2,
		       (uintptr_t)&r);
}

static bool in_window(const struct vmm *v, uint64_t gpa, uint64_t len)
{
	return gpa >= v->cfg.mmio_gpa && len <= v->cfg.mmio_size &&
	       gpa - v->cfg.mmio_gpa <= v->cfg.mmio_size - len;
}

/*
 * A BAR of 4 KiB and more is the dma-buf's frames at the guest's address: no
 * host mapping is made. One that the guest put outside the window stays out.
 */
long vmm_bars(struct vmm *v, struct vmm_vdev *d, bool off)
{
	const bool on = d->command & CMD_MEM && !off;
	long ret = 0, r;

	for (unsigned i = 0; i < 6; i++) {
		uint64_t gpa = bar_gpa(d, i);

		if (!d->bar_size[i] || d->bar_fd[i] < 0)
			continue;
		if (d->bar_mapped[i] && (!on || d->bar_at[i] != gpa)) {
			r = slot(v, d, i, d->bar_at[i], 0);
			ret = ret ? ret : r;
			d->bar_mapped[i] = false;
			/* What was private there is no BAR any more. */
			(void)vmm_set_attr(v, d->bar_at[i], d->bar_size[i],
					   false);
		}
		if (!on || d->bar_mapped[i] ||
		    !in_window(v, gpa, d->bar_size[i]))
			continue;
		r = slot(v, d, i, gpa, d->bar_size[i]);
		ret = ret ? ret : r;
		d->bar_mapped[i] = !r;
		d->bar_at[i] = gpa;
	}
	return ret;
}

long vmm_bars_shared(struct vmm *v, struct vmm_vdev *d)
{
	long ret = 0;

	for (unsigned i = 0; i < 6; i++)
		if (d->bar_mapped[i]) {
			long r = vmm_set_attr(v, d->bar_at[i], d->bar_size[i],
					      false);

			ret = ret ? ret : r;
		}
	return ret;
}

bool vmm_command_of(const struct vmm_vdev *d, uint16_t reg, uint8_t len,
		    uint32_t *val)
{
	const unsigned shift = reg == CFG_COMMAND ? 0 : 8;

	if (reg != CFG_COMMAND && (reg != CFG_COMMAND + 1 || len != 1))
		return false;
	if (len == 1)
		*val = (d->command & ~(0xffu << shift)) | (*val & 0xff)
								  << shift;
	*val &= 0xffff;
	return true;
}

/*
 * VFIO turns decode on before the slots, which need a live dma-buf, and off
 * after them, since it unbinds a locked interface first (law 47).
 */
static long write_command(struct vmm *v, struct vmm_vdev *d, uint32_t val)
{
	const bool was = d->command & CMD_MEM, on = val & CMD_MEM;
	long ret = 0;

	if (was && !on) {
		d->command = (uint16_t)val;
		ret = vmm_bars(v, d, true);
	}
	if (!ret)
		ret = vmm_vfio_cfg(v, d, CFG_COMMAND, 2, &val, true);
	d->command = (uint16_t)val;
	return ret ? ret : vmm_bars(v, d, false);
}

long vmm_cfg_write(struct vmm *v, struct vmm_vdev *d, uint16_t reg, uint8_t len,
		   uint32_t val)
{
	if (reg >= CFG_BAR(0) && reg < CFG_BAR(T0_BARS)) {
		if (len != 4 || reg % 4)
			return 0; /* no guest sizes a BAR by bytes */
		d->bar[(reg - CFG_BAR0) / 4u] = val;
		return vmm_bars(v, d, false);
	}
	if (vmm_command_of(d, reg, len, &val))
		return write_command(v, d, val);
	return vmm_vfio_cfg(v, d, reg, len, &val, true);
}
