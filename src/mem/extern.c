/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/mem.h"

#include "mem/mem_priv.h"

/*
 * Memory whose bytes somebody else holds. Stored is bytes XOR the stream of
 * plain[page]; so what an access with a key gets is bytes XOR both streams.
 */

enum il_err mem_add_extern(struct mem *m, uint64_t base, uint64_t size,
			   const struct mem_extern_ops *ops, void *ctx,
			   bool owned)
{
	struct mem_window w = {
		.base = base, .size = size, .ext = ops, .ctx = ctx
	};

	if (!mem_range_free(m, base, size, PAGE_2M))
		return IL_E_ARG;
	if (m->rams == MEM_RAM_WINDOWS)
		return IL_E_SPACE;
	if (owned) {
		w.plain = ARENA_ARRAY(m->arena, uint64_t, size / PAGE_4K);
		if (!w.plain)
			return IL_E_NOMEM;
	}
	m->ram[m->rams++] = w;
	return IL_OK;
}

static uint64_t *plain_at(const struct mem_window *w, uint64_t pa)
{
	return &w->plain[(pa - w->base) / PAGE_4K];
}

static uint64_t plain_of(const struct mem_window *w, uint64_t pa)
{
	return w->plain ? *plain_at(w, pa) : 0;
}

enum il_err mem_extern_move(const struct mem_window *w, const struct mem_req *r,
			    uint8_t *buf, uint64_t secret)
{
	const uint64_t plain = plain_of(w, r->pa);
	uint8_t page[PAGE_4K];
	enum il_err err;

	if (r->write && plain == secret)
		return w->ext->write(w->ctx, r->pa, buf, r->len);
	if (r->write) {
		mem_crypt(page, buf, r->pa, r->len, secret);
		mem_crypt(page, page, r->pa, r->len, plain);
		return w->ext->write(w->ctx, r->pa, page, r->len);
	}
	/* Read once, into where the holder does not reach. */
	err = w->ext->read(w->ctx, r->pa, page, r->len);
	if (err)
		return err;
	if (plain != secret) {
		mem_crypt(page, page, r->pa, r->len, plain);
		mem_crypt(page, page, r->pa, r->len, secret);
	}
	memcpy(buf, page, r->len);
	return IL_OK;
}

/* --- entries of page tables, as hardware sees them: without a key --- */

static const struct mem_window *extern_at(const struct mem *m, uint64_t pa)
{
	const struct mem_window *w = mem_ram_at(m, pa);

	return w && w->ext ? w : NULL;
}

bool mem_extern_load(const struct mem *m, uint64_t pa, uint64_t *e)
{
	const struct mem_window *w = extern_at(m, pa);
	struct mem_req r = mem_req_host(pa, 8, false);
	uint8_t b[8];

	if (!w || !w->ext->there(w->ctx, pa, false) ||
	    mem_extern_move(w, &r, b, 0))
		return false;
	*e = entry_load(b);
	return true;
}

void mem_extern_store(const struct mem *m, uint64_t pa, uint64_t e)
{
	const struct mem_window *w = extern_at(m, pa);
	struct mem_req r = mem_req_host(pa, 8, true);
	uint8_t b[8];

	entry_store(b, e);
	if (w && w->ext->there(w->ctx, pa, true))
		(void)!mem_extern_move(w, &r, b, 0);
}

/* --- owners --- */

static uint64_t owner_secret(const struct mem *m, uint64_t pa)
{
	uint32_t id = m->rules && m->rules->owner_key
			      ? m->rules->owner_key(m->rules_ctx, pa)
			      : MEM_KEY_NONE;

	return id && id < m->keys ? m->key[id] : 0;
}

/*
 * The secret of a page that could not be rewritten, or of which nobody knows
 * whether it was: neither of the two, so that it is noise for all but its
 * holder. Another one each time, or two in a row cancel out.
 */
static uint64_t neither(struct mem *m, uint64_t was, uint64_t now)
{
	uint64_t s = was ^ (now << 32 | now >> 32);

	do
		s += ++m->rekeys_lost * UINT64_C(0x9e3779b97f4a7c15);
	while (!s || s == was || s == now);
	return s;
}

/*
 * What is stored stays, so what its holder sees does not. A page that is not
 * reached is as it was: its holder sees it so, and nobody else sees more of it.
 * Where it had no secret, what its new owner writes must have one, and not his:
 * the bytes there may be what was stored of him before.
 */
static void page_rekey(struct mem *m, const struct mem_window *w, uint64_t pa)
{
	const uint64_t now = owner_secret(m, pa);
	uint64_t *plain = plain_at(w, pa);
	uint8_t page[PAGE_4K];

	if (*plain == now || !w->ext->there(w->ctx, pa, false))
		return;
	if (!w->ext->there(w->ctx, pa, true) ||
	    w->ext->read(w->ctx, pa, page, sizeof(page))) {
		if (!*plain)
			*plain = neither(m, 0, now);
		return;
	}
	mem_crypt(page, page, pa, sizeof(page), *plain);
	mem_crypt(page, page, pa, sizeof(page), now);
	*plain = w->ext->write(w->ctx, pa, page, sizeof(page))
			 ? neither(m, *plain, now)
			 : now;
}

/* Calls @each for the pages of @w that lie in the range. */
static void
each_page(struct mem *m, const struct mem_window *w, uint64_t pa, uint64_t size,
	  void (*each)(struct mem *m, const struct mem_window *w, uint64_t pa))
{
	uint64_t at = pa > w->base ? align_down(pa, PAGE_4K) : w->base;
	const uint64_t end =
		pa + size < w->base + w->size ? pa + size : w->base + w->size;

	for (; w->plain && at < end; at += PAGE_4K)
		each(m, w, at);
}

void mem_owner_changed(struct mem *m, uint64_t pa, uint64_t size)
{
	for (uint32_t i = 0; i < m->rams; i++)
		each_page(m, &m->ram[i], pa, size, page_rekey);
}

static void page_fresh(struct mem *m, const struct mem_window *w, uint64_t pa)
{
	*plain_at(w, pa) = owner_secret(m, pa);
}

void mem_extern_fresh(struct mem *m, uint64_t pa, uint64_t size)
{
	for (uint32_t i = 0; i < m->rams; i++)
		each_page(m, &m->ram[i], pa, size, page_fresh);
}

/*
 * A secret that is forgotten changes nothing yet: its pages stay as they are
 * stored until they have another owner.
 */
void mem_extern_rekey(struct mem *m, uint32_t id)
{
	if (!m->key[id] || !m->rules || !m->rules->owner_key)
		return;
	for (uint32_t i = 0; i < m->rams; i++) {
		const struct mem_window *w = &m->ram[i];
		const uint64_t end = w->base + w->size;

		for (uint64_t at = w->base; w->plain && at < end; at += PAGE_4K)
			if (m->rules->owner_key(m->rules_ctx, at) == id)
				page_rekey(m, w, at);
	}
}
