/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "interlock/evidence.h"
#include "interlock/openssl.h"
#include "spdm/codec.h"

/*
 * Evidence out of recorded conversations of other people's programs (see
 * test/vectors/README.md), judged by the installed functions over OpenSSL.
 */

#define NOW INT64_C(1796000000) /* 2026-11-29, in all certificates' time */
#define CAP 16384

struct tape {
	const char *name, *root;
	uint8_t version;
	bool mctp;
	uint8_t hash_len;
	uint16_t sig_len;
};

static const struct tape tapes[] = {
	{ "base11.pcap", "root-p256.der", IL_SPDM_V11, false, 32, 64 },
	{ "tdisp12.pcap", "root-p384.der", IL_SPDM_V12, false, 48, 96 },
	{ "mctp12.pcap", "root-mctp12.der", IL_SPDM_V12, true, 48, 96 },
	{ "psk13.pcap", "root-p256.der", IL_SPDM_V13, false, 32, 64 },
	{ "mutual14.pcap", "root-mutual14.der", IL_SPDM_V14, true, 64, 96 },
};

struct scene {
	struct il_crypto_openssl *o;
	const struct il_crypto *c;
	uint8_t file[65536], root_der[4096];
	size_t file_n;
	uint8_t chain[CAP], meas[CAP];
	size_t offset; /* of the certificates asked for */
	struct il_span root;
	struct il_evidence ev;
	struct il_evidence_policy policy;
	struct il_evidence_findings found;
	struct il_evidence_verdict v;
};

static size_t load(const char *name, uint8_t *out, size_t cap)
{
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), VECTORS "/%s", name);
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(out, 1, cap, f);
	fclose(f);
	assert_in_range(n, 1, cap - 1);
	return n;
}

static size_t le16(const uint8_t *p)
{
	return p[0] | (size_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* A message without what its carrier filled up. */
static size_t trimmed(const struct tape *t, const uint8_t *p, size_t n)
{
	const struct spdm_shape sh = { .hash_len = t->hash_len,
				       .sig_len = t->sig_len,
				       .sign = true };
	struct spdm_msg m;
	size_t used = 0;

	assert_int_equal(spdm_msg_decode_padded(p, n, &sh, &m, &used), IL_OK);
	return used;
}

static void keep(struct scene *s, const struct tape *t, const uint8_t *p,
		 size_t n)
{
	n = trimmed(t, p, n);
	assert_true(s->ev.meas.n + n <= CAP);
	memcpy(s->meas + s->ev.meas.n, p, n);
	s->ev.meas.n += n;
}

static void portion(struct scene *s, const uint8_t *p, bool large)
{
	const size_t n = large ? le32(p + 8) : le16(p + 4);

	assert_true(s->offset + n <= CAP);
	memcpy(s->chain + s->offset, p + (large ? 16 : 8), n);
	s->ev.certs = (struct il_span){ s->chain, s->offset + n };
}

/* VCA, the chain of slot 0 and the first signed measurements in the clear. */
static void take(struct scene *s, const struct tape *t, const uint8_t *p,
		 size_t n)
{
	static const uint8_t vca[] = {
		SPDM_GET_VERSION,	   SPDM_VERSION,
		SPDM_GET_CAPABILITIES,	   SPDM_CAPABILITIES,
		SPDM_NEGOTIATE_ALGORITHMS, SPDM_ALGORITHMS
	};

	for (size_t i = 0; i < COUNT(vca); i++)
		if (p[1] == vca[i])
			keep(s, t, p, n);
	if (p[1] == SPDM_GET_CERTIFICATE)
		s->offset = p[2] & SPDM_CERT_LARGE ? le32(p + 8) : le16(p + 4);
	if (p[1] == SPDM_CERTIFICATE && (p[2] & 0xf) == 0)
		portion(s, p, p[2] & SPDM_CERT_LARGE);
	if (p[1] == SPDM_GET_MEASUREMENTS) {
		memcpy(s->policy.nonce, p + 4, 32);
		keep(s, t, p, n);
	}
	if (p[1] == SPDM_MEASUREMENTS)
		keep(s, t, p, n);
}

static void play(struct scene *s, const struct tape *t)
{
	const size_t head = t->mctp ? 5 : 8;
	bool done = false;

	memset(&s->ev, 0, sizeof(s->ev));
	s->file_n = load(t->name, s->file, sizeof(s->file));
	s->ev.meas.p = s->meas;
	for (size_t at = 24; at + 16 < s->file_n && !done;) {
		const uint8_t *p = s->file + at + 16;
		const size_t n = le32(s->file + at + 8);
		const bool spdm = t->mctp ? p[4] == 5 : p[2] == 1;

		if (spdm)
			take(s, t, p + head, n - head);
		done = spdm && p[head + 1] == SPDM_MEASUREMENTS;
		at += 16 + n;
	}
	assert_true(done);
	s->root = (struct il_span){ s->root_der, load(t->root, s->root_der,
						      sizeof(s->root_der)) };
	s->policy.anchors = &s->root;
	s->policy.anchor_n = 1;
	s->policy.now_s = NOW;
}

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_int_equal(il_crypto_openssl_new(0, &s->o), IL_OK);
	s->c = il_crypto_openssl_table(s->o);
	play(s, &tapes[1]);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct scene *s = *state;

	il_crypto_openssl_free(s->o);
	free(s);
	return 0;
}

static enum il_evidence_why judge(struct scene *s)
{
	enum il_err err = il_evidence_appraise(s->c, &s->policy, &s->ev, NULL,
					       &s->found, &s->v);

	assert_int_equal(err, s->v.why ? IL_E_AUTH : IL_OK);
	return s->v.why;
}

static void what_others_recorded_is_accepted_in_every_version(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < COUNT(tapes); i++) {
		play(s, &tapes[i]);
		assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
		assert_int_equal(s->found.version, tapes[i].version);
		assert_int_equal(s->found.meas_n, 8);
		assert_int_equal(s->found.meas[0].index, 1);
		assert_true(s->found.subject[0]);
	}
}

