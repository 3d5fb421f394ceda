/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "doe/doe.h"

/*
 * Dword 1: vendor in 15:0, type in 23:16; dword 2: Length in 17:0. What is
 * reserved (31:24, 31:18) is ignored. PCIe Base 6.0 6.30.1
 */
static void the_fields_of_a_header_stand_where_specified(void **unused)
{
	static const struct {
		uint32_t dw[2];
		struct doe_header want;
		enum il_err err;
	} rows[] = {
		{ { 0x00010001, 3 }, { { 1, 1 }, 3 }, IL_OK },
		{ { 0xff021d1a, 5 }, { { 0x1d1a, 2 }, 5 }, IL_OK },
		{ { 0x00fffffe, 2 }, { { 0xfffe, 0xff }, 2 }, IL_OK },
		{ { 0x00010001, 0 }, { { 1, 1 }, 0x40000 }, IL_OK },
		{ { 0x00010001, 0xfffc0000 }, { { 1, 1 }, 0x40000 }, IL_OK },
		{ { 0x00010001, 0x00040007 }, { { 1, 1 }, 7 }, IL_OK },
		{ { 0x00010001, 0x0003ffff }, { { 1, 1 }, 0x3ffff }, IL_OK },
		{ { 0x00010001, 1 }, { { 0, 0 }, 0 }, IL_E_FIELD },
		{ { 0x00010001, 0xfffc0001 }, { { 0, 0 }, 0 }, IL_E_FIELD },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct doe_header h = { { 0, 0 }, 0 };
		uint8_t b[8], back[8];
		struct wr w = wr_over(back, sizeof(back));
		struct rd r = rd_over(b, sizeof(b));

		put_u32le(b, rows[i].dw[0]);
		put_u32le(b + 4, rows[i].dw[1]);
		assert_int_equal(doe_header_decode(&r, &h), rows[i].err);
		assert_int_equal(h.type.vendor, rows[i].want.type.vendor);
		assert_int_equal(h.type.type, rows[i].want.type.type);
		assert_int_equal(h.dw, rows[i].want.dw);
		if (rows[i].err)
			continue;
		/* Reserved bits are sent as zero. */
		assert_int_equal(doe_header_encode(&w, &h), IL_OK);
		assert_int_equal(get_u32le(back), rows[i].dw[0] & 0xffffff);
		assert_int_equal(get_u32le(back + 4), rows[i].dw[1] & 0x3ffff);
	}
	for (size_t n = 0; n < 8; n++) {
		static const uint8_t b[8] = { 1, 0, 1, 0, 3, 0, 0, 0 };
		struct rd r = rd_over(b, n);
		struct doe_header h = { { 7, 7 }, 7 };

		assert_int_equal(doe_header_decode(&r, &h), IL_E_SHORT);
		assert_int_equal(h.dw, 7);
	}
}

static void a_header_of_no_length_is_not_written(void **unused)
{
	static const uint32_t bad[] = { 0, 1, 0x40001, UINT32_MAX };

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct doe_header h = { { 1, 1 }, bad[i] };
		uint8_t b[8];
		struct wr w = wr_over(b, sizeof(b));

		assert_int_equal(doe_header_encode(&w, &h), IL_E_ARG);
		assert_int_equal(w.len, 0);
	}
}

static void only_the_two_types_without_a_connection_id_are_spdm(void **unused)
{
	(void)unused;
	for (unsigned v = 0; v < 3; v++)
		for (unsigned t = 0; t < 256; t++) {
			const struct doe_type type = { (uint16_t)v,
						       (uint8_t)t };
			bool secured = t == 1;
			const bool is = doe_is_spdm(type, &secured);

			assert_int_equal(is, v == 1 && (t == 1 || t == 2));
			assert_int_equal(secured, is ? t == 2 : t == 1);
		}
	assert_int_equal(doe_spdm(false).vendor, 1);
	assert_int_equal(doe_spdm(false).type, 1);
	assert_int_equal(doe_spdm(true).vendor, 1);
	assert_int_equal(doe_spdm(true).type, 2);
}

/* PCIe Base 6.0 6.31.3: no sequence number, no random bytes; dwords. */
static void a_record_shows_nothing_but_its_session(void **unused)
{
	(void)unused;
	assert_int_equal(doe_binding.seq_len, 0);
	assert_int_equal(doe_binding.type_len, 0);
	assert_int_equal(doe_binding.random_max, 0);
	assert_int_equal(doe_binding.unit, 4);
}

