/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_TDX_HOST_PRIV_H
#define ARCH_TDX_HOST_PRIV_H

#include "arch/tdx/abi.h"
#include "arch/tdx/host.h"
#include "arch/tdx/pt.h"
#include "arch/tdx/uapi.h"
#include "host/iommufd/paged.h"

#define TDX_PAGES_MAX	16
#define TDX_HKIDS_MAX	1024
#define TDX_REPORT_MAX	8192
#define TDX_INFO_MAX	(TDX_DEV_INFO_PAGES * PAGE_4K)
#define TDX_PRIV_CHUNKS 4
#define EPT_LEVELS	TDX_SEPT_LEVELS

/* Pages that the module is told of by one HPA_ARRAY. */
struct tdx_pages {
	uint64_t page[TDX_PAGES_MAX];
	unsigned n;
	uint64_t list; /* their addresses; 0 with one page */
};

/* A page that the module has until it is asked for it. */
struct tdx_given {
	struct tdx_given *next;
	uint64_t pa;
};

/* A call that talks to the device: kept, for it is made again unchanged. */
struct tdx_op {
	struct tdx_regs call;
	struct tdx_regs out; /* of the call that ended it */
	bool issued;
	bool pending; /* in the module: a request is out */
	/* The session's keys come between: KEY_UPDATE first, then go on. */
	bool updating;
	uint8_t type; /* of the last request */
};

/* The connection of one function 0. */
struct tdx_conn {
	struct pci_dev *p;
	struct pci_ide_stream *st;
	uint64_t in, out, conf; /* response, request, configuration or nonce */
	struct tdx_pages spdm_mt, stream_mt, info_pages, report_pages;
	uint64_t spdm_id;
	uint64_t stream_id;
	bool created; /* SPDM.CREATE has been done */
	bool stream;  /* IDE.STREAM.CREATE */
	bool blocked;
	struct tdx_op op;
	unsigned step; /* of the operation it belongs to */
	/* What the device says of itself, as the module gave it last. */
	uint8_t info[TDX_INFO_MAX];
	uint32_t info_len;
};

struct tdx_vm;

struct tdx_tdi {
	uint32_t func; /* TDISP FUNCTION_ID */
	uint64_t page; /* DEVIFCS */
	struct tdx_vm *vm;
	bool created;	/* DEVIF.CREATE has been done */
	bool locked;	/* perhaps: TDH.TDI.LOCK was called */
	bool dmar;	/* a trusted entry was added */
	bool private;	/* VFIO has let go of the BARs */
	bool was_error; /* as the device said when its unbind began */
	bool bars;	/* metadata says whose the BARs are */
	uint8_t report[TDX_REPORT_MAX];
	uint32_t report_len;
	/* Left behind: the module keeps the interface. */
	struct tdx_tdi *stuck;
	uint32_t dsm; /* function 0, over whose connection it is bound */
	uint64_t bar[PCI_BARS][2]; /* address and bytes, of the metadata */
};

/* A page in a secure EPT: its frame, with flags below. */
#define TDX_PRIV_MMIO	 UINT64_C(1)
#define TDX_PRIV_BLOCKED UINT64_C(2) /* KVM is done with it, the module not */
#define TDX_PRIV_FLAGS	 UINT64_C(0xfff)

struct tdx_vm {
	struct tdx_vm *next;
	bool td;
	bool connect; /* devices may be bound to it */
	bool runnable;
	uint16_t hkid;	       /* 0: none */
	uint64_t tdr;	       /* 0: no TD */
	struct tdx_given *ctl; /* control pages, secure EPT: reclaimed last */
	struct pt ept;	       /* the host's half, or an ordinary VM's */
	unsigned tdis;	       /* interfaces that the module has for it */
	uint64_t linked[256];  /* entries of our half in the TD's root */
	/* Private pages that are mapped: 1 GiB of addresses each. */
	struct pagemap priv[TDX_PRIV_CHUNKS];
	uint64_t priv_base[TDX_PRIV_CHUNKS]; /* gfn >> 18, + 1; 0 free */
	uint64_t priv_n[TDX_PRIV_CHUNKS];
};

