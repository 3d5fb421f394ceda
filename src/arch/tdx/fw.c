/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/fw_priv.h"

#include "base/assert.h"

/* The module as a whole: making it, SEAMCALL, operands. */

struct tdx_fw_limits tdx_fw_limits_default(void)
{
	struct tdx_fw_limits l = { .tds = 33,
				   .vcpus = 64,
				   .tsm = tsm_limits_default() };

	l.tsm.msg = FW_MSG_MAX;
	return l;
}

/*
 * Source: architecture notes C.3, C.4. MMIO may be accepted, and DMA enabled,
 * once locked; STOP comes before either is taken away by the host, though both
 * are of no use from then on, and the interface goes last. OPEN: the source
 * leaves the entry to the host; here it is blocked before STOP goes out, as the
 * lock session ends there. Evidence is what the
 * TD asks for before it authorises.
 */
#define IN(s) (1u << TSM_BIND_##s)
const struct tsm_gates tdx_fw_gates = {
	/* clang-format off */
	.row = {
		[TSM_GATE_MMIO_ACCEPT] = {
			IN(LOCKED) | IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_MMIO_DROP] = {
			IN(UNLOCKED) | IN(LOCKED) | IN(RUN) | IN(ERROR) | IN(DEAD), 0 },
		[TSM_GATE_START] = {
			IN(LOCKED),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_ON] = {
			IN(LOCKED) | IN(RUN),
			TSM_NEED_TVM | TSM_NEED_LOCK_ID | TSM_NEED_REPORT },
		[TSM_GATE_DMA_OFF] = {
			IN(UNLOCKED) | IN(LOCKED) | IN(RUN) | IN(ERROR) | IN(DEAD), 0 },
		[TSM_GATE_STOP] = {
			IN(UNLOCKED) | IN(LOCKED) | IN(RUN) | IN(ERROR),
			TSM_NEED_DMA_OFF },
		[TSM_GATE_RELEASE] = {
			IN(UNLOCKED) | IN(DEAD),
			TSM_NEED_NO_TVM | TSM_NEED_DMA_OFF | TSM_NEED_NO_MMIO },
	},
	/* clang-format on */
	.report_info = TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID,
	.report_need = TDISP_INFO_DMA_NO_PASID,
	.addr_width = 52,
};
#undef IN

static const struct tsm_ops tsm_ops = { .entry_off = tdxm_entry_off,
					.mmio_fits = tdxm_mmio_fits };

static enum il_err limits_check(const struct tdx_fw_limits *l)
{
	if (!l->tds || l->tds > 4096 || !l->vcpus || l->vcpus > 4096)
		return IL_E_ARG;
	if (l->tsm.msg > FW_MSG_MAX || l->tsm.binds > TDX_OWN_DEVS)
		return IL_E_ARG;
	/* Both parts of the device information, and a report. */
	return l->tsm.blob + l->tsm.chain + 2 * TDX_INFO_HDR >
			       TDX_DEV_INFO_PAGES * PAGE_4K
		       ? IL_E_ARG
		       : IL_OK;
}

enum il_err tdx_fw_new(struct arena *a, const struct tdx_fw_cfg *cfg,
		       struct tdx_fw **out)
{
	const struct tdx_fw_limits *l = &cfg->limits;
	struct tsm_cfg tsm = { .crypto = cfg->crypto,
			       .env = cfg->env,
			       .keys = cfg->keys,
			       .keys_ctx = cfg->keys_ctx,
			       .ops = &tsm_ops,
			       .gates = &tdx_fw_gates,
			       .keylog = cfg->keylog,
			       .keylog_ctx = cfg->keylog_ctx,
			       .limits = l->tsm };
	enum il_err err = limits_check(l);
	struct tdx_fw *fw;

	if (err)
		return err;
	fw = ARENA_NEW(a, struct tdx_fw);
	if (!fw)
		return IL_E_NOMEM;
	fw->cfg = *cfg;
	fw->td = ARENA_ARRAY(a, struct fw_td, l->tds);
	fw->vp = ARENA_ARRAY(a, struct fw_vp, l->vcpus);
	fw->spdm = ARENA_ARRAY(a, struct fw_spdm, l->tsm.conns);
	fw->devif = ARENA_ARRAY(a, struct fw_devif, l->tsm.binds);
	if (!fw->td || !fw->vp || !fw->spdm || !fw->devif)
		return IL_E_NOMEM;
	tsm.ops_ctx = fw;
	err = tsm_new(a, &tsm, &fw->tsm);
	if (!err)
		*out = fw;
	return err;
}

