/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "child.h"
#include "link/sock.h"
#include "talk.h"

/* `interlock device` as a process. */

static const char *addr_of(const struct rig *r, const char *name)
{
	static char addr[2][300];
	static unsigned at;
	char *p = addr[at++ % 2];

	snprintf(p, sizeof(addr[0]), "unix:%s", rig_path(r, name));
	return p;
}

static void it_answers_at_each_address_and_ends_on_sigterm(void **state)
{
	struct rig *r = *state;
	const char *const a = addr_of(r, "a"), *const b = addr_of(r, "b");
	const char *const argv[] = {
		"interlock", "device", "--spdm-socket", a, "--spdm-socket",
		b,	     NULL
	};
	struct child k;
	struct stat st;
	int fd[2];

	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	assert_non_null(strstr(k.text, "profile: strict\n"));
	assert_null(strstr(k.text, "relaxed:"));
	fd[0] = child_connect(a);
	fd[1] = child_connect(b);
	assert_int_equal(talk_slots(fd[0]), 1);
	assert_int_equal(talk_slots(fd[1]), 1);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
	close(fd[0]);
	close(fd[1]);
	/* Its sockets are gone with it. */
	assert_int_equal(stat(rig_path(r, "a"), &st), -1);
	assert_int_equal(stat(rig_path(r, "b"), &st), -1);
}

static void it_ends_on_sigint_and_not_by_a_client(void **state)
{
	struct rig *r = *state;
	const char *const a = addr_of(r, "a");
	const char *const argv[] = { "interlock", "device", "--spdm-socket", a,
				     NULL };
	uint32_t command = 0xfffe;
	uint8_t out[64];
	struct child k;
	int fd;

	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	fd = child_connect(a);
	assert_int_equal(child_ask(fd, &command, 2, NULL, 0, out, sizeof(out)),
			 0);
	assert_int_equal(command, 0xfffe);
	close(fd);
	fd = child_connect(a);
	assert_int_equal(talk_slots(fd), 1);
	close(fd);
	child_signal(&k, SIGINT);
	assert_int_equal(child_end(&k), 0);
}

