/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"

/*
 * The G-stage of a TVM: real Sv48x4 tables in pages of its pool, read by its
 * CPUs and by the IOMMU alike (law 42). An entry that is not valid may keep a
 * page: RSW says why it is not, bits 63:54 when it was made so.
 *
 * Source: privileged architecture 20240411, 18.5.1
 */

#define LEVELS COVE_GSTAGE_LEVELS
#define TOP    (UINT64_C(1) << 48)

#define RSW_BLOCKED 1
#define RSW_REGION  2
#define FENCE	    MASK64(63, 54)
#define FENCES	    1024

static struct pt over(struct cove_fw *fw, const struct fw_tvm *t)
{
	struct pt p;
	enum il_err err = pt_over(&p, fw->cfg.mem, &cove_sv48x4, LEVELS,
				  AGENT_FIRMWARE, t->root);

	IL_ASSERT(!err);
	return p;
}

static void seek(struct pt *p, uint64_t gpa, struct pt_slot *out)
{
	enum il_err err = pt_seek(p, gpa, 1, out);

	IL_ASSERT(!err);
}

/*
 * Entries keep ten bits of the count. A page that has waited for more than
 * 1023 fences looks younger than it is, and waits for one more.
 */
static uint64_t fence_of(const struct fw_tvm *t, uint64_t e)
{
	uint64_t age = (t->fences - field_get(FENCE, e)) % FENCES;

	return t->fences - (age < t->fences ? age : t->fences);
}

void cfw_leaf_get(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		  struct fw_leaf *out)
{
	struct pt p = over(fw, t);
	uint64_t e;

	*out = (struct fw_leaf){ .kind = LEAF_NONE };
	if (gpa >= TOP)
		return;
	seek(&p, align_down(gpa, PAGE_4K), &out->slot);
	e = out->slot.e;
	if (out->slot.level != 1 || !e)
		return;
	out->pa = (e & COVE_PTE_PPN) << cove_sv48x4.shift;
	if (e & COVE_PTE_V) {
		out->kind = LEAF_PAGE;
	} else if (field_get(COVE_PTE_RSW, e) == RSW_REGION) {
		out->kind = LEAF_REGION;
	} else {
		out->kind = LEAF_BLOCKED;
		out->fence = fence_of(t, e);
	}
}

uint64_t cfw_leaf_next(const struct fw_leaf *l, uint64_t gpa)
{
	return align_down(gpa, pt_size(l->slot.level)) + pt_size(l->slot.level);
}

/*
 * Tables on the way to @gpa that are not there: levels below where it ends. A
 * host may name a range of any size: what the pool has not is counted no more.
 */
uint64_t cfw_tables_missing(struct cove_fw *fw, const struct fw_tvm *t,
			    uint64_t gpa, uint64_t len)
{
	uint64_t n = 0;
	struct pt p = over(fw, t);

	for (uint64_t at = gpa; at < gpa + len && n <= t->pooled;
	     at = align_down(at, PAGE_2M) + PAGE_2M) {
		struct pt_slot s;

		seek(&p, at, &s);
		/* A table of level k spans what one entry of k + 1 covers: it
		 * is counted where the range enters it. */
		for (unsigned k = 1; k < s.level; k++)
			n += at == gpa || at % pt_size(k + 1) == 0;
	}
	return n;
}

bool cfw_leaves_free(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		     uint64_t len)
{
	if (gpa % PAGE_4K || len % PAGE_4K || !len || gpa >= TOP ||
	    len > TOP - gpa)
		return false;
	struct fw_leaf l;

	for (uint64_t at = gpa; at < gpa + len; at = cfw_leaf_next(&l, at)) {
		cfw_leaf_get(fw, t, at, &l);
		if (l.kind != LEAF_NONE)
			return false;
	}
	return true;
}

/* --- the pool: pages linked by their first eight bytes --- */

static void table_io(struct cove_fw *fw, uint64_t pa, void *b, uint32_t len,
		     bool write)
{
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = write,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };
	struct fault f;
	enum il_err err = mem_access(fw->cfg.mem, &r, b, &f);

	IL_ASSERT(!err);
}

void cfw_pool_put(struct cove_fw *fw, struct fw_tvm *t, uint64_t pa)
{
	uint8_t next[8];

	cove_put_u64(next, 0, t->pool);
	table_io(fw, pa, next, sizeof(next), true);
	t->pool = pa;
	t->pooled++;
}

static uint64_t pool_get(struct cove_fw *fw, struct fw_tvm *t)
{
	uint8_t page[PAGE_4K] = { 0 };
	uint64_t pa = t->pool;

	IL_ASSERT(t->pooled && pa);
	table_io(fw, pa, page, 8, false);
	t->pool = cove_u64(page, 0);
	t->pooled--;
	memset(page, 0, 8);
	table_io(fw, pa, page, sizeof(page), true);
	return pa;
}

/* --- entries --- */

static void set(struct pt *p, const struct pt_slot *s, uint64_t e)
{
	enum il_err err = pt_set(p, s, e);

	IL_ASSERT(!err);
}

static void put(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa, uint64_t e)
{
	struct pt p = over(fw, t);
	struct pt_slot s;

	seek(&p, gpa, &s);
	while (s.level > 1) {
		set(&p, &s,
		    pt_table_entry(&cove_sv48x4, pool_get(fw, t), s.level));
		seek(&p, gpa, &s);
	}
	set(&p, &s, e);
}

static uint64_t page_entry(uint64_t pa, bool io)
{
	uint64_t e = pt_leaf_entry(&cove_sv48x4, pa, 1,
				   io ? PT_R | PT_W : PT_R | PT_W | PT_X);

	return io ? e | field_put(COVE_PTE_PBMT, COVE_PTE_PBMT_IO) : e;
}

void cfw_leaf_page(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		   uint64_t pa, bool io)
{
	put(fw, t, gpa, page_entry(pa, io));
}

void cfw_leaf_region(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		     uint64_t pa)
{
	put(fw, t, gpa,
	    (page_entry(pa, true) & ~COVE_PTE_V) |
		    field_put(COVE_PTE_RSW, RSW_REGION));
}

/* Only the page's address stays, and when it was. */
void cfw_leaf_block(struct cove_fw *fw, struct fw_tvm *t,
		    const struct fw_leaf *l)
{
	struct pt p = over(fw, t);

	set(&p, &l->slot,
	    (l->slot.e & COVE_PTE_PPN) | field_put(COVE_PTE_RSW, RSW_BLOCKED) |
		    field_put(FENCE, t->fences % FENCES));
}

void cfw_leaf_clear(struct cove_fw *fw, struct fw_tvm *t,
		    const struct fw_leaf *l)
{
	struct pt p = over(fw, t);

	set(&p, &l->slot, 0);
}
