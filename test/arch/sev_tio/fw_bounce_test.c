/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"
#include "fw_tests.h"

/* The doorbell, the buffers and the bounce loop. */

static void an_unknown_command_is_refused(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	fwrig_keep(r);
	assert_int_equal(sev_fw_command(r->fw, 0x01, r->cmd),
			 SEV_RET_INVALID_COMMAND);
	assert_int_equal(sev_fw_command(r->fw, 0xd9, r->cmd),
			 SEV_RET_INVALID_COMMAND);
	assert_int_equal(sev_fw_command(r->fw, 0x1d0, r->cmd),
			 SEV_RET_INVALID_COMMAND);
	fwrig_same(r);
	fwrig_free(r);
}

static const uint32_t all_cmds[] = {
	SEV_CMD_SNP_SHUTDOWN_EX,
	SEV_CMD_SNP_DECOMMISSION,
	SEV_CMD_SNP_ACTIVATE,
	SEV_CMD_SNP_GUEST_STATUS,
	SEV_CMD_SNP_GCTX_CREATE,
	SEV_CMD_SNP_GUEST_REQUEST,
	SEV_CMD_SNP_LAUNCH_START,
	SEV_CMD_SNP_LAUNCH_UPDATE,
	SEV_CMD_SNP_LAUNCH_FINISH,
	SEV_CMD_SNP_PAGE_RECLAIM,
	SEV_CMD_SNP_DF_FLUSH,
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
};

static void commands_wait_for_the_platform(void **unused)
{
	struct fwrig *r = fwrig_cold();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(all_cmds); i++) {
		memset(b, 0, sizeof(b));
		assert_int_equal(fw_ring(r, all_cmds[i], b),
				 SEV_RET_INVALID_PLATFORM_STATE);
	}
	fwrig_same(r);
	/* SNP without TIO: the TIO commands still wait */
	memset(b, 0, sizeof(b));
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b), SEV_RET_SUCCESS);
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(all_cmds); i++) {
		if (all_cmds[i] < SEV_CMD_TIO_INIT)
			continue;
		memset(b, 0, sizeof(b));
		assert_int_equal(fw_ring(r, all_cmds[i], b),
				 SEV_RET_INVALID_PLATFORM_STATE);
	}
	fwrig_same(r);
	fwrig_free(r);
}

static void a_wrong_length_is_refused(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(all_cmds); i++) {
		uint32_t len = (uint32_t)sev_cmd_len(all_cmds[i]);

		if (!sev_cmd_has_length(all_cmds[i]))
			continue;
		for (int d = -1; d <= 1; d += 2) {
			sev_put_u32(b, 0, len + (uint32_t)d);
			host_put(r, r->cmd, b, len);
			assert_int_equal(
				sev_fw_command(r->fw, all_cmds[i], r->cmd),
				SEV_RET_INVALID_LEN);
		}
	}
	fwrig_same(r);
	fwrig_free(r);
}

static void a_command_outside_memory_is_refused(void **unused)
{
	static const uint64_t where[] = { PEER_BAR, 0, UINT64_MAX - 4,
					  FW_RAM + FW_RAM_SIZE - 4,
					  MEM_MSI_BASE };
	struct fwrig *r = fwrig_new();

	(void)unused;
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(where); i++)
		assert_int_equal(
			sev_fw_command(r->fw, SEV_CMD_TIO_INIT, where[i]),
			SEV_RET_INVALID_ADDRESS);
	fwrig_same(r);
	fwrig_free(r);
}

