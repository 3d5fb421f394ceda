/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake_cfg.h"

#include "judge/mailbox.h"

static const uint8_t ask[] = { 1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0 };

static void begin(struct fake_cfg *f, struct mailbox *m)
{
	struct regs regs;

	fake_cfg_init(f, true);
	regs = fake_cfg_regs(f);
	assert_int_equal(mailbox_find(m, &regs, 0, 0), IL_OK);
	assert_int_equal(f->writes, 0);
}

static void give(struct fake_cfg *f, unsigned n, uint32_t second)
{
	f->out[0] = 0x00000001;
	f->out[1] = second;
	for (unsigned i = 2; i < n; i++)
		f->out[i] = 0x01010100u * i;
	f->out_n = n;
	f->out_at = 0;
}

static enum il_err exchange(struct mailbox *m, uint8_t *out, size_t cap,
			    size_t *len)
{
	return mailbox_exchange(m, ask, sizeof(ask), out, cap, len);
}

static void a_function_without_doe_has_no_mailbox(void **unused)
{
	struct fake_cfg f;
	struct mailbox m;
	struct regs regs;

	(void)unused;
	fake_cfg_init(&f, false);
	regs = fake_cfg_regs(&f);
	assert_int_equal(mailbox_find(&m, &regs, 0, 0), IL_E_ARG);
	assert_int_equal(mailbox_find(&m, &regs, 1, 0), IL_E_ARG);
	f.gone = true;
	assert_int_equal(mailbox_find(&m, &regs, 0, 0), IL_E_ARG);
	assert_int_equal(f.writes, 0);
}

static void a_list_in_a_circle_is_left(void **unused)
{
	struct fake_cfg f;
	struct regs regs;

	(void)unused;
	fake_cfg_init(&f, true);
	regs = fake_cfg_regs(&f);
	pci_cfg_put(&f.cfg, 0x100, 4, 0x1001002f);
	assert_int_equal(regs_ecap(&regs, 0, ECAP_DOE, 0), 0);
	pci_cfg_put(&f.cfg, 0x41, 1, 0x40);
	assert_int_equal(regs_cap(&regs, 0, CAP_EXP), 0);
}

static void capabilities_are_found(void **unused)
{
	struct fake_cfg f;
	struct regs regs;

	(void)unused;
	fake_cfg_init(&f, true);
	regs = fake_cfg_regs(&f);
	assert_int_equal(regs_cap(&regs, 0, CAP_PM), 0x40);
	assert_int_equal(regs_cap(&regs, 0, CAP_EXP), 0x48);
	assert_int_equal(regs_cap(&regs, 0, CAP_MSIX), 0);
	assert_int_equal(regs_ecap(&regs, 0, ECAP_DEV3, 0), 0x100);
	assert_int_equal(regs_ecap(&regs, 0, ECAP_DOE, 0), f.doe);
	assert_int_equal(regs_ecap(&regs, 0, ECAP_DOE, 1), 0);
}

static void an_exchange_is_dwords_go_and_an_answer_popped(void **unused)
{
	struct fake_cfg f;
	struct mailbox m;
	uint8_t out[16];
	size_t len;

	(void)unused;
	begin(&f, &m);
	assert_int_equal(mailbox_idle(&m), IL_OK);
	assert_int_equal(mailbox_write(&m, ask, 12), IL_OK);
	assert_int_equal(mailbox_write(&m, ask, 3), IL_E_ARG);
	assert_int_equal(mailbox_go(&m), IL_OK);
	give(&f, 3, 3);
	f.busy_until = f.now + 5000000;
	assert_int_equal(mailbox_answer(&m, out, sizeof(out), &len), IL_OK);
	assert_int_equal(len, 12);
	assert_int_equal(get_u32le(out + 8), 0x02020200);
	assert_int_equal(f.in_n, 3);
	assert_int_equal(f.in[1], 3);
	assert_int_equal(f.goes, 1);
	assert_int_equal(f.pops, 3);
	assert_int_equal(f.aborts, 0);
}

