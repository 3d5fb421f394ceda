/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_TDISP_VEC_H
#define TEST_TDISP_VEC_H

/* Text vectors: lines of "session req|rsp hex"; # begins a comment. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define VEC_MAX 4096

struct vec {
	unsigned session;
	bool req;
	uint8_t p[VEC_MAX];
	size_t n;
};

static inline int vec_nibble(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The next vector of @f; false at its end. */
static inline bool vec_next(FILE *f, struct vec *v)
{
	static char line[2 * VEC_MAX + 64];

	while (fgets(line, sizeof(line), f)) {
		char dir[4];
		int at = 0;

		if (sscanf(line, "%u %3s %n", &v->session, dir, &at) != 2)
			continue;
		v->req = strcmp(dir, "req") == 0;
		v->n = 0;
		for (const char *p = line + at; v->n < VEC_MAX; p += 2) {
			int hi = vec_nibble(p[0]);
			int lo = hi < 0 ? -1 : vec_nibble(p[1]);

			if (lo < 0)
				break;
			v->p[v->n++] = (uint8_t)(hi << 4 | lo);
		}
		return true;
	}
	return false;
}

#endif
