/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several physical functions behind one DSM: what each has, what ends the trust
 * of one and of all. PCIe Base 6.0 §6.6.2; 6.x §11.4.3, §6.33.8.
 */
#include "rig.h"

#include "device/device_priv.h"
#include "dsm/dsm.h"
#include "ide/ide.h"
#include "pci/regs.h"

#define FNS 3u

static struct rig rig;

static uint16_t bdf(unsigned fn)
{
	return (uint16_t)(RIG_EP + fn);
}

static int setup(void **state)
{
	(void)state;
	rig_new_many(&rig, FNS, 0);
	rig_enumerate(&rig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static void each_function_shows_what_it_is(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < FNS; i++) {
		const unsigned exp = rig_cap(&rig, bdf(i), 0x10);

		assert_int_equal(rig_cfg_read(&rig, bdf(i), 0, 4),
				 0x01001234 + (i << 16));
		/* Multi-Function Device (§7.5.1.1.9); type 0. */
		assert_int_equal(rig_cfg_read(&rig, bdf(i), 0x0e, 1), 0x80);
		assert_true(rig_cap(&rig, bdf(i), 0x01)); /* PM */
		assert_true(rig_cap(&rig, bdf(i), 0x11)); /* MSI-X */
		assert_true(exp);
		/* DevCap: FLR, TEE-IO Supported. */
		assert_int_equal(rig_cfg_read(&rig, bdf(i), exp + 4, 4) >> 28,
				 0x5);
		assert_int_equal(rig_cfg_read(&rig, bdf(i), 0x3d, 1), 0);
	}
	/* DOE and IDE of all are function 0's. */
	assert_true(rig_ecap(&rig, bdf(0), 0x2e));
	assert_true(rig_ecap(&rig, bdf(0), 0x30));
	for (unsigned i = 1; i < FNS; i++)
		assert_int_equal(rig_cfg_read(&rig, bdf(i), 0x100, 4), 0);
}

static void no_function_is_behind_the_last(void **unused)
{
	uint32_t v;

	(void)unused;
	for (unsigned i = FNS; i < 8; i++) {
		assert_int_equal(fabric_cfg_read(&rig.fabric, bdf(i), 0, 4, &v),
				 IL_E_IO);
		assert_int_equal(v, UINT32_MAX);
	}
}

static void the_only_function_is_not_multi_function(void **unused)
{
	(void)unused;
	rig_free(&rig);
	rig_new(&rig, 2);
	rig_enumerate(&rig);
	assert_int_equal(rig_cfg_read(&rig, RIG_EP, 0x0e, 1), 0);
}

static void bars_are_a_functions_own(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < FNS; i++)
		rig_mmio_write(&rig, RIG_BAR2_OF(i), 0x1111 * (i + 1), 8,
			       false);
	rig_settle(&rig);
	for (unsigned i = 0; i < FNS; i++)
		assert_int_equal(rig_mmio_read(&rig, RIG_BAR2_OF(i), 8, false),
				 0x1111 * (i + 1));
	/* Memory Space Enable of one is not that of another. */
	rig_cfg_write(&rig, bdf(1), 0x04, 2, 4);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2_OF(0), 8, false), 0x1111);
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2_OF(2), 8, false), 0x3333);
	rig.dev.faults = 0;
	assert_true(rig_mmio_read(&rig, RIG_BAR2_OF(1), 8, false) ==
		    UINT64_MAX);
	assert_int_equal(rig.dev.faults, 1);
	assert_ptr_equal(rig.dev.last.rule, &device_rule_no_bar);
}

static void each_function_moves_data_by_its_own_id(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < FNS; i++) {
		rig_fill(&rig, 0x10000, 256, (uint8_t)i);
		assert_int_equal(rig_dma(&rig, RIG_BAR0_OF(i), DMA_CMD_COPY,
					 0x10000, 0x20000, 256, false),
				 0);
		rig_assert_same(&rig, 0x10000, 0x20000, 256);
	}
	/* Bus Master Enable of one is not that of another. */
	rig_cfg_write(&rig, bdf(0), 0x04, 2, 2);
	assert_int_equal(rig_dma(&rig, RIG_BAR0_OF(0), DMA_CMD_COPY, 0x10000,
				 0x20000, 256, false),
			 DMA_ERROR_MASTER);
	assert_int_equal(rig_dma(&rig, RIG_BAR0_OF(2), DMA_CMD_COPY, 0x10000,
				 0x20000, 256, false),
			 0);
	assert_int_equal(rig.dev.last.id, RIG_EP);
}

static void in_run_each_uses_the_one_stream(void **unused)
{
	(void)unused;
	rig_stream(&rig, 1);
	rig_tdi(&rig, 2, TDI_RUN, 0);
	rig_fill(&rig, 0x10000, 256, 9);
	assert_int_equal(rig_dma(&rig, RIG_BAR0_OF(2), DMA_CMD_COPY, 0x10000,
				 0x20000, 256, true),
			 0);
	assert_true(rig.last_t);
	assert_int_equal(rig.last_stream, RIG_STREAM);
	rig_assert_same(&rig, 0x10000, 0x20000, 256);
	assert_int_equal(rig_dma(&rig, RIG_BAR0_OF(1), DMA_CMD_COPY, 0x10000,
				 0x20000, 256, false),
			 0);
	assert_false(rig.last_t);
}

