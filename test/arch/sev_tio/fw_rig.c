/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"

#include <stdlib.h>

/* --- the machine --- */

static enum il_err bar_read(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)pa;
	(void)f;
	memset(buf, 0xff, len);
	return IL_OK;
}

static enum il_err bar_write(void *ctx, const struct mem_req *q, bool trusted,
			     uint64_t pa, const uint8_t *buf, uint32_t len,
			     struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)pa;
	(void)buf;
	(void)len;
	(void)f;
	return IL_OK;
}

static const struct mem_mmio_ops bar_ops = { bar_read, bar_write };

static void machine_up(struct fwrig *r)
{
	struct mem_cfg mc = { &r->arena, &r->p->env, OWN_KEYS(FW_ASIDS), 4 };
	struct own_cfg oc = { .arena = &r->arena,
			      .env = &r->p->env,
			      .mem = &r->m,
			      .asids = FW_ASIDS,
			      .sdte = FW_SDTE,
			      .rids = FW_RIDS };
	struct iommu_cfg ic = { .arena = &r->arena,
				.env = &r->p->env,
				.mem = &r->m,
				.rules = &own_iommu_rules,
				.rules_ctx = &r->o,
				.tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 16 };

	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, FW_RAM, FW_RAM_SIZE), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, PEER_BAR, PAGE_2M, &bar_ops, r),
			 IL_OK);
	assert_int_equal(own_init(&r->o, &oc), IL_OK);
	assert_int_equal(own_cover(&r->o, FW_RAM, FW_RAM_SIZE, false, 0),
			 IL_OK);
	assert_int_equal(own_cover(&r->o, PEER_BAR, PAGE_2M, true, PEER_PORT),
			 IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(own_start(&r->o, &r->i, 0xf1), IL_OK);
}

uint64_t page_host(struct fwrig *r)
{
	uint64_t pa = r->next;

	r->next += PAGE_4K;
	assert_true(r->next < FW_SDTE);
	return pa;
}

enum rmp_rc page_assign(struct fwrig *r, uint64_t pa, uint64_t gpa,
			uint32_t asid, bool immutable)
{
	const struct rmp_update u = {
		.gpa = gpa, .assigned = 1, .immutable = immutable, .asid = asid
	};

	return own_rmpupdate(&r->o, pa, &u);
}

uint64_t page_firmware(struct fwrig *r)
{
	uint64_t pa = page_host(r);

	assert_int_equal(page_assign(r, pa, 0, 0, true), RMP_OK);
	return pa;
}

void host_put(struct fwrig *r, uint64_t pa, const void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_write(&r->m, pa, p, len, &f), IL_OK);
}

void host_get(struct fwrig *r, uint64_t pa, void *p, uint32_t len)
{
	struct fault f;

	assert_int_equal(mem_host_read(&r->m, pa, p, len, &f), IL_OK);
}

/* A buffer with its header, then given to firmware if it is to be. */
static void buffer(struct fwrig *r, uint64_t *page, unsigned n, bool firmware)
{
	uint8_t h[TIO_BUF_HDR_LEN] = { 0 };

	for (unsigned i = 0; i < n; i++)
		page[i] = page_host(r);
	sev_put_u32(h, TIO_BUF_CAPACITY, (uint32_t)(n * PAGE_4K));
	host_put(r, page[0], h, sizeof(h));
	for (unsigned i = 0; firmware && i < n; i++)
		assert_int_equal(page_assign(r, page[i], 0, 0, true), RMP_OK);
}

static uint64_t scatter(struct fwrig *r, const uint64_t *page, unsigned n)
{
	uint64_t pa = page_host(r);
	uint8_t e[8];

	for (unsigned i = 0; i <= n; i++) {
		sev_put_u64(e, 0, i < n ? sla_make(page[i], false) : SLA_EOL);
		host_put(r, pa + 8 * i, e, sizeof(e));
	}
	return sla_make(pa, true);
}

struct fwrig *fwrig_made(bool frugal)
{
	struct fwrig *r = calloc(1, sizeof(*r));
	struct sev_fw_cfg cfg = { .keys = &peer_rp_keys,
				  .tio = true,
				  .frugal = frugal,
				  .limits = sev_fw_limits_default() };

