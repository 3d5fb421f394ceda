/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdlib.h>

#include "arch/cove/abi.h"
#include "arch/cove/own.h"
#include "base/arena.h"
#include "mem/s2.h"

/*
 * Who may touch what: page states against every agent, the two device
 * directories, the classifier, and what is remembered until it is invalidated.
 * Bytes of entries are written out here from RISC-V IOMMU 1.0 and the
 * privileged architecture.
 */

#define RAM	 UINT64_C(0x80000000)
#define RAM_SIZE (16 * PAGE_2M)
#define TSM	 (RAM + 14 * PAGE_2M)
#define BAR	 UINT64_C(0x40000000)
#define VMIDS	 8
#define RID	 0x0108
#define PORT	 3
#define STREAM	 5

struct rig {
	struct arena arena;
	struct env env;
	struct mem m;
	struct cove_own o;
	struct iommu i;
};

static enum il_err bar_io(void *ctx, const struct mem_req *q, bool trusted,
			  uint64_t pa, uint8_t *buf, uint32_t len,
			  struct fault *f)
{
	(void)ctx;
	(void)q;
	(void)pa;
	(void)f;
	memset(buf, trusted, len);
	return IL_OK;
}

static enum il_err bar_put(void *ctx, const struct mem_req *q, bool trusted,
			   uint64_t pa, const uint8_t *buf, uint32_t len,
			   struct fault *f)
{
	(void)buf;
	(void)ctx;
	(void)q;
	(void)trusted;
	(void)pa;
	(void)len;
	(void)f;
	return IL_OK;
}

static const struct mem_mmio_ops bar_ops = { bar_io, bar_put };

static struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	assert_int_equal(arena_map(&r->arena, 0, 128 << 20), IL_OK);

	struct mem_cfg mc = { &r->arena, &r->env, COVE_OWN_KEYS(VMIDS), 4 };
	struct cove_own_cfg oc = { &r->arena, &r->env, &r->m, VMIDS, TSM };
	struct iommu_cfg ic = { .arena = &r->arena,
				.env = &r->env,
				.mem = &r->m,
				.rules = &cove_iommu_rules,
				.rules_ctx = &r->o,
				.tlb_slots = 64,
				.entry_slots = 16,
				.queue_slots = 16 };

	assert_int_equal(mem_init(&r->m, &mc), IL_OK);
	assert_int_equal(mem_add_ram(&r->m, RAM, RAM_SIZE), IL_OK);
	assert_int_equal(mem_add_mmio(&r->m, BAR, PAGE_2M, &bar_ops, r), IL_OK);
	assert_int_equal(cove_own_init(&r->o, &oc), IL_OK);
	assert_int_equal(cove_own_cover(&r->o, RAM, RAM_SIZE, false, 0), IL_OK);
	assert_int_equal(cove_own_cover(&r->o, BAR, PAGE_2M, true, PORT),
			 IL_OK);
	assert_int_equal(iommu_init(&r->i, &ic), IL_OK);
	assert_int_equal(cove_own_start(&r->o, &r->i, 0x77), IL_OK);
	assert_int_equal(cove_own_vmid(&r->o, 1, 0x1111), IL_OK);
	assert_int_equal(cove_own_vmid(&r->o, 2, 0x2222), IL_OK);
	return r;
}

static void rig_free(struct rig *r)
{
	assert_true(cove_own_sane(&r->o));
	arena_unmap(&r->arena);
	free(r);
}

/* A page from the host's hands to @to. */
static void page_to(struct rig *r, uint64_t pa, enum cove_page_state to,
		    uint32_t vmid, uint64_t gpa)
{
	static const enum cove_page_state way[] = { COVE_PG_CONVERTING,
						    COVE_PG_FENCING,
						    COVE_PG_FREE };
	enum cove_page_state at = COVE_PG_HOST;

	for (unsigned i = 0; at != to && i < COUNT(way); i++) {
		assert_int_equal(cove_own_move(&r->o, pa, at, way[i], 0, 0),
				 IL_OK);
		at = way[i];
	}
	if (to == COVE_PG_BLOCKED) {
		assert_int_equal(
			cove_own_move(&r->o, pa, at, COVE_PG_TVM, vmid, gpa),
			IL_OK);
		at = COVE_PG_TVM;
	}
	if (at != to)
		assert_int_equal(cove_own_move(&r->o, pa, at, to, vmid, gpa),
				 IL_OK);
}

