/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/keylog.h"
#include "world/world.h"

struct cli_track;

/*
 * One run of a scenario as commands of the tool make it: a world, its output
 * for people or programs, cleaning up, the summary.
 */
struct cli_run {
	struct cli *c;
	struct world_cfg cfg;
	struct world *w;
	struct lang_script script;
	struct world_end end;
	struct cli_identity id;
	struct cli_keylog keylog;
	uint8_t *payload;
	struct evidence_measurement expected[EVIDENCE_MEAS_MAX];
	bool json;
	bool quiet; /* says nothing of what goes well */
	unsigned trace;
	json_t *steps;
	char group[32];
	bool bar; /* a progress bar stands on the line */
	uint64_t start_ns;
	/* Where things stood when it failed, before they were given back. */
	json_t *state;
	json_t *last;
	json_t *expected_here; /* errors and faults that came as expected */
	json_t *notes;	       /* each struct world_note, as it came */
	/* For several in a row: NULL, or where the end goes instead of to out.
	 */
	json_t *ends;
	struct cli_track *track; /* of calls at boundaries; NULL: none */
};

/* What both assign and run take. */
struct cli_run_opts {
	const char *payload;
	const char *identity;
	const char *trust;
	const char *expect;
	const char *seed;
	const char *now;
	const char *trace; /* events shown after a failure */
	const char *json;
	const char *keylog;
	bool elsewhere; /* the device is another process, which is who it is */
};

/* 0, or an exit status after a line on err. */
int cli_run_open(struct cli *c, struct cli_run *r,
		 const struct cli_run_opts *o);
/* Parses; errors name file, line, column. Nothing is run. */
int cli_run_parse(struct cli_run *r, const char *name, const char *text,
		  size_t len);
/* Runs, cleans up after a failure, prints the end. An exit status. */
int cli_run_do(struct cli_run *r, const char *name);
/*
 * The end of a run that never began, for programs: nothing was touched.
 * Gives @ret back.
 */
int cli_run_refused(struct cli_run *r, const char *name, int ret);
void cli_run_close(struct cli_run *r);

/* {"1": {"type": 0, "value": "hex"}, …}. 0 or CLI_FAILED. */
int cli_measurements_read(struct cli *c, const char *path,
			  struct evidence_measurement *out, unsigned *n);
json_t *cli_measurements_json(const struct evidence_measurement *m, unsigned n);

#endif