	assert_non_null(r);
	assert_int_equal(arena_map(&r->arena, 0, 128 << 20), IL_OK);
	r->p = peer_new();
	r->next = FW_RAM + PAGE_2M;
	machine_up(r);
	cfg.crypto = &r->p->crypto;
	cfg.env = &r->p->env;
	cfg.mem = &r->m;
	cfg.own = &r->o;
	cfg.keys_ctx = r->p;
	cfg.limits.guests = 2;
	cfg.limits.tsm.conns = 2;
	cfg.limits.tsm.binds = 2;
	assert_int_equal(sev_fw_new(&r->arena, &cfg, &r->fw), IL_OK);
	r->cmd = page_host(r);
	r->answer = page_firmware(r);
	r->dev_ctx = page_firmware(r);
	r->tdi_ctx = page_firmware(r);
	r->gctx = page_firmware(r);
	buffer(r, r->req, COUNT(r->req), true);
	buffer(r, r->resp, COUNT(r->resp), false);
	buffer(r, &r->scratch, 1, true);
	buffer(r, r->out, COUNT(r->out), true);
	r->req_sla = scatter(r, r->req, COUNT(r->req));
	r->resp_sla = scatter(r, r->resp, COUNT(r->resp));
	r->out_sla = scatter(r, r->out, COUNT(r->out));
	r->msg_req = page_host(r);
	r->msg_res = page_firmware(r);
	return r;
}

struct fwrig *fwrig_cold(void)
{
	return fwrig_made(false);
}

struct fwrig *fwrig_new(void)
{
	struct fwrig *r = fwrig_cold();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_INIT_RMP | SNP_INIT_F_TIO);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b), SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_INIT, b), SEV_RET_SUCCESS);
	return r;
}

void fwrig_free(struct fwrig *r)
{
	assert_true(sev_fw_sane(r->fw));
	assert_true(own_sane(&r->o));
	free(r->kept_rmp);
	free(r->kept_fw);
	peer_free(r->p);
	arena_unmap(&r->arena);
	free(r);
}

/* --- commands --- */

uint32_t fw_ring(struct fwrig *r, uint32_t cmd, uint8_t *buf)
{
	size_t len = sev_cmd_len(cmd);

	if (sev_cmd_has_length(cmd))
		sev_put_u32(buf, TIO_CMD_LENGTH, (uint32_t)len);
	if (len)
		host_put(r, r->cmd, buf, (uint32_t)len);
	sev_fw_time(r->fw, r->p->now_ns);
	return sev_fw_command(r->fw, cmd, len ? r->cmd : 0);
}

static void gather(struct fwrig *r, const uint64_t *page, uint32_t off,
		   uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++, off++)
		host_get(r, page[off / PAGE_4K] + off % PAGE_4K, out + i, 1);
}

bool fw_exchange(struct fwrig *r)
{
	uint8_t h[TIO_BUF_HDR_LEN + TIO_DOBJ_MSG_LEN];
	uint8_t *o = h + TIO_BUF_HDR_LEN;
	uint8_t msg[PEER_MSG], kind = 0;
	uint32_t len;

	gather(r, r->req, 0, h, sizeof(h));
	assert_int_equal(sev_u32(o, TIO_DOBJ_ID), TIO_DOBJ_REQ);
	len = sev_u32(o, TIO_DOBJ_LENGTH) - TIO_DOBJ_MSG_LEN;
	assert_true(len <= sizeof(msg));
	gather(r, r->req, sizeof(h), msg, len);
	/* Linux uses its buffer again: behind an answer stands an older one. */
	memset(r->ans, 0xa5, sizeof(r->ans));
	if (!peer_answer(r->p, o[TIO_DOBJ_DATA_TYPE], msg, len, r->ans,
			 sizeof(r->ans), &r->ans_len, &kind))
		return false;
	r->bounces++;
	if (r->spoil)
		r->spoil(r, r->bounces);
	/* as Linux does it: rounded up to 32 */
	len = (uint32_t)align_up(TIO_DOBJ_MSG_LEN + r->ans_len, TIO_BUF_ALIGN);
	memset(h, 0, sizeof(h));
	sev_put_u32(h, TIO_BUF_CAPACITY, COUNT(r->resp) * PAGE_4K);
	sev_put_u32(h, TIO_BUF_PAYLOAD, len);
	sev_put_u32(o, TIO_DOBJ_ID, TIO_DOBJ_RESP);
	sev_put_u32(o, TIO_DOBJ_LENGTH, len);
	sev_put_u16(o, TIO_DOBJ_VERSION, TIO_DOBJ_VERSION_1_0);
	o[TIO_DOBJ_DATA_TYPE] = kind;
	host_put(r, r->resp[0], h, sizeof(h));
	for (uint32_t off = sizeof(h), i = 0; i < len - TIO_DOBJ_MSG_LEN;
	     i++, off++)
		host_put(r, r->resp[off / PAGE_4K] + off % PAGE_4K, r->ans + i,
			 1);
	return true;
}

