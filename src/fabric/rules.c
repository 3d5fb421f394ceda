/* SPDX-License-Identifier: BSD-2-Clause */
#include "fabric/fabric.h"

const struct rule fabric_rule_no_target = {
	.name = "no-target",
	.says = "no port forwards this address or bus number",
	.source = "PCIe Base 6.0 §2.3.1, §7.5.1.3",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_link_down = {
	.name = "link-down",
	.says = "the link below the port is down",
	.source = "PCIe Base 6.0 §2.9.1",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_timeout = {
	.name = "completion-timeout",
	.says = "no completion came",
	.source = "PCIe Base 6.0 §2.8",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_ur = {
	.name = "unsupported-request",
	.says = "the device answered Unsupported Request",
	.source = "PCIe Base 6.0 §2.3.2",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_ca = {
	.name = "completer-abort",
	.says = "the device answered Completer Abort",
	.source = "PCIe Base 6.0 §2.3.2",
	.sure = SURE_SPEC,
};

/*
 * OPEN: T of a completion that differs from its request's. The text binds the
 * completer to copy it; we drop what does not, so that an answer which the
 * device's TEE did not give is never taken for one.
 */
const struct rule fabric_rule_unexpected = {
	.name = "unexpected-completion",
	.says = "a completion must match a request in flight, its stream, its "
		"T bit and the bytes that are left",
	.source = "PCIe Base 6.0 §2.3.2, §6.33.4",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_poisoned = {
	.name = "poisoned",
	.says = "poisoned data goes nowhere",
	.source = "PCIe Base 6.0 §2.7.2.1",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_bme = {
	.name = "port-bme",
	.says = "a port without Bus Master Enable forwards no request upstream",
	.source = "PCIe Base 6.0 §7.5.1.1.3",
	.sure = SURE_SPEC,
};

/*
 * The check is optional and off after reset on a real port; here it is always
 * on, because a host that leaves it off could only gain by that.
 */
const struct rule fabric_rule_source = {
	.name = "source-validation",
	.says = "the requester's bus must lie below the port",
	.source = "PCIe Base 6.0 §6.12.1.1, ACS Source Validation",
	.sure = SURE_INFERRED,
};

/* OPEN: a root complex may forward between its ports, and need not. */
const struct rule fabric_rule_p2p = {
	.name = "no-peer-to-peer",
	.says = "this root complex forwards no request from device to device",
	.source = "PCIe Base 6.0 §1.3.1",
	.sure = SURE_OPEN,
};

const struct rule fabric_rule_type = {
	.name = "upstream-type",
	.says = "a device may not send requests of this type upstream",
	.source = "PCIe Base 6.0 §2.2.7, §7.3.3",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_translated = {
	.name = "address-type",
	.says = "ATS is not offered: only untranslated requests",
	.source = "PCIe Base 6.0 §10.2.1, §6.12.1.1 (Translation Blocking)",
	.sure = SURE_SPEC,
};

const struct rule fabric_rule_intx = {
	.name = "intx-message",
	.says = "an INTx message is local and of traffic class 0",
	.source = "PCIe Base 6.0 §2.2.8.1",
	.sure = SURE_SPEC,
};
