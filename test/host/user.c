/* SPDX-License-Identifier: BSD-2-Clause */
#include "user.h"

#include <stdlib.h>

long io(struct user *u, int fd, uint32_t cmd, void *arg)
{
	return k_ioctl(u->t, fd, cmd, (uintptr_t)arg);
}

long slot(struct user *u, uint32_t id, uint32_t flags, uint64_t gpa,
	  uint64_t len, uint64_t uva, int fd)
{
	struct kvm_userspace_memory_region2 r = { .slot = id,
						  .flags = flags,
						  .guest_phys_addr = gpa,
						  .memory_size = len,
						  .userspace_addr = uva,
						  .guest_memfd = (uint32_t)fd };

	return io(u, u->vm, KVM_SET_USER_MEMORY_REGION2, &r);
}

long attr(struct user *u, uint64_t gpa, uint64_t len, bool private)
{
	struct kvm_memory_attributes a = {
		gpa, len, private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0, 0
	};

	return io(u, u->vm, KVM_SET_MEMORY_ATTRIBUTES, &a);
}

struct user *user_new(void)
{
	struct user *u = calloc(1, sizeof(*u));
	struct kvm_create_guest_memfd g = { .size = VM_MEM };
	struct iommu_ioas_alloc a = { .size = sizeof(a) };

	u->m = machine_new();
	u->t = k_task_new(&u->m->h.k);
	u->kvm = (int)k_open(u->t, "/dev/kvm");
	u->vm = (int)k_ioctl(u->t, u->kvm, KVM_CREATE_VM, KVM_X86_SNP_VM);
	assert_true(u->vm >= 0);
	u->gmem = (int)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g);
	assert_true(u->gmem >= 0);
	assert_int_equal(
		k_mmap(u->t, VM_MEM, 3, K_MAP_ANONYMOUS, -1, 0, &u->ram), 0);
	assert_int_equal(
		slot(u, 0, KVM_MEM_GUEST_MEMFD, 0, VM_MEM, u->ram, u->gmem), 0);
	assert_int_equal(attr(u, 0, VM_MEM, true), 0);
	u->vcpu = (int)k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 0);
	assert_true(u->vcpu >= 0);
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, 3, K_MAP_SHARED, u->vcpu, 0, &u->run), 0);
	u->iommu = (int)k_open(u->t, "/dev/iommu");
	assert_int_equal(io(u, u->iommu, IOMMU_IOAS_ALLOC, &a), 0);
	u->ioas = a.out_ioas_id;
	u->dev = u->bar = -1;
	return u;
}

void launch(struct user *u)
{
	u->m->launch_on_enc = true;
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_MEMORY_ENCRYPT_OP, 0), 0);
	u->m->launch_on_enc = false;
}

void user_free(struct user *u)
{
	struct machine *m = u->m;

	if (u->t)
		k_task_exit(u->t);
	assert_int_equal(m->pages, 0);
	assert_int_equal(m->vms, 0);
	assert_int_equal(m->domains, 0);
	assert_int_equal(m->n_npt, 0);
	assert_int_equal(m->h.k.file_pool.live, 0);
	assert_int_equal(m->h.k.vma_pool.live, 0);
	assert_int_equal(m->h.k.leaf_pool.live, 0);
	assert_int_equal(m->h.iommufd.obj_pool.live, 0);
	assert_int_equal(m->h.iommufd.area_pool.live, 0);
	assert_int_equal(m->h.iommufd.pages_pool.live, 0);
	assert_int_equal(m->h.iommufd.range_pool.live, 0);
	assert_int_equal(m->h.vfio.buf_pool.live, 0);
	machine_free(m);
	free(u);
}

long bind_dev(struct user *u)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = u->iommu };
	long ret = io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, &b);

	u->dev_id = b.out_devid;
	return ret;
}

void open_dev(struct user *u)
{
	u->dev = m_vfio(u->m, u->t);
	assert_int_equal(bind_dev(u), 0);
}

