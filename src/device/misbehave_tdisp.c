/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bits.h"
#include "device/misbehave_priv.h"
#include "device/misbehave_tee.h"

/*
 * TDISP. Tables decide what is legal where; decoded answers are changed, or
 * turned into refusals and back; what has no member is changed in the payload,
 * which misbehave_report.c does for reports.
 */

#define SRC "PCIe Base 6.x §11.3"

/* In a payload: protocol id, then the message. */
#define AT_VERSION 1
#define AT_CODE	   2
#define AT_RSVD	   3
#define AT_FN	   5
#define AT_ID_RSVD 9
#define AT_BODY	   17
/* And in a VENDOR_DEFINED_REQUEST: what stands before the payload. */
#define VDM_HEAD 11

static uint8_t code_of(const uint8_t *p, size_t n)
{
	return n > AT_CODE && p[0] == TDISP_PROTOCOL ? p[AT_CODE] : 0;
}

/* TDISP in a request as it came; NULL: it is none. */
static uint8_t *message(uint8_t *p, size_t n)
{
	return n >= VDM_HEAD + AT_BODY && p[1] == SPDM_VENDOR_DEFINED_REQUEST &&
			       p[VDM_HEAD] == TDISP_PROTOCOL
		       ? p + VDM_HEAD
		       : NULL;
}

static void refuse(struct tdisp_msg *rsp, uint32_t code)
{
	rsp->code = TDISP_ERROR;
	rsp->error.code = code;
	rsp->error.data = 0;
	rsp->error.ext = NULL;
	rsp->error.ext_len = 0;
}

static bool is_error(const struct tdisp_msg *rsp, uint32_t code)
{
	return rsp->code == TDISP_ERROR && rsp->error.code == code;
}

/* --- tables --- */

/* @arg: request code << 8 | a bit for each state in which it is refused. */
static void refused_in(struct misbehave_one *me, struct misbehave_tables *t)
{
	const unsigned ev = (unsigned)(me->is->arg >> 8) - TDISP_GET_VERSION;

	for (unsigned s = 0; s < TDI_STATES; s++)
		if (me->is->arg & BIT(s))
			t->tdi[ev][s].act = NULL;
}

/* The same, and the state from which the row is taken << 16: legal there. */
static void legal_in(struct misbehave_one *me, struct misbehave_tables *t)
{
	const unsigned ev =
		(unsigned)(me->is->arg >> 8 & 0xff) - TDISP_GET_VERSION;
	const struct tdi_edge from = t->tdi[ev][me->is->arg >> 16];

	for (unsigned s = 0; s < TDI_STATES; s++)
		if (me->is->arg & BIT(s))
			t->tdi[ev][s] = from;
}
#define IN(s)		    BIT(TDI_##s)
#define IN_ALL		    0xfu
#define REFUSED(code, in)   (((uint32_t)(code) << 8) | (in))
#define LEGAL(code, in, as) (REFUSED(code, in) | (uint32_t)TDI_##as << 16)

static void no_keys(struct misbehave_one *me, struct device_cfg *cfg)
{
	(void)me;
	cfg->relax |= DEVICE_RELAX_NO_KEYS;
}

static void any_interface(struct misbehave_one *me, struct device_cfg *cfg)
{
	(void)me;
	cfg->relax |= DEVICE_RELAX_INTERFACE;
}

static void outlives(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	for (unsigned s = TDI_LOCKED; s <= TDI_RUN; s++) {
		t->tdi[TDI_EV_SESSION][s].act = NULL;
		t->tdi[TDI_EV_STREAM][s].act = NULL;
	}
}

static void ends_all(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->cascade[DSM_EV_SESSION].scope = DSM_TDI_ALL;
}

/* --- ports --- */

static const struct rule *any_config(void *ctx, uint32_t fn,
				     const struct tdisp_lock *lock)
{
	(void)ctx;
	(void)fn;
	(void)lock;
	return NULL;
}

/* Each stream is the only default one, of class 0. */
static enum il_err any_stream(void *ctx, uint8_t stream, struct dsm_stream *out)
{
	enum il_err err = device_dsm_port.stream_info(ctx, stream, out);

