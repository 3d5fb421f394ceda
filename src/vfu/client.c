/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfu/client.h"

/*
 * One connection: bytes in, frames, bytes out. It is read no further while it
 * has an answer of ours to read, so that two buffers of one frame are enough
 * and a client that does not read harms itself alone.
 */

/* A connection that nobody else has; there may be none. */
static unsigned free_conn(const struct vfu *v)
{
	for (unsigned n = DEVICE_CONN_OWN; n < v->dev->dsm.front.count; n++) {
		unsigned i = 0;

		while (i < v->cfg.clients &&
		       (v->client[i].fd < 0 || v->client[i].conn != n))
			i++;
		if (i == v->cfg.clients)
			return n;
	}
	return CONN_SHARED;
}

void vfu_client_open(struct vfu *v, struct vfu_client *c, int fd, unsigned door)
{
	c->fd = fd;
	c->door = door;
	c->conn = free_conn(v);
	c->number = ++v->number;
	c->eof = c->closing = c->owes = false;
	c->in_len = c->out_len = c->out_pos = 0;
}

void vfu_client_close(struct vfu *v, struct vfu_client *c)
{
	/* What the device was asked and has not done is undone: a request
	 * that is not answered has changed nothing. */
	if (v->asking == c)
		v->asking = NULL;
	close(c->fd);
	c->fd = -1;
	if (c->conn)
		device_leave(v->dev, c->conn);
	c->conn = CONN_SHARED;
	c->in_len = c->out_len = 0;
}

static void drop(struct vfu *v, struct vfu_client *c, const char *why)
{
	char line[400];

	if (v->cfg.say) {
		snprintf(line, sizeof(line), "%s: client %u: dropped: %s",
			 v->door[c->door].addr.text, c->number, why);
		v->cfg.say(v->cfg.ctx, line);
	}
	vfu_client_close(v, c);
}

bool vfu_client_writes(const struct vfu_client *c)
{
	return c->out_pos < c->out_len;
}

bool vfu_client_reads(const struct vfu_client *c)
{
	return !c->eof && !c->closing && c->in_len < sizeof(c->in);
}

void vfu_client_send(struct vfu *v, struct vfu_client *c)
{
	while (vfu_client_writes(c)) {
		ssize_t n = send(c->fd, c->out + c->out_pos,
				 c->out_len - c->out_pos, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			vfu_client_close(v, c);
			return;
		}
		c->out_pos += (size_t)n;
	}
	c->out_len = c->out_pos = 0;
	if (c->closing)
		vfu_client_close(v, c);
}

void vfu_client_recv(struct vfu *v, struct vfu_client *c)
{
	ssize_t n =
		recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);

	if (n < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n < 0)
		vfu_client_close(v, c);
	else if (n == 0)
		c->eof = true;
	else
		c->in_len += (size_t)n;
}

void vfu_client_reply(struct vfu *v, struct vfu_client *c,
		      const struct emu_frame *f, enum vfu_verdict verdict)
{
	struct wr w = wr_over(c->out, sizeof(c->out));
	enum il_err err = IL_OK;

	if (f->command)
		err = emu_frame_encode(&w, f);
	if (err) {
		drop(v, c, "its answer fits no frame");
		return;
	}
	c->out_len = w.len;
	c->out_pos = 0;
	c->closing = verdict != VFU_ANSWER;
	vfu_client_send(v, c);
}

/* The frame at the front of @c, or an error of emu_frame_decode(). */
static enum il_err next_frame(const struct vfu_client *c, struct emu_frame *f,
			      size_t *used)
{
	return emu_frame_decode(c->in, c->in_len, f, used);
}

static void end_of_stream(struct vfu *v, struct vfu_client *c)
{
	if (c->in_len)
		drop(v, c, "it ended in the middle of a frame");
	else
		vfu_client_close(v, c);
}

static enum vfu_served serve(struct vfu *v, struct vfu_client *c,
			     const struct emu_frame *f, size_t used)
{
	struct emu_frame reply;
	const char *why = "";
	enum vfu_verdict got = vfu_spdm_frame(v, c->conn, f, &reply, &why);

	if (got == VFU_LATER) {
		v->asking = c;
		return VFU_WAITS;
	}
	if (v->asking == c)
		v->asking = NULL;
	if (got == VFU_DROP) {
		drop(v, c, why);
		return VFU_MOVED;
	}
	c->owes = false;
	c->in_len -= used;
	memmove(c->in, c->in + used, c->in_len);
	vfu_client_reply(v, c, &reply, got);
	return got == VFU_END ? VFU_OVER : VFU_MOVED;
}

enum vfu_served vfu_client_serve(struct vfu *v, struct vfu_client *c)
{
	struct emu_frame f;
	size_t used;
	enum il_err err;

	if (c->fd < 0 || c->closing || vfu_client_writes(c))
		return VFU_IDLE;
	err = next_frame(c, &f, &used);
	if (err == IL_E_SHORT) {
		if (!c->eof)
			return VFU_IDLE;
		end_of_stream(v, c);
		return VFU_MOVED;
	}
	if (err) {
		drop(v, c, "a frame is longer than any of ours");
		return VFU_MOVED;
	}
	/* One device, one mailbox: who asks while it works waits. */
	if (v->asking && v->asking != c && f.command == EMU_NORMAL)
		return VFU_IDLE;
	return serve(v, c, &f, used);
}

/*
 * Half a frame, or the reading of an answer; or the device's answer, which
 * counts against who asked. Who waits for its turn owes nothing.
 */
static bool owes(const struct vfu *v, const struct vfu_client *c)
{
	struct emu_frame f;
	size_t used;

	return vfu_client_writes(c) || v->asking == c ||
	       (c->in_len && next_frame(c, &f, &used) == IL_E_SHORT);
}

void vfu_client_age(struct vfu *v, struct vfu_client *c)
{
	if (c->fd < 0)
		return;
	if (!owes(v, c)) {
		c->owes = false;
		return;
	}
	if (!c->owes) {
		c->owes = true;
		c->since_ns = v->now_ns;
	}
	if (v->now_ns - c->since_ns >= v->cfg.patience_ns)
		drop(v, c, "it was waited for too long");
}
