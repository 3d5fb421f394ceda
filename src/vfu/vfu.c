/* SPDX-License-Identifier: BSD-2-Clause */
#include "vfu/vfu.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bits.h"
#include "vfu/client.h"
#include "vfu/link.h"

/* Connections that are taken from one address in one turn. */
#define ACCEPTS 16
/* After the system had no descriptor left for a connection. */
#define DEAF_NS UINT64_C(100000000)
/* A device that has work of its own is looked at this often. */
#define TICK_MS 5

enum il_err vfu_new(const struct vfu_cfg *cfg, struct vfu **out)
{
	struct vfu *v;

	if (!cfg->now_ns || cfg->clients > VFU_CLIENTS)
		return IL_E_ARG;
	v = calloc(1, sizeof(*v));
	if (!v)
		return IL_E_NOMEM;
	v->cfg = *cfg;
	if (!v->cfg.clients)
		v->cfg.clients = VFU_CLIENTS;
	if (!v->cfg.patience_ns)
		v->cfg.patience_ns = VFU_PATIENCE_NS;
	v->client = calloc(v->cfg.clients, sizeof(*v->client));
	if (!v->client) {
		free(v);
		return IL_E_NOMEM;
	}
	for (unsigned i = 0; i < v->cfg.clients; i++)
		v->client[i].fd = -1;
	v->root.fd = -1;
	*out = v;
	return IL_OK;
}

/* The file of a Unix socket; false: it is none, or the file has gone. */
static bool door_file(const struct vfu_door *d, struct sockaddr_un *un,
		      struct stat *st)
{
	if (d->addr.sa.ss_family != AF_UNIX)
		return false;
	memcpy(un, &d->addr.sa, sizeof(*un));
	return lstat(un->sun_path, st) == 0;
}

/* Another may have taken the place since: its socket stays. */
static void close_door(const struct vfu_door *d)
{
	struct sockaddr_un un;
	struct stat st = { 0 };

	close(d->fd);
	if (door_file(d, &un, &st) && st.st_dev == d->dev &&
	    st.st_ino == d->ino)
		(void)unlink(un.sun_path);
}

void vfu_free(struct vfu *v)
{
	if (!v)
		return;
	for (unsigned i = 0; i < v->cfg.clients; i++)
		if (v->client[i].fd >= 0)
			vfu_client_close(v, &v->client[i]);
	vfu_root_close(v);
	for (unsigned i = 0; i < v->doors; i++)
		close_door(&v->door[i]);
	free(v->client);
	free(v);
}

void vfu_serve(struct vfu *v, struct device *d)
{
	v->dev = d;
}

void vfu_plug(struct vfu *v, const struct vfu_plug_ops *ops, void *ctx)
{
	v->plug = ops;
	v->plug_ctx = ctx;
}

unsigned vfu_count(const struct vfu *v)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->cfg.clients; i++)
		n += v->client[i].fd >= 0;
	return n;
}

int vfu_listen(struct vfu *v, enum vfu_front front, const struct sock_addr *a)
{
	struct vfu_door *d = &v->door[v->doors];
	struct sockaddr_un un;
	struct stat st = { 0 };
	int fd;

	if (v->doors == VFU_DOORS)
		return -ENOSPC;
	fd = sock_listen(a);
	if (fd < 0)
		return fd;
	*d = (struct vfu_door){ .fd = fd, .front = front, .addr = *a };
	if (door_file(d, &un, &st)) {
		d->dev = st.st_dev;
		d->ino = st.st_ino;
	}
	v->doors++;
	return 0;
}

static struct vfu_client *free_client(struct vfu *v)
{
	for (unsigned i = 0; i < v->cfg.clients; i++)
		if (v->client[i].fd < 0)
			return &v->client[i];
	return NULL;
}

static void take_connections(struct vfu *v, unsigned door)
{
	for (unsigned i = 0; i < ACCEPTS; i++) {
		int fd = sock_accept(v->door[door].fd);
		struct vfu_client *c;

		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS ||
		    fd == -ENOMEM)
			v->deaf_ns = v->now_ns + DEAF_NS;
		if (fd < 0)
			return;
		if (v->door[door].front == VFU_LINK) {
			vfu_root_open(v, fd);
			continue;
		}
		c = free_client(v);
		if (c)
			vfu_client_open(v, c, fd, door);
		else
			close(fd); /* it knows at once, and may come back */
	}
}

/* What poll() is asked, and by which index the answers are found again. */
struct waits {
	struct pollfd fd[2 + VFU_DOORS + VFU_CLIENTS + VFU_PLUG_FDS];
	nfds_t n;
	nfds_t clients; /* index of the first client */
	nfds_t plug;	/* and of what is plugged in */
};

static void add(struct waits *w, int fd, short events)
{
	w->fd[w->n++] = (struct pollfd){ .fd = fd, .events = events };
}

