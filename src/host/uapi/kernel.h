/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_UAPI_KERNEL_H
#define HOST_UAPI_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/env.h"
#include "host/uapi/hw.h"
#include "host/uapi/pool.h"

/*
 * The kernel's front door: tasks, their descriptors and address spaces, the
 * tree of device nodes and sysfs files, and the system calls. What a
 * descriptor does is a table that the rooms above register.
 *
 * System calls return 0 or more, or -errno. -EAGAIN from a call that waits
 * means: call again with the same arguments; each call advances its operation
 * by one exchange. Closing the descriptor aborts the operation.
 *
 * Pointers that ioctls take are native. A pointer *inside* a struct may also
 * be an address that k_mmap() gave; k_copy_in() and k_copy_out() know both.
 * Addresses of memory that hardware is to reach (user_va, userspace_addr,
 * uaddr) come from k_mmap().
 */
struct kernel;
struct task;
struct file;
struct vma;
struct k_sockaddr_nl;

#define K_FDS	    512
#define K_PATH	    96
#define K_NODES	    24
#define K_MMAP_BASE (UINT64_C(1) << 56) /* no native pointer looks so */

#define K_TASK_SIZE (UINT64_C(1) << 63)

/* k_mmap() */
#define K_PROT_READ	1
#define K_PROT_WRITE	2
#define K_MAP_SHARED	1
#define K_MAP_PRIVATE	2
#define K_MAP_ANONYMOUS 0x20

/* k_madvise() and k_memfd_create(): frames of 2 MiB where they fit */
#define K_MADV_HUGEPAGE 14
#define K_MFD_HUGETLB	4u

/* k_fallocate(): both together, as Linux wants them */
#define K_FALLOC_KEEP_SIZE  1
#define K_FALLOC_PUNCH_HOLE 2

/*
 * What a descriptor can do; an absent entry is -ENOTTY (ioctl), -EINVAL
 * (read, write), -ENODEV (mmap), -EOPNOTSUPP (fallocate).
 */
struct file_ops {
	const char *name;
	long (*ioctl)(struct file *f, struct task *t, uint32_t cmd,
		      uintptr_t arg);
	long (*read)(struct file *f, struct task *t, void *buf, size_t len,
		     uint64_t off);
	long (*write)(struct file *f, struct task *t, const void *buf,
		      size_t len, uint64_t off);
	/* Sets @v's kind and what it needs. */
	long (*mmap)(struct file *f, struct task *t, struct vma *v);
	/* VMA_FILE: the frames of @n pages from @index on, or -errno. */
	int (*pages)(struct file *f, uint64_t index, size_t n, uint64_t *pa);
	long (*fallocate)(struct file *f, int mode, uint64_t off, uint64_t len);
	/* Which of K_POLLIN and so on hold now; absent: it never waits. */
	short (*poll)(struct file *f);
	long (*bind)(struct file *f, const struct k_sockaddr_nl *a);
	/* A descriptor of it was closed; it may live on in other hands. */
	void (*flush)(struct file *f);
	/* The last reference is gone. */
	void (*release)(struct file *f);
};

struct file {
	const struct file_ops *ops;
	struct kernel *k;
	void *priv;
	uint64_t aux; /* the owner's */
	uint64_t pos;
	uint32_t refs;
};

enum vma_kind {
	VMA_NONE,
	VMA_ANON,   /* page frames of the task, made on first touch */
	VMA_PHYS,   /* @pa onwards: a BAR; may be revoked */
	VMA_KERNEL, /* an object of the kernel (kvm_run), one page */
	VMA_MEMFD,  /* frames of a memfd */
	VMA_FILE,   /* frames that the file's pages() says; not kept */
};

/* Memory behind anonymous mappings, which may be cut into several. */
struct k_back {
	uint32_t refs; /* mappings */
	uint32_t dead; /* of them unmapped, but pinned */
	uint64_t count;
	bool huge; /* K_MADV_HUGEPAGE */
	struct pagemap pages;
};

