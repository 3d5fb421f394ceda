/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_ABI_H
#define ARCH_TDX_ABI_H

/*
 * The public interface of the TDX module with TDX Connect, for the module, the
 * host's driver, the guest's driver and the decoder. All integers in memory
 * are little-endian.
 *
 * Two generations are public and do not fit each other. The verbs here are
 * those of the second (Linux patches of 2025-26, "gen2"); what each verb
 * checks is what the module's source of 2023-24 does ("gen1"). A number that
 * neither tells is ours and says OPEN.
 */
#include "arch/tdx/abi_arg.h"
#include "arch/tdx/abi_bytes.h"
#include "arch/tdx/abi_guest.h"
#include "arch/tdx/abi_leaf.h"
#include "arch/tdx/abi_status.h"
#include "arch/tdx/abi_vtd.h"

#endif
