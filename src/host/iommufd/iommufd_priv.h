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
};

struct iommufd_dev {
	struct iommufd_obj o;
};

struct iommufd_obj *obj_new(struct iommufd_ctx *x, enum iommufd_kind kind);
/* NULL: no such object of that kind. */
struct iommufd_obj *obj_find(struct iommufd_ctx *x, uint32_t id,
			     enum iommufd_kind kind);
void obj_free(struct iommufd_obj *o);

/* ioas.c */
int ioas_ioctl(struct iommufd_ctx *x, struct task *t, uint32_t cmd,
	       uintptr_t arg);
/* Maps all that is not waiting into a new domain; all or nothing. */
int ioas_fill(struct iommufd_obj *ioas, struct iommu_domain *d);
void ioas_clear(struct iommufd_obj *ioas);
int ioas_launched(struct iommufd_obj *ioas, const struct gmem *g);

/* viommu.c */
int viommu_ioctl(struct iommufd_ctx *x, struct task *t, uint32_t cmd,
		 uintptr_t arg);
/* -EAGAIN: the unbind goes on. */
int vdevice_destroy(struct iommufd_obj *v);
void vdevice_destroy_now(struct iommufd_obj *v);

#endif
