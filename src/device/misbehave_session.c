/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_session.h"
#include "spdm/sig.h"

/* KEY_EXCHANGE and PSK_EXCHANGE. */

static bool of(const struct misbehave_one *me, uint8_t code)
{
	return me->all->heard.code == code;
}

struct spdm_rsp_session *misbehave_session_of(const struct misbehave_one *me,
					      uint32_t id)
{
	struct spdm_rsp *r = misbehave_rsp(me);

	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state != SPDM_SES_NONE &&
		    r->cfg.ses[i].id == id)
			return &r->cfg.ses[i];
	return NULL;
}

/* --- requests made right before they are judged --- */

/* DSP0274 1.2.1, section 10.16: where fields of KEY_EXCHANGE stand. */
#define AT_POLICY 6
#define AT_RSVD	  7
#define AT_POINT  40

static bool key_ex(const uint8_t *p, size_t n)
{
	return n > AT_POINT && p[1] == SPDM_KEY_EXCHANGE;
}

static void any_field(struct misbehave_one *me, uint32_t id, uint8_t *p,
		      size_t cap, size_t *n)
{
	(void)me;
	(void)id;
	(void)cap;
	if (!key_ex(p, *n))
		return;
	if (p[2] != SPDM_SUMMARY_TCB && p[2] != SPDM_SUMMARY_ALL)
		p[2] = SPDM_SUMMARY_NONE;
	p[3] = 0;
	p[AT_POLICY] = 0;
}

static void reserved(struct misbehave_one *me, uint32_t id, uint8_t *p,
		     size_t cap, size_t *n)
{
	(void)me;
	(void)id;
	(void)cap;
	if (key_ex(p, *n))
		p[AT_RSVD] = 0;
}

static enum crypto_curve curve_of(const struct spdm_rsp *r)
{
	return spdm_crypto_curve(r->dhe);
}

/* A point of its own, for which nobody has the other half. */
static void any_point(struct misbehave_one *me, uint32_t id, uint8_t *p,
		      size_t cap, size_t *n)
{
	const struct spdm_rsp *r = misbehave_rsp(me);
	const size_t len = 2 * crypto_curve_len(curve_of(r));
	struct crypto_slot dh = { 0 };

	(void)id;
	(void)cap;
	if (!key_ex(p, *n) || !len || *n < AT_POINT + len)
		return;
	if (!crypto_dh_begin(me->all->crypto, &dh, curve_of(r), p + AT_POINT))
		crypto_drop(me->all->crypto, &dh);
}

static void any_version(struct misbehave_one *me, uint32_t id, uint8_t *p,
			size_t cap, size_t *n)
{
	(void)id;
	(void)cap;
	if (key_ex(p, *n) && misbehave_rsp(me)->version)
		p[0] = misbehave_rsp(me)->version;
}

/* The list of versions begins behind the frame, the element's head, the data's
 * version and id, and the count: DSP0277 1.1, opaque data format. */
static void any_secured(struct misbehave_one *me, uint32_t id, uint8_t *p,
			size_t cap, size_t *n)
{
	const struct spdm_rsp *r = misbehave_rsp(me);
	const size_t at = AT_POINT + spdm_dhe_len(r->dhe) + 2 +
			  (r->opaque_fmt1 ? 4 : 8) + 4 + 2 + 1;

	(void)id;
	(void)cap;
	if (key_ex(p, *n) && *n >= at + 2)
		put_u16le(p + at, r->cfg.sm_versions[0]);
}

/* --- responses --- */

static bool rsp_is(const struct spdm_msg *rsp, enum spdm_tap_stage stage,
		   uint8_t code)
{
	(void)stage;
	return rsp->code == code;
}

static void cut(struct misbehave_one *me, enum spdm_tap_stage stage,
		const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	(void)me;
	(void)p;
	(void)cap;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP) &&
	    stage == SPDM_TAP_PROOF && *n > 16)
		*n -= 8;
}

static void policy(struct misbehave_one *me, enum spdm_tap_stage stage,
		   const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		   size_t *n)
{
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP) &&
	    stage == SPDM_TAP_PROOF && me->all->heard.n > AT_POLICY &&
	    me->all->heard.p[AT_POLICY])
		misbehave_refuse(p, cap, n, SPDM_ERR_INVALID_REQUEST, 0);
}

