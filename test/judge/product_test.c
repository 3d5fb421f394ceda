/* SPDX-License-Identifier: BSD-2-Clause */
#include "product.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "share.h"

/*
 * No false pass: each case passes before an honest device, and fails before
 * one that does what the case names. What cannot be put to any device of ours
 * is listed here, with the reason.
 */
static const struct absence {
	const char *cases; /* a pattern over names */
	const char *why;
} absences[] = {
	{ "no-such-case", "the list may be empty" },
};

/* A case under one version, and where it passed. */
struct seen {
	char name[JUDGE_NAME_MAX];
	const struct judge_case *c;
	struct product_at at;
	bool passed;
	char words[JUDGE_WORDS];
};

static struct seen seen[PRODUCT_RESULTS];
static unsigned seen_n;

static struct seen *seen_of(const struct product_result *r)
{
	for (unsigned i = 0; i < seen_n; i++)
		if (!strcmp(seen[i].name, r->name))
			return &seen[i];
	assert_true(seen_n < PRODUCT_RESULTS);
	seen[seen_n] = (struct seen){ .c = r->c };
	memcpy(seen[seen_n].name, r->name, sizeof(r->name));
	return &seen[seen_n++];
}

/* One run of all cases; what passed is noted. Returns how many did not. */
static unsigned honest(struct product *p, const struct product_at *at)
{
	unsigned bad = 0;

	if (!product_run(p, at)) {
		print_message("the process ended; last was %s\n",
			      p->share->n ? p->share->r[p->share->n - 1].name
					  : "nothing");
		bad++;
	}
	for (unsigned i = 0; i < p->share->n; i++) {
		const struct product_result *r = &p->share->r[i];
		struct seen *s = seen_of(r);

		if (r->verdict == JUDGE_PASS && !s->passed) {
			s->passed = true;
			s->at = *at;
		} else if (r->verdict == JUDGE_ABSENT) {
			memcpy(s->words, r->words, sizeof(s->words));
		} else if (r->verdict != JUDGE_PASS) {
			print_message("%s: %s: %s (way %d, kind %d)\n", r->name,
				      judge_verdict_name(r->verdict), r->words,
				      at->way, at->kind);
			bad++;
		}
	}
	return bad;
}

static void an_honest_device_passes_every_case(void **state)
{
	struct product *p = *state;
	unsigned bad = 0;

	for (int kind = 0; kind < PRODUCT_KINDS; kind++)
		for (int way = 0; way < PRODUCT_WAYS; way++)
			bad += honest(
				p, &(struct product_at){
					   .way = (enum product_way)way,
					   .kind = (enum product_kind)kind });
	print_message("%u cases, each under each of its versions\n", seen_n);
	assert_int_equal(bad, 0);
}

static bool excused(const char *name)
{
	for (size_t i = 0; i < COUNT(absences); i++)
		if (!fnmatch(absences[i].cases, name, 0))
			return true;
	return false;
}

static void every_case_is_put_to_some_device(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < seen_n; i++) {
		if (seen[i].passed || excused(seen[i].name))
			continue;
		print_message("%s: not tested: %s\n", seen[i].name,
			      seen[i].words);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* One process: this case alone. */
static bool fails(struct product *p, const struct seen *s)
{
	struct product_at at = s->at;
	const struct product_result *r = p->share->r;

	at.misbehave = s->c->misbehave;
	at.only = s->name;
	if (!at.misbehave || !misbehave_find(at.misbehave)) {
		print_message("%s: no misbehaviour \"%s\"\n", s->name,
			      at.misbehave ? at.misbehave : "");
		return false;
	}
	if (!product_run(p, &at)) {
		print_message("%s: the device of %s ended itself\n", s->name,
			      at.misbehave);
		return false;
	}
	if (p->share->n == 1 && r->verdict == JUDGE_FAIL)
		return true;
	print_message("%s: under %s: %s: %s\n", s->name, at.misbehave,
		      p->share->n ? judge_verdict_name(r->verdict) : "not run",
		      p->share->n ? r->words : "");
	return false;
}

/* Of so many with sanitizers one, which by a seed. */
static void each_case_fails_under_its_misbehaviour(void **state)
{
	const uint64_t share = share_of(12), seed = share_seed(1);
	struct dice dice = { .state = seed };
	struct product *p = *state;
	unsigned bad = 0, tried = 0;

	for (unsigned i = 0; i < seen_n; i++) {
		if (!seen[i].passed || (share > 1 && dice_below(&dice, share)))
			continue;
		bad += !fails(p, &seen[i]);
		tried++;
	}
	print_message("%u cases before the device that they name; share 1 of "
		      "%llu, seed %llu\n",
		      tried, (unsigned long long)share,
		      (unsigned long long)seed);
	assert_int_equal(bad, 0);
}

static int setup(void **state)
{
	*state = product_new();
	return 0;
}

static int teardown(void **state)
{
	product_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_device_passes_every_case),
		cmocka_unit_test(every_case_is_put_to_some_device),
		cmocka_unit_test(each_case_fails_under_its_misbehaviour),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
