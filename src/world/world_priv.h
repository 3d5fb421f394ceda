/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef WORLD_WORLD_PRIV_H
#define WORLD_WORLD_PRIV_H

#include "crypto/null_cipher.h"
#include "crypto/ossl.h"
#include "device/device.h"
#include "fabric/fabric.h"
#include "host/host.h"
#include "iommu/iommu.h"
#include "link/tap.h"
#include "mem/mem.h"
#include "rootport/rootport.h"
#include "vmm/vmm.h"
#include "world/capture.h"
#include "world/lie.h"
#include "world/meddle.h"
#include "world/plats.h"
#include "world/raw.h"
#include "world/relay.h"
#include "world/remote.h"
#include "world/silence.h"
#include "world/spy.h"
#include "world/swap.h"
#include "world/world.h"

#define WORLD_ARENA	(UINT64_C(4) << 30)
#define WORLD_RAM	(UINT64_C(1) << 29)
#define WORLD_MMIO	UINT64_C(0x8000000000) /* host bridge aperture */
#define WORLD_MMIO_SIZE (UINT64_C(1) << 30)
#define LAW_PAGES	(WORLD_MMIO_SIZE / PAGE_4K) /* of BARs, at the most */
#define WORLD_DEVS	8u
#define WORLD_BINDS	(WORLD_DEVS * 32u)
/* Root ports 00:01.0, 00:02.0 … and their numbers. */
#define WORLD_PORT_BDF(i) ((uint16_t)(((i) + 1u) << 3))
#define WORLD_PORT_NR(i)  ((uint8_t)((i) + 1u))
#define WORLD_GUEST_RID	  0x0008u /* where the guest sees its function */
#define WORLD_GUEST_ECAM  UINT64_C(0x200000000)
#define WORLD_GUEST_MMIO  (UINT64_C(1) << 40)
/* Bounce buffers of the guest: the upper half of its first 2 MiB. */
#define WORLD_GUEST_BOUNCE UINT64_C(0x100000)
#define WORLD_LINK_BUF	   ((size_t)1 << 20)
#define WORLD_TRACE	   1024u
#define WORLD_SEEN	   16u /* rules that one command may break */
#define WORLD_OPS	   64u
#define WORLD_OPENS	   32u
#define WORLD_VMS	   33u	/* 32 and the usual one */
#define WORLD_VM_USUAL	   "vm" /* where a command names none */
#define WORLD_VM_NAME	   16u	/* with the zero at its end */
#define WORLD_VM_DEVS	   VMM_DEVS
#define WORLD_WAITS	   2000000u /* calls of one command: law 54 */

struct world_trace {
	uint32_t ev;
	uint64_t a, b, c;
	uint64_t step;
	uint8_t dev; /* 1 + index of the device that it is of; 0: platform */
};

/* A command under way, or started by name. */
struct world_op {
	bool used;
	char name[32];
	struct lang_call call;
	unsigned phase;
	struct world_vm *vm; /* that it is about; NULL: none yet */
	uint32_t guest;	     /* its guest's number, once a program began */
	struct vmm_run run;
	struct guest_payload payload;
	struct guest_touch touch;
	int refused;  /* errno of the last call of the host's that failed */
	uint64_t gpa; /* guest share, guest unshare */
	uint64_t pages;
	uint8_t *back;	   /* of a host DMA; the place's, as long as it is */
	uint64_t begun_ns; /* the command */
	uint64_t start_ns; /* its latest step */
};

/* Who executes the guest: glue between KVM's table and guest instructions. */
struct world_vcpu {
	struct world_vm *vm;
	struct kvm_vcpu *kvm;	 /* NULL: there is none */
	struct vcpu_exit ans;	 /* the host's answer to the last exit */
	struct vcpu_exit *x;	 /* where the next one goes */
	enum vcpu_exit_kind out; /* kind of the exit not answered yet */
	uint64_t same_gpa;
	unsigned same;	    /* exits in a row for the same address */
	struct fault fault; /* of the last VCPU_EXIT_FAULT */
	bool done;	    /* the guest's program is over */
	enum il_err err;
};

