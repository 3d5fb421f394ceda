/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_rig.h"

/* CPU and firmware accesses against the RMP; own_insn_test.c and
 * own_dma_test.c have the rest. */

static uint8_t secret[64];
static uint8_t buf[64];

static void fill(void)
{
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i * 5 + 1);
	memset(buf, 0xe1, sizeof(buf));
}

/* DATA belongs to the guest and holds @secret. */
static void private_up(struct rig *r, enum rmp_size size)
{
	fill();
	rig_up(r);
	if (size == RMP_2M)
		map_both(r, PAGE_2M);
	own_it(r, DATA, size);
	assert_null(guest_does(r, GPA, true, true, secret, sizeof(secret)));
}

static bool holds_secret(const uint8_t *p)
{
	for (size_t i = 0; i < sizeof(secret); i += 8)
		if (!memcmp(p + i, secret + i, 8))
			return true;
	return false;
}

static void guest_refused(struct rig *r, uint64_t gpa, bool c, bool write,
			  const struct rule *rule, enum fault_stage stage)
{
	uint8_t was[sizeof(buf)];

	memset(buf, 0xe1, sizeof(buf));
	memcpy(was, buf, sizeof(buf));
	rig_keep(r);
	assert_ptr_equal(guest_does(r, gpa, c, write, buf, sizeof(buf)), rule);
	assert_int_equal(last_fault.stage, stage);
	assert_int_equal(last_fault.id, r->c.owner);
	assert_memory_equal(buf, was, sizeof(buf));
	rig_same(r);
}

static void a_guest_reads_back_its_private_page(void **unused)
{
	struct rig r;

	(void)unused;
	for (int size = RMP_4K; size <= RMP_2M; size++) {
		private_up(&r, (enum rmp_size)size);
		assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
		assert_memory_equal(buf, secret, sizeof(buf));
		rig_down(&r);
	}
}

static void the_host_reads_ciphertext_and_writes_nothing(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	assert_null(host_does(&r, DATA, 0, false, buf, sizeof(buf)));
	assert_false(holds_secret(buf));
	rig_keep(&r);
	assert_ptr_equal(host_does(&r, DATA, 0, true, buf, sizeof(buf)),
			 &own_rule_assigned);
	assert_int_equal(last_fault.stage, FAULT_OWNER);
	rig_same(&r);
	assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
	assert_memory_equal(buf, secret, sizeof(buf));
	/* the page next to it is the host's */
	assert_null(host_does(&r, DATA + PAGE_4K, 0, true, buf, sizeof(buf)));
	assert_null(
		host_does(&r, DATA + PAGE_4K, PAGE_4K, true, buf, sizeof(buf)));
	rig_down(&r);
}

static void a_page_taken_back_keeps_ciphertext(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	assert_null(host_does(&r, DATA, 0, false, buf, sizeof(buf)));
	assert_false(holds_secret(buf));
	/* and given to another guest at the same address */
	assert_int_equal(assign(&r, DATA, GPA, OTHER, RMP_4K, false), RMP_OK);
	r.c.owner = OTHER;

	enum rmp_rc rc;
	struct fault f;
	bool same;

	assert_int_equal(
		own_pvalidate(&r.o, &r.c, GPA, RMP_4K, true, &rc, &same, &f),
		IL_OK);
	assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
	assert_false(holds_secret(buf));
	rig_down(&r);
}

static void
the_host_writes_through_no_large_leaf_beside_an_assigned_page(void **u)
{
	struct rig r;

	(void)u;
	private_up(&r, RMP_4K);
	rig_keep(&r);
	assert_ptr_equal(host_does(&r, DATA + PAGE_4K, PAGE_2M, true, buf, 8),
			 &own_rule_size_mixed);
	assert_int_equal(last_fault.stage, FAULT_OWNER);
	rig_same(&r);
	assert_null(host_does(&r, DATA + PAGE_4K, PAGE_2M, false, buf, 8));
	assert_null(host_does(&r, DATA + PAGE_4K, PAGE_2M / 2, true, buf, 8));
	assert_null(host_does(&r, DATA + PAGE_2M, PAGE_2M, true, buf, 8));
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	assert_null(host_does(&r, DATA + PAGE_4K, PAGE_1G, true, buf, 8));
	rig_down(&r);
}

