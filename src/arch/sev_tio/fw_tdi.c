/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw_priv.h"

#include "base/assert.h"

/*
 * Commands of one TDI, and what happens to its grants when a lock session
 * ends. Source: AMD's public tsm branch; architecture notes B.1, B.6
 */

struct fw_tdi *fw_tdi_find(struct sev_fw *fw, const struct fw_dev *d,
			   uint64_t sla)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->tdi[i].bind && fw->tdi[i].dev == d &&
		    !(sla & ~SLA_PFN_MASK) && fw->tdi[i].ctx == sla)
			return &fw->tdi[i];
	return NULL;
}

struct fw_tdi *fw_tdi_of(struct sev_fw *fw, const struct tsm_bind *b)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->tdi[i].bind == b)
			return &fw->tdi[i];
	return NULL;
}

static uint16_t rid_of(const struct fw_tdi *t)
{
	return (uint16_t)(tsm_bind_function(t->bind) & TIO_FUNCTION_RID_MASK);
}

void fw_entry_off(void *ctx, struct tsm_bind *b)
{
	struct sev_fw *fw = ctx;
	const struct fw_tdi *t = fw_tdi_of(fw, b);
	const struct own_sdte none = { .valid = false };
	enum il_err err;

	if (!t || !tsm_dma_on(b))
		return;
	/* Returns once the IOMMU has forgotten the entry (law 45). */
	err = own_sdte_write(fw->cfg.own, rid_of(t), &none);
	IL_ASSERT(!err);
}

/*
 * A range that the RMP does not know as MMIO of this root port can never be
 * validated; and what is swept later is bounded by what is let in here.
 */
bool fw_mmio_fits(void *ctx, const struct tsm_bind *b, uint64_t pa,
		  uint32_t pages)
{
	struct sev_fw *fw = ctx;

	return own_is_mmio(fw->cfg.own, pa, (uint64_t)pages * PAGE_4K,
			   tsm_conn_cfg(tsm_bind_conn(b))->port);
}

/* --- grants that outlive their lock session --- */

static void sweep(struct sev_fw *fw, const struct fw_tdi *t,
		  enum own_state from, enum own_state to)
{
	for (unsigned i = 0; i < t->ranges; i++) {
		const struct fw_range *r = &t->range[i];

		for (uint32_t k = 0; k < r->pages; k++) {
			uint64_t pa = r->pa + k * PAGE_4K;
			struct own_page p;
			enum il_err err;

			if (own_entry(fw->cfg.own, pa, &p) ||
			    p.asid != t->asid ||
			    own_state(fw->cfg.own, pa) != from)
				continue;
			err = own_fw_move(fw->cfg.own, pa, from, to);
			IL_ASSERT(!err);
		}
	}
}

void fw_mmio_revoke(struct sev_fw *fw, struct fw_tdi *t)
{
	sweep(fw, t, OWN_GUEST_PINNED, OWN_PRE_GUEST);
	tsm_mmio_count(t->bind, -(int64_t)tsm_mmio_pages(t->bind));
}

/* Both fences; that of MMIO knows open and closed alone. */
static void fence(struct sev_fw *fw, const struct fw_tdi *t, enum own_fence dma)
{
	enum own_fence mmio =
		dma == OWN_FENCE_OPEN ? OWN_FENCE_OPEN : OWN_FENCE_CLOSED;
	enum il_err err =
		own_fence_set(fw->cfg.own, t->asid, t->dev->port, dma, mmio);

	IL_ASSERT(!err);
}

void fw_settle(struct sev_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		struct fw_tdi *t = &fw->tdi[i];

		if (!t->bind)
			continue;
		if (t->lock_id && tsm_lock_info(t->bind)->id != t->lock_id) {
			fw_mmio_revoke(fw, t);
			t->lock_id = 0;
			t->tdi_id = 0;
		}
		if (t->guest && tsm_bind_state(t->bind) == TSM_BIND_DEAD)
			fence(fw, t, OWN_FENCE_ERROR);
	}
}

/* --- create, reclaim --- */

