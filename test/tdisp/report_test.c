/* SPDX-License-Identifier: BSD-2-Clause */
#include "tdisp/vec.h"
#include "tdisp_test.h"

/* The report of the recording, from its two portions. */
static size_t recorded_report(uint8_t *out)
{
	FILE *f = recording();
	static struct vec v;
	size_t n = 0;

	while (vec_next(f, &v))
		if (v.session == 1 && v.p[1] == TDISP_REPORT) {
			memcpy(out + n, v.p + 20, v.n - 20);
			n += v.n - 20;
		}
	fclose(f);
	return n;
}

static void the_recorded_report_reads_and_writes_back(void **unused)
{
	uint8_t in[256], out[256];
	size_t n = recorded_report(in);
	struct wr w = wr_over(out, sizeof(out));
	struct tdisp_report r;

	(void)unused;
	assert_int_equal(n, 100);
	assert_int_equal(tdisp_report_decode(in, n, &r), IL_OK);
	assert_int_equal(r.info,
			 TDISP_INFO_NO_FW_UPDATE | TDISP_INFO_DMA_NO_PASID);
	assert_int_equal(r.range_count, 4);
	assert_int_equal(r.ranges[1].first_page, 0x8000);
	assert_int_equal(r.ranges[1].pages, 4);
	assert_int_equal(r.ranges[1].id, 2);
	assert_int_equal(r.ranges[1].attrs, TDISP_RANGE_UPDATABLE);
	assert_int_equal(r.vendor_len, 16);
	assert_memory_equal(r.vendor, "tdisp_dev_emu", 13);
	assert_int_equal(tdisp_report_encode(&w, &r), IL_OK);
	assert_int_equal(w.len, n);
	assert_memory_equal(in, out, n);
}

static void every_wrong_length_of_a_report_is_refused(void **unused)
{
	uint8_t in[256] = { 0 };
	size_t len = recorded_report(in);
	struct tdisp_report r, before;

	(void)unused;
	memset(&r, 0x5a, sizeof(r));
	memcpy(&before, &r, sizeof(r));
	for (size_t n = 0; n < sizeof(in); n++) {
		if (n == len)
			continue;
		assert_int_equal(tdisp_report_decode(in, n, &r),
				 n < len ? IL_E_SHORT : IL_E_LONG);
		assert_memory_equal(&r, &before, sizeof(r));
	}
}

/* A report of two ranges that each test bends in one place. */
static struct tdisp_report plain(void)
{
	return (struct tdisp_report){
		.info = 0x1f,
		.msix_control = 0xc7ff,
		.lnr_control = 0xffff,
		.tph_control = 0xffffffff,
		.range_count = 2,
		.ranges = { { 0x100, 1, 0xf, 1 }, { 0x101, 1, 0, 1 } },
		.vendor = (const uint8_t *)"abc",
		.vendor_len = 3,
	};
}

static void refused(const struct tdisp_report *r)
{
	static const struct tdisp_report good = {
		.range_count = 2, .ranges = { { 1, 1, 0, 0 }, { 2, 1, 0, 0 } }
	};
	uint8_t buf[2048];
	struct wr w = wr_over(buf, sizeof(buf));
	struct tdisp_report out;

	assert_false(tdisp_report_sane(r));
	assert_int_equal(tdisp_report_encode(&w, r), IL_E_ARG);
	assert_int_equal(w.len, 0);
	/* The same by bytes, which our encoder will not write. */
	assert_int_equal(tdisp_report_encode(&w, &good), IL_OK);
	if (r->range_count != 2)
		return;
	struct wr x = wr_over(buf, sizeof(buf));

	wr_u16le(&x, r->info);
	wr_u16le(&x, 0);
	wr_u16le(&x, r->msix_control);
	wr_zero(&x, 6);
	wr_u32le(&x, 2);
	tdisp_range_encode(&x, &r->ranges[0]);
	tdisp_range_encode(&x, &r->ranges[1]);
	assert_int_equal(tdisp_report_decode(buf, w.len, &out), IL_E_FIELD);
}

