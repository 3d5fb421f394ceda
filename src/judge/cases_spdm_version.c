/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/* GET_VERSION and VERSION. Source: DSP0274 1.2.1, section 10.2 */

static bool get_version(struct talk *t)
{
	struct spdm_msg m = talk_msg(t, SPDM_GET_VERSION);

	m.version = SPDM_V10;
	return talk_ask(t, &m) && talk_is(t, SPDM_VERSION);
}

static void entries(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_NOTHING, NULL) && get_version(&t))
		judge_expect(j,
			     t.a->u.version_list.count > 0 &&
				     t.got.n ==
					     6 + 2 * (size_t)t.a->u.version_list
								     .count,
			     "%u entries in %zu bytes",
			     t.a->u.version_list.count, t.got.n);
	talk_end(&t);
}

static void reserved(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_NOTHING, NULL) && get_version(&t))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void reserved_ignored(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_NOTHING, NULL)) {
		m = talk_msg(&t, SPDM_GET_VERSION);
		m.version = SPDM_V10;
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_VERSION);
	}
	talk_end(&t);
}

static void other_header(struct judge *j)
{
	static const uint8_t wrong[] = { 0x20, 0x11, 0x00 };
	struct talk t;

	if (talk_begin(&t, j, TALK_VERSION, NULL))
		for (unsigned i = 0; i < COUNT(wrong) && judge_on(j); i++) {
			const uint8_t ask[] = { wrong[i], SPDM_GET_VERSION, 0,
						0 };

			if (talk_raw(&t, ask, sizeof(ask)))
				talk_refused(&t,
					     TALK_E(SPDM_ERR_VERSION_MISMATCH));
		}
	talk_end(&t);
}

static void again(struct judge *j)
{
	uint8_t first[6 + 2 * SPDM_VERSIONS_MAX];
	struct talk t;
	size_t n = 0;

	if (talk_begin(&t, j, TALK_NOTHING, NULL) && get_version(&t)) {
		n = t.got.n;
		memcpy(first, t.got.p, n);
	}
	if (n && get_version(&t))
		judge_expect(j, t.got.n == n && !memcmp(t.got.p, first, n),
			     "the second VERSION differs from the first");
	talk_end(&t);
}

static void starts_over(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL) && get_version(&t)) {
		m = talk_msg(&t, SPDM_GET_DIGESTS);
		if (talk_ask(&t, &m))
			talk_refused(&t,
				     TALK_E(SPDM_ERR_UNEXPECTED_REQUEST) |
					     TALK_E(SPDM_ERR_VERSION_MISMATCH));
	}
	talk_end(&t);
}

/* Another version may be chosen than the one before. */
static void chosen_anew(struct judge *j)
{
	struct talk t;
	uint8_t other = 0;

	if (talk_begin(&t, j, TALK_CAPS, NULL)) {
		for (uint8_t i = 0; i < t.versions.u.version_list.count; i++) {
			const uint8_t v =
				(uint8_t)(t.versions.u.version_list.entry[i] >>
					  8);

			if (v != t.v && v >= SPDM_V10 && v <= SPDM_V14)
				other = v;
		}
		if (!other)
			judge_absent(j, "the device speaks one version only");
	}
	t.v = other;
	if (judge_on(j) && talk_version(&t)) {
		struct spdm_msg m;

		talk_caps_msg(&t, &m);
		if (talk_ask(&t, &m))
			talk_is(&t, SPDM_CAPABILITIES);
	}
	talk_end(&t);
}

/* clang-format off */
static const struct judge_case cases[] = {
	{ "spdm/version-length-is-that-of-its-entries", JUDGE_SPDM, 0, 0, 0,
	  "VERSION lists at least one version, and as many as it says",
	  "DSP0274 1.2.1, section 10.2 (VersionNumberEntryCount)",
	  SURE_SPEC, "version-count", entries },
	{ "spdm/version-reserved-is-zero", JUDGE_SPDM, 0, 0, 0,
	  "Reserved fields of VERSION are zero",
	  "DSP0274 1.2.1, section 10.2; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", reserved },
	{ "spdm/version-reserved-is-ignored", JUDGE_SPDM, 0, 0, 0,
	  "Reserved fields of GET_VERSION are ignored",
	  "DSP0274 1.2.1, section 10.2; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", reserved_ignored },
	{ "spdm/version-with-another-header-is-mismatch", JUDGE_SPDM, 0, 0, 0,
	  "GET_VERSION with another version than 1.0 in its header is ERROR VersionMismatch",
	  "DSP0274 1.2.1, sections 10.2, 10.10 (VersionMismatch)",
	  SURE_SPEC, "version-any-header", other_header },
	{ "spdm/version-is-the-same-again", JUDGE_SPDM, 0, 0, 0,
	  "GET_VERSION is answered at any time, and lists the same versions",
	  "DSP0274 1.2.1, section 10.2",
	  SURE_INFERRED, "version-changes", again },
	{ "version-starts-over", JUDGE_SPDM, JUDGE_V_ALL, 0, SPDM_CAP_CERT,
	  "GET_VERSION ends the connection: what was negotiated no longer holds",
	  "DSP0274 1.2.1, section 10.2; 1.0.1, section 4.9.1",
	  SURE_SPEC, "version-keeps-connection", starts_over },
	{ "version-is-chosen-anew", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "After GET_VERSION another of the versions may be chosen",
	  "DSP0274 1.2.1, sections 10.2, 10.3",
	  SURE_SPEC, "version-sticks", chosen_anew },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_version = { cases, COUNT(cases) };
