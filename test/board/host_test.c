/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of the host, offsets and bits written out. */
#include "arch/sev_tio/fw_rig.h"

#include "board/host.h"

#define ID	 0x000
#define VERSION	 0x004
#define BUF_LO	 0x010
#define BUF_HI	 0x014
#define RESP	 0x018
#define IRQ	 0x01c
#define PA	 0x040
#define GPA	 0x048
#define ASID_OF	 0x050
#define FLAGS	 0x054
#define COUNT_OF 0x058
#define OP	 0x05c
#define RC	 0x060
#define PAGES	 0x064
#define COPY_PA	 0x080
#define COPY_BUF 0x088
#define COPY_LEN 0x090
#define COPY_OP	 0x094
#define COPY_RC	 0x098
#define TABLE	 0x0c0
#define TABLE_N	 0x0c8
#define LOG	 0x0d0
#define LOG_N	 0x0d8
#define LOG_HEAD 0x0dc
#define LOG_TAIL 0x0e0
#define INV_ADDR 0x0e8
#define INV_SIZE 0x0f0
#define INV_ID	 0x0f8
#define INV_OP	 0x0fc

#define RMPUPDATE 1
#define PSMASH	  2
#define RMPREAD	  3
#define ASSIGNED  0x01u
#define LARGE	  0x02u
#define IMMUTABLE 0x04u
#define HPAGE	  0x20u
#define FAULT	  0xffff

#define DONE   0x80000000u
#define STATUS 0x83 /* SNP_PLATFORM_STATUS */

/* A 2 MiB of the rig that nobody else uses. */
#define FREE	    (FW_RAM + 8 * PAGE_2M)
#define ONES	    UINT64_MAX
#define ONES4	    UINT64_C(0xffffffff)
#define RAM_END	    (FW_RAM + FW_RAM_SIZE)
#define NOT_READY_N 4 /* the exchange whose answer is put off: GET_DIGESTS */

static struct fwrig *r;
static struct board_exit x;
static struct board_host h;
static unsigned irqs[3];
static uint32_t causes, seen;
static uint64_t named;
static unsigned refusals;
static const struct rule *why;

static void irq(void *ctx, unsigned vector)
{
	assert_ptr_equal(ctx, &h);
	assert_true(vector < 3);
	irqs[vector]++;
}

static uint32_t get_causes(void *ctx)
{
	assert_ptr_equal(ctx, &h);
	return causes;
}

static void see(void *ctx, uint32_t bits)
{
	assert_ptr_equal(ctx, &h);
	seen |= bits;
}

static void name(void *ctx, uint64_t pa)
{
	assert_ptr_equal(ctx, &h);
	named = pa;
}

static void refused(void *ctx, const struct fault *f)
{
	assert_ptr_equal(ctx, &h);
	assert_int_equal(f->who, AGENT_HOST);
	refusals++;
	why = f->rule;
}

static int up(void **state)
{
	(void)state;
	r = fwrig_new();
	board_exit_init(&x, FREE, PAGE_2M);
	const struct board_host_cfg cfg = { .mem = &r->m,
					    .own = &r->o,
					    .fw = r->fw,
					    .iommu = &r->i,
					    .exit = &x,
					    .irq = irq,
					    .causes = get_causes,
					    .seen = see,
					    .named = name,
					    .refused = refused,
					    .ctx = &h };

	board_host_init(&h, &cfg);
	memset(irqs, 0, sizeof(irqs));
	causes = seen = 0;
	named = 0;
	refusals = 0;
	why = NULL;
	return 0;
}

static int down(void **state)
{
	(void)state;
	fwrig_free(r);
	return 0;
}

static void put(uint32_t off, uint64_t val, uint32_t len)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(val >> 8 * i);
	board_host_put(&h, off, b, len);
}

static uint64_t get(uint32_t off, uint32_t len)
{
	uint8_t b[16] = { 0 };
	uint64_t val = 0;

	board_host_get(&h, off, b, len);
	for (unsigned i = 8; i-- > 0;)
		val = val << 8 | b[i];
	return val;
}

static uint32_t insn(uint32_t op, uint64_t pa, uint64_t gpa, uint32_t n,
		     uint32_t asid, uint32_t flags)
{
	put(PA, pa, 8);
	put(GPA, gpa, 8);
	put(COUNT_OF, n, 4);
	put(ASID_OF, asid, 4);
	put(FLAGS, flags, 4);
	put(OP, op, 4);
	return (uint32_t)get(RC, 4);
}

