/* SPDX-License-Identifier: BSD-2-Clause */
#include "own_rig.h"

#include "arch/sev_tio/event.h"

/* DMA: device entries, secure device entries, the RMP, fences, events. */

static uint8_t secret[64];
static uint8_t buf[64];

static void up(struct rig *r, enum rmp_size size)
{
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i * 3 + 7);
	rig_up(r);
	if (size == RMP_2M)
		map_both(r, PAGE_2M);
	own_it(r, DATA, size);
	assert_null(guest_does(r, GPA, true, true, secret, sizeof(secret)));
}

/* The latest event, as the host reads it. */
static struct sev_event said(const struct rig *r)
{
	struct sev_event e;

	assert_int_equal(sev_event_of(&r->i.last, &e), IL_OK);
	return e;
}

static void refused(struct rig *r, struct iommu_req q, const struct rule *rule,
		    enum fault_stage stage, enum sev_event_code code)
{
	uint64_t events = r->i.events;

	memset(buf, 0xe1, sizeof(buf));
	rig_keep(r);
	assert_ptr_equal(device_does(r, q, buf), rule);
	assert_int_equal(last_fault.stage, stage);
	assert_int_equal(last_fault.id, q.rid);
	for (size_t i = 0; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xe1);
	rig_same(r);
	assert_int_equal(r->i.events, events + 1);
	assert_int_equal(said(r).code, code);
}

/* Both directions. */
static void both_refused(struct rig *r, uint64_t iova, bool t,
			 const struct rule *rule, enum fault_stage stage,
			 enum sev_event_code code)
{
	refused(r, dma(iova, false, t), rule, stage, code);
	refused(r, dma(iova, true, t), rule, stage, code);
}

static void trusted_dma_shares_the_guests_view(void **unused)
{
	struct rig r;

	(void)unused;
	for (int size = RMP_4K; size <= RMP_2M; size++) {
		up(&r, (enum rmp_size)size);
		assert_null(device_does(&r, dma(GPA, false, true), buf));
		assert_memory_equal(buf, secret, sizeof(buf));
		memset(buf, 0x11, sizeof(buf));
		assert_null(device_does(&r, dma(GPA, true, true), buf));
		memset(buf, 0, sizeof(buf));
		assert_null(guest_does(&r, GPA, true, false, buf, 64));
		assert_int_equal(buf[0], 0x11);
		assert_int_equal(r.i.events, 0);
		rig_down(&r);
	}
}