/* Clients that die are no reason to end, nor is a reader of its output. */
static void it_survives_clients_that_vanish(void **state)
{
	struct rig *r = *state;
	const char *const a = addr_of(r, "a");
	const char *const argv[] = { "interlock", "device", "--spdm-socket", a,
				     NULL };
	struct child k;

	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	for (unsigned i = 0; i < 30; i++) {
		int fd = child_connect(a);

		/* An answer that nobody waits for, and half a frame. */
		assert_true(send(fd, "\0\0\xde\xad\0\0\0\2\0\0\0\0\0\0", 14,
				 MSG_NOSIGNAL) == 14);
		close(fd);
		fd = child_connect(a);
		assert_int_equal(talk_slots(fd), 1);
		close(fd);
	}
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

/* Its errors go to a pipe of one page, and nobody reads them. */
static void it_serves_though_nobody_reads_its_errors(void **state)
{
	struct rig *r = *state;
	const char *const a = addr_of(r, "a");
	const char *const argv[] = { "interlock", "device", "--spdm-socket", a,
				     NULL };
	struct child k;
	int fd;

	child_start(&k, NULL, r->state, argv);
	assert_true(fcntl(k.out, F_SETPIPE_SZ, 4096) >= 4096);
	child_wait_line(&k, "ready");
	for (unsigned i = 0; i < 100; i++) {
		/* A frame longer than any; it is dropped, with a line. */
		fd = child_connect(a);
		assert_int_equal(send(fd, "\0\0\0\1\0\0\0\2\xff\xff\xff\xff",
				      12, MSG_NOSIGNAL),
				 12);
		assert_int_equal(child_closed(fd), 0);
		close(fd);
	}
	fd = child_connect(a);
	assert_int_equal(talk_slots(fd), 1);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
	assert_non_null(strstr(k.text, "client 1: dropped: "));
}

static void what_it_cannot_do_is_one_line(void **state)
{
	struct rig *r = *state;
	const char *file = rig_path(r, "file");

	assert_int_equal(rig_run(r, "device", NULL), CLI_USAGE);
	assert_non_null(strstr(r->err, "--spdm-socket"));
	assert_int_equal(
		rig_run(r, "device", "--spdm-socket", "tcp:10.0.0.1:1", NULL),
		CLI_USAGE);
	assert_non_null(strstr(r->err, "tcp:10.0.0.1:1"));
	assert_int_equal(rig_run(r, "device", "--link", "nonsense", NULL),
			 CLI_USAGE);
	rig_write(file, "x", 1);
	rig_run(r, "device", "--spdm-socket", addr_of(r, "file"), NULL);
	rig_refused(r, "cannot listen", file);
	rig_run(r, "device", "--spdm-socket", addr_of(r, "s"), "--identity",
		rig_path(r, "nowhere"), NULL);
	rig_refused(r, "nowhere", "No such file");
}

/* DataTransferSize of CAPABILITIES. */
static uint32_t transfer_of(int fd)
{
	uint8_t out[4608];
	struct rd r = rd_over(out + 8 + 12, 4);

	talk_doe(fd, talk_get_version, sizeof(talk_get_version), out,
		 sizeof(out));
	talk_doe(fd, talk_get_caps, sizeof(talk_get_caps), out, sizeof(out));
	return rd_u32le(&r);
}

static void objects_are_as_long_as_asked_for(void **state)
{
	/* GET_CERTIFICATE of slot 0: 65,535 bytes from 0. */
	static const uint8_t get_cert[] = {
		1, 0, 1, 0, 4, 0, 0, 0, 0x12, 0x82, 0, 0, 0, 0, 0xff, 0xff
	};
	static const struct {
		const char *arg;
		uint32_t limit;
	} t[] = { { NULL, 4104 }, { "512", 512 }, { "4608", 4608 } };
	struct rig *r = *state;
	uint8_t out[4608];

	for (size_t i = 0; i < COUNT(t); i++) {
		const char *const a = addr_of(r, "a");
		const char *const argv[] = { "interlock",
					     "device",
					     "--spdm-socket",
					     a,
					     t[i].arg ? "--max-object" : NULL,
					     t[i].arg,
					     NULL };
		struct child k;
		int fd;

		child_start(&k, NULL, r->state, argv);
		child_wait_line(&k, "ready");
		fd = child_connect(a);
		/* A header and what a secured record adds are left free. */
		assert_int_equal(transfer_of(fd), t[i].limit - 72);
		assert_int_equal(talk_slots(fd), 1);
		assert_true(talk_doe(fd, get_cert, sizeof(get_cert), out,
				     sizeof(out)) <= t[i].limit);
		close(fd);
		child_signal(&k, SIGTERM);
		assert_int_equal(child_end(&k), 0);
	}
}

/* A device whose measurements are eight of 512 bytes, given as they are. */
static void write_many(const char *file)
{
	char text[6000];
	size_t at =
		(size_t)snprintf(text, sizeof(text), "{ \"measurements\": [");

	for (unsigned i = 0; i < 8; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s{ \"index\": %u, \"type\": 4, "
				       "\"raw_only\": true, \"text\": "
				       "\"%0512u\" }",
				       i ? "," : "", i + 1, i);
	at += (size_t)snprintf(text + at, sizeof(text) - at, "] }");
	rig_write(file, text, at);
}

/* More than 4,104 bytes, to a requester that would take 4,608. */
static void an_answer_above_the_limit_is_an_error(void **state)
{
	/* GET_MEASUREMENTS, all of them, without a signature. */
	static const uint8_t get_all[] = { 1, 0, 1,    0,    3, 0,
					   0, 0, 0x12, 0xe0, 0, 0xff };
	static const char *const more[] = { NULL, "--max-object" };
	struct rig *r = *state;
	const char *const a = addr_of(r, "a");
	uint8_t out[4608];
	char file[300];

	snprintf(file, sizeof(file), "%s", rig_path(r, "many.json"));
	write_many(file);
	for (size_t i = 0; i < COUNT(more); i++) {
		const char *const argv[] = { "interlock",     "device", file,
					     "--spdm-socket", a,	more[i],
					     "4608",	      NULL };
		struct child k;
		size_t n;
		int fd;

		child_start(&k, NULL, r->state, argv);
		child_wait_line(&k, "ready");
		fd = child_connect(a);
		assert_int_equal(talk_slots(fd), 1);
		n = talk_doe(fd, get_all, sizeof(get_all), out, sizeof(out));
		/* ERROR ResponseTooLarge, 0x0d; or all of them. */
		assert_int_equal(out[9], more[i] ? 0x60 : 0x7f);
		assert_true(more[i] ? n > 4104 : out[10] == 0x0d);
		close(fd);
		child_signal(&k, SIGTERM);
		assert_int_equal(child_end(&k), 0);
	}
}

static void an_identity_that_is_named_goes_before_the_files(void **state)
{
	static const char text[] = "{ \"identity\": \"nowhere\" }";
	struct rig *r = *state;
	const char *const a = addr_of(r, "a");
	char file[300], id[300], line[400];
	const char *const argv[] = { "interlock", "device",
				     file,	  "--spdm-socket",
				     a,		  "--identity",
				     id,	  NULL };
	struct child k;

	snprintf(file, sizeof(file), "%s", rig_path(r, "thing.json"));
	snprintf(id, sizeof(id), "%s", rig_path(r, "id"));
	rig_write(file, text, sizeof(text) - 1);
	assert_int_equal(rig_run(r, "identity", "new", id, NULL), 0);
	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	snprintf(line, sizeof(line), "identity: %s\n", id);
	assert_non_null(strstr(k.text, line));
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

static void a_device_file_says_what_is_served(void **state)
{
	static const char text[] =
		"{ \"name\": \"a thing\", \"identity\": \"id\","
		"  \"relax\": { \"query-bus\": true },"
		"  \"functions\": [ { \"kind\": \"dma-engine\","
		"    \"bars\": [ { \"bar\": 0, \"size\": 16384 },"
		"                { \"bar\": 2, \"size\": 65536 } ],"
		"    \"vfs\": { \"count\": 3 } } ],"
		"  \"spdm\": { \"slots\": [ 0, 2 ] } }";
	static const uint8_t vf3[] = { 3, 0, 0, 0 }, vf4[] = { 4, 0, 0, 0 };
	struct rig *r = *state;
	const char *const a = addr_of(r, "a");
	char file[300];
	const char *const argv[] = { "interlock",     "device", file,
				     "--spdm-socket", a,	NULL };
	uint32_t command = 0x4904;
	uint8_t out[64];
	struct child k;
	int fd;

	snprintf(file, sizeof(file), "%s", rig_path(r, "thing.json"));
	rig_write(file, text, sizeof(text) - 1);
	/* The folder that it names is beside it, wherever the tool is. */
	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "id"), NULL),
			 0);
	child_start(&k, NULL, r->state, argv);
	child_wait_line(&k, "ready");
	assert_non_null(
		strstr(k.text, "device: a thing; 1 function with 3 VFs"));
	assert_non_null(strstr(k.text, "relaxed: query-bus: "));
	assert_non_null(strstr(k.text, "§6.33.3"));
	fd = child_connect(a);
	assert_int_equal(talk_slots(fd), 5);
	child_ask(fd, &command, 2, vf3, 4, out, sizeof(out));
	assert_int_equal(out[0], 0);
	child_ask(fd, &command, 2, vf4, 4, out, sizeof(out));
	assert_int_equal(out[0], 2);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

static void a_device_file_that_is_none_is_one_line(void **state)
{
	static const struct {
		const char *text, *what;
	} bad[] = {
		{ "{ \"tee\": 1 }", "tee: " },
		{ "{", "line 1" },
		{ "{ \"doe\": { \"object_limit\": 65544 } }",
		  "doe.object_limit" },
		{ "{ \"spdm\": { \"asym\": [ \"ecdsa-p256\" ] } }",
		  "spdm.asym" },
		{ "{ \"identity\": \"nowhere\" }", "nowhere" },
	};
	struct rig *r = *state;
	const char *file = rig_path(r, "bad.json");

	for (size_t i = 0; i < COUNT(bad); i++) {
		rig_write(file, bad[i].text, strlen(bad[i].text));
		rig_run(r, "device", file, "--spdm-socket", addr_of(r, "s"),
			NULL);
		rig_refused(r, bad[i].what, "");
	}
	rig_run(r, "device", rig_path(r, "none.json"), "--spdm-socket",
		addr_of(r, "s"), NULL);
	rig_refused(r, "none.json", "No such file");
	for (unsigned i = 0; i < 4; i++) {
		static const char *const n[] = { "0", "514", "4612", "many" };

		assert_int_equal(rig_run(r, "device", "--spdm-socket",
					 addr_of(r, "s"), "--max-object", n[i],
					 NULL),
				 CLI_USAGE);
		assert_non_null(strstr(r->err, "--max-object"));
	}
}

static void what_lspci_prints_becomes_a_device_file(void **state)
{
	static const char *const dumps[] = { LSPCI "nvme.txt",
					     LSPCI "plain.txt" };
	struct rig *r = *state;
	const char *file = rig_path(r, "like.json");

	for (size_t i = 0; i < COUNT(dumps); i++) {
		json_t *v;

		assert_int_equal(
			rig_run(r, "device", "--from-lspci", dumps[i], NULL),
			CLI_DONE);
		/* What had to be left out is told, and not into the file. */
		assert_non_null(strstr(r->err, "left out"));
		v = json_loads(r->out, 0, NULL);
		assert_non_null(v);
		assert_non_null(json_object_get(v, "functions"));
		json_decref(v);
		/* It is taken: what is wrong is the address alone. */
		rig_write(file, r->out, strlen(r->out));
		rig_run(r, "device", file, "--spdm-socket",
			addr_of(r, "like.json"), NULL);
		rig_refused(r, "cannot listen", "like.json");
	}
	rig_run(r, "device", "--from-lspci", file, NULL);
	rig_refused(r, "like.json", "");
	assert_int_equal(
		rig_run(r, "device", file, "--from-lspci", dumps[0], NULL),
		CLI_USAGE);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(it_answers_at_each_address_and_ends_on_sigterm),
		WITH_RIG(it_ends_on_sigint_and_not_by_a_client),
		WITH_RIG(it_survives_clients_that_vanish),
		WITH_RIG(it_serves_though_nobody_reads_its_errors),
		WITH_RIG(what_it_cannot_do_is_one_line),
		WITH_RIG(objects_are_as_long_as_asked_for),
		WITH_RIG(an_answer_above_the_limit_is_an_error),
		WITH_RIG(an_identity_that_is_named_goes_before_the_files),
		WITH_RIG(a_device_file_says_what_is_served),
		WITH_RIG(a_device_file_that_is_none_is_one_line),
		WITH_RIG(what_lspci_prints_becomes_a_device_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
