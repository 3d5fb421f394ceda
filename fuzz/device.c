/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "device/rig.h"
#include "edit.h"
#include "pcisig.h"

/*
 * A device of ours behind a root port of ours: what the host writes into
 * registers and MMIO, what an interposer changes, drops, keeps and makes up,
 * what comes in the session, and what happens to links and power.
 * Byte 0: how far the rig has gone before.
 *
 * Both ends stay sane; nothing reaches memory with the T bit unless a TDI
 * runs; no TDI runs on a stream whose keys are gone.
 */

static struct rig *r;

static struct {
	uint8_t left; /* frames until it does something */
	uint8_t what;
	uint8_t at, with;
	uint8_t copy[LINK_FRAME_MAX];
	uint8_t data[64];
} x;

static enum link_verdict see(void *ctx, struct link_tap *tap, enum link_dir dir,
			     const struct link_frame *f, struct link_frame *out)
{
	(void)ctx;
	(void)tap;
	(void)dir;
	if (!x.left || --x.left)
		return LINK_PASS;
	switch (x.what & 3) {
	case 0:
		return LINK_DROP;
	case 1:
		return LINK_HOLD;
	default:
		memcpy(x.copy, f->p, f->len);
		x.copy[x.at % f->len] ^= x.with | 1;
		*out = (struct link_frame){ f->kind, x.copy, f->len };
		return LINK_REPLACE;
	}
}

static uint16_t some_bdf(uint8_t b)
{
	static const uint16_t at[] = { RIG_EP,	   RIG_EP + 1,	 RIG_EP + 2,
				       RIG_PORT,   BDF(2, 0, 0), BDF(0, 5, 0),
				       RIG_EP + 7, BDF(1, 1, 0) };

	return at[b % COUNT(at)];
}

static uint64_t some_addr(uint8_t b)
{
	static const uint64_t at[] = { RIG_BAR0,
				       RIG_BAR2,
				       RIG_VFBAR0,
				       RIG_VFBAR2,
				       RIG_BAR0 + DMA_PAGE_MSIX_TABLE,
				       RIG_BAR0 + DMA_PAGE_MSIX_PBA,
				       RIG_MSI,
				       0x1000,
				       0x1ff8,
				       RIG_RAM - 8,
				       RIG_ECAM + (RIG_EP << 12),
				       RIG_WINDOW + 0x900000,
				       RIG_VFBAR0 + DMA_BAR_REGS_SIZE,
				       RIG_VFBAR2 + DMA_BAR_MEM_SIZE,
				       UINT64_C(0x100000000),
				       RIG_BAR2 + DMA_BAR_MEM_SIZE - 4 };

	return at[b % COUNT(at)];
}

static bool runs(void)
{
	for (unsigned i = 0; i < r->dev.fns; i++)
		if (r->dev.tdis[i].state == TDI_RUN)
			return true;
	return false;
}

/* A capability's registers, or any. */
static unsigned some_reg(uint8_t b, uint8_t off)
{
	const struct device *d = &r->dev;
	const unsigned base[] = {
		0,	  0,	       d->doe_cap,   d->ide_cap,
		d->sriov, d->fn[0].pm, d->fn[0].exp, d->fn[0].msix
	};

	return (base[b & 7] + off) & 0xfff;
}

static void config(struct rd *in, uint8_t op)
{
	const uint8_t who = rd_u8(in), off = rd_u8(in);
	const unsigned size = 1u << (who >> 6) % 3;
	const unsigned reg = some_reg(who >> 3, off) & ~(size - 1);
	uint16_t bdf = some_bdf(who);
	uint32_t v = 0;

	if (bdf == RIG_PORT && r->fabric.port[0].ide_cap && who & 8)
		v = off; /* the port's own capabilities lie elsewhere */
	if (op & 0x10) {
		rd_copy(in, (uint8_t *)&v, size);
		(void)!fabric_cfg_write(&r->fabric, bdf, (uint16_t)reg, size,
					v);
	} else {
		(void)!fabric_cfg_read(&r->fabric, bdf, (uint16_t)reg, size,
				       &v);
	}
}

