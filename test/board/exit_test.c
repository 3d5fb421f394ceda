/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits of the VM: two sides at their registers, offsets written out. */
#include "check.h"

#include <string.h>

#include "board/exit.h"

#define STATE	0x140
#define BASE	0x148
#define SIZE	0x150
#define ASID	0x158
#define FN	0x15c
#define SECRETS 0x160
#define BAR	0x180
#define STATUS	0x200
#define GO	0x204
#define CODE	0x208
#define INFO2	0x218
#define RDX	0x238
#define SEQ	0x240

#define HOST  true
#define GUEST false

static struct board_exit x;
static unsigned told[2];

static void irq(void *ctx, bool host)
{
	assert_ptr_equal(ctx, told);
	told[host]++;
}

static void put(bool host, uint32_t off, uint64_t v, uint32_t len)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> 8 * i);
	board_exit_put(&x, host, off, b, len);
}

static uint64_t get(bool host, uint32_t off, uint32_t len)
{
	uint8_t b[8] = { 0 };
	uint64_t v = 0;

	board_exit_get(&x, host, off, b, len);
	for (unsigned i = 8; i-- > 0;)
		v = v << 8 | b[i];
	return v;
}

static int up(void **state)
{
	(void)state;
	board_exit_init(&x, 0x1000000000, 0x20000000);
	x.irq = irq;
	x.ctx = told;
	board_exit_host(&x, true);
	board_exit_state(&x, BOARD_VM_RUNS);
	memset(told, 0, sizeof(told));
	return 0;
}

/* The guest says 0x80000021 and 7 in the first field and the last. */
static void leave(void)
{
	put(GUEST, CODE, 0x80000021, 8);
	put(GUEST, RDX, 7, 8);
	put(GUEST, GO, 1, 4);
}

static void done(void)
{
	put(HOST, GO, get(HOST, SEQ, 4), 4);
}

static void an_exit_reaches_the_host_and_its_answer_the_guest(void **s)
{
	(void)s;
	leave();
	assert_int_equal(told[HOST], 1);
	assert_int_equal(get(GUEST, STATUS, 4), 1);
	assert_int_equal(get(HOST, STATUS, 4), 1);
	assert_int_equal(get(HOST, CODE, 8), 0x80000021);
	assert_int_equal(get(HOST, RDX, 8), 7);
	put(HOST, INFO2, 22, 8);
	put(HOST, RDX, 8, 8);
	assert_int_equal(told[GUEST], 0);
	done();
	assert_int_equal(told[GUEST], 1);
	assert_int_equal(get(GUEST, STATUS, 4), 0);
	assert_int_equal(get(HOST, STATUS, 4), 0);
	assert_int_equal(get(GUEST, INFO2, 8), 22);
	assert_int_equal(get(GUEST, RDX, 8), 8);
}

/* The copy is of the moment of the exit, and the answer of that of DONE. */
static void nobody_changes_what_the_other_reads(void **s)
{
	(void)s;
	leave();
	put(GUEST, CODE, 1, 8);
	put(GUEST, RDX, 9, 8);
	assert_int_equal(get(HOST, CODE, 8), 0x80000021);
	assert_int_equal(get(HOST, RDX, 8), 7);
	put(HOST, RDX, 8, 8);
	assert_int_equal(get(GUEST, RDX, 8), 7);
	done();
	put(HOST, RDX, 10, 8);
	assert_int_equal(get(GUEST, RDX, 8), 8);
}

static void the_host_sees_nothing_of_an_exit_before_it_happens(void **s)
{
	(void)s;
	put(GUEST, CODE, 0x80000021, 8);
	assert_int_equal(get(HOST, CODE, 8), 0);
	assert_int_equal(told[HOST], 0);
}

static void an_answer_that_nobody_waits_for_changes_nothing(void **s)
{
	(void)s;
	put(GUEST, RDX, 7, 8);
	put(HOST, RDX, 8, 8);
	put(HOST, GO, 0, 4);
	done();
	assert_int_equal(get(GUEST, RDX, 8), 7);
	assert_int_equal(told[GUEST], 0);
	/* And the second of two answers. */
	leave();
	done();
	put(GUEST, RDX, 9, 8);
	put(HOST, RDX, 8, 8);
	done();
	assert_int_equal(get(GUEST, RDX, 8), 9);
	assert_int_equal(told[GUEST], 1);
}

static void a_second_exit_does_not_begin_while_one_waits(void **s)
{
	uint64_t seq;

	(void)s;
	leave();
	seq = get(HOST, SEQ, 4);
	put(GUEST, GO, 1, 4);
	assert_int_equal(told[HOST], 1);
	assert_int_equal(get(HOST, SEQ, 4), seq);
}