/* Which rule refuses it; NULL: none. */
static const struct rule *asks(struct rig *r, enum fault_agent who,
			       bool trusted, uint32_t owner, bool write,
			       uint64_t pa)
{
	const struct mem_req q = { .who = who,
				   .write = write,
				   .trusted = trusted,
				   .owner = owner,
				   .gpa = 0x1000,
				   .leaf = PAGE_4K,
				   .pa = pa,
				   .len = 8 };
	struct fault f = { 0 };

	return mem_check(&r->m, &q, &f) ? f.rule : NULL;
}

/* Rows by state, columns by agent; rule or NULL. */
static void each_state_lets_in_whom_the_table_says(void **unused)
{
#define U &cove_rule_unassigned
#define T &cove_rule_tsm
	static const struct {
		enum cove_page_state state;
		uint32_t vmid;
		const struct rule *host, *dma0, *mine, *other, *dma1;
		const struct rule *plain, *own, *keyed;
	} rows[] = {
		/* state, vmid, host, T=0, vCPU 1, vCPU 2, T=1 of 1, firmware:
		 * no key, its own, key of 1 */
		{ COVE_PG_HOST, 0, NULL, NULL, NULL, NULL, NULL, NULL, T, T },
		{ COVE_PG_CONVERTING, 0, &cove_rule_mpt, &cove_rule_io_mpt, U,
		  U, U, T, T, T },
		{ COVE_PG_FENCING, 0, &cove_rule_mpt, &cove_rule_io_mpt, U, U,
		  U, T, T, T },
		{ COVE_PG_FREE, 0, &cove_rule_mpt, &cove_rule_io_mpt, U, U, U,
		  T, T, T },
		{ COVE_PG_STATE, 1, &cove_rule_mpt, &cove_rule_io_mpt, U, U, U,
		  T, NULL, T },
		{ COVE_PG_TABLE, 1, &cove_rule_mpt, &cove_rule_io_mpt, U, U, U,
		  NULL, T, T },
		{ COVE_PG_TVM, 1, &cove_rule_mpt, &cove_rule_io_mpt, NULL,
		  &cove_rule_owner, NULL, T, T, NULL },
		{ COVE_PG_BLOCKED, 1, &cove_rule_mpt, &cove_rule_io_mpt,
		  &cove_rule_blocked, &cove_rule_owner, &cove_rule_blocked, T,
		  T, NULL },
	};
#undef U
#undef T
	struct rig *r = rig_new();

	(void)unused;
	for (unsigned i = 0; i < COUNT(rows); i++)
		for (unsigned w = 0; w < 2; w++) {
			uint64_t pa = RAM + PAGE_2M + (2 * i + w) * PAGE_4K;

			page_to(r, pa, rows[i].state, rows[i].vmid, 0x1000);
			assert_ptr_equal(asks(r, AGENT_HOST, false, 0, w, pa),
					 rows[i].host);
			assert_ptr_equal(asks(r, AGENT_VCPU, false, 0, w, pa),
					 rows[i].host);
			assert_ptr_equal(asks(r, AGENT_DEVICE, false, 0, w, pa),
					 rows[i].dma0);
			assert_ptr_equal(asks(r, AGENT_VCPU, true, 1, w, pa),
					 rows[i].mine);
			assert_ptr_equal(asks(r, AGENT_VCPU, false, 1, w, pa),
					 rows[i].mine);
			assert_ptr_equal(asks(r, AGENT_VCPU, true, 2, w, pa),
					 rows[i].other);
			assert_ptr_equal(asks(r, AGENT_DEVICE, true, 1, w, pa),
					 rows[i].dma1);
			assert_ptr_equal(
				asks(r, AGENT_FIRMWARE, false, 0, w, pa),
				rows[i].plain);
			assert_ptr_equal(
				asks(r, AGENT_FIRMWARE, true, 0, w, pa),
				rows[i].own);
			assert_ptr_equal(
				asks(r, AGENT_FIRMWARE, true, 1, w, pa),
				rows[i].keyed);
		}
	assert_ptr_equal(asks(r, AGENT_HOST, false, 0, false, TSM),
			 &cove_rule_mpt);
	assert_ptr_equal(asks(r, AGENT_FIRMWARE, true, 0, true, TSM), NULL);
	rig_free(r);
}

