/* SPDX-License-Identifier: BSD-2-Clause */
#include <unistd.h>

#include "vfu/link.h"

/*
 * The link front end: the device's end of its link, with a root port at the
 * other or with none. docs/link.md has the rules for both ends.
 */

/*
 * Frames that the device gets in one turn. It takes all it is given at once,
 * and a root port that never stops would keep it from everybody else.
 */
#define FRAMES 256u

static enum il_err link_put(void *ctx, enum link_kind kind, const uint8_t *p,
			    size_t len)
{
	struct vfu *v = ctx;

	if (v->root.fd < 0)
		return IL_E_IO;
	return link_send(&v->root.end, kind, p, len);
}

/* The end of the connection is the last frame of it: link down. */
static enum il_err hang_up(struct vfu *v, enum link_kind *kind, uint8_t *buf,
			   size_t cap, size_t *len)
{
	if (cap < 1) {
		*len = 1;
		return IL_E_SPACE;
	}
	close(v->root.fd);
	v->root.fd = -1;
	*kind = LINK_EVENT;
	*len = 1;
	buf[0] = LINK_DOWN;
	return IL_OK;
}

static enum il_err link_get(void *ctx, enum link_kind *kind, uint8_t *buf,
			    size_t cap, size_t *len)
{
	struct vfu *v = ctx;
	enum il_err err;

	if (v->root.fd < 0 || v->root.taken == FRAMES)
		return IL_E_AGAIN;
	err = link_recv(&v->root.end, kind, buf, cap, len);
	/* Who takes nothing more from us is gone, once all it sent is here. */
	if (err == IL_E_AGAIN && link_socket_gone(&v->root.socket))
		err = IL_E_IO;
	if (!err)
		v->root.taken++;
	if (!err || err == IL_E_AGAIN || err == IL_E_SPACE)
		return err;
	if (v->cfg.say)
		v->cfg.say(v->cfg.ctx,
			   err == IL_E_IO ? "link: the root port is gone"
					  : "link: dropped: broken framing");
	return hang_up(v, kind, buf, cap, len);
}

static const struct link_ops ops = { .send = link_put, .recv = link_get };

struct link_end vfu_link(struct vfu *v)
{
	return (struct link_end){ .ops = &ops, .ctx = v };
}

void vfu_root_open(struct vfu *v, int fd)
{
	struct vfu_root *r = &v->root;

	/* One root port at a time; the other knows at once. */
	if (r->fd >= 0 ||
	    link_socket_init(&r->socket, fd, r->buf, sizeof(r->buf))) {
		close(fd);
		return;
	}
	r->fd = fd;
	r->end = link_socket_end(&r->socket);
}

void vfu_root_close(struct vfu *v)
{
	if (v->root.fd >= 0)
		close(v->root.fd);
	v->root.fd = -1;
}

short vfu_root_waits(const struct vfu *v)
{
	short ev = 0;

	/* While its own packet waits for room, the device takes no other. */
	if (!v->dev->out_len)
		ev |= POLLIN;
	if (link_socket_pending(&v->root.socket))
		ev |= POLLOUT;
	return ev;
}

bool vfu_root_flush(struct vfu *v)
{
	bool more = v->root.taken == FRAMES;
	enum il_err err;

	v->root.taken = 0;
	if (v->root.fd < 0)
		return false;
	err = link_socket_flush(&v->root.socket);
	/* A failure shows when the device looks for frames next; what it has
	 * had no room for goes now that there is some. */
	return more || err == IL_E_IO || (!err && v->dev->out_len);
}
