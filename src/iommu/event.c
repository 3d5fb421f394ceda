/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"
#include "iommu/iommu_priv.h"

/*
 * Dword 0: device id 15:0, owner flags 31:24 (ownership faults). Dword 1: tag
 * 15:0, flags 27:16, code 31:28. Dwords 2 and 3: address.
 */
#define DW0_FLAGS_RMP MASK64(31, 24)
#define DW1_FLAGS     MASK64(27, 16)
#define DW1_CODE      MASK64(31, 28)

void iommu_event_encode(const struct iommu_event *e,
			uint8_t out[IOMMU_EVENT_LEN])
{
	struct wr w = wr_over(out, IOMMU_EVENT_LEN);

	wr_u32le(&w,
		 (uint32_t)(e->rid | field_put(DW0_FLAGS_RMP, e->flags_rmp)));
	wr_u32le(&w, (uint32_t)(e->tag | field_put(DW1_FLAGS, e->flags) |
				field_put(DW1_CODE, (uint64_t)e->code)));
	wr_u64le(&w, e->addr);
}

static bool known(uint64_t code)
{
	return code == IOMMU_EV_ILLEGAL_DTE || code == IOMMU_EV_IO_PAGE_FAULT ||
	       code == IOMMU_EV_INVALID_REQUEST ||
	       code == IOMMU_EV_RMP_PAGE_FAULT || code == IOMMU_EV_RMP_HW_ERROR;
}

enum il_err iommu_event_decode(const uint8_t in[IOMMU_EVENT_LEN],
			       struct iommu_event *out)
{
	struct rd r = rd_over(in, IOMMU_EVENT_LEN);
	uint32_t dw0 = rd_u32le(&r);
	uint32_t dw1 = rd_u32le(&r);
	uint64_t addr = rd_u64le(&r);
	uint64_t code = field_get(DW1_CODE, dw1);

	if (!known(code))
		return IL_E_FIELD;
	*out = (struct iommu_event){
		.code = (enum iommu_event_code)code,
		.rid = (uint16_t)dw0,
		.tag = (uint16_t)dw1,
		.flags = (uint16_t)field_get(DW1_FLAGS, dw1),
		.flags_rmp = (uint8_t)field_get(DW0_FLAGS_RMP, dw0),
		.addr = addr,
	};
	return IL_OK;
}

enum il_err iommu_set_event_log(struct iommu *i, uint64_t base, uint32_t slots)
{
	if (base & (PAGE_4K - 1) || slots & (slots - 1) || (base && !slots))
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
	uint8_t raw[IOMMU_EVENT_LEN];
	struct fault f;

	i->last = *e;
	i->events++;
	env_trace(i->env, IOMMU_TRACE_EVENT, (uint64_t)e->code, e->rid,
		  e->addr);
	if (!i->log_base ||
	    ((i->log_tail + 1) & (i->log_slots - 1)) == i->log_head) {
		i->log_lost++;
		return;
	}
	iommu_event_encode(e, raw);

	uint64_t pa = i->log_base + (uint64_t)i->log_tail * IOMMU_EVENT_LEN;
	struct mem_req r = { .who = AGENT_DEVICE,
			     .write = true,
			     .gpa = pa,
			     .pa = pa,
			     .len = IOMMU_EVENT_LEN };

	if (mem_access(i->mem, &r, raw, &f)) {
		i->log_lost++;
		return;
	}
	i->log_tail = (i->log_tail + 1) & (i->log_slots - 1);
}
