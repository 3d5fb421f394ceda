/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include "device/device_priv.h"
#include "pci/dma_engine.h"

/*
 * SET_MMIO_ATTRIBUTE seen at the BAR and not in the report, vendors' messages,
 * and that what GET_TDISP_CAPABILITIES tells is kept.
 */

#define DOOR 0x10022000u /* third page of BAR 2, the part that may change */

static struct solo s;

static int setup(void **state)
{
	(void)state;
	solo_cfg(&s, 1);
	s.cfg.pf[0].bar[0] =
		(struct device_bar){ .size = 0x4000, .at = 0x10000000 };
	s.cfg.pf[0].bar[2] = (struct device_bar){
		.size = 0x8000,
		.at = 0x10020000,
		.parts = 3,
		.part = { { .size = 0x2000 },
			  { .size = 0x1000, .updatable = true },
			  { .size = 0x5000, .non_tee = true } },
	};
	memcpy(s.cfg.vf_bar, s.cfg.pf[0].bar, sizeof(s.cfg.pf[0].bar));
	s.cfg.vf_bar[0].at = 0x10100000;
	s.cfg.vf_bar[2].at = 0x10200000;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	solo_free(&s);
	return 0;
}

static const uint8_t *tdisp(const uint8_t *m, size_t n)
{
	assert_int_equal(tdisp_rsp_handle(&s.dev.dsm.pci.tdisp, SOLO_SESSION, m,
					  n, s.out, sizeof(s.out), &s.len),
			 IL_OK);
	return s.out;
}

/* {page u64, pages u32, attributes u16, id u16} behind the header. */
static uint8_t set_attr(uint64_t page, uint8_t pages, uint8_t attrs, uint8_t id)
{
	uint8_t m[32] = { 0x10, 0x8a };

	for (unsigned i = 0; i < 8; i++)
		m[16 + i] = (uint8_t)(page >> 8 * i);
	m[24] = pages;
	m[28] = attrs;
	m[30] = id;
	return tdisp(m, sizeof(m))[1];
}

/* Attributes of the report's range that begins at @page. */
static unsigned reported(uint64_t page)
{
	assert_int_equal(solo_tdisp(&s, 0, 0x84), 0x04);
	for (unsigned i = 0; i < 8; i++) {
		const uint8_t *r = s.out + 20 + 16 + 16 * i;

		if ((r[0] | (uint64_t)r[1] << 8 | (uint64_t)r[2] << 16) == page)
			return r[12] | r[13] << 8;
	}
	return 0xffff;
}

static void a_page_opens_and_closes_as_the_tvm_says(void **unused)
{
	(void)unused;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0);
	assert_int_equal(reported(DOOR / 4096), 8);
	assert_false(solo_mmio(&s, 0, DOOR, false));
	assert_true(solo_mmio(&s, 0, DOOR, true));
	assert_int_equal(set_attr(DOOR / 4096, 1, 4, 2), 0x0a);
	assert_int_equal(reported(DOOR / 4096), 8); /* as of the lock */
	assert_true(solo_mmio(&s, 0, DOOR, false));
	assert_true(solo_mmio(&s, 0, DOOR + 0xff8, false));
	/* Its neighbours are as before: TEE below, NON_TEE above. */
	assert_false(solo_mmio(&s, 0, DOOR - 8, false));
	assert_false(solo_mmio(&s, 0, DOOR - 4, false));
	assert_true(solo_mmio(&s, 0, DOOR + 0x1000, false));
	assert_int_equal(set_attr(DOOR / 4096, 1, 0, 2), 0x0a);
	assert_int_equal(reported(DOOR / 4096), 8);
	assert_false(solo_mmio(&s, 0, DOOR, false));
}

static void what_is_not_updatable_stays_and_nothing_ends(void **unused)
{
	(void)unused;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0);
	assert_int_equal(set_attr(0x10000, 2, 4, 0), 0x7f);
	assert_int_equal(set_attr(0x10020, 2, 4, 2), 0x7f);
	assert_int_equal(set_attr(0x10023, 5, 0, 2), 0x7f);
	assert_int_equal(set_attr(0x10022, 2, 4, 2), 0x7f);
	assert_int_equal(set_attr(0x10022, 1, 4, 4), 0x7f);
	assert_int_equal(solo_error(&s), TDISP_E_INVALID_REQUEST);
	assert_int_equal(solo_state(&s, 0), TDI_RUN);
	assert_false(solo_mmio(&s, 0, DOOR, false));
	assert_false(solo_mmio(&s, 0, 0x10020000, false));
	assert_true(solo_mmio(&s, 0, 0x10023000, false));
}

/* The next lock begins with what the device is. */
static void an_attribute_ends_with_the_lock(void **unused)
{
	(void)unused;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0);
	assert_int_equal(set_attr(DOOR / 4096, 1, 4, 2), 0x0a);
	assert_int_equal(solo_tdisp(&s, 0, 0x87), 0x07);
	assert_int_equal(set_attr(DOOR / 4096, 1, 4, 2), 0x7f);
	assert_int_equal(solo_error(&s), TDISP_E_INVALID_INTERFACE_STATE);
	solo_run(&s, 0);
	assert_int_equal(reported(DOOR / 4096), 8);
	assert_false(solo_mmio(&s, 0, DOOR, false));
}

