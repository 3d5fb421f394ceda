/* SPDX-License-Identifier: BSD-2-Clause */
#include "../guest/rig.h"

static int setup(void **state)
{
	*state = rig_new();
	return 0;
}

static int teardown(void **state)
{
	rig_free(*state);
	return 0;
}

static enum evidence_why judge(struct rig *r)
{
	enum il_err err;

	crypto_chain_drop(&r->p->c, &r->found.chain);
	err = evidence_appraise(&r->p->c, &r->policy, &r->claims, &r->blobs,
				&r->found, &r->verdict);
	assert_int_equal(err, r->verdict.why ? IL_E_AUTH : IL_OK);
	return r->verdict.why;
}

static void honest_evidence_is_accepted(void **state)
{
	struct rig *r = *state;

	assert_int_equal(judge(r), EVIDENCE_WHY_NONE);
	assert_true(r->found.n_meas > 0);
	assert_int_equal(r->found.report.range_count, 3);
}

static void a_chain_that_is_not_the_sessions_is_refused(void **state)
{
	struct rig *r = *state;

	r->chain[100] ^= 1;
	assert_int_equal(judge(r), EVIDENCE_WHY_CERT_DIGEST);
	r->chain[100] ^= 1;
	r->blobs.certs.len = 0;
	assert_int_equal(judge(r), EVIDENCE_WHY_CERT_DIGEST);
}

static void a_vouched_chain_that_does_not_parse_is_refused(void **state)
{
	struct rig *r = *state;

	r->chain[0] ^= 1; /* its length */
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_CHAIN);
	r->chain[0] ^= 1;
	r->chain[52] ^= 0xff; /* the first certificate's tag */
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_CHAIN);
	r->chain[52] ^= 0xff;
	r->blobs.certs.len = 20;
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_CHAIN);
}

static void a_chain_under_another_root_is_refused(void **state)
{
	struct rig *r = *state;
	uint8_t other[CRYPTO_CERT_MAX];

	memcpy(other, r->policy.anchor, r->policy.anchor_len);
	other[r->policy.anchor_len - 1] ^= 1;
	r->policy.anchor = other;
	assert_int_equal(judge(r), EVIDENCE_WHY_ROOT_HASH);
}

static void an_expired_chain_is_refused_and_says_so(void **state)
{
	struct rig *r = *state;
	char text[120];

	r->policy.now_s += INT64_C(400) * 365 * 24 * 3600;
	assert_int_equal(judge(r), EVIDENCE_WHY_TRUST);
	assert_int_equal(r->verdict.trust.code, CRYPTO_WHY_EXPIRED);
	evidence_verdict_text(&r->verdict, text, sizeof(text));
	assert_non_null(strstr(text, "certificate"));
	assert_non_null(strstr(text, "expired"));
}

static void measurements_of_another_time_are_refused(void **state)
{
	struct rig *r = *state;

	r->claims.meas_fresh = false;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_STALE);
	r->claims.meas_fresh = true;
	r->claims.meas_valid = false;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_STALE);
}

static void
measurements_that_the_tsm_does_not_vouch_for_are_refused(void **state)
{
	struct rig *r = *state;

	r->claims.meas[47] ^= 1;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_DIGEST);
}

static void a_transcript_cut_anywhere_is_refused(void **state)
{
	struct rig *r = *state;
	size_t whole = r->blobs.meas.len;

	for (size_t n = 1; n < whole; n++) {
		r->blobs.meas.len = n;
		vouch(r);
		assert_int_not_equal(judge(r), EVIDENCE_WHY_NONE);
	}
}

static void a_transcript_in_another_order_is_refused(void **state)
{
	struct rig *r = *state;

	r->meas[1] = SPDM_VERSION;
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_FORM);
}

/* Where the request begins: what stands behind VCA. */
static size_t ask_at(const struct rig *r)
{
	struct evidence_transcript t;

	assert_int_equal(
		evidence_transcript_read(
			(struct spdm_span){ r->meas, r->blobs.meas.len }, &t),
		IL_OK);
	return t.vca.n;
}

