/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events of the kernel's objects, as its netlink socket tells them: a socket
 * of NETLINK_KOBJECT_UEVENT that joined group 1 reads one event at a time,
 * "ACTION@DEVPATH" and variables, each ended by a zero.
 *
 * The kernel keeps the last K_UEVENTS of them, and a socket its place among
 * them: who reads too slowly is told so (ENOBUFS) and goes on with the oldest
 * that is left.
 *
 * Source: Linux 7.3 lib/kobject_uevent.c; netlink(7)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/uapi/kernel.h"

/* What is written comes first in the text, zeros between variables. */
static void put(struct k_uevent *e, const char *text)
{
	size_t n = strlen(text) + 1;

	if (n > sizeof(e->text) - e->len)
		return; /* Linux: "buffer size too small", and no event */
	memcpy(e->text + e->len, text, n);
	e->len = (uint16_t)(e->len + n);
}

static void put_var(struct k_uevent *e, const char *name, const char *val)
{
	char text[K_UEVENT_MAX];

	(void)snprintf(text, sizeof(text), "%s=%s", name, val);
	put(e, text);
}

void k_uevent(struct kernel *k, const char *action, const char *devpath,
	      const char *subsystem, const char *vars)
{
	struct k_uevent *e = &k->uevent[k->uevents % K_UEVENTS];
	char text[K_UEVENT_MAX];

	e->len = 0;
	(void)snprintf(text, sizeof(text), "%s@%s", action, devpath);
	put(e, text);
	put_var(e, "ACTION", action);
	put_var(e, "DEVPATH", devpath);
	put_var(e, "SUBSYSTEM", subsystem);
	while (vars && *vars) {
		size_t n = strcspn(vars, "\n");

		(void)snprintf(text, sizeof(text), "%.*s", (int)n, vars);
		put(e, text);
		vars += n + (vars[n] == '\n');
	}
	(void)snprintf(text, sizeof(text), "%llu",
		       (unsigned long long)++k->uevents);
	put_var(e, "SEQNUM", text);
}

/* --- the socket: f->aux is the number of events before its next one --- */

#define NOT_JOINED UINT64_MAX

static bool waits(const struct file *f)
{
	return f->aux == NOT_JOINED || f->aux == f->k->uevents;
}

static long sock_read(struct file *f, struct task *t, void *buf, size_t len,
		      uint64_t off)
{
	const struct k_uevent *e;
	const uint64_t oldest =
		f->k->uevents > K_UEVENTS ? f->k->uevents - K_UEVENTS : 0;

	(void)t;
	(void)off; /* a socket has no position */
	if (waits(f))
		return -EAGAIN;
	if (f->aux < oldest) {
		f->aux = oldest;
		return -ENOBUFS;
	}
	e = &f->k->uevent[f->aux++ % K_UEVENTS];
	/* A datagram that does not fit is cut off. */
	len = len < e->len ? len : e->len;
	memcpy(buf, e->text, len);
	return (long)len;
}

static short sock_poll(struct file *f)
{
	return waits(f) ? 0 : K_POLLIN;
}

static long sock_bind(struct file *f, const struct k_sockaddr_nl *a)
{
	/* Group 1 is the kernel's; 2 is udev's, and nobody speaks there. */
	f->aux = a->nl_groups & 1 ? f->k->uevents : NOT_JOINED;
	return 0;
}

static const struct file_ops sock_ops = {
	.name = "netlink",
	.read = sock_read,
	.poll = sock_poll,
	.bind = sock_bind,
};

long k_socket(struct task *t, int domain, int type, int protocol)
{
	struct file *f;
	long fd;

	if (domain != K_AF_NETLINK)
		return -EAFNOSUPPORT;
	if (type != K_SOCK_DGRAM && type != K_SOCK_RAW)
		return -ESOCKTNOSUPPORT;
	if (protocol != K_NETLINK_KOBJECT_UEVENT)
		return -EPROTONOSUPPORT;
	f = k_file_new(t->k, &sock_ops, NULL);
	if (!f)
		return -ENOMEM;
	f->aux = NOT_JOINED;
	fd = k_fd_install(t, f);
	if (fd < 0)
		k_file_put(f);
	return fd;
}

long k_bind(struct task *t, int fd, const struct k_sockaddr_nl *a, size_t len)
{
	struct file *f = k_fd_file(t, fd);

	if (!f)
		return -EBADF;
	if (!f->ops->bind)
		return -ENOTSOCK;
	if (len < sizeof(*a) || a->nl_family != K_AF_NETLINK)
		return -EINVAL;
	return f->ops->bind(f, a);
}

long k_poll(struct task *t, struct k_pollfd *p, size_t n)
{
	long ready = 0;

	for (size_t i = 0; i < n; i++) {
		struct file *f = k_fd_file(t, p[i].fd);
		short have = K_POLLNVAL;

		if (p[i].fd < 0)
			have = 0;
		else if (f) /* what has no poll is always ready */
			have = f->ops->poll ? f->ops->poll(f)
					    : K_POLLIN | K_POLLOUT;
		p[i].revents =
			(short)(have & (p[i].events | K_POLLERR | K_POLLNVAL));
		ready += p[i].revents != 0;
	}
	return ready;
}
