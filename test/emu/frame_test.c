/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "emu/frame.h"

/* DMTF spdm-emu: command, transport and size big-endian, then the payload. */
static const uint8_t hello[] = { 0, 0, 0xde, 0xad, 0,	0,   0,	 2,
				 0, 0, 0,    3,	   'a', 'b', 'c' };

static void a_frame_is_three_big_endian_numbers_and_a_payload(void **unused)
{
	(void)unused;
	struct emu_frame f = { .p = NULL };
	uint8_t back[sizeof(hello)];
	struct wr w = wr_over(back, sizeof(back));
	size_t used = 0;

	assert_int_equal(emu_frame_decode(hello, sizeof(hello), &f, &used),
			 IL_OK);
	assert_int_equal(used, sizeof(hello));
	assert_int_equal(f.command, 0xdead);
	assert_int_equal(f.transport, 2);
	assert_int_equal(f.len, 3);
	assert_ptr_equal(f.p, hello + 12);
	assert_int_equal(emu_frame_encode(&w, &f), IL_OK);
	assert_int_equal(w.len, sizeof(hello));
	assert_memory_equal(back, hello, sizeof(hello));
}

static void a_frame_that_is_not_all_there_waits(void **unused)
{
	(void)unused;

	for (size_t n = 0; n < sizeof(hello); n++) {
		struct emu_frame f = { .len = 99 };
		size_t used = 99;

		assert_int_equal(emu_frame_decode(hello, n, &f, &used),
				 IL_E_SHORT);
		assert_int_equal(f.len, 99);
		assert_int_equal(used, 99);
	}
}

static void what_follows_a_frame_is_left_alone(void **unused)
{
	(void)unused;
	uint8_t two[sizeof(hello) + 5] = { 0 };
	struct emu_frame f = { .p = NULL };
	size_t used = 0;

	memcpy(two, hello, sizeof(hello));
	memset(two + sizeof(hello), 0xff, 5);
	assert_int_equal(emu_frame_decode(two, sizeof(two), &f, &used), IL_OK);
	assert_int_equal(used, sizeof(hello));
}

static void a_length_above_the_limit_is_refused_at_once(void **unused)
{
	(void)unused;
	uint8_t in[12] = { 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x12, 0x01 };
	struct emu_frame f = { .p = in };
	uint8_t out[16];
	struct wr w = wr_over(out, sizeof(out));
	size_t used;

	/* 0x1200 is not there yet, 0x1201 never will be. */
	assert_int_equal(emu_frame_decode(in, sizeof(in), &f, &used),
			 IL_E_LONG);
	in[11] = 0;
	assert_int_equal(emu_frame_decode(in, sizeof(in), &f, &used),
			 IL_E_SHORT);
	f.len = 0x1201;
	assert_int_equal(emu_frame_encode(&w, &f), IL_E_ARG);
	assert_int_equal(w.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_frame_is_three_big_endian_numbers_and_a_payload),
		cmocka_unit_test(a_frame_that_is_not_all_there_waits),
		cmocka_unit_test(what_follows_a_frame_is_left_alone),
		cmocka_unit_test(a_length_above_the_limit_is_refused_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
