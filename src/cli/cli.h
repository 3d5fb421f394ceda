/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "crypto/identity.h"

struct world_patience;

/* Exit status of every command. */
enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1, /* one line on err says what and where */
	CLI_USAGE = 2,	/* misused */
};

/* Streams and services; tests put their own. */
struct cli {
	FILE *out;
	FILE *err;
	bool tty;		/* out is a terminal: a progress bar may move */
	int64_t (*now_s)(void); /* seconds since 1970 */
	uint64_t (*mono_ns)(void); /* for durations */
	const char *state_dir; /* where the user's identity is kept, or NULL */
	const struct world_patience *patience; /* NULL: the usual */
	char said[512]; /* the last line on err; for --json */
};

struct cli_cmd {
	const char *name;
	const char *args;
	const char *help;
	const char *doc; /* documents that say more, or NULL */
	int (*run)(struct cli *c, int argc, char **argv);
};

extern const struct cli_cmd cmd_assign, cmd_serve, cmd_request, cmd_run,
	cmd_compare, cmd_scenarios, cmd_shell, cmd_identity, cmd_decode,
	cmd_validate, cmd_help;

/* All of them, up to NULL. */
extern const struct cli_cmd *const cli_cmds[];
const struct cli_cmd *cli_find(const char *name);
/* A line each. */
void cli_list(FILE *f);

/*
 * The tool. Called by the name of DMTF's emulator (a link to it will do), it
 * is that one: docs/emulator.md.
 */
int cli_main(struct cli *c, int argc, char **argv);
int cli_emulator(struct cli *c, int argc, char **argv);

/* Prints "interlock: …" on err; returns CLI_FAILED or CLI_USAGE. */
int cli_fail(struct cli *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int cli_misuse(struct cli *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * One option: --NAME VALUE or --NAME=VALUE; a flag has no value. Unknown
 * options and stray words are misuse. Given again, the last one counts; but
 * one with @max is a list.
 */
struct cli_opt {
	const char *name;
	bool flag;
	const char **value; /* set to the value, or to "" for a flag */
	size_t max;	    /* not 0: @value has room for so many */
	size_t *n;	    /* of them that were given */
};

/* @words gets up to @max words that are no options. 0, or CLI_USAGE. */
int cli_opts(struct cli *c, int argc, char **argv, const struct cli_opt *o,
	     size_t n, const char **words, size_t max);

/* The value of --@name, a number from 0 to @max, into @out; @text NULL: it was
 * not given. 0, or CLI_USAGE. */
int cli_number(struct cli *c, const char *name, const char *text,
	       unsigned long max, unsigned long *out);
/* --function: [SSSS:]BB:DD.F, hexadecimal, as TDISP's FUNCTION_ID has it. */
int cli_function(struct cli *c, const char *text, uint32_t *id);

/*
 * A whole file in memory; free() it. One more byte than @len is there, zero.
 * 0, or CLI_FAILED after a line that names file and cause. @max 0: no limit.
 */
int cli_read(struct cli *c, const char *what, const char *path, size_t max,
	     uint8_t **p, size_t *len);

/* An identity folder: chain.pem and leaf.key. root.pem if @anchor. */
struct cli_identity {
	struct identity id;
	uint8_t anchor[CRYPTO_CERT_MAX];
	size_t anchor_len;
};
int cli_identity_load(struct cli *c, const char *dir, const char *trust,
		      struct cli_identity *out);
/* The trust anchor alone. */
int cli_anchor_load(struct cli *c, const char *trust, struct cli_identity *out);
/* The user's own, made on first use. */
int cli_identity_default(struct cli *c, char *dir, size_t cap);
int cli_identity_make(struct cli *c, const char *dir);
/* What the leaf says of the function it names; no dates. */
const struct identity_cfg *cli_identity_cfg(void);

#endif
