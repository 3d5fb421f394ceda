/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/* KEY_EXCHANGE and what the device answers to it. */

/* Where fields of KEY_EXCHANGE stand: DSP0274 1.2.1, section 10.16. */
#define AT_SUMMARY 2
#define AT_SLOT	   3
#define AT_POLICY  6
#define AT_RSVD	   7
#define AT_POINT   40

static size_t at_opaque_len(const struct judge *j)
{
	return AT_POINT + j->q.shape.dhe_len;
}

static void answered(struct judge *j)
{
	struct hand h;

	if (ses_build(j, &h, NULL) && judge_plain(j, h.msg, h.n) &&
	    judge_answers(j, SPDM_KEY_EXCHANGE_RSP))
		judge_expect(j,
			     judge_answer(j)->p[0] == judge_engine(j)->version,
			     "another version than was agreed");
	ses_drop(&h);
}

/* Signature and HMAC are looked at in one place: what is told apart is which
 * of them does not hold. */
static void proof(struct judge *j, uint8_t summary)
{
	const struct hand_wish w = { .summary = summary };
	const char *flaw = NULL;
	struct spdm_msg m;
	struct hand h;
	enum il_err err;

	if (ses_build(j, &h, &w) && judge_plain(j, h.msg, h.n)) {
		const struct judge_answer *a = judge_answer(j);

		err = hand_key_exchange_rsp(&h, a->p, a->n, &m, &flaw);
		judge_expect(j, !err, "KEY_EXCHANGE_RSP: %s", flaw);
	}
	ses_drop(&h);
}

static void signature(struct judge *j)
{
	proof(j, SPDM_SUMMARY_NONE);
}

static void verify_data(struct judge *j)
{
	if (!ses_connect(j))
		return;
	if (judge_engine(j)->shape.clear) {
		judge_absent(j, "the handshake is in the clear, where "
				"KEY_EXCHANGE_RSP has no HMAC");
		return;
	}
	proof(j, SPDM_SUMMARY_NONE);
}

static void summary(struct judge *j)
{
	proof(j, SPDM_SUMMARY_ALL);
}

static void summary_tcb(struct judge *j)
{
	proof(j, SPDM_SUMMARY_TCB);
}

/* Sends KEY_EXCHANGE with one byte changed. */
static bool changed(struct judge *j, struct hand *h, size_t at, uint8_t to)
{
	if (!ses_build(j, h, NULL))
		return false;
	h->msg[at] = to;
	return judge_plain(j, h->msg, h->n);
}

static void reserved_byte(struct judge *j)
{
	const char *flaw = NULL;
	struct spdm_msg m;
	struct hand h;
	enum il_err err;

	if (changed(j, &h, AT_RSVD, 0xa5)) {
		const struct judge_answer *a = judge_answer(j);

		if (judge_expect(j, a->bad || a->m.code != SPDM_ERROR,
				 "refused for a reserved byte")) {
			err = hand_key_exchange_rsp(&h, a->p, a->n, &m, &flaw);
			judge_expect(j, !err, "KEY_EXCHANGE_RSP: %s", flaw);
		}
	}
	ses_drop(&h);
}

static void policy_reserved(struct judge *j)
{
	struct hand h;

	if (changed(j, &h, AT_POLICY, 0xf8)) {
		const struct judge_answer *a = judge_answer(j);

		judge_expect(j, a->bad || a->m.code != SPDM_ERROR,
			     "refused for reserved bits of SessionPolicy: "
			     "ERROR %02x",
			     a->m.param1);
	}
	ses_drop(&h);
}

static void policy_terminate(struct judge *j)
{
	struct hand h;

	if (changed(j, &h, AT_POLICY, SPDM_POLICY_TERMINATE)) {
		const struct judge_answer *a = judge_answer(j);

		judge_expect(j, a->bad || a->m.code != SPDM_ERROR,
			     "refused for TerminationPolicy: ERROR %02x",
			     a->m.param1);
	}
	ses_drop(&h);
}

static void policy_events(struct judge *j)
{
	struct hand h;

	if (!ses_connect(j))
		return;
	if (judge_engine(j)->peer_caps & SPDM_CAP_EVENT) {
		judge_absent(j, "the device offers EVENT_CAP");
		return;
	}
	if (changed(j, &h, AT_POLICY, SPDM_POLICY_EVENTS))
		judge_refused_any(j);
	ses_drop(&h);
}

