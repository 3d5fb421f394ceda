/* SPDX-License-Identifier: BSD-2-Clause */
#include "fw_tests.h"

/*
 * The root monitor alone: states of a key against each call, descriptors that
 * are wrong, bytes of a key as KEY_PROG has them, and who may hand it memory.
 */

#define DESC (RIG_TSM + COVE_TSM_SCRATCH)
#define DATA (DESC + 64)

static void tsm_put(struct cove_rig *r, uint64_t pa, const void *p, uint32_t n)
{
	cfw_tsm_write(r->fw, pa, p, n);
}

static struct sbiret covt(struct cove_rig *r, uint64_t fid, uint64_t a0,
			  uint64_t a1, uint64_t a2, uint64_t a3)
{
	const uint64_t a[6] = { a0, a1, a2, a3 };

	return cove_rdsm_covt(&r->rdsm, fid, a);
}

static void desc(struct cove_rig *r, uint8_t stream, uint8_t sub, uint8_t set,
		 uint8_t tx_rx)
{
	const uint8_t d[4] = { stream, sub, set, tx_rx };

	tsm_put(r, DESC, d, sizeof(d));
}

static struct cove_rig *with_stream(void)
{
	struct cove_rig *r = rig_new();
	uint8_t d[12] = { PEER_STREAM }, key[40] = { 0 };

	cove_put_u32(d, 4, 0xffff << 8);
	cove_put_u32(d, 8, 1);
	tsm_put(r, DESC, d, sizeof(d));
	assert_int_equal(
		covt(r, COVT_PROGRAM_STREAM, PEER_PORT, DESC, 0, 0).error,
		SBI_SUCCESS);
	desc(r, PEER_STREAM, 1, 0, COVT_TX);
	key[36] = 1; /* IFV_DW0: the first invocation */
	tsm_put(r, DATA, key, sizeof(key));
	return r;
}

static struct sbiret key(struct cove_rig *r, uint64_t fid)
{
	return covt(r, fid, PEER_PORT,
		    fid == COVT_CLEAR_KEY ? PEER_STREAM : DESC, DATA, 0);
}

static void to(struct cove_rig *r, enum cove_key_status s)
{
	if (s == COVT_KEY_CLEARED)
		return;
	assert_int_equal(key(r, COVT_PROGRAM_KEY).error, SBI_SUCCESS);
	if (s == COVT_KEY_ENABLED)
		assert_int_equal(key(r, COVT_SET_GO).error, SBI_SUCCESS);
}

/* Rows from the state diagram and the error tables of the draft. */
static void a_key_moves_as_the_diagram_has_it(void **unused)
{
	static const struct {
		uint64_t fid;
		enum cove_key_status from;
		int64_t error;
		enum cove_key_status then;
	} rows[] = {
		{ COVT_PROGRAM_KEY, COVT_KEY_CLEARED, 0, COVT_KEY_PROGRAMMED },
		{ COVT_PROGRAM_KEY, COVT_KEY_PROGRAMMED, 0,
		  COVT_KEY_PROGRAMMED },
		{ COVT_PROGRAM_KEY, COVT_KEY_ENABLED, SBI_ERR_INVALID_STATE,
		  COVT_KEY_ENABLED },
		{ COVT_CLEAR_KEY, COVT_KEY_CLEARED, 0, COVT_KEY_CLEARED },
		{ COVT_CLEAR_KEY, COVT_KEY_PROGRAMMED, 0, COVT_KEY_CLEARED },
		{ COVT_CLEAR_KEY, COVT_KEY_ENABLED, SBI_ERR_INVALID_STATE,
		  COVT_KEY_ENABLED },
		{ COVT_SET_GO, COVT_KEY_CLEARED, SBI_ERR_INVALID_STATE,
		  COVT_KEY_CLEARED },
		{ COVT_SET_GO, COVT_KEY_PROGRAMMED, 0, COVT_KEY_ENABLED },
		{ COVT_SET_GO, COVT_KEY_ENABLED, SBI_ERR_INVALID_STATE,
		  COVT_KEY_ENABLED },
		{ COVT_SET_STOP, COVT_KEY_CLEARED, SBI_ERR_INVALID_STATE,
		  COVT_KEY_CLEARED },
		{ COVT_SET_STOP, COVT_KEY_PROGRAMMED, SBI_ERR_INVALID_STATE,
		  COVT_KEY_PROGRAMMED },
		{ COVT_SET_STOP, COVT_KEY_ENABLED, 0, COVT_KEY_PROGRAMMED },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(rows); i++) {
		struct cove_rig *r = with_stream();

		to(r, rows[i].from);
		assert_int_equal(key(r, COVT_KEY_STATUS).value, rows[i].from);
		rig_keep(r);
		assert_int_equal(key(r, rows[i].fid).error, rows[i].error);
		if (rows[i].error)
			rig_same(r);
		assert_int_equal(key(r, COVT_KEY_STATUS).value, rows[i].then);
		rig_free(r);
	}
}

