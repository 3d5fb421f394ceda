/* SPDX-License-Identifier: BSD-2-Clause */
#include "iommu/iommu_priv.h"

enum il_err iommu_set_event_log(struct iommu *i, uint64_t base, uint32_t slots)
{
	if (base & (PAGE_4K - 1) || slots & (slots - 1) || (base && !slots) ||
	    (base && (!i->rules->encode || !i->rules->event_len ||
		      i->rules->event_len > IOMMU_EVENT_MAX)))
		return IL_E_ARG;
	i->log_base = base;
	i->log_slots = slots;
	i->log_head = 0;
	i->log_tail = 0;
	return IL_OK;
}

enum il_err iommu_set_log_head(struct iommu *i, uint32_t head)
{
	if (!i->log_slots || head >= i->log_slots)
		return IL_E_ARG;
	i->log_head = head;
	return IL_OK;
}

/* The ring keeps one slot free, so that head = tail means empty. */
void iommu_event_put(struct iommu *i, const struct iommu_event *e)
{
	const uint32_t len = i->rules->event_len;
	uint8_t raw[IOMMU_EVENT_MAX] = { 0 };
	struct fault f;

	i->last = *e;
	i->events++;
	env_trace(i->env, IOMMU_TRACE_EVENT, (uint64_t)e->kind, e->rid,
		  e->iova);
	if (!i->log_base ||
	    ((i->log_tail + 1) & (i->log_slots - 1)) == i->log_head) {
		i->log_lost++;
		return;
	}
	i->rules->encode(i->rules_ctx, e, raw);

	uint64_t pa = i->log_base + (uint64_t)i->log_tail * len;
	struct mem_req r = { .who = AGENT_DEVICE,
			     .write = true,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };

	if (mem_access(i->mem, &r, raw, &f)) {
		i->log_lost++;
		return;
	}
	i->log_tail = (i->log_tail + 1) & (i->log_slots - 1);
}
