/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plat_sev_tio.h"

#include <dirent.h>
#include <unistd.h>

#include "share.h"

/*
 * Scenario files, call by call: before each expectation the same one turned
 * round is asked, and must fail. One that holds either way is a defect.
 */

#define CALLS 1024
#define WORD  64 /* at the end of a call's words, free for another */

static struct lang_call call[CALLS];
static uint64_t held[64]; /* by place in the table of laws, over all files */
static unsigned on;	  /* whose scenarios */

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

static void count_laws(void)
{
	struct world_law law[COUNT(held)];
	const unsigned k = world_laws(t.w, law, COUNT(law));

	for (unsigned i = 0; i < k; i++)
		held[i] += law[i].held;
}

/* Each law that is stated was put to the test by some scenario. */
static void no_law_is_vacuous(void)
{
	for (unsigned i = 0; world_law_table[i].number; i++)
		if (!held[i])
			fail_msg("law %u holds of nothing in any scenario on "
				 "%s",
				 world_law_table[i].number,
				 world_plat_names[on]);
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
	assert_int_equal(lang_set(&s, "PLATFORM", world_plat_names[on]), IL_OK);
	if (lang_parse(&s, &world_commands, text, len, &e))
		fail_msg("%s:%u: %s", file, e.line, e.what);
	free(text);
	assert_int_equal(world_new(&cfg, &t.w), IL_OK);
	n = run_calls(file, &s);
	count_laws();
	world_free(t.w);
	t.w = NULL;
	return n;
}

/* The platform at the end of @name, of @len letters; WORLD_PLATS: none. */
static unsigned own_of(const char *name, size_t len)
{
	unsigned p = 0;

	while (p < WORLD_PLATS) {
		const size_t n = strlen(world_plat_names[p]);

		if (len > n &&
		    memcmp(name + len - n, world_plat_names[p], n) == 0)
			break;
		p++;
	}
	return p;
}

/* Is @file what this platform runs? Its own goes before the common one. */
static bool for_this(const char *file)
{
	const size_t len = strlen(file) < 4 ? 0 : strlen(file) - 3;
	char own[600];

	if (!len || strcmp(file + len, ".il") != 0)
		return false;
	if (own_of(file, len) != WORLD_PLATS)
		return own_of(file, len) == on;
	snprintf(own, sizeof(own), "%s/%.*s-%s.il", t.path, (int)len, file,
		 world_plat_names[on]);
	return access(own, F_OK) != 0;
}

static void every_expectation_fails_when_it_is_turned_round(void **unused)
{
	DIR *d = opendir(t.path);
	const uint64_t share = share_of(4), seed = share_seed(0);
	struct dirent *e;
	unsigned files = 0, n = 0;

	(void)unused;
	assert_non_null(d);
	while ((e = readdir(d))) {
		if (for_this(e->d_name) && (seed + files++) % share == 0)
			n += run_file(e->d_name);
	}
	closedir(d);
	printf("%s: %u expectations turned round; seed %llu, one of %llu of %u "
	       "scenarios\n",
	       world_plat_names[on], n, (unsigned long long)seed,
	       (unsigned long long)share, files);
	assert_true(files > 40 && n > 100 / share);
	if (share == 1)
		no_law_is_vacuous();
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

	if (argc != 3)
		return 2;
	while (on < WORLD_PLATS && strcmp(world_plat_names[on], argv[2]) != 0)
		on++;
	if (on == WORLD_PLATS)
		return 2;
	if (!world_plats[on])
		return 77; /* not in this build */
	snprintf(assign, sizeof(assign), "%s/assign.il", argv[1]);
	t.path = assign;
	if (make_identity(NULL))
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, NULL, drop_identity);
}
