/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vfu/user_priv.h"
#include "../test/vfu/user_rig.h"

/*
 * Two clients of a server of vfio-user, and a machine that reaches into their
 * memory. Whatever they send, with whatever descriptors: replies are whole and
 * well-formed, the machine has the memory that is mapped and no other, and
 * nothing of a client is left once it is gone.
 */

enum { MEMORY = 0x10000, KINDS = 8, MANY = 17 };

static struct fuzz {
	struct urig *r;
	int fd[2]; /* -1: not connected */
	/* What came and is no whole message yet. */
	uint8_t in[2][1u << 18];
	size_t len[2];
	uint64_t addr;
} z;

/* Descriptors to send: made once. */
static unsigned pick(uint8_t kind, int *out)
{
	static int fds[KINDS][MANY], made;
	int p[2];

	if (!made) {
		fds[2][0] = urig_memory(MEMORY, true);
		fds[3][0] = urig_memory(MEMORY, false);
		fds[4][0] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		must(pipe(p) == 0);
		fds[5][0] = p[1];
		for (unsigned i = 0; i < MANY; i++)
			fds[6][i] = fds[7][i] = fds[4][0];
		fds[7][1] = p[0];
		made = 1;
	}
	kind %= KINDS;
	memcpy(out, fds[kind], sizeof(fds[kind]));
	return kind < 2 ? 0 : kind == 6 ? MANY : kind == 7 ? 4 : 1;
}

static void put(unsigned i, const uint8_t *p, size_t n, uint8_t kind)
{
	union {
		struct cmsghdr align;
		uint8_t room[CMSG_SPACE(MANY * sizeof(int))];
	} c = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)p, .iov_len = n };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[MANY];
	const unsigned count = pick(kind, fds);

	if (z.fd[i] < 0 || !n)
		return;
	if (count) {
		c.align.cmsg_len = CMSG_LEN(count * sizeof(int));
		c.align.cmsg_level = SOL_SOCKET;
		c.align.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&c.align), fds, count * sizeof(int));
		mh.msg_control = c.room;
		mh.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	(void)!sendmsg(z.fd[i], &mh, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void message(unsigned i, uint16_t cmd, uint32_t flags, const uint8_t *p,
		    size_t n, uint8_t kind)
{
	uint8_t b[16 + 300] = { 0 };

	put_u16le(b, z.r->u->fn[i].ask_id + 1);
	put_u16le(b + 2, cmd);
	put_u32le(b + 4, (uint32_t)(16 + n));
	put_u32le(b + 8, flags);
	memcpy(b + 16, p, n);
	put(i, b, 16 + n, kind);
}

/* Whole messages, and what each may look like. */
static void judge(unsigned i)
{
	size_t at = 0;

	while (z.len[i] - at >= 16) {
		const uint8_t *p = z.in[i] + at;
		const uint32_t size = get_u32le(p + 4);
		const uint32_t flags = get_u32le(p + 8);
		const uint16_t cmd = get_u16le(p + 2);

		must(size >= 16 && size <= sizeof(z.in[i]));
		must(flags == 0 || flags == 1 || flags == 0x21);
		must(flags != 0x21 || (size == 16 && get_u32le(p + 12)));
		must(flags == 0x21 || !get_u32le(p + 12));
		must(flags != 0 || ((cmd == 11 || cmd == 12) && size >= 32));
		if (z.len[i] - at < size)
			break;
		at += size;
	}
	memmove(z.in[i], z.in[i] + at, z.len[i] - at);
	z.len[i] -= at;
}

static void hang_up(unsigned i)
{
	if (z.fd[i] >= 0)
		close(z.fd[i]);
	z.fd[i] = -1;
	z.len[i] = 0;
}

static void hear(unsigned i)
{
	for (;;) {
		ssize_t n = z.fd[i] < 0 ? -1
					: recv(z.fd[i], z.in[i] + z.len[i],
					       sizeof(z.in[i]) - z.len[i],
					       MSG_DONTWAIT);

		if (n <= 0) {
			if (n == 0)
				hang_up(i);
			return;
		}
		z.len[i] += (size_t)n;
		judge(i);
	}
}

static void call(unsigned i)
{
	struct vuser_fn *f = &z.r->u->fn[i];
	int p[2];

	hang_up(i);
	urig_turns(z.r, 2);
	if (f->fd >= 0)
		return;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
			p) == 0);
	vuser_attach(f, p[0]);
	z.fd[i] = p[1];
}

