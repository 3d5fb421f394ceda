/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch/sev_tio/own.h"
#include "base/assert.h"

/* How fast memory answers: translation with ownership, mapping, bytes. */

#define RAM    PAGE_1G
#define SIZE   (128 * PAGE_2M)
#define DEVTAB (RAM + 100 * PAGE_2M)
#define SDTE   (RAM + 101 * PAGE_2M)
#define DATA   (RAM + 64 * PAGE_2M)
#define PAGES  2048
#define RID    8
#define ROUNDS 9

struct machine {
	struct env env;
	struct arena arena;
	struct mem m;
	struct own o;
	struct iommu i;
	struct pt npt;
	struct pt iot;
	struct npt_cpu c;
};

static void must(int err)
{
	if (err) {
		fprintf(stderr, "mem_bench: set-up failed (%d)\n", err);
		exit(1);
	}
}

static void own_data(struct machine *x)
{
	for (uint64_t p = 0; p < PAGES; p++) {
		struct rmp_update u = { .gpa = p * PAGE_4K,
					.assigned = 1,
					.asid = 1 };
		enum rmp_rc rc;
		struct fault f;
		bool same;

		must((int)own_rmpupdate(&x->o, DATA + p * PAGE_4K, &u));
		must(own_pvalidate(&x->o, &x->c, p * PAGE_4K, RMP_4K, true, &rc,
				   &same, &f));
	}
}

static void device_up(struct machine *x)
{
	struct own_sdte e = {
		.valid = true, .ir = true, .iw = true, .asid = 1
	};
	uint64_t dte[4] = { x->iot.root | 3 | 4 << 9 | BIT64(61) | BIT64(62) };
	struct fault f;

	must(mem_host_write(&x->m, DEVTAB + RID * OWN_DTE_LEN, dte, sizeof(dte),
			    &f));
	must(iommu_set_device_table(&x->i, DEVTAB, 64));
	must(own_sdte_write(&x->o, RID, &e));
	must(own_fence_set(&x->o, 1, 0, OWN_FENCE_OPEN, OWN_FENCE_OPEN));
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

	must(arena_map(&x->arena, 0, UINT64_C(1) << 30));
	must(mem_init(&x->m, &mc));
	must(mem_add_ram(&x->m, RAM, SIZE));
	must(own_init(&x->o, &oc));
	must(own_cover(&x->o, RAM, SIZE, false, 0));
	must(iommu_init(&x->i, &ic));
	must(own_start(&x->o, &x->i, 1));
	must(own_asid_activate(&x->o, 1, 2));
	must(mem_frames_reserve(&x->m, DATA, PAGES * PAGE_4K));
	must(mem_frames_reserve(&x->m, DEVTAB, PAGE_2M));
	must(pt_init(&x->npt, &x->m, &pt_npt, 4, AGENT_HOST, NULL, NULL));
	must(pt_init(&x->iot, &x->m, &pt_iommu_v1, 4, AGENT_HOST, NULL, NULL));
	must(pt_map(&x->npt, 0, DATA, PAGES * PAGE_4K, PT_R | PT_W, PAGE_4K));
	must(pt_map(&x->iot, 0, DATA, PAGES * PAGE_4K, PT_R | PT_W, PAGE_4K));
	x->c = (struct npt_cpu){ .m = &x->m,
				 .fmt = &pt_npt,
				 .root = x->npt.root,
				 .levels = 4,
				 .owner = 1 };
	own_data(x);
	device_up(x);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Each returns how many operations it did. */
static double io_translate(struct machine *x)
{
	struct iommu_req q = { .rid = RID, .t = true, .len = 64 };
	struct mem_req out;
	struct fault f;
	uint64_t n = 1 << 20;

	for (uint64_t i = 0; i < n; i++) {
		q.iova = i * 7 % PAGES * PAGE_4K;
		must(iommu_translate(&x->i, &q, &out, &f));
	}
	return (double)n;
}

static double cpu_translate(struct machine *x)
{
	struct mem_req out;
	struct fault f;
	uint64_t n = 1 << 20;

	for (uint64_t i = 0; i < n; i++) {
		must(npt_translate(&x->c, i * 7 % PAGES * PAGE_4K, 64, false,
				   true, &out, &f));
		must(mem_check(&x->m, &out, &f));
	}
	return (double)n;
}

static double map_bulk(struct machine *x)
{
	const uint64_t len = 32 * PAGE_2M;

	for (int i = 0; i < 16; i++) {
		must(pt_map(&x->npt, PAGE_1G, DATA, len, PT_R, PAGE_4K));
		must(pt_unmap(&x->npt, PAGE_1G, len, NULL));
	}
	return 16.0 * (double)(len / PAGE_4K);
}

static double map_single(struct machine *x)
{
	const uint64_t n = 1 << 14;

	for (uint64_t i = 0; i < n; i++)
		must(pt_map(&x->npt, PAGE_1G + i * PAGE_4K, DATA, PAGE_4K, PT_R,
			    PAGE_4K));
	must(pt_unmap(&x->npt, PAGE_1G, n * PAGE_4K, NULL));
	return (double)n;
}

static double private_bytes(struct machine *x)
{
	static uint8_t buf[PAGE_4K * 16];
	struct fault f;

	for (int i = 0; i < 256; i++)
		must(npt_access(&x->c, 0, buf, sizeof(buf), true, true, &f));
	return 256.0 * sizeof(buf);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void figure(struct machine *x, const char *name, const char *unit,
		   double scale, double (*run)(struct machine *))
{
	double v[ROUNDS];

	(void)run(x);
	for (int i = 0; i < ROUNDS; i++) {
		double t = now_s();
		double n = run(x);

		v[i] = n / (now_s() - t) / scale;
	}
	qsort(v, ROUNDS, sizeof(v[0]), by_value);
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"median\":%.2f,"
	       "\"min\":%.2f,\"max\":%.2f}\n",
	       name, unit, v[ROUNDS / 2], v[0], v[ROUNDS - 1]);
}

int main(void)
{
	static struct machine x;

	up(&x);
	figure(&x, "io_translate_warm", "M/s", 1e6, io_translate);
	figure(&x, "cpu_translate", "M/s", 1e6, cpu_translate);
	figure(&x, "map_unmap_4k_bulk", "M pages/s", 1e6, map_bulk);
	figure(&x, "map_4k_single", "M pages/s", 1e6, map_single);
	figure(&x, "private_write", "GB/s", 1e9, private_bytes);
	arena_unmap(&x.arena);
	return 0;
}
