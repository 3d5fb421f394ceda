/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/pci.h"

#define SRC_T "PCIe Base 6.x §11.2.1"

const struct rule dsm_rule_unlocked = {
	"tdi-unlocked", "a TDI that is not locked takes no trusted request",
	SRC_T, SURE_SPEC
};
const struct rule dsm_rule_locked = {
	"tdi-locked", "TEE memory of a TDI cannot be reached before RUN", SRC_T,
	SURE_SPEC
};
const struct rule dsm_rule_error = {
	"tdi-error", "TEE memory of a TDI in ERROR cannot be reached", SRC_T,
	SURE_SPEC
};
const struct rule dsm_rule_untrusted = {
	"tdi-untrusted",
	"TEE memory takes trusted requests on a bound stream only", SRC_T,
	SURE_SPEC
};
const struct rule dsm_rule_dma_locked = {
	"tdi-dma-locked", "a TDI issues no request between LOCK and RUN", SRC_T,
	SURE_SPEC
};
const struct rule dsm_rule_dma_error = { "tdi-dma-error",
					 "a TDI in ERROR issues no request",
					 SRC_T, SURE_SPEC };

const struct rule dsm_rule_p2p = {
	"tdi-p2p", "a TDI sends to a peer in RUN and on a bound stream only",
	"PCIe Base 6.x §11.3.18", SURE_SPEC
};

/* Requests that come in. */
enum mmio_kind {
	TEE_TRUSTED, /* T = 1 on a bound stream, to TEE memory */
	TEE_OTHER,   /* T = 0 or another stream, to TEE memory */
	NON_TEE,
	MMIO_KINDS,
};

/* NULL: accept. Nothing is TEE memory while UNLOCKED, so that T = 0 passes.
 * Source: PCIe Base 6.x §11.2.1, §11.5.4 */
static const struct rule *const mmio_rules[MMIO_KINDS][TDI_STATES] = {
	/* clang-format off */
	[TEE_TRUSTED] = { [TDI_UNLOCKED] = &dsm_rule_unlocked,
			  [TDI_LOCKED]   = &dsm_rule_locked,
			  [TDI_RUN]      = NULL,
			  [TDI_ERROR]    = &dsm_rule_error },
	[TEE_OTHER]   = { [TDI_UNLOCKED] = NULL,
			  [TDI_LOCKED]   = &dsm_rule_untrusted,
			  [TDI_RUN]      = &dsm_rule_untrusted,
			  [TDI_ERROR]    = &dsm_rule_untrusted },
	[NON_TEE]     = { NULL, NULL, NULL, NULL },
	/* clang-format on */
};

/* Requests that go out: not at all, with T = 0, or with T = 1 on the stream
 * that LOCK bound. The last row is MSI-X with its table locked.
 * Source: PCIe Base 6.x §11.2.1, §11.5.4 */
static const struct dma_cell {
	const struct rule *why;
	bool t;
} dma_cells[][TDI_STATES] = {
	/* clang-format off */
	[DSM_DMA]  = { [TDI_UNLOCKED] = { NULL, false },
		       [TDI_LOCKED]   = { &dsm_rule_dma_locked, false },
		       [TDI_RUN]      = { NULL, true },
		       [TDI_ERROR]    = { &dsm_rule_dma_error, false } },
	[DSM_MSI]  = { [TDI_UNLOCKED] = { NULL, false },
		       [TDI_LOCKED]   = { NULL, false },
		       [TDI_RUN]      = { NULL, false },
		       [TDI_ERROR]    = { NULL, false } },
	[DSM_MSIX] = { [TDI_UNLOCKED] = { NULL, false },
		       [TDI_LOCKED]   = { NULL, false },
		       [TDI_RUN]      = { NULL, true },
		       [TDI_ERROR]    = { &dsm_rule_dma_error, false } },
	/* clang-format on */
};

/* A STOP under way has begun to take trust away: as ERROR. */
static enum tdi_state state_now(const struct tdi *t)
{
	return t->stopping ? TDI_ERROR : t->state;
}

static bool tell(const struct rule *rule, const struct rule **why)
{
	if (why)
		*why = rule;
	return !rule;
}

bool dsm_mmio_verdict(const struct dsm_pci *p, uint32_t fn, bool tee, bool t,
		      int stream, const struct rule **why)
{
	const struct tdi *tdi;
	enum mmio_kind kind = TEE_OTHER;

	if (fn >= p->cfg.tdi_count)
		return tell(tee && t ? &dsm_rule_unlocked : NULL, why);
	tdi = &p->cfg.tdis[fn];
	if (!tee)
		kind = NON_TEE;
	else if (t && tdi->state == TDI_UNLOCKED)
		kind = TEE_TRUSTED;
	else if (t && stream >= 0 && stream <= UINT8_MAX &&
		 tdi_uses_stream(tdi, (uint8_t)stream))
		kind = TEE_TRUSTED;
	return tell(mmio_rules[kind][state_now(tdi)], why);
}

bool dsm_dma_verdict(const struct dsm_pci *p, uint32_t fn, enum dsm_dma kind,
		     bool *t, int *stream, const struct rule **why)
{
	const struct dma_cell *c;
	const struct tdi *tdi;

	*t = false;
	*stream = -1;
	if (fn >= p->cfg.tdi_count)
		return tell(NULL, why);
	tdi = &p->cfg.tdis[fn];
	if (kind == DSM_MSIX && !(tdi->lock.flags & TDISP_LOCK_MSIX))
		kind = DSM_MSI;
	c = &dma_cells[kind][state_now(tdi)];
	if (c->t) {
		*t = true;
		*stream = tdi->lock.default_stream;
	}
	return tell(c->why, why);
}

bool dsm_p2p_verdict(const struct dsm_pci *p, uint32_t fn, uint8_t stream,
		     const struct rule **why)
{
	const struct tdi *t;

	if (fn >= p->cfg.tdi_count)
		return tell(&dsm_rule_p2p, why);
	t = &p->cfg.tdis[fn];
	return tell(state_now(t) == TDI_RUN && tdi_uses_stream(t, stream) &&
				    stream != t->lock.default_stream
			    ? NULL
			    : &dsm_rule_p2p,
		    why);
}

uint32_t dsm_epoch(const struct dsm_pci *p, uint32_t fn)
{
	return fn < p->cfg.tdi_count ? p->cfg.tdis[fn].runs : 0;
}
