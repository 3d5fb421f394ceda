/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/names_ioctl.h"

#include <string.h>

#include "arch/cca/uapi.h"
#include "arch/cove/uapi.h"
#include "arch/tdx/uapi.h"
#include "base/bits.h"
#include "host/uapi/kvm.h"

static const char *step_name(const char *const *names, uint64_t n, uint64_t i)
{
	return i < n ? names[i] : NULL;
}

const char *cca_ioctl_name(uint32_t cmd, uintptr_t arg)
{
	static const char *const steps[] = {
		[KVM_CAP_ARM_RME_CONFIG_REALM] = "KVM_CAP_ARM_RME_CONFIG_REALM",
		[KVM_CAP_ARM_RME_CREATE_REALM] = "KVM_CAP_ARM_RME_CREATE_REALM",
		[KVM_CAP_ARM_RME_INIT_RIPAS_REALM] =
			"KVM_CAP_ARM_RME_INIT_RIPAS_REALM",
		[KVM_CAP_ARM_RME_ACTIVATE_REALM] =
			"KVM_CAP_ARM_RME_ACTIVATE_REALM",
	};
	struct kvm_enable_cap c;

	if (cmd == KVM_ARM_RMI_POPULATE)
		return "KVM_ARM_RMI_POPULATE";
	if (cmd != KVM_ENABLE_CAP || !arg)
		return NULL;
	memcpy(&c, (const void *)arg, sizeof(c));
	return c.cap == KVM_CAP_ARM_RME
		       ? step_name(steps, COUNT(steps), c.args[0])
		       : "KVM_ENABLE_CAP";
}

const char *tdx_ioctl_name(uint32_t cmd, uintptr_t arg)
{
	static const char *const steps[] = {
		[KVM_TDX_CAPABILITIES] = "KVM_TDX_CAPABILITIES",
		[KVM_TDX_INIT_VM] = "KVM_TDX_INIT_VM",
		[KVM_TDX_INIT_VCPU] = "KVM_TDX_INIT_VCPU",
		[KVM_TDX_INIT_MEM_REGION] = "KVM_TDX_INIT_MEM_REGION",
		[KVM_TDX_FINALIZE_VM] = "KVM_TDX_FINALIZE_VM",
	};
	struct kvm_tdx_cmd c;

	if (cmd != KVM_MEMORY_ENCRYPT_OP || !arg)
		return NULL;
	memcpy(&c, (const void *)arg, sizeof(c));
	return step_name(steps, COUNT(steps), c.id);
}

const char *cove_ioctl_name(uint32_t cmd, uintptr_t arg)
{
	(void)arg;
	if (cmd == KVM_RISCV_COVE_MEASURE_REGION)
		return "KVM_RISCV_COVE_MEASURE_REGION";
	return cmd == KVM_RISCV_COVE_FINALIZE ? "KVM_RISCV_COVE_FINALIZE"
					      : NULL;
}