struct vma {
	struct vma *next;
	uint64_t start;
	uint64_t len;
	int prot;
	enum vma_kind kind;
	struct file *file; /* holds a reference, or NULL */
	uint64_t off;
	bool shared;	     /* MAP_SHARED */
	struct k_back *back; /* VMA_ANON */
	uint64_t back_off;
	uint64_t pa;   /* VMA_PHYS */
	void *obj;     /* VMA_KERNEL, VMA_MEMFD */
	bool revoked;  /* VMA_PHYS: touching it is -EFAULT (SIGBUS) */
	uint32_t pins; /* held by I/O mappings; k_vma_unpin() */
	bool dead;     /* unmapped; goes with its last pin */
	/* Unmapped: what was cut out, @len bytes, begins here; else 0. */
	uint64_t cut;
};

struct task {
	struct kernel *k;
	struct task *next;
	struct file *fds[K_FDS];
	struct vma *vmas;
	uint64_t mmap_next;
	struct fault fault; /* of the last -EFAULT that the machine raised */
	bool signal;	    /* one is there; the next -EINTR takes it */
};

/*
 * A node: paths that begin with @prefix are opened by @open, which gets the
 * rest and fills @f (ops, priv), or returns -errno.
 */
struct k_node {
	const char *prefix;
	long (*open)(void *ctx, struct task *t, const char *rest,
		     struct file *f);
	void *ctx;
	/* Bytes of the link's text, as from snprintf(); NULL: no links. */
	long (*link)(void *ctx, const char *rest, char *buf, size_t cap);
};

/* One event: what happened to which object. */
#define K_UEVENTS    32
#define K_UEVENT_MAX 512
struct k_uevent {
	uint16_t len;
	char text[K_UEVENT_MAX];
};

/*
 * Told before pages of a task leave its address space or a BAR under them is
 * revoked: whoever mapped them for a guest drops that (mmu_notifier).
 */
struct k_mm_watch {
	void (*gone)(void *ctx, struct task *t, uint64_t addr, uint64_t len);
	void (*exit)(void *ctx, struct task *t); /* @t is no more */
	void *ctx;
};

struct k_stats {
	uint64_t syscalls;
	uint64_t exchanges; /* DOE exchanges carried */
};

/* A system call, as whoever watches sees it. */
enum k_sys {
	K_SYS_OPEN,
	K_SYS_CLOSE,
	K_SYS_IOCTL,
	K_SYS_READ,
	K_SYS_WRITE,
	K_SYS_MMAP,
	K_SYS_FALLOCATE,
};
struct k_call {
	struct task *t;
	enum k_sys nr;
	const struct file *f; /* NULL: it has none, or none yet */
	const char *path;     /* K_SYS_OPEN */
	uint32_t cmd;	      /* K_SYS_IOCTL, with @arg */
	uintptr_t arg;
	long ret; /* once it is over */
};

struct kernel {
	struct host_hw hw;
	struct arena *arena;
	struct task *tasks;
	struct k_node nodes[K_NODES];
	unsigned n_nodes;
	struct k_mm_watch mm[2];
	unsigned n_mm;
	struct kpool task_pool;
	struct kpool file_pool;
	struct kpool vma_pool;
	struct kpool back_pool;
	struct kpool leaf_pool; /* 4096 bytes each: page maps */
	struct kpool memfd_pool;
	struct k_stats stats;
	struct task *current; /* whose system call this is; NULL: nobody's */
	uint64_t uevents;     /* so far; the last has this SEQNUM */
	struct k_uevent uevent[K_UEVENTS];
	/*
	 * Sees open, close, ioctl and write, as each begins and when it is
	 * @over (a close: as it begins). NULL: nobody watches.
	 */
	void (*watch)(void *ctx, const struct k_call *c, bool over);
	void *watch_ctx;
	const struct rule *why; /* k_refuse(); NULL: nobody said */
	uint64_t why_at;	/* system call */
	uint64_t why_addr;	/* what it is about, if it has an address */
};

