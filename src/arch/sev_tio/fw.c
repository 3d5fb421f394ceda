/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw.h"

#include "arch/sev_tio/fw_priv.h"
#include "base/arena.h"
#include "base/assert.h"
#include "tdisp/report.h"

/*
 * The doorbell: copy the command once, judge its length, find the device it
 * names, and see whether it is the one that device waits for (law 52). Then
 * the handler; then what ended is taken back.
 */

struct sev_fw_limits sev_fw_limits_default(void)
{
	struct sev_fw_limits l = { .guests = 8, .tsm = tsm_limits_default() };

	/* What fits into the buffers that TIO_STATUS announces. */
	l.tsm.msg = 4608;
	l.tsm.blob = 16384;
	l.tsm.chain = 16384;
	return l;
}

/*
 * MMIO may be accepted once the report was taken, in LOCKED or RUN; dropped at
 * any time. DMA needs RUN and the lock session that the guest saw. OPEN:
 * versions differ on whether the secure device entry is cleared before or
 * after STOP. We clear it before: a device that ignores STOP then reaches
 * nothing, and one guest driver notes that SDTE_WRITE fails after STOP.
 * Source: architecture notes B.6, DESIGN section 4
 */
#define IN(s) BIT(TSM_BIND_##s)
const struct tsm_gates sev_fw_gates = {
	/* clang-format off */
	.row = {
		[TSM_GATE_MMIO_ACCEPT] = {
			IN(LOCKED) | IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_MMIO_DROP] = {
			IN(LOCKED) | IN(RUN), TSM_NEED_TVM | TSM_NEED_LOCK_ID },
		[TSM_GATE_START] = {
			IN(LOCKED),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_ON] = {
			IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_OFF] = {
			IN(LOCKED) | IN(RUN), TSM_NEED_TVM | TSM_NEED_LOCK_ID },
		[TSM_GATE_STOP] = {
			IN(UNLOCKED) | IN(LOCKED) | IN(RUN) | IN(ERROR),
			TSM_NEED_DMA_OFF },
		[TSM_GATE_RELEASE] = {
			IN(UNLOCKED) | IN(DEAD),
			TSM_NEED_NO_TVM | TSM_NEED_DMA_OFF | TSM_NEED_NO_MMIO },
	},
	/* clang-format on */
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
};
#undef IN

static const struct tsm_ops fw_tsm_ops = { .entry_off = fw_entry_off,
					   .mmio_fits = fw_mmio_fits };

static enum il_err limits_check(const struct sev_fw_limits *l)
{
	if (!l->guests || l->guests > 4096)
		return IL_E_ARG;
	if (l->tsm.msg > FW_MSG_MAX - 512 ||
	    l->tsm.msg > FW_REQ_SIZE - TIO_BUF_HDR_LEN - TIO_DOBJ_MSG_LEN)
		return IL_E_ARG;
	if (l->tsm.blob > FW_OUT_SIZE - TIO_BUF_HDR_LEN - TIO_DOBJ_BLOB_LEN ||
	    l->tsm.chain > FW_OUT_SIZE - TIO_BUF_HDR_LEN - TIO_DOBJ_BLOB_LEN)
		return IL_E_ARG;
	return IL_OK;
}

enum il_err sev_fw_new(struct arena *a, const struct sev_fw_cfg *cfg,
		       struct sev_fw **out)
{
	const struct sev_fw_limits *l = &cfg->limits;
	enum il_err err = limits_check(l);
	struct tsm_cfg tsm = { .crypto = cfg->crypto,
			       .env = cfg->env,
			       .keys = cfg->keys,
			       .keys_ctx = cfg->keys_ctx,
			       .ops = &fw_tsm_ops,
			       .gates = &sev_fw_gates,
			       .keylog = cfg->keylog,
			       .keylog_ctx = cfg->keylog_ctx,
			       .limits = l->tsm };
	struct sev_fw *fw;