static void a_region_is_its_tvms_cpus_alone_and_with_t(void **unused)
{
	struct rig *r = rig_new();
	struct mem_req q = { .who = AGENT_VCPU,
			     .owner = 1,
			     .gpa = 0x5000,
			     .pa = BAR,
			     .len = 8 };
	uint8_t b[8] = { 9 };
	struct fault f;

	(void)unused;
	/* the host's: no T bit, whoever asks */
	assert_int_equal(mem_access(&r->m, &q, b, &f), IL_OK);
	assert_int_equal(b[0], false);
	page_to(r, BAR + PAGE_4K, COVE_PG_HOST, 0, 0);
	assert_int_equal(cove_own_move(&r->o, BAR, COVE_PG_HOST, COVE_PG_REGION,
				       1, 0x5000),
			 IL_OK);
	assert_int_equal(mem_access(&r->m, &q, b, &f), IL_OK);
	assert_int_equal(b[0], true);
	assert_ptr_equal(asks(r, AGENT_VCPU, true, 2, false, BAR),
			 &cove_rule_owner);
	assert_ptr_equal(asks(r, AGENT_HOST, false, 0, true, BAR),
			 &cove_rule_mpt);
	assert_ptr_equal(asks(r, AGENT_DEVICE, true, 1, true, BAR),
			 &cove_rule_p2p);
	assert_ptr_equal(asks(r, AGENT_DEVICE, false, 0, true, BAR),
			 &cove_rule_io_mpt);
	rig_free(r);
}

static void a_tvm_without_key_reaches_nothing_of_its_own(void **unused)
{
	struct rig *r = rig_new();
	const uint64_t pa = RAM + PAGE_2M;

	(void)unused;
	page_to(r, pa, COVE_PG_TVM, 2, 0x1000);
	assert_ptr_equal(asks(r, AGENT_VCPU, true, 2, false, pa), NULL);
	/* not while a page names it */
	assert_int_equal(cove_own_vmid(&r->o, 2, 0), IL_E_STATE);
	cove_own_release(&r->o, 2);
	assert_int_equal(cove_own_vmid(&r->o, 2, 0), IL_OK);
	assert_int_equal(cove_own_vmid(&r->o, 2, 0), IL_E_STATE);
	assert_int_equal(
		cove_own_move(&r->o, pa, COVE_PG_FREE, COVE_PG_TVM, 2, 0x1000),
		IL_OK);
	assert_ptr_equal(asks(r, AGENT_VCPU, true, 2, false, pa),
			 &cove_rule_inactive);
	rig_free(r);
}

