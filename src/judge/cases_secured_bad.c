/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/*
 * Records that the device must not take. None may be answered as if it were
 * right; what does not decrypt ends its session, with ERROR DecryptError or
 * without a word.
 */

static const struct spdm_binding *binding(const struct judge *j)
{
	return spdm_channel_binding(
		&(struct spdm_channel){ .binding = j->cfg.target.binding });
}

static size_t head_len(const struct judge *j)
{
	return 6u + binding(j)->seq_len;
}

/* END_SESSION as a record, to be spoilt: whoever takes it acknowledges. */
static bool made(struct judge *j, struct hand *h, size_t *n)
{
	uint8_t msg[4] = { 0, SPDM_END_SESSION };

	if (!ses_open(j, h, NULL))
		return false;
	msg[0] = judge_engine(j)->version;
	if (hand_seal(h, msg, sizeof(msg), j->out, sizeof(j->out), n)) {
		judge_absent(j, "the record could not be made");
		return false;
	}
	return true;
}

/* Sends what stands in j->out; it must not be acknowledged. */
static bool not_taken(struct judge *j, struct hand *h, size_t n,
		      const char *what, bool *answered)
{
	if (!ses_maybe(j, JUDGE_RECORD, j->out, n, answered))
		return false;
	if (*answered)
		ses_hear(j, h);
	return judge_expect(j, !*answered || !ses_got(j, SPDM_END_SESSION_ACK),
			    "%s was taken", what);
}

/* And the session is over. */
static void fatal(struct judge *j, struct hand *h, size_t n, const char *what)
{
	bool answered = false;

	h->ch[SPDM_DIR_REQ].seq--;
	if (not_taken(j, h, n, what, &answered) &&
	    (!answered || !judge_answer(j)->opened ||
	     judge_refused(j, SPDM_ERR_DECRYPT_ERROR)))
		ses_ended(j, h, 2, what);
}

static void tag(struct judge *j)
{
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		j->out[n - 1] ^= 1;
		fatal(j, &h, n, "a record with a wrong tag");
	}
	ses_drop(&h);
}

static void cipher(struct judge *j)
{
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		j->out[head_len(j) + 3] ^= 0x80;
		fatal(j, &h, n, "a record whose encrypted bytes were changed");
	}
	ses_drop(&h);
}

static void all_zero_tag(struct judge *j)
{
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		memset(j->out + n - SPDM_SECURED_TAIL, 0, SPDM_SECURED_TAIL);
		fatal(j, &h, n, "a record with a tag of zeros");
	}
	ses_drop(&h);
}

/* The responder's own key, as one who sends back what it was sent has it. */
static void reflected(struct judge *j)
{
	uint8_t msg[4] = { 0, SPDM_END_SESSION };
	bool answered = false;
	struct hand h;
	size_t n = 0;

	if (ses_open(j, &h, NULL)) {
		struct spdm_channel own = h.ch[SPDM_DIR_REQ];

		msg[0] = judge_engine(j)->version;
		h.ch[SPDM_DIR_REQ] = h.ch[SPDM_DIR_RSP];
		if (!hand_seal(&h, msg, sizeof(msg), j->out, sizeof(j->out),
			       &n)) {
			h.ch[SPDM_DIR_REQ] = own;
			not_taken(j, &h, n,
				  "a record under the responder's own key",
				  &answered);
		}
		h.ch[SPDM_DIR_REQ] = own;
	}
	ses_drop(&h);
}

/* Twice the same HEARTBEAT; then what the requester would have sent next. */
static void replayed(struct judge *j)
{
	const uint8_t hb[4] = { 0, SPDM_HEARTBEAT };
	uint8_t msg[4], rec[128];
	bool answered = false;
	struct hand h;
	size_t n = 0;

	if (ses_open(j, &h, NULL)) {
		memcpy(msg, hb, sizeof(msg));
		msg[0] = judge_engine(j)->version;
		if (!hand_seal(&h, msg, sizeof(msg), rec, sizeof(rec), &n) &&
		    judge_ask_raw(j, JUDGE_RECORD, rec, n)) {
			ses_hear(j, &h);
			if (judge_answers(j, SPDM_HEARTBEAT_ACK) &&
			    ses_maybe(j, JUDGE_RECORD, rec, n, &answered)) {
				if (answered)
					ses_hear(j, &h);
				judge_expect(
					j,
					!answered ||
						!ses_got(j, SPDM_HEARTBEAT_ACK),
					"the same record was answered twice");
			}
		}
	}
	ses_drop(&h);
}

