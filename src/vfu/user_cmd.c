/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "vfu/user_priv.h"

/*
 * One request at a time, in the order in which they came. What the
 * specification says nothing of is refused with EINVAL, as libvfio-user does,
 * or the errno that VFIO's call has for it.
 */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int agree(struct vuser_fn *f, const struct vuser_version *v,
		 struct wr *w)
{
	/* Other minor versions than 0 are not told apart anywhere. */
	struct vuser_version own = { .major = 0, .minor = 0, .caps = v->caps };
	struct vuser_caps *c = &own.caps;
	enum il_err err;

	if (v->major || !c->max_data_xfer_size || !(c->pgsizes & PAGE_4K))
		return EINVAL;
	f->xfer = (uint32_t)least(c->max_data_xfer_size, VUSER_DATA_MAX);
	f->multi = c->write_multiple;
	/* What we take, which is not what the client does. */
	c->max_msg_fds = VUSER_FDS;
	c->max_data_xfer_size = VUSER_DATA_MAX;
	c->max_dma_maps = least(c->max_dma_maps, VUSER_MAPS);
	c->pgsizes = PAGE_4K;
	if (vuser_version_encode(w, &own))
		return ENOMEM;
	err = f->ep->ops->open(f->ep, &vuser_irq_ops, f);
	if (err)
		return err == IL_E_STATE ? EBUSY : EIO;
	f->open = true;
	return 0;
}

/* First, and once. Who fails here is not talked to any further. */
static int version(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		   struct wr *w)
{
	struct vuser_version v;

	(void)m;
	if (f->open || vuser_version_decode(r, &v))
		return EINVAL;
	return agree(f, &v, w);
}

static int get_info(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		    struct wr *w)
{
	struct vuser_info i;

	(void)f;
	(void)m;
	if (vuser_info_decode(r, &i) || i.argsz < VUSER_INFO_LEN || i.flags ||
	    i.a || i.b)
		return EINVAL;
	i = (struct vuser_info){ .argsz = VUSER_INFO_LEN,
				 .flags = VFIO_DEVICE_RESET | VFIO_DEVICE_PCI,
				 .a = VFIO_REGIONS,
				 .b = VFIO_IRQS };
	vuser_info_encode(w, &i);
	return 0;
}

static uint64_t region_size(const struct vuser_fn *f, uint32_t region)
{
	if (region < EP_BARS)
		return f->ep->bar[region].size;
	return region == VFIO_REGION_CFG ? EP_CFG_SIZE : 0;
}

static int get_region(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		      struct wr *w)
{
	struct vuser_region i;

	(void)m;
	if (vuser_region_decode(r, &i) || i.argsz < VUSER_REGION_LEN ||
	    i.flags || i.cap_offset || i.size || i.offset ||
	    i.index >= VFIO_REGIONS)
		return EINVAL;
	i.argsz = VUSER_REGION_LEN;
	i.size = region_size(f, i.index);
	/* Never to be mapped: each access goes through the machine. */
	if (i.size)
		i.flags = VFIO_REGION_READ | VFIO_REGION_WRITE;
	vuser_region_encode(w, &i);
	return 0;
}

static int get_io_fds(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		      struct wr *w)
{
	struct vuser_info i;

	(void)f;
	(void)m;
	(void)w;
	if (vuser_info_decode(r, &i) || i.argsz < VUSER_INFO_LEN || i.flags ||
	    i.b || i.a >= VFIO_REGIONS)
		return EINVAL;
	return EOPNOTSUPP;
}

static int get_irq(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		   struct wr *w)
{
	struct vuser_info i;

	(void)m;
	if (vuser_info_decode(r, &i) || i.argsz < VUSER_INFO_LEN || i.flags ||
	    i.b || i.a >= VFIO_IRQS)
		return EINVAL;
	i.argsz = VUSER_INFO_LEN;
	if (i.a == VFIO_IRQ_INTX && f->ep->intx) {
		i.flags = VFIO_IRQ_EVENTFD | VFIO_IRQ_MASKABLE |
			  VFIO_IRQ_AUTOMASKED;
		i.b = 1;
	} else if (i.a == VFIO_IRQ_MSIX && f->ep->msix) {
		i.flags = VFIO_IRQ_EVENTFD;
		i.b = f->ep->msix;
	}
	vuser_info_encode(w, &i);
	return 0;
}

static bool in_region(const struct vuser_fn *f, const struct vuser_access *a)
{
	const uint64_t size = region_size(f, a->region);

	return a->count <= VUSER_DATA_MAX && a->offset <= size &&
	       a->count <= size - a->offset;
}

static int region_read(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		       struct wr *w)
{
	struct vuser_access a;
	uint8_t *p;

	(void)m;
	if (vuser_read_decode(r, &a) || !in_region(f, &a))
		return EINVAL;
	vuser_access_encode(w, &a);
	p = wr_room(w, a.count);
	if (!p)
		return EINVAL;
	if (!a.count)
		return 0;
	if (a.region == VFIO_REGION_CFG)
		f->ep->ops->cfg_read(f->ep, (uint32_t)a.offset, p, a.count);
	else
		f->ep->ops->bar_read(f->ep, a.region, a.offset, p, a.count);
	return 0;
}

