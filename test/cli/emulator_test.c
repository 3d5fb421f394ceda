/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "crypto/identity.h"
#include "crypto/ossl.h"
#include "device/file.h"
#include "link/sock.h"
#include "talk.h"

/* The tool under the name of DMTF's emulator, as a process. */

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

/* Each relaxation of the profile, by name and section, and nothing else. */
static void expect_relaxed(const char *text)
{
	const uint32_t on = device_profile_find("emulator")->relax;
	const struct device_relax *r;
	const unsigned n = device_relaxations(&r);
	unsigned said = 0, want = 0;

	for (unsigned i = 0; i < n; i++) {
		char line[400];

		if (!(on & r[i].bit))
			continue;
		snprintf(line, sizeof(line), "\nrelaxed: %s: %s (%s)\n",
			 r[i].name, r[i].says, r[i].source);
		assert_non_null(strstr(text, line));
		want++;
	}
	for (; (text = strstr(text, "\nrelaxed: ")) != NULL; text++)
		said++;
	assert_int_equal(said, want);
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
	expect_relaxed(k.text);
	/* No hello; three slots, as the emulator has. */
	fd = child_connect(tcp(port));
	assert_int_equal(talk_slots(fd), 7);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

static void a_made_identity_has_the_key_that_was_asked_for(void **state)
{
	static const char *const rsa[] = { "--asym", "RSAPSS_2048", NULL };
	struct rig *r = *state;
	char port[8];
	struct child k;

	emulate(&k, r, port, rsa);
	assert_non_null(
		strstr(k.text, "identity: made for this run, RSA 2048: "));
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
		assert_int_equal(talk_slots(fd), 7);
		talk_doe(fd, talk_get_digests, sizeof(talk_get_digests), out[i],
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
	assert_int_equal(talk_slots(fd), 1);
	talk_doe(fd, get_cert, sizeof(get_cert), out, sizeof(out));
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

/* A new identity, in @dir as the emulator's folders have it. */
static void make_keys(struct rig *r, const char *dir, enum crypto_curve curve,
		      unsigned rsa_bits, struct identity_files *f)
{
	struct identity_cfg cfg = *cli_identity_cfg();
	struct ossl *o;
	char path[300];

	cfg.curve = curve;
	cfg.rsa_bits = rsa_bits;
	cfg.not_before_s = RIG_NOW - 3600;
	cfg.not_after_s = RIG_NOW + 3600;
	assert_int_equal(ossl_new(&(struct ossl_cfg){ 0 }, &o), IL_OK);
	assert_int_equal(identity_new(o, &cfg, f), IL_OK);
	ossl_free(o);
	assert_int_equal(mkdir(rig_path(r, dir), 0755), 0);
	snprintf(path, sizeof(path), "%s/bundle_responder.certchain.der",
		 rig_path(r, dir));
	rig_write(path, f->chain.text, f->chain.len);
	snprintf(path, sizeof(path), "%s/end_responder.key", rig_path(r, dir));
	rig_write(path, f->key[IDENTITY_LEAF].text, f->key[IDENTITY_LEAF].len);
}

/* Keys of P-256 alone: they decide, though P-384 would come first. */
static void keys_of_p256_are_found_too(void **state)
{
	struct identity_files *f = calloc(1, sizeof(*f));
	struct rig *r = *state;
	char port[8];
	struct child k;

	assert_non_null(f);
	make_keys(r, "ecp256", CRYPTO_P256, 0, f);
	free(f);
	emulate(&k, r, port, NULL);
	assert_non_null(strstr(
		k.text, "identity: ecp256/bundle_responder.certchain.der\n"));
	rig_run(r, "request", tcp(port), "--steps", "connect,challenge",
		"--json", NULL);
	assert_int_equal(r->status, 0);
	assert_non_null(strstr(r->out, "\"asym\": \"ECDSA_P256\""));
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

/* M1: requests and their responses, one after another. */
struct said {
	uint8_t p[2048];
	size_t n;
};

static void say(struct said *m, const void *p, size_t n)
{
	assert_true(n <= sizeof(m->p) - m->n);
	memcpy(m->p + m->n, p, n);
	m->n += n;
}

/* One data object, and its answer of @len bytes without padding; @signed_len
 * of them count. */
static void exchange(struct said *m, int fd, const uint8_t *obj, size_t n,
		     uint8_t *out, size_t len, size_t signed_len)
{
	assert_int_equal(talk_doe(fd, obj, n, out, 4608),
			 8 + (len + 3) / 4 * 4);
	say(m, obj + 8, n - 8);
	say(m, out + 8, signed_len);
}

/*
 * What CHALLENGE_AUTH signs: DSP0274 1.2.1, section 10.9 (M1) and 15 (the
 * prefix and the context, 100 bytes), SHA-384.
 */
static void check_rsa(const struct said *m, const struct identity_pem *leaf,
		      bool pss, const uint8_t *sig, size_t len)
{
	static const char context[] = "responder-challenge_auth signing";
	uint8_t text[100 + 48] = { 0 };
	BIO *b = BIO_new_mem_buf(leaf->text, (int)leaf->len);
	X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pc;

	for (unsigned i = 0; i < 4; i++)
		memcpy(text + 16 * i, "dmtf-spdm-v1.2.*", 16);
	memcpy(text + 100 - strlen(context), context, strlen(context));
	assert_int_equal(EVP_Q_digest(NULL, "SHA384", NULL, m->p, m->n,
				      text + 100, NULL),
			 1);
	assert_non_null(x);
	assert_int_equal(EVP_DigestVerifyInit(c, &pc, EVP_sha384(), NULL,
					      X509_get0_pubkey(x)),
			 1);
	if (pss) {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(
				    pc, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pc, 48) > 0);
	}
	assert_int_equal(EVP_DigestVerify(c, sig, len, text, sizeof(text)), 1);
	EVP_MD_CTX_free(c);
	X509_free(x);
	BIO_free(b);
}

/* VCA, then a CHALLENGE of slot 0. */
static void challenge_rsa(int fd, uint8_t asym, const struct identity_pem *leaf)
{
	static const uint8_t challenge[8 + 36] = { 1, 0,    1,	  0, 11, 0,   0,
						   0, 0x12, 0x83, 0, 0,	 0x5a };
	uint8_t negotiate[TALK_NEGOTIATE];
	uint8_t out[4608];
	struct said m = { .n = 0 };

	memcpy(negotiate, talk_negotiate, sizeof(negotiate));
	negotiate[16] = asym;
	exchange(&m, fd, talk_get_version, TALK_GET_VERSION, out, 8, 8);
	exchange(&m, fd, talk_get_caps, TALK_GET_CAPS, out, 20, 20);
	exchange(&m, fd, negotiate, sizeof(negotiate), out, 52, 52);
	assert_int_equal(out[8 + 12], asym);
	/* Header, hash of the chain, nonce, no opaque data; 384 bytes more. */
	exchange(&m, fd, challenge, sizeof(challenge), out, 86 + 384, 86);
	assert_int_equal(out[9], 0x03);
	check_rsa(&m, leaf, asym == 8, out + 8 + 86, 384);
}

static void rsa_keys_sign_either_way(void **state)
{
	static const struct {
		const char *name;
		uint8_t bit;
	} way[] = { { "RSASSA_3072", 4 }, { "RSAPSS_3072", 8 } };
	struct identity_files *f = calloc(1, sizeof(*f));
	struct rig *r = *state;

	assert_non_null(f);
	make_keys(r, "rsa3072", CRYPTO_P384, 3072, f);
	for (size_t i = 0; i < COUNT(way); i++) {
		const char *const args[] = { "--asym", way[i].name, "--ver",
					     "1.2", NULL };
		char port[8];
		struct child k;
		int fd;

		emulate(&k, r, port, args);
		assert_non_null(strstr(k.text, "identity: rsa3072/"));
		fd = child_connect(tcp(port));
		challenge_rsa(fd, way[i].bit, &f->cert[IDENTITY_LEAF]);
		close(fd);
		child_signal(&k, SIGTERM);
		assert_int_equal(child_end(&k), 0);
	}
	free(f);
}

/* Refused in the folder of @r, at a port that cannot be had anyhow. */
static void refused_here(struct rig *r, const char *const *argv,
			 const char *what, const char *why)
{
	assert_int_equal(chdir(r->dir), 0);
	emulator_says(r, argv);
	assert_int_equal(chdir(".."), 0);
	rig_refused(r, what, why);
}

/* Half of what an identity is, or the wrong half, is no made one. */
static void keys_that_do_not_fit_are_one_line(void **state)
{
	struct rig *r = *state;
	struct identity id;
	struct sock_addr a;
	char path[300], port[8];
	const char *const argv[] = { "--port", port, NULL };
	int taken;

	free_port(port);
	assert_int_equal(sock_parse(tcp(port), &a), IL_OK);
	taken = sock_listen(&a);
	put_keys(r, "ecp384", &id);
	assert_int_equal(rename(rig_path(r, "ecp384"), rig_path(r, "ecp256")),
			 0);
	refused_here(r, argv, "ecp256/end_responder.key", "not of P-256");
	snprintf(path, sizeof(path), "%s/end_responder.key",
		 rig_path(r, "ecp256"));
	assert_int_equal(unlink(path), 0);
	refused_here(r, argv, "ecp256/end_responder.key", "No such file");
	if (taken >= 0) /* or another has it */
		close(taken);
}

static void arguments_that_mean_nothing_here_are_one_line(void **state)
{
	static const struct {
		const char *argv[4];
		int status;
		const char *says;
	} bad[] = {
		{ { "--asym", "EDDSA_25519" }, 1, "ECDSA_P384" },
		{ { "--asym", "ECDSA_P384,ROT13" }, 2, "ROT13" },
		{ { "--trans", "TCP" }, 1, "PCI_DOE" },
		{ { "--trans", "NONE" }, 1, "PCI_DOE" },
		{ { "--trans", "PIGEON" }, 2, "PIGEON" },
		{ { "--ver", "1.5" }, 2, "1.5" },
		{ { "--hash", "SHA3_256" }, 1, "SHA_384" },
		{ { "--dhe", "FFDHE_2048" }, 1, "SECP_384_R1" },
		{ { "--aead", "SM4_128_GCM" }, 1, "AES_256_GCM" },
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
		"PUB_KEY_ID,CERT,CHAL,MEAS_SIG,KEY_EX,ENCRYPT,MAC",
		"--hash",
		"SHA3_512,SHA_384",
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
	assert_non_null(
		strstr(k.text, "--cap: left out, not here: PUB_KEY_ID\n"));
	assert_non_null(
		strstr(k.text, "--hash: left out, not here: SHA3_512\n"));
	assert_null(strstr(k.text, "--mut_auth"));
	fd = child_connect(tcp(port));
	assert_int_equal(talk_slots(fd), 7);
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
	assert_int_equal(talk_slots(fd), 1);
	close(fd);
	child_signal(&k, SIGTERM);
	assert_int_equal(child_end(&k), 0);
}

#define WITH_RIG(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(without_keys_the_emulator_makes_its_own),
		WITH_RIG(a_made_identity_has_the_key_that_was_asked_for),
		WITH_RIG(no_two_made_identities_are_the_same),
		WITH_RIG(shutdown_ends_the_emulator),
		WITH_RIG(the_emulator_takes_keys_from_the_current_folder),
		WITH_RIG(keys_of_p256_are_found_too),
		WITH_RIG(rsa_keys_sign_either_way),
		WITH_RIG(keys_that_do_not_fit_are_one_line),
		WITH_RIG(arguments_that_mean_nothing_here_are_one_line),
		WITH_RIG(the_emulators_other_arguments_are_taken),
		WITH_RIG(the_emulators_port_is_2323),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