	if (err)
		return err;
	out->defaults = 1;
	out->tc = 0;
	return IL_OK;
}

static void unminded(struct misbehave_one *me, struct spdm_rsp_port *spdm,
		     struct dsm_port *dsm)
{
	(void)me;
	(void)spdm;
	dsm->check_config = any_config;
	dsm->stream_info = any_stream;
}

/* --- decoded answers --- */

static bool version_empty(struct misbehave_one *me, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->code == TDISP_VERSION)
		rsp->versions.count = 0;
	return true;
}

static bool version_other(struct misbehave_one *me, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp)
{
	static const uint8_t other[] = { 0x20 };

	(void)me;
	(void)req;
	if (rsp->code == TDISP_VERSION)
		rsp->versions.entries = other;
	return true;
}

static bool version_minor(struct misbehave_one *me, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp)
{
	(void)me;
	if (req->code == TDISP_GET_VERSION && req->version != TDISP_VERSION_10)
		refuse(rsp, TDISP_E_VERSION_MISMATCH);
	return true;
}

/* @arg: the other code. */
static bool unknown_is(struct misbehave_one *me, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp)
{
	(void)req;
	if (is_error(rsp, TDISP_E_UNSUPPORTED_REQUEST))
		refuse(rsp, (uint32_t)me->is->arg);
	return true;
}

static bool error_data(struct misbehave_one *me, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->code == TDISP_ERROR)
		rsp->error.data ^= 0x100;
	return true;
}

static bool state_wrong(struct misbehave_one *me, const struct tdisp_msg *req,
			struct tdisp_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->code == TDISP_STATE)
		rsp->state ^= 1u;
	return true;
}

/* What is refused is done, it says. @arg: request code << 16 | error code; 0:
 * of any request, of any error. */
static bool pretends(struct misbehave_one *me, const struct tdisp_msg *req,
		     struct tdisp_msg *rsp)
{
	const uint32_t code = (uint32_t)me->is->arg >> 16,
		       error = me->is->arg & 0xffff;

	if (rsp->code != TDISP_ERROR || (code && req->code != code) ||
	    (error && rsp->error.code != error))
		return true;
	memset(&rsp->nonce, 0x5a, sizeof(rsp->nonce));
	if (req->code == TDISP_VDM_REQ)
		rsp->vdm = req->vdm;
	rsp->code = (enum tdisp_code)(req->code & 0x7f);
	return true;
}
#define PRETENDS(code, error) ((uint32_t)(code) << 16 | (error))

static bool optional_done(struct misbehave_one *me, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp)
{
	(void)me;
	if (req->code >= TDISP_BIND_P2P_REQ &&
	    req->code <= TDISP_SET_MMIO_ATTR_REQ)
		rsp->code = (enum tdisp_code)(req->code & 0x7f);
	return true;
}

static bool other_session(struct misbehave_one *me, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp)
{
	(void)me;
	if (is_error(rsp, TDISP_E_INVALID_REQUEST) &&
	    (req->code == TDISP_START_REQ || req->code == TDISP_STOP_REQ))
		rsp->code = (enum tdisp_code)(req->code & 0x7f);
	return true;
}

/* After a LOCK that was refused none is accepted. */
static bool refusal_sticks(struct misbehave_one *me,
			   const struct tdisp_msg *req, struct tdisp_msg *rsp)
{
	if (req->code != TDISP_LOCK_REQ)
		return true;
	if (me->count)
		refuse(rsp, TDISP_E_INVALID_REQUEST);
	me->count |= rsp->code == TDISP_ERROR;
	return true;
}

/* Nor after a STOP of one that was locked. */
static bool lock_once(struct misbehave_one *me, const struct tdisp_msg *req,
		      struct tdisp_msg *rsp)
{
	if (req->code == TDISP_LOCK_REQ && me->count)
		refuse(rsp, TDISP_E_INVALID_REQUEST);
	me->note[0] |= rsp->code == TDISP_LOCK_RSP;
	me->count |= rsp->code == TDISP_STOP_RSP && me->note[0];
	return true;
}

