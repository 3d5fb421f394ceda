/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm/front.h"

#include "base/assert.h"

_Static_assert(DSM_SEATS >= SPDM_RSP_SESSIONS, "a seat for each session");

static struct dsm_place *place_of(struct dsm_conn *c, uint32_t id)
{
	for (unsigned i = 0; i < DSM_SEATS; i++)
		if (c->place[i].id == id)
			return &c->place[i];
	return NULL;
}

static bool aes256(const struct dsm_conn *c, uint32_t id)
{
	for (unsigned i = 0; i < c->rsp.cfg.ses_count; i++) {
		const struct spdm_rsp_session *s = &c->rsp.cfg.ses[i];

		if (s->state == SPDM_SES_OPEN && s->id == id)
			return spdm_keys_suite(&s->keys) ==
			       SPDM_AEAD_AES_256_GCM;
	}
	return true; /* it has ended; all that is told of it is that */
}

static struct dsm_session name_of(const struct dsm_conn *c,
				  const struct dsm_place *p)
{
	return (struct dsm_session){
		.conn = c->index,
		.seat = (uint8_t)(p - c->place),
		.id = p->id,
		.gen = p->gen,
		.aes256 = aes256(c, p->id),
	};
}

/* The place of a session that speaks; one that is new is seated. */
static struct dsm_place *seated(struct dsm_conn *c, uint32_t id)
{
	struct dsm_place *p = place_of(c, id);

	if (p)
		return p;
	p = place_of(c, 0);
	/* There are as many as sessions, and the end of each is told. */
	IL_ASSERT(p);
	if (p->gen == DSM_GEN_MAX)
		return NULL;
	p->id = id;
	p->gen++;
	return p;
}

/* SPDM has made sure that it came inside a session (law 1). */
static enum il_err vendor(void *ctx, uint32_t session,
			  const struct spdm_vdm *in, uint8_t *out, size_t cap,
			  size_t *len)
{
	struct dsm_conn *c = ctx;
	const struct dsm_front *f = c->front;
	const struct dsm_place *p;
	struct dsm_session s;

	if (cap < 1)
		return IL_E_SPACE;
	p = seated(c, session);
	if (!p)
		return IL_E_STATE;
	s = name_of(c, p);
	return f->back->request(f->back_ctx, &s, in->payload.p, in->payload.n,
				out, cap, len);
}

static void session_ended(void *ctx, uint32_t session, enum spdm_end why)
{
	struct dsm_conn *c = ctx;
	struct dsm_place *p = place_of(c, session);
	struct dsm_session s;

	env_trace(c->front->env, DSM_TRACE_SESSION, session, why, c->index);
	if (!p)
		return; /* it never spoke: nothing hangs on it */
	s = name_of(c, p);
	p->id = 0;
	c->front->back->ended(c->front->back_ctx, &s);
}

static const struct spdm_rsp_up up = { vendor, session_ended };

/* The part of a buffer that is for connection @i. */
static uint8_t *share(uint8_t *all, size_t len, unsigned i)
{
	return all ? all + i * len : NULL;
}

static enum il_err conn_init(struct dsm_front *f, unsigned i,
			     const struct spdm_rsp_cfg *common,
			     const struct dsm_front_tap *tap)
{
	struct dsm_conn *c = &f->conns[i];
	struct spdm_rsp_cfg *cfg = &c->rsp.cfg;

	*cfg = *common;
	if (tap) {
		cfg->tap = tap->spdm;
		cfg->bytes = tap->bytes;
		cfg->heard = tap->heard;
		cfg->tap_ctx = tap->ctx;
	}
	c->front = f;
	c->index = (uint8_t)i;
	cfg->up = &up;
	cfg->up_ctx = c;
	cfg->ses += (size_t)i * cfg->ses_count;
	cfg->scratch = share(cfg->scratch, cfg->scratch_len, i);
	cfg->large = share(cfg->large, cfg->large_cap, i);
	cfg->kept = share(cfg->kept, cfg->kept_cap, i);
	cfg->peer_chain = share(cfg->peer_chain, cfg->peer_chain_cap, i);
	return spdm_rsp_start(&c->rsp);
}

enum il_err dsm_front_start(struct dsm_front *f,
			    const struct spdm_rsp_cfg *spdm,
			    struct dsm_conn *conns, size_t count,
			    const struct dsm_back *back, void *back_ctx,
			    const struct dsm_front_tap *tap)
{
	enum il_err err = IL_OK;

	if (!spdm->port || !spdm->port->sign || !spdm->env || !back || !conns ||
	    !count || count > DSM_CONNS || !spdm->ses)
		return IL_E_ARG;
	*f = (struct dsm_front){ .env = spdm->env,
				 .back = back,
				 .back_ctx = back_ctx,
				 .conns = conns };
	memset(f->conns, 0, count * sizeof(*f->conns));
	while (!err && f->count < count) {
		err = conn_init(f, (unsigned)f->count, spdm, tap);
		f->count += !err;
	}
	if (err)
		dsm_front_fini(f);
	return err;
}

enum il_err dsm_front_init(struct dsm_front *f, const struct dsm_front_cfg *cfg)
{
	return dsm_front_start(f, &cfg->spdm, cfg->conns, cfg->conn_count,
			       cfg->back, cfg->back_ctx, NULL);
}

void dsm_front_fini(struct dsm_front *f)
{
	for (size_t i = 0; i < f->count; i++)
		spdm_rsp_fini(&f->conns[i].rsp);
	f->count = 0;
}

enum il_err dsm_front_handle(struct dsm_front *f, unsigned conn,
			     enum spdm_kind kind, const uint8_t *in, size_t n,
			     uint8_t *out, size_t cap, size_t *out_len,
			     enum spdm_kind *out_kind, uint64_t now_ns)
{
	if (conn >= f->count)
		return IL_E_ARG;
	return spdm_rsp_handle(&f->conns[conn].rsp, kind, in, n, out, cap,
			       out_len, out_kind, now_ns);
}

uint64_t dsm_front_tick(struct dsm_front *f, uint64_t now_ns)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < f->count; i++) {
		uint64_t at = spdm_rsp_tick(&f->conns[i].rsp, now_ns);

		if (at < next)
			next = at;
	}
	return next;
}

void dsm_front_leave(struct dsm_front *f, unsigned conn)
{
	if (conn < f->count)
		spdm_rsp_leave(&f->conns[conn].rsp);
}

void dsm_front_reset_all(struct dsm_front *f)
{
	for (size_t i = 0; i < f->count; i++)
		spdm_rsp_reset(&f->conns[i].rsp);
}

bool dsm_front_open(const struct dsm_front *f, unsigned conn, unsigned seat,
		    uint64_t gen)
{
	const struct dsm_place *p;

	if (conn >= f->count || seat >= DSM_SEATS)
		return false;
	p = &f->conns[conn].place[seat];
	return p->id && p->gen == gen &&
	       spdm_rsp_session_open(&f->conns[conn].rsp, p->id);
}

bool dsm_front_sane(const struct dsm_front *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct dsm_conn *c = &f->conns[i];

		if (!spdm_rsp_sane(&c->rsp))
			return false;
		for (unsigned k = 0; k < DSM_SEATS; k++)
			if (c->place[k].id &&
			    !spdm_rsp_session_open(&c->rsp, c->place[k].id))
				return false;
	}
	return true;
}