/* --- SEAMCALL --- */

static const struct row {
	uint8_t leaf;
	bool connect; /* only where the machine has TDX Connect */
	fw_handler *run;
} rows[] = {
	/* clang-format off */
	{ TDH_VP_ENTER,            0, tdxm_vp_enter },
	{ TDH_MNG_ADDCX,           0, tdxm_mng_addcx },
	{ TDH_MEM_PAGE_ADD,        0, tdxm_page_add },
	{ TDH_MEM_SEPT_ADD,        0, tdxm_sept_add },
	{ TDH_VP_ADDCX,            0, tdxm_vp_addcx },
	{ TDH_MEM_PAGE_AUG,        0, tdxm_page_aug },
	{ TDH_MEM_RANGE_BLOCK,     0, tdxm_range_block },
	{ TDH_MNG_KEY_CONFIG,      0, tdxm_mng_key_config },
	{ TDH_MNG_CREATE,          0, tdxm_mng_create },
	{ TDH_VP_CREATE,           0, tdxm_vp_create },
	{ TDH_MNG_RD,              0, tdxm_mng_rd },
	{ TDH_MR_EXTEND,           0, tdxm_mr_extend },
	{ TDH_MR_FINALIZE,         0, tdxm_mr_finalize },
	{ TDH_VP_FLUSH,            0, tdxm_vp_flush },
	{ TDH_MNG_VPFLUSHDONE,     0, tdxm_mng_vpflushdone },
	{ TDH_MNG_KEY_FREEID,      0, tdxm_mng_key_freeid },
	{ TDH_MNG_INIT,            0, tdxm_mng_init },
	{ TDH_VP_INIT,             0, tdxm_vp_init },
	{ TDH_PHYMEM_PAGE_RDMD,    0, tdxm_page_rdmd },
	{ TDH_MEM_SEPT_RD,         0, tdxm_sept_rd },
	{ TDH_PHYMEM_PAGE_RECLAIM, 0, tdxm_page_reclaim },
	{ TDH_MEM_PAGE_REMOVE,     0, tdxm_page_remove },
	{ TDH_MEM_SEPT_REMOVE,     0, tdxm_sept_remove },
	{ TDH_SYS_RD,              0, tdxm_sys_rd },
	{ TDH_MEM_TRACK,           0, tdxm_mem_track },
	{ TDH_MEM_RANGE_UNBLOCK,   0, tdxm_range_unblock },
	{ TDH_PHYMEM_CACHE_WB,     0, tdxm_cache_wb },
	{ TDH_PHYMEM_PAGE_WBINVD,  0, tdxm_page_wbinvd },
	{ TDH_VP_WR,               0, tdxm_vp_wr },
	{ TDH_IOMMU_SETUP,         1, tdxm_iommu_setup },
	{ TDH_IOMMU_CLEAR,         1, tdxm_iommu_clear },
	{ TDH_SPDM_CREATE,         1, tdxm_spdm_create },
	{ TDH_SPDM_DELETE,         1, tdxm_spdm_delete },
	{ TDH_IDE_STREAM_CREATE,   1, tdxm_stream_create },
	{ TDH_IDE_STREAM_BLOCK,    1, tdxm_stream_block },
	{ TDH_IDE_STREAM_DELETE,   1, tdxm_stream_delete },
	{ TDH_IDE_STREAM_KM,       1, tdxm_long },
	{ TDH_DEVIF_CREATE,        1, tdxm_devif_create },
	{ TDH_DEVIF_REMOVE,        1, tdxm_devif_remove },
	{ TDH_SPDM_CONNECT,        1, tdxm_long },
	{ TDH_SPDM_DISCONNECT,     1, tdxm_long },
	{ TDH_SPDM_MNG,            1, tdxm_long },
	{ TDH_TDI_LOCK,            1, tdxm_long },
	{ TDH_TDI_GET_STATE,       1, tdxm_long },
	{ TDH_TDI_REPORT,          1, tdxm_long },
	{ TDH_TDI_START,           1, tdxm_long },
	{ TDH_TDI_STOP,            1, tdxm_long },
	{ TDH_DMAR_ADD,            1, tdxm_dmar_add },
	{ TDH_DMAR_BLOCK,          1, tdxm_dmar_block },
	{ TDH_DMAR_READ,           1, tdxm_dmar_read },
	{ TDH_DMAR_REMOVE,         1, tdxm_dmar_remove },
	{ TDH_MMIOMT_ADD,          1, tdxm_mmiomt_add },
	{ TDH_MMIOMT_SET,          1, tdxm_mmiomt_set },
	{ TDH_MMIOMT_RD,           1, tdxm_mmiomt_rd },
	{ TDH_MMIOMT_REMOVE,       1, tdxm_mmiomt_remove },
	{ TDH_MMIO_MAP,            1, tdxm_mmio_map },
	{ TDH_MMIO_BLOCK,          1, tdxm_mmio_block },
	{ TDH_MMIO_UNMAP,          1, tdxm_mmio_unmap },
	{ TDH_IQINV_REQ,           1, tdxm_iqinv_req },
	{ TDH_IQINV_PROC,          1, tdxm_iqinv_proc },
	{ TDH_MEM_SHARED_SEPT_WR,  1, tdxm_shared_sept_wr },
	{ TDH_DEVIFMT_ADD,         1, tdxm_devifmt_add },
	{ TDH_DEVIFMT_REMOVE,      1, tdxm_devifmt_remove },
	{ TDH_DEVIFMT_RD,          1, tdxm_devifmt_rd },
	/* clang-format on */
};

