/* SPDX-License-Identifier: BSD-2-Clause */
#include "link/socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "base/assert.h"
#include "base/bytes.h"

static size_t held(const struct link_socket_buf *b)
{
	return b->end - b->at;
}

static void used_up(struct link_socket_buf *b, size_t n)
{
	b->at += n;
	if (b->at == b->end)
		b->at = b->end = 0;
}

/* To the front, so that all free room is behind. */
static void gather(struct link_socket_buf *b)
{
	if (!b->at)
		return;
	memmove(b->p, b->p + b->at, held(b));
	b->end -= b->at;
	b->at = 0;
}

bool link_socket_sane(const struct link_socket *ls)
{
	return ls->in.at <= ls->in.end && ls->in.end <= ls->in.cap &&
	       ls->out.at <= ls->out.end && ls->out.end <= ls->out.cap;
}

enum il_err link_socket_init(struct link_socket *ls, int fd, uint8_t *buf,
			     size_t cap)
{
	if (cap / 2 < LINK_SOCKET_MIN)
		return IL_E_ARG;
	*ls = (struct link_socket){
		.fd = fd,
		.in = { .p = buf, .cap = cap / 2 },
		.out = { .p = buf + cap / 2, .cap = cap / 2 },
	};
	return IL_OK;
}

static bool try_again(int eno)
{
	return eno == EAGAIN || eno == EWOULDBLOCK || eno == EINTR;
}

enum il_err link_socket_flush(struct link_socket *ls)
{
	struct link_socket_buf *b = &ls->out;

	while (!ls->out_end && held(b)) {
		ssize_t n = send(ls->fd, b->p + b->at, held(b), MSG_NOSIGNAL);

		if (n >= 0)
			used_up(b, (size_t)n);
		else if (try_again(errno))
			return IL_E_AGAIN;
		else
			ls->out_end = IL_E_IO;
	}
	if (ls->out_end)
		b->at = b->end = 0;
	IL_ASSERT(link_socket_sane(ls));
	return ls->out_end;
}

static enum il_err socket_send(void *ctx, enum link_kind kind, const uint8_t *p,
			       size_t len)
{
	struct link_socket *ls = ctx;
	struct link_socket_buf *b = &ls->out;
	uint8_t hdr[LINK_FRAME_HDR];
	struct wr w = wr_over(hdr, sizeof(hdr));
	enum il_err err = link_hdr_encode(&w, kind, len);

	if (err)
		return err;
	if (b->cap - held(b) < sizeof(hdr) + len) {
		err = link_socket_flush(ls);
		if (err == IL_E_AGAIN && b->cap - held(b) < sizeof(hdr) + len)
			return IL_E_SPACE;
	}
	if (ls->out_end)
		return ls->out_end;
	if (b->cap - b->end < sizeof(hdr) + len)
		gather(b);
	memcpy(b->p + b->end, hdr, sizeof(hdr));
	memcpy(b->p + b->end + sizeof(hdr), p, len);
	b->end += sizeof(hdr) + len;
	IL_ASSERT(link_socket_sane(ls));
	return IL_OK;
}

/* Nothing the peer sent from here on can be followed. */
static enum il_err give_up(struct link_socket *ls, enum il_err err)
{
	ls->in.at = ls->in.end = 0;
	ls->in_end = err;
	ls->out_end = IL_E_IO;
	return err;
}

/* The header of the next frame. Errors: IL_E_AGAIN not whole; as decode. */
static enum il_err next_frame(const struct link_socket *ls,
			      enum link_kind *kind, uint32_t *len)
{
	const struct link_socket_buf *b = &ls->in;
	struct rd r = rd_over(b->p + b->at, held(b));
	enum il_err err;

	if (held(b) < LINK_FRAME_HDR)
		return IL_E_AGAIN;
	err = link_hdr_decode(&r, kind, len);
	if (err)
		return err;
	return held(b) < LINK_FRAME_HDR + *len ? IL_E_AGAIN : IL_OK;
}

/* Reads once. Errors: IL_E_AGAIN; in_end is set when the stream is over. */
static enum il_err fill(struct link_socket *ls)
{
	struct link_socket_buf *b = &ls->in;
	ssize_t n;

	gather(b);
	IL_ASSERT(b->end < b->cap);
	n = recv(ls->fd, b->p + b->end, b->cap - b->end, 0);
	if (n > 0) {
		b->end += (size_t)n;
		return IL_OK;
	}
	if (n < 0 && try_again(errno))
		return IL_E_AGAIN;
	/* Closed, or broken: a frame that was not whole never will be. */
	return give_up(ls, IL_E_IO);
}

static enum il_err take(struct link_socket *ls, enum link_kind kind, uint32_t n,
			enum link_kind *kind_out, uint8_t *buf, size_t cap,
			size_t *len)
{
	struct link_socket_buf *b = &ls->in;

	*len = n;
	if (cap < n)
		return IL_E_SPACE;
	memcpy(buf, b->p + b->at + LINK_FRAME_HDR, n);
	*kind_out = kind;
	used_up(b, LINK_FRAME_HDR + n);
	IL_ASSERT(link_socket_sane(ls));
	return IL_OK;
}

static enum il_err socket_recv(void *ctx, enum link_kind *kind, uint8_t *buf,
			       size_t cap, size_t *len)
{
	struct link_socket *ls = ctx;
	enum link_kind k;
	uint32_t n;
	enum il_err err;

	for (;;) {
		err = next_frame(ls, &k, &n);
		if (!err)
			return take(ls, k, n, kind, buf, cap, len);
		if (ls->in_end)
			return ls->in_end;
		if (err != IL_E_AGAIN)
			return give_up(ls, err);
		/* Who sends no more leaves what it sent before to be read. */
		err = link_socket_flush(ls);
		(void)err;
		err = fill(ls);
		if (err)
			return err;
	}
}

static const struct link_ops socket_ops = {
	.send = socket_send,
	.recv = socket_recv,
};

struct link_end link_socket_end(struct link_socket *ls)
{
	return (struct link_end){ .ops = &socket_ops, .ctx = ls };
}

bool link_socket_ready(const struct link_socket *ls)
{
	enum link_kind kind;
	uint32_t n;

	return next_frame(ls, &kind, &n) != IL_E_AGAIN || ls->in_end;
}

enum il_err link_socket_wait(struct link_socket *ls, int timeout_ms)
{
	struct pollfd p = { .fd = ls->fd, .events = POLLIN };
	int n;

	if (link_socket_ready(ls))
		return IL_OK;
	if (link_socket_flush(ls) == IL_E_AGAIN)
		p.events |= POLLOUT;
	n = poll(&p, 1, timeout_ms);
	if (n < 0 && errno != EINTR)
		return IL_E_IO;
	return n ? IL_OK : IL_E_TIMEOUT;
}
