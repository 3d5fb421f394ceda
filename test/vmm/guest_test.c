/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest asks of its VMM that no driver would. */
#include "rig.h"

#include <errno.h>

static struct vcpu_exit hyper(uint64_t gpa, uint64_t n, bool private)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = 9,
				   .reg[0] = gpa,
				   .reg[1] = n,
				   .private = private };
}

static struct vcpu_exit ask(unsigned code, uint64_t gpa)
{
	return (struct vcpu_exit){ .kind = VCPU_EXIT_CALL,
				   .code = code,
				   .reg[2] = gpa };
}

static int one(struct rig *r, struct vcpu_exit x)
{
	r->m->script[0] = x;
	return guest(r, 1);
}

static void decode(struct rig *r)
{
	assert_int_equal(
		one(r, ecam(RID, CFG_COMMAND, 2, true, CMD_MEM | CMD_MASTER)),
		0);
}

static void ram_does_not_change_hands_by_the_name_of_mmio(void **u)
{
	struct rig *r = rig_new();
	const uint64_t odd[] = { 5 * PAGE_4K,	RAM - PAGE_4K,
				 RAM,		MMIO - PAGE_4K,
				 MMIO + 0x4000, UINT64_C(0) - PAGE_4K };

	(void)u;
	up(r);
	decode(r);
	assert_int_equal(one(r, hyper(5 * PAGE_4K, 1, false)), 0);
	assert_int_equal(one(r, hyper(RAM - PAGE_4K, 1, false)), 0);
	for (size_t i = 0; i < COUNT(odd); i++) {
		assert_int_equal(one(r, ask(8, odd[i])), 0);
		assert_false(kvm_private(r->m->h.kvm.vms, odd[i]));
	}
	assert_int_equal(one(r, ask(8, MMIO + 0x3000)), 0);
	assert_true(kvm_private(r->m->h.kvm.vms, MMIO + 0x3000));
	assert_false(kvm_private(r->m->h.kvm.vms, MMIO));
	rig_free(r);
}

static void the_call_for_memory_converts_a_part_of_a_bar_and_no_more(void **u)
{
	struct rig *r = rig_new();
	struct kvm_vm *vm;
	const struct {
		uint64_t gpa, pages;
	} odd[] = { { MMIO - PAGE_4K, 1 },	 { MMIO + 0x3000, 2 },
		    { MMIO + 0x4000, 1 },	 { MMIO + 1, 1 },
		    { MMIO, UINT64_MAX },	 { MMIO, 0 },
		    { MMIO, UINT64_C(1) << 52 }, { MMIO - PAGE_4K, 2 } };

	(void)u;
	up(r);
	decode(r);
	vm = r->m->h.kvm.vms;
	for (size_t i = 0; i < COUNT(odd); i++) {
		assert_int_equal(one(r, hyper(odd[i].gpa, odd[i].pages, true)),
				 0);
		assert_int_equal((int64_t)r->m->got[0].ret, -EINVAL);
		assert_false(kvm_private(vm, MMIO));
		assert_false(kvm_private(vm, MMIO + 0x3000));
	}
	assert_int_equal(one(r, hyper(MMIO + 0x2000, 2, true)), 0);
	assert_true(kvm_private(vm, MMIO + 0x2000));
	assert_true(kvm_private(vm, MMIO + 0x3000));
	assert_false(kvm_private(vm, MMIO + 0x1000));
	assert_int_equal(one(r, hyper(MMIO + 0x2000, 1, false)), 0);
	assert_false(kvm_private(vm, MMIO + 0x2000));
	assert_true(kvm_private(vm, MMIO + 0x3000));
	rig_free(r);
}

static void a_bar_that_moves_leaves_nothing_private_behind(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;

	(void)u;
	up(r);
	decode(r);
	assert_int_equal(one(r, ask(5, 0)), 0);
	assert_true(kvm_private(m->h.kvm.vms, MMIO));
	assert_int_equal(
		one(r, ecam(RID, CFG_BAR0, 4, true, (uint32_t)MMIO + 0x8000)),
		0);
	assert_false(kvm_private(m->h.kvm.vms, MMIO));
	assert_int_equal(one(r, ecam(RID, CFG_BAR0, 4, true, (uint32_t)MMIO)),
			 0);
	assert_int_equal(kvm_fault(m->h.kvm.vms, MMIO, true, false), 0);
	rig_free(r);
}

static void one_byte_of_the_command_register_is_like_two(void **u)
{
	struct rig *r = rig_new();
	struct machine *m = r->m;

	(void)u;
	up(r);
	assert_int_equal(one(r, ecam(RID, CFG_COMMAND, 1, true,
				     0xa00 | CMD_MEM | CMD_MASTER)),
			 0);
	assert_int_equal(r->v.dev[0].command, CMD_MEM | CMD_MASTER);
	assert_int_equal(kvm_fault(m->h.kvm.vms, MMIO, true, false), 0);
	/* the upper one leaves the lower one as it is */
	assert_int_equal(one(r, ecam(RID, CFG_COMMAND + 1, 1, true, 4)), 0);
	assert_int_equal(r->v.dev[0].command, 0x400 | CMD_MEM | CMD_MASTER);
	assert_int_equal(kvm_fault(m->h.kvm.vms, MMIO, true, false), 0);
	assert_int_equal(one(r, ecam(RID, CFG_COMMAND, 1, true, 0)), 0);
	assert_int_equal(r->v.dev[0].command, 0x400);
	assert_int_equal(kvm_fault(m->h.kvm.vms, MMIO, true, false), -ENOENT);
	m->script[0] = ecam(RID, CFG_COMMAND, 1, false, 0);
	m->script[1] = ecam(RID, CFG_COMMAND + 1, 1, false, 0);
	m->script[2] = ecam(RID, CFG_COMMAND, 4, false, 0);
	assert_int_equal(guest(r, 3), 0);
	assert_int_equal(read_back(&m->got[0]) & 0xff, 0);
	assert_int_equal(read_back(&m->got[1]) & 0xff, 4);
	/* with the status: there is a list of capabilities */
	assert_int_equal(read_back(&m->got[2]), 0x00100400);
	rig_free(r);
}

