/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
#ifndef ILT_TSM_VM_H
#define ILT_TSM_VM_H

#include <linux/kref.h>
#include <linux/list.h>

#include "arch/sev_tio/uapi.h"
#include "interlock_tsm.h"

/*
 * tsm_dev.c: the character device; tsm_vm.c: a VM's life and its memory;
 * tsm_fn.c: functions that are a VM's; tsm_tdi.c: bind, unbind, the states of a
 * TDI; tsm_req.c: what a guest asks; tsm_left.c: TDIs that
 * firmware did not let go of; tsm_iommu.c: device table and page tables.
 *
 * Locks, outermost first:
 *   ilt_sem      read: a call is about the machine; write: it leaves
 *   ilt_vm.lock  the calls of one file
 *   pci_tsm_rwsem, DSM mutex (the core)
 *   fn_lock      who has which function
 *   ilt_iommu.lock, ilt_psp.lock, ilt_psp.insn
 * Operations of pci_tsm_ops begin below the core's: also without a call, when a
 * device is removed. They touch of a VM what does not change while it lives.
 */

extern struct rw_semaphore ilt_sem;
/* The machine; NULL: none, or it is leaving. Under ilt_sem. */
extern struct ilt_psp *ilt_the;

/* --- tsm_vm.c --- */

enum ilt_vm_state {
	ILT_VM_NONE, /* not created, or destroyed */
	ILT_VM_LIVE,
	ILT_VM_GONE, /* its memory was disconnected */
};

struct ilt_vm {
	struct kref ref; /* the file; each TDI */
	struct mutex lock;
	enum ilt_vm_state state;
	u32 taken; /* seq of the exit that was read last */

	/* From creation to destruction these stay as they are. */
	struct ilt_psp *psp;
	u64 base, size; /* its memory, in the machine */
	u32 asid;
	struct page *gctx;
	u64 secrets;
	struct ilt_domain *dom;
	unsigned long *private; /* a bit a page: assigned to it */
};

struct ilt_vm *ilt_vm_new(void);
void ilt_vm_put(struct ilt_vm *vm);
/* ilt_sem is held, and vm->lock. */
int ilt_vm_create(struct ilt_psp *p, struct ilt_vm *vm, u64 policy, u64 secrets,
		  u32 *fw_error);
/* 0, or -EBUSY: firmware keeps a function; with @force that is given up. */
int ilt_vm_destroy(struct ilt_vm *vm, bool force);
u64 ilt_vm_private(const struct ilt_vm *vm); /* pages */
int ilt_vm_pages(struct ilt_vm *vm, u64 gpa, u64 pages, bool private,
		 u64 *done);
/* Where shared memory is: 0, -ERANGE, -EACCES. */
int ilt_vm_shared(const struct ilt_vm *vm, u64 gpa, u64 len, u64 *pa);
/* Shared memory and a linear buffer of the kernel; as above, or -EIO. */
int ilt_vm_read(struct ilt_vm *vm, u64 gpa, void *out, size_t len);
int ilt_vm_write(struct ilt_vm *vm, u64 gpa, const void *in, size_t len);
/* The VM is still there; remembered if it is not. */
bool ilt_vm_there(struct ilt_vm *vm);

/* --- tsm_fn.c --- */

int ilt_fn_assign(struct ilt_vm *vm, u32 rid);
int ilt_fn_unassign(struct ilt_vm *vm, u32 rid);
void ilt_fn_unassign_all(struct ilt_vm *vm);
bool ilt_fn_is(struct pci_dev *pdev, const struct ilt_vm *vm);
/* The function that the VM sees: where its BARs are is in the registers. */
bool ilt_fn_first(struct pci_dev *pdev, const struct ilt_vm *vm);
void ilt_fn_count(const struct ilt_vm *vm, u32 *functions, u32 *bound);

/* The TDI of an assigned function came or went: it gets an id, or loses it. */
void ilt_fn_bound(struct pci_dev *pdev, bool bound);
/* The id; 0 if nothing is bound. */
u32 ilt_fn_id(struct pci_dev *pdev, const struct ilt_vm *vm);
/* With a reference; NULL. */
struct pci_dev *ilt_fn_by_id(u32 id, const struct ilt_vm *vm);
/* With a reference; NULL: no function is there. */
struct pci_dev *ilt_fn_find(u32 rid);

int ilt_fn_init(void);
void ilt_fn_exit(void);

/* --- tsm_tdi.c --- */

#define ILT_MMIO_RANGES 128

struct ilt_tdi {
	struct pci_tdi tdi;
	struct ilt_psp *psp;
	struct ilt_vm *vm;
	struct page *ctx;
	bool created; /* TDI_CREATE was done */
	bool bound;   /* firmware may have locked it */
	unsigned int n_mmio;
	struct {
		u64 gpa, pa;
		u32 pages;
	} mmio[ILT_MMIO_RANGES];
};

/* Gives back its memory; what firmware keeps is lost. */
void ilt_tdi_free(struct ilt_tdi *t);

/* --- tsm_left.c --- */

/* Commands to be given again: UNBIND with FORCE, RECLAIM, ASID_FENCE_CLEAR. */
void ilt_left_add(struct ilt_tdi *t, const u8 *unbind, const u8 *reclaim,
		  const u8 *fence);
/* ilt_left_again() is in interlock_tsm.h. */

/* Before the request of guest_req(): what the core's scopes do not say. */
struct ilt_req_head {
	u32 op; /* IOMMU_TSM_OP_* */
	u32 arch;
};

/* SET_TDI_STATE */
int ilt_tdi_state(struct ilt_tdi *t, u32 state, struct sev_tio_resp *a);
/* A command failed: nothing of the TDI is left in the device. */
void ilt_tdi_cut(struct ilt_tdi *t);

/* --- tsm_req.c --- */

int ilt_tdi_message(struct ilt_tdi *t, u32 op, const struct sev_tio_req *q,
		    struct sev_tio_resp *a);

/* --- tsm_mmio.c --- */

int ilt_mmio_private(struct ilt_tdi *t, u64 gpa, u32 pages);
/* Ranges that do not come back stay in @t. */
void ilt_mmio_shared(struct ilt_tdi *t);

/* --- tsm_iommu.c --- */

struct ilt_domain;

int ilt_iommu_init(struct ilt_psp *p);
void ilt_iommu_exit(struct ilt_psp *p);
void ilt_iommu_irq(struct ilt_psp *p);
/* Maps [0, @size) to [@pa, @pa + @size). ERR_PTR() */
struct ilt_domain *ilt_domain_new(struct ilt_psp *p, u64 pa, u64 size);
/* No function is attached. @asid: what T = 1 is remembered under. */
void ilt_domain_free(struct ilt_psp *p, struct ilt_domain *d, u32 asid);
/* @d NULL: the host's own memory. 0, -EINVAL: no entry for that RID */
int ilt_iommu_attach(struct ilt_psp *p, u32 rid, const struct ilt_domain *d);

/* --- tsm_dev.c --- */

int ilt_dev_init(void);
void ilt_dev_exit(void);
/* Somebody may have something to do. Any context. */
void ilt_dev_wake(void);

#endif
