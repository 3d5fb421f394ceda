/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_DMABUF_DMABUF_H
#define HOST_DMABUF_DMABUF_H

#include "host/uapi/kernel.h"

/*
 * A dma-buf over a BAR: frames without a host mapping, which KVM and iommufd
 * import by descriptor. The exporter may revoke it; importers are told and
 * drop what they mapped before the call returns.
 *
 * Source: linux.md 5.1 (vfio_pci_dmabuf.c), Private MMIO RFC
 */
#define DMABUF_IMPORTERS 8

enum dmabuf_state {
	DMABUF_DEAD, /* permanently revoked: the device is closed */
	DMABUF_LIVE,
	DMABUF_REVOKED,
	DMABUF_STATES,
};

struct dmabuf;

struct dmabuf_importer {
	/* Drop every mapping of the buffer now; cannot fail. */
	void (*invalidate)(void *ctx, struct dmabuf *b);
	void *ctx;
};

struct dmabuf {
	struct file *file;
	enum dmabuf_state state;
	uint64_t pa; /* one range */
	uint64_t len;
	void *owner; /* the exporter's; NULL once dead */
	void (*released)(struct dmabuf *b);
	struct dmabuf_importer imp[DMABUF_IMPORTERS];
	struct kpool *pool;
	struct dmabuf *next; /* the exporter's list */
};

/* One reference, in @b->file. NULL: no memory. */
struct dmabuf *dmabuf_new(struct kernel *k, struct kpool *pool, uint64_t pa,
			  uint64_t len, bool revoked);
/* The dma-buf behind a descriptor, or NULL if it is something else. */
struct dmabuf *dmabuf_from_file(struct file *f);

/* -ENODEV while revoked or dead; -EBUSY when too many import it. */
int dmabuf_attach(struct dmabuf *b, const struct dmabuf_importer *i);
void dmabuf_detach(struct dmabuf *b, const void *ctx);

void dmabuf_revoke(struct dmabuf *b);
void dmabuf_restore(struct dmabuf *b); /* nothing if dead */
void dmabuf_kill(struct dmabuf *b);

#endif
