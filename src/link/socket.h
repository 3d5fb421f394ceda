/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LINK_SOCKET_H
#define LINK_SOCKET_H

#include "link/link.h"

/*
 * The socket channel: a link between two processes, over a connected stream
 * socket that does not block. Frames are those of docs/link.md.
 *
 * Sent frames gather in the buffer of the way out. They leave, as many as
 * there are in one call, when the owner looks for frames and has none left,
 * when the buffer is full, and on link_socket_flush() and link_socket_wait().
 * Nothing here ever waits but link_socket_wait().
 *
 * The end of the stream shows in recv, after the last whole frame: IL_E_IO.
 * So does broken framing: IL_E_FIELD, IL_E_LONG. Both stay, and send answers
 * IL_E_IO from then on; a channel does not come back. The descriptor remains
 * the caller's, to close.
 */
struct link_socket {
	int fd;
	struct link_socket_buf {
		uint8_t *p;
		size_t cap;
		size_t at;  /* first byte that is still here */
		size_t end; /* behind the last */
	} in, out;
	enum il_err in_end;  /* what recv answers when @in is used up */
	enum il_err out_end; /* what send answers */
};

/* The smallest buffer: one frame. Larger ones make fewer calls. */
#define LINK_SOCKET_MIN (LINK_FRAME_HDR + LINK_FRAME_MAX)

/*
 * link_socket_init() - a link over @fd
 * @fd:  connected and not blocking, as sock_connect() and sock_accept() give
 * @buf: storage, half of it for each way
 *
 * Errors:   IL_E_ARG  @cap is below 2 * LINK_SOCKET_MIN
 */
enum il_err link_socket_init(struct link_socket *ls, int fd, uint8_t *buf,
			     size_t cap) IL_MUST;
/* @ls must not move while the end is used. */
struct link_end link_socket_end(struct link_socket *ls);

/*
 * link_socket_flush() - give the kernel what it takes
 *
 * Errors:   IL_E_AGAIN  it did not take all; try when POLLOUT says so
 *           IL_E_IO     the channel is gone
 */
enum il_err link_socket_flush(struct link_socket *ls) IL_MUST;

/* Do bytes wait to leave? For loops that poll many descriptors: POLLOUT. */
static inline bool link_socket_pending(const struct link_socket *ls)
{
	return ls->out.at != ls->out.end;
}

/* Has the stream ended, or was its framing broken? Frames may be left. */
static inline bool link_socket_gone(const struct link_socket *ls)
{
	return ls->in_end || ls->out_end;
}

/* Would recv hand out a frame, or its last word, without asking the kernel? */
bool link_socket_ready(const struct link_socket *ls);

/*
 * link_socket_wait() - flush, then wait until there is something to receive
 * @timeout_ms: 0 looks only; negative waits for ever
 *
 * Also returns when bytes that had to stay can leave, and on a signal; a
 * caller with a deadline keeps it itself.
 *
 * Errors:   IL_E_TIMEOUT  nothing happened
 *           IL_E_IO       the descriptor cannot be waited for
 */
enum il_err link_socket_wait(struct link_socket *ls, int timeout_ms) IL_MUST;

bool link_socket_sane(const struct link_socket *ls);

#endif
