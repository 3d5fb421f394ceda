/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/own.h"

#include <string.h>

#include "arch/sev_tio/own_priv.h"
#include "base/assert.h"
#include "base/bits.h"

#define MAX_ASIDS 4096 /* the sDTE's ASID field has 12 bits */

enum il_err own_init(struct own *o, const struct own_cfg *cfg)
{
	if (cfg->asids < 2 || cfg->asids > MAX_ASIDS ||
	    cfg->mem->keys < OWN_KEYS(cfg->asids))
		return IL_E_ARG;
	if (cfg->sdte & (PAGE_4K - 1) || !cfg->rids || cfg->rids % 64 ||
	    cfg->rids > 65536)
		return IL_E_ARG;

	uint32_t fences = cfg->asids * OWN_PORTS;
	struct own n = {
		.env = cfg->env,
		.arena = cfg->arena,
		.mem = cfg->mem,
		.asids = cfg->asids,
		.sdte = cfg->sdte,
		.rids = cfg->rids,
		.fence = ARENA_ARRAY(cfg->arena, uint8_t, fences),
		.active = ARENA_ARRAY(cfg->arena, uint8_t, cfg->asids),
		.pages = ARENA_ARRAY(cfg->arena, uint32_t, cfg->asids),
		.valid = ARENA_ARRAY(cfg->arena, uint32_t, cfg->asids),
		.written = ARENA_ARRAY(cfg->arena, uint64_t, cfg->rids / 64),
	};

	if (!n.fence || !n.active || !n.pages || !n.valid || !n.written)
		return IL_E_NOMEM;
	memset(n.fence, OWN_FENCE_DMA | OWN_FENCE_MMIO, fences);
	*o = n;
	return IL_OK;
}

enum il_err own_cover(struct own *o, uint64_t base, uint64_t size, bool io,
		      uint8_t port)
{
	if (!size || (base | size) & (PAGE_2M - 1) || base + size < base ||
	    port >= OWN_PORTS)
		return IL_E_ARG;
	for (uint32_t i = 0; i < o->ranges; i++)
		if (base < o->range[i].base + o->range[i].size &&
		    o->range[i].base < base + size)
			return IL_E_ARG;
	if (o->ranges == OWN_RAM_RANGES)
		return IL_E_SPACE;

	struct own_range r = {
		.base = base,
		.size = size,
		.page = ARENA_ARRAY(o->arena, struct own_page, size / PAGE_4K),
	};

	if (!r.page)
		return IL_E_NOMEM;
	for (uint64_t i = 0; io && i < size / PAGE_4K; i++) {
		r.page[i].flags = OWN_F_IO;
		r.page[i].port = port;
	}
	o->range[o->ranges++] = r;
	return IL_OK;
}

/* A window is of one kind and one port: its first page says which. */
bool own_is_mmio(const struct own *o, uint64_t pa, uint64_t size, uint32_t port)
{
	for (uint32_t i = 0; i < o->ranges; i++) {
		const struct own_range *r = &o->range[i];

		if (pa >= r->base && size <= r->size &&
		    pa - r->base <= r->size - size)
			return (r->page[0].flags & OWN_F_IO) &&
			       r->page[0].port == port;
	}
	return false;
}

static enum il_err table_start(struct own *o)
{
	static const uint8_t zero[PAGE_4K];
	uint64_t size = (uint64_t)o->rids * OWN_SDTE_LEN;
	struct fault f;

	for (uint64_t at = o->sdte; at < o->sdte + size; at += PAGE_4K) {
		struct mem_req r = { .who = AGENT_FIRMWARE,
				     .write = true,
				     .trusted = true,
				     .gpa = at,
				     .pa = at,
				     .len = PAGE_4K };
		enum il_err err;

		own_page_set(o, at,
			     (struct own_page){ .flags = OWN_F_ASSIGNED |
							 OWN_F_IMMUTABLE |
							 OWN_F_CONTEXT });
		err = mem_access(o->mem, &r, (void *)(uintptr_t)zero, &f);
		if (err)
			return err;
	}
	return IL_OK;
}

enum il_err own_start(struct own *o, struct iommu *i, uint64_t secret)
{
	uint64_t size = (uint64_t)o->rids * OWN_SDTE_LEN;
	const struct own_range *r = own_range_at(o, o->sdte);
	enum il_err err;

