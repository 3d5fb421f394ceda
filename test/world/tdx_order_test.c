/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plat_tdx.h"

/*
 * The host's drivers of TDX Connect over a whole assignment: which leaf of the
 * module follows which. Orders are those of Linux's patches and of the checks
 * that the module's source makes; names are written out.
 */

#define NAMES 32768u

static const char *name[NAMES];
static unsigned names, refused;

static void hear(void *ctx, const struct world_edge_call *c)
{
	(void)ctx;
	if (c->edge != WORLD_HOST_FW)
		return;
	assert_true(names < NAMES);
	name[names++] = c->name;
	refused += c->status != NULL;
}

static int fresh(void **unused)
{
	(void)unused;
	open_world_on("tdx-connect", "0", "0000:01:00.0");
	t.w->cfg.out.call = hear;
	names = refused = 0;
	return 0;
}

static unsigned first(const char *n)
{
	for (unsigned i = 0; i < names; i++)
		if (strcmp(name[i], n) == 0)
			return i;
	fail_msg("%s was not called", n);
	return 0;
}

static unsigned last_of(const char *n)
{
	for (unsigned i = names; i-- > 0;)
		if (strcmp(name[i], n) == 0)
			return i;
	fail_msg("%s was not called", n);
	return 0;
}

/* All calls of one are over before the first of the next. */
static void in_turn(const char *const *n)
{
	for (; n[1]; n++)
		if (last_of(n[0]) >= first(n[1]))
			fail_msg("%s comes after %s", n[0], n[1]);
}

/* The first call of one comes before the first of the next. */
static void begins(const char *const *n)
{
	for (; n[1]; n++)
		if (first(n[0]) >= first(n[1]))
			fail_msg("%s begins after %s", n[0], n[1]);
}

static void until(const char *role, const char *verb)
{
	names = 0;
	go(role, verb);
}

static enum il_err say(const char *line)
{
	static struct lang_call c;
	struct lang_error e = { 0 };
	struct world_end end = { 0 };

	assert_int_equal(lang_line(&t.script, &world_commands, line, &c, &e),
			 IL_OK);
	return world_call(t.w, &c, NULL, &end);
}

static unsigned times(const char *n)
{
	unsigned k = 0;

	for (unsigned i = 0; i < names; i++)
		k += strcmp(name[i], n) == 0;
	return k;
}

static void a_connection_has_its_session_before_its_stream(void **unused)
{
	static const char *const order[] = {
		"TDH.SPDM.CREATE",
		"TDH.SPDM.CONNECT",
		"TDH.IDE.STREAM.CREATE",
		"TDH.IDE.STREAM.KM",
		NULL,
	};

	(void)unused;
	until("host", "connect");
	in_turn(order);
}

static void a_td_is_made_measured_and_finished_in_the_modules_order(void **x)
{
	static const char *const order[] = {
		"TDH.MNG.CREATE",
		"TDH.MNG.KEY.CONFIG",
		"TDH.MNG.ADDCX",
		"TDH.MNG.INIT",
		"TDH.VP.CREATE",
		"TDH.VP.ADDCX",
		"TDH.VP.INIT",
		"TDH.MEM.PAGE.ADD",
		"TDH.MR.EXTEND",
		"TDH.MR.FINALIZE",
		NULL,
	};

	(void)x;
	until("vmm", "launch");
	in_turn(order);
}

static void an_interface_is_locked_before_anything_of_it_is_granted(void **x)
{
	static const char *const order[] = {
		"TDH.DEVIF.CREATE", "TDH.MMIOMT.SET",
		"TDH.TDI.LOCK",	    "TDH.TDI.REPORT",
		"TDH.DMAR.ADD",	    "TDH.MMIO.MAP",
		"TDH.TDI.START",    NULL,
	};

	(void)x;
	go("vmm", "launch");
	until("guest", "start");
	begins(order);
	assert_true(last_of("TDH.MMIO.MAP") < first("TDH.TDI.START"));
}

/* The device's MMIO leaves the secure EPT with the unbind. */
static void an_unbind_goes_in_the_modules_order(void **unused)
{
	static const char *const mmio[] = {
		"TDH.TDI.STOP",	  "TDH.MMIO.BLOCK",   "TDH.MEM.TRACK",
		"TDH.MMIO.UNMAP", "TDH.DEVIF.REMOVE", NULL,
	};
	static const char *const dma[] = {
		"TDH.TDI.STOP",	   "TDH.DMAR.BLOCK",   "TDH.IQINV.PROC",
		"TDH.DMAR.REMOVE", "TDH.DEVIF.REMOVE", NULL,
	};

	(void)unused;
	go("guest", "mmio");
	until("guest", "release");
	begins(mmio);
	begins(dma);
	assert_true(last_of("TDH.MMIO.UNMAP") < first("TDH.DMAR.BLOCK"));
	assert_true(last_of("TDH.MMIO.UNMAP") < first("TDH.DEVIF.REMOVE"));
	assert_true(last_of("TDH.DMAR.REMOVE") < first("TDH.DEVIF.REMOVE"));
}

