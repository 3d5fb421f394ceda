/* SPDX-License-Identifier: BSD-2-Clause */
/* What stands behind a guest address: slots, attributes, frames, faults. */
#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

#define CHUNK_SHIFT 18 /* gfns of one page map */

/* --- attributes --- */

static struct pagemap *attr_chunk(struct kvm_vm *vm, uint64_t gfn, bool make)
{
	const uint32_t base = (uint32_t)(gfn >> CHUNK_SHIFT) + 1;

	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++)
		if (vm->attr_base[i] == base)
			return &vm->attrs[i];
	for (unsigned i = 0; make && i < KVM_ATTR_CHUNKS; i++)
		if (!vm->attr_base[i]) {
			vm->attr_base[i] = base;
			pagemap_init(&vm->attrs[i], &vm->core->k->leaf_pool);
			return &vm->attrs[i];
		}
	return NULL;
}

bool kvm_private(const struct kvm_vm *vm, uint64_t gpa)
{
	const uint64_t gfn = gpa / PAGE_4K;
	const uint32_t base = (uint32_t)(gfn >> CHUNK_SHIFT) + 1;

	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++)
		if (vm->attr_base[i] == base)
			return pagemap_get(&vm->attrs[i], gfn % PAGEMAP_MAX);
	return false;
}

static int attr_put(struct kvm_vm *vm, uint64_t gfn, uint64_t attr)
{
	struct pagemap *m = attr_chunk(vm, gfn, attr);

	if (!m)
		return attr ? -ENOMEM : 0;
	return pagemap_set(m, gfn % PAGEMAP_MAX, attr);
}

/* Zap first: nobody may reach a page under its old attribute (linux.md 6). */
long attrs_set(struct kvm_vm *vm, uintptr_t arg)
{
	struct kvm_memory_attributes a;
	struct kvm_core *c = vm->core;
	int ret;

	memcpy(&a, (const void *)arg, sizeof(a));
	if (a.flags || a.attributes & ~KVM_MEMORY_ATTRIBUTE_PRIVATE ||
	    !a.size || (a.address | a.size) % PAGE_4K ||
	    a.address + a.size < a.address)
		return -EINVAL;
	ret = c->rules->zap(c->rules_ctx, vm, a.address, a.size);
	for (uint64_t at = 0; at < a.size && !ret; at += PAGE_4K)
		ret = attr_put(vm, (a.address + at) / PAGE_4K, a.attributes);
	return ret;
}

void attrs_clear(struct kvm_vm *vm)
{
	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++)
		if (vm->attr_base[i])
			pagemap_fini(&vm->attrs[i]);
}

/* --- guest_memfd --- */

static int g_prepare(void *ctx, struct gmem *g, uint64_t index, uint64_t pa)
{
	struct kvm_vm *vm = ctx;

	if (!g->bound || index < g->bind_index ||
	    index - g->bind_index >= g->bind_pages)
		return -EINVAL; /* nobody says which GPA it is */
	return vm->core->rules->prepare(
		vm->core->rules_ctx, vm,
		(g->bind_gfn + index - g->bind_index) * PAGE_4K, pa);
}

static void g_zap(void *ctx, struct gmem *g, uint64_t index, uint64_t n)
{
	struct kvm_vm *vm = ctx;
	uint64_t end = index + n;

	if (!g->bound)
		return;
	if (index < g->bind_index)
		index = g->bind_index;
	if (end > g->bind_index + g->bind_pages)
		end = g->bind_index + g->bind_pages;
	if (index < end)
		(void)vm->core->rules->zap(
			vm->core->rules_ctx, vm,
			(g->bind_gfn + index - g->bind_index) * PAGE_4K,
			(end - index) * PAGE_4K);
}

static int g_invalidate(void *ctx, uint64_t pa)
{
	struct kvm_vm *vm = ctx;

	return vm->core->rules->invalidate(vm->core->rules_ctx, pa);
}

static void g_released(void *ctx, struct gmem *g)
{
	struct kvm_vm *vm = ctx;

	for (unsigned i = 0; i < KVM_SLOTS; i++)
		if (vm->slots[i].kind == KVM_SLOT_GMEM &&
		    vm->slots[i].gmem == g)
			vm->slots[i].gmem = NULL;
	k_file_put(vm->file);
}

static const struct gmem_ops g_ops = {
	.prepare = g_prepare,
	.zap = g_zap,
	.invalidate = g_invalidate,
	.released = g_released,
};

struct kvm_vm *kvm_from_gmem(const struct gmem *g)
{
	return g->ops == &g_ops ? g->ctx : NULL;
}

long gmem_create(struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct kvm_create_guest_memfd a;
	struct gmem *g;
	long fd;

	memcpy(&a, (const void *)arg, sizeof(a));
	for (unsigned i = 0; i < COUNT(a.reserved); i++)
		if (a.reserved[i])
			return -EINVAL;
	if (a.flags || !a.size || a.size % PAGE_4K ||
	    a.size > PAGEMAP_MAX * PAGE_4K)
		return -EINVAL;
	g = gmem_new(vm->core->k, &vm->core->gmem_pool, a.size, &g_ops, vm);
	if (!g)
		return -ENOMEM;
	(void)k_file_get(vm->file);
	fd = k_fd_install(t, g->file);
	if (fd < 0)
		k_file_put(g->file);
	return fd;
}

/* --- slots --- */

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
	(void)b;
	slot_zap(ctx);
}

