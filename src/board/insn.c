/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RMPUPDATE, PSMASH, RMPREAD, and the host's processor on memory that is not
 * in the host's own machine.
 * Source: AMD64 APM vol. 3; arch/sev_tio/own.h for what each refuses
 */
#include "base/bits.h"
#include "board/host_priv.h"

#define UPDATE_FLAGS \
	(BOARD_FLAG_ASSIGNED | BOARD_FLAG_2M | BOARD_FLAG_IMMUTABLE)

static void name(const struct board_host *h, uint64_t pa)
{
	if (h->cfg.named)
		h->cfg.named(h->cfg.ctx, pa);
}

static enum rmp_rc update(struct board_host *h, const struct board_insn *i,
			  uint64_t off)
{
	const struct rmp_update u = {
		.gpa = i->gpa + off,
		.assigned = !!(i->flags & BOARD_FLAG_ASSIGNED),
		.pagesize = i->flags & BOARD_FLAG_2M ? RMP_2M : RMP_4K,
		.immutable = !!(i->flags & BOARD_FLAG_IMMUTABLE),
		.asid = i->asid,
	};

	name(h, i->pa + off);
	return own_rmpupdate(h->cfg.own, i->pa + off, &u);
}

/* The first page that is refused ends it; those before stay. */
static enum rmp_rc pages(struct board_host *h, const struct board_insn *i,
			 uint32_t op)
{
	const bool large = op == BOARD_INSN_PSMASH || i->flags & BOARD_FLAG_2M;
	const uint64_t step = large ? PAGE_2M : PAGE_4K;
	const uint64_t all = i->count * step;

	/* Beyond what is covered, or has a number, the RMP refuses. */
	if (!i->count || i->count > BOARD_INSN_COUNT_MAX)
		return RMP_FAIL_INPUT;
	if (op == BOARD_INSN_RMPUPDATE && i->flags & ~(uint32_t)UPDATE_FLAGS)
		return RMP_FAIL_INPUT;
	for (uint64_t off = 0; off < all; off += step) {
		enum rmp_rc rc = op == BOARD_INSN_PSMASH
					 ? own_psmash(h->cfg.own, i->pa + off)
					 : update(h, i, off);

		if (rc != RMP_OK)
			return rc;
		h->insn.pages++;
	}
	return RMP_OK;
}

static enum rmp_rc rmpread(struct board_host *h, uint64_t pa)
{
	struct board_insn *i = &h->insn;
	struct rmp_read r;
	enum rmp_rc rc = own_rmpread(h->cfg.own, pa, &r);

	if (rc != RMP_OK)
		return rc;
	i->gpa = r.gpa;
	i->asid = r.asid;
	i->flags = (r.assigned ? BOARD_FLAG_ASSIGNED : 0) |
		   (r.pagesize == RMP_2M ? BOARD_FLAG_2M : 0) |
		   (r.immutable ? BOARD_FLAG_IMMUTABLE : 0) |
		   (r.hpage_any ? BOARD_FLAG_HPAGE : 0);
	i->pages = 1;
	return RMP_OK;
}

void host_insn(struct board_host *h, uint32_t op)
{
	const struct board_insn i = h->insn;

	h->insn.pages = 0;
	switch (op) {
	case BOARD_INSN_RMPUPDATE:
	case BOARD_INSN_PSMASH:
		h->insn.rc = pages(h, &i, op);
		break;
	case BOARD_INSN_RMPREAD:
		name(h, i.pa);
		h->insn.rc = rmpread(h, i.pa);
		break;
	default:
		h->insn.rc = BOARD_RC_FAULT; /* #UD: not this processor's */
	}
}

/* --- copy --- */

/* All of it is judged, and all of it memory, before the first byte moves. */
static bool may(struct board_host *h, uint64_t pa, uint32_t len, bool write)
{
	struct mem_req r = mem_req_host(pa, len, write);
	struct fault f;

	if (pa + len < pa)
		return false;
	for (uint64_t at = align_down(pa, PAGE_4K); at < pa + len;
	     at += PAGE_4K)
		if (mem_kind_at(h->cfg.mem, at) == MEM_MMIO)
			return false;
	if (!mem_check(h->cfg.mem, &r, &f))
		return true;
	if (h->cfg.refused)
		h->cfg.refused(h->cfg.ctx, &f);
	return false;
}

static bool copy(struct board_host *h, uint64_t from, uint64_t to, uint32_t len)
{
	uint8_t page[PAGE_4K];
	struct fault f;

	if (!may(h, from, len, false) || !may(h, to, len, true))
		return false;
	for (uint32_t at = 0; at < len;) {
		uint32_t n = len - at < sizeof(page) ? len - at : sizeof(page);

		if (mem_host_read(h->cfg.mem, from + at, page, n, &f) ||
		    mem_host_write(h->cfg.mem, to + at, page, n, &f)) {
			/* it was given back by its owner just now */
			if (h->cfg.refused)
				h->cfg.refused(h->cfg.ctx, &f);
			return false;
		}
		at += n;
	}
	return true;
}

void host_copy(struct board_host *h, uint32_t op)
{
	const struct board_copy c = h->copy;
	bool ok = false;

	if (c.len && c.len <= BOARD_COPY_MAX) {
		if (op == BOARD_COPY_READ)
			ok = copy(h, c.pa, c.buf, c.len);
		else if (op == BOARD_COPY_WRITE)
			ok = copy(h, c.buf, c.pa, c.len);
	}
	h->copy.rc = !ok;
}
