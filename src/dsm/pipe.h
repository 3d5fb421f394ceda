/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DSM_PIPE_H
#define DSM_PIPE_H

#include "dsm/session.h"

/*
 * What goes between the halves of the DSM, as bytes, for halves that run on
 * different processors: an end in front, which stands for the half behind it
 * (struct dsm_back), and an end at the back, which asks that half. Whatever
 * carries frames between them must keep them whole; that it delays, reorders
 * or loses them costs no trust, only time: generations tell what is late, and
 * a number tells which request an answer answers.
 *
 * A frame, little-endian:
 *
 *   0      kind: 1 request, 2 answer, 3 a session has ended
 *   1      connection
 *   2      seat
 *   3      request: bit 0 AES-256-GCM; answer: enum dsm_pipe_status
 *   4..7   session id
 *   8..15  generation
 *   16..19 number of the request, counted for each seat; 0 in kind 3
 *   20..23 bytes of the payload
 *   24..   payload, from the protocol id on
 *
 * Both processors are the device's own, and so is the way between them:
 * frames carry keys, and nothing here hides or proves them.
 */
#define DSM_FRAME_HDR 24

enum dsm_frame_kind {
	DSM_FRAME_REQUEST = 1,
	DSM_FRAME_ANSWER = 2,
	DSM_FRAME_ENDED = 3,
};

enum dsm_pipe_status {
	DSM_PIPE_DONE, /* no payload: no answer */
	DSM_PIPE_ENDED,
	DSM_PIPE_MALFORMED,
	DSM_PIPE_FAILED,
	DSM_PIPE_STATUSES,
};

struct dsm_frame {
	enum dsm_frame_kind kind;
	struct dsm_session s;
	enum dsm_pipe_status status;
	uint32_t number;
	const uint8_t *p; /* in the decoded buffer */
	size_t n;
};

/* Errors: IL_E_SHORT, IL_E_LONG, IL_E_FIELD; @out is as before. */
enum il_err dsm_frame_decode(const uint8_t *p, size_t n,
			     struct dsm_frame *out) IL_MUST;
/* Bytes, or 0: @cap is too small. */
size_t dsm_frame_encode(const struct dsm_frame *f, uint8_t *out, size_t cap);

/*
 * Sends one frame whole, or does nothing. Errors: IL_E_AGAIN no room; it is
 * given again. Others count as that.
 */
typedef enum il_err dsm_send_fn(void *ctx, const uint8_t *p, size_t n);

/* One for each seat of each connection, at each end; the caller's buffer. */
struct dsm_pipe_slot {
	uint8_t *buf; /* a whole frame */
	size_t cap;
	size_t len; /* 0: nothing is under way */
	bool sent;  /* front: the request; back: the answer is being made */
	bool answered;
	uint32_t number; /* of the latest request */
	size_t answer;	 /* front: where the answer's frame begins in @buf */
};

struct dsm_pipe_front {
	dsm_send_fn *send;
	void *ctx;
	struct dsm_pipe_slot *slots;
	size_t count;					/* connections */
	struct dsm_session ended[DSM_CONNS][DSM_SEATS]; /* gen 0: none is due */
};

/* @slots are DSM_SEATS for each of @count connections, in this order, at both
 * ends. @buf of each has room for a request's frame and its answer's. */
void dsm_pipe_front_init(struct dsm_pipe_front *f, dsm_send_fn *send, void *ctx,
			 struct dsm_pipe_slot *slots, size_t count);
void dsm_pipe_front_fini(struct dsm_pipe_front *f);
/* Of struct dsm_front_cfg; back_ctx is a struct dsm_pipe_front. */
extern const struct dsm_back dsm_pipe_back_ops;
/* A frame that came. Errors: not a frame for this end; ignored. */
enum il_err dsm_pipe_front_take(struct dsm_pipe_front *f, const uint8_t *p,
				size_t n) IL_MUST;
/* Sends what there was no room for. */
void dsm_pipe_front_flush(struct dsm_pipe_front *f);

struct dsm_pipe_back {
	dsm_send_fn *send;
	void *ctx;
	const struct dsm_back *back;
	void *back_ctx;
	struct dsm_pipe_slot *slots;
	size_t count; /* connections */
	uint8_t *out; /* one answer's frame, while it is made */
	size_t out_cap;
};

void dsm_pipe_back_init(struct dsm_pipe_back *b, dsm_send_fn *send, void *ctx,
			const struct dsm_back *back, void *back_ctx,
			struct dsm_pipe_slot *slots, size_t count, uint8_t *out,
			size_t out_cap);
void dsm_pipe_back_fini(struct dsm_pipe_back *b);
/* As above. A request of a seat takes the place of the one before. */
enum il_err dsm_pipe_back_take(struct dsm_pipe_back *b, const uint8_t *p,
			       size_t n) IL_MUST;
/* Asks again for what was pending, and sends what there was no room for. */
void dsm_pipe_back_poll(struct dsm_pipe_back *b);

#endif