static void put_region(struct vuser_fn *f, const struct vuser_access *a)
{
	if (!a->count)
		return;
	if (a->region == VFIO_REGION_CFG)
		f->ep->ops->cfg_write(f->ep, (uint32_t)a->offset, a->data,
				      a->count);
	else
		f->ep->ops->bar_write(f->ep, a->region, a->offset, a->data,
				      a->count);
}

static int region_write(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
			struct wr *w)
{
	struct vuser_access a;

	(void)m;
	if (vuser_write_decode(r, &a) || !in_region(f, &a))
		return EINVAL;
	put_region(f, &a);
	vuser_access_encode(w, &a);
	return 0;
}

/* All of them or none: each is looked at before the first is done. */
static int write_multi(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		       struct wr *w)
{
	const uint64_t n = rd_u64le(r);
	struct vuser_access a;
	struct rd look = *r;

	(void)m;
	if (!f->multi || r->err || rd_left(r) % VUSER_MULTI_LEN ||
	    rd_left(r) / VUSER_MULTI_LEN != n)
		return EINVAL;
	for (uint64_t i = 0; i < n; i++) {
		vuser_multi_decode(&look, &a);
		if (a.count > VUSER_MULTI_DATA || !in_region(f, &a))
			return EINVAL;
	}
	for (uint64_t i = 0; i < n; i++) {
		vuser_multi_decode(r, &a);
		put_region(f, &a);
	}
	wr_u64le(w, n);
	return 0;
}

static int reset(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		 struct wr *w)
{
	(void)m;
	(void)w;
	if (rd_end(r))
		return EINVAL;
	f->ep->ops->reset(f->ep);
	return 0;
}

/* No feature, and so no migration: what VFIO's call says of such. */
static int feature(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		   struct wr *w)
{
	(void)f;
	(void)m;
	(void)w;
	rd_skip(r, 8);
	return r->err ? EINVAL : ENOTTY;
}

static const struct command {
	unsigned fds; /* that may come with it */
	int (*serve)(struct vuser_fn *f, struct vuser_msg *m, struct rd *r,
		     struct wr *w);
} commands[VUSER_CMDS] = {
	[VFIO_USER_VERSION] = { 0, version },
	[VFIO_USER_DMA_MAP] = { 1, vuser_dma_map },
	[VFIO_USER_DMA_UNMAP] = { 0, vuser_dma_unmap },
	[VFIO_USER_DEVICE_GET_INFO] = { 0, get_info },
	[VFIO_USER_DEVICE_GET_REGION_INFO] = { 0, get_region },
	[VFIO_USER_DEVICE_GET_REGION_IO_FDS] = { 0, get_io_fds },
	[VFIO_USER_DEVICE_GET_IRQ_INFO] = { 0, get_irq },
	[VFIO_USER_DEVICE_SET_IRQS] = { VUSER_FDS, vuser_set_irqs },
	[VFIO_USER_REGION_READ] = { 0, region_read },
	[VFIO_USER_REGION_WRITE] = { 0, region_write },
	[VFIO_USER_DEVICE_RESET] = { 0, reset },
	[VFIO_USER_REGION_WRITE_MULTI] = { 0, write_multi },
	[VFIO_USER_DEVICE_FEATURE] = { 0, feature },
};

static int serve(struct vuser_fn *f, struct vuser_msg *m, struct wr *w)
{
	const struct command *c =
		m->hdr.cmd < VUSER_CMDS ? &commands[m->hdr.cmd] : NULL;
	struct rd r = rd_over(m->body, m->hdr.size - VUSER_HDR_LEN);

	/* The error field is reserved here, and not looked at. */
	if (m->hdr.flags & ~(VFIO_USER_TYPE | VFIO_USER_NO_REPLY))
		return EINVAL;
	if (!c || !c->serve)
		return ENOSYS;
	if (m->excess || m->fds > c->fds)
		return EINVAL;
	return c->serve(f, m, &r, w);
}

void vuser_serve(struct vuser_fn *f, struct vuser_msg *m)
{
	struct vuser_hdr h = m->hdr;
	uint8_t *buf = f->u->reply;
	struct wr w = wr_over(buf, sizeof(f->u->reply));
	struct wr head = wr_over(buf, VUSER_HDR_LEN);
	int err;

	if (!f->open && h.cmd != VFIO_USER_VERSION) {
		vuser_die(f, "its first message is not VERSION");
		return;
	}
	wr_zero(&w, VUSER_HDR_LEN);
	err = serve(f, m, &w);
	h.size = err ? VUSER_HDR_LEN : (uint32_t)w.len;
	h.flags = VFIO_USER_REPLY | (err ? VFIO_USER_ERROR : 0);
	h.error = (uint32_t)err;
	vuser_hdr_encode(&head, &h);
	if (!(m->hdr.flags & VFIO_USER_NO_REPLY))
		vuser_send(f, buf, h.size, NULL, 0);
	if (!f->open)
		vuser_die(f, "no version in common, or the function is taken");
}
