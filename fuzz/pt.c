/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "fake_env.h"
#include "arch/sev_tio/pt.h"
#include "mem/fmts.h"
#include "mem/s2.h"
#include "mem/pt_priv.h"

/*
 * Page tables in memory under an editor that is refused, runs out of frames
 * and meets other people's entries. A flat array says what is mapped; after
 * every step a walk of each page agrees with it. Byte 0: format and levels.
 */

#define RAM   UINT64_C(0x40000000)
#define SIZE  (8 * PAGE_2M)
#define PAGES 2048u /* of address space that is looked at */
#define MMIO  UINT64_C(0xe0000000)

static struct {
	struct fake_env fe;
	struct env env;
	struct arena arena;
	struct mem m;
	struct pt t;
	struct {
		uint64_t pa;
		unsigned perm;
	} at[PAGES], was[PAGES];
	bool wild;	 /* somebody else wrote into the tables */
	uint64_t refuse; /* page that may not be written */
	unsigned frames; /* how many there still are */
} x;

static const struct rule no = { .name = "no", .says = "no", .source = "fuzz" };

static const struct rule *check(void *ctx, const struct mem_req *q,
				struct mem_pass *pass)
{
	(void)ctx;
	(void)pass;
	return q->write && align_down(q->pa, PAGE_4K) == x.refuse ? &no : NULL;
}

static const struct mem_rules rules = { check };

static enum il_err get(void *ctx, unsigned order, uint64_t *pa)
{
	if (!x.frames)
		return IL_E_NOMEM;
	x.frames--;
	return mem_frames_alloc(ctx, order, pa);
}

static void put(void *ctx, uint64_t pa, unsigned order)
{
	x.frames++;
	must(mem_frames_free(ctx, pa, order) == IL_OK);
}

static const struct pt_frames frames = { get, put };

static enum il_err io_read(void *ctx, const struct mem_req *q, bool trusted,
			   uint64_t pa, uint8_t *buf, uint32_t len,
			   struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)f;
	must(pa >= MMIO && len <= PAGE_4K);
	memset(buf, 0xff, len);
	return IL_OK;
}

static enum il_err io_write(void *ctx, const struct mem_req *q, bool trusted,
			    uint64_t pa, const uint8_t *buf, uint32_t len,
			    struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)buf;
	(void)f;
	must(pa >= MMIO && len <= PAGE_4K);
	return IL_OK;
}

static const struct mem_mmio_ops io = { io_read, io_write };

static const struct pt_fmt *layout(uint8_t how)
{
	if (!(how & 8))
		return how & 1 ? &pt_iommu_v1 : &pt_npt;
	if (how & 1)
		return &fmt_riscv;
	return how & 0x10 ? &fmt_arm : &fmt_ept;
}

static void up(uint8_t how)
{
	const struct mem_cfg mc = {
		.arena = &x.arena, .env = &x.env, .keys = 2, .irq_slots = 2
	};

	memset(&x, 0, sizeof(x));
	x.env = fake_env(&x.fe);
	x.refuse = UINT64_MAX;
	x.frames = 2 + (how >> 4) * 2;
	must(arena_map(&x.arena, 0, 32 << 20) == IL_OK);
	must(mem_init(&x.m, &mc) == IL_OK);
	must(mem_add_ram(&x.m, RAM, SIZE) == IL_OK);
	must(mem_add_mmio(&x.m, MMIO, PAGE_2M, &io, NULL) == IL_OK);
	mem_set_rules(&x.m, &rules, NULL);
	must(pt_init(&x.t, &x.m, layout(how), 2 + (how >> 1 & 3), AGENT_HOST,
		     &frames, &x.m) == IL_OK);
}

static void look(bool cut, uint32_t from, uint32_t n)
{
	for (uint32_t i = 0; i < PAGES; i++) {
		struct pt_hit h = { 0 };
		enum pt_why why = pt_walk(&x.m, x.t.fmt, x.t.root, x.t.levels,
					  i * PAGE_4K, &h);

		if (x.wild)
			continue;
		must(why == PT_OK || why == PT_NOT_PRESENT);
		/* what an unmap that failed half way has taken */
		if (cut && i >= from && i < from + n && why != PT_OK)
			x.at[i].perm = 0;
		must((why == PT_OK) == (x.at[i].perm != 0));
		if (why == PT_OK)
			must(h.pa == x.at[i].pa &&
			     (h.perm & (PT_R | PT_W)) == x.at[i].perm);
	}
}

/* Page numbers near the edges of large leaves. */
static uint32_t some(uint8_t b)
{
	static const uint16_t at[] = { 0,   1,	 2,    511,  512,  513,
				       514, 768, 1023, 1024, 1536, 2047 };

	return at[b % COUNT(at)];
}

static const uint16_t lens[] = { 1, 2, 3, 511, 512, 513, 1024, 1536 };

static void map(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in), c = rd_u8(in);
	const uint32_t va = some(a), n = lens[b & 7];
	const uint64_t pa =
		(c & 1 ? MMIO : RAM + 4 * PAGE_2M) + some(c >> 4) * PAGE_4K;
	/* Written alone is for tables that keep the two apart. */
	const unsigned perm = b & 0x40 ? PT_W : PT_R | (b & 8 ? PT_W : 0);
	const uint64_t leaf = b & 0x10 ? PAGE_2M : b & 0x20 ? PAGE_1G : PAGE_4K;
	enum il_err err;

	if (va + n > PAGES)
		return;
	err = pt_map(&x.t, va * PAGE_4K, pa + (b >> 7), n * PAGE_4K, perm,
		     leaf);
	if (err)
		return;
	for (uint32_t i = va; i < va + n; i++) {
		must(x.wild || !x.at[i].perm);
		x.at[i].pa = pa + (uint64_t)(i - va) * PAGE_4K;
		x.at[i].perm = perm;
	}
}