static void the_platform_is_initialised_once(void **unused)
{
	struct fwrig *r = fwrig_cold();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	sev_put_u32(b, SNP_INIT_EX_FLAGS, BIT(5));
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b),
			 SEV_RET_INVALID_PARAM);
	r->fw->cfg.tio = false;
	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_TIO);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b),
			 SEV_RET_UNSUPPORTED);
	r->fw->cfg.tio = true;
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b),
			 SEV_RET_INVALID_PLATFORM_STATE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_INIT, b), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_INIT, b),
			 SEV_RET_INVALID_PLATFORM_STATE);
	/* shut down only when nothing is left */
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_SHUTDOWN_EX, b),
			 SEV_RET_INVALID_PLATFORM_STATE);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_DEV_RECLAIM_CTX, sla_make(r->dev_ctx, false));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_SHUTDOWN_EX, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(dev_create(r), SEV_RET_INVALID_PLATFORM_STATE);
	fwrig_free(r);
}

static void the_platform_says_what_it_can(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[0x100];

	(void)unused;
	sev_put_u64(b, SNP_FEATURE_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_FEATURE_INFO, b),
			 SEV_RET_SUCCESS);
	host_get(r, r->answer, s, 16);
	assert_int_equal(sev_u32(s, 4), SNP_FEATURE_EBX_TIO);
	sev_put_u32(b, SNP_FEATURE_ECX, 1);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_FEATURE_INFO, b),
			 SEV_RET_INVALID_PARAM);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, SNP_ADDR_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_PLATFORM_STATUS, b),
			 SEV_RET_SUCCESS);
	host_get(r, r->answer, s, SNP_STATUS_LEN);
	assert_int_equal(s[SNP_STATUS_STATE], 1);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_STATUS_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_STATUS, b), SEV_RET_SUCCESS);
	host_get(r, r->answer, s, TIO_STAT_LEN);
	assert_int_equal(sev_u32(s, TIO_STAT_LENGTH), TIO_STAT_LEN);
	assert_int_equal(sev_u32(s, TIO_STAT_FLAGS),
			 TIO_STAT_F_EN | TIO_STAT_F_INIT_DONE);
	assert_int_equal(sev_u32(s, TIO_STAT_DEVCTX_SIZE), 0x1000);
	assert_int_equal(sev_u32(s, TIO_STAT_OUT_MAX), 5 * 0x1000);
	/* an answer goes to a page in firmware state, inside one page */
	memset(s, 0x77, sizeof(s));
	host_put(r, r->msg_req, s, sizeof(s));
	sev_put_u64(b, TIO_STATUS_PA, r->msg_req);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_STATUS, b),
			 SEV_RET_INVALID_PAGE_STATE);
	host_get(r, r->msg_req, b, TIO_STAT_LEN);
	assert_memory_equal(b, s, TIO_STAT_LEN);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_STATUS_PA, r->answer + PAGE_4K - 8);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_STATUS, b),
			 SEV_RET_INVALID_ADDRESS);
	fwrig_free(r);
}

/* --- contexts --- */

static void a_device_context_is_a_page_of_firmware_state(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };
	uint64_t good = r->dev_ctx;

	(void)unused;
	fwrig_keep(r);
	r->dev_ctx = r->msg_req; /* the host's own */
	assert_int_equal(dev_create(r), SEV_RET_INVALID_PAGE_STATE);
	r->dev_ctx = PEER_BAR;
	assert_int_equal(dev_create(r), SEV_RET_INVALID_ADDRESS);
	r->dev_ctx = 0;
	assert_int_equal(dev_create(r), SEV_RET_INVALID_ADDRESS);
	sev_put_u64(b, TIO_DEV_CREATE_CTX, good | SLA_SCATTER);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CREATE, b),
			 SEV_RET_INVALID_ADDRESS);
	sev_put_u64(b, TIO_DEV_CREATE_CTX, good);
	sev_put_u16(b, TIO_DEV_CREATE_PORT, OWN_PORTS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CREATE, b),
			 SEV_RET_INVALID_PARAM);
	fwrig_same(r);
	r->dev_ctx = good;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, good), OWN_CONTEXT);
	/* one context, one function */
	fwrig_keep(r);
	assert_int_equal(dev_create(r), SEV_RET_INVALID_PAGE_STATE);
	r->dev_ctx = r->tdi_ctx;
	assert_int_equal(dev_create(r), SEV_RET_IN_USE);
	fwrig_same(r);
	r->dev_ctx = good;
	/* the host cannot take it back */
	sev_put_u64(b, SNP_ADDR_PA, good);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_PAGE_RECLAIM, b),
			 SEV_RET_INVALID_PAGE_STATE);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_DEV_RECLAIM_CTX, sla_make(r->dev_ctx, false));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(own_state(&r->o, good), OWN_FIRMWARE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_INVALID_DEV_CTX);
	fwrig_free(r);
}

