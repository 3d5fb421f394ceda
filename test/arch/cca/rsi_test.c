/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/* REC entry, exits, and the calls of a realm. */

static void each_exit_says_what_the_realm_waits_for(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	vdev_locked(r);
	assert_int_equal(enter(r), 0);
	assert_int_equal(exit_reason(r), RMI_EXIT_SYNC);
	assert_int_equal(ESR_EC(cca_u64(r->rrun, REC_EXIT_ESR)), ESR_EC_WFX);

	r->called = true;
	memcpy(r->call,
	       (uint64_t[CCA_SMC_REGS]){ RSI_IPA_STATE_SET, 0x80000, 0x82000,
					 RMI_RAM, 0 },
	       sizeof(r->call));
	assert_int_equal(enter(r), 0);
	assert_int_equal(cca_u64(r->rrun, 0x800), RMI_EXIT_RIPAS_CHANGE);
	assert_int_equal(cca_u64(r->rrun, 0x800 + 0x500), 0x80000);
	assert_int_equal(cca_u64(r->rrun, 0x800 + 0x508), 0x82000);
	assert_int_equal(r->rrun[0x800 + 0x510], RMI_RAM);
	/* one page of two, then no more */
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, r->rd, r->rec, 0x81000,
		0x82000);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_SET_RIPAS, r->rd, r->rec, 0x80000,
		0x83000);
	REFUSED(r, RMI_ERROR_REC, RMI_RTT_DEV_VALIDATE, r->rd, r->rec, 0x80000,
		0x81000);
	REFUSED(r, RMI_ERROR_INPUT, RMI_VDEV_COMPLETE, r->rec, r->vdev);
	assert_int_equal(
		RMI(r, RMI_RTT_SET_RIPAS, r->rd, r->rec, 0x80000, 0x81000), 0);
	assert_int_equal(r->x[1], 0x81000);
	r->flags = REC_ENTER_F_RIPAS_RESPONSE;
	assert_int_equal(enter(r), 0);
	assert_true(r->back);
	assert_int_equal(r->call[0], RSI_SUCCESS);
	assert_int_equal(r->call[1], 0x81000);
	assert_int_equal(r->call[2], RSI_REJECT);

	r->back = false;
	memcpy(r->call,
	       (uint64_t[CCA_SMC_REGS]){ RSI_VDEV_GET_INFO, RIG_VDEV_ID,
					 RIG_IPA },
	       sizeof(r->call));
	assert_int_equal(enter(r), 0);
	assert_int_equal(cca_u64(r->rrun, 0x800), RMI_EXIT_VDEV_REQUEST);
	assert_int_equal(cca_u64(r->rrun, 0x800 + 0x530), RIG_VDEV_ID);
	/* nobody says which: the realm gets INPUT */
	assert_int_equal(enter(r), 0);
	assert_int_equal(r->call[0], RSI_ERROR_INPUT);
	rig_free(r);
}

static void a_mapping_request_names_addresses_by_the_report(void **unused)
{
	struct cca_rig *r = rig_new();
	struct cca_fw_vdev v;
	const uint64_t page[] = { 2, 4, 20 };

	(void)unused;
	vdev_locked(r);
	v = vdev_books(r);
	/* page 2 is not TEE, 4 is none of the report's, 20 is good */
	for (unsigned i = 0; i < 3; i++) {
		const uint64_t rc = RSI(
			r, RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, RIG_DEV,
			RIG_DEV + CCA_GRANULE, PEER_BAR + page[i] * CCA_GRANULE,
			0, v.lock_nonce, v.meas_nonce, v.report_nonce);

		if (i < 2) {
			assert_int_equal(rc, RSI_ERROR_INPUT);
			continue;
		}
		/* asked for, but the host has not mapped it */
		assert_int_equal(rc, RSI_SUCCESS);
		assert_int_equal(r->call[1], RIG_DEV);
	}
	/* mapped, but not what the realm named */
	assert_int_equal(dev_map(r, RIG_DEV, PEER_BAR + CCA_GRANULE, 1), 0);
	assert_int_equal(RSI(r, RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, RIG_DEV,
			     RIG_DEV + CCA_GRANULE, PEER_BAR, 0, v.lock_nonce,
			     v.meas_nonce, v.report_nonce),
			 RSI_SUCCESS);
	assert_int_equal(r->call[1], RIG_DEV);
	assert_int_equal(vdev_books(r).valid, 0);
	rig_free(r);
}

