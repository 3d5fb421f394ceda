/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/bits.h"

#define WITH_RIG(name) \
	cmocka_unit_test_setup_teardown(name, urig_open, urig_close)

/* Version data of a table, with the zero byte at its end. */
#define TEXT(s)              \
	{                    \
		s, sizeof(s) \
	}

/* What QEMU 11 sends, byte by byte as it was seen. */
#define QEMU_CAPS                                                          \
	"\0\0\0\0{\"capabilities\": {\"pgsizes\": 4096, \"max_msg_fds\": " \
	"16, \"max_dma_maps\": 65535, \"max_data_xfer_size\": 1048576, "   \
	"\"migration\": {\"max_bitmap_size\": 268435456, \"pgsize\": "     \
	"4096}, \"write_multiple\": true}}"

static void qemu_is_answered_with_what_it_named_and_no_more(void **state)
{
	static const char want[] =
		"\0\0\0\0{\"capabilities\":{\"max_msg_fds\":16,"
		"\"max_data_xfer_size\":1048576,\"max_dma_maps\":64,"
		"\"pgsizes\":4096,\"write_multiple\":true}}";
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_connect(r, 0);
	assert_int_equal(r->ep[0].opened, 0);
	/* Its buffer for the answer is as long as what it sent. */
	assert_true(sizeof(want) <= sizeof(QEMU_CAPS));
	urig_ask(r, fd, 1, QEMU_CAPS, sizeof(QEMU_CAPS), want, sizeof(want));
	assert_int_equal(r->ep[0].opened, 1);
	assert_int_equal(r->ep[1].opened, 0);
	close(fd);
}

static void who_names_nothing_is_told_nothing(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_connect(r, 1);
	/* A version without any text is one, too; a higher minor is ours. */
	urig_ask(r, fd, 1, "\0\0\7\0", 4, "\0\0\0\0{\"capabilities\":{}}", 24);
	assert_int_equal(r->ep[1].opened, 1);
	close(fd);
}

static void a_capability_that_the_client_has_not_is_not_agreed_on(void **state)
{
	static const char ask[] =
		"\0\0\0\0{\"capabilities\":{\"max_dma_maps\":3,"
		"\"write_multiple\":false,\"twin_socket\":{\"supported\":"
		"true}},\"other\":[1]}";
	static const char want[] =
		"\0\0\0\0{\"capabilities\":{\"max_dma_maps\":3,"
		"\"write_multiple\":false}}";
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_connect(r, 0);
	urig_ask(r, fd, 1, ask, sizeof(ask), want, sizeof(want));
	close(fd);
}

static void
a_version_that_is_none_is_refused_and_the_client_dropped(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} bad[] = {
		{ "", 0 },
		{ "\0\0\0", 3 },
		{ "\1\0\0\0", 4 },	/* another major */
		{ "\0\0\0\0{}", 6 },	/* does not end */
		{ "\0\0\0\0", 5 },	/* no JSON */
		TEXT("\0\0\0\0[]"),	/* no object */
		TEXT("\0\0\0\0{}\0{}"), /* ends twice */
		TEXT("\0\0\0\0{\"capabilities\":1}"),
		TEXT("\0\0\0\0{\"capabilities\":{\"pgsizes\":\"4\"}}"),
		TEXT("\0\0\0\0{\"capabilities\":{\"pgsizes\":8192}}"),
		TEXT("\0\0\0\0{\"capabilities\":{\"max_msg_fds\":-1}}"),
		TEXT("\0\0\0\0{\"capabilities\":{\"max_dma_maps\":1.5}}"),
		TEXT("\0\0\0\0{\"capabilities\":{\"write_multiple\":1}}"),
		TEXT("\0\0\0\0{\"capabilities\":"
		     "{\"max_data_xfer_size\":0}}"),
		TEXT("\0\0\0\0{\"capabilities\":{},\"capabilities\":{}}"),
	};
	struct urig *r = *state;

	urig_start(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		int fd = urig_connect(r, 0);

		urig_refused(r, fd, 1, bad[i].p, bad[i].n, 22);
		urig_closed(r, fd);
	}
	assert_int_equal(r->ep[0].opened, 0);
	close(urig_hello(r, 0));
}

static void a_function_that_does_not_open_is_busy(void **state)
{
	struct urig *r = *state;
	int fd;

	r->ep[0].open_err = IL_E_STATE;
	urig_start(r);
	fd = urig_connect(r, 0);
	urig_refused(r, fd, 1, "\0\0\0\0", 4, 16);
	urig_closed(r, fd);
	assert_int_equal(r->ep[0].closed, 0);
}

static void the_version_comes_first_and_once(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_connect(r, 0);
	urig_send(fd, 1, 13, 0, NULL, 0, NULL, 0);
	urig_closed(r, fd);
	assert_int_equal(r->ep[0].resets, 0);
	fd = urig_hello(r, 0);
	urig_refused(r, fd, 1, "\0\0\0\0", 4, 22);
	/* It goes on as it was. */
	urig_ask(r, fd, 13, NULL, 0, NULL, 0);
	assert_int_equal(r->ep[0].resets, 1);
	close(fd);
}

