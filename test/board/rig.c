/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

static bool pump(void *ctx)
{
	struct rig *r = ctx;

	return !r->hang && device_run(&r->dev, r->now);
}

static void refused(void *ctx, const struct fault *f)
{
	struct rig *r = ctx;

	r->refused++;
	r->last = *f;
}

static void build(struct rig *r, bool no_msix)
{
	struct board_cfg cfg = { .functions = 2,
				 .vm_size = RIG_RAM,
				 .pump = pump,
				 .pump_ctx = r,
				 .refused = refused,
				 .ctx = r };
	struct device_cfg dev = { .streams = 4, .pfs = 2, .powered = true };
	uint8_t *ring;

	memset(r, 0, sizeof(*r));
	assert_int_equal(arena_map(&r->arena, 0, 256u << 20), IL_OK);
	r->env = fake_env(&r->fenv);
	fake_init(&r->fcrypto, 1);
	r->crypto = fake_crypto(&r->fcrypto);
	ring = arena_take(&r->arena, RIG_RING, 64);
	for (unsigned s = 0; s < EP_SPACES; s++)
		r->ram[s] = arena_take(&r->arena, RIG_RAM, 4096);
	link_queue_init(&r->queue, ring, RIG_RING);
	for (unsigned i = 0; i < dev.pfs; i++)
		dev.pf[i].no_msix = no_msix;
	dev.arena = &r->arena;
	dev.crypto = &r->crypto;
	dev.env = &r->env;
	dev.link = link_queue_end(&r->queue, 1);
	device_spdm_defaults(&dev.spdm);
	assert_int_equal(device_init(&r->dev, &dev), IL_OK);
	cfg.crypto = &r->crypto;
	cfg.env = &r->env;
	cfg.link = link_queue_end(&r->queue, 0);
	assert_int_equal(board_new(&cfg, &r->b), IL_OK);
}

void rig_new(struct rig *r)
{
	build(r, false);
}

void rig_new_intx(struct rig *r)
{
	build(r, true);
}

void rig_free(struct rig *r)
{
	assert_true(own_sane(&r->b->own));
	assert_true(mem_sane(&r->b->mem));
	assert_true(fabric_sane(&r->b->fabric));
	assert_true(board_vm_sane(&r->b->vm));
	board_free(r->b);
	device_fini(&r->dev);
	arena_unmap(&r->arena);
}

void rig_give(struct rig *r, enum ep_space s)
{
	const struct ep_piece p = { .size = RIG_RAM,
				    .readable = true,
				    .writable = true,
				    .at = r->ram[s] };

	assert_int_equal(board_give(r->b, s, r->ram[s], &p), IL_OK);
}

struct ep *rig_ep(struct rig *r, const char *name)
{
	for (unsigned i = 0; i < board_eps(r->b); i++)
		if (!strcmp(board_ep(r->b, i)->name, name))
			return board_ep(r->b, i);
	fail_msg("no function %s", name);
	return NULL;
}

static void irq(void *ctx, enum ep_irq kind, unsigned vector, bool on)
{
	struct rig_user *u = ctx;

	u->fired[kind] += on;
	u->vector = vector;
	if (kind == EP_INTX)
		u->up = on;
}

static const struct ep_user_ops user_ops = { .irq = irq };

struct ep *rig_open(struct rig *r, const char *name)
{
	struct ep *e = rig_ep(r, name);

	assert_int_equal(e->ops->open(e, &user_ops, rig_user_of(r, e)), IL_OK);
	return e;
}

struct rig_user *rig_user_of(struct rig *r, struct ep *e)
{
	unsigned i = 0;

	while (board_ep(r->b, i) != e)
		i++;
	return &r->user[i];
}

uint32_t rig_cfg(struct ep *e, uint32_t off, uint32_t len)
{
	uint8_t b[4] = { 0 };
	struct rd rd = rd_over(b, 4);

	e->ops->cfg_read(e, off, b, len);
	return rd_u32le(&rd);
}

void rig_cfg_put(struct ep *e, uint32_t off, uint32_t len, uint32_t v)
{
	uint8_t b[4];
	struct wr w = wr_over(b, 4);

	wr_u32le(&w, v);
	e->ops->cfg_write(e, off, b, len);
}

