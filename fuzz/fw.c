/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "arch/sev_tio/fw_rig.h"
#include "edit.h"

/*
 * The firmware under a host that writes commands, hands out pages and carries
 * messages as it likes, a guest that asks, and a device that may be anybody.
 * Byte 0: how far the rig has gone before.
 *
 * Books and RMP stay sane; a command that is refused at once changes neither;
 * DMA with the T bit passes only by an entry that a lock session vouches for.
 */

static struct fwrig *r;
static uint64_t spare[4]; /* host, host, firmware, guest */
static bool failing;	  /* keys or dice fail */

/* Addresses that commands may name, good and bad. */
static uint64_t some(uint8_t b)
{
	const uint64_t at[] = { 0,
				r->cmd,
				r->answer,
				sla_make(r->dev_ctx, false),
				sla_make(r->tdi_ctx, false),
				r->gctx,
				r->req_sla,
				r->resp_sla,
				sla_make(r->scratch, false),
				r->out_sla,
				r->msg_req,
				r->msg_res,
				spare[0],
				spare[1],
				spare[2],
				spare[3],
				PEER_BAR,
				PEER_BAR + PAGE_4K,
				FW_SDTE,
				FW_RAM,
				r->cmd + 8,
				UINT64_MAX,
				sla_make(r->req[0], false),
				sla_make(r->scratch, true),
				r->resp[0] };

	return at[b % COUNT(at)];
}

static const uint8_t cmds[] = {
	SEV_CMD_SNP_INIT_EX,
	SEV_CMD_SNP_SHUTDOWN_EX,
	SEV_CMD_SNP_PLATFORM_STATUS,
	SEV_CMD_SNP_DF_FLUSH,
	SEV_CMD_SNP_DECOMMISSION,
	SEV_CMD_SNP_ACTIVATE,
	SEV_CMD_SNP_GUEST_STATUS,
	SEV_CMD_SNP_GCTX_CREATE,
	SEV_CMD_SNP_GUEST_REQUEST,
	SEV_CMD_SNP_LAUNCH_START,
	SEV_CMD_SNP_LAUNCH_UPDATE,
	SEV_CMD_SNP_LAUNCH_FINISH,
	SEV_CMD_SNP_PAGE_RECLAIM,
	SEV_CMD_SNP_FEATURE_INFO,
	SEV_CMD_TIO_STATUS,
	SEV_CMD_TIO_INIT,
	SEV_CMD_TIO_DEV_CREATE,
	SEV_CMD_TIO_DEV_RECLAIM,
	SEV_CMD_TIO_DEV_CONNECT,
	SEV_CMD_TIO_DEV_DISCONNECT,
	SEV_CMD_TIO_DEV_STATUS,
	SEV_CMD_TIO_DEV_MEASUREMENTS,
	SEV_CMD_TIO_DEV_CERTIFICATES,
	SEV_CMD_TIO_TDI_CREATE,
	SEV_CMD_TIO_TDI_RECLAIM,
	SEV_CMD_TIO_TDI_BIND,
	SEV_CMD_TIO_TDI_UNBIND,
	SEV_CMD_TIO_TDI_REPORT,
	SEV_CMD_TIO_TDI_STATUS,
	SEV_CMD_TIO_GUEST_REQUEST,
	SEV_CMD_TIO_ASID_FENCE_CLEAR,
	SEV_CMD_TIO_ASID_FENCE_STATUS,
	SEV_CMD_TIO_TDI_INFO,
	SEV_CMD_TIO_ROLL_KEY,
	0x42, /* none */
};

