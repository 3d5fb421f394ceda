/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "cli/embedded.h"
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

/* Does @s, of @len letters, end so? */
static bool ends(const char *s, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len > n && memcmp(s + len - n, with, n) == 0;
}

/*
 * A scenario of @name for that platform: the platform's own file goes before
 * the common one, and the common one is it where there is no own.
 */
static const struct cli_scenario *carried(const char *name, const char *plat)
{
	const struct cli_scenario *k = cli_scenario_find(name);
	size_t len = strlen(name);
	char own[256];

	if (ends(name, len, ".il"))
		len -= 3;
	snprintf(own, sizeof(own), "%.*s-%s", (int)len, name, plat);
	if (cli_scenario_find(own))
		return cli_scenario_find(own);
	if (k || !ends(own, len, plat))
		return k;
	own[len - strlen(plat) - 1] = '\0';
	return cli_scenario_find(own);
}

/* A file of that name, else a scenario of that name that the tool carries. */
static int read_text(struct cli *c, const char *name, const char *plat,
		     char **text)
{
	const struct cli_scenario *k = carried(name, plat);
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
		ret = read_text(c, file, plat, &text);
	if (!ret)
		ret = apply_sets(r, sets, n);
	if (!ret)
		ret = cli_run_parse(r, file, text, strlen(text));
	ret = ret ? cli_run_refused(r, file, ret) : cli_run_do(r, file);
	free(text);
	return ret;
}

/* --- all of them, as a table --- */

static void say_row(struct cli_run *r, const char *name, int ret)
{
	FILE *f = r->c->out;
	size_t i;
	json_t *o;

	fprintf(f, "%-32s %-8s %8.3f s\n", name, ret ? "FAILED" : "ok",
		(double)(r->c->mono_ns() - r->start_ns) / 1e9);
	json_array_foreach(r->expected_here, i, o)
		fprintf(f, "  %-30s %s\n",
			json_string_value(json_object_get(o, "what")),
			json_string_value(json_object_get(o, "why")));
	fflush(f);
}

static int run_one(struct cli *c, struct cli_run *r,
		   const struct cli_run_opts *o, const struct cli_scenario *k,
		   json_t *ends)
{
	int ret = cli_run_open(c, r, o);

	r->quiet = true;
	r->ends = ends;
	r->start_ns = c->mono_ns();
	if (!ret)
		ret = cli_run_parse(r, k->name, k->text, strlen(k->text));
	ret = ret ? cli_run_refused(r, k->name, ret) : cli_run_do(r, k->name);
	if (!r->json)
		say_row(r, k->name, ret);
	cli_run_close(r);
	return ret;
}

static int run_all(struct cli *c, struct cli_run *r,
		   const struct cli_run_opts *o)
{
	json_t *ends = o->json ? json_array() : NULL;
	unsigned good = 0, bad = 0;

	if (o->json && !ends)
		return cli_fail(c, "no memory");
	for (const struct cli_scenario *k = cli_scenarios; k->name; k++) {
		if (run_one(c, r, o, k, ends))
			bad++;
		else
			good++;
	}
	if (ends) {
		json_dumpf(ends, c->out, JSON_INDENT(1));
		fputc('\n', c->out);
	} else {
		fprintf(c->out, "%u scenarios as they say, %u not\n", good,
			bad);
	}
	json_decref(ends);
	return bad ? CLI_FAILED : CLI_DONE;
}

static int run(struct cli *c, int argc, char **argv)
{
	struct cli_run_opts o = { 0 };
	const char *all = NULL;
	const struct cli_opt opts[] = {
		{ "all", true, &all },
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
	if (!file == !all || (all && (n || o.keylog)))
		return cli_misuse(c, "usage: interlock run FILE|NAME [--set "
				     "NAME=VALUE] …, or interlock run --all, "
				     "without --set and --key-log");
	r = malloc(sizeof(*r));
	if (!r)
		return cli_fail(c, "no memory");
	if (all) {
		ret = run_all(c, r, &o);
	} else {
		ret = run_file(c, r, &o, file, sets, n);
		cli_run_close(r);
	}
	free(r);
	return ret;
}

const struct cli_cmd cmd_run = {
	.name = "run",
	.args = "FILE|NAME|--all [--set NAME=VALUE]… [--payload FILE] "
		"[--identity DIR] "
		"[--trust FILE] [--expect-measurements FILE] [--key-log FILE] "
		"[--seed N] "
		"[--now S] [--json]",
	.help = "run a scenario, or all that the tool carries",
	.doc = "docs/language.md",
	.run = run,
};
