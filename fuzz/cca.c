/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "arch/cca/rig.h"
#include "edit.h"

/*
 * The realm monitor under a host that calls what it likes with what it likes,
 * carries messages badly, and a realm that asks; the device may be anybody.
 * Byte 0: how far the rig has gone before.
 *
 * Books, granules and tables stay sane; a call that is refused changes
 * nothing; DMA with the T bit passes for a VDEV that its realm has enabled, and
 * for no other; what is mapped is somebody's; a cut link holds no key.
 */

static struct cca_rig *r;
static uint64_t spare[4];     /* host, host, delegated, delegated */
static uint64_t more[FW_AUX]; /* delegated */
static bool failing;

/* Addresses and numbers that calls may name, good and bad. */
static uint64_t some(uint8_t b)
{
	const uint64_t at[] = {
		0, 1, 2, 3, r->rd, r->rtt, r->rec, r->rp, r->ep, r->vdev,
		r->params, r->data, r->req, r->rsp, r->run, r->list, r->handle,
		r->ram_pa, spare[0], spare[1], spare[2], spare[3], PEER_BAR,
		PEER_BAR + 3 * CCA_GRANULE, RIG_IPA, RIG_IPA + CCA_GRANULE,
		RIG_DEV, RIG_DEV + CCA_GRANULE, RIG_DEV + 2 * CCA_GRANULE,
		RIG_SHARED, RIG_SHARED + CCA_GRANULE, RIG_VDEV_ID, RIG_PSMMU,
		PEER_RID, RIG_ST, RIG_EL3, UINT64_MAX, RIG_IPA + 8,
		spare[2] | 1 << 2, PEER_BAR | 2 << 2,
		/* of a stream table entry: bypass, stage 2 */
		1 | 4 << 1, 1 | 6 << 1, 1 | 5 << 1,
		3 | UINT64_C(16) << 32 | UINT64_C(2) << 38, spare[0] + 16,
		spare[0] + 24
	};

	return at[b % COUNT(at)];
}

static const uint64_t calls[] = { RMI_VERSION,
				  RMI_FEATURES,
				  RMI_GRANULE_RANGE_DELEGATE,
				  RMI_GRANULE_RANGE_UNDELEGATE,
				  RMI_REALM_CREATE,
				  RMI_REALM_ACTIVATE,
				  RMI_REALM_DESTROY,
				  RMI_REALM_TERMINATE,
				  RMI_REC_CREATE,
				  RMI_REC_DESTROY,
				  RMI_REC_ENTER,
				  RMI_RTT_CREATE,
				  RMI_RTT_DESTROY,
				  RMI_RTT_FOLD,
				  RMI_RTT_READ_ENTRY,
				  RMI_RTT_INIT_RIPAS,
				  RMI_RTT_SET_RIPAS,
				  RMI_RTT_DATA_MAP_INIT,
				  RMI_RTT_DATA_MAP,
				  RMI_RTT_DATA_UNMAP,
				  RMI_RTT_UNPROT_MAP,
				  RMI_RTT_UNPROT_UNMAP,
				  RMI_RTT_DEV_MAP,
				  RMI_RTT_DEV_UNMAP,
				  RMI_RTT_DEV_VALIDATE,
				  RMI_PDEV_CREATE,
				  RMI_PDEV_COMMUNICATE,
				  RMI_PDEV_GET_STATE,
				  RMI_PDEV_SET_PUBKEY,
				  RMI_PDEV_STOP,
				  RMI_PDEV_ABORT,
				  RMI_PDEV_DESTROY,
				  RMI_PDEV_STREAM_CONNECT,
				  RMI_PDEV_STREAM_DISCONNECT,
				  RMI_PDEV_STREAM_COMPLETE,
				  RMI_PDEV_STREAM_KEY_REFRESH,
				  RMI_VDEV_CREATE,
				  RMI_VDEV_COMMUNICATE,
				  RMI_VDEV_GET_STATE,
				  RMI_VDEV_LOCK,
				  RMI_VDEV_START,
				  RMI_VDEV_UNLOCK,
				  RMI_VDEV_ABORT,
				  RMI_VDEV_DESTROY,
				  RMI_VDEV_COMPLETE,
				  RMI_VDEV_GET_INTERFACE_REPORT,
				  RMI_VDEV_GET_MEASUREMENTS,
				  RMI_PSMMU_ACTIVATE,
				  RMI_PSMMU_DEACTIVATE,
				  RMI_PSMMU_ST_L2_CREATE,
				  RMI_PSMMU_ST_L2_DESTROY,
				  RMI_OP_CONTINUE,
				  RMI_OP_MEM_DONATE,
				  RMI_OP_MEM_RECLAIM,
				  RMI_OP_CANCEL,
				  RMI_PDEV_STREAM_KEY_PURGE };

