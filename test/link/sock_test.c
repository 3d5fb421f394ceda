/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/sock.h"

/* Nobody waits for long here: it only ends a test that hangs. */
#define LONG_MS 20000

static char dir[64];

static int make_dir(void **unused)
{
	(void)unused;
	snprintf(dir, sizeof(dir), "/tmp/link-sock-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **unused)
{
	(void)unused;
	return rmdir(dir);
}

static struct sock_addr in_dir(const char *name)
{
	struct sock_addr a;
	char text[100];

	snprintf(text, sizeof(text), "unix:%s/%s", dir, name);
	assert_int_equal(sock_parse(text, &a), IL_OK);
	return a;
}

static const char *path_of(const struct sock_addr *a)
{
	return a->text + strlen("unix:");
}

static void good_addresses_are_taken(void **unused)
{
	(void)unused;
	static const char *const good[] = {
		"unix:/x",
		"unix:x",
		"unix:tcp:1",
		"tcp:127.0.0.1:1",
		"tcp:127.0.0.1:2323",
		"tcp:127.0.0.1:65535",
		"tcp:127.1.2.3:80",
	};
	struct sock_addr a;

	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(sock_parse(good[i], &a), IL_OK);
		assert_string_equal(a.text, good[i]);
	}
	assert_int_equal(sock_parse("tcp:127.0.0.1:2323", &a), IL_OK);
	/* sockaddr_in: port and address are big-endian, at bytes 2 and 4. */
	assert_memory_equal((const uint8_t *)&a.sa + 2,
			    "\x09\x13\x7f\x00\x00\x01", 6);
}

static void bad_addresses_are_refused(void **unused)
{
	(void)unused;
	static const char *const bad[] = {
		"",
		"unix",
		"unix:",
		"UNIX:/x",
		"/x",
		"tcp:",
		"tcp:127.0.0.1",
		"tcp:127.0.0.1:",
		"tcp:127.0.0.1:0",
		"tcp:127.0.0.1:65536",
		"tcp:127.0.0.1:99999999999999999999",
		"tcp:127.0.0.1:-1",
		"tcp:127.0.0.1:+1",
		"tcp:127.0.0.1: 1",
		"tcp:127.0.0.1:1x",
		"tcp:0.0.0.0:1",
		"tcp:192.0.2.1:1",
		"tcp:128.0.0.1:1",
		"tcp:localhost:1",
		"tcp:127.0.0.1.1.1.1.1.1:1",
		"tcp::1",
		"udp:127.0.0.1:1",
	};
	struct sock_addr a, before;
	char path[200] = "unix:";

	memset(&a, 0x5a, sizeof(a));
	before = a;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(sock_parse(bad[i], &a), IL_E_ARG);
	/* sun_path has 108 bytes, the last of them zero. */
	memset(path + 5, 'x', 108);
	assert_int_equal(sock_parse(path, &a), IL_E_ARG);
	memset(path + 5, 'x', 150);
	assert_int_equal(sock_parse(path, &a), IL_E_ARG);
	assert_memory_equal(&a, &before, sizeof(a));
	path[5 + 107] = '\0';
	assert_int_equal(sock_parse(path, &a), IL_OK);
}

static void one_byte_passes(int from, int to)
{
	uint8_t b = 0;

	assert_int_equal(write(from, "x", 1), 1);
	assert_int_equal(read(to, &b, 1), 1);
	assert_int_equal(b, 'x');
}

static void both_ends_do_not_block_and_close_on_exec(int fd)
{
	uint8_t b;

	assert_int_equal(read(fd, &b, 1), -1);
	assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void who_listens_can_be_connected_to(void **unused)
{
	(void)unused;
	struct sock_addr a = in_dir("s");
	int l = sock_listen(&a);
	int c, s;

	assert_true(l >= 0);
	assert_int_equal(sock_accept(l), -EAGAIN);
	c = sock_connect(&a, LONG_MS);
	assert_true(c >= 0);
	s = sock_accept(l);
	assert_true(s >= 0);
	both_ends_do_not_block_and_close_on_exec(c);
	both_ends_do_not_block_and_close_on_exec(s);
	one_byte_passes(c, s);
	one_byte_passes(s, c);
	close(c);
	close(s);
	close(l);
	assert_int_equal(unlink(path_of(&a)), 0);
}

/* Each message is one piece: held back, it would only come later. */
static void neither_end_of_a_tcp_connection_delays(void **unused)
{
	struct sock_addr a;
	socklen_t len = sizeof(a.sa);
	int l, fd[2];

	(void)unused;
	assert_int_equal(sock_parse("tcp:127.0.0.1:1", &a), IL_OK);
	/* Port 0: the kernel chooses. */
	memset((uint8_t *)&a.sa + 2, 0, 2);
	l = sock_listen(&a);
	assert_true(l >= 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&a.sa, &len), 0);
	fd[0] = sock_connect(&a, LONG_MS);
	assert_true(fd[0] >= 0);
	fd[1] = sock_accept(l);
	assert_true(fd[1] >= 0);
	for (unsigned i = 0; i < 2; i++) {
		int on = 0;

		len = sizeof(on);
		assert_int_equal(
			getsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &on, &len),
			0);
		assert_true(on);
		close(fd[i]);
	}
	close(l);
}

static void a_socket_nobody_listens_to_is_replaced(void **unused)
{
	(void)unused;
	struct sock_addr a = in_dir("s");
	int l = sock_listen(&a);

	assert_true(l >= 0);
	close(l);
	assert_int_equal(sock_connect(&a, LONG_MS), -ECONNREFUSED);
	l = sock_listen(&a);
	assert_true(l >= 0);
	close(l);
	assert_int_equal(unlink(path_of(&a)), 0);
}

static void a_live_socket_is_not_replaced(void **unused)
{
	(void)unused;
	struct sock_addr a = in_dir("s");
	int l = sock_listen(&a);
	int c;

	assert_true(l >= 0);
	assert_int_equal(sock_listen(&a), -EADDRINUSE);
	c = sock_connect(&a, LONG_MS);
	assert_true(c >= 0);
	close(c);
	close(l);
	assert_int_equal(unlink(path_of(&a)), 0);
}

static void a_file_of_another_kind_is_not_replaced(void **unused)
{
	(void)unused;
	struct sock_addr a = in_dir("s");
	FILE *f = fopen(path_of(&a), "w");
	struct stat st = { 0 };

	assert_non_null(f);
	fclose(f);
	assert_int_equal(sock_listen(&a), -EADDRINUSE);
	assert_int_equal(lstat(path_of(&a), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(unlink(path_of(&a)), 0);
	/* Nor is what a link names. */
	assert_int_equal(symlink("elsewhere", path_of(&a)), 0);
	assert_int_equal(sock_listen(&a), -EADDRINUSE);
	assert_int_equal(unlink(path_of(&a)), 0);
}

static void nobody_there_is_an_error_at_once(void **unused)
{
	(void)unused;
	struct sock_addr a = in_dir("none");

	assert_int_equal(sock_connect(&a, LONG_MS), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_addresses_are_taken),
		cmocka_unit_test(bad_addresses_are_refused),
		cmocka_unit_test(who_listens_can_be_connected_to),
		cmocka_unit_test(neither_end_of_a_tcp_connection_delays),
		cmocka_unit_test(a_socket_nobody_listens_to_is_replaced),
		cmocka_unit_test(a_live_socket_is_not_replaced),
		cmocka_unit_test(a_file_of_another_kind_is_not_replaced),
		cmocka_unit_test(nobody_there_is_an_error_at_once),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