/* A record that overtook another, or behind one that was lost. */
static void skipped(struct judge *j)
{
	bool answered = false;
	struct hand h;
	size_t n = 0;

	if (ses_open(j, &h, NULL)) {
		uint8_t msg[4] = { judge_engine(j)->version, SPDM_END_SESSION };

		h.ch[SPDM_DIR_REQ].seq += 3;
		if (!hand_seal(&h, msg, sizeof(msg), j->out, sizeof(j->out),
			       &n))
			not_taken(j, &h, n,
				  "a record under a number that is not next",
				  &answered);
	}
	ses_drop(&h);
}

static void cut(struct judge *j)
{
	struct hand h;
	bool answered = false;
	size_t n;

	if (made(j, &h, &n)) {
		const size_t to[] = { n - 4, head_len(j) + 8, 4 };

		for (size_t i = 0; i < COUNT(to) && judge_on(j) && !j->broken;
		     i++)
			not_taken(j, &h, to[i], "a record that was cut",
				  &answered);
	}
	ses_drop(&h);
}

static void longer_than_itself(struct judge *j)
{
	bool answered = false;
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		put_u16le(j->out + head_len(j) - 2,
			  (uint16_t)(n - head_len(j) + 8));
		not_taken(j, &h, n, "a record whose Length is beyond its end",
			  &answered);
	}
	ses_drop(&h);
}

static void length_changed(struct judge *j)
{
	bool answered = false;
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		put_u16le(j->out + head_len(j) - 2,
			  (uint16_t)(n - head_len(j) - 1));
		not_taken(j, &h, n, "a record whose Length was changed",
			  &answered);
	}
	ses_drop(&h);
}

/* Sealed by hand: the tag fits what is inside, and that is wrong. */
static bool odd(struct judge *j, struct hand *h, const uint8_t *plain, size_t n,
		size_t *len)
{
	struct spdm_channel *ch = &h->ch[SPDM_DIR_REQ];
	const size_t head = head_len(j);
	uint8_t iv[SPDM_IV_LEN];

	memset(j->out, 0, head);
	put_u32le(j->out, h->id);
	for (unsigned i = 0; i < binding(j)->seq_len; i++)
		j->out[4 + i] = (uint8_t)(ch->seq >> (8 * i));
	put_u16le(j->out + head - 2, (uint16_t)(n + SPDM_SECURED_TAIL));
	put_u64le(iv, get_u64le(ch->iv) ^ ch->seq);
	memcpy(iv + 8, ch->iv + 8, SPDM_IV_LEN - 8);
	*len = head + n + SPDM_SECURED_TAIL;
	ch->seq++;
	return !crypto_aead_seal(j->cfg.crypto, ch->key, iv, j->out, head,
				 plain, n, j->out + head, j->out + head + n,
				 SPDM_SECURED_TAIL);
}

static void inner_beyond(struct judge *j)
{
	uint8_t plain[8] = { 0xff, 0x7f, 0, SPDM_END_SESSION };
	bool answered = false;
	struct hand h;
	size_t n;

	if (ses_open(j, &h, NULL)) {
		const size_t t = binding(j)->type_len;

		if (t)
			plain[2] = binding(j)->type;
		plain[2 + t] = judge_engine(j)->version;
		plain[3 + t] = SPDM_END_SESSION;
		if (odd(j, &h, plain, 6 + t, &n))
			not_taken(j, &h, n,
				  "a record whose application data end "
				  "beyond it",
				  &answered);
	}
	ses_drop(&h);
}

static void inner_empty(struct judge *j)
{
	const uint8_t plain[2] = { 0, 0 };
	bool answered = false;
	struct hand h;
	size_t n;

	if (ses_open(j, &h, NULL) && odd(j, &h, plain, sizeof(plain), &n) &&
	    ses_maybe(j, JUDGE_RECORD, j->out, n, &answered)) {
		if (answered)
			ses_hear(j, &h);
		ses_error_or_nothing(j, answered,
				     "a record without application data");
	}
	ses_drop(&h);
}

