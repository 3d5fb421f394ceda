/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"

/*
 * The way there: a requester that keeps to the text comes to a connection, to
 * a session, and out of it again. Where these fail, much of the rest does.
 */

/* VERSION has the form of 1.0 whatever it lists. DSP0274 1.2.1, 10.3 */
static void version_form(struct judge *j)
{
	const uint8_t ask[4] = { SPDM_V10, SPDM_GET_VERSION };

	if (!judge_plain(j, ask, sizeof(ask)) ||
	    !judge_answers(j, SPDM_VERSION))
		return;
	judge_expect(j, judge_answer(j)->m.version == SPDM_V10,
		     "SPDMVersion is 0x%02x", judge_answer(j)->m.version);
	judge_expect(j, judge_answer(j)->m.u.version_list.count != 0,
		     "no version is listed");
}

static void connects(struct judge *j)
{
	enum il_err err = IL_OK;

	if (!judge_try_op(j, SPDM_OP_CONNECT, NULL, &err))
		return;
	if (err == IL_E_FIELD && !judge_answer(j)->bad &&
	    judge_answer(j)->m.code == SPDM_CAPABILITIES &&
	    !(judge_answer(j)->m.u.caps.flags & SPDM_CAP_CERT))
		judge_absent(j, "the device does not offer CERT_CAP");
	judge_expect(j, !err, "the requester came no further than this: %s",
		     il_err_name(err));
}

/* With the engine's own checks: signature, HMAC, the peer's opaque data. */
static void session_opens(struct judge *j)
{
	enum il_err err;

	if (!judge_connect(j) || !judge_try_op(j, SPDM_OP_SESSION, NULL, &err))
		return;
	judge_expect(j, !err, "it does not open: %s", il_err_name(err));
}

static void session_ends(struct judge *j)
{
	const uint8_t end[4] = { j->version, SPDM_END_SESSION };

	if (!judge_session(j) || !judge_secured(j, end, sizeof(end)))
		return;
	judge_answers(j, SPDM_END_SESSION_ACK);
}

/* clang-format off */
static const struct judge_case cases[] = {
	{
		.name = "spdm/version-has-the-form-of-1.0",
		.group = JUDGE_SPDM,
		.says = "VERSION has SPDMVersion 1.0, whatever versions it lists, and lists at least one",
		.source = "DSP0274 1.2.1, section 10.2",
		.misbehave = "version-newer-form",
		.run = version_form,
	},
	{
		.name = "connection-is-made",
		.group = JUDGE_SPDM, .versions = JUDGE_V_ALL,
		.says = "a requester that offers all common algorithms comes to a connection under each version that is listed",
		.source = "DSP0274 1.2.1, section 10.2",
		.misbehave = "capabilities-refused",
		.run = connects,
	},
	{
		.name = "session-opens",
		.group = JUDGE_SPDM, .versions = JUDGE_SINCE(JUDGE_V11),
		.needs = JUDGE_NEEDS_SESSION,
		.says = "KEY_EXCHANGE and FINISH open a session whose signature and HMACs hold",
		.source = "DSP0274 1.2.1, sections 10.16, 10.17",
		.misbehave = "key-exchange-refused",
		.run = session_opens,
	},
	{
		.name = "session-ends",
		.group = JUDGE_SPDM, .versions = JUDGE_SINCE(JUDGE_V11),
		.needs = JUDGE_NEEDS_SESSION,
		.says = "END_SESSION is acknowledged inside its session",
		.source = "DSP0274 1.2.1, section 10.23",
		.misbehave = "end-session-refused",
		.run = session_ends,
	},
};
/* clang-format on */

const struct judge_table judge_cases_general = { cases, COUNT(cases) };
