/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/ses.h"

#include "judge/judge_priv.h"

#define TEXT_MAX (JUDGE_MSG - 64u)

void ses_drop(struct hand *h)
{
	hand_drop(h);
}

/* What cannot be done here is no fault of the device. */
static bool ours(struct judge *j, enum il_err err, const char *what)
{
	if (err)
		judge_absent(j, "%s could not be made: %s", what,
			     il_err_name(err));
	return !err && judge_on(j);
}

bool ses_connect(struct judge *j)
{
	if (j->ready && j->q.state != SPDM_REQ_NEW)
		return judge_on(j);
	j->req.kem = 0; /* what is made by hand is DHE */
	return judge_connect(j);
}

bool ses_build(struct judge *j, struct hand *h, const struct hand_wish *w)
{
	static const struct hand_wish usual;

	hand_init(h, judge_engine(j));
	if (!ses_connect(j) || !judge_has(j, SPDM_CAP_KEY_EX))
		return false;
	if (!hand_able(judge_engine(j))) {
		judge_absent(j, "a KEM was agreed on, and no DHE group");
		return false;
	}
	return ours(j, hand_key_exchange(h, w ? w : &usual), "KEY_EXCHANGE");
}

/* Refused: it only leads to the requirement. */
static bool refused(struct judge *j, const char *what)
{
	const struct judge_answer *a = judge_answer(j);

	if (a->bad || a->m.code != SPDM_ERROR)
		return false;
	judge_absent(j, "%s was refused: ERROR %02x", what, a->m.param1);
	return true;
}

bool ses_offer(struct judge *j, struct hand *h, struct spdm_msg *m)
{
	const struct judge_answer *a;
	const char *flaw = NULL;

	if (!judge_plain(j, h->msg, h->n))
		return false;
	a = judge_answer(j);
	if (refused(j, "KEY_EXCHANGE"))
		return false;
	if (hand_key_exchange_rsp(h, a->p, a->n, m, &flaw))
		judge_fail(j, "KEY_EXCHANGE_RSP: %s", flaw);
	return judge_on(j);
}

bool ses_handshake(struct judge *j, struct hand *h, const struct hand_wish *w)
{
	struct spdm_msg m;

	return ses_build(j, h, w) && ses_offer(j, h, &m);
}

bool ses_psk_build(struct judge *j, struct hand *h, const struct hand_wish *w)
{
	struct hand_wish own = w ? *w : (struct hand_wish){ 0 };

	hand_init(h, judge_engine(j));
	if (!ses_connect(j))
		return false;
	if (!(judge_engine(j)->peer_caps & SPDM_CAP_PSK_MASK)) {
		judge_absent(j, "the device does not offer PSK_CAP");
		return false;
	}
	if (!own.hint.n)
		own.hint = j->cfg.psk_hint;
	return ours(j, hand_psk_exchange(h, &own), "PSK_EXCHANGE");
}

bool ses_psk_offer(struct judge *j, struct hand *h, struct spdm_msg *m)
{
	const struct judge_answer *a;
	const char *flaw = NULL;

	if (!judge_plain(j, h->msg, h->n))
		return false;
	a = judge_answer(j);
	if (refused(j, "PSK_EXCHANGE"))
		return false;
	if (hand_psk_exchange_rsp(h, a->p, a->n, m, &flaw))
		judge_fail(j, "PSK_EXCHANGE_RSP: %s", flaw);
	return judge_on(j);
}

bool ses_open(struct judge *j, struct hand *h, const struct hand_wish *w)
{
	return ses_handshake(j, h, w) && ses_finish(j, h, NULL) &&
	       ses_send_finish(j, h) && ses_finished(j, h);
}

bool ses_finish(struct judge *j, struct hand *h, const struct hand_finish *f)
{
	return ours(j, hand_finish(h, f), "FINISH");
}

/* A record of the session's, into the judge's storage. */
static bool seal(struct judge *j, struct hand *h, const uint8_t *p, size_t n,
		 size_t *len)
{
	return ours(j, hand_seal(h, p, n, j->out, sizeof(j->out), len),
		    "a record");
}

static bool say_once(struct judge *j, struct hand *h, const uint8_t *p,
		     size_t n)
{
	size_t len;

	if (!judge_on(j) || !seal(j, h, p, n, &len) ||
	    !judge_ask_raw(j, JUDGE_RECORD, j->out, len))
		return false;
	ses_hear(j, h);
	return judge_on(j);
}

#define TRIES	  8u
#define BUSY_NS	  UINT64_C(10000000)
#define READY_MAX 24u /* 2^24 us: what RDTExponent may ask of us */

static void pause_for(struct judge *j, uint64_t ns)
{
	judge_ops(j)->wait(judge_target(j), judge_now(j) + ns);
}

