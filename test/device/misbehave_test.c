/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/misbehave.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "device/device_priv.h"
#include "solo.h"

static const struct misbehaviour *row(unsigned n)
{
	for (unsigned g = 0; g < misbehave_group_count; g++) {
		if (n < misbehave_groups[g]->count)
			return &misbehave_groups[g]->rows[n];
		n -= misbehave_groups[g]->count;
	}
	return NULL;
}

static struct misbehave *fresh(void)
{
	struct misbehave *m = malloc(sizeof(*m));

	assert_non_null(m);
	memset(m, 0xa5, sizeof(*m));
	misbehave_init(m);
	return m;
}

static bool acts(const struct misbehaviour *b)
{
	static const struct misbehaviour none;
	const size_t from = offsetof(struct misbehaviour, start);

	return memcmp((const uint8_t *)b + from, (const uint8_t *)&none + from,
		      sizeof(none) - from) != 0;
}

static void each_says_what_it_does_and_what_it_breaks(void **unused)
{
	const struct misbehaviour *b;

	(void)unused;
	for (unsigned i = 0; (b = row(i)); i++) {
		assert_non_null(b->says);
		assert_non_null(b->source);
		assert_true(strlen(b->source) > 8);
		assert_int_equal(strspn(b->name, "abcdefghijklmnopqrstuvwxyz"
						 "0123456789-"),
				 strlen(b->name));
		assert_null(strchr(b->says, '|'));
		assert_null(strchr(b->source, '|'));
		if (!acts(b))
			fail_msg("%s does nothing", b->name);
		if (misbehave_find(b->name) != b)
			fail_msg("%s: two have this name", b->name);
	}
}

static void hooks_that_are_shared_have_what_they_need(void **unused)
{
	const struct misbehaviour *b;

	(void)unused;
	for (unsigned i = 0; (b = row(i)); i++) {
		if (b->bytes == misbehave_alter && (!b->message || !b->field))
			fail_msg("%s alters nothing", b->name);
		if (b->bytes == misbehave_lenient && !spdm_response_of(b->code))
			fail_msg("%s: no request's code", b->name);
		if (b->bytes == misbehave_harsh && (!b->code || !b->error))
			fail_msg("%s refuses nothing", b->name);
	}
}

static void what_is_added_is_on_once(void **unused)
{
	struct misbehave *m = fresh();

	(void)unused;
	assert_int_equal(misbehave_add(m, "no-such-thing"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, ""), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "hang:"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "hang:0"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "hang:-1"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "hang:1x"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "hang:4294967296"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "lock-twice:1"), IL_E_ARG);
	assert_int_equal(misbehave_add(m, "han"), IL_E_ARG);
	assert_int_equal(m->count, 0);
	assert_int_equal(misbehave_add(m, "hang:4294967295"), IL_OK);
	assert_int_equal(m->one[0].n, UINT32_MAX);
	assert_int_equal(misbehave_add(m, "hang"), IL_E_STATE);
	assert_int_equal(misbehave_add(m, "lock-twice"), IL_OK);
	assert_ptr_equal(m->one[1].is, misbehave_find("lock-twice"));
	assert_int_equal(m->count, 2);
	free(m);
}

static void no_more_are_on_than_there_is_room_for(void **unused)
{
	struct misbehave *m = fresh();
	const struct misbehaviour *b;
	unsigned i;

	(void)unused;
	for (i = 0; i < MISBEHAVE_MAX; i++)
		assert_int_equal(misbehave_add(m, row(i)->name), IL_OK);
	b = row(i);
	assert_int_equal(misbehave_add(m, b->name), IL_E_SPACE);
	free(m);
}

static void none_added_leaves_a_device_as_it_is(void **unused)
{
	struct misbehave *m = fresh();
	struct device_cfg cfg, before;

	(void)unused;
	memset(&cfg, 0, sizeof(cfg));
	before = cfg;
	misbehave_apply(m, &cfg);
	assert_memory_equal(&cfg, &before, sizeof(cfg));
	assert_null(cfg.seams);
	free(m);
}

/* A row that alters no table leaves the public ones to the engines. */
static void a_table_is_copied_only_to_be_altered(void **unused)
{
	struct misbehave *m = fresh();
	struct device_cfg cfg = { .vfs = 0 };

	(void)unused;
	assert_int_equal(misbehave_add(m, "hang"), IL_OK);
	misbehave_apply(m, &cfg);
	assert_null(cfg.tdi_table);
	assert_null(cfg.spdm.table);
	assert_int_equal(misbehave_add(m, "lock-twice"), IL_OK);
	misbehave_apply(m, &cfg);
	assert_non_null(cfg.tdi_table);
	assert_non_null(cfg.tdi_table[TDI_EV_LOCK][TDI_LOCKED].act);
	assert_null(tdi_edges[TDI_EV_LOCK][TDI_LOCKED].act);
	free(m);
}

