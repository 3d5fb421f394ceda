/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_priv.h"

/*
 * SPDM outside of sessions: requests that are to be refused and are not, those
 * that are refused without need, and single fields that are wrong.
 */

/* --- refusals --- */

/* Whatever ERROR row.error is about gets a response of zeros instead. */
static void anyway(struct misbehave_one *me, enum spdm_tap_stage stage,
		   const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		   size_t *n)
{
	const struct misbehave_bytes *in = &me->all->heard;
	uint8_t code = spdm_response_of(in->code);

	(void)rsp;
	if (stage != SPDM_TAP_FIELDS || *n < 4 || p[1] != SPDM_ERROR ||
	    (me->is->error && p[2] != me->is->error) || in->n < 4)
		return;
	if (me->is->code && in->code != me->is->code)
		return;
	/* Of a response sent as a request, and of RESPOND_IF_READY. */
	if (!code)
		code = in->code == SPDM_RESPOND_IF_READY
			       ? spdm_response_of(in->p[2])
			       : in->code & 0x7f;
	me->count++;
	p[1] = code;
	p[2] = p[3] = 0;
	*n = 20 < cap ? 20 : cap;
	memset(p + 4, 0, *n - 4);
}

static void response_answered(struct misbehave_one *me,
			      enum spdm_tap_stage stage,
			      const struct spdm_msg *rsp, uint8_t *p,
			      size_t cap, size_t *n)
{
	if (!(me->all->heard.code & 0x80))
		anyway(me, stage, rsp, p, cap, n);
}

/* What makes sense in sessions only is answered outside of them. */
static void no_session(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	const uint8_t code = me->all->heard.code;

	if (!me->all->heard.session_id &&
	    (code == SPDM_FINISH || code == SPDM_HEARTBEAT ||
	     code == SPDM_KEY_UPDATE || code == SPDM_END_SESSION))
		anyway(me, stage, rsp, p, cap, n);
}

/* A version that is none of the connection's is taken for it. */
static void any_header(struct misbehave_one *me, uint32_t session_id,
		       uint8_t *p, size_t cap, size_t *n)
{
	const struct spdm_rsp *r = misbehave_rsp(me);

	(void)session_id;
	(void)cap;
	if (*n < 4)
		return;
	if (p[1] == SPDM_GET_VERSION)
		p[0] = SPDM_V10;
	else if (r->version)
		p[0] = r->version;
	else if (p[0] > SPDM_V14)
		p[0] = r->cfg.versions[0];
}

/* --- reserved fields --- */

static void reserved_set(struct misbehave_one *me, enum spdm_tap_stage stage,
			 const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			 size_t *n)
{
	struct spdm_shape sh = fields_shape(rsp);
	struct field *f = me->all->list;
	size_t got;

	(void)stage;
	(void)cap;
	if (fields_of(p, *n, &sh, f, FIELDS_MAX, &got))
		return;
	for (size_t i = 0; i < got; i++)
		for (uint32_t k = 0;
		     f[i].kind == FIELD_RESERVED && k < f[i].len; k++)
			p[f[i].off + k] |= f[i].mask ? f[i].mask : 0xff;
}

/* Cut off, so that nothing is left to be understood. */
static void reserved_refused(struct misbehave_one *me, uint32_t session_id,
			     uint8_t *p, size_t cap, size_t *n)
{
	const struct spdm_shape sh = { 0 };
	struct field *f = me->all->list;
	bool set = *n > 3 && p[1] == SPDM_GET_MEASUREMENTS && p[2] & 0xf8;
	size_t len = *n, got = 0;

	(void)session_id;
	(void)cap;
	/* What fills up a data object is no part of it. */
	while (fields_of(p, len, &sh, f, FIELDS_MAX, &got)) {
		got = 0;
		if (!len || len + 3 == *n || p[len - 1])
			break;
		len--;
	}
	for (size_t i = 0; i < got; i++)
		for (uint32_t k = 0;
		     f[i].kind == FIELD_RESERVED && k < f[i].len; k++)
			if (p[f[i].off + k] & (f[i].mask ? f[i].mask : 0xff))
				set = true;
	if (set)
		*n = 3;
}

/* --- ERROR itself --- */

static void error_data(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code == SPDM_ERROR &&
	    rsp->param1 == SPDM_ERR_UNSUPPORTED_REQUEST)
		rsp->param2 = 0;
}

static void error_form(struct misbehave_one *me, uint32_t session_id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	static const uint8_t more[4] = { 1, 2, 3, 4 };

	(void)me;
	(void)session_id;
	(void)stage;
	if (rsp->code != SPDM_ERROR || rsp->u.error.ext.n)
		return;
	rsp->param2 = 7;
	rsp->u.error.ext = (struct spdm_span){ more, sizeof(more) };
}

/* After one refusal everything is refused, until GET_VERSION. */
static void error_ends(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	if (!misbehave_final(stage, rsp) || *n < 4)
		return;
	if (p[1] == SPDM_VERSION)
		me->count = 0;
	else if (p[1] == SPDM_ERROR)
		me->count = 1;
	else if (me->count)
		misbehave_refuse(p, cap, n, SPDM_ERR_UNEXPECTED_REQUEST, 0);
}

#define SECTION(s) "DSP0274 1.2.1, section " s
#define LENIENT(c, words)                                                     \
	.says = words " is answered where it has to be refused", .code = (c), \
	.bytes = misbehave_lenient, .n = 16

