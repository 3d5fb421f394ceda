/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/socket.h"

/* Frames written by hand, from docs/link.md. */
static const uint8_t frames[] = {
	1, 0, 0, 0, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o', /* a packet */
	2, 0, 0, 0, 1, 0, 0, 0, 4,			 /* fundamental reset */
	1, 0, 0, 0, 3, 0, 0, 0, 'e', 'n', 'd',
};

struct pair {
	int fd[2];
	struct link_socket s[2];
	struct link_end e[2];
	uint8_t buf[2][4 * LINK_SOCKET_MIN];
};

static struct pair *pair_new(void)
{
	struct pair *p = test_calloc(1, sizeof(*p));
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	assert_int_equal(socketpair(AF_UNIX, type, 0, p->fd), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(link_socket_init(&p->s[i], p->fd[i], p->buf[i],
						  sizeof(p->buf[i])),
				 IL_OK);
		p->e[i] = link_socket_end(&p->s[i]);
	}
	return p;
}

static void shut(struct pair *p, unsigned i)
{
	if (p->fd[i] >= 0)
		close(p->fd[i]);
	p->fd[i] = -1;
}

static void pair_free(struct pair *p)
{
	shut(p, 0);
	shut(p, 1);
	test_free(p);
}

static void write_raw(struct pair *p, const uint8_t *b, size_t n)
{
	if (n)
		assert_int_equal(write(p->fd[1], b, n), n);
}

static enum il_err get(struct pair *p, unsigned i, enum link_kind *kind,
		       uint8_t *buf, size_t *len)
{
	return link_recv(&p->e[i], kind, buf, LINK_FRAME_MAX, len);
}

static void expect(struct pair *p, unsigned i, enum link_kind kind,
		   const void *b, size_t n)
{
	uint8_t buf[LINK_FRAME_MAX];
	enum link_kind k;
	size_t len;

	assert_int_equal(get(p, i, &k, buf, &len), IL_OK);
	assert_int_equal(k, kind);
	assert_int_equal(len, n);
	assert_memory_equal(buf, b, n);
}

static void expect_err(struct pair *p, unsigned i, enum il_err err)
{
	uint8_t buf[LINK_FRAME_MAX] = { 7 };
	enum link_kind k = LINK_EVENT;
	size_t len = 99;

	assert_int_equal(get(p, i, &k, buf, &len), err);
	assert_int_equal(k, LINK_EVENT);
	assert_int_equal(len, 99);
	assert_int_equal(buf[0], 7);
}

static void expect_the_frames(struct pair *p)
{
	expect(p, 0, LINK_TLP, "hello", 5);
	expect(p, 0, LINK_EVENT, "\4", 1);
	expect(p, 0, LINK_TLP, "end", 3);
}

static void frames_split_anywhere_arrive_whole(void **unused)
{
	(void)unused;

	for (size_t cut = 0; cut <= sizeof(frames); cut++) {
		struct pair *p = pair_new();
		uint8_t buf[LINK_FRAME_MAX];
		enum link_kind k;
		unsigned got = 0;
		size_t len;

		write_raw(p, frames, cut);
		while (!get(p, 0, &k, buf, &len))
			got++;
		/* Frames end behind bytes 13, 22 and 33. */
		assert_int_equal(got, (cut >= 13) + (cut >= 22) + (cut >= 33));
		write_raw(p, frames + cut, sizeof(frames) - cut);
		while (!get(p, 0, &k, buf, &len))
			got++;
		assert_int_equal(got, 3);
		assert_memory_equal(buf, "end", 3);
		expect_err(p, 0, IL_E_AGAIN);
		pair_free(p);
	}
}

static void frames_come_byte_by_byte(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();

	for (size_t i = 0; i < 12; i++) {
		write_raw(p, frames + i, 1);
		expect_err(p, 0, IL_E_AGAIN);
	}
	write_raw(p, frames + 12, sizeof(frames) - 12);
	expect_the_frames(p);
	pair_free(p);
}

static void sent_frames_are_the_documented_bytes_in_one_call(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();
	uint8_t raw[64];

	assert_int_equal(
		link_send(&p->e[0], LINK_TLP, (const uint8_t *)"hello", 5),
		IL_OK);
	assert_int_equal(link_send_event(&p->e[0], LINK_FUND_RESET), IL_OK);
	assert_int_equal(
		link_send(&p->e[0], LINK_TLP, (const uint8_t *)"end", 3),
		IL_OK);
	/* Nothing left yet: they go together. */
	assert_true(link_socket_pending(&p->s[0]));
	assert_int_equal(read(p->fd[1], raw, sizeof(raw)), -1);
	assert_int_equal(link_socket_flush(&p->s[0]), IL_OK);
	assert_false(link_socket_pending(&p->s[0]));
	assert_int_equal(read(p->fd[1], raw, sizeof(raw)), sizeof(frames));
	assert_memory_equal(raw, frames, sizeof(frames));
	pair_free(p);
}

