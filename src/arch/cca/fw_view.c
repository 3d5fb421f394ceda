/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"

/* What laws, traces and tests see of the monitor, and its invariants. */

struct tsm *cca_fw_tsm(struct cca_fw *fw)
{
	return fw->tsm;
}

unsigned cca_fw_realms(const struct cca_fw *fw)
{
	return fw->cfg.limits.realms;
}

bool cca_fw_realm_at(const struct cca_fw *fw, unsigned i,
		     struct cca_fw_realm *out)
{
	const struct rmm_realm *r;
	const struct cca_own_realm *hw;

	if (i >= fw->cfg.limits.realms || !fw->realm[i].used)
		return false;
	r = &fw->realm[i];
	hw = cca_own_realm_of(fw->own, r->vmid);
	*out = (struct cca_fw_realm){
		.rd = r->rd,
		.state = r->state,
		.vmid = r->vmid,
		.rtt = r->rtt,
		.ipa_bits = r->ipa_bits,
		.da = r->da,
		.recs = r->recs,
		.granules = hw->count[OWN_DATA] + hw->count[OWN_RTT],
	};
	return true;
}

unsigned cca_fw_vdevs(const struct cca_fw *fw)
{
	return fw->cfg.limits.vdevs;
}

bool cca_fw_vdev_at(const struct cca_fw *fw, unsigned i,
		    struct cca_fw_vdev *out)
{
	const struct rmm_vdev *v;

	if (i >= fw->cfg.limits.vdevs || !fw->vdev[i].used)
		return false;
	v = &fw->vdev[i];
	*out = (struct cca_fw_vdev){
		.bind = v->bind,
		.rd = v->realm->rd,
		.pdev = v->pdev->pdev,
		.vdev = v->vdev,
		.vdev_id = v->id,
		.rid = v->rid,
		.vmid = v->realm->vmid,
		.state = v->state,
		.comm = v->comm.state,
		.dma = v->dma,
		.named = v->dma || v->valid ? v->named : 0,
		.lock_nonce = v->lock_nonce,
		.meas_nonce = v->meas_nonce,
		.report_nonce = v->report_nonce,
		.mapped = v->mapped,
		.valid = v->valid,
	};
	return true;
}

unsigned cca_fw_pdevs(const struct cca_fw *fw)
{
	return fw->cfg.limits.pdevs;
}

bool cca_fw_pdev_at(const struct cca_fw *fw, unsigned i,
		    struct cca_fw_pdev *out)
{
	const struct rmm_pdev *p;

	if (i >= fw->cfg.limits.pdevs || !fw->pdev[i].used)
		return false;
	p = &fw->pdev[i];
	*out = (struct cca_fw_pdev){
		.conn = p->conn,
		.pdev = p->pdev,
		.rid = p->rid,
		.state = p->state,
		.comm = p->comm.state,
		.op = p->op,
		.root_port = p->root_port,
		.vdevs = p->vdevs,
		.streams = p->streams,
	};
	return true;
}

/* --- invariants --- */

static bool realm_sane(const struct cca_fw *fw, const struct rmm_realm *r)
{
	unsigned recs = 0;

	for (unsigned i = 0; i < fw->cfg.limits.recs; i++)
		recs += fw->rec[i].used && fw->rec[i].realm == r;
	return recs == r->recs && cca_own_realm_active(fw->own, r->vmid) &&
	       cca_own_state(fw->own, r->rd) == OWN_RD &&
	       cca_own_state(fw->own, r->rtt) == OWN_RTT;
}

static bool pdev_sane(const struct cca_fw *fw, const struct rmm_pdev *p)
{
	unsigned vdevs = 0, streams = 0;

	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++)
		vdevs += fw->vdev[i].used && fw->vdev[i].pdev == p;
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++)
		streams += fw->pdev[i].used && !fw->pdev[i].root_port &&
			   fw->pdev[i].peer == p->pdev;
	if (vdevs != p->vdevs || cca_own_state(fw->own, p->pdev) != OWN_PDEV ||
	    p->root_port != !p->conn)
		return false;
	if (p->root_port)
		return streams == p->streams && !vdevs;
	/* Law 4: what stands on a stream stands on a stream. */
	if (p->vdevs && p->stream == FW_STREAM_FREE)
		return false;
	if (p->state == RMI_PDEV_READY &&
	    tsm_conn_state(p->conn) == TSM_CONN_ERROR)
		return false;
	return (p->stream == FW_STREAM_FREE) == !p->peer;
}

static bool vdev_sane(const struct cca_fw *fw, const struct rmm_vdev *v)
{
	const enum tsm_bind_state b = tsm_bind_state(v->bind);
	const bool locked =
		v->state == RMI_VDEV_LOCKED || v->state == RMI_VDEV_STARTED;
	struct cca_own_ste e;

	if (cca_own_state(fw->own, v->vdev) != OWN_VDEV ||
	    tsm_bind_tvm(v->bind) != v->realm->rd ||
	    cca_own_ste_read(fw->own, v->rid, &e))
		return false;
	/* The trusted entry is as the books say: laws 40, 41, 46. */
	if (e.valid != v->dma || e.vmid != v->realm->vmid ||
	    tsm_dma_on(v->bind) != v->dma)
		return false;
	if (v->dma && v->state != RMI_VDEV_STARTED)
		return false;
	/* What was accepted, was in a lock session that lives: law 25. */
	if ((v->valid || v->lock_nonce || v->meas_nonce || v->report_nonce) &&
	    !locked && v->state != RMI_VDEV_UNLOCKED)
		return false;
	if ((v->valid || v->lock_nonce || v->report_nonce) && !locked)
		return false;
	if ((v->valid || v->dma) && v->named != v->lock_id)
		return false;
	if (v->valid > v->mapped || v->valid != tsm_mmio_pages(v->bind))
		return false;
	return !locked ||
	       (b != TSM_BIND_DEAD && b != TSM_BIND_ERROR &&
		tsm_lock_info(v->bind)->id == v->lock_id) ||
	       v->op != FW_VDEV_OP_NONE;
}

bool cca_fw_sane(const struct cca_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.realms; i++)
		if (fw->realm[i].used && !realm_sane(fw, &fw->realm[i]))
			return false;
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++)
		if (fw->pdev[i].used && !pdev_sane(fw, &fw->pdev[i]))
			return false;
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++)
		if (fw->vdev[i].used && !vdev_sane(fw, &fw->vdev[i]))
			return false;
	for (unsigned i = 0; i < fw->cfg.limits.recs; i++)
		if (fw->rec[i].used &&
		    cca_own_state(fw->own, fw->rec[i].rec) != OWN_REC)
			return false;
	return tsm_sane(fw->tsm);
}
