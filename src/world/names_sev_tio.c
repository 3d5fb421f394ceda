/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "arch/sev_tio/abi.h"
#include "arch/sev_tio/uapi.h"
#include "base/bits.h"
#include "host/uapi/kvm.h"
#include "world/plat_sev_tio.h"
#include "world/world_priv.h"

/* What goes over SEV-TIO's boundaries, by name. */

#define NAME(cmd)                   \
	{                           \
		SEV_CMD_##cmd, #cmd \
	}
static const struct {
	uint32_t cmd;
	const char *name;
} commands[] = {
	NAME(SNP_SHUTDOWN_EX),
	NAME(SNP_PLATFORM_STATUS),
	NAME(SNP_DF_FLUSH),
	NAME(SNP_INIT_EX),
	NAME(SNP_DECOMMISSION),
	NAME(SNP_ACTIVATE),
	NAME(SNP_GUEST_STATUS),
	NAME(SNP_GCTX_CREATE),
	NAME(SNP_GUEST_REQUEST),
	NAME(SNP_LAUNCH_START),
	NAME(SNP_LAUNCH_UPDATE),
	NAME(SNP_LAUNCH_FINISH),
	NAME(SNP_PAGE_RECLAIM),
	NAME(SNP_PAGE_UNSMASH),
	NAME(SNP_FEATURE_INFO),
	NAME(TIO_STATUS),
	NAME(TIO_INIT),
	NAME(TIO_DEV_CREATE),
	NAME(TIO_DEV_RECLAIM),
	NAME(TIO_DEV_CONNECT),
	NAME(TIO_DEV_DISCONNECT),
	NAME(TIO_DEV_STATUS),
	NAME(TIO_DEV_MEASUREMENTS),
	NAME(TIO_DEV_CERTIFICATES),
	NAME(TIO_TDI_CREATE),
	NAME(TIO_TDI_RECLAIM),
	NAME(TIO_TDI_BIND),
	NAME(TIO_TDI_UNBIND),
	NAME(TIO_TDI_REPORT),
	NAME(TIO_TDI_STATUS),
	NAME(TIO_GUEST_REQUEST),
	NAME(TIO_ASID_FENCE_CLEAR),
	NAME(TIO_ASID_FENCE_STATUS),
	NAME(TIO_TDI_INFO),
	NAME(TIO_ROLL_KEY),
};

const char *sev_command_name(uint32_t cmd)
{
	for (unsigned i = 0; i < COUNT(commands); i++)
		if (commands[i].cmd == cmd)
			return commands[i].name;
	return "?";
}

/* That the firmware wants an exchange first is no failure. */
const char *sev_status_name(uint32_t status)
{
	switch (status) {
	case 0:
	case SEV_RET_SPDM_REQUEST:
		return NULL;
	default:
		return "refused";
	}
}

static const char *message_name(uint8_t type)
{
	switch (type) {
	case TIO_MSG_TDI_INFO_REQ:
		return "TIO_MSG_TDI_INFO_REQ";
	case TIO_MSG_MMIO_VALIDATE_REQ:
		return "TIO_MSG_MMIO_VALIDATE_REQ";
	case TIO_MSG_MMIO_CONFIG_REQ:
		return "TIO_MSG_MMIO_CONFIG_REQ";
	case TIO_MSG_SDTE_WRITE_REQ:
		return "TIO_MSG_SDTE_WRITE_REQ";
	default:
		return "guest message";
	}
}

/* The message's type stands in its header in the clear. */
const char *sev_exit_name(struct world_vm *vm, const struct sev_ghcb *io)
{
	static const char *const ops[] = {
		[TIO_OP_BIND] = "TIO_OP BIND",
		[TIO_OP_UNBIND] = "TIO_OP UNBIND",
		[TIO_OP_RUN] = "TIO_OP RUN",
		[TIO_OP_STOP] = "TIO_OP STOP",
	};
	uint8_t type = 0;

	switch (io->exit_code) {
	case GHCB_EXIT_TIO_OP:
		return io->info1 >> 32 < COUNT(ops) ? ops[io->info1 >> 32]
						    : "TIO_OP";
	case GHCB_EXIT_TIO_GUEST_REQ:
		(void)swap_read(vm, io->info1 + SNP_MSG_TYPE, &type, 1);
		return message_name(type);
	case GHCB_EXIT_PSC:
		return "page state change";
	case GHCB_EXIT_HV_FEATURES:
		return "hypervisor features";
	default:
		return "VMGEXIT";
	}
}

const char *sev_ioctl_name(uint32_t cmd, uintptr_t arg)
{
	struct kvm_sev_cmd c;

	if (cmd != KVM_MEMORY_ENCRYPT_OP || !arg)
		return NULL;
	memcpy(&c, (const void *)arg, sizeof(c));
	switch (c.id) {
	case KVM_SEV_INIT2:
		return "KVM_SEV_INIT2";
	case KVM_SEV_SNP_LAUNCH_START:
		return "KVM_SEV_SNP_LAUNCH_START";
	case KVM_SEV_SNP_LAUNCH_UPDATE:
		return "KVM_SEV_SNP_LAUNCH_UPDATE";
	case KVM_SEV_SNP_LAUNCH_FINISH:
		return "KVM_SEV_SNP_LAUNCH_FINISH";
	default:
		return NULL;
	}
}
