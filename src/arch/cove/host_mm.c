/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TVM and its pages. The TSM owns the G-stage; the host gives it pages for
 * the tables and says which page stands where, and takes it back in four
 * steps: invalidate, fence, remove, reclaim (law 37).
 * Source: CoVE, "TVM memory management"; RFC "RISC-V CoVE support" (2023),
 * arch/riscv/kvm/cove.c
 */
#include <errno.h>

#include "arch/cove/host_priv.h"

#define CHUNK_SHIFT 18 /* gfns of one page map */

/* --- what is mapped --- */

static unsigned chunk_of(const struct cove_vm *v, uint64_t gfn)
{
	unsigned i = 0;

	while (i < COVE_MAP_CHUNKS &&
	       v->map_base[i] != (gfn >> CHUNK_SHIFT) + 1)
		i++;
	return i;
}

static bool is_mapped(const struct cove_vm *v, uint64_t gfn)
{
	const unsigned i = chunk_of(v, gfn);

	return i < COVE_MAP_CHUNKS &&
	       pagemap_get(&v->mapped[i], gfn % PAGEMAP_MAX);
}

/* Room for a mark: storing it cannot fail then. */
static int reserve(struct cove_host *s, struct cove_vm *v, uint64_t gfn)
{
	unsigned i = chunk_of(v, gfn);

	if (i == COVE_MAP_CHUNKS) {
		for (i = 0; i < COVE_MAP_CHUNKS && v->map_base[i]; i++)
			;
		if (i == COVE_MAP_CHUNKS)
			return -ENOMEM;
		pagemap_init(&v->mapped[i], &s->k->leaf_pool);
		v->map_base[i] = (gfn >> CHUNK_SHIFT) + 1;
	}
	return pagemap_reserve(&v->mapped[i], gfn % PAGEMAP_MAX);
}

static void mark(struct cove_vm *v, uint64_t gfn, bool on)
{
	const unsigned i = chunk_of(v, gfn);

	if (i == COVE_MAP_CHUNKS || is_mapped(v, gfn) == on)
		return;
	(void)pagemap_set(&v->mapped[i], gfn % PAGEMAP_MAX, on);
	v->map_n[i] += on ? 1 : UINT32_MAX;
	if (!v->map_n[i]) {
		pagemap_fini(&v->mapped[i]);
		v->map_base[i] = 0;
	}
}

/* --- pages in --- */

static int tables(struct cove_host *s, struct cove_vm *v)
{
	uint64_t a[6] = { v->id, 0, COVE_PT_PAGES };
	int ret;

	if (v->n_pt == COUNT(v->pt_pa))
		return -ENOMEM;
	a[1] = cove_pages(s, COVE_PT_PAGES);
	if (!a[1])
		return -ENOMEM;
	ret = cove_covh(s, COVH_ADD_PAGE_TABLE_PAGES, a, NULL);
	if (ret)
		cove_pages_free(s, a[1], COVE_PT_PAGES);
	else
		v->pt_pa[v->n_pt++] = a[1];
	return ret;
}

/*
 * The mark has its place before the TSM is asked: what stands there is never
 * forgotten. More pages for tables when the TSM says that it has too few, as
 * often as it does.
 */
int cove_vm_put(struct cove_host *s, struct cove_vm *v, uint64_t fid,
		const uint64_t a[6], uint64_t gpa)
{
	int ret = reserve(s, v, gpa / PAGE_4K);

	if (ret)
		return ret;
	ret = cove_covh(s, fid, a, NULL);
	while (ret && s->sbi_error == SBI_ERR_OUT_OF_PTPAGES) {
		ret = tables(s, v);
		if (ret)
			break;
		ret = cove_covh(s, fid, a, NULL);
	}
	if (!ret)
		mark(v, gpa / PAGE_4K, true);
	return ret;
}

/* COVH_ADD_ZERO_PAGES or COVH_ADD_SHARED_PAGES. */
int cove_vm_add(struct cove_host *s, struct cove_vm *v, uint64_t fid,
		uint64_t pa, uint64_t gpa)
{
	const uint64_t a[6] = { v->id, pa, COVE_PAGE_4K, 1, gpa };

	return is_mapped(v, gpa / PAGE_4K) ? 0 : cove_vm_put(s, v, fid, a, gpa);
}

/* --- and out --- */

/* One step of each run of mapped pages in the range. */
static int each_run(struct cove_host *s, struct cove_vm *v, uint64_t fid,
		    uint64_t gfn, uint64_t end)
{
	int ret = 0;

	while (gfn < end && !ret) {
		const unsigned i = chunk_of(v, gfn);
		const uint64_t next = ((gfn >> CHUNK_SHIFT) + 1) << CHUNK_SHIFT;
		uint64_t a[6] = { v->id, gfn * PAGE_4K };
		uint64_t to = gfn;

		if (i == COVE_MAP_CHUNKS ||
		    (!(gfn % PAGEMAP_BLOCK) &&
		     !pagemap_block(&v->mapped[i], gfn % PAGEMAP_MAX))) {
			gfn = i == COVE_MAP_CHUNKS ? next : gfn + PAGEMAP_BLOCK;
			continue;
		}
		while (to < end && is_mapped(v, to))
			to++;
		a[2] = (to - gfn) * PAGE_4K;
		if (to > gfn)
			ret = cove_covh(s, fid, a, NULL);
		gfn = to > gfn ? to : gfn + 1;
	}
	return ret;
}

