/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_rig.h"

/* Who may do what to a page; each refusal by its rule. */

static const uint8_t word[16] = "fifteen letters";
static uint8_t buf[16];

static void refused(const struct rule *got, const struct rule *want)
{
	assert_non_null(got);
	assert_string_equal(got->name, want->name);
}

/* --- the host's processor --- */

static void a_tds_page_reads_as_ciphertext_to_the_host(void **unused)
{
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	memcpy(buf, word, sizeof(buf));
	assert_null(td_does(&r, HKID, GPA, true, buf, sizeof(buf)));
	assert_null(host_does(&r, r.data, false, buf, sizeof(buf)));
	for (unsigned i = 0; i < sizeof(buf); i++)
		assert_int_not_equal(buf[i], word[i]);
	assert_null(td_does(&r, HKID, GPA, false, buf, sizeof(buf)));
	assert_memory_equal(buf, word, sizeof(buf));
	ownrig_down(&r);
}

static void the_host_does_not_write_a_tds_page(void **unused)
{
	uint8_t was[PAGE_4K], is[PAGE_4K];
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	assert_int_equal(mem_raw(&r.m, r.data, was, sizeof(was)), IL_OK);
	refused(host_does(&r, r.data, true, buf, 1), &tdx_rule_owner_bit);
	assert_int_equal(mem_raw(&r.m, r.data, is, sizeof(is)), IL_OK);
	assert_memory_equal(was, is, sizeof(was));
	ownrig_down(&r);
}

static void the_modules_pages_are_kept_from_the_host(void **unused)
{
	static const enum tdx_page_type types[] = {
		TDX_PT_TDR,	 TDX_PT_TDCX,	 TDX_PT_TDVPR,	TDX_PT_EPT,
		TDX_PT_IOMMU_MT, TDX_PT_MMIO_MT, TDX_PT_DEVIFCS
	};
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	for (unsigned i = 0; i < COUNT(types); i++) {
		uint64_t pa = ownrig_page(&r);

		assert_int_equal(tdx_own_take(&r.o, pa, types[i], TDR, 0, 0),
				 IL_OK);
		refused(host_does(&r, pa, true, buf, 8), &tdx_rule_module);
		refused(host_does(&r, pa, false, buf, 8), &tdx_rule_module);
		/* And no page is taken twice. */
		assert_int_equal(tdx_own_take(&r.o, pa, types[i], TDR, 0, 0),
				 IL_E_STATE);
		tdx_own_give(&r.o, pa);
		assert_null(host_does(&r, pa, true, buf, 8));
	}
	ownrig_down(&r);
}

/* --- a TD's processor --- */

static void a_td_reaches_its_own_page_at_its_own_address(void **unused)
{
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	/* The same table under another TD's key id. */
	refused(td_does(&r, OTHER, GPA, false, buf, 8), &tdx_rule_pamt);
	/* A second address for the page, and a page of the host. */
	ownrig_leaf(&r, FREE_GPA, r.data | EPT_RWX | SEPT_MAPPED);
	refused(td_does(&r, HKID, FREE_GPA, false, buf, 8), &tdx_rule_pamt);
	ownrig_leaf(&r, FREE_GPA, r.shared | EPT_RWX | SEPT_MAPPED);
	refused(td_does(&r, HKID, FREE_GPA, true, buf, 8), &tdx_rule_pamt);
	ownrig_down(&r);
}

static void without_its_key_a_td_reaches_nothing(void **unused)
{
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	tdx_own_key_drop(&r.o, HKID);
	refused(td_does(&r, HKID, GPA, false, buf, 8), &tdx_rule_key);
	/* The key id goes to another TD: what the first left is not its. */
	assert_int_equal(tdx_own_key(&r.o, HKID, TDR2, 0xb1), IL_OK);
	refused(td_does(&r, HKID, GPA, false, buf, 8), &tdx_rule_pamt);
	assert_int_equal(tdx_own_key(&r.o, HKID, TDR, 0xb2), IL_E_STATE);
	ownrig_down(&r);
}