static void fill_snp(uint32_t cmd, uint8_t *b)
{
	memset(b, 0, SEV_CMD_BUF_MAX);
	switch (cmd) {
	case SEV_CMD_SNP_INIT_EX:
		sev_put_u32(b, SNP_INIT_EX_FLAGS,
			    SNP_INIT_F_INIT_RMP | SNP_INIT_F_TIO);
		return;
	case SEV_CMD_SNP_PLATFORM_STATUS:
		sev_put_u64(b, SNP_ADDR_PA, r->answer);
		return;
	case SEV_CMD_SNP_GUEST_STATUS:
		sev_put_u64(b, SNP_GUEST_STATUS_PA, r->answer);
		break;
	case SEV_CMD_SNP_FEATURE_INFO:
		sev_put_u64(b, SNP_FEATURE_PA, r->answer);
		return;
	case SEV_CMD_SNP_PAGE_RECLAIM:
		sev_put_u64(b, SNP_ADDR_PA, spare[2]);
		return;
	case SEV_CMD_SNP_ACTIVATE:
		sev_put_u32(b, SNP_ACTIVATE_ASID, FW_ASID);
		break;
	case SEV_CMD_SNP_LAUNCH_START:
		sev_put_u64(b, SNP_LSTART_POLICY,
			    SNP_POLICY_RSVD_ONE | SNP_POLICY_SMT);
		break;
	case SEV_CMD_SNP_LAUNCH_UPDATE:
		sev_put_u32(b, SNP_LUPDATE_TYPE, SNP_PAGE_NORMAL << 1);
		sev_put_u64(b, SNP_LUPDATE_PA, spare[3]);
		break;
	case SEV_CMD_SNP_GUEST_REQUEST:
		sev_put_u64(b, SNP_GREQ_REQ, r->msg_req);
		sev_put_u64(b, SNP_GREQ_RES, r->msg_res);
		break;
	default:
		break;
	}
	sev_put_u64(b, 0, r->gctx); /* where all others have it */
}

static void fill_dev(uint32_t cmd, uint8_t *b)
{
	cmd_dev(r, b);
	switch (cmd) {
	case SEV_CMD_TIO_STATUS:
		sev_put_u64(b, TIO_STATUS_PA, r->answer);
		return;
	case SEV_CMD_TIO_INIT:
		memset(b, 0, SEV_CMD_BUF_MAX);
		return;
	case SEV_CMD_TIO_DEV_CREATE:
		sev_put_u16(b, TIO_DEV_CREATE_RID, PEER_RID);
		sev_put_u16(b, TIO_DEV_CREATE_PORT, PEER_PORT);
		break;
	case SEV_CMD_TIO_DEV_CONNECT:
		cmd_connect(r, b);
		return;
	case SEV_CMD_TIO_DEV_DISCONNECT:
	case SEV_CMD_TIO_DEV_MEASUREMENTS:
	case SEV_CMD_TIO_DEV_CERTIFICATES:
	case SEV_CMD_TIO_ROLL_KEY:
		return;
	case SEV_CMD_TIO_DEV_STATUS:
		sev_put_u64(b, TIO_DEV_STATUS_PA, r->answer);
		break;
	case SEV_CMD_TIO_ASID_FENCE_CLEAR:
		sev_put_u64(b, TIO_FENCE_CLEAR_GCTX, r->gctx);
		break;
	case SEV_CMD_TIO_ASID_FENCE_STATUS:
		sev_put_u32(b, TIO_FENCE_STATUS_ASID, FW_ASID);
		sev_put_u64(b, TIO_FENCE_STATUS_PA, r->answer);
		break;
	default:
		break;
	}
	sev_put_u64(b, TIO_DEV_CREATE_CTX, sla_make(r->dev_ctx, false));
}

/* What an honest host would write. */
static void fill(uint32_t cmd, uint8_t *b)
{
	if (cmd < SEV_CMD_TIO_STATUS) {
		fill_snp(cmd, b);
		return;
	}
	switch (cmd) {
	case SEV_CMD_TIO_TDI_BIND:
		cmd_bind(r, b, false);
		return;
	case SEV_CMD_TIO_TDI_STATUS:
		cmd_tdi(r, b);
		sev_put_u64(b, TIO_TDI_STATUS_PA, r->answer);
		return;
	case SEV_CMD_TIO_GUEST_REQUEST:
		sev_put_u64(b, TIO_GUEST_REQ_REQ, r->msg_req);
		sev_put_u64(b, TIO_GUEST_REQ_RES, r->msg_res);
		cmd_tdi(r, b);
		return;
	case SEV_CMD_TIO_TDI_UNBIND:
	case SEV_CMD_TIO_TDI_REPORT:
		cmd_tdi(r, b);
		return;
	case SEV_CMD_TIO_TDI_CREATE:
	case SEV_CMD_TIO_TDI_RECLAIM:
	case SEV_CMD_TIO_TDI_INFO:
		memset(b, 0, SEV_CMD_BUF_MAX);
		sev_put_u64(b, TIO_TDI_CREATE_DEV, sla_make(r->dev_ctx, false));
		sev_put_u64(b, TIO_TDI_CREATE_TDI, sla_make(r->tdi_ctx, false));
		if (cmd == SEV_CMD_TIO_TDI_CREATE)
			sev_put_u32(b, TIO_TDI_CREATE_IF, PEER_RID);
		if (cmd == SEV_CMD_TIO_TDI_INFO)
			sev_put_u64(b, TIO_TDI_INFO_PA, r->answer);
		return;
	default:
		fill_dev(cmd, b);
	}
}

