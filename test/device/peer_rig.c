/* SPDX-License-Identifier: BSD-2-Clause */
#include "peer_rig.h"

#include <stdlib.h>

#include "seat.h"

#define RING (1u << 20)

static void refused(void *ctx, const struct fault *f)
{
	struct party *p = ctx;

	p->refused = f->rule;
}

/* --- the switch and the root --- */

enum { AT_ROOT = 2 };

static unsigned by_rid(uint16_t rid)
{
	return rid >> 8 == 1 ? ONE : rid >> 8 == 2 ? TWO : AT_ROOT;
}

static unsigned target(const struct tlp *t)
{
	switch (t->type) {
	case TLP_MRD:
	case TLP_MWR:
		return t->addr >> 20 == WINDOW(ONE) >> 20   ? ONE
		       : t->addr >> 20 == WINDOW(TWO) >> 20 ? TWO
							    : AT_ROOT;
	case TLP_CPL:
	case TLP_CPLD:
		return by_rid(t->requester);
	case TLP_MSG:
	case TLP_MSGD:
		return t->msg_route == TLP_ROUTE_BY_ID ? by_rid(t->dest)
						       : AT_ROOT;
	case TLP_CFGRD0:
	case TLP_CFGRD1:
	case TLP_CFGWR0:
	case TLP_CFGWR1:
	case TLP_TYPES:
		break;
	}
	fail_msg("a device sent %s", tlp_type_name(t->type));
	return AT_ROOT;
}

/* The root takes what comes on the default stream, and answers no request. */
static void root_take(struct party *p, const uint8_t *frame, size_t n)
{
	uint8_t scratch[TLP_LIMIT_DATA];
	struct fault f;
	struct tlp t = { .type = TLP_MSG };

	if (ide_unprotect(&p->root, frame, n, scratch, sizeof(scratch), &t, &f))
		return;
	if (t.type == TLP_CPLD)
		memcpy(p->read, t.data, 4u * t.len_dw);
	if (t.type == TLP_CPL || t.type == TLP_CPLD)
		p->status = t.status;
}

static void count(struct party *p, unsigned to, unsigned from,
		  const struct tlp *t)
{
	bool own = t->type <= TLP_MWR;

	if (to == AT_ROOT)
		p->seen.to_root += own;
	else if (to != from)
		p->seen.to_peer++;
	if (t->ide && t->prefix.stream == PEER && t->prefix.t && t->prefix.m)
		p->seen.on_peer++;
}

static bool forward(struct peers *s, unsigned from)
{
	static uint8_t frame[LINK_FRAME_MAX];
	struct party *p = &s->p[from];
	enum link_kind kind;
	struct tlp t;
	struct rd r;
	unsigned to;
	size_t n;

	if (link_recv(&p->port, &kind, frame, sizeof(frame), &n))
		return false;
	assert_int_equal(kind, LINK_TLP);
	r = rd_over(frame, n);
	assert_int_equal(tlp_decode(&r, &t), IL_OK);
	if (s->secret && bytes_hold(frame, n, s->secret, s->secret_len))
		s->leaked = true;
	to = target(&t);
	count(p, to, from, &t);
	if (to == AT_ROOT)
		root_take(p, frame, n);
	else if (to != from)
		assert_int_equal(link_send(&s->p[to].port, LINK_TLP, frame, n),
				 IL_OK);
	return true;
}

void peers_run(struct peers *s)
{
	bool moved;

	do {
		moved = false;
		for (unsigned i = 0; i < 2; i++) {
			moved |= device_run(&s->p[i].dev, s->now);
			while (forward(s, i))
				moved = true;
		}
	} while (moved);
}

/* --- what the host writes --- */

void config(struct peers *s, unsigned i, uint16_t reg, unsigned size,
	    uint32_t v)
{
	assert_int_equal(device_told_write(&s->p[i].dev, RID(i), reg, size, v),
			 IL_OK);
}

void ide_reg(struct peers *s, unsigned i, unsigned n, unsigned reg, uint32_t v)
{
	/* Behind two dwords of the capability, 0x20 bytes a block. */
	config(s, i, (uint16_t)(s->p[i].dev.ide_cap + 0xcu + 0x20u * n + reg),
	       4, v);
}

