/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_KVM_KVM_H
#define HOST_KVM_KVM_H

#include "base/fault.h"
#include "host/dmabuf/dmabuf.h"
#include "host/gmem/gmem.h"
#include "host/uapi/interlock_ext.h"
#include "host/uapi/kvm.h"

/*
 * /dev/kvm: VMs, memory slots, guest_memfd, page attributes, vCPUs. What is
 * special to a confidential VM (launch, second stage, page conversion, exits)
 * is the architecture's table.
 *
 * Source: linux.md 6 (Linux 7.3 virt/kvm, Documentation/virt/kvm/api.rst)
 */
#define KVM_VMS		64
#define KVM_SLOTS	32
#define KVM_VCPUS	8
#define KVM_ATTR_PAGES	PAGEMAP_MAX /* gfns with an attribute: 1 GiB chunks */
#define KVM_ATTR_CHUNKS 4
#define KVM_GPA_MAX	(UINT64_C(1) << 52)

/* Why a vCPU left the guest. */
enum vcpu_exit_kind {
	VCPU_EXIT_NONE,	    /* nothing yet: run again */
	VCPU_EXIT_FAULT,    /* stage 2 */
	VCPU_EXIT_CALL,	    /* the guest calls its host */
	VCPU_EXIT_HALT,	    /* nothing to do; KVM_RUN may enter it again */
	VCPU_EXIT_SHUTDOWN, /* the guest gave up */
};

/*
 * Filled by run(). KVM answers in place before the next run():
 * @done says that @data (a read of emulated MMIO) or @reg and @ret (a call) are
 * valid; otherwise the guest repeats the access.
 */
struct vcpu_exit {
	enum vcpu_exit_kind kind;
	bool done;
	/* VCPU_EXIT_FAULT */
	uint64_t gpa;
	uint32_t len; /* 1 to 8 where MMIO is meant, else any */
	bool write;
	bool private; /* by the bit or alias of the address that says so */
	uint8_t data[8];
	struct fault fault; /* what the machine said */
	/* VCPU_EXIT_CALL: what the architecture shows of it to the host */
	uint64_t code;
	uint64_t reg[8]; /* in and out, as the call says */
	uint64_t ret;	 /* answer; 0 is good. Of a fault: it aborts */
};

/* Whoever executes a guest. The world fills it. */
struct vcpu_ops {
	/*
	 * Runs until something leaves the guest. IL_OK and *x, or an error
	 * that ends the vCPU.
	 */
	enum il_err (*run)(void *ctx, struct vcpu_exit *x);
};

struct kvm_vm;
struct kvm_vcpu;
struct kvm_dev;

/* What exits of a vCPU come to. */
enum kvm_next {
	KVM_NEXT_GUEST, /* answered: run on */
	KVM_NEXT_USER,	/* kvm_run is filled */
};

/* The architecture. 0 (or enum kvm_next) or -errno. */
struct kvm_rules {
	uint32_t vm_types; /* KVM_CAP_VM_TYPES: one bit for each type */
	/* -EINVAL: no such type. @vm->priv is the table's. */
	int (*vm_init)(void *ctx, struct kvm_vm *vm, uint64_t type);
	/* The last holder of the VM is gone. */
	void (*vm_fini)(void *ctx, struct kvm_vm *vm);
	/* KVM_MEMORY_ENCRYPT_OP. NULL: -ENOTTY. */
	long (*enc_op)(void *ctx, struct kvm_vm *vm, struct task *t,
		       uintptr_t arg);
	/*
	 * What the core does not know: ioctls of a VM and of a vCPU, KVM_CAP_
	 * numbers (@vm NULL: of /dev/kvm). -ENOTTY, and 0 for a capability: nor
	 * does the architecture. Each may be NULL.
	 */
	long (*ioctl)(void *ctx, struct kvm_vm *vm, struct task *t,
		      uint32_t cmd, uintptr_t arg);
	long (*vcpu_ioctl)(void *ctx, struct kvm_vcpu *v, struct task *t,
			   uint32_t cmd, uintptr_t arg);
	long (*extension)(void *ctx, const struct kvm_vm *vm, uint64_t cap);
	/* KVM_CREATE_VCPU, and the last holder of it is gone. May be NULL. */
	int (*vcpu_init)(void *ctx, struct kvm_vcpu *v);
	void (*vcpu_fini)(void *ctx, struct kvm_vcpu *v);
	/*
	 * A private page becomes the guest's at @gpa; and the host's again,
	 * when no view has it mapped.
	 */
	int (*prepare)(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa);
	int (*invalidate)(void *ctx, uint64_t pa);
	/*
	 * Stage 2: one page in the view that @private says, and a range of both
	 * views with its flush. @gpa never carries the bit of an alias.
	 */
	int (*map)(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t pa,
		   bool write, bool private);
	int (*zap)(void *ctx, struct kvm_vm *vm, uint64_t gpa, uint64_t len);
	/*
	 * Runs the vCPU until something leaves the guest: v->exit has the
	 * answer to the last exit, and has the next one afterwards. -errno:
	 * KVM_RUN's; where nothing ran, the answer waits still. NULL: KVM does
	 * it by v->ops; where firmware enters the guest, the architecture goes
	 * through it.
	 */
	int (*enter)(void *ctx, struct kvm_vcpu *v);
	/* The guest called: enum kvm_next or -errno. */
	int (*call)(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
		    struct kvm_run *run);
	/* The VMM has answered what call() handed out. enum kvm_next. */
	int (*complete)(void *ctx, struct kvm_vcpu *v, struct vcpu_exit *x,
			struct kvm_run *run);
	/* Of guest_memfd by 2 MiB; see host/gmem/gmem.h. May be NULL. */
	int (*prepare_huge)(void *ctx, struct kvm_vm *vm, uint64_t gpa,
			    uint64_t pa);
	int (*resize)(void *ctx, uint64_t pa, bool huge);
};

