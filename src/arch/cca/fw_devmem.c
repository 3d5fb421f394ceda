/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/*
 * Device memory in a realm's table: the host maps what the realm asked for,
 * the realm accepts it where it is what the realm named, and the granule is
 * the host's again once no walker remembers it. Laws 33, 34, 36, 37.
 *
 * Source: TF-RMM 9a7f8ef4, runtime/rmi/rtt.c, vdev.c
 */

/* An attribute that keeps a range from being trusted. Source: PCIe Base 6.x
 * §11.3.11: MSI-X table b0, PBA b1, not TEE b2 */
#define NOT_FOR_REALM 0x7u

bool rmm_reported(const struct rmm_vdev *v, uint64_t pa, uint64_t size)
{
	const struct tsm_lock_info *l = tsm_lock_info(v->bind);

	for (unsigned i = 0; l->report_valid && i < l->ranges; i++) {
		const struct tsm_range *r = &l->range[i];
		const uint64_t len = (uint64_t)r->pages * CCA_GRANULE;

		if (!(r->attr & NOT_FOR_REALM) && pa >= r->pa && size <= len &&
		    pa - r->pa <= len - size)
			return true;
	}
	return false;
}

static bool declared(const struct rmm_vdev *v, uint64_t pa)
{
	for (unsigned i = 0; i < v->ranges; i++)
		if (pa >= v->range[i].base && pa < v->range[i].top)
			return true;
	return false;
}

static bool device_granule(const struct cca_fw *fw, uint64_t pa)
{
	struct cca_own_granule g;

	return !cca_own_granule(fw->own, pa, &g) && g.io &&
	       g.state == OWN_DELEGATED;
}

/* --- map --- */

static uint64_t map_page(struct cca_fw *fw, struct rmm_vdev *v, uint64_t ipa,
			 uint64_t pa)
{
	const uint16_t vmid = v->realm->vmid;
	struct cca_own_rtte e, to;
	uint64_t rc;

	if (!declared(v, pa) || !device_granule(fw, pa))
		return RMI_ERROR_INPUT;
	rc = rmm_walk(fw, v->realm, ipa, 3, &e);
	if (rc)
		return rc;
	if (e.hipas != RMI_UNASSIGNED || e.ripas == RMI_RAM)
		return RMI_RESULT(RMI_ERROR_RTT, 3);
	to = e;
	to.hipas = RMI_ASSIGNED_DEV;
	to.pa = pa;
	if (cca_own_rtt_set(fw->own, vmid, &e, &to, true))
		return RMI_ERROR_INPUT;
	rmm_move(fw, pa, OWN_DELEGATED, OWN_MAPPED, vmid, ipa);
	v->mapped++;
	return RMI_SUCCESS;
}

/*
 * Only while the interface is locked, which it no longer is once UNLOCK has
 * begun: TF-RMM maps at any time, so that what is in the table may be of no
 * lock at all.
 */
uint64_t rmm_dev_map(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	struct rmm_vdev *v = rmm_vdev_find(fw, x[2]);
	const uint64_t base = x[3], top = x[4];
	uint64_t at = base, pa, count, rc = RMI_SUCCESS;

	if (!r || !v || v->realm != r || !rmm_ipa_range(r, base, top, true) ||
	    (x[5] & RMI_OADDR_TYPE) != RMI_OADDR_SINGLE ||
	    !rmm_rdesc(x[6], &pa, &count) || count < (top - base) / CCA_GRANULE)
		return RMI_ERROR_INPUT;
	if ((v->state != RMI_VDEV_LOCKED && v->state != RMI_VDEV_STARTED) ||
	    !v->lock_nonce)
		return RMI_ERROR_DEVICE;
	for (; at < top; at += CCA_GRANULE) {
		rc = map_page(fw, v, at, pa + (at - base));
		if (rc)
			break;
	}
	x[1] = at;
	return at > base ? RMI_SUCCESS : rc;
}

/* --- validate --- */

static uint64_t accept_page(struct cca_fw *fw, struct rmm_rec *c,
			    struct rmm_vdev *v)
{
	const uint64_t pa = c->pa + (c->at - c->base);
	struct cca_own_rtte e, to;
	uint64_t rc = rmm_walk(fw, c->realm, c->at, 3, &e);

	if (rc)
		return rc;
	if (e.hipas != RMI_ASSIGNED_DEV || e.ripas != RMI_EMPTY || e.pa != pa ||
	    !rmm_reported(v, pa, CCA_GRANULE))
		return RMI_RESULT(RMI_ERROR_RTT, 3);
	to = e;
	to.ripas = RMI_DEV;
	if (cca_own_rtt_set(fw->own, c->realm->vmid, &e, &to, true))
		return RMI_ERROR_INPUT;
	rmm_vdev_names(v);
	v->valid++;
	tsm_mmio_count(v->bind, 1);
	c->at += CCA_GRANULE;
	return RMI_SUCCESS;
}

