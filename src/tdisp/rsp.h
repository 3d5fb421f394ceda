/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TDISP_RSP_H
#define TDISP_RSP_H

#include "base/env.h"
#include "tdisp/codec.h"
#include "tdisp/report.h"

/*
 * The responder: one table [event][state] for a TDI, and the frame around it
 * that finds the TDI and puts refusals into ERROR messages.
 */
#define TDI_MSG_EVENTS (TDI_EV_VDM + 1)

/* What the TDI needs of the device. @fn is the index of the TDI. */
struct tdi_port {
	/*
	 * May this function be locked like that? TDISP_E_NONE: yes.
	 * INVALID_REQUEST: stream or keys, INVALID_DEVICE_CONFIGURATION: the
	 * rest. @session must be the one that keyed the stream.
	 */
	enum tdisp_error (*check)(void *ctx, uint32_t fn, uint64_t session,
				  const struct tdisp_lock *lock);
	/* Begin to watch locked configuration; called before check(), so that
	 * nothing changes unseen between them. Not IL_OK: LOCK fails. */
	enum il_err (*arm)(void *ctx, uint32_t fn);
	/* LOCK failed after arm(), or was given up: end the watch, and what
	 * quiesce() and report() have begun for it. */
	void (*disarm)(void *ctx, uint32_t fn);
	/*
	 * Stop issuing, finish or abort what is under way, drain translation
	 * and page requests, invalidate the ATC. IL_E_AGAIN: call again later.
	 */
	enum il_err (*quiesce)(void *ctx, uint32_t fn);
	/* Erase the TVM's data; end the watch. IL_E_AGAIN: call again later. */
	enum il_err (*scrub)(void *ctx, uint32_t fn);
	/* Fill in the report for this lock; pages as the bus sees them, the
	 * reporting offset is added above. @out->vendor lives until return.
	 * IL_E_AGAIN: call again later. */
	enum il_err (*report)(void *ctx, uint32_t fn,
			      const struct tdisp_lock *lock,
			      struct tdisp_report *out);
	/*
	 * Optional; NULL: the message is not supported. TDISP_E_PENDING: not
	 * yet, call again with the same arguments. unbind_p2p is also called
	 * for each stream that is bound when RUN ends, and again by a STOP
	 * where it did not succeed; BUSY and PENDING are the same there. What
	 * is under way when RUN ends, which entered() tells, is not to happen
	 * any more: nobody may ask for it again.
	 */
	enum tdisp_error (*bind_p2p)(void *ctx, uint32_t fn, uint64_t session,
				     uint8_t stream);
	enum tdisp_error (*unbind_p2p)(void *ctx, uint32_t fn, uint8_t stream);
	enum tdisp_error (*set_mmio_attr)(void *ctx, uint32_t fn,
					  const struct tdisp_range *range);
	/* Writes the answer's data to @out. UNSUPPORTED_REQUEST: not a
	 * registry, vendor or message that it knows. */
	enum tdisp_error (*vdm)(void *ctx, uint32_t fn,
				const struct tdisp_msg *req, struct wr *out);
	/* Optional: told after each change of state. */
	void (*entered)(void *ctx, uint32_t fn, enum tdi_state old,
			enum tdi_state now, enum tdi_event why);
};

/* A slow STOP goes on in steps; the TDI answers BUSY meanwhile. */
enum tdi_step {
	TDI_STEP_NONE,
	TDI_STEP_QUIESCE,
	TDI_STEP_RELEASE, /* of streams for peers */
	TDI_STEP_SCRUB,
};

/*
 * In an id of ours, never on the wire: the bus number is not known yet, so
 * that device and function number alone name the TDI.
 */
#define TDI_ANY_BUS 0x80000000u