/*
 * One VM: its VMM, its guest, and who executes it. The place is reused: a VMM
 * that died is followed by a new one, and what they need comes from an arena
 * of the place's own.
 */
struct world_vm {
	char name[WORLD_VM_NAME]; /* "": the place is free */
	struct world *w;
	struct arena arena;
	struct vmm *vmm;     /* NULL: none, or it died */
	struct guest *guest; /* NULL: none yet */
	uint32_t guests;     /* that there were */
	struct world_vcpu vcpu;
	void *plat; /* the platform's part of the guest */
	uint64_t ram;
	uint64_t buf; /* bytes of each of the guest's two buffers */
	/* Functions that were given to it and not yet taken back. */
	struct vmm_dev_cfg dev[WORLD_VM_DEVS];
	unsigned devs;
};

/* A device, on a link of its own, behind a root port of its own. */
struct world_dev {
	struct world *w;
	unsigned index;
	struct env env; /* the world's; its events are marked */
	struct ossl *ossl;
	struct crypto crypto;
	struct null_cipher null;
	struct crypto link;
	unsigned port; /* in the fabric */
	struct link_queue *queue;
	struct link_tap *tap;
	struct device *dev; /* NULL: it is in another process */
	uint64_t tlps;
	struct silence silence;
	struct meddle meddle;
	struct world_lie lie;
	uint16_t rid; /* of function 0, as the host numbered it */
	bool vfs_on;
	bool connected;
	bool cut;  /* the TSM isolated it; until it is connected again */
	bool idle; /* it had nothing to do at this time: */
	uint64_t idle_ns;
	bool touched; /* something happened to it, or to its root port */
};

/* A file that a task opened by path; kept for its name. */
struct world_open {
	const struct file *f;
	char name[48];
};

struct world_plat;
struct world_churn;
struct device_file;

struct world {
	struct world_cfg cfg;
	struct arena arena;
	struct dice dice;
	struct env env;
	uint64_t now_ns; /* since the world began */
	uint64_t steps;

	/* Each party its own library context: they share no slot. */
	struct ossl *ossl_plat;
	struct ossl *ossl_guest;
	struct crypto crypto_plat, crypto_guest;
	struct null_cipher null_plat;
	struct crypto link_plat;
	bool null_link;
	bool frugal;	       /* firmware, with its buffers */
	bool shared_on_stream; /* T=0 requests ride on the stream too */
	bool hotplug;	       /* the kernel watches its slots */
	bool no_tio;	       /* firmware was started without devices */
	bool no_soft_reset;    /* of the devices */
	uint32_t slot_irqs; /* one bit a device: its port's, not served yet */
	bool lock_p2p;	    /* locks ask for streams to peers */
	bool vmm_only;	    /* KVM does not hear of revoked dma-bufs */

	const struct world_plat *plat;
	void *plat_ctx;
	struct mem mem;
	struct iommu iommu;
	uint64_t flushes; /* refused above; UINT64_MAX: none is */
	struct fabric fabric;
	struct rootport rootport; /* of firmware */
	struct world_dev dev[WORLD_DEVS]; /* alike */
	unsigned devs;			  /* 1 unless said otherwise */
	struct world_remote remote;	  /* the one device, if elsewhere */
	bool built;
	unsigned vfs;
	struct device_file *dev_file; /* or NULL */
	uint32_t relax;		      /* DEVICE_RELAX_*, over the file's */
	uint8_t heartbeat_s;	      /* of a session; 0: as in the file */
	uint64_t records;	      /* a session's; 0: 2^64 - 1 */
	struct host *host;
	struct world_vm vm[WORLD_VMS];

	struct world_capture cap;
	uint64_t link_tlps;
	struct spy *spy; /* NULL: nobody looks */
	struct world_swap swap;
	struct world_relay relay;
	struct world_raw *raw;	   /* NULL: nobody keeps calls */
	struct world_churn *churn; /* NULL: not yet */
	bool quiet;		   /* steps are not told one by one */
	bool inapplicable;	   /* the file says so */