static void a_shared_access_of_the_guest_is_like_the_hosts(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	guest_refused(&r, GPA, false, true, &own_rule_assigned, FAULT_OWNER);
	assert_null(guest_does(&r, GPA, false, false, buf, sizeof(buf)));
	assert_false(holds_secret(buf));
	assert_null(guest_does(&r, GPA + PAGE_4K, false, true, secret, 64));
	assert_null(host_does(&r, DATA + PAGE_4K, 0, false, buf, sizeof(buf)));
	assert_memory_equal(buf, secret, sizeof(buf));
	map_both(&r, PAGE_2M);
	guest_refused(&r, GPA + PAGE_4K, false, true, &own_rule_size_mixed,
		      FAULT_STAGE2);
	rig_down(&r);
}

static void an_ordinary_vm_has_no_c_bit(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	r.c.owner = 0;
	guest_refused(&r, GPA, true, true, &own_rule_assigned, FAULT_OWNER);
	assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
	assert_false(holds_secret(buf));
	assert_null(guest_does(&r, GPA + PAGE_4K, true, true, buf, 8));
	rig_down(&r);
}

static void a_private_access_needs_an_assigned_page(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	guest_refused(&r, GPA + PAGE_4K, true, true, &own_rule_unassigned,
		      FAULT_OWNER);
	guest_refused(&r, GPA + PAGE_4K, true, false, &own_rule_unassigned,
		      FAULT_OWNER);
	rig_down(&r);
}

static void a_private_access_needs_its_own_asid(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	r.c.owner = OTHER;
	guest_refused(&r, GPA, true, true, &own_rule_asid, FAULT_OWNER);
	guest_refused(&r, GPA, true, false, &own_rule_asid, FAULT_OWNER);
	r.c.owner = ASID;
	/* firmware's page has ASID 0 */
	assert_int_equal(assign(&r, DATA + PAGE_4K, 0, 0, RMP_4K, true),
			 RMP_OK);
	guest_refused(&r, GPA + PAGE_4K, true, false, &own_rule_asid,
		      FAULT_OWNER);
	rig_down(&r);
}

static void a_private_access_needs_the_address_that_was_assigned(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	/* the host maps the page a second time, elsewhere */
	assert_int_equal(pt_map(&r.npt, 0, DATA, PAGE_4K, PT_R | PT_W, PAGE_4K),
			 IL_OK);
	guest_refused(&r, 0, true, true, &own_rule_gpa, FAULT_OWNER);
	guest_refused(&r, 0, true, false, &own_rule_gpa, FAULT_OWNER);
	rig_down(&r);
}

static void a_private_access_needs_validation(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	/* the host takes the page and gives it back: a replay */
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, false), RMP_OK);
	guest_refused(&r, GPA, true, true, &own_rule_validated, FAULT_OWNER);
	guest_refused(&r, GPA, true, false, &own_rule_validated, FAULT_OWNER);
	rig_down(&r);
}

static void a_private_access_needs_the_permission_of_its_vmpl(void **unused)
{
	enum rmp_rc rc;
	struct fault f;
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	r.c.level = 1;
	guest_refused(&r, GPA, true, false, &own_rule_vmpl, FAULT_OWNER);
	r.c.level = 0;
	assert_int_equal(own_rmpadjust(&r.o, &r.c, GPA, RMP_4K,
				       1 | RMP_PERM_R << 8, &rc, &f),
			 IL_OK);
	assert_int_equal(rc, RMP_OK);
	r.c.level = 1;
	assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
	assert_memory_equal(buf, secret, sizeof(buf));
	guest_refused(&r, GPA, true, true, &own_rule_vmpl, FAULT_OWNER);
	r.c.level = 0;
	assert_int_equal(own_rmpadjust(&r.o, &r.c, GPA, RMP_4K,
				       1 | RMP_PERM_W << 8, &rc, &f),
			 IL_OK);
	r.c.level = 1;
	guest_refused(&r, GPA, true, false, &own_rule_vmpl, FAULT_OWNER);
	assert_null(guest_does(&r, GPA, true, true, buf, sizeof(buf)));
	r.c.level = RMP_VMPLS;
	guest_refused(&r, GPA, true, true, &own_rule_vmpl, FAULT_OWNER);
	rig_down(&r);
}

