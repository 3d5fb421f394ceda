/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_COVE_HOST_PRIV_H
#define ARCH_COVE_HOST_PRIV_H

#include "arch/cove/abi.h"
#include "arch/cove/host.h"
#include "arch/cove/uapi.h"
#include "host/iommufd/paged.h"

#define COVE_CONN_PAGES	  16 /* of a connection's transcript */
#define COVE_REGIONS	  32 /* pieces of a function's BARs */
#define COVE_SLOT_REGIONS 32 /* confidential regions of a TVM */
#define COVE_PT_PAGES	  16 /* given at a time for the G-stage */
#define COVE_PT_MAX	  1024
#define COVE_MAP_CHUNKS	  4 /* of 1 GiB of guest addresses */

/* A call of the TSM that talks to a device: it is repeated unchanged. */
struct cove_call {
	uint64_t fid;
	uint64_t a[6];
	bool issued;
};

struct cove_vcpu;

/* The connection of one function 0. */
struct cove_conn {
	struct pci_dev *p;
	struct pci_ide_stream *st;
	uint32_t id;	  /* device_id */
	bool known;	  /* the TSM was asked to connect */
	uint64_t desc_pa; /* stream descriptor */
	uint64_t data_pa; /* transcript: what the TSM handed out */
	struct cove_call call;
	struct cove_call put_off; /* waits for new keys of the session */
	bool renewing;		  /* they are being made */
	struct cove_vcpu *guest;  /* its call is the one in the buffer */
	struct cove_vcpu *want; /* for whom such a call is carried; NULL: us */
	struct cove_call later; /* which we make then */
	bool carrying;		/* such a call is what is carried now */
	unsigned step;		/* of the operation it belongs to */
	unsigned gave;		/* times that the device did not answer */
};

/* MMIO that was given to a TVM. */
struct cove_region {
	uint64_t gpa;
	uint64_t pa;
	uint64_t len;
};

struct cove_tdi {
	uint32_t id; /* device_if_id */
	bool bound;  /* by command; the TVM may have stopped it since */
	bool private;
	unsigned n;
	struct cove_region region[COVE_REGIONS];
};

struct cove_vcpu {
	struct kvm_vcpu *kvm; /* NULL: closed, the TSM still has it */
	struct cove_vm *vm;
	uint32_t id;
	uint64_t state_pa; /* 0: none */
	/* What the host owes the last exit. */
	uint64_t scause;
	uint64_t eid, fid;
	bool pending; /* the last exit: a call for which the host has to act */
	uint64_t if_id; /* about this interface */
	bool refused;	/* entered again though the host could do nothing */
	/* The next exit is known already: a call was carried to its end. */
	bool ahead;
	struct vcpu_exit next;
};

struct cove_vm {
	struct kvm_vm *kvm;
	bool tvm;
	struct pt g;	 /* an ordinary VM's G-stage */
	uint64_t g_root; /* 16 KiB of it */
	bool created;
	bool final;
	uint64_t id;
	uint64_t dir_pa;
	uint64_t state_pa;
	uint64_t pt_pa[COVE_PT_MAX / COVE_PT_PAGES]; /* COVE_PT_PAGES each */
	unsigned n_pt;
	/* Which guest addresses the host has put a page behind. */
	struct pagemap mapped[COVE_MAP_CHUNKS];
	uint64_t map_base[COVE_MAP_CHUNKS]; /* gfn >> 18, + 1; 0 free */
	uint32_t map_n[COVE_MAP_CHUNKS];
	struct {
		uint64_t gpa, len;
	} region[COVE_SLOT_REGIONS];
	unsigned n_region;
	struct cove_vcpu vcpu[TSM_TVM_VCPUS];
};

struct cove_host {
	struct cove_host_cfg cfg;
	struct kernel *k;
	struct pci_ide_host *ide;
	int64_t sbi_error;
	uint64_t nacl;	 /* shared with the TSM */
	uint64_t page;	 /* a bounce of ours */
	uint64_t ddt;	 /* root of the device directory */
	uint64_t leaked; /* pages that the TSM did not give back */
	uint32_t tvm_state_pages, vcpu_state_pages;
	struct paged domains;
	struct kpool conn_pool, tdi_pool, vm_pool;
};

/* --- host_sbi.c: calls, pages, the buffers of devices --- */

int cove_read(struct cove_host *s, uint64_t pa, void *out, size_t len);
int cove_write(struct cove_host *s, uint64_t pa, const void *in, size_t len);

/* COVH. 0, or -errno with sbi_error set. @value may be NULL. */
int cove_covh(struct cove_host *s, uint64_t fid, const uint64_t a[6],
	      uint64_t *value);
int cove_errno(int64_t error);

/*
 * Pages of the host become confidential, all of them or none; and back. @stuck:
 * they did not, and are the host's no more.
 */
int cove_convert(struct cove_host *s, uint64_t pa, uint64_t pages, bool *stuck);
int cove_reclaim(struct cove_host *s, uint64_t pa, uint64_t pages);
/* As page_alloc(), converted; 0: no memory. Freed, or counted as leaked. */
uint64_t cove_pages(struct cove_host *s, uint32_t pages);
void cove_pages_free(struct cove_host *s, uint64_t pa, uint32_t pages);

