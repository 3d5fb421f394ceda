/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "spdm/codec.h"

/*
 * Lengths and inner fields. That the layouts are right is for the recordings
 * to say (recording_test.c); here each message is cut and stretched.
 */

static const struct spdm_shape shape = { .hash_len = 48,
					 .sig_len = 96,
					 .req_sig_len = 96,
					 .dhe_len = 96,
					 .summary = true,
					 .sign = true };

/* After the header: bytes, by runs {count, value}; counts end with 0. */
struct sample {
	uint8_t version;
	uint8_t code;
	uint8_t param1;
	uint8_t param2;
	size_t len; /* of the whole message, by the specification */
	uint8_t runs[24];
};

/* clang-format off */
static const struct sample samples[] = {
	{ 0x10, SPDM_GET_VERSION, 0, 0, 4, { 0 } },
	{ 0x10, SPDM_VERSION, 0, 0, 10, { 1, 0, 1, 2, 1, 0, 1, 0x11, 1, 0, 1, 0x12 } },
	{ 0x10, SPDM_GET_CAPABILITIES, 0, 0, 4, { 0 } },
	{ 0x11, SPDM_GET_CAPABILITIES, 0, 0, 12, { 1, 0, 1, 9, 2, 0, 4, 0xc6 } },
	{ 0x12, SPDM_GET_CAPABILITIES, 0, 0, 20, { 1, 0, 1, 9, 2, 0, 12, 0xc6 } },
	{ 0x10, SPDM_CAPABILITIES, 0, 0, 12, { 1, 0, 1, 9, 2, 0, 4, 0xc6 } },
	{ 0x12, SPDM_CAPABILITIES, 0, 0, 20, { 1, 0, 1, 9, 2, 0, 12, 0xc6 } },
	{ 0x12, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 36,
	  { 1, 36, 1, 0, 1, 1, 1, 2, 8, 3, 12, 0, 4, 0, 1, 2, 1, 0x20, 2, 8 } },
	{ 0x10, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 32,
	  { 1, 32, 1, 0, 1, 1, 1, 2, 8, 3, 12, 0, 4, 0 } },
	{ 0x12, SPDM_ALGORITHMS, 0, 0, 40,
	  { 1, 40, 1, 0, 1, 1, 1, 2, 12, 3, 12, 0, 1, 1, 3, 0, 4, 7 } },
	{ 0x12, SPDM_GET_DIGESTS, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_DIGESTS, 0, 5, 100, { 96, 7 } },
	{ 0x12, SPDM_GET_CERTIFICATE, 0, 0, 8, { 4, 9 } },
	{ 0x12, SPDM_CERTIFICATE, 0, 0, 17, { 1, 9, 1, 0, 2, 1, 9, 0x30 } },
	{ 0x12, SPDM_CHALLENGE, 0, 0xff, 36, { 32, 3 } },
	{ 0x12, SPDM_CHALLENGE_AUTH, 0, 1, 4 + 48 + 32 + 48 + 2 + 3 + 96,
	  { 128, 1, 1, 3, 1, 0, 99, 5 } },
	{ 0x12, SPDM_GET_MEASUREMENTS, 0, 1, 4, { 0 } },
	{ 0x12, SPDM_GET_MEASUREMENTS, 1, 1, 37, { 32, 2, 1, 3 } },
	{ 0x10, SPDM_GET_MEASUREMENTS, 1, 1, 36, { 32, 2 } },
	{ 0x12, SPDM_MEASUREMENTS, 0, 0, 4 + 4 + 9 + 32 + 2 + 1 + 96,
	  { 1, 1, 1, 9, 2, 0, 41, 3, 1, 1, 1, 0, 97, 4 } },
	{ 0x12, SPDM_KEY_EXCHANGE, 0, 0, 4 + 4 + 32 + 96 + 2 + 5,
	  { 3, 1, 1, 0, 128, 3, 1, 5, 1, 0, 5, 7 } },
	{ 0x12, SPDM_KEY_EXCHANGE_RSP, 0, 0, 4 + 4 + 32 + 96 + 48 + 2 + 2 + 96 + 48,
	  { 180, 3, 1, 2, 1, 0, 146, 7 } },
	{ 0x12, SPDM_FINISH, 0, 0, 52, { 48, 3 } },
	{ 0x12, SPDM_FINISH, 1, 0, 148, { 144, 3 } },
	{ 0x12, SPDM_FINISH_RSP, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_PSK_EXCHANGE, 0, 0, 4 + 8 + 3 + 2 + 1,
	  { 2, 9, 1, 3, 1, 0, 1, 2, 1, 0, 1, 1, 1, 0, 6, 4 } },
	{ 0x12, SPDM_PSK_EXCHANGE_RSP, 0, 0, 4 + 8 + 48 + 2 + 1 + 48,
	  { 2, 9, 2, 0, 1, 2, 1, 0, 1, 1, 1, 0, 99, 4 } },
	{ 0x12, SPDM_PSK_FINISH, 0, 0, 52, { 48, 3 } },
	{ 0x12, SPDM_PSK_FINISH_RSP, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_HEARTBEAT, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_HEARTBEAT_ACK, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_KEY_UPDATE, 1, 7, 4, { 0 } },
	{ 0x12, SPDM_KEY_UPDATE_ACK, 1, 7, 4, { 0 } },
	{ 0x12, SPDM_END_SESSION, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_END_SESSION_ACK, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_VENDOR_DEFINED_REQUEST, 0, 0, 4 + 2 + 1 + 2 + 2 + 6,
	  { 1, 3, 1, 0, 1, 2, 2, 1, 1, 6, 1, 0, 6, 9 } },
	{ 0x12, SPDM_VENDOR_DEFINED_RESPONSE, 0, 0, 4 + 2 + 1 + 2 + 2 + 6,
	  { 1, 3, 1, 0, 1, 2, 2, 1, 1, 6, 1, 0, 6, 9 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_BUSY, 0, 4, { 0 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_RESPONSE_NOT_READY, 0, 8, { 4, 1 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_RESPONSE_TOO_LARGE, 0, 8, { 4, 1 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_LARGE_RESPONSE, 0, 5, { 1, 1 } },
};
/* clang-format on */

static size_t build(const struct sample *s, uint8_t *out, size_t cap)
{
	struct wr w = wr_over(out, cap);

	wr_u8(&w, s->version);
	wr_u8(&w, s->code);
	wr_u8(&w, s->param1);
	wr_u8(&w, s->param2);
	for (size_t i = 0; i + 1 < sizeof(s->runs) && s->runs[i]; i += 2)
		for (uint8_t n = 0; n < s->runs[i]; n++)
			wr_u8(&w, s->runs[i + 1]);
	assert_int_equal(w.err, IL_OK);
	return w.len;
}

static void each_message_has_its_length_and_no_other(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600] = { 0 };
		uint8_t again[600];
		struct wr w = wr_over(again, sizeof(again));
		struct spdm_msg m;
		struct spdm_msg old;
		const size_t n = build(&samples[i], b, sizeof(b));

		assert_int_equal(n, samples[i].len);
		assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_OK);
		assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, n);
		assert_memory_equal(again, b, n);
		memset(&old, 0x55, sizeof(old));
		for (size_t cut = 0; cut < n; cut++) {
			memset(&m, 0x55, sizeof(m));
			assert_int_equal(spdm_msg_decode(b, cut, &shape, &m),
					 IL_E_SHORT);
			assert_memory_equal(&m, &old, sizeof(m));
		}
		for (size_t more = 1; more < 6; more++) {
			memset(&m, 0x55, sizeof(m));
			assert_int_equal(
				spdm_msg_decode(b, n + more, &shape, &m),
				IL_E_LONG);
			assert_memory_equal(&m, &old, sizeof(m));
		}
	}
}