static bool no_flags(struct misbehave_one *me, const struct tdisp_msg *req,
		     struct tdisp_msg *rsp)
{
	(void)me;
	if (req->code == TDISP_LOCK_REQ && req->lock.flags)
		refuse(rsp, TDISP_E_INVALID_REQUEST);
	return true;
}

static bool nonce_constant(struct misbehave_one *me,
			   const struct tdisp_msg *req, struct tdisp_msg *rsp)
{
	(void)me;
	(void)req;
	if (rsp->code == TDISP_LOCK_RSP)
		memset(rsp->nonce, 0x5a, sizeof(rsp->nonce));
	return true;
}

static bool one_try(struct misbehave_one *me, const struct tdisp_msg *req,
		    struct tdisp_msg *rsp)
{
	if (req->code != TDISP_START_REQ)
		return true;
	if (me->count)
		refuse(rsp, TDISP_E_INVALID_NONCE);
	me->count |= is_error(rsp, TDISP_E_INVALID_NONCE);
	return true;
}

/* --- requests as they come --- */

static void any_version(struct misbehave_one *me, uint32_t session_id,
			uint8_t *p, size_t cap, size_t *n)
{
	uint8_t *m = message(p, *n);

	(void)me;
	(void)session_id;
	(void)cap;
	if (m)
		m[AT_VERSION] = TDISP_VERSION_10;
}

/* All functions of the device are the first one. */
static void one_interface(struct misbehave_one *me, uint32_t session_id,
			  uint8_t *p, size_t cap, size_t *n)
{
	uint8_t *m = message(p, *n);

	(void)me;
	(void)session_id;
	(void)cap;
	if (m)
		m[AT_FN] &= 0xf8;
}

/* --- payloads --- */

/* @arg: place << 8 | bits that are turned over, in each answer. */
static void header(struct misbehave_one *me, const uint8_t *in, size_t n,
		   uint8_t *out, size_t cap, size_t *len)
{
	(void)in;
	(void)n;
	(void)cap;
	if (code_of(out, *len) && *len > me->is->arg >> 8)
		out[me->is->arg >> 8] ^= (uint8_t)me->is->arg;
}
#define HEADER(at, bits) ((uint32_t)(at) << 8 | (bits))

static void caps_reserved(struct misbehave_one *me, const uint8_t *in, size_t n,
			  uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	(void)in;
	(void)n;
	(void)cap;
	if (code_of(out, *len) == TDISP_CAPABILITIES && *len > 39)
		out[39] = 1;
}

static void error_longer(struct misbehave_one *me, const uint8_t *in, size_t n,
			 uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	(void)in;
	(void)n;
	if (code_of(out, *len) != TDISP_ERROR || cap - *len < 4)
		return;
	memset(out + *len, 0, 4);
	*len += 4;
}

static bool any_bit(const uint8_t *p, size_t n)
{
	uint8_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= p[i];
	return all;
}

static void minds_reserved(struct misbehave_one *me, const uint8_t *in,
			   size_t n, uint8_t *out, size_t cap, size_t *len)
{
	bool set;

	(void)me;
	if (!code_of(in, n) || n < AT_BODY || cap < AT_BODY + 8)
		return;
	set = any_bit(in + AT_RSVD, 2) || in[AT_FN + 3] & 0xfe ||
	      any_bit(in + AT_ID_RSVD, 8);
	if (in[AT_CODE] == TDISP_LOCK_REQ && n >= AT_BODY + 4)
		set |= in[AT_BODY] & 0xe0 || in[AT_BODY + 1] || in[AT_BODY + 3];
	if (!set)
		return;
	out[AT_CODE] = TDISP_ERROR;
	put_u32le(out + AT_BODY, TDISP_E_INVALID_REQUEST);
	put_u32le(out + AT_BODY + 4, 0);
	*len = AT_BODY + 8;
}

/* A header is an answer, if it is to be one. */
static void acknowledge(const uint8_t *in, size_t n, uint8_t *out, size_t cap,
			size_t *len)
{
	if (n < AT_BODY || cap < AT_BODY)
		return;
	memcpy(out, in, AT_BODY);
	out[AT_CODE] = in[AT_CODE] & 0x7f;
	*len = AT_BODY;
}

