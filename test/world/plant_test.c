/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant.h"

#include "share.h"

/* Rows, run one by one on each platform that they are for. */

static const struct plant *const lists[] = { plants_key,  plants_bind,
					     plants_page, plants_sev,
					     plants_cca,  plants_tdx,
					     plants_cove };

static void open_on(unsigned p)
{
	open_world_on(world_plat_names[p], "0", "0000:01:00.0");
}

/* Was the row's law among those that this step broke? */
static bool among(unsigned number, char *facts, size_t cap)
{
	const struct world_laws *l = t.w->laws;

	for (const struct law *x = world_law_table; x->number; x++) {
		struct law_case c = { 0 };

		if (x->number != number)
			continue;
		x->fn(&l->facts[!l->cur], &l->facts[l->cur], &c);
		snprintf(facts, cap, "%s", c.facts);
		return c.broken;
	}
	return false;
}

/* The commands of @s from @at on; failures are what a fault may bring. */
static void run_on(const struct lang_script *s, size_t at)
{
	struct world_end end;

	for (; at < s->n && !t.w->law; at++) {
		memset(&end, 0, sizeof(end));
		t.w->last_text[0] = '\0';
		(void)!world_call(t.w, &s->call[at],
				  at + 1 < s->n ? &s->call[at + 1] : NULL,
				  &end);
	}
}

static void run_then(const char *text)
{
	static struct lang_call call[16];
	struct lang_script s = { .call = call, .cap = COUNT(call) };
	struct lang_error e = { 0 };

	if (lang_parse(&s, &world_commands, text, strlen(text), &e))
		fail_msg("%u:%u: %s", e.line, e.col, e.what);
	run_on(&s, 0);
}

/* True: the law has named it. */
static bool one(const struct plant *r, unsigned p)
{
	char facts[176] = "";
	bool caught;

	open_on(p);
	go(r->role, r->verb);
	r->wrap();
	if (r->then)
		run_then(r->then);
	else
		run_on(&t.script, t.next);
	if (!t.w->law)
		(void)!laws_end(t.w);
	caught = t.w->law && t.w->law <= r->law &&
		 among(r->law, facts, sizeof(facts)) && strchr(facts, ';');
	if (!caught)
		print_error("law %u on %s, %s: not named; %s\n", r->law,
			    world_plat_names[p], r->what,
			    t.w->law ? t.w->last_text : "nothing is broken");
	close_world(NULL);
	return caught;
}

static bool for_it(const struct plant *r, unsigned p)
{
	return plant_can(p) && (!r->on || r->on & 1u << p);
}

static unsigned rows(void)
{
	unsigned n = 0;

	for (unsigned p = 0; p < WORLD_PLATS; p++)
		for (unsigned l = 0; l < COUNT(lists); l++)
			for (const struct plant *r = lists[l]; r->law; r++)
				n += for_it(r, p);
	return n;
}

/* With sanitizers one in eight, which ones by the day. */
static void each_planted_fault_is_named_by_its_law(void **unused)
{
	const uint64_t share = share_of(8), seed = share_seed(0);
	uint64_t n = seed, missed = 0;

	(void)unused;
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		for (unsigned l = 0; l < COUNT(lists); l++)
			for (const struct plant *r = lists[l]; r->law; r++)
				if (for_it(r, p) && n++ % share == 0)
					missed += !one(r, p);
	assert_int_equal(missed, 0);
	printf("%u rows, seed %llu\n", rows(), (unsigned long long)seed);
}

static void each_stated_law_has_one_and_there_are_sixty(void **unused)
{
	(void)unused;
	for (const struct law *x = world_law_table; x->number; x++) {
		bool found = false;

		for (unsigned l = 0; l < COUNT(lists); l++)
			for (const struct plant *r = lists[l]; r->law; r++)
				found |= r->law == x->number;
		if (!found)
			fail_msg("law %u has no planted fault", x->number);
	}
	assert_true(rows() >= 180);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stated_law_has_one_and_there_are_sixty),
		cmocka_unit_test_teardown(
			each_planted_fault_is_named_by_its_law, close_world),
	};

	t.path = argc > 1 ? argv[1] : "";
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
