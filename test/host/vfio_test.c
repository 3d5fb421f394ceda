/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vfio-pci as a user meets it. Expected errors are those of Linux 7.3
 * drivers/vfio and drivers/vfio/pci; the function named in a comment says it.
 */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>

struct user {
	struct machine *m;
	struct task *t;
	int iommu, dev;
	uint32_t dev_id;
};

static long io(struct user *u, uint32_t cmd, void *arg)
{
	return k_ioctl(u->t, u->dev, cmd, (uintptr_t)arg);
}

static long bind_to(struct user *u, int dev, int iommu)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = iommu };
	long ret = k_ioctl(u->t, dev, VFIO_DEVICE_BIND_IOMMUFD, (uintptr_t)&b);

	u->dev_id = b.out_devid;
	return ret;
}

static struct user *user_new(void)
{
	struct user *u = calloc(1, sizeof(*u));

	u->m = machine_new();
	u->t = k_task_new(&u->m->h.k);
	u->iommu = (int)k_open(u->t, "/dev/iommu");
	u->dev = m_vfio(u->m, u->t);
	assert_int_equal(bind_to(u, u->dev, u->iommu), 0);
	return u;
}

static void user_free(struct user *u)
{
	struct machine *m = u->m;

	k_task_exit(u->t);
	assert_int_equal(m->h.k.file_pool.live, 0);
	assert_int_equal(m->h.vfio.file_pool.live, 0);
	assert_int_equal(m->h.vfio.buf_pool.live, 0);
	assert_int_equal(m->h.iommufd.obj_pool.live, 0);
	machine_free(m);
	free(u);
}

static long config(struct user *u, uint32_t reg, size_t len, void *v, bool w)
{
	uint64_t off = VFIO_PCI_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) + reg;

	return w ? k_pwrite(u->t, u->dev, v, len, off)
		 : k_pread(u->t, u->dev, v, len, off);
}

/* A request of @n ranges whose argsz is @argsz. */
static long export(struct user *u, uint32_t bar, uint32_t n,
		   const struct vfio_region_dma_range *r, size_t argsz)
{
	_Alignas(8) uint8_t q[24 + 20 * sizeof(*r)] = { 0 };
	const struct vfio_device_feature f = {
		.argsz = (uint32_t)argsz,
		.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF,
	};
	const struct vfio_device_feature_dma_buf b = { .region_index = bar,
						       .nr_ranges = n };

	memcpy(q, &f, 8);
	memcpy(q + 8, &b, 16);
	for (uint32_t i = 0; i < n && i < 2; i++)
		memcpy(q + 24 + i * sizeof(*r), &r[i], sizeof(*r));
	return io(u, VFIO_DEVICE_FEATURE, q);
}

static struct dmabuf *buf_of(struct user *u)
{
	const struct vfio_region_dma_range r = { 0, 0x4000 };
	long fd = export(u, 0, 1, &r, 40);

	assert_true(fd >= 0);
	return dmabuf_from_file(k_fd_file(u->t, (int)fd));
}

/* An importer that is busy until told otherwise. */
struct importer {
	unsigned told;
	bool busy;
};

static void told(void *ctx, struct dmabuf *b)
{
	(void)b;
	((struct importer *)ctx)->told++;
}

static bool busy(void *ctx, const struct dmabuf *b)
{
	(void)b;
	return ((struct importer *)ctx)->busy;
}

static void import(struct dmabuf *b, struct importer *i)
{
	const struct dmabuf_importer x = { told, i, busy, false };

	assert_int_equal(dmabuf_attach(b, &x), 0);
}

/* --- the tests --- */