static void an_answer_to_an_exit_of_a_vm_before_is_nobodys(void **s)
{
	uint64_t seq;

	(void)s;
	leave();
	seq = get(HOST, SEQ, 4);
	board_exit_state(&x, 0);
	board_exit_state(&x, BOARD_VM_RUNS);
	leave();
	put(HOST, GO, seq, 4);
	assert_int_equal(get(GUEST, STATUS, 4), 1);
	put(HOST, GO, seq + 1, 4);
	assert_int_equal(get(GUEST, STATUS, 4), 0);
}

static void no_exit_has_number_0(void **s)
{
	(void)s;
	x.seq = UINT32_MAX;
	leave();
	assert_int_equal(get(HOST, SEQ, 4), 1);
}

static void a_vm_that_goes_takes_its_exit_along(void **s)
{
	(void)s;
	leave();
	board_exit_state(&x, 0);
	assert_int_equal(told[HOST], 2);
	assert_int_equal(get(HOST, STATUS, 4), 0);
	assert_int_equal(get(HOST, CODE, 8), 0);
	assert_int_equal(get(HOST, STATE, 4), 0);
	/* The next VM finds nothing of it. */
	board_exit_state(&x, BOARD_VM_RUNS);
	assert_int_equal(get(GUEST, CODE, 8), 0);
	assert_int_equal(get(GUEST, STATUS, 4), 0);
}

static void a_vm_without_memory_leaves_nothing(void **s)
{
	(void)s;
	board_exit_state(&x, BOARD_VM_HAS_FN);
	memset(told, 0, sizeof(told));
	leave();
	assert_int_equal(get(GUEST, STATUS, 4), 0);
	assert_int_equal(told[HOST], 0);
}

static void a_state_that_stays_interrupts_nobody(void **s)
{
	(void)s;
	board_exit_state(&x, BOARD_VM_RUNS);
	assert_int_equal(told[HOST], 0);
	board_exit_state(&x, BOARD_VM_RUNS | BOARD_VM_HAS_FN);
	assert_int_equal(told[HOST], 1);
	assert_int_equal(get(HOST, STATE, 4), 3);
	assert_int_equal(told[GUEST], 0);
}

static void a_host_that_goes_ends_the_exit_with_ones(void **s)
{
	(void)s;
	put(HOST, ASID, 3, 4);
	put(HOST, FN, 0x100, 4);
	put(HOST, SECRETS, 0x5000, 8);
	leave();
	board_exit_host(&x, false);
	assert_int_equal(told[GUEST], 1);
	assert_int_equal(get(GUEST, STATUS, 4), 0);
	assert_true(get(GUEST, INFO2, 8) == UINT64_MAX);
	assert_true(get(GUEST, RDX, 8) == UINT64_MAX);
	/* Its settings go with it; the next host begins anew. */
	assert_int_equal(get(HOST, ASID, 4), 0);
	assert_int_equal(get(HOST, FN, 4), 0xffffffff);
	assert_int_equal(get(GUEST, SECRETS, 8), 0);
	/* And each exit until then. */
	put(GUEST, INFO2, 0, 8);
	put(GUEST, GO, 1, 4);
	assert_int_equal(get(GUEST, STATUS, 4), 0);
	assert_true(get(GUEST, INFO2, 8) == UINT64_MAX);
	assert_int_equal(told[GUEST], 2);
	assert_int_equal(told[HOST], 1); /* the one before it went */
	board_exit_host(&x, true);
	leave();
	assert_int_equal(get(GUEST, STATUS, 4), 1);
}

static void the_host_sets_what_the_vm_runs_under(void **s)
{
	(void)s;
	assert_int_equal(get(HOST, BASE, 8), 0x1000000000);
	assert_int_equal(get(HOST, SIZE, 8), 0x20000000);
	assert_int_equal(get(HOST, FN, 4), 0xffffffff);
	put(HOST, ASID, 3, 4);
	put(HOST, FN, 0x101, 4);
	put(HOST, SECRETS, 0x123456000, 8);
	assert_int_equal(get(HOST, ASID, 4), 3);
	assert_int_equal(get(HOST, FN, 4), 0x101);
	assert_int_equal(get(GUEST, SECRETS, 8), 0x123456000);
	board_exit_bar(&x, 2, 0xfe000000);
	board_exit_bar(&x, 6, 1);
	assert_int_equal(get(HOST, BAR + 8 * 2, 8), 0xfe000000);
	assert_int_equal(get(HOST, BAR, 8), 0);
}

