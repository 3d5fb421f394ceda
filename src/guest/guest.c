/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "base/bytes.h"
#include "guest/prog_priv.h"
#include "pci/dma_engine.h"
#include "pci/regs.h"

/* Where a program starts, where it leads, and what it runs. */
static const struct prog {
	const char *name;
	guest_fn *fn;
	unsigned from; /* states it may start in, one bit each */
	enum guest_state to;
	bool stays; /* the state is as before afterwards */
} progs[GUEST_PROGS] = {
	/* clang-format off */
	[GUEST_BOOT]     = { "boot",     guest_boot,   1u << GUEST_NONE,     GUEST_NONE,     true  },
	/* FOUND: the function went and came back, as the host pleased. */
	[GUEST_PROBE]    = { "probe",    guest_probe,
			     1u << GUEST_NONE | 1u << GUEST_FOUND,
			     GUEST_FOUND, false },
	[GUEST_LOCK]     = { "lock",     guest_lock,   1u << GUEST_FOUND,    GUEST_LOCKED,   false },
	[GUEST_APPRAISE] = { "evidence", guest_judge,  1u << GUEST_LOCKED,   GUEST_JUDGED,   false },
	[GUEST_ACCEPT]   = { "accept",   guest_accept, 1u << GUEST_JUDGED,   GUEST_ACCEPTED, false },
	[GUEST_START]    = { "start",    guest_start,  1u << GUEST_ACCEPTED, GUEST_RUNNING,  false },
	/* FOUND: an untrusted function, or one that is not locked yet. */
	[GUEST_DMA]      = { "dma",      guest_dma,
			     1u << GUEST_FOUND | 1u << GUEST_RUNNING,
			     GUEST_RUNNING, true },
	[GUEST_SHARE]    = { "share",    guest_share,   ~0u, GUEST_NONE, true },
	[GUEST_UNSHARE]  = { "unshare",  guest_unshare, ~0u, GUEST_NONE, true },
	[GUEST_MMIO]     = { "mmio",     guest_mmio,   1u << GUEST_RUNNING,  GUEST_RUNNING,  true  },
	/* What does not fit is the driver core's own refusal. */
	[GUEST_BIND]     = { "driver bind",   guest_bind,   ~1u, GUEST_NONE, true },
	[GUEST_UNBIND]   = { "driver unbind", guest_unbind, ~1u, GUEST_NONE, true },
	[GUEST_LOAD]     = { "load",     guest_load,  ~(1u << GUEST_NONE), GUEST_NONE, true },
	[GUEST_STORE]    = { "store",    guest_store, ~(1u << GUEST_NONE), GUEST_NONE, true },
	[GUEST_RELEASE]  = { "release",  guest_release,
			     1u << GUEST_LOCKED | 1u << GUEST_JUDGED |
			     1u << GUEST_ACCEPTED | 1u << GUEST_RUNNING,
			     GUEST_FOUND, false },
	/* clang-format on */
};

static void enter(struct guest *g, enum guest_state to)
{
	env_trace(g->cfg.env, GUEST_EV_STATE, to, g->state, 0);
	g->state = to;
}

void guest_init(struct guest *g, const struct guest_cfg *cfg)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
}

/* What belongs to a lock session ends with it, as a unit (law 25). */
static void forget_session(struct guest *g)
{
	crypto_chain_drop(g->cfg.crypto, &g->findings.chain);
	memset(&g->findings, 0, sizeof(g->findings));
	memset(&g->claims, 0, sizeof(g->claims));
	bytes_wipe(g->nonce, sizeof(g->nonce));
	g->ranges_on = 0;
	g->dma_on = false;
}

void guest_fini(struct guest *g)
{
	forget_session(g);
}

static bool payload_good(const struct guest *g, const struct guest_payload *p)
{
	return p && p->len <= g->cfg.map.buf_size && p->window &&
	       p->window <= DMA_MAX_LEN;
}

static bool bounces(const struct guest_payload *p)
{
	return p->src_shared || p->dst_shared;
}

enum il_err guest_turn(struct guest *g)
{
	struct guest_bar bar[EVIDENCE_BARS];
	const uint32_t bdf = g->bdf;

	if (g->prog != GUEST_PROG_NONE)
		return IL_E_STATE;
	memcpy(bar, g->bar, sizeof(bar));
	memcpy(g->bar, g->other_bar, sizeof(bar));
	memcpy(g->other_bar, bar, sizeof(bar));
	g->bdf = g->other_bdf;
	g->other_bdf = bdf;
	g->beside = !g->beside;
	return IL_OK;
}

/* An ordinary function has no state but that it was found. */
static bool may_begin(const struct guest *g, enum guest_prog prog)
{
	if (!g->beside)
		return progs[prog].from & 1u << g->state;
	return prog == GUEST_PROBE || prog == GUEST_SHARE ||
	       prog == GUEST_UNSHARE ||
	       (prog == GUEST_DMA && g->bar[DMA_BAR_REGS].size);
}