/* Up to seven places of the buffer said otherwise: a byte, or an address. */
static void patch(struct rd *in, uint8_t *b, unsigned n)
{
	while (n--) {
		const uint8_t at = rd_u8(in), v = rd_u8(in);

		if (at & 0x80)
			sev_put_u64(b, at & 0x78, some(v));
		else
			b[at] = v;
	}
}

static bool anything_pending(void)
{
	return sev_fw_pending(r->fw, 0) || sev_fw_pending(r->fw, 1);
}

/* The doorbell; a refusal on the spot has changed nothing. */
static uint32_t ring(uint32_t cmd, uint8_t *b, bool lengthless)
{
	const size_t len = sev_cmd_len(cmd);
	const bool pending = anything_pending();
	struct fault f;
	uint32_t ret;

	if (sev_cmd_has_length(cmd) && !lengthless)
		sev_put_u32(b, TIO_CMD_LENGTH, (uint32_t)len);
	if (len && mem_host_write(&r->m, r->cmd, b, (uint32_t)len, &f))
		return UINT32_MAX; /* the host gave that page away */
	sev_fw_time(r->fw, r->p->now_ns);
	if (!pending)
		fwrig_keep(r);
	ret = sev_fw_command(r->fw, cmd, len ? r->cmd : 0);
	/* a verb whose first step fails by itself ends as verbs do */
	if (!pending && ret && ret != SEV_RET_SPDM_REQUEST && !failing)
		fwrig_same(r);
	return ret;
}

/* What an exchange needs is still the host's or the firmware's. */
static bool can_carry(void)
{
	const uint64_t at[] = { r->req[0], r->req[1], r->resp[0], r->resp[1] };
	uint8_t h[TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN];
	struct own_page p;
	struct fault f;
	uint32_t len;

	for (unsigned i = 0; i < COUNT(at); i++)
		if (own_entry(&r->o, at[i], &p) ||
		    (i > 1 && p.flags & OWN_F_ASSIGNED))
			return false;
	if (mem_host_read(&r->m, r->req[0], h, sizeof(h), &f))
		return false;
	len = sev_u32(h + TIO_BUF_HDR_LEN, TIO_DOBJ_LENGTH);
	return sev_u32(h + TIO_BUF_HDR_LEN, TIO_DOBJ_ID) == TIO_DOBJ_REQ &&
	       len > TIO_DOBJ_MSG_LEN && len < PEER_MSG;
}

/* @how: 1 change the answer's bytes, 2 its headers, 4 the next command */
static uint32_t bounce(struct rd *in, uint32_t cmd, uint8_t *b, uint8_t how)
{
	uint8_t raw[128];
	struct fault f;
	size_t n;

	r->p->logged = 0;
	if (!can_carry())
		return UINT32_MAX;
	if (!fw_exchange(r) && !(how & 8))
		return UINT32_MAX;
	if (how & 3 &&
	    !mem_host_read(&r->m, r->resp[0], raw, sizeof(raw), &f)) {
		const size_t off =
			how & 1 ? TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN : 0;

		n = edit(in, raw + off, sizeof(raw) - off, sizeof(raw) - off);
		(void)n;
		(void)!mem_host_write(&r->m, r->resp[0], raw, sizeof(raw), &f);
	}
	if (how & 4)
		patch(in, b, 1);
	return ring(cmd, b, false);
}

