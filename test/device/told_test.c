/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include "device/device_priv.h"

/*
 * A device that is told what its host does: whole data objects, writes that
 * others saw, questions; and what counts when nobody tells anything.
 */
static struct solo s;

static int setup(void **unused)
{
	(void)unused;
	solo_cfg(&s, 2);
	solo_start(&s);
	return 0;
}

static int teardown(void **unused)
{
	(void)unused;
	solo_free(&s);
	return 0;
}

static void a_whole_object_is_answered_by_a_whole_object(void **unused)
{
	static const uint8_t discovery[] = {
		1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0
	};
	static const uint8_t found[] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 1, 2 };
	static const uint8_t version[] = { 1, 0, 1,    0,    3, 0,
					   0, 0, 0x10, 0x84, 0, 0 };
	static const uint8_t unknown[] = { 1, 0, 9, 0, 3, 0, 0, 0, 1, 0, 0, 0 };
	struct device *d = &s.dev;

	(void)unused;
	assert_int_equal(device_doe(d, 0, discovery, 12, s.out, sizeof(s.out),
				    &s.len, 5),
			 IL_OK);
	assert_int_equal(s.len, sizeof(found));
	assert_memory_equal(s.out, found, sizeof(found));
	assert_int_equal(
		device_doe(d, 0, version, 12, s.out, sizeof(s.out), &s.len, 6),
		IL_OK);
	assert_int_equal(s.len, 16);
	assert_int_equal(s.out[2], 1);
	assert_int_equal(s.out[4], 4);
	assert_int_equal(s.out[9], 0x04); /* VERSION */
	assert_int_equal(s.out[15], 0x12);
	assert_int_equal(d->exchanges, 2);
	assert_int_equal(
		device_doe(d, 0, unknown, 12, s.out, sizeof(s.out), &s.len, 7),
		IL_OK);
	assert_int_equal(s.len, 0);
}

static void bytes_that_are_no_object_are_refused(void **unused)
{
	uint8_t obj[16] = { 1, 0, 1, 0, 3, 0, 0, 0, 0x10, 0x84 };
	struct device *d = &s.dev;

	(void)unused;
	s.len = 77;
	assert_int_equal(device_doe(d, 0, obj, 7, s.out, 4104, &s.len, 0),
			 IL_E_SHORT);
	assert_int_equal(device_doe(d, 0, obj, 11, s.out, 4104, &s.len, 0),
			 IL_E_SHORT);
	assert_int_equal(device_doe(d, 0, obj, 16, s.out, 4104, &s.len, 0),
			 IL_E_LONG);
	assert_int_equal(device_doe(d, 0, obj, 12, s.out, 4103, &s.len, 0),
			 IL_E_SPACE);
	obj[4] = 1;
	assert_int_equal(device_doe(d, 0, obj, 12, s.out, 4104, &s.len, 0),
			 IL_E_FIELD);
	assert_int_equal(s.len, 77);
	assert_int_equal(d->exchanges, 0);
}

static void a_bare_message_is_answered_without_a_frame(void **unused)
{
	static const uint8_t version[] = { 0x10, 0x84, 0, 0 };
	enum spdm_kind kind = SPDM_SECURED;

	(void)unused;
	assert_int_equal(device_message(&s.dev, 0, NULL, SPDM_PLAIN, version, 4,
					s.out, sizeof(s.out), &s.len, &kind, 0),
			 IL_OK);
	assert_int_equal(s.len, 8);
	assert_int_equal(kind, SPDM_PLAIN);
	assert_int_equal(s.out[1], 0x04);
	/* Without power there is nobody to answer. */
	assert_int_equal(device_told_event(&s.dev, LINK_POWER_OFF), IL_OK);
	assert_int_equal(device_message(&s.dev, 0, NULL, SPDM_PLAIN, version, 4,
					s.out, sizeof(s.out), &s.len, &kind, 0),
			 IL_OK);
	assert_int_equal(s.len, 0);
	assert_int_equal(device_told_write(&s.dev, 0x100, 4, 2, 6), IL_E_STATE);
	assert_int_equal(device_told_flr(&s.dev, 0), IL_E_STATE);
}

