/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/own.h"

#include "arch/cca/own_priv.h"
#include "base/assert.h"
#include "mem/s2.h"

/*
 * Entries of a realm translation table. Those that walkers follow are Arm
 * descriptors, with two of software's bits: not secure (an unprotected
 * mapping) and device. In the others bit 0 is zero, and the rest is the
 * monitor's own: HIPAS in 4:2, RIPAS in 6:5, the address where there is one.
 */
#define SW_NS	  BIT64(55)
#define SW_DEV	  BIT64(56)
#define INV_HIPAS MASK64(4, 2)
#define INV_RIPAS MASK64(6, 5)
#define ENTRIES	  512

static enum il_err editor(const struct cca_own *o, uint16_t vmid, struct pt *t)
{
	const struct cca_own_realm *r = cca_own_realm_of(o, vmid);

	if (!r || !r->active)
		return IL_E_ARG;
	return pt_over(t, o->mem, &cca_s2_fmt, r->levels, AGENT_FIRMWARE,
		       r->root);
}

/* What @s->e says; @ns: the IPA is unprotected. */
static void decode(const struct pt_slot *s, bool ns, struct cca_own_rtte *out)
{
	*out = (struct cca_own_rtte){ .level = 4 - s->level,
				      .ns = ns,
				      .slot = *s };
	switch (s->kind) {
	case PT_TABLE:
		out->hipas = RMI_TABLE;
		out->pa = s->x.pa;
		return;
	case PT_LEAF:
		out->valid = true;
		out->pa = s->x.pa;
		out->hipas = s->e & SW_DEV ? RMI_ASSIGNED_DEV : RMI_ASSIGNED;
		out->ripas = ns ? RMI_EMPTY : s->e & SW_DEV ? RMI_DEV : RMI_RAM;
		return;
	case PT_NONE:
	case PT_BAD:
		break;
	}
	out->hipas = (enum rmi_hipas)field_get(INV_HIPAS, s->e);
	out->ripas = (enum rmi_ripas)field_get(INV_RIPAS, s->e);
	out->pa = s->e & cca_s2_fmt.addr;
}

enum il_err cca_own_rtt_find(const struct cca_own *o, uint16_t vmid,
			     uint64_t ipa, unsigned level,
			     struct cca_own_rtte *out)
{
	const struct cca_own_realm *r = cca_own_realm_of(o, vmid);
	struct pt_slot s;
	struct pt t;
	enum il_err err = editor(o, vmid, &t);

	if (err)
		return err;
	if (level > 3 || CCA_PT_LEVEL(level) > r->levels || ipa >> r->ipa_bits)
		return IL_E_ARG;
	err = pt_seek(&t, ipa, CCA_PT_LEVEL(level), &s);
	if (!err)
		decode(&s, cca_own_unprotected(o, vmid, ipa), out);
	return err;
}

/* Which pairs the walkers follow, and at a page's level alone. */
static bool follows(const struct cca_own_rtte *e)
{
	if (e->hipas == RMI_ASSIGNED)
		return e->ns || e->ripas == RMI_RAM;
	return e->hipas == RMI_ASSIGNED_DEV && e->ripas == RMI_DEV;
}

static uint64_t encode(const struct cca_own_rtte *e, bool write)
{
	const unsigned perm = PT_R | (write || !e->ns ? PT_W : 0U) | PT_X;

	if (follows(e))
		return pt_leaf_entry(&cca_s2_fmt, e->pa, 1, perm) |
		       (e->ns ? SW_NS : 0) |
		       (e->hipas == RMI_ASSIGNED_DEV ? SW_DEV : 0);
	return field_put(INV_HIPAS, e->hipas) | field_put(INV_RIPAS, e->ripas) |
	       e->pa;
}

