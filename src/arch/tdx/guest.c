/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/guest.h"

#include <string.h>

#include "arch/tdx/guest_priv.h"
#include "base/bits.h"
#include "base/bytes.h"

void tdx_guest_init(struct tdx_guest *g, const struct tdx_guest_cfg *cfg)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
}

/* No secret is in it, but what was judged is of no use any more. */
void tdx_guest_fini(struct tdx_guest *g)
{
	bytes_wipe(g->info, sizeof(g->info));
	bytes_wipe(g->report, sizeof(g->report));
	g->session = 0;
}

/* The entry is over: the next one starts at its beginning. */
static enum il_err over(struct tdx_guest *g, enum il_err err)
{
	if (err != IL_E_AGAIN) {
		g->phase = 0;
		g->tdcm_phase = 0;
		g->still_phase = 0;
		g->polls = 0;
		g->at = 0;
		g->value = 0;
		g->calling = false;
	}
	return err;
}

/* --- pages of RAM --- */

static bool ram_range(const struct tdx_guest *g, uint64_t gpa, uint64_t size)
{
	uint64_t first = gpa / PAGE_4K, n = size / PAGE_4K;

	return n && !((gpa | size) & (PAGE_4K - 1)) && first < g->cfg.pages &&
	       n <= g->cfg.pages - first;
}

static bool page_is(const struct tdx_guest *g, uint64_t gpa,
		    enum tdx_guest_page is)
{
	return g->cfg.page[gpa / PAGE_4K] == is;
}

/* The one writer. */
static void page_set(struct tdx_guest *g, uint64_t gpa, uint64_t size,
		     enum tdx_guest_page to)
{
	memset(g->cfg.page + gpa / PAGE_4K, (int)to, size / PAGE_4K);
}

/* How many of the range are shared. */
static uint64_t shared_pages(const struct tdx_guest *g, uint64_t gpa,
			     uint64_t size)
{
	uint64_t n = 0;

	for (uint64_t at = 0; at < size; at += PAGE_4K)
		n += page_is(g, gpa + at, TDX_PAGE_SHARED);
	return n;
}

/*
 * TDG.MEM.PAGE.ACCEPT of each page. One that we have not accepted before and
 * the module has is not what we asked the host for: fatal. Source: Linux
 * arch/x86/coco/tdx/tdx-shared.c, try_accept_one()
 */
static enum il_err accept(struct tdx_guest *g, uint64_t gpa, uint64_t size)
{
	for (; g->at < size; g->at += PAGE_4K) {
		const struct tdx_regs r = { .rax = TDG_MEM_PAGE_ACCEPT,
					    .rcx = gpa + g->at };
		enum il_err err;

		if (page_is(g, gpa + g->at, TDX_PAGE_OURS))
			continue;
		err = tdx_guest_do(g, &r, "TDG.MEM.PAGE.ACCEPT");
		if (err)
			return err;
		if (TDX_STATUS(g->regs.rax) == TDX_PAGE_ALREADY_ACCEPTED)
			return tdx_guest_refused(
				g,
				"TDG.MEM.PAGE.ACCEPT: the page was so before",
				g->regs.rax);
	}
	return IL_OK;
}

/*
 * Pages that are ours are released first: while a device may reach them the
 * module lets the host take no others. A module without that call lets the
 * host take any, and so there is nothing to do.
 */
static enum il_err release(struct tdx_guest *g, uint64_t gpa, uint64_t size)
{
	for (; g->at < size; g->at += PAGE_4K) {
		const struct tdx_regs r = { .rax = TDG_MEM_PAGE_RELEASE,
					    .rcx = gpa + g->at };
		enum il_err err = IL_OK;

		if (page_is(g, gpa + g->at, TDX_PAGE_OURS))
			err = tdx_guest_call(g, &r);
		else
			g->regs.rax = TDX_SUCCESS;
		if (err)
			return err;
		if (g->regs.rax == (TDX_OPERAND_INVALID | TDX_OP_RAX))
			continue;
		if (g->regs.rax & TDX_ERROR_BIT)
			return tdx_guest_refused(g, "TDG.MEM.PAGE.RELEASE",
						 g->regs.rax);
	}
	return IL_OK;
}

/* Those before g->upto that were released: ours again, without content. */
static enum il_err take_again(struct tdx_guest *g, uint64_t gpa)
{
	for (; g->at < g->upto; g->at += PAGE_4K) {
		const struct tdx_regs r = { .rax = TDG_MEM_PAGE_ACCEPT,
					    .rcx = gpa + g->at };
		enum il_err err;

		if (!page_is(g, gpa + g->at, TDX_PAGE_OURS))
			continue;
		err = tdx_guest_do(g, &r, "TDG.MEM.PAGE.ACCEPT");
		if (err)
			return err;
	}
	return IL_OK;
}