static void response_done(struct misbehave_one *me, const uint8_t *in, size_t n,
			  uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	if (code_of(in, n) && !(in[AT_CODE] & 0x80))
		acknowledge(in, n, out, cap, len);
}

static void any_length(struct misbehave_one *me, const uint8_t *in, size_t n,
		       uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	if (code_of(out, *len) == TDISP_ERROR && *len >= AT_BODY + 4 &&
	    get_u32le(out + AT_BODY) == TDISP_E_INVALID_REQUEST)
		acknowledge(in, n, out, cap, len);
}

static void any_cipher(struct misbehave_one *me, const uint8_t *in, size_t n,
		       uint8_t *out, size_t cap, size_t *len)
{
	(void)me;
	if (!*len && code_of(in, n))
		acknowledge(in, n, out, cap, len);
}

static bool outside(struct misbehave_one *me, struct device_exchange *x)
{
	static const uint8_t payload[AT_BODY] = { TDISP_PROTOCOL,
						  TDISP_VERSION_10,
						  TDISP_STOP_RSP };

	(void)me;
	return misbehave_outside(x, payload, sizeof(payload));
}

#define CAPS(what, text, place, ...)                                \
	{                                                           \
		.name = "tdisp-capabilities-" what, .says = (text), \
		.source = "PCIe Base 6.x §11.3.7",                  \
		.message = "TDISP_CAPABILITIES", .field = place,    \
		.change = { __VA_ARGS__ }, .bytes = misbehave_alter \
	}
#define TABLE(what, text, where, how, number)                             \
	{                                                                 \
		.name = "tdisp-" what, .says = (text), .source = (where), \
		.arg = (number), .tables = (how)                          \
	}
#define TAP(what, text, where, how, number)                               \
	{                                                                 \
		.name = "tdisp-" what, .says = (text), .source = (where), \
		.arg = (number), .tdisp = (how)                           \
	}
#define PAYLOAD(what, text, where, how, number)                           \
	{                                                                 \
		.name = "tdisp-" what, .says = (text), .source = (where), \
		.arg = (number), .payload = (how)                         \
	}

