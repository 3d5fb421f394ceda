/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/ses.h"

/*
 * Records that the device makes: how they look, under which keys and numbers.
 * The judge opens each with the number that it must have, so that opening one
 * is itself an expectation.
 */

/* A request in an open session, and the record that came. */
static bool one(struct judge *j, struct hand *h, const struct judge_answer **a)
{
	if (!ses_open(j, h, NULL) || !ses_ask(j, h, SPDM_HEARTBEAT, 0, 0))
		return false;
	*a = judge_answer(j);
	return judge_expect(j, (*a)->kind == JUDGE_RECORD,
			    "the answer to a record is none");
}

static const struct spdm_binding *binding(const struct judge *j)
{
	return spdm_channel_binding(
		&(struct spdm_channel){ .binding = j->cfg.target.binding });
}

static size_t head_len(const struct judge *j)
{
	return 6u + binding(j)->seq_len;
}

static void answered_by_record(struct judge *j)
{
	const struct judge_answer *a;
	struct hand h;

	if (one(j, &h, &a))
		judge_expect(j, a->opened,
			     "the record does not open under the session's key "
			     "and number");
	ses_drop(&h);
}

/* The record as it was on the wire, without what the object around it is. */
static bool record(struct judge *j, struct hand *h, struct spdm_span *out)
{
	uint8_t beat[4] = { 0, SPDM_HEARTBEAT };
	size_t n = 0;

	if (!ses_open(j, h, NULL))
		return false;
	beat[0] = judge_engine(j)->version;
	if (hand_seal(h, beat, sizeof(beat), j->out, sizeof(j->out), &n) ||
	    !judge_ask_raw(j, JUDGE_RECORD, j->out, n))
		return false;
	if (judge_answer(j)->kind != JUDGE_RECORD) {
		judge_fail(j, "the answer to a record is none");
		return false;
	}
	*out = (struct spdm_span){ judge_answer(j)->p, judge_answer(j)->n };
	return judge_expect(j, out->n >= head_len(j) + 2 + SPDM_SECURED_TAIL,
			    "the record has %zu bytes", out->n);
}

static void names_session(struct judge *j)
{
	struct spdm_span r;
	struct hand h;

	if (record(j, &h, &r))
		judge_expect(j, get_u32le(r.p) == h.id,
			     "the record names session %08x, not %08x",
			     get_u32le(r.p), h.id);
	ses_drop(&h);
}

static void length(struct judge *j)
{
	struct spdm_span r;
	struct hand h;

	if (record(j, &h, &r)) {
		const size_t len = get_u16le(r.p + head_len(j) - 2);
		const size_t have = r.n - head_len(j);
		const size_t fill = have - len;

		judge_expect(j,
			     len <= have && fill < binding(j)->unit &&
				     (!fill || !(r.n % binding(j)->unit)),
			     "Length is %zu, and %zu bytes follow it", len,
			     have);
	}
	ses_drop(&h);
}

static void shown_number(struct judge *j)
{
	struct spdm_span r;
	struct hand h;

	if (!binding(j)->seq_len) {
		judge_absent(j, "this transport shows no sequence number");
		return;
	}
	if (record(j, &h, &r))
		for (unsigned i = 0; i < binding(j)->seq_len && judge_on(j);
		     i++)
			judge_expect(j, !r.p[4 + i],
				     "the first record under the data keys "
				     "shows another number than 0");
	ses_drop(&h);
}

/* What is encrypted: its length, and what follows the message. */
static void app_length(struct judge *j)
{
	struct spdm_channel *ch;
	uint8_t plain[256];
	struct spdm_span app, r;
	struct hand h;
	enum il_err err;

	if (record(j, &h, &r)) {
		ch = &h.ch[SPDM_DIR_RSP];
		err = spdm_secured_open_at(ch, j->cfg.crypto, r.p, r.n, plain,
					   sizeof(plain), &app);
		judge_expect(j, !err && app.n == 4,
			     "the application data do not fit the record: %s",
			     err ? il_err_name(err) : "not 4 bytes");
	}
	ses_drop(&h);
}

