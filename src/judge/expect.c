/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge_priv.h"

#include <stdarg.h>
#include <stdio.h>

/* Verdicts: the first one stays. */

static void say(struct judge *j, enum judge_verdict v, const char *fmt,
		va_list ap)
{
	if (!judge_on(j))
		return;
	j->verdict = v;
	vsnprintf(j->words, sizeof(j->words), fmt, ap);
}

void judge_say(struct judge *j, enum judge_verdict v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(j, v, fmt, ap);
	va_end(ap);
}

void judge_fail(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	if (!judge_on(j))
		return;
	j->expected++;
	va_start(ap, fmt);
	say(j, JUDGE_FAIL, fmt, ap);
	va_end(ap);
}

void judge_absent(struct judge *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(j, JUDGE_ABSENT, fmt, ap);
	va_end(ap);
}

void judge_note(struct judge *j, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	judge_log_put(j, true, false, JUDGE_PLAIN, (const uint8_t *)line,
		      strlen(line));
}

bool judge_expect(struct judge *j, bool holds, const char *fmt, ...)
{
	va_list ap;

	if (!judge_on(j))
		return false;
	j->expected++;
	if (holds)
		return true;
	va_start(ap, fmt);
	say(j, JUDGE_FAIL, fmt, ap);
	va_end(ap);
	return false;
}

/* What went through the session has its answer there too. */
static bool same_way(const struct judge *j)
{
	switch (j->asked) {
	case JUDGE_PLAIN:
		return j->a.kind == JUDGE_PLAIN;
	case JUDGE_SEALED:
		return j->a.opened;
	case JUDGE_RECORD:
	case JUDGE_OBJECT:
		break;
	}
	return true;
}

bool judge_answers(struct judge *j, uint8_t code)
{
	const uint8_t head[2] = { j->q.version, code };
	char came[128];

	judge_came_words(&j->a, came, sizeof(came));
	if (!judge_expect(j, same_way(j),
			  "%s came by another way than the request", came))
		return false;
	return judge_expect(j, !j->a.bad && j->a.m.code == code,
			    "%s was to come, and what came is %s",
			    judge_message_name(head, sizeof(head)), came);
}

static bool one_of(uint8_t code, const uint8_t *codes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return true;
	return !n;
}

bool judge_refused_by(struct judge *j, const uint8_t *codes, size_t n)
{
	const struct judge_answer *a = &j->a;
	char came[128], want[128] = "";
	size_t at = 0;

	judge_came_words(a, came, sizeof(came));
	for (size_t i = 0; i < n && at < sizeof(want); i++)
		at += (size_t)snprintf(want + at, sizeof(want) - at, "%s%s",
				       i ? " or " : " ",
				       judge_spdm_error(codes[i]));
	if (!judge_expect(j, !a->bad && a->m.code == SPDM_ERROR,
			  "ERROR%s was to come, and what came is %s", want,
			  came))
		return false;
	if (!judge_expect(j, same_way(j),
			  "%s came by another way than the request", came))
		return false;
	return judge_expect(j, one_of(a->m.param1, codes, n),
			    "ERROR%s was to come, and what came is %s", want,
			    came);
}

/* --- silence --- */

static const uint8_t get_version[4] = { SPDM_V10, SPDM_GET_VERSION };

static bool is_answer_to(const struct judge *j, const uint8_t *then, size_t n)
{
	const struct judge_answer *a = &j->a;
	const uint8_t code = n > 1 ? spdm_response_of(then[1]) : 0;

	return same_way(j) && a->n > 1 &&
	       (a->kind != JUDGE_RECORD || a->opened) && a->p[1] == code;
}

/* The two go out one after the other; the answer to the second comes back
 * first, or that to the first. */
static bool two(struct judge *j, enum judge_kind kind, const uint8_t *p,
		size_t n, enum judge_kind then_kind, const uint8_t *then,
		size_t then_n)
{
	if (!judge_send(j, kind, p, n) ||
	    !judge_send(j, then_kind, then, then_n))
		return false;
	judge_awaits_for(j, then, then_n);
	if (!judge_recv(j))
		return false;
	if (!is_answer_to(j, then, then_n))
		j->owed++; /* the other one is still to come */
	if (then == get_version && j->ready) {
		/* Nobody is left there to end it with. */
		j->rx = NULL;
		spdm_req_drop_session(&j->q);
	}
	return true;
}

bool judge_silence_then(struct judge *j, enum judge_kind kind, const uint8_t *p,
			size_t n, enum judge_kind then_kind,
			const uint8_t *then, size_t then_n)
{
	char came[128];

	if (!judge_on(j) || !two(j, kind, p, n, then_kind, then, then_n))
		return false;
	judge_came_words(&j->a, came, sizeof(came));
	return judge_expect(j, is_answer_to(j, then, then_n),
			    "no answer was to come, and what came is %s", came);
}

bool judge_silence_to(struct judge *j, enum judge_kind kind, const uint8_t *p,
		      size_t n)
{
	return judge_silence_then(j, kind, p, n, JUDGE_PLAIN, get_version,
				  sizeof(get_version));
}

bool judge_maybe(struct judge *j, enum judge_kind kind, const uint8_t *p,
		 size_t n, bool *answered)
{
	if (!judge_on(j) ||
	    !two(j, kind, p, n, JUDGE_PLAIN, get_version, sizeof(get_version)))
		return false;
	*answered = !is_answer_to(j, get_version, sizeof(get_version));
	return true;
}
