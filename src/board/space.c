/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "board/board_priv.h"

/* Memory that clients give: pieces of a space, the newest of each page. */

static bool meets(const struct ep_piece *p, uint64_t addr, uint64_t size)
{
	return p->addr < addr + size && addr < p->addr + p->size;
}

/* The piece that has the page of @addr; NULL: a hole. */
static const struct ep_piece *piece_at(const struct board_space *sp,
				       uint64_t addr)
{
	const struct board_piece *best = NULL;

	for (unsigned i = 0; i < sp->used; i++) {
		const struct board_piece *q = &sp->piece[i];

		if (q->owner && addr - q->p.addr < q->p.size &&
		    (!best || q->age > best->age))
			best = q;
	}
	return best ? &best->p : NULL;
}

/* --- as memory has it --- */

static bool space_there(void *ctx, uint64_t pa, bool write)
{
	const struct board_space *sp = ctx;
	const struct ep_piece *p = piece_at(sp, pa - sp->base);

	return p && (write ? p->writable : p->readable);
}

static enum il_err space_read(void *ctx, uint64_t pa, uint8_t *buf,
			      uint32_t len)
{
	const struct board_space *sp = ctx;
	const uint64_t addr = pa - sp->base;
	const struct ep_piece *p = piece_at(sp, addr);

	if (!p)
		return IL_E_IO;
	if (!p->at)
		return p->ops->read(p->ctx, addr, buf, len) ? IL_E_IO : IL_OK;
	memcpy(buf, p->at + (addr - p->addr), len);
	return IL_OK;
}

static enum il_err space_write(void *ctx, uint64_t pa, const uint8_t *buf,
			       uint32_t len)
{
	const struct board_space *sp = ctx;
	const uint64_t addr = pa - sp->base;
	const struct ep_piece *p = piece_at(sp, addr);

	if (!p)
		return IL_E_IO;
	if (!p->at)
		return p->ops->write(p->ctx, addr, buf, len) ? IL_E_IO : IL_OK;
	memcpy(p->at + (addr - p->addr), buf, len);
	return IL_OK;
}

const struct mem_extern_ops board_space_ops = { .there = space_there,
						.read = space_read,
						.write = space_write };

/* --- as clients have it --- */

enum il_err board_give(struct board *b, enum ep_space s, const void *owner,
		       const struct ep_piece *p)
{
	struct board_space *sp = &b->space[s];
	struct board_piece *at = NULL;

	if (!owner || !p->size || (p->addr | p->size) & (PAGE_4K - 1) ||
	    p->addr >= sp->size || p->size > sp->size - p->addr ||
	    (!p->at && !p->ops))
		return IL_E_ARG;
	for (unsigned i = 0; i < COUNT(sp->piece); i++) {
		struct board_piece *q = &sp->piece[i];

		if (!q->owner && !at)
			at = q;
		if (q->owner == owner && meets(&q->p, p->addr, p->size))
			return IL_E_ARG;
	}
	if (!at)
		return IL_E_SPACE;
	/* A VM that has not been there has all as its owners have it. */
	if (s == EP_VM && !board_space_given(b, s))
		mem_extern_fresh(&b->mem, sp->base, sp->size);
	*at = (struct board_piece){ owner, ++b->ages, *p };
	if (sp->used <= at - sp->piece)
		sp->used = (unsigned)(at - sp->piece) + 1;
	if (s == EP_VM) {
		mem_owner_changed(&b->mem, sp->base + p->addr, p->size);
		board_vm_state(b);
	}
	return IL_OK;
}

/*
 * What was behind it is seen again, and may be what could not be rewritten when
 * its owner changed.
 */
static void drop(struct board *b, enum ep_space s, struct board_piece *q)
{
	const struct ep_piece p = q->p;

	*q = (struct board_piece){ 0 };
	if (s == EP_VM)
		mem_owner_changed(&b->mem, b->space[s].base + p.addr, p.size);
}

enum il_err board_take(struct board *b, enum ep_space s, const void *owner,
		       uint64_t addr, uint64_t size)
{
	struct board_space *sp = &b->space[s];

	for (unsigned i = 0; i < COUNT(sp->piece); i++) {
		struct board_piece *q = &sp->piece[i];

		if (!q->owner || q->owner != owner || q->p.addr != addr ||
		    q->p.size != size)
			continue;
		drop(b, s, q);
		board_vm_state(b);
		return IL_OK;
	}
	return IL_E_ARG;
}

void board_take_all(struct board *b, const void *owner)
{
	for (unsigned s = 0; s < EP_SPACES; s++)
		for (unsigned i = 0; i < BOARD_PIECES; i++)
			if (owner && b->space[s].piece[i].owner == owner)
				drop(b, s, &b->space[s].piece[i]);
	board_vm_state(b);
}

bool board_space_given(const struct board *b, enum ep_space s)
{
	for (unsigned i = 0; i < BOARD_PIECES; i++)
		if (b->space[s].piece[i].owner)
			return true;
	return false;
}
