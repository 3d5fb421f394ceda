/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/spy.h"

#include <string.h>

static uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t place(const struct spy *s, uint64_t v)
{
	return (v * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & s->mask;
}

static void put(struct spy *s, uint64_t v)
{
	uint64_t i = place(s, v);

	if (!v)
		s->zero = true;
	while (v && s->slot[i] && s->slot[i] != v)
		i = (i + 1) & s->mask;
	if (v)
		s->slot[i] = v;
}

static bool has(const struct spy *s, uint64_t v)
{
	uint64_t i = place(s, v);

	if (!v)
		return s->zero;
	while (s->slot[i] && s->slot[i] != v)
		i = (i + 1) & s->mask;
	return s->slot[i] == v;
}

enum il_err spy_new(struct arena *a, const uint8_t *p, size_t len,
		    struct spy **out)
{
	struct spy *s = ARENA_NEW(a, struct spy);
	uint64_t n = 1024;

	while (n < 2 * len)
		n *= 2;
	if (s)
		s->slot = ARENA_ARRAY(a, uint64_t, n);
	if (!s || !s->slot)
		return IL_E_NOMEM;
	s->mask = n - 1;
	for (size_t i = 0; i + SPY_RUN <= len; i++)
		put(s, load(p + i));
	*out = s;
	return IL_OK;
}

void spy_see(struct spy *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + SPY_RUN <= len; i++)
		s->found += has(s, load(p + i));
}

bool spy_found(const struct spy *s)
{
	return s && s->found;
}