	if (!secret || !r || size > r->size - (o->sdte - r->base) ||
	    mem_kind_at(o->mem, o->sdte) != MEM_RAM)
		return IL_E_ARG;
	err = mem_frames_reserve(o->mem, o->sdte, size);
	if (!err)
		err = mem_key_set(o->mem, OWN_KEY_FIRMWARE, secret);
	if (err)
		return err;
	mem_set_rules(o->mem, &own_mem_rules, o);
	o->iommu = i;
	return table_start(o);
}

/* --- entries --- */

void own_page_set(struct own *o, uint64_t pa, struct own_page n)
{
	struct own_range *r = own_range_at(o, pa);

	IL_ASSERT(r && n.asid < o->asids);

	struct own_page *p = &r->page[(pa - r->base) / PAGE_4K];
	uint64_t head = align_down(pa - r->base, PAGE_2M) / PAGE_4K;
	uint16_t *assigned = &r->page[head].assigned;
	bool moved;

	if (p->flags & OWN_F_ASSIGNED) {
		--*assigned;
		o->pages[p->asid]--;
		o->valid[p->asid] -= p->flags & OWN_F_VALIDATED ? 1 : 0;
	}
	n.flags |= p->flags & OWN_F_IO;
	n.port = p->port;
	n.assigned = p->assigned;
	moved = p->asid != n.asid;
	*p = n;
	if (moved)
		mem_owner_changed(o->mem, align_down(pa, PAGE_4K), PAGE_4K);
	if (p->flags & OWN_F_ASSIGNED) {
		++*assigned;
		o->pages[p->asid]++;
		o->valid[p->asid] += p->flags & OWN_F_VALIDATED ? 1 : 0;
	}
	o->changes++;
}

enum own_state own_page_state(const struct own_page *p)
{
	bool immutable = p->flags & OWN_F_IMMUTABLE;
	bool valid = p->flags & OWN_F_VALIDATED;

	if (!(p->flags & OWN_F_ASSIGNED))
		return OWN_HYPERVISOR;
	if (!p->asid && !immutable)
		return OWN_RECLAIM;
	if (!p->asid)
		return p->flags & OWN_F_CONTEXT ? OWN_CONTEXT : OWN_FIRMWARE;
	if (immutable)
		return valid ? OWN_GUEST_PINNED : OWN_PRE_GUEST;
	return valid ? OWN_GUEST_VALID : OWN_GUEST_INVALID;
}

enum own_state own_state(const struct own *o, uint64_t pa)
{
	const struct own_page *p = own_page_at(o, pa);

	return p ? own_page_state(p) : OWN_NONE;
}

enum il_err own_entry(const struct own *o, uint64_t pa, struct own_page *out)
{
	const struct own_page *p = own_page_at(o, pa);

	if (!p)
		return IL_E_ARG;
	*out = *p;
	return IL_OK;
}

/* --- the rules of an access --- */

/* Does the 2 MiB around @pa hold an assigned page? */
static bool mixed(const struct own *o, uint64_t pa)
{
	const struct own_range *r = own_range_at(o, pa);

	return r && own_assigned(r, pa - r->base);
}

/* Someone who has no claim to private memory. */
static const struct rule *check_shared(const struct own *o,
				       const struct mem_req *q,
				       const struct own_page *p,
				       enum fault_stage size_stage,
				       struct mem_pass *pass)
{
	if (!q->write)
		return NULL; /* ciphertext, if the page is private RAM */
	if (p && p->flags & OWN_F_ASSIGNED)
		return &own_rule_assigned;
	if (q->leaf >= PAGE_2M && mixed(o, q->pa)) {
		pass->stage = size_stage;
		return &own_rule_size_mixed;
	}
	return NULL;
}

/* A guest's own page, and the leaf that leads there has its size. */
static inline const struct rule *check_claim(const struct mem_req *q,
					     const struct own_page *p,
					     enum fault_stage size_stage,
					     struct mem_pass *pass)
{
	uint8_t need = q->write ? RMP_PERM_W : RMP_PERM_R;

