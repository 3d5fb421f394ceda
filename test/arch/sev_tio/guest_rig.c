/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_rig.h"

#include <stdlib.h>

struct maker grig_maker;

const uint8_t grig_nonce[32] = { 0xa1, 0xb2, 0xc3, [31] = 0x5e };

static uint64_t le(const uint8_t *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void put(uint8_t *p, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* The instruction goes on, or not. */
static enum il_err step(struct grig *r, enum insn what)
{
	if (r->stutter && !r->stuttered) {
		r->stuttered = true;
		return IL_E_AGAIN;
	}
	r->stuttered = false;
	if (++r->done == r->fail_at) {
		r->failed_in = what;
		return r->fail_err;
	}
	return IL_OK;
}

/* --- the firmware ------------------------------------------------------------
 */

static void iv_of(uint8_t iv[12], uint64_t seqno)
{
	memset(iv, 0, 12);
	put(iv, seqno, 8);
}

static uint32_t answer_len(unsigned type)
{
	switch (type) {
	case 19:
		return 0xc0;
	case 21:
		return 0x30;
	case 25:
		return 0x10;
	default:
		fail();
		return 0;
	}
}

static void answer_fill(const struct grig *r, unsigned type, const uint8_t *req,
			uint8_t *p)
{
	memset(p, 0, 0xc0);
	put(p, r->tdi_id, 8);
	put(p + 8, r->status, 2);
	if (type == 21)
		memcpy(p + 0x10, req + 0x10, 0x20);
	if (type != 19)
		return;
	put(p + 0x10, 1, 4); /* valid, not fresh */
	put(p + 0x14, 0x1d, 4);
	put(p + 0x18, 0x01020101, 8); /* SHA-384 */
	memset(p + 0x20, 0xce, 48);
	memset(p + 0x50, 0x3e, 48);
	memset(p + 0x80, 0x4e, 48);
	put(p + 0xb0, 77, 8);
}

static void answer(struct grig *r, unsigned k, unsigned type,
		   const uint8_t *plain)
{
	uint8_t p[0xc0], iv[12], *m = r->rsp;
	const uint32_t len = answer_len(type);

	if (r->spoil == SPOIL_REPLAY)
		return;
	answer_fill(r, type, plain, p);
	memset(m, 0, sizeof(r->rsp));
	put(m + 0x20, r->fw_seqno[k], 8);
	m[0x30] = 1;
	m[0x31] = 1;
	put(m + 0x32, 0x60, 2);
	m[0x34] = (uint8_t)(type + 1);
	m[0x35] = 2;
	put(m + 0x36, len, 2);
	m[0x3c] = (uint8_t)k;
	if (r->spoil == SPOIL_SEALED)
		m[r->spoil_at] ^= r->spoil_xor;
	iv_of(iv, r->fw_seqno[k]);
	assert_int_equal(crypto_aead_seal(&r->c, r->fw_key[k], iv, m + 0x30,
					  0x30, p, len, m + 0x60, m, 16),
			 IL_OK);
	if (r->spoil == SPOIL_WIRE)
		m[r->spoil_at] ^= r->spoil_xor;
}

/* SNP_GUEST_REQUEST: only the next number, only what verifies. */
static void firmware(struct grig *r)
{
	struct fwmsg *f = &r->log.msgs[r->log.n_msgs++];
	const uint8_t *m = r->req;
	unsigned k = m[0x3c];
	uint8_t iv[12];

	assert_true(r->log.n_msgs <= COUNT(r->log.msgs));
	assert_true(k < 4);
	f->key_no = k;
	f->type = m[0x34];
	f->seqno = le(m + 0x20, 8);
	f->len = le(m + 0x36, 2);
	assert_true(f->seqno == r->fw_seqno[k] + 1);
	assert_int_equal(m[0x30], 1);
	assert_int_equal(m[0x31], 1);
	assert_int_equal(le(m + 0x32, 2), 0x60);
	assert_int_equal(m[0x35], 2);
	assert_true(f->len <= sizeof(f->plain));
	iv_of(iv, f->seqno);
	assert_int_equal(crypto_aead_open(&r->c, r->fw_key[k], iv, m + 0x30,
					  0x30, m + 0x60, f->len, f->plain, m,
					  16),
			 IL_OK);
	if (f->type == 19) {
		if (r->log.exits[r->log.n_exits - 1].rdx & 4)
			memcpy(r->log.nonce, r->data, 32);
		memcpy(r->data, r->data_seed, sizeof(r->data_seed));
	}
	r->fw_seqno[k] += 2;
	answer(r, k, f->type, f->plain);
	r->spoil = SPOIL_NOT;
}

/* --- the host ----------------------------------------------------------------
 */

/* What stands in the request page, good or cut short, has been seen. */
static void look(struct grig *r, const uint8_t *m, uint32_t len)
{
	struct sealed *s = &r->sealed[r->n_sealed];

	s->key_no = m[0x3c];
	s->seqno = le(m + 0x20, 8);
	s->len = len;
	assert_true(len <= sizeof(s->bytes));
	assert_int_equal(len, 0x60 + le(m + 0x36, 2));
	memcpy(s->bytes, m, len);
	for (unsigned i = 0; i < r->n_sealed; i++)
		if (r->sealed[i].key_no == s->key_no &&
		    r->sealed[i].seqno == s->seqno) {
			assert_int_equal(r->sealed[i].len, len);
			assert_memory_equal(r->sealed[i].bytes, m, len);
			return;
		}
	assert_true(++r->n_sealed < COUNT(r->sealed));
}

static enum il_err insn_read(void *ctx, uint64_t gpa, bool private, void *buf,
			     uint32_t len)
{
	struct grig *r = ctx;
	enum il_err err;

	if (gpa >= G_SECRETS && gpa + len <= G_SECRETS + 4096) {
		assert_true(private);
		err = step(r, I_READ_SECRETS);
		if (!err)
			memcpy(buf, r->secrets + (gpa - G_SECRETS), len);
		return err;
	}
	assert_false(private);
	if (gpa == G_DATA) {
		assert_true(r->shared[2]);
		assert_int_equal(len, sizeof(r->data));
		err = step(r, I_DATA);
		if (!err)
			memcpy(buf, r->data, len);
		return err;
	}
	assert_true(gpa == G_RSP && len <= sizeof(r->rsp));
	assert_true(r->shared[1]);
	err = step(r, I_READ_RSP);
	if (!err)
		memcpy(buf, r->rsp, len);
	return err;
}

static enum il_err insn_write(void *ctx, uint64_t gpa, bool private,
			      const void *buf, uint32_t len)
{
	struct grig *r = ctx;
	enum il_err err;

	assert_false(private);
	if (gpa == G_DATA) {
		assert_true(r->shared[2]);
		assert_int_equal(len, 32);
		err = step(r, I_DATA);
		if (!err)
			memcpy(r->data, buf, len);
		return err;
	}
	assert_true(gpa == G_REQ && r->shared[0]);
	look(r, buf, len);
	err = step(r, I_WRITE_REQ);
	if (!err)
		memcpy(r->req, buf, len);
	return err;
}

static enum il_err insn_pvalidate(void *ctx, uint64_t gpa, enum rmp_size size,
				  bool validate, enum rmp_rc *rc, bool *same)
{
	struct grig *r = ctx;
	enum il_err err = step(r, I_PVALIDATE);
	struct pvalidate *v = &r->log.pvals[r->log.n_pvals];

	if (err)
		return err;
	assert_true(++r->log.n_pvals <= COUNT(r->log.pvals));
	*v = (struct pvalidate){ gpa, size, validate };
	*rc = RMP_OK;
	*same = false;
	if (r->rc_after-- == 0) {
		*rc = r->rc;
		*same = r->same;
	}
	return IL_OK;
}

static void psc(struct grig *r, struct sev_ghcb *io)
{
	static const uint64_t areas[] = { G_REQ, G_RSP, G_DATA };

	for (unsigned i = 0; i < COUNT(areas); i++)
		if (io->info1 == areas[i] && !r->psc_refused)
			r->shared[i] = true;
	io->info2 = r->psc_refused;
	r->psc_refused = 0;
}

static enum il_err insn_vmgexit(void *ctx, struct sev_ghcb *io)
{
	struct grig *r = ctx;
	const bool req = io->exit_code == UINT64_C(0x80000020);
	const bool op = io->exit_code == UINT64_C(0x80000021);
	enum il_err err = step(r, req ? I_REQUEST : op ? I_OP : I_PSC);

	if (err)
		return err;
	r->log.exits[r->log.n_exits++] = *io;
	assert_true(r->log.n_exits < COUNT(r->log.exits));
	if (req) {
		io->info2 = r->request_refused;
		if (!r->request_refused)
			firmware(r);
		r->request_refused = 0;
	} else if (op) {
		io->info2 = r->op_refused;
		io->rcx = G_TDI;
		r->op_refused = 0;
	} else {
		assert_true(io->exit_code == UINT64_C(0x80000010));
		psc(r, io);
	}
	return IL_OK;
}

/* --- the test's side ---------------------------------------------------------
 */

int grig_open(void **state)
{
	(void)state;
	maker_open(&grig_maker, CRYPTO_P256);
	return 0;
}

int grig_close(void **state)
{
	(void)state;
	maker_close(&grig_maker);
	return 0;
}

struct grig *grig_new(void)
{
	struct grig *r = calloc(1, sizeof(*r));
	struct sev_guest_cfg cfg = {
		.map = { G_SECRETS, G_REQ, G_RSP, G_DATA },
		.vtom = G_VTOM,
	};

	assert_non_null(r);
	r->live = maker_live(&grig_maker);
	r->c = grig_maker.c;
	r->env = fake_env(&r->fenv);
	r->insn = (struct sev_guest_insn){ .ctx = r,
					   .read = insn_read,
					   .write = insn_write,
					   .pvalidate = insn_pvalidate,
					   .vmgexit = insn_vmgexit };
	r->tdi_id = G_TDI;
	r->rc_after = UINT32_MAX;
	for (unsigned i = 0; i < 4 * 32; i++)
		r->secrets[0x20 + i] = (uint8_t)(i * 5 + 1);
	for (unsigned k = 0; k < 4; k++)
		assert_int_equal(crypto_aead_key(&r->c, &r->fw_key[k],
						 CRYPTO_AES_256_GCM,
						 r->secrets + 0x20 + 32 * k),
				 IL_OK);
	cfg.page = r->page;
	cfg.pages = sizeof(r->page);
	cfg.insn = &r->insn;
	cfg.crypto = &r->c;
	cfg.env = &r->env;
	sev_guest_init(&r->g, &cfg);
	return r;
}

void grig_free(struct grig *r)
{
	sev_guest_fini(&r->g);
	for (unsigned k = 0; k < 4; k++) {
		assert_false(bytes_hold(&r->g, sizeof(r->g),
					r->secrets + 0x20 + 32 * k, 32));
		crypto_drop(&r->c, &r->fw_key[k]);
	}
	assert_int_equal(maker_live(&grig_maker), r->live);
	free(r);
}

static const struct guest_pages mmio_pages = {
	.gpa = G_BAR, .pages = 7, .offset = 2, .range_id = 3
};

enum il_err grig_call(struct grig *r, enum entry e)
{
	const struct guest_arch_ops *o = &sev_guest_ops;
	void *g = &r->g;

	switch (e) {
	case E_ACCEPT:
		return o->accept_ram(g, G_RAM, 3 * 4096);
	case E_SHARE:
		return o->share_ram(g, G_RAM, 2 * 4096);
	case E_LOCK:
		return o->lock(g, G_RID);
	case E_EVIDENCE:
		return o->evidence(g, grig_nonce, &r->claims, &r->blobs);
	case E_CLAIMS:
		return o->evidence(g, NULL, &r->claims, &r->blobs);
	case E_MMIO_ON:
		return o->mmio(g, &mmio_pages, true);
	case E_START:
		return o->start(g);
	case E_DMA_ON:
		return o->dma(g, true);
	case E_DMA_OFF:
		return o->dma(g, false);
	case E_MMIO_OFF:
		return o->mmio(g, &mmio_pages, false);
	case E_STOP:
		return o->stop(g);
	case E_UNBIND:
		return o->unbind(g);
	case ENTRIES:
		break;
	}
	fail();
	return IL_E_ARG;
}

enum il_err grig_go(struct grig *r, enum entry e)
{
	enum il_err err;

	do
		err = grig_call(r, e);
	while (err == IL_E_AGAIN);
	return err;
}

void grig_until(struct grig *r, enum entry e)
{
	for (enum entry i = E_ACCEPT; i < e; i++)
		assert_int_equal(grig_go(r, i), IL_OK);
}

const char *grig_why(struct grig *r)
{
	return sev_guest_ops.why(&r->g);
}
