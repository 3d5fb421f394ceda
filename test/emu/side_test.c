/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "emu/side.h"

/* Bytes are those of the tables in docs/emulator.md, written by hand. */

struct sample {
	struct emu_side m;
	uint8_t p[16];
	size_t n;
};

static const struct sample samples[] = {
	{ { .command = 0x4901,
	    .rid = 0x0108,
	    .write = { .reg = 0x0010, .size = 4, .value = 0x81000004 } },
	  { 0x08, 0x01, 0x10, 0x00, 4, 0, 0, 0, 0x04, 0x00, 0x00, 0x81 },
	  12 },
	{ { .command = 0x4902, .rid = 0x0109 }, { 0x09, 0x01, 0, 0 }, 4 },
	{ { .command = 0x4903, .event = 4 }, { 4, 0, 0, 0 }, 4 },
	{ { .command = 0x4904, .rid = 0x0108 }, { 0x08, 0x01, 0, 0 }, 4 },
	{ { .command = 0x4905,
	    .rid = 0x0108,
	    .access = { .flags = 0x0b,
			.stream = 5,
			.len = 8,
			.addr = UINT64_C(0x0000000181000010) } },
	  { 0x08, 0x01, 0x0b, 5, 8, 0, 0, 0, 0x10, 0, 0, 0x81, 1, 0, 0, 0 },
	  16 },
};

static void messages_have_the_documented_bytes(void **unused)
{
	(void)unused;

	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		struct emu_side got = { .command = 0 };
		uint8_t buf[32];
		struct wr w = wr_over(buf, sizeof(buf));

		assert_int_equal(emu_side_encode(&w, &s->m), IL_OK);
		assert_int_equal(w.len, s->n);
		assert_memory_equal(buf, s->p, s->n);
		assert_int_equal(
			emu_side_decode(s->m.command, s->p, s->n, &got), IL_OK);
		w = wr_over(buf, sizeof(buf));
		assert_int_equal(got.command, s->m.command);
		assert_int_equal(got.rid, s->m.rid);
		assert_int_equal(emu_side_encode(&w, &got), IL_OK);
		assert_memory_equal(buf, s->p, s->n);
	}
}

static void every_wrong_length_is_refused(void **unused)
{
	(void)unused;

	for (size_t i = 0; i < COUNT(samples); i++)
		for (size_t n = 0; n <= 24; n++) {
			const struct sample *s = &samples[i];
			uint8_t in[24] = { 0 };
			struct emu_side got = { .rid = 0x7777 };
			enum il_err want = n < s->n   ? IL_E_SHORT
					   : n > s->n ? IL_E_LONG
						      : IL_OK;

			memcpy(in, s->p, s->n);
			assert_int_equal(
				emu_side_decode(s->m.command, in, n, &got),
				want);
			if (want)
				assert_int_equal(got.rid, 0x7777);
		}
}

static void reserved_bytes_and_unknown_flags_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		size_t sample, at;
		uint8_t set;
	} bad[] = { { 0, 5, 1 }, { 0, 6, 1 },	{ 0, 7, 0x80 }, { 1, 2, 1 },
		    { 1, 3, 1 }, { 2, 1, 1 },	{ 2, 3, 1 },	{ 3, 2, 1 },
		    { 3, 3, 1 }, { 4, 2, 0x10 } };

	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct sample *s = &samples[bad[i].sample];
		struct emu_side got = { .command = 0 };
		uint8_t in[16];

		memcpy(in, s->p, sizeof(in));
		in[bad[i].at] |= bad[i].set;
		assert_int_equal(emu_side_decode(s->m.command, in, s->n, &got),
				 IL_E_FIELD);
		assert_int_equal(got.command, 0);
	}
}

static void other_commands_are_none_of_the_side_channel(void **unused)
{
	(void)unused;
	static const uint32_t other[] = { 1,	  2,	  0x4900, 0x4906,
					  0x8001, 0xdead, 0xffff, UINT32_MAX };

	for (size_t i = 0; i < COUNT(other); i++) {
		const struct emu_side m = { .command = other[i] };
		struct emu_side got;
		struct emu_side_answer a = { .status = 0 };
		uint8_t buf[16] = { 0 };
		struct wr w = wr_over(buf, sizeof(buf));

		assert_false(emu_side_is(other[i]));
		assert_int_equal(emu_side_encode(&w, &m), IL_E_ARG);
		assert_int_equal(emu_side_decode(other[i], buf, 4, &got),
				 IL_E_ARG);
		assert_int_equal(emu_side_answer_encode(&w, other[i], &a),
				 IL_E_ARG);
		assert_int_equal(emu_side_answer_decode(other[i], buf, 4, &a),
				 IL_E_ARG);
	}
}

