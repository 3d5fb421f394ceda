/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory: one mapping of the task for what is shared, one guest_memfd
 * for what is private; and the same two behind one I/O address space, so that
 * a device sees what the CPU sees (law 42).
 */
#include <errno.h>
#include <string.h>

#include "vmm/vmm_priv.h"

static bool bit_of(const uint8_t *map, uint64_t gpa)
{
	const uint64_t i = gpa / PAGE_4K;

	return map[i / 8] >> i % 8 & 1;
}

bool vmm_is_private(const struct vmm *v, uint64_t gpa)
{
	return gpa < v->cfg.ram_size && bit_of(v->private_map, gpa);
}

static void note(struct vmm *v, uint64_t gpa, uint64_t len, bool private)
{
	for (uint64_t i = gpa / PAGE_4K; i < (gpa + len) / PAGE_4K; i++)
		v->private_map[i / 8] =
			(uint8_t)((v->private_map[i / 8] & ~(1u << i % 8)) |
				  (unsigned)private << i % 8);
}

uint64_t vmm_ram(void *ctx, uint64_t gpa)
{
	const struct vmm *v = ctx;

	return v->ram_uva && gpa < v->cfg.ram_size ? v->ram_uva + gpa : 0;
}

long vmm_set_attr(struct vmm *v, uint64_t gpa, uint64_t len, bool private)
{
	struct kvm_memory_attributes a = {
		.address = gpa,
		.size = len,
		.attributes = private ? KVM_MEMORY_ATTRIBUTE_PRIVATE : 0,
	};

	return k_ioctl(v->t, v->vm_fd, KVM_SET_MEMORY_ATTRIBUTES,
		       (uintptr_t)&a);
}

/* Shared memory alone, as it always was. */
static long ram_ordinary(struct vmm *v)
{
	struct kvm_userspace_memory_region2 r = {
		.memory_size = v->cfg.ram_size,
		.userspace_addr = v->ram_uva,
	};

	return k_ioctl(v->t, v->vm_fd, KVM_SET_USER_MEMORY_REGION2,
		       (uintptr_t)&r);
}

void vmm_ram_forget(struct vmm *v)
{
	vmm_close(v, &v->gmem_fd);
	if (v->ram_uva)
		(void)k_munmap(v->t, v->ram_uva, v->cfg.ram_size);
	if (v->image_uva)
		(void)k_munmap(v->t, v->image_uva, v->cfg.ram_size);
	v->ram_uva = v->image_uva = 0;
	note(v, 0, v->cfg.ram_size, false);
}

static long ram_make(struct vmm *v)
{
	struct kvm_create_guest_memfd g = {
		.size = v->cfg.ram_size,
		.flags = (v->cfg.huge_memory ? KVM_GUEST_MEMFD_HUGE : 0) |
			 (v->cfg.in_place ? KVM_GUEST_MEMFD_IN_PLACE : 0),
	};
	struct kvm_userspace_memory_region2 r = {
		.flags = KVM_MEM_GUEST_MEMFD,
		.memory_size = v->cfg.ram_size,
	};
	long ret = k_mmap(v->t, v->cfg.ram_size, K_PROT_READ | K_PROT_WRITE,
			  K_MAP_ANONYMOUS, -1, 0, &v->ram_uva);

	if (ret)
		return ret;
	if (!vmm_secret(v))
		return ram_ordinary(v);
	ret = k_ioctl(v->t, v->vm_fd, KVM_CREATE_GUEST_MEMFD, (uintptr_t)&g);
	if (ret < 0)
		return ret;
	v->gmem_fd = (int)ret;
	if (v->cfg.in_place) {
		v->image_uva = v->ram_uva;
		v->ram_uva = 0;
		ret = k_mmap(v->t, v->cfg.ram_size, K_PROT_READ | K_PROT_WRITE,
			     K_MAP_SHARED, v->gmem_fd, 0, &v->ram_uva);
		if (ret)
			return ret;
	}
	r.userspace_addr = v->ram_uva;
	r.guest_memfd = (uint32_t)v->gmem_fd;
	ret = k_ioctl(v->t, v->vm_fd, KVM_SET_USER_MEMORY_REGION2,
		      (uintptr_t)&r);
	if (!ret)
		ret = vmm_set_attr(v, 0, v->cfg.ram_size, true);
	if (!ret)
		note(v, 0, v->cfg.ram_size, true);
	return ret;
}

long vmm_ram_create(struct vmm *v)
{
	struct kvm_userspace_memory_region2 none = { 0 };
	const long ret = ram_make(v);

	if (!ret)
		return 0;
	/* Half of it may be there: the slot, if there was one, goes first. */
	(void)k_ioctl(v->t, v->vm_fd, KVM_SET_USER_MEMORY_REGION2,
		      (uintptr_t)&none);
	vmm_ram_forget(v);
	return ret;
}

/* --- what devices see --- */