uint32_t fw_bounce(struct fwrig *r, uint32_t cmd)
{
	if (!fw_exchange(r))
		return UINT32_MAX;
	sev_fw_time(r->fw, r->p->now_ns);
	return sev_fw_command(r->fw, cmd, r->cmd);
}

uint32_t fw_carry(struct fwrig *r, uint32_t cmd, uint8_t *buf)
{
	uint32_t ret = fw_ring(r, cmd, buf);

	r->bounces = 0;
	while (ret == SEV_RET_SPDM_REQUEST)
		ret = fw_bounce(r, cmd);
	return ret;
}

void put_ctrl(const struct fwrig *r, uint8_t *buf)
{
	uint8_t *k = buf + TIO_CMD_SPDM_CTRL;

	sev_put_u64(k, TIO_SPDM_REQ, r->req_sla);
	sev_put_u64(k, TIO_SPDM_RESP, r->resp_sla);
	sev_put_u64(k, TIO_SPDM_SCRATCH, sla_make(r->scratch, false));
	sev_put_u64(k, TIO_SPDM_OUTPUT, r->out_sla);
}

void cmd_connect(const struct fwrig *r, uint8_t *b)
{
	memset(b, 0, SEV_CMD_BUF_MAX);
	put_ctrl(r, b);
	sev_put_u64(b, TIO_DEV_CONNECT_CTX, sla_make(r->dev_ctx, false));
	b[TIO_DEV_CONNECT_TC_MASK] = 1;
	memset(b + TIO_DEV_CONNECT_STREAMS, 0xff, 8);
	b[TIO_DEV_CONNECT_STREAMS] = PEER_STREAM;
}

void cmd_dev(const struct fwrig *r, uint8_t *b)
{
	memset(b, 0, SEV_CMD_BUF_MAX);
	put_ctrl(r, b);
	sev_put_u64(b, TIO_DEV_CTX, sla_make(r->dev_ctx, false));
}

void cmd_tdi(const struct fwrig *r, uint8_t *b)
{
	memset(b, 0, SEV_CMD_BUF_MAX);
	put_ctrl(r, b);
	sev_put_u64(b, TIO_TDI_DEV, sla_make(r->dev_ctx, false));
	sev_put_u64(b, TIO_TDI_TDI, sla_make(r->tdi_ctx, false));
	sev_put_u64(b, TIO_TDI_GCTX, r->gctx);
}

void cmd_bind(const struct fwrig *r, uint8_t *b, bool run)
{
	cmd_tdi(r, b);
	sev_put_u16(b, TIO_TDI_BIND_GUEST_ID, FW_GUEST_ID);
	sev_put_u16(b, TIO_TDI_BIND_LOCK_FLAGS, FW_FLAGS);
	sev_put_u16(b, TIO_TDI_BIND_RUN_FLAGS, run ? TIO_RUN_FORCE : 0);
}

uint32_t dev_create(struct fwrig *r)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, TIO_DEV_CREATE_CTX, sla_make(r->dev_ctx, false));
	sev_put_u16(b, TIO_DEV_CREATE_RID, PEER_RID);
	sev_put_u16(b, TIO_DEV_CREATE_PORT, PEER_PORT);
	return fw_ring(r, SEV_CMD_TIO_DEV_CREATE, b);
}

