/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TSM_TSM_H
#define TSM_TSM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/env.h"
#include "base/err.h"
#include "crypto/crypto.h"
#include "spdm/keys.h"
#include "tsm/gate.h"
#include "tsm/rp_keys.h"

struct arena;

/*
 * The platform's side of TDISP, as every architecture needs it: SPDM
 * requester, IDE key manager, TDISP requester, and the books that say what is
 * connected, bound, locked and granted. Names no architecture: a backend (the
 * firmware of arch/<a>) calls the verbs in the order of its gates.
 *
 * Three lifetimes, each a table with one writer:
 *   connection    session, stream and their keys; certificate digests
 *   binding       one TDI given to one TVM; counts of what it was granted
 *   lock session  inside a binding: nonce, report, measurements, grants;
 *                 ends at STOP, observed ERROR, session loss
 *
 * The core does no I/O. A verb that talks to the device is begun, then
 * stepped: each step gives a message that an untrusted host carries, and
 * takes the answer that it brings back. One verb at a time per connection.
 *
 * Context: one thread; no allocation after tsm_new().
 */

#define TSM_DIGEST_LEN	  48 /* SHA-384, whatever the session negotiated */
#define TSM_NONCE_LEN	  32
#define TSM_RANGES_MAX	  16 /* MMIO ranges of a report that we accept */
#define TSM_STREAM_UNUSED 0xff

/* Trace events: TRACE_EV(TRACE_TSM, n); a = object index, b = from, c = to. */
enum tsm_trace {
	TSM_TRACE_CONN = 1,
	TSM_TRACE_STREAM = 2,
	TSM_TRACE_BIND = 3,
	TSM_TRACE_LOCK = 4,    /* b = lock session id, c = 1 begun, 0 ended */
	TSM_TRACE_FAIL = 5,    /* b = verb, c = enum il_err */
	TSM_TRACE_ISOLATE = 6, /* the connection's link was cut */
};

enum tsm_conn_state {
	TSM_CONN_FREE,
	TSM_CONN_NEW, /* next: connect, identify, or free */
	TSM_CONN_CONNECTING,
	TSM_CONN_KNOWN, /* identity read, no session; next: session, or free */
	TSM_CONN_OPEN,	/* session, no stream; next: stream, session end */
	TSM_CONN_READY, /* session and keyed stream */
	TSM_CONN_DISCONNECTING,
	TSM_CONN_CLOSED, /* keys gone at both ends; next: free */
	TSM_CONN_ERROR,	 /* isolated: our end holds no key; next: free */
	TSM_CONN_STATES,
};

enum tsm_stream_state {
	TSM_STREAM_NONE,    /* no key of ours */
	TSM_STREAM_FILLING, /* some of six keys at both ends */
	TSM_STREAM_PRIMED,  /* all six at both ends */
	TSM_STREAM_RX,	    /* receivers go at both ends */
	TSM_STREAM_ON,	    /* transmitters too */
	TSM_STREAM_REFRESH, /* ON, and the idle set being filled */
	TSM_STREAM_DEAD,    /* wiped at our end */
	TSM_STREAM_STATES,
};

enum tsm_bind_state {
	TSM_BIND_FREE,
	TSM_BIND_UNLOCKED,
	TSM_BIND_LOCKING, /* nothing may be granted yet */
	TSM_BIND_LOCKED,
	TSM_BIND_STARTING,
	TSM_BIND_RUN,
	TSM_BIND_STOPPING, /* grants are dead */
	TSM_BIND_ERROR,	   /* only STOP, or isolation, leads out */
	TSM_BIND_DEAD,	   /* the link was cut; next: free */
	TSM_BIND_STATES,
};

