/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DECODE_FLOW_PRIV_H
#define DECODE_FLOW_PRIV_H

#include "decode/flow.h"

/* One message under way through the listener. */
struct flow_turn {
	struct flow *f;
	struct flow_session *s; /* NULL: in the clear */
	unsigned side;		/* 1: encapsulated, the requester answers */
	struct spdm_msg m;
	const uint8_t *p;
	size_t n;
	struct flow_note note;
};

/* Why something cannot be said. */
extern const char flow_no_vca[], flow_gap[], flow_no_chain[], flow_no_key[],
	flow_no_room[];

/* One check more on this message. */
void flow_say(struct flow_turn *t, const char *what, enum flow_verdict v,
	      const char *why);

/* Appends to a running hash, which begins with VCA if @vca. */
void flow_add(struct flow *f, struct flow_hash *h, bool vca, const uint8_t *p,
	      size_t n);
void flow_forget(struct flow *f, struct flow_hash *h);
/* Its digest; false: it lacks something, and @h->why says what. */
bool flow_digest(struct flow *f, struct flow_hash *h, uint8_t *out);

enum crypto_hash_alg flow_hash_alg(const struct flow *f);

/* Says whether @sig holds over @h with the key of @slot of end @end. */
void flow_verify(struct flow_turn *t, unsigned end, uint8_t slot,
		 struct flow_hash *h, const char *context,
		 struct spdm_span sig);
/* Says whether @digest is that of the chain of @slot. */
void flow_chain_digest(struct flow_turn *t, unsigned end, uint8_t slot,
		       struct spdm_span digest);
/* The hash of the chain of @slot, from the chain or from DIGESTS, or NULL. */
const uint8_t *flow_chain_hash(const struct flow *f, unsigned end,
			       uint8_t slot);

/* flow_conn.c: what a request empties, and what a response lets us check. */
void flow_conn_request(struct flow_turn *t);
void flow_conn_response(struct flow_turn *t, const struct flow_asked *q);
void flow_conn_refused(struct flow_turn *t, const struct flow_asked *q);
void flow_summary(struct flow_turn *t, uint8_t type, struct spdm_span summary);

/* flow_session.c */
void flow_session_request(struct flow_turn *t);
void flow_session_response(struct flow_turn *t, const struct flow_asked *q);
void flow_session_drop(struct flow *f, struct flow_session *s);
/* The one whose handshake a message belongs to, or NULL. */
struct flow_session *flow_session_shaken(const struct flow_turn *t);
struct flow_session *flow_session_find(struct flow *f, uint32_t id);
/* A message of session @s could not be had. */
void flow_session_gap(struct flow_session *s);

/* flow_nest.c: messages that are parts of others, or stand in them. */
void flow_nested(struct flow_turn *t);
/* The answer to @q will come in chunks. */
void flow_hold(struct flow *f, const struct flow_asked *q);
/* Requests of chunks and of patience: no transcript knows them. */
bool flow_carries(uint8_t code);

/* A request of the responder that goes without being sent; @s: NULL, or the
 * session that its response comes in. */
void flow_imply(struct flow *f, struct flow_session *s, uint8_t code);
/* A message, out of whatever it came in. @pad: zeros may follow it. */
void flow_message(struct flow *f, struct flow_session *s, unsigned side,
		  bool carried, const uint8_t *p, size_t n, bool pad);

#endif
