/* SPDX-License-Identifier: BSD-2-Clause */
/* dma-buf, iommufd, VFIO: what user space may ask of them. */
#include "user.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"

/* --- iommufd --- */

static void an_address_space_maps_memory_of_the_task(void **un)
{
	struct user *u = user_new();
	uint64_t n;

	(void)un;
	open_dev(u);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x10000, 0), -EINVAL);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x10000, FLAGS | 1u << 20),
			 -EOPNOTSUPP);
	assert_int_equal(map(u, u->ram, 0, 0x10000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram, 100, 0x10000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram + 8, PAGE_4K, 0x10000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x10008, FLAGS), -EINVAL);
	assert_int_equal(
		map(u, u->ram, 2 * PAGE_4K, UINT64_MAX - PAGE_4K + 1, FLAGS),
		-EOVERFLOW);
	assert_int_equal(map(u, 0x1000, PAGE_4K, 0x10000, FLAGS), -EFAULT);
	assert_int_equal(map(u, u->run, PAGE_4K, 0x10000, FLAGS), -EFAULT);
	assert_int_equal(map(u, u->ram, 4 * PAGE_4K, 0x10000, FLAGS), 0);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x13000, FLAGS), -EEXIST);
	assert_int_equal(map(u, u->ram, 2 * PAGE_4K, 0xf000, FLAGS), -EEXIST);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 1);
	assert_int_equal(m_io(u->m, 0x10000), 0);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_not_equal(m_io(u->m, 0x10000), 0);
	/* contiguous frames were one call */
	assert_int_equal(u->m->n_io, 1);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x20000,
			     FLAGS & ~IOMMU_IOAS_MAP_WRITEABLE),
			 0);
	assert_int_not_equal(m_io(u->m, 0x20000), 0);
	assert_false(u->m->io[1].write);
	assert_int_equal(unmap(u, 0x10000, PAGE_4K, &n), -ENOENT);
	assert_int_equal(unmap(u, 0x11000, 8 * PAGE_4K, &n), -ENOENT);
	assert_int_equal(unmap(u, 0x30000, PAGE_4K, &n), -ENOENT);
	assert_int_equal(unmap(u, 0x30000, 0, &n), -EINVAL);
	assert_int_equal(unmap(u, 2, UINT64_MAX, &n), -EOVERFLOW);
	/* Pages that were pinned stay where DMA reaches them. */
	assert_int_equal(k_munmap(u->t, u->ram, VM_MEM), 0);
	assert_int_equal(k_load(u->t, u->ram, &n, 1), -EFAULT);
	assert_int_not_equal(m_io(u->m, 0x10000), 0);
	assert_int_not_equal(u->m->pages, 0);
	assert_int_equal(unmap(u, 0x10000, 4 * PAGE_4K, &n), 0);
	assert_int_equal(n, 4 * PAGE_4K);
	assert_int_equal(m_io(u->m, 0x10000), 0);
	assert_int_equal(unmap(u, 0, UINT64_MAX, &n), 0);
	assert_int_equal(n, PAGE_4K);
	assert_int_equal(unmap(u, 0, UINT64_MAX, &n), 0);
	assert_int_equal(u->m->n_io, 0);
	user_free(u);
}

static void a_map_that_fails_half_way_leaves_nothing(void **un)
{
	struct user *u = user_new();

	(void)un;
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	/* two runs: the second is refused */
	assert_int_equal(k_store(u->t, u->ram, "x", 1), 0);
	assert_int_equal(k_store(u->t, u->ram + 2 * PAGE_4K, "x", 1), 0);
	u->m->io_map_err = -ENOMEM;
	u->m->io_map_after = 1;
	assert_int_equal(map(u, u->ram, 3 * PAGE_4K, 0, FLAGS), -ENOMEM);
	assert_int_equal(u->m->n_io, 0);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 0);
	u->m->io_map_err = 0;
	u->m->pages_max = u->m->pages;
	assert_int_equal(map(u, u->ram, 8 * PAGE_4K, 0, FLAGS), -ENOMEM);
	u->m->pages_max = 0;
	assert_int_equal(u->m->n_io, 0);
	assert_int_equal(map(u, u->ram, 3 * PAGE_4K, 0, FLAGS), 0);
	user_free(u);
}

