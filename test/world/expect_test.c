/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include <dirent.h>

/*
 * Scenario files, call by call: before each expectation the same one turned
 * round is asked, and must fail. One that holds either way is a defect.
 */

#define CALLS 1024
#define WORD  64 /* at the end of a call's words, free for another */

static struct lang_call call[CALLS];

static void put_word(struct lang_call *c, struct lang_value *v, const char *s)
{
	char *at = c->words + LANG_LINE_MAX - WORD;

	assert_true(strlen(c->text) < LANG_LINE_MAX - WORD);
	snprintf(at, WORD, "%s", s);
	v->word = at;
}

static const char *another_word(const char *word)
{
	if (strcmp(word, "yes") == 0)
		return "no";
	if (strcmp(word, "no") == 0)
		return "yes";
	return strcmp(word, "EBUSY") == 0 ? "EIO" : "EBUSY";
}

static void turn_value(struct lang_call *c, unsigned i)
{
	const struct lang_arg *a = &c->cmd->args[i];
	struct lang_value *v = &c->v[i];

	switch (a->type) {
	case LANG_BOOL:
		v->num = !v->num;
		put_word(c, v, v->num ? "yes" : "no");
		return;
	case LANG_PICK:
		v->num = a->picks[v->num + 1] ? v->num + 1 : 0;
		put_word(c, v, a->picks[v->num]);
		return;
	case LANG_INT:
		v->num ^= 0x5eed;
		return;
	case LANG_WORD:
	case LANG_BDF:
	case LANG_HEX:
		put_word(c, v, another_word(v->word));
		return;
	}
}

/* @c with the last of what it is given by place another. */
static void turned(const struct lang_call *c, struct lang_call *out)
{
	int last = -1;

	*out = *c;
	for (unsigned i = 0; i < c->cmd->n_args; i++) {
		if (!c->v[i].word)
			continue;
		out->v[i].word = out->words + (c->v[i].word - c->words);
		if (c->cmd->args[i].positional)
			last = (int)i;
	}
	assert_true(last >= 0);
	turn_value(out, (unsigned)last);
}

static void must_fail(const char *file, const struct lang_call *c)
{
	struct world_end end = { 0 };
	static struct lang_call bad;

	turned(c, &bad);
	if (!world_call(t.w, &bad, NULL, &end))
		fail_msg("%s:%u: '%s' holds as well as its opposite", file,
			 c->line, c->text);
	assert_int_equal(end.line, c->line);
	assert_int_equal(end.law, 0);
	assert_true(end.expect);
}

static unsigned run_calls(const char *file, const struct lang_script *s)
{
	struct world_end end = { 0 };
	unsigned n = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct lang_call *c = &s->call[i];
		const struct lang_call *next = i + 1 < s->n ? c + 1 : NULL;

		if (strcmp(c->cmd->role, "expect") == 0) {
			must_fail(file, c);
			n++;
		}
		if (world_call(t.w, c, next, &end))
			fail_msg("%s:%u: %s", file, end.line, end.what);
		if (t.w->inapplicable)
			break;
	}
	return n;
}

static unsigned run_file(const char *file)
{
	struct lang_script s = { .call = call, .cap = CALLS };
	const struct world_cfg cfg = { .seed = 1,
				       .now_s = 1800000000,
				       .identity = &t.id,
				       .anchor = t.anchor,
				       .anchor_len = t.anchor_len,
				       .payload = t.payload,
				       .payload_len = 5000 };
	struct lang_error e = { 0 };
	char path[512];
	char *text = malloc(65536);
	size_t len;
	unsigned n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", t.path, file);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_non_null(text);
	len = fread(text, 1, 65536, f);
	fclose(f);
	assert_true(len < 65536);
	if (lang_parse(&s, &world_commands, text, len, &e))
		fail_msg("%s:%u: %s", file, e.line, e.what);
	free(text);
	assert_int_equal(world_new(&cfg, &t.w), IL_OK);
	n = run_calls(file, &s);
	world_free(t.w);
	t.w = NULL;
	return n;
}

static void every_expectation_fails_when_it_is_turned_round(void **unused)
{
	DIR *d = opendir(t.path);
	struct dirent *e;
	unsigned files = 0, n = 0;

	(void)unused;
	assert_non_null(d);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len < 4 || strcmp(e->d_name + len - 3, ".il") != 0)
			continue;
		n += run_file(e->d_name);
		files++;
	}
	closedir(d);
	printf("%u expectations of %u scenarios turned round\n", n, files);
	assert_true(files > 50 && n > 300);
}

static int stop(void **unused)
{
	(void)unused;
	if (t.w)
		world_free(t.w);
	t.w = NULL;
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			every_expectation_fails_when_it_is_turned_round, stop),
	};
	char assign[512];

	if (argc != 2)
		return 2;
	snprintf(assign, sizeof(assign), "%s/assign.il", argv[1]);
	t.path = assign;
	if (make_identity(NULL))
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, NULL, drop_identity);
}