static void a_device_opens_often_and_is_bound_once(void **un)
{
	struct user *u = user_new();
	int more = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	uint32_t v;

	(void)un;
	assert_true(more >= 0);
	assert_int_equal(bind_to(u, more, u->iommu), -EINVAL);
	assert_int_equal(k_pread(u->t, more, &v, 4, 0), -EINVAL);
	assert_int_equal(k_ioctl(u->t, more, VFIO_DEVICE_RESET, 0), -EINVAL);
	/* the descriptor that closes was not the bound one */
	assert_int_equal(k_close(u->t, more), 0);
	assert_int_equal(config(u, 0, 4, &v, false), 4);
	more = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(bind_to(u, more, u->iommu), 0);
	user_free(u);
}

static void information_has_the_kernel_s_sizes(void **un)
{
	struct user *u = user_new();
	struct vfio_device_info i = { .argsz = 15, .cap_offset = 7 };
	struct vfio_region_info r = { .argsz = 31 };
	struct vfio_irq_info q = { .argsz = 15 };
	struct vfio_irq_set set = { .argsz = sizeof(set), .index = 2 };

	(void)un;
	assert_int_equal(io(u, VFIO_DEVICE_GET_INFO, &i), -EINVAL);
	i.argsz = 16; /* without cap_offset */
	assert_int_equal(io(u, VFIO_DEVICE_GET_INFO, &i), 0);
	assert_int_equal(i.cap_offset, 7);
	assert_int_equal(i.num_irqs, 5);
	i.argsz = 20;
	assert_int_equal(io(u, VFIO_DEVICE_GET_INFO, &i), 0);
	assert_int_equal(i.cap_offset, 0);
	assert_int_equal(io(u, VFIO_DEVICE_GET_REGION_INFO, &r), -EINVAL);
	r.argsz = sizeof(r);
	r.index = VFIO_PCI_ROM_REGION_INDEX;
	assert_int_equal(io(u, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.size, 0);
	assert_int_equal(r.flags, 0);
	r.index = VFIO_PCI_VGA_REGION_INDEX;
	assert_int_equal(io(u, VFIO_DEVICE_GET_REGION_INFO, &r), -EINVAL);
	r.index = VFIO_PCI_CONFIG_REGION_INDEX;
	assert_int_equal(io(u, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.size, 4096);
	assert_int_equal(r.flags, 3);
	assert_int_equal(io(u, VFIO_DEVICE_GET_IRQ_INFO, &q), -EINVAL);
	q.argsz = sizeof(q);
	q.index = 5;
	assert_int_equal(io(u, VFIO_DEVICE_GET_IRQ_INFO, &q), -EINVAL);
	q.index = 2;
	assert_int_equal(io(u, VFIO_DEVICE_GET_IRQ_INFO, &q), 0);
	assert_int_equal(q.count, 0);
	assert_int_equal(io(u, VFIO_DEVICE_SET_IRQS, &set), -EINVAL);
	user_free(u);
}

static void reads_and_writes_end_where_a_region_does(void **un)
{
	struct user *u = user_new();
	uint8_t b[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)un;
	assert_int_equal(k_pread(u->t, u->dev, b, 0, VFIO_PCI_OFFSET(20)), 0);
	assert_int_equal(k_pread(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(9)),
			 -EINVAL);
	assert_int_equal(k_pread(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(8)),
			 -EINVAL);
	assert_int_equal(k_pread(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(6)),
			 -EINVAL);
	assert_int_equal(k_pwrite(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(6)),
			 -EINVAL);
	assert_int_equal(
		k_pwrite(u->t, u->dev, b, 8, VFIO_PCI_OFFSET(0) + 0x3ffc), 4);
	assert_memory_equal(u->m->bar + 0x3ffc, b, 4);
	assert_int_equal(config(u, 4095, 2, b, false), -EFAULT);
	assert_int_equal(config(u, 4096, 1, b, true), -EFAULT);
	user_free(u);
}

static void a_configuration_write_is_made_of_aligned_parts(void **un)
{
	struct user *u = user_new();
	uint8_t b[7] = { 0, 0, 0, 0, 0xf0, 0xff, 0x12 };
	uint32_t v = 0;

	(void)un;
	/* bytes 0x0d to 0x13: latency timer …, BAR0 */
	assert_int_equal(config(u, 0x0d, 7, b, true), 7);
	assert_int_equal(config(u, CFG_BAR0, 4, &v, false), 4);
	assert_int_equal(v & ~UINT32_C(0xf), 0x12ffc000);
	/* one byte of the command register */
	b[0] = 0;
	assert_int_equal(config(u, CFG_COMMAND, 1, b, true), 1);
	assert_int_equal(k_pread(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(0)), -EIO);
	b[0] = CMD_MEM;
	assert_int_equal(config(u, CFG_COMMAND, 1, b, true), 1);
	assert_int_equal(k_pread(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(0)), 4);
	user_free(u);
}

static void every_way_of_losing_memory_revokes_and_gives_back(void **un)
{
	enum { MSE, RESET, FLR_WORD, FLR_BYTE, D3, WAYS };

	(void)un;
	for (int way = 0; way < WAYS; way++) {
		struct user *u = user_new();
		struct dmabuf *b = buf_of(u);
		struct importer i = { 0 };
		const uint16_t ctl = (uint16_t)(u->m->f.ep_exp + EXP_DEVCTL);
		const uint16_t pm = pci_find_cap(m_ep(u->m), CAP_PM);
		uint32_t off = 0, on = CMD_MEM, flr = EXP_DEVCTL_FLR;
		uint32_t d3 = PM_STATE_D3, high = flr >> 8;
		unsigned flrs = way >= RESET && way <= FLR_BYTE;

		assert_int_not_equal(pm, 0);
		import(b, &i);
		if (way == MSE)
			assert_int_equal(config(u, CFG_COMMAND, 2, &off, true),
					 2);
		else if (way == RESET)
			assert_int_equal(io(u, VFIO_DEVICE_RESET, NULL), 0);
		else if (way == FLR_WORD)
			assert_int_equal(config(u, ctl, 2, &flr, true), 2);
		else if (way == FLR_BYTE)
			assert_int_equal(config(u, ctl + 1u, 1, &high, true),
					 1);
		else
			assert_int_equal(config(u, pm + PM_CSR, 2, &d3, true),
					 2);
		assert_int_equal(u->m->f.flrs, flrs);
		assert_int_equal(i.told, flrs ? 2 : 1);
		assert_int_equal(b->state, flrs ? DMABUF_LIVE : DMABUF_REVOKED);
		if (way == MSE)
			assert_int_equal(config(u, CFG_COMMAND, 2, &on, true),
					 2);
		if (way == D3) {
			/* memory decoding alone does not bring it back */
			assert_int_equal(config(u, CFG_COMMAND, 2, &on, true),
					 2);
			assert_int_equal(b->state, DMABUF_REVOKED);
			assert_int_equal(k_pread(u->t, u->dev, &on, 4, 0),
					 -EIO);
			assert_int_equal(config(u, pm + PM_CSR, 2, &off, true),
					 2);
		}
		assert_int_equal(b->state, DMABUF_LIVE);
		assert_int_equal(i.told, 2);
		user_free(u);
	}
}

static void a_call_waits_for_a_busy_importer_and_changes_nothing(void **un)
{
	struct user *u = user_new();
	struct dmabuf *b = buf_of(u);
	struct importer i = { .busy = true };
	uint32_t off = 0, v;

	(void)un;
	import(b, &i);
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(config(u, CFG_COMMAND, 2, &off, true),
				 -EAGAIN);
		assert_int_equal(config(u, CFG_COMMAND, 2, &v, false), 2);
		assert_true(v & CMD_MEM);
		assert_int_equal(io(u, VFIO_DEVICE_RESET, NULL), -EAGAIN);
	}
	assert_int_equal(u->m->f.flrs, 0);
	assert_int_equal(i.told, 1);
	i.busy = false;
	assert_int_equal(io(u, VFIO_DEVICE_RESET, NULL), 0);
	assert_int_equal(u->m->f.flrs, 1);
	assert_int_equal(b->state, DMABUF_LIVE);
	user_free(u);
}

static void a_close_kills_buffers_for_good(void **un)
{
	struct user *u = user_new();
	struct dmabuf *b = buf_of(u);
	struct importer i = { 0 };

	(void)un;
	import(b, &i);
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(b->state, DMABUF_DEAD);
	assert_int_equal(i.told, 1);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	assert_int_equal(bind_to(u, u->dev, u->iommu), 0);
	assert_int_equal(b->state, DMABUF_DEAD);
	user_free(u);
}

/* vfio_ioctl_device_feature(), vfio_check_feature(). */
static void a_feature_is_asked_for_as_linux_wants_it(void **un)
{
	const uint32_t get = VFIO_DEVICE_FEATURE_GET,
		       set = VFIO_DEVICE_FEATURE_SET,
		       probe = VFIO_DEVICE_FEATURE_PROBE;
	const struct {
		uint32_t argsz, flags;
		int ret;
	} ask[] = {
		{ 7, probe | 11, -EINVAL },
		{ 8, 1u << 19 | probe | 11, -EINVAL },
		{ 8, get | set | 11, -EINVAL },
		{ 8, get | set | probe | 11, -EINVAL }, /* SET is not served */
		{ 8, get | probe | 11, 0 },
		{ 8, probe | 11, 0 },
		{ 8, set | probe | 11, -EINVAL },
		{ 8, 11, -EINVAL },
		{ 23, get | 11, -EINVAL },
		{ 8, probe | 1, -ENOTTY }, /* migration */
		{ 8, get | 0xffff, -ENOTTY },
	};
	struct user *u = user_new();
	_Alignas(8) uint8_t q[64] = { 0 };

	(void)un;
	for (size_t i = 0; i < COUNT(ask); i++) {
		memcpy(q, &ask[i].argsz, 4);
		memcpy(q + 4, &ask[i].flags, 4);
		assert_int_equal(io(u, VFIO_DEVICE_FEATURE, q), ask[i].ret);
	}
	assert_int_equal(u->m->h.vfio.buf_pool.live, 0);
	user_free(u);
}

static void several_ranges_make_one_buffer_that_iommufd_refuses(void **un)
{
	const struct vfio_region_dma_range r[] = { { 0x2000, 0x1000 },
						   { 0, 0x1000 } };
	const struct vfio_region_dma_range huge[] = {
		{ 0, UINT64_C(1) << 63 }, { 0, UINT64_C(1) << 63 }
	};
	struct user *u = user_new();
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	struct iommu_ioas_map_file f = { .size = sizeof(f),
					 .flags = IOMMU_IOAS_MAP_FIXED_IOVA |
						  IOMMU_IOAS_MAP_READABLE,
					 .length = 0x1000 };
	const struct dmabuf *b;
	long fd;

	(void)un;
	assert_int_equal(export(u, 0, 2, r, 24 + 31), -EINVAL);
	assert_int_equal(export(u, 0, 17, r, 24 + 17 * 16), -ENOMEM);
	assert_int_equal(export(u, 0, 2, huge, 24 + 32), -EINVAL);
	fd = export(u, 0, 2, r, 24 + 32);
	assert_true(fd >= 0);
	b = dmabuf_from_file(k_fd_file(u->t, (int)fd));
	assert_int_equal(b->len, 0x2000);
	assert_int_equal(dmabuf_frame(b, 0), M_MMIO + 0x2000);
	assert_int_equal(dmabuf_frame(b, 0x1000), M_MMIO);
	assert_int_equal(
		k_ioctl(u->t, u->iommu, IOMMU_IOAS_ALLOC, (uintptr_t)&a), 0);
	f.ioas_id = a.out_ioas_id;
	f.fd = (int)fd;
	assert_int_equal(
		k_ioctl(u->t, u->iommu, IOMMU_IOAS_MAP_FILE, (uintptr_t)&f),
		-EOPNOTSUPP);
	user_free(u);
}

struct info {
	struct vfio_pci_hot_reset_info h;
	struct vfio_pci_dependent_device d[4];
};

static void a_hot_reset_names_all_it_would_reset(void **un)
{
	struct user *u = user_new();
	struct info i = { .h.argsz = 11 };

	(void)un;
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 2), 0);
	assert_int_equal(io(u, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &i),
			 -EINVAL);
	i.h.argsz = 12 + 16;
	assert_int_equal(io(u, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &i),
			 -ENOSPC);
	assert_int_equal(i.h.count, 3);
	i.h.argsz = sizeof(i);
	assert_int_equal(io(u, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &i), 0);
	assert_int_equal(i.h.count, 3);
	assert_int_equal(i.h.flags, VFIO_PCI_HOT_RESET_FLAG_DEV_ID);
	for (unsigned n = 0; n < 3; n++) {
		assert_int_equal(i.d[n].segment, 0);
		assert_int_equal(i.d[n].bus, 1);
		assert_int_equal((int)i.d[n].devid,
				 i.d[n].devfn == 0 ? (int)u->dev_id
						   : VFIO_PCI_DEVID_NOT_OWNED);
	}
	user_free(u);
}

