/* SPDX-License-Identifier: BSD-2-Clause */
/* What keeps a connection: ROLL_KEY with its flags; and buffers that grow. */
#include "fw_rig.h"
#include "fw_tests.h"

static uint32_t roll(struct fwrig *r, uint32_t flags)
{
	uint8_t b[SEV_CMD_BUF_MAX];

	cmd_dev(r, b);
	sev_put_u32(b, TIO_DEV_FLAGS, flags);
	return fw_carry(r, SEV_CMD_TIO_ROLL_KEY, b);
}

static struct tsm_conn *conn(struct fwrig *r)
{
	return r->fw->dev[0].conn;
}

/* Bytes of all keys in use, at the device's end. */
static void keys_of(const struct fwrig *r, unsigned set, uint8_t out[6][32])
{
	for (unsigned i = 0; i < 6; i++)
		memcpy(out[i], r->p->ep[set][i / 3][i % 3].key, 32);
}

static void each_roll_takes_the_other_set_and_no_key_twice(void **unused)
{
	uint8_t seen[5][6][32];
	struct fwrig *r = fwrig_new();

	(void)unused;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	keys_of(r, 0, seen[0]);
	for (unsigned n = 1; n < 5; n++) {
		assert_int_equal(roll(r, 0), SEV_RET_SUCCESS);
		assert_int_equal(tsm_stream_key_set(conn(r)), n % 2);
		assert_true(peer_keys_agree(r->p, n % 2));
		keys_of(r, n % 2, seen[n]);
	}
	for (unsigned a = 0; a < 30; a++)
		for (unsigned b = 0; b < a; b++)
			assert_memory_not_equal(seen[a / 6][a % 6],
						seen[b / 6][b % 6], 32);
	fwrig_free(r);
}

static void a_session_update_counts_from_zero_and_leaves_the_stream(void **u)
{
	struct fwrig *r = fwrig_new();
	uint8_t before[6][32], after[6][32];
	uint8_t secret[32];
	uint64_t seq;

	(void)u;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	keys_of(r, 0, before);
	seq = conn(r)->spdm.ch[SPDM_DIR_REQ].seq;
	memcpy(secret, conn(r)->spdm.ch[SPDM_DIR_REQ].iv, 8);
	assert_true(seq > 10);
	assert_int_equal(roll(r, TIO_ROLL_KEY_F_SESSION), SEV_RET_SUCCESS);
	assert_true(conn(r)->spdm.ch[SPDM_DIR_REQ].seq < 4);
	assert_true(conn(r)->spdm.ch[SPDM_DIR_RSP].seq < 4);
	assert_memory_not_equal(secret, conn(r)->spdm.ch[SPDM_DIR_REQ].iv, 8);
	keys_of(r, 0, after);
	assert_memory_equal(before, after, sizeof(before));
	/* and the session goes on under them */
	assert_int_equal(roll(r, 0), SEV_RET_SUCCESS);
	assert_int_equal(roll(r, TIO_ROLL_KEY_F_ALIVE), SEV_RET_SUCCESS);
	fwrig_free(r);
}

static void a_sign_of_life_is_one_exchange_and_changes_no_key(void **u)
{
	struct fwrig *r = fwrig_new();
	uint8_t before[6][32], after[6][32];

	(void)u;
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	keys_of(r, 0, before);
	assert_int_equal(roll(r, TIO_ROLL_KEY_F_ALIVE), SEV_RET_SUCCESS);
	assert_int_equal(r->bounces, 1);
	keys_of(r, 0, after);
	assert_memory_equal(before, after, sizeof(before));
	fwrig_free(r);
}

static void a_roll_that_asks_for_two_things_changes_nothing(void **u)
{
	static const uint32_t bad[] = { 3, 4, 0x80000000, UINT32_MAX };
	struct fwrig *r = fwrig_new();
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)u;
	assert_int_equal(dev_create(r), SEV_RET_SUCCESS);
	for (uint32_t flags = 0; flags < 3; flags++) {
		cmd_dev(r, b);
		sev_put_u32(b, TIO_DEV_FLAGS, flags);
		fwrig_keep(r);
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_ROLL_KEY, b),
				 SEV_RET_INVALID_DEV_STATE);
		fwrig_same(r);
	}
	cmd_connect(r, b);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_CONNECT, b),
			 SEV_RET_SUCCESS);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		cmd_dev(r, b);
		sev_put_u32(b, TIO_DEV_FLAGS, bad[i]);
		fwrig_keep(r);
		assert_int_equal(fw_ring(r, SEV_CMD_TIO_ROLL_KEY, b),
				 SEV_RET_INVALID_PARAM);
		fwrig_same(r);
	}
	fwrig_free(r);
}

