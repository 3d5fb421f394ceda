/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/cases.h"
#include "judge/fall.h"
#include "pci/regs.h"

/*
 * Locked registers: what a DSM tracks, and what the host may write freely.
 * Source: PCIe Base 6.x §11.2, §11.2.6 (Table 11-2, which is an example: what
 * exactly is tracked is the device's decision)
 */

/* The TDI is down after @v was written; @run: it was in RUN. */
static void falls(struct judge *j, unsigned reg, unsigned size, uint32_t v,
		  const char *after)
{
	if (reg_put(j, fall_fn(j), reg, size, v))
		(void)fall_down(j, after);
}

/* To LOCKED or RUN, with everything put back in the end. */
static bool to(struct judge *j, bool run)
{
	struct tee_lock l;

	if (!(run ? fall_running(j) : fall_locked(j, &l)))
		return false;
	reg_save(j);
	return true;
}

static void clears(struct judge *j, bool run, uint32_t bit, const char *after)
{
	uint32_t cmd;

	if (!to(j, run) || !reg_get(j, fall_fn(j), CFG_COMMAND, 2, &cmd))
		return;
	if (!(cmd & bit)) {
		judge_absent(j, "the bit is clear before");
		return;
	}
	falls(j, CFG_COMMAND, 2, cmd & ~bit, after);
}

static void bme_locked(struct judge *j)
{
	clears(j, false, CMD_MASTER, "after Bus Master Enable was cleared");
}

static void bme_running(struct judge *j)
{
	clears(j, true, CMD_MASTER, "after Bus Master Enable was cleared");
}

static void mse_locked(struct judge *j)
{
	clears(j, false, CMD_MEM, "after Memory Space Enable was cleared");
}

static void mse_running(struct judge *j)
{
	clears(j, true, CMD_MEM, "after Memory Space Enable was cleared");
}

/* The first BAR that takes an address gets another one. */
static void bar_moves(struct judge *j)
{
	uint32_t bar = 0;
	unsigned n;

	if (!to(j, false))
		return;
	for (n = 0; n < T0_BARS; n++) {
		if (!reg_get(j, fall_fn(j), CFG_BAR(n), 4, &bar))
			return;
		if (bar && !(bar & BAR_IO))
			break;
	}
	if (n == T0_BARS) {
		judge_absent(j, "it has no memory BAR");
		return;
	}
	falls(j, CFG_BAR(n), 4, bar ^ 0x01000000, "after a BAR was moved");
}

/* The upper half of a BAR that is 64 bits wide is part of it. */
static void bar_moves_high(struct judge *j)
{
	uint32_t bar = 0;
	unsigned n;

	if (!to(j, false))
		return;
	for (n = 0; n + 1 < T0_BARS; n++) {
		if (!reg_get(j, fall_fn(j), CFG_BAR(n), 4, &bar))
			return;
		if ((bar & BAR_TYPE) == BAR_MEM_64 && !(bar & BAR_IO))
			break;
	}
	if (n + 1 == T0_BARS) {
		judge_absent(j, "it has no BAR of 64 bits");
		return;
	}
	falls(j, CFG_BAR(n + 1), 4, 1, "after the upper half of a BAR moved");
}

static void bist(struct judge *j)
{
	if (to(j, false))
		falls(j, CFG_BIST, 1, 0x40, "after BIST was written");
}

/* @rel: a register of the SR-IOV capability; @v: what is toggled in it. */
static void sriov(struct judge *j, unsigned rel, unsigned size, uint32_t v,
		  const char *after)
{
	const struct regs regs = box_regs(j);
	const uint16_t cap = regs_ecap(&regs, 0, ECAP_SRIOV, 0);
	uint32_t was;

	if (!cap || fall_fn(j) != 0) {
		judge_absent(j, "the function has no SR-IOV capability");
		return;
	}
	if (to(j, false) && reg_get(j, 0, cap + rel, size, &was))
		falls(j, cap + rel, size, was ^ v, after);
}

/* One VF, so that there is something to be enabled; set before the lock. */
static void sriov_vfe(struct judge *j)
{
	const struct regs regs = box_regs(j);
	const uint16_t cap = regs_ecap(&regs, 0, ECAP_SRIOV, 0);
	struct tee_lock l;

	if (!cap || fall_fn(j) != 0) {
		judge_absent(j, "the function has no SR-IOV capability");
		return;
	}
	if (!fall_keyed(j))
		return;
	reg_save(j);
	if (reg_put(j, 0, cap + SRIOV_NUM, 2, 1) && tee_lock(j, 0, 0, &l))
		falls(j, cap + SRIOV_CTL, 2, SRIOV_CTL_VFE,
		      "after VF Enable was set");
}

