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

static enum tdi_state state_of(uint16_t rid)
{
	enum tdi_state st = TDI_STATES;

	assert_int_equal(device_ask_state(&s.dev, rid, &st), IL_OK);
	return st;
}

static const struct rule *refusal(const struct device_access *a)
{
	const struct rule *why = &device_rule_type;
	bool ok = device_ask_access(&s.dev, a, &why);

	assert_int_equal(ok, !why);
	assert_int_equal(device_ask_access(&s.dev, a, NULL), ok);
	return why;
}

/* Whether MMIO of 8 bytes at @addr of @rid may be. */
static bool mmio(uint16_t rid, uint64_t addr, bool t)
{
	struct device_access a = { .rid = rid,
				   .addr = addr,
				   .len = 8,
				   .t = t,
				   .stream = DEVICE_STREAM_BOUND };

	return !refusal(&a);
}

static bool dma(uint16_t rid, bool t)
{
	struct device_access a = { .rid = rid,
				   .addr = 0x1000,
				   .len = 64,
				   .t = t,
				   .stream = DEVICE_STREAM_BOUND,
				   .from_device = true };

	return !refusal(&a);
}

static void told(uint16_t rid, uint16_t reg, unsigned size, uint32_t v)
{
	assert_int_equal(device_told_write(&s.dev, rid, reg, size, v), IL_OK);
}

/* First page of range @i of the report that TDI @id gives. */
static uint64_t report_page(uint32_t id, unsigned i)
{
	struct rd r;

	assert_int_equal(solo_tdisp(&s, id, 0x84), 0x04);
	r = rd_over(s.out + 20 + 16 + 16 * i, 8);
	return rd_u64le(&r);
}

static uint16_t ecap(uint16_t id)
{
	return pci_ecap_find(&s.dev.fn[0].cfg, id);
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
	assert_int_equal(
		device_doe(d, discovery, 12, s.out, sizeof(s.out), &s.len, 5),
		IL_OK);
	assert_int_equal(s.len, sizeof(found));
	assert_memory_equal(s.out, found, sizeof(found));
	assert_int_equal(
		device_doe(d, version, 12, s.out, sizeof(s.out), &s.len, 6),
		IL_OK);
	assert_int_equal(s.len, 16);
	assert_int_equal(s.out[2], 1);
	assert_int_equal(s.out[4], 4);
	assert_int_equal(s.out[9], 0x04); /* VERSION */
	assert_int_equal(s.out[15], 0x12);
	assert_int_equal(d->exchanges, 2);
	assert_int_equal(
		device_doe(d, unknown, 12, s.out, sizeof(s.out), &s.len, 7),
		IL_OK);
	assert_int_equal(s.len, 0);
}

static void bytes_that_are_no_object_are_refused(void **unused)
{
	uint8_t obj[16] = { 1, 0, 1, 0, 3, 0, 0, 0, 0x10, 0x84 };
	struct device *d = &s.dev;

	(void)unused;
	s.len = 77;
	assert_int_equal(device_doe(d, obj, 7, s.out, 4104, &s.len, 0),
			 IL_E_SHORT);
	assert_int_equal(device_doe(d, obj, 11, s.out, 4104, &s.len, 0),
			 IL_E_SHORT);
	assert_int_equal(device_doe(d, obj, 16, s.out, 4104, &s.len, 0),
			 IL_E_LONG);
	assert_int_equal(device_doe(d, obj, 12, s.out, 4103, &s.len, 0),
			 IL_E_SPACE);
	obj[4] = 1;
	assert_int_equal(device_doe(d, obj, 12, s.out, 4104, &s.len, 0),
			 IL_E_FIELD);
	assert_int_equal(s.len, 77);
	assert_int_equal(d->exchanges, 0);
}

