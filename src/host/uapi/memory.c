/* SPDX-License-Identifier: BSD-2-Clause */
/* A task's address space: mappings, and loads and stores through them. */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "host/uapi/kernel.h"

struct vma *k_vma_find(struct task *t, uint64_t addr, uint64_t len)
{
	for (struct vma *v = t->vmas; v; v = v->next)
		if (addr >= v->start && len <= v->len &&
		    addr - v->start <= v->len - len)
			return v;
	return NULL;
}

static void vma_free(struct task *t, struct vma *v)
{
	struct kernel *k = t->k;

	if (v->kind == VMA_ANON) {
		for (uint64_t i = 0; i < v->len / PAGE_4K; i++) {
			uint64_t pa = pagemap_get(&v->pages, i);

			if (pa)
				k->hw.ops->page_free(k->hw.ctx, pa, 1);
		}
		pagemap_fini(&v->pages);
	}
	if (v->file)
		k_file_put(v->file);
	kpool_put(&k->vma_pool, v);
}

static long vma_fill(struct task *t, struct vma *v, int flags, int fd)
{
	struct file *f;
	long ret;

	if (flags & K_MAP_ANONYMOUS) {
		v->kind = VMA_ANON;
		pagemap_init(&v->pages, &t->k->leaf_pool);
		return 0;
	}
	f = k_fd_file(t, fd);
	if (!f)
		return -EBADF;
	if (!f->ops->mmap)
		return -ENODEV;
	ret = f->ops->mmap(f, t, v);
	if (!ret)
		v->file = k_file_get(f);
	return ret;
}

long k_mmap(struct task *t, uint64_t len, int prot, int flags, int fd,
	    uint64_t off, uint64_t *addr)
{
	struct vma *v;
	long ret;

	if (!len || len % PAGE_4K || off % PAGE_4K ||
	    len > PAGEMAP_MAX * PAGE_4K)
		return -EINVAL;
	v = kpool_get(&t->k->vma_pool);
	if (!v)
		return -ENOMEM;
	v->start = t->mmap_next;
	v->len = len;
	v->prot = prot;
	v->off = off;
	ret = vma_fill(t, v, flags, fd);
	if (ret < 0) {
		kpool_put(&t->k->vma_pool, v);
		return ret;
	}
	t->mmap_next += align_up(len, PAGE_2M) + PAGE_2M; /* a gap */
	v->next = t->vmas;
	t->vmas = v;
	*addr = v->start;
	return 0;
}

long k_munmap(struct task *t, uint64_t addr, uint64_t len)
{
	for (struct vma **p = &t->vmas; *p; p = &(*p)->next) {
		struct vma *v = *p;

		if (v->start != addr || v->len != len)
			continue;
		if (v->pins)
			return -EBUSY;
		*p = v->next;
		vma_free(t, v);
		return 0;
	}
	return -EINVAL;
}

/* A page that is not there yet is made. */
static int anon_page(struct kernel *k, struct vma *v, uint64_t i, uint64_t *pa)
{
	int ret;

	*pa = pagemap_get(&v->pages, i);
	if (*pa)
		return 0;
	if (k->hw.ops->page_alloc(k->hw.ctx, 1, pa))
		return -ENOMEM;
	ret = pagemap_set(&v->pages, i, *pa);
	if (ret)
		k->hw.ops->page_free(k->hw.ctx, *pa, 1);
	return ret;
}

int k_user_page(struct kernel *k, struct vma *v, uint64_t addr, uint64_t *pa)
{
	const uint64_t i = (addr - v->start) / PAGE_4K;

	switch (v->kind) {
	case VMA_ANON:
		return anon_page(k, v, i, pa);
	case VMA_PHYS:
		if (v->revoked)
			return -EFAULT;
		*pa = v->pa + i * PAGE_4K;
		return 0;
	case VMA_NONE:
	case VMA_KERNEL:
		break;
	}
	return -EFAULT;
}

unsigned k_vma_count(const struct kernel *k, const struct file *f)
{
	unsigned n = 0;

	for (const struct task *t = k->tasks; t; t = t->next)
		for (const struct vma *v = t->vmas; v; v = v->next)
			n += v->kind == VMA_PHYS && v->file == f;
	return n;
}

void k_vma_revoke(struct kernel *k, const struct file *f, bool revoked)
{
	for (struct task *t = k->tasks; t; t = t->next)
		for (struct vma *v = t->vmas; v; v = v->next)
			if (v->kind == VMA_PHYS && v->file == f)
				v->revoked = revoked;
}

static int touch_page(struct task *t, struct vma *v, uint64_t addr, void *buf,
		      size_t len, bool write)
{
	struct kernel *k = t->k;
	const struct host_hw_ops *hw = k->hw.ops;
	uint64_t pa;
	enum il_err err;
	int ret = k_user_page(k, v, addr, &pa);

	if (ret)
		return ret;
	pa += addr % PAGE_4K;
	memset(&t->fault, 0, sizeof(t->fault));
	err = write ? hw->mem_write(k->hw.ctx, pa, buf, len, &t->fault)
		    : hw->mem_read(k->hw.ctx, pa, buf, len, &t->fault);
	return err ? -EFAULT : 0;
}

static long touch(struct task *t, uint64_t addr, void *buf, size_t len,
		  bool write)
{
	struct vma *v = k_vma_find(t, addr, len);
	uint8_t *p = buf;

	if (!v || !(v->prot & (write ? K_PROT_WRITE : K_PROT_READ)))
		return -EFAULT;
	if (v->kind == VMA_KERNEL) {
		uint8_t *obj = (uint8_t *)v->obj + (addr - v->start);

		if (write)
			memcpy(obj, buf, len);
		else
			memcpy(buf, obj, len);
		return 0;
	}
	while (len) {
		size_t n = (size_t)(PAGE_4K - addr % PAGE_4K);
		int ret = touch_page(t, v, addr, p, n < len ? n : len, write);

		if (ret)
			return ret;
		n = n < len ? n : len;
		addr += n;
		p += n;
		len -= n;
	}
	return 0;
}

long k_load(struct task *t, uint64_t addr, void *out, size_t len)
{
	return touch(t, addr, out, len, false);
}

long k_store(struct task *t, uint64_t addr, const void *in, size_t len)
{
	/* touch() only reads @in when it writes. */
	return touch(t, addr, (void *)(uintptr_t)in, len, true);
}

int k_copy_in(struct task *t, void *dst, uint64_t uptr, size_t len)
{
	if (!uptr)
		return -EFAULT;
	if (uptr >= K_MMAP_BASE)
		return (int)k_load(t, uptr, dst, len);
	memcpy(dst, (const void *)(uintptr_t)uptr, len);
	return 0;
}

int k_copy_out(struct task *t, uint64_t uptr, const void *src, size_t len)
{
	if (!uptr)
		return -EFAULT;
	if (uptr >= K_MMAP_BASE)
		return (int)k_store(t, uptr, src, len);
	memcpy((void *)(uintptr_t)uptr, src, len);
	return 0;
}
