/* SPDX-License-Identifier: BSD-2-Clause */
#include "child.h"
#include "rig.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

static void what_cannot_be_served_is_one_line(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "device", "--vfio-user", rig_path(r, "."),
				 "--link", "unix:x", NULL),
			 CLI_USAGE);
	assert_non_null(strstr(r->err, "--link"));
	rig_run(r, "device", "--vfio-user", rig_path(r, "nowhere"), NULL);
	rig_refused(r, "cannot listen", "nowhere/fn0");
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(each_function_is_at_its_socket_until_the_end),
		WITH_RIG(each_function_of_the_device_has_a_socket),
		WITH_RIG(what_cannot_be_served_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
