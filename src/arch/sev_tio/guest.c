/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/guest.h"

#include <string.h>

#include "arch/sev_tio/abi_sdte.h"
#include "arch/sev_tio/guest_priv.h"
#include "base/bits.h"
#include "base/bytes.h"

void sev_guest_init(struct sev_guest *g, const struct sev_guest_cfg *cfg)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
}

void sev_guest_fini(struct sev_guest *g)
{
	crypto_drop(g->cfg.crypto, &g->key);
	bytes_wipe(g->vmpck, sizeof(g->vmpck));
	g->keyed = false;
	g->key_no = SNP_VMPCKS;
}

/* The entry is over: the next one starts at its beginning. */
static enum il_err over(struct sev_guest *g, enum il_err err)
{
	if (err != IL_E_AGAIN) {
		g->phase = 0;
		g->at = 0;
		g->chunk = 0;
		g->small = false;
	}
	return err;
}

/*
 * PVALIDATE of each page, by 2 MiB where its entry covers that. The carry flag
 * on a page that we have not validated before means that two guest addresses
 * lead to one page, or a replay: fatal. Source: APM vol. 3 PVALIDATE; Linux
 * arch/x86/coco/sev pvalidate_pages()
 */
static enum il_err validate(struct sev_guest *g, uint64_t gpa, uint64_t size,
			    bool on)
{
	while (g->at < size) {
		const bool large = !((gpa + g->at) & (PAGE_2M - 1)) &&
				   size - g->at >= PAGE_2M && !g->small;
		enum rmp_rc rc;
		bool same;
		enum il_err err = g->cfg.insn->pvalidate(
			g->cfg.insn->ctx, gpa + g->at, large ? RMP_2M : RMP_4K,
			on, &rc, &same);

		if (err)
			return err;
		/* For this block; the next is tried again. */
		g->small = large && rc == RMP_FAIL_SIZEMISMATCH;
		if (g->small)
			continue;
		if (rc != RMP_OK)
			return sev_guest_refused(g, "PVALIDATE", rc);
		if (same)
			return sev_guest_refused(
				g, "PVALIDATE: the page was so before", same);
		g->at += large ? PAGE_2M : PAGE_4K;
	}
	return IL_OK;
}

/*
 * Page state change, GHCB 2.03 §4.1.6 in the form of one range an exit.
 * OPEN: the real exit carries a list in the shared buffer; ours says first
 * page and number in EXITINFO1 (bit 0: private) and EXITINFO2.
 */
static enum il_err change(struct sev_guest *g, uint64_t gpa, uint64_t size,
			  bool private)
{
	enum il_err err;

	g->ghcb = (struct sev_ghcb){
		.exit_code = GHCB_EXIT_PSC,
		.info1 = gpa | private,
		.info2 = size / PAGE_4K,
	};
	err = g->cfg.insn->vmgexit(g->cfg.insn->ctx, &g->ghcb);
	if (!err && g->ghcb.info2)
		return sev_guest_refused(g, "page state change", g->ghcb.info2);
	return err;
}

/* --- pages of RAM --- */

static bool ram_range(const struct sev_guest *g, uint64_t gpa, uint64_t size)
{
	uint64_t first = gpa / PAGE_4K, n = size / PAGE_4K;

	return n && !((gpa | size) & (PAGE_4K - 1)) && first < g->cfg.pages &&
	       n <= g->cfg.pages - first;
}

static bool page_is(const struct sev_guest *g, uint64_t gpa, enum sev_page is)
{
	return g->cfg.page[gpa / PAGE_4K] == is;
}

/* The one writer. */
static void page_set(struct sev_guest *g, uint64_t gpa, uint64_t size,
		     enum sev_page to)
{
	memset(g->cfg.page + gpa / PAGE_4K, (int)to, size / PAGE_4K);
}

/* True: how many of the range are shared is @n. */
static bool shared_pages(const struct sev_guest *g, uint64_t gpa, uint64_t size,
			 uint64_t n)
{
	for (uint64_t at = 0; at < size; at += PAGE_4K)
		n -= page_is(g, gpa + at, SEV_PAGE_SHARED) ? 1 : 0;
	return n == 0;
}

/*
 * PVALIDATE of those pages of the range that we have validated before: @on
 * false takes it back, as is due before they are given away.
 */
static enum il_err revalidate(struct sev_guest *g, uint64_t gpa, uint64_t size,
			      bool on)
{
	for (; g->at < size; g->at += PAGE_4K) {
		enum rmp_rc rc;
		bool same;
		enum il_err err;

		if (!page_is(g, gpa + g->at, SEV_PAGE_OURS))
			continue;
		err = g->cfg.insn->pvalidate(g->cfg.insn->ctx, gpa + g->at,
					     RMP_4K, on, &rc, &same);
		if (err)
			return err;
		if (rc != RMP_OK || same)
			return sev_guest_refused(g, "PVALIDATE",
						 rc ? rc : (uint64_t)same);
	}
	return IL_OK;
}

