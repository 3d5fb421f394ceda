/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "dsm/dsm_test.h"
#include "dsm/pipe.h"
#include "edit.h"

/*
 * The device's security manager: messages of two sessions and of none, what
 * the device sees happen, slow and failing hardware.
 *
 * It stays sane; a TDI is locked or runs only in a session that is open; only
 * one that runs is reached, or reaches out, with the T bit.
 */

static struct rig *g;
static uint32_t sid[2];

static void laws(void)
{
	const struct rule *why;
	int stream = -1;
	bool t = true;

	must(dsm_sane(&g->d));
	for (uint32_t fn = 0; fn < TDIS; fn++) {
		const enum tdi_state s = dsm_tdi_state(&g->d.pci, fn);

		if (s == TDI_LOCKED || s == TDI_RUN)
			must(dsm_token_open(&g->d.pci, g->tdis[fn].session));
		if (dsm_mmio_verdict(&g->d.pci, fn, true, true, STREAM, &why))
			must(s == TDI_RUN);
		if (dsm_dma_verdict(&g->d.pci, fn, DSM_DMA, &t, &stream,
				    &why) &&
		    t)
			must(s == TDI_RUN);
		if (dsm_p2p_verdict(&g->d.pci, fn, PEER, &why))
			must(s == TDI_RUN);
		if (g->tdis[fn].p2p[PEER / 32])
			must(s == TDI_RUN || s == TDI_ERROR);
		(void)dsm_lock_refusal(&g->d.pci, fn);
		(void)dsm_epoch(&g->d.pci, fn);
	}
}

/* SPDM gives the manager what came in a session that is open, no other. */
static void say(unsigned which, const uint8_t *p, size_t n, size_t room)
{
	const struct spdm_vdm v = { .payload = { p, n } };
	struct dsm_conn *c = &g->conns[0];
	size_t len = 0;

	if (spdm_rsp_session_open(&c->rsp, sid[which]))
		(void)!c->rsp.cfg.up->vendor(c, sid[which], &v, g->ans, room,
					     &len);
}

/* A TDISP request as the rig's ask() has it, then changed. */
static void tdisp(struct rd *in, uint8_t op)
{
	static const uint8_t lens[] = { 16, 20, 36, 20, 16, 48,
					16, 17, 17, 32, 18 };
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint32_t fn = a >> 6;
	uint8_t p[80] = { TDISP_PROTOCOL, 0x10 };
	size_t n = 1u + lens[a % COUNT(lens)];

	p[2] = (uint8_t)(TDISP_GET_VERSION + a % COUNT(lens));
	p[5] = (uint8_t)fn;
	p[6] = 1;
	switch (p[2]) {
	case TDISP_LOCK_REQ:
		p[17] = b & 0x1f;
		p[19] = b & 0x40 ? PEER : b & 0x20 ? 3 : STREAM;
		break;
	case TDISP_GET_REPORT:
		p[19] = b;
		break;
	case TDISP_START_REQ:
		memcpy(p + 17, g->tdis[fn].nonce, TDISP_NONCE_LEN);
		break;
	case TDISP_BIND_P2P_REQ:
	case TDISP_UNBIND_P2P_REQ:
		p[17] = b & 1 ? STREAM : PEER;
		break;
	case TDISP_SET_MMIO_ATTR_REQ:
		p[17] = (uint8_t)fn;
		p[18] = 0x10;
		p[25] = 1;
		p[29] = b & 0xf;
		break;
	case TDISP_VDM_REQ:
		p[17] = b & 3;
		break;
	default:
		break;
	}
	if (op & 0x10)
		n = edit(in, p, n, sizeof(p));
	say(op >> 5 & 1, p, n, op & 0x40 ? 20 : BUF);
}

static void idekm(struct rd *in, uint8_t op)
{
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const uint8_t stream = a & 0x10 ? PEER : STREAM;
	uint8_t p[64] = {
		0,	a & 7, 0,    0,
		stream, 0,     b,    a & 0x20 ? 1 : stream == PEER ? 2 : 0,
		0x11,	0x22,  0x33, 0x44
	};
	size_t n = p[1] == IDEKM_KEY_PROG ? 48 : p[1] == IDEKM_QUERY ? 4 : 8;

	if (p[1] == IDEKM_QUERY)
		p[3] = a & 0x20 ? 1 : 0;
	p[44] = 1;
	if (op & 0x10 && n > (b >> 4)) /* cut, or stretched by zeros */
		n = b & 8 ? n - (b >> 4) : n + (b >> 4);
	say(op >> 5 & 1, p, n, op & 0x40 ? 6 : BUF);
}

/* All six keys of set 0, and GO. */
static void keys(uint8_t stream)
{
	for (uint8_t i = 0; i < 12; i++) {
		uint8_t p[48] = { 0,
				  i & 1 ? IDEKM_K_SET_GO : IDEKM_KEY_PROG,
				  0,
				  0,
				  stream,
				  0,
				  (uint8_t)((i / 6) << 1 | (i / 2 % 3) << 4),
				  stream == PEER ? 2 : 0,
				  0x11,
				  0x22,
				  0x33,
				  0x44 };

		p[44] = 1;
		say(0, p, i & 1 ? 8 : 48, BUF);
	}
}

