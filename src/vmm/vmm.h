/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_VMM_H
#define VMM_VMM_H

#include "host/uapi/iommufd.h"
#include "host/uapi/kvm.h"
#include "host/uapi/vmm_launch.h"

/*
 * The sequencer: what QEMU does, as step lists over the host's system calls
 * and nothing else. A program is a list of named steps; vmm_step() advances
 * it by one exchange with a device or one vCPU exit. Several programs of one
 * VMM may be under way at once, each in its own struct vmm_run.
 */
#define VMM_DEVS   4
#define VMM_AREAS  1024
#define VMM_CHUNK  UINT64_C(0x200000) /* unit of I/O mappings */
#define VMM_IMAGES 16

enum vmm_program {
	VMM_CONNECT,	/* write tsm/connect */
	VMM_DISCONNECT, /* write tsm/disconnect */
	VMM_PREPARE,	/* VM and memory; the launch is begun, not finished */
	VMM_LAUNCH,	/* VMM_PREPARE if need be; launch; one vCPU */
	VMM_ATTACH,	/* vfio, iommufd, vIOMMU, vDevice; in guest's sight */
	VMM_RUN,	/* KVM_RUN until the guest halts, serving its exits */
	VMM_DETACH,	/* out of sight; vDevice, iommufd, vfio; driver off */
	VMM_DESTROY,	/* the VM and everything left */
	VMM_HOST_DMA,	/* a user-space driver moves bytes; no VM */
	VMM_ROLL_KEY,	/* write tsm/refresh: new keys of the stream */
	VMM_KEY_UPDATE, /* new keys of the SPDM session */
	VMM_HEARTBEAT,	/* none: a sign of life */
	VMM_DRIVE,	/* vfio-pci drives it */
	VMM_UNDRIVE,	/* nobody does */
	VMM_RELOCK,	/* unlock and lock that no guest asked for */
	VMM_PAGE_SIZE,	/* leaves of a range of guest memory */
	VMM_STOP,	/* a stop that it did not ask for; still bound */
	VMM_PROGRAMS,
};

/* A function that the VMM takes part in. */
struct vmm_dev_cfg {
	uint32_t bdf;	    /* segment << 16 | routing id on the host */
	uint32_t guest_rid; /* where the guest sees it; 0: as on the host */
	uint64_t bar_gpa;   /* BARs are placed from here; 0: VMM chooses */
	bool untrusted;	    /* no vDevice: the TSM never hears of it */
	uint32_t beside;    /* into the page table of that function; 0: own */
};

struct vmm_cfg {
	struct kernel *k;
	struct arena *arena; /* for tables; not after init */
	const struct vmm_launch *launch;
	unsigned tsm;	   /* N of tsmN */
	uint64_t ram_size; /* GPA 0 onwards, 2 MiB multiple */
	uint64_t ecam_gpa; /* 256 buses; above RAM */
	uint64_t mmio_gpa; /* BARs; above ECAM */
	uint64_t mmio_size;
	uint64_t policy;
	bool no_devices; /* see struct vmm_launch_arg */
	struct vmm_image images[VMM_IMAGES];
	unsigned n_images;
	/*
	 * Naive: map guest memory for devices before the launch is finished,
	 * at once. Otherwise the kernel is asked to wait.
	 */
	bool early_map;
	bool huge_pages; /* leave IOMMU_OPTION_HUGE_PAGES at 1 */
	/* Private memory by frames of 2 MiB, owned by entries of 2 MiB. */
	bool huge_memory;
	/* What is shared stays where it was private, and is not mapped anew. */
	bool in_place;
	/* Naive: a page conversion leaves what devices can reach mapped. */
	bool keep_mapped;
	/*
	 * Naive, as a memory listener of VFIO does it: the IOMMU's part of a
	 * page conversion comes last, and nobody hears of its failure.
	 */
	bool unchecked;
	/* One line a step; @ret is 0 or more, or -errno. May be NULL. */
	void (*log)(void *ctx, const char *who, const char *what, long ret);
	void *log_ctx;
};

struct vmm_mapped {
	uint64_t iova;
	uint64_t len;
	bool private;
};

struct vmm_vdev {
	bool used;
	bool visible; /* in the guest's configuration space */
	struct vmm_dev_cfg cfg;
	int fd;
	uint32_t dev_id;
	uint32_t hwpt_id;
	bool guest_of_hwpt; /* another function's */
	uint32_t viommu_id;
	uint32_t vdevice_id;
	uint32_t bar[6]; /* as the guest reads them */
	uint64_t bar_size[6];
	bool bar_64[6];
	int bar_fd[6]; /* dma-buf, or -1 */
	uint32_t bar_slot[6];
	bool bar_mapped[6];
	uint64_t bar_at[6];   /* GPA of the slot */
	uint64_t bar_uva[6];  /* our own mapping of it; 0: none */
	uint64_t bar_iova[6]; /* in the I/O address space; 0: not */
	uint16_t command;
	bool locked;
	uint32_t tsm_arch; /* as the guest's last request named it */
};

