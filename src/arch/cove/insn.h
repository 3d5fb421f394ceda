/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_INSN_H
#define ARCH_COVE_INSN_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/cove/abi_sbi.h"
#include "base/err.h"

/*
 * What software can ask of a CoVE machine, as tables that the world fills.
 * Host and guest drivers include this, never own.h or the firmware.
 */

/* The host: HS-mode of the hosting supervisor domain, on one hart. */
struct cove_host_insn {
	void *ctx;
	/*
	 * ECALL: @eid in a7, @fid in a6 (its supervisor domain too: 0 is taken
	 * as the TSM's, for there is one), a0 to a5.
	 */
	struct sbiret (*ecall)(void *ctx, uint64_t eid, uint64_t fid,
			       const uint64_t a[6]);
	/*
	 * The IOMMU programming interface of the host's domain: ddtp (@ddt is a
	 * root page, 0 switches off), the fault queue, commands. What the TSM's
	 * own interface holds is not reached from here.
	 */
	enum il_err (*iommu_ddtp)(void *ctx, uint64_t ddt);
	enum il_err (*iommu_fault_queue)(void *ctx, uint64_t base,
					 uint32_t slots);
	enum il_err (*iommu_queue_pos)(void *ctx, uint32_t *head,
				       uint32_t *tail);
	enum il_err (*iommu_set_queue_head)(void *ctx, uint32_t head);
	enum il_err (*iodir_inval_ddt)(void *ctx, uint32_t rid);
	/* IOTINVAL.GVMA of one GSCID, addresses or all (@size 0). */
	enum il_err (*iotinval_gvma)(void *ctx, uint16_t gscid, uint64_t addr,
				     uint64_t size);
	enum il_err (*iotinval_all)(void *ctx);
	void (*iofence)(void *ctx); /* IOFENCE.C, waited for */
};

/*
 * The guest, in VS-mode. Any of these may leave the guest: IL_E_AGAIN means
 * that the host has the exit and the same call is to be made again once the
 * vCPU runs. IL_E_IO is a fault that the host did not resolve.
 */
struct cove_guest_insn {
	void *ctx;
	/* The G-stage alone says whether @gpa is confidential. May cross
	 * pages. */
	enum il_err (*read)(void *ctx, uint64_t gpa, void *buf, uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t gpa, const void *buf,
			     uint32_t len);
	/* ECALL. @ret on IL_OK. COVG is the TSM's; what is of no extension of
	 * CoVE goes to the host. */
	enum il_err (*ecall)(void *ctx, uint64_t eid, uint64_t fid,
			     const uint64_t a[6], struct sbiret *ret);
};

/* The TSM: ECALL into the root monitor, COVT alone. */
struct cove_tsm_insn {
	void *ctx;
	struct sbiret (*covt)(void *ctx, uint64_t fid, const uint64_t a[6]);
};

#endif
