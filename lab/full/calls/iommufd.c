// SPDX-License-Identifier: BSD-2-Clause
/*
 * /dev/iommu without a device: address spaces, maps, copies, options, ids.
 * In the kernel: drivers/iommu/iommufd/{main,ioas,io_pagetable,pages}.c
 */
#include "ioas.h"

/* Sizes, tails and reserved fields: iommufd_fops_ioctl(). */
static void shape(struct ctx *c)
{
	struct {
		struct iommu_ioas_alloc a;
		uint32_t tail[2];
	} x = { .a.size = sizeof(x.a) - 1 };
	struct iommu_ioas_map m = { .size = sizeof(m),
				    .flags = FIXED,
				    .ioas_id = c->ioas,
				    .user_va = c->mem,
				    .length = SYS_PAGE,
				    .iova = IOVA };

	say(c->s, "iommufd: an ioctl that is not known",
	    c->s->ioctl(c->s, c->iommu, 0x3bff, (uintptr_t)&x));
	say(c->s, "iommufd: a struct that is too short",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOC, &x));
	x.a.size = sizeof(x);
	x.tail[1] = 1;
	say(c->s, "iommufd: a tail that is not zero",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOC, &x));
	x.tail[1] = 0;
	say(c->s, "iommufd: a tail of zeros",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOC, &x));
	say(c->s, "iommufd: destroy what that made",
	    destroy(c, x.a.out_ioas_id));
	say(c->s, "iommufd: destroy it again", destroy(c, x.a.out_ioas_id));
	say(c->s, "iommufd: destroy id 0", destroy(c, 0));
	x.a.size = sizeof(x.a);
	x.a.flags = 1;
	say(c->s, "iommufd: an address space with a flag",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOC, &x));
	m.flags |= 8;
	say(c->s, "iommufd: a map with an unknown flag",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_MAP, &m));
	m.flags = IOMMU_IOAS_MAP_FIXED_IOVA;
	say(c->s, "iommufd: a map that may be neither read nor written",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_MAP, &m));
	m.flags = FIXED;
	m.ioas_id = 0x7ffffff0;
	say(c->s, "iommufd: a map into what is not there",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_MAP, &m));
}

static void maps(struct ctx *c)
{
	uint64_t n;

	say(c->s, "iommufd: map a page", map(c, FIXED, c->mem, SYS_PAGE, IOVA));
	say(c->s, "iommufd: map where one is",
	    map(c, FIXED, c->mem, SYS_PAGE, IOVA));
	say(c->s, "iommufd: map nothing",
	    map(c, FIXED, c->mem, 0, IOVA + SYS_PAGE));
	say(c->s, "iommufd: map all there can be",
	    map(c, FIXED, c->mem, TOP, IOVA + SYS_PAGE));
	say(c->s, "iommufd: map at the last address",
	    map(c, FIXED, c->mem, SYS_PAGE, TOP));
	say(c->s, "iommufd: map at an address that is not aligned",
	    map(c, FIXED, c->mem, SYS_PAGE, IOVA + SYS_PAGE + 1));
	say(c->s, "iommufd: map wherever there is room",
	    map(c, FIXED & ~(uint32_t)IOMMU_IOAS_MAP_FIXED_IOVA, c->mem,
		SYS_PAGE, 0));
	say(c->s, "iommufd: map two pages",
	    map(c, FIXED, c->mem, 2 * SYS_PAGE, 2 * IOVA));
	say(c->s, "iommufd: unmap half of them",
	    unmap(c, 2 * IOVA, SYS_PAGE, &n));
	say_value(c->s, "iommufd: bytes that this unmapped", n);
	say(c->s, "iommufd: unmap what is not there",
	    unmap(c, 3 * IOVA, SYS_PAGE, &n));
	say(c->s, "iommufd: unmap nothing", unmap(c, 2 * IOVA, 0, &n));
	say(c->s, "iommufd: unmap beyond the last address",
	    unmap(c, TOP, 2, &n));
	say(c->s, "iommufd: unmap more than is there",
	    unmap(c, 2 * IOVA, 4 * SYS_PAGE, &n));
	say_value(c->s, "iommufd: bytes that this unmapped", n);
	say(c->s, "iommufd: destroy it with maps in it", destroy(c, c->ioas));
	c->ioas = ioas_new(c);
	say(c->s, "iommufd: unmap all of an empty one", unmap(c, 0, TOP, &n));
}

