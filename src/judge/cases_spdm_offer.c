/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"

/* NEGOTIATE_ALGORITHMS that is wrong, or comes at the wrong time. */

/* What an offer of this version looks like, as bytes in j->next. */
static bool offer(struct talk *t, struct judge *j, enum talk_ground to)
{
	struct spdm_msg m;

	if (!talk_begin(t, j, to, NULL))
		return false;
	talk_algs_msg(t, &m);
	return talk_bytes(t, &m).n != 0;
}

static void invalid(struct talk *t, size_t n)
{
	if (talk_raw(t, t->j->next, n))
		talk_refused(t, TALK_E(SPDM_ERR_INVALID_REQUEST));
}

/* Length says more than there is. */
static void length_above(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		put_u16le(j->next + 4, (uint16_t)(t.req_len + 4));
		invalid(&t, t.req_len);
	}
	talk_end(&t);
}

static void length_below(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		put_u16le(j->next + 4, (uint16_t)(t.req_len - 4));
		invalid(&t, t.req_len);
	}
	talk_end(&t);
}

static void too_short(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		put_u16le(j->next + 4, 28);
		invalid(&t, 28);
	}
	talk_end(&t);
}

/* The offer's first AlgStruct; there is nothing extended before it. */
#define TABLE 32

static void tables_swapped(struct judge *j)
{
	uint8_t one[4];
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		memcpy(one, j->next + TABLE, 4);
		memcpy(j->next + TABLE, j->next + TABLE + 4, 4);
		memcpy(j->next + TABLE + 4, one, 4);
		invalid(&t, t.req_len);
	}
	talk_end(&t);
}

static void table_twice(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		memcpy(j->next + TABLE + 4, j->next + TABLE, 4);
		invalid(&t, t.req_len);
	}
	talk_end(&t);
}

/* Eight more bits than an AlgStruct has room for. */
static void fixed_length(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		j->next[TABLE + 1] = 0x30;
		invalid(&t, t.req_len);
	}
	talk_end(&t);
}

/* A hundred and thirty bytes and more, well formed otherwise. */
static void too_long(struct judge *j)
{
	struct talk t;
	size_t n;

	if (offer(&t, j, TALK_CAPS)) {
		const size_t head = TABLE, rest = t.req_len - head;
		const size_t more = t.v < SPDM_V11 ? 9 : 21;

		memmove(j->next + head + 4 * more, j->next + head, rest);
		memset(j->next + head, 0, 4 * more);
		j->next[28] = (uint8_t)more; /* ExtAsymCount */
		n = t.req_len + 4 * more;
		put_u16le(j->next + 4, (uint16_t)n);
		invalid(&t, n);
	}
	talk_end(&t);
}

static void reserved_ignored(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_CAPS, NULL)) {
		talk_algs_msg(&t, &m);
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_ALGORITHMS);
	}
	talk_end(&t);
}

static void too_early(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_VERSION) && talk_raw(&t, j->next, t.req_len))
		talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	talk_end(&t);
}

static void other_version(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_CAPS)) {
		j->next[0] = t.v == SPDM_V14 ? SPDM_V13 : (uint8_t)(t.v + 1);
		if (talk_raw(&t, j->next, t.req_len))
			talk_refused(&t, TALK_E(SPDM_ERR_VERSION_MISMATCH));
	}
	talk_end(&t);
}

static void again_other(struct judge *j)
{
	struct talk t;

	if (offer(&t, j, TALK_ALGS)) {
		j->next[3] = 1;
		if (talk_maybe(&t, j->next, t.req_len))
			talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	}
	talk_end(&t);
}

