/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/own_priv.h"

#include <string.h>

#include "base/assert.h"

#define MAX_HKIDS 4096

const struct pt_fmt tdx_pt_ept = {
	.name = "ept",
	.source = "Intel SDM vol. 3, §29.3.2; VT-d 4.1, §9.8",
	.leaf = PT_LEAF_ANY,
	.must_read = true,
	.wo_bad = true,
	.any = EPT_RWX,
	.addr = EPT_ADDR,
	.mark = EPT_PS,
	.read = EPT_R,
	.write = EPT_W,
	.exec = EPT_X,
};

enum il_err tdx_own_init(struct tdx_own *o, const struct tdx_own_cfg *cfg)
{
	if (cfg->hkids < 2 || cfg->hkids > MAX_HKIDS ||
	    cfg->mem->keys < TDX_OWN_KEYS(cfg->hkids))
		return IL_E_ARG;

	memset(o, 0, sizeof(*o));
	o->env = cfg->env;
	o->arena = cfg->arena;
	o->mem = cfg->mem;
	o->hkids = cfg->hkids;
	o->tdr = ARENA_ARRAY(cfg->arena, uint64_t, cfg->hkids);
	o->pages = ARENA_ARRAY(cfg->arena, uint32_t, cfg->hkids);
	return o->tdr && o->pages ? IL_OK : IL_E_NOMEM;
}

enum il_err tdx_own_cover(struct tdx_own *o, uint64_t base, uint64_t size,
			  bool io, uint8_t port)
{
	struct tdx_range r = { .base = base, .size = size };

	if (!size || (base | size) & (PAGE_4K - 1) || base + size < base)
		return IL_E_ARG;
	for (uint32_t i = 0; i < o->ranges; i++)
		if (base < o->range[i].base + o->range[i].size &&
		    o->range[i].base < base + size)
			return IL_E_ARG;
	if (o->ranges == TDX_OWN_RANGES)
		return IL_E_SPACE;
	if (io)
		r.mmio = ARENA_ARRAY(o->arena, struct tdx_mmio, size / PAGE_4K);
	else
		r.page = ARENA_ARRAY(o->arena, struct tdx_page, size / PAGE_4K);
	if (!r.mmio && !r.page)
		return IL_E_NOMEM;
	for (uint64_t i = 0; io && i < size / PAGE_4K; i++)
		r.mmio[i].port = port;
	o->range[o->ranges++] = r;
	return IL_OK;
}

enum il_err tdx_own_start(struct tdx_own *o, struct iommu *i, uint64_t secret)
{
	enum il_err err;

	if (!secret)
		return IL_E_ARG;
	err = mem_key_set(o->mem, TDX_KEY_MODULE, secret);
	if (err)
		return err;
	mem_set_rules(o->mem, &tdx_mem_rules, o);
	o->iommu = i;
	return IL_OK;
}

/* --- pages --- */

const struct tdx_page *tdx_own_page(const struct tdx_own *o, uint64_t pa)
{
	return page_at(o, pa);
}

const struct tdx_mmio *tdx_own_mmio(const struct tdx_own *o, uint64_t pa)
{
	return mmio_at(o, pa);
}

bool tdx_own_is_mmio(const struct tdx_own *o, uint64_t pa, uint64_t size,
		     uint32_t port)
{
	const struct tdx_range *r = range_at(o, pa);

	return r && r->mmio && size <= r->size - (pa - r->base) &&
	       r->mmio[0].port == port;
}

enum il_err tdx_own_take(struct tdx_own *o, uint64_t pa,
			 enum tdx_page_type type, uint64_t owner, uint16_t hkid,
			 uint64_t gpa)
{
	struct tdx_page *p = page_at(o, pa);

	if (!p || pa & (PAGE_4K - 1))
		return IL_E_ARG;
	if (p->type != TDX_PT_NDA)
		return IL_E_STATE;
	IL_ASSERT(type != TDX_PT_NDA && hkid < o->hkids);
	*p = (struct tdx_page){
		.owner = owner, .gpa = gpa, .hkid = hkid, .type = (uint8_t)type
	};
	if (type == TDX_PT_REG)
		o->pages[hkid]++;
	o->changes++;
	env_trace(o->env, TDX_TRACE_PAGE, pa, type, owner);
	return IL_OK;
}