static void host_send(struct peers *s, unsigned i, const struct tlp *m)
{
	static uint8_t frame[LINK_FRAME_MAX];
	struct party *p = &s->p[i];
	struct wr w = wr_over(frame, sizeof(frame));
	enum il_err err = ide_protect(&p->root, 0, m, &w);

	if (err == IL_E_AGAIN) {
		w = wr_over(frame, sizeof(frame));
		assert_int_equal(ide_sync(&p->root, 0, &w), IL_OK);
		assert_int_equal(link_send(&p->port, LINK_TLP, frame, w.len),
				 IL_OK);
		w = wr_over(frame, sizeof(frame));
		err = ide_protect(&p->root, 0, m, &w);
	}
	assert_int_equal(err, IL_OK);
	assert_int_equal(link_send(&p->port, LINK_TLP, frame, w.len), IL_OK);
}

static void post(struct peers *s, unsigned i, uint64_t addr, const void *data,
		 uint32_t len)
{
	uint8_t pad[520];
	struct tlp m;

	assert_int_equal(
		tlp_mwr(&m, ROOT_RID, addr, data, len, pad, sizeof(pad)),
		IL_OK);
	m.prefix.t = !s->untrusted;
	host_send(s, i, &m);
}

void host_write(struct peers *s, unsigned i, uint64_t addr, const void *data,
		uint32_t len)
{
	post(s, i, addr, data, len);
	peers_run(s);
}

uint64_t host_read(struct peers *s, unsigned i, uint64_t addr, uint32_t len)
{
	struct rd r = rd_over(s->p[i].read, 8);
	struct tlp m;

	memset(s->p[i].read, 0, 8);
	s->p[i].status = 0xff;
	assert_int_equal(tlp_mrd(&m, ROOT_RID, 1, addr, len), IL_OK);
	m.prefix.t = !s->untrusted;
	host_send(s, i, &m);
	peers_run(s);
	assert_int_equal(s->p[i].status, TLP_CPL_SC);
	return rd_u64le(&r);
}

static void put64(uint8_t *b, uint64_t v)
{
	struct wr w = wr_over(b, 8);

	wr_u64le(&w, v);
}

void engine(struct peers *s, unsigned i, uint32_t cmd, uint64_t src,
	    uint64_t dst, uint32_t len)
{
	uint8_t b[8];

	put64(b, src);
	host_write(s, i, REGS(i) + DMA_SRC, b, 8);
	put64(b, dst);
	host_write(s, i, REGS(i) + DMA_DST, b, 8);
	/* LEN, and behind it CMD: one write of both. */
	put64(b, len | (uint64_t)cmd << 32);
	post(s, i, REGS(i) + DMA_LEN, b, 8);
}

uint32_t engine_error(const struct peers *s, unsigned i)
{
	return s->p[i].dev.fn[0].engine.error;
}

const uint8_t *memory(const struct peers *s, unsigned i)
{
	return s->p[i].dev.fn[0].mem[DMA_BAR_MEM].p;
}

/* --- what the TSM says --- */

static enum il_err payload(struct peers *s, unsigned i, uint8_t *in, size_t n,
			   uint8_t *out, size_t cap, size_t *len)
{
	struct party *p = &s->p[i];
	enum il_err err = dsm_pci_back.request(&p->dev.dsm.pci, &p->session, in,
					       n, out, cap, len);

	if (err)
		return err;
	assert_true(*len > 1);
	assert_int_equal(out[0], in[0]);
	return IL_OK;
}

static void km(struct peers *s, unsigned i, const struct idekm_msg *m)
{
	struct party *p = &s->p[i];
	uint8_t in[64] = { IDEKM_PROTOCOL }, out[64];
	struct wr w = wr_over(in + 1, sizeof(in) - 1);
	struct idekm_msg got;
	size_t len = 0;

	assert_int_equal(idekm_req_begin(&p->km, m, &w), IL_OK);
	assert_int_equal(payload(s, i, in, 1 + w.len, out, sizeof(out), &len),
			 IL_OK);
	assert_int_equal(idekm_req_accept(&p->km, out + 1, len - 1, &got),
			 IL_OK);
}

/*
 * One key for each direction and sub-stream. What one device sends with is
 * what the other, or the root, takes with.
 */
static void key_of(uint8_t key[IDE_KEY_LEN], uint8_t stream, unsigned from,
		   unsigned sub)
{
	memset(key, (int)(0x40 + stream), IDE_KEY_LEN);
	key[0] = (uint8_t)from;
	key[1] = (uint8_t)sub;
}