uint64_t tdx_fw_seamcall(struct tdx_fw *fw, struct tdx_regs *r)
{
	uint64_t st = BAD(TDX_OPERAND_INVALID, RAX);

	fw->hold_ns = 0;
	for (unsigned i = 0; i < COUNT(rows); i++)
		if (rows[i].leaf == r->rax &&
		    (!rows[i].connect || fw->cfg.connect))
			st = rows[i].run(fw, r);
	tdxm_settle(fw);
	IL_ASSERT(tdx_fw_sane(fw));
	r->rax = st;
	return st;
}

void tdx_fw_time(struct tdx_fw *fw, uint64_t now_ns)
{
	if (now_ns > fw->now_ns)
		fw->now_ns = now_ns;
}

uint64_t tdx_fw_held_ns(const struct tdx_fw *fw)
{
	return fw->hold_ns > fw->now_ns ? fw->hold_ns - fw->now_ns : 0;
}

/* --- look-ups --- */

struct fw_td *tdxm_td_at(struct tdx_fw *fw, uint64_t tdr)
{
	for (unsigned i = 0; i < fw->cfg.limits.tds; i++)
		if (fw->td[i].used && fw->td[i].tdr == tdr)
			return &fw->td[i];
	return NULL;
}

uint64_t tdxm_td(struct tdx_fw *fw, uint64_t tdr, uint64_t op,
		 struct fw_td **out)
{
	if (!tdx_own_page(fw->cfg.own, tdr) || tdr & (PAGE_4K - 1))
		return TDX_OPERAND_INVALID | op;
	*out = tdxm_td_at(fw, tdr);
	return *out ? TDX_SUCCESS : TDX_PAGE_METADATA_INCORRECT | op;
}

uint64_t tdxm_td_in(struct tdx_fw *fw, uint64_t tdr, uint64_t op,
		    unsigned states, struct fw_td **out)
{
	uint64_t st = tdxm_td(fw, tdr, op, out);

	if (st)
		return st;
	if (states & 1u << (*out)->state)
		return TDX_SUCCESS;
	switch ((*out)->state) {
	case TDX_TD_HKID:
		return TDX_TD_KEYS_NOT_CONFIGURED;
	case TDX_TD_KEYED:
		return TDX_TDCS_NOT_ALLOCATED;
	case TDX_TD_BLOCKED:
	case TDX_TD_TEARDOWN:
		return TDX_LIFECYCLE_STATE_INCORRECT;
	default:
		return TDX_OP_STATE_INCORRECT;
	}
}

struct fw_vp *tdxm_vp_at(struct tdx_fw *fw, uint64_t tdvpr)
{
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		if (fw->vp[i].used && fw->vp[i].tdvpr == tdvpr)
			return &fw->vp[i];
	return NULL;
}

struct fw_spdm *tdxm_spdm_at(struct tdx_fw *fw, uint64_t id)
{
	if (!id || id > fw->cfg.limits.tsm.conns || !fw->spdm[id - 1].conn)
		return NULL;
	return &fw->spdm[id - 1];
}

uint64_t tdxm_id(const struct tdx_fw *fw, const struct fw_spdm *s)
{
	return (uint64_t)(s - fw->spdm) + 1;
}

