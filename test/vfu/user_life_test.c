/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"

/* Clients that come and go. */

/* Somebody else still has a copy: whether it is the last is told by a pipe. */
static bool nobody_has(int fd)
{
	uint8_t b;

	return read(fd, &b, 1) == 0;
}

/* Everything that a client can leave behind, in the hands of the server. */
static int busy_client(struct urig *r, int *mem, int *event)
{
	uint8_t irqs[20] = { 20, 0, 0, 0, 0x24, 0, 0, 0, 2 };
	const int fd = urig_hello(r, 0);

	*mem = urig_memory(0x4000, false);
	*event = eventfd(0, EFD_NONBLOCK);
	assert_true(*event >= 0);
	urig_map(r, fd, 3, 0, 0x10000, 0x4000, *mem, 0);
	irqs[16] = 1;
	urig_send(fd, 1, 8, 0, irqs, 20, event, 1);
	assert_int_equal(urig_get(r, fd)->error, 0);
	return fd;
}

static unsigned descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void nothing_is_left_of_who_left(void **state)
{
	struct urig *r = *state;
	struct urig_ep *u = &r->ep[0];
	int mem, event, fd;
	unsigned before;

	urig_start(r);
	before = descriptors();
	for (unsigned i = 0; i < 3; i++) {
		fd = busy_client(r, &mem, &event);
		u->cfg[0x10] = (uint8_t)(0x80 + i);
		close(fd);
		close(mem);
		close(event);
		urig_turns(r, 2);
		assert_int_equal(descriptors(), before);
		assert_int_equal(urig_pieces(r), 0);
		assert_int_equal(u->opened, i + 1);
		assert_int_equal(u->closed, i + 1);
		assert_int_equal(vuser_count(r->u), 0);
		/* The function itself is as it was. */
		assert_int_equal(u->cfg[0x10], 0x80 + i);
		assert_int_equal(u->resets, 0);
	}
	assert_int_equal(r->said, 0);
}

static void a_second_client_is_turned_away(void **state)
{
	struct urig *r = *state;
	int fd, other;

	urig_start(r);
	fd = urig_hello(r, 0);
	other = urig_connect(r, 0);
	urig_closed(r, other);
	urig_ask(r, fd, 13, NULL, 0, NULL, 0);
	assert_int_equal(vuser_count(r->u), 1);
	/* At another function there is room. */
	close(urig_hello(r, 1));
	close(fd);
}

/* The new one is there before anybody saw the old one go. */
static void who_comes_as_another_leaves_is_let_in(void **state)
{
	struct urig *r = *state;
	int fd, next;

	urig_start(r);
	fd = urig_hello(r, 0);
	/* More than is served in a turn. */
	for (unsigned i = 0; i < 100; i++)
		urig_send(fd, 1, 13, 0x10, NULL, 0, NULL, 0);
	close(fd);
	next = urig_hello(r, 0);
	assert_int_equal(r->ep[0].resets, 100);
	assert_int_equal(r->ep[0].closed, 1);
	assert_int_equal(r->ep[0].opened, 2);
	urig_ask(r, next, 13, NULL, 0, NULL, 0);
	assert_int_equal(r->ep[0].resets, 101);
	close(next);
}

static void what_was_sent_before_leaving_is_done(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (unsigned i = 0; i < 100; i++)
		urig_send(fd, 1, 13, 0x10, NULL, 0, NULL, 0);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	urig_turns(r, 10);
	assert_int_equal(r->ep[0].resets, 100);
	urig_closed(r, fd);
}

static void half_a_message_is_not_waited_for_for_ever(void **state)
{
	static const uint8_t half[20] = { 1, 0, 10, 0, 64 };
	struct urig *r = *state;

	r->cfg.patience_ns = 1000;
	urig_start(r);
	for (unsigned n = 1; n <= 20; n += 19) {
		const int fd = urig_hello(r, 0);

		urig_raw(fd, half, n, NULL, 0);
		urig_silent(r, fd);
		r->now_ns += 999;
		urig_silent(r, fd);
		r->now_ns += 1;
		urig_closed(r, fd);
		assert_non_null(strstr(r->last, "too long"));
	}
}

static void who_says_nothing_at_first_keeps_nobody_out(void **state)
{
	struct urig *r = *state;
	int fd;

	r->cfg.patience_ns = 1000;
	urig_start(r);
	fd = urig_connect(r, 0);
	urig_silent(r, fd);
	r->now_ns += 999;
	urig_silent(r, fd);
	r->now_ns += 1;
	urig_closed(r, fd);
	/* Once it has, it may be silent for as long as it likes. */
	fd = urig_hello(r, 0);
	r->now_ns += 1000000;
	urig_silent(r, fd);
	r->now_ns += 1000000;
	urig_silent(r, fd);
	close(fd);
}