static void looking_for_frames_sends_those_that_wait(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();

	assert_int_equal(link_send_event(&p->e[0], LINK_UP), IL_OK);
	assert_int_equal(link_send_event(&p->e[1], LINK_DOWN), IL_OK);
	expect_err(p, 0, IL_E_AGAIN);
	assert_false(link_socket_pending(&p->s[0]));
	expect(p, 1, LINK_EVENT, "\1", 1);
	assert_int_equal(link_socket_wait(&p->s[1], 0), IL_E_TIMEOUT);
	assert_int_equal(link_socket_wait(&p->s[0], 0), IL_OK);
	expect(p, 0, LINK_EVENT, "\2", 1);
	pair_free(p);
}

static void the_largest_frame_passes_the_smallest_buffers(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();
	uint8_t big[LINK_FRAME_MAX];

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t *b = p->buf[i];

		assert_int_equal(link_socket_init(&p->s[i], p->fd[i], b,
						  2 * LINK_SOCKET_MIN - 1),
				 IL_E_ARG);
		assert_int_equal(link_socket_init(&p->s[i], p->fd[i], b,
						  2 * LINK_SOCKET_MIN),
				 IL_OK);
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(
			link_send(&p->e[1], LINK_TLP, big, sizeof(big)), IL_OK);
		expect_err(p, 1, IL_E_AGAIN);
		expect(p, 0, LINK_TLP, big, sizeof(big));
	}
	assert_int_equal(link_send(&p->e[1], LINK_TLP, big, 0), IL_E_ARG);
	assert_int_equal(link_send(&p->e[1], (enum link_kind)3, big, 1),
			 IL_E_ARG);
	assert_false(link_socket_pending(&p->s[1]));
	pair_free(p);
}

static uint32_t mark(unsigned n)
{
	return n * UINT32_C(2654435761);
}

static void send_mark(uint8_t *b, size_t len, unsigned n)
{
	uint32_t m = mark(n);

	memset(b, 0x5a, len);
	memcpy(b, &m, sizeof(m));
}

/* What the kernel takes, and what the buffer takes: then no more, no loss. */
static void a_full_channel_refuses_and_loses_nothing(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();
	uint8_t b[1000], r[LINK_FRAME_MAX];
	enum il_err err = IL_OK;
	enum link_kind k;
	unsigned sent = 0, got = 0;
	struct link_socket before;
	size_t len;

	while (!err) {
		send_mark(b, sizeof(b), sent);
		before = p->s[0];
		err = link_send(&p->e[0], LINK_TLP, b, sizeof(b));
		sent += !err;
	}
	assert_int_equal(err, IL_E_SPACE);
	assert_memory_equal(&before.in, &p->s[0].in, sizeof(before.in));
	assert_true(sent > 16);
	assert_true(link_socket_pending(&p->s[0]));
	assert_int_equal(link_socket_flush(&p->s[0]), IL_E_AGAIN);
	/* Taking makes room; the refused frame then goes too. */
	while (got < sent) {
		uint32_t m = mark(got);

		err = get(p, 1, &k, r, &len);
		if (err) {
			assert_int_equal(err, IL_E_AGAIN);
			expect_err(p, 0, IL_E_AGAIN);
			continue;
		}
		assert_int_equal(len, sizeof(b));
		assert_memory_equal(r, &m, sizeof(m));
		got++;
	}
	expect_err(p, 1, IL_E_AGAIN);
	assert_int_equal(link_send(&p->e[0], LINK_TLP, b, sizeof(b)), IL_OK);
	expect_err(p, 0, IL_E_AGAIN);
	expect(p, 1, LINK_TLP, b, sizeof(b));
	pair_free(p);
}

static void waiting_sends_what_the_kernel_has_room_for_again(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();
	uint8_t b[1000] = { 0 }, drop[4096];

	while (!link_send(&p->e[0], LINK_TLP, b, sizeof(b)))
		continue;
	assert_int_equal(link_socket_wait(&p->s[0], 0), IL_E_TIMEOUT);
	assert_true(link_socket_pending(&p->s[0]));
	while (read(p->fd[1], drop, sizeof(drop)) > 0)
		continue;
	assert_int_equal(link_socket_wait(&p->s[0], 0), IL_E_TIMEOUT);
	assert_false(link_socket_pending(&p->s[0]));
	pair_free(p);
}