	/* The command that runs now, and those that wait by name. */
	struct world_op *op;
	struct world_op ops[WORLD_OPS];
	const char *group;
	char last_text[256]; /* of the last failure */
	int last_errno;
	enum il_err last_err;
	struct fault last_fault; /* the first since the last command began */
	/* One of each rule since then; what comes beyond is not kept. */
	struct fault seen[WORLD_SEEN];
	unsigned seen_n;
	uint64_t last_value; /* that a load or a read gave last */
	struct evidence_measurement meas[EVIDENCE_MEAS_MAX];
	unsigned n_meas;

	struct world_open open[WORLD_OPENS]; /* files of tasks, by path */
	unsigned opened;

	struct world_trace trace[WORLD_TRACE];
	uint64_t traced;

	struct world_laws *laws;
	unsigned law; /* number of the one that was violated, or 0 */
};

/* What a host may do to an ownership entry that is not its to write. */
enum world_own_how {
	WORLD_OWN_TAKE,	 /* the page is the host's */
	WORLD_OWN_AGAIN, /* the same owner and address, not validated */
	WORLD_OWN_MOVE,	 /* the same owner, the address of the next page */
	WORLD_OWN_OTHER, /* another owner */
};

/* What a scenario may ask of a platform, if it has it. */
enum world_option {
	WORLD_OPT_FRUGAL = 1 << 0, /* firmware begins with small buffers */
	WORLD_OPT_NO_TIO = 1 << 1, /* it is started without devices */
	WORLD_OPT_P2P = 1 << 2,	   /* locks ask for streams to peers */
	/* requests without T bit ride on the stream, too */
	WORLD_OPT_SHARED_ON_STREAM = 1 << 3,
};

struct world_rule;

/* What a platform keeps for TVMs and devices; none of it outlives them. */
struct world_held {
	uint64_t pages;	 /* of TVMs, as ownership has it */
	uint64_t leaked; /* that firmware did not give back when it was asked */
};

/*
 * One platform: what stands between the generic machine and the generic
 * host. A table in plat_<a>.c. Entries that may be NULL say so; a command
 * that needs one is then refused.
 */
struct world_plat {
	const char *name;
	/* Before the IOMMU: memory, ownership. Sets mem's rules. */
	enum il_err (*own)(struct world *w);
	/* Of its trace events, as its headers number them from 1; ends with
	 * NULL. */
	const char *const *events;
	const struct iommu_rules *iommu_rules;
	void *(*iommu_ctx)(struct world *w);
	/* Registers of the maker of its root ports, which firmware alone
	 * writes: vendor, id, and bytes behind the headers. 0: none. */
	uint16_t rp_vendor;
	uint16_t rp_vendor_id;
	uint16_t rp_vendor_size;
	/* After the fabric: firmware, host driver, host tables. */
	enum il_err (*start)(struct world *w);
	const struct vmm_launch *launch;
	/* Guest instructions and driver, over vm->vcpu; what they need stands
	 * at vm->plat, from the VM's arena. */
	enum il_err (*guest)(struct world_vm *vm, struct guest_cfg *cfg);
	/* Wipes what guest() made; if it made nothing, nothing. */
	void (*guest_fini)(struct world_vm *vm);
	void (*images)(struct vmm_cfg *cfg);
	/*
	 * Walks the vCPU's memory access. As s2_access(); IL_E_AUTH: what
	 * IL_E_IO is, but the guest takes it, and the host sees nothing.
	 */
	enum il_err (*vcpu_access)(struct world_vm *vm, uint64_t gpa, void *buf,
				   uint32_t len, bool write, bool priv,
				   struct fault *f);
	/*
	 * The host splits the ownership entry of 2 MiB behind private memory
	 * by itself. IL_E_ARG: there is none. NULL: no such entries.
	 */
	enum il_err (*split)(struct world_vm *vm, uint64_t gpa);
	/*
	 * The host rewrites the ownership entry behind a page of the VM: takes
	 * it, assigns it anew, assigns it elsewhere. As @split.
	 */
	enum il_err (*own_write)(struct world_vm *vm, uint64_t gpa,
				 enum world_own_how how);
	/* Who owns the VM's private memory, as ownership entries name it; 0:
	 * nobody yet. */
	uint32_t (*owner)(const struct world_vm *vm);
	/*
	 * The place of a part of the evidence that the host gave the guest
	 * last, in memory that both reach, and of its nonce. False: none. NULL,
	 * with evidence_set: evidence takes another way.
	 */
	bool (*evidence_at)(struct world_vm *vm, enum world_evidence what,
			    struct evidence_place *out);
	/* The guest is to look for it there instead. */
	bool (*evidence_set)(struct world_vm *vm, enum world_evidence what,
			     uint64_t gpa, uint32_t len);
	/* These addresses are of the host's own memory, not the guest's. */
	bool evidence_hosts;
	void (*held)(const struct world *w, struct world_held *out);
	/*
	 * A doorbell rung by hand, as world_raw_note() was told of it: @vm's
	 * guest, or the host's (NULL). What it comes to is the caller's own
	 * affair. NULL: not offered.
	 */
	void (*raw)(struct world *w, struct world_vm *vm,
		    const struct raw_call *c);
	/* A system call of the architecture's VMs by name; NULL: none of its.
	 * The entry may be NULL. */
	const char *(*ioctl_name)(uint32_t cmd, uintptr_t arg);
	uint32_t options; /* enum world_option that it has */
	/* Rules of its own; the last has none. NULL: none at all. */
	const struct world_rule *rules;
	const struct law_view *law;
};

