/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const parts[] = { "root", "intermediate", "leaf" };

static unsigned mode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		fail_msg("%s is not there", path);
	return st.st_mode & 0777;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void new_makes_certificates_and_keys_for_their_owner_alone(void **state)
{
	struct rig *r = *state;
	char name[64];
	char *chain;
	size_t n;

	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "id"), NULL),
			 CLI_DONE);
	assert_non_null(strstr(r->out, "chain.pem"));
	assert_string_equal(r->err, "");
	chain = (char *)rig_read(rig_path(r, "id/chain.pem"), &n);
	assert_int_equal(count(chain, "BEGIN CERTIFICATE"), 3);
	for (unsigned i = 0; i < COUNT(parts); i++) {
		char *pem;

		snprintf(name, sizeof(name), "id/%s.pem", parts[i]);
		pem = (char *)rig_read(rig_path(r, name), &n);
		assert_int_equal(count(pem, "BEGIN CERTIFICATE"), 1);
		assert_non_null(strstr(chain, pem));
		free(pem);
		snprintf(name, sizeof(name), "id/%s.key", parts[i]);
		assert_int_equal(mode_of(rig_path(r, name)), 0600);
	}
	free(chain);
}

static void new_does_not_overwrite_an_identity(void **state)
{
	struct rig *r = *state;
	size_t n, m;
	uint8_t *before, *after;

	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "id"), NULL),
			 CLI_DONE);
	before = rig_read(rig_path(r, "id/leaf.key"), &n);
	rig_run(r, "identity", "new", rig_path(r, "id"), NULL);
	rig_refused(r, "root.pem", "File exists");
	after = rig_read(rig_path(r, "id/leaf.key"), &m);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	free(before);
	free(after);
}

static void no_part_of_an_identity_is_overwritten(void **state)
{
	struct rig *r = *state;
	size_t n;
	uint8_t *kept;

	assert_int_equal(mkdir(rig_path(r, "id"), 0755), 0);
	rig_write(rig_path(r, "id/chain.pem"), "mine", 4);
	rig_run(r, "identity", "new", rig_path(r, "id"), NULL);
	rig_refused(r, "chain.pem", "File exists");
	kept = rig_read(rig_path(r, "id/chain.pem"), &n);
	assert_int_equal(n, 4);
	assert_memory_equal(kept, "mine", 4);
	free(kept);
	/* And nothing else was written beside it. */
	assert_int_not_equal(access(rig_path(r, "id/leaf.key"), F_OK), 0);
}

static void a_new_identity_loads(void **state)
{
	struct rig *r = *state;
	struct cli_identity id = { 0 };

	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "id"), NULL),
			 CLI_DONE);
	r->c.out = r->c.err = stderr;
	assert_int_equal(cli_identity_load(&r->c, rig_path(r, "id"), NULL, &id),
			 CLI_DONE);
	assert_true(id.id.chain_len > 0 && id.id.key_len > 0);
	assert_true(id.anchor_len > 0);
	/* The root comes first in the chain. */
	assert_memory_equal(id.id.chain, id.anchor, id.anchor_len);
}

/* Each in all its certificates; a platform's firmware takes but two kinds. */
static void an_identity_is_of_the_kind_of_key_that_was_asked_for(void **state)
{
	static const struct {
		const char *word;
		enum crypto_key kind;
		bool platform;
	} rows[] = {
		{ "p256", CRYPTO_KEY_P256, true },
		{ "p521", CRYPTO_KEY_P521, false },
		{ "rsa2048", CRYPTO_KEY_RSA_2048, false },
		{ "rsa3072", CRYPTO_KEY_RSA_3072, false },
		{ "rsa4096", CRYPTO_KEY_RSA_4096, false },
	};
	struct rig *r = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cli_identity id = { 0 };
		FILE *out = r->c.out, *err = r->c.err;

		assert_int_equal(rig_run(r, "identity", "new",
					 rig_path(r, rows[i].word), "--key",
					 rows[i].word, NULL),
				 CLI_DONE);
		r->c.out = r->c.err = stderr;
		assert_int_equal(cli_identity_load(&r->c,
						   rig_path(r, rows[i].word),
						   NULL, &id),
				 CLI_DONE);
		r->c.out = out;
		r->c.err = err;
		assert_int_equal(id.id.kind, rows[i].kind);
		if (rows[i].platform)
			continue;
		rig_run(r, "assign", "--platform", "sev-tio", "--payload",
			SCENARIOS "/assign.il", "--identity",
			rig_path(r, rows[i].word), NULL);
		rig_refused(r, rows[i].word, crypto_key_name(rows[i].kind));
	}
	assert_int_equal(rig_run(r, "identity", "new", rig_path(r, "x"),
				 "--key", "rot13", NULL),
			 CLI_USAGE);
	assert_int_not_equal(access(rig_path(r, "x"), F_OK), 0);
}

/* Not even a folder. */
static void a_kind_that_is_not_there_makes_nothing(void **state)
{
	struct rig *r = *state;
	const bool made = rig_run(r, "identity", "new", rig_path(r, "pqc"),
				  "--key", "mldsa44", NULL) == CLI_DONE;

	assert_true(made || !CRYPTO_PQC);
	assert_int_equal(access(rig_path(r, "pqc"), F_OK) == 0, made);
	if (!made)
		rig_refused(r, "identity", "ML-DSA-44");
}

static void an_identity_without_its_anchor_leaves_no_key(void **state)
{
	static struct cli_identity id;
	static const struct cli_identity none;
	struct rig *r = *state;
	FILE *err = r->c.err;

	rig_run(r, "identity", "new", rig_path(r, "a"), NULL);
	r->c.err = stderr;
	assert_int_not_equal(cli_identity_load(&r->c, rig_path(r, "a"),
					       rig_path(r, "a/leaf.key"), &id),
			     CLI_DONE);
	r->c.err = err;
	assert_memory_equal(&id, &none, sizeof(id));
}

static void two_identities_have_different_keys(void **state)
{
	struct rig *r = *state;
	size_t n, m;
	uint8_t *a, *b;

	rig_run(r, "identity", "new", rig_path(r, "a"), NULL);
	rig_run(r, "identity", "new", rig_path(r, "b"), NULL);
	a = rig_read(rig_path(r, "a/leaf.key"), &n);
	b = rig_read(rig_path(r, "b/leaf.key"), &m);
	assert_true(n != m || memcmp(a, b, n) != 0);
	free(a);
	free(b);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
	struct rig *r = *state;

	rig_run(r, "identity", "new", rig_path(r, "no/such"), NULL);
	rig_refused(r, "no/such", "No such file");
}

static void other_words_are_misuse(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "identity", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "identity", "new", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "identity", "old", "x", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "identity", "new", "x", "y", NULL),
			 CLI_USAGE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(new_makes_certificates_and_keys_for_their_owner_alone),
		T(new_does_not_overwrite_an_identity),
		T(no_part_of_an_identity_is_overwritten),
		T(a_new_identity_loads),
		T(an_identity_is_of_the_kind_of_key_that_was_asked_for),
		T(two_identities_have_different_keys),
		T(a_kind_that_is_not_there_makes_nothing),
		T(an_identity_without_its_anchor_leaves_no_key),
		T(a_folder_that_cannot_be_made_is_named),
		T(other_words_are_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
