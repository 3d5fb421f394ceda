/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of one platform's module, in its books and tables. */
#include "arch/tdx/fw_priv.h"
#include "arch/tdx/own_priv.h"

#include "plant.h"
#include "world/plat_tdx.h"

static struct tdx_plat *tdx(void)
{
	return t.w->plat_ctx;
}

static struct fw_devif *devif(void)
{
	for (unsigned i = 0; i < tdx_fw_devifs(tdx()->fw); i++)
		if (tdx()->fw->devif[i].bind)
			return &tdx()->fw->devif[i];
	fail_msg("no device interface");
	return NULL;
}

static struct tdx_page *remembered(void)
{
	tdx()->own.changes++;
	return page_at(&tdx()->own, pmemo());
}

static struct tdx_mmio *accepted_mmio(void)
{
	tdx()->own.changes++;
	return mmio_at(&tdx()->own, pmmio());
}

/* 26: what was named, was another lock session. */
static void other_session(void)
{
	devif()->session += 7;
}

/* 34: a page of MMIO is accepted while the lock is still to come. */
static struct tdx_guest_insn real_insn;

static enum il_err accepts_early(void *ctx, struct tdx_regs *r)
{
	const uint64_t leaf = r->rax;
	const enum il_err err = real_insn.tdcall(ctx, r);

	if (leaf == TDG_MMIO_ACCEPT && !err)
		pbind()->state = TSM_BIND_LOCKING;
	return err;
}

static void accepted_early(void)
{
	struct tdx_plat_vm *v = t.w->vm[0].plat;

	real_insn = v->insn;
	v->insn.tdcall = accepts_early;
}

/* 35: the leaf of metadata may be set anew. */
static void leaf_free(void)
{
	accepted_mmio()->data = false;
}

/* 37: neither blocked nor tracked. */
static void given_away(void)
{
	accepted_mmio()->mapped = false;
}

/* 40: counted as gone, and present. */
static void entry_stays(void)
{
	pbind()->dma_on = false;
}

/* Memory that does not look at metadata when a device comes. */
static const struct rule *anything(void *ctx, const struct mem_req *req,
				   struct mem_pass *pass)
{
	const struct rule *rule = real_mem->check(ctx, req, pass);

	return req->who == AGENT_DEVICE ? NULL : rule;
}

/* 42: the page stands elsewhere in the TD. */
static void elsewhere(void)
{
	remembered()->gpa ^= PAGE_4K;
	wrap_mem()->check = anything;
}

/* 43: a page that was given back, before the IOTLB has forgotten it. */
static void not_flushed(void)
{
	remembered()->type = TDX_PT_NDA;
	wrap_mem()->check = anything;
}

/* 46 */
static void td_gone(void)
{
	devif()->td->used = false;
}

#define WAIT "host wait seconds=1\n"

/* clang-format off */
const struct plant plants_tdx[] = {
	{ 26, "module: grants of another lock session",
	  "guest", "dma", other_session, WAIT, ON(TDX_CONNECT) },
	{ 34, "module: accepts MMIO before the lock",
	  "guest", "evidence", accepted_early, NULL, ON(TDX_CONNECT) },
	{ 35, "module: metadata of accepted MMIO may be set anew",
	  "guest", "dma", leaf_free, WAIT, ON(TDX_CONNECT) },
	{ 37, "module: accepted MMIO neither blocked nor tracked",
	  "guest", "dma", given_away, WAIT, ON(TDX_CONNECT) },
	{ 40, "module: a PASID entry stays present",
	  "guest", "dma", entry_stays, WAIT, ON(TDX_CONNECT) },
	{ 42, "module: the IOTLB knows a page at another address",
	  "guest", "dma", elsewhere, WAIT, ON(TDX_CONNECT) },
	{ 43, "module: a page given back, the IOTLB not flushed",
	  "guest", "dma", not_flushed, WAIT, ON(TDX_CONNECT) },
	{ 46, "module: a TD goes under a TDI in RUN",
	  "guest", "dma", td_gone, WAIT, ON(TDX_CONNECT) },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
