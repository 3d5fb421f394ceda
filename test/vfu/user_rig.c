/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bits.h"
#include "link/sock.h"

static uint64_t now_ns(void *ctx)
{
	struct urig *r = ctx;

	r->now_ns += r->step_ns;
	return r->now_ns;
}

static void say(void *ctx, const char *line)
{
	struct urig *r = ctx;

	r->said++;
	snprintf(r->last, sizeof(r->last), "%s", line);
}

/* --- the machine --- */

static enum il_err give(void *ctx, enum ep_space s, const void *owner,
			const struct ep_piece *p)
{
	struct urig *r = ctx;

	if (r->give_err)
		return r->give_err;
	for (unsigned i = 0; i < URIG_PIECES; i++)
		if (!r->piece[i].p.size) {
			r->piece[i].p = *p;
			r->piece[i].space = s;
			r->piece[i].owner = owner;
			return IL_OK;
		}
	return IL_E_SPACE;
}

static enum il_err take(void *ctx, enum ep_space s, const void *owner,
			uint64_t addr, uint64_t size)
{
	struct urig *r = ctx;

	for (unsigned i = 0; i < URIG_PIECES; i++) {
		struct urig_piece *p = &r->piece[i];

		if (p->space == s && p->owner == owner && p->p.addr == addr &&
		    p->p.size == size) {
			p->p.size = 0;
			return IL_OK;
		}
	}
	return IL_E_ARG;
}

static void take_all(void *ctx, const void *owner)
{
	struct urig *r = ctx;

	for (unsigned i = 0; i < URIG_PIECES; i++)
		if (r->piece[i].owner == owner)
			r->piece[i].p.size = 0;
}

static void run(void *ctx, uint64_t now)
{
	struct urig *r = ctx;

	(void)now;
	if (r->run)
		r->run(r);
}

static uint64_t next_ns(void *ctx)
{
	(void)ctx;
	return UINT64_MAX;
}

static const struct vuser_machine machine = { .give = give,
					      .take = take,
					      .take_all = take_all,
					      .run = run,
					      .next_ns = next_ns };

unsigned urig_pieces(const struct urig *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < URIG_PIECES; i++)
		n += r->piece[i].p.size != 0;
	return n;
}

static const struct ep_piece *find(struct urig *r, enum ep_space s,
				   uint64_t addr, uint32_t len)
{
	for (unsigned i = URIG_PIECES; i-- > 0;) {
		const struct ep_piece *p = &r->piece[i].p;

		if (p->size && r->piece[i].space == s && addr >= p->addr &&
		    addr - p->addr + len <= p->size)
			return p;
	}
	return NULL;
}

enum il_err urig_read(struct urig *r, enum ep_space s, uint64_t addr,
		      uint8_t *buf, uint32_t len)
{
	const struct ep_piece *p = find(r, s, addr, len);

	if (!p || !p->readable)
		return IL_E_ARG;
	if (!p->at)
		return p->ops->read(p->ctx, addr, buf, len);
	memcpy(buf, p->at + (addr - p->addr), len);
	return IL_OK;
}

enum il_err urig_write(struct urig *r, enum ep_space s, uint64_t addr,
		       const uint8_t *buf, uint32_t len)
{
	const struct ep_piece *p = find(r, s, addr, len);

	if (!p || !p->writable)
		return IL_E_ARG;
	if (!p->at)
		return p->ops->write(p->ctx, addr, buf, len);
	memcpy(p->at + (addr - p->addr), buf, len);
	return IL_OK;
}

/* --- a function --- */

static struct urig_ep *of(struct ep *e)
{
	return (struct urig_ep *)e;
}

static enum il_err ep_open(struct ep *e, const struct ep_user_ops *ops,
			   void *ctx)
{
	struct urig_ep *u = of(e);

	if (u->open_err)
		return u->open_err;
	assert_null(u->user);
	u->user = ops;
	u->ctx = ctx;
	u->opened++;
	return IL_OK;
}

static void ep_close(struct ep *e)
{
	struct urig_ep *u = of(e);

	assert_non_null(u->user);
	u->user = NULL;
	u->closed++;
}

static void cfg_read(struct ep *e, uint32_t off, uint8_t *buf, uint32_t len)
{
	assert_true(len && off + len <= EP_CFG_SIZE);
	of(e)->seen++;
	memcpy(buf, of(e)->cfg + off, len);
}

static void cfg_write(struct ep *e, uint32_t off, const uint8_t *buf,
		      uint32_t len)
{
	assert_true(len && off + len <= EP_CFG_SIZE);
	of(e)->writes++;
	memcpy(of(e)->cfg + off, buf, len);
}

