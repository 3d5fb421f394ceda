/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "cli/request.h"

/*
 * What a step found is a JSON object, built once; text is made from it, so
 * that neither form says more than the other.
 */

void rq_show_hex(json_t *o, const char *key, const uint8_t *p, size_t n)
{
	char hex[2 * 1024 + 1];

	if (n > 1024)
		n = 1024;
	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", p[i]);
	hex[2 * n] = '\0';
	json_object_set_new(o, key, json_string(hex));
}

json_t *rq_bits(uint32_t v, const struct rq_bit *bit, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		if ((v & bit[i].mask) != bit[i].value)
			continue;
		json_array_append_new(list, json_string(bit[i].name));
		v &= ~bit[i].mask;
	}
	if (v) {
		char rest[16];

		snprintf(rest, sizeof(rest), "0x%x", v);
		json_array_append_new(list, json_string(rest));
	}
	return list;
}

const char *rq_end_name(enum rq_end end)
{
	static const char *const names[RQ_ENDS] = {
		[RQ_OK] = "ok",		  [RQ_ABSENT] = "not offered",
		[RQ_REFUSED] = "refused", [RQ_FAILED] = "failed",
		[RQ_SKIPPED] = "skipped",
	};

	return names[end];
}

static void put_scalar(FILE *f, const json_t *v)
{
	if (json_is_string(v))
		fputs(json_string_value(v), f);
	else if (json_is_integer(v))
		fprintf(f, "%lld", (long long)json_integer_value(v));
	else
		fputs(json_is_true(v)	 ? "yes"
		      : json_is_false(v) ? "no"
					 : "not asked",
		      f);
}

/* A list or a small object on one line. */
static void put_flat(FILE *f, const json_t *v)
{
	const char *gap = "";
	const char *key;
	json_t *x;
	size_t i;

	if (json_is_array(v)) {
		if (!json_array_size(v))
			fputs("none", f);
		json_array_foreach(v, i, x)
		{
			fputs(gap, f);
			put_scalar(f, x);
			gap = " ";
		}
		return;
	}
	if (!json_is_object(v)) {
		put_scalar(f, v);
		return;
	}
	json_object_foreach((json_t *)v, key, x)
	{
		fprintf(f, "%s%s ", gap, key);
		put_flat(f, x);
		gap = ", ";
	}
}

/* Lists of objects, and objects, a line each; certificates too. */
static void put(FILE *f, const char *key, const json_t *v)
{
	const bool lines = strcmp(key, "certificates") == 0 ||
			   json_is_object(json_array_get(v, 0));
	const char *name;
	json_t *x;
	size_t i;

	fprintf(f, "    %s:", key);
	if (json_is_object(v)) {
		fputc('\n', f);
		json_object_foreach((json_t *)v, name, x)
		{
			fprintf(f, "        %s: ", name);
			put_flat(f, x);
			fputc('\n', f);
		}
		return;
	}
	if (!lines) {
		fputc(' ', f);
		put_flat(f, v);
		fputc('\n', f);
		return;
	}
	fputc('\n', f);
	json_array_foreach(v, i, x)
	{
		fputs("        ", f);
		put_flat(f, x);
		fputc('\n', f);
	}
}

void rq_show_step(struct rq *q, const char *name, enum rq_end end)
{
	FILE *f = q->c->out;
	const char *key;
	json_t *v;

	if (q->o.json) {
		json_object_set_new(q->found, "step", json_string(name));
		json_object_set_new(q->found, "result",
				    json_string(rq_end_name(end)));
		if (end)
			json_object_set_new(q->found, "why",
					    json_string(q->why));
		json_array_append(q->steps, q->found);
		return;
	}
	fprintf(f, "%-12s %s%s%s\n", name, rq_end_name(end), end ? ": " : "",
		end ? q->why : "");
	json_object_foreach(q->found, key, v) put(f, key, v);
	fflush(f);
}

void rq_show_all(struct rq *q, bool ok)
{
	json_t *o;

	if (!q->o.json)
		return;
	o = json_pack("{s:s, s:s, s:O, s:s}", "target", q->peer.addr.text,
		      "transport",
		      q->peer.transport == EMU_MCTP ? "mctp" : "doe", "steps",
		      q->steps, "result", ok ? "ok" : "failed");
	if (!ok)
		json_object_set_new(o, "error", json_string(q->first));
	json_dumpf(o, q->c->out, JSON_INDENT(2));
	fputc('\n', q->c->out);
	json_decref(o);
}

struct name {
	uint32_t code;
	const char *name;
};

static const char *name_of(const struct name *t, size_t n, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].code == code)
			return t[i].name;
	return "of no known code";
}

const char *rq_spdm_error(uint8_t code)
{
	static const struct name t[] = {
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

	return name_of(t, COUNT(t), code);
}

const char *rq_tdisp_error(uint32_t code)
{
	static const struct name t[] = {
		{ TDISP_E_INVALID_REQUEST, "INVALID_REQUEST" },
		{ TDISP_E_BUSY, "BUSY" },
		{ TDISP_E_INVALID_INTERFACE_STATE, "INVALID_INTERFACE_STATE" },
		{ TDISP_E_UNSPECIFIED, "UNSPECIFIED" },
		{ TDISP_E_UNSUPPORTED_REQUEST, "UNSUPPORTED_REQUEST" },
		{ TDISP_E_VERSION_MISMATCH, "VERSION_MISMATCH" },
		{ TDISP_E_VENDOR_SPECIFIC, "VENDOR_SPECIFIC_ERROR" },
		{ TDISP_E_INVALID_INTERFACE, "INVALID_INTERFACE" },
		{ TDISP_E_INVALID_NONCE, "INVALID_NONCE" },
		{ TDISP_E_INSUFFICIENT_ENTROPY, "INSUFFICIENT_ENTROPY" },
		{ TDISP_E_INVALID_DEVICE_CONFIGURATION,
		  "INVALID_DEVICE_CONFIGURATION" },
	};

	return name_of(t, COUNT(t), code);
}

const char *rq_tdi_state(unsigned state)
{
	static const struct name t[] = {
		{ TDI_UNLOCKED, "CONFIG_UNLOCKED" },
		{ TDI_LOCKED, "CONFIG_LOCKED" },
		{ TDI_RUN, "RUN" },
		{ TDI_ERROR, "ERROR" },
	};

	return name_of(t, COUNT(t), state);
}
