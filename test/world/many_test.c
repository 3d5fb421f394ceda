/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

/* scenarios/many.il with 256 functions on 32 VMs; how many cycles is told. */

static const char *cycles;

static void see(void *ctx, const struct world_step *s)
{
	(void)ctx;
	if (strncmp(s->what, "resident", 8) == 0)
		print_message("%s: %s\n", s->what, s->result);
}

static void churning_256_functions_leaves_nothing_behind(void **unused)
{
	const char *const set[][2] = { { "DEVICES", "8" },
				       { "VFS", "32" },
				       { "VMS", "32" },
				       { "WIDTH", "16" },
				       { "CYCLES", cycles } };
	const struct world_cfg cfg = {
		.seed = 11,
		.now_s = 2000000000,
		.out = { .step = see },
		.identity = &t.id,
		.anchor = t.anchor,
		.anchor_len = t.anchor_len,
		.payload = t.payload,
		.payload_len = sizeof(t.payload),
	};
	struct world_end end = { 0 };
	struct lang_error e = { 0 };

	(void)unused;
	t.script = (struct lang_script){ .call = t.call, .cap = LAWS_CALLS };
	for (size_t i = 0; i < COUNT(set); i++)
		assert_int_equal(lang_set(&t.script, set[i][0], set[i][1]),
				 IL_OK);
	assert_int_equal(
		lang_parse(&t.script, &world_commands, t.text, t.text_len, &e),
		IL_OK);
	assert_null(lang_undeclared(&t.script));
	assert_int_equal(world_new(&cfg, &t.w), IL_OK);
	if (world_run(t.w, &t.script, &end))
		fail_msg("seed %llu, line %u: %s", (unsigned long long)cfg.seed,
			 end.line, end.what);
	assert_true(world_cleanup(t.w));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			churning_256_functions_leaves_nothing_behind,
			close_world),
	};

	if (argc != 3)
		return 2;
	t.path = argv[1];
	cycles = argv[2];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