/*
 * world.c: three contexts, in place of those that were. Seeded, or with the
 * system's randomness.
 */
enum il_err world_open_crypto(struct world *w, bool seeded) IL_MUST;

/* world.c: as a world's randomness; @ctx is a struct world_dev. */
enum il_err world_draw_dev(void *ctx, uint8_t *out, size_t len);

/* cmd_reset.c: hot-plug interrupts, and their handler. */
void world_slot_irq(void *ctx, uint16_t port);
void world_irqs(struct world *w);
/* world.c: laws after a step. Errors: IL_E_STATE one is violated. */
enum il_err world_stepped(struct world *w);

/* machine.c */
/* Of the aperture, behind each root port. */
uint64_t world_mmio_size(const struct world *w);
enum il_err world_build(struct world *w) IL_MUST;
void world_settle(struct world *w);
bool world_pump(void *ctx);
/* The RID of its first function. */
uint16_t world_pf(const struct world_dev *d);
/* The device below whose root port @bdf is, as the host numbered it; NULL. */
struct world_dev *world_dev_at(struct world *w, uint32_t bdf);
/*
 * world_dev() - the device that @c is about: the one with its option bdf, the
 * first without. NULL: there is none, or not yet; said why.
 */
struct world_dev *world_dev(struct world *w, const struct lang_call *c);
extern const struct host_hw_ops world_hw;
/*
 * world_host_new() - the host kernel, and what it finds on its bus
 * @cfg: kvm_rules, iommu and their contexts; the rest is the world's
 *
 * For a platform's start(), before its own driver is. 0 or -errno.
 */
int world_host_new(struct world *w, struct host_cfg *cfg);
/* An invalidation of pages is asked for. False: the IOMMU has stopped. */
bool world_flush(struct world *w);
void world_refused(void *ctx, const struct fault *f);

/* cleanup.c: what the platform still holds of @d, or NULL. */
const char *world_dev_holds(const struct world_dev *d);

/* vm.c */
/* NULL: no VM has this name. */
struct world_vm *world_vm_named(struct world *w, const char *name);
/*
 * world_vm() - the VM that @c is about, by its option vm; made if there is
 * none of that name. The machine must be built.
 *
 * NULL: the name is too long, all places are taken, or no memory; said why.
 */
