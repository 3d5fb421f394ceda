/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_rig.h"
#include "fw_tests.h"

/* What the other tests do not reach: limits, storage, books that lie. */

static enum il_err with(struct sev_fw_limits l, size_t cap)
{
	struct fwrig *r = fwrig_cold();
	struct sev_fw_cfg cfg = r->fw->cfg;
	struct sev_fw *fw = NULL;
	struct arena a;
	enum il_err err;

	cfg.limits = l;
	assert_int_equal(arena_map(&a, 0, cap), IL_OK);
	err = sev_fw_new(&a, &cfg, &fw);
	assert_int_equal(err == IL_OK, fw != NULL);
	if (fw)
		assert_true(fw->guest && fw->dev && fw->tdi && fw->stale &&
			    fw->tsm);
	arena_unmap(&a);
	fwrig_free(r);
	return err;
}

static void firmware_refuses_limits_that_its_buffers_cannot_hold(void **unused)
{
	const struct sev_fw_limits good = sev_fw_limits_default();
	struct sev_fw_limits l;

	(void)unused;
	assert_int_equal(with(good, 8 << 20), IL_OK);
#define BAD(field, value)  \
	l = good;          \
	l.field = (value); \
	assert_int_equal(with(l, 8 << 20), IL_E_ARG)
	BAD(guests, 0);
	BAD(guests, 4097);
	BAD(tsm.msg, FW_MSG_MAX - 511);
	BAD(tsm.blob, FW_OUT_SIZE);
	BAD(tsm.chain, FW_OUT_SIZE);
	BAD(tsm.conns, 0);
#undef BAD
}

static void firmware_that_does_not_fit_is_not_made(void **unused)
{
	struct sev_fw_limits l = sev_fw_limits_default();
	size_t cap = 4096;

	(void)unused;
	l.tsm.conns = 1;
	l.tsm.binds = 1;
	l.guests = 1;
	while (with(l, cap) == IL_E_NOMEM) {
		cap += 4096;
		assert_true(cap < 4 << 20);
	}
	l.guests = 4096; /* the table alone is larger */
	assert_int_equal(with(l, 64 << 10), IL_E_NOMEM);
	l.guests = 1;
	l.tsm.binds = 65536;
	assert_int_equal(with(l, 64 << 10), IL_E_NOMEM);
}

static void a_device_holds_the_firmware_for_a_second_at_the_most(void **unused)
{
	static const struct {
		uint64_t until, held;
	} rows[] = {
		{ 0, 0 },
		{ 99, 0 },
		{ 100, 0 },
		{ 101, 1 },
		{ 1000000100, 1000000000 },
		{ 1000000101, 1000000000 },
		{ UINT64_MAX, 1000000000 },
	};
	struct fwrig *r = fwrig_cold();

	(void)unused;
	sev_fw_time(r->fw, 100);
	for (size_t i = 0; i < COUNT(rows); i++) {
		r->fw->hold_ns = rows[i].until;
		assert_int_equal(sev_fw_held_ns(r->fw), rows[i].held);
	}
	/* The next command is not held by what the last one waited for. */
	(void)sev_fw_command(r->fw, 0, 0);
	assert_int_equal(sev_fw_held_ns(r->fw), 0);
	fwrig_free(r);
}

#define LIE(field, value)                         \
	do {                                      \
		__typeof__(field) old_ = (field); \
		assert_true(sev_fw_sane(r->fw));  \
		(field) = (value);                \
		assert_false(sev_fw_sane(r->fw)); \
		(field) = old_;                   \
	} while (0)

static void firmware_sees_books_that_do_not_add_up(void **unused)
{
	struct fwrig *r = fwrig_new();
	struct fw_tdi *t = &r->fw->tdi[0];

	(void)unused;
	all_running(r);
	LIE(r->fw->dev[1].pending, 1);
	LIE(r->fw->dev[0].pending, SEV_CMD_TIO_ROLL_KEY);
	LIE(t->guest, NULL);
	LIE(r->fw->guest[0].used, false);
	LIE(r->fw->guest[0].asid, 0);
	LIE(t->lock_id, t->lock_id + 1);
	tsm_dma_set(t->bind, true);
	LIE(t->lock_id, 0);
	tsm_dma_set(t->bind, false);
	LIE(tsm_bind_at(r->fw->tsm, 0)->state, TSM_BIND_STATES);
	fwrig_free(r);
}

