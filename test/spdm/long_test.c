/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_rig.h"

/*
 * What SPDM 1.4 adds to long messages. Bytes by hand from DSP0274 1.4.0:
 * section 10.14, VENDOR_DEFINED with LargeReq, bit 7 of param1: the u16 length
 * is reserved, a u32 one follows; sections 10.26 and 10.27: ChunkSeqNo is u32;
 * section 10.6, LargeCertChain, bit 7 of param1: offset, length, portion and
 * remainder are u32, behind the reserved u16 ones.
 */

/* More than 65,535 bytes cannot be said in the short form. */
static void the_long_form_goes_both_ways(void **unused)
{
	(void)unused;
	struct pair *p = large_pair_by(4000, 0x14);

	pair_start(p);
	pair_session(p);
	assert_int_equal(large_echo(p, 0, true), IL_E_TIMEOUT); /* no answer */
	spdm_req_abort(&p->req);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	assert_int_equal(large_echo(p, 40, true), IL_OK);
	assert_int_equal(large_echo(p, 5000, true), IL_OK);
	assert_int_equal(large_echo(p, 66000, true), IL_OK);
	assert_int_equal(large_echo(p, 66000, false), IL_E_ARG);
	assert_int_equal(large_echo(p, 5000, false), IL_OK);
	pair_free(p);
}

static void the_long_form_needs_both_ends_and_1_4(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 3; i++) {
		struct pair *p = large_pair_by(4000, i ? 0x14 : 0x13);

		if (i == 1)
			p->rcfg.caps &= ~SPDM_CAP_LARGE_RESP;
		if (i == 2)
			p->qcfg.caps &= ~SPDM_CAP_LARGE_RESP;
		pair_start(p);
		pair_session(p);
		assert_int_equal(large_echo(p, 40, true), IL_E_ARG);
		assert_int_equal(large_echo(p, 40, false), IL_OK);
		pair_free(p);
	}
}

/* CXL's, so that it may be said outside: 15 bytes and three of payload. */
static const uint8_t cxl[18] = { 0x14, 0xfe, 0x80, 0, 3, 0, 2, 0x98, 0x1e,
				 0,    0,    3,	   0, 0, 0, 7, 8,    9 };

static int say(struct pair *p, size_t at, uint8_t with, size_t n)
{
	uint8_t m[20] = { 0 };

	memcpy(m, cxl, sizeof(cxl));
	m[at] = with;
	return pair_send(p, SPDM_PLAIN, m, n);
}

