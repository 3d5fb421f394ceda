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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_shows_what_the_device_has),
		cmocka_unit_test(the_hosts_function_is_found_by_its_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
