/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <signal.h>
#include <stdlib.h>

#include "child.h"
#include "device/misbehave.h"
#include "judge/judge.h"

/*
 * The two programs as a user has them: `interlock validate` before
 * `interlock device`, honest and with --misbehave, for one case of each group.
 * Every case has its turn in test/judge/product_test.c.
 */

#define TRIES 12u /* cases of a group, until one passes */

static const char *addr_of(const struct rig *r, const char *front)
{
	static char addr[2][300];
	const unsigned at = strcmp(front, "link") == 0;

	snprintf(addr[at], sizeof(addr[at]), "unix:%s", rig_path(r, front));
	return addr[at];
}

/* A device at both of its fronts, until SIGTERM. */
static void serve(struct rig *r, struct child *k, const char *misbehave)
{
	const char *argv[] = {
		"interlock",	    "device",
		FULL_JSON,	    "--spdm-socket",
		addr_of(r, "spdm"), "--link",
		addr_of(r, "link"), misbehave ? "--misbehave" : NULL,
		misbehave,	    NULL
	};

	child_start(k, NULL, r->state, argv);
	child_wait_line(k, "ready");
}

static void end(struct child *k)
{
	child_signal(k, SIGTERM);
	assert_int_equal(child_end(k), 0);
}

/* Exit status of one case by one of the two ways. */
static int validate(struct rig *r, bool link, const char *name)
{
	char target[320];

	snprintf(target, sizeof(target), "%s%s", link ? "link:" : "",
		 addr_of(r, link ? "link" : "spdm"));
	return rig_run(r, "validate", target, "--only", name, "--timeout", "5",
		       NULL);
}

struct found {
	const struct judge_case *c;
	char name[JUDGE_NAME_MAX];
	bool link;
};

/* The first case of @g that an honest device passes, by either way. */
static bool find(struct rig *r, enum judge_group g, struct found *f)
{
	unsigned tried = 0;

	for (size_t t = 0; judge_tables[t]; t++)
		for (size_t i = 0; i < judge_tables[t]->n; i++) {
			const struct judge_case *c = &judge_tables[t]->cases[i];

			if (c->group != g || !c->misbehave ||
			    !misbehave_find(c->misbehave))
				continue;
			f->c = c;
			judge_case_name(c, c->versions ? SPDM_V12 : 0, f->name);
			for (int link = 0; link < 2; link++) {
				f->link = link;
				if (validate(r, link, f->name) == CLI_DONE)
					return true;
			}
			if (++tried == TRIES)
				return false;
		}
	return false;
}

static void a_case_of_each_group_passes_and_fails(void **state)
{
	struct rig *r = *state;
	struct child k;

	r->c.mono_ns = rig_clock;
	for (int g = 0; g < JUDGE_GROUPS; g++) {
		const char *group = judge_group_name((enum judge_group)g);
		struct found f = { .c = NULL };
		bool is;

		serve(r, &k, NULL);
		is = find(r, (enum judge_group)g, &f);
		end(&k);
		if (!is)
			fail_msg("%s: no case passes", group);
		serve(r, &k, f.c->misbehave);
		if (validate(r, f.link, f.name) != CLI_FAILED)
			fail_msg("%s: passes under %s", f.name, f.c->misbehave);
		assert_non_null(strstr(r->out, "fail"));
		end(&k);
	}
}

static void what_it_breaks_is_said_at_its_start(void **state)
{
	struct rig *r = *state;
	struct child k;

	serve(r, &k, "hang:9");
	assert_non_null(strstr(k.text, "misbehaves: hang: from the Nth"));
	end(&k);
	serve(r, &k, NULL);
	assert_null(strstr(k.text, "misbehaves"));
	end(&k);
}

static void names_that_are_none_are_misuse(void **state)
{
	struct rig *r = *state;
	const char *const addr = addr_of(r, "spdm");

	assert_int_equal(rig_run(r, "device", "--spdm-socket", addr,
				 "--misbehave", "no-such-thing", NULL),
			 CLI_USAGE);
	assert_non_null(strstr(r->err, "no-such-thing"));
	assert_int_equal(rig_run(r, "device", "--spdm-socket", addr,
				 "--misbehave", "hang", "--misbehave", "hang:7",
				 NULL),
			 CLI_USAGE);
	assert_non_null(strstr(r->err, "twice"));
}

static void the_list_has_each_of_them(void **state)
{
	struct rig *r = *state;

	assert_int_equal(rig_run(r, "device", "--list-misbehaviours", NULL),
			 CLI_DONE);
	for (unsigned g = 0; g < misbehave_group_count; g++)
		for (unsigned i = 0; i < misbehave_groups[g]->count; i++)
			assert_non_null(strstr(
				r->out, misbehave_groups[g]->rows[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_case_of_each_group_passes_and_fails, rig_open,
			rig_close),
		cmocka_unit_test_setup_teardown(
			what_it_breaks_is_said_at_its_start, rig_open,
			rig_close),
		cmocka_unit_test_setup_teardown(names_that_are_none_are_misuse,
						rig_open, rig_close),
		cmocka_unit_test_setup_teardown(the_list_has_each_of_them,
						rig_open, rig_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