/* Whether the host still has the page. */
static bool ours(uint64_t pa)
{
	return cca_own_state(&r->o, pa) == OWN_NS;
}

/* Parameters that an honest host would write. */
static void params(uint64_t fid)
{
	if (!ours(r->params) || !ours(r->list))
		return;
	if (fid == RMI_REALM_CREATE)
		params_realm(r);
	else if (fid == RMI_REC_CREATE)
		params_rec(r, 0);
	else if (fid == RMI_PDEV_CREATE)
		params_ep(r);
	else if (fid == RMI_PDEV_STREAM_CONNECT)
		params_stream(r);
	else if (fid == RMI_VDEV_CREATE)
		params_vdev(r);
	else if (fid == RMI_PDEV_SET_PUBKEY && rmm_pdev_find(r->fw, r->ep) &&
		 rmm_pdev_find(r->fw, r->ep)->state == RMI_PDEV_NEEDS_KEY)
		params_key(r);
	else if (fid == RMI_OP_MEM_DONATE)
		put64(r, r->list, spare[2] | 1 << 2);
}

static void table_args(uint64_t fid, uint64_t x[CCA_SMC_REGS])
{
	x[1] = r->rd;
	x[2] = RIG_DEV;
	x[3] = RIG_DEV + CCA_GRANULE;
	x[4] = RMI_OADDR_SINGLE;
	x[5] = spare[2] | 1 << 2;
	switch (fid) {
	case RMI_RTT_CREATE:
		x[2] = spare[2];
		x[3] = UINT64_C(1) << 21;
		x[4] = 3;
		break;
	case RMI_RTT_DESTROY:
	case RMI_RTT_FOLD:
	case RMI_RTT_READ_ENTRY:
		x[2] = 0;
		x[3] = 3;
		break;
	case RMI_RTT_SET_RIPAS:
	case RMI_RTT_DEV_VALIDATE:
		x[2] = r->rec;
		x[3] = cca_u64(r->rrun, fid == RMI_RTT_SET_RIPAS
						? REC_EXIT_RIPAS_BASE
						: REC_EXIT_DEV_MEM_BASE);
		x[4] = cca_u64(r->rrun, fid == RMI_RTT_SET_RIPAS
						? REC_EXIT_RIPAS_TOP
						: REC_EXIT_DEV_MEM_TOP);
		break;
	case RMI_RTT_DATA_MAP_INIT:
		x[2] = spare[2];
		x[3] = RIG_DEV;
		x[4] = r->params;
		x[5] = 1;
		break;
	case RMI_RTT_UNPROT_MAP:
		x[4] |= RMI_UNPROT_S2AP_R | RMI_UNPROT_S2AP_W;
		x[5] = spare[0] | 1 << 2;
		/* fall through */
	case RMI_RTT_UNPROT_UNMAP:
		x[2] = RIG_SHARED;
		x[3] = RIG_SHARED + CCA_GRANULE;
		break;
	case RMI_RTT_DEV_MAP:
		x[2] = r->vdev;
		x[3] = RIG_DEV;
		x[4] = RIG_DEV + 2 * CCA_GRANULE;
		x[5] = RMI_OADDR_SINGLE;
		x[6] = PEER_BAR | 2 << 2;
		break;
	default:
		break;
	}
}

