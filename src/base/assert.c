/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/assert.h"

#if __STDC_HOSTED__
#include <stdio.h>
#include <stdlib.h>

static void die(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
	abort();
}

/* Without a C library there is no default: the firmware defines it. */
il_panic_fn *il_panic_hook = die;
#endif

_Noreturn void il_panic(const char *file, int line, const char *what)
{
	il_panic_hook(file, line, what);
	for (;;)
		;
}
