/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_SES_H
#define JUDGE_SES_H

#include "judge/hand.h"
#include "judge/puppet.h"

/*
 * What cases of sessions share: sessions by hand (hand.h) on the puppet's
 * connection. As in puppet.h, a bool is whether the case goes on. A session
 * that a case began is dropped by ses_drop() on every path; the device is left
 * to the runner.
 */

/* judge_connect(), unless it is: that would end what was begun. */
bool ses_connect(struct judge *j);
/* KEY_EXCHANGE built into @h->msg, not sent; connects first. */
bool ses_build(struct judge *j, struct hand *h, const struct hand_wish *w);
/* Sends it, and the answer must be as it should; refused: not tested. */
bool ses_offer(struct judge *j, struct hand *h, struct spdm_msg *m);
/* Both. */
bool ses_handshake(struct judge *j, struct hand *h, const struct hand_wish *w);
/* The same with PSK_EXCHANGE and the user's hint. */
bool ses_psk_build(struct judge *j, struct hand *h, const struct hand_wish *w);
bool ses_psk_offer(struct judge *j, struct hand *h, struct spdm_msg *m);
/* A handshake, FINISH and data keys. */
bool ses_open(struct judge *j, struct hand *h, const struct hand_wish *w);
void ses_drop(struct hand *h);

/* FINISH into @h->msg. */
bool ses_finish(struct judge *j, struct hand *h, const struct hand_finish *f);
/* @h->msg as FINISH goes: in a record, or in the clear. */
bool ses_send_finish(struct judge *j, struct hand *h);
/* The answer is FINISH_RSP, and data keys come of it; else the case fails. */
bool ses_finished(struct judge *j, struct hand *h);

/*
 * A message in the session, an answer back: judge_answer() has it opened, if
 * it is a record of the session and its tag fits.
 */
bool ses_say(struct judge *j, struct hand *h, const uint8_t *p, size_t n);
bool ses_ask(struct judge *j, struct hand *h, uint8_t code, uint8_t param1,
	     uint8_t param2);
/* Opens the last answer under the session's keys. */
void ses_hear(struct judge *j, struct hand *h);

/*
 * ses_maybe() - as judge_maybe(), and the connection stays
 * GET_DIGESTS in the clear follows, so the device must have certificates. One
 * that closes the connection has not answered: the case is over, and what was
 * expected up to there holds.
 * @answered: to the first; judge_answer() is that answer then
 */
bool ses_maybe(struct judge *j, enum judge_kind kind, const uint8_t *p,
	       size_t n, bool *answered);
/* The same, and GET_VERSION follows, which ends the connection. */
bool ses_maybe_last(struct judge *j, enum judge_kind kind, const uint8_t *p,
		    size_t n, bool *answered);
/* The case was to go on, and it closed the connection: it fails. */
bool ses_broken(struct judge *j, const char *after);
/* The same with a message sealed for the session, and its answer opened. */
bool ses_say_maybe(struct judge *j, struct hand *h, const uint8_t *p, size_t n,
		   bool *answered);
/* The last answer came as a record that opens, with this code. */
bool ses_got(const struct judge *j, uint8_t code);

/*
 * ses_ended() - the expectation that the session is over
 * @gap: how many numbers the device may have counted that we did not
 *
 * END_SESSION under the number that we are at, and under the one behind the
 * gap, must not be acknowledged. @after: "a record with a wrong tag" …
 */
bool ses_ended(struct judge *j, struct hand *h, unsigned gap,
	       const char *after);
/* END_SESSION must be acknowledged. */
bool ses_lives(struct judge *j, struct hand *h, const char *after);

/* ERROR of one of these, or nothing at all: what may be said of an answer to
 * what cannot be decrypted. */
bool ses_error_or_nothing(struct judge *j, bool answered, const char *to);

#endif
