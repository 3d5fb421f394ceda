/* SPDX-License-Identifier: BSD-2-Clause */
#include "through.h"

#include <stdio.h>
#include <stdlib.h>

#include "device/misbehave.h"

/*
 * The cases that want a link, one by one: passed by the device of ours, and
 * failed by the misbehaviour that each names.
 */

static const enum judge_group groups[] = { JUDGE_DOE, JUDGE_CASCADE };

static bool mine(const struct judge_case *c)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (c->group == groups[i])
			return true;
	return false;
}

/* The verdict of one case over a device of its own. */
static enum judge_verdict verdict(const struct judge_case *c, const char *name,
				  char words[JUDGE_WORDS])
{
	struct misbehave *m = malloc(sizeof(*m));
	struct through *t = through_new();
	char full[JUDGE_NAME_MAX];
	enum judge_verdict v;

	assert_non_null(m);
	misbehave_init(m);
	if (name && misbehave_add(m, name))
		fail_msg("%s: no misbehaviour %s", c->name, name);
	misbehave_apply(m, &t->cfg);
	through_start(t);
	judge_case_name(c, c->versions ? SPDM_V12 : 0, full);
	through_run(t, full);
	v = t->verdict;
	if (v == JUDGE_PASS && t->expected == 0)
		v = JUDGE_BROKEN;
	memcpy(words, t->words, JUDGE_WORDS);
	through_free(t);
	free(m);
	return v;
}

/* A name in ONLY: that case alone, with what it says. */
static void each_case(bool broken)
{
	const char *only = getenv("ONLY");
	unsigned bad = 0, n = 0;

	for (size_t i = 0; judge_tables[i]; i++)
		for (size_t k = 0; k < judge_tables[i]->n; k++) {
			const struct judge_case *c = &judge_tables[i]->cases[k];
			const enum judge_verdict want =
				broken ? JUDGE_FAIL : JUDGE_PASS;
			char words[JUDGE_WORDS];
			enum judge_verdict v;

			if (!mine(c) || (only && strcmp(only, c->name)))
				continue;
			n++;
			v = verdict(c, broken ? c->misbehave : NULL, words);
			if (v == want && !only)
				continue;
			bad += v != want;
			fprintf(stderr, "%s%s%s: %s: %s\n", c->name,
				broken ? " under " : "",
				broken ? c->misbehave : "",
				judge_verdict_name(v), words);
		}
	assert_int_equal(bad, 0);
	assert_true(n > 0);
}

static void our_device_passes_each_case(void **unused)
{
	(void)unused;
	each_case(false);
}

static void each_case_fails_under_its_misbehaviour(void **unused)
{
	(void)unused;
	each_case(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_device_passes_each_case),
		cmocka_unit_test(each_case_fails_under_its_misbehaviour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