uint64_t rig_bar(struct ep *e, unsigned bar, uint64_t off, uint32_t len)
{
	uint8_t b[8] = { 0 };
	struct rd rd = rd_over(b, 8);

	e->ops->bar_read(e, bar, off, b, len);
	return rd_u64le(&rd);
}

void rig_bar_put(struct ep *e, unsigned bar, uint64_t off, uint32_t len,
		 uint64_t v)
{
	uint8_t b[8];
	struct wr w = wr_over(b, 8);

	wr_u64le(&w, v);
	e->ops->bar_write(e, bar, off, b, len);
}

uint32_t rig_cap(struct ep *e, uint8_t id)
{
	uint32_t at = rig_cfg(e, 0x34, 1), n = 0;

	while (at && rig_cfg(e, at, 1) != id && n++ < 48)
		at = rig_cfg(e, at + 1, 1);
	return n < 48 ? at : 0;
}

uint32_t rig_ecap(struct ep *e, uint16_t id)
{
	uint32_t at = 0x100, n = 0;

	while (at && (rig_cfg(e, at, 4) & 0xffff) != id && n++ < 96)
		at = rig_cfg(e, at, 4) >> 20;
	return n < 96 ? at : 0;
}

static void put64(uint8_t *p, uint64_t v)
{
	struct wr w = wr_over(p, 8);

	wr_u64le(&w, v);
}

/* AMD IOMMU 48882: device entries of 32 bytes; a table of two levels whose
 * leaves are of 2 MiB. */
void rig_devtab(struct rig *r, struct ep *host)
{
	uint8_t *ram = r->ram[EP_HOST];

	for (unsigned rid = 0x100; rid < 0x108; rid++) {
		uint8_t *e = ram + RIG_DEVTAB + rid * 32;

		/* V, TV, Mode 2, root, IR, IW; domain; interrupts pass */
		put64(e, 0x6000000000000003 | 2 << 9 | RIG_IOTABLE);
		put64(e + 8, rid);
		put64(e + 16, 0);
	}
	for (uint64_t i = 0; i < 8; i++)
		put64(ram + RIG_IOTABLE + 8 * i, 0x6000000000000001 | i << 21);
	rig_bar_put(host, 0, BOARD_DEVTAB, 8, RIG_DEVTAB);
	rig_bar_put(host, 0, BOARD_DEVTAB_COUNT, 4, 0x200);
	rig_bar_put(host, 0, BOARD_INVAL_OP, 4, BOARD_INVAL_ALL);
}

void rig_enumerate(struct ep *e, unsigned n)
{
	rig_cfg_put(e, 0x10, 4, (uint32_t)RIG_BAR0(n));
	rig_cfg_put(e, 0x18, 4, (uint32_t)RIG_BAR2(n));
	rig_cfg_put(e, 0x04, 2, 0x0006);
}

uint32_t rig_dma(struct rig *r, struct ep *e, uint32_t cmd, uint64_t src,
		 uint64_t dst, uint32_t len)
{
	rig_bar_put(e, 0, 0x10, 8, src);
	rig_bar_put(e, 0, 0x18, 8, dst);
	rig_bar_put(e, 0, 0x20, 4, len);
	rig_bar_put(e, 0, 0x24, 4, cmd);
	board_run(r->b, r->now);
	assert_int_equal(rig_bar(e, 0, 0x0c, 4) & 1, 0);
	return (uint32_t)rig_bar(e, 0, 0x28, 4);
}

uint32_t rig_rmpupdate(struct ep *host, uint64_t pa, uint64_t gpa,
		       uint32_t asid)
{
	rig_bar_put(host, 0, BOARD_INSN_PA, 8, pa);
	rig_bar_put(host, 0, BOARD_INSN_GPA, 8, gpa);
	rig_bar_put(host, 0, BOARD_INSN_ASID, 4, asid);
	rig_bar_put(host, 0, BOARD_INSN_COUNT, 4, 1);
	rig_bar_put(host, 0, BOARD_INSN_FLAGS, 4,
		    asid ? BOARD_FLAG_ASSIGNED : 0);
	rig_bar_put(host, 0, BOARD_INSN_OP, 4, BOARD_INSN_RMPUPDATE);
	return (uint32_t)rig_bar(host, 0, BOARD_INSN_RC, 4);
}