static void half_a_message_at_the_end_is_said(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_raw(fd, "\1\0\x0d\0", 4, NULL, 0);
	close(fd);
	urig_turns(r, 3);
	assert_non_null(strstr(r->last, "in the middle of a message"));
	assert_int_equal(vuser_count(r->u), 0);
}

/* Its answers fill its socket; it harms itself alone. */
static void who_does_not_read_its_answers_is_dropped(void **state)
{
	uint8_t ask[16] = { [13] = 1 }; /* 256 bytes of region 0 */
	struct urig *r = *state;
	int fd, other;
	unsigned n = 0;

	put_u32le(ask + 12, 0x10000);
	r->cfg.patience_ns = 1000;
	urig_start(r);
	fd = urig_hello(r, 0);
	other = urig_hello(r, 1);
	for (unsigned i = 0; i < 64; i++)
		urig_send(fd, 1, 9, 0, ask, 16, NULL, 0);
	urig_turns(r, 40);
	n = r->ep[0].seen;
	assert_true(n > 0 && n < 64);
	urig_turns(r, 40);
	assert_int_equal(r->ep[0].seen, n);
	urig_ask(r, other, 13, NULL, 0, NULL, 0);
	r->now_ns += 1000;
	urig_turns(r, 2);
	assert_int_equal(vuser_count(r->u), 1);
	assert_int_equal(r->ep[0].closed, 1);
	urig_ask(r, other, 13, NULL, 0, NULL, 0);
	close(fd);
	close(other);
}

static void late_reading_is_no_loss(void **state)
{
	uint8_t ask[16] = { 0 };
	struct urig *r = *state;
	int fd;

	put_u32le(ask + 12, 0x10000);
	urig_start(r);
	fd = urig_hello(r, 0);
	for (unsigned i = 0; i < URIG_BAR; i++)
		r->ep[0].bar[i] = (uint8_t)(i * 31 >> 3);
	for (unsigned i = 0; i < 64; i++)
		urig_send(fd, (uint16_t)i, 9, 0, ask, 16, NULL, 0);
	urig_turns(r, 20);
	for (unsigned i = 0; i < 64; i++) {
		const struct urig_msg *m = urig_get(r, fd);

		assert_int_equal(m->id, i);
		assert_int_equal(m->size, 32 + URIG_BAR);
		assert_memory_equal(m->p + 16, r->ep[0].bar, URIG_BAR);
	}
	close(fd);
}

static void one_client_s_flood_leaves_the_others_their_turn(void **state)
{
	struct urig *r = *state;
	int fd, other;

	urig_start(r);
	fd = urig_hello(r, 0);
	other = urig_hello(r, 1);
	for (unsigned i = 0; i < 200; i++)
		urig_send(fd, 1, 13, 0x10, NULL, 0, NULL, 0);
	urig_send(other, 1, 13, 0x10, NULL, 0, NULL, 0);
	urig_turns(r, 1);
	assert_true(r->ep[0].resets < 200);
	assert_int_equal(r->ep[1].resets, 1);
	urig_turns(r, 20);
	assert_int_equal(r->ep[0].resets, 200);
	close(fd);
	close(other);
}

/* A descriptor with each byte keeps them apart, and one message is one. */
static void bytes_that_come_one_by_one_take_turns(void **state)
{
	uint8_t m[100] = { 1, 0, 13, 0, 100 };
	struct urig *r = *state;
	const struct urig_msg *got;
	int fd, e;
	uint8_t b;

	urig_start(r);
	fd = urig_hello(r, 0);
	e = eventfd(0, EFD_NONBLOCK);
	for (size_t i = 0; i < sizeof(m); i++)
		urig_raw(fd, m + i, 1, &e, 1);
	urig_turns(r, 1);
	assert_int_equal(recv(fd, &b, 1, 0), -1);
	got = urig_get(r, fd);
	/* Too long, and with more descriptors than any may have. */
	assert_int_equal(got->error, 22);
	close(e);
	close(fd);
}

