/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/own.h"

#include "arch/cove/own_priv.h"
#include "base/assert.h"

enum il_err cove_own_init(struct cove_own *o, const struct cove_own_cfg *cfg)
{
	if (cfg->vmids < 2 || cfg->vmids > COVE_OWN_VMIDS_MAX ||
	    cfg->mem->keys < COVE_OWN_KEYS(cfg->vmids) ||
	    cfg->tsm & (PAGE_2M - 1))
		return IL_E_ARG;

	struct cove_own n = {
		.env = cfg->env,
		.arena = cfg->arena,
		.mem = cfg->mem,
		.vmids = cfg->vmids,
		.tsm = cfg->tsm,
		.active = ARENA_ARRAY(cfg->arena, uint8_t, cfg->vmids),
		.pages = ARENA_ARRAY(cfg->arena, uint32_t, cfg->vmids),
		.class = ARENA_ARRAY(cfg->arena, struct cove_class, COVE_RIDS),
		.written = ARENA_ARRAY(cfg->arena, uint64_t, COVE_RIDS / 64),
	};

	if (!n.active || !n.pages || !n.class || !n.written)
		return IL_E_NOMEM;
	*o = n;
	return IL_OK;
}

enum il_err cove_own_cover(struct cove_own *o, uint64_t base, uint64_t size,
			   bool io, uint32_t port)
{
	if (!size || (base | size) & (PAGE_2M - 1) || base + size < base ||
	    port > UINT16_MAX)
		return IL_E_ARG;
	for (uint32_t i = 0; i < o->ranges; i++)
		if (base < o->range[i].base + o->range[i].size &&
		    o->range[i].base < base + size)
			return IL_E_ARG;
	if (o->ranges == COVE_OWN_RANGES)
		return IL_E_SPACE;

	struct cove_range r = {
		.base = base,
		.size = size,
		.page = ARENA_ARRAY(o->arena, struct cove_page, size / PAGE_4K),
	};

	if (!r.page)
		return IL_E_NOMEM;
	for (uint64_t i = 0; i < size / PAGE_4K; i++)
		r.page[i] =
			(struct cove_page){ .state = COVE_PG_HOST,
					    .io = io,
					    .port = (uint16_t)(io ? port : 0) };
	o->range[o->ranges++] = r;
	return IL_OK;
}

bool cove_own_is_mmio(const struct cove_own *o, uint64_t pa, uint64_t size,
		      uint32_t port)
{
	const struct cove_range *r = cove_range_at(o, pa);

	return r && size <= r->size - (pa - r->base) && r->page[0].io &&
	       r->page[0].port == port;
}

bool cove_own_all(const struct cove_own *o, uint64_t pa, uint64_t size,
		  enum cove_page_state state, bool io)
{
	const struct cove_range *r = cove_range_at(o, pa);

	if (!r || size > r->size - (pa - r->base) || r->page[0].io != io)
		return false;
	for (uint64_t at = 0; at < size; at += PAGE_4K)
		if (r->page[(pa - r->base + at) / PAGE_4K].state != state)
			return false;
	return true;
}

enum il_err cove_own_start(struct cove_own *o, struct iommu *i, uint64_t secret)
{
	static const uint8_t zero[PAGE_4K];
	struct mem_req q = { .who = AGENT_FIRMWARE,
			     .write = true,
			     .trusted = true,
			     .gpa = o->tsm,
			     .pa = o->tsm,
			     .len = PAGE_4K };
	struct fault f;
	enum il_err err;

	if (!secret || mem_kind_at(o->mem, o->tsm) != MEM_RAM ||
	    !cove_own_all(o, o->tsm, COVE_TSM_SIZE, COVE_PG_HOST, false))
		return IL_E_ARG;
	err = mem_frames_reserve(o->mem, o->tsm, COVE_TSM_SIZE);
	if (!err)
		err = mem_key_set(o->mem, COVE_KEY_TSM, secret);
	if (err)
		return err;
	mem_set_rules(o->mem, &cove_mem_rules, o);
	o->iommu = i;
	for (uint64_t at = 0; at < COVE_TSM_SIZE; at += PAGE_4K)
		cove_page_at(o, o->tsm + at)->state = COVE_PG_TSM;
	o->changes++;
	return mem_access(o->mem, &q, (void *)(uintptr_t)zero, &f);
}

/* --- states --- */

/*
 * Legal moves. What was confidential is the host's again from FREE alone, and
 * MMIO goes from the host to a region and back.
 */
