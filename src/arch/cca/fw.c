/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw.h"

#include "arch/cca/fw_priv.h"
#include "base/arena.h"
#include "base/assert.h"
#include "tdisp/report.h"

/*
 * The monitor's front: which call it is; then what ended by itself is taken
 * back. Calls of the realm are in fw_rsi.c.
 */

struct cca_fw_limits cca_fw_limits_default(void)
{
	struct cca_fw_limits l = { .realms = 8,
				   .recs = 16,
				   .pdevs = 16,
				   .vdevs = 16,
				   .tsm = tsm_limits_default() };

	l.tsm.msg = FW_MSG_MAX; /* a granule each way */
	return l;
}

/*
 * MMIO may be accepted in LOCKED or STARTED, DMA enabled in STARTED, both by
 * a realm that names the lock session (its nonces). The trusted entry goes
 * before STOP is sent, and no device granule may be mapped then: UNLOCK
 * refuses. Source: TF-RMM 9a7f8ef4, runtime/rmi/vdev.c; DESIGN section 4
 */
#define IN(s) BIT(TSM_BIND_##s)
const struct tsm_gates cca_fw_gates = {
	/* clang-format off */
	.row = {
		[TSM_GATE_MMIO_ACCEPT] = {
			IN(LOCKED) | IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_MMIO_DROP] = {
			IN(UNLOCKED) | IN(LOCKING) | IN(LOCKED) | IN(STARTING) |
			IN(RUN) | IN(STOPPING) | IN(ERROR) | IN(DEAD),
			0 },
		[TSM_GATE_START] = { IN(LOCKED), TSM_NEED_TVM },
		[TSM_GATE_DMA_ON] = {
			IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_OFF] = {
			IN(LOCKED) | IN(RUN) | IN(ERROR) | IN(DEAD),
			TSM_NEED_TVM },
		[TSM_GATE_STOP] = {
			IN(UNLOCKED) | IN(LOCKED) | IN(RUN) | IN(ERROR),
			TSM_NEED_DMA_OFF | TSM_NEED_NO_MMIO },
		[TSM_GATE_RELEASE] = {
			IN(UNLOCKED) | IN(DEAD),
			TSM_NEED_NO_TVM | TSM_NEED_DMA_OFF | TSM_NEED_NO_MMIO },
	},
	/* clang-format on */
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
};
#undef IN

static const struct tsm_ops rmm_tsm_ops = { .entry_off = rmm_entry_off,
					    .mmio_fits = rmm_mmio_fits };

static enum il_err limits_check(const struct cca_fw_cfg *cfg)
{
	const struct cca_fw_limits *l = &cfg->limits;

	if (!l->realms || l->realms >= cfg->own->vmids || !l->recs ||
	    l->recs > 4096 || !l->pdevs || l->pdevs > 4096)
		return IL_E_ARG;
	if (!l->vdevs || l->vdevs > l->tsm.binds || l->tsm.msg > FW_MSG_MAX)
		return IL_E_ARG;
	return cfg->run ? IL_OK : IL_E_ARG;
}

enum il_err cca_fw_new(struct arena *a, const struct cca_fw_cfg *cfg,
		       struct cca_fw **out)
{
	const struct cca_fw_limits *l = &cfg->limits;
	enum il_err err = limits_check(cfg);
	struct tsm_cfg tsm = { .crypto = cfg->crypto,
			       .env = cfg->env,
			       .keys = cfg->keys,
			       .keys_ctx = cfg->keys_ctx,
			       .ops = &rmm_tsm_ops,
			       .gates = &cca_fw_gates,
			       .keylog = cfg->keylog,
			       .keylog_ctx = cfg->keylog_ctx,
			       .limits = l->tsm };
	struct cca_fw *fw;

	if (err)
		return err;
	fw = ARENA_NEW(a, struct cca_fw);
	if (!fw)
		return IL_E_NOMEM;
	fw->cfg = *cfg;
	fw->own = cfg->own;
	fw->next_handle = 1;
	fw->realm = ARENA_ARRAY(a, struct rmm_realm, l->realms);
	fw->rec = ARENA_ARRAY(a, struct rmm_rec, l->recs);
	fw->pdev = ARENA_ARRAY(a, struct rmm_pdev, l->pdevs);
	fw->vdev = ARENA_ARRAY(a, struct rmm_vdev, l->vdevs);
	if (!fw->realm || !fw->rec || !fw->pdev || !fw->vdev)
		return IL_E_NOMEM;
	tsm.ops_ctx = fw;
	err = tsm_new(a, &tsm, &fw->tsm);
	if (!err)
		*out = fw;
	return err;
}

/* --- the call --- */

