/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host bridge's folder: how many streams are left, and which there are.
 * Source: linux.md 2 (Linux 7.3 drivers/pci/ide.c)
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/ide/ide_priv.h"

static long left_read(struct file *f, struct task *t, void *buf, size_t len,
		      uint64_t off)
{
	const struct pci_ide_host *h = f->priv;
	char text[16];
	int n = snprintf(text, sizeof(text), "%u\n", h->nr - h->live);

	(void)t;
	if (!h->nr)
		return -ENXIO;
	if (off >= (uint64_t)n)
		return 0;
	if (len > (size_t)n - off)
		len = (size_t)n - (size_t)off;
	memcpy(buf, text + off, len);
	return (long)len;
}

static const struct file_ops left_ops = { .name = "sysfs", .read = left_read };

static long host_open(void *ctx, struct task *t, const char *rest,
		      struct file *f)
{
	const struct pci_ide_host *h = ctx;

	(void)t;
	if (strcmp(rest, "available_secure_streams") != 0 || !h->nr)
		return -ENOENT;
	f->ops = &left_ops;
	f->priv = ctx;
	return 0;
}

/* From the host bridge's folder to the endpoint's, below it. */
static long host_link(void *ctx, const char *rest, char *buf, size_t cap)
{
	const struct pci_ide_host *h = ctx;
	char path[K_PATH];

	for (const struct pci_ide_stream *s = h->registered; s; s = s->next)
		if (strcmp(s->name, rest) == 0) {
			pci_path(s->ep.p, path, sizeof(path));
			return snprintf(buf, cap, "%s",
					strchr(path + 1, '/') + 1);
		}
	return -ENOENT;
}

/* One host bridge: that of the segment, from bus 0 on. */
int pci_ide_sysfs_init(struct pci_ide_host *h)
{
	const struct k_node n = { "/sys/devices/pci0000:00/", host_open, h,
				  host_link };

	return k_register(h->pci->k, &n);
}
