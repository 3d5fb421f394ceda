/* SPDX-License-Identifier: BSD-2-Clause */
#include "far.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "crypto/ossl.h"
#include "device/device.h"
#include "link/socket.h"

#define BUF	 (1u << 20)
#define ARENA	 (UINT64_C(64) << 20)
#define IDLE_MS	 100
#define GOOD_WAY 20000 /* bytes of garbage at a time */

/* All that the child has. */
static struct far_child {
	struct far_cfg cfg;
	volatile uint64_t *frames;
	int listen;
	int conn; /* -1: nobody is there */
	bool down_due;
	struct link_socket link;
	struct link_end inner;
	struct device dev;
	struct ossl *o;
	struct crypto crypto;
	struct env env;
	struct arena arena;
	uint8_t buf[2 * BUF];
} far;

static uint64_t mono_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A child that cannot go on says why and is gone. */
static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "far device: %s: %s\n", what, strerror(errno));
	_exit(3);
}

static enum il_err draw(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return ossl_random(far.o, out, len);
}

/* --- the link, as the device has it --- */

static enum il_err far_send(void *ctx, enum link_kind kind, const uint8_t *p,
			    size_t len)
{
	(void)ctx;
	return far.conn < 0 ? IL_OK : link_send(&far.inner, kind, p, len);
}

static void count_frame(void)
{
	if (++*far.frames != far.cfg.frame)
		return;
	if (far.cfg.end == FAR_DIES)
		raise(SIGKILL);
	if (far.cfg.end == FAR_STOPS)
		raise(SIGSTOP);
}

static enum il_err far_recv(void *ctx, enum link_kind *kind, uint8_t *buf,
			    size_t cap, size_t *len)
{
	enum il_err err;

	(void)ctx;
	if (far.down_due && cap) {
		far.down_due = false;
		*kind = LINK_EVENT;
		buf[0] = LINK_DOWN;
		*len = 1;
		return IL_OK;
	}
	if (far.conn < 0)
		return IL_E_AGAIN;
	err = link_recv(&far.inner, kind, buf, cap, len);
	if (!err)
		count_frame();
	return err;
}

static const struct link_ops far_ops = { .send = far_send, .recv = far_recv };

static const struct spdm_measurement measured[] = {
	{ .type = 0, .tcb = true, .raw = { (const uint8_t *)"far rom", 7 } },
	{ .type = 1, .tcb = true, .raw = { (const uint8_t *)"firmware", 8 } },
};

static void build(void)
{
	const struct ossl_cfg ocfg = { 0 };
	struct device_cfg cfg = {
		.arena = &far.arena,
		.crypto = &far.crypto,
		.env = &far.env,
		.link = { .ops = &far_ops },
		.vfs = far.cfg.vfs,
		.streams = 4,
		.powered = true,
		/* The other process may wait long for its turn. */
		.read_timeout_ns = UINT64_C(60000000000),
		.meas = measured,
		.meas_count = COUNT(measured),
	};

	must(!arena_map(&far.arena, 0, ARENA), "memory");
	must(!ossl_new(&ocfg, &far.o), "cryptography");
	far.crypto = ossl_crypto(far.o);
	far.env = (struct env){ .random = draw };
	device_spdm_defaults(&cfg.spdm);
	cfg.spdm.slots[0].certs =
		(struct spdm_span){ far.cfg.id->chain, far.cfg.id->chain_len };
	must(!crypto_key_load(&far.crypto, &cfg.key, far.cfg.id->key,
			      far.cfg.id->key_len),
	     "key");
	must(!device_init(&far.dev, &cfg), "device");
}

/* --- who listens --- */

static void hang_up(void)
{
	close(far.conn);
	far.conn = -1;
	far.down_due = true;
}

static void answer_call(void)
{
	int fd = sock_accept(far.listen);

	if (fd < 0)
		return;
	if (far.conn >= 0 || far.cfg.end == FAR_CLOSES) {
		close(fd);
		return;
	}
	far.conn = fd;
	must(!link_socket_init(&far.link, fd, far.buf, sizeof(far.buf)),
	     "link");
	far.inner = link_socket_end(&far.link);
}

static void be_a_device(void)
{
	while (device_run(&far.dev, mono_ns()))
		continue;
	if (far.conn >= 0 && link_socket_gone(&far.link))
		hang_up();
}

static void be_something_else(void)
{
	static const uint8_t junk[GOOD_WAY] = { 'H', 'T', 'T', 'P', '/' };
	static const uint8_t dma[] = { /* MWr32, one dword, to address 0 */
				       0x40, 0, 0, 1, 0x01, 0, 0, 0,
				       0,    0, 0, 0, 1,    2, 3, 4
	};
	uint8_t drop[4096];

	if (far.conn < 0)
		return;
	while (read(far.conn, drop, sizeof(drop)) > 0)
		continue;
	if (far.cfg.end == FAR_GARBAGE)
		must(write(far.conn, junk, sizeof(junk)) || 1, "write");
	while (far.cfg.end == FAR_FLOODS &&
	       !link_send(&far.inner, LINK_TLP, dma, sizeof(dma)))
		continue;
	if (far.cfg.end == FAR_FLOODS)
		(void)!link_socket_flush(&far.link);
}

static void serve(void)
{
	const bool device = far.cfg.end < FAR_SILENT;

	if (device)
		build();
	for (;;) {
		struct pollfd p[2] = {
			{ .fd = far.listen, .events = POLLIN },
			{ .fd = far.conn, .events = POLLIN },
		};

		if (far.conn >= 0 && link_socket_pending(&far.link))
			p[1].events |= POLLOUT;
		if (far.cfg.end == FAR_FLOODS)
			p[1].events |= POLLOUT;
		must(poll(p, 2, IDLE_MS) >= 0 || errno == EINTR, "poll");
		if (p[0].revents)
			answer_call();
		if (device)
			be_a_device();
		else
			be_something_else();
	}
}

/* A port that the kernel chose: the address as it is then. */
static void name_port(struct far *f, int fd)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	char text[64];

	if (f->at.sa.ss_family != AF_INET)
		return;
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	snprintf(text, sizeof(text), "tcp:127.0.0.1:%u", ntohs(in.sin_port));
	assert_int_equal(sock_parse(text, &f->at), IL_OK);
}

static int listen_at(struct far *f, const char *at)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd;

	if (strcmp(at, "tcp:127.0.0.1:0") != 0) {
		assert_int_equal(sock_parse(at, &f->at), IL_OK);
	} else {
		memcpy(&f->at.sa, &any, sizeof(any));
		f->at.len = sizeof(any);
	}
	fd = sock_listen(&f->at);
	assert_true(fd >= 0);
	name_port(f, fd);
	return fd;
}

void far_start(struct far *f, const char *at, const struct far_cfg *cfg)
{
	int fd = listen_at(f, at);
	void *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(shared != MAP_FAILED);
	f->frames = shared;
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid) {
		close(fd);
		return;
	}
	/* A test that was ended leaves nobody behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	far.cfg = *cfg;
	far.frames = f->frames;
	far.listen = fd;
	far.conn = -1;
	serve();
	_exit(0);
}

void far_stop(struct far *f)
{
	if (!f->pid)
		return;
	kill(f->pid, SIGKILL);
	assert_int_equal(waitpid(f->pid, NULL, 0), f->pid);
	munmap((void *)(uintptr_t)f->frames, 4096);
	f->pid = 0;
}