uint32_t fw_tdi_create(struct sev_fw *fw, struct fw_cmd *c)
{
	uint64_t sla = sev_u64(c->buf, TIO_TDI_CREATE_TDI);
	struct tsm_bind_cfg cfg = {
		.function_id = sev_u32(c->buf, TIO_TDI_CREATE_IF),
		.owner = sla_pa(sla),
	};
	struct fw_tdi *t = NULL;
	uint32_t ret;
	enum il_err err;

	if (!sla || (sla & ~SLA_PFN_MASK))
		return SEV_RET_INVALID_ADDRESS;
	if (sev_u64(c->buf, TIO_TDI_CREATE_IF + 4))
		return SEV_RET_INVALID_PARAM;
	for (unsigned i = fw->cfg.limits.tsm.binds; i-- > 0;)
		if (!fw->tdi[i].bind)
			t = &fw->tdi[i];
	if (!t)
		return SEV_RET_RESOURCE_LIMIT;
	ret = fw_ctx_take(fw, sla_pa(sla));
	if (ret)
		return ret;
	memset(t, 0, sizeof(*t));
	err = tsm_bind_new(c->dev->conn, &cfg, &t->bind);
	if (err) {
		t->bind = NULL;
		fw_ctx_give(fw, sla_pa(sla));
		return err == IL_E_ARG ? SEV_RET_INVALID_TDI : fw_ret(err);
	}
	if (t >= fw->tdi + fw->tdis_used)
		fw->tdis_used = (unsigned)(t - fw->tdi) + 1;
	t->dev = c->dev;
	t->ctx = sla_pa(sla);
	return SEV_RET_SUCCESS;
}

/*
 * Only now does the host get the MMIO back: pages of the TDI's ranges stop
 * being immutable, and RMPUPDATE may make them shared (law 35).
 */
uint32_t fw_tdi_reclaim(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_tdi *t =
		fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_RECLAIM_TDI));

	if (!t)
		return SEV_RET_INVALID_TDI_CTX;
	if (t->guest)
		return SEV_RET_IN_USE;
	if (tsm_bind_free(t->bind))
		return SEV_RET_INVALID_TDI_STATE;
	sweep(fw, t, OWN_PRE_GUEST, OWN_GUEST_INVALID);
	fw_ctx_give(fw, t->ctx);
	memset(t, 0, sizeof(*t));
	return SEV_RET_SUCCESS;
}

/* --- bind
 * -------------------------------------------------------------------------------
 */

enum { BIND_LOCK, BIND_REPORT, BIND_UNDO, BIND_RUN };

static uint32_t bind_flags(const struct fw_cmd *c)
{
	uint16_t lock = sev_u16(c->buf, TIO_TDI_BIND_LOCK_FLAGS);

	if (lock & ~(TIO_LOCK_NO_FW_UPDATE | TIO_LOCK_MSIX | TIO_LOCK_REDIRECT))
		return SEV_RET_INVALID_PARAM;
	if (!(lock & TIO_LOCK_REDIRECT))
		return SEV_RET_INVALID_PARAM;
	if (sev_u16(c->buf, TIO_TDI_BIND_RUN_FLAGS) & ~TIO_RUN_FORCE)
		return SEV_RET_INVALID_PARAM;
	return SEV_RET_SUCCESS;
}

/* No TDI of @g has that id, and no fence is in error: law 50. */
static uint32_t bind_guest(struct sev_fw *fw, const struct fw_cmd *c,
			   const struct fw_tdi *t, const struct fw_guest *g)
{
	enum own_fence dma, mmio;

	if (g->state != SNP_GUEST_RUNNING)
		return SEV_RET_INVALID_GUEST_STATE;
	if (!g->asid)
		return SEV_RET_INACTIVE;
	/* Pages of the guest before are still pinned. */
	if (t->ranges && t->asid != g->asid)
		return SEV_RET_RECLAIM_REQUIRED;
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->tdi[i].bind && fw->tdi[i].guest == g &&
		    fw->tdi[i].guest_device_id ==
			    sev_u16(c->buf, TIO_TDI_BIND_GUEST_ID))
			return SEV_RET_IN_USE;
	if (own_fence_get(fw->cfg.own, g->asid, c->dev->port, &dma, &mmio))
		return SEV_RET_INVALID_ASID;
	return dma == OWN_FENCE_ERROR ? SEV_RET_RECLAIM_REQUIRED
				      : SEV_RET_SUCCESS;
}

