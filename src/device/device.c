/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device.h"

#include <string.h>

#include "base/assert.h"
#include "base/bits.h"
#include "device/device_priv.h"

static void insecure(void *ctx, unsigned idx, enum ide_cause cause)
{
	struct device *d = ctx;
	uint8_t bit = (uint8_t)(1u << idx);

	env_trace(d->cfg.env, DEVICE_TR_STREAM, idx, cause, 0);
	if (!d->killing) {
		d->event_due |= bit;
		d->stream[idx].lost_id = d->stream[idx].id;
		d->stream[idx].cause = cause;
	}
	switch (cause) {
	case IDE_CAUSE_DISABLED:
	case IDE_CAUSE_LINK_DOWN:
	case IDE_CAUSE_RESET:
		break;
	case IDE_CAUSE_PEER:
		pci_ide_show(&d->fn[0].cfg, d->ide_cap, idx, IDE_STS_INSECURE,
			     true);
		break;
	case IDE_CAUSE_CHECK:
	case IDE_CAUSE_CONFIG:
	case IDE_CAUSE_KEY_STOPPED:
	case IDE_CAUSE_COUNTER:
	case IDE_CAUSE_WIPED:
	case IDE_CAUSES:
		d->fail_due |= bit;
		break;
	}
}

void device_event(struct device *d, enum dsm_event ev, uint32_t which)
{
	const struct device_seams *s = d->cfg.seams;

	d->stirred = true;
	if (!s || !s->event || s->event(d->cfg.seams_ctx, d, ev, which))
		dsm_event(&d->dsm, ev, which);
}

static bool relaxed(const struct device *d, uint32_t bit)
{
	return d->cfg.relax & bit;
}

static enum il_err init_ide(struct device *d)
{
	const struct crypto *own = d->cfg.link_crypto;
	struct ide_cfg ide = {
		.crypto = own ? own : d->cfg.crypto,
		.env = d->cfg.env,
		/* Without streams, one that no register reaches. */
		.streams = d->cfg.streams ? d->cfg.streams : 1,
		.forget_oldest = d->cfg.long_lived || d->cfg.assume,
		.same_keys = relaxed(d, DEVICE_RELAX_SAME_KEY),
		.insecure = insecure,
		.ctx = d,
	};
	enum il_err err = ide_init(&d->ide, &ide);

	if (!err)
		device_ide_sync(d);
	return err;
}

static struct dsm_pci_cfg pci_cfg_of(struct device *d)
{
	return (struct dsm_pci_cfg){
		.env = d->cfg.env,
		.port = &d->port,
		.port_ctx = d,
		.tdi_table = d->cfg.tdi_table,
		.idekm_table = d->cfg.idekm_table,
		.cascade = d->cfg.cascade,
		.lock_flags = d->cfg.lock_flags,
		.addr_width = d->cfg.addr_width,
		.num_req_this = d->cfg.num_req_this,
		.num_req_all = d->cfg.num_req_all,
		.lock_without_keys = relaxed(d, DEVICE_RELAX_NO_KEYS),
		.lock_after_key_stop = relaxed(d, DEVICE_RELAX_KEY_STOP),
		.any_port = relaxed(d, DEVICE_RELAX_PORTS),
		.any_interface = relaxed(d, DEVICE_RELAX_INTERFACE),
		.watch_msix = relaxed(d, DEVICE_STRICTER_MSIX),
		.fns = d->dsm_fns,
		.tdis = d->tdis,
		.tdi_count = d->fns,
		.streams = d->km,
		.stream_count = DEVICE_STREAMS,
		.ide_fn = 0,
		.report = d->reports,
		.report_cap = DEVICE_REPORT_CAP,
		.why = d->why,
	};
}

static bool set_updatable(const struct device_bar *set)
{
	for (unsigned b = 0; b < T0_BARS; b++)
		for (unsigned i = 0; i < set[b].parts; i++)
			if (set[b].part[i].updatable)
				return true;
	return false;
}

static bool updatable(const struct device_cfg *cfg)
{
	for (unsigned i = 0; i < cfg->pfs; i++)
		if (set_updatable(cfg->pf[i].bar))
			return true;
	return set_updatable(cfg->vf_bar);
}

void device_wire(struct device *d)
{
	d->port = device_dsm_port;
	if (!(d->cfg.lock_flags & TDISP_LOCK_BIND_P2P))
		d->port.bind_p2p = d->port.unbind_p2p = NULL;
	if (!d->cfg.vdm)
		d->port.vdm = NULL;
	if (!updatable(&d->cfg))
		d->port.set_mmio_attr = NULL;
	d->spdm_port = device_spdm_port;
	if (d->cfg.seams && d->cfg.seams->ports)
		d->cfg.seams->ports(d->cfg.seams_ctx, d, &d->spdm_port,
				    &d->port);
}

