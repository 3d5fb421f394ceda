/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_IOMMUFD_IOMMUFD_PRIV_H
#define HOST_IOMMUFD_IOMMUFD_PRIV_H

#include "host/iommufd/iommufd.h"

enum iommufd_kind {
	OBJ_NONE,
	OBJ_IOAS,
	OBJ_HWPT,
	OBJ_DEVICE,
	OBJ_VIOMMU,
	OBJ_VDEVICE,
};

#define TSM_REQ_MAX 256

/* --- memory, and where it is seen --- */

enum ioas_src {
	IOAS_USER,
	IOAS_MEMFD,
	IOAS_GMEM,
	IOAS_DMABUF,
};

/* Where frames come from; areas that were copied share one (IOAS_COPY). */
struct iommufd_pages {
	struct iommufd_ctx *ctx;
	unsigned refs;
	enum ioas_src src;
	uint64_t len;
	bool deferred; /* waits for the end of the launch */
	bool revoked;  /* for good */
	struct vma *vma;
	uint64_t uva;
	struct file *file; /* referenced */
	uint64_t start;
};

/* An area is not longer than a page map, so its 2 MiB blocks are few. */
#define AREA_BLOCKS (PAGEMAP_MAX / PAGEMAP_BLOCK + 1)

struct iommufd_area {
	struct iommufd_area *next;
	struct iommufd_obj *ioas;
	struct iommufd_pages *pages;
	uint64_t iova;
	uint64_t len;
	uint64_t off; /* in the pages */
	unsigned prot;
	bool held; /* the pages of a guest_memfd are pinned */
	bool gone; /* for good: its pages have left their file */
	/* While pages go: split off the one before, and taken out of domains.
	 */
	bool cut, out;
	/* By 2 MiB block: a leaf size was asked for, and it is 2 MiB. */
	uint64_t asked[AREA_BLOCKS / 64 + 1];
	uint64_t large[AREA_BLOCKS / 64 + 1];
};

/* A range that IOAS_ALLOW_IOVAS named. */
struct iommufd_range {
	struct iommufd_range *next;
	struct iommu_iova_range r;
};

/*
 * Ids only grow, so an id whose object is gone is a tombstone by itself: it
 * is never given again while the descriptor lives.
 */
struct iommufd_obj {
	enum iommufd_kind kind;
	uint32_t id;
	unsigned users;
	struct iommufd_ctx *ctx;
	struct iommufd_obj *next;
	/* OBJ_IOAS */
	bool huge;
	struct iommufd_area *areas; /* by iova */
	struct iommufd_range *allowed;
	/* OBJ_HWPT */
	struct iommufd_obj *ioas;
	struct iommu_domain domain;
	bool nest_parent;
	bool implied; /* made by an attach to an IOAS */
	/* OBJ_VIOMMU */
	struct iommufd_obj *hwpt; /* and of an attached OBJ_DEVICE */
	struct iommufd_vm vm;
	struct file *kvm; /* referenced */
	/* OBJ_DEVICE */
	struct pci_dev *p;
	const struct pci_tdi_port *port;
	void *port_ctx;
	struct iommufd_obj *vdevice;
	/* OBJ_VDEVICE */
	struct iommufd_obj *viommu;
	struct iommufd_obj *dev;
	uint64_t virt_id;
	struct pci_tdi *tdi;
	bool dying;  /* its destruction has begun: no request finds it */
	bool asking; /* a request is under way: @call and @req are its copy */
	struct iommu_vdevice_tsm_req call;
	uint8_t req[TSM_REQ_MAX];
	uint8_t resp[TSM_REQ_MAX];
};

struct iommufd_ctx {
	struct iommufd_core *core;
	struct iommufd_obj *objs;
	struct iommufd_ctx *next;
	uint32_t last_id;
	bool by_task; /* IOMMU_OPTION_RLIMIT_MODE; nothing is counted here */
};

struct iommufd_dev {
	struct iommufd_obj o;
};

/* One call: the struct copied once, and what goes back of it. */
struct ucmd {
	struct iommufd_ctx *x;
	struct task *t;
	uintptr_t arg;
	void *cmd;
	size_t ksize;
	bool answer; /* set where results are filled in */
};

typedef int ucmd_fn(struct ucmd *u);

/* ioas.c: arguments of what is about address spaces */
ucmd_fn ioas_alloc, ioas_iova_ranges, ioas_allow_iovas, ioas_map, ioas_map_file,
	ioas_copy, ioas_unmap, ioas_option;