struct tdx_vcpu {
	uint64_t tdvpr; /* 0: not initialised */
	bool called;	/* the last exit was a call that is to be answered */
};

/* Tables of the host's half of VT-d that hang below its root. */
struct tdx_bus {
	uint64_t ctx[2]; /* by upper half; 0: none */
};

struct tdx_host {
	struct tdx_host_cfg cfg;
	struct kernel *k;
	struct pci_ide_host *ide;
	uint64_t error;
	uint64_t leaked;
	uint64_t kept; /* pages that the module did not let go at once */
	uint64_t iommu_id;
	struct tdx_pages iommu_mt;
	uint64_t root; /* of the host's VT-d tables */
	struct tdx_bus bus[256];
	uint8_t hkid_used[TDX_HKIDS_MAX / 8];
	struct paged domains;
	struct tdx_vm *vms;
	struct tdx_tdi *stuck;
	struct kpool conn_pool, tdi_pool, vm_pool, vcpu_pool, given_pool;
};

/* --- host_call.c: memory and SEAMCALL --- */

int tdx_read(struct tdx_host *h, uint64_t pa, void *out, size_t len);
int tdx_write(struct tdx_host *h, uint64_t pa, const void *in, size_t len);
uint64_t tdx_page_new(struct tdx_host *h); /* 0: no memory */
void tdx_page_free(struct tdx_host *h, uint64_t pa);

/* Keeps the status of a call that failed. */
uint64_t tdx_call(struct tdx_host *h, struct tdx_regs *r);
/* The same with the first operands alone. */
uint64_t tdx_call4(struct tdx_host *h, uint64_t leaf, uint64_t rcx,
		   uint64_t rdx, uint64_t r8, uint64_t r9);
/* 0, -EBUSY, or -EIO. */
int tdx_errno(uint64_t status);

int tdx_pages_new(struct tdx_host *h, struct tdx_pages *a, unsigned n);
/* They are the host's. */
void tdx_pages_free(struct tdx_host *h, struct tdx_pages *a);
/* The module keeps them. */
void tdx_pages_leak(struct tdx_host *h, struct tdx_pages *a);
uint64_t tdx_pages_arg(const struct tdx_pages *a);
int tdx_pages_read(struct tdx_host *h, const struct tdx_pages *a, void *out,
		   size_t len);

/* --- host_op.c: calls that talk to the device --- */

/* Begins one; its registers are the caller's to fill. */
struct tdx_regs *tdx_op_new(struct tdx_conn *c, uint64_t leaf);
/* 0 done; -EINPROGRESS: carry r->req; -errno: given up. */
int tdx_op_run(struct tdx_host *h, struct tdx_conn *c, struct pci_tsm_relay *r);
/* Nobody carries it on: an answer that cannot be right ends it. If there is
 * none, nothing. */
void tdx_op_drop(struct tdx_host *h, struct tdx_conn *c);

/* --- host.c --- */

struct tdx_conn *tdx_conn_of(const struct pci_tdi *tdi);
/* Device information that the call under way has given. */
int tdx_conn_info(struct tdx_host *h, struct tdx_conn *c);
/* After a failure: nothing is pending, and a link that is dead is blocked. */
void tdx_conn_look(struct tdx_host *h, struct tdx_conn *c);
/* Cuts the device off at the root port. */
void tdx_conn_block(struct tdx_host *h, struct tdx_conn *c);

/* --- host_tdi.c --- */

int tdx_tdi_bind(void *ctx, struct pci_tdi *tdi, bool first,
		 struct pci_tsm_relay *r);
int tdx_tdi_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		   struct pci_tsm_relay *r);
int tdx_tdi_guest_req(void *ctx, struct pci_tdi *tdi,
		      struct pci_tsm_guest_req *q, bool first,
		      struct pci_tsm_relay *r);