static void hello(unsigned i)
{
	static const uint8_t v[] = "\0\0\0\0{\"capabilities\":"
				   "{\"write_multiple\":true}}";

	if (z.fd[i] < 0)
		call(i);
	message(i, 1, 0, v, sizeof(v), 0);
	urig_turns(z.r, 1);
}

static void map(unsigned i, struct rd *in)
{
	uint8_t p[32] = { 32 };
	const uint8_t kind = rd_u8(in);

	put_u32le(p + 4, rd_u8(in) % 4);
	put_u64le(p + 8, rd_u8(in) % 4 * PAGE_4K);
	z.addr = rd_u8(in) * PAGE_4K;
	put_u64le(p + 16, z.addr);
	put_u64le(p + 24, rd_u8(in) % 8 * PAGE_4K);
	message(i, 2, 0, p, sizeof(p), kind);
	urig_turns(z.r, 1);
}

/* The machine's access, with an answer that is there before the question. */
static void reach(unsigned i, struct rd *in)
{
	const uint8_t how = rd_u8(in);
	const uint32_t n = 1 + rd_u8(in);
	const uint64_t at = z.addr + rd_u8(in);
	uint8_t buf[256] = { 0 }, p[16 + 256] = { 0 };
	struct vuser_fn *f = &z.r->u->fn[i];

	put_u64le(p, at);
	put_u64le(p + 8, n);
	if (how & 2)
		message(i, how & 1 ? 12 : 11, 1, p, how & 1 ? 16 : 16 + n, 0);
	if (how & 1)
		(void)!urig_write(z.r, EP_HOST, at, buf, n);
	else
		(void)!urig_read(z.r, EP_HOST, at, buf, n);
	must(!f->asking && !f->answer);
	urig_turns(z.r, 1);
}

static void interrupt(unsigned i, struct rd *in)
{
	struct urig_ep *e = &z.r->ep[i];
	const uint8_t how = rd_u8(in);

	e->level = how & 1;
	if (e->user)
		e->user->irq(e->ctx, how & 2 ? EP_MSIX : EP_INTX, how >> 2 & 7,
			     how & 1);
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	const unsigned i = op >> 3 & 1;
	uint8_t kind, cmd, flags;
	size_t n;

	switch (op % 8) {
	case 0:
		kind = rd_u8(in);
		cmd = rd_u8(in);
		flags = rd_u8(in);
		n = rd_u8(in);
		n = n < rd_left(in) ? n : rd_left(in);
		message(i, cmd, flags, rd_bytes(in, n), n, kind);
		break;
	case 1:
		kind = rd_u8(in);
		n = rd_u8(in);
		n = n < rd_left(in) ? n : rd_left(in);
		put(i, rd_bytes(in, n), n, kind);
		break;
	case 2:
		urig_turns(z.r, 1);
		break;
	case 3:
		hello(i);
		break;
	case 4:
		map(i, in);
		break;
	case 5:
		reach(i, in);
		break;
	case 6:
		interrupt(i, in);
		break;
	default:
		call(i);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	void *state;

	must(urig_open(&state) == 0);
	z = (struct fuzz){ .r = state, .fd = { -1, -1 } };
	/* Nobody is waited for: each look at the clock is one second. */
	z.r->step_ns = UINT64_C(1000000000);
	z.r->cfg.wait_ns = 1;
	z.r->cfg.patience_ns = UINT64_C(1000000000000);
	urig_start(z.r);
	while (rd_left(&in)) {
		unsigned given = 0;

		step(&in);
		hear(0);
		hear(1);
		must(vuser_sane(z.r->u));
		for (unsigned i = 0; i < 2; i++)
			for (unsigned k = 0; k < VUSER_MAPS; k++)
				given += z.r->u->fn[i].map[k].given;
		must(given == urig_pieces(z.r));
	}
	hang_up(0);
	hang_up(1);
	must(urig_close(&state) == 0);
	return 0;
}
