/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/* The function that the VM has: the second one of the device. */

#define RID 0x101u
#define GPA UINT64_C(0xfe800000)

struct both {
	struct rig r;
	struct ep *host, *fn, *vm, *vmfn;
};

static void up(struct both *t)
{
	rig_new(&t->r);
	rig_give(&t->r, EP_HOST);
	t->host = rig_open(&t->r, "host");
	t->fn = rig_open(&t->r, "fn1");
	t->vm = rig_open(&t->r, "vm");
	t->vmfn = rig_open(&t->r, "vm-fn");
	rig_enumerate(t->fn, 1);
	rig_devtab(&t->r, t->host);
}

static void give(struct both *t, uint32_t rid)
{
	rig_bar_put(t->host, 0, BOARD_VM_FN, 4, rid);
}

/* BARs where the VM's firmware puts them. */
static void place(struct both *t)
{
	rig_cfg_put(t->vmfn, 0x10, 4, (uint32_t)GPA);
	rig_cfg_put(t->vmfn, 0x14, 4, 0);
	rig_cfg_put(t->vmfn, 0x18, 4, (uint32_t)GPA + 0x10000);
	rig_cfg_put(t->vmfn, 0x1c, 4, 0);
	rig_cfg_put(t->vmfn, 0x04, 2, 0x0006);
}

static void without_a_function_all_is_ones(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	assert_int_equal(rig_cfg(t.vmfn, 0, 4), 0xffffffff);
	assert_int_equal(rig_bar(t.vmfn, 0, 0, 4), 0xffffffff);
	give(&t, RID + 7); /* no such function */
	assert_int_equal(rig_cfg(t.vmfn, 0, 4), 0xffffffff);
	give(&t, RID);
	assert_int_equal(rig_cfg(t.vmfn, 0, 4), 0x00011d1a);
	give(&t, BOARD_VM_FN_NONE);
	assert_int_equal(rig_cfg(t.vmfn, 0, 4), 0xffffffff);
	give(&t, RID);
	t.host->ops->close(t.host);
	assert_int_equal(rig_cfg(t.vmfn, 0, 4), 0xffffffff);
	rig_free(&t.r);
}

/* Of function 0, which has them. */
static void doe_and_ide_are_out_of_the_chain_and_out_of_reach(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);

	struct ep *fn0 = rig_open(&t.r, "fn0");
	const uint32_t doe = rig_ecap(fn0, 0x2e), ide = rig_ecap(fn0, 0x30);

	give(&t, 0x100);
	assert_int_not_equal(doe, 0);
	assert_int_not_equal(ide, 0);
	assert_int_equal(rig_ecap(t.vmfn, 0x2e), 0);
	assert_int_equal(rig_ecap(t.vmfn, 0x30), 0);
	assert_int_equal(rig_ecap(t.vmfn, 0x10), 0);
	/* GO in the mailbox's control, Enable in the stream's. */
	rig_cfg_put(t.vmfn, doe + 0x10, 4, 0x00000001);
	rig_cfg_put(t.vmfn, doe + 0x08, 4, 0x80000000);
	assert_int_equal(rig_cfg(t.vmfn, doe + 0x0c, 4), 0);
	assert_int_equal(rig_cfg(fn0, doe + 0x0c, 4), 0); /* no error */
	for (uint32_t at = ide; at < ide + 0x60; at += 4) {
		const uint32_t was = rig_cfg(fn0, at, 4);

		rig_cfg_put(t.vmfn, at, 4, ~was);
		assert_int_equal(rig_cfg(fn0, at, 4), was);
		assert_int_equal(rig_cfg(t.vmfn, at, 4) & 0xfffff, 0);
	}
	/* TEE-IO Supported is shown, and there is no other function. */
	assert_true(rig_cfg(t.vmfn, rig_cap(t.vmfn, 0x10) + 4, 4) & 0x40000000);
	assert_int_equal(rig_cfg(fn0, 0x0e, 1), 0x80);
	assert_int_equal(rig_cfg(t.vmfn, 0x0e, 1), 0);
	rig_free(&t.r);
}