static void a_pending_or_blocked_entry_gives_no_access(void **unused)
{
	static const uint64_t states[] = {
		SEPT_PENDING,	   SEPT_BLOCKED,      SEPT_PENDING_BLOCKED,
		SEPT_MMIO_PENDING, SEPT_MMIO_BLOCKED, SEPT_FREE
	};
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	for (unsigned i = 0; i < COUNT(states); i++) {
		struct tdx_sept s;

		ownrig_leaf(&r, GPA, r.data | states[i]);
		refused(td_does(&r, HKID, GPA, false, buf, 8),
			&s2_rule_missing);
		assert_int_equal(tdx_sept_find(&r.o, r.root, GPA, 0, &s),
				 IL_OK);
		assert_int_equal(tdx_sept_state(s.e), states[i]);
	}
	ownrig_down(&r);
}

static void mmio_is_a_tds_when_it_has_accepted_it(void **unused)
{
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	ownrig_leaf(&r, MMIO_GPA, BAR | EPT_R | EPT_W | SEPT_MMIO_MAPPED);
	refused(td_does(&r, HKID, MMIO_GPA, false, buf, 8), &tdx_rule_mmio);
	tdx_mmio_set(&r.o, BAR, true, RID);
	refused(td_does(&r, HKID, MMIO_GPA, false, buf, 8), &tdx_rule_mmio);
	tdx_mmio_map(&r.o, BAR, TDR, HKID, MMIO_GPA);
	refused(td_does(&r, HKID, MMIO_GPA, false, buf, 8), &tdx_rule_mmio_td);
	tdx_mmio_accept(&r.o, BAR, true);
	assert_int_equal(r.hits, 0);
	assert_null(td_does(&r, HKID, MMIO_GPA, true, buf, 8));
	assert_int_equal(r.hits, 1);
	assert_true(r.bar_t);
	refused(td_does(&r, OTHER, MMIO_GPA, false, buf, 8), &tdx_rule_mmio);
	/* The host's own access goes without T: the device's to refuse. */
	assert_null(host_does(&r, BAR, true, buf, 8));
	assert_false(r.bar_t);
	tdx_mmio_accept(&r.o, BAR, false);
	refused(td_does(&r, HKID, MMIO_GPA, true, buf, 8), &tdx_rule_mmio_td);
	ownrig_down(&r);
}

/* --- devices --- */

static void trusted_dma_sees_what_the_td_sees(void **unused)
{
	struct iommu_req q = dma(GPA + 32, true, true);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	ownrig_entry(&r);
	memcpy(buf, word, sizeof(buf));
	assert_null(dev_does(&r, &q, buf));
	memset(buf, 0, sizeof(buf));
	assert_null(td_does(&r, HKID, GPA + 32, false, buf, sizeof(buf)));
	assert_memory_equal(buf, word, sizeof(buf));
	q = dma(FREE_GPA, false, true);
	refused(dev_does(&r, &q, buf), &iommu_rule_missing);
	ownrig_down(&r);
}

/* The host's half hangs in the TD's root, as TDH.MEM.SHARED.SEPT.WR puts it. */
static void trusted_dma_reaches_the_hosts_half_by_its_address(void **unused)
{
	struct iommu_req q = dma(TDX_GPA_SHARED | SHARED_IO, true, true);
	struct tdx_sept s;
	struct ownrig r;
	uint64_t below;

	(void)unused;
	ownrig_up(&r);
	ownrig_entry(&r);
	refused(dev_does(&r, &q, buf), &iommu_rule_missing);
	assert_int_equal(tdx_sept_find(&r.o, r.root, TDX_GPA_SHARED, 3, &s),
			 IL_OK);
	assert_null(host_does(&r, r.host.root, false, &below, 8));
	tdx_sept_put(&r.o, &s, below);
	memcpy(buf, word, sizeof(buf));
	assert_null(dev_does(&r, &q, buf));
	memset(buf, 0, sizeof(buf));
	assert_null(host_does(&r, r.shared, false, buf, sizeof(buf)));
	assert_memory_equal(buf, word, sizeof(buf));
	/* A page of the host's half that became the TD's is not reached so. */
	assert_int_equal(
		tdx_own_take(&r.o, r.shared, TDX_PT_REG, TDR, HKID, FREE_GPA),
		IL_OK);
	refused(dev_does(&r, &q, buf), &tdx_rule_dma_private);
	ownrig_down(&r);
}

static void plain_dma_reaches_shared_memory_alone(void **unused)
{
	struct iommu_req q = dma(SHARED_IO, true, false);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	ownrig_host_entry(&r, r.host.root | TDX_PASID0_ADD | VTD_PASID_P, 7);
	assert_null(dev_does(&r, &q, buf));
	assert_int_equal(pt_map(&r.host, FREE_GPA, r.data, PAGE_4K, PT_R | PT_W,
				PAGE_4K),
			 IL_OK);
	q = dma(FREE_GPA, true, false);
	refused(dev_does(&r, &q, buf), &tdx_rule_dma_private);
	q.write = false;
	refused(dev_does(&r, &q, buf), &tdx_rule_dma_private);
	ownrig_down(&r);
}

