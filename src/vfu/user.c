/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "vfu/user_priv.h"

/* After the system had no descriptor left for a connection. */
#define DEAF_NS UINT64_C(100000000)
/* Requests of one client in one turn; the others wait that long. */
#define REQUESTS 32u

enum il_err vuser_new(const struct vuser_cfg *cfg, struct vuser **out)
{
	struct vuser *u = calloc(1, sizeof(*u));

	if (!u)
		return IL_E_NOMEM;
	u->cfg = *cfg;
	if (!u->cfg.wait_ns)
		u->cfg.wait_ns = VUSER_WAIT_NS;
	if (!u->cfg.patience_ns)
		u->cfg.patience_ns = VUSER_PATIENCE_NS;
	vuser_event_open(&u->event, u->cfg.plain_events);
	*out = u;
	return IL_OK;
}

static bool door_file(const struct vuser_fn *f, struct sockaddr_un *un,
		      struct stat *st)
{
	memcpy(un, &f->addr.sa, sizeof(*un));
	return lstat(un->sun_path, st) == 0;
}

int vuser_show(struct vuser *u, struct ep *ep, const char *dir)
{
	struct vuser_fn *f = &u->fn[u->fns];
	struct sockaddr_un un;
	struct stat st;
	char text[sizeof(f->addr.text)];

	if (u->fns == VUSER_EPS)
		return -ENOSPC;
	if ((size_t)snprintf(text, sizeof(text), "unix:%s/%s", dir, ep->name) >=
	    sizeof(text))
		return -ENAMETOOLONG;
	*f = (struct vuser_fn){ .u = u, .ep = ep, .fd = -1 };
	vuser_irq_init(f);
	if (sock_parse(text, &f->addr))
		return -ENAMETOOLONG;
	f->door = sock_listen(&f->addr);
	if (f->door < 0)
		return f->door;
	if (door_file(f, &un, &st)) {
		f->dev = st.st_dev;
		f->ino = st.st_ino;
	}
	u->fns++;
	return 0;
}

void vuser_say(struct vuser_fn *f, const char *what, const char *why)
{
	char line[300];

	if (!f->u->cfg.say)
		return;
	snprintf(line, sizeof(line), "%s: client %u%s%s", f->ep->name,
		 f->number, what, why);
	f->u->cfg.say(f->u->cfg.ctx, line);
}

void vuser_die(struct vuser_fn *f, const char *why)
{
	if (f->dying)
		return;
	f->dying = true;
	if (why)
		vuser_say(f, ": dropped: ", why);
}

/* Its memory, its interrupts, all that it was owed: gone. */
static void hang_up(struct vuser_fn *f)
{
	f->dying = true;
	if (f->open)
		f->ep->ops->close(f->ep);
	f->open = false;
	vuser_dma_close(f);
	vuser_irq_close(f);
	vuser_io_reset(f);
	close(f->fd);
	f->fd = -1;
}

void vuser_free(struct vuser *u)
{
	if (!u)
		return;
	for (unsigned i = 0; i < u->fns; i++) {
		struct vuser_fn *f = &u->fn[i];
		struct sockaddr_un un;
		struct stat st;

		if (f->fd >= 0)
			hang_up(f);
		close(f->door);
		/* Another may have taken the place since: its socket stays. */
		if (door_file(f, &un, &st) && st.st_dev == f->dev &&
		    st.st_ino == f->ino)
			(void)unlink(un.sun_path);
	}
	vuser_event_close(&u->event);
	free(u);
}

unsigned vuser_count(const struct vuser *u)
{
	unsigned n = 0;

	for (unsigned i = 0; i < u->fns; i++)
		n += u->fn[i].fd >= 0;
	return n;
}

void vuser_attach(struct vuser_fn *f, int fd)
{
	f->fd = fd;
	f->number = ++f->u->number;
	f->eof = f->dying = f->owes = f->multi = false;
	f->waited_ns = 0;
	f->ask_id = 0;
}

static void take_client(struct vuser_fn *f)
{
	struct vuser *u = f->u;
	int fd = sock_accept(f->door);

	if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM)
		u->deaf_ns = u->now_ns + DEAF_NS;
	if (fd < 0)
		return;
	if (f->fd >= 0) {
		close(fd); /* it knows at once, and may come back */
		return;
	}
	vuser_attach(f, fd);
}

/* Two for each function: its door and its client. */
static unsigned waits(void *ctx, struct pollfd *fds)
{
	struct vuser *u = ctx;
	const bool deaf = u->now_ns < u->deaf_ns;

	for (unsigned i = 0; i < u->fns; i++) {
		const struct vuser_fn *f = &u->fn[i];

		fds[2 * i] = (struct pollfd){ .fd = deaf ? -1 : f->door,
					      .events = POLLIN };
		fds[2 * i + 1] =
			(struct pollfd){ .fd = f->fd,
					 .events = vuser_writes(f) ? POLLOUT
								   : POLLIN };
	}
	return 2 * u->fns;
}

