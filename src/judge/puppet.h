/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_PUPPET_H
#define JUDGE_PUPPET_H

#include "judge/judge.h"

/*
 * What cases use. A case brings the device to a state with the real requester
 * engine, sends what it wants, and says what must come.
 *
 * Everything that returns a bool returns true if the case goes on. False: the
 * verdict is made (or was before), and the case returns. After that all calls
 * do nothing, so that they may stand in one && after the other.
 *
 * A device that hangs, closes the connection or talks nonsense where an answer
 * is awaited fails the case; one that does not offer, or refuses, what only
 * leads to the requirement makes it "not tested".
 */

/* --- verdicts --- */

/*
 * judge_expect() - the requirement, or a part of it, evaluated
 * @fmt: what came instead, in words, if it does not hold
 */
bool judge_expect(struct judge *j, bool holds, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The requirement does not hold. */
void judge_fail(struct judge *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* It cannot be put to this device; the words say why. */
void judge_absent(struct judge *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A line of the case's own in the record of the exchange. */
void judge_note(struct judge *j, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The case goes on. */
static inline bool judge_on(const struct judge *j)
{
	return j->verdict == JUDGE_UNTOLD;
}

/* --- to a state, by the engine --- */

/*
 * What the engine offers, to be changed before it is first used in a case:
 * versions, caps, algorithms, transfer. By default all that we have, without
 * a shared key and an identity unless the case needs them.
 */
struct spdm_req_cfg *judge_offer(struct judge *j);
/* The engine: what was agreed stands in it. */
struct spdm_req *judge_engine(struct judge *j);

/* GET_VERSION … GET_CERTIFICATE of slot 0. */
bool judge_connect(struct judge *j);
/* The same as far as it goes without this request: SPDM_GET_CAPABILITIES,
 * SPDM_NEGOTIATE_ALGORITHMS …; judge_next() gives it, judge_rest() goes on. */
bool judge_connect_before(struct judge *j, uint8_t code);
/* judge_connect() if it was not, then KEY_EXCHANGE and FINISH. */
bool judge_session(struct judge *j);
/* The same by PSK_EXCHANGE, with the user's key (JUDGE_NEEDS_PSK). */
bool judge_psk_session(struct judge *j);
/* Any operation of the engine, to its end; each answer must be good. */
bool judge_op(struct judge *j, enum spdm_req_op op,
	      const struct spdm_req_args *args);
/* The same without a verdict on what the peer says: for cases that look at
 * spdm_req_push()'s own error. False only if no answer came. */
bool judge_try_op(struct judge *j, enum spdm_req_op op,
		  const struct spdm_req_args *args, enum il_err *err);
/* Capability bits that the device must all have; else: not tested. */
bool judge_has(struct judge *j, uint32_t caps);

/* --- message by message --- */

/* Plaintext that may be changed; @p has room for JUDGE_MSG - 64 bytes. */
struct judge_text {
	enum judge_kind
		kind; /* PLAIN, or SEALED: it goes through the session */
	uint8_t *p;
	size_t n;
};

bool judge_begin(struct judge *j, enum spdm_req_op op,
		 const struct spdm_req_args *args);
/*
 * judge_next() - the next message of the operation, as the engine has it
 *
 * It is not sent. Change it and send it: judge_ask_raw(j, t.kind, t.p, t.n);
 * then judge_push() gives the answer to the engine, or the case leaves the
 * engine where it is.
 */
bool judge_next(struct judge *j, struct judge_text *t);
/* The last answer to the engine. False as everywhere, also if the engine
 * refuses it: the words name its message. */
bool judge_push(struct judge *j);
/* The same, with the engine's own word and no verdict. */
enum il_err judge_try_push(struct judge *j);
/* What is left of the operation. */
bool judge_rest(struct judge *j);

/* --- anything at all --- */

/*
 * judge_ask() - @n bytes there, an answer back
 * @kind: PLAIN; SEALED: sealed under the session's keys with its next number;
 *        RECORD: a secured message as it stands (judge_seal()); OBJECT
 *
 * No answer fails the case. ERROR Busy and ResponseNotReady are waited out,
 * LargeResponse is fetched; the answer is what comes then. judge_ask_raw()
 * does none of that.
 */
bool judge_ask(struct judge *j, enum judge_kind kind, const uint8_t *p,
	       size_t n);
bool judge_ask_raw(struct judge *j, enum judge_kind kind, const uint8_t *p,
		   size_t n);
static inline bool judge_plain(struct judge *j, const uint8_t *p, size_t n)
{
	return judge_ask(j, JUDGE_PLAIN, p, n);
}
static inline bool judge_secured(struct judge *j, const uint8_t *p, size_t n)
{
	return judge_ask(j, JUDGE_SEALED, p, n);
}
/* Sends, and awaits nothing. */
bool judge_send(struct judge *j, enum judge_kind kind, const uint8_t *p,
		size_t n);
/* The next answer; none in time fails the case. */
bool judge_recv(struct judge *j);

/* The last answer; good until the next message. */
const struct judge_answer *judge_answer(const struct judge *j);
/* Lengths of the answer's fields, where the engine cannot know them. */
void judge_awaits(struct judge *j, const struct spdm_shape *sh);

/*
 * An SPDM message in the version of the connection, header filled in: code,
 * param1, param2, then @n bytes. Good until the next.
 */
struct spdm_span judge_msg(struct judge *j, uint8_t code, uint8_t param1,
			   uint8_t param2, const uint8_t *body, size_t n);

/* Vendor payloads of the PCI-SIG: @n bytes after the protocol id. */
bool judge_idekm(struct judge *j, const uint8_t *p, size_t n);
bool judge_tdisp(struct judge *j, const uint8_t *p, size_t n);
/* The message that they send, without sending it; for judge_silence_to(). */
struct spdm_span judge_vendor_msg(struct judge *j, uint8_t protocol,
				  const uint8_t *p, size_t n);
/*
 * The answer's payload after the protocol id. Another kind of answer fails
 * the case, unless it is judge_refused() that is asked instead.
 */
bool judge_vendor(struct judge *j, uint8_t protocol, struct spdm_span *out);

/* --- records, made by hand --- */

/* judge_seal_right() gives what a right record of @n bytes has. */
struct judge_seal {
	uint32_t session;  /* in the clear */
	uint64_t seq_told; /* in the clear, where the binding has it */
	uint16_t len;	   /* in the clear: what follows, tag included */
	uint64_t seq;	   /* that the nonce is made of */
	uint16_t app_len;  /* in what is encrypted */
	uint8_t type;	   /* likewise, where the binding has one */
	uint8_t random;	   /* random bytes behind the message */
	enum spdm_dir dir; /* whose key */
	bool counts;	   /* the next record of ours has the next number */
};
void judge_seal_right(const struct judge *j, size_t n, struct judge_seal *s);
/* The record, in judge's storage until the next; its last 16 bytes are the
 * tag, its head is what stands in the clear. May be changed. */
bool judge_seal(struct judge *j, const struct judge_seal *s, const uint8_t *p,
		size_t n, uint8_t **out, size_t *len);

/* --- expectations on answers --- */

/* A response of this code, well-formed, by the way the request went. */
bool judge_answers(struct judge *j, uint8_t code);
/* ERROR of one of these codes; none named: any ERROR. */
bool judge_refused_by(struct judge *j, const uint8_t *codes, size_t n);
#define judge_refused(j, ...)                                 \
	judge_refused_by(j, (const uint8_t[]){ __VA_ARGS__ }, \
			 sizeof((const uint8_t[]){ __VA_ARGS__ }))
static inline bool judge_refused_any(struct judge *j)
{
	return judge_refused_by(j, NULL, 0);
}

/*
 * judge_silence_to() - no answer may come to these bytes
 *
 * A second request follows at once, whose answer must be the first that comes:
 * so silence costs no waiting, and a device that hangs does not pass. It is
 * GET_VERSION, which ends the connection and its sessions, so this is the last
 * thing that a case does with them.
 */
bool judge_silence_to(struct judge *j, enum judge_kind kind, const uint8_t *p,
		      size_t n);
/*
 * judge_silence_then() - the same, with a request of the case's that follows
 * Its answer is judge_answer(); its code must be another than what the silent
 * one could be answered by.
 */
bool judge_silence_then(struct judge *j, enum judge_kind kind, const uint8_t *p,
			size_t n, enum judge_kind then_kind,
			const uint8_t *then, size_t then_n);
/*
 * judge_maybe() - whether an answer comes, where the text allows both
 * @answered: judge_answer() has it. GET_VERSION follows as above. It is no
 *            expectation by itself, but a device that answers neither fails.
 */
bool judge_maybe(struct judge *j, enum judge_kind kind, const uint8_t *p,
		 size_t n, bool *answered);

/* --- the end --- */

/* Done after the verdict, before the session is ended, last one first: STOP a
 * TDI, stop keys. Calls work again in it, and no verdict comes of them. */
void judge_later(struct judge *j, void (*fn)(struct judge *j));

/* --- target --- */
static inline const struct judge_target_ops *judge_ops(const struct judge *j)
{
	return j->cfg.target.ops;
}
static inline void *judge_target(const struct judge *j)
{
	return j->cfg.target.ctx;
}
/* Resets the device where the target can, and forgets the connection; in a
 * case with JUDGE_NEEDS_RESET. */
bool judge_reset(struct judge *j);
/* For own draws: repeats with the seed. */
void judge_random(struct judge *j, uint8_t *out, size_t n);
uint64_t judge_now(const struct judge *j);

#endif
