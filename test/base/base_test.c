/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/env.h"
#include "base/fault.h"

static void a_short_read_gives_zero_and_sticks(void **unused)
{
	(void)unused;
	const uint8_t b[] = { 1, 2, 3 };
	struct rd r = rd_over(b, sizeof(b));

	assert_int_equal(rd_u16le(&r), 0x0201);
	assert_int_equal(rd_u16le(&r), 0);
	assert_int_equal(r.err, IL_E_SHORT);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_left(&r), 0);
	assert_int_equal(rd_end(&r), IL_E_SHORT);
}

static void bytes_left_over_are_an_error(void **unused)
{
	(void)unused;
	const uint8_t b[] = { 1, 2 };
	struct rd r = rd_over(b, sizeof(b));

	rd_skip(&r, 1);
	assert_int_equal(rd_end(&r), IL_E_LONG);
	rd_skip(&r, 1);
	assert_int_equal(rd_end(&r), IL_OK);
}

static void both_byte_orders_are_as_named(void **unused)
{
	(void)unused;
	const uint8_t b[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct rd le = rd_over(b, 8);
	struct rd be = rd_over(b, 8);
	uint8_t out[8];
	struct wr w = wr_over(out, 8);
	size_t len;

	assert_true(rd_u64le(&le) == UINT64_C(0x0807060504030201));
	assert_true(rd_u64be(&be) == UINT64_C(0x0102030405060708));
	wr_u32be(&w, 0x01020304);
	wr_u32le(&w, 0x08070605);
	assert_int_equal(wr_end(&w, &len), IL_OK);
	assert_int_equal(len, 8);
	assert_memory_equal(out, b, 8);
}

static void an_overflowing_write_counts_and_writes_nothing(void **unused)
{
	(void)unused;
	uint8_t out[5] = { 9, 9, 9, 9, 9 };
	const uint8_t want[5] = { 1, 0, 9, 9, 9 };
	struct wr w = wr_over(out, 3);
	size_t len;

	wr_u16le(&w, 1);
	wr_u16le(&w, 2);
	wr_u8(&w, 3);
	assert_int_equal(wr_end(&w, &len), IL_E_SPACE);
	assert_int_equal(len, 5);
	assert_memory_equal(out, want, 5);
}

static void field_masks_move_values_both_ways(void **unused)
{
	(void)unused;
	assert_true(MASK64(63, 0) == ~UINT64_C(0));
	assert_int_equal(MASK(7, 4), 0xf0);
	assert_int_equal(field_get(MASK64(15, 8), 0x12345), 0x23);
	assert_int_equal(field_put(MASK64(15, 8), 0x123), 0x2300);
	assert_int_equal(field_set(0xffff, MASK64(11, 4), 0), 0xf00f);
}

static void constant_time_compare_sees_every_byte(void **unused)
{
	(void)unused;
	uint8_t a[9] = { 0 }, b[9] = { 0 };

	assert_true(bytes_equal_ct(a, b, 9));
	for (unsigned i = 0; i < 9; i++) {
		b[i] = 0x80;
		assert_false(bytes_equal_ct(a, b, 9));
		b[i] = 0;
	}
	assert_true(bytes_equal_ct(a, b, 0));
}

/* Outside vector: the first outputs of SplitMix64 for seed 1234567. */
static void dice_follow_splitmix64(void **unused)
{
	(void)unused;
	struct dice d = { .state = 1234567 };

	assert_true(dice_u64(&d) == UINT64_C(6457827717110365317));
	assert_true(dice_u64(&d) == UINT64_C(3203168211198807973));
	for (unsigned i = 0; i < 1000; i++)
		assert_true(dice_below(&d, 7) < 7);
}

static void an_arena_refuses_what_does_not_fit(void **unused)
{
	(void)unused;
	struct arena a;
	uint64_t *p;

	assert_int_equal(arena_map(&a, ARENA_WORLD_BASE, 4096), IL_OK);
	assert_true((uintptr_t)a.base == ARENA_WORLD_BASE);
	assert_non_null(arena_take(&a, 1, 1));
	p = ARENA_NEW(&a, uint64_t);
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % 8, 0);
	assert_null(arena_take(&a, 4096, 1));
	assert_null(arena_take(&a, (size_t)-1, 1));
	assert_int_equal(a.used, 16);

	struct arena b;

	assert_int_equal(arena_map(&b, ARENA_WORLD_BASE, 4096), IL_E_NOMEM);
	arena_unmap(&a);
	assert_int_equal(arena_map(&b, ARENA_WORLD_BASE, 4096), IL_OK);
	arena_unmap(&b);
}

static jmp_buf caught;

static void catch_panic(const char *file, int line, const char *what)
{
	(void)file;
	(void)line;
	assert_string_equal(what, "1 == 2");
	longjmp(caught, 1);
}

static void a_broken_invariant_reaches_the_hook(void **unused)
{
	(void)unused;
	il_panic_fn *old = il_panic_hook;

	il_panic_hook = catch_panic;
	if (!setjmp(caught)) {
		IL_ASSERT(1 == 2);
		fail();
	}
	il_panic_hook = old;
}

static void every_name_is_distinct(void **unused)
{
	(void)unused;
	for (int i = IL_OK; i <= IL_E_IO; i++)
		for (int j = IL_OK; j < i; j++)
			assert_string_not_equal(il_err_name(i), il_err_name(j));
	assert_string_equal(sure_name(SURE_OPEN), "OPEN");
	assert_string_equal(fault_stage_name(FAULT_T_BIT), "t-bit");
	assert_string_equal(fault_agent_name(AGENT_DEVICE), "device");
}

static void a_hexadecimal_digit_is_one_of_22_characters(void **unused)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	(void)unused;
	for (int c = -128; c < 256; c++) {
		const char *at = c ? strchr(digits, (char)c) : NULL;
		int want = at ? (int)(at - digits) : -1;

		assert_int_equal(hex_digit((char)c),
				 want > 15 ? want - 6 : want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_read_gives_zero_and_sticks),
		cmocka_unit_test(bytes_left_over_are_an_error),
		cmocka_unit_test(both_byte_orders_are_as_named),
		cmocka_unit_test(
			an_overflowing_write_counts_and_writes_nothing),
		cmocka_unit_test(field_masks_move_values_both_ways),
		cmocka_unit_test(constant_time_compare_sees_every_byte),
		cmocka_unit_test(dice_follow_splitmix64),
		cmocka_unit_test(an_arena_refuses_what_does_not_fit),
		cmocka_unit_test(a_broken_invariant_reaches_the_hook),
		cmocka_unit_test(every_name_is_distinct),
		cmocka_unit_test(a_hexadecimal_digit_is_one_of_22_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
