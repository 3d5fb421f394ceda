/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/own.h"

#define APM_RMP	   "AMD64 APM vol. 2, 3.42, §15.36.10, RMP and VMPL access checks"
#define SDTE_PATCH "AMD SEV-TIO patches (2025-26), secure device table entry"

const struct rule own_rule_assigned = {
	.name = "rmp-assigned",
	.says = "the page is assigned to a guest or to firmware; no other may "
		"write it",
	.source = APM_RMP "; Linux 7.3 IOMMU event 0xd",
	.sure = SURE_SPEC,
};

/*
 * OPEN: for reads of T=0 DMA the sources disagree between "ciphertext" and
 * "fault". A host that collects ciphertext would not choose the fault, so
 * the fault it is.
 */
const struct rule own_rule_assigned_read = {
	.name = "rmp-assigned-read",
	.says = "DMA without T does not read an assigned page, not even as "
		"ciphertext",
	.source = "Linux 7.3 drivers/iommu/amd, RMP_PAGE_FAULT on assigned=1",
	.sure = SURE_OPEN,
};

/* Of a T=1 read: as of one without T, a fault. */
const struct rule own_rule_vtom = {
	.name = "vtom",
	.says = "at and above vTOM a trusted function makes shared accesses, "
		"and the page is assigned",
	.source = SDTE_PATCH ", vtom_en and vtom; " APM_RMP,
	.sure = SURE_INFERRED,
};

const struct rule own_rule_unassigned = {
	.name = "rmp-unassigned",
	.says = "a private access needs a page that is assigned to a guest",
	.source = APM_RMP,
	.sure = SURE_SPEC,
};

const struct rule own_rule_asid = {
	.name = "rmp-asid",
	.says = "the page is assigned to another ASID",
	.source = APM_RMP,
	.sure = SURE_SPEC,
};

const struct rule own_rule_gpa = {
	.name = "rmp-gpa",
	.says = "the page is assigned at another guest address",
	.source = APM_RMP,
	.sure = SURE_SPEC,
};

const struct rule own_rule_validated = {
	.name = "rmp-validated",
	.says = "the guest has not validated the page",
	.source = APM_RMP,
	.sure = SURE_SPEC,
};

const struct rule own_rule_vmpl = {
	.name = "rmp-vmpl",
	.says = "the page gives this privilege level no such permission",
	.source = APM_RMP,
	.sure = SURE_SPEC,
};

const struct rule own_rule_size_small = {
	.name = "rmp-size",
	.says = "a leaf below 2 MiB reaches a page with a 2 MiB RMP entry; "
		"the host must PSMASH",
	.source = APM_RMP "; list, January 2026 (SNP IOMMU page size)",
	.sure = SURE_SPEC,
};

const struct rule own_rule_size_large = {
	.name = "rmp-size-large",
	.says = "a leaf of 2 MiB or more reaches a page with a 4 KiB RMP entry",
	.source = "Linux 7.3 arch/x86/kvm/svm/sev.c, mapping level of private "
		  "pages; list, January 2026 (SNP IOMMU page size)",
	.sure = SURE_DRIVER,
};

const struct rule own_rule_size_mixed = {
	.name = "rmp-size-mixed",
	.says = "a leaf of 2 MiB or more covers assigned pages next to the "
		"shared one that it reaches",
	.source = APM_RMP "; Linux 7.3 arch/x86/virt/svm/sev.c, direct map",
	.sure = SURE_DRIVER,
};

const struct rule own_rule_immutable = {
	.name = "rmp-immutable",
	.says = "firmware holds the page; its validation does not change",
	.source = "AMD64 APM vol. 3, 3.36, PVALIDATE",
	.sure = SURE_SPEC,
};

const struct rule own_rule_uncovered = {
	.name = "rmp-uncovered",
	.says = "the RMP does not cover this page; it cannot be private",
	.source = "AMD64 APM vol. 2, 3.42, §15.36.4",
	.sure = SURE_SPEC,
};

