/* SPDX-License-Identifier: BSD-2-Clause */
#include "cca_tests.h"
#include "rig.h"

/* Granules, realms, RECs and tables, by the host's calls. */

static void unknown_calls_are_not_supported(void **unused)
{
	static const uint64_t none[] = { 0xc4000150 + 0x1A, 0xc400016b,
					 0xc400016c,	    0xc400016d,
					 0xc400016f,	    0xc4000207,
					 0xc4000151,	    0 };
	struct cca_rig *r = rig_new();

	(void)unused;
	for (size_t i = 0; i < COUNT(none); i++)
		REFUSED(r, SMC_NOT_SUPPORTED, none[i], 1, 2, 3);
	assert_int_equal(RMI(r, RMI_VERSION, UINT64_C(2) << 16), 0);
	assert_int_equal(RMI(r, RMI_VERSION, UINT64_C(1) << 16),
			 RMI_ERROR_INPUT);
	assert_int_equal(r->x[1], UINT64_C(2) << 16);
	assert_int_equal(RMI(r, RMI_FEATURES, 2), 0);
	assert_int_equal(r->x[1] & RMI_FEATURE2_DA, 1);
	r->fw->cfg.da = false;
	REFUSED(r, SMC_NOT_SUPPORTED, RMI_PDEV_GET_STATE, 0);
	assert_int_equal(RMI(r, RMI_FEATURES, 2), 0);
	assert_int_equal(r->x[1], 0);
	r->fw->cfg.da = true;
	assert_string_equal(cca_rmi_name(RMI_VDEV_UNLOCK), "RMI_VDEV_UNLOCK");
	assert_string_equal(cca_rsi_name(RSI_HOST_CALL), "RSI_HOST_CALL");
	assert_string_equal(cca_rsi_name(1), "?");
	rig_free(r);
}

static void delegation_stops_at_the_first_that_does_not_fit(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t pa = page_new(r);

	(void)unused;
	page_new(r);
	granule_new(r);
	assert_int_equal(
		RMI(r, RMI_GRANULE_RANGE_DELEGATE, pa, pa + 3 * CCA_GRANULE),
		0);
	assert_int_equal(r->x[1], pa + 2 * CCA_GRANULE);
	REFUSED(r, RMI_ERROR_INPUT, RMI_GRANULE_RANGE_DELEGATE, pa,
		pa + CCA_GRANULE);
	REFUSED(r, RMI_ERROR_INPUT, RMI_GRANULE_RANGE_DELEGATE, pa, pa);
	REFUSED(r, RMI_ERROR_INPUT, RMI_GRANULE_RANGE_DELEGATE, pa + 8,
		pa + CCA_GRANULE);
	REFUSED(r, RMI_ERROR_INPUT, RMI_GRANULE_RANGE_DELEGATE, RIG_ST,
		RIG_ST + CCA_GRANULE);
	REFUSED(r, RMI_ERROR_INPUT, RMI_GRANULE_RANGE_UNDELEGATE, RIG_EL3,
		RIG_EL3 + CCA_GRANULE);
	REFUSED(r, RMI_ERROR_INPUT, RMI_GRANULE_RANGE_UNDELEGATE, r->params,
		r->params + CCA_GRANULE);
	rig_free(r);
}

