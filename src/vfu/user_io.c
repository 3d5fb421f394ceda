/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfu/user_priv.h"

/*
 * Messages in and out of one connection. Header and rest are asked for apart,
 * and never more than that: so descriptors are always those of the message
 * that they came with.
 */

void vuser_msg_free(struct vuser_msg *m)
{
	if (!m)
		return;
	for (unsigned i = 0; i < m->fds; i++)
		if (m->fd[i] >= 0)
			close(m->fd[i]);
	free(m);
}

static void forget_fds(struct vuser_fn *f)
{
	for (unsigned i = 0; i < f->fds; i++)
		close(f->got[i]);
	f->fds = 0;
	f->excess = false;
}

void vuser_io_reset(struct vuser_fn *f)
{
	forget_fds(f);
	vuser_msg_free(f->part);
	vuser_msg_free(f->answer);
	while (f->first) {
		struct vuser_msg *m = f->first;

		f->first = m->next;
		vuser_msg_free(m);
	}
	free(f->out);
	f->part = f->answer = f->last = NULL;
	f->out = NULL;
	f->have = f->backlog = f->out_len = f->out_pos = 0;
	f->asking = false;
}

/* Looks at the socket in one go: who sends byte by byte, and never stops, is
 * not listened to for ever. */
#define TAKES 16u
/* As many as Linux lets through (SCM_MAX_FD), so that each can be closed. */
#define CONTROL (CMSG_SPACE(253 * sizeof(int)))

static void keep_fds(struct vuser_fn *f, struct msghdr *mh)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			if (f->fds < VUSER_FDS) {
				f->got[f->fds++] = fd;
				continue;
			}
			close(fd);
			f->excess = true;
		}
	}
	if (mh->msg_flags & MSG_CTRUNC)
		f->excess = true;
}

/* Bytes that came, 0 if none did or will. */
static size_t take(struct vuser_fn *f, uint8_t *p, size_t len)
{
	union {
		struct cmsghdr align;
		uint8_t room[CONTROL];
	} control;
	struct iovec iov = { .iov_base = p, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.room,
			     .msg_controllen = sizeof(control.room) };
	ssize_t n = recvmsg(f->fd, &mh, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n > 0) {
		keep_fds(f, &mh);
		return (size_t)n;
	}
	if (n == 0)
		f->eof = true;
	else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		vuser_die(f, NULL);
	return 0;
}

static bool begin(struct vuser_fn *f)
{
	struct rd r = rd_over(f->hdr, sizeof(f->hdr));
	struct vuser_hdr h;

	if (vuser_hdr_decode(&r, &h) || h.size > VUSER_MSG_MAX) {
		vuser_die(f, "a message of a size that none has");
		return false;
	}
	f->part = malloc(sizeof(*f->part) + h.size - VUSER_HDR_LEN);
	if (!f->part) {
		vuser_die(f, "no memory");
		return false;
	}
	f->part->next = NULL;
	f->part->fds = 0;
	f->part->hdr = h;
	return true;
}

/* A whole message: an answer to us, or a request that is put in line. */
static void done(struct vuser_fn *f)
{
	struct vuser_msg *m = f->part;
	const uint32_t type = m->hdr.flags & VFIO_USER_TYPE;

	m->fds = f->fds;
	m->excess = f->excess;
	memcpy(m->fd, f->got, f->fds * sizeof(m->fd[0]));
	f->fds = 0;
	f->excess = false;
	f->part = NULL;
	f->have = 0;
	if (type == VFIO_USER_COMMAND) {
		if (f->last)
			f->last->next = m;
		else
			f->first = m;
		f->last = m;
		f->backlog += sizeof(*m) + m->hdr.size;
		if (f->backlog > VUSER_BACKLOG)
			vuser_die(f, "more requests than are kept for it");
		return;
	}
	if (type != VFIO_USER_REPLY)
		vuser_die(f, "a message that is neither command nor reply");
	else if (!f->asking || f->answer || m->hdr.id != f->ask_id ||
		 m->hdr.cmd != f->ask_cmd)
		vuser_die(f, "an answer to nothing that it was asked");
	if (f->dying)
		vuser_msg_free(m);
	else
		f->answer = m;
}

bool vuser_recv(struct vuser_fn *f)
{
	for (unsigned i = 0; i < TAKES && !f->dying && !f->eof; i++) {
		size_t n;

		if (!f->part) {
			n = take(f, f->hdr + f->have, VUSER_HDR_LEN - f->have);
			f->have += n;
			if (!n || (f->have == VUSER_HDR_LEN && !begin(f)))
				return false;
			if (!f->part)
				continue;
		} else {
			n = take(f, f->part->body + f->have - VUSER_HDR_LEN,
				 f->part->hdr.size - f->have);
			f->have += n;
			if (!n)
				return false;
		}
		if (f->have == f->part->hdr.size) {
			done(f);
			return !f->dying;
		}
	}
	return false;
}

/* Bytes that it took; it may be gone then. */
static size_t push(struct vuser_fn *f, struct iovec *iov, size_t n)
{
	struct msghdr mh = { .msg_iov = iov, .msg_iovlen = n };
	ssize_t got;

	do
		got = sendmsg(f->fd, &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got >= 0)
		return (size_t)got;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		vuser_die(f, NULL);
	return 0;
}

void vuser_flush(struct vuser_fn *f)
{
	while (!f->dying && vuser_writes(f)) {
		struct iovec iov = { .iov_base = f->out + f->out_pos,
				     .iov_len = f->out_len - f->out_pos };
		size_t n = push(f, &iov, 1);

		if (!n)
			return;
		f->out_pos += n;
	}
	free(f->out);
	f->out = NULL;
	f->out_len = f->out_pos = 0;
}

static void keep_out(struct vuser_fn *f, const uint8_t *p, size_t len)
{
	uint8_t *out = realloc(f->out, f->out_len + len);

	if (!out) {
		vuser_die(f, "no memory");
		return;
	}
	memcpy(out + f->out_len, p, len);
	f->out = out;
	f->out_len += len;
}

void vuser_send(struct vuser_fn *f, const void *p, size_t len, const void *more,
		size_t more_len)
{
	struct iovec iov[2] = { { .iov_base = (void *)p, .iov_len = len },
				{ .iov_base = (void *)more,
				  .iov_len = more_len } };
	size_t n = 0;

	vuser_flush(f);
	if (f->dying)
		return;
	if (!vuser_writes(f))
		n = push(f, iov, more_len ? 2 : 1);
	if (f->dying)
		return;
	if (n < len)
		keep_out(f, (const uint8_t *)p + n, len - n);
	n = n < len ? 0 : n - len;
	if (!f->dying && n < more_len)
		keep_out(f, (const uint8_t *)more + n, more_len - n);
}