static void a_transcript_of_two_versions_or_slots_is_none(void **state)
{
	struct rig *r = *state;
	const struct spdm_span all = { r->meas, r->blobs.meas.len };
	const size_t ask = ask_at(r);
	const size_t answer = ask + 4 + 32 + 1;
	/* NEGOTIATE_ALGORITHMS stands behind 4, 6 + 2n, 20 and 20 bytes. */
	const size_t neg = 4 + 6 + 2 * (size_t)r->meas[9] + 40;
	const struct {
		size_t at;
		uint8_t flip;
	} t[] = { { neg, 0x01 },
		  { ask, 0x01 },
		  { answer, 0x01 },
		  { ask + 36, 1 },
		  { answer + 3, 1 } };
	struct evidence_transcript out;

	assert_int_equal(r->meas[neg + 1], SPDM_NEGOTIATE_ALGORITHMS);
	assert_int_equal(r->meas[answer + 1], SPDM_MEASUREMENTS);
	for (size_t i = 0; i < COUNT(t); i++) {
		r->meas[t[i].at] ^= t[i].flip;
		assert_int_not_equal(evidence_transcript_read(all, &out),
				     IL_OK);
		r->meas[t[i].at] ^= t[i].flip;
	}
	assert_int_equal(evidence_transcript_read(all, &out), IL_OK);
	assert_true(out.whole);
}

static void measurements_that_are_not_all_are_refused(void **state)
{
	struct rig *r = *state;

	r->meas[ask_at(r) + 3] = 1; /* of index 1 alone */
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_FORM);
}

static void another_nonce_is_refused(void **state)
{
	struct rig *r = *state;

	r->policy.nonce[31] ^= 1;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_NONCE);
}

static void a_forged_signature_is_refused(void **state)
{
	struct rig *r = *state;

	r->meas[r->blobs.meas.len - 1] ^= 1;
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_SIGNATURE);
	r->meas[r->blobs.meas.len - 1] ^= 1;
	r->meas[6] ^= 0x10; /* a version entry: covered by the signature */
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_SIGNATURE);
}

static void expect_found(struct rig *r)
{
	assert_int_equal(judge(r), EVIDENCE_WHY_NONE);
	memcpy(r->expected, r->found.meas, sizeof(r->expected));
	r->policy.expected = r->expected;
	r->policy.n_expected = r->found.n_meas;
	assert_int_equal(judge(r), EVIDENCE_WHY_NONE);
}

static void a_measurement_that_differs_is_named(void **state)
{
	struct rig *r = *state;
	char text[120];

	expect_found(r);
	r->expected[1].value[0] ^= 1;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_VALUE);
	assert_int_equal(r->verdict.index, r->expected[1].index);
	evidence_verdict_text(&r->verdict, text, sizeof(text));
	assert_non_null(strstr(text, "measurement"));
	r->expected[1].value[0] ^= 1;
	r->expected[1].type ^= 1;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_VALUE);
	r->expected[1].type ^= 1;
	r->expected[1].len--;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_VALUE);
}

static void a_measurement_too_many_or_too_few_is_refused(void **state)
{
	struct rig *r = *state;

	expect_found(r);
	r->policy.n_expected--;
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_VALUE);
	r->policy.n_expected += 2;
	r->expected[r->policy.n_expected - 1] =
		(struct evidence_measurement){ .index = 99 };
	assert_int_equal(judge(r), EVIDENCE_WHY_MEAS_VALUE);
	assert_int_equal(r->verdict.index, 99);
}

static void a_report_that_the_tsm_does_not_vouch_for_is_refused(void **state)
{
	struct rig *r = *state;

	r->report[0] ^= 1;
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_DIGEST);
}

static void a_malformed_report_is_refused(void **state)
{
	struct rig *r = *state;

	r->blobs.report.len--;
	vouch(r);
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_FORM);
}

