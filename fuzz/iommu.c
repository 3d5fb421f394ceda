/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "fake_env.h"
#include "arch/sev_tio/event.h"
#include "arch/sev_tio/pt.h"
#include "iommu/iommu.h"

/*
 * The IOMMU between devices that ask for anything and a host that changes
 * tables, forgets to flush, and moves the log.
 *
 * It stays sane; a refused request moves no byte and says by which rule;
 * nobody is let through whom the rules refuse now, remembered or not; after a
 * flush has completed nothing of it is remembered.
 */

#define RAM	UINT64_C(0x40000000)
#define SIZE	(8 * PAGE_2M)
#define DATA	(RAM + 4 * PAGE_2M)
#define LOG	(RAM + 2 * PAGE_2M)
#define RID	0x100u
#define DOMAINS 4u

static struct {
	struct fake_env fe;
	struct env env;
	struct arena arena;
	struct mem m;
	struct iommu i;
	struct pt t;
	struct iommu_entry e[4]; /* by RID bit 0 and T */
	const struct rule *lookup, *admit;
	uint64_t refuse;
	enum fault_stage stage;
} x;

static const struct rule no = { .name = "no", .says = "no", .source = "fuzz" };

static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	(void)ctx;
	*out = x.e[(rid & 1) | (t ? 2u : 0)];
	return x.lookup;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *q)
{
	(void)ctx;
	(void)e;
	(void)q;
	return x.admit;
}

static const struct iommu_rules unit_rules = { .lookup = lookup,
					       .admit = admit,
					       .event_len = SEV_EVENT_LEN,
					       .encode = sev_event_put };

static const struct rule *check(void *ctx, const struct mem_req *q,
				struct mem_pass *pass)
{
	(void)ctx;
	pass->stage = x.stage;
	return align_down(q->pa, PAGE_4K) == x.refuse ? &no : NULL;
}

static const struct mem_rules mem_rules = { check };

static void up(void)
{
	const struct mem_cfg mc = { &x.arena, &x.env, 1, 4 };
	const struct iommu_cfg ic = { .arena = &x.arena,
				      .env = &x.env,
				      .mem = &x.m,
				      .rules = &unit_rules,
				      .tlb_slots = 8,
				      .entry_slots = 2,
				      .queue_slots = 4 };

	memset(&x, 0, sizeof(x));
	x.env = fake_env(&x.fe);
	x.refuse = UINT64_MAX;
	must(arena_map(&x.arena, 0, 32 << 20) == IL_OK);
	must(mem_init(&x.m, &mc) == IL_OK);
	must(mem_add_ram(&x.m, RAM, SIZE) == IL_OK);
	mem_set_rules(&x.m, &mem_rules, NULL);
	must(iommu_init(&x.i, &ic) == IL_OK);
	must(pt_init(&x.t, &x.m, &pt_iommu_v1, 4, AGENT_HOST, NULL, NULL) ==
	     IL_OK);
	must(pt_map(&x.t, 0, DATA, 8 * PAGE_4K, PT_R | PT_W, PAGE_4K) == IL_OK);
	must(pt_map(&x.t, 0x10000, DATA, PAGE_4K, PT_R, PAGE_4K) == IL_OK);
	must(pt_map(&x.t, PAGE_2M, DATA, PAGE_2M, PT_R | PT_W, PAGE_2M) ==
	     IL_OK);
	for (unsigned i = 0; i < COUNT(x.e); i++)
		x.e[i] = (struct iommu_entry){ .kind = IOMMU_PAGED,
					       .fmt = &pt_iommu_v1,
					       .root = x.t.root,
					       .levels = 4,
					       .perm = PT_R | PT_W,
					       .interrupts = true,
					       .trusted = i >= 2,
					       .owner = i >= 2 ? 5 : 0,
					       .domain = (uint16_t)i };
}

/* Addresses with something, with less, and with nothing behind them. */
static uint64_t some(uint8_t b)
{
	static const uint64_t at[] = { 0,
				       PAGE_4K,
				       7 * PAGE_4K,
				       8 * PAGE_4K,
				       0x10000,
				       PAGE_2M,
				       PAGE_2M + 5 * PAGE_4K,
				       2 * PAGE_2M,
				       UINT64_C(0xfee00000),
				       DATA,
				       UINT64_C(1) << 40,
				       UINT64_C(1) << 52 };

	return at[b % COUNT(at)];
}

static void dma(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint32_t len = b & 8 ? PAGE_4K : b & 0x10 ? 4 : 16;
	const struct iommu_req q = { .rid = RID + (a & 1),
				     .t = b & 1,
				     .stream = b & 2 ? 1 : IOMMU_NO_STREAM,
				     .write = b & 4,
				     .tc = b >> 5 & 1,
				     .port = 1,
				     .iova = some(a >> 1) + (b >> 5 & 4),
				     .len = len };
	uint8_t buf[PAGE_4K];
	struct fault f = { 0 };
	enum il_err err;

	memset(buf, 0x5a, sizeof(buf));
	err = iommu_access(&x.i, &q, buf, &f);
	if (!err) {
		must(!x.admit);
		return;
	}
	must(err == IL_E_IO && f.rule && f.write == q.write);
	for (size_t i = 0; i < sizeof(buf); i++)
		must(buf[i] == 0x5a);
}

