/* SPDX-License-Identifier: BSD-2-Clause */
/* Before the rest, whose global its inline functions would shadow. */
#include "vmm/vmm_priv.h"

#include "family/disturb.h"

#include <errno.h>

#include "device/device_priv.h"
#include "host/pci/pci.h"
#include "pci/regs.h"

#define REQUEST_GPA UINT64_C(0x3000) /* where the guest puts its messages */

static struct vmm *vmm_of(const struct disturb *d)
{
	struct vmm *v = d->f->w->vm[0].vmm;

	return v && v->t ? v : NULL;
}

/* The function that is assigned. */
static bool vf(const struct disturb *d)
{
	return strcmp(d->f->variant, "vf") == 0;
}

static struct pci_dev *fn_of(const struct disturb *d)
{
	const struct world *w = d->f->w;

	return pci_find(&w->host->pci, (uint32_t)w->dev[0].rid + vf(d));
}

/* --- another vCPU: pages change hands --- */

static long convert(const struct disturb *d, uint64_t gpa, uint64_t pages,
		    bool private)
{
	struct vmm *v = vmm_of(d);

	return v ? vmm_convert(v, gpa, pages, private) : -ESRCH;
}

static long share_page(struct disturb *d)
{
	return convert(d, d->f->w->vm[0].guest->cfg.map.src, 1, false);
}

static long share_buffer(struct disturb *d)
{
	return convert(d, d->f->w->vm[0].guest->cfg.map.dst,
		       d->f->w->vm[0].buf / PAGE_4K, false);
}

/* The page through which the messages of the guest go. */
static long hide_request(struct disturb *d)
{
	return convert(d, REQUEST_GPA, 1, true);
}

/* --- the VMM takes what the guest did not give --- */

static long take_page(struct disturb *d)
{
	struct vmm *v = vmm_of(d);

	return v ? vmm_set_attr(v, d->f->w->vm[0].guest->cfg.map.src, PAGE_4K,
				false)
		 : -ESRCH;
}

static long punch_page(struct disturb *d)
{
	struct vmm *v = vmm_of(d);

	return v ? k_fallocate(v->t, v->gmem_fd,
			       K_FALLOC_KEEP_SIZE | K_FALLOC_PUNCH_HOLE,
			       d->f->w->vm[0].guest->cfg.map.src, PAGE_4K)
		 : -ESRCH;
}

/* --- the function by itself --- */

static long dma(const struct disturb *d, uint32_t cmd)
{
	const struct guest_map *m = &d->f->w->vm[0].guest->cfg.map;
	struct device_fn *fn = &d->f->w->dev[0].dev->fn[vf(d)];

	engine_write(fn, DMA_SRC, (uint32_t)m->src);
	engine_write(fn, DMA_SRC + 4, (uint32_t)(m->src >> 32));
	engine_write(fn, DMA_DST, (uint32_t)m->dst);
	engine_write(fn, DMA_DST + 4, (uint32_t)(m->dst >> 32));
	engine_write(fn, DMA_LEN, 3 * PAGE_4K);
	engine_write(fn, DMA_CMD, cmd);
	return 0;
}

static long dma_load(struct disturb *d)
{
	return dma(d, DMA_CMD_LOAD);
}

static long dma_copy(struct disturb *d)
{
	return dma(d, DMA_CMD_COPY);
}

/* --- unbind, in every way there is --- */

static long program(struct disturb *d, enum vmm_program p, uint32_t bdf)
{
	const struct vmm_dev_cfg dev = { .bdf = bdf,
					 .guest_rid = WORLD_GUEST_RID };
	struct vmm *v = vmm_of(d);
	long ret = 0;

	if (!v)
		return -ESRCH;
	if (!d->begun)
		ret = vmm_start(v, &d->run, p, &dev);
	d->begun = true;
	return ret ? ret : vmm_step(&d->run);
}

static long detach(struct disturb *d)
{
	struct world *w = d->f->w;
	const uint32_t bdf = (uint32_t)w->dev[0].rid + vf(d);
	long ret = program(d, VMM_DETACH, bdf);

	if (ret != -EAGAIN && ret != -ESRCH)
		world_vm_take(&w->vm[0], bdf);
	return ret;
}