static void each_capability_that_we_do_not_cover_is_refused(void **state)
{
	struct rig *r = *state;
	struct tdisp_report rep;
	static const uint16_t bits[] = { TDISP_INFO_DMA_PASID, TDISP_INFO_ATS,
					 TDISP_INFO_PRS };

	for (size_t i = 0; i < COUNT(bits); i++) {
		rep = plain_report();
		rep.info |= bits[i];
		put_report(r, &rep);
		assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_CAPS);
	}
	rep = plain_report();
	rep.info &= (uint16_t)~TDISP_INFO_DMA_NO_PASID;
	put_report(r, &rep);
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_CAPS);
	rep = plain_report();
	rep.lnr_control = 1;
	put_report(r, &rep);
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_CAPS);
	rep = plain_report();
	rep.tph_control = 1;
	put_report(r, &rep);
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_CAPS);
}

static void other_lock_flags_than_asked_are_refused(void **state)
{
	struct rig *r = *state;
	struct tdisp_report rep = plain_report();

	r->claims.lock_flags = 0;
	assert_int_equal(judge(r), EVIDENCE_WHY_LOCK_FLAGS);
	r->claims.lock_flags = 1;
	rep.info &= (uint16_t)~TDISP_INFO_NO_FW_UPDATE;
	put_report(r, &rep);
	assert_int_equal(judge(r), EVIDENCE_WHY_LOCK_FLAGS);
	r->policy.lock_flags = 0;
	assert_int_equal(judge(r), EVIDENCE_WHY_NONE);
}

static void a_range_outside_its_bar_is_named(void **state)
{
	struct rig *r = *state;

	r->policy.bar_size[0] = 3 * PAGE_4K;
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_RANGE);
	assert_int_equal(r->verdict.index, 1);
	r->policy.bar_size[0] = 4 * PAGE_4K;
	r->policy.bar_size[2] = 0;
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_RANGE);
	assert_int_equal(r->verdict.index, 2);
}

static void a_range_of_no_bar_is_refused(void **state)
{
	struct rig *r = *state;
	struct tdisp_report rep = plain_report();

	rep.ranges[2].id = 7;
	put_report(r, &rep);
	assert_int_equal(judge(r), EVIDENCE_WHY_REPORT_RANGE);
}

static void every_verdict_has_its_own_words(void **unused)
{
	(void)unused;
	char a[120], b[120];

	for (unsigned i = 0; i < EVIDENCE_WHYS; i++)
		for (unsigned k = 0; k < i; k++) {
			struct evidence_verdict x = { .why = i },
						y = { .why = k };

			evidence_verdict_text(&x, a, sizeof(a));
			evidence_verdict_text(&y, b, sizeof(b));
			assert_string_not_equal(a, b);
		}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(honest_evidence_is_accepted),
		T(a_chain_that_is_not_the_sessions_is_refused),
		T(a_vouched_chain_that_does_not_parse_is_refused),
		T(a_chain_under_another_root_is_refused),
		T(an_expired_chain_is_refused_and_says_so),
		T(measurements_of_another_time_are_refused),
		T(measurements_that_the_tsm_does_not_vouch_for_are_refused),
		T(a_transcript_cut_anywhere_is_refused),
		T(a_transcript_in_another_order_is_refused),
		T(a_transcript_of_two_versions_or_slots_is_none),
		T(measurements_that_are_not_all_are_refused),
		T(another_nonce_is_refused),
		T(a_forged_signature_is_refused),
		T(a_measurement_that_differs_is_named),
		T(a_measurement_too_many_or_too_few_is_refused),
		T(a_report_that_the_tsm_does_not_vouch_for_is_refused),
		T(a_malformed_report_is_refused),
		T(each_capability_that_we_do_not_cover_is_refused),
		T(other_lock_flags_than_asked_are_refused),
		T(a_range_outside_its_bar_is_named),
		T(a_range_of_no_bar_is_refused),
		cmocka_unit_test(every_verdict_has_its_own_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
