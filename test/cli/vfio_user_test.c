/* SPDX-License-Identifier: BSD-2-Clause */
#include "child.h"
#include "rig.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

/* The machine that QEMU's VMs run on, as a program. */

static void all_of(int fd, uint8_t *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		struct pollfd w = { .fd = fd, .events = POLLIN };
		ssize_t got;

		assert_int_equal(poll(&w, 1, CHILD_WAIT_MS), 1);
		got = recv(fd, p + at, n - at, 0);
		assert_true(got > 0);
		at += (size_t)got;
	}
}

static int open_at(const struct rig *r, const char *name)
{
	static const uint8_t hello[] = { 1, 0, 1, 0, 20, 0, 0, 0, 0, 0,
					 0, 0, 0, 0, 0,	 0, 0, 0, 0, 0 };
	uint8_t got[16 + 24];
	char at[200];
	int fd;

	snprintf(at, sizeof(at), "unix:%s", rig_path(r, name));
	fd = child_connect(at);
	assert_int_equal(send(fd, hello, sizeof(hello), 0), sizeof(hello));
	all_of(fd, got, sizeof(got));
	assert_int_equal(got[8], 1); /* a reply, and no error */
	return fd;
}

/* Vendor and device id. */
static uint32_t ids(int fd)
{
	static const uint8_t read[32] = { 2, 0, 9, 0, 32, 0, 0, 0, 0, 0, 0,
					  0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0,
					  0, 0, 7, 0, 0,  0, 4, 0, 0, 0 };
	uint8_t got[36];

	assert_int_equal(send(fd, read, sizeof(read), 0), sizeof(read));
	all_of(fd, got, sizeof(got));
	assert_int_equal(got[8], 1);
	return (uint32_t)(got[32] | got[33] << 8 | got[34] << 16) |
	       (uint32_t)got[35] << 24;
}

static void each_function_is_at_its_socket_until_the_end(void **state)
{
	static const char *const names[] = { "fn0", "host", "vm-fn", "vm" };
	struct rig *r = *state;
	const char *const argv[] = { "interlock", "device", "--vfio-user",
				     rig_path(r, "."), NULL };
	struct child k;
	struct stat st;
	int fn0, host;

	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(stat(rig_path(r, names[i]), &st), 0);
	fn0 = open_at(r, "fn0");
	host = open_at(r, "host");
	/* Of docs/device-dma.md and src/board/regs.h. */
	assert_int_equal(ids(fn0), 0x00011d1a);
	assert_int_equal(ids(host), 0x00101d1a);
	close(fn0);
	fn0 = open_at(r, "fn0");
	assert_int_equal(ids(fn0), 0x00011d1a);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
	close(fn0);
	close(host);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(stat(rig_path(r, names[i]), &st), -1);
}

static void each_function_of_the_device_has_a_socket(void **state)
{
	static const char file[] =
		"{\"functions\": [{\"kind\": \"dma-engine\"}, "
		"{\"kind\": \"dma-engine\", \"device\": \"0x1d1b\"}]}";
	struct rig *r = *state;
	const char *argv[] = { "interlock",   "device", rig_path(r, "two"),
			       "--vfio-user", NULL,	NULL };
	struct child k;
	int fd;

	rig_write(argv[2], file, sizeof(file) - 1);
	argv[4] = rig_path(r, ".");
	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	fd = open_at(r, "fn1");
	assert_int_equal(ids(fd), 0x1d1b1d1a);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

/* Configuration space, four bytes. */
static uint32_t get(int fd, uint32_t off)
{
	uint8_t m[32] = { 2, 0, 9, 0, 32, [24] = 7, [28] = 4 }, got[36];

	put_u32le(m + 16, off);
	assert_int_equal(send(fd, m, sizeof(m), 0), sizeof(m));
	all_of(fd, got, sizeof(got));
	assert_int_equal(got[8], 1);
	return get_u32le(got + 32);
}

static void put(int fd, uint32_t off, uint32_t v)
{
	uint8_t m[36] = { 2, 0, 10, 0, 36, [24] = 7, [28] = 4 }, got[32];

	put_u32le(m + 16, off);
	put_u32le(m + 32, v);
	assert_int_equal(send(fd, m, sizeof(m), 0), sizeof(m));
	all_of(fd, got, sizeof(got));
	assert_int_equal(got[8], 1);
}

/* DOE discovery of entry 0 by whoever has the function. */
static void discover(int fd)
{
	static const uint32_t request[] = { 0x00000001, 3, 0 };
	uint32_t doe = 0x100;

	while ((get(fd, doe) & 0xffff) != 0x2e) {
		doe = get(fd, doe) >> 20;
		assert_true(doe >= 0x100);
	}
	for (unsigned i = 0; i < 3; i++)
		put(fd, doe + 16, request[i]);
	put(fd, doe + 8, 0x80000000); /* Go */
	for (unsigned i = 0; !(get(fd, doe + 12) & 0x80000000); i++)
		assert_true(i < 1000);
	for (unsigned i = 0; i < 3; i++) {
		(void)get(fd, doe + 20);
		put(fd, doe + 20, 0);
	}
}

/* Of what a kernel asked, while the device still serves it. */
static void a_capture_has_what_went_through_the_mailbox(void **state)
{
	static const uint8_t asked[12] = { 1, 0, 0, 0, 3 };
	static const uint8_t said[12] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 1 };
	struct rig *r = *state;
	const char *argv[] = { "interlock", "device", "--vfio-user", NULL,
			       "--capture", NULL,     NULL };
	uint8_t got[256];
	struct child k;
	size_t n;
	FILE *f;
	int fd;

	argv[3] = rig_path(r, ".");
	argv[5] = rig_path(r, "cap");
	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	fd = open_at(r, "fn0");
	discover(fd);
	f = fopen(rig_path(r, "cap"), "re");
	assert_non_null(f);
	n = fread(got, 1, sizeof(got), f);
	fclose(f);
	/* The file's header of 24 bytes, and two packets with 16 each. */
	assert_int_equal(n, 24 + 2 * (16 + 12));
	assert_memory_equal(got + 40, asked, 12);
	assert_memory_equal(got + 68, said, 12);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
	assert_int_equal(rig_run(r, "decode", rig_path(r, "cap"), NULL),
			 CLI_DONE);
	assert_non_null(strstr(r->out, "discovery"));
}

static void what_cannot_be_served_is_one_line(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "device", "--vfio-user", rig_path(r, "."),
				 "--link", "unix:x", NULL),
			 CLI_USAGE);
	assert_non_null(strstr(r->err, "--link"));
	rig_run(r, "device", "--vfio-user", rig_path(r, "nowhere"), NULL);
	rig_refused(r, "cannot listen", "nowhere/fn0");
	rig_run(r, "device", "--vfio-user", rig_path(r, "."), "--capture",
		rig_path(r, "no/such"), NULL);
	rig_refused(r, "no/such", "cannot be written");
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(each_function_is_at_its_socket_until_the_end),
		WITH_RIG(each_function_of_the_device_has_a_socket),
		WITH_RIG(a_capture_has_what_went_through_the_mailbox),
		WITH_RIG(what_cannot_be_served_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
