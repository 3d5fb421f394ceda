/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of the host's function that no machine has (BOARD_BENCH_*), by
 * its BAR 0 in sysfs, whoever drives it. Wants iomem=relaxed.
 *
 * bench misbehave NAME[:N]   from now on, besides those that are
 * bench honest               none any more
 * bench pull, bench push     the device leaves its slot, unannounced; is back
 * bench exchanges            prints how many DOE exchanges there were
 * bench faults               prints how many accesses were refused; the last
 * bench forget               that is none
 * bench secrets GPA          where the VM is told that its secrets page is
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "board/regs.h"

#define FOLDER	 "/sys/bus/pci/devices"
#define TEXT_LEN 256

static volatile uint8_t *regs;

static uint32_t get(unsigned at)
{
	return *(volatile uint32_t *)(regs + at);
}

static void put(unsigned at, uint32_t v)
{
	*(volatile uint32_t *)(regs + at) = v;
}

/* Whether function @name is the host's. */
static int is_host(const char *name)
{
	char path[512], line[16] = "";
	unsigned long ids[2] = { 0, 0 };
	static const char *const file[2] = { "vendor", "device" };

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), FOLDER "/%s/%s", name, file[i]);
		FILE *f = fopen(path, "r");

		if (!f)
			return 0;
		if (fgets(line, sizeof(line), f))
			ids[i] = strtoul(line, NULL, 16);
		fclose(f);
	}
	return ids[0] == BOARD_VENDOR && ids[1] == BOARD_HOST_DEV;
}

static int map(void)
{
	char path[512] = "";
	DIR *d = opendir(FOLDER);
	struct dirent *e;
	void *p;
	int fd;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && is_host(e->d_name))
			snprintf(path, sizeof(path), FOLDER "/%s/resource0",
				 e->d_name);
	if (d)
		closedir(d);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return -1;
	p = mmap(NULL, BOARD_BAR0_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 0);
	close(fd);
	if (p == MAP_FAILED)
		return -1;
	regs = p;
	return get(BOARD_ID) == BOARD_MAGIC ? 0 : -1;
}

static int op(uint32_t what, const char *name)
{
	char text[BOARD_FAULTS - BOARD_BENCH_NAME] = "";
	uint32_t word;

	strncpy(text, name, sizeof(text) - 1);
	for (unsigned i = 0; i < 128 && i < sizeof(text); i += 4) {
		memcpy(&word, text + i, 4);
		put(BOARD_BENCH_NAME + i, word);
	}
	put(BOARD_BENCH_OP, what);
	if (!get(BOARD_BENCH_RC))
		return 0;
	printf("the bench knows no %s\n", name);
	return 1;
}

static int secrets(const char *gpa)
{
	const uint64_t at = strtoull(gpa, NULL, 0);

	put(BOARD_VM_SECRETS, (uint32_t)at);
	put(BOARD_VM_SECRETS + 4, (uint32_t)(at >> 32));
	return 0;
}

static int faults(void)
{
	char text[TEXT_LEN + 1] = "";
	uint32_t word;

	for (unsigned i = 0; i < TEXT_LEN; i += 4) {
		word = get(BOARD_FAULT_TEXT + i);
		memcpy(text + i, &word, 4);
	}
	printf("%u %s\n", get(BOARD_FAULTS), text);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (map()) {
		puts("no registers of the bench");
		return 1;
	}
	if (argc == 3 && !strcmp(what, "misbehave"))
		return op(BOARD_BENCH_MISBEHAVE, argv[2]);
	if (argc == 3 && !strcmp(what, "secrets"))
		return secrets(argv[2]);
	if (!strcmp(what, "silent"))
		return op(BOARD_BENCH_SILENT, "");
	if (!strcmp(what, "honest"))
		return op(BOARD_BENCH_HONEST, "");
	if (!strcmp(what, "forget"))
		return op(BOARD_BENCH_FORGET, "");
	if (!strcmp(what, "pull"))
		return op(BOARD_BENCH_PULL, "");
	if (!strcmp(what, "push"))
		return op(BOARD_BENCH_PUSH, "");
	if (!strcmp(what, "faults"))
		return faults();
	if (!strcmp(what, "exchanges"))
		return printf("%u\n", get(BOARD_BENCH_EXCHANGES)) < 0;
	fputs("usage: bench misbehave NAME[:N] | silent | honest | pull | push "
	      "| "
	      "exchanges | faults | forget | secrets GPA\n",
	      stderr);
	return 2;
}