static void trusted_dma_reaches_no_device(void **unused)
{
	struct iommu_req q = dma(MMIO_GPA, true, true);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	ownrig_entry(&r);
	ownrig_leaf(&r, MMIO_GPA, BAR | EPT_R | EPT_W | SEPT_MMIO_MAPPED);
	tdx_mmio_set(&r.o, BAR, true, RID);
	tdx_mmio_map(&r.o, BAR, TDR, HKID, MMIO_GPA);
	tdx_mmio_accept(&r.o, BAR, true);
	refused(dev_does(&r, &q, buf), &tdx_rule_p2p);
	assert_int_equal(r.hits, 0);
	ownrig_down(&r);
}

static void a_device_without_trusted_entry_is_refused(void **unused)
{
	struct iommu_req q = dma(GPA, false, true);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	refused(dev_does(&r, &q, buf), &tdx_rule_dmar);
	assert_int_equal(r.f.stage, FAULT_DEVICE_ENTRY);
	ownrig_entry(&r);
	/* What the unit read it keeps until it is told. */
	refused(dev_does(&r, &q, buf), &tdx_rule_dmar);
	iommu_forget(&r.i, RID);
	assert_null(dev_does(&r, &q, buf));
	q.rid = RID + 1;
	refused(dev_does(&r, &q, buf), &tdx_rule_dmar);
	ownrig_down(&r);
}

static void a_pending_or_blocked_trusted_entry_admits_nothing(void **unused)
{
	static const enum tdx_dmar_map maps[] = { TDX_DMAR_PENDING,
						  TDX_DMAR_BLOCKED };
	struct iommu_req q = dma(GPA, false, true);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	ownrig_entry(&r);
	for (unsigned i = 0; i < COUNT(maps); i++) {
		struct tdx_dmar d;

		assert_int_equal(
			tdx_dmar_find(&r.o, RID, TDX_DMAR_PASID_ENTRY, &d),
			IL_OK);
		tdx_dmar_state(&d, maps[i], TDX_INV_QUEUED);
		assert_int_equal(tdx_dmar_map(&d), maps[i]);
		assert_int_equal(tdx_dmar_inv(&d), TDX_INV_QUEUED);
		tdx_dmar_put(&r.o, &d);
		iommu_forget(&r.i, RID);
		refused(dev_does(&r, &q, buf), &tdx_rule_dmar_state);
		tdx_dmar_state(&d, TDX_DMAR_PRESENT, TDX_INV_PENDING);
		tdx_dmar_put(&r.o, &d);
		iommu_forget(&r.i, RID);
		assert_null(dev_does(&r, &q, buf));
	}
	ownrig_down(&r);
}

static void a_trusted_request_keeps_to_its_stream_and_port(void **unused)
{
	struct iommu_req q = dma(GPA, false, true);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	ownrig_entry(&r);
	q.stream = STREAM + 1;
	refused(dev_does(&r, &q, buf), &tdx_rule_dmar_stream);
	q = dma(GPA, false, true);
	q.tc = 1;
	refused(dev_does(&r, &q, buf), &tdx_rule_dmar_stream);
	q = dma(GPA, false, true);
	q.port = PORT + 1;
	refused(dev_does(&r, &q, buf), &tdx_rule_dmar_port);
	ownrig_down(&r);
}

static void the_hosts_entry_is_a_second_stage_of_four_levels(void **unused)
{
	static const uint64_t bad[] = {
		UINT64_C(0xc00),		     /* reserved */
		UINT64_C(0x40),			     /* first stage */
		UINT64_C(2) << 6 | UINT64_C(3) << 2, /* five levels */
	};
	struct iommu_req q = dma(SHARED_IO, false, false);
	struct ownrig r;

	(void)unused;
	ownrig_up(&r);
	refused(dev_does(&r, &q, buf), &tdx_rule_vtd_entry);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		ownrig_host_entry(&r, r.host.root | bad[i] | VTD_PASID_P, 7);
		iommu_forget(&r.i, RID);
		refused(dev_does(&r, &q, buf), &tdx_rule_vtd_form);
	}
	/* Domains with the top bit are the module's. */
	ownrig_host_entry(&r, r.host.root | TDX_PASID0_ADD | VTD_PASID_P,
			  VTD_DID_TRUSTED | 7);
	iommu_forget(&r.i, RID);
	refused(dev_does(&r, &q, buf), &tdx_rule_vtd_form);
	ownrig_host_entry(&r, r.host.root | TDX_PASID0_ADD, 7);
	iommu_forget(&r.i, RID);
	refused(dev_does(&r, &q, buf), &tdx_rule_vtd_entry);
	ownrig_down(&r);
}