enum { RESCIND, CHANGE, UNDO };

/*
 * Validation is taken back first, then the host is asked. Source: Linux 7.3
 * arch/x86/coco/sev/core.c, __set_pages_state(). If the host refuses, we
 * validate again what was ours.
 */
static enum il_err share_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct sev_guest *g = ctx;
	enum il_err err = IL_OK;

	if (g->phase == RESCIND) {
		if (!ram_range(g, gpa, size) || !shared_pages(g, gpa, size, 0))
			return sev_guest_refused(g, "share: not private RAM",
						 gpa);
		err = revalidate(g, gpa, size, false);
		g->phase = err == IL_E_PEER ? UNDO : RESCIND;
		g->upto = g->at;
		g->at = err == IL_E_AGAIN ? g->at : 0;
		if (!err)
			g->phase = CHANGE;
	}
	if (g->phase == CHANGE) {
		err = change(g, gpa, size, false);
		if (!err)
			page_set(g, gpa, size, SEV_PAGE_SHARED);
		if (err == IL_E_PEER)
			g->phase = UNDO;
	}
	if (g->phase == UNDO) {
		err = revalidate(g, gpa, g->upto, true);
		err = err ? err : IL_E_PEER;
	}
	return over(g, err);
}

static enum il_err accept_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct sev_guest *g = ctx;
	enum il_err err;

	if (g->phase == 0) {
		if (!ram_range(g, gpa, size))
			return sev_guest_refused(g, "accept: not RAM", gpa);
		g->phase = 2;
		if (!shared_pages(g, gpa, size, 0))
			g->phase = 1;
		if (g->phase == 1 &&
		    !shared_pages(g, gpa, size, size / PAGE_4K))
			return over(g, sev_guest_refused(
					       g, "accept: not all was shared",
					       gpa));
	}
	if (g->phase == 1) {
		err = change(g, gpa, size, true);
		if (err)
			return over(g, err);
		page_set(g, gpa, size, SEV_PAGE_FRESH);
		g->phase = 2;
	}
	err = validate(g, gpa, size, true);
	if (!err)
		page_set(g, gpa, size, SEV_PAGE_OURS);
	return over(g, err);
}

/* The three areas for talking to the host, once. */
static enum il_err open_channel(struct sev_guest *g)
{
	const struct {
		uint64_t gpa, size;
	} area[] = {
		{ g->cfg.map.req, PAGE_4K },
		{ g->cfg.map.rsp, PAGE_4K },
		{ g->cfg.map.data, SEV_GUEST_DATA_PAGES * PAGE_4K },
	};

	if (g->shared)
		return IL_OK;
	for (; g->at < COUNT(area); g->at++) {
		enum il_err err =
			change(g, area[g->at].gpa, area[g->at].size, false);

		if (err)
			return err;
		page_set(g, area[g->at].gpa, area[g->at].size, SEV_PAGE_SHARED);
	}
	g->at = 0;
	g->shared = true;
	return IL_OK;
}

static enum il_err tio_op(struct sev_guest *g, enum tio_op op, const char *name)
{
	enum il_err err;

	g->ghcb = (struct sev_ghcb){
		.exit_code = GHCB_EXIT_TIO_OP,
		.info1 = (uint64_t)op << 32 | g->rid,
	};
	err = g->cfg.insn->vmgexit(g->cfg.insn->ctx, &g->ghcb);
	if (!err && g->ghcb.info2)
		return sev_guest_refused(g, name, g->ghcb.info2);
	return err;
}

static enum il_err lock(void *ctx, uint32_t rid)
{
	struct sev_guest *g = ctx;
	enum il_err err;

	if (g->phase == 0) {
		err = open_channel(g);
		if (err)
			return over(g, err);
		g->rid = rid;
		g->phase++;
	}
	err = tio_op(g, TIO_OP_BIND, "BIND");
	if (!err)
		g->tdi_id = g->ghcb.rcx;
	return over(g, err);
}