enum kvm_slot_kind {
	KVM_SLOT_NONE,
	KVM_SLOT_USER,
	KVM_SLOT_GMEM,	 /* user memory and guest_memfd */
	KVM_SLOT_DMABUF, /* BAR frames */
};

struct kvm_slot {
	enum kvm_slot_kind kind;
	uint32_t id;
	uint32_t flags;
	bool read_only;
	uint64_t gpa;
	uint64_t len;
	uint64_t uva;
	struct gmem *gmem;
	uint64_t gmem_off;
	struct dmabuf *buf;
	uint64_t buf_off;
	struct kvm_vm *vm;
};

enum kvm_pending {
	KVM_PEND_NONE,
	KVM_PEND_MMIO,
	KVM_PEND_ARCH, /* call() handed something out */
};

struct kvm_vcpu {
	struct kvm_vm *vm;
	uint32_t id;
	struct file *file;
	const struct vcpu_ops *ops; /* NULL: KVM_RUN is -ENOEXEC */
	void *ops_ctx;
	struct vcpu_exit exit;
	enum kvm_pending pending;
	bool shut; /* it shut down; never runs again */
	union {
		struct kvm_run run;
		uint8_t run_page[4096]; /* what mmap() shows */
	};
	uint64_t exits;
	uint64_t arch[8]; /* the architecture's, zero at start */
	void *priv;	  /* likewise */
};

struct kvm_vm {
	struct kvm_core *core;
	struct file *file;
	struct task *task;   /* whose memory it has; NULL: gone */
	struct kvm_dev *dev; /* its VFIO device; there is at most one */
	uint32_t number;     /* counts up, never reused */
	uint64_t type;
	bool launched;
	unsigned bound; /* functions bound to it */
	struct kvm_slot slots[KVM_SLOTS];
	struct pagemap attrs[KVM_ATTR_CHUNKS]; /* 1 GiB of gfns each */
	uint64_t attr_base[KVM_ATTR_CHUNKS];   /* gfn >> 18, + 1; 0 free */
	uint32_t attr_n[KVM_ATTR_CHUNKS];      /* pages that have one */
	struct kvm_vcpu *vcpu[KVM_VCPUS];
	unsigned vcpus;
	void *priv; /* the architecture's */
	struct kvm_vm *next;
};

struct kvm_core {
	struct kernel *k;
	const struct kvm_rules *rules;
	void *rules_ctx;
	struct kpool vm_pool;
	struct kpool vcpu_pool;
	struct kpool gmem_pool;
	struct kpool dev_pool;
	struct kvm_vm *vms;
	uint32_t count;
	/* A launch is over; set by whoever deferred something for it. */
	int (*launched)(void *ctx, const struct gmem *g);
	void *launched_ctx;
	/*
	 * A kernel in which the VMM alone keeps the order: a dma-buf that is
	 * revoked stays in the second stage until its slot is deleted.
	 */
	bool deaf;
	/* A VFIO file is given to a VM, or taken back (NULL). Set by VFIO. */
	void (*file_kvm)(struct file *f, void *vm);
	/* New vCPUs get their guest here. NULL entry: no guest. */
	const struct vcpu_ops *(*guest)(void *ctx, struct kvm_vcpu *v,
					void **ops_ctx);
	void *guest_ctx;
};

int kvm_init(struct kvm_core *c, struct kernel *k,
	     const struct kvm_rules *rules, void *rules_ctx);
struct kvm_vm *kvm_from_file(const struct file *f);
struct kvm_vm *kvm_from_gmem(const struct gmem *g);

/* Has a VM of its type memory that the host may not read? */
static inline bool kvm_secret(const struct kvm_vm *vm)
{
	return vm->type != KVM_VM_ORDINARY;
}

/* KVM_MEMORY_ATTRIBUTE_... that a VM of its type can have. */
uint64_t kvm_attributes(const struct kvm_vm *vm);
bool kvm_private(const struct kvm_vm *vm, uint64_t gpa);
struct kvm_slot *kvm_slot_at(struct kvm_vm *vm, uint64_t gpa);
/*
 * kvm_fault() - resolve a stage 2 fault inside the kernel
 * 0: mapped, repeat the access. -ENOENT: nothing there, it is MMIO.
 * -EFAULT: user space must act (attribute differs, no frame, revoked).
 */
int kvm_fault(struct kvm_vm *vm, uint64_t gpa, bool write, bool private);
/* The frame behind shared guest memory, for the architecture's driver. */
int kvm_shared_pa(struct kvm_vm *vm, uint64_t gpa, uint64_t *pa);
/* The launch is finished: deferred mappings may go ahead. */
int kvm_launched(struct kvm_vm *vm);

#endif
