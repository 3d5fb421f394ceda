/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "allocs.h"
#include "base/bits.h"
#include "bench.h"
#include "ends.h"
#include "floor_aead.h"

/*
 * A vendor-defined request and its answer, each with so many bytes, through
 * both engines: begin, pull, handle, push. The floor: as many bytes sealed
 * and opened twice.
 */

/* A run takes some milliseconds, whatever the size. */
static unsigned times_of(size_t len)
{
	return len > 4096 ? 500 : 4000;
}

struct size {
	struct ends *e;
	size_t len;
	struct floor_aead floor;
};

static double round_trips(void *ctx)
{
	const struct size *s = ctx;
	const unsigned n = times_of(s->len);

	for (unsigned i = 0; i < n; i++)
		ends_vendor(s->e, s->len);
	return n;
}

static double allocs(void *ctx)
{
	const struct size *s = ctx;
	unsigned long from;

	ends_vendor(s->e, s->len);
	from = allocs_so_far();
	for (unsigned i = 0; i < 100; i++)
		ends_vendor(s->e, s->len);
	return (double)(allocs_so_far() - from) / 100;
}

int main(int argc, char **argv)
{
	static const size_t lens[] = { 64, 1024, 4096, 16384 };
	struct ends *e = ends_new();
	struct size s[COUNT(lens)];
	char name[COUNT(lens)][24];
	struct bench b[COUNT(lens) + 1];
	int rc;

	floor_aead_up();
	ends_session(e);
	for (size_t i = 0; i < COUNT(lens); i++) {
		snprintf(name[i], sizeof(name[i]), "secured.%zu", lens[i]);
		s[i] = (struct size){
			.e = e,
			.len = lens[i],
			.floor = { .len = lens[i],
				   .aad_len = 6,
				   .tag_len = 16,
				   .times = 2 * times_of(lens[i]),
				   .ops = times_of(lens[i]) },
		};
		b[i] = (struct bench){
			.name = name[i],
			.unit = "/s",
			.kind = BENCH_RATE,
			.scale = 1,
			.run = round_trips,
			.ctx = &s[i],
			.floor = { floor_aead_openssl,
				   floor_aead_has_mb() ? floor_aead_mb : NULL },
			.floor_by = { "openssl", "ipsec-mb" },
			.floor_ctx = &s[i].floor,
			.rounds = 51
		};
	}
	b[COUNT(lens)] = (struct bench){ .name = "secured.allocs",
					 .unit = "calls",
					 .kind = BENCH_COUNT,
					 .run = allocs,
					 .ctx = &s[0],
					 .rounds = 3 };
	rc = bench_all(argc, argv, b, COUNT(b));
	floor_aead_down();
	ends_free(e);
	return rc;
}
