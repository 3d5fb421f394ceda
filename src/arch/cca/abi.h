/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_ABI_H
#define ARCH_CCA_ABI_H

/*
 * The public interface of Arm's Realm Management Monitor with device
 * assignment, as bytes: for the monitor, the host's driver, the realm's
 * driver and the decoder. Offsets are from the start of the structure that
 * their prefix names; a comment gives the width; _LEN is the whole size in
 * bytes. Everything is little-endian.
 *
 * Version: function ids, status codes and layouts are those of TF-RMM at
 * 9a7f8ef4 (July 2026), lib/smc/include/smc-rmi.h and smc-rsi.h, which
 * follows the drafts between RMM 1.1 and 2.0 (the published RMM 1.0, DEN0137,
 * has no device assignment).
 *
 * OPEN: 1.0, 1.1 and the 2.0 betas name and number calls differently
 * (GRANULE_DELEGATE became GRANULE_RANGE_DELEGATE, DATA_CREATE became
 * RTT_DATA_MAP_INIT and RTT_DATA_MAP, RTT_MAP_UNPROTECTED became
 * RTT_UNPROT_MAP, DEV_MEM_MAP became RTT_DEV_MAP; RSI_RDEV_* became
 * RSI_VDEV_*; PDEV_NOTIFY and PDEV_IDE_RESET became PDEV_STREAM_*). One source
 * is followed throughout, the one that is code.
 */
#include "arch/cca/abi_bytes.h"
#include "arch/cca/abi_da.h"
#include "arch/cca/abi_rmi.h"
#include "arch/cca/abi_rsi.h"
#include "arch/cca/abi_smmu.h"

#endif
