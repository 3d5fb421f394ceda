/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of a function that reset it, take it away, look for it again.
 * Source: Linux 7.3 drivers/pci/pci-sysfs.c, drivers/pci/pci.c
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/pci/pci_priv.h"
#include "pci/regs.h"

static int reset_store(void *ctx, struct pci_dev *p, struct file *f,
		       const char *val)
{
	unsigned long n;

	(void)ctx;
	(void)f;
	if (pci_sysfs_number(val, 1, &n) || n != 1)
		return -EINVAL;
	return pci_reset_function(p);
}

static int methods_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	int n = 0;

	(void)ctx;
	for (unsigned i = 0; p->methods[i]; i++)
		n += snprintf(buf + n, cap - (size_t)n, "%s%s", n ? " " : "",
			      pci_reset_name((enum pci_reset)p->methods[i]));
	return n;
}

/*
 * The names in @val, in their order, with blanks between. All are known and
 * work here, or nothing changes.
 */
static int methods_parse(struct pci_dev *p, const char *val,
			 uint8_t list[PCI_RESET_METHODS])
{
	uint8_t can[PCI_RESET_METHODS];
	unsigned n = 0;

	pci_reset_probe(p, can);
	while (*val) {
		size_t len = strcspn(val, " ");
		enum pci_reset how = pci_reset_named(val, len);

		if (len && (!how || !memchr(can, how, sizeof(can))))
			return -EINVAL;
		if (len && n == PCI_RESET_METHODS - 1)
			return -EINVAL;
		if (len)
			list[n++] = (uint8_t)how;
		val += len + (val[len] == ' ');
	}
	return 0;
}

static int methods_store(void *ctx, struct pci_dev *p, struct file *f,
			 const char *val)
{
	uint8_t list[PCI_RESET_METHODS] = { 0 };
	int ret = 0;

	(void)ctx;
	(void)f;
	if (strcmp(val, "default") == 0)
		pci_reset_probe(p, list);
	else
		ret = methods_parse(p, val, list);
	if (!ret)
		memcpy(p->methods, list, sizeof(list));
	return ret;
}

/*
 * Linux looks when the function is added: a user who takes all methods away
 * finds both files still there, and `reset` says -ENOTTY.
 */
static bool could_reset(void *ctx, struct pci_dev *p)
{
	uint8_t can[PCI_RESET_METHODS];

	(void)ctx;
	pci_reset_probe(p, can);
	return can[0];
}

/* A file that does what it is for when a number is written: not for 0. */
static int wanted(const char *val)
{
	unsigned long n;

	return pci_sysfs_number(val, ~0ul, &n) ? -EINVAL : n != 0;
}

static int below_store(void *ctx, struct pci_dev *p, struct file *f,
		       const char *val)
{
	const int want = wanted(val);

	(void)ctx;
	(void)f;
	return want > 0 ? pci_reset_below(p) : want;
}

static bool is_bridge(void *ctx, struct pci_dev *p)
{
	(void)ctx;
	return p->bridge.bus;
}

static int remove_store(void *ctx, struct pci_dev *p, struct file *f,
			const char *val)
{
	const int want = wanted(val);

	(void)ctx;
	(void)f;
	if (want <= 0)
		return want;
	pci_remove(p);
	return 0;
}

/* The whole bus that the function is on, as Linux has it. */
static int rescan_store(void *ctx, struct pci_dev *p, struct file *f,
			const char *val)
{
	const int want = wanted(val);

	(void)f;
	if (want <= 0)
		return want;
	/* Errors of the scan are not told to who writes. */
	if (p->up)
		(void)pci_scan_below(p->up);
	else
		(void)pci_scan(ctx);
	return 0;
}

static int power_show(void *ctx, struct pci_dev *p, char *buf, size_t cap)
{
	(void)ctx;
	return snprintf(buf, cap, "%s", pci_power_name(p));
}

const struct pci_attr pci_reset_attrs[] = {
	{ .name = "reset", .store = reset_store, .visible = could_reset },
	{ .name = "reset_method",
	  .show = methods_show,
	  .store = methods_store,
	  .visible = could_reset },
	{ .name = "reset_subordinate",
	  .store = below_store,
	  .visible = is_bridge },
	{ .name = "remove", .store = remove_store },
	{ .name = "rescan", .store = rescan_store },
	{ .name = "power_state", .show = power_show },
	{ .name = NULL },
};
