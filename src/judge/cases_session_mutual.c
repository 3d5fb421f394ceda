/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"
#include "spdm/chain.h"

/*
 * Mutual authentication as a device asks for it in KEY_EXCHANGE_RSP, and the
 * encapsulated requests that it goes by. Which form it asks for, and whether
 * at all, is the device's choice.
 */

/* --- what the requester answers --- */

static const struct spdm_req_slot *own_slot(const struct judge *j)
{
	return &j->q.cfg.slots[0];
}

static bool digests(struct judge *j, struct wr *w)
{
	const struct spdm_req *q = judge_engine(j);
	uint8_t root[SPDM_HASH_MAX], chain[SPDM_HASH_MAX];
	struct spdm_msg m;

	spdm_msg_start(&m, q->version, SPDM_DIGESTS);
	m.param1 = q->version >= SPDM_V13 ? 1 : 0; /* SupportedSlotMask */
	m.param2 = 1;
	m.u.digests.all = (struct spdm_span){ chain, q->shape.hash_len };
	return !spdm_chain_hash(q->cfg.crypto, q->hash, own_slot(j)->certs,
				own_slot(j)->root, root, chain) &&
	       !spdm_msg_encode(w, &m);
}

#define PORTION 512u

static bool certificate(struct judge *j, struct wr *w, const uint8_t *req,
			size_t n)
{
	const struct spdm_req *q = judge_engine(j);
	uint8_t root[SPDM_HASH_MAX], hash[SPDM_HASH_MAX], part[PORTION];
	struct spdm_chain ch = { .certs = own_slot(j)->certs,
				 .root_hash = root,
				 .hash_len = q->shape.hash_len };
	size_t off, len, total;
	struct spdm_msg m;

	if (n < 8 || spdm_chain_hash(q->cfg.crypto, q->hash, own_slot(j)->certs,
				     own_slot(j)->root, root, hash))
		return false;
	off = get_u16le(req + 4);
	len = get_u16le(req + 6);
	total = spdm_chain_len(&ch);
	if (off >= total)
		return false;
	len = len < PORTION ? len : PORTION;
	len = len < total - off ? len : total - off;
	spdm_chain_bytes(&ch, off, part, len);
	spdm_msg_start(&m, q->version, SPDM_CERTIFICATE);
	m.u.cert.remainder = (uint32_t)(total - off - len);
	m.u.cert.portion = (struct spdm_span){ part, len };
	return !spdm_msg_encode(w, &m);
}

/* --- the flow --- */

/* A handshake, and what is asked in it. */
struct showing {
	struct hand h;
	uint8_t id; /* of the request that is out */
	uint8_t req[64];
	size_t n;
	unsigned rounds;
	bool over;
};

static bool begun(struct judge *j, struct showing *f)
{
	memset(f, 0, sizeof(*f));
	judge_offer(j)->caps &= ~(uint32_t)SPDM_CAP_HANDSHAKE_IN_CLEAR;
	if (!ses_handshake(j, &f->h, NULL))
		return false;
	if (!f->h.mutual) {
		judge_absent(j, "the device does not ask who the requester "
				"is");
		return false;
	}
	return true;
}

/* What the answer carries; nothing: the flow is over. */
static bool take_request(struct judge *j, struct showing *f, uint8_t code)
{
	const struct judge_answer *a = judge_answer(j);
	const struct spdm_span in = a->m.u.encap.inner;

	if (!judge_answers(j, code))
		return false;
	f->over = code == SPDM_ENCAPSULATED_RESPONSE_ACK &&
		  a->m.param2 != SPDM_ENCAP_PRESENT;
	if (f->over && a->m.param2 == SPDM_ENCAP_REQ_SLOT && in.n)
		f->h.req_slot = in.p[0];
	if (f->over)
		return true;
	f->id = a->m.param1;
	f->n = in.n < sizeof(f->req) ? in.n : sizeof(f->req);
	if (f->n)
		memcpy(f->req, in.p, f->n);
	return judge_expect(j, f->n >= 4 && in.p[0] == j->q.version,
			    "the encapsulated request is none of the version "
			    "agreed on");
}