static void no_summary(struct misbehave_one *me, uint32_t id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)id;
	(void)stage;
	if (rsp->code == SPDM_KEY_EXCHANGE_RSP && of(me, SPDM_KEY_EXCHANGE))
		rsp->u.key_ex_rsp.summary.n = 0;
	if (rsp->code == SPDM_PSK_EXCHANGE_RSP)
		rsp->u.psk_ex_rsp.summary.n = 0;
}

static void stale_random(struct misbehave_one *me, uint32_t id,
			 enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)id;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP))
		memset(rsp->u.key_ex_rsp.random, 0x5a, SPDM_NONCE_LEN);
}

static void mutual(struct misbehave_one *me, uint32_t id,
		   enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)id;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP) &&
	    !(misbehave_rsp(me)->peer_caps & SPDM_CAP_MUT_AUTH))
		rsp->u.key_ex_rsp.mut_auth = SPDM_MUT_AUTH;
}

static void slot_param(struct misbehave_one *me, uint32_t id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)id;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP) &&
	    !rsp->u.key_ex_rsp.mut_auth)
		rsp->u.key_ex_rsp.req_slot = 3;
}

static void heartbeat(struct misbehave_one *me, uint32_t id,
		      enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)id;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP) &&
	    !(misbehave_rsp(me)->peer_caps & SPDM_CAP_HBEAT))
		rsp->param1 = 7;
}

static void same_id(struct misbehave_one *me, uint32_t id,
		    enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)id;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP))
		rsp->u.key_ex_rsp.session_id = (uint16_t)me->is->n;
}

static void zero_id(struct misbehave_one *me, uint32_t id,
		    enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)id;
	if (rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP))
		rsp->u.key_ex_rsp.session_id = 0;
}

/* 63.0 of secured messages, which is nobody's. */
static void not_offered(struct misbehave_one *me, uint32_t id,
			enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	struct wr w = wr_over(me->all->plain.p, sizeof(me->all->plain.p));

	(void)id;
	if (!rsp_is(rsp, stage, SPDM_KEY_EXCHANGE_RSP))
		return;
	spdm_sm_selected_write(&w, misbehave_rsp(me)->opaque_fmt1, 0x3f00);
	rsp->u.key_ex_rsp.opaque =
		(struct spdm_span){ me->all->plain.p, w.len };
}

/* One ephemeral key for all: that of a run which the port left unfinished. */
static void stale_key(struct misbehave_one *me, uint32_t id, uint8_t *p,
		      size_t cap, size_t *n)
{
	struct spdm_rsp *r = misbehave_rsp(me);
	const enum crypto_curve curve = curve_of(r);
	uint8_t scalar[CRYPTO_SCALAR_MAX] = { 0 };

	(void)id;
	(void)cap;
	if (!key_ex(p, *n) || !crypto_curve_len(curve))
		return;
	scalar[crypto_curve_len(curve) - 1] = 0x2b;
	crypto_drop(me->all->crypto, &r->wait.dh);
	if (!crypto_dh_load(me->all->crypto, &r->wait.dh, curve, scalar,
			    r->wait.point)) {
		r->wait.code = SPDM_KEY_EXCHANGE;
		r->wait.ctx = 0;
	}
}

/* --- PSK_EXCHANGE_RSP --- */

static void other_context(struct misbehave_one *me, uint32_t id,
			  enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	static const uint8_t some[SPDM_NONCE_LEN] = { 1 };

	(void)me;
	(void)id;
	if (!rsp_is(rsp, stage, SPDM_PSK_EXCHANGE_RSP))
		return;
	if (rsp->u.psk_ex_rsp.context.n && stage == SPDM_TAP_FIELDS)
		rsp->u.psk_ex_rsp.context.n = 0;
	else if (stage == SPDM_TAP_FIELDS)
		rsp->u.psk_ex_rsp.context =
			(struct spdm_span){ some, sizeof(some) };
}