static void all_in_run(void)
{
	rig_stream(&rig, 1);
	for (unsigned i = 0; i < FNS; i++)
		rig_tdi(&rig, i, TDI_RUN, 0);
}

static void assert_states(enum tdi_state a, enum tdi_state b, enum tdi_state c)
{
	rig_settle(&rig);
	assert_int_equal(dsm_tdi_state(&rig.dev.dsm.pci, 0), a);
	assert_int_equal(dsm_tdi_state(&rig.dev.dsm.pci, 1), b);
	assert_int_equal(dsm_tdi_state(&rig.dev.dsm.pci, 2), c);
}

static bool secure(void)
{
	return ide_state(&rig.dev.ide, 0) == IDE_SECURE;
}

static void flr(unsigned fn)
{
	rig_cfg_write(&rig, bdf(fn), rig_cap(&rig, bdf(fn), 0x10) + 8u, 2,
		      0xa850);
}

static void power(unsigned fn, uint32_t state)
{
	rig_cfg_write(&rig, bdf(fn), rig_cap(&rig, bdf(fn), 0x01) + 4u, 2,
		      state);
}

static void flr_of_one_ends_no_other(void **unused)
{
	(void)unused;
	all_in_run();
	rig_mmio_write(&rig, RIG_BAR2_OF(2), 0x77, 8, true);
	rig_settle(&rig);
	flr(1);
	assert_states(TDI_RUN, TDI_ERROR, TDI_RUN);
	assert_true(secure());
	assert_int_equal(rig_mmio_read(&rig, RIG_BAR2_OF(2), 8, true), 0x77);
	/* Its registers began anew, theirs did not. */
	assert_int_equal(rig_cfg_read(&rig, bdf(1), 0x04, 2), 0);
	assert_int_equal(rig_cfg_read(&rig, bdf(2), 0x04, 2), 6);
}

/* It holds the IDE capability: PCIe Base 6.x §6.33.8, §11.4.3. */
static void flr_of_function_0_ends_the_streams_and_all_trust(void **unused)
{
	(void)unused;
	all_in_run();
	rig_tdi(&rig, 2, TDI_UNLOCKED, 0);
	flr(0);
	assert_states(TDI_ERROR, TDI_ERROR, TDI_UNLOCKED);
	assert_false(secure());
	/* The others were not reset. */
	assert_int_equal(rig_cfg_read(&rig, bdf(0), 0x04, 2), 0);
	assert_int_equal(rig_cfg_read(&rig, bdf(1), 0x04, 2), 6);
	assert_int_equal(rig_cfg_read(&rig, bdf(1), 0x10, 4),
			 RIG_BAR0_OF(1) | 4);
}

static void d3hot_is_a_functions_own(void **unused)
{
	(void)unused;
	all_in_run();
	power(2, 3);
	assert_states(TDI_RUN, TDI_RUN, TDI_ERROR);
	power(2, 0);
	assert_states(TDI_RUN, TDI_RUN, TDI_ERROR);
	assert_true(secure());
	power(0, 3);
	assert_states(TDI_ERROR, TDI_RUN, TDI_ERROR);
	assert_true(secure());
	/* The way back resets what function 0 has for all. */
	power(0, 0);
	assert_states(TDI_ERROR, TDI_ERROR, TDI_ERROR);
	assert_false(secure());
}

/* Who sleeps decodes nothing, and keeps nobody else from it. */
static void who_sleeps_sleeps_alone(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < FNS; i++)
		rig_mmio_write(&rig, RIG_BAR2_OF(i), 0x1111 * (i + 1), 8,
			       false);
	for (unsigned who = 0; who < FNS; who += 2) {
		power(who, 3);
		rig_settle(&rig);
		for (unsigned i = 0; i < FNS; i++)
			assert_true(
				rig_mmio_read(&rig, RIG_BAR2_OF(i), 8, false) ==
				(i == who ? UINT64_MAX : 0x1111 * (i + 1)));
		/* On the way back it is reset, and not enumerated again. */
		power(who, 0);
		rig_settle(&rig);
		rig_enumerate(&rig);
		rig_mmio_write(&rig, RIG_BAR2_OF(who), 0x1111 * (who + 1), 8,
			       false);
	}
}