static void port_config(struct rd *in, uint8_t op)
{
	const struct fabric_port *p = &r->fabric.port[0];
	const unsigned base[] = { 0, p->exp, p->ide_cap, p->ide_cap };
	const uint8_t off = rd_u8(in);
	const unsigned reg = base[op >> 5 & 3] + (off & 0xfcu);
	uint32_t v = rd_u32le(in);

	if (op & 0x10)
		(void)!fabric_cfg_read(&r->fabric, RIG_PORT, (uint16_t)reg, 4,
				       &v);
	else
		(void)!fabric_cfg_write(&r->fabric, RIG_PORT, (uint16_t)reg, 4,
					v);
}

static void mmio(struct rd *in, uint8_t op)
{
	static const uint8_t lens[] = { 4, 8, 4, 1, 8, 2, 4, 7 };
	const uint8_t at = rd_u8(in), off = rd_u8(in);
	const uint8_t len = lens[at >> 4 & 7];
	struct mem_req q = mem_req_host(
		some_addr(at) + (len % 4 ? off : off & 0xfcu), len, op & 0x10);
	uint8_t b[8] = { 0 };
	struct fault f;

	q.trusted = op & 0x20;
	if (q.write)
		rd_copy(in, b, q.len);
	(void)!mem_access(&r->mem, &q, b, &f);
}

/* A command of an engine, its registers as the program says. */
static void dma(struct rd *in, uint8_t op)
{
	static const uint32_t lens[] = {
		4, 8, 64, 4096, 5000, 0, DMA_MAX_LEN, 3
	};
	const uint64_t bar = op & 0x10 ? RIG_VFBAR0 : RIG_BAR0;
	const uint8_t from = rd_u8(in), to = rd_u8(in);
	const struct {
		uint32_t reg;
		uint64_t v;
		uint32_t len;
	} w[] = { { DMA_SRC, some_addr(from), 8 },
		  { DMA_DST, some_addr(to), 8 },
		  { DMA_LEN, lens[from >> 4 & 7], 4 },
		  { DMA_IRQ, to & 0x80 ? DMA_IRQ_ENABLE | (to >> 5 & 3) : 0,
		    4 },
		  { DMA_CMD, to >> 4 & 3, 4 } };

	for (unsigned i = 0; i < COUNT(w); i++) {
		struct mem_req q = mem_req_host(bar + w[i].reg, w[i].len, true);
		uint8_t b[8];
		struct wr o = wr_over(b, sizeof(b));
		struct fault f;

		wr_u64le(&o, w[i].v);
		q.trusted = op & 0x20;
		(void)!mem_access(&r->mem, &q, b, &f);
	}
	if (op & 0x40)
		rig_settle(r);
}

/* A packet of the interposer's own; without keys it is never believed. */
static void forge(struct rd *in, uint8_t op)
{
	static const enum tlp_type types[] = {
		TLP_MRD,    TLP_MWR,	TLP_CPL,    TLP_CPLD, TLP_CFGRD0,
		TLP_CFGWR0, TLP_CFGRD1, TLP_CFGWR1, TLP_MSG,  TLP_MSGD
	};
	const uint8_t a = rd_u8(in), b = rd_u8(in), c = rd_u8(in);
	const enum link_dir dir = op & 0x10 ? LINK_IN : LINK_OUT;
	uint8_t bytes[256];
	struct wr w = wr_over(bytes, sizeof(bytes));
	struct tlp t = { .type = types[a % COUNT(types)],
			 .tc = b & 0x80 ? 1 : 0,
			 .at = c >> 6 & 3,
			 .poisoned = b & 0x40,
			 .requester = some_bdf(b),
			 .tag = (uint16_t)(c & 31),
			 .dest = some_bdf(c),
			 .completer = some_bdf(c),
			 .msg_code = c,
			 .msg_route = a >> 5,
			 .status = b >> 3 & 7,
			 .data = x.data };

	if (t.type == TLP_MRD || t.type == TLP_MWR) {
		t.addr = some_addr(c) & ~UINT64_C(3);
		t.len_dw = (uint16_t)(1 + (b & 3));
		t.first_be = a >> 4;
		t.last_be = t.len_dw > 1 ? 0xf : 0;
	} else if (t.type >= TLP_CFGRD0 && t.type <= TLP_CFGWR1) {
		t.len_dw = 1;
		t.first_be = a >> 4;
		t.reg = (uint16_t)(some_reg(b >> 3, c) & ~3u);
	} else if (t.type == TLP_CPLD || t.type == TLP_CPL) {
		t.len_dw = t.type == TLP_CPLD ? (uint16_t)(1 + (a >> 6)) : 0;
		t.byte_count = (uint16_t)(4 * (1 + (b & 7)));
		t.lower_addr = a >> 4 & 0xc;
	} else if (t.type == TLP_MSGD) {
		t.len_dw = 1;
	}
	if (a & 0x10) {
		t.ide = true;
		t.prefix =
			(struct tlp_ide){ .m = true,
					  .k = b & 1,
					  .t = b & 2,
					  .sub = (uint8_t)tlp_class_of(t.type),
					  .stream = RIG_STREAM };
	}
	rd_copy(in, x.data, 4);
	if (tlp_encode(&w, &t))
		return;
	(void)!link_tap_inject(&r->tap, dir, LINK_TLP, bytes, w.len);
}