/* --- access --- */

static void registers_of_four_bytes_are_read_whole(void **s)
{
	(void)s;
	assert_int_equal(get(ID, 4), 0x494c4b42);
	assert_int_equal(get(VERSION, 4), 1);
	put(ID, 0, 4);
	assert_int_equal(get(ID, 4), 0x494c4b42);
}

static void accesses_of_another_size_or_place_do_nothing(void **s)
{
	static const struct {
		uint32_t off, len;
	} bad[] = { { ID, 1 },	       { ID, 2 },	{ ID, 8 },
		    { ID + 2, 4 },     { ID + 1, 1 },	{ PA, 1 },
		    { PA, 16 },	       { PA + 1, 8 },	{ PA + 2, 4 },
		    { PA + 4, 8 },     { COUNT_OF, 8 }, { COUNT_OF, 2 },
		    { BUF_LO, 8 },     { RESP, 8 },	{ 0x008, 4 },
		    { 0x068, 4 },      { 0x070, 8 },	{ 0x0a0, 4 },
		    { 0x100, 4 },      { 0x13c, 4 },	{ OP, 2 },
		    { COPY_OP + 1, 1 } };

	(void)s;
	put(PA, UINT64_C(0x1122334455667788), 8);
	put(COUNT_OF, 5, 4);
	for (unsigned i = 0; i < COUNT(bad); i++) {
		uint8_t b[16] = { 0 }, w[16] = { 0 };

		board_host_get(&h, bad[i].off, b, bad[i].len);
		for (unsigned k = 0; k < bad[i].len; k++)
			assert_int_equal(b[k], 0xff);
		board_host_put(&h, bad[i].off, w, bad[i].len);
	}
	assert_int_equal(get(PA, 8), UINT64_C(0x1122334455667788));
	assert_int_equal(get(COUNT_OF, 4), 5);
	assert_int_equal(get(RESP, 4), 0);
}

static void halves_of_a_wide_register_are_written_apart(void **s)
{
	static const uint32_t wide[] = { PA,	COPY_PA, COPY_BUF, GPA,
					 TABLE, LOG,	 INV_ADDR, INV_SIZE };

	(void)s;
	for (unsigned i = 0; i < COUNT(wide); i++) {
		put(wide[i], UINT64_C(0x1122334455667788), 8);
		put(wide[i] + 4, 0xaabbccdd, 4);
		assert_int_equal(get(wide[i], 8), UINT64_C(0xaabbccdd55667788));
		put(wide[i], 0x01020304, 4);
		assert_int_equal(get(wide[i], 8), UINT64_C(0xaabbccdd01020304));
		assert_int_equal(get(wide[i] + 4, 4), 0xaabbccdd);
	}
	put(BUF_LO, 0x1234, 4);
	put(BUF_HI, 0x5678, 4);
	assert_int_equal(get(BUF_LO, 4), 0x1234);
	assert_int_equal(get(BUF_HI, 4), 0x5678);
}

static void what_can_only_be_written_reads_as_ones(void **s)
{
	(void)s;
	assert_int_equal(get(OP, 4), ONES4);
	assert_int_equal(get(COPY_OP, 4), ONES4);
	assert_int_equal(get(INV_OP, 4), ONES4);
}

static void results_cannot_be_written(void **s)
{
	static const uint32_t ro[] = { RC, PAGES, COPY_RC, LOG_TAIL };

	(void)s;
	for (unsigned i = 0; i < COUNT(ro); i++) {
		put(ro[i], 0x55, 4);
		assert_int_equal(get(ro[i], 4), 0);
	}
}

static void causes_of_intx_are_those_of_the_board(void **s)
{
	(void)s;
	causes = 5;
	assert_int_equal(get(IRQ, 4), 5);
	put(IRQ, 4, 4);
	assert_int_equal(seen, 4);
}

static void exits_are_behind_the_same_page(void **s)
{
	(void)s;
	assert_int_equal(get(0x148, 8), FREE); /* VM_BASE */
	put(0x158, 3, 4);		       /* VM_ASID */
	assert_int_equal(x.asid, 3);
}

/* --- the mailbox --- */