static void look_ups_beyond_the_tables_find_nothing(void **unused)
{
	struct fwrig *r = fwrig_new();
	struct sev_fw_tdi t;

	(void)unused;
	assert_int_equal(sev_fw_tdis(r->fw), 2);
	assert_int_equal(sev_fw_guests(r->fw), 2);
	assert_false(sev_fw_tdi_at(r->fw, 0, &t));
	assert_false(sev_fw_tdi_at(r->fw, 2, &t));
	assert_int_equal(sev_fw_pending(r->fw, 2), 0);
	fwrig_free(r);
}

static void firmware_without_tio_says_so(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[16];

	(void)unused;
	r->fw->cfg.tio = false;
	sev_put_u64(b, TIO_STATUS_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_STATUS, b),
			 SEV_RET_INVALID_COMMAND);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, SNP_FEATURE_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_FEATURE_INFO, b),
			 SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u32(s, 4), 0);
	fwrig_free(r);
}

static void commands_of_a_tdi_name_one_that_is_there(void **unused)
{
	static const uint32_t cmds[] = {
		SEV_CMD_TIO_TDI_BIND,	   SEV_CMD_TIO_TDI_UNBIND,
		SEV_CMD_TIO_TDI_REPORT,	   SEV_CMD_TIO_TDI_STATUS,
		SEV_CMD_TIO_GUEST_REQUEST,
	};
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)unused;
	all_bound(r);
	fwrig_keep(r);
	for (size_t i = 0; i < COUNT(cmds); i++) {
		cmd_bind(r, b, false);
		sev_put_u64(b, TIO_TDI_TDI, r->gctx);
		assert_int_equal(fw_ring(r, cmds[i], b),
				 SEV_RET_INVALID_TDI_CTX);
		sev_put_u64(b, TIO_TDI_TDI, r->tdi_ctx | SLA_SCATTER);
		assert_int_equal(fw_ring(r, cmds[i], b),
				 SEV_RET_INVALID_TDI_CTX);
	}
	fwrig_same(r);
	fwrig_free(r);
}

