/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include "device/device_priv.h"

/*
 * Each switch: strict refuses, or passes over, what the switch changes.
 */
static struct solo s;

static void start(uint32_t relax)
{
	solo_cfg(&s, 1);
	s.cfg.relax = relax;
	solo_start(&s);
}

static void told(uint16_t rid, unsigned reg, unsigned size, uint32_t v)
{
	assert_int_equal(device_told_write(&s.dev, rid, (uint16_t)reg, size, v),
			 IL_OK);
}

/* The same with registers that were written. */
static void start_reported(uint32_t relax)
{
	unsigned block;

	start(relax);
	block = pci_ecap_find(&s.dev.fn[0].cfg, 0x30) + 0xcu;
	told(0x100, block + 0xc, 4, 0x800);
	told(0x100, block + 0x10, 4, 0x801);
	told(0x100, block + 4, 4, SOLO_STREAM << 24 | 1u << 22 | 1);
}

static void lock_without_keys(void **unused)
{
	(void)unused;
	start(0);
	assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0), 0x7f);
	assert_int_equal(solo_error(&s), 1);
	solo_free(&s);
	start(DEVICE_RELAX_NO_KEYS);
	solo_run(&s, 0x100);
	solo_free(&s);
	/* With some keys, and with registers. */
	start_reported(DEVICE_RELAX_NO_KEYS);
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 0);
	assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0), 0x03);
	solo_free(&s);
}

/* Keys are what is let off, and nothing that registers say. */
static void lock_without_keys_is_refused_over_other_faults(void **unused)
{
	static const struct {
		uint32_t ctl;
		uint32_t error;
		const char *why;
	} c[] = {
		{ SOLO_STREAM << 24, 1, "lock-stream" },
		{ SOLO_STREAM << 24 | 1u << 22 | 2u << 19, 0x104, "lock-tc" },
		{ SOLO_STREAM << 24 | 1u << 22, 0, NULL },
		{ (SOLO_STREAM + 1) << 24 | 1u << 22, 0, NULL },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		const struct rule *why;
		unsigned block;

		start_reported(DEVICE_RELAX_NO_KEYS);
		block = pci_ecap_find(&s.dev.fn[0].cfg, 0x30) + 0xcu;
		told(0x100, block + 4, 4, c[i].ctl);
		assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0),
				 c[i].why ? 0x7f : 0x03);
		why = dsm_lock_refusal(&s.dev.dsm.pci, 0);
		if (c[i].why) {
			assert_int_equal(solo_error(&s), c[i].error);
			assert_string_equal(why->name, c[i].why);
		}
		solo_free(&s);
	}
}

static void lock_after_key_stop(void **unused)
{
	void (*const begin[])(uint32_t relax) = { start, start_reported };

	(void)unused;
	for (unsigned i = 0; i < COUNT(begin); i++) {
		begin[i](0);
		solo_keys(&s, 0, SOLO_STREAM, 0);
		solo_stop_keys(&s, 0, SOLO_STREAM, 0);
		assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0), 0x7f);
		assert_int_equal(solo_error(&s), 1);
		solo_free(&s);
		begin[i](DEVICE_RELAX_KEY_STOP);
		assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0), 0x7f);
		solo_keys(&s, 0, SOLO_STREAM, 0);
		solo_stop_keys(&s, 0, SOLO_STREAM, 0);
		solo_run(&s, 0x100);
		solo_free(&s);
	}
}

static void keys_that_never_went_do_not_count_as_stopped(void **unused)
{
	(void)unused;
	start(DEVICE_RELAX_KEY_STOP);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, i / 3, i % 3),
				 0);
		if (i < 5)
			assert_int_equal(
				solo_km(&s, 4, 0, SOLO_STREAM, 0, i / 3, i % 3),
				6);
	}
	solo_stop_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0), 0x7f);
	solo_free(&s);
}

static void stopped_keys_of_a_session_that_ended_do_not_count(void **unused)
{
	(void)unused;
	start(DEVICE_RELAX_KEY_STOP);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_stop_keys(&s, 0, SOLO_STREAM, 0);
	idekm_rsp_session_ended(&s.dev.dsm.pci.idekm, SOLO_SESSION, NULL, NULL);
	assert_int_equal(solo_lock(&s, 0x100, SOLO_STREAM, 0), 0x7f);
	solo_free(&s);
}

static void one_key_for_all_sub_streams(void **unused)
{
	void (*const begin[])(uint32_t relax) = { start, start_reported };

	(void)unused;
	for (unsigned i = 0; i < COUNT(begin); i++) {
		begin[i](0);
		s.key = 0;
		assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 0);
		for (unsigned k = 1; k < 12; k++)
			assert_int_equal(solo_key(&s, 0, SOLO_STREAM, k / 6,
						  k / 3 % 2, k % 3),
					 4);
		solo_free(&s);
		begin[i](DEVICE_RELAX_SAME_KEY);
		s.key = 0;
		solo_keys(&s, 0, SOLO_STREAM, 0);
		solo_run(&s, 0x100);
		solo_free(&s);
	}
}

