/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"
#include "spdm/pair.h"

/*
 * Both ends from nothing to an encrypted session: GET_VERSION to
 * GET_CERTIFICATE, KEY_EXCHANGE, FINISH, and the end of it.
 */
static double run(void *ctx)
{
	struct pair *p = ctx;
	const int n = 20;

	for (int i = 0; i < n; i++) {
		bench_must(pair_run(p, SPDM_OP_CONNECT, NULL));
		bench_must(pair_run(p, SPDM_OP_SESSION, NULL));
		bench_must(pair_run(p, SPDM_OP_END_SESSION, NULL));
	}
	return n;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		enum crypto_curve curve;
	} t[] = { { "handshake.p256", CRYPTO_P256 },
		  { "handshake.p384", CRYPTO_P384 } };
	int rc = 0;

	for (size_t i = 0; i < COUNT(t) && !rc; i++) {
		struct pair *p;
		struct bench b = { t[i].name, "/s", 1, run, NULL, NULL };

		if (argc == 3 && !bench_wanted(argc, argv, t[i].name))
			continue;
		p = pair_new(t[i].curve);
		pair_start(p);
		b.ctx = p;
		rc = bench_all(argc, argv, &b, 1);
		pair_free(p);
	}
	return rc;
}