static void padding_is_zero_and_only_up_to_the_dword(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600] = { 0 };
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));
		const size_t full = (n + 3) & ~(size_t)3;

		for (size_t len = n; len < full + 9; len++) {
			size_t used = 0;
			enum il_err err = spdm_msg_decode_padded(b, len, &shape,
								 &m, &used);

			if (len != n && len != full) {
				assert_int_equal(err, IL_E_LONG);
				assert_int_equal(used, 0);
			} else {
				assert_int_equal(err, IL_OK);
				assert_int_equal(used, n);
			}
		}
		for (size_t at = n; at < full; at++) {
			size_t used;

			b[at] = 1;
			assert_int_equal(spdm_msg_decode_padded(b, full, &shape,
								&m, &used),
					 IL_E_LONG);
			b[at] = 0;
		}
	}
}

static void
as_many_zeros_as_were_said_may_follow_and_nothing_else(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600] = { 0 };
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));

		for (size_t more = 0; more < 40; more++) {
			size_t used = 0;

			assert_int_equal(spdm_msg_decode_filled(b, n + more, 31,
								&shape, &m,
								&used),
					 more > 31 ? IL_E_LONG : IL_OK);
			assert_int_equal(used, more > 31 ? 0 : n);
		}
		b[n + 31] = 1;
		assert_int_equal(spdm_msg_decode_filled(b, n + 32, 32, &shape,
							&m, &(size_t){ 0 }),
				 IL_E_LONG);
	}
}

static void an_output_too_small_is_said_and_counted(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600];
		uint8_t out[600];
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));

		assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_OK);
		for (size_t cap = 0; cap < n; cap++) {
			struct wr w = wr_over(out, cap);

			assert_int_equal(spdm_msg_encode(&w, &m), IL_E_SPACE);
			assert_int_equal(w.len, n);
		}
	}
}