/* GET_DIGESTS goes without saying where the form says so. */
static bool first_request(struct judge *j, struct showing *f)
{
	if (f->h.mutual == SPDM_MUT_AUTH_DIGESTS) {
		f->req[0] = judge_engine(j)->version;
		f->req[1] = SPDM_GET_DIGESTS;
		f->n = 4;
		return true;
	}
	return ses_ask(j, &f->h, SPDM_GET_ENCAPSULATED_REQUEST, 0, 0) &&
	       take_request(j, f, SPDM_ENCAPSULATED_REQUEST);
}

/* The delivery into @w; what is asked beyond the two cannot be answered. */
static bool delivery(struct judge *j, struct showing *f, struct wr *w)
{
	wr_u8(w, judge_engine(j)->version);
	wr_u8(w, SPDM_DELIVER_ENCAPSULATED_RESPONSE);
	wr_u8(w, f->id);
	wr_u8(w, 0);
	if (f->req[1] == SPDM_GET_DIGESTS)
		return digests(j, w);
	return f->req[1] == SPDM_GET_CERTIFICATE &&
	       certificate(j, w, f->req, f->n);
}

static bool deliver(struct judge *j, struct showing *f)
{
	struct wr w = wr_over(f->h.msg, sizeof(f->h.msg));

	if (!delivery(j, f, &w)) {
		judge_absent(j, "the device asks by message %02x", f->req[1]);
		return false;
	}
	return ses_say(j, &f->h, f->h.msg, w.len) &&
	       take_request(j, f, SPDM_ENCAPSULATED_RESPONSE_ACK);
}

/* To the point where FINISH is awaited. */
static bool shown(struct judge *j, struct showing *f)
{
	if (!begun(j, f))
		return false;
	if (f->h.mutual == SPDM_MUT_AUTH)
		return true; /* it knows the requester already */
	if (!first_request(j, f))
		return false;
	while (!f->over) {
		if (++f->rounds > 200) {
			judge_fail(j, "the device does not cease asking");
			return false;
		}
		if (!deliver(j, f))
			return false;
	}
	return true;
}

static void opens(struct judge *j)
{
	struct showing f;

	if (shown(j, &f) && ses_finish(j, &f.h, NULL) &&
	    ses_send_finish(j, &f.h) && ses_finished(j, &f.h))
		ses_lives(j, &f.h, "a FINISH that was signed");
	ses_drop(&f.h);
}

/* FINISH with something left out or wrong, at the end of the flow. */
static void bad_finish(struct judge *j, const struct hand_finish *how,
		       const char *what)
{
	bool answered = false;
	struct showing f;

	if (shown(j, &f) && ses_finish(j, &f.h, how) &&
	    ses_say_maybe(j, &f.h, f.h.msg, f.h.n, &answered))
		judge_expect(j, !answered || !ses_got(j, SPDM_FINISH_RSP),
			     "%s opened the session", what);
	ses_drop(&f.h);
}

static void unsigned_finish(struct judge *j)
{
	bad_finish(j, &(struct hand_finish){ .no_sign = true },
		   "FINISH without a signature");
}

static void wrong_signature(struct judge *j)
{
	bad_finish(j, &(struct hand_finish){ .bad_sig = true },
		   "FINISH with a wrong signature");
}

static void at_once(struct judge *j)
{
	const struct hand_finish how = { .no_sign = true };
	bool answered = false;
	struct showing f;

	if (begun(j, &f) && ses_finish(j, &f.h, &how) &&
	    ses_say_maybe(j, &f.h, f.h.msg, f.h.n, &answered))
		judge_expect(j, !answered || !ses_got(j, SPDM_FINISH_RSP),
			     "FINISH opened the session, and nothing was "
			     "shown or signed");
	ses_drop(&f.h);
}

