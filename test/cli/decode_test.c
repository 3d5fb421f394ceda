/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_rig.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/bits.h"

/*
 * `interlock decode` over conversations of others (test/vectors/README.md).
 * What is expected stands in files of its own. Their verdicts are those that
 * test/spdm/listener.c comes to by other means: it knows which signature, HMAC
 * and secret there must be, and fails where one does not hold.
 */

static void recordings_are_read_as_expected(void **state)
{
	static const char *const name[] = { "base11", "tdisp12", "mctp12",
					    "psk13" };
	struct rig *r = *state;

	for (unsigned i = 0; i < COUNT(name); i++) {
		rig_run(r, "decode", vector(name[i], "pcap"), "--keys",
			vector(name[i], "json"), NULL);
		same_as_file(r, name[i]);
		assert_string_equal(r->err, "");
		assert_int_equal(r->status, CLI_DONE);
	}
}

/* As many of each as the listener of test/spdm found to hold. */
static void every_proof_of_the_recordings_holds(void **state)
{
	static const struct {
		const char *name;
		unsigned messages, secured, signatures, macs, schedules;
	} v[] = {
		{ "base11", 42, 12, 6, 4, 4 },
		{ "tdisp12", 244, 212, 6, 6, 4 },
		{ "mctp12", 54, 28, 6, 4, 4 },
		{ "psk13", 64, 32, 7, 6, 4 },
	};
	struct rig *r = *state;

	for (unsigned i = 0; i < COUNT(v); i++) {
		rig_run(r, "decode", vector(v[i].name, "pcap"), "--json",
			"--keys", vector(v[i].name, "json"), NULL);
		assert_int_equal(r->status, CLI_DONE);
		assert_int_equal(sum(r, "messages"), v[i].messages);
		assert_int_equal(sum(r, "secured"), v[i].secured);
		assert_int_equal(sum(r, "does_not_hold"), 0);
		assert_int_equal(sum(r, "unknown"), 0);
		assert_int_equal(sum(r, "protected"), 0);
		assert_int_equal(checks(r, "signature", "holds"),
				 v[i].signatures);
		assert_int_equal(
			checks(r, "HMAC of the requester", "holds") +
				checks(r, "HMAC of the responder", "holds"),
			v[i].macs);
		assert_int_equal(checks(r, "key schedule", "holds"),
				 v[i].schedules);
	}
}

static void without_keys_the_clear_is_still_judged(void **state)
{
	struct rig *r = *state;

	rig_run(r, "decode", vector("base11", "pcap"), "--json", NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "protected"), 12);
	assert_int_equal(sum(r, "unknown"), 0);
	assert_int_equal(checks(r, "signature", "holds"), 4);
	assert_int_equal(checks(r, "HMAC of the requester", "cannot say"), 2);
	assert_int_equal(checks(r, "HMAC of the responder", "cannot say"), 2);
	assert_int_equal(sum(r, "does_not_hold"), 0);
}

static void keys_of_another_conversation_are_found_out(void **state)
{
	struct rig *r = *state;

	rig_run(r, "decode", vector("tdisp12", "pcap"), "--json", "--keys",
		vector("mctp12", "json"), NULL);
	assert_int_equal(r->status, CLI_FAILED);
	assert_int_equal(checks(r, "signature", "holds"), 4);
	assert_int_equal(checks(r, "HMAC of the requester", "does not hold"),
			 2);
	/* The handshake's secret follows from the wrong one that is listed
	 * beside it; no others do. */
	assert_int_equal(checks(r, "key schedule", "holds"), 2);
	assert_int_equal(checks(r, "key schedule", "does not hold"), 2);
	assert_true(checks(r, "tag", "does not hold") > 0);
	assert_int_equal(sum(r, "unknown"), 0);
}

