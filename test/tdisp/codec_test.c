/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/vec.h"
#include "tdisp_test.h"

/* Whole lengths after the protocol id byte: PCIe Base 6.x §11.3. */
static const struct {
	uint8_t code;
	size_t len;
	size_t rsvd[4]; /* offsets of reserved bytes beyond 2 and 3; 0 ends */
} fixed[] = {
	{ 0x81, 16, { 0 } }, { 0x82, 20, { 0 } },	   { 0x83, 36, { 19 } },
	{ 0x84, 20, { 0 } }, { 0x85, 16, { 0 } },	   { 0x86, 48, { 0 } },
	{ 0x87, 16, { 0 } }, { 0x88, 17, { 0 } },	   { 0x89, 17, { 0 } },
	{ 0x8a, 32, { 0 } }, { 0x02, 44, { 38, 39, 40 } }, { 0x03, 48, { 0 } },
	{ 0x05, 17, { 0 } }, { 0x06, 16, { 0 } },	   { 0x07, 16, { 0 } },
	{ 0x08, 16, { 0 } }, { 0x09, 16, { 0 } },	   { 0x0a, 16, { 0 } },
};

static void each_recorded_message_encodes_to_the_same_bytes(void **unused)
{
	FILE *f = recording();
	static struct vec v;
	unsigned n = 0;

	(void)unused;
	while (vec_next(f, &v)) {
		uint8_t out[VEC_MAX];
		struct wr w = wr_over(out, sizeof(out));
		struct tdisp_msg m;

		assert_int_equal(tdisp_decode(v.p, v.n, &m), IL_OK);
		assert_false(m.rsvd_set);
		assert_int_equal(m.version, 0x10);
		assert_int_equal(m.iface.function_id, 0xbeef);
		assert_int_equal(m.iface.rsvd, 0);
		assert_int_equal(tdisp_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, v.n);
		assert_memory_equal(out, v.p, v.n);
		n++;
	}
	fclose(f);
	assert_int_equal(n, 44);
}

/* Counting bytes in, so that each field shows where it was read. */
static enum il_err count_up(uint8_t code, size_t n, struct tdisp_msg *m)
{
	static uint8_t in[64];

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)i;
	in[1] = code;
	return tdisp_decode(in, n, m);
}

static void each_field_is_read_where_the_specification_has_it(void **unused)
{
	struct tdisp_msg m;

	(void)unused;
	assert_int_equal(count_up(0x83, 36, &m), IL_OK);
	assert_int_equal(m.version, 0);
	assert_true(m.rsvd_set);
	assert_int_equal(m.iface.function_id, 0x07060504);
	assert_int_equal(m.iface.rsvd, 0x0f0e0d0c0b0a0908);
	assert_int_equal(m.lock.flags, 0x1110);
	assert_int_equal(m.lock.default_stream, 18);
	assert_int_equal(m.lock.mmio_offset, 0x1b1a191817161514);
	assert_int_equal(m.lock.p2p_mask, 0x232221201f1e1d1c);
	assert_int_equal(count_up(0x02, 44, &m), IL_OK);
	assert_int_equal(m.caps.dsm_caps, 0x13121110);
	assert_int_equal(m.caps.msgs[0], 20);
	assert_int_equal(m.caps.msgs[15], 35);
	assert_int_equal(m.caps.lock_flags, 0x2524);
	assert_int_equal(m.caps.addr_width, 41);
	assert_int_equal(m.caps.num_req_this, 42);
	assert_int_equal(m.caps.num_req_all, 43);
	assert_int_equal(count_up(0x82, 20, &m), IL_OK);
	assert_int_equal(m.tsm_caps, 0x13121110);
	assert_int_equal(count_up(0x84, 20, &m), IL_OK);
	assert_int_equal(m.get_report.offset, 0x1110);
	assert_int_equal(m.get_report.length, 0x1312);
	assert_int_equal(count_up(0x03, 48, &m), IL_OK);
	assert_int_equal(m.nonce[0], 16);
	assert_int_equal(m.nonce[31], 47);
	assert_int_equal(count_up(0x05, 17, &m), IL_OK);
	assert_int_equal(m.state, 16);
	assert_int_equal(count_up(0x88, 17, &m), IL_OK);
	assert_int_equal(m.stream, 16);
	assert_int_equal(count_up(0x8a, 32, &m), IL_OK);
	assert_int_equal(m.range.first_page, 0x1716151413121110);
	assert_int_equal(m.range.pages, 0x1b1a1918);
	assert_int_equal(m.range.attrs, 0x1d1c);
	assert_int_equal(m.range.id, 0x1f1e);
	assert_int_equal(count_up(0x8b, 40, &m), IL_OK);
	assert_int_equal(m.vdm.registry, 16);
	assert_int_equal(m.vdm.id_len, 17);
	assert_int_equal(m.vdm.id[0], 18);
	assert_int_equal(m.vdm.len, 40 - 18 - 17);
	assert_int_equal(m.vdm.data[0], 35);
}

