/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_EVENT_H
#define ARCH_CCA_EVENT_H

#include "arch/cca/abi_smmu.h"
#include "base/err.h"
#include "iommu/iommu.h"

/*
 * Event records as the host reads them from the non-secure event queue.
 * OPEN: a granule protection fault of a device is recorded in registers of
 * the root and realm interfaces (SMMU_GPF_FAR); how the host learns of it is
 * the platform's. Here it gets F_TRANSLATION with the output address absent,
 * of the stream that faulted.
 */
struct cca_event {
	enum smmu_evt type;
	uint32_t sid;
	bool write;
	bool s2;
	uint64_t addr;
	uint64_t ipa;
};

/* Errors: IL_E_FIELD a kind that the unit does not put out. */
enum il_err cca_event_of(const struct iommu_event *e,
			 struct cca_event *out) IL_MUST;
void cca_event_encode(const struct cca_event *e, uint8_t out[EVT_LEN]);
/* Errors: IL_E_FIELD a type that this model never writes. */
enum il_err cca_event_decode(const uint8_t in[EVT_LEN],
			     struct cca_event *out) IL_MUST;

/* iommu_rules.encode() */
void cca_event_put(void *ctx, const struct iommu_event *e, uint8_t *out);

#endif
