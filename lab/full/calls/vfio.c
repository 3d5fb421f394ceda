// SPDX-License-Identifier: BSD-2-Clause
/*
 * A function with vfio-pci: its descriptor, an address space for it, dma-bufs
 * of its BAR 0 and what takes them away. The function can FLR, and its BAR 0
 * is of 16 KiB or more. In the kernel: drivers/vfio/{vfio_main,device_cdev,
 * iommufd}.c, drivers/vfio/pci, drivers/iommu/iommufd
 */
#include "ioas.h"

#include <string.h>

#define COMMAND	    4
#define COMMAND_MEM 2

static long attach(struct ctx *c, uint32_t pt)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a),
						   .pt_id = pt };

	return sys_call(c->s, c->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a);
}

static long detach(struct ctx *c)
{
	struct vfio_device_detach_iommufd_pt d = { .argsz = sizeof(d) };

	return sys_call(c->s, c->dev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &d);
}

static long config(struct ctx *c, uint16_t reg, void *v, size_t len, bool w)
{
	const uint64_t at = (UINT64_C(7) << 40) + reg;

	return w ? c->s->pwrite(c->s, c->dev, v, len, at)
		 : c->s->pread(c->s, c->dev, v, len, at);
}

/* Memory decoding on or off. */
static long decode(struct ctx *c, bool on)
{
	uint16_t v = 0;

	config(c, COMMAND, &v, sizeof(v), false);
	v = (uint16_t)(on ? v | COMMAND_MEM : v & ~COMMAND_MEM);
	return config(c, COMMAND, &v, sizeof(v), true);
}

struct export
{
	uint32_t region, flags, n, argsz, op;
	struct vfio_region_dma_range r[2];
};

static long export(struct ctx *c, const struct export *e)
{
	_Alignas(8) uint8_t q[24 + sizeof(e->r)] = { 0 };
	const struct vfio_device_feature f = {
		.argsz = e->argsz ? e->argsz : (uint32_t)sizeof(q),
		.flags = (e->op ? e->op : VFIO_DEVICE_FEATURE_GET) |
			 VFIO_DEVICE_FEATURE_DMA_BUF,
	};
	const struct vfio_device_feature_dma_buf b = { .region_index =
							       e->region,
						       .open_flags = 2, /* RW */
						       .flags = e->flags,
						       .nr_ranges = e->n };

	memcpy(q, &f, 8);
	memcpy(q + 8, &b, 16);
	memcpy(q + 24, e->r, sizeof(e->r));
	return sys_call(c->s, c->dev, VFIO_DEVICE_FEATURE, q);
}

static long export_one(struct ctx *c, uint64_t off, uint64_t len)
{
	const struct export e = { .n = 1, .r = { { off, len } } };

	return export(c, &e);
}