static void plain_dma_reaches_no_assigned_page(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	refused(&r, dma(GPA, true, false), &own_rule_assigned, FAULT_OWNER,
		SEV_EV_RMP_PAGE_FAULT);
	refused(&r, dma(GPA, false, false), &own_rule_assigned_read,
		FAULT_OWNER, SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(own_rule_assigned_read.sure, SURE_OPEN);
	assert_null(device_does(&r, dma(GPA + PAGE_4K, true, false), secret));
	assert_null(device_does(&r, dma(GPA + PAGE_4K, false, false), buf));
	assert_memory_equal(buf, secret, sizeof(buf));
	rig_down(&r);
}

/* Scenario page-size-shared: a shared page inside a 2 MiB I/O leaf. */
static void plain_dma_through_a_large_leaf_faults_beside_private_pages(void **u)
{
	struct rig r;

	(void)u;
	up(&r, RMP_4K);
	map_both(&r, PAGE_2M);
	both_refused(&r, GPA + PAGE_4K, false, &own_rule_size_mixed,
		     FAULT_IO_PAGES, SEV_EV_RMP_PAGE_FAULT);
	assert_true(said(&r).flags_rmp & SEV_EVENT_FLAG_SIZE);
	assert_int_equal(unassign(&r, DATA, RMP_4K), RMP_OK);
	assert_null(device_does(&r, dma(GPA + PAGE_4K, true, false), buf));
	assert_null(device_does(&r, dma(GPA + PAGE_4K, false, false), buf));
	rig_down(&r);
}

/* Scenario page-size-private: both directions. */
static void trusted_dma_needs_leaf_and_entry_of_one_size(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	map_both(&r, PAGE_2M);
	both_refused(&r, GPA, true, &own_rule_size_large, FAULT_IO_PAGES,
		     SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(said(&r).flags_rmp,
			 SEV_EVENT_FLAG_SIZE | SEV_EVENT_FLAG_T);
	rig_down(&r);
	up(&r, RMP_2M);
	map_both(&r, PAGE_4K);
	both_refused(&r, GPA, true, &own_rule_size_small, FAULT_IO_PAGES,
		     SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(own_psmash(&r.o, DATA), RMP_OK);
	assert_null(device_does(&r, dma(GPA, false, true), buf));
	assert_memory_equal(buf, secret, sizeof(buf));
	rig_down(&r);
}

static void leaves_below_two_mib_count_as_four_kib(void **unused)
{
	const uint64_t rw = BIT64(61) | BIT64(62);
	struct pt_hit h;
	uint8_t raw[8];
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	/* a 64 KiB leaf by hand, as the IOMMU codes it */
	uint64_t e = DATA | 0x7000 | rw | 7 << 9 | 1;

	assert_int_equal(pt_walk(&r.m, &pt_iommu_v1, r.iot.root, 4, GPA, &h),
			 PT_OK);
	for (int i = 0; i < 8; i++)
		raw[i] = (uint8_t)(e >> (8 * i));
	assert_null(host_does(&r, h.entry, 0, true, raw, 8));
	assert_null(device_does(&r, dma(GPA, false, true), buf));
	assert_memory_equal(buf, secret, sizeof(buf));
	rig_down(&r);
}

static void trusted_dma_needs_an_assigned_page(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	both_refused(&r, GPA + PAGE_4K, true, &own_rule_unassigned, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void trusted_dma_needs_the_entrys_asid(void **unused)
{
	struct own_sdte e = good_sdte();
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	e.asid = OTHER;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	assert_int_equal(own_fence_set(&r.o, OTHER, PORT, 0, 0), IL_OK);
	both_refused(&r, GPA, true, &own_rule_asid, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void trusted_dma_needs_the_address_that_was_assigned(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	assert_int_equal(pt_map(&r.iot, 0, DATA, PAGE_4K, PT_R | PT_W, PAGE_4K),
			 IL_OK);
	both_refused(&r, 0, true, &own_rule_gpa, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void trusted_dma_needs_validation(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	assert_int_equal(assign(&r, DATA, GPA, ASID, RMP_4K, false), RMP_OK);
	both_refused(&r, GPA, true, &own_rule_validated, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void trusted_dma_needs_the_permission_of_its_vmpl(void **unused)
{
	struct own_sdte e = good_sdte();
	enum rmp_rc rc;
	struct fault f;
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	e.vmpl = 3;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	both_refused(&r, GPA, true, &own_rule_vmpl, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(own_rmpadjust(&r.o, &r.c, GPA, RMP_4K,
				       3 | RMP_PERM_R << 8, &rc, &f),
			 IL_OK);
	assert_null(device_does(&r, dma(GPA, false, true), buf));
	refused(&r, dma(GPA, true, true), &own_rule_vmpl, FAULT_OWNER,
		SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void trusted_dma_needs_an_active_guest(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	assert_int_equal(own_asid_deactivate(&r.o, ASID), IL_OK);
	both_refused(&r, GPA, true, &own_rule_inactive, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void trusted_dma_reaches_no_mmio(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	assert_int_equal(assign(&r, BAR, BAR_GPA, ASID, RMP_4K, true), RMP_OK);
	assert_int_equal(
		own_fw_move(&r.o, BAR, OWN_PRE_GUEST, OWN_GUEST_PINNED), IL_OK);
	both_refused(&r, BAR_GPA, true, &own_rule_p2p, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	refused(&r, dma(BAR_GPA, true, false), &own_rule_assigned, FAULT_OWNER,
		SEV_EV_RMP_PAGE_FAULT);
	assert_int_equal(r.bar.hits, 0);
	rig_down(&r);
}

static void trusted_dma_is_private_below_vtom_and_shared_above(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	/* above: the shared page with vTOM removed */
	assert_null(
		device_does(&r, dma(VTOM + GPA + PAGE_4K, true, true), secret));
	assert_null(host_does(&r, DATA + PAGE_4K, 0, false, buf, 64));
	assert_memory_equal(buf, secret, sizeof(buf));
	/* on the wrong side it is the other kind, and faults */
	both_refused(&r, VTOM + GPA, true, &own_rule_vtom, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	both_refused(&r, GPA + PAGE_4K, true, &own_rule_unassigned, FAULT_OWNER,
		     SEV_EV_RMP_PAGE_FAULT);
	rig_down(&r);
}

static void vtom_zero_makes_everything_shared(void **unused)
{
	struct own_sdte e = good_sdte();
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	e.vtom = 0;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	refused(&r, dma(GPA, true, true), &own_rule_vtom, FAULT_OWNER,
		SEV_EV_RMP_PAGE_FAULT);
	assert_null(device_does(&r, dma(GPA + PAGE_4K, true, true), buf));
	e.vtom_en = false;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	assert_null(device_does(&r, dma(GPA, true, true), buf));
	rig_down(&r);
}

/* --- secure entries --- */

static void an_invalid_secure_entry_admits_nothing(void **unused)
{
	struct own_sdte e = { 0 };
	struct iommu_req q = dma(GPA, true, true);
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	/* warm, so that what was remembered is what is forgotten */
	assert_null(device_does(&r, q, buf));
	assert_true(iommu_reaches(&r.i, DATA));
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	assert_false(iommu_reaches(&r.i, DATA));
	both_refused(&r, GPA, true, &own_rule_sdte_invalid, FAULT_DEVICE_ENTRY,
		     SEV_EV_INVALID_REQUEST);
	q.rid = RID + 1; /* never written */
	refused(&r, q, &own_rule_sdte_invalid, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	/* its plain DMA goes on */
	assert_null(device_does(&r, dma(GPA + PAGE_4K, true, false), buf));
	rig_down(&r);
}

static void a_request_on_another_stream_is_refused(void **unused)
{
	struct iommu_req q = dma(GPA, true, true);
	struct own_sdte e = good_sdte();
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	q.stream = STREAM + 1;
	refused(&r, q, &own_rule_sdte_stream, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	q.stream = IOMMU_NO_STREAM;
	refused(&r, q, &own_rule_sdte_stream, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	/* an unused traffic class names stream 255, which is none */
	q.stream = 0xff;
	q.tc = 1;
	refused(&r, q, &own_rule_sdte_stream, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	q.stream = STREAM;
	q.tc = 8;
	refused(&r, q, &own_rule_sdte_stream, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	e.stream[1] = STREAM;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	q.tc = 1;
	assert_null(device_does(&r, q, buf));
	rig_down(&r);
}

static void a_request_through_another_port_is_refused(void **unused)
{
	struct iommu_req q = dma(GPA, true, true);
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	q.port = PORT + 1;
	assert_int_equal(own_fence_set(&r.o, ASID, PORT + 1, 0, 0), IL_OK);
	refused(&r, q, &own_rule_sdte_port, FAULT_DEVICE_ENTRY,
		SEV_EV_INVALID_REQUEST);
	rig_down(&r);
}

static void fenced_dma_is_refused(void **unused)
{
	static const enum own_fence shut[] = { OWN_FENCE_ERROR,
					       OWN_FENCE_CLOSED };
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	assert_null(device_does(&r, dma(GPA, false, true), buf));
	for (size_t i = 0; i < COUNT(shut); i++) {
		assert_int_equal(own_fence_set(&r.o, ASID, PORT, shut[i],
					       OWN_FENCE_OPEN),
				 IL_OK);
		both_refused(&r, GPA, true, &own_rule_fence_dma,
			     FAULT_DEVICE_ENTRY, SEV_EV_INVALID_REQUEST);
		both_refused(&r, VTOM + GPA + PAGE_4K, true,
			     &own_rule_fence_dma, FAULT_DEVICE_ENTRY,
			     SEV_EV_INVALID_REQUEST);
	}
	assert_null(device_does(&r, dma(GPA + PAGE_4K, true, false), buf));
	assert_int_equal(own_fence_set(&r.o, ASID, PORT, OWN_FENCE_OPEN,
				       OWN_FENCE_CLOSED),
			 IL_OK);
	assert_null(device_does(&r, dma(GPA, false, true), buf));
	rig_down(&r);
}

static void read_and_write_are_separate_rights_in_both_entries(void **unused)
{
	struct own_sdte e = good_sdte();
	uint64_t dte;
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	dte = r.iot.root | 3 | 4 << 9;
	e.iw = false;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	assert_null(device_does(&r, dma(GPA, false, true), buf));
	refused(&r, dma(GPA, true, true), &iommu_rule_perm, FAULT_IO_PAGES,
		SEV_EV_IO_PAGE_FAULT);
	e.iw = true;
	e.ir = false;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	assert_null(device_does(&r, dma(GPA, true, true), buf));
	refused(&r, dma(GPA, false, true), &iommu_rule_perm, FAULT_IO_PAGES,
		SEV_EV_IO_PAGE_FAULT);
	e.ir = true;
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_OK);
	set_dte(&r, dte | BIT64(61), 77, 0);
	for (int t = 0; t < 2; t++) {
		uint64_t at = t ? GPA : GPA + PAGE_4K;

		assert_null(device_does(&r, dma(at, false, t), buf));
		refused(&r, dma(at, true, t), &iommu_rule_perm, FAULT_IO_PAGES,
			SEV_EV_IO_PAGE_FAULT);
	}
	set_dte(&r, dte | BIT64(62), 77, 0);
	for (int t = 0; t < 2; t++) {
		uint64_t at = t ? GPA : GPA + PAGE_4K;

		assert_null(device_does(&r, dma(at, true, t), buf));
		refused(&r, dma(at, false, t), &iommu_rule_perm, FAULT_IO_PAGES,
			SEV_EV_IO_PAGE_FAULT);
	}
	rig_down(&r);
}

static void the_hosts_entry_must_be_a_valid_v1_table(void **unused)
{
	static const struct {
		uint64_t set, clear;
		const struct rule *rule;
	} rows[] = {
		{ 0, BIT64(0), &own_rule_dte_invalid },
		{ 0, BIT64(1), &own_rule_dte_invalid },
		{ 0, MASK64(11, 9), &own_rule_dte_mode },
		{ BIT64(55), 0, &own_rule_dte_mode },
		{ MASK64(11, 9), 0, &own_rule_dte_reserved },
		{ BIT64(63), 0, &own_rule_dte_reserved },
		{ BIT64(2), 0, &own_rule_dte_reserved },
		{ BIT64(6), 0, &own_rule_dte_reserved },
	};
	struct rig r;
	uint64_t dte;

	(void)unused;
	up(&r, RMP_4K);
	dte = r.iot.root | 3 | 4 << 9 | BIT64(61) | BIT64(62);
	for (size_t i = 0; i < COUNT(rows); i++) {
		set_dte(&r, (dte | rows[i].set) & ~rows[i].clear, 77, 0);
		both_refused(&r, GPA + PAGE_4K, false, rows[i].rule,
			     FAULT_DEVICE_ENTRY, SEV_EV_ILLEGAL_DTE);
		both_refused(&r, GPA, true, rows[i].rule, FAULT_DEVICE_ENTRY,
			     SEV_EV_ILLEGAL_DTE);
	}
	good_dte(&r);
	assert_null(device_does(&r, dma(GPA, true, true), buf));
	/* beyond the table, and a table that is not memory */
	assert_int_equal(iommu_set_device_table(&r.i, DEVTAB, RID), IL_OK);
	iommu_forget(&r.i, RID);
	both_refused(&r, GPA, false, &own_rule_dte_invalid, FAULT_DEVICE_ENTRY,
		     SEV_EV_ILLEGAL_DTE);
	assert_int_equal(iommu_set_device_table(&r.i, BAR + PAGE_1G, RIDS),
			 IL_OK);
	iommu_forget(&r.i, RID);
	both_refused(&r, GPA, false, &own_rule_dte_invalid, FAULT_DEVICE_ENTRY,
		     SEV_EV_ILLEGAL_DTE);
	rig_down(&r);
}

static void the_hosts_entry_is_told_as_it_stands(void **unused)
{
	uint64_t q[4] = { 1, 1, 1, 1 };
	struct rig r;

	(void)unused;
	rig_up(&r);
	set_dte(&r, 0x1122334455667788, 77, 3);
	assert_int_equal(own_dte_read(&r.o, RID, q), IL_OK);
	assert_int_equal(q[0], 0x1122334455667788);
	assert_int_equal(q[1], 77);
	assert_int_equal(q[2], 3);
	assert_int_equal(q[3], 0);
	assert_int_equal(own_dte_read(&r.o, RIDS, q), IL_E_ARG);
	r.o.iommu = NULL;
	assert_int_equal(own_dte_read(&r.o, RID, q), IL_E_ARG);
	rig_down(&r);
}

static void each_entry_names_its_own_domain(void **unused)
{
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	assert_null(device_does(&r, dma(GPA, true, true), buf));
	assert_null(device_does(&r, dma(GPA + PAGE_4K, true, false), buf));
	assert_int_equal(iommu_inval_pages(&r.i, 77, 0, PAGE_1G), IL_OK);
	iommu_wait(&r.i);
	assert_true(iommu_reaches(&r.i, DATA));
	assert_false(iommu_reaches(&r.i, DATA + PAGE_4K));
	assert_int_equal(iommu_inval_pages(&r.i, 78, 0, PAGE_1G), IL_OK);
	iommu_wait(&r.i);
	assert_false(iommu_reaches(&r.i, DATA));
	rig_down(&r);
}

static void interrupts_follow_the_hosts_entry(void **unused)
{
	struct iommu_req q = dma(MEM_MSI_BASE, true, false);
	uint64_t dte;
	struct mem_irq irq;
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	dte = r.iot.root | 3 | 4 << 9 | BIT64(61) | BIT64(62);
	q.len = 4;
	assert_null(device_does(&r, q, buf));	     /* IV clear: forwarded */
	set_dte(&r, dte, 77, 1 | UINT64_C(1) << 60); /* forward unmapped */
	assert_null(device_does(&r, q, buf));
	q.t = true;
	q.stream = STREAM;
	assert_null(device_does(&r, q, buf));
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_OK);
	assert_true(irq.trusted);
	for (uint64_t ctl = 0; ctl < 4; ctl++) {
		if (ctl == 1)
			continue;
		set_dte(&r, dte, 77, 1 | ctl << 60);
		refused(&r, q, &iommu_rule_interrupt, FAULT_DEVICE_ENTRY,
			SEV_EV_INVALID_REQUEST);
	}
	assert_int_equal(mem_irq_take(&r.m, &irq), IL_E_AGAIN);
	rig_down(&r);
}

static void tracking_follows_the_hosts_entry(void **unused)
{
	uint64_t dte, bits = 0;
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	dte = r.iot.root | 3 | 4 << 9 | BIT64(61) | BIT64(62);
	assert_null(device_does(&r, dma(GPA, true, true), buf));
	assert_int_equal(pt_dirty_clear(&r.iot, GPA, PAGE_4K, &bits), IL_OK);
	assert_int_equal(bits, 0);
	set_dte(&r, dte | MASK64(8, 7), 77, 0);
	assert_null(device_does(&r, dma(GPA, true, true), buf));
	assert_int_equal(pt_dirty_clear(&r.iot, GPA, PAGE_4K, &bits), IL_OK);
	assert_int_equal(bits, 1);
	rig_down(&r);
}

/* --- the codec of the secure entry --- */

static struct own_sdte full_sdte(void)
{
	return (struct own_sdte){
		.valid = true,
		.ppr = true,
		.giov = true,
		.gv = true,
		.glx = 2,
		.ir = true,
		.iw = true,
		.domain_id = 0x1234,
		.interrupt = true,
		.ex = true,
		.sd = true,
		.sats = true,
		.giv = true,
		.gint_len = 9,
		.gint_tbl = 0xabcdef000040,
		.gpm = 2,
		.hpt_mode = true,
		.asid = 5,
		.viommu_en = true,
		.guest_device_id = 0x0a18,
		.guest_id = 0x7abc,
		.vmpl = 3,
		.attrv = true,
		.sa = 0x5a,
		.stream = { 1, 2, 3, 4, 5, 6, 7, 0xff },
		.vtom_en = true,
		.vtom = 0x7fffffff,
		.rp_id = 31,
	};
}

/* Words put together by hand from the field list of the public patches. */
static const uint64_t full_words[8] = {
	UINT64_C(1) | 1ull << 52 | 1ull << 54 | 1ull << 55 | 2ull << 56 |
		1ull << 61 | 1ull << 62,
	UINT64_C(0x1234) | 1ull << 32 | 1ull << 38 | 1ull << 39 | 1ull << 42,
	UINT64_C(1) | 9ull << 1 | 0xabcdef000040ull | 2ull << 54 | 1ull << 59,
	UINT64_C(5) | 1ull << 15 | 0x0a18ull << 16 | 0x7abcull << 32 |
		1ull << 47 | 3ull << 49 | 1ull << 54 | 0x5aull << 56,
	UINT64_C(0xff07060504030201),
	UINT64_C(1) | 0x7fffffffull << 1 | 31ull << 32,
	0,
	0,
};

static void words_to_bytes(const uint64_t *w, uint8_t *raw)
{
	for (unsigned i = 0; i < OWN_SDTE_LEN; i++)
		raw[i] = (uint8_t)(w[i / 8] >> (8 * (i % 8)));
}

static void a_secure_entry_has_the_published_layout(void **unused)
{
	struct own_sdte e = full_sdte(), d;
	uint8_t want[OWN_SDTE_LEN], raw[OWN_SDTE_LEN], again[OWN_SDTE_LEN];

	(void)unused;
	words_to_bytes(full_words, want);
	own_sdte_encode(&e, raw);
	assert_memory_equal(raw, want, sizeof(raw));
	assert_int_equal(own_sdte_decode(want, &d), IL_OK);
	own_sdte_encode(&d, again);
	assert_memory_equal(again, want, sizeof(again));
	memset(want, 0, sizeof(want));
	assert_int_equal(own_sdte_decode(want, &d), IL_OK);
	assert_false(d.valid);
	own_sdte_encode(&d, again);
	assert_memory_equal(again, want, sizeof(again));
}

static void each_bit_is_a_field_or_refused(void **unused)
{
	static const uint64_t known[8] = { 0x63d0000000000001,
					   0x000004c10000ffff,
					   0x08cfffffffffffdf,
					   0xff46ffffffff8fff,
					   UINT64_MAX,
					   0x0000001fffffffff,
					   0,
					   0 };
	uint8_t raw[OWN_SDTE_LEN], again[OWN_SDTE_LEN];
	struct own_sdte d;

	(void)unused;
	for (unsigned bit = 0; bit < 512; bit++) {
		uint64_t w[8];

		memcpy(w, full_words, sizeof(w));
		w[bit / 64] ^= BIT64(bit % 64);
		words_to_bytes(w, raw);

		bool ok = known[bit / 64] >> (bit % 64) & 1;

		if (bit == 3 * 64 + 47) /* must be one in a valid entry */
			ok = false;
		if (bit == 0) {
			/* then bit 47 is kept as it was and encodes as zero */
			assert_int_equal(own_sdte_decode(raw, &d), IL_OK);
			assert_false(d.valid);
			continue;
		}
		assert_int_equal(own_sdte_decode(raw, &d),
				 ok ? IL_OK : IL_E_FIELD);
		if (!ok)
			continue;
		own_sdte_encode(&d, again);
		assert_memory_equal(again, raw, sizeof(again));
	}
}

static void secure_entries_are_written_and_counted(void **unused)
{
	struct own_sdte e = full_sdte(), d, bad;
	struct rig r;

	(void)unused;
	rig_up(&r);
	assert_int_equal(own_asid_sdtes(&r.o, ASID), 1);
	assert_int_equal(own_asid_sdtes(&r.o, 5), 0);
	assert_int_equal(own_sdte_write(&r.o, RIDS - 1, &e), IL_OK);
	assert_int_equal(r.fake.last_ev, OWN_TRACE_SDTE);
	assert_int_equal(own_asid_sdtes(&r.o, 5), 1);
	assert_int_equal(own_sdte_read(&r.o, RIDS - 1, &d), IL_OK);
	assert_int_equal(d.guest_id, 0x7abc);
	assert_int_equal(own_sdte_read(&r.o, RIDS, &d), IL_E_ARG);
	assert_int_equal(own_sdte_write(&r.o, RIDS, &e), IL_E_ARG);
#define BAD(field, v)                                                        \
	do {                                                                 \
		bad = e;                                                     \
		bad.field = (v);                                             \
		assert_int_equal(own_sdte_write(&r.o, RID, &bad), IL_E_ARG); \
	} while (0)
	BAD(glx, 4);
	BAD(gint_len, 16);
	BAD(gint_tbl, 0x20);
	BAD(gint_tbl, BIT64(52));
	BAD(gpm, 4);
	BAD(asid, ASIDS);
	BAD(guest_id, 0x8000);
	BAD(vmpl, 4);
	BAD(vtom, 0x80000000);
	BAD(rp_id, 32);
#undef BAD
	assert_int_equal(own_sdte_read(&r.o, RID, &d), IL_OK);
	assert_int_equal(d.asid, ASID);
	e.valid = false;
	assert_int_equal(own_sdte_write(&r.o, RIDS - 1, &e), IL_OK);
	assert_int_equal(own_asid_sdtes(&r.o, 5), 0);
	/* firmware's key is gone: nothing is written or believed */
	assert_int_equal(mem_key_set(&r.m, OWN_KEY_FIRMWARE, 0), IL_OK);
	rig_keep(&r);
	assert_int_equal(own_sdte_write(&r.o, RID, &e), IL_E_IO);
	assert_int_equal(own_sdte_read(&r.o, RID, &d), IL_E_IO);
	assert_int_equal(own_asid_sdtes(&r.o, ASID), 0);
	rig_same(&r);
	rig_down(&r);
}

static void a_malformed_secure_entry_admits_nothing(void **unused)
{
	uint8_t raw[OWN_SDTE_LEN];
	struct own_sdte d;
	struct rig r;

	(void)unused;
	up(&r, RMP_4K);
	memset(raw, 0xff, sizeof(raw));
	assert_null(firmware_does(&r, SDTE + RID * OWN_SDTE_LEN, true, 0, true,
				  raw, sizeof(raw)));
	iommu_forget(&r.i, RID);
	assert_int_equal(own_sdte_read(&r.o, RID, &d), IL_E_FIELD);
	both_refused(&r, GPA, true, &own_rule_sdte_reserved, FAULT_DEVICE_ENTRY,
		     SEV_EV_ILLEGAL_DTE);
	rig_down(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trusted_dma_shares_the_guests_view),
		cmocka_unit_test(plain_dma_reaches_no_assigned_page),
		cmocka_unit_test(
			plain_dma_through_a_large_leaf_faults_beside_private_pages),
		cmocka_unit_test(trusted_dma_needs_leaf_and_entry_of_one_size),
		cmocka_unit_test(leaves_below_two_mib_count_as_four_kib),
		cmocka_unit_test(trusted_dma_needs_an_assigned_page),
		cmocka_unit_test(trusted_dma_needs_the_entrys_asid),
		cmocka_unit_test(
			trusted_dma_needs_the_address_that_was_assigned),
		cmocka_unit_test(trusted_dma_needs_validation),
		cmocka_unit_test(trusted_dma_needs_the_permission_of_its_vmpl),
		cmocka_unit_test(trusted_dma_needs_an_active_guest),
		cmocka_unit_test(trusted_dma_reaches_no_mmio),
		cmocka_unit_test(
			trusted_dma_is_private_below_vtom_and_shared_above),
		cmocka_unit_test(vtom_zero_makes_everything_shared),
		cmocka_unit_test(an_invalid_secure_entry_admits_nothing),
		cmocka_unit_test(a_request_on_another_stream_is_refused),
		cmocka_unit_test(a_request_through_another_port_is_refused),
		cmocka_unit_test(fenced_dma_is_refused),
		cmocka_unit_test(
			read_and_write_are_separate_rights_in_both_entries),
		cmocka_unit_test(the_hosts_entry_must_be_a_valid_v1_table),
		cmocka_unit_test(the_hosts_entry_is_told_as_it_stands),
		cmocka_unit_test(each_entry_names_its_own_domain),
		cmocka_unit_test(interrupts_follow_the_hosts_entry),
		cmocka_unit_test(tracking_follows_the_hosts_entry),
		cmocka_unit_test(a_secure_entry_has_the_published_layout),
		cmocka_unit_test(each_bit_is_a_field_or_refused),
		cmocka_unit_test(secure_entries_are_written_and_counted),
		cmocka_unit_test(a_malformed_secure_entry_admits_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
