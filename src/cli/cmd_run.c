/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/session.h"

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

static int run_file(struct cli *c, struct cli_run *r,
		    const struct cli_run_opts *o, const char *file, char **sets,
		    unsigned n)
{
	uint8_t *text = NULL;
	size_t len = 0;
	int ret = cli_run_open(c, r, o);

	if (!ret)
		ret = apply_sets(r, sets, n);
	if (!ret)
		ret = cli_read(c, "scenario", file, 1u << 20, &text, &len);
	if (!ret)
		ret = cli_run_parse(r, file, (char *)text, len);
	ret = ret ? cli_run_refused(r, file, ret) : cli_run_do(r, file);
	free(text);
	return ret;
}

static int run(struct cli *c, int argc, char **argv)
{
	struct cli_run_opts o = { 0 };
	const struct cli_opt opts[] = {
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
	if (!file)
		return cli_misuse(c, "usage: interlock run FILE [--set "
				     "NAME=VALUE] …");
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
	.args = "FILE [--set NAME=VALUE]… [--payload FILE] [--identity DIR] "
		"[--trust FILE] [--expect-measurements FILE] [--key-log FILE] "
		"[--seed N] "
		"[--now S] [--json]",
	.help = "run a scenario",
	.doc = "docs/language.md",
	.run = run,
};