static void a_function_of_unknown_bus_is_known_by_device_and_function(void **u)
{
	enum tdi_state st;

	(void)u;
	assert_int_equal(device_ask_state(&s.dev, 0x4702, &st), IL_OK);
	assert_int_equal(device_ask_state(&s.dev, 0x4703, &st), IL_E_ARG);
	assert_int_equal(device_ask_state(&s.dev, 0x4708, &st), IL_E_ARG);
	assert_int_equal(solo_tdisp(&s, 0x4702, 0x85), 0x05);
	assert_int_equal(solo_tdisp(&s, 0x4708, 0x85), 0x7f);
	/* A write tells the numbers; from now on they count. */
	solo_told(&s, 0x4700, 0x0c, 1, 0x10);
	assert_int_equal(device_ask_state(&s.dev, 0x4702, &st), IL_OK);
	assert_int_equal(device_ask_state(&s.dev, 0x4602, &st), IL_E_ARG);
	assert_int_equal(solo_tdisp(&s, 0x4602, 0x85), 0x7f);
	assert_int_equal(solo_tdisp(&s, 0x4702, 0x85), 0x05);
	/* A conventional reset makes them unknown again. */
	assert_int_equal(device_told_event(&s.dev, LINK_HOT_RESET), IL_OK);
	assert_int_equal(device_ask_state(&s.dev, 0x4602, &st), IL_OK);
}

static void a_device_number_of_the_file_names_functions_too(void **unused)
{
	enum tdi_state st;

	(void)unused;
	solo_free(&s);
	solo_cfg(&s, 0);
	s.cfg.dev_number = 32;
	assert_int_equal(device_init(&s.dev, &s.cfg), IL_E_ARG);
	s.cfg.dev_number = 3;
	solo_start(&s);
	assert_int_equal(device_ask_state(&s.dev, 0x0018, &st), IL_OK);
	assert_int_equal(device_ask_state(&s.dev, 0x0000, &st), IL_E_ARG);
	assert_int_equal(device_told_event(&s.dev, LINK_FUND_RESET), IL_OK);
	assert_int_equal(device_ask_state(&s.dev, 0x0218, &st), IL_OK);
}

/* With more than seven VFs a routing ID is a bus and a function (ARI). */
static void a_function_beyond_the_eighth_is_known_by_its_number(void **unused)
{
	enum tdi_state st;

	(void)unused;
	solo_free(&s);
	solo_cfg(&s, 32);
	solo_start(&s);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4720);
	solo_run(&s, 0x4708);
	solo_run(&s, 0x4700);
	assert_int_equal(device_ask_state(&s.dev, 0x4721, &st), IL_E_ARG);
	/* Its own Bus Master Enable, and nobody else's name. */
	solo_told(&s, 0x4720, 0x04, 2, 4);
	solo_told(&s, 0x4720, 0x04, 2, 0);
	assert_int_equal(solo_state(&s, 0x4720), TDI_ERROR);
	assert_int_equal(solo_state(&s, 0x4708), TDI_RUN);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	assert_int_equal(device_told_flr(&s.dev, 0x4708), IL_OK);
	assert_int_equal(solo_state(&s, 0x4708), TDI_ERROR);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	assert_int_equal(device_told_write(&s.dev, 0x4721, 0x04, 2, 4),
			 IL_E_ARG);
}

static void to_learn_the_bus_costs_no_lock(void **unused)
{
	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	solo_told(&s, 0x4700, 0x04, 2, 6);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	solo_free(&s);
	setup(NULL);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	/* Not the bus by which it was locked. */
	solo_told(&s, 0x4800, 0x04, 2, 6);
	assert_int_equal(solo_state(&s, 0x4800), TDI_ERROR);
	teardown(NULL);
	setup(NULL);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	solo_told(&s, 0x4700, 0x04, 2, 6);
	/* Another bus is another name. */
	solo_told(&s, 0x4800, 0x04, 2, 6);
	assert_int_equal(solo_state(&s, 0x4800), TDI_ERROR);
}

static void an_access_over_many_pages_stops_at_anothers_report(void **unused)
{
	struct device_access a = {
		.rid = 0x4700, .addr = 0x90000000, .len = 0x10000, .stream = -1
	};

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4701, SOLO_STREAM, 0), 0x03);
	solo_told(&s, 0x4700, 0x10, 4, 0xa0000000);
	solo_told(&s, 0x4700, 0x18, 4, 0x90000000);
	solo_told(&s, 0x4700, 4, 2, 2);
	assert_null(solo_refusal(&s, &a));
	/* The VF's memory is at 0x81300000; 64 KiB below it end there. */
	solo_told(&s, 0x4700, 0x18, 4, 0x812f0000);
	a.addr = 0x812f0000;
	assert_null(solo_refusal(&s, &a));
	solo_told(&s, 0x4700, 0x18, 4, 0x81300000);
	a.addr = 0x81300000;
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_no_bar);
	/* Nor may it begin below what the other has. */
	s.dev.tdis[1].rep[TDISP_REPORT_RANGES + TDISP_RANGE_LEN] += 8;
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_no_bar);
	a.len = 0x8000;
	assert_null(solo_refusal(&s, &a));
}

