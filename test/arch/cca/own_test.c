/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>

/* Who may reach what, below the monitor. */

static const struct rule *access_by(struct cca_rig *r, struct mem_req q)
{
	uint8_t buf[8] = { 0 };
	struct fault f;

	q.len = sizeof(buf);
	return mem_access(&r->m, &q, buf, &f) ? f.rule : NULL;
}

/* Host, ordinary VM, plain DMA: the non-secure address space. */
static void nobody_outside_reaches(struct cca_rig *r, uint64_t pa,
				   const struct rule *rule)
{
	const struct mem_req q[] = {
		{ .who = AGENT_HOST, .pa = pa, .gpa = pa },
		{ .who = AGENT_HOST, .pa = pa, .gpa = pa, .write = true },
		{ .who = AGENT_VCPU, .pa = pa, .gpa = pa },
		{ .who = AGENT_VCPU, .pa = pa, .gpa = pa, .trusted = true },
		{ .who = AGENT_DEVICE, .pa = pa, .gpa = pa },
		{ .who = AGENT_DEVICE, .pa = pa, .gpa = pa, .write = true },
	};

	for (size_t i = 0; i < COUNT(q); i++)
		assert_ptr_equal(access_by(r, q[i]), rule);
}

static void a_granule_that_is_delegated_is_nobodys_outside(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t pa = page_new(r);

	(void)unused;
	nobody_outside_reaches(r, pa, NULL);
	assert_int_equal(
		RMI(r, RMI_GRANULE_RANGE_DELEGATE, pa, pa + CCA_GRANULE), 0);
	nobody_outside_reaches(r, pa, &cca_own_rule_gpt);
	rig_free(r);
}

static void each_state_but_non_secure_is_closed_to_the_host(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_mapped(r);
	nobody_outside_reaches(r, r->rd, &cca_own_rule_gpt);
	nobody_outside_reaches(r, r->rtt, &cca_own_rule_gpt);
	nobody_outside_reaches(r, r->rec, &cca_own_rule_gpt);
	nobody_outside_reaches(r, r->ep, &cca_own_rule_gpt);
	nobody_outside_reaches(r, r->aux[0], &cca_own_rule_gpt);
	nobody_outside_reaches(r, r->vdev, &cca_own_rule_gpt);
	nobody_outside_reaches(r, r->ram_pa, &cca_own_rule_gpt);
	nobody_outside_reaches(r, PEER_BAR, &cca_own_rule_gpt);
	nobody_outside_reaches(r, RIG_ST, &cca_own_rule_gpt);
	nobody_outside_reaches(r, RIG_EL3, &cca_own_rule_gpt);
	/* what of the BAR was not delegated */
	nobody_outside_reaches(r, PEER_BAR + 8 * CCA_GRANULE, NULL);
	assert_int_equal(cca_own_pas(&r->o, RIG_EL3), OWN_PAS_ROOT);
	rig_free(r);
}

/* From the page's state table in own.h, written out: a dot refuses. */
static void a_granule_moves_along_its_table_alone(void **unused)
{
	/* None Ns Delegated Monitor Root rD rEc rTt dAta Pdev aUx Vdev mapped
	 */
	static const char rows[OWN_STATES][OWN_STATES + 1] = {
		[OWN_NONE] = ".............",
		[OWN_NS] = "..x..........",
		[OWN_DELEGATED] = ".x...xxxxxxx.",
		[OWN_MONITOR] = ".............",
		[OWN_ROOT] = ".............",
		[OWN_RD] = "..x..........",
		[OWN_REC] = "..x..........",
		[OWN_RTT] = "..x..........",
		[OWN_DATA] = "..x..........",
		[OWN_PDEV] = "..x..........",
		[OWN_PDEV_AUX] = "..x..........",
		[OWN_VDEV] = "..x..........",
		[OWN_MAPPED] = ".............",
	};
	static const char named[] = ".....xxxx...x";
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	for (unsigned from = OWN_NS; from < OWN_STATES; from++)
		for (unsigned to = 0; to < OWN_STATES; to++) {
			const uint64_t pa = page_new(r);
			const uint16_t vmid = named[to] == 'x' ? 1 : 0;
			const uint16_t was = named[from] == 'x' ? 1 : 0;
			bool moves;

			if (from == OWN_MONITOR || from == OWN_ROOT ||
			    from == OWN_MAPPED)
				continue;
			if (from != OWN_NS)
				assert_int_equal(cca_own_move(&r->o, pa, OWN_NS,
							      OWN_DELEGATED, 0,
							      0),
						 IL_OK);
			if (from != OWN_NS && from != OWN_DELEGATED)
				assert_int_equal(cca_own_move(&r->o, pa,
							      OWN_DELEGATED,
							      from, was, 0),
						 IL_OK);
			moves = cca_own_move(&r->o, pa, from, to, vmid, 0) ==
				IL_OK;
			assert_int_equal(moves, rows[from][to] == 'x');
			assert_int_equal(cca_own_state(&r->o, pa),
					 moves ? to : from);
		}
	assert_true(cca_own_sane(&r->o));
	/* the realm's books name granules that are not its own: leave them */
	free(r->kept);
	peer_free(r->p);
	arena_unmap(&r->ram);
	arena_unmap(&r->books);
	free(r);
}