struct vmm {
	struct vmm_cfg cfg;
	struct task *t;
	int kvm_fd;
	int vm_fd;
	int vcpu_fd;
	int gmem_fd;
	int vfio_kvm_fd; /* KVM's VFIO device */
	int iommu_fd;
	uint64_t ram_uva;
	uint64_t image_uva; /* in place: where images wait for the launch */
	uint64_t run_uva;
	uint32_t ioas_id;
	bool ioas_mapped;
	bool started; /* the launch has begun */
	bool launched;
	bool halted;
	uint8_t *private_map; /* one bit a page of RAM */
	uint8_t *private_was; /* the same before a conversion */
	/* By chunk: mapped and owned by 4 KiB since a page in it changed. */
	uint8_t small[PAGEMAP_MAX * PAGE_4K / VMM_CHUNK / 8];
	struct vmm_mapped area[VMM_AREAS];
	unsigned n_areas;
	struct vmm_vdev dev[VMM_DEVS];
	uint64_t exits;
};

/* One program under way. */
struct vmm_run {
	struct vmm *v;
	enum vmm_program program;
	unsigned pc;
	unsigned sub; /* within a step that repeats */
	struct vmm_vdev *d;
	uint32_t bdf;
	struct vmm_dev_cfg dev;
	const char *what; /* the step made or being made */
	long ret;	  /* of the last system call */
	long first;	  /* error that a teardown went past */
	bool over;
	int fd;	    /* of a step that waits */
	bool drove; /* the driver came in this run: it may be in another's use
		     */
	struct vmm_tsm_ask ask;
	bool asking;
	bool deferred; /* a write of the guest's waits for it */
	/* VMM_PAGE_SIZE */
	uint64_t gpa;
	uint64_t size;
	bool leaves_only;
	/* VMM_HOST_DMA; VMM_PAGE_SIZE: len */
	const uint8_t *in;
	uint8_t *out;
	uint64_t len;
	uint64_t done;
	int dev_fd;
	int io_fd;
	uint64_t buf_uva;
	uint64_t bar_uva;
};

/* 0, -EINVAL (a range of @cfg), -ENOMEM. */
int vmm_init(struct vmm *v, const struct vmm_cfg *cfg);

/*
 * vmm_start() - begin a program; nothing is called yet
 * @dev: the function it is about; NULL for VMM_PREPARE, LAUNCH, RUN, DESTROY
 *
 * -EINVAL unknown program or missing @dev.
 */
int vmm_start(struct vmm *v, struct vmm_run *r, enum vmm_program program,
	      const struct vmm_dev_cfg *dev);
/* VMM_HOST_DMA: @len bytes of @in through the device to @out. */
int vmm_start_dma(struct vmm *v, struct vmm_run *r,
		  const struct vmm_dev_cfg *dev, const uint8_t *in,
		  uint8_t *out, uint64_t len);

/* VMM_PAGE_SIZE: [@gpa, @gpa + @len) by leaves of @size (4K or 2M). */
int vmm_start_size(struct vmm *v, struct vmm_run *r, uint64_t gpa, uint64_t len,
		   uint64_t size, bool leaves_only);

/*
 * vmm_step() - one exchange, one exit, or one call
 *
 * Returns -EAGAIN: there is more; 0: the program is over; other -errno: it
 * failed at the step r->what names, and what the failed step had taken is
 * given back; call VMM_DETACH or VMM_DESTROY for the rest.
 */
int vmm_step(struct vmm_run *r);
/* To the end. Bounded by @max steps: -ETIMEDOUT. */
int vmm_finish(struct vmm_run *r, unsigned max);
/* Drops a program between two steps; its operation is aborted. */
void vmm_cancel(struct vmm_run *r);
/* All descriptors close at once, as when the process dies. */
void vmm_die(struct vmm *v);

/* No architecture's: a VM without secrets. For vmm_cfg.launch. */
extern const struct vmm_launch vmm_ordinary;

/*
 * Single acts on a function that was attached, beside any program: 0 or
 * -errno; -ENODEV it is not attached. A call that waits is -EAGAIN.
 */
long vmm_bar_map(struct vmm *v, uint32_t bdf, unsigned bar);
long vmm_bar_unmap(struct vmm *v, uint32_t bdf, unsigned bar);
/* Through our mapping; -EFAULT there is none, or the kernel took it away. */
long vmm_bar_touch(struct vmm *v, uint32_t bdf, unsigned bar, uint64_t off,
		   void *buf, size_t len, bool write);
/* By pread() and pwrite(). */
long vmm_bar_rw(struct vmm *v, uint32_t bdf, unsigned bar, uint64_t off,
		void *buf, size_t len, bool write);
/* The BAR's dma-buf into the I/O address space, at the guest's address. */
long vmm_bar_import(struct vmm *v, uint32_t bdf, unsigned bar);
long vmm_bar_forget(struct vmm *v, uint32_t bdf, unsigned bar);
long vmm_dev_config(struct vmm *v, uint32_t bdf, uint16_t reg, uint8_t len,
		    uint32_t *val, bool write);
/* VFIO_DEVICE_RESET, or of all behind the link. */
long vmm_dev_reset(struct vmm *v, uint32_t bdf, bool hot);
/* IOMMU_DESTROY of its vDevice. */
long vmm_dev_unbind(struct vmm *v, uint32_t bdf);

enum vmm_fd {
	VMM_FD_VFIO,
	VMM_FD_BARS, /* dma-bufs, all of the function */
	VMM_FD_IOMMUFD,
	VMM_FD_VCPU, /* and its page */
	VMM_FD_KVM_VFIO,
	VMM_FD_GMEM,
	VMM_FD_VM,
	VMM_FD_KVM,
	VMM_FDS,
};

/* Out of order, as a VMM that goes wrong may. -EBADF: it is closed. */
long vmm_close_fd(struct vmm *v, enum vmm_fd what, uint32_t bdf);

const char *vmm_program_name(enum vmm_program p);

#endif
