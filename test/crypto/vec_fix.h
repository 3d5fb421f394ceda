/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_CRYPTO_VEC_FIX_H
#define TEST_CRYPTO_VEC_FIX_H

#include <stdio.h>
#include <stdlib.h>

#include "crypto/ossl.h"

/*
 * Known answers from test/vectors/crypto: blocks of "name = value" lines,
 * where a value is hexadecimal or "text". Run from the top of the sources.
 */
#define FIELDS	8
#define LEN_MAX 4700

struct field {
	char name[16];
	size_t len;
	uint8_t val[LEN_MAX];
};

struct block {
	unsigned count;
	struct field f[FIELDS];
};

static inline const struct field *get(const struct block *b, const char *name)
{
	for (unsigned i = 0; i < b->count; i++)
		if (!strcmp(b->f[i].name, name))
			return &b->f[i];
	fail_msg("no field %s", name);
	return NULL;
}

static inline bool has(const struct block *b, const char *name)
{
	for (unsigned i = 0; i < b->count; i++)
		if (!strcmp(b->f[i].name, name))
			return true;
	return false;
}

/* Whether a field is this text. */
static inline bool is(const struct block *b, const char *name,
		      const char *value)
{
	const struct field *f = get(b, name);

	return f->len == strlen(value) && !memcmp(f->val, value, f->len);
}

/* Decimal, as the file has it. */
static inline unsigned number(const struct block *b, const char *name)
{
	const struct field *f = get(b, name);
	unsigned v = 0;

	for (size_t i = 0; i < f->len; i++)
		v = v * 10 + (f->val[i] - (unsigned)'0');
	return v;
}

static inline uint8_t digit(char c)
{
	const char *all = "0123456789abcdef";
	const char *at = strchr(all, c);

	assert_non_null(at);
	return (uint8_t)(at - all);
}

static inline void put(struct block *b, const char *name, const char *v)
{
	struct field *f = &b->f[b->count++];
	size_t n = strlen(v);

	assert_true(b->count <= FIELDS);
	assert_true(strlen(name) < sizeof(f->name));
	memcpy(f->name, name, strlen(name) + 1);
	if (*v == '"') {
		assert_int_equal(v[n - 1], '"');
		f->len = n - 2;
		memcpy(f->val, v + 1, n - 2);
		return;
	}
	if (!strcmp(name, "alg") || !strcmp(name, "curve") ||
	    !strcmp(name, "hash") || !strcmp(name, "repeat")) {
		f->len = n;
		memcpy(f->val, v, n);
		return;
	}
	assert_int_equal(n % 2, 0);
	f->len = n / 2;
	for (size_t i = 0; i < n; i += 2)
		f->val[i / 2] = (uint8_t)(digit(v[i]) << 4 | digit(v[i + 1]));
}

typedef void each(const struct crypto *c, const struct block *b);

static inline unsigned run_with(const char *file, each *fn, bool openssl_aead)
{
	const struct ossl_cfg cfg = { .seeded = true,
				      .seed = 1,
				      .openssl_aead = openssl_aead };
	static char line[2 * LEN_MAX + 64];
	static struct block b;
	unsigned blocks = 0;
	char path[128];
	struct ossl *o;
	struct crypto c;
	FILE *in;

	assert_int_equal(ossl_new(&cfg, &o), IL_OK);
	c = ossl_crypto(o);
	snprintf(path, sizeof(path), "test/vectors/crypto/%s", file);
	in = fopen(path, "r");
	assert_non_null(in);
	for (;;) {
		bool more = fgets(line, sizeof(line), in) != NULL;
		char *eq = more ? strstr(line, " = ") : NULL;

		if (more && line[0] == '#')
			continue;
		if (eq) {
			line[strcspn(line, "\n")] = 0;
			*eq = 0;
			put(&b, line, eq + 3);
			continue;
		}
		if (b.count) {
			fn(&c, &b);
			blocks++;
		}
		b.count = 0;
		if (!more)
			break;
	}
	fclose(in);
	assert_int_equal(ossl_live(o), 0);
	ossl_free(o);
	return blocks;
}

static inline unsigned run(const char *file, each *fn)
{
	return run_with(file, fn, false);
}

#endif