/*
 * OPEN: whether PVALIDATE works on MMIO. If it did, a host could put MMIO
 * under an address that the guest takes for RAM; firmware's MMIO_VALIDATE
 * exists to compare with the report. So it does not.
 */
const struct rule own_rule_io = {
	.name = "rmp-io",
	.says = "MMIO is validated by firmware against the report, not by "
		"PVALIDATE",
	.source = SDTE_PATCH "; guest message MMIO_VALIDATE",
	.sure = SURE_OPEN,
};

const struct rule own_rule_p2p = {
	.name = "p2p",
	.says = "private DMA reaches no MMIO: peer to peer is not bound here",
	.source = "AMD SEV-TIO patches (2025-26), lock flag BIND_P2P is 0",
	.sure = SURE_DRIVER,
};

const struct rule own_rule_vmpl0 = {
	.name = "rmp-vmpl0",
	.says = "PVALIDATE is for VMPL 0 alone",
	.source = "AMD64 APM vol. 3, 3.36, PVALIDATE",
	.sure = SURE_SPEC,
};

const struct rule own_rule_firmware = {
	.name = "rmp-firmware",
	.says = "firmware writes hypervisor pages in the clear and its own or "
		"a guest's pages under their key, nothing else",
	.source = "SEV-SNP Firmware ABI 56860, 1.57, §5.2, page states",
	.sure = SURE_INFERRED,
};

const struct rule own_rule_inactive = {
	.name = "asid-inactive",
	.says = "the ASID has no memory key: the guest is not active",
	.source = "SEV-SNP Firmware ABI 56860, 1.57, SNP_ACTIVATE",
	.sure = SURE_INFERRED,
};

const struct rule own_rule_fence_dma = {
	.name = "asid-fenced",
	.says = "DMA into this guest's memory from this root port is fenced",
	.source = "AMD SEV-TIO patches (2025-26), TIO_ASID_FENCE_STATUS",
	.sure = SURE_INFERRED,
};

const struct rule own_rule_fence_mmio = {
	.name = "asid-fenced-mmio",
	.says = "this guest's MMIO behind this root port is fenced",
	.source = "AMD SEV-TIO patches (2025-26), TIO_ASID_FENCE_STATUS",
	.sure = SURE_INFERRED,
};

const struct rule own_rule_dte_invalid = {
	.name = "dte-invalid",
	.says = "the host's device entry is missing, not valid or has no "
		"translation",
	.source = "AMD IOMMU Specification 48882, 3.08, §2.2.2.1, V and TV",
	.sure = SURE_SPEC,
};

const struct rule own_rule_dte_mode = {
	.name = "dte-passthrough",
	.says = "under SNP a device entry names a host (v1) page table: no "
		"passthrough, no guest table",
	.source = "Linux 7.3 drivers/iommu/amd/init.c, SNP enable",
	.sure = SURE_DRIVER,
};

const struct rule own_rule_dte_reserved = {
	.name = "dte-reserved",
	.says = "the host's device entry has a reserved bit or mode set",
	.source = "AMD IOMMU Specification 48882, 3.08, §2.2.2.1",
	.sure = SURE_SPEC,
};

const struct rule own_rule_sdte_invalid = {
	.name = "sdte-invalid",
	.says = "the guest has not enabled private DMA for this device",
	.source = SDTE_PATCH ", v",
	.sure = SURE_INFERRED,
};

const struct rule own_rule_sdte_reserved = {
	.name = "sdte-reserved",
	.says = "the secure device entry is malformed",
	.source = SDTE_PATCH,
	.sure = SURE_INFERRED,
};

const struct rule own_rule_sdte_stream = {
	.name = "sdte-stream",
	.says = "the request came on another IDE stream than the secure "
		"device entry names",
	.source = SDTE_PATCH ", ide_stream_id",
	.sure = SURE_INFERRED,
};

const struct rule own_rule_sdte_port = {
	.name = "sdte-port",
	.says = "the request came through another root port than the secure "
		"device entry names",
	.source = SDTE_PATCH ", rp_id",
	.sure = SURE_INFERRED,
};