/* Every pair of states; legal moves written from the calls of the draft. */
static void pages_move_along_listed_edges_alone(void **unused)
{
	static const uint8_t legal[][2] = {
		{ COVE_PG_HOST, COVE_PG_CONVERTING },
		{ COVE_PG_CONVERTING, COVE_PG_FENCING },
		{ COVE_PG_FENCING, COVE_PG_FREE },
		{ COVE_PG_FREE, COVE_PG_HOST },
		{ COVE_PG_FREE, COVE_PG_STATE },
		{ COVE_PG_FREE, COVE_PG_TABLE },
		{ COVE_PG_FREE, COVE_PG_TVM },
		{ COVE_PG_STATE, COVE_PG_FREE },
		{ COVE_PG_TABLE, COVE_PG_FREE },
		{ COVE_PG_TVM, COVE_PG_BLOCKED },
		{ COVE_PG_TVM, COVE_PG_FREE },
		{ COVE_PG_BLOCKED, COVE_PG_TVM },
		{ COVE_PG_BLOCKED, COVE_PG_FREE },
	};
	struct rig *r = rig_new();
	uint64_t pa = RAM + PAGE_2M;

	(void)unused;
	for (unsigned a = COVE_PG_HOST; a <= COVE_PG_BLOCKED; a++)
		for (unsigned b = COVE_PG_HOST; b < COVE_PG_STATES;
		     b++, pa += PAGE_4K) {
			bool ok = false;

			if (a == COVE_PG_TSM)
				continue;
			page_to(r, pa, (enum cove_page_state)a,
				a >= COVE_PG_STATE ? 1 : 0, 0x1000);
			for (unsigned i = 0; i < COUNT(legal); i++)
				ok |= legal[i][0] == a && legal[i][1] == b;
			assert_int_equal(
				cove_own_move(
					&r->o, pa, (enum cove_page_state)a,
					(enum cove_page_state)b,
					b >= COVE_PG_STATE ? 1 : 0, 0x2000),
				ok ? IL_OK : IL_E_STATE);
			/* another TVM's, and from another state */
			if (ok && b >= COVE_PG_STATE && a >= COVE_PG_STATE)
				assert_int_equal(
					cove_own_move(&r->o, pa,
						      (enum cove_page_state)b,
						      (enum cove_page_state)a,
						      2, 0),
					IL_E_STATE);
		}
	assert_int_equal(
		cove_own_move(&r->o, TSM, COVE_PG_TSM, COVE_PG_FREE, 0, 0),
		IL_E_STATE);
	assert_int_equal(cove_own_move(&r->o, RAM + RAM_SIZE, COVE_PG_HOST,
				       COVE_PG_CONVERTING, 0, 0),
			 IL_E_ARG);
	assert_int_equal(cove_own_move(&r->o, BAR, COVE_PG_HOST,
				       COVE_PG_CONVERTING, 0, 0),
			 IL_E_STATE);
	rig_free(r);
}

static void a_page_that_is_shown_shared_is_not_converted(void **unused)
{
	struct rig *r = rig_new();
	const uint64_t pa = RAM + PAGE_2M;

	(void)unused;
	assert_int_equal(cove_own_ref(&r->o, pa, true), IL_OK);
	assert_int_equal(cove_own_move(&r->o, pa, COVE_PG_HOST,
				       COVE_PG_CONVERTING, 0, 0),
			 IL_E_STATE);
	assert_int_equal(cove_own_ref(&r->o, pa, false), IL_OK);
	assert_int_equal(cove_own_ref(&r->o, pa, false), IL_E_STATE);
	page_to(r, pa, COVE_PG_FREE, 0, 0);
	assert_int_equal(cove_own_ref(&r->o, pa, true), IL_E_STATE);
	rig_free(r);
}

static void stored_bytes_are_of_the_owners_key(void **unused)
{
	struct rig *r = rig_new();
	const uint64_t pa = RAM + PAGE_2M;
	struct mem_req q = { .who = AGENT_VCPU,
			     .write = true,
			     .owner = 1,
			     .gpa = 0x1000,
			     .pa = pa,
			     .len = 8 };
	uint8_t b[8] = "secret!", raw[8];
	struct fault f;

	(void)unused;
	page_to(r, pa, COVE_PG_TVM, 1, 0x1000);
	assert_int_equal(mem_access(&r->m, &q, b, &f), IL_OK);
	assert_int_equal(mem_raw(&r->m, pa, raw, sizeof(raw)), IL_OK);
	assert_memory_not_equal(raw, b, sizeof(b));
	rig_free(r);
}

/* --- DMA --- */

static void put64(struct rig *r, uint64_t pa, uint64_t v)
{
	uint8_t b[8];
	struct fault f;

	cove_put_u64(b, 0, v);
	assert_int_equal(mem_host_write(&r->m, pa, b, sizeof(b), &f), IL_OK);
}

static const struct rule *dma(struct rig *r, bool t, int stream, uint8_t port,
			      uint64_t iova, bool write, uint64_t *pa)
{
	const struct iommu_req q = { .rid = RID,
				     .t = t,
				     .stream = stream,
				     .port = port,
				     .iova = iova,
				     .write = write,
				     .len = 8 };
	struct mem_req out;
	struct fault f = { 0 };

	if (iommu_translate(&r->i, &q, &out, &f))
		return f.rule;
	if (pa)
		*pa = out.pa;
	return NULL;
}