/* Origin: DMTF spdm-emu's DOE records of GET_VERSION, PCIe Base 6.0 6.30.1 */
static void an_object_is_laid_out_as_specified(void **unused)
{
	static const uint8_t want[] = { 0x01, 0x00, 0x01, 0x00, 0x03, 0x00,
					0x00, 0x00, 0x10, 0x84, 0x00, 0x00 };
	const uint8_t spdm[] = { 0x10, 0x84, 0, 0 };
	const struct doe_type type = { 1, 1 };
	uint8_t out[16];
	struct wr w = wr_over(out, sizeof(out));

	(void)unused;
	assert_int_equal(doe_wrap(&w, type, spdm, 4), IL_OK);
	assert_int_equal(w.len, sizeof(want));
	assert_memory_equal(out, want, sizeof(want));
}

static void payloads_of_each_length_come_back_padded(void **unused)
{
	uint8_t in[64], obj[80];

	(void)unused;
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i + 1);
	for (size_t n = 0; n <= sizeof(in); n++) {
		size_t full = 8 + (n + 3) / 4 * 4, len = 99;
		struct wr w = wr_over(obj, full);
		const uint8_t *p = NULL;
		struct doe_type t = { 0, 0 };

		memset(obj, 0xcc, sizeof(obj));
		assert_int_equal(
			doe_wrap(&w, (struct doe_type){ 0x1234, 9 }, in, n),
			IL_OK);
		assert_int_equal(w.len, full);
		assert_int_equal(doe_unwrap(obj, full, full, &t, &p, &len),
				 IL_OK);
		assert_int_equal(t.vendor, 0x1234);
		assert_int_equal(t.type, 9);
		assert_int_equal(len, full - 8);
		assert_memory_equal(p, in, n);
		for (size_t i = n; i < len; i++)
			assert_int_equal(p[i], 0);
		for (size_t cut = 0; cut < full; cut++) {
			struct wr small = wr_over(obj, cut);

			assert_int_equal(
				doe_unwrap(obj, cut, full, &t, &p, &len),
				IL_E_SHORT);
			assert_int_equal(doe_wrap(&small,
						  (struct doe_type){ 1, 1 }, in,
						  n),
					 IL_E_SPACE);
			w = wr_over(obj, full);
			assert_int_equal(
				doe_wrap(&w, (struct doe_type){ 1, 1 }, in, n),
				IL_OK);
		}
		assert_int_equal(doe_unwrap(obj, full + 1, full, &t, &p, &len),
				 IL_E_LONG);
		assert_int_equal(doe_unwrap(obj, full, full - 1, &t, &p, &len),
				 IL_E_FIELD);
	}
}

static void lengths_below_the_header_are_refused(void **unused)
{
	uint8_t obj[8] = { 1, 0, 1, 0, 1, 0, 0, 0 };
	struct doe_type t;
	const uint8_t *p;
	size_t len;

	(void)unused;
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_E_FIELD);
	obj[4] = 0; /* 2^18 dwords */
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_E_FIELD);
	assert_int_equal(doe_unwrap(obj, 8, SIZE_MAX, &t, &p, &len),
			 IL_E_SHORT);
	obj[4] = 2;
	obj[6] = 0xfc; /* above the 18 bits: reserved */
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_OK);
	assert_int_equal(len, 0);
	obj[3] = 0xff; /* reserved */
	assert_int_equal(doe_unwrap(obj, 8, 4104, &t, &p, &len), IL_OK);
}

static void two_to_the_18_is_written_as_zero(void **unused)
{
	static uint8_t obj[4 << 18], in[DOE_MAX_PAYLOAD + 1];
	struct wr w = wr_over(obj, sizeof(obj));
	struct doe_type t;
	const uint8_t *p;
	size_t len;

	(void)unused;
	assert_int_equal(
		doe_wrap(&w, (struct doe_type){ 1, 1 }, in, DOE_MAX_PAYLOAD),
		IL_OK);
	assert_int_equal(w.len, sizeof(obj));
	assert_int_equal(obj[4] | obj[5] | obj[6] | obj[7], 0);
	assert_int_equal(
		doe_unwrap(obj, sizeof(obj), sizeof(obj), &t, &p, &len), IL_OK);
	assert_int_equal(len, DOE_MAX_PAYLOAD);
	w = wr_over(obj, sizeof(obj));
	assert_int_equal(
		doe_wrap(&w, (struct doe_type){ 1, 1 }, in, sizeof(in)),
		IL_E_ARG);
	assert_int_equal(w.len, 0);
}

