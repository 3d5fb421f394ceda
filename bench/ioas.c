/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "bench.h"
#include "cli/embedded.h"
#include "world/world_priv.h"
#include "who.h"

/*
 * I/O mappings of a user's memory, by the system calls that a VMM makes: one
 * IOAS_MAP for each 2 MiB, into the IOMMU's tables of a device that is
 * attached; then they go again, each with its invalidation. The memory is
 * there already, so that nothing but the mapping is measured.
 */

#define CALLS_MAX 16u
#define NOW	  2000000000
#define BYTES	  (64 * PAGE_2M)
#define PAGES	  ((double)(BYTES / PAGE_4K))
#define FUNCTION  "0000:01:00.0"

static struct bench_who who;

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- a machine with a device, and a task that has it --- */

static struct world *machine(const char *plat)
{
	static const char text[] = "param PLATFORM=sev-tio\n"
				   "platform $PLATFORM\ndevice\n"
				   "host connect " FUNCTION "\n";
	const struct world_cfg cfg = { .seed = 1,
				       .now_s = NOW,
				       .identity = &who.id,
				       .anchor = who.id.chain,
				       .anchor_len = who.root_len };
	struct lang_script s = { .cap = CALLS_MAX };
	struct lang_error e = { 0 };
	struct world_end end = { 0 };
	struct world *w;

	s.call = calloc(CALLS_MAX, sizeof(*s.call));
	bench_must(!s.call);
	bench_must(lang_set(&s, "PLATFORM", plat));
	bench_must(lang_parse(&s, &world_commands, text, strlen(text), &e));
	bench_must(world_new(&cfg, &w));
	if (world_run(w, &s, &end)) {
		fprintf(stderr, "bench: line %u: %s\n", end.line, end.what);
		exit(1);
	}
	free(s.call);
	return w;
}

struct user {
	struct world *w;
	struct task *t;
	int iommu;
	int dev;
	uint32_t ioas;
	uint64_t uva;
	double map_s, unmap_s; /* CPU seconds of the last round */
};

static void put(struct user *u, const char *path, const char *text)
{
	long fd = k_open(u->t, path);

	bench_must(fd < 0);
	bench_must(k_write(u->t, (int)fd, text, strlen(text)) < 0);
	bench_must(k_close(u->t, (int)fd) != 0);
}

static void device(struct user *u)
{
	struct vfio_device_bind_iommufd b = { .argsz = sizeof(b),
					      .iommufd = u->iommu };

	put(u, "/sys/bus/pci/devices/" FUNCTION "/driver_override", "vfio-pci");
	put(u, "/sys/bus/pci/drivers_probe", FUNCTION);
	u->dev = (int)k_open(u->t, "/dev/vfio/devices/vfio256");
	bench_must(u->dev < 0);
	bench_must(k_ioctl(u->t, u->dev, VFIO_DEVICE_BIND_IOMMUFD,
			   (uintptr_t)&b) != 0);
}

/* An IOAS with a domain; leaves of 2 MiB are allowed or not. */
static void space(struct user *u, bool huge)
{
	struct iommu_ioas_alloc a = { .size = sizeof(a) };
	struct iommu_option o = { .size = sizeof(o),
				  .option_id = IOMMU_OPTION_HUGE_PAGES,
				  .op = IOMMU_OPTION_OP_SET,
				  .val64 = huge };
	struct vfio_device_attach_iommufd_pt at = { .argsz = sizeof(at) };

	bench_must(k_ioctl(u->t, u->iommu, IOMMU_IOAS_ALLOC, (uintptr_t)&a) !=
		   0);
	u->ioas = o.object_id = at.pt_id = a.out_ioas_id;
	bench_must(k_ioctl(u->t, u->iommu, IOMMU_OPTION, (uintptr_t)&o) != 0);
	bench_must(k_ioctl(u->t, u->dev, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			   (uintptr_t)&at) != 0);
}

