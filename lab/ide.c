/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ide FOLDER: selective IDE streams of a function, as its registers have them.
 * A line for each block: enable, Stream ID, state (2 is Secure), and whether
 * the stream failed since. FOLDER is that of the function in sysfs.
 *
 * Source: PCIe Base 6.x, 7.9.26
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define EXT_FIRST  0x100
#define EXT_IDE	   0x30
#define CFG_SIZE   4096
#define IDE_CAP	   0x04
#define IDE_BLOCKS 0x0c
#define SEL_CTL	   0x04
#define SEL_STS	   0x08
#define SEL_LEN	   20
#define ASSOC_LEN  12

static int fd;

static uint32_t rd(unsigned at)
{
	uint8_t b[4];

	if (at > CFG_SIZE - 4 || pread(fd, b, 4, (off_t)at) != 4)
		return UINT32_MAX;
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

static unsigned find(void)
{
	unsigned at = EXT_FIRST;

	for (unsigned n = 0; n < 64 && at >= EXT_FIRST; n++) {
		uint32_t h = rd(at);

		if (h == 0 || h == UINT32_MAX)
			return 0;
		if ((h & 0xffff) == EXT_IDE)
			return at;
		at = h >> 20 & 0xffc;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char path[256];
	unsigned at, n;
	uint32_t cap;

	if (argc != 2) {
		fputs("usage: ide FOLDER\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/config", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	at = fd < 0 ? 0 : find();
	if (!at) {
		puts("no IDE");
		return 1;
	}
	cap = rd(at + IDE_CAP);
	n = cap & 2 ? (cap >> 16 & 0xff) + 1 : 0;
	at += IDE_BLOCKS + (cap & 1 ? ((cap >> 13 & 7) + 1) * 8 : 0);
	for (unsigned i = 0; i < n; i++) {
		uint32_t ctl = rd(at + SEL_CTL), sts = rd(at + SEL_STS);

		printf("block=%u on=%u id=%u state=%u failed=%u\n", i, ctl & 1,
		       (unsigned)(ctl >> 24), (unsigned)(sts & 0xf),
		       (unsigned)(sts >> 31));
		at += SEL_LEN + (rd(at) & 0xf) * ASSOC_LEN;
	}
	return 0;
}