/* A locked interface is unbound in order, whatever the write's width. */
static void a_byte_that_would_upset_a_locked_interface_waits(void **u)
{
	const struct {
		uint8_t len;
		uint32_t val;
		bool waits;
	} w[] = { { 1, CMD_MEM, true },
		  { 1, CMD_MEM | CMD_MASTER, false },
		  { 2, CMD_MASTER, true },
		  { 4, 0, true } };

	(void)u;
	for (size_t i = 0; i < COUNT(w); i++) {
		struct rig *r = rig_new();

		up(r);
		decode(r);
		r->v.dev[0].locked = true;
		r->m->exchanges_of[PCI_TSM_OP_GUEST_REQ] = 2;
		r->m->f.exchanges = 0;
		assert_int_equal(one(r, ecam(RID, CFG_COMMAND, w[i].len, true,
					     w[i].val)),
				 0);
		assert_int_equal(r->m->f.exchanges, w[i].waits ? 2 : 0);
		assert_int_equal(r->v.dev[0].command, w[i].val);
		/* and the vDevice is there for the next lock */
		assert_int_equal(r->m->h.tsm.tdi_pool.live, 1);
		rig_free(r);
	}
}

static void a_conversion_that_cannot_be_unmaps_nothing(void **u)
{
	static const struct {
		uint64_t gpa, n;
	} odd[] = { { PAGE_4K / 2, 1 },
		    { 5 * PAGE_4K, 0 },
		    { 5 * PAGE_4K, (UINT64_C(1) << 52) + 1 },
		    { 0, RAM / PAGE_4K + 1 },
		    { RAM, 1 } };
	struct rig *r = rig_new();

	(void)u;
	up(r);
	r->m->io_unmap_err = -EIO; /* it is not even tried */
	for (size_t i = 0; i < COUNT(odd); i++) {
		assert_int_equal(one(r, hyper(odd[i].gpa, odd[i].n, false)), 0);
		assert_int_equal((int)r->m->got[0].ret, -EINVAL);
	}
	r->m->io_unmap_err = 0;
	assert_true(kvm_private(r->m->h.kvm.vms, 5 * PAGE_4K));
	rig_free(r);
}

/* Of two pages one is private already: it is not lost with the other. */
static void a_failure_in_a_mixed_range_puts_each_page_back(void **u)
{
	const uint64_t a = 5 * PAGE_4K, b = 6 * PAGE_4K;

	(void)u;
	for (unsigned to = 0; to < 2; to++) {
		struct rig *r = rig_new();
		struct machine *m = r->m;

		up(r);
		assert_int_equal(one(r, hyper(b, 1, false)), 0);
		m->io_map_err = -ENOMEM;
		assert_int_equal(one(r, hyper(a, 2, to)), 0);
		assert_int_equal((int)m->got[0].ret, -ENOMEM);
		m->io_map_err = 0;
		assert_true(kvm_private(m->h.kvm.vms, a));
		assert_false(kvm_private(m->h.kvm.vms, b));
		rig_free(r);
	}
}

/* Whichever of the areas it is: devices reach what they did, and no page less.
 */
static void an_unmap_that_fails_takes_nothing_from_devices(void **u)
{
	const uint64_t a = 5 * PAGE_4K, b = 9 * PAGE_4K;
	struct rig *r = rig_new();
	struct machine *m = r->m;

	(void)u;
	up(r);
	assert_int_equal(one(r, hyper(b, 1, false)), 0);
	for (unsigned after = 0; after < 3; after++) {
		m->io_unmap_err = -EIO;
		m->io_unmap_after = after;
		assert_int_equal(one(r, hyper(a, 1, false)), 0);
		assert_int_equal((int)m->got[0].ret, -EIO);
		m->io_unmap_err = 0;
		m->io_unmap_after = 0;
		assert_true(kvm_private(m->h.kvm.vms, a));
		for (uint64_t at = 0; at < RAM; at += PAGE_4K)
			assert_int_not_equal(m_io(m, at), 0);
		assert_int_equal(m_owner(m, m_io(m, a)), a + 1);
	}
	assert_int_equal(one(r, hyper(a, 1, false)), 0);
	assert_int_equal(m->got[0].ret, 0);
	assert_int_equal(m_owner(m, m_io(m, a)), 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ram_does_not_change_hands_by_the_name_of_mmio),
		cmocka_unit_test(
			the_call_for_memory_converts_a_part_of_a_bar_and_no_more),
		cmocka_unit_test(
			a_bar_that_moves_leaves_nothing_private_behind),
		cmocka_unit_test(one_byte_of_the_command_register_is_like_two),
		cmocka_unit_test(
			a_byte_that_would_upset_a_locked_interface_waits),
		cmocka_unit_test(a_conversion_that_cannot_be_unmaps_nothing),
		cmocka_unit_test(
			a_failure_in_a_mixed_range_puts_each_page_back),
		cmocka_unit_test(
			an_unmap_that_fails_takes_nothing_from_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
