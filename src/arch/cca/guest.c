/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/guest.h"

#include <stdio.h>
#include <string.h>

#include "arch/cca/guest_priv.h"
#include "base/bits.h"
#include "base/bytes.h"

void cca_guest_init(struct cca_guest *g, const struct cca_guest_cfg *cfg)
{
	memset(g, 0, sizeof(*g));
	g->cfg = *cfg;
}

void cca_guest_fini(struct cca_guest *g)
{
	bytes_wipe(&g->judged, sizeof(g->judged));
	bytes_wipe(&g->info, sizeof(g->info));
}

enum il_err cca_guest_refused(struct cca_guest *g, const char *what,
			      uint64_t code)
{
	snprintf(g->why, sizeof(g->why), "%s (%llu)", what,
		 (unsigned long long)code);
	return IL_E_PEER;
}

/* The entry is over: the next one starts at its beginning. */
static enum il_err over(struct cca_guest *g, enum il_err err)
{
	if (err != IL_E_AGAIN) {
		g->phase = g->call_phase = g->ask_phase = g->object = 0;
		g->at = 0;
	}
	return err;
}

/* --- calls --- */

enum il_err cca_guest_smc(struct cca_guest *g, const char *name,
			  uint64_t x[CCA_SMC_REGS])
{
	enum il_err err = g->cfg.insn->smc(g->cfg.insn->ctx, x);

	if (!err && x[0] != RSI_SUCCESS)
		return cca_guest_refused(g, name, x[0]);
	return err;
}

enum { PUT, RING, TAKE };

static enum il_err call_phase(struct cca_guest *g)
{
	const struct cca_realm_insn *cpu = g->cfg.insn;
	uint64_t x[CCA_SMC_REGS] = { RSI_HOST_CALL, g->cfg.map.call };
	uint8_t b[HOST_CALL_LEN] = { 0 };
	enum il_err err;

	switch (g->call_phase) {
	case PUT:
		for (unsigned i = 0; i < COUNT(g->gpr); i++)
			cca_put_u64(b, HOST_CALL_GPRS + 8 * i, g->gpr[i]);
		return cpu->write(cpu->ctx, g->cfg.map.call, b, sizeof(b));
	case RING:
		return cca_guest_smc(g, "HOST_CALL", x);
	default:
		err = cpu->read(cpu->ctx, g->cfg.map.call, b, sizeof(b));
		for (unsigned i = 0; i < COUNT(g->gpr) && !err; i++)
			g->gpr[i] = cca_u64(b, HOST_CALL_GPRS + 8 * i);
		return err;
	}
}

enum il_err cca_guest_call(struct cca_guest *g, const char *name,
			   const uint64_t *arg, unsigned n)
{
	if (g->call_phase == PUT) {
		memset(g->gpr, 0, sizeof(g->gpr));
		memcpy(g->gpr, arg, n * sizeof(*arg));
	}
	for (; g->call_phase <= TAKE; g->call_phase++) {
		enum il_err err = call_phase(g);

		if (err) {
			g->call_phase = err == IL_E_AGAIN ? g->call_phase : PUT;
			return err;
		}
	}
	g->call_phase = PUT;
	return g->gpr[0] ? cca_guest_refused(g, name, g->gpr[0]) : IL_OK;
}

static void read_info(struct cca_guest_info *o, const uint8_t *p)
{
	static const unsigned at[RMI_DEV_OBJS] = {
		[RMI_DEV_OBJ_VCA] = VDEV_INFO_VCA,
		[RMI_DEV_OBJ_CERT] = VDEV_INFO_CERT,
		[RMI_DEV_OBJ_MEAS] = VDEV_INFO_MEAS,
		[RMI_DEV_OBJ_REPORT] = VDEV_INFO_REPORT,
	};

	o->state = cca_u8(p, VDEV_INFO_STATE);
	o->hash = cca_u8(p, VDEV_INFO_HASH);
	o->lock_nonce = cca_u64(p, VDEV_INFO_LOCK_NONCE);
	o->meas_nonce = cca_u64(p, VDEV_INFO_MEAS_NONCE);
	o->report_nonce = cca_u64(p, VDEV_INFO_REPORT_NONCE);
	for (unsigned i = 0; i < RMI_DEV_OBJS; i++)
		memcpy(o->digest[i], p + at[i], VDEV_INFO_DIGEST_MAX);
}

