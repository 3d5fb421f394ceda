/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IDEKM_RSP_H
#define IDEKM_RSP_H

#include "base/env.h"
#include "idekm/codec.h"

/*
 * The responder: a table [event][state] for each key, the tie between streams
 * and the session that keyed them, and no cryptography. Key bytes pass
 * through to the hardware and are wiped here.
 */

/* One key: (port, stream, key set, direction, sub-stream). */
enum idekm_key_state {
	/* No key. Next: PRIMED by KEY_PROG. */
	IDEKM_KEY_EMPTY,
	/* Programmed, not in use. Next: ACTIVE by GO, EMPTY by STOP. */
	IDEKM_KEY_PRIMED,
	/* In use. Next: EMPTY by STOP, by the stream going Insecure. */
	IDEKM_KEY_ACTIVE,
	IDEKM_KEY_STATES,
};

enum idekm_key_event {
	IDEKM_EV_PROG,
	IDEKM_EV_GO,
	IDEKM_EV_STOP,
	IDEKM_EV_INSECURE, /* not a message: the stream lost its keys */
	IDEKM_EV_SESSION,  /* not a message: the keying session ended */
	IDEKM_EV_RETIRED,  /* not a message: the receiver moved to the other
			      key set and dropped this one */
	IDEKM_KEY_EVENTS,
};

/* A cell without "on" refuses. */
struct idekm_edge {
	bool on;
	enum idekm_key_state next;
};
/* Tests and misbehaviours put an altered copy in its place, after init. */
extern const struct idekm_edge idekm_edges[IDEKM_KEY_EVENTS][IDEKM_KEY_STATES];

/*
 * A row for each stream that holds a key, or had one that went: STOP leaves
 * the stream Secure, so that the end of the session must still find it.
 * Storage by the caller.
 */
struct idekm_stream {
	bool used;
	bool went;  /* some key was set to GO since the stream was Insecure */
	bool whole; /* and all six of a set were in use at once */
	bool slow;  /* the hardware has not finished with … */
	enum idekm_key_event slow_ev; /* … PROG, GO or STOP … */
	struct idekm_ref slow_ref;    /* … of this key */
	uint8_t port;
	uint8_t stream;
	uint8_t key[IDEKM_SETS][IDEKM_DIRS][IDEKM_SUBS]; /* idekm_key_state */
};

/*
 * What the hardware does; slow means at most the times of §6.33.3. Who answers
 * IL_E_AGAIN is called again with the same arguments until it has done, and for
 * no other key of the stream but to stop it; kill, or stop of the same key,
 * ends what is under way. A requester that gave up on a KEY_PROG may send
 * another value for the same key: it is the last one that counts.
 */
struct idekm_port {
	/* *@status is an enum idekm_status; keys are in AES order. Errors:
	 * IL_E_AGAIN; others count as IDEKM_FAILED. */
	enum il_err (*program)(void *ctx, const struct idekm_ref *ref,
			       const uint8_t key[IDEKM_KEY_LEN],
			       const uint8_t ifv[IDEKM_IFV_LEN],
			       uint8_t *status);
	/* Not IL_OK: nothing has changed, and no acknowledgement is sent;
	 * IL_E_AGAIN: not yet. */
	enum il_err (*go)(void *ctx, const struct idekm_ref *ref);
	enum il_err (*stop)(void *ctx, const struct idekm_ref *ref);
	/* Fills devfn, bus, segment, max_port, cap, cap_len of @out; the image
	 * lives until the next call. IL_E_ARG: no such port. */
	enum il_err (*query)(void *ctx, uint8_t port, struct idekm_msg *out);
	/* Destroys all keys of a stream and makes it Insecure. */
	void (*kill)(void *ctx, uint8_t port, uint8_t stream);
};

/* May change or drop (false) a response before it is encoded. Tests only. */
typedef bool idekm_tap(void *ctx, const struct idekm_msg *req,
		       struct idekm_msg *rsp);

