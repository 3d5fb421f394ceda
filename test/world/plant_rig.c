/* SPDX-License-Identifier: BSD-2-Clause */
#include "plant.h"

#include "device/seams.h"
#include "dsm/cascade.h"
#include "plant_core.h"

struct world *pw(void)
{
	return t.w;
}

enum world_plat_id pplat(void)
{
	unsigned i = 0;

	while (i < WORLD_PLATS && world_plats[i] != t.w->plat)
		i++;
	return (enum world_plat_id)i;
}

static struct tsm *(*const core[WORLD_PLATS])(struct world *w) = {
	[WORLD_SEV_TIO] = plant_tsm_sev,
	[WORLD_CCA] = plant_tsm_cca,
	[WORLD_TDX_CONNECT] = plant_tsm_tdx,
	[WORLD_COVE_IO] = plant_tsm_cove,
};

bool plant_can(unsigned p)
{
	return world_plats[p] && core[p];
}

struct tsm *ptsm(void)
{
	return core[pplat()](t.w);
}

struct tsm_conn *pconn(void)
{
	for (unsigned i = 0; i < ptsm()->cfg.limits.conns; i++)
		if (ptsm()->conn[i].state != TSM_CONN_FREE)
			return &ptsm()->conn[i];
	fail_msg("no connection");
	return NULL;
}

struct tsm_bind *pbind(void)
{
	for (unsigned i = 0; i < ptsm()->cfg.limits.binds; i++)
		if (ptsm()->bind[i].state != TSM_BIND_FREE)
			return &ptsm()->bind[i];
	fail_msg("no binding");
	return NULL;
}

struct device *pdev(void)
{
	return t.w->dev[0].dev;
}

struct fabric_port *pport(void)
{
	return &t.w->fabric.port[t.w->dev[0].port];
}

struct guest *pguest(void)
{
	return t.w->vm[0].guest;
}

uint64_t pmemo(void)
{
	const struct iommu *i = &t.w->iommu;
	struct iommu_memo m = { 0 };

	for (uint32_t n = iommu_memo_next(i, 0); n < i->tlb_slots;
	     n = iommu_memo_next(i, n + 1))
		if (iommu_memo_at(i, n, &m) && m.t)
			return m.pa;
	fail_msg("nothing is remembered");
	return 0;
}

uint64_t pmmio(void)
{
	const uint64_t pa = t.w->plat->law->next_accepted(t.w, 0);

	assert_true(pa != UINT64_MAX);
	return pa;
}

/* --- tables --- */

const struct rp_keys *real_keys;
const struct tsm_ops *real_ops;
const struct guest_arch_ops *real_guest;
const struct iommu_rules *real_iommu;
const struct mem_rules *real_mem;
struct tdi_port real_tdi;

struct rp_keys *wrap_keys(void)
{
	static struct rp_keys copy;

	real_keys = ptsm()->cfg.keys;
	copy = *real_keys;
	ptsm()->cfg.keys = &copy;
	return &copy;
}

struct tsm_ops *wrap_ops(void)
{
	static struct tsm_ops copy;

	real_ops = ptsm()->cfg.ops;
	copy = *real_ops;
	ptsm()->cfg.ops = &copy;
	return &copy;
}

struct tsm_gates *wrap_gates(void)
{
	static struct tsm_gates copy;

	copy = *ptsm()->cfg.gates;
	ptsm()->cfg.gates = &copy;
	return &copy;
}

struct guest_arch_ops *wrap_guest(void)
{
	static struct guest_arch_ops copy;

	real_guest = pguest()->cfg.arch;
	copy = *real_guest;
	pguest()->cfg.arch = &copy;
	return &copy;
}

struct iommu_rules *wrap_iommu(void)
{
	static struct iommu_rules copy;

	real_iommu = t.w->iommu.rules;
	copy = *real_iommu;
	t.w->iommu.rules = &copy;
	return &copy;
}

struct mem_rules *wrap_mem(void)
{
	static struct mem_rules copy;

	real_mem = t.w->mem.rules;
	copy = *real_mem;
	t.w->mem.rules = &copy;
	return &copy;
}

struct pci_cfg_ops *wrap_port(void)
{
	static struct pci_cfg_ops copy;

	copy = *pport()->cfg.ops;
	pport()->cfg.ops = &copy;
	return &copy;
}

/* A device that breaks a rule on purpose is not held to its own invariants. */
static struct device *on_purpose(void)
{
	static const struct device_seams none = { .breaks = true };

	pdev()->cfg.seams = &none;
	return pdev();
}

struct tdi_port *wrap_tdi(void)
{
	real_tdi = pdev()->dsm.pci.tdi_port;
	return &on_purpose()->dsm.pci.tdi_port;
}

struct tdi_edge (*wrap_edges(void))[TDI_STATES]
{
	static struct tdi_edge copy[TDI_EVENTS][TDI_STATES];

	memcpy(copy, tdi_edges, sizeof(copy));
	on_purpose()->dsm.pci.tdisp.table = copy;
	return copy;
}

struct dsm_cascade *wrap_cascade(void)
{
	static struct dsm_cascade copy[DSM_EVENTS + 1];

	memcpy(copy, dsm_cascade_rows, sizeof(copy));
	on_purpose()->dsm.pci.cfg.cascade = copy;
	return copy;
}