static uint32_t bind_start(struct sev_fw *fw, struct fw_cmd *c,
			   struct fw_tdi *t, struct fw_guest *g)
{
	struct tsm_args a = {
		.bind = t->bind,
		.lock_flags = sev_u16(c->buf, TIO_TDI_BIND_LOCK_FLAGS),
	};
	uint32_t ret = bind_guest(fw, c, t, g);

	if (ret)
		return ret;
	/* OPEN: RUN in one go would be RUN that no guest has decided. */
	if (sev_u16(c->buf, TIO_TDI_BIND_RUN_FLAGS) & TIO_RUN_FORCE)
		return SEV_RET_INVALID_TDI_STATE;
	if (tsm_bind_own(t->bind, g->gctx))
		return SEV_RET_INVALID_TDI_STATE;
	t->guest = g;
	t->asid = g->asid;
	t->guest_device_id = sev_u16(c->buf, TIO_TDI_BIND_GUEST_ID);
	t->lock_flags = a.lock_flags;
	c->dev->phase = BIND_LOCK;
	return fw_verb(fw, c, TSM_LOCK, &a);
}

/* Bound already: the same request with the run flag starts it. */
static uint32_t bind_run(struct sev_fw *fw, struct fw_cmd *c, struct fw_tdi *t)
{
	const struct tsm_args a = { .bind = t->bind };

	if (!(sev_u16(c->buf, TIO_TDI_BIND_RUN_FLAGS) & TIO_RUN_FORCE))
		return SEV_RET_INVALID_TDI_STATE;
	if (t->guest_device_id != sev_u16(c->buf, TIO_TDI_BIND_GUEST_ID) ||
	    t->lock_flags != sev_u16(c->buf, TIO_TDI_BIND_LOCK_FLAGS))
		return SEV_RET_INVALID_PARAM;
	if (tsm_bind_state(t->bind) != TSM_BIND_LOCKED)
		return SEV_RET_INVALID_TDI_STATE;
	c->dev->phase = BIND_RUN;
	return fw_verb(fw, c, TSM_START, &a);
}

static bool tdi_used_by_other(const struct sev_fw *fw, const struct fw_tdi *t)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		const struct fw_tdi *x = &fw->tdi[i];

		if (x != t && x->bind && x->guest == t->guest &&
		    x->dev->port == t->dev->port)
			return true;
	}
	return false;
}

/* Takes the TDI from its guest; UNLOCKED or DEAD. */
static void let_go(struct sev_fw *fw, struct fw_tdi *t)
{
	bool dead = tsm_bind_state(t->bind) == TSM_BIND_DEAD;
	enum il_err err;

	fw_settle(fw);
	err = tsm_bind_own(t->bind, 0);
	IL_ASSERT(!err);
	if (!dead && !tdi_used_by_other(fw, t))
		fence(fw, t, OWN_FENCE_CLOSED);
	t->guest = NULL;
	t->guest_device_id = 0;
	t->lock_flags = 0;
	if (!t->ranges)
		t->asid = 0;
}

static void bind_ranges(struct fw_tdi *t)
{
	const struct tsm_lock_info *l = tsm_lock_info(t->bind);

	t->ranges = l->ranges;
	for (unsigned i = 0; i < l->ranges; i++)
		t->range[i] = (struct fw_range){ .pa = l->range[i].pa,
						 .pages = l->range[i].pages,
						 .id = l->range[i].id };
}

/* Locked and reported: the guest's to judge. */
static uint32_t bind_done(struct sev_fw *fw, struct fw_cmd *c, struct fw_tdi *t)
{
	const uint8_t *p;
	size_t len;

	t->lock_id = tsm_lock_info(t->bind)->id;
	t->tdi_id = fw->next_tdi_id++;
	bind_ranges(t);
	fence(fw, t, OWN_FENCE_OPEN);
	tsm_blob(c->dev->conn, &p, &len);
	return fw_output(fw, c, TIO_DOBJ_REPORT, p, len);
}

