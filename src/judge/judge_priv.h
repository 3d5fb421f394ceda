/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_JUDGE_PRIV_H
#define JUDGE_JUDGE_PRIV_H

#include "judge/puppet.h"

/* --- words.c --- */

const char *judge_spdm_error(uint8_t code);
/* The name of a message for a sentence; never NULL. */
const char *judge_message_name(const uint8_t *p, size_t n);
/* What came, for a sentence: "ERROR Busy (0x03)", "CERTIFICATE" … */
void judge_came_words(const struct judge_answer *a, char *out, size_t cap);

/* --- wire.c --- */

/* Forgets the record of the case before. */
void judge_log_begin(struct judge *j);
void judge_log_put(struct judge *j, bool note, bool answer,
		   enum judge_kind kind, const uint8_t *p, size_t n);
/* A message as it goes or comes: into the record, and to who listens. */
void judge_heard(struct judge *j, bool answer, enum judge_kind kind,
		 const uint8_t *p, size_t n);
/* spdm_req_cfg.keylog; the context is the judge. */
void judge_log_keys(void *ctx, const struct spdm_key_note *n);

/* The case has had its time. */
bool judge_late(const struct judge *j);
/* As judge_send() and judge_recv(), with no verdict; IL_E_AGAIN: it is late,
 * and nothing was sent. */
enum il_err judge_wire_send(struct judge *j, enum judge_kind kind,
			    const uint8_t *p, size_t n) IL_MUST;
enum il_err judge_wire_recv(struct judge *j, uint64_t timeout_ns) IL_MUST;
/* A new connection, on which GET_VERSION has an answer. */
enum il_err judge_wire_again(struct judge *j) IL_MUST;
/* After an error: the words, and that the connection is not to be used. */
bool judge_wire_failed(struct judge *j, enum il_err err, const char *doing);
/* What is sent is the request that lengths of the answer depend on. */
void judge_awaits_for(struct judge *j, const uint8_t *p, size_t n);

/* --- puppet.c --- */

/* The engine's offer as every case finds it. */
void judge_puppet_begin(struct judge *j);
/* Ends a session that is open, and drops everything. */
void judge_puppet_end(struct judge *j);

/* --- expect.c --- */

void judge_say(struct judge *j, enum judge_verdict v, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
