/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"

/*
 * Memory by messages. The server asks in the middle of an access, so that a
 * client in the same thread answers before it is asked: it knows the number of
 * the question, which starts with 1.
 */

#define AT UINT64_C(0x100000)

/* BAR 0: one access to memory at @addr. */
static void start(int fd, uint16_t id, uint32_t reg, uint64_t addr)
{
	uint8_t p[24];

	put_u64le(p, reg);
	put_u32le(p + 8, 0);
	put_u32le(p + 12, 8);
	put_u64le(p + 16, addr);
	urig_send(fd, id, 10, 0, p, sizeof(p), NULL, 0);
}

static void answer(int fd, uint16_t id, uint16_t cmd, uint64_t addr,
		   uint64_t count, const void *data, size_t n)
{
	static uint8_t p[16 + (1u << 16)];

	put_u64le(p, addr);
	put_u64le(p + 8, count);
	if (n)
		memcpy(p + 16, data, n);
	urig_send(fd, id, cmd, 1, p, 16 + n, NULL, 0);
}

/* The question that has to come: @n bytes at @addr, and what is written. */
static void asked(struct urig *r, int fd, uint16_t id, uint16_t cmd,
		  uint64_t addr, uint32_t n, const void *data)
{
	const struct urig_msg *m = urig_get(r, fd);

	assert_int_equal(m->cmd, cmd);
	assert_int_equal(m->id, id);
	assert_int_equal(m->flags, 0);
	assert_int_equal(m->error, 0);
	assert_int_equal(m->size, 32 + (data ? n : 0));
	assert_int_equal(get_u64le(m->p), addr);
	assert_int_equal(get_u64le(m->p + 8), n);
	if (data)
		assert_memory_equal(m->p + 16, data, n);
}

static int with_memory(struct urig *r, unsigned i)
{
	const int fd = urig_hello(r, i);

	urig_map(r, fd, 3, 0, AT, 0x100000, -1, 0);
	return fd;
}

static void the_function_reads_what_the_client_answers(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	start(fd, 9, URIG_FETCH, AT + 0x10);
	answer(fd, 1, 11, AT + 0x10, 16, "sixteen bytes :)", 16);
	asked(r, fd, 1, 11, AT + 0x10, 16, NULL);
	assert_int_equal(urig_get(r, fd)->id, 9);
	assert_int_equal(r->ep[0].dma, IL_OK);
	assert_memory_equal(r->ep[0].data, "sixteen bytes :)", 16);
	close(fd);
}

/* With the count of eight bytes, as QEMU has it, and of four, as the table. */
static void the_client_sees_what_the_function_writes(void **state)
{
	struct urig *r = *state;
	uint8_t brief[12];
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	memcpy(r->ep[0].data, "0123456789abcdef", 16);
	start(fd, 9, URIG_STORE, AT);
	answer(fd, 1, 12, AT, 16, NULL, 0);
	asked(r, fd, 1, 12, AT, 16, "0123456789abcdef");
	assert_int_equal(urig_get(r, fd)->id, 9);
	assert_int_equal(r->ep[0].dma, IL_OK);
	put_u64le(brief, AT);
	put_u32le(brief + 8, 16);
	start(fd, 10, URIG_STORE, AT);
	urig_send(fd, 2, 12, 1, brief, 12, NULL, 0);
	asked(r, fd, 2, 12, AT, 16, "0123456789abcdef");
	assert_int_equal(urig_get(r, fd)->id, 10);
	assert_int_equal(r->ep[0].dma, IL_OK);
	close(fd);
}