static void a_bare_message_is_answered_without_a_frame(void **unused)
{
	static const uint8_t version[] = { 0x10, 0x84, 0, 0 };
	enum spdm_kind kind = SPDM_SECURED;

	(void)unused;
	assert_int_equal(device_message(&s.dev, SPDM_PLAIN, version, 4, s.out,
					sizeof(s.out), &s.len, &kind, 0),
			 IL_OK);
	assert_int_equal(s.len, 8);
	assert_int_equal(kind, SPDM_PLAIN);
	assert_int_equal(s.out[1], 0x04);
	/* Without power there is nobody to answer. */
	assert_int_equal(device_told_event(&s.dev, LINK_POWER_OFF), IL_OK);
	assert_int_equal(device_message(&s.dev, SPDM_PLAIN, version, 4, s.out,
					sizeof(s.out), &s.len, &kind, 0),
			 IL_OK);
	assert_int_equal(s.len, 0);
	assert_int_equal(device_told_write(&s.dev, 0x100, 4, 2, 6), IL_E_STATE);
	assert_int_equal(device_told_flr(&s.dev, 0), IL_E_STATE);
}

static void what_was_never_reported_counts_as_set(void **unused)
{
	(void)unused;
	assert_true(mmio(0x4700, 0x81000000, false));
	assert_true(mmio(0x4700, 0x8110fff8, false));
	assert_false(mmio(0x4700, 0x81110000, false));
	assert_true(mmio(0x4702, 0x81204000, false));
	assert_true(dma(0x4700, false));
	assert_false(dma(0x4700, true));
	assert_true(dma(0x4701, false));
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	assert_int_equal(state_of(0x4700), TDI_RUN);
	assert_int_equal(report_page(0x4700, 0), 0x81000);
	assert_int_equal(report_page(0x4700, 1), 0x81100);
	solo_run(&s, 0x4702);
	assert_int_equal(report_page(0x4702, 0), 0x81204);
	assert_int_equal(report_page(0x4702, 1), 0x81310);
	assert_true(mmio(0x4700, 0x81000000, true));
	assert_false(mmio(0x4700, 0x81000000, false));
	assert_true(dma(0x4700, true));
	assert_false(dma(0x4700, false));
}

static void without_being_asked_to_a_device_assumes_nothing(void **unused)
{
	(void)unused;
	solo_free(&s);
	solo_cfg(&s, 2);
	s.cfg.assume = false;
	solo_start(&s);
	assert_false(mmio(0, 0x81000000, false));
	assert_false(dma(0, false));
	assert_int_equal(device_ask_state(&s.dev, 1, &(enum tdi_state){ 0 }),
			 IL_E_ARG);
	/* No register block has this stream, so that no key has a place. */
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 3);
	assert_int_equal(solo_lock(&s, 0, SOLO_STREAM, 0), 0x7f);
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
	told(0x4700, 0x0c, 1, 0x10);
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

static void to_learn_the_bus_costs_no_lock(void **unused)
{
	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	told(0x4700, 0x04, 2, 6);
	assert_int_equal(state_of(0x4700), TDI_RUN);
	/* Another bus is another name. */
	told(0x4800, 0x04, 2, 6);
	assert_int_equal(state_of(0x4800), TDI_ERROR);
}

static void once_a_function_is_reported_only_reports_count(void **unused)
{
	(void)unused;
	told(0x4700, 0x10, 4, 0xa0000000);
	assert_false(mmio(0x4700, 0x81000000, false));
	assert_false(mmio(0x4700, 0xa0000000, false)); /* not decoding */
	assert_false(dma(0x4700, false));
	told(0x4700, 0x18, 4, 0xa0100000);
	told(0x4700, 0x04, 2, 2);
	assert_true(mmio(0x4700, 0xa0000000, false));
	assert_true(mmio(0x4700, 0xa0100000, false));
	assert_false(dma(0x4700, false));
	told(0x4700, 0x04, 2, 6);
	assert_true(dma(0x4700, false));
	/* VFs and streams have registers of their own. */
	assert_true(mmio(0x4701, 0x81200000, false));
	assert_true(dma(0x4701, false));
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x03);
	assert_int_equal(report_page(0x4700, 0), 0xa0000);
	assert_int_equal(report_page(0x4700, 1), 0xa0100);
}