static void entry(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct iommu_entry *e = &x.e[a & 3];

	e->kind = b % 3 == 0   ? IOMMU_ABORT
		  : b % 3 == 1 ? IOMMU_BYPASS
			       : IOMMU_PAGED;
	e->why = b & 4 ? &no : NULL;
	e->perm = b & 8 ? PT_R : PT_R | PT_W;
	e->track = b & 0x10;
	e->interrupts = !(b & 0x20);
	e->levels = b & 0x40 ? a >> 5 : 4;
	e->split_en = b & 0x80;
	e->split = a & 4 ? PAGE_2M : UINT64_C(1) << 40;
	e->root = a & 8 ? RAM + SIZE : a & 0x10 ? DATA : x.t.root;
}

static void flush(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	uint64_t size = b & 1 ? PAGE_2M : b & 2 ? 1 : PAGE_4K;
	struct iommu_memo m;
	enum il_err err = IL_OK;

	switch (a & 7) {
	case 0:
		err = iommu_inval_device(&x.i, RID + (b & 1));
		break;
	case 1:
		err = iommu_inval_pages(&x.i, (a >> 4) % DOMAINS, some(b >> 2),
					size);
		break;
	case 2:
		err = iommu_inval_all(&x.i);
		if (err || !(b & 1))
			break;
		(void)iommu_wait(&x.i);
		for (uint32_t n = 0; n < x.i.tlb_slots; n++)
			must(!iommu_memo_at(&x.i, n, &m));
		break;
	case 3:
		(void)iommu_wait(&x.i);
		break;
	case 4:
		iommu_forget(&x.i, RID + (b & 1));
		for (uint32_t n = 0; n < x.i.tlb_slots; n++)
			must(!iommu_memo_at(&x.i, n, &m) ||
			     m.rid != RID + (b & 1u));
		must(!iommu_keeps(&x.i, RID + (b & 1), false));
		must(!iommu_keeps(&x.i, RID + (b & 1), true));
		break;
	case 5:
		err = iommu_set_event_log(&x.i, b & 1 ? LOG : b,
					  1u << (b >> 5));
		break;
	case 6:
		err = iommu_set_log_head(&x.i, b);
		break;
	default:
		err = iommu_set_device_table(&x.i, RAM + (b & 1), b);
	}
	must(err == IL_OK || err == IL_E_AGAIN || err == IL_E_ARG);
	if (iommu_reaches(&x.i, DATA))
		must((a & 7) != 2 || !(b & 1) || err);
}

/* Tables change under it. */
static void tables(struct rd *in)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	struct fault f;
	uint64_t e;

	switch (a & 3) {
	case 0:
		(void)!pt_unmap(&x.t, some(b), PAGE_4K, NULL);
		break;
	case 1:
		(void)!pt_map(&x.t, some(b), DATA, PAGE_4K, PT_R | (b >> 6 & 2),
			      PAGE_4K);
		break;
	default:
		e = rd_u64le(in);
		(void)!mem_host_write(&x.m, x.t.root + (b & 1u) * 8, &e, 8, &f);
	}
}

/* What stands in the log, and bytes that might. */
static void events(struct rd *in)
{
	uint8_t raw[SEV_EVENT_LEN], again[SEV_EVENT_LEN];
	struct sev_event e, f;
	const uint8_t slot = rd_u8(in);

	if (slot & 0x80) {
		rd_copy(in, raw, sizeof(raw));
	} else if (mem_raw(&x.m, LOG + (slot & 7u) * SEV_EVENT_LEN, raw,
			   sizeof(raw))) {
		return;
	}
	if (sev_event_decode(raw, &e))
		return;
	sev_event_encode(&e, again);
	must(sev_event_decode(again, &f) == IL_OK);
	must(f.code == e.code && f.rid == e.rid && f.addr == e.addr);
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	switch (op & 7) {
	case 0:
	case 1:
	case 2:
		dma(in);
		break;
	case 3:
		entry(in);
		break;
	case 4:
		flush(in);
		break;
	case 5:
		tables(in);
		break;
	case 6:
		events(in);
		break;
	default:
		x.lookup = op & 0x10 ? &no : NULL;
		x.admit = op & 0x20 ? &no : NULL;
		x.refuse = op & 0x40 ? DATA : op & 0x80 ? LOG : UINT64_MAX;
		x.stage = op & 8 ? FAULT_OWNER : 0;
	}
	must(iommu_sane(&x.i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	up();
	if (rd_u8(&in) & 1)
		must(iommu_set_event_log(&x.i, LOG, 4) == IL_OK);
	for (unsigned n = 0; rd_left(&in) && n < 128; n++)
		step(&in);
	arena_unmap(&x.arena);
	return 0;
}