static void requests_in_between_are_served_after_in_their_order(void **state)
{
	static const uint8_t get[16] = { 16 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	start(fd, 9, URIG_FETCH, AT);
	urig_send(fd, 20, 13, 0, NULL, 0, NULL, 0);
	urig_send(fd, 21, 4, 0, get, 16, NULL, 0);
	start(fd, 22, URIG_FETCH, AT + 0x40);
	answer(fd, 1, 11, AT, 16, "the first answer", 16);
	urig_send(fd, 23, 99, 0, NULL, 0, NULL, 0);
	answer(fd, 2, 11, AT + 0x40, 16, "and the next one", 16);
	asked(r, fd, 1, 11, AT, 16, NULL);
	assert_int_equal(urig_get(r, fd)->id, 9);
	assert_int_equal(urig_get(r, fd)->id, 20);
	assert_int_equal(urig_get(r, fd)->id, 21);
	asked(r, fd, 2, 11, AT + 0x40, 16, NULL);
	assert_int_equal(urig_get(r, fd)->id, 22);
	assert_memory_equal(r->ep[0].data, "and the next one", 16);
	assert_int_equal(urig_get(r, fd)->id, 23);
	assert_int_equal(r->ep[0].resets, 1);
	close(fd);
}

static void nothing_is_longer_than_the_client_takes(void **state)
{
	static const char caps[] =
		"\0\0\0\0{\"capabilities\":{\"max_data_xfer_size\":4096}}";
	static const char want[] =
		"\0\0\0\0{\"capabilities\":{\"max_data_xfer_size\":1048576}}";
	struct urig *r = *state;
	uint8_t page[4096];
	int fd;

	urig_start(r);
	fd = urig_connect(r, 0);
	urig_ask(r, fd, 1, caps, sizeof(caps), want, sizeof(want));
	urig_map(r, fd, 3, 0, AT, 0x100000, -1, 0);
	r->ep[0].len = 2 * 4096 + 8;
	start(fd, 9, URIG_FETCH, AT);
	memset(page, 1, sizeof(page));
	answer(fd, 1, 11, AT, 4096, page, 4096);
	memset(page, 2, sizeof(page));
	answer(fd, 2, 11, AT + 4096, 4096, page, 4096);
	answer(fd, 3, 11, AT + 8192, 8, "the rest", 8);
	asked(r, fd, 1, 11, AT, 4096, NULL);
	asked(r, fd, 2, 11, AT + 4096, 4096, NULL);
	asked(r, fd, 3, 11, AT + 8192, 8, NULL);
	assert_int_equal(urig_get(r, fd)->id, 9);
	assert_int_equal(r->ep[0].data[4095], 1);
	assert_int_equal(r->ep[0].data[4096], 2);
	assert_memory_equal(r->ep[0].data + 8192, "the rest", 8);
	close(fd);
}

static void a_refusal_of_the_clients_fails_the_access_alone(void **state)
{
	static const uint8_t no[16] = { 1,    0, 11, 0, 16, 0, 0, 0,
					0x21, 0, 0,  0, 14, 0, 0, 0 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	start(fd, 9, URIG_FETCH, AT);
	urig_raw(fd, no, sizeof(no), NULL, 0);
	asked(r, fd, 1, 11, AT, 16, NULL);
	assert_int_equal(urig_get(r, fd)->id, 9);
	assert_int_equal(r->ep[0].dma, IL_E_IO);
	urig_ask(r, fd, 13, NULL, 0, NULL, 0);
	close(fd);
}

/* An answer that is not one ends the connection, and fails the access. */
static void an_answer_of_another_form_is_the_last(void **state)
{
	uint8_t p[32] = { [8] = 16 };
	struct urig *r = *state;

	urig_start(r);
	for (unsigned i = 0; i < 10; i++) {
		const int fd = with_memory(r, 0);

		start(fd, 9, URIG_FETCH, AT);
		switch (i) {
		case 0:
			answer(fd, 1, 11, AT + 1, 16, "0123456789abcdef", 16);
			break;
		case 1:
			answer(fd, 1, 11, AT, 15, "0123456789abcdef", 16);
			break;
		case 2:
			answer(fd, 1, 11, AT, 16, "0123456789abcde", 15);
			break;
		case 3:
			answer(fd, 1, 11, AT, 16, "0123456789abcdefg", 17);
			break;
		case 4:
			answer(fd, 2, 11, AT, 16, "0123456789abcdef", 16);
			break;
		case 5:
			answer(fd, 1, 12, AT, 16, "0123456789abcdef", 16);
			break;
		case 6:
			answer(fd, 1, 11, AT, UINT64_C(0x100000010),
			       "0123456789abcdef", 16);
			break;
		case 7:
			urig_send(fd, 1, 11, 1, NULL, 0, NULL, 0);
			break;
		case 8: /* neither command nor reply */
			put_u64le(p, AT);
			urig_send(fd, 1, 11, 2, p, sizeof(p), NULL, 0);
			break;
		default: /* with a descriptor that nobody asked for */
			put_u64le(p, AT);
			urig_send(fd, 1, 11, 1, p, sizeof(p), &fd, 1);
			break;
		}
		asked(r, fd, 1, 11, AT, 16, NULL);
		urig_closed(r, fd);
		assert_int_equal(r->ep[0].dma, IL_E_IO);
		assert_int_equal(r->ep[0].closed, i + 1);
		assert_int_equal(urig_pieces(r), 0);
	}
}

/* A second answer to the same question. */
static void an_answer_counts_once(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	start(fd, 9, URIG_FETCH, AT);
	answer(fd, 1, 11, AT, 16, "0123456789abcdef", 16);
	answer(fd, 1, 11, AT, 16, "fedcba9876543210", 16);
	asked(r, fd, 1, 11, AT, 16, NULL);
	assert_int_equal(urig_get(r, fd)->id, 9);
	assert_memory_equal(r->ep[0].data, "0123456789abcdef", 16);
	urig_closed(r, fd);
}

static void who_does_not_answer_is_dropped(void **state)
{
	struct urig *r = *state;
	int fd, other;

	r->cfg.wait_ns = 20000000;
	urig_start(r);
	fd = with_memory(r, 0);
	other = urig_hello(r, 1);
	start(fd, 9, URIG_FETCH, AT);
	urig_turns(r, 1);
	assert_int_equal(r->ep[0].dma, IL_E_IO);
	assert_non_null(strstr(r->last, "without an answer"));
	asked(r, fd, 1, 11, AT, 16, NULL);
	urig_closed(r, fd);
	/* The other never noticed. */
	urig_ask(r, other, 13, NULL, 0, NULL, 0);
	close(other);
	close(urig_hello(r, 0));
}

/*
 * It says something each time that it is waited for, but never all. A child
 * sends the bytes; each look at the clock is 50 ms of the test's time.
 */
static void who_answers_byte_by_byte_runs_out_of_time(void **state)
{
	struct urig *r = *state;
	pid_t child;
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	r->step_ns = 50000000;
	start(fd, 9, URIG_FETCH, AT);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		uint8_t big[16] = { 1, 0, 10, 0, 0, 0, 8, 0 };

		(void)!fcntl(fd, F_SETFL, 0);
		(void)!send(fd, big, sizeof(big), MSG_NOSIGNAL);
		/* Each when the one before was taken. */
		while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
			for (int left = 1; left;)
				if (ioctl(fd, SIOCOUTQ, &left))
					break;
		_exit(0);
	}
	urig_turns(r, 1);
	assert_int_equal(r->ep[0].dma, IL_E_IO);
	/* Three seconds, and not for all of half a megabyte. */
	assert_in_range(r->now_ns, 3000000000, 10000000000);
	/* It may still wait for its last byte to be taken. */
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
}

/* Many questions in one turn share the time. */
static void slow_answers(struct urig *r)
{
	struct urig_ep *u = &r->ep[0];
	uint8_t b[4];

	if (!u->user || u->dmas)
		return;
	u->dmas = 1;
	for (unsigned i = 0; i < 4; i++)
		u->dma = urig_read(r, EP_HOST, AT, b, 4);
}

static void time_is_for_all_questions_of_a_turn(void **state)
{
	struct urig *r = *state;
	int fd;

	r->cfg.wait_ns = 30000000;
	urig_start(r);
	fd = with_memory(r, 0);
	r->run = slow_answers;
	urig_turns(r, 1);
	/* The first left no time for another. */
	asked(r, fd, 1, 11, AT, 4, NULL);
	assert_int_equal(r->ep[0].dma, IL_E_IO);
	urig_closed(r, fd);
}

static void who_floods_instead_of_answering_is_dropped(void **state)
{
	static uint8_t big[16 + (1u << 17)];
	struct urig *r = *state;
	int fd, size = 16 << 20;
	pid_t child;

	urig_start(r);
	fd = with_memory(r, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	start(fd, 9, URIG_FETCH, AT);
	put_u32le(big + 12, 1u << 17);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		uint8_t h[16] = { 1, 0, 10, 0 };

		put_u32le(h + 4, 16 + sizeof(big));
		/* Blocking, until the server has had enough. */
		(void)!fcntl(fd, F_SETFL, 0);
		while (send(fd, h, 16, MSG_NOSIGNAL) == 16 &&
		       send(fd, big, sizeof(big), MSG_NOSIGNAL) > 0)
			;
		_exit(0);
	}
	urig_turns(r, 1);
	assert_non_null(strstr(r->last, "more requests"));
	assert_int_equal(r->ep[0].dma, IL_E_IO);
	urig_turns(r, 1);
	/* It has our end open, too, and would not see it closed. */
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
}

static void who_dies_in_the_middle_is_forgotten(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = with_memory(r, 0);
	start(fd, 9, URIG_FETCH, AT);
	urig_send(fd, 1, 13, 0, NULL, 0, NULL, 0);
	close(fd);
	urig_turns(r, 3);
	assert_int_equal(r->ep[0].dma, IL_E_IO);
	assert_int_equal(r->ep[0].closed, 1);
	assert_int_equal(urig_pieces(r), 0);
	assert_int_equal(vuser_count(r->u), 0);
	close(urig_hello(r, 0));
}

/* One function's access goes to memory that another's client gave. */
static void the_question_goes_to_who_gave_the_memory(void **state)
{
	static const uint8_t get[16] = { 16 };
	struct urig *r = *state;
	int fn0, host;

	urig_start(r);
	fn0 = urig_hello(r, 0);
	host = with_memory(r, 1);
	start(fn0, 9, URIG_FETCH, AT);
	urig_send(host, 30, 4, 0, get, 16, NULL, 0);
	answer(host, 1, 11, AT, 16, "of the other one", 16);
	asked(r, host, 1, 11, AT, 16, NULL);
	assert_int_equal(urig_get(r, fn0)->id, 9);
	assert_int_equal(urig_get(r, host)->id, 30);
	assert_memory_equal(r->ep[0].data, "of the other one", 16);
	close(fn0);
	close(host);
}

static int asked_one;

static void speak_up(struct urig *r)
{
	(void)r;
	urig_send(asked_one, 40, 13, 0, NULL, 0, NULL, 0);
	answer(asked_one, 1, 11, AT, 16, "in the middle :)", 16);
}

/* It had its turn, and then more came: the loop must not sleep over it. */
static void a_request_that_came_in_between_is_work_to_do(void **state)
{
	struct urig *r = *state;
	int fn0, host;

	urig_start(r);
	asked_one = fn0 = with_memory(r, 0);
	host = urig_hello(r, 1);
	r->before = speak_up;
	start(host, 9, URIG_FETCH, AT);
	urig_turns(r, 1);
	assert_int_equal(r->ep[1].dma, IL_OK);
	assert_int_equal(r->ep[0].resets, 0);
	assert_true(r->more);
	urig_turns(r, 1);
	assert_int_equal(r->ep[0].resets, 1);
	assert_false(r->more);
	close(fn0);
	close(host);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, urig_open, urig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(the_function_reads_what_the_client_answers),
		WITH_RIG(the_client_sees_what_the_function_writes),
		WITH_RIG(requests_in_between_are_served_after_in_their_order),
		WITH_RIG(nothing_is_longer_than_the_client_takes),
		WITH_RIG(a_refusal_of_the_clients_fails_the_access_alone),
		WITH_RIG(an_answer_of_another_form_is_the_last),
		WITH_RIG(an_answer_counts_once),
		WITH_RIG(who_does_not_answer_is_dropped),
		WITH_RIG(who_answers_byte_by_byte_runs_out_of_time),
		WITH_RIG(time_is_for_all_questions_of_a_turn),
		WITH_RIG(who_floods_instead_of_answering_is_dropped),
		WITH_RIG(who_dies_in_the_middle_is_forgotten),
		WITH_RIG(the_question_goes_to_who_gave_the_memory),
		WITH_RIG(a_request_that_came_in_between_is_work_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