static void a_long_length_is_what_there_is(void **unused)
{
	static const uint8_t want[18] = { 0x14, 0x7e, 0x80, 0, 3, 0,
					  2,	0x98, 0x1e, 0, 0, 3,
					  0,	0,    0,    8, 9, 10 };

	(void)unused;
	struct pair *p = large_pair_by(4000, 0x14);

	pair_start(p);
	pair_connect(p);
	assert_int_equal(say(p, 0, 0x14, 18), 0);
	assert_int_equal(p->out_len, 18);
	assert_memory_equal(p->out, want, 18);
	/* The short length is reserved. */
	assert_int_equal(say(p, 9, 0xff, 18), 0);
	assert_memory_equal(p->out, want, 18);
	for (unsigned i = 0; i < 4; i++) /* 4, 0x103, 0x10003, … */
		assert_int_equal(say(p, 11 + i, i ? 1 : 4, 18),
				 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(say(p, 11, 2, 18), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(say(p, 14, 0xff, 18), SPDM_ERR_INVALID_REQUEST);
	for (size_t n = 4; n < 18; n++)
		assert_int_equal(say(p, 0, 0x14, n), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(p->vendor_calls, 2);
	pair_free(p);
}

/* A peer that did not say that it knows it, and 1.3, where the bit is
 * reserved: three bytes behind the short length are what is left over. */
static void the_long_form_is_refused_where_it_was_not_agreed(void **unused)
{
	(void)unused;
	struct pair *p = large_pair_by(4000, 0x14);

	p->qcfg.caps &= ~SPDM_CAP_LARGE_RESP;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(say(p, 0, 0x14, 18), SPDM_ERR_INVALID_REQUEST);
	pair_free(p);
	p = large_pair_by(4000, 0x13);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(say(p, 0, 0x13, 18), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(p->vendor_calls, 0);
	pair_free(p);
}

static void other_form(struct pair *p, struct spdm_msg *m)
{
	(void)p;
	m->param1 ^= 0x80;
}

static void an_answer_in_the_other_form_is_refused(void **unused)
{
	(void)unused;
	for (unsigned large = 0; large < 2; large++) {
		struct pair *p = large_pair_by(4000, 0x14);

		pair_start(p);
		pair_session(p);
		p->change = other_form;
		p->change_code = 0x7e;
		assert_int_equal(large_echo(p, 40, large), IL_E_FIELD);
		assert_int_equal(p->req.state, SPDM_REQ_CONNECTED);
		pair_free(p);
	}
}

/* --- ChunkSeqNo --- */

static size_t chunk(uint8_t *out, uint8_t attr, uint32_t seq, uint32_t total,
		    const uint8_t *b, uint32_t n)
{
	const size_t head = seq ? 12 : 16;

	memcpy(out, "\x14\x85\0\5", 4);
	out[2] = attr;
	put_u32le(out + 4, seq);
	put_u32le(out + 8, n);
	put_u32le(out + 12, total);
	memcpy(out + head, b, n);
	return head + n;
}

/* All 32 bits count, in both directions and in the acknowledgement. */
static void chunks_are_counted_in_32_bits(void **unused)
{
	uint8_t m[200], long_one[115] = { 0 };
	uint8_t get[8] = { 0x14, 0x86 };

	(void)unused;
	struct pair *p = large_pair_by(100, 0x14);

	memcpy(long_one, cxl, 15);
	long_one[11] = 100;
	pair_start(p);
	pair_connect(p);
	for (unsigned i = 0; i < 2; i++) {
		(void)pair_send(p, SPDM_PLAIN, m,
				chunk(m, 0, 0, 115, long_one, 60));
		assert_int_equal(p->out_len, 8);
		assert_memory_equal(p->out, "\x14\x05\0\5\0\0\0", 8);
		(void)pair_send(
			p, SPDM_PLAIN, m,
			chunk(m, 1, i ? 1 : 0x10001, 0, long_one + 60, 55));
		assert_int_equal(p->out[2], i ? 0 : 1);
		assert_int_equal(get_u32le(p->out + 4), i ? 1 : 0x10001);
		assert_int_equal(p->vendor_calls, i);
	}
	/* 115 bytes do not fit behind it. */
	assert_int_equal(p->out[10], SPDM_ERR_LARGE_RESPONSE);
	get[3] = p->out[12];
	put_u32le(get + 4, 0x10000);
	assert_int_equal(pair_send(p, SPDM_PLAIN, get, 8),
			 SPDM_ERR_INVALID_REQUEST);
	put_u32le(get + 4, 0);
	assert_int_equal(pair_send(p, SPDM_PLAIN, get, 6),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(pair_send(p, SPDM_PLAIN, get, 8), 0);
	assert_int_equal(get_u32le(p->out + 4), 0);
	assert_int_equal(get_u32le(p->out + 8), 84);
	assert_int_equal(get_u32le(p->out + 12), 115);
	put_u32le(get + 4, 1);
	assert_int_equal(pair_send(p, SPDM_PLAIN, get, 8), 0);
	assert_int_equal(p->out[2], 1);
	assert_int_equal(get_u32le(p->out + 4), 1);
	pair_free(p);
}

static void a_whole_life_in_42_bytes(void **unused)
{
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL,
					   .index = SPDM_MEAS_ALL,
					   .sign = true };

	(void)unused;
	struct pair *p = large_pair_by(42, 0x14);

	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &all), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &all), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &all), IL_OK);
	assert_int_equal(large_echo(p, 3000, true), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	pair_free(p);
}

/* --- certificates --- */

/* GET_CERTIFICATE of @slot in the long form, and what it says. */
static int get_chain(struct pair *p, uint8_t slot, uint32_t off, uint32_t len)
{
	uint8_t m[16] = { 0x14, 0x82, 0x80, 0, 0xff, 0xff, 0xff, 0xff };

	m[2] |= slot;
	put_u32le(m + 8, off);
	put_u32le(m + 12, len);
	return pair_send(p, SPDM_PLAIN, m, 16);
}

static void a_chain_is_told_in_long_fields_where_they_are_wanted(void **unused)
{
	(void)unused;
	struct pair *p = large_pair_by(4000, 0x14);
	const uint32_t total = (uint32_t)(4 + 48 + p->maker.certs_len);

	pair_start(p);
	pair_connect(p);
	assert_int_equal(get_chain(p, 0, 52, 100), 0);
	assert_int_equal(p->out_len, 16 + 100);
	assert_int_equal(p->out[2], 0x80);
	assert_int_equal(get_u32le(p->out + 4), 0);
	assert_int_equal(get_u32le(p->out + 8), 100);
	assert_int_equal(get_u32le(p->out + 12), total - 152);
	assert_memory_equal(p->out + 16, p->maker.certs, 100);
	assert_int_equal(get_chain(p, 0, 0, UINT32_MAX), 0);
	assert_int_equal(get_u32le(p->out + 8), total);
	/* An offset is not taken for its lower half. */
	assert_int_equal(get_chain(p, 0, 0x10034, 100),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(get_chain(p, 5, 0, 100), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(get_chain(p, 0, 0, 0), SPDM_ERR_INVALID_REQUEST);
	pair_free(p);
	p = large_pair_by(4000, 0x14);
	p->rcfg.caps &= ~SPDM_CAP_LARGE_RESP;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(get_chain(p, 0, 0, 100), SPDM_ERR_UNSUPPORTED_REQUEST);
	pair_free(p);
}

/* What a portion may be counts the longer head; without chunks. */
static void a_long_answer_fits_what_goes_over_at_once(void **unused)
{
	(void)unused;
	struct pair *p = large_pair_by(200, 0x14);

	p->qcfg.caps &= ~SPDM_CAP_CHUNK;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(get_chain(p, 0, 0, 1000), 0);
	assert_int_equal(p->out_len, 200);
	assert_int_equal(get_u32le(p->out + 8), 184);
	pair_free(p);
}

/* SlotSizeRequested: 1.3, bit 0 of param2. */
static int slot_size(struct pair *p, uint8_t version, uint8_t slot)
{
	const uint8_t m[8] = { version, 0x82, slot, 1, 0, 0, 0, 0 };
	const int err = pair_send(p, SPDM_PLAIN, m, 8);

	if (err)
		return -err;
	assert_int_equal(p->out_len, 8);
	assert_int_equal(get_u16le(p->out + 4), 0);
	return get_u16le(p->out + 6);
}

static void a_slot_s_size_is_told_truthfully(void **unused)
{
	(void)unused;
	struct pair *p = large_pair_by(4000, 0x13);

	p->rcfg.slots[2].there = true; /* and empty */
	pair_start(p);
	pair_connect(p);
	assert_int_equal(slot_size(p, 0x13, 0), 4 + 48 + p->maker.certs_len);
	/* Nothing can be written, so there is no room. */
	assert_int_equal(slot_size(p, 0x13, 2), 0);
	assert_int_equal(slot_size(p, 0x13, 3), -SPDM_ERR_INVALID_REQUEST);
	p->rsp.cfg.caps |= SPDM_CAP_SET_CERT;
	p->rsp.cfg.slot_room = 2000;
	assert_int_equal(slot_size(p, 0x13, 2), 4 + 48 + 2000);
	p->rsp.cfg.slot_room = UINT16_MAX;
	assert_int_equal(slot_size(p, 0x13, 2), UINT16_MAX);
	p->rsp.cfg.slot_room = 0; /* who knows */
	assert_int_equal(slot_size(p, 0x13, 2), UINT16_MAX);
	pair_free(p);
	/* Reserved before: the Length of 0 is what it is. */
	p = large_pair_by(4000, 0x12);
	pair_start(p);
	pair_connect(p);
	assert_int_equal(slot_size(p, 0x12, 0), -SPDM_ERR_INVALID_REQUEST);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_long_form_goes_both_ways),
		cmocka_unit_test(the_long_form_needs_both_ends_and_1_4),
		cmocka_unit_test(a_long_length_is_what_there_is),
		cmocka_unit_test(
			the_long_form_is_refused_where_it_was_not_agreed),
		cmocka_unit_test(an_answer_in_the_other_form_is_refused),
		cmocka_unit_test(chunks_are_counted_in_32_bits),
		cmocka_unit_test(a_whole_life_in_42_bytes),
		cmocka_unit_test(
			a_chain_is_told_in_long_fields_where_they_are_wanted),
		cmocka_unit_test(a_long_answer_fits_what_goes_over_at_once),
		cmocka_unit_test(a_slot_s_size_is_told_truthfully),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