static void mmio_is_delegated_and_mapped_and_nothing_else(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	assert_int_equal(
		cca_own_move(&r->o, PEER_BAR, OWN_NS, OWN_DELEGATED, 0, 0),
		IL_OK);
	for (unsigned to = OWN_MONITOR; to < OWN_MAPPED; to++)
		assert_int_not_equal(
			cca_own_move(&r->o, PEER_BAR, OWN_DELEGATED, to,
				     to >= OWN_RD && to <= OWN_DATA, 0),
			IL_OK);
	assert_int_equal(cca_own_move(&r->o, PEER_BAR, OWN_DELEGATED,
				      OWN_MAPPED, 1, RIG_DEV),
			 IL_OK);
	assert_int_equal(
		cca_own_move(&r->o, PEER_BAR, OWN_MAPPED, OWN_DELEGATED, 0, 0),
		IL_OK);
	assert_int_equal(
		cca_own_move(&r->o, PEER_BAR + 1, OWN_NS, OWN_DELEGATED, 0, 0),
		IL_E_ARG);
	assert_int_equal(
		cca_own_move(&r->o, 0x1000, OWN_NS, OWN_DELEGATED, 0, 0),
		IL_E_ARG);
	rig_free(r);
}

/* --- content --- */

static void what_goes_back_to_the_host_is_scrubbed(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t secret[64], seen[64], zero[64] = { 0 };
	struct fault f;

	(void)unused;
	realm_up(r);
	memset(secret, 0xa5, sizeof(secret));
	assert_int_equal(realm_io(r, RIG_IPA, secret, 64, true, &f), IL_OK);
	/* a probe on the bus sees none of it */
	assert_int_equal(mem_raw(&r->m, r->ram_pa, seen, 64), IL_OK);
	for (unsigned i = 0; i < 64; i++)
		assert_int_not_equal(seen[i], secret[i]);
	assert_int_equal(RMI(r, RMI_RTT_DATA_UNMAP, r->rd, RIG_IPA,
			     RIG_IPA + CCA_GRANULE),
			 0);
	assert_int_equal(RMI(r, RMI_GRANULE_RANGE_UNDELEGATE, r->ram_pa,
			     r->ram_pa + CCA_GRANULE),
			 0);
	get(r, r->ram_pa, seen, 64);
	assert_memory_equal(seen, zero, 64);
	rig_free(r);
}

static void a_realm_finds_zeroes_whatever_the_host_left(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t seen[64], zero[64] = { 0 };
	uint64_t pa;
	struct fault f;

	(void)unused;
	realm_up(r);
	assert_int_equal(RMI(r, RMI_RTT_DATA_UNMAP, r->rd, RIG_IPA,
			     RIG_IPA + CCA_GRANULE),
			 0);
	/* the realm lost a page: it accepts that it may be another one */
	assert_int_equal(realm_io(r, RIG_IPA, seen, 1, false, &f), IL_E_AGAIN);
	assert_ptr_equal(f.rule, &cca_own_rule_ripas_host);
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, RIG_IPA,
			     RIG_IPA + CCA_GRANULE, RMI_RAM,
			     RSI_CHANGE_DESTROYED),
			 0);
	pa = page_new(r);
	memset(seen, 0xee, sizeof(seen));
	put(r, pa, seen, sizeof(seen));
	assert_int_equal(
		RMI(r, RMI_GRANULE_RANGE_DELEGATE, pa, pa + CCA_GRANULE), 0);
	assert_int_equal(RMI(r, RMI_RTT_DATA_MAP, r->rd, RIG_IPA,
			     RIG_IPA + CCA_GRANULE, RMI_OADDR_SINGLE,
			     pa | 1 << 2),
			 0);
	assert_int_equal(realm_io(r, RIG_IPA, seen, 64, false, &f), IL_OK);
	assert_memory_equal(seen, zero, 64);
	rig_free(r);
}

