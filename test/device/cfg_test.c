/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include "device/device_priv.h"

/* What a configuration can change of the endpoint, and what it cannot. */
static struct solo s;

static int setup(void **unused)
{
	(void)unused;
	solo_cfg(&s, 1);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	solo_free(&s);
	return 0;
}

/* BAR 0 registers, 1 small, 2 memory in parts, 4 wide; VFs the usual two. */
static void many_bars(void)
{
	struct device_bar *b = s.cfg.pf[0].bar, *v = s.cfg.vf_bar;

	b[0] = (struct device_bar){ .size = 0x4000, .at = 0x10000000 };
	b[1] = (struct device_bar){ .size = 0x1000, .at = 0x10010000 };
	b[2] = (struct device_bar){ .size = 0x8000,
				    .at = 0x10020000,
				    .prefetch = true,
				    .parts = 3,
				    .part = { { 0x2000, false },
					      { 0x1000, true },
					      { 0x5000, false } } };
	b[4] = (struct device_bar){ .size = 0x100000,
				    .at = UINT64_C(0x4000000000),
				    .wide = true,
				    .parts = 1,
				    .part = { { 0x100000, true } } };
	v[0] = (struct device_bar){ .size = 0x4000, .at = 0x20000000 };
	v[2] = (struct device_bar){ .size = 0x2000, .at = 0x20010000 };
}

static const struct rule *refusal(uint16_t rid, uint64_t addr, uint32_t len,
				  bool t)
{
	const struct device_access a = { .rid = rid,
					 .addr = addr,
					 .len = len,
					 .t = t,
					 .stream = DEVICE_STREAM_BOUND };
	const struct rule *why = NULL;

	(void)device_ask_access(&s.dev, &a, &why);
	return why;
}

static void bars_are_laid_out_as_configured(void **unused)
{
	const struct pci_cfg *c;

	(void)unused;
	many_bars();
	solo_start(&s);
	c = &s.dev.fn[0].cfg;
	assert_int_equal(pci_bar_size(c, 0), 0x4000);
	assert_int_equal(pci_bar_size(c, 1), 0x1000);
	assert_int_equal(pci_bar_size(c, 2), 0x8000);
	assert_int_equal(pci_bar_size(c, 3), 0);
	assert_int_equal(pci_bar_size(c, 4), 0x100000);
	assert_int_equal(pci_cfg_get(c, 0x10, 4), 0);
	assert_int_equal(pci_cfg_get(c, 0x18, 4), 8);
	assert_int_equal(pci_cfg_get(c, 0x20, 4), 4);
	assert_int_equal(pci_vf_bar_size(c, 2), 0x2000);
	assert_int_equal(s.dev.fn[1].mem[2].size, 0x2000);
	assert_null(s.dev.fn[1].mem[1].p);
}

static void each_part_is_a_range_of_the_report(void **unused)
{
	static const struct {
		uint64_t page;
		uint32_t pages;
		uint16_t attrs, id;
	} want[] = {
		{ 0x10000, 2, 0, 0 }, { 0x10010, 1, 0, 1 },
		{ 0x10020, 2, 0, 2 }, { 0x10022, 1, 4, 2 },
		{ 0x10023, 5, 0, 2 }, { 0x4000000, 256, 4, 4 },
	};
	struct rd r;

	(void)unused;
	many_bars();
	s.cfg.pf[0].report.lnr_control = 0x1234;
	s.cfg.pf[0].report.tph_control = 0x56789abc;
	memcpy(s.cfg.pf[0].report.info, "own", 3);
	s.cfg.pf[0].report.info_len = 3;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x03);
	assert_int_equal(solo_tdisp(&s, 0, 0x84), 0x04);
	r = rd_over(s.out + 20, s.len - 20);
	assert_int_equal(rd_u16le(&r), 2);
	assert_int_equal(rd_u16le(&r), 0);
	assert_int_equal(rd_u16le(&r), 0);
	assert_int_equal(rd_u16le(&r), 0x1234);
	assert_int_equal(rd_u32le(&r), 0x56789abc);
	assert_int_equal(rd_u32le(&r), COUNT(want));
	for (unsigned i = 0; i < COUNT(want); i++) {
		assert_int_equal(rd_u64le(&r), want[i].page);
		assert_int_equal(rd_u32le(&r), want[i].pages);
		assert_int_equal(rd_u16le(&r), want[i].attrs);
		assert_int_equal(rd_u16le(&r), want[i].id);
	}
	assert_int_equal(rd_u32le(&r), 3);
	assert_memory_equal(rd_bytes(&r, 3), "own", 3);
	assert_int_equal(rd_end(&r), IL_OK);
}