static void read_claims(const struct sev_guest *g, struct evidence_claims *c)
{
	const uint8_t *p = g->plain;
	uint32_t meas = sev_u32(p, TIO_INFO_MEAS_FLAGS);
	uint64_t algos = sev_u64(p, TIO_INFO_ALGOS);

	*c = (struct evidence_claims){
		.tdi_id = sev_u64(p, TIO_MSG_TDI_ID),
		.report_count = sev_u64(p, TIO_INFO_REPORT_COUNT),
		.lock_flags = (uint16_t)sev_u32(p, TIO_INFO_LOCK_FLAGS),
		.meas_valid = meas & TIO_INFO_MEAS_VALID,
		.meas_fresh = meas & TIO_INFO_MEAS_FRESH,
		.hash = CRYPTO_SHA384,
		.spdm_hash = (algos & TIO_ALGO_HASH_SHA384) ? CRYPTO_SHA384
							    : CRYPTO_SHA256,
	};
	memcpy(c->certs, p + TIO_INFO_CERTS, TIO_DIGEST_LEN);
	memcpy(c->meas, p + TIO_INFO_MEAS, TIO_DIGEST_LEN);
	memcpy(c->report, p + TIO_INFO_REPORT, TIO_DIGEST_LEN);
}

static enum il_err ask_info(struct sev_guest *g, bool with_blobs)
{
	uint64_t param = TIO_PARAM_INFO_STATE;
	enum il_err err;

	if (with_blobs)
		param |= TIO_PARAM_INFO_CERTS | TIO_PARAM_INFO_MEAS |
			 TIO_PARAM_INFO_REPORT;
	if (g->msg_phase == 0) {
		memset(g->plain, 0, sizeof(g->plain));
		sev_put_u64(g->plain, TIO_MSG_TDI_ID, g->tdi_id);
	}
	err = sev_guest_message(g, TIO_MSG_TDI_INFO_REQ, param);
	if (err)
		return err;
	if (sev_u16(g->plain, TIO_MSG_STATUS) != TIO_INFO_BOUND ||
	    sev_u64(g->plain, TIO_MSG_TDI_ID) != g->tdi_id)
		return sev_guest_refused(g, "TDI_INFO",
					 sev_u16(g->plain, TIO_MSG_STATUS));
	return IL_OK;
}

/* Entries of the blob table; anything outside the pages is passed over, and
 * what is then missing fails at its digest. */
static void find_blobs(const struct sev_guest *g, struct evidence_blobs *out)
{
	struct evidence_blob *to[TIO_BLOB_MAX] = { &out->meas, &out->certs,
						   &out->report };

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < TIO_BLOB_MAX; i++) {
		const uint8_t *e = g->blobs + (size_t)i * TIO_BLOB_ENTRY_LEN;
		uint32_t off = sev_u32(e, TIO_BLOB_OFFSET);
		uint32_t len = sev_u32(e, TIO_BLOB_LENGTH);

		for (unsigned b = 0; b < TIO_BLOB_MAX; b++)
			if (memcmp(e + TIO_BLOB_GUID, tio_blob_guid(b), 16) ==
				    0 &&
			    off <= sizeof(g->blobs) &&
			    len <= sizeof(g->blobs) - off)
				*to[b] = (struct evidence_blob){ g->blobs + off,
								 len };
	}
}

enum { PUT_NONCE, ASK, COPY };

static enum il_err evidence_run(struct sev_guest *g, const uint8_t *nonce,
				struct evidence_claims *claims,
				struct evidence_blobs *blobs)
{
	const struct sev_guest_insn *cpu = g->cfg.insn;
	enum il_err err;

	if (g->phase == PUT_NONCE) {
		err = nonce ? cpu->write(cpu->ctx, g->cfg.map.data, false,
					 nonce, TIO_NONCE_LEN)
			    : IL_OK;
		if (err)
			return err;
		g->phase = ASK;
	}
	if (g->phase == ASK) {
		err = ask_info(g, nonce != NULL);
		if (err)
			return err;
		g->phase = COPY;
	}
	/* Once, from memory that the host can write, into our own. */
	if (nonce) {
		err = cpu->read(cpu->ctx, g->cfg.map.data, false, g->blobs,
				sizeof(g->blobs));
		if (err)
			return err;
		find_blobs(g, blobs);
	}
	read_claims(g, claims);
	return IL_OK;
}

static enum il_err evidence(void *ctx, const uint8_t *nonce,
			    struct evidence_claims *claims,
			    struct evidence_blobs *blobs)
{
	struct sev_guest *g = ctx;

	return over(g, evidence_run(g, nonce, claims, blobs));
}

/* Largest power of two that is not above @n, as its exponent. */
static unsigned order_of(uint32_t n)
{
	return 31u - (unsigned)__builtin_clz(n);
}

/*
 * MMIO_VALIDATE, a power of two of pages at a time, because the exit's
 * parameter has an order where the message has a count.
 */
static enum il_err mmio(void *ctx, const struct guest_pages *m, bool on)
{
	struct sev_guest *g = ctx;