static void each_fixed_message_survives_a_round_trip(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(fixed); i++) {
		uint8_t in[64], out[64];
		struct wr w = wr_over(out, sizeof(out));
		struct tdisp_msg m;

		for (size_t j = 0; j < sizeof(in); j++)
			in[j] = (uint8_t)(j * 37 + 11);
		in[1] = fixed[i].code;
		in[2] = in[3] = 0;
		for (size_t j = 0; j < 4 && fixed[i].rsvd[j]; j++)
			in[fixed[i].rsvd[j]] = 0;
		assert_int_equal(tdisp_decode(in, fixed[i].len, &m), IL_OK);
		assert_false(m.rsvd_set);
		assert_int_equal(tdisp_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, fixed[i].len);
		assert_memory_equal(in, out, fixed[i].len);
	}
}

static void every_wrong_length_is_refused_and_leaves_out_alone(void **unused)
{
	uint8_t buf[80] = { 0x10 };
	struct tdisp_msg m, before;

	(void)unused;
	memset(&m, 0x5a, sizeof(m));
	memcpy(&before, &m, sizeof(m));
	for (size_t i = 0; i < COUNT(fixed); i++) {
		buf[1] = fixed[i].code;
		for (size_t n = 0; n < sizeof(buf); n++) {
			if (n == fixed[i].len)
				continue;
			assert_int_equal(tdisp_decode(buf, n, &m),
					 n < fixed[i].len ? IL_E_SHORT
							  : IL_E_LONG);
			assert_memory_equal(&m, &before, sizeof(m));
		}
	}
}

static void every_wrong_length_of_a_counted_message_is_refused(void **unused)
{
	/* code, where the count is, its value, the one right length */
	static const struct {
		uint8_t code;
		size_t at, count, len;
	} rows[] = {
		{ 0x01, 16, 3, 20 },
		{ 0x04, 16, 5, 25 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 0; n < 40; n++) {
			uint8_t buf[40] = { 0x10, rows[i].code };
			struct tdisp_msg m;

			buf[rows[i].at] = (uint8_t)rows[i].count;
			assert_int_equal(tdisp_decode(buf, n, &m),
					 n < rows[i].len    ? IL_E_SHORT
					 : n == rows[i].len ? IL_OK
							    : IL_E_LONG);
		}
}

static void a_vdm_is_at_least_its_vendor_id(void **unused)
{
	uint8_t buf[40] = { 0x10, 0x0b };

	(void)unused;
	buf[17] = 4;
	for (size_t n = 0; n < sizeof(buf); n++) {
		uint8_t out[40];
		struct wr w = wr_over(out, sizeof(out));
		struct tdisp_msg m;

		assert_int_equal(tdisp_decode(buf, n, &m),
				 n < 22 ? IL_E_SHORT : IL_OK);
		if (n < 22)
			continue;
		assert_int_equal(m.vdm.len, n - 22);
		assert_int_equal(tdisp_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, n);
		assert_memory_equal(out, buf, n);
	}
}

static void only_a_vendor_error_carries_more_and_says_how_much(void **unused)
{
	uint8_t buf[40] = { 0x10, 0x7f };
	struct tdisp_msg m;

	(void)unused;
	buf[16] = TDISP_E_BUSY;
	for (size_t n = 0; n < sizeof(buf); n++)
		assert_int_equal(tdisp_decode(buf, n, &m), n < 24   ? IL_E_SHORT
							   : n > 24 ? IL_E_LONG
								    : IL_OK);
	buf[16] = TDISP_E_VENDOR_SPECIFIC;
	buf[20] = 5;
	for (size_t n = 0; n < sizeof(buf); n++) {
		enum il_err err = tdisp_decode(buf, n, &m);

		assert_int_equal(err == IL_OK, n == 29);
	}
	assert_int_equal(tdisp_decode(buf, 29, &m), IL_OK);
	assert_int_equal(m.error.ext_len, 5);
	assert_int_equal(m.error.data, 5);
	uint8_t out[40];
	struct wr w = wr_over(out, sizeof(out));

	assert_int_equal(tdisp_encode(&w, &m), IL_OK);
	assert_int_equal(w.len, 29);
	assert_memory_equal(out, buf, 29);
}

static void an_undefined_code_is_neither_read_nor_written(void **unused)
{
	(void)unused;
	for (unsigned code = 0; code < 256; code++) {
		bool req = code >= 0x81 && code <= 0x8b;
		bool rsp = (code >= 0x01 && code <= 0x0b) || code == 0x7f;
		uint8_t buf[64] = { 0x10, (uint8_t)code };
		struct wr w = wr_over(buf, sizeof(buf));
		struct tdisp_msg m = { .code = (enum tdisp_code)code };

		assert_int_equal(tdisp_is_request(code), req);
		assert_int_equal(tdisp_is_response(code), rsp);
		if (req || rsp)
			continue;
		assert_int_equal(tdisp_decode(buf, 16, &m), IL_E_FIELD);
		assert_int_equal(tdisp_encode(&w, &m), IL_E_ARG);
		assert_int_equal(w.len, 0);
	}
}

static void each_reserved_byte_is_noticed(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(fixed); i++)
		for (size_t j = 0; j < 6; j++) {
			size_t at = j < 2 ? 2 + j : fixed[i].rsvd[j - 2];
			uint8_t buf[64] = { 0x10, fixed[i].code };
			struct tdisp_msg m;

			if (!at)
				break;
			buf[at] = 1;
			assert_int_equal(tdisp_decode(buf, fixed[i].len, &m),
					 IL_OK);
			assert_true(m.rsvd_set);
		}
}