/* Law 3: session, then stream, then every TDI that hangs on it. */
static void a_session_without_numbers_takes_stream_and_tdi_along(void **u)
{
	static const uint32_t flags[] = { 0, TIO_ROLL_KEY_F_SESSION,
					  TIO_ROLL_KEY_F_ALIVE };

	(void)u;
	for (unsigned i = 0; i < COUNT(flags); i++) {
		struct fwrig *r = fwrig_new();
		uint8_t e[SDTE_LEN];
		struct sev_fw_tdi t;

		all_running(r);
		sdte_good(e);
		assert_int_equal(sdte_write(r, e), TIO_SDTE_OK);
		assert_true(sev_fw_tdi_at(r->fw, 0, &t) && t.sdte_valid);
		conn(r)->spdm.ch[SPDM_DIR_REQ].limit =
			conn(r)->spdm.ch[SPDM_DIR_REQ].seq;
		assert_int_not_equal(roll(r, flags[i]), SEV_RET_SUCCESS);
		assert_int_equal(tsm_conn_state(conn(r)), TSM_CONN_ERROR);
		assert_true(peer_keys_gone(r->p, true));
		assert_true(sev_fw_tdi_at(r->fw, 0, &t));
		assert_int_equal(tsm_bind_state(t.bind), TSM_BIND_DEAD);
		assert_false(t.sdte_valid);
		assert_int_equal(t.lock_id, 0);
		fwrig_free(r);
	}
}

/* --- buffers that grow --- */

/* An output that claims @cap bytes. */
static uint64_t output_of(struct fwrig *r, uint32_t cap)
{
	uint8_t h[TIO_BUF_HDR_LEN] = { 0 };
	uint64_t pa = page_host(r);

	sev_put_u32(h, TIO_BUF_CAPACITY, cap);
	host_put(r, pa, h, sizeof(h));
	assert_int_equal(page_assign(r, pa, 0, 0, true), RMP_OK);
	return pa;
}

static struct fwrig *frugal_connected(void)
{
	struct fwrig *r = fwrig_made(true);
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 };

	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_INIT_RMP | SNP_INIT_F_TIO);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b), SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_INIT, b), SEV_RET_SUCCESS);
	assert_int_equal(dev_connect(r), SEV_RET_SUCCESS);
	return r;
}

static void measure(struct fwrig *r, uint8_t *b, uint64_t out)
{
	cmd_dev(r, b);
	memset(b + TIO_DEV_MEAS_NONCE, 0x3c, 32);
	sev_put_u64(b + TIO_CMD_SPDM_CTRL, TIO_SPDM_OUTPUT,
		    sla_make(out, false));
}

static void a_command_waits_for_an_output_that_is_large_enough(void **u)
{
	struct fwrig *r = frugal_connected();
	uint64_t small = output_of(r, 0x80), large = output_of(r, 0x1000);
	uint8_t b[SEV_CMD_BUF_MAX], h[TIO_BUF_HDR_LEN];
	uint32_t need;

	(void)u;
	measure(r, b, small);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	assert_true(r->bounces > 0);
	host_get(r, small, h, sizeof(h));
	need = sev_u32(h, TIO_BUF_CAPACITY);
	assert_true(need > 0x80 && need <= 0x1000);
	assert_int_equal(sev_fw_pending(r->fw, 0),
			 SEV_CMD_TIO_DEV_MEASUREMENTS);
	/* nothing else goes on meanwhile, nor the same with another nonce */
	fwrig_keep(r);
	assert_int_equal(roll(r, 0), SEV_RET_IN_USE);
	b[TIO_DEV_MEAS_NONCE] ^= 1;
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_IN_USE);
	fwrig_same(r);
	/* too small once more, then large enough: no exchange is repeated */
	measure(r, b, output_of(r, 0x80));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	measure(r, b, large);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_SUCCESS);
	host_get(r, large, h, sizeof(h));
	assert_int_equal(align_up(sev_u32(h, TIO_BUF_PAYLOAD), 32) +
				 TIO_BUF_HDR_LEN,
			 need);
	assert_int_equal(sev_fw_pending(r->fw, 0), 0);
	assert_int_equal(roll(r, 0), SEV_RET_SUCCESS);
	fwrig_free(r);
}