/* clang-format off */
static const struct misbehaviour rows[] = {
	{ .name = "lock-twice",
	  .says = "LOCK_INTERFACE_REQUEST is accepted in CONFIG_LOCKED",
	  .source = "PCIe Base 6.x §11.3.8",
	  .arg = LEGAL(TDISP_LOCK_REQ, IN(LOCKED), UNLOCKED),
	  .tables = legal_in },
	TABLE("version-refused", "GET_TDISP_VERSION is refused", SRC, refused_in, REFUSED(TDISP_GET_VERSION, IN_ALL)),
	TABLE("capabilities-refused", "GET_TDISP_CAPABILITIES is refused", SRC, refused_in, REFUSED(TDISP_GET_CAPABILITIES, IN_ALL)),
	TABLE("lock-refused", "LOCK_INTERFACE_REQUEST is refused", SRC, refused_in, REFUSED(TDISP_LOCK_REQ, IN_ALL)),
	TABLE("report-refused", "GET_DEVICE_INTERFACE_REPORT is refused", SRC, refused_in, REFUSED(TDISP_GET_REPORT, IN_ALL)),
	TABLE("start-refused", "START_INTERFACE_REQUEST is refused", SRC, refused_in, REFUSED(TDISP_START_REQ, IN_ALL)),
	TABLE("stop-refused", "STOP_INTERFACE_REQUEST is refused", SRC, refused_in, REFUSED(TDISP_STOP_REQ, IN_ALL)),
	TABLE("stop-once", "STOP_INTERFACE_REQUEST is refused in CONFIG_UNLOCKED", SRC, refused_in, REFUSED(TDISP_STOP_REQ, IN(UNLOCKED))),
	TABLE("error-for-good", "STOP_INTERFACE_REQUEST is refused in ERROR", SRC, refused_in, REFUSED(TDISP_STOP_REQ, IN(ERROR))),
	TABLE("attribute-refused", "SET_MMIO_ATTRIBUTE_REQUEST is refused", SRC, refused_in, REFUSED(TDISP_SET_MMIO_ATTR_REQ, IN_ALL)),
	TABLE("report-anywhere", "GET_DEVICE_INTERFACE_REPORT is looked at in each state", SRC, legal_in, LEGAL(TDISP_GET_REPORT, IN(UNLOCKED) | IN(ERROR), LOCKED)),
	TABLE("start-anywhere", "START_INTERFACE_REQUEST is looked at in each state", SRC, legal_in, LEGAL(TDISP_START_REQ, IN(UNLOCKED) | IN(RUN) | IN(ERROR), LOCKED)),
	{ .name = "tdisp-lock-anywhere", .says = "LOCK_INTERFACE_REQUEST is accepted in each state, with keys or without", .source = SRC,
	  .arg = LEGAL(TDISP_LOCK_REQ, IN(LOCKED) | IN(RUN) | IN(ERROR), UNLOCKED), .tables = legal_in, .start = no_keys },
	{ .name = "tdisp-lock-keyless", .says = "LOCK_INTERFACE_REQUEST is accepted without keys, of any stream", .source = "PCIe Base 6.x §11.3.8", .start = no_keys },
	{ .name = "tdisp-any-interface", .says = "a function that is not there is answered for", .source = "PCIe Base 6.x §11.2", .start = any_interface },
	{ .name = "tdisp-configuration-unminded", .says = "LOCK_INTERFACE_REQUEST is accepted whatever BARs and streams are configured as", .source = "PCIe Base 6.x §11.3.8", .ports = unminded },
	TABLE("outlives-session", "an interface stays locked when its session ends", "PCIe Base 6.x §11.4.5", outlives, 0),
	TABLE("any-session-ends", "the end of any session puts each interface that is locked into ERROR", "PCIe Base 6.x §11.4.5", ends_all, 0),
	TAP("version-empty", "TDISP_VERSION lists nothing", "PCIe Base 6.x §11.3.5", version_empty, 0),
	TAP("version-other", "TDISP_VERSION lists 2.0 alone", "PCIe Base 6.x §11.3.5", version_other, 0),
	TAP("version-minor-minded", "GET_TDISP_VERSION with another minor version is a mismatch", "PCIe Base 6.x §11.3.4", version_minor, 0),
	TAP("unknown-is-invalid", "requests that are not supported are INVALID_REQUEST", "PCIe Base 6.x §11.3.1", unknown_is, TDISP_E_INVALID_REQUEST),
	TAP("unknown-without-code", "UNSUPPORTED_REQUEST does not tell the request's code", "PCIe Base 6.x §11.3.24", unknown_is, TDISP_E_UNSUPPORTED_REQUEST),
	TAP("error-data", "ERROR_DATA that is reserved is set", "PCIe Base 6.x §11.3.24", error_data, 0),
	TAP("state-wrong", "GET_DEVICE_INTERFACE_STATE tells another state", "PCIe Base 6.x §11.3.13", state_wrong, 0),
	TAP("optional-anywhere", "requests about peers and attributes are acknowledged in each state", "PCIe Base 6.x §11.3.1", optional_done, 0),
	TAP("lock-any-session", "LOCK_INTERFACE_REQUEST is acknowledged whichever session keyed the stream", "PCIe Base 6.x §11.3.8", pretends, PRETENDS(TDISP_LOCK_REQ, TDISP_E_INVALID_REQUEST)),
	TAP("lock-refusal-sticks", "once a LOCK_INTERFACE_REQUEST was refused none is accepted", "PCIe Base 6.x §11.3.8", refusal_sticks, 0),
	TAP("lock-once", "an interface that was stopped is not locked again", "PCIe Base 6.x §11.2", lock_once, 0),
	TAP("lock-no-flags", "LOCK_INTERFACE_REQUEST with a flag is refused", "PCIe Base 6.x §11.3.8", no_flags, 0),
	{ .name = "tdisp-nonce-zero", .says = "START_INTERFACE_NONCE is zero", .source = "PCIe Base 6.x §11.3.9",
	  .message = "LOCK_RSP", .field = "nonce", .change = { .how = CHANGE_ZERO }, .bytes = misbehave_alter },
	TAP("nonce-constant", "START_INTERFACE_NONCE is always the same", "PCIe Base 6.x §11.3.9", nonce_constant, 0),
	TAP("start-any-nonce", "START_INTERFACE_REQUEST with another nonce is acknowledged", "PCIe Base 6.x §11.3.14", pretends, PRETENDS(TDISP_START_REQ, TDISP_E_INVALID_NONCE)),
	TAP("start-one-try", "after a wrong nonce the right one is wrong as well", "PCIe Base 6.x §11.3.14", one_try, 0),
	TAP("any-session", "START_INTERFACE_REQUEST and STOP_INTERFACE_REQUEST are acknowledged in any session", "PCIe Base 6.x §11.4.5", other_session, 0),
	TAP("attribute-anywhere", "SET_MMIO_ATTRIBUTE_REQUEST of any range is acknowledged", "PCIe Base 6.x §11.3.22", pretends, PRETENDS(TDISP_SET_MMIO_ATTR_REQ, 0)),
	TAP("any-vendor", "VDM_REQUEST of any vendor is answered", "PCIe Base 6.x §11.3.25", pretends, PRETENDS(TDISP_VDM_REQ, 0)),
	{ .name = "tdisp-any-version", .says = "the version of a request does not matter", .source = "PCIe Base 6.x §11.3.3", .heard = any_version },
	{ .name = "tdisp-one-interface", .says = "each function stands for function 0", .source = "PCIe Base 6.x §11.2", .heard = one_interface },
	PAYLOAD("answers-other-version", "answers have version 1.1", "PCIe Base 6.x §11.3.3", header, HEADER(AT_VERSION, 0x01)),
	PAYLOAD("answers-reserved", "a reserved byte of each answer's header is set", "PCIe Base 6.x §11.3.3", header, HEADER(AT_RSVD, 0x01)),
	PAYLOAD("answers-other-interface", "answers name another function", "PCIe Base 6.x §11.3.3", header, HEADER(AT_FN, 0x01)),
	PAYLOAD("minds-reserved", "a request with a reserved bit set is refused", "PCIe Base 6.x §11.3.3", minds_reserved, 0),
	PAYLOAD("response-as-request", "a response code is acknowledged", "PCIe Base 6.x §11.3.1", response_done, 0),
	PAYLOAD("error-longer", "TDISP_ERROR has four bytes more", "PCIe Base 6.x §11.3.24", error_longer, 0),
	PAYLOAD("any-length", "requests of a wrong length are acknowledged", "PCIe Base 6.x §11.3.3", any_length, 0),
	PAYLOAD("any-cipher", "TDISP under another algorithm than AES-256-GCM is answered", "PCIe Base 6.x §11.2.2", any_cipher, 0),
	PAYLOAD("capabilities-reserved", "a reserved byte of TDISP_CAPABILITIES is set", "PCIe Base 6.x §11.3.7", caps_reserved, 0),
	{ .name = "tdisp-outside-session", .says = "TDISP outside a session is answered", .source = "PCIe Base 6.x §11.2.2", .ask = outside },
	CAPS("dsm", "DSM_CAPS is not zero", "dsm_caps", .how = CHANGE_MORE),
	CAPS("fewer", "REQ_MSGS_SUPPORTED has none of the requests that are required", "msgs", .how = CHANGE_ZERO),
	CAPS("more", "REQ_MSGS_SUPPORTED has bits of requests that are not defined", "more_msgs", .how = CHANGE_ONES),
	CAPS("optional", "REQ_MSGS_SUPPORTED is wrong about BIND_P2P_STREAM_REQUEST", "more_msgs", .how = CHANGE_FLIP, .bit = 0),
	CAPS("flags", "LOCK_INTERFACE_FLAGS_SUPPORTED has reserved bits", "lock_flags", .how = CHANGE_ONES),
	CAPS("width", "DEV_ADDR_WIDTH is 0", "addr_width", .how = CHANGE_ZERO),
	CAPS("no-request", "NUM_REQ_ALL is 0", "num_req_all", .how = CHANGE_ZERO),
	CAPS("counts", "NUM_REQ_THIS is above NUM_REQ_ALL", "num_req_this", .how = CHANGE_ONES),
};
/* clang-format on */

const struct misbehave_group misbehave_tdisp = { "TDISP", rows, COUNT(rows) };