static void again_same(struct judge *j)
{
	uint8_t first[512];
	struct talk t;
	struct spdm_msg m;
	size_t n;

	if (!talk_begin(&t, j, TALK_ALGS, NULL))
		goto out;
	n = t.got.n < sizeof(first) ? t.got.n : sizeof(first);
	memcpy(first, t.got.p, n);
	talk_algs_msg(&t, &m);
	(void)talk_bytes(&t, &m);
	if (!talk_maybe(&t, j->next, t.req_len))
		goto out;
	if (talk_has(&t, SPDM_ALGORITHMS))
		judge_expect(j, t.got.n == n && !memcmp(first, t.got.p, n),
			     "ALGORITHMS differs from the one before");
	else
		talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
out:
	talk_end(&t);
}

/* GET_CAPABILITIES once more, when algorithms are agreed on. */
static void back_to_caps(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_ALGS, NULL)) {
		talk_caps_msg(&t, &m);
		m.u.caps.ct_exponent--;
		(void)talk_bytes(&t, &m);
		if (t.v < SPDM_V11)
			j->next[3] = 1;
		if (talk_maybe(&t, j->next, t.req_len))
			talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	}
	talk_end(&t);
}

/* clang-format off */
#define SINCE_11 JUDGE_SINCE(JUDGE_V11)
#define SECTION  "DSP0274 1.2.1, section 10.4 (NEGOTIATE_ALGORITHMS); 1.0.1, section 4.9.3"

static const struct judge_case cases[] = {
	{ "offer-length-above-the-message-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "NEGOTIATE_ALGORITHMS whose Length is above the message's is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "algorithms-any", length_above },
	{ "offer-length-below-the-message-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "NEGOTIATE_ALGORITHMS whose Length ends among its AlgStructs is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "algorithms-any", length_below },
	{ "offer-too-short-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "NEGOTIATE_ALGORITHMS that ends among its fields is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "algorithms-any", too_short },
	{ "offer-too-long-is-invalid", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "NEGOTIATE_ALGORITHMS with more extended algorithms than may be is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.4 (Length, at most 128; ExtAsymCount, together 20); 1.0.1, section 4.9.3 (64; 8)",
	  SURE_INFERRED, "algorithms-any", too_long },
	{ "offer-tables-out-of-order-are-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "AlgStructs that do not ascend are ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "algorithms-any", tables_swapped },
	{ "offer-table-twice-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "Two AlgStructs of one type are ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "algorithms-any", table_twice },
	{ "offer-fixed-length-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "An AlgStruct whose FixedAlgCount is not 2 is ERROR InvalidRequest", SECTION,
	  SURE_INFERRED, "algorithms-any", fixed_length },
	{ "offer-reserved-is-ignored", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Reserved fields of NEGOTIATE_ALGORITHMS are ignored", SECTION "; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", reserved_ignored },
	{ "offer-before-capabilities-is-unexpected", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "NEGOTIATE_ALGORITHMS before GET_CAPABILITIES is ERROR UnexpectedRequest", "DSP0274 1.2.1, sections 10.1, 10.10 (UnexpectedRequest)",
	  SURE_SPEC, "order-any", too_early },
	{ "offer-in-another-version-is-mismatch", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "NEGOTIATE_ALGORITHMS in another version than GET_CAPABILITIES is ERROR VersionMismatch", "DSP0274 1.2.1, section 10.10 (VersionMismatch)",
	  SURE_SPEC, "version-any-header", other_version },
	{ "offer-made-otherwise-again-is-unexpected", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A second NEGOTIATE_ALGORITHMS that differs from the first is ERROR UnexpectedRequest, or discarded", SECTION,
	  SURE_SPEC, "order-any", again_other },
	{ "offer-made-again-has-the-same-answer", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A second NEGOTIATE_ALGORITHMS that equals the first gets the same answer, ERROR UnexpectedRequest or none", SECTION,
	  SURE_SPEC, "order-any", again_same },
	{ "offer-then-capabilities-is-unexpected", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "GET_CAPABILITIES after ALGORITHMS that differs from the first is ERROR UnexpectedRequest, or discarded", "DSP0274 1.2.1, section 10.3",
	  SURE_SPEC, "order-any", back_to_caps },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_offer = { cases, COUNT(cases) };