static void one_form(struct judge *j)
{
	struct showing f;

	if (begun(j, &f))
		judge_expect(j,
			     !(f.h.mutual & (f.h.mutual - 1)) &&
				     f.h.mutual <= SPDM_MUT_AUTH_DIGESTS,
			     "MutAuthRequested is %02x", f.h.mutual);
	ses_drop(&f.h);
}

/* --- encapsulated requests --- */

static bool asked(struct judge *j, struct showing *f)
{
	if (!begun(j, f))
		return false;
	if (f->h.mutual == SPDM_MUT_AUTH) {
		judge_absent(j, "the device asks for no certificates");
		return false;
	}
	return first_request(j, f);
}

static void other_id(struct judge *j)
{
	struct showing f;
	struct wr w;

	if (asked(j, &f)) {
		w = wr_over(f.h.msg, sizeof(f.h.msg));
		f.id = (uint8_t)(f.id + 1);
		if (delivery(j, &f, &w) && ses_say(j, &f.h, f.h.msg, w.len))
			judge_refused_any(j);
	}
	ses_drop(&f.h);
}

static void other_response(struct judge *j)
{
	struct showing f;

	if (asked(j, &f)) {
		const uint8_t v = judge_engine(j)->version;
		const uint8_t m[8] = { v,    SPDM_DELIVER_ENCAPSULATED_RESPONSE,
				       f.id, 0,
				       v,    SPDM_HEARTBEAT_ACK };

		if (ses_say(j, &f.h, m, sizeof(m)))
			judge_refused(j, SPDM_ERR_INVALID_RESPONSE_CODE);
	}
	ses_drop(&f.h);
}

static void ack_id(struct judge *j)
{
	struct showing f;
	uint8_t id;

	if (asked(j, &f)) {
		id = f.id;
		if (deliver(j, &f))
			judge_expect(j, judge_answer(j)->m.u.encap.ack_id == id,
				     "AckRequestID is %u, and %u was answered",
				     judge_answer(j)->m.u.encap.ack_id, id);
	}
	ses_drop(&f.h);
}

static void nothing_pending(struct judge *j)
{
	struct spdm_span m;

	if (!ses_connect(j))
		return;
	m = judge_msg(j, SPDM_GET_ENCAPSULATED_REQUEST, 0, 0, NULL, 0);
	if (!judge_plain(j, m.p, m.n))
		return;
	if (judge_engine(j)->version >= SPDM_V13)
		judge_refused(j, SPDM_ERR_NO_PENDING_REQUESTS);
	else
		judge_refused_any(j);
}

static void nothing_asked(struct judge *j)
{
	const uint8_t inner[4] = { 0, SPDM_DIGESTS };
	struct spdm_span m;

	if (!ses_connect(j))
		return;
	m = judge_msg(j, SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 0, inner,
		      sizeof(inner));
	if (judge_plain(j, m.p, m.n))
		judge_refused(j, SPDM_ERR_UNEXPECTED_REQUEST);
}

