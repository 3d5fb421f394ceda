/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t now_ns(void *ctx)
{
	struct rig *r = ctx;

	return r->now_ns;
}

static void say(void *ctx, const char *line)
{
	struct rig *r = ctx;

	r->said++;
	snprintf(r->last, sizeof(r->last), "%s", line);
}

int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char path[128];

	assert_non_null(r);
	snprintf(r->dir, sizeof(r->dir), "vfu-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(path, sizeof(path), "unix:%s/spdm", r->dir);
	assert_int_equal(sock_parse(path, &r->spdm), IL_OK);
	maker_open(&r->maker, CRYPTO_P384);
	r->env = fake_env(&r->fenv);
	assert_int_equal(arena_map(&r->arena, 0, 64u << 20), IL_OK);
	r->now_ns = 1000;
	r->vfu_cfg = (struct vfu_cfg){
		.now_ns = now_ns, .say = say, .ctx = r, .stop_fd = -1
	};
	device_spdm_defaults(&r->cfg.spdm);
	r->cfg.vfs = 1;
	r->cfg.streams = 2;
	*state = r;
	return 0;
}

void rig_start(struct rig *r)
{
	r->cfg.arena = &r->arena;
	r->cfg.crypto = &r->maker.c;
	r->cfg.env = &r->env;
	r->cfg.key = r->maker.key;
	r->cfg.powered = true;
	r->cfg.spdm.slots[0].certs =
		(struct spdm_span){ r->maker.certs, r->maker.certs_len };
	assert_int_equal(vfu_new(&r->vfu_cfg, &r->v), IL_OK);
	r->cfg.link = vfu_link(r->v);
	r->dev = ARENA_NEW(&r->arena, struct device);
	assert_non_null(r->dev);
	assert_int_equal(device_init(r->dev, &r->cfg), IL_OK);
	vfu_serve(r->v, r->dev);
	assert_int_equal(vfu_listen(r->v, VFU_SPDM, &r->spdm), 0);
}

int rig_close(void **state)
{
	struct rig *r = *state;

	vfu_free(r->v);
	if (r->dev)
		device_fini(r->dev);
	maker_close(&r->maker);
	arena_unmap(&r->arena);
	/* Nothing of the sockets is left. */
	assert_int_equal(rmdir(r->dir), 0);
	free(r);
	return 0;
}

void rig_turns(struct rig *r, unsigned n)
{
	while (n-- && r->end == VFU_ON)
		r->end = vfu_turn(r->v, 0);
}

void rig_turn_at_work(struct rig *r)
{
	/* The time-out of the test catches a loop that sleeps. */
	r->end = vfu_turn(r->v, -1);
}

int rig_client(struct rig *r)
{
	int fd = sock_connect(&r->spdm, 1000);

	assert_true(fd >= 0);
	rig_turns(r, 1);
	return fd;
}

void rig_send(int fd, const void *p, size_t n)
{
	if (n)
		assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n);
}

void rig_ask(int fd, uint32_t command, uint32_t transport, const void *p,
	     size_t n)
{
	uint8_t buf[EMU_HDR_LEN + EMU_PAYLOAD_MAX];
	struct wr w = wr_over(buf, sizeof(buf));

	/* By hand: what is tested is not what makes the bytes. */
	wr_u32be(&w, command);
	wr_u32be(&w, transport);
	wr_u32be(&w, (uint32_t)n);
	wr_bytes(&w, p, n);
	assert_int_equal(w.err, IL_OK);
	rig_send(fd, buf, w.len);
}

/* Exactly @n bytes, the loop turning meanwhile. */
static void take(struct rig *r, int fd, uint8_t *p, size_t n)
{
	size_t at = 0;

	for (unsigned tries = 0; at < n && tries < 1000; tries++) {
		ssize_t got = recv(fd, p + at, n - at, 0);

		if (got < 0 && errno == EAGAIN)
			rig_turns(r, 1);
		else if (got <= 0)
			fail_msg("the connection has ended: %s", r->last);
		else
			at += (size_t)got;
	}
	if (at < n)
		fail_msg("no answer");
}

const struct rig_frame *rig_answer(struct rig *r, int fd)
{
	static struct rig_frame f;
	uint8_t hdr[12];
	struct rd rd = rd_over(hdr, sizeof(hdr));

	take(r, fd, hdr, sizeof(hdr));
	f.command = rd_u32be(&rd);
	f.transport = rd_u32be(&rd);
	f.len = rd_u32be(&rd);
	assert_true(f.len <= sizeof(f.p));
	take(r, fd, f.p, f.len);
	return &f;
}

void rig_silent(struct rig *r, int fd)
{
	uint8_t b;

	rig_turns(r, 10);
	assert_int_equal(recv(fd, &b, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

void rig_closed(struct rig *r, int fd)
{
	uint8_t b;
	ssize_t n;

	rig_turns(r, 10);
	n = recv(fd, &b, 1, 0);
	if (n > 0 || (n < 0 && errno != ECONNRESET))
		fail_msg("the connection lives");
	close(fd);
}

void rig_doe(int fd, uint8_t type, const void *msg, size_t n)
{
	uint8_t obj[EMU_PAYLOAD_MAX];
	struct wr w = wr_over(obj, sizeof(obj));
	size_t dw = (n + 3) / 4;

	wr_u16le(&w, 1);
	wr_u8(&w, type);
	wr_u8(&w, 0);
	wr_u32le(&w, (uint32_t)dw + 2);
	wr_bytes(&w, msg, n);
	wr_zero(&w, 4 * dw - n);
	assert_int_equal(w.err, IL_OK);
	rig_ask(fd, 1, 2, obj, w.len);
}