/* One TDI. Written by tdi_handle(), tdi_poll() and tdi_host() alone. */
struct tdi {
	uint32_t fn; /* index, as the port knows it */
	uint32_t id; /* FUNCTION_ID that it answers to, or TDI_ANY_BUS */
	uint32_t as; /* FUNCTION_ID by which LOCK named it */
	bool hosted; /* false: no such interface now */
	enum tdi_state state;
	enum tdi_step stopping;
	uint64_t
		since_ns; /* when a poll first saw it stopping; 0: it did not */
	/*
	 * A LOCK got BUSY and may come again: the watch is on. All is judged
	 * anew then; any event but a message ends the attempt.
	 */
	bool locking;
	uint64_t session; /* that locked it, or is about to; 0 none, or gone */
	uint32_t runs;	  /* how often RUN was left */
	struct tdisp_lock lock; /* or of the one under way */
	bool nonce_live;
	uint8_t nonce[TDISP_NONCE_LEN];
	uint32_t p2p[8];  /* bit per stream id that is bound, … */
	uint16_t binding; /* … save this one less one, which is under way */
	/* The report of this lock, encoded; buffer of the caller. */
	uint8_t *rep;
	size_t rep_cap;
	size_t rep_len;
	uint32_t non_tee; /* bit per range of it that is NON_TEE now */
};

/*
 * The ranges of the report by which it was locked, none while it is not; @i is
 * below their number. Attributes are as they are now, SET_MMIO_ATTRIBUTE
 * counted in.
 */
uint32_t tdi_ranges(const struct tdi *t);
struct tdisp_range tdi_range(const struct tdi *t, uint32_t i);

struct tdi_arg {
	uint64_t session; /* messages: where it came in */
	const struct tdisp_msg *req;
	struct tdisp_msg *rsp; /* its body is filled in */
	size_t room;	       /* longest report portion to give */
	uint8_t *scratch;      /* where VDM answers go */
	size_t scratch_cap;
};

struct tdisp_rsp;
typedef enum tdisp_error tdi_action(const struct tdisp_rsp *r, struct tdi *t,
				    const struct tdi_arg *arg);

/* An absent action refuses: INVALID_INTERFACE_STATE for a message, nothing
 * for the rest. */
struct tdi_edge {
	tdi_action *act;
	enum tdi_state next;
};
typedef const struct tdi_edge tdi_table[TDI_EVENTS][TDI_STATES];
extern tdi_table tdi_edges;

/* May change or drop (false) a response before it is encoded. Tests only. */
typedef bool tdisp_tap(void *ctx, const struct tdisp_msg *req,
		       struct tdisp_msg *rsp);

enum {
	/* a = fn, b = old | new << 8, c = event */
	TDISP_TRACE_STATE = TRACE_EV(TRACE_TDISP, 1),
	/* a = fn or ~0, b = request code, c = error */
	TDISP_TRACE_REFUSED = TRACE_EV(TRACE_TDISP, 2),
};

/* Requests that wait for their answers, at the most. */
#define TDISP_REQS 16

/* A request that the port has not finished: one for each session. */
struct tdisp_open {
	uint64_t session; /* 0: free */
	uint32_t fn;
	enum tdisp_code code;
};

struct tdisp_rsp {
	const struct env *env;
	const struct tdi_port *port;
	void *port_ctx;
	const struct tdi_edge (*table)[TDI_STATES];
	struct tdisp_caps caps; /* as GET_CAPABILITIES tells */
	tdisp_tap *tap;		/* may be NULL */
	void *tap_ctx;
	struct tdi *tdis;
	size_t tdi_count;
	bool any_interface;
	struct tdisp_open open[TDISP_REQS];
	/* The report that a LOCK is making; nothing in between. Small stacks
	 * have no room for it. */
	struct tdisp_report *made;
	struct tdisp_report room;
};

