/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DEVICE_FILE_JSON_H
#define DEVICE_FILE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reading JSON values by tables of keys. Where one is wrong, the reader keeps
 * the first complaint with the path that leads there, and goes on; who asks
 * looks at fj_failed() once at the end.
 */
struct fj {
	char path[128];
	size_t len;
	char *what;
	size_t cap;
	bool failed;
};

struct fj_key {
	const char *name;
	void (*read)(struct fj *j, json_t *v, void *to);
	bool must; /* the object needs it */
	/* Without @read: a number that is stored in the object, see FJ_NUM. */
	size_t at;
	size_t size;
	uint64_t min;
	uint64_t max;
};

/* A whole number from @lo to @hi for an unsigned field of struct @type. */
#define FJ_NUM(key, needed, type, field, lo, hi)                        \
	{                                                               \
		.name = (key), .must = (needed),                        \
		.at = offsetof(struct type, field),                     \
		.size = sizeof(((struct type *)0)->field), .min = (lo), \
		.max = (hi)                                             \
	}

void fj_init(struct fj *j, char *what, size_t cap);
/* Complains of the value at the path. printf-like; keeps the first. */
__attribute__((format(printf, 2, 3))) void fj_fail(struct fj *j,
						   const char *fmt, ...);

/* One step down; take its result back with fj_up(). */
size_t fj_down_key(struct fj *j, const char *key);
size_t fj_down_index(struct fj *j, size_t i);
void fj_up(struct fj *j, size_t mark);

/* Reads each key by its row; unknown and missing ones are complaints. */
void fj_object(struct fj *j, json_t *v, const struct fj_key *keys, size_t n,
	       void *to);
/* False, with a complaint: no array, or one of more than @max. */
bool fj_array(struct fj *j, json_t *v, size_t max);

/* A whole number, or a string "0x…"; 0 with a complaint if it is neither, or
 * not from @min to @max. */
uint64_t fj_uint(struct fj *j, json_t *v, uint64_t min, uint64_t max);
bool fj_bool(struct fj *j, json_t *v);
/* NULL with a complaint: no string, or a longer one. */
const char *fj_string(struct fj *j, json_t *v, size_t max);
/* Bytes of a string of hexadecimal digits; 0 with a complaint. */
size_t fj_hex(struct fj *j, json_t *v, uint8_t *out, size_t cap);

struct fj_word {
	const char *word;
	uint32_t bits;
};

/* One word of a list; 0 with a complaint. */
uint32_t fj_word(struct fj *j, json_t *v, const struct fj_word *words,
		 size_t n);
/* An array of them: their bits together. */
uint32_t fj_words(struct fj *j, json_t *v, const struct fj_word *words,
		  size_t n);

#endif
