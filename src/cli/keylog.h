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

#endif
