/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/misbehave.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "pci/regs.h"
#include "solo.h"

/*
 * The seams of the device: what stands at each is asked, and what it says is
 * done. Then the general misbehaviours, which need no more than these.
 */

struct spy {
	struct solo s;
	struct device_seams seams;
	struct misbehave *m;
	unsigned asked, answered, objects, replies, writes, events, mems, dmas;
	bool refuse; /* what the hooks say */
	bool allow;
	enum dsm_event ev;
};

static bool spy_ask(void *ctx, struct device *d, struct device_exchange *x)
{
	struct spy *y = ctx;

	assert_ptr_equal(d, &y->s.dev);
	y->asked++;
	if (!y->refuse)
		return false;
	x->out[0] = 0x5a;
	x->len = 1;
	return true;
}

static void spy_answered(void *ctx, struct device *d, struct device_exchange *x)
{
	struct spy *y = ctx;

	(void)d;
	(void)x;
	y->answered++;
}

static bool spy_event(void *ctx, struct device *d, enum dsm_event ev,
		      uint32_t which)
{
	struct spy *y = ctx;

	(void)d;
	(void)which;
	y->events++;
	y->ev = ev;
	return !y->refuse;
}

static bool spy_write(void *ctx, struct device *d, unsigned fn, uint16_t reg,
		      uint32_t *val, uint8_t *be)
{
	struct spy *y = ctx;

	(void)d;
	(void)val;
	assert_int_equal(fn, 0);
	assert_int_equal(reg, CFG_COMMAND);
	assert_int_equal(*be, 3);
	y->writes++;
	return !y->refuse;
}

static bool spy_mem(void *ctx, const struct device *d, unsigned fn,
		    unsigned bar, uint32_t off, uint32_t len, bool t,
		    int stream, bool allowed)
{
	struct spy *y = ctx;

	(void)d;
	(void)fn;
	(void)t;
	(void)stream;
	assert_int_equal(bar, 0);
	assert_int_equal(off, 0);
	assert_int_equal(len, 8);
	y->mems++;
	return y->allow || (allowed && !y->refuse);
}

static bool spy_dma(void *ctx, const struct device *d, unsigned fn,
		    enum dsm_dma kind, bool *t, int *stream, bool allowed)
{
	struct spy *y = ctx;

	(void)d;
	(void)fn;
	(void)stream;
	assert_int_equal(kind, DSM_DMA);
	y->dmas++;
	if (y->allow)
		*t = false;
	return y->allow || (allowed && !y->refuse);
}

static const uint8_t *spy_object(void *ctx, struct device *d,
				 const uint8_t *obj, size_t *n)
{
	static const uint8_t discovery[] = {
		1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0
	};
	struct spy *y = ctx;

	(void)d;
	y->objects++;
	if (!y->refuse)
		return obj;
	*n = sizeof(discovery);
	return discovery;
}

static void spy_reply(void *ctx, struct device *d, uint8_t *obj, size_t cap,
		      size_t *n)
{
	struct spy *y = ctx;

	(void)d;
	(void)cap;
	y->replies++;
	if (y->refuse)
		obj[(*n)++] = 0xee;
}

static struct spy *spy_new(void)
{
	struct spy *y = calloc(1, sizeof(*y));

	assert_non_null(y);
	solo_cfg(&y->s, 0);
	y->seams = (struct device_seams){ .ask = spy_ask,
					  .answered = spy_answered,
					  .event = spy_event,
					  .cfg_write = spy_write,
					  .mem = spy_mem,
					  .dma = spy_dma,
					  .object = spy_object,
					  .reply = spy_reply };
	y->s.cfg.seams = &y->seams;
	y->s.cfg.seams_ctx = y;
	solo_start(&y->s);
	return y;
}

static void spy_free(struct spy *y)
{
	solo_free(&y->s);
	free(y->m);
	free(y);
}

static void an_exchange_may_be_answered_by_another(void **unused)
{
	static const uint8_t get_version[4] = { 0x10, 0x84, 0, 0 };
	struct spy *y = spy_new();
	enum spdm_kind kind = SPDM_PLAIN;
	struct solo *s = &y->s;

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		y->refuse = i;
		assert_int_equal(device_message(&s->dev, 1, NULL, SPDM_PLAIN,
						get_version, 4, s->out,
						sizeof(s->out), &s->len, &kind,
						1),
				 IL_OK);
	}
	assert_int_equal(y->asked, 2);
	assert_int_equal(y->answered, 1);
	assert_int_equal(s->len, 1);
	assert_int_equal(s->out[0], 0x5a);
	spy_free(y);
}

static void a_write_may_do_nothing(void **unused)
{
	struct spy *y = spy_new();
	struct solo *s = &y->s;

	(void)unused;
	solo_told(s, device_rid(&s->dev, 0), CFG_COMMAND, 2, 6);
	assert_int_equal(pci_cfg_get(&s->dev.fn[0].cfg, CFG_COMMAND, 2), 6);
	y->refuse = true;
	solo_told(s, device_rid(&s->dev, 0), CFG_COMMAND, 2, 0);
	assert_int_equal(pci_cfg_get(&s->dev.fn[0].cfg, CFG_COMMAND, 2), 6);
	assert_int_equal(y->writes, 2);
	spy_free(y);
}