/* A discovery of entry 0; length of the answer. */
static size_t discover(struct solo *s)
{
	const uint8_t obj[12] = { 1, 0, 0, 0, 3 };

	assert_int_equal(device_doe(&s->dev, 0, obj, sizeof(obj), s->out,
				    sizeof(s->out), &s->len, 0),
			 IL_OK);
	return s->len;
}

static struct solo solo;

static void begin(struct misbehave *m)
{
	solo_cfg(&solo, 0);
	misbehave_ready(m, &solo.cfg);
	solo_start(&solo);
}

static void a_device_that_is_ready_is_honest(void **unused)
{
	struct misbehave *m = fresh();

	(void)unused;
	begin(m);
	assert_false(solo.dev.cfg.seams->breaks);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(discover(&solo), 12);
	misbehave_calm(m, &solo.dev);
	assert_false(solo.dev.cfg.seams->breaks);
	solo_free(&solo);
	free(m);
}

static void what_is_armed_counts_from_then_on(void **unused)
{
	struct misbehave *m = fresh();

	(void)unused;
	begin(m);
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(discover(&solo), 12);
	assert_int_equal(misbehave_arm(m, &solo.dev, "hang:3"), IL_OK);
	assert_true(solo.dev.cfg.seams->breaks);
	assert_int_equal(discover(&solo), 12);
	assert_int_equal(discover(&solo), 12);
	assert_int_equal(discover(&solo), 0);
	assert_int_equal(discover(&solo), 0);
	misbehave_calm(m, &solo.dev);
	assert_int_equal(discover(&solo), 12);
	assert_int_equal(misbehave_arm(m, &solo.dev, "hang:1"), IL_OK);
	assert_int_equal(discover(&solo), 0);
	solo_free(&solo);
	free(m);
}

static void one_exchange_alone_is_silent_or_a_lie(void **unused)
{
	struct misbehave *m = fresh();
	uint8_t honest[12];

	(void)unused;
	begin(m);
	assert_int_equal(discover(&solo), 12);
	memcpy(honest, solo.out, 12);
	for (unsigned n = 1; n < 5; n++) {
		char name[16];

		snprintf(name, sizeof(name), "mute:%u", n);
		assert_int_equal(misbehave_arm(m, &solo.dev, name), IL_OK);
		for (unsigned i = 1; i < 8; i++)
			assert_int_equal(discover(&solo), i == n ? 0 : 12);
		misbehave_calm(m, &solo.dev);
		snprintf(name, sizeof(name), "lie:%u", n);
		assert_int_equal(misbehave_arm(m, &solo.dev, name), IL_OK);
		for (unsigned i = 1; i < 8; i++) {
			assert_int_equal(discover(&solo), 12);
			assert_memory_equal(solo.out, honest, 11);
			assert_int_equal(solo.out[11] ^ honest[11], i == n);
		}
		misbehave_calm(m, &solo.dev);
	}
	solo_free(&solo);
	free(m);
}

/* Tables and ports of rows come and go with them. */
static void tables_and_ports_are_honest_again(void **unused)
{
	struct misbehave *m = fresh();

	(void)unused;
	begin(m);
	assert_null(solo.dev.cfg.tdi_table[TDI_EV_LOCK][TDI_LOCKED].act);
	assert_int_equal(misbehave_arm(m, &solo.dev, "lock-twice"), IL_OK);
	assert_non_null(solo.dev.cfg.tdi_table[TDI_EV_LOCK][TDI_LOCKED].act);
	assert_int_equal(misbehave_arm(m, &solo.dev, "active-key-reprogrammed"),
			 IL_OK);
	assert_ptr_not_equal(solo.dev.port.program_key,
			     device_dsm_port.program_key);
	/* Those of the start stay refused, and change nothing. */
	assert_int_equal(misbehave_arm(m, &solo.dev, "tdisp-lock-keyless"),
			 IL_E_STATE);
	assert_int_equal(misbehave_arm(m, &solo.dev, "no-such-thing"),
			 IL_E_ARG);
	assert_int_equal(m->count, 2);
	misbehave_calm(m, &solo.dev);
	assert_null(solo.dev.cfg.tdi_table[TDI_EV_LOCK][TDI_LOCKED].act);
	assert_ptr_equal(solo.dev.port.program_key,
			 device_dsm_port.program_key);
	solo_free(&solo);
	free(m);
}

