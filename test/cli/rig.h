/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CLI_RIG_H
#define TEST_CLI_RIG_H

#include "check.h"

#include <jansson.h>
#include <stdio.h>

#include "cli/cli.h"

/*
 * The tool as a function: files of its own in a folder that goes away, streams
 * that can be read back, a clock that stands.
 */
#define RIG_NOW INT64_C(1800000000)

struct rig {
	char dir[64];
	char state[96];
	struct cli c;
	int status;
	char *out, *err; /* of the last run */
	json_t *json;	 /* of the last run, if it asked for it */
};

int rig_open(void **state);
int rig_close(void **state);
/* For c.mono_ns, where a test needs a clock that goes. */
uint64_t rig_clock(void);

/* "DIR/name"; a few stay valid at a time. */
const char *rig_path(const struct rig *r, const char *name);
const char *rig_scenario(const char *name);
void rig_write(const char *path, const void *p, size_t len);
/* Drawn by @seed: no run of it stands in anything by chance. */
const char *rig_payload(const struct rig *r, const char *name, size_t len,
			uint64_t seed);
uint8_t *rig_read(const char *path, size_t *len);

/* Runs with the words up to NULL; the answer is the exit status. */
int rig_run(struct rig *r, ...) __attribute__((sentinel));
int rig_words(struct rig *r, int argc, const char *const *argv);

/* Exit 1 and one line that holds @what and @where. */
void rig_refused(const struct rig *r, const char *what, const char *where);
bool rig_true(const struct rig *r, const char *key);
int64_t rig_int(const struct rig *r, const char *key);

#endif
