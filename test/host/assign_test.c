/* SPDX-License-Identifier: BSD-2-Clause */
/* dma-buf, guest_memfd, iommufd, KVM, VFIO: what user space may ask of them. */
#include "machine.h"

#include <errno.h>
#include <stdlib.h>

#include "base/env.h"

#define VM_MEM (16 * PAGE_4K)
#define FLAGS                                                  \
	(IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE | \
	 IOMMU_IOAS_MAP_WRITEABLE)
#define BAR_GPA UINT64_C(0x40000000)

/* A VMM's descriptors; what is not made is -1 or 0. */
struct user {
	struct machine *m;
	struct task *t;
	int kvm, vm, gmem, vcpu, iommu, dev, bar;
	uint64_t ram, run;
	uint32_t ioas, dev_id, hwpt, viommu, vdevice;
};

static long io(struct user *u, int fd, uint32_t cmd, void *arg)
{
	return k_ioctl(u->t, fd, cmd, (uintptr_t)arg);
}

static long slot(struct user *u, uint32_t id, uint32_t flags, uint64_t gpa,
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

static long attr(struct user *u, uint64_t gpa, uint64_t len, bool private)
{
	struct kvm_memory_attributes a = {
		gpa, len, private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0, 0
	};

	return io(u, u->vm, KVM_SET_MEMORY_ATTRIBUTES, &a);
}

static struct user *user_new(void)
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

static void launch(struct user *u)
{
	u->m->launch_on_enc = true;
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_MEMORY_ENCRYPT_OP, 0), 0);
	u->m->launch_on_enc = false;
}

static void user_free(struct user *u)
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
	assert_int_equal(m->h.vfio.buf_pool.live, 0);
	machine_free(m);
	free(u);
}

static long bind_dev(struct user *u)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = u->iommu };
	long ret = io(u, u->dev, VFIO_DEVICE_BIND_IOMMUFD, &b);

	u->dev_id = b.out_devid;
	return ret;
}

static void open_dev(struct user *u)
{
	u->dev = m_vfio(u->m, u->t);
	assert_int_equal(bind_dev(u), 0);
}

static long export(struct user *u, uint32_t bar, uint64_t off, uint64_t len,
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

static long config(struct user *u, uint16_t reg, uint8_t len, uint32_t *v,
		   bool write)
{
	uint64_t off = VFIO_PCI_OFFSET(VFIO_PCI_CONFIG_REGION_INDEX) + reg;

	return write ? k_pwrite(u->t, u->dev, v, len, off)
		     : k_pread(u->t, u->dev, v, len, off);
}

static void bar_slot(struct user *u)
{
	u->bar = (int)export(u, 0, 0, 0x4000, 1);
	assert_true(u->bar >= 0);
	assert_int_equal(
		slot(u, 1, KVM_MEM_VFIO_DMABUF, BAR_GPA, 0x4000, 0, u->bar), 0);
}

/* vIOMMU and vDevice; the function is connected. */
static void bind_tdi(struct user *u)
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

static long request(struct user *u, const char *req, uint32_t cap, char *resp)
{
	struct iommu_vdevice_tsm_req q = { .size = sizeof(q),
					   .vdevice_id = u->vdevice,
					   .req_len = (uint32_t)strlen(req),
					   .resp_len = cap,
					   .req_uptr = (uintptr_t)req,
					   .resp_uptr = (uintptr_t)resp };

	return io(u, u->iommu, IOMMU_VDEVICE_TSM_REQ, &q);
}

static long destroy(struct user *u, uint32_t id)
{
	struct iommu_destroy d = { sizeof(d), id };

	return io(u, u->iommu, IOMMU_DESTROY, &d);
}

static long map(struct user *u, uint64_t uva, uint64_t len, uint64_t iova,
		uint32_t flags)
{
	struct iommu_ioas_map m = {
		sizeof(m), flags, u->ioas, 0, uva, len, iova
	};

	return io(u, u->iommu, IOMMU_IOAS_MAP, &m);
}

static long map_file(struct user *u, int fd, uint64_t start, uint64_t len,
		     uint64_t iova, uint32_t flags)
{
	struct iommu_ioas_map_file m = { sizeof(m), flags, u->ioas, fd,
					 start,	    len,   iova };

	return io(u, u->iommu, IOMMU_IOAS_MAP_FILE, &m);
}

static long unmap(struct user *u, uint64_t iova, uint64_t len, uint64_t *got)
{
	struct iommu_ioas_unmap m = { sizeof(m), u->ioas, iova, len };
	long ret = io(u, u->iommu, IOMMU_IOAS_UNMAP, &m);

	*got = m.length;
	return ret;
}

static long attach_ioas(struct user *u)
{
	struct vfio_device_attach_iommufd_pt at = { .argsz = sizeof(at),
						    .pt_id = u->ioas };

	return io(u, u->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &at);
}

static long detach(struct user *u)
{
	struct vfio_device_detach_iommufd_pt d = { .argsz = sizeof(d) };

	return io(u, u->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

/* --- KVM --- */

static void a_vm_is_created_with_a_type_that_exists(void **un)
{
	struct user *u = user_new();

	(void)un;
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_GET_API_VERSION, 0), 12);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CREATE_VM, 3), -EINVAL);
	assert_int_equal(u->m->h.kvm.vm_pool.live, 1);
	assert_int_equal(
		k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, KVM_CAP_GUEST_MEMFD),
		1);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION,
				 KVM_CAP_MEMORY_ATTRIBUTES),
			 8);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_CHECK_EXTENSION, 1), 0);
	assert_int_equal(k_ioctl(u->t, u->kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
			 4096);
	assert_int_equal(k_ioctl(u->t, u->kvm, 1, 0), -ENOTTY);
	assert_int_equal(k_ioctl(u->t, u->vm, 1, 0), -ENOTTY);
	assert_int_equal(k_ioctl(u->t, u->vcpu, 1, 0), -ENOTTY);
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, 0), -EEXIST);
	assert_int_equal(k_ioctl(u->t, u->vm, KVM_CREATE_VCPU, KVM_VCPUS),
			 -EINVAL);
	user_free(u);
}