enum tsm_verb {
	TSM_NO_VERB,
	TSM_CONNECT, /* IDENTIFY, SESSION and STREAM in one */
	TSM_MEASURE, /* signed measurements for a nonce */
	TSM_HEARTBEAT,
	TSM_KEY_UPDATE, /* of the SPDM session */
	TSM_REFRESH,	/* of the IDE stream: idle set, then retire the old */
	TSM_DISCONNECT, /* STREAM_STOP and SESSION_END in one */
	TSM_LOCK,	/* version, capabilities, state, LOCK, state */
	TSM_REPORT,	/* interface report, whole */
	TSM_START,
	TSM_STOP,
	TSM_GET_STATE,
	/* The parts of CONNECT and DISCONNECT, for a backend that gives each
	 * a name of its own. */
	TSM_IDENTIFY,	 /* version to certificate chain: NEW to KNOWN */
	TSM_SESSION,	 /* key exchange: KNOWN to OPEN */
	TSM_STREAM,	 /* IDE keys at both ends: OPEN to READY */
	TSM_STREAM_STOP, /* and keys away again: READY to OPEN */
	TSM_SESSION_END, /* OPEN to CLOSED */
	TSM_VERBS,
};

/* TDISP state as the device said it last. Source: TDISP, TDI state */
enum tsm_tdi {
	TSM_TDI_UNLOCKED = 0,
	TSM_TDI_LOCKED = 1,
	TSM_TDI_RUN = 2,
	TSM_TDI_ERROR = 3,
};

struct tsm_limits {
	unsigned conns;	  /* device connections */
	unsigned binds;	  /* bindings over all connections */
	size_t msg;	  /* longest SPDM message, both ways */
	size_t chain;	  /* longest certificate chain */
	size_t blob;	  /* longest report or measurement transcript */
	uint64_t wait_ns; /* an answer later than this is a failure; 0: any */
	/* Bytes of any value that may follow a plain answer; 0: zeros, as DOE
	 * does it. At most SPDM_SECURED_SLACK. */
	uint8_t padding;
	/* The first number of a session that is never used, both ways; 0: as
	 * many as there are. */
	uint64_t seq;
};

/* Good for a few devices. */
struct tsm_limits tsm_limits_default(void);

struct tsm;
struct tsm_conn;
struct tsm_bind;

/*
 * What the core asks of its backend. @entry_off makes the trusted device
 * entry of a binding invalid and completes the invalidation before it
 * returns; it cannot fail, and is safe when there is none.
 */
struct tsm_ops {
	void (*entry_off)(void *ctx, struct tsm_bind *b);
	/*
	 * Whether [@pa, @pa + @pages of 4 KiB) is MMIO that may belong to a
	 * function behind this binding's root port: a report that says more
	 * is refused (laws 33 and 54). NULL: any may.
	 */
	bool (*mmio_fits)(void *ctx, const struct tsm_bind *b, uint64_t pa,
			  uint32_t pages);
	/*
	 * Each SPDM message by which the session came to be, as plain text: for
	 * a backend whose TVM sees the transcript. A request that had to be
	 * sent again is heard again. NULL: nobody listens.
	 */
	void (*heard)(void *ctx, struct tsm_conn *c, const uint8_t *p,
		      size_t n);
};

struct tsm_cfg {
	const struct crypto *crypto;
	const struct env *env;
	const struct rp_keys *keys;
	void *keys_ctx;
	const struct tsm_ops *ops;
	void *ops_ctx;
	const struct tsm_gates *gates;
	spdm_keylog_fn *keylog; /* NULL: secrets stay here */
	void *keylog_ctx;
	struct tsm_limits limits;
};

/*
 * tsm_new() - make a core; all of it lives in @a
 *
 * @cfg is copied; what it points to stays. Never freed: the arena is.
 *
 * Errors:   IL_E_ARG    a limit is zero or above what indices hold
 *           IL_E_NOMEM  the arena is full
 */
enum il_err tsm_new(struct arena *a, const struct tsm_cfg *cfg,
		    struct tsm **out) IL_MUST;

/* --- connection --- */