static long map_area(struct vmm *v, const struct vmm_mapped *a)
{
	const uint32_t flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			       IOMMU_IOAS_MAP_READABLE |
			       IOMMU_IOAS_MAP_WRITEABLE;
	struct iommu_ioas_map u = { .size = sizeof(u),
				    .flags = flags,
				    .ioas_id = v->ioas_id,
				    .user_va = v->ram_uva + a->iova,
				    .length = a->len,
				    .iova = a->iova };
	struct iommu_ioas_map_file f = { .size = sizeof(f),
					 .flags = flags,
					 .ioas_id = v->ioas_id,
					 .fd = v->gmem_fd,
					 .start = a->iova,
					 .length = a->len,
					 .iova = a->iova };

	if (!a->private && !v->cfg.in_place)
		return k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_MAP,
			       (uintptr_t)&u);
	if (!v->cfg.early_map)
		f.flags |= IOMMU_IOAS_MAP_AFTER_LAUNCH;
	return k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_MAP_FILE, (uintptr_t)&f);
}

static long unmap_area(struct vmm *v, const struct vmm_mapped *a)
{
	struct iommu_ioas_unmap u = { .size = sizeof(u),
				      .ioas_id = v->ioas_id,
				      .iova = a->iova,
				      .length = a->len };

	return k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_UNMAP, (uintptr_t)&u);
}

static bool is_small(const struct vmm *v, uint64_t gpa)
{
	const uint64_t i = gpa / VMM_CHUNK;

	return v->small[i / 8] >> i % 8 & 1;
}

/*
 * The longest run from @at of one kind, not across a chunk, nor across half of
 * one that is owned by 4 KiB: no leaf of 2 MiB comes of it, even where its
 * frames happen to be in a row.
 */
static struct vmm_mapped run_at(const struct vmm *v, uint64_t at)
{
	struct vmm_mapped a = { at, PAGE_4K, vmm_is_private(v, at) };
	const uint64_t unit = is_small(v, at) ? VMM_CHUNK / 2 : VMM_CHUNK;
	uint64_t end = align_down(at, unit) + unit;

	/* In place, neighbours of both kinds are one range of the file. */
	while (at + a.len < end &&
	       (v->cfg.in_place || vmm_is_private(v, at + a.len) == a.private))
		a.len += PAGE_4K;
	return a;
}

/* Maps the runs of [@from, @to); @v->area has room or it is -ENOSPC. */
static long map_range(struct vmm *v, uint64_t from, uint64_t to)
{
	long ret = 0;

	while (from < to && !ret) {
		struct vmm_mapped a = run_at(v, from);

		if (a.len > to - from)
			a.len = to - from;
		if (v->n_areas == VMM_AREAS)
			return -ENOSPC;
		ret = map_area(v, &a);
		if (!ret)
			v->area[v->n_areas++] = a;
		from += a.len;
	}
	return ret;
}

/* The area that begins at or covers @at, or the next one before @end. */
static const struct vmm_mapped *area_from(const struct vmm *v, uint64_t at,
					  uint64_t end)
{
	const struct vmm_mapped *next = NULL;

	for (unsigned i = 0; i < v->n_areas; i++) {
		const struct vmm_mapped *a = &v->area[i];

		if (a->iova + a->len > at && a->iova < end &&
		    (!next || a->iova < next->iova))
			next = a;
	}
	return next;
}

/* After a failure: what is still mapped stays, all between is mapped. */
static void map_missing(struct vmm *v, uint64_t from, uint64_t to)
{
	while (from < to) {
		const struct vmm_mapped *a = area_from(v, from, to);
		const uint64_t next = a ? a->iova + a->len : to;

		if (!a || a->iova > from)
			(void)map_range(v, from, a ? a->iova : to);
		from = next;
	}
}

static long unmap_range(struct vmm *v, uint64_t from, uint64_t to)
{
	long ret = 0;

	for (unsigned i = 0; i < v->n_areas && !ret;) {
		const struct vmm_mapped *a = &v->area[i];

		if (a->iova < from || a->iova >= to) {
			i++;
			continue;
		}
		ret = unmap_area(v, a);
		if (!ret)
			v->area[i] = v->area[--v->n_areas];
	}
	return ret;
}

long vmm_map_all(struct vmm *v)
{
	long ret;

	if (v->ioas_mapped)
		return 0;
	ret = map_range(v, 0, v->cfg.ram_size);
	v->ioas_mapped = !ret;
	if (ret)
		vmm_unmap_all(v);
	return ret;
}

void vmm_unmap_all(struct vmm *v)
{
	(void)unmap_range(v, 0, v->cfg.ram_size);
	v->ioas_mapped = false;
}

/* --- conversion --- */

static long punch(struct vmm *v, uint64_t gpa, uint64_t len)
{
	if (v->cfg.in_place)
		return 0; /* the page is the shared one now */
	return k_fallocate(v->t, v->gmem_fd,
			   K_FALLOC_KEEP_SIZE | K_FALLOC_PUNCH_HOLE, gpa, len);
}