	if (err)
		return err;
	/* Hosts round an object up (4.3); DOE's padding is in that. */
	tsm.limits.padding = TIO_BUF_ALIGN - 1;
	fw = ARENA_NEW(a, struct sev_fw);
	if (!fw)
		return IL_E_NOMEM;
	fw->cfg = *cfg;
	fw->next_tdi_id = 1;
	fw->guest = ARENA_ARRAY(a, struct fw_guest, l->guests);
	fw->dev = ARENA_ARRAY(a, struct fw_dev, l->tsm.conns);
	fw->tdi = ARENA_ARRAY(a, struct fw_tdi, l->tsm.binds);
	fw->stale = ARENA_ARRAY(a, uint8_t, cfg->own->asids);
	if (!fw->guest || !fw->dev || !fw->tdi || !fw->stale)
		return IL_E_NOMEM;
	tsm.ops_ctx = fw;
	err = tsm_new(a, &tsm, &fw->tsm);
	if (!err)
		*out = fw;
	return err;
}

/* --- the doorbell --- */

enum need { NEED_NOTHING, NEED_SNP, NEED_TIO };

/* @dev: where the device context's SLA stands; 0: names no device */
static const struct row {
	uint8_t cmd;
	uint8_t need;
	uint8_t dev;
	bool reads; /* changes nothing: heard while another is pending */
	fw_handler *run;
} rows[] = {
	/* clang-format off */
	{ SEV_CMD_SNP_INIT_EX,         NEED_NOTHING, 0, 0, fw_snp_init_ex },
	{ SEV_CMD_SNP_SHUTDOWN_EX,     NEED_SNP, 0, 0, fw_snp_shutdown },
	{ SEV_CMD_SNP_PLATFORM_STATUS, NEED_NOTHING, 0, 0, fw_snp_platform_status },
	{ SEV_CMD_SNP_DF_FLUSH,        NEED_SNP, 0, 0, fw_snp_df_flush },
	{ SEV_CMD_SNP_FEATURE_INFO,    NEED_NOTHING, 0, 0, fw_snp_feature_info },
	{ SEV_CMD_SNP_PAGE_RECLAIM,    NEED_SNP, 0, 0, fw_snp_page_reclaim },
	{ SEV_CMD_SNP_PAGE_UNSMASH,    NEED_SNP, 0, 0, fw_snp_page_unsmash },
	{ SEV_CMD_SNP_GCTX_CREATE,     NEED_SNP, 0, 0, fw_snp_gctx_create },
	{ SEV_CMD_SNP_DECOMMISSION,    NEED_SNP, 0, 0, fw_snp_decommission },
	{ SEV_CMD_SNP_ACTIVATE,        NEED_SNP, 0, 0, fw_snp_activate },
	{ SEV_CMD_SNP_GUEST_STATUS,    NEED_SNP, 0, 0, fw_snp_guest_status },
	{ SEV_CMD_SNP_LAUNCH_START,    NEED_SNP, 0, 0, fw_snp_launch_start },
	{ SEV_CMD_SNP_LAUNCH_UPDATE,   NEED_SNP, 0, 0, fw_snp_launch_update },
	{ SEV_CMD_SNP_LAUNCH_FINISH,   NEED_SNP, 0, 0, fw_snp_launch_finish },
	{ SEV_CMD_SNP_GUEST_REQUEST,   NEED_SNP, 0, 0, fw_snp_guest_request },
	{ SEV_CMD_TIO_STATUS,          NEED_SNP, 0, 0, fw_tio_status },
	{ SEV_CMD_TIO_INIT,            NEED_SNP, 0, 0, fw_tio_init },
	{ SEV_CMD_TIO_DEV_CREATE,      NEED_TIO, 0, 0, fw_dev_create },
	{ SEV_CMD_TIO_DEV_RECLAIM,     NEED_TIO, TIO_DEV_RECLAIM_CTX, 0, fw_dev_reclaim },
	{ SEV_CMD_TIO_DEV_CONNECT,     NEED_TIO, TIO_DEV_CONNECT_CTX, 0, fw_dev_connect },
	{ SEV_CMD_TIO_DEV_DISCONNECT,  NEED_TIO, TIO_DEV_CTX, 0, fw_dev_disconnect },
	{ SEV_CMD_TIO_DEV_STATUS,      NEED_TIO, TIO_DEV_STATUS_CTX, 1, fw_dev_status },
	{ SEV_CMD_TIO_DEV_MEASUREMENTS, NEED_TIO, TIO_DEV_CTX, 0, fw_dev_measurements },
	{ SEV_CMD_TIO_DEV_CERTIFICATES, NEED_TIO, TIO_DEV_CTX, 0, fw_dev_certificates },
	{ SEV_CMD_TIO_TDI_CREATE,      NEED_TIO, TIO_TDI_CREATE_DEV, 0, fw_tdi_create },
	{ SEV_CMD_TIO_TDI_RECLAIM,     NEED_TIO, TIO_TDI_RECLAIM_DEV, 0, fw_tdi_reclaim },
	{ SEV_CMD_TIO_TDI_BIND,        NEED_TIO, TIO_TDI_DEV, 0, fw_tdi_bind },
	{ SEV_CMD_TIO_TDI_UNBIND,      NEED_TIO, TIO_TDI_DEV, 0, fw_tdi_unbind },
	{ SEV_CMD_TIO_TDI_REPORT,      NEED_TIO, TIO_TDI_DEV, 0, fw_tdi_report },
	{ SEV_CMD_TIO_TDI_STATUS,      NEED_TIO, TIO_TDI_DEV, 0, fw_tdi_status },
	{ SEV_CMD_TIO_GUEST_REQUEST,   NEED_TIO, TIO_TDI_DEV, 0, fw_guest_req },
	{ SEV_CMD_TIO_ASID_FENCE_CLEAR, NEED_TIO, TIO_FENCE_CLEAR_DEV, 0, fw_fence_clear },
	{ SEV_CMD_TIO_ASID_FENCE_STATUS, NEED_TIO, TIO_FENCE_STATUS_DEV, 1, fw_fence_status },
	{ SEV_CMD_TIO_TDI_INFO,        NEED_TIO, TIO_TDI_INFO_DEV, 1, fw_tdi_info },
	{ SEV_CMD_TIO_ROLL_KEY,        NEED_TIO, TIO_DEV_CTX, 0, fw_roll_key },
	/* clang-format on */
};

