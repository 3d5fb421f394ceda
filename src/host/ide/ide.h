/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_IDE_IDE_H
#define HOST_IDE_IDE_H

#include "host/pci/pci.h"
#include "pci/ide_regs.h"

/*
 * Selective IDE streams between an endpoint and the root port above it: the
 * registers, not the keys. Order of use: alloc, fill in, register, setup,
 * (keys), enable; and back.
 *
 * Source: linux.md 1.3 to 1.5 (Linux 7.3 drivers/pci/ide.c)
 */
#define PCI_IDE_STREAMS 256 /* a host bridge's pool */

struct pci_ide_side {
	struct pci_dev *p;
	uint16_t block; /* index of the selective block */
	uint16_t rid_base;
	uint16_t rid_limit;
	struct ide_addr_regs addr[2];
	bool dflt;
	bool cfg; /* configuration requests ride on the stream */
	bool tee_limited;
	bool fm; /* segment captured: RIDs carry it */
	bool setup;
	bool enabled;
};

struct pci_ide_stream {
	struct pci_ide_side ep;
	struct pci_ide_side rp;
	uint8_t host_index; /* in the host bridge's pool */
	int id;		    /* -1; the TSM sets 0 to 254 */
	char name[24];	    /* "stream0.0.0", once registered */
	struct pci_ide_stream *next;
	bool registered;
	bool used;
};

/* Of one host bridge; it outlives its streams. */
struct pci_ide_host {
	struct pci_host *pci;
	struct kpool pool;     /* streams */
	struct kpool cap_pool; /* what was read of a capability */
	struct pci_ide_stream *registered;
	unsigned nr;   /* streams that the host bridge is good for */
	unsigned live; /* allocated */
	uint8_t id_used[PCI_IDE_STREAMS / 8];
	uint8_t index_used[PCI_IDE_STREAMS / 8];
};

/*
 * Shows available_secure_streams in the host bridge's folder, and one link a
 * stream: streamH.R.E to the endpoint.
 */
int pci_ide_host_init(struct pci_ide_host *h, struct pci_host *pci);
/* At most 256, which it is at first; 0 hides the file. -EBUSY: one lives. */
int pci_ide_set_nr_streams(struct pci_ide_host *h, unsigned nr);
/*
 * Reads the capabilities found by the scan, claims blocks that are enabled,
 * parks idle ones on stream id 255. An endpoint below a port without IDE has
 * none. -EBUSY: two enabled blocks share a stream id.
 */
int pci_ide_probe(struct pci_ide_host *h, struct pci_dev *p);
void pci_ide_forget(struct pci_dev *p);
bool pci_ide_usable(const struct pci_dev *p);

/* NULL: not an endpoint, no capability, a pool is empty, no memory. */
struct pci_ide_stream *pci_ide_stream_alloc(struct pci_ide_host *h,
					    struct pci_dev *ep);
void pci_ide_stream_free(struct pci_ide_host *h, struct pci_ide_stream *s);
/* -ENXIO id not 0 to 254; -EBUSY id in use on this host bridge. */
int pci_ide_stream_register(struct pci_ide_host *h, struct pci_ide_stream *s);
void pci_ide_stream_unregister(struct pci_ide_host *h,
			       struct pci_ide_stream *s);
/* RID and address blocks and the control word with Enable 0. 0, -ENODEV. */
int pci_ide_stream_setup(struct pci_ide_side *e, int id);
/* Enable, then one look: -ENXIO not Secure (Enable stays set), -ENODEV. */
int pci_ide_stream_enable(struct pci_ide_side *e, int id);
bool pci_ide_stream_secure(struct pci_ide_side *e);
/* The same where firmware holds the registers, and chose the block. */
bool pci_ide_held_secure(const struct pci_ide_side *e, int id);
/* These cannot fail, and need no device that answers. */
void pci_ide_stream_disable(struct pci_ide_side *e);
void pci_ide_stream_teardown(struct pci_ide_side *e);
/* All of it in reverse order: EP before RP. */
void pci_ide_stream_release(struct pci_ide_host *h, struct pci_ide_stream *s);

#endif
