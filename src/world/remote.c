/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/remote.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "world/world_priv.h"

#define MS UINT64_C(1000000)

const struct world_patience remote_usual = {
	.connect_ms = 3000,
	.answer_ms = 3000,
	.silent_ms = 50,
	.total_ms = 4000,
	.slow_ms = 5000,
};

static const struct world_patience *patience(const struct world *w)
{
	return w->cfg.patience ? w->cfg.patience : &remote_usual;
}

enum il_err remote_open(struct world *w)
{
	struct world_remote *r = &w->remote;
	uint8_t *buf = arena_take(&w->arena, 2 * WORLD_LINK_BUF, 64);
	int fd;

	remote_close(w);
	if (!buf)
		return IL_E_NOMEM;
	if (!w->cfg.out.mono_ns)
		return world_fail(w, IL_E_ARG, 0,
				  "a device at %s wants a clock", r->at.text);
	fd = sock_connect(&r->at, (int)patience(w)->connect_ms);
	if (fd < 0)
		return world_fail(w, IL_E_IO, -fd,
				  "the device at %s cannot be reached: %s",
				  r->at.text, strerror(-fd));
	r->fd = fd;
	r->open = true;
	return link_socket_init(&r->link, fd, buf, 2 * WORLD_LINK_BUF);
}

enum il_err remote_power_up(struct world *w)
{
	const struct link_end e = link_tap_end(w->dev[0].tap);
	enum il_err err = link_send_event(&e, LINK_FUND_RESET);

	return err ? err : link_send_event(&e, LINK_UP);
}

void remote_close(struct world *w)
{
	if (w->remote.open)
		close(w->remote.fd);
	w->remote.open = false;
}

/* Both ends see the end of the stream: the link is down. */
static void give_up(struct world_remote *r)
{
	r->tired = true;
	(void)shutdown(r->fd, SHUT_RDWR);
}

/* Waits up to @until; world time goes with it. Errors: link_socket_wait(). */
static enum il_err look(struct world *w, uint64_t *now, uint64_t until)
{
	uint64_t left = until - *now, then;
	enum il_err err =
		link_socket_wait(&w->remote.link, (int)((left + MS - 1) / MS));

	then = world_mono(w);
	w->now_ns += then - *now;
	w->remote.waited_ns += then - *now;
	*now = then;
	return err;
}

/* The access before is over: what it took too long is gone for good. */
static void charge(struct world_remote *r, const struct world_patience *p)
{
	const uint64_t prompt = p->silent_ms * MS;

	if (r->took_ns > prompt)
		r->slow_ns += r->took_ns - prompt;
	r->took_ns = 0;
}

/* How long the access under way may take. */
static uint64_t bound(const struct world_remote *r,
		      const struct world_patience *p)
{
	const uint64_t slow = p->slow_ms * MS, prompt = p->silent_ms * MS;
	const uint64_t most =
		prompt + (slow > r->slow_ns ? slow - r->slow_ns : 0);
	const uint64_t time = r->vain_ns ? prompt : p->answer_ms * MS;

	return time < most ? time : most;
}

/*
 * The Completion Timeout. Who did not answer once gets less time for the next
 * access, and after enough of it in a row, or of slow answers in all, the port
 * gives the link up (as Downstream Port Containment does, PCIe Base 6.0
 * §6.2.11): so the whole of a teardown takes no more than total_ms and one
 * answer_ms, and a run with n accesses no more than n times silent_ms, slow_ms
 * and total_ms.
 */
bool remote_wait(void *ctx, unsigned turn)
{
	struct world *w = ctx;
	struct world_remote *r = &w->remote;
	const struct world_patience *p = patience(w);
	uint64_t now = world_mono(w), until;

	if (!turn) {
		charge(r, p);
		if (!r->vain)
			r->vain_ns = r->lost = 0;
		r->vain = false;
		r->begun_ns = now;
	}
	until = r->begun_ns + bound(r, p);
	/* A frame that is here already counts while there is time. */
	while (now < until) {
		enum il_err err = look(w, &now, until);

		r->took_ns = now - r->begun_ns;
		if (!err)
			return true;
		if (err != IL_E_TIMEOUT)
			break;
	}
	r->vain = true;
	r->vain_ns += now - r->begun_ns;
	r->lost++;
	charge(r, p);
	if (r->vain_ns >= p->total_ms * MS || r->slow_ns >= p->slow_ms * MS)
		give_up(r);
	return false;
}

void remote_sleep(struct world *w, uint64_t ns)
{
	uint64_t now = world_mono(w);
	const uint64_t until = now + ns, end = w->now_ns + ns;

	while (now < until && !link_socket_gone(&w->remote.link)) {
		enum il_err err = look(w, &now, until);

		(void)fabric_run(&w->fabric);
		if (err == IL_E_IO)
			break;
	}
	/* Nobody is there to wait for: time passes at once. */
	if (w->now_ns < end)
		w->now_ns = end;
}

const char *remote_fate(const struct world *w)
{
	const struct world_remote *r = &w->remote;

	if (!r->open)
		return NULL;
	if (r->tired || r->vain)
		return "does not answer";
	if (r->link.in_end == IL_E_FIELD || r->link.in_end == IL_E_LONG)
		return "sent what is no frame of a link";
	if (link_socket_gone(&r->link))
		return "closed the connection";
	return NULL;
}
