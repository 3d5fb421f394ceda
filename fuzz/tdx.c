/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "arch/tdx/fw_rig.h"
#include "edit.h"

/*
 * The TDX module under a host that makes calls in any order, gives pages and
 * carries messages as it likes, also while a vCPU is inside; a TD that calls;
 * and a device that may be anybody. Byte 0: how far the rig has gone before.
 *
 * Metadata, secure EPTs, trusted entries and counts say the same after each
 * step; a call that is refused at once has changed nothing; the host writes
 * only what is its own; DMA with the T bit passes by a present entry alone.
 */

static struct fwrig *r;
static struct fwtd third; /* a TD that the program makes */
static uint64_t spare[4];
static bool failing; /* keys or dice fail */
static struct rd *program;

/* Values that registers may have, good and bad. */
static uint64_t some(uint8_t b)
{
	const uint64_t at[] = {
		0,
		1,
		2,
		3,
		UINT64_MAX,
		r->req,
		r->rsp,
		r->cfg,
		r->out,
		tdx_array(r->out, TDX_DEV_INFO_PAGES),
		tdx_array(r->out, 2),
		tdx_array(r->out, 1),
		spare[0],
		spare[1],
		spare[2],
		spare[3],
		spare[0] | 1,
		r->td.tdr,
		r->td.tdvpr,
		r->td2.tdr,
		r->td2.tdvpr,
		third.tdr,
		r->td.page[0],
		r->td.page[1],
		r->td2.page[0],
		r->td.root,
		FW_GPA,
		FW_GPA + PAGE_4K,
		FW_GPA + 8 * PAGE_4K,
		FW_GPA | TDX_GPA_SHARED,
		UINT64_C(0xfee00000),
		FW_MMIO_GPA,
		FW_MMIO_GPA + 16 * PAGE_4K,
		FW_MMIO_GPA | 1,
		TDX_GPA_SHARED | 3,
		PEER_BAR,
		PEER_BAR + PAGE_4K,
		PEER_BAR + 16 * PAGE_4K,
		PEER_BAR | 1,
		FW_IF,
		FW_IF + 1,
		(uint64_t)FW_IF << 32,
		(uint64_t)FW_IF << 32 | 1,
		(uint64_t)FW_IF << 32 | 2,
		1 | (uint64_t)FW_IF << 12,
		TDX_PASID0_ADD,
		TDX_PASID1_ADD,
		5 | TDX_WAIT_FENCE,
		5 | TDX_WAIT_FENCE | TDX_WAIT_STATUS,
		FW_HKID,
		FW_HKID2,
		FW_RP_DEVFN | 0x100,
		0x010200,
		0x010001,
		UINT64_C(0xe0000000) | 0xe0000000 >> 12 | 1,
	};

	return at[b % COUNT(at)];
}

