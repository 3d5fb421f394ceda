/* SPDX-License-Identifier: BSD-2-Clause */
#include <jansson.h>
#include <string.h>

#include "cli/validate.h"

/* The report for programs: JSON, JUnit's XML, TAP. */

/* Short names, as programs compare them. */
static const char *key(enum judge_verdict v)
{
	return v == JUDGE_ABSENT ? "not-tested" : judge_verdict_name(v);
}

/* --- JSON --- */

static json_t *text_or_null(const char *s)
{
	json_t *o = s ? json_string(s) : NULL;

	return o ? o : json_null();
}

static json_t *case_json(const struct val_case *k)
{
	char version[8];

	snprintf(version, sizeof(version), "%u.%u", (unsigned)k->version >> 4,
		 k->version & 0xfu);
	return json_pack(
		"{s:s, s:s, s:o, s:s, s:i, s:o, s:s, s:s, s:s, s:o, s:o, "
		"s:f}",
		"name", k->name, "group", judge_group_name(k->c->group),
		"version", k->version ? json_string(version) : json_null(),
		"verdict", key(k->verdict), "expectations", (int)k->expected,
		"why", text_or_null(k->words), "requirement", k->c->says,
		"source", k->c->source, "sure", sure_name(k->c->sure),
		"misbehaviour", text_or_null(k->c->misbehave), "exchange",
		text_or_null(k->exchange), "ms", (double)k->took_ns / 1e6);
}

static void json_end(struct val *v)
{
	json_t *cases = json_array();
	json_t *o;

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(cases, case_json(&v->cases[i]));
	o = json_pack("{s:o, s:s, s:b, s:i, s:i, s:i, s:i, s:o}", "target",
		      text_or_null(v->target.text), "seed", v->seed_text,
		      "gone", v->sum.gone, "passed",
		      (int)val_count(v, JUDGE_PASS), "failed",
		      (int)val_count(v, JUDGE_FAIL), "not_tested",
		      (int)val_count(v, JUDGE_ABSENT), "broken",
		      (int)val_count(v, JUDGE_BROKEN), "cases", cases);
	if (o)
		json_dumpf(o, v->c->out, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	fputc('\n', v->c->out);
	json_decref(o);
}

const struct val_form val_json = { .name = "json", .end = json_end };

/* --- JUnit --- */

/*
 * What XML 1.0 lets stand in a text. Our words are ASCII, but a path or
 * what a device says of itself need not be: anything else becomes '?'.
 */
static void xml(FILE *f, const char *s)
{
	for (; *s; s++) {
		const unsigned char c = (unsigned char)*s;

		if (c == '&')
			fputs("&amp;", f);
		else if (c == '<')
			fputs("&lt;", f);
		else if (c == '>')
			fputs("&gt;", f);
		else if (c == '"')
			fputs("&quot;", f);
		else if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f))
			fputc(c, f);
		else
			fputc('?', f);
	}
}

static void attr(FILE *f, const char *name, const char *s)
{
	fprintf(f, " %s=\"", name);
	xml(f, s);
	fputc('"', f);
}

static void junit_case(struct val *v, const struct val_case *k)
{
	FILE *f = v->c->out;
	const char *words = k->words ? k->words : "";

	fputs("  <testcase", f);
	attr(f, "name", k->name);
	attr(f, "classname", judge_group_name(k->c->group));
	fprintf(f, " time=\"%.6f\">\n", (double)k->took_ns / 1e9);
	if (k->verdict == JUDGE_ABSENT) {
		fputs("   <skipped", f);
		attr(f, "message", words);
		fputs("/>\n", f);
	} else if (k->verdict != JUDGE_PASS) {
		const char *tag =
			k->verdict == JUDGE_FAIL ? "failure" : "error";

		fprintf(f, "   <%s", tag);
		attr(f, "message", words);
		fputs(">requirement: ", f);
		xml(f, k->c->says);
		fputs("\nsource: ", f);
		xml(f, k->c->source);
		fprintf(f, " (%s)\n", val_sure(k->c->sure));
		xml(f, k->exchange ? k->exchange : "");
		fprintf(f, "</%s>\n", tag);
	}
	if (k->verdict == JUDGE_PASS && k->exchange) {
		fputs("   <system-out>", f);
		xml(f, k->exchange);
		fputs("</system-out>\n", f);
	}
	fputs("  </testcase>\n", f);
}