static void a_vm_belongs_to_one_task(void **un)
{
	struct user *u = user_new();
	struct task *t = k_task_new(&u->m->h.k);
	struct file *f = k_file_get(k_fd_file(u->t, u->vm));
	struct file *v = k_file_get(k_fd_file(u->t, u->vcpu));

	(void)un;
	assert_int_equal(k_fd_install(t, f), 0);
	assert_int_equal(k_fd_install(t, v), 1);
	assert_int_equal(k_ioctl(t, 0, KVM_CREATE_VCPU, 1), -EIO);
	assert_int_equal(k_ioctl(t, 1, KVM_RUN, 0), -EIO);
	k_task_exit(t);
	user_free(u);
}

static void attributes_are_whole_pages_of_one_kind(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	struct kvm_memory_attributes a = { 0, PAGE_4K, 0, 0 };

	(void)un;
	assert_true(kvm_private(vm, 0));
	assert_int_equal(attr(u, 1, PAGE_4K, true), -EINVAL);
	assert_int_equal(attr(u, 0, 1, true), -EINVAL);
	assert_int_equal(attr(u, 0, 0, true), -EINVAL);
	assert_int_equal(attr(u, UINT64_MAX - PAGE_4K + 1, 2 * PAGE_4K, true),
			 -EINVAL);
	a.attributes = 1;
	assert_int_equal(io(u, u->vm, KVM_SET_MEMORY_ATTRIBUTES, &a), -EINVAL);
	a.attributes = 0;
	a.flags = 1;
	assert_int_equal(io(u, u->vm, KVM_SET_MEMORY_ATTRIBUTES, &a), -EINVAL);
	assert_true(kvm_private(vm, 0));
	u->m->zap_err = -EIO;
	assert_int_equal(attr(u, 0, PAGE_4K, false), -EIO);
	assert_true(kvm_private(vm, 0));
	u->m->zap_err = 0;
	assert_int_equal(attr(u, 0, PAGE_4K, false), 0);
	assert_false(kvm_private(vm, 0));
	assert_true(kvm_private(vm, PAGE_4K));
	user_free(u);
}

