/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/talk.h"
#include "spdm/caps.h"

/* GET_CAPABILITIES and CAPABILITIES. Source: DSP0274, section 10.3 */

static bool ask_caps(struct talk *t)
{
	struct spdm_msg m;

	talk_caps_msg(t, &m);
	t->mine = m.u.caps;
	return talk_ask(t, &m) && talk_is(t, SPDM_CAPABILITIES);
}

static void answer(struct judge *j)
{
	struct talk t;
	size_t want;

	if (talk_begin(&t, j, TALK_VERSION, NULL) && ask_caps(&t)) {
		want = t.v < SPDM_V12 ? 12 : 20;
		judge_expect(j, t.got.n == want, "%zu bytes came, not %zu",
			     t.got.n, want);
	}
	talk_end(&t);
}

static void reserved(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_VERSION, NULL) && ask_caps(&t))
		talk_reserved_zero(&t);
	talk_end(&t);
}

static void unknown_flags(struct judge *j)
{
	struct talk t;
	uint32_t bad;

	if (talk_begin(&t, j, TALK_VERSION, NULL) && ask_caps(&t)) {
		bad = t.a->u.caps.flags & ~spdm_caps_mask(t.v, false);
		judge_expect(j, !bad, "reserved flags 0x%08x are set", bad);
	}
	talk_end(&t);
}

/* Only those of 1.4 that are named may stand in ExtFlags. */
static void unknown_ext_flags(struct judge *j)
{
	struct talk t;
	unsigned bad;

	if (talk_begin(&t, j, TALK_VERSION, NULL) && ask_caps(&t)) {
		bad = t.a->u.caps.ext_flags & ~SPDM_EXT_CAP_SLOT_MGMT;
		judge_expect(j, !bad, "reserved ExtFlags 0x%04x are set", bad);
	}
	talk_end(&t);
}

static void block_unasked(struct judge *j)
{
	const struct talk_wish wish = { .chunks = true };
	struct talk t;

	if (talk_begin(&t, j, TALK_VERSION, &wish) && ask_caps(&t))
		judge_expect(j, !(t.got.p[2] & SPDM_CAPS_ALGS),
			     "Param1 announces algorithms that nobody asked "
			     "for");
	talk_end(&t);
}

static bool within(uint32_t few, uint32_t all)
{
	return !(few & ~all);
}

/* What is selected later was among what was said to be supported. */
static void block(struct judge *j)
{
	const struct talk_wish wish = { .chunks = true, .block = true };
	struct spdm_algs said;
	struct talk t;

	if (!talk_begin(&t, j, TALK_VERSION, &wish) || !ask_caps(&t))
		goto out;
	t.theirs = t.a->u.caps;
	if (!talk_needs(&t, SPDM_CAP_CHUNK, "CHUNK_CAP"))
		goto out;
	if (!(t.got.p[2] & SPDM_CAPS_ALGS)) {
		judge_absent(j, "the device lists no algorithms in "
				"CAPABILITIES");
		goto out;
	}
	said = t.a->u.caps_algs;
	talk_end(&t);
	if (!talk_begin(&t, j, TALK_ALGS, &wish))
		goto out;
	judge_expect(j,
		     within(t.sel.asym, said.asym) &&
			     within(t.sel.hash, said.hash) &&
			     within(t.sel.pqc_asym, said.pqc_asym),
		     "what was selected is not in the list of CAPABILITIES");
	for (uint8_t i = 0; i < t.sel.tables && judge_on(j); i++)
		judge_expect(j,
			     within(t.sel.table[i].bits,
				    spdm_algs_bits(&said, t.sel.table[i].type)),
			     "AlgType %u: 0x%04x was selected, which is not in "
			     "the list of CAPABILITIES",
			     t.sel.table[i].type, t.sel.table[i].bits);
out:
	talk_end(&t);
}

static void transfer_least(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_VERSION, NULL) && ask_caps(&t))
		judge_expect(j, t.a->u.caps.transfer >= SPDM_TRANSFER_MIN,
			     "DataTransferSize is %u", t.a->u.caps.transfer);
	talk_end(&t);
}

