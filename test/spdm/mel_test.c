/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"
#include "maker.h"

#include "spdm/mel.h"

/*
 * A log of three entries, written out by hand from the layout of DSP0274
 * 1.3.2, section 10.25: two of measurement 16, one of measurement 17 between.
 */
static const uint8_t three[] = {
	3,  0, 0, 0, 42,   0, 0, 0, 0,	  0, 0, 0,   0,	  0,	0, 0, /* head */
	1,  0, 0, 0, 16,   0, 0, 0, 0x89, 3, 0, 'R', 'O', 'M',	      /* text */
	2,  0, 0, 0, 17,   0, 0, 0, 0x89, 2, 0, 'i', 'd', 0x10, 1, 0, 0,
	16, 0, 0, 0, 0x81, 4, 0, 1, 2,	  3, 4,
};

static struct spdm_span span(const uint8_t *p, size_t n)
{
	return (struct spdm_span){ p, n };
}

static void a_log_is_read_entry_by_entry(void **unused)
{
	(void)unused;
	struct spdm_mel_entry e;
	struct rd r;
	uint32_t n;

	assert_int_equal(spdm_mel_good(span(three, sizeof(three))), IL_OK);
	assert_int_equal(spdm_mel_entries(span(three, sizeof(three)), &r, &n),
			 IL_OK);
	assert_int_equal(n, 3);
	assert_int_equal(spdm_mel_next(&r, &e), IL_OK);
	assert_int_equal(e.index, 1);
	assert_int_equal(e.meas, 16);
	assert_int_equal(e.type, 0x89);
	assert_int_equal(e.value.n, 3);
	assert_memory_equal(e.value.p, "ROM", 3);
	assert_ptr_equal(e.whole.p, three + 16);
	assert_int_equal(e.whole.n, 14);
	assert_int_equal(spdm_mel_next(&r, &e), IL_OK);
	assert_int_equal(e.meas, 17);
	assert_int_equal(spdm_mel_next(&r, &e), IL_OK);
	assert_int_equal(e.index, 0x110);
	assert_int_equal(rd_left(&r), 0);
}

static void a_log_is_written_as_it_is_read(void **unused)
{
	(void)unused;
	static const uint8_t four[] = { 1, 2, 3, 4 };
	const struct spdm_mel_entry e[] = {
		{ 1, 16, 0x89, span((const uint8_t *)"ROM", 3), { 0 } },
		{ 2, 17, 0x89, span((const uint8_t *)"id", 2), { 0 } },
		{ 0x110, 16, 0x81, span(four, 4), { 0 } },
	};
	uint8_t out[sizeof(three)];
	struct wr w = wr_over(out, sizeof(out));

	spdm_mel_begin(&w);
	for (size_t i = 0; i < COUNT(e); i++)
		spdm_mel_add(&w, &e[i]);
	assert_int_equal(spdm_mel_end(&w, 3), IL_OK);
	assert_int_equal(w.len, sizeof(three));
	assert_memory_equal(out, three, sizeof(three));

	w = wr_over(out, sizeof(out) - 1);
	spdm_mel_begin(&w);
	for (size_t i = 0; i < COUNT(e); i++)
		spdm_mel_add(&w, &e[i]);
	assert_int_equal(spdm_mel_end(&w, 3), IL_E_SPACE);
}

static void a_log_of_any_other_length_is_refused(void **unused)
{
	(void)unused;
	uint8_t more[sizeof(three) + 1] = { 0 };

	for (size_t n = 0; n < sizeof(three); n++)
		assert_int_equal(spdm_mel_good(span(three, n)), IL_E_SHORT);
	memcpy(more, three, sizeof(three));
	assert_int_equal(spdm_mel_good(span(more, sizeof(more))), IL_E_LONG);
}

static void a_log_that_contradicts_itself_is_refused(void **unused)
{
	(void)unused;
	uint8_t bad[sizeof(three)];

	memcpy(bad, three, sizeof(bad));
	bad[0] = 2; /* more entries than it says */
	assert_int_equal(spdm_mel_good(span(bad, sizeof(bad))), IL_E_FIELD);
	bad[0] = 4; /* fewer */
	assert_int_equal(spdm_mel_good(span(bad, sizeof(bad))), IL_E_FIELD);
	bad[0] = 3;
	bad[30] = 1; /* the second has the index of the first */
	assert_int_equal(spdm_mel_good(span(bad, sizeof(bad))), IL_E_FIELD);
	bad[30] = 2;
	bad[53] = 0xff; /* the last value would end far behind the log */
	bad[52] = 0xff;
	assert_int_equal(spdm_mel_good(span(bad, sizeof(bad))), IL_E_SHORT);
	bad[52] = 4;
	bad[53] = 0;
	memset(bad + 4, 0xff, 4); /* a length that would wrap */
	assert_int_equal(spdm_mel_good(span(bad, sizeof(bad))), IL_E_SHORT);
}

/* By the definition, with one digest after the other. */
static void each_entry_extends_its_own_measurement(void **unused)
{
	(void)unused;
	struct maker m = { .real = false };
	uint8_t step[32 + 32] = { 0 };
	uint8_t want[32], got[64];
	const struct spdm_span log = span(three, sizeof(three));

	maker_open(&m, CRYPTO_P256);
	memcpy(step + 32, three + 16, 14);
	assert_int_equal(crypto_hash(&m.c, CRYPTO_SHA256, step, 46, want),
			 IL_OK);
	memcpy(step, want, 32);
	memcpy(step + 32, three + 43, 15);
	assert_int_equal(crypto_hash(&m.c, CRYPTO_SHA256, step, 47, want),
			 IL_OK);
	assert_int_equal(spdm_mel_extend(&m.c, CRYPTO_SHA256, log, 16, got),
			 IL_OK);
	assert_memory_equal(got, want, 32);

	memset(step, 0, sizeof(step));
	memcpy(step + 32, three + 30, 13);
	assert_int_equal(crypto_hash(&m.c, CRYPTO_SHA256, step, 45, want),
			 IL_OK);
	assert_int_equal(spdm_mel_extend(&m.c, CRYPTO_SHA256, log, 17, got),
			 IL_OK);
	assert_memory_equal(got, want, 32);

	memset(want, 0, sizeof(want)); /* nothing extended it yet */
	assert_int_equal(spdm_mel_extend(&m.c, CRYPTO_SHA256, log, 18, got),
			 IL_OK);
	assert_memory_equal(got, want, 32);
	assert_int_equal(
		spdm_mel_extend(&m.c, (enum crypto_hash_alg)0, log, 16, got),
		IL_E_ARG);
	maker_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_read_entry_by_entry),
		cmocka_unit_test(a_log_is_written_as_it_is_read),
		cmocka_unit_test(a_log_of_any_other_length_is_refused),
		cmocka_unit_test(a_log_that_contradicts_itself_is_refused),
		cmocka_unit_test(each_entry_extends_its_own_measurement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