static void device_args(uint64_t fid, uint64_t x[CCA_SMC_REGS])
{
	x[1] = r->ep;
	x[2] = r->rp;
	x[3] = r->handle;
	switch (fid) {
	case RMI_PDEV_CREATE:
		x[1] = spare[3];
		x[2] = r->params;
		break;
	case RMI_PDEV_SET_PUBKEY:
		x[2] = r->params;
		break;
	case RMI_PDEV_COMMUNICATE:
		x[2] = r->data;
		break;
	case RMI_PDEV_STREAM_CONNECT:
		x[1] = r->params;
		break;
	case RMI_VDEV_GET_STATE:
		x[1] = r->vdev;
		break;
	case RMI_VDEV_COMPLETE:
		x[1] = r->rec;
		x[2] = r->vdev;
		break;
	case RMI_PSMMU_ACTIVATE:
	case RMI_PSMMU_DEACTIVATE:
		x[1] = RIG_PSMMU;
		x[2] = r->params;
		break;
	case RMI_PSMMU_ST_L2_CREATE:
	case RMI_PSMMU_ST_L2_DESTROY:
		x[1] = RIG_PSMMU;
		x[2] = PEER_RID;
		break;
	default:
		if (fid < RMI_VDEV_ABORT ||
		    (fid >= RMI_PDEV_STREAM_CONNECT && fid < RMI_OP_MEM_DONATE))
			return;
		x[1] = r->rd;
		x[2] = r->ep;
		x[3] = r->vdev;
		x[4] = fid == RMI_VDEV_COMMUNICATE ? r->data : r->params;
	}
}

/* What an honest host would say. */
static void honest(uint64_t fid, uint64_t x[CCA_SMC_REGS])
{
	x[0] = fid;
	switch (fid) {
	case RMI_GRANULE_RANGE_DELEGATE:
		x[1] = PEER_BAR;
		x[2] = PEER_BAR + 2 * CCA_GRANULE;
		return;
	case RMI_GRANULE_RANGE_UNDELEGATE:
		x[1] = spare[2];
		x[2] = spare[2] + CCA_GRANULE;
		return;
	case RMI_REALM_CREATE:
	case RMI_REALM_ACTIVATE:
	case RMI_REALM_DESTROY:
	case RMI_REALM_TERMINATE:
		x[1] = r->rd;
		x[2] = r->params;
		return;
	case RMI_REC_CREATE:
		x[1] = r->rd;
		x[2] = spare[2];
		x[3] = r->params;
		return;
	case RMI_REC_DESTROY:
	case RMI_REC_ENTER:
		x[1] = r->rec;
		x[2] = r->run;
		return;
	case RMI_OP_CONTINUE:
	case RMI_OP_CANCEL:
	case RMI_OP_MEM_DONATE:
	case RMI_OP_MEM_RECLAIM:
		x[1] = r->fw->op.handle;
		x[2] = fid == RMI_OP_CONTINUE ? 0 : r->list;
		x[3] = 1;
		return;
	default:
		break;
	}
	if (fid <= RMI_FEATURES ||
	    (fid >= RMI_RTT_INIT_RIPAS && fid <= RMI_RTT_SET_RIPAS) ||
	    (fid >= RMI_RTT_DATA_MAP && fid <= RMI_RTT_UNPROT_UNMAP))
		table_args(fid, x);
	else
		device_args(fid, x);
}

/* A call; one that is refused has changed nothing. */
static uint64_t call(const uint64_t x[CCA_SMC_REGS])
{
	uint64_t rc;

	keep(r);
	rc = rig_smc(r, x);
	if (rc && RMI_STATUS(rc) != RMI_INCOMPLETE && !failing)
		same(r);
	return rc;
}

static void host_calls(struct rd *in, uint8_t op)
{
	uint64_t x[CCA_SMC_REGS] = { 0 };
	const uint64_t fid = calls[rd_u8(in) % COUNT(calls)];

	params(fid);
	honest(fid, x);
	for (unsigned n = op >> 4 & 3; n > 0; n--) {
		const uint8_t at = rd_u8(in);

		x[1 + at % 6] = some(rd_u8(in));
	}
	if (op & 0x40 && ours(r->params)) {
		const uint8_t off = rd_u8(in);

		put8(r, r->params + off * 8u, rd_u8(in));
	}
	(void)call(x);
}

/* --- carrying --- */

static bool can_talk(void)
{
	return ours(r->data) && ours(r->req) && ours(r->rsp);
}