static void refused(const uint8_t *b, size_t n)
{
	struct spdm_msg m;

	assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_E_FIELD);
}

static void fields_that_contradict_are_refused(void **unused)
{
	(void)unused;
	uint8_t b[2400] = { 0x12, 0x8f, 0, 0 };
	const uint8_t many[] = { 0x10, SPDM_VERSION, 0, 0, 0, 9 };
	uint8_t algs[36] = { 0x12, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 36, 0 };
	uint8_t five[64] = { 0x12, SPDM_NEGOTIATE_ALGORITHMS, 5, 0, 52, 0 };

	refused(b, 4); /* unknown code */
	memcpy(b, many, sizeof(many));
	refused(b, 6 + 18);
	algs[32] = SPDM_ALG_DHE;
	algs[33] = 0x20;
	algs[4] = 35; /* Length says one less */
	refused(algs, sizeof(algs));
	algs[4] = 36;
	algs[33] = 0x30; /* three bytes of fixed bits */
	refused(algs, sizeof(algs));
	for (size_t i = 0; i < 5; i++)
		five[33 + 4 * i] = 0x20;
	refused(five, 52);
	/* Opaque data beyond 1024 bytes. */
	memset(b, 0, sizeof(b));
	b[0] = 0x12;
	b[1] = SPDM_KEY_EXCHANGE;
	b[4 + 4 + 32 + 96 + 0] = 0x01;
	b[4 + 4 + 32 + 96 + 1] = 0x04;
	refused(b, 4 + 4 + 32 + 96 + 2 + 1025);
	/* More ExtendedErrorData than there may be. */
	b[1] = SPDM_ERROR;
	b[2] = SPDM_ERR_VENDOR_DEFINED;
	refused(b, 4 + 33);
}

static void what_no_length_field_can_say_is_not_encoded(void **unused)
{
	(void)unused;
	static const uint8_t big[70000];
	static uint8_t out[80000];
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_VENDOR_DEFINED_REQUEST };
	struct wr w = wr_over(out, sizeof(out));

	m.u.vdm.payload = (struct spdm_span){ big, 65536 };
	assert_int_equal(spdm_msg_encode(&w, &m), IL_E_ARG);
	m.u.vdm.payload.n = 65535;
	w = wr_over(out, sizeof(out));
	assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
	m.u.vdm.vid = (struct spdm_span){ big, 256 };
	w = wr_over(out, sizeof(out));
	assert_int_equal(spdm_msg_encode(&w, &m), IL_E_ARG);
	m.code = 0x8f;
	w = wr_over(out, sizeof(out));
	assert_int_equal(spdm_msg_encode(&w, &m), IL_E_ARG);
}

static void requests_and_responses_are_paired(void **unused)
{
	(void)unused;
	assert_int_equal(spdm_response_of(SPDM_GET_VERSION), SPDM_VERSION);
	assert_int_equal(spdm_response_of(SPDM_KEY_EXCHANGE),
			 SPDM_KEY_EXCHANGE_RSP);
	assert_int_equal(spdm_response_of(SPDM_VERSION), 0);
	assert_int_equal(spdm_response_of(0x8f), 0);
	assert_int_equal(spdm_response_of(0xff), 0); /* no request: ERROR */
}

static void a_measurement_block_is_dmtf_s_and_says_its_size(void **unused)
{
	(void)unused;
	const uint8_t good[] = { 1, 1, 5, 0, 0x81, 2, 0, 8, 9 };

	for (size_t at = 0; at < 7; at++) {
		uint8_t b[sizeof(good)];
		struct rd r = rd_over(b, sizeof(b));
		struct spdm_meas_block out;
		enum il_err err;

		memcpy(b, good, sizeof(b));
		b[at] = at == 0 ? 0 : (uint8_t)(b[at] + 1);
		err = spdm_meas_block_read(&r, &out);
		if (at == 4)
			assert_int_equal(err, IL_OK); /* any type */
		else
			assert_int_not_equal(err, IL_OK);
	}
	for (size_t n = 0; n < sizeof(good); n++) {
		struct rd r = rd_over(good, n);
		struct spdm_meas_block out;

		assert_int_equal(spdm_meas_block_read(&r, &out), IL_E_SHORT);
	}
}

