/* SPDX-License-Identifier: BSD-2-Clause */
#include "idekm_test.h"
#include "tdisp/vec.h"

/* Lengths after the protocol id byte: PCIe Base 6.x §6.33.3. */
static const struct {
	uint8_t object;
	size_t len;
	size_t rsvd[4]; /* offsets of reserved bytes, 0 ends */
} shapes[] = {
	{ 0, 3, { 1 } },       { 2, 47, { 1, 2, 4 } }, { 3, 7, { 1, 2 } },
	{ 4, 7, { 1, 2, 4 } }, { 5, 7, { 1, 2, 4 } },  { 6, 7, { 1, 2, 4 } },
};

static void each_recorded_object_encodes_to_the_same_bytes(void **unused)
{
	FILE *f = recording();
	static struct vec v;
	unsigned n = 0, kinds = 0;

	(void)unused;
	while (vec_next(f, &v)) {
		uint8_t out[VEC_MAX];
		struct wr w = wr_over(out, sizeof(out));
		struct idekm_msg m;

		assert_int_equal(idekm_decode(v.p, v.n, &m), IL_OK);
		assert_false(m.rsvd_set);
		assert_int_equal(idekm_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, v.n);
		assert_memory_equal(out, v.p, v.n);
		kinds |= 1u << m.object;
		n++;
	}
	fclose(f);
	assert_int_equal(n, 76);
	assert_int_equal(kinds, 0x7f);
}

static void key_prog_is_read_as_the_recording_means_it(void **unused)
{
	FILE *f = recording();
	static struct vec v;
	struct idekm_msg m;
	/* Wire 57a9ce86 7434c46f …: bytes reversed in each group of four. */
	static const uint8_t head[8] = { 0x86, 0xce, 0xa9, 0x57,
					 0x6f, 0xc4, 0x34, 0x74 };
	static const uint8_t ifv[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };

	(void)unused;
	for (int i = 0; i < 3; i++)
		assert_true(vec_next(f, &v));
	fclose(f);
	assert_int_equal(idekm_decode(v.p, v.n, &m), IL_OK);
	assert_int_equal(m.object, IDEKM_KEY_PROG);
	assert_int_equal(m.ref.stream, 0);
	assert_int_equal(m.ref.port, 1);
	assert_int_equal(m.ref.key_set, 0);
	assert_int_equal(m.ref.dir, IDEKM_RX);
	assert_int_equal(m.ref.sub, IDEKM_PR);
	assert_memory_equal(m.key, head, sizeof(head));
	assert_memory_equal(m.ifv, ifv, sizeof(ifv));
}

static void key_sub_stream_bits_are_where_the_law_book_has_them(void **unused)
{
	static const struct {
		uint8_t kss, set, dir, sub;
	} rows[] = {
		{ 0x00, 0, 0, 0 }, { 0x01, 1, 0, 0 }, { 0x02, 0, 1, 0 },
		{ 0x10, 0, 0, 1 }, { 0x23, 1, 1, 2 }, { 0xf0, 0, 0, 15 },
		{ 0x21, 1, 0, 2 }, { 0x80, 0, 0, 8 },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t in[7] = { 4, 0, 0, 9, 0, rows[i].kss, 3 }, out[7];
		struct wr w = wr_over(out, sizeof(out));
		struct idekm_msg m;

		assert_int_equal(idekm_decode(in, 7, &m), IL_OK);
		assert_int_equal(m.ref.key_set, rows[i].set);
		assert_int_equal(m.ref.dir, rows[i].dir);
		assert_int_equal(m.ref.sub, rows[i].sub);
		assert_int_equal(m.ref.stream, 9);
		assert_int_equal(m.ref.port, 3);
		assert_int_equal(idekm_encode(&w, &m), IL_OK);
		assert_memory_equal(in, out, 7);
	}
}

static void kp_ack_has_its_status_in_the_fifth_byte(void **unused)
{
	const uint8_t in[7] = { 3, 0, 0, 5, 0xab, 0x12, 6 };
	struct idekm_msg m;

	(void)unused;
	assert_int_equal(idekm_decode(in, 7, &m), IL_OK);
	assert_int_equal(m.status, 0xab);
	assert_false(m.rsvd_set);
}

