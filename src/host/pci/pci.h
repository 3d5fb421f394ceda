/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_PCI_PCI_H
#define HOST_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doe/doe.h"
#include "host/uapi/kernel.h"

/*
 * The host's PCI core: enumeration behind root ports, BAR assignment, SR-IOV,
 * bus mastering, reset, drivers, and the DOE mailbox as its registers.
 *
 * Source: PCIe Base 6.0 §7.5 to §7.9; Linux 7.3 drivers/pci
 */
#define PCI_BARS	7 /* six and the expansion ROM, which stays unused */
#define PCI_MAX_DEVS	512
#define PCI_ATTR_TABLES 4
#define PCI_DRIVERS	8
#define PCI_DOE_FEATS	8
#define DOE_MAX_BYTES	16384 /* largest payload that we carry */

struct pci_dev;
struct pci_host;

struct pci_bar {
	uint64_t pa; /* 0: none */
	uint64_t size;
	bool is_64;
	bool prefetch;
};

/* One DOE mailbox; a device's functions share function 0's. */
struct pci_doe {
	uint16_t cap; /* config offset; 0: none */
	bool dead;    /* an abort did not end in time */
	uint8_t n_feats;
	struct doe_type feats[PCI_DOE_FEATS];
};

struct pci_sriov_state {
	uint16_t cap;
	uint16_t total;
	uint16_t offset;
	uint16_t stride;
	uint16_t device;
	uint16_t enabled;	/* VFs that exist now */
	struct pci_bar bars[6]; /* size is that of one VF */
};

/* A driver of the host. Callbacks return 0 or -errno. */
struct pci_driver {
	const char *name;
	int (*probe)(void *ctx, struct pci_dev *p);
	void (*remove)(void *ctx, struct pci_dev *p);
	void *ctx;
};

struct pci_dev {
	struct pci_dev *next;
	struct pci_host *host;
	struct pci_dev *up; /* the bridge above, NULL on the root bus */
	struct pci_dev *pf; /* of a VF */
	uint32_t bdf;	    /* segment << 16 | routing id */
	uint16_t vendor;
	uint16_t device;
	uint32_t class_rev;
	uint8_t hdr_type;
	uint8_t port_type; /* PCI Express capability, bits 7:4 */
	uint8_t port_nr;   /* Link Capabilities 31:24 */
	bool tee;	   /* Device Capabilities bit 30 */
	bool flr;
	bool is_vf;
	bool gone; /* surprise removed: configuration space is not there */
	uint16_t cap_pcie;
	uint16_t ecap_ide;
	uint16_t command; /* saved across a reset of the bus */
	struct pci_bar bars[PCI_BARS];
	struct pci_bar window[2]; /* of a bridge: plain and prefetchable */
	struct pci_doe doe;
	struct pci_sriov_state sriov;
	char override[32];
	const struct pci_driver *drv;
	void *drv_data;
	void *tsm;	/* host/tsm's */
	void *ide;	/* host/ide's */
	uint64_t iommu; /* host/iommufd's */
};

/* A sysfs file of a function: /sys/bus/pci/devices/<bdf>/<name>. */
struct pci_attr {
	const char *name;
	/* Text without the line feed goes to @buf; bytes, or -errno. */
	int (*show)(void *ctx, struct pci_dev *p, char *buf, size_t cap);
	/* @val is the text without a line feed. 0 or -errno; may wait. */
	int (*store)(void *ctx, struct pci_dev *p, struct file *f,
		     const char *val);
	bool (*visible)(void *ctx, struct pci_dev *p); /* NULL: always */
	/* The file is closed; an operation it began and left is aborted. */
	void (*closed)(void *ctx, struct pci_dev *p, struct file *f);
};

struct pci_attr_table {
	const struct pci_attr *attrs; /* ends with a name of NULL */
	void *ctx;
};

/*
 * Told before a function's state is lost, so that unbind can come first; and
 * of a function that came after the scan, once it is whole. Either may be
 * NULL.
 */
struct pci_watch {
	void (*removing)(void *ctx, struct pci_dev *p);
	void *ctx;
	void (*added)(void *ctx, struct pci_dev *p);
};

struct pci_host_cfg {
	uint64_t mmio_base; /* 64-bit window behind the root ports */
	uint64_t mmio_size;
	uint16_t segment;
};

