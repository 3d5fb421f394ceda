/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/fault.h"

const char *sure_name(enum sure sure)
{
	switch (sure) {
	case SURE_SPEC:
		return "specification";
	case SURE_DRIVER:
		return "driver";
	case SURE_INFERRED:
		return "inferred";
	case SURE_OPEN:
		return "OPEN";
	}
	return "?";
}

const char *fault_stage_name(enum fault_stage stage)
{
	switch (stage) {
	case FAULT_NONE:
		return "none";
	case FAULT_LINK:
		return "link";
	case FAULT_IDE:
		return "ide";
	case FAULT_T_BIT:
		return "t-bit";
	case FAULT_DEVICE_ENTRY:
		return "device-entry";
	case FAULT_IO_PAGES:
		return "io-pages";
	case FAULT_OWNER:
		return "owner";
	case FAULT_STAGE2:
		return "stage2";
	}
	return "?";
}

const char *fault_agent_name(enum fault_agent who)
{
	switch (who) {
	case AGENT_HOST:
		return "host";
	case AGENT_VCPU:
		return "vcpu";
	case AGENT_DEVICE:
		return "device";
	case AGENT_FIRMWARE:
		return "firmware";
	}
	return "?";
}

const char *fault_source(const struct fault *f)
{
	return f->source ? f->source : f->rule->source;
}