/* Trace events; arguments in brackets. */
enum k_trace {
	K_TRACE_SYSCALL = TRACE_EV(TRACE_HOST, 1), /* nr, fd, result */
	K_TRACE_DOE = TRACE_EV(TRACE_HOST, 2),	   /* bdf, kind, bytes */
	K_TRACE_TSM = TRACE_EV(TRACE_HOST, 3),	   /* bdf, operation, result */
	K_TRACE_REVOKE = TRACE_EV(TRACE_HOST, 4),  /* dma-buf, revoked */
	K_TRACE_REFUSED = TRACE_EV(TRACE_HOST, 5), /* system calls so far,
						  address */
};

void k_init(struct kernel *k, struct arena *a, const struct host_hw *hw);
/* -ENOSPC when all K_NODES are taken. Longer prefixes win. */
int k_register(struct kernel *k, const struct k_node *n);

struct task *k_task_new(struct kernel *k); /* NULL: no memory */
/* Closes and unmaps everything the task has, highest descriptor first. */
void k_task_exit(struct task *t);

/* The system calls. */
long k_open(struct task *t, const char *path);
long k_close(struct task *t, int fd);
long k_ioctl(struct task *t, int fd, uint32_t cmd, uintptr_t arg);
long k_read(struct task *t, int fd, void *buf, size_t len);
long k_write(struct task *t, int fd, const void *buf, size_t len);
long k_pread(struct task *t, int fd, void *buf, size_t len, uint64_t off);
long k_pwrite(struct task *t, int fd, const void *buf, size_t len,
	      uint64_t off);
long k_fallocate(struct task *t, int fd, int mode, uint64_t off, uint64_t len);
/* 0 and the address in @addr; @fd -1 with K_MAP_ANONYMOUS. */
long k_mmap(struct task *t, uint64_t len, int prot, int flags, int fd,
	    uint64_t off, uint64_t *addr);
/*
 * Any part of any mappings. A page under an I/O mapping stays in it until it
 * is unmapped there, as a pinned page does.
 */
long k_munmap(struct task *t, uint64_t addr, uint64_t len);
/*
 * The text of a symbolic link, without a zero behind it; its length, cut off
 * at @cap. -EINVAL: no link.
 */
long k_readlink(struct task *t, const char *path, char *buf, size_t cap);

/* Sockets: those of NETLINK_KOBJECT_UEVENT alone; see uevent.c. */
#define K_AF_NETLINK		 16
#define K_SOCK_DGRAM		 2
#define K_SOCK_RAW		 3
#define K_NETLINK_KOBJECT_UEVENT 15
struct k_sockaddr_nl {
	uint16_t nl_family;
	uint16_t nl_pad;
	uint32_t nl_pid;
	uint32_t nl_groups; /* bit 0: the kernel's own events */
};
long k_socket(struct task *t, int domain, int type, int protocol);
long k_bind(struct task *t, int fd, const struct k_sockaddr_nl *a, size_t len);

/* How many of @p are ready. It never waits: time-out 0. */
#define K_POLLIN   0x001
#define K_POLLOUT  0x004
#define K_POLLERR  0x008
#define K_POLLNVAL 0x020
struct k_pollfd {
	int fd;
	short events;
	short revents;
};
long k_poll(struct task *t, struct k_pollfd *p, size_t n);

/* A signal for the task: what it waits for is over with -EINTR, if it may. */
void k_signal(struct task *t);

/*
 * Frames of 2 MiB for what is not touched yet in [@addr, @addr + @len), which
 * is a whole mapping here. -EINVAL: other advice, or no such mapping.
 */
long k_madvise(struct task *t, uint64_t addr, uint64_t len, int advice);
/*
 * memfd_create() and ftruncate() in one: a file of @len bytes of memory that
 * tasks can map and iommufd takes by descriptor. @flags: 0 or K_MFD_HUGETLB.
 */
long k_memfd_create(struct task *t, unsigned flags, uint64_t len);
/* open, read, close; the text ends with a zero: for sysfs. */
long k_get(struct task *t, const char *path, char *buf, size_t cap);

