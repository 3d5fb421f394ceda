/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * Data of a realm, and what it shares with the host. A call works through its
 * range page by page and stops at the first that does not fit; it fails if
 * that is the first. Output addresses are one range (RMI_OADDR_SINGLE).
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/rtt_map.c, rtt_unmap.c
 */

/* [@base, @top) from an argument pair, and the output addresses. */
static bool range_of(const struct rmm_realm *r, const uint64_t *x,
		     bool protected, uint64_t *pa)
{
	uint64_t count;

	return rmm_ipa_range(r, x[2], x[3], protected) &&
	       (x[4] & RMI_OADDR_TYPE) == RMI_OADDR_SINGLE &&
	       rmm_rdesc(x[5], pa, &count) &&
	       count >= (x[3] - x[2]) / CCA_GRANULE;
}

/*
 * A granule with content that is measured, before the realm lives. OPEN:
 * whether the entry must be RAM already; TF-RMM wants it so.
 */
uint64_t rmm_data_map_init(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t data = x[2], ipa = x[3], src = x[4], flags = x[5];
	uint8_t fields[16 + RSI_MEASUREMENT_LEN] = { 0 };
	struct rmm_digest d = { 0 };
	struct cca_own_rtte e, to;
	uint64_t rc;

	if (!r || !rmm_delegated(fw, data) ||
	    !rmm_ipa_range(r, ipa, ipa + CCA_GRANULE, true) ||
	    flags & ~RMI_DATA_F_MEASURE ||
	    !rmm_ns_read(fw, src, fw->page, sizeof(fw->page)))
		return RMI_ERROR_INPUT;
	if (r->state != CCA_REALM_NEW)
		return RMI_ERROR_REALM;
	rc = rmm_walk(fw, r, ipa, 3, &e);
	if (rc)
		return rc;
	if (e.hipas != RMI_UNASSIGNED || e.ripas != RMI_RAM)
		return RMI_RESULT(RMI_ERROR_RTT, 3);
	if ((flags & RMI_DATA_F_MEASURE) &&
	    !rmm_hash(fw, r->hash, fw->page, CCA_GRANULE, &d))
		return RMI_ERROR_GLOBAL;
	rmm_move(fw, data, OWN_DELEGATED, OWN_DATA, r->vmid, ipa);
	to = (struct cca_own_rtte){ .hipas = RMI_ASSIGNED,
				    .ripas = RMI_RAM,
				    .pa = data };
	if (cca_own_rtt_set(fw->own, r->vmid, &e, &to, true) ||
	    !rmm_realm_io(fw, r, ipa, fw->page, CCA_GRANULE, true))
		return RMI_ERROR_INPUT;
	cca_put_u64(fields, 0, ipa);
	cca_put_u64(fields, 8, flags);
	memcpy(fields + 16, d.value, d.len);
	rmm_measure(fw, r, 0, fields, sizeof(fields));
	return RMI_SUCCESS;
}

static uint64_t data_page(struct cca_fw *fw, struct rmm_realm *r, uint64_t ipa,
			  uint64_t pa)
{
	struct cca_own_rtte e, to;
	uint64_t rc;

	if (!rmm_delegated(fw, pa))
		return RMI_ERROR_INPUT;
	rc = rmm_walk(fw, r, ipa, 3, &e);
	if (rc)
		return rc;
	if (e.hipas != RMI_UNASSIGNED)
		return RMI_RESULT(RMI_ERROR_RTT, 3);
	to = e;
	to.hipas = RMI_ASSIGNED;
	to.pa = pa;
	/* The realm finds zeroes: what the granule held is nobody's. */
	rmm_move(fw, pa, OWN_DELEGATED, OWN_DATA, r->vmid, ipa);
	if (!cca_own_rtt_set(fw->own, r->vmid, &e, &to, true))
		return RMI_SUCCESS;
	rmm_move(fw, pa, OWN_DATA, OWN_DELEGATED, 0, 0);
	return RMI_ERROR_INPUT;
}

uint64_t rmm_data_map(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t base = x[2], top = x[3];
	uint64_t at, pa, rc = RMI_SUCCESS;

	if (!r || !range_of(r, x, true, &pa))
		return RMI_ERROR_INPUT;
	for (at = base; !rc && at < top; at += rc ? 0 : CCA_GRANULE)
		rc = data_page(fw, r, at, pa + (at - base));
	x[1] = at;
	return at > base ? RMI_SUCCESS : rc;
}

/* Result registers of an unmap: up to where, and which addresses. */
static uint64_t unmapped(uint64_t x[CCA_SMC_REGS], uint64_t base, uint64_t at,
			 uint64_t pa, uint64_t rc)
{
	const uint64_t n = (at - base) / CCA_GRANULE;

	x[1] = at;
	x[2] = n ? pa | n << RMI_RDESC_CNT_LSB : 0;
	x[3] = 0;
	return n ? RMI_SUCCESS : rc;
}