static enum il_err init_dsm(struct device *d)
{
	struct dsm_cfg dsm = { .spdm = d->cfg.spdm,
			       .conns = d->conns,
			       .conn_count = d->cfg.conns,
			       .pci = pci_cfg_of(d),
			       .tap = d->cfg.tap,
			       .tap_ctx = d->cfg.tap_ctx };

	device_wire(d);
	dsm.spdm.crypto = d->cfg.crypto;
	dsm.spdm.env = d->cfg.env;
	dsm.spdm.port = &d->spdm_port;
	dsm.spdm.port_ctx = d;
	/* An object that holds it in a record has no more than the limit. */
	dsm.spdm.longest = (uint32_t)d->reply_len - DEVICE_RECORD_OVER;
	dsm.spdm.ses = d->ses;
	dsm.spdm.ses_count = SPDM_RSP_SESSIONS;
	dsm.spdm.scratch = d->spdm_scratch;
	dsm.spdm.scratch_len = d->scratch_len;
	dsm.spdm.large = d->spdm_large;
	dsm.spdm.large_cap = d->cfg.max_message;
	if (d->spdm_large)
		dsm.spdm.caps |= SPDM_CAP_CHUNK | SPDM_CAP_LARGE_RESP;
	dsm.spdm.kept = d->spdm_kept;
	dsm.spdm.kept_cap = d->cfg.spdm.transfer;
	while (dsm.spdm.rdt_exponent < 31 &&
	       UINT32_C(1) << dsm.spdm.rdt_exponent < d->cfg.sign_us)
		dsm.spdm.rdt_exponent++;
	dsm.spdm.peer_chain = d->peer_chains;
	dsm.spdm.peer_chain_cap = d->peer_chains ? DEVICE_PEER_CHAIN : 0;
	return dsm_init(&d->dsm, &dsm);
}

static enum il_err init_fn(struct device *d, unsigned i)
{
	struct device_fn *fn = &d->fn[i];

	fn->dev = d;
	fn->index = i;
	fn->there = fn_physical(fn);
	/* A physical function's PF is itself, a VF's is function 0. */
	d->dsm_fns[i].pf = fn->there ? i : 0;
	for (unsigned b = 1; b < T0_BARS; b++) {
		struct device_mem *m = &fn->mem[b];

		m->size = fn_bar_cfg(fn, b)->size;
		if (!m->size)
			continue;
		m->p = arena_take(d->cfg.arena, m->size, PAGE_4K);
		if (!m->p)
			return IL_E_NOMEM;
	}
	fn->engine.buf = arena_take(d->cfg.arena, DMA_MAX_LEN, PAGE_4K);
	if (!fn->engine.buf)
		return IL_E_NOMEM;
	fn_build(fn);
	fn_reset(fn);
	return IL_OK;
}

/* Plaintext of a request, then the longest measurement record. */
static size_t scratch_need(const struct device_cfg *cfg)
{
	const size_t pqc = (cfg->spdm.pqc_asym ? SPDM_RSP_SIG_ROOM : 0) +
			   (cfg->spdm.kem ? SPDM_RSP_KEM_ROOM : 0);

	return 2 * (cfg->doe_limit ? cfg->doe_limit : DOE_OBJECT_LIMIT) +
	       cfg->max_message + SPDM_SECURED_SLACK + pqc;
}

/* Requesters are asked for their chains. */
static bool shows(const struct device_cfg *cfg)
{
	return cfg->spdm.mutual || cfg->spdm.basic;
}

static enum il_err init_buffers(struct device *d)
{
	size_t limit = d->cfg.doe_limit;

	d->reply_len = limit - DOE_HEADER_LEN;
	d->scratch_len = scratch_need(&d->cfg);
	d->doe_in = arena_take(d->cfg.arena, limit, 8);
	d->doe_out = arena_take(d->cfg.arena, limit, 8);
	d->reply = arena_take(d->cfg.arena, d->reply_len, 8);
	d->spdm_scratch =
		arena_take(d->cfg.arena, d->cfg.conns * d->scratch_len, 8);
	if (shows(&d->cfg)) {
		d->peer_chains =
			arena_take(d->cfg.arena,
				   d->cfg.conns * (size_t)DEVICE_PEER_CHAIN, 8);
		if (!d->peer_chains)
			return IL_E_NOMEM;
	}
	if (d->cfg.max_message)
		d->spdm_large = arena_take(
			d->cfg.arena, (size_t)d->cfg.conns * d->cfg.max_message,
			8);
	if (d->cfg.sign_us)
		d->spdm_kept = arena_take(
			d->cfg.arena,
			(size_t)d->cfg.conns * d->cfg.spdm.transfer, 8);
	if (!d->doe_in || !d->doe_out || !d->reply || !d->spdm_scratch ||
	    (d->cfg.max_message && !d->spdm_large) ||
	    (d->cfg.sign_us && !d->spdm_kept))
		return IL_E_NOMEM;
	doe_init(&d->doe, d->cfg.env, d->doe_in, d->doe_out, limit);
	if (d->cfg.doe_table)
		d->doe.edges = d->cfg.doe_table;
	return IL_OK;
}

