/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/own_priv.h"

#include <string.h>

#include "base/assert.h"

/*
 * Trees of metadata: where an MMIO page, or a device interface, is found. What
 * the pages hold is the module's own; here stand the pages and what they are
 * for, and the leaves of MMIO beside them.
 */

uint64_t tdx_node_span(bool devif, unsigned level)
{
	/* 512 entries a page; or 128, of which each leads to four pages. */
	return devif ? UINT64_C(1) << (9 * (level + 1))
		     : UINT64_C(128) * PAGE_4K << (9 * level);
}

static uint64_t first_of(bool devif, unsigned level, uint64_t any)
{
	uint64_t span = tdx_node_span(devif, level);

	return any & ~(span - 1);
}

struct tdx_node *tdx_node_at(struct tdx_own *o, bool devif, unsigned level,
			     uint64_t any)
{
	uint64_t first = first_of(devif, level, any);

	for (unsigned i = 0; i < TDX_OWN_NODES; i++) {
		struct tdx_node *n = &o->node[i];

		if (n->used && n->devif == devif && n->level == level &&
		    n->first == first)
			return n;
	}
	return NULL;
}

bool tdx_node_busy(const struct tdx_own *o, const struct tdx_node *n)
{
	uint64_t span = tdx_node_span(n->devif, n->level);

	for (unsigned i = 0; i < TDX_OWN_NODES; i++) {
		const struct tdx_node *x = &o->node[i];

		if (x->used && x->devif == n->devif && x->level < n->level &&
		    x->first - n->first < span)
			return true;
	}
	if (n->devif || n->level)
		return false;
	for (uint64_t at = n->first; at < n->first + span; at += PAGE_4K) {
		const struct tdx_mmio *m = mmio_at(o, at);

		if (m && m->data)
			return true;
	}
	return false;
}

enum il_err tdx_node_add(struct tdx_own *o, bool devif, unsigned level,
			 uint64_t any, uint64_t page)
{
	if (tdx_node_at(o, devif, level, any))
		return IL_E_STATE;
	for (unsigned i = 0; i < TDX_OWN_NODES; i++) {
		if (o->node[i].used)
			continue;
		o->node[i] = (struct tdx_node){
			.used = true,
			.devif = devif,
			.level = (uint8_t)level,
			.first = first_of(devif, level, any),
			.page = page,
		};
		return IL_OK;
	}
	return IL_E_NOMEM;
}

void tdx_node_del(struct tdx_node *n)
{
	*n = (struct tdx_node){ .used = false };
}

struct tdx_mmio *tdx_mmio_leaf(struct tdx_own *o, uint64_t pa)
{
	return tdx_node_at(o, false, 0, pa) ? mmio_at(o, pa) : NULL;
}

void tdx_mmio_set(struct tdx_own *o, uint64_t pa, bool data, uint32_t function)
{
	struct tdx_mmio *m = mmio_at(o, pa);

	IL_ASSERT(m && !m->mapped);
	m->data = data;
	m->function = data ? function : 0;
	m->bepoch = 0;
	o->changes++;
}

void tdx_mmio_map(struct tdx_own *o, uint64_t pa, uint64_t tdr, uint16_t hkid,
		  uint64_t gpa)
{
	struct tdx_mmio *m = mmio_at(o, pa);

	IL_ASSERT(m && m->data && !m->mapped);
	m->mapped = true;
	m->tdr = tdr;
	m->hkid = hkid;
	m->gpa = gpa;
	o->changes++;
}

void tdx_mmio_unmap(struct tdx_own *o, uint64_t pa)
{
	struct tdx_mmio *m = mmio_at(o, pa);

	IL_ASSERT(m && m->mapped && !m->accepted);
	m->mapped = false;
	m->tdr = 0;
	m->hkid = 0;
	m->gpa = 0;
	o->changes++;
}

void tdx_mmio_accept(struct tdx_own *o, uint64_t pa, bool accepted)
{
	struct tdx_mmio *m = mmio_at(o, pa);

	IL_ASSERT(m && m->mapped && m->accepted != accepted);
	m->accepted = accepted;
	o->changes++;
	env_trace(o->env, TDX_TRACE_MMIO, pa, accepted, m->function);
}
