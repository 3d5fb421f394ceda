/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CCA_HOST_H
#define ARCH_CCA_HOST_H

#include "arch/cca/insn.h"
#include "crypto/crypto.h"
#include "host/host.h"
#include "mem/pt.h"

/*
 * The host's drivers of a machine with Arm CCA: RMI calls and granules, KVM's
 * part of realms, PCI/TSM over PDEVs and VDEVs, the non-secure SMMU. Use: fill
 * @cfg, cca_host_prepare(), host_init() with the three tables below,
 * host_scan(), cca_host_start().
 */
struct cca_host_cfg {
	struct arena *arena;
	struct host_hw hw;
	const struct cca_host_insn *insn;
	const struct crypto *crypto; /* certificates: the kernel's X.509 */
	struct mem *mem;  /* where page tables are written, as host */
	uint64_t psmmu;	  /* the SMMU, as the monitor names it */
	uint64_t hb_base; /* the host bridge, likewise */
	uint32_t sids;	  /* stream table entries */
	/* No realm gets the flag, and there is no TSM: as a machine without. */
	bool no_da;
	bool shared_on_stream; /* T=0 requests ride on the stream too */
	bool lock_p2p;	       /* functions are locked for streams to peers */
};

struct cca_host;

/* What the world needs of a VM; pointers live as it does. */
struct cca_vm_view {
	bool realm;
	uint64_t rd;	  /* 0: not made yet */
	uint64_t s2_root; /* of an ordinary VM */
	unsigned s2_levels;
	unsigned ipa_bits;
};

/* NULL: no memory. Touches no hardware. */
struct cca_host *cca_host_prepare(const struct cca_host_cfg *cfg);
extern const struct kvm_rules cca_kvm_rules;	    /* ctx: cca_host */
extern const struct iommu_driver_ops cca_iommu_ops; /* ctx: cca_host */
extern const struct pci_tsm_ops cca_tsm_ops;	    /* ctx: cca_host */

/*
 * The monitor's version and features, the stream table, the SMMU's Realm side;
 * registers the TSM. The N of tsmN, 0 without device assignment, or -ENODEV,
 * -EIO (see cca_host_rmi_error()).
 */
int cca_host_start(struct cca_host *s, struct host *h);
/* The last result that was not RMI_SUCCESS. */
uint64_t cca_host_rmi_error(const struct cca_host *s);
/* -EINVAL: the VM is on its way in or out. */
int cca_host_view(const struct kvm_vm *vm, struct cca_vm_view *out);
/* The REC of a vCPU, PA; 0: none. */
uint64_t cca_host_rec(const struct kvm_vcpu *v);
/* Granules that the monitor did not give back. */
uint64_t cca_host_leaked(const struct cca_host *s);

#endif
