/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of one platform's monitor, in its books and tables. */
#include "arch/cca/fw_priv.h"
#include "arch/cca/own_priv.h"

#include "plant.h"
#include "world/plat_cca.h"

static struct cca_plat *cca(void)
{
	return t.w->plat_ctx;
}

/* The one VDEV there is. */
static struct rmm_vdev *vdev(void)
{
	for (unsigned i = 0; i < cca_fw_vdevs(cca()->fw); i++)
		if (cca()->fw->vdev[i].used)
			return &cca()->fw->vdev[i];
	fail_msg("no VDEV");
	return NULL;
}

static struct cca_own_granule *granule(uint64_t pa)
{
	cca()->own.changes++;
	return cca_own_at(&cca()->own, pa);
}

/* 26: what was named, was named in another lock session. */
static void other_lock(void)
{
	vdev()->named += 7;
}

/* 34: a page of MMIO is accepted while the lock is still to come. */
static struct cca_host_insn real_insn;

static void accepts_early(void *ctx, uint64_t x[CCA_SMC_REGS])
{
	const uint64_t fid = x[0];

	real_insn.smc(ctx, x);
	if (fid == RMI_RTT_DEV_VALIDATE)
		pbind()->state = TSM_BIND_LOCKING;
}

static void accepted_early(void)
{
	real_insn = cca()->host_insn;
	cca()->host_insn.smc = accepts_early;
}

/* 35: the host may undelegate what the realm's table leads to. */
static void table_stays(void)
{
	const uint64_t pa = pmmio();

	assert_int_equal(
		cca_own_move(&cca()->own, pa, OWN_MAPPED, OWN_DELEGATED, 0, 0),
		IL_OK);
}

/* 37: not by way of the realm's table, nor of DELEGATED. */
static void given_away(void)
{
	*granule(pmmio()) =
		(struct cca_own_granule){ .state = OWN_NS, .io = true };
}

/* 40: before START. */
static void entry_first(void)
{
	struct cca_own_ste e;

	assert_int_equal(cca_own_ste_read(&cca()->own, vdev()->rid, &e), IL_OK);
	e.valid = true;
	assert_int_equal(cca_own_ste_write(&cca()->own, vdev()->rid, &e),
			 IL_OK);
}

/* 41: another realm's, or none's. */
static void other_owner(void)
{
	vdev()->realm->vmid += 1;
}

/* 42: the granule is elsewhere in the realm. */
static void elsewhere(void)
{
	granule(pmemo())->ipa ^= CCA_GRANULE;
}

/* 43: it was taken, and the SMMU not told. */
static void not_told(void)
{
	struct cca_own_granule *g = granule(pmemo());

	g->state = OWN_DELEGATED;
}

/* 46 */
static void realm_gone(void)
{
	for (unsigned i = 0; i < cca_fw_realms(cca()->fw); i++)
		cca()->fw->realm[i].used = false;
}

#define WAIT "host wait seconds=1\n"

/* clang-format off */
const struct plant plants_cca[] = {
	{ 26, "monitor: grants of another lock session",
	  "guest", "dma", other_lock, WAIT, ON(CCA) },
	{ 34, "monitor: accepts MMIO before the lock",
	  "guest", "evidence", accepted_early, NULL, ON(CCA) },
	{ 35, "monitor: a granule is nobody's, the realm's table leads on",
	  "guest", "dma", table_stays, WAIT, ON(CCA) },
	{ 37, "monitor: accepted MMIO given to the host",
	  "guest", "dma", given_away, WAIT, ON(CCA) },
	{ 40, "monitor: a stream table entry before START",
	  "guest", "accept", entry_first, WAIT, ON(CCA) },
	{ 41, "monitor: a stream table entry of another realm",
	  "guest", "dma", other_owner, WAIT, ON(CCA) },
	{ 42, "monitor: the SMMU knows a granule at another address",
	  "guest", "dma", elsewhere, WAIT, ON(CCA) },
	{ 43, "monitor: a granule taken, and the SMMU not told",
	  "guest", "dma", not_told, WAIT, ON(CCA) },
	{ 46, "monitor: a realm goes under a TDI in RUN",
	  "guest", "dma", realm_gone, WAIT, ON(CCA) },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