struct tsm_conn_cfg {
	uint16_t rid; /* of the function that owns DOE and IDE */
	uint8_t segment;
	uint32_t port;	 /* root port, as rp_keys knows it */
	uint8_t ep_port; /* IDE_KM port index of the device; 0 for endpoints */
	uint64_t owner;	 /* backend's own, e.g. the address of its context */
};

/*
 * Errors:   IL_E_STATE  the function already has a connection
 *           IL_E_NOMEM  all connections are in use
 */
enum il_err tsm_conn_new(struct tsm *t, const struct tsm_conn_cfg *cfg,
			 struct tsm_conn **out) IL_MUST;

/*
 * tsm_conn_free() - give a connection back
 *
 * Errors:   IL_E_STATE  connecting, connected or disconnecting, a verb was
 *                       begun, or a binding is left (law 4); nothing changed
 */
enum il_err tsm_conn_free(struct tsm_conn *c) IL_MUST;

/* NULL if none. */
struct tsm_conn *tsm_conn_find(struct tsm *t, uint64_t owner);
struct tsm_conn *tsm_conn_at(struct tsm *t, unsigned i);
struct tsm *tsm_conn_tsm(struct tsm_conn *c);

/*
 * tsm_isolate() - cut the link: our keys wiped, the stream dead, every trusted
 * entry of the connection invalid, every lock session ended, the session
 * forgotten, a verb in flight abandoned
 *
 * Needs neither device nor host nor TVM, and cannot fail. KNOWN, OPEN, READY,
 * CONNECTING and DISCONNECTING become ERROR; the connection's bindings become
 * DEAD.
 * Laws 3, 24, 46, 49.
 */
void tsm_isolate(struct tsm_conn *c);

/* --- verbs --- */

struct tsm_args {
	/* CONNECT, IDENTIFY */
	uint8_t cert_slot;
	/* CONNECT, STREAM */
	uint8_t stream_id;
	/* MEASURE; nonce must be the TVM's, or fresh for it (law 28) */
	uint8_t nonce[TSM_NONCE_LEN];
	bool raw;
	/* LOCK, REPORT, START, STOP, GET_STATE; MEASURE for one lock session,
	 * or NULL for all that live on the connection */
	struct tsm_bind *bind;
	/* LOCK */
	uint16_t lock_flags;
	uint16_t lock_wish;  /* and of these, what the device says it has */
	int64_t mmio_offset; /* bytes, a multiple of 4 KiB */
	/* DISCONNECT: do not talk to the device */
	bool force;
};

/*
 * tsm_begin() - start a verb; then tsm_step() with no input
 *
 * @args is copied. Nothing is sent and no state changes if this refuses.
 *
 * Errors:   IL_E_STATE  a verb is in flight; or connection, stream or binding
 *                       are not where the verb may start
 *           IL_E_ARG    no such verb; a value out of range; a binding of
 *                       another connection
 */
enum il_err tsm_begin(struct tsm_conn *c, enum tsm_verb verb,
		      const struct tsm_args *args) IL_MUST;

/*
 * tsm_step() - take an answer, give the next message
 * @in:   answer to the last message, NULL with @n 0 on the first step
 * @in_kind: DOE object type it came as: 1 plain, 2 secured
 * @out:  where the next message goes; @out_len and @kind (1 or 2) on AGAIN
 *
 * A step without input while an answer is outstanding gives the same message
 * again. An answer when none is outstanding is refused.
 *
 * Errors:   IL_E_AGAIN  carry @out to the device, then step with the answer
 *           IL_E_STATE  no verb in flight, or an answer to nothing; no change
 *           IL_E_SPACE  @out is too small for the message; no change
 *           any other   the verb has failed and is over; what the failure of
 *                       each verb leaves behind:
 *             CONNECT, REFRESH, DISCONNECT, and the parts of CONNECT and
 *             DISCONNECT                    isolated, as tsm_isolate()
 *             STOP                          isolated (law 48)
 *             LOCK, START                   STOP was tried first; if the
 *                                           device did not end UNLOCKED,
 *                                           isolated, else UNLOCKED
 *             GET_STATE                     refused by the device: ERROR
 *             others                        as before, unless the session
 *                                           died: isolated
 */