/* A verb of BIND is over with @ret; what comes next. */
static uint32_t bind_next(struct sev_fw *fw, struct fw_cmd *c, struct fw_tdi *t,
			  uint32_t ret)
{
	const struct tsm_args a = { .bind = t->bind };
	struct fw_dev *d = c->dev;

	if (d->phase == BIND_LOCK && !ret) {
		d->phase = BIND_REPORT;
		ret = fw_verb(fw, c, TSM_REPORT, &a);
	}
	if (d->phase == BIND_REPORT && !ret)
		return bind_done(fw, c, t);
	if (d->phase == BIND_RUN)
		return ret;
	if (ret == SEV_RET_SPDM_REQUEST)
		return ret;
	/* LOCK has cleaned up after itself; a failed report leaves LOCKED. */
	if (d->phase == BIND_REPORT &&
	    tsm_bind_state(t->bind) == TSM_BIND_LOCKED) {
		d->phase = BIND_UNDO;
		d->why = ret;
		ret = fw_verb(fw, c, TSM_STOP, &a);
		if (ret == SEV_RET_SPDM_REQUEST)
			return ret;
	}
	if (d->phase == BIND_UNDO)
		ret = d->why;
	if (tsm_bind_state(t->bind) == TSM_BIND_LOCKED)
		tsm_isolate(d->conn);
	let_go(fw, t);
	return ret;
}

uint32_t fw_tdi_bind(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_tdi *t =
		fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_TDI));
	struct fw_guest *g = fw_guest_find(fw, sev_u64(c->buf, TIO_TDI_GCTX));
	uint32_t ret;

	if (!t)
		return SEV_RET_INVALID_TDI_CTX;
	if (!g)
		return SEV_RET_INVALID_GUEST;
	ret = bind_flags(c);
	if (!ret)
		ret = fw_spdm_check(fw, c, true);
	if (ret)
		return ret;
	if (c->resume) {
		ret = fw_verb_resume(fw, c);
		/* Buffers refused before the verb went on: still pending. */
		return c->dev->pending ? ret : bind_next(fw, c, t, ret);
	}
	if (t->guest && t->guest != g)
		return SEV_RET_INVALID_GUEST; /* law 15 */
	if (t->guest)
		return bind_run(fw, c, t);
	ret = bind_start(fw, c, t, g);
	return t->guest && ret != SEV_RET_SPDM_REQUEST
		       ? bind_next(fw, c, t, ret)
		       : ret;
}

/* --- unbind
 * --------------------------------------------------------------------------------
 */

static uint32_t unbind_over(struct sev_fw *fw, struct fw_tdi *t, uint32_t ret,
			    bool force)
{
	enum tsm_bind_state s = tsm_bind_state(t->bind);

	/*
	 * STOP either ended UNLOCKED or cut the link. Without FORCE the host
	 * is told that it failed and asks again: law 48.
	 */
	if (s == TSM_BIND_DEAD && !force)
		return ret;
	if (s != TSM_BIND_UNLOCKED && s != TSM_BIND_DEAD)
		return ret;
	let_go(fw, t);
	return SEV_RET_SUCCESS;
}

uint32_t fw_tdi_unbind(struct sev_fw *fw, struct fw_cmd *c)
{
	uint32_t flags = sev_u32(c->buf, TIO_TDI_FLAGS);
	bool force = flags & TIO_UNBIND_F_FORCE;
	struct fw_tdi *t =
		fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_TDI));
	struct tsm_args a = { 0 };
	uint32_t ret;

	if (!t)
		return SEV_RET_INVALID_TDI_CTX;
	if (flags & ~TIO_UNBIND_F_FORCE)
		return SEV_RET_INVALID_PARAM;
	if (c->resume) {
		ret = fw_verb_resume(fw, c);
		return c->dev->pending ? ret : unbind_over(fw, t, ret, force);
	}
	if (!t->guest)
		return SEV_RET_INVALID_TDI_STATE;
	if (t->guest->gctx != sev_u64(c->buf, TIO_TDI_GCTX))
		return SEV_RET_INVALID_GUEST; /* law 15 */
	if (tsm_bind_state(t->bind) == TSM_BIND_DEAD)
		return unbind_over(fw, t, SEV_RET_IN_DEV_CONN, true);
	a.bind = t->bind;
	ret = fw_verb(fw, c, TSM_STOP, &a);
	return c->dev->pending ? ret : unbind_over(fw, t, ret, force);
}

/* --- report, status, info --- */

