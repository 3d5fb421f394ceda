/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The realm's driver, when a host answers as no honest one would: it is
 * refused, nothing is accepted, and the same realm goes on once the host is
 * honest.
 */
#include "world/laws_rig.h"

#include "world/plat_cca.h"

#define FN "0000:01:00.0"

static struct cca_plat_vm *realm(void)
{
	return t.w->vm[0].plat;
}

/* --- what the host changes --- */

enum where { CALL_RESULT, CALL_VALUE, SMC_NEXT, SMC_ANSWER, INFO };

static struct {
	struct cca_realm_insn real;
	enum where where;
	uint64_t fid; /* RHI or RSI function */
	unsigned nth;
	unsigned seen;
	uint64_t value;
	bool parts; /* what it gives is cut to @value */
} told;

static enum il_err read_hook(void *ctx, uint64_t ipa, void *buf, uint32_t len)
{
	const struct cca_guest *g = &realm()->guest;
	enum il_err err = told.real.read(ctx, ipa, buf, len);
	uint8_t *b = buf;

	if (!err && told.where == INFO && ipa == g->cfg.map.info &&
	    len == VDEV_INFO_LEN && ++told.seen >= told.nth)
		b[told.value] ^= 0x40;
	if (err || ipa != g->cfg.map.call || told.where > CALL_VALUE ||
	    g->gpr[0] != told.fid)
		return err;
	if (told.parts) {
		if (cca_u64(b, HOST_CALL_GPRS + 8) > told.value)
			cca_put_u64(b, HOST_CALL_GPRS + 8, told.value);
	} else if (++told.seen == told.nth) {
		cca_put_u64(b, HOST_CALL_GPRS + 8u * told.where, told.value);
	}
	return err;
}

static enum il_err smc_hook(void *ctx, uint64_t x[CCA_SMC_REGS])
{
	const uint64_t fid = x[0];
	enum il_err err = told.real.smc(ctx, x);

	if (!err && fid == told.fid && told.where != INFO &&
	    told.where >= SMC_NEXT && ++told.seen == told.nth)
		x[told.where == SMC_NEXT ? 1 : 2] = told.value;
	return err;
}

static void lies(enum where where, uint64_t fid, unsigned nth, uint64_t value)
{
	struct cca_plat_vm *p = realm();

	told.real = p->insn;
	told.where = where;
	told.fid = fid;
	told.nth = nth;
	told.seen = 0;
	told.value = value;
	told.parts = false;
	p->insn.read = read_hook;
	p->insn.smc = smc_hook;
}

static void honest(void)
{
	realm()->insn = told.real;
}

/* @cmd fails by @why while the host lies so, and the lie was told. */
static void refused(const char *cmd, const char *why)
{
	const enum il_err err = laws_say(cmd);

	assert_int_equal(t.w->law, 0);
	assert_true(told.seen >= told.nth);
	honest();
	if (!err)
		fail_msg("%s is believed", why);
	if (!strstr(t.w->last_text, why))
		fail_msg("%s, not %s", t.w->last_text, why);
}

static int probed(void **unused)
{
	(void)unused;
	open_world_on("cca", "0", FN);
	laws_good("platform cca\ndevice\nhost connect " FN "\nvmm launch\n"
		  "guest boot\nvmm attach " FN "\nguest probe\n");
	return 0;
}

static int locked(void **state)
{
	int ret = probed(state);

	laws_good("guest lock\n");
	return ret;
}

static const char rest[] = "guest evidence\nguest accept\nguest start\n"
			   "guest dma\nguest release\nvmm detach " FN "\n"
			   "vmm destroy\nhost disconnect " FN "\n";

/* --- tests --- */

static void a_host_call_that_fails_is_named(void **unused)
{
	(void)unused;
	lies(CALL_RESULT, RHI_MEASURE, 1, 7);
	refused("guest evidence\n", "(7)");
	lies(CALL_RESULT, RHI_GET_SIZE, 2, 3);
	refused("guest evidence\n", "OBJECT_SIZE (3)");
	lies(CALL_RESULT, RHI_READ, 4, 1);
	refused("guest evidence\n", "OBJECT_READ (1)");
	laws_good(rest);
}