enum il_err guest_begin(struct guest *g, enum guest_prog prog,
			const struct guest_payload *payload)
{
	g->eno = 0;
	if (g->prog != GUEST_PROG_NONE)
		return IL_E_STATE;
	if (prog <= GUEST_PROG_NONE || prog >= GUEST_PROGS)
		return IL_E_ARG;
	if (!may_begin(g, prog))
		return IL_E_STATE;
	/* tsm/unlock */
	if (prog == GUEST_RELEASE && g->driver_bound)
		return guest_refuse(g, EBUSY, "a driver is bound");
	if (prog == GUEST_DMA && !payload_good(g, payload))
		return IL_E_ARG;
	if (prog == GUEST_DMA && bounces(payload) && !g->bounce_on)
		return IL_E_STATE;
	g->gpa = g->cfg.map.bounce;
	g->size = g->cfg.map.bounce_size;
	g->prog = prog;
	g->phase = g->i = 0;
	g->done = g->at = 0;
	g->tmp = 0;
	g->what = NULL;
	g->judging = prog == GUEST_APPRAISE;
	g->first = IL_OK;
	if (payload)
		g->payload = *payload;
	return IL_OK;
}

enum il_err guest_begin_pages(struct guest *g, enum guest_prog prog,
			      uint64_t gpa, uint64_t size)
{
	enum il_err err;

	g->eno = 0;
	if ((prog != GUEST_SHARE && prog != GUEST_UNSHARE) ||
	    (gpa | size) & (PAGE_4K - 1) || gpa + size < gpa)
		return IL_E_ARG;
	err = guest_begin(g, prog, NULL);
	if (err || !size)
		return err;
	g->gpa = gpa;
	g->size = size;
	return IL_OK;
}

enum il_err guest_begin_touch(struct guest *g, enum guest_prog prog,
			      const struct guest_touch *t)
{
	enum il_err err;

	g->eno = 0;
	if ((prog != GUEST_LOAD && prog != GUEST_STORE) ||
	    t->bar > GUEST_CONFIG || !t->len ||
	    t->len > (t->bar == GUEST_CONFIG ? 4 : 8) ||
	    t->len & (t->len - 1) || t->off % t->len ||
	    t->off >= (t->bar == GUEST_CONFIG ? CFG_SIZE : g->bar[t->bar].size))
		return IL_E_ARG;
	err = guest_begin(g, prog, NULL);
	if (!err)
		g->touch = *t;
	return err;
}

enum il_err guest_run(struct guest *g)
{
	const struct prog *p = &progs[g->prog];
	enum il_err err;

	if (g->prog == GUEST_PROG_NONE)
		return IL_E_STATE;
	err = p->fn(g);
	if (err == IL_E_AGAIN)
		return err;
	env_trace(g->cfg.env, GUEST_EV_DONE, g->prog, g->state, err);
	/* Release ends where it leads whatever the host answered (law 49). */
	if (g->prog == GUEST_RELEASE)
		forget_session(g);
	if (!g->beside && ((!err && !p->stays) || g->prog == GUEST_RELEASE))
		enter(g, p->to);
	g->prog = GUEST_PROG_NONE;
	IL_ASSERT(guest_sane(g));
	return err;
}

enum il_err guest_shared_from(struct guest *g, uint64_t bus)
{
	const struct guest_arch_ops *a = g->cfg.arch;

	return a->shared_from ? a->shared_from(g->cfg.arch_ctx, bus) : IL_E_ARG;
}

void guest_abandon(struct guest *g)
{
	g->prog = GUEST_PROG_NONE;
}

enum il_err guest_refuse(struct guest *g, int eno, const char *what)
{
	g->eno = eno;
	return guest_fail(g, IL_E_STATE, what);
}

enum il_err guest_fail(struct guest *g, enum il_err err, const char *what)
{
	if (err != IL_OK && err != IL_E_AGAIN)
		g->what = what;
	return err;
}

void guest_what(const struct guest *g, char *out, size_t cap)
{
	if (g->judging && g->verdict.why)
		evidence_verdict_text(&g->verdict, out, cap);
	else
		snprintf(out, cap, "%s", g->what ? g->what : "");
}

bool guest_sane(const struct guest *g)
{
	if (g->state >= GUEST_STATES || g->prog >= GUEST_PROGS)
		return false;
	if (g->dma_on && g->state < GUEST_ACCEPTED)
		return false;
	/* Nothing of a lock session without one. */
	return g->state >= GUEST_LOCKED || (!g->ranges_on && !g->claims.tdi_id);
}

const char *guest_prog_name(enum guest_prog p)
{
	return p < GUEST_PROGS && progs[p].name ? progs[p].name : "none";
}

const char *guest_state_name(enum guest_state s)
{
	static const char *const name[GUEST_STATES] = {
		[GUEST_NONE] = "none",	       [GUEST_FOUND] = "found",
		[GUEST_LOCKED] = "locked",     [GUEST_JUDGED] = "judged",
		[GUEST_ACCEPTED] = "accepted", [GUEST_RUNNING] = "running",
	};

	return s < GUEST_STATES ? name[s] : "?";
}