static void places_for_devices_end(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	(void)unused;
	for (unsigned i = 0; i < 3; i++) {
		memset(b, 0, sizeof(b));
		sev_put_u64(b, TIO_DEV_CREATE_CTX, page_firmware(r));
		sev_put_u16(b, TIO_DEV_CREATE_RID, (uint16_t)(0x300 + i));
		if (i == 2)
			fwrig_keep(r);
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CREATE, b),
				 i < 2 ? SEV_RET_SUCCESS
				       : SEV_RET_RESOURCE_LIMIT);
	}
	fwrig_same(r);
	fwrig_free(r);
}

/* --- connect --- */

static void a_connect_bounces_until_the_stream_is_keyed(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[TIO_DSTAT_LEN];

	(void)unused;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	assert_true(r->bounces > 13);
	assert_true(peer_keys_agree(r->p, 0));
	assert_int_equal(sev_fw_pending(r->fw, 0), 0);
	sev_put_u64(b, TIO_DEV_STATUS_CTX, sla_make(r->dev_ctx, false));
	sev_put_u64(b, TIO_DEV_STATUS_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_STATUS, b),
			 SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u32(s, TIO_DSTAT_LENGTH), sizeof(s));
	assert_int_equal(s[TIO_DSTAT_STATE], TIO_DEV_CONNECTED);
	assert_int_equal(sev_u16(s, TIO_DSTAT_RID), PEER_RID);
	assert_int_equal(s[TIO_DSTAT_TC_MASK], 1);
	assert_int_equal(s[TIO_DSTAT_STREAMS], PEER_STREAM);
	assert_int_equal(s[TIO_DSTAT_STREAMS + 1], 0xff);
	assert_memory_equal(
		s + TIO_DSTAT_CERTS_DIGEST,
		tsm_conn_digest(r->fw->dev[0].conn, TSM_DIGEST_CERT), 48);
	assert_int_equal(sev_u64(s, TIO_DSTAT_ALGOS),
			 TIO_ALGO_DHE_P384 | TIO_ALGO_AEAD_AES256 |
				 TIO_ALGO_ASYM_P384 | TIO_ALGO_HASH_SHA384);
	fwrig_free(r);
}

static void a_connect_out_of_range_changes_nothing(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	fwrig_keep(r);
	cmd_connect(r, b);
	b[TIO_DEV_CONNECT_TC_MASK] = 0;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_INVALID_PARAM);
	b[TIO_DEV_CONNECT_TC_MASK] = 3;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_INVALID_PARAM);
	cmd_connect(r, b);
	b[TIO_DEV_CONNECT_SLOT] = 8;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_INVALID_PARAM);
	cmd_connect(r, b);
	b[TIO_DEV_CONNECT_STREAMS] = 0xff;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_INVALID_PARAM);
	cmd_connect(r, b);
	sev_put_u64(b, TIO_DEV_CONNECT_CTX, r->tdi_ctx);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_INVALID_DEV_CTX);
	fwrig_same(r);
	fwrig_free(r);
}