static void nested_leaf_and_entry_have_one_size(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	map_both(&r, PAGE_2M);
	guest_refused(&r, GPA, true, false, &own_rule_size_large, FAULT_STAGE2);
	guest_refused(&r, GPA, true, true, &own_rule_size_large, FAULT_STAGE2);
	rig_down(&r);

	private_up(&r, RMP_2M);
	map_both(&r, PAGE_4K);
	guest_refused(&r, GPA, true, false, &own_rule_size_small, FAULT_STAGE2);
	guest_refused(&r, GPA, true, true, &own_rule_size_small, FAULT_STAGE2);
	/* what the host does about it: the content is still there */
	assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
	assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
	assert_memory_equal(buf, secret, sizeof(buf));
	rig_down(&r);
}

static void a_guest_without_a_key_reaches_nothing_private(void **unused)
{
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	assert_int_equal(own_asid_deactivate(&r.o, ASID), IL_OK);
	guest_refused(&r, GPA, true, false, &own_rule_inactive, FAULT_OWNER);
	guest_refused(&r, GPA, true, true, &own_rule_inactive, FAULT_OWNER);
	/* and a new guest with the old ASID does not see the old content */
	assert_int_equal(own_asid_activate(&r.o, ASID, 0xb2), IL_OK);
	assert_null(guest_does(&r, GPA, true, false, buf, sizeof(buf)));
	assert_false(holds_secret(buf));
	rig_down(&r);
}

static void memory_outside_the_rmp_is_never_private(void **unused)
{
	const uint64_t high = UINT64_C(0x100000000);
	struct rig r;

	(void)unused;
	private_up(&r, RMP_4K);
	assert_int_equal(mem_add_ram(&r.m, high, PAGE_2M), IL_OK);
	assert_int_equal(pt_map(&r.npt, 0, high, PAGE_4K, PT_R | PT_W, PAGE_4K),
			 IL_OK);
	guest_refused(&r, 0, true, true, &own_rule_uncovered, FAULT_OWNER);
	assert_null(guest_does(&r, 0, false, true, buf, 8));
	assert_null(host_does(&r, high, PAGE_2M, true, buf, 8));
	assert_null(firmware_does(&r, high, false, 0, true, buf, 8));
	assert_ptr_equal(firmware_does(&r, high, true, 0, true, buf, 8),
			 &own_rule_firmware);
	assert_ptr_equal(firmware_does(&r, high, true, ASID, true, buf, 8),
			 &own_rule_firmware);
	rig_down(&r);
}

/* --- MMIO --- */

static void mmio_up(struct rig *r)
{
	fill();
	rig_up(r);
	assert_int_equal(assign(r, BAR, BAR_GPA, ASID, RMP_4K, true), RMP_OK);
	assert_int_equal(
		own_fw_move(&r->o, BAR, OWN_PRE_GUEST, OWN_GUEST_PINNED),
		IL_OK);
}

static void private_mmio_carries_t_and_shared_mmio_does_not(void **unused)
{
	struct rig r;

	(void)unused;
	mmio_up(&r);
	assert_null(guest_does(&r, BAR_GPA, true, true, buf, 4));
	assert_true(r.bar.trusted);
	assert_null(guest_does(&r, BAR_GPA, true, false, buf, 4));
	assert_true(r.bar.trusted);
	assert_null(guest_does(&r, BAR_GPA, false, false, buf, 4));
	assert_false(r.bar.trusted);
	assert_null(guest_does(&r, BAR_GPA + PAGE_4K, false, true, buf, 4));
	assert_false(r.bar.trusted);
	r.bar.trusted = true;
	assert_null(host_does(&r, BAR, 0, false, buf, 4));
	assert_false(r.bar.trusted);
	r.bar.hits = 0;
	assert_ptr_equal(host_does(&r, BAR, 0, true, buf, 4),
			 &own_rule_assigned);
	guest_refused(&r, BAR_GPA, false, true, &own_rule_assigned,
		      FAULT_OWNER);
	guest_refused(&r, BAR_GPA + PAGE_4K, true, true, &own_rule_unassigned,
		      FAULT_OWNER);
	assert_int_equal(r.bar.hits, 0);
	rig_down(&r);
}

