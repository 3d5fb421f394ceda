/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "cli/compare.h"
#include "cli/matrix.h"

/* The same scenario on every platform: what each boundary sees of it. */

#define WIDTH	  160u
#define WIDTH_MIN 80u

struct compare_opts {
	struct cli_run_opts run;
	const char *below;
	const char *format;
	const char *width;
};

static void on_call(void *ctx, const struct world_edge_call *c)
{
	struct cli_run *r = ctx;

	cli_track_call(r->track, c);
}

static void keep_why(struct cli_track *t, json_t *notes)
{
	size_t i;
	json_t *n;

	json_array_foreach(notes, i, n)
	{
		if (strcmp(json_string_value(json_object_get(n, "kind")),
			   "inapplicable") == 0)
			snprintf(t->inapplicable, sizeof(t->inapplicable), "%s",
				 json_string_value(json_object_get(n, "what")));
	}
}

static void run_track(struct cli *c, struct cli_run *r,
		      const struct compare_opts *o, struct cli_compare *x,
		      unsigned p)
{
	const struct cli_scenario *k =
		cli_scenario_on(x->scenario, world_plat_names[p]);
	struct cli_track *t = &x->track[p];
	int ret;

	t->shown = true;
	if (!k)
		return;
	t->file = k->name;
	ret = cli_run_open(c, r, &o->run);
	r->quiet = true;
	r->track = t;
	r->cfg.out.call = on_call;
	if (!ret && lang_set(&r->script, "PLATFORM", world_plat_names[p]))
		ret = cli_fail(c, "no memory");
	if (!ret)
		ret = cli_run_parse(r, k->name, k->text, strlen(k->text));
	if (!ret)
		ret = cli_run_do(r, k->name);
	t->failed = ret != 0;
	keep_why(t, r->notes);
	cli_run_close(r);
}

static int show(struct cli *c, const struct compare_opts *o,
		const struct cli_compare *x, unsigned width)
{
	bool bad = false;

	if (o->format) {
		json_t *all = cli_compare_json(x);

		json_dumpf(all, c->out, JSON_INDENT(1));
		fputc('\n', c->out);
		json_decref(all);
	} else if (o->below) {
		cli_compare_below(x, c->out);
	} else {
		cli_compare_side(x, c->out, width);
	}
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		if (x->track[p].full)
			return cli_fail(c, "no memory");
		bad = bad || x->track[p].failed;
	}
	return bad ? CLI_FAILED : CLI_DONE;
}

static int compare(struct cli *c, const struct compare_opts *o,
		   struct cli_compare *x, unsigned width)
{
	struct cli_run *r = malloc(sizeof(*r));
	bool any = false;

	if (!r)
		return cli_fail(c, "no memory");
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		if (world_plats[p])
			run_track(c, r, o, x, p);
		any = any || x->track[p].file;
	}
	free(r);
	if (!any)
		return cli_fail(c,
				"scenario %s: the tool carries none of "
				"that name",
				x->scenario);
	if (!cli_compare_align(x))
		return cli_fail(c, "%s: too many commands", x->scenario);
	return show(c, o, x, width);
}

static void drop(struct cli_compare *x)
{
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		for (unsigned i = 0; i < x->track[p].verbs; i++)
			free(x->track[p].verb[i].call);
		free(x->track[p].verb);
	}
	free(x);
}

static int run(struct cli *c, int argc, char **argv)
{
	struct compare_opts o = { 0 };
	const char *json = NULL;
	const struct cli_opt opts[] = {
		{ "below", true, &o.below },
		{ "format", false, &o.format },
		{ "json", true, &json },
		{ "width", false, &o.width },
		{ "payload", false, &o.run.payload },
		{ "identity", false, &o.run.identity },
		{ "trust", false, &o.run.trust },
		{ "seed", false, &o.run.seed },
		{ "now", false, &o.run.now },
	};
	const char *name = NULL;
	unsigned long width = WIDTH;
	struct cli_compare *x;
	int ret = cli_opts(c, argc, argv, opts, COUNT(opts), &name, 1);

	if (!ret)
		ret = cli_number(c, "width", o.width, 1000, &width);
	if (ret)
		return ret;
	if (!name)
		return cli_misuse(c, "usage: interlock compare SCENARIO");
	if (o.format && strcmp(o.format, "json") != 0)
		return cli_misuse(c, "--format is '%s'; expected json",
				  o.format);
	if (width < WIDTH_MIN)
		return cli_misuse(c, "--width is %lu; expected %u or more",
				  width, WIDTH_MIN);
	x = calloc(1, sizeof(*x));
	if (!x)
		return cli_fail(c, "no memory");
	x->scenario = name;
	if (json)
		o.format = "json";
	ret = compare(c, &o, x, (unsigned)width);
	drop(x);
	return ret;
}

const struct cli_cmd cmd_compare = {
	.name = "compare",
	.args = "SCENARIO [--below] [--width COLUMNS] [--json] "
		"[--payload FILE] [--identity DIR] [--trust FILE] [--seed N] "
		"[--now S]",
	.help = "one scenario on every platform: the calls at each boundary",
	.doc = "docs/compare.md",
	.run = run,
};