/* One COMMUNICATE; whether a request is out. */
static bool one(bool vdev, uint8_t status)
{
	uint64_t flags;

	return !say(r, vdev, status, &flags) && flags & COMM_F_REQ_SEND &&
	       r->ans_len && r->ans_len <= PEER_MSG;
}

/* A conversation that goes wrong after some exchanges, or does not. */
static void conversation(struct rd *in, uint8_t op)
{
	const bool vdev = op & 0x10;
	const uint8_t when = rd_u8(in);
	uint64_t flags;
	bool out;

	if (!can_talk())
		return;
	if (op & 0x20) {
		(void)rp_says(r, &flags);
		return;
	}
	out = one(vdev, when & 0x80 ? COMM_STATUS_ERROR : COMM_STATUS_NONE);
	for (unsigned n = 0; out && n < 48; n++) {
		uint8_t status = COMM_STATUS_RESPONSE;

		r->p->logged = 0;
		if (n == (when & 31u) && op & 0x40)
			return; /* left as it is */
		if (!carry(r))
			status = COMM_STATUS_ERROR;
		if (n == (when & 31u) && op & 0x80 && r->ans_len)
			r->ans_len =
				edit(in, r->ans, r->ans_len, sizeof(r->ans));
		if (!r->ans_len || r->ans_len > CCA_GRANULE)
			status = COMM_STATUS_ERROR;
		out = one(vdev, status);
		if (!out && can_talk())
			out = one(vdev, COMM_STATUS_NONE); /* caches */
	}
}

/* --- the realm --- */

static void enter_once(void)
{
	if (!ours(r->run) || !rmm_rec_find(r->fw, r->rec))
		return;
	put64(r, r->run, r->flags);
	r->flags = 0;
	if (!RMI(r, RMI_REC_ENTER, r->rec, r->run) && ours(r->run))
		get(r, r->run, r->rrun, sizeof(r->rrun));
}

static void realm_asks(struct rd *in, uint8_t op)
{
	static const uint64_t fids[] = {
		RSI_IPA_STATE_SET,    RSI_VDEV_VALIDATE_MAPPING,
		RSI_VDEV_DMA_ENABLE,  RSI_VDEV_DMA_DISABLE,
		RSI_VDEV_GET_INFO,    RSI_HOST_CALL,
		RSI_IPA_STATE_GET,    RSI_REALM_CONFIG,
		RSI_MEASUREMENT_READ, RSI_VERSION,
		RSI_FEATURES,	      RSI_RDEV_P2P_BIND
	};
	const uint8_t which = rd_u8(in);
	struct cca_fw_vdev v = { 0 };
	uint64_t *x = r->call;

	(void)cca_fw_vdev_at(r->fw, 0, &v);
	/* a call that waits is made again, not another one */
	if (!r->called || r->back) {
		memset(x, 0, sizeof(r->call));
		x[0] = fids[which % COUNT(fids)];
		if (x[0] == RSI_IPA_STATE_SET || x[0] == RSI_IPA_STATE_GET) {
			x[1] = some(rd_u8(in));
			x[2] = x[1] + CCA_GRANULE;
			x[3] = which >> 4 & 3;
			x[4] = which >> 6 & 1;
		} else if (x[0] == RSI_HOST_CALL || x[0] == RSI_REALM_CONFIG) {
			x[1] = RIG_IPA + 2 * CCA_GRANULE;
		} else {
			x[1] = RIG_VDEV_ID;
			x[2] = x[0] == RSI_VDEV_DMA_ENABLE ? 0
			       : x[0] == RSI_VDEV_GET_INFO ? RIG_IPA
							   : RIG_DEV;
			x[3] = x[0] == RSI_VDEV_DMA_ENABLE
				       ? 0
				       : RIG_DEV + 2 * CCA_GRANULE;
			x[4] = x[0] == RSI_VDEV_DMA_ENABLE ? v.lock_nonce
							   : PEER_BAR;
			x[5] = x[0] == RSI_VDEV_DMA_ENABLE ? v.meas_nonce : 0;
			x[6] = x[0] == RSI_VDEV_DMA_ENABLE ? v.report_nonce
							   : v.lock_nonce;
			x[7] = v.meas_nonce;
			x[8] = v.report_nonce;
		}
		if (op & 0x40)
			x[1 + rd_u8(in) % 8] ^= rd_u8(in);
		r->called = true;
		r->back = false;
	}
	enter_once();
	for (unsigned n = 0; op & 0x10 && !r->back && n < 3; n++) {
		uint64_t a[CCA_SMC_REGS] = { 0 };
		const uint64_t reason = exit_reason(r);

		honest(reason == RMI_EXIT_VDEV_REQUEST	? RMI_VDEV_COMPLETE
		       : reason == RMI_EXIT_DEV_MEM_MAP ? RMI_RTT_DEV_VALIDATE
							: RMI_RTT_SET_RIPAS,
		       a);
		(void)call(a);
		r->flags = op & 0x20 ? REC_ENTER_F_DEV_MEM_RESPONSE |
					       REC_ENTER_F_RIPAS_RESPONSE
				     : 0;
		enter_once();
	}
}