/* A table that led another realm there would show it noise. */
static void another_realms_key_shows_no_plaintext(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word = 0x0123456789abcdef, seen = 0;
	struct mem_req q = { .who = AGENT_VCPU, .len = 8, .owner = 2 };
	struct fault f;

	(void)unused;
	realm_up(r);
	assert_int_equal(realm_io(r, RIG_IPA, &word, 8, true, &f), IL_OK);
	assert_int_equal(
		cca_own_realm_start(&r->o, 2, r->rtt, 4, RIG_BITS, 0x222),
		IL_OK);
	q.pa = r->ram_pa;
	q.gpa = RIG_IPA;
	assert_int_equal(mem_access(&r->m, &q, &seen, &f), IL_OK);
	assert_int_not_equal(seen, word);
	q.owner = 5;
	assert_int_equal(mem_access(&r->m, &q, &seen, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cca_own_rule_vmid);
	assert_int_equal(cca_own_realm_stop(&r->o, 2), IL_OK);
	rig_free(r);
}

static void a_protected_address_never_leads_to_the_hosts_memory(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t pa = page_new(r);
	const struct mem_req q[] = {
		{ .who = AGENT_VCPU, .owner = 1, .pa = pa, .gpa = RIG_IPA },
		{ .who = AGENT_DEVICE,
		  .trusted = true,
		  .owner = 1,
		  .pa = pa,
		  .gpa = RIG_IPA },
	};

	(void)unused;
	realm_up(r);
	for (size_t i = 0; i < COUNT(q); i++) {
		struct mem_req high = q[i];

		assert_ptr_equal(access_by(r, q[i]), &cca_own_rule_gpt_realm);
		/* an unprotected one does, and to nothing else */
		high.gpa = RIG_SHARED;
		assert_null(access_by(r, high));
		high.pa = r->ram_pa;
		assert_ptr_equal(access_by(r, high), &cca_own_rule_gpt);
	}
	rig_free(r);
}

static void the_monitor_keeps_to_its_own_and_its_realms_granules(void **unused)
{
	struct cca_rig *r = rig_new();
	const struct {
		uint64_t pa;
		bool trusted;
		uint32_t owner;
		bool may;
	} rows[] = {
		{ 0, false, 0, true }, /* the host's */
		{ 0, true, 0, false },
		{ 1, false, 0, false }, /* a realm's data */
		{ 1, true, 0, false },
		{ 1, true, 1, true },
		{ 1, true, 2, false },
		{ 2, false, 0, true }, /* a table */
		{ 2, true, 0, false },
		{ 3, true, 0, true }, /* a realm descriptor */
		{ 3, false, 0, false },
	};

	(void)unused;
	realm_up(r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint64_t pa[] = { r->params, r->ram_pa, r->rtt, r->rd };
		const struct mem_req q = { .who = AGENT_FIRMWARE,
					   .trusted = rows[i].trusted,
					   .owner = rows[i].owner,
					   .pa = pa[rows[i].pa],
					   .gpa = pa[rows[i].pa] };

		assert_ptr_equal(access_by(r, q),
				 rows[i].may ? NULL : &cca_own_rule_monitor);
	}
	/* one realm's key opens no data of another's */
	const struct mem_req first = { .who = AGENT_FIRMWARE,
				       .trusted = true,
				       .owner = 2,
				       .pa = r->ram_pa,
				       .gpa = r->ram_pa };

	realm_up(r);
	assert_ptr_equal(access_by(r, first), &cca_own_rule_monitor);
	rig_free(r);
}

/* Root is EL3's: a table that led there would not help a realm. */
static void no_realm_reaches_what_is_roots(void **unused)
{
	const enum fault_agent who[] = { AGENT_VCPU, AGENT_DEVICE };
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	for (size_t i = 0; i < COUNT(who); i++)
		assert_ptr_equal(
			access_by(r, (struct mem_req){ .who = who[i],
						       .trusted = true,
						       .owner = 1,
						       .pa = RIG_EL3,
						       .gpa = RIG_IPA }),
			&cca_own_rule_gpt);
	rig_free(r);
}

static void a_leaf_without_access_flag_is_none(void **unused)
{
	const uint64_t e = pt_leaf_entry(&cca_s2_fmt, RIG_RAM, 1, PT_R | PT_W);
	struct pt_entry x;

	(void)unused;
	assert_int_equal(pt_read(&cca_s2_fmt, e, 1, &x), PT_LEAF);
	assert_int_equal(pt_read(&cca_s2_fmt, e & ~S2_AF, 1, &x), PT_BAD);
}

/* --- RIPAS --- */

static void an_address_that_is_empty_aborts_in_the_realm(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t b = 0;
	struct fault f;

	(void)unused;
	realm_up(r);
	assert_int_equal(realm_io(r, 0x80000, &b, 1, false, &f), IL_E_IO);
	assert_ptr_equal(f.rule, &cca_own_rule_ripas);
	assert_int_equal(f.stage, FAULT_STAGE2);
	/* RAM without a page is the host's to bring */
	assert_int_equal(
		RSI(r, RSI_IPA_STATE_SET, 0x80000, 0x81000, RMI_RAM, 0), 0);
	assert_int_equal(realm_io(r, 0x80000, &b, 1, false, &f), IL_E_AGAIN);
	/* so is what the realm shares */
	assert_int_equal(realm_io(r, RIG_SHARED, &b, 1, true, &f), IL_E_AGAIN);
	/* a page that ends at the end of what there is */
	assert_int_equal(
		realm_io(r, (UINT64_C(1) << RIG_BITS) - 1, &b, 2, false, &f),
		IL_E_ARG);
	rig_free(r);
}

/* --- descriptors, as bytes in the table's granule --- */

static uint64_t leaf_bytes(struct cca_rig *r, uint64_t ipa)
{
	struct cca_own_rtte e;
	uint8_t raw[8];

	assert_int_equal(cca_own_rtt_find(&r->o, 1, ipa, 3, &e), IL_OK);
	assert_int_equal(mem_raw(&r->m, e.slot.at, raw, 8), IL_OK);
	return get_u64le(raw);
}

static void entries_are_arm_descriptors_where_walkers_follow(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t shared = page_new(r);

	(void)unused;
	vdev_mapped(r);
	assert_int_equal(RMI(r, RMI_RTT_UNPROT_MAP, r->rd, RIG_SHARED,
			     RIG_SHARED + CCA_GRANULE,
			     RMI_OADDR_SINGLE | RMI_UNPROT_S2AP_R,
			     shared | 1 << 2),
			 0);
	/* page, AF, inner shareable, R W, normal memory */
	assert_int_equal(leaf_bytes(r, RIG_IPA), r->ram_pa | 0x7ff);
	/* bit 56: device */
	assert_int_equal(leaf_bytes(r, RIG_DEV),
			 PEER_BAR | 0x7ff | UINT64_C(1) << 56);
	/* bit 55: not secure; no W */
	assert_int_equal(leaf_bytes(r, RIG_SHARED),
			 shared | 0x77f | UINT64_C(1) << 55);
	assert_int_equal(leaf_bytes(r, 0x80000), 0);
	/* taken back: DESTROYED, and nothing follows it */
	assert_int_equal(RMI(r, RMI_RTT_DATA_UNMAP, r->rd, RIG_IPA,
			     RIG_IPA + CCA_GRANULE),
			 0);
	assert_int_equal(leaf_bytes(r, RIG_IPA), 2 << 5);
	rig_free(r);
}

static void a_page_that_is_taken_away_is_remembered_by_no_unit(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word = 1;

	(void)unused;
	vdev_running(r);
	assert_null(dma(r, RIG_IPA, true, true, &word));
	assert_true(iommu_reaches(&r->i, r->ram_pa));
	assert_int_equal(RMI(r, RMI_RTT_DATA_UNMAP, r->rd, RIG_IPA,
			     RIG_IPA + CCA_GRANULE),
			 0);
	assert_false(iommu_reaches(&r->i, r->ram_pa));
	assert_ptr_equal(dma(r, RIG_IPA, true, true, &word),
			 &iommu_rule_missing);
	/* a wish of the realm's does the same */
	assert_null(dma(r, RIG_IPA + CCA_GRANULE, true, true, &word));
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, RIG_IPA + CCA_GRANULE,
			     RIG_IPA + 2 * CCA_GRANULE, RMI_EMPTY, 0),
			 0);
	assert_false(iommu_reaches(&r->i, r->ram_pa + CCA_GRANULE));
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_granule_that_is_delegated_is_nobodys_outside),
		cmocka_unit_test(
			each_state_but_non_secure_is_closed_to_the_host),
		cmocka_unit_test(a_granule_moves_along_its_table_alone),
		cmocka_unit_test(mmio_is_delegated_and_mapped_and_nothing_else),
		cmocka_unit_test(what_goes_back_to_the_host_is_scrubbed),
		cmocka_unit_test(a_realm_finds_zeroes_whatever_the_host_left),
		cmocka_unit_test(another_realms_key_shows_no_plaintext),
		cmocka_unit_test(
			a_protected_address_never_leads_to_the_hosts_memory),
		cmocka_unit_test(
			the_monitor_keeps_to_its_own_and_its_realms_granules),
		cmocka_unit_test(no_realm_reaches_what_is_roots),
		cmocka_unit_test(a_leaf_without_access_flag_is_none),
		cmocka_unit_test(an_address_that_is_empty_aborts_in_the_realm),
		cmocka_unit_test(
			entries_are_arm_descriptors_where_walkers_follow),
		cmocka_unit_test(
			a_page_that_is_taken_away_is_remembered_by_no_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