enum { RELEASE, CHANGE, UNDO };

static enum il_err share_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct tdx_guest *g = ctx;
	enum il_err err = IL_OK;

	if (g->phase == RELEASE) {
		if (!ram_range(g, gpa, size) || shared_pages(g, gpa, size))
			return over(g,
				    tdx_guest_refused(
					    g, "share: not private RAM", gpa));
		err = release(g, gpa, size);
		if (err == IL_E_AGAIN)
			return err;
		g->upto = g->at;
		g->at = 0;
		g->phase = err ? UNDO : CHANGE;
	}
	if (g->phase == CHANGE) {
		err = tdx_guest_map_gpa(g, gpa, size, false);
		if (!err)
			page_set(g, gpa, size, TDX_PAGE_SHARED);
		if (err == IL_E_PEER)
			g->phase = UNDO;
	}
	if (g->phase == UNDO) {
		err = take_again(g, gpa);
		err = err ? err : IL_E_PEER;
	}
	return over(g, err);
}

static enum il_err accept_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct tdx_guest *g = ctx;
	enum il_err err;
	uint64_t n;

	if (g->phase == 0) {
		if (!ram_range(g, gpa, size))
			return over(g, tdx_guest_refused(g, "accept: not RAM",
							 gpa));
		n = shared_pages(g, gpa, size);
		if (n && n != size / PAGE_4K)
			return over(g, tdx_guest_refused(
					       g, "accept: not all was shared",
					       gpa));
		g->phase = n ? 1 : 2;
	}
	if (g->phase == 1) {
		err = tdx_guest_map_gpa(g, gpa, size, true);
		if (err)
			return over(g, err);
		page_set(g, gpa, size, TDX_PAGE_FRESH);
		g->phase = 2;
	}
	err = accept(g, gpa, size);
	if (!err)
		page_set(g, gpa, size, TDX_PAGE_OURS);
	return over(g, err);
}

/* --- lock --- */

/* The buffer is the host's, once; the page for hashes ours. */
static enum il_err open_channel(struct tdx_guest *g)
{
	const struct tdx_guest_map *m = &g->cfg.map;
	enum il_err err;

	if (!page_is(g, m->buf, TDX_PAGE_SHARED)) {
		err = tdx_guest_map_gpa(g, m->buf, TDX_GUEST_BUF, false);
		if (err)
			return err;
		page_set(g, m->buf, TDX_GUEST_BUF, TDX_PAGE_SHARED);
	}
	if (!page_is(g, m->hash, TDX_PAGE_OURS)) {
		err = accept(g, m->hash, PAGE_4K);
		if (err)
			return err;
		page_set(g, m->hash, PAGE_4K, TDX_PAGE_OURS);
		g->at = 0;
	}
	return IL_OK;
}

enum { OPEN, CHECK, BIND, LOOK };

static enum il_err lock_step(struct tdx_guest *g)
{
	uint8_t b[4] = { 0 };
	enum il_err err;

	switch (g->phase) {
	case OPEN:
		return open_channel(g);
	case CHECK:
		err = tdx_guest_tdcm(g, TDCM_OP_CHECK_TEEIO_SUPP, NULL, 0, b,
				     1);
		if (!err && (g->len != 1 || !b[0]))
			return tdx_guest_refused(
				g, "the host has no such device", b[0]);
		return err;
	case BIND:
		/*
		 * OPEN: which function the module is to be asked for. Linux's
		 * guest takes its own routing id, which is right where the VMM
		 * shows the host's; openvmm asks the host for a device id. Here
		 * BIND tells it; that it is ours the module checks.
		 */
		err = tdx_guest_tdcm(g, TDCM_OP_BIND, NULL, 0, b, sizeof(b));
		if (!err && g->len != sizeof(b))
			return tdx_guest_refused(g, "TDCM: BIND names nothing",
						 g->len);
		if (!err)
			g->func = tdx_u32(b, 0);
		return err;
	default:
		err = tdx_guest_still(g, TDI_IS_LOCKED);
		if (!err)
			g->session = g->value;
		return err;
	}
}

static enum il_err lock(void *ctx, uint32_t rid)
{
	struct tdx_guest *g = ctx;
	enum il_err err = IL_OK;

	if (g->phase == OPEN) {
		g->rid = rid;
		g->session = 0;
	}
	while (!err && g->phase <= LOOK) {
		err = lock_step(g);
		g->phase += !err;
	}
	return over(g, err);
}

static enum il_err evidence(void *ctx, const uint8_t *nonce,
			    struct evidence_claims *claims,
			    struct evidence_blobs *blobs)
{
	return over(ctx, tdx_guest_evidence(ctx, nonce, claims, blobs));
}

/* --- grants --- */

