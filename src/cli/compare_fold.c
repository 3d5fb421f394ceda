/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/compare.h"

#include <string.h>

/* Calls that come again and again in the same order are shown once. */

#define GROUP_MAX 12u

static bool like(const struct cli_edge_call *a, const struct cli_edge_call *b)
{
	return a->edge == b->edge && a->times == b->times &&
	       strcmp(a->name, b->name) == 0 &&
	       strcmp(a->status, b->status) == 0;
}

/* How often the @size calls from @at on come in a row. */
static unsigned rounds_of(const struct cli_line *l, unsigned n, unsigned at,
			  unsigned size)
{
	unsigned rounds = 1;

	for (unsigned i = at + size; i + size <= n; i += size, rounds++)
		for (unsigned k = 0; k < size; k++)
			if (!like(l[at + k].call, l[i + k].call))
				return rounds;
	return rounds;
}

/* The group from @at on that takes in most; 0: none recurs. */
static unsigned best_group(const struct cli_line *l, unsigned n, unsigned at,
			   unsigned *rounds)
{
	unsigned best = 0, taken = 0;

	for (unsigned size = 2; size <= GROUP_MAX && at + 2 * size <= n;
	     size++) {
		const unsigned r = rounds_of(l, n, at, size);

		if (r > 1 && r * size > taken) {
			best = size;
			taken = r * size;
			*rounds = r;
		}
	}
	return best;
}

unsigned cli_verb_lines(const struct cli_verb *v, enum world_edge edge,
			struct cli_line *out)
{
	/* The calls behind, so that what is folded may be written before. */
	struct cli_line *in = out + v->calls;
	unsigned n = 0, to = 0;

	for (unsigned i = 0; i < v->calls; i++)
		if (edge == WORLD_EDGES || v->call[i].edge == edge)
			in[n++] = (struct cli_line){ .call = &v->call[i] };
	for (unsigned at = 0; at < n;) {
		unsigned rounds = 0;
		const unsigned size = best_group(in, n, at, &rounds);

		if (!size) {
			out[to++] = in[at++];
			continue;
		}
		out[to++] = (struct cli_line){ .rounds = rounds, .size = size };
		for (unsigned k = 0; k < size; k++) {
			out[to] = in[at + k];
			out[to++].inside = true;
		}
		at += rounds * size;
	}
	return to;
}

void cli_line_text(const struct cli_line *l, char *out, size_t cap)
{
	const struct cli_edge_call *e = l->call;
	char times[16] = "";

	if (!e) {
		snprintf(out, cap, "%u rounds of", l->rounds);
		return;
	}
	if (e->times > 1)
		snprintf(times, sizeof(times), " x%u", e->times);
	snprintf(out, cap, "%s%s%s%s%s", l->inside ? "  " : "", e->name, times,
		 e->status[0] ? " = " : "", e->status);
}