static void stale_context(struct misbehave_one *me, uint32_t id,
			  enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	static const uint8_t same[SPDM_NONCE_LEN] = { 0x5a, 0xa5 };

	(void)me;
	(void)id;
	if (rsp_is(rsp, stage, SPDM_PSK_EXCHANGE_RSP) &&
	    rsp->u.psk_ex_rsp.context.n)
		rsp->u.psk_ex_rsp.context =
			(struct spdm_span){ same, sizeof(same) };
}

/* --- several sessions --- */

static void push_out(struct misbehave_one *me, uint32_t id, uint8_t *p,
		     size_t cap, size_t *n)
{
	struct spdm_rsp *r = misbehave_rsp(me);

	(void)id;
	(void)cap;
	if (!key_ex(p, *n))
		return;
	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state != SPDM_SES_NONE)
			(void)spdm_rsp_end(r, r->cfg.ses[i].id);
}

static void other_limit(struct misbehave_one *me, enum spdm_tap_stage stage,
			const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			size_t *n)
{
	(void)me;
	(void)rsp;
	(void)stage;
	if (*n >= 4 && p[1] == SPDM_ERROR &&
	    p[2] == SPDM_ERR_SESSION_LIMIT_EXCEEDED)
		misbehave_refuse(p, cap, n, SPDM_ERR_UNSPECIFIED, 0);
}

#define KEY_EX_SRC "DSP0274 1.2.1, section 10.16"
#define PSK_EX_SRC "DSP0274 1.2.1, section 10.18"