static void ring(uint32_t cmd, uint64_t pa, bool irq_too)
{
	put(BUF_LO, (uint32_t)pa, 4);
	put(BUF_HI, pa >> 32, 4);
	put(RESP, cmd << 16 | irq_too, 4);
}

static void a_command_is_answered_with_its_status(void **s)
{
	uint8_t b[8], st[32];

	(void)s;
	sev_put_u64(b, 0, r->answer);
	host_put(r, r->cmd, b, sizeof(b));
	ring(STATUS, r->cmd, false);
	assert_int_equal(get(RESP, 4), DONE);
	host_get(r, r->answer, st, sizeof(st));
	assert_int_equal(st[2], 1); /* initialised */
	assert_int_equal(irqs[0], 0);
	/* a command that there is not */
	ring(0x7f, r->cmd, false);
	assert_int_equal(get(RESP, 4), DONE | 0x11);
	/* a buffer that is nowhere */
	ring(STATUS, UINT64_C(1) << 50, false);
	assert_int_equal(get(RESP, 4), DONE | 0x09);
}

static void the_answer_interrupts_who_asked_for_it(void **s)
{
	(void)s;
	ring(0x84, 0, true); /* DF_FLUSH */
	assert_int_equal(get(RESP, 4), DONE);
	assert_int_equal(irqs[0], 1);
	ring(0x84, 0, false);
	assert_int_equal(irqs[0], 1);
}

static void a_write_that_says_done_rings_nothing(void **s)
{
	(void)s;
	put(RESP, DONE | 0x84u << 16 | 1, 4);
	assert_int_equal(get(RESP, 4), 0);
	assert_int_equal(irqs[0], 0);
}

/* ERROR ResponseNotReady: 2^RDTExponent microseconds, DSP0274 1.2 §10.10 */
static void put_off(struct fwrig *rig, unsigned n)
{
	const uint8_t later[] = {
		rig->ans[0], 0x7f, 0x42, 0x00, 17, 0x81, 1, 2
	};

	if (n != NOT_READY_N)
		return;
	memset(rig->ans, 0, sizeof(rig->ans));
	memcpy(rig->ans, later, sizeof(later));
	rig->ans_len = sizeof(later);
	rig->spoil = NULL;
}

static void what_firmware_holds_is_answered_when_its_time_has_come(void **s)
{
	const uint64_t wait = UINT64_C(1000) << 17;
	uint8_t b[SEV_CMD_BUF_MAX];
	unsigned n = 0;

	(void)s;
	assert_int_equal(dev_create(r), 0);
	peer_enable(r->p);
	cmd_connect(r, b);
	sev_put_u32(b, 0, 0x50);
	host_put(r, r->cmd, b, 0x50);
	r->spoil = put_off;
	board_host_run(&h, 7);
	ring(0xd4, r->cmd, true);
	while (get(RESP, 4) == (DONE | 0x32)) {
		assert_int_equal(board_host_next_ns(&h), ONES);
		assert_true(fw_exchange(r));
		r->bounces = ++n;
		ring(0xd4, r->cmd, true);
		assert_true(n < 20);
	}
	/* it has the put-off answer now, and waits */
	assert_int_equal(n, NOT_READY_N);
	assert_int_equal(get(RESP, 4) & DONE, 0);
	assert_int_equal(irqs[0], n);
	assert_int_equal(board_host_next_ns(&h), 7 + wait);
	/* nothing is rung in the meantime */
	ring(0x84, 0, true);
	assert_int_equal(get(RESP, 4) & DONE, 0);
	board_host_run(&h, 6 + wait);
	assert_int_equal(get(RESP, 4) & DONE, 0);
	board_host_run(&h, 7 + wait);
	assert_int_equal(get(RESP, 4), DONE | 0x32);
	assert_int_equal(irqs[0], n + 1);
	assert_int_equal(board_host_next_ns(&h), ONES);
	/* RESPOND_IF_READY is what may go out now */
	host_get(r, r->req[0] + 0x50, b, 2);
	assert_int_equal(b[1], 0xff);
}

