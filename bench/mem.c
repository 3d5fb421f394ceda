/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/own.h"
#include "base/bits.h"
#include "bench.h"

/* How fast memory answers: translation with ownership, mapping, bytes. */

#define RAM    PAGE_1G
#define SIZE   (128 * PAGE_2M)
#define DEVTAB (RAM + 100 * PAGE_2M)
#define SDTE   (RAM + 101 * PAGE_2M)
#define DATA   (RAM + 64 * PAGE_2M)
#define PAGES  2048
#define RID    8

struct machine {
	struct env env;
	struct arena arena;
	struct mem m;
	struct own o;
	struct iommu i;
	struct pt npt;
	struct pt iot;
	struct s2_cpu c;
};

static void own_data(struct machine *x)
{
	for (uint64_t p = 0; p < PAGES; p++) {
		struct rmp_update u = { .gpa = p * PAGE_4K,
					.assigned = 1,
					.asid = 1 };
		enum rmp_rc rc;
		struct fault f;
		bool same;

		bench_must((int)own_rmpupdate(&x->o, DATA + p * PAGE_4K, &u));
		bench_must(own_pvalidate(&x->o, &x->c, p * PAGE_4K, RMP_4K,
					 true, &rc, &same, &f));
	}
}

static void device_up(struct machine *x)
{
	struct own_sdte e = {
		.valid = true, .ir = true, .iw = true, .asid = 1
	};
	uint64_t dte[4] = { x->iot.root | 3 | 4 << 9 | BIT64(61) | BIT64(62) };
	struct fault f;

	bench_must(mem_host_write(&x->m, DEVTAB + RID * OWN_DTE_LEN, dte,
				  sizeof(dte), &f));
	bench_must(iommu_set_device_table(&x->i, DEVTAB, 64));
	bench_must(own_sdte_write(&x->o, RID, &e));
	bench_must(own_fence_set(&x->o, 1, 0, OWN_FENCE_OPEN, OWN_FENCE_OPEN));
}

static void up(struct machine *x)
{
	struct mem_cfg mc = { &x->arena, &x->env, OWN_KEYS(8), 4 };
	struct iommu_cfg ic = { .arena = &x->arena,
				.env = &x->env,
				.mem = &x->m,
				.rules = &own_iommu_rules,
				.rules_ctx = &x->o,
				.tlb_slots = 8192,
				.entry_slots = 64,
				.queue_slots = 16 };
	struct own_cfg oc = { .arena = &x->arena,
			      .env = &x->env,
			      .mem = &x->m,
			      .asids = 8,
			      .sdte = SDTE,
			      .rids = 64 };

	bench_must(arena_map(&x->arena, 0, UINT64_C(1) << 30));
	bench_must(mem_init(&x->m, &mc));
	bench_must(mem_add_ram(&x->m, RAM, SIZE));
	bench_must(own_init(&x->o, &oc));
	bench_must(own_cover(&x->o, RAM, SIZE, false, 0));
	bench_must(iommu_init(&x->i, &ic));
	bench_must(own_start(&x->o, &x->i, 1));
	bench_must(own_asid_activate(&x->o, 1, 2));
	bench_must(mem_frames_reserve(&x->m, DATA, PAGES * PAGE_4K));
	bench_must(mem_frames_reserve(&x->m, DEVTAB, PAGE_2M));
	bench_must(pt_init(&x->npt, &x->m, &pt_npt, 4, AGENT_HOST, NULL, NULL));
	bench_must(pt_init(&x->iot, &x->m, &pt_iommu_v1, 4, AGENT_HOST, NULL,
			   NULL));
	bench_must(pt_map(&x->npt, 0, DATA, PAGES * PAGE_4K, PT_R | PT_W,
			  PAGE_4K));
	bench_must(pt_map(&x->iot, 0, DATA, PAGES * PAGE_4K, PT_R | PT_W,
			  PAGE_4K));
	x->c = (struct s2_cpu){ .m = &x->m,
				.fmt = &pt_npt,
				.root = x->npt.root,
				.levels = 4,
				.owner = 1 };
	own_data(x);
	device_up(x);
}

