/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "spdm/codec.h"

/* What stands inside messages: measurement blocks, opaque data. */

static void a_measurement_block_is_dmtf_s_and_says_its_size(void **unused)
{
	(void)unused;
	const uint8_t good[] = { 1, 1, 5, 0, 0x81, 2, 0, 8, 9 };

	for (size_t at = 0; at < 7; at++) {
		uint8_t b[sizeof(good)];
		struct rd r = rd_over(b, sizeof(b));
		struct spdm_meas_block out;
		enum il_err err;

		memcpy(b, good, sizeof(b));
		b[at] = at == 0 ? 0 : (uint8_t)(b[at] + 1);
		err = spdm_meas_block_read(&r, &out);
		if (at == 4)
			assert_int_equal(err, IL_OK); /* any type */
		else
			assert_int_not_equal(err, IL_OK);
	}
	for (size_t n = 0; n < sizeof(good); n++) {
		struct rd r = rd_over(good, n);
		struct spdm_meas_block out;

		assert_int_equal(spdm_meas_block_read(&r, &out), IL_E_SHORT);
	}
}

static void opaque_data_is_whole_elements_or_none(void **unused)
{
	(void)unused;
	/* Two elements: PCI-SIG's with a vendor id, DMTF's with a pad byte. */
	const uint8_t two[20] = { 2,	0,    0, 0, 3, 2, 1, 2, 2, 0,
				  0xaa, 0xbb, 0, 0, 3, 0, 1, 2, 3, 0 };

	assert_true(spdm_opaque_good((struct spdm_span){ NULL, 0 }, false));
	assert_true(spdm_opaque_good((struct spdm_span){ NULL, 0 }, true));
	for (size_t n = 1; n < sizeof(two); n++)
		assert_false(
			spdm_opaque_good((struct spdm_span){ two, n }, true));
	assert_true(
		spdm_opaque_good((struct spdm_span){ two, sizeof(two) }, true));
	/* of a format that was not negotiated */
	assert_false(spdm_opaque_good((struct spdm_span){ two, sizeof(two) },
				      false));
}

static void opaque_versions_are_read_only_when_whole(void **unused)
{
	(void)unused;
	/* DSP0277: supported 1.1 and 1.2, in either frame. */
	const uint8_t fmt1[] = { 1, 0, 0, 0, 0,	   0, 7,    0,
				 1, 1, 2, 0, 0x11, 0, 0x12, 0 };
	const uint8_t table[] = { 0x46, 0x54, 0x4d, 0x44, 1,	1, 0,
				  0,	0,    0,    7,	  0,	1, 1,
				  2,	0,    0x11, 0,	  0x12, 0 };
	struct spdm_sm_versions v;
	uint16_t sel;

	assert_int_equal(spdm_sm_supported_read((struct spdm_span){ fmt1, 16 },
						true, &v),
			 IL_OK);
	assert_int_equal(v.count, 2);
	assert_int_equal(v.entry[1], 0x1200);
	assert_int_equal(spdm_sm_supported_read((struct spdm_span){ table, 20 },
						false, &v),
			 IL_OK);
	for (size_t n = 0; n < 16; n++)
		assert_int_not_equal(
			spdm_sm_supported_read((struct spdm_span){ fmt1, n },
					       true, &v),
			IL_OK);
	for (size_t n = 0; n < 20; n++)
		assert_int_not_equal(
			spdm_sm_supported_read((struct spdm_span){ table, n },
					       false, &v),
			IL_OK);
	assert_int_not_equal(
		spdm_sm_selected_read((struct spdm_span){ fmt1, 16 }, true,
				      &sel),
		IL_OK);
	for (size_t at = 0; at < 15; at++) {
		uint8_t b[16];
		enum il_err err;

		memcpy(b, fmt1, 16);
		b[at] ^= 0x10;
		err = spdm_sm_supported_read((struct spdm_span){ b, 16 }, true,
					     &v);
		/* Reserved bytes and the versions themselves are free. */
		if ((at >= 1 && at <= 3) || at >= 11)
			assert_int_equal(err, IL_OK);
		else
			assert_int_not_equal(err, IL_OK);
	}
}

static void an_element_said_twice_is_refused(void **unused)
{
	(void)unused;
	const uint8_t b[] = { 2,    0, 0, 0, 0, 0, 4, 0, 1, 0, 0,
			      0x11, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0x12 };
	uint8_t padded[28] = { 0 };
	uint16_t sel;

	/* Each element is 8 bytes long: no padding. */
	memcpy(padded, b, 12);
	memcpy(padded + 12, b + 4, 8);
	assert_int_equal(spdm_sm_selected_read((struct spdm_span){ padded, 20 },
					       true, &sel),
			 IL_E_FIELD);
	padded[0] = 1;
	assert_int_equal(spdm_sm_selected_read((struct spdm_span){ padded, 12 },
					       true, &sel),
			 IL_OK);
	assert_int_equal(sel, 0x1100);
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_measurement_block_is_dmtf_s_and_says_its_size),
		cmocka_unit_test(opaque_data_is_whole_elements_or_none),
		cmocka_unit_test(opaque_versions_are_read_only_when_whole),
		cmocka_unit_test(an_element_said_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
