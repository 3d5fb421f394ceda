/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the bus: rescan, and the power of slots. Source: Linux 7.3
 * drivers/pci/pci-sysfs.c, drivers/pci/hotplug/pci_hotplug_core.c
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

static long rescan_write(struct file *f, struct task *t, const void *buf,
			 size_t len, uint64_t off)
{
	char text[PCI_TEXT_MAX];
	unsigned long n;

	(void)t;
	(void)off;
	if (pci_sysfs_text(buf, len, text) || pci_sysfs_number(text, ~0ul, &n))
		return -EINVAL;
	if (n)
		(void)pci_scan(f->priv);
	return (long)len;
}

static const struct file_ops rescan_ops = {
	.name = "rescan",
	.write = rescan_write,
};

static long open_rescan(void *ctx, struct task *t, const char *rest,
			struct file *f)
{
	(void)t;
	if (*rest)
		return -ENOENT;
	f->ops = &rescan_ops;
	f->priv = ctx;
	return 0;
}

static struct pci_dev *slot_of(struct pci_host *h, unsigned long number)
{
	for (struct pci_dev *p = h->devs; p; p = p->next)
		if (p->slot.there && h->cfg.pciehp && p->slot.number == number)
			return p;
	return NULL;
}

static long power_read(struct file *f, struct task *t, void *buf, size_t len,
		       uint64_t off)
{
	struct pci_dev *p = slot_of(f->priv, (unsigned long)f->aux);

	(void)t;
	if (!p)
		return -ENODEV;
	if (off >= 2 || !len)
		return 0;
	memcpy(buf, (p->slot.on ? "1\n" : "0\n") + off,
	       len < 2 - off ? len : 2 - off);
	return (long)(len < 2 - off ? len : 2 - off);
}

static long power_write(struct file *f, struct task *t, const void *buf,
			size_t len, uint64_t off)
{
	struct pci_dev *p = slot_of(f->priv, (unsigned long)f->aux);
	char text[PCI_TEXT_MAX];
	unsigned long n;
	int ret;

	(void)t;
	(void)off;
	if (!p)
		return -ENODEV;
	if (pci_sysfs_text(buf, len, text) || pci_sysfs_number(text, 1, &n))
		return -EINVAL;
	ret = pci_slot_power(p, n);
	return ret ? ret : (long)len;
}

static const struct file_ops power_ops = {
	.name = "slot-power",
	.read = power_read,
	.write = power_write,
};

static long open_slot(void *ctx, struct task *t, const char *rest,
		      struct file *f)
{
	char *end;
	unsigned long n = strtoul(rest, &end, 10);

	(void)t;
	if (end == rest || strcmp(end, "/power") != 0 || !slot_of(ctx, n))
		return -ENOENT;
	f->ops = &power_ops;
	f->priv = ctx;
	f->aux = n;
	return 0;
}

int pci_sysfs_bus_init(struct pci_host *h)
{
	const struct k_node nodes[] = {
		{ "/sys/bus/pci/rescan", open_rescan, h },
		{ "/sys/bus/pci/slots/", open_slot, h },
	};
	int ret = 0;

	for (unsigned i = 0; i < COUNT(nodes) && !ret; i++)
		ret = k_register(h->k, &nodes[i]);
	return ret;
}