static void a_psk_alone_opens_its_session(void **state)
{
	static const char psk[] =
		"{\"psk_hex\": \"03f23fc44ea3a4d5b0d2a387dc388dba038e6e86bc19af"
		"c3824e87d78c37d9ac\"}\n";
	struct rig *r = *state;
	const char *keys = rig_path(r, "psk.json");

	rig_write(keys, psk, strlen(psk));
	rig_run(r, "decode", vector("tdisp12", "pcap"), "--json", "--keys",
		keys, NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(checks(r, "HMAC of the requester", "holds"), 1);
	assert_int_equal(checks(r, "HMAC of the responder", "holds"), 1);
	assert_int_equal(checks(r, "HMAC of the responder", "cannot say"), 2);
	assert_true(sum(r, "protected") > 0);
	assert_true(sum(r, "secured") > sum(r, "protected"));
}

static void decode_changed(struct rig *r, uint8_t *f, size_t n, size_t at)
{
	const char *path = rig_path(r, "changed.pcap");

	f[at] ^= 0x10;
	rig_write(path, f, n);
	f[at] ^= 0x10;
	rig_run(r, "decode", path, "--json", "--keys", vector("base11", "json"),
		NULL);
}

/* Any byte that a signature, an HMAC or a tag covers, one at a time. */
static void a_changed_byte_is_found_by_the_check_that_covers_it(void **state)
{
	static const struct {
		unsigned packet;
		const char *finds[3];
	} v[] = {
		{ 7, { "signature" } },
		{ 9, { "signature" } },
		{ 10, { "signature" } },
		{ 11, { "signature" } },
		{ 12, { "signature" } },
		{ 19, { "signature" } },
		{ 27, { "signature" } },
		{ 20, { "signature", "digest of the chain" } },
		{ 29, { "signature" } },
		{ 30,
		  { "signature", "HMAC of the requester", "key schedule" } },
		{ 31, { "HMAC of the requester" } },
		{ 32, { "HMAC of the responder" } },
		{ 33, { "tag" } },
		{ 36, { "tag" } },
		{ 38, { "tag" } },
	};
	struct rig *r = *state;
	size_t n;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);

	for (unsigned i = 0; i < COUNT(v); i++) {
		size_t len, from = packet_at(f, n, v[i].packet, &len);

		/* Odd steps, so that every kind of field is met. */
		for (size_t k = DOE_HEADER; k < len; k += 7) {
			unsigned found = 0;

			decode_changed(r, f, n, from + k);
			for (unsigned c = 0; c < 3 && v[i].finds[c]; c++)
				found += checks(r, v[i].finds[c],
						"does not hold");
			/* Or what it says is no message any more. */
			found += (unsigned)sum(r, "unknown");
			if (!found || r->status != CLI_FAILED)
				fail_msg("packet %u byte %zu: not found, exit "
					 "%d\n%s",
					 v[i].packet, k, r->status, r->out);
		}
	}
	free(f);
}

static void a_changed_certificate_is_found(void **state)
{
	struct rig *r = *state;
	size_t n, len;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);
	const size_t at = packet_at(f, n, 16, &len);

	/* Length and reserved, RootHash, and into the leaf. */
	for (size_t k = DOE_HEADER + 10; k < len - 3; k += 97) {
		decode_changed(r, f, n, at + k);
		assert_int_equal(r->status, CLI_FAILED);
		assert_true(checks(r, "digest of the chain", "does not hold") >
			    0);
	}
	free(f);
}

static void one_lost_record_does_not_hide_the_rest(void **state)
{
	struct rig *r = *state;
	size_t n, len;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);

	decode_changed(r, f, n, packet_at(f, n, 34, &len) + 20);
	assert_int_equal(r->status, CLI_FAILED);
	assert_int_equal(checks(r, "tag", "does not hold"), 1);
	assert_int_equal(sum(r, "protected"), 1);
	/* What follows in its session is opened, and the next as well; but
	 * nobody knows whether it was part of what is signed. */
	assert_int_equal(checks(r, "signature", "holds"), 5);
	assert_int_equal(checks(r, "signature", "cannot say"), 1);
	free(f);
}

