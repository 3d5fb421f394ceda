/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/* The machine as a whole: functions, configuration, BARs, DMA, interrupts. */

static void a_function_shows_what_the_device_has(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");
	uint8_t all[EP_CFG_SIZE];

	e->ops->cfg_read(e, 0, all, sizeof(all));
	for (unsigned reg = 0; reg < sizeof(all); reg += 4) {
		uint32_t v;

		assert_int_equal(fabric_cfg_read(&r.b->fabric, BDF(1, 0, 0),
						 (uint16_t)reg, 4, &v),
				 IL_OK);
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(all[reg + i], v >> 8 * i & 0xff);
	}
	assert_int_equal(rig_cfg(e, 0, 2), 0x1d1a);
	assert_int_not_equal(rig_ecap(e, 0x002e), 0); /* DOE */
	assert_int_not_equal(rig_ecap(e, 0x0030), 0); /* IDE */
	rig_free(&r);
}

static void the_hosts_function_is_found_by_its_ids(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "host");

	assert_int_equal(rig_cfg(e, 0, 4), BOARD_HOST_DEV << 16 | BOARD_VENDOR);
	assert_int_not_equal(rig_cap(e, 0x11), 0); /* MSI-X */
	/* Root port 00:01.0 in its ECAM. */
	assert_int_equal(rig_bar(e, 2, 0x8000, 4), 0x00101d1a);
	assert_int_equal(rig_bar(e, 2, 0x0000, 4), 0xffffffff);
	rig_free(&r);
}

/* As firmware of the host VM does it. */
static void enumerate(struct ep *e)
{
	rig_cfg_put(e, 0x10, 4, (uint32_t)RIG_BAR0);
	rig_cfg_put(e, 0x18, 4, (uint32_t)RIG_BAR2);
	rig_cfg_put(e, 0x04, 2, 0x0006);
}

static void bars_are_as_large_as_the_data_sheet_says(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	assert_int_equal(e->bar[0].size, 0x4000);
	assert_true(e->bar[0].wide);
	assert_false(e->bar[0].prefetch);
	assert_int_equal(e->bar[1].size, 0);
	assert_int_equal(e->bar[2].size, 0x10000);
	assert_true(e->bar[2].prefetch);
	assert_int_equal(e->msix, 4);
	assert_int_equal(rig_cfg(e, 0x10, 4), 4); /* as before sizing */
	rig_free(&r);
}

static void a_bar_answers_where_memory_space_is_enabled(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	/* Not yet: the address of a BAR after reset is of memory. */
	rig_give(&r, EP_HOST);
	memcpy(r.ram[EP_HOST], "memory", 6);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0xffffffff);
	enumerate(e);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0x1d1a0001);
	rig_bar_put(e, 2, 0x8, 8, 0x0123456789abcdef);
	assert_int_equal(rig_bar(e, 2, 0x8, 8), 0x0123456789abcdef);
	rig_cfg_put(e, 0x04, 2, 0x0004);
	assert_int_equal(rig_bar(e, 0, 0, 4), 0xffffffff);
	rig_free(&r);
}

static void a_bar_that_is_a_guests_takes_no_write_of_the_hosts(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");
	struct ep *h = rig_open(&r, "host");

	enumerate(e);
	rig_bar_put(e, 2, 0, 4, 0x11111111);
	rig_bar_put(h, 0, BOARD_INSN_PA, 8, RIG_BAR2);
	rig_bar_put(h, 0, BOARD_INSN_ASID, 4, 1);
	rig_bar_put(h, 0, BOARD_INSN_COUNT, 4, 1);
	rig_bar_put(h, 0, BOARD_INSN_FLAGS, 4, BOARD_FLAG_ASSIGNED);
	rig_bar_put(h, 0, BOARD_INSN_OP, 4, BOARD_INSN_RMPUPDATE);
	assert_int_equal(rig_bar(h, 0, BOARD_INSN_RC, 4), 0);
	assert_int_equal(rig_bar(h, 0, BOARD_INSN_PAGES, 4), 1);
	r.refused = 0;
	rig_bar_put(e, 2, 0, 4, 0x22222222);
	assert_int_equal(r.refused, 1);
	assert_ptr_equal(r.last.rule, &own_rule_assigned);
	assert_int_equal(r.last.addr, RIG_BAR2);
	assert_int_equal(rig_bar(e, 2, 0, 4), 0x11111111);
	/* The page beside it is the host's still. */
	rig_bar_put(e, 2, 0x1000, 4, 0x33333333);
	assert_int_equal(rig_bar(e, 2, 0x1000, 4), 0x33333333);
	rig_free(&r);
}

static void a_reset_takes_the_addresses_of_bars(void **unused)
{
	(void)unused;
	struct rig r;

	rig_new(&r);

	struct ep *e = rig_open(&r, "fn0");

	enumerate(e);
	e->ops->reset(e);
	assert_int_equal(rig_cfg(e, 0x10, 4), 4);
	assert_int_equal(rig_cfg(e, 0x04, 2), 0);
	enumerate(e);
	assert_int_equal(e->ops->open(e, NULL, NULL), IL_E_STATE);
	e->ops->close(e);
	assert_int_equal(rig_cfg(e, 0x04, 2), 0);
	rig_open(&r, "fn0");
	rig_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_shows_what_the_device_has),
		cmocka_unit_test(the_hosts_function_is_found_by_its_ids),
		cmocka_unit_test(bars_are_as_large_as_the_data_sheet_says),
		cmocka_unit_test(a_bar_answers_where_memory_space_is_enabled),
		cmocka_unit_test(
			a_bar_that_is_a_guests_takes_no_write_of_the_hosts),
		cmocka_unit_test(a_reset_takes_the_addresses_of_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
