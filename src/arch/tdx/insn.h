/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_INSN_H
#define ARCH_TDX_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What software can ask of a TDX machine: SEAMCALL, TDCALL, the registers of
 * the untrusted half of VT-d, as tables that the world fills. Host and guest
 * drivers include this, never own.h or the module.
 */

/* Both ways. RAX in is the leaf, RAX out the status. */
struct tdx_regs {
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t r8;
	uint64_t r9;
	uint64_t r10;
	uint64_t r11;
	uint64_t r12;
	uint64_t r13;
	uint64_t r14;
	uint64_t r15;
};

/* The host: kernel mode. */
struct tdx_host_insn {
	void *ctx;
	/* The status, which is in r->rax too. */
	uint64_t (*seamcall)(void *ctx, struct tdx_regs *r);
	/* Root Table Address, of the host's tables; see iommu/iommu.h. */
	enum il_err (*iommu_root)(void *ctx, uint64_t base);
	/* The ring of fault records. */
	enum il_err (*iommu_fault_log)(void *ctx, uint64_t base,
				       uint32_t slots);
	enum il_err (*iommu_log_pos)(void *ctx, uint32_t *head, uint32_t *tail);
	enum il_err (*iommu_set_log_head)(void *ctx, uint32_t head);
	/* Invalidation queue: context and PASID cache of a device; pages of a
	 * domain; everything. In effect when iommu_wait() returns. */
	enum il_err (*iommu_inval_dev)(void *ctx, uint32_t rid);
	enum il_err (*iommu_inval_pages)(void *ctx, uint16_t domain,
					 uint64_t iova, uint64_t size);
	enum il_err (*iommu_inval_all)(void *ctx);
	void (*iommu_wait)(void *ctx);
};

/*
 * The TD. Any of these may leave it: IL_E_AGAIN means that the host has the
 * exit and the same call is to be made again once the vCPU runs. IL_E_IO is a
 * fault that the host did not resolve.
 */
struct tdx_guest_insn {
	void *ctx;
	/* @private: which half of the GPA space. May cross pages. */
	enum il_err (*read)(void *ctx, uint64_t gpa, bool private, void *buf,
			    uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t gpa, bool private,
			     const void *buf, uint32_t len);
	enum il_err (*tdcall)(void *ctx, struct tdx_regs *r);
};

#endif
