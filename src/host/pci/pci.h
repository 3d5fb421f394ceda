/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_PCI_PCI_H
#define HOST_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doe/doe.h"
#include "host/uapi/kernel.h"

/*
 * The host's PCI core: enumeration behind root ports and switches, BAR
 * assignment, SR-IOV, bus mastering, resets, power states, slots, drivers, and
 * the DOE mailbox as its registers.
 *
 * Source: PCIe Base 6.0 §7.5 to §7.9; Linux 7.3 drivers/pci
 */
#define PCI_BARS	  7 /* six and the expansion ROM, which stays unused */
#define PCI_MAX_DEVS	  512
#define PCI_ATTR_TABLES	  4
#define PCI_DRIVERS	  8
#define PCI_DOE_FEATS	  8
#define PCI_RESET_METHODS 8 /* as PCI_NUM_RESET_METHODS, with the zero */
#define PCI_WATCHES	  4
#define DOE_MAX_BYTES	  16384		     /* largest payload that we carry */
#define PCI_HP_MMIO	  UINT64_C(0x200000) /* as Linux's hpmmioprefsize */

struct pci_dev;
struct pci_host;

struct pci_bar {
	uint64_t pa; /* 0: none */
	uint64_t size;
	bool is_64;
	bool prefetch;
};

/* One request to a mailbox. It stays where it is until it is over. */
struct pci_doe_task {
	struct pci_doe_task *next;
	uint8_t type;
	const uint8_t *req;
	size_t len;
	uint8_t *rsp;
	size_t cap;
	long ret; /* -EINPROGRESS, then as of pci_doe() */
};

enum pci_doe_phase {
	PCI_DOE_IDLE,
	PCI_DOE_BUSY,  /* not sent: the mailbox is busy with something */
	PCI_DOE_SENT,  /* waits for the answer */
	PCI_DOE_ABORT, /* waits for the end of an abort */
};

/*
 * One DOE mailbox; a device's functions share function 0's. One request is
 * under way, others queue: a mailbox that hangs delays those alone who use it.
 */