/* @da: not there without device assignment */
static const struct row {
	uint64_t fid;
	bool da;
	rmm_handler *run;
} rows[] = {
	/* clang-format off */
	{ RMI_VERSION,                   0, rmm_version },
	{ RMI_FEATURES,                  0, rmm_features },
	{ RMI_GRANULE_RANGE_DELEGATE,    0, rmm_delegate },
	{ RMI_GRANULE_RANGE_UNDELEGATE,  0, rmm_undelegate },
	{ RMI_REALM_CREATE,              0, rmm_realm_create },
	{ RMI_REALM_ACTIVATE,            0, rmm_realm_activate },
	{ RMI_REALM_DESTROY,             0, rmm_realm_destroy },
	{ RMI_REALM_TERMINATE,           0, rmm_realm_terminate },
	{ RMI_REC_CREATE,                0, rmm_rec_create },
	{ RMI_REC_DESTROY,               0, rmm_rec_destroy },
	{ RMI_REC_ENTER,                 0, rmm_rec_enter },
	{ RMI_RTT_CREATE,                0, rmm_rtt_create },
	{ RMI_RTT_DESTROY,               0, rmm_rtt_destroy },
	{ RMI_RTT_FOLD,                  0, rmm_rtt_fold },
	{ RMI_RTT_READ_ENTRY,            0, rmm_rtt_read },
	{ RMI_RTT_INIT_RIPAS,            0, rmm_init_ripas },
	{ RMI_RTT_SET_RIPAS,             0, rmm_set_ripas },
	{ RMI_RTT_DATA_MAP_INIT,         0, rmm_data_map_init },
	{ RMI_RTT_DATA_MAP,              0, rmm_data_map },
	{ RMI_RTT_DATA_UNMAP,            0, rmm_data_unmap },
	{ RMI_RTT_UNPROT_MAP,            0, rmm_unprot_map },
	{ RMI_RTT_UNPROT_UNMAP,          0, rmm_unprot_unmap },
	{ RMI_RTT_DEV_MAP,               1, rmm_dev_map },
	{ RMI_RTT_DEV_UNMAP,             1, rmm_dev_unmap },
	{ RMI_RTT_DEV_VALIDATE,          1, rmm_dev_validate },
	{ RMI_PDEV_CREATE,               1, rmm_pdev_create_call },
	{ RMI_PDEV_COMMUNICATE,          1, rmm_pdev_communicate },
	{ RMI_PDEV_GET_STATE,            1, rmm_pdev_get_state },
	{ RMI_PDEV_SET_PUBKEY,           1, rmm_pdev_set_pubkey },
	{ RMI_PDEV_STOP,                 1, rmm_pdev_stop },
	{ RMI_PDEV_ABORT,                1, rmm_pdev_abort },
	{ RMI_PDEV_DESTROY,              1, rmm_pdev_destroy },
	{ RMI_PDEV_STREAM_CONNECT,       1, rmm_stream_connect },
	{ RMI_PDEV_STREAM_DISCONNECT,    1, rmm_stream_disconnect },
	{ RMI_PDEV_STREAM_COMPLETE,      1, rmm_stream_complete },
	{ RMI_PDEV_STREAM_KEY_REFRESH,   1, rmm_stream_refresh },
	{ RMI_VDEV_CREATE,               1, rmm_vdev_create },
	{ RMI_VDEV_COMMUNICATE,          1, rmm_vdev_communicate },
	{ RMI_VDEV_GET_STATE,            1, rmm_vdev_get_state },
	{ RMI_VDEV_LOCK,                 1, rmm_vdev_lock },
	{ RMI_VDEV_START,                1, rmm_vdev_start },
	{ RMI_VDEV_UNLOCK,               1, rmm_vdev_unlock },
	{ RMI_VDEV_ABORT,                1, rmm_vdev_abort },
	{ RMI_VDEV_DESTROY,              1, rmm_vdev_destroy },
	{ RMI_VDEV_COMPLETE,             1, rmm_vdev_complete },
	{ RMI_VDEV_GET_INTERFACE_REPORT, 1, rmm_vdev_report },
	{ RMI_VDEV_GET_MEASUREMENTS,     1, rmm_vdev_measure },
	{ RMI_PSMMU_ACTIVATE,            1, rmm_psmmu_activate },
	{ RMI_PSMMU_DEACTIVATE,          1, rmm_psmmu_deactivate },
	{ RMI_PSMMU_ST_L2_CREATE,        1, rmm_st_l2_create },
	{ RMI_PSMMU_ST_L2_DESTROY,       1, rmm_st_l2_destroy },
	{ RMI_OP_CONTINUE,               0, rmm_op_continue },
	{ RMI_OP_MEM_DONATE,             0, rmm_op_donate },
	{ RMI_OP_MEM_RECLAIM,            0, rmm_op_reclaim },
	{ RMI_OP_CANCEL,                 0, rmm_op_cancel },
	/* clang-format on */
};

