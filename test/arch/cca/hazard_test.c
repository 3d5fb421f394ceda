/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can go wrong in the host's driver of the monitor, one test for each:
 * docs/hazards.md has the list. What of linux.md 3.4 and 4.4 has a counterpart
 * here, and what a sequence of calls has that stops in the middle.
 */
#include "world/laws_rig.h"

#include "arch/cca/abi.h"
#include "arch/cca/hazard_rec.h"
#include "world/plat_cca.h"

#define FN "0000:01:00.0"

static const char up[] = "host connect " FN "\nvmm launch\nguest boot\n"
			 "vmm attach " FN "\nguest probe\n";
static const char use[] = "guest lock\nguest evidence\nguest accept\n"
			  "guest start\nguest dma\nguest release\n";
static const char down[] = "vmm detach " FN "\nvmm destroy\n"
			   "host disconnect " FN "\n";

static struct cca_plat *cca(void)
{
	return t.w->plat_ctx;
}

static struct cca_plat_vm *realm(void)
{
	return t.w->vm[0].plat;
}

static int built(void **unused)
{
	(void)unused;
	open_world_on("cca", "0", FN);
	laws_good("platform cca\ndevice\n");
	return world_build(t.w) ? -1 : 0;
}

/* --- between the driver and the monitor --- */

static struct {
	struct cca_host_insn real;
	uint64_t fid;
	unsigned seen;
} hook;

static void watch(uint64_t fid, void (*smc)(void *ctx, uint64_t *x))
{
	hook.real = cca()->host_insn;
	hook.fid = fid;
	hook.seen = 0;
	cca()->host_insn.smc = smc;
}

static void honest(void)
{
	cca()->host_insn = hook.real;
}

static void count(void *ctx, uint64_t *x)
{
	hook.seen += x[0] == hook.fid;
	hook.real.smc(ctx, x);
}

/* As the monitor refuses: no register but the first is a result. */
static void never(void *ctx, uint64_t *x)
{
	if (x[0] == hook.fid && ++hook.seen)
		x[0] = RMI_ERROR_INPUT;
	else
		hook.real.smc(ctx, x);
}

static void all_is_back(uint64_t left)
{
	struct world_held held;

	t.w->plat->held(t.w, &held);
	assert_int_equal(held.pages, 0);
	assert_int_equal(held.leaked, 0);
	assert_int_equal(mem_frames_left(&t.w->mem), left);
}

static void granules_of_a_refused_donation_are_the_hosts_again(void **unused)
{
	const uint64_t left = mem_frames_left(&t.w->mem);

	(void)unused;
	watch(RMI_OP_MEM_DONATE, never);
	/* Handles count up: what stands in x1 is no number of granules. */
	for (unsigned i = 0; i < 4; i++)
		assert_int_not_equal(laws_say("host connect " FN "\n"), IL_OK);
	assert_int_equal(hook.seen, 4);
	honest();
	all_is_back(left);
	laws_good(up);
	laws_good(use);
	laws_good(down);
	all_is_back(left);
}

/* One granule goes in, the next does not. */
static void map_one(void *ctx, uint64_t *x)
{
	if (x[0] != hook.fid) {
		hook.real.smc(ctx, x);
		return;
	}
	if (hook.seen) {
		hook.seen++;
		x[0] = RMI_ERROR_INPUT;
		return;
	}
	assert_true(x[4] > x[3] + CCA_GRANULE);
	x[4] = x[3] + CCA_GRANULE;
	hook.real.smc(ctx, x);
	hook.seen = !x[0];
}

static void mmio_that_is_mapped_in_part_is_all_given_back(void **unused)
{
	const uint64_t left = mem_frames_left(&t.w->mem);

	(void)unused;
	laws_good(up);
	laws_good("guest lock\nguest evidence\n");
	watch(RMI_RTT_DEV_MAP, map_one);
	assert_int_not_equal(laws_say("guest accept\n"), IL_OK);
	assert_true(hook.seen > 1);
	assert_int_equal(t.w->law, 0);
	honest();
	/* The host's own, all of it: what follows could not delegate it. */
	laws_good("guest accept\nguest start\nguest dma\nguest release\n");
	laws_good(down);
	all_is_back(left);
}

static void a_stream_id_that_is_taken_is_found_before_any_pdev(void **unused)
{
	const uint64_t left = mem_frames_left(&t.w->mem);

	(void)unused;
	watch(RMI_PDEV_CREATE, count);
	memset(t.w->host->ide.id_used, 0xff, sizeof(t.w->host->ide.id_used));
	assert_int_not_equal(laws_say("host connect " FN "\n"), IL_OK);
	assert_int_equal(hook.seen, 0);
	memset(t.w->host->ide.id_used, 0, sizeof(t.w->host->ide.id_used));
	honest();
	all_is_back(left);
	laws_good("host connect " FN "\nhost disconnect " FN "\n");
}