/* A device may still write there: the module wants its unit flushed as well. */
static void what_a_td_gives_away_under_dma_is_flushed_before_it_goes(void **x)
{
	static const char *const order[] = {
		"TDH.MEM.RANGE.BLOCK", "TDH.MEM.TRACK",	      "TDH.IQINV.REQ",
		"TDH.IQINV.PROC",      "TDH.MEM.PAGE.REMOVE", NULL,
	};

	(void)x;
	go("guest", "mmio");
	names = refused = 0;
	assert_int_equal(say("guest share 0x200000 pages=2"), IL_OK);
	begins(order);
	assert_int_equal(times("TDH.MEM.PAGE.REMOVE"), 2);
	assert_int_equal(refused, 0);
}

/* STREAM.BLOCK is heard without the device; what needs it is not tried. */
static void a_device_that_died_is_blocked_and_asked_nothing_more(void **unused)
{
	(void)unused;
	go("guest", "mmio");
	assert_int_equal(say("device silent"), IL_OK);
	names = 0;
	assert_int_not_equal(say("guest release"), IL_OK);
	assert_true(first("TDH.TDI.STOP") < first("TDH.IDE.STREAM.BLOCK"));
	assert_true(last_of("TDH.TDI.STOP") < first("TDH.IDE.STREAM.BLOCK"));
	assert_true(first("TDH.IDE.STREAM.BLOCK") < first("TDH.DEVIF.REMOVE"));
	assert_int_equal(say("vmm detach 0000:01:00.0"), IL_OK);
	names = 0;
	assert_int_not_equal(say("host disconnect 0000:01:00.0"), IL_OK);
	assert_int_equal(times("TDH.IDE.STREAM.KM"), 0);
	assert_int_equal(times("TDH.SPDM.DISCONNECT"), 0);
	assert_true(first("TDH.IDE.STREAM.DELETE") < first("TDH.SPDM.DELETE"));
}

static void a_tds_key_goes_before_its_pages_come_back(void **unused)
{
	static const char *const order[] = {
		"TDH.VP.FLUSH",
		"TDH.MNG.VPFLUSHDONE",
		"TDH.PHYMEM.CACHE.WB",
		"TDH.MNG.KEY.FREEID",
		"TDH.PHYMEM.PAGE.RECLAIM",
		NULL,
	};

	(void)unused;
	go("vmm", "detach");
	refused = 0;
	until("vmm", "destroy");
	in_turn(order);
	assert_int_equal(refused, 0);
}

static void keys_stop_before_the_stream_goes_and_the_session_ends(void **unused)
{
	static const char *const order[] = {
		"TDH.IDE.STREAM.KM",	 "TDH.IDE.STREAM.BLOCK",
		"TDH.IDE.STREAM.DELETE", "TDH.SPDM.DISCONNECT",
		"TDH.SPDM.DELETE",	 NULL,
	};

	(void)unused;
	go("vmm", "destroy");
	refused = 0;
	until("host", "disconnect");
	in_turn(order);
	assert_int_equal(refused, 0);
}

/* --- entering --- */

static struct tdx_host_insn real_insn;
static struct tdx_regs owed; /* what an entry brought that did not happen */
static unsigned entries, busy, lost;

static bool same_answer(const struct tdx_regs *a, const struct tdx_regs *b)
{
	return a->r10 == b->r10 && a->r11 == b->r11 && a->r12 == b->r12 &&
	       a->r13 == b->r13 && a->r14 == b->r14 && a->r15 == b->r15;
}

/* Every second entry that brings an answer finds the vCPU busy. */
static uint64_t often_busy(void *ctx, struct tdx_regs *r)
{
	if ((uint16_t)r->rax != TDH_VP_ENTER)
		return real_insn.seamcall(ctx, r);
	if (owed.rax)
		lost += !same_answer(r, &owed);
	memset(&owed, 0, sizeof(owed));
	if ((r->r10 | r->r11 | r->r12 | r->r13 | r->r14 | r->r15) &&
	    entries++ % 2 == 0) {
		busy++;
		owed = *r;
		r->rax = TDX_OPERAND_BUSY | (uint64_t)TDX_OP_RCX;
		return r->rax;
	}
	return real_insn.seamcall(ctx, r);
}

static void
an_entry_that_found_the_vcpu_busy_brings_its_answer_again(void **unused)
{
	struct tdx_plat *p;

	(void)unused;
	entries = busy = lost = 0;
	memset(&owed, 0, sizeof(owed));
	go("vmm", "attach");
	p = t.w->plat_ctx;
	real_insn = p->host_insn;
	p->host_insn.seamcall = often_busy;
	go("guest", "dma");
	assert_true(busy > 4);
	assert_int_equal(lost, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT(fresh, a_connection_has_its_session_before_its_stream),
		AT(fresh,
		   a_td_is_made_measured_and_finished_in_the_modules_order),
		AT(fresh,
		   an_interface_is_locked_before_anything_of_it_is_granted),
		AT(fresh, an_unbind_goes_in_the_modules_order),
		AT(fresh,
		   what_a_td_gives_away_under_dma_is_flushed_before_it_goes),
		AT(fresh, a_device_that_died_is_blocked_and_asked_nothing_more),
		AT(fresh, a_tds_key_goes_before_its_pages_come_back),
		AT(fresh,
		   keys_stop_before_the_stream_goes_and_the_session_ends),
		AT(fresh,
		   an_entry_that_found_the_vcpu_busy_brings_its_answer_again),
	};

	if (argc != 2)
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