static void a_byte_that_was_signed_cannot_be_another(void **state)
{
	struct scene *s = *state;
	size_t from;

	for (size_t i = 0; i < COUNT(tapes); i++) {
		play(s, &tapes[i]);
		/* Before 1.2 what was agreed on is not signed. */
		from = tapes[i].version < IL_SPDM_V12 ? s->ev.meas.n - 600 : 0;
		for (size_t n = from; n < s->ev.meas.n; n += 29) {
			s->meas[n] ^= 0x10;
			assert_int_not_equal(judge(s), IL_EVIDENCE_ACCEPTED);
			s->meas[n] ^= 0x10;
		}
		assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	}
}

static void evidence_cut_anywhere_is_refused(void **state)
{
	struct scene *s = *state;
	const struct il_evidence whole = s->ev;

	for (size_t n = 0; n < whole.meas.n; n++) {
		s->ev.meas.n = n;
		assert_int_equal(judge(s), IL_EVIDENCE_MEAS_FORM);
	}
	s->ev = whole;
	for (size_t n = 0; n < whole.certs.n; n += 1 + n % 5) {
		s->ev.certs.n = n;
		assert_int_equal(judge(s), n ? IL_EVIDENCE_CHAIN
					     : IL_EVIDENCE_CERT_DIGEST);
	}
}

static void each_part_of_the_policy_can_refuse(void **state)
{
	struct scene *s = *state;
	struct il_span two[2] = { s->root, s->root };
	char why[160];

	s->policy.nonce[0] ^= 1;
	assert_int_equal(judge(s), IL_EVIDENCE_MEAS_NONCE);
	s->policy.nonce[0] ^= 1;
	s->policy.now_s = INT64_C(4102444800);
	assert_int_equal(judge(s), IL_EVIDENCE_TRUST);
	assert_int_equal(s->v.trust.code, IL_CRYPTO_WHY_EXPIRED);
	il_evidence_text(&s->v, why, sizeof(why));
	assert_non_null(strstr(why, "expired"));
	s->policy.now_s = NOW;
	s->policy.version_min = IL_SPDM_V13;
	assert_int_equal(judge(s), IL_EVIDENCE_VERSION);
	s->policy.version_min = IL_SPDM_V12;
	assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	s->policy.report_wanted = true;
	assert_int_equal(judge(s), IL_EVIDENCE_NO_REPORT);
	s->policy.report_wanted = false;

	/* Of another root: it is named. Among several: the right one counts. */
	s->root.n = load("root-p256.der", s->root_der, sizeof(s->root_der));
	assert_int_equal(judge(s), IL_EVIDENCE_ROOT_HASH);
	uint8_t right[4096];

	two[1] = (struct il_span){ right, load("root-p384.der", right,
					       sizeof(right)) };
	two[0] = s->root;
	s->policy.anchors = two;
	s->policy.anchor_n = 2;
	assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	s->policy.anchor_n = 0;
	assert_int_equal(il_evidence_appraise(s->c, &s->policy, &s->ev, NULL,
					      NULL, &s->v),
			 IL_E_ARG);
}

