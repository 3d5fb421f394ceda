/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_INSN_H
#define ARCH_SEV_TIO_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What software can ask of an SNP machine: instructions and doorbells, as
 * tables that the world fills. Host and guest drivers include this, never
 * own.h or the firmware. Return codes are those that land in EAX.
 *
 * Source: AMD64 APM vol. 3, 3.36, RMPUPDATE, PSMASH, RMPREAD, PVALIDATE,
 * RMPADJUST; Linux 7.3 arch/x86/include/asm/sev.h, drivers/crypto/ccp
 */

enum rmp_rc {
	RMP_OK = 0,
	RMP_FAIL_INPUT = 1,
	RMP_FAIL_PERMISSION = 2,
	RMP_FAIL_INUSE = 3,	   /* PSMASH, RMPUPDATE: retry */
	RMP_FAIL_OVERLAP = 4,	   /* RMPUPDATE: 4K and 2M entries clash */
	RMP_FAIL_BADADDR = 4,	   /* PSMASH: not a 2 MiB entry. OPEN */
	RMP_FAIL_SIZEMISMATCH = 6, /* PVALIDATE, RMPADJUST */
};

enum rmp_size {
	RMP_4K = 0,
	RMP_2M = 1,
};

/* Permissions of a VMPL, as RMPADJUST takes them in RDX 15:8. */
#define RMP_PERM_R	0x01
#define RMP_PERM_W	0x02
#define RMP_PERM_XU	0x04
#define RMP_PERM_XS	0x08
#define RMP_PERM_ALL	0x0f
#define RMP_ADJUST_VMSA 0x10000 /* RDX bit 16 */
#define RMP_VMPLS	4

/* Operand of RMPUPDATE, 16 bytes. */
struct rmp_update {
	uint64_t gpa;
	uint8_t assigned;
	uint8_t pagesize; /* enum rmp_size */
	uint8_t immutable;
	uint8_t rsvd;
	uint32_t asid;
};

/*
 * Result of RMPREAD. Not told to the host: Validated, VMSA, permissions.
 * hpage says, of the 2 MiB region around a 4K page, whether any page of it is
 * assigned. OPEN: the exact bit layout; fields are what Linux prints.
 */
struct rmp_read {
	uint64_t gpa;
	uint8_t assigned;
	uint8_t pagesize;
	uint8_t immutable;
	uint8_t hpage_any;
	uint32_t asid;
};

/* The host: kernel mode of an SNP machine. */
struct sev_host_insn {
	void *ctx;
	enum rmp_rc (*rmpupdate)(void *ctx, uint64_t pa,
				 const struct rmp_update *u);
	enum rmp_rc (*psmash)(void *ctx, uint64_t pa);
	enum rmp_rc (*rmpread)(void *ctx, uint64_t pa, struct rmp_read *out);
	/* The PSP's doorbell: command id, physical address of its buffer;
	 * returns the 16-bit status. */
	uint32_t (*psp)(void *ctx, uint32_t cmd, uint64_t buf_pa);
	/* The IOMMU's registers and command buffer; see iommu/iommu.h. */
	enum il_err (*iommu_device_table)(void *ctx, uint64_t base,
					  uint32_t count);
	enum il_err (*iommu_event_log)(void *ctx, uint64_t base,
				       uint32_t slots);
	enum il_err (*iommu_log_pos)(void *ctx, uint32_t *head, uint32_t *tail);
	enum il_err (*iommu_set_log_head)(void *ctx, uint32_t head);
	enum il_err (*iommu_inval_device)(void *ctx, uint32_t rid);
	enum il_err (*iommu_inval_pages)(void *ctx, uint16_t domain,
					 uint64_t iova, uint64_t size);
	enum il_err (*iommu_inval_all)(void *ctx);
	void (*iommu_wait)(void *ctx);
};

/*
 * The GHCB fields of one exit, both ways. The page itself is shared memory
 * that the host can write; world copies it once.
 */
struct sev_ghcb {
	uint64_t exit_code;
	uint64_t info1;
	uint64_t info2;
	uint64_t rax;
	uint64_t rbx;
	uint64_t rcx;
	uint64_t rdx;
};

/*
 * The guest, at one VMPL. Any of these may leave the guest: IL_E_AGAIN means
 * that the host has the exit and the same call is to be made again once the
 * vCPU runs. IL_E_IO is a fault that the host did not resolve.
 */
struct sev_guest_insn {
	void *ctx;
	/* @private: the C bit of the guest's own mapping. May cross pages. */
	enum il_err (*read)(void *ctx, uint64_t gpa, bool private, void *buf,
			    uint32_t len);
	enum il_err (*write)(void *ctx, uint64_t gpa, bool private,
			     const void *buf, uint32_t len);
	/* *rc is written on IL_OK; *same is the carry flag: no change. */
	enum il_err (*pvalidate)(void *ctx, uint64_t gpa, enum rmp_size size,
				 bool validate, enum rmp_rc *rc, bool *same);
	/* @attr: target VMPL 7:0, permissions 15:8, RMP_ADJUST_VMSA. */
	enum il_err (*rmpadjust)(void *ctx, uint64_t gpa, enum rmp_size size,
				 uint64_t attr, enum rmp_rc *rc);
	/* Sends the fields, and after IL_OK holds the host's answer. */
	enum il_err (*vmgexit)(void *ctx, struct sev_ghcb *io);
};

#endif