struct fw_devif *tdxm_devif_at(struct tdx_fw *fw, uint32_t function)
{
	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind && fw->devif[i].function == function)
			return &fw->devif[i];
	return NULL;
}

struct fw_devif *tdxm_devif_of(struct tdx_fw *fw, const struct tsm_bind *b)
{
	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind == b)
			return &fw->devif[i];
	return NULL;
}

/* --- operands --- */

uint64_t tdxm_take(struct tdx_fw *fw, uint64_t pa, uint64_t op,
		   enum tdx_page_type type, struct fw_td *td)
{
	enum il_err err =
		tdx_own_take(fw->cfg.own, pa, type, td ? td->tdr : 0, 0, 0);

	if (err)
		return (err == IL_E_STATE ? TDX_PAGE_METADATA_INCORRECT
					  : TDX_OPERAND_INVALID) |
		       op;
	if (td)
		td->children++;
	return TDX_SUCCESS;
}

void tdxm_give(struct tdx_fw *fw, uint64_t pa, struct fw_td *td)
{
	tdx_own_give(fw->cfg.own, pa);
	if (td)
		td->children--;
}

uint64_t tdxm_shared_page(const struct tdx_fw *fw, uint64_t pa, uint64_t op)
{
	const struct tdx_page *p = tdx_own_page(fw->cfg.own, pa);

	if (!p || pa & (PAGE_4K - 1))
		return TDX_OPERAND_INVALID | op;
	return p->type == TDX_PT_NDA ? TDX_SUCCESS
				     : TDX_PAGE_METADATA_INCORRECT | op;
}

uint64_t tdxm_array(struct tdx_fw *fw, uint64_t raw, uint64_t op,
		    unsigned least, unsigned want, uint64_t *page, unsigned *n)
{
	uint64_t at = raw & TDX_ARRAY_HPA, st;
	uint8_t list[8 * TDX_DEV_INFO_PAGES];

	*n = tdx_array_pages(raw);
	if (raw & TDX_ARRAY_RSVD || *n < least || *n > want)
		return TDX_OPERAND_INVALID | op;
	st = tdxm_shared_page(fw, at, op);
	if (st)
		return st;
	page[0] = at;
	if (*n == 1)
		return TDX_SUCCESS;
	/* Read once: the host may change the list behind us. */
	if (tdx_own_io(fw->cfg.own, at, list, 8 * *n, false, TDX_VIEW_SHARED,
		       0))
		return TDX_OPERAND_INVALID | op;
	for (unsigned i = 0; i < *n; i++) {
		page[i] = tdx_u64(list, 8 * i);
		st = tdxm_shared_page(fw, page[i], op);
		if (st || page[i] == at)
			return st ? st : TDX_OPERAND_INVALID | op;
	}
	return TDX_SUCCESS;
}

uint64_t tdxm_take_all(struct tdx_fw *fw, const uint64_t *page, unsigned n,
		       uint64_t op, enum tdx_page_type type)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t st = tdxm_take(fw, page[i], op, type, NULL);

		if (!st)
			continue;
		while (i-- > 0) /* one page named twice */
			tdxm_give(fw, page[i], NULL);
		return st;
	}
	return TDX_SUCCESS;
}

uint64_t tdxm_released(struct tdx_fw *fw, uint64_t raw, uint64_t op,
		       const uint64_t *page, unsigned n, uint64_t *out)
{
	uint8_t list[8 * TDX_DEV_INFO_PAGES];
	uint64_t st;

	*out = tdx_array(page[0], 1);
	if (n == 1)
		return TDX_SUCCESS;
	for (unsigned i = 0; i < n; i++)
		tdx_put_u64(list, 8 * i, page[i]);
	raw &= TDX_ARRAY_HPA;
	st = tdxm_shared_page(fw, raw, op);
	if (st)
		return st;
	if (tdx_own_io(fw->cfg.own, raw, list, 8 * n, true, TDX_VIEW_SHARED, 0))
		return TDX_OPERAND_INVALID | op;
	*out = tdx_array(raw, n);
	return TDX_SUCCESS;
}

uint64_t tdxm_gpa(uint64_t raw, unsigned least, unsigned most, uint64_t op,
		  uint64_t *gpa, unsigned *level)
{
	*level = (unsigned)(raw & TDX_GPA_LEVEL);
	*gpa = raw & TDX_GPA_MASK;
	if (raw & TDX_GPA_RSVD || *level < least || *level > most ||
	    *gpa >= TDX_GPA_SHARED || *gpa & ((PAGE_4K << (9 * *level)) - 1))
		return TDX_OPERAND_INVALID | op;
	return TDX_SUCCESS;
}