static void slot_clear(struct kvm_slot *s)
{
	slot_zap(s);
	if (s->vma)
		s->vma->pins--;
	if (s->gmem)
		s->gmem->bound = false;
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

static int slot_user(struct kvm_slot *s, struct task *t)
{
	if (s->uva % PAGE_4K)
		return -EINVAL;
	s->vma = k_vma_find(t, s->uva, s->len);
	if (!s->vma)
		return -EINVAL;
	s->vma->pins++;
	return 0;
}

static int slot_gmem(struct kvm_slot *s, struct task *t, int fd)
{
	struct gmem *g = gmem_from_file(k_fd_file(t, fd));
	int ret;

	if (!g)
		return -EBADF;
	if (g->ctx != s->vm || s->gmem_off % PAGE_4K || s->read_only ||
	    s->gmem_off / PAGE_4K > g->pages_max ||
	    s->len / PAGE_4K > g->pages_max - s->gmem_off / PAGE_4K)
		return -EINVAL;
	if (g->bound)
		return -EEXIST;
	ret = slot_user(s, t);
	if (ret)
		return ret;
	g->bound = true;
	g->bind_gfn = s->gpa / PAGE_4K;
	g->bind_index = s->gmem_off / PAGE_4K;
	g->bind_pages = s->len / PAGE_4K;
	s->gmem = g;
	return 0;
}

static int slot_dmabuf(struct kvm_slot *s, struct task *t, int fd)
{
	struct dmabuf *b = dmabuf_from_file(k_fd_file(t, fd));
	const struct dmabuf_importer i = { .invalidate = slot_revoked,
					   .ctx = s };
	int ret;

	if (!b)
		return -EBADF;
	if (s->gmem_off > b->len || s->len > b->len - s->gmem_off ||
	    s->gmem_off % PAGE_4K)
		return -EINVAL;
	ret = dmabuf_attach(b, &i);
	if (ret)
		return ret;
	s->buf = b;
	s->buf_off = s->gmem_off;
	(void)k_file_get(b->file);
	return 0;
}

static int slot_fill(struct kvm_slot *s, struct task *t,
		     const struct kvm_userspace_memory_region2 *r)
{
	switch (s->kind) {
	case KVM_SLOT_USER:
		return slot_user(s, t);
	case KVM_SLOT_GMEM:
		return slot_gmem(s, t, (int)r->guest_memfd);
	case KVM_SLOT_DMABUF:
		return slot_dmabuf(s, t, (int)r->guest_memfd);
	case KVM_SLOT_NONE:
		break;
	}
	return -EINVAL;
}

static enum kvm_slot_kind kind_of(uint32_t flags)
{
	if (flags & ~(KVM_MEM_READONLY | KVM_MEM_GUEST_MEMFD |
		      KVM_MEM_VFIO_DMABUF) ||
	    (flags & KVM_MEM_GUEST_MEMFD && flags & KVM_MEM_VFIO_DMABUF))
		return KVM_SLOT_NONE;
	if (flags & KVM_MEM_GUEST_MEMFD)
		return KVM_SLOT_GMEM;
	return flags & KVM_MEM_VFIO_DMABUF ? KVM_SLOT_DMABUF : KVM_SLOT_USER;
}

static bool overlaps(struct kvm_vm *vm,
		     const struct kvm_userspace_memory_region2 *r)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		const struct kvm_slot *s = &vm->slots[i];

		if (s->kind != KVM_SLOT_NONE &&
		    s->gpa < r->guest_phys_addr + r->memory_size &&
		    r->guest_phys_addr < s->gpa + s->len)
			return true;
	}
	return false;
}

/*
 * Slots are made and deleted, never moved or changed; a guest_memfd's slot
 * holds its file not (the file's release clears the slot).
 */
long slot_set(struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct kvm_userspace_memory_region2 r;
	struct kvm_slot *s, made;
	int ret;

	memcpy(&r, (const void *)arg, sizeof(r));
	if (r.slot >= KVM_SLOTS)
		return -EINVAL;
	s = &vm->slots[r.slot];
	if (!r.memory_size) {
		if (s->kind == KVM_SLOT_NONE)
			return -EINVAL;
		slot_clear(s);
		return 0;
	}
	if (s->kind != KVM_SLOT_NONE ||
	    (r.guest_phys_addr | r.memory_size) % PAGE_4K ||
	    r.guest_phys_addr + r.memory_size < r.guest_phys_addr)
		return -EINVAL;
	if (overlaps(vm, &r))
		return -EEXIST;
	made = (struct kvm_slot){ .kind = kind_of(r.flags),
				  .id = r.slot,
				  .read_only = r.flags & KVM_MEM_READONLY,
				  .gpa = r.guest_phys_addr,
				  .len = r.memory_size,
				  .uva = r.userspace_addr,
				  .gmem_off = r.guest_memfd_offset,
				  .vm = vm };
	*s = made; /* importers remember the slot itself */
	ret = slot_fill(s, t, &r);
	if (ret)
		*s = (struct kvm_slot){ 0 };
	return ret;
}

/* --- faults --- */

static int slot_page(struct kvm_slot *s, uint64_t off, bool private,
		     uint64_t *pa)
{
	switch (s->kind) {
	case KVM_SLOT_GMEM:
		if (private)
			return s->gmem ? gmem_page(s->gmem,
						   (s->gmem_off + off) /
							   PAGE_4K,
						   true, pa)
				       : -EFAULT;
		return k_user_page(s->vm->core->k, s->vma, s->uva + off, pa);
	case KVM_SLOT_USER:
		return private ? -EFAULT
			       : k_user_page(s->vm->core->k, s->vma,
					     s->uva + off, pa);
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
	return c->rules->map(c->rules_ctx, vm, gpa, pa, !s->read_only) ? -EFAULT
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
