/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef JUDGE_TALK_H
#define JUDGE_TALK_H

#include "judge/puppet.h"
#include "spdm/chain.h"
#include "spdm/codec.h"
#include "spdm/transcript.h"

/*
 * A conversation in the clear, message by message, as the cases of SPDM drive
 * it: what a requester says is theirs to choose, right or wrong. It stands
 * beside the puppet, which knows only how to be right.
 *
 * Context: one at a time, on the stack of a case; end it with talk_end().
 */

/* How far a conversation has come when a case begins. */
enum talk_ground {
	TALK_NOTHING,
	TALK_VERSION,
	TALK_CAPS,
	TALK_ALGS,
	TALK_DIGESTS,
	TALK_CHAIN, /* that of slot 0, and its key */
};

/* What is said otherwise than usual; all zero: nothing. */
struct talk_wish {
	uint32_t caps;	   /* flags besides the usual */
	uint32_t no_caps;  /* flags left out */
	uint32_t transfer; /* DataTransferSize; 0: all that there is room for */
	bool chunks;	   /* CHUNK_CAP, and a MaxSPDMmsgSize above it */
	bool many_keys;	   /* a connection of many keys, 1.3 */
	bool block;	   /* GET_CAPABILITIES with Supported Algorithms, 1.3 */
};

struct talk {
	struct judge *j;
	const struct crypto *c;
	struct talk_wish wish;
	uint8_t v; /* the version that is judged */

	/* The last exchange: what was said stands in the judge. */
	size_t req_len;
	bool quiet;		  /* nothing came, where nothing may */
	struct spdm_span got;	  /* without padding, if it is well formed */
	const struct spdm_msg *a; /* if it is, else NULL */

	/* The connection. */
	struct spdm_msg versions; /* VERSION */
	struct spdm_caps mine, theirs;
	struct spdm_algs offer, sel;
	struct spdm_shape sh;
	struct spdm_transcript tr;
	uint8_t slots; /* those with a chain, as DIGESTS said */
	uint8_t digest[SPDM_SLOTS][SPDM_HASH_MAX];
	size_t chain_len; /* the bytes stand in the judge */
	struct crypto_chain leaf;
};

/*
 * talk_begin() - a new connection, up to @to
 *
 * False: the ground was not reached, and the judge knows why. talk_end() is
 * due in either case.
 */
bool talk_begin(struct talk *t, struct judge *j, enum talk_ground to,
		const struct talk_wish *wish);
void talk_end(struct talk *t);

/* The steps of it, for who goes on by hand. False: the judge knows why. */
bool talk_version(struct talk *t);
bool talk_caps(struct talk *t);
bool talk_algs(struct talk *t);
bool talk_digests(struct talk *t);
bool talk_chain(struct talk *t, uint8_t slot);

/* What GET_CAPABILITIES and NEGOTIATE_ALGORITHMS would say. */
void talk_caps_msg(struct talk *t, struct spdm_msg *m);
void talk_algs_msg(struct talk *t, struct spdm_msg *m);

/* An empty request of the version that is judged. */
struct spdm_msg talk_msg(const struct talk *t, uint8_t code);

/*
 * talk_raw() - say any bytes, which need an answer
 * talk_ask() - say a message, likewise
 * talk_once() - the same as talk_raw(), but what puts off or announces is the
 *               answer: ERROR Busy, ResponseNotReady, LargeResponse
 * talk_maybe() - say any bytes, which need none; the connection is over after
 *
 * What comes is in @t; false: the verdict is made.
 */
bool talk_raw(struct talk *t, const uint8_t *p, size_t n);
bool talk_ask(struct talk *t, const struct spdm_msg *m);
bool talk_once(struct talk *t, const struct spdm_msg *m);
bool talk_maybe(struct talk *t, const uint8_t *p, size_t n);
/* Bytes of a message, good until the next; may be changed. */
struct spdm_span talk_bytes(struct talk *t, const struct spdm_msg *m);
uint8_t *talk_change(struct talk *t);

/* The last answer is a well formed @code of this version. */
bool talk_is(struct talk *t, uint8_t code);
/* The same without an opinion: only then a case may go on. */
bool talk_has(const struct talk *t, uint8_t code);

/* ERROR codes as a set. */
#define TALK_E(code) \
	(UINT64_C(1) << ((code)&0x40 ? 32 + ((code)&0x1f) : (code)&0x1f))
#define TALK_ANY (~UINT64_C(0))

/*
 * talk_refused() - the last request was refused, by an ERROR of @how; nothing
 * at all is a refusal where it was allowed (talk_maybe())
 */
bool talk_refused(struct talk *t, uint64_t how);

/* The last request and its answer enter M1/M2, L1/L2, as said. */
bool talk_note(struct talk *t, struct crypto_slot *s, bool vca);
/* @sig is what the key of the leaf signs over @s under @context. */
bool talk_signed(struct talk *t, struct crypto_slot s, const char *context,
		 struct spdm_span sig);

/* Not tested, for want of one of these flags of CAPABILITIES. */
bool talk_needs(struct talk *t, uint32_t flags, const char *name);

/* Reserved fields of the answer are zero: a claim. */
bool talk_reserved_zero(struct talk *t);
/* Sets those of the request that talk_bytes() made; none: not tested. */
bool talk_reserved_set(struct talk *t, const struct spdm_msg *m);

/* All of @n bytes are zero. */
bool talk_zero(const uint8_t *p, size_t n);

#endif