struct world_vm *world_vm(struct world *w, const struct lang_call *c);
/* A new one. NULL: likewise. */
struct world_vm *world_vm_make(struct world *w, const char *name);
/* Its VMM is there afterwards. */
enum il_err world_vm_vmm(struct world_vm *vm) IL_MUST;
/* A guest that knows nothing yet, in place of the one that was. */
enum il_err world_vm_guest(struct world_vm *vm) IL_MUST;
/* Nothing of its VMM and its guest is left in memory; the host is not told. */
void world_vm_wipe(struct world_vm *vm);
/* The place is free afterwards: its VMM dies, its guest is wiped. */
void world_vm_drop(struct world_vm *vm);
/* The vCPU that KVM has of it now, or NULL. */
struct kvm_vcpu *world_vm_vcpu(const struct world_vm *vm);
/* Is the VM, or the one that its VMM will make, confidential? */
bool world_vm_secret(const struct world_vm *vm);
/* A function is given to @vm, or was taken back. False: there is no place. */
bool world_vm_give(struct world_vm *vm, const struct vmm_dev_cfg *d);
void world_vm_take(struct world_vm *vm, uint32_t bdf);

/* cmd_do.c: tells a step of a VMM. */
void world_vmm_log(void *ctx, const char *who, const char *what, long ret);

/* vcpu.c */
const struct vcpu_ops *world_vcpu_for(void *ctx, struct kvm_vcpu *v,
				      void **ops_ctx);
/*
 * world_vcpu_run() - the guest's program, until something leaves the guest
 * @x: the answer to the last exit, if it is done; then the next exit
 *
 * KVM calls it by its table; where firmware enters guests, the platform's glue
 * calls it for the firmware. IL_OK: never fails.
 */
enum il_err world_vcpu_run(struct world_vcpu *v, struct vcpu_exit *x);
/* The VM whose private memory this is, as plat->owner() says; NULL. */
struct world_vm *world_vm_owned(struct world *w, uint32_t owner);
enum il_err world_vcpu_read(void *ctx, uint64_t gpa, bool priv, void *buf,
			    uint32_t len);
enum il_err world_vcpu_write(void *ctx, uint64_t gpa, bool priv,
			     const void *buf, uint32_t len);
/* The host's answer to the last exit, if it was of @kind; else NULL. */
const struct vcpu_exit *world_vcpu_answer(struct world_vcpu *v,
					  enum vcpu_exit_kind kind);
/* Leaves the guest with @x; IL_E_AGAIN. */
enum il_err world_vcpu_exit(struct world_vcpu *v, const struct vcpu_exit *x);
enum il_err world_vcpu_fault(struct world_vcpu *v, const struct fault *f,
			     uint64_t gpa, uint32_t len, bool write, bool priv,
			     const void *data);

/* syscalls.c: as struct kernel's watch. */
void world_syscall(void *ctx, const struct k_call *c, bool over);
/*
 * report.c: a call over a boundary, by the name that its ABI has; @status is
 * what it came to, NULL: good. Nothing is kept.
 */
void world_called(struct world *w, enum world_edge edge, const char *name,
		  const char *status);
/* Of the command that runs, whose line it gets. */
void world_note(struct world *w, struct world_note n);
void world_say(struct world *w, const char *who, const char *what,
	       const char *result, bool failed, uint64_t ns);
uint64_t world_mono(const struct world *w);
enum il_err world_fail(struct world *w, enum il_err err, int eno,
		       const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void world_trace_ev(void *ctx, uint32_t ev, uint64_t a, uint64_t b, uint64_t c);
void world_trace_dev(void *ctx, uint32_t ev, uint64_t a, uint64_t b,
		     uint64_t c);
/* "EBUSY" for 16. */
const char *world_errno_name(int eno);

/* laws.c */
enum il_err laws_new(struct world *w) IL_MUST;
/* A step is over: every law; IL_E_STATE: one is violated. */
enum il_err laws_step(struct world *w) IL_MUST;
/* The last full pass. Errors: likewise. */
enum il_err laws_end(struct world *w) IL_MUST;
/*
 * For benchmarks: no law is asked while they are off. When they are on again
 * the first step is seen as the first one of all is.
 */
void laws_switch(struct world *w, bool on);
extern const struct law_view law_sev_tio;

#endif
