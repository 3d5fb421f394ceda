/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_KEYLOG_H
#define DECODE_KEYLOG_H

#include "decode/flow.h"

/*
 * The secrets of many sessions, and which of them belongs to a session that a
 * listener meets. docs/decode.md has the form of the files.
 */
#define KEYLOG_RANDOM \
	64 /* RequesterContext is as long as the hash, or longer */

struct keylog_entry {
	bool named; /* of one session; else of the next of its kind */
	bool psk;
	bool used;
	uint32_t id; /* if @named */
	uint8_t random_len;
	uint8_t random[KEYLOG_RANDOM];
	struct flow_secrets secrets;
};

struct keylog {
	struct keylog_entry *e;
	size_t n;
	size_t cap;
	/* Where no entry has one: a key that is older than all sessions. */
	uint8_t psk_len;
	uint8_t psk[FLOW_SECRET_MAX];
	struct flow_secrets last; /* what keylog_find() answered */
};

/*
 * keylog_find() - the secrets of @who, or NULL
 *
 * The entry with its random bytes; else the first with its session id that was
 * not taken; else, of entries that name no session, the nth of its kind; else
 * the one PSK. The answer is good until the next call.
 */
const struct flow_secrets *keylog_find(struct keylog *k,
				       const struct flow_who *who);

#endif