static void a_silent_processor_answers_when_it_is_honest_again(void **s)
{
	const unsigned n = irqs[0];

	(void)s;
	board_host_silent(&h, true);
	put(RESP, 0x84u << 16 | 1, 4); /* DF_FLUSH, which has no buffer */
	assert_int_equal(get(RESP, 4) >> 31, 0);
	board_host_run(&h, ONES - 1);
	assert_int_equal(get(RESP, 4) >> 31, 0);
	assert_int_equal(irqs[0], n);
	board_host_silent(&h, false);
	assert_int_equal(get(RESP, 4) >> 31, 1);
	assert_int_equal(irqs[0], n + 1);
	put(RESP, 0x84u << 16, 4);
	assert_int_equal(get(RESP, 4) >> 31, 1);
}

static void a_reset_forgets_registers_and_who_waited(void **s)
{
	(void)s;
	put(PA, 1, 8);
	put(COPY_LEN, 1, 4);
	put(INV_ID, 1, 4);
	h.psp.held = true;
	h.psp.irq = true;
	h.psp.due_ns = 5;
	board_host_reset(&h);
	assert_int_equal(get(PA, 8), 0);
	assert_int_equal(get(COPY_LEN, 4), 0);
	assert_int_equal(get(INV_ID, 4), 0);
	board_host_run(&h, 10);
	assert_int_equal(irqs[0], 0);
	assert_int_equal(get(RESP, 4), 0);
}

/* --- instructions --- */

static void rmpupdate_assigns_page_after_page(void **s)
{
	struct own_page p;

	(void)s;
	assert_int_equal(insn(RMPUPDATE, FREE, 0x5000, 3, 2, ASSIGNED), 0);
	assert_int_equal(get(PAGES, 4), 3);
	assert_int_equal(named, FREE + 2 * PAGE_4K);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(own_entry(&r->o, FREE + i * PAGE_4K, &p), 0);
		assert_int_equal(p.gpa, 0x5000 + i * PAGE_4K);
		assert_int_equal(p.asid, 2);
	}
	assert_int_equal(own_state(&r->o, FREE), OWN_GUEST_INVALID);
	assert_int_equal(own_state(&r->o, FREE + 3 * PAGE_4K), OWN_HYPERVISOR);
	/* firmware's, then refused, for it is immutable */
	assert_int_equal(insn(RMPUPDATE, FREE + 4 * PAGE_4K, 0, 1, 0,
			      ASSIGNED | IMMUTABLE),
			 0);
	assert_int_equal(own_state(&r->o, FREE + 4 * PAGE_4K), OWN_FIRMWARE);
	assert_int_equal(insn(RMPUPDATE, FREE + 4 * PAGE_4K, 0, 1, 0, 0), 2);
	assert_int_equal(get(PAGES, 4), 0);
}

static void rmpupdate_ends_where_the_covered_memory_ends(void **s)
{
	(void)s;
	/* a table of firmware's own: refused */
	assert_int_equal(insn(RMPUPDATE, FW_SDTE - PAGE_4K, 0, 2, 2, ASSIGNED),
			 2);
	assert_int_equal(get(PAGES, 4), 1);
	/* the last page of the memory */
	assert_int_equal(insn(RMPUPDATE, RAM_END - PAGE_4K, 0, 2, 2, ASSIGNED),
			 1);
	assert_int_equal(get(PAGES, 4), 1);
	/* BAR pages are covered, what is behind them is not */
	assert_int_equal(insn(RMPUPDATE, PEER_BAR + PAGE_2M - 2 * PAGE_4K, 0, 9,
			      2, ASSIGNED),
			 1);
	assert_int_equal(get(PAGES, 4), 2);
	assert_int_equal(own_state(&r->o, PEER_BAR + PAGE_2M - PAGE_4K),
			 OWN_GUEST_INVALID);
	/* over the end of all addresses */
	assert_int_equal(insn(RMPUPDATE, ONES - PAGE_4K + 1, 0, 2, 0, 0), 1);
	assert_int_equal(insn(RMPUPDATE, FREE, ONES - PAGE_4K + 1, 2, 0, 0), 1);
	assert_int_equal(get(PAGES, 4), 0);
}