/* The message itself where a record should be. */
static void in_the_clear(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL)) {
		const uint8_t msg[4] = { judge_engine(j)->version,
					 SPDM_END_SESSION };
		const size_t head = head_len(j);
		const size_t skip = 2u + binding(j)->type_len;
		const size_t n = head + skip + sizeof(msg) + SPDM_SECURED_TAIL;

		memset(j->out, 0, n);
		put_u32le(j->out, h.id);
		put_u16le(j->out + head - 2, (uint16_t)(n - head));
		put_u16le(j->out + head, (uint16_t)(skip - 2 + sizeof(msg)));
		if (skip > 2)
			j->out[head + 2] = binding(j)->type;
		memcpy(j->out + head + skip, msg, sizeof(msg));
		h.ch[SPDM_DIR_REQ].seq++; /* as if it had been made */
		fatal(j, &h, n, "a record that is not encrypted");
	}
	ses_drop(&h);
}

static void plain_as_record(struct judge *j)
{
	bool answered = false;
	struct hand h;

	if (ses_open(j, &h, NULL)) {
		const uint8_t msg[4] = { judge_engine(j)->version,
					 SPDM_GET_CAPABILITIES };

		if (ses_maybe(j, JUDGE_RECORD, msg, sizeof(msg), &answered))
			ses_error_or_nothing(j, answered,
					     "a message in the clear that "
					     "came as a record");
	}
	ses_drop(&h);
}

/* A record that came as a message: its first bytes are the session's id. */
static void record_as_plain(struct judge *j)
{
	bool answered = false;
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		if (ses_maybe(j, JUDGE_PLAIN, j->out, n, &answered)) {
			if (answered)
				ses_hear(j, &h);
			judge_expect(j,
				     !answered ||
					     !ses_got(j, SPDM_END_SESSION_ACK),
				     "a record that came as a message in the "
				     "clear was taken");
		}
	}
	ses_drop(&h);
}

/* Nobody's session: @id, of a right one, changed. */
static void nobody(struct judge *j, uint32_t flip, const char *what)
{
	bool answered = false;
	struct hand h;
	size_t n;

	if (made(j, &h, &n)) {
		h.ch[SPDM_DIR_REQ].seq--;
		put_u32le(j->out, flip ? h.id ^ flip : 0);
		if (not_taken(j, &h, n, what, &answered) &&
		    ses_error_or_nothing(j, answered, what))
			ses_lives(j, &h, "a record of no session");
		(void)ses_broken(j, what);
	}
	ses_drop(&h);
}

static void unknown_rsp_half(struct judge *j)
{
	nobody(j, 0x00010000, "a record with another half of the device's");
}

static void unknown_req_half(struct judge *j)
{
	nobody(j, 0x00000001, "a record with another half of the requester's");
}

static void unknown_zero(struct judge *j)
{
	nobody(j, 0, "a record of session 0");
}