/* DOE: 3 and 4 have a connection id, 5 and more are of others; and vendors. */
static void objects_that_carry_no_spdm_are_opaque(void **state)
{
	static const struct {
		unsigned at; /* of the header */
		uint8_t is;
		const char *why;
	} v[] = {
		{ 2, 3, "of a type with a connection id" },
		{ 2, 4, "of a type with a connection id" },
		{ 2, 5, "of a type that carries no SPDM" },
		{ 2, 255, "of a type that carries no SPDM" },
		{ 1, 1, "of another vendor" },
	};
	struct rig *r = *state;
	const char *path = rig_path(r, "changed.pcap");
	size_t n, len;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);
	uint8_t *obj = f + packet_at(f, n, 1, &len);

	for (size_t i = 0; i < COUNT(v); i++) {
		const uint8_t was = obj[v[i].at];

		obj[v[i].at] = v[i].is;
		rig_write(path, f, n);
		obj[v[i].at] = was;
		rig_run(r, "decode", path, "--json", "--keys",
			vector("base11", "json"), NULL);
		assert_int_equal(r->status, CLI_DONE);
		assert_non_null(strstr(r->out, v[i].why));
		assert_int_equal(sum(r, "unknown"), 0);
		assert_int_equal(sum(r, "does_not_hold"), 0);
	}
	free(f);
}

static void what_stands_before_a_cut_is_shown(void **state)
{
	struct rig *r = *state;
	size_t n;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);
	const char *path = rig_path(r, "cut.pcap");
	char *whole;

	rig_run(r, "decode", vector("base11", "pcap"), "--keys",
		vector("base11", "json"), NULL);
	whole = strdup(r->out);
	for (size_t cut = FILE_HEADER + 1; cut < n; cut += 311) {
		char *end;

		rig_write(path, f, cut);
		rig_run(r, "decode", path, "--keys", vector("base11", "json"),
			NULL);
		/* A cut between packets is the end of a capture. */
		if (r->status != CLI_DONE)
			rig_refused(r, "truncated", path);
		end = strstr(r->out, " packets: ");
		assert_non_null(end);
		while (end > r->out && end[-1] != '\n')
			end--;
		assert_int_equal(strncmp(r->out, whole, (size_t)(end - r->out)),
				 0);
	}
	free(whole);
	free(f);
}

static void foreign_files_are_named(void **state)
{
	struct rig *r = *state;
	size_t n;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);
	const char *path = rig_path(r, "foreign.pcap");

	f[20] = 1;
	f[21] = 0;
	rig_write(path, f, n);
	rig_run(r, "decode", path, NULL);
	rig_refused(r, "link type 1 (EN10MB)", path);
	rig_write(path, "no capture at all, this", 23);
	rig_run(r, "decode", path, NULL);
	rig_refused(r, "unknown file format", path);
	rig_run(r, "decode", rig_path(r, "nowhere"), NULL);
	rig_refused(r, "No such file", "nowhere");
	rig_run(r, "decode", vector("base11", "pcap"), "--keys", path, NULL);
	rig_refused(r, "keys", path);
	rig_write(path, "{\"session\": \"12\", \"psk\": \"xy\"}", 30);
	rig_run(r, "decode", vector("base11", "pcap"), "--keys", path, NULL);
	rig_refused(r, "psk", path);
	free(f);
}

static void a_conversation_that_began_before_is_told_so(void **state)
{
	struct rig *r = *state;
	size_t n, len, from;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);
	const char *path = rig_path(r, "late.pcap");

	/* From CHALLENGE on: nothing says which algorithms there are. */
	from = packet_at(f, n, 19, &len) - PACKET_HEADER;
	memmove(f + FILE_HEADER, f + from, n - from);
	rig_write(path, f, FILE_HEADER + n - from);
	rig_run(r, "decode", path, "--keys", vector("base11", "json"), NULL);
	assert_int_equal(r->status, CLI_FAILED);
	assert_non_null(strstr(r->out, "not in this capture"));
	assert_null(strstr(r->out, "does not hold:"));
	free(f);
}