static void unmap(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint32_t va = some(a), n = lens[b & 7];
	uint64_t bytes = 0, want = 0;

	if (va + n > PAGES)
		return;
	if (pt_unmap(&x.t, va * PAGE_4K, n * PAGE_4K, b & 8 ? NULL : &bytes)) {
		look(true, va, n);
		return;
	}
	for (uint32_t i = va; i < va + n; i++) {
		want += x.at[i].perm ? PAGE_4K : 0;
		x.at[i].perm = 0;
	}
	must(x.wild || b & 8 || bytes == want);
}

/* What a VM's CPU does through the table. */
static void access(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const struct s2_cpu c = { .m = &x.m,
				  .fmt = x.t.fmt,
				  .root = x.t.root,
				  .levels = x.t.levels,
				  .owner = 0 };
	const uint32_t va = some(a);
	static uint8_t buf[2 * PAGE_4K];
	const uint32_t len = b & 1 ? 8 : b & 2 ? PAGE_4K + 16 : b >> 4;
	const uint64_t gpa = va * PAGE_4K + (b & 4 ? PAGE_4K - 4 : 0);
	const bool write = b & 8;
	enum il_err err;
	struct fault f;

	err = s2_access(&c, gpa, buf, len, write, a & 0x80, &f);
	if (x.wild || err || va + 3 > PAGES)
		return;
	must(x.at[va].perm & PT_R);
	must(!write || x.at[va].perm & PT_W);
}

static void dirty(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint32_t va = some(a), n = lens[b & 7];
	uint64_t bits[PAGES / 64] = { 0 };

	if (va + n > PAGES)
		return;
	if (pt_dirty_clear(&x.t, va * PAGE_4K, n * PAGE_4K, bits) || x.wild)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (bits[i / 64] >> i % 64 & 1)
			must(x.at[va + i].perm & PT_W);
}

/* An entry that somebody else wrote. */
static void scribble(struct rd *in)
{
	const uint8_t which = rd_u8(in);
	uint64_t e = rd_u64le(in);
	struct fault f;

	x.wild = true;
	(void)!mem_host_write(&x.m,
			      which & 1 ? RAM + which / 2 * PAGE_4K
					: x.t.root + 8u * (which >> 1 & 1u),
			      &e, sizeof(e), &f);
}

/* Memory beside the tables: frames, windows, interrupts, keys. */
static void memory(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct mem_irq irq;
	uint8_t raw[32];
	struct fault f;
	uint64_t pa;

	switch (a & 7) {
	case 0:
		if (!mem_frames_alloc(&x.m, b % 12, &pa))
			must(mem_frames_free(&x.m, pa, b % 12) == IL_OK &&
			     mem_frames_free(&x.m, pa, b % 12) == IL_E_ARG);
		break;
	case 1: /* of nobody, or not whole */
		must(mem_frames_free(&x.m, RAM + SIZE - (b & 1), 0) ==
		     IL_E_ARG);
		break;
	case 2:
		(void)!mem_raw(&x.m, RAM + SIZE - b, raw, sizeof(raw));
		(void)mem_next_touched(&x.m, RAM + b * PAGE_4K);
		break;
	case 3: { /* the interrupt range */
		struct mem_req q =
			mem_req_host(UINT64_C(0xfee00000) + b * 4, 4, a & 8);

		q.who = a & 0x10 ? AGENT_DEVICE : AGENT_HOST;
		(void)!mem_access(&x.m, &q, raw, &f);
		break;
	}
	case 4:
		(void)!mem_irq_take(&x.m, &irq);
		break;
	case 5:
		(void)!mem_key_set(&x.m, b & 3, b);
		break;
	case 6:
		(void)!mem_add_mmio(&x.m, MMIO + PAGE_2M + (b & 1), PAGE_4K,
				    &io, NULL);
		(void)!mem_del_mmio(&x.m, MMIO + PAGE_2M + (b & 2));
		break;
	default: { /* over the edges of windows */
		static uint8_t buf[2 * PAGE_4K];
		struct mem_req q = mem_req_host((a & 8 ? RAM : MMIO) - (b & 31),
						b * 16u, a & 0x10);

		/* Tables may stand there; what was read before must not count.
		 */
		x.wild |= q.write && a & 8;
		memset(buf, 0, sizeof(buf));
		(void)!mem_check(&x.m, &q, &f);
		(void)!mem_access(&x.m, &q, buf, &f);
	}
	}
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
		map(in);
		break;
	case 3:
	case 4:
		unmap(in);
		break;
	case 5:
		(void)!pt_split(&x.t, some(op >> 4) * PAGE_4K, NULL);
		break;
	case 6:
		(void)!pt_join(&x.t, some(op >> 4) * PAGE_4K, NULL);
		break;
	case 7:
	case 8:
		access(in);
		break;
	case 9:
		dirty(in);
		break;
	case 10:
		x.refuse = op & 0x10 ? UINT64_MAX : RAM + rd_u8(in) * PAGE_4K;
		break;
	case 11:
		scribble(in);
		break;
	case 12:
	case 13:
		memory(in);
		break;
	default:
		x.frames = op >> 4;
	}
	look(false, 0, 0);
	must(mem_sane(&x.m));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	up(rd_u8(&in));
	for (unsigned n = 0; rd_left(&in) && n < 32; n++)
		step(&in);
	if (!x.wild) {
		x.refuse = UINT64_MAX;
		pt_fini(&x.t);
		must(x.t.tables == 0);
	}
	arena_unmap(&x.arena);
	return 0;
}
