/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TEST_HOST_MACHINE_H
#define TEST_HOST_MACHINE_H

#include "fake_pci.h"

#include "host/host.h"

/*
 * The host's services over fakes: registers of fake_pci, flat memory, and an
 * architecture that only keeps books. Every call that can fail can be told to.
 */
#define M_RAM	UINT64_C(0x1000000)
#define M_PAGES 8192u
#define M_MMIO	UINT64_C(0x80000000)
#define M_EP	0x0100u
#define M_VF	0x0101u
#define M_MAPS	4096u

struct m_map {
	const void *owner; /* a domain or a VM */
	uint64_t at;
	uint64_t pa;
	uint64_t len;
	bool write;
};

struct machine {
	struct arena arena;
	uint64_t now;
	struct fake_pci f;
	uint8_t *ram;
	bool taken[M_PAGES];
	unsigned pages; /* taken */
	unsigned pages_max;
	bool refuse_mem;
	uint8_t bar[0x14000];
	struct host h;

	/* the architecture's books */
	uint64_t owner_gpa[M_PAGES]; /* + 1; 0: the host's */
	struct m_map npt[M_MAPS], io[M_MAPS];
	unsigned n_npt, n_io;
	const struct iommu_domain *attached; /* of the endpoint */
	int prepare_err, invalidate_err, map_err, zap_err, enc_ret;
	int io_map_err, io_unmap_err, attach_err, viommu_err, domain_err;
	int mixed_err, size_err, resize_err;
	unsigned size_after, resize_after; /* once, after so many */
	bool no_join;
	bool io_huge;	   /* of the last map */
	bool blocks;	   /* frames of 2 MiB can be had */
	bool huge_entries; /* and owned by one entry */
	unsigned in_gap, gaps;
	uint64_t block[64]; /* leaf size, by 2 MiB of IOVA */
	bool entry_2m[M_PAGES / 512];
	unsigned io_map_after; /* calls that still succeed */
	unsigned io_unmap_after;
	unsigned io_unmaps, zaps, domains, vms;
	bool launch_on_enc; /* KVM_MEMORY_ENCRYPT_OP finishes the launch */

	/* the TSM's script: how many exchanges, then what */
	unsigned exchanges_of[8]; /* by enum pci_tsm_op_kind */
	int result_of[8];
	unsigned calls_of[8], left;
	bool insecure;
	int probe_err;
	unsigned probes, removes, aborts;
	int seen_err; /* of the relay, at the last call */
	bool again_after_err;
	char order[128];
	unsigned n_order;

	/* the guest */
	struct vcpu_exit script[16], got[16];
	unsigned steps, at;
	bool stuck_guest; /* repeats its first exit for ever */
};

struct machine *machine_new(void);
/* Not scanned yet, so that features can be left out. */
struct machine *machine_cold(void);
void machine_scan(struct machine *m);
void machine_free(struct machine *m);

/* The IOMMU's and the nested table's answer; 0: none. */
uint64_t m_io(const struct machine *m, uint64_t iova);
uint64_t m_npt(const struct machine *m, uint64_t gpa);
/* The mark of a private page; 0: the host's. */
uint64_t m_owner(const struct machine *m, uint64_t pa);
struct pci_dev *m_ep(struct machine *m);

extern const struct pci_tsm_ops m_tsm_ops;
extern const struct kvm_rules m_kvm_rules;
extern const struct iommu_driver_ops m_iommu_ops;

/* Connects the endpoint to tsm0. */
void m_connect(struct machine *m);
/* Gives the endpoint to vfio-pci and opens it; the descriptor. */
int m_vfio(struct machine *m, struct task *t);

#endif