static void huge_pages_are_chosen_before_anything_is_mapped(void **un)
{
	struct user *u = user_new();
	struct iommu_option o = { .size = sizeof(o),
				  .option_id = IOMMU_OPTION_HUGE_PAGES,
				  .op = IOMMU_OPTION_OP_GET,
				  .object_id = u->ioas };

	(void)un;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), 0);
	assert_int_equal(o.val64, 1);
	o.op = IOMMU_OPTION_OP_SET;
	o.val64 = 2;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EINVAL);
	o.val64 = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), 0);
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_false(u->m->attached->huge);
	o.val64 = 1;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), 0);
	assert_true(u->m->attached->huge);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0, FLAGS), 0);
	o.val64 = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EINVAL);
	o.op = 5;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EOPNOTSUPP);
	o.option_id = 9;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -EOPNOTSUPP);
	o.option_id = IOMMU_OPTION_HUGE_PAGES;
	o.object_id = 99;
	assert_int_equal(io(u, u->iommu, IOMMU_OPTION, &o), -ENOENT);
	user_free(u);
}

static void private_memory_is_mapped_by_file_and_held(void **un)
{
	struct user *u = user_new();
	uint64_t n, pa;

	(void)un;
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map_file(u, u->gmem, 0, VM_MEM + PAGE_4K, 0, FLAGS),
			 -EINVAL);
	assert_int_equal(map_file(u, u->gmem, VM_MEM, PAGE_4K, 0, FLAGS),
			 -EINVAL);
	assert_int_equal(map_file(u, u->vm, 0, PAGE_4K, 0, FLAGS), -EINVAL);
	assert_int_equal(map_file(u, 99, 0, PAGE_4K, 0, FLAGS), -EBADF);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 0);
	assert_int_equal(
		map_file(u, u->gmem, PAGE_4K, 2 * PAGE_4K, 0x8000, FLAGS), 0);
	pa = m_io(u->m, 0x8000);
	assert_int_equal(m_owner(u->m, pa), PAGE_4K + 1);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, PAGE_4K), 0);
	assert_int_equal(m_owner(u->m, pa), PAGE_4K + 1);
	assert_int_equal(m_io(u->m, 0x8000), pa);
	assert_int_equal(unmap(u, 0x8000, 2 * PAGE_4K, &n), 0);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, PAGE_4K, PAGE_4K), 0);
	assert_int_equal(m_owner(u->m, pa), 0);
	/* a page that cannot be made the guest's leaves nothing mapped */
	u->m->prepare_err = -EIO;
	assert_int_equal(map_file(u, u->gmem, 0, PAGE_4K, 0, FLAGS), -EIO);
	assert_int_equal(m_io(u->m, 0), 0);
	u->m->prepare_err = 0;
	assert_int_equal(map_file(u, u->gmem, 0, 3 * PAGE_4K, 0, FLAGS), 0);
	user_free(u);
}

static void a_page_that_does_not_come_back_is_lost_not_reused(void **un)
{
	struct user *u = user_new();
	struct gmem *g = gmem_from_file(k_fd_file(u->t, u->gmem));
	unsigned before;
	uint64_t pa;

	(void)un;
	assert_int_equal(gmem_page(g, 0, true, &pa), 0);
	before = u->m->pages;
	u->m->invalidate_err = -EIO;
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, PAGE_4K), -EIO);
	assert_int_equal(u->m->pages, before);
	assert_int_equal(g->lost, 1);
	u->m->invalidate_err = 0;
	u->m->owner_gpa[(pa - M_RAM) / PAGE_4K] = 0;
	u->m->taken[(pa - M_RAM) / PAGE_4K] = false;
	u->m->pages--;
	user_free(u);
}

static void a_mapping_asked_to_wait_appears_with_the_launch(void **un)
{
	struct user *u = user_new();

	(void)un;
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(map_file(u, u->gmem, 0, 2 * PAGE_4K, 0,
				  FLAGS | IOMMU_IOAS_MAP_AFTER_LAUNCH),
			 0);
	assert_int_equal(m_io(u->m, 0), 0);
	assert_int_equal(
		map_file(u, u->gmem, 2 * PAGE_4K, PAGE_4K, 0x8000, FLAGS), 0);
	assert_int_not_equal(m_io(u->m, 0x8000), 0);
	launch(u);
	assert_int_not_equal(m_io(u->m, 0), 0);
	assert_int_equal(map_file(u, u->gmem, 4 * PAGE_4K, PAGE_4K, 0x10000,
				  FLAGS | IOMMU_IOAS_MAP_AFTER_LAUNCH),
			 0);
	assert_int_not_equal(m_io(u->m, 0x10000), 0);
	user_free(u);
}