#define RANGE_MAX (RMI_RDESC_CNT >> RMI_RDESC_CNT_LSB)

/*
 * A page leaves the realm: what it held as RAM the realm will miss
 * (DESTROYED). The granule is the host's to take only once no walker
 * remembers it.
 */
static void data_drop(struct cca_fw *fw, struct rmm_realm *r, uint64_t ipa,
		      const struct cca_own_rtte *e)
{
	struct cca_own_rtte to = { .hipas = RMI_UNASSIGNED,
				   .ripas = e->ripas == RMI_RAM ? RMI_DESTROYED
								: e->ripas };
	enum il_err err = cca_own_rtt_set(fw->own, r->vmid, e, &to, true);

	IL_ASSERT(!err); /* just found */
	cca_own_tlbi(fw->own, r->vmid, ipa, CCA_GRANULE);
	rmm_move(fw, e->pa, OWN_DATA, OWN_DELEGATED, 0, 0);
}

uint64_t rmm_data_unmap(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t base = x[2], top = x[3];
	uint64_t at = base, pa = 0, rc = RMI_SUCCESS;

	if (!r || !rmm_ipa_range(r, base, top, true) ||
	    (x[4] & RMI_OADDR_TYPE) == RMI_OADDR_LIST)
		return RMI_ERROR_INPUT;
	for (; at < top && (at - base) / CCA_GRANULE < RANGE_MAX;
	     at += CCA_GRANULE) {
		struct cca_own_rtte e;

		rc = rmm_walk(fw, r, at, 3, &e);
		if (!rc && e.hipas != RMI_ASSIGNED)
			rc = RMI_RESULT(RMI_ERROR_RTT, 3);
		if (rc || (at > base && e.pa != pa + (at - base)))
			break; /* one range of addresses a call */
		pa = at == base ? e.pa : pa;
		data_drop(fw, r, at, &e);
	}
	return unmapped(x, base, at, pa, rc);
}

/* --- unprotected --- */

/* Memory or MMIO that the host could reach itself. */
static bool host_may(const struct cca_fw *fw, uint64_t pa)
{
	return cca_own_pas(fw->own, pa) == OWN_PAS_NS &&
	       mem_kind_at(fw->cfg.mem, pa) != MEM_NOTHING;
}

uint64_t rmm_unprot_map(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t base = x[2], top = x[3];
	const bool write = x[4] & RMI_UNPROT_S2AP_W;
	uint64_t at = base, pa, rc = RMI_SUCCESS;

	if (!r || !range_of(r, x, false, &pa) || !(x[4] & RMI_UNPROT_S2AP_R))
		return RMI_ERROR_INPUT;
	for (; at < top; at += CCA_GRANULE) {
		struct cca_own_rtte e, to = { .hipas = RMI_ASSIGNED,
					      .ripas = RMI_EMPTY,
					      .pa = pa + (at - base) };

		if (!host_may(fw, to.pa)) {
			rc = RMI_ERROR_INPUT;
			break;
		}
		rc = rmm_walk(fw, r, at, 3, &e);
		if (!rc && e.hipas != RMI_UNASSIGNED)
			rc = RMI_RESULT(RMI_ERROR_RTT, 3);
		if (!rc && cca_own_rtt_set(fw->own, r->vmid, &e, &to, write))
			rc = RMI_ERROR_INPUT;
		if (rc)
			break;
	}
	x[1] = at;
	return at > base ? RMI_SUCCESS : rc;
}

uint64_t rmm_unprot_unmap(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t base = x[2], top = x[3];
	uint64_t at = base, pa = 0, rc = RMI_SUCCESS;

	if (!r || !rmm_ipa_range(r, base, top, false) ||
	    (x[4] & RMI_OADDR_TYPE) == RMI_OADDR_LIST)
		return RMI_ERROR_INPUT;
	for (; at < top && (at - base) / CCA_GRANULE < RANGE_MAX;
	     at += CCA_GRANULE) {
		struct cca_own_rtte e, to = { .hipas = RMI_UNASSIGNED };

		rc = rmm_walk(fw, r, at, 3, &e);
		if (!rc && e.hipas != RMI_ASSIGNED)
			rc = RMI_RESULT(RMI_ERROR_RTT, 3);
		if (rc || (at > base && e.pa != pa + (at - base)) ||
		    cca_own_rtt_set(fw->own, r->vmid, &e, &to, true))
			break;
		pa = at == base ? e.pa : pa;
		cca_own_tlbi(fw->own, r->vmid, at, CCA_GRANULE);
	}
	return unmapped(x, base, at, pa, rc);
}
