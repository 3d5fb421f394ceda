/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/embedded.h"
#include "cli/session.h"

/* The list of scenarios that the tool carries. */

#define CALLS_MAX 1024u

const struct cli_scenario *cli_scenario_find(const char *name)
{
	for (const struct cli_scenario *k = cli_scenarios; k->name; k++) {
		size_t n = strlen(k->name);

		if (strncmp(name, k->name, n) == 0 &&
		    (!name[n] || strcmp(name + n, ".il") == 0))
			return k;
	}
	return NULL;
}

/* The scenario command of @k, its first; NULL after a line on err. */
static const struct lang_call *shows(struct cli *c, struct lang_script *s,
				     const struct cli_scenario *k)
{
	struct lang_error e = { 0 };

	s->n = s->n_params = 0;
	if (lang_parse(s, &world_commands, k->text, strlen(k->text), &e)) {
		cli_fail(c, "%s.il:%u:%u: %s", k->name, e.line, e.col, e.what);
		return NULL;
	}
	if (s->n && strcmp(s->call[0].cmd->role, "scenario") == 0)
		return &s->call[0];
	cli_fail(c, "%s.il: does not begin with what it shows", k->name);
	return NULL;
}

static void list_one(struct cli *c, json_t *list, const struct cli_scenario *k,
		     const struct lang_call *call)
{
	const char *what = lang_word(call, "shows", "");
	const char *from = lang_word(call, "from", "");

	if (list)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name",
						      k->name, "shows", what,
						      "from", from));
	else
		fprintf(c->out, "%-32s %s. From: %s\n", k->name, what, from);
}

static int list_all(struct cli *c, struct lang_script *s, json_t *list)
{
	int ret = CLI_DONE;

	for (const struct cli_scenario *k = cli_scenarios; k->name; k++) {
		const struct lang_call *call = shows(c, s, k);

		if (call)
			list_one(c, list, k, call);
		else
			ret = CLI_FAILED;
	}
	return ret;
}

static int run(struct cli *c, int argc, char **argv)
{
	const char *json = NULL;
	const struct cli_opt opts[] = { { "json", true, &json } };
	struct lang_script *s;
	json_t *list = NULL;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), NULL, 0);

	if (ret)
		return ret;
	s = calloc(1, sizeof(*s));
	if (s)
		s->call = calloc(CALLS_MAX, sizeof(*s->call));
	if (json)
		list = json_array();
	if (!s || !s->call || (json && !list)) {
		ret = cli_fail(c, "no memory");
	} else {
		s->cap = CALLS_MAX;
		ret = list_all(c, s, list);
	}
	if (list) {
		json_dumpf(list, c->out, JSON_INDENT(1));
		fputc('\n', c->out);
	}
	json_decref(list);
	if (s)
		free(s->call);
	free(s);
	return ret;
}

const struct cli_cmd cmd_scenarios = {
	.name = "scenarios",
	.args = "[--json]",
	.help = "list the scenarios that the tool carries",
	.doc = "docs/language.md",
	.run = run,
};