static void command(struct rd *in, uint8_t op)
{
	const uint32_t cmd = cmds[rd_u8(in) % COUNT(cmds)];
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };
	uint32_t ret;

	fill(cmd, b);
	patch(in, b, op >> 4 & 3);
	ret = ring(cmd, b, op & 0x40);
	for (unsigned n = 0; ret == SEV_RET_SPDM_REQUEST && n < 64; n++)
		ret = bounce(in, cmd, b, 0);
}

/* A command that goes wrong after @n bounces. */
static void spoiled(struct rd *in, uint8_t op)
{
	const uint32_t cmd = cmds[rd_u8(in) % COUNT(cmds)];
	const uint8_t when = rd_u8(in);
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };
	uint32_t ret;

	fill(cmd, b);
	if (cmd == SEV_CMD_TIO_TDI_BIND && when & 0x80)
		b[TIO_TDI_BIND_RUN_FLAGS] = TIO_RUN_FORCE;
	ret = ring(cmd, b, false);
	for (unsigned n = 0; ret == SEV_RET_SPDM_REQUEST && n < 48; n++) {
		if (n == (when & 31u) && op >> 4 == 15)
			return; /* it is left as it is */
		if (n == (when & 31u))
			ret = bounce(in, cmd, b, op >> 4);
		else
			ret = bounce(in, cmd, b, 0);
	}
}

/* The guest asks; its message may be spoilt before and after sealing. */
static void guest(struct rd *in, uint8_t op)
{
	const uint8_t type = (uint8_t)(TIO_MSG_TDI_INFO_REQ + 2 * (op >> 4));
	size_t len = tio_msg_req_len(type);
	uint8_t page[4096] = { 0 }, iv[12], b[SEV_CMD_BUF_MAX];
	uint8_t *p = page + SNP_MSG_HDR_LEN;
	const uint8_t how = rd_u8(in);
	struct fault f;
	uint32_t ret;

	if (!r->vmpck_slot.n)
		return;
	if (len > 128)
		len = 0;
	sev_put_u64(p, TIO_MSG_TDI_ID, tdi_id(r));
	if (type == TIO_MSG_MMIO_VALIDATE_REQ) {
		sev_put_u64(p, TIO_MMIO_GPA, FW_BAR_GPA);
		sev_put_u32(p, TIO_MMIO_PAGES, 1 + (how >> 6));
		sev_put_u16(p, TIO_MMIO_FLAGS, TIO_MMIO_F_VALIDATED);
	} else if (type == TIO_MSG_SDTE_WRITE_REQ) {
		sdte_good(p + TIO_SDTE_ENTRY);
	}
	patch(in, p, how & 3);
	sev_put_u64(page, SNP_MSG_SEQNO, r->seqno + 1);
	page[SNP_MSG_ALGO] = SNP_MSG_ALGO_GCM;
	page[SNP_MSG_HDR_VERSION] = 1;
	sev_put_u16(page, SNP_MSG_HDR_SIZE, SNP_MSG_HDR_LEN);
	page[SNP_MSG_TYPE] = type;
	page[SNP_MSG_VERSION] = TIO_MSG_VERSION;
	sev_put_u16(page, SNP_MSG_SIZE, (uint16_t)len);
	if (how & 4)
		page[0x20 + (how >> 3 & 31)] ^= rd_u8(in);
	snp_msg_iv(iv, sev_u64(page, SNP_MSG_SEQNO));
	must(crypto_aead_seal(&r->p->crypto, r->vmpck_slot, iv,
			      page + SNP_MSG_AAD, SNP_MSG_AAD_LEN, p, len, p,
			      page + SNP_MSG_TAG, SNP_MSG_TAG_LEN) == IL_OK);
	if ((how & 0x3c) == 0x38)
		page[SNP_MSG_TAG] ^= 1;
	if (mem_host_write(&r->m, r->msg_req, page, sizeof(page), &f))
		return;
	cmd_tdi(r, b);
	sev_put_u64(b, TIO_GUEST_REQ_REQ, r->msg_req);
	sev_put_u64(b, TIO_GUEST_REQ_RES, r->msg_res);
	ret = ring(SEV_CMD_TIO_GUEST_REQUEST, b, false);
	if (!ret)
		r->seqno += 2;
}

