/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/event.h"

#include "base/bits.h"
#include "base/bytes.h"

/*
 * Dword 0: device id 15:0, owner flags 31:24 (ownership faults). Dword 1: tag
 * 15:0, flags 27:16, code 31:28. Dwords 2 and 3: address.
 */
#define DW0_FLAGS_RMP MASK64(31, 24)
#define DW1_FLAGS     MASK64(27, 16)
#define DW1_CODE      MASK64(31, 28)

enum il_err sev_event_of(const struct iommu_event *e, struct sev_event *out)
{
	struct sev_event v = {
		.rid = (uint16_t)e->rid,
		.tag = e->domain,
		.flags = (uint16_t)((e->write ? SEV_EVENT_FLAG_RW : 0) |
				    (e->present ? SEV_EVENT_FLAG_PR : 0) |
				    (e->interrupt ? SEV_EVENT_FLAG_I : 0)),
		.addr = e->iova,
	};

	switch (e->kind) {
	case IOMMU_EV_NONE:
		return IL_E_FIELD;
	case IOMMU_EV_ENTRY:
		v.code = SEV_EV_ILLEGAL_DTE;
		break;
	case IOMMU_EV_REQUEST:
		v.code = SEV_EV_INVALID_REQUEST;
		break;
	case IOMMU_EV_PAGE:
		v.code = SEV_EV_IO_PAGE_FAULT;
		break;
	case IOMMU_EV_OWNER:
		v.code = SEV_EV_RMP_PAGE_FAULT;
		v.flags_rmp = (uint8_t)((e->trusted ? SEV_EVENT_FLAG_T : 0) |
					(e->size ? SEV_EVENT_FLAG_SIZE : 0));
		v.addr = e->gpa;
		break;
	case IOMMU_EV_BUS:
		v.code = SEV_EV_RMP_HW_ERROR;
		v.addr = e->pa;
		break;
	}
	*out = v;
	return IL_OK;
}

void sev_event_encode(const struct sev_event *e, uint8_t out[SEV_EVENT_LEN])
{
	struct wr w = wr_over(out, SEV_EVENT_LEN);

	wr_u32le(&w,
		 (uint32_t)(e->rid | field_put(DW0_FLAGS_RMP, e->flags_rmp)));
	wr_u32le(&w, (uint32_t)(e->tag | field_put(DW1_FLAGS, e->flags) |
				field_put(DW1_CODE, (uint64_t)e->code)));
	wr_u64le(&w, e->addr);
}

void sev_event_put(void *ctx, const struct iommu_event *e, uint8_t *out)
{
	struct sev_event v;

	(void)ctx;
	if (!sev_event_of(e, &v))
		sev_event_encode(&v, out);
}

static bool known(uint64_t code)
{
	return code == SEV_EV_ILLEGAL_DTE || code == SEV_EV_IO_PAGE_FAULT ||
	       code == SEV_EV_INVALID_REQUEST ||
	       code == SEV_EV_RMP_PAGE_FAULT || code == SEV_EV_RMP_HW_ERROR;
}

enum il_err sev_event_decode(const uint8_t in[SEV_EVENT_LEN],
			     struct sev_event *out)
{
	struct rd r = rd_over(in, SEV_EVENT_LEN);
	uint32_t dw0 = rd_u32le(&r);
	uint32_t dw1 = rd_u32le(&r);
	uint64_t addr = rd_u64le(&r);
	uint64_t code = field_get(DW1_CODE, dw1);

	if (!known(code))
		return IL_E_FIELD;
	*out = (struct sev_event){
		.code = (enum sev_event_code)code,
		.rid = (uint16_t)dw0,
		.tag = (uint16_t)dw1,
		.flags = (uint16_t)field_get(DW1_FLAGS, dw1),
		.flags_rmp = (uint8_t)field_get(DW0_FLAGS_RMP, dw0),
		.addr = addr,
	};
	return IL_OK;
}