static void bar_read(struct ep *e, unsigned bar, uint64_t off, uint8_t *buf,
		     uint32_t len)
{
	assert_true(len && bar == 0 && off + len <= URIG_BAR);
	of(e)->seen++;
	memcpy(buf, of(e)->bar + off, len);
}

static void bar_write(struct ep *e, unsigned bar, uint64_t off,
		      const uint8_t *buf, uint32_t len)
{
	struct urig_ep *u = of(e);

	assert_true(len && bar == 0 && off + len <= URIG_BAR);
	u->writes++;
	memcpy(u->bar + off, buf, len);
	if (len != 8 || (off != URIG_FETCH && off != URIG_STORE))
		return;
	u->dmas++;
	if (u->r->before)
		u->r->before(u->r);
	if (off == URIG_FETCH)
		u->dma = urig_read(u->r, u->ep.space, get_u64le(buf), u->data,
				   u->len);
	else
		u->dma = urig_write(u->r, u->ep.space, get_u64le(buf), u->data,
				    u->len);
}

static void ep_reset(struct ep *e)
{
	of(e)->resets++;
}

static void irq_set(struct ep *e, enum ep_irq kind, unsigned n)
{
	of(e)->irqs[kind] = n;
	of(e)->irq_sets++;
}

static void intx_done(struct ep *e)
{
	struct urig_ep *u = of(e);

	if (u->level)
		u->user->irq(u->ctx, EP_INTX, 0, true);
}

static const struct ep_ops ep_ops = {
	.open = ep_open,
	.close = ep_close,
	.cfg_read = cfg_read,
	.cfg_write = cfg_write,
	.bar_read = bar_read,
	.bar_write = bar_write,
	.reset = ep_reset,
	.irq_set = irq_set,
	.intx_done = intx_done,
};

/* --- the whole --- */

int urig_open(void **state)
{
	static const char *const names[] = { "fn0", "host" };
	struct urig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	snprintf(r->dir, sizeof(r->dir), "vfu-user-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	r->now_ns = 1000;
	r->cfg = (struct vuser_cfg){ .now_ns = now_ns,
				     .say = say,
				     .ctx = r,
				     .machine = &machine,
				     .machine_ctx = r };
	for (unsigned i = 0; i < COUNT(r->ep); i++) {
		struct urig_ep *u = &r->ep[i];

		u->r = r;
		u->len = 16;
		u->ep = (struct ep){ .ops = &ep_ops,
				     .name = names[i],
				     .bar = { { .size = URIG_BAR } },
				     .msix = 4,
				     .intx = true,
				     .space = EP_HOST };
		for (unsigned k = 0; k < EP_CFG_SIZE; k++)
			u->cfg[k] = (uint8_t)(k * 7 + i);
	}
	*state = r;
	return 0;
}

void urig_start(struct urig *r)
{
	assert_int_equal(vuser_new(&r->cfg, &r->u), IL_OK);
	for (unsigned i = 0; i < COUNT(r->ep); i++)
		assert_int_equal(vuser_show(r->u, &r->ep[i].ep, r->dir), 0);
}

int urig_close(void **state)
{
	struct urig *r = *state;

	vuser_free(r->u);
	for (unsigned i = 0; i < COUNT(r->ep); i++)
		assert_null(r->ep[i].user);
	assert_int_equal(urig_pieces(r), 0);
	/* Nothing of the sockets is left. */
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
	return 0;
}

void urig_turns(struct urig *r, unsigned n)
{
	struct pollfd p[VFU_PLUG_FDS];

	while (n--) {
		unsigned k = vuser_plug.waits(r->u, p);

		assert_true(k <= COUNT(p));
		assert_true(poll(p, k, 0) >= 0);
		r->more = vuser_plug.turn(r->u, p, k, now_ns(r));
		assert_true(vuser_sane(r->u));
	}
}

int urig_connect(struct urig *r, unsigned i)
{
	char text[128];
	struct sock_addr a;
	int fd;

	snprintf(text, sizeof(text), "unix:%s/%s", r->dir, r->ep[i].ep.name);
	assert_int_equal(sock_parse(text, &a), IL_OK);
	fd = sock_connect(&a, 1000);
	assert_true(fd >= 0);
	urig_turns(r, 1);
	return fd;
}

int urig_hello(struct urig *r, unsigned i)
{
	const int fd = urig_connect(r, i);

	urig_ask(r, fd, 1, "\0\0\0\0", 4, "\0\0\0\0{\"capabilities\":{}}", 24);
	return fd;
}

void urig_raw(int fd, const void *p, size_t n, const int *fds, unsigned nfds)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(64 * sizeof(int))];
	} c = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)p, .iov_len = n };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds) {
		assert_true(nfds <= 64);
		c.align.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		c.align.cmsg_level = SOL_SOCKET;
		c.align.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&c.align), fds, nfds * sizeof(int));
		mh.msg_control = c.room;
		mh.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &mh, MSG_NOSIGNAL), n);
}

