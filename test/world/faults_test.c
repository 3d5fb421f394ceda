/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "world/faults.h"
#include "world/plats.h"

/* docs/faults.md, the registry of rules, and the rules that src defines. */

#define CELLS 6

static char *slurp(const char *path)
{
	char full[512];
	char *text = calloc(1, 1 << 20);
	FILE *f;

	snprintf(full, sizeof(full), SOURCE_ROOT "/%s", path);
	f = fopen(full, "rb");
	if (!f || !text)
		fail_msg("%s does not read", path);
	assert_true(fread(text, 1, (1 << 20) - 1, f) < (1 << 20) - 1);
	fclose(f);
	return text;
}

/* The row of @name in @doc, cut into its cells; false: there is none. */
static bool row_of(const char *doc, const char *name, char cell[CELLS][1024])
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\n| `%s` | ", name);
	at = strstr(doc, key);
	if (!at)
		return false;
	assert_null(strstr(at + 1, key)); /* once */
	at += 3;
	for (unsigned i = 0; i < CELLS; i++) {
		const char *end = strstr(at, " |");

		assert_non_null(end);
		assert_true((size_t)(end - at) < 1024);
		memcpy(cell[i], at, (size_t)(end - at));
		cell[i][end - at] = '\0';
		at = end + 3;
	}
	assert_true(at[-1] == '\n');
	return true;
}

static void stages_text(unsigned stages, char *out, size_t cap)
{
	/* In the order in which the registry names them. */
	static const enum fault_stage order[] = {
		FAULT_IO_PAGES, FAULT_STAGE2, FAULT_OWNER, FAULT_DEVICE_ENTRY,
		FAULT_LINK,	FAULT_IDE,    FAULT_T_BIT,
	};

	out[0] = '\0';
	for (size_t i = 0; i < COUNT(order); i++)
		if (stages & 1u << order[i]) {
			size_t n = strlen(out);

			snprintf(out + n, cap - n, "%s%s", n ? ", " : "",
				 fault_stage_name(order[i]));
			stages &= ~(1u << order[i]);
		}
	assert_int_equal(stages, 0);
}

static void each_rule_has_its_row_word_by_word(void **unused)
{
	char *doc = slurp("docs/faults.md");
	unsigned n = 0, rows = 0;
	char cell[CELLS][1024], stages[128];

	(void)unused;
	for (const struct world_rule *r; (r = world_rule_at(n)); n++) {
		const struct rule *rule = r->rule;

		assert_ptr_equal(world_rule_named(rule->name), r);
		if (!row_of(doc, rule->name, cell))
			fail_msg("%s has no row", rule->name);
		assert_string_equal(cell[1], rule->says);
		stages_text(r->stages, stages, sizeof(stages));
		assert_string_equal(cell[2], stages);
		assert_string_equal(cell[3], rule->source);
		assert_string_equal(cell[4], sure_name(rule->sure));
		assert_true(rule->says[0] && rule->source[0]);
	}
	assert_true(n > 70);
	for (const char *at = doc; (at = strstr(at, "\n| `")); at++)
		rows++;
	assert_int_equal(rows, n);
	assert_null(world_rule_named("no such rule"));
	free(doc);
}

/* Rules that src defines: as others call them, and as C does. */
static struct {
	char name[64];
	char symbol[64];
} defined[160];
static unsigned defined_n;

/* Does @text say which rule it is after? */
static bool names(const char *text, const char *rule)
{
	for (unsigned i = 0; i < defined_n; i++)
		if (strcmp(defined[i].name, rule) == 0 &&
		    (strstr(text, defined[i].symbol) || strstr(text, rule)))
			return true;
	return false;
}

/* `test/x_test.c`: function, or `scenarios/x.il`. */
static void raises(const char *where, const struct rule *rule)
{
	char path[256], word[128];
	const char *end = strchr(where + 1, '`');
	char *text;

	assert_true(where[0] == '`' && end);
	snprintf(path, sizeof(path), "%.*s", (int)(end - where - 1), where + 1);
	text = slurp(path);
	if (strncmp(path, "scenarios/", 10) == 0) {
		/* By itself, or behind `on PLATFORM:`. */
		snprintf(word, sizeof(word), "%cexpect fault %s\n", '\n',
			 rule->name);
		if (!strstr(text, word))
			word[0] = ' ';
		if (!strstr(text, word))
			fail_msg("%s does not expect %s", path, rule->name);
	} else {
		snprintf(word, sizeof(word), "%s(",
			 end[1] == ':' ? end + 3 : "?");
		word[strcspn(word, ";")] = '\0';
		if (!strstr(text, word))
			fail_msg("%s has no %s", path, word);
		if (!names(text, rule->name))
			fail_msg("%s does not name %s", path, rule->name);
	}
	free(text);
}

