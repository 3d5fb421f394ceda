/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include "device/device_priv.h"

/* What counts while nobody reports it, and what ends that. */
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

static void what_was_never_reported_counts_as_set(void **unused)
{
	(void)unused;
	assert_true(solo_mmio(&s, 0x4700, 0x81000000, false));
	assert_true(solo_mmio(&s, 0x4700, 0x8110fff8, false));
	assert_false(solo_mmio(&s, 0x4700, 0x81110000, false));
	assert_true(solo_mmio(&s, 0x4702, 0x81204000, false));
	assert_true(solo_dma(&s, 0x4700, false));
	assert_false(solo_dma(&s, 0x4700, true));
	assert_true(solo_dma(&s, 0x4701, false));
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	assert_int_equal(solo_report_page(&s, 0x4700, 0), 0x81000);
	assert_int_equal(solo_report_page(&s, 0x4700, 1), 0x81100);
	solo_run(&s, 0x4702);
	assert_int_equal(solo_report_page(&s, 0x4702, 0), 0x81204);
	assert_int_equal(solo_report_page(&s, 0x4702, 1), 0x81310);
	assert_true(solo_mmio(&s, 0x4700, 0x81000000, true));
	assert_false(solo_mmio(&s, 0x4700, 0x81000000, false));
	assert_true(solo_dma(&s, 0x4700, true));
	assert_false(solo_dma(&s, 0x4700, false));
}

static void without_being_asked_to_a_device_assumes_nothing(void **unused)
{
	(void)unused;
	solo_free(&s);
	solo_cfg(&s, 2);
	s.cfg.assume = false;
	solo_start(&s);
	assert_false(solo_mmio(&s, 0, 0x81000000, false));
	assert_false(solo_dma(&s, 0, false));
	assert_int_equal(device_ask_state(&s.dev, 1, &(enum tdi_state){ 0 }),
			 IL_E_ARG);
	/* No register block has this stream, so that no key has a place. */
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 3);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x7f);
}

static void once_a_function_is_reported_only_reports_count(void **unused)
{
	(void)unused;
	solo_told(&s, 0x4700, 0x10, 4, 0xa0000000);
	assert_false(solo_mmio(&s, 0x4700, 0x81000000, false));
	assert_false(
		solo_mmio(&s, 0x4700, 0xa0000000, false)); /* not decoding */
	assert_false(solo_dma(&s, 0x4700, false));
	solo_told(&s, 0x4700, 0x18, 4, 0xa0100000);
	solo_told(&s, 0x4700, 0x04, 2, 2);
	assert_true(solo_mmio(&s, 0x4700, 0xa0000000, false));
	assert_true(solo_mmio(&s, 0x4700, 0xa0100000, false));
	assert_false(solo_dma(&s, 0x4700, false));
	solo_told(&s, 0x4700, 0x04, 2, 6);
	assert_true(solo_dma(&s, 0x4700, false));
	/* VFs and streams have registers of their own. */
	assert_true(solo_mmio(&s, 0x4701, 0x81200000, false));
	assert_true(solo_dma(&s, 0x4701, false));
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x03);
	assert_int_equal(solo_report_page(&s, 0x4700, 0), 0xa0000);
	assert_int_equal(solo_report_page(&s, 0x4700, 1), 0xa0100);
}

static void lock_is_refused_over_a_bar_that_was_not_reported(void **unused)
{
	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_told(&s, 0x4700, 0x10, 4, 0xa0000000);
	solo_told(&s, 0x4700, 0x04, 2, 6);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x7f);
	assert_ptr_equal(dsm_lock_refusal(&s.dev.dsm.pci, 0),
			 &device_rule_bar_off);
}

static void reported_vf_registers_count_from_then_on(void **unused)
{
	uint16_t cap = solo_ecap(&s, 0x10);
	enum tdi_state st;

	(void)unused;
	solo_told(&s, 0x4700, (uint16_t)(cap + 0x24), 4, 0xa1000000);
	assert_int_equal(device_ask_state(&s.dev, 0x4701, &st), IL_E_ARG);
	solo_told(&s, 0x4700, (uint16_t)(cap + 0x2c), 4, 0xa2000000);
	solo_told(&s, 0x4700, (uint16_t)(cap + 0x10), 2, 2);
	solo_told(&s, 0x4700, (uint16_t)(cap + 0x08), 2, 9);
	assert_int_equal(device_ask_state(&s.dev, 0x4702, &st), IL_OK);
	assert_true(solo_mmio(&s, 0x4702, 0xa1004000, false));
	assert_true(solo_mmio(&s, 0x4702, 0xa2010000, false));
	assert_false(solo_mmio(&s, 0x4702, 0x81204000, false));
	/* Nothing of the PF itself was reported. */
	assert_true(solo_mmio(&s, 0x4700, 0x81000000, false));
}