static void a_hot_reset_wants_every_function_in_one_hand(void **un)
{
	struct user *u = user_new();
	struct vfio_pci_hot_reset h = { .argsz = 11 };
	int other = (int)k_open(u->t, "/dev/iommu"), vf;
	struct dmabuf *b = buf_of(u);
	struct importer i = { 0 };
	struct info info = { .h.argsz = sizeof(info) };
	uint32_t v;

	(void)un;
	import(b, &i);
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), -EINVAL);
	h.argsz = sizeof(h);
	h.flags = 1;
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), -EINVAL);
	h.flags = 0;
	h.count = 1; /* groups are not for character devices */
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), -EINVAL);
	h.count = 0;
	/* a VF nobody drives, one that is open but not bound, another's */
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 1), 0);
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), -EINVAL);
	assert_int_equal(pci_driver_bind(pci_find(&u->m->h.pci, M_VF),
					 &u->m->h.vfio.drv),
			 0);
	vf = (int)k_open(u->t, "/dev/vfio/devices/vfio257");
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), -EINVAL);
	assert_int_equal(bind_to(u, vf, other), 0);
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), -EINVAL);
	assert_int_equal(i.told, 0);
	assert_int_equal(k_close(u->t, vf), 0);
	vf = (int)k_open(u->t, "/dev/vfio/devices/vfio257");
	assert_int_equal(bind_to(u, vf, u->iommu), 0);
	assert_int_equal(io(u, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info), 0);
	assert_int_equal(info.h.flags,
			 VFIO_PCI_HOT_RESET_FLAG_DEV_ID |
				 VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED);
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), 0);
	assert_int_equal(i.told, 2);
	assert_int_equal(b->state, DMABUF_LIVE);
	/* configuration is as before */
	assert_int_equal(config(u, CFG_COMMAND, 2, &v, false), 2);
	assert_true(v & CMD_MEM);
	assert_int_equal(pci_bar_base(&u->m->f.ep, 0), M_MMIO);
	user_free(u);
}

