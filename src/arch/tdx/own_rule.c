/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/own.h"

#define BASE	"Intel TDX Module Base Architecture Specification"
#define CONNECT "Intel TDX Connect device guide; TDX module 2.0 source"

/*
 * OPEN: in hardware the write goes through and the owner's next read is a
 * machine check that ends the TD. Refused here, so that the cause is shown
 * and not a later effect.
 */
const struct rule tdx_rule_owner_bit = {
	.name = "td-owner",
	.says = "the line belongs to a TD; a write without its key breaks its "
		"integrity",
	.source = BASE ", TD-owner bit and memory integrity",
	.sure = SURE_OPEN,
};

const struct rule tdx_rule_module = {
	.name = "td-module",
	.says = "the page is the module's, or a TD's, and not for this access",
	.source = BASE ", PAMT",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_pamt = {
	.name = "pamt",
	.says = "a private access needs a page of that TD, at that address",
	.source = BASE ", PAMT and secure EPT",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_key = {
	.name = "keyid",
	.says = "the key id of the TD has no key",
	.source = BASE ", key management",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_pending = {
	.name = "sept-pending",
	.says = "the TD has not accepted the page",
	.source = BASE ", secure EPT entry states",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_blocked = {
	.name = "sept-blocked",
	.says = "the host has blocked the page",
	.source = BASE ", secure EPT entry states",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_mmio = {
	.name = "mmiomt",
	.says = "the MMIO page is not mapped for this TD at this address",
	.source = CONNECT ", MMIOMT",
	.sure = SURE_DRIVER,
};

/*
 * OPEN: the module's source leaves an accepted page accepted when the lock
 * session ends, and relies on the device, which rejects T = 1 outside RUN.
 * Here the acceptance ends with the session that it was given in.
 */
const struct rule tdx_rule_mmio_td = {
	.name = "mmio-accept",
	.says = "the TD has not accepted the MMIO page in a lock session that "
		"lives",
	.source = CONNECT ", TDG.MMIO.ACCEPT",
	.sure = SURE_OPEN,
};

const struct rule tdx_rule_dma_private = {
	.name = "dma-shared-only",
	.says = "DMA without T, or with T to a shared address, reaches shared "
		"memory alone",
	.source = CONNECT ", T bit and key id of a request",
	.sure = SURE_SPEC,
};

/*
 * OPEN: the guide excludes direct P2P and says that it works through the root
 * complex, not whether a request with T reaches private MMIO that way. This
 * root complex forwards nothing (no-peer-to-peer).
 */
const struct rule tdx_rule_p2p = {
	.name = "no-private-p2p",
	.says = "no trusted DMA from device to device: the root complex takes "
		"it to memory alone",
	.source = CONNECT ", P2P through the root complex alone",
	.sure = SURE_OPEN,
};

const struct rule tdx_rule_dmar = {
	.name = "dmar-missing",
	.says = "the trusted tables have no entry for the device",
	.source = "Intel VT-d 4.1, §9; " CONNECT ", trusted root table",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_dmar_state = {
	.name = "dmar-not-present",
	.says = "the device's trusted entry is pending or blocked: its TD has "
		"not accepted it, or the host has taken it back",
	.source = CONNECT ", DMAR entry states",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_dmar_stream = {
	.name = "dmar-stream",
	.says = "the request came on another stream than the device's",
	.source = CONNECT ", DEVIF and its selective stream",
	.sure = SURE_INFERRED,
};

const struct rule tdx_rule_dmar_port = {
	.name = "dmar-port",
	.says = "the request came through another root port than the device's",
	.source = CONNECT ", DEVIF and its selective stream",
	.sure = SURE_INFERRED,
};

const struct rule tdx_rule_vtd_entry = {
	.name = "vtd-entry",
	.says = "the host's tables have no entry for the device",
	.source = "Intel VT-d 4.1, §3.4, §9",
	.sure = SURE_SPEC,
};

const struct rule tdx_rule_vtd_form = {
	.name = "vtd-reserved",
	.says = "the host's entry has a form that this unit does not take",
	.source = "Intel VT-d 4.1, §9",
	.sure = SURE_SPEC,
};
