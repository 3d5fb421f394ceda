/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/lang_priv.h"

#include <string.h>

/* What stands before a command, and ends with a colon. */

/* `start NAME: command`; takes two words away. */
static enum il_err take_start(struct lang_call *c, struct lang_text **w,
			      size_t *n, struct lang_error *e)
{
	char *colon;

	if (*n < 3)
		return lang_complain(e, c->line, (*w)[0].col,
				     "expected start NAME: COMMAND");
	colon = strchr((*w)[1].p, ':');
	if (!colon || colon[1] || colon == (*w)[1].p)
		return lang_complain(e, c->line, (*w)[1].col,
				     "'%s' is not NAME:", (*w)[1].p);
	*colon = '\0';
	c->name = (*w)[1].p;
	*w += 2;
	*n -= 2;
	return IL_OK;
}

/* Is @name, of @len letters, one of @picks? Its number in @out. */
static bool pick(const char *const *picks, const char *name, size_t len,
		 uint64_t *out)
{
	for (uint64_t i = 0; picks[i]; i++)
		if (strlen(picks[i]) == len &&
		    memcmp(picks[i], name, len) == 0) {
			*out = i;
			return true;
		}
	return false;
}

/* `on NAME[,NAME]…: command`; takes two words away. */
static enum il_err take_on(const struct lang_script *s, struct lang_call *c,
			   struct lang_text **w, size_t *n, bool *here,
			   struct lang_error *e)
{
	const struct lang_text *names = &(*w)[1];
	const char *at;
	uint64_t which;

	if (*n < 3 || strcspn(names->p, ":") + 1 != strlen(names->p))
		return lang_complain(e, c->line, (*w)[0].col,
				     "expected on NAME[,NAME]: COMMAND");
	if (!s->select)
		return lang_complain(e, c->line, (*w)[0].col,
				     "nothing above says what it is on");
	*here = false;
	at = names->p;
	for (;;) {
		const size_t len = strcspn(at, ",:");

		if (!pick(s->select, at, len, &which))
			return lang_complain(
				e, c->line,
				names->col + (unsigned)(at - names->p),
				"'%.*s' is none of those that there are",
				(int)len, at);
		*here = *here || which == s->selected;
		if (at[len] == ':')
			break;
		at += len + 1;
	}
	*w += 2;
	*n -= 2;
	return IL_OK;
}

enum il_err lang_prefix(struct lang_script *s, struct lang_call *c,
			struct lang_text **w, size_t *n, bool *here,
			struct lang_error *e)
{
	enum il_err err = IL_OK;

	if (strcmp((*w)[0].p, "on") == 0)
		err = take_on(s, c, w, n, here, e);
	if (!err && strcmp((*w)[0].p, "start") == 0)
		err = take_start(c, w, n, e);
	return err;
}

void lang_select(struct lang_script *s, const struct lang_call *c)
{
	if (!c->cmd->selects)
		return;
	s->select = c->cmd->args[0].picks;
	s->selected = c->v[0].num;
}