static void sizes(struct judge *j)
{
	struct talk t;

	if (talk_begin(&t, j, TALK_VERSION, NULL) && ask_caps(&t)) {
		const struct spdm_caps *c = &t.a->u.caps;

		judge_expect(j,
			     c->flags & SPDM_CAP_CHUNK
				     ? c->max_msg >= c->transfer
				     : c->max_msg == c->transfer,
			     "MaxSPDMmsgSize is %u, DataTransferSize %u, "
			     "CHUNK_CAP %u",
			     c->max_msg, c->transfer,
			     c->flags & SPDM_CAP_CHUNK ? 1 : 0);
	}
	talk_end(&t);
}

static void other_version(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_VERSION, NULL)) {
		talk_caps_msg(&t, &m);
		(void)talk_bytes(&t, &m);
		j->next[0] = 0x2f;
		if (talk_raw(&t, j->next, t.req_len))
			talk_refused(&t, TALK_E(SPDM_ERR_VERSION_MISMATCH));
	}
	talk_end(&t);
}

/* One request with one field wrong; see struct spdm_caps. */
static void refuses(struct judge *j, const struct talk_wish *wish,
		    const struct spdm_caps *c)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_VERSION, wish)) {
		talk_caps_msg(&t, &m);
		m.u.caps.flags &= ~c->flags;
		if (c->transfer)
			m.u.caps.transfer = c->transfer;
		if (c->max_msg)
			m.u.caps.max_msg = c->max_msg;
		if (talk_ask(&t, &m))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

static void small_transfer(struct judge *j)
{
	const struct spdm_caps c = { .transfer = SPDM_TRANSFER_MIN - 1,
				     .max_msg = SPDM_TRANSFER_MIN - 1 };

	refuses(j, NULL, &c);
}

static void small_message(struct judge *j)
{
	const struct talk_wish wish = { .chunks = true };
	const struct spdm_caps c = { .transfer = 1024, .max_msg = 1023 };

	refuses(j, &wish, &c);
}

static void sizes_without_chunks(struct judge *j)
{
	const struct spdm_caps c = { .transfer = 1024, .max_msg = 2048 };

	refuses(j, NULL, &c);
}

static void keys_without_cipher(struct judge *j)
{
	const struct spdm_caps c = { .flags = SPDM_CAP_ENCRYPT | SPDM_CAP_MAC };

	refuses(j, NULL, &c);
}

static void cipher_without_keys(struct judge *j)
{
	const struct spdm_caps c = { .flags = SPDM_CAP_KEY_EX };

	refuses(j, NULL, &c);
}

static void two_kinds_of_key(struct judge *j)
{
	const struct talk_wish wish = { .caps = SPDM_CAP_PUB_KEY_ID };
	const struct spdm_caps c = { 0 };

	refuses(j, &wish, &c);
}

/* In the flags, which no list of fields tells, and in all others. */
static void reserved_ignored(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_VERSION, NULL)) {
		talk_caps_msg(&t, &m);
		/* Bits that mean something in no request of this version. */
		if (t.v >= SPDM_V11)
			m.u.caps.flags |= ~(spdm_caps_mask(t.v, true) |
					    spdm_caps_mask(SPDM_V14, true));
		if (talk_reserved_set(&t, &m) &&
		    talk_raw(&t, j->next, t.req_len))
			talk_is(&t, SPDM_CAPABILITIES);
	}
	talk_end(&t);
}

static void too_short(struct judge *j)
{
	struct talk t;
	struct spdm_msg m;

	if (talk_begin(&t, j, TALK_VERSION, NULL)) {
		talk_caps_msg(&t, &m);
		(void)talk_bytes(&t, &m);
		if (talk_raw(&t, j->next, t.req_len - 4))
			talk_refused(&t, TALK_E(SPDM_ERR_INVALID_REQUEST));
	}
	talk_end(&t);
}