static void a_small_buffer_leaves_the_frame(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();
	enum link_kind k;
	uint8_t buf[8];
	size_t len = 0;

	write_raw(p, frames, sizeof(frames));
	assert_int_equal(link_recv(&p->e[0], &k, buf, 4, &len), IL_E_SPACE);
	assert_int_equal(len, 5);
	expect_the_frames(p);
	pair_free(p);
}

/* The end is told after the frames before it, at every place it may fall. */
static void the_end_of_the_stream_comes_after_the_frames(void **unused)
{
	(void)unused;

	for (size_t cut = 0; cut <= sizeof(frames); cut++) {
		struct pair *p = pair_new();
		uint8_t buf[LINK_FRAME_MAX];
		enum link_kind k;
		unsigned got = 0;
		size_t len;

		write_raw(p, frames, cut);
		shut(p, 1);
		while (!get(p, 0, &k, buf, &len))
			got++;
		assert_int_equal(got, (cut >= 13) + (cut >= 22) + (cut >= 33));
		expect_err(p, 0, IL_E_IO);
		expect_err(p, 0, IL_E_IO);
		assert_true(link_socket_gone(&p->s[0]));
		assert_int_equal(link_send_event(&p->e[0], LINK_UP), IL_E_IO);
		assert_int_equal(link_socket_wait(&p->s[0], -1), IL_OK);
		pair_free(p);
	}
}

/* Nobody reads any more: that is an error, not a signal that ends us. */
static void sending_to_a_closed_socket_is_an_error(void **unused)
{
	(void)unused;
	struct pair *p = pair_new();

	write_raw(p, frames, 13);
	shut(p, 1);
	assert_int_equal(link_send_event(&p->e[0], LINK_UP), IL_OK);
	assert_int_equal(link_socket_flush(&p->s[0]), IL_E_IO);
	assert_true(link_socket_gone(&p->s[0]));
	assert_false(link_socket_pending(&p->s[0]));
	assert_int_equal(link_send_event(&p->e[0], LINK_UP), IL_E_IO);
	/* What came before can still be read. */
	expect(p, 0, LINK_TLP, "hello", 5);
	expect_err(p, 0, IL_E_IO);
	pair_free(p);
}

static const struct bad {
	uint8_t b[LINK_FRAME_HDR];
	enum il_err err;
} bads[] = {
	{ { 0, 0, 0, 0, 1, 0, 0, 0 }, IL_E_FIELD },
	{ { 3, 0, 0, 0, 1, 0, 0, 0 }, IL_E_FIELD },
	{ { 'G', 'E', 'T', ' ', '/', ' ', 'H', 'T' }, IL_E_FIELD },
	{ { 1, 1, 0, 0, 1, 0, 0, 0 }, IL_E_FIELD },
	{ { 1, 0, 0, 0x80, 1, 0, 0, 0 }, IL_E_FIELD },
	{ { 1, 0, 0, 0, 0, 0, 0, 0 }, IL_E_FIELD },
	{ { 1, 0, 0, 0, 0x21, 0x10, 0, 0 }, IL_E_LONG }, /* 4129 */
	{ { 2, 0, 0, 0, 0, 0, 0, 0x80 }, IL_E_LONG },
};

static void broken_framing_ends_the_channel(void **unused)
{
	(void)unused;

	for (size_t i = 0; i < COUNT(bads); i++) {
		struct pair *p = pair_new();

		write_raw(p, frames, sizeof(frames));
		write_raw(p, bads[i].b, sizeof(bads[i].b));
		write_raw(p, frames, sizeof(frames));
		expect_the_frames(p);
		expect_err(p, 0, bads[i].err);
		/* Good frames behind it are not believed. */
		expect_err(p, 0, bads[i].err);
		assert_int_equal(link_send_event(&p->e[0], LINK_UP), IL_E_IO);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_split_anywhere_arrive_whole),
		cmocka_unit_test(frames_come_byte_by_byte),
		cmocka_unit_test(
			sent_frames_are_the_documented_bytes_in_one_call),
		cmocka_unit_test(looking_for_frames_sends_those_that_wait),
		cmocka_unit_test(the_largest_frame_passes_the_smallest_buffers),
		cmocka_unit_test(a_full_channel_refuses_and_loses_nothing),
		cmocka_unit_test(
			waiting_sends_what_the_kernel_has_room_for_again),
		cmocka_unit_test(a_small_buffer_leaves_the_frame),
		cmocka_unit_test(the_end_of_the_stream_comes_after_the_frames),
		cmocka_unit_test(sending_to_a_closed_socket_is_an_error),
		cmocka_unit_test(broken_framing_ends_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
