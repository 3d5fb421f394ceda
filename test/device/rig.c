/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "seat.h"

const struct rule rig_closed = { "rig-closed", "the rig's IOMMU is closed",
				 "this test", SURE_SPEC };

static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	(void)ctx;
	(void)rid;
	out->kind = IOMMU_BYPASS;
	out->interrupts = true;
	out->trusted = t;
	out->perm = PT_R | PT_W;
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *req)
{
	struct rig *r = ctx;

	(void)e;
	r->last_t = req->t;
	r->last_stream = req->stream;
	return r->iommu_closed ? &rig_closed : NULL;
}

static const struct iommu_rules rules = { lookup, admit };

/* With no ownership rules, a CPU's T bit comes from its request. */
static const struct rule *pass(void *ctx, const struct mem_req *req,
			       struct mem_pass *out)
{
	(void)ctx;
	out->trusted = req->trusted;
	return NULL;
}

static const struct mem_rules mem_rules_pass = { pass };

static bool pump(void *ctx)
{
	struct rig *r = ctx;

	return !r->hang && device_run(&r->dev, r->now);
}

static void wire(void *ctx, unsigned port, unsigned pin, bool on)
{
	struct rig *r = ctx;
	const uint8_t bit = (uint8_t)(1u << (pin - 1));

	assert_int_equal(port, r->port);
	assert_in_range(pin, 1, 4);
	/* Only changes are told. */
	assert_int_equal(!(r->intx & bit), on);
	r->intx ^= bit;
	r->intx_told++;
}

static void build_machine(struct rig *r)
{
	const struct mem_cfg mem = {
		.arena = &r->arena, .env = &r->env, .keys = 2, .irq_slots = 64
	};
	const struct iommu_cfg iommu = { .arena = &r->arena,
					 .env = &r->env,
					 .mem = &r->mem,
					 .rules = &rules,
					 .rules_ctx = r,
					 .tlb_slots = 64,
					 .entry_slots = 64,
					 .queue_slots = 16 };
	const struct fabric_cfg fabric = { .mem = &r->mem,
					   .iommu = &r->iommu,
					   .crypto = &r->crypto,
					   .env = &r->env,
					   .intx = wire,
					   .intx_ctx = r };

	assert_int_equal(mem_init(&r->mem, &mem), IL_OK);
	assert_int_equal(mem_add_ram(&r->mem, 0, RIG_RAM), IL_OK);
	mem_set_rules(&r->mem, &mem_rules_pass, NULL);
	assert_int_equal(iommu_init(&r->iommu, &iommu), IL_OK);
	fabric_init(&r->fabric, &fabric);
	assert_int_equal(fabric_window(&r->fabric, RIG_WINDOW, 0x1000000),
			 IL_OK);
	assert_int_equal(fabric_ecam(&r->fabric, RIG_ECAM, 3), IL_OK);
}

static void build(struct rig *r, const struct device_cfg *as)
{
	struct fabric_port_cfg port = { .bdf = RIG_PORT,
					.number = 7,
					.hotplug = true,
					.present = true,
					.pump = pump,
					.pump_ctx = r };
	struct device_cfg dev = *as;
	uint8_t *ring;

	dev.arena = &r->arena;
	dev.crypto = &r->crypto;
	dev.env = &r->env;
	dev.streams = 4;
	dev.powered = true;

	memset(r, 0, sizeof(*r));
	assert_int_equal(arena_map(&r->arena, 0, 256u << 20), IL_OK);
	r->env = fake_env(&r->fenv);
	fake_init(&r->fcrypto, 1);
	r->crypto = fake_crypto(&r->fcrypto);
	ring = arena_take(&r->arena, RIG_RING, 64);
	assert_non_null(ring);
	link_queue_init(&r->queue, ring, RIG_RING);
	ring = arena_take(&r->arena, RIG_RING, 64);
	assert_int_equal(link_tap_init(&r->tap, link_queue_end(&r->queue, 0),
				       ring, RIG_RING / 2, ring + RIG_RING / 2,
				       8),
			 IL_OK);
	build_machine(r);
	port.link = link_tap_end(&r->tap);
	assert_int_equal(fabric_add_port(&r->fabric, &port, &r->port), IL_OK);
	dev.link = link_queue_end(&r->queue, 1);
	device_spdm_defaults(&dev.spdm);
	assert_int_equal(device_init(&r->dev, &dev), IL_OK);
}

void rig_new(struct rig *r, unsigned vfs)
{
	build(r, &(struct device_cfg){ .vfs = vfs });
}

void rig_new_kept(struct rig *r, unsigned vfs)
{
	build(r, &(struct device_cfg){ .vfs = vfs, .no_soft_reset = true });
}