static void lock_is_refused_over_a_bar_that_was_not_reported(void **unused)
{
	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	told(0x4700, 0x10, 4, 0xa0000000);
	told(0x4700, 0x04, 2, 6);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x7f);
	assert_ptr_equal(dsm_lock_refusal(&s.dev.dsm, 0), &device_rule_bar_off);
}

static void reported_vf_registers_count_from_then_on(void **unused)
{
	uint16_t cap = ecap(0x10);
	enum tdi_state st;

	(void)unused;
	told(0x4700, (uint16_t)(cap + 0x24), 4, 0xa1000000);
	assert_int_equal(device_ask_state(&s.dev, 0x4701, &st), IL_E_ARG);
	told(0x4700, (uint16_t)(cap + 0x2c), 4, 0xa2000000);
	told(0x4700, (uint16_t)(cap + 0x10), 2, 2);
	told(0x4700, (uint16_t)(cap + 0x08), 2, 9);
	assert_int_equal(device_ask_state(&s.dev, 0x4702, &st), IL_OK);
	assert_true(mmio(0x4702, 0xa1004000, false));
	assert_true(mmio(0x4702, 0xa2010000, false));
	assert_false(mmio(0x4702, 0x81204000, false));
	/* Nothing of the PF itself was reported. */
	assert_true(mmio(0x4700, 0x81000000, false));
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
		uint16_t base = c[i].sriov ? ecap(0x10) : 0;

		teardown(NULL);
		setup(NULL);
		solo_keys(&s, 0, SOLO_STREAM, 0);
		solo_run(&s, 0x4700);
		solo_run(&s, 0x4701);
		told(c[i].rid, (uint16_t)(base + c[i].reg), c[i].size, c[i].v);
		if (dsm_tdi_state(&s.dev.dsm, 0) != c[i].pf ||
		    dsm_tdi_state(&s.dev.dsm, 1) != c[i].vf)
			fail_msg("row %u", i);
	}
}

/* Its BARs are where the host left them, which is nowhere. */
static void a_bar_lost_with_its_assumption_is_not_at_address_0(void **unused)
{
	uint16_t cap = ecap(0x10);

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	solo_run(&s, 0x4702);
	told(0x4700, 4, 2, 6);
	assert_int_equal(state_of(0x4700), TDI_RUN);
	assert_false(mmio(0x4700, 0x81000000, true));
	assert_false(mmio(0x4700, 0x10, true));
	told(0x4700, (uint16_t)(cap + 8), 2, 9);
	assert_int_equal(state_of(0x4702), TDI_RUN);
	assert_false(mmio(0x4702, 0x81204000, true));
	assert_false(mmio(0x4702, 0x4010, true));
	/* And none of them can be locked like that. */
	assert_int_equal(solo_tdisp(&s, 0x4702, 0x87), 0x07);
	assert_int_equal(solo_lock(&s, 0x4702, SOLO_STREAM, 0), 0x7f);
	assert_ptr_equal(dsm_lock_refusal(&s.dev.dsm, 2), &device_rule_bar_off);
}

static void a_write_behind_the_stream_registers_is_none_of_theirs(void **unused)
{
	uint16_t cap = ecap(0x30);

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	/* Capability, control, then 4 blocks of 32 bytes. */
	told(0x4700, (uint16_t)(cap + 0x0c + 4 * 32), 4, 1);
	assert_true(s.dev.assumed_ide);
	assert_false(s.dev.fn[0].assumed);
	assert_int_equal(state_of(0x4700), TDI_RUN);
	told(0x4700, (uint16_t)(cap + 0x0c + 4 * 32 - 4), 4, 1);
	assert_false(s.dev.assumed_ide);
	assert_int_equal(state_of(0x4700), TDI_ERROR);
}

