/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Many clients, and those that behave badly: the device answers the next. */

/* A VERSION for @fd, whoever else is there. */
static void serves(struct rig *r, int fd)
{
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	assert_int_equal(rig_answer(r, fd)->len, 16);
}

static void serves_a_new_client(struct rig *r)
{
	int fd = rig_client(r);

	serves(r, fd);
	close(fd);
	rig_turns(r, 2);
}

static void fifty_clients_come_one_after_another(void **state)
{
	struct rig *r = *state;

	rig_start(r);
	for (unsigned i = 0; i < 50; i++)
		serves_a_new_client(r);
	assert_int_equal(vfu_count(r->v), 0);
	assert_int_equal(r->said, 0);
}

static void each_answer_goes_to_who_asked(void **state)
{
	struct rig *r = *state;
	int a, b;

	rig_start(r);
	a = rig_client(r);
	b = rig_client(r);
	/* Two requests of each wait before the loop turns at all. */
	rig_doe(a, 1, RIG_GET_VERSION, 4);
	rig_ask(b, 0xdead, 1, NULL, 0);
	rig_ask(a, 0x1234, 2, NULL, 0);
	rig_ask(b, 1, 1, "\x05" RIG_GET_VERSION, 5);
	assert_int_equal(rig_answer(r, b)->command, 0xdead);
	assert_int_equal(rig_answer(r, b)->transport, 1);
	assert_int_equal(rig_answer(r, a)->command, 1);
	assert_int_equal(rig_answer(r, a)->command, 0xffff);
	close(a);
	close(b);
}

static void frames_that_came_together_need_no_more_input(void **state)
{
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	for (unsigned i = 0; i < 3; i++)
		rig_ask(fd, 0xdead, i, NULL, 0);
	for (unsigned i = 0; i < 3; i++)
		rig_turn_at_work(r);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rig_answer(r, fd)->transport, i);
	close(fd);
}

static void one_connection_is_shared_by_all(void **state)
{
	/* GET_CAPABILITIES 1.2, 20 bytes; what a requester of ours says. */
	static const uint8_t caps[] = { 0x12, 0xe1, 0,	  0,	0, 20, 0,
					0,    0xc6, 0x42, 0,	0, 0,  0x10,
					0,    0,    0,	  0x10, 0, 0 };
	struct rig *r = *state;
	int a, b;

	rig_start(r);
	a = rig_client(r);
	b = rig_client(r);
	serves(r, a);
	rig_doe(b, 1, caps, sizeof(caps));
	assert_int_equal(rig_answer(r, b)->p[8 + 1], 0x61);
	/* GET_CAPABILITIES is not expected again, and b's GET_VERSION begins
	 * the connection anew for a as well. */
	rig_doe(a, 1, caps, sizeof(caps));
	assert_int_equal(rig_answer(r, a)->p[8 + 1], 0x7f);
	serves(r, b);
	rig_doe(a, 1, caps, sizeof(caps));
	assert_int_equal(rig_answer(r, a)->p[8 + 1], 0x61);
	close(a);
	close(b);
}

static void half_a_frame_and_a_hang_up_harm_nobody(void **state)
{
	static const uint8_t half[] = {
		0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 12, 1
	};
	struct rig *r = *state;

	rig_start(r);
	for (size_t n = 1; n <= sizeof(half); n++) {
		int fd = rig_client(r);

		rig_send(fd, half, n);
		rig_turns(r, 2);
		close(fd);
		rig_turns(r, 3);
		assert_int_equal(vfu_count(r->v), 0);
		assert_int_equal(r->said, n);
		serves_a_new_client(r);
	}
}

static void a_client_that_only_stops_sending_gets_its_answer(void **state)
{
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(rig_answer(r, fd)->len, 16);
	rig_closed(r, fd);
}

