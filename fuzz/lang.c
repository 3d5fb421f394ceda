/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "world/lang.h"

static const char *const colours[] = { "red", "green", NULL };
static const struct lang_arg args[] = {
	{ "bdf", LANG_BDF, .positional = true, .required = true },
	{ "size", LANG_INT },
	{ "colour", LANG_PICK, .picks = colours },
	{ "on", LANG_BOOL },
	{ "key", LANG_HEX },
	{ "word", LANG_WORD },
};
static const struct lang_arg say_args[] = {
	{ "what", LANG_WORD, .positional = true, .required = true },
	{ "then", LANG_WORD, .positional = true },
};
static const struct lang_arg paint_args[] = {
	{ "colour", LANG_PICK, .positional = true, .required = true,
	  .picks = colours },
};
static const struct lang_cmd cmds[] = {
	{ "dev", "add", args, COUNT(args), NULL, "adds" },
	{ "dev", "drop", args, 1, NULL, "drops" },
	{ "say", NULL, say_args, COUNT(say_args), NULL, "says" },
	{ "paint", NULL, paint_args, COUNT(paint_args), NULL, "selects",
	  .selects = true },
};
static const struct lang_table table = { cmds, COUNT(cmds), NULL };

static bool known(const struct lang_cmd *c)
{
	return c >= cmds && c < cmds + COUNT(cmds);
}

/* What was understood is of the table, complete, and reads so once more. */
static void check(struct lang_script *s, const struct lang_call *c)
{
	static struct lang_call again;
	struct lang_error e;

	must(known(c->cmd) && c->line > 0);
	for (size_t i = 0; i < c->cmd->n_args; i++) {
		const struct lang_arg *a = &c->cmd->args[i];
		const struct lang_value *v = &c->v[i];

		must(v->word || !a->required);
		if (!v->word)
			continue;
		must(v->word >= c->words &&
		     v->word < c->words + sizeof(c->words));
		must(memchr(v->word, 0,
			    (size_t)(c->words + sizeof(c->words) - v->word)));
		if (a->type == LANG_PICK)
			must(v->num < 2);
		if (a->type == LANG_BOOL)
			must(v->num < 2);
	}
	if (c->name || strchr(c->text, '$'))
		return;
	if (lang_line(s, &table, c->text, &again, &e) == IL_OK)
		must(again.cmd == c->cmd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct lang_call calls[8];
	static struct lang_script s;
	struct lang_error e = { 0 };
	enum il_err err;

	memset(&s, 0, sizeof(s));
	s.call = calls;
	s.cap = COUNT(calls);
	err = lang_parse(&s, &table, (const char *)data, len, &e);
	must(s.n <= s.cap && s.n_params <= LANG_PARAMS_MAX);
	if (err) {
		must(err == IL_E_FIELD || err == IL_E_SPACE);
		must(e.line > 0 && e.what[0] &&
		     memchr(e.what, 0, sizeof(e.what)));
		return 0;
	}
	for (size_t i = 0; i < s.n; i++)
		check(&s, &calls[i]);
	return 0;
}