static void bars_are_the_vms_own(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	rig_cfg_put(t.vmfn, 0x10, 4, 0xffffffff);
	assert_int_equal(rig_cfg(t.vmfn, 0x10, 4), 0xffffc004);
	rig_cfg_put(t.vmfn, 0x18, 4, 0xffffffff);
	assert_int_equal(rig_cfg(t.vmfn, 0x18, 4), 0xffff000c);
	rig_cfg_put(t.vmfn, 0x30, 4, 0xffffffff);
	assert_int_equal(rig_cfg(t.vmfn, 0x30, 4), 0);
	place(&t);
	assert_int_equal(rig_cfg(t.vmfn, 0x10, 4), GPA | 4);
	assert_int_equal(rig_cfg(t.fn, 0x10, 4), RIG_BAR0(1) | 4);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), GPA);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR + 16, 8),
			 GPA + 0x10000);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR + 8, 8), 0);
	assert_int_equal(rig_bar(t.vmfn, 0, 0, 4), 0x1d1a0001);
	assert_int_equal(board_vm_bar_pa(t.r.b, GPA + 0x10008),
			 RIG_BAR2(1) + 8);
	assert_int_equal(board_vm_bar_pa(t.r.b, GPA - 1), UINT64_MAX);
	give(&t, BOARD_VM_FN_NONE);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0);
	assert_int_equal(board_vm_bar_pa(t.r.b, GPA), UINT64_MAX);
	rig_free(&t.r);
}

static void map(struct both *t, uint64_t gpa, bool priv)
{
	rig_bar_put(t->vm, 0, BOARD_INSN_GPA, 8, gpa);
	rig_bar_put(t->vm, 0, BOARD_INSN_COUNT, 4, 1);
	rig_bar_put(t->vm, 0, BOARD_INSN_FLAGS, 4,
		    priv ? BOARD_FLAG_PRIVATE : 0);
	rig_bar_put(t->vm, 0, BOARD_INSN_OP, 4, BOARD_INSN_MAP);
	assert_int_equal(rig_bar(t->vm, 0, BOARD_INSN_RC, 4), 0);
}

static void a_private_access_needs_the_page_to_be_the_vms(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	rig_bar_put(t.host, 0, BOARD_VM_ASID, 4, 1);
	place(&t);
	map(&t, GPA + 0x10000, true);
	t.r.refused = 0;
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0xffffffff);
	assert_int_equal(t.r.refused, 1);
	assert_ptr_equal(t.r.last.rule, &own_rule_unassigned);
	assert_int_equal(t.r.last.addr, GPA + 0x10000);
	assert_int_equal(t.r.last.who, AGENT_VCPU);
	/* Shared, it is reached as the host reaches it. */
	rig_bar_put(t.vmfn, 2, 0x1000, 4, 0x12345678);
	assert_int_equal(rig_bar(t.fn, 2, 0x1000, 4), 0x12345678);
	/* Assigned at another address, and then not validated. */
	assert_int_equal(rig_rmpupdate(t.host, RIG_BAR2(1), GPA, 1), 0);
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0xffffffff);
	assert_ptr_equal(t.r.last.rule, &own_rule_gpa);
	assert_int_equal(rig_rmpupdate(t.host, RIG_BAR2(1), GPA + 0x10000, 1),
			 0);
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0xffffffff);
	assert_ptr_equal(t.r.last.rule, &own_rule_validated);
	/* Once the VM is gone, what it mapped is forgotten. */
	map(&t, GPA + 0x11000, true);
	t.vm->ops->close(t.vm);
	assert_int_equal(rig_bar(t.vmfn, 2, 0x1000, 4), 0x12345678);
	rig_free(&t.r);
}

