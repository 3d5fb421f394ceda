/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_HOST_H
#define ARCH_TDX_HOST_H

#include "arch/tdx/insn.h"
#include "host/host.h"
#include "mem/pt.h"

/*
 * The host's drivers of a TDX platform: tdx-host (SEAMCALLs, metadata pages,
 * the request loop), KVM's TDX part, VT-d. Use: fill @cfg, tdx_host_prepare(),
 * host_init() with the three tables below, host_scan(), tdx_host_start().
 */
struct tdx_host_cfg {
	struct arena *arena;
	struct host_hw hw;
	const struct tdx_host_insn *insn;
	struct mem *mem;       /* where page tables are written, as host */
	uint16_t hkids;	       /* private key ids: 1 to hkids - 1 */
	uint64_t iommu_regs;   /* base of the unit's registers */
	bool no_connect;       /* TDs there are, devices for them not */
	bool lock_p2p;	       /* functions are locked for streams to peers */
	bool shared_on_stream; /* requests without T ride on it, too */
};

struct tdx_host;

/* What the world needs of a VM to run its vCPU. */
struct tdx_vm_view {
	uint64_t tdr;	/* 0: no TD, or not yet one */
	uint64_t tdvpr; /* of its first vCPU; 0: none */
	uint16_t hkid;
	uint64_t ept; /* root of the host's half, or of an ordinary VM */
	unsigned ept_levels;
};

/* NULL: no memory. Touches no hardware. */
struct tdx_host *tdx_host_prepare(const struct tdx_host_cfg *cfg);
extern const struct kvm_rules tdx_kvm_rules;	    /* ctx: tdx_host */
extern const struct iommu_driver_ops tdx_iommu_ops; /* ctx: tdx_host */
extern const struct pci_tsm_ops tdx_tsm_ops;	    /* ctx: tdx_host */

/*
 * The module's features, TDH.IOMMU.SETUP, the host's root table; registers the
 * TSM. The N of tsmN, or -ENODEV, -ENOMEM, -EIO (see tdx_host_error()).
 */
int tdx_host_start(struct tdx_host *h, struct host *host);
/* Status of the last SEAMCALL that failed. */
uint64_t tdx_host_error(const struct tdx_host *h);
/* Pages that the module did not give back. */
uint64_t tdx_host_leaked(const struct tdx_host *h);
/* -EINVAL: the VM is on its way in or out. */
int tdx_host_view(const struct kvm_vm *vm, struct tdx_vm_view *out);

#endif