void rig_new_many(struct rig *r, unsigned pfs, unsigned wired)
{
	struct device_cfg cfg = { .pfs = pfs };

	for (unsigned i = 0; i < pfs; i++) {
		cfg.pf[i].no_msix = wired >> i & 1;
		cfg.pf[i].ids = (struct device_ids){
			.vendor = 0x1234,
			.device = (uint16_t)(0x100 + i),
			.class_code = 0x120000,
		};
		cfg.pf[i].report.info[0] = (uint8_t)(0xa0 + i);
		cfg.pf[i].report.info_len = 1;
	}
	build(r, &cfg);
}

void rig_free(struct rig *r)
{
	assert_true(device_sane(&r->dev));
	assert_true(fabric_sane(&r->fabric));
	device_fini(&r->dev);
	fabric_fini(&r->fabric);
	arena_unmap(&r->arena);
}

uint32_t rig_cfg_read(struct rig *r, uint16_t bdf, unsigned reg, unsigned size)
{
	uint32_t v;

	assert_int_equal(
		fabric_cfg_read(&r->fabric, bdf, (uint16_t)reg, size, &v),
		IL_OK);
	return v;
}

void rig_cfg_write(struct rig *r, uint16_t bdf, unsigned reg, unsigned size,
		   uint32_t v)
{
	assert_int_equal(
		fabric_cfg_write(&r->fabric, bdf, (uint16_t)reg, size, v),
		IL_OK);
}

uint16_t rig_ecap(struct rig *r, uint16_t bdf, uint16_t id)
{
	unsigned at = 0x100;

	while (at) {
		uint32_t h = rig_cfg_read(r, bdf, at, 4);

		if ((h & 0xffff) == id)
			return (uint16_t)at;
		at = h >> 20;
	}
	return 0;
}

uint16_t rig_cap(struct rig *r, uint16_t bdf, uint8_t id)
{
	unsigned at = rig_cfg_read(r, bdf, 0x34, 1);

	while (at && rig_cfg_read(r, bdf, at, 1) != id)
		at = rig_cfg_read(r, bdf, at + 1, 1);
	return (uint16_t)at;
}

void rig_enumerate(struct rig *r)
{
	uint16_t sriov;

	rig_cfg_write(r, RIG_PORT, 0x18, 4, 0x00010100);
	rig_cfg_write(r, RIG_PORT, 0x20, 4, 0xe0f0e000);
	rig_cfg_write(r, RIG_PORT, 0x04, 2, 6);
	for (unsigned i = 0; i < r->dev.cfg.pfs; i++) {
		const uint16_t bdf = (uint16_t)(RIG_EP + i);

		rig_cfg_write(r, bdf, 0x10, 4, (uint32_t)RIG_BAR0_OF(i));
		rig_cfg_write(r, bdf, 0x18, 4, (uint32_t)RIG_BAR2_OF(i));
		rig_cfg_write(r, bdf, 0x04, 2, 6);
	}
	if (!r->dev.cfg.vfs)
		return;
	sriov = rig_ecap(r, RIG_EP, 0x10);
	rig_cfg_write(r, RIG_EP, sriov + 0x24u, 4, RIG_VFBAR0);
	rig_cfg_write(r, RIG_EP, sriov + 0x2cu, 4, RIG_VFBAR2);
	rig_cfg_write(r, RIG_EP, sriov + 0x10u, 2, r->dev.fns - 1);
	rig_cfg_write(r, RIG_EP, sriov + 0x08u, 2, 9);
	for (unsigned i = 1; i < r->dev.fns; i++)
		rig_cfg_write(r, (uint16_t)(RIG_EP + i), 0x04, 2, 4);
}

void rig_settle(struct rig *r)
{
	bool moved;

	do {
		moved = !r->hang && device_run(&r->dev, r->now);
		moved |= fabric_run(&r->fabric);
	} while (moved);
}

static struct mem_req cpu(uint64_t pa, uint32_t len, bool write, bool t)
{
	struct mem_req req = mem_req_host(pa, len, write);

	req.trusted = t;
	return req;
}

uint64_t rig_mmio_read(struct rig *r, uint64_t pa, uint32_t len, bool t)
{
	struct mem_req req = cpu(pa, len, false, t);
	struct fault f = { .rule = NULL };
	uint8_t b[8] = { 0 };
	struct rd rd = rd_over(b, 8);

	assert_int_equal(mem_access(&r->mem, &req, b, &f), IL_OK);
	return rd_u64le(&rd);
}

