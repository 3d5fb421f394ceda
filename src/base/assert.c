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
#else
static void die(const char *file, int line, const char *what)
{
	(void)file;
	(void)line;
	(void)what;
}
#endif

il_panic_fn *il_panic_hook = die;

_Noreturn void il_panic(const char *file, int line, const char *what)
{
	il_panic_hook(file, line, what);
	for (;;)
		;
}
