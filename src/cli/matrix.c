/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

/* --- which file --- */

static bool ends(const char *s, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len > n && memcmp(s + len - n, with, n) == 0;
}

/* Length of @name without "-PLATFORM" at its end. */
static size_t base_of(const char *name, size_t len)
{
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (ends(name, len, world_plat_names[p]))
			return len - strlen(world_plat_names[p]) - 1;
	return len;
}

const struct cli_scenario *cli_scenario_on(const char *name, const char *plat)
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

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cli_row *)a)->name,
		      ((const struct cli_row *)b)->name);
}

static struct cli_row *row_of(struct cli_matrix *m,
			      const struct cli_scenario *k)
{
	const size_t len = base_of(k->name, strlen(k->name));
	struct cli_row *r = &m->row[m->rows];

	for (unsigned i = 0; i < m->rows; i++)
		if (strlen(m->row[i].name) == len &&
		    memcmp(m->row[i].name, k->name, len) == 0)
			return &m->row[i];
	if (m->rows == CLI_ROWS_MAX || len >= sizeof(r->name))
		return NULL;
	snprintf(r->name, sizeof(r->name), "%.*s", (int)len, k->name);
	m->rows++;
	return r;
}

/* Each name once, and the file of each platform. */
static int find_rows(struct cli *c, struct cli_matrix *m)
{
	for (const struct cli_scenario *k = cli_scenarios; k->name; k++) {
		struct cli_row *r = row_of(m, k);

		if (!r)
			return cli_fail(c,
					"%s: too many scenarios, or too "
					"long a name",
					k->name);
		for (unsigned p = 0; p < WORLD_PLATS; p++)
			r->cell[p].file =
				cli_scenario_on(r->name, world_plat_names[p]);
	}
	qsort(m->row, m->rows, sizeof(m->row[0]), by_name);
	return 0;
}

/* --- what a run came to --- */

static const char *text_of(json_t *note, const char *key)
{
	const char *s = json_string_value(json_object_get(note, key));

	return s ? s : "";
}

static bool is_kind(json_t *note, const char *kind)
{
	return strcmp(text_of(note, "kind"), kind) == 0;
}

/*
 * What of a note stands in a cell: the name of what came; but where the file
 * has no source for a word of the tool's own, what was said.
 */
static const char *short_of(json_t *n)
{
	return is_kind(n, "error") && !*text_of(n, "source") &&
			       *text_of(n, "says")
		       ? text_of(n, "says")
		       : text_of(n, "what");
}

/* What of @kind the run met, each once, with commas between. */
static bool gather(struct cli_cell *cell, const char *kind)
{
	size_t i, at = 0;
	json_t *n;

	cell->what[0] = '\0';
	json_array_foreach(cell->notes, i, n)
	{
		const char *what = short_of(n);

		/* A verdict of none accepts. */
		if (!is_kind(n, kind) || strcmp(what, "none") == 0 ||
		    strstr(cell->what, what) || at >= sizeof(cell->what))
			continue;
		at += (size_t)snprintf(cell->what + at, sizeof(cell->what) - at,
				       "%s%s", at ? ", " : "", what);
	}
	return at != 0;
}

/* The first note that rests on OPEN, or NULL. */
static json_t *rests(const struct cli_cell *cell)
{
	size_t i;
	json_t *n;

	json_array_foreach(cell->notes, i, n)
	{
		if (is_kind(n, "open") ||
		    (*text_of(n, "source") &&
		     strcmp(text_of(n, "sure"), sure_name(SURE_OPEN)) == 0))
			return n;
	}
	return NULL;
}

static json_t *first(const struct cli_cell *cell, const char *kind)
{
	size_t i;
	json_t *n;

	json_array_foreach(cell->notes, i, n) if (is_kind(n, kind)) return n;
	return NULL;
}

void cli_cell_judge(struct cli_cell *cell, bool naive)
{
	json_t *n = first(cell, "inapplicable");

	cell->what[0] = '\0';
	cell->outcome = CLI_CELL_DONE;
	if (n) {
		cell->outcome = CLI_CELL_INAPPLICABLE;
		return;
	}
	n = rests(cell);
	if (n) {
		cell->outcome = CLI_CELL_OPEN;
		/* Of an error, what is not settled is when it comes. */
		snprintf(cell->what, sizeof(cell->what), "%s",
			 text_of(n, is_kind(n, "error") ? "source" : "what"));
		return;
	}
	if (!naive)
		return;
	if (gather(cell, "fault"))
		cell->outcome = CLI_CELL_FAULT;
	else if (gather(cell, "verdict") || gather(cell, "error"))
		cell->outcome = CLI_CELL_REFUSED;
}

