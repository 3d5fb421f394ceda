/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_ABI_H
#define ARCH_SEV_TIO_ABI_H

/*
 * The public interface of SEV-TIO firmware, as bytes: for the firmware, the
 * host's driver, the guest's driver and the decoder. Offsets are from the
 * start of the structure that their prefix names; a comment gives the width;
 * _LEN is the whole size in bytes. Everything is little-endian.
 *
 * Identical re-issue: a command with an spdm_ctrl that answers SPDM_REQUEST
 * is issued again with the same bytes after its request was carried to the
 * device and the answer put into the response buffer.
 */
#include "arch/sev_tio/abi_bytes.h"
#include "arch/sev_tio/abi_cmd.h"
#include "arch/sev_tio/abi_guest.h"
#include "arch/sev_tio/abi_sdte.h"

#endif