size_t device_arena_need(const struct device_cfg *cfg)
{
	size_t limit = cfg->doe_limit ? cfg->doe_limit : DOE_OBJECT_LIMIT;
	size_t need = 3 * limit + UINT64_C(4) * 64;
	struct device_cfg full = *cfg;

	device_cfg_fill(&full);
	need += full.conns * scratch_need(&full);
	need += full.conns * (uint64_t)full.max_message + 8;
	if (full.sign_us)
		need += full.conns * (uint64_t)full.spdm.transfer + 8;
	if (shows(cfg))
		need += full.conns * (size_t)DEVICE_PEER_CHAIN;
	for (unsigned b = 1; b < T0_BARS; b++)
		need += cfg->vfs * full.vf_bar[b].size + DEVICE_FNS * PAGE_4K;
	for (unsigned i = 0; i < full.pfs; i++)
		for (unsigned b = 1; b < T0_BARS; b++)
			need += full.pf[i].bar[b].size;
	need += device_store_need(cfg);
	return need + (full.pfs + cfg->vfs) * (DMA_MAX_LEN + PAGE_4K);
}

static enum il_err begin(struct device *d, const struct device_cfg *cfg)
{
	enum il_err err;

	memset(d, 0, sizeof(*d));
	d->cfg = *cfg;
	device_cfg_fill(&d->cfg);
	if (!device_cfg_sane(&d->cfg))
		return IL_E_ARG;
	d->fns = d->cfg.pfs + cfg->vfs;
	for (unsigned i = 0; i < d->cfg.pfs; i++)
		d->wired |= d->cfg.pf[i].no_msix;
	d->powered = d->up = cfg->powered;
	d->dev = cfg->dev_number;
	d->wake_ns = UINT64_MAX;
	d->ticked_ns = UINT64_MAX;
	err = init_buffers(d);
	if (err)
		return err;
	for (unsigned i = 0; i < d->fns; i++) {
		err = init_fn(d, i);
		if (err)
			return err;
	}
	device_assume_init(d);
	err = init_ide(d);
	if (err)
		return err;
	err = device_store_init(d);
	if (!err)
		err = init_dsm(d);
	if (err) {
		device_store_fini(d);
		return err;
	}
	device_name_functions(d);
	return IL_OK;
}

enum il_err device_init(struct device *d, const struct device_cfg *cfg)
{
	const enum il_err err = begin(d, cfg);

	if (err)
		bytes_wipe(d->cfg.psk, sizeof(d->cfg.psk));
	return err;
}

void device_fini(struct device *d)
{
	dsm_fini(&d->dsm);
	device_store_fini(d);
	ide_fini(&d->ide);
	bytes_wipe(d->cfg.psk, sizeof(d->cfg.psk));
}

/* What moves with every packet. */
static bool own_sane(const struct device *d)
{
	if (d->up && !d->powered)
		return false;
	for (unsigned i = 0; i < d->fns; i++) {
		const struct device_engine *e = &d->fn[i].engine;

		if (e->used > DMA_MAX_LEN || e->moved > e->size ||
		    e->asked > e->size)
			return false;
		if (e->state != ENGINE_IDLE && !d->fn[i].there)
			return false;
	}
	return d->fn[0].there && doe_sane(&d->doe);
}

bool device_sane(const struct device *d)
{
	return own_sane(d) && dsm_sane(&d->dsm) && ide_sane(&d->ide);
}

static void refused(struct device *d, const struct fault *f)
{
	d->last = *f;
	d->faults++;
	if (d->cfg.refused)
		d->cfg.refused(d->cfg.refused_ctx, f);
}

void device_refuse_own(struct device *d, unsigned fn, const struct rule *rule,
		       enum fault_stage stage, uint64_t addr, bool write)
{
	const struct fault f = { .rule = rule,
				 .stage = stage,
				 .who = AGENT_DEVICE,
				 .id = device_rid(d, fn),
				 .addr = addr,
				 .write = write };

	refused(d, &f);
}

