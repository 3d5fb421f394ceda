/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

/* Calls at the boundaries: in columns, one below the other, as JSON. */

const char *const cli_edge_names[WORLD_EDGES] = {
	[WORLD_VMM_HOST] = "VMM to host",
	[WORLD_HOST_FW] = "host to firmware",
	[WORLD_FW_DEV] = "firmware to device",
	[WORLD_GUEST_FW] = "guest to firmware",
};

static const struct cli_verb *at(const struct cli_compare *x, unsigned row,
				 unsigned p)
{
	const unsigned i = x->row[row][p];

	return i ? &x->track[p].verb[i - 1] : NULL;
}

/* --- side by side --- */

/* Blanks behind a text are written before the next one: @owed of them. */
static void column(FILE *f, const char *text, unsigned width, unsigned *owed)
{
	const unsigned n = (unsigned)strlen(text);

	if (n)
		fprintf(f, "%*s", (int)*owed, "");
	if (n < width) {
		fputs(text, f);
		*owed = n ? width - n : *owed + width;
	} else {
		fprintf(f, "%.*s~", (int)width - 2, text);
		*owed = 1;
	}
}

/* Lines of each platform at one boundary of a row. */
struct edge_lines {
	struct cli_line *l[WORLD_PLATS];
	unsigned n[WORLD_PLATS];
	unsigned most;
};

static void drop_lines(struct edge_lines *e)
{
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		free(e->l[p]);
}

/* A platform for which there is no memory shows nothing. */
static void take_lines(struct edge_lines *e, const struct cli_compare *x,
		       unsigned row, enum world_edge edge)
{
	*e = (struct edge_lines){ .most = 0 };
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		const struct cli_verb *v = at(x, row, p);

		if (v)
			e->l[p] = calloc(2 * (size_t)v->calls + 1,
					 sizeof(*e->l[p]));
		if (e->l[p])
			e->n[p] = cli_verb_lines(v, edge, e->l[p]);
		if (e->n[p] > e->most)
			e->most = e->n[p];
	}
}

static void edge_rows(const struct cli_compare *x, unsigned row,
		      enum world_edge edge, FILE *f, unsigned width)
{
	struct edge_lines e;

	take_lines(&e, x, row, edge);
	if (e.most)
		fprintf(f, "  %s\n", cli_edge_names[edge]);
	for (unsigned n = 0; n < e.most; n++) {
		unsigned owed = 4;
		char text[128];

		for (unsigned p = 0; p < WORLD_PLATS; p++) {
			if (!x->track[p].shown)
				continue;
			text[0] = '\0';
			if (n < e.n[p])
				cli_line_text(&e.l[p][n], text, sizeof(text));
			column(f, text, width, &owed);
		}
		fputc('\n', f);
	}
	drop_lines(&e);
}

/* @text in lines of @width at the most, cut at blanks; more lines 2 further in.
 */
static void wrapped(FILE *f, const char *text, size_t width)
{
	size_t in = 0;

	while (*text) {
		size_t n = strlen(text);

		if (n > width - in) {
			n = width - in;
			while (n && text[n] != ' ')
				n--;
			n = n ? n : width - in;
		}
		fprintf(f, "%*s%.*s\n", (int)in, "", (int)n, text);
		text += n;
		text += strspn(text, " ");
		in = 2;
	}
}

static void say_why(const struct cli_compare *x, FILE *f, unsigned width)
{
	char why[400];

	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		const struct cli_track *t = &x->track[p];

		if (!t->shown)
			continue;
		why[0] = '\0';
		if (!t->file)
			snprintf(why, sizeof(why), "%s: no file shows it",
				 world_plat_names[p]);
		else if (t->inapplicable[0])
			snprintf(why, sizeof(why), "%s: not applicable: %s",
				 world_plat_names[p], t->inapplicable);
		else if (t->failed)
			snprintf(why, sizeof(why),
				 "%s: it does not go as its file says",
				 world_plat_names[p]);
		wrapped(f, why, width);
	}
}

void cli_compare_side(const struct cli_compare *x, FILE *f, unsigned width)
{
	unsigned shown = 0, owed = 4, wide;

	for (unsigned p = 0; p < WORLD_PLATS; p++)
		shown += x->track[p].shown;
	wide = (width - 4) / (shown ? shown : 1);
	say_why(x, f, width);
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (x->track[p].shown)
			column(f, world_plat_names[p], wide, &owed);
	fputc('\n', f);
	for (unsigned r = 0; r < x->rows; r++) {
		fprintf(f, "\n%s\n", cli_compare_any(x, r)->name);
		for (unsigned e = 0; e < WORLD_EDGES; e++)
			edge_rows(x, r, (enum world_edge)e, f, wide);
	}
}

/* --- one below the other, in the order in which calls were made --- */

static void verb_below(const struct cli_verb *v, FILE *f)
{
	struct cli_line *l = calloc(2 * (size_t)v->calls + 1, sizeof(*l));
	unsigned n = l ? cli_verb_lines(v, WORLD_EDGES, l) : 0;
	char text[128];

	fprintf(f, "  %s\n", v->name);
	for (unsigned i = 0; i < n; i++) {
		cli_line_text(&l[i], text, sizeof(text));
		fprintf(f, "    %-18s %s\n",
			l[i].call ? cli_edge_names[l[i].call->edge] : "", text);
	}
	free(l);
}

void cli_compare_below(const struct cli_compare *x, FILE *f)
{
	say_why(x, f, 80);
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		const struct cli_track *t = &x->track[p];

		if (!t->shown || !t->verbs)
			continue;
		fprintf(f, "\n%s\n", world_plat_names[p]);
		for (unsigned i = 0; i < t->verbs; i++)
			verb_below(&t->verb[i], f);
	}
}

/* --- JSON --- */

static json_t *calls_json(const struct cli_verb *v)
{
	json_t *o = json_object();

	for (unsigned e = 0; e < WORLD_EDGES; e++) {
		json_t *list = json_array();

		for (unsigned i = 0; i < v->calls; i++) {
			const struct cli_edge_call *c = &v->call[i];

			if (c->edge != e)
				continue;
			json_array_append_new(
				list, json_pack("{s:s, s:i, s:s}", "name",
						c->name, "times", (int)c->times,
						"status", c->status));
		}
		json_object_set_new(o, cli_edge_names[e], list);
	}
	return o;
}

static json_t *row_json(const struct cli_compare *x, unsigned row)
{
	const struct cli_verb *any = cli_compare_any(x, row);
	json_t *on = json_object();

	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (at(x, row, p))
			json_object_set_new(on, world_plat_names[p],
					    calls_json(at(x, row, p)));
	return json_pack("{s:s, s:i, s:o}", "verb", any->name, "nth",
			 (int)any->nth, "on", on);
}

json_t *cli_compare_json(const struct cli_compare *x)
{
	json_t *rows = json_array(), *plats = json_object();

	for (unsigned r = 0; r < x->rows; r++)
		json_array_append_new(rows, row_json(x, r));
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		const struct cli_track *t = &x->track[p];

		if (!t->shown)
			continue;
		json_object_set_new(plats, world_plat_names[p],
				    json_pack("{s:s, s:b, s:s}", "file",
					      t->file ? t->file : "", "ok",
					      t->file && !t->failed,
					      "inapplicable", t->inapplicable));
	}
	return json_pack("{s:s, s:o, s:o}", "scenario", x->scenario,
			 "platforms", plats, "rows", rows);
}