/* Law 52. */
static void only_the_identical_command_goes_on(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], good[SEV_CMD_BUF_MAX];

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_connect(r, good);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, good),
			 SEV_RET_SPDM_REQUEST);
	assert_int_equal(sev_fw_pending(r->fw, 0), SEV_CMD_TIO_DEV_CONNECT);
	fwrig_keep(r);
	for (size_t i = 8; i < TIO_DEV_CONNECT_LEN; i++) {
		if (i >= TIO_DEV_CONNECT_CTX && i < TIO_DEV_CONNECT_CTX + 8)
			continue; /* names another device */
		memcpy(b, good, sizeof(b));
		b[i] ^= 1;
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
				 SEV_RET_IN_USE);
	}
	cmd_dev(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_IN_USE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_ROLL_KEY, b), SEV_RET_IN_USE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CERTIFICATES, b),
			 SEV_RET_IN_USE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_IN_USE);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_IN_USE);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_DEV_RECLAIM_CTX, sla_make(r->dev_ctx, false));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_IN_USE);
	fwrig_same(r);
	/* looking is not hindered, and says what is pending */
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_DEV_STATUS_CTX, sla_make(r->dev_ctx, false));
	sev_put_u64(b, TIO_DEV_STATUS_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_STATUS, b),
			 SEV_RET_SUCCESS);
	host_get(r, r->answer, b,
		 TIO_DSTAT_LEN > sizeof(b) ? sizeof(b) : TIO_DSTAT_LEN);
	assert_int_equal(b[TIO_DSTAT_P1], TIO_DSTAT_P1_PENDING);
	assert_int_equal(sev_u16(b, TIO_DSTAT_PENDING_CMD),
			 SEV_CMD_TIO_DEV_CONNECT);
	fwrig_same(r);
	/* and the right one goes on to the end */
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, good),
			 SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void request_of(struct fwrig *r, uint8_t out[PAGE_4K])
{
	host_get(r, r->req[0], out, PAGE_4K);
}

static void a_command_issued_again_without_answer_asks_again(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], first[PAGE_4K], again[PAGE_4K];

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_connect(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	request_of(r, first);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	request_of(r, again);
	assert_memory_equal(first, again, sizeof(first));
	fwrig_same(r);
	/* an answer, and the command twice: the second asks the new question
	 * again instead of taking the old answer for it */
	assert_int_equal(fw_bounce(r, SEV_CMD_TIO_DEV_CONNECT),
			 SEV_RET_SPDM_REQUEST);
	request_of(r, first);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	request_of(r, again);
	assert_memory_equal(first, again, sizeof(first));
	fwrig_same(r);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void a_request_says_what_it_is(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], p[PAGE_4K];
	uint8_t *o = p + TIO_BUF_HDR_LEN;

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_connect(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	request_of(r, p);
	/* GET_VERSION: four bytes, plain */
	assert_int_equal(sev_u32(p, TIO_BUF_CAPACITY), 2 * 4096);
	assert_int_equal(sev_u32(p, TIO_BUF_PAYLOAD), 32);
	assert_int_equal(sev_u32(o, TIO_DOBJ_ID), 1);
	assert_int_equal(sev_u32(o, TIO_DOBJ_LENGTH), 20);
	assert_int_equal(o[TIO_DOBJ_VERSION], 0);
	assert_int_equal(o[TIO_DOBJ_VERSION + 1], 1);
	assert_int_equal(o[TIO_DOBJ_DATA_TYPE], TIO_DATA_SPDM);
	assert_int_equal(o[TIO_DOBJ_MSG_LEN + 1], SPDM_GET_VERSION);
	fwrig_free(r);
}

/* Each field of the response's headers, wrong by itself. */
static void a_response_of_wrong_shape_is_not_taken(void **unused)
{
	static const struct {
		uint32_t off;
		uint8_t value[4];
		uint8_t n;
	} t[] = {
		{ TIO_BUF_HDR_LEN + TIO_DOBJ_ID, { 1 }, 4 },
		{ TIO_BUF_HDR_LEN + TIO_DOBJ_ID, { 2, 1 }, 4 },
		{ TIO_BUF_HDR_LEN + TIO_DOBJ_VERSION, { 1 }, 1 },
		{ TIO_BUF_HDR_LEN + TIO_DOBJ_VERSION + 1, { 2 }, 1 },
		{ TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH, { 0xc1, 0x1f }, 4 },
		{ TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH,
		  { 0xff, 0xff, 0xff, 0xff },
		  4 },
		{ TIO_BUF_PAYLOAD, { 17 }, 4 },
	};
	uint8_t b[SEV_CMD_BUF_MAX], keep[PAGE_4K];
	struct fwrig *r = fwrig_new();

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_connect(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	assert_true(fw_exchange(r));
	host_get(r, r->resp[0], keep, sizeof(keep));
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(t); i++) {
		host_put(r, r->resp[0] + t[i].off, t[i].value, t[i].n);
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
				 SEV_RET_INCORRECT_BUFFER_LENGTH);
		fwrig_same(r);
		host_put(r, r->resp[0], keep, sizeof(keep));
	}
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void an_answer_that_is_not_rounded_up_is_taken_too(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], n[4];

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_connect(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	for (uint32_t ret = SEV_RET_SPDM_REQUEST; ret;) {
		assert_int_equal(ret, SEV_RET_SPDM_REQUEST);
		assert_true(fw_exchange(r));
		sev_put_u32(n, 0, (uint32_t)(TIO_DOBJ_MSG_LEN + r->ans_len));
		host_put(r, r->resp[0] + TIO_BUF_HDR_LEN + TIO_DOBJ_LENGTH, n,
			 4);
		ret = fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b);
	}
	assert_true(peer_keys_agree(r->p, 0));
	fwrig_free(r);
}