static void a_realm_of_bad_parameters_is_refused(void **unused)
{
	static const struct {
		unsigned off;
		uint64_t value;
	} rows[] = {
		{ 0x0, 1 },	    /* LPA2 */ { 0x0, 2 },
		{ 0x0, 4 },	    { 0x8, 31 },
		{ 0x8, 49 },	    { 0x30, 3 },
		{ 0x38, 1 },	    /* planes */ { 0x808, 0 },
		{ 0x808, RIG_RAM }, { 0x810, 1 },
		{ 0x818, 2 },	    { 0x820, 1 },
	};
	struct cca_rig *r = rig_new();

	(void)unused;
	r->rd = granule_new(r);
	r->rtt = granule_new(r);
	for (size_t i = 0; i < COUNT(rows); i++) {
		params_realm(r);
		put64(r, r->params + rows[i].off, rows[i].value);
		REFUSED(r, RMI_ERROR_INPUT, RMI_REALM_CREATE, r->rd, r->params);
	}
	params_realm(r);
	put64(r, r->params + 0x808, r->rd);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REALM_CREATE, r->rd, r->params);
	params_realm(r);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REALM_CREATE, r->params, r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REALM_CREATE, r->rd, r->rtt);
	r->p->random_err = IL_E_RANDOM;
	REFUSED(r, RMI_ERROR_GLOBAL, RMI_REALM_CREATE, r->rd, r->params);
	r->p->random_err = IL_OK;
	assert_int_equal(RMI(r, RMI_REALM_CREATE, r->rd, r->params), 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REALM_CREATE, r->rd, r->params);
	rig_free(r);
}

static void a_realm_grows_only_before_it_is_active(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t g = granule_new(r);

	(void)unused;
	realm_up(r);
	params_rec(r, 1);
	REFUSED(r, RMI_ERROR_REALM, RMI_REC_CREATE, r->rd, g, r->params);
	REFUSED(r, RMI_ERROR_REALM, RMI_REALM_ACTIVATE, r->rd);
	REFUSED(r, RMI_ERROR_REALM, RMI_RTT_INIT_RIPAS, r->rd, 0x80000,
		0x81000);
	REFUSED(r, RMI_ERROR_REALM, RMI_RTT_DATA_MAP_INIT, r->rd, g, 0x80000,
		r->params, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_REALM_ACTIVATE, g);
	assert_int_equal(RMI(r, RMI_REALM_TERMINATE, r->rd), 0);
	assert_int_equal(RMI(r, RMI_REC_ENTER, r->rec, r->run),
			 RMI_RESULT(RMI_ERROR_REALM, 1));
	rig_free(r);
}

static void what_is_measured_changes_the_realms_measurement(void **unused)
{
	uint8_t rim[3][64];
	struct fault f;

	(void)unused;
	(void)f;
	for (unsigned i = 0; i < 3; i++) {
		struct cca_rig *r = rig_new();
		uint64_t g;

		r->rd = granule_new(r);
		r->rtt = granule_new(r);
		params_realm(r);
		/* addresses and personalization of the host's do not count */
		put64(r, r->params + 0x400, i);
		assert_int_equal(RMI(r, RMI_REALM_CREATE, r->rd, r->params), 0);
		tables(r, RIG_IPA);
		assert_int_equal(RMI(r, RMI_RTT_INIT_RIPAS, r->rd, RIG_IPA,
				     RIG_IPA + CCA_GRANULE),
				 0);
		g = granule_new(r);
		REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DATA_MAP_INIT, r->rd, g,
			RIG_IPA + CCA_GRANULE, r->params, 1);
		clear(r, r->list);
		put8(r, r->list, i == 2);
		assert_int_equal(RMI(r, RMI_RTT_DATA_MAP_INIT, r->rd, g,
				     RIG_IPA, r->list, 1),
				 0);
		memcpy(rim[i], r->fw->realm[0].rim, 64);
		rig_free(r);
	}
	assert_memory_equal(rim[0], rim[1], 64);
	assert_memory_not_equal(rim[0], rim[2], 64);
}

