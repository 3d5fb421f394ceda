/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vfu/user_priv.h"

/*
 * An eventfd that somebody else has, too, is signalled without ever waiting for
 * its counter to have room. Whether a write waits is a flag of the open file,
 * which its owner can change between our look and our write; no write has that
 * flag of its own here. What the kernel itself signals never waits: it tells an
 * eventfd of each asynchronous I/O that has ended, and so of a read of nothing.
 *
 * Source: Linux 6.12, fs/aio.c (IOCB_FLAG_RESFD, aio_complete() by
 * iocb_put()), fs/eventfd.c: eventfd_signal_mask(), eventfd_write()
 */

void vuser_event_open(struct vuser_event *e, bool plain)
{
	*e = (struct vuser_event){ .file = -1 };
	if (plain || syscall(SYS_io_setup, 1L, &e->aio))
		return;
	e->file = memfd_create("nothing", MFD_CLOEXEC);
	if (e->file < 0)
		vuser_event_close(e);
}

void vuser_event_close(struct vuser_event *e)
{
	if (e->aio)
		(void)!syscall(SYS_io_destroy, e->aio);
	if (e->file >= 0)
		close(e->file);
	*e = (struct vuser_event){ .file = -1 };
}

/* At its end there is nothing to read, so that it is done on return. */
static void by_kernel(struct vuser_event *e, int fd)
{
	struct iocb cb = { .aio_lio_opcode = IOCB_CMD_PREAD,
			   .aio_fildes = (uint32_t)e->file,
			   .aio_buf = (uintptr_t)&e->done,
			   .aio_nbytes = 1,
			   .aio_flags = IOCB_FLAG_RESFD,
			   .aio_resfd = (uint32_t)fd };
	struct iocb *one = &cb;

	if (syscall(SYS_io_submit, e->aio, 1L, &one) == 1)
		(void)!syscall(SYS_io_getevents, e->aio, 0L, 1L, &e->done,
			       NULL);
}

/*
 * Where the kernel has no such I/O. OPEN: who makes it wait just then, with a
 * counter that is full, stops us all.
 */
static void by_write(int fd)
{
	const uint64_t one = 1;
	const int fl = fcntl(fd, F_GETFL);

	if (fl >= 0 && (fl & O_NONBLOCK) &&
	    write(fd, &one, sizeof(one)) != sizeof(one))
		return; /* a counter that is full has interrupted already */
}

void vuser_event_signal(struct vuser_event *e, int fd)
{
	if (fd >= 0 && e->aio)
		by_kernel(e, fd);
	else if (fd >= 0)
		by_write(fd);
}