static void opaque_data_is_whole_elements_or_none(void **unused)
{
	(void)unused;
	/* Two elements: PCI-SIG's with a vendor id, DMTF's with a pad byte. */
	const uint8_t two[20] = { 2,	0,    0, 0, 3, 2, 1, 2, 2, 0,
				  0xaa, 0xbb, 0, 0, 3, 0, 1, 2, 3, 0 };

	assert_true(spdm_opaque_good((struct spdm_span){ NULL, 0 }, false));
	assert_true(spdm_opaque_good((struct spdm_span){ NULL, 0 }, true));
	for (size_t n = 1; n < sizeof(two); n++)
		assert_false(
			spdm_opaque_good((struct spdm_span){ two, n }, true));
	assert_true(
		spdm_opaque_good((struct spdm_span){ two, sizeof(two) }, true));
	/* of a format that was not negotiated */
	assert_false(spdm_opaque_good((struct spdm_span){ two, sizeof(two) },
				      false));
}

static void opaque_versions_are_read_only_when_whole(void **unused)
{
	(void)unused;
	/* DSP0277: supported 1.1 and 1.2, in either frame. */
	const uint8_t fmt1[] = { 1, 0, 0, 0, 0,	   0, 7,    0,
				 1, 1, 2, 0, 0x11, 0, 0x12, 0 };
	const uint8_t table[] = { 0x46, 0x54, 0x4d, 0x44, 1,	1, 0,
				  0,	0,    0,    7,	  0,	1, 1,
				  2,	0,    0x11, 0,	  0x12, 0 };
	struct spdm_sm_versions v;
	uint16_t sel;

	assert_int_equal(spdm_sm_supported_read((struct spdm_span){ fmt1, 16 },
						true, &v),
			 IL_OK);
	assert_int_equal(v.count, 2);
	assert_int_equal(v.entry[1], 0x1200);
	assert_int_equal(spdm_sm_supported_read((struct spdm_span){ table, 20 },
						false, &v),
			 IL_OK);
	for (size_t n = 0; n < 16; n++)
		assert_int_not_equal(
			spdm_sm_supported_read((struct spdm_span){ fmt1, n },
					       true, &v),
			IL_OK);
	for (size_t n = 0; n < 20; n++)
		assert_int_not_equal(
			spdm_sm_supported_read((struct spdm_span){ table, n },
					       false, &v),
			IL_OK);
	assert_int_not_equal(
		spdm_sm_selected_read((struct spdm_span){ fmt1, 16 }, true,
				      &sel),
		IL_OK);
	for (size_t at = 0; at < 15; at++) {
		uint8_t b[16];
		enum il_err err;

		memcpy(b, fmt1, 16);
		b[at] ^= 0x10;
		err = spdm_sm_supported_read((struct spdm_span){ b, 16 }, true,
					     &v);
		/* Reserved bytes and the versions themselves are free. */
		if ((at >= 1 && at <= 3) || at >= 11)
			assert_int_equal(err, IL_OK);
		else
			assert_int_not_equal(err, IL_OK);
	}
}

static void an_element_said_twice_is_refused(void **unused)
{
	(void)unused;
	const uint8_t b[] = { 2,    0, 0, 0, 0, 0, 4, 0, 1, 0, 0,
			      0x11, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0x12 };
	uint8_t padded[28] = { 0 };
	uint16_t sel;

	/* Each element is 8 bytes long: no padding. */
	memcpy(padded, b, 12);
	memcpy(padded + 12, b + 4, 8);
	assert_int_equal(spdm_sm_selected_read((struct spdm_span){ padded, 20 },
					       true, &sel),
			 IL_E_FIELD);
	padded[0] = 1;
	assert_int_equal(spdm_sm_selected_read((struct spdm_span){ padded, 12 },
					       true, &sel),
			 IL_OK);
	assert_int_equal(sel, 0x1100);
}

/* Source: DSP0274 1.2.1, section 10.4, table of BaseAsymAlgo. */
static void signatures_are_as_long_as_their_algorithm_says(void **unused)
{
	static const uint16_t len[] = { 256, 256, 384, 384, 64,
					512, 512, 96,  132 };

	(void)unused;
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(spdm_sig_len(UINT32_C(1) << i),
				 i < COUNT(len) ? len[i] : 0);
	assert_int_equal(spdm_sig_len(0), 0);
	assert_int_equal(spdm_sig_len(3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			signatures_are_as_long_as_their_algorithm_says),
		cmocka_unit_test(each_message_has_its_length_and_no_other),
		cmocka_unit_test(padding_is_zero_and_only_up_to_the_dword),
		cmocka_unit_test(
			as_many_zeros_as_were_said_may_follow_and_nothing_else),
		cmocka_unit_test(an_output_too_small_is_said_and_counted),
		cmocka_unit_test(fields_that_contradict_are_refused),
		cmocka_unit_test(what_no_length_field_can_say_is_not_encoded),
		cmocka_unit_test(requests_and_responses_are_paired),
		cmocka_unit_test(
			a_measurement_block_is_dmtf_s_and_says_its_size),
		cmocka_unit_test(opaque_data_is_whole_elements_or_none),
		cmocka_unit_test(opaque_versions_are_read_only_when_whole),
		cmocka_unit_test(an_element_said_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
