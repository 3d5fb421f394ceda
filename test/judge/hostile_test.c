/* SPDX-License-Identifier: BSD-2-Clause */
#include "product.h"

#include "share.h"

/*
 * Devices that are well-behaved for the most part and talk nonsense now and
 * then: inside of records, in lengths, in chunks, in registers. Whatever they
 * say, the judge has a verdict on every case, in bounded time, and no case is
 * without one because of it.
 */
#define SEEDS 4u

static unsigned long long all_cases(void)
{
	unsigned n = 0;

	for (size_t t = 0; judge_tables[t]; t++)
		for (size_t i = 0; i < judge_tables[t]->n; i++) {
			const uint8_t v = judge_tables[t]->cases[i].versions;

			for (unsigned k = 0; k < JUDGE_VERSIONS; k++)
				n += v >> k & 1;
			n += !v;
		}
	return n;
}

static void look(const struct product *p, const struct product_at *at)
{
	for (unsigned i = 0; i < p->share->n; i++) {
		const struct product_result *r = &p->share->r[i];

		if (r->verdict != JUDGE_BROKEN &&
		    r->took_ns < 2 * JUDGE_CASE_NS)
			continue;
		fail_msg("seed %llu, way %d: %s: %s after %llu s: %s",
			 (unsigned long long)at->garble, at->way, r->name,
			 judge_verdict_name(r->verdict),
			 (unsigned long long)(r->took_ns / 1000000000),
			 r->words);
	}
}

static void nonsense_has_a_verdict_in_every_case(void **state)
{
	const uint64_t seed = share_seed(1);
	struct dice dice = { .state = seed };
	struct product *p = *state;

	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < SEEDS; i++) {
		const struct product_at at = {
			.way = (enum product_way)(i % PRODUCT_WAYS),
			.kind = (enum product_kind)(
				dice_below(&dice, PRODUCT_KINDS)),
			.garble = dice_u64(&dice) | 1,
		};

		if (!product_run(p, &at))
			fail_msg("seed %llu, way %d, kind %d: the process "
				 "ended after %s",
				 (unsigned long long)at.garble, at.way, at.kind,
				 p->share->n ? p->share->r[p->share->n - 1].name
					     : "nothing");
		assert_int_equal(p->share->n, all_cases());
		look(p, &at);
	}
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
		cmocka_unit_test(nonsense_has_a_verdict_in_every_case),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