/* Headers after which nobody knows where the next message begins. */
static void a_broken_stream_ends(void **state)
{
	static const uint8_t bad[][16] = {
		/* id, command, size, flags, error */
		{ 1, 0, 13, 0, 15, 0, 0, 0 }, /* below a header */
		{ 1, 0, 13, 0, 0, 0, 0, 0 },
		{ 1, 0, 10, 0, 0x21, 0, 0x10, 0 }, /* above 1 MiB + 32 */
		{ 1, 0, 10, 0, 0xff, 0xff, 0xff, 0xff },
		{ 1, 0, 13, 0, 16, 0, 0, 0, 2 }, /* type 2 */
		{ 1, 0, 13, 0, 16, 0, 0, 0, 0xf },
		{ 1, 0, 11, 0, 16, 0, 0, 0, 1 }, /* a reply to nothing */
		{ 1, 0, 13, 0, 16, 0, 0, 0, 0x21 },
	};
	struct urig *r = *state;

	urig_start(r);
	for (size_t i = 0; i < COUNT(bad); i++) {
		int fd = urig_hello(r, 0);

		urig_raw(fd, bad[i], sizeof(bad[i]), NULL, 0);
		urig_closed(r, fd);
	}
	assert_int_equal(r->ep[0].resets, 0);
	assert_int_equal(r->said, COUNT(bad));
}

static void flags_that_mean_nothing_are_refused(void **state)
{
	struct urig *r = *state;
	const struct urig_msg *m;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (unsigned bit = 5; bit < 32; bit++) {
		urig_send(fd, 9, 13, BIT(bit), NULL, 0, NULL, 0);
		m = urig_get(r, fd);
		assert_int_equal(m->flags, 0x21);
		assert_int_equal(m->error, 22);
	}
	assert_int_equal(r->ep[0].resets, 0);
	close(fd);
}

static void commands_that_there_are_not_are_refused(void **state)
{
	static const uint16_t none[] = { 0,  11, 12,  14,    17,
					 18, 19, 255, 0x100, 0xffff };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (size_t i = 0; i < COUNT(none); i++)
		urig_refused(r, fd, none[i], "01234567", 8, 38);
	close(fd);
}

static void nothing_answers_a_command_that_wants_no_reply(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_send(fd, 1, 13, 0x10, NULL, 0, NULL, 0);
	urig_send(fd, 2, 99, 0x10, NULL, 0, NULL, 0);
	urig_send(fd, 3, 4, 0x10, "x", 1, NULL, 0);
	urig_silent(r, fd);
	assert_int_equal(r->ep[0].resets, 1);
	close(fd);
}

static void one_id_may_stand_for_two_commands_at_once(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_send(fd, 5, 13, 0, NULL, 0, NULL, 0);
	urig_send(fd, 5, 99, 0, NULL, 0, NULL, 0);
	urig_send(fd, 5, 13, 0, NULL, 0, NULL, 0);
	/* In their order. */
	assert_int_equal(urig_get(r, fd)->flags, 1);
	assert_int_equal(urig_get(r, fd)->error, 38);
	assert_int_equal(urig_get(r, fd)->flags, 1);
	assert_int_equal(r->ep[0].resets, 2);
	close(fd);
}

static void a_message_may_come_byte_by_byte(void **state)
{
	static const uint8_t read[] = { 0x34, 0x12, 9, 0, 32, 0, 0, 0, 0, 0, 0,
					0, 0, 0, 0, 0,
					/* 4 bytes at 0x100 of region 7 */
					0, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 4,
					0, 0, 0 };
	struct urig *r = *state;
	const struct urig_msg *m;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (size_t i = 0; i < sizeof(read); i++) {
		urig_silent(r, fd);
		urig_raw(fd, read + i, 1, NULL, 0);
	}
	m = urig_get(r, fd);
	assert_int_equal(m->id, 0x1234);
	assert_int_equal(m->size, 36);
	assert_memory_equal(m->p, read + 16, 16);
	assert_memory_equal(m->p + 16, r->ep[0].cfg + 0x100, 4);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(qemu_is_answered_with_what_it_named_and_no_more),
		WITH_RIG(who_names_nothing_is_told_nothing),
		WITH_RIG(a_capability_that_the_client_has_not_is_not_agreed_on),
		WITH_RIG(
			a_version_that_is_none_is_refused_and_the_client_dropped),
		WITH_RIG(a_function_that_does_not_open_is_busy),
		WITH_RIG(the_version_comes_first_and_once),
		WITH_RIG(a_broken_stream_ends),
		WITH_RIG(flags_that_mean_nothing_are_refused),
		WITH_RIG(commands_that_there_are_not_are_refused),
		WITH_RIG(nothing_answers_a_command_that_wants_no_reply),
		WITH_RIG(one_id_may_stand_for_two_commands_at_once),
		WITH_RIG(a_message_may_come_byte_by_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
