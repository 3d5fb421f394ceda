/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind a guest address: slots, frames, faults. */
#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

struct kvm_slot *kvm_slot_at(struct kvm_vm *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		struct kvm_slot *s = &vm->slots[i];

		if (s->kind != KVM_SLOT_NONE && gpa >= s->gpa &&
		    gpa - s->gpa < s->len)
			return s;
	}
	return NULL;
}

static void slot_zap(struct kvm_slot *s)
{
	struct kvm_core *c = s->vm->core;

	(void)c->rules->zap(c->rules_ctx, s->vm, s->gpa, s->len);
}

static void slot_revoked(void *ctx, struct dmabuf *b)
{
	const struct kvm_slot *s = ctx;

	(void)b;
	if (!s->vm->core->deaf)
		slot_zap(ctx);
}

static void slot_clear(struct kvm_slot *s)
{
	slot_zap(s);
	if (s->buf) {
		dmabuf_detach(s->buf, s);
		k_file_put(s->buf->file);
	}
	*s = (struct kvm_slot){ 0 };
}

void slots_clear(struct kvm_vm *vm)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++)
		if (vm->slots[i].kind != KVM_SLOT_NONE)
			slot_clear(&vm->slots[i]);
}

/* Pages leave @t: what of a slot's memory they were is no more mapped. */
void slots_gone(struct kvm_vm *vm, struct task *t, uint64_t addr, uint64_t len)
{
	struct kvm_core *c = vm->core;

	if (vm->task != t)
		return;
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		const struct kvm_slot *s = &vm->slots[i];
		uint64_t from = addr, to = addr + len;

		if (s->kind != KVM_SLOT_USER && s->kind != KVM_SLOT_GMEM)
			continue;
		if (from < s->uva)
			from = s->uva;
		if (to > s->uva + s->len)
			to = s->uva + s->len;
		if (from < to)
			(void)c->rules->zap(c->rules_ctx, vm,
					    s->gpa + from - s->uva, to - from);
	}
}

/* Some other slot shows a page of the same file. */
static bool gmem_taken(const struct kvm_slot *s, const struct gmem *g)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		const struct kvm_slot *o = &s->vm->slots[i];

		if (o->kind == KVM_SLOT_GMEM && o->gmem == g &&
		    o->gmem_off < s->gmem_off + s->len &&
		    s->gmem_off < o->gmem_off + o->len)
			return true;
	}
	return false;
}

/* Source: Linux 7.3 virt/kvm/guest_memfd.c, kvm_gmem_bind() */
static int slot_gmem(struct kvm_slot *s, struct task *t, int fd)
{
	struct file *f = k_fd_file(t, fd);
	struct gmem *g = gmem_from_file(f);

	if (!f)
		return -EBADF;
	if (!g || g->ctx != s->vm || s->gmem_off / PAGE_4K > g->pages_max ||
	    s->len / PAGE_4K > g->pages_max - s->gmem_off / PAGE_4K)
		return -EINVAL;
	if (gmem_taken(s, g))
		return -EEXIST;
	s->gmem = g;
	return 0;
}

static int slot_dmabuf(struct kvm_slot *s, struct task *t, int fd)
{
	struct file *f = k_fd_file(t, fd);
	struct dmabuf *b = dmabuf_from_file(f);
	const struct dmabuf_importer i = { .invalidate = slot_revoked,
					   .ctx = s };
	int ret;

	if (!f)
		return -EBADF;
	if (!b || s->gmem_off > b->len || s->len > b->len - s->gmem_off)
		return -EINVAL;
	ret = dmabuf_attach(b, &i);
	if (ret)
		return ret;
	s->buf = b;
	s->buf_off = s->gmem_off;
	(void)k_file_get(b->file);
	return 0;
}

/* Slots by file: neither moved nor changed, and never read-only. */
#define BY_FILE (KVM_MEM_GUEST_MEMFD | KVM_MEM_VFIO_DMABUF)