static void idekm_port_numbers(void **unused)
{
	static const uint8_t query[] = { 0, 0, 3 };

	(void)unused;
	start(0);
	assert_int_equal(solo_key(&s, 1, SOLO_STREAM, 0, 0, 0), 2);
	assert_int_equal(idekm_rsp_handle(&s.dev.dsm.pci.idekm, SOLO_SESSION,
					  query, 3, s.out, sizeof(s.out),
					  &s.len),
			 IL_OK);
	assert_int_equal(s.len, 0);
	solo_free(&s);
	start(DEVICE_RELAX_PORTS);
	solo_keys(&s, 1, SOLO_STREAM, 0);
	assert_int_equal(idekm_rsp_handle(&s.dev.dsm.pci.idekm, SOLO_SESSION,
					  query, 3, s.out, sizeof(s.out),
					  &s.len),
			 IL_OK);
	assert_true(s.len > 7);
	assert_int_equal(s.out[0], 1);
	assert_int_equal(s.out[2], 3);
	solo_run(&s, 0);
	/* The old set is stopped under another number. */
	solo_stop_keys(&s, 7, SOLO_STREAM, 0);
	assert_false(idekm_rsp_keyed(&s.dev.dsm.pci.idekm, 0, SOLO_STREAM));
	solo_free(&s);
}

static void interface_id(void **unused)
{
	(void)unused;
	start(0);
	assert_int_equal(solo_tdisp(&s, 0xbeef, 0x85), 0x7f);
	assert_int_equal(solo_error(&s), 0x101);
	solo_free(&s);
	start(DEVICE_RELAX_INTERFACE);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0xbeef);
	assert_int_equal(dsm_tdi_state(&s.dev.dsm.pci, 0), TDI_RUN);
	/* What has a name keeps it. */
	assert_int_equal(solo_tdisp(&s, 0x4701, 0x85), 0x05);
	assert_int_equal(s.out[16], TDI_UNLOCKED);
	/* Who asks for an emulator is told the truth. */
	assert_int_equal(
		device_ask_state(&s.dev, 0xbeef, &(enum tdi_state){ 0 }),
		IL_E_ARG);
	solo_free(&s);
}

static void query_bus_and_segment(void **unused)
{
	struct il_ide_query m = { 0 };

	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		bool bus = i & 1, seg = i & 2;

		solo_cfg(&s, 0);
		s.cfg.relax = (bus ? DEVICE_RELAX_BUS : 0) |
			      (seg ? DEVICE_RELAX_SEGMENT : 0);
		s.cfg.query_bus = 0x11;
		s.cfg.query_segment = 0x22;
		solo_start(&s);
		told(0x4718, 0x0c, 1, 0);
		assert_int_equal(device_dsm_port.query(&s.dev, 0, &m), IL_OK);
		assert_int_equal(m.bus, bus ? 0x11 : 0x47);
		assert_int_equal(m.segment, seg ? 0x22 : 0);
		assert_int_equal(m.devfn, 0x18);
		solo_free(&s);
	}
}

/* State of the PF after LOCK with @before in the command register, @write. */
static enum tdi_state after(uint32_t relax, uint32_t before, uint32_t write,
			    unsigned reg, unsigned size)
{
	enum tdi_state got;

	start(relax);
	told(0x100, 0x10, 4, 0xa0000000);
	told(0x100, 0x18, 4, 0xa0100000);
	told(0x100, 4, 2, before);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x100);
	told(0x100, reg, size, write);
	got = dsm_tdi_state(&s.dev.dsm.pci, 0);
	solo_free(&s);
	return got;
}

static void bme_zero_is_clear(void **unused)
{
	static const struct {
		uint32_t before, write;
		unsigned reg, size;
		enum tdi_state book, stricter;
	} c[] = {
		{ 2, 0x402, 4, 2, TDI_RUN, TDI_ERROR },
		{ 0, 0x400, 4, 2, TDI_RUN, TDI_ERROR },
		{ 2, 0x04, 5, 1, TDI_RUN, TDI_RUN }, /* not that byte */
		{ 6, 0x406, 4, 2, TDI_RUN, TDI_RUN },
		{ 6, 2, 4, 2, TDI_ERROR, TDI_ERROR },
		{ 2, 6, 4, 2, TDI_RUN, TDI_RUN },
		{ 4, 0x404, 4, 2, TDI_RUN, TDI_RUN }, /* not MSE */
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		if (after(0, c[i].before, c[i].write, c[i].reg, c[i].size) !=
			    c[i].book ||
		    after(DEVICE_STRICTER_BME_ZERO, c[i].before, c[i].write,
			  c[i].reg, c[i].size) != c[i].stricter)
			fail_msg("row %u", i);
	}
}