static long copy(struct ctx *c, uint32_t from, uint64_t src, uint64_t len,
		 uint64_t dst)
{
	struct iommu_ioas_copy m = { .size = sizeof(m),
				     .flags = FIXED,
				     .dst_ioas_id = c->ioas,
				     .src_ioas_id = from,
				     .length = len,
				     .dst_iova = dst,
				     .src_iova = src };

	return sys_call(c->s, c->iommu, IOMMU_IOAS_COPY, &m);
}

static void copies(struct ctx *c)
{
	const uint32_t from = c->ioas;
	uint64_t n;

	map(c, FIXED, c->mem, 2 * SYS_PAGE, IOVA);
	c->ioas = ioas_new(c);
	say(c->s, "iommufd: copy a map", copy(c, from, IOVA, SYS_PAGE, IOVA));
	say(c->s, "iommufd: copy to where one is",
	    copy(c, from, IOVA, SYS_PAGE, IOVA));
	say(c->s, "iommufd: copy what is not there",
	    copy(c, from, 3 * IOVA, SYS_PAGE, 3 * IOVA));
	say(c->s, "iommufd: copy more than is there",
	    copy(c, from, IOVA, 3 * SYS_PAGE, 3 * IOVA));
	say(c->s, "iommufd: copy nothing", copy(c, from, IOVA, 0, 3 * IOVA));
	say(c->s, "iommufd: copy all there can be",
	    copy(c, from, IOVA, TOP, 3 * IOVA));
	say(c->s, "iommufd: copy from what is not there",
	    copy(c, 0x7ffffff0, IOVA, SYS_PAGE, 3 * IOVA));
	say(c->s, "iommufd: the copy stays when its origin goes",
	    destroy(c, from));
	say(c->s, "iommufd: unmap the copy", unmap(c, IOVA, SYS_PAGE, &n));
}

static void files(struct ctx *c)
{
	const int fd = (int)c->s->memfd(c->s, 4 * SYS_PAGE);
	uint64_t n;

	say_ok(c->s, "iommufd: make a memfd", fd);
	say(c->s, "iommufd: map a file", map_file(c, fd, 0, SYS_PAGE, IOVA));
	say(c->s, "iommufd: map its second half",
	    map_file(c, fd, 2 * SYS_PAGE, 2 * SYS_PAGE, 2 * IOVA));
	say(c->s, "iommufd: map a file where a map is",
	    map_file(c, fd, 0, SYS_PAGE, IOVA));
	say(c->s, "iommufd: map no file",
	    map_file(c, 4000, 0, SYS_PAGE, 3 * IOVA));
	say(c->s, "iommufd: map what is no memory file",
	    map_file(c, c->iommu, 0, SYS_PAGE, 3 * IOVA));
	say(c->s, "iommufd: map nothing of a file",
	    map_file(c, fd, 0, 0, 3 * IOVA));
	say(c->s, "iommufd: map all there can be of a file",
	    map_file(c, fd, 0, TOP, 3 * IOVA));
	say(c->s, "iommufd: map from behind a file's last byte",
	    map_file(c, fd, TOP - 4095, 2 * SYS_PAGE, 3 * IOVA));
	say(c->s, "iommufd: unmap a file", unmap(c, IOVA, SYS_PAGE, &n));
	say(c->s, "iommufd: close the file under a map", c->s->close(c->s, fd));
	say(c->s, "iommufd: unmap what its file was closed",
	    unmap(c, 2 * IOVA, 2 * SYS_PAGE, &n));
}

static long option(struct ctx *c, uint32_t what, uint16_t op, uint32_t id,
		   uint64_t *val)
{
	struct iommu_option o = { .size = sizeof(o),
				  .option_id = what,
				  .op = op,
				  .object_id = id,
				  .val64 = *val };
	long ret = sys_call(c->s, c->iommu, IOMMU_OPTION, &o);

	*val = o.val64;
	return ret;
}