void cli_cell_text(const struct cli_cell *cell, char *out, size_t cap)
{
	static const char *const names[] = {
		[CLI_CELL_NONE] = "no file",
		[CLI_CELL_DONE] = "done",
		[CLI_CELL_REFUSED] = "refused",
		[CLI_CELL_FAULT] = "fault",
		[CLI_CELL_INAPPLICABLE] = "not applicable",
		[CLI_CELL_OPEN] = "open",
		[CLI_CELL_FAILED] = "FAILED",
	};

	snprintf(out, cap, "%s%s%s", names[cell->outcome],
		 cell->what[0] ? ": " : "", cell->what);
}

/* --- running --- */

static bool is_naive(const char *name)
{
	return ends(name, strlen(name), "-naive");
}

static void run_cell(struct cli *c, struct cli_run *r,
		     const struct cli_run_opts *o, struct cli_row *row,
		     unsigned p, json_t *list)
{
	struct cli_cell *cell = &row->cell[p];
	const struct cli_scenario *k = cell->file;
	int ret = cli_run_open(c, r, o);
	char name[96];

	/* For programs the platform stands beside it. */
	snprintf(name, sizeof(name), "%s%s%s", k->name, list ? "" : " on ",
		 list ? "" : world_plat_names[p]);

	r->quiet = true;
	r->ends = list;
	r->start_ns = c->mono_ns();
	if (!ret && lang_set(&r->script, "PLATFORM", world_plat_names[p]))
		ret = cli_fail(c, "no memory");
	if (!ret)
		ret = cli_run_parse(r, name, k->text, strlen(k->text));
	ret = ret ? cli_run_refused(r, name, ret) : cli_run_do(r, name);
	cell->seconds = (double)(c->mono_ns() - r->start_ns) / 1e9;
	cell->notes = json_incref(r->notes);
	if (ret)
		cell->outcome = CLI_CELL_FAILED;
	else
		cli_cell_judge(cell, is_naive(row->name));
	cli_run_close(r);
}

static void name_last(json_t *list, const struct cli_row *row, unsigned p)
{
	json_t *o = json_array_get(list, json_array_size(list) - 1);
	char text[160];

	cli_cell_text(&row->cell[p], text, sizeof(text));
	json_object_set_new(o, "row", json_string(row->name));
	json_object_set_new(o, "platform", json_string(world_plat_names[p]));
	json_object_set_new(o, "outcome", json_string(text));
}

static void run_rows(struct cli *c, struct cli_run *r,
		     const struct cli_run_opts *o, struct cli_matrix *m,
		     json_t *list)
{
	for (unsigned i = 0; i < m->rows; i++)
		for (unsigned p = 0; p < WORLD_PLATS; p++) {
			struct cli_cell *cell = &m->row[i].cell[p];

			if (!m->shown[p] || !cell->file)
				continue;
			run_cell(c, r, o, &m->row[i], p, list);
			if (list)
				name_last(list, &m->row[i], p);
			if (cell->outcome == CLI_CELL_FAILED)
				m->bad++;
			else
				m->good++;
		}
}

static int show(struct cli *c, const struct cli_matrix *m, json_t *list,
		const char *format)
{
	if (list) {
		json_dumpf(list, c->out, JSON_INDENT(1));
		fputc('\n', c->out);
	} else if (format && strcmp(format, "markdown") == 0) {
		cli_matrix_markdown(m, c->out);
	} else {
		cli_matrix_text(m, c->out);
		fprintf(c->out, "%u runs as their files say, %u not\n", m->good,
			m->bad);
	}
	return m->bad ? CLI_FAILED : CLI_DONE;
}

static void drop(struct cli_matrix *m)
{
	for (unsigned i = 0; i < m->rows; i++)
		for (unsigned p = 0; p < WORLD_PLATS; p++)
			json_decref(m->row[i].cell[p].notes);
	free(m);
}

/* @plat's column, or all that this build has. False: there is no such one. */
static bool choose(struct cli_matrix *m, const char *plat)
{
	bool any = false;

	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		m->shown[p] = world_plats[p] &&
			      (!plat || strcmp(plat, world_plat_names[p]) == 0);
		any = any || m->shown[p];
	}
	return any;
}

int cli_matrix(struct cli *c, const struct cli_run_opts *o, const char *plat,
	       const char *format)
{
	struct cli_matrix *m = calloc(1, sizeof(*m));
	struct cli_run *r = malloc(sizeof(*r));
	json_t *list = o->json ? json_array() : NULL;
	int ret = m && r && (!o->json || list) ? 0 : cli_fail(c, "no memory");

	if (!ret && !choose(m, plat))
		ret = cli_misuse(c, "there is no platform %s in this build",
				 plat);
	if (!ret)
		ret = find_rows(c, m);
	if (!ret) {
		run_rows(c, r, o, m, list);
		ret = show(c, m, list, format);
	}
	json_decref(list);
	free(r);
	if (m)
		drop(m);
	return ret;
}
