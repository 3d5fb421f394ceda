/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver in user space, with no VM at all: the link protects its traffic,
 * the IOMMU confines the device to two buffers. Numbers of the device are its
 * data sheet's (docs/device-dma.md).
 */
#include <errno.h>

#include "pci/regs.h"
#include "vmm/vmm_priv.h"

#define WINDOW	    UINT64_C(0x100000)
#define REGS_SIZE   UINT64_C(0x4000)
#define REG_ID	    0x00
#define ID_VALUE    0x1d1a0001u
#define REG_STATUS  0x0c
#define STATUS_BUSY 1u
#define STATUS_DONE 2u
#define REG_SRC	    0x10
#define REG_DST	    0x18
#define REG_LEN	    0x20
#define REG_CMD	    0x24
#define CMD_COPY    3u
#define POLLS	    100000u

static long reg_write(struct vmm_run *r, unsigned reg, uint64_t v, size_t len)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	return k_store(r->v->t, r->bar_uva + reg, b, len);
}

static long reg_read(struct vmm_run *r, unsigned reg, uint32_t *v)
{
	uint8_t b[4];
	long ret = k_load(r->v->t, r->bar_uva + reg, b, sizeof(b));

	*v = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	     (uint32_t)b[3] << 24;
	return ret;
}

/* Two windows of memory at IOVA 0: what goes in, what comes back. */
static long buffers(struct vmm_run *r)
{
	struct vmm *v = r->v;
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	struct iommu_ioas_map m = { .size = sizeof(m),
				    .flags = IOMMU_IOAS_MAP_FIXED_IOVA |
					     IOMMU_IOAS_MAP_READABLE |
					     IOMMU_IOAS_MAP_WRITEABLE,
				    .length = 2 * WINDOW };
	struct vfio_device_attach_iommufd_pt at = { .argsz = sizeof(at) };
	long ret = k_ioctl(v->t, r->io_fd, IOMMU_IOAS_ALLOC, (uintptr_t)&a);

	if (!ret)
		ret = k_mmap(v->t, 2 * WINDOW, K_PROT_READ | K_PROT_WRITE,
			     K_MAP_ANONYMOUS, -1, 0, &r->buf_uva);
	if (ret)
		return ret;
	m.ioas_id = a.out_ioas_id;
	m.user_va = r->buf_uva;
	at.pt_id = a.out_ioas_id;
	ret = k_ioctl(v->t, r->io_fd, IOMMU_IOAS_MAP, (uintptr_t)&m);
	if (!ret)
		ret = k_ioctl(v->t, r->dev_fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			      (uintptr_t)&at);
	return ret;
}

static long device_on(struct vmm_run *r)
{
	struct vmm *v = r->v;
	const uint8_t cmd[2] = { CMD_MEM | CMD_MASTER, 0 };
	uint32_t id = 0;
	long ret = k_pwrite(v->t, r->dev_fd, cmd, sizeof(cmd),
			    VFIO_PCI_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) +
				    CFG_COMMAND);

	if (ret > 0)
		ret = k_mmap(v->t, REGS_SIZE, K_PROT_READ | K_PROT_WRITE,
			     K_MAP_SHARED, r->dev_fd, VFIO_PCI_OFFSET(0),
			     &r->bar_uva);
	if (!ret)
		ret = reg_read(r, REG_ID, &id);
	return ret ? ret : id == ID_VALUE ? 0 : -ENODEV;
}

long vmm_dma_start(struct vmm_run *r)
{
	struct vmm *v = r->v;
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b) };
	char path[K_PATH];
	long ret;

	r->dev_fd = r->io_fd = NO_FD;
	vmm_vfio_path(path, r->bdf);
	ret = k_open(v->t, path);
	if (ret < 0)
		return ret;
	r->dev_fd = (int)ret;
	ret = k_open(v->t, "/dev/iommu");
	if (ret < 0)
		return ret;
	b.iommufd = r->io_fd = (int)ret;
	ret = k_ioctl(v->t, r->dev_fd, VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&b);
	if (!ret)
		ret = buffers(r);
	return ret ? ret : device_on(r);
}

/* Unmaps, closes; the device is reset by VFIO. */
void vmm_dma_stop(struct vmm_run *r)
{
	struct vmm *v = r->v;

	if (r->bar_uva)
		(void)k_munmap(v->t, r->bar_uva, REGS_SIZE);
	vmm_close(v, &r->dev_fd);
	vmm_close(v, &r->io_fd);
	if (r->buf_uva)
		(void)k_munmap(v->t, r->buf_uva, 2 * WINDOW);
	r->bar_uva = r->buf_uva = 0;
}

static uint64_t window(const struct vmm_run *r)
{
	return r->len - r->done < WINDOW ? r->len - r->done : WINDOW;
}

static long begin(struct vmm_run *r)
{
	const uint64_t n = window(r);
	long ret = k_store(r->v->t, r->buf_uva, r->in + r->done, n);

	if (!ret)
		ret = reg_write(r, REG_SRC, 0, 8);
	if (!ret)
		ret = reg_write(r, REG_DST, WINDOW, 8);
	if (!ret)
		ret = reg_write(r, REG_LEN, n, 4);
	return ret ? ret : reg_write(r, REG_CMD, CMD_COPY, 4);
}

/* One window a step, or one look at the status of it. */
long vmm_dma_step(struct vmm_run *r)
{
	uint32_t status = 0;
	long ret = 0;

	if (r->done == r->len) {
		vmm_dma_stop(r);
		return 0;
	}
	if (!r->sub)
		ret = begin(r);
	if (!ret)
		ret = reg_read(r, REG_STATUS, &status);
	if (ret)
		return ret;
	if (status & STATUS_BUSY)
		return r->sub++ < POLLS ? -EAGAIN : -ETIMEDOUT;
	r->sub = 0;
	if (!(status & STATUS_DONE) || status == UINT32_MAX)
		return -EIO;
	ret = reg_write(r, REG_STATUS, STATUS_DONE, 4);
	if (!ret)
		ret = k_load(r->v->t, r->buf_uva + WINDOW, r->out + r->done,
			     window(r));
	if (ret)
		return ret;
	r->done += window(r);
	return -EAGAIN;
}