static void fenced_mmio_is_refused(void **unused)
{
	struct rig r;

	(void)unused;
	mmio_up(&r);
	assert_int_equal(own_fence_set(&r.o, ASID, PORT, OWN_FENCE_OPEN,
				       OWN_FENCE_CLOSED),
			 IL_OK);
	guest_refused(&r, BAR_GPA, true, true, &own_rule_fence_mmio,
		      FAULT_OWNER);
	guest_refused(&r, BAR_GPA, true, false, &own_rule_fence_mmio,
		      FAULT_OWNER);
	assert_int_equal(r.bar.hits, 0);
	/* the fence of DMA, or of another port, is another fence */
	assert_int_equal(own_fence_set(&r.o, ASID, PORT, OWN_FENCE_CLOSED,
				       OWN_FENCE_OPEN),
			 IL_OK);
	assert_int_equal(own_fence_set(&r.o, ASID, PORT + 1, OWN_FENCE_CLOSED,
				       OWN_FENCE_CLOSED),
			 IL_OK);
	assert_null(guest_does(&r, BAR_GPA, true, true, buf, 4));
	rig_down(&r);
}

static void fences_are_closed_at_first_and_told_as_set(void **unused)
{
	static const struct {
		enum own_fence dma, mmio;
		enum il_err err;
	} rows[] = {
		{ OWN_FENCE_OPEN, OWN_FENCE_OPEN, IL_OK },
		{ OWN_FENCE_ERROR, OWN_FENCE_OPEN, IL_OK },
		{ OWN_FENCE_CLOSED, OWN_FENCE_CLOSED, IL_OK },
		{ OWN_FENCE_OPEN, OWN_FENCE_ERROR, IL_E_ARG },
		{ (enum own_fence)2, OWN_FENCE_OPEN, IL_E_ARG },
		{ OWN_FENCE_OPEN, (enum own_fence)2, IL_E_ARG },
		{ (enum own_fence)4, OWN_FENCE_OPEN, IL_E_ARG },
	};
	enum own_fence d, m;
	struct rig r;

	(void)unused;
	rig_up(&r);
	for (uint32_t a = 1; a < ASIDS; a++)
		for (uint8_t p = 0; p < OWN_PORTS; p++) {
			if (a == ASID && p == PORT)
				continue;
			assert_int_equal(own_fence_get(&r.o, a, p, &d, &m),
					 IL_OK);
			assert_int_equal(d, OWN_FENCE_CLOSED);
			assert_int_equal(m, OWN_FENCE_CLOSED);
		}
	for (size_t i = 0; i < COUNT(rows); i++) {
		rig_keep(&r);
		assert_int_equal(own_fence_set(&r.o, OTHER, 31, rows[i].dma,
					       rows[i].mmio),
				 rows[i].err);
		if (rows[i].err) {
			rig_same(&r);
			continue;
		}
		assert_int_equal(own_fence_get(&r.o, OTHER, 31, &d, &m), IL_OK);
		assert_int_equal(d, rows[i].dma);
		assert_int_equal(m, rows[i].mmio);
	}
	rig_keep(&r);
	assert_int_equal(own_fence_set(&r.o, 0, 0, 0, 0), IL_E_ARG);
	assert_int_equal(own_fence_set(&r.o, ASIDS, 0, 0, 0), IL_E_ARG);
	assert_int_equal(own_fence_set(&r.o, 1, OWN_PORTS, 0, 0), IL_E_ARG);
	assert_int_equal(own_fence_get(&r.o, 0, 0, &d, &m), IL_E_ARG);
	assert_int_equal(own_fence_get(&r.o, ASIDS, 0, &d, &m), IL_E_ARG);
	assert_int_equal(own_fence_get(&r.o, 1, OWN_PORTS, &d, &m), IL_E_ARG);
	rig_same(&r);
	rig_down(&r);
}

/* --- firmware --- */

