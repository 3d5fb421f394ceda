/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * Realm translation tables: the host gives each table, the monitor writes it.
 * Leaves are pages; OPEN: blocks (RTT_FOLD of what is mapped) are not
 * modelled, a fold is of entries that are all alike and unassigned.
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/rtt.c
 */

static uint64_t level_size(unsigned level)
{
	return CCA_GRANULE << (9 * (3 - level));
}

uint64_t rmm_walk(const struct cca_fw *fw, const struct rmm_realm *r,
		  uint64_t ipa, unsigned level, struct cca_own_rtte *out)
{
	if (cca_own_rtt_find(fw->own, r->vmid, ipa, level, out))
		return RMI_ERROR_INPUT;
	if (out->level != level)
		return RMI_RESULT(RMI_ERROR_RTT, out->level);
	return RMI_SUCCESS;
}

bool rmm_ipa_range(const struct rmm_realm *r, uint64_t base, uint64_t top,
		   bool protected)
{
	const uint64_t half = BIT64(r->ipa_bits - 1);
	const uint64_t low = protected ? 0 : half;

	return rmm_aligned(base) && rmm_aligned(top) && base >= low &&
	       base < top && top <= low + half;
}

bool rmm_rdesc(uint64_t desc, uint64_t *base, uint64_t *count)
{
	*base = desc & RMI_RDESC_ADDR;
	*count = (desc & RMI_RDESC_CNT) >> RMI_RDESC_CNT_LSB;
	return !(desc & 3) && *count;
}

/* A table at @level for @ipa, which is aligned so. */
static bool table_place(const struct rmm_realm *r, uint64_t ipa, uint64_t level)
{
	return level <= 3 && level > 4u - r->levels && !(ipa >> r->ipa_bits) &&
	       !(ipa & (level_size((unsigned)level - 1) - 1));
}

uint64_t rmm_rtt_create(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t rtt = x[2], ipa = x[3], level = x[4];
	struct cca_own_rtte e;
	uint64_t rc;
	enum il_err err;

	if (!r || !rmm_delegated(fw, rtt) || !table_place(r, ipa, level))
		return RMI_ERROR_INPUT;
	rc = rmm_walk(fw, r, ipa, (unsigned)level - 1, &e);
	if (rc)
		return rc;
	if (e.hipas != RMI_UNASSIGNED)
		return RMI_RESULT(RMI_ERROR_RTT, e.level);
	rmm_move(fw, rtt, OWN_DELEGATED, OWN_RTT, r->vmid, 0);
	err = cca_own_rtt_table(fw->own, r->vmid, &e, rtt);
	IL_ASSERT(!err); /* an unassigned entry, and an RTT */
	return RMI_SUCCESS;
}

/* Where the walk's end leaves off: the next address that is not covered. */
static uint64_t entry_top(const struct cca_own_rtte *e, uint64_t ipa)
{
	return align_down(ipa, level_size(e->level)) + level_size(e->level);
}

/* A table that hangs below an entry, for DESTROY and FOLD. */
static uint64_t table_at(const struct cca_fw *fw, const struct rmm_realm *r,
			 const uint64_t *x, struct cca_own_rtte *e)
{
	uint64_t rc;

	if (!table_place(r, x[2], x[3]))
		return RMI_ERROR_INPUT;
	rc = rmm_walk(fw, r, x[2], (unsigned)x[3] - 1, e);
	if (!rc && e->hipas != RMI_TABLE)
		rc = RMI_RESULT(RMI_ERROR_RTT, e->level);
	return rc;
}

static uint64_t untable(struct cca_fw *fw, struct rmm_realm *r, uint64_t ipa,
			const struct cca_own_rtte *at,
			const struct cca_own_rtte *to)
{
	const uint64_t rtt = at->pa;

	if (cca_own_rtt_untable(fw->own, r->vmid, at, to))
		return RMI_RESULT(RMI_ERROR_RTT, at->level + 1);
	cca_own_tlbi(fw->own, r->vmid, ipa, level_size(at->level));
	rmm_move(fw, rtt, OWN_RTT, OWN_DELEGATED, 0, 0);
	return RMI_SUCCESS;
}

uint64_t rmm_rtt_destroy(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	struct cca_own_rtte e, to = { .hipas = RMI_UNASSIGNED };
	const uint64_t ipa = x[2];
	uint64_t rc;

	if (!r)
		return RMI_ERROR_INPUT;
	rc = table_at(fw, r, x, &e);
	if (rc) {
		x[2] = RMI_STATUS(rc) == RMI_ERROR_RTT ? entry_top(&e, ipa) : 0;
		return rc;
	}
	/* The realm cannot mistake what went for what was never there. */
	to.ripas = e.ns ? RMI_EMPTY : RMI_DESTROYED;
	rc = untable(fw, r, ipa, &e, &to);
	x[1] = rc ? 0 : e.pa;
	x[2] = rc ? ipa : entry_top(&e, ipa);
	return rc;
}

