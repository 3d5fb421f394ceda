/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_INSN_H
#define ARCH_CCA_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What software can ask of an Arm machine with RME: SMCs and the registers of
 * the non-secure SMMU interface, as tables that the world fills. Host and
 * realm drivers include this, never own.h or the monitor.
 *
 * Source: SMC calling convention 1.2 (x0 to x17 both ways)
 */
#define CCA_SMC_REGS 18

/* The host: kernel mode, non-secure state. */
struct cca_host_insn {
	void *ctx;
	/* SMC to the monitor: x[0] the function id, then enum rmi_status. */
	void (*smc)(void *ctx, uint64_t x[CCA_SMC_REGS]);
	/* The non-secure SMMU's registers and queues; see iommu/iommu.h. */
	enum il_err (*smmu_stream_table)(void *ctx, uint64_t base,
					 uint32_t count);
	enum il_err (*smmu_event_queue)(void *ctx, uint64_t base,
					uint32_t slots);
	enum il_err (*smmu_queue_pos)(void *ctx, uint32_t *head,
				      uint32_t *tail);
	enum il_err (*smmu_set_queue_head)(void *ctx, uint32_t head);
	enum il_err (*smmu_inval_ste)(void *ctx, uint32_t sid);
	enum il_err (*smmu_inval_pages)(void *ctx, uint16_t vmid, uint64_t ipa,
					uint64_t size);
	enum il_err (*smmu_inval_all)(void *ctx);
	void (*smmu_sync)(void *ctx);
};

/*
 * The realm. Any of these may leave it: IL_E_AGAIN means that the host has
 * the exit and the same call is to be made again once the REC runs. IL_E_IO
 * is an abort that the host did not resolve (or that is the realm's own: an
 * address whose RIPAS is EMPTY).
 */
struct cca_realm_insn {
	void *ctx;
	/* @ipa: the top bit of the IPA width says "unprotected". May cross
	 * pages. */
	enum il_err (*read)(void *ctx, uint64_t ipa, void *buf, uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t ipa, const void *buf,
			     uint32_t len);
	/* SMC to the monitor: x[0] the function id, then enum rsi_status. */
	enum il_err (*smc)(void *ctx, uint64_t x[CCA_SMC_REGS]);
};

#endif
