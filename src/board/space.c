/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "board/board_priv.h"

/* Memory that clients give: pieces of a space, the newest of each page. */

static bool meets(const struct ep_piece *p, uint64_t addr, uint64_t size)
{
	return p->addr < addr + size && addr < p->addr + p->size;
}

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
	*at = (struct board_piece){ owner, ++b->ages, *p };
	if (s == EP_VM)
		board_vm_state(b);
	return IL_OK;
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
		*q = (struct board_piece){ 0 };
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
				b->space[s].piece[i] =
					(struct board_piece){ 0 };
	board_vm_state(b);
}

bool board_space_given(const struct board *b, enum ep_space s)
{
	for (unsigned i = 0; i < BOARD_PIECES; i++)
		if (b->space[s].piece[i].owner)
			return true;
	return false;
}