	if (!p)
		return &own_rule_uncovered;
	if (!(p->flags & OWN_F_ASSIGNED))
		return &own_rule_unassigned;
	if (p->asid != q->owner || !q->owner)
		return &own_rule_asid;
	if (q->leaf < PAGE_2M && p->flags & OWN_F_2M) {
		pass->stage = size_stage;
		return &own_rule_size_small;
	}
	if (q->leaf >= PAGE_2M && !(p->flags & OWN_F_2M)) {
		pass->stage = size_stage;
		return &own_rule_size_large;
	}
	if (p->gpa != align_down(q->gpa, PAGE_4K))
		return &own_rule_gpa;
	if (!(p->flags & OWN_F_VALIDATED))
		return &own_rule_validated;
	if (q->level >= RMP_VMPLS || !(own_perm(p, q->level) & need))
		return &own_rule_vmpl;
	return NULL;
}

static const struct rule *guest_key(const struct own *o, uint32_t asid,
				    struct mem_pass *pass)
{
	if (asid >= o->asids || !o->active[asid])
		return &own_rule_inactive;
	pass->key = OWN_KEY_OF_ASID(asid);
	return NULL;
}

static const struct rule *check_vcpu(const struct own *o,
				     const struct mem_req *q,
				     const struct own_page *p,
				     struct mem_pass *pass)
{
	const struct rule *rule;

	/* A VM that is not confidential has no C bit. */
	if (!q->trusted || !q->owner)
		return check_shared(o, q, p, FAULT_STAGE2, pass);
	rule = check_claim(q, p, FAULT_STAGE2, pass);
	if (rule)
		return rule;
	if (!(p->flags & OWN_F_IO))
		return guest_key(o, q->owner, pass);
	if (own_fences(o, q->owner, p->port) & OWN_FENCE_MMIO)
		return &own_rule_fence_mmio;
	pass->trusted = true;
	return NULL;
}

static inline const struct rule *check_device(const struct own *o,
					      const struct mem_req *q,
					      const struct own_page *p,
					      struct mem_pass *pass)
{
	const struct rule *rule;

	if (q->trusted) {
		rule = check_claim(q, p, FAULT_IO_PAGES, pass);
		if (rule)
			return rule;
		if (p->flags & OWN_F_IO)
			return &own_rule_p2p;
		return guest_key(o, q->owner, pass);
	}
	if (p && p->flags & OWN_F_ASSIGNED && q->shared)
		return &own_rule_vtom;
	if (p && p->flags & OWN_F_ASSIGNED && !q->write)
		return &own_rule_assigned_read;
	if (!q->write && q->leaf >= PAGE_2M && mixed(o, q->pa)) {
		pass->stage = FAULT_IO_PAGES;
		return &own_rule_size_mixed;
	}
	return check_shared(o, q, p, FAULT_IO_PAGES, pass);
}

static const struct rule *check_firmware(const struct own *o,
					 const struct mem_req *q,
					 const struct own_page *p,
					 struct mem_pass *pass)
{
	enum own_state state = p ? own_page_state(p) : OWN_HYPERVISOR;
	bool own = state == OWN_FIRMWARE || state == OWN_CONTEXT;

	if (!q->trusted) {
		if (!q->write || own || state == OWN_HYPERVISOR)
			return NULL;
		return &own_rule_firmware;
	}
	if (!q->owner) {
		pass->key = OWN_KEY_FIRMWARE;
		return own ? NULL : &own_rule_firmware;
	}
	if (!p || p->asid != q->owner || !(p->flags & OWN_F_ASSIGNED))
		return &own_rule_firmware;
	return guest_key(o, q->owner, pass);
}

static const struct rule *check(void *ctx, const struct mem_req *q,
				struct mem_pass *pass)
{
	const struct own *o = ctx;
	const struct own_page *p = own_page_at(o, q->pa);

	switch (q->who) {
	case AGENT_HOST:
		return check_shared(o, q, p, FAULT_OWNER, pass);
	case AGENT_VCPU:
		return check_vcpu(o, q, p, pass);
	case AGENT_DEVICE:
		return check_device(o, q, p, pass);
	case AGENT_FIRMWARE:
		return check_firmware(o, q, p, pass);
	}
	return &own_rule_assigned;
}

/* A guest's processor has its pages under its own key, all others plain. */
static uint32_t owner_key(void *ctx, uint64_t pa)
{
	const struct own_page *p = own_page_at(ctx, pa);

	return p && p->asid ? OWN_KEY_OF_ASID(p->asid) : MEM_KEY_NONE;
}

const struct mem_rules own_mem_rules = { .check = check,
					 .owner_key = owner_key };

/* --- keys and fences --- */

enum il_err own_asid_activate(struct own *o, uint32_t asid, uint64_t secret)
{
	enum il_err err;