static void the_longest_message_is_taken_and_no_longer_one(void **state)
{
	static uint8_t big[16 + (1u << 20) + 1];
	struct urig *r = *state;
	int fd, size = 4 << 20;
	const struct urig_msg *m;

	urig_start(r);
	fd = urig_hello(r, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	for (unsigned more = 0; more < 2; more++) {
		const size_t n = 16 + (1u << 20) + more;
		uint8_t h[16] = { 1, 0, 10, 0 };
		size_t at = 0;

		put_u32le(h + 4, (uint32_t)(16 + n));
		put_u32le(big + 12, (uint32_t)(n - 16));
		urig_raw(fd, h, 16, NULL, 0);
		for (unsigned i = 0; i < 1000 && at < n; i++) {
			ssize_t got = send(fd, big + at, n - at, MSG_NOSIGNAL);

			urig_turns(r, 1);
			if (got > 0)
				at += (size_t)got;
			else if (got < 0 && errno != EAGAIN)
				break;
		}
		if (more)
			break;
		/* It is longer than the region, and so refused as a whole. */
		m = urig_get(r, fd);
		assert_int_equal(m->error, 22);
		urig_ask(r, fd, 13, NULL, 0, NULL, 0);
	}
	urig_closed(r, fd);
}

static void a_folder_that_is_too_deep_is_refused(void **state)
{
	struct urig *r = *state;
	char dir[200];

	assert_int_equal(vuser_new(&r->cfg, &r->u), IL_OK);
	memset(dir, 'd', sizeof(dir));
	dir[sizeof(dir) - 1] = 0;
	assert_int_equal(vuser_show(r->u, &r->ep[0].ep, dir), -ENAMETOOLONG);
	dir[105] = 0;
	assert_int_equal(vuser_show(r->u, &r->ep[0].ep, dir), -ENAMETOOLONG);
	assert_int_equal(vuser_show(r->u, &r->ep[0].ep, "no/such"), -ENOENT);
	/* Each its own name; a socket that another listens at stays. */
	assert_int_equal(vuser_show(r->u, &r->ep[0].ep, r->dir), 0);
	assert_int_equal(vuser_show(r->u, &r->ep[0].ep, r->dir), -EADDRINUSE);
}

static void there_is_an_end_to_functions(void **state)
{
	static char name[VUSER_EPS][8];
	static struct ep ep[VUSER_EPS];
	struct urig *r = *state;

	assert_int_equal(vuser_new(&r->cfg, &r->u), IL_OK);
	for (unsigned i = 0; i < VUSER_EPS; i++) {
		snprintf(name[i], sizeof(name[i]), "e%u", i);
		ep[i] = r->ep[0].ep;
		ep[i].name = name[i];
		assert_int_equal(vuser_show(r->u, &ep[i], r->dir), 0);
	}
	assert_int_equal(vuser_show(r->u, &r->ep[0].ep, r->dir), -ENOSPC);
	urig_turns(r, 1);
}

static void a_socket_of_another_is_not_removed(void **state)
{
	struct urig *r = *state;
	char path[128];
	struct stat st;

	urig_start(r);
	snprintf(path, sizeof(path), "%s/fn0", r->dir);
	assert_int_equal(unlink(path), 0);
	assert_true(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) ==
		    0);
	vuser_free(r->u);
	r->u = NULL;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(unlink(path), 0);
}

static void no_copy_of_a_descriptor_stays_behind(void **state)
{
	static const uint8_t half[4] = { 1, 0, 2, 0 };
	struct urig *r = *state;
	int fd, p[2];

	urig_start(r);
	/* It came with half a header. */
	fd = urig_hello(r, 0);
	assert_int_equal(pipe(p), 0);
	urig_raw(fd, half, sizeof(half), &p[1], 1);
	close(p[1]);
	urig_turns(r, 2);
	close(fd);
	urig_turns(r, 2);
	assert_true(nobody_has(p[0]));
	close(p[0]);
	/* And with a request that nobody came to serve. */
	fd = urig_hello(r, 0);
	assert_int_equal(pipe(p), 0);
	urig_send(fd, 1, 1, 2, NULL, 0, &p[1], 1); /* ends the connection */
	close(p[1]);
	urig_closed(r, fd);
	assert_true(nobody_has(p[0]));
	close(p[0]);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, urig_open, urig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(nothing_is_left_of_who_left),
		WITH_RIG(a_second_client_is_turned_away),
		WITH_RIG(who_comes_as_another_leaves_is_let_in),
		WITH_RIG(what_was_sent_before_leaving_is_done),
		WITH_RIG(half_a_message_is_not_waited_for_for_ever),
		WITH_RIG(who_says_nothing_at_first_keeps_nobody_out),
		WITH_RIG(half_a_message_at_the_end_is_said),
		WITH_RIG(who_does_not_read_its_answers_is_dropped),
		WITH_RIG(late_reading_is_no_loss),
		WITH_RIG(one_client_s_flood_leaves_the_others_their_turn),
		WITH_RIG(bytes_that_come_one_by_one_take_turns),
		WITH_RIG(the_longest_message_is_taken_and_no_longer_one),
		WITH_RIG(a_folder_that_is_too_deep_is_refused),
		WITH_RIG(there_is_an_end_to_functions),
		WITH_RIG(a_socket_of_another_is_not_removed),
		WITH_RIG(no_copy_of_a_descriptor_stays_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
