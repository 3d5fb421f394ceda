/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the VM's processor, offsets and bits written out. */
#include "arch/sev_tio/own_rig.h"

#include "base/env.h"
#include "board/vm.h"
#include "mem/s2.h"

#define ID	 0x000
#define VERSION	 0x004
#define INSN_GPA 0x048
#define FLAGS	 0x054
#define COUNT_OF 0x058
#define OP	 0x05c
#define RC	 0x060
#define PAGES	 0x064
#define SAME	 0x068
#define ATTR	 0x070
#define SECRETS	 0x160
#define STATUS	 0x200

#define PVALIDATE 4
#define RMPADJUST 5
#define MAP	  6
#define LARGE	  0x02
#define VALIDATE  0x08
#define PRIVATE	  0x10
#define FAULT	  0xffff

/* Guest address 0 is DATA; the VM has 4 MiB there. */
#define VM_SIZE (2 * PAGE_2M)
#define VM_BAR	UINT64_C(0x3000000000)

static struct rig r;
static struct board_exit x;
static struct board_vm v;
static const struct rule *why;

static uint64_t bar_pa(void *ctx, uint64_t gpa)
{
	assert_ptr_equal(ctx, &r);
	return gpa - VM_BAR < 2 * PAGE_4K ? BAR + (gpa - VM_BAR) : UINT64_MAX;
}

static void refused(void *ctx, const struct fault *f)
{
	assert_ptr_equal(ctx, &r);
	assert_int_equal(f->who, AGENT_VCPU);
	why = f->rule;
}

static int up(void **state)
{
	const struct board_vm_cfg cfg = { .own = &r.o,
					  .exit = &x,
					  .bar_pa = bar_pa,
					  .refused = refused,
					  .ctx = &r };

	(void)state;
	rig_up(&r);
	board_exit_init(&x, DATA, VM_SIZE);
	x.asid = ASID;
	board_vm_init(&v, &cfg);
	why = NULL;
	return 0;
}

static int down(void **state)
{
	(void)state;
	assert_true(board_vm_sane(&v));
	rig_down(&r);
	return 0;
}

static void put(uint32_t off, uint64_t val, uint32_t len)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(val >> 8 * i);
	board_vm_put(&v, off, b, len);
}

static uint64_t get(uint32_t off, uint32_t len)
{
	uint8_t b[8] = { 0 };
	uint64_t val = 0;

	board_vm_get(&v, off, b, len);
	for (unsigned i = 8; i-- > 0;)
		val = val << 8 | b[i];
	return val;
}

static uint32_t run(uint32_t op, uint64_t gpa, uint32_t n, uint32_t flags)
{
	put(INSN_GPA, gpa, 8);
	put(COUNT_OF, n, 4);
	put(FLAGS, flags, 4);
	put(OP, op, 4);
	return (uint32_t)get(RC, 4);
}

static void the_guest_validates_what_the_host_assigned(void **s)
{
	(void)s;
	for (uint64_t at = 0; at < 3 * PAGE_4K; at += PAGE_4K)
		assert_int_equal(assign(&r, DATA + at, at, ASID, RMP_4K, false),
				 RMP_OK);
	assert_int_equal(run(PVALIDATE, 0, 3, VALIDATE), 0);
	assert_int_equal(get(PAGES, 4), 3);
	assert_int_equal(get(SAME, 4), 0);
	assert_int_equal(own_state(&r.o, DATA + 2 * PAGE_4K), OWN_GUEST_VALID);
	assert_null(why);
	/* and takes it back */
	assert_int_equal(run(PVALIDATE, PAGE_4K, 1, 0), 0);
	assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_VALID);
	assert_int_equal(own_state(&r.o, DATA + PAGE_4K), OWN_GUEST_INVALID);
}

static void no_change_is_told_and_ends_it(void **s)
{
	(void)s;
	for (uint64_t at = 0; at < 4 * PAGE_4K; at += PAGE_4K)
		assert_int_equal(assign(&r, DATA + at, at, ASID, RMP_4K, false),
				 RMP_OK);
	assert_int_equal(run(PVALIDATE, 2 * PAGE_4K, 1, VALIDATE), 0);
	assert_int_equal(run(PVALIDATE, 0, 4, VALIDATE), 0);
	assert_int_equal(get(SAME, 4), 1);
	assert_int_equal(get(PAGES, 4), 2);
	assert_int_equal(own_state(&r.o, DATA + 3 * PAGE_4K),
			 OWN_GUEST_INVALID);
}