/* The host's instructions, and its writes. */
static void host(struct rd *in, uint8_t op)
{
	const uint8_t which = rd_u8(in), how = rd_u8(in);
	const uint64_t pa = some(which) & ~(uint64_t)(PAGE_4K - 1);
	const struct rmp_update u = { .gpa = how & 8   ? FW_BAR_GPA
					     : how & 4 ? 0x1000
						       : 0,
				      .assigned = how & 1,
				      .pagesize = 0,
				      .immutable = how >> 1 & 1,
				      .asid = how & 0x10   ? FW_ASID
					      : how & 0x20 ? 5
							   : 0 };
	uint8_t b[64];
	struct fault f;

	if (op & 0x10) {
		(void)!own_rmpupdate(&r->o, pa, &u);
		return;
	}
	memset(b, how, sizeof(b));
	rd_copy(in, b, rd_left(in) < (how & 31) ? 0 : how & 31);
	(void)!mem_host_write(&r->m, pa + (op >> 5) * 8, b, 16, &f);
}

/* The device's own access; T passes by a lock session's entry alone. */
static void dma(struct rd *in, uint8_t op)
{
	const uint8_t which = rd_u8(in), how = rd_u8(in);
	const struct iommu_req q = { .rid = PEER_RID + (how & 1u),
				     .t = op & 0x10,
				     .stream = how & 2 ? 1 : PEER_STREAM,
				     .tc = how >> 6,
				     .port = how & 4 ? 1 : PEER_PORT,
				     .iova = some(which),
				     .write = op & 0x20,
				     .len = 1 + (how >> 3 & 7) };
	uint8_t b[16] = { how };
	struct sev_fw_tdi t;
	bool vouched = false;
	struct fault f;

	for (unsigned i = 0; i < sev_fw_tdis(r->fw); i++)
		if (sev_fw_tdi_at(r->fw, i, &t) && t.sdte_valid &&
		    t.rid == q.rid)
			vouched = true;
	if (!iommu_access(&r->i, &q, b, &f) && q.t)
		must(vouched);
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
	p->now_ns += (uint64_t)(b & 0x80) << 26;
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
		command(in, op);
		break;
	case 4:
	case 5:
	case 6:
		spoiled(in, op);
		break;
	case 7:
	case 8:
	case 9:
		guest(in, op & 0x3f);
		break;
	case 10:
	case 11:
		host(in, op);
		break;
	case 12:
	case 13:
		dma(in, op);
		break;
	case 14:
		moods(in);
		break;
	default:
		for (unsigned i = 0; i < 1 + (op >> 4 & 3u); i++) {
			struct own_page p;

			if (!own_entry(&r->o, PEER_BAR + i * PAGE_4K, &p) &&
			    !(p.flags & OWN_F_ASSIGNED))
				bar_give(r, i);
		}
	}
	must(sev_fw_sane(r->fw));
	must(own_sane(&r->o));
	for (unsigned i = 0; i < sev_fw_guests(r->fw); i++) {
		struct sev_fw_guest guest;

		if (sev_fw_guest_at(r->fw, i, &guest) && guest.asid)
			must(guest.asid < FW_ASIDS && guest.gctx);
	}
	must(sev_fw_tsm(r->fw) != NULL);
}

static void start(uint8_t level)
{
	failing = false;
	r = level ? fwrig_new() : fwrig_cold();
	spare[0] = page_host(r);
	spare[1] = page_host(r);
	spare[2] = page_firmware(r);
	spare[3] = page_host(r);
	must(page_assign(r, spare[3], 0x2000, FW_ASID, true) == RMP_OK);
	if (level == 5)
		all_bound(r);
	else if (level >= 6)
		all_running(r);
	else if (level >= 2)
		guest_launch(r);
	if (level == 3)
		(void)!dev_create(r);
	if (level == 4)
		must(dev_connect(r) == SEV_RET_SUCCESS &&
		     tdi_create(r, PEER_RID) == SEV_RET_SUCCESS);
	if (level == 7)
		for (unsigned i = 0; i < 3; i++)
			bar_give(r, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	start(rd_u8(&in) & 7);
	for (unsigned n = 0; rd_left(&in) && n < 64; n++)
		step(&in);
	fwrig_free(r);
	return 0;
}