static void raw(struct rd *in, uint8_t op)
{
	const uint8_t n = rd_u8(in);
	const uint8_t *p = rd_bytes(in, n);

	if (p && n)
		(void)!link_tap_inject(&r->tap, op & 0x10 ? LINK_IN : LINK_OUT,
				       op & 0x20 ? LINK_EVENT : LINK_TLP, p, n);
}

static void events(struct rd *in, uint8_t op)
{
	const uint8_t ev = rd_u8(in);
	uint8_t wire = ev % (LINK_EVENTS + 1);

	switch (op >> 4 & 7) {
	case 0:
		(void)!fabric_hot_reset(&r->fabric, r->port);
		break;
	case 1:
		(void)!fabric_fund_reset(&r->fabric, r->port);
		break;
	case 2:
		(void)!fabric_link_down(&r->fabric, r->port);
		break;
	case 3:
		(void)!fabric_link_up(&r->fabric, r->port);
		break;
	case 4:
		(void)!fabric_remove(&r->fabric, r->port);
		break;
	case 5:
		(void)!fabric_insert(&r->fabric, r->port);
		break;
	default:
		(void)!link_tap_inject(&r->tap, op & 0x10 ? LINK_IN : LINK_OUT,
				       LINK_EVENT, &wire, 1);
	}
}

/* A vendor message, as if the session had carried it. */
static void tell(struct rd *in, uint8_t op)
{
	uint8_t p[PCISIG_MAX], ans[4096];
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const unsigned fn = b & 3;
	size_t n;

	if (op & 0x10) { /* IDE_KM */
		n = pcisig_idekm(p, a & 7, RIG_STREAM, b, b);
		p[9] = a;
	} else {
		n = pcisig_tdisp(p, a, (uint16_t)(RIG_EP + fn), b >> 2,
				 RIG_STREAM, r->dev.tdis[fn].nonce);
	}
	if (op & 0x20)
		n = edit(in, p, n, sizeof(p));

	const struct spdm_vdm v = { .payload = { p, n } };
	struct dsm_conn *c = &r->dev.conns[0];
	size_t len = 0;

	if (!spdm_rsp_session_open(&r->dev.conns[0].rsp, RIG_SESSION))
		return;
	(void)!c->rsp.cfg.up->vendor(c, RIG_SESSION, &v, ans, sizeof(ans),
				     &len);
}

/* An object in the mailbox, as the host puts it there. */
static void mailbox(struct rd *in, uint8_t op)
{
	const uint16_t doe = r->dev.doe_cap;
	const uint8_t n = rd_u8(in) & 15, type = rd_u8(in);
	const uint32_t len = op & 0x10 ? type : n + 2u;
	uint32_t v;

	const uint32_t head[] = { 1u | (uint32_t)(type & 3) << 16, len };

	for (unsigned i = 0; i < n + 2u; i++) {
		v = i < 2 ? head[i] : rd_u32le(in);
		(void)!fabric_cfg_write(&r->fabric, RIG_EP, doe + 0x10, 4, v);
	}
	(void)!fabric_cfg_write(&r->fabric, RIG_EP, doe + 8, 4,
				op & 0x20 ? 1 : 0x80000000);
	rig_settle(r);
	for (unsigned i = 0; i < (type >> 2); i++) {
		(void)!fabric_cfg_read(&r->fabric, RIG_EP, doe + 0x14, 4, &v);
		(void)!fabric_cfg_write(&r->fabric, RIG_EP, doe + 0x14, 4, 0);
	}
}