/* clang-format off */
static const struct misbehaviour rows[] = {
	{ .name = "key-exchange-rsp-cut",
	  .says = "the last eight bytes of KEY_EXCHANGE_RSP are missing",
	  .source = KEY_EX_SRC, .bytes = cut },
	{ .name = "key-exchange-signature-wrong",
	  .says = "one bit of the signature in KEY_EXCHANGE_RSP is wrong",
	  .source = KEY_EX_SRC, .message = "KEY_EXCHANGE_RSP", .field = "signature",
	  .change = { .how = CHANGE_FLIP }, .bytes = misbehave_alter },
	{ .name = "key-exchange-hmac-wrong",
	  .says = "one bit of ResponderVerifyData in KEY_EXCHANGE_RSP is wrong",
	  .source = KEY_EX_SRC, .message = "KEY_EXCHANGE_RSP", .field = "verify",
	  .change = { .how = CHANGE_FLIP }, .bytes = misbehave_alter },
	{ .name = "key-exchange-summary-left-out",
	  .says = "KEY_EXCHANGE_RSP never has a measurement summary hash",
	  .source = KEY_EX_SRC, .fields = no_summary },
	{ .name = "key-exchange-reserved-zeroed",
	  .says = "the transcript has zero where KEY_EXCHANGE had a reserved byte",
	  .source = "DSP0274 1.2.1, section 10.16.7", .heard = reserved },
	{ .name = "key-exchange-refuses-policy",
	  .says = "a KEY_EXCHANGE whose SessionPolicy is not zero is refused",
	  .source = KEY_EX_SRC, .bytes = policy },
	{ .name = "key-exchange-takes-any-field",
	  .says = "summary type, slot and policy of KEY_EXCHANGE are taken as usual ones if they cannot be",
	  .source = KEY_EX_SRC, .heard = any_field },
	{ .name = "key-exchange-takes-any-point",
	  .says = "ExchangeData of KEY_EXCHANGE is not looked at",
	  .source = "SP 800-56A r3, section 5.6.2.3", .heard = any_point },
	{ .name = "key-exchange-takes-any-length",
	  .says = "a KEY_EXCHANGE of a wrong length is answered as if it were right",
	  .source = KEY_EX_SRC, .code = SPDM_KEY_EXCHANGE, .error = SPDM_ERR_INVALID_REQUEST,
	  .bytes = misbehave_lenient },
	{ .name = "key-exchange-takes-any-version",
	  .says = "a KEY_EXCHANGE of any version is taken as of the one agreed on",
	  .source = "DSP0274 1.2.1, section 10.10 (VersionMismatch)", .heard = any_version },
	{ .name = "key-exchange-at-any-time",
	  .says = "KEY_EXCHANGE is answered before algorithms are agreed on",
	  .source = "DSP0274 1.2.1, section 10.1", .code = SPDM_KEY_EXCHANGE,
	  .error = SPDM_ERR_UNEXPECTED_REQUEST, .bytes = misbehave_lenient },
	{ .name = "key-exchange-without-capability",
	  .says = "KEY_EXCHANGE is answered to a requester without KEY_EX_CAP",
	  .source = "DSP0274 1.2.1, section 10.3", .code = SPDM_KEY_EXCHANGE,
	  .error = SPDM_ERR_UNSUPPORTED_REQUEST, .bytes = misbehave_lenient },
	{ .name = "key-exchange-random-stale",
	  .says = "each KEY_EXCHANGE_RSP has the same RandomData",
	  .source = KEY_EX_SRC, .fields = stale_random },
	{ .name = "key-exchange-key-stale",
	  .says = "each KEY_EXCHANGE_RSP has the same ephemeral key",
	  .source = "SP 800-56A r3, section 5.6.3.3", .heard = stale_key },
	{ .name = "key-exchange-mutual-unasked",
	  .says = "mutual authentication is asked of a requester without MUT_AUTH_CAP",
	  .source = KEY_EX_SRC, .fields = mutual },
	{ .name = "key-exchange-slot-param-set",
	  .says = "SlotIDParam of KEY_EXCHANGE_RSP is 3 where nothing is asked",
	  .source = KEY_EX_SRC, .fields = slot_param },
	{ .name = "key-exchange-heartbeat-unasked",
	  .says = "HeartbeatPeriod is 7 to a requester without HBEAT_CAP",
	  .source = KEY_EX_SRC, .fields = heartbeat },
	{ .name = "session-id-always-the-same",
	  .says = "RspSessionID of each KEY_EXCHANGE_RSP is N",
	  .source = KEY_EX_SRC, .n = 0xbeef, .fields = same_id },
	{ .name = "session-id-zero",
	  .says = "RspSessionID of each KEY_EXCHANGE_RSP is 0",
	  .source = KEY_EX_SRC, .fields = zero_id },
	{ .name = "sessions-push-each-other-out",
	  .says = "KEY_EXCHANGE ends all sessions that are there",
	  .source = KEY_EX_SRC, .heard = push_out },
	{ .name = "session-limit-by-another-name",
	  .says = "one session too many is ERROR Unspecified",
	  .source = "DSP0274 1.2.1, section 10.10 (SessionLimitExceeded)", .bytes = other_limit },
	{ .name = "secured-version-not-offered",
	  .says = "KEY_EXCHANGE_RSP selects 63.0 of secured messages",
	  .source = "DSP0277 1.1, version selection", .fields = not_offered },
	{ .name = "secured-version-any",
	  .says = "a KEY_EXCHANGE that offers no version of secured messages in common is taken",
	  .source = "DSP0277 1.1, version selection", .heard = any_secured },
	{ .name = "psk-exchange-hmac-wrong",
	  .says = "one bit of ResponderVerifyData in PSK_EXCHANGE_RSP is wrong",
	  .source = PSK_EX_SRC, .message = "PSK_EXCHANGE_RSP", .field = "verify",
	  .change = { .how = CHANGE_FLIP }, .bytes = misbehave_alter },
	{ .name = "psk-exchange-summary-left-out",
	  .says = "PSK_EXCHANGE_RSP never has a measurement summary hash",
	  .source = PSK_EX_SRC, .fields = no_summary },
	{ .name = "psk-exchange-context-other",
	  .says = "PSK_EXCHANGE_RSP has a context where CAPABILITIES said that it has none, and the other way round",
	  .source = PSK_EX_SRC, .fields = other_context },
	{ .name = "psk-exchange-context-stale",
	  .says = "each PSK_EXCHANGE_RSP has the same context",
	  .source = PSK_EX_SRC, .fields = stale_context },
	{ .name = "psk-exchange-never-refused",
	  .says = "no PSK_EXCHANGE is refused",
	  .source = PSK_EX_SRC, .code = SPDM_PSK_EXCHANGE, .bytes = misbehave_lenient },
};
/* clang-format on */

const struct misbehave_group misbehave_session = { "session begins", rows,
						   COUNT(rows) };
