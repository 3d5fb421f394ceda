/* SPDX-License-Identifier: BSD-2-Clause */
#include "device/device.h"

const struct rule device_rule_no_function = {
	.name = "no-function",
	.says = "no such function answers here",
	.source = "PCIe Base 6.0 §2.3.1, §9.2.1.2",
	.sure = SURE_SPEC,
};

const struct rule device_rule_no_bar = {
	.name = "no-bar",
	.says = "no enabled BAR holds the whole of the request",
	.source = "PCIe Base 6.0 §2.3.1, §7.5.1.2.1",
	.sure = SURE_SPEC,
};

const struct rule device_rule_type = {
	.name = "endpoint-type",
	.says = "an endpoint takes no request of this type",
	.source = "PCIe Base 6.0 §2.3.1, §7.3.3",
	.sure = SURE_SPEC,
};

const struct rule device_rule_access = {
	.name = "register-access",
	.says = "registers take aligned accesses of 4 or 8 bytes",
	.source = "docs/device-dma.md; PCIe Base 6.0 §2.3.1 (Completer Abort)",
	.sure = SURE_SPEC,
};

const struct rule device_rule_completion = {
	.name = "device-completion",
	.says = "a completion must match a read in flight, its stream and the "
		"bytes that are left",
	.source = "PCIe Base 6.0 §2.3.2, §6.33.4",
	.sure = SURE_SPEC,
};

const struct rule device_rule_poisoned = {
	.name = "endpoint-poisoned",
	.says = "poisoned data is not used",
	.source = "PCIe Base 6.0 §2.7.2.1, §11.4.9",
	.sure = SURE_SPEC,
};

const struct rule device_rule_overlap = {
	.name = "bars-overlap",
	.says = "address ranges of the device's BARs overlap",
	.source = "PCIe Base 6.x §11.3.8",
	.sure = SURE_SPEC,
};

const struct rule device_rule_page_size = {
	.name = "vf-page-size",
	.says = "the system page size of the VFs is not the 4 KiB of reports",
	.source = "PCIe Base 6.x §11.3.8",
	.sure = SURE_SPEC,
};

/* OPEN: not among the checks named; a report over address 0 means nothing. */
const struct rule device_rule_bar_off = {
	.name = "bar-not-set",
	.says = "a BAR of the function was never given an address",
	.source = "PCIe Base 6.x §11.3.8, §11.3.11",
	.sure = SURE_OPEN,
};

const struct rule device_rule_master = {
	.name = "bus-master-off",
	.says = "a function without Bus Master Enable issues no request",
	.source = "PCIe Base 6.0 §7.5.1.1.3",
	.sure = SURE_SPEC,
};

const struct rule device_rule_dma_t = {
	.name = "dma-t-bit",
	.says = "a TDI in RUN sets T on its stream, any other function never",
	.source = "PCIe Base 6.x §11.2.1",
	.sure = SURE_SPEC,
};
