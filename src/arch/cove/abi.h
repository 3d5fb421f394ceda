/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_ABI_H
#define ARCH_COVE_ABI_H

/*
 * The public interface of CoVE and CoVE-IO, as bytes: for the TSM, the root
 * monitor, the host's driver and the guest's. Offsets are from the start of
 * the structure that their prefix names; a comment gives the width; _LEN is
 * the whole size in bytes. Everything is little-endian.
 *
 * Versions: CoVE, riscv-ap-tee of 17 December 2025 (c71310c); CoVE-IO,
 * riscv-ap-tee-io of 3 May 2026 (a361d4a), both drafts; RISC-V IOMMU 1.0;
 * privileged architecture 20240411 (G-stage); SBI 2.0.
 *
 * OPEN marks where a draft is silent or contradicts itself, with our choice.
 */
#include "arch/cove/abi_bytes.h"
#include "arch/cove/abi_covg.h"
#include "arch/cove/abi_covh.h"
#include "arch/cove/abi_covt.h"
#include "arch/cove/abi_iommu.h"
#include "arch/cove/abi_nacl.h"
#include "arch/cove/abi_sbi.h"

#endif