struct pci_host {
	struct kernel *k;
	struct pci_host_cfg cfg;
	struct pci_dev *devs;
	struct kpool pool;
	struct kpool attr_pool; /* open sysfs files */
	uint64_t mmio_next;
	uint8_t bus_next;
	struct pci_attr_table attrs[PCI_ATTR_TABLES];
	unsigned n_attrs;
	const struct pci_driver *drivers[PCI_DRIVERS];
	unsigned n_drivers;
	struct pci_watch watch[4];
	unsigned n_watch;
	uint8_t doe_buf[DOE_HEADER_LEN + DOE_MAX_BYTES];
};

/* Registers the sysfs nodes; touches no hardware. 0 or -errno. */
int pci_host_init(struct pci_host *h, struct kernel *k,
		  const struct pci_host_cfg *cfg);
/*
 * pci_scan() - find what is behind every root port of bus 0
 *
 * Numbers the buses, sizes and places all BARs (VF BARs too), opens the
 * bridges' windows, aborts and discovers each DOE mailbox. Memory decoding
 * and bus mastering of endpoints stay off; bridges get both.
 *
 * Returns 0, -ENOMEM, -ENOSPC (the window is full).
 */
int pci_scan(struct pci_host *h);

struct pci_dev *pci_find(struct pci_host *h, uint32_t bdf);
/* "0000:01:00.0"; -EINVAL. */
int pci_parse_bdf(const char *s, uint32_t *bdf);
void pci_name(const struct pci_dev *p, char out[16]);
/* "/pci0000:00/0000:00:01.0/0000:01:00.0": where sysfs has it in devices/. */
void pci_path(const struct pci_dev *p, char *out, size_t cap);

/* -ENODEV when the function is gone. */
int pci_read(struct pci_dev *p, uint16_t reg, uint8_t size, uint32_t *val);
int pci_write(struct pci_dev *p, uint16_t reg, uint8_t size, uint32_t val);
uint16_t pci_find_cap(struct pci_dev *p, uint8_t id);
uint16_t pci_find_ecap(struct pci_dev *p, uint16_t id);

/* Sets or clears Memory Space Enable and Bus Master Enable in one write. */
int pci_enable(struct pci_dev *p, bool mem, bool master);
/* Function level reset. -ENOTTY without FLR; -ETIMEDOUT. */
int pci_flr(struct pci_dev *p);
/*
 * A conventional reset of function 0's device is over: gives back what it
 * lost, VFs too, and finds the DOE mailbox again. Decoding and bus mastering
 * stay off. -ETIMEDOUT; -ENODEV when somebody else stands there.
 */
int pci_reset_done(struct pci_dev *p);
/*
 * Hot reset of all that is below the port @up, by its secondary bus reset bit;
 * each function gets its configuration back, command register included.
 * -ENODEV no bridge; else as pci_reset_done().
 */
int pci_bus_reset(struct pci_dev *up);
/* 0 disables. -EINVAL above TotalVFs, -EBUSY when some are on or driven. */
int pci_sriov_enable(struct pci_dev *p, uint16_t n);
/* The function has left (surprise removal, or VFs going). */
void pci_remove(struct pci_dev *p);

int pci_driver_register(struct pci_host *h, const struct pci_driver *d);
int pci_driver_bind(struct pci_dev *p, const struct pci_driver *d);
void pci_driver_unbind(struct pci_dev *p);

int pci_attrs_add(struct pci_host *h, const struct pci_attr_table *t);
int pci_watch_add(struct pci_host *h, const struct pci_watch *w);

/*
 * pci_doe() - one exchange over a DOE mailbox
 * @type:    data object type; vendor is PCI-SIG
 * @req:     payload; sizes not a multiple of 4 are zero-padded
 * @cap:     the answer is cut off there
 *
 * Returns the payload bytes received, whole dwords; -EINVAL (feature not
 * discovered, too long), -EBUSY (busy for 1 s), -EIO (error, time-out, wrong
 * type, length below 2), -ENODEV.
 * Source: PCIe Base 6.0 §6.30; Linux 7.3 drivers/pci/doe.c
 */
long pci_doe(struct pci_dev *p, uint8_t type, const uint8_t *req, size_t len,
	     uint8_t *rsp, size_t cap);
/* Abort, then discovery. Called at enumeration. 0 or -errno. */
int pci_doe_init(struct pci_dev *p);
bool pci_doe_has(const struct pci_dev *p, uint8_t type);

#endif