/* As much as the device says it takes at once. */
static void large(struct judge *j)
{
	struct hand h;
	size_t n;

	if (ses_open(j, &h, NULL)) {
		const uint32_t most = judge_engine(j)->peer_transfer;
		uint8_t *const m = j->made;

		n = most && most < 4000 ? most : 4000;
		memset(m, 0, n);
		m[0] = judge_engine(j)->version;
		m[1] = SPDM_VENDOR_DEFINED_REQUEST;
		put_u16le(m + 4, SPDM_STD_DMTF);
		put_u16le(m + 7, (uint16_t)(n - 9));
		if (ses_say(j, &h, m, n) &&
		    judge_expect(j, judge_answer(j)->opened,
				 "a record of %zu bytes was not answered in "
				 "its session",
				 n))
			ses_lives(j, &h, "a record as long as may be");
	}
	ses_drop(&h);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define SES    JUDGE_NEEDS_SESSION
#define CERT   SPDM_CAP_CERT
#define HBEAT  (SPDM_CAP_HBEAT | SPDM_CAP_CERT)

/* clang-format off */
static const struct judge_case cases[] = {
	{ "tag-wrong", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record with a wrong tag is not taken, and ends its session",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section 10.10 (DecryptError) and on session phases", SURE_SPEC, "record-with-any-tag", tag },
	{ "tag-of-zeros", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record whose tag is all zeros is not taken, and ends its session",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section on session phases (DecryptError)", SURE_SPEC, "record-with-any-tag", all_zero_tag },
	{ "cipher-changed", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record whose encrypted bytes were changed is not taken, and ends its session",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section on session phases (DecryptError)", SURE_SPEC, "decrypt-error-forgiven", cipher },
	{ "not-encrypted", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record that is not encrypted is not taken, and ends its session",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section on session phases (DecryptError)", SURE_SPEC, "record-not-encrypted-taken", in_the_clear },
	{ "reflected", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record under the responder's own key is not taken from a requester",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section 11 (a key for each direction)", SURE_SPEC, "record-with-any-key", reflected },
	{ "replayed", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "a record that came before is not taken again",
	  "DSP0277 1.1 section 7 (sequence number)", SURE_SPEC, "record-with-any-number", replayed },
	{ "number-skipped", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record under a number that is not the next one is not taken",
	  "DSP0277 1.1 section 7 (sequence number)", SURE_SPEC, "record-with-any-number", skipped },
	{ "record-cut", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record that was cut is not taken",
	  "DSP0277 1.1 section 7 (Length)", SURE_SPEC, "record-of-any-length", cut },
	{ "length-beyond-record", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record whose Length goes beyond its end is not taken",
	  "DSP0277 1.1 section 7 (Length)", SURE_SPEC, "record-of-any-length", longer_than_itself },
	{ "length-is-authenticated", JUDGE_SECURED, V11_ON, SES, CERT,
	  "Length is associated data: a record whose Length was changed is not taken",
	  "DSP0277 1.1 section 7 (associated data)", SURE_SPEC, "record-of-any-length", length_changed },
	{ "application-length-beyond", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record whose application data end beyond what was encrypted is not taken",
	  "DSP0277 1.1 section 7 (ApplicationDataLength)", SURE_SPEC, "record-of-any-application-length", inner_beyond },
	{ "application-data-empty", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record without application data is answered by nothing but an ERROR",
	  "DSP0277 1.1 section 7 (ApplicationDataLength)", SURE_INFERRED, "record-of-any-application-length", inner_empty },
	{ "plain-as-record", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a message in the clear where a record should be is not carried out",
	  "DSP0277 1.1 section 7; PCIe Base 6.0 section 6.30.1 (data object types)", SURE_SPEC, "record-that-is-plain", plain_as_record },
	{ "record-as-plain", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record where a message in the clear should be is not taken",
	  "DSP0277 1.1 section 7; PCIe Base 6.0 section 6.30.1 (data object types)", SURE_SPEC, "record-taken-as-plain", record_as_plain },
	{ "session-of-another-device-half", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record that names no session by the device's half is not taken, and hurts no session",
	  "DSP0277 1.1 section 7 (session id)", SURE_INFERRED, "record-of-any-session", unknown_rsp_half },
	{ "session-of-another-requester-half", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record that names no session by the requester's half is not taken, and hurts no session",
	  "DSP0277 1.1 section 7 (session id)", SURE_INFERRED, "record-of-any-session", unknown_req_half },
	{ "session-zero", JUDGE_SECURED, V11_ON, SES, CERT,
	  "a record of session 0, which there is not, is not taken, and hurts no session",
	  "DSP0277 1.1 section 7 (session id)", SURE_INFERRED, "record-of-any-session", unknown_zero },
	{ "record-as-long-as-may-be", JUDGE_SECURED, V11_ON, SES, 0,
	  "a request of up to DataTransferSize bytes in a record is answered in its session",
	  "DSP0274 1.2.1 section 10.3 (DataTransferSize); DSP0277 1.1 section 7", SURE_SPEC, "record-too-long-unanswered", large },
};
/* clang-format on */

const struct judge_table judge_cases_secured_bad = { cases, COUNT(cases) };
