/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory as KVM maps it: private pages and MMIO by the module into
 * the secure EPT, shared pages by itself into the other half.
 *
 * A page leaves the secure EPT by BLOCK, TRACK (and every vCPU out of the
 * guest once: none is inside while the kernel runs here), what devices
 * remember, REMOVE. MMIO leaves by the same steps, but UNMAP is refused until
 * its interface is stopped or its link is cut: until then it is kept blocked.
 *
 * Source: Linux 7.3 arch/x86/kvm/vmx/tdx.c, tdx_sept_*(); Private MMIO RFC
 * (January 2025), patch 12; architectures.md C.4
 */
#include <errno.h>

#include "arch/tdx/host_priv.h"

#define CHUNK_SHIFT 18 /* gfns of one page map */

/* --- books: what is in the secure EPT --- */

static struct pagemap *chunk_of(struct tdx_vm *v, uint64_t gfn, unsigned *n)
{
	for (*n = 0; *n < TDX_PRIV_CHUNKS; (*n)++)
		if (v->priv_base[*n] == (gfn >> CHUNK_SHIFT) + 1)
			return &v->priv[*n];
	return NULL;
}

/* A place for the entry, so that putting it there cannot fail. */
static struct pagemap *chunk_for(struct tdx_host *h, struct tdx_vm *v,
				 uint64_t gfn, unsigned *n)
{
	struct pagemap *m = chunk_of(v, gfn, n);

	for (*n = m ? *n : 0; !m && *n < TDX_PRIV_CHUNKS; (*n)++)
		if (!v->priv_base[*n]) {
			m = &v->priv[*n];
			pagemap_init(m, &h->k->leaf_pool);
			v->priv_base[*n] = (gfn >> CHUNK_SHIFT) + 1;
			break;
		}
	return m && !pagemap_reserve(m, gfn % PAGEMAP_MAX) ? m : NULL;
}

static void chunk_trim(struct tdx_vm *v, unsigned n)
{
	if (v->priv_base[n] && !v->priv_n[n]) {
		pagemap_fini(&v->priv[n]);
		v->priv_base[n] = 0;
	}
}

uint64_t tdx_priv_pages(const struct tdx_vm *v)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < TDX_PRIV_CHUNKS; i++)
		n += v->priv_n[i];
	return n;
}

/* Each entry of [@gfn, +@n) that is there, with what is to be done to it. */
struct visit {
	struct tdx_host *h;
	struct tdx_vm *v;
	/* A new entry; 0: it is gone. */
	uint64_t (*see)(struct visit *w, uint64_t gfn, uint64_t e);
	uint64_t pa; /* that is looked for */
	unsigned seen;
	int ret;
};

static void visit_chunk(struct visit *w, unsigned c, uint64_t gfn, uint64_t n)
{
	const uint64_t first = (w->v->priv_base[c] - 1) << CHUNK_SHIFT;
	uint64_t from = gfn > first ? gfn - first : 0;
	uint64_t to =
		gfn + n - first < PAGEMAP_MAX ? gfn + n - first : PAGEMAP_MAX;

	while (from < to) {
		uint64_t e;

		if (!pagemap_block(&w->v->priv[c], from)) {
			from = align_down(from, PAGEMAP_BLOCK) + PAGEMAP_BLOCK;
			continue;
		}
		e = pagemap_get(&w->v->priv[c], from);
		if (e) {
			const uint64_t now = w->see(w, first + from, e);

			w->v->priv_n[c] -= !now;
			if (now != e)
				(void)pagemap_set(&w->v->priv[c], from, now);
		}
		from++;
	}
}

static void visit(struct visit *w, uint64_t gfn, uint64_t n)
{
	for (unsigned c = 0; c < TDX_PRIV_CHUNKS; c++) {
		const uint64_t first = (w->v->priv_base[c] - 1) << CHUNK_SHIFT;

		if (w->v->priv_base[c] && gfn < first + PAGEMAP_MAX &&
		    gfn + n > first)
			visit_chunk(w, c, gfn, n);
		chunk_trim(w->v, c);
	}
}

/* --- into the secure EPT --- */

static uint64_t level_size(unsigned level)
{
	return PAGE_4K << 9 * level;
}

/* The tables above @gpa, those that are missing. */
static int sept_add(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa)
{
	for (unsigned level = TDX_LEVEL_PML; level > TDX_LEVEL_4K; level--) {
		const uint64_t pa = tdx_page_new(h);
		const uint64_t at = align_down(gpa, level_size(level)) | level;
		uint64_t st;
		int ret = pa ? tdx_given_add(h, v, pa) : -ENOMEM;

		if (ret) {
			tdx_page_free(h, pa);
			return ret;
		}
		st = tdx_call4(h, TDH_MEM_SEPT_ADD, at, v->tdr, pa, 0);
		if (!(st & TDX_ERROR_BIT))
			continue;
		tdx_given_undo(h, v);
		if (TDX_STATUS(st) != TDX_EPT_ENTRY_NOT_FREE)
			return tdx_errno(st);
	}
	return 0;
}

