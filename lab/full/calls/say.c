// SPDX-License-Identifier: BSD-2-Clause
/* The words for an answer. */
#include "sys.h"

#include <errno.h>
#include <stdio.h>

static const char *name_of(long err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
		{ E2BIG, "E2BIG" },
		{ EADDRINUSE, "EADDRINUSE" },
		{ EAGAIN, "EAGAIN" },
		{ EBADF, "EBADF" },
		{ EBADFD, "EBADFD" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ EFAULT, "EFAULT" },
		{ EFBIG, "EFBIG" },
		{ EINTR, "EINTR" },
		{ EINVAL, "EINVAL" },
		{ EIO, "EIO" },
		{ EMEDIUMTYPE, "EMEDIUMTYPE" },
		{ EMSGSIZE, "EMSGSIZE" },
		{ ENODEV, "ENODEV" },
		{ ENOENT, "ENOENT" },
		{ ENOMEM, "ENOMEM" },
		{ ENOSPC, "ENOSPC" },
		{ ENOTTY, "ENOTTY" },
		{ ENXIO, "ENXIO" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ EOVERFLOW, "EOVERFLOW" },
		{ EPERM, "EPERM" },
		{ ERANGE, "ERANGE" },
		{ ESPIPE, "ESPIPE" },
		{ EACCES, "EACCES" },
		{ ENOSYS, "ENOSYS" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].err == -err)
			return names[i].name;
	return NULL;
}

static void print(struct sys *s, const char *what, long ret, bool count)
{
	char text[32];

	if (ret >= 0 && count)
		snprintf(text, sizeof(text), "%ld", ret);
	else if (ret >= 0)
		snprintf(text, sizeof(text), "ok");
	else if (name_of(ret))
		snprintf(text, sizeof(text), "%s", name_of(ret));
	else
		snprintf(text, sizeof(text), "errno %ld", -ret);
	s->line(s, what, text);
}

void say(struct sys *s, const char *what, long ret)
{
	print(s, what, ret, true);
}

void say_ok(struct sys *s, const char *what, long ret)
{
	print(s, what, ret, false);
}

void say_value(struct sys *s, const char *what, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)v);
	s->line(s, what, text);
}

long sys_call(struct sys *s, int fd, unsigned long cmd, void *arg)
{
	return s->ioctl(s, fd, cmd, (uintptr_t)arg);
}