static void a_page_that_is_not_the_guests_faults_and_is_told(void **s)
{
	(void)s;
	assert_int_equal(run(PVALIDATE, 0, 1, VALIDATE), FAULT);
	assert_ptr_equal(why, &own_rule_unassigned);
	assert_int_equal(assign(&r, DATA, 0, OTHER, RMP_4K, false), RMP_OK);
	assert_int_equal(run(PVALIDATE, 0, 1, VALIDATE), FAULT);
	assert_ptr_equal(why, &own_rule_asid);
	/* replayed at another guest address */
	assert_int_equal(assign(&r, DATA + PAGE_4K, 0, ASID, RMP_4K, false),
			 RMP_OK);
	assert_int_equal(run(PVALIDATE, PAGE_4K, 1, VALIDATE), FAULT);
	assert_ptr_equal(why, &own_rule_gpa);
	/* the first is done, the second is not */
	assert_int_equal(assign(&r, DATA, 0, ASID, RMP_4K, false), RMP_OK);
	assert_int_equal(run(PVALIDATE, 0, 2, VALIDATE), FAULT);
	assert_int_equal(get(PAGES, 4), 1);
	assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_VALID);
	/* a VM that runs under no ASID is not confidential */
	x.asid = 0;
	assert_int_equal(run(PVALIDATE, 0, 1, 0), FAULT);
	assert_ptr_equal(why, &own_rule_asid);
}

static void nothing_is_mapped_beyond_ram_and_bars(void **s)
{
	(void)s;
	assert_int_equal(run(PVALIDATE, VM_SIZE, 1, VALIDATE), FAULT);
	assert_ptr_equal(why, &s2_rule_missing);
	assert_int_equal(run(PVALIDATE, VM_BAR + 2 * PAGE_4K, 1, VALIDATE),
			 FAULT);
	assert_ptr_equal(why, &s2_rule_missing);
	/* no overflow leads back into RAM */
	assert_int_equal(run(PVALIDATE, UINT64_MAX - 4095, 2, VALIDATE), FAULT);
	assert_ptr_equal(why, &s2_rule_missing);
	assert_int_equal(assign(&r, BAR, VM_BAR, ASID, RMP_4K, false), RMP_OK);
	assert_int_equal(run(PVALIDATE, VM_BAR, 1, VALIDATE), FAULT);
	assert_ptr_equal(why, &own_rule_io);
}

static void sizes_have_to_fit(void **s)
{
	(void)s;
	assert_int_equal(assign(&r, DATA, 0, ASID, RMP_4K, false), RMP_OK);
	assert_int_equal(run(PVALIDATE, 0, 1, LARGE | VALIDATE), 6);
	assert_int_equal(
		assign(&r, DATA + PAGE_2M, PAGE_2M, ASID, RMP_2M, false),
		RMP_OK);
	assert_int_equal(run(PVALIDATE, PAGE_2M, 1, VALIDATE), FAULT);
	assert_ptr_equal(why, &own_rule_size_small);
	assert_int_equal(run(PVALIDATE, PAGE_2M, 1, LARGE | VALIDATE), 0);
	assert_int_equal(own_state(&r.o, DATA + PAGE_2M + 7 * PAGE_4K),
			 OWN_GUEST_VALID);
	assert_int_equal(run(PVALIDATE, 8, 1, VALIDATE), 1);
	assert_int_equal(run(PVALIDATE, 0, 0, VALIDATE), 1);
	assert_int_equal(run(PVALIDATE, 0, 1, VALIDATE | 1), 1);
	assert_int_equal(get(PAGES, 4), 0);
}

static void rmpadjust_gives_permissions_to_lower_levels(void **s)
{
	struct own_page p;

	(void)s;
	assert_int_equal(assign(&r, DATA, 0, ASID, RMP_4K, false), RMP_OK);
	put(ATTR, 0x0301, 8); /* VMPL 1: read and write */
	assert_int_equal(run(RMPADJUST, 0, 1, 0), FAULT);
	assert_ptr_equal(why, &own_rule_validated);
	assert_int_equal(run(PVALIDATE, 0, 1, VALIDATE), 0);
	assert_int_equal(run(RMPADJUST, 0, 1, 0), 0);
	assert_int_equal(own_entry(&r.o, DATA, &p), IL_OK);
	assert_int_equal(own_perm(&p, 1), 3);
	put(ATTR, 0x0300, 4); /* its own level; the upper half stays */
	assert_int_equal(run(RMPADJUST, 0, 1, 0), 2);
	put(ATTR + 4, 1, 4);
	assert_int_equal(run(RMPADJUST, 0, 1, 0), 1);
	assert_int_equal(run(RMPADJUST, 0, 1, VALIDATE), 1);
}

static void the_hosts_instructions_are_not_the_guests(void **s)
{
	(void)s;
	assert_int_equal(assign(&r, DATA, 0, ASID, RMP_4K, false), RMP_OK);
	for (uint32_t op = 0; op < 10; op++) {
		if (op >= PVALIDATE && op <= MAP)
			continue;
		assert_int_equal(run(op, 0, 1, 0), FAULT);
		assert_int_equal(own_state(&r.o, DATA), OWN_GUEST_INVALID);
	}
}