static void a_reported_clear_of_what_was_assumed_ends_trust(void **unused)
{
	static const struct {
		uint16_t rid;
		bool sriov;
		uint16_t reg;
		unsigned size;
		uint32_t v;
		enum tdi_state pf, vf;
	} c[] = {
		{ 0x4700, 0, 4, 2, 6, TDI_RUN, TDI_RUN },
		{ 0x4700, 0, 4, 2, 2, TDI_ERROR, TDI_RUN },
		{ 0x4700, 0, 4, 2, 4, TDI_ERROR, TDI_RUN },
		{ 0x4700, 0, 5, 1, 1, TDI_RUN, TDI_RUN },
		{ 0x4701, 0, 4, 2, 4, TDI_RUN, TDI_RUN },
		{ 0x4701, 0, 4, 2, 0, TDI_RUN, TDI_ERROR },
		{ 0x4700, 0, 0x10, 4, 0x81000000, TDI_ERROR, TDI_RUN },
		{ 0x4700, 1, 8, 2, 9, TDI_RUN, TDI_RUN },
		{ 0x4700, 1, 8, 2, 1, TDI_ERROR, TDI_ERROR },
		{ 0x4700, 1, 8, 2, 8, TDI_ERROR, TDI_ERROR },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		uint16_t base = c[i].sriov ? solo_ecap(&s, 0x10) : 0;

		teardown(NULL);
		setup(NULL);
		solo_keys(&s, 0, SOLO_STREAM, 0);
		solo_run(&s, 0x4700);
		solo_run(&s, 0x4701);
		solo_told(&s, c[i].rid, (uint16_t)(base + c[i].reg), c[i].size,
			  c[i].v);
		if (dsm_tdi_state(&s.dev.dsm.pci, 0) != c[i].pf ||
		    dsm_tdi_state(&s.dev.dsm.pci, 1) != c[i].vf)
			fail_msg("row %u", i);
	}
}

/* Its BARs are where the host left them, which is nowhere. */
static void a_bar_lost_with_its_assumption_is_not_at_address_0(void **unused)
{
	uint16_t cap = solo_ecap(&s, 0x10);

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	solo_run(&s, 0x4702);
	solo_told(&s, 0x4700, 4, 2, 6);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	assert_false(solo_mmio(&s, 0x4700, 0x81000000, true));
	assert_false(solo_mmio(&s, 0x4700, 0x10, true));
	solo_told(&s, 0x4700, (uint16_t)(cap + 8), 2, 9);
	assert_int_equal(solo_state(&s, 0x4702), TDI_RUN);
	assert_false(solo_mmio(&s, 0x4702, 0x81204000, true));
	assert_false(solo_mmio(&s, 0x4702, 0x4010, true));
	/* And none of them can be locked like that. */
	assert_int_equal(solo_tdisp(&s, 0x4702, 0x87), 0x07);
	assert_int_equal(solo_lock(&s, 0x4702, SOLO_STREAM, 0), 0x7f);
	assert_ptr_equal(dsm_lock_refusal(&s.dev.dsm.pci, 2),
			 &device_rule_bar_off);
}

static void a_write_behind_the_stream_registers_is_none_of_theirs(void **unused)
{
	uint16_t cap = solo_ecap(&s, 0x30);

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	/* Capability, control, then 4 blocks of 32 bytes. */
	solo_told(&s, 0x4700, (uint16_t)(cap + 0x0c + 4 * 32), 4, 1);
	assert_true(s.dev.assumed_ide);
	assert_false(s.dev.fn[0].assumed);
	assert_int_equal(solo_state(&s, 0x4700), TDI_RUN);
	solo_told(&s, 0x4700, (uint16_t)(cap + 0x0c + 4 * 32 - 4), 4, 1);
	assert_false(s.dev.assumed_ide);
	assert_int_equal(solo_state(&s, 0x4700), TDI_ERROR);
}