static const struct misbehaviour rows[] = {
	{ .name = "order-any",
	  .says = "what comes at the wrong time is answered all the same",
	  .source = SECTION("10.10 (UnexpectedRequest)"),
	  .error = SPDM_ERR_UNEXPECTED_REQUEST,
	  .bytes = anyway },
	{ .name = "response-answered",
	  .says = "a response that comes as a request is answered",
	  .source = SECTION("10.10 (UnsupportedRequest)"),
	  .bytes = response_answered },
	{ .name = "session-not-required",
	  .says = "FINISH, HEARTBEAT, KEY_UPDATE and END_SESSION are answered "
		  "outside of a session",
	  .source = SECTION("10.10 (SessionRequired)"),
	  .bytes = no_session },
	{ .name = "ready-any",
	  .says = "RESPOND_IF_READY is answered where nothing is awaited",
	  .source = SECTION("10.10 (ResponseNotReady)"),
	  .code = SPDM_RESPOND_IF_READY,
	  .bytes = anyway },
	{ .name = "ready-request",
	  .says = "ResponseNotReady names another request",
	  .source = SECTION("10.10 (ResponseNotReady)"),
	  .message = "ERROR",
	  .field = "request",
	  .change = { .how = CHANGE_FLIP },
	  .bytes = misbehave_alter },
	{ .name = "version-any-header",
	  .says = "a request in another version than was agreed is answered",
	  .source = SECTION("10.10 (VersionMismatch)"),
	  .heard = any_header },
	{ .name = "capabilities-any",
	  LENIENT(SPDM_GET_CAPABILITIES, "GET_CAPABILITIES"),
	  .source = SECTION("10.3") },
	{ .name = "algorithms-any",
	  LENIENT(SPDM_NEGOTIATE_ALGORITHMS, "NEGOTIATE_ALGORITHMS"),
	  .source = SECTION("10.4") },
	{ .name = "version-keeps-connection",
	  LENIENT(SPDM_GET_DIGESTS, "GET_DIGESTS"),
	  .source = SECTION("10.2") },
	{ .name = "certificate-any",
	  LENIENT(SPDM_GET_CERTIFICATE, "GET_CERTIFICATE"),
	  .source = SECTION("10.6") },
	{ .name = "challenge-any",
	  LENIENT(SPDM_CHALLENGE, "CHALLENGE"),
	  .source = SECTION("10.9") },
	{ .name = "measurements-any",
	  LENIENT(SPDM_GET_MEASUREMENTS, "GET_MEASUREMENTS"),
	  .source = SECTION("10.11") },
	{ .name = "vendor-any",
	  LENIENT(SPDM_VENDOR_DEFINED_REQUEST, "VENDOR_DEFINED_REQUEST"),
	  .source = SECTION("10.14") },
	{ .name = "csr-any",
	  LENIENT(SPDM_GET_CSR, "GET_CSR"),
	  .source = "DSP0274 1.3.2, section 10.26.1" },
	{ .name = "set-certificate-any",
	  LENIENT(SPDM_SET_CERTIFICATE, "SET_CERTIFICATE"),
	  .source = "DSP0274 1.3.2, section 10.26.2" },
	{ .name = "key-pair-any",
	  LENIENT(SPDM_GET_KEY_PAIR_INFO, "GET_KEY_PAIR_INFO"),
	  .source = "DSP0274 1.3.2, section 10.27.1" },
	{ .name = "set-key-pair-any",
	  LENIENT(SPDM_SET_KEY_PAIR_INFO, "SET_KEY_PAIR_INFO"),
	  .source = "DSP0274 1.3.2, section 10.27.2" },
	{ .name = "endpoint-info-any",
	  LENIENT(SPDM_GET_ENDPOINT_INFO, "GET_ENDPOINT_INFO"),
	  .source = "DSP0274 1.3.2, section 10.24" },
	{ .name = "log-any",
	  LENIENT(SPDM_GET_MEASUREMENT_EXTENSION_LOG,
		  "GET_MEASUREMENT_EXTENSION_LOG"),
	  .source = "DSP0274 1.3.2, section 10.25" },
	{ .name = "chunk-get-any",
	  LENIENT(SPDM_CHUNK_GET, "CHUNK_GET"),
	  .source = SECTION("10.27") },
	{ .name = "chunk-send-any",
	  LENIENT(SPDM_CHUNK_SEND, "CHUNK_SEND"),
	  .source = SECTION("10.26") },
	{ .name = "reserved-set",
	  .says = "reserved fields of responses are all ones",
	  .source = "DSP0274 1.2.1, conventions (reserved values)",
	  .bytes = reserved_set },
	{ .name = "reserved-refused",
	  .says = "a request whose reserved fields are not zero is refused",
	  .source = "DSP0274 1.2.1, conventions (reserved values)",
	  .heard = reserved_refused },
	{ .name = "error-data",
	  .says = "ERROR UnsupportedRequest has no request code",
	  .source = SECTION("10.10 (UnsupportedRequest)"),
	  .fields = error_data },
	{ .name = "error-form",
	  .says = "ERROR has data where its code has none",
	  .source = SECTION("10.10"),
	  .fields = error_form },
	{ .name = "error-ends-connection",
	  .says = "after one refusal everything is refused",
	  .source = SECTION("10.10"),
	  .bytes = error_ends },
};

const struct misbehave_group misbehave_spdm = { "SPDM, whatever is asked", rows,
						COUNT(rows) };