/* What an honest host would say; @k chooses among its pages and addresses. */
static struct tdx_regs honest(uint64_t leaf, uint8_t k)
{
	const struct fwtd *td = k & 0x80 ? &r->td2 : &r->td;
	const uint64_t page = spare[k & 3], tdr = td->tdr;
	const uint64_t all = tdx_array(r->out, TDX_DEV_INFO_PAGES);
	const uint64_t two = tdx_array(r->out, 2), rid = PEER_RID;
	const uint64_t gpa = FW_GPA + (k >> 2 & 15u) * PAGE_4K;
	const uint64_t mmio = FW_MMIO_GPA + (k & 31u) * PAGE_4K;
	const uint64_t bar = PEER_BAR + (k & 31u) * PAGE_4K;
	const uint64_t f = (uint64_t)FW_IF << 32, iommu = rid << 32 | (k & 3);
	const struct tdx_regs all_of[] = {
		/* clang-format off */
		{ TDH_VP_ENTER, td->tdvpr },
		{ TDH_MNG_ADDCX, page, third.tdr },
		{ TDH_MEM_PAGE_ADD, gpa, third.tdr, page, r->req },
		{ TDH_MEM_SEPT_ADD, k >> 2 & 3u, third.tdr, page },
		{ TDH_VP_ADDCX, page, td->tdvpr },
		{ TDH_MEM_PAGE_AUG, gpa, tdr, page },
		{ TDH_MEM_RANGE_BLOCK, gpa, tdr },
		{ TDH_MNG_KEY_CONFIG, third.tdr },
		{ TDH_MNG_CREATE, third.tdr, 6 },
		{ TDH_VP_CREATE, page, tdr },
		{ TDH_MNG_RD, tdr, TDX_TD_EPOCH },
		{ TDH_MR_EXTEND, gpa, third.tdr },
		{ TDH_MR_FINALIZE, third.tdr },
		{ TDH_VP_FLUSH, td->tdvpr },
		{ TDH_MNG_VPFLUSHDONE, tdr },
		{ TDH_MNG_KEY_FREEID, tdr },
		{ TDH_MNG_INIT, third.tdr, r->cfg },
		{ TDH_VP_INIT, td->tdvpr },
		{ TDH_PHYMEM_PAGE_RDMD, page },
		{ TDH_MEM_SEPT_RD, gpa, tdr },
		{ TDH_PHYMEM_PAGE_RECLAIM, k & 4 ? td->page[k & 3] : page },
		{ TDH_MEM_PAGE_REMOVE, gpa, tdr },
		{ TDH_MEM_SEPT_REMOVE, FW_MMIO_GPA | 1, tdr },
		{ TDH_SYS_RD, 0, TDX_SYS_FEATURES0 },
		{ TDH_MEM_TRACK, tdr },
		{ TDH_MEM_RANGE_UNBLOCK, gpa, tdr },
		{ TDH_PHYMEM_CACHE_WB, 0 },
		{ TDH_PHYMEM_PAGE_WBINVD, page },
		{ TDH_VP_WR, td->tdvpr, TDX_VP_SHARED_EPTP, td->root, UINT64_MAX },
		{ TDH_IOMMU_SETUP, 0, two },
		{ TDH_IOMMU_CLEAR, 0, two },
		{ TDH_SPDM_CREATE, rid + (k >> 6 & 1u), two },
		{ TDH_SPDM_DELETE, 1 + (k >> 6 & 1u), two },
		{ TDH_IDE_STREAM_CREATE, FW_RP_DEVFN | 0x100, 1, page, 0, 0x010200,
		  0x010001, UINT64_C(0xe0000000) | 0xe0000000 >> 12 | 1, 1, 1 },
		{ TDH_IDE_STREAM_BLOCK, 1, 0 },
		{ TDH_IDE_STREAM_DELETE, 1, 0, two },
		{ TDH_IDE_STREAM_KM, 1, 0, k & 3u, r->rsp, r->req },
		{ TDH_DEVIF_CREATE, FW_IF + (k >> 6 & 1u), tdr, page, 1, 0 },
		{ TDH_DEVIF_REMOVE, FW_IF },
		{ TDH_SPDM_CONNECT, 1, r->cfg, r->rsp, r->req, all },
		{ TDH_SPDM_DISCONNECT, 1, r->rsp, r->req },
		{ TDH_SPDM_MNG, 1, k & 3u, UINT64_MAX, r->rsp, r->req,
		  (k & 3) == 2 ? all : UINT64_MAX },
		{ TDH_TDI_LOCK, FW_IF, k & 1u, r->rsp, r->req },
		{ TDH_TDI_GET_STATE, FW_IF, 0, r->rsp, r->req },
		{ TDH_TDI_REPORT, FW_IF, all, r->rsp, r->req },
		{ TDH_TDI_START, FW_IF, 0, r->rsp, r->req },
		{ TDH_TDI_STOP, FW_IF, 0, r->rsp, r->req },
		{ TDH_DMAR_ADD, iommu, tdr, k & 3 ? page | 1 : TDX_PASID0_ADD,
		  k & 3 ? 0 : TDX_PASID1_ADD },
		{ TDH_DMAR_BLOCK, iommu },
		{ TDH_DMAR_READ, iommu },
		{ TDH_DMAR_REMOVE, iommu },
		{ TDH_MMIOMT_ADD, PEER_BAR | (k & 7u), page },
		{ TDH_MMIOMT_SET, bar, k & 0x20 ? 0 : 1 | (uint64_t)FW_IF << 12 },
		{ TDH_MMIOMT_RD, bar },
		{ TDH_MMIOMT_REMOVE, PEER_BAR | (k & 7u) },
		{ TDH_MMIO_MAP, mmio, tdr, bar },
		{ TDH_MMIO_BLOCK, mmio, tdr },
		{ TDH_MMIO_UNMAP, mmio, tdr },
		{ TDH_IQINV_REQ, 0, k & 7u, (k & 7) ? rid : tdr, 5 | TDX_WAIT_FENCE },
		{ TDH_IQINV_PROC, 0 },
		{ TDH_MEM_SHARED_SEPT_WR, TDX_GPA_SHARED | 3, tdr, k & 4 ? page | 7 : 0 },
		{ TDH_DEVIFMT_ADD, f | (k & 7u), page },
		{ TDH_DEVIFMT_REMOVE, f | (k & 7u) },
		{ TDH_DEVIFMT_RD, f | (k & 7u) },
		/* clang-format on */
	};

