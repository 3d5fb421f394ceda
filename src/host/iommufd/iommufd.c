/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects, devices, domains. */
#include <errno.h>
#include <string.h>

#include "base/assert.h"
#include "host/iommufd/iommufd_priv.h"

struct iommufd_obj *obj_new(struct iommufd_ctx *x, enum iommufd_kind kind)
{
	struct iommufd_obj *o = kpool_get(&x->core->obj_pool);

	if (!o)
		return NULL;
	o->kind = kind;
	o->id = ++x->last_id;
	o->ctx = x;
	o->next = x->objs;
	x->objs = o;
	return o;
}

struct iommufd_obj *obj_find(struct iommufd_ctx *x, uint32_t id,
			     enum iommufd_kind kind)
{
	for (struct iommufd_obj *o = x->objs; o; o = o->next)
		if (o->id == id && o->kind == kind)
			return o;
	return NULL;
}

void obj_free(struct iommufd_obj *o)
{
	struct iommufd_obj **at = &o->ctx->objs;

	IL_ASSERT(!o->users);
	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	kpool_put(&o->ctx->core->obj_pool, o);
}

/* --- domains --- */

static void hwpt_free(struct iommufd_obj *h)
{
	struct iommufd_core *c = h->ctx->core;

	c->drv->domain_free(c->drv_ctx, &h->domain);
	h->ioas->users--;
	obj_free(h);
}

static int hwpt_new(struct iommufd_ctx *x, struct iommufd_obj *ioas, bool nest,
		    struct iommufd_obj **out)
{
	struct iommufd_core *c = x->core;
	struct iommufd_obj *h = obj_new(x, OBJ_HWPT);
	int ret;

	if (!h)
		return -ENOMEM;
	h->ioas = ioas;
	h->nest_parent = nest;
	h->domain.huge = ioas->huge;
	ret = c->drv->domain_alloc(c->drv_ctx, &h->domain);
	if (ret) {
		obj_free(h);
		return ret;
	}
	ioas->users++;
	ret = ioas_fill(ioas, &h->domain);
	if (ret) {
		hwpt_free(h);
		return ret;
	}
	*out = h;
	return 0;
}

static int hwpt_alloc(struct iommufd_ctx *x, uintptr_t arg)
{
	struct iommu_hwpt_alloc a;
	struct iommufd_obj *ioas, *h;
	int ret = k_copy_struct(&a, sizeof(a), 24, arg);

	if (ret)
		return ret;
	if (a.flags & ~IOMMU_HWPT_ALLOC_NEST_PARENT || a.reserved ||
	    a.data_type != IOMMU_HWPT_DATA_NONE)
		return -EOPNOTSUPP;
	if (!obj_find(x, a.dev_id, OBJ_DEVICE))
		return -ENOENT;
	ioas = obj_find(x, a.pt_id, OBJ_IOAS);
	if (!ioas)
		return -ENOENT;
	ret = hwpt_new(x, ioas, a.flags & IOMMU_HWPT_ALLOC_NEST_PARENT, &h);
	if (!ret)
		((struct iommu_hwpt_alloc *)arg)->out_hwpt_id = h->id;
	return ret;
}

/* --- devices --- */

static const struct file_ops ops;