uint64_t cove_nacl_u64(struct cove_host *s, uint64_t off);
void cove_nacl_put_u64(struct cove_host *s, uint64_t off, uint64_t v);

/* Begins a call about the device of @c. */
void cove_call_new(struct cove_conn *c, uint64_t fid, uint64_t a0, uint64_t a1,
		   uint64_t a2, uint64_t a3);
/*
 * Issues it, or goes on with the device's answer in @r. 0 done;
 * -EINPROGRESS: carry r->req; -errno (sbi_error) over. After r->err it ends:
 * the TSM hears that there was no answer until it gives up.
 */
int cove_call_run(struct cove_host *s, struct cove_conn *c,
		  struct pci_tsm_relay *r);
/* The same without anybody who carries: every message goes unanswered. */
void cove_call_end(struct cove_host *s, struct cove_conn *c);
/* Is there a message of a TVM's call in the device's buffer, unanswered? */
bool cove_waiting(struct cove_host *s, struct cove_conn *c);
/*
 * The message that waits for @c's device. -EINPROGRESS: it is in @r; -ENODATA:
 * there is none, or none of a TVM where @guest asks for that.
 */
int cove_pending(struct cove_host *s, struct cove_conn *c, bool guest,
		 struct pci_tsm_relay *r);
/* The answer into the buffer; @r NULL or r->err: there is none. */
int cove_answer(struct cove_host *s, struct cove_conn *c,
		const struct pci_tsm_relay *r);

/* --- host.c --- */

struct cove_conn *cove_conn_of(const struct pci_tdi *tdi);
/* After a failure: switches the stream off if it is dead. */
void cove_conn_look(struct cove_host *s, struct cove_conn *c);
/*
 * A second stream, to another device that is connected, is asked for. 0: there
 * is none; else why it was refused, nothing has changed.
 */
int cove_peer_stream(struct cove_host *s, struct cove_conn *c);

/* --- host_tdi.c --- */

int cove_tdi_bind(void *ctx, struct pci_tdi *tdi, bool first,
		  struct pci_tsm_relay *r);
int cove_tdi_unbind(void *ctx, struct pci_tdi *tdi, bool first,
		    struct pci_tsm_relay *r);
int cove_tdi_guest_req(void *ctx, struct pci_tdi *tdi,
		       struct pci_tsm_guest_req *q, bool first,
		       struct pci_tsm_relay *r);
/* Whatever was pending is abandoned; the TDI ends unbound. */
void cove_tdi_abort(struct cove_host *s, struct pci_tdi *tdi, bool forget);

/* --- host_mmio.c --- */

/* All MMIO of the function that its VM has, to the TVM; or none. */
int cove_regions_add(struct cove_host *s, struct pci_tdi *tdi);
/* What is left of it, back. 0, or what the TSM said last. */
int cove_regions_back(struct cove_host *s, struct pci_tdi *tdi);

/* --- host_mm.c: pages of a TVM --- */

int cove_vm_init(struct cove_host *s, struct cove_vm *v);
void cove_vm_fini(struct cove_host *s, struct cove_vm *v);
/* Confidential regions for guest_memfds that have none yet. */
int cove_vm_regions(struct cove_host *s, struct cove_vm *v);
int cove_vm_add(struct cove_host *s, struct cove_vm *v, uint64_t fid,
		uint64_t pa, uint64_t gpa);
/* The same of any such call, whose address in the guest is @gpa. */
int cove_vm_put(struct cove_host *s, struct cove_vm *v, uint64_t fid,
		const uint64_t a[6], uint64_t gpa);
int cove_vm_zap(struct cove_host *s, struct cove_vm *v, uint64_t gpa,
		uint64_t len);
/* Nothing of ours is mapped there any more: the TSM's own doing. */
void cove_vm_forget(struct cove_vm *v, uint64_t gpa, uint64_t len);

/* --- host_exit.c --- */

int cove_vcpu_enter(void *ctx, struct kvm_vcpu *v);
int cove_vcpu_call(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		   struct kvm_run *run);
int cove_vcpu_complete(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		       struct kvm_run *run);
/*
 * The call of @c->want that waits for @c's device: from its first message on,
 * then with the device's answer in @r. The TVM runs on in this when it was the
 * last. As cove_call_run().
 */
int cove_guest_carry(struct cove_host *s, struct cove_conn *c, bool first,
		     struct pci_tsm_relay *r);
/*
 * Before a call of the host's own: what a TVM has in the buffer is carried to
 * its end. The TSM does one thing at a time for a device; only an unbind waits
 * for nobody (law 49). 0 or -EINPROGRESS.
 */
int cove_guest_first(struct cove_host *s, struct cove_conn *c,
		     struct pci_tsm_relay *r);
/* Nobody carries it: the TVM hears that it failed. */
void cove_guest_give_up(struct cove_host *s, struct cove_conn *c);

/* host_iommu.c: domains, before any is made. */
void cove_iommu_init(struct cove_host *s);

#endif
