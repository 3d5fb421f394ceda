/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/tee.h"

#include <stdio.h>
#include <string.h>

/* Messages of TDISP. Layout: PCIe Base 6.x §11.3.3 */

#define BUSY_TRIES 8
#define BUSY_NS	   UINT64_C(10000000)

size_t tee_req(uint8_t *out, unsigned code, uint32_t fn, const void *body,
	       size_t n)
{
	memset(out, 0, TDISP_HDR_LEN);
	out[0] = TDISP_VERSION_10;
	out[1] = (uint8_t)code;
	put_u32le(out + 4, fn);
	if (n)
		memcpy(out + TDISP_HDR_LEN, body, n);
	return TDISP_HDR_LEN + n;
}

static bool busy(const struct tee_td *a)
{
	return !a->bad && a->m.code == TDISP_ERROR &&
	       a->m.error.code == TDISP_E_BUSY;
}

bool tee_td_ask(struct judge *j, const uint8_t *p, size_t n, struct tee_td *a)
{
	for (unsigned i = 0; i < BUSY_TRIES; i++) {
		memset(a, 0, sizeof(*a));
		if (!judge_tdisp(j, p, n) ||
		    !judge_vendor(j, TDISP_PROTOCOL, &a->raw))
			return false;
		a->bad = tdisp_decode(a->raw.p, a->raw.n, &a->m);
		if (!busy(a))
			break;
		judge_ops(j)->wait(judge_target(j),
				   judge_now(j) + (BUSY_NS << i));
	}
	return true;
}

bool tee_ask(struct judge *j, unsigned code, const void *body, size_t n,
	     struct tee_td *a)
{
	uint8_t m[TEE_REQ_MAX];

	return judge_on(j) &&
	       tee_td_ask(j, m, tee_req(m, code, j->cfg.function_id, body, n),
			  a);
}

/* The answer to the object, if there is one, comes first. */
bool tee_km_then(struct judge *j, const uint8_t *p, size_t n, unsigned code,
		 const void *body, size_t body_n, struct tee_td *a)
{
	const struct judge_answer *c = judge_answer(j);
	uint8_t m[TEE_REQ_MAX];
	struct spdm_span v;

	memset(a, 0, sizeof(*a));
	v = judge_vendor_msg(j, IDEKM_PROTOCOL, p, n);
	if (!judge_send(j, JUDGE_SEALED, v.p, v.n))
		return false;
	v = judge_vendor_msg(
		j, TDISP_PROTOCOL, m,
		tee_req(m, code, j->cfg.function_id, body, body_n));
	if (!judge_send(j, JUDGE_SEALED, v.p, v.n) || !judge_recv(j))
		return false;
	if ((c->bad || c->m.code != SPDM_VENDOR_DEFINED_RESPONSE ||
	     !c->m.u.vdm.payload.n ||
	     c->m.u.vdm.payload.p[0] != TDISP_PROTOCOL) &&
	    !judge_recv(j))
		return false;
	if (!judge_vendor(j, TDISP_PROTOCOL, &a->raw))
		return false;
	a->bad = tdisp_decode(a->raw.p, a->raw.n, &a->m);
	return true;
}

/* --- words --- */

static const char *code_name(unsigned code)
{
	static const char *const rsp[] = {
		[TDISP_VERSION] = "TDISP_VERSION",
		[TDISP_CAPABILITIES] = "TDISP_CAPABILITIES",
		[TDISP_LOCK_RSP] = "LOCK_INTERFACE_RESPONSE",
		[TDISP_REPORT] = "DEVICE_INTERFACE_REPORT",
		[TDISP_STATE] = "DEVICE_INTERFACE_STATE",
		[TDISP_START_RSP] = "START_INTERFACE_RESPONSE",
		[TDISP_STOP_RSP] = "STOP_INTERFACE_RESPONSE",
		[TDISP_BIND_P2P_RSP] = "BIND_P2P_STREAM_RESPONSE",
		[TDISP_UNBIND_P2P_RSP] = "UNBIND_P2P_STREAM_RESPONSE",
		[TDISP_SET_MMIO_ATTR_RSP] = "SET_MMIO_ATTRIBUTE_RESPONSE",
		[TDISP_VDM_RSP] = "VDM_RESPONSE",
	};

	if (code == TDISP_ERROR)
		return "TDISP_ERROR";
	return code && code < COUNT(rsp) ? rsp[code] : "an unknown message";
}

/* Source: PCIe Base 6.x §11.3.24, table of error codes */
static const char *error_name(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *name;
	} t[] = {
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

	for (size_t i = 0; i < COUNT(t); i++)
		if (t[i].code == code)
			return t[i].name;
	return "of an unknown code";
}

const char *tee_state_name(unsigned state)
{
	static const char *const names[TDI_STATES] = {
		[TDI_UNLOCKED] = "CONFIG_UNLOCKED",
		[TDI_LOCKED] = "CONFIG_LOCKED",
		[TDI_RUN] = "RUN",
		[TDI_ERROR] = "ERROR",
	};

	return state < TDI_STATES ? names[state] : "a state that is reserved";
}

void tee_words(const struct tee_td *a, char *out, size_t cap)
{
	const char *name =
		a->raw.n > 1 ? code_name(a->raw.p[1]) : "less than a header";

	if (a->bad)
		snprintf(out, cap, "%s, malformed (%s)", name,
			 il_err_name(a->bad));
	else if (a->m.code == TDISP_ERROR)
		snprintf(out, cap, "TDISP_ERROR %s (0x%x)",
			 error_name(a->m.error.code),
			 (unsigned)a->m.error.code);
	else
		snprintf(out, cap, "%s", name);
}

/* --- expectations --- */

bool tee_is(struct judge *j, const struct tee_td *a, unsigned code)
{
	char came[96];

	tee_words(a, came, sizeof(came));
	return judge_expect(j, !a->bad && (unsigned)a->m.code == code,
			    "%s was to come, and what came is %s",
			    code_name(code), came);
}

bool tee_error_of(struct judge *j, const struct tee_td *a,
		  const uint32_t *codes)
{
	bool ok = !codes[0];
	char came[96], want[96] = "";
	size_t at = 0;

	tee_words(a, came, sizeof(came));
	for (size_t i = 0; codes[i] && at < sizeof(want); i++) {
		ok |= a->m.error.code == codes[i];
		at += (size_t)snprintf(want + at, sizeof(want) - at, "%s%s",
				       i ? " or " : " ", error_name(codes[i]));
	}
	return judge_expect(j, !a->bad && a->m.code == TDISP_ERROR && ok,
			    "TDISP_ERROR%s was to come, and what came is %s",
			    want, came);
}

bool tee_state_is(struct judge *j, enum tdi_state want)
{
	struct tee_td a;

	return tee_ask(j, TDISP_GET_STATE, NULL, 0, &a) &&
	       tee_is(j, &a, TDISP_STATE) &&
	       judge_expect(j, a.m.state == want,
			    "the interface is to be in %s, and it is in %s",
			    tee_state_name(want), tee_state_name(a.m.state));
}

void tee_lock_body(const struct judge *j, uint8_t *out, unsigned flags,
		   uint64_t offset)
{
	memset(out, 0, TEE_LOCK_LEN);
	put_u16le(out, (uint16_t)flags);
	out[2] = j->cfg.stream;
	put_u64le(out + 4, offset);
}

bool tee_offers(const struct tdisp_caps *caps, unsigned code)
{
	const unsigned bit = code & 0x7f;

	return caps->msgs[bit / 8] & 1u << bit % 8;
}