static void sriov_pages(struct judge *j)
{
	sriov(j, SRIOV_SYS_PAGES, 4, 3, "after System Page Size was changed");
}

static void sriov_bar(struct judge *j)
{
	sriov(j, SRIOV_BAR(0), 4, 0x02000000, "after a VF BAR was moved");
}

static void devctl(struct judge *j)
{
	const struct regs regs = box_regs(j);
	const unsigned fn = fall_fn(j);
	const uint16_t exp = regs_cap(&regs, fn, CAP_EXP);
	uint32_t was, now;

	if (!exp) {
		judge_absent(j, "it has no PCI Express capability");
		return;
	}
	if (!to(j, false) || !reg_get(j, fn, exp + EXP_DEVCTL, 2, &was) ||
	    !reg_put(j, fn, exp + EXP_DEVCTL, 2,
		     (was ^ (EXP_DEVCTL_NOSNOOP | EXP_DEVCTL_EXT_TAG)) &
			     ~EXP_DEVCTL_FLR) ||
	    !reg_get(j, fn, exp + EXP_DEVCTL, 2, &now))
		return;
	if (was == now) {
		judge_absent(j, "neither bit can be changed");
		return;
	}
	(void)fall_down(j, "after tags or No Snoop were changed");
}

static void msix(struct judge *j)
{
	const struct regs regs = box_regs(j);
	const unsigned fn = fall_fn(j);
	const uint16_t cap = regs_cap(&regs, fn, CAP_MSIX);
	struct tdisp_caps caps;
	struct tee_lock l;
	uint32_t was;

	if (!cap || !fall_keyed(j) || !tee_caps(j, &caps) ||
	    !(caps.lock_flags & TDISP_LOCK_MSIX)) {
		judge_absent(j, "it does not lock MSI-X");
		return;
	}
	reg_save(j);
	if (tee_lock(j, TDISP_LOCK_MSIX, 0, &l) &&
	    reg_get(j, fn, cap + MSIX_CTL, 2, &was))
		falls(j, cap + MSIX_CTL, 2, was ^ MSIX_CTL_MASK_ALL,
		      "after MSI-X, which is locked, was changed");
}

/* --- IDE --- */

static bool block(struct judge *j, unsigned *at)
{
	const struct target_link *t = fall_link(j);

	*at = t ? t->ide_block : 0;
	if (!*at)
		judge_absent(j, "it has no IDE registers");
	return judge_on(j);
}

static void ide_disabled(struct judge *j)
{
	unsigned at;
	uint32_t ctl;

	if (block(j, &at) && to(j, false) &&
	    reg_get(j, 0, at + IDE_SEL_CTL, 4, &ctl) &&
	    reg_put(j, 0, at + IDE_SEL_CTL, 4, ctl & ~IDE_SEL_CTL_ENABLE) &&
	    fall_insecure(j, "after its Enable was cleared"))
		(void)fall_down(j, "after the stream was disabled");
}

static void ide_rid(struct judge *j)
{
	unsigned at;

	if (block(j, &at) && to(j, false) &&
	    reg_put(j, 0, at + IDE_SEL_RID1, 4, 0x00012300))
		(void)fall_down(j, "after the RID association was changed");
}

static void ide_control(struct judge *j)
{
	unsigned at;
	uint32_t ctl;

	if (block(j, &at) && to(j, false) &&
	    reg_get(j, 0, at + IDE_SEL_CTL, 4, &ctl) &&
	    reg_put(j, 0, at + IDE_SEL_CTL, 4, ctl ^ IDE_SEL_CTL_DEFAULT))
		(void)fall_down(j, "after the stream's control was changed");
}

/* --- the rest --- */

static void other_bus(struct judge *j)
{
	struct target_link *t = fall_link(j);
	enum il_err err;

	if (!to(j, false) || !t)
		return;
	judge_note(j, "a configuration write to bus %u is sent", ROOT_BUS + 1);
	err = root_cfg_write_bus(&t->root, ROOT_BUS + 1, fall_fn(j),
				 CFG_INT_LINE, 1, 0);
	if (!box_ok(j, err, "writing a register"))
		return;
	/* Back, so that it can be asked. */
	if (reg_put(j, fall_fn(j), CFG_INT_LINE, 1, 0))
		(void)fall_down(j, "after its bus number was changed");
}

static void completion_is_success(struct judge *j)
{
	struct target_link *t = fall_link(j);
	enum il_err err;

	if (!to(j, false) || !t)
		return;
	judge_note(j, "the command register is cleared");
	err = root_cfg_write(&t->root, fall_fn(j), CFG_COMMAND, 2, 0);
	judge_expect(j, !err, "the write was answered with status %u",
		     t->root.wait.status);
}

