/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmocka.h"

static jmp_buf out;

void cmocka_failed(const char *file, int line, const char *format, ...)
{
	va_list ap;

	printf("%s:%d: ", file, line);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	longjmp(out, 1);
}

void cmocka_skipped(void)
{
	longjmp(out, 2);
}

/* 0 done, 1 failed, 2 skipped. */
static int run(const struct CMUnitTest *t)
{
	void *state = t->initial_state;
	int how = setjmp(out);

	if (how)
		return how;
	if (t->setup_func && t->setup_func(&state))
		return 1;
	t->test_func(&state);
	if (t->teardown_func && t->teardown_func(&state))
		return 1;
	return 0;
}

static int fixture(CMFixtureFunction *f)
{
	void *state = NULL;

	if (!f)
		return 0;
	return setjmp(out) ? 1 : f(&state);
}

int cmocka_run(const struct CMUnitTest *tests, size_t n, CMFixtureFunction *up,
	       CMFixtureFunction *down)
{
	int failed = fixture(up), skipped = 0;

	for (size_t i = 0; i < n && !(failed && i == 0); i++) {
		const int how = run(&tests[i]);

		if (how == 1)
			printf("[  FAILED  ] %s\n", tests[i].name);
		failed += how == 1;
		skipped += how == 2;
	}
	failed += fixture(down);
	printf("%u tests, %d failed, %d skipped\n", (unsigned)n, failed,
	       skipped);
	return failed;
}
