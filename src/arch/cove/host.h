/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_HOST_H
#define ARCH_COVE_HOST_H

#include "arch/cove/insn.h"
#include "host/host.h"
#include "mem/pt.h"

/*
 * The hosting supervisor domain's drivers on a CoVE platform: KVM's TVMs, the
 * CoVE-IO TSM driver, the RISC-V IOMMU. Use: fill @cfg, cove_host_prepare(),
 * host_init() with the three tables below, host_scan(), cove_host_start().
 */
struct cove_host_cfg {
	struct arena *arena;
	struct host_hw hw;
	const struct cove_host_insn *insn;
	struct mem *mem; /* where page tables are written, as host */
	/*
	 * Endpoint streams carry requests without the T bit too; else
	 * TEE-Limited Stream leaves them in the clear.
	 */
	bool shared_on_stream;
	bool lock_p2p; /* functions are locked for streams to peers */
};

struct cove_host;

/* What the world needs of a VM to run its vCPU; pointers live as it does. */
struct cove_vm_view {
	bool tvm;
	uint64_t id;   /* of the TVM, as the TSM calls it */
	uint64_t root; /* of an ordinary VM's own table */
	unsigned levels;
};

/* NULL: no memory. Touches no hardware. */
struct cove_host *cove_host_prepare(const struct cove_host_cfg *cfg);
extern const struct kvm_rules cove_kvm_rules;	     /* ctx: cove_host */
extern const struct iommu_driver_ops cove_iommu_ops; /* ctx: cove_host */
extern const struct pci_tsm_ops cove_tsm_ops;	     /* ctx: cove_host */

/*
 * get_tsm_info, NACL memory, the device directory; registers the TSM. The N of
 * tsmN, or -ENODEV (no TSM that is ready), -EIO (see cove_host_sbi_error()).
 */
int cove_host_start(struct cove_host *s, struct host *h);
int64_t cove_host_sbi_error(const struct cove_host *s);
/* Pages that the TSM did not give back when it was asked. */
uint64_t cove_host_leaked(const struct cove_host *s);
/* -EINVAL: the VM is on its way in or out. */
int cove_host_view(const struct kvm_vm *vm, struct cove_vm_view *out);

#endif
