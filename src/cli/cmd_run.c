/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "cli/embedded.h"
#include "cli/matrix.h"
#include "cli/session.h"
#include "world/plats.h"

/* Scenario files. */

#define SETS_MAX 32

/* Takes each `--set NAME=VALUE` out of the words. */
static int take_sets(struct cli *c, int *argc, char **argv, char **sets,
		     unsigned *n)
{
	int to = 1;

	for (int i = 1; i < *argc; i++) {
		char *set = NULL;

		if (strncmp(argv[i], "--set=", 6) == 0)
			set = argv[i] + 6;
		else if (strcmp(argv[i], "--set") == 0 && i + 1 < *argc)
			set = argv[++i];
		else if (strcmp(argv[i], "--set") == 0)
			return cli_misuse(c, "--set wants NAME=VALUE");
		if (!set) {
			argv[to++] = argv[i];
			continue;
		}
		if (*n == SETS_MAX || !strchr(set, '='))
			return cli_misuse(c, "--set wants NAME=VALUE, not '%s'",
					  set);
		sets[(*n)++] = set;
	}
	*argc = to;
	return 0;
}

static int apply_sets(struct cli_run *r, char **sets, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char *eq = strchr(sets[i], '=');
		enum il_err err;

		*eq = '\0';
		err = lang_set(&r->script, sets[i], eq + 1);
		if (err)
			return cli_misuse(r->c,
					  "--set %s: not a name, or too "
					  "long a value",
					  sets[i]);
	}
	return 0;
}

/* What --set makes of @name, or @def. */
static const char *set_to(char **sets, unsigned n, const char *name,
			  const char *def)
{
	const size_t len = strlen(name);

	for (unsigned i = 0; i < n; i++)
		if (strncmp(sets[i], name, len) == 0 && sets[i][len] == '=')
			def = sets[i] + len + 1;
	return def;
}

/* A file of that name, else a scenario of that name that the tool carries. */
static int read_text(struct cli *c, const char *name, const char *plat,
		     char **text)
{
	const struct cli_scenario *k = cli_scenario_on(name, plat);
	uint8_t *file = NULL;
	size_t len = 0;
	int ret;

	if (k && access(name, F_OK) != 0) {
		*text = strdup(k->text);
		return *text ? 0 : cli_fail(c, "no memory");
	}
	ret = cli_read(c, "scenario", name, 1u << 20, &file, &len);
	*text = (char *)file;
	return ret;
}

static int run_file(struct cli *c, struct cli_run *r,
		    const struct cli_run_opts *o, const char *file, char **sets,
		    unsigned n)
{
	char *text = NULL;
	const char *plat = set_to(sets, n, "PLATFORM", world_plat_names[0]);
	int ret = cli_run_open(c, r, o);

	if (!ret)
		ret = apply_sets(r, sets, n);
	if (!ret)
		ret = read_text(c, file, plat, &text);
	if (!ret)
		ret = cli_run_parse(r, file, text, strlen(text));
	ret = ret ? cli_run_refused(r, file, ret) : cli_run_do(r, file);
	free(text);
	return ret;
}

/* Of a matrix --set chooses one column, and nothing else. */
static int run_all(struct cli *c, const struct cli_run_opts *o, char **sets,
		   unsigned n, const char *format)
{
	const char *plat = set_to(sets, n, "PLATFORM", NULL);

	if (n > 1 || (n && !plat) || o->keylog)
		return cli_misuse(c, "run --all takes --set PLATFORM=… alone, "
				     "and no --key-log");
	if (format && (o->json || (strcmp(format, "text") != 0 &&
				   strcmp(format, "markdown") != 0)))
		return cli_misuse(c,
				  "--format is '%s'; expected text or "
				  "markdown, without --json",
				  format);
	return cli_matrix(c, o, plat, format);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct cli_run_opts o = { 0 };
	const char *all = NULL, *format = NULL;
	const struct cli_opt opts[] = {
		{ "all", true, &all },
		{ "format", false, &format },
		{ "payload", false, &o.payload },
		{ "identity", false, &o.identity },
		{ "trust", false, &o.trust },
		{ "expect-measurements", false, &o.expect },
		{ "key-log", false, &o.keylog },
		{ "seed", false, &o.seed },
		{ "now", false, &o.now },
		{ "trace", false, &o.trace },
		{ "json", true, &o.json },
	};
	const char *file = NULL;
	char *sets[SETS_MAX];
	unsigned n = 0;
	struct cli_run *r;
	int ret = take_sets(c, &argc, argv, sets, &n);

	if (!ret)
		ret = cli_opts(c, argc, argv, opts, COUNT(opts), &file, 1);
	if (ret)
		return ret;
	if (!file == !all || (format && !all))
		return cli_misuse(c, "usage: interlock run FILE|NAME [--set "
				     "NAME=VALUE] …, or interlock run --all "
				     "[--format text|markdown]");
	if (all)
		return run_all(c, &o, sets, n, format);
	r = malloc(sizeof(*r));
	if (!r)
		return cli_fail(c, "no memory");
	ret = run_file(c, r, &o, file, sets, n);
	cli_run_close(r);
	free(r);
	return ret;
}

const struct cli_cmd cmd_run = {
	.name = "run",
	.args = "FILE|NAME|--all [--set NAME=VALUE]… [--payload FILE] "
		"[--identity DIR] "
		"[--trust FILE] [--expect-measurements FILE] [--key-log FILE] "
		"[--seed N] "
		"[--now S] [--format text|markdown] [--json]",
	.help = "run a scenario, or all that the tool carries by architecture",
	.doc = "docs/language.md",
	.run = run,
};