	for (unsigned i = 0; i < COUNT(all_of); i++)
		if (all_of[i].rax == leaf)
			return all_of[i];
	return (struct tdx_regs){ .rax = leaf };
}

static const uint8_t leaves[] = {
	0,   1,	  2,   3,   4,	 6,   7,   8,	9,   10,  11,  16,  17,
	18,  19,  20,  21,  22,	 24,  25,  28,	29,  30,  34,  38,  39,
	40,  41,  43,  128, 129, 130, 131, 132, 133, 134, 135, 137, 138,
	142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154,
	155, 156, 157, 158, 159, 160, 161, 162, 163, 164, 165, 166, 99,
};

/* Up to three registers said otherwise. */
static void patch(struct tdx_regs *q, unsigned n)
{
	while (n--) {
		const uint8_t at = rd_u8(program), v = rd_u8(program);
		uint64_t *reg = &q->rax + 1 + (at & 15) % 10;

		*reg = at & 0x80   ? some(v)
		       : at & 0x40 ? *reg ^ UINT64_C(1) << (v & 63)
				   : *reg + (int8_t)v;
	}
}

static bool anything_pending(void)
{
	return r->fw->spdm[0].op.leaf || r->fw->spdm[1].op.leaf;
}

/* One call; a refusal on the spot has changed nothing. */
static uint64_t call(struct tdx_regs q)
{
	const bool looks =
		!anything_pending() && q.rax != TDH_VP_ENTER && !failing;
	uint64_t st;

	r->p->logged = 0;
	if (looks)
		rig_keep(r);
	st = seam(r, q);
	if (looks && st && st != TDX_SPDM_REQUEST)
		rig_same(r);
	return st;
}

static bool hosts(uint64_t pa)
{
	const struct tdx_page *p = tdx_own_page(&r->o, pa);

	return p && p->type == TDX_PT_NDA;
}

/* The message that stands in the request page is carried. */
static bool carried(uint8_t how)
{
	uint8_t raw[64];
	uint32_t dw;
	size_t n;

	r->p->logged = 0;
	if (!hosts(r->req) || !hosts(r->rsp))
		return false;
	host_get(r, r->req, raw, 8);
	dw = tdx_u32(raw, 4);
	if (raw[0] != 1 || raw[1] || raw[3] || dw < 3 || dw > PAGE_4K / 4)
		return false;
	if (!exchange(r) && !(how & 4))
		return false;
	if (how & 3) {
		host_get(r, r->rsp, raw, sizeof(raw));
		n = edit(program, raw + (how & 2 ? 0 : 8), 48, 48);
		(void)n;
		host_put(r, r->rsp, raw, sizeof(raw));
	}
	return true;
}