static void a_hot_reset_ends_the_session_before_it_is_lost(void **un)
{
	struct user *u = user_new();
	struct vfio_pci_hot_reset h = { .argsz = sizeof(h) };

	(void)un;
	m_connect(u->m);
	u->m->n_order = 0;
	assert_int_equal(io(u, VFIO_DEVICE_PCI_HOT_RESET, &h), 0);
	assert_int_equal(u->m->order[0], 'D');
	assert_null(m_ep(u->m)->tsm);
	m_connect(u->m);
	user_free(u);
}

/* --- KVM --- */

static long give(struct user *u, int kv, int fd, uint64_t attr)
{
	struct kvm_device_attr a = { .group = KVM_DEV_VFIO_FILE,
				     .attr = attr,
				     .addr = (uintptr_t)&fd };

	return k_ioctl(u->t, kv, KVM_SET_DEVICE_ATTR, (uintptr_t)&a);
}

static void a_device_of_one_vm_is_not_bound_for_another(void **un)
{
	struct user *u = user_new();
	int kvm = (int)k_open(u->t, "/dev/kvm");
	int vm[2];
	struct kvm_create_device c = { .type = KVM_DEV_TYPE_VFIO };
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = IOMMU_HWPT_ALLOC_NEST_PARENT };
	struct iommu_viommu_tsm k = { 0 };
	struct iommu_viommu_alloc v = { .size = sizeof(v),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.data_len = sizeof(k),
					.data_uptr = (uintptr_t)&k };
	struct iommu_vdevice_alloc d = { .size = sizeof(d), .virt_id = 8 };

	(void)un;
	m_connect(u->m);
	for (unsigned i = 0; i < 2; i++)
		vm[i] = (int)k_ioctl(u->t, kvm, KVM_CREATE_VM, KVM_X86_SNP_VM);
	assert_int_equal(k_ioctl(u->t, vm[0], KVM_CREATE_DEVICE, (uintptr_t)&c),
			 0);
	/* what counts is the VM at the time of the bind */
	assert_int_equal(k_close(u->t, u->dev), 0);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	assert_int_equal(give(u, (int)c.fd, u->dev, KVM_DEV_VFIO_FILE_ADD), 0);
	assert_int_equal(bind_to(u, u->dev, u->iommu), 0);
	assert_int_equal(
		k_ioctl(u->t, u->iommu, IOMMU_IOAS_ALLOC, (uintptr_t)&a), 0);
	h.pt_id = a.out_ioas_id;
	h.dev_id = v.dev_id = d.dev_id = u->dev_id;
	assert_int_equal(
		k_ioctl(u->t, u->iommu, IOMMU_HWPT_ALLOC, (uintptr_t)&h), 0);
	v.hwpt_id = h.out_hwpt_id;
	for (unsigned i = 2; i-- > 0;) {
		k.kvm_fd = vm[i];
		assert_int_equal(k_ioctl(u->t, u->iommu, IOMMU_VIOMMU_ALLOC,
					 (uintptr_t)&v),
				 0);
		d.viommu_id = v.out_viommu_id;
		assert_int_equal(k_ioctl(u->t, u->iommu, IOMMU_VDEVICE_ALLOC,
					 (uintptr_t)&d),
				 i ? -EINVAL : 0);
	}
	assert_int_equal(give(u, (int)c.fd, u->dev, KVM_DEV_VFIO_FILE_DEL), 0);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_opens_often_and_is_bound_once),
		cmocka_unit_test(information_has_the_kernel_s_sizes),
		cmocka_unit_test(reads_and_writes_end_where_a_region_does),
		cmocka_unit_test(
			a_configuration_write_is_made_of_aligned_parts),
		cmocka_unit_test(
			every_way_of_losing_memory_revokes_and_gives_back),
		cmocka_unit_test(
			a_call_waits_for_a_busy_importer_and_changes_nothing),
		cmocka_unit_test(a_close_kills_buffers_for_good),
		cmocka_unit_test(a_feature_is_asked_for_as_linux_wants_it),
		cmocka_unit_test(
			several_ranges_make_one_buffer_that_iommufd_refuses),
		cmocka_unit_test(a_hot_reset_names_all_it_would_reset),
		cmocka_unit_test(a_hot_reset_wants_every_function_in_one_hand),
		cmocka_unit_test(
			a_hot_reset_ends_the_session_before_it_is_lost),
		cmocka_unit_test(a_device_of_one_vm_is_not_bound_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