/* --- what the host keeps for the monitor --- */

static uint64_t cut_len, cut_off;

static void long_object(void *ctx, uint64_t *x)
{
	const uint64_t fid = x[0], data = x[4];
	const struct host_hw *hw = &t.w->host->k.hw;
	uint8_t e[COMM_EXIT_LEN];
	struct fault f;

	hook.real.smc(ctx, x);
	if (fid != hook.fid || x[0])
		return;
	assert_int_equal(
		hw->ops->mem_read(hw->ctx, data + COMM_EXIT, e, sizeof(e), &f),
		0);
	if (!(cca_u64(e, COMM_EXIT_FLAGS) & COMM_F_RSP_CACHE))
		return;
	hook.seen++;
	cca_put_u64(e, COMM_EXIT_CACHE_RSP_OFF, cut_off);
	cca_put_u64(e, COMM_EXIT_CACHE_RSP_LEN, cut_len);
	assert_int_equal(
		hw->ops->mem_write(hw->ctx, data + COMM_EXIT, e, sizeof(e), &f),
		0);
}

static void what_is_to_be_kept_is_of_the_granule_or_nothing(void **unused)
{
	static const uint64_t bad[][2] = {
		{ 0, CCA_GRANULE + 1 }, { CCA_GRANULE, 1 },
		{ CCA_GRANULE + 1, 0 }, { UINT64_MAX, 2 },
		{ 1, UINT64_MAX },
	};

	(void)unused;
	laws_good(up);
	laws_good("guest lock\n");
	for (size_t i = 0; i < COUNT(bad); i++) {
		cut_off = bad[i][0];
		cut_len = bad[i][1];
		watch(RMI_VDEV_COMMUNICATE, long_object);
		assert_int_not_equal(laws_say("guest evidence\n"), IL_OK);
		assert_int_equal(hook.seen, 1);
		honest();
		assert_int_equal(t.w->law, 0);
		assert_non_null(strstr(t.w->last_text, "GET_MEASUREMENTS"));
		(void)laws_say("guest release\n");
		laws_good("vmm detach " FN "\n");
		(void)laws_say("host disconnect " FN "\n");
		laws_good("device reset\nhost recover " FN "\n"
			  "host connect " FN "\nvmm attach " FN "\n"
			  "guest probe\nguest lock\n");
	}
	laws_good("guest evidence\nguest accept\nguest start\nguest release\n");
}

/* --- what a realm asks --- */

static struct cca_realm_insn cpu;
static uint64_t private_ipa;

static enum il_err elsewhere(void *ctx, uint64_t ipa, const void *buf,
			     uint32_t len)
{
	struct cca_guest *g = &realm()->guest;
	uint8_t b[HOST_CALL_LEN];

	if (ipa != g->cfg.map.call || g->gpr[0] != RHI_MEASURE)
		return cpu.write(ctx, ipa, buf, len);
	memcpy(b, buf, len);
	cca_put_u64(b, HOST_CALL_GPRS + 16, private_ipa);
	return cpu.write(ctx, ipa, b, len);
}

static void a_nonce_is_read_from_the_realms_shared_pages_alone(void **unused)
{
	static const uint64_t at[] = { 0x40000, UINT64_C(1) << 46, UINT64_MAX,
				       ~UINT64_C(0xfff) };

	(void)unused;
	laws_good(up);
	laws_good("guest lock\n");
	cpu = realm()->insn;
	realm()->insn.write = elsewhere;
	for (size_t i = 0; i < COUNT(at); i++) {
		private_ipa = at[i];
		assert_int_not_equal(laws_say("guest evidence\n"), IL_OK);
		assert_int_equal(t.w->law, 0);
		assert_non_null(strstr(t.w->last_text, "GET_MEASUREMENTS"));
	}
	realm()->insn = cpu;
	laws_good("guest evidence\nguest accept\nguest start\nguest dma\n"
		  "guest release\n");
	laws_good(down);
}

/* Another vCPU waits for another function, or was answered already. */
static void the_rec_that_waits_for_this_function_is_answered(void **unused)
{
	const struct pci_tdi *tdi;
	struct kvm_vm *vm;

	(void)unused;
	laws_good(up);
	tdi = pci_tsm_of(pci_find(&t.w->host->pci, 0x100))->tdi;
	vm = tdi->kvm;
	for (unsigned i = 0; i < 2; i++) {
		other_rec_in(vm, i ? tdi->guest_rid : 0x77);
		assert_int_equal(laws_say(use), IL_OK);
		other_rec_out(vm);
	}
	laws_good(down);
}