/* Random bytes would tell the length of what is hidden; TDISP wants none. */
static void no_random(struct judge *j)
{
	struct spdm_span r;
	struct hand h;

	if (binding(j)->random_max) {
		judge_absent(j, "this transport may have random bytes");
		return;
	}
	if (record(j, &h, &r))
		judge_expect(j,
			     get_u16le(r.p + head_len(j) - 2) ==
				     2u + binding(j)->type_len + 4 +
					     SPDM_SECURED_TAIL,
			     "the record has other than 4 bytes of message "
			     "and no random ones");
	ses_drop(&h);
}

/* Numbers count on: each is opened with the one after that of the last. */
static void counts(struct judge *j)
{
	struct hand h;
	bool on = ses_open(j, &h, NULL);

	for (unsigned i = 0; i < 20 && on; i++) {
		on = ses_ask(j, &h, SPDM_HEARTBEAT, 0, 0) &&
		     judge_expect(j, judge_answer(j)->opened,
				  "record %u does not open under its number",
				  i);
	}
	ses_drop(&h);
}

/* An update of the requester's key leaves the other direction's numbers as
 * they are, and begins the requester's at 0. */
static bool rolled(struct judge *j, struct hand *h, uint8_t op)
{
	const uint8_t m[4] = { judge_engine(j)->version, SPDM_KEY_UPDATE, op,
			       7 };
	size_t len = 0;

	if (!judge_on(j) ||
	    hand_seal(h, m, sizeof(m), j->out, sizeof(j->out), &len) ||
	    hand_roll(h, SPDM_DIR_REQ) ||
	    (op == SPDM_UPDATE_ALL_KEYS && hand_roll(h, SPDM_DIR_RSP)) ||
	    !judge_ask_raw(j, JUDGE_RECORD, j->out, len))
		return false;
	ses_hear(j, h);
	return judge_expect(j, judge_answer(j)->opened,
			    "KEY_UPDATE_ACK does not open under the key and "
			    "number that it must have");
}

static void number_reset(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && ses_ask(j, &h, SPDM_HEARTBEAT, 0, 0) &&
	    ses_ask(j, &h, SPDM_HEARTBEAT, 0, 0) &&
	    rolled(j, &h, SPDM_UPDATE_ALL_KEYS) &&
	    ses_ask(j, &h, SPDM_KEY_UPDATE, SPDM_VERIFY_NEW_KEY, 8))
		judge_expect(j, ses_got(j, SPDM_KEY_UPDATE_ACK),
			     "numbers did not begin at 0 under the new keys");
	ses_drop(&h);
}

static void directions(struct judge *j)
{
	struct hand h;

	if (ses_open(j, &h, NULL) && ses_ask(j, &h, SPDM_HEARTBEAT, 0, 0) &&
	    rolled(j, &h, SPDM_UPDATE_KEY) &&
	    ses_ask(j, &h, SPDM_KEY_UPDATE, SPDM_VERIFY_NEW_KEY, 8))
		judge_expect(j, ses_got(j, SPDM_KEY_UPDATE_ACK),
			     "an update of the requester's key touched the "
			     "other direction");
	ses_drop(&h);
}

/* --- versions --- */

/* What KEY_EXCHANGE_RSP selects of the offer; refused: not tested. */
static bool selected(struct judge *j, const struct hand_wish *w, uint16_t *got)
{
	struct spdm_msg m;
	struct hand h;
	bool ok = ses_build(j, &h, w) && ses_offer(j, &h, &m);

	ok = ok && judge_expect(j,
				!spdm_sm_selected_read(
					m.u.key_ex_rsp.opaque,
					judge_engine(j)->opaque_fmt1, got),
				"the opaque data select no version");
	ses_drop(&h);
	return ok;
}

static void selects(struct judge *j, uint16_t sm)
{
	const struct hand_wish w = { .sm = { sm } };
	uint16_t got;

	if (selected(j, &w, &got))
		judge_expect(j, (got & 0xff00) == sm,
			     "%04x was selected, and %04x alone was offered",
			     got, sm);
}

static void select_10(struct judge *j)
{
	selects(j, SPDM_SM_V10);
}

static void select_11(struct judge *j)
{
	selects(j, SPDM_SM_V11);
}

static void select_12(struct judge *j)
{
	selects(j, SPDM_SM_V12);
}

static void select_known(struct judge *j)
{
	const struct hand_wish w = { .sm = { 0x2f00, SPDM_SM_V12, SPDM_SM_V11,
					     SPDM_SM_V10, 0x0f00 } };
	uint16_t got;

	if (selected(j, &w, &got))
		judge_expect(j, got >> 12 == 1,
			     "%04x was selected, which nobody knows", got);
}