static void a_mailbox_in_use_is_left_alone(void **unused)
{
	struct fake_cfg f;
	struct mailbox m;
	uint8_t out[16];
	size_t len;

	(void)unused;
	begin(&f, &m);
	f.busy_until = UINT64_MAX;
	assert_int_equal(exchange(&m, out, sizeof(out), &len), IL_E_AGAIN);
	assert_in_range(f.now, MAILBOX_TIMEOUT_NS, 2 * MAILBOX_TIMEOUT_NS);
	f.busy_until = 0;
	f.sts = DOE_STS_ERROR;
	assert_int_equal(exchange(&m, out, sizeof(out), &len), IL_E_PEER);
	f.sts = 0;
	give(&f, 3, 3);
	assert_int_equal(exchange(&m, out, sizeof(out), &len), IL_E_PEER);
	assert_int_equal(f.writes, 0);
}

static void no_answer_is_told_from_none_yet(void **unused)
{
	struct fake_cfg f;
	struct mailbox m;
	uint8_t out[16];
	size_t len = 9;

	(void)unused;
	begin(&f, &m);
	assert_int_equal(exchange(&m, out, sizeof(out), &len), IL_OK);
	assert_int_equal(len, 0);
	assert_int_equal(mailbox_go(&m), IL_OK);
	f.busy_until = UINT64_MAX;
	assert_int_equal(mailbox_answer(&m, out, sizeof(out), &len),
			 IL_E_TIMEOUT);
	f.busy_until = 0;
	f.sts = DOE_STS_ERROR;
	assert_int_equal(mailbox_answer(&m, out, sizeof(out), &len), IL_E_PEER);
	f.gone = true;
	assert_int_equal(mailbox_answer(&m, out, sizeof(out), &len), IL_E_IO);
}

static void lengths_that_lie_are_named(void **unused)
{
	struct fake_cfg f;
	struct mailbox m;
	uint8_t out[16];
	size_t len;

	(void)unused;
	begin(&f, &m);
	give(&f, 3, 4); /* says four, gives three */
	assert_int_equal(mailbox_read(&m, out, sizeof(out), &len), IL_E_SHORT);
	give(&f, 1, 2);
	assert_int_equal(mailbox_read(&m, out, sizeof(out), &len), IL_E_SHORT);
	give(&f, 4, 3);
	assert_int_equal(mailbox_read(&m, out, sizeof(out), &len), IL_E_LONG);
	give(&f, 3, 1);
	assert_int_equal(mailbox_read(&m, out, sizeof(out), &len), IL_E_FIELD);
	give(&f, 3, 0); /* 2^18 dwords: more than is taken */
	assert_int_equal(mailbox_read(&m, out, sizeof(out), &len), IL_E_FIELD);
	give(&f, 5, 5);
	assert_int_equal(mailbox_read(&m, out, sizeof(out), &len), IL_E_SPACE);
	assert_int_equal(f.out_at, 5);
	assert_int_equal(len, 0);
}

static void an_abort_that_does_not_end_is_noticed(void **unused)
{
	struct fake_cfg f;
	struct mailbox m;

	(void)unused;
	begin(&f, &m);
	f.sts = DOE_STS_ERROR;
	assert_int_equal(mailbox_abort(&m), IL_OK);
	f.sts = DOE_STS_ERROR;
	f.abort_fails = true;
	assert_int_equal(mailbox_abort(&m), IL_E_TIMEOUT);
	assert_int_equal(f.aborts, 2);
	assert_int_equal(f.goes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_without_doe_has_no_mailbox),
		cmocka_unit_test(a_list_in_a_circle_is_left),
		cmocka_unit_test(capabilities_are_found),
		cmocka_unit_test(an_exchange_is_dwords_go_and_an_answer_popped),
		cmocka_unit_test(a_mailbox_in_use_is_left_alone),
		cmocka_unit_test(no_answer_is_told_from_none_yet),
		cmocka_unit_test(lengths_that_lie_are_named),
		cmocka_unit_test(an_abort_that_does_not_end_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