static void tables_are_made_from_the_root_down(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t far = UINT64_C(1) << 30;
	uint64_t g, top;

	(void)unused;
	realm_up(r);
	g = granule_new(r);
	/* no table of level 2 there yet */
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_CREATE, r->rd, g, far, 3);
	assert_int_equal(RMI_INDEX(r->x[0]), 1);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_CREATE, r->rd, g, far, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_CREATE, r->rd, g, far, 4);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_CREATE, r->rd, g, far + 0x1000, 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_CREATE, r->rd, r->params, far, 2);
	assert_int_equal(RMI(r, RMI_RTT_CREATE, r->rd, g, far, 2), 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_CREATE, r->rd, g, far, 2);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_CREATE, r->rd, granule_new(r), far,
		2);
	/* one that leads on is not taken away */
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DESTROY, r->rd, 0, 2);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_FOLD, r->rd, 0, 2);
	assert_int_equal(RMI(r, RMI_RTT_FOLD, r->rd, far, 2), 0);
	assert_int_equal(r->x[1], g);
	assert_int_equal(RMI(r, RMI_RTT_CREATE, r->rd, g, far, 2), 0);
	assert_int_equal(RMI(r, RMI_RTT_DESTROY, r->rd, far, 2), 0);
	assert_int_equal(r->x[1], g);
	top = far + (UINT64_C(1) << 30);
	assert_int_equal(r->x[2], top);
	/* what a table stood for is DESTROYED, and a new one inherits it */
	assert_int_equal(RMI(r, RMI_RTT_CREATE, r->rd, g, far, 2), 0);
	assert_int_equal(RMI(r, RMI_RTT_READ_ENTRY, r->rd, far, 2), 0);
	assert_int_equal(r->x[1], 2);
	assert_int_equal(r->x[4], RMI_DESTROYED);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DESTROY, r->rd, far, 3);
	rig_free(r);
}

static void data_is_mapped_from_delegated_granules_once(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t g = granule_new(r), ipa = 0x80000;

	(void)unused;
	realm_up(r);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DATA_MAP, r->rd, ipa, ipa + 0x1000,
		RMI_OADDR_SINGLE, r->params | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DATA_MAP, r->rd, ipa, ipa + 0x1000,
		RMI_OADDR_NONE, g | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DATA_MAP, r->rd, ipa, ipa,
		RMI_OADDR_SINGLE, g | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DATA_MAP, r->rd, RIG_SHARED,
		RIG_SHARED + 0x1000, RMI_OADDR_SINGLE, g | 1 << 2);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DATA_MAP, r->rd, RIG_IPA,
		RIG_IPA + 0x1000, RMI_OADDR_SINGLE, g | 1 << 2);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DATA_MAP, r->rd, UINT64_C(1) << 30,
		(UINT64_C(1) << 30) + 0x1000, RMI_OADDR_SINGLE, g | 1 << 2);
	assert_int_equal(RMI(r, RMI_RTT_DATA_MAP, r->rd, ipa, ipa + 0x1000,
			     RMI_OADDR_SINGLE, g | 1 << 2),
			 0);
	/* law 33: one page, one place */
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_DATA_MAP, r->rd, ipa + 0x1000,
		ipa + 0x2000, RMI_OADDR_SINGLE, g | 1 << 2);
	/* mapped as EMPTY: it is there, and the realm does not see it */
	assert_int_equal(RMI(r, RMI_RTT_READ_ENTRY, r->rd, ipa, 3), 0);
	assert_int_equal(r->x[2], RMI_ASSIGNED);
	assert_int_equal(r->x[4], RMI_EMPTY);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DATA_UNMAP, r->rd, ipa + 0x1000,
		ipa + 0x2000);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_DEV_UNMAP, r->rd, ipa, ipa + 0x1000);
	assert_int_equal(RMI(r, RMI_RTT_DATA_UNMAP, r->rd, ipa, ipa + 0x1000),
			 0);
	assert_int_equal(r->x[2], g | 1 << 2);
	assert_int_equal(RMI(r, RMI_RTT_READ_ENTRY, r->rd, ipa, 3), 0);
	assert_int_equal(r->x[4], RMI_EMPTY);
	rig_free(r);
}