enum il_err cca_guest_info(struct cca_guest *g)
{
	const struct cca_realm_insn *cpu = g->cfg.insn;
	uint64_t x[CCA_SMC_REGS] = { RSI_VDEV_GET_INFO, g->vdev_id,
				     g->cfg.map.info };
	uint8_t b[VDEV_INFO_LEN];
	enum il_err err = IL_OK;

	if (g->ask_phase == 0) {
		err = cca_guest_smc(g, "VDEV_GET_INFO", x);
		g->ask_phase += !err;
	}
	if (!err)
		err = cpu->read(cpu->ctx, g->cfg.map.info, b, sizeof(b));
	if (err)
		return err;
	g->ask_phase = 0;
	read_info(&g->info, b);
	return IL_OK;
}

/* Which bit of an address is "not protected". */
static enum il_err ask_config(struct cca_guest *g)
{
	const struct cca_realm_insn *cpu = g->cfg.insn;
	uint64_t x[CCA_SMC_REGS] = { RSI_REALM_CONFIG, g->cfg.map.info };
	uint8_t b[8];
	enum il_err err = IL_OK;

	if (g->ipa_bits)
		return IL_OK;
	if (g->ask_phase == 0) {
		err = cca_guest_smc(g, "REALM_CONFIG", x);
		g->ask_phase += !err;
	}
	if (!err)
		err = cpu->read(cpu->ctx, g->cfg.map.info, b, sizeof(b));
	if (err)
		return err;
	g->ask_phase = 0;
	x[0] = cca_u64(b, REALM_CONFIG_IPA_WIDTH);
	if (x[0] < 32 || x[0] > 52)
		return cca_guest_refused(g, "REALM_CONFIG", x[0]);
	g->ipa_bits = (unsigned)x[0];
	return IL_OK;
}

/* --- pages of RAM --- */

enum il_err cca_guest_ripas(struct cca_guest *g, uint64_t ipa, uint64_t size,
			    uint8_t ripas)
{
	while (g->at < size) {
		uint64_t x[CCA_SMC_REGS] = { RSI_IPA_STATE_SET, ipa + g->at,
					     ipa + size, ripas,
					     RSI_CHANGE_DESTROYED };
		enum il_err err = cca_guest_smc(g, "IPA_STATE_SET", x);

		if (err)
			return err;
		if (x[2] != RSI_ACCEPT)
			return cca_guest_refused(
				g, "IPA_STATE_SET: the host rejects", x[2]);
		if (x[1] <= ipa + g->at || x[1] > ipa + size)
			return cca_guest_refused(
				g, "IPA_STATE_SET: no progress", x[1]);
		g->at = x[1] - ipa;
	}
	return IL_OK;
}

static bool ram_range(const struct cca_guest *g, uint64_t gpa, uint64_t size)
{
	uint64_t first = gpa / PAGE_4K, n = size / PAGE_4K;

	return n && !((gpa | size) & (PAGE_4K - 1)) && first < g->cfg.pages &&
	       n <= g->cfg.pages - first;
}

/* True: all of them are, or none is. */
static bool uniform(const struct cca_guest *g, uint64_t gpa, uint64_t size,
		    bool shared)
{
	for (uint64_t at = 0; at < size; at += PAGE_4K)
		if (!!g->cfg.page[(gpa + at) / PAGE_4K] != shared)
			return false;
	return true;
}

/* The one writer. */
static void page_set(struct cca_guest *g, uint64_t gpa, uint64_t size,
		     bool shared)
{
	memset(g->cfg.page + gpa / PAGE_4K, shared, size / PAGE_4K);
}

enum { SET, UNDO };

/* If the host rejects half way, what it has got becomes RAM again. */
static enum il_err share_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct cca_guest *g = ctx;
	enum il_err err;

	if (!ram_range(g, gpa, size) || !uniform(g, gpa, size, false))
		return over(
			g, cca_guest_refused(g, "share: not private RAM", gpa));
	if (g->phase == SET) {
		err = cca_guest_ripas(g, gpa, size, RMI_EMPTY);
		if (err == IL_E_AGAIN)
			return err;
		if (!err) {
			page_set(g, gpa, size, true);
			return over(g, IL_OK);
		}
		g->phase = UNDO;
		g->upto = g->at;
		g->at = 0;
	}
	err = cca_guest_ripas(g, gpa, g->upto, RMI_RAM);
	return over(g, err ? err : IL_E_PEER);
}