	if (!asid || asid >= o->asids || !secret)
		return IL_E_ARG;
	if (o->active[asid])
		return IL_E_STATE;
	err = mem_key_set(o->mem, OWN_KEY_OF_ASID(asid), secret);
	if (err)
		return err;
	o->active[asid] = 1;
	env_trace(o->env, OWN_TRACE_ASID, asid, 1, 0);
	return IL_OK;
}

enum il_err own_asid_deactivate(struct own *o, uint32_t asid)
{
	enum il_err err;

	if (!asid || asid >= o->asids)
		return IL_E_ARG;
	if (!o->active[asid])
		return IL_E_STATE;
	err = mem_key_set(o->mem, OWN_KEY_OF_ASID(asid), 0);
	if (err)
		return err;
	o->active[asid] = 0;
	env_trace(o->env, OWN_TRACE_ASID, asid, 0, 0);
	return IL_OK;
}

bool own_asid_active(const struct own *o, uint32_t asid)
{
	return asid < o->asids && o->active[asid];
}

uint64_t own_asid_pages(const struct own *o, uint32_t asid)
{
	return asid < o->asids ? o->pages[asid] : 0;
}

uint64_t own_asid_validated(const struct own *o, uint32_t asid)
{
	return asid < o->asids ? o->valid[asid] : 0;
}

static bool fence_known(enum own_fence f, bool dma)
{
	return f == OWN_FENCE_OPEN || f == OWN_FENCE_CLOSED ||
	       (dma && f == OWN_FENCE_ERROR);
}

enum il_err own_fence_set(struct own *o, uint32_t asid, uint8_t port,
			  enum own_fence dma, enum own_fence mmio)
{
	uint8_t v;

	if (!asid || asid >= o->asids || port >= OWN_PORTS ||
	    !fence_known(dma, true) || !fence_known(mmio, false))
		return IL_E_ARG;
	v = (uint8_t)(field_put(OWN_FENCE_DMA, dma) |
		      field_put(OWN_FENCE_MMIO, mmio));
	o->fence[asid * OWN_PORTS + port] = v;
	env_trace(o->env, OWN_TRACE_FENCE, asid, port, v);
	return IL_OK;
}

enum il_err own_fence_get(const struct own *o, uint32_t asid, uint8_t port,
			  enum own_fence *dma, enum own_fence *mmio)
{
	if (!asid || asid >= o->asids || port >= OWN_PORTS)
		return IL_E_ARG;
	*dma = (enum own_fence)field_get(OWN_FENCE_DMA,
					 own_fences(o, asid, port));
	*mmio = (enum own_fence)field_get(OWN_FENCE_MMIO,
					  own_fences(o, asid, port));
	return IL_OK;
}

/* --- invariants --- */

static bool page_sane(const struct own_range *r, uint64_t i)
{
	const struct own_page *p = &r->page[i];
	const struct own_page *head = &r->page[i - i % PAGES_2M];

	if (!(p->flags & OWN_F_ASSIGNED))
		return !p->asid && !p->gpa &&
		       !(p->flags & ~(OWN_F_IO | OWN_F_BUSY));
	if (!p->asid && p->flags & (OWN_F_VALIDATED | OWN_F_VMSA))
		return false;
	if (p->flags & OWN_F_CONTEXT && p->asid)
		return false;
	if ((p->flags ^ head->flags) & OWN_F_2M)
		return false;
	return !(p->flags & OWN_F_2M) ||
	       (p->asid == head->asid &&
		p->gpa == head->gpa + i % PAGES_2M * PAGE_4K &&
		!((p->flags ^ head->flags) & ~(OWN_F_BUSY | OWN_F_VMSA)));
}

bool own_sane(const struct own *o)
{
	uint64_t named = 0, counted = 0;

	for (uint32_t n = 0; n < o->ranges; n++) {
		const struct own_range *r = &o->range[n];
		uint16_t assigned = 0;

		for (uint64_t i = 0; i < r->size / PAGE_4K; i++) {
			if (!page_sane(r, i))
				return false;
			if (r->page[i].flags & OWN_F_ASSIGNED)
				assigned++;
			if ((i + 1) % PAGES_2M)
				continue;
			if (assigned != own_assigned(r, i * PAGE_4K))
				return false;
			counted += assigned;
			assigned = 0;
		}
	}
	for (uint32_t a = 0; a < o->asids; a++)
		named += o->pages[a];
	return named == counted;
}