/*
 * The task's own loads and stores. -EFAULT when nothing is mapped or the
 * machine refuses; then t->fault says which rule, if one did.
 */
long k_load(struct task *t, uint64_t addr, void *out, size_t len);
long k_store(struct task *t, uint64_t addr, const void *in, size_t len);

/* For the rooms above: events, signals, arguments, files, frames. */
/* @vars: "NAME=value" lines, or NULL. */
void k_uevent(struct kernel *k, const char *action, const char *devpath,
	      const char *subsystem, const char *vars);
/* Is a signal there for the task whose system call this is? */
bool k_interrupted(const struct kernel *k);
int k_copy_in(struct task *t, void *dst, uint64_t uptr, size_t len);
int k_copy_out(struct task *t, uint64_t uptr, const void *src, size_t len);
/*
 * An extensible struct at @arg: its first u32 is its size. Copies @ksize
 * bytes, zero-filling. -EINVAL if smaller than @min, -E2BIG with a tail that
 * is not zero, or longer than a page.
 */
int k_copy_struct(void *dst, size_t ksize, size_t min, uintptr_t arg);
/* A struct of fixed size at @arg. -EFAULT: that is no native pointer. */
int k_copy_arg(void *dst, size_t len, uintptr_t arg);

/* A new file with one reference, not yet in a table; NULL: no memory. */
struct file *k_file_new(struct kernel *k, const struct file_ops *ops,
			void *priv);
/* Takes over the caller's reference. -EMFILE (reference is kept). */
long k_fd_install(struct task *t, struct file *f);
/* The file of @fd, not counted; NULL: -EBADF. */
struct file *k_fd_file(struct task *t, int fd);
struct file *k_file_get(struct file *f);
void k_file_put(struct file *f);

struct vma *k_vma_find(struct task *t, uint64_t addr, uint64_t len);
/* The frame behind @addr of an anonymous or BAR mapping. -EFAULT, -ENOMEM. */
int k_user_page(struct kernel *k, struct vma *v, uint64_t addr, uint64_t *pa);
/* The frames of @n pages from @addr on; all of them or an error. */
int k_user_pages(struct kernel *k, struct vma *v, uint64_t addr, size_t n,
		 uint64_t *pa);
/*
 * k_frames() - entries @i to @i + @n of @m, made where there is none
 * @huge: by blocks of 512 in a row, aligned, where a whole block below @max is
 *        missing and such a run is free
 * Errors: -ENOMEM; what was made stays.
 */
int k_frames(struct kernel *k, struct pagemap *m, bool huge, uint64_t max,
	     uint64_t i, size_t n, uint64_t *pa);
/* Gives the frames of pages [@i, @i + @n) back; the map stays. */
void k_frames_drop(struct kernel *k, struct pagemap *m, uint64_t i, uint64_t n);

struct k_memfd;
struct k_memfd *k_memfd_from_file(const struct file *f);
uint64_t k_memfd_size(const struct k_memfd *m);
int k_memfd_pages(struct k_memfd *m, uint64_t index, size_t n, uint64_t *pa);

/* BAR mappings of @f: how many there are; marks them all revoked or not. */
unsigned k_vma_count(const struct kernel *k, const struct file *f);
void k_vma_revoke(struct kernel *k, const struct file *f, bool revoked);

int k_mm_watch(struct kernel *k, const struct k_mm_watch *w);
void k_mm_gone(struct kernel *k, struct task *t, uint64_t addr, uint64_t len);
void k_mm_exit(struct kernel *k, struct task *t);
/* The other half of v->pins++. */
void k_vma_unpin(struct kernel *k, struct vma *v);

/*
 * A driver says why it refused, as in the kernel's log. It stands in @k->why
 * until the system call after the one that it explains.
 */
void k_refuse(struct kernel *k, const struct rule *why);
void k_refuse_addr(struct kernel *k, const struct rule *why, uint64_t addr);

uint64_t k_now(struct kernel *k);
/* -errno for what a lower room answered. */
int k_errno(enum il_err err);

#endif