static void options(struct ctx *c)
{
	const uint32_t huge = IOMMU_OPTION_HUGE_PAGES;
	uint64_t v = 7;

	say(c->s, "option: ask for huge pages",
	    option(c, huge, IOMMU_OPTION_OP_GET, c->ioas, &v));
	say_value(c->s, "option: huge pages at first", v);
	v = 2;
	say(c->s, "option: huge pages, neither on nor off",
	    option(c, huge, IOMMU_OPTION_OP_SET, c->ioas, &v));
	v = 0;
	say(c->s, "option: huge pages off",
	    option(c, huge, IOMMU_OPTION_OP_SET, c->ioas, &v));
	v = 7;
	option(c, huge, IOMMU_OPTION_OP_GET, c->ioas, &v);
	say_value(c->s, "option: huge pages, read back", v);
	map(c, FIXED, c->mem, SYS_PAGE, IOVA);
	v = 1;
	say(c->s, "option: huge pages on, with a map and no domain",
	    option(c, huge, IOMMU_OPTION_OP_SET, c->ioas, &v));
	say(c->s, "option: huge pages of what is not there",
	    option(c, huge, IOMMU_OPTION_OP_GET, 0x7ffffff0, &v));
	say(c->s, "option: an operation that is not known",
	    option(c, huge, 2, c->ioas, &v));
	say(c->s, "option: one that is not known",
	    option(c, 77, IOMMU_OPTION_OP_GET, c->ioas, &v));
}

static void room(struct ctx *c)
{
	struct iommu_iova_range r[4] = { { 0, 0 } };
	struct iommu_ioas_iova_ranges q = { .size = sizeof(q),
					    .num_iovas = 4,
					    .allowed_iovas = (uintptr_t)r };
	struct iommu_ioas_allow_iovas a = { .size = sizeof(a),
					    .num_iovas = 1,
					    .allowed_iovas = (uintptr_t)r };

	q.ioas_id = a.ioas_id = c->ioas = ioas_new(c);
	say(c->s, "room: ask",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_IOVA_RANGES, &q));
	say_value(c->s, "room: ranges", q.num_iovas);
	say_value(c->s, "room: the last address", r[0].last);
	say_value(c->s, "room: alignment", q.out_iova_alignment);
	q.num_iovas = 0;
	say(c->s, "room: ask without room for the answer",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_IOVA_RANGES, &q));
	say_value(c->s, "room: ranges, all the same", q.num_iovas);
	r[0] = (struct iommu_iova_range){ IOVA, IOVA + SYS_PAGE - 1 };
	say(c->s, "room: allow one page",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOW_IOVAS, &a));
	say(c->s, "room: map into it",
	    map(c, FIXED & ~(uint32_t)IOMMU_IOAS_MAP_FIXED_IOVA, c->mem,
		SYS_PAGE, 0));
	say(c->s, "room: map when it is full",
	    map(c, FIXED & ~(uint32_t)IOMMU_IOAS_MAP_FIXED_IOVA, c->mem,
		SYS_PAGE, 0));
	say(c->s, "room: map beside it, at a place of one's own",
	    map(c, FIXED, c->mem, SYS_PAGE, 3 * IOVA));
	r[0] = (struct iommu_iova_range){ IOVA, IOVA };
	say(c->s, "room: allow nothing between two ends",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOW_IOVAS, &a));
	r[0] = (struct iommu_iova_range){ 0, 2 * IOVA };
	r[1] = (struct iommu_iova_range){ IOVA, 3 * IOVA };
	a.num_iovas = 2;
	say(c->s, "room: allow what overlaps",
	    sys_call(c->s, c->iommu, IOMMU_IOAS_ALLOW_IOVAS, &a));
}

void calls_iommufd(struct sys *s)
{
	struct ctx c = { .s = s, .iommu = (int)s->open(s, "/dev/iommu") };

	say_ok(s, "iommufd: open", c.iommu);
	c.ioas = ioas_new(&c);
	say_ok(s, "iommufd: memory to map",
	       s->mmap(s, 4 * SYS_PAGE, SYS_ANONYMOUS | 2, -1, 0, &c.mem));
	shape(&c);
	maps(&c);
	copies(&c);
	files(&c);
	options(&c);
	room(&c);
	say(s, "iommufd: close", s->close(s, c.iommu));
}