static void a_revoked_buffer_never_comes_back_into_an_address_space(void **un)
{
	struct user *u = user_new();
	uint32_t cmd = CMD_MEM, off = 0;
	uint64_t n;

	(void)un;
	open_dev(u);
	assert_int_equal(attach_ioas(u), 0);
	u->bar = (int)export(u, 0, 0, 0x4000, 1);
	assert_int_equal(map_file(u, u->bar, 0x3000, 0x2000, 0, FLAGS),
			 -EINVAL);
	assert_int_equal(map_file(u, u->bar, 0, 0x4000, 0, FLAGS), 0);
	assert_int_equal(m_io(u->m, 0x1000), M_MMIO + 0x1000);
	assert_int_equal(config(u, CFG_COMMAND, 2, &off, true), 2);
	assert_int_equal(m_io(u->m, 0x1000), 0);
	assert_int_equal(map_file(u, u->bar, 0, 0x4000, 0x8000, FLAGS),
			 -ENODEV);
	assert_int_equal(config(u, CFG_COMMAND, 2, &cmd, true), 2);
	assert_int_equal(m_io(u->m, 0x1000), 0);
	assert_int_equal(map_file(u, u->bar, 0, 0x4000, 0, FLAGS), -EEXIST);
	assert_int_equal(unmap(u, 0, 0x4000, &n), 0);
	assert_int_equal(map_file(u, u->bar, 0, 0x4000, 0, FLAGS), 0);
	assert_int_equal(m_io(u->m, 0x1000), M_MMIO + 0x1000);
	user_free(u);
}

static void objects_in_use_are_busy_and_their_ids_never_come_back(void **un)
{
	struct user *u = user_new();
	uint32_t gone;

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	assert_int_equal(destroy(u, 99), -ENOENT);
	assert_int_equal(destroy(u, u->ioas), -EBUSY);
	assert_int_equal(destroy(u, u->hwpt), -EBUSY);
	assert_int_equal(destroy(u, u->viommu), -EBUSY);
	assert_int_equal(destroy(u, u->dev_id), -EBUSY);
	assert_int_equal(detach(u), -EBUSY);
	assert_int_equal(destroy(u, u->vdevice), 0);
	gone = u->vdevice;
	assert_int_equal(destroy(u, gone), -ENOENT);
	assert_int_equal(detach(u), 0);
	assert_null(u->m->attached);
	assert_int_equal(destroy(u, u->viommu), 0);
	assert_int_equal(destroy(u, u->hwpt), 0);
	bind_tdi(u);
	assert_true(u->vdevice > gone);
	/* close: the vDevice is destroyed by force, its id is a tombstone */
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(destroy(u, u->vdevice), -ENOENT);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	assert_null(u->m->attached);
	user_free(u);
}

static void a_viommu_wants_a_vm_and_a_nesting_parent(void **un)
{
	struct user *u = user_new();
	struct iommu_viommu_tsm k = { .kvm_fd = u->vm };
	struct iommu_hwpt_alloc h = { .size = sizeof(h) };
	struct iommu_viommu_alloc v = { .size = sizeof(v),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.data_len = sizeof(k),
					.data_uptr = (uintptr_t)&k };

	(void)un;
	open_dev(u);
	h.pt_id = u->ioas;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), -ENOENT);
	h.dev_id = v.dev_id = u->dev_id;
	h.pt_id = 99;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), -EINVAL);
	h.pt_id = u->ioas;
	h.flags = 2;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), -EOPNOTSUPP);
	h.flags = 0;
	u->m->domain_err = -ENOMEM;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), -ENOMEM);
	u->m->domain_err = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	v.hwpt_id = h.out_hwpt_id;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EINVAL);
	h.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	v.hwpt_id = 99;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -ENOENT);
	v.hwpt_id = h.out_hwpt_id;
	v.type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EOPNOTSUPP);
	v.type = IOMMU_VIOMMU_TYPE_TSM;
	v.flags = 1;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EOPNOTSUPP);
	v.flags = 0;
	v.data_len = 4;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EINVAL);
	v.data_len = sizeof(k);
	v.data_uptr = 0;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EFAULT);
	v.data_uptr = (uintptr_t)&k;
	k.kvm_fd = u->kvm;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EBADF);
	k.kvm_fd = u->vm;
	k.reserved = 1;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EOPNOTSUPP);
	k.reserved = 0;
	u->m->viommu_err = -EOPNOTSUPP;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EOPNOTSUPP);
	u->m->viommu_err = 0;
	v.dev_id = 77;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -ENOENT);
	v.dev_id = u->dev_id;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), 0);
	user_free(u);
}

static void a_vdevice_is_one_for_each_device_and_id(void **un)
{
	struct user *u = user_new();
	struct iommu_vdevice_alloc d = { .size = sizeof(d), .virt_id = 8 };

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	d.viommu_id = u->viommu;
	d.dev_id = u->dev_id;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), -EEXIST);
	assert_int_equal(destroy(u, u->vdevice), 0);
	d.virt_id = UINT64_C(1) << 33;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), -EINVAL);
	d.virt_id = 8;
	d.viommu_id = 99;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), -ENOENT);
	d.viommu_id = u->viommu;
	d.dev_id = 99;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), -ENOENT);
	d.dev_id = u->dev_id;
	u->m->result_of[PCI_TSM_OP_BIND] = -EIO;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), -EIO);
	/* a bind under way goes with the device */
	u->m->exchanges_of[PCI_TSM_OP_BIND] = 2;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), -EAGAIN);
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(u->m->aborts, 1);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	user_free(u);
}

