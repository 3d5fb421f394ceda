/* SPDX-License-Identifier: BSD-2-Clause */
#include "user_rig.h"

#include <unistd.h>

#include "base/bits.h"

/* Payloads of the specification's tables, written out. */

/* Each shorter length, and a byte more, is refused. */
static void only_this_long(struct urig *r, int fd, uint16_t cmd, const void *p,
			   size_t n)
{
	uint8_t longer[256] = { 0 };

	memcpy(longer, p, n);
	for (size_t i = 0; i < n; i++)
		urig_refused(r, fd, cmd, p, i, 22);
	urig_refused(r, fd, cmd, longer, n + 1, 22);
	urig_refused(r, fd, cmd, longer, n + 4, 22);
}

/* Each byte of @p from @from on has to be zero. */
static void zeros_from(struct urig *r, int fd, uint16_t cmd, const void *p,
		       size_t n, size_t from)
{
	uint8_t bad[64];

	for (size_t i = from; i < n; i++) {
		memcpy(bad, p, n);
		bad[i] ^= 0x80;
		urig_refused(r, fd, cmd, bad, n, 22);
	}
}

static void the_device_is_a_pci_device_that_can_be_reset(void **state)
{
	static const uint8_t ask[16] = { 16 };
	static const uint8_t want[16] = { 16, 0, 0, 0, 3, 0, 0, 0,
					  9,  0, 0, 0, 5, 0, 0, 0 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_ask(r, fd, 4, ask, 16, want, 16);
	/* Room for more is no harm; too little is. */
	urig_ask(r, fd, 4, "\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, want, 16);
	urig_refused(r, fd, 4, "\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 22);
	only_this_long(r, fd, 4, ask, 16);
	zeros_from(r, fd, 4, ask, 16, 4);
	close(fd);
}

static void regions_are_bar_0_and_configuration_space(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (uint8_t i = 0; i < 9; i++) {
		uint8_t ask[32] = { 32, 0, 0, 0, 0, 0, 0, 0, i };
		uint8_t want[32] = { 32, 0, 0, 0, 0, 0, 0, 0, i };

		if (i == 0)
			want[18] = 1; /* 64 KiB */
		if (i == 7)
			want[17] = 0x10; /* 4 KiB */
		if (i == 0 || i == 7)
			want[4] = 3; /* read, write; never to be mapped */
		urig_ask(r, fd, 5, ask, 32, want, 32);
		zeros_from(r, fd, 5, ask, 32, 12);
		only_this_long(r, fd, 5, ask, 32);
		ask[4] = 1;
		urig_refused(r, fd, 5, ask, 32, 22);
		ask[4] = 0;
		ask[0] = 31;
		urig_refused(r, fd, 5, ask, 32, 22);
	}
	urig_refused(r, fd, 5,
		     "\x20\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0"
		     "\0\0\0\0\0\0\0\0\0\0\0",
		     32, 22);
	urig_refused(r, fd, 5,
		     "\x20\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0"
		     "\0\0\0\0\0\0\0\0\0\0\0\0\0",
		     32, 22);
	close(fd);
}

static void descriptors_of_regions_are_not_to_be_had(void **state)
{
	static const uint8_t ask[16] = { 16 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	urig_refused(r, fd, 6, ask, 16, 95);
	only_this_long(r, fd, 6, ask, 16);
	urig_refused(r, fd, 6, "\x10\0\0\0\0\0\0\0\x09\0\0\0\0\0\0", 16, 22);
	close(fd);
}

static void interrupts_are_intx_and_msix(void **state)
{
	static const uint8_t flags[5] = { 7, 0, 1, 0, 0 };
	static const uint8_t count[5] = { 1, 0, 4, 0, 0 };
	struct urig *r = *state;
	int fd;

	r->ep[1].ep.intx = false;
	r->ep[1].ep.msix = 0;
	urig_start(r);
	for (unsigned e = 0; e < 2; e++) {
		fd = urig_hello(r, e);
		for (uint8_t i = 0; i < 5; i++) {
			const uint8_t ask[16] = { 16, 0, 0, 0, 0, 0, 0, 0, i };
			const uint8_t want[16] = {
				16, 0, 0, 0, e ? 0 : flags[i], 0, 0, 0,
				i,  0, 0, 0, e ? 0 : count[i]
			};

			urig_ask(r, fd, 7, ask, 16, want, 16);
			zeros_from(r, fd, 7, ask, 16, 12);
			only_this_long(r, fd, 7, ask, 16);
		}
		urig_refused(r, fd, 7, "\x10\0\0\0\0\0\0\0\x05\0\0\0\0\0\0", 16,
			     22);
		urig_refused(r, fd, 7, "\x0f\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16,
			     22);
		close(fd);
	}
}

static void access_at(uint8_t *p, uint64_t off, uint32_t region, uint32_t n)
{
	put_u64le(p, off);
	put_u32le(p + 8, region);
	put_u32le(p + 12, n);
}

static void all_of_configuration_space_is_read_at_once(void **state)
{
	uint8_t ask[16], want[16 + 4096];
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 1);
	access_at(ask, 0, 7, 4096);
	memcpy(want, ask, 16);
	memcpy(want + 16, r->ep[1].cfg, 4096);
	urig_ask(r, fd, 9, ask, 16, want, sizeof(want));
	assert_int_equal(r->ep[1].seen, 1);
	only_this_long(r, fd, 9, ask, 16);
	close(fd);
}

static void nothing_outside_a_region_is_reached(void **state)
{
	static const struct {
		uint64_t off;
		uint32_t region, n;
	} bad[] = {
		{ 0, 7, 4097 },
		{ 4093, 7, 4 },
		{ 4096, 7, 1 },
		{ UINT64_MAX, 7, 1 },
		{ UINT64_MAX - 1, 7, 4 },
		{ 0x100000000, 7, 4 },
		{ 0, 0, 0x10001 },
		{ 0xffff, 0, 2 },
		{ 0, 0, UINT32_MAX },
		{ 1, 0, UINT32_MAX },
		{ 0, 1, 1 }, /* no BAR */
		{ 0, 5, 4 },
		{ 0, 6, 4 }, /* no ROM, no VGA */
		{ 0, 8, 4 },
		{ 0, 9, 4 },
		{ 0, UINT32_MAX, 4 },
	};
	struct urig *r = *state;
	uint8_t p[16 + 8] = { 0 };
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (size_t i = 0; i < COUNT(bad); i++) {
		access_at(p, bad[i].off, bad[i].region, bad[i].n);
		urig_refused(r, fd, 9, p, 16, 22);
		if (bad[i].n <= 8)
			urig_refused(r, fd, 10, p, 16 + bad[i].n, 22);
		/* The count says more than there is. */
		urig_refused(r, fd, 10, p, 16, 22);
	}
	assert_int_equal(r->ep[0].seen + r->ep[0].writes, 0);
	close(fd);
}

static void no_bytes_are_none(void **state)
{
	uint8_t ask[16];
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	access_at(ask, 4096, 7, 0);
	urig_ask(r, fd, 9, ask, 16, ask, 16);
	urig_ask(r, fd, 10, ask, 16, ask, 16);
	access_at(ask, 0, 3, 0);
	urig_ask(r, fd, 9, ask, 16, ask, 16);
	assert_int_equal(r->ep[0].seen + r->ep[0].writes, 0);
	close(fd);
}

static void writes_arrive_in_order_and_are_acknowledged(void **state)
{
	uint8_t p[24];
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	access_at(p, 0x40, 7, 4);
	memcpy(p + 16, "\1\2\3\4", 4);
	urig_ask(r, fd, 10, p, 20, p, 16);
	assert_memory_equal(r->ep[0].cfg + 0x40, "\1\2\3\4", 4);
	only_this_long(r, fd, 10, p, 20);
	/* Posted, and read back by the next. */
	access_at(p, 0x200, 0, 8);
	memcpy(p + 16, "posted!!", 8);
	urig_send(fd, 1, 10, 0x10, p, 24, NULL, 0);
	urig_ask(r, fd, 9, p, 16, p, 24);
	close(fd);
}

static void agree_on_multi(struct urig *r, int fd)
{
	static const char caps[] =
		"\0\0\0\0{\"capabilities\":{\"write_multiple\":true}}";

	urig_ask(r, fd, 1, caps, sizeof(caps), caps, sizeof(caps));
}

static void many_writes_are_one_message_if_that_was_agreed(void **state)
{
	uint8_t p[8 + 2 * 24] = { 2 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	access_at(p + 8, 0x300, 0, 8);
	memcpy(p + 24, "12345678", 8);
	access_at(p + 32, 0x44, 7, 2);
	memcpy(p + 48, "\xaa\xbb______", 8);
	fd = urig_hello(r, 0);
	urig_refused(r, fd, 15, p, sizeof(p), 22);
	close(fd);
	urig_turns(r, 2);

	fd = urig_connect(r, 0);
	agree_on_multi(r, fd);
	urig_ask(r, fd, 15, p, sizeof(p), "\2\0\0\0\0\0\0", 8);
	assert_int_equal(r->ep[0].writes, 2);
	assert_memory_equal(r->ep[0].bar + 0x300, "12345678", 8);
	assert_memory_equal(r->ep[0].cfg + 0x44, "\xaa\xbb", 2);
	only_this_long(r, fd, 15, p, sizeof(p));
	assert_int_equal(r->ep[0].writes, 2);
	/* None at all is well-formed. */
	urig_ask(r, fd, 15, "\0\0\0\0\0\0\0", 8, "\0\0\0\0\0\0\0", 8);
	close(fd);
}

static void one_bad_write_of_many_stops_all(void **state)
{
	uint8_t p[8 + 2 * 24] = { 2 };
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_connect(r, 0);
	agree_on_multi(r, fd);
	access_at(p + 8, 0x300, 0, 8);
	access_at(p + 32, 0x44, 7, 9); /* more than it can carry */
	urig_refused(r, fd, 15, p, sizeof(p), 22);
	access_at(p + 32, 4095, 7, 2);
	urig_refused(r, fd, 15, p, sizeof(p), 22);
	access_at(p + 32, 0, 6, 1);
	urig_refused(r, fd, 15, p, sizeof(p), 22);
	access_at(p + 32, 0x44, 7, 2);
	p[0] = 3; /* one more than there is */
	urig_refused(r, fd, 15, p, sizeof(p), 22);
	p[7] = 0x80;
	urig_refused(r, fd, 15, p, sizeof(p), 22);
	assert_int_equal(r->ep[0].writes, 0);
	close(fd);
}

static void a_reset_is_the_functions_own(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 1);
	urig_ask(r, fd, 13, NULL, 0, NULL, 0);
	assert_int_equal(r->ep[1].resets, 1);
	assert_int_equal(r->ep[0].resets, 0);
	urig_refused(r, fd, 13, "\0", 1, 22);
	assert_int_equal(r->ep[1].resets, 1);
	close(fd);
}

static void there_is_no_feature(void **state)
{
	struct urig *r = *state;
	int fd;

	urig_start(r);
	fd = urig_hello(r, 0);
	/* Probe of MIGRATION with GET. */
	urig_refused(r, fd, 16, "\x08\0\0\0\1\0\5", 8, 25);
	urig_refused(r, fd, 16, "\x08\0\0\0\1\0", 7, 22);
	close(fd);
}

static void a_descriptor_that_no_one_wants_is_closed(void **state)
{
	static const uint16_t cmds[] = { 3, 4, 5, 6, 7, 9, 10, 13, 15, 16 };
	struct urig *r = *state;
	int fd, p[2];
	uint8_t b;

	urig_start(r);
	fd = urig_hello(r, 0);
	for (size_t i = 0; i < COUNT(cmds); i++) {
		assert_int_equal(pipe(p), 0);
		urig_send(fd, 4, cmds[i], 0, "\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
			  cmds[i] == 13 ? 0 : 16, &p[1], 1);
		close(p[1]);
		assert_int_equal(urig_get(r, fd)->error, 22);
		/* The other end of the pipe sees that nobody has it. */
		assert_int_equal(read(p[0], &b, 1), 0);
		close(p[0]);
	}
	assert_int_equal(r->ep[0].resets, 0);
	close(fd);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, urig_open, urig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(the_device_is_a_pci_device_that_can_be_reset),
		WITH_RIG(regions_are_bar_0_and_configuration_space),
		WITH_RIG(descriptors_of_regions_are_not_to_be_had),
		WITH_RIG(interrupts_are_intx_and_msix),
		WITH_RIG(all_of_configuration_space_is_read_at_once),
		WITH_RIG(nothing_outside_a_region_is_reached),
		WITH_RIG(no_bytes_are_none),
		WITH_RIG(writes_arrive_in_order_and_are_acknowledged),
		WITH_RIG(many_writes_are_one_message_if_that_was_agreed),
		WITH_RIG(one_bad_write_of_many_stops_all),
		WITH_RIG(a_reset_is_the_functions_own),
		WITH_RIG(there_is_no_feature),
		WITH_RIG(a_descriptor_that_no_one_wants_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
