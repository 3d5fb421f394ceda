/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "device/misbehave.h"
#include "judge/judge.h"

/* docs/requirements.md and the table of cases say the same. */

#define NAMES 2048u

static char *text; /* of the document */
static char named[NAMES][JUDGE_NAME_MAX];
static unsigned names;
static unsigned wrong;

static void complain(const char *what, const char *of)
{
	print_message("%s: %s\n", of, what);
	wrong++;
}

/* A case's name as the document has it: without a version. */
static void name_of(const struct judge_case *c, char out[JUDGE_NAME_MAX])
{
	if (c->versions)
		snprintf(out, JUDGE_NAME_MAX, "%s/%s",
			 judge_group_name(c->group), c->name);
	else
		snprintf(out, JUDGE_NAME_MAX, "%s", c->name);
}

static void each(void (*fn)(const struct judge_case *c))
{
	for (size_t t = 0; judge_tables[t]; t++)
		for (size_t i = 0; i < judge_tables[t]->n; i++)
			fn(&judge_tables[t]->cases[i]);
}

static int read_document(void **unused)
{
	const char *path = getenv("REQUIREMENTS");
	FILE *f = path ? fopen(path, "re") : NULL;
	long n;

	(void)unused;
	if (!f || fseek(f, 0, SEEK_END) || (n = ftell(f)) < 0)
		return -1;
	rewind(f);
	text = calloc(1, (size_t)n + 1);
	if (!text || fread(text, 1, (size_t)n, f) != (size_t)n)
		return -1;
	fclose(f);
	return 0;
}

static int drop_document(void **unused)
{
	(void)unused;
	free(text);
	return 0;
}

/* --- rows --- */

/* The cells of a table's row; 0: the line is none, or is a head or rule. */
static unsigned cells(char *line, char *cell[8])
{
	unsigned n = 0;
	char *at;

	if (line[0] != '|' || !strncmp(line, "|---", 4) ||
	    !strncmp(line, "| requirement |", 15))
		return 0;
	for (at = line + 1; *at && n < 8; at++) {
		cell[n++] = at;
		at += strcspn(at, "|");
		if (!*at)
			break;
		*at = '\0';
	}
	return n;
}

/* Words between backquotes are names of cases. */
static bool take_names(char *cell)
{
	bool any = false;

	for (char *at = strchr(cell, '`'); at; at = strchr(at, '`')) {
		char *end = strchr(++at, '`');

		assert_non_null(end);
		assert_true(names < NAMES);
		snprintf(named[names++], JUDGE_NAME_MAX, "%.*s",
			 (int)(end - at), at);
		at = end + 1;
		any = true;
	}
	return any;
}

static bool blank(const char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	return !*s;
}

static void take_row(char *line)
{
	char *cell[8];
	const unsigned n = cells(line, cell);
	const char *last = n >= 3 ? cell[2] : "";

	if (!n)
		return;
	if (n != 3 && !(n == 4 && blank(cell[3])))
		complain("a row of other than three cells", line);
	if (n < 3)
		return;
	if (blank(cell[0]) || blank(cell[1]))
		complain("a row without a requirement or a section", cell[0]);
	while (*last == ' ')
		last++;
	/* "-" or its long form, then why */
	if (strncmp(last, "- ", 2) != 0 && strncmp(last, "– ", 4) != 0 &&
	    !take_names(cell[2]))
		complain("neither a case nor a reason", cell[0]);
}

static void take_all(void)
{
	char *save = NULL;
	char *copy = strdup(text);

	assert_non_null(copy);
	names = 0;
	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		take_row(line);
	free(copy);
}

/* --- what is asked --- */

static const struct judge_case *find(const char *name)
{
	for (size_t t = 0; judge_tables[t]; t++)
		for (size_t i = 0; i < judge_tables[t]->n; i++) {
			char have[JUDGE_NAME_MAX];

			name_of(&judge_tables[t]->cases[i], have);
			if (!strcmp(have, name))
				return &judge_tables[t]->cases[i];
		}
	return NULL;
}

static void every_row_has_a_case_that_exists_or_a_reason(void **unused)
{
	(void)unused;
	wrong = 0;
	take_all();
	assert_true(names > 0);
	for (unsigned i = 0; i < names; i++)
		if (!find(named[i]))
			complain("no such case", named[i]);
	assert_int_equal(wrong, 0);
}

static void must_be_named(const struct judge_case *c)
{
	char name[JUDGE_NAME_MAX];

	name_of(c, name);
	for (unsigned i = 0; i < names; i++)
		if (!strcmp(named[i], name))
			return;
	complain("no requirement names it", name);
}

static void every_case_is_that_of_a_requirement(void **unused)
{
	(void)unused;
	wrong = 0;
	take_all();
	wrong = 0;
	each(must_be_named);
	assert_int_equal(wrong, 0);
}

static void must_be_whole(const struct judge_case *c)
{
	if (!c->says || !*c->says)
		complain("it says nothing", c->name);
	if (!c->source || !*c->source)
		complain("it has no source", c->name);
	if (!c->run)
		complain("it does nothing", c->name);
	if (!c->misbehave)
		complain("it names no misbehaviour", c->name);
	if (c->versions & ~JUDGE_V_ALL)
		complain("there is no such version", c->name);
	if (c->group >= JUDGE_GROUPS)
		complain("there is no such group", c->name);
}

static void every_case_has_words_a_source_and_a_misbehaviour(void **unused)
{
	(void)unused;
	wrong = 0;
	each(must_be_whole);
	assert_int_equal(wrong, 0);
}

/* The number behind ':' is the misbehaviour's. */
static void must_misbehave(const struct judge_case *c)
{
	char name[JUDGE_NAME_MAX];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(c->misbehave, ":"),
		 c->misbehave);
	if (!misbehave_find(name))
		complain(name, c->name);
}

static void every_misbehaviour_that_a_case_names_exists(void **unused)
{
	(void)unused;
	wrong = 0;
	each(must_misbehave);
	assert_int_equal(wrong, 0);
}

/* group/words, of lower case letters, digits, '-' and '.'. */
static bool good_name(const char *name, enum judge_group g)
{
	const char *group = judge_group_name(g);
	const size_t n = strlen(group);

	if (strncmp(name, group, n) != 0 || name[n] != '/')
		return false;
	name += n + 1;
	return *name &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") ==
		       strlen(name);
}

static void must_have_a_name(const struct judge_case *c)
{
	char name[JUDGE_NAME_MAX];

	name_of(c, name);
	if (!good_name(name, c->group))
		complain("its name is not of its group and words", name);
	if (find(name) != c)
		complain("two cases have this name", name);
	judge_case_name(c, SPDM_V10, name);
	if (strlen(name) + 1 == sizeof(name))
		complain("its name is too long", name);
}

static void every_case_has_a_name_of_its_own(void **unused)
{
	(void)unused;
	wrong = 0;
	each(must_have_a_name);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_has_a_case_that_exists_or_a_reason),
		cmocka_unit_test(every_case_is_that_of_a_requirement),
		cmocka_unit_test(
			every_case_has_words_a_source_and_a_misbehaviour),
		cmocka_unit_test(every_misbehaviour_that_a_case_names_exists),
		cmocka_unit_test(every_case_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, read_document, drop_document);
}
