/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Domains, and devices that are attached to them.
 * Source: Linux 7.3 drivers/iommu/iommufd/{hw_pagetable.c,device.c}
 */
#include <errno.h>
#include <string.h>

#include "host/iommufd/iommufd_priv.h"

struct iommufd_obj *hwpt_next(const struct iommufd_obj *ioas,
			      struct iommufd_obj *after)
{
	struct iommufd_obj *o = after ? after->next : ioas->ctx->objs;

	while (o && (o->kind != OBJ_HWPT || o->ioas != ioas))
		o = o->next;
	return o;
}

void hwpt_free(struct iommufd_obj *h)
{
	struct iommufd_core *c = h->ctx->core;
	struct iommufd_obj *ioas = h->ioas;

	c->drv->domain_free(c->drv_ctx, &h->domain);
	ioas->users--;
	obj_free(h);
	if (!hwpt_next(ioas, NULL))
		ioas_let_go(ioas);
}

static int hwpt_new(struct iommufd_obj *ioas, uint32_t flags,
		    struct iommufd_obj **out)
{
	struct iommufd_core *c = ioas->ctx->core;
	int ret = iova_reserve_domain(ioas);
	struct iommufd_obj *h = ret ? NULL : obj_new(ioas->ctx, OBJ_HWPT);

	if (!h)
		return ret ? ret : -ENOMEM;
	h->nest_parent = flags & IOMMU_HWPT_ALLOC_NEST_PARENT;
	h->domain.trusted = flags & IOMMU_HWPT_ALLOC_TRUSTED;
	h->domain.huge = ioas->huge;
	ret = c->drv->domain_alloc(c->drv_ctx, &h->domain);
	if (ret) {
		obj_free(h);
		return ret;
	}
	h->ioas = ioas;
	ioas->users++;
	ret = ioas_fill(ioas, &h->domain);
	if (ret) {
		hwpt_free(h);
		return ret;
	}
	*out = h;
	return 0;
}

/*
 * A table of a guest's own under a nesting parent is for a later day:
 * -EOPNOTSUPP, as from a driver without domain_alloc_nested().
 */
int hwpt_alloc(struct ucmd *u)
{
	const uint32_t known =
		IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_TRUSTED;
	struct iommu_hwpt_alloc *a = u->cmd;
	struct iommufd_obj *pt, *h;
	int ret;

	if (a->reserved || a->reserved2)
		return -EOPNOTSUPP;
	if (!a->data_len != (a->data_type == IOMMU_HWPT_DATA_NONE))
		return -EINVAL;
	if (!obj_find(u->x, a->dev_id, OBJ_DEVICE))
		return -ENOENT;
	pt = obj_find(u->x, a->pt_id, OBJ_NONE);
	if (!pt || (pt->kind != OBJ_IOAS && pt->kind != OBJ_HWPT &&
		    pt->kind != OBJ_VIOMMU))
		return -EINVAL;
	if (pt->kind != OBJ_IOAS || a->flags & ~known || a->data_len)
		return -EOPNOTSUPP;
	ret = hwpt_new(pt, a->flags, &h);
	if (ret)
		return ret;
	a->out_hwpt_id = h->id;
	u->answer = true;
	return 0;
}

int hw_info(struct ucmd *u)
{
	static const uint8_t zero[64];
	struct iommufd_core *c = u->x->core;
	struct iommu_hw_info *q = u->cmd;
	struct iommufd_obj *dev = obj_find(u->x, q->dev_id, OBJ_DEVICE);
	uint32_t type = q->in_data_type, n;
	uint8_t data[64];
	long len = 0;

	if (q->flags & ~IOMMU_HW_INFO_FLAG_INPUT_TYPE || q->reserved[0] ||
	    q->reserved[1] || q->reserved[2])
		return -EOPNOTSUPP;
	if (!dev)
		return -ENOENT;
	if (!(q->flags & IOMMU_HW_INFO_FLAG_INPUT_TYPE))
		type = IOMMU_HW_INFO_TYPE_DEFAULT;
	if (c->drv->hw_info)
		len = c->drv->hw_info(c->drv_ctx, dev->p, &type, data,
				      sizeof(data));
	if (len < 0)
		return (int)len;
	n = q->data_len < len ? q->data_len : (uint32_t)len;
	if (n && k_copy_out(u->t, q->data_uptr, data, n))
		return -EFAULT;
	for (uint32_t at = n; at < q->data_len;) {
		n = q->data_len - at;
		n = n < sizeof(zero) ? n : (uint32_t)sizeof(zero);
		if (k_copy_out(u->t, q->data_uptr + at, zero, n))
			return -EFAULT;
		at += n;
	}
	q->data_len = (uint32_t)len;
	q->out_data_type = type;
	q->out_max_pasid_log2 = 0;
	q->out_capabilities = 0;
	u->answer = true;
	return 0;
}