/* Longer ones are cut, PCIe Base 6.3 §6.30.1; answers must fit. */
static void discovery_of_each_wrong_length_is_known(void **unused)
{
	const struct doe_type types[] = { { 1, 0 }, { 1, 1 } };
	const uint8_t req[6] = { 1, 2, 0, 0 };
	uint8_t rsp[4] = { 9, 9, 9, 9 };
	const uint8_t past[4] = { 2, 0, 0, 0 };
	struct doe_discovery_rsp m = { .next = 7 };

	(void)unused;
	for (size_t n = 0; n < 6; n++) {
		enum il_err err = doe_discover(types, 2, req, n, rsp);
		struct rd r = rd_over(req, n);

		assert_int_equal(err, n < 4 ? IL_E_SHORT : IL_OK);
		if (n < 4)
			assert_int_equal(rsp[0], 9);
		assert_int_equal(doe_discovery_rsp_decode(&r, &m),
				 n > 4 ? IL_E_LONG : err);
		if (n < 4)
			assert_int_equal(m.next, 7);
	}
	assert_memory_equal(rsp, ((const uint8_t[]){ 1, 0, 1, 0 }), 4);
	assert_int_equal(doe_discover(types, 2, past, 4, rsp), IL_OK);
	assert_memory_equal(rsp, ((const uint8_t[]){ 0xff, 0xff, 0, 0 }), 4);
}

static void discovery_round_trips(void **unused)
{
	const struct doe_discovery_rsp m = { .type = { 0x1d1a, 3 }, .next = 4 };
	struct doe_discovery_rsp back;
	uint8_t b[4], index = 0, version = 0;
	struct wr w = wr_over(b, 4);
	struct rd r;

	(void)unused;
	doe_discovery_rsp_encode(&w, &m);
	assert_memory_equal(b, ((const uint8_t[]){ 0x1a, 0x1d, 3, 4 }), 4);
	r = rd_over(b, 4);
	assert_int_equal(doe_discovery_rsp_decode(&r, &back), IL_OK);
	assert_int_equal(back.type.vendor, 0x1d1a);
	assert_int_equal(back.type.type, 3);
	assert_int_equal(back.next, 4);
	w = wr_over(b, 4);
	doe_discovery_req_encode(&w, 5, 2);
	assert_memory_equal(b, ((const uint8_t[]){ 5, 2, 0, 0 }), 4);
	r = rd_over(b, 4);
	assert_int_equal(doe_discovery_req_decode(&r, &index, &version), IL_OK);
	assert_int_equal(index, 5);
	assert_int_equal(version, 2);
}

/* A device whose discovery never ends would hold its host for ever. */
static void a_walk_through_discovery_only_goes_on(void **unused)
{
	(void)unused;
	for (unsigned at = 0; at < 256; at++)
		for (unsigned next = 0; next < 256; next++) {
			const uint8_t b[4] = { 1, 0, 2, (uint8_t)next };
			struct doe_type t = { 9, 9 };
			uint8_t index = (uint8_t)at;
			enum il_err err = doe_discovered(b, 4, &index, &t);

			if (!next || next > at) {
				assert_int_equal(err, IL_OK);
				assert_int_equal(index, next);
				assert_int_equal(t.vendor, 1);
				assert_int_equal(t.type, 2);
				continue;
			}
			assert_int_equal(err, IL_E_FIELD);
			assert_int_equal(index, at);
			assert_int_equal(t.vendor, 9);
		}
}

static void a_walk_ends_where_nothing_is(void **unused)
{
	static const uint8_t end[5] = { 0xff, 0xff, 0, 0, 0 };
	static const uint8_t on[4] = { 0xff, 0xff, 0, 3 };
	struct doe_type t = { 9, 9 };
	uint8_t index = 1;

	(void)unused;
	assert_int_equal(doe_discovered(on, 4, &index, &t), IL_E_FIELD);
	for (size_t n = 0; n < 4; n++)
		assert_int_equal(doe_discovered(end, n, &index, &t),
				 IL_E_SHORT);
	assert_int_equal(doe_discovered(end, 5, &index, &t), IL_E_LONG);
	assert_int_equal(index, 1);
	assert_int_equal(t.vendor, 9);
	assert_int_equal(doe_discovered(end, 4, &index, &t), IL_OK);
	assert_int_equal(index, 0);
	assert_int_equal(t.vendor, DOE_VENDOR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_of_a_header_stand_where_specified),
		cmocka_unit_test(a_header_of_no_length_is_not_written),
		cmocka_unit_test(
			only_the_two_types_without_a_connection_id_are_spdm),
		cmocka_unit_test(a_record_shows_nothing_but_its_session),
		cmocka_unit_test(an_object_is_laid_out_as_specified),
		cmocka_unit_test(payloads_of_each_length_come_back_padded),
		cmocka_unit_test(lengths_below_the_header_are_refused),
		cmocka_unit_test(two_to_the_18_is_written_as_zero),
		cmocka_unit_test(discovery_of_each_wrong_length_is_known),
		cmocka_unit_test(discovery_round_trips),
		cmocka_unit_test(a_walk_through_discovery_only_goes_on),
		cmocka_unit_test(a_walk_ends_where_nothing_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
