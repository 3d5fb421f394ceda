/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_KEYLOG_H
#define CLI_KEYLOG_H

#include "cli/cli.h"
#include "decode/keylog.h"

/* Key logs as files: docs/decode.md. */

/*
 * cli_keylog_read() - all of a file; cli_keylog_free() wipes and frees
 *
 * 0, or CLI_FAILED after a line that names file and cause.
 */
int cli_keylog_read(struct cli *c, const char *path, struct keylog *out);
void cli_keylog_free(struct keylog *k);

/*
 * A key log that is written: FILE is made anew, for its owner alone to read.
 * Only where somebody asks for it by --key-log.
 */
struct cli_keylog {
	FILE *f; /* NULL: none */
	const char *path;
};

/* @path NULL: no log. 0, or CLI_FAILED after a line. */
int cli_keylog_open(struct cli *c, struct cli_keylog *k, const char *path);
/* A callback of the engines; the context is a struct cli_keylog. */
void cli_keylog_note(void *ctx, const struct spdm_key_note *n);
/* 0, or CLI_FAILED after a line: it did not reach its file whole. */
int cli_keylog_close(struct cli *c, struct cli_keylog *k);

#endif