static void a_stream_that_was_secure_and_is_not_has_no_keys(void **unused)
{
	struct cove_rig *r = with_stream();

	(void)unused;
	to(r, COVT_KEY_ENABLED);
	/* not secure yet: the host has not enabled it */
	assert_int_equal(
		covt(r, COVT_STREAM_STATUS, PEER_PORT, PEER_STREAM, 0, 0).value,
		0);
	assert_int_equal(key(r, COVT_KEY_STATUS).value, COVT_KEY_ENABLED);
	r->p->rp_secure = true;
	assert_int_equal(
		covt(r, COVT_STREAM_STATUS, PEER_PORT, PEER_STREAM, 0, 0).value,
		1);
	r->p->rp_secure = false;
	assert_int_equal(key(r, COVT_KEY_STATUS).value, COVT_KEY_CLEARED);
	assert_int_equal(key(r, COVT_SET_STOP).error, SBI_ERR_INVALID_STATE);
	rig_free(r);
}

static void a_descriptor_names_a_key_that_there_is(void **unused)
{
	static const uint8_t bad[][4] = {
		{ PEER_STREAM + 1, 0, 0, 0 },
		{ PEER_STREAM, 3, 0, 0 },
		{ PEER_STREAM, 0, 2, 0 },
		{ PEER_STREAM, 0, 0, 2 },
	};
	static const uint64_t calls[] = { COVT_PROGRAM_KEY, COVT_SET_GO,
					  COVT_SET_STOP, COVT_KEY_STATUS };
	struct cove_rig *r = with_stream();
	const uint64_t host = rig_host(r, 1, 1);

	(void)unused;
	for (unsigned n = 0; n < COUNT(calls); n++) {
		rig_keep(r);
		for (unsigned i = 0; i < COUNT(bad); i++) {
			desc(r, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
			assert_int_equal(key(r, calls[n]).error,
					 SBI_ERR_INVALID_PARAM);
		}
		desc(r, PEER_STREAM, 0, 0, 0);
		assert_int_equal(
			covt(r, calls[n], PEER_PORT + 1, DESC, DATA, 0).error,
			SBI_ERR_INVALID_PARAM);
		/* memory that is not the TSM's, or runs over its page */
		assert_int_equal(
			covt(r, calls[n], PEER_PORT, host, DATA, 0).error,
			SBI_ERR_INVALID_PARAM);
		assert_int_equal(covt(r, calls[n], PEER_PORT,
				      DESC + PAGE_4K - 2, DATA, 0)
					 .error,
				 SBI_ERR_INVALID_PARAM);
		rig_same(r);
	}
	assert_int_equal(
		covt(r, COVT_PROGRAM_KEY, PEER_PORT, DESC, host, 0).error,
		SBI_ERR_INVALID_ADDRESS);
	assert_int_equal(
		covt(r, COVT_CLEAR_KEY, PEER_PORT, PEER_STREAM + 1, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(covt(r, 1030, PEER_PORT, 0, 0, 0).error,
			 SBI_ERR_NOT_SUPPORTED);
	assert_int_equal(covt(r, 1023, PEER_PORT, 0, 0, 0).error,
			 SBI_ERR_NOT_SUPPORTED);
	rig_free(r);
}

/*
 * KEY_PROG's data: double words from 7 to 0, each little-endian. Tx_Rx 0 is the
 * port's transmitter, which the port's own words call 1.
 */
static void a_key_arrives_in_its_natural_order_at_the_right_end(void **unused)
{
	struct cove_rig *r = with_stream();
	uint8_t data[40] = { 0 };

	(void)unused;
	/* natural byte n is n; the first group is then 03 02 01 00 */
	for (unsigned i = 0; i < 32; i += 4) {
		data[i] = (uint8_t)(i + 3);
		data[i + 1] = (uint8_t)(i + 2);
		data[i + 2] = (uint8_t)(i + 1);
		data[i + 3] = (uint8_t)i;
	}
	data[36] = 1; /* IFV_DW0 = 1 */
	tsm_put(r, DATA, data, sizeof(data));
	desc(r, PEER_STREAM, 2, 1, COVT_TX);
	assert_int_equal(key(r, COVT_PROGRAM_KEY).error, SBI_SUCCESS);
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(r->p->rp[1][1][2].key[i], i);
	assert_false(r->p->rp[1][0][2].set);
	desc(r, PEER_STREAM, 2, 1, COVT_RX);
	assert_int_equal(key(r, COVT_PROGRAM_KEY).error, SBI_SUCCESS);
	assert_true(r->p->rp[1][0][2].set);
	rig_free(r);
}

static void a_port_that_refuses_a_key_leaves_its_state(void **unused)
{
	struct cove_rig *r = with_stream();

	(void)unused;
	r->p->rp_program = IL_E_IO;
	assert_int_equal(key(r, COVT_PROGRAM_KEY).error, SBI_ERR_IO);
	assert_int_equal(key(r, COVT_KEY_STATUS).value, COVT_KEY_CLEARED);
	r->p->rp_program = IL_OK;
	to(r, COVT_KEY_PROGRAMMED);
	r->p->rp_go = IL_E_IO;
	assert_int_equal(key(r, COVT_SET_GO).error, SBI_ERR_IO);
	assert_int_equal(key(r, COVT_KEY_STATUS).value, COVT_KEY_PROGRAMMED);
	rig_free(r);
}

static void a_stream_is_programmed_once_and_as_it_must_be(void **unused)
{
	static const struct {
		uint32_t at, v;
	} bad[] = {
		{ 0, PEER_STREAM | 3 << 8 },  /* three address blocks */
		{ 0, PEER_STREAM | 1 << 16 }, /* reserved */
		{ 8, 0 },		      /* RID2 not valid */
		{ 8, 0x200 << 8 | 1 },	      /* base above limit */
	};
	struct cove_rig *r = rig_new();
	uint8_t d[12];

	(void)unused;
	for (unsigned i = 0; i <= COUNT(bad); i++) {
		cove_put_u32(d, 0, PEER_STREAM);
		cove_put_u32(d, 4, 0x1ff << 8);
		cove_put_u32(d, 8, 1);
		if (i < COUNT(bad))
			cove_put_u32(d, bad[i].at, bad[i].v);
		tsm_put(r, DESC, d, sizeof(d));
		assert_int_equal(
			covt(r, COVT_PROGRAM_STREAM, PEER_PORT, DESC, 0, 0)
				.error,
			i < COUNT(bad) ? SBI_ERR_INVALID_PARAM : SBI_SUCCESS);
	}
	assert_true(r->locked);
	assert_int_equal(
		covt(r, COVT_PROGRAM_STREAM, PEER_PORT, DESC, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(
		covt(r, COVT_PROGRAM_STREAM, PEER_PORT + 1, DESC, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(
		covt(r, COVT_STREAM_OFF, PEER_PORT, PEER_STREAM, 0, 0).error,
		SBI_SUCCESS);
	assert_false(r->set_up);
	assert_int_equal(
		covt(r, COVT_STREAM_OFF, PEER_PORT, PEER_STREAM, 0, 0).error,
		SBI_ERR_INVALID_PARAM);
	/* a port that has no block for it */
	r->setup_err = IL_E_SPACE;
	assert_int_equal(
		covt(r, COVT_PROGRAM_STREAM, PEER_PORT, DESC, 0, 0).error,
		SBI_ERR_FAILED);
	rig_free(r);
}

static void only_a_stream_that_is_there_is_classified(void **unused)
{
	struct cove_rig *r = with_stream();

	(void)unused;
	assert_int_equal(
		covt(r, COVT_CLASSIFY, PEER_PORT, PEER_RID, PEER_STREAM + 1, 1)
			.error,
		SBI_ERR_INVALID_PARAM);
	assert_int_equal(
		covt(r, COVT_CLASSIFY, PEER_PORT, 65536, PEER_STREAM, 1).error,
		SBI_ERR_INVALID_PARAM);
	assert_false(r->o.class[PEER_RID].on);
	assert_int_equal(
		covt(r, COVT_CLASSIFY, PEER_PORT, PEER_RID, PEER_STREAM, 1)
			.error,
		SBI_SUCCESS);
	assert_true(r->o.class[PEER_RID].on);
	assert_int_equal(r->o.class[PEER_RID].stream, PEER_STREAM);
	/* off, with or without the stream */
	assert_int_equal(
		covt(r, COVT_STREAM_OFF, PEER_PORT, PEER_STREAM, 0, 0).error,
		SBI_SUCCESS);
	assert_int_equal(
		covt(r, COVT_CLASSIFY, PEER_PORT, PEER_RID, 0, 0).error,
		SBI_SUCCESS);
	assert_false(r->o.class[PEER_RID].on);
	rig_free(r);
}

/* No key of connect is left in memory, nor visible while it is there. */
static void no_key_stays_in_memory(void **unused)
{
	struct cove_rig *r = rig_new();
	uint8_t b[COVT_DATA_LEN], raw[32];

	(void)unused;
	assert_int_equal(dev_connect(r).error, SBI_SUCCESS);
	cfw_tsm_read(r->fw, DATA, b, sizeof(b));
	for (unsigned i = 0; i < sizeof(b); i++)
		assert_int_equal(b[i], 0);
	for (uint64_t pa = mem_next_touched(&r->m, 0); pa != UINT64_MAX;
	     pa = mem_next_touched(&r->m, pa + PAGE_4K))
		for (uint64_t at = 0; at < PAGE_4K; at += 32) {
			assert_int_equal(mem_raw(&r->m, pa + at, raw, 32),
					 IL_OK);
			for (unsigned s = 0; s < 3; s++)
				assert_memory_not_equal(
					raw, r->p->rp[0][1][s].key, 32);
		}
	rig_free(r);
}

const struct CMUnitTest cove_rdsm_tests[] = {
	cmocka_unit_test(a_key_moves_as_the_diagram_has_it),
	cmocka_unit_test(a_stream_that_was_secure_and_is_not_has_no_keys),
	cmocka_unit_test(a_descriptor_names_a_key_that_there_is),
	cmocka_unit_test(a_key_arrives_in_its_natural_order_at_the_right_end),
	cmocka_unit_test(a_port_that_refuses_a_key_leaves_its_state),
	cmocka_unit_test(a_stream_is_programmed_once_and_as_it_must_be),
	cmocka_unit_test(only_a_stream_that_is_there_is_classified),
	cmocka_unit_test(no_key_stays_in_memory),
};
const size_t cove_rdsm_tests_n = COUNT(cove_rdsm_tests);
