/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's drivers against the TSM: what is given back when one call in the
 * middle is refused. The world is whole; what the TSM answers to one call is
 * the test's.
 */
#include "world/laws_rig.h"

#include <errno.h>

#include "arch/cove/abi.h"
#include "arch/cove/uapi.h"
#include "world/plat_cove.h"

#define FN "0000:01:00.0"

static struct cove_plat *cove(void)
{
	return t.w->plat_ctx;
}

static enum il_err run_text(const char *text)
{
	struct lang_script s = { .call = t.call, .cap = LAWS_CALLS };
	struct world_end end = { 0 };
	struct lang_error e = { 0 };

	if (lang_parse(&s, &world_commands, text, strlen(text), &e))
		fail_msg("line %u: %s", e.line, e.what);
	return world_run(t.w, &s, &end);
}

static int built(void **unused)
{
	(void)unused;
	open_world_on("cove-io", "0", FN);
	assert_int_equal(run_text("platform cove-io\ndevice\n"), IL_OK);
	return world_build(t.w) ? -1 : 0;
}

static const char whole[] = "host connect " FN "\n"
			    "vmm launch\n"
			    "guest boot\n"
			    "vmm attach " FN "\n"
			    "guest probe\n"
			    "guest lock\n"
			    "guest evidence\n"
			    "guest accept\n"
			    "guest start\n"
			    "guest dma\n"
			    "guest release\n"
			    "vmm detach " FN "\n"
			    "vmm destroy\n"
			    "host disconnect " FN "\n";

/* --- one call is refused --- */

static struct {
	struct cove_host_insn real;
	uint64_t fid; /* of COVH, to be refused the @nth time; 0: always */
	unsigned nth;
	unsigned seen;
} one;

static struct sbiret refuse(void *ctx, uint64_t eid, uint64_t fid,
			    const uint64_t a[6])
{
	if (eid == COVE_EID_COVH && fid == one.fid &&
	    (++one.seen == one.nth || !one.nth))
		return (struct sbiret){ SBI_ERR_FAILED, 0 };
	return one.real.ecall(ctx, eid, fid, a);
}

/* What makes something: who is refused here has not got it. */
static const uint64_t makes[] = {
	COVH_CONVERT_PAGES,
	COVH_GLOBAL_FENCE,
	COVH_LOCAL_FENCE,
	COVH_CREATE_TVM,
	COVH_FINALIZE_TVM,
	COVH_ADD_MEMORY_REGION,
	COVH_ADD_PAGE_TABLE_PAGES,
	COVH_ADD_MEASURED_PAGES,
	COVH_ADD_ZERO_PAGES,
	COVH_CREATE_VCPU,
	COVH_RUN_VCPU,
	COVH_CONNECT_DEVICE,
	COVH_ADD_REGION,
	COVH_BIND_INTERFACE,
	COVH_GET_CONN_TRANSCRIPT,
};

static void begin(uint64_t fid, unsigned nth)
{
	one.real = cove()->host_insn;
	one.fid = fid;
	one.nth = nth;
	one.seen = 0;
	cove()->host_insn.ecall = refuse;
}

static void nothing_left(const char *what, unsigned nth, uint64_t frames)
{
	struct world_held held;

	if (t.w->law)
		fail_msg("%s, time %u: %s", what, nth, t.w->last_text);
	t.w->plat->held(t.w, &held);
	if (held.pages || held.leaked)
		fail_msg("%s, time %u: %llu pages, %llu leaked", what, nth,
			 (unsigned long long)held.pages,
			 (unsigned long long)held.leaked);
	if (mem_frames_left(&t.w->mem) != frames)
		fail_msg("%s, time %u: frames are kept", what, nth);
}

/* False: the call does not come so often. */
static bool refused_once(uint64_t fid, unsigned nth)
{
	const char *name = cove_fw_name(COVE_EID_COVH, fid);
	void *unused = NULL;
	uint64_t left;

	assert_int_equal(built(&unused), 0);
	left = mem_frames_left(&t.w->mem);
	begin(fid, nth);
	(void)run_text(whole);
	if (!t.w->law && !world_cleanup(t.w) && !world_isolated(t.w))
		fail_msg("%s, time %u: not all was given back", name, nth);
	nothing_left(name, nth, left);
	/* And it can be used by whoever comes next. */
	one.fid = UINT64_MAX;
	if (!world_isolated(t.w) && run_text(whole))
		fail_msg("%s, time %u: then %s", name, nth, t.w->last_text);
	close_world(&unused);
	return one.seen >= nth;
}

/* What a TSM refuses in the middle of such a call it has ended itself. */
static bool talks(uint64_t fid)
{
	return fid == COVH_CONNECT_DEVICE || fid == COVH_BIND_INTERFACE;
}

static void whatever_is_refused_leaves_nothing_behind(void **unused)
{
	static const unsigned times[] = { 1, 2, 5 };

	(void)unused;
	for (size_t i = 0; i < COUNT(makes); i++)
		for (size_t n = 0; n < (talks(makes[i]) ? 1 : COUNT(times));
		     n++)
			if (!refused_once(makes[i], times[n])) {
				if (n == 0)
					fail_msg("%s is never called",
						 cove_fw_name(COVE_EID_COVH,
							      makes[i]));
				break;
			}
}

/*
 * Pages whose conversion neither goes on nor back are not the host's: they are
 * counted and not used again, and the next TVM has others.
 */
static void a_fence_that_never_ends_keeps_its_pages(void **unused)
{
	(void)unused;
	begin(COVH_GLOBAL_FENCE, 0);
	assert_int_not_equal(run_text("vmm launch\n"), IL_OK);
	assert_true(one.seen > 1);
	one.fid = UINT64_MAX;
	assert_true(cove_host_leaked(cove()->host) > 0);
	if (run_text(whole))
		fail_msg("%s", t.w->last_text);
	assert_int_equal(t.w->law, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_is_refused_leaves_nothing_behind),
		AT(built, a_fence_that_never_ends_keeps_its_pages),
	};

	assert_true(argc > 1);
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