static long disconnect(struct disturb *d)
{
	return program(d, VMM_DISCONNECT, d->f->w->dev[0].rid);
}

/* Another thread of the VMM, with no order at all. */
static long destroy(struct disturb *d)
{
	struct vmm *v = vmm_of(d);
	struct vmm_vdev *x = v ? vmm_dev_by_guest(v, WORLD_GUEST_RID) : NULL;
	struct iommu_destroy a = { .size = sizeof(a),
				   .id = x ? x->vdevice_id : 0 };

	return x ? k_ioctl(v->t, v->iommu_fd, IOMMU_DESTROY, (uintptr_t)&a)
		 : -ESRCH;
}

static long close_fd(struct disturb *d, int *fd)
{
	struct vmm *v = vmm_of(d);

	return v && *fd >= 0 ? k_close(v->t, *fd) : -ESRCH;
}

static long close_vfio(struct disturb *d)
{
	struct vmm *v = vmm_of(d);
	struct vmm_vdev *x = v ? vmm_dev_by_guest(v, WORLD_GUEST_RID) : NULL;

	return x ? close_fd(d, &x->fd) : -ESRCH;
}

static long close_iommu(struct disturb *d)
{
	struct vmm *v = vmm_of(d);

	return v ? close_fd(d, &v->iommu_fd) : -ESRCH;
}

/* An administrator. */
static long sysfs(struct disturb *d, const char *path, const char *text)
{
	struct vmm *v = vmm_of(d);
	long ret;

	if (!v)
		return -ESRCH;
	if (!d->begun) {
		ret = k_open(v->t, path);
		if (ret < 0)
			return ret;
		d->fd = (int)ret;
		d->begun = true;
	}
	ret = k_write(v->t, d->fd, text, strlen(text));
	if (ret != -EAGAIN)
		(void)k_close(v->t, d->fd);
	return ret < 0 ? ret : 0;
}

static long undrive(struct disturb *d)
{
	return sysfs(d, "/sys/bus/pci/drivers/vfio-pci/unbind",
		     vf(d) ? "0000:01:00.1" : "0000:01:00.0");
}

static long no_vfs(struct disturb *d)
{
	return sysfs(d, "/sys/bus/pci/devices/0000:01:00.0/sriov_numvfs", "0");
}

/* --- resets --- */

static long vfio_reset(struct disturb *d)
{
	struct vmm *v = vmm_of(d);
	struct vmm_vdev *x = v ? vmm_dev_by_guest(v, WORLD_GUEST_RID) : NULL;

	return x ? k_ioctl(v->t, x->fd, VFIO_DEVICE_RESET, 0) : -ESRCH;
}

/* As setpci does it: the kernel is not asked. */
static long poke(struct pci_dev *p, uint16_t reg, uint32_t off, uint32_t on)
{
	uint32_t v;
	int ret = p ? pci_read(p, reg, 2, &v) : -ENODEV;

	return ret ? ret : pci_write(p, reg, 2, (v & ~off) | on);
}

static long flr(struct disturb *d)
{
	struct pci_dev *p = fn_of(d);

	return p ? poke(p, (uint16_t)(p->cap_pcie + EXP_DEVCTL), 0,
			EXP_DEVCTL_FLR)
		 : -ENODEV;
}

static long settled(struct disturb *d, enum il_err err)
{
	world_settle(d->f->w);
	return err ? -EIO : 0;
}

static long hot_reset(struct disturb *d)
{
	struct world *w = d->f->w;

	return settled(d, fabric_hot_reset(&w->fabric, w->dev[0].port));
}

static long fund_reset(struct disturb *d)
{
	struct world *w = d->f->w;

	return settled(d, fabric_fund_reset(&w->fabric, w->dev[0].port));
}

static long link_blinks(struct disturb *d)
{
	struct world *w = d->f->w;
	long ret = settled(d, fabric_link_down(&w->fabric, w->dev[0].port));

	return ret ? ret
		   : settled(d, fabric_link_up(&w->fabric, w->dev[0].port));
}

static long no_master(struct disturb *d)
{
	return poke(fn_of(d), CFG_COMMAND, CMD_MASTER, 0);
}

static long no_decode(struct disturb *d)
{
	return poke(fn_of(d), CFG_COMMAND, CMD_MEM, 0);
}

