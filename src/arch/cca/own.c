/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/own.h"

#include <string.h>

#include "arch/cca/own_priv.h"
#include "base/assert.h"

#define MAX_VMIDS 4096

static const uint8_t zero_page[PAGE_4K];

enum il_err cca_own_init(struct cca_own *o, const struct cca_own_cfg *cfg)
{
	if (cfg->vmids < 2 || cfg->vmids > MAX_VMIDS ||
	    cfg->mem->keys < OWN_KEYS(cfg->vmids))
		return IL_E_ARG;
	if (cfg->st & (PAGE_4K - 1) || !cfg->sids || cfg->sids % OWN_L2_SIDS ||
	    cfg->sids > 65536 || (cfg->root | cfg->root_size) & (PAGE_4K - 1))
		return IL_E_ARG;

	struct cca_own n = {
		.env = cfg->env,
		.arena = cfg->arena,
		.mem = cfg->mem,
		.vmids = cfg->vmids,
		.st = cfg->st,
		.sids = cfg->sids,
		.root = cfg->root,
		.root_size = cfg->root_size,
		.realm = ARENA_ARRAY(cfg->arena, struct cca_own_realm,
				     cfg->vmids),
		.pin = ARENA_ARRAY(cfg->arena, struct cca_own_pin, cfg->sids),
		.l2 = ARENA_ARRAY(cfg->arena, uint64_t,
				  cfg->sids / OWN_L2_SIDS / 64 + 1),
		.written = ARENA_ARRAY(cfg->arena, uint64_t, cfg->sids / 64),
	};

	if (!n.realm || !n.pin || !n.l2 || !n.written)
		return IL_E_NOMEM;
	*o = n;
	return IL_OK;
}

enum il_err cca_own_cover(struct cca_own *o, uint64_t base, uint64_t size,
			  bool io, uint8_t port)
{
	if (!size || (base | size) & (PAGE_4K - 1) || base + size < base ||
	    port >= OWN_PORTS)
		return IL_E_ARG;
	for (uint32_t i = 0; i < o->ranges; i++)
		if (base < o->range[i].base + o->range[i].size &&
		    o->range[i].base < base + size)
			return IL_E_ARG;
	if (o->ranges == OWN_RANGES)
		return IL_E_SPACE;

	struct cca_own_range r = {
		.base = base,
		.size = size,
		.g = ARENA_ARRAY(o->arena, struct cca_own_granule,
				 size / PAGE_4K),
	};

	if (!r.g)
		return IL_E_NOMEM;
	for (uint64_t i = 0; i < size / PAGE_4K; i++)
		r.g[i] = (struct cca_own_granule){ .state = OWN_NS,
						   .io = io,
						   .port = port };
	o->range[o->ranges++] = r;
	return IL_OK;
}

bool cca_own_is_mmio(const struct cca_own *o, uint64_t pa, uint64_t size,
		     uint32_t port)
{
	const struct cca_own_range *r = cca_own_range_at(o, pa);

	return r && size <= r->size - (pa - r->base) && r->g[0].io &&
	       r->g[0].port == port;
}

/* Memory that nobody but @state has from now on. */
static enum il_err claim(struct cca_own *o, uint64_t base, uint64_t size,
			 enum cca_own_state state)
{
	const struct cca_own_range *r = cca_own_range_at(o, base);
	enum il_err err;

	if (!r || r->g[0].io || size > r->size - (base - r->base) ||
	    mem_kind_at(o->mem, base) != MEM_RAM)
		return IL_E_ARG;
	err = mem_frames_reserve(o->mem, base, size);
	for (uint64_t at = base; !err && at < base + size; at += PAGE_4K)
		cca_own_at(o, at)->state = (uint8_t)state;
	return err;
}

enum il_err cca_own_start(struct cca_own *o, struct iommu *i, uint64_t secret)
{
	const uint64_t size = align_up((uint64_t)o->sids * STE_LEN, PAGE_4K);
	enum il_err err;

