/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's loop around SPDM_REQUEST, against a module that answers what the
 * test says. Layout of the two pages: DOE data object (PCIe Base 6.x §6.30.1),
 * vendor, type, length in dwords; then the message.
 */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "arch/tdx/host_priv.h"

#define IN  0x1000u
#define OUT 0x2000u

static struct {
	struct tdx_host h;
	struct tdx_conn c;
	struct pci_tsm_relay r;
	uint8_t mem[3 * PAGE_4K];
	/* What the module answers, one a call, and what it was called with. */
	uint64_t say[8];
	uint64_t leaf[8];
	uint64_t op[8]; /* rdx */
	uint32_t in_len[8];
	unsigned calls;
} t;

static enum il_err rd(void *ctx, uint64_t pa, void *out, size_t len,
		      struct fault *f)
{
	(void)ctx;
	(void)f;
	assert_true(pa + len <= sizeof(t.mem));
	memcpy(out, t.mem + pa, len);
	return IL_OK;
}

static enum il_err wr(void *ctx, uint64_t pa, const void *in, size_t len,
		      struct fault *f)
{
	(void)ctx;
	(void)f;
	/* Nothing but the response page is written. */
	assert_true(pa >= IN && pa + len <= IN + PAGE_4K);
	memcpy(t.mem + pa, in, len);
	return IL_OK;
}

static uint64_t seamcall(void *ctx, struct tdx_regs *r)
{
	const unsigned i = t.calls++;

	(void)ctx;
	assert_true(i < COUNT(t.say));
	t.leaf[i] = r->rax;
	t.op[i] = r->rdx;
	t.in_len[i] = tdx_u32(t.mem, IN + 4);
	r->rcx = 0x77;
	r->rax = t.say[i];
	return r->rax;
}

/* A request of three dwords, the header included, unless told otherwise. */
static void request(uint16_t vendor, uint8_t type, uint32_t dwords)
{
	tdx_put_u16(t.mem, OUT, vendor);
	t.mem[OUT + 2] = type;
	tdx_put_u32(t.mem, OUT + 4, dwords);
	memcpy(t.mem + OUT + 8, "ask?", 4);
}

static int set_up(void **unused)
{
	static const struct host_hw_ops hw = { .mem_read = rd,
					       .mem_write = wr };
	static const struct tdx_host_insn insn = { .seamcall = seamcall };

	(void)unused;
	memset(&t, 0, sizeof(t));
	t.h.cfg.hw.ops = &hw;
	t.h.cfg.insn = &insn;
	t.c.in = IN;
	t.c.out = OUT;
	request(1, 2, 3);
	tdx_op_new(&t.c, TDH_TDI_STOP)->rdx = 0xabc;
	return 0;
}

static void say(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	const uint64_t all[] = { a, b, c, d };

	memcpy(t.say, all, sizeof(all));
}

static int run(void)
{
	return tdx_op_run(&t.h, &t.c, &t.r);
}

static void answer(size_t n)
{
	memset(t.r.rsp, 0x5a, n);
	t.r.rsp_len = n;
}

static void the_same_call_is_made_until_it_ends(void **unused)
{
	(void)unused;
	say(TDX_SPDM_REQUEST, TDX_SPDM_REQUEST, TDX_SUCCESS, 0);
	/* of an earlier call: must not count, nor fill up what comes */
	memset(t.mem + IN, 0xee, 64);
	assert_int_equal(run(), -EINPROGRESS);
	assert_int_equal(t.in_len[0], 0);
	assert_int_equal(t.r.type, 2);
	assert_int_equal(t.r.req_len, 4);
	assert_memory_equal(t.r.req, "ask?", 4);
	answer(5);
	assert_int_equal(run(), -EINPROGRESS);
	/* 8 of the header, 5, 3 of padding, which is zero */
	assert_int_equal(t.in_len[1], 4);
	assert_memory_equal(t.mem + IN,
			    "\x01\x00\x02\x00\x04\x00\x00\x00"
			    "\x5a\x5a\x5a\x5a\x5a\x00\x00\x00",
			    16);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(t.leaf[i], TDH_TDI_STOP);
		assert_int_equal(t.op[i], 0xabc);
	}
	assert_int_equal(t.c.op.out.rcx, 0x77);
	assert_false(t.c.op.issued || t.c.op.pending);
}

