/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

/*
 * Everybody but the confidential VM does anything, in any order: registers of
 * the host, its root port and its functions, the VMM's side of vm-fn, memory
 * that comes and goes, clients that close and open. The VM writes to a page
 * only while it is its own and validated. Whatever the others did, they never
 * read a word of it, and while it stays the VM's it stays as it was written.
 */

#define STEPS  3000u
#define SEEDS  8u
#define PAGE   UINT64_C(0x7000) /* in the VM */
#define SECRET 64u

struct play {
	struct rig r;
	struct dice d;
	struct ep *ep[BOARD_EPS];
	bool open[BOARD_EPS];
	char client[EP_SPACES][2]; /* their addresses are who they are */
	uint8_t secret[SECRET];
	bool written;
	bool messages; /* some memory is reached by them, and some get lost */
	unsigned writes;
};

static uint64_t pick(struct play *p, const uint64_t *of, unsigned n)
{
	return of[dice_below(&p->d, n)];
}

static uint64_t any_value(struct play *p)
{
	static const uint64_t of[] = {
		0,
		1,
		2,
		3,
		4,
		5,
		6,
		7,
		0x100,
		0x101,
		0x200,
		0x1000,
		PAGE,
		RIG_DEVTAB,
		RIG_IOTABLE,
		RIG_BAR0(0),
		RIG_BAR2(1),
		BOARD_VM_RAM,
		BOARD_VM_RAM + PAGE,
		BOARD_VM_RAM + RIG_RAM - 1,
		BOARD_FW_RAM,
		BOARD_MMIO64,
		BOARD_MMIO64 + 0x200000,
		0x200000,
		0x300000,
		0xffffffff,
		0x80000000,
		UINT64_MAX,
		UINT64_MAX - 0xfff,
	};

	if (dice_below(&p->d, 8))
		return pick(p, of, COUNT(of));
	return dice_u64(&p->d) >> dice_below(&p->d, 64);
}

/* An access to a function, somewhere, of a size that a client may ask for. */
static void poke(struct play *p, struct ep *e, unsigned bar, uint64_t off)
{
	const uint32_t len = 1u << dice_below(&p->d, 4);

	off &= ~(uint64_t)(len - 1);
	if (off + len > e->bar[bar].size)
		return;
	if (dice_below(&p->d, 4))
		rig_bar_put(e, bar, off, len, any_value(p));
	else
		(void)rig_bar(e, bar, off, len);
}

static void host_register(struct play *p, struct ep *e)
{
	static const uint64_t op[] = { BOARD_INSN_OP,	   BOARD_COPY_OP,
				       BOARD_DEVTAB_COUNT, BOARD_LOG_SLOTS,
				       BOARD_INVAL_OP,	   BOARD_CMDRESP,
				       BOARD_VM_FN,	   BOARD_VM_ASID,
				       BOARD_EXIT_DONE,	   BOARD_BENCH_OP };
	const uint64_t at = pick(p, op, COUNT(op));

	/* No GiB of pages: that is the same many times. */
	rig_bar_put(e, 0, BOARD_INSN_COUNT, 4, dice_below(&p->d, 4));
	if (dice_below(&p->d, 2))
		rig_bar_put(e, 0, at, 4, any_value(p));
	else
		poke(p, e, 0, dice_below(&p->d, 0x1300));
}

/* The page's own: what a host that wants its bytes would try first. */
static void at_the_page(struct play *p, struct ep *e)
{
	const uint64_t pa = BOARD_VM_RAM + PAGE;

	switch (dice_below(&p->d, 4)) {
	case 0:
		(void)rig_rmpupdate(e, pa, PAGE,
				    (uint32_t)dice_below(&p->d, 3));
		break;
	case 1:
		rig_bar_put(e, 0, BOARD_COPY_PA, 8, pa);
		rig_bar_put(e, 0, BOARD_COPY_BUF, 8, 0x300000);
		rig_bar_put(e, 0, BOARD_COPY_LEN, 4, 4096);
		rig_bar_put(e, 0, BOARD_COPY_OP, 4, 1 + dice_below(&p->d, 2));
		break;
	case 2: /* its leaves lead to it */
		for (unsigned i = 0; i < 8; i++)
			memcpy(p->r.ram[EP_HOST] + RIG_IOTABLE + 8 * i,
			       &(uint64_t){ 0x6000000000000001 | BOARD_VM_RAM },
			       8);
		rig_bar_put(e, 0, BOARD_INVAL_OP, 4, BOARD_INVAL_ALL);
		break;
	default:
		if (own_asid_active(&p->r.b->own, 1))
			break;
		(void)!own_asid_activate(&p->r.b->own, 1, dice_u64(&p->d) | 1);
	}
}