#define TO(s) BIT(COVE_PG_##s)
static const uint16_t edges[COVE_PG_STATES] = {
	[COVE_PG_HOST] = TO(CONVERTING) | TO(REGION),
	[COVE_PG_CONVERTING] = TO(FENCING),
	[COVE_PG_FENCING] = TO(FREE),
	[COVE_PG_FREE] = TO(HOST) | TO(STATE) | TO(TABLE) | TO(TVM),
	[COVE_PG_STATE] = TO(FREE),
	[COVE_PG_TABLE] = TO(FREE),
	[COVE_PG_TVM] = TO(BLOCKED) | TO(FREE),
	[COVE_PG_BLOCKED] = TO(TVM) | TO(FREE),
	[COVE_PG_REGION] = TO(HOST),
};
#undef TO

enum cove_page_state cove_own_state(const struct cove_own *o, uint64_t pa)
{
	const struct cove_page *p = cove_page_at(o, pa);

	return p ? (enum cove_page_state)p->state : COVE_PG_NONE;
}

enum il_err cove_own_page(const struct cove_own *o, uint64_t pa,
			  struct cove_page *out)
{
	const struct cove_page *p = cove_page_at(o, pa);

	if (!p)
		return IL_E_ARG;
	*out = *p;
	return IL_OK;
}

/* MMIO is never memory of a TVM, and memory never a region. */
static bool kind_fits(const struct cove_page *p, enum cove_page_state to)
{
	return p->io ? to == COVE_PG_REGION || to == COVE_PG_HOST
		     : to != COVE_PG_REGION;
}

enum il_err cove_own_move(struct cove_own *o, uint64_t pa,
			  enum cove_page_state from, enum cove_page_state to,
			  uint32_t vmid, uint64_t gpa)
{
	struct cove_page *p = cove_page_at(o, pa);

	if (!p || pa % PAGE_4K || vmid >= o->vmids || to >= COVE_PG_STATES ||
	    (to >= COVE_PG_STATE) != (vmid != 0))
		return IL_E_ARG;
	if (p->state != from || !(edges[from] & BIT(to)) || !kind_fits(p, to))
		return IL_E_STATE;
	if ((p->vmid && vmid && p->vmid != vmid) || p->refs)
		return IL_E_STATE;
	if (p->vmid)
		o->pages[p->vmid]--;
	p->state = (uint8_t)to;
	p->vmid = (uint16_t)vmid;
	p->gpa = vmid ? gpa : 0;
	if (vmid)
		o->pages[vmid]++;
	o->changes++;
	env_trace(o->env, COVE_TRACE_PAGE, pa, to, vmid);
	return IL_OK;
}

uint64_t cove_own_pages(const struct cove_own *o, uint32_t vmid)
{
	return vmid < o->vmids ? o->pages[vmid] : 0;
}

enum il_err cove_own_ref(struct cove_own *o, uint64_t pa, bool more)
{
	struct cove_page *p = cove_page_at(o, pa);

	if (!p)
		return IL_E_ARG;
	if (p->state != COVE_PG_HOST || p->refs == (more ? UINT16_MAX : 0))
		return IL_E_STATE;
	p->refs = (uint16_t)(more ? p->refs + 1 : p->refs - 1);
	o->changes++;
	return IL_OK;
}

void cove_own_release(struct cove_own *o, uint32_t vmid)
{
	for (uint32_t n = 0; n < o->ranges; n++) {
		const struct cove_range *r = &o->range[n];

		for (uint64_t i = 0; o->pages[vmid] && i < r->size / PAGE_4K;
		     i++) {
			enum il_err err;

			if (r->page[i].vmid != vmid)
				continue;
			err = cove_own_move(
				o, r->base + i * PAGE_4K,
				(enum cove_page_state)r->page[i].state,
				COVE_PG_FREE, 0, 0);
			IL_ASSERT(!err);
		}
	}
}

enum il_err cove_own_vmid(struct cove_own *o, uint32_t vmid, uint64_t secret)
{
	enum il_err err;

	if (!vmid || vmid >= o->vmids)
		return IL_E_ARG;
	if (o->active[vmid] == (secret != 0) || (!secret && o->pages[vmid]))
		return IL_E_STATE;
	err = mem_key_set(o->mem, COVE_KEY_OF(vmid), secret);
	if (err)
		return err;
	o->active[vmid] = secret != 0;
	env_trace(o->env, COVE_TRACE_VMID, vmid, secret != 0, 0);
	return IL_OK;
}

bool cove_own_vmid_active(const struct cove_own *o, uint32_t vmid)
{
	return vmid < o->vmids && o->active[vmid];
}

/* --- the rules of an access --- */