enum il_err tsm_step(struct tsm_conn *c, uint8_t in_kind, const uint8_t *in,
		     size_t n, uint8_t *out, size_t cap, size_t *out_len,
		     uint8_t *kind, uint64_t now_ns) IL_MUST;

/* When the message that is out is to go, in the time of tsm_step(): a device
 * that wants time is not asked sooner. 0: now. */
uint64_t tsm_not_before(const struct tsm_conn *c);

/* tsm_verb_abort() - give up a verb in flight, as if its answer had been wrong
 */
void tsm_verb_abort(struct tsm_conn *c);

enum tsm_verb tsm_verb(const struct tsm_conn *c);
/* The binding of the verb in flight, or NULL. */
const struct tsm_bind *tsm_verb_bind(const struct tsm_conn *c);

/*
 * Where the IDE_KM plan of the verb in flight stands: for an architecture that
 * drives both ends of a stream by turns, so that it can say whose turn it is.
 */
struct tsm_plan_at {
	bool on;	/* the verb in flight has come to its plan */
	unsigned step;	/* steps done; one is three sub-streams at one end */
	unsigned steps; /* of the plan */
	unsigned sub;	/* sub-streams done of the step under way */
	bool device;	/* it is done at the device, by an exchange */
};
struct tsm_plan_at tsm_plan_at(const struct tsm_conn *c);

/* --- what is known of a connection --- */

enum tsm_conn_state tsm_conn_state(const struct tsm_conn *c);
enum tsm_stream_state tsm_stream_state(const struct tsm_conn *c);
const struct tsm_conn_cfg *tsm_conn_cfg(const struct tsm_conn *c);
uint8_t tsm_stream_id(const struct tsm_conn *c); /* or TSM_STREAM_UNUSED */
uint8_t tsm_stream_key_set(const struct tsm_conn *c);
uint8_t tsm_cert_slot(const struct tsm_conn *c);
/* A number that no other session of this core had; 0 without session. */
uint64_t tsm_session(const struct tsm_conn *c);
unsigned tsm_conn_binds(const struct tsm_conn *c);
/* Messages that the keys of the session are still good for; 0 without one. A
 * verb that finds none left loses the session (law 8). */
uint64_t tsm_messages_left(const struct tsm_conn *c);

enum tsm_digest {
	TSM_DIGEST_VCA,	 /* version, capabilities, algorithms messages */
	TSM_DIGEST_CERT, /* SPDM certificate chain, header and root hash too */
	TSM_DIGEST_KEY,	 /* leaf public key, X || Y */
};

/* NULL when the connection has none; else TSM_DIGEST_LEN bytes. */
const uint8_t *tsm_conn_digest(const struct tsm_conn *c, enum tsm_digest d);

struct tsm_algs {
	uint8_t curve_dhe;  /* enum crypto_curve */
	uint8_t curve_asym; /* enum crypto_curve */
	uint8_t hash;	    /* enum crypto_hash_alg */
};
struct tsm_algs tsm_conn_algs(const struct tsm_conn *c);

/* The chain as the device sent it; until the connection closes. */
void tsm_chain(const struct tsm_conn *c, const uint8_t **p, size_t *len);

/* Version, capabilities and algorithms messages; as long as the chain. */
void tsm_vca(const struct tsm_conn *c, const uint8_t **p, size_t *len);

/*
 * Bytes that the last REPORT or MEASURE produced, for the host to keep: the
 * report, or the transcript that the signature covers (VCA messages, request,
 * response). Valid until the next tsm_begin() on the connection; len 0: none.
 */
