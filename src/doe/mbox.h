/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DOE_MBOX_H
#define DOE_MBOX_H

#include <stdbool.h>

#include "base/env.h"
#include "doe/doe.h"

/*
 * The device's side of a mailbox, as its registers. The requester's side is
 * the host's driver, which shares the registers (pci/regs.h), not the table.
 * Source: PCIe Base 6.0 §6.30.2, §7.9.24
 */

/* Our own limit: a header and one page. A tunable of the mailbox. */
#define DOE_OBJECT_LIMIT 4104u
#define DOE_TIMEOUT_NS	 UINT64_C(1000000000)

/* The mailbox of one instance */
enum doe_state {
	DOE_IDLE,      /* nothing in it */
	DOE_RECEIVING, /* some dwords of a request, no GO yet */
	DOE_BUSY,      /* a request waits for its answer, for 1 s at most */
	DOE_READY,     /* an answer is being read */
	DOE_ERROR,     /* only an abort leads out */
	DOE_STATES,
};

enum doe_event {
	DOE_EV_WRITE, /* a dword to the write mailbox */
	DOE_EV_GO,
	DOE_EV_POP, /* a write to the read mailbox */
	DOE_EV_ABORT,
	DOE_EV_RESET,  /* FLR or conventional reset of the function */
	DOE_EV_REPLY,  /* the consumer answers */
	DOE_EV_SILENT, /* the consumer took the request; no answer follows */
	DOE_EV_FAIL,   /* the consumer cannot answer */
	DOE_EV_LATE,   /* 1 s has passed since GO */
	DOE_EV_POISON, /* a configuration write of its registers was poisoned */
	DOE_EVENTS,
};

struct doe_mbox;
/* What an action found; decides between the two next states of its cell. */
enum doe_step { DOE_STEP_STAY, DOE_STEP_NEXT, DOE_STEP_BAD };
union doe_arg {
	uint32_t dw;
	uint64_t now_ns;
	struct {
		struct doe_type type;
		const uint8_t *payload;
		size_t len;
	} reply;
};
typedef enum doe_step doe_action(struct doe_mbox *m, const union doe_arg *arg);

struct doe_edge {
	doe_action *act;
	uint8_t next; /* enum doe_state after DOE_STEP_NEXT */
	uint8_t bad;  /* enum doe_state after DOE_STEP_BAD */
};
/* Absent cells refuse. Tests and misbehaviours pass an altered copy. */
extern const struct doe_edge doe_edges[DOE_EVENTS][DOE_STATES];

/* Trace: state before, state after, event */
#define DOE_TRACE_ENTER TRACE_EV(TRACE_PCI, 1)

struct doe_mbox {
	const struct doe_edge (*edges)[DOE_STATES];
	const struct env *env;
	uint8_t *in;	/* request, @limit bytes */
	uint8_t *out;	/* answer, @limit bytes */
	size_t limit;	/* bytes; whole dwords */
	size_t in_len;	/* bytes so far */
	size_t out_len; /* bytes in all */
	size_t out_pos; /* bytes popped */
	uint64_t go_ns; /* when GO came; valid while BUSY */
	enum doe_state state;
};

/*
 * doe_init() - an idle mailbox
 * @in, @out: @limit bytes each, kept; @limit is a multiple of 4, at least 8
 */
void doe_init(struct doe_mbox *m, const struct env *env, uint8_t *in,
	      uint8_t *out, size_t limit);
bool doe_sane(const struct doe_mbox *m);

/*
 * doe_event() - the only way to move a mailbox
 *
 * Errors:   IL_E_STATE  the table has no such edge; nothing changed
 *           IL_E_FIELD  the event led to DOE_ERROR
 */
enum il_err doe_event(struct doe_mbox *m, enum doe_event ev,
		      const union doe_arg *arg) IL_MUST;

/* Registers, as configuration accesses of whole dwords see them. */
uint32_t doe_reg_status(const struct doe_mbox *m);
uint32_t doe_reg_read(const struct doe_mbox *m);
void doe_reg_write_mbox(struct doe_mbox *m, uint32_t dw);
void doe_reg_write_read_mbox(struct doe_mbox *m);
/* Abort wins over Go when both are written. */
void doe_reg_write_ctl(struct doe_mbox *m, uint32_t dw, uint64_t now_ns);

/*
 * doe_request() - the request that waits, while BUSY
 *
 * The payload stays valid until the mailbox leaves BUSY.
 *
 * Errors:   IL_E_AGAIN  none waits
 */
enum il_err doe_request(const struct doe_mbox *m, struct doe_type *type,
			const uint8_t **payload, size_t *len) IL_MUST;

/*
 * doe_reply() - answer it; a @len of 0 with @payload NULL ends it silently
 *
 * Errors:   IL_E_STATE  not BUSY any more (aborted, late); nothing changed
 *           IL_E_FIELD  too large for the mailbox, which is now in error
 */
enum il_err doe_reply(struct doe_mbox *m, struct doe_type type,
		      const uint8_t *payload, size_t len) IL_MUST;

/* Applies the 1 s rule. Call when time has passed. */
void doe_tick(struct doe_mbox *m, uint64_t now_ns);

#endif
