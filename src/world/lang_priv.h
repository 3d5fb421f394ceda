/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_LANG_PRIV_H
#define WORLD_LANG_PRIV_H

#include "world/lang.h"

/* One word of a line, and where it begins. */
struct lang_text {
	const char *p;
	unsigned col;
};

enum il_err lang_complain(struct lang_error *e, unsigned line, unsigned col,
			  const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * lang_prefix() - what stands before a command: `on NAMES:`, `start NAME:`
 * @here: false if the command is for another selection than the script's
 *
 * Takes its words away.
 */
enum il_err lang_prefix(struct lang_script *s, struct lang_call *c,
			struct lang_text **w, size_t *n, bool *here,
			struct lang_error *e) IL_MUST;
/* A command that selects has been read: lines below may ask by its names. */
void lang_select(struct lang_script *s, const struct lang_call *c);

#endif
