/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of one platform's TSM, in its books and tables. */
#include "arch/cove/fw_priv.h"
#include "arch/cove/own_priv.h"

#include "plant.h"
#include "world/plat_cove.h"

static struct cove_plat *cove(void)
{
	return t.w->plat_ctx;
}

static struct fw_if *interface(void)
{
	for (unsigned i = 0; i < cove_fw_ifs(cove()->fw); i++)
		if (cove()->fw->ifs[i].used && cove()->fw->ifs[i].bind)
			return &cove()->fw->ifs[i];
	fail_msg("no interface");
	return NULL;
}

static struct cove_page *page_of(uint64_t pa)
{
	cove()->own.changes++;
	return cove_page_at(&cove()->own, pa);
}

/* 26: what was named, was another lock session. */
static void other_lock(void)
{
	interface()->lock_id += 7;
}

/* 34: MMIO is shown while the lock is still to come. */
static struct cove_host_insn real_insn;

static struct sbiret calls(void *ctx, uint64_t eid, uint64_t fid,
			   const uint64_t a[6])
{
	const struct sbiret r = real_insn.ecall(ctx, eid, fid, a);

	if (interface()->on)
		pbind()->state = TSM_BIND_LOCKING;
	return r;
}

static void shown_early(void)
{
	real_insn = cove()->host_insn;
	cove()->host_insn.ecall = calls;
}

/* 37: a region that goes while its TVM is shown it. */
static void given_away(void)
{
	*page_of(pmmio()) =
		(struct cove_page){ .state = COVE_PG_HOST, .io = true };
}

/* 40: counted as gone, and valid. */
static void context_stays(void)
{
	pbind()->dma_on = false;
}

/* 42: the page stands elsewhere in the TVM. */
static void elsewhere(void)
{
	page_of(pmemo())->gpa ^= PAGE_4K;
}

/* 43: the host's again, before the IOMMU has forgotten it. */
static void not_fenced(void)
{
	*page_of(pmemo()) = (struct cove_page){ .state = COVE_PG_HOST };
}

/* 46 */
static void tvm_gone(void)
{
	interface()->tvm->used = false;
}

#define WAIT "host wait seconds=1\n"

/* clang-format off */
const struct plant plants_cove[] = {
	{ 26, "TSM: grants of another lock session",
	  "guest", "dma", other_lock, WAIT, ON(COVE_IO) },
	{ 34, "TSM: shows MMIO before the lock",
	  "guest", "accept", shown_early, NULL, ON(COVE_IO) },
	{ 37, "TSM: a region goes while its TVM is shown it",
	  "guest", "dma", given_away, WAIT, ON(COVE_IO) },
	{ 40, "TSM: a device context stays valid",
	  "guest", "dma", context_stays, WAIT, ON(COVE_IO) },
	{ 42, "TSM: the IOMMU knows a page at another address",
	  "guest", "dma", elsewhere, WAIT, ON(COVE_IO) },
	{ 43, "TSM: a page given back, the IOMMU not fenced",
	  "guest", "dma", not_fenced, WAIT, ON(COVE_IO) },
	{ 46, "TSM: a TVM goes under a TDI in RUN",
	  "guest", "dma", tvm_gone, WAIT, ON(COVE_IO) },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