static void half_a_frame_is_waited_for_so_long_and_no_longer(void **state)
{
	struct rig *r = *state;
	int fd, quiet;

	r->vfu_cfg.patience_ns = 1000;
	rig_start(r);
	quiet = rig_client(r);
	fd = rig_client(r);
	rig_send(fd, "\0\0", 2);
	rig_turns(r, 3);
	r->now_ns += 999;
	rig_silent(r, fd);
	/* More bytes are no whole frame either. */
	rig_send(fd, "\0\1", 2);
	rig_turns(r, 3);
	r->now_ns += 1;
	rig_closed(r, fd);
	assert_int_equal(r->said, 1);
	/* Who owes nothing may stay for ever. */
	r->now_ns += 1000000;
	serves(r, quiet);
	close(quiet);
}

static void a_busy_client_is_not_taken_for_a_slow_one(void **state)
{
	static const uint8_t hello[] = { 0, 0, 0xde, 0xad, 0, 0,
					 0, 2, 0,    0,	   0, 0 };
	struct rig *r = *state;
	int fd;

	r->vfu_cfg.patience_ns = 1000;
	rig_start(r);
	fd = rig_client(r);
	/* At each moment there is the beginning of a next frame. */
	rig_send(fd, hello, 3);
	rig_turns(r, 2);
	for (unsigned i = 0; i < 20; i++) {
		r->now_ns += 900;
		rig_send(fd, hello + 3, 9);
		rig_send(fd, hello, 3);
		(void)rig_answer(r, fd);
		rig_turns(r, 2);
	}
	assert_int_equal(r->said, 0);
	close(fd);
}

static void a_client_that_does_not_read_stops_only_itself(void **state)
{
	struct rig *r = *state;
	const int small = 4096;
	int deaf, fd;

	r->vfu_cfg.patience_ns = 1000000;
	rig_start(r);
	deaf = rig_client(r);
	fd = rig_client(r);
	assert_int_equal(
		setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)),
		0);
	/* Until the socket takes no more, both ways. */
	for (unsigned i = 0; i < 100000; i++) {
		static const uint8_t hello[12] = { 0, 0, 0xde, 0xad };

		if (send(deaf, hello, 12, MSG_NOSIGNAL | MSG_DONTWAIT) != 12)
			break;
		rig_turns(r, 1);
		r->now_ns++;
	}
	for (unsigned i = 0; i < 100; i++)
		serves(r, fd);
	assert_int_equal(vfu_count(r->v), 2);
	r->now_ns += 1000000;
	rig_turns(r, 2);
	assert_int_equal(vfu_count(r->v), 1);
	assert_int_equal(r->said, 1);
	close(deaf);
	close(fd);
}

static void garbage_is_dropped_and_the_next_is_served(void **state)
{
	struct rig *r = *state;
	struct dice dice = { 20260101 };
	unsigned dropped = 0;

	rig_start(r);
	for (unsigned i = 0; i < 200; i++) {
		uint8_t junk[64];
		int fd = rig_client(r);

		dice_fill(&dice, junk, sizeof(junk));
		rig_send(fd, junk, sizeof(junk));
		rig_turns(r, 5);
		dropped += vfu_count(r->v) == 0;
		close(fd);
		rig_turns(r, 3);
		assert_int_equal(vfu_count(r->v), 0);
	}
	/* Nearly all of it names a length above any of ours. */
	assert_true(dropped > 190);
	serves_a_new_client(r);
}

static void data_objects_that_are_none_are_dropped(void **state)
{
	static const struct {
		uint8_t p[16];
		size_t n;
	} bad[] = {
		{ { 0 }, 0 },
		{ { 1, 0, 1, 0 }, 4 },
		/* Length below two dwords, beyond the end, before the end. */
		{ { 1, 0, 1, 0, 1, 0, 0, 0 }, 8 },
		{ { 1, 0, 1, 0, 4, 0, 0, 0, 0x10, 0x84, 0, 0 }, 12 },
		{ { 1, 0, 1, 0, 2, 0, 0, 0, 0x10, 0x84, 0, 0 }, 12 },
		{ { 1, 0, 1, 0, 0, 0, 0, 0, 0x10, 0x84, 0, 0 }, 12 },
	};
	struct rig *r = *state;

	rig_start(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		int fd = rig_client(r);

		rig_ask(fd, 1, 2, bad[i].p, bad[i].n);
		rig_closed(r, fd);
		assert_int_equal(r->said, i + 1);
		serves_a_new_client(r);
	}
}