/* The first quoted text behind each definition of a rule in @text. */
static unsigned rules_in(const char *path, const char *doc)
{
	char *text = slurp(path);
	unsigned n = 0;

	for (char *at = text; (at = strstr(at, "const struct rule ")); at++) {
		char *open = strstr(at, "= {"), *q;
		char name[64];

		if (at[18] == '*' || !open || open > strchr(at, '\n') ||
		    open > strchr(at, ';'))
			continue;
		q = strchr(open, '"') + 1;
		snprintf(name, sizeof(name), "`%.*s`", (int)strcspn(q, "\""),
			 q);
		if (!strstr(doc, name))
			fail_msg("%s: rule %s is not in docs/faults.md", path,
				 name);
		assert_true(defined_n < COUNT(defined));
		snprintf(defined[defined_n].name, sizeof(defined[0].name),
			 "%.*s", (int)strcspn(q, "\""), q);
		snprintf(defined[defined_n].symbol, sizeof(defined[0].symbol),
			 "%.*s", (int)strcspn(at + 18, " "), at + 18);
		defined_n++;
		n++;
	}
	free(text);
	return n;
}

/* A folder of a platform whose table is not in this build. */
static bool of_no_platform(const char *dir)
{
	static const char *const folder[WORLD_PLATS] = {
		[WORLD_SEV_TIO] = "src/arch/sev_tio",
		[WORLD_CCA] = "src/arch/cca",
		[WORLD_TDX_CONNECT] = "src/arch/tdx",
		[WORLD_COVE_IO] = "src/arch/cove",
	};

	for (unsigned i = 0; i < WORLD_PLATS; i++)
		if (!world_plats[i] && strcmp(dir, folder[i]) == 0)
			return true;
	return false;
}

static unsigned rules_below(const char *dir, const char *doc)
{
	char full[512], path[512];
	unsigned n = 0;
	struct dirent *e;
	DIR *d;

	if (of_no_platform(dir))
		return 0;
	snprintf(full, sizeof(full), SOURCE_ROOT "/%s", dir);
	d = opendir(full);
	assert_non_null(d);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_type == DT_DIR)
			n += rules_below(path, doc);
		else if (len > 2 && strcmp(e->d_name + len - 2, ".c") == 0)
			n += rules_in(path, doc);
	}
	closedir(d);
	return n;
}

static void what_raises_a_rule_is_there(void **unused)
{
	char *doc = slurp("docs/faults.md");
	char cell[CELLS][1024];

	(void)unused;
	defined_n = 0;
	(void)rules_below("src", doc);
	for (unsigned n = 0; world_rule_at(n); n++) {
		const struct rule *rule = world_rule_at(n)->rule;
		char *save = NULL;

		assert_true(row_of(doc, rule->name, cell));
		for (char *w = strtok_r(cell[5], ";", &save); w;
		     w = strtok_r(NULL, ";", &save))
			raises(w + strspn(w, " "), rule);
	}
	free(doc);
}

/* Names in the last part: one in a line each, or several. */
static unsigned others(const char *doc)
{
	const char *at = strstr(doc, "\n## Rules that refuse no access\n");
	unsigned n = 0;

	assert_non_null(at);
	at = strstr(at, "\nBy name:\n");
	assert_non_null(at);
	for (; (at = strchr(at, '`')); at++)
		n++;
	assert_int_equal(n % 2, 0);
	return n / 2;
}

static void no_rule_of_the_code_is_missing(void **unused)
{
	char *doc = slurp("docs/faults.md");
	unsigned n = 0;

	(void)unused;
	while (world_rule_at(n))
		n++;
	defined_n = 0;
	assert_int_equal(rules_below("src", doc), n + others(doc));
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_has_its_row_word_by_word),
		cmocka_unit_test(what_raises_a_rule_is_there),
		cmocka_unit_test(no_rule_of_the_code_is_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