static void lengths_of_objects_are_judged_before_a_byte_is_read(void **unused)
{
	static const uint64_t bad[] = { 0, CCA_GUEST_CERT_LEN + 1, UINT64_MAX,
					UINT64_C(1) << 32 };

	(void)unused;
	for (size_t i = 0; i < COUNT(bad); i++) {
		lies(CALL_VALUE, RHI_GET_SIZE, 2, bad[i]);
		refused("guest evidence\n", "OBJECT_SIZE: no such object");
		lies(CALL_VALUE, RHI_READ, 3, bad[i]);
		refused("guest evidence\n", "OBJECT_READ: another length");
	}
	laws_good(rest);
}

/* A shorter certificate chain than there is: its digest tells. */
static void an_object_that_is_cut_is_no_evidence(void **unused)
{
	(void)unused;
	lies(CALL_VALUE, RHI_GET_SIZE, 2, 100);
	refused("guest evidence\n", "digest");
	laws_good(rest);
}

/*
 * What the monitor says of the VDEV is read when all is copied, once more
 * before it is judged, and after that (law 27): each digest and the lock's
 * nonce count each time.
 */
static void each_word_of_the_monitor_counts_each_time(void **unused)
{
	static const unsigned at[] = { VDEV_INFO_LOCK_NONCE, VDEV_INFO_VCA,
				       VDEV_INFO_CERT, VDEV_INFO_MEAS,
				       VDEV_INFO_REPORT };

	(void)unused;
	for (unsigned nth = 2; nth <= 3; nth++)
		for (size_t i = 0; i < COUNT(at); i++) {
			lies(INFO, 0, nth, at[i]);
			refused("guest evidence\n",
				i || nth > 2 ? "" : "locked again meanwhile");
			assert_true(t.w->vm[0].guest->state < GUEST_JUDGED);
			(void)laws_say("guest release\n");
			laws_good("guest probe\nguest lock\n");
		}
	laws_good(rest);
}

static void objects_may_come_in_parts(void **unused)
{
	(void)unused;
	lies(CALL_VALUE, RHI_READ, 0, 100);
	told.parts = true;
	laws_good("guest evidence\n");
	honest();
	laws_good("guest accept\nguest start\nguest dma\nguest release\n");
}

static void a_conversion_that_the_host_rejects_is_undone(void **unused)
{
	struct cca_plat_vm *p = realm();

	(void)unused;
	lies(SMC_ANSWER, RSI_IPA_STATE_SET, 1, 1);
	refused("guest share 0x40000 pages=4\n", "rejects");
	assert_int_equal(p->page[0x40], 0);
	lies(SMC_NEXT, RSI_IPA_STATE_SET, 1, 0x40000);
	refused("guest share 0x40000 pages=4\n", "no progress");
	lies(SMC_NEXT, RSI_IPA_STATE_SET, 1, 0x45000);
	refused("guest share 0x40000 pages=4\n", "no progress");
	laws_good("guest share 0x40000 pages=4\nguest unshare\n");
}

static void mmio_that_is_not_accepted_whole_is_not_accepted(void **unused)
{
	(void)unused;
	laws_good("guest evidence\n");
	lies(SMC_ANSWER, RSI_VDEV_VALIDATE_MAPPING, 2, 1);
	refused("guest accept\n", "VALIDATE_MAPPING");
	assert_int_equal(t.w->vm[0].guest->state, GUEST_JUDGED);
	lies(SMC_NEXT, RSI_VDEV_VALIDATE_MAPPING, 1, 0);
	refused("guest accept\n", "VALIDATE_MAPPING");
	laws_good("guest accept\nguest start\nguest dma\nguest release\n");
}

static void a_lock_that_the_host_does_not_make_is_none(void **unused)
{
	(void)unused;
	lies(CALL_RESULT, RHI_STATE, 1, 5);
	refused("guest lock\n", "LOCK (5)");
	/* It said no, and had locked it: the realm is not fooled. */
	assert_true(t.w->vm[0].guest->state < GUEST_LOCKED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT(locked, a_host_call_that_fails_is_named),
		AT(locked, lengths_of_objects_are_judged_before_a_byte_is_read),
		AT(locked, an_object_that_is_cut_is_no_evidence),
		AT(locked, each_word_of_the_monitor_counts_each_time),
		AT(locked, objects_may_come_in_parts),
		AT(probed, a_conversion_that_the_host_rejects_is_undone),
		AT(locked, mmio_that_is_not_accepted_whole_is_not_accepted),
		AT(probed, a_lock_that_the_host_does_not_make_is_none),
	};

	assert_true(argc > 1);
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