/*
 * A START that fails is followed by a STOP, which the same conversation
 * carries: nothing is granted any more, and it goes on to its end.
 */
static void lock_ended(struct cca_fw *fw, struct rmm_vdev *v)
{
	if (v->comm.state == CCA_COMM_ACTIVE &&
	    tsm_verb_bind(v->pdev->conn) == v->bind)
		rmm_vdev_revoke(fw, v);
	else
		rmm_vdev_error(fw, v);
}

/*
 * What the core found dead, on its own or by a device's word, is so for the
 * monitor: VDEVs whose lock session ended stand for nothing any more, and a
 * PDEV whose link was cut can only move toward its end.
 */
static void settle(struct cca_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++) {
		struct rmm_vdev *v = &fw->vdev[i];

		if (!v->used || v->state == RMI_VDEV_ERROR)
			continue;
		if (tsm_bind_state(v->bind) == TSM_BIND_DEAD ||
		    tsm_bind_state(v->bind) == TSM_BIND_ERROR)
			rmm_vdev_error(fw, v);
		else if (v->lock_id && v->op != FW_VDEV_OP_UNLOCK &&
			 tsm_lock_info(v->bind)->id != v->lock_id)
			lock_ended(fw, v);
	}
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++) {
		struct rmm_pdev *p = &fw->pdev[i];

		if (!p->used || !p->conn || p->cut ||
		    tsm_conn_state(p->conn) != TSM_CONN_ERROR)
			continue;
		p->cut = true;
		if (p->state != RMI_PDEV_STOPPED)
			p->state = RMI_PDEV_ERROR;
		/* The block is locked: nobody else could switch it off. */
		if (p->stream != FW_STREAM_FREE)
			(void)rmm_rp_enable(fw, p, false);
	}
}

void cca_fw_smc(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const uint64_t fid = x[0];

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].fid != fid)
			continue;
		if (rows[i].da && !fw->cfg.da)
			break;
		x[0] = rows[i].run(fw, x);
		settle(fw);
		IL_ASSERT(tsm_sane(fw->tsm));
		return;
	}
	x[0] = SMC_NOT_SUPPORTED;
}

void cca_fw_time(struct cca_fw *fw, uint64_t now_ns)
{
	if (now_ns > fw->now_ns)
		fw->now_ns = now_ns;
}

/* --- the machine's --- */

uint64_t rmm_version(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const bool same = x[1] == RMI_ABI_VERSION;

	(void)fw;
	x[1] = RMI_ABI_VERSION;
	x[2] = RMI_ABI_VERSION;
	return same ? RMI_SUCCESS : RMI_ERROR_INPUT;
}

uint64_t rmm_features(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const uint64_t index = x[1];

	x[1] = 0;
	if (index == 0)
		x[1] = 48; /* S2SZ */
	if (index == 2 && fw->cfg.da)
		x[1] = RMI_FEATURE2_DA | FW_VDEVS_ORDER
						 << RMI_FEATURE2_VDEVS_LSB;
	return RMI_SUCCESS;
}

/*
 * The SMMU is one; its address is the host's name for it. OPEN: its tables are
 * the monitor's reserved memory here, TF-RMM has them donated.
 */
uint64_t rmm_psmmu_activate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	if (!rmm_aligned(x[1]) || !x[1] || !rmm_ns_granule(fw, x[2]))
		return RMI_ERROR_INPUT;
	if (fw->psmmu)
		return RMI_ERROR_PSMMU_ST;
	fw->psmmu = x[1];
	return RMI_SUCCESS;
}

uint64_t rmm_psmmu_deactivate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	if (!fw->psmmu || x[1] != fw->psmmu)
		return RMI_ERROR_INPUT;
	for (uint32_t sid = 0; sid < fw->own->sids; sid += OWN_L2_SIDS)
		if (cca_own_ste_l2_at(fw->own, sid))
			return RMI_ERROR_PSMMU_ST;
	fw->psmmu = 0;
	return RMI_SUCCESS;
}

static uint64_t st_l2(struct cca_fw *fw, const uint64_t *x, bool make)
{
	if (!fw->psmmu || x[1] != fw->psmmu || x[2] >= fw->own->sids)
		return RMI_ERROR_INPUT;
	return cca_own_ste_l2(fw->own, (uint32_t)x[2], make)
		       ? RMI_ERROR_PSMMU_ST
		       : RMI_SUCCESS;
}

uint64_t rmm_st_l2_create(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	return st_l2(fw, x, true);
}

uint64_t rmm_st_l2_destroy(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	return st_l2(fw, x, false);
}
