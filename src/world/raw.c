/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "world/raw.h"
#include "world/world_priv.h"

bool world_raw_on(struct world *w)
{
	if (!w->raw)
		w->raw = ARENA_NEW(&w->arena, struct world_raw);
	return w->raw != NULL;
}

struct raw_call *world_raw_at(struct world *w, uint64_t i)
{
	uint64_t n = w->raw ? w->raw->n : 0;

	if (!n)
		return NULL;
	return &w->raw->call[i % (n < RAW_KEPT ? n : RAW_KEPT)];
}

static void keep_pages(struct world *w, struct raw_call *c)
{
	unsigned k = 0;

	for (unsigned i = 0; i < RAW_REGS && k < RAW_PAGES; i++) {
		struct fault f;
		uint64_t pa = c->reg[i];

		if (!pa || pa % 64 || pa % PAGE_4K > PAGE_4K - RAW_BYTES ||
		    mem_kind_at(&w->mem, pa) != MEM_RAM ||
		    mem_host_read(&w->mem, pa, c->page[k].bytes, RAW_BYTES, &f))
			continue;
		c->page[k++].pa = pa;
	}
}

void world_raw_note(struct world *w, const struct world_vm *vm, uint64_t fid,
		    const uint64_t *reg, unsigned regs)
{
	struct raw_call *c;

	if (!w->raw)
		return;
	c = &w->raw->call[w->raw->n++ % RAW_KEPT];
	*c = (struct raw_call){ .vm = vm, .fid = fid };
	for (unsigned i = 0; i < regs && i < RAW_REGS; i++)
		c->reg[i] = reg[i];
	if (!vm)
		keep_pages(w, c);
}

bool world_raw_pick(struct world *w, uint64_t dice, enum raw_change how,
		    struct raw_call *out)
{
	const struct raw_call *c = world_raw_at(w, dice & 0xffff);
	const struct raw_call *from = world_raw_at(w, dice >> 16 & 0xffff);
	const unsigned r = (unsigned)(dice >> 32 & 0xff) % RAW_REGS;
	const uint8_t v = (uint8_t)(dice >> 40);

	if (!c)
		return false;
	*out = *c;
	switch (how) {
	case RAW_SWAP:
		out->reg[r] = from->reg[v % RAW_REGS];
		break;
	case RAW_MOVE:
		out->reg[r] += v & 1 ? PAGE_4K : -PAGE_4K;
		break;
	case RAW_SET:
		out->reg[r] = v == 0xff ? UINT64_MAX : v;
		break;
	case RAW_BYTE:
		out->page[r % RAW_PAGES].bytes[dice >> 48 & 0xff] ^= v | 1;
		break;
	case RAW_SAME:
	case RAW_CHANGES:
		break;
	}
	return true;
}

void world_raw_play(struct world *w, const struct raw_call *c)
{
	struct world_vm *vm = NULL;

	for (unsigned i = 0; c->vm && i < WORLD_VMS; i++)
		if (c->vm == &w->vm[i])
			vm = &w->vm[i];
	if (!w->plat->raw || (c->vm && (!vm || !vm->vcpu.done || !vm->vcpu.x ||
					!world_vm_vcpu(vm))))
		return;
	for (unsigned i = 0; i < RAW_PAGES; i++) {
		struct fault f;

		/* What is not the host's any more stays as it is. */
		if (c->page[i].pa &&
		    mem_host_write(&w->mem, c->page[i].pa, c->page[i].bytes,
				   RAW_BYTES, &f) == IL_OK)
			continue;
	}
	w->plat->raw(w, vm, c);
	if (vm) /* whatever it left the guest for: nobody answers */
		vm->vcpu.out = VCPU_EXIT_NONE;
}