	if (!secret)
		return IL_E_ARG;
	err = claim(o, o->st, size, OWN_MONITOR);
	if (!err && o->root_size)
		err = claim(o, o->root, o->root_size, OWN_ROOT);
	if (!err)
		err = mem_key_set(o->mem, OWN_KEY_MONITOR, secret);
	if (err)
		return err;
	mem_set_rules(o->mem, &cca_own_mem_rules, o);
	o->iommu = i;
	for (uint64_t at = o->st; !err && at < o->st + size; at += PAGE_4K)
		err = cca_own_fw_io(o, at, true, 0,
				    (void *)(uintptr_t)zero_page, PAGE_4K,
				    true);
	return err;
}

enum il_err cca_own_fw_io(const struct cca_own *o, uint64_t pa, bool trusted,
			  uint16_t vmid, void *buf, uint32_t len, bool write)
{
	const struct mem_req r = { .who = AGENT_FIRMWARE,
				   .write = write,
				   .trusted = trusted,
				   .owner = vmid,
				   .gpa = pa,
				   .pa = pa,
				   .len = len };
	struct fault f;

	return mem_access(o->mem, &r, buf, &f);
}

/* --- granules --- */

enum cca_own_state cca_own_state(const struct cca_own *o, uint64_t pa)
{
	const struct cca_own_granule *g = cca_own_at(o, pa);

	return g ? (enum cca_own_state)g->state : OWN_NONE;
}

enum cca_own_pas cca_own_pas(const struct cca_own *o, uint64_t pa)
{
	return cca_own_pas_of(cca_own_at(o, pa));
}

enum il_err cca_own_granule(const struct cca_own *o, uint64_t pa,
			    struct cca_own_granule *out)
{
	const struct cca_own_granule *g = cca_own_at(o, pa);

	if (!g)
		return IL_E_ARG;
	*out = *g;
	return IL_OK;
}

#define IN(s) BIT(OWN_##s)
#define WORK                                                               \
	(IN(RD) | IN(REC) | IN(RTT) | IN(DATA) | IN(PDEV) | IN(PDEV_AUX) | \
	 IN(VDEV))

/* From each state, where a granule of RAM or of MMIO may go. */
static const uint16_t ram_edges[OWN_STATES] = {
	[OWN_NS] = IN(DELEGATED),   [OWN_DELEGATED] = IN(NS) | WORK,
	[OWN_RD] = IN(DELEGATED),   [OWN_REC] = IN(DELEGATED),
	[OWN_RTT] = IN(DELEGATED),  [OWN_DATA] = IN(DELEGATED),
	[OWN_PDEV] = IN(DELEGATED), [OWN_PDEV_AUX] = IN(DELEGATED),
	[OWN_VDEV] = IN(DELEGATED),
};
static const uint16_t io_edges[OWN_STATES] = {
	[OWN_NS] = IN(DELEGATED),
	[OWN_DELEGATED] = IN(NS) | IN(MAPPED),
	[OWN_MAPPED] = IN(DELEGATED),
};

static bool names_realm(enum cca_own_state s)
{
	return BIT(s) & (IN(RD) | IN(REC) | IN(RTT) | IN(DATA) | IN(MAPPED));
}

static enum il_err fill_zero(struct cca_own *o, uint64_t pa,
			     enum cca_own_state to, uint16_t vmid)
{
	const bool keyed = to != OWN_NS && to != OWN_RTT;

	return cca_own_fw_io(o, pa, keyed, to == OWN_DATA ? vmid : 0,
			     (void *)(uintptr_t)zero_page, PAGE_4K, true);
}

