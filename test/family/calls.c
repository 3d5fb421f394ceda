/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz/fuzz.h"

#include <signal.h>
#include <unistd.h>

#include "share.h"
#include "world/plats.h"

/*
 * Calls of hosts and guests to firmware in any order and with any registers,
 * on each platform: fuzz/calls.c, fed by a seed. usage: CASES [SEED [CASE]]
 */
#define LEN 160u

static struct {
	uint64_t seed;
	char where[80]; /* ready to be said when it aborts */
} t;

static void one(uint64_t i)
{
	struct dice d = { .state = t.seed + i };
	uint8_t in[LEN];

	snprintf(t.where, sizeof(t.where), "calls: seed %llu, case %llu\n",
		 (unsigned long long)t.seed, (unsigned long long)i);
	dice_fill(&d, in, sizeof(in));
	in[0] = (uint8_t)(i % WORLD_PLATS);
	(void)LLVMFuzzerTestOneInput(in, 2 + in[2] % (LEN - 2));
}

static void say_where(int sig)
{
	(void)sig;
	(void)!write(STDERR_FILENO, t.where, strlen(t.where));
	_exit(1);
}

int main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 0) : 100;
	const char *env = getenv("FAMILY_SHARE");

	if (SANITIZED && !env)
		n = n / 16 + WORLD_PLATS;
	t.seed = argc > 2 ? strtoull(argv[2], NULL, 0) : share_seed(1);
	printf("calls: seed %llu\n", (unsigned long long)t.seed);
	fflush(stdout);
	signal(SIGABRT, say_where);
	if (argc > 3)
		one(strtoull(argv[3], NULL, 0));
	for (uint64_t i = 0; argc <= 3 && i < n; i++)
		one(i);
	printf("calls: %llu cases, 0 bad\n", (unsigned long long)n);
	return 0;
}