static void a_vendor_message_is_of_the_functions_own_vendor(void **unused)
{
	static const uint8_t first[2] = { 0x34, 0x12 },
			     second[2] = { 0x21, 0x43 };
	struct il_tdisp_vdm req = { .registry = 0, .id = { first, 2 } };
	uint8_t out[4];
	size_t len;

	(void)unused;
	rig.dev.cfg.pf[1].ids.vendor = 0x4321;
	for (unsigned i = 0; i < FNS; i++) {
		const enum tdisp_error own = TDISP_E_NONE,
				       other = TDISP_E_UNSUPPORTED_REQUEST;

		req.id.p = first;
		assert_int_equal(device_dsm_port.vdm(&rig.dev, i, &req, out,
						     sizeof(out), &len),
				 i == 1 ? other : own);
		req.id.p = second;
		assert_int_equal(device_dsm_port.vdm(&rig.dev, i, &req, out,
						     sizeof(out), &len),
				 i == 1 ? own : other);
	}
}

static void what_is_locked_is_watched_in_each(void **unused)
{
	(void)unused;
	all_in_run();
	rig_cfg_write(&rig, bdf(1), 0x04, 2, 2);
	assert_states(TDI_RUN, TDI_ERROR, TDI_RUN);
	rig_cfg_write(&rig, bdf(2), 0x10, 4, (uint32_t)RIG_BAR0_OF(2));
	assert_states(TDI_RUN, TDI_ERROR, TDI_ERROR);
	rig_tdi(&rig, 1, TDI_RUN, 0);
	rig_tdi(&rig, 2, TDI_RUN, TDISP_LOCK_MSIX);
	rig_cfg_write(&rig, bdf(1), rig_cap(&rig, bdf(1), 0x11) + 2u, 2,
		      0x8000);
	assert_states(TDI_RUN, TDI_RUN, TDI_RUN);
	rig_cfg_write(&rig, bdf(2), rig_cap(&rig, bdf(2), 0x11) + 2u, 2,
		      0x8000);
	assert_states(TDI_RUN, TDI_RUN, TDI_ERROR);
	rig_cfg_write(&rig, bdf(1), 0x04, 2, 4); /* Memory Space Enable */
	assert_states(TDI_RUN, TDI_ERROR, TDI_ERROR);
	rig_tdi(&rig, 1, TDI_RUN, 0);
	rig_tdi(&rig, 2, TDI_RUN, 0);
	rig_cfg_write(&rig, bdf(2), 0x30, 4, 0); /* its ROM */
	assert_states(TDI_RUN, TDI_RUN, TDI_ERROR);
}

static void a_hot_reset_unlocks_all(void **unused)
{
	(void)unused;
	all_in_run();
	assert_int_equal(fabric_hot_reset(&rig.fabric, rig.port), IL_OK);
	assert_states(TDI_UNLOCKED, TDI_UNLOCKED, TDI_UNLOCKED);
	rig_enumerate(&rig);
	assert_int_equal(rig_cfg_read(&rig, bdf(2), 0, 2), 0x1234);
}

static void bars_of_two_functions_may_not_overlap(void **unused)
{
	const struct tdisp_lock lock = { .default_stream = RIG_STREAM };

	(void)unused;
	assert_null(rig.dev.port.check_config(&rig.dev, 1, &lock));
	rig_cfg_write(&rig, bdf(2), 0x18, 4, (uint32_t)RIG_BAR2_OF(1));
	assert_ptr_equal(rig.dev.port.check_config(&rig.dev, 1, &lock),
			 &device_rule_overlap);
	/* One that was never placed concerns itself. */
	rig_cfg_write(&rig, bdf(2), 0x18, 4, 0);
	assert_null(rig.dev.port.check_config(&rig.dev, 1, &lock));
	assert_ptr_equal(rig.dev.port.check_config(&rig.dev, 2, &lock),
			 &device_rule_bar_off);
}

static void a_report_is_a_functions_own(void **unused)
{
	const struct tdisp_lock lock = { .default_stream = RIG_STREAM };
	struct tdisp_report r;

	(void)unused;
	for (uint32_t i = 0; i < FNS; i++) {
		assert_int_equal(rig.dev.port.report(&rig.dev, i, &lock, &r),
				 IL_OK);
		assert_int_equal(r.range_count, 2);
		assert_int_equal(r.ranges[0].first_page, RIG_BAR0_OF(i) >> 12);
		assert_int_equal(r.ranges[0].pages, 2);
		assert_int_equal(r.ranges[1].first_page, RIG_BAR2_OF(i) >> 12);
		assert_int_equal(r.vendor_len, 1);
		assert_int_equal(r.vendor[0], 0xa0 + i);
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(each_function_shows_what_it_is),
		T(no_function_is_behind_the_last),
		T(the_only_function_is_not_multi_function),
		T(bars_are_a_functions_own),
		T(each_function_moves_data_by_its_own_id),
		T(in_run_each_uses_the_one_stream),
		T(flr_of_one_ends_no_other),
		T(flr_of_function_0_ends_the_streams_and_all_trust),
		T(d3hot_is_a_functions_own),
		T(who_sleeps_sleeps_alone),
		T(a_vendor_message_is_of_the_functions_own_vendor),
		T(what_is_locked_is_watched_in_each),
		T(a_hot_reset_unlocks_all),
		T(bars_of_two_functions_may_not_overlap),
		T(a_report_is_a_functions_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
