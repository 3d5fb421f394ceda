/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_DMABUF_DMABUF_H
#define HOST_DMABUF_DMABUF_H

#include "host/uapi/kernel.h"

/*
 * A dma-buf over a BAR: frames without a host mapping, which KVM and iommufd
 * import by descriptor. Nothing is pinned: the exporter may revoke it at any
 * time. Then the flag is set first, importers are told, and the revocation is
 * over when none of them holds a mapping or has work in flight.
 *
 * Source: linux.md 5.1 (Linux 7.3 drivers/vfio/pci/vfio_pci_dmabuf.c,
 * drivers/dma-buf/dma-buf.c), Private MMIO RFC
 */
#define DMABUF_IMPORTERS 8
#define DMABUF_RANGES	 16

enum dmabuf_state {
	DMABUF_DEAD, /* permanently revoked: the device is closed */
	DMABUF_LIVE,
	DMABUF_REVOKING, /* flagged and told; an importer is still busy */
	DMABUF_REVOKED,
	DMABUF_DYING, /* as REVOKING; next: DEAD */
	DMABUF_STATES,
};

struct dmabuf;

struct dmabuf_importer {
	/*
	 * Drop every mapping of the buffer now; cannot fail. Also called when
	 * the buffer is restored: whoever kept a place for it may look again.
	 * NULL: cannot be told, hence may not attach.
	 */
	void (*invalidate)(void *ctx, struct dmabuf *b);
	void *ctx;
	/* Work on the frames is still in flight. NULL: never. */
	bool (*busy)(void *ctx, const struct dmabuf *b);
	bool no_p2p; /* cannot reach another device's memory */
};

struct dmabuf_range {
	uint64_t pa;
	uint64_t len;
};

struct dmabuf {
	struct file *file;
	enum dmabuf_state state;
	struct dmabuf_range range[DMABUF_RANGES];
	unsigned ranges;
	uint64_t pa;  /* of the first range */
	uint64_t len; /* of all */
	void *owner;  /* the exporter's; NULL once dead */
	void (*released)(struct dmabuf *b);
	struct dmabuf_importer imp[DMABUF_IMPORTERS];
	struct kpool *pool;
	struct dmabuf *next; /* the exporter's list */
};

/* One reference, in @b->file; @n to DMABUF_RANGES. NULL: no memory. */
struct dmabuf *dmabuf_new(struct kernel *k, struct kpool *pool,
			  const struct dmabuf_range *r, unsigned n,
			  bool revoked);
/* The dma-buf behind a descriptor, or NULL if it is something else. */
struct dmabuf *dmabuf_from_file(struct file *f);
/* The address behind byte @off, which lies below @b->len. */
uint64_t dmabuf_frame(const struct dmabuf *b, uint64_t off);

/*
 * -EOPNOTSUPP: the importer cannot be told, or cannot reach a peer's memory;
 * -ENODEV while revoked or dead; -EBUSY when too many import it.
 */
int dmabuf_attach(struct dmabuf *b, const struct dmabuf_importer *i);
void dmabuf_detach(struct dmabuf *b, const void *ctx);

/*
 * dmabuf_revoke(), dmabuf_restore() - 0, or -EAGAIN while an importer's work
 * is in flight: call again. Nothing happens to one that is dead, and none that
 * is revoked is revoked twice.
 */
int dmabuf_revoke(struct dmabuf *b);
int dmabuf_restore(struct dmabuf *b);
/*
 * Importers of a buffer that is live drop what they have mapped; it stays
 * live, and they may map it again. Source: dma_buf_move_notify()
 */
void dmabuf_move(struct dmabuf *b);
/* For good. Waits in world time, bounded: the exporter leaves in any case. */
void dmabuf_kill(struct dmabuf *b);

#endif
