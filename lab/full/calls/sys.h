/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_FULL_SYS_H
#define LAB_FULL_SYS_H

/*
 * System calls that two kernels answer: Linux itself (linux.c) and Interlock's
 * host services (test/host/as_linux_test.c). The calls are written once, below
 * in kvm.c, iommufd.c and vfio.c, and each line that say() is given stands in
 * test/host/as_linux.txt, which is Linux's answer as it was recorded.
 *
 * All of them return 0 or more, or -errno. A difference in names between the
 * two sets of headers is a bug (host_uapi_headers).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef CALLS_LINUX
#include <linux/iommufd.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#define SYS_PROT_RW   3 /* PROT_READ | PROT_WRITE */
#define SYS_SHARED    1
#define SYS_ANONYMOUS 0x20
#else
#include "host/uapi/iommufd.h"
#include "host/uapi/kvm.h"
#include "host/uapi/vfio.h"
#define SYS_PROT_RW   3
#define SYS_SHARED    1
#define SYS_ANONYMOUS 0x20
#endif

#define SYS_PAGE UINT64_C(4096)

struct sys {
	void *priv;
	unsigned long private_vm; /* a VM type whose memory may be private */
	/* A device for vfio.c: its descriptor, or -errno. */
	long (*vfio)(struct sys *s);
	long (*open)(struct sys *s, const char *path);
	long (*close)(struct sys *s, int fd);
	long (*ioctl)(struct sys *s, int fd, unsigned long cmd, uintptr_t arg);
	/* @fd -1 and SYS_ANONYMOUS, or a file; the address in @addr */
	long (*mmap)(struct sys *s, uint64_t len, int flags, int fd,
		     uint64_t off, uint64_t *addr);
	long (*munmap)(struct sys *s, uint64_t addr, uint64_t len);
	long (*pread)(struct sys *s, int fd, void *buf, size_t len,
		      uint64_t off);
	long (*pwrite)(struct sys *s, int fd, const void *buf, size_t len,
		       uint64_t off);
	long (*memfd)(struct sys *s, uint64_t len);
	long (*punch)(struct sys *s, int fd, uint64_t off, uint64_t len);
	/* Before the first run, where a VM's kind wants it. */
	void (*launch)(struct sys *s, int vm);
	/*
	 * The vCPU's next KVM_RUN stores to @gpa and halts. @secret: the page
	 * is private, for a guest that says so by the address.
	 */
	void (*touch)(struct sys *s, int vm, int cpu, uint64_t gpa,
		      bool secret);
	/* Of the task's memory. */
	long (*load)(struct sys *s, uint64_t addr, void *out, size_t len);
	/* One line: what was asked, and the answer. */
	void (*line)(struct sys *s, const char *what, const char *answer);
};

long sys_call(struct sys *s, int fd, unsigned long cmd, void *arg);

/* 0 or a count as it is, or the name of the errno. */
void say(struct sys *s, const char *what, long ret);
/* The same where any number from 0 up means success: "ok". */
void say_ok(struct sys *s, const char *what, long ret);
void say_value(struct sys *s, const char *what, uint64_t v);

void calls_kvm(struct sys *s);
void calls_run(struct sys *s);
void calls_iommufd(struct sys *s);
void calls_vfio(struct sys *s);

#endif