static enum il_err by_read(void *ctx, uint64_t addr, uint8_t *buf, uint32_t len)
{
	struct play *p = ctx;

	memcpy(buf, p->r.ram[EP_VM] + addr, len);
	return dice_below(&p->d, 8) ? IL_OK : IL_E_IO;
}

/* One that is lost may have been done. */
static enum il_err by_write(void *ctx, uint64_t addr, const uint8_t *buf,
			    uint32_t len)
{
	struct play *p = ctx;
	const uint64_t how = dice_below(&p->d, 8);

	if (how > 1)
		memcpy(p->r.ram[EP_VM] + addr, buf, len);
	return how > 2 ? IL_OK : IL_E_IO;
}

static const struct ep_space_ops by_message = { by_read, by_write };

/*
 * Behind what two clients give is what the VM began with: where all of it goes,
 * another VM comes.
 */
static void give(struct play *p)
{
	const enum ep_space s = (enum ep_space)dice_below(&p->d, EP_SPACES);
	const unsigned who = (unsigned)dice_below(&p->d, 2);
	const void *owner = &p->client[s][who];
	struct ep_piece q = { .readable = true,
			      .writable = dice_below(&p->d, 8) != 0,
			      .size = PAGE,
			      .at = p->r.ram[s] };

	switch (dice_below(&p->d, 4)) {
	case 0:
		board_take_all(p->r.b, owner);
		break;
	case 1:
		(void)!board_give(p->r.b, s, owner, &q);
		break;
	case 2:
		(void)!board_take(p->r.b, s, owner, PAGE, RIG_RAM - PAGE);
		break;
	default:
		q.addr = PAGE;
		q.at += PAGE;
		q.size = RIG_RAM - PAGE;
		if (p->messages && s == EP_VM) {
			q.at = NULL;
			q.ops = &by_message;
			q.ctx = p;
		}
		(void)!board_give(p->r.b, s, owner, &q);
	}
}

static void function(struct play *p, struct ep *e)
{
	static const uint64_t cfg[] = { 0x04,  0x10,  0x14,  0x18,  0x1c,
					0x30,  0x3c,  0x100, 0x110, 0x120,
					0x140, 0x160, 0x200, 0x300 };

	switch (dice_below(&p->d, 6)) {
	case 0:
		rig_cfg_put(e, (uint32_t)pick(p, cfg, COUNT(cfg)), 4,
			    (uint32_t)any_value(p));
		break;
	case 1:
		rig_cfg_put(e, (uint32_t)dice_below(&p->d, 0x1000) & ~3u, 4,
			    (uint32_t)any_value(p));
		break;
	case 2:
		rig_enumerate(e, (unsigned)dice_below(&p->d, 2));
		break;
	case 3: /* the engine's registers, then its doorbell */
		rig_bar_put(e, 0, 0x10, 8, dice_below(&p->d, 2) ? PAGE : 0);
		rig_bar_put(e, 0, 0x18, 8, 0x300000);
		rig_bar_put(e, 0, 0x20, 4, 1 + dice_below(&p->d, 0x2000));
		rig_bar_put(e, 0, 0x24, 4, 1 + dice_below(&p->d, 3));
		break;
	case 4:
		poke(p, e, 0, dice_below(&p->d, 0x4000));
		break;
	default:
		e->ops->irq_set(e, (enum ep_irq)dice_below(&p->d, 2),
				(unsigned)dice_below(&p->d, 5));
		e->ops->intx_done(e);
	}
}

static void come_and_go(struct play *p, unsigned i)
{
	struct ep *e = p->ep[i];

	if (!p->open[i])
		(void)rig_open(&p->r, e->name);
	else if (dice_below(&p->d, 3))
		e->ops->reset(e);
	else
		e->ops->close(e);
	p->open[i] = board_ep_of(e)->user != NULL;
}

static void step(struct play *p)
{
	const unsigned i = (unsigned)dice_below(&p->d, board_eps(p->r.b));
	struct ep *e = p->ep[i];

	if (!p->open[i] || !dice_below(&p->d, 40)) {
		come_and_go(p, i);
		return;
	}
	if (!dice_below(&p->d, 12)) {
		give(p);
		return;
	}
	p->r.now += dice_below(&p->d, 3) * 500000000;
	switch (board_ep_of(e)->kind) {
	case BOARD_IS_FN:
	case BOARD_IS_VMFN:
		function(p, e);
		break;
	case BOARD_IS_HOST:
		if (dice_below(&p->d, 3))
			at_the_page(p, e);
		else if (dice_below(&p->d, 2))
			host_register(p, e);
		else
			poke(p, e, 2, 0x8000 + dice_below(&p->d, 0x1000));
		break;
	case BOARD_IS_VM:
		poke(p, e, 0, dice_below(&p->d, 0x280));
	}
	board_run(p->r.b, p->r.now);
}