/* Whatever was pending is abandoned; the interface ends stopped. */
void tdx_tdi_abort(struct tdx_host *h, struct pci_tdi *tdi, bool forget);
/* Interfaces that the module did not let go: once more. @vm NULL: all. */
void tdx_stuck_again(struct tdx_host *h, const struct tdx_vm *vm);
/* Some of @p's connection are left all the same. */
bool tdx_stuck_at(struct tdx_host *h, const struct pci_dev *p);

/* --- host_req.c: what a guest asks by TDCM --- */

int tdx_guest_ask(struct tdx_host *h, struct pci_tdi *tdi,
		  const struct tdx_req *q, bool first, struct pci_tsm_relay *r);
/* The answer, in the guest's buffer: data, or what went wrong. */
int tdx_guest_tell(struct tdx_host *h, struct pci_tdi *tdi,
		   const struct tdx_req *q, int ret, const void *data,
		   uint32_t len);

/* --- host_mmio.c: metadata of MMIO pages and interfaces --- */

int tdx_devif_place(struct tdx_host *h, uint32_t func);
void tdx_devif_unplace(struct tdx_host *h, uint32_t func);
/* The BARs of the function are TDI memory; and nobody's again. */
int tdx_bars_set(struct tdx_host *h, struct tdx_tdi *t,
		 const struct pci_dev *p);
void tdx_bars_clear(struct tdx_host *h, struct tdx_tdi *t);

/* --- host_dmar.c: trusted DMA remapping --- */

int tdx_dmar_add(struct tdx_host *h, uint16_t rid, uint64_t tdr);
int tdx_dmar_remove(struct tdx_host *h, uint16_t rid);
/* What devices remember of a TD's pages of this epoch. 0, -EIO. */
int tdx_iotlb_flush(struct tdx_host *h, uint64_t tdr);

/* --- host_td.c: a TD's life --- */

int tdx_vm_init(void *ctx, struct kvm_vm *vm, uint64_t type);
void tdx_vm_fini(void *ctx, struct kvm_vm *vm);
long tdx_enc_op(void *ctx, struct kvm_vm *vm, struct task *t, uintptr_t arg);
long tdx_vcpu_ioctl(void *ctx, struct kvm_vcpu *v, struct task *t, uint32_t cmd,
		    uintptr_t arg);
int tdx_vcpu_init(void *ctx, struct kvm_vcpu *v);
void tdx_vcpu_fini(void *ctx, struct kvm_vcpu *v);
/* A page goes to the module for this VM until it is torn down. */
int tdx_given_add(struct tdx_host *h, struct tdx_vm *v, uint64_t pa);
/* The last one was not taken. */
void tdx_given_undo(struct tdx_host *h, struct tdx_vm *v);

/* --- host_sept.c: both halves of a guest's memory --- */

int tdx_map(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa, bool write,
	    bool private);
int tdx_zap(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len);
int tdx_prepare(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa);
int tdx_invalidate(void *ctx, uint64_t pa);
int tdx_resize(void *ctx, uint64_t pa, bool huge);
/* At the launch: a page with content, measured if so wished. */
int tdx_page_add(struct tdx_host *h, struct tdx_vm *v, uint64_t gpa,
		 uint64_t pa, uint64_t source);
/* MMIO that KVM let go of and the module kept: once more. */
int tdx_mmio_again(struct tdx_host *h, struct tdx_vm *v);
/* Pages of @v in its secure EPT, whatever their state. */
uint64_t tdx_priv_pages(const struct tdx_vm *v);

/* --- host_exit.c --- */

int tdx_enter(void *ctx, struct kvm_vcpu *v);
int tdx_kvm_call(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		 struct kvm_run *run);
int tdx_call_complete(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		      struct kvm_run *run);

/* host_iommu.c: domains, before any is made. */
void tdx_iommu_init(struct tdx_host *h);

#endif