/*
 * State and nonces are looked at again, here, where it takes effect: between
 * the realm's wish and this the host may have unlocked and locked anew.
 */
uint64_t rmm_dev_validate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	struct rmm_rec *c = rmm_rec_find(fw, x[2]);
	const uint64_t base = x[3], top = x[4];
	uint64_t rc = RMI_SUCCESS;
	struct rmm_vdev *v;

	if (!r || !c || !rmm_ipa_range(r, base, top, true))
		return RMI_ERROR_INPUT;
	if (c->realm != r || c->running || c->wait != FW_WAIT_DEV_MEM)
		return RMI_ERROR_REC;
	if (base != c->at || top > c->top)
		return RMI_ERROR_INPUT;
	v = rmm_vdev_find(fw, c->vdev);
	if (!v || v->realm != r || v->id != c->call[1] ||
	    !rmm_vdev_granted(v, c->lock_nonce, c->meas_nonce,
			      c->report_nonce) ||
	    tsm_gate(v->bind, TSM_GATE_MMIO_ACCEPT, v->lock_id))
		return RMI_ERROR_DEVICE;
	while (!rc && c->at < top)
		rc = accept_page(fw, c, v);
	x[1] = c->at;
	return c->at > base ? RMI_SUCCESS : rc;
}

/* --- away --- */

void rmm_dev_ripas_lost(struct cca_fw *fw, struct rmm_realm *r, uint64_t pa)
{
	struct rmm_vdev *v = rmm_vdev_at(fw, r, pa);

	if (!v || !v->valid)
		return;
	v->valid--;
	tsm_mmio_count(v->bind, -1);
}

/*
 * A lock ended that these pages were accepted in: they stay mapped until the
 * host unmaps them, but lead nowhere. OPEN: TF-RMM leaves them, and relies on
 * the device to refuse.
 */
void rmm_mmio_revoke(struct cca_fw *fw, struct rmm_vdev *v)
{
	struct cca_own_granule g;

	for (unsigned i = 0; i < v->ranges && v->valid; i++)
		for (uint64_t pa = v->range[i].base;
		     pa < v->range[i].top && v->valid; pa += CCA_GRANULE) {
			struct cca_own_rtte e, to;

			if (cca_own_granule(fw->own, pa, &g) ||
			    g.state != OWN_MAPPED ||
			    rmm_walk(fw, v->realm, g.ipa, 3, &e) ||
			    e.ripas != RMI_DEV || e.pa != pa)
				continue;
			to = e;
			to.ripas = RMI_EMPTY;
			if (cca_own_rtt_set(fw->own, v->realm->vmid, &e, &to,
					    true))
				continue;
			cca_own_tlbi(fw->own, v->realm->vmid, g.ipa,
				     CCA_GRANULE);
			rmm_dev_ripas_lost(fw, v->realm, pa);
		}
}

static void drop_page(struct cca_fw *fw, struct rmm_realm *r, uint64_t ipa,
		      const struct cca_own_rtte *e)
{
	const struct cca_own_rtte to = { .hipas = RMI_UNASSIGNED,
					 .ripas = e->ripas == RMI_DEV
							  ? RMI_DESTROYED
							  : e->ripas };
	struct rmm_vdev *v = rmm_vdev_at(fw, r, e->pa);
	enum il_err err = cca_own_rtt_set(fw->own, r->vmid, e, &to, true);

	IL_ASSERT(!err); /* just found */
	cca_own_tlbi(fw->own, r->vmid, ipa, CCA_GRANULE);
	if (e->ripas == RMI_DEV)
		rmm_dev_ripas_lost(fw, r, e->pa);
	if (v)
		v->mapped--;
	rmm_move(fw, e->pa, OWN_MAPPED, OWN_DELEGATED, 0, 0);
}

#define RANGE_MAX (RMI_RDESC_CNT >> RMI_RDESC_CNT_LSB)

uint64_t rmm_dev_unmap(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t base = x[2], top = x[3];
	uint64_t at = base, pa = 0, n, rc = RMI_SUCCESS;

	if (!r || !rmm_ipa_range(r, base, top, true) ||
	    (x[4] & RMI_OADDR_TYPE) == RMI_OADDR_LIST)
		return RMI_ERROR_INPUT;
	for (; at < top && (at - base) / CCA_GRANULE < RANGE_MAX;
	     at += CCA_GRANULE) {
		struct cca_own_rtte e;

		rc = rmm_walk(fw, r, at, 3, &e);
		if (!rc && e.hipas != RMI_ASSIGNED_DEV)
			rc = RMI_RESULT(RMI_ERROR_RTT, 3);
		if (rc || (at > base && e.pa != pa + (at - base)))
			break;
		pa = at == base ? e.pa : pa;
		drop_page(fw, r, at, &e);
	}
	n = (at - base) / CCA_GRANULE;
	x[1] = at;
	x[2] = n ? pa | n << RMI_RDESC_CNT_LSB : 0;
	x[3] = 0;
	return n ? RMI_SUCCESS : rc;
}
