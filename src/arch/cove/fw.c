/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw.h"

#include "arch/cove/fw_priv.h"
#include "base/arena.h"
#include "base/assert.h"
#include "tdisp/report.h"

/*
 * The TSM's entry: find the function, do it, take back what ended.
 */

struct cove_fw_limits cove_fw_limits_default(void)
{
	struct cove_fw_limits l = { .tvms = 8,
				    .vcpus = 4,
				    .regions = 64,
				    .tsm = tsm_limits_default() };

	l.tsm.msg = 4608;
	l.tsm.blob = 16384;
	l.tsm.chain = 16380; /* and its transcript goes to the host */
	return l;
}

/*
 * MMIO is accepted while LOCKED, before start; START needs the report, for the
 * TVM decides by it; DMA on is part of start. STOP comes first and the trusted
 * entry after it, as the unbinding flow has it (steps 2 to 6): the core takes
 * it away once STOP is confirmed, or with the link.
 */
#define IN(s) BIT(TSM_BIND_##s)
const struct tsm_gates cove_fw_gates = {
	/* clang-format off */
	.row = {
		[TSM_GATE_MMIO_ACCEPT] = {
			IN(LOCKED),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_MMIO_DROP] = {
			IN(LOCKED) | IN(RUN) | IN(ERROR) | IN(UNLOCKED) | IN(DEAD), 0 },
		[TSM_GATE_START] = {
			IN(LOCKED),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_ON] = {
			IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_OFF] = {
			IN(LOCKED) | IN(RUN) | IN(ERROR) | IN(UNLOCKED) | IN(DEAD), 0 },
		[TSM_GATE_STOP] = {
			IN(UNLOCKED) | IN(LOCKED) | IN(RUN) | IN(ERROR), 0 },
		[TSM_GATE_RELEASE] = {
			IN(UNLOCKED) | IN(DEAD),
			TSM_NEED_NO_TVM | TSM_NEED_DMA_OFF | TSM_NEED_NO_MMIO },
	},
	/* clang-format on */
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
};
#undef IN

static const struct tsm_ops ops = { .entry_off = cfw_entry_off,
				    .mmio_fits = cfw_mmio_fits,
				    .heard = cfw_heard };

static bool limits_ok(const struct cove_fw_cfg *cfg)
{
	const struct cove_fw_limits *l = &cfg->limits;

	return l->tvms && l->tvms <= 4096 && l->vcpus &&
	       l->vcpus <= TSM_TVM_VCPUS && l->regions && cfg->harts &&
	       cfg->harts <= COVE_HARTS_MAX && l->tsm.msg <= FW_MSG_MAX - 512 &&
	       l->tsm.blob <= FW_GUEST_MAX && l->tsm.conns <= NACL_DEVS &&
	       l->tsm.chain <= FW_TRANSCRIPT - 8192;
}

static bool rooms(struct arena *a, struct cove_fw *fw)
{
	const struct cove_fw_limits *l = &fw->cfg.limits;

	fw->tvm = ARENA_ARRAY(a, struct fw_tvm, l->tvms);
	fw->dev = ARENA_ARRAY(a, struct fw_dev, l->tsm.conns);
	fw->ifs = ARENA_ARRAY(a, struct fw_if, l->tsm.binds);
	if (!fw->tvm || !fw->dev || !fw->ifs)
		return false;
	for (unsigned i = 0; i < l->tvms; i++) {
		fw->tvm[i].vcpu = ARENA_ARRAY(a, struct fw_vcpu, l->vcpus);
		if (!fw->tvm[i].vcpu)
			return false;
		for (unsigned k = 0; k < SPAN_KINDS; k++) {
			fw->tvm[i].span[k] =
				ARENA_ARRAY(a, struct fw_span, l->regions);
			if (!fw->tvm[i].span[k])
				return false;
		}
	}
	for (unsigned i = 0; i < l->tsm.conns; i++) {
		fw->dev[i].heard = ARENA_ARRAY(a, uint8_t, FW_TRANSCRIPT);
		if (!fw->dev[i].heard)
			return false;
	}
	return true;
}

enum il_err cove_fw_new(struct arena *a, const struct cove_fw_cfg *cfg,
			struct cove_fw **out)
{
	struct tsm_cfg tsm = { .crypto = cfg->crypto,
			       .env = cfg->env,
			       .keys = &cfw_port_keys,
			       .ops = &ops,
			       .gates = &cove_fw_gates,
			       .keylog = cfg->keylog,
			       .keylog_ctx = cfg->keylog_ctx,
			       .limits = cfg->limits.tsm };
	struct cove_fw *fw;
	enum il_err err;

