/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "cli/session.h"

/* Help on the tool's commands and on those of the language. */

/* What is of the language itself. */
static const struct {
	const char *name, *args, *help;
} forms[] = {
	{ "start", "start NAME: COMMAND", "begin one that step drives" },
	{ "param", "param NAME=DEFAULT", "$NAME from here on; run --set wins" },
};

static const char *type_text(enum lang_type t)
{
	static const char *const text[] = {
		[LANG_WORD] = "word",	[LANG_INT] = "number",
		[LANG_BDF] = "address", [LANG_BOOL] = "yes|no",
		[LANG_PICK] = "one of", [LANG_HEX] = "hex",
	};

	return text[t];
}

static void explain(FILE *f, const struct lang_cmd *k)
{
	char usage[256];

	lang_usage(k, usage, sizeof(usage));
	fprintf(f, "%s\n  %s\n", usage, k->help);
	for (size_t i = 0; i < k->n_args; i++) {
		const struct lang_arg *a = &k->args[i];

		fprintf(f, "  %-10s %s", a->name, type_text(a->type));
		for (size_t n = 0; a->picks && a->picks[n]; n++)
			fprintf(f, " %s", a->picks[n]);
		fprintf(f, "; %s\n", a->help);
	}
}

static bool help_on(struct cli *c, const char *role, const char *verb)
{
	const struct cli_cmd *tool = verb ? NULL : cli_find(role);
	const struct lang_cmd *k;
	bool found = tool;

	if (tool)
		fprintf(c->out, "interlock %s %s\n  %s\n", tool->name,
			tool->args, tool->help);
	if (tool && tool->doc)
		fprintf(c->out, "  %s\n", tool->doc);
	for (size_t i = 0; i < COUNT(forms); i++)
		if (strcmp(forms[i].name, role) == 0 && !verb) {
			fprintf(c->out, "%s\n  %s\n", forms[i].args,
				forms[i].help);
			found = true;
		}
	for (size_t i = 0; (k = lang_at(&world_commands, i)); i++) {

		if (strcmp(k->role, role) != 0 ||
		    (verb && (!k->verb || strcmp(k->verb, verb) != 0)))
			continue;
		explain(c->out, k);
		found = true;
	}
	return found;
}

static void list(struct cli *c)
{
	const struct lang_cmd *k;

	fputs("commands of the tool:\n", c->out);
	cli_list(c->out);
	fputs("commands of scenarios:\n", c->out);
	for (size_t i = 0; (k = lang_at(&world_commands, i)); i++) {

		fprintf(c->out, "  %-8s %-12s %s\n", k->role,
			k->verb ? k->verb : "", k->help);
	}
	for (size_t i = 0; i < COUNT(forms); i++)
		fprintf(c->out, "  %-23s %s\n", forms[i].args, forms[i].help);
}

static int run(struct cli *c, int argc, char **argv)
{
	const char *words[2] = { NULL, NULL };
	int ret = cli_opts(c, argc, argv, NULL, 0, words, 2);

	if (ret)
		return ret;
	if (!words[0])
		list(c);
	else if (!help_on(c, words[0], words[1]))
		return cli_misuse(c, "there is no command '%s%s%s'", words[0],
				  words[1] ? " " : "",
				  words[1] ? words[1] : "");
	return CLI_DONE;
}

const struct cli_cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.help = "explain a command of the tool or of scenarios",
	.run = run,
};