static void an_access_over_many_pages_stops_at_anothers_report(void **unused)
{
	struct device_access a = {
		.rid = 0x4700, .addr = 0x90000000, .len = 0x10000, .stream = -1
	};

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4701, SOLO_STREAM, 0), 0x03);
	told(0x4700, 0x10, 4, 0xa0000000);
	told(0x4700, 0x18, 4, 0x90000000);
	told(0x4700, 4, 2, 2);
	assert_null(refusal(&a));
	/* The VF's memory is at 0x81300000; 64 KiB below it end there. */
	told(0x4700, 0x18, 4, 0x812f0000);
	a.addr = 0x812f0000;
	assert_null(refusal(&a));
	told(0x4700, 0x18, 4, 0x81300000);
	a.addr = 0x81300000;
	assert_ptr_equal(refusal(&a), &device_rule_no_bar);
	/* Nor may it begin below what the other has. */
	s.dev.tdis[1].view.ranges[1].first_page += 8;
	assert_ptr_equal(refusal(&a), &device_rule_no_bar);
	a.len = 0x8000;
	assert_null(refusal(&a));
}

static void a_reported_stream_register_ends_assumed_streams(void **unused)
{
	uint16_t block = (uint16_t)(ecap(0x30) + 0xc);

	(void)unused;
	solo_keys(&s, 0, SOLO_STREAM, 0);
	solo_run(&s, 0x4700);
	told(0x4700, (uint16_t)(block + 0x0c), 4, 0x800);
	assert_int_equal(state_of(0x4700), TDI_ERROR);
	assert_false(s.dev.km[0].used);
	assert_int_equal(solo_key(&s, 0, SOLO_STREAM, 0, 0, 0), 3);
	assert_int_equal(solo_tdisp(&s, 0x4700, 0x87), 0x07);
	/* Registers and keys, as on any link. */
	told(0x4700, (uint16_t)(block + 0x10), 4, 0x801);
	told(0x4700, (uint16_t)(block + 4), 4, SOLO_STREAM << 24 | 1u << 22);
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x7f);
	told(0x4700, (uint16_t)(block + 4), 4,
	     SOLO_STREAM << 24 | 1u << 22 | 1);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x03);
	/* The function's own registers are assumed still. */
	assert_int_equal(report_page(0x4700, 0), 0x81000);
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
	assert_int_equal(p->program_key(&s.dev, &ref, key, ifv),
			 IDEKM_BAD_FIELD);
	ifv[7] = 1;
	assert_int_equal(p->program_key(&s.dev, &ref, key, ifv), IDEKM_OK);
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
	assert_true(spdm_rsp_end(&s.dev.dsm.spdm, SOLO_SESSION));
	assert_int_equal(state_of(0x4700), TDI_ERROR);
	assert_false(s.dev.loose[0].used);
	assert_false(mmio(0x4700, 0x81000000, true));
	assert_false(dma(0x4700, true));
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
	assert_int_equal(state_of(0x4701), TDI_ERROR);
	assert_int_equal(s.dev.fn[1].mem[2].p[7], 0);
	assert_int_equal(state_of(0x4700), TDI_RUN);
	s.dev.fn[2].mem[2].p[7] = 1;
	s.dev.fn[2].mem[2].used = true;
	assert_int_equal(device_told_flr(&s.dev, 0x4700), IL_OK);
	assert_int_equal(state_of(0x4700), TDI_ERROR);
	assert_int_equal(s.dev.fn[2].mem[2].p[7], 0);
	assert_int_equal(device_told_event(&s.dev, LINK_HOT_RESET), IL_OK);
	assert_int_equal(state_of(0x4700), TDI_UNLOCKED);
	assert_int_equal(state_of(0x4701), TDI_UNLOCKED);
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
	told(0x4701, (uint16_t)(exp + 8), 2, 0xa850);
	assert_int_equal(state_of(0x4701), TDI_ERROR);
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
	told(0x4700, (uint16_t)(s.dev.doe_cap + 0x10), 4, 1);
	assert_int_equal(s.dev.doe.state, DOE_IDLE);
	assert_true(s.dev.captured);
	assert_true(s.dev.fn[0].assumed);
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
	assert_int_equal(state_of(0x4700), TDI_ERROR); /* its stream went */
	assert_int_equal(device_ask_state(&s.dev, 0x4701, &st), IL_E_ARG);
	assert_false(mmio(0x4700, 0x81000000, false));
	assert_false(dma(0x4700, false));
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
		assert_int_equal(state_of(0x4700), c[i].state);
	}
}