/*
 * FORCE costs the session, so only one that would be obeyed does: a refused
 * command changes nothing (law 52).
 */
static bool forced(struct sev_fw *fw, const struct fw_cmd *c)
{
	const struct fw_tdi *t;

	if (c->id == SEV_CMD_TIO_DEV_DISCONNECT)
		return sev_u32(c->buf, TIO_DEV_FLAGS) ==
			       TIO_DISCONNECT_F_FORCE &&
		       !tsm_conn_binds(c->dev->conn);
	if (c->id != SEV_CMD_TIO_TDI_UNBIND ||
	    sev_u32(c->buf, TIO_TDI_FLAGS) != TIO_UNBIND_F_FORCE)
		return false;
	t = fw_tdi_find(fw, c->dev, sev_u64(c->buf, TIO_TDI_TDI));
	return t && t->guest && t->guest->gctx == sev_u64(c->buf, TIO_TDI_GCTX);
}

/* The device, and whether it has time for this command. */
static uint32_t find_device(struct sev_fw *fw, const struct row *r,
			    struct fw_cmd *c)
{
	struct fw_dev *d;

	if (!r->dev)
		return SEV_RET_SUCCESS;
	d = fw_dev_find(fw, sev_u64(c->buf, r->dev));
	if (!d)
		return SEV_RET_INVALID_DEV_CTX;
	c->dev = d;
	if (!d->pending || r->reads)
		return SEV_RET_SUCCESS;
	if (d->blob ? fw_same_but_buffers(d, c)
		    : d->pending == c->id && d->buf_len == c->len &&
			      memcmp(d->buf, c->buf, c->len) == 0) {
		c->resume = true;
		return SEV_RET_SUCCESS;
	}
	if (!forced(fw, c))
		return SEV_RET_IN_USE;
	/* Its message is out and nobody will answer: the session is lost. */
	tsm_verb_abort(d->conn);
	fw_pending_clear(d);
	return SEV_RET_SUCCESS;
}

static uint32_t run(struct sev_fw *fw, const struct row *r, struct fw_cmd *c)
{
	uint32_t ret;

	if (r->need != NEED_NOTHING && !fw->snp)
		return SEV_RET_INVALID_PLATFORM_STATE;
	if (r->need == NEED_TIO && !fw->tio)
		return SEV_RET_INVALID_PLATFORM_STATE;
	if (sev_cmd_has_length(c->id) &&
	    sev_u32(c->buf, TIO_CMD_LENGTH) != c->len)
		return SEV_RET_INVALID_LEN;
	ret = find_device(fw, r, c);
	if (!ret && c->resume && c->dev->blob)
		return fw_output_again(fw, c);
	return ret ? ret : r->run(fw, c);
}