struct pci_doe {
	uint16_t cap; /* config offset; 0: none */
	bool dead;    /* an abort did not end in time */
	enum pci_doe_phase phase;
	uint64_t until_ns; /* when this phase has taken too long */
	long result;	   /* of the first task, once the abort is over */
	struct pci_doe_task *queue; /* the first is under way */
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

/*
 * What a bridge has to give to what is below it. Once @settled, its window and
 * bus numbers stay, and what is plugged in later comes out of them.
 */
struct pci_bridge {
	bool settled;
	uint8_t bus; /* secondary; 0: no bridge */
	uint8_t bus_next;
	uint8_t bus_last; /* subordinate */
	uint64_t mmio_next;
};

/* The slot of a port with hot-plug, and what pciehp knows of it. */
struct pci_slot {
	bool there;
	bool power; /* has a power controller */
	bool on;    /* what is in it has been enumerated */
	uint16_t number;
};

/* Ways to reset a function, by the names that Linux gives them. */
enum pci_reset {
	PCI_RESET_NONE,
	PCI_RESET_FLR, /* "flr" */
	PCI_RESET_PM,  /* "pm": D3hot and back */
	PCI_RESET_BUS, /* "bus": secondary bus reset, of the only function */
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
	bool ari;  /* the port above forwards by function number alone */
	bool gone; /* surprise removed: configuration space is not there */
	uint16_t cap_pm;
	uint8_t power;			    /* PM_STATE_* as we left it */
	uint8_t methods[PCI_RESET_METHODS]; /* enum pci_reset, in order; 0: end
					     */
	uint16_t cap_pcie;
	uint16_t ecap_ide;
	uint16_t command; /* saved across a reset of the bus */
	struct pci_bar bars[PCI_BARS];
	struct pci_bar window[2]; /* of a bridge: plain and prefetchable */
	struct pci_bridge bridge;
	struct pci_slot slot;
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

/* What an operation is about to do to a function. */
enum pci_upset {
	/* A bound interface would be in ERROR: memory decoding or bus
	 * mastering goes, it leaves D0. */
	PCI_UPSET_INTERFACE,
	/* Keys and sessions of function 0 would be lost as well: a reset. */
	PCI_UPSET_DEVICE,
};

/*
 * Told before a function's state is lost, so that unbind can come first (law
 * 47). Each may be NULL.
 */
struct pci_watch {
	void (*removing)(void *ctx, struct pci_dev *p);
	void *ctx;
	void (*upset)(void *ctx, struct pci_dev *p, enum pci_upset what);
	/* A function was found; bridges before what is below. 0 or -errno. */
	int (*added)(void *ctx, struct pci_dev *p);
};

struct pci_host_cfg {
	uint64_t mmio_base; /* 64-bit window behind the root ports */
	uint64_t mmio_size;
	/*
	 * Each root port has as much of it, one after the other: how the
	 * platform divides it is fixed, as where a port's accesses are policed
	 * goes by it. 0: no port has its own.
	 */
	uint64_t port_size;
	uint16_t segment;
	uint64_t hp_mmio; /* of a slot's window, at the least; 0: PCI_HP_MMIO */
	uint8_t hp_buses; /* bus numbers of a slot, beyond its first */
	bool pciehp;	  /* slots are watched; else they are as they are */
};

struct pci_host {
	struct kernel *k;
	struct pci_host_cfg cfg;
	struct pci_dev *devs;
	struct kpool pool;
	struct kpool attr_pool; /* open sysfs files */
	uint64_t mmio_next;
	uint8_t bus_next;
	bool booted;	/* the first scan is over */
	unsigned ports; /* of bus 0, found so far */
	struct pci_attr_table attrs[PCI_ATTR_TABLES];
	unsigned n_attrs;
	const struct pci_driver *drivers[PCI_DRIVERS];
	unsigned n_drivers;
	struct pci_watch watch[PCI_WATCHES];
	unsigned n_watch;
	uint8_t doe_buf[DOE_HEADER_LEN + DOE_MAX_BYTES];
};

/* Registers the sysfs nodes; touches no hardware. 0 or -errno. */
int pci_host_init(struct pci_host *h, struct kernel *k,
		  const struct pci_host_cfg *cfg);
/*
 * pci_scan() - find what is behind the root ports, and behind their switches
 *
 * Numbers the buses, sizes and places all BARs (VF BARs too), opens the
 * bridges' windows, aborts and discovers each DOE mailbox. Memory decoding
 * and bus mastering of endpoints stay off; bridges get both. Called again it
 * adds what has come since; what is there stays as it is.
 *
 * Returns 0, -ENOMEM, -ENOSPC (no room in a window, or no bus number; what was
 * found there is left out).
 */
int pci_scan(struct pci_host *h);
/* The same for what is below one bridge. -EINVAL: it is none. */
int pci_scan_below(struct pci_dev *bridge);

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
/*
 * pci_reset_function() - reset @p and give it back what it had
 *
 * By the first of its methods that it has: as sysfs `reset`. What would be in
 * ERROR is unbound first, what would lose its keys disconnected, and so for all
 * VFs of a PF (law 47). It is woken before; the command register is 0
 * meanwhile.
 *
 * Returns 0; -ENOTTY there is no way; -ETIMEDOUT it does not come back;
 * -ENODEV it is not there.
 * Source: Linux 7.3 drivers/pci/pci.c, pci_reset_function(),
 * pci_dev_save_and_disable()
 */
int pci_reset_function(struct pci_dev *p);
/* By one method alone, whatever the list says. Errors: likewise. */
int pci_reset_by(struct pci_dev *p, enum pci_reset how);
/* The methods that @p has, to @list; ends with PCI_RESET_NONE. */
void pci_reset_probe(struct pci_dev *p, uint8_t list[PCI_RESET_METHODS]);
/* "flr"; PCI_RESET_NONE when there is no such name. */
const char *pci_reset_name(enum pci_reset how);
enum pci_reset pci_reset_named(const char *name, size_t len);
/*
 * Resets all that is below a bridge: as sysfs `reset_subordinate`. -ENOTTY it
 * is no bridge, or nothing is there; -ETIMEDOUT the first that does not come.
 */
int pci_reset_below(struct pci_dev *bridge);
/*
 * Function level reset alone, for who has unbound already: -ENOTTY without
 * FLR; -ETIMEDOUT.
 */
int pci_flr(struct pci_dev *p);
/*
 * A conventional reset of function 0's device is over: gives back what it
 * lost, VFs too, and finds the DOE mailbox again. Decoding and bus mastering
 * stay off. -ETIMEDOUT; -ENODEV when somebody else stands there.
 */
int pci_reset_done(struct pci_dev *p);
/*
 * D0 or D3hot (PM_STATE_*). Before D3hot, and before a D0 that resets, it is
 * as before a reset; a device with No_Soft_Reset keeps its keys, and only its
 * interfaces are unbound. -EIO no power management; -EINVAL another state.
 * Source: PCIe Base 6.0 §5.3.1.4, §6.33.8; Linux 7.3 drivers/pci/pci.c
 */
int pci_set_power(struct pci_dev *p, uint8_t state);
/* "D0", "D3hot", "unknown" */
const char *pci_power_name(const struct pci_dev *p);
/*
 * 0 disables, whoever drives a VF: drivers leave first. -EINVAL above TotalVFs,
 * -EBUSY when another number of them is on; -ENOMEM one would stand where
 * somebody else does, or beyond the bus numbers of the port.
 */
int pci_sriov_enable(struct pci_dev *p, uint16_t n);
/* Says to all who watch what is to come to @p; of a PF, to its VFs first. */
void pci_upset(struct pci_dev *p, enum pci_upset what);

/*
 * pciehp. The interrupt of a port: looks at the slot's status; what was in it
 * is removed when link or presence changed, what is in it now gets power and is
 * added. Nothing, if this kernel has no pciehp. Link changes of our own resets
 * never come here: pci_slot_quiet().
 *
 * Source: PCIe Base 6.0 §6.7; Linux 7.3 drivers/pci/hotplug/pciehp_ctrl.c,
 * pciehp_handle_presence_or_link_change()
 */
void pci_slot_irq(struct pci_host *h, uint32_t port);
/*
 * As /sys/bus/pci/slots/N/power: removed in order, then power off; power on,
 * then enumerated. -ENODEV it is so already, or empty, or no slot.
 */
int pci_slot_power(struct pci_dev *port, bool on);

/*
 * The function, all its VFs and all below it leave, as sysfs `remove`: drivers
 * first. With @p->gone nobody touches it any more (surprise removal).
 */
void pci_remove(struct pci_dev *p);

int pci_driver_register(struct pci_host *h, const struct pci_driver *d);
int pci_driver_bind(struct pci_dev *p, const struct pci_driver *d);
void pci_driver_unbind(struct pci_dev *p);

int pci_attrs_add(struct pci_host *h, const struct pci_attr_table *t);
int pci_watch_add(struct pci_host *h, const struct pci_watch *w);

/*
 * pci_doe() - one exchange over a DOE mailbox, after those that queue there
 * @type:    data object type; vendor is PCI-SIG
 * @req:     payload; sizes not a multiple of 4 are zero-padded
 * @cap:     the answer is cut off there
 *
 * Returns the payload bytes received, whole dwords; -EINVAL (feature not
 * discovered, too long), -EBUSY (busy for 1 s), -EIO (error, time-out, wrong
 * type, length below 2; the mailbox is dead, or its function was removed),
 * -ENODEV (nothing answers there).
 * Source: PCIe Base 6.0 §6.30; Linux 7.3 drivers/pci/doe.c
 */
long pci_doe(struct pci_dev *p, uint8_t type, const uint8_t *req, size_t len,
	     uint8_t *rsp, size_t cap);
/*
 * The same in parts. @t with all but @next and @ret filled; it is over when
 * t->ret is not -EINPROGRESS. Errors at once, with nothing queued: -EINVAL,
 * -EIO as above.
 */
int pci_doe_submit(struct pci_dev *p, struct pci_doe_task *t);
/* Takes the mailbox as far as it goes without waiting. True: tasks are left. */
bool pci_doe_run(struct pci_dev *p);
/* All that queue there end with -EIO, and so does what comes later. */
void pci_doe_cancel(struct pci_dev *p);
/* Abort, then discovery. Called at enumeration. 0 or -errno. */
int pci_doe_init(struct pci_dev *p);
bool pci_doe_has(const struct pci_dev *p, uint8_t type);

#endif