void device_refuse(struct device *d, unsigned fn, const struct tlp *t,
		   const struct rule *rule, enum fault_stage stage)
{
	bool cfg = t->type == TLP_CFGRD0 || t->type == TLP_CFGRD1 ||
		   t->type == TLP_CFGWR0 || t->type == TLP_CFGWR1;

	const struct fault f = {
		.rule = rule,
		.stage = stage,
		.who = AGENT_HOST,
		.id = device_rid(d, fn),
		.addr = cfg ? t->reg : t->addr,
		.write = tlp_has_data(t->type) && t->type != TLP_CPLD,
		.trusted = t->ide && t->prefix.t,
	};

	refused(d, &f);
	env_trace(d->cfg.env, DEVICE_TR_REFUSED, fn, d->last.addr,
		  d->last.write);
}

static void take_tlp(struct device *d, size_t n)
{
	const struct device_seams *seams = d->cfg.seams;
	struct fault why = { .rule = NULL };
	struct tlp t = { .type = TLP_MSG };

	if (ide_unprotect(&d->ide, d->frame, n, d->scratch, sizeof(d->scratch),
			  &t, &why)) {
		why.stage = FAULT_IDE;
		refused(d, &why);
		return;
	}
	if (t.ide && d->keys_seen != d->ide.key_changes) {
		d->keys_seen = d->ide.key_changes;
		for (unsigned i = 0; i < d->cfg.streams; i++)
			device_keys_changed(d, i);
	}
	if (seams && seams->packet && !seams->packet(d->cfg.seams_ctx, d, &t))
		return;
	if (t.ide && !ide_rid_ok(&d->ide, &t, &why)) {
		device_refuse(d, 0, &t, why.rule, FAULT_IDE);
		if (tlp_class_of(t.type) == TLP_NON_POSTED)
			device_answer_status(d, &t, 0, TLP_CPL_UR);
		return;
	}
	switch (t.type) {
	case TLP_CFGRD0:
	case TLP_CFGRD1:
	case TLP_CFGWR0:
	case TLP_CFGWR1:
		device_take_cfg(d, &t);
		break;
	case TLP_MRD:
	case TLP_MWR:
		device_take_mem(d, &t);
		break;
	case TLP_CPL:
	case TLP_CPLD:
		device_take_cpl(d, &t);
		break;
	case TLP_MSG:
	case TLP_MSGD:
	case TLP_TYPES:
		break; /* nothing that we listen to */
	}
}

void device_settle(struct device *d)
{
	for (unsigned i = 0; i < d->fns; i++) {
		if (!(d->reset_due >> i & 1))
			continue;
		d->reset_due &= ~(UINT64_C(1) << i);
		device_function_reset(d, i);
	}
	device_streams_fell(d);
	if (d->assumed_ide)
		loose_settle(d);
	(void)intx_settle(d);
}

static bool take_frame(struct device *d)
{
	enum link_kind kind;
	enum link_event ev;
	size_t n;

	if (!d->cfg.link.ops)
		return false;
	if (link_recv(&d->cfg.link, &kind, d->frame, sizeof(d->frame), &n))
		return false;
	if (kind == LINK_EVENT) {
		if (!link_event_decode(d->frame, n, &ev))
			device_take_event(d, ev);
	} else if (d->up) {
		take_tlp(d, n);
	}
	device_settle(d);
	return true;
}

/* What is over by now: nothing, if no time has passed. */
static void clocks(struct device *d, uint64_t now_ns)
{
	if (now_ns == d->ticked_ns && !d->stirred)
		return;
	d->ticked_ns = now_ns;
	d->stirred = true;
	doe_tick(&d->doe, now_ns);
	engines_timeouts(d);
}

static bool breaks(const struct device *d)
{
	return d->cfg.seams && d->cfg.seams->breaks;
}

bool device_run(struct device *d, uint64_t now_ns)
{
	bool any = false, moved;

	d->now_ns = now_ns;
	do {
		/* An answer that waits for room goes before new questions. */
		while (device_flush(d) && take_frame(d))
			any = true;
		moved = device_serve_doe(d);
		device_streams_fell(d);
		any |= moved;
	} while (moved);
	clocks(d, now_ns);
	if (d->up)
		any |= engines_step(d);
	any |= intx_settle(d);
	/* One that waits for an engine waits for a time, too. */
	if (d->stirred || d->wake_ns != UINT64_MAX)
		d->wake_ns = dsm_tick(&d->dsm, now_ns);
	device_streams_fell(d);
	/*
	 * Whoever breaks a rule on purpose is not held to what follows. Streams
	 * and the DSM assert their own sanity where they change.
	 */
	IL_ASSERT(breaks(d) || (d->stirred ? device_sane(d) : own_sane(d)));
	d->stirred = false;
	return any;
}