void rig_mmio_write(struct rig *r, uint64_t pa, uint64_t v, uint32_t len,
		    bool t)
{
	struct mem_req req = cpu(pa, len, true, t);
	struct fault f = { .rule = NULL };
	uint8_t b[8];
	struct wr w = wr_over(b, 8);

	wr_u64le(&w, v);
	assert_int_equal(mem_access(&r->mem, &req, b, &f), IL_OK);
}

static uint32_t doe_status(struct rig *r, unsigned doe)
{
	return rig_cfg_read(r, RIG_EP, doe + 0xc, 4);
}

static void doe_put(struct rig *r, unsigned doe, uint8_t type,
		    const uint8_t *in, size_t n)
{
	uint32_t dws = (uint32_t)(n + 3) / 4;

	rig_cfg_write(r, RIG_EP, doe + 0x10, 4, 1u | (uint32_t)type << 16);
	rig_cfg_write(r, RIG_EP, doe + 0x10, 4, dws + 2);
	for (uint32_t i = 0; i < dws; i++) {
		uint32_t dw = 0;

		for (uint32_t k = 0; k < 4 && 4 * i + k < n; k++)
			dw |= (uint32_t)in[4 * i + k] << (8 * k);
		rig_cfg_write(r, RIG_EP, doe + 0x10, 4, dw);
	}
	rig_cfg_write(r, RIG_EP, doe + 8, 4, 0x80000000);
	rig_settle(r);
}

static uint32_t doe_pop(struct rig *r, unsigned doe)
{
	uint32_t dw = rig_cfg_read(r, RIG_EP, doe + 0x14, 4);

	assert_true(doe_status(r, doe) & 0x80000000);
	rig_cfg_write(r, RIG_EP, doe + 0x14, 4, 0);
	return dw;
}

size_t rig_doe(struct rig *r, uint8_t type, const uint8_t *in, size_t n,
	       uint8_t *out, size_t cap)
{
	unsigned doe = rig_ecap(r, RIG_EP, 0x2e);
	size_t got = 0;
	uint32_t dws;

	assert_int_equal(doe_status(r, doe), 0);
	doe_put(r, doe, type, in, n);
	if (!(doe_status(r, doe) & 0x80000000))
		return 0;
	assert_int_equal(doe_pop(r, doe), 1u | (uint32_t)type << 16);
	dws = doe_pop(r, doe);
	for (uint32_t i = 2; i < dws; i++) {
		uint32_t dw = doe_pop(r, doe);

		for (unsigned k = 0; k < 4 && got < cap; k++)
			out[got++] = (uint8_t)(dw >> (8 * k));
	}
	assert_int_equal(doe_status(r, doe), 0);
	return got;
}

void rig_keys(struct rig *r, uint8_t seed, unsigned set)
{
	struct ide_port *ep = &r->dev.ide;
	struct fabric *f = &r->fabric;
	uint8_t key[IDE_KEY_LEN];

	for (unsigned i = 0; i < 6; i++) {
		enum ide_dir dir = i < 3 ? IDE_RX : IDE_TX;
		enum ide_dir other = i < 3 ? IDE_TX : IDE_RX;

		memset(key, 0x11 * (int)(1 + i), sizeof(key));
		key[0] = seed;
		/* What one end sends with, the other takes with. */
		assert_int_equal(
			ide_key_set(ep, RIG_STREAM, set, dir, i % 3, key, 1),
			IL_OK);
		assert_int_equal(fabric_key_program(f, r->port, RIG_STREAM, set,
						    other, i % 3, key, 1),
				 IL_OK);
	}
	for (unsigned i = 0; i < 6; i++) {
		enum ide_dir dir = i < 3 ? IDE_RX : IDE_TX;

		assert_int_equal(ide_key_go(ep, RIG_STREAM, set, dir, i % 3),
				 IL_OK);
		assert_int_equal(
			fabric_key_go(f, r->port, RIG_STREAM, set, dir, i % 3),
			IL_OK);
	}
}