enum il_err cca_own_move(struct cca_own *o, uint64_t pa,
			 enum cca_own_state from, enum cca_own_state to,
			 uint16_t vmid, uint64_t ipa)
{
	struct cca_own_granule *g = cca_own_at(o, pa);
	enum il_err err;

	if (!g || pa & (PAGE_4K - 1) || to >= OWN_STATES)
		return IL_E_ARG;
	if (names_realm(to) != (vmid != 0) || vmid >= o->vmids)
		return IL_E_ARG;
	if (g->state != from ||
	    !((g->io ? io_edges : ram_edges)[from] & BIT(to)))
		return IL_E_STATE;
	if (g->vmid)
		o->realm[g->vmid].count[from]--;
	g->state = (uint8_t)to;
	g->vmid = vmid;
	g->ipa = to == OWN_DATA || to == OWN_MAPPED ? ipa : 0;
	if (vmid)
		o->realm[vmid].count[to]++;
	o->changes++;
	env_trace(o->env, OWN_TRACE_GRANULE, pa, to, vmid);
	if (g->io || to == OWN_DELEGATED)
		return IL_OK;
	err = fill_zero(o, pa, to, vmid);
	IL_ASSERT(!err); /* the rules just made it the monitor's to write */
	return IL_OK;
}

/* --- the rules of an access --- */

/* The non-secure address space: host, ordinary VMs, T = 0 DMA. */
static const struct rule *check_ns(const struct cca_own_granule *g)
{
	return cca_own_pas_of(g) == OWN_PAS_NS ? NULL : &cca_own_rule_gpt;
}

bool cca_own_unprotected(const struct cca_own *o, uint16_t vmid, uint64_t ipa)
{
	return vmid < o->vmids && o->realm[vmid].active &&
	       ipa >> (o->realm[vmid].ipa_bits - 1) & 1;
}

/*
 * A realm's CPU or a device that acts for it. The descriptor's NS bit chooses
 * the address space; the monitor sets it for the upper half of the IPA space
 * alone, so that the address says the same. That the granule is this realm's
 * is the table's business: hardware checks the GPT, and a wrong key decrypts
 * to garbage.
 */
static const struct rule *check_realm(const struct cca_own *o,
				      const struct mem_req *q,
				      const struct cca_own_granule *g,
				      struct mem_pass *pass)
{
	if (q->owner >= o->vmids || !o->realm[q->owner].active)
		return &cca_own_rule_vmid;
	if (cca_own_unprotected(o, (uint16_t)q->owner, q->gpa))
		return check_ns(g);
	switch (cca_own_pas_of(g)) {
	case OWN_PAS_NS:
		return &cca_own_rule_gpt_realm;
	case OWN_PAS_ROOT:
		return &cca_own_rule_gpt;
	case OWN_PAS_REALM:
		break;
	}
	if (g->io)
		pass->trusted = true;
	else
		pass->key = OWN_KEY_OF_VMID(q->owner);
	return NULL;
}

static const struct rule *check_device(const struct cca_own *o,
				       const struct mem_req *q,
				       const struct cca_own_granule *g,
				       struct mem_pass *pass)
{
	if (!q->trusted)
		return check_ns(g);
	if (g && g->io)
		return &cca_own_rule_p2p;
	return check_realm(o, q, g, pass);
}

static const struct rule *check_monitor(const struct cca_own *o,
					const struct mem_req *q,
					const struct cca_own_granule *g,
					struct mem_pass *pass)
{
	const enum cca_own_state s =
		g ? (enum cca_own_state)g->state : OWN_NONE;

	if (!q->trusted)
		return s == OWN_RTT || cca_own_pas_of(g) == OWN_PAS_NS
			       ? NULL
			       : &cca_own_rule_monitor;
	if (q->owner) {
		if (s != OWN_DATA || g->vmid != q->owner ||
		    !o->realm[q->owner].active)
			return &cca_own_rule_monitor;
		pass->key = OWN_KEY_OF_VMID(q->owner);
		return NULL;
	}
	if (cca_own_pas_of(g) != OWN_PAS_REALM || s == OWN_DATA || s == OWN_RTT)
		return &cca_own_rule_monitor;
	pass->key = OWN_KEY_MONITOR;
	return NULL;
}