/* size.c */
ucmd_fn ioas_set_page_size;
/* hwpt.c */
ucmd_fn hwpt_alloc, hw_info;
/* viommu.c */
ucmd_fn viommu_alloc, vdevice_alloc, vdevice_tsm_req;

/* iommufd.c */
struct iommufd_obj *obj_new(struct iommufd_ctx *x, enum iommufd_kind kind);
/* NULL: no such object of that kind; OBJ_NONE: of any kind. */
struct iommufd_obj *obj_find(struct iommufd_ctx *x, uint32_t id,
			     enum iommufd_kind kind);
void obj_free(struct iommufd_obj *o);
bool iommufd_is(const struct file *f);

/* hwpt.c */
void hwpt_free(struct iommufd_obj *h);
/* The domain of @ioas after @after; NULL: the first. */
struct iommufd_obj *hwpt_next(const struct iommufd_obj *ioas,
			      struct iommufd_obj *after);

/* pages.c: frames */
struct iommufd_pages *pages_user(struct ucmd *u, uint64_t uva, uint64_t len,
				 unsigned prot, int *ret);
struct iommufd_pages *pages_file(struct ucmd *u, int fd, uint64_t start,
				 uint64_t len, uint32_t flags, int *ret);
void pages_put(struct iommufd_pages *p);
/* -errno, and nothing is held. Only guest_memfd is pinned. */
int pages_hold(struct iommufd_pages *p, uint64_t off, uint64_t len);
void pages_let_go(struct iommufd_pages *p, uint64_t off, uint64_t len);
/* The frames are those of a guest, and nobody else's. */
bool pages_private(const struct iommufd_pages *p);
int pages_frames(struct iommufd_pages *p, uint64_t off, size_t n, uint64_t *pa);
/* Ownership entries of the 2 MiB at @off follow. */
int pages_resize(struct iommufd_pages *p, uint64_t off, uint64_t size);

/* area.c */
struct iommufd_area *area_new(struct iommufd_obj *ioas, struct iommufd_pages *p,
			      uint64_t off, uint64_t len, unsigned prot);
void area_free(struct iommufd_area *a);
bool area_live(const struct iommufd_area *a);
/*
 * Takes a list of areas over, from @iova on, one behind the other: all in the
 * IOAS and in its domains, or all freed.
 */
int areas_commit(struct iommufd_area *list, uint64_t iova);
void area_remove(struct iommufd_area *a);
/* The same for one that is in no domain any more. */
void area_drop(struct iommufd_area *a);
void area_let_go(struct iommufd_area *a);
/* Out of all domains, or, -errno, in them as before. */
int area_take_out(struct iommufd_area *a);
void area_put_back(struct iommufd_area *a);
/* Out of all domains, for good. */
void area_revoke(struct iommufd_area *a);
/* Leaves of 2 MiB at @iova? */
bool area_large(const struct iommufd_area *a, const struct iommu_domain *d,
		uint64_t iova);
/* Maps all that is not waiting into a new domain; all or nothing. */
int ioas_fill(struct iommufd_obj *ioas, struct iommu_domain *d);
/* The last domain has gone: nothing needs to stay pinned. */
void ioas_let_go(struct iommufd_obj *ioas);
void ioas_clear(struct iommufd_obj *ioas);
/* What waited for the launch is mapped; over: for good, or taken back. */
int ioas_launched(struct iommufd_obj *ioas, const struct gmem *g);
void ioas_launch_over(struct iommufd_obj *ioas, const struct gmem *g,
		      bool good);

/* gone.c: pages that leave their file leave the domains first */
int gone_pages(void *core, const struct gmem *g, uint64_t index, uint64_t n);

/* iova.c: which addresses may be used */
/* 0, -EINVAL (alignment, reserved), -EOVERFLOW, -EEXIST */
int iova_check(const struct iommufd_obj *ioas, uint64_t iova, uint64_t len);
/* @addr: of the memory, whose alignment is kept. -ENOSPC, -EOVERFLOW */
int iova_choose(const struct iommufd_obj *ioas, uint64_t addr, uint64_t len,
		uint64_t *iova);
/* -EADDRINUSE: an area or an allowed range is in the way. */
int iova_reserve_domain(const struct iommufd_obj *ioas);
int iova_reserve_dev(const struct iommufd_obj *ioas);
void iova_allowed_clear(struct iommufd_core *c, struct iommufd_range **list);

/* viommu.c */
/* -EAGAIN: the unbind goes on. */
int vdevice_destroy(struct iommufd_obj *v);
void vdevice_destroy_now(struct iommufd_obj *v);
/* What its caller had begun ends here: the caller will not come again. */
void vdevice_hang_up(struct iommufd_obj *v);

#endif