static void slots_are_made_and_deleted_but_not_moved(void **un)
{
	struct user *u = user_new();
	struct kvm_create_guest_memfd g = { .size = 4 * PAGE_4K };
	int other = (int)io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g);
	const uint64_t at = 0x100000;

	(void)un;
	assert_int_equal(slot(u, KVM_SLOTS, 0, at, PAGE_4K, u->ram, 0),
			 -EINVAL);
	assert_int_equal(slot(u, 0, 0, at, PAGE_4K, u->ram, 0), -EINVAL);
	assert_int_equal(slot(u, 1, 0, 0, PAGE_4K, u->ram, 0), -EEXIST);
	assert_int_equal(slot(u, 1, 0, at + 1, PAGE_4K, u->ram, 0), -EINVAL);
	assert_int_equal(slot(u, 1, 0, at, PAGE_4K, u->ram + 1, 0), -EINVAL);
	assert_int_equal(slot(u, 1, 0, at, PAGE_4K, 0x1000, 0), -EINVAL);
	assert_int_equal(slot(u, 1, 1u << 9, at, PAGE_4K, u->ram, 0), -EINVAL);
	assert_int_equal(slot(u, 1, KVM_MEM_GUEST_MEMFD | KVM_MEM_VFIO_DMABUF,
			      at, PAGE_4K, u->ram, other),
			 -EINVAL);
	assert_int_equal(slot(u, 1, 0, at, 0, 0, 0), -EINVAL);
	assert_int_equal(
		slot(u, 1, KVM_MEM_GUEST_MEMFD, at, PAGE_4K, u->ram, u->kvm),
		-EBADF);
	assert_int_equal(
		slot(u, 1, KVM_MEM_GUEST_MEMFD, at, PAGE_4K, u->ram, u->gmem),
		-EEXIST);
	assert_int_equal(
		slot(u, 1, KVM_MEM_GUEST_MEMFD, at, 5 * PAGE_4K, u->ram, other),
		-EINVAL);
	assert_int_equal(slot(u, 1, KVM_MEM_GUEST_MEMFD | KVM_MEM_READONLY, at,
			      PAGE_4K, u->ram, other),
			 -EINVAL);
	assert_int_equal(slot(u, 1, KVM_MEM_VFIO_DMABUF, at, PAGE_4K, 0, other),
			 -EBADF);
	assert_int_equal(
		slot(u, 1, KVM_MEM_GUEST_MEMFD, at, PAGE_4K, u->ram, other), 0);
	assert_int_equal(k_munmap(u->t, u->ram, VM_MEM), -EBUSY);
	assert_int_equal(slot(u, 1, 0, 0, 0, 0, 0), 0);
	assert_int_equal(
		slot(u, 1, KVM_MEM_GUEST_MEMFD, at, PAGE_4K, u->ram, other), 0);
	user_free(u);
}

/* The vCPU's mapping holds the VM, the VM's slot holds the memory. */
static void a_task_ends_in_the_order_that_lets_go_of_its_memory(void **un)
{
	struct user *u = user_new();
	uint64_t late;

	(void)un;
	assert_int_equal(
		k_mmap(u->t, PAGE_4K, 3, K_MAP_ANONYMOUS, -1, 0, &late), 0);
	assert_int_equal(slot(u, 1, 0, 0x100000, PAGE_4K, late, 0), 0);
	assert_int_equal(k_store(u->t, late, "x", 1), 0);
	user_free(u);
}

static void a_guest_memfd_refuses_what_linux_refuses(void **un)
{
	struct user *u = user_new();
	struct kvm_create_guest_memfd g = { .size = 5 };
	uint64_t at;

	(void)un;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	g.size = 0;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	g.size = PAGE_4K;
	g.flags = 4;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	g.flags = 0;
	g.reserved[5] = 1;
	assert_int_equal(io(u, u->vm, KVM_CREATE_GUEST_MEMFD, &g), -EINVAL);
	assert_int_equal(k_mmap(u->t, PAGE_4K, 3, 1, u->gmem, 0, &at), -ENODEV);
	assert_int_equal(k_fallocate(u->t, u->gmem, 1, 0, PAGE_4K),
			 -EOPNOTSUPP);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 1, PAGE_4K), -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, 0), -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, VM_MEM, PAGE_4K),
			 -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, VM_MEM + PAGE_4K),
			 -EINVAL);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, VM_MEM), 0);
	user_free(u);
}

static long run(struct user *u, unsigned n, struct kvm_run *out)
{
	long ret;

	u->m->steps = n;
	u->m->at = 0;
	ret = k_ioctl(u->t, u->vcpu, KVM_RUN, 0);
	assert_int_equal(k_load(u->t, u->run, out, sizeof(*out)), 0);
	return ret;
}

