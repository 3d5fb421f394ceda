/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/* The whole way, up and down. */

static void a_device_is_assigned_used_and_taken_back(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t word = 0x1122334455667788, back = 0, flags, handle;
	struct fault f;

	(void)unused;
	vdev_running(r);
	assert_true(r->locked && r->enabled);
	assert_true(peer_keys_agree(r->p, 0));
	/* DMA to the realm's memory, seen by the realm, and never as it is on
	 * the bus */
	assert_null(dma(r, RIG_IPA + 0x100, true, true, &word));
	assert_int_equal(realm_io(r, RIG_IPA + 0x100, &back, 8, false, &f),
			 IL_OK);
	assert_int_equal(back, word);
	assert_int_equal(mem_raw(&r->m, r->ram_pa + 0x100, (uint8_t *)&back, 8),
			 IL_OK);
	assert_int_not_equal(back, word);
	/* its MMIO with T = 1 */
	assert_int_equal(realm_io(r, RIG_DEV, &back, 8, false, &f), IL_OK);
	assert_int_equal(back, 0x1111111111111111);

	/* and back */
	assert_int_equal(RSI(r, RSI_VDEV_DMA_DISABLE, RIG_VDEV_ID), 0);
	assert_ptr_equal(dma(r, RIG_IPA, true, true, &word),
			 &cca_own_rule_ste_invalid);
	assert_int_equal(RMI(r, RMI_RTT_DEV_UNMAP, r->rd, RIG_DEV,
			     RIG_DEV + 2 * CCA_GRANULE),
			 0);
	assert_int_equal(r->x[1], RIG_DEV + 2 * CCA_GRANULE);
	assert_int_equal(r->x[2], PEER_BAR | 2 << 2);
	assert_int_equal(vdev_do(r, RMI_VDEV_UNLOCK), 0);
	assert_int_equal(vdev_state(r), RMI_VDEV_UNLOCKED);
	assert_int_equal(RMI(r, RMI_VDEV_DESTROY, r->rd, r->ep, r->vdev), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_DISCONNECT, r->ep, r->rp, r->handle), 0);
	r->p->enabled = false;
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(flags, COMM_F_STREAM_WAIT);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(flags, 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(
		RMI(r, RMI_PDEV_STREAM_COMPLETE, r->ep, r->rp, r->handle), 0);
	assert_false(r->locked);
	assert_true(peer_keys_gone(r->p, true));
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->ep), 0);
	assert_int_equal(talk(r, false), 0);
	assert_int_equal(pdev_state(r), RMI_PDEV_STOPPED);
	assert_int_equal(RMI_STATUS(RMI(r, RMI_PDEV_DESTROY, r->ep)),
			 RMI_INCOMPLETE);
	handle = r->x[1];
	assert_int_equal(
		RMI_STATUS(RMI(r, RMI_OP_MEM_RECLAIM, handle, r->list, 4)),
		RMI_INCOMPLETE);
	assert_int_equal(r->x[1], 4);
	assert_int_equal(RMI(r, RMI_OP_CONTINUE, handle, 0), 0);
	assert_int_equal(RMI(r, RMI_PDEV_STOP, r->rp), 0);
	assert_int_equal(rp_says(r, &flags), 0);
	assert_int_equal(RMI(r, RMI_PDEV_DESTROY, r->rp), 0);
	assert_int_equal(RMI(r, RMI_GRANULE_RANGE_UNDELEGATE, r->ep,
			     r->ep + CCA_GRANULE),
			 0);
	rig_free(r);
}

static void a_realm_ends_with_all_that_it_had(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	realm_empty(r);
	REFUSED(r, RMI_ERROR_REALM, RMI_REALM_DESTROY, r->rd);
	assert_int_equal(RMI(r, RMI_REC_DESTROY, r->rec), 0);
	assert_int_equal(RMI(r, RMI_REALM_DESTROY, r->rd), 0);
	for (uint64_t pa = RIG_RAM; pa < r->next; pa += CCA_GRANULE)
		if (cca_own_state(&r->o, pa) != OWN_NS)
			assert_int_equal(RMI(r, RMI_GRANULE_RANGE_UNDELEGATE,
					     pa, pa + CCA_GRANULE),
					 0);
	rig_free(r);
}

const struct CMUnitTest life_tests[] = {
	cmocka_unit_test(a_device_is_assigned_used_and_taken_back),
	cmocka_unit_test(a_realm_ends_with_all_that_it_had),
};
const size_t life_tests_n = COUNT(life_tests);