static void a_side_has_no_register_of_the_others(void **s)
{
	static const uint32_t hosts[] = { STATE, ASID, FN };
	static const uint32_t fixed[] = { STATE, BASE, SIZE, BAR, STATUS, SEQ };

	(void)s;
	board_exit_bar(&x, 0, 0xfe000000);
	for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		assert_int_equal(get(GUEST, hosts[i], 4), 0xffffffff);
		put(GUEST, hosts[i], 1, 4);
	}
	assert_int_equal(x.asid, 0);
	assert_int_equal(x.fn, 0xffffffff);
	assert_true(get(GUEST, BASE, 8) == UINT64_MAX);
	assert_true(get(GUEST, BAR, 8) == UINT64_MAX);
	assert_int_equal(get(GUEST, SEQ, 4), 0xffffffff);
	put(GUEST, SECRETS, 0x5000, 8);
	assert_int_equal(get(GUEST, SECRETS, 8), 0);
	for (unsigned i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		uint64_t was = get(HOST, fixed[i], 4);

		put(HOST, fixed[i], ~was, 4);
		assert_int_equal(get(HOST, fixed[i], 4), was);
	}
}

static void eight_bytes_may_come_in_halves(void **s)
{
	(void)s;
	put(GUEST, RDX, 0x1122334455667788, 8);
	put(GUEST, RDX + 4, 0xaabbccdd, 4);
	assert_true(get(GUEST, RDX, 8) == 0xaabbccdd55667788);
	put(GUEST, RDX, 0x99, 4);
	assert_true(get(GUEST, RDX, 8) == 0xaabbccdd00000099);
	assert_int_equal(get(GUEST, RDX + 4, 4), 0xaabbccdd);
}

/* Every offset of the page by every length: what is no register is ones. */
static void other_accesses_go_nowhere(void **s)
{
	struct board_exit was;

	(void)s;
	memset(&was, 0, sizeof(was));
	memcpy(&was, &x, sizeof(x));
	for (uint32_t off = 0; off < 0x300; off++)
		for (uint32_t len = 1; len <= 8; len++) {
			bool reg = off % 4 == 0 && (len == 4 || len == 8);
			uint64_t ones = len == 8 ? UINT64_MAX
						 : (UINT64_C(1) << 8 * len) - 1;

			if (reg && off >= STATE && off <= SEQ)
				continue;
			assert_true(get(HOST, off, len) == ones);
			assert_true(get(GUEST, off, len) == ones);
			put(HOST, off, 0x5a5a5a5a, len);
			put(GUEST, off, 0x5a5a5a5a, len);
		}
	/* Eight where four are, and eight across two. */
	assert_true(get(HOST, STATUS, 8) == UINT64_MAX);
	assert_true(get(HOST, CODE + 4, 8) == UINT64_MAX);
	put(HOST, ASID, 5, 8);
	assert_memory_equal(&x, &was, sizeof(x));
}

int main(void)
{
	const struct CMUnitTest t[] = {
		cmocka_unit_test_setup(
			an_exit_reaches_the_host_and_its_answer_the_guest, up),
		cmocka_unit_test_setup(nobody_changes_what_the_other_reads, up),
		cmocka_unit_test_setup(
			the_host_sees_nothing_of_an_exit_before_it_happens, up),
		cmocka_unit_test_setup(
			an_answer_that_nobody_waits_for_changes_nothing, up),
		cmocka_unit_test_setup(
			a_second_exit_does_not_begin_while_one_waits, up),
		cmocka_unit_test_setup(
			an_answer_to_an_exit_of_a_vm_before_is_nobodys, up),
		cmocka_unit_test_setup(no_exit_has_number_0, up),
		cmocka_unit_test_setup(a_vm_that_goes_takes_its_exit_along, up),
		cmocka_unit_test_setup(a_vm_without_memory_leaves_nothing, up),
		cmocka_unit_test_setup(a_state_that_stays_interrupts_nobody,
				       up),
		cmocka_unit_test_setup(a_host_that_goes_ends_the_exit_with_ones,
				       up),
		cmocka_unit_test_setup(the_host_sets_what_the_vm_runs_under,
				       up),
		cmocka_unit_test_setup(a_side_has_no_register_of_the_others,
				       up),
		cmocka_unit_test_setup(eight_bytes_may_come_in_halves, up),
		cmocka_unit_test_setup(other_accesses_go_nowhere, up),
	};

	return cmocka_run_group_tests(t, NULL, NULL);
}