/* Two more versions, both 0: the message ends in a dword of zeros. */
static void end_in_zeros(struct fwrig *r, unsigned n)
{
	if (n != 1)
		return;
	r->ans[5] = (uint8_t)(r->ans[5] + 2);
	memset(r->ans + r->ans_len, 0, 4);
	r->ans_len += 4;
}

/* What the host puts behind a message is not told from its own zeros by them.
 */
static void an_answer_that_ends_in_zeros_is_taken_whole(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_connect(r, b);
	r->spoil = end_in_zeros;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	assert_true(fw_exchange(r));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	fwrig_free(r);
}

static unsigned spoil_at;

static void flip(struct fwrig *r, unsigned n)
{
	if (n == spoil_at)
		r->ans[r->ans_len - 1] ^= 1;
}

static void a_spoiled_answer_ends_the_connect_and_frees_the_command(void **u)
{
	struct fwrig *r;
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)u;
	for (spoil_at = 1; spoil_at < 20; spoil_at += 3) {
		r = fwrig_new();
		r->spoil = flip;
		assert_int_equal(dev_connect(r), SEV_RET_SPDM_ERROR);
		assert_int_equal(sev_fw_pending(r->fw, 0), 0);
		assert_true(peer_keys_gone(r->p, true));
		/* cut, so it can go at once */
		memset(b, 0, sizeof(b));
		sev_put_u64(b, TIO_DEV_RECLAIM_CTX,
			    sla_make(r->dev_ctx, false));
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
				 SEV_RET_SUCCESS);
		r->spoil = NULL;
		assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
		fwrig_free(r);
	}
}

/* --- buffers
 * ----------------------------------------------------------------------------
 */

static void swap_sla(struct fwrig *r, unsigned which, uint64_t sla,
		     uint32_t want)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	cmd_connect(r, b);
	sev_put_u64(b + TIO_CMD_SPDM_CTRL, which, sla);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT, b), want);
	fwrig_same(r);
}