static void build(struct vfu *v, struct waits *w)
{
	bool deaf = v->now_ns < v->deaf_ns;

	w->n = 0;
	add(w, v->cfg.stop_fd, POLLIN);
	add(w, v->root.fd, v->root.fd < 0 ? 0 : vfu_root_waits(v));
	for (unsigned i = 0; i < v->doors; i++)
		add(w, deaf ? -1 : v->door[i].fd, POLLIN);
	w->clients = w->n;
	for (unsigned i = 0; i < v->cfg.clients; i++) {
		const struct vfu_client *c = &v->client[i];
		short ev = 0;

		if (c->fd >= 0 && vfu_client_writes(c))
			ev = POLLOUT;
		else if (c->fd >= 0 && vfu_client_reads(c))
			ev = POLLIN;
		/* Who waits for the device may hang up meanwhile. */
		add(w, ev || v->asking == c ? c->fd : -1, ev);
	}
	w->plug = w->n;
	if (v->plug)
		w->n += v->plug->waits(v->plug_ctx, w->fd + w->n);
}

/* When the device wants to run again by itself. */
static uint64_t device_wakes(const struct device *d)
{
	uint64_t at = d->wake_ns;

	for (unsigned i = 0; i < DEVICE_READS; i++) {
		uint64_t late = d->read[i].sent_ns + d->cfg.read_timeout_ns;

		if (d->read[i].used && late < at)
			at = late;
	}
	return at;
}

static uint64_t earliest(const struct vfu *v)
{
	uint64_t at = device_wakes(v->dev);

	if (v->now_ns < v->deaf_ns && v->deaf_ns < at)
		at = v->deaf_ns;
	if (v->plug) {
		const uint64_t next = v->plug->next_ns(v->plug_ctx);

		at = next < at ? next : at;
	}
	for (unsigned i = 0; i < v->cfg.clients; i++) {
		const struct vfu_client *c = &v->client[i];

		if (c->fd >= 0 && c->owes &&
		    c->since_ns + v->cfg.patience_ns < at)
			at = c->since_ns + v->cfg.patience_ns;
	}
	return at;
}

/* How long poll() may sleep. */
static int rest_ms(const struct vfu *v, int max_ms)
{
	uint64_t at = earliest(v), ms;

	/* It was asked something that it cannot answer yet. */
	if ((v->asking || v->dev->doe.state == DOE_BUSY) &&
	    (max_ms < 0 || max_ms > TICK_MS))
		max_ms = TICK_MS;
	if (at == UINT64_MAX)
		return max_ms;
	/* Rounded up: waking a moment early would be waking twice. */
	ms = at > v->now_ns ? (at - v->now_ns + 999999) / 1000000 : 0;
	if (max_ms >= 0 && ms > (uint64_t)max_ms)
		return max_ms;
	return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void take_input(struct vfu *v, const struct waits *w)
{
	for (unsigned i = 0; i < v->doors; i++)
		if (w->fd[2 + i].revents)
			take_connections(v, i);
	for (unsigned i = 0; i < v->cfg.clients; i++) {
		const struct pollfd *p = &w->fd[w->clients + i];
		struct vfu_client *c = &v->client[i];

		if (p->fd < 0 || !p->revents || c->fd != p->fd)
			continue;
		if (p->events == POLLOUT)
			vfu_client_send(v, c);
		else if (p->events == POLLIN)
			vfu_client_recv(v, c);
		else
			vfu_client_close(v, c);
	}
}

/*
 * One frame of each client. While the device needs time for one of them, those
 * behind it are next, so that all come to their turn.
 */
static enum vfu_turned serve_clients(struct vfu *v, bool *moved)
{
	for (unsigned i = 0; i < v->cfg.clients; i++) {
		switch (vfu_client_serve(v, &v->client[i])) {
		case VFU_IDLE:
		case VFU_WAITS:
			break;
		case VFU_MOVED:
			*moved = true;
			break;
		case VFU_OVER:
			return VFU_ENDED;
		}
	}
	return VFU_ON;
}

enum vfu_turned vfu_turn(struct vfu *v, int max_ms)
{
	struct waits w;
	enum vfu_turned end;
	bool moved = false;

	v->now_ns = v->cfg.now_ns(v->cfg.ctx);
	build(v, &w);
	if (poll(w.fd, w.n, v->busy ? 0 : rest_ms(v, max_ms)) < 0)
		return errno == EINTR ? VFU_ON : VFU_BROKEN;
	v->now_ns = v->cfg.now_ns(v->cfg.ctx);
	if (w.fd[0].revents)
		return VFU_STOPPED;
	take_input(v, &w);
	end = serve_clients(v, &moved);
	if (v->plug)
		moved |= v->plug->turn(v->plug_ctx, w.fd + w.plug,
				       (unsigned)(w.n - w.plug), v->now_ns);
	moved |= device_run(v->dev, v->now_ns);
	moved |= vfu_root_flush(v);
	v->busy = moved;
	for (unsigned i = 0; i < v->cfg.clients; i++)
		vfu_client_age(v, &v->client[i]);
	return end;
}