static bool possible(const struct cca_own_rtte *at,
		     const struct cca_own_rtte *to)
{
	const bool has_pa =
		to->hipas == RMI_ASSIGNED || to->hipas == RMI_ASSIGNED_DEV;

	if (to->pa & ~cca_s2_fmt.addr || (!has_pa && to->pa))
		return false;
	if (has_pa && at->level != 3)
		return false;
	switch (to->hipas) {
	case RMI_UNASSIGNED:
		return at->ns ? to->ripas == RMI_EMPTY : to->ripas != RMI_DEV;
	case RMI_ASSIGNED:
		return at->ns ? to->ripas == RMI_EMPTY : to->ripas != RMI_DEV;
	case RMI_ASSIGNED_DEV:
		return !at->ns && to->ripas != RMI_RAM;
	case RMI_TABLE:
	case RMI_AUX_DESTROYED:
		break;
	}
	return false;
}

/* The entry that @at found becomes @e. */
static enum il_err put(struct cca_own *o, uint16_t vmid,
		       const struct cca_own_rtte *at, uint64_t e)
{
	struct pt t;
	enum il_err err = editor(o, vmid, &t);

	if (!err)
		err = pt_set(&t, &at->slot, e);
	if (err)
		return err;
	o->table_changes++;
	env_trace(o->env, OWN_TRACE_RTT, vmid, at->slot.at, e);
	return IL_OK;
}

/*
 * What the entry before led to, and leads to no more. Whose the granule was
 * then tells whether it was revoked before it was taken, or after.
 */
static void led_away(struct cca_own *o, uint16_t vmid,
		     const struct cca_own_rtte *was,
		     const struct cca_own_rtte *now)
{
	if (was->valid && !was->ns && !(follows(now) && now->pa == was->pa))
		env_trace(o->env, OWN_TRACE_UNMAP, was->pa,
			  cca_own_state(o, was->pa), vmid);
}

enum il_err cca_own_rtt_set(struct cca_own *o, uint16_t vmid,
			    const struct cca_own_rtte *at,
			    const struct cca_own_rtte *to, bool write)
{
	struct cca_own_rtte e = *to;
	enum il_err err;

	if (at->hipas == RMI_TABLE || !possible(at, to))
		return IL_E_ARG;
	e.ns = at->ns;
	err = put(o, vmid, at, encode(&e, write));
	if (!err)
		led_away(o, vmid, at, &e);
	return err;
}

/* --- tables --- */

enum il_err cca_own_rtt_table(struct cca_own *o, uint16_t vmid,
			      const struct cca_own_rtte *at, uint64_t rtt)
{
	uint8_t page[PAGE_4K];
	uint64_t e;
	enum il_err err;

	if (at->hipas != RMI_UNASSIGNED || at->level == 3 ||
	    cca_own_state(o, rtt) != OWN_RTT)
		return IL_E_STATE;
	e = encode(at, false);
	for (unsigned i = 0; i < ENTRIES; i++)
		cca_put_u64(page, (size_t)i * 8, e);
	err = cca_own_fw_io(o, rtt, false, 0, page, sizeof(page), true);
	return err ? err
		   : put(o, vmid, at,
			 pt_table_entry(&cca_s2_fmt, rtt, at->slot.level));
}

enum il_err cca_own_rtt_untable(struct cca_own *o, uint16_t vmid,
				const struct cca_own_rtte *at,
				const struct cca_own_rtte *to)
{
	struct cca_own_rtte e = *to;
	struct cca_own_rtte first;
	bool same;

	if (at->hipas != RMI_TABLE || to->hipas != RMI_UNASSIGNED ||
	    cca_own_rtt_live(o, vmid, at->pa, at->level + 1, at->ns, &same,
			     &first))
		return IL_E_STATE;
	e.ns = at->ns;
	e.pa = 0;
	return put(o, vmid, at, encode(&e, false));
}

unsigned cca_own_rtt_live(const struct cca_own *o, uint16_t vmid, uint64_t rtt,
			  unsigned level, bool ns, bool *same,
			  struct cca_own_rtte *first)
{
	uint8_t page[PAGE_4K];
	unsigned live = 0;
	enum il_err err;