/* Once the failure was told, asking again without FORCE is enough. */
static void a_cut_tdi_is_unbound_by_asking_again(void **unused)
{
	struct fwrig *r = fwrig_new();

	(void)unused;
	all_running(r);
	tsm_isolate(r->fw->dev[0].conn);
	assert_int_equal(tdi_unbind(r, 0), SEV_RET_SUCCESS);
	assert_null(r->fw->tdi[0].guest);
	assert_int_equal(tdi_reclaim(r), SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* Gates are asked at the moment of the grant, whatever was true before. */
static void a_shut_gate_refuses_a_guest_that_has_its_id(void **unused)
{
	struct fwrig *r = fwrig_new();
	struct tsm_bind *b;
	uint8_t e[SDTE_LEN] = { 0 };

	(void)unused;
	all_running(r);
	bar_give(r, 0);
	b = tsm_bind_at(sev_fw_tsm(r->fw), 0);
	b->lock.report_valid = false;
	assert_int_equal(
		mmio_validate(r, FW_BAR_GPA, 1, 0, 0, TIO_MMIO_F_VALIDATED),
		TIO_MMIO_UNBOUND);
	b->lock.report_valid = true;
	b->state = TSM_BIND_STARTING;
	assert_int_equal(sdte_write(r, e), TIO_SDTE_NOT_BOUND);
	assert_int_equal(mmio_validate(r, FW_BAR_GPA, 1, 0, 0, 0),
			 TIO_MMIO_UNBOUND);
	b->state = TSM_BIND_RUN;
	fwrig_free(r);
}

/* The host aims a command at the last bytes of RAM, with a device behind. */
static unsigned touched;

static enum il_err touch(void *ctx, const struct mem_req *q, bool trusted,
			 uint64_t pa, uint8_t *buf, uint32_t len,
			 struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)pa;
	(void)f;
	memset(buf, 0, len);
	touched++;
	return IL_OK;
}

static void firmware_reads_no_device(void **unused)
{
	static const struct mem_mmio_ops ops = { .read = touch };
	struct fwrig *r = fwrig_new();
	const uint64_t end = FW_RAM + FW_RAM_SIZE;

	(void)unused;
	assert_int_equal(mem_add_mmio(&r->m, end, PAGE_4K, &ops, r), IL_OK);
	assert_int_equal(sev_fw_command(r->fw, SEV_CMD_TIO_INIT, end - 4),
			 SEV_RET_INVALID_ADDRESS);
	assert_int_equal(sev_fw_command(r->fw, SEV_CMD_TIO_INIT, end),
			 SEV_RET_INVALID_ADDRESS);
	assert_int_equal(touched, 0);
	fwrig_free(r);
}

static void a_buffer_is_not_written_past_its_pages(void **unused)
{
	struct fwrig *r = fwrig_new();
	struct fw_buf b = { .n = 1 };
	static uint8_t bytes[PAGE_4K];

	(void)unused;
	b.page[0] = r->scratch;
	assert_int_equal(fw_buf_write(r->fw, &b, 0, bytes, PAGE_4K),
			 SEV_RET_SUCCESS);
	assert_int_equal(fw_buf_write(r->fw, &b, 8, bytes, PAGE_4K),
			 SEV_RET_RESPONSE_TOO_LARGE);
	fwrig_free(r);
}

static struct crypto_ops no_seal;

static enum il_err seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			const void *aad, size_t aad_len, const uint8_t *in,
			size_t len, uint8_t *out, uint8_t *tag, size_t tag_len)
{
	static bool once;

	/* the guest's own comes first */
	once = !once;
	return once ? fake_crypto((struct fake_crypto *)ctx)
			       .ops->aead_seal(ctx, s, iv, aad, aad_len, in,
					       len, out, tag, tag_len)
		    : IL_E_NOMEM;
}

static void an_answer_that_cannot_be_sealed_is_not_given(void **unused)
{
	struct fwrig *r = fwrig_new();
	uint8_t p[TIO_INFO_REQ_LEN] = { 0 }, rsp[TIO_INFO_RSP_LEN];
	uint8_t before[PAGE_4K], after[PAGE_4K];

	(void)unused;
	all_bound(r);
	sev_put_u64(p, TIO_MSG_TDI_ID, tdi_id(r));
	no_seal = *r->p->crypto.ops;
	no_seal.aead_seal = seal;
	r->p->crypto.ops = &no_seal;
	host_get(r, r->msg_res, before, sizeof(before));
	assert_int_equal(guest_says(r, TIO_MSG_TDI_INFO_REQ, p, rsp),
			 SEV_RET_HWERROR_PLATFORM);
	host_get(r, r->msg_res, after, sizeof(after));
	assert_memory_equal(before, after, sizeof(before));
	fwrig_free(r);
}

const struct CMUnitTest fw_edge_tests[] = {
	cmocka_unit_test(firmware_refuses_limits_that_its_buffers_cannot_hold),
	cmocka_unit_test(firmware_that_does_not_fit_is_not_made),
	cmocka_unit_test(a_device_holds_the_firmware_for_a_second_at_the_most),
	cmocka_unit_test(firmware_sees_books_that_do_not_add_up),
	cmocka_unit_test(look_ups_beyond_the_tables_find_nothing),
	cmocka_unit_test(firmware_without_tio_says_so),
	cmocka_unit_test(commands_of_a_tdi_name_one_that_is_there),
	cmocka_unit_test(a_cut_tdi_is_unbound_by_asking_again),
	cmocka_unit_test(a_shut_gate_refuses_a_guest_that_has_its_id),
	cmocka_unit_test(firmware_reads_no_device),
	cmocka_unit_test(a_buffer_is_not_written_past_its_pages),
	cmocka_unit_test(an_answer_that_cannot_be_sealed_is_not_given),
};
const size_t fw_edge_tests_n = COUNT(fw_edge_tests);