/* The CPU's view: the attribute takes its mapping away. */
static long set_kind(struct vmm *v, uint64_t gpa, uint64_t len, bool private)
{
	long ret = vmm_set_attr(v, gpa, len, private);

	if (!ret)
		note(v, gpa, len, private);
	return ret;
}

static long set_page_size(struct vmm *v, uint64_t gpa, uint64_t len,
			  uint64_t size, bool leaves_only)
{
	const struct iommu_ioas_set_page_size q = {
		.size = sizeof(q),
		.flags = leaves_only ? IOMMU_PAGE_SIZE_LEAVES_ONLY : 0,
		.ioas_id = v->ioas_id,
		.iova = gpa,
		.length = len,
		.page_size = size,
	};

	return k_ioctl(v->t, v->iommu_fd, IOMMU_IOAS_SET_PAGE_SIZE,
		       (uintptr_t)&q);
}

long vmm_page_size(struct vmm_run *r)
{
	return set_page_size(r->v, r->gpa, r->len, r->size, r->leaves_only);
}

/*
 * A page that changes hands splits the ownership entry that it lies in. Leaves
 * and entry are made small together, before anything else changes: whatever
 * comes next, the rest of the chunk stays in the device's reach.
 */
static long make_small(struct vmm *v, uint64_t from, uint64_t to)
{
	long ret = 0;

	if (!v->cfg.huge_pages || !v->launched)
		return 0;
	for (; from < to && !ret; from += VMM_CHUNK) {
		const uint64_t i = from / VMM_CHUNK;

		if (is_small(v, from))
			continue;
		ret = set_page_size(v, from, VMM_CHUNK, PAGE_4K, false);
		if (!ret)
			v->small[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return ret;
}

/*
 * Back to the kind of before, run by run: of a range that held both, some pages
 * had been as they were asked to be, and keep what is in them.
 */
static void kinds_back(struct vmm *v, uint64_t gpa, uint64_t len, bool private)
{
	const uint64_t end = gpa + len;

	for (uint64_t at = gpa, to; at < end; at = to) {
		const bool was = bit_of(v->private_was, at);

		for (to = at + PAGE_4K;
		     to < end && bit_of(v->private_was, to) == was;)
			to += PAGE_4K;
		if (was == private)
			continue;
		(void)set_kind(v, at, to - at, was);
		if (private)
			(void)punch(v, at, to - at); /* private for DMA */
	}
}

/* DMA last, and what becomes of it is nobody's business. */
static long convert_unchecked(struct vmm *v, uint64_t gpa, uint64_t len,
			      bool private, uint64_t from, uint64_t to)
{
	long ret = unmap_range(v, from, to);

	if (!ret)
		ret = set_kind(v, gpa, len, private);
	if (!ret && !private)
		ret = punch(v, gpa, len);
	(void)map_range(v, from, to);
	return ret;
}

/*
 * What can fail without a trace comes first: small leaves. Then DMA: what a
 * device can reach changes hands only after it was unmapped and flushed (law
 * 43). Then the attribute, which takes the CPU's mapping; then DMA sees the new
 * kind. What cannot be taken back comes last: the private page goes. A failure
 * puts the old kind back and is told, so that the two views never stand apart
 * (law 42).
 */
long vmm_convert(struct vmm *v, uint64_t gpa, uint64_t pages, bool private)
{
	const uint64_t len = pages * PAGE_4K;
	uint64_t from = align_down(gpa, VMM_CHUNK);
	uint64_t to = align_up(gpa + len, VMM_CHUNK);
	const bool dma = v->ioas_mapped && !v->cfg.keep_mapped;
	bool mapped = false; /* as the new kind, in part */
	long ret = 0;

	/* The guest's words: nothing is unmapped for what cannot be. */
	if (gpa % PAGE_4K || !pages || gpa >= v->cfg.ram_size ||
	    pages > (v->cfg.ram_size - gpa) / PAGE_4K)
		return -EINVAL;
	if (dma && v->cfg.unchecked)
		return convert_unchecked(v, gpa, len, private, from, to);
	if (dma)
		ret = make_small(v, from, to);
	if (ret)
		return ret;
	memcpy(v->private_was, v->private_map, v->cfg.ram_size / PAGE_4K / 8);
	if (dma)
		ret = unmap_range(v, from, to);
	if (!ret)
		ret = set_kind(v, gpa, len, private);
	if (!ret && dma) {
		mapped = true;
		ret = map_range(v, from, to);
	}
	if (!ret && !private)
		ret = punch(v, gpa, len);
	if (!ret)
		return 0;
	if (dma && mapped)
		(void)unmap_range(v, from, to);
	kinds_back(v, gpa, len, private);
	if (dma)
		map_missing(v, from, to);
	return ret;
}
