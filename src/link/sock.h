/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LINK_SOCK_H
#define LINK_SOCK_H

#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"

/*
 * Where a stream socket listens or connects to. Loopback and Unix sockets
 * alone: what stands behind them trusts its machine's users.
 */
struct sock_addr {
	struct sockaddr_storage sa;
	socklen_t len;
	char text[128]; /* as it was given */
};

/*
 * sock_parse() - "unix:PATH" or "tcp:127.0.0.1:PORT"
 * @text: an IPv4 address of 127.0.0.0/8, PORT 1 to 65535; PATH is not empty
 *
 * Errors:   IL_E_ARG  neither of the two, or too long; *out is untouched
 */
enum il_err sock_parse(const char *text, struct sock_addr *out) IL_MUST;

/*
 * sock_listen() - a listening socket, not blocking, closed on exec
 * A stale Unix socket, that nobody listens to, is replaced; a live one is
 * not, nor is a file of another kind.
 *
 * Returns the descriptor, or -errno.
 */
int sock_listen(const struct sock_addr *a) IL_MUST;

/*
 * sock_connect() - a connected socket, not blocking, closed on exec
 * @timeout_ms: longest wait for the other end
 *
 * Returns the descriptor, or -errno (-ETIMEDOUT).
 */
int sock_connect(const struct sock_addr *a, int timeout_ms) IL_MUST;

/*
 * sock_accept() - the next connection, set up as sock_connect() does
 * Returns the descriptor, or -errno; -EAGAIN: none waits.
 */
int sock_accept(int fd) IL_MUST;

#endif