static void a_reset_of_the_vms_gives_the_hosts_registers_back(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	place(&t);
	/* Max_Payload_Size is the host's. */
	const uint32_t ctl = rig_cap(t.vmfn, 0x10) + 8;
	const uint32_t was = rig_cfg(t.fn, ctl, 2) & 0xe0;

	rig_cfg_put(t.vmfn, ctl, 2, 0x2810 | (was ^ 0x20));
	assert_int_equal(rig_cfg(t.fn, ctl, 2) & 0xe0, was);
	assert_int_equal(rig_cfg(t.vmfn, ctl, 2) & 0xe0, was ^ 0x20);
	rig_bar_put(t.vmfn, 2, 0, 4, 0x55555555);
	t.vmfn->ops->reset(t.vmfn);
	assert_int_equal(rig_cfg(t.fn, 0x10, 4), RIG_BAR0(1) | 4);
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0);

	/* And as it is asked for in Device Control. */
	const uint32_t exp = rig_cap(t.vmfn, 0x10);

	rig_bar_put(t.vmfn, 2, 0, 4, 0x55555555);
	rig_cfg_put(t.vmfn, exp + 8, 2, rig_cfg(t.vmfn, exp + 8, 2) | 0x8000);
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0);
	assert_int_equal(rig_cfg(t.fn, 0x18, 4), RIG_BAR2(1) | 0xc);
	assert_int_equal(rig_cfg(t.fn, 0x04, 2), 0x0006);
	/* Who closes it leaves nothing in it. */
	rig_bar_put(t.vmfn, 2, 0, 4, 0x55555555);
	t.vmfn->ops->close(t.vmfn);
	assert_int_equal(rig_bar(t.fn, 2, 0, 4), 0);
	rig_free(&t.r);
}

static void bars_stay_while_the_host_takes_it_away_and_gives_it_again(void **u)
{
	(void)u;
	struct both t;

	up(&t);
	give(&t, RID);
	place(&t);
	give(&t, BOARD_VM_FN_NONE);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0);
	give(&t, RID);
	assert_int_equal(rig_cfg(t.vmfn, 0x10, 4), (uint32_t)GPA | 4);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), GPA);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR + 16, 8),
			 GPA + 0x10000);
	/* Not those of somebody who went. */
	give(&t, BOARD_VM_FN_NONE);
	t.vmfn->ops->close(t.vmfn);
	give(&t, RID);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0);
	rig_free(&t.r);
}

static void sleep_costs_the_host_no_register(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	place(&t);

	const uint32_t pm = rig_cap(t.vmfn, 0x01);

	rig_cfg_put(t.vmfn, pm + 4, 2, 3);
	assert_int_equal(rig_cfg(t.fn, pm + 4, 2) & 3, 3);
	assert_int_equal(rig_bar(t.vmfn, 0, 0, 4), 0xffffffff);
	rig_cfg_put(t.vmfn, pm + 4, 2, 0);
	assert_int_equal(rig_cfg(t.fn, 0x10, 4), RIG_BAR0(1) | 4);
	assert_int_equal(rig_cfg(t.fn, 0x04, 2), 0x0006);
	assert_int_equal(rig_bar(t.vmfn, 0, 0, 4), 0x1d1a0001);
	rig_free(&t.r);
}