void tsm_blob(const struct tsm_conn *c, const uint8_t **p, size_t *len);

/* --- binding --- */

struct tsm_bind_cfg {
	uint32_t function_id; /* TDISP FUNCTION_ID */
	uint64_t owner;	      /* backend's own */
};

/*
 * tsm_bind_new() - book a TDI; it has no TVM yet
 *
 * Errors:   IL_E_ARG    not a function behind this connection's stream
 *           IL_E_STATE  not READY; the TDI is already booked (law 15)
 *           IL_E_NOMEM  all bindings are in use
 */
enum il_err tsm_bind_new(struct tsm_conn *c, const struct tsm_bind_cfg *cfg,
			 struct tsm_bind **out) IL_MUST;

/*
 * tsm_bind_free() - forget a TDI
 *
 * Errors:   IL_E_STATE  its gate TSM_GATE_RELEASE is shut
 */
enum il_err tsm_bind_free(struct tsm_bind *b) IL_MUST;

/*
 * tsm_bind_own() - name the TVM that the TDI is for; 0 takes it away
 *
 * Errors:   IL_E_STATE  not UNLOCKED and without grants; or it belongs to
 *                       another TVM (law 15)
 */
enum il_err tsm_bind_own(struct tsm_bind *b, uint64_t tvm) IL_MUST;

struct tsm_bind *tsm_bind_find(struct tsm *t, uint64_t owner);
struct tsm_bind *tsm_bind_at(struct tsm *t, unsigned i);
struct tsm_conn *tsm_bind_conn(const struct tsm_bind *b);
enum tsm_bind_state tsm_bind_state(const struct tsm_bind *b);
uint32_t tsm_bind_function(const struct tsm_bind *b);
uint64_t tsm_bind_owner(const struct tsm_bind *b);
uint64_t tsm_bind_tvm(const struct tsm_bind *b);
/* What GET_STATE said last; only for showing, never to decide on. */
enum tsm_tdi tsm_bind_tdi(const struct tsm_bind *b);

/*
 * The gates. A backend asks before it acts on a TVM's or a host's wish.
 * @lock_id is the lock session that the wish names; wrong or ended: shut.
 *
 * Errors:   IL_E_STATE  shut: binding state, missing evidence, entries left
 *           IL_E_AUTH   @lock_id is not the current lock session (law 26)
 */
enum il_err tsm_gate(const struct tsm_bind *b, enum tsm_gate g,
		     uint64_t lock_id) IL_MUST;

/* Books of what stands: MMIO pages accepted, trusted entry valid. */
void tsm_mmio_count(struct tsm_bind *b, int64_t pages);
void tsm_dma_set(struct tsm_bind *b, bool on);
uint64_t tsm_mmio_pages(const struct tsm_bind *b);
bool tsm_dma_on(const struct tsm_bind *b);

/* --- lock session --- */

struct tsm_range {
	uint64_t pa; /* bytes; reporting offset taken off */
	uint32_t pages;
	uint16_t attr; /* report's attributes: MSI-X 0, PBA 1, NON_TEE 2 */
	uint16_t id;
};

struct tsm_lock_info {
	uint64_t id; /* 0: no lock session */
	uint16_t flags;
	int64_t mmio_offset;
	bool report_valid;
	bool meas_valid;
	uint64_t report_count; /* reports taken in this binding */
	uint8_t report_digest[TSM_DIGEST_LEN];
	uint8_t meas_digest[TSM_DIGEST_LEN];
	uint8_t meas_nonce[TSM_NONCE_LEN];
	uint16_t interface_info;
	unsigned ranges;
	struct tsm_range range[TSM_RANGES_MAX];
};

/* All zero without a lock session. Valid until the next call on the core. */
const struct tsm_lock_info *tsm_lock_info(const struct tsm_bind *b);

/* Invariants; for assertions, tests and fuzzers. */
bool tsm_sane(const struct tsm *t);

#endif