uint32_t dev_connect(struct fwrig *r)
{
	uint8_t b[SEV_CMD_BUF_MAX];
	uint32_t ret = dev_create(r);

	if (ret)
		return ret;
	cmd_connect(r, b);
	ret = fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, b);
	if (!ret)
		peer_enable(r->p);
	return ret;
}

uint32_t tdi_create(struct fwrig *r, uint32_t function)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, TIO_TDI_CREATE_DEV, sla_make(r->dev_ctx, false));
	sev_put_u64(b, TIO_TDI_CREATE_TDI, sla_make(r->tdi_ctx, false));
	sev_put_u32(b, TIO_TDI_CREATE_IF, function);
	return fw_ring(r, SEV_CMD_TIO_TDI_CREATE, b);
}

uint32_t tdi_bind(struct fwrig *r, bool run)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	cmd_bind(r, b, run);
	return fw_carry(r, SEV_CMD_TIO_TDI_BIND, b);
}

uint32_t tdi_unbind(struct fwrig *r, uint32_t flags)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	cmd_tdi(r, b);
	sev_put_u32(b, TIO_TDI_FLAGS, flags);
	return fw_carry(r, SEV_CMD_TIO_TDI_UNBIND, b);
}

uint32_t tdi_reclaim(struct fwrig *r)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, TIO_TDI_RECLAIM_DEV, sla_make(r->dev_ctx, false));
	sev_put_u64(b, TIO_TDI_RECLAIM_TDI, sla_make(r->tdi_ctx, false));
	return fw_ring(r, SEV_CMD_TIO_TDI_RECLAIM, b);
}

static void launch_page(struct fwrig *r, unsigned type, uint64_t gpa)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };
	uint64_t pa = page_host(r);

	assert_int_equal(page_assign(r, pa, gpa, FW_ASID, true), RMP_OK);
	sev_put_u64(b, SNP_LUPDATE_GCTX, r->gctx);
	sev_put_u32(b, SNP_LUPDATE_TYPE, type << 1);
	sev_put_u64(b, SNP_LUPDATE_PA, pa);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_LAUNCH_UPDATE, b),
			 SEV_RET_SUCCESS);
	if (type != SNP_PAGE_SECRETS)
		return;
	struct mem_req q = { .who = AGENT_FIRMWARE,
			     .trusted = true,
			     .owner = FW_ASID,
			     .pa = pa + SNP_SECRETS_VMPCK,
			     .gpa = gpa,
			     .len = sizeof(r->vmpck) };
	struct fault f;

	assert_int_equal(mem_access(&r->m, &q, r->vmpck, &f), IL_OK);
}

void guest_launch(struct fwrig *r)
{
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u64(b, SNP_ADDR_PA, r->gctx);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_GCTX_CREATE, b),
			 SEV_RET_SUCCESS);
	sev_put_u64(b, SNP_LSTART_POLICY, SNP_POLICY_RSVD_ONE | SNP_POLICY_SMT);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_LAUNCH_START, b),
			 SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, SNP_ACTIVATE_GCTX, r->gctx);
	sev_put_u32(b, SNP_ACTIVATE_ASID, FW_ASID);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_ACTIVATE, b), SEV_RET_SUCCESS);
	launch_page(r, SNP_PAGE_SECRETS, 0x1000);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, SNP_LFINISH_GCTX, r->gctx);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_LAUNCH_FINISH, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(crypto_aead_key(&r->p->crypto, &r->vmpck_slot,
					 CRYPTO_AES_256_GCM, r->vmpck[0]),
			 IL_OK);
}

void all_bound(struct fwrig *r)
{
	guest_launch(r);
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	assert_int_equal(tdi_bind(r, false), SEV_RET_SUCCESS);
}

void all_running(struct fwrig *r)
{
	all_bound(r);
	assert_int_equal(tdi_bind(r, true), SEV_RET_SUCCESS);
}

void bar_give(struct fwrig *r, unsigned i)
{
	assert_int_equal(page_assign(r, PEER_BAR + i * PAGE_4K,
				     FW_BAR_GPA + i * PAGE_4K, FW_ASID, true),
			 RMP_OK);
}

/* --- the guest --- */