uint64_t rmm_rtt_fold(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t ipa = x[2];
	struct cca_own_rtte e, first;
	uint64_t rc;
	bool same;

	if (!r)
		return RMI_ERROR_INPUT;
	rc = table_at(fw, r, x, &e);
	if (rc)
		return rc;
	if (cca_own_rtt_live(fw->own, r->vmid, e.pa, e.level + 1, e.ns, &same,
			     &first) ||
	    !same)
		return RMI_RESULT(RMI_ERROR_RTT, e.level + 1);
	rc = untable(fw, r, ipa, &e, &first);
	x[1] = rc ? 0 : e.pa;
	return rc;
}

uint64_t rmm_rtt_read(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t ipa = x[2], level = x[3];
	struct cca_own_rtte e;

	if (!r || level > 3 || level < 4u - r->levels || ipa >> r->ipa_bits ||
	    (ipa & (level_size((unsigned)level) - 1)) ||
	    cca_own_rtt_find(fw->own, r->vmid, ipa, (unsigned)level, &e))
		return RMI_ERROR_INPUT;
	x[1] = e.level;
	x[2] = e.hipas;
	x[3] = e.pa;
	x[4] = e.ripas;
	return RMI_SUCCESS;
}

/* --- RIPAS --- */

/*
 * The entry at @at that lies whole in [@at, @top), at whatever level; its size.
 * 0: it does not, and *rc says what is missing.
 */
static uint64_t whole(const struct cca_fw *fw, const struct rmm_realm *r,
		      uint64_t at, uint64_t top, struct cca_own_rtte *e,
		      uint64_t *rc)
{
	uint64_t size;

	if (cca_own_rtt_find(fw->own, r->vmid, at, 3, e)) {
		*rc = RMI_ERROR_INPUT;
		return 0;
	}
	size = level_size(e->level);
	*rc = RMI_RESULT(RMI_ERROR_RTT, e->level);
	return (at & (size - 1)) || top - at < size ? 0 : size;
}

uint64_t rmm_init_ripas(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t base = x[2], top = x[3];
	uint64_t at = base, size, rc = RMI_SUCCESS;
	uint8_t fields[16];

	if (!r || !rmm_ipa_range(r, base, top, true))
		return RMI_ERROR_INPUT;
	if (r->state != CCA_REALM_NEW)
		return RMI_ERROR_REALM;
	while (at < top) {
		struct cca_own_rtte e, to;

		size = whole(fw, r, at, top, &e, &rc);
		if (!size || e.hipas != RMI_UNASSIGNED || e.ripas != RMI_EMPTY)
			break;
		to = e;
		to.ripas = RMI_RAM;
		if (cca_own_rtt_set(fw->own, r->vmid, &e, &to, true))
			break;
		cca_put_u64(fields, 0, at);
		cca_put_u64(fields, 8, at + size);
		rmm_measure(fw, r, 2, fields, sizeof(fields));
		at += size;
	}
	x[1] = at;
	return at > base ? RMI_SUCCESS : rc;
}

/* What the realm's wish makes of @e; false: it may not. */
static bool wanted(const struct cca_own_rtte *e, uint8_t ripas,
		   bool destroyed_too, struct cca_own_rtte *to)
{
	*to = *e;
	to->ripas = (enum rmi_ripas)ripas;
	if (e->ripas == RMI_DESTROYED && !destroyed_too)
		return false;
	/* A device's page may lose what it is, never become RAM. */
	return e->hipas != RMI_ASSIGNED_DEV || ripas == RMI_EMPTY;
}

/*
 * The host carries out what the realm of @rec asked for, from where it left
 * off. Source: TF-RMM 9a7f8ef4, runtime/rmi/rtt.c
 */
static uint64_t ripas_step(struct cca_fw *fw, struct rmm_rec *c, uint64_t top)
{
	struct rmm_realm *r = c->realm;
	struct cca_own_rtte e, to;
	uint64_t rc, size = whole(fw, r, c->at, top, &e, &rc);

	if (!size ||
	    !wanted(&e, c->ripas, c->call[4] & RSI_CHANGE_DESTROYED, &to))
		return rc;
	if (cca_own_rtt_set(fw->own, r->vmid, &e, &to, true))
		return RMI_ERROR_INPUT;
	if (e.valid)
		cca_own_tlbi(fw->own, r->vmid, c->at, size);
	if (e.hipas == RMI_ASSIGNED_DEV && e.ripas == RMI_DEV)
		rmm_dev_ripas_lost(fw, r, e.pa);
	c->at += size;
	return RMI_SUCCESS;
}

uint64_t rmm_set_ripas(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	struct rmm_rec *c = rmm_rec_find(fw, x[2]);
	const uint64_t base = x[3], top = x[4];
	uint64_t rc = RMI_SUCCESS;

	if (!r || !c || !rmm_ipa_range(r, base, top, true))
		return RMI_ERROR_INPUT;
	if (c->realm != r || c->running || c->wait != FW_WAIT_RIPAS)
		return RMI_ERROR_REC;
	if (base != c->at || top > c->top)
		return RMI_ERROR_INPUT;
	while (!rc && c->at < top)
		rc = ripas_step(fw, c, top);
	x[1] = c->at;
	return c->at > base ? RMI_SUCCESS : rc;
}
