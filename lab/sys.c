/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls as a shell cannot make them, with what they come to as a word:
 * 0, or the name of errno.
 *
 * sys write FILE TEXT   one write(2)
 * sys read FILE         one read(2) of up to 4095 bytes; prints errno alone
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int told(int failed)
{
	const char *name = failed ? strerrorname_np(failed) : "0";

	puts(name ? name : "?");
	return 0;
}

int main(int argc, char **argv)
{
	char buf[4096];
	int fd;
	ssize_t n;

	if (argc == 4 && !strcmp(argv[1], "write")) {
		fd = open(argv[2], O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return told(errno);
		n = write(fd, argv[3], strlen(argv[3]));
		return told(n < 0 ? errno : 0);
	}
	if (argc == 3 && !strcmp(argv[1], "read")) {
		fd = open(argv[2], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return told(errno);
		n = read(fd, buf, sizeof(buf) - 1);
		return told(n < 0 ? errno : 0);
	}
	fputs("usage: sys write FILE TEXT | sys read FILE\n", stderr);
	return 2;
}