	if (!limits_ok(cfg))
		return IL_E_ARG;
	fw = ARENA_NEW(a, struct cove_fw);
	if (!fw)
		return IL_E_NOMEM;
	fw->cfg = *cfg;
	fw->next_tvm = 1;
	if (!rooms(a, fw))
		return IL_E_NOMEM;
	tsm.keys_ctx = fw;
	tsm.ops_ctx = fw;
	err = tsm_new(a, &tsm, &fw->tsm);
	if (!err)
		*out = fw;
	return err;
}

/* --- calls of the host --- */

static const struct row {
	uint16_t fid;
	fw_covh_handler *run;
} rows[] = {
	{ COVH_GET_TSM_INFO, cfw_tsm_info },
	{ COVH_CONVERT_PAGES, cfw_convert_pages },
	{ COVH_RECLAIM_PAGES, cfw_reclaim_pages },
	{ COVH_GLOBAL_FENCE, cfw_global_fence },
	{ COVH_LOCAL_FENCE, cfw_local_fence },
	{ COVH_CREATE_TVM, cfw_create_tvm },
	{ COVH_FINALIZE_TVM, cfw_finalize_tvm },
	{ COVH_PROMOTE_TO_TVM, cfw_promote_tvm },
	{ COVH_DESTROY_TVM, cfw_destroy_tvm },
	{ COVH_ADD_MEMORY_REGION, cfw_add_region_conf },
	{ COVH_ADD_PAGE_TABLE_PAGES, cfw_add_tables },
	{ COVH_ADD_MEASURED_PAGES, cfw_add_measured },
	{ COVH_ADD_ZERO_PAGES, cfw_add_zero },
	{ COVH_ADD_SHARED_PAGES, cfw_add_shared },
	{ COVH_CREATE_VCPU, cfw_create_vcpu },
	{ COVH_RUN_VCPU, cfw_run_vcpu },
	{ COVH_TVM_FENCE, cfw_tvm_fence },
	{ COVH_INVALIDATE_PAGES, cfw_invalidate },
	{ COVH_VALIDATE_PAGES, cfw_validate },
	{ COVH_REMOVE_PAGES, cfw_remove },
	{ COVH_CONNECT_DEVICE, cfw_connect },
	{ COVH_DISCONNECT_DEVICE, cfw_disconnect },
	{ COVH_ADD_REGION, cfw_add_region },
	{ COVH_RECLAIM_REGION, cfw_reclaim_region },
	{ COVH_BIND_INTERFACE, cfw_bind },
	{ COVH_UNBIND_INTERFACE, cfw_unbind },
	{ COVH_SPDM_KEY_UPDATE, cfw_key_update },
	{ COVH_IDE_KEY_REFRESH, cfw_key_refresh },
	{ COVH_SPDM_HEARTBEAT, cfw_heartbeat },
	{ COVH_GET_CONN_TRANSCRIPT, cfw_take_transcript },
};

static struct sbiret covh(struct cove_fw *fw, const struct fw_ecall *c)
{
	const uint64_t sd = (c->fid & COVE_FID_SDID) >> COVE_FID_SDID_SHIFT;

	if (c->fid & ~(COVE_FID_MASK | COVE_FID_SDID) ||
	    (sd != COVE_SD_HOST && sd != COVE_SD_TSM))
		return sbi_err(SBI_ERR_NOT_SUPPORTED);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].fid == (c->fid & COVE_FID_MASK))
			return rows[i].run(fw, c);
	return sbi_err(SBI_ERR_NOT_SUPPORTED);
}

struct sbiret cove_fw_ecall(struct cove_fw *fw, unsigned hart, uint64_t eid,
			    uint64_t fid, const uint64_t a[6])
{
	const struct fw_ecall c = { .hart = hart, .fid = fid, .a = a };
	struct sbiret r = sbi_err(SBI_ERR_NOT_SUPPORTED);

	fw->hold_ns = 0;
	if (hart >= fw->cfg.harts)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (eid == COVE_EID_COVH)
		r = covh(fw, &c);
	else if (eid == COVE_EID_NACL)
		r = cfw_nacl(fw, hart, fid, a);
	else if (eid == COVE_EID_SUPD &&
		 (fid & COVE_FID_MASK) == SUPD_GET_ACTIVE_DOMAINS)
		r = sbi_ok(BIT(COVE_SD_HOST) | BIT(COVE_SD_TSM));
	cfw_settle(fw);
	IL_ASSERT(cove_fw_sane(fw));
	return r;
}