static void non_tee_parts_take_untrusted_requests_of_a_running_tdi(void **u)
{
	(void)u;
	many_bars();
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0);
	assert_null(refusal(0, 0x10022000, 8, false));
	assert_null(refusal(0, 0x10022ff8, 8, false));
	assert_null(refusal(0, 0x10022000, 8, true));
	assert_string_equal(refusal(0, 0x10021ff8, 8, false)->name,
			    "tdi-untrusted");
	/* Over the edge to TEE memory. */
	assert_string_equal(refusal(0, 0x10022ffc, 8, false)->name,
			    "tdi-untrusted");
	assert_string_equal(refusal(0, 0x10023000, 8, false)->name,
			    "tdi-untrusted");
	assert_null(refusal(0, UINT64_C(0x4000000000), 8, false));
	assert_string_equal(refusal(0, 0x10010000, 8, false)->name,
			    "tdi-untrusted");
	assert_null(refusal(0, 0x10010000, 8, true));
}

static void names_are_as_configured(void **unused)
{
	const struct pci_cfg *c;

	(void)unused;
	s.cfg.pf[0].ids = (struct device_ids){ .vendor = 0x1234,
					       .device = 0x5678,
					       .subsys_vendor = 0x9abc,
					       .subsys = 0xdef0,
					       .vf_device = 0x1111,
					       .class_code = 0x010802,
					       .revision = 7 };
	solo_start(&s);
	c = &s.dev.fn[0].cfg;
	assert_int_equal(pci_cfg_get(c, 0, 4), 0x56781234);
	assert_int_equal(pci_cfg_get(c, 8, 4), 0x01080207);
	assert_int_equal(pci_cfg_get(c, 0x2c, 4), 0xdef09abc);
	assert_int_equal(pci_cfg_get(c, (uint16_t)(s.dev.sriov + 0x1a), 2),
			 0x1111);
	assert_int_equal(pci_cfg_get(&s.dev.fn[1].cfg, 0, 4), 0xffffffff);
	assert_int_equal(pci_cfg_get(&s.dev.fn[1].cfg, 8, 4), 0x01080207);
}

static void lock_takes_the_flags_that_are_offered(void **unused)
{
	(void)unused;
	s.cfg.lock_flags = TDISP_LOCK_MSIX;
	s.cfg.addr_width = 48;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 1), 0x7f);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 4), 0x03);
	assert_int_equal(s.dev.dsm.pci.tdisp.caps.addr_width, 48);
	solo_free(&s);
	solo_cfg(&s, 0);
	s.cfg.lock_flags_none = true;
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 4), 0x7f);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x03);
}

static void measurements_have_the_indices_they_are_given(void **unused)
{
	static const struct spdm_measurement m[] = {
		{ .type = 1, .raw = { (const uint8_t *)"a", 1 } },
		{ .type = 2, .raw = { (const uint8_t *)"b", 1 } },
	};
	static const uint8_t index[] = { 7, 200 };
	struct spdm_measurement got;

	(void)unused;
	s.cfg.meas = m;
	s.cfg.meas_index = index;
	s.cfg.meas_count = 2;
	solo_start(&s);
	for (unsigned i = 0; i < 256; i++) {
		enum il_err err =
			device_spdm_port.measure(&s.dev, (uint8_t)i, &got);

		assert_int_equal(err, i == 7 || i == 200 ? IL_OK : IL_E_ARG);
		if (!err)
			assert_int_equal(got.type, i == 7 ? 1 : 2);
	}
}