static void encoding_into_too_little_room_says_how_much_is_needed(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(fixed); i++)
		for (size_t cap = 0; cap < fixed[i].len; cap++) {
			struct tdisp_msg m = {
				.code = (enum tdisp_code)fixed[i].code
			};
			uint8_t out[64];
			struct wr w = wr_over(out, cap);

			assert_int_equal(tdisp_encode(&w, &m), IL_E_SPACE);
			assert_int_equal(w.len, fixed[i].len);
		}
}

static void a_header_alone_can_be_read_with_any_code(void **unused)
{
	uint8_t buf[16] = { 0x21, 0xee, 0, 0, 1, 2, 3, 4, 9 };

	(void)unused;
	for (size_t n = 0; n <= sizeof(buf); n++) {
		struct rd r = rd_over(buf, n);
		struct tdisp_msg m = { .version = 0x77 };

		assert_int_equal(tdisp_hdr_decode(&r, &m),
				 n < 16 ? IL_E_SHORT : IL_OK);
		assert_int_equal(m.version, n < 16 ? 0x77 : 0x21);
		if (n < 16)
			continue;
		assert_int_equal(m.code, 0xee);
		assert_int_equal(m.iface.function_id, 0x04030201);
		assert_int_equal(m.iface.rsvd, 9);
	}
}

int run_codec_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_recorded_message_encodes_to_the_same_bytes),
		cmocka_unit_test(
			each_field_is_read_where_the_specification_has_it),
		cmocka_unit_test(each_fixed_message_survives_a_round_trip),
		cmocka_unit_test(
			every_wrong_length_is_refused_and_leaves_out_alone),
		cmocka_unit_test(
			every_wrong_length_of_a_counted_message_is_refused),
		cmocka_unit_test(a_vdm_is_at_least_its_vendor_id),
		cmocka_unit_test(
			only_a_vendor_error_carries_more_and_says_how_much),
		cmocka_unit_test(an_undefined_code_is_neither_read_nor_written),
		cmocka_unit_test(each_reserved_byte_is_noticed),
		cmocka_unit_test(
			encoding_into_too_little_room_says_how_much_is_needed),
		cmocka_unit_test(a_header_alone_can_be_read_with_any_code),
	};

	return cmocka_run_group_tests_name("tdisp codec", tests, NULL, NULL);
}