/* The second one says @other; nothing needs to come to it. */
static void twice(struct judge *j, bool other)
{
	uint8_t first[512];
	struct talk t;
	struct spdm_msg m;
	size_t n = 0;

	if (talk_begin(&t, j, TALK_CAPS, NULL)) {
		talk_caps_msg(&t, &m);
		if (other && t.v >= SPDM_V11)
			m.u.caps.ct_exponent--;
		n = t.got.n < sizeof(first) ? t.got.n : sizeof(first);
		memcpy(first, t.got.p, n);
		(void)talk_bytes(&t, &m);
		if (other && t.v < SPDM_V11)
			j->next[3] = 1;
		if (!talk_maybe(&t, j->next, t.req_len))
			n = 0;
	}
	if (!n || !judge_on(j))
		;
	else if (!other && talk_has(&t, SPDM_CAPABILITIES))
		judge_expect(j, t.got.n == n && !memcmp(first, t.got.p, n),
			     "CAPABILITIES differs from the one before");
	else
		talk_refused(&t, TALK_E(SPDM_ERR_UNEXPECTED_REQUEST));
	talk_end(&t);
}

static void twice_other(struct judge *j)
{
	twice(j, true);
}

static void twice_same(struct judge *j)
{
	twice(j, false);
}

/* clang-format off */
#define SINCE_11 JUDGE_SINCE(JUDGE_V11)
#define SINCE_12 JUDGE_SINCE(JUDGE_V12)
#define SINCE_13 JUDGE_SINCE(JUDGE_V13)