void cove_fw_time(struct cove_fw *fw, uint64_t now_ns)
{
	if (now_ns > fw->now_ns)
		fw->now_ns = now_ns;
}

/* A device may not hold the TSM for longer with one message: law 49. */
#define HOLD_MAX_NS UINT64_C(1000000000)

uint64_t cove_fw_held_ns(const struct cove_fw *fw)
{
	uint64_t ns = fw->hold_ns > fw->now_ns ? fw->hold_ns - fw->now_ns : 0;

	return ns < HOLD_MAX_NS ? ns : HOLD_MAX_NS;
}

/* --- for CPUs, laws, traces and tests --- */

struct tsm *cove_fw_tsm(struct cove_fw *fw)
{
	return fw->tsm;
}

unsigned cove_fw_tvms(const struct cove_fw *fw)
{
	return fw->cfg.limits.tvms;
}

bool cove_fw_tvm_at(const struct cove_fw *fw, unsigned i,
		    struct cove_fw_tvm *out)
{
	const struct fw_tvm *t;

	if (i >= fw->cfg.limits.tvms || !fw->tvm[i].used)
		return false;
	t = &fw->tvm[i];
	*out = (struct cove_fw_tvm){ .id = t->id,
				     .state = t->state,
				     .vmid = t->vmid,
				     .root = t->root,
				     .pages = t->pages };
	memcpy(out->measurement, t->digest, sizeof(out->measurement));
	for (unsigned n = 0; n < fw->cfg.limits.tsm.binds; n++)
		out->interfaces += fw->ifs[n].used && fw->ifs[n].bind &&
				   fw->ifs[n].tvm == t;
	return true;
}

bool cove_fw_tvm_find(const struct cove_fw *fw, uint64_t id,
		      struct cove_fw_tvm *out)
{
	const struct fw_tvm *t = cfw_tvm_find(fw, id);

	return t && cove_fw_tvm_at(fw, (unsigned)(t - fw->tvm), out);
}

unsigned cove_fw_ifs(const struct cove_fw *fw)
{
	return fw->cfg.limits.tsm.binds;
}

bool cove_fw_if_at(const struct cove_fw *fw, unsigned i, struct cove_fw_if *out)
{
	const struct fw_if *f;

	if (i >= fw->cfg.limits.tsm.binds || !fw->ifs[i].used)
		return false;
	f = &fw->ifs[i];
	*out = (struct cove_fw_if){
		.bind = f->bind,
		.id = f->id,
		.tvm = f->tvm->id,
		.lock_id = f->lock_id,
		.seen = f->seen,
		.dma = f->bind && tsm_dma_on(f->bind),
		.mmio_pages = f->bind ? tsm_mmio_pages(f->bind) : 0,
	};
	for (unsigned n = 0; n < FW_IF_REGIONS; n++)
		out->region_pages += f->region[n].len / PAGE_4K;
	return true;
}

uint32_t cove_fw_pending(const struct cove_fw *fw, unsigned conn)
{
	return conn < fw->cfg.limits.tsm.conns ? fw->dev[conn].pending.fid : 0;
}

static bool if_sane(const struct fw_if *f)
{
	if (!f->tvm || !f->tvm->used)
		return false;
	if (!f->bind)
		return !f->lock_id && !f->on && !f->dev;
	if (tsm_bind_tvm(f->bind) != f->tvm->id || !f->dev || !f->dev->conn)
		return false;
	if ((tsm_dma_on(f->bind) || f->on) && !f->lock_id)
		return false;
	return !f->lock_id || tsm_lock_info(f->bind)->id == f->lock_id;
}

static bool dev_sane(const struct fw_dev *d)
{
	if (!d->conn)
		return !d->pending.fid;
	/* a verb is in flight exactly while a call is pending */
	return (d->pending.fid != 0) == (tsm_verb(d->conn) != TSM_NO_VERB);
}

bool cove_fw_sane(const struct cove_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.limits.tsm.conns; i++)
		if (!dev_sane(&fw->dev[i]))
			return false;
	for (unsigned i = 0; i < fw->cfg.limits.tsm.binds; i++)
		if (fw->ifs[i].used && !if_sane(&fw->ifs[i]))
			return false;
	return fw->fence_on || !fw->fencings ? tsm_sane(fw->tsm) : false;
}