static void a_realms_arguments_are_judged_before_it_leaves(void **unused)
{
	static const uint64_t bad[][6] = {
		{ RSI_IPA_STATE_SET, 0x1000, 0x1000, RMI_RAM },
		{ RSI_IPA_STATE_SET, 0x1001, 0x2000, RMI_RAM },
		{ RSI_IPA_STATE_SET, 0x1000, 0x2000, RMI_DESTROYED },
		{ RSI_IPA_STATE_SET, 0x1000, 0x2000, RMI_DEV },
		{ RSI_IPA_STATE_SET, 0x1000, 0x2000, RMI_RAM, 2 },
		{ RSI_IPA_STATE_SET, RIG_SHARED, RIG_SHARED + 0x1000, RMI_RAM },
		{ RSI_IPA_STATE_GET, 0x1000, 0x1000 },
		{ RSI_HOST_CALL, RIG_IPA + 8 },
		{ RSI_HOST_CALL, RIG_SHARED },
		{ RSI_HOST_CALL, 0x90000 }, /* EMPTY */
		{ RSI_REALM_CONFIG, RIG_IPA + 0x100 },
		{ RSI_MEASUREMENT_READ, 5 },
		{ RSI_VDEV_GET_INFO, RIG_VDEV_ID, RIG_IPA + 0x100 },
		{ RSI_VDEV_GET_INFO, RIG_VDEV_ID, 0x90000 },
		{ RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, 0x1000, 0x1000 },
		{ RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, 0x1000, 0x2000, 1 },
		{ RSI_VDEV_VALIDATE_MAPPING, RIG_VDEV_ID, 0x1000, 0x2000, 0,
		  1 },
		{ RSI_VERSION, 7 },
	};
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint64_t x[CCA_SMC_REGS] = { 0 };

		memcpy(x, bad[i], sizeof(bad[i]));
		assert_int_equal(rig_rsi(r, x), RSI_ERROR_INPUT);
		assert_int_equal(exit_reason(r), RMI_EXIT_SYNC);
	}
	assert_int_equal(RSI(r, RSI_RDEV_P2P_BIND, 1, 2), SMC_NOT_SUPPORTED);
	assert_int_equal(RSI(r, RSI_VSMMU_GET_INFO, 1), SMC_NOT_SUPPORTED);
	rig_free(r);
}

static void a_host_call_carries_registers_both_ways(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t c[HOST_CALL_LEN] = { 0 };
	struct fault f;

	(void)unused;
	realm_up(r);
	cca_put_u32(c, 0, 0x1234);
	for (unsigned i = 0; i < 31; i++)
		cca_put_u64(c, 8 + 8 * (size_t)i, 0x100 + i);
	assert_int_equal(realm_io(r, RIG_IPA, c, sizeof(c), true, &f), IL_OK);
	r->called = true;
	r->call[0] = RSI_HOST_CALL;
	r->call[1] = RIG_IPA;
	assert_int_equal(enter(r), 0);
	assert_int_equal(exit_reason(r), RMI_EXIT_HOST_CALL);
	assert_int_equal(cca_u32(r->rrun, REC_EXIT_IMM), 0x1234);
	assert_int_equal(cca_u64(r->rrun, REC_EXIT_GPRS + 8 * 30), 0x11e);
	for (unsigned i = 0; i < 31; i++)
		put64(r, r->run + REC_ENTER_GPRS + 8 * (uint64_t)i, 0x900 + i);
	assert_int_equal(enter(r), 0);
	assert_int_equal(r->call[0], RSI_SUCCESS);
	assert_int_equal(realm_io(r, RIG_IPA, c, sizeof(c), false, &f), IL_OK);
	assert_int_equal(cca_u64(c, 8 + 8 * 30), 0x91e);
	assert_int_equal(cca_u32(c, 0), 0x1234);
	rig_free(r);
}