static void summary_reserved(struct judge *j)
{
	static const uint8_t types[] = { 2, 0x7f, 0xfe };
	struct hand h;

	for (size_t i = 0; i < COUNT(types) && judge_on(j); i++) {
		if (changed(j, &h, AT_SUMMARY, types[i]))
			judge_refused(j, SPDM_ERR_INVALID_REQUEST);
		ses_drop(&h);
	}
}

/* The first slot that DIGESTS says holds nothing. */
static bool empty_slot(struct judge *j, uint8_t *slot)
{
	const uint8_t get[4] = { judge_engine(j)->version, SPDM_GET_DIGESTS };
	uint8_t mask;

	if (!judge_plain(j, get, sizeof(get)))
		return false;
	if (judge_answer(j)->n < 4 || judge_answer(j)->p[1] != SPDM_DIGESTS) {
		judge_absent(j, "GET_DIGESTS is not answered");
		return false;
	}
	mask = judge_answer(j)->p[3];
	for (*slot = 0; *slot < SPDM_SLOTS; (*slot)++)
		if (!(mask >> *slot & 1))
			return true;
	judge_absent(j, "all slots hold certificates");
	return false;
}

static void slot_empty(struct judge *j)
{
	struct hand h;
	uint8_t slot;

	hand_init(&h, judge_engine(j));
	if (ses_connect(j) && judge_has(j, SPDM_CAP_CERT) &&
	    empty_slot(j, &slot) && changed(j, &h, AT_SLOT, slot))
		judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	ses_drop(&h);
}

static void slot_beyond(struct judge *j)
{
	static const uint8_t slots[] = { 8, 0x0e, 0x80 };
	struct hand h;

	for (size_t i = 0; i < COUNT(slots) && judge_on(j); i++) {
		if (changed(j, &h, AT_SLOT, slots[i]))
			judge_refused(j, SPDM_ERR_INVALID_REQUEST);
		ses_drop(&h);
	}
}

static void slot_public_key(struct judge *j)
{
	struct hand h;

	if (!ses_connect(j))
		return;
	if (judge_engine(j)->peer_caps & SPDM_CAP_PUB_KEY_ID) {
		judge_absent(j, "the device offers PUB_KEY_ID_CAP");
		return;
	}
	if (changed(j, &h, AT_SLOT, 0xff))
		judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	ses_drop(&h);
}

/* The last byte of Y: no point has it, and another besides the negated one's
 * has that X. */
static void off_curve(struct judge *j)
{
	struct hand h;

	if (ses_build(j, &h, NULL)) {
		h.msg[at_opaque_len(j) - 1] ^= 0x01;
		if (judge_plain(j, h.msg, h.n))
			judge_refused_any(j);
	}
	ses_drop(&h);
}

static void zero_point(struct judge *j)
{
	struct hand h;

	if (ses_build(j, &h, NULL)) {
		memset(h.msg + AT_POINT, 0, j->q.shape.dhe_len);
		if (judge_plain(j, h.msg, h.n))
			judge_refused_any(j);
	}
	ses_drop(&h);
}

static void truncated(struct judge *j)
{
	struct hand h;

	if (ses_build(j, &h, NULL)) {
		const size_t cut[] = { AT_POINT - 1, AT_POINT + 4,
				       at_opaque_len(j) + 1, h.n - 5 };

		for (size_t i = 0; i < COUNT(cut) && judge_on(j); i++)
			if (judge_plain(j, h.msg, cut[i]))
				judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	}
	ses_drop(&h);
}

static void opaque_beyond(struct judge *j)
{
	struct hand h;

	if (ses_build(j, &h, NULL)) {
		put_u16le(h.msg + at_opaque_len(j), 0xffff);
		if (judge_plain(j, h.msg, h.n))
			judge_refused(j, SPDM_ERR_INVALID_REQUEST);
	}
	ses_drop(&h);
}

static void other_version(struct judge *j)
{
	struct hand h;

	if (ses_build(j, &h, NULL)) {
		for (int by = -1; by <= 1 && judge_on(j); by += 2) {
			h.msg[0] = (uint8_t)(judge_engine(j)->version + by);
			if (judge_plain(j, h.msg, h.n))
				judge_refused(j, SPDM_ERR_VERSION_MISMATCH);
		}
	}
	ses_drop(&h);
}