static void keys(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in);
	const unsigned set = a & 1, sub = a >> 2 & 3;
	const enum ide_dir dir = a & 2 ? IDE_TX : IDE_RX;
	const uint8_t stream = a & 0x80 ? 1 : RIG_STREAM;
	const uint8_t key[IDE_KEY_LEN] = { a, 1 };
	uint8_t image[256];
	struct fabric_stream s;
	size_t len;

	switch (op >> 4 & 7) {
	case 0:
		(void)!fabric_key_program(&r->fabric, r->port + (a >> 6 & 1u),
					  stream, set, dir, sub, key, 1);
		break;
	case 1:
		(void)!fabric_key_go(&r->fabric, r->port, stream, set, dir,
				     sub);
		break;
	case 2:
		(void)!fabric_key_stop(&r->fabric, r->port, stream, set, dir,
				       sub);
		break;
	case 3:
		(void)!fabric_key_wipe(&r->fabric, r->port, stream);
		break;
	case 4:
		(void)!fabric_key_status(&r->fabric, r->port, stream, &s);
		break;
	case 5:
		(void)!fabric_ep_ide(&r->fabric, some_bdf(a), image,
				     a & 0x40 ? 8 : sizeof(image), &len);
		break;
	case 6:
		(void)!fabric_stream_ready(&r->fabric, r->port, stream, 0,
					   RIG_EP);
		break;
	default:
		(void)fabric_behind(&r->fabric, r->port, a >> 7, some_bdf(a));
	}
}

static void tap(struct rd *in, uint8_t op)
{
	switch (op >> 4 & 3) {
	case 0:
		x.left = rd_u8(in) & 15;
		x.what = rd_u8(in);
		x.at = rd_u8(in);
		x.with = rd_u8(in);
		break;
	case 1:
		(void)!link_tap_release(&r->tap, rd_u8(in) & 7, op & 0x40);
		break;
	case 2:
		(void)!link_tap_forget(&r->tap, rd_u8(in) & 7);
		break;
	default:
		r->hang = op & 0x40;
		r->iommu_closed = op & 0x80;
	}
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	const bool before = runs();

	r->last_t = false;
	switch (op & 15) {
	case 0:
	case 1:
		config(in, op);
		break;
	case 2:
		port_config(in, op);
		break;
	case 3:
	case 4:
		mmio(in, op);
		break;
	case 5:
		dma(in, op);
		break;
	case 6:
	case 7:
		forge(in, op);
		break;
	case 8:
		raw(in, op);
		break;
	case 9:
		events(in, op);
		break;
	case 10:
		tell(in, op);
		break;
	case 11:
		mailbox(in, op);
		break;
	case 12:
		keys(in, op);
		break;
	case 13:
		tap(in, op);
		break;
	case 14:
		r->now += (uint64_t)rd_u8(in) << 20;
		break;
	default:
		rig_settle(r);
	}
	(void)device_run(&r->dev, r->now);
	(void)fabric_run(&r->fabric);
	must(device_sane(&r->dev));
	must(fabric_sane(&r->fabric));
	if (r->last_t)
		must(before || runs());
}

/* What keys that came over IDE_KM in the session would have left. */
static void keyed(void)
{
	struct idekm_stream *s = &r->dev.km[0];

	*s = (struct idekm_stream){ .used = true,
				    .went = true,
				    .stream = RIG_STREAM };
	for (unsigned i = 0; i < 6; i++)
		s->key[0][i / 3][i % 3] = IDEKM_KEY_ACTIVE;
	rig_session(r);
	r->dev.dsm.pci.idekm.owner = RIG_SESSION;
}

static void start(uint8_t how)
{
	rig_new(r, how & 8 ? 0 : 2);
	link_tap_set(&r->tap, see, NULL);
	if (how & 7)
		rig_enumerate(r);
	if ((how & 7) >= 2) {
		rig_stream(r, 3);
		/* a session for what is told in it */
		rig_tdi(r, 0, TDI_UNLOCKED, 0);
	}
	if ((how & 7) >= 2)
		keyed();
	if ((how & 7) == 5)
		rig_tdi(r, 0, TDI_LOCKED, 0);
	else if ((how & 7) >= 4)
		rig_tdi(r, how >> 5 & 1, TDI_RUN,
			how & 0x10 ? TDISP_LOCK_MSIX : 0);
	if ((how & 7) == 6)
		rig_msix(r, RIG_BAR0, RIG_EP, 1, 0x77);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	memset(&x, 0, sizeof(x));
	r = malloc(sizeof(*r));
	must(r != NULL);
	start(rd_u8(&in));
	for (unsigned n = 0; rd_left(&in) && n < 96; n++)
		step(&in);
	rig_free(r);
	free(r);
	return 0;
}
