/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <ftw.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/env.h"

#define WORDS_MAX 32

static int64_t now_s(void)
{
	return RIG_NOW;
}

static uint64_t mono_ns(void)
{
	return 0;
}

uint64_t rig_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int rig_open(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	snprintf(r->dir, sizeof(r->dir), "cli-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	snprintf(r->state, sizeof(r->state), "%s/home/state", r->dir);
	r->c.now_s = now_s;
	r->c.mono_ns = mono_ns;
	r->c.state_dir = r->state;
	*state = r;
	return 0;
}

static int drop(const char *path, const struct stat *st, int kind,
		struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void forget(struct rig *r)
{
	free(r->out);
	free(r->err);
	json_decref(r->json);
	r->out = r->err = NULL;
	r->json = NULL;
}

int rig_close(void **state)
{
	struct rig *r = *state;

	forget(r);
	nftw(r->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(r);
	return 0;
}

const char *rig_path(const struct rig *r, const char *name)
{
	static char ring[8][256];
	static unsigned at;
	char *p = ring[at++ % COUNT(ring)];

	snprintf(p, sizeof(ring[0]), "%s/%s", r->dir, name);
	return p;
}

const char *rig_scenario(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", SCENARIOS, name);
	return path;
}

void rig_write(const char *path, const void *p, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

const char *rig_payload(const struct rig *r, const char *name, size_t len,
			uint64_t seed)
{
	const char *path = rig_path(r, name);
	uint8_t *p = malloc(len + 1);
	struct dice d = { seed };

	assert_non_null(p);
	dice_fill(&d, p, len);
	rig_write(path, p, len);
	free(p);
	return path;
}

static uint8_t *drain(FILE *f, size_t *len)
{
	uint8_t *p;
	long n;

	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	assert_true(n >= 0);
	rewind(f);
	p = malloc((size_t)n + 1);
	assert_non_null(p);
	assert_int_equal(fread(p, 1, (size_t)n, f), n);
	p[n] = 0;
	fclose(f);
	*len = (size_t)n;
	return p;
}

uint8_t *rig_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		fail_msg("%s is not there", path);
	return drain(f, len);
}

int rig_words(struct rig *r, int argc, const char *const *argv)
{
	char *copy[WORDS_MAX + 1] = { NULL };
	char *given[WORDS_MAX + 1]; /* which the tool may reorder */
	bool json = false;
	size_t n;

	assert_true(argc <= WORDS_MAX);
	forget(r);
	for (int i = 0; i < argc; i++) {
		copy[i] = strdup(argv[i]);
		json |= strcmp(argv[i], "--json") == 0;
	}
	memcpy(given, copy, sizeof(given));
	r->c.out = tmpfile();
	r->c.err = tmpfile();
	assert_true(r->c.out && r->c.err);
	r->status = cli_main(&r->c, argc, given);
	r->out = (char *)drain(r->c.out, &n);
	r->err = (char *)drain(r->c.err, &n);
	for (int i = 0; i < argc; i++)
		free(copy[i]);
	if (json && r->status != CLI_USAGE) {
		r->json = json_loads(r->out, 0, NULL);
		if (!r->json)
			fail_msg("no JSON: %s%s", r->out, r->err);
	}
	return r->status;
}

int rig_run(struct rig *r, ...)
{
	const char *argv[WORDS_MAX] = { "interlock" };
	int argc = 1;
	va_list ap;

	va_start(ap, r);
	while (argc < WORDS_MAX && (argv[argc] = va_arg(ap, const char *)))
		argc++;
	va_end(ap);
	return rig_words(r, argc, argv);
}

void rig_refused(const struct rig *r, const char *what, const char *where)
{
	size_t n = strlen(r->err);

	if (r->status != CLI_FAILED || !n ||
	    strchr(r->err, '\n') != r->err + n - 1 ||
	    strncmp(r->err, "interlock: ", 11) != 0 || !strstr(r->err, what) ||
	    !strstr(r->err, where))
		fail_msg("expected one line with '%s' and '%s', exit 1; got "
			 "exit %d: %s",
			 what, where, r->status, r->err);
}

bool rig_true(const struct rig *r, const char *key)
{
	return json_is_true(json_object_get(r->json, key));
}

int64_t rig_int(const struct rig *r, const char *key)
{
	json_t *v = json_object_get(r->json, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}