/* --- the device's own access, and the realm's --- */

static void dma_step(struct rd *in, uint8_t op)
{
	const uint8_t which = rd_u8(in), how = rd_u8(in);
	const struct iommu_req q = { .rid = PEER_RID + (how & 1u),
				     .t = op & 0x10,
				     .stream = how & 2 ? 1 : PEER_STREAM,
				     .tc = how >> 6,
				     .port = how & 4 ? 1 : PEER_PORT,
				     .iova = some(which) & ~UINT64_C(7),
				     .write = op & 0x20,
				     .len = 8 };
	struct cca_fw_vdev v;
	bool enabled = false;
	uint64_t word = how;
	struct fault f;

	for (unsigned i = 0; i < cca_fw_vdevs(r->fw); i++)
		enabled |= cca_fw_vdev_at(r->fw, i, &v) && v.dma &&
			   v.state == RMI_VDEV_STARTED && v.rid == q.rid;
	if (!iommu_access(&r->i, &q, &word, &f) && q.t)
		must(enabled);
}

static void realm_step(struct rd *in, uint8_t op)
{
	const uint64_t ipa = some(rd_u8(in));
	uint64_t word = op;
	struct fault f;

	(void)!realm_io(r, ipa, &word, 1 + (op >> 5), op & 0x10, &f);
}

static void host_writes(struct rd *in)
{
	const uint64_t pa = some(rd_u8(in));
	const uint64_t v = some(rd_u8(in));
	uint8_t b[8];
	struct fault f;

	cca_put_u64(b, 0, v);
	if (cca_own_state(&r->o, pa) == OWN_NONE ||
	    (pa & (CCA_GRANULE - 1)) > CCA_GRANULE - 8)
		return;
	/* what is not the host's stays as it is */
	must(!mem_host_write(&r->m, pa, b, 8, &f) == ours(pa));
	iommu_forget(&r->i, PEER_RID);
}

static void moods(struct rd *in)
{
	static const enum il_err errs[] = { IL_OK, IL_OK, IL_E_IO, IL_E_STATE };
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct peer *p = r->p;

	p->rp_program = errs[a & 3];
	p->rp_go = errs[a >> 2 & 3];
	p->rp_stop = errs[a >> 4 & 3];
	p->rp_ready = errs[a >> 6 & 3];
	p->rp_image = errs[b & 3];
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
}

/* A stateful operation, as it asks, or as the host likes. */
static void operation(struct rd *in, uint8_t op)
{
	uint64_t x[CCA_SMC_REGS] = { 0 };

	if (!ours(r->params) || !ours(r->list))
		return;
	if (!r->fw->op.on) {
		params(RMI_PDEV_CREATE);
		if (op & 0x10 && cca_own_state(&r->o, r->ep) == OWN_DELEGATED)
			x[1] = r->ep;
		else
			x[1] = op & 0x20 ? r->ep : spare[3];
		x[0] = op & 0x20 ? RMI_PDEV_DESTROY : RMI_PDEV_CREATE;
		x[2] = r->params;
		(void)call(x);
	}
	for (unsigned n = 0; r->fw->op.on && n < 6; n++) {
		const uint8_t how = rd_u8(in);

		x[0] = how & 0x40 ? RMI_OP_CANCEL : r->fw->op.expected;
		x[1] = r->fw->op.handle + (how & 0x80 ? 1 : 0);
		x[2] = x[0] == RMI_OP_CONTINUE ? 0 : r->list;
		x[3] = 1 + (how & 3u);
		for (unsigned i = 0; i < FW_AUX; i++)
			put64(r, r->list + 8 * i,
			      (how & 4 ? some(how) : more[i]) | 1 << 2);
		(void)call(x);
	}
}

