/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "xml.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/validate.h"

/* Reports of words that mean something to their readers. */

static const char evil[] = "a <b> & \"c\" 'd' # e \\ f\n\tg \x01 h \xc3\xa9 %s";

static const struct judge_case passes = { .name = "doe/passes",
					  .group = JUDGE_DOE,
					  .says = "it <is> & \"was\"",
					  .source = "a & b",
					  .misbehave = "hang" };
static const struct judge_case fails = { .name = "tdisp/fails",
					 .group = JUDGE_TDISP,
					 .says = "it <is> # so",
					 .source = "\"c\"",
					 .sure = SURE_OPEN,
					 .misbehave = "hang" };

struct report {
	struct cli c;
	struct val *v;
	struct val_case k[4];
	char *text;
	size_t len;
};

static void put(struct report *t, unsigned i, const struct judge_case *c,
		enum judge_verdict verdict)
{
	struct val_case *k = &t->k[i];

	*k = (struct val_case){ .c = c, .verdict = verdict };
	snprintf(k->name, sizeof(k->name), "%s", c->name);
	if (verdict != JUDGE_PASS)
		k->words = strdup(evil);
	if (verdict == JUDGE_FAIL)
		k->exchange = strdup(evil);
	t->v->sum.count[verdict]++;
}

static void report(struct report *t, const struct val_form *form)
{
	struct val *v = calloc(1, sizeof(*v));

	assert_non_null(v);
	memset(t, 0, sizeof(*t));
	t->v = v;
	v->c = &t->c;
	v->target.text = evil;
	v->cases = t->k;
	snprintf(v->seed_text, sizeof(v->seed_text), "1");
	put(t, 0, &passes, JUDGE_PASS);
	put(t, 1, &passes, JUDGE_ABSENT);
	put(t, 2, &fails, JUDGE_FAIL);
	put(t, 3, &fails, JUDGE_BROKEN);
	t->c.out = open_memstream(&t->text, &t->len);
	assert_non_null(t->c.out);
	if (form->begin)
		form->begin(v);
	for (v->n = 1; v->n <= COUNT(t->k); v->n++)
		if (form->one)
			form->one(v, &t->k[v->n - 1]);
	v->n = COUNT(t->k);
	if (form->end)
		form->end(v);
	fclose(t->c.out);
}

static void drop(struct report *t)
{
	for (unsigned i = 0; i < COUNT(t->k); i++) {
		free(t->k[i].words);
		free(t->k[i].exchange);
	}
	free(t->text);
	free(t->v);
}

static void junit_stays_xml_whatever_is_said(void **unused)
{
	struct report t;

	(void)unused;
	report(&t, &val_junit);
	xml_check(t.text);
	assert_int_equal(xml_elements(t.text, "testcase"), 4);
	assert_int_equal(xml_elements(t.text, "failure"), 1);
	assert_int_equal(xml_elements(t.text, "error"), 1);
	assert_int_equal(xml_elements(t.text, "skipped"), 1);
	assert_int_equal(xml_elements(t.text, "testsuite"), 2);
	assert_non_null(strstr(t.text, "<testsuite name=\"doe\" tests=\"2\" "
				       "failures=\"0\" errors=\"0\" "
				       "skipped=\"1\""));
	assert_non_null(strstr(t.text, "a &lt;b&gt; &amp; &quot;c&quot;"));
	drop(&t);
}

/* A '#' of ours is no directive, and no line is more than one. */
static void tap_stays_tap_whatever_is_said(void **unused)
{
	struct report t;
	unsigned lines = 0;
	char *save = NULL, *line;

	(void)unused;
	report(&t, &val_tap);
	assert_non_null(strstr(t.text, "ok 2 - doe/passes # SKIP a <b> & "
				       "\"c\" 'd' \\# e \\\\ f \tg"));
	assert_non_null(strstr(t.text, "not ok 3 - tdisp/fails\n  ---\n"));
	assert_non_null(strstr(t.text, "  message: \"a <b> & \\\"c\\\" 'd' # "
				       "e \\\\ f\\x0a\\x09g \\x01 h"));
	for (line = strtok_r(t.text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const bool test = !strncmp(line, "ok ", 3) ||
				  !strncmp(line, "not ok ", 7);

		lines += test;
		assert_true(test || line[0] == ' ' || line[0] == '#' ||
			    !strcmp(line, "TAP version 13") ||
			    !strcmp(line, "1..4"));
	}
	assert_int_equal(lines, 4);
	drop(&t);
}

static void json_stays_json_whatever_is_said(void **unused)
{
	struct report t;
	json_t *o;

	(void)unused;
	report(&t, &val_json);
	o = json_loads(t.text, 0, NULL);
	assert_non_null(o);
	assert_int_equal(json_array_size(json_object_get(o, "cases")), 4);
	assert_string_equal(
		json_string_value(json_object_get(
			json_array_get(json_object_get(o, "cases"), 2), "why")),
		evil);
	assert_string_equal(json_string_value(json_object_get(o, "target")),
			    evil);
	json_decref(o);
	drop(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(junit_stays_xml_whatever_is_said),
		cmocka_unit_test(tap_stays_tap_whatever_is_said),
		cmocka_unit_test(json_stays_json_whatever_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