static void objects_may_be_longer_if_asked_for(void **unused)
{
	static uint8_t obj[8192], out[8192];

	(void)unused;
	obj[0] = 1;
	obj[2] = 1;
	obj[4] = 0x00;
	obj[5] = 0x08; /* 2,048 dwords */
	obj[8] = 0x10;
	obj[9] = 0x84;
	solo_start(&s);
	assert_int_equal(device_doe(&s.dev, 0, obj, 8192, out, 8192, &s.len, 0),
			 IL_E_FIELD);
	solo_free(&s);
	solo_cfg(&s, 0);
	s.cfg.doe_limit = 8192;
	s.cfg.spdm.transfer = 8192 - 8 - 64;
	solo_start(&s);
	assert_int_equal(device_doe(&s.dev, 0, obj, 8192, out, 8191, &s.len, 0),
			 IL_E_SPACE);
	assert_int_equal(device_doe(&s.dev, 0, obj, 8192, out, 8192, &s.len, 0),
			 IL_OK);
	assert_int_equal(s.len, 12); /* ERROR: the message is too long */
	assert_int_equal(out[9], 0x7f);
}

static void what_cannot_be_is_refused(void **unused)
{
	struct device_cfg good;

	(void)unused;
	many_bars();
	good = s.cfg;
#define BAD(what)                                            \
	do {                                                 \
		s.cfg = good;                                \
		what;                                        \
		if (device_init(&s.dev, &s.cfg) != IL_E_ARG) \
			fail_msg("%s", #what);               \
	} while (0)
	BAD(s.cfg.pf[0].bar[0].size = 0x8000);
	BAD(s.cfg.pf[0].bar[2].size = 0);
	BAD(s.cfg.pf[0].bar[2].size = 0x6000);
	BAD(s.cfg.pf[0].bar[1].size = 0x800);
	BAD(s.cfg.pf[0].bar[1].size = 0x2000000);
	BAD(s.cfg.pf[0].bar[1].at = 0x10010800);
	BAD(s.cfg.pf[0].bar[1].wide = true); /* BAR 2 is its upper half */
	BAD(s.cfg.pf[0].bar[0].parts = 1);
	BAD(s.cfg.pf[0].bar[2].parts = 2);
	BAD(s.cfg.pf[0].bar[2].parts = 5);
	BAD(s.cfg.pf[0].bar[2].part[1].size = 0x800);
	BAD(s.cfg.pf[0].bar[4].wide = false);
	BAD(s.cfg.pf[0].bar[5] = s.cfg.pf[0].bar[4]);
	BAD((s.cfg.pf[0].bar[5] = s.cfg.pf[0].bar[4],
	     s.cfg.pf[0].bar[4].size = 0));
	BAD(s.cfg.vf_bar[2].size = 0);
	BAD(s.cfg.lock_flags = TDISP_LOCK_REDIRECT << 1);
	BAD((s.cfg.lock_flags = TDISP_LOCK_BIND_P2P, s.cfg.streams = 1));
	BAD(s.cfg.doe_limit = 4102);
	BAD(s.cfg.doe_limit = 65548);
	BAD(s.cfg.doe_limit = 4096); /* the transfer size does not fit */
	BAD(s.cfg.pf[0].report.info_len = 257);
	BAD(s.cfg.vfs = 33);
	BAD(s.cfg.pfs = 9);
	BAD(s.cfg.pfs = 2);		 /* beside a VF */
	BAD(s.cfg.pf[0].no_msix = true); /* likewise */
	BAD((s.cfg.vfs = 0, s.cfg.pfs = 2, s.cfg.pf[1].bar[0].size = 0x8000));
	BAD((s.cfg.vfs = 0, s.cfg.pfs = 2, s.cfg.pf[1].report.info_len = 257));
	BAD((s.cfg.vfs = 8, s.cfg.dev_number = 1)); /* ARI */
	BAD(s.cfg.streams = 9);
#undef BAD
	s.cfg = good;
	solo_start(&s);
}

static void the_arena_need_is_enough(void **unused)
{
	size_t before;

	(void)unused;
	many_bars();
	before = s.arena.used;
	solo_start(&s);
	assert_true(s.arena.used - before <= device_arena_need(&s.cfg));
	solo_free(&s);
	solo_cfg(&s, 7);
	before = s.arena.used;
	solo_start(&s);
	assert_true(s.arena.used - before <= device_arena_need(&s.cfg));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(bars_are_laid_out_as_configured),
		T(each_part_is_a_range_of_the_report),
		T(non_tee_parts_take_untrusted_requests_of_a_running_tdi),
		T(names_are_as_configured),
		T(lock_takes_the_flags_that_are_offered),
		T(measurements_have_the_indices_they_are_given),
		T(objects_may_be_longer_if_asked_for),
		T(what_cannot_be_is_refused),
		T(the_arena_need_is_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