static void select_none(struct judge *j)
{
	const struct hand_wish w = { .sm = { 0x0f00, 0x2f00 } };
	struct hand h;

	if (ses_build(j, &h, &w) && judge_plain(j, h.msg, h.n))
		judge_refused_any(j);
	ses_drop(&h);
}

#define V11_ON JUDGE_SINCE(JUDGE_V11)
#define SES    JUDGE_NEEDS_SESSION
#define HBEAT  SPDM_CAP_HBEAT
#define UPD    (SPDM_CAP_KEY_UPD | SPDM_CAP_HBEAT)

/* clang-format off */
static const struct judge_case cases[] = {
	{ "answer-is-a-record", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "what was asked in a session is answered in it, under the responder's key and number",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section 11", SURE_SPEC, "record-tag-wrong", answered_by_record },
	{ "record-names-its-session", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "a record begins with the id of its session",
	  "DSP0277 1.1 section 7 (session id)", SURE_SPEC, "record-names-another-session", names_session },
	{ "record-length", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "Length counts what follows it in the record, the tag included",
	  "DSP0277 1.1 section 7 (Length)", SURE_SPEC, "record-length-wrong", length },
	{ "record-shows-number", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "a record shows as much of its sequence number as the transport's binding says, beginning at 0",
	  "DSP0277 1.1 section 7; DSP0276 1.1 section 7", SURE_SPEC, "record-shows-other-number", shown_number },
	{ "record-application-length", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "the application data length is that of the message, and what is encrypted holds it",
	  "DSP0277 1.1 section 7 (ApplicationDataLength)", SURE_SPEC, "record-application-length-wrong", app_length },
	{ "record-without-random", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "where the binding has no random bytes, a record has none",
	  "PCIe TDISP 1.0 section 11.2.2; PCIe Base 6.0 section 6.31.3", SURE_SPEC, "record-with-random", no_random },
	{ "record-numbers-count", JUDGE_SECURED, V11_ON, SES, HBEAT,
	  "numbers begin at 0 under the data keys and count one for each record of a direction",
	  "DSP0277 1.1 section 7 (sequence number)", SURE_SPEC, "record-number-skips", counts },
	{ "key-update-begins-numbers", JUDGE_SECURED, V11_ON, SES, UPD,
	  "under a new key numbers begin at 0 again",
	  "DSP0277 1.1 section 7 (sequence number); DSP0274 1.2.1 section 10.21", SURE_SPEC, "key-update-keeps-numbers", number_reset },
	{ "directions-are-independent", JUDGE_SECURED, V11_ON, SES, UPD,
	  "each direction has a key and numbers of its own: an update of one leaves the other",
	  "DSP0277 1.1 section 7; DSP0274 1.2.1 section 10.21", SURE_SPEC, "key-update-renews-too-much", directions },
	{ "version-1.0-is-selected", JUDGE_SECURED, V11_ON, SES, 0,
	  "a requester that offers 1.0 of secured messages alone has that selected, or is refused",
	  "DSP0277 1.1 section on version selection", SURE_SPEC, "secured-version-not-offered", select_10 },
	{ "version-1.1-is-selected", JUDGE_SECURED, V11_ON, SES, 0,
	  "a requester that offers 1.1 of secured messages alone has that selected, or is refused",
	  "DSP0277 1.1 section on version selection", SURE_SPEC, "secured-version-not-offered", select_11 },
	{ "version-1.2-is-selected", JUDGE_SECURED, V11_ON, SES, 0,
	  "a requester that offers 1.2 of secured messages alone has that selected, or is refused",
	  "DSP0277 1.2 section on version selection", SURE_SPEC, "secured-version-not-offered", select_12 },
	{ "version-among-unknown", JUDGE_SECURED, V11_ON, SES, 0,
	  "versions of secured messages that the device does not know are passed over",
	  "DSP0277 1.1 section on version selection", SURE_SPEC, "secured-version-not-offered", select_known },
	{ "version-none-in-common", JUDGE_SECURED, V11_ON, SES, 0,
	  "a KEY_EXCHANGE that offers no version of secured messages in common is refused",
	  "DSP0277 1.1 section on version selection", SURE_INFERRED, "secured-version-any", select_none },
};
/* clang-format on */

const struct judge_table judge_cases_secured = { cases, COUNT(cases) };
