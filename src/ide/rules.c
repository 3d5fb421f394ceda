/* SPDX-License-Identifier: BSD-2-Clause */
#include "ide/ide.h"

const struct rule ide_rule_misrouted = {
	.name = "ide-misrouted",
	.says = "an IDE packet needs an enabled stream with its Stream ID",
	.source = "PCIe Base 6.3 §6.33.8, Misrouted IDE TLP",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_insecure = {
	.name = "ide-insecure",
	.says = "packets of an enabled stream that is Insecure are discarded",
	.source = "PCIe Base 6.3 §6.33.4 (transmitter), §6.33.8 (receiver)",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_mac = {
	.name = "ide-mac",
	.says = "the MAC must verify over prefix, header and payload",
	.source = "PCIe Base 6.3 §6.33.8, IDE Check Failed",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_no_mac = {
	.name = "ide-no-mac",
	.says = "without aggregation every IDE packet carries a MAC",
	.source = "PCIe Base 6.3 §6.33.6",
	.sure = SURE_SPEC,
};

/*
 * OPEN: a PCRC where none is enabled is not named among the errors. The
 * packet cannot be checked, so it counts as failed.
 */
const struct rule ide_rule_pcrc = {
	.name = "ide-pcrc",
	.says = "a PCRC must not be there unless it is enabled",
	.source = "PCIe Base 6.3 §6.33.4",
	.sure = SURE_OPEN,
};

const struct rule ide_rule_sub = {
	.name = "ide-sub-stream",
	.says = "the Sub-Stream must be that of the packet's class",
	.source = "PCIe Base 6.3 §6.33.5, §6.33.8",
	.sure = SURE_SPEC,
};

/*
 * OPEN: nothing says what a malformed packet under IDE does to the stream.
 * Its invocation field is lost, so the next packet would fail anyhow.
 */
const struct rule ide_rule_malformed = {
	.name = "ide-malformed",
	.says = "a malformed IDE packet fails its stream's check",
	.source = "PCIe Base 6.3 §6.33.8",
	.sure = SURE_OPEN,
};

const struct rule ide_rule_type = {
	.name = "ide-type",
	.says = "the packet type is not permitted under a selective stream",
	.source = "PCIe Base 6.3 §6.33.4 Table 6-35",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_key = {
	.name = "ide-key",
	.says = "the key that the K bit names is not there or has not gone",
	.source = "PCIe Base 6.3 §6.33.3, K_SET_GO and K_SET_STOP",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_old_key = {
	.name = "ide-old-key",
	.says = "after a toggled K bit the old key set is discarded",
	.source = "PCIe Base 6.3 §6.33.3, key refresh",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_counter = {
	.name = "ide-counter",
	.says = "an invocation field or packet counter must not overflow",
	.source = "PCIe Base 6.3 §6.33.5, §6.33.8; law 8",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_pr_order = {
	.name = "ide-pr-order",
	.says = "posted packets sent before this one have not arrived",
	.source = "PCIe Base 6.3 §6.33.5, PR_Received_Counter underflow",
	.sure = SURE_SPEC,
};

/*
 * OPEN: the specification keeps this up while the stream is enabled, even
 * Insecure; then a device behind a broken stream could be reached only by
 * reset. TDISP errata and hosts rely on reaching it once the root port's
 * stream is disabled, so that here it ends with Secure.
 */
const struct rule ide_rule_cfg = {
	.name = "ide-config",
	.says = "configuration requests stay on the stream they first came by",
	.source = "PCIe Base 6.3 §6.33.4, Selective IDE for Configuration "
		  "Requests",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_rid = {
	.name = "ide-rid",
	.says = "requester or completer is outside the stream's RID range",
	.source = "PCIe Base 6.3 §6.33.4, TEE-IO ports",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_t_plain = {
	.name = "ide-t-plain",
	.says = "a packet with the T bit must not leave in the clear",
	.source = "PCIe Base 6.3 §6.33.1",
	.sure = SURE_SPEC,
};

const struct rule ide_rule_tlp = {
	.name = "tlp-malformed",
	.says = "the packet is malformed or of an unsupported type",
	.source = "PCIe Base 6.3 §2.3, §6.2.3",
	.sure = SURE_SPEC,
};
