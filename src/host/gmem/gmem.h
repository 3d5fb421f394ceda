/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_GMEM_GMEM_H
#define HOST_GMEM_GMEM_H

#include "host/uapi/kernel.h"

/*
 * guest_memfd: memory of a VM that no task can map. Frames are made on first
 * need and handed to KVM and to iommufd by {file, offset}. The VM prepares a
 * frame (makes it the guest's) before anyone uses it, and takes it back when
 * it leaves the file.
 *
 * Source: Linux 7.3 virt/kvm/guest_memfd.c (order 0 only)
 */
struct gmem;

struct gmem_ops {
	/* Page @index is about to be used; 0 or -errno. */
	int (*prepare)(void *ctx, struct gmem *g, uint64_t index, uint64_t pa);
	/* No VM table may reach [@index, +@n) any more. */
	void (*zap)(void *ctx, struct gmem *g, uint64_t index, uint64_t n);
	/* The frame leaves the file and becomes the host's. 0 or -errno. */
	int (*invalidate)(void *ctx, uint64_t pa);
	/* Of 2 MiB at once: prepare; -EOPNOTSUPP: page by page. May be NULL. */
	int (*prepare_huge)(void *ctx, struct gmem *g, uint64_t index,
			    uint64_t pa);
	/* The owner's entries of the 2 MiB at @pa become one, or 512. */
	int (*resize)(void *ctx, uint64_t pa, bool huge);
	/* The file is gone; may be NULL. */
	void (*released)(void *ctx, struct gmem *g);
};

/*
 * Who shows pages to devices. One for all files: iommufd.
 */
struct gmem_importer {
	/*
	 * No device reaches the pages of [@index, +@n) that are pinned, and no
	 * translation is remembered; the pins are gone, and nothing comes back
	 * by itself. -errno: all is as it was.
	 */
	int (*invalidate)(void *ctx, const struct gmem *g, uint64_t index,
			  uint64_t n);
	void *ctx;
};

struct gmem {
	struct file *file;
	struct kernel *k;
	const struct gmem_ops *ops;
	void *ctx;
	const struct gmem_importer *importer; /* NULL: none yet */
	uint64_t pages_max;
	uint64_t present;
	uint64_t pinned; /* pins held by I/O mappings */
	struct pagemap pages;
	struct kpool *pool;
	bool huge;     /* frames by 2 MiB where they fit */
	bool in_place; /* shared pages are in the file, too */
	uint64_t lost; /* frames that could not be taken back */
};

struct gmem *gmem_new(struct kernel *k, struct kpool *pool, uint64_t size,
		      const struct gmem_ops *ops, void *ctx);
struct gmem *gmem_from_file(struct file *f);

/*
 * gmem_page() - the frame of a page
 * @prepare: also make it the guest's; launch updates do that themselves
 *
 * -EINVAL beyond the end, -ENOMEM, or what prepare said (the frame then
 * stays in the file, unprepared).
 */
int gmem_page(struct gmem *g, uint64_t index, bool prepare, uint64_t *pa);
/*
 * As above with prepare, for @n pages, which stay until they are unpinned or
 * the importer has let go of them. -EBUSY: pinned too often. On error none is
 * pinned.
 */
int gmem_pin(struct gmem *g, uint64_t index, uint64_t n);
void gmem_unpin(struct gmem *g, uint64_t index, uint64_t n);
/* The importer lets go of [@index, +@n); -errno: all is as it was. */
int gmem_invalidate(struct gmem *g, uint64_t index, uint64_t n);
/* Frames of pages that are pinned. */
int gmem_frames(struct gmem *g, uint64_t index, uint64_t n, uint64_t *pa);
/* The frame of a shared page of a file that converts in place, or -EFAULT. */
int gmem_shared(struct gmem *g, uint64_t index, uint64_t *pa);
/*
 * gmem_convert() - one step of pages of such a file that become shared, or
 * private; whoever reached them as what they were does so no longer, devices
 * included: they lose a range of which any page changes
 *
 * Only GMEM_SHARE may fail half-way: GMEM_UNDO then, and what it has shared is
 * private again, if without content; GMEM_KEEP when all went well. Pages may
 * lie in several files: each step is taken in all of them before the next. What
 * devices have lost by then stays lost: nobody reaches what is not his.
 */
enum gmem_step {
	GMEM_MAY, /* -EINVAL: beyond the end */
	/* Devices lose what is to be private, or shared: gmem_invalidate() */
	GMEM_LOSE_SHARED,
	GMEM_LOSE_PRIVATE,
	GMEM_PRIVATE,
	GMEM_SHARE, /* -ENOMEM, or what invalidate said */
	GMEM_KEEP,
	GMEM_UNDO,
};
int gmem_convert(struct gmem *g, uint64_t index, uint64_t n,
		 enum gmem_step step);
/*
 * Ownership of the 512 pages from @index on by one entry, or by 512. Whoever
 * asks has taken care that no DMA reaches them meanwhile.
 * -EINVAL: no such run of pages that are the guest's
 */
int gmem_resize(struct gmem *g, uint64_t index, bool huge);
bool gmem_prepared(const struct gmem *g, uint64_t index);
/* The launch update has made the page the guest's. */
void gmem_set_prepared(struct gmem *g, uint64_t index);

#endif
