/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults planted against the laws of MMIO and DMA: 33 to 46. */
#include "plant.h"

#include "pci/dma_engine.h"
#include "plant_core.h"

/* When START is settled, the device's word for it taken. */
static void (*at_start)(struct tsm_conn *c, struct tsm_bind *b);

static bool starts(void *ctx, uint32_t port, uint8_t stream)
{
	struct tsm_conn *c = pconn();
	const bool ok = real_keys->secure(ctx, port, stream);

	if (c->op.verb == TSM_START)
		at_start(c, c->op.args.bind);
	return ok;
}

#define AT_START(name, body)                                           \
	static void name##_now(struct tsm_conn *c, struct tsm_bind *b) \
	{                                                              \
		(void)c;                                               \
		(void)b;                                               \
		body;                                                  \
	}                                                              \
	static void name(void)                                         \
	{                                                              \
		at_start = name##_now;                                 \
		wrap_keys()->secure = starts;                          \
	}

AT_START(range_gone, b->lock.ranges = 0)
AT_START(one_more, b->mmio_pages++)

/* 34: a guest that takes MMIO with the evidence, before it judges. */
static struct {
	bool have;
	struct evidence_claims claims;
	struct evidence_blobs blobs;
} first;

static enum il_err takes_at_once(void *ctx, const uint8_t *nonce,
				 struct evidence_claims *claims,
				 struct evidence_blobs *blobs)
{
	const struct tsm_range *r = &pbind()->lock.range[0];
	struct guest_pages m = { .pages = r->pages, .range_id = r->id };
	enum il_err err = IL_OK;

	if (!first.have)
		err = real_guest->evidence(ctx, nonce, &first.claims,
					   &first.blobs);
	if (err)
		return err;
	first.have = true;
	m.gpa = pguest()->bar[r->id].gpa;
	m.first_page = (r->pa + (uint64_t)pbind()->lock.mmio_offset) / PAGE_4K;
	err = real_guest->mmio(ctx, &m, true);
	*claims = first.claims;
	*blobs = first.blobs;
	return err;
}

static void hasty_guest(void)
{
	first.have = false;
	wrap_guest()->evidence = takes_at_once;
}

/* 36: a device that reports its MSI-X table, not locked, as plain MMIO. */
static enum il_err hides_table(void *ctx, uint32_t fn,
			       const struct tdisp_lock *lock,
			       struct tdisp_report *out)
{
	enum il_err err = real_tdi.report(ctx, fn, lock, out);

	if (!err && !(lock->flags & TDISP_LOCK_MSIX))
		out->ranges[0].pages++;
	return err;
}

static void hidden_table(void)
{
	wrap_tdi()->report = hides_table;
}

/* 39: a guest's driver that leaves a range out. */
static enum il_err all_but_one(void *ctx, const struct guest_pages *m, bool on)
{
	return on && m->index == 0 ? IL_OK : real_guest->mmio(ctx, m, on);
}

static void leaves_one_out(void)
{
	wrap_guest()->mmio = all_but_one;
}

/* 38, 40, 46: firmware that leaves the trusted entry as it is. */
static void no_off(void *ctx, struct tsm_bind *b)
{
	(void)ctx;
	(void)b;
}

static void entry_stays(void)
{
	wrap_ops()->entry_off = no_off;
}

/* 41: an entry for another stream than the one that is connected. */
static const struct rule *moves_on(void *ctx, uint32_t rid, bool tr,
				   struct iommu_entry *out)
{
	if (tr)
		pconn()->stream_id ^= 8;
	return real_iommu->lookup(ctx, rid, tr, out);
}

static void other_stream(void)
{
	wrap_iommu()->lookup = moves_on;
}

/* 42, 43: memory that lets a device do as it likes. */
static const struct rule *anything(void *ctx, const struct mem_req *req,
				   struct mem_pass *pass)
{
	const struct rule *rule = real_mem->check(ctx, req, pass);

	return req->who == AGENT_DEVICE ? NULL : rule;
}

static void open_memory(void)
{
	wrap_mem()->check = anything;
}

/* 45: a unit that reads an entry once more, as it was, when it is gone. */
static struct iommu_entry kept;

static const struct rule *as_it_was(void *ctx, uint32_t rid, bool tr,
				    struct iommu_entry *out)
{
	const struct rule *rule = real_iommu->lookup(ctx, rid, tr, out);

	if (tr && !rule && out->kind == IOMMU_PAGED)
		kept = *out;
	else if (tr)
		*out = kept;
	return tr ? NULL : rule;
}

static void reads_again(void *ctx, struct tsm_bind *b)
{
	const struct iommu_req q = {
		.rid = b->function_id & 0xffff,
		.t = true,
		.stream = b->conn->stream_id,
		.port = (uint8_t)b->conn->cfg.port,
		.iova = pguest()->cfg.map.src,
		.len = 4,
	};
	struct mem_req r;
	struct fault f;

	real_ops->entry_off(ctx, b);
	(void)!iommu_translate(&t.w->iommu, &q, &r, &f);
}

static void forgets_nothing(void)
{
	memset(&kept, 0, sizeof(kept));
	wrap_iommu()->lookup = as_it_was;
	wrap_ops()->entry_off = reads_again;
}

/* 44: a unit that remembers more than the page that it walked to. */
static void larger_leaf(void)
{
	assert_true(plant_larger_leaf(&t.w->iommu));
}

/* clang-format off */
const struct plant plants_page[] = {
	{ 33, "firmware: accepted pages that it no longer has reported",
	  "guest", "accept", range_gone, NULL, 0 },
	{ 34, "guest: MMIO taken before the verdict",
	  "guest", "lock", hasty_guest, NULL, ON(SEV_TIO) },
	{ 36, "device: an MSI-X table as plain MMIO",
	  "guest", "probe", hidden_table, NULL, PLANT_ALL & ~ON(COVE_IO) },
	{ 38, "firmware: one page more than there are",
	  "guest", "accept", one_more, NULL, PLANT_ALL & ~ON(TDX_CONNECT) },
	{ 39, "guest: a range is left out",
	  "guest", "evidence", leaves_one_out, NULL, 0 },
	{ 40, "firmware: the trusted entry stays",
	  "guest", "dma", entry_stays, "vmm detach 0000:01:00.0\n", ON(SEV_TIO) },
	{ 41, "firmware: another stream than the entry's",
	  "guest", "start", other_stream, NULL, 0 },
	{ 42, "memory: asks nobody",
	  "guest", "start", open_memory, "guest share\nguest dma shared=yes offset=no\n", ON(SEV_TIO) },
	{ 43, "memory: asks nobody",
	  "guest", "start", open_memory, "guest share\nguest dma shared=yes offset=no\n", ON(SEV_TIO) },
	{ 44, "IOMMU: a leaf larger than the page that it walked to",
	  "guest", "dma", larger_leaf, "host wait seconds=1\n", PLANT_ALL & ~ON(SEV_TIO) },
	{ 45, "IOMMU: forgets nothing",
	  "guest", "start", forgets_nothing, "guest dma\nvmm detach 0000:01:00.0\n", PLANT_ALL & ~ON(COVE_IO) },
	{ 0, NULL, NULL, NULL, NULL, NULL, 0 },
};
/* clang-format on */
