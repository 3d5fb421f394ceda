/* SPDX-License-Identifier: BSD-2-Clause */
/* Private or shared: the attribute of each page, and guest_memfd. */
#include <errno.h>
#include <string.h>

#include "host/kvm/kvm_priv.h"

#define CHUNK_SHIFT 18 /* gfns of one page map */

/* --- attributes --- */

static struct pagemap *attr_chunk(struct kvm_vm *vm, uint64_t gfn, bool make)
{
	const uint64_t base = (gfn >> CHUNK_SHIFT) + 1;

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
	const uint64_t base = (gfn >> CHUNK_SHIFT) + 1;

	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++)
		if (vm->attr_base[i] == base)
			return pagemap_get(&vm->attrs[i], gfn % PAGEMAP_MAX);
	return false;
}

/* Only what has an attribute can lose it: the range may be huge. */
static void attrs_drop(struct kvm_vm *vm, uint64_t gfn, uint64_t n)
{
	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++) {
		const uint64_t first = (vm->attr_base[i] - 1) << CHUNK_SHIFT;
		uint64_t from = gfn, to = gfn + n;

		if (!vm->attr_base[i])
			continue;
		if (from < first)
			from = first;
		if (to > first + PAGEMAP_MAX)
			to = first + PAGEMAP_MAX;
		for (; from < to && vm->attr_n[i]; from++)
			if (pagemap_get(&vm->attrs[i], from - first)) {
				(void)pagemap_set(&vm->attrs[i], from - first,
						  0);
				vm->attr_n[i]--;
			}
	}
}

/* A chunk without attributes is free for other addresses. */
static void attrs_trim(struct kvm_vm *vm)
{
	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++)
		if (vm->attr_base[i] && !vm->attr_n[i]) {
			pagemap_fini(&vm->attrs[i]);
			vm->attr_base[i] = 0;
		}
}

/* Room for the attribute of each page, so that storing them cannot fail. */
static int attrs_reserve(struct kvm_vm *vm, uint64_t gfn, uint64_t n)
{
	int ret = 0;

	for (; n && !ret; gfn++, n--) {
		struct pagemap *m = attr_chunk(vm, gfn, true);

		ret = m ? pagemap_reserve(m, gfn % PAGEMAP_MAX) : -ENOMEM;
	}
	return ret;
}

/* Room was made for each of them. */
static void attrs_store(struct kvm_vm *vm, uint64_t gfn, uint64_t n,
			uint64_t attributes)
{
	for (; n; gfn++, n--) {
		struct pagemap *m = attr_chunk(vm, gfn, false);

		if (!pagemap_get(m, gfn % PAGEMAP_MAX))
			vm->attr_n[m - vm->attrs]++;
		(void)pagemap_set(m, gfn % PAGEMAP_MAX, attributes);
	}
}

/* One step of pages of guest_memfds that convert in place. */
static int in_place_step(struct kvm_vm *vm, uint64_t gpa, uint64_t len,
			 enum gmem_step step)
{
	int ret = 0;

	for (unsigned i = 0; i < KVM_SLOTS && !ret; i++) {
		const struct kvm_slot *s = &vm->slots[i];
		uint64_t from = gpa, to = gpa + len;

		if (s->kind != KVM_SLOT_GMEM || !s->gmem || !s->gmem->in_place)
			continue;
		if (from < s->gpa)
			from = s->gpa;
		if (to > s->gpa + s->len)
			to = s->gpa + s->len;
		if (from < to)
			ret = gmem_convert(s->gmem,
					   (s->gmem_off + from - s->gpa) /
						   PAGE_4K,
					   (to - from) / PAGE_4K, step);
	}
	return ret;
}

/*
 * Such pages change owner here, when no table of the VM leads to them: those of
 * all slots, or none.
 */
static int convert_in_place(struct kvm_vm *vm, uint64_t gpa, uint64_t len,
			    bool shared)
{
	int ret = in_place_step(vm, gpa, len, GMEM_MAY);

	if (!ret)
		ret = in_place_step(vm, gpa, len,
				    shared ? GMEM_LOSE_PRIVATE
					   : GMEM_LOSE_SHARED);
	if (ret || !shared)
		return ret ? ret : in_place_step(vm, gpa, len, GMEM_PRIVATE);
	ret = in_place_step(vm, gpa, len, GMEM_SHARE);
	(void)in_place_step(vm, gpa, len, ret ? GMEM_UNDO : GMEM_KEEP);
	return ret;
}

/*
 * Devices lose private pages whose attribute goes; those that convert in place
 * lose them above, whichever way they go. A slot that refuses leaves what those
 * before it lost: nobody reaches what is not his.
 */
static int devices_lose(struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	int ret = 0;

	for (unsigned i = 0; i < KVM_SLOTS && !ret; i++) {
		const struct kvm_slot *s = &vm->slots[i];
		uint64_t from = gpa, to = gpa + len;

		if (s->kind != KVM_SLOT_GMEM || !s->gmem || s->gmem->in_place)
			continue;
		if (from < s->gpa)
			from = s->gpa;
		if (to > s->gpa + s->len)
			to = s->gpa + s->len;
		while (from < to && !kvm_private(vm, from))
			from += PAGE_4K;
		if (from < to)
			ret = gmem_invalidate(s->gmem,
					      (s->gmem_off + from - s->gpa) /
						      PAGE_4K,
					      (to - from) / PAGE_4K);
	}
	return ret;
}

