/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "child.h"
#include "link/sock.h"

/* `interlock device` and the emulator's name, as processes. */

/*
 * Requests of a requester that is not ours: test/vectors/tdisp12.pcap, packets
 * 7, 9, 11 and 13 (SPDM 1.2, P-384, SHA-384).
 */
static const uint8_t get_version[] = {
	1, 0, 1, 0, 3, 0, 0, 0, 0x10, 0x84, 0, 0
};
static const uint8_t get_caps[] = { 1,	  0,	1,    0,    7,	  0, 0,
				    0,	  0x12, 0xe1, 0,    0,	  0, 0,
				    0,	  0,	0xc6, 0xe6, 0,	  0, 0,
				    0x12, 0,	0,    0,    0x12, 0, 0 };
static const uint8_t negotiate[] = {
	1,    0, 1,    0,    0x0e, 0, 0, 0,    0x12, 0xe3, 4, 0,    0x30, 0,
	1,    2, 0x80, 0,    0,	   0, 2, 0,    0,    0,	   0, 0,    0,	  0,
	0,    0, 0,    0,    0,	   0, 0, 0,    0,    0,	   0, 0,    2,	  0x20,
	0x10, 0, 3,    0x20, 2,	   0, 4, 0x20, 0x0f, 0,	   5, 0x20, 1,	  0
};
static const uint8_t get_digests[] = {
	1, 0, 1, 0, 3, 0, 0, 0, 0x12, 0x81, 0, 0
};

static size_t doe(int fd, const uint8_t *p, size_t n, uint8_t *out, size_t cap)
{
	uint32_t command = 1;
	size_t len = child_ask(fd, &command, 2, p, n, out, cap);

	assert_int_equal(command, 1);
	assert_true(len >= 12);
	return len;
}

/* Up to DIGESTS; the mask of slots that have a certificate. */
static uint8_t slots_of(int fd)
{
	uint8_t out[4608];

	doe(fd, get_version, sizeof(get_version), out, sizeof(out));
	assert_int_equal(out[9], 0x04);
	doe(fd, get_caps, sizeof(get_caps), out, sizeof(out));
	assert_int_equal(out[9], 0x61);
	doe(fd, negotiate, sizeof(negotiate), out, sizeof(out));
	assert_int_equal(out[9], 0x63);
	doe(fd, get_digests, sizeof(get_digests), out, sizeof(out));
	assert_int_equal(out[9], 0x01);
	return out[11];
}

static const char *addr_of(const struct rig *r, const char *name)
{
	static char addr[2][300];
	static unsigned at;
	char *p = addr[at++ % 2];

	snprintf(p, sizeof(addr[0]), "unix:%s", rig_path(r, name));
	return p;
}

/* A port that nobody has, as the kernel sees it. */
static void free_port(char out[8])
{
	const struct sockaddr_in any = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in got;
	socklen_t len = sizeof(got);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof(any)),
			 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&got, &len), 0);
	close(fd);
	snprintf(out, 8, "%u", (unsigned)ntohs(got.sin_port));
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
	assert_int_equal(slots_of(fd[0]), 1);
	assert_int_equal(slots_of(fd[1]), 1);
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
	assert_int_equal(slots_of(fd), 1);
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
		assert_int_equal(slots_of(fd), 1);
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
	assert_int_equal(slots_of(fd), 1);
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

	doe(fd, get_version, sizeof(get_version), out, sizeof(out));
	doe(fd, get_caps, sizeof(get_caps), out, sizeof(out));
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
		assert_int_equal(slots_of(fd), 1);
		assert_true(doe(fd, get_cert, sizeof(get_cert), out,
				sizeof(out)) <= t[i].limit);
		close(fd);
		child_signal(&k, SIGTERM);
		assert_int_equal(child_end(&k), 0);
	}
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
	assert_int_equal(slots_of(fd), 5);
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
	struct rig *r = *state;
	const char *file = rig_path(r, "like.json");
	json_t *v;

	assert_int_equal(rig_run(r, "device", "--from-lspci", LSPCI, NULL),
			 CLI_DONE);
	/* What had to be left out is told, and not into the file. */
	assert_non_null(strstr(r->err, "left out"));
	v = json_loads(r->out, 0, NULL);
	assert_non_null(v);
	assert_non_null(json_object_get(v, "functions"));
	json_decref(v);
	/* It is taken: what is wrong is the address alone. */
	rig_write(file, r->out, strlen(r->out));
	rig_run(r, "device", file, "--spdm-socket", addr_of(r, "like.json"),
		NULL);
	rig_refused(r, "cannot listen", "like.json");
	rig_run(r, "device", "--from-lspci", file, NULL);
	rig_refused(r, "like.json", "");
	assert_int_equal(
		rig_run(r, "device", file, "--from-lspci", LSPCI, NULL),
		CLI_USAGE);
}

/* --- the emulator's name --- */

#define LISTENS "Platform server listening on port "