/* Source: check_memory_region_flags() */
static bool flags_good(uint32_t flags)
{
	switch (flags & BY_FILE) {
	case 0:
		return !(flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY));
	case KVM_MEM_GUEST_MEMFD:
	case KVM_MEM_VFIO_DMABUF:
		return !(flags & ~BY_FILE);
	default:
		return false;
	}
}

static bool shape_good(const struct kvm_userspace_memory_region2 *r)
{
	if (!flags_good(r->flags) ||
	    (r->memory_size | r->guest_phys_addr | r->userspace_addr) % PAGE_4K)
		return false;
	/* access_ok(): a task's addresses end half-way. */
	if (r->userspace_addr > INT64_MAX ||
	    r->memory_size > INT64_MAX - r->userspace_addr)
		return false;
	if (r->flags & BY_FILE &&
	    (r->guest_memfd_offset % PAGE_4K ||
	     r->guest_memfd_offset > INT64_MAX ||
	     r->guest_memfd_offset + r->memory_size < r->guest_memfd_offset))
		return false;
	/* One address space (slot 31:16); pages are counted in an int. */
	return r->slot < KVM_SLOTS &&
	       r->guest_phys_addr + r->memory_size >= r->guest_phys_addr &&
	       r->memory_size / PAGE_4K <= INT32_MAX &&
	       r->guest_phys_addr + r->memory_size <= KVM_GPA_MAX;
}

static bool overlaps(struct kvm_vm *vm,
		     const struct kvm_userspace_memory_region2 *r)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		const struct kvm_slot *s = &vm->slots[i];

		if (i != r->slot && s->kind != KVM_SLOT_NONE &&
		    s->gpa < r->guest_phys_addr + r->memory_size &&
		    r->guest_phys_addr < s->gpa + s->len)
			return true;
	}
	return false;
}

static int slot_make(struct kvm_vm *vm, struct task *t,
		     const struct kvm_userspace_memory_region2 *r)
{
	struct kvm_slot *s = &vm->slots[r->slot];
	struct kvm_slot made = { .id = r->slot,
				 .flags = r->flags,
				 .read_only = r->flags & KVM_MEM_READONLY,
				 .gpa = r->guest_phys_addr,
				 .len = r->memory_size,
				 .uva = r->userspace_addr,
				 .gmem_off = r->guest_memfd_offset,
				 .vm = vm };
	int ret = 0;

	if (overlaps(vm, r))
		return -EEXIST;
	*s = made; /* importers remember the slot itself */
	if (r->flags & KVM_MEM_GUEST_MEMFD)
		ret = slot_gmem(s, t, (int)r->guest_memfd);
	else if (r->flags & KVM_MEM_VFIO_DMABUF)
		ret = slot_dmabuf(s, t, (int)r->guest_memfd);
	s->kind = r->flags & KVM_MEM_GUEST_MEMFD   ? KVM_SLOT_GMEM
		  : r->flags & KVM_MEM_VFIO_DMABUF ? KVM_SLOT_DMABUF
						   : KVM_SLOT_USER;
	if (ret)
		*s = (struct kvm_slot){ 0 };
	return ret;
}

/* Another place, or another flag. */
static int slot_change(struct kvm_vm *vm, struct kvm_slot *s,
		       const struct kvm_userspace_memory_region2 *r)
{
	if ((r->flags | s->flags) & BY_FILE || r->userspace_addr != s->uva ||
	    r->memory_size != s->len ||
	    (r->flags ^ s->flags) & KVM_MEM_READONLY)
		return -EINVAL;
	if (r->guest_phys_addr == s->gpa && r->flags == s->flags)
		return 0;
	if (r->guest_phys_addr != s->gpa && overlaps(vm, r))
		return -EEXIST;
	slot_zap(s);
	s->gpa = r->guest_phys_addr;
	s->flags = r->flags;
	return 0;
}

/*
 * One slot is made, moved, changed or (size 0) deleted. What stands at
 * userspace_addr is looked at by the fault that wants it, not here.
 * Source: Linux 7.2 virt/kvm/kvm_main.c, kvm_set_memory_region()
 */