static void firmware_writes_where_the_page_state_lets_it(void **unused)
{
	/* by state: in the clear, under its own key, under the guest's */
	static const struct {
		enum own_state state;
		bool clear, own, guest;
	} rows[] = {
		{ OWN_HYPERVISOR, true, false, false },
		{ OWN_FIRMWARE, true, true, false },
		{ OWN_CONTEXT, true, true, false },
		{ OWN_RECLAIM, false, false, false },
		{ OWN_PRE_GUEST, false, false, true },
		{ OWN_GUEST_INVALID, false, false, true },
		{ OWN_GUEST_VALID, false, false, true },
		{ OWN_GUEST_PINNED, false, false, true },
	};
	struct rig r;

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool guest = rows[i].state >= OWN_PRE_GUEST;
		bool ok[3] = { rows[i].clear, rows[i].own, rows[i].guest };

		fill();
		rig_up(&r);
		if (guest)
			assert_int_equal(
				assign(&r, DATA, GPA, ASID, RMP_4K, true),
				RMP_OK);
		else if (rows[i].state != OWN_HYPERVISOR)
			assert_int_equal(assign(&r, DATA, 0, 0, RMP_4K, true),
					 RMP_OK);
		if (own_state(&r.o, DATA) != rows[i].state)
			assert_int_equal(own_fw_move(&r.o, DATA,
						     own_state(&r.o, DATA),
						     rows[i].state),
					 IL_OK);
		for (uint32_t k = 0; k < 3; k++) {
			const struct rule *rule;

			rig_keep(&r);
			rule = firmware_does(&r, DATA, k > 0, k == 2 ? ASID : 0,
					     true, secret, 64);
			assert_ptr_equal(rule,
					 ok[k] ? NULL : &own_rule_firmware);
			if (rule)
				rig_same(&r);
		}
		assert_ptr_equal(
			firmware_does(&r, DATA, true, OTHER, true, secret, 64),
			&own_rule_firmware);
		/* in the clear it reads whatever is stored */
		assert_null(firmware_does(&r, DATA, false, 0, false, buf, 64));
		assert_int_equal(holds_secret(buf),
				 rows[i].state == OWN_HYPERVISOR);
		rig_down(&r);
	}
}

static void what_firmware_keeps_is_ciphertext_to_the_host(void **unused)
{
	struct rig r;

	(void)unused;
	fill();
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, 0, 0, RMP_4K, true), RMP_OK);
	assert_null(firmware_does(&r, DATA, true, 0, true, secret, 64));
	assert_null(host_does(&r, DATA, 0, false, buf, 64));
	assert_false(holds_secret(buf));
	assert_null(firmware_does(&r, DATA, true, 0, false, buf, 64));
	assert_memory_equal(buf, secret, 64);
	/* a request that the host is to carry is written in the clear */
	assert_null(firmware_does(&r, DATA, false, 0, true, secret, 64));
	assert_null(host_does(&r, DATA, 0, false, buf, 64));
	assert_memory_equal(buf, secret, 64);
	assert_ptr_equal(host_does(&r, DATA, 0, true, buf, 64),
			 &own_rule_assigned);
	rig_down(&r);
}

static void firmware_needs_the_guests_key_to_be_installed(void **unused)
{
	struct rig r;

	(void)unused;
	fill();
	rig_up(&r);
	assert_int_equal(assign(&r, DATA, GPA, 3, RMP_4K, true), RMP_OK);
	rig_keep(&r);
	assert_ptr_equal(firmware_does(&r, DATA, true, 3, true, secret, 64),
			 &own_rule_inactive);
	assert_ptr_equal(firmware_does(&r, DATA, true, ASIDS, true, secret, 64),
			 &own_rule_firmware);
	rig_same(&r);
	rig_down(&r);
}

static void
a_launch_page_is_the_guests_from_its_first_instruction(void **unused)
{
	struct rig r;

	(void)unused;
	fill();
	rig_up(&r);
	assert_null(host_does(&r, DATA, 0, true, secret, 64));
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, true), RMP_OK);
	guest_refused(&r, GPA, true, false, &own_rule_validated, FAULT_OWNER);
	assert_null(firmware_does(&r, DATA, false, 0, false, buf, 64));
	assert_null(firmware_does(&r, DATA, true, ASID, true, buf, 64));
	assert_int_equal(
		own_fw_move(&r.o, DATA, OWN_PRE_GUEST, OWN_GUEST_VALID), IL_OK);
	assert_null(guest_does(&r, GPA, true, false, buf, 64));
	assert_memory_equal(buf, secret, 64);
	assert_null(host_does(&r, DATA, 0, false, buf, 64));
	assert_false(holds_secret(buf));
	rig_down(&r);
}

/* --- set-up --- */