/* --- death --- */

static long silence(struct disturb *d, enum silence_how how)
{
	silence_begin(&d->f->w->dev[0], how);
	return settled(d, IL_OK);
}

#define SILENCE(fn, how)                  \
	static long fn(struct disturb *d) \
	{                                 \
		return silence(d, how);   \
	}

SILENCE(quiet, SILENCE_QUIET)
SILENCE(busy, SILENCE_BUSY)
SILENCE(mailbox_error, SILENCE_ERROR)
SILENCE(silent, SILENCE_SILENT)
SILENCE(down, SILENCE_DOWN)
SILENCE(absent, SILENCE_ABSENT)

static long vmm_exits(struct disturb *d)
{
	struct vmm *v = vmm_of(d);

	if (v)
		vmm_die(v);
	return 0;
}

/* --- a host that calls firmware as it likes --- */

/* Calls that were made before, a few; what is changed of each is @how. */
static long call(struct disturb *d, enum raw_change how)
{
	struct world *w = d->f->w;
	struct dice r = { .state = d->f->seed ^ w->steps << 8 ^ (unsigned)how };

	for (unsigned i = 0; i < 3; i++) {
		struct raw_call c;

		if (!world_raw_pick(w, dice_u64(&r), how, &c) || c.vm)
			continue;
		world_raw_play(w, &c);
		(void)world_stepped(w);
	}
	return 0;
}

#define CALL(fn, how)                     \
	static long fn(struct disturb *d) \
	{                                 \
		return call(d, how);      \
	}

CALL(call_again, RAW_SAME)
CALL(call_mixed, RAW_SWAP)
CALL(call_odd, RAW_SET)
CALL(call_bytes, RAW_BYTE)

static const struct kind {
	const char *name;
	long (*step)(struct disturb *d);
	unsigned burst; /* steps for one of the operation */
	bool hostile;
} kinds[] = {
	{ "share-page", share_page, 1, false },
	{ "share-buffer", share_buffer, 1, false },
	{ "hide-request", hide_request, 1, false },
	{ "take-page", take_page, 1, false },
	{ "punch-page", punch_page, 1, false },
	{ "dma-load", dma_load, 1, false },
	{ "dma-copy", dma_copy, 1, false },
	{ "detach", detach, 1, false },
	{ "detach-fast", detach, 64, false },
	{ "disconnect", disconnect, 1, false },
	{ "destroy-vdevice", destroy, 1, false },
	{ "close-vfio", close_vfio, 1, false },
	{ "close-iommufd", close_iommu, 1, false },
	{ "unbind-driver", undrive, 1, false },
	{ "no-vfs", no_vfs, 1, false },
	{ "vfio-reset", vfio_reset, 1, false },
	{ "flr", flr, 1, false },
	{ "hot-reset", hot_reset, 1, false },
	{ "fund-reset", fund_reset, 1, false },
	{ "link-blinks", link_blinks, 1, false },
	{ "no-master", no_master, 1, false },
	{ "no-decode", no_decode, 1, false },
	{ "quiet", quiet, 1, false },
	{ "busy", busy, 1, false },
	{ "error", mailbox_error, 1, false },
	{ "silent", silent, 1, false },
	{ "down", down, 1, false },
	{ "absent", absent, 1, false },
	{ "vmm-exits", vmm_exits, 1, false },
	{ "call-again", call_again, 1, true },
	{ "call-mixed", call_mixed, 1, true },
	{ "call-odd", call_odd, 1, true },
	{ "call-bytes", call_bytes, 1, true },
};

unsigned disturb_kinds(void)
{
	return COUNT(kinds);
}

const char *disturb_name(unsigned kind)
{
	return kinds[kind].name;
}

bool disturb_hostile(unsigned kind)
{
	return kinds[kind].hostile;
}

void disturb_init(struct disturb *d, struct family *f, unsigned kind)
{
	*d = (struct disturb){ .f = f, .kind = kind, .fd = -1 };
}

void disturb_step(struct disturb *d)
{
	const struct kind *k = &kinds[d->kind];

	for (unsigned i = 0; i < k->burst && !d->over; i++) {
		d->ret = k->step(d);
		d->over = d->ret != -EAGAIN;
	}
}