static int slot_apply(struct kvm_vm *vm, struct task *t,
		      const struct kvm_userspace_memory_region2 *r)
{
	struct kvm_slot *s;

	if (!shape_good(r))
		return -EINVAL;
	s = &vm->slots[r->slot];
	if (!r->memory_size) {
		if (s->kind == KVM_SLOT_NONE)
			return -EINVAL;
		slot_clear(s);
		return 0;
	}
	return s->kind == KVM_SLOT_NONE ? slot_make(vm, t, r)
					: slot_change(vm, s, r);
}

long slot_set(struct kvm_vm *vm, struct task *t, uint32_t cmd, uintptr_t arg)
{
	const bool first = cmd == KVM_SET_USER_MEMORY_REGION;
	struct kvm_userspace_memory_region2 r = { 0 };
	int ret = k_copy_arg(&r,
			     first ? sizeof(struct kvm_userspace_memory_region)
				   : sizeof(r),
			     arg);

	if (ret)
		return ret;
	if (first && r.flags & ~(KVM_MEM_LOG_DIRTY_PAGES | KVM_MEM_READONLY))
		return -EINVAL;
	return slot_apply(vm, t, &r);
}

/* --- faults --- */

static int user_page(struct kvm_slot *s, uint64_t off, uint64_t *pa)
{
	struct kvm_vm *vm = s->vm;
	struct vma *v =
		vm->task ? k_vma_find(vm->task, s->uva + off, PAGE_4K) : NULL;

	return v ? k_user_page(vm->core->k, v, s->uva + off, pa) : -EFAULT;
}

static int slot_page(struct kvm_slot *s, uint64_t off, bool private,
		     uint64_t *pa)
{
	switch (s->kind) {
	case KVM_SLOT_GMEM:
		if (!private && s->gmem && s->gmem->in_place)
			return gmem_shared(s->gmem,
					   (s->gmem_off + off) / PAGE_4K, pa);
		if (!private)
			return user_page(s, off, pa);
		return s->gmem ? gmem_page(s->gmem,
					   (s->gmem_off + off) / PAGE_4K, true,
					   pa)
			       : -EFAULT;
	case KVM_SLOT_USER:
		return private ? -EFAULT : user_page(s, off, pa);
	case KVM_SLOT_DMABUF:
		if (s->buf->state != DMABUF_LIVE)
			return -EFAULT;
		*pa = dmabuf_frame(s->buf, s->buf_off + off);
		return 0;
	case KVM_SLOT_NONE:
		break;
	}
	return -EFAULT;
}

int kvm_fault(struct kvm_vm *vm, uint64_t gpa, bool write, bool private)
{
	struct kvm_slot *s = kvm_slot_at(vm, gpa);
	struct kvm_core *c = vm->core;
	uint64_t pa;

	gpa = align_down(gpa, PAGE_4K);
	if (kvm_private(vm, gpa) != private)
		return -EFAULT;
	if (!s)
		return private ? -EFAULT : -ENOENT;
	if (write && s->read_only)
		return -ENOENT;
	if (slot_page(s, gpa - s->gpa, private, &pa))
		return -EFAULT;
	return c->rules->map(c->rules_ctx, vm, gpa, pa, !s->read_only, private)
		       ? -EFAULT
		       : 0;
}

int kvm_shared_pa(struct kvm_vm *vm, uint64_t gpa, uint64_t *pa)
{
	struct kvm_slot *s = kvm_slot_at(vm, gpa);
	uint64_t page;
	int ret;

	if (!s || s->kind == KVM_SLOT_DMABUF || kvm_private(vm, gpa))
		return -EFAULT;
	ret = slot_page(s, align_down(gpa - s->gpa, PAGE_4K), false, &page);
	if (!ret)
		*pa = page + gpa % PAGE_4K;
	return ret;
}

int kvm_launched(struct kvm_vm *vm)
{
	struct kvm_core *c = vm->core;
	int ret = 0;

	vm->launched = true;
	for (unsigned i = 0; i < KVM_SLOTS && !ret; i++)
		if (vm->slots[i].kind == KVM_SLOT_GMEM && vm->slots[i].gmem &&
		    c->launched)
			ret = c->launched(c->launched_ctx, vm->slots[i].gmem);
	return ret;
}
