/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/own.h"

#define RME  "Arm ARM DDI 0487 J.a, D9 (granule protection checks)"
#define RMM  "RMM 1.0, DEN0137, A4 (RIPAS)"
#define DA   "TF-RMM 9a7f8ef4, runtime/rmi/vdev.c"
#define SMMU "Arm SMMUv3 IHI0070, 5.2, stream table entry"

const struct rule cca_own_rule_gpt = {
	.name = "gpt",
	.says = "the granule is not in the non-secure address space; host, "
		"ordinary VMs and DMA without T do not reach it",
	.source = RME,
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_gpt_realm = {
	.name = "gpt-realm",
	.says = "a protected address of a realm led to a granule that is "
		"non-secure",
	.source = RME,
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_vmid = {
	.name = "vmid-inactive",
	.says = "the VMID names no realm",
	.source = "TF-RMM 9a7f8ef4, runtime/rmi/realm.c, VMIDs",
	.sure = SURE_INFERRED,
};

const struct rule cca_own_rule_monitor = {
	.name = "monitor",
	.says = "the monitor writes non-secure granules in the clear, and its "
		"own or a realm's under their key, nothing else",
	.source = "TF-RMM 9a7f8ef4, lib/granule, granule states",
	.sure = SURE_INFERRED,
};

const struct rule cca_own_rule_p2p = {
	.name = "realm-p2p",
	.says = "realm DMA reaches no MMIO: peer to peer is not bound here",
	.source = "TF-RMM 9a7f8ef4, smc-rsi.h: RDEV_P2P_BIND has no handler",
	.sure = SURE_DRIVER,
};

const struct rule cca_own_rule_ripas = {
	.name = "ripas",
	.says = "the realm has nothing at this address: its RIPAS is EMPTY",
	.source = RMM,
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ripas_host = {
	.name = "ripas-destroyed",
	.says = "the host took the page away; the realm must accept that "
		"before it can have another",
	.source = RMM,
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ste_invalid = {
	.name = "ste-invalid",
	.says = "the realm has not enabled DMA for this device",
	.source = DA ", " SMMU ", V",
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ste_missing = {
	.name = "ste-missing",
	.says = "the Realm stream table has no second level for this stream",
	.source = SMMU "; TF-RMM 9a7f8ef4, runtime/rmi/psmmu.c",
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ste_reserved = {
	.name = "ste-reserved",
	.says = "the stream table entry is malformed",
	.source = SMMU,
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ste_stream = {
	.name = "ste-stream",
	.says = "the request came on another IDE stream than the locked "
		"register block of the root port associates with it",
	.source = "PCIe Base 6.x §11.5.7; TF-RMM 9a7f8ef4, root-port DVSEC",
	.sure = SURE_INFERRED,
};

const struct rule cca_own_rule_ste_port = {
	.name = "ste-port",
	.says = "the request came through another root port than the device's",
	.source = "PCIe Base 6.x §11.5.7",
	.sure = SURE_INFERRED,
};

const struct rule cca_own_rule_ns_invalid = {
	.name = "ns-ste-invalid",
	.says = "the host's stream table entry is missing or not valid",
	.source = SMMU ", V",
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ns_abort = {
	.name = "ns-ste-abort",
	.says = "the host's stream table entry lets nothing through",
	.source = SMMU ", Config",
	.sure = SURE_SPEC,
};

const struct rule cca_own_rule_ns_config = {
	.name = "ns-ste-config",
	.says = "the host's stream table entry asks for a configuration that "
		"this machine has not (a first stage)",
	.source = SMMU ", Config",
	.sure = SURE_INFERRED,
};
