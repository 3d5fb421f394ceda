/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "guest/prog_priv.h"
#include "pci/regs.h"

/* The programs that make and end a lock session. */

static enum il_err arch_fail(struct guest *g, enum il_err err)
{
	return guest_fail(g, err, g->cfg.arch->why(g->cfg.arch_ctx));
}

/* Both buffers become ours before anything is put into them. */
enum il_err guest_boot(struct guest *g)
{
	const struct guest_map *m = &g->cfg.map;
	enum il_err err;

	if (g->phase == 0) {
		err = g->cfg.arch->accept_ram(g->cfg.arch_ctx, m->src,
					      m->buf_size);
		if (err)
			return arch_fail(g, err);
		g->phase++;
	}
	return arch_fail(g, g->cfg.arch->accept_ram(g->cfg.arch_ctx, m->dst,
						    m->buf_size));
}

enum il_err guest_lock(struct guest *g)
{
	if (g->driver_bound) /* its mapping would be of the wrong side */
		return guest_refuse(g, EBUSY, "a driver is bound");
	return arch_fail(g, g->cfg.arch->lock(g->cfg.arch_ctx, g->bdf));
}

static void fill_policy(const struct guest *g, struct evidence_policy *p)
{
	*p = (struct evidence_policy){
		.anchor = g->cfg.anchor,
		.anchor_len = g->cfg.anchor_len,
		.now_s = g->cfg.now_s,
		.expected = g->cfg.expected,
		.n_expected = g->cfg.n_expected,
		.lock_flags = 1, /* NO_FW_UPDATE */
	};
	for (unsigned i = 0; i < EVIDENCE_BARS; i++)
		p->bar_size[i] = g->bar[i].size;
	memcpy(p->nonce, g->nonce, sizeof(p->nonce));
}

/* One reading. @again: somebody measured the device in the meantime. */
static enum il_err judge_once(struct guest *g, bool *again)
{
	struct evidence_blobs blobs;
	struct evidence_claims claims;
	struct evidence_policy policy;
	enum il_err err;

	if (g->phase == 0) {
		err = env_random(g->cfg.env, g->nonce, sizeof(g->nonce));
		if (err)
			return guest_fail(g, err, "no randomness");
		memset(&g->verdict, 0, sizeof(g->verdict));
		g->phase++;
	}
	if (g->phase == 1) {
		err = g->cfg.arch->evidence(g->cfg.arch_ctx, g->nonce,
					    &g->claims, &blobs);
		if (err == IL_E_AUTH)
			g->verdict.why = EVIDENCE_WHY_CERT_DIGEST;
		if (err)
			return arch_fail(g, err);
		fill_policy(g, &policy);
		crypto_chain_drop(g->cfg.crypto, &g->findings.chain);
		err = evidence_appraise(g->cfg.crypto, &policy, &g->claims,
					&blobs, &g->findings, &g->verdict);
		if (err)
			return guest_fail(g, err, "evidence");
		g->phase++;
	}
	/* Law 27: still the same lock session after all that reading? */
	err = g->cfg.arch->evidence(g->cfg.arch_ctx, NULL, &claims, &blobs);
	if (err)
		return arch_fail(g, err);
	if (claims.tdi_id != g->claims.tdi_id ||
	    memcmp(claims.certs, g->claims.certs, sizeof(claims.certs)) != 0 ||
	    memcmp(claims.report, g->claims.report, sizeof(claims.report)) !=
		    0) {
		g->verdict.why = EVIDENCE_WHY_CHANGED;
		return IL_E_AUTH;
	}
	*again = memcmp(claims.meas, g->claims.meas, sizeof(claims.meas)) != 0;
	return IL_OK;
}

/*
 * Measurements are the device's, not the function's: who takes them for
 * another function replaces the TSM's digest of ours, and the lock session is
 * the same. What the TSM holds in the end has to be what we judged and answer
 * our nonce (laws 27, 28), so we ask anew. A host could do that to us for
 * ever, as it could keep everything else from us: some time it is enough.
 */
enum il_err guest_judge(struct guest *g)
{
	bool again = false;
	enum il_err err = judge_once(g, &again);

	while (!err && again && ++g->i < GUEST_APPRAISALS) {
		again = false;
		g->phase = 0;
		err = judge_once(g, &again);
	}
	if (err || !again)
		return err;
	g->verdict.why = EVIDENCE_WHY_CHANGED;
	return IL_E_AUTH;
}