static void hardware(struct rd *in)
{
	static const enum il_err errs[] = { IL_OK, IL_OK, IL_E_AGAIN, IL_E_IO };
	static const struct rule no = { .name = "no",
					.says = "no",
					.source = "fuzz" };
	const uint8_t a = rd_u8(in), b = rd_u8(in);

	g->hw.quiesce = errs[a & 3];
	g->hw.scrub = errs[a >> 2 & 3];
	g->hw.program = errs[b >> 6];
	g->hw.bind = a & 1 && b & 4 ? TDISP_E_PENDING : TDISP_E_NONE;
	g->hw.unbind = a & 2 && b & 4 ? TDISP_E_BUSY : TDISP_E_NONE;
	g->hw.vdm = a & 4 && b & 8 ? TDISP_E_PENDING : TDISP_E_NONE;
	g->hw.config = a & 0x10 ? &no : NULL;
	g->f.random_err = a & 0x20 ? IL_E_RANDOM : IL_OK;
	g->hw.stream = (struct dsm_stream){ .enabled = !(b & 1),
					    .secure = !(b & 2),
					    .is_default = !(b & 4),
					    .tc = b >> 3 & 1,
					    .port = b >> 4 & 1,
					    .defaults = 1 + (b >> 5 & 1) };
	g->hw.peer.secure = !(a & 0x40);
	g->hw.peer.is_default = a & 0x80;
}

/* Something over SPDM itself, from either end. */
static void spdm(struct rd *in, uint8_t op)
{
	struct end *e = op & 0x20 ? &g->b : &g->a;
	const uint8_t a = rd_u8(in);
	static const uint8_t vid[2] = { 1, 0 }, body[4] = { 1, 0x10, 0x85 };
	const struct spdm_req_args args = {
		.index = SPDM_MEAS_ALL,
		.update = SPDM_UPDATE_ALL_KEYS,
		.vdm = { a & 0x10 ? SPDM_STD_DMTF : SPDM_STD_PCISIG,
			 { vid, a & 0x10 ? 0 : 2 },
			 { body, a >> 6 } },
	};

	if (a & 0x20)
		(void)spdm_rsp_end(&g->conns[0].rsp, sid[op >> 5 & 1]);
	else if (!g->f.random_err)
		(void)!run(g, e, (enum spdm_req_op)(a % SPDM_OPS), &args);
}

/* Another one, which nobody talks to over SPDM; it must be free. */
static void other_session(void)
{
	struct spdm_rsp_session *s = &g->conns[0].rsp.cfg.ses[1];

	if (s->state != SPDM_SES_NONE)
		return;
	s->state = SPDM_SES_OPEN;
	s->id = sid[1];
	s->ch[0].live = s->ch[1].live = true;
	s->heard_ns = g->now_ns;
}

/* What goes between the halves, as bytes: what is taken comes out again. */
static void frame(struct rd *in)
{
	uint8_t p[64], q[64];
	const size_t n = rd_left(in) < sizeof(p) ? rd_left(in) : sizeof(p);
	struct dsm_frame f;

	rd_copy(in, p, n);
	if (n > 24) /* as long as it says, now and then */
		p[20] = (uint8_t)(n - 24);
	if (!dsm_frame_decode(p, n, &f)) {
		must(dsm_frame_encode(&f, q, sizeof(q)) == n);
		must(memcmp(p, q, n) == 0);
	}
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);
	const struct idekm_ref ref = { .stream = op & 0x10 ? PEER : STREAM,
				       .key_set = op >> 5 & 1,
				       .dir = op >> 6 & 1,
				       .port = op & 0x10 ? 2 : 0 };
	uint8_t a;

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
		tdisp(in, op);
		break;
	case 3:
	case 4:
		idekm(in, op);
		break;
	case 5:
		keys(op & 0x10 ? PEER : STREAM);
		break;
	case 6:
	case 7:
		a = rd_u8(in);
		dsm_event(&g->d, (enum dsm_event)(a % DSM_EVENTS),
			  op >> 4 == 15 ? STREAM : op >> 4);
		break;
	case 8:
		dsm_key_retired(&g->d.pci, &ref);
		break;
	case 9:
		hardware(in);
		break;
	case 10:
		g->now_ns += (uint64_t)rd_u8(in) << 24;
		(void)dsm_tick(&g->d, g->now_ns);
		break;
	case 11:
		a = rd_u8(in);
		dsm_set_function(&g->d.pci, a & 3, !(a & 4), 0x100 + (a >> 4));
		break;
	case 12:
		spdm(in, op);
		break;
	case 13:
		frame(in);
		break;
	default:
		(void)dsm_tick(&g->d, ++g->now_ns);
	}
	laws();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool open;
	struct rd in = rd_over(data, len);
	const uint8_t how = rd_u8(&in);

	if (!open)
		rig_open();
	open = true;
	g = rig_new();
	if (how & 8) /* what may be left out */
		g->port.bind_p2p = NULL;
	if (how & 16)
		g->port.vdm = NULL;
	rig_start(g);
	sid[0] = session(g, &g->a);
	sid[1] = sid[0] ^ 1;
	if (how & 1)
		other_session();
	if (how & 2)
		keys(STREAM);
	if (how & 4)
		keys(PEER);
	for (unsigned n = 0; rd_left(&in) && n < 64; n++)
		step(&in);
	rig_free(g);
	return 0;
}