/* --- devices --- */

int iommufd_bind(struct iommufd_core *c, struct file *iommufd,
		 struct pci_dev *p, const struct pci_tdi_port *port,
		 void *port_ctx, struct iommufd_dev **out, uint32_t *dev_id)
{
	struct iommufd_obj *o;
	struct iommufd_ctx *x;

	(void)c;
	if (!iommufd)
		return -EBADF;
	if (!iommufd_is(iommufd))
		return -EBADFD;
	x = iommufd->priv;
	for (o = x->objs; o; o = o->next)
		if (o->kind == OBJ_DEVICE && o->p == p)
			return -EBUSY;
	o = obj_new(x, OBJ_DEVICE);
	if (!o)
		return -ENOMEM;
	o->p = p;
	o->port = port;
	o->port_ctx = port_ctx;
	*out = (struct iommufd_dev *)o;
	*dev_id = o->id;
	return 0;
}

static void leave(struct iommufd_obj *h)
{
	h->domain.devices--;
	h->users--;
	if (h->implied && !h->users)
		hwpt_free(h);
}

void iommufd_detach(struct iommufd_dev *d)
{
	struct iommufd_obj *o = &d->o, *h = o->hwpt;
	struct iommufd_core *c = o->ctx->core;
	const struct rule *why = NULL;

	if (!h)
		return;
	(void)c->drv->attach(c->drv_ctx, o->p, NULL, o->vdevice, &why);
	o->hwpt = NULL;
	leave(h);
}

void iommufd_vdevice_drop(struct iommufd_dev *d)
{
	if (d->o.vdevice)
		vdevice_destroy_now(d->o.vdevice);
}

void iommufd_unbind(struct iommufd_dev *d)
{
	struct iommufd_obj *o = &d->o;

	/* A vDevice still in the making, then one that is there. */
	pci_tsm_abort(o->ctx->core->tsm, o->p, o);
	iommufd_vdevice_drop(d);
	iommufd_detach(d);
	/* vIOMMUs do not hold the device that they were made with. */
	o->users = 0;
	obj_free(o);
}

/* The domain that an attach to an IOAS makes; others may find it again. */
static int implied_hwpt(struct iommufd_obj *ioas, struct iommufd_obj **out)
{
	struct iommufd_obj *h = NULL;
	int ret;

	while ((h = hwpt_next(ioas, h)) && !h->implied)
		;
	*out = h;
	if (h)
		return 0;
	ret = hwpt_new(ioas, 0, out);
	if (!ret)
		(*out)->implied = true;
	return ret;
}

/* Another domain of the same IOAS leaves its reserved ranges as they are. */
static int join(struct iommufd_obj *o, struct iommufd_obj *h)
{
	struct iommufd_core *c = o->ctx->core;
	const struct rule *why = NULL;
	int ret = iova_reserve_dev(h->ioas);

	if (!ret)
		ret = c->drv->attach(c->drv_ctx, o->p, &h->domain, o->vdevice,
				     &why);
	if (why)
		k_refuse(c->k, why);
	return ret;
}

int iommufd_attach(struct iommufd_dev *d, uint32_t *pt_id)
{
	struct iommufd_obj *o = &d->o, *old = o->hwpt;
	struct iommufd_obj *h = obj_find(o->ctx, *pt_id, OBJ_NONE);
	int ret = 0;

	if (!h)
		return -ENOENT;
	if (h->kind == OBJ_IOAS)
		ret = implied_hwpt(h, &h);
	else if (h->kind != OBJ_HWPT)
		ret = -EINVAL;
	if (ret)
		return ret;
	if (h != old)
		ret = join(o, h);
	if (ret) {
		if (h->implied && !h->users)
			hwpt_free(h);
		return ret;
	}
	*pt_id = h->id;
	if (h == old)
		return 0;
	h->users++;
	h->domain.devices++;
	o->hwpt = h;
	if (old)
		leave(old);
	return 0;
}

bool iommufd_tdi_bound(const struct iommufd_dev *d)
{
	return d->o.vdevice;
}
