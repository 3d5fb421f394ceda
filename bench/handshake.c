/* SPDX-License-Identifier: BSD-2-Clause */
#include "allocs.h"
#include "base/bits.h"
#include "bench.h"
#include "ends.h"
#include "floor_ec.h"

/*
 * From nothing to a session and its end, with everything signed on the way:
 * GET_VERSION, GET_CAPABILITIES, NEGOTIATE_ALGORITHMS, GET_DIGESTS,
 * GET_CERTIFICATE, CHALLENGE, GET_MEASUREMENTS, KEY_EXCHANGE, FINISH,
 * END_SESSION, and their answers.
 */
#define MESSAGES 20
#define TIMES	 5

static double handshake(void *ctx)
{
	struct ends *e = ctx;
	const unsigned from = e->messages;

	for (int i = 0; i < TIMES; i++)
		ends_handshake(e);
	bench_must(e->messages - from != MESSAGES * TIMES);
	return TIMES;
}

/* The public-key operations of one handshake and nothing else. */
static double floor_handshake(void *ctx)
{
	const struct floor_ec *f = ctx;

	for (int i = 0; i < TIMES; i++) {
		for (int k = 0; k < 3; k++)
			floor_ec_sign(f);
		for (int k = 0; k < 5; k++)
			floor_ec_verify(f);
		for (int k = 0; k < 2; k++)
			floor_ec_generate(f);
		for (int k = 0; k < 2; k++)
			floor_ec_derive(f);
	}
	return TIMES;
}

static double allocs(void *ctx)
{
	struct ends *e = ctx;
	unsigned long from;

	ends_handshake(e);
	from = allocs_so_far();
	ends_handshake(e);
	return (double)(allocs_so_far() - from);
}

int main(int argc, char **argv)
{
	struct ends *e = ends_new();
	struct floor_ec *f = floor_ec_new();
	const struct bench b[] = {
		{ .name = "handshake",
		  .unit = "/s",
		  .kind = BENCH_RATE,
		  .scale = 1,
		  .run = handshake,
		  .ctx = e,
		  .floor = { floor_handshake },
		  .floor_by = { "openssl" },
		  .floor_ctx = f,
		  .rounds = 25 },
		{ .name = "handshake.allocs",
		  .unit = "calls",
		  .kind = BENCH_COUNT,
		  .run = allocs,
		  .ctx = e,
		  .rounds = 3 },
	};
	int rc = bench_all(argc, argv, b, COUNT(b));

	floor_ec_free(f);
	ends_free(e);
	return rc;
}
