/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/device_priv.h"

#include "base/bits.h"
#include "base/bytes.h"

/* The half that knows IDE_KM, TDISP and the device. */

#define REPORT 256u

/* Storage, and the back itself. */
static struct il_pci *lay(struct lib_mem *m, const struct il_pci_cfg *c,
			  struct dsm_pci_cfg *out, struct dsm_fn **fns)
{
	struct il_pci *p = lib_mem_take(m, 1, sizeof(*p));

	out->tdi_count = c->tdis;
	out->stream_count = c->streams;
	out->report_cap = c->report_cap ? c->report_cap : REPORT;
	*fns = lib_mem_take(m, c->tdis, sizeof(**fns));
	out->tdis = lib_mem_take(m, c->tdis, sizeof(*out->tdis));
	out->streams = lib_mem_take(m, c->streams, sizeof(*out->streams));
	out->conns = c->conns ? c->conns : DSM_CONNS;
	/* Rows of seats. NOLINTNEXTLINE(bugprone-sizeof-expression) */
	out->seats = lib_mem_take(m, out->conns, sizeof(*out->seats));
	out->why = lib_mem_take(m, c->tdis, sizeof(*out->why));
	out->report = lib_mem_take(m, c->tdis, out->report_cap);
	return p;
}

size_t il_pci_size(const struct il_pci_cfg *cfg)
{
	struct lib_mem m = lib_mem_over(NULL, 0);
	struct dsm_pci_cfg pci;
	struct dsm_fn *fns;

	(void)lay(&m, cfg, &pci, &fns);
	return m.used;
}

static void behaviour(const struct il_pci_cfg *c, struct dsm_pci_cfg *out)
{
	out->port = c->port;
	out->port_ctx = c->port_ctx;
	out->lock_flags = c->lock_flags;
	out->addr_width = c->addr_width ? c->addr_width : 52;
	out->num_req_this = c->num_req_this;
	out->num_req_all = c->num_req_all;
	out->teardown_ns = c->teardown_ns;
	out->lock_without_keys = c->lock_without_keys;
	out->lock_after_key_stop = c->lock_after_key_stop;
	out->any_port = c->any_port;
	out->any_interface = c->any_interface;
	out->watch_msix = c->watch_msix;
	out->ide_fn = c->ide_fn;
}

enum il_err il_pci_init(const struct il_pci_cfg *cfg, void *mem, size_t size,
			struct il_pci **out)
{
	struct lib_mem m = lib_mem_over(mem, size);
	struct dsm_pci_cfg pci = { 0 };
	struct dsm_fn *fns;
	struct il_pci *p;
	enum il_err err;

	if (!cfg->env || !cfg->env->random || !cfg->tdis || !cfg->streams ||
	    !mem || !lib_reserved(cfg->reserved, COUNT(cfg->reserved)))
		return IL_E_ARG;
	p = lay(&m, cfg, &pci, &fns);
	err = lib_mem_end(&m);
	if (err)
		return err;
	for (uint32_t i = 0; i < cfg->tdis; i++)
		fns[i].pf = cfg->fns ? cfg->fns[i].pf : i;
	p->size = m.used;
	p->env = lib_env(cfg->env);
	pci.env = &p->env;
	pci.fns = fns;
	behaviour(cfg, &pci);
	err = dsm_pci_init(&p->p, &pci);
	if (!err)
		*out = p;
	return err;
}

void il_pci_fini(struct il_pci *p)
{
	dsm_pci_fini(&p->p);
	bytes_wipe(p, p->size);
}

const struct il_back *il_pci_back(void)
{
	return &dsm_pci_back;
}

uint64_t il_pci_tick(struct il_pci *p, uint64_t now_ns)
{
	return dsm_pci_tick(&p->p, now_ns);
}

void il_pci_event(struct il_pci *p, enum il_device_event ev, uint32_t which)
{
	dsm_pci_event(&p->p, (enum dsm_event)ev, which);
}

bool il_event_ends_sessions(enum il_device_event ev)
{
	return dsm_event_ends_sessions((enum dsm_event)ev);
}

void il_pci_set_function(struct il_pci *p, uint32_t fn, bool hosted,
			 uint32_t id)
{
	dsm_set_function(&p->p, fn, hosted, id);
}

void il_pci_key_retired(struct il_pci *p, const struct il_ide_ref *ref)
{
	dsm_key_retired(&p->p, ref);
}

enum il_tdi_state il_pci_tdi_state(const struct il_pci *p, uint32_t fn)
{
	return dsm_tdi_state(&p->p, fn);
}

const struct il_rule *il_pci_lock_refusal(const struct il_pci *p, uint32_t fn)
{
	return dsm_lock_refusal(&p->p, fn);
}

bool il_pci_mmio_verdict(const struct il_pci *p, uint32_t fn, bool tee, bool t,
			 int stream, const struct il_rule **why)
{
	return dsm_mmio_verdict(&p->p, fn, tee, t, stream, why);
}

bool il_pci_dma_verdict(const struct il_pci *p, uint32_t fn, enum il_dma kind,
			bool *t, int *stream, const struct il_rule **why)
{
	return dsm_dma_verdict(&p->p, fn, (enum dsm_dma)kind, t, stream, why);
}

bool il_pci_p2p_verdict(const struct il_pci *p, uint32_t fn, uint8_t stream,
			const struct il_rule **why)
{
	return dsm_p2p_verdict(&p->p, fn, stream, why);
}

uint32_t il_pci_epoch(const struct il_pci *p, uint32_t fn)
{
	return dsm_epoch(&p->p, fn);
}
