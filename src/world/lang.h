/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_LANG_H
#define WORLD_LANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The command language: one command a line, `#` comments, `key=value`
 * options, `param NAME=DEFAULT` and `$NAME`. `on NAME[,NAME]: COMMAND` is
 * checked like any other line, and is there only where what was selected is one
 * of the names. A file is parsed and checked as a
 * whole against one table of commands before anything runs; the same table
 * serves files, the interactive shell and the help texts.
 */

enum lang_type {
	LANG_WORD, /* any word */
	LANG_INT, /* decimal or 0x…; optional suffix K, M or G (powers of 2^10)
		   */
	LANG_BDF,  /* DDDD:BB:DD.F, or BB:DD.F */
	LANG_BOOL, /* yes, no */
	LANG_PICK, /* one of .picks */
	LANG_HEX,  /* pairs of hexadecimal digits */
};

struct lang_arg {
	const char *name;
	enum lang_type type;
	bool positional; /* given by place, not as name=value */
	bool required;
	const char *const *picks; /* NULL-terminated, for LANG_PICK */
	const char *help;	  /* what it means, its unit, its default */
};

#define LANG_ARGS_MAX  16
#define LANG_WORDS_MAX 24
#define LANG_LINE_MAX  512

struct lang_cmd;

/* A value as written and as understood. */
struct lang_value {
	const char *word; /* NULL: not given */
	uint64_t num; /* INT, BOOL (0, 1), BDF (segment << 16 | rid), PICK */
	unsigned col;
};

/* One checked command. Values stand in the order of cmd->args. */
struct lang_call {
	const struct lang_cmd *cmd;
	const char *name; /* of `start NAME:`, else NULL */
	unsigned line;
	struct lang_value v[LANG_ARGS_MAX];
	char text[LANG_LINE_MAX];  /* the line, parameters in place */
	char words[LANG_LINE_MAX]; /* storage of the values */
};

/*
 * What runs a command. IL_E_AGAIN: call again; it waits for one exchange.
 * Anything but IL_OK and IL_E_AGAIN ends the scenario.
 */
typedef enum il_err lang_fn(void *ctx, const struct lang_call *call);

struct lang_cmd {
	const char *role; /* first word */
	const char *verb; /* second word; NULL if the role is the command */
	const struct lang_arg *args;
	size_t n_args;
	lang_fn *run;
	const char *help; /* one sentence */
	/* The value of its first argument, a LANG_PICK, is what lines with
	 * `on NAME:` below it ask for. */
	bool selects;
};

struct lang_table {
	const struct lang_cmd *cmd;
	size_t n;
	const struct lang_table *next; /* more of them; NULL: that is all */
};

/* Command @i of all, in order; NULL: there are not so many. */
const struct lang_cmd *lang_at(const struct lang_table *t, size_t i);

#define LANG_PARAMS_MAX 32

struct lang_param {
	char name[32];
	char value[256];
	bool set; /* by --set, which wins over the file */
	bool declared;
};

struct lang_error {
	unsigned line;
	unsigned col;
	char what[256]; /* what was found, what was expected */
};

struct lang_script {
	struct lang_call *call;
	size_t n;
	size_t cap;
	struct lang_param param[LANG_PARAMS_MAX];
	size_t n_params;
	/* By the last command that selects; NULL: there was none. */
	const char *const *select;
	uint64_t selected;
};

/*
 * lang_set() - give parameter @name a value before parsing
 *
 * Errors:   IL_E_ARG    the name is not a word of letters, digits and _
 *           IL_E_SPACE  too many parameters, or a value too long
 */
enum il_err lang_set(struct lang_script *s, const char *name,
		     const char *value) IL_MUST;

/* Names set by lang_set() that the file never declared: the first, or NULL. */
const char *lang_undeclared(const struct lang_script *s);

/*
 * lang_parse() - read and check a whole text
 * @s:    calls go to s->call[0 .. s->cap)
 * @text: need not end with a newline
 * @e:    where and what, when the answer is IL_E_FIELD or IL_E_SPACE
 */
enum il_err lang_parse(struct lang_script *s, const struct lang_table *t,
		       const char *text, size_t len,
		       struct lang_error *e) IL_MUST;

/* One line on its own, for the shell. IL_E_STATE: the line is empty, or for
 * another selection. */
enum il_err lang_line(struct lang_script *s, const struct lang_table *t,
		      const char *line, struct lang_call *out,
		      struct lang_error *e) IL_MUST;

/* The value of argument @name of @c; a value not given has .word NULL. */
const struct lang_value *lang_arg(const struct lang_call *c, const char *name);
uint64_t lang_num(const struct lang_call *c, const char *name, uint64_t def);
const char *lang_word(const struct lang_call *c, const char *name,
		      const char *def);

/* Segment << 16 | bus << 8 | device << 3 | function. */
enum il_err lang_bdf(const char *word, uint64_t *out) IL_MUST;
enum il_err lang_int(const char *word, uint64_t *out) IL_MUST;

/* "vmm attach BDF [queue=N]" into @out. */
void lang_usage(const struct lang_cmd *c, char *out, size_t cap);

#endif
