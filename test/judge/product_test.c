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
	{ NULL, NULL },
};

/*
 * A fail that is none of an expectation came on the way to it, and says nothing
 * of the case: but for these, where it is the answer itself that is required.
 */
static const struct absence silences[] = {
	{ "doe/flr-keeps-session", "a session that is gone answers nothing" },
	{ "secured-*/record-as-long-as-may-be", "it has to be answered" },
	{ "ide-km/query-is-answered", "it has to be answered" },
	{ NULL, NULL },
};

/* Of so many cases one, with sanitizers. */
#define SHARE 24

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

/* By messages first, which is the quickest; where all of it would be too long,
 * by one more. */
static const struct product_at places[] = {
	{ .way = PRODUCT_MESSAGES },
	{ .way = PRODUCT_LINK },
	{ .way = PRODUCT_MCTP },
	{ .way = PRODUCT_LINK, .kind = PRODUCT_SLOW },
	{ .way = PRODUCT_LINK, .kind = PRODUCT_MUTUAL },
	{ .way = PRODUCT_LINK, .kind = PRODUCT_LEAST },
};

static bool all_of_it(void)
{
	return share_of(SHARE) == 1;
}

static void an_honest_device_passes_every_case(void **state)
{
	const uint64_t seed = share_seed(1);
	struct dice dice = { .state = seed };
	const uint64_t one = 1 + dice_below(&dice, COUNT(places) - 1);
	struct product *p = *state;
	unsigned bad = 0;

	for (size_t i = 0; i < COUNT(places); i++)
		if (!i || i == one || all_of_it())
			bad += honest(p, &places[i]);
	print_message("%u cases, each under each of its versions; seed %llu\n",
		      seen_n, (unsigned long long)seed);
	assert_int_equal(bad, 0);
}

static bool listed(const struct absence *list, const char *name)
{
	for (; list->cases; list++)
		if (!fnmatch(list->cases, name, 0))
			return true;
	return false;
}

static void every_case_is_put_to_some_device(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < seen_n && all_of_it(); i++) {
		if (seen[i].passed || listed(absences, seen[i].name))
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
	if (p->share->n == 1 && r->verdict == JUDGE_FAIL &&
	    (r->expected || listed(silences, s->name)))
		return true;
	print_message("%s: under %s: %s%s: %s\n", s->name, at.misbehave,
		      p->share->n ? judge_verdict_name(r->verdict) : "not run",
		      p->share->n && !r->expected ? " on the way there" : "",
		      p->share->n ? r->words : "");
	return false;
}

/* Of so many with sanitizers one, which by a seed. */
static void each_case_fails_under_its_misbehaviour(void **state)
{
	const uint64_t share = share_of(SHARE), seed = share_seed(1);
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

static bool named(const char *name)
{
	for (size_t t = 0; judge_tables[t]; t++)
		for (size_t i = 0; i < judge_tables[t]->n; i++)
			if (!strcmp(judge_tables[t]->cases[i].misbehave, name))
				return true;
	return false;
}

/* Devices that fail as a whole are the runner's, not some case's. */
static void no_misbehaviour_is_there_for_nothing(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (unsigned g = 0; g < misbehave_group_count; g++)
		for (unsigned i = 0; i < misbehave_groups[g]->count; i++) {
			const char *name = misbehave_groups[g]->rows[i].name;

			if (misbehave_groups[g] == &misbehave_general ||
			    named(name))
				continue;
			print_message("%s: no case names it\n", name);
			bad++;
		}
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
		cmocka_unit_test(no_misbehaviour_is_there_for_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