/* Serves what came; true: it may have more. */
static bool serve(struct vuser_fn *f)
{
	for (unsigned i = 0; i < REQUESTS; i++) {
		struct vuser_msg *m;

		/* It is read no further while it has our answer to read. */
		if (f->dying || vuser_writes(f))
			return false;
		if (!f->first && !vuser_recv(f))
			return false;
		m = f->first;
		if (!m)
			return true;
		f->first = m->next;
		if (!f->first)
			f->last = NULL;
		f->backlog -= sizeof(*m) + m->hdr.size;
		vuser_serve(f, m);
		vuser_msg_free(m);
	}
	return true;
}

/* A first message, half of one, the reading of an answer: all that keeps others
 * from the function is waited for so long. */
static void age(struct vuser_fn *f)
{
	const struct vuser *u = f->u;

	if (!vuser_writes(f) && !f->have && f->open) {
		f->owes = false;
		return;
	}
	if (!f->owes)
		f->since_ns = u->now_ns;
	f->owes = true;
	if (u->now_ns - f->since_ns >= u->cfg.patience_ns)
		vuser_die(f, "it was waited for too long");
}

static void sweep(struct vuser_fn *f)
{
	if (f->fd < 0)
		return;
	age(f);
	if (f->eof && !f->first)
		vuser_die(f, f->have ? "it ended in the middle of a message"
				     : NULL);
	if (f->dying)
		hang_up(f);
	f->waited_ns = 0;
}

static bool turn(void *ctx, const struct pollfd *fds, unsigned n,
		 uint64_t now_ns)
{
	struct vuser *u = ctx;
	bool more = false;

	u->now_ns = now_ns;
	for (unsigned i = 0; 2 * i + 1 < n; i++) {
		struct vuser_fn *f = &u->fn[i];
		const short got = fds[2 * i + 1].revents;

		if (f->fd < 0)
			continue;
		if (got && vuser_writes(f))
			vuser_flush(f);
		if (got || f->first)
			more |= serve(f);
	}
	u->cfg.machine->run(u->cfg.machine_ctx, now_ns);
	for (unsigned i = 0; i < u->fns; i++) {
		sweep(&u->fn[i]);
		/* Requests that came while it was asked something. */
		more |= u->fn[i].first && !vuser_writes(&u->fn[i]);
	}
	for (unsigned i = 0; 2 * i + 1 < n; i++)
		/* Who comes as another leaves waits until that is done. */
		if (fds[2 * i].revents &&
		    (u->fn[i].fd < 0 || !(fds[2 * i + 1].revents & POLLHUP)))
			take_client(&u->fn[i]);
	return more;
}

static uint64_t next_ns(void *ctx)
{
	struct vuser *u = ctx;
	uint64_t at = u->cfg.machine->next_ns(u->cfg.machine_ctx);

	if (u->now_ns < u->deaf_ns && u->deaf_ns < at)
		at = u->deaf_ns;
	for (unsigned i = 0; i < u->fns; i++) {
		const struct vuser_fn *f = &u->fn[i];

		if (f->fd >= 0 && f->owes &&
		    f->since_ns + u->cfg.patience_ns < at)
			at = f->since_ns + u->cfg.patience_ns;
	}
	return at;
}

const struct vfu_plug_ops vuser_plug = { .waits = waits,
					 .turn = turn,
					 .next_ns = next_ns };

/* Nothing is left of a client that is gone. */
static bool empty(const struct vuser_fn *f)
{
	for (unsigned i = 0; i < VUSER_MAPS; i++)
		if (f->map[i].used)
			return false;
	for (unsigned i = 0; i < EP_MSIX_MAX; i++)
		if (f->msix[i] >= 0)
			return false;
	return !f->open && !f->have && !f->part && !f->fds && !f->first &&
	       !f->out && f->intx < 0 && !f->msix_wanted && !f->intx_wanted;
}

static bool maps_sane(const struct vuser_fn *f)
{
	for (unsigned i = 0; i < VUSER_MAPS; i++) {
		const struct vuser_map *a = &f->map[i];

		if (a->used ? a->fn != f || !a->size || (a->at && a->fd >= 0)
			    : a->at || a->given)
			return false;
		for (unsigned k = 0; a->used && k < i; k++)
			if (f->map[k].used &&
			    a->addr <= f->map[k].addr + (f->map[k].size - 1) &&
			    f->map[k].addr <= a->addr + (a->size - 1))
				return false;
	}
	return true;
}

static bool fn_sane(const struct vuser_fn *f)
{
	const struct vuser_msg *last = NULL;
	size_t bytes = 0;

	for (const struct vuser_msg *m = f->first; m; m = m->next) {
		bytes += sizeof(*m) + m->hdr.size;
		last = m;
	}
	return (f->fd >= 0 || empty(f)) && maps_sane(f) && last == f->last &&
	       bytes == f->backlog && f->out_pos <= f->out_len &&
	       !f->waited_ns && !f->asking && !f->answer &&
	       (f->part || f->have < VUSER_HDR_LEN) &&
	       (!f->part || f->have < f->part->hdr.size);
}

bool vuser_sane(const struct vuser *u)
{
	for (unsigned i = 0; i < u->fns; i++)
		if (!fn_sane(&u->fn[i]))
			return false;
	return true;
}
