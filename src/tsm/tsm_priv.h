/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TSM_TSM_PRIV_H
#define TSM_TSM_PRIV_H

#include "idekm/req.h"
#include "spdm/req.h"
#include "tdisp/report.h"
#include "tdisp/req.h"
#include "tsm/tsm.h"

#define TSM_SUBS    IDEKM_SUBS
#define TSM_KEYS    6 /* of one key set: three sub-streams, two directions */
#define TSM_KEYLOG  128
#define TSM_PAY_MAX 64	 /* longest vendor payload we send: KEY_PROG */
#define TSM_PORTION 1024 /* of a report */
#define TSM_BUSY_TRIES                                        \
	256 /* of a LOCK or STOP that the device has not done \
	     */

enum tsm_conn_ev {
	CONN_EV_NEW,
	CONN_EV_CONNECT,
	CONN_EV_CONNECTED,
	CONN_EV_DISCONNECT,
	CONN_EV_IDENTIFY,
	CONN_EV_IDENTIFIED,
	CONN_EV_SESSION,
	CONN_EV_OPENED, /* the session stands, without a stream */
	CONN_EV_STREAM,
	CONN_EV_SESSION_END,
	CONN_EV_CLOSE, /* both ends without keys, or force */
	CONN_EV_CUT,   /* isolation */
	CONN_EV_FREE,
	CONN_EVENTS,
};

enum tsm_stream_ev {
	STREAM_EV_FILL,
	STREAM_EV_FILLED,
	STREAM_EV_RX_GO,
	STREAM_EV_TX_GO,
	STREAM_EV_REFRESH,
	STREAM_EV_REFRESHED,
	STREAM_EV_KILL,
	STREAM_EV_FORGET,
	STREAM_EVENTS,
};

enum tsm_bind_ev {
	BIND_EV_NEW,
	BIND_EV_LOCK,
	BIND_EV_LOCKED,
	BIND_EV_START,
	BIND_EV_RUNNING,
	BIND_EV_STOP,
	BIND_EV_STOPPED,
	BIND_EV_ERROR, /* the device said so, or said what cannot be */
	BIND_EV_CUT,
	BIND_EV_FREE,
	BIND_EVENTS,
};

/* A verb in flight. */
struct tsm_op {
	enum tsm_verb verb; /* TSM_NO_VERB: none */
	bool recover;	    /* the STOP after a failed LOCK or START */
	enum il_err why;    /* of that failure */
	struct tsm_args args;
	unsigned phase;
	unsigned tries;
	/* plan of IDE_KM steps (ide.c) */
	bool planned;  /* one was begun */
	uint8_t which; /* enum tsm_plan */
	unsigned plan;
	unsigned sub;
	uint8_t set;
	/* the message that is out */
	bool waiting;
	size_t len;
	uint8_t kind;
	uint64_t sent_ns;
	uint64_t not_before_ns; /* when it is to go */
};

struct tsm_conn {
	struct tsm *t;
	unsigned index;
	enum tsm_conn_state state;
	enum tsm_stream_state stream;
	struct tsm_conn_cfg cfg;
	uint64_t session; /* 0: none */
	uint8_t stream_id;
	uint8_t key_set;
	uint8_t cert_slot;
	struct tsm_algs algs;
	bool digests;
	uint8_t vca_digest[TSM_DIGEST_LEN];
	uint8_t cert_digest[TSM_DIGEST_LEN];
	uint8_t key_digest[TSM_DIGEST_LEN];
	struct tsm_op op;
	struct spdm_req spdm;
	struct idekm_req idekm;
	uint8_t pay[TSM_PAY_MAX]; /* vendor payload on its way out */
	/* from the arena */
	uint8_t *msg;	  /* limits.msg */
	uint8_t *chain;	  /* limits.chain */
	uint8_t *scratch; /* limits.msg + SPDM_SECURED_SLACK */
	uint8_t *vca;	  /* limits.blob */
	uint8_t *meas;	  /* limits.blob */
	uint8_t *blob;	  /* limits.blob */
	size_t blob_len;
};