/* Packets 33 to 36 alone: two exchanges of the first session. */
static void what_begins_inside_a_session_stays_protected(void **state)
{
	struct rig *r = *state;
	size_t n, len, from, to;
	uint8_t *f = rig_read(vector("base11", "pcap"), &n);
	const char *path = rig_path(r, "inside.pcap");

	from = packet_at(f, n, 33, &len) - PACKET_HEADER;
	to = packet_at(f, n, 37, &len) - PACKET_HEADER;
	memmove(f + FILE_HEADER, f + from, to - from);
	rig_write(path, f, FILE_HEADER + to - from);
	rig_run(r, "decode", path, "--keys", vector("base11", "json"), "--json",
		NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "messages"), 4);
	assert_int_equal(sum(r, "protected"), 4);
	assert_non_null(strstr(r->out, "the start of its session is not in"));
	free(f);
}

static void a_foreign_anchor_does_not_vouch(void **state)
{
	struct rig *r = *state;

	rig_run(r, "decode", vector("base11", "pcap"), "--json", "--trust",
		vector("root-p256", "der"), NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(checks(r, "chain", "holds"), 3);
	rig_run(r, "decode", vector("base11", "pcap"), "--json", "--trust",
		vector("root-p384", "der"), NULL);
	assert_int_equal(r->status, CLI_FAILED);
	assert_int_equal(checks(r, "chain", "does not hold"), 3);
	assert_int_equal(checks(r, "root hash", "does not hold"), 3);
}

/* --- key logs of our own --- */

static void assign_with_log(struct rig *r, const char *cap, const char *keys)
{
	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 5), "--capture", cap, "--key-log",
		keys, NULL);
	assert_int_equal(r->status, CLI_DONE);
}

static void our_own_capture_is_read_whole_with_its_key_log(void **state)
{
	struct rig *r = *state;
	const char *cap = rig_path(r, "own.pcap");
	const char *keys = rig_path(r, "own.json");

	assign_with_log(r, cap, keys);
	rig_run(r, "decode", cap, "--keys", keys, "--json", NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "protected"), 0);
	assert_int_equal(sum(r, "unknown"), 0);
	assert_int_equal(sum(r, "cannot_say"), 0);
	assert_true(sum(r, "secured") > 60);
	assert_int_equal(checks(r, "HMAC of the requester", "holds"), 1);
	assert_int_equal(checks(r, "HMAC of the responder", "holds"), 1);
	assert_int_equal(checks(r, "key schedule", "holds"), 1);
	assert_true(checks(r, "signature", "holds") >= 2);
}

static void a_key_log_is_its_owner_s_alone(void **state)
{
	struct rig *r = *state;
	const char *keys = rig_path(r, "open.json");
	struct stat st;

	rig_write(keys, "old", 3);
	assert_int_equal(chmod(keys, 0644), 0);
	assign_with_log(r, rig_path(r, "own.pcap"), keys);
	assert_int_equal(stat(keys, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	rig_run(r, "decode", rig_path(r, "own.pcap"), "--keys", keys, NULL);
	assert_int_equal(r->status, CLI_DONE);
}

static void a_key_log_that_cannot_be_made_is_told(void **state)
{
	struct rig *r = *state;

	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 5), "--key-log", "/no/where/k", NULL);
	rig_refused(r, "key log", "/no/where/k");
}

/* --- the packets of a link --- */

static void assign_on_link(struct rig *r)
{
	rig_run(r, "assign", "--platform", "sev-tio", "--payload",
		rig_payload(r, "p", 100, 5), "--capture",
		rig_path(r, "own.pcap"), "--link-capture",
		rig_path(r, "link.pcap"), "--key-log", rig_path(r, "own.json"),
		NULL);
	assert_int_equal(r->status, CLI_DONE);
}

/* What the mailbox carried is what the capture of objects has. */
static void a_link_is_read_whole_with_the_key_log_of_its_session(void **state)
{
	struct rig *r = *state;
	int64_t messages, holds;

	assign_on_link(r);
	rig_run(r, "decode", rig_path(r, "own.pcap"), "--keys",
		rig_path(r, "own.json"), "--json", NULL);
	messages = sum(r, "messages");
	holds = sum(r, "holds");
	rig_run(r, "decode", rig_path(r, "link.pcap"), "--keys",
		rig_path(r, "own.json"), "--json", NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "messages"), messages);
	assert_int_equal(sum(r, "holds"), holds);
	assert_int_equal(sum(r, "protected"), 0);
	assert_int_equal(sum(r, "unknown"), 0);
	assert_int_equal(sum(r, "ide_protected"), 0);
	assert_true(sum(r, "ide_opened") > 100);
}