static void binding(struct ctx *c)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b) };
	struct vfio_device_info i = { .argsz = sizeof(i) };
	uint32_t v = 0;

	say(c->s, "vfio: ask before it is bound",
	    sys_call(c->s, c->dev, VFIO_DEVICE_GET_INFO, &i));
	say(c->s, "vfio: read before it is bound",
	    config(c, 0, &v, sizeof(v), false));
	say(c->s, "vfio: attach before it is bound", attach(c, c->ioas));
	b.iommufd = -1;
	say(c->s, "vfio: bind to no descriptor",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	b.iommufd = 4000;
	say(c->s, "vfio: bind to what is not open",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	b.iommufd = c->dev;
	say(c->s, "vfio: bind to what is no iommufd",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	b.iommufd = c->iommu;
	b.flags = 2;
	say(c->s, "vfio: bind with a flag that is not known",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	b.flags = 0;
	b.argsz = 12;
	say(c->s, "vfio: bind with a struct that is too short",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	b.argsz = sizeof(b);
	say(c->s, "vfio: bind",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	c->dev_id = b.out_devid;
	say(c->s, "vfio: bind again",
	    sys_call(c->s, c->dev, VFIO_DEVICE_BIND_IOMMUFD, &b));
	say(c->s, "vfio: ask",
	    sys_call(c->s, c->dev, VFIO_DEVICE_GET_INFO, &i));
	say_value(c->s, "vfio: regions", i.num_regions);
	say_value(c->s, "vfio: interrupts", i.num_irqs);
	say_value(c->s, "vfio: flags", i.flags);
	say(c->s, "vfio: an ioctl that is not known",
	    c->s->ioctl(c->s, c->dev, 0x3b80, 0));
}

static void regions(struct ctx *c)
{
	struct vfio_region_info r = { .argsz = sizeof(r) };
	uint8_t b[16] = { 0 };

	r.index = 7;
	say(c->s, "region: configuration space",
	    sys_call(c->s, c->dev, VFIO_DEVICE_GET_REGION_INFO, &r));
	say_value(c->s, "region: its flags", r.flags);
	say_value(c->s, "region: its offset", r.offset);
	r.index = 8;
	say(c->s, "region: VGA",
	    sys_call(c->s, c->dev, VFIO_DEVICE_GET_REGION_INFO, &r));
	r.index = 99;
	say(c->s, "region: one that cannot be",
	    sys_call(c->s, c->dev, VFIO_DEVICE_GET_REGION_INFO, &r));
	r.index = 0;
	r.argsz = 31;
	say(c->s, "region: a struct that is too short",
	    sys_call(c->s, c->dev, VFIO_DEVICE_GET_REGION_INFO, &r));
	say(c->s, "region: read four bytes", config(c, 0, b, 4, false));
	say(c->s, "region: read no byte", config(c, 0, b, 0, false));
	say(c->s, "region: read past the end", config(c, 4094, b, 4, false));
	say(c->s, "region: read behind the end", config(c, 4096, b, 4, false));
	say(c->s, "region: read one that is not there",
	    c->s->pread(c->s, c->dev, b, 4, UINT64_C(20) << 40));
	say(c->s, "region: memory off", decode(c, false));
	say(c->s, "region: read BAR 0 without decoding",
	    c->s->pread(c->s, c->dev, b, 4, 0));
	say(c->s, "region: memory on", decode(c, true));
	say(c->s, "region: read BAR 0", c->s->pread(c->s, c->dev, b, 4, 0));
}

static void attachment(struct ctx *c)
{
	struct vfio_device_attach_iommufd_pt a = { .argsz = sizeof(a),
						   .flags = 2,
						   .pt_id = c->ioas };
	struct iommu_option o = { .size = sizeof(o),
				  .option_id = IOMMU_OPTION_HUGE_PAGES,
				  .op = IOMMU_OPTION_OP_SET,
				  .object_id = c->ioas };

	say(c->s, "attach: to what is not there", attach(c, 0x7ffffff0));
	say(c->s, "attach: to the device itself", attach(c, c->dev_id));
	say(c->s, "attach: with a flag that is not known",
	    sys_call(c->s, c->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &a));
	say(c->s, "attach: to an address space", attach(c, c->ioas));
	say(c->s, "attach: again", attach(c, c->ioas));
	say(c->s, "attach: destroy what is attached", destroy(c, c->ioas));
	say(c->s, "attach: destroy the device", destroy(c, c->dev_id));
	say(c->s, "option: huge pages off, with a domain and no map",
	    sys_call(c->s, c->iommu, IOMMU_OPTION, &o));
	say(c->s, "attach: map", map(c, FIXED, c->mem, 2 * SYS_PAGE, IOVA));
	o.val64 = 1;
	say(c->s, "option: huge pages on, with a domain and a map",
	    sys_call(c->s, c->iommu, IOMMU_OPTION, &o));
	say(c->s, "attach: map where no IOMMU reaches",
	    map(c, FIXED, c->mem, SYS_PAGE, TOP - SYS_PAGE + 1));
	say(c->s, "attach: map where interrupts go",
	    map(c, FIXED, c->mem, SYS_PAGE, 0xfee00000));
	say(c->s, "attach: detach", detach(c));
	say(c->s, "attach: detach again", detach(c));
	say(c->s, "attach: map where interrupts go, with nothing attached",
	    map(c, FIXED, c->mem, SYS_PAGE, 0xfee00000));
	say(c->s, "attach: where interrupts are in the way",
	    attach(c, c->ioas));
	c->ioas = ioas_new(c);
	say(c->s, "attach: to another one", attach(c, c->ioas));
}

static void domains(struct ctx *c)
{
	struct iommu_hwpt_alloc h = { .size = sizeof(h),
				      .dev_id = c->dev_id,
				      .pt_id = c->ioas };
	struct iommu_viommu_alloc v = { .size = sizeof(v),
					.type = IOMMU_VIOMMU_TYPE_DEFAULT,
					.dev_id = c->dev_id };
	struct iommu_vdevice_alloc d = { .size = sizeof(d),
					 .viommu_id = 0x7ffffff0,
					 .dev_id = c->dev_id,
					 .virt_id = 8 };

	say(c->s, "domain: one of the address space",
	    sys_call(c->s, c->iommu, IOMMU_HWPT_ALLOC, &h));
	v.hwpt_id = h.out_hwpt_id;
	say(c->s, "domain: attach to it", attach(c, h.out_hwpt_id));
	say(c->s, "domain: destroy it while attached",
	    destroy(c, h.out_hwpt_id));
	say(c->s, "domain: back to the address space", attach(c, c->ioas));
	h.flags = 1u << 30;
	say(c->s, "domain: a flag that is not known",
	    sys_call(c->s, c->iommu, IOMMU_HWPT_ALLOC, &h));
	h.flags = 0;
	h.data_type = 99;
	say(c->s, "domain: data of a type that is not known",
	    sys_call(c->s, c->iommu, IOMMU_HWPT_ALLOC, &h));
	h.data_type = IOMMU_HWPT_DATA_NONE;
	h.data_len = 8;
	say(c->s, "domain: data of no type",
	    sys_call(c->s, c->iommu, IOMMU_HWPT_ALLOC, &h));
	h.data_len = 0;
	h.pt_id = 0x7ffffff0;
	say(c->s, "domain: of what is not there",
	    sys_call(c->s, c->iommu, IOMMU_HWPT_ALLOC, &h));
	h.pt_id = c->ioas;
	h.dev_id = 0x7ffffff0;
	say(c->s, "domain: for what is not there",
	    sys_call(c->s, c->iommu, IOMMU_HWPT_ALLOC, &h));
	say(c->s, "viommu: of the default type",
	    sys_call(c->s, c->iommu, IOMMU_VIOMMU_ALLOC, &v));
	v.flags = 1u << 30;
	say(c->s, "viommu: a flag",
	    sys_call(c->s, c->iommu, IOMMU_VIOMMU_ALLOC, &v));
	say(c->s, "vdevice: of a viommu that is not there",
	    sys_call(c->s, c->iommu, IOMMU_VDEVICE_ALLOC, &d));
	say(c->s, "domain: destroy it", destroy(c, v.hwpt_id));
}

static void exports(struct ctx *c)
{
	const struct export none = { .n = 0 };
	const struct export flag = { .n = 1,
				     .flags = 1,
				     .r = { { 0, SYS_PAGE } } };
	const struct export rom = { .n = 1,
				    .region = 6,
				    .r = { { 0, SYS_PAGE } } };
	const struct export cfg = { .n = 1,
				    .region = 7,
				    .r = { { 0, SYS_PAGE } } };
	const struct export set = { .n = 1,
				    .op = VFIO_DEVICE_FEATURE_SET,
				    .r = { { 0, SYS_PAGE } } };
	const struct export shrt = { .n = 1,
				     .argsz = 20,
				     .r = { { 0, SYS_PAGE } } };
	const struct export probe = { .n = 1,
				      .op = VFIO_DEVICE_FEATURE_PROBE |
					    VFIO_DEVICE_FEATURE_GET,
				      .r = { { 0, SYS_PAGE } } };

	say(c->s, "dma-buf: can there be one", export(c, &probe));
	say(c->s, "dma-buf: of no range", export(c, &none));
	say(c->s, "dma-buf: with a flag", export(c, &flag));
	say(c->s, "dma-buf: of the ROM", export(c, &rom));
	say(c->s, "dma-buf: of configuration space", export(c, &cfg));
	say(c->s, "dma-buf: set instead of get", export(c, &set));
	say(c->s, "dma-buf: a struct that is too short", export(c, &shrt));
	say(c->s, "dma-buf: an offset that is not aligned",
	    export_one(c, 1, SYS_PAGE));
	say(c->s, "dma-buf: a length that is not aligned",
	    export_one(c, 0, SYS_PAGE + 1));
	say(c->s, "dma-buf: of no length", export_one(c, 0, 0));
	say(c->s, "dma-buf: longer than the BAR",
	    export_one(c, 0, UINT64_C(1) << 40));
	say(c->s, "dma-buf: behind the BAR",
	    export_one(c, UINT64_C(1) << 40, SYS_PAGE));
	say(c->s, "dma-buf: an offset that overflows",
	    export_one(c, TOP - 4095, SYS_PAGE));
	say(c->s, "dma-buf: a length that overflows",
	    export_one(c, 0, TOP - 4095));
	c->buf = (int)export_one(c, 0, 4 * SYS_PAGE);
	say_ok(c->s, "dma-buf: of four pages", c->buf);
}

static void imports(struct ctx *c)
{
	const struct export two = {
		.n = 2, .r = { { 0, SYS_PAGE }, { 2 * SYS_PAGE, SYS_PAGE } }
	};
	int fd;
	uint64_t at, n;

	say(c->s, "dma-buf: map it into the task",
	    c->s->mmap(c->s, SYS_PAGE, SYS_SHARED, c->buf, 0, &at));
	say(c->s, "import: all of it",
	    map_file(c, c->buf, 0, 4 * SYS_PAGE, IOVA));
	say(c->s, "import: a page of it, too",
	    map_file(c, c->buf, SYS_PAGE, SYS_PAGE, 2 * IOVA));
	say(c->s, "import: more than it has",
	    map_file(c, c->buf, 0, 8 * SYS_PAGE, 3 * IOVA));
	say(c->s, "import: from behind its end",
	    map_file(c, c->buf, 4 * SYS_PAGE, SYS_PAGE, 3 * IOVA));
	say(c->s, "import: unmap half of it", unmap(c, IOVA, 2 * SYS_PAGE, &n));
	say(c->s, "import: unmap the page", unmap(c, 2 * IOVA, SYS_PAGE, &n));
	fd = (int)export(c, &two);
	say_ok(c->s, "dma-buf: of two ranges", fd);
	say(c->s, "import: one of two ranges",
	    map_file(c, fd, 0, 2 * SYS_PAGE, 3 * IOVA));
	say(c->s, "dma-buf: close it", c->s->close(c->s, fd));
}

static long copy(struct ctx *c, uint64_t src, uint64_t len, uint64_t dst)
{
	struct iommu_ioas_copy m = { .size = sizeof(m),
				     .flags = FIXED,
				     .dst_ioas_id = c->ioas,
				     .src_ioas_id = c->ioas,
				     .length = len,
				     .dst_iova = dst,
				     .src_iova = src };

	return sys_call(c->s, c->iommu, IOMMU_IOAS_COPY, &m);
}

/* The area at IOVA is of the dma-buf, four pages. */
static void revoked(struct ctx *c)
{
	int fd;
	uint64_t n;

	say(c->s, "revoke: memory off", decode(c, false));
	say(c->s, "revoke: import what is revoked",
	    map_file(c, c->buf, 0, SYS_PAGE, 2 * IOVA));
	fd = (int)export_one(c, 0, SYS_PAGE);
	say_ok(c->s, "revoke: export while memory is off", fd);
	say(c->s, "revoke: import what was born revoked",
	    map_file(c, fd, 0, SYS_PAGE, 2 * IOVA));
	say(c->s, "revoke: map where the revoked one is",
	    map(c, FIXED, c->mem, SYS_PAGE, IOVA));
	say(c->s, "revoke: copy the revoked one",
	    copy(c, IOVA, 4 * SYS_PAGE, 4 * IOVA));
	say(c->s, "revoke: memory on", decode(c, true));
	say(c->s, "revoke: import it again, elsewhere",
	    map_file(c, c->buf, 0, SYS_PAGE, 2 * IOVA));
	say(c->s, "revoke: import what was born revoked, again",
	    map_file(c, fd, 0, SYS_PAGE, 3 * IOVA));
	say(c->s, "revoke: the place of the first is taken still",
	    map(c, FIXED, c->mem, SYS_PAGE, IOVA));
	say(c->s, "revoke: detach", detach(c));
	say(c->s, "revoke: attach with a revoked area", attach(c, c->ioas));
	say(c->s, "revoke: unmap the first", unmap(c, IOVA, 4 * SYS_PAGE, &n));
	say_value(c->s, "revoke: bytes that this unmapped", n);
	say(c->s, "revoke: map it again",
	    map_file(c, c->buf, 0, 4 * SYS_PAGE, IOVA));
	c->s->close(c->s, fd);
}

static void resets(struct ctx *c)
{
	uint64_t n;

	say(c->s, "reset: the function",
	    c->s->ioctl(c->s, c->dev, VFIO_DEVICE_RESET, 0));
	say(c->s, "reset: the place of the map is taken still",
	    map(c, FIXED, c->mem, SYS_PAGE, IOVA));
	say(c->s, "reset: unmap it", unmap(c, IOVA, 4 * SYS_PAGE, &n));
	say(c->s, "reset: import it again",
	    map_file(c, c->buf, 0, 4 * SYS_PAGE, IOVA));
	say(c->s, "close: the function", c->s->close(c->s, c->dev));
	say(c->s, "close: import a buffer whose function was closed",
	    map_file(c, c->buf, 0, SYS_PAGE, 5 * IOVA));
	say(c->s, "close: unmap it", unmap(c, IOVA, 4 * SYS_PAGE, &n));
	say(c->s, "close: the device's id", destroy(c, c->dev_id));
	say(c->s, "close: the buffer", c->s->close(c->s, c->buf));
}

void calls_vfio(struct sys *s)
{
	struct ctx c = { .s = s, .iommu = (int)s->open(s, "/dev/iommu") };

	c.dev = (int)s->vfio(s);
	say_ok(s, "vfio: open", c.dev);
	c.ioas = ioas_new(&c);
	s->mmap(s, 4 * SYS_PAGE, SYS_ANONYMOUS | 2, -1, 0, &c.mem);
	binding(&c);
	regions(&c);
	attachment(&c);
	domains(&c);
	exports(&c);
	imports(&c);
	revoked(&c);
	resets(&c);
	say(s, "vfio: close the iommufd", s->close(s, c.iommu));
}