long export(struct user *u, uint32_t bar, uint64_t off, uint64_t len,
	    uint32_t ranges)
{
	_Alignas(8) uint8_t q[40];
	struct vfio_device_feature f = { .argsz = sizeof(q),
					 .flags = VFIO_DEVICE_FEATURE_GET |
						  VFIO_DEVICE_FEATURE_DMA_BUF };
	struct vfio_device_feature_dma_buf b = { .region_index = bar,
						 .nr_ranges = ranges };
	struct vfio_region_dma_range r = { off, len };

	memcpy(q, &f, 8);
	memcpy(q + 8, &b, 16);
	memcpy(q + 24, &r, 16);
	return io(u, u->dev, VFIO_DEVICE_FEATURE, q);
}

long config(struct user *u, uint16_t reg, uint8_t len, uint32_t *v, bool write)
{
	uint64_t off = VFIO_PCI_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) + reg;

	return write ? k_pwrite(u->t, u->dev, v, len, off)
		     : k_pread(u->t, u->dev, v, len, off);
}

void bar_slot(struct user *u)
{
	u->bar = (int)export(u, 0, 0, 0x4000, 1);
	assert_true(u->bar >= 0);
	assert_int_equal(
		slot(u, 1, KVM_MEM_VFIO_DMABUF, BAR_GPA, 0x4000, 0, u->bar), 0);
}

/* vIOMMU and vDevice; the function is connected. */
void bind_tdi(struct user *u)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
				      .dev_id = u->dev_id,
				      .pt_id = u->ioas };
	struct iommu_viommu_tsm k = { .kvm_fd = u->vm };
	struct iommu_viommu_alloc v = { .size = sizeof(v),
					.type = IOMMU_VIOMMU_TYPE_TSM,
					.dev_id = u->dev_id,
					.data_len = sizeof(k),
					.data_uptr = (uintptr_t)&k };
	struct iommu_vdevice_alloc d = { .size = sizeof(d),
					 .dev_id = u->dev_id,
					 .virt_id = 8 };
	struct vfio_device_attach_iommufd_pt at = { .argsz = sizeof(at) };

	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), 0);
	v.hwpt_id = u->hwpt = h.out_hwpt_id;
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), 0);
	d.viommu_id = u->viommu = v.out_viommu_id;
	assert_int_equal(io(u, u->iommu, IOMMU_VDEVICE_ALLOC, &d), 0);
	u->vdevice = d.out_vdevice_id;
	at.pt_id = u->hwpt;
	assert_int_equal(io(u, u->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &at), 0);
}

long request(struct user *u, const char *req, uint32_t cap, char *resp)
{
	struct iommu_vdevice_tsm_req q = { .size = sizeof(q),
					   .vdevice_id = u->vdevice,
					   .req_len = (uint32_t)strlen(req),
					   .resp_len = cap,
					   .req_uptr = (uintptr_t)req,
					   .resp_uptr = (uintptr_t)resp };

	return io(u, u->iommu, IOMMU_VDEVICE_TSM_REQ, &q);
}

long destroy(struct user *u, uint32_t id)
{
	struct iommu_destroy d = { sizeof(d), id };

	return io(u, u->iommu, IOMMU_DESTROY, &d);
}

long map(struct user *u, uint64_t uva, uint64_t len, uint64_t iova,
	 uint32_t flags)
{
	struct iommu_ioas_map m = {
		sizeof(m), flags, u->ioas, 0, uva, len, iova
	};

	return io(u, u->iommu, IOMMU_IOAS_MAP, &m);
}

long map_file(struct user *u, int fd, uint64_t start, uint64_t len,
	      uint64_t iova, uint32_t flags)
{
	struct iommu_ioas_map_file m = { sizeof(m), flags, u->ioas, fd,
					 start,	    len,   iova };

	return io(u, u->iommu, IOMMU_IOAS_MAP_FILE, &m);
}

long unmap(struct user *u, uint64_t iova, uint64_t len, uint64_t *got)
{
	struct iommu_ioas_unmap m = { sizeof(m), u->ioas, iova, len };
	long ret = io(u, u->iommu, IOMMU_IOAS_UNMAP, &m);

	*got = m.length;
	return ret;
}

long attach_ioas(struct user *u)
{
	struct vfio_device_attach_iommufd_pt at = { .argsz = sizeof(at),
						    .pt_id = u->ioas };

	return io(u, u->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &at);
}

long detach(struct user *u)
{
	struct vfio_device_detach_iommufd_pt d = { .argsz = sizeof(d) };

	return io(u, u->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}