static void mappings_are_shared_until_the_guest_says_private(void **s)
{
	(void)s;
	assert_false(board_vm_private(&v, VM_BAR));
	assert_int_equal(run(MAP, VM_BAR, 2, PRIVATE), 0);
	assert_true(board_vm_private(&v, VM_BAR + 8191));
	assert_false(board_vm_private(&v, VM_BAR + 8192));
	assert_false(board_vm_private(&v, VM_BAR - 1));
	assert_int_equal(run(MAP, VM_BAR, 1, 0), 0);
	assert_false(board_vm_private(&v, VM_BAR + 4095));
	assert_true(board_vm_private(&v, VM_BAR + 4096));
	assert_int_equal(run(MAP, VM_BAR + 1, 1, PRIVATE), 1);
	assert_int_equal(run(MAP, VM_BAR, 0, PRIVATE), 1);
	assert_int_equal(run(MAP, VM_BAR, 1, PRIVATE | LARGE), 1);
	board_vm_reset(&v);
	assert_false(board_vm_private(&v, VM_BAR + 4096));
}

static void one_piece_too_many_changes_nothing(void **s)
{
	(void)s;
	for (uint64_t i = 0; i < BOARD_VM_MAPS; i++)
		assert_int_equal(run(MAP, VM_BAR + i * 2 * PAGE_4K, 1, PRIVATE),
				 0);
	assert_int_equal(run(MAP, 0, 1, PRIVATE), 3);
	assert_false(board_vm_private(&v, 0));
	assert_int_equal(get(PAGES, 4), 0);
	/* one that joins two others takes no room */
	assert_int_equal(run(MAP, VM_BAR + PAGE_4K, 1, PRIVATE), 0);
	assert_int_equal(run(MAP, 0, 1, PRIVATE), 0);
	assert_int_equal(run(MAP, 0, UINT32_MAX, 0), 0);
	assert_false(board_vm_private(&v, VM_BAR));
}

/* Against one bit a page. */
static void mappings_are_as_if_each_page_had_its_bit(void **s)
{
	struct dice d = { .state = 4711 };
	bool want[256] = { 0 };

	(void)s;
	print_message("seed %u\n", 4711u);
	for (unsigned step = 0; step < 4000; step++) {
		uint32_t at = (uint32_t)dice_below(&d, 256);
		uint32_t room = 256 - at < 40 ? 256 - at : 40;
		uint32_t n = 1 + (uint32_t)dice_below(&d, room);
		bool on = dice_below(&d, 2);
		uint32_t rc = run(MAP, at * PAGE_4K, n, on ? PRIVATE : 0);

		assert_true(!rc || rc == 3);
		for (uint32_t i = at; !rc && i < at + n; i++)
			want[i] = on;
		assert_true(board_vm_sane(&v));
		for (uint32_t i = 0; i < 256; i++)
			assert_int_equal(board_vm_private(&v, i * PAGE_4K),
					 want[i]);
	}
}

static void registers_say_what_the_processor_is(void **s)
{
	(void)s;
	assert_int_equal(get(ID, 4), 0x494c4b42);
	assert_int_equal(get(VERSION, 4), 1);
	put(ID, 0, 4);
	assert_int_equal(get(ID, 4), 0x494c4b42);
	put(INSN_GPA, 0x1122334455667788, 8);
	put(INSN_GPA + 4, 0xaabbccdd, 4);
	assert_true(get(INSN_GPA, 8) == 0xaabbccdd55667788);
	assert_int_equal(get(INSN_GPA, 4), 0x55667788);
	/* odd, and of the host alone */
	assert_int_equal(get(INSN_GPA + 2, 4), 0xffffffff);
	assert_int_equal(get(FLAGS, 2), 0xffff);
	assert_int_equal(get(0x040, 4), 0xffffffff);
	assert_int_equal(get(0x018, 4), 0xffffffff);
	assert_int_equal(get(OP, 4), 0xffffffff);
	put(0x1000, 1, 4);
	assert_int_equal(get(0x1100, 4), 0xffffffff);
}

static void exits_are_at_the_same_function(void **s)
{
	(void)s;
	x.secrets = 0x123000;
	assert_int_equal(get(SECRETS, 8), 0x123000);
	assert_int_equal(get(STATUS, 4), 0);
	put(0x208, 0x80000021, 8);
	assert_int_equal(get(0x208, 8), 0x80000021);
	/* what the host writes there the guest does not */
	put(0x158, 9, 4);
	assert_int_equal(x.asid, ASID);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_guest_validates_what_the_host_assigned),
		T(no_change_is_told_and_ends_it),
		T(a_page_that_is_not_the_guests_faults_and_is_told),
		T(nothing_is_mapped_beyond_ram_and_bars),
		T(sizes_have_to_fit),
		T(rmpadjust_gives_permissions_to_lower_levels),
		T(the_hosts_instructions_are_not_the_guests),
		T(mappings_are_shared_until_the_guest_says_private),
		T(one_piece_too_many_changes_nothing),
		T(mappings_are_as_if_each_page_had_its_bit),
		T(registers_say_what_the_processor_is),
		T(exits_are_at_the_same_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
