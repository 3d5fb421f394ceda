/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "board/bench.h"
#include "board/board.h"
#include "board/regs.h"

/* Registers of the bench, against regs.h. */

static struct board_bench bench;
static unsigned asked;
static uint32_t asked_op;
static char asked_name[256];
static bool answer;

static bool op(void *ctx, uint32_t what, const char *name)
{
	assert_ptr_equal(ctx, &answer);
	asked++;
	asked_op = what;
	assert_true(strlen(name) < sizeof(asked_name));
	memcpy(asked_name, name, strlen(name) + 1);
	return answer;
}

static uint64_t exchanges(void *ctx)
{
	assert_ptr_equal(ctx, &answer);
	return UINT64_C(0x700000012);
}

static int setup(void **state)
{
	(void)state;
	asked = 0;
	answer = true;
	board_bench_init(&bench,
			 &(struct board_bench_cfg){ .op = op,
						    .exchanges = exchanges,
						    .ctx = &answer });
	return 0;
}

static uint32_t get(uint32_t off)
{
	uint8_t b[4] = { 1, 2, 3, 4 };

	board_bench_get(&bench, off, b, 4);
	return get_u32le(b);
}

static void put(uint32_t off, uint32_t v)
{
	uint8_t b[4];

	put_u32le(b, v);
	board_bench_put(&bench, off, b, 4);
}

static void name(const char *s)
{
	char all[128] = "";

	memcpy(all, s, strlen(s));
	for (uint32_t i = 0; i < 128; i += 4)
		board_bench_put(&bench, 0x1080 + i, (uint8_t *)all + i, 4);
}

static void a_name_goes_to_who_knows_it(void **unused)
{
	(void)unused;
	name("hang:7");
	put(0x1000, BOARD_BENCH_MISBEHAVE);
	assert_int_equal(asked, 1);
	assert_int_equal(asked_op, 2);
	assert_string_equal(asked_name, "hang:7");
	assert_int_equal(get(0x1004), 0);
	assert_int_equal(get(0x1080), 0x676e6168);
	answer = false;
	put(0x1000, 77);
	assert_int_equal(asked_op, 77);
	assert_int_equal(get(0x1004), 1);
	bench.cfg.op = NULL;
	put(0x1000, BOARD_BENCH_HONEST);
	assert_int_equal(get(0x1004), 1);
}

static void a_name_without_an_end_ends(void **unused)
{
	char all[128];

	(void)unused;
	memset(all, 'x', sizeof(all));
	for (uint32_t i = 0; i < 128; i += 4)
		board_bench_put(&bench, 0x1080 + i, (uint8_t *)all + i, 4);
	/* What is behind the room is not of it. */
	put(0x1100, 0x79797979);
	put(0x1000, BOARD_BENCH_MISBEHAVE);
	assert_int_equal(strlen(asked_name), 128);
}

static void exchanges_are_those_of_the_device(void **unused)
{
	(void)unused;
	assert_int_equal(get(0x1008), 0x12);
	bench.cfg.exchanges = NULL;
	assert_int_equal(get(0x1008), 0);
}

static void read_text(char out[256])
{
	for (uint32_t i = 0; i < 256; i += 4)
		put_u32le((uint8_t *)out + i, get(0x1180 + i));
}

static void the_last_refusal_can_be_read(void **unused)
{
	static const struct rule rule = { .name = "rmp-assigned",
					  .says = "no",
					  .source = "somewhere" };
	const struct fault f = { .rule = &rule,
				 .who = AGENT_DEVICE,
				 .id = 0x100,
				 .addr = UINT64_C(0x123456789a),
				 .write = true,
				 .trusted = true };
	char text[256];

	(void)unused;
	assert_int_equal(get(0x1100), 0);
	read_text(text);
	assert_string_equal(text, "");
	board_bench_refused(&bench, &f);
	board_bench_refused(&bench, &(struct fault){ .rule = &rule });
	board_bench_refused(&bench, &f);
	assert_int_equal(get(0x1100), 3);
	read_text(text);
	assert_string_equal(text, "rmp-assigned: device 0x100 writes "
				  "0x123456789a, trusted (somewhere)");
	put(0x1000, BOARD_BENCH_FORGET);
	assert_int_equal(asked, 0);
	assert_int_equal(get(0x1100), 0);
	read_text(text);
	assert_string_equal(text, "");
}

static void a_text_is_cut_where_the_room_ends(void **unused)
{
	static const struct rule rule = { .name = "a-rule", .source = "s" };
	const struct fault f = { .rule = &rule, .addr = UINT64_MAX };
	char out[64], some[64];

	(void)unused;
	const size_t n = board_fault_text(&f, out, sizeof(out));

	assert_int_equal(n, strlen(out));
	assert_string_equal(out,
			    "a-rule: host 0x0 reads 0xffffffffffffffff (s)");
	for (size_t cap = 1; cap < sizeof(some); cap++) {
		memset(some, 0x55, sizeof(some));
		assert_int_equal(board_fault_text(&f, some, cap),
				 cap <= strlen(out) ? cap - 1 : strlen(out));
		assert_int_equal(strncmp(some, out, cap - 1), 0);
		assert_int_equal(some[cap], 0x55);
	}
}

static void other_accesses_read_ones_and_write_nothing(void **unused)
{
	uint8_t b[8];

	(void)unused;
	for (uint32_t off = 0x1000; off < 0x1300; off++)
		for (uint32_t len = 1; len <= 8; len++) {
			if (len == 4 && off % 4 == 0)
				continue;
			memset(b, 0, sizeof(b));
			board_bench_put(&bench, off, b, len);
			board_bench_get(&bench, off, b, len);
			for (uint32_t i = 0; i < len; i++)
				assert_int_equal(b[i], 0xff);
		}
	assert_int_equal(asked, 0);
	assert_int_equal(get(0x1000), UINT32_MAX);
	assert_int_equal(get(0x100c), UINT32_MAX);
	assert_int_equal(get(0x1280), UINT32_MAX);
	put(0x1004, 5);
	put(0x1008, 5);
	put(0x1100, 5);
	assert_int_equal(get(0x1004), 0);
	assert_int_equal(get(0x1100), 0);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_name_goes_to_who_knows_it),
		T(a_name_without_an_end_ends),
		T(exchanges_are_those_of_the_device),
		T(the_last_refusal_can_be_read),
		T(a_text_is_cut_where_the_room_ends),
		T(other_accesses_read_ones_and_write_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