static const struct judge_case cases[] = {
	{ "capabilities-is-well-formed", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "GET_CAPABILITIES is answered by CAPABILITIES in the version that it names, as long as that version has it",
	  "DSP0274 1.2.1, section 10.3 (CAPABILITIES); 1.0.1, section 4.9.2",
	  SURE_SPEC, "capabilities-length", answer },
	{ "capabilities-reserved-is-zero", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Reserved fields of CAPABILITIES are zero",
	  "DSP0274 1.2.1, section 10.3; conventions (reserved values)",
	  SURE_SPEC, "reserved-set", reserved },
	{ "capabilities-reserved-flags-are-zero", JUDGE_SPDM, JUDGE_V10 | JUDGE_V11 | JUDGE_V12 | JUDGE_V13, 0, 0,
	  "Flags that a version does not know are zero in it",
	  "DSP0274 1.0.1, section 4.9.2; 1.1.0, 1.2.1 and 1.3.2, section 10.3 (Responder flag fields)",
	  SURE_SPEC, "capabilities-later-flags", unknown_flags },
	{ "capabilities-reserved-ext-flags-are-zero", JUDGE_SPDM, JUDGE_V14, 0, 0,
	  "Bits of ExtFlags that have no meaning are zero",
	  "DSP0274 1.4.0, section 10.3 (ExtFlags)",
	  SURE_SPEC, "capabilities-later-flags", unknown_ext_flags },
	{ "capabilities-algorithms-only-if-asked", JUDGE_SPDM, SINCE_13, 0, 0,
	  "CAPABILITIES carries the Supported Algorithms block only if GET_CAPABILITIES asked for it",
	  "DSP0274 1.3.2, section 10.3 (Supported Algorithms)",
	  SURE_SPEC, "capabilities-block-unasked", block_unasked },
	{ "capabilities-algorithms-hold", JUDGE_SPDM, SINCE_13, 0, 0,
	  "What ALGORITHMS selects is in the Supported Algorithms block of CAPABILITIES",
	  "DSP0274 1.3.2, section 10.3 (Supported Algorithms)",
	  SURE_INFERRED, "capabilities-block-wrong", block },
	{ "capabilities-transfer-size-is-42-at-least", JUDGE_SPDM, SINCE_12, 0, 0,
	  "DataTransferSize is at least MinDataTransferSize, which is 42",
	  "DSP0274 1.2.1, section 10.3 (DataTransferSize)",
	  SURE_SPEC, "capabilities-sizes", transfer_least },
	{ "capabilities-sizes-agree", JUDGE_SPDM, SINCE_12, 0, 0,
	  "MaxSPDMmsgSize is not below DataTransferSize, and equal to it without CHUNK_CAP",
	  "DSP0274 1.2.1, section 10.3 (MaxSPDMmsgSize)",
	  SURE_SPEC, "capabilities-sizes", sizes },
	{ "capabilities-of-a-version-not-listed-is-mismatch", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "GET_CAPABILITIES in a version that VERSION does not list is ERROR VersionMismatch",
	  "DSP0274 1.2.1, sections 10.2, 10.10 (VersionMismatch)",
	  SURE_SPEC, "version-any-header", other_version },
	{ "capabilities-transfer-size-below-42-is-invalid", JUDGE_SPDM, SINCE_12, 0, 0,
	  "GET_CAPABILITIES with a DataTransferSize below 42 is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.3 (DataTransferSize)",
	  SURE_INFERRED, "capabilities-any", small_transfer },
	{ "capabilities-message-size-below-transfer-is-invalid", JUDGE_SPDM, SINCE_12, 0, 0,
	  "GET_CAPABILITIES with a MaxSPDMmsgSize below DataTransferSize is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.3 (MaxSPDMmsgSize)",
	  SURE_INFERRED, "capabilities-any", small_message },
	{ "capabilities-message-size-without-chunks-is-invalid", JUDGE_SPDM, SINCE_12, 0, 0,
	  "GET_CAPABILITIES without CHUNK_CAP whose two sizes differ is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.3 (MaxSPDMmsgSize)",
	  SURE_INFERRED, "capabilities-any", sizes_without_chunks },
	{ "capabilities-keys-without-cipher-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "GET_CAPABILITIES with KEY_EX_CAP and neither ENCRYPT_CAP nor MAC_CAP is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.3 (Requester flag fields)",
	  SURE_INFERRED, "capabilities-any", keys_without_cipher },
	{ "capabilities-cipher-without-keys-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "GET_CAPABILITIES with ENCRYPT_CAP or MAC_CAP and neither KEY_EX_CAP nor PSK_CAP is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.3 (Requester flag fields)",
	  SURE_INFERRED, "capabilities-any", cipher_without_keys },
	{ "capabilities-two-kinds-of-key-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "GET_CAPABILITIES with both CERT_CAP and PUB_KEY_ID_CAP is ERROR InvalidRequest",
	  "DSP0274 1.2.1, section 10.3 (Requester flag fields)",
	  SURE_INFERRED, "capabilities-any", two_kinds_of_key },
	{ "capabilities-reserved-is-ignored", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "Reserved fields and flags of GET_CAPABILITIES are ignored",
	  "DSP0274 1.2.1, section 10.3; conventions (reserved values)",
	  SURE_SPEC, "reserved-refused", reserved_ignored },
	{ "capabilities-too-short-is-invalid", JUDGE_SPDM, SINCE_11, 0, 0,
	  "GET_CAPABILITIES that ends early is ERROR InvalidRequest",
	  "DSP0274 1.2.1, sections 10.3, 10.10 (InvalidRequest)",
	  SURE_INFERRED, "capabilities-any", too_short },
	{ "capabilities-asked-otherwise-again-is-unexpected", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A second GET_CAPABILITIES that differs from the first is ERROR UnexpectedRequest, or discarded",
	  "DSP0274 1.2.1, section 10.3",
	  SURE_SPEC, "order-any", twice_other },
	{ "capabilities-asked-again-are-the-same", JUDGE_SPDM, JUDGE_V_ALL, 0, 0,
	  "A second GET_CAPABILITIES that equals the first gets the same answer, ERROR UnexpectedRequest or none",
	  "DSP0274 1.2.1, section 10.3",
	  SURE_SPEC, "order-any", twice_same },
};
/* clang-format on */

const struct judge_table judge_cases_spdm_caps = { cases, COUNT(cases) };