static struct vcpu_exit touch(uint64_t gpa, bool write, bool private)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_NPF,
				   .gpa = gpa,
				   .len = 4,
				   .write = write,
				   .private = private,
				   .data = { 1, 2, 3, 4 } };
}

static void a_vcpu_waits_for_the_launch(void **un)
{
	struct user *u = user_new();

	(void)un;
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -EINVAL);
	launch(u);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	/* a halt is no end */
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	u->m->h.kvm.vms->vcpu[0]->ops = NULL;
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -ENOEXEC);
	user_free(u);
}

static void faults_map_the_page_of_the_attribute_s_kind(void **un)
{
	struct user *u = user_new();
	struct kvm_run r;

	(void)un;
	launch(u);
	assert_int_equal(attr(u, PAGE_4K, PAGE_4K, false), 0);
	u->m->script[0] = touch(8, true, true);
	u->m->script[1] = touch(PAGE_4K, true, false);
	assert_int_equal(run(u, 2, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_int_equal(m_owner(u->m, m_npt(u->m, 0)), 1);
	assert_int_equal(m_owner(u->m, m_npt(u->m, PAGE_4K)), 0);
	assert_false(u->m->got[0].done);
	/* the wrong kind is for user space to settle */
	u->m->script[0] = touch(PAGE_4K + 8, false, true);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	assert_int_equal(r.exit_reason, KVM_EXIT_MEMORY_FAULT);
	assert_int_equal(r.memory_fault.flags, KVM_MEMORY_EXIT_FLAG_PRIVATE);
	assert_int_equal(r.memory_fault.gpa, PAGE_4K);
	assert_int_equal(r.memory_fault.size, PAGE_4K);
	u->m->script[0] = touch(8, false, false);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	assert_int_equal(r.memory_fault.flags, 0);
	u->m->prepare_err = -EIO;
	u->m->script[0] = touch(2 * PAGE_4K, false, true);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	u->m->prepare_err = 0;
	u->m->map_err = -ENOMEM;
	assert_int_equal(run(u, 1, &r), -EFAULT);
	user_free(u);
}

static void a_fault_that_mapping_does_not_cure_goes_to_user_space(void **un)
{
	struct user *u = user_new();
	struct kvm_vcpu *v;
	struct kvm_run r;

	(void)un;
	launch(u);
	v = u->m->h.kvm.vms->vcpu[0];
	u->m->script[0] = touch(0, true, true);
	/* the guest repeats the same access for ever */
	u->m->steps = 1000;
	u->m->at = 0;
	for (unsigned i = 0; i < 16; i++)
		u->m->script[i] = touch(0, true, true);
	u->m->stuck_guest = true;
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), -EFAULT);
	assert_true(v->exits < 1000);
	assert_int_equal(k_load(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_MEMORY_FAULT);
	user_free(u);
}

static void where_there_is_no_slot_there_is_mmio(void **un)
{
	struct user *u = user_new();
	const uint8_t answer[8] = { 9, 8, 7, 6 };
	struct kvm_run r;

	(void)un;
	launch(u);
	u->m->script[0] = touch(BAR_GPA, false, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_MMIO);
	assert_int_equal(r.mmio.phys_addr, BAR_GPA);
	assert_int_equal(r.mmio.len, 4);
	assert_int_equal(r.mmio.is_write, 0);
	assert_int_equal(r.mmio.data[0], 0);
	memcpy(r.mmio.data, answer, 8);
	assert_int_equal(k_store(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	assert_true(u->m->got[0].done);
	assert_memory_equal(u->m->got[0].data, answer, 4);
	u->m->script[0] = touch(BAR_GPA, true, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.mmio.is_write, 1);
	assert_int_equal(r.mmio.data[3], 4);
	u->m->script[0].len = 9;
	(void)k_ioctl(u->t, u->vcpu, KVM_RUN, 0);
	assert_int_equal(run(u, 1, &r), -EIO);
	/* private and no slot: never emulated */
	u->m->script[0] = touch(BAR_GPA, true, true);
	assert_int_equal(run(u, 1, &r), -EFAULT);
	user_free(u);
}

static void a_read_only_slot_takes_writes_as_mmio(void **un)
{
	struct user *u = user_new();
	struct kvm_run r;

	(void)un;
	launch(u);
	assert_int_equal(
		slot(u, 1, KVM_MEM_READONLY, BAR_GPA, PAGE_4K, u->ram, 0), 0);
	u->m->script[0] = touch(BAR_GPA, false, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_false(u->m->npt[0].write);
	u->m->script[0] = touch(BAR_GPA, true, false);
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_MMIO);
	user_free(u);
}

static void calls_of_the_guest_go_where_the_architecture_says(void **un)
{
	struct user *u = user_new();
	struct vcpu_exit x = { .kind = VCPU_EXIT_VMGEXIT, .rdx = 5 };
	struct kvm_run r;

	(void)un;
	launch(u);
	x.code = 1;
	u->m->script[0] = x;
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_HLT);
	assert_true(u->m->got[0].done);
	assert_int_equal(u->m->got[0].ret, 77);
	x.code = 2;
	u->m->script[0] = x;
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_VMGEXIT);
	assert_int_equal(r.vmgexit.rdx, 5);
	r.vmgexit.rdx = 6;
	r.vmgexit.ret = 4;
	assert_int_equal(k_store(u->t, u->run, &r, sizeof(r)), 0);
	assert_int_equal(k_ioctl(u->t, u->vcpu, KVM_RUN, 0), 0);
	assert_true(u->m->got[0].done);
	assert_int_equal(u->m->got[0].rdx, 6);
	assert_int_equal(u->m->got[0].ret, 4);
	x.code = 3;
	u->m->script[0] = x;
	assert_int_equal(run(u, 1, &r), -EBADMSG);
	u->m->script[0] = (struct vcpu_exit){ .kind = VCPU_EXIT_SHUTDOWN };
	assert_int_equal(run(u, 1, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_SHUTDOWN);
	/* and that is its end */
	assert_int_equal(run(u, 0, &r), 0);
	assert_int_equal(r.exit_reason, KVM_EXIT_SHUTDOWN);
	assert_int_equal(u->m->at, 0);
	user_free(u);
}

static void shared_addresses_alone_reach_a_frame_of_the_host(void **un)
{
	struct user *u = user_new();
	struct kvm_vm *vm = kvm_from_file(k_fd_file(u->t, u->vm));
	uint64_t pa;

	(void)un;
	assert_int_equal(kvm_shared_pa(vm, 0, &pa), -EFAULT);
	assert_int_equal(kvm_shared_pa(vm, VM_MEM, &pa), -EFAULT);
	assert_int_equal(attr(u, 0, PAGE_4K, false), 0);
	assert_int_equal(kvm_shared_pa(vm, 5, &pa), 0);
	assert_int_equal(pa % PAGE_4K, 5);
	user_free(u);
}

static void kvm_s_vfio_device_holds_what_it_was_given(void **un)
{
	struct user *u = user_new();
	struct kvm_create_device c = { .type = 9 };
	struct kvm_device_attr a = { .group = KVM_DEV_VFIO_FILE,
				     .attr = KVM_DEV_VFIO_FILE_ADD };
	int fd;

	(void)un;
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &c), -ENODEV);
	c.type = KVM_DEV_TYPE_VFIO;
	assert_int_equal(io(u, u->vm, KVM_CREATE_DEVICE, &c), 0);
	open_dev(u);
	fd = u->vm;
	a.addr = (uintptr_t)&fd;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -EBADF);
	fd = u->dev;
	a.attr = KVM_DEV_VFIO_FILE_DEL;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -ENOENT);
	a.attr = KVM_DEV_VFIO_FILE_ADD;
	a.group = 7;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -ENXIO);
	a.group = KVM_DEV_VFIO_FILE;
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR + 1, &a),
			 -ENOTTY);
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), 0);
	assert_int_equal(io(u, (int)c.fd, KVM_SET_DEVICE_ATTR, &a), -EEXIST);
	/* KVM keeps it open: nobody else can use it until that lets go, too */
	assert_int_equal(k_close(u->t, u->dev), 0);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	assert_true(u->dev >= 0);
	assert_int_equal(bind_dev(u), -EINVAL);
	assert_int_equal(k_close(u->t, (int)c.fd), 0);
	assert_int_equal(bind_dev(u), 0);
	user_free(u);
}