static void rmpupdate_refuses_what_it_does_not_know(void **s)
{
	(void)s;
	fwrig_keep(r);
	assert_int_equal(insn(RMPUPDATE, FREE, 0, 0, 2, ASSIGNED), 1);
	assert_int_equal(insn(RMPUPDATE, FREE, 0, 0x40001, 2, ASSIGNED), 1);
	assert_int_equal(insn(RMPUPDATE, FREE, 0, ONES4, 2, ASSIGNED), 1);
	assert_int_equal(insn(RMPUPDATE, FREE + 8, 0, 1, 2, ASSIGNED), 1);
	assert_int_equal(insn(RMPUPDATE, FREE, 8, 1, 2, ASSIGNED), 1);
	assert_int_equal(insn(RMPUPDATE, FREE, 0, 1, FW_ASIDS, ASSIGNED), 1);
	assert_int_equal(insn(RMPUPDATE, FREE, 0, 1, 2, 0), 1);
	for (uint32_t f = 0x08; f; f <<= 1)
		assert_int_equal(insn(RMPUPDATE, FREE, 0, 1, 2, ASSIGNED | f),
				 1);
	assert_int_equal(get(PAGES, 4), 0);
	fwrig_same(r);
}

static void an_instruction_of_another_processor_is_a_fault(void **s)
{
	static const uint32_t ops[] = { 0, 4, 5, 6, 7, 0xffffffff };

	(void)s;
	fwrig_keep(r);
	for (unsigned i = 0; i < COUNT(ops); i++) {
		assert_int_equal(insn(ops[i], FREE, 0, 1, 2, ASSIGNED), FAULT);
		assert_int_equal(get(PAGES, 4), 0);
	}
	fwrig_same(r);
}

static void psmash_splits_each_large_page(void **s)
{
	(void)s;
	assert_int_equal(insn(RMPUPDATE, FREE, 0, 2, 2, ASSIGNED | LARGE), 0);
	assert_int_equal(get(PAGES, 4), 2);
	assert_int_equal(insn(PSMASH, FREE, 0, 3, 0, 0), 4); /* not large */
	assert_int_equal(get(PAGES, 4), 2);
	assert_int_equal(insn(RMPREAD, FREE + PAGE_2M + PAGE_4K, 0, 1, 0, 0),
			 0);
	assert_int_equal(get(FLAGS, 4), ASSIGNED | HPAGE);
	assert_int_equal(get(GPA, 8), PAGE_2M + PAGE_4K);
	assert_int_equal(insn(PSMASH, FREE + PAGE_4K, 0, 1, 0, 0), 1);
}

static void rmpread_tells_the_entry_and_nothing_more(void **s)
{
	(void)s;
	assert_int_equal(
		insn(RMPUPDATE, FREE, 0x7000, 1, 5, ASSIGNED | IMMUTABLE), 0);
	assert_int_equal(insn(RMPREAD, FREE, 0, 1, 0, 0), 0);
	assert_int_equal(get(FLAGS, 4), ASSIGNED | IMMUTABLE | HPAGE);
	assert_int_equal(get(GPA, 8), 0x7000);
	assert_int_equal(get(ASID_OF, 4), 5);
	assert_int_equal(get(PAGES, 4), 1);
	assert_int_equal(insn(RMPREAD, FREE + 2 * PAGE_2M, 1, 1, 1, ONES4), 0);
	assert_int_equal(get(FLAGS, 4), 0);
	assert_int_equal(get(ASID_OF, 4), 0);
	/* nothing there: the registers stay */
	assert_int_equal(insn(RMPREAD, 0, 0x1000, 1, 3, ASSIGNED), 1);
	assert_int_equal(get(GPA, 8), 0x1000);
	assert_int_equal(get(PAGES, 4), 0);
}

/* --- copies --- */

static uint32_t copy(uint32_t op, uint64_t pa, uint64_t buf, uint32_t len)
{
	put(COPY_PA, pa, 8);
	put(COPY_BUF, buf, 8);
	put(COPY_LEN, len, 4);
	put(COPY_OP, op, 4);
	return (uint32_t)get(COPY_RC, 4);
}

