/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>

#include "cli/serve.h"

/* A served device that breaks rules on purpose. */

static int add(struct serve *s, const char *name)
{
	const enum il_err err = misbehave_add(s->misbehave, name);

	if (!err)
		return 0;
	if (err == IL_E_STATE)
		return cli_misuse(s->c, "--misbehave %s: given twice", name);
	return cli_misuse(s->c,
			  "--misbehave %s: there is none of this name, or it "
			  "takes no such number; see --list-misbehaviours",
			  name);
}

int serve_misbehave(struct serve *s, const char *const *names, size_t n)
{
	int ret = 0;

	/* With a machine, others may be armed while it runs. */
	if (!n && !s->user_dir)
		return 0;
	s->misbehave = malloc(sizeof(*s->misbehave));
	if (!s->misbehave)
		return cli_fail(s->c, "no memory");
	misbehave_init(s->misbehave);
	for (size_t i = 0; i < n && !ret; i++)
		ret = add(s, names[i]);
	return ret;
}

static void list(FILE *f, const struct misbehaviour *b)
{
	if (b->n)
		fprintf(f, "  %s:%llu\n", b->name, (unsigned long long)b->n);
	else
		fprintf(f, "  %s\n", b->name);
	fprintf(f, "      %s\n      %s\n", b->says, b->source);
}

int serve_list_misbehaviours(struct cli *c)
{
	for (unsigned g = 0; g < misbehave_group_count; g++) {
		fprintf(c->out, "%s\n", misbehave_groups[g]->title);
		for (unsigned i = 0; i < misbehave_groups[g]->count; i++)
			list(c->out, &misbehave_groups[g]->rows[i]);
	}
	return CLI_DONE;
}
