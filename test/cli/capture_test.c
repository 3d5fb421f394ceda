/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/env.h"
#include "doe/mbox.h"
#include "tlp/tlp.h"
#include "world/spy.h"

/* Captures, read back with a reader of the file format of our own. */

#define FILE_HEADER   24u
#define PACKET_HEADER 16u
#define BIG	      65536u
#define SEED	      5u

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The next packet at *@at, or NULL at the end. */
static const uint8_t *packet(const uint8_t *f, size_t n, size_t *at,
			     size_t *len)
{
	const uint8_t *p = f + *at + PACKET_HEADER;

	if (*at == n)
		return NULL;
	assert_true(*at + PACKET_HEADER <= n);
	*len = u32(f + *at + 8);
	assert_int_equal(*len, u32(f + *at + 12));
	assert_true(*len <= n - *at - PACKET_HEADER);
	*at += PACKET_HEADER + *len;
	return p;
}

/* Whether 8 bytes in a row of what @seed draws stand anywhere in the file. */
static bool holds(const uint8_t *f, size_t n, uint64_t seed)
{
	uint8_t *p = malloc(BIG);
	struct dice d = { seed };
	struct arena a;
	struct spy *s;
	bool found;

	assert_non_null(p);
	dice_fill(&d, p, BIG);
	assert_int_equal(arena_map(&a, 0, 64u << 20), IL_OK);
	assert_int_equal(spy_new(&a, p, BIG, &s), IL_OK);
	spy_see(s, f, n);
	found = spy_found(s);
	arena_unmap(&a);
	free(p);
	return found;
}

struct seen {
	unsigned packets, ide, trusted, counted;
};

static struct seen look(const uint8_t *f, size_t n)
{
	struct seen s = { 0 };
	size_t at = FILE_HEADER, len;
	const uint8_t *p;

	while ((p = packet(f, n, &at, &len))) {
		struct rd r = rd_over(p, len);
		struct tlp t;

		assert_int_equal(tlp_decode(&r, &t), IL_OK);
		s.packets++;
		s.ide += t.ide;
		s.trusted += t.ide && t.prefix.t;
		s.counted += t.ide && t.prefix.pr_sent;
	}
	return s;
}

static uint8_t *link_of(struct rig *r, const char *cipher, const char *plain,
			size_t *n)
{
	char c[32], p[32], to[160];
	const char *file = rig_path(r, "link");

	snprintf(c, sizeof(c), "CIPHER=%s", cipher);
	snprintf(p, sizeof(p), "PLAINTEXT=%s", plain);
	snprintf(to, sizeof(to), "LINK_CAPTURE=%s", file);
	rig_run(r, "run", rig_scenario("assign.il"), "--payload",
		rig_payload(r, "p", BIG, SEED), "--set", c, "--set", "SPY=yes",
		"--set", p, "--set", to, NULL);
	if (r->status)
		fail_msg("%s", r->err);
	return rig_read(file, n);
}

static void the_link_shows_no_8_bytes_of_the_payload(void **state)
{
	struct rig *r = *state;
	const char *to = rig_path(r, "link");
	uint8_t *f;
	size_t n;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", BIG, SEED), "--link-capture", to, NULL);
	assert_int_equal(r->status, CLI_DONE);
	f = rig_read(to, &n);
	assert_true(n > 2 * BIG);
	assert_int_equal(u32(f), 0xa1b23c4d); /* nanoseconds */
	assert_int_equal(u32(f + 20), 147);
	assert_false(holds(f, n, SEED));
	free(f);
}

static void without_the_cipher_the_same_search_finds_the_payload(void **state)
{
	struct rig *r = *state;
	struct seen sealed, bare;
	uint8_t *f;
	size_t n;

	f = link_of(r, "aes-gcm", "no", &n);
	assert_false(holds(f, n, SEED));
	sealed = look(f, n);
	free(f);
	f = link_of(r, "none", "yes", &n);
	assert_true(holds(f, n, SEED));
	/* It finds this payload, not just any. */
	assert_false(holds(f, n, SEED + 1));
	bare = look(f, n);
	free(f);
	/* Prefixes, T bit and counters stay. */
	assert_true(sealed.ide > 0 && sealed.trusted > 0 && sealed.counted > 0);
	assert_int_equal(sealed.packets, bare.packets);
	assert_int_equal(sealed.ide, bare.ide);
	assert_int_equal(sealed.trusted, bare.trusted);
	assert_int_equal(sealed.counted, bare.counted);
}

static void the_search_finds_8_bytes_and_not_7(void **state)
{
	static uint8_t f[64];
	uint8_t run[16];
	struct dice d = { SEED };

	(void)state;
	dice_fill(&d, run, sizeof(run));
	memset(f, 0xee, sizeof(f));
	memcpy(f + 13, run + 3, 7);
	assert_false(holds(f, sizeof(f), SEED));
	memcpy(f + 13, run + 3, 8);
	assert_true(holds(f, sizeof(f), SEED));
	/* At the very ends, and cut off by one byte. */
	memcpy(f, run, 8);
	assert_true(holds(f, 8, SEED));
	assert_false(holds(f, 7, SEED));
}

static void the_wrong_word_about_plaintext_fails_a_run(void **state)
{
	static const char *const set[][2] = {
		{ "CIPHER=none", "PLAINTEXT=no" },
		{ "CIPHER=aes-gcm", "PLAINTEXT=yes" },
	};
	struct rig *r = *state;

	for (unsigned i = 0; i < COUNT(set); i++) {
		rig_run(r, "run", rig_scenario("assign.il"), "--payload",
			rig_payload(r, "p", 4096, SEED), "--set", set[i][0],
			"--set", set[i][1], "--json", NULL);
		rig_refused(r, "of the payload on the link", "assign.il:");
	}
}

static void
the_capture_of_objects_begins_with_discovery_and_ends_secured(void **state)
{
	struct rig *r = *state;
	const char *to = rig_path(r, "doe.pcap");
	unsigned count[3] = { 0 };
	size_t n, at = FILE_HEADER, len, body;
	const uint8_t *p, *payload;
	unsigned last = 0;
	uint8_t *f;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, SEED), "--capture", to, NULL);
	assert_int_equal(r->status, CLI_DONE);
	f = rig_read(to, &n);
	assert_int_equal(u32(f + 20), 292);
	while ((p = packet(f, n, &at, &len))) {
		struct doe_type t;

		assert_int_equal(doe_unwrap(p, len, DOE_OBJECT_LIMIT, &t,
					    &payload, &body),
				 IL_OK);
		assert_int_equal(t.vendor, DOE_VENDOR_PCISIG);
		assert_in_range(t.type, DOE_TYPE_DISCOVERY, DOE_TYPE_SECURED);
		/* Discovery, then plain SPDM, then secured; never back. */
		assert_true(t.type >= last);
		last = t.type;
		count[t.type]++;
	}
	for (unsigned i = 0; i < COUNT(count); i++)
		assert_true(count[i] >= 2 && count[i] % 2 == 0);
	free(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_link_shows_no_8_bytes_of_the_payload),
		T(without_the_cipher_the_same_search_finds_the_payload),
		T(the_search_finds_8_bytes_and_not_7),
		T(the_wrong_word_about_plaintext_fails_a_run),
		T(the_capture_of_objects_begins_with_discovery_and_ends_secured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