static void allowed(struct judge *j)
{
	const unsigned fn = fall_fn(j);
	uint32_t cmd;

	if (to(j, false) && reg_get(j, fn, CFG_COMMAND, 2, &cmd) &&
	    reg_put(j, fn, CFG_CACHE_LINE, 1, 0x10) &&
	    reg_put(j, fn, CFG_LATENCY, 1, 0x20) &&
	    reg_put(j, fn, CFG_INT_LINE, 1, 7) &&
	    reg_put(j, fn, CFG_STATUS, 2, 0xffff) &&
	    reg_put(j, fn, CFG_COMMAND, 2, cmd ^ CMD_INTX_OFF))
		(void)fall_stays(j, TDI_LOCKED,
				 "after registers were written that may be");
}

/* clang-format off */
#define S26 "PCIe Base 6.x §11.2, §11.2.6 Table 11-2"
#define CASE(n, s, src, mis, fn) \
	{ .name = "cascade/" n, .group = JUDGE_CASCADE, \
	  .needs = JUDGE_NEEDS_CFG | JUDGE_NEEDS_SESSION, \
	  .sure = SURE_INFERRED, .says = (s), .source = (src), \
	  .misbehave = (mis), .run = (fn) }
#define LINK(n, s, src, mis, fn) \
	{ .name = "cascade/" n, .group = JUDGE_CASCADE, \
	  .needs = JUDGE_NEEDS_CFG | JUDGE_NEEDS_LINK | JUDGE_NEEDS_SESSION, \
	  .says = (s), .source = (src), .misbehave = (mis), .run = (fn) }
static const struct judge_case cases[] = {
	CASE("bme-fails-locked-tdi", "clearing Bus Master Enable takes a locked TDI to ERROR",
	     S26, "runs-on-without-bme", bme_locked),
	CASE("bme-fails-running-tdi", "clearing Bus Master Enable takes a TDI in RUN to ERROR",
	     S26, "runs-on-without-bme", bme_running),
	CASE("mse-fails-locked-tdi", "clearing Memory Space Enable takes a locked TDI to ERROR",
	     S26, "runs-on-without-mse", mse_locked),
	CASE("mse-fails-running-tdi", "clearing Memory Space Enable takes a TDI in RUN to ERROR",
	     S26, "runs-on-without-mse", mse_running),
	CASE("bar-fails-tdi", "moving a BAR takes a locked TDI to ERROR",
	     S26 "; §11.4.5", "bar-moves-unseen", bar_moves),
	CASE("upper-bar-fails-tdi", "moving the upper half of a BAR takes a locked TDI to ERROR",
	     S26 "; §11.4.5", "bar-moves-unseen", bar_moves_high),
	CASE("bist-fails-tdi", "a write of BIST takes a locked TDI to ERROR",
	     S26, "bist-unseen", bist),
	CASE("vf-enable-fails-tdi", "changing VF Enable takes a locked TDI of the function to ERROR",
	     S26, "sriov-unseen", sriov_vfe),
	CASE("page-size-fails-tdi", "changing the System Page Size takes a locked TDI of the function to ERROR",
	     S26, "sriov-unseen", sriov_pages),
	CASE("vf-bar-fails-tdi", "moving a VF BAR takes a locked TDI of the function to ERROR",
	     S26, "sriov-unseen", sriov_bar),
	CASE("device-control-fails-tdi", "changing tag enables or No Snoop takes a locked TDI to ERROR",
	     S26, "device-control-unseen", devctl),
	CASE("msix-fails-tdi", "changing the MSI-X capability takes a TDI to ERROR that was locked with it",
	     S26, "msix-unseen", msix),
	CASE("allowed-registers-stay", "cache line size, latency timer, interrupt line, status and INTx are written without effect on a locked TDI",
	     S26, "watches-everything", allowed),
	LINK("disable-makes-insecure", "clearing a stream's Enable makes it Insecure, and its locked TDIs ERROR",
	     "PCIe Base 6.3 §6.33.1; 6.x §11.4.3", "stream-loss-unseen", ide_disabled),
	LINK("rid-association-fails-tdi", "changing the RID association of a bound stream takes its TDIs to ERROR",
	     S26, "stream-loss-unseen", ide_rid),
	LINK("stream-control-fails-tdi", "changing the control register of a bound stream takes its TDIs to ERROR",
	     S26, "stream-loss-unseen", ide_control),
	LINK("bus-number-fails-tdi", "a change of the Requester ID takes a locked TDI to ERROR",
	     "PCIe Base 6.x §11.2", "bus-number-ignored", other_bus),
	LINK("write-completes-well", "the completion status of a write that takes a TDI to ERROR is as ever",
	     "PCIe Base 6.x §11.2", "locked-writes-are-ur", completion_is_success),
};
/* clang-format on */

const struct judge_table judge_cases_cascade_regs = { cases, COUNT(cases) };
