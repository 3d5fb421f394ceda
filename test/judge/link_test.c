/* SPDX-License-Identifier: BSD-2-Clause */
#include "through.h"

#include "pci/regs.h"

static void cases_of_messages_run_over_a_link_too(void **unused)
{
	struct through *t = through_new();

	(void)unused;
	through_start(t);
	through_run(t, "spdm*");
	assert_true(t->sum.count[JUDGE_PASS] > 0);
	assert_int_equal(t->sum.count[JUDGE_FAIL], 0);
	assert_int_equal(t->sum.count[JUDGE_BROKEN], 0);
	assert_false(t->sum.gone);
	assert_int_equal(t->connects, 1);
	through_free(t);
}

static void nobody_at_the_other_end_is_gone(void **unused)
{
	struct through *t = through_new();

	(void)unused;
	t->show = false;
	t->away = true;
	through_start(t);
	through_run(t, "spdm/*");
	assert_true(t->sum.gone);
	assert_int_equal(t->sum.count[JUDGE_PASS], 0);
	through_free(t);
}

/* What a system's firmware does: BARs, decoding, a stream not yet enabled. */
static void opening_enumerates_the_device(void **unused)
{
	struct through *t = through_new();
	struct judge_target j;
	struct judge_access a = { .stream = -1, .len = 4 };
	uint32_t v;

	(void)unused;
	through_start(t);
	j = t->jcfg.target;
	assert_int_equal(j.ops->open(j.ctx), IL_OK);
	assert_int_equal(j.ops->cfg_read(j.ctx, 0, CFG_COMMAND, &v), IL_OK);
	assert_int_equal(v & 0x6, 6);
	assert_int_equal(t->target->bar[0], ROOT_MMIO_BASE);
	a.addr = t->target->bar[0];
	assert_int_equal(j.ops->mem(j.ctx, &a), IL_OK);
	assert_false(a.refused);
	assert_int_equal(get_u32le(a.data), DMA_ID_VALUE);
	a.addr = 0x1000;
	assert_int_equal(j.ops->mem(j.ctx, &a), IL_OK);
	assert_true(a.refused);
	assert_int_equal(
		j.ops->cfg_read(j.ctx, 0,
				(uint16_t)(t->target->ide_block + IDE_SEL_CTL),
				&v),
		IL_OK);
	assert_int_equal(v, 5u << 24 | 1u << 22);
	/* An event leaves registers alone; a reset ends with the same. */
	assert_int_equal(j.ops->event(j.ctx, JUDGE_EV_HOT_RESET), IL_OK);
	assert_int_equal(j.ops->cfg_read(j.ctx, 0, CFG_COMMAND, &v), IL_OK);
	assert_int_equal(v & 0x6, 0);
	assert_int_equal(j.ops->event(j.ctx, JUDGE_EV_POWER), IL_OK);
	assert_int_equal(j.ops->event(j.ctx, JUDGE_EV_LINK_DOWN), IL_OK);
	assert_int_equal(j.ops->reset(j.ctx), IL_OK);
	assert_int_equal(j.ops->cfg_read(j.ctx, 0, CFG_COMMAND, &v), IL_OK);
	assert_int_equal(v & 0x6, 6);
	j.ops->close(j.ctx);
	through_free(t);
}

static unsigned objects[2];

static void listen(void *ctx, bool answer, enum judge_kind kind,
		   const uint8_t *p, size_t n)
{
	(void)ctx;
	(void)p;
	objects[answer] += kind == JUDGE_OBJECT && n;
}

/* Cases that are at the mailbox's registers by themselves as well. */
static void who_listens_hears_what_goes_through_the_mailbox(void **unused)
{
	struct through *t = through_new();

	(void)unused;
	through_start(t);
	t->jcfg.heard = listen;
	through_run(t, "doe/answer-waits");
	assert_int_equal(t->sum.count[JUDGE_PASS], 1);
	assert_true(objects[false] > 0);
	assert_true(objects[true] > 0);
	through_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_of_messages_run_over_a_link_too),
		cmocka_unit_test(nobody_at_the_other_end_is_gone),
		cmocka_unit_test(opening_enumerates_the_device),
		cmocka_unit_test(
			who_listens_hears_what_goes_through_the_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
