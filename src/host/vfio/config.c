/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configuration space through VFIO: BARs are virtual, a VF's ids too; what a
 * user must not drive (DOE, IDE, SR-IOV) is hidden. Source: linux.md 1.4
 */
#include <errno.h>
#include <string.h>

#include "host/vfio/vfio_priv.h"
#include "pci/regs.h"

static bool hidden(uint16_t id)
{
	return id == ECAP_DOE || id == ECAP_IDE || id == ECAP_SRIOV;
}

static uint32_t ecap_at(struct vfio_dev *d, uint32_t at)
{
	uint32_t v;

	(void)pci_read(d->p, (uint16_t)at, 4, &v);
	return v;
}

/* The next capability after @at that is shown, or 0. */
static uint16_t next_shown(struct vfio_dev *d, uint32_t at)
{
	for (unsigned n = 0; n < 960; n++) {
		uint32_t next = ECAP_NEXT(ecap_at(d, at));

		if (next < CFG_EXT_START || !hidden(ECAP_ID(ecap_at(d, next))))
			return (uint16_t)(next < CFG_EXT_START ? 0 : next);
		at = next;
	}
	return 0;
}

/* The extended capability that the dword @off lies in. */
static uint16_t ecap_of(struct vfio_dev *d, uint16_t off)
{
	uint32_t at = CFG_EXT_START;
	uint16_t best = CFG_EXT_START;

	for (unsigned n = 0; at >= CFG_EXT_START && n < 960; n++) {
		if (at <= off && at > best)
			best = (uint16_t)at;
		at = ECAP_NEXT(ecap_at(d, at));
	}
	return best;
}

static uint32_t ext_dword(struct vfio_dev *d, uint16_t off)
{
	uint16_t cap = ecap_of(d, off);
	uint32_t head = ecap_at(d, cap);
	bool hide = hidden(ECAP_ID(head));

	if (off != cap)
		return hide ? 0 : ecap_at(d, off);
	if (head == 0 || head == UINT32_MAX)
		return 0;
	/* The first stays as a null capability that leads on. */
	return ECAP_HDR(hide ? 0 : ECAP_ID(head), hide ? 0 : ECAP_VER(head),
			next_shown(d, cap));
}

static uint32_t bar_dword(struct vfio_dev *d, unsigned i)
{
	const struct pci_bar *b = &d->p->bars[i];

	if (i && b[-1].pa && b[-1].is_64)
		return d->vbar[i] & (uint32_t)(~(b[-1].size - 1) >> 32);
	if (!b->pa)
		return 0;
	return (d->vbar[i] & (uint32_t) ~(b->size - 1) & ~(uint32_t)BAR_FLAGS) |
	       (b->is_64 ? BAR_MEM_64 : 0) | (b->prefetch ? BAR_PREFETCH : 0);
}

static uint32_t dword(struct vfio_dev *d, uint16_t off)
{
	uint32_t v;

	if (off >= CFG_BAR(0) && off < CFG_BAR(T0_BARS))
		return bar_dword(d, (off - CFG_BAR0) / 4u);
	if (off == CFG_VENDOR_ID)
		return (uint32_t)d->p->device << 16 | d->p->vendor;
	if (off >= CFG_EXT_START)
		return ext_dword(d, off);
	(void)pci_read(d->p, off, 4, &v);
	if (off == CFG_COMMAND && d->p->is_vf)
		v |= CMD_MEM; /* §9.3.4.1.3: the PF's bit decides */
	return v;
}

long vfio_config_read(struct vfio_dev *d, uint16_t off, uint8_t *buf,
		      size_t len)
{
	if (off >= CFG_SIZE || len > CFG_SIZE - off)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		uint16_t at = (uint16_t)(off + i);

		buf[i] = (uint8_t)(dword(d, at & 0xffcu) >> (8 * (at & 3)));
	}
	return (long)len;
}

void vfio_decode(struct vfio_dev *d, bool on)
{
	for (struct dmabuf *b = d->bufs; b; b = b->next)
		if (on)
			dmabuf_restore(b);
		else
			dmabuf_revoke(b);
	if (d->file)
		k_vma_revoke(d->core->k, d->file, !on);
}

/*
 * Clearing memory decoding or bus mastering sends a locked interface into
 * ERROR, so it is unbound first (law 47); dma-bufs are revoked before the
 * device stops to decode, and come back after it does.
 */
static int write_command(struct vfio_dev *d, uint32_t val)
{
	uint32_t old;
	int ret = pci_read(d->p, CFG_COMMAND, 2, &old);
	bool lost = (old & ~val & (CMD_MEM | CMD_MASTER)) && !ret;

	if (d->p->is_vf)
		lost = old & ~val & CMD_MASTER;
	if (ret)
		return ret;
	if (lost && d->idev)
		iommufd_vdevice_drop(d->idev);
	if (old & ~val & CMD_MEM)
		vfio_decode(d, false);
	ret = pci_write(d->p, CFG_COMMAND, 2, val);
	if (!ret && val & ~old & CMD_MEM)
		vfio_decode(d, true);
	return ret;
}

static int write_bar(struct vfio_dev *d, uint16_t off, const uint8_t *buf,
		     size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned at = off + (unsigned)i - CFG_BAR0;
		uint32_t *v = &d->vbar[at / 4];
		unsigned shift = 8 * (at & 3);

		*v = (*v & ~(UINT32_C(0xff) << shift)) | (uint32_t)buf[i]
								 << shift;
	}
	return 0;
}

/* One naturally aligned store of 1, 2 or 4 bytes. */
static int write_one(struct vfio_dev *d, uint16_t off, uint32_t val,
		     uint8_t size)
{
	uint32_t ctl;

	if (off >= CFG_EXT_START &&
	    hidden(ECAP_ID(ecap_at(d, ecap_of(d, off)))))
		return 0; /* dropped, as a write to nothing */
	/* FLR goes through VFIO_DEVICE_RESET's order. */
	ctl = d->p->cap_pcie + EXP_DEVCTL;
	if (off == ctl && size >= 2)
		val &= ~(uint32_t)EXP_DEVCTL_FLR;
	if (off == ctl + 1 && size == 1)
		val &= ~(uint32_t)(EXP_DEVCTL_FLR >> 8);
	return pci_write(d->p, off, size, val);
}

long vfio_config_write(struct vfio_dev *d, uint16_t off, const uint8_t *buf,
		       size_t len)
{
	uint32_t val = 0;
	int ret;

	if (off >= CFG_SIZE || len > CFG_SIZE - off)
		return -EINVAL;
	if ((len != 1 && len != 2 && len != 4) || off % len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		val |= (uint32_t)buf[i] << (8 * i);
	if (off >= CFG_BAR(0) && off < CFG_BAR(T0_BARS))
		ret = write_bar(d, off, buf, len);
	else if (off == CFG_COMMAND && len >= 2)
		ret = write_command(d, val & 0xffff);
	else if (off == CFG_COMMAND)
		ret = -EINVAL; /* half a command register: nobody does that */
	else
		ret = write_one(d, off, val, (uint8_t)len);
	return ret ? ret : (long)len;
}