/* A VF has its own. */
static void an_attribute_is_of_one_interface(void **unused)
{
	(void)unused;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0);
	solo_run(&s, 1);
	assert_int_equal(set_attr(DOOR / 4096, 1, 4, 2), 0x0a);
	assert_true(solo_mmio(&s, 0, DOOR, false));
	assert_false(solo_mmio(&s, 1, 0x10202000, false));
}

static void caps(uint8_t want0, uint8_t want1)
{
	const uint8_t m[20] = { 0x10, 0x82 };
	const uint8_t *a = tdisp(m, sizeof(m));

	assert_int_equal(a[1], 0x02);
	assert_int_equal(a[20], want0);
	assert_int_equal(a[21], want1);
}

static void what_is_offered_is_what_is_there(void **unused)
{
	(void)unused;
	s.cfg.vdm = true;
	solo_start(&s);
	caps(0xfe, 0x0c); /* SET_MMIO_ATTRIBUTE, VDM */
	solo_free(&s);
	(void)setup(NULL);
	s.cfg.pf[0].bar[2].part[1].updatable = false;
	s.cfg.vf_bar[2].part[1].updatable = false;
	solo_start(&s);
	caps(0xfe, 0);
	assert_int_equal(set_attr(DOOR / 4096, 1, 4, 2), 0x7f);
	assert_int_equal(solo_error(&s), TDISP_E_UNSUPPORTED_REQUEST);
}

static void a_vendor_message_of_ours_comes_back_and_no_other(void **unused)
{
	static const struct {
		uint8_t registry, id_len, id[2];
		bool ok;
	} rows[] = {
		{ 0, 2, { 0x34, 0x12 }, true },
		{ 1, 2, { 0x34, 0x12 }, false },
		{ 2, 2, { 0x34, 0x12 }, false },
		{ 0, 2, { 0x12, 0x34 }, false },
		{ 0, 1, { 0x34, 0 }, false },
		{ 0, 0, { 0 }, false },
	};

	(void)unused;
	s.cfg.vdm = true;
	s.cfg.pf[0].ids = (struct device_ids){ .vendor = 0x1234,
					       .device = 1,
					       .class_code = 0x120000 };
	solo_start(&s);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t m[25] = { 0x10, 0x8b };
		size_t n = 18u + rows[i].id_len + 3u;

		m[16] = rows[i].registry;
		m[17] = rows[i].id_len;
		memcpy(m + 18, rows[i].id, 2);
		memcpy(m + 18 + rows[i].id_len, "abc", 3);
		(void)tdisp(m, n);
		if (rows[i].ok) {
			assert_int_equal(s.out[1], 0x0b);
			assert_int_equal(s.len, n);
			assert_memory_equal(s.out + 16, m + 16, n - 16);
			continue;
		}
		assert_int_equal(solo_error(&s), TDISP_E_UNSUPPORTED_REQUEST);
		assert_int_equal(s.out[20], 0x8b);
	}
}

static uint32_t run_engine(uint32_t cmd, uint64_t src, uint64_t dst)
{
	struct device_fn *fn = &s.dev.fn[0];

	engine_write(fn, DMA_CTRL, DMA_CTRL_RESET);
	engine_write(fn, DMA_SRC, (uint32_t)src);
	engine_write(fn, DMA_SRC + 4, (uint32_t)(src >> 32));
	engine_write(fn, DMA_DST, (uint32_t)dst);
	engine_write(fn, DMA_DST + 4, (uint32_t)(dst >> 32));
	engine_write(fn, DMA_LEN, 64);
	engine_write(fn, DMA_CMD, cmd);
	return engine_read(fn, DMA_ERROR);
}

static void no_request_goes_beyond_the_address_width(void **unused)
{
	static const struct {
		uint8_t width;
		uint64_t last; /* of 64 bytes that are within */
	} rows[] = { { 32, 0xffffffc0 },
		     { 48, UINT64_C(0xffffffffffc0) },
		     { 52, UINT64_C(0xfffffffffffc0) } };

	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint64_t in = rows[i].last;

		if (i) {
			solo_free(&s);
			(void)setup(NULL);
		}
		s.cfg.addr_width = rows[i].width;
		solo_start(&s);
		assert_int_equal(run_engine(DMA_CMD_LOAD, in, UINT64_MAX), 0);
		assert_int_equal(run_engine(DMA_CMD_STORE, UINT64_MAX, in), 0);
		assert_int_equal(run_engine(DMA_CMD_COPY, in, in), 0);
		assert_int_equal(run_engine(DMA_CMD_LOAD, in + 1, 0),
				 DMA_ERROR_COMMAND);
		assert_int_equal(run_engine(DMA_CMD_STORE, 0, in + 1),
				 DMA_ERROR_COMMAND);
		assert_int_equal(run_engine(DMA_CMD_COPY, in, in + 64),
				 DMA_ERROR_COMMAND);
		assert_int_equal(run_engine(DMA_CMD_COPY, in + 64, in),
				 DMA_ERROR_COMMAND);
	}
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_page_opens_and_closes_as_the_tvm_says),
		T(what_is_not_updatable_stays_and_nothing_ends),
		T(an_attribute_ends_with_the_lock),
		T(an_attribute_is_of_one_interface),
		T(what_is_offered_is_what_is_there),
		T(a_vendor_message_of_ours_comes_back_and_no_other),
		T(no_request_goes_beyond_the_address_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
