/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "cli/validate.h"

/* The report for people, and the list of cases. */

const char *val_sure(enum sure sure)
{
	switch (sure) {
	case SURE_SPEC:
		return "the specification says so";
	case SURE_DRIVER:
		return "drivers rely on it";
	case SURE_INFERRED:
		return "it follows from the specification, which does not say "
		       "it";
	case SURE_OPEN:
		return "OPEN: sources are silent or disagree; this is our "
		       "reading";
	}
	return "?";
}

unsigned val_count(const struct val *v, enum judge_verdict verdict)
{
	return v->sum.count[verdict];
}

static void heading(struct val *v, const struct judge_case *c)
{
	if (v->group == (int)c->group)
		return;
	v->group = (int)c->group;
	fprintf(v->c->out, "%s\n", judge_group_name(c->group));
}

static void begin(struct val *v)
{
	v->group = -1;
}

/* What was asked for, what was sent, what came. */
static void what_it_was(struct val *v, const struct val_case *k)
{
	FILE *f = v->c->out;

	fprintf(f, "      requirement: %s\n", k->c->says);
	fprintf(f, "      source:      %s (%s)\n", k->c->source,
		val_sure(k->c->sure));
	if (k->verdict == JUDGE_FAIL)
		fprintf(f, "      found:       %s%s\n",
			k->expected ? "" : "on the way there: ",
			k->words ? k->words : "");
	if (k->exchange)
		fprintf(f, "      exchange:\n%s", k->exchange);
}

static void one(struct val *v, const struct val_case *k)
{
	FILE *f = v->c->out;

	heading(v, k->c);
	fprintf(f, "  %-10s  %s", judge_verdict_name(k->verdict), k->name);
	if (k->verdict == JUDGE_ABSENT || k->verdict == JUDGE_BROKEN)
		fprintf(f, ": %s", k->words ? k->words : "");
	fputc('\n', f);
	if (k->verdict == JUDGE_FAIL || k->exchange)
		what_it_was(v, k);
	fflush(f);
}

static void end(struct val *v)
{
	FILE *f = v->c->out;

	fprintf(f, "%s: %u passed, %u failed, %u not tested", v->target.text,
		val_count(v, JUDGE_PASS), val_count(v, JUDGE_FAIL),
		val_count(v, JUDGE_ABSENT));
	if (val_count(v, JUDGE_BROKEN))
		fprintf(f, ", %u broken (a mistake of ours)",
			val_count(v, JUDGE_BROKEN));
	fputc('\n', f);
	if (v->sum.gone)
		fprintf(f,
			"the target is gone (%s); what was left was not "
			"tested\n",
			v->sum.why);
	if (val_count(v, JUDGE_FAIL))
		fprintf(f, "again with the same random numbers: --seed %llu\n",
			(unsigned long long)v->cfg.seed);
}

const struct val_form val_text = {
	.name = "text", .begin = begin, .one = one, .end = end
};

/* --- the list --- */

static void list_one(struct val *v, const struct judge_case *c, uint8_t version)
{
	char name[JUDGE_NAME_MAX];

	judge_case_name(c, version, name);
	if (!judge_wanted(v->only, v->n_only, name))
		return;
	heading(v, c);
	fprintf(v->c->out, "  %s\n", name);
	if (v->verbose)
		fprintf(v->c->out,
			"      %s\n      %s (%s)\n"
			"      seen to fail under --misbehave %s\n",
			c->says, c->source, val_sure(c->sure),
			c->misbehave ? c->misbehave : "?");
}

static void list_versions(struct val *v, const struct judge_case *c)
{
	if (!c->versions)
		list_one(v, c, 0);
	for (unsigned i = 0; i < JUDGE_VERSIONS; i++)
		if (c->versions & BIT(i))
			list_one(v, c, (uint8_t)(SPDM_V10 + i));
}

void val_list(struct val *v)
{
	begin(v);
	for (unsigned g = 0; g < JUDGE_GROUPS; g++)
		for (size_t t = 0; judge_tables[t]; t++)
			for (size_t i = 0; i < judge_tables[t]->n; i++)
				if (judge_tables[t]->cases[i].group == g)
					list_versions(
						v, &judge_tables[t]->cases[i]);
}
