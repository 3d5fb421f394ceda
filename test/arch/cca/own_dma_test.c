/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "arch/cca/event.h"
#include "arch/cca/own_priv.h"

/* DMA: by whose stream table, to what, and what the host reads of it. */

static const struct rule *dma_as(struct cca_rig *r, uint32_t rid, int stream,
				 uint8_t port)
{
	const struct iommu_req q = { .rid = rid,
				     .t = true,
				     .stream = stream,
				     .port = port,
				     .iova = RIG_IPA,
				     .len = 8 };
	uint64_t word;
	struct fault f;

	return iommu_access(&r->i, &q, &word, &f) ? f.rule : NULL;
}

static void a_realm_entry_admits_its_stream_and_port_alone(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_running(r);
	assert_null(dma_as(r, PEER_RID, PEER_STREAM, PEER_PORT));
	assert_ptr_equal(dma_as(r, PEER_RID, PEER_STREAM + 1, PEER_PORT),
			 &cca_own_rule_ste_stream);
	assert_ptr_equal(dma_as(r, PEER_RID, PEER_STREAM, PEER_PORT + 1),
			 &cca_own_rule_ste_port);
	assert_ptr_equal(dma_as(r, PEER_RID + 1, PEER_STREAM, PEER_PORT),
			 &cca_own_rule_ste_invalid);
	assert_ptr_equal(dma_as(r, 0x40, PEER_STREAM, PEER_PORT),
			 &cca_own_rule_ste_missing);
	rig_free(r);
}

static void a_realm_entry_that_is_broken_admits_nothing(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t raw[STE_LEN];

	(void)unused;
	vdev_running(r);
	assert_int_equal(cca_own_fw_io(&r->o, RIG_ST + PEER_RID * STE_LEN, true,
				       0, raw, STE_LEN, false),
			 IL_OK);
	/* V, stage 2; VMID 1, T0SZ 24, start level 0; the table */
	assert_int_equal(cca_u64(raw, 0), 1 | 6 << 1);
	assert_int_equal(cca_u64(raw, 16), 1 | UINT64_C(24) << 32 |
						   UINT64_C(2) << 38 |
						   UINT64_C(1) << 58);
	assert_int_equal(cca_u64(raw, 24), r->rtt);
	cca_put_u64(raw, 16, cca_u64(raw, 16) | UINT64_C(3) << 38);
	assert_int_equal(cca_own_fw_io(&r->o, RIG_ST + PEER_RID * STE_LEN, true,
				       0, raw, STE_LEN, true),
			 IL_OK);
	iommu_forget(&r->i, PEER_RID);
	assert_ptr_equal(dma_as(r, PEER_RID, PEER_STREAM, PEER_PORT),
			 &cca_own_rule_ste_reserved);
	/* as it was, for the monitor's books */
	assert_true(rmm_ste(r->fw, rmm_vdev_find(r->fw, r->vdev), true));
	rig_free(r);
}

static void realm_dma_reaches_no_mmio(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word = 0;

	(void)unused;
	vdev_running(r);
	assert_ptr_equal(dma(r, RIG_DEV, true, true, &word), &cca_own_rule_p2p);
	/* nor by an unprotected address */
	assert_int_equal(RMI(r, RMI_RTT_UNPROT_MAP, r->rd, RIG_SHARED,
			     RIG_SHARED + CCA_GRANULE,
			     RMI_OADDR_SINGLE | RMI_UNPROT_S2AP_R,
			     (PEER_BAR + 8 * CCA_GRANULE) | 1 << 2),
			 0);
	assert_ptr_equal(dma(r, RIG_SHARED, true, false, &word),
			 &cca_own_rule_p2p);
	rig_free(r);
}

static void realm_dma_reaches_what_the_realm_shares(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t pa = page_new(r);
	uint64_t word = 0x5566, seen = 0;

	(void)unused;
	vdev_running(r);
	assert_int_equal(
		RMI(r, RMI_RTT_UNPROT_MAP, r->rd, RIG_SHARED,
		    RIG_SHARED + CCA_GRANULE,
		    RMI_OADDR_SINGLE | RMI_UNPROT_S2AP_R | RMI_UNPROT_S2AP_W,
		    pa | 1 << 2),
		0);
	assert_null(dma(r, RIG_SHARED, true, true, &word));
	get(r, pa, &seen, 8);
	assert_int_equal(seen, word);
	rig_free(r);
}

/* One entry of the host's table, for PEER_RID. */
static void host_ste(struct cca_rig *r, uint64_t table, uint64_t q0,
		     uint64_t q2, uint64_t q3)
{
	const uint64_t at = table + PEER_RID * STE_LEN;

	put64(r, at, q0);
	put64(r, at + 16, q2);
	put64(r, at + 24, q3);
	iommu_forget(&r->i, PEER_RID);
}

