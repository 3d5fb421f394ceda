/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PCI_DOE_H
#define PCI_DOE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/env.h"
#include "base/err.h"

/*
 * Data Object Exchange: the framing of objects, and the device's side of the
 * mailbox. The requester's side is the host's driver; it shares the framing
 * and the registers (pci/regs.h), not the table.
 * Source: PCIe Base 6.0 §6.30, §7.9.24
 */

/* What an object carries; found by discovery. */
struct doe_type {
	uint16_t vendor;
	uint8_t type;
};

#define DOE_VENDOR_PCISIG 0x0001u
/* Object types of the PCI-SIG */
#define DOE_TYPE_DISCOVERY 0u
#define DOE_TYPE_SPDM	   1u /* CMA: SPDM in the clear */
#define DOE_TYPE_SECURED   2u /* secured SPDM */

#define DOE_HEADER_LEN	8u
#define DOE_MAX_DW	0x40000u /* 2^18; Length says 0 */
#define DOE_MAX_PAYLOAD ((size_t)4 * (DOE_MAX_DW - 2))
#define DOE_LENGTH_MASK 0x0003ffffu
/* Our own limit: a header and one page. A tunable of the mailbox. */
#define DOE_OBJECT_LIMIT 4104u
#define DOE_TIMEOUT_NS	 UINT64_C(1000000000)

/* Header dword 2's Length in dwords, header included: 0 stands for 2^18. */
uint32_t doe_length_dw(uint32_t header2);
/* The other way; @dw is 2 to 2^18. */
uint32_t doe_length_field(uint32_t dw);

/*
 * doe_wrap() - put one payload into a data object
 * @w:       where the object goes; the caller owns the buffer
 * @type:    vendor id and object type, as found by discovery
 * @payload: bytes to carry, not kept; may be NULL if @len is 0
 * @len:     bytes, 0 to DOE_MAX_PAYLOAD; zeros fill up the last dword
 *
 * w->len grows by the object, or by what it needed on IL_E_SPACE.
 *
 * Errors:   IL_E_ARG    @len is too large; nothing was written
 *           IL_E_SPACE  the buffer is too small; its content is undefined
 * Context:  any; no lock, no allocation
 * Source:   PCIe Base 6.0 §6.30.1
 */
enum il_err doe_wrap(struct wr *w, struct doe_type type, const uint8_t *payload,
		     size_t len) IL_MUST;

/*
 * doe_unwrap() - take one object apart
 * @obj:     whole object, header included, as many bytes as arrived
 * @limit:   refuse objects above this many bytes
 * @payload: points into @obj; whole dwords, so the last may be padding, which
 *           only the payload's own protocol can tell
 *
 * Errors:   IL_E_SHORT  @n ends before the header or before Length
 *           IL_E_LONG   bytes follow the object
 *           IL_E_FIELD  Length below 2 dwords or above @limit
 */
enum il_err doe_unwrap(const uint8_t *obj, size_t n, size_t limit,
		       struct doe_type *type, const uint8_t **payload,
		       size_t *len) IL_MUST;

/* Discovery (§6.30.1.1): index in 7:0, version in 15:8 of the request. */
#define DOE_DISCOVERY_LEN 4u

struct doe_discovery_rsp {
	struct doe_type type;
	uint8_t next; /* 0: no more */
};

void doe_discovery_req_encode(struct wr *w, uint8_t index, uint8_t version);
enum il_err doe_discovery_req_decode(struct rd *r, uint8_t *index,
				     uint8_t *version) IL_MUST;
void doe_discovery_rsp_encode(struct wr *w, const struct doe_discovery_rsp *m);
enum il_err doe_discovery_rsp_decode(struct rd *r,
				     struct doe_discovery_rsp *out) IL_MUST;

/*
 * doe_discover() - answer a discovery request from a list of types
 * @types: what the mailbox offers, discovery itself first
 *
 * An index past the end answers vendor 0xffff and next 0.
 *
 * Errors:   IL_E_SHORT, IL_E_LONG  the request is not one dword
 */
enum il_err doe_discover(const struct doe_type *types, size_t n,
			 const uint8_t *req, size_t req_len,
			 uint8_t rsp[DOE_DISCOVERY_LEN]) IL_MUST;

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