/* Each returns how many operations it did. */
static double io_translate(void *ctx)
{
	struct machine *x = ctx;
	struct iommu_req q = { .rid = RID, .t = true, .len = 64 };
	struct mem_req out;
	struct fault f;
	uint64_t n = 1 << 20;

	for (uint64_t i = 0; i < n; i++) {
		q.iova = i * 7 % PAGES * PAGE_4K;
		bench_must(iommu_translate(&x->i, &q, &out, &f));
	}
	return (double)n;
}

/* What the ownership table takes, by what the arena gave for it. */
static double owner_bytes(void *ctx)
{
	struct machine *x = ctx;
	struct arena a;
	struct own o = x->o;
	double n;

	bench_must(arena_map(&a, 0, UINT64_C(1) << 24));
	o.arena = &a;
	bench_must(own_cover(&o, 0, SIZE, false, 0));
	n = (double)a.used / (double)(SIZE / PAGE_4K);
	arena_unmap(&a);
	return n;
}

static double cpu_translate(void *ctx)
{
	struct machine *x = ctx;
	struct mem_req out;
	struct fault f;
	uint64_t n = 1 << 20;

	for (uint64_t i = 0; i < n; i++) {
		bench_must(s2_translate(&x->c, i * 7 % PAGES * PAGE_4K, 64,
					false, true, &out, &f));
		bench_must(mem_check(&x->m, &out, &f));
	}
	return (double)n;
}

static double map_bulk(void *ctx)
{
	struct machine *x = ctx;
	const uint64_t len = 32 * PAGE_2M;

	for (int i = 0; i < 16; i++) {
		bench_must(pt_map(&x->npt, PAGE_1G, DATA, len, PT_R, PAGE_4K));
		bench_must(pt_unmap(&x->npt, PAGE_1G, len, NULL));
	}
	return 16.0 * (double)(len / PAGE_4K);
}

static double map_single(void *ctx)
{
	struct machine *x = ctx;
	const uint64_t n = 1 << 14;

	for (uint64_t i = 0; i < n; i++)
		bench_must(pt_map(&x->npt, PAGE_1G + i * PAGE_4K, DATA, PAGE_4K,
				  PT_R, PAGE_4K));
	bench_must(pt_unmap(&x->npt, PAGE_1G, n * PAGE_4K, NULL));
	return (double)n;
}

static double private_bytes(void *ctx)
{
	struct machine *x = ctx;
	static uint8_t buf[PAGE_4K * 16];
	struct fault f;

	for (int i = 0; i < 256; i++)
		bench_must(
			s2_access(&x->c, 0, buf, sizeof(buf), true, true, &f));
	return 256.0 * sizeof(buf);
}

int main(int argc, char **argv)
{
	static struct machine x;
	static const struct bench b[] = {
		{ .name = "translate",
		  .unit = "M/s",
		  .kind = BENCH_RATE,
		  .scale = 1e6,
		  .run = io_translate,
		  .ctx = &x },
		{ .name = "translate.cpu",
		  .unit = "M/s",
		  .kind = BENCH_RATE,
		  .scale = 1e6,
		  .run = cpu_translate,
		  .ctx = &x },
		{ .name = "translate.owner",
		  .unit = "bytes/page",
		  .kind = BENCH_COUNT,
		  .run = owner_bytes,
		  .ctx = &x,
		  .rounds = 1 },
		{ .name = "map.bulk",
		  .unit = "M pages/s",
		  .kind = BENCH_RATE,
		  .scale = 1e6,
		  .run = map_bulk,
		  .ctx = &x },
		{ .name = "map.single",
		  .unit = "M pages/s",
		  .kind = BENCH_RATE,
		  .scale = 1e6,
		  .run = map_single,
		  .ctx = &x },
		{ .name = "private_write",
		  .unit = "GB/s",
		  .kind = BENCH_RATE,
		  .scale = 1e9,
		  .run = private_bytes,
		  .ctx = &x },
	};
	int rc;

	up(&x);
	rc = bench_all(argc, argv, b, COUNT(b));
	arena_unmap(&x.arena);
	return rc;
}