static void query_resp_fields_stand_in_order(void **unused)
{
	const uint8_t in[11] = { 1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	struct idekm_msg m;

	(void)unused;
	assert_int_equal(idekm_decode(in, 11, &m), IL_OK);
	assert_int_equal(m.ref.port, 2);
	assert_int_equal(m.devfn, 3);
	assert_int_equal(m.bus, 4);
	assert_int_equal(m.segment, 5);
	assert_int_equal(m.max_port, 6);
	assert_int_equal(m.cap_len, 4);
	assert_ptr_equal(m.cap, in + 7);
}

static void every_wrong_length_is_refused_and_leaves_out_alone(void **unused)
{
	uint8_t buf[64] = { 0 };
	struct idekm_msg m, before;

	(void)unused;
	memset(&m, 0x5a, sizeof(m));
	memcpy(&before, &m, sizeof(m));
	for (size_t i = 0; i < COUNT(shapes); i++) {
		buf[0] = shapes[i].object;
		for (size_t n = 0; n < sizeof(buf); n++) {
			enum il_err want =
				n < shapes[i].len ? IL_E_SHORT : IL_E_LONG;

			if (n == shapes[i].len)
				continue;
			assert_int_equal(idekm_decode(buf, n, &m), want);
			assert_memory_equal(&m, &before, sizeof(m));
		}
	}
}

static void a_query_resp_is_a_head_and_whole_dwords(void **unused)
{
	uint8_t buf[32] = { 1 };
	struct idekm_msg m, before;

	(void)unused;
	for (size_t n = 0; n < sizeof(buf); n++) {
		enum il_err want = n < 7	      ? IL_E_SHORT
				   : (n - 7) % 4 != 0 ? IL_E_FIELD
						      : IL_OK;

		memset(&m, 0x5a, sizeof(m));
		memcpy(&before, &m, sizeof(m));
		assert_int_equal(idekm_decode(buf, n, &m), want);
		if (want)
			assert_memory_equal(&m, &before, sizeof(m));
	}
}

static void an_unknown_object_is_refused(void **unused)
{
	uint8_t buf[7] = { 0 };
	struct idekm_msg m;

	(void)unused;
	for (unsigned object = 7; object < 256; object++) {
		buf[0] = (uint8_t)object;
		assert_int_equal(idekm_decode(buf, 7, &m), IL_E_FIELD);
	}
	assert_int_equal(idekm_decode(NULL, 0, &m), IL_E_SHORT);
}

static void each_reserved_byte_is_noticed(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(shapes); i++)
		for (size_t j = 0; j < 4 && shapes[i].rsvd[j]; j++) {
			uint8_t buf[47] = { shapes[i].object };
			struct idekm_msg m;

			assert_int_equal(idekm_decode(buf, shapes[i].len, &m),
					 IL_OK);
			assert_false(m.rsvd_set);
			buf[shapes[i].rsvd[j]] = 0x80;
			assert_int_equal(idekm_decode(buf, shapes[i].len, &m),
					 IL_OK);
			assert_true(m.rsvd_set);
		}
}

static void reserved_bits_between_direction_and_sub_stream_are_noticed(void **u)
{
	uint8_t buf[7] = { 6 };
	struct idekm_msg m;

	(void)u;
	buf[5] = 0x04;
	assert_int_equal(idekm_decode(buf, 7, &m), IL_OK);
	assert_true(m.rsvd_set);
	buf[5] = 0x08;
	assert_int_equal(idekm_decode(buf, 7, &m), IL_OK);
	assert_true(m.rsvd_set);
	buf[5] = 0xf3;
	assert_int_equal(idekm_decode(buf, 7, &m), IL_OK);
	assert_false(m.rsvd_set);
	uint8_t query[7] = { 1, 1 };

	assert_int_equal(idekm_decode(query, 7, &m), IL_OK);
	assert_true(m.rsvd_set);
}

static void encoding_into_too_little_room_says_how_much_is_needed(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(shapes); i++)
		for (size_t cap = 0; cap < shapes[i].len; cap++) {
			uint8_t out[64];
			struct wr w = wr_over(out, cap);
			struct idekm_msg m = {
				.object = (enum idekm_object)shapes[i].object
			};

			assert_int_equal(idekm_encode(&w, &m), IL_E_SPACE);
			assert_int_equal(w.len, shapes[i].len);
		}
}

static void what_is_no_object_is_not_encoded(void **unused)
{
	uint8_t out[64];
	struct wr w = wr_over(out, sizeof(out));
	struct idekm_msg m = { .object = IDEKM_OBJECTS };

	(void)unused;
	assert_int_equal(idekm_encode(&w, &m), IL_E_ARG);
	m.object = IDEKM_QUERY_RESP;
	m.cap = out;
	m.cap_len = 3;
	assert_int_equal(idekm_encode(&w, &m), IL_E_ARG);
	assert_int_equal(w.len, 0);
}

static void a_reference_is_sane_only_within_its_bounds(void **unused)
{
	struct idekm_ref ref = { .stream = 255, .port = 255 };

	(void)unused;
	ref.key_set = 1;
	ref.dir = 1;
	ref.sub = 2;
	assert_true(idekm_ref_sane(&ref));
	ref.sub = 3;
	assert_false(idekm_ref_sane(&ref));
	ref.sub = 0;
	ref.dir = 2;
	assert_false(idekm_ref_sane(&ref));
	ref.dir = 0;
	ref.key_set = 2;
	assert_false(idekm_ref_sane(&ref));
}

int run_codec_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_recorded_object_encodes_to_the_same_bytes),
		cmocka_unit_test(key_prog_is_read_as_the_recording_means_it),
		cmocka_unit_test(
			key_sub_stream_bits_are_where_the_law_book_has_them),
		cmocka_unit_test(kp_ack_has_its_status_in_the_fifth_byte),
		cmocka_unit_test(query_resp_fields_stand_in_order),
		cmocka_unit_test(
			every_wrong_length_is_refused_and_leaves_out_alone),
		cmocka_unit_test(a_query_resp_is_a_head_and_whole_dwords),
		cmocka_unit_test(an_unknown_object_is_refused),
		cmocka_unit_test(each_reserved_byte_is_noticed),
		cmocka_unit_test(
			reserved_bits_between_direction_and_sub_stream_are_noticed),
		cmocka_unit_test(
			encoding_into_too_little_room_says_how_much_is_needed),
		cmocka_unit_test(what_is_no_object_is_not_encoded),
		cmocka_unit_test(a_reference_is_sane_only_within_its_bounds),
	};

	return cmocka_run_group_tests_name("idekm codec", tests, NULL, NULL);
}