int iommufd_bind(struct iommufd_core *c, struct file *iommufd,
		 struct pci_dev *p, const struct pci_tdi_port *port,
		 void *port_ctx, struct iommufd_dev **out, uint32_t *dev_id)
{
	struct iommufd_obj *o;
	struct iommufd_ctx *x;

	(void)c;
	if (!iommufd)
		return -EBADF;
	if (iommufd->ops != &ops)
		return -EBADFD; /* iommufd_ctx_from_fd() */
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

void iommufd_detach(struct iommufd_dev *d)
{
	struct iommufd_obj *o = &d->o, *h = o->hwpt;
	struct iommufd_core *c = o->ctx->core;

	if (!h)
		return;
	(void)c->drv->attach(c->drv_ctx, o->p, NULL);
	o->hwpt = NULL;
	h->domain.devices--;
	h->users--;
	if (h->implied && !h->users)
		hwpt_free(h);
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

static struct iommufd_obj *implied_hwpt(struct iommufd_obj *ioas)
{
	for (struct iommufd_obj *o = ioas->ctx->objs; o; o = o->next)
		if (o->kind == OBJ_HWPT && o->ioas == ioas && o->implied)
			return o;
	return NULL;
}

int iommufd_attach(struct iommufd_dev *d, uint32_t *pt_id)
{
	struct iommufd_obj *o = &d->o;
	struct iommufd_core *c = o->ctx->core;
	struct iommufd_obj *h = obj_find(o->ctx, *pt_id, OBJ_HWPT);
	struct iommufd_obj *ioas = obj_find(o->ctx, *pt_id, OBJ_IOAS);
	int ret = 0;

	if (o->hwpt)
		return -EBUSY;
	if (!h && !ioas)
		return -ENOENT;
	if (!h)
		h = implied_hwpt(ioas);
	if (!h) {
		ret = hwpt_new(o->ctx, ioas, false, &h);
		if (ret)
			return ret;
		h->implied = true;
	}
	ret = c->drv->attach(c->drv_ctx, o->p, &h->domain);
	if (ret) {
		if (h->implied && !h->users)
			hwpt_free(h);
		return ret;
	}
	h->users++;
	h->domain.devices++;
	o->hwpt = h;
	*pt_id = h->id;
	return 0;
}

bool iommufd_tdi_bound(const struct iommufd_dev *d)
{
	return d->o.vdevice;
}

/* --- the descriptor --- */

static int destroy(struct iommufd_ctx *x, uintptr_t arg)
{
	struct iommu_destroy a;
	struct iommufd_obj *o = NULL;
	int ret = k_copy_struct(&a, sizeof(a), sizeof(a), arg);

	if (ret)
		return ret;
	for (o = x->objs; o && o->id != a.id;)
		o = o->next;
	if (!o)
		return -ENOENT;
	if (o->users || o->kind == OBJ_DEVICE)
		return -EBUSY;
	switch (o->kind) {
	case OBJ_IOAS:
		ioas_clear(o);
		break;
	case OBJ_HWPT:
		hwpt_free(o);
		return 0;
	case OBJ_VIOMMU:
		o->hwpt->users--;
		k_file_put(o->kvm);
		break;
	case OBJ_VDEVICE:
		return vdevice_destroy(o);
	case OBJ_DEVICE:
	case OBJ_NONE:
		break;
	}
	obj_free(o);
	return 0;
}

static int ioas_alloc(struct iommufd_ctx *x, uintptr_t arg)
{
	struct iommu_ioas_alloc a;
	struct iommufd_obj *o;
	int ret = k_copy_struct(&a, sizeof(a), sizeof(a), arg);

	if (ret)
		return ret;
	if (a.flags)
		return -EOPNOTSUPP;
	o = obj_new(x, OBJ_IOAS);
	if (!o)
		return -ENOMEM;
	o->huge = true;
	((struct iommu_ioas_alloc *)arg)->out_ioas_id = o->id;
	return 0;
}

static long ioctl(struct file *f, struct task *t, uint32_t cmd, uintptr_t arg)
{
	struct iommufd_ctx *x = f->priv;

	switch (cmd) {
	case IOMMU_DESTROY:
		return destroy(x, arg);
	case IOMMU_IOAS_ALLOC:
		return ioas_alloc(x, arg);
	case IOMMU_HWPT_ALLOC:
		return hwpt_alloc(x, arg);
	case IOMMU_IOAS_MAP:
	case IOMMU_IOAS_MAP_FILE:
	case IOMMU_IOAS_UNMAP:
	case IOMMU_OPTION:
		return ioas_ioctl(x, t, cmd, arg);
	case IOMMU_VIOMMU_ALLOC:
	case IOMMU_VDEVICE_ALLOC:
	case IOMMU_VDEVICE_TSM_REQ:
		return viommu_ioctl(x, t, cmd, arg);
	default:
		return -ENOTTY;
	}
}

/* The last of one kind, so that users go before what they use. */
static struct iommufd_obj *last_of(struct iommufd_ctx *x,
				   enum iommufd_kind kind)
{
	for (struct iommufd_obj *o = x->objs; o; o = o->next)
		if (o->kind == kind)
			return o;
	return NULL;
}

/*
 * VFIO holds the file while a device is bound, so devices are gone here; what
 * is left goes from the users to the used.
 */
static void release(struct file *f)
{
	struct iommufd_ctx *x = f->priv, **at = &x->core->all;
	struct iommufd_obj *o;

	while ((o = last_of(x, OBJ_VDEVICE)))
		vdevice_destroy_now(o);
	while ((o = last_of(x, OBJ_VIOMMU))) {
		o->hwpt->users--;
		k_file_put(o->kvm);
		o->users = 0;
		obj_free(o);
	}
	while ((o = last_of(x, OBJ_HWPT))) {
		o->users = 0;
		hwpt_free(o);
	}
	while ((o = last_of(x, OBJ_IOAS))) {
		ioas_clear(o);
		obj_free(o);
	}
	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	kpool_put(&x->core->ctx_pool, x);
}

static const struct file_ops ops = {
	.name = "iommufd",
	.ioctl = ioctl,
	.release = release,
};

static long open_iommu(void *ctx, struct task *t, const char *rest,
		       struct file *f)
{
	struct iommufd_core *c = ctx;
	struct iommufd_ctx *x;

	(void)t;
	if (*rest)
		return -ENOENT;
	x = kpool_get(&c->ctx_pool);
	if (!x)
		return -ENOMEM;
	x->core = c;
	x->next = c->all;
	c->all = x;
	f->ops = &ops;
	f->priv = x;
	return 0;
}

int iommufd_launched(struct iommufd_core *c, const struct gmem *g)
{
	int ret = 0;

	for (struct iommufd_ctx *x = c->all; x; x = x->next)
		for (struct iommufd_obj *o = x->objs; o; o = o->next)
			if (o->kind == OBJ_IOAS) {
				int r = ioas_launched(o, g);

				ret = ret ? ret : r;
			}
	return ret;
}

int iommufd_init(struct iommufd_core *c, struct kernel *k,
		 struct pci_tsm_core *tsm, const struct iommu_driver_ops *drv,
		 void *drv_ctx)
{
	const struct k_node n = { "/dev/iommu", open_iommu, c };

	memset(c, 0, sizeof(*c));
	c->k = k;
	c->tsm = tsm;
	c->drv = drv;
	c->drv_ctx = drv_ctx;
	kpool_init(&c->ctx_pool, k->arena, sizeof(struct iommufd_ctx), 0);
	kpool_init(&c->obj_pool, k->arena, sizeof(struct iommufd_obj), 0);
	kpool_init(&c->area_pool, k->arena, sizeof(struct iommufd_area), 0);
	return k_register(k, &n);
}
