/* SPDX-License-Identifier: BSD-2-Clause */
#include "split_rig.h"

#include <stdlib.h>

enum il_err split_put(void *way, const uint8_t *p, size_t n)
{
	struct way *w = way;

	if (w->full)
		return IL_E_AGAIN;
	assert_true(w->count < FRAMES && n <= FRAME);
	memcpy(w->p[w->count], p, n);
	w->n[w->count++] = n;
	return IL_OK;
}

void split_drop(struct way *w, unsigned i)
{
	assert_true(i < w->count);
	w->count--;
	memmove(w->p[i], w->p[i + 1], (w->count - i) * FRAME);
	memmove(&w->n[i], &w->n[i + 1], (w->count - i) * sizeof(w->n[0]));
}

void split_deliver(struct split *s, struct way *w, unsigned i, bool again)
{
	uint8_t frame[FRAME];
	size_t n = w->n[i];

	memcpy(frame, w->p[i], n);
	if (!again)
		split_drop(w, i);
	if (w == &s->to)
		assert_int_equal(dsm_pipe_back_take(&s->b, frame, n), IL_OK);
	else
		assert_int_equal(dsm_pipe_front_take(&s->f, frame, n), IL_OK);
	assert_true(dsm_pci_sane(&s->pci));
}

void split_deliver_all(struct split *s)
{
	while (s->to.count)
		split_deliver(s, &s->to, 0, false);
	while (s->from.count)
		split_deliver(s, &s->from, 0, false);
}

struct split *split_new(void)
{
	struct split *s = calloc(1, sizeof(*s));
	struct dsm_front_cfg front;

	assert_non_null(s);
	s->g = rig_new();
	s->g->cfg.pci.seats = s->seats;
	s->g->cfg.pci.conns = CONNS;
	assert_int_equal(dsm_pci_init(&s->pci, &s->g->cfg.pci), IL_OK);
	for (uint32_t fn = 0; fn < TDIS; fn++)
		dsm_set_function(&s->pci, fn, true, 0x100 + fn);
	for (unsigned i = 0; i < SLOTS; i++) {
		s->fslot[i] = (struct dsm_pipe_slot){ s->fbuf[i], 2 * FRAME };
		s->bslot[i] = (struct dsm_pipe_slot){ s->bbuf[i], FRAME };
	}
	dsm_pipe_front_init(&s->f, split_put, &s->to, s->fslot, CONNS);
	dsm_pipe_back_init(&s->b, split_put, &s->from, &dsm_pci_back, &s->pci,
			   s->bslot, CONNS, s->out, sizeof(s->out));
	front = (struct dsm_front_cfg){ .spdm = s->g->cfg.spdm,
					.back = &dsm_pipe_back_ops,
					.back_ctx = &s->f,
					.conns = s->conns,
					.conn_count = CONNS };
	front.spdm.ses = s->ses;
	assert_int_equal(dsm_front_init(&s->front, &front), IL_OK);
	return s;
}

void split_free(struct split *s)
{
	dsm_front_fini(&s->front);
	split_deliver_all(s);
	assert_int_equal(s->pci.idekm.owner, 0);
	dsm_pipe_front_fini(&s->f);
	dsm_pipe_back_fini(&s->b);
	dsm_pci_fini(&s->pci);
	rig_free(s->g);
	free(s);
}

struct dsm_session split_session(uint8_t seat, uint64_t gen)
{
	return (struct dsm_session){
		.seat = seat, .id = SEATED + seat, .gen = gen, .aes256 = true
	};
}

enum il_err split_ask(struct split *s, const struct dsm_session *who,
		      const uint8_t *p, size_t n)
{
	enum il_err err;

	for (unsigned i = 0; i < 4; i++) {
		err = dsm_pipe_back_ops.request(&s->f, who, p, n, s->ans, BUF,
						&s->len);
		if (err != IL_E_AGAIN)
			return err;
		split_deliver_all(s);
	}
	return IL_E_AGAIN;
}

size_t split_tdisp_req(const struct rig *g, uint8_t fn, uint8_t code,
		       uint8_t p[64])
{
	memset(p, 0, 64);
	p[0] = TDISP_PROTOCOL;
	p[1] = 0x10;
	p[2] = code;
	p[5] = fn;
	p[6] = 1;
	if (code == TDISP_LOCK_REQ)
		p[19] = STREAM;
	if (code == TDISP_START_REQ)
		memcpy(p + 17, g->tdis[fn].nonce, TDISP_NONCE_LEN);
	return code == TDISP_LOCK_REQ ? 37 : code == TDISP_START_REQ ? 49 : 17;
}

uint8_t split_tdisp(struct split *s, const struct dsm_session *who, uint8_t fn,
		    uint8_t code)
{
	uint8_t p[64];
	size_t n = split_tdisp_req(s->g, fn, code, p);

	assert_int_equal(split_ask(s, who, p, n), IL_OK);
	return s->ans[2];
}

bool split_keys(struct split *s, const struct dsm_session *who)
{
	bool all = true;

	for (uint8_t i = 0; i < 12; i++) {
		const uint8_t go = i / 6, k = i % 6;
		uint8_t p[48] = { 0,
				  go ? IDEKM_K_SET_GO : IDEKM_KEY_PROG,
				  0,
				  0,
				  STREAM,
				  0,
				  (uint8_t)((k / 3) << 1 | (k % 3) << 4),
				  0,
				  0x11,
				  0x22,
				  0x33,
				  0x44 };

		p[44] = 1;
		all &= !split_ask(s, who, p, go ? 8 : 48) && s->len == 8 &&
		       s->ans[1] == (go ? IDEKM_K_GOSTOP_ACK : IDEKM_KP_ACK) &&
		       !s->ans[5];
	}
	return all;
}

void split_running(struct split *s, const struct dsm_session *who, uint8_t fn)
{
	assert_true(split_keys(s, who));
	assert_int_equal(split_tdisp(s, who, fn, TDISP_LOCK_REQ),
			 TDISP_LOCK_RSP);
	assert_int_equal(split_tdisp(s, who, fn, TDISP_START_REQ),
			 TDISP_START_RSP);
	assert_int_equal(dsm_tdi_state(&s->pci, fn), TDI_RUN);
}
