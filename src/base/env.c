/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/env.h"

uint64_t dice_u64(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t dice_below(struct dice *d, uint64_t n)
{
	uint64_t floor = (0 - n) % n; /* 2^64 mod n: values below it bias */
	uint64_t v;

	do
		v = dice_u64(d);
	while (v < floor);
	return v % n;
}

void dice_fill(struct dice *d, uint8_t *out, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 8 == 0)
			v = dice_u64(d);
		out[i] = (uint8_t)(v >> (8 * (i % 8)));
	}
}
