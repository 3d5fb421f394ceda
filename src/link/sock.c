/* SPDX-License-Identifier: BSD-2-Clause */
#include "link/sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static enum il_err parse_unix(const char *path, struct sock_addr *a)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	if (!n || n >= sizeof(un.sun_path))
		return IL_E_ARG;
	memcpy(un.sun_path, path, n);
	memcpy(&a->sa, &un, sizeof(un));
	a->len = sizeof(un);
	return IL_OK;
}

static enum il_err parse_tcp(const char *host, struct sock_addr *a)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	const char *colon = strchr(host, ':');
	char name[16], *end;
	unsigned long port;

	if (!colon || (size_t)(colon - host) >= sizeof(name))
		return IL_E_ARG;
	memcpy(name, host, (size_t)(colon - host));
	name[colon - host] = '\0';
	if (inet_pton(AF_INET, name, &in.sin_addr) != 1 ||
	    ntohl(in.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
		return IL_E_ARG;
	if (colon[1] < '0' || colon[1] > '9')
		return IL_E_ARG;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port < 1 || port > UINT16_MAX)
		return IL_E_ARG;
	in.sin_port = htons((uint16_t)port);
	memcpy(&a->sa, &in, sizeof(in));
	a->len = sizeof(in);
	return IL_OK;
}

enum il_err sock_parse(const char *text, struct sock_addr *out)
{
	struct sock_addr a = { .len = 0 };
	enum il_err err = IL_E_ARG;

	if (strlen(text) >= sizeof(a.text))
		return IL_E_ARG;
	if (strncmp(text, "unix:", 5) == 0)
		err = parse_unix(text + 5, &a);
	else if (strncmp(text, "tcp:", 4) == 0)
		err = parse_tcp(text + 4, &a);
	if (err)
		return err;
	memcpy(a.text, text, strlen(text) + 1);
	*out = a;
	return IL_OK;
}

static int new_socket(const struct sock_addr *a)
{
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(a->sa.ss_family, type, 0);

	return fd < 0 ? -errno : fd;
}

/* Frames are whole when they are sent: waiting for more would only delay. */
static void no_delay(int fd)
{
	int on = 1;

	/* A Unix socket has no such option, and no delay. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* Closes @fd; errno of the failure before. */
static int failed(int fd)
{
	int err = errno;

	close(fd);
	return -err;
}

/* Removes a Unix socket that nobody listens to. */
static void clear_stale(const struct sock_addr *a)
{
	struct sockaddr_un un;
	struct stat st = { 0 };
	int fd;

	if (a->sa.ss_family != AF_UNIX)
		return;
	memcpy(&un, &a->sa, sizeof(un));
	if (lstat(un.sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = new_socket(a);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&a->sa, a->len) &&
	    errno == ECONNREFUSED)
		(void)unlink(un.sun_path);
	close(fd);
}

int sock_listen(const struct sock_addr *a)
{
	int fd = new_socket(a);
	int on = 1;

	if (fd < 0)
		return fd;
	clear_stale(a);
	if (a->sa.ss_family == AF_INET &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		return failed(fd);
	if (bind(fd, (const struct sockaddr *)&a->sa, a->len) ||
	    listen(fd, BACKLOG))
		return failed(fd);
	return fd;
}

/* The outcome of a connect() that was begun. */
static int finish_connect(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int err = 0, n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(fd);
	if (n == 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = ETIMEDOUT;
	if (err) {
		close(fd);
		return -err;
	}
	return fd;
}

int sock_connect(const struct sock_addr *a, int timeout_ms)
{
	int fd = new_socket(a);

	if (fd < 0)
		return fd;
	no_delay(fd);
	if (!connect(fd, (const struct sockaddr *)&a->sa, a->len))
		return fd;
	if (errno != EINPROGRESS)
		return failed(fd);
	return finish_connect(fd, timeout_ms);
}

int sock_accept(int fd)
{
	int c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (c < 0)
		return -errno;
	no_delay(c);
	return c;
}