void rig_stream(struct rig *r, uint8_t seed)
{
	unsigned rp = rig_ecap(r, RIG_PORT, 0x30) + 0xcu;
	unsigned ep = rig_ecap(r, RIG_EP, 0x30) + 0xcu;
	uint32_t ctl = RIG_STREAM << 24 | 1u << 22;

	/* As Linux does: RIDs crosswise, addresses at the port, then CTL. */
	rig_cfg_write(r, RIG_EP, ep + 0xc, 4, (uint32_t)RIG_PORT << 8);
	rig_cfg_write(r, RIG_EP, ep + 0x10, 4, (uint32_t)RIG_PORT << 8 | 1);
	rig_cfg_write(r, RIG_EP, ep + 4, 4, ctl);
	rig_cfg_write(r, RIG_PORT, rp + 0xc, 4, (RIG_EP + 7u) << 8);
	rig_cfg_write(r, RIG_PORT, rp + 0x10, 4, (uint32_t)RIG_EP << 8 | 1);
	rig_cfg_write(r, RIG_PORT, rp + 0x14, 4,
		      0xe0fu << 20 | 0xe00u << 8 | 1);
	rig_cfg_write(r, RIG_PORT, rp + 4, 4, ctl);
	assert_int_equal(
		fabric_stream_ready(&r->fabric, r->port, RIG_STREAM, 0, RIG_EP),
		IL_OK);
	rig_keys(r, seed, 0);
	rig_cfg_write(r, RIG_EP, ep + 4, 4, ctl | 1);
	rig_cfg_write(r, RIG_PORT, rp + 4, 4, ctl | 1);
	assert_int_equal(rig_cfg_read(r, RIG_PORT, rp + 8, 4), 2);
	assert_int_equal(rig_cfg_read(r, RIG_EP, ep + 8, 4), 2);
}

void rig_session(struct rig *r)
{
	struct spdm_rsp *s = &r->dev.conns[0].rsp;

	s->phase = SPDM_PH_READY;
	s->tr.hash = CRYPTO_SHA384;
	s->cfg.ses[0].state = SPDM_SES_OPEN;
	s->cfg.ses[0].id = RIG_SESSION;
	s->cfg.ses[0].ch[0].live = true;
	s->cfg.ses[0].ch[1].live = true;
	seat_session(&r->dev, RIG_SESSION);
}

void rig_tdi(struct rig *r, unsigned fn, enum tdi_state state, uint16_t flags)
{
	struct tdi *t = &r->dev.tdis[fn];

	t->state = state;
	t->session = state == TDI_UNLOCKED ? 0 : RIG_SESSION;
	t->lock = (struct tdisp_lock){ .flags = flags,
				       .default_stream = RIG_STREAM };
	t->nonce_live = state == TDI_LOCKED;
	t->rep_len = state == TDI_UNLOCKED ? 0 : 16;
	rig_session(r);
}

uint32_t rig_dma(struct rig *r, uint64_t bar0, uint32_t cmd, uint64_t src,
		 uint64_t dst, uint32_t len, bool t)
{
	uint64_t status;

	rig_mmio_write(r, bar0 + DMA_SRC, src, 8, t);
	rig_mmio_write(r, bar0 + DMA_DST, dst, 8, t);
	rig_mmio_write(r, bar0 + DMA_LEN, len, 4, t);
	rig_mmio_write(r, bar0 + DMA_CMD, cmd, 4, t);
	rig_settle(r);
	status = rig_mmio_read(r, bar0 + DMA_STATUS, 4, t);
	assert_true(status == DMA_STATUS_DONE || status == DMA_STATUS_ERROR ||
		    status == UINT32_MAX);
	rig_mmio_write(r, bar0 + DMA_STATUS, 6, 4, t);
	return (uint32_t)rig_mmio_read(r, bar0 + DMA_ERROR, 4, t);
}

void rig_fill(struct rig *r, uint64_t pa, uint32_t len, uint8_t seed)
{
	struct fault f;

	for (uint32_t i = 0; i < len; i++) {
		uint8_t b = (uint8_t)(seed + i * 31 + (i >> 8));

		assert_int_equal(mem_host_write(&r->mem, pa + i, &b, 1, &f),
				 IL_OK);
	}
}

void rig_assert_same(struct rig *r, uint64_t a, uint64_t b, uint32_t len)
{
	struct fault f;

	for (uint32_t i = 0; i < len; i++) {
		uint8_t x, y;

		assert_int_equal(mem_host_read(&r->mem, a + i, &x, 1, &f),
				 IL_OK);
		assert_int_equal(mem_host_read(&r->mem, b + i, &y, 1, &f),
				 IL_OK);
		assert_int_equal(x, y);
	}
}

void rig_msix(struct rig *r, uint64_t bar0, uint16_t bdf, unsigned vec,
	      uint32_t data)
{
	uint64_t e = bar0 + 0x2000 + vec * 16;
	unsigned cap = rig_cap(r, bdf, 0x11);

	rig_mmio_write(r, e, RIG_MSI, 8, false);
	rig_mmio_write(r, e + 8, data, 4, false);
	rig_mmio_write(r, e + 12, 0, 4, false);
	rig_cfg_write(r, bdf, cap + 2, 2, 0x8000);
	rig_mmio_write(r, bar0 + 0x38, vec | 0x10000, 4, false);
}