static void a_request_is_copied_once_and_must_stay_the_same(void **un)
{
	struct user *u = user_new();
	char req[] = "hello", resp[8] = "";

	(void)un;
	m_connect(u->m);
	open_dev(u);
	assert_int_equal(request(u, req, 8, resp), -ENOENT);
	bind_tdi(u);
	u->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 1;
	assert_int_equal(request(u, req, 8, resp), -EAGAIN);
	assert_int_equal(request(u, req, 7, resp), -EBUSY);
	assert_int_equal(request(u, "other", 8, resp), -EBUSY);
	assert_int_equal(destroy(u, u->vdevice), -EBUSY);
	req[0] = 'j'; /* too late */
	assert_int_equal(request(u, req, 8, resp), 0);
	assert_memory_equal(resp, "hello", 5);
	u->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 0;
	assert_int_equal(request(u, req, 8, NULL), -EFAULT);
	assert_int_equal(request(u, req, 257, resp), -E2BIG);
	u->m->result_of[PCI_TSM_OP_GUEST_REQ] = -EPERM;
	assert_int_equal(request(u, req, 8, resp), -EPERM);
	user_free(u);
}

static void iommufd_refuses_what_it_does_not_know(void **un)
{
	struct user *u = user_new();
	struct iommu_ioas_alloc a = { .size = sizeof(a), .flags = 1 };

	(void)un;
	assert_int_equal(io(u, u->iommu, UAPI_IO(0x3b, 0x95), &a), -ENOTTY);
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_ALLOC, &a), -EOPNOTSUPP);
	a.flags = 0;
	a.size = 4;
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_ALLOC, &a), -EINVAL);
	assert_int_equal(k_open(u->t, "/dev/iommux"), -ENOENT);
	assert_int_equal(k_open(u->t, "/dev/kvm2"), -ENOENT);
	assert_int_equal(destroy(u, u->ioas), 0);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0, FLAGS), -ENOENT);
	assert_int_equal(map_file(u, u->gmem, 0, PAGE_4K, 0, FLAGS), -ENOENT);
	user_free(u);
}

/* --- VFIO --- */

static void nothing_works_before_the_device_is_bound(void **un)
{
	struct user *u = user_new();
	struct vfio_device_info i = { .argsz = sizeof(i) };
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = u->vm };
	uint64_t at;
	uint32_t v;

	(void)un;
	assert_int_equal(k_open(u->t, "/dev/vfio/devices/vfio256"), -ENOENT);
	u->dev = m_vfio(u->m, u->t);
	assert_int_equal(k_open(u->t, "/dev/vfio/devices/vfio1"), -ENOENT);
	assert_int_equal(k_open(u->t, "/dev/vfio/devices/vfio"), -ENOENT);
	assert_int_equal(k_open(u->t, "/dev/vfio/devices/x"), -ENOENT);
	assert_int_equal(k_open(u->t, "/dev/vfio/devices/vfix256"), -ENOENT);
	assert_int_equal(k_open(u->t, "/dev/vfio/devices/vfio256 "), -ENOENT);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_INFO, &i), -EINVAL);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL), -EINVAL);
	assert_int_equal(config(u, 0, 4, &v, false), -EINVAL);
	assert_int_equal(config(u, 4, 2, &v, true), -EINVAL);
	assert_int_equal(k_mmap(u->t, PAGE_4K, 3, 1, u->dev, 0, &at), -EINVAL);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, &b), -EBADFD);
	b.iommufd = 400;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, &b), -EBADF);
	b.iommufd = -1;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, &b), -EINVAL);
	b.flags = 1;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, &b), -EINVAL);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, NULL),
			 -EFAULT);
	assert_int_equal(bind_dev(u), 0);
	assert_int_equal(bind_dev(u), -EINVAL);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_INFO, &i), 0);
	assert_int_equal(i.num_regions, 9);
	assert_int_equal(i.flags, 3);
	assert_int_equal(io(u, u->dev, 1, &i), -ENOTTY);
	user_free(u);
}