static void the_dsm_may_not_be_told(void **unused)
{
	struct spy *y = spy_new();
	struct solo *s = &y->s;
	const uint16_t rid = device_rid(&s->dev, 0);

	(void)unused;
	solo_keys(s, 0, SOLO_STREAM, 0);
	solo_run(s, rid);
	y->refuse = true;
	assert_int_equal(device_told_flr(&s->dev, rid), IL_OK);
	assert_int_equal(y->ev, DSM_EV_FLR);
	assert_int_equal(solo_state(s, rid), TDI_RUN);
	y->refuse = false;
	assert_int_equal(device_told_flr(&s->dev, rid), IL_OK);
	assert_int_not_equal(solo_state(s, rid), TDI_RUN);
	assert_true(y->events >= 2);
	spy_free(y);
}

static void verdicts_may_be_turned_either_way(void **unused)
{
	struct spy *y = spy_new();
	struct solo *s = &y->s;
	const uint16_t rid = device_rid(&s->dev, 0);
	const uint64_t bar = s->dev.cfg.pf[0].bar[0].at;
	struct device_access a = {
		.rid = rid, .addr = bar, .len = 8, .stream = -1
	};

	(void)unused;
	assert_null(solo_refusal(s, &a));
	a.from_device = true;
	assert_null(solo_refusal(s, &a));
	y->refuse = true;
	assert_non_null(solo_refusal(s, &a));
	a.from_device = false;
	assert_non_null(solo_refusal(s, &a));
	solo_keys(s, 0, SOLO_STREAM, 0);
	y->refuse = false;
	solo_run(s, rid);
	assert_non_null(solo_refusal(s, &a));
	a.from_device = true;
	assert_non_null(solo_refusal(s, &a));
	y->allow = true;
	assert_null(solo_refusal(s, &a));
	a.from_device = false;
	assert_null(solo_refusal(s, &a));
	assert_true(y->mems >= 4);
	assert_true(y->dmas >= 4);
	spy_free(y);
}

static void an_object_may_be_taken_for_another(void **unused)
{
	/* type 7, which nobody offers; 3 dwords */
	static const uint8_t obj[] = { 1, 0, 7, 0, 3, 0, 0, 0, 1, 2, 3, 4 };
	struct spy *y = spy_new();
	struct solo *s = &y->s;

	(void)unused;
	assert_int_equal(device_doe(&s->dev, 0, obj, sizeof(obj), s->out,
				    sizeof(s->out), &s->len, 1),
			 IL_OK);
	assert_int_equal(s->len, 0);
	y->refuse = true;
	assert_int_equal(device_doe(&s->dev, 0, obj, sizeof(obj), s->out,
				    sizeof(s->out), &s->len, 1),
			 IL_OK);
	assert_int_equal(s->len, 13);
	assert_int_equal(s->out[12], 0xee);
	assert_int_equal(y->objects, 2);
	assert_int_equal(y->replies, 1);
	spy_free(y);
}

/* --- misbehaviours --- */

static struct spy *bad(const char *name)
{
	struct spy *y = calloc(1, sizeof(*y));

	assert_non_null(y);
	y->m = malloc(sizeof(*y->m));
	assert_non_null(y->m);
	solo_cfg(&y->s, 0);
	misbehave_init(y->m);
	assert_int_equal(misbehave_add(y->m, name), IL_OK);
	misbehave_apply(y->m, &y->s.cfg);
	solo_start(&y->s);
	return y;
}

/* GET_VERSION by a connection without sessions. */
static enum il_err ask_at(struct spy *y, uint64_t now_ns)
{
	static const uint8_t get_version[4] = { 0x10, 0x84, 0, 0 };
	enum spdm_kind kind = SPDM_PLAIN;
	struct solo *s = &y->s;

	return device_message(&s->dev, 1, NULL, SPDM_PLAIN, get_version, 4,
			      s->out, sizeof(s->out), &s->len, &kind, now_ns);
}

static bool versions(const struct spy *y)
{
	return y->s.len == 8 && y->s.out[1] == SPDM_VERSION;
}

static void hang_answers_nothing_from_the_third_on(void **unused)
{
	struct spy *y = bad("hang");

	(void)unused;
	for (unsigned i = 1; i < 6; i++) {
		assert_int_equal(ask_at(y, 1), IL_OK);
		assert_int_equal(versions(y), i < 3);
		assert_int_equal(y->s.len == 0, i >= 3);
	}
	spy_free(y);
}

static void close_fails_from_its_number_on(void **unused)
{
	struct spy *y = bad("close:2");

	(void)unused;
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_true(versions(y));
	assert_int_equal(ask_at(y, 1), IL_E_IO);
	assert_int_equal(ask_at(y, 1), IL_E_IO);
	spy_free(y);
}