/* --- what the host reads of it --- */

/* Bytes by hand from VT-d 4.1, §11.4.14. */
static void a_fault_record_has_the_forms_of_vt_d(void **unused)
{
	static const uint8_t want[] = { 0x00, 0x40, 0x30, 0, 0,	   0, 0, 0,
					0x00, 0x01, 0,	  0, 0x80, 0, 0, 0x80 };
	const struct iommu_event page = { .kind = IOMMU_EV_PAGE,
					  .rid = RID,
					  .write = true,
					  .iova = 0x304567 };
	struct iommu_event trusted = page;
	uint8_t got[VTD_FAULT_LEN];

	(void)unused;
	tdx_iommu_rules.encode(NULL, &page, got);
	assert_memory_equal(got, want, sizeof(want));
	/* The address of a trusted request is not the host's to know. */
	trusted.trusted = true;
	tdx_iommu_rules.encode(NULL, &trusted, got);
	assert_int_equal(tdx_u64(got, 0), 0);
	assert_int_equal(tdx_u64(got, 8) & VTD_FAULT_TRUST, VTD_FAULT_TRUST);
}

/* --- metadata --- */

static void a_node_covers_what_its_level_says(void **unused)
{
	struct ownrig r;
	struct tdx_node *n;

	(void)unused;
	/* 128 pages of 4 KiB; above, 512 times as much at each level. */
	assert_int_equal(tdx_node_span(false, 0), 0x80000);
	assert_int_equal(tdx_node_span(false, 1), 0x10000000);
	assert_int_equal(tdx_node_span(true, 0), 512);
	ownrig_up(&r);
	assert_null(tdx_mmio_leaf(&r.o, BAR));
	assert_int_equal(tdx_node_add(&r.o, false, 0, BAR + 0x1000, 1), IL_OK);
	assert_int_equal(tdx_node_add(&r.o, false, 0, BAR, 1), IL_E_STATE);
	assert_non_null(tdx_mmio_leaf(&r.o, BAR + 0x7f000));
	assert_null(tdx_mmio_leaf(&r.o, BAR + 0x80000));
	n = tdx_node_at(&r.o, false, 0, BAR);
	assert_false(tdx_node_busy(&r.o, n));
	tdx_mmio_set(&r.o, BAR + 0x7f000, true, RID);
	assert_true(tdx_node_busy(&r.o, n));
	tdx_mmio_set(&r.o, BAR + 0x7f000, false, 0);
	tdx_node_del(n);
	ownrig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tds_page_reads_as_ciphertext_to_the_host),
		cmocka_unit_test(the_host_does_not_write_a_tds_page),
		cmocka_unit_test(the_modules_pages_are_kept_from_the_host),
		cmocka_unit_test(a_td_reaches_its_own_page_at_its_own_address),
		cmocka_unit_test(without_its_key_a_td_reaches_nothing),
		cmocka_unit_test(a_pending_or_blocked_entry_gives_no_access),
		cmocka_unit_test(mmio_is_a_tds_when_it_has_accepted_it),
		cmocka_unit_test(trusted_dma_sees_what_the_td_sees),
		cmocka_unit_test(
			trusted_dma_reaches_the_hosts_half_by_its_address),
		cmocka_unit_test(plain_dma_reaches_shared_memory_alone),
		cmocka_unit_test(trusted_dma_reaches_no_device),
		cmocka_unit_test(a_device_without_trusted_entry_is_refused),
		cmocka_unit_test(
			a_pending_or_blocked_trusted_entry_admits_nothing),
		cmocka_unit_test(
			a_trusted_request_keeps_to_its_stream_and_port),
		cmocka_unit_test(
			the_hosts_entry_is_a_second_stage_of_four_levels),
		cmocka_unit_test(a_fault_record_has_the_forms_of_vt_d),
		cmocka_unit_test(a_node_covers_what_its_level_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
