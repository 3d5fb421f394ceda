/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SEV_TIO_HOST_H
#define ARCH_SEV_TIO_HOST_H

#include "arch/sev_tio/insn.h"
#include "host/host.h"
#include "mem/pt.h"

/*
 * The host's drivers of an SEV-TIO platform: ccp (PSP commands, firmware
 * pages, the bounce loop), KVM's SNP part, the AMD IOMMU. Use: fill @cfg,
 * sev_host_prepare(), host_init() with the three tables below, host_scan(),
 * sev_host_start().
 */
struct sev_host_cfg {
	struct arena *arena;
	struct host_hw hw;
	const struct sev_host_insn *insn;
	struct mem *mem;    /* where page tables are written, as host */
	uint32_t asids;	    /* ASIDs 1 to asids - 1 */
	uint64_t dev_table; /* ordinary device entries; 0: allocate */
	uint32_t devs;	    /* entries; a multiple of 128 */
	/*
	 * Endpoint streams carry requests without the T bit too. Linux's
	 * driver sets TEE-Limited Stream, which leaves them in the clear.
	 */
	bool no_tio;   /* SNP_INIT_EX leaves tio_en out: no TSM */
	bool lock_p2p; /* functions are locked for streams to peers */
	bool shared_on_stream;
};

struct sev_host;

/* What the world needs of a VM to run its vCPU; pointers live as it does. */
struct sev_vm_view {
	uint32_t asid; /* 0: not an SNP VM, or not yet one */
	uint64_t npt_root;
	unsigned npt_levels;
	uint64_t gctx_pa;
};

/* NULL: no memory. Touches no hardware. */
struct sev_host *sev_host_prepare(const struct sev_host_cfg *cfg);
extern const struct kvm_rules sev_kvm_rules;	    /* ctx: sev_host */
extern const struct iommu_driver_ops sev_iommu_ops; /* ctx: sev_host */
extern const struct pci_tsm_ops sev_tsm_ops;	    /* ctx: sev_host */

/*
 * SNP_INIT_EX with TIO, TIO_STATUS, TIO_INIT, the device table; registers
 * the TSM. The N of tsmN, or -ENODEV, -EIO (see sev_host_fw_error()).
 */
int sev_host_start(struct sev_host *s, struct host *h);
uint32_t sev_host_fw_error(const struct sev_host *s);
/* Contexts and pages that firmware did not give back when it was asked. */
uint64_t sev_host_leaked(const struct sev_host *s);
/* -EINVAL: the VM is on its way in or out. */
int sev_host_view(const struct kvm_vm *vm, struct sev_vm_view *out);

#endif
