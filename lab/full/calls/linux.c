// SPDX-License-Identifier: BSD-2-Clause
/*
 * calls kvm | run | iommufd | vfio DEVICE: makes the calls of this folder of
 * the kernel that it runs on and prints one line for each, "what = answer".
 * DEVICE is a file below /dev/vfio/devices.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

static long answer(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long s_vfio(struct sys *s)
{
	return answer(open(s->priv, O_RDWR));
}

static long s_open(struct sys *s, const char *path)
{
	(void)s;
	return answer(open(path, O_RDWR));
}

static long s_close(struct sys *s, int fd)
{
	(void)s;
	return answer(close(fd));
}

static long s_ioctl(struct sys *s, int fd, unsigned long cmd, uintptr_t arg)
{
	(void)s;
	return answer(ioctl(fd, cmd, arg));
}

static long s_mmap(struct sys *s, uint64_t len, int flags, int fd, uint64_t off,
		   uint64_t *addr)
{
	void *p =
		mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, (off_t)off);

	(void)s;
	if (p == MAP_FAILED)
		return -errno;
	*addr = (uintptr_t)p;
	return 0;
}

static long s_munmap(struct sys *s, uint64_t addr, uint64_t len)
{
	(void)s;
	return answer(munmap((void *)(uintptr_t)addr, len));
}

static long s_pread(struct sys *s, int fd, void *buf, size_t len, uint64_t off)
{
	(void)s;
	return answer(pread(fd, buf, len, (off_t)off));
}

static long s_pwrite(struct sys *s, int fd, const void *buf, size_t len,
		     uint64_t off)
{
	(void)s;
	return answer(pwrite(fd, buf, len, (off_t)off));
}

static long s_memfd(struct sys *s, uint64_t len)
{
	const int fd = memfd_create("calls", 0);

	(void)s;
	if (fd >= 0 && ftruncate(fd, (off_t)len))
		return -errno;
	return answer(fd);
}

static long s_punch(struct sys *s, int fd, uint64_t off, uint64_t len)
{
	(void)s;
	return answer(fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
				(off_t)off, (off_t)len));
}

static void s_launch(struct sys *s, int vm)
{
	(void)s, (void)vm;
}

/* In real mode, with a data segment that begins at the address. */
static void s_touch(struct sys *s, int vm, int cpu, uint64_t gpa, bool secret)
{
	static const unsigned char code[] = { 0x88, 0x07, /* mov %al, (%bx) */
					      0xf4 };	  /* hlt */
	static void *page;
	struct kvm_userspace_memory_region r = { .slot = 31,
						 .memory_size = SYS_PAGE };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	(void)s, (void)secret;
	if (!page) {
		page = mmap(NULL, SYS_PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memcpy(page, code, sizeof(code));
		r.userspace_addr = (uintptr_t)page;
		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &r))
			perror("the code's slot");
	}
	if (ioctl(cpu, KVM_GET_SREGS, &sregs))
		perror("KVM_GET_SREGS");
	sregs.cs.base = sregs.cs.selector = 0;
	sregs.ds.base = gpa;
	if (ioctl(cpu, KVM_SET_SREGS, &sregs) ||
	    ioctl(cpu, KVM_SET_REGS, &regs))
		perror("registers");
}

static long s_load(struct sys *s, uint64_t addr, void *out, size_t len)
{
	(void)s;
	memcpy(out, (void *)(uintptr_t)addr, len);
	return 0;
}

static void s_line(struct sys *s, const char *what, const char *answer)
{
	(void)s;
	printf("%s = %s\n", what, answer);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sys s = { .priv = argc > 2 ? argv[2] : NULL,
			 .private_vm = KVM_X86_SW_PROTECTED_VM,
			 .vfio = s_vfio,
			 .open = s_open,
			 .close = s_close,
			 .ioctl = s_ioctl,
			 .mmap = s_mmap,
			 .munmap = s_munmap,
			 .pread = s_pread,
			 .pwrite = s_pwrite,
			 .memfd = s_memfd,
			 .punch = s_punch,
			 .launch = s_launch,
			 .touch = s_touch,
			 .load = s_load,
			 .line = s_line };

	if (argc == 2 && !strcmp(argv[1], "kvm"))
		calls_kvm(&s);
	else if (argc == 2 && !strcmp(argv[1], "run"))
		calls_run(&s);
	else if (argc == 2 && !strcmp(argv[1], "iommufd"))
		calls_iommufd(&s);
	else if (argc == 3 && !strcmp(argv[1], "vfio"))
		calls_vfio(&s);
	else
		return 2;
	return 0;
}