uint64_t tdi_id(const struct fwrig *r)
{
	struct sev_fw_tdi t;

	return sev_fw_tdi_at(r->fw, 0, &t) ? t.tdi_id : 0;
}

/* A request page; the caller may damage it before it is sent. */
static void seal(struct fwrig *r, unsigned type, const uint8_t *payload,
		 uint8_t page[4096])
{
	size_t len = tio_msg_req_len(type);
	uint8_t iv[12];

	memset(page, 0, 4096);
	sev_put_u64(page, SNP_MSG_SEQNO, r->seqno + 1);
	page[SNP_MSG_ALGO] = SNP_MSG_ALGO_GCM;
	page[SNP_MSG_HDR_VERSION] = 1;
	sev_put_u16(page, SNP_MSG_HDR_SIZE, SNP_MSG_HDR_LEN);
	page[SNP_MSG_TYPE] = (uint8_t)type;
	page[SNP_MSG_VERSION] = TIO_MSG_VERSION;
	sev_put_u16(page, SNP_MSG_SIZE, (uint16_t)len);
	snp_msg_iv(iv, r->seqno + 1);
	assert_int_equal(crypto_aead_seal(&r->p->crypto, r->vmpck_slot, iv,
					  page + SNP_MSG_AAD, SNP_MSG_AAD_LEN,
					  payload, len, page + SNP_MSG_HDR_LEN,
					  page + SNP_MSG_TAG, SNP_MSG_TAG_LEN),
			 IL_OK);
}

static void unseal(struct fwrig *r, unsigned type, uint8_t *rsp)
{
	uint8_t page[4096], iv[12];
	size_t len = tio_msg_rsp_len(type + 1);

	host_get(r, r->msg_res, page, sizeof(page));
	assert_int_equal(sev_u64(page, SNP_MSG_SEQNO), r->seqno + 2);
	assert_int_equal(page[SNP_MSG_TYPE], type + 1);
	assert_int_equal(sev_u16(page, SNP_MSG_SIZE), len);
	snp_msg_iv(iv, r->seqno + 2);
	assert_int_equal(crypto_aead_open(&r->p->crypto, r->vmpck_slot, iv,
					  page + SNP_MSG_AAD, SNP_MSG_AAD_LEN,
					  page + SNP_MSG_HDR_LEN, len, rsp,
					  page + SNP_MSG_TAG, SNP_MSG_TAG_LEN),
			 IL_OK);
	r->seqno += 2;
}

uint32_t guest_says(struct fwrig *r, unsigned type, const uint8_t *payload,
		    uint8_t *rsp)
{
	uint8_t b[SEV_CMD_BUF_MAX], page[4096];
	uint32_t ret;

	seal(r, type, payload, page);
	host_put(r, r->msg_req, page, sizeof(page));
	cmd_tdi(r, b);
	sev_put_u64(b, TIO_GUEST_REQ_REQ, r->msg_req);
	sev_put_u64(b, TIO_GUEST_REQ_RES, r->msg_res);
	ret = fw_ring(r, SEV_CMD_TIO_GUEST_REQUEST, b);
	if (!ret)
		unseal(r, type, rsp);
	return ret;
}

uint16_t mmio_validate(struct fwrig *r, uint64_t gpa, uint32_t pages,
		       uint32_t off, uint16_t range, uint16_t flags)
{
	uint8_t p[TIO_MMIO_LEN] = { 0 }, rsp[TIO_INFO_RSP_LEN];

	sev_put_u64(p, TIO_MSG_TDI_ID, tdi_id(r));
	sev_put_u64(p, TIO_MMIO_GPA, gpa);
	sev_put_u32(p, TIO_MMIO_PAGES, pages);
	sev_put_u32(p, TIO_MMIO_OFFSET, off);
	sev_put_u16(p, TIO_MMIO_FLAGS, flags);
	sev_put_u16(p, TIO_MMIO_RANGE, range);
	assert_int_equal(guest_says(r, TIO_MSG_MMIO_VALIDATE_REQ, p, rsp),
			 SEV_RET_SUCCESS);
	assert_memory_equal(rsp, p, 8);
	assert_memory_equal(rsp + TIO_MMIO_GPA, p + TIO_MMIO_GPA, 16);
	return (uint16_t)(sev_u16(rsp, TIO_MSG_STATUS) |
			  sev_u16(rsp, TIO_MMIO_FLAGS) << 8);
}