static void regions_tell_their_size_and_take_bytes(void **un)
{
	struct user *u = user_new();
	struct vfio_region_info r = { .argsz = sizeof(r), .index = 2 };
	uint8_t b[4] = { 1, 2, 3, 4 }, c[4] = { 0 };
	uint64_t at;

	(void)un;
	open_dev(u);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.size, 0x10000);
	assert_int_equal(r.offset, VFIO_PCI_OFFSET(2));
	assert_int_equal(r.flags, 7);
	r.index = 1;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.size, 0);
	r.index = 9;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_REGION_INFO, &r),
			 -EINVAL);
	assert_int_equal(k_pwrite(u->t, u->dev, b, 4, VFIO_PCI_OFFSET(2) + 8),
			 4);
	assert_int_equal(k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(2) + 8),
			 4);
	assert_memory_equal(b, c, 4);
	assert_memory_equal(u->m->bar + 0x10008, b, 4);
	assert_int_equal(
		k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0) + 0x3ffe), 2);
	assert_int_equal(
		k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0) + 0x4000),
		-EINVAL);
	memset(c, 0, sizeof(c));
	assert_int_equal(k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(1)),
			 -EINVAL);
	assert_int_equal(k_mmap(u->t, PAGE_4K, 3, 1, u->dev,
				VFIO_PCI_OFFSET(2) + 0x10000, &at),
			 -EINVAL);
	assert_int_equal(
		k_mmap(u->t, 0x10000, 3, 1, u->dev, VFIO_PCI_OFFSET(2), &at),
		0);
	assert_int_equal(k_load(u->t, at + 8, c, 4), 0);
	assert_memory_equal(b, c, 4);
	user_free(u);
}

static void decode_off_takes_mappings_away_and_gives_them_back(void **un)
{
	struct user *u = user_new();
	uint32_t on = CMD_MEM, off = 0;
	uint8_t c[4];
	uint64_t at;

	(void)un;
	open_dev(u);
	launch(u);
	bar_slot(u);
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, 3, 1, u->dev, VFIO_PCI_OFFSET(0), &at),
		0);
	assert_int_equal(kvm_fault(u->m->h.kvm.vms, BAR_GPA, true, false), 0);
	assert_int_equal(m_npt(u->m, BAR_GPA), M_MMIO);
	assert_int_equal(config(u, CFG_COMMAND, 2, &off, true), 2);
	assert_int_equal(m_npt(u->m, BAR_GPA), 0);
	assert_int_equal(k_load(u->t, at, c, 4), -EFAULT);
	assert_int_equal(k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0)), -EIO);
	assert_int_equal(kvm_fault(u->m->h.kvm.vms, BAR_GPA, true, false),
			 -EFAULT);
	assert_int_equal(config(u, CFG_COMMAND, 2, &on, true), 2);
	assert_int_equal(kvm_fault(u->m->h.kvm.vms, BAR_GPA, true, false), 0);
	assert_int_equal(k_load(u->t, at, c, 4), 0);
	user_free(u);
}

static void a_private_bar_is_the_guest_s_alone(void **un)
{
	struct user *u = user_new();
	struct vfio_region_info r = { .argsz = sizeof(r) };
	uint8_t c[4] = { 0 };
	uint64_t at;

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	bar_slot(u);
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, 3, 1, u->dev, VFIO_PCI_OFFSET(0), &at),
		0);
	/* while the host has a mapping it does not become private */
	assert_int_equal(request(u, "P", 0, NULL), -EBUSY);
	assert_int_equal(k_munmap(u->t, at, PAGE_4K), 0);
	/* also a part of one, which shows what it showed */
	assert_int_equal(k_mmap(u->t, 2 * PAGE_4K, 3, 1, u->dev,
				VFIO_PCI_OFFSET(0), &at),
			 0);
	assert_int_equal(k_munmap(u->t, at, PAGE_4K), 0);
	at += PAGE_4K;
	assert_int_equal(k_store(u->t, at, "bar!", 4), 0);
	assert_int_equal(
		k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0) + PAGE_4K), 4);
	assert_memory_equal(c, "bar!", 4);
	assert_int_equal(request(u, "P", 0, NULL), -EBUSY);
	assert_int_equal(k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0)), 4);
	assert_int_equal(k_munmap(u->t, at, PAGE_4K), 0);
	assert_int_equal(request(u, "P", 0, NULL), 0);
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, 3, 1, u->dev, VFIO_PCI_OFFSET(0), &at),
		-EBUSY);
	assert_int_equal(k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0)),
			 -EBUSY);
	assert_int_equal(k_pwrite(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(2)),
			 -EBUSY);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.flags & VFIO_REGION_INFO_FLAG_MMAP, 0);
	/* the guest's own pages stay reachable for it */
	assert_int_equal(attr(u, BAR_GPA, PAGE_4K, true), 0);
	assert_int_equal(kvm_fault(u->m->h.kvm.vms, BAR_GPA, true, true), 0);
	assert_int_equal(request(u, "S", 0, NULL), 0);
	assert_int_equal(k_pread(u->t, u->dev, c, 4, VFIO_PCI_OFFSET(0)), 4);
	user_free(u);
}

