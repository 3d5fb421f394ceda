/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/mem.h"

#include "mem/mem_priv.h"

#define MAX_ORDER 18

/*
 * RAM windows are multiples of 2 MiB, 512 pages, so a bitmap is whole words
 * and a run of up to 64 aligned pages lies inside one.
 */
static uint64_t word_run(unsigned order, uint64_t page)
{
	uint64_t n = BIT64(order);

	return n >= 64 ? ~UINT64_C(0) : (BIT64(n) - 1) << (page % 64);
}

/* No page, or every page (@taken), of the run is taken. */
static bool run_is(const struct mem_window *w, uint64_t page, unsigned order,
		   bool taken)
{
	uint64_t mask = word_run(order, page);
	uint64_t want = taken ? mask : 0;

	for (uint64_t i = page; i < page + BIT64(order); i += 64)
		if ((w->taken[i / 64] & mask) != want)
			return false;
	return true;
}

static void run_set(struct mem_window *w, uint64_t page, unsigned order,
		    bool taken)
{
	uint64_t mask = word_run(order, page);

	for (uint64_t i = page; i < page + BIT64(order); i += 64) {
		if (taken)
			w->taken[i / 64] |= mask;
		else
			w->taken[i / 64] &= ~mask;
	}
	if (taken)
		w->free -= BIT64(order);
	else
		w->free += BIT64(order);
}

/* Aligned by physical address, not by place in the window. */
static bool find(const struct mem_window *w, uint64_t from, uint64_t to,
		 unsigned order, uint64_t *page)
{
	uint64_t first = w->base / PAGE_4K;
	uint64_t n = BIT64(order);
	uint64_t i = align_up(from + first, n) - first;

	while (i + n <= to) {
		if (w->taken[i / 64] == ~UINT64_C(0)) {
			i = align_up((i / 64 + 1) * 64 + first, n) - first;
			continue;
		}
		if (run_is(w, i, order, false)) {
			*page = i;
			return true;
		}
		i += n;
	}
	return false;
}

static bool take_in(struct mem_window *w, unsigned order, uint64_t *pa)
{
	uint64_t pages = w->size / PAGE_4K;
	uint64_t page;

	if (w->free < BIT64(order))
		return false;
	if (!find(w, w->hint, pages, order, &page) &&
	    !find(w, 0, pages, order, &page))
		return false;
	run_set(w, page, order, true);
	w->hint = page + BIT64(order);
	*pa = w->base + page * PAGE_4K;
	return true;
}

enum il_err mem_frames_alloc(struct mem *m, unsigned order, uint64_t *pa)
{
	if (order > MAX_ORDER)
		return IL_E_ARG;
	for (uint32_t i = 0; i < m->rams; i++)
		if (take_in(&m->ram[i], order, pa))
			return IL_OK;
	return IL_E_NOMEM;
}

static struct mem_window *ram_of(struct mem *m, uint64_t pa, uint64_t size)
{
	for (uint32_t i = 0; i < m->rams; i++) {
		struct mem_window *w = &m->ram[i];

		if (!w->ext && pa - w->base < w->size &&
		    size <= w->size - (pa - w->base))
			return w;
	}
	return NULL;
}

enum il_err mem_frames_free(struct mem *m, uint64_t pa, unsigned order)
{
	if (order > MAX_ORDER || pa & ((PAGE_4K << order) - 1))
		return IL_E_ARG;

	struct mem_window *w = ram_of(m, pa, PAGE_4K << order);
	uint64_t page = w ? (pa - w->base) / PAGE_4K : 0;

	if (!w || !run_is(w, page, order, true))
		return IL_E_ARG;
	run_set(w, page, order, false);
	if (page < w->hint)
		w->hint = page;
	return IL_OK;
}

enum il_err mem_frames_reserve(struct mem *m, uint64_t pa, uint64_t size)
{
	struct mem_window *w = ram_of(m, pa, size);

	if (!w || !size || (pa | size) & (PAGE_4K - 1))
		return IL_E_ARG;

	uint64_t first = (pa - w->base) / PAGE_4K;
	uint64_t end = first + size / PAGE_4K;

	for (uint64_t p = first; p < end; p++)
		if (!run_is(w, p, 0, false))
			return IL_E_STATE;
	for (uint64_t p = first; p < end; p++)
		run_set(w, p, 0, true);
	return IL_OK;
}

uint64_t mem_frames_left(const struct mem *m)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->rams; i++)
		n += m->ram[i].free;
	return n;
}

uint64_t mem_next_touched(const struct mem *m, uint64_t pa)
{
	uint64_t best = UINT64_MAX;

	for (uint32_t i = 0; i < m->rams; i++) {
		const struct mem_window *w = &m->ram[i];
		uint64_t p = pa > w->base ? (pa - w->base) / PAGE_4K : 0;

		while (w->touched && p < w->size / PAGE_4K) {
			uint64_t left = w->touched[p / 64] >> (p % 64);

			if (left) {
				p += (uint64_t)__builtin_ctzll(left);
				if (w->base + p * PAGE_4K < best)
					best = w->base + p * PAGE_4K;
				break;
			}
			p = (p / 64 + 1) * 64;
		}
	}
	return best;
}