static void command(uint8_t op)
{
	const uint64_t leaf = leaves[rd_u8(program) % COUNT(leaves)];
	struct tdx_regs q = honest(leaf, rd_u8(program));
	uint64_t st;

	patch(&q, op >> 4 & 3);
	st = call(q);
	for (unsigned n = 0; st == TDX_SPDM_REQUEST && n < 64; n++) {
		if (!carried(0))
			return;
		st = call(q);
	}
}

/* A long one that goes wrong after some exchanges. */
static void spoiled(uint8_t op)
{
	static const uint8_t is_long[] = { 135, 142, 143, 144, 145,
					   146, 147, 148, 149 };
	const uint64_t leaf = is_long[rd_u8(program) % COUNT(is_long)];
	struct tdx_regs q = honest(leaf, rd_u8(program));
	const uint8_t when = rd_u8(program) & 31;
	uint64_t st = call(q);

	for (unsigned n = 0; st == TDX_SPDM_REQUEST && n < 48; n++) {
		const bool now = n == when;

		if (now && op & 0x80)
			return; /* it is left as it is */
		if (now && op & 0x40)
			(void)call(honest(TDH_IDE_STREAM_BLOCK, 0));
		else if (!carried(now ? op >> 4 & 7 : 0))
			return;
		st = call(q);
	}
}

/* --- the TD --- */

static void inside(struct fwrig *x)
{
	const uint64_t leaf = leaves[rd_u8(program) % COUNT(leaves)];
	struct tdx_regs q = honest(leaf, rd_u8(program));

	x->inside = NULL;
	if (leaf != TDH_VP_ENTER)
		(void)seam(x, q);
}

static struct tdx_regs guest_honest(uint64_t leaf, uint8_t k)
{
	const uint64_t gpa = FW_GPA + (k & 15u) * PAGE_4K;
	const struct fw_devif *d = tdxm_devif_at(r->fw, FW_IF);

	switch (leaf) {
	case TDG_VP_VMCALL:
		return (struct tdx_regs){ leaf, k & 1 ? 0x2c00 : 0xfc00 };
	case TDG_MEM_PAGE_ACCEPT:
	case TDG_MEM_PAGE_RELEASE:
		return (struct tdx_regs){ leaf, gpa };
	case TDG_VM_RD:
		return (struct tdx_regs){ leaf, 0, TDX_TD_CONFIG_FLAGS };
	case TDG_TDI_RD:
		return (struct tdx_regs){ leaf, FW_IF, k & 7u,
					  k & 8 ? FW_GPA : 0 };
	case TDG_TDI_START:
		return (struct tdx_regs){ leaf, FW_IF, d ? d->session : 1 };
	case TDG_MMIO_ACCEPT:
		return (struct tdx_regs){
			leaf, FW_MMIO_GPA + (k & 31u) * PAGE_4K,
			k >= 16 ? 3 : 0, FW_IF,
			(uint64_t)(k >= 16 ? (k & 31u) - 16 : k) << 32 | 1
		};
	case TDG_DMAR_ACCEPT:
		return (struct tdx_regs){ leaf, FW_IF };
	default:
		return (struct tdx_regs){ leaf };
	}
}