/* --- for laws, traces and tests --- */

struct tsm *tdx_fw_tsm(struct tdx_fw *fw)
{
	return fw->tsm;
}

unsigned tdx_fw_tds(const struct tdx_fw *fw)
{
	return fw->cfg.limits.tds;
}

/* The same of each vCPU, unless the host means to confuse itself. */
static uint64_t shared_of(const struct tdx_fw *fw, const struct fw_td *td)
{
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		if (fw->vp[i].used && fw->vp[i].td == td && fw->vp[i].shared)
			return fw->vp[i].shared;
	return 0;
}

bool tdx_fw_td_at(const struct tdx_fw *fw, unsigned i, struct tdx_fw_td *out)
{
	const struct fw_td *t;

	if (i >= fw->cfg.limits.tds || !fw->td[i].used)
		return false;
	t = &fw->td[i];
	*out = (struct tdx_fw_td){
		.tdr = t->tdr,
		.state = t->state,
		.hkid = t->hkid,
		.sept = t->state >= TDX_TD_INIT ? t->cx[1] : 0,
		.shared = shared_of(fw, t),
		.attributes = t->attributes,
		.config = t->config,
		.epoch = t->epoch,
		.vcpus = t->vcpus,
		.devifs = t->devifs,
		.dmars = t->dmars,
		.pages = t->children,
	};
	memcpy(out->mrtd, t->mrtd, sizeof(out->mrtd));
	return true;
}

unsigned tdx_fw_devifs(const struct tdx_fw *fw)
{
	return fw->devifs_used;
}

bool tdx_fw_devif_at(const struct tdx_fw *fw, unsigned i,
		     struct tdx_fw_devif *out)
{
	const struct fw_devif *d;

	if (i >= fw->devifs_used || !fw->devif[i].bind)
		return false;
	d = &fw->devif[i];
	*out = (struct tdx_fw_devif){
		.bind = d->bind,
		.tdr = d->td->tdr,
		.function = d->function,
		.session = d->session,
		.authorised = d->authorised,
		.dmar = d->dmar,
		.mapped = d->mapped,
		.accepted = tsm_mmio_pages(d->bind),
	};
	return true;
}

unsigned tdx_fw_spdms(const struct tdx_fw *fw)
{
	return fw->cfg.limits.tsm.conns;
}

bool tdx_fw_spdm_at(const struct tdx_fw *fw, unsigned i,
		    struct tdx_fw_spdm *out)
{
	const struct fw_spdm *s;

	if (i >= fw->cfg.limits.tsm.conns || !fw->spdm[i].conn)
		return false;
	s = &fw->spdm[i];
	*out = (struct tdx_fw_spdm){
		.conn = s->conn,
		.id = tdxm_id(fw, s),
		.pending = s->op.leaf,
		.stream = s->stream.made,
		.stream_id = s->stream.id,
		.blocked = s->stream.blocked,
		.devifs = s->devifs,
	};
	return true;
}

/* --- invariants --- */

static bool devif_sane(const struct fw_devif *d)
{
	if (!d->td->used || !d->spdm->conn || !d->td->devifs)
		return false;
	if (d->session && d->session != tsm_lock_info(d->bind)->id)
		return false;
	if ((d->authorised || d->info_valid) && !d->session)
		return false;
	if (tsm_dma_on(d->bind) && !(d->dmar && d->dma_counted && d->session))
		return false;
	return tsm_mmio_pages(d->bind) <= d->mapped;
}

bool tdx_fw_sane(const struct tdx_fw *fw)
{
	unsigned inside = 0, entered = 0;

	for (unsigned i = 0; i < fw->devifs_used; i++)
		if (fw->devif[i].bind && !devif_sane(&fw->devif[i]))
			return false;
	for (unsigned i = 0; i < fw->cfg.limits.tds; i++) {
		const struct fw_td *t = &fw->td[i];

		if (t->used && t->state == TDX_TD_TEARDOWN &&
		    (t->devifs || t->dmars || t->hkid))
			return false;
		inside += t->inside[0] + t->inside[1];
	}
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		entered += fw->vp[i].used && fw->vp[i].inside;
	return inside == entered;
}
