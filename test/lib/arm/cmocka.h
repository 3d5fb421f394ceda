/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMOCKA_H_
#define CMOCKA_H_

/*
 * As much of cmocka as the device side's tests use, for a target that cmocka
 * is not packaged for. A failed assertion ends its test, and the program fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void CMUnitTestFunction(void **state);
typedef int CMFixtureFunction(void **state);

struct CMUnitTest {
	const char *name;
	CMUnitTestFunction *test_func;
	CMFixtureFunction *setup_func;
	CMFixtureFunction *teardown_func;
	void *initial_state;
};

#define cmocka_unit_test(f)             \
	{                               \
#f, f, NULL, NULL, NULL \
	}
#define cmocka_unit_test_setup_teardown(f, up, down) \
	{                                            \
#f, f, up, down, NULL                \
	}
#define cmocka_run_group_tests(tests, up, down) \
	cmocka_run(tests, sizeof(tests) / sizeof((tests)[0]), up, down)
#define cmocka_run_group_tests_name(name, tests, up, down) \
	cmocka_run_group_tests(tests, up, down)

int cmocka_run(const struct CMUnitTest *tests, size_t n, CMFixtureFunction *up,
	       CMFixtureFunction *down);
_Noreturn void cmocka_failed(const char *file, int line, const char *format,
			     ...) __attribute__((format(printf, 3, 4)));
_Noreturn void cmocka_skipped(void);

#define CMOCKA_HERE   __FILE__, __LINE__
#define CMOCKA_NUM(x) ((unsigned long long)(x))
#define fail_msg(...) cmocka_failed(CMOCKA_HERE, __VA_ARGS__)
#define skip()	      cmocka_skipped()
#define assert_true(x) \
	((x) ? (void)0 : cmocka_failed(CMOCKA_HERE, "not so: %s", #x))
#define assert_false(x)		  assert_true(!(x))
#define assert_null(x)		  assert_true((x) == NULL)
#define assert_non_null(x)	  assert_true((x) != NULL)
#define assert_ptr_equal(a, b)	  assert_true((const void *)(a) == (b))
#define print_error		  printf
#define print_message		  printf
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_int_equal(a, b) \
	cmocka_equal(CMOCKA_HERE, #a, CMOCKA_NUM(a), CMOCKA_NUM(b), 1)
#define assert_int_not_equal(a, b) \
	cmocka_equal(CMOCKA_HERE, #a, CMOCKA_NUM(a), CMOCKA_NUM(b), 0)
#define assert_in_range(x, low, high)                   \
	assert_true(CMOCKA_NUM(x) >= CMOCKA_NUM(low) && \
		    CMOCKA_NUM(x) <= CMOCKA_NUM(high))
#define assert_memory_equal(a, b, n)	 assert_true(memcmp(a, b, n) == 0)
#define assert_memory_not_equal(a, b, n) assert_true(memcmp(a, b, n) != 0)

/* cmocka's own arguments are as wide as a pointer; ours are wider. */
static inline void cmocka_equal(const char *file, int line, const char *what,
				unsigned long long a, unsigned long long b,
				int want)
{
	if ((a == b) != want)
		cmocka_failed(file, line, "%s is 0x%lx%08lx, not 0x%lx%08lx",
			      what, (unsigned long)(a >> 32),
			      (unsigned long)(a & 0xffffffff),
			      (unsigned long)(b >> 32),
			      (unsigned long)(b & 0xffffffff));
}

#endif