/* The other end of a default stream; receive keys go first there, too. */
static void root_key(struct peers *s, unsigned i, const struct idekm_msg *m)
{
	struct ide_port *root = &s->p[i].root;
	bool tx = m->ref.dir == IDEKM_TX;

	if (m->object == IDEKM_K_SET_GO)
		assert_int_equal(ide_key_go(root, m->ref.stream, 0,
					    tx ? IDE_TX : IDE_RX, m->ref.sub),
				 IL_OK);
	else
		assert_int_equal(ide_key_set(root, m->ref.stream, 0,
					     tx ? IDE_RX : IDE_TX, m->ref.sub,
					     m->key, 1),
				 IL_OK);
}

void keys(struct peers *s, unsigned i, uint8_t stream, bool other)
{
	const unsigned partner = other ? 1 - i : AT_ROOT;

	for (unsigned k = 0; k < 12; k++) {
		bool tx = k / 3 % 2;
		struct idekm_msg m = {
			.object = k < 6 ? IDEKM_KEY_PROG : IDEKM_K_SET_GO,
			.ref = { .stream = stream,
				 .dir = tx ? IDEKM_TX : IDEKM_RX,
				 .sub = (uint8_t)(k % 3) },
		};

		m.ifv[IDEKM_IFV_LEN - 1] = 1;
		key_of(m.key, stream, tx ? i : partner, k % 3);
		if (!other)
			root_key(s, i, &m);
		km(s, i, &m);
	}
}

static uint32_t answer(struct peers *s, unsigned i, const struct tdisp_msg *m,
		       enum il_err *raw)
{
	struct party *p = &s->p[i];
	uint8_t in[96] = { TDISP_PROTOCOL }, out[96];
	struct wr w = wr_over(in + 1, sizeof(in) - 1);
	struct tdisp_msg got;
	size_t len = 0;
	enum il_err err;

	assert_int_equal(tdisp_req_begin(&p->tdisp, m, &w), IL_OK);
	err = payload(s, i, in, 1 + w.len, out, sizeof(out), &len);
	if (raw)
		*raw = err;
	if (err) {
		tdisp_req_abort(&p->tdisp);
		return 0;
	}
	err = tdisp_req_accept(&p->tdisp, out + 1, len - 1, &got);
	if (err == IL_E_PEER)
		return REFUSED | got.error.code;
	assert_int_equal(err, IL_OK);
	if (got.code == TDISP_LOCK_RSP)
		memcpy(p->nonce, got.nonce, sizeof(p->nonce));
	return got.code;
}

uint32_t ask(struct peers *s, unsigned i, const struct tdisp_msg *m)
{
	enum il_err raw;
	uint32_t code = answer(s, i, m, &raw);

	assert_int_equal(raw, IL_OK);
	return code;
}

uint32_t lock(struct peers *s, unsigned i, uint16_t flags, uint64_t mask)
{
	const struct tdisp_msg m = { .code = TDISP_LOCK_REQ,
				     .lock = { .flags = flags,
					       .default_stream = DEFAULT(i),
					       .p2p_mask = mask } };

	return ask(s, i, &m);
}

uint32_t say(struct peers *s, unsigned i, enum tdisp_code code)
{
	struct tdisp_msg m = { .code = code };

	if (code == TDISP_START_REQ)
		memcpy(m.nonce, s->p[i].nonce, sizeof(m.nonce));
	return ask(s, i, &m);
}

uint32_t bind(struct peers *s, unsigned i, uint8_t stream)
{
	return ask(s, i,
		   &(struct tdisp_msg){ .code = TDISP_BIND_P2P_REQ,
					.stream = stream });
}

enum il_err bind_raw(struct peers *s, unsigned i, uint8_t stream)
{
	enum il_err raw;

	(void)answer(s, i,
		     &(struct tdisp_msg){ .code = TDISP_BIND_P2P_REQ,
					  .stream = stream },
		     &raw);
	return raw;
}

uint32_t unbind(struct peers *s, unsigned i, uint8_t stream)
{
	return ask(s, i,
		   &(struct tdisp_msg){ .code = TDISP_UNBIND_P2P_REQ,
					.stream = stream });
}

enum tdi_state state(const struct peers *s, unsigned i)
{
	return dsm_tdi_state(&s->p[i].dev.dsm.pci, 0);
}

/* --- the whole --- */