static void a_copy_goes_either_way_over_pages(void **s)
{
	uint8_t a[3 * PAGE_4K], b[3 * PAGE_4K];

	(void)s;
	for (unsigned i = 0; i < sizeof(a); i++)
		a[i] = (uint8_t)(i * 7 + i / 256);
	host_put(r, FREE + 100, a, sizeof(a));
	assert_int_equal(copy(1, FREE + 100, FREE + PAGE_2M + 5, sizeof(a)), 0);
	host_get(r, FREE + PAGE_2M + 5, b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(
		copy(2, FREE + 2 * PAGE_2M, FREE + PAGE_2M + 5, sizeof(a)), 0);
	memset(b, 0, sizeof(b));
	host_get(r, FREE + 2 * PAGE_2M, b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
}

static void a_copy_that_is_refused_moves_nothing(void **s)
{
	uint8_t a[2 * PAGE_4K], b[PAGE_4K], zero[PAGE_4K] = { 0 };

	(void)s;
	memset(a, 0x5a, sizeof(a));
	host_put(r, FREE, a, sizeof(a));
	assert_int_equal(page_assign(r, FREE + PAGE_2M + PAGE_4K, 0, 2, false),
			 RMP_OK);
	/* the second page of where it goes is a guest's */
	assert_int_equal(copy(1, FREE, FREE + PAGE_2M, sizeof(a)), 1);
	assert_ptr_equal(why, &own_rule_assigned);
	assert_int_equal(refusals, 1);
	host_get(r, FREE + PAGE_2M, b, sizeof(b));
	assert_memory_equal(b, zero, sizeof(b));
	assert_int_equal(copy(2, FREE + PAGE_2M, FREE, sizeof(a)), 1);
	host_get(r, FREE + PAGE_2M, b, sizeof(b));
	assert_memory_equal(b, zero, sizeof(b));
	/* one that goes well says so again */
	assert_int_equal(copy(1, FREE, FREE + PAGE_2M, PAGE_4K), 0);
}

static void a_copy_of_no_memory_or_no_size_is_refused(void **s)
{
	(void)s;
	assert_int_equal(copy(1, FREE, FREE + PAGE_2M, 0), 1);
	assert_int_equal(copy(1, FREE, FREE + PAGE_2M, 0x100001), 1);
	assert_int_equal(copy(1, FREE, FREE + PAGE_2M, ONES4), 1);
	assert_int_equal(copy(0, FREE, FREE + PAGE_2M, 8), 1);
	assert_int_equal(copy(3, FREE, FREE + PAGE_2M, 8), 1);
	assert_int_equal(refusals, 0);
	assert_int_equal(copy(1, 0x1000, FREE, 8), 1);
	assert_ptr_equal(why, &mem_rule_nothing);
	assert_int_equal(copy(1, FREE, ONES - 4, 8), 1);
	assert_int_equal(copy(1, ONES - 4, FREE, 8), 1);
	/* registers of a device are reached elsewhere */
	assert_int_equal(copy(1, PEER_BAR, FREE, 8), 1);
	assert_int_equal(copy(2, PEER_BAR, FREE, 8), 1);
	assert_int_equal(copy(1, FREE, PEER_BAR - 4, 8), 1);
	assert_int_equal(copy(1, FREE, FREE + PAGE_2M, 0x100000), 0);
}

/* --- the IOMMU --- */

static struct iommu_req dma(uint64_t iova)
{
	return (struct iommu_req){ .rid = PEER_RID,
				   .stream = IOMMU_NO_STREAM,
				   .port = PEER_PORT,
				   .iova = iova,
				   .len = 4 };
}

static const struct rule *translated(uint64_t iova)
{
	struct iommu_req q = dma(iova);
	struct mem_req out;
	struct fault f;

	return iommu_translate(&r->i, &q, &out, &f) ? f.rule : NULL;
}

static void the_table_is_on_once_it_has_entries(void **s)
{
	(void)s;
	put(TABLE, FREE, 8);
	assert_int_equal(get(TABLE_N, 4), 0);
	put(TABLE_N, 512, 4);
	assert_int_equal(get(TABLE_N, 4), 512);
	assert_int_equal(r->i.dev_table, FREE);
	/* what is refused changes nothing */
	put(TABLE, FREE + 8, 8);
	put(TABLE_N, 256, 4);
	assert_int_equal(get(TABLE_N, 4), 512);
	assert_int_equal(r->i.dev_table, FREE);
	put(TABLE, FREE, 8);
	put(TABLE_N, 0, 4);
	assert_int_equal(get(TABLE_N, 4), 0);
}

static void the_log_tells_that_it_grew(void **s)
{
	(void)s;
	put(TABLE, FREE, 8);
	put(TABLE_N, 512, 4);
	put(LOG, FREE + PAGE_2M, 8);
	put(LOG_N, 3, 4); /* no power of two */
	assert_int_equal(get(LOG_N, 4), 0);
	put(LOG_N, 256, 4);
	assert_int_equal(get(LOG_N, 4), 256);
	board_host_run(&h, 1);
	assert_int_equal(irqs[2], 0);
	assert_ptr_equal(translated(0x1000), &own_rule_dte_invalid);
	board_host_run(&h, 2);
	assert_int_equal(irqs[2], 1);
	assert_int_equal(get(LOG_TAIL, 4), 1);
	board_host_run(&h, 3);
	assert_int_equal(irqs[2], 1);
	put(LOG_HEAD, 1, 4);
	assert_int_equal(get(LOG_HEAD, 4), 1);
	put(LOG_HEAD, 256, 4); /* beyond the ring */
	assert_int_equal(get(LOG_HEAD, 4), 1);
	put(LOG_N, 0, 4);
	assert_int_equal(get(LOG_N, 4), 0);
	/* A new log is empty, and its first entry is told as well. */
	put(LOG_N, 256, 4);
	put(INV_OP, 3, 4);
	assert_int_equal(get(LOG_TAIL, 4), 0);
	assert_ptr_equal(translated(0x1000), &own_rule_dte_invalid);
	board_host_run(&h, 4);
	assert_int_equal(get(LOG_TAIL, 4), 1);
	assert_int_equal(irqs[2], 2);
}

static void an_invalidation_is_over_when_its_write_returns(void **s)
{
	const uint64_t at = FREE + PEER_RID * UINT64_C(32);
	uint8_t e[16] = { 0 };
	uint64_t done = 0;

	(void)s;
	put(TABLE, FREE, 8);
	put(TABLE_N, 512, 4);
	assert_ptr_equal(translated(0x1000), &own_rule_dte_invalid);
	/* the entry is one of passthrough now, and the old one remembered */
	sev_put_u64(e, 0, UINT64_C(3));
	host_put(r, at, e, sizeof(e));
	assert_ptr_equal(translated(0x1000), &own_rule_dte_invalid);
	put(INV_ID, 0x155, 4);
	put(INV_OP, 1, 4);
	assert_ptr_equal(translated(0x1000), &own_rule_dte_invalid);
	put(INV_ID, PEER_RID, 4);
	put(INV_OP, 1, 4);
	assert_ptr_not_equal(translated(0x1000), &own_rule_dte_invalid);
	/* all of them */
	sev_put_u64(e, 0, 0);
	host_put(r, at, e, sizeof(e));
	assert_ptr_not_equal(translated(0x1000), &own_rule_dte_invalid);
	put(INV_OP, 3, 4);
	assert_ptr_equal(translated(0x1000), &own_rule_dte_invalid);
	/* what is no command completes nothing */
	done = r->i.completed;
	put(INV_OP, 0, 4);
	put(INV_OP, 4, 4);
	assert_int_equal(r->i.completed, done);
	put(INV_ADDR, 0, 8);
	put(INV_SIZE, PAGE_4K, 8);
	put(INV_OP, 2, 4);
	assert_int_equal(r->i.completed, done + 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(registers_of_four_bytes_are_read_whole),
		T(accesses_of_another_size_or_place_do_nothing),
		T(halves_of_a_wide_register_are_written_apart),
		T(what_can_only_be_written_reads_as_ones),
		T(results_cannot_be_written),
		T(causes_of_intx_are_those_of_the_board),
		T(exits_are_behind_the_same_page),
		T(a_command_is_answered_with_its_status),
		T(the_answer_interrupts_who_asked_for_it),
		T(a_write_that_says_done_rings_nothing),
		T(what_firmware_holds_is_answered_when_its_time_has_come),
		T(a_silent_processor_answers_when_it_is_honest_again),
		T(a_reset_forgets_registers_and_who_waited),
		T(rmpupdate_assigns_page_after_page),
		T(rmpupdate_ends_where_the_covered_memory_ends),
		T(rmpupdate_refuses_what_it_does_not_know),
		T(an_instruction_of_another_processor_is_a_fault),
		T(psmash_splits_each_large_page),
		T(rmpread_tells_the_entry_and_nothing_more),
		T(a_copy_goes_either_way_over_pages),
		T(a_copy_that_is_refused_moves_nothing),
		T(a_copy_of_no_memory_or_no_size_is_refused),
		T(the_table_is_on_once_it_has_entries),
		T(the_log_tells_that_it_grew),
		T(an_invalidation_is_over_when_its_write_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