static void reset_takes_sessions_along(void **unused)
{
	struct spy *y = bad("reset:2");
	struct device *d = &y->s.dev;

	(void)unused;
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_true(spdm_rsp_session_open(&d->conns[0].rsp, SOLO_SESSION));
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_int_equal(y->s.len, 0);
	assert_false(spdm_rsp_session_open(&d->conns[0].rsp, SOLO_SESSION));
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_true(versions(y));
	spy_free(y);
}

static void nonsense_is_no_message(void **unused)
{
	struct spy *y = bad("nonsense:1");

	(void)unused;
	y->s.fenv.next = 0xc0;
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_int_equal(y->s.len, 64);
	assert_int_equal(y->s.out[0], 0xc0);
	spy_free(y);
}

static void cut_leaves_the_end_away(void **unused)
{
	struct spy *y = bad("cut:1");

	(void)unused;
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_int_equal(y->s.len, 4);
	assert_int_equal(y->s.out[1], SPDM_VERSION);
	spy_free(y);
}

static void late_holds_each_answer_back(void **unused)
{
	struct spy *y = bad("late:5");

	(void)unused;
	assert_int_equal(ask_at(y, 1000000), IL_E_AGAIN);
	assert_int_equal(ask_at(y, 5999999), IL_E_AGAIN);
	assert_int_equal(ask_at(y, 6000000), IL_OK);
	assert_true(versions(y));
	assert_int_equal(ask_at(y, 6000001), IL_E_AGAIN);
	spy_free(y);
}

static void twice_puts_the_next_one_off(void **unused)
{
	static const uint8_t bad_version[4] = { 0x10, 0x81, 0, 0 };
	struct spy *y = bad("twice:1");
	enum spdm_kind kind = SPDM_PLAIN;
	struct solo *s = &y->s;

	(void)unused;
	assert_int_equal(ask_at(y, 1), IL_OK);
	assert_true(versions(y));
	assert_int_equal(device_message(&s->dev, 1, NULL, SPDM_PLAIN,
					bad_version, 4, s->out, sizeof(s->out),
					&s->len, &kind, 1),
			 IL_OK);
	assert_true(versions(y));
	spy_free(y);
}

static void a_table_that_was_altered_counts(void **unused)
{
	struct spy *y = bad("lock-twice");
	struct solo *s = &y->s;
	const uint16_t rid = device_rid(&s->dev, 0);

	(void)unused;
	solo_keys(s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_lock(s, rid, SOLO_STREAM, 0), TDISP_LOCK_RSP);
	assert_int_equal(solo_lock(s, rid, SOLO_STREAM, 0), TDISP_LOCK_RSP);
	spy_free(y);
}

static void entries_of_ports_that_were_replaced_count(void **unused)
{
	struct spy *y = bad("active-key-reprogrammed");
	struct solo *s = &y->s;

	(void)unused;
	solo_keys(s, 0, SOLO_STREAM, 0);
	assert_int_equal(solo_key(s, 0, SOLO_STREAM, 0, 0, 0), IDEKM_OK);
	spy_free(y);
}

static void a_watch_that_looks_away_ends_nothing(void **unused)
{
	for (unsigned i = 0; i < 2; i++) {
		struct spy *y = bad(i ? "runs-on-without-bme" : "hang:1000");
		struct solo *s = &y->s;
		const uint16_t rid = device_rid(&s->dev, 0);

		(void)unused;
		solo_told(s, rid, CFG_COMMAND, 2, CMD_MASTER | CMD_MEM);
		solo_told(s, rid, CFG_BAR0, 4, 0x81000000);
		solo_told(s, rid, CFG_BAR(2), 4, 0x81100000);
		solo_keys(s, 0, SOLO_STREAM, 0);
		solo_run(s, rid);
		solo_told(s, rid, CFG_COMMAND, 2, CMD_MEM);
		assert_int_equal(solo_state(s, rid), i ? TDI_RUN : TDI_ERROR);
		spy_free(y);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exchange_may_be_answered_by_another),
		cmocka_unit_test(a_write_may_do_nothing),
		cmocka_unit_test(the_dsm_may_not_be_told),
		cmocka_unit_test(verdicts_may_be_turned_either_way),
		cmocka_unit_test(an_object_may_be_taken_for_another),
		cmocka_unit_test(hang_answers_nothing_from_the_third_on),
		cmocka_unit_test(close_fails_from_its_number_on),
		cmocka_unit_test(reset_takes_sessions_along),
		cmocka_unit_test(nonsense_is_no_message),
		cmocka_unit_test(cut_leaves_the_end_away),
		cmocka_unit_test(late_holds_each_answer_back),
		cmocka_unit_test(twice_puts_the_next_one_off),
		cmocka_unit_test(a_table_that_was_altered_counts),
		cmocka_unit_test(entries_of_ports_that_were_replaced_count),
		cmocka_unit_test(a_watch_that_looks_away_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
