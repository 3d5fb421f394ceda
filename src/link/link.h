/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tlp/tlp.h"

/*
 * A link between two ports: frames in order, both ways. A frame is a packet
 * or an event. What carries it (a queue, a socket) hides behind link_ops; an
 * interposer is one more link_end in front of another.
 *
 * docs/link.md has the bytes of a frame.
 */
enum link_kind {
	LINK_TLP = 1,	/* the bytes of one packet */
	LINK_EVENT = 2, /* one byte, enum link_event */
};

/*
 * Events travel from the end that causes them: resets and power come from the
 * root port, presence from the slot. DOWN is seen at both ends: who takes a
 * link down sends it and applies it.
 */
enum link_event {
	LINK_UP = 1,	 /* DL_Active asserted */
	LINK_DOWN,	 /* DL_Active deasserted */
	LINK_HOT_RESET,	 /* in-band reset from the upstream side */
	LINK_FUND_RESET, /* PERST# asserted and released */
	LINK_POWER_OFF,	 /* main power removed (L2/L3) */
	LINK_POWER_ON,
	LINK_PRESENT, /* presence detect */
	LINK_ABSENT,
	LINK_EVENTS,
};

/* Never NULL. */
const char *link_event_name(enum link_event ev);

#define LINK_FRAME_HDR	8u
#define LINK_FRAME_MAX	TLP_MAX_BYTES /* payload */
#define LINK_FRAME_ROOM TLP_BYTES(TLP_MAX_DATA)

/*
 * Errors of send: IL_E_SPACE the channel is full, nothing was sent;
 *   IL_E_ARG the frame is empty, too long or of no known kind;
 *   IL_E_IO the channel is gone.
 * Errors of recv: IL_E_AGAIN no frame waits; IL_E_SPACE @cap is too small,
 *   *len says what is needed and the frame stays; IL_E_IO the channel is
 *   gone; IL_E_FIELD, IL_E_LONG the peer broke the framing.
 */
struct link_ops {
	enum il_err (*send)(void *ctx, enum link_kind kind, const uint8_t *p,
			    size_t len);
	enum il_err (*recv)(void *ctx, enum link_kind *kind, uint8_t *buf,
			    size_t cap, size_t *len);
};

struct link_end {
	const struct link_ops *ops;
	void *ctx;
};

static inline enum il_err IL_MUST link_send(const struct link_end *e,
					    enum link_kind kind,
					    const uint8_t *p, size_t len)
{
	return e->ops->send(e->ctx, kind, p, len);
}

static inline enum il_err IL_MUST link_recv(const struct link_end *e,
					    enum link_kind *kind, uint8_t *buf,
					    size_t cap, size_t *len)
{
	return e->ops->recv(e->ctx, kind, buf, cap, len);
}

/* Encodes @t into a frame of at most TLP_MAX_BYTES and sends it. */
enum il_err link_send_tlp(const struct link_end *e,
			  const struct tlp *t) IL_MUST;
enum il_err link_send_event(const struct link_end *e,
			    enum link_event ev) IL_MUST;
/* The event of a received LINK_EVENT frame. Errors: IL_E_SHORT/LONG/FIELD. */
enum il_err link_event_decode(const uint8_t *p, size_t len,
			      enum link_event *out) IL_MUST;

/*
 * The header before each frame in a ring or on any byte channel: kind u8,
 * three reserved zero bytes, length of the payload u32 little-endian.
 *
 * Errors:   IL_E_ARG  unknown kind, or a length of 0 or above LINK_FRAME_MAX
 *           IL_E_SPACE
 */
enum il_err link_hdr_encode(struct wr *w, enum link_kind kind,
			    size_t len) IL_MUST;
/*
 * Errors:   IL_E_SHORT  fewer than LINK_FRAME_HDR bytes
 *           IL_E_FIELD  unknown kind, reserved bytes set, length 0
 *           IL_E_LONG   length above LINK_FRAME_MAX
 */
enum il_err link_hdr_decode(struct rd *r, enum link_kind *kind,
			    uint32_t *len) IL_MUST;

/* A first-in first-out store of frames over storage of the caller. */
struct link_ring {
	uint8_t *buf;
	size_t cap;
	size_t head; /* next byte to read */
	size_t used;
};

void link_ring_init(struct link_ring *r, uint8_t *buf, size_t cap);
/* Errors: as send and recv of link_ops, without IL_E_IO. */
enum il_err link_ring_put(struct link_ring *r, enum link_kind kind,
			  const uint8_t *p, size_t len) IL_MUST;
enum il_err link_ring_get(struct link_ring *r, enum link_kind *kind,
			  uint8_t *buf, size_t cap, size_t *len) IL_MUST;
static inline bool link_ring_empty(const struct link_ring *r)
{
	return r->used == 0;
}
bool link_ring_sane(const struct link_ring *r);

/*
 * The queue channel: a link inside one process. Wiping the storage or copying
 * it with the struct saves and restores the link.
 */
struct link_queue {
	struct link_ring way[2]; /* way[i]: sent by end i */
	struct link_queue_end {
		struct link_queue *q;
		unsigned i;
	} ends[2];
};

/* Half of the @cap bytes at @buf serves each way. @q must not move. */
void link_queue_init(struct link_queue *q, uint8_t *buf, size_t cap);
/* @i: 0 upstream (root port), 1 downstream (device). */
struct link_end link_queue_end(struct link_queue *q, unsigned i);

#endif