static void buffers_stand_in_pages_of_the_right_owner(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint64_t list = page_host(r);
	uint8_t e[8 * 32] = { 0 };

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	swap_sla(r, TIO_SPDM_REQ, r->msg_req, SEV_RET_INVALID_PAGE_STATE);
	swap_sla(r, TIO_SPDM_REQ, r->resp_sla, SEV_RET_INVALID_PAGE_STATE);
	swap_sla(r, TIO_SPDM_REQ, r->dev_ctx, SEV_RET_INVALID_PAGE_STATE);
	swap_sla(r, TIO_SPDM_RESP, r->req_sla, SEV_RET_INVALID_PAGE_STATE);
	swap_sla(r, TIO_SPDM_SCRATCH, r->msg_req, SEV_RET_INVALID_PAGE_STATE);
	swap_sla(r, TIO_SPDM_RESP, PEER_BAR, SEV_RET_INVALID_ADDRESS);
	swap_sla(r, TIO_SPDM_RESP, 0, SEV_RET_INVALID_ADDRESS);
	swap_sla(r, TIO_SPDM_REQ, r->scratch | SLA_2M, SEV_RET_INVALID_ADDRESS);
	swap_sla(r, TIO_SPDM_REQ, r->req_sla | SLA_2M, SEV_RET_INVALID_ADDRESS);
	/* a list that is empty, nested, or never ends */
	sev_put_u64(e, 0, SLA_EOL);
	host_put(r, list, e, sizeof(e));
	swap_sla(r, TIO_SPDM_RESP, list | SLA_SCATTER, SEV_RET_INVALID_LEN);
	sev_put_u64(e, 0, r->resp_sla);
	host_put(r, list, e, sizeof(e));
	swap_sla(r, TIO_SPDM_RESP, list | SLA_SCATTER, SEV_RET_INVALID_ADDRESS);
	for (unsigned i = 0; i < 32; i++)
		sev_put_u64(e, 8 * i, r->resp[0]);
	host_put(r, list, e, sizeof(e));
	swap_sla(r, TIO_SPDM_RESP, list | SLA_SCATTER, SEV_RET_INVALID_LEN);
	sev_put_u64(e, 8 * 16, SLA_EOL); /* sixteen are fine */
	host_put(r, list, e, sizeof(e));
	r->resp_sla = list | SLA_SCATTER;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CONNECT,
				 (uint8_t[SEV_CMD_BUF_MAX]){ 0 }),
			 SEV_RET_INVALID_DEV_CTX);
	fwrig_free(r);
}

static void a_small_buffer_is_told_how_large_to_be(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], h[TIO_BUF_HDR_LEN] = { 0 };
	uint64_t small = page_host(r), lie = page_host(r), enc = page_host(r);

	(void)unused;
	sev_put_u32(h, TIO_BUF_CAPACITY, 0x1000);
	host_put(r, small, h, sizeof(h));
	sev_put_u32(h, TIO_BUF_CAPACITY, 0x2000);
	host_put(r, lie, h, sizeof(h));
	sev_put_u32(h, TIO_BUF_CAPACITY, 0x1000);
	sev_put_u32(h, TIO_BUF_FLAGS, 1);
	host_put(r, enc, h, sizeof(h));
	assert_int_equal(page_assign(r, small, 0, 0, true), RMP_OK);
	assert_int_equal(page_assign(r, lie, 0, 0, true), RMP_OK);
	assert_int_equal(page_assign(r, enc, 0, 0, true), RMP_OK);
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	swap_sla(r, TIO_SPDM_REQ, small, SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	host_get(r, small, h, sizeof(h));
	assert_int_equal(sev_u32(h, TIO_BUF_CAPACITY), 0x2000);
	swap_sla(r, TIO_SPDM_REQ, lie, SEV_RET_INCORRECT_BUFFER_LENGTH);
	swap_sla(r, TIO_SPDM_SCRATCH, enc, SEV_RET_UNSUPPORTED);
	/* the output too, before a verb that fills it begins */
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_INVALID_DEV_STATE);
	cmd_connect(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SUCCESS);
	cmd_dev(r, b);
	sev_put_u64(b + TIO_CMD_SPDM_CTRL, TIO_SPDM_OUTPUT, r->scratch);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	fwrig_same(r);
	fwrig_free(r);
}

