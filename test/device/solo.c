/* SPDX-License-Identifier: BSD-2-Clause */
#include "solo.h"

#include "seat.h"

void solo_cfg(struct solo *s, unsigned vfs)
{
	memset(s, 0, sizeof(*s));
	assert_int_equal(arena_map(&s->arena, 0, 256u << 20), IL_OK);
	s->env = fake_env(&s->fenv);
	fake_init(&s->fcrypto, 1);
	s->crypto = fake_crypto(&s->fcrypto);
	s->key = 1;
	s->cfg = (struct device_cfg){ .arena = &s->arena,
				      .crypto = &s->crypto,
				      .env = &s->env,
				      .vfs = vfs,
				      .streams = 4,
				      .assume = true,
				      .powered = true };
	device_spdm_defaults(&s->cfg.spdm);
}

void solo_session(struct solo *s)
{
	struct spdm_rsp *r = &s->dev.conns[0].rsp;

	if (spdm_rsp_session_open(r, SOLO_SESSION))
		return;
	r->phase = SPDM_PH_READY;
	r->tr.hash = CRYPTO_SHA384;
	r->cfg.ses[0].state = SPDM_SES_OPEN;
	r->cfg.ses[0].id = SOLO_SESSION;
	r->cfg.ses[0].ch[0].live = true;
	r->cfg.ses[0].ch[1].live = true;
	seat_session(&s->dev, SOLO_SESSION);
}

void solo_start(struct solo *s)
{
	assert_int_equal(device_init(&s->dev, &s->cfg), IL_OK);
	solo_session(s);
}

void solo_free(struct solo *s)
{
	assert_true(device_sane(&s->dev));
	device_fini(&s->dev);
	arena_unmap(&s->arena);
}

static uint8_t km(struct solo *s, const uint8_t *in, size_t n)
{
	s->len = 0;
	assert_int_equal(idekm_rsp_handle(&s->dev.dsm.pci.idekm, SOLO_SESSION,
					  in, n, s->out, sizeof(s->out),
					  &s->len),
			 IL_OK);
	return s->len ? s->out[0] : 0xff;
}

uint8_t solo_km(struct solo *s, uint8_t object, uint8_t port, uint8_t stream,
		unsigned set, unsigned dir, unsigned sub)
{
	uint8_t m[47] = { object, 0, 0, stream };

	m[5] = (uint8_t)(set | dir << 1 | sub << 4);
	m[6] = port;
	memset(m + 7, 0x5c, 32);
	m[7] = s->key;
	s->key = (uint8_t)(s->key ? s->key + 1 : 0);
	m[43] = 1;
	return km(s, m, object == 2 ? 47 : 7);
}

uint8_t solo_key(struct solo *s, uint8_t port, uint8_t stream, unsigned set,
		 unsigned dir, unsigned sub)
{
	assert_int_equal(solo_km(s, 2, port, stream, set, dir, sub), 3);
	assert_int_equal(s->out[3], stream);
	assert_int_equal(s->out[6], port);
	return s->out[4];
}

void solo_keys(struct solo *s, uint8_t port, uint8_t stream, unsigned set)
{
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(solo_key(s, port, stream, set, i / 3, i % 3),
				 0);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(solo_km(s, 4, port, stream, set, i / 3, i % 3),
				 6);
}

void solo_stop_keys(struct solo *s, uint8_t port, uint8_t stream, unsigned set)
{
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(solo_km(s, 5, port, stream, set, i / 3, i % 3),
				 6);
}

static uint8_t tdisp(struct solo *s, const uint8_t *in, size_t n)
{
	s->len = 0;
	assert_int_equal(tdisp_rsp_handle(&s->dev.dsm.pci.tdisp, SOLO_SESSION,
					  in, n, s->out, sizeof(s->out),
					  &s->len),
			 IL_OK);
	assert_true(s->len >= 16);
	return s->out[1];
}

static void head(uint8_t *m, uint32_t id, uint8_t code)
{
	m[0] = 0x10;
	m[1] = code;
	for (unsigned i = 0; i < 4; i++)
		m[4 + i] = (uint8_t)(id >> (8 * i));
}

uint8_t solo_tdisp(struct solo *s, uint32_t id, uint8_t code)
{
	uint8_t m[20] = { 0 };

	head(m, id, code);
	m[19] = 0x10; /* of a report, 4 KiB */
	return tdisp(s, m, code == 0x84 ? 20 : 16);
}

uint8_t solo_lock(struct solo *s, uint32_t id, uint8_t stream, uint16_t flags)
{
	uint8_t m[36] = { 0 };

	head(m, id, 0x83);
	m[16] = (uint8_t)flags;
	m[17] = (uint8_t)(flags >> 8);
	m[18] = stream;
	return tdisp(s, m, sizeof(m));
}

void solo_run(struct solo *s, uint32_t id)
{
	uint8_t m[48] = { 0 };

	assert_int_equal(solo_lock(s, id, SOLO_STREAM, 0), 0x03);
	head(m, id, 0x86);
	memcpy(m + 16, s->out + 16, 32);
	assert_int_equal(tdisp(s, m, sizeof(m)), 0x06);
}

uint32_t solo_error(const struct solo *s)
{
	struct rd r = rd_over(s->out + 16, 4);

	assert_int_equal(s->out[1], 0x7f);
	return rd_u32le(&r);
}

enum tdi_state solo_state(struct solo *s, uint16_t rid)
{
	enum tdi_state st = TDI_STATES;

	assert_int_equal(device_ask_state(&s->dev, rid, &st), IL_OK);
	return st;
}

const struct rule *solo_refusal(struct solo *s, const struct device_access *a)
{
	const struct rule *why = &device_rule_type;
	bool ok = device_ask_access(&s->dev, a, &why);

	assert_int_equal(ok, !why);
	assert_int_equal(device_ask_access(&s->dev, a, NULL), ok);
	return why;
}

/* Whether MMIO of 8 bytes at @addr of @rid may be. */
bool solo_mmio(struct solo *s, uint16_t rid, uint64_t addr, bool t)
{
	struct device_access a = { .rid = rid,
				   .addr = addr,
				   .len = 8,
				   .t = t,
				   .stream = DEVICE_STREAM_BOUND };

	return !solo_refusal(s, &a);
}

bool solo_dma(struct solo *s, uint16_t rid, bool t)
{
	struct device_access a = { .rid = rid,
				   .addr = 0x1000,
				   .len = 64,
				   .t = t,
				   .stream = DEVICE_STREAM_BOUND,
				   .from_device = true };

	return !solo_refusal(s, &a);
}

void solo_told(struct solo *s, uint16_t rid, uint16_t reg, unsigned size,
	       uint32_t v)
{
	assert_int_equal(device_told_write(&s->dev, rid, reg, size, v), IL_OK);
}

/* First page of range @i of the report that TDI @id gives. */
uint64_t solo_report_page(struct solo *s, uint32_t id, unsigned i)
{
	struct rd r;

	assert_int_equal(solo_tdisp(s, id, 0x84), 0x04);
	r = rd_over(s->out + 20 + 16 + 16 * i, 8);
	return rd_u64le(&r);
}

uint16_t solo_ecap(struct solo *s, uint16_t id)
{
	return pci_ecap_find(&s->dev.fn[0].cfg, id);
}