static void answers_have_the_documented_bytes(void **unused)
{
	(void)unused;
	static const uint8_t done[] = { 0, 0, 0, 0 };
	static const uint8_t state[] = { 0, 2, 0, 0 };
	static const uint8_t yes[] = { 0, 1, 0, 0 };
	static const uint8_t no[] = { 0, 0, 3, 2, 'a', 'b', 'c', 'd', 'e' };
	struct emu_side_answer a = { .status = 0 };
	uint8_t buf[32];
	struct wr w = wr_over(buf, sizeof(buf));

	assert_int_equal(emu_side_answer_encode(&w, 0x4901, &a), IL_OK);
	assert_int_equal(w.len, 4);
	assert_memory_equal(buf, done, 4);

	a.state = 2;
	w = wr_over(buf, sizeof(buf));
	assert_int_equal(emu_side_answer_encode(&w, 0x4904, &a), IL_OK);
	assert_memory_equal(buf, state, 4);
	a.state = 0;
	assert_int_equal(emu_side_answer_decode(0x4904, state, 4, &a), IL_OK);
	assert_int_equal(a.state, 2);

	assert_int_equal(emu_side_answer_decode(0x4905, yes, 4, &a), IL_OK);
	assert_true(a.allowed);
	assert_int_equal(a.why.n, 0);

	assert_int_equal(emu_side_answer_decode(0x4905, no, 9, &a), IL_OK);
	assert_false(a.allowed);
	assert_int_equal(a.why.n, 3);
	assert_memory_equal(a.why.p, "abc", 3);
	assert_int_equal(a.source.n, 2);
	assert_memory_equal(a.source.p, "de", 2);
	w = wr_over(buf, sizeof(buf));
	assert_int_equal(emu_side_answer_encode(&w, 0x4905, &a), IL_OK);
	assert_int_equal(w.len, 9);
	assert_memory_equal(buf, no, 9);
}

static void malformed_answers_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		uint32_t command;
		uint8_t p[9];
		size_t n;
		enum il_err want;
	} bad[] = {
		{ 0x4901, { 0, 1, 0, 0 }, 4, IL_E_FIELD },
		{ 0x4901, { 0, 0, 1, 0 }, 4, IL_E_FIELD },
		{ 0x4901, { 0, 0, 0 }, 3, IL_E_SHORT },
		{ 0x4901, { 0, 0, 0, 0, 0 }, 5, IL_E_LONG },
		{ 0x4904, { 0, 2, 0, 1 }, 4, IL_E_FIELD },
		{ 0x4905, { 0, 2, 0, 0 }, 4, IL_E_FIELD },
		{ 0x4905, { 0, 0, 3, 2, 'a', 'b', 'c', 'd' }, 8, IL_E_SHORT },
		{ 0x4905, { 0, 0, 3, 1, 'a', 'b', 'c', 'd', 0 }, 9, IL_E_LONG },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct emu_side_answer a = { .status = 77 };

		assert_int_equal(emu_side_answer_decode(bad[i].command,
							bad[i].p, bad[i].n, &a),
				 bad[i].want);
		assert_int_equal(a.status, 77);
	}
}

static void a_text_that_no_byte_can_count_is_refused(void **unused)
{
	(void)unused;
	char text[256];
	struct emu_side_answer a = { .why = { text, 256 } };
	uint8_t buf[600];
	struct wr w = wr_over(buf, sizeof(buf));

	memset(text, 'x', sizeof(text));
	assert_int_equal(emu_side_answer_encode(&w, 0x4905, &a), IL_E_ARG);
	a.why.n = 255;
	a.source = a.why;
	assert_int_equal(emu_side_answer_encode(&w, 0x4905, &a), IL_OK);
	assert_int_equal(w.len, 4 + 255 + 255);
	a.source.n = 256;
	assert_int_equal(emu_side_answer_encode(&w, 0x4905, &a), IL_E_ARG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_have_the_documented_bytes),
		cmocka_unit_test(every_wrong_length_is_refused),
		cmocka_unit_test(reserved_bytes_and_unknown_flags_are_refused),
		cmocka_unit_test(other_commands_are_none_of_the_side_channel),
		cmocka_unit_test(answers_have_the_documented_bytes),
		cmocka_unit_test(malformed_answers_are_refused),
		cmocka_unit_test(a_text_that_no_byte_can_count_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