/*
 * Starts it with what stands in @more up to NULL, at a port that it could have:
 * between the kernel's word and its own another may take one.
 */
static void emulate(struct child *k, struct rig *r, char port[8],
		    const char *const *more)
{
	const char *argv[24] = { "/somewhere/spdm_responder_emu", "--trans",
				 "PCI_DOE", "--port", port };
	unsigned n = 5;

	for (unsigned i = 0; more && more[i]; i++)
		argv[n++] = more[i];
	for (unsigned tries = 0;; tries++) {
		free_port(port);
		child_start(k, r->dir, r->state, argv);
		if (child_line(k, LISTENS))
			return;
		if (tries == 5 || !strstr(k->text, strerror(EADDRINUSE)))
			fail_msg("does not listen: %s", k->text);
		child_end(k);
	}
}

static const char *tcp(const char *port)
{
	static char addr[64];

	snprintf(addr, sizeof(addr), "tcp:127.0.0.1:%s", port);
	return addr;
}

static void without_keys_the_emulator_makes_its_own(void **state)
{
	struct rig *r = *state;
	char port[8];
	struct child k;
	int fd;

	emulate(&k, r, port, NULL);
	assert_non_null(strstr(k.text, "identity: made for this run"));
	assert_non_null(strstr(k.text, "profile: emulator\n"));
	assert_non_null(strstr(k.text, "relaxed: one-key-for-all-sub-streams"));
	/* No hello; three slots, as the emulator has. */
	fd = child_connect(tcp(port));
	assert_int_equal(slots_of(fd), 7);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

/* Served keys are not drawn from a seed: no two runs have the same. */
static void no_two_made_identities_are_the_same(void **state)
{
	struct rig *r = *state;
	uint8_t out[2][4608];

	for (unsigned i = 0; i < 2; i++) {
		char port[8];
		struct child k;
		int fd;

		emulate(&k, r, port, NULL);
		fd = child_connect(tcp(port));
		assert_int_equal(slots_of(fd), 7);
		doe(fd, get_digests, sizeof(get_digests), out[i],
		    sizeof(out[i]));
		close(fd);
		child_signal(&k, SIGTERM);
		assert_int_equal(child_end(&k), 0);
	}
	/* Digests of three slots, of the same chain within a run. */
	assert_memory_equal(out[0] + 12, out[0] + 12 + 48, 48);
	assert_memory_not_equal(out[0] + 12, out[1] + 12, 48);
}

static void shutdown_ends_the_emulator(void **state)
{
	struct rig *r = *state;
	uint32_t command = 0xfffe;
	uint8_t out[64];
	char port[8];
	struct child k;
	int fd;

	emulate(&k, r, port, NULL);
	fd = child_connect(tcp(port));
	assert_int_equal(child_ask(fd, &command, 2, NULL, 0, out, sizeof(out)),
			 0);
	assert_int_equal(command, 0xfffe);
	assert_int_equal(child_end(&k), 0);
	close(fd);
}

/* The identity in @dir as the emulator's folders have it. */
static void put_keys(struct rig *r, const char *dir, struct identity *id)
{
	char from[300], to[300];
	struct cli_identity got;
	uint8_t *key;
	size_t n;

	snprintf(from, sizeof(from), "%s", rig_path(r, "made"));
	assert_int_equal(rig_run(r, "identity", "new", from, NULL), 0);
	assert_int_equal(cli_identity_load(&r->c, from, NULL, &got), 0);
	*id = got.id;
	assert_int_equal(mkdir(rig_path(r, dir), 0755), 0);
	snprintf(to, sizeof(to), "%s/bundle_responder.certchain.der",
		 rig_path(r, dir));
	rig_write(to, id->chain, id->chain_len);
	snprintf(from, sizeof(from), "%s/leaf.key", rig_path(r, "made"));
	key = rig_read(from, &n);
	snprintf(to, sizeof(to), "%s/end_responder.key", rig_path(r, dir));
	rig_write(to, key, n);
	free(key);
}

static void the_emulator_takes_keys_from_the_current_folder(void **state)
{
	static const char *const one[] = { "--slot_count", "1", "--asym",
					   "ECDSA_P384", NULL };
	/* GET_CERTIFICATE of slot 0, 1,024 bytes from 0. */
	static const uint8_t get_cert[] = { 1,	  0,	1, 0, 4, 0, 0, 0,
					    0x12, 0x82, 0, 0, 0, 0, 0, 4 };
	struct rig *r = *state;
	struct identity id;
	uint8_t out[4608];
	char port[8];
	struct child k;
	int fd;

	put_keys(r, "ecp384", &id);
	emulate(&k, r, port, one);
	assert_non_null(strstr(
		k.text, "identity: ecp384/bundle_responder.certchain.der\n"));
	fd = child_connect(tcp(port));
	assert_int_equal(slots_of(fd), 1);
	doe(fd, get_cert, sizeof(get_cert), out, sizeof(out));
	assert_int_equal(out[9], 0x02);
	/* Behind header, portion, remainder: the chain's length, the root's
	 * hash, then the certificates. */
	assert_memory_equal(out + 8 + 8 + 4 + 48, id.chain, 1024 - 4 - 48);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

static int emulator_says(struct rig *r, const char *const *argv)
{
	const char *all[16] = { "spdm_responder_emu" };

	for (unsigned i = 0; argv[i]; i++)
		all[i + 1] = argv[i];
	for (unsigned n = 0;; n++)
		if (!all[n])
			return rig_words(r, (int)n, all);
}

static void arguments_that_mean_nothing_here_are_one_line(void **state)
{
	static const struct {
		const char *argv[4];
		int status;
		const char *says;
	} bad[] = {
		{ { "--asym", "RSAPSS_3072" }, 1, "ECDSA_P384" },
		{ { "--asym", "ECDSA_P384,ROT13" }, 2, "ROT13" },
		{ { "--trans", "TCP" }, 1, "PCI_DOE" },
		{ { "--trans", "NONE" }, 1, "PCI_DOE" },
		{ { "--trans", "PIGEON" }, 2, "PIGEON" },
		{ { "--ver", "1.3" }, 1, "1.2" },
		{ { "--hash", "SHA3_256" }, 1, "SHA_384" },
		{ { "--dhe", "FFDHE_2048" }, 1, "SECP_384_R1" },
		{ { "--aead", "CHACHA20_POLY1305" }, 1, "AES_256_GCM" },
		{ { "--slot_count", "9" }, 2, "9" },
		{ { "--slot_id", "0xFF" }, 1, "--slot_id" },
		{ { "--cap", "CERT,WINGS" }, 2, "WINGS" },
		{ { "--port", "0" }, 2, ":0" },
		{ { "--port", "70000" }, 2, "70000" },
		{ { "--ip", "0.0.0.0" }, 2, "0.0.0.0" },
		{ { "--load_state", "x" }, 1, "--load_state" },
		{ { "--frobnicate", "x" }, 2, "--frobnicate" },
		{ { "--ver" }, 2, "--ver" },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t n;

		if (emulator_says(r, bad[i].argv) != bad[i].status ||
		    !strstr(r->err, bad[i].says))
			fail_msg("%s: exit %d, %s", bad[i].argv[0], r->status,
				 r->err);
		n = strlen(r->err);
		assert_ptr_equal(strchr(r->err, '\n'), r->err + n - 1);
	}
}

static void the_emulators_other_arguments_are_taken(void **state)
{
	static const char *const many[] = {
		"--ver",
		"1.2",
		"--cap",
		"CACHE,CERT,CHAL,MEAS_SIG,KEY_EX,ENCRYPT,MAC",
		"--hash",
		"SHA_512,SHA_384",
		"--dhe",
		"SECP_384_R1",
		"--aead",
		"AES_256_GCM,CHACHA20_POLY1305",
		"--mut_auth",
		"W_ENCAP",
		"--basic_mut_auth",
		"BASIC",
		"--exe_mode",
		"CONTINUE",
		"-v",
		NULL
	};
	struct rig *r = *state;
	char port[8];
	struct child k;
	int fd;

	emulate(&k, r, port, many);
	assert_non_null(strstr(k.text, "--cap: left out, not here: CACHE\n"));
	assert_non_null(
		strstr(k.text, "--hash: left out, not here: SHA_512\n"));
	assert_non_null(
		strstr(k.text, "--mut_auth: left out, not here: W_ENCAP\n"));
	fd = child_connect(tcp(port));
	assert_int_equal(slots_of(fd), 7);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

static void the_emulators_port_is_2323(void **state)
{
	const char *const argv[] = { "spdm_responder_emu", "--trans", "PCI_DOE",
				     "--slot_count",	   "1",	      NULL };
	struct rig *r = *state;
	struct sock_addr a;
	struct child k;
	int fd;

	assert_int_equal(sock_parse("tcp:127.0.0.1:2323", &a), IL_OK);
	fd = sock_listen(&a);
	if (fd < 0) {
		print_message("skipped: port 2323 is taken\n");
		skip();
	}
	close(fd);
	child_start(&k, r->dir, r->state, argv);
	child_wait_line(&k, "Platform server listening on port 2323");
	fd = child_connect("tcp:127.0.0.1:2323");
	assert_int_equal(slots_of(fd), 1);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
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
		WITH_RIG(a_device_file_says_what_is_served),
		WITH_RIG(a_device_file_that_is_none_is_one_line),
		WITH_RIG(what_lspci_prints_becomes_a_device_file),
		WITH_RIG(without_keys_the_emulator_makes_its_own),
		WITH_RIG(no_two_made_identities_are_the_same),
		WITH_RIG(shutdown_ends_the_emulator),
		WITH_RIG(the_emulator_takes_keys_from_the_current_folder),
		WITH_RIG(arguments_that_mean_nothing_here_are_one_line),
		WITH_RIG(the_emulators_other_arguments_are_taken),
		WITH_RIG(the_emulators_port_is_2323),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