static void asids_are_activated_once_and_freshly(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_true(own_asid_active(&r.o, ASID));
	assert_false(own_asid_active(&r.o, 1));
	assert_false(own_asid_active(&r.o, ASIDS));
	assert_int_equal(own_asid_activate(&r.o, ASID, 1), IL_E_STATE);
	assert_int_equal(own_asid_activate(&r.o, 0, 1), IL_E_ARG);
	assert_int_equal(own_asid_activate(&r.o, ASIDS, 1), IL_E_ARG);
	assert_int_equal(own_asid_activate(&r.o, 1, 0), IL_E_ARG);
	assert_false(own_asid_active(&r.o, 1));
	assert_int_equal(own_asid_deactivate(&r.o, 1), IL_E_STATE);
	assert_int_equal(own_asid_deactivate(&r.o, 0), IL_E_ARG);
	assert_int_equal(own_asid_deactivate(&r.o, ASIDS), IL_E_ARG);
	assert_int_equal(own_asid_activate(&r.o, ASIDS - 1, 1), IL_OK);
	assert_true(own_asid_active(&r.o, ASIDS - 1));
	rig_down(&r);
}

static void pages_are_counted_by_asid(void **unused)
{
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(own_asid_pages(&r.o, ASID), 0);
	assert_int_equal(own_asid_pages(&r.o, ASIDS), 0);
	own_it(&r, DATA, RMP_4K);
	assert_int_equal(own_asid_pages(&r.o, ASID), 1);
	assert_int_equal(assign(&r, DATA, GPA, OTHER, RMP_4K, false), RMP_OK);
	assert_int_equal(own_asid_pages(&r.o, ASID), 0);
	assert_int_equal(own_asid_pages(&r.o, OTHER), 1);
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_2M, false), RMP_OK);
	assert_int_equal(own_asid_pages(&r.o, ASID), 512);
	assert_int_equal(own_asid_pages(&r.o, OTHER), 0);
	rig_down(&r);
}

static void limits_are_checked_before_anything_starts(void **unused)
{
	struct rig r;
	struct own o;

	(void)unused;
	rig_up(&r);

	const struct own_cfg good = { .arena = &r.arena,
				      .env = &r.env,
				      .mem = &r.m,
				      .asids = ASIDS,
				      .sdte = SDTE,
				      .rids = RIDS };
	struct own_cfg bad[7] = { good, good, good, good, good, good, good };
	struct arena small = { .base = r.arena.base, .cap = 8 };

	bad[0].asids = 1;
	bad[1].asids = ASIDS + 1; /* mem has no key for it */
	bad[2].asids = 4097;
	bad[3].sdte = SDTE + 64;
	bad[4].rids = 0;
	bad[5].rids = 65;
	bad[6].rids = 65536 + 64;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(own_init(&o, &bad[i]), IL_E_ARG);
	bad[0] = good;
	bad[0].arena = &small;
	assert_int_equal(own_init(&o, &bad[0]), IL_E_NOMEM);

	assert_int_equal(own_init(&o, &good), IL_OK);
	assert_int_equal(own_start(&o, NULL, 1), IL_E_ARG); /* not covered */
	assert_int_equal(own_cover(&o, SDTE + PAGE_4K, PAGE_2M, false, 0),
			 IL_E_ARG);
	assert_int_equal(own_cover(&o, SDTE, PAGE_4K, false, 0), IL_E_ARG);
	assert_int_equal(own_cover(&o, SDTE, 0, false, 0), IL_E_ARG);
	assert_int_equal(own_cover(&o, -PAGE_2M, 2 * PAGE_2M, false, 0),
			 IL_E_ARG);
	assert_int_equal(own_cover(&o, BAR, PAGE_2M, true, OWN_PORTS),
			 IL_E_ARG);
	assert_int_equal(o.ranges, 0);
	assert_int_equal(own_cover(&o, SDTE, PAGE_2M, false, 0), IL_OK);
	assert_int_equal(own_cover(&o, SDTE, PAGE_2M, false, 0), IL_E_ARG);
	assert_int_equal(own_cover(&o, SDTE - PAGE_2M, 3 * PAGE_2M, false, 0),
			 IL_E_ARG);
	o.arena = &small;
	assert_int_equal(own_cover(&o, BAR, PAGE_2M, true, 0), IL_E_NOMEM);
	o.arena = &r.arena;
	assert_int_equal(own_start(&o, NULL, 0), IL_E_ARG);
	/* the frames are taken, by the world that runs */
	assert_int_equal(own_start(&o, NULL, 1), IL_E_STATE);
	assert_int_equal(own_state(&o, SDTE), OWN_HYPERVISOR);
	for (uint64_t i = 1; i < OWN_RAM_RANGES; i++)
		assert_int_equal(
			own_cover(&o, PAGE_1G * (4 + i), PAGE_2M, false, 0),
			IL_OK);
	assert_int_equal(own_cover(&o, PAGE_1G * 64, PAGE_2M, false, 0),
			 IL_E_SPACE);
	/* a table that ends beyond its range, or is MMIO */
	o.ranges = 1;
	o.sdte = SDTE + PAGE_2M - PAGE_4K;
	assert_int_equal(own_start(&o, NULL, 1), IL_E_ARG);
	assert_int_equal(own_cover(&o, BAR, PAGE_2M, true, 0), IL_OK);
	o.sdte = BAR;
	assert_int_equal(own_start(&o, NULL, 1), IL_E_ARG);
	rig_down(&r);
}

