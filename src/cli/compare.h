/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "cli/session.h"
#include "world/plats.h"

/*
 * The calls at each boundary of a run, by the command that they belong to; and
 * those of several platforms beside each other, aligned by command.
 */
struct cli_edge_call {
	enum world_edge edge;
	unsigned times; /* in a row, nothing else at that boundary between */
	char name[56];
	char status[24]; /* of the last of them; "": good */
};

/*
 * One line of what is shown: a call, or (NULL) the head of @size calls that
 * come
 * @rounds times in this order.
 */
struct cli_line {
	const struct cli_edge_call *call;
	unsigned rounds;
	unsigned size;
	bool inside; /* of such a group */
};

/* A command of one run. */
struct cli_verb {
	char name[40]; /* "guest lock" */
	unsigned nth;  /* of that name in its run, from 0 */
	unsigned line;
	struct cli_edge_call *call;
	unsigned calls, cap;
	unsigned last[WORLD_EDGES]; /* 1 + index; 0: none */
};

struct cli_track {
	bool shown;
	bool failed;
	const char *file;	/* whose scenario it is; NULL: none */
	char inapplicable[256]; /* why; "": it was run */
	struct cli_verb *verb;
	unsigned verbs, cap;
	bool full; /* no memory for more */
};

#define CLI_COMPARE_ROWS 512

struct cli_compare {
	const char *scenario;
	struct cli_track track[WORLD_PLATS];
	/* Each row: which verb of each platform; 0: none, else 1 + index. */
	unsigned row[CLI_COMPARE_ROWS][WORLD_PLATS];
	unsigned rows;
};

/* For world_out.call: a call over a boundary. */
void cli_track_call(struct cli_track *t, const struct world_edge_call *c);
/*
 * cli_verb_lines() - the calls at @edge (WORLD_EDGES: at all), groups that
 * recur folded
 * @out: room for twice as many lines as the verb has calls
 */
unsigned cli_verb_lines(const struct cli_verb *v, enum world_edge edge,
			struct cli_line *out);
void cli_line_text(const struct cli_line *l, char *out, size_t cap);
/* Rows from the tracks. False: there are too many. */
bool cli_compare_align(struct cli_compare *x);
/* A verb of the row, of any platform. */
const struct cli_verb *cli_compare_any(const struct cli_compare *x,
				       unsigned row);

extern const char *const cli_edge_names[WORLD_EDGES];
void cli_compare_side(const struct cli_compare *x, FILE *f, unsigned width);
void cli_compare_below(const struct cli_compare *x, FILE *f);
json_t *cli_compare_json(const struct cli_compare *x);

#endif