static void only_what_the_host_reaches_is_shared(void **unused)
{
	struct cca_rig *r = rig_new();
	const uint64_t g = granule_new(r), at = RIG_SHARED,
		       w = RMI_OADDR_SINGLE | RMI_UNPROT_S2AP_R;
	uint64_t word = 5;
	struct fault f;

	(void)unused;
	realm_up(r);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_UNPROT_MAP, r->rd, at, at + 0x1000,
		w, g | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_UNPROT_MAP, r->rd, at, at + 0x1000,
		w, RIG_EL3 | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_UNPROT_MAP, r->rd, at, at + 0x1000,
		w, 0x1000 | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_UNPROT_MAP, r->rd, 0, 0x1000, w,
		r->params | 1 << 2);
	REFUSED(r, RMI_ERROR_INPUT, RMI_RTT_UNPROT_MAP, r->rd, at, at + 0x1000,
		RMI_OADDR_SINGLE, r->params | 1 << 2);
	assert_int_equal(RMI(r, RMI_RTT_UNPROT_MAP, r->rd, at, at + 0x1000, w,
			     r->params | 1 << 2),
			 0);
	assert_int_equal(realm_io(r, at, &word, 8, false, &f), IL_OK);
	/* read-only: the host hears of a write */
	assert_int_equal(realm_io(r, at, &word, 8, true, &f), IL_E_AGAIN);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_UNPROT_MAP, r->rd, at, at + 0x1000, w,
		r->params | 1 << 2);
	assert_int_equal(RMI(r, RMI_RTT_UNPROT_UNMAP, r->rd, at, at + 0x1000),
			 0);
	assert_int_equal(r->x[2], r->params | 1 << 2);
	REFUSED(r, RMI_ERROR_RTT, RMI_RTT_UNPROT_UNMAP, r->rd, at, at + 0x1000);
	rig_free(r);
}

static void the_smmu_is_activated_before_its_tables(void **unused)
{
	struct cca_rig *r = rig_new();

	(void)unused;
	REFUSED(r, RMI_ERROR_INPUT, RMI_PSMMU_ST_L2_CREATE, RIG_PSMMU, 0);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PSMMU_ACTIVATE, RIG_PSMMU, 8);
	assert_int_equal(RMI(r, RMI_PSMMU_ACTIVATE, RIG_PSMMU, r->params), 0);
	REFUSED(r, RMI_ERROR_PSMMU_ST, RMI_PSMMU_ACTIVATE, RIG_PSMMU,
		r->params);
	REFUSED(r, RMI_ERROR_INPUT, RMI_PSMMU_ST_L2_CREATE, RIG_PSMMU,
		RIG_SIDS);
	assert_int_equal(RMI(r, RMI_PSMMU_ST_L2_CREATE, RIG_PSMMU, 0), 0);
	REFUSED(r, RMI_ERROR_PSMMU_ST, RMI_PSMMU_ST_L2_CREATE, RIG_PSMMU, 63);
	REFUSED(r, RMI_ERROR_PSMMU_ST, RMI_PSMMU_DEACTIVATE, RIG_PSMMU);
	assert_int_equal(RMI(r, RMI_PSMMU_ST_L2_DESTROY, RIG_PSMMU, 0), 0);
	REFUSED(r, RMI_ERROR_PSMMU_ST, RMI_PSMMU_ST_L2_DESTROY, RIG_PSMMU, 0);
	assert_int_equal(RMI(r, RMI_PSMMU_DEACTIVATE, RIG_PSMMU), 0);
	rig_free(r);
}

const struct CMUnitTest rtt_tests[] = {
	cmocka_unit_test(unknown_calls_are_not_supported),
	cmocka_unit_test(delegation_stops_at_the_first_that_does_not_fit),
	cmocka_unit_test(a_realm_of_bad_parameters_is_refused),
	cmocka_unit_test(a_realm_grows_only_before_it_is_active),
	cmocka_unit_test(what_is_measured_changes_the_realms_measurement),
	cmocka_unit_test(tables_are_made_from_the_root_down),
	cmocka_unit_test(data_is_mapped_from_delegated_granules_once),
	cmocka_unit_test(only_what_the_host_reaches_is_shared),
	cmocka_unit_test(the_smmu_is_activated_before_its_tables),
};
const size_t rtt_tests_n = COUNT(rtt_tests);