static void a_reported_stream_register_ends_assumed_streams(void **unused)
{
	uint16_t block = (uint16_t)(solo_ecap(&s, 0x30) + 0xc);

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	solo_told(&s, 0x4700, (uint16_t)(block + 0x0c), 4, 0x800);
	assert_int_equal(solo_state(&s, 0x4700), TDI_ERROR);
	assert_false(s.dev.km[0].used);
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 3);
	assert_int_equal(solo_tdisp(&s, 0x4700, 0x87), 0x07);
	/* Registers and keys, as on any link. */
	solo_told(&s, 0x4700, (uint16_t)(block + 0x10), 4, 0x801);
	solo_told(&s, 0x4700, (uint16_t)(block + 4), 4,
		  SOLO_STREAM << 24 | 1u << 22);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x7f);
	solo_told(&s, 0x4700, (uint16_t)(block + 4), 4,
		  SOLO_STREAM << 24 | 1u << 22 | 1);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x03);
	/* The function's own registers are assumed still. */
	assert_int_equal(solo_report_page(&s, 0x4700, 0), 0x81000);
}

static void lock_needs_keys_for_an_assumed_stream(void **unused)
{
	(void)unused;
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x7f);
	assert_int_equal(solo_error(&s), 0x01);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, i / 3, i % 3),
				 0);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x7f);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x7f);
		assert_int_equal(
			solo_km(&s, 4, 0, SOLO_STREAM, 0, i / 3, i % 3), 6);
	}
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM + 1, 0), 0x7f);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x03);
}

static void keys_of_assumed_streams_obey_the_laws_of_keys(void **unused)
{
	(void)unused;
	s.key = 0;
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 0);
	/* Law 5: never the same value again. */
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 1), 4);
	s.key = 9;
	assert_int_equal(solo_key(&s, 1, SOLO_STREAM, 0, 0, 1), 2);
	assert_int_equal(solo_key(&s, 0, 255, 0, 0, 1), 3);
	/* GO without a key is not acknowledged. */
	assert_int_equal(solo_km(&s, 4, 0, SOLO_STREAM, 0, 1, 2), 0xff);
	/* No more streams than the registers could hold. */
	for (uint8_t i = 1; i < 4; i++)
		assert_int_equal(
			solo_key(&s, 0, (uint8_t)(SOLO_STREAM + i), 0, 0, 0),
			0);
	assert_int_equal(solo_key(&s, 0, 77, 0, 0, 0), 4);
	assert_int_equal(solo_km(&s, 5, 0, SOLO_STREAM, 0, 0, 0), 6);
	assert_int_equal(solo_key(&s, 0, 77, 0, 0, 0), 0);
	/* And the key itself is not kept. */
	assert_false(bytes_hold(&s.dev, sizeof(s.dev),
				(const uint8_t[]){ 0x5c, 0x5c, 0x5c, 0x5c, 0x5c,
						   0x5c, 0x5c, 0x5c },
				8));
}

static uint8_t program(struct device *d, const struct idekm_ref *ref,
		       const uint8_t *key, const uint8_t *ifv)
{
	uint8_t status = 0xff;

	assert_int_equal(device_dsm_port.program_key(d, ref, key, ifv, &status),
			 IL_OK);
	return status;
}

static void an_assumed_stream_is_secure_from_its_first_go(void **unused)
{
	const struct dsm_port *p = &device_dsm_port;
	const struct idekm_ref ref = { .stream = SOLO_STREAM, .sub = 1 };
	const struct idekm_ref other = { .stream = SOLO_STREAM, .sub = 2 };
	uint8_t key[32] = { 7 }, ifv[8] = { 0, 0, 0, 0, 0, 0, 0, 2 };
	struct dsm_stream i = { .secure = true };

	(void)unused;
	assert_int_equal(p->stream_info(&s.dev, SOLO_STREAM, &i), IL_E_ARG);
	/* Invocation fields begin at 1. */
	assert_int_equal(program(&s.dev, &ref, key, ifv), IDEKM_BAD_FIELD);
	ifv[7] = 1;
	assert_int_equal(program(&s.dev, &ref, key, ifv), IDEKM_OK);
	assert_int_equal(p->key_go(&s.dev, &other), IL_E_STATE);
	assert_int_equal(p->stream_info(&s.dev, SOLO_STREAM, &i), IL_OK);
	assert_true(i.enabled && i.is_default && !i.secure);
	assert_int_equal(i.defaults, 1);
	assert_int_equal(p->key_go(&s.dev, &ref), IL_OK);
	assert_int_equal(p->stream_info(&s.dev, SOLO_STREAM, &i), IL_OK);
	assert_true(i.secure);
	/* STOP alone makes nothing Insecure; the end of the session does. */
	assert_int_equal(p->key_stop(&s.dev, &ref), IL_OK);
	assert_int_equal(p->stream_info(&s.dev, SOLO_STREAM, &i), IL_OK);
	assert_true(i.secure);
	p->stream_kill(&s.dev, 0, SOLO_STREAM);
	assert_int_equal(p->stream_info(&s.dev, SOLO_STREAM, &i), IL_E_ARG);
}

