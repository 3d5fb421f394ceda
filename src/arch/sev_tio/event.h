/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_EVENT_H
#define ARCH_SEV_TIO_EVENT_H

#include "base/err.h"
#include "iommu/iommu.h"

/*
 * Event log entries as the host reads them from memory: 16 bytes, code in
 * bits 63:60. Source: AMD IOMMU Specification 48882, 3.08, §2.5; Linux
 * drivers/iommu/amd/{amd_iommu_types.h,iommu.c}.
 */
enum sev_event_code {
	SEV_EV_ILLEGAL_DTE = 1,
	SEV_EV_IO_PAGE_FAULT = 2,
	SEV_EV_INVALID_REQUEST = 8,
	SEV_EV_RMP_PAGE_FAULT = 0xd,
	SEV_EV_RMP_HW_ERROR = 0xe,
};

#define SEV_EVENT_LEN	    16
#define SEV_EVENT_FLAG_I    0x008 /* interrupt request */
#define SEV_EVENT_FLAG_PR   0x010 /* a translation was present */
#define SEV_EVENT_FLAG_RW   0x020 /* write */
#define SEV_EVENT_FLAG_SIZE 0x01  /* flags_rmp: page sizes differ. OPEN */
#define SEV_EVENT_FLAG_T    0x02  /* flags_rmp: the T bit was set. OPEN */

struct sev_event {
	enum sev_event_code code;
	uint16_t rid;
	uint16_t tag;	   /* domain; for ownership faults the VM's tag */
	uint16_t flags;	   /* SEV_EVENT_FLAG_ */
	uint8_t flags_rmp; /* ownership faults alone */
	uint64_t addr;	   /* IOVA, GPA or SPA */
};

/* Errors: IL_E_FIELD a kind that the unit does not put out. */
enum il_err sev_event_of(const struct iommu_event *e,
			 struct sev_event *out) IL_MUST;
void sev_event_encode(const struct sev_event *e, uint8_t out[SEV_EVENT_LEN]);
/* Errors: IL_E_FIELD a code that this model never writes. */
enum il_err sev_event_decode(const uint8_t in[SEV_EVENT_LEN],
			     struct sev_event *out) IL_MUST;

/* iommu_rules.encode() */
void sev_event_put(void *ctx, const struct iommu_event *e, uint8_t *out);

#endif
