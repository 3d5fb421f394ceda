/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/rsp_priv.h"

/*
 * Requests that the port has not finished. ERROR ResponseNotReady says when
 * to ask again; RESPOND_IF_READY runs the kept request anew, with what the
 * first run drew, so that the port is asked for the same signature and finds
 * it done. Transcripts and state move when it is answered, not before.
 *
 * Meanwhile others of the same session, or outside of them, are told Busy;
 * GET_VERSION, the session's end and WTmax drop it.
 *
 * Source: DSP0274 1.2.1, sections 10.10 (ResponseNotReady, MessageLost), 10.13
 * (RESPOND_IF_READY), table of timing (RDT, WTmax)
 */

#define FACTOR 16

static void forget_kem(struct spdm_rsp *r)
{
	if (r->wait.kem)
		bytes_wipe(spdm_rsp_kem_room(r), SPDM_RSP_KEM_ROOM);
	r->wait.kem = false;
}

/* Draws of an unfinished run, its own or the kept one's, are given up. */
static void forget_draws(struct spdm_rsp *r)
{
	struct spdm_wait *w = &r->wait;

	crypto_drop(r->cfg.crypto, &w->dh);
	forget_kem(r);
	bytes_wipe(w->nonce, sizeof(w->nonce));
	bytes_wipe(w->point, sizeof(w->point));
	w->drawn = false;
	w->code = 0;
}

static void forget(struct spdm_rsp *r)
{
	struct spdm_wait *w = &r->wait;

	if (w->waits && r->large.state == SPDM_LARGE_HELD)
		spdm_large_drop(r);
	else if (w->waits)
		bytes_wipe(r->cfg.kept, w->len);
	w->waits = false;
	w->len = 0;
	forget_draws(r);
}

void spdm_wait_drop(struct spdm_rsp *r)
{
	forget(r);
	r->wait.lost = false;
}

void spdm_wait_lose(struct spdm_rsp *r)
{
	const uint8_t code = r->wait.code;

	if (!r->wait.waits)
		return;
	forget(r);
	r->wait.code = code;
	r->wait.lost = true;
}

bool spdm_wait_admits(const struct spdm_ex *x, uint8_t code)
{
	const struct spdm_wait *w = &x->r->wait;

	return !w->waits || x->carried || w->ctx != spdm_ex_ctx(x) ||
	       code == SPDM_RESPOND_IF_READY || code == SPDM_GET_VERSION;
}

/* Whether this run repeats the one that the port left unfinished. */
static bool again(const struct spdm_ex *x)
{
	const struct spdm_wait *w = &x->r->wait;

	return w->code == x->req.code && w->ctx == spdm_ex_ctx(x) && !w->lost &&
	       x->resumed == w->waits;
}

enum il_err spdm_ex_draw(struct spdm_ex *x, uint8_t out[SPDM_NONCE_LEN])
{
	const struct spdm_wait *w = &x->r->wait;
	enum il_err err = IL_OK;

	if (again(x) && w->drawn)
		memcpy(out, w->nonce, SPDM_NONCE_LEN);
	else
		err = env_random(x->r->cfg.env, out, SPDM_NONCE_LEN);
	memcpy(x->nonce, out, SPDM_NONCE_LEN);
	x->drawn = !err;
	return err;
}

bool spdm_ex_dh_again(struct spdm_ex *x)
{
	struct spdm_wait *w = &x->r->wait;

	if (!again(x) || !w->dh.n)
		return false;
	x->dh = w->dh;
	w->dh = (struct crypto_slot){ 0 };
	memcpy(x->point, w->point, sizeof(w->point));
	return true;
}

/* The secret is for one key: another one's is not given away. */
bool spdm_ex_kem_again(struct spdm_ex *x, const uint8_t *of)
{
	struct spdm_wait *w = &x->r->wait;
	const bool same =
		again(x) && w->kem &&
		!memcmp(w->point + CRYPTO_KEM_SECRET, of, SPDM_HASH_MAX);

	w->kem = false; /* the room is this run's now */
	if (same)
		memcpy(x->point, w->point, sizeof(w->point));
	return same;
}