static void interrupts_go_to_whoever_has_the_function(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);

	const struct rig_user *f = rig_user_of(&t.r, t.fn);
	const struct rig_user *v = rig_user_of(&t.r, t.vmfn);
	const uint32_t msix = rig_cap(t.fn, 0x11);

	t.fn->ops->irq_set(t.fn, EP_MSIX, 1);
	rig_cfg_put(t.fn, msix + 2, 2, 0x8000);
	rig_bar_put(t.fn, 0, 0x38, 4, 0x10000);
	assert_int_equal(rig_dma(&t.r, t.fn, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(f->fired[EP_MSIX], 1);
	give(&t, RID);
	place(&t);
	t.vmfn->ops->irq_set(t.vmfn, EP_MSIX, 1);
	rig_bar_put(t.vmfn, 0, 0x38, 4, 0x10000);
	assert_int_equal(rig_dma(&t.r, t.vmfn, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(f->fired[EP_MSIX], 1);
	assert_int_equal(v->fired[EP_MSIX], 1);
	give(&t, BOARD_VM_FN_NONE);
	assert_int_equal(rig_dma(&t.r, t.fn, 3, 0x200000, 0x400000, 64), 0);
	assert_int_equal(f->fired[EP_MSIX], 2);
	assert_int_equal(v->fired[EP_MSIX], 1);
	rig_free(&t.r);
}

/* An empty slot has no chain that says where the mailbox is. */
static void what_is_hidden_is_so_when_the_device_comes_later(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);

	struct ep *fn0 = rig_open(&t.r, "fn0");
	const uint32_t doe = rig_ecap(fn0, 0x2e);

	rig_bar_put(t.host, 0, BOARD_BENCH_OP, 4, BOARD_BENCH_PULL);
	give(&t, 0x100);
	rig_bar_put(t.host, 0, BOARD_BENCH_OP, 4, BOARD_BENCH_PUSH);
	assert_int_equal(rig_cfg(fn0, doe, 2), 0x2e);
	for (uint32_t at = 0x100; at < 0x1000; at += 4)
		assert_int_equal(rig_cfg(t.vmfn, at, 4), 0);
	rig_cfg_put(t.vmfn, doe + 0x10, 4, 0x00000001);
	rig_cfg_put(t.vmfn, doe + 0x08, 4, 0x80000000);
	assert_int_equal(rig_cfg(fn0, doe + 0x0c, 4), 0);
	rig_free(&t.r);
}

static void a_bar_that_is_being_sized_is_nowhere(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	place(&t);
	rig_cfg_put(t.vmfn, 0x10, 4, 0xffffffff);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0xffffc000);
	rig_cfg_put(t.vmfn, 0x14, 4, 0xffffffff);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0);
	assert_int_equal(board_vm_bar_pa(t.r.b, UINT64_MAX - 0x3fff),
			 UINT64_MAX);
	/* The last place that there is, and one page beyond it. */
	rig_cfg_put(t.vmfn, 0x10, 4, 0xffffc000);
	rig_cfg_put(t.vmfn, 0x14, 4, 0x3fff);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0x3fffffffc000);
	rig_cfg_put(t.vmfn, 0x10, 4, 0);
	rig_cfg_put(t.vmfn, 0x14, 4, 0x4000);
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_BAR, 8), 0);
	rig_free(&t.r);
}

/* As vfio_pci_core_disable() leaves it: decoding, and no master. */
static void who_closes_it_leaves_no_master(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	place(&t);
	assert_int_equal(rig_cfg(t.fn, 0x04, 2) & 6, 6);
	t.vmfn->ops->close(t.vmfn);
	assert_int_equal(rig_cfg(t.fn, 0x04, 2) & 6, 2);
	assert_int_equal(rig_cfg(t.fn, 0x10, 4), RIG_BAR0(1) | 4);
	rig_free(&t.r);
}

/* All ones are no registers to give back: one of them asks for a reset. */
static void what_an_empty_slot_said_is_not_given_back(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	give(&t, RID);
	place(&t);

	const uint32_t pm = rig_cap(t.vmfn, 0x01);
	const uint32_t exp = rig_cap(t.vmfn, 0x10);

	rig_bar_put(t.host, 0, BOARD_BENCH_OP, 4, BOARD_BENCH_PULL);
	rig_cfg_put(t.vmfn, pm + 4, 2, 3);
	t.vmfn->ops->reset(t.vmfn);
	rig_bar_put(t.host, 0, BOARD_BENCH_OP, 4, BOARD_BENCH_PUSH);
	rig_cfg_put(t.fn, exp + 8, 2, 0x2810);
	rig_enumerate(t.fn, 1);
	rig_cfg_put(t.vmfn, pm + 4, 2, 0);
	assert_int_equal(rig_cfg(t.fn, 0x10, 4), RIG_BAR0(1) | 4);
	assert_int_equal(rig_cfg(t.fn, 0x04, 2), 0x0006);
	assert_int_equal(rig_cfg(t.fn, exp + 8, 2), 0x2810);
	rig_free(&t.r);
}