void tdx_own_give(struct tdx_own *o, uint64_t pa)
{
	struct tdx_page *p = page_at(o, pa);

	IL_ASSERT(p && p->type != TDX_PT_NDA);
	if (p->type == TDX_PT_REG)
		o->pages[p->hkid]--;
	*p = (struct tdx_page){ .type = TDX_PT_NDA };
	o->changes++;
	env_trace(o->env, TDX_TRACE_PAGE, pa, TDX_PT_NDA, 0);
}

void tdx_own_bepoch(struct tdx_own *o, uint64_t pa, uint64_t epoch)
{
	struct tdx_page *p = page_at(o, pa);

	IL_ASSERT(p && p->type != TDX_PT_NDA);
	p->bepoch = epoch;
}

/* --- keys --- */

enum il_err tdx_own_key(struct tdx_own *o, uint16_t hkid, uint64_t tdr,
			uint64_t secret)
{
	enum il_err err;

	if (!hkid || hkid >= o->hkids || !secret || !tdr)
		return IL_E_ARG;
	if (o->tdr[hkid])
		return IL_E_STATE;
	err = mem_key_set(o->mem, TDX_KEY_OF(hkid), secret);
	if (err)
		return err;
	o->tdr[hkid] = tdr;
	env_trace(o->env, TDX_TRACE_KEY, hkid, 1, 0);
	return IL_OK;
}

void tdx_own_key_drop(struct tdx_own *o, uint16_t hkid)
{
	enum il_err err;

	if (!tdx_own_keyed(o, hkid))
		return;
	err = mem_key_set(o->mem, TDX_KEY_OF(hkid), 0);
	IL_ASSERT(!err);
	o->tdr[hkid] = 0;
	env_trace(o->env, TDX_TRACE_KEY, hkid, 0, 0);
}

bool tdx_own_keyed(const struct tdx_own *o, uint16_t hkid)
{
	return hkid && hkid < o->hkids && o->tdr[hkid];
}

uint64_t tdx_own_pages(const struct tdx_own *o, uint16_t hkid)
{
	return hkid < o->hkids ? o->pages[hkid] : 0;
}

/* --- the module's own accesses --- */

/*
 * Both are reached without a key, so that memory's rules let the module by:
 * which of them was meant is looked at here, or a page that the host named for
 * an answer and made a table afterwards would be written as one.
 */
static bool is_plain(const struct tdx_page *p, enum tdx_view view)
{
	if (view == TDX_VIEW_SHARED)
		return p && p->type == TDX_PT_NDA;
	return p && (p->type == TDX_PT_EPT || p->type == TDX_PT_TDCX);
}

enum il_err tdx_own_io(const struct tdx_own *o, uint64_t pa, void *buf,
		       uint32_t len, bool write, enum tdx_view view,
		       uint16_t hkid)
{
	const bool plain = view == TDX_VIEW_SHARED || view == TDX_VIEW_TABLE;
	const struct mem_req r = {
		.who = AGENT_FIRMWARE,
		.write = write,
		.trusted = !plain,
		.owner = view == TDX_VIEW_TD ? hkid : 0,
		.gpa = pa,
		.pa = pa,
		.len = len,
	};
	struct fault f;

	if (mem_kind_at(o->mem, pa) != MEM_RAM)
		return IL_E_IO; /* the module reads no device's registers */
	if (len > PAGE_4K - (pa & (PAGE_4K - 1)) ||
	    (plain && !is_plain(page_at(o, pa), view)))
		return IL_E_IO;
	return mem_access(o->mem, &r, buf, &f);
}

void tdx_own_zero(struct tdx_own *o, uint64_t pa, enum tdx_view view,
		  uint16_t hkid)
{
	static const uint8_t zero[PAGE_4K];
	enum il_err err = tdx_own_io(o, pa, (void *)(uintptr_t)zero, PAGE_4K,
				     true, view, hkid);

	IL_ASSERT(!err);
}

/* --- the rules of an access --- */

static bool is_private(const struct tdx_page *p)
{
	return p && p->type != TDX_PT_NDA;
}

/* Someone who comes without a private key. */
static const struct rule *check_shared(const struct tdx_page *p, bool write)
{
	if (!is_private(p))
		return NULL;
	if (p->type != TDX_PT_REG)
		return &tdx_rule_module;
	return write ? &tdx_rule_owner_bit : NULL; /* reads ciphertext */
}

static const struct rule *td_key(const struct tdx_own *o,
				 const struct mem_req *q, struct mem_pass *pass)
{
	if (q->owner >= o->hkids || !o->tdr[q->owner])
		return &tdx_rule_key;
	pass->key = TDX_KEY_OF(q->owner);
	return NULL;
}

