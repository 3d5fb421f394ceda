/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects, and the descriptor that they belong to. */
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
		if (o->id == id && (o->kind == kind || kind == OBJ_NONE))
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

/* --- the descriptor --- */

static int destroy(struct ucmd *u)
{
	const struct iommu_destroy *a = u->cmd;
	struct iommufd_obj *o = obj_find(u->x, a->id, OBJ_NONE);

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

/* Every call: its struct, and how much of it the first version had. */
static const struct call {
	uint32_t cmd;
	uint32_t size;
	uint32_t min;
	ucmd_fn *run;
} calls[] = {
	{ IOMMU_DESTROY, sizeof(struct iommu_destroy), 8, destroy },
	{ IOMMU_IOAS_ALLOC, sizeof(struct iommu_ioas_alloc), 12, ioas_alloc },
	{ IOMMU_IOAS_ALLOW_IOVAS, sizeof(struct iommu_ioas_allow_iovas), 24,
	  ioas_allow_iovas },
	{ IOMMU_IOAS_COPY, sizeof(struct iommu_ioas_copy), 40, ioas_copy },
	{ IOMMU_IOAS_IOVA_RANGES, sizeof(struct iommu_ioas_iova_ranges), 32,
	  ioas_iova_ranges },
	{ IOMMU_IOAS_MAP, sizeof(struct iommu_ioas_map), 40, ioas_map },
	{ IOMMU_IOAS_UNMAP, sizeof(struct iommu_ioas_unmap), 24, ioas_unmap },
	{ IOMMU_OPTION, sizeof(struct iommu_option), 24, ioas_option },
	{ IOMMU_HWPT_ALLOC, sizeof(struct iommu_hwpt_alloc), 24, hwpt_alloc },
	{ IOMMU_GET_HW_INFO, sizeof(struct iommu_hw_info), 32, hw_info },
	{ IOMMU_IOAS_MAP_FILE, sizeof(struct iommu_ioas_map_file), 40,
	  ioas_map_file },
	{ IOMMU_VIOMMU_ALLOC, sizeof(struct iommu_viommu_alloc), 24,
	  viommu_alloc },
	{ IOMMU_VDEVICE_ALLOC, sizeof(struct iommu_vdevice_alloc), 24,
	  vdevice_alloc },
	{ IOMMU_VDEVICE_TSM_REQ, sizeof(struct iommu_vdevice_tsm_req), 48,
	  vdevice_tsm_req },
	{ IOMMU_IOAS_SET_PAGE_SIZE, sizeof(struct iommu_ioas_set_page_size), 40,
	  ioas_set_page_size },
};

union ucmd_any {
	uint32_t size;
	struct iommu_vdevice_tsm_req req;
	struct iommu_hwpt_alloc hwpt;
	uint64_t align;
};

static long ioctl(struct file *f, struct task *t, uint32_t cmd, uintptr_t arg)
{
	union ucmd_any any;
	const struct call *c = calls;
	struct ucmd u = { .x = f->priv, .t = t, .arg = arg, .cmd = &any };
	int ret;

	while (c < calls + COUNT(calls) && c->cmd != cmd)
		c++;
	if (c == calls + COUNT(calls))
		return -ENOTTY;
	IL_ASSERT(c->size <= sizeof(any));
	u.ksize = c->size;
	ret = k_copy_struct(&any, c->size, c->min, arg);
	if (ret)
		return ret;
	/* Read once; what goes back is as long as the caller said then. */
	const uint32_t size = any.size;

	ret = c->run(&u);
	if (u.answer)
		memcpy((void *)arg, &any, size < c->size ? size : c->size);
	return ret;
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

/*
 * In Linux a call goes on in the kernel whatever becomes of its descriptor.
 * Here it goes on when it is made again, so that one whose descriptor went ends
 * now: nobody else could, and all who want the same mailbox would wait for it.
 */
static void flush(struct file *f)
{
	struct iommufd_ctx *x = f->priv;

	for (struct iommufd_obj *o = x->objs; o; o = o->next)
		if (o->kind == OBJ_VDEVICE)
			vdevice_hang_up(o);
		else if (o->kind == OBJ_DEVICE)
			pci_tsm_abort(x->core->tsm, o->p, o);
}

static const struct file_ops ops = {
	.name = "iommufd",
	.ioctl = ioctl,
	.flush = flush,
	.release = release,
};

bool iommufd_is(const struct file *f)
{
	return f->ops == &ops;
}

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
		for (struct iommufd_obj *o = x->objs; o && !ret; o = o->next)
			if (o->kind == OBJ_IOAS)
				ret = ioas_launched(o, g);
	for (struct iommufd_ctx *x = c->all; x; x = x->next)
		for (struct iommufd_obj *o = x->objs; o; o = o->next)
			if (o->kind == OBJ_IOAS)
				ioas_launch_over(o, g, !ret);
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
	c->areas_max = UINT32_MAX;
	c->importer = (struct gmem_importer){ gone_pages, c };
	kpool_init(&c->ctx_pool, k->arena, sizeof(struct iommufd_ctx), 0);
	kpool_init(&c->obj_pool, k->arena, sizeof(struct iommufd_obj), 0);
	kpool_init(&c->area_pool, k->arena, sizeof(struct iommufd_area), 0);
	kpool_init(&c->pages_pool, k->arena, sizeof(struct iommufd_pages), 0);
	kpool_init(&c->range_pool, k->arena, sizeof(struct iommufd_range), 0);
	return k_register(k, &n);
}