struct tdisp_rsp_cfg {
	const struct env *env;
	const struct tdi_port *port;
	void *port_ctx;
	const struct tdi_edge (*table)[TDI_STATES]; /* NULL: tdi_edges */
	uint32_t dsm_caps;
	uint16_t lock_flags;  /* that LOCK may carry */
	uint8_t addr_width;   /* bits, 52 or so */
	uint8_t num_req_this; /* outstanding requests of a TDI; 0: one */
	uint8_t num_req_all;  /* of all, to TDISP_REQS; 0: as of one */
	bool any_interface;   /* an id that names no TDI means the first */
	struct tdi *tdis;     /* storage, cleared */
	size_t tdi_count;
	uint8_t *report; /* storage: @report_cap bytes for each TDI */
	size_t report_cap;
};

void tdisp_rsp_init(struct tdisp_rsp *r, const struct tdisp_rsp_cfg *cfg);

/*
 * tdisp_rsp_handle() - answer one message
 * @session: names the session it came in: never 0, never used again
 * @out_len: bytes of the answer; 0 only if the tap dropped it
 *
 * Refusals become ERROR messages, in this order: VERSION_MISMATCH,
 * UNSUPPORTED_REQUEST, INVALID_INTERFACE, INVALID_REQUEST (length), BUSY,
 * INVALID_INTERFACE_STATE, then what the action finds. A refusal changes
 * nothing, save that a LOCK or STOP which got BUSY has begun.
 *
 * BUSY is also the answer to more outstanding requests than the counts of
 * GET_CAPABILITIES allow. A session has one at a time: another request of it
 * means that it gave up on the first. OPEN: STOP is taken whatever is
 * outstanding, so that nobody can keep trust from ending.
 *
 * Errors:   IL_E_AGAIN  the port has not finished: call again with the same
 *                       bytes
 *             IL_E_SHORT  no whole header: there is no interface to name in an
 *                       answer; nothing changed
 *           IL_E_SPACE  @cap is below TDISP_FIXED_MAX; nothing changed.
 *                       Report portions are cut to fit @cap.
 * Source:   PCIe Base 6.x §11.3
 */
enum il_err tdisp_rsp_handle(struct tdisp_rsp *r, uint64_t session,
			     const uint8_t *in, size_t n, uint8_t *out,
			     size_t cap, size_t *out_len) IL_MUST;

/* What a session that has ended was waiting for. Its TDIs get their own
 * event. */
void tdisp_rsp_session_ended(struct tdisp_rsp *r, uint64_t session);

bool tdisp_rsp_sane(const struct tdisp_rsp *r);

/*
 * tdi_handle() - one event on one TDI
 *
 * TDISP_E_NONE: done; the table's next state is entered. Else nothing has
 * changed, but for a LOCK or STOP that has begun (BUSY), and a LOCK that was
 * under way and has ended by an event.
 */
enum tdisp_error tdi_handle(const struct tdisp_rsp *r, struct tdi *t,
			    enum tdi_event ev, const struct tdi_arg *arg);

/*
 * tdi_host() - whether requests may name this TDI, and how
 * @id: FUNCTION_ID: RID, and segment with its valid bit once known;
 *      TDI_ANY_BUS while the bus is not known
 *
 * Taking it away, or naming it anew, is a TDI_EV_CONFIG; to learn the bus of
 * one that had none is not, unless LOCK named it by another.
 */
void tdi_host(const struct tdisp_rsp *r, struct tdi *t, bool hosted,
	      uint32_t id);

/*
 * tdi_poll() - carries a slow STOP on
 * @limit_ns: after this long it has failed: ERROR, from where STOP may be
 *            tried again, or where it was if it was UNLOCKED
 *
 * True when none is under way any more.
 */
bool tdi_poll(const struct tdisp_rsp *r, struct tdi *t, uint64_t now_ns,
	      uint64_t limit_ns);

/* True if @stream is the default stream of a locked TDI, or bound for P2P. */
bool tdi_uses_stream(const struct tdi *t, uint8_t stream);

/* The bits of a RID that an @id of ours binds. */
uint32_t tdi_rid_mask(uint32_t id);

bool tdi_sane(const struct tdi *t);

#endif