/* A device that needs time is given it, in the session: DSP0274 1.2.1, 10.10
 * (Busy, ResponseNotReady) and 10.13 (RESPOND_IF_READY). */
bool ses_say(struct judge *j, struct hand *h, const uint8_t *p, size_t n)
{
	const struct judge_answer *a = judge_answer(j);
	bool ok = say_once(j, h, p, n);

	for (unsigned i = 0; i < TRIES && ok; i++) {
		const bool error =
			a->opened && !a->bad && a->m.code == SPDM_ERROR;
		const struct spdm_span ext = a->m.u.error.ext;

		if (error && a->m.param1 == SPDM_ERR_BUSY) {
			pause_for(j, BUSY_NS << i);
			ok = say_once(j, h, p, n);
		} else if (error &&
			   a->m.param1 == SPDM_ERR_RESPONSE_NOT_READY &&
			   ext.n == 4 && ext.p[0] <= READY_MAX) {
			const uint8_t m[4] = { a->m.version,
					       SPDM_RESPOND_IF_READY, ext.p[1],
					       ext.p[2] };

			pause_for(j, (UINT64_C(1) << ext.p[0]) * 1000);
			ok = say_once(j, h, m, sizeof(m));
		} else {
			break;
		}
	}
	return ok;
}

bool ses_ask(struct judge *j, struct hand *h, uint8_t code, uint8_t param1,
	     uint8_t param2)
{
	const uint8_t m[4] = { judge_engine(j)->version, code, param1, param2 };

	return ses_say(j, h, m, sizeof(m));
}

bool ses_send_finish(struct judge *j, struct hand *h)
{
	if (!h->clear)
		return ses_say(j, h, h->msg, h->n);
	return judge_plain(j, h->msg, h->n);
}

/*
 * The answer's own lengths, as far as they are those of the session's
 * messages; the puppet knows of no second session.
 */
static enum il_err decode(struct judge *j, const struct hand *h)
{
	struct spdm_shape sh = judge_engine(j)->shape;

	sh.clear = h->clear;
	return spdm_msg_decode(j->a.p, j->a.n, &sh, &j->a.m);
}

void ses_hear(struct judge *j, struct hand *h)
{
	struct judge_answer *a = &j->a;
	size_t n = 0;

	if (a->kind != JUDGE_RECORD || !h->ch[SPDM_DIR_RSP].live)
		return;
	a->closed = hand_open(h, a->p, a->n, j->plain, sizeof(j->plain), &n);
	a->opened = !a->closed;
	if (a->closed) {
		judge_note(j, "the record does not open: %s",
			   il_err_name(a->closed));
		return;
	}
	a->p = j->plain;
	a->n = n;
	a->bad = decode(j, h);
}

bool ses_finished(struct judge *j, struct hand *h)
{
	const struct judge_answer *a = judge_answer(j);
	const char *flaw = NULL;

	if (!judge_on(j))
		return false;
	if (!h->clear && !a->opened)
		judge_fail(j, "the answer to FINISH is no record of the "
			      "session's handshake");
	else if (!a->bad && a->m.code == SPDM_ERROR)
		judge_fail(j, "a right %s was refused: ERROR %02x",
			   h->psk ? "PSK_FINISH" : "FINISH", a->m.param1);
	else if (hand_finish_rsp(h, a->p, a->n, &flaw))
		judge_fail(j, "%s: %s",
			   h->psk ? "PSK_FINISH_RSP" : "FINISH_RSP", flaw);
	return judge_on(j);
}

/* A request whose answer cannot be taken for another's. */
static bool probe_answered(const struct judge *j, uint8_t code)
{
	const struct judge_answer *a = judge_answer(j);

	return a->kind == JUDGE_PLAIN && a->n >= 4 && a->p[1] == code;
}

/* Keeps the answer while the probe's comes, which takes its place. */
static bool probe_behind(struct judge *j, uint8_t code)
{
	const struct judge_answer was = j->a;
	const enum judge_kind asked = j->asked;
	uint8_t bytes[512];
	const size_t n = was.n < sizeof(bytes) ? was.n : sizeof(bytes);

	memcpy(bytes, was.p, n);
	if (!judge_recv(j))
		return false;
	if (!probe_answered(j, code)) {
		judge_fail(j, "what followed is not answered as ever after "
			      "what came before it");
		return false;
	}
	j->asked = asked;
	j->a = was;
	memcpy(j->in, bytes, n);
	j->a.p = j->in;
	j->a.n = n;
	j->a.raw = j->in;
	j->a.raw_n = n;
	j->a.opened = false;
	j->a.bad = was.kind == JUDGE_PLAIN
			   ? spdm_msg_decode_filled(j->a.p, n, 3,
						    &judge_engine(j)->shape,
						    &j->a.m, &j->a.n)
			   : IL_E_STATE;
	return judge_on(j);
}

