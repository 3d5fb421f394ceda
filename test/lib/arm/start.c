/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

/*
 * Under newlib, in the place of an operating system's library: where a program
 * begins, and Linux's system calls as qemu-arm answers them. Thumb code, so
 * that the number goes in r7.
 */

/* Numbers of Linux's EABI. */
enum {
	SYS_READ = 3,
	SYS_WRITE = 4,
	SYS_OPEN = 5,
	SYS_CLOSE = 6,
	SYS_LSEEK = 19,
	SYS_EXIT_GROUP = 248
};

int main(int argc, char **argv);
_Noreturn void _exit(int status);
int _read(int fd, void *p, size_t n);
int _write(int fd, const void *p, size_t n);
int _open(const char *path, int flags, int mode);
int _close(int fd);
int _lseek(int fd, int off, int whence);
int _fstat(int fd, struct stat *st);
int _isatty(int fd);
int _getpid(void);
int _kill(int pid, int sig);
void *_sbrk(ptrdiff_t n);
_Noreturn void start(intptr_t *stack);

static long call(long nr, long a, long b, long c)
{
	register long r0 __asm__("r0") = a;
	register long r1 __asm__("r1") = b;
	register long r2 __asm__("r2") = c;
	/* r7 is the frame pointer of unoptimised code. */
	__asm__ volatile("push {r7}\n\tmov r7, %3\n\tsvc #0\n\tpop {r7}"
			 : "+r"(r0)
			 : "r"(r1), "r"(r2), "r"(nr)
			 : "memory");
	return r0;
}

static int result(long r)
{
	return r < 0 ? -1 : (int)r;
}

void _exit(int status)
{
	for (;;)
		call(SYS_EXIT_GROUP, status, 0, 0);
}

int _read(int fd, void *p, size_t n)
{
	return result(call(SYS_READ, fd, (long)p, (long)n));
}

int _write(int fd, const void *p, size_t n)
{
	return result(call(SYS_WRITE, fd, (long)p, (long)n));
}

int _open(const char *path, int flags, int mode)
{
	(void)flags; /* newlib's numbers are not Linux's; all is read */
	(void)mode;
	return result(call(SYS_OPEN, (long)path, 0, 0));
}

int _close(int fd)
{
	return result(call(SYS_CLOSE, fd, 0, 0));
}

int _lseek(int fd, int off, int whence)
{
	return result(call(SYS_LSEEK, fd, off, whence));
}

int _fstat(int fd, struct stat *st)
{
	(void)fd;
	*st = (struct stat){ .st_mode = S_IFCHR };
	return 0;
}

int _isatty(int fd)
{
	return fd <= 2;
}

int _getpid(void)
{
	return 1;
}

/* abort() and a broken invariant. */
int _kill(int pid, int sig)
{
	(void)pid;
	_exit(128 + sig);
}

void *_sbrk(ptrdiff_t n)
{
	static char heap[32 << 20] __attribute__((aligned(8)));
	static char *at = heap;
	char *was = at;

	if (n > heap + sizeof(heap) - at)
		return (void *)-1;
	at += n;
	return was;
}

void start(intptr_t *stack)
{
	const int status = main((int)stack[0], (char **)(stack + 1));

	fflush(NULL);
	_exit(status);
}

__attribute__((naked)) _Noreturn void _start(void)
{
	__asm__ volatile(
		"mov r0, sp\n\tbic r1, r0, #7\n\tmov sp, r1\n\tb start");
}