/* A VM that begins anew maps nothing as private, and waits for nothing. */
static void a_reset_of_its_processor_forgets_what_it_did(void **unused)
{
	(void)unused;
	struct both t;

	up(&t);
	rig_give(&t.r, EP_VM);
	give(&t, RID);
	rig_bar_put(t.host, 0, BOARD_VM_ASID, 4, 1);
	place(&t);
	rig_bar_put(t.vmfn, 2, 0, 4, 0x12345678);
	map(&t, GPA + 0x10000, true);
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0xffffffff);
	rig_bar_put(t.vm, 0, BOARD_EXIT_CODE, 8, 0x80000011);
	rig_bar_put(t.vm, 0, BOARD_EXIT_RUN, 4, 1);
	assert_int_equal(rig_bar(t.host, 0, BOARD_EXIT_STATUS, 4), 1);

	const uint32_t seq = (uint32_t)rig_bar(t.host, 0, BOARD_EXIT_SEQ, 4);

	t.vm->ops->reset(t.vm);
	assert_int_equal(rig_bar(t.vmfn, 2, 0, 4), 0x12345678);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_INSN_GPA, 8), 0);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_STATUS, 4), 0);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_CODE, 8), 0);
	rig_bar_put(t.host, 0, BOARD_EXIT_DONE, 4, seq);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_CODE, 8), 0);
	/* A reset of the host's ends what waits, and only its closing all. */
	rig_bar_put(t.vm, 0, BOARD_EXIT_RUN, 4, 1);
	t.host->ops->reset(t.host);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_CODE, 8), UINT64_MAX);
	assert_int_equal(rig_cfg(t.vmfn, 0, 4), 0xffffffff);
	rig_bar_put(t.vm, 0, BOARD_EXIT_CODE, 8, 0x80000011);
	rig_bar_put(t.vm, 0, BOARD_EXIT_RUN, 4, 1);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_STATUS, 4), 1);
	t.host->ops->close(t.host);
	rig_bar_put(t.vm, 0, BOARD_EXIT_CODE, 8, 0x80000011);
	rig_bar_put(t.vm, 0, BOARD_EXIT_RUN, 4, 1);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_STATUS, 4), 0);
	assert_int_equal(rig_bar(t.vm, 0, BOARD_EXIT_CODE, 8), UINT64_MAX);
	rig_open(&t.r, "host");
	/* What is there of the VM is there still. */
	assert_int_equal(rig_bar(t.host, 0, BOARD_VM_STATE, 4),
			 BOARD_VM_RUNS | BOARD_VM_HAS_FN);
	rig_free(&t.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_function_all_is_ones),
		cmocka_unit_test(
			doe_and_ide_are_out_of_the_chain_and_out_of_reach),
		cmocka_unit_test(bars_are_the_vms_own),
		cmocka_unit_test(a_private_access_needs_the_page_to_be_the_vms),
		cmocka_unit_test(
			a_reset_of_the_vms_gives_the_hosts_registers_back),
		cmocka_unit_test(
			bars_stay_while_the_host_takes_it_away_and_gives_it_again),
		cmocka_unit_test(sleep_costs_the_host_no_register),
		cmocka_unit_test(interrupts_go_to_whoever_has_the_function),
		cmocka_unit_test(
			what_is_hidden_is_so_when_the_device_comes_later),
		cmocka_unit_test(a_bar_that_is_being_sized_is_nowhere),
		cmocka_unit_test(who_closes_it_leaves_no_master),
		cmocka_unit_test(what_an_empty_slot_said_is_not_given_back),
		cmocka_unit_test(a_reset_of_its_processor_forgets_what_it_did),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