static void the_secure_table_is_firmwares(void **unused)
{
	uint8_t raw[8], zero[8] = { 0 };
	struct rig r;
	uint64_t pa;

	(void)unused;
	rig_up(&r);
	for (uint64_t p = 0; p < RIDS * OWN_SDTE_LEN; p += PAGE_4K)
		assert_int_equal(own_state(&r.o, SDTE + p), OWN_CONTEXT);
	assert_int_equal(own_state(&r.o, SDTE + RIDS * OWN_SDTE_LEN),
			 OWN_HYPERVISOR);
	assert_ptr_equal(host_does(&r, SDTE, 0, true, raw, 8),
			 &own_rule_assigned);
	assert_null(host_does(&r, SDTE, 0, false, raw, 8));
	assert_memory_not_equal(raw, zero, 8);
	assert_int_equal(unassign(&r, SDTE, RMP_4K), RMP_FAIL_PERMISSION);
	while (!mem_frames_alloc(&r.m, 0, &pa))
		assert_false(pa >= SDTE && pa < SDTE + RIDS * OWN_SDTE_LEN);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_reads_back_its_private_page),
		cmocka_unit_test(the_host_reads_ciphertext_and_writes_nothing),
		cmocka_unit_test(a_page_taken_back_keeps_ciphertext),
		cmocka_unit_test(
			the_host_writes_through_no_large_leaf_beside_an_assigned_page),
		cmocka_unit_test(
			a_shared_access_of_the_guest_is_like_the_hosts),
		cmocka_unit_test(an_ordinary_vm_has_no_c_bit),
		cmocka_unit_test(a_private_access_needs_an_assigned_page),
		cmocka_unit_test(a_private_access_needs_its_own_asid),
		cmocka_unit_test(
			a_private_access_needs_the_address_that_was_assigned),
		cmocka_unit_test(a_private_access_needs_validation),
		cmocka_unit_test(
			a_private_access_needs_the_permission_of_its_vmpl),
		cmocka_unit_test(nested_leaf_and_entry_have_one_size),
		cmocka_unit_test(a_guest_without_a_key_reaches_nothing_private),
		cmocka_unit_test(memory_outside_the_rmp_is_never_private),
		cmocka_unit_test(
			private_mmio_carries_t_and_shared_mmio_does_not),
		cmocka_unit_test(fenced_mmio_is_refused),
		cmocka_unit_test(fences_are_closed_at_first_and_told_as_set),
		cmocka_unit_test(firmware_writes_where_the_page_state_lets_it),
		cmocka_unit_test(what_firmware_keeps_is_ciphertext_to_the_host),
		cmocka_unit_test(firmware_needs_the_guests_key_to_be_installed),
		cmocka_unit_test(
			a_launch_page_is_the_guests_from_its_first_instruction),
		cmocka_unit_test(asids_are_activated_once_and_freshly),
		cmocka_unit_test(pages_are_counted_by_asid),
		cmocka_unit_test(limits_are_checked_before_anything_starts),
		cmocka_unit_test(the_secure_table_is_firmwares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