uint32_t fw_tdi_report(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_tdi *t =
		fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_TDI));
	struct tsm_args a = { 0 };
	const uint8_t *p;
	size_t len;
	uint32_t ret;

	if (!t)
		return SEV_RET_INVALID_TDI_CTX;
	if (!t->guest || t->guest->gctx != sev_u64(c->buf, TIO_TDI_GCTX))
		return SEV_RET_INVALID_GUEST;
	ret = fw_spdm_check(fw, c, true);
	if (ret)
		return ret;
	a.bind = t->bind;
	ret = c->resume ? fw_verb_resume(fw, c)
			: fw_verb(fw, c, TSM_REPORT, &a);
	if (ret)
		return ret == SEV_RET_INVALID_DEV_STATE
			       ? SEV_RET_INVALID_TDI_STATE
			       : ret;
	/* The report of this lock session: the ranges are those of BIND. */
	tsm_blob(c->dev->conn, &p, &len);
	return fw_output(fw, c, TIO_DOBJ_REPORT, p, len);
}

uint32_t fw_tdi_status(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_tdi *t =
		fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_TDI));
	uint64_t pa = sev_u64(c->buf, TIO_TDI_STATUS_PA);
	uint8_t s[TIO_TSTAT_LEN] = { 0 };
	struct tsm_args a = { 0 };
	uint32_t ret;

	if (!t)
		return SEV_RET_INVALID_TDI_CTX;
	/* Where the answer goes is looked at before anything is asked. */
	ret = fw_page_check(fw, align_down(pa, PAGE_4K), OWN_FIRMWARE);
	if (ret)
		return ret;
	a.bind = t->bind;
	ret = c->resume ? fw_verb_resume(fw, c)
			: fw_verb(fw, c, TSM_GET_STATE, &a);
	if (ret)
		return ret;
	sev_put_u32(s, TIO_TSTAT_LENGTH, sizeof(s));
	s[TIO_TSTAT_STATE] = (uint8_t)tsm_bind_tdi(t->bind);
	return fw_answer(fw, pa, s, sizeof(s));
}

static uint32_t info_state(const struct fw_tdi *t)
{
	if (!t->lock_id)
		return TIO_TDI_UNBOUND;
	return tsm_bind_state(t->bind) == TSM_BIND_RUN ? TIO_TDI_BOUND_RUN
						       : TIO_TDI_BOUND_LOCKED;
}

uint32_t fw_tdi_info(struct sev_fw *fw, struct fw_cmd *c)
{
	struct fw_tdi *t =
		fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_INFO_TDI));
	const struct tsm_lock_info *l;
	const uint8_t *certs;
	uint8_t s[TIO_TINFO_LEN] = { 0 };

	if (!t)
		return SEV_RET_INVALID_TDI_CTX;
	l = tsm_lock_info(t->bind);
	certs = tsm_conn_digest(c->dev->conn, TSM_DIGEST_CERT);
	sev_put_u32(s, TIO_TINFO_LENGTH, sizeof(s));
	sev_put_u32(s, TIO_TINFO_IF, tsm_bind_function(t->bind));
	sev_put_u32(
		s, TIO_TINFO_P1,
		(l->meas_valid ? TIO_INFO_MEAS_VALID | TIO_INFO_MEAS_FRESH
			       : 0) |
			(uint32_t)field_put(TIO_TINFO_P1_STATE, info_state(t)));
	sev_put_u32(s, TIO_TINFO_LOCK_FLAGS, l->flags);
	if (certs) {
		sev_put_u64(s, TIO_TINFO_ALGOS, fw_algs(c->dev->conn));
		memcpy(s + TIO_TINFO_CERTS, certs, TSM_DIGEST_LEN);
	}
	memcpy(s + TIO_TINFO_MEAS, l->meas_digest, TSM_DIGEST_LEN);
	memcpy(s + TIO_TINFO_REPORT, l->report_digest, TSM_DIGEST_LEN);
	sev_put_u64(s, TIO_TINFO_REPORT_COUNT, l->report_count);
	sev_put_u32(s, TIO_TINFO_ASID, t->guest ? t->asid : 0);
	sev_put_u64(s, TIO_TINFO_TDI_ID, t->tdi_id);
	return fw_answer(fw, sev_u64(c->buf, TIO_TDI_INFO_PA), s, sizeof(s));
}