enum {
	/* a = stream | port << 8, b = key set | dir << 1 | sub << 4,
	   c = old | new << 8 */
	IDEKM_TRACE_KEY = TRACE_EV(TRACE_IDEKM, 1),
	IDEKM_TRACE_OWNER = TRACE_EV(TRACE_IDEKM, 2),  /* a = session or 0 */
	IDEKM_TRACE_IGNORE = TRACE_EV(TRACE_IDEKM, 3), /* a = object */
};

struct idekm_rsp {
	const struct idekm_edge (*edges)[IDEKM_KEY_STATES];
	const struct env *env;
	const struct idekm_port *port;
	void *port_ctx;
	idekm_tap *tap; /* may be NULL */
	void *tap_ctx;
	struct idekm_stream *streams;
	size_t stream_count;
	uint64_t owner; /* session that holds keys here; 0 none */
	bool any_port;	/* every port index means port 0 */
};

/* @streams is storage for @count rows; it is cleared. */
void idekm_rsp_init(struct idekm_rsp *r, const struct env *env,
		    const struct idekm_port *port, void *port_ctx,
		    struct idekm_stream *streams, size_t count);

/*
 * idekm_rsp_handle() - answer one object
 * @session: names the session it came in: never 0, never used again
 * @out_len: bytes of the answer; 0: there is none
 *
 * KEY_PROG is always acknowledged, with the reason if it is refused. What has
 * no way to say no (QUERY for a port that is not there, GO without a key,
 * any STOP or GO with a field that does not exist, objects of another session
 * while the first lives) gets no answer and changes nothing.
 *
 * OPEN: the acts on a bad GO or STOP, and on objects that are not requests,
 * are not told; no answer is what the text allows and moves nothing.
 * OPEN: GO when the rest of the set is not primed. DMTF's requester sends GO
 * after each KEY_PROG, so each key is judged by itself; a stream is fully
 * keyed only when idekm_rsp_keyed() says so, and law 6 is the requester's.
 *
 * OPEN: a KEY_PROG that ends before its port field is told its wrong length
 * with zeros for what did not come.
 *
 * Errors:   IL_E_SPACE  @cap is too small for the answer; nothing changed
 *           IL_E_AGAIN  the hardware has not finished: call again with the
 *                       same bytes, the acknowledgement comes then
 * Source:   PCIe Base 6.x §6.33.3
 */
enum il_err idekm_rsp_handle(struct idekm_rsp *r, uint64_t session,
			     const uint8_t *in, size_t n, uint8_t *out,
			     size_t cap, size_t *out_len) IL_MUST;

/*
 * idekm_rsp_session_ended() - the session is gone
 *
 * Kills each stream that it keyed through port->kill, then frees the tie, so
 * that another session may key. Calls @each, if given, for each stream
 * after it was killed.
 */
void idekm_rsp_session_ended(struct idekm_rsp *r, uint64_t session,
			     void (*each)(void *ctx, uint8_t port,
					  uint8_t stream),
			     void *ctx);

/* The hardware found a stream Insecure: its keys are gone. No call back, but
 * for a key that it was still at. */
void idekm_rsp_insecure(struct idekm_rsp *r, uint8_t port, uint8_t stream);

/* The receiver dropped the old set after the first toggled K bit. */
void idekm_rsp_retired(struct idekm_rsp *r, const struct idekm_ref *ref);

/* Everything is forgotten, as after a conventional reset; as above. */
void idekm_rsp_reset(struct idekm_rsp *r);

/* EMPTY too when there is no row for it. */
enum idekm_key_state idekm_rsp_key(const struct idekm_rsp *r,
				   const struct idekm_ref *ref);

/* The session that owns the stream's keys if all six of a set are ACTIVE,
 * else 0. */
uint64_t idekm_rsp_keyed(const struct idekm_rsp *r, uint8_t port,
			 uint8_t stream);

/* The same if all six were ACTIVE once since the stream was Insecure, though
 * some may have been stopped. */
uint64_t idekm_rsp_was_keyed(const struct idekm_rsp *r, uint8_t port,
			     uint8_t stream);

/* True if some key of the stream is not EMPTY. */
bool idekm_rsp_has_keys(const struct idekm_rsp *r, uint8_t port,
			uint8_t stream);

bool idekm_rsp_sane(const struct idekm_rsp *r);

#endif