	(void)vmid;
	err = cca_own_fw_io(o, rtt, false, 0, page, sizeof(page), false);
	IL_ASSERT(!err); /* an RTT */
	*same = true;
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct pt_slot s = { .level = CCA_PT_LEVEL(level),
				     .at = rtt + (uint64_t)i * 8,
				     .e = cca_u64(page, (size_t)i * 8) };
		struct cca_own_rtte e;

		s.kind = pt_read(&cca_s2_fmt, s.e, s.level, &s.x);
		decode(&s, ns, &e);
		live += e.hipas != RMI_UNASSIGNED;
		if (!i)
			*first = e;
		*same &= e.slot.e == first->slot.e;
	}
	return live;
}

void cca_own_tlbi(struct cca_own *o, uint16_t vmid, uint64_t ipa, uint64_t size)
{
	/* CPUs of this model keep nothing. */
	if (o->iommu)
		iommu_forget_pages(o->iommu, vmid, ipa, size);
}

/* --- what a realm's CPU does --- */

static enum il_err stage2(const struct cca_own *o, uint16_t vmid, uint64_t ipa,
			  bool write, const struct rule *rule, struct fault *f)
{
	*f = (struct fault){ .rule = rule,
			     .stage = FAULT_STAGE2,
			     .who = AGENT_VCPU,
			     .id = vmid,
			     .addr = ipa,
			     .write = write,
			     .trusted = !cca_own_unprotected(o, vmid, ipa) };
	env_trace(o->env, MEM_EV_REFUSED,
		  (uint64_t)AGENT_VCPU | (uint64_t)write << 8, ipa, 0);
	return rule == &cca_own_rule_ripas ? IL_E_IO : IL_E_AGAIN;
}

/*
 * What the entry for @ipa means to the realm. Source: RMM 1.0, A4 (RIPAS):
 * EMPTY is an abort that the realm takes, the rest leaves to the host.
 */
static enum il_err judge(const struct cca_own *o, uint16_t vmid, uint64_t ipa,
			 bool write, struct fault *f)
{
	struct cca_own_rtte e;
	enum il_err err = cca_own_rtt_find(o, vmid, ipa, 3, &e);

	if (err)
		return err;
	if (e.valid)
		return IL_OK;
	if (e.ns || e.ripas == RMI_RAM)
		return stage2(o, vmid, ipa, write, &s2_rule_missing, f);
	if (e.ripas == RMI_EMPTY)
		return stage2(o, vmid, ipa, write, &cca_own_rule_ripas, f);
	return stage2(o, vmid, ipa, write, &cca_own_rule_ripas_host, f);
}

enum il_err cca_own_realm_access(struct cca_own *o, uint16_t vmid, uint64_t ipa,
				 void *buf, uint32_t len, bool write,
				 struct fault *f)
{
	const struct cca_own_realm *r = cca_own_realm_of(o, vmid);
	enum il_err err = IL_OK;

	if (!r || !r->active || !len || ipa + (len - 1) < ipa ||
	    (ipa + (len - 1)) >> r->ipa_bits)
		return IL_E_ARG;

	const struct s2_cpu c = { .m = o->mem,
				  .fmt = &cca_s2_fmt,
				  .root = r->root,
				  .levels = r->levels,
				  .owner = vmid };

	for (uint64_t at = align_down(ipa, PAGE_4K); !err && at < ipa + len;
	     at += PAGE_4K)
		err = judge(o, vmid, at < ipa ? ipa : at, write, f);
	if (err)
		return err;
	err = s2_access(&c, ipa, buf, len, write,
			!cca_own_unprotected(o, vmid, ipa), f);
	/* A write to what is mapped read-only: the host's to change. */
	return err == IL_E_IO && f->stage == FAULT_STAGE2 ? IL_E_AGAIN : err;
}