/* Granules of its BARs that are not the host's. */
static unsigned monitors(const struct pci_dev *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < COUNT(p->bars); i++)
		for (uint64_t at = 0; at < p->bars[i].size; at += CCA_GRANULE)
			n += cca_own_state(&cca()->own, p->bars[i].pa + at) !=
			     OWN_NS;
	return n;
}

/*
 * The device no longer answers and was cut off; the realm has given nothing of
 * its MMIO back when it asks for the unlock. What VFIO gets, its owner may map.
 */
static void bars_come_back_when_no_granule_is_the_monitors(void **unused)
{
	const struct pci_dev *p = pci_find(&t.w->host->pci, 0x100);

	(void)unused;
	laws_good(up);
	laws_good("guest lock\nguest evidence\nguest accept\nguest start\n"
		  "device silent\nhost roll-key " FN "\nexpect error peer\n");
	assert_true(monitors(p) > 0);
	laws_good("vmm stop " FN "\nexpect error EIO\n");
	assert_int_equal(monitors(p), 0);
}

/* --- law 37: revoked, then taken --- */

/* The monitor gives an accepted granule away; its entry goes after.
 */
static void takes(void *ctx, uint64_t *x)
{
	struct cca_own *o = &cca()->own;
	const struct cca_own_rtte none = { .hipas = RMI_UNASSIGNED,
					   .ripas = RMI_DESTROYED };
	struct cca_own_granule g;
	struct cca_own_rtte e;

	hook.real.smc(ctx, x);
	for (uint32_t i = 0; i < o->ranges && !hook.seen; i++)
		for (uint64_t at = 0; at < o->range[i].size && !hook.seen;
		     at += CCA_GRANULE) {
			const uint64_t pa = o->range[i].base + at;

			if (cca_own_granule(o, pa, &g) || g.state != OWN_MAPPED)
				continue;
			hook.seen++;
			assert_int_equal(
				cca_own_rtt_find(o, g.vmid, g.ipa, 3, &e),
				IL_OK);
			assert_int_equal(cca_own_move(o, pa, OWN_MAPPED,
						      OWN_DELEGATED, 0, 0),
					 IL_OK);
			assert_int_equal(
				cca_own_rtt_set(o, g.vmid, &e, &none, true),
				IL_OK);
		}
}

static void a_granule_that_is_taken_before_it_is_revoked_is_noticed(void **u)
{
	(void)u;
	laws_good(up);
	laws_good("guest lock\nguest evidence\nguest accept\nguest start\n");
	watch(RMI_REC_ENTER, takes);
	assert_int_not_equal(
		laws_say("guest load bar=2 off=0x100 private=yes\n"), IL_OK);
	assert_int_equal(t.w->law, 37);
}

/* Whoever has to unmap it first is told which one it is. */
static void the_granule_that_is_still_mapped_is_named(void **unused)
{
	const struct pci_dev *p = pci_find(&t.w->host->pci, 0x100);
	const struct kernel *k = &t.w->host->k;
	struct cca_own_granule g;

	(void)unused;
	laws_good(up);
	laws_good("guest lock\nguest evidence\nguest accept\nguest start\n"
		  "vmm stop " FN "\nexpect error EBUSY\n");
	assert_string_equal(k->why->name, "vdev-mapped");
	assert_int_equal(cca_own_granule(&cca()->own, k->why_addr, &g), IL_OK);
	assert_int_equal(g.state, OWN_MAPPED);
	for (unsigned i = 0; i < COUNT(p->bars); i++)
		for (uint64_t at = 0; at < p->bars[i].size; at += CCA_GRANULE)
			if (p->bars[i].pa + at < k->why_addr)
				assert_int_not_equal(
					cca_own_state(&cca()->own,
						      p->bars[i].pa + at),
					OWN_MAPPED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT(built, granules_of_a_refused_donation_are_the_hosts_again),
		AT(built, mmio_that_is_mapped_in_part_is_all_given_back),
		AT(built, a_stream_id_that_is_taken_is_found_before_any_pdev),
		AT(built, what_is_to_be_kept_is_of_the_granule_or_nothing),
		AT(built, a_nonce_is_read_from_the_realms_shared_pages_alone),
		AT(built, the_rec_that_waits_for_this_function_is_answered),
		AT(built,
		   a_granule_that_is_taken_before_it_is_revoked_is_noticed),
		AT(built, the_granule_that_is_still_mapped_is_named),
		AT(built, bars_come_back_when_no_granule_is_the_monitors),
	};

	assert_true(argc > 1);
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