#define DDT  (RAM + PAGE_2M)
#define LEAF (DDT + PAGE_4K)
#define ROOT (RAM + 2 * PAGE_2M) /* 16 KiB */
#define L3   (ROOT + 4 * PAGE_4K)
#define L2   (ROOT + 5 * PAGE_4K)
#define L1   (ROOT + 6 * PAGE_4K)
#define DATA (ROOT + 8 * PAGE_4K)
#define IOVA UINT64_C(0x5000)

/* RID 0x0108: directory entry 2 (128 contexts each), context 8 of its page. */
#define DDTE_AT (DDT + 2 * 8)
#define DC_AT	(LEAF + 8 * 32)

/* Sv48x4 by hand: V in bit 0, PPN from bit 10; leaf 0xd7: V R W U A D. */
static void host_tables(struct rig *r)
{
	put64(r, ROOT, (L3 >> 12) << 10 | 1);
	put64(r, L3, (L2 >> 12) << 10 | 1);
	put64(r, L2, (L1 >> 12) << 10 | 1);
	put64(r, L1 + 5 * 8, (DATA >> 12) << 10 | 0xd7);
	put64(r, DDTE_AT, (LEAF >> 12) << 10 | 1);
	put64(r, DC_AT, 1);
	put64(r, DC_AT + 8, UINT64_C(9) << 60 | UINT64_C(7) << 44 | ROOT >> 12);
	put64(r, DC_AT + 16, 0);
	put64(r, DC_AT + 24, 0);
	assert_int_equal(iommu_set_device_table(&r->i, DDT, 65536), IL_OK);
}

static void forget(struct rig *r)
{
	assert_int_equal(iommu_inval_all(&r->i), IL_OK);
	iommu_wait(&r->i);
}

