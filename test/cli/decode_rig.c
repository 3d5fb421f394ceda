/* SPDX-License-Identifier: BSD-2-Clause */
#include "decode_rig.h"

#include <stdlib.h>

#include "base/bits.h"

const char *vector(const char *name, const char *ext)
{
	static char ring[4][512];
	static unsigned at;
	char *p = ring[at++ % COUNT(ring)];

	snprintf(p, sizeof(ring[0]), "%s/%s.%s", VECTORS, name, ext);
	return p;
}

void same_as_file(const struct rig *r, const char *name)
{
	char path[512];
	uint8_t *want;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s.txt", EXPECTED, name);
	want = rig_read(path, &n);
	assert_string_equal(r->out, (char *)want);
	free(want);
}

int64_t sum(const struct rig *r, const char *key)
{
	const size_t n = json_array_size(r->json);
	const json_t *o =
		json_object_get(json_array_get(r->json, n - 1), "sum");
	const json_t *v = json_object_get(o, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

unsigned checks(const struct rig *r, const char *of, const char *verdict)
{
	unsigned n = 0;
	size_t i, k;
	json_t *line, *c;

	json_array_foreach(r->json, i, line)
		json_array_foreach(json_object_get(line, "checks"), k, c) n +=
		!strcmp(json_string_value(json_object_get(c, "of")), of) &&
		!strcmp(json_string_value(json_object_get(c, "verdict")),
			verdict);
	return n;
}

/* --- captures that were changed --- */

uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

size_t packet_at(const uint8_t *f, size_t n, unsigned nth, size_t *len)
{
	size_t at = FILE_HEADER;

	while (--nth) {
		assert_true(at + PACKET_HEADER < n);
		at += PACKET_HEADER + u32(f + at + 8);
	}
	*len = u32(f + at + 8);
	return at + PACKET_HEADER;
}
