/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/event.h"

#include <string.h>

#include "base/bits.h"

enum il_err cca_event_of(const struct iommu_event *e, struct cca_event *out)
{
	struct cca_event v = {
		.sid = e->rid,
		.write = e->write,
		.addr = e->iova,
	};

	switch (e->kind) {
	case IOMMU_EV_NONE:
		return IL_E_FIELD;
	case IOMMU_EV_ENTRY:
		v.type = EVT_C_BAD_STE;
		break;
	case IOMMU_EV_REQUEST:
		v.type = EVT_F_STREAM_DISABLED;
		break;
	case IOMMU_EV_PAGE:
		v.type = e->present ? EVT_F_PERMISSION : EVT_F_TRANSLATION;
		v.s2 = true;
		v.ipa = e->iova;
		break;
	case IOMMU_EV_OWNER:
		v.type = EVT_F_TRANSLATION;
		v.s2 = true;
		v.ipa = e->gpa;
		break;
	case IOMMU_EV_BUS:
		v.type = EVT_F_WALK_EABT;
		v.s2 = true;
		v.ipa = e->gpa;
		break;
	}
	*out = v;
	return IL_OK;
}

void cca_event_encode(const struct cca_event *e, uint8_t out[EVT_LEN])
{
	cca_put_u64(out, 0,
		    (uint64_t)e->type | (uint64_t)e->sid << EVT0_SID_LSB);
	cca_put_u64(out, 8, (e->write ? 0 : EVT1_RNW) | (e->s2 ? EVT1_S2 : 0));
	cca_put_u64(out, 16, e->addr);
	cca_put_u64(out, 24, e->ipa & MASK64(51, 12));
}

void cca_event_put(void *ctx, const struct iommu_event *e, uint8_t *out)
{
	struct cca_event v;

	(void)ctx;
	if (!cca_event_of(e, &v))
		cca_event_encode(&v, out);
}

static bool known(uint64_t type)
{
	return type == EVT_C_BAD_STE || type == EVT_F_STREAM_DISABLED ||
	       type == EVT_F_PERMISSION || type == EVT_F_TRANSLATION ||
	       type == EVT_F_WALK_EABT;
}

enum il_err cca_event_decode(const uint8_t in[EVT_LEN], struct cca_event *out)
{
	uint64_t q0 = cca_u64(in, 0), q1 = cca_u64(in, 8);

	if (!known(q0 & EVT0_TYPE))
		return IL_E_FIELD;
	*out = (struct cca_event){
		.type = (enum smmu_evt)(q0 & EVT0_TYPE),
		.sid = (uint32_t)(q0 >> EVT0_SID_LSB),
		.write = !(q1 & EVT1_RNW),
		.s2 = q1 & EVT1_S2,
		.addr = cca_u64(in, 16),
		.ipa = cca_u64(in, 24),
	};
	return IL_OK;
}
