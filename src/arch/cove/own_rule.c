/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/own.h"

#define COVEIO "CoVE-IO draft of 2026-05-03, "
#define COVE   "CoVE draft of 2025-12-17, "
#define IOMMU  "RISC-V IOMMU 1.0, "

const struct rule cove_rule_mpt = {
	.name = "mpt",
	.says = "the page is of the confidential domain; the hosting domain "
		"and its VMs do not touch it",
	.source = COVE "converting memory; Smmpt",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_io_mpt = {
	.name = "io-mpt",
	.says = "DMA that is not the confidential domain's does not reach a "
		"confidential page",
	.source = COVEIO "IOMMU Assignment; IO-MPT",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_owner = {
	.name = "tvm-owner",
	.says = "the page is another TVM's",
	.source = COVEIO "threats T005 and T008",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_unassigned = {
	.name = "tvm-unassigned",
	.says = "the page is confidential and of no TVM, or the TSM's own",
	.source = COVE "TVM memory management",
	.sure = SURE_INFERRED,
};

const struct rule cove_rule_blocked = {
	.name = "tvm-blocked",
	.says = "the page was invalidated in its TVM; nobody reaches it",
	.source = COVE "tvm_invalidate_pages",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_inactive = {
	.name = "tvm-inactive",
	.says = "the TVM has no memory key: it was destroyed",
	.source = COVE "destroy_tvm",
	.sure = SURE_INFERRED,
};

/*
 * The draft binds no peer-to-peer streams: its TSM sends no BIND_P2P, and a
 * TVM's MMIO is reached by its CPUs.
 */
const struct rule cove_rule_p2p = {
	.name = "mpt-p2p",
	.says = "DMA of a TVM reaches no MMIO: the TSM binds no peer-to-peer "
		"stream",
	.source = COVEIO "PCIe Root Port Management: one stream, between a "
			 "device and its root port",
	.sure = SURE_INFERRED,
};

const struct rule cove_rule_tsm = {
	.name = "tsm-memory",
	.says = "the TSM reaches the host's pages without a key, its own and a "
		"TVM's under theirs, nothing else",
	.source = COVE "TSM memory",
	.sure = SURE_INFERRED,
};

const struct rule cove_rule_sdcl = {
	.name = "sdcl",
	.says = "the classifier gives no T=1 request of this device to the "
		"confidential domain",
	.source = COVEIO "IOMMU Assignment, SDCL",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_sdcl_stream = {
	.name = "sdcl-stream",
	.says = "the request came on another IDE stream than the one that the "
		"TSM keyed for this device",
	.source = COVEIO "threat T007",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_sdcl_port = {
	.name = "sdcl-port",
	.says = "the request came through another root port than the one that "
		"the device is behind",
	.source = COVEIO "threat T007",
	.sure = SURE_INFERRED,
};

const struct rule cove_rule_ddt_off = {
	.name = "ddt-off",
	.says = "the host's IOMMU interface is off: no inbound request",
	.source = IOMMU "§6.5, ddtp.iommu_mode",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_ddt_invalid = {
	.name = "ddt-invalid",
	.says = "the host's device directory has no valid context for this "
		"device",
	.source = IOMMU "§2.3, cause 258",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_ddt_bad = {
	.name = "ddt-misconfigured",
	.says = "the device context has a reserved or unsupported setting, or "
		"cannot be read",
	.source = IOMMU "§2.1.4, causes 257 and 259",
	.sure = SURE_SPEC,
};

const struct rule cove_rule_dc_invalid = {
	.name = "dc-invalid",
	.says = "the TSM's device context is not valid: the TVM has not "
		"started the interface",
	.source = COVEIO "Interface Binding, steps 6 and 11",
	.sure = SURE_SPEC,
};