static void plain_dma_goes_by_the_hosts_directory(void **unused)
{
	struct rig *r = rig_new();
	uint64_t pa = 0;

	(void)unused;
	assert_ptr_equal(dma(r, false, IOMMU_NO_STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_ddt_off);
	host_tables(r);
	forget(r);
	assert_ptr_equal(
		dma(r, false, IOMMU_NO_STREAM, PORT, IOVA + 16, true, &pa),
		NULL);
	assert_int_equal(pa, DATA + 16);
	/* remembered, and yet judged each time */
	page_to(r, DATA, COVE_PG_TVM, 1, 0x1000);
	assert_ptr_equal(dma(r, false, IOMMU_NO_STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_io_mpt);
	assert_ptr_equal(
		dma(r, false, IOMMU_NO_STREAM, PORT, IOVA, false, NULL),
		&cove_rule_io_mpt);
	rig_free(r);
}

static void a_context_that_is_not_as_it_must_be_admits_nothing(void **unused)
{
	static const struct {
		uint64_t at;
		uint64_t v;
		const struct rule *rule;
	} bad[] = {
		{ DDTE_AT, 0, &cove_rule_ddt_invalid },
		{ DDTE_AT, (LEAF >> 12) << 10 | 3, &cove_rule_ddt_bad },
		{ DC_AT, 0, &cove_rule_ddt_invalid },
		{ DC_AT, 1 | 2, &cove_rule_ddt_bad },	       /* EN_ATS */
		{ DC_AT, 1 | 0x20, &cove_rule_ddt_bad },       /* PDTV */
		{ DC_AT + 8, ROOT >> 12, &cove_rule_ddt_bad }, /* Bare */
		{ DC_AT + 8, UINT64_C(8) << 60 | ROOT >> 12,
		  &cove_rule_ddt_bad }, /* Sv39x4 */
		{ DC_AT + 8, UINT64_C(9) << 60 | (ROOT >> 12 | 1),
		  &cove_rule_ddt_bad }, /* not 16 KiB */
		{ DC_AT + 16, 1 << 12, &cove_rule_ddt_bad },
		{ DC_AT + 24, UINT64_C(8) << 60, &cove_rule_ddt_bad },
	};
	struct rig *r = rig_new();

	(void)unused;
	for (unsigned i = 0; i < COUNT(bad); i++) {
		host_tables(r);
		put64(r, bad[i].at, bad[i].v);
		forget(r);
		assert_ptr_equal(
			dma(r, false, IOMMU_NO_STREAM, PORT, IOVA, true, NULL),
			bad[i].rule);
	}
	/* a leaf page of the directory that is no longer the host's */
	host_tables(r);
	page_to(r, LEAF, COVE_PG_FREE, 0, 0);
	forget(r);
	assert_ptr_equal(dma(r, false, IOMMU_NO_STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_ddt_bad);
	rig_free(r);
}

/* The TVM's table, in pages of its own. */
static void tvm_tables(struct rig *r)
{
	host_tables(r);
	for (uint64_t at = ROOT; at <= L1; at += PAGE_4K)
		page_to(r, at, COVE_PG_TABLE, 1, 0);
	page_to(r, DATA, COVE_PG_TVM, 1, IOVA);
}

static void trusted_dma_needs_class_context_stream_and_port(void **unused)
{
	const struct cove_class c = { true, STREAM, PORT };
	const struct cove_class off = { 0 };
	struct cove_dc dc = { .gscid = 1, .root = ROOT };
	struct rig *r = rig_new();
	uint64_t pa = 0;

	(void)unused;
	tvm_tables(r);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_sdcl);
	assert_int_equal(cove_own_class(&r->o, RID, &c), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_dc_invalid);
	assert_int_equal(cove_own_dc_write(&r->o, RID, &dc), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_dc_invalid);
	dc.valid = true;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &dc), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA + 8, true, &pa), NULL);
	assert_int_equal(pa, DATA + 8);
	assert_ptr_equal(dma(r, true, STREAM + 1, PORT, IOVA, true, NULL),
			 &cove_rule_sdcl_stream);
	assert_ptr_equal(dma(r, true, STREAM, PORT + 1, IOVA, true, NULL),
			 &cove_rule_sdcl_port);
	assert_ptr_equal(dma(r, true, STREAM, PORT, 0x6000, true, NULL),
			 &iommu_rule_missing);
	/* neither is remembered when it is taken away */
	dc.valid = false;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &dc), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_dc_invalid);
	assert_false(iommu_reaches(&r->i, DATA));
	dc.valid = true;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &dc), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL), NULL);
	assert_int_equal(cove_own_dcs(&r->o, 1), 1);
	assert_int_equal(cove_own_class(&r->o, RID, &off), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_sdcl);
	rig_free(r);
}

static void a_block_reaches_the_iommu_by_the_fence(void **unused)
{
	const struct cove_class c = { true, STREAM, PORT };
	const struct cove_dc dc = { .valid = true, .gscid = 1, .root = ROOT };
	struct rig *r = rig_new();

	(void)unused;
	tvm_tables(r);
	assert_int_equal(cove_own_class(&r->o, RID, &c), IL_OK);
	assert_int_equal(cove_own_dc_write(&r->o, RID, &dc), IL_OK);
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL), NULL);
	assert_true(iommu_reaches(&r->i, DATA));
	assert_int_equal(cove_own_move(&r->o, DATA, COVE_PG_TVM,
				       COVE_PG_BLOCKED, 1, IOVA),
			 IL_OK);
	assert_true(iommu_reaches(&r->i, DATA));
	assert_ptr_equal(dma(r, true, STREAM, PORT, IOVA, true, NULL),
			 &cove_rule_blocked);
	cove_own_io_fence(&r->o, 2); /* another TVM's */
	assert_true(iommu_reaches(&r->i, DATA));
	cove_own_io_fence(&r->o, 1);
	assert_false(iommu_reaches(&r->i, DATA));
	rig_free(r);
}