/* --- the rest of a device's life --- */

static const uint8_t *output(struct fwrig *r, uint32_t id, size_t *len)
{
	static uint8_t all[5 * 4096];
	uint8_t *o = all + TIO_BUF_HDR_LEN;

	for (unsigned i = 0; i < COUNT(r->out); i++)
		host_get(r, r->out[i], all + i * PAGE_4K, PAGE_4K);
	assert_int_equal(sev_u32(o, TIO_DOBJ_ID), id);
	assert_int_equal(sev_u16(o, TIO_DOBJ_DEVICE_ID), PEER_RID);
	assert_int_equal(o[TIO_DOBJ_TYPE], 1);
	*len = sev_u32(o, TIO_DOBJ_LENGTH) - TIO_DOBJ_BLOB_LEN;
	assert_int_equal(sev_u32(all, TIO_BUF_PAYLOAD),
			 align_up(*len + TIO_DOBJ_BLOB_LEN, 32));
	return o + TIO_DOBJ_BLOB_LEN;
}

static void certificates_and_measurements_come_out_whole(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX], digest[48];
	const uint8_t *p;
	size_t len;

	(void)unused;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	cmd_dev(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CERTIFICATES, b),
			 SEV_RET_INVALID_DEV_STATE);
	cmd_connect(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SUCCESS);
	cmd_dev(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_CERTIFICATES, b),
			 SEV_RET_SUCCESS);
	p = output(r, TIO_DOBJ_CERTIFICATE, &len);
	assert_int_equal(
		crypto_hash(&r->p->crypto, CRYPTO_SHA384, p, len, digest),
		IL_OK);
	assert_memory_equal(
		digest, tsm_conn_digest(r->fw->dev[0].conn, TSM_DIGEST_CERT),
		48);
	cmd_dev(r, b);
	sev_put_u32(b, TIO_DEV_FLAGS, 2);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_INVALID_PARAM);
	sev_put_u32(b, TIO_DEV_FLAGS, TIO_DEV_MEAS_F_RAW);
	memset(b + TIO_DEV_MEAS_NONCE, 0x3c, 32);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_SUCCESS);
	p = output(r, TIO_DOBJ_MEASUREMENT, &len);
	assert_non_null(memmem(p, len, b + TIO_DEV_MEAS_NONCE, 32));
	fwrig_free(r);
}

static void a_rolled_key_is_a_new_key(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	cmd_dev(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_ROLL_KEY, b), SEV_RET_SUCCESS);
	assert_true(peer_keys_agree(r->p, 1));
	fwrig_free(r);
}

static void a_disconnect_closes_and_force_needs_no_device(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	cmd_dev(r, b);
	sev_put_u32(b, TIO_DEV_FLAGS, 2);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_INVALID_PARAM);
	assert_int_equal(tdi_create(r, PEER_RID), SEV_RET_SUCCESS);
	cmd_dev(r, b);
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_IN_USE); /* law 4 */
	sev_put_u32(b, TIO_DEV_FLAGS, TIO_DISCONNECT_F_FORCE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_IN_USE);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_DEV_RECLAIM_CTX, sla_make(r->dev_ctx, false));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_IN_USE);
	fwrig_same(r);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_INVALID_DEV_STATE); /* still connected */
	/* begins to disconnect, the device falls silent, the host forces */
	cmd_dev(r, b);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_SPDM_REQUEST);
	sev_put_u32(b, TIO_DEV_FLAGS, TIO_DISCONNECT_F_FORCE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_fw_pending(r->fw, 0), 0);
	assert_int_equal(tsm_conn_state(r->fw->dev[0].conn), TSM_CONN_CLOSED);
	assert_true(peer_keys_gone(r->p, true));
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_DEV_RECLAIM_CTX, sla_make(r->dev_ctx, false));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_RECLAIM, b),
			 SEV_RET_SUCCESS);
	/* and once more, orderly */
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	cmd_dev(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_SUCCESS);
	assert_true(peer_keys_gone(r->p, false));
	fwrig_free(r);
}