static void guest(uint8_t op)
{
	static const uint8_t all[] = { TDG_VP_VMCALL,	     TDG_VP_INFO,
				       TDG_MEM_PAGE_ACCEPT,  TDG_VM_RD,
				       TDG_MEM_PAGE_RELEASE, TDG_TDI_RD,
				       TDG_TDI_START,	     TDG_MMIO_ACCEPT,
				       TDG_DMAR_ACCEPT,	     3 };
	const struct fwtd *td = op & 0x80 ? &r->td2 : &r->td;
	const uint64_t leaf = all[rd_u8(program) % COUNT(all)];
	struct tdx_regs q = guest_honest(leaf, rd_u8(program));
	uint64_t st;

	if (!td->tdvpr)
		return;
	patch(&q, op >> 4 & 1);
	if (op & 0x40) {
		r->inside = inside;
	} else {
		(void)td_enter(r, td);
		rig_keep(r);
	}
	r->got = IL_E_STATE;
	st = td_calls(r, td, q);
	r->inside = NULL;
	if (!(op & 0x40) && st && st != TDX_LEAVES && leaf != TDG_MMIO_ACCEPT)
		rig_same(r);
}

static void touch(uint8_t op)
{
	const struct fwtd *td = op & 0x80 ? &r->td2 : &r->td;
	const uint8_t which = rd_u8(program);
	uint8_t b[8] = { which };
	uint64_t gpa = some(which) & ~TDX_GPA_SHARED;

	if (!td->tdvpr || gpa >= TDX_GPA_SHARED)
		return;
	r->got = IL_E_STATE;
	(void)!td_access(r, td, gpa, op & 0x10, b, 8, op & 0x20);
}

/* --- the host's own, and the device's --- */

static void host(uint8_t op)
{
	const uint64_t pa = some(rd_u8(program)) & TDX_GPA_MASK;
	uint8_t b[16];
	struct fault f;

	memset(b, rd_u8(program), sizeof(b));
	if (op & 0x10) {
		(void)!mem_host_read(&r->m, pa, b, sizeof(b), &f);
		return;
	}
	if (tdx_own_page(&r->o, pa) &&
	    !mem_host_write(&r->m, pa + (op >> 5) * 8u, b, sizeof(b), &f))
		must(hosts(pa));
}

/* With T only by an entry that is present, for a TD that has a key. */
static void device(uint8_t op)
{
	const uint8_t how = rd_u8(program);
	const struct iommu_req q = { .rid = PEER_RID + (how & 1u),
				     .t = op & 0x10,
				     .stream = how & 2 ? 1 : 0,
				     .tc = how >> 6,
				     .port = how & 4 ? 1 : PEER_PORT,
				     .iova = some(rd_u8(program)),
				     .write = op & 0x20,
				     .len = 1 + (how >> 3 & 7u) };
	struct tdx_dmar e;
	uint8_t b[16] = { how };
	struct fault f;

	if (iommu_access(&r->i, &q, b, &f) || !q.t)
		return;
	must(!tdx_dmar_find(&r->o, (uint16_t)q.rid, 0, &e));
	/* blocked, but not yet forgotten: what tracking is for */
	must(tdx_dmar_map(&e) == TDX_DMAR_PRESENT ||
	     (tdx_dmar_map(&e) == TDX_DMAR_BLOCKED &&
	      tdx_dmar_inv(&e) != TDX_INV_DONE));
	must(q.stream == 0 && q.port == PEER_PORT && q.rid == PEER_RID);
}

static void moods(void)
{
	static const enum il_err errs[] = { IL_OK, IL_OK, IL_E_IO, IL_E_STATE };
	const uint8_t a = rd_u8(program), b = rd_u8(program);
	struct peer *p = r->p;

	p->rp_program = errs[a & 3];
	p->rp_go = errs[a >> 2 & 3];
	p->rp_stop = errs[a >> 4 & 3];
	p->rp_setup = errs[a >> 6 & 3];
	p->random_err = b & 4 ? IL_E_RANDOM : IL_OK;
	failing = a || b & 7;
	if (b & 8)
		peer_enable(p);
	if (b & 0x10)
		p->secure = p->rp_secure = false;
	if (b & 0x20)
		dsm_event(&p->dsm, (enum dsm_event)(a % DSM_EVENTS), a & 1);
	if (b & 0x40)
		p->rep.ranges[0].first_page ^= 1u << (b >> 7);
	p->now_ns += (uint64_t)(b & 0x80) << 26;
}