/* --- the VM --- */

static bool is_mine(struct play *p)
{
	struct own_page q;

	return !own_entry(&p->r.b->own, BOARD_VM_RAM + PAGE, &q) &&
	       q.asid == 1 && q.flags & OWN_F_VALIDATED &&
	       own_asid_active(&p->r.b->own, 1);
}

/* Its page table has the C bit; PVALIDATE says yes once it is assigned. */
static void vm_turn(struct play *p)
{
	const struct mem_req r = { .who = AGENT_VCPU,
				   .trusted = true,
				   .owner = 1,
				   .gpa = PAGE,
				   .leaf = PAGE_4K,
				   .pa = BOARD_VM_RAM + PAGE };
	enum rmp_rc rc;
	struct fault f;
	bool same;

	if (!is_mine(p) &&
	    own_pvalidate_at(&p->r.b->own, &r, RMP_4K, true, &rc, &same, &f))
		return;
	if (!is_mine(p) || !board_space_ops.there(&p->r.b->space[EP_VM],
						  BOARD_VM_RAM + PAGE, true))
		return;
	for (unsigned i = 0; i < SECRET; i++)
		p->secret[i] = (uint8_t)dice_u64(&p->d);
	memcpy(p->r.ram[EP_VM] + PAGE, p->secret, SECRET);
	p->written = true;
	p->writes++;
}

static bool has_it(const struct play *p)
{
	return !memcmp(p->r.ram[EP_VM] + PAGE, p->secret, SECRET);
}

/* No eight bytes of it are in what the host has. */
static void nobody_has_it(struct play *p)
{
	for (unsigned i = 0; i < SECRET; i += 8)
		assert_null(memmem(p->r.ram[EP_HOST] + 0x300000, 0x10000,
				   p->secret + i, 8));
}

static void play(uint64_t seed)
{
	struct play p = { .d = { .state = seed }, .messages = seed & 1 };
	uint64_t changes;
	bool had;

	rig_new(&p.r);
	print_message("seed %llu\n", (unsigned long long)seed);
	for (unsigned i = 0; i < board_eps(p.r.b); i++) {
		p.ep[i] = rig_open(&p.r, board_ep(p.r.b, i)->name);
		p.open[i] = true;
	}
	rig_give(&p.r, EP_HOST);
	rig_give(&p.r, EP_VM);
	rig_devtab(&p.r, rig_ep(&p.r, "host"));
	for (unsigned n = 0; n < STEPS; n++) {
		/* A page whose answer was lost is rewritten when it can be. */
		had = p.written && !p.messages && is_mine(&p) && has_it(&p);
		changes = p.r.b->own.changes;
		step(&p);
		if (p.written)
			nobody_has_it(&p);
		if (had && changes == p.r.b->own.changes)
			assert_true(has_it(&p));
		vm_turn(&p);
		assert_true(board_vm_sane(&p.r.b->vm));
	}
	assert_true(p.writes > STEPS / 20);
	rig_free(&p.r);
}

static void what_a_vm_keeps_private_is_nobodys_whatever_they_do(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		play(seed);
}

/* Its owner changed while it could not be written. */
static void a_page_whose_cover_goes_is_rewritten(void **unused)
{
	(void)unused;

	for (unsigned all = 0; all < 2; all++) {
		struct rig r;

		rig_new(&r);
		rig_give(&r, EP_VM);

		uint8_t *vm = r.ram[EP_VM] + PAGE;
		const struct ep_piece cover = {
			.addr = PAGE, .size = 4096, .readable = true, .at = vm
		};
		struct ep *h = rig_open(&r, "host");

		assert_int_equal(own_asid_activate(&r.b->own, 1, 0x1234567),
				 IL_OK);
		memset(vm, 's', 4096);
		assert_int_equal(board_give(r.b, EP_VM, &cover, &cover), IL_OK);
		assert_int_equal(rig_rmpupdate(h, BOARD_VM_RAM + PAGE, PAGE, 1),
				 0);
		assert_int_equal(vm[0], 's');
		if (all)
			board_take_all(r.b, &cover);
		else
			assert_int_equal(
				board_take(r.b, EP_VM, &cover, PAGE, 4096),
				IL_OK);
		assert_int_not_equal(vm[0], 's');
		rig_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_a_vm_keeps_private_is_nobodys_whatever_they_do),
		cmocka_unit_test(a_page_whose_cover_goes_is_rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