	while (g->at < m->pages) {
		unsigned order = order_of(m->pages - (uint32_t)g->at);
		uint64_t at = m->gpa + g->at * PAGE_4K;
		uint8_t *p = g->plain;
		enum il_err err;

		if (g->msg_phase == 0) {
			memset(p, 0, sizeof(g->plain));
			sev_put_u64(p, TIO_MSG_TDI_ID, g->tdi_id);
			sev_put_u64(p, TIO_MMIO_GPA, at);
			sev_put_u32(p, TIO_MMIO_PAGES, 1u << order);
			sev_put_u32(p, TIO_MMIO_OFFSET,
				    m->offset + (uint32_t)g->at);
			sev_put_u16(p, TIO_MMIO_FLAGS,
				    on ? TIO_MMIO_F_VALIDATED : 0);
			sev_put_u16(p, TIO_MMIO_RANGE, m->range_id);
		}
		err = sev_guest_message(
			g, TIO_MSG_MMIO_VALIDATE_REQ,
			tio_param_mmio(at, order, on, m->range_id));
		if (!err && sev_u16(p, TIO_MSG_STATUS) != TIO_MMIO_OK)
			err = sev_guest_refused(g, "MMIO_VALIDATE",
						sev_u16(p, TIO_MSG_STATUS));
		if (err)
			return over(g, err);
		g->at += 1u << order;
	}
	return over(g, IL_OK);
}

static enum il_err start(void *ctx)
{
	return over(ctx, tio_op(ctx, TIO_OP_RUN, "RUN"));
}

/*
 * The secure device entry: VMPL 0, reads and writes, shared memory from vTOM
 * on. All zeros takes it back. Source: B.4
 */
static enum il_err dma(void *ctx, bool on)
{
	struct sev_guest *g = ctx;
	uint8_t *e = g->plain + TIO_SDTE_ENTRY;
	enum il_err err;

	if (g->msg_phase == 0) {
		memset(g->plain, 0, sizeof(g->plain));
		sev_put_u64(g->plain, TIO_MSG_TDI_ID, g->tdi_id);
		if (on) {
			sdte_put(e, SDTE_V, 1);
			sdte_put(e, SDTE_IR, 1);
			sdte_put(e, SDTE_IW, 1);
			sdte_put(e, SDTE_VTOM_EN, 1);
			sdte_put(e, SDTE_VTOM, g->cfg.vtom >> SDTE_VTOM_SHIFT);
		}
	}
	err = sev_guest_message(g, TIO_MSG_SDTE_WRITE_REQ,
				on ? TIO_PARAM_SDTE_VALIDATE : 0);
	if (!err && sev_u16(g->plain, TIO_MSG_STATUS) != TIO_SDTE_OK)
		err = sev_guest_refused(g, "SDTE_WRITE",
					sev_u16(g->plain, TIO_MSG_STATUS));
	if (err != IL_E_AGAIN) {
		g->dma_on = on && !err;
		g->dma_vtom = g->cfg.vtom;
	}
	return over(g, err);
}

static enum il_err stop(void *ctx)
{
	return over(ctx, tio_op(ctx, TIO_OP_STOP, "STOP"));
}

static enum il_err unbind(void *ctx)
{
	struct sev_guest *g = ctx;
	enum il_err err = tio_op(g, TIO_OP_UNBIND, "UNBIND");

	if (err != IL_E_AGAIN) {
		g->tdi_id = 0;
		g->dma_on = false;
	}
	return over(g, err);
}

/* The field has 31 bits of 2 MiB units. */
static enum il_err shared_from(void *ctx, uint64_t bus)
{
	struct sev_guest *g = ctx;

	if (bus & (PAGE_2M - 1) || bus > SDTE_VTOM_MAX)
		return IL_E_ARG;
	g->cfg.vtom = bus;
	return IL_OK;
}

/*
 * Below vTOM a bus address is private. One of a function that is not trusted
 * is shared in any case and has no vTOM.
 */
static uint64_t bus_addr(void *ctx, uint64_t gpa, bool shared)
{
	const struct sev_guest *g = ctx;

	return shared && g->dma_on ? gpa + g->dma_vtom : gpa;
}

static const char *why(void *ctx)
{
	const struct sev_guest *g = ctx;

	return g->why;
}

const struct guest_arch_ops sev_guest_ops = {
	.accept_ram = accept_ram,
	.share_ram = share_ram,
	.lock = lock,
	.evidence = evidence,
	.mmio = mmio,
	.start = start,
	.dma = dma,
	.stop = stop,
	.unbind = unbind,
	.shared_from = shared_from,
	.bus_addr = bus_addr,
	.why = why,
};