static const struct rule *key_of(const struct cove_own *o, uint32_t vmid,
				 struct mem_pass *pass)
{
	if (!cove_own_vmid_active(o, vmid))
		return &cove_rule_inactive;
	pass->key = COVE_KEY_OF(vmid);
	return NULL;
}

/* A TVM, by its CPU or by its device: what its G-stage led to. */
static const struct rule *check_tvm(const struct cove_own *o,
				    const struct mem_req *q,
				    const struct cove_page *p,
				    struct mem_pass *pass)
{
	enum cove_page_state s =
		p ? (enum cove_page_state)p->state : COVE_PG_HOST;

	switch (s) {
	case COVE_PG_NONE:
	case COVE_PG_HOST:
		return NULL; /* shared: no key, no T bit */
	case COVE_PG_TVM:
	case COVE_PG_BLOCKED:
		if (p->vmid != q->owner)
			return &cove_rule_owner;
		if (s == COVE_PG_BLOCKED)
			return &cove_rule_blocked;
		return key_of(o, q->owner, pass);
	case COVE_PG_REGION:
		if (p->vmid != q->owner)
			return &cove_rule_owner;
		if (q->who == AGENT_DEVICE)
			return &cove_rule_p2p;
		pass->trusted = true;
		return NULL;
	case COVE_PG_CONVERTING:
	case COVE_PG_FENCING:
	case COVE_PG_FREE:
	case COVE_PG_TSM:
	case COVE_PG_STATE:
	case COVE_PG_TABLE:
	case COVE_PG_STATES:
		break;
	}
	return &cove_rule_unassigned;
}

/*
 * The hosting domain: by its CPUs, VMs that are not confidential, and DMA
 * without T. Conversion has changed the MPT already; its fences are for what
 * was translated before.
 */
static const struct rule *check_host(const struct cove_page *p,
				     const struct rule *why)
{
	return !p || p->state == COVE_PG_HOST ? NULL : why;
}

static const struct rule *check_firmware(const struct cove_own *o,
					 const struct mem_req *q,
					 const struct cove_page *p,
					 struct mem_pass *pass)
{
	enum cove_page_state s =
		p ? (enum cove_page_state)p->state : COVE_PG_HOST;

	if (!q->trusted)
		return s == COVE_PG_HOST || s == COVE_PG_TABLE ? NULL
							       : &cove_rule_tsm;
	if (!q->owner) {
		pass->key = COVE_KEY_TSM;
		return s == COVE_PG_TSM || s == COVE_PG_STATE ? NULL
							      : &cove_rule_tsm;
	}
	if (!p || p->vmid != q->owner ||
	    (s != COVE_PG_TVM && s != COVE_PG_BLOCKED))
		return &cove_rule_tsm;
	return key_of(o, q->owner, pass);
}

static const struct rule *check(void *ctx, const struct mem_req *q,
				struct mem_pass *pass)
{
	const struct cove_own *o = ctx;
	const struct cove_page *p = cove_page_at(o, q->pa);

	switch (q->who) {
	case AGENT_HOST:
		return check_host(p, &cove_rule_mpt);
	case AGENT_VCPU:
		return q->owner ? check_tvm(o, q, p, pass)
				: check_host(p, &cove_rule_mpt);
	case AGENT_DEVICE:
		return q->trusted ? check_tvm(o, q, p, pass)
				  : check_host(p, &cove_rule_io_mpt);
	case AGENT_FIRMWARE:
		return check_firmware(o, q, p, pass);
	}
	return &cove_rule_mpt;
}

const struct mem_rules cove_mem_rules = { .check = check };

/* --- invariants --- */

static bool page_sane(const struct cove_own *o, const struct cove_page *p)
{
	if (p->state == COVE_PG_NONE || p->state >= COVE_PG_STATES)
		return false;
	if ((p->state >= COVE_PG_STATE) != (p->vmid != 0) ||
	    p->vmid >= o->vmids)
		return false;
	if (p->io ? p->state != COVE_PG_HOST && p->state != COVE_PG_REGION
		  : p->state == COVE_PG_REGION)
		return false;
	if (p->refs && p->state != COVE_PG_HOST)
		return false;
	return p->vmid || !p->gpa;
}

bool cove_own_sane(const struct cove_own *o)
{
	uint64_t named = 0, counted = 0;

	for (uint32_t n = 0; n < o->ranges; n++) {
		const struct cove_range *r = &o->range[n];

		for (uint64_t i = 0; i < r->size / PAGE_4K; i++) {
			if (!page_sane(o, &r->page[i]))
				return false;
			counted += r->page[i].vmid != 0;
		}
	}
	for (uint32_t v = 0; v < o->vmids; v++)
		named += o->pages[v];
	return named == counted;
}