static const struct rule *check(void *ctx, const struct mem_req *q,
				struct mem_pass *pass)
{
	const struct cca_own *o = ctx;
	const struct cca_own_granule *g = cca_own_at(o, q->pa);

	switch (q->who) {
	case AGENT_HOST:
		return check_ns(g);
	case AGENT_VCPU:
		return q->owner ? check_realm(o, q, g, pass) : check_ns(g);
	case AGENT_DEVICE:
		return check_device(o, q, g, pass);
	case AGENT_FIRMWARE:
		return check_monitor(o, q, g, pass);
	}
	return &cca_own_rule_gpt;
}

const struct mem_rules cca_own_mem_rules = { .check = check };

/* --- realms --- */

const struct cca_own_realm *cca_own_realm_of(const struct cca_own *o,
					     uint16_t vmid)
{
	return vmid && vmid < o->vmids ? &o->realm[vmid] : NULL;
}

bool cca_own_realm_active(const struct cca_own *o, uint16_t vmid)
{
	return vmid && vmid < o->vmids && o->realm[vmid].active;
}

enum il_err cca_own_realm_start(struct cca_own *o, uint16_t vmid, uint64_t root,
				unsigned levels, unsigned ipa_bits,
				uint64_t secret)
{
	struct cca_own_realm *r;
	enum il_err err;

	if (!vmid || vmid >= o->vmids || !secret || levels < 2 || levels > 4 ||
	    ipa_bits < 32 || ipa_bits > 48 || root & (PAGE_4K - 1))
		return IL_E_ARG;
	r = &o->realm[vmid];
	if (r->active)
		return IL_E_STATE;
	err = mem_key_set(o->mem, OWN_KEY_OF_VMID(vmid), secret);
	if (err)
		return err;
	r->active = true;
	r->root = root;
	r->levels = (uint8_t)levels;
	r->ipa_bits = (uint8_t)ipa_bits;
	env_trace(o->env, OWN_TRACE_REALM, vmid, 1, 0);
	return IL_OK;
}

static uint64_t realm_granules(const struct cca_own_realm *r)
{
	uint64_t n = 0;

	for (unsigned s = 0; s < OWN_STATES; s++)
		n += r->count[s];
	return n;
}

enum il_err cca_own_realm_stop(struct cca_own *o, uint16_t vmid)
{
	enum il_err err;

	if (!vmid || vmid >= o->vmids)
		return IL_E_ARG;
	if (!o->realm[vmid].active || realm_granules(&o->realm[vmid]) ||
	    cca_own_realm_stes(o, vmid))
		return IL_E_STATE;
	err = mem_key_set(o->mem, OWN_KEY_OF_VMID(vmid), 0);
	if (err)
		return err;
	memset(&o->realm[vmid], 0, sizeof(o->realm[vmid]));
	env_trace(o->env, OWN_TRACE_REALM, vmid, 0, 0);
	return IL_OK;
}

/* --- invariants --- */

static bool granule_sane(const struct cca_own *o,
			 const struct cca_own_granule *g)
{
	if (g->state == OWN_NONE || g->state >= OWN_STATES)
		return false;
	if (names_realm((enum cca_own_state)g->state) != (g->vmid != 0) ||
	    g->vmid >= o->vmids)
		return false;
	if (g->io)
		return g->state == OWN_NS || g->state == OWN_DELEGATED ||
		       g->state == OWN_MAPPED;
	return g->state != OWN_MAPPED;
}

bool cca_own_sane(const struct cca_own *o)
{
	uint64_t named = 0, counted = 0;

	for (uint32_t n = 0; n < o->ranges; n++) {
		const struct cca_own_range *r = &o->range[n];

		for (uint64_t i = 0; i < r->size / PAGE_4K; i++) {
			if (!granule_sane(o, &r->g[i]))
				return false;
			named += r->g[i].vmid != 0;
		}
	}
	for (uint32_t v = 1; v < o->vmids; v++)
		counted += realm_granules(&o->realm[v]);
	return named == counted;
}