struct tsm_bind {
	struct tsm_conn *conn;
	unsigned index;
	enum tsm_bind_state state;
	uint32_t function_id;
	uint64_t owner;
	uint64_t tvm;
	uint8_t tdi; /* enum tsm_tdi, as said last */
	bool dma_on;
	uint64_t mmio_pages;
	uint64_t session; /* of the LOCK; 0 unless a lock session lives */
	bool nonce_live;
	uint8_t nonce[TSM_NONCE_LEN];
	struct tsm_lock_info lock;
	struct tdisp_req tdisp;
};

struct tsm {
	struct tsm_cfg cfg;
	struct tsm_conn *conn;
	struct tsm_bind *bind;
	uint64_t next_session;
	uint64_t next_lock;
	uint64_t keylog[TSM_KEYLOG]; /* fingerprints of keys; law 5 */
	unsigned keylog_n;
};

/* state.c: the tables and their writers */
enum il_err tsm_conn_enter(struct tsm_conn *c, enum tsm_conn_ev ev) IL_MUST;
enum il_err tsm_stream_enter(struct tsm_conn *c, enum tsm_stream_ev ev) IL_MUST;
enum il_err tsm_bind_enter(struct tsm_bind *b, enum tsm_bind_ev ev) IL_MUST;
/* Whether the table has the edge. */
bool tsm_conn_can(const struct tsm_conn *c, enum tsm_conn_ev ev);
bool tsm_stream_can(const struct tsm_conn *c, enum tsm_stream_ev ev);
bool tsm_bind_can(const struct tsm_bind *b, enum tsm_bind_ev ev);
/* Lock session: begun by the LOCK response, ended by everything else. */
void tsm_lock_begin(struct tsm_bind *b, const uint8_t nonce[TSM_NONCE_LEN],
		    uint16_t flags, int64_t mmio_offset);
void tsm_lock_end(struct tsm_bind *b);
/* The trusted entry away, if there is one. */
void tsm_entry_off(struct tsm_bind *b);
/* The session's books: no session, no digests. */
void tsm_session_end(struct tsm_conn *c);

/* verb.c */
enum il_err tsm_send_spdm(struct tsm_conn *c, enum spdm_req_op op,
			  const struct spdm_req_args *args) IL_MUST;
/* @n bytes of c->pay, protocol id first. */
enum il_err tsm_send_vendor(struct tsm_conn *c, size_t n) IL_MUST;
/* The answer's bytes after the protocol id. */
enum il_err tsm_vendor_answer(const struct tsm_conn *c, uint8_t protocol,
			      struct spdm_span *out) IL_MUST;

/*
 * The verbs, phase by phase: called when the phase before is answered (phase
 * 0: at the first step). IL_E_AGAIN: an exchange was begun.
 */
enum il_err tsm_do_connect(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_measure(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_heartbeat(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_key_update(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_refresh(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_disconnect(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_identify(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_session(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_stream(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_stream_stop(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_session_end(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_lock(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_report(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_start(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_stop(struct tsm_conn *c) IL_MUST;
enum il_err tsm_do_get_state(struct tsm_conn *c) IL_MUST;

/* ide.c */
enum tsm_plan {
	PLAN_FILL, /* fresh keys to both ends, receivers, transmitters */
	PLAN_REFRESH,
	PLAN_STOP,
};
enum il_err tsm_ide_query(struct tsm_conn *c) IL_MUST;
enum il_err tsm_ide_check(struct tsm_conn *c) IL_MUST;
/* First call with @first; then once for each answer. IL_OK: plan done. */
enum il_err tsm_ide_plan(struct tsm_conn *c, enum tsm_plan plan,
			 bool first) IL_MUST;

#endif