static void session(struct peers *s, unsigned i)
{
	struct party *p = &s->p[i];
	struct spdm_rsp *r = &p->dev.conns[0].rsp;
	uint32_t id = 0x10001u * (i + 1);

	r->phase = SPDM_PH_READY;
	r->tr.hash = CRYPTO_SHA384;
	r->cfg.ses[0].state = SPDM_SES_OPEN;
	r->cfg.ses[0].id = id;
	r->cfg.ses[0].ch[0].live = true;
	r->cfg.ses[0].ch[1].live = true;
	seat_session(&p->dev, id);
	p->session =
		(struct dsm_session){ .id = id, .gen = id, .aes256 = true };
	idekm_req_init(&p->km);
	tdisp_req_init(&p->tdisp, RID(i));
}

static void party_new(struct peers *s, unsigned i)
{
	struct party *p = &s->p[i];
	struct device_cfg cfg = { .arena = &p->arena,
				  .crypto = &p->crypto,
				  .env = &p->env,
				  .refused = refused,
				  .refused_ctx = p,
				  .streams = 3,
				  .lock_flags = FLAGS | TDISP_LOCK_REDIRECT,
				  .powered = true };
	const struct ide_cfg root = { .crypto = &p->root_crypto,
				      .env = &p->env,
				      .root = true,
				      .streams = 1,
				      .self = ROOT_RID };
	uint8_t *ring;

	assert_int_equal(arena_map(&p->arena, 0, 64u << 20), IL_OK);
	p->env = fake_env(&p->fenv);
	fake_init(&p->fc, i + 1);
	fake_init(&p->root_fc, i + 3);
	p->crypto = fake_crypto(&p->fc);
	p->root_crypto = fake_crypto(&p->root_fc);
	ring = arena_take(&p->arena, RING, 64);
	assert_non_null(ring);
	link_queue_init(&p->queue, ring, RING);
	p->port = link_queue_end(&p->queue, 0);
	cfg.link = link_queue_end(&p->queue, 1);
	device_spdm_defaults(&cfg.spdm);
	assert_int_equal(device_init(&p->dev, &cfg), IL_OK);
	assert_int_equal(ide_init(&p->root, &root), IL_OK);
}

/* Addresses, decoding, and the registers of two streams: not yet enabled. */
static void program(struct peers *s, unsigned i)
{
	uint16_t peer = RID(1 - i);
	uint32_t mib = (uint32_t)(WINDOW(1 - i) >> 20);

	config(s, i, 0x10, 4, (uint32_t)REGS(i));
	config(s, i, 0x18, 4, (uint32_t)MEM(i));
	config(s, i, 0x04, 2, 6);
	ide_reg(s, i, 0, 0xc, ROOT_RID << 8);
	ide_reg(s, i, 0, 0x10, ROOT_RID << 8 | 1);
	ide_reg(s, i, 0, 4, (uint32_t)DEFAULT(i) << 24 | 1u << 22);
	ide_reg(s, i, 1, 0xc, (uint32_t)peer << 8);
	ide_reg(s, i, 1, 0x10, (uint32_t)peer << 8 | 1);
	ide_reg(s, i, 1, 0x14, mib << 20 | mib << 8 | 1);
	ide_reg(s, i, 1, 4, (uint32_t)PEER << 24);
}

struct peers *peers_new(void)
{
	struct peers *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	for (unsigned i = 0; i < 2; i++) {
		struct ide_stream_cfg c = { .id = DEFAULT(i),
					    .rid_valid = true,
					    .rid_base = RID(i),
					    .rid_limit = RID(i) + 7u };

		party_new(s, i);
		session(s, i);
		program(s, i);
		assert_int_equal(ide_stream_set(&s->p[i].root, 0, &c), IL_OK);
		keys(s, i, DEFAULT(i), false);
		keys(s, i, PEER, true);
		c.enable = true;
		assert_int_equal(ide_stream_set(&s->p[i].root, 0, &c), IL_OK);
		ide_reg(s, i, 0, 4, (uint32_t)DEFAULT(i) << 24 | 1u << 22 | 1);
		ide_reg(s, i, 1, 4, (uint32_t)PEER << 24 | 1);
	}
	return s;
}

void peers_free(struct peers *s)
{
	assert_false(s->leaked);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(device_sane(&s->p[i].dev));
		device_fini(&s->p[i].dev);
		ide_fini(&s->p[i].root);
		arena_unmap(&s->p[i].arena);
	}
	free(s);
}

void peers_bound(struct peers *s)
{
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(lock(s, i, FLAGS, UINT64_MAX), TDISP_LOCK_RSP);
		assert_int_equal(say(s, i, TDISP_START_REQ), TDISP_START_RSP);
		assert_int_equal(bind(s, i, PEER), TDISP_BIND_P2P_RSP);
	}
}