/* The response buffer is not firmware's to have replaced. */
static void only_firmwares_own_buffers_may_be_others(void **u)
{
	struct fwrig *r = frugal_connected();
	uint64_t small = output_of(r, 0x80), large = output_of(r, 0x1000);
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)u;
	measure(r, b, small);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	measure(r, b, large);
	sev_put_u64(b + TIO_CMD_SPDM_CTRL, TIO_SPDM_RESP,
		    sla_make(page_host(r), false));
	fwrig_keep(r);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_IN_USE);
	/* nor a page that is the host's */
	measure(r, b, page_host(r));
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_INVALID_PAGE_STATE);
	fwrig_same(r);
	fwrig_free(r);
}

static void force_ends_a_command_that_waits_for_its_output(void **u)
{
	struct fwrig *r = frugal_connected();
	uint64_t small = output_of(r, 0x80);
	uint8_t b[SEV_CMD_BUF_MAX];

	(void)u;
	measure(r, b, small);
	assert_int_equal(fw_carry(r, SEV_CMD_TIO_DEV_MEASUREMENTS, b),
			 SEV_RET_EXPAND_BUFFER_LENGTH_REQUEST);
	cmd_dev(r, b);
	sev_put_u32(b, TIO_DEV_FLAGS, TIO_DISCONNECT_F_FORCE);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_DEV_DISCONNECT, b),
			 SEV_RET_SUCCESS);
	assert_int_equal(sev_fw_pending(r->fw, 0), 0);
	assert_true(peer_keys_gone(r->p, true));
	fwrig_free(r);
}

static void tio_status_says_one_page_and_the_most(void **u)
{
	struct fwrig *r = fwrig_made(true);
	uint8_t b[SEV_CMD_BUF_MAX] = { 0 }, s[TIO_STAT_LEN];

	(void)u;
	sev_put_u32(b, SNP_INIT_EX_FLAGS, SNP_INIT_F_INIT_RMP | SNP_INIT_F_TIO);
	assert_int_equal(fw_ring(r, SEV_CMD_SNP_INIT_EX, b), SEV_RET_SUCCESS);
	memset(b, 0, sizeof(b));
	sev_put_u64(b, TIO_STATUS_PA, r->answer);
	assert_int_equal(fw_ring(r, SEV_CMD_TIO_STATUS, b), SEV_RET_SUCCESS);
	host_get(r, r->answer, s, sizeof(s));
	assert_int_equal(sev_u32(s, TIO_STAT_REQ_MIN), 0x1000);
	assert_int_equal(sev_u32(s, TIO_STAT_REQ_MAX), 0x2000);
	assert_int_equal(sev_u32(s, TIO_STAT_OUT_MIN), 0x1000);
	assert_int_equal(sev_u32(s, TIO_STAT_OUT_MAX), 0x5000);
	assert_int_equal(sev_u32(s, TIO_STAT_RSP_MAX), 0x2000);
	fwrig_free(r);
}

const struct CMUnitTest fw_key_tests[] = {
	cmocka_unit_test(each_roll_takes_the_other_set_and_no_key_twice),
	cmocka_unit_test(
		a_session_update_counts_from_zero_and_leaves_the_stream),
	cmocka_unit_test(a_sign_of_life_is_one_exchange_and_changes_no_key),
	cmocka_unit_test(a_roll_that_asks_for_two_things_changes_nothing),
	cmocka_unit_test(a_session_without_numbers_takes_stream_and_tdi_along),
	cmocka_unit_test(a_command_waits_for_an_output_that_is_large_enough),
	cmocka_unit_test(only_firmwares_own_buffers_may_be_others),
	cmocka_unit_test(force_ends_a_command_that_waits_for_its_output),
	cmocka_unit_test(tio_status_says_one_page_and_the_most),
};
const size_t fw_key_tests_n = COUNT(fw_key_tests);