/* --- iommufd --- */

static void an_address_space_maps_memory_of_the_task(void **un)
{
	struct user *u = user_new();
	uint64_t n;

	(void)un;
	open_dev(u);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x10000, 0), -EOPNOTSUPP);
	assert_int_equal(
		map(u, u->ram, PAGE_4K, 0x10000, IOMMU_IOAS_MAP_READABLE),
		-EOPNOTSUPP);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x10000, FLAGS | 1u << 20),
			 -EOPNOTSUPP);
	assert_int_equal(map(u, u->ram, 0, 0x10000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram, 100, 0x10000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram + 8, PAGE_4K, 0x10000, FLAGS), -EINVAL);
	assert_int_equal(map(u, u->ram, PAGE_4K, 0x10008, FLAGS), -EINVAL);
	assert_int_equal(
		map(u, u->ram, 2 * PAGE_4K, UINT64_MAX - PAGE_4K + 1, FLAGS),
		-EINVAL);
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
	assert_int_equal(unmap(u, 0x10000, PAGE_4K, &n), -EINVAL);
	assert_int_equal(unmap(u, 0x11000, 8 * PAGE_4K, &n), -EINVAL);
	assert_int_equal(unmap(u, 0x30000, PAGE_4K, &n), -ENOENT);
	assert_int_equal(unmap(u, 0x30000, 0, &n), -EINVAL);
	assert_int_equal(unmap(u, 2, UINT64_MAX, &n), -EOVERFLOW);
	assert_int_equal(k_munmap(u->t, u->ram, VM_MEM), -EBUSY);
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
	assert_int_equal(map_file(u, u->vm, 0, PAGE_4K, 0, FLAGS), -EBADF);
	assert_int_equal(map_file(u, 99, 0, PAGE_4K, 0, FLAGS), -EBADF);
	assert_int_equal(u->m->h.iommufd.area_pool.live, 0);
	assert_int_equal(
		map_file(u, u->gmem, PAGE_4K, 2 * PAGE_4K, 0x8000, FLAGS), 0);
	pa = m_io(u->m, 0x8000);
	assert_int_equal(m_owner(u->m, pa), PAGE_4K + 1);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, PAGE_4K, PAGE_4K),
			 -EBUSY);
	assert_int_equal(m_owner(u->m, pa), PAGE_4K + 1);
	assert_int_equal(k_fallocate(u->t, u->gmem, 3, 0, PAGE_4K), 0);
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
	assert_int_equal(io(u, u->iommu, IOMMU_HWPT_ALLOC, &h), -ENOENT);
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
	assert_int_equal(io(u, u->iommu, IOMMU_VIOMMU_ALLOC, &v), -EBADF);
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
	assert_int_equal(k_mmap(u->t, 0x1000, 3, 1, (int)fd, 0, &at), -ENODEV);
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
	for (unsigned way = 0; way < 3; way++) {
		struct user *u = user_new();

		m_connect(u->m);
		open_dev(u);
		bind_tdi(u);
		assert_int_equal(config(u, CFG_COMMAND, 2, &master, true), 2);
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
		assert_int_equal(u->m->order[0], 'U');
		assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
		/* setting bits does not */
		user_free(u);
	}
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
	assert_int_equal(attach_ioas(u), -EBUSY);
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
	assert_int_equal(u->m->aborts, 1);
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
	assert_int_equal(request(u, "x", 8, resp), -ENXIO);
	assert_int_equal(destroy(u, u->vdevice), 0);
	assert_int_equal(u->m->h.tsm.tdi_pool.live, 0);
	user_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vm_is_created_with_a_type_that_exists),
		cmocka_unit_test(a_vm_belongs_to_one_task),
		cmocka_unit_test(attributes_are_whole_pages_of_one_kind),
		cmocka_unit_test(slots_are_made_and_deleted_but_not_moved),
		cmocka_unit_test(
			a_task_ends_in_the_order_that_lets_go_of_its_memory),
		cmocka_unit_test(a_guest_memfd_refuses_what_linux_refuses),
		cmocka_unit_test(a_vcpu_waits_for_the_launch),
		cmocka_unit_test(faults_map_the_page_of_the_attribute_s_kind),
		cmocka_unit_test(
			a_fault_that_mapping_does_not_cure_goes_to_user_space),
		cmocka_unit_test(where_there_is_no_slot_there_is_mmio),
		cmocka_unit_test(a_read_only_slot_takes_writes_as_mmio),
		cmocka_unit_test(
			calls_of_the_guest_go_where_the_architecture_says),
		cmocka_unit_test(
			shared_addresses_alone_reach_a_frame_of_the_host),
		cmocka_unit_test(kvm_s_vfio_device_holds_what_it_was_given),
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