static void a_lost_session_ends_assumed_streams(void **unused)
{
	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	assert_true(spdm_rsp_end(&s.dev.dsm.front.conns[0].rsp, SOLO_SESSION));
	assert_int_equal(solo_state(&s, 0x4700), TDI_ERROR);
	assert_false(s.dev.loose[0].used);
	assert_false(solo_mmio(&s, 0x4700, 0x81000000, true));
	assert_false(solo_dma(&s, 0x4700, true));
}

/* A configuration write as it comes on a link. */
static void on_the_link(uint16_t dest, uint16_t reg, unsigned size, uint32_t v,
			bool poisoned)
{
	uint8_t data[4];
	struct tlp t;

	assert_int_equal(
		tlp_cfg_write(&t, 0, 0, dest, reg, size, v, false, data),
		IL_OK);
	t.poisoned = poisoned;
	device_take_cfg(&s.dev, &t);
}

static void a_write_on_the_link_ends_all_that_was_assumed(void **unused)
{
	enum tdi_state st;

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	on_the_link(0x4700, 0x0c, 1, 0x10, true);
	assert_true(s.dev.assumed_ide && s.dev.fn[0].assumed);
	on_the_link(0x4700, 0x0c, 1, 0x10, false);
	assert_false(s.dev.assumed_ide || s.dev.assumed_vfs ||
		     s.dev.fn[0].assumed || s.dev.fn[1].assumed);
	assert_int_equal(solo_state(&s, 0x4700),
			 TDI_ERROR); /* its stream went */
	assert_int_equal(device_ask_state(&s.dev, 0x4701, &st), IL_E_ARG);
	assert_false(solo_mmio(&s, 0x4700, 0x81000000, false));
	assert_false(solo_dma(&s, 0x4700, false));
}

static void what_the_link_clears_was_set_before(void **unused)
{
	static const struct {
		uint32_t command;
		enum tdi_state state;
	} c[] = { { 6, TDI_RUN }, { 2, TDI_ERROR }, { 4, TDI_ERROR } };

	(void)unused;
	for (unsigned i = 0; i < COUNT(c); i++) {
		solo_free(&s);
		solo_cfg(&s, 0);
		s.cfg.relax = DEVICE_RELAX_NO_KEYS; /* no stream to lose */
		solo_start(&s);
		solo_run(&s, 0x4700);
		on_the_link(0x4700, 4, 2, c[i].command, false);
		assert_int_equal(solo_state(&s, 0x4700), c[i].state);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_was_never_reported_counts_as_set),
		T(without_being_asked_to_a_device_assumes_nothing),
		T(once_a_function_is_reported_only_reports_count),
		T(lock_is_refused_over_a_bar_that_was_not_reported),
		T(reported_vf_registers_count_from_then_on),
		T(a_reported_clear_of_what_was_assumed_ends_trust),
		T(a_bar_lost_with_its_assumption_is_not_at_address_0),
		T(a_write_behind_the_stream_registers_is_none_of_theirs),
		T(a_reported_stream_register_ends_assumed_streams),
		T(lock_needs_keys_for_an_assumed_stream),
		T(keys_of_assumed_streams_obey_the_laws_of_keys),
		T(an_assumed_stream_is_secure_from_its_first_go),
		T(a_lost_session_ends_assumed_streams),
		T(a_write_on_the_link_ends_all_that_was_assumed),
		T(what_the_link_clears_was_set_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