static void each_error_has_one_status(void **unused)
{
	(void)unused;
	assert_int_equal(fw_ret(IL_OK), SEV_RET_SUCCESS);
	assert_int_equal(fw_ret(IL_E_ARG), SEV_RET_INVALID_PARAM);
	assert_int_equal(fw_ret(IL_E_STATE), SEV_RET_INVALID_DEV_STATE);
	assert_int_equal(fw_ret(IL_E_SPACE), SEV_RET_RESPONSE_TOO_LARGE);
	assert_int_equal(fw_ret(IL_E_SHORT), SEV_RET_SPDM_ERROR);
	assert_int_equal(fw_ret(IL_E_LONG), SEV_RET_SPDM_ERROR);
	assert_int_equal(fw_ret(IL_E_FIELD), SEV_RET_SPDM_ERROR);
	assert_int_equal(fw_ret(IL_E_AUTH), SEV_RET_SPDM_ERROR);
	assert_int_equal(fw_ret(IL_E_PEER), SEV_RET_SPDM_ERROR);
	assert_int_equal(fw_ret(IL_E_TIMEOUT), SEV_RET_SPDM_ERROR);
	assert_int_equal(fw_ret(IL_E_AGAIN), SEV_RET_SPDM_REQUEST);
	assert_int_equal(fw_ret(IL_E_NOMEM), SEV_RET_RESOURCE_LIMIT);
	assert_int_equal(fw_ret(IL_E_RANDOM), SEV_RET_HWERROR_PLATFORM);
	assert_int_equal(fw_ret(IL_E_IO), SEV_RET_IN_DEV_CONN);
}

const struct CMUnitTest fw_bounce_tests[] = {
	cmocka_unit_test(an_unknown_command_is_refused),
	cmocka_unit_test(commands_wait_for_the_platform),
	cmocka_unit_test(a_wrong_length_is_refused),
	cmocka_unit_test(a_command_outside_memory_is_refused),
	cmocka_unit_test(the_platform_is_initialised_once),
	cmocka_unit_test(the_platform_says_what_it_can),
	cmocka_unit_test(a_device_context_is_a_page_of_firmware_state),
	cmocka_unit_test(places_for_devices_end),
	cmocka_unit_test(a_connect_bounces_until_the_stream_is_keyed),
	cmocka_unit_test(a_connect_out_of_range_changes_nothing),
	cmocka_unit_test(only_the_identical_command_goes_on),
	cmocka_unit_test(a_command_issued_again_without_answer_asks_again),
	cmocka_unit_test(a_request_says_what_it_is),
	cmocka_unit_test(a_response_of_wrong_shape_is_not_taken),
	cmocka_unit_test(an_answer_that_is_not_rounded_up_is_taken_too),
	cmocka_unit_test(an_answer_that_ends_in_zeros_is_taken_whole),
	cmocka_unit_test(
		a_spoiled_answer_ends_the_connect_and_frees_the_command),
	cmocka_unit_test(buffers_stand_in_pages_of_the_right_owner),
	cmocka_unit_test(a_small_buffer_is_told_how_large_to_be),
	cmocka_unit_test(certificates_and_measurements_come_out_whole),
	cmocka_unit_test(a_rolled_key_is_a_new_key),
	cmocka_unit_test(a_disconnect_closes_and_force_needs_no_device),
	cmocka_unit_test(each_error_has_one_status),
};
const size_t fw_bounce_tests_n = COUNT(fw_bounce_tests);