static int sept_put(struct tdx_host *h, struct tdx_vm *v,
		    const struct tdx_regs *call)
{
	struct tdx_regs r = *call;
	uint64_t st = tdx_call(h, &r);
	int ret;

	if (TDX_STATUS(st) == TDX_EPT_WALK_FAILED) {
		ret = sept_add(h, v, call->rcx & TDX_GPA_MASK);
		if (ret)
			return ret;
		r = *call;
		st = tdx_call(h, &r);
	}
	return tdx_errno(st);
}

/* Books and call go together: an entry is noted when the module has it. */
static int put_noted(struct tdx_host *h, struct tdx_vm *v,
		     const struct tdx_regs *call, uint64_t e)
{
	const uint64_t gfn = (call->rcx & TDX_GPA_MASK) / PAGE_4K;
	unsigned c;
	struct pagemap *m = chunk_for(h, v, gfn, &c);
	int ret = m ? sept_put(h, v, call) : -ENOMEM;

	if (!ret) {
		(void)pagemap_set(m, gfn % PAGEMAP_MAX, e);
		v->priv_n[c]++;
	} else if (m) {
		chunk_trim(v, c);
	}
	return ret;
}

int tdx_page_add(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa,
		 uint64_t pa, uint64_t source)
{
	const struct tdx_regs r = { .rax = TDH_MEM_PAGE_ADD,
				    .rcx = gpa,
				    .rdx = v->tdr,
				    .r8 = pa,
				    .r9 = source };

	return put_noted(h, v, &r, pa);
}

/* A page that is there already: a fault that somebody else has cured. */
static int map_private(struct tdx_host *h, struct kvm_vm *vm, uint64_t gpa,
		       uint64_t pa)
{
	struct tdx_vm *v = vm->priv;
	const struct kvm_slot *sl = kvm_slot_at(vm, gpa);
	const bool mmio = sl && sl->kind == KVM_SLOT_DMABUF;
	const struct tdx_regs r = { .rax = mmio ? TDH_MMIO_MAP
						: TDH_MEM_PAGE_AUG,
				    .rcx = gpa,
				    .rdx = v->tdr,
				    .r8 = pa };
	unsigned c;
	const struct pagemap *m = chunk_of(v, gpa / PAGE_4K, &c);
	const uint64_t e = m ? pagemap_get(m, gpa / PAGE_4K % PAGEMAP_MAX) : 0;

	if (!v->runnable)
		return -EINVAL;
	if (e)
		return e == (pa | (mmio ? TDX_PRIV_MMIO : 0)) ? 0 : -EBUSY;
	return put_noted(h, v, &r, pa | (mmio ? TDX_PRIV_MMIO : 0));
}

/* --- and out of it --- */

static uint64_t block(struct visit *w, uint64_t gfn, uint64_t e)
{
	const uint64_t leaf =
		e & TDX_PRIV_MMIO ? TDH_MMIO_BLOCK : TDH_MEM_RANGE_BLOCK;
	int ret;

	w->seen++;
	if (e & TDX_PRIV_BLOCKED)
		return e;
	if (!w->v->runnable)
		return e | TDX_PRIV_BLOCKED; /* no vCPU has ever seen it */
	ret = tdx_errno(tdx_call4(w->h, leaf, gfn * PAGE_4K, w->v->tdr, 0, 0));
	w->ret = w->ret ? w->ret : ret;
	return ret ? e : e | TDX_PRIV_BLOCKED;
}

static uint64_t take(struct visit *w, uint64_t gfn, uint64_t e)
{
	const uint64_t leaf =
		e & TDX_PRIV_MMIO ? TDH_MMIO_UNMAP : TDH_MEM_PAGE_REMOVE;
	int ret;

	if (!(e & TDX_PRIV_BLOCKED))
		return e;
	ret = tdx_errno(tdx_call4(w->h, leaf, gfn * PAGE_4K, w->v->tdr, 0, 0));
	w->ret = w->ret ? w->ret : ret;
	if (ret) {
		w->h->kept++;
		return e;
	}
	/* What stands in caches under its key is written back. */
	if (!(e & TDX_PRIV_MMIO))
		(void)tdx_call4(w->h, TDH_PHYMEM_PAGE_WBINVD,
				(e & ~TDX_PRIV_FLAGS) | (uint64_t)w->v->hkid
								<< 52,
				0, 0, 0);
	return 0;
}

static int track(struct tdx_host *h, struct tdx_vm *v)
{
	int ret;

	if (!v->runnable)
		return 0; /* no vCPU has ever seen it */
	ret = tdx_errno(tdx_call4(h, TDH_MEM_TRACK, v->tdr, 0, 0, 0));
	if (!ret && v->tdis)
		ret = tdx_iotlb_flush(h, v->tdr);
	return ret;
}

static int zap_private(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa,
		       uint64_t len)
{
	struct visit w = { .h = h, .v = v, .see = block };
	int ret;

	visit(&w, gpa / PAGE_4K, len / PAGE_4K);
	if (!w.seen)
		return 0;
	ret = track(h, v);
	w.see = take;
	if (!ret)
		visit(&w, gpa / PAGE_4K, len / PAGE_4K);
	return w.ret ? w.ret : ret;
}

