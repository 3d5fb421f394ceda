/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_MATRIX_H
#define CLI_MATRIX_H

#include "cli/embedded.h"
#include "cli/session.h"
#include "world/plats.h"

/*
 * Scenarios by architecture: what each run came to. Nothing here is written by
 * hand; a cell is made from what the run itself noted.
 */
enum cli_outcome {
	CLI_CELL_NONE,	  /* no file shows it there */
	CLI_CELL_DONE,	  /* it ran through */
	CLI_CELL_REFUSED, /* a naive order: an error, or a verdict */
	CLI_CELL_FAULT,	  /* a naive order: a rule of the machine */
	CLI_CELL_INAPPLICABLE,
	CLI_CELL_OPEN,	 /* it went as the file says, and rests on OPEN */
	CLI_CELL_FAILED, /* it did not go as the file says */
};

struct cli_cell {
	enum cli_outcome outcome;
	const struct cli_scenario *file; /* NULL: none */
	json_t *notes;
	char what[128]; /* behind the outcome; "": nothing */
	double seconds;
};

struct cli_row {
	char name[64]; /* without platform and .il */
	struct cli_cell cell[WORLD_PLATS];
};

#define CLI_ROWS_MAX 256

struct cli_matrix {
	struct cli_row row[CLI_ROWS_MAX];
	unsigned rows;
	bool shown[WORLD_PLATS]; /* a column */
	unsigned good, bad;
};

/*
 * The file of @name, with or without .il, for that platform: its own one, else
 * the common one. NULL: there is neither.
 */
const struct cli_scenario *cli_scenario_on(const char *name, const char *plat);

/* What the notes of a run that went as its file says come to. */
void cli_cell_judge(struct cli_cell *cell, bool naive);
/* "refused: EBUSY" */
void cli_cell_text(const struct cli_cell *cell, char *out, size_t cap);

void cli_matrix_text(const struct cli_matrix *m, FILE *f);
void cli_matrix_markdown(const struct cli_matrix *m, FILE *f);

/*
 * interlock run --all. @plat: one column; NULL: all. @format: NULL, "text",
 * "markdown". An exit status.
 */
int cli_matrix(struct cli *c, const struct cli_run_opts *o, const char *plat,
	       const char *format);

#endif
