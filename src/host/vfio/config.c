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
	for (size_t i = 0; i < len; i++) {
		uint16_t at = (uint16_t)(off + i);

		buf[i] = (uint8_t)(dword(d, at & 0xffcu) >> (8 * (at & 3)));
	}
	return (long)len;
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
	if (lost)
		vfio_upset(d);
	if (!d->p->is_vf && old & ~val & CMD_MEM)
		ret = vfio_revoke(d);
	if (ret)
		return ret;
	return vfio_restored(d, pci_write(d->p, CFG_COMMAND, 2, val));
}

/* Part of the register, or all of it and what follows (the status: kept). */
static int command(struct vfio_dev *d, uint16_t off, uint32_t val, uint8_t len)
{
	uint32_t now;
	int ret = len > 1 ? 0 : pci_read(d->p, CFG_COMMAND, 2, &now);

	if (ret)
		return ret;
	if (len == 1)
		val = off == CFG_COMMAND ? (now & 0xff00) | val
					 : (now & 0xff) | val << 8;
	return write_command(d, val & 0xffff);
}

int vfio_wake(struct vfio_dev *d)
{
	const int ret = pci_set_power(d->p, PM_STATE_D0);

	return ret ? ret : pci_write(d->p, CFG_COMMAND, 2, d->command);
}

/*
 * vfio_pm_config_write(): the state is the user's, the rest is not. What a
 * device without No_Soft_Reset forgets on its way back is given back to it.
 */
static int power(struct vfio_dev *d, uint32_t val)
{
	const uint8_t state = val & PM_CSR_STATE, was = d->p->power;
	int ret;

	if (state == was || (state != PM_STATE_D0 && state != PM_STATE_D3))
		return 0; /* no device here has D1 or D2 */
	if (state == PM_STATE_D0)
		return vfio_restored(d, vfio_wake(d));
	/* VFs would lose their PF, and others use them; nobody says so. */
	if (d->p->sriov.enabled)
		return 0;
	vfio_upset(d);
	ret = vfio_revoke(d);
	if (ret)
		return ret;
	ret = pci_read(d->p, CFG_COMMAND, 2, &val);
	if (!ret) {
		d->command = (uint16_t)val;
		ret = pci_set_power(d->p, state);
	}
	return vfio_restored(d, ret);
}

/*
 * vfio_exp_config_write(): FLR is VFIO_DEVICE_RESET. Payload and read request
 * sizes stay as the kernel set them.
 */
static int devctl(struct vfio_dev *d, uint32_t val)
{
	const uint32_t keep =
		EXP_DEVCTL_PAYLOAD | EXP_DEVCTL_READRQ | EXP_DEVCTL_PHANTOM;
	const uint16_t at = (uint16_t)(d->p->cap_pcie + EXP_DEVCTL);
	uint32_t now;
	int ret = 0;

	if (val & EXP_DEVCTL_FLR && d->p->flr)
		ret = (int)vfio_reset(d);
	if (!ret)
		ret = pci_read(d->p, at, 2, &now);
	val &= ~(keep | EXP_DEVCTL_FLR);
	return ret ? ret : pci_write(d->p, at, 2, val | (now & keep));
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

/* AER and vendor-defined capabilities are the user's to write. */
static bool writable_ecap(uint16_t id)
{
	return id == ECAP_AER || id == ECAP_VNDR || id == ECAP_DVSEC;
}

/* Does a write of @len bytes at @off touch the 2 bytes at @reg? */
static bool touches(uint16_t off, uint8_t len, uint32_t reg)
{
	return off < reg + 2 && reg < (uint32_t)off + len;
}

/* What of the 16 bits at @reg a write leaves: read, and written over. */
static int merge(struct vfio_dev *d, uint16_t off, uint32_t val, uint8_t len,
		 uint16_t reg, uint32_t *out)
{
	int ret = pci_read(d->p, reg, 2, out);

	for (unsigned i = 0; i < 2 && !ret; i++) {
		const unsigned at = reg + i;

		if (at < off || at >= (unsigned)off + len)
			continue;
		*out &= ~(UINT32_C(0xff) << 8 * i);
		*out |= (val >> 8 * (at - off) & 0xff) << 8 * i;
	}
	return ret;
}

/* One naturally aligned store of 1, 2 or 4 bytes. */
static int write_one(struct vfio_dev *d, uint16_t off, const uint8_t *buf,
		     uint8_t len)
{
	const uint16_t ctl = (uint16_t)(d->p->cap_pcie + EXP_DEVCTL);
	const uint16_t csr = (uint16_t)(d->p->cap_pm + PM_CSR);
	uint32_t val = 0, v;
	int ret;

	for (unsigned i = 0; i < len; i++)
		val |= (uint32_t)buf[i] << (8 * i);
	if (off >= CFG_BAR(0) && off < CFG_BAR(T0_BARS))
		return write_bar(d, off, buf, len);
	if (off == CFG_COMMAND || off == CFG_COMMAND + 1)
		return command(d, off, val, len);
	if (off >= CFG_EXT_START)
		return writable_ecap(ECAP_ID(ecap_at(d, ecap_of(d, off))))
			       ? pci_write(d->p, off, len, val)
			       : 0; /* dropped, as a write to nothing */
	if (d->p->cap_pm && touches(off, len, csr)) {
		ret = merge(d, off, val, len, csr, &v);
		return ret ? ret : power(d, v);
	}
	if (d->p->cap_pcie && touches(off, len, ctl)) {
		ret = merge(d, off, val, len, ctl, &v);
		return ret ? ret : devctl(d, v);
	}
	return pci_write(d->p, off, len, val);
}

/* In the largest aligned parts, as vfio_config_do_rw() does. */
long vfio_config_write(struct vfio_dev *d, uint16_t off, const uint8_t *buf,
		       size_t len)
{
	for (size_t done = 0; done < len;) {
		const uint16_t at = (uint16_t)(off + done);
		const size_t left = len - done;
		const uint8_t n = left >= 4 && at % 4 == 0   ? 4
				  : left >= 2 && at % 2 == 0 ? 2
							     : 1;
		int ret = write_one(d, at, buf + done, n);

		if (ret)
			return ret;
		done += n;
	}
	return (long)len;
}