static void a_buffer_is_exported_by_whole_pages_of_a_bar(void **un)
{
	struct user *u = user_new();
	struct vfio_device_feature f = { .argsz = 8,
					 .flags = VFIO_DEVICE_FEATURE_PROBE |
						  VFIO_DEVICE_FEATURE_DMA_BUF };
	uint64_t at;
	long fd;

	(void)un;
	open_dev(u);
	assert_int_equal(export(u, 0, 0, 0x4000, 0), -EINVAL);
	assert_int_equal(export(u, 0, 0, 0x4000, 2), -EINVAL);
	assert_int_equal(export(u, 0, 5, 0x1000, 1), -EINVAL);
	assert_int_equal(export(u, 0, 0, 5, 1), -EINVAL);
	assert_int_equal(export(u, 0, 0, 0, 1), -EINVAL);
	assert_int_equal(export(u, 0, 0x4000, 0x1000, 1), -EINVAL);
	assert_int_equal(export(u, 0, UINT64_MAX - 0xfff, 0x2000, 1),
			 -EOVERFLOW);
	assert_int_equal(export(u, 1, 0, 0x1000, 1), -ENODEV);
	assert_int_equal(export(u, 8, 0, 0x1000, 1), -ENODEV);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_FEATURE, &f), 0);
	f.flags = VFIO_DEVICE_FEATURE_PROBE | 3;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_FEATURE, &f), -ENOTTY);
	f.flags = VFIO_DEVICE_FEATURE_GET | 3;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_FEATURE, &f), -ENOTTY);
	f.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_BUF;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_FEATURE, &f), -EINVAL);
	f.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_FEATURE, &f), -EINVAL);
	fd = export(u, 2, 0x1000, 0x2000, 1);
	assert_true(fd >= 0);
	assert_int_equal(k_mmap(u->t, 0x1000, 3, 1, (int)fd, 0, &at), -EINVAL);
	assert_int_equal(dmabuf_from_file(k_fd_file(u->t, (int)fd))->pa,
			 M_MMIO + 0x11000);
	/* it outlives its device as a dead one */
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(dmabuf_from_file(k_fd_file(u->t, (int)fd))->state,
			 DMABUF_DEAD);
	user_free(u);
}

static void configuration_hides_what_a_user_must_not_drive(void **un)
{
	struct user *u = user_new();
	uint32_t v, at = 0x100;
	bool doe = false, ide = false, sriov = false;

	(void)un;
	open_dev(u);
	for (unsigned n = 0; at && n < 64; n++) {
		assert_int_equal(config(u, (uint16_t)at, 4, &v, false), 4);
		doe |= (v & 0xffff) == ECAP_DOE;
		ide |= (v & 0xffff) == ECAP_IDE;
		sriov |= (v & 0xffff) == ECAP_SRIOV;
		at = ECAP_NEXT(v);
	}
	assert_false(doe || ide || sriov);
	v = DOE_CTL_GO;
	assert_int_equal(
		config(u, (uint16_t)(u->m->f.ep_doe + DOE_WRITE), 4, &v, true),
		4);
	assert_int_equal(u->m->f.mbox.state, DOE_IDLE);
	assert_int_equal(
		config(u, (uint16_t)(u->m->f.ep_doe + DOE_CAP), 4, &v, false),
		4);
	assert_int_equal(v, 0);
	/* the TEE bit is shown */
	assert_int_equal(config(u, (uint16_t)(u->m->f.ep_exp + EXP_DEVCAP), 4,
				&v, false),
			 4);
	assert_true(v & EXP_DEVCAP_TEE);
	user_free(u);
}

static void bars_are_virtual(void **un)
{
	struct user *u = user_new();
	uint32_t v = UINT32_MAX;

	(void)un;
	open_dev(u);
	assert_int_equal(config(u, CFG_BAR0, 4, &v, true), 4);
	assert_int_equal(config(u, CFG_BAR0, 4, &v, false), 4);
	assert_int_equal(v, 0xffffc000 | BAR_MEM_64 | BAR_PREFETCH);
	v = UINT32_MAX;
	assert_int_equal(config(u, CFG_BAR0 + 4, 4, &v, true), 4);
	assert_int_equal(config(u, CFG_BAR0 + 4, 4, &v, false), 4);
	assert_int_equal(v, UINT32_MAX);
	v = UINT32_MAX;
	assert_int_equal(config(u, (uint16_t)CFG_BAR(5), 4, &v, true), 4);
	assert_int_equal(config(u, (uint16_t)CFG_BAR(5), 4, &v, false), 4);
	assert_int_equal(v, 0);
	assert_int_equal(pci_bar_base(&u->m->f.ep, 0), M_MMIO);
	assert_int_equal(config(u, 0xffe, 4, &v, false), -EFAULT);
	assert_int_equal(config(u, 0x1000, 4, &v, false), -EFAULT);
	user_free(u);
}

