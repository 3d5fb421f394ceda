/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge_priv.h"

#include <stdio.h>

#include "decode/fields.h"

const char *judge_group_name(enum judge_group g)
{
	static const char *const names[JUDGE_GROUPS] = {
		[JUDGE_DOE] = "doe",	     [JUDGE_SPDM] = "spdm",
		[JUDGE_SECURED] = "secured", [JUDGE_IDE_KM] = "ide-km",
		[JUDGE_TDISP] = "tdisp",     [JUDGE_CASCADE] = "cascade",
	};

	return (unsigned)g < JUDGE_GROUPS ? names[g] : "?";
}

const char *judge_verdict_name(enum judge_verdict v)
{
	static const char *const names[JUDGE_VERDICTS] = {
		[JUDGE_UNTOLD] = "untold", [JUDGE_PASS] = "pass",
		[JUDGE_FAIL] = "fail",	   [JUDGE_ABSENT] = "not tested",
		[JUDGE_BROKEN] = "broken",
	};

	return (unsigned)v < JUDGE_VERDICTS ? names[v] : "?";
}

void judge_case_name(const struct judge_case *c, uint8_t version,
		     char out[JUDGE_NAME_MAX])
{
	if (c->versions)
		snprintf(out, JUDGE_NAME_MAX, "%s-%u.%u/%s",
			 judge_group_name(c->group), (unsigned)version >> 4,
			 version & 0xfu, c->name);
	else
		snprintf(out, JUDGE_NAME_MAX, "%s", c->name);
}

/* Source: DSP0274 1.4.0, section 10.10 (table of error codes) */
const char *judge_spdm_error(uint8_t code)
{
	static const struct {
		uint8_t code;
		const char *name;
	} t[] = {
		{ SPDM_ERR_INVALID_REQUEST, "InvalidRequest" },
		{ SPDM_ERR_BUSY, "Busy" },
		{ SPDM_ERR_UNEXPECTED_REQUEST, "UnexpectedRequest" },
		{ SPDM_ERR_UNSPECIFIED, "Unspecified" },
		{ SPDM_ERR_DECRYPT_ERROR, "DecryptError" },
		{ SPDM_ERR_UNSUPPORTED_REQUEST, "UnsupportedRequest" },
		{ SPDM_ERR_REQUEST_IN_FLIGHT, "RequestInFlight" },
		{ SPDM_ERR_INVALID_RESPONSE_CODE, "InvalidResponseCode" },
		{ SPDM_ERR_SESSION_LIMIT_EXCEEDED, "SessionLimitExceeded" },
		{ SPDM_ERR_SESSION_REQUIRED, "SessionRequired" },
		{ SPDM_ERR_RESET_REQUIRED, "ResetRequired" },
		{ SPDM_ERR_RESPONSE_TOO_LARGE, "ResponseTooLarge" },
		{ SPDM_ERR_REQUEST_TOO_LARGE, "RequestTooLarge" },
		{ SPDM_ERR_LARGE_RESPONSE, "LargeResponse" },
		{ SPDM_ERR_MESSAGE_LOST, "MessageLost" },
		{ SPDM_ERR_INVALID_POLICY, "InvalidPolicy" },
		{ SPDM_ERR_DATA_TOO_LARGE, "DataTooLarge" },
		{ SPDM_ERR_VERSION_MISMATCH, "VersionMismatch" },
		{ SPDM_ERR_RESPONSE_NOT_READY, "ResponseNotReady" },
		{ SPDM_ERR_REQUEST_RESYNCH, "RequestResynch" },
		{ SPDM_ERR_OPERATION_FAILED, "OperationFailed" },
		{ SPDM_ERR_NO_PENDING_REQUESTS, "NoPendingRequests" },
		{ SPDM_ERR_REQUEST_SESSION_TERMINATED,
		  "RequestSessionTerminated" },
		{ SPDM_ERR_INVALID_STATE, "InvalidState" },
		{ SPDM_ERR_VENDOR_DEFINED, "VendorDefined" },
	};

	for (size_t i = 0; i < COUNT(t); i++)
		if (t[i].code == code)
			return t[i].name;
	return "of an unknown code";
}

const char *judge_message_name(const uint8_t *p, size_t n)
{
	const char *name = fields_message(p, n);

	return name ? name : "a message that has no name";
}

void judge_came_words(const struct judge_answer *a, char *out, size_t cap)
{
	if (a->kind == JUDGE_OBJECT)
		snprintf(out, cap, "a data object of %zu bytes", a->raw_n);
	else if (a->kind == JUDGE_RECORD && !a->opened)
		snprintf(out, cap, "a secured message that does not open (%s)",
			 il_err_name(a->closed));
	else if (a->n >= 3 && a->p[1] == SPDM_ERROR)
		snprintf(out, cap, "ERROR %s (0x%02x)",
			 judge_spdm_error(a->p[2]), a->p[2]);
	else if (a->bad)
		snprintf(out, cap, "%s, malformed (%s)",
			 judge_message_name(a->p, a->n), il_err_name(a->bad));
	else
		snprintf(out, cap, "%s", judge_message_name(a->p, a->n));
}