/* Blocked MMIO alone: what KVM itself has not let go of stays. */
static uint64_t take_mmio(struct visit *w, uint64_t gfn, uint64_t e)
{
	w->seen += e & TDX_PRIV_MMIO && e & TDX_PRIV_BLOCKED;
	return e & TDX_PRIV_MMIO ? take(w, gfn, e) : e;
}

int tdx_mmio_again(struct tdx_host *h, struct tdx_vm *v)
{
	struct visit w = { .h = h, .v = v, .see = take_mmio };
	int ret = v->tdr && tdx_priv_pages(v) ? track(h, v) : 0;

	if (!ret && v->tdr)
		visit(&w, 0, TDX_GPA_SHARED / PAGE_4K);
	return ret ? ret : w.ret;
}

/* --- the other half --- */

static uint64_t shared_gpa(const struct tdx_vm *v, uint64_t gpa)
{
	return v->td ? gpa | TDX_GPA_SHARED : gpa;
}

/*
 * The root of the secure EPT shows the host's tables in its upper half, so
 * that a trusted device reaches shared memory by the guest's address, too.
 */
static int link_shared(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa)
{
	const uint64_t at =
		align_down(shared_gpa(v, gpa), level_size(TDX_LEVEL_PML));
	const unsigned i = (unsigned)(at >> 39) & 0xff;
	uint8_t b[8];
	uint64_t e;
	int ret = tdx_read(h, v->ept.root + ((at >> 39) & 0x1ff) * 8, b,
			   sizeof(b));

	if (ret || !v->tdr || !v->connect)
		return ret;
	e = tdx_u64(b, 0) & (EPT_ADDR | EPT_RWX);
	if (e == v->linked[i])
		return 0;
	ret = tdx_errno(tdx_call4(h, TDH_MEM_SHARED_SEPT_WR, at | TDX_LEVEL_PML,
				  v->tdr, e, 0));
	if (!ret)
		v->linked[i] = e;
	return ret;
}

static int map_shared(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa,
		      uint64_t pa, bool write)
{
	const unsigned perm = PT_R | PT_X | (write ? PT_W : 0u);
	const uint64_t at = shared_gpa(v, gpa);
	enum il_err err = pt_map(&v->ept, at, pa, PAGE_4K, perm, PAGE_4K);

	if (err == IL_E_STATE) {
		err = pt_unmap(&v->ept, at, PAGE_4K, NULL);
		if (!err)
			err = pt_map(&v->ept, at, pa, PAGE_4K, perm, PAGE_4K);
	}
	return err ? k_errno(err) : link_shared(h, v, gpa);
}

/* Top-level entries that the range touches; a table may have gone with it. */
static int relink(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa,
		  uint64_t len)
{
	int ret = 0;

	for (uint64_t at = align_down(gpa, level_size(TDX_LEVEL_PML));
	     v->td && at < gpa + len && !ret; at += level_size(TDX_LEVEL_PML))
		ret = link_shared(h, v, at);
	return ret;
}

int tdx_map(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa, bool write,
	    bool private)
{
	struct tdx_vm *v = vm->priv;

	if (gpa >= TDX_GPA_SHARED)
		return -EINVAL;
	return private ? map_private(ctx, vm, gpa, pa)
		       : map_shared(ctx, v, gpa, pa, write);
}

int tdx_zap(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len)
{
	struct tdx_vm *v = vm->priv;
	int ret, r = 0;

	if (gpa >= TDX_GPA_SHARED)
		return 0;
	if (len > TDX_GPA_SHARED - gpa)
		len = TDX_GPA_SHARED - gpa;
	ret = k_errno(pt_unmap(&v->ept, shared_gpa(v, gpa), len, NULL));
	if (!ret)
		ret = relink(ctx, v, gpa, len);
	if (v->tdr)
		r = zap_private(ctx, v, gpa, len);
	return ret ? ret : r;
}

/* --- guest_memfd --- */

/* A frame becomes the TD's when it is mapped, not before. */
int tdx_prepare(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa)
{
	const struct tdx_vm *v = vm->priv;

	(void)ctx;
	(void)gpa;
	(void)pa;
	return v->td ? 0 : -EINVAL;
}

/* Each page has an entry of its own here. */
int tdx_resize(void *ctx, uint64_t pa, bool huge)
{
	(void)ctx;
	(void)pa;
	return huge ? -EOPNOTSUPP : 0;
}

static uint64_t is_frame(struct visit *w, uint64_t gfn, uint64_t e)
{
	(void)gfn;
	w->seen += (e & ~TDX_PRIV_FLAGS) == w->pa;
	return e;
}

/* It was zapped: the host's again, unless the module did not let it go. */
int tdx_invalidate(void *ctx, uint64_t pa)
{
	struct tdx_host *h = ctx;
	struct visit w = { .h = h, .see = is_frame, .pa = pa };

	for (w.v = h->kept ? h->vms : NULL; w.v; w.v = w.v->next)
		visit(&w, 0, TDX_GPA_SHARED / PAGE_4K);
	return w.seen ? -EIO : 0;
}