static void the_hosts_entry_is_for_requests_without_t(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t table, pa, word = 7;
	struct pt t;

	(void)unused;
	r->next = align_up(r->next, 64 * PAGE_4K);
	table = r->next;
	r->next += 64 * PAGE_4K;
	pa = page_new(r);
	assert_int_equal(mem_frames_reserve(&r->m, RIG_RAM, r->next - RIG_RAM),
			 IL_OK);
	assert_ptr_equal(dma(r, pa, false, true, &word),
			 &cca_own_rule_ns_invalid);
	assert_int_equal(iommu_set_device_table(&r->i, table, RIG_SIDS), IL_OK);
	host_ste(r, table, 0, 0, 0);
	assert_ptr_equal(dma(r, pa, false, true, &word),
			 &cca_own_rule_ns_invalid);
	host_ste(r, table, 1, 0, 0);
	assert_ptr_equal(dma(r, pa, false, true, &word),
			 &cca_own_rule_ns_abort);
	host_ste(r, table, 1 | 5 << 1, 0, 0);
	assert_ptr_equal(dma(r, pa, false, true, &word),
			 &cca_own_rule_ns_config);
	host_ste(r, table, 1 | 4 << 1, 0, 0);
	assert_null(dma(r, pa, false, true, &word));
	/* stage 2, four levels */
	assert_int_equal(pt_init(&t, &r->m, &cca_s2_fmt, 4, AGENT_HOST,
				 &pt_host_frames, &r->m),
			 IL_OK);
	assert_int_equal(pt_map(&t, 0x5000, pa, PAGE_4K, PT_R | PT_W, PAGE_4K),
			 IL_OK);
	host_ste(r, table, 1 | 6 << 1,
		 3 | UINT64_C(16) << 32 | UINT64_C(2) << 38, t.root);
	assert_null(dma(r, 0x5000, false, true, &word));
	assert_ptr_equal(dma(r, 0x6000, false, true, &word),
			 &iommu_rule_missing);
	/* and none of it is for T = 1 */
	assert_ptr_equal(dma(r, 0x5000, true, true, &word),
			 &cca_own_rule_ste_missing);
	pt_fini(&t);
	rig_free(r);
}

static void an_event_is_a_record_of_32_bytes(void **unused)
{
	const struct iommu_event e = { .kind = IOMMU_EV_PAGE,
				       .rid = 0x100,
				       .write = true,
				       .iova = 0x12345678 };
	static const uint8_t
		bytes[EVT_LEN] = { 0x10, 0,    0,    0,	   0x00, 0x01,
				   0,	 0, /* F_TRANSLATION, SID */
				   0,	 0,    0,    0,	   0x80, 0,
				   0,	 0, /* stage 2, write */
				   0x78, 0x56, 0x34, 0x12, 0,	 0,
				   0,	 0,    0x00, 0x50, 0x34, 0x12,
				   0,	 0,    0,    0 };
	static const enum smmu_evt types[] = {
		[IOMMU_EV_ENTRY] = EVT_C_BAD_STE,
		[IOMMU_EV_REQUEST] = EVT_F_STREAM_DISABLED,
		[IOMMU_EV_PAGE] = EVT_F_TRANSLATION,
		[IOMMU_EV_OWNER] = EVT_F_TRANSLATION,
		[IOMMU_EV_BUS] = EVT_F_WALK_EABT,
	};
	uint8_t out[EVT_LEN];
	struct cca_event v;

	(void)unused;
	cca_event_put(NULL, &e, out);
	assert_memory_equal(out, bytes, EVT_LEN);
	for (unsigned k = IOMMU_EV_ENTRY; k <= IOMMU_EV_BUS; k++) {
		struct iommu_event x = e;

		x.kind = (enum iommu_event_kind)k;
		cca_event_put(NULL, &x, out);
		assert_int_equal(cca_event_decode(out, &v), IL_OK);
		assert_int_equal(v.type, types[k]);
		assert_int_equal(v.sid, 0x100);
		assert_true(v.write);
	}
	struct iommu_event there = e;

	there.present = true; /* a page, but no right to it */
	cca_event_put(NULL, &there, out);
	assert_int_equal(cca_event_decode(out, &v), IL_OK);
	assert_int_equal(v.type, EVT_F_PERMISSION);
	out[0] = 0x7f;
	assert_int_equal(cca_event_decode(out, &v), IL_E_FIELD);
	assert_int_equal(
		cca_event_of(&(struct iommu_event){ .kind = IOMMU_EV_NONE },
			     &v),
		IL_E_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_realm_entry_admits_its_stream_and_port_alone),
		cmocka_unit_test(a_realm_entry_that_is_broken_admits_nothing),
		cmocka_unit_test(realm_dma_reaches_no_mmio),
		cmocka_unit_test(realm_dma_reaches_what_the_realm_shares),
		cmocka_unit_test(the_hosts_entry_is_for_requests_without_t),
		cmocka_unit_test(an_event_is_a_record_of_32_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