/* RAM since the launch: nothing to do, but the monitor is asked. */
static enum il_err is_ram(struct cca_guest *g, uint64_t gpa, uint64_t size)
{
	while (g->at < size) {
		uint64_t x[CCA_SMC_REGS] = { RSI_IPA_STATE_GET, gpa + g->at,
					     gpa + size };
		enum il_err err = cca_guest_smc(g, "IPA_STATE_GET", x);

		if (err)
			return err;
		if (x[2] != RMI_RAM || x[1] <= gpa + g->at)
			return cca_guest_refused(g, "IPA_STATE_GET: not RAM",
						 x[2]);
		g->at = x[1] - gpa;
	}
	return IL_OK;
}

static enum il_err accept_ram(void *ctx, uint64_t gpa, uint64_t size)
{
	struct cca_guest *g = ctx;
	enum il_err err;

	if (!ram_range(g, gpa, size))
		return cca_guest_refused(g, "accept: not RAM", gpa);
	if (uniform(g, gpa, size, false))
		return over(g, is_ram(g, gpa, size));
	if (!uniform(g, gpa, size, true))
		return cca_guest_refused(g, "accept: not all was shared", gpa);
	err = cca_guest_ripas(g, gpa, size, RMI_RAM);
	if (!err)
		page_set(g, gpa, size, false);
	return over(g, err);
}

/* --- the binding --- */

/* The two areas for talking to the host, once. */
static enum il_err open_channel(struct cca_guest *g)
{
	const struct {
		uint64_t gpa, size;
	} area[] = {
		{ g->cfg.map.params, PAGE_4K },
		{ g->cfg.map.data, CCA_GUEST_DATA_LEN },
	};
	enum il_err err = ask_config(g);

	while (!err && !g->shared) {
		err = cca_guest_ripas(g, area[g->object].gpa,
				      area[g->object].size, RMI_EMPTY);
		if (err)
			break;
		page_set(g, area[g->object].gpa, area[g->object].size, true);
		g->at = 0;
		g->shared = ++g->object == COUNT(area);
	}
	if (!err)
		g->object = 0;
	return err;
}

static enum il_err set_state(struct cca_guest *g, uint64_t state,
			     const char *name)
{
	const uint64_t arg[] = { RHI_STATE, g->vdev_id, state };

	return cca_guest_call(g, name, arg, COUNT(arg));
}

static enum il_err lock(void *ctx, uint32_t rid)
{
	struct cca_guest *g = ctx;
	enum il_err err = IL_OK;

	if (g->phase == 0) {
		err = open_channel(g);
		if (err)
			return over(g, err);
		g->vdev_id = rid;
		g->dma_on = false;
		memset(&g->judged, 0, sizeof(g->judged));
		g->phase++;
	}
	return over(g, set_state(g, RHI_LOCKED, "LOCK"));
}

static enum il_err evidence(void *ctx, const uint8_t *nonce,
			    struct evidence_claims *claims,
			    struct evidence_blobs *blobs)
{
	struct cca_guest *g = ctx;

	return over(g, cca_guest_evidence(g, nonce, claims, blobs));
}

/*
 * VALIDATE_MAPPING names what was judged: the three nonces, and the physical
 * address that the report has.
 */
static enum il_err validate(struct cca_guest *g, const struct guest_pages *m)
{
	const uint64_t top = m->gpa + m->pages * PAGE_4K;
	const uint64_t pa = (m->first_page + m->offset) * PAGE_4K;

	while (m->gpa + g->at < top) {
		uint64_t x[CCA_SMC_REGS] = { RSI_VDEV_VALIDATE_MAPPING,
					     g->vdev_id,
					     m->gpa + g->at,
					     top,
					     pa + g->at,
					     0,
					     g->judged.lock_nonce,
					     g->judged.meas_nonce,
					     g->judged.report_nonce };
		enum il_err err = cca_guest_smc(g, "VALIDATE_MAPPING", x);

		if (err)
			return err;
		if (x[2] != RSI_ACCEPT || x[1] <= m->gpa + g->at || x[1] > top)
			return cca_guest_refused(
				g, "VALIDATE_MAPPING: the host rejects", x[2]);
		g->at = x[1] - m->gpa;
	}
	return IL_OK;
}

/* Left of another mapping, that the host took away or the realm never gave
 * back: it is nothing again before something new is accepted there. */