static bool any(const struct cove_vm *v, uint64_t gfn, uint64_t end)
{
	for (unsigned i = 0; i < COVE_MAP_CHUNKS; i++) {
		const uint64_t first = (v->map_base[i] - 1) << CHUNK_SHIFT;

		if (v->map_base[i] && first < end && gfn < first + PAGEMAP_MAX)
			return true;
	}
	return false;
}

static void unmark(struct cove_vm *v, uint64_t gfn, uint64_t end)
{
	for (unsigned i = 0; i < COVE_MAP_CHUNKS; i++) {
		const uint64_t first = (v->map_base[i] - 1) << CHUNK_SHIFT;
		uint64_t from = gfn, to = end;

		if (!v->map_base[i])
			continue;
		if (from < first)
			from = first;
		if (to > first + PAGEMAP_MAX)
			to = first + PAGEMAP_MAX;
		while (from < to && v->map_base[i])
			mark(v, from++, false);
	}
}

void cove_vm_forget(struct cove_vm *v, uint64_t gpa, uint64_t len)
{
	unmark(v, gpa / PAGE_4K, (gpa + len) / PAGE_4K);
}

int cove_vm_zap(struct cove_host *s, struct cove_vm *v, uint64_t gpa,
		uint64_t len)
{
	const uint64_t gfn = gpa / PAGE_4K, end = gfn + len / PAGE_4K;
	const uint64_t a[6] = { v->id };
	int ret;

	if (!v->created || !any(v, gfn, end))
		return 0;
	ret = each_run(s, v, COVH_INVALIDATE_PAGES, gfn, end);
	if (!ret)
		ret = cove_covh(s, COVH_TVM_FENCE, a, NULL);
	if (!ret)
		ret = each_run(s, v, COVH_REMOVE_PAGES, gfn, end);
	if (!ret)
		unmark(v, gfn, end);
	return ret;
}

/* --- the TVM --- */

int cove_vm_regions(struct cove_host *s, struct cove_vm *v)
{
	for (unsigned i = 0; i < KVM_SLOTS; i++) {
		const struct kvm_slot *sl = &v->kvm->slots[i];
		const uint64_t a[6] = { v->id, sl->gpa, sl->len };
		unsigned k = 0;
		int ret;

		if (sl->kind != KVM_SLOT_GMEM)
			continue;
		while (k < v->n_region && v->region[k].gpa != sl->gpa)
			k++;
		if (k < v->n_region)
			continue;
		if (k == COVE_SLOT_REGIONS)
			return -ENOSPC;
		ret = cove_covh(s, COVH_ADD_MEMORY_REGION, a, NULL);
		if (ret)
			return ret;
		v->region[v->n_region].gpa = sl->gpa;
		v->region[v->n_region++].len = sl->len;
	}
	return 0;
}

/* kvm_riscv_cove_vm_init() */
int cove_vm_init(struct cove_host *s, struct cove_vm *v)
{
	uint64_t a[6] = { s->page, TVM_PARAMS_LEN };
	uint8_t p[TVM_PARAMS_LEN];
	int ret = -ENOMEM;

	v->dir_pa = cove_pages(s, TVM_DIRECTORY_PAGES);
	v->state_pa = cove_pages(s, s->tvm_state_pages);
	cove_put_u64(p, TVM_PARAMS_PAGE_DIRECTORY, v->dir_pa);
	cove_put_u64(p, TVM_PARAMS_STATE, v->state_pa);
	if (v->dir_pa && v->state_pa)
		ret = cove_write(s, s->page, p, sizeof(p));
	if (!ret)
		ret = cove_covh(s, COVH_CREATE_TVM, a, &v->id);
	v->created = !ret;
	if (!ret)
		ret = tables(s, v);
	if (ret)
		cove_vm_fini(s, v);
	return ret;
}

/*
 * Every page has gone back with its guest_memfd, every function with its
 * vIOMMU. What the TSM keeps is not used again.
 */
void cove_vm_fini(struct cove_host *s, struct cove_vm *v)
{
	const uint64_t a[6] = { v->id };

	if (v->created)
		(void)cove_covh(s, COVH_DESTROY_TVM, a, NULL);
	for (unsigned i = 0; i < COUNT(v->vcpu); i++)
		cove_pages_free(s, v->vcpu[i].state_pa, s->vcpu_state_pages);
	while (v->n_pt)
		cove_pages_free(s, v->pt_pa[--v->n_pt], COVE_PT_PAGES);
	cove_pages_free(s, v->state_pa, s->tvm_state_pages);
	cove_pages_free(s, v->dir_pa, TVM_DIRECTORY_PAGES);
	for (unsigned i = 0; i < COVE_MAP_CHUNKS; i++)
		if (v->map_base[i])
			pagemap_fini(&v->mapped[i]);
	v->created = false;
	v->dir_pa = v->state_pa = 0;
}