static void without_keys_a_link_is_protected_from_ide_on(void **state)
{
	struct rig *r = *state;

	assign_on_link(r);
	rig_run(r, "decode", rig_path(r, "link.pcap"), "--json", NULL);
	assert_int_equal(r->status, CLI_DONE);
	assert_int_equal(sum(r, "ide_opened"), 0);
	assert_true(sum(r, "ide_protected") > 100);
	assert_int_equal(sum(r, "unknown"), 0);
}

static void a_changed_packet_under_ide_is_found(void **state)
{
	struct rig *r = *state;
	size_t n, at = FILE_HEADER;
	uint8_t *f;

	assign_on_link(r);
	f = rig_read(rig_path(r, "link.pcap"), &n);
	while (f[at + PACKET_HEADER] != 0x92) /* the IDE prefix */
		at += PACKET_HEADER + u32(f + at + 8);
	f[at + PACKET_HEADER + u32(f + at + 8) - 1] ^= 1;
	rig_write(rig_path(r, "link.pcap"), f, n);
	free(f);
	rig_run(r, "decode", rig_path(r, "link.pcap"), "--keys",
		rig_path(r, "own.json"), "--json", NULL);
	assert_int_equal(r->status, CLI_FAILED);
	assert_int_equal(sum(r, "does_not_hold"), 1);
	assert_int_equal(sum(r, "ide_protected"), 1);
	rig_run(r, "decode", rig_path(r, "link.pcap"), "-v", "--keys",
		rig_path(r, "own.json"), NULL);
	assert_non_null(strstr(r->out, "MAC: does not hold"));
	assert_non_null(strstr(r->out, "CfgRd0 dest=0100"));
}

static void every_field_has_its_name(void **state)
{
	struct rig *r = *state;
	size_t i;
	json_t *line;

	rig_run(r, "decode", vector("tdisp12", "pcap"), "-v", "--json",
		"--keys", vector("tdisp12", "json"), NULL);
	assert_int_equal(r->status, CLI_DONE);
	json_array_foreach(r->json, i,
			   line) if (json_object_get(line, "version"))
		assert_true(json_array_size(json_object_get(line, "fields")) >=
			    2);
	rig_run(r, "decode", "-v", vector("tdisp12", "pcap"), "--keys",
		vector("tdisp12", "json"), NULL);
	assert_non_null(strstr(r->out, "mmio_offset "));
	assert_non_null(strstr(r->out, "\n              signature "));
}

static void misuse_is_told_apart(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "decode", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "decode", "-v", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "decode", "a", "b", NULL), CLI_USAGE);
	assert_int_equal(rig_run(r, "decode", "a", "--deep", NULL), CLI_USAGE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(recordings_are_read_as_expected),
		T(every_proof_of_the_recordings_holds),
		T(without_keys_the_clear_is_still_judged),
		T(keys_of_another_conversation_are_found_out),
		T(a_psk_alone_opens_its_session),
		T(a_changed_byte_is_found_by_the_check_that_covers_it),
		T(a_changed_certificate_is_found),
		T(one_lost_record_does_not_hide_the_rest),
		T(objects_that_carry_no_spdm_are_opaque),
		T(what_stands_before_a_cut_is_shown),
		T(foreign_files_are_named),
		T(a_conversation_that_began_before_is_told_so),
		T(what_begins_inside_a_session_stays_protected),
		T(a_foreign_anchor_does_not_vouch),
		T(our_own_capture_is_read_whole_with_its_key_log),
		T(a_key_log_is_its_owner_s_alone),
		T(a_key_log_that_cannot_be_made_is_told),
		T(a_link_is_read_whole_with_the_key_log_of_its_session),
		T(without_keys_a_link_is_protected_from_ide_on),
		T(a_changed_packet_under_ide_is_found),
		T(every_field_has_its_name),
		T(misuse_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
