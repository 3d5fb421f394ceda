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

/*
 * Frames that some I/O mapping may still use (a mapping that was pinned when
 * it was unmapped) stay until the last mapping of the memory has gone.
 */
static void back_put(struct kernel *k, struct vma *v)
{
	struct k_back *b = v->back;

	if (v->dead)
		b->dead--;
	if (!b->dead)
		k_frames_drop(k, &b->pages, (v->back_off + v->cut) / PAGE_4K,
			      v->len / PAGE_4K);
	if (--b->refs)
		return;
	k_frames_drop(k, &b->pages, 0, b->count);
	pagemap_fini(&b->pages);
	kpool_put(&k->back_pool, b);
}

static void vma_free(struct kernel *k, struct vma *v)
{
	if (v->back)
		back_put(k, v);
	if (v->file)
		k_file_put(v->file);
	kpool_put(&k->vma_pool, v);
}

void k_vma_unpin(struct kernel *k, struct vma *v)
{
	IL_ASSERT(v->pins > 0);
	if (--v->pins == 0 && v->dead)
		vma_free(k, v);
}

static long vma_fill(struct task *t, struct vma *v, int flags, int fd)
{
	struct file *f;
	long ret;

	if (flags & K_MAP_ANONYMOUS) {
		v->back = kpool_get(&t->k->back_pool);
		if (!v->back)
			return -ENOMEM;
		v->kind = VMA_ANON;
		v->back->refs = 1;
		v->back->count = v->len / PAGE_4K;
		pagemap_init(&v->back->pages, &t->k->leaf_pool);
		return 0;
	}
	f = k_fd_file(t, fd);
	if (!f)
		return -EBADF;
	if (!(flags & (K_MAP_SHARED | K_MAP_PRIVATE)))
		return -EINVAL; /* a mapping of a file is one or the other */
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

	/* do_mmap(): a length is rounded up, an offset is not. */
	if (!len || off % PAGE_4K)
		return -EINVAL;
	if (len > PAGEMAP_MAX * PAGE_4K)
		return -ENOMEM;
	len = align_up(len, PAGE_4K);
	v = kpool_get(&t->k->vma_pool);
	if (!v)
		return -ENOMEM;
	v->start = t->mmap_next;
	v->len = len;
	v->prot = prot;
	v->off = off;
	v->shared = flags & K_MAP_SHARED;
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

/* What is left of @v from @at on, @len bytes, as a mapping of its own. */
static void vma_part(struct vma *v, struct vma *p, uint64_t at, uint64_t len)
{
	const uint64_t in = at - v->start;

	*p = *v;
	p->start = at;
	p->len = len;
	p->off += in;
	p->pins = 0;
	if (v->kind == VMA_PHYS)
		p->pa += in;
	if (v->back) {
		p->back_off += in;
		p->back->refs++;
	}
	if (v->file)
		(void)k_file_get(v->file);
}

/*
 * @v loses [@from, @to). What stays becomes mappings of its own, put in place
 * of it; @v goes, at once or with its last pin.
 */
static void vma_cut(struct task *t, struct vma **at, uint64_t from, uint64_t to,
		    struct vma *part[2])
{
	struct kernel *k = t->k;
	struct vma *v = *at;
	const uint64_t end = v->start + v->len;

	*at = v->next;
	for (unsigned i = 0; i < 2; i++) {
		const uint64_t lo = i ? to : v->start, hi = i ? end : from;

		if (lo >= hi || lo < v->start || hi > end)
			continue;
		IL_ASSERT(part[i]);
		vma_part(v, part[i], lo, hi - lo);
		part[i]->next = *at;
		*at = part[i];
		part[i] = NULL;
	}
	/* Only what was unmapped loses its frames, now or with the last pin. */
	v->cut = from > v->start ? from - v->start : 0;
	v->len = (to < end ? to : end) - v->start - v->cut;
	if (!v->pins) {
		vma_free(k, v);
		return;
	}
	v->dead = true;
	if (v->back)
		v->back->dead++;
}

static bool hit(const struct vma *v, uint64_t addr, uint64_t len)
{
	return v->start < addr + len && addr < v->start + v->len;
}

/* Mappings that will stand in place of the ends of what is cut. -ENOMEM. */
static long take_parts(struct task *t, uint64_t addr, uint64_t len,
		       struct vma *part[2])
{
	struct kernel *k = t->k;

	for (struct vma *v = t->vmas; v; v = v->next) {
		if (!hit(v, addr, len))
			continue;
		if (v->start < addr && !(part[0] = kpool_get(&k->vma_pool)))
			return -ENOMEM;
		if (v->start + v->len > addr + len &&
		    !(part[1] = kpool_get(&k->vma_pool)))
			return -ENOMEM;
	}
	return 0;
}

/*
 * As munmap(2): whatever of the range is mapped goes, also in the middle of a
 * mapping, and a hole is no error. Pages under an I/O mapping stay in it.
 */
static long unmap_range(struct task *t, uint64_t addr, uint64_t len)
{
	struct vma *part[2] = { NULL, NULL };
	long ret = take_parts(t, addr, len, part);

	if (!ret)
		k_mm_gone(t->k, t, addr, len);
	for (struct vma **p = &t->vmas; *p && !ret;) {
		struct vma *v = *p;

		/* What is put in its place is not hit again. */
		if (hit(v, addr, len))
			vma_cut(t, p, v->start > addr ? v->start : addr,
				addr + len, part);
		else
			p = &v->next;
	}
	for (unsigned i = 0; i < 2; i++)
		if (part[i])
			kpool_put(&t->k->vma_pool, part[i]);
	return ret;
}

long k_munmap(struct task *t, uint64_t addr, uint64_t len)
{
	if (!len || addr % PAGE_4K || addr > K_TASK_SIZE ||
	    len > K_TASK_SIZE - addr)
		return -EINVAL;
	return unmap_range(t, addr, align_up(len, PAGE_4K));
}

void k_mm_exit(struct kernel *k, struct task *t)
{
	for (unsigned i = 0; i < k->n_mm; i++)
		k->mm[i].exit(k->mm[i].ctx, t);
}

int k_mm_watch(struct kernel *k, const struct k_mm_watch *w)
{
	if (k->n_mm == COUNT(k->mm))
		return -ENOSPC;
	k->mm[k->n_mm++] = *w;
	return 0;
}

void k_mm_gone(struct kernel *k, struct task *t, uint64_t addr, uint64_t len)
{
	for (unsigned i = 0; i < k->n_mm; i++)
		k->mm[i].gone(k->mm[i].ctx, t, addr, len);
}

int k_user_pages(struct kernel *k, struct vma *v, uint64_t addr, size_t n,
		 uint64_t *pa)
{
	const uint64_t i = (addr - v->start) / PAGE_4K;

	switch (v->kind) {
	case VMA_ANON:
		return k_frames(k, &v->back->pages, v->back->huge,
				v->back->count, i + v->back_off / PAGE_4K, n,
				pa);
	case VMA_MEMFD:
		return k_memfd_pages(v->obj, v->off / PAGE_4K + i, n, pa);
	case VMA_FILE:
		return v->file->ops->pages(v->file, v->off / PAGE_4K + i, n,
					   pa);
	case VMA_PHYS:
		if (v->revoked)
			return -EFAULT;
		for (size_t j = 0; j < n; j++)
			pa[j] = v->pa + (i + j) * PAGE_4K;
		return 0;
	case VMA_NONE:
	case VMA_KERNEL:
		break;
	}
	return -EFAULT;
}

int k_user_page(struct kernel *k, struct vma *v, uint64_t addr, uint64_t *pa)
{
	return k_user_pages(k, v, addr, 1, pa);
}

long k_madvise(struct task *t, uint64_t addr, uint64_t len, int advice)
{
	struct vma *v = k_vma_find(t, addr, len);

	if (advice != K_MADV_HUGEPAGE || !v || v->kind != VMA_ANON ||
	    v->start != addr || v->len != len)
		return -EINVAL;
	v->back->huge = true;
	return 0;
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
			if (v->kind == VMA_PHYS && v->file == f) {
				v->revoked = revoked;
				if (revoked)
					k_mm_gone(k, t, v->start, v->len);
			}
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