/* What laws and traces are told fits what the module does. */
static void views(void)
{
	struct tdx_fw_devif d;
	struct tdx_fw_spdm s;
	struct tdx_fw_td t;

	for (unsigned i = 0; i <= tdx_fw_tds(r->fw); i++)
		if (tdx_fw_td_at(r->fw, i, &t))
			must((t.hkid != 0) == (t.state != TDX_TD_TEARDOWN) &&
			     (t.sept != 0) == (t.state >= TDX_TD_INIT));
	for (unsigned i = 0; i <= tdx_fw_devifs(r->fw); i++)
		if (tdx_fw_devif_at(r->fw, i, &d))
			must(d.accepted <= d.mapped &&
			     (d.session || !d.authorised));
	for (unsigned i = 0; i <= tdx_fw_spdms(r->fw); i++)
		if (tdx_fw_spdm_at(r->fw, i, &s))
			must(s.id == i + 1 && (s.stream || !s.devifs));
	must(tdx_fw_held_ns(r->fw) < 1000000000 && tdx_fw_tsm(r->fw));
}

static void step(void)
{
	const uint8_t op = rd_u8(program);

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		command(op);
		break;
	case 5:
	case 6:
		spoiled(op);
		break;
	case 7:
	case 8:
	case 9:
		guest(op);
		break;
	case 10:
		touch(op);
		break;
	case 11:
		host(op);
		break;
	case 12:
	case 13:
		device(op);
		break;
	case 14:
		moods();
		break;
	default: /* the host has new pages */
		spare[op >> 4 & 3] = fw_page(r);
	}
	rig_books(r);
	views();
}

/* The host's own tables for the device: behind them is what the TD shares. */
static void host_tables(void)
{
	uint64_t at[4];
	uint8_t e[16];

	for (unsigned i = 0; i < COUNT(at); i++)
		at[i] = fw_page(r);
	for (unsigned i = 0; i < 3; i++) {
		tdx_put_u64(e, 0, at[i + 1] | VTD_ROOT_P);
		host_put(r, at[i] + (i ? 0 : VTD_ROOT_LEN * (PEER_RID >> 7)), e,
			 8);
	}
	tdx_put_u64(e, 0, r->td.root | TDX_PASID0_ADD | VTD_PASID_P);
	tdx_put_u64(e, 8, TDX_PASID1_ADD | 1);
	host_put(r, at[3], e, 16);
	must(!iommu_set_device_table(&r->i, at[0], 256));
	must(!iommu_set_event_log(&r->i, fw_page(r), 16));
	spare[3] = at[3];
}

static void start(uint8_t level)
{
	static const uint8_t cfg[TDX_PARAMS_LEN] = {
		[5] = 1, [0x10] = 1, [0x18] = 0x1e
	};

	failing = false;
	r = fwrig_with(level != 1, level == 2, level == 3 ? 300 : 0);
	third.tdr = fw_page(r);
	for (unsigned i = 0; i < COUNT(spare); i++)
		spare[i] = fw_page(r);
	host_put(r, r->cfg, cfg, sizeof(cfg));
	if (level == 5)
		all_ready(r);
	if (level == 6)
		all_locked(r);
	if (level >= 7)
		all_running(r);
	if (level && level < 5)
		td_new(r, &r->td, FW_HKID, 0);
	if (level == 4)
		must(!dev_create(r) && !dev_connect(r) && !dev_stream(r));
	if (level && r->td.root)
		host_tables();
	if (level >= 4)
		td_new(r, &r->td2, FW_HKID2, TDX_CONFIG_TDX_CONNECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	program = &in;
	start(rd_u8(&in) & 7);
	for (unsigned n = 0; rd_left(&in) && n < 64; n++)
		step();
	fwrig_free(r);
	return 0;
}