static void a_virtual_function_shows_its_own_ids(void **un)
{
	struct user *u = user_new();
	struct pci_dev *v;
	uint32_t id;

	(void)un;
	assert_int_equal(pci_sriov_enable(m_ep(u->m), 1), 0);
	v = pci_find(&u->m->h.pci, M_VF);
	assert_int_equal(pci_driver_bind(v, &u->m->h.vfio.drv), 0);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio257");
	assert_int_equal(bind_dev(u), 0);
	assert_int_equal(config(u, 0, 4, &id, false), 4);
	assert_int_equal(id, ILK_DEVICE_VF << 16 | ILK_VENDOR_ID);
	assert_int_equal(config(u, CFG_COMMAND, 2, &id, false), 2);
	assert_true(id & CMD_MEM);
	user_free(u);
}

static void what_upsets_a_bound_device_unbinds_it_first(void **un)
{
	uint32_t master = CMD_MEM | CMD_MASTER, off = CMD_MEM;

	(void)un;
	for (unsigned i = 0; i < 6; i++) {
		struct user *u = user_new();
		const unsigned way = i / 2;
		const bool mine = i % 2; /* the guest has its BARs */
		/* a reset of function 0 ends its session, too */
		const bool goes = mine || way;

		m_connect(u->m);
		open_dev(u);
		bind_tdi(u);
		assert_int_equal(config(u, CFG_COMMAND, 2, &master, true), 2);
		if (mine)
			assert_int_equal(request(u, "P", 0, NULL), 0);
		assert_int_equal(u->m->h.tsm.tdi_pool.live, 1);
		u->m->f.logged = 0;
		u->m->n_order = 0;
		if (way == 0)
			assert_int_equal(config(u, CFG_COMMAND, 2, &off, true),
					 2);
		else if (way == 1)
			assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL),
					 0);
		else
			assert_int_equal(k_close(u->t, u->dev), 0);
		/* an interface that nobody locked loses nothing */
		assert_int_equal(u->m->n_order ? u->m->order[0] : 0,
				 goes ? 'U' : 0);
		assert_int_equal(u->m->h.tsm.tdi_pool.live, !goes);
		user_free(u);
	}
}

/* Bound interfaces when the endpoint's command register lost a bit. */
static unsigned bound_then;

static void command_written(void *ctx, struct fake_pci *f)
{
	struct machine *m = ctx;

	if (!(pci_cfg_get(&f->ep, CFG_COMMAND, 2) & CMD_MEM))
		bound_then += m->h.tsm.tdi_pool.live;
}

static void a_close_stops_the_interface_before_the_device(void **un)
{
	struct user *u = user_new();

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	u->m->f.ctx = u->m;
	u->m->f.watch = command_written;
	bound_then = 0;
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(bound_then, 0);
	u->m->f.watch = NULL;
	user_free(u);
}

static void a_reset_takes_buffers_away_for_its_time(void **un)
{
	struct user *u = user_new();

	(void)un;
	open_dev(u);
	launch(u);
	bar_slot(u);
	assert_int_equal(kvm_fault(u->m->h.kvm.vms, BAR_GPA, true, false), 0);
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_RESET, NULL), 0);
	assert_int_equal(u->m->f.flrs, 1);
	assert_int_equal(m_npt(u->m, BAR_GPA), 0);
	assert_int_equal(kvm_fault(u->m->h.kvm.vms, BAR_GPA, true, false), 0);
	user_free(u);
}

static void an_attach_that_fails_leaves_no_domain(void **un)
{
	struct user *u = user_new();

	(void)un;
	open_dev(u);
	u->m->attach_err = -EIO;
	assert_int_equal(attach_ioas(u), -EIO);
	assert_int_equal(u->m->domains, 0);
	u->m->attach_err = 0;
	u->m->io_map_err = -ENOMEM;
	assert_int_equal(map(u, u->ram, PAGE_4K, 0, FLAGS), 0);
	assert_int_equal(attach_ioas(u), -ENOMEM);
	assert_int_equal(u->m->domains, 0);
	u->m->io_map_err = 0;
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(attach_ioas(u), 0);
	assert_int_equal(detach(u), 0);
	assert_int_equal(u->m->domains, 0);
	assert_int_equal(detach(u), 0);
	user_free(u);
}

static void a_device_pulled_out_leaves_a_descriptor_that_says_so(void **un)
{
	struct user *u = user_new();
	struct vfio_device_info i = { .argsz = sizeof(i) };

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	m_ep(u->m)->gone = true;
	pci_remove(m_ep(u->m));
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_GET_INFO, &i), -ENODEV);
	assert_int_equal(u->m->h.tsm.dsm_pool.live, 0);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	assert_null(u->m->attached);
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(u->m->h.vfio.pool.live, 0);
	user_free(u);
}