static const struct rule *claim(const struct tdx_own *o,
				const struct mem_req *q,
				const struct tdx_page *p, struct mem_pass *pass)
{
	const struct rule *rule = td_key(o, q, pass);

	if (rule)
		return rule;
	/* A key id may have had another TD before. */
	return p && p->type == TDX_PT_REG && p->owner == o->tdr[q->owner] &&
			       p->gpa == align_down(q->gpa, PAGE_4K)
		       ? NULL
		       : &tdx_rule_pamt;
}

static const struct rule *check_vcpu(const struct tdx_own *o,
				     const struct mem_req *q,
				     const struct tdx_page *p,
				     struct mem_pass *pass)
{
	const struct tdx_mmio *m;

	/* A VM that is not a TD has no private half. */
	if (!q->trusted || !q->owner)
		return check_shared(p, q->write);
	m = p ? NULL : mmio_at(o, q->pa);
	if (!m)
		return claim(o, q, p, pass);
	if (!m->mapped || m->hkid != q->owner ||
	    m->gpa != align_down(q->gpa, PAGE_4K))
		return &tdx_rule_mmio;
	if (!m->accepted)
		return &tdx_rule_mmio_td;
	pass->trusted = true;
	return tdx_own_keyed(o, (uint16_t)q->owner) ? NULL : &tdx_rule_key;
}

/*
 * T = 1 reaches private memory under the TD's key, and shared memory where
 * the shared bit is in the address; T = 0 shared memory alone.
 */
static const struct rule *check_device(const struct tdx_own *o,
				       const struct mem_req *q,
				       const struct tdx_page *p,
				       struct mem_pass *pass)
{
	if (!q->trusted || q->gpa & TDX_GPA_SHARED || q->shared)
		return is_private(p) ? &tdx_rule_dma_private : NULL;
	if (!p && mmio_at(o, q->pa))
		return &tdx_rule_p2p;
	return claim(o, q, p, pass);
}

static const struct rule *check_firmware(const struct tdx_own *o,
					 const struct mem_req *q,
					 const struct tdx_page *p,
					 struct mem_pass *pass)
{
	unsigned type = p ? p->type : TDX_PT_NDA;

	if (!q->trusted)
		return type == TDX_PT_NDA || type == TDX_PT_EPT ||
				       type == TDX_PT_TDCX
			       ? NULL
			       : &tdx_rule_module;
	if (q->owner)
		return p && type == TDX_PT_REG && p->hkid == q->owner
			       ? td_key(o, q, pass)
			       : &tdx_rule_module;
	pass->key = TDX_KEY_MODULE;
	return type == TDX_PT_NDA || type == TDX_PT_REG ? &tdx_rule_module
							: NULL;
}

static const struct rule *check(void *ctx, const struct mem_req *q,
				struct mem_pass *pass)
{
	const struct tdx_own *o = ctx;
	const struct tdx_page *p = page_at(o, q->pa);

	switch (q->who) {
	case AGENT_HOST:
		return check_shared(p, q->write);
	case AGENT_VCPU:
		return check_vcpu(o, q, p, pass);
	case AGENT_DEVICE:
		return check_device(o, q, p, pass);
	case AGENT_FIRMWARE:
		return check_firmware(o, q, p, pass);
	}
	return &tdx_rule_module;
}

const struct mem_rules tdx_mem_rules = { .check = check };

/* --- invariants --- */

static bool mmio_sane(const struct tdx_own *o, const struct tdx_mmio *m)
{
	if (m->accepted && !m->mapped)
		return false;
	if (m->mapped)
		return m->data && m->tdr && m->hkid && m->hkid < o->hkids;
	return !m->tdr && !m->gpa && !m->hkid && (m->data || !m->function);
}

bool tdx_own_sane(const struct tdx_own *o)
{
	uint64_t counted = 0, named = 0;

	for (uint32_t n = 0; n < o->ranges; n++) {
		const struct tdx_range *r = &o->range[n];

		for (uint64_t i = 0; i < r->size / PAGE_4K; i++) {
			if (r->mmio && !mmio_sane(o, &r->mmio[i]))
				return false;
			if (r->mmio)
				continue;
			if (r->page[i].type == TDX_PT_NDA && r->page[i].owner)
				return false;
			if (r->page[i].type == TDX_PT_REG)
				counted++;
		}
	}
	for (uint32_t h = 0; h < o->hkids; h++)
		named += o->pages[h];
	return counted == named;
}