static void command_set_is_change(void **unused)
{
	static const struct {
		uint32_t before, write;
		enum tdi_state book, stricter;
	} c[] = {
		{ 2, 6, TDI_RUN, TDI_ERROR },	{ 4, 6, TDI_RUN, TDI_ERROR },
		{ 6, 6, TDI_RUN, TDI_RUN },	{ 6, 0x546, TDI_RUN, TDI_RUN },
		{ 2, 0x402, TDI_RUN, TDI_RUN }, { 6, 4, TDI_ERROR, TDI_ERROR },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++)
		if (after(0, c[i].before, c[i].write, 4, 2) != c[i].book ||
		    after(DEVICE_STRICTER_SET, c[i].before, c[i].write, 4, 2) !=
			    c[i].stricter)
			fail_msg("row %u", i);
}

static void msix_without_lock_is_change(void **unused)
{
	unsigned msix;

	(void)unused;
	start(0);
	msix = s.dev.fn[0].msix;
	solo_free(&s);
	assert_int_equal(after(0, 6, 0x8000, msix + 2, 2), TDI_RUN);
	assert_int_equal(after(DEVICE_STRICTER_MSIX, 6, 0x8000, msix + 2, 2),
			 TDI_ERROR);
}

/* TF-RMM's order: port 1, one key a direction, refresh, stop, LOCK. */
static void the_emulator_profile_serves_a_whole_flow(void **unused)
{
	const struct device_profile *p = device_profile_find("emulator");

	(void)unused;
	assert_non_null(p);
	start(p->relax);
	for (unsigned round = 0; round < 3; round++) {
		unsigned set = round % 2;

		for (unsigned sub = 0; sub < 3; sub++) {
			s.key = 0;
			assert_int_equal(solo_key(&s, 1, 0, set, 0, sub), 0);
			assert_int_equal(solo_key(&s, 1, 0, set, 1, sub), 0);
		}
		for (unsigned i = 0; i < 6; i++)
			assert_int_equal(
				solo_km(&s, 4, 1, 0, set, i / 3, i % 3), 6);
		device_settle(&s.dev);
	}
	/* Only the set in use is left. */
	assert_int_equal(s.dev.loose[0].keys, 0x3f);
	solo_stop_keys(&s, 1, 0, 0);
	assert_int_equal(solo_lock(&s, 0x100, 0, 0x11), 0x03);
	assert_int_equal(solo_tdisp(&s, 0x100, 0x87), 0x07);
	assert_int_equal(solo_lock(&s, 0xbeef, 0, 0x15), 0x03);
	solo_free(&s);
}

static void a_refresh_retires_the_old_keys_of_an_assumed_stream(void **unused)
{
	struct idekm_ref ref = { .stream = SOLO_STREAM };

	(void)unused;
	start(0);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 1, i / 3, i % 3),
				 0);
		assert_int_equal(
			solo_km(&s, 4, 0, SOLO_STREAM, 1, i / 3, i % 3), 6);
		device_settle(&s.dev);
		assert_int_equal(idekm_rsp_key(&s.dev.dsm.pci.idekm, &ref),
				 i < 5 ? IDEKM_KEY_ACTIVE : IDEKM_KEY_EMPTY);
	}
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x03);
	solo_free(&s);
}

static void every_switch_has_a_name_a_sentence_and_a_source(void **unused)
{
	const struct device_relax *t;
	const struct device_profile *p;
	uint32_t all = 0;
	unsigned n = device_relaxations(&t);

	(void)unused;
	assert_int_equal(n, 10);
	for (unsigned i = 0; i < n; i++) {
		assert_true(strlen(t[i].name) && strlen(t[i].says) &&
			    strstr(t[i].source, "§"));
		assert_int_equal(t[i].bit & (t[i].bit - 1), 0);
		assert_int_equal(all & t[i].bit, 0);
		all |= t[i].bit;
		assert_ptr_equal(device_relax_find(t[i].name), &t[i]);
	}
	assert_null(device_relax_find("lock"));
	n = device_profiles(&p);
	assert_string_equal(p[0].name, "strict");
	assert_int_equal(p[0].relax, 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(p[i].relax & ~all, 0);
	assert_null(device_profile_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lock_without_keys),
		cmocka_unit_test(
			lock_without_keys_is_refused_over_other_faults),
		cmocka_unit_test(lock_after_key_stop),
		cmocka_unit_test(keys_that_never_went_do_not_count_as_stopped),
		cmocka_unit_test(
			stopped_keys_of_a_session_that_ended_do_not_count),
		cmocka_unit_test(one_key_for_all_sub_streams),
		cmocka_unit_test(idekm_port_numbers),
		cmocka_unit_test(interface_id),
		cmocka_unit_test(query_bus_and_segment),
		cmocka_unit_test(bme_zero_is_clear),
		cmocka_unit_test(command_set_is_change),
		cmocka_unit_test(msix_without_lock_is_change),
		cmocka_unit_test(the_emulator_profile_serves_a_whole_flow),
		cmocka_unit_test(
			a_refresh_retires_the_old_keys_of_an_assumed_stream),
		cmocka_unit_test(
			every_switch_has_a_name_a_sentence_and_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