/* Every order of closing ends with nothing left (user_free checks). */
static void descriptors_may_close_in_any_order(void **un)
{
	(void)un;
	for (unsigned seed = 0; seed < 40; seed++) {
		struct user *u = user_new();
		struct dice d = { seed };
		int fds[7];

		m_connect(u->m);
		open_dev(u);
		bind_tdi(u);
		launch(u);
		bar_slot(u);
		assert_int_equal(map_file(u, u->gmem, 0, VM_MEM, 0, FLAGS), 0);
		fds[0] = u->kvm;
		fds[1] = u->vm;
		fds[2] = u->gmem;
		fds[3] = u->vcpu;
		fds[4] = u->iommu;
		fds[5] = u->dev;
		fds[6] = u->bar;
		for (unsigned n = 7; n > 0; n--) {
			unsigned k = (unsigned)dice_below(&d, n);

			assert_int_equal(k_close(u->t, fds[k]), 0);
			fds[k] = fds[n - 1];
		}
		assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
		user_free(u);
	}
}

/* An unbind that nobody will ask for again is finished by the close. */
static void a_close_while_unbind_waits_takes_the_tdi_along(void **un)
{
	struct user *u = user_new();

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	u->m->exchanges_of[PCI_TSM_OP_UNBIND] = 2;
	assert_int_equal(destroy(u, u->vdevice), -EAGAIN);
	assert_int_equal(k_close(u->t, u->dev), 0);
	assert_int_equal(u->m->aborts, 0); /* in order */
	assert_int_equal(u->m->calls_of[PCI_TSM_OP_UNBIND], 3);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	user_free(u);
}

/* What ends an unbind for another reason leaves a vDevice without a TDI. */
static void a_vdevice_whose_tdi_is_gone_goes_without_it(void **un)
{
	struct user *u = user_new();
	char resp[8];

	(void)un;
	m_connect(u->m);
	open_dev(u);
	bind_tdi(u);
	u->m->exchanges_of[PCI_TSM_OP_UNBIND] = 2;
	assert_int_equal(destroy(u, u->vdevice), -EAGAIN);
	pci_tsm_drop(&u->m->h.tsm, pci_find(&u->m->h.pci, M_EP));
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	/* It is being destroyed: its id finds nothing. */
	assert_int_equal(request(u, "x", 8, resp), -ENOENT);
	assert_int_equal(destroy(u, u->vdevice), 0);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_space_maps_memory_of_the_task),
		cmocka_unit_test(a_map_that_fails_half_way_leaves_nothing),
		cmocka_unit_test(
			huge_pages_are_chosen_before_anything_is_mapped),
		cmocka_unit_test(private_memory_is_mapped_by_file_and_held),
		cmocka_unit_test(
			a_page_that_does_not_come_back_is_lost_not_reused),
		cmocka_unit_test(
			a_mapping_asked_to_wait_appears_with_the_launch),
		cmocka_unit_test(
			a_revoked_buffer_never_comes_back_into_an_address_space),
		cmocka_unit_test(
			objects_in_use_are_busy_and_their_ids_never_come_back),
		cmocka_unit_test(a_viommu_wants_a_vm_and_a_nesting_parent),
		cmocka_unit_test(a_vdevice_is_one_for_each_device_and_id),
		cmocka_unit_test(
			a_request_is_copied_once_and_must_stay_the_same),
		cmocka_unit_test(iommufd_refuses_what_it_does_not_know),
		cmocka_unit_test(nothing_works_before_the_device_is_bound),
		cmocka_unit_test(regions_tell_their_size_and_take_bytes),
		cmocka_unit_test(
			decode_off_takes_mappings_away_and_gives_them_back),
		cmocka_unit_test(a_private_bar_is_the_guest_s_alone),
		cmocka_unit_test(a_buffer_is_exported_by_whole_pages_of_a_bar),
		cmocka_unit_test(
			configuration_hides_what_a_user_must_not_drive),
		cmocka_unit_test(bars_are_virtual),
		cmocka_unit_test(a_virtual_function_shows_its_own_ids),
		cmocka_unit_test(what_upsets_a_bound_device_unbinds_it_first),
		cmocka_unit_test(a_close_stops_the_interface_before_the_device),
		cmocka_unit_test(a_reset_takes_buffers_away_for_its_time),
		cmocka_unit_test(an_attach_that_fails_leaves_no_domain),
		cmocka_unit_test(
			a_device_pulled_out_leaves_a_descriptor_that_says_so),
		cmocka_unit_test(descriptors_may_close_in_any_order),
		cmocka_unit_test(
			a_close_while_unbind_waits_takes_the_tdi_along),
		cmocka_unit_test(a_vdevice_whose_tdi_is_gone_goes_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