/* What no module hands out is not carried. */
static void a_request_that_is_none_ends_it(void **unused)
{
	static const struct {
		uint16_t vendor;
		uint8_t type;
		uint32_t dwords;
	} bad[] = { { 2, 2, 3 }, { 1, 0, 3 },	 { 1, 3, 3 },	    { 1, 2, 0 },
		    { 1, 2, 2 }, { 1, 2, 1025 }, { 1, 2, 3u << 17 } };

	for (size_t i = 0; i < COUNT(bad); i++) {
		set_up(unused);
		request(bad[i].vendor, bad[i].type, bad[i].dwords);
		say(TDX_SPDM_REQUEST, 0, 0, 0);
		assert_int_equal(run(), -EIO);
		assert_false(t.c.op.issued);
		/* it is the module's still, and given up */
		assert_true(t.c.op.pending);
		tdx_op_drop(&t.h, &t.c);
		assert_false(t.c.op.pending);
		assert_int_equal(t.calls, 2);
	}
}

static void an_answer_that_does_not_fit_is_not_half_told(void **unused)
{
	(void)unused;
	say(TDX_SPDM_REQUEST, TDX_SUCCESS, 0, 0);
	assert_int_equal(run(), -EINPROGRESS);
	t.r.rsp_len = PAGE_4K - 8 + 1;
	assert_int_equal(run(), -EMSGSIZE);
	assert_int_equal(t.calls, 1);
	assert_int_equal(tdx_u32(t.mem, IN + 4), 0);
}

static void a_lost_answer_ends_it_with_its_errno(void **unused)
{
	(void)unused;
	say(TDX_SPDM_REQUEST, TDX_SUCCESS, 0, 0);
	assert_int_equal(run(), -EINPROGRESS);
	t.r.err = -ETIMEDOUT;
	assert_int_equal(run(), -ETIMEDOUT);
	assert_int_equal(t.calls, 1);
}

static void worn_keys_are_made_new_and_the_call_goes_on(void **unused)
{
	(void)unused;
	say(TDX_SPDM_SESSION_KEY_REQUIRE_REFRESH, TDX_SPDM_REQUEST, TDX_SUCCESS,
	    TDX_SUCCESS);
	assert_int_equal(run(), -EINPROGRESS);
	answer(4);
	assert_int_equal(run(), 0);
	assert_int_equal(t.calls, 4);
	assert_int_equal(t.leaf[1], TDH_SPDM_MNG);
	assert_int_equal(t.op[1], TDX_SPDM_KEY_UPDATE);
	assert_int_equal(t.leaf[2], TDH_SPDM_MNG);
	assert_int_equal(t.leaf[3], TDH_TDI_STOP);
	assert_int_equal(t.op[3], 0xabc);
	/* the update's answer is not the call's */
	assert_int_equal(t.in_len[2], 3);
	assert_int_equal(t.in_len[3], 0);
}

static void keys_that_are_never_new_enough_end_it(void **unused)
{
	const uint64_t worn = TDX_SPDM_SESSION_KEY_REQUIRE_REFRESH;

	(void)unused;
	say(worn, TDX_SUCCESS, worn, TDX_SUCCESS);
	assert_int_equal(run(), -EIO);
	assert_int_equal(t.calls, 4);
	assert_false(t.c.op.issued);
}

static void a_module_that_never_lets_go_is_left(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(t.say); i++)
		t.say[i] = TDX_SPDM_REQUEST;
	assert_int_equal(run(), -EINPROGRESS);
	tdx_op_drop(&t.h, &t.c);
	assert_int_equal(t.calls, 5);
	assert_false(t.c.op.issued || t.c.op.pending);
	/* where nothing is out, nothing is called */
	tdx_op_drop(&t.h, &t.c);
	assert_int_equal(t.calls, 5);
}

static void a_status_is_an_errno(void **unused)
{
	(void)unused;
	assert_int_equal(tdx_errno(TDX_SUCCESS), 0);
	assert_int_equal(tdx_errno(TDX_OPERAND_BUSY), -EBUSY);
	assert_int_equal(tdx_errno(TDX_OPERAND_BUSY | TDX_OP_RCX), -EBUSY);
	assert_int_equal(tdx_errno(TDX_OPERAND_INVALID | TDX_OP_RDX), -EIO);
	assert_int_equal(tdx_errno(TDX_SPDM_AUTH_FAILED), -EIO);
	assert_int_equal(tdx_errno(TDX_DEVIF_HAS_MAPPED_MMIO), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_same_call_is_made_until_it_ends,
				       set_up),
		cmocka_unit_test_setup(a_request_that_is_none_ends_it, set_up),
		cmocka_unit_test_setup(
			an_answer_that_does_not_fit_is_not_half_told, set_up),
		cmocka_unit_test_setup(a_lost_answer_ends_it_with_its_errno,
				       set_up),
		cmocka_unit_test_setup(
			worn_keys_are_made_new_and_the_call_goes_on, set_up),
		cmocka_unit_test_setup(keys_that_are_never_new_enough_end_it,
				       set_up),
		cmocka_unit_test_setup(a_module_that_never_lets_go_is_left,
				       set_up),
		cmocka_unit_test(a_status_is_an_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
