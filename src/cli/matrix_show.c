/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/matrix.h"

#include <string.h>

#include "base/bits.h"

/* The matrix for people: as columns of text, and as docs/matrix.md. */

static const char *text_of(json_t *note, const char *key)
{
	const char *s = json_string_value(json_object_get(note, key));

	return s ? s : "";
}

static bool is_kind(json_t *note, const char *kind)
{
	return strcmp(text_of(note, "kind"), kind) == 0;
}

/* What came several times is said once. */
static bool said(const struct cli_row *row, unsigned p, json_t *note)
{
	size_t i;
	json_t *n;

	json_array_foreach(row->cell[p].notes, i, n)
	{
		if (n == note)
			return false;
		if (is_kind(n, text_of(note, "kind")) &&
		    strcmp(text_of(n, "what"), text_of(note, "what")) == 0 &&
		    strcmp(text_of(n, "source"), text_of(note, "source")) == 0)
			return true;
	}
	return false;
}

/* --- text --- */

#define NAME_WIDTH 34
#define CELL_WIDTH 29

static void pad(FILE *f, const char *s, size_t width)
{
	const size_t n = strlen(s);

	if (n < width)
		fprintf(f, "%-*s", (int)width, s);
	else
		fprintf(f, "%.*s… ", (int)width - 2, s);
}

/* Why, a line for each thing that came as expected. */
static void text_notes(const struct cli_matrix *m, const struct cli_row *row,
		       FILE *f)
{
	size_t i;
	json_t *n;

	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		if (!m->shown[p])
			continue;
		json_array_foreach(row->cell[p].notes, i, n)
		{
			if (is_kind(n, "differs") || said(row, p, n))
				continue;
			fprintf(f, "  %-12s %-18s", world_plat_names[p],
				is_kind(n, "open") || is_kind(n, "inapplicable")
					? text_of(n, "kind")
					: text_of(n, "what"));
			fprintf(f, " %s", text_of(n, "says"));
			if (*text_of(n, "source"))
				fprintf(f, " (%s, %s)", text_of(n, "source"),
					text_of(n, "sure"));
			fputc('\n', f);
		}
	}
}

void cli_matrix_text(const struct cli_matrix *m, FILE *f)
{
	char text[160];

	pad(f, "", NAME_WIDTH);
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (m->shown[p])
			pad(f, world_plat_names[p], CELL_WIDTH);
	fputc('\n', f);
	for (unsigned i = 0; i < m->rows; i++) {
		pad(f, m->row[i].name, NAME_WIDTH);
		for (unsigned p = 0; p < WORLD_PLATS; p++) {
			if (!m->shown[p])
				continue;
			cli_cell_text(&m->row[i].cell[p], text, sizeof(text));
			pad(f, text, CELL_WIDTH);
		}
		fputc('\n', f);
		text_notes(m, &m->row[i], f);
	}
}

/* --- markdown --- */

static void heads(const struct cli_matrix *m, FILE *f)
{
	fputs("| scenario |", f);
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (m->shown[p])
			fprintf(f, " %s |", world_plat_names[p]);
	fputs("\n|---|", f);
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		if (m->shown[p])
			fputs("---|", f);
	fputc('\n', f);
}

static void table(const struct cli_matrix *m, FILE *f)
{
	char text[160];

	heads(m, f);
	for (unsigned i = 0; i < m->rows; i++) {
		fprintf(f, "| `%s` |", m->row[i].name);
		for (unsigned p = 0; p < WORLD_PLATS; p++) {
			if (!m->shown[p])
				continue;
			cli_cell_text(&m->row[i].cell[p], text, sizeof(text));
			fprintf(f, " %s |", text);
		}
		fputc('\n', f);
	}
}

static bool has(const struct cli_matrix *m, const struct cli_row *row,
		const char *kind, bool want)
{
	size_t i;
	json_t *n;

	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		if (!m->shown[p])
			continue;
		json_array_foreach(row->cell[p].notes, i,
				   n) if (is_kind(n, kind) == want) return true;
	}
	return false;
}

static void why_line(json_t *n, FILE *f)
{
	if (is_kind(n, "inapplicable"))
		fprintf(f, "not applicable: %s", text_of(n, "what"));
	else if (is_kind(n, "open"))
		fprintf(f, "open: %s", text_of(n, "what"));
	else if (is_kind(n, "fault"))
		fprintf(f, "`%s`: %s", text_of(n, "what"), text_of(n, "says"));
	else
		fprintf(f, "%s `%s`: %s", text_of(n, "kind"),
			text_of(n, "what"), text_of(n, "says"));
	if (*text_of(n, "source"))
		fprintf(f, " (%s; %s)", text_of(n, "source"),
			text_of(n, "sure"));
	fputc('\n', f);
}

static void whys(const struct cli_matrix *m, const struct cli_row *row, FILE *f)
{
	size_t i;
	json_t *n;

	fprintf(f, "\n### %s\n", row->name);
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		bool any = false;

		if (!m->shown[p])
			continue;
		json_array_foreach(row->cell[p].notes, i, n)
		{
			if (is_kind(n, "differs") || said(row, p, n))
				continue;
			if (!any)
				fprintf(f, "\n%s:\n\n", world_plat_names[p]);
			any = true;
			fputs("- ", f);
			why_line(n, f);
		}
	}
}

static void differences(const struct cli_matrix *m, const struct cli_row *row,
			FILE *f)
{
	size_t i;
	json_t *n;

	fprintf(f, "\n### %s\n\n", row->name);
	for (unsigned p = 0; p < WORLD_PLATS; p++) {
		if (!m->shown[p])
			continue;
		json_array_foreach(row->cell[p].notes, i, n)
		{
			if (is_kind(n, "differs"))
				fprintf(f, "- **%s**: %s (%s)\n",
					world_plat_names[p], text_of(n, "what"),
					text_of(n, "source"));
		}
	}
}

void cli_matrix_markdown(const struct cli_matrix *m, FILE *f)
{
	fputs("# Scenarios by architecture\n\n"
	      "Made by `interlock run --all --format markdown`; a test makes "
	      "it "
	      "again and compares.\n"
	      "Every cell is what the run itself came to: `done`, the file ran "
	      "through; `refused`, a\n"
	      "naive order met the error, or the verdict of the guest, that it "
	      "expects; `fault`, it\n"
	      "met these rules of the machine ([faults.md](faults.md)); "
	      "`open`, "
	      "it went as the file\n"
	      "says, and that rests on what public sources leave open, so it "
	      "is "
	      "no pass; `not\n"
	      "applicable`, with the reason below.\n\n",
	      f);
	table(m, f);
	fputs("\n## Where the architectures differ\n", f);
	for (unsigned i = 0; i < m->rows; i++)
		if (has(m, &m->row[i], "differs", true))
			differences(m, &m->row[i], f);
	fputs("\n## What each run met, and where it is written\n", f);
	for (unsigned i = 0; i < m->rows; i++)
		if (has(m, &m->row[i], "differs", false))
			whys(m, &m->row[i], f);
}