static enum il_err ask_at(uint64_t now_ns)
{
	const uint8_t obj[12] = { 1, 0, 0, 0, 3 };

	return device_doe(&solo.dev, 0, obj, sizeof(obj), solo.out,
			  sizeof(solo.out), &solo.len, now_ns);
}

/* Its request was acted on, which would not do twice. */
static void what_is_held_back_comes_once_all_is_called_off(void **unused)
{
	struct misbehave *m = fresh();
	uint8_t honest[12];

	(void)unused;
	for (unsigned again = 0; again < 2; again++) {
		begin(m);
		assert_int_equal(discover(&solo), 12);
		memcpy(honest, solo.out, 12);
		/* So that this very answer is known again. */
		assert_int_equal(misbehave_arm(m, &solo.dev, "lie:1"), IL_OK);
		assert_int_equal(misbehave_arm(m, &solo.dev, "late:1000"),
				 IL_OK);
		assert_int_equal(ask_at(5), IL_E_AGAIN);
		assert_int_equal(ask_at(6), IL_E_AGAIN);
		misbehave_calm(m, &solo.dev);
		if (again)
			assert_int_equal(misbehave_arm(m, &solo.dev, "hang:2"),
					 IL_OK);
		assert_int_equal(ask_at(7), IL_OK);
		assert_int_equal(solo.len, 12);
		assert_int_equal(solo.out[11] ^ honest[11], 1);
		assert_int_equal(ask_at(8), IL_OK);
		assert_int_equal(solo.len, 12);
		assert_memory_equal(solo.out, honest, 12);
		misbehave_calm(m, &solo.dev);
		solo_free(&solo);
	}
	free(m);
}

/* Nor one that was to come twice, nor to another request of that length. */
static void nobody_else_is_given_what_was_held_back(void **unused)
{
	const uint8_t version[12] = { 1, 0, 1, 0, 3, 0, 0, 0, 0x10, 0x84 };
	struct misbehave *m = fresh();
	uint8_t honest[12];

	(void)unused;
	begin(m);
	assert_int_equal(discover(&solo), 12);
	memcpy(honest, solo.out, 12);
	assert_int_equal(misbehave_arm(m, &solo.dev, "late:1000"), IL_OK);
	assert_int_equal(ask_at(5), IL_E_AGAIN);
	misbehave_calm(m, &solo.dev);
	assert_int_equal(device_doe(&solo.dev, 0, version, sizeof(version),
				    solo.out, sizeof(solo.out), &solo.len, 6),
			 IL_OK);
	assert_int_equal(solo.out[2], 1); /* SPDM's, not discovery's */
	assert_int_equal(misbehave_arm(m, &solo.dev, "lie:1"), IL_OK);
	assert_int_equal(misbehave_arm(m, &solo.dev, "twice:1"), IL_OK);
	assert_int_equal(discover(&solo), 12);
	misbehave_calm(m, &solo.dev);
	assert_int_equal(discover(&solo), 12);
	assert_memory_equal(solo.out, honest, 12);
	assert_int_equal(device_doe(&solo.dev, 0, version, sizeof(version),
				    solo.out, sizeof(solo.out), &solo.len, 7),
			 IL_OK);
	assert_int_equal(solo.out[2], 1);
	solo_free(&solo);
	free(m);
}

/* What was on from the start may go as well. */
static void what_was_on_at_the_start_is_cleared_too(void **unused)
{
	struct misbehave *m = fresh();

	(void)unused;
	assert_int_equal(misbehave_add(m, "hang:1"), IL_OK);
	begin(m);
	assert_int_equal(discover(&solo), 0);
	misbehave_calm(m, &solo.dev);
	assert_int_equal(discover(&solo), 12);
	solo_free(&solo);
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_says_what_it_does_and_what_it_breaks),
		cmocka_unit_test(hooks_that_are_shared_have_what_they_need),
		cmocka_unit_test(what_is_added_is_on_once),
		cmocka_unit_test(no_more_are_on_than_there_is_room_for),
		cmocka_unit_test(none_added_leaves_a_device_as_it_is),
		cmocka_unit_test(a_table_is_copied_only_to_be_altered),
		cmocka_unit_test(a_device_that_is_ready_is_honest),
		cmocka_unit_test(what_is_armed_counts_from_then_on),
		cmocka_unit_test(one_exchange_alone_is_silent_or_a_lie),
		cmocka_unit_test(tables_and_ports_are_honest_again),
		cmocka_unit_test(
			what_is_held_back_comes_once_all_is_called_off),
		cmocka_unit_test(nobody_else_is_given_what_was_held_back),
		cmocka_unit_test(what_was_on_at_the_start_is_cleared_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
