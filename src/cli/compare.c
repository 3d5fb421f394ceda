/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

/* What is told of a run is kept by command, and commands are aligned. */

static void *grow(void *p, unsigned *cap, unsigned n, size_t size)
{
	unsigned want = *cap ? *cap : 16;
	void *q;

	if (n < *cap)
		return p;
	while (want <= n)
		want *= 2;
	q = realloc(p, want * size);
	if (q)
		*cap = want;
	return q;
}

static unsigned named_before(const struct cli_track *t, const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < t->verbs; i++)
		n += strcmp(t->verb[i].name, name) == 0;
	return n;
}

/* The command that runs; one that was started goes on where it began. */
static struct cli_verb *verb_of(struct cli_track *t, const struct lang_call *c)
{
	struct cli_verb *all, *v;
	char name[40];

	for (unsigned i = t->verbs; i-- > 0;)
		if (t->verb[i].line == c->line)
			return &t->verb[i];
	all = grow(t->verb, &t->cap, t->verbs, sizeof(*all));
	if (!all)
		return NULL;
	t->verb = all;
	snprintf(name, sizeof(name), "%s%s%s", c->cmd->role,
		 c->cmd->verb ? " " : "", c->cmd->verb ? c->cmd->verb : "");
	v = &t->verb[t->verbs];
	*v = (struct cli_verb){ .nth = named_before(t, name), .line = c->line };
	snprintf(v->name, sizeof(v->name), "%s", name);
	t->verbs++;
	return v;
}

static bool repeats(const struct cli_verb *v, const struct world_edge_call *c)
{
	const unsigned at = v->last[c->edge];

	return at && strncmp(v->call[at - 1].name, c->name,
			     sizeof(v->call[0].name) - 1) == 0;
}

void cli_track_call(struct cli_track *t, const struct world_edge_call *c)
{
	struct cli_verb *v = c->during ? verb_of(t, c->during) : NULL;
	struct cli_edge_call *all, *e;

	if (!c->during)
		return;
	if (v && repeats(v, c)) {
		e = &v->call[v->last[c->edge] - 1];
		e->times += !c->status;
		snprintf(e->status, sizeof(e->status), "%s",
			 c->status ? c->status : "");
		return;
	}
	all = v ? grow(v->call, &v->cap, v->calls, sizeof(*all)) : NULL;
	if (!all) {
		t->full = true;
		return;
	}
	v->call = all;
	e = &v->call[v->calls++];
	*e = (struct cli_edge_call){ .edge = c->edge, .times = 1 };
	snprintf(e->name, sizeof(e->name), "%s", c->name);
	snprintf(e->status, sizeof(e->status), "%s",
		 c->status ? c->status : "");
	v->last[c->edge] = v->calls;
}

const struct cli_verb *cli_compare_any(const struct cli_compare *x,
				       unsigned row)
{
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (x->row[row][p])
			return &x->track[p].verb[x->row[row][p] - 1];
	return NULL;
}

static unsigned row_named(const struct cli_compare *x, const struct cli_verb *v)
{
	unsigned r = 0;

	while (r < x->rows) {
		const struct cli_verb *other = cli_compare_any(x, r);

		if (other->nth == v->nth && strcmp(other->name, v->name) == 0)
			break;
		r++;
	}
	return r;
}

/* A row that nobody before had goes behind the last one that this one has. */
static bool place(struct cli_compare *x, unsigned p, unsigned verb,
		  unsigned *after)
{
	unsigned r = row_named(x, &x->track[p].verb[verb]);

	if (r == x->rows) {
		if (x->rows == CLI_COMPARE_ROWS)
			return false;
		r = *after;
		memmove(x->row[r + 1], x->row[r],
			(x->rows - r) * sizeof(x->row[0]));
		memset(x->row[r], 0, sizeof(x->row[0]));
		x->rows++;
	}
	x->row[r][p] = verb + 1;
	*after = r + 1;
	return true;
}

bool cli_compare_align(struct cli_compare *x)
{
	x->rows = 0;
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		unsigned after = 0;

		for (unsigned i = 0; i < x->track[p].verbs; i++)
			if (!place(x, p, i, &after))
				return false;
	}
	return true;
}