static void an_access_is_judged_by_state_and_t(void **unused)
{
	struct device_access a = {
		.rid = 0x4700, .addr = 0x81100000, .len = 0x10000, .stream = -1
	};

	(void)unused;
	assert_null(refusal(&a));
	a.len++;
	assert_ptr_equal(refusal(&a), &device_rule_no_bar);
	a.len = 8;
	a.rid = 0x4701; /* the address is the PF's */
	assert_ptr_equal(refusal(&a), &device_rule_no_bar);
	a.rid = 0x4703;
	assert_ptr_equal(refusal(&a), &device_rule_no_function);
	a.rid = 0x4700;
	a.t = true;
	assert_string_equal(refusal(&a)->name, "tdi-unlocked");
	solo_keys(&s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(&s, 0x4700, SOLO_STREAM, 0), 0x03);
	a.stream = SOLO_STREAM;
	assert_string_equal(refusal(&a)->name, "tdi-locked");
	a.from_device = true;
	assert_string_equal(refusal(&a)->name, "tdi-dma-locked");
	assert_int_equal(solo_tdisp(&s, 0x4700, 0x87), 0x07);
	solo_run(&s, 0x4700);
	assert_null(refusal(&a));
	a.stream = SOLO_STREAM + 1;
	assert_ptr_equal(refusal(&a), &device_rule_dma_t);
	a.from_device = false;
	assert_string_equal(refusal(&a)->name, "tdi-untrusted");
	a.stream = -1; /* T comes in an IDE prefix or not at all */
	assert_string_equal(refusal(&a)->name, "tdi-untrusted");
	assert_int_equal(device_told_event(&s.dev, LINK_DOWN), IL_OK);
	assert_ptr_equal(refusal(&a), &device_rule_no_function);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_whole_object_is_answered_by_a_whole_object),
		T(bytes_that_are_no_object_are_refused),
		T(a_bare_message_is_answered_without_a_frame),
		T(what_was_never_reported_counts_as_set),
		T(without_being_asked_to_a_device_assumes_nothing),
		T(a_function_of_unknown_bus_is_known_by_device_and_function),
		T(a_device_number_of_the_file_names_functions_too),
		T(to_learn_the_bus_costs_no_lock),
		T(once_a_function_is_reported_only_reports_count),
		T(lock_is_refused_over_a_bar_that_was_not_reported),
		T(reported_vf_registers_count_from_then_on),
		T(a_reported_clear_of_what_was_assumed_ends_trust),
		T(a_bar_lost_with_its_assumption_is_not_at_address_0),
		T(a_write_behind_the_stream_registers_is_none_of_theirs),
		T(an_access_over_many_pages_stops_at_anothers_report),
		T(a_reported_stream_register_ends_assumed_streams),
		T(lock_needs_keys_for_an_assumed_stream),
		T(keys_of_assumed_streams_obey_the_laws_of_keys),
		T(an_assumed_stream_is_secure_from_its_first_go),
		T(a_lost_session_ends_assumed_streams),
		T(told_resets_act_as_those_on_the_link),
		T(flr_by_a_told_write_is_done_at_once),
		T(a_told_write_that_is_none_changes_nothing),
		T(a_write_on_the_link_ends_all_that_was_assumed),
		T(what_the_link_clears_was_set_before),
		T(an_access_is_judged_by_state_and_t),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
