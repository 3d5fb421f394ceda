/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "mctp/mctp.h"

/* GET_VERSION over MCTP: DSP0275 1.0, SPDM message over MCTP. */
static const uint8_t get_version[] = { 0x05, 0x10, 0x84, 0x00, 0x00 };

static void the_type_stands_before_the_message(void **unused)
{
	(void)unused;
	enum mctp_type type = MCTP_SECURED;
	const uint8_t *p = NULL;
	uint8_t back[sizeof(get_version)];
	struct wr w = wr_over(back, sizeof(back));
	size_t n = 0;

	assert_int_equal(
		mctp_unwrap(get_version, sizeof(get_version), &type, &p, &n),
		IL_OK);
	assert_int_equal(type, MCTP_SPDM);
	assert_ptr_equal(p, get_version + 1);
	assert_int_equal(n, 4);
	assert_int_equal(mctp_wrap(&w, type, p, n), IL_OK);
	assert_int_equal(w.len, sizeof(get_version));
	assert_memory_equal(back, get_version, sizeof(get_version));
}

static void only_the_two_types_of_spdm_are_taken(void **unused)
{
	(void)unused;

	for (unsigned t = 0; t < 256; t++) {
		const uint8_t in[] = { (uint8_t)t, 1 };
		enum mctp_type type = MCTP_SPDM;
		const uint8_t *p = NULL;
		size_t n = 77;
		enum il_err err = mctp_unwrap(in, sizeof(in), &type, &p, &n);

		if (t == 5 || t == 6) {
			assert_int_equal(err, IL_OK);
			assert_int_equal(type, t);
			assert_int_equal(n, 1);
			continue;
		}
		/* 0x85 is SPDM with the integrity check bit. */
		assert_int_equal(err, IL_E_FIELD);
		assert_null(p);
		assert_int_equal(n, 77);
	}
}

static void a_type_alone_is_no_message(void **unused)
{
	(void)unused;
	enum mctp_type type = MCTP_SPDM;
	const uint8_t *p = NULL;
	size_t n = 77;

	for (size_t len = 0; len < 2; len++)
		assert_int_equal(mctp_unwrap(get_version, len, &type, &p, &n),
				 IL_E_SHORT);
	assert_null(p);
}

static void a_message_that_does_not_fit_is_refused(void **unused)
{
	(void)unused;
	uint8_t buf[4];
	struct wr w = wr_over(buf, sizeof(buf));

	assert_int_equal(mctp_wrap(&w, MCTP_SPDM, get_version + 1, 4),
			 IL_E_SPACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_type_stands_before_the_message),
		cmocka_unit_test(only_the_two_types_of_spdm_are_taken),
		cmocka_unit_test(a_type_alone_is_no_message),
		cmocka_unit_test(a_message_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