static void a_realm_reads_what_it_is(void **unused)
{
	struct cca_rig *r = rig_new();
	uint8_t c[16];
	struct fault f;

	(void)unused;
	realm_up(r);
	assert_int_equal(RSI(r, RSI_REALM_CONFIG, RIG_IPA), 0);
	assert_int_equal(realm_io(r, RIG_IPA, c, 16, false, &f), IL_OK);
	assert_int_equal(cca_u64(c, 0), RIG_BITS);
	assert_int_equal(c[8], RMI_HASH_SHA_384);
	assert_int_equal(RSI(r, RSI_MEASUREMENT_READ, 0), 0);
	assert_memory_equal(&r->call[1], r->fw->realm[0].rim, 48);
	assert_int_equal(RSI(r, RSI_MEASUREMENT_READ, 1), 0);
	assert_int_equal(r->call[1], 0);
	assert_int_equal(RSI(r, RSI_VERSION, UINT64_C(1) << 16 | 1), 0);
	assert_int_equal(RSI(r, RSI_FEATURES, 0), 0);
	assert_int_equal(r->call[1], 1);
	rig_free(r);
}

/* Memory that the call names, and that the host took away, is brought first. */
static bool brings(struct cca_rig *r, uint64_t reason)
{
	const uint64_t g = granule_new(r);

	assert_int_equal(reason, RMI_EXIT_SYNC);
	assert_int_equal(ESR_EC(cca_u64(r->rrun, REC_EXIT_ESR)), ESR_EC_DABT);
	assert_int_equal(HPFAR_IPA(cca_u64(r->rrun, REC_EXIT_HPFAR)), 0x80000);
	assert_int_equal(RMI(r, RMI_RTT_DATA_MAP, r->rd, 0x80000, 0x81000,
			     RMI_OADDR_SINGLE, g | 1 << 2),
			 0);
	r->host = NULL;
	return true;
}

static void a_call_waits_for_memory_that_the_host_must_bring(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	assert_int_equal(RSI(r, RSI_IPA_STATE_SET, 0x80000, 0x81000, RMI_RAM),
			 0);
	r->host = brings;
	assert_int_equal(RSI(r, RSI_REALM_CONFIG, 0x80000), 0);
	rig_free(r);
}

/* A call that waits is answered to itself alone: law 52. */
static void another_call_does_not_get_the_answer(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t x[CCA_SMC_REGS] = { RSI_VERSION, 1 };
	struct fault f;

	(void)unused;
	realm_up(r);
	assert_int_equal(cca_fw_rsi(r->fw, r->rec, x, &f), IL_E_STATE);
	r->called = true;
	r->call[0] = RSI_IPA_STATE_SET;
	r->call[1] = 0x80000;
	r->call[2] = 0x81000;
	r->call[3] = RMI_RAM;
	assert_int_equal(enter(r), 0);
	r->fw->rec[0].running = true;
	assert_int_equal(cca_fw_rsi(r->fw, r->rec, x, &f), IL_E_STATE);
	assert_int_equal(x[0], RSI_VERSION);
	memcpy(x, r->call, sizeof(x));
	assert_int_equal(cca_fw_rsi(r->fw, r->rec, x, &f), IL_E_AGAIN);
	r->fw->rec[0].running = false;
	rig_free(r);
}

static enum il_err mmio_read(struct cca_rig *r, const struct cca_enter *in,
			     struct cca_leave *out)
{
	if (in->mmio) {
		r->call[5] = in->data;
		return IL_OK;
	}
	*out = (struct cca_leave){ .kind = CCA_LEAVE_ABORT,
				   .ipa = RIG_SHARED + 0x2468,
				   .len = 4 };
	return IL_OK;
}

static enum il_err off(struct cca_rig *r, const struct cca_enter *in,
		       struct cca_leave *out)
{
	(void)r;
	(void)in;
	out->kind = CCA_LEAVE_OFF;
	return IL_OK;
}