static void without_encap(struct judge *j)
{
	struct spdm_span m;

	judge_offer(j)->caps &= ~(uint32_t)(SPDM_CAP_ENCAP | SPDM_CAP_MUT_AUTH);
	if (!ses_connect(j))
		return;
	m = judge_msg(j, SPDM_GET_ENCAPSULATED_REQUEST, 0, 0, NULL, 0);
	if (judge_plain(j, m.p, m.n))
		judge_refused(j, SPDM_ERR_UNSUPPORTED_REQUEST,
			      SPDM_ERR_UNEXPECTED_REQUEST);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define V12_ON JUDGE_SINCE(JUDGE_V12)
#define WHO    (JUDGE_NEEDS_SESSION | JUDGE_NEEDS_IDENTITY)
#define MUT    (SPDM_CAP_MUT_AUTH | SPDM_CAP_CERT)

/* clang-format off */
static const struct judge_case cases[] = {
	{ "mutual-session-opens", JUDGE_SPDM, V11_ON, WHO, MUT,
	  "a requester that shows the certificates that are asked for and signs FINISH comes to a session",
	  "DSP0274 1.2.1 sections 10.16 and 10.17", SURE_SPEC, "finish-refused", opens },
	{ "mutual-one-form", JUDGE_SPDM, V11_ON, WHO, MUT,
	  "MutAuthRequested has one bit of the three, where mutual authentication is asked for",
	  "DSP0274 1.2.1 section 10.16 (MutAuthRequested)", SURE_SPEC, "mutual-many-forms", one_form },
	{ "mutual-finish-unsigned", JUDGE_SPDM, V11_ON, WHO, MUT,
	  "FINISH without a signature opens no session where mutual authentication was asked for",
	  "DSP0274 1.2.1 section 10.17 (Param1)", SURE_SPEC, "mutual-not-needed", unsigned_finish },
	{ "mutual-finish-at-once", JUDGE_SPDM, V11_ON, WHO, MUT,
	  "FINISH without a signature opens no session before the requester has shown its certificates, either",
	  "DSP0274 1.2.1 section 10.17; CVE-2023-31127", SURE_SPEC, "mutual-not-needed", at_once },
	{ "mutual-finish-signature-wrong", JUDGE_SPDM, V11_ON, WHO, MUT,
	  "FINISH whose signature does not verify opens no session",
	  "DSP0274 1.2.1 section 10.17 (Signature)", SURE_SPEC, "mutual-signature-any", wrong_signature },
	{ "encapsulated-id-wrong", JUDGE_SPDM, V11_ON, WHO, MUT | SPDM_CAP_ENCAP,
	  "an answer to another encapsulated request than the one that is out is refused",
	  "DSP0274 1.2.1 section on DELIVER_ENCAPSULATED_RESPONSE (Request ID)", SURE_SPEC, "encapsulated-any-id", other_id },
	{ "encapsulated-response-wrong", JUDGE_SPDM, V11_ON, WHO, MUT | SPDM_CAP_ENCAP,
	  "an encapsulated response of another code than was asked for is ERROR InvalidResponseCode",
	  "DSP0274 1.2.1 section 10.10 (InvalidResponseCode)", SURE_SPEC, "encapsulated-never-refused", other_response },
	{ "encapsulated-ack-id", JUDGE_SPDM, V12_ON, WHO, MUT | SPDM_CAP_ENCAP,
	  "ENCAPSULATED_RESPONSE_ACK names the request that was answered",
	  "DSP0274 1.2.1 section on ENCAPSULATED_RESPONSE_ACK (AckRequestID)", SURE_SPEC, "encapsulated-ack-id-wrong", ack_id },
	{ "encapsulated-nothing-pending", JUDGE_SPDM, V11_ON, JUDGE_NEEDS_IDENTITY, SPDM_CAP_ENCAP,
	  "GET_ENCAPSULATED_REQUEST where there is none is refused, from 1.3 on by ERROR NoPendingRequests",
	  "DSP0274 1.3.2 section 10.10 (NoPendingRequests)", SURE_SPEC, "encapsulated-request-never-refused", nothing_pending },
	{ "encapsulated-nothing-asked", JUDGE_SPDM, V11_ON, JUDGE_NEEDS_IDENTITY, SPDM_CAP_ENCAP,
	  "DELIVER_ENCAPSULATED_RESPONSE where nothing was asked is ERROR UnexpectedRequest",
	  "DSP0274 1.2.1 section 10.10 (UnexpectedRequest)", SURE_SPEC, "encapsulated-never-refused", nothing_asked },
	{ "encapsulated-without-capability", JUDGE_SPDM, V11_ON, 0, 0,
	  "GET_ENCAPSULATED_REQUEST of a requester without ENCAP_CAP is refused",
	  "DSP0274 1.2.1 sections 10.3 and 10.10 (UnsupportedRequest)", SURE_INFERRED, "encapsulated-request-never-refused", without_encap },
};
/* clang-format on */

const struct judge_table judge_cases_session_mutual = { cases, COUNT(cases) };