/* What the next run must not draw anew. */
static void remember_draws(struct spdm_ex *x)
{
	struct spdm_wait *w = &x->r->wait;

	if (!x->r->cfg.kept && !x->drawn && !x->dh.n)
		return;
	w->code = x->req.code;
	w->ctx = spdm_ex_ctx(x);
	w->lost = false;
	w->drawn = x->drawn;
	if (!x->kem_used)
		forget_kem(x->r);
	if (!x->proof)
		return;
	memcpy(w->nonce, x->nonce, sizeof(w->nonce));
	memcpy(w->point, x->point, sizeof(w->point));
	crypto_drop(x->r->cfg.crypto, &w->dh);
	w->dh = x->dh;
	x->dh = (struct crypto_slot){ 0 };
	w->kem = x->kem_used != 0;
	x->kem_used = 0;
}

/* The first time: the request's bytes stay, and get a token. */
static void keep(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_wait *w = &r->wait;

	if (x->chunked) {
		r->large.state = SPDM_LARGE_HELD;
		r->large.done = r->large.total;
	} else {
		memcpy(r->cfg.kept, x->in.p, x->in.n);
	}
	w->len = (uint32_t)x->in.n;
	w->token++;
	w->waits = true;
}

enum il_err spdm_wait_keep(struct spdm_ex *x)
{
	struct spdm_rsp *r = x->r;
	struct spdm_wait *w = &r->wait;
	const uint64_t rdt = UINT64_C(1000) << r->cfg.rdt_exponent;
	const uint8_t factor = r->cfg.rdt_factor ? r->cfg.rdt_factor : FACTOR;

	if (w->waits && !x->resumed) /* another session's */
		return r->cfg.kept ? spdm_ex_refuse(x, SPDM_ERR_BUSY, 0)
				   : IL_E_AGAIN;
	remember_draws(x);
	if (!r->cfg.kept)
		return IL_E_AGAIN;
	if (!x->resumed)
		keep(x);
	w->until_ns = x->now_ns + rdt * factor;
	x->keeps = true;
	x->ext[0] = r->cfg.rdt_exponent;
	x->ext[1] = w->code;
	x->ext[2] = w->token;
	x->ext[3] = factor;
	x->ext_len = 4;
	return spdm_ex_refuse(x, SPDM_ERR_RESPONSE_NOT_READY, 0);
}

void spdm_wait_done(struct spdm_ex *x)
{
	struct spdm_wait *w = &x->r->wait;

	if (x->keeps)
		return;
	if (x->resumed)
		forget(x->r);
	else if (w->code && !w->waits && !w->lost)
		forget_draws(x->r);
}

uint64_t spdm_wait_tick(struct spdm_rsp *r, uint64_t now_ns)
{
	const struct spdm_wait *w = &r->wait;

	if (!w->waits)
		return UINT64_MAX;
	if (now_ns <= w->until_ns)
		return w->until_ns;
	spdm_wait_lose(r);
	return UINT64_MAX;
}

enum il_err spdm_rsp_if_ready(struct spdm_ex *x)
{
	const struct spdm_rsp *r = x->r;
	const struct spdm_wait *w = &r->wait;
	const bool fits = x->req.param1 == w->code && x->req.param2 == w->token;

	if (w->ctx == spdm_ex_ctx(x) && w->lost && fits &&
	    r->version >= SPDM_V12)
		return spdm_ex_refuse(x, SPDM_ERR_MESSAGE_LOST, 0);
	if (!w->waits || w->ctx != spdm_ex_ctx(x))
		return spdm_ex_refuse(x, SPDM_ERR_UNEXPECTED_REQUEST, 0);
	if (!fits)
		return spdm_ex_refuse(x, SPDM_ERR_INVALID_REQUEST, 0);
	x->resumed = true;
	x->inner = (struct spdm_span){ r->large.state == SPDM_LARGE_HELD
					       ? r->cfg.large
					       : r->cfg.kept,
				       w->len };
	return IL_OK;
}