static void junit_group(struct val *v, unsigned g)
{
	unsigned n = 0, count[JUDGE_VERDICTS] = { 0 };
	uint64_t ns = 0;

	for (size_t i = 0; i < v->n; i++) {
		if (v->cases[i].c->group != g)
			continue;
		n++;
		count[v->cases[i].verdict]++;
		ns += v->cases[i].took_ns;
	}
	if (!n)
		return;
	fputs(" <testsuite", v->c->out);
	attr(v->c->out, "name", judge_group_name((enum judge_group)g));
	fprintf(v->c->out,
		" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" "
		"time=\"%.6f\">\n",
		n, count[JUDGE_FAIL], count[JUDGE_BROKEN], count[JUDGE_ABSENT],
		(double)ns / 1e9);
	for (size_t i = 0; i < v->n; i++)
		if (v->cases[i].c->group == g)
			junit_case(v, &v->cases[i]);
	fputs(" </testsuite>\n", v->c->out);
}

static void junit_end(struct val *v)
{
	FILE *f = v->c->out;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", f);
	attr(f, "name", v->target.text);
	fprintf(f,
		" tests=\"%zu\" failures=\"%u\" errors=\"%u\" "
		"skipped=\"%u\">\n",
		v->n, val_count(v, JUDGE_FAIL), val_count(v, JUDGE_BROKEN),
		val_count(v, JUDGE_ABSENT));
	for (unsigned g = 0; g < JUDGE_GROUPS; g++)
		junit_group(v, g);
	fputs("</testsuites>\n", f);
}

const struct val_form val_junit = { .name = "junit", .end = junit_end };

/* --- TAP, version 13 --- */

/* One line; '#' begins a directive, so it may not stand there by itself. */
static void tap_text(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == '#' || *s == '\\')
			fputc('\\', f);
		fputc(*s == '\n' || *s == '\r' ? ' ' : *s, f);
	}
}

/* A YAML string in quotes: the first @n bytes of @s. */
static void quoted(FILE *f, const char *s, size_t n)
{
	fputc('"', f);
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(f, "\\x%02x", c);
		else
			fputc(c, f);
	}
	fputs("\"\n", f);
}

static void yaml(FILE *f, const char *name, const char *s)
{
	fprintf(f, "  %s: ", name);
	quoted(f, s, strlen(s));
}

/* A list of lines: they begin with blanks, which in a block of text would say
 * how far it is indented. */
static void yaml_lines(FILE *f, const char *name, const char *s)
{
	fprintf(f, "  %s:\n", name);
	while (*s) {
		const size_t n = strcspn(s, "\n");

		fputs("    - ", f);
		quoted(f, s, n);
		s += n + (s[n] == '\n');
	}
}

static void tap_begin(struct val *v)
{
	fputs("TAP version 13\n", v->c->out);
}

static void tap_one(struct val *v, const struct val_case *k)
{
	const bool ok = k->verdict == JUDGE_PASS || k->verdict == JUDGE_ABSENT;
	FILE *f = v->c->out;

	fprintf(f, "%sok %zu - ", ok ? "" : "not ", v->n);
	tap_text(f, k->name);
	if (k->verdict == JUDGE_ABSENT) {
		fputs(" # SKIP ", f);
		tap_text(f, k->words ? k->words : "");
	}
	fputc('\n', f);
	if (ok) {
		fflush(f);
		return;
	}
	fputs("  ---\n", f);
	yaml(f, "verdict", key(k->verdict));
	yaml(f, "message", k->words ? k->words : "");
	yaml(f, "requirement", k->c->says);
	yaml(f, "source", k->c->source);
	yaml(f, "sure", val_sure(k->c->sure));
	if (k->exchange)
		yaml_lines(f, "exchange", k->exchange);
	fputs("  ...\n", f);
	fflush(f);
}

static void tap_end(struct val *v)
{
	fprintf(v->c->out, "1..%zu\n", v->n);
	fprintf(v->c->out, "# seed %s\n", v->seed_text);
}

const struct val_form val_tap = {
	.name = "tap", .begin = tap_begin, .one = tap_one, .end = tap_end
};