static void told_resets_act_as_those_on_the_link(void **unused)
{
	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	solo_run(&s, 0x4701);
	s.dev.fn[1].mem[2].p[7] = 1;
	s.dev.fn[1].mem[2].used = true;
	assert_int_equal(device_told_flr(&s.dev, 0x4703), IL_E_ARG);
	assert_int_equal(device_told_flr(&s.dev, 0x4701), IL_OK);
	assert_int_equal(solo_state(&s, 0x4701), TDI_ERROR);
	assert_int_equal(s.dev.fn[1].mem[2].p[7], 0);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	s.dev.fn[2].mem[2].p[7] = 1;
	s.dev.fn[2].mem[2].used = true;
	assert_int_equal(device_told_flr(&s.dev, 0x4700), IL_OK);
	assert_int_equal(solo_state(&s, 0x4700), TDI_ERROR);
	assert_int_equal(s.dev.fn[2].mem[2].p[7], 0);
	assert_int_equal(device_told_event(&s.dev, LINK_HOT_RESET), IL_OK);
	assert_int_equal(solo_state(&s, 0x4700), TDI_UNLOCKED);
	assert_int_equal(solo_state(&s, 0x4701), TDI_UNLOCKED);
	assert_int_equal(device_told_event(&s.dev, (enum link_event)0),
			 IL_E_ARG);
	assert_int_equal(device_told_event(&s.dev, LINK_EVENTS), IL_E_ARG);
}

static void flr_by_a_told_write_is_done_at_once(void **unused)
{
	uint16_t exp = s.dev.fn[1].exp;

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4701);
	solo_told(&s, 0x4701, (uint16_t)(exp + 8), 2, 0xa850);
	assert_int_equal(solo_state(&s, 0x4701), TDI_ERROR);
	assert_int_equal(s.dev.reset_due, 0);
}

static void a_told_write_that_is_none_changes_nothing(void **unused)
{
	static const struct {
		uint16_t rid, reg;
		unsigned size;
	} c[] = {
		{ 0x4703, 4, 2 }, { 0x4700, 0x1000, 4 }, { 0x4700, 6, 4 },
		{ 0x4700, 3, 2 }, { 0x4700, 4, 3 },	 { 0x4700, 4, 0 },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++)
		assert_int_equal(device_told_write(&s.dev, c[i].rid, c[i].reg,
						   c[i].size, 0),
				 IL_E_ARG);
	assert_false(s.dev.captured);
	assert_true(s.dev.fn[0].assumed);
	/* The mailbox is not moved from here. */
	solo_told(&s, 0x4700, (uint16_t)(s.dev.doe_cap + 0x10), 4, 1);
	assert_int_equal(s.dev.doe.state, DOE_IDLE);
	assert_true(s.dev.captured);
	assert_true(s.dev.fn[0].assumed);
}

static void an_access_is_judged_by_state_and_t(void **unused)
{
	struct device_access a = {
		.rid = 0x4700, .addr = 0x81100000, .len = 0x10000, .stream = -1
	};

	(void)unused;
	assert_null(solo_refusal(&s, &a));
	a.len++;
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_no_bar);
	a.len = 8;
	a.rid = 0x4701; /* the address is the PF's */
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_no_bar);
	a.rid = 0x4703;
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_no_function);
	a.rid = 0x4700;
	a.t = true;
	assert_string_equal(solo_refusal(&s, &a)->name, "tdi-unlocked");
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x03);
	a.stream = SOLO_STREAM;
	assert_string_equal(solo_refusal(&s, &a)->name, "tdi-locked");
	a.from_device = true;
	assert_string_equal(solo_refusal(&s, &a)->name, "tdi-dma-locked");
	assert_int_equal(solo_tdisp(&s, 0x4700, 0x87), 0x07);
	solo_run(&s, 0x4700);
	assert_null(solo_refusal(&s, &a));
	a.stream = SOLO_STREAM + 1;
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_dma_t);
	a.from_device = false;
	assert_string_equal(solo_refusal(&s, &a)->name, "tdi-untrusted");
	a.stream = -1; /* T comes in an IDE prefix or not at all */
	assert_string_equal(solo_refusal(&s, &a)->name, "tdi-untrusted");
	assert_int_equal(device_told_event(&s.dev, LINK_DOWN), IL_OK);
	assert_ptr_equal(solo_refusal(&s, &a), &device_rule_no_function);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_whole_object_is_answered_by_a_whole_object),
		T(bytes_that_are_no_object_are_refused),
		T(a_bare_message_is_answered_without_a_frame),
		T(a_function_of_unknown_bus_is_known_by_device_and_function),
		T(a_device_number_of_the_file_names_functions_too),
		T(a_function_beyond_the_eighth_is_known_by_its_number),
		T(to_learn_the_bus_costs_no_lock),
		T(an_access_over_many_pages_stops_at_anothers_report),
		T(told_resets_act_as_those_on_the_link),
		T(flr_by_a_told_write_is_done_at_once),
		T(a_told_write_that_is_none_changes_nothing),
		T(an_access_is_judged_by_state_and_t),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