static void unknown_bits_are_refused(void **unused)
{
	struct tdisp_report r = plain();

	(void)unused;
	assert_true(tdisp_report_sane(&r));
	for (unsigned bit = 5; bit < 16; bit++) {
		r = plain();
		r.info = (uint16_t)(1u << bit);
		refused(&r);
	}
	for (unsigned bit = 11; bit < 14; bit++) {
		r = plain();
		r.msix_control = (uint16_t)(1u << bit);
		refused(&r);
	}
	for (unsigned bit = 4; bit < 16; bit++) {
		r = plain();
		r.ranges[1].attrs = (uint16_t)(1u << bit);
		refused(&r);
	}
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));

	r = plain();
	assert_int_equal(tdisp_report_encode(&w, &r), IL_OK);
	buf[2] = 1; /* reserved */
	assert_int_equal(tdisp_report_decode(buf, w.len, &r), IL_E_FIELD);
	buf[2] = 0;
	buf[3] = 1;
	assert_int_equal(tdisp_report_decode(buf, w.len, &r), IL_E_FIELD);
	buf[3] = 0;
	assert_int_equal(tdisp_report_decode(buf, w.len, &r), IL_OK);
}

static void a_range_lies_whole_within_the_address_space(void **unused)
{
	struct tdisp_report r = plain();

	(void)unused;
	r.ranges[1].pages = 0;
	refused(&r);
	r = plain();
	r.ranges[1].first_page = UINT64_C(1) << 52;
	refused(&r);
	r.ranges[1].first_page = UINT64_MAX;
	refused(&r);
	r.ranges[1].first_page = (UINT64_C(1) << 52) - 2;
	r.ranges[1].pages = 3;
	refused(&r);
	r.ranges[1].pages = 2;
	assert_true(tdisp_report_sane(&r));
}

static void ranges_ascend_without_overlap(void **unused)
{
	struct tdisp_report r = plain();

	(void)unused;
	r.ranges[1].first_page = 0x100; /* the same again */
	refused(&r);
	r = plain();
	r.ranges[0].pages = 2; /* overlaps the next */
	refused(&r);
	r = plain();
	r.ranges[1].id = 0;
	refused(&r);
	r.ranges[1].id = 2;
	r.ranges[1].first_page = 1; /* another BAR may lie below */
	assert_true(tdisp_report_sane(&r));
	r.ranges[1].id = 7;
	assert_true(tdisp_report_sane(&r));
	r.ranges[1].id = 8;
	refused(&r);
}

static void the_number_of_ranges_is_bounded(void **unused)
{
	struct tdisp_report r = { 0 }, out;
	uint8_t buf[2048];
	struct wr w = wr_over(buf, sizeof(buf));

	(void)unused;
	for (uint32_t i = 0; i < TDISP_MAX_RANGES; i++)
		r.ranges[i] = (struct tdisp_range){ i, 1, 0, 0 };
	r.range_count = TDISP_MAX_RANGES;
	assert_int_equal(tdisp_report_encode(&w, &r), IL_OK);
	assert_int_equal(tdisp_report_decode(buf, w.len, &out), IL_OK);
	assert_int_equal(out.range_count, TDISP_MAX_RANGES);
	memset(buf, 0, sizeof(buf));
	buf[12] = TDISP_MAX_RANGES + 1;
	assert_int_equal(tdisp_report_decode(buf, sizeof(buf), &out),
			 IL_E_FIELD);
	memset(buf + 12, 0xff, 4);
	assert_int_equal(tdisp_report_decode(buf, sizeof(buf), &out),
			 IL_E_FIELD);
	r.range_count = TDISP_MAX_RANGES + 1;
	refused(&r);
	r.range_count = 0;
	r.vendor_len = TDISP_MAX_REPORT + 1;
	refused(&r);
}

static void a_vendor_length_beyond_the_end_is_refused(void **unused)
{
	uint8_t buf[24] = { 0 };
	struct tdisp_report out;

	(void)unused;
	buf[16] = 4;
	assert_int_equal(tdisp_report_decode(buf, 24, &out), IL_OK);
	buf[16] = 5;
	assert_int_equal(tdisp_report_decode(buf, 24, &out), IL_E_SHORT);
	buf[16] = 3;
	assert_int_equal(tdisp_report_decode(buf, 24, &out), IL_E_LONG);
	memset(buf + 16, 0xff, 4);
	assert_int_equal(tdisp_report_decode(buf, 24, &out), IL_E_SHORT);
}

int run_report_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recorded_report_reads_and_writes_back),
		cmocka_unit_test(every_wrong_length_of_a_report_is_refused),
		cmocka_unit_test(unknown_bits_are_refused),
		cmocka_unit_test(a_range_lies_whole_within_the_address_space),
		cmocka_unit_test(ranges_ascend_without_overlap),
		cmocka_unit_test(the_number_of_ranges_is_bounded),
		cmocka_unit_test(a_vendor_length_beyond_the_end_is_refused),
	};

	return cmocka_run_group_tests_name("tdisp report", tests, NULL, NULL);
}