static void mctp_messages_of_other_types_are_dropped(void **state)
{
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	rig_ask(fd, 1, 1, "\x01\0\0\0", 4); /* PLDM */
	rig_closed(r, fd);
	fd = rig_client(r);
	rig_ask(fd, 1, 1, "\x05", 1);
	rig_closed(r, fd);
	serves_a_new_client(r);
}

static void no_object_above_the_limit_comes_in(void **state)
{
	static uint8_t obj[4108] = { 1, 0, 1, 0 };
	struct rig *r = *state;
	int fd;

	rig_start(r);
	fd = rig_client(r);
	/* 4,104 bytes are taken: an SPDM message that is none. */
	obj[4] = 4104 / 4 & 0xff;
	obj[5] = 4104 / 4 >> 8;
	rig_ask(fd, 1, 2, obj, 4104);
	assert_int_equal(rig_answer(r, fd)->p[8 + 1], 0x7f);
	obj[4] = 4108 / 4 & 0xff;
	obj[5] = 4108 / 4 >> 8;
	rig_ask(fd, 1, 2, obj, 4108);
	rig_closed(r, fd);
	serves_a_new_client(r);
}

static void one_client_too_many_is_closed_at_once(void **state)
{
	struct rig *r = *state;
	int fd[4];

	r->vfu_cfg.clients = 3;
	rig_start(r);
	for (unsigned i = 0; i < 4; i++)
		fd[i] = rig_client(r);
	rig_closed(r, fd[3]);
	serves(r, fd[0]);
	close(fd[1]);
	rig_turns(r, 2);
	serves_a_new_client(r);
	close(fd[0]);
	close(fd[2]);
}

static void its_end_is_the_end_of_every_connection(void **state)
{
	struct rig *r = *state;
	int fd[2];
	uint8_t b;

	rig_start(r);
	for (unsigned i = 0; i < 2; i++)
		fd[i] = rig_client(r);
	vfu_free(r->v);
	r->v = NULL;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(recv(fd[i], &b, 1, 0), 0);
		close(fd[i]);
	}
}

static void a_socket_that_took_our_place_stays(void **state)
{
	struct rig *r = *state;
	char path[128];
	int fd;

	rig_start(r);
	snprintf(path, sizeof(path), "%s/spdm", r->dir);
	assert_int_equal(unlink(path), 0);
	fd = sock_listen(&r->spdm);
	assert_true(fd >= 0);
	vfu_free(r->v);
	r->v = NULL;
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	close(fd);
}

static void wrong_limits_are_refused(void **state)
{
	struct rig *r = *state;
	struct vfu_cfg cfg = r->vfu_cfg;
	struct vfu *v = NULL;

	cfg.clients = VFU_CLIENTS + 1;
	assert_int_equal(vfu_new(&cfg, &v), IL_E_ARG);
	cfg.clients = 0;
	cfg.now_ns = NULL;
	assert_int_equal(vfu_new(&cfg, &v), IL_E_ARG);
	assert_null(v);
	rig_start(r);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(fifty_clients_come_one_after_another),
		WITH_RIG(each_answer_goes_to_who_asked),
		WITH_RIG(frames_that_came_together_need_no_more_input),
		WITH_RIG(one_connection_is_shared_by_all),
		WITH_RIG(half_a_frame_and_a_hang_up_harm_nobody),
		WITH_RIG(a_client_that_only_stops_sending_gets_its_answer),
		WITH_RIG(half_a_frame_is_waited_for_so_long_and_no_longer),
		WITH_RIG(a_busy_client_is_not_taken_for_a_slow_one),
		WITH_RIG(a_client_that_does_not_read_stops_only_itself),
		WITH_RIG(garbage_is_dropped_and_the_next_is_served),
		WITH_RIG(data_objects_that_are_none_are_dropped),
		WITH_RIG(mctp_messages_of_other_types_are_dropped),
		WITH_RIG(no_object_above_the_limit_comes_in),
		WITH_RIG(one_client_too_many_is_closed_at_once),
		WITH_RIG(its_end_is_the_end_of_every_connection),
		WITH_RIG(a_socket_that_took_our_place_stays),
		WITH_RIG(wrong_limits_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