/*
 * Zap before the attributes change: nobody may reach a page under its old one.
 * A VM that has no private memory has no attribute at all.
 * Source: Linux 7.2 virt/kvm/kvm_main.c, kvm_vm_ioctl_set_mem_attributes()
 */
long attrs_set(struct kvm_vm *vm, uintptr_t arg)
{
	struct kvm_memory_attributes a;
	struct kvm_core *c = vm->core;
	uint64_t gfn, n;
	int ret = k_copy_arg(&a, sizeof(a), arg);

	if (ret)
		return ret;
	if (a.flags || a.attributes & ~kvm_attributes(vm) || !a.size ||
	    (a.address | a.size) % PAGE_4K || a.address + a.size < a.address)
		return -EINVAL;
	gfn = a.address / PAGE_4K;
	n = a.size / PAGE_4K;
	if (a.attributes)
		ret = attrs_reserve(vm, gfn, n);
	if (!ret)
		ret = c->rules->zap(c->rules_ctx, vm, a.address, a.size);
	if (!ret && !a.attributes)
		ret = devices_lose(vm, a.address, a.size);
	if (!ret)
		ret = convert_in_place(vm, a.address, a.size, !a.attributes);
	if (!ret && !a.attributes)
		attrs_drop(vm, gfn, n);
	if (!ret && a.attributes)
		attrs_store(vm, gfn, n, a.attributes);
	attrs_trim(vm);
	return ret;
}

void attrs_clear(struct kvm_vm *vm)
{
	for (unsigned i = 0; i < KVM_ATTR_CHUNKS; i++)
		if (vm->attr_base[i])
			pagemap_fini(&vm->attrs[i]);
}

/* --- guest_memfd --- */

/* The slot that shows page @index of @g, or NULL. */
static struct kvm_slot *slot_of(struct kvm_vm *vm, const struct gmem *g,
				uint64_t index)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		struct kvm_slot *s = &vm->slots[i];
		const uint64_t first = s->gmem_off / PAGE_4K;

		if (s->kind == KVM_SLOT_GMEM && s->gmem == g &&
		    index >= first && index - first < s->len / PAGE_4K)
			return s;
	}
	return NULL;
}

static int g_prepare(void *ctx, struct gmem *g, uint64_t index, uint64_t pa)
{
	struct kvm_vm *vm = ctx;
	const struct kvm_slot *s = slot_of(vm, g, index);

	if (!s)
		return -EINVAL; /* nobody says which GPA it is */
	return vm->core->rules->prepare(vm->core->rules_ctx, vm,
					s->gpa + index * PAGE_4K - s->gmem_off,
					pa);
}

static int g_prepare_huge(void *ctx, struct gmem *g, uint64_t index,
			  uint64_t pa)
{
	struct kvm_vm *vm = ctx;
	const struct kvm_slot *s = slot_of(vm, g, index);

	if (!vm->core->rules->prepare_huge || !s ||
	    s != slot_of(vm, g, index + PAGEMAP_BLOCK - 1))
		return -EOPNOTSUPP;
	return vm->core->rules->prepare_huge(
		vm->core->rules_ctx, vm, s->gpa + index * PAGE_4K - s->gmem_off,
		pa);
}

static int g_resize(void *ctx, uint64_t pa, bool huge)
{
	struct kvm_vm *vm = ctx;

	return vm->core->rules->resize
		       ? vm->core->rules->resize(vm->core->rules_ctx, pa, huge)
		       : -EOPNOTSUPP;
}

static void g_zap(void *ctx, struct gmem *g, uint64_t index, uint64_t n)
{
	struct kvm_vm *vm = ctx;
	struct kvm_core *c = vm->core;

	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		const struct kvm_slot *s = &vm->slots[i];
		uint64_t from = index * PAGE_4K, to = from + n * PAGE_4K;

		if (s->kind != KVM_SLOT_GMEM || s->gmem != g)
			continue;
		if (from < s->gmem_off)
			from = s->gmem_off;
		if (to > s->gmem_off + s->len)
			to = s->gmem_off + s->len;
		if (from < to)
			(void)c->rules->zap(c->rules_ctx, vm,
					    s->gpa + from - s->gmem_off,
					    to - from);
	}
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
	.prepare_huge = g_prepare_huge,
	.resize = g_resize,
	.released = g_released,
};

struct kvm_vm *kvm_from_gmem(const struct gmem *g)
{
	return g->ops == &g_ops ? g->ctx : NULL;
}

/* Linux looks at neither the reserved members nor the type of the VM. */
long gmem_create(struct kvm_vm *vm, struct task *t, uintptr_t arg)
{
	struct kvm_create_guest_memfd a;
	struct gmem *g;
	long fd;
	int ret = k_copy_arg(&a, sizeof(a), arg);

	if (ret)
		return ret;
	if (a.flags & ~(KVM_GUEST_MEMFD_HUGE | KVM_GUEST_MEMFD_IN_PLACE) ||
	    !a.size || a.size % PAGE_4K || a.size > INT64_MAX)
		return -EINVAL;
	if (a.size > PAGEMAP_MAX * PAGE_4K)
		return -ENOMEM; /* one page map */
	g = gmem_new(vm->core->k, &vm->core->gmem_pool, a.size, &g_ops, vm);
	if (!g)
		return -ENOMEM;
	g->huge = a.flags & KVM_GUEST_MEMFD_HUGE;
	g->in_place = a.flags & KVM_GUEST_MEMFD_IN_PLACE;
	(void)k_file_get(vm->file);
	fd = k_fd_install(t, g->file);
	if (fd < 0)
		k_file_put(g->file);
	return fd;
}