static void each_measurement_is_as_expected_and_none_is_missing(void **state)
{
	struct scene *s = *state;
	struct il_measurement want[9];
	uint8_t other[64];

	assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	memcpy(want, s->found.meas, 8 * sizeof(want[0]));
	s->policy.expected = want;
	s->policy.expected_n = 8;
	assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	s->policy.expected_n = 7;
	assert_int_equal(judge(s), IL_EVIDENCE_MEAS_VALUE);
	assert_int_equal(s->v.index, want[7].index);
	s->policy.expected_n = 9;
	want[8] = (struct il_measurement){ .index = 200 };
	assert_int_equal(judge(s), IL_EVIDENCE_MEAS_VALUE);
	assert_int_equal(s->v.index, 200);
	s->policy.expected_n = 8;
	want[2].type ^= 0x80;
	assert_int_equal(judge(s), IL_EVIDENCE_MEAS_VALUE);
	want[2].type ^= 0x80;
	memcpy(other, want[2].value.p, want[2].value.n);
	other[0] ^= 1;
	want[2].value.p = other;
	assert_int_equal(judge(s), IL_EVIDENCE_MEAS_VALUE);
	assert_int_equal(s->v.index, want[2].index);
}

/* A report with one range, written out: PCIe Base 6.x §11.3.11. */
static const uint8_t report[] = {
	0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, /* head */
	0x00, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, /* BAR 0 */
	0,    0, 0, 0,
};

static void a_report_wants_somebody_who_vouches_for_it(void **state)
{
	struct scene *s = *state;

	s->ev.report = (struct il_span){ report, sizeof(report) };
	assert_int_equal(judge(s), IL_EVIDENCE_REPORT_UNVOUCHED);
	s->policy.report_trusted = true;
	assert_int_equal(judge(s), IL_EVIDENCE_REPORT_RANGE);
	s->policy.bar_size[0] = 4 * 4096;
	s->policy.lock_flags = IL_TDISP_LOCK_NO_FW_UPDATE;
	assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	assert_int_equal(s->found.report_info,
			 IL_TDISP_INFO_NO_FW_UPDATE |
				 IL_TDISP_INFO_DMA_NO_PASID);
	assert_int_equal(s->found.range_n, 1);
	assert_int_equal(s->found.ranges[0].pages, 4);
	s->ev.report.n--;
	assert_int_equal(judge(s), IL_EVIDENCE_REPORT_FORM);
}

static void claims_of_somebody_trusted_bind_each_part(void **state)
{
	struct scene *s = *state;
	const struct il_crypto_ops *ops = s->c->ops;
	struct il_evidence_claims cl = { .hash = IL_CRYPTO_SHA256,
					 .spdm_hash = IL_CRYPTO_SHA384,
					 .meas_valid = true,
					 .meas_fresh = true };
	struct il_crypto_span part[3];

	s->ev.report = (struct il_span){ report, sizeof(report) };
	s->policy.bar_size[0] = 4 * 4096;
	part[0] = (struct il_crypto_span){ s->ev.certs.p, s->ev.certs.n };
	part[1] = (struct il_crypto_span){ s->ev.meas.p, s->ev.meas.n };
	part[2] = (struct il_crypto_span){ report, sizeof(report) };
	assert_int_equal(ops->hash(s->c->ctx, cl.hash, &part[0], 1, cl.certs),
			 IL_OK);
	assert_int_equal(ops->hash(s->c->ctx, cl.hash, &part[1], 1, cl.meas),
			 IL_OK);
	assert_int_equal(ops->hash(s->c->ctx, cl.hash, &part[2], 1, cl.report),
			 IL_OK);
	enum il_err err = il_evidence_appraise(s->c, &s->policy, &s->ev, &cl,
					       NULL, &s->v);

	assert_int_equal(err, IL_OK);
	static const struct {
		size_t at;
		enum il_evidence_why why;
	} t[] = { { offsetof(struct il_evidence_claims, certs),
		    IL_EVIDENCE_CERT_DIGEST },
		  { offsetof(struct il_evidence_claims, meas),
		    IL_EVIDENCE_MEAS_DIGEST },
		  { offsetof(struct il_evidence_claims, report),
		    IL_EVIDENCE_REPORT_DIGEST },
		  { offsetof(struct il_evidence_claims, meas_fresh),
		    IL_EVIDENCE_MEAS_STALE },
		  { offsetof(struct il_evidence_claims, meas_valid),
		    IL_EVIDENCE_MEAS_STALE } };

	for (size_t i = 0; i < COUNT(t); i++) {
		((uint8_t *)&cl)[t[i].at] ^= 1;
		err = il_evidence_appraise(s->c, &s->policy, &s->ev, &cl, NULL,
					   &s->v);
		assert_int_equal(err, IL_E_AUTH);
		assert_int_equal(s->v.why, t[i].why);
		((uint8_t *)&cl)[t[i].at] ^= 1;
	}
	s->policy.lock_flags = IL_TDISP_LOCK_MSIX;
	err = il_evidence_appraise(s->c, &s->policy, &s->ev, &cl, NULL, &s->v);
	assert_int_equal(err, IL_E_AUTH);
	assert_int_equal(s->v.why, IL_EVIDENCE_LOCK_FLAGS);
}