/*
 * Over a socket a device may close the connection at what it cannot decrypt;
 * DMTF's emulator does. Nothing was carried out then, and the session is gone.
 * It has to be there for the next connection, or it was its end. Registers
 * that do not answer any more are nobody's right.
 */
static bool closed(struct judge *j, enum il_err err)
{
	if (err != IL_E_IO || judge_ops(j)->cfg_read)
		return judge_wire_failed(j, err, "awaiting an answer");
	judge_note(j, "the device closed the connection, which is no answer");
	judge_expect(j, !judge_wire_again(j),
		     "the device closed the connection, and does not answer on "
		     "another one: %s",
		     judge_ops(j)->why(judge_target(j)));
	j->broken = true; /* the session that the case is about is not there */
	return false;
}

static bool maybe(struct judge *j, enum judge_kind kind, const uint8_t *p,
		  size_t n, const uint8_t probe[4], bool *answered)
{
	const uint8_t code = spdm_response_of(probe[1]);
	enum il_err err;

	*answered = false;
	if (!judge_send(j, kind, p, n))
		return false;
	err = judge_wire_send(j, JUDGE_PLAIN, probe, 4);
	if (!err)
		err = judge_wire_recv(j, j->cfg.timeout_ns);
	if (err)
		return closed(j, err);
	if (probe_answered(j, code))
		return judge_on(j);
	*answered = true;
	j->asked = kind;
	return probe_behind(j, code);
}

bool ses_maybe(struct judge *j, enum judge_kind kind, const uint8_t *p,
	       size_t n, bool *answered)
{
	const uint8_t probe[4] = { judge_engine(j)->version, SPDM_GET_DIGESTS };

	*answered = false;
	return judge_has(j, SPDM_CAP_CERT) &&
	       maybe(j, kind, p, n, probe, answered);
}

bool ses_maybe_last(struct judge *j, enum judge_kind kind, const uint8_t *p,
		    size_t n, bool *answered)
{
	const uint8_t probe[4] = { SPDM_V10, SPDM_GET_VERSION };

	return maybe(j, kind, p, n, probe, answered);
}

bool ses_broken(struct judge *j, const char *after)
{
	if (!judge_on(j) || !j->broken)
		return false;
	judge_fail(j,
		   "the device closed the connection after %s, and the "
		   "session with it",
		   after);
	return true;
}

bool ses_say_maybe(struct judge *j, struct hand *h, const uint8_t *p, size_t n,
		   bool *answered)
{
	size_t len;

	*answered = false;
	if (!judge_on(j) || !seal(j, h, p, n, &len) ||
	    !ses_maybe(j, JUDGE_RECORD, j->out, len, answered))
		return false;
	if (*answered)
		ses_hear(j, h);
	return judge_on(j);
}

bool ses_got(const struct judge *j, uint8_t code)
{
	const struct judge_answer *a = judge_answer(j);

	return a->kind == JUDGE_RECORD && a->opened && a->n >= 4 &&
	       a->p[1] == code;
}

static bool end_acked(struct judge *j, struct hand *h, bool *acked)
{
	const uint8_t end[4] = { judge_engine(j)->version, SPDM_END_SESSION };
	bool answered;

	if (!ses_say_maybe(j, h, end, sizeof(end), &answered))
		return false;
	*acked = answered && ses_got(j, SPDM_END_SESSION_ACK);
	return true;
}

bool ses_ended(struct judge *j, struct hand *h, unsigned gap, const char *after)
{
	bool acked = false;

	if (!end_acked(j, h, &acked))
		return false;
	if (!acked && gap) {
		h->ch[SPDM_DIR_REQ].seq += gap - 1;
		if (!end_acked(j, h, &acked))
			return false;
	}
	return judge_expect(j, !acked,
			    "the session goes on after %s: END_SESSION in it "
			    "was acknowledged",
			    after);
}

bool ses_lives(struct judge *j, struct hand *h, const char *after)
{
	bool acked = false;

	if (judge_engine(j)->peer_caps & SPDM_CAP_CERT) {
		if (!end_acked(j, h, &acked)) {
			(void)ses_broken(j, after);
			return false;
		}
	} else {
		if (!ses_ask(j, h, SPDM_END_SESSION, 0, 0))
			return false;
		acked = ses_got(j, SPDM_END_SESSION_ACK);
	}
	return judge_expect(j, acked, "the session does not go on after %s",
			    after);
}

bool ses_error_or_nothing(struct judge *j, bool answered, const char *to)
{
	const struct judge_answer *a = judge_answer(j);
	const bool error = answered && a->n >= 4 &&
			   (a->kind == JUDGE_PLAIN || a->opened) &&
			   a->p[1] == SPDM_ERROR;

	return judge_expect(
		j,
		!answered || error || (a->kind == JUDGE_RECORD && !a->opened),
		"%s was answered by message %02x", to, a->n >= 4 ? a->p[1] : 0);
}