/* The first range of a BAR starts it. */
static uint64_t offset_in_bar(const struct tdisp_report *rep, unsigned i)
{
	unsigned k = 0;

	while (rep->ranges[k].id != rep->ranges[i].id)
		k++;
	return rep->ranges[i].first_page - rep->ranges[k].first_page;
}

/* MSI-X pages and NON_TEE ranges are never private (law 36). */
static bool tee_range(const struct tdisp_range *r)
{
	return (r->attrs & 0x7) == 0;
}

static enum il_err set_range(struct guest *g, unsigned i, bool on)
{
	const struct tdisp_range *r = &g->findings.report.ranges[i];
	const uint64_t off = offset_in_bar(&g->findings.report, i);
	const struct guest_pages m = {
		.gpa = g->bar[r->id].gpa + off * PAGE_4K,
		.pages = r->pages,
		.range_id = r->id,
		.index = i,
		.first_page = r->first_page,
	};

	return tee_range(r) ? g->cfg.arch->mmio(g->cfg.arch_ctx, &m, on)
			    : IL_OK;
}

/* Law 39: a range that fails undoes those before it. */
static enum il_err undo_ranges(struct guest *g)
{
	while (g->ranges_on) {
		enum il_err err = set_range(g, g->ranges_on - 1, false);

		if (err == IL_E_AGAIN)
			return err;
		g->ranges_on--;
	}
	return g->first;
}

enum il_err guest_accept(struct guest *g)
{
	while (!g->first && g->ranges_on < g->findings.report.range_count) {
		enum il_err err = set_range(g, g->ranges_on, true);

		if (err == IL_E_AGAIN)
			return err;
		if (err) {
			g->first = arch_fail(g, err);
			break;
		}
		g->ranges_on++;
	}
	return g->first ? undo_ranges(g) : IL_OK;
}

enum il_err guest_start(struct guest *g)
{
	enum il_err err;

	if (g->phase == 0) {
		err = g->cfg.arch->start(g->cfg.arch_ctx);
		if (err)
			return arch_fail(g, err);
		g->phase++;
	}
	if (g->no_dma)
		return IL_OK;
	err = g->cfg.arch->dma(g->cfg.arch_ctx, true);
	if (!err)
		g->dma_on = true;
	return arch_fail(g, err);
}

/*
 * Ends in any case: what fails is noted and passed, because the host may
 * refuse everything and the guest must still let go.
 *
 * DMA first, then MMIO, then STOP: after STOP there is no lock session in
 * whose name a range could be given back.
 */
static void note(struct guest *g, enum il_err err)
{
	if (err && !g->first)
		g->first = arch_fail(g, err);
	g->phase++;
}

/*
 * A function that was pulled out reads as ones. Nobody would carry the messages
 * either, and each of them that is lost costs a key of the guest's. The host
 * can pretend it; it could as well refuse all that follows, and wins nothing.
 */
static enum il_err look(struct guest *g)
{
	enum il_err err = guest_cfg_read(g, CFG_VENDOR_ID, 4, &g->tmp);

	if (err == IL_E_AGAIN)
		return err;
	g->phase++;
	if (!err && g->tmp == UINT32_MAX) {
		g->first = guest_fail(g, IL_E_PEER, "the function is gone");
		g->phase = 5;
	}
	return IL_OK;
}

enum il_err guest_release(struct guest *g)
{
	enum il_err err = g->phase ? IL_OK : look(g);

	while (!err && g->phase < 6) {
		switch (g->phase) {
		case 1:
			if (g->dma_on)
				err = g->cfg.arch->dma(g->cfg.arch_ctx, false);
			break;
		case 2:
			while (g->ranges_on) {
				enum il_err one =
					set_range(g, g->ranges_on - 1, false);

				if (one == IL_E_AGAIN)
					return one;
				err = err ? err : one;
				g->ranges_on--;
			}
			break;
		case 3:
			err = g->cfg.arch->stop(g->cfg.arch_ctx);
			break;
		case 4:
			err = g->cfg.arch->unbind(g->cfg.arch_ctx);
			break;
		default:
			if (g->cfg.arch->left)
				err = g->cfg.arch->left(g->cfg.arch_ctx);
		}
		if (err == IL_E_AGAIN)
			return err;
		note(g, err);
		err = IL_OK;
	}
	return err ? err : g->first;
}