/* A KEY_EXCHANGE of the right length for nothing that was agreed. */
static void before_algorithms(struct judge *j)
{
	uint8_t body[170] = { 0 };
	struct spdm_span m;

	if (!judge_connect_before(j, SPDM_NEGOTIATE_ALGORITHMS))
		return;
	memset(body + 4, 0x5a, sizeof(body) - 4);
	m = judge_msg(j, SPDM_KEY_EXCHANGE, 0, 0, body, sizeof(body));
	if (judge_plain(j, m.p, m.n))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST,
			      SPDM_ERR_INVALID_REQUEST,
			      SPDM_ERR_UNSUPPORTED_REQUEST);
}

/* --- what the answer says --- */

/* One KEY_EXCHANGE that goes well. */
static bool taken(struct judge *j, struct hand *h, const struct hand_wish *w,
		  struct spdm_msg *m)
{
	return ses_build(j, h, w) && ses_offer(j, h, m);
}

static void random_fresh(struct judge *j)
{
	uint8_t first[SPDM_NONCE_LEN];
	struct spdm_msg m;
	struct hand h;

	if (taken(j, &h, NULL, &m)) {
		memcpy(first, m.u.key_ex_rsp.random, sizeof(first));
		ses_drop(&h);
		if (taken(j, &h, NULL, &m))
			judge_expect(j,
				     memcmp(first, m.u.key_ex_rsp.random,
					    sizeof(first)) != 0,
				     "two have the same RandomData");
	}
	ses_drop(&h);
}

static void key_fresh(struct judge *j)
{
	uint8_t first[SPDM_DHE_MAX];
	struct spdm_msg m;
	struct hand h;

	if (taken(j, &h, NULL, &m)) {
		const size_t n = m.u.key_ex_rsp.exchange.n;

		memcpy(first, m.u.key_ex_rsp.exchange.p, n);
		ses_drop(&h);
		if (taken(j, &h, NULL, &m))
			judge_expect(j,
				     memcmp(first, m.u.key_ex_rsp.exchange.p,
					    n) != 0,
				     "two have the same ExchangeData");
	}
	ses_drop(&h);
}

static void unasked_mutual(struct judge *j)
{
	struct spdm_msg m;
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_MUT_AUTH;
	if (taken(j, &h, NULL, &m))
		judge_expect(j, !m.u.key_ex_rsp.mut_auth,
			     "MutAuthRequested is %02x, of a requester "
			     "without MUT_AUTH_CAP",
			     m.u.key_ex_rsp.mut_auth);
	ses_drop(&h);
}

static void slot_param(struct judge *j)
{
	struct spdm_msg m;
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_MUT_AUTH;
	if (taken(j, &h, NULL, &m))
		judge_expect(j, !m.u.key_ex_rsp.req_slot,
			     "SlotIDParam is %02x where nothing is asked of "
			     "the requester",
			     m.u.key_ex_rsp.req_slot);
	ses_drop(&h);
}

static void unasked_heartbeat(struct judge *j)
{
	struct spdm_msg m;
	struct hand h;

	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HBEAT;
	if (taken(j, &h, NULL, &m))
		judge_expect(j, !m.param1,
			     "HeartbeatPeriod is %u, to a requester without "
			     "HBEAT_CAP",
			     m.param1);
	ses_drop(&h);
}

/* What needs sessions goes with them: flags that make no sense together are
 * refused by themselves. */
