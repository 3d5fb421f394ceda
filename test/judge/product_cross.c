/* SPDX-License-Identifier: BSD-2-Clause */
#include "product.h"

#include <stdio.h>
#include <string.h>

/*
 * The whole product: every misbehaviour before all cases. One that no case
 * notices is a hole in the judge, or no misbehaviour; a device that ends
 * itself is a defect of the misbehaviour. Too long for ./dev test; tools/soak
 * runs it.
 *
 *     judge-cross [NAME]...     these alone, at each place, and what fails
 */

static bool wanted(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

/* Cases that fail, and fail by what they expect. */
struct count {
	unsigned failed, told;
	bool gone;  /* the judge says that the device is */
	bool ended; /* the process did */
};

static void run(struct product *p, const struct product_at *at, bool show,
		struct count *n)
{
	n->ended |= !product_run(p, at);
	for (unsigned i = 0; i < p->share->n; i++) {
		const struct product_result *r = &p->share->r[i];

		n->gone |= !strncmp(r->words, "the target is gone", 18);
		if (r->verdict != JUDGE_FAIL)
			continue;
		n->failed++;
		n->told += r->expected != 0;
		if (show)
			printf("    %s: %s\n", r->name, r->words);
	}
}

/* Until it is noticed; where the cases are to be shown, everywhere. */
static bool one(struct product *p, const char *name, bool show)
{
	struct count n = { .failed = 0 };

	for (unsigned i = 0; i < (unsigned)PRODUCT_KINDS * PRODUCT_WAYS; i++) {
		const struct product_at at = {
			.way = (enum product_way)(i % PRODUCT_WAYS),
			.kind = (enum product_kind)(i / PRODUCT_WAYS),
			.misbehave = name
		};

		if (show || !(n.failed || n.gone))
			run(p, &at, show, &n);
	}
	printf("%-44s %5u fails, %5u by what was expected%s%s\n", name,
	       n.failed, n.told,
	       n.gone	  ? "  gone"
	       : n.failed ? ""
			  : "  NOT NOTICED",
	       n.ended ? "  ENDED ITSELF" : "");
	return (n.failed || n.gone) && !n.ended;
}

int main(int argc, char **argv)
{
	struct product *p = product_new();
	unsigned bad = 0;

	for (unsigned g = 0; g < misbehave_group_count; g++)
		for (unsigned i = 0; i < misbehave_groups[g]->count; i++) {
			const char *name = misbehave_groups[g]->rows[i].name;

			if (wanted(argc, argv, name))
				bad += !one(p, name, argc > 1);
		}
	product_free(p);
	if (bad)
		printf("%u misbehaviours are of no use\n", bad);
	return bad != 0;
}