void sdte_good(uint8_t e[SDTE_LEN])
{
	memset(e, 0, SDTE_LEN);
	sdte_put(e, SDTE_V, 1);
	sdte_put(e, SDTE_IR, 1);
	sdte_put(e, SDTE_IW, 1);
	sdte_put(e, SDTE_VTOM_EN, 1);
	sdte_put(e, SDTE_VTOM, (UINT64_C(1) << 40) >> SDTE_VTOM_SHIFT);
}

uint16_t sdte_write(struct fwrig *r, const uint8_t e[SDTE_LEN])
{
	uint8_t p[TIO_SDTE_REQ_LEN] = { 0 }, rsp[TIO_INFO_RSP_LEN];

	sev_put_u64(p, TIO_MSG_TDI_ID, tdi_id(r));
	memcpy(p + TIO_SDTE_ENTRY, e, SDTE_LEN);
	assert_int_equal(guest_says(r, TIO_MSG_SDTE_WRITE_REQ, p, rsp),
			 SEV_RET_SUCCESS);
	return sev_u16(rsp, TIO_MSG_STATUS);
}

/* --- refusals
 * -----------------------------------------------------------------------------
 */

#define RMP_PAGES ((FW_RAM_SIZE + PAGE_2M) / PAGE_4K)

static void copy_rmp(const struct fwrig *r, struct own_page *to)
{
	size_t n = FW_RAM_SIZE / PAGE_4K;

	memcpy(to, r->o.range[0].page, n * sizeof(*to));
	memcpy(to + n, r->o.range[1].page, PAGE_2M / PAGE_4K * sizeof(*to));
}

/* Books: guests, devices, TDIs; not the scratch buffers behind them. */
static size_t copy_fw(const struct fwrig *r, uint8_t *to)
{
	const struct sev_fw *fw = r->fw;
	const struct {
		const void *p;
		size_t n;
	} part[] = {
		{ fw->guest, 2 * sizeof(*fw->guest) },
		{ fw->dev, 2 * sizeof(*fw->dev) },
		{ fw->tdi, 2 * sizeof(*fw->tdi) },
		{ fw->tsm->conn, 2 * sizeof(*fw->tsm->conn) },
		{ fw->tsm->bind, 2 * sizeof(*fw->tsm->bind) },
		{ fw->stale, FW_ASIDS },
		{ &fw->next_tdi_id, sizeof(fw->next_tdi_id) },
		{ &fw->snp, sizeof(fw->snp) },
		{ &fw->tio_en, sizeof(fw->tio_en) },
		{ &fw->tio, sizeof(fw->tio) },
		{ r->o.fence, FW_ASIDS * OWN_PORTS },
		{ r->o.active, FW_ASIDS },
	};
	size_t at = 0;

	for (size_t i = 0; i < COUNT(part); i++) {
		if (to)
			memcpy(to + at, part[i].p, part[i].n);
		at += part[i].n;
	}
	return at;
}

void fwrig_keep(struct fwrig *r)
{
	free(r->kept_rmp);
	free(r->kept_fw);
	r->kept_rmp = calloc(RMP_PAGES, sizeof(*r->kept_rmp));
	r->kept_fw_len = copy_fw(r, NULL);
	r->kept_fw = malloc(r->kept_fw_len);
	assert_true(r->kept_rmp && r->kept_fw);
	copy_rmp(r, r->kept_rmp);
	(void)copy_fw(r, r->kept_fw);
}

void fwrig_same(struct fwrig *r)
{
	struct own_page *rmp = calloc(RMP_PAGES, sizeof(*rmp));
	uint8_t *fw = malloc(r->kept_fw_len);

	assert_true(rmp && fw);
	copy_rmp(r, rmp);
	assert_int_equal(copy_fw(r, fw), r->kept_fw_len);
	assert_memory_equal(rmp, r->kept_rmp, RMP_PAGES * sizeof(*rmp));
	assert_memory_equal(fw, r->kept_fw, r->kept_fw_len);
	free(rmp);
	free(fw);
}