/* --- as bytes --- */

static void the_form_is_that_of_the_document(void **unused)
{
	(void)unused;
	static const uint8_t want[] = {
		'I', 'L', 'E', 'V', 1, 0, 2, 0,		       /* head */
		1,   0,	  0,   0,   3, 0, 0, 0, 'a', 'b', 'c', /* chain */
		3,   0,	  0,   0,   1, 0, 0, 0, 'x',	       /* report */
	};
	const struct il_evidence ev = {
		.certs = { (const uint8_t *)"abc", 3 },
		.report = { (const uint8_t *)"x", 1 },
	};
	struct il_evidence back;
	uint8_t out[64];
	size_t n = 0;

	assert_int_equal(il_evidence_encode(&ev, out, sizeof(out), &n), IL_OK);
	assert_int_equal(n, sizeof(want));
	assert_memory_equal(out, want, n);
	assert_int_equal(il_evidence_encode(&ev, NULL, 0, &n), IL_E_SPACE);
	assert_int_equal(n, sizeof(want));
	assert_int_equal(il_evidence_encode(&ev, out, n - 1, &n), IL_E_SPACE);
	assert_int_equal(il_evidence_decode(
				 (struct il_span){ want, sizeof(want) }, &back),
			 IL_OK);
	assert_int_equal(back.certs.n, 3);
	assert_int_equal(back.meas.n, 0);
	assert_int_equal(back.report.n, 1);
	assert_int_equal(back.report.p[0], 'x');
	assert_int_equal(il_evidence_encode(&(struct il_evidence){ 0 }, out,
					    sizeof(out), &n),
			 IL_E_ARG);
}

static void bytes_that_are_not_evidence_are_refused(void **state)
{
	struct scene *s = *state;
	static const struct {
		size_t at;
		uint8_t v;
	} bad[] = { { 0, 'i' }, { 3, 'W' }, { 4, 2 },  { 5, 1 },
		    { 6, 0 },	{ 6, 1 },   { 6, 3 },  { 6, 4 },
		    { 7, 1 },	{ 8, 0 },   { 8, 2 },  { 8, 4 },
		    { 9, 1 },	{ 10, 1 },  { 11, 1 }, { 12, 1 } };
	static uint8_t out[2 * CAP + 64];
	struct il_evidence back = { 0 };
	size_t n = 0;

	assert_int_equal(il_evidence_encode(&s->ev, out, sizeof(out) - 1, &n),
			 IL_OK);
	assert_int_equal(il_evidence_decode((struct il_span){ out, n }, &back),
			 IL_OK);
	assert_int_equal(back.meas.n, s->ev.meas.n);
	s->ev = back;
	assert_int_equal(judge(s), IL_EVIDENCE_ACCEPTED);
	memset(&back, 0, sizeof(back));
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(
			il_evidence_decode((struct il_span){ out, i }, &back),
			IL_OK);
	assert_int_equal(
		il_evidence_decode((struct il_span){ out, n + 1 }, &back),
		IL_E_LONG);
	for (size_t i = 0; i < COUNT(bad); i++) {
		const uint8_t was = out[bad[i].at];

		out[bad[i].at] = bad[i].v;
		assert_int_not_equal(
			il_evidence_decode((struct il_span){ out, n }, &back),
			IL_OK);
		out[bad[i].at] = was;
	}
	assert_null(back.certs.p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_others_recorded_is_accepted_in_every_version),
		T(a_byte_that_was_signed_cannot_be_another),
		T(evidence_cut_anywhere_is_refused),
		T(each_part_of_the_policy_can_refuse),
		T(each_measurement_is_as_expected_and_none_is_missing),
		T(a_report_wants_somebody_who_vouches_for_it),
		T(claims_of_somebody_trusted_bind_each_part),
		cmocka_unit_test(the_form_is_that_of_the_document),
		T(bytes_that_are_not_evidence_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