static void memory(struct user *u, bool huge)
{
	bench_must(k_mmap(u->t, BYTES, K_PROT_READ | K_PROT_WRITE,
			  K_MAP_PRIVATE | K_MAP_ANONYMOUS, -1, 0,
			  &u->uva) != 0);
	if (huge)
		bench_must(k_madvise(u->t, u->uva, BYTES, K_MADV_HUGEPAGE) !=
			   0);
	for (uint64_t at = 0; at < BYTES; at += PAGE_4K)
		bench_must(k_store(u->t, u->uva + at, "x", 1) != 0);
}

static void user_up(struct user *u, struct world *w, bool huge)
{
	u->w = w;
	u->t = k_task_new(&w->host->k);
	bench_must(!u->t);
	u->iommu = (int)k_open(u->t, "/dev/iommu");
	bench_must(u->iommu < 0);
	device(u);
	memory(u, huge);
	space(u, huge);
}

/* --- what is measured --- */

static void round_trip(struct user *u)
{
	double from = cpu_s(), mid;

	for (uint64_t at = 0; at < BYTES; at += PAGE_2M) {
		const struct iommu_ioas_map m = {
			.size = sizeof(m),
			.flags = IOMMU_IOAS_MAP_FIXED_IOVA |
				 IOMMU_IOAS_MAP_READABLE |
				 IOMMU_IOAS_MAP_WRITEABLE,
			.ioas_id = u->ioas,
			.user_va = u->uva + at,
			.length = PAGE_2M,
			.iova = PAGE_1G + at,
		};
		struct iommu_ioas_map c = m;

		bench_must(k_ioctl(u->t, u->iommu, IOMMU_IOAS_MAP,
				   (uintptr_t)&c) != 0);
	}
	mid = cpu_s();
	u->map_s = mid - from;
	for (uint64_t at = 0; at < BYTES; at += PAGE_2M) {
		struct iommu_ioas_unmap q = { .size = sizeof(q),
					      .ioas_id = u->ioas,
					      .iova = PAGE_1G + at,
					      .length = PAGE_2M };

		bench_must(k_ioctl(u->t, u->iommu, IOMMU_IOAS_UNMAP,
				   (uintptr_t)&q) != 0);
	}
	u->unmap_s = cpu_s() - mid;
}

static double map(void *ctx)
{
	struct user *u = ctx;

	round_trip(u);
	return PAGES / u->map_s * 1e-6;
}

static double unmap(void *ctx)
{
	struct user *u = ctx;

	round_trip(u);
	return PAGES / u->unmap_s * 1e-6;
}

/* The first platform's have no name of it at their end. */
static void name_of(char out[48], const char *name, bool huge, unsigned p)
{
	(void)snprintf(out, 48, "%s%s%s%s", name, huge ? ".2M" : "",
		       p ? "." : "", p ? world_plat_names[p] : "");
}

static void figures(int argc, char **argv, bool huge, unsigned p)
{
	struct user u = { 0 };
	char name[2][48];
	const struct bench b[] = {
		{ .name = name[0],
		  .unit = "M pages/s",
		  .kind = BENCH_COUNT,
		  .run = map,
		  .ctx = &u },
		{ .name = name[1],
		  .unit = "M pages/s",
		  .kind = BENCH_COUNT,
		  .run = unmap,
		  .ctx = &u },
	};
	struct world *w;

	name_of(name[0], "ioas.map", huge, p);
	name_of(name[1], "ioas.unmap", huge, p);
	if (!bench_wanted(argc, argv, name[0]) &&
	    !bench_wanted(argc, argv, name[1]))
		return;
	w = machine(world_plat_names[p]);
	user_up(&u, w, huge);
	for (size_t i = 0; i < COUNT(b); i++)
		if (bench_wanted(argc, argv, b[i].name))
			bench_one(&b[i]);
	k_task_exit(u.t);
	bench_must(!world_cleanup(w));
	world_free(w);
}

int main(int argc, char **argv)
{
	int rc = bench_args(argc, argv);

	if (rc)
		return rc;
	bench_who_make(&who);
	for (unsigned p = 0; p < WORLD_PLATS; p++)
		for (unsigned huge = 0; huge < 2 && world_plats[p]; huge++)
			figures(argc, argv, huge, p);
	return 0;
}