/* The TSM's context, as the specification lays it out. */
static void the_tsms_context_has_the_bytes_of_the_specification(void **unused)
{
	const struct cove_dc dc = { .valid = true, .gscid = 3, .root = ROOT };
	struct mem_req q = { .who = AGENT_FIRMWARE,
			     .trusted = true,
			     .gpa = TSM,
			     .pa = TSM + 2 * 8,
			     .len = 8 };
	struct rig *r = rig_new();
	struct cove_dc back;
	uint8_t b[32], raw[8];
	struct fault f;

	(void)unused;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &dc), IL_OK);
	assert_int_equal(mem_access(&r->m, &q, b, &f), IL_OK);
	/* leaf page of directory entry 2: the fourth page of the TSM's */
	assert_int_equal(cove_u64(b, 0), ((TSM >> 12) + 3) << 10 | 1);
	q.pa = TSM + 3 * PAGE_4K + 8 * 32;
	q.len = 32;
	assert_int_equal(mem_access(&r->m, &q, b, &f), IL_OK);
	assert_int_equal(cove_u64(b, 0), 1);
	assert_int_equal(cove_u64(b, 8),
			 UINT64_C(9) << 60 | UINT64_C(3) << 44 | ROOT >> 12);
	assert_int_equal(cove_u64(b, 16) | cove_u64(b, 24), 0);
	/* the host sees none of it, not even by a probe */
	assert_int_equal(mem_raw(&r->m, q.pa, raw, 8), IL_OK);
	assert_memory_not_equal(raw, b, 8);
	assert_int_equal(cove_own_dc_read(&r->o, RID, &back), IL_OK);
	assert_true(back.valid && back.gscid == 3 && back.root == ROOT);
	assert_int_equal(cove_own_dc_next(&r->o, 0), RID);
	assert_int_equal(cove_own_dc_next(&r->o, RID + 1), UINT32_MAX);
	/* fields that do not fit */
	back.root = ROOT + PAGE_4K;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &back), IL_E_ARG);
	back.root = ROOT;
	back.gscid = VMIDS;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &back), IL_E_ARG);
	back.gscid = 0;
	assert_int_equal(cove_own_dc_write(&r->o, RID, &back), IL_E_ARG);
	assert_int_equal(cove_own_dc_write(&r->o, 65536, &dc), IL_E_ARG);
	rig_free(r);
}

/* Fault records: cause 11:0, TTYP 39:34, DID 63:40; iotval at 16. */
static void a_refusal_is_a_record_without_a_tvms_address(void **unused)
{
	struct rig *r = rig_new();
	const uint64_t log = RAM + 4 * PAGE_2M;
	uint8_t b[32];
	struct fault f;

	(void)unused;
	assert_int_equal(iommu_set_event_log(&r->i, log, 4), IL_OK);
	host_tables(r);
	assert_ptr_equal(
		dma(r, false, IOMMU_NO_STREAM, PORT, 0x7000, true, NULL),
		&iommu_rule_missing);
	assert_int_equal(mem_host_read(&r->m, log, b, sizeof(b), &f), IL_OK);
	assert_int_equal(cove_u64(b, 0),
			 UINT64_C(0x0108) << 40 | UINT64_C(3) << 34 | 23);
	assert_int_equal(cove_u64(b, 16), 0x7000);
	assert_ptr_equal(dma(r, true, STREAM, PORT, 0x7000, false, NULL),
			 &cove_rule_sdcl);
	assert_int_equal(mem_host_read(&r->m, log + 32, b, sizeof(b), &f),
			 IL_OK);
	assert_int_equal(cove_u64(b, 0) >> 40, 0x0108);
	assert_int_equal(cove_u64(b, 16) | cove_u64(b, 24), 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_lets_in_whom_the_table_says),
		cmocka_unit_test(a_region_is_its_tvms_cpus_alone_and_with_t),
		cmocka_unit_test(a_tvm_without_key_reaches_nothing_of_its_own),
		cmocka_unit_test(pages_move_along_listed_edges_alone),
		cmocka_unit_test(a_page_that_is_shown_shared_is_not_converted),
		cmocka_unit_test(stored_bytes_are_of_the_owners_key),
		cmocka_unit_test(plain_dma_goes_by_the_hosts_directory),
		cmocka_unit_test(
			a_context_that_is_not_as_it_must_be_admits_nothing),
		cmocka_unit_test(
			trusted_dma_needs_class_context_stream_and_port),
		cmocka_unit_test(a_block_reaches_the_iommu_by_the_fence),
		cmocka_unit_test(
			the_tsms_context_has_the_bytes_of_the_specification),
		cmocka_unit_test(a_refusal_is_a_record_without_a_tvms_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