static void an_access_to_shared_mmio_is_emulated_by_the_host(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t esr;

	(void)unused;
	realm_up(r);
	/* nothing to answer yet */
	put64(r, r->run, REC_ENTER_F_EMUL_MMIO);
	REFUSED(r, RMI_ERROR_REC, RMI_REC_ENTER, r->rec, r->run);
	r->program = mmio_read;
	assert_int_equal(enter(r), 0);
	esr = cca_u64(r->rrun, REC_EXIT_ESR);
	assert_int_equal(ESR_EC(esr), ESR_EC_DABT);
	assert_true(esr & ESR_ISV);
	assert_int_equal((esr & ESR_SAS) >> ESR_SAS_LSB, 2);
	assert_int_equal(HPFAR_IPA(cca_u64(r->rrun, REC_EXIT_HPFAR)),
			 RIG_SHARED + 0x2000);
	assert_int_equal(cca_u64(r->rrun, REC_EXIT_FAR), 0x468);
	put64(r, r->run + REC_ENTER_GPRS, 0xfeed);
	r->flags = REC_ENTER_F_EMUL_MMIO;
	assert_int_equal(enter(r), 0);
	assert_int_equal(r->call[5], 0xfeed);
	r->program = off;
	assert_int_equal(enter(r), 0);
	assert_int_equal(exit_reason(r), RMI_EXIT_PSCI);
	REFUSED(r, RMI_ERROR_REALM, RMI_REC_ENTER, r->rec, r->run);
	rig_free(r);
}

static enum il_err private_write(struct cca_rig *r, const struct cca_enter *in,
				 struct cca_leave *out)
{
	(void)r;
	(void)in;
	*out = (struct cca_leave){ .kind = CCA_LEAVE_ABORT,
				   .ipa = 0x80468,
				   .write = true,
				   .len = 4,
				   .data = 0x5ec2e7 };
	return IL_OK;
}

/* Which page is missing it must know; what was to be written it must not. */
static void of_private_memory_the_host_learns_the_page_alone(void **unused)
{
	struct cca_rig *r = rig_new();
	uint64_t esr;

	(void)unused;
	realm_up(r);
	r->program = private_write;
	assert_int_equal(enter(r), 0);
	esr = cca_u64(r->rrun, REC_EXIT_ESR);
	assert_int_equal(ESR_EC(esr), ESR_EC_DABT);
	assert_false(esr & ESR_ISV);
	assert_int_equal(HPFAR_IPA(cca_u64(r->rrun, REC_EXIT_HPFAR)), 0x80000);
	assert_int_equal(cca_u64(r->rrun, REC_EXIT_FAR), 0);
	for (unsigned i = 0; i < REC_NR_GPRS; i++)
		assert_int_equal(cca_u64(r->rrun, REC_EXIT_GPRS + 8 * i), 0);
	/* nor may it answer as if it were a register of its own */
	put64(r, r->run, REC_ENTER_F_EMUL_MMIO);
	REFUSED(r, RMI_ERROR_REC, RMI_REC_ENTER, r->rec, r->run);
	rig_free(r);
}

static void a_rec_is_entered_by_good_arguments_alone(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	realm_up(r);
	clear(r, r->run);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REC_ENTER, r->rd, r->run);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REC_ENTER, r->rec, r->rd);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REC_ENTER, r->rec, r->run + 8);
	put64(r, r->run, 1 << 7);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REC_ENTER, r->rec, r->run);
	r->fw->rec[0].running = true;
	put64(r, r->run, 0);
	REFUSED(r, RMI_ERROR_REC, RMI_REC_ENTER, r->rec, r->run);
	REFUSED(r, RMI_ERROR_REC, RMI_REC_DESTROY, r->rec);
	r->fw->rec[0].running = false;
	rig_free(r);
}

const struct CMUnitTest rsi_tests[] = {
	cmocka_unit_test(each_exit_says_what_the_realm_waits_for),
	cmocka_unit_test(a_mapping_request_names_addresses_by_the_report),
	cmocka_unit_test(a_realms_arguments_are_judged_before_it_leaves),
	cmocka_unit_test(a_host_call_carries_registers_both_ways),
	cmocka_unit_test(a_realm_reads_what_it_is),
	cmocka_unit_test(a_call_waits_for_memory_that_the_host_must_bring),
	cmocka_unit_test(another_call_does_not_get_the_answer),
	cmocka_unit_test(an_access_to_shared_mmio_is_emulated_by_the_host),
	cmocka_unit_test(of_private_memory_the_host_learns_the_page_alone),
	cmocka_unit_test(a_rec_is_entered_by_good_arguments_alone),
};
const size_t rsi_tests_n = COUNT(rsi_tests);