/* --- what must hold --- */

static void mapped_is_somebodys(void)
{
	struct cca_own_granule g;
	struct cca_own_rtte e;

	for (uint64_t pa = PEER_BAR; pa < PEER_BAR + 64 * CCA_GRANULE;
	     pa += CCA_GRANULE) {
		must(!cca_own_granule(&r->o, pa, &g));
		if (g.state != OWN_MAPPED)
			continue;
		/* law 33: one place, and the table says so too */
		must(!cca_own_rtt_find(&r->o, g.vmid, g.ipa, 3, &e));
		must(e.hipas == RMI_ASSIGNED_DEV && e.pa == pa);
	}
}

static void cut_links_hold_no_key(void)
{
	struct cca_fw_pdev p;
	struct cca_fw_realm d;

	for (unsigned i = 0; i < cca_fw_realms(r->fw); i++)
		if (cca_fw_realm_at(r->fw, i, &d))
			must(d.vmid && cca_own_realm_active(&r->o, d.vmid));
	must(cca_fw_tsm(r->fw) != NULL);

	for (unsigned i = 0; i < cca_fw_pdevs(r->fw); i++)
		if (cca_fw_pdev_at(r->fw, i, &p) && p.conn &&
		    tsm_conn_state(p.conn) == TSM_CONN_ERROR)
			must(peer_keys_gone(r->p, true));
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	r->p->logged = 0;
	switch (op & 15) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		host_calls(in, op);
		break;
	case 5:
	case 6:
	case 7:
		conversation(in, op);
		break;
	case 8:
	case 9:
	case 10:
		realm_asks(in, op);
		break;
	case 11:
		realm_step(in, op);
		break;
	case 12:
		dma_step(in, op);
		break;
	case 13:
		if (op & 0x80)
			operation(in, op);
		else
			host_writes(in);
		break;
	case 14:
		moods(in);
		break;
	default:
		if (can_talk() && rmm_vdev_find(r->fw, r->vdev) &&
		    op >> 4 < 5) {
			static const uint64_t fid[] = {
				RMI_VDEV_LOCK, RMI_VDEV_GET_INTERFACE_REPORT,
				RMI_VDEV_GET_MEASUREMENTS, RMI_VDEV_START,
				RMI_VDEV_UNLOCK
			};

			if (ours(r->params))
				(void)vdev_do(r, fid[op >> 4]);
		}
	}
	must(cca_fw_sane(r->fw));
	must(cca_own_sane(&r->o));
	mapped_is_somebodys();
	cut_links_hold_no_key();
}

static void start(uint8_t level)
{
	failing = false;
	r = rig_new();
	spare[0] = page_new(r);
	spare[1] = page_new(r);
	spare[2] = granule_new(r);
	spare[3] = granule_new(r);
	for (unsigned i = 0; i < FW_AUX; i++)
		more[i] = granule_new(r);
	/* the host's entry for PEER_RID is the first of its spare page */
	must(!iommu_set_device_table(&r->i, spare[0] - PEER_RID * STE_LEN,
				     RIG_SIDS));
	switch (level) {
	case 1:
		realm_up(r);
		break;
	case 2:
		ep_known(r);
		break;
	case 3:
		realm_up(r);
		ep_ready(r);
		break;
	case 4:
		realm_up(r);
		stream_up(r);
		break;
	case 5:
		vdev_up(r);
		break;
	case 6:
		vdev_mapped(r);
		break;
	case 7:
		vdev_running(r);
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	start(rd_u8(&in) & 7);
	for (unsigned n = 0; rd_left(&in) && n < 64; n++)
		step(&in);
	rig_free(r);
	return 0;
}
