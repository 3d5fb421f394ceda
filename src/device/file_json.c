/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/file_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

void fj_init(struct fj *j, char *what, size_t cap)
{
	*j = (struct fj){ .what = what, .cap = cap };
	if (cap)
		what[0] = '\0';
}

void fj_fail(struct fj *j, const char *fmt, ...)
{
	va_list ap;
	int n = 0;

	if (j->failed)
		return;
	j->failed = true;
	if (!j->cap)
		return;
	if (j->len)
		n = snprintf(j->what, j->cap, "%s: ", j->path);
	if (n < 0 || (size_t)n >= j->cap)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(j->what + n, j->cap - (size_t)n, fmt, ap);
	va_end(ap);
	/* Keys and strings come from the file; a line is one line. */
	for (char *p = j->what; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

static size_t down(struct fj *j, const char *fmt, const char *key, size_t i)
{
	size_t mark = j->len, room = sizeof(j->path) - mark;
	int n = key ? snprintf(j->path + mark, room, fmt, key)
		    : snprintf(j->path + mark, room, "[%zu]", i);

	if (n > 0)
		j->len += (size_t)n < room ? (size_t)n : room - 1;
	return mark;
}

size_t fj_down_key(struct fj *j, const char *key)
{
	return down(j, j->len ? ".%.40s" : "%.40s", key, 0);
}

size_t fj_down_index(struct fj *j, size_t i)
{
	return down(j, NULL, NULL, i);
}

void fj_up(struct fj *j, size_t mark)
{
	j->len = mark;
	j->path[mark] = '\0';
}

static const char *kind(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a number";
	case JSON_REAL:
		return "a fraction";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

static void number(struct fj *j, json_t *v, const struct fj_key *k, void *to)
{
	uint64_t n = fj_uint(j, v, k->min, k->max);
	uint8_t *at = (uint8_t *)to + k->at;
	uint8_t n8 = (uint8_t)n;
	uint16_t n16 = (uint16_t)n;
	uint32_t n32 = (uint32_t)n;

	if (k->size == sizeof(n8))
		memcpy(at, &n8, sizeof(n8));
	else if (k->size == sizeof(n16))
		memcpy(at, &n16, sizeof(n16));
	else if (k->size == sizeof(n32))
		memcpy(at, &n32, sizeof(n32));
	else
		memcpy(at, &n, sizeof(n));
}

static void one(struct fj *j, const char *name, json_t *v,
		const struct fj_key *keys, size_t n, void *to)
{
	size_t mark = fj_down_key(j, name);

	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].name, name) == 0) {
			if (keys[i].read)
				keys[i].read(j, v, to);
			else
				number(j, v, &keys[i], to);
			fj_up(j, mark);
			return;
		}
	fj_fail(j, "no such key");
	fj_up(j, mark);
}

void fj_object(struct fj *j, json_t *v, const struct fj_key *keys, size_t n,
	       void *to)
{
	const char *name;
	json_t *sub;

	if (!json_is_object(v)) {
		fj_fail(j, "must be an object, not %s", kind(v));
		return;
	}
	json_object_foreach(v, name, sub)
	{
		one(j, name, sub, keys, n, to);
	}
	for (size_t i = 0; i < n; i++)
		if (keys[i].must && !json_object_get(v, keys[i].name))
			fj_fail(j, "'%s' is missing", keys[i].name);
}

bool fj_array(struct fj *j, json_t *v, size_t max)
{
	if (!json_is_array(v)) {
		fj_fail(j, "must be an array, not %s", kind(v));
		return false;
	}
	if (json_array_size(v) > max) {
		fj_fail(j, "has %zu entries, at most %zu are possible",
			json_array_size(v), max);
		return false;
	}
	return true;
}

/* "0x" and 1 to 16 digits. */
static bool hex_number(const char *s, uint64_t *out)
{
	size_t n = strlen(s);
	uint64_t v = 0;

	if (n < 3 || n > 18 || s[0] != '0' || s[1] != 'x')
		return false;
	for (s += 2; *s; s++) {
		if (hex_digit(*s) < 0)
			return false;
		v = v << 4 | (uint64_t)hex_digit(*s);
	}
	*out = v;
	return true;
}

uint64_t fj_uint(struct fj *j, json_t *v, uint64_t min, uint64_t max)
{
	uint64_t n = 0;

	if (json_is_string(v)) {
		if (!hex_number(json_string_value(v), &n)) {
			fj_fail(j, "'%.20s' is no number; write 12 or \"0xc\"",
				json_string_value(v));
			return 0;
		}
	} else if (json_is_integer(v)) {
		if (json_integer_value(v) < 0) {
			fj_fail(j, "%lld is below 0",
				(long long)json_integer_value(v));
			return 0;
		}
		n = (uint64_t)json_integer_value(v);
	} else {
		fj_fail(j, "must be a number, not %s", kind(v));
		return 0;
	}
	if (n < min || n > max) {
		fj_fail(j, "%llu is not from %llu to %llu",
			(unsigned long long)n, (unsigned long long)min,
			(unsigned long long)max);
		return 0;
	}
	return n;
}

bool fj_bool(struct fj *j, json_t *v)
{
	if (!json_is_boolean(v))
		fj_fail(j, "must be true or false, not %s", kind(v));
	return json_is_true(v);
}

const char *fj_string(struct fj *j, json_t *v, size_t max)
{
	if (!json_is_string(v)) {
		fj_fail(j, "must be a string, not %s", kind(v));
		return NULL;
	}
	if (json_string_length(v) > max) {
		fj_fail(j, "is longer than %zu bytes", max);
		return NULL;
	}
	return json_string_value(v);
}

size_t fj_hex(struct fj *j, json_t *v, uint8_t *out, size_t cap)
{
	const char *s = fj_string(j, v, 2 * cap);
	size_t n = s ? strlen(s) : 0;

	if (!s)
		return 0;
	for (size_t i = 0; i < n; i += 2) {
		int hi = hex_digit(s[i]), lo = n % 2 ? -1 : hex_digit(s[i + 1]);

		if (hi < 0 || lo < 0) {
			fj_fail(j, "is no string of pairs of hexadecimal "
				   "digits");
			return 0;
		}
		out[i / 2] = (uint8_t)(hi << 4 | lo);
	}
	return n / 2;
}

uint32_t fj_word(struct fj *j, json_t *v, const struct fj_word *words, size_t n)
{
	const char *s = fj_string(j, v, 64);

	for (size_t i = 0; s && i < n; i++)
		if (strcmp(words[i].word, s) == 0)
			return words[i].bits;
	if (s)
		fj_fail(j, "'%.40s' is not one of those that we know", s);
	return 0;
}

uint32_t fj_words(struct fj *j, json_t *v, const struct fj_word *words,
		  size_t n)
{
	uint32_t all = 0;

	if (!fj_array(j, v, n))
		return 0;
	for (size_t i = 0; i < json_array_size(v); i++) {
		size_t mark = fj_down_index(j, i);
		uint32_t bits = fj_word(j, json_array_get(v, i), words, n);

		if (all & bits)
			fj_fail(j, "stands there twice");
		all |= bits;
		fj_up(j, mark);
	}
	return all;
}