static enum il_err is_empty(struct cca_guest *g, const struct guest_pages *m)
{
	const uint64_t size = m->pages * PAGE_4K;

	while (g->at < size) {
		uint64_t x[CCA_SMC_REGS] = { RSI_IPA_STATE_GET, m->gpa + g->at,
					     m->gpa + size };
		enum il_err err = cca_guest_smc(g, "IPA_STATE_GET", x);

		if (err)
			return err;
		if (x[1] <= m->gpa + g->at)
			return cca_guest_refused(
				g, "IPA_STATE_GET: no progress", x[1]);
		if (x[2] != RMI_EMPTY)
			return IL_E_STATE;
		g->at = x[1] - m->gpa;
	}
	return IL_OK;
}

enum { LOOK, CLEAR, MAP, TAKE_BACK };

static enum il_err next_part(struct cca_guest *g, unsigned phase)
{
	g->phase = phase;
	g->at = 0;
	return IL_OK;
}

/* What cannot be accepted whole is not accepted in part (law 39). */
static enum il_err accept_part(struct cca_guest *g, const struct guest_pages *m)
{
	const uint64_t size = m->pages * PAGE_4K;
	enum il_err err;

	switch (g->phase) {
	case LOOK:
		err = is_empty(g, m);
		if (err == IL_E_STATE)
			return next_part(g, CLEAR);
		return err ? err : next_part(g, MAP);
	case CLEAR:
		err = cca_guest_ripas(g, m->gpa, size, RMI_EMPTY);
		return err ? err : next_part(g, MAP);
	case MAP:
		err = validate(g, m);
		if (!err || err == IL_E_AGAIN || !g->at)
			return err;
		g->upto = g->at;
		return next_part(g, TAKE_BACK);
	default:
		err = cca_guest_ripas(g, m->gpa, g->upto, RMI_EMPTY);
		return err ? err : IL_E_PEER;
	}
}

static enum il_err mmio(void *ctx, const struct guest_pages *m, bool on)
{
	struct cca_guest *g = ctx;
	enum il_err err = IL_OK;
	bool last;

	if (!on)
		return over(g, cca_guest_ripas(g, m->gpa, m->pages * PAGE_4K,
					       RMI_EMPTY));
	do {
		const unsigned phase = g->phase;

		err = accept_part(g, m);
		last = phase == MAP && g->phase == MAP;
	} while (!err && !last);
	return over(g, err);
}

static enum il_err start(void *ctx)
{
	return over(ctx, set_state(ctx, RHI_RUN, "START"));
}

static enum il_err dma(void *ctx, bool on)
{
	struct cca_guest *g = ctx;
	uint64_t enable[CCA_SMC_REGS] = { RSI_VDEV_DMA_ENABLE,
					  g->vdev_id,
					  0,
					  0,
					  g->judged.lock_nonce,
					  g->judged.meas_nonce,
					  g->judged.report_nonce };
	uint64_t disable[CCA_SMC_REGS] = { RSI_VDEV_DMA_DISABLE, g->vdev_id };
	enum il_err err = cca_guest_smc(g, on ? "DMA_ENABLE" : "DMA_DISABLE",
					on ? enable : disable);

	if (err != IL_E_AGAIN)
		g->dma_on = on && !err;
	return over(g, err);
}

/* There is no stop of its own: UNLOCK is what stops, and comes next. */
static enum il_err stop(void *ctx)
{
	(void)ctx;
	return IL_OK;
}

static enum il_err unbind(void *ctx)
{
	struct cca_guest *g = ctx;
	enum il_err err = set_state(g, RHI_UNLOCKED, "UNLOCK");

	if (err != IL_E_AGAIN) {
		memset(&g->judged, 0, sizeof(g->judged));
		g->dma_on = false;
	}
	return over(g, err);
}

/*
 * A function with a trusted entry sees the realm's own address space: what is
 * shared stands in its upper half. Without it the host's tables translate.
 */
static uint64_t bus_addr(void *ctx, uint64_t gpa, bool shared)
{
	const struct cca_guest *g = ctx;

	return shared && g->dma_on ? gpa | UINT64_C(1) << (g->ipa_bits - 1)
				   : gpa;
}

static const char *why(void *ctx)
{
	const struct cca_guest *g = ctx;

	return g->why;
}

const struct guest_arch_ops cca_guest_ops = {
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
	.why = why,
};
