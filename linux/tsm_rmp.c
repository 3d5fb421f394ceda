// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * Pages that change hands: RMPUPDATE, PSMASH, RMPREAD, and the firmware's own
 * part, PAGE_RECLAIM.
 * Source: AMD64 APM vol. 3; SEV-SNP firmware ABI 56860, page states
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "interlock_tsm.h"

/* p->insn is held. @done: pages that succeeded before the one that did not. */
static int insn(struct ilt_psp *p, u32 op, u64 pa, u32 count, u32 *rc,
		u32 *done)
{
	ilt_wr64(p, BOARD_INSN_PA, pa);
	ilt_wr(p, BOARD_INSN_COUNT, count);
	ilt_wr(p, BOARD_INSN_OP, op);
	*rc = ilt_rd(p, BOARD_INSN_RC);
	*done = ilt_rd(p, BOARD_INSN_PAGES);
	return *rc == ~0u && ilt_dead(p) ? -ENXIO : 0;
}

static int update(struct ilt_psp *p, u64 pa, u32 count,
		  const struct rmp_update *u, u32 *rc, u32 *done)
{
	ilt_wr64(p, BOARD_INSN_GPA, u->gpa);
	ilt_wr(p, BOARD_INSN_ASID, u->asid);
	ilt_wr(p, BOARD_INSN_FLAGS,
	       (u->assigned ? BOARD_FLAG_ASSIGNED : 0) |
		       (u->pagesize == RMP_2M ? BOARD_FLAG_2M : 0) |
		       (u->immutable ? BOARD_FLAG_IMMUTABLE : 0));
	return insn(p, BOARD_INSN_RMPUPDATE, pa, count, rc, done);
}

static int update_locked(struct ilt_psp *p, u64 pa, u32 count,
			 const struct rmp_update *u, u32 *all)
{
	const u64 step = u->pagesize == RMP_2M ? SZ_2M : SZ_4K;
	bool smashed = false;

	for (*all = 0; *all < count;) {
		struct rmp_update at = *u;
		u64 here = pa + *all * step;
		u32 rc, done;
		int ret;

		at.gpa += u->assigned && u->asid ? *all * step : 0;
		ret = update(p, here,
			     min_t(u32, count - *all, BOARD_INSN_COUNT_MAX),
			     &at, &rc, &done);
		if (ret)
			return ret;
		*all += min(done, count - *all);
		if (done)
			smashed = false;
		if (rc == RMP_OK && done)
			continue;
		if (rc == RMP_FAIL_INUSE)
			return -EBUSY;
		if (rc != RMP_FAIL_OVERLAP || smashed)
			return -EIO;
		/* A 2 MiB entry in the way; once, then it is something else. */
		here = ALIGN_DOWN(pa + *all * step, SZ_2M);
		ret = insn(p, BOARD_INSN_PSMASH, here, 1, &rc, &done);
		if (ret)
			return ret;
		smashed = true;
	}
	return 0;
}

int ilt_rmp_update(struct ilt_psp *p, u64 pa, u32 count,
		   const struct rmp_update *u)
{
	const u64 step = u->pagesize == RMP_2M ? SZ_2M : SZ_4K;
	u32 all, i;
	int ret;

	mutex_lock(&p->insn);
	ret = update_locked(p, pa, count, u, &all);
	mutex_unlock(&p->insn);
	if (!ret || !u->assigned)
		return ret;
	for (i = 0; i < all; i++)
		if (ilt_rmp_shared(p, pa + i * step))
			atomic_long_inc(&p->leaked);
	return ret;
}

int ilt_rmp_read(struct ilt_psp *p, u64 pa, struct rmp_read *out)
{
	u32 rc, done, flags;
	int ret;

	mutex_lock(&p->insn);
	ret = insn(p, BOARD_INSN_RMPREAD, pa, 1, &rc, &done);
	if (!ret && rc != RMP_OK)
		ret = -EIO;
	flags = ret ? 0 : ilt_rd(p, BOARD_INSN_FLAGS);
	if (!ret)
		*out = (struct rmp_read){
			.gpa = ilt_rd64(p, BOARD_INSN_GPA),
			.assigned = !!(flags & BOARD_FLAG_ASSIGNED),
			.pagesize = flags & BOARD_FLAG_2M ? RMP_2M : RMP_4K,
			.immutable = !!(flags & BOARD_FLAG_IMMUTABLE),
			.hpage_any = !!(flags & BOARD_FLAG_HPAGE),
			.asid = ilt_rd(p, BOARD_INSN_ASID),
		};
	mutex_unlock(&p->insn);
	return ret;
}

int ilt_rmp_shared(struct ilt_psp *p, u64 pa)
{
	struct rmp_update none = {};
	u8 b[SNP_ADDR_LEN];
	struct rmp_read r;
	int ret = ilt_rmp_read(p, pa, &r);

	if (ret || !r.assigned)
		return ret;
	none.pagesize = r.pagesize;
	sev_put_u64(b, SNP_ADDR_PA,
		    pa | (r.pagesize == RMP_2M ? SNP_RECLAIM_2M : 0));
	if (r.immutable)
		ret = ilt_do(p, SEV_CMD_SNP_PAGE_RECLAIM, b, true);
	return ret ? ret : ilt_rmp_update(p, pa, 1, &none);
}

struct page *ilt_fw_page_with(struct ilt_psp *p, const void *head, size_t len)
{
	const struct rmp_update fw = { .assigned = 1, .immutable = 1 };
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	if (!page)
		return NULL;
	/* What is to stand in it must stand there before it is given away. */
	memcpy(page_address(page), head, len);
	if (ilt_rmp_update(p, ilt_pa(page), 1, &fw)) {
		__free_page(page);
		return NULL;
	}
	return page;
}

struct page *ilt_fw_page(struct ilt_psp *p)
{
	return ilt_fw_page_with(p, NULL, 0);
}

void ilt_fw_page_free(struct ilt_psp *p, struct page *page)
{
	if (!page)
		return;
	/* Still firmware's, for all we know: it must not be used again. */
	if (ilt_rmp_shared(p, ilt_pa(page)))
		atomic_long_inc(&p->leaked);
	else
		__free_page(page);
}