static void no_cap(struct judge *j)
{
	uint8_t body[170] = { 0 };
	struct spdm_span m;

	judge_offer(j)->caps &=
		~(uint32_t)(SPDM_CAP_KEY_EX | SPDM_CAP_PSK_MASK |
			    SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_HBEAT |
			    SPDM_CAP_KEY_UPD | SPDM_CAP_MUT_AUTH |
			    SPDM_CAP_ENCAP | SPDM_CAP_HANDSHAKE_IN_CLEAR);
	if (!ses_connect(j))
		return;
	memset(body + 4, 0x5a, sizeof(body) - 4);
	m = judge_msg(j, SPDM_KEY_EXCHANGE, 0, 0, body, sizeof(body));
	if (judge_plain(j, m.p, m.n))
		judge_refused(j, SPDM_ERR_UNSUPPORTED_REQUEST,
			      SPDM_ERR_UNEXPECTED_REQUEST);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define V12_ON JUDGE_SINCE(JUDGE_V12)
#define V13_ON JUDGE_SINCE(JUDGE_V13)
#define SES    JUDGE_NEEDS_SESSION

/* clang-format off */
static const struct judge_case cases[] = {
	{ "key-exchange-is-answered", JUDGE_SPDM, V11_ON, SES, 0,
	  "KEY_EXCHANGE is answered by a KEY_EXCHANGE_RSP of the version agreed on whose fields fill it exactly",
	  "DSP0274 1.2.1 section 10.16", SURE_SPEC, "key-exchange-rsp-cut", answered },
	{ "key-exchange-signature", JUDGE_SPDM, V11_ON, SES, 0,
	  "the signature of KEY_EXCHANGE_RSP is the slot's over the transcript, under the context of its message",
	  "DSP0274 1.2.1 sections 10.16.7 and 15", SURE_SPEC, "key-exchange-signature-wrong", signature },
	{ "key-exchange-verify-data", JUDGE_SPDM, V11_ON, SES, 0,
	  "ResponderVerifyData is the HMAC of the transcript under the responder's finished key",
	  "DSP0274 1.2.1 sections 10.16 and 11", SURE_SPEC, "key-exchange-hmac-wrong", verify_data },
	{ "key-exchange-summary", JUDGE_SPDM, V11_ON, SES | JUDGE_NEEDS_MEAS, 0,
	  "KEY_EXCHANGE_RSP has a measurement summary hash where all measurements were asked for",
	  "DSP0274 1.2.1 section 10.16 (MeasurementSummaryHash)", SURE_SPEC, "key-exchange-summary-left-out", summary },
	{ "key-exchange-summary-tcb", JUDGE_SPDM, V11_ON, SES | JUDGE_NEEDS_MEAS, 0,
	  "KEY_EXCHANGE_RSP has a measurement summary hash where those of the TCB were asked for",
	  "DSP0274 1.2.1 section 10.16 (MeasurementSummaryHash)", SURE_SPEC, "key-exchange-summary-left-out", summary_tcb },
	{ "key-exchange-reserved-ignored", JUDGE_SPDM, V11_ON, SES, 0,
	  "a reserved byte of KEY_EXCHANGE is ignored, and is in the transcript as it was sent",
	  "DSP0274 1.2.1 sections 6 (reserved) and 10.16", SURE_SPEC, "key-exchange-reserved-zeroed", reserved_byte },
	{ "key-exchange-policy-reserved", JUDGE_SPDM, V11_ON, SES, 0,
	  "reserved bits of SessionPolicy are ignored",
	  "DSP0274 1.2.1 sections 6 (reserved) and 10.16", SURE_SPEC, "key-exchange-refuses-policy", policy_reserved },
	{ "key-exchange-policy-terminate", JUDGE_SPDM, V12_ON, SES, 0,
	  "TerminationPolicy in SessionPolicy is taken",
	  "DSP0274 1.2.1 section 10.16 (SessionPolicy)", SURE_SPEC, "key-exchange-refuses-policy", policy_terminate },
	{ "key-exchange-policy-events", JUDGE_SPDM, V13_ON, SES, 0,
	  "EventAllPolicy is refused by a device without EVENT_CAP",
	  "DSP0274 1.3.2 section 10.16 (SessionPolicy); OPEN: the text leaves the answer out", SURE_OPEN, "key-exchange-takes-any-field", policy_events },
	{ "key-exchange-summary-type-reserved", JUDGE_SPDM, V11_ON, SES, 0,
	  "a reserved MeasurementSummaryHashType is ERROR InvalidRequest",
	  "DSP0274 1.2.1 sections 10.10 and 10.16; DMTF responder validator 8.6", SURE_SPEC, "key-exchange-takes-any-field", summary_reserved },
	{ "key-exchange-slot-empty", JUDGE_SPDM, V11_ON, SES, 0,
	  "a slot without certificates is ERROR InvalidRequest",
	  "DSP0274 1.2.1 sections 10.10 and 10.16; DMTF responder validator 8.6", SURE_SPEC, "key-exchange-takes-any-field", slot_empty },
	{ "key-exchange-slot-beyond", JUDGE_SPDM, V11_ON, SES, 0,
	  "a SlotID above 7 that is not FFh is ERROR InvalidRequest",
	  "DSP0274 1.2.1 section 10.16; DMTF responder validator 8.6", SURE_SPEC, "key-exchange-takes-any-field", slot_beyond },
	{ "key-exchange-slot-public-key", JUDGE_SPDM, V11_ON, SES, 0,
	  "SlotID FFh is ERROR InvalidRequest where the device's key was not provisioned",
	  "DSP0274 1.2.1 section 10.16; DMTF responder validator 8.6", SURE_SPEC, "key-exchange-takes-any-field", slot_public_key },
	{ "key-exchange-point-off-curve", JUDGE_SPDM, V11_ON, SES, 0,
	  "ExchangeData that is no point of the group is refused",
	  "DSP0274 1.2.1 section 10.16 (ExchangeData); SP 800-56A r3 section 5.6.2.3", SURE_SPEC, "key-exchange-takes-any-point", off_curve },
	{ "key-exchange-point-zero", JUDGE_SPDM, V11_ON, SES, 0,
	  "ExchangeData of zeros is refused",
	  "DSP0274 1.2.1 section 10.16 (ExchangeData); SP 800-56A r3 section 5.6.2.3", SURE_SPEC, "key-exchange-takes-any-point", zero_point },
	{ "key-exchange-truncated", JUDGE_SPDM, V11_ON, SES, 0,
	  "a KEY_EXCHANGE that is shorter than its fields is ERROR InvalidRequest",
	  "DSP0274 1.2.1 section 10.10 (InvalidRequest)", SURE_SPEC, "key-exchange-takes-any-length", truncated },
	{ "key-exchange-opaque-beyond", JUDGE_SPDM, V11_ON, SES, 0,
	  "an OpaqueDataLength above 1024 is ERROR InvalidRequest",
	  "DSP0274 1.2.1 section 10.16; DMTF responder validator 8.6", SURE_SPEC, "key-exchange-takes-any-length", opaque_beyond },
	{ "key-exchange-version-mismatch", JUDGE_SPDM, V11_ON, SES, 0,
	  "a KEY_EXCHANGE of another version than was agreed is ERROR VersionMismatch",
	  "DSP0274 1.2.1 section 10.10 (VersionMismatch); DMTF responder validator 8.3", SURE_SPEC, "key-exchange-takes-any-version", other_version },
	{ "key-exchange-before-algorithms", JUDGE_SPDM, V11_ON, SES, 0,
	  "KEY_EXCHANGE before algorithms are agreed on is refused",
	  "DSP0274 1.2.1 sections 10.1 and 10.10 (UnexpectedRequest)", SURE_SPEC, "key-exchange-at-any-time", before_algorithms },
	{ "key-exchange-random-fresh", JUDGE_SPDM, V11_ON, SES, 0,
	  "each KEY_EXCHANGE_RSP has RandomData of its own",
	  "DSP0274 1.2.1 section 10.16 (RandomData)", SURE_SPEC, "key-exchange-random-stale", random_fresh },
	{ "key-exchange-key-fresh", JUDGE_SPDM, V11_ON, SES, 0,
	  "each KEY_EXCHANGE_RSP has an ephemeral key of its own",
	  "DSP0274 1.2.1 section 10.16 (ExchangeData), of ephemeral keys; SP 800-56A r3 section 5.6.3.3", SURE_INFERRED, "key-exchange-key-stale", key_fresh },
	{ "key-exchange-mutual-unasked", JUDGE_SPDM, V11_ON, SES, 0,
	  "MutAuthRequested is 0 to a requester without MUT_AUTH_CAP",
	  "DSP0274 1.2.1 section 10.16 (MutAuthRequested); DMTF responder validator 8.1", SURE_SPEC, "key-exchange-mutual-unasked", unasked_mutual },
	{ "key-exchange-slot-param", JUDGE_SPDM, V11_ON, SES, 0,
	  "SlotIDParam is 0 where no mutual authentication is asked for",
	  "DSP0274 1.2.1 section 10.16 (SlotIDParam); DMTF responder validator 8.1", SURE_SPEC, "key-exchange-slot-param-set", slot_param },
	{ "key-exchange-heartbeat-unasked", JUDGE_SPDM, V11_ON, SES, 0,
	  "HeartbeatPeriod is 0 to a requester without HBEAT_CAP",
	  "DSP0274 1.2.1 section 10.16 (HeartbeatPeriod)", SURE_SPEC, "key-exchange-heartbeat-unasked", unasked_heartbeat },
	{ "key-exchange-without-capability", JUDGE_SPDM, V11_ON, SES, 0,
	  "KEY_EXCHANGE of a requester without KEY_EX_CAP is ERROR UnsupportedRequest",
	  "DSP0274 1.2.1 sections 10.3 and 10.10 (UnsupportedRequest)", SURE_INFERRED, "key-exchange-without-capability", no_cap },
};
/* clang-format on */

const struct judge_table judge_cases_session_keyex = { cases, COUNT(cases) };