void urig_send(int fd, uint16_t id, uint16_t cmd, uint32_t flags, const void *p,
	       size_t n, const int *fds, unsigned nfds)
{
	static uint8_t buf[16 + (2u << 20)];

	assert_true(16 + n <= sizeof(buf));
	memset(buf, 0, 16);
	put_u16le(buf, id);
	put_u16le(buf + 2, cmd);
	put_u32le(buf + 4, (uint32_t)(16 + n));
	put_u32le(buf + 8, flags);
	if (n)
		memcpy(buf + 16, p, n);
	urig_raw(fd, buf, 16 + n, fds, nfds);
}

/* Exactly @n bytes, the loop turning meanwhile. */
static void take_bytes(struct urig *r, int fd, uint8_t *p, size_t n)
{
	size_t at = 0;

	for (unsigned tries = 0; at < n && tries < 1000; tries++) {
		ssize_t got = recv(fd, p + at, n - at, 0);

		if (got < 0 && errno == EAGAIN)
			urig_turns(r, 1);
		else if (got <= 0)
			fail_msg("the connection has ended: %s", r->last);
		else
			at += (size_t)got;
	}
	if (at < n)
		fail_msg("no answer");
}

const struct urig_msg *urig_get(struct urig *r, int fd)
{
	static struct urig_msg m;
	uint8_t h[16];

	take_bytes(r, fd, h, sizeof(h));
	m.id = get_u16le(h);
	m.cmd = get_u16le(h + 2);
	m.size = get_u32le(h + 4);
	m.flags = get_u32le(h + 8);
	m.error = get_u32le(h + 12);
	assert_true(m.size >= 16 && m.size - 16 <= sizeof(m.p));
	take_bytes(r, fd, m.p, m.size - 16);
	return &m;
}

static uint16_t next_id(void)
{
	static uint16_t id = 0x1230;

	return id++;
}

void urig_ask(struct urig *r, int fd, uint16_t cmd, const void *p, size_t n,
	      const void *want, size_t len)
{
	const uint16_t id = next_id();
	const struct urig_msg *m;

	urig_send(fd, id, cmd, 0, p, n, NULL, 0);
	m = urig_get(r, fd);
	assert_int_equal(m->error, 0);
	assert_int_equal(m->flags, 1);
	assert_int_equal(m->id, id);
	assert_int_equal(m->cmd, cmd);
	assert_int_equal(m->size, 16 + len);
	if (len)
		assert_memory_equal(m->p, want, len);
}

void urig_refused(struct urig *r, int fd, uint16_t cmd, const void *p, size_t n,
		  uint32_t err)
{
	const uint16_t id = next_id();
	const struct urig_msg *m;

	urig_send(fd, id, cmd, 0, p, n, NULL, 0);
	m = urig_get(r, fd);
	assert_int_equal(m->error, err);
	assert_int_equal(m->flags, 0x21);
	assert_int_equal(m->id, id);
	assert_int_equal(m->cmd, cmd);
	assert_int_equal(m->size, 16);
}

void urig_silent(struct urig *r, int fd)
{
	uint8_t b;

	urig_turns(r, 10);
	assert_int_equal(recv(fd, &b, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

void urig_closed(struct urig *r, int fd)
{
	uint8_t b;
	ssize_t n;

	urig_turns(r, 10);
	n = recv(fd, &b, 1, 0);
	if (n > 0 || (n < 0 && errno != ECONNRESET))
		fail_msg("the connection lives");
	close(fd);
}

int urig_memory(size_t size, bool seal)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (seal)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	return fd;
}

void urig_map(struct urig *r, int client, uint32_t flags, uint64_t offset,
	      uint64_t addr, uint64_t size, int fd, uint32_t err)
{
	uint8_t p[32] = { 32 };
	const struct urig_msg *m;

	put_u32le(p + 4, flags);
	put_u64le(p + 8, offset);
	put_u64le(p + 16, addr);
	put_u64le(p + 24, size);
	urig_send(client, 7, 2, 0, p, sizeof(p), &fd, fd >= 0);
	m = urig_get(r, client);
	assert_int_equal(m->cmd, 2);
	assert_int_equal(m->error, err);
	assert_int_equal(m->flags, err ? 0x21 : 1);
	assert_int_equal(m->size, 16);
}