uint32_t sev_fw_command(struct sev_fw *fw, uint32_t cmd, uint64_t pa)
{
	uint8_t buf[SEV_CMD_BUF_MAX] = { 0 };
	struct fw_cmd c = { .id = cmd, .buf = buf, .len = sev_cmd_len(cmd) };
	uint32_t ret;

	fw->hold_ns = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].cmd != cmd)
			continue;
		ret = c.len ? fw_read(fw, pa, buf, (uint32_t)c.len)
			    : SEV_RET_SUCCESS;
		if (!ret)
			ret = run(fw, &rows[i], &c);
		fw_settle(fw);
		IL_ASSERT(sev_fw_sane(fw));
		return ret;
	}
	return SEV_RET_INVALID_COMMAND;
}

void sev_fw_time(struct sev_fw *fw, uint64_t now_ns)
{
	if (now_ns > fw->now_ns)
		fw->now_ns = now_ns;
}

/* A device may not hold the firmware for longer with one message: law 49. */
#define HOLD_MAX_NS UINT64_C(1000000000)

uint64_t sev_fw_held_ns(const struct sev_fw *fw)
{
	uint64_t ns = fw->hold_ns > fw->now_ns ? fw->hold_ns - fw->now_ns : 0;

	return ns < HOLD_MAX_NS ? ns : HOLD_MAX_NS;
}

/* --- for laws, traces and tests --- */

struct tsm *sev_fw_tsm(struct sev_fw *fw)
{
	return fw->tsm;
}

unsigned sev_fw_guests(const struct sev_fw *fw)
{
	return fw->cfg.limits.guests;
}

bool sev_fw_guest_at(const struct sev_fw *fw, unsigned i,
		     struct sev_fw_guest *out)
{
	const struct fw_guest *g;

	if (i >= fw->cfg.limits.guests || !fw->guest[i].used)
		return false;
	g = &fw->guest[i];
	*out = (struct sev_fw_guest){ .used = true,
				      .gctx = g->gctx,
				      .asid = g->asid,
				      .state = g->state,
				      .policy = g->policy,
				      .pages = g->pages,
				      .tdis = fw_guest_tdis(fw, g) };
	memcpy(out->measurement, g->digest, sizeof(out->measurement));
	memcpy(out->seqno, g->seqno, sizeof(out->seqno));
	return true;
}

unsigned sev_fw_tdis(const struct sev_fw *fw)
{
	return fw->cfg.limits.tsm.binds;
}

bool sev_fw_tdi_at(const struct sev_fw *fw, unsigned i, struct sev_fw_tdi *out)
{
	const struct fw_tdi *t;

	if (i >= fw->cfg.limits.tsm.binds || !fw->tdi[i].bind)
		return false;
	t = &fw->tdi[i];
	*out = (struct sev_fw_tdi){
		.bind = t->bind,
		.dev_ctx = t->dev->ctx,
		.tdi_ctx = t->ctx,
		.tdi_id = t->tdi_id,
		.lock_id = t->lock_id,
		.guest_device_id = t->guest_device_id,
		.rid = tsm_bind_function(t->bind) & TIO_FUNCTION_RID_MASK,
		.gctx = t->guest ? t->guest->gctx : 0,
		.asid = t->asid,
		.sdte_valid = tsm_dma_on(t->bind),
		.mmio_pages = tsm_mmio_pages(t->bind),
	};
	return true;
}

uint32_t sev_fw_pending(const struct sev_fw *fw, unsigned conn)
{
	return conn < fw->cfg.limits.tsm.conns ? fw->dev[conn].pending : 0;
}

bool sev_fw_sane(const struct sev_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++) {
		const struct fw_dev *d = &fw->dev[i];

		if (!d->conn && d->pending)
			return false;
		/* a verb is in flight exactly while a command is pending,
		 * unless that one waits for its output alone */
		if (d->conn &&
		    (d->pending != 0) !=
			    (tsm_verb(d->conn) != TSM_NO_VERB || d->blob != 0))
			return false;
	}
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++) {
		const struct fw_tdi *t = &fw->tdi[i];

		if (!t->bind)
			continue;
		if ((tsm_bind_tvm(t->bind) != 0) != (t->guest != NULL))
			return false;
		if (t->guest && (!t->guest->used || !t->guest->asid))
			return false;
		if (tsm_dma_on(t->bind) && !t->lock_id)
			return false;
		if (t->lock_id && tsm_lock_info(t->bind)->id != t->lock_id)
			return false;
	}
	return tsm_sane(fw->tsm);
}