/*
 * The call names no bind session: whether it is still the one that was judged
 * we ask before, and the start names it again. The pages are to be private, of
 * which only the host can tell its tables; then each is accepted, where the
 * module compares it with the report. A page that the host has not mapped
 * leaves the guest, and is found the next time. One that has been accepted
 * already is not the one that we asked for now: so one page a call.
 *
 * There is no call that gives them back: the host's unbind does it. That they
 * are still ours to give, the module says.
 */
static enum il_err mmio(void *ctx, const struct guest_pages *m, bool on)
{
	struct tdx_guest *g = ctx;
	enum il_err err;

	if (!on)
		return over(g, tdx_guest_still(g, TDI_IS_LOCKED | TDI_IS_RUN));
	if (g->phase == 0) {
		err = tdx_guest_still(g, TDI_IS_LOCKED | TDI_IS_RUN);
		if (err)
			return over(g, err);
		g->value = 0;
		g->phase = 1;
	}
	if (g->phase == 1) {
		err = tdx_guest_map_gpa(g, m->gpa, m->pages * PAGE_4K, true);
		if (err)
			return over(g, err);
		g->phase = 2;
	}
	for (; g->at < m->pages; g->at++) {
		const struct tdx_regs r = {
			.rax = TDG_MMIO_ACCEPT,
			.rcx = m->gpa + g->at * PAGE_4K,
			.rdx = m->index,
			.r8 = g->func,
			.r9 = field_put(TDX_ACCEPT_OFFSET, m->offset + g->at) |
			      field_put(TDX_ACCEPT_PAGES, 1),
		};

		err = tdx_guest_call(g, &r);
		if (!err && g->regs.rax)
			err = tdx_guest_refused(g, "TDG.MMIO.ACCEPT",
						g->regs.rax);
		if (err)
			return over(g, err);
	}
	return over(g, IL_OK);
}

enum { AUTHORISE, START, RUNS };

/*
 * The module is told which bind session may start; then the host starts it,
 * for another it cannot. The module says whether it has.
 */
static enum il_err start_step(struct tdx_guest *g)
{
	const struct tdx_regs r = { .rax = TDG_TDI_START,
				    .rcx = g->func,
				    .rdx = g->session };

	switch (g->phase) {
	case AUTHORISE:
		return tdx_guest_do(g, &r, "TDG.TDI.START");
	case START:
		return tdx_guest_tdcm(g, TDCM_OP_START, NULL, 0, NULL, 0);
	default:
		return tdx_guest_still(g, TDI_IS_RUN);
	}
}

static enum il_err start(void *ctx)
{
	struct tdx_guest *g = ctx;
	enum il_err err = IL_OK;

	while (!err && g->phase <= RUNS) {
		err = start_step(g);
		g->phase += !err;
	}
	return over(g, err);
}

/*
 * For the TD itself (0), not for a nested VM; nor does this call name a bind
 * session. Off comes with the unbind; that there is still something to take
 * away, the module says.
 */
static enum il_err dma(void *ctx, bool on)
{
	struct tdx_guest *g = ctx;
	const struct tdx_regs r = { .rax = TDG_DMAR_ACCEPT, .rcx = g->func };
	enum il_err err = IL_OK;

	if (g->phase == 0)
		err = tdx_guest_still(g, TDI_IS_LOCKED | TDI_IS_RUN);
	if (!err && on) {
		g->phase = 1;
		err = tdx_guest_do(g, &r, "TDG.DMAR.ACCEPT");
	}
	if (err != IL_E_AGAIN)
		g->dma_on = on && !err;
	return over(g, err);
}

/* The host's unbind stops it; there is no stop that keeps the binding. */
static enum il_err stop(void *ctx)
{
	(void)ctx;
	return IL_OK;
}

static enum il_err unbind(void *ctx)
{
	struct tdx_guest *g = ctx;
	enum il_err err = tdx_guest_tdcm(g, TDCM_OP_UNBIND, NULL, 0, NULL, 0);

	if (err != IL_E_AGAIN) {
		g->session = 0;
		g->dma_on = false;
	}
	return over(g, err);
}

/*
 * A trusted function has the guest's own addresses, the shared bit included;
 * another one reaches shared memory alone and knows of no bit.
 */
static uint64_t bus_addr(void *ctx, uint64_t gpa, bool shared)
{
	const struct tdx_guest *g = ctx;

	return shared && g->dma_on ? gpa | TDX_GPA_SHARED : gpa;
}

static const char *why(void *ctx)
{
	const struct tdx_guest *g = ctx;

	return g->why;
}

const struct guest_arch_ops tdx_guest_ops = {
	.accept_ram = accept_ram,
	.share_ram = share_ram,
	.lock = lock,
	.evidence = evidence,
	.mmio = mmio,
	.start = start,
	.dma = dma,
	.stop = stop,
	.unbind = unbind,
	.bus_addr = bus_addr,
	.one_view = true,
	.why = why,
};
