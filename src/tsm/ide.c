/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm_priv.h"

#include "base/assert.h"

/*
 * Keys of a selective stream at both ends. A plan is a list of steps, each for
 * three sub-streams; a step at the device is an exchange, a step at the root
 * port is done at once. Directions are the device's: its receiver and the
 * port's transmitter share a key. Laws 5, 6, 7.
 *
 * Source: PCIe Base 6.x §6.33.3 (RX before TX, at both ends)
 */
enum where { DEV, PORT };
enum what { END, PROG, GO, STOP, WIPE };

struct plan_step {
	uint8_t what;
	uint8_t where;
	uint8_t dir;  /* of the end where it happens */
	uint8_t old;  /* 1: the set in use when the plan began */
	uint8_t ev;   /* 1 + stream event once the step is done, 0 none */
	uint8_t move; /* 1: the new set is the one in use from here on */
};

/* clang-format off */
static const struct plan_step fill[] = {
	{ .what = PROG, .where = DEV,  .dir = IDEKM_RX },
	{ .what = PROG, .where = DEV,  .dir = IDEKM_TX, .ev = 1 + STREAM_EV_FILLED },
	{ .what = GO,   .where = DEV,  .dir = IDEKM_RX },
	{ .what = GO,   .where = PORT, .dir = IDEKM_RX, .ev = 1 + STREAM_EV_RX_GO },
	{ .what = GO,   .where = DEV,  .dir = IDEKM_TX },
	{ .what = GO,   .where = PORT, .dir = IDEKM_TX, .ev = 1 + STREAM_EV_TX_GO },
	{ .what = END },
};
static const struct plan_step refresh[] = {
	{ .what = PROG, .where = DEV,  .dir = IDEKM_RX },
	{ .what = PROG, .where = DEV,  .dir = IDEKM_TX },
	{ .what = GO,   .where = DEV,  .dir = IDEKM_RX },
	{ .what = GO,   .where = PORT, .dir = IDEKM_RX },
	{ .what = GO,   .where = DEV,  .dir = IDEKM_TX },
	{ .what = GO,   .where = PORT, .dir = IDEKM_TX, .move = 1 },
	{ .what = STOP, .where = DEV,  .dir = IDEKM_TX, .old = 1 },
	{ .what = STOP, .where = PORT, .dir = IDEKM_TX, .old = 1 },
	{ .what = STOP, .where = DEV,  .dir = IDEKM_RX, .old = 1 },
	{ .what = STOP, .where = PORT, .dir = IDEKM_RX, .old = 1,
	  .ev = 1 + STREAM_EV_REFRESHED },
	{ .what = END },
};
/*
 * Our end first: configuration requests then travel in the clear, so that the
 * device can still be told. OPEN: the specification orders TX before RX and
 * says nothing of the two ends.
 */
static const struct plan_step stop[] = {
	{ .what = WIPE, .where = PORT, .ev = 1 + STREAM_EV_KILL },
	{ .what = STOP, .where = DEV,  .dir = IDEKM_TX },
	{ .what = STOP, .where = DEV,  .dir = IDEKM_RX },
	{ .what = END },
};
/* clang-format on */

static const struct plan_step *const plans[] = {
	[PLAN_FILL] = fill,
	[PLAN_REFRESH] = refresh,
	[PLAN_STOP] = stop,
};

/* Words {0, 1}: fixed part zero, counter at its first value (law 8). */
static const uint8_t first_iv[IDEKM_IFV_LEN] = { 0, 0, 0, 0, 0, 0, 0, 1 };

static struct idekm_ref ref_of(const struct tsm_conn *c,
			       const struct plan_step *s)
{
	return (struct idekm_ref){
		.stream = c->stream_id,
		.key_set = s->old ? c->op.set ^ 1 : c->op.set,
		.dir = s->dir,
		.sub = (uint8_t)c->op.sub,
		.port = c->cfg.ep_port,
	};
}

static enum il_err send(struct tsm_conn *c, const struct idekm_msg *m)
{
	struct wr w = wr_over(c->pay + 1, sizeof(c->pay) - 1);
	enum il_err err;

	c->pay[0] = IDEKM_PROTOCOL;
	err = idekm_req_begin(&c->idekm, m, &w);
	return err ? err : tsm_send_vendor(c, 1 + w.len);
}

static enum il_err answer(struct tsm_conn *c, struct idekm_msg *out)
{
	struct spdm_span s;
	enum il_err err = tsm_vendor_answer(c, IDEKM_PROTOCOL, &s);

	if (!err)
		err = idekm_req_accept(&c->idekm, s.p, s.n, out);
	return err;
}

/*
 * A key that no end ever had. Fingerprints of recent keys are kept so that a
 * source of randomness that repeats itself is noticed, not believed.
 */
static enum il_err fresh_key(struct tsm_conn *c, uint8_t key[IDEKM_KEY_LEN])
{
	struct tsm *t = c->t;
	uint8_t digest[32];
	uint64_t mark = 0;
	enum il_err err = env_random(t->cfg.env, key, IDEKM_KEY_LEN);

	if (!err)
		err = crypto_hash(t->cfg.crypto, CRYPTO_SHA256, key,
				  IDEKM_KEY_LEN, digest);
	if (err)
		return err;
	memcpy(&mark, digest, sizeof(mark));
	bytes_wipe(digest, sizeof(digest));
	for (unsigned i = 0; i < TSM_KEYLOG; i++)
		if (i < t->keylog_n && t->keylog[i] == mark)
			return IL_E_RANDOM;
	t->keylog[t->keylog_n % TSM_KEYLOG] = mark;
	t->keylog_n++;
	return IL_OK;
}

/* One key: into the root port, then on its way to the device. Law 11. */
static enum il_err program(struct tsm_conn *c, const struct plan_step *s)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	struct idekm_msg m = { .object = IDEKM_KEY_PROG, .ref = ref_of(c, s) };
	enum il_err err = fresh_key(c, m.key);

	memcpy(m.ifv, first_iv, sizeof(m.ifv));
	if (!err)
		err = cfg->keys->program(
			cfg->keys_ctx, c->cfg.port, c->stream_id, m.ref.key_set,
			m.ref.dir ^ 1, m.ref.sub, m.key, m.ifv);
	if (!err)
		err = send(c, &m);
	bytes_wipe(&m, sizeof(m));
	return err;
}

static enum il_err at_port(struct tsm_conn *c, const struct plan_step *s)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	struct idekm_ref r;
	enum il_err err = IL_OK;

	if (s->what == WIPE) {
		cfg->keys->wipe(cfg->keys_ctx, c->cfg.port, c->stream_id);
		return IL_OK;
	}
	for (c->op.sub = 0; !err && c->op.sub < TSM_SUBS; c->op.sub++) {
		r = ref_of(c, s);
		if (s->what == GO)
			err = cfg->keys->go(cfg->keys_ctx, c->cfg.port,
					    r.stream, r.key_set, r.dir, r.sub);
		else
			err = cfg->keys->stop(cfg->keys_ctx, c->cfg.port,
					      r.stream, r.key_set, r.dir,
					      r.sub);
	}
	return err;
}

static enum il_err at_device(struct tsm_conn *c, const struct plan_step *s)
{
	struct idekm_msg m = { .ref = ref_of(c, s) };

	if (s->what == PROG)
		return program(c, s);
	m.object = s->what == GO ? IDEKM_K_SET_GO : IDEKM_K_SET_STOP;
	return send(c, &m);
}

/* @s is done for all its sub-streams. */
static enum il_err step_done(struct tsm_conn *c, const struct plan_step *s)
{
	c->op.sub = 0;
	c->op.plan++;
	if (s->move)
		c->key_set = c->op.set;
	if (!s->ev)
		return IL_OK;
	return tsm_stream_enter(c, (enum tsm_stream_ev)(s->ev - 1));
}

static enum il_err plan_start(struct tsm_conn *c, enum tsm_plan plan)
{
	c->op.planned = true;
	c->op.which = (uint8_t)plan;
	c->op.plan = 0;
	c->op.sub = 0;
	switch (plan) {
	case PLAN_FILL:
		c->op.set = 0;
		c->key_set = 0;
		return tsm_stream_enter(c, STREAM_EV_FILL);
	case PLAN_REFRESH:
		c->op.set = c->key_set ^ 1;
		return tsm_stream_enter(c, STREAM_EV_REFRESH);
	case PLAN_STOP:
		c->op.set = c->key_set;
		return IL_OK;
	}
	return IL_E_ARG;
}

enum il_err tsm_ide_plan(struct tsm_conn *c, enum tsm_plan plan, bool first)
{
	const struct plan_step *s;
	struct idekm_msg m;
	enum il_err err;

	err = first ? plan_start(c, plan) : answer(c, &m);
	if (!err && !first && ++c->op.sub == TSM_SUBS)
		err = step_done(c, &plans[plan][c->op.plan]);
	while (!err) {
		s = &plans[plan][c->op.plan];
		if (s->what == END)
			return IL_OK;
		if (s->where == DEV)
			return at_device(c, s);
		err = at_port(c, s);
		if (!err)
			err = step_done(c, s);
	}
	return err;
}

struct tsm_plan_at tsm_plan_at(const struct tsm_conn *c)
{
	struct tsm_plan_at at = { .on = c->op.planned };
	const struct plan_step *s;

	if (!at.on)
		return at;
	s = plans[c->op.which];
	while (s[at.steps].what != END)
		at.steps++;
	at.step = c->op.plan;
	at.sub = c->op.sub;
	at.device = s[at.step].what != END && s[at.step].where == DEV;
	return at;
}

/* --- what the device says of itself --- */

enum il_err tsm_ide_query(struct tsm_conn *c)
{
	const struct idekm_msg m = { .object = IDEKM_QUERY,
				     .ref.port = c->cfg.ep_port };

	return send(c, &m);
}

/*
 * Length of the image, and which of its dwords are status registers: those
 * move by themselves. Both layouts follow from the capability register.
 * Source: PCIe Base 6.0 §7.9.26
 */
#define CAP_LINK      BIT(0)
#define CAP_SELECTIVE BIT(1)
#define CAP_LINK_NUM  MASK(15, 13)
#define CAP_SEL_NUM   MASK(23, 16)
#define SEL_ADDRS     MASK(3, 0)

static uint32_t dw_at(const uint8_t *p, size_t i)
{
	return (uint32_t)p[4 * i] | (uint32_t)p[4 * i + 1] << 8 |
	       (uint32_t)p[4 * i + 2] << 16 | (uint32_t)p[4 * i + 3] << 24;
}

static bool same_but_status(const uint8_t *a, const uint8_t *b, size_t dws)
{
	uint32_t cap = dw_at(a, 0);
	size_t links = cap & CAP_LINK ? field_get(CAP_LINK_NUM, cap) + 1 : 0;
	size_t sels = cap & CAP_SELECTIVE ? field_get(CAP_SEL_NUM, cap) + 1 : 0;
	size_t i = 2; /* capability, control */

	if (dws < i || memcmp(a, b, 4 * i) != 0)
		return false;
	for (; links > 0; links--, i += 2)
		if (i + 2 > dws || dw_at(a, i) != dw_at(b, i))
			return false;
	for (; sels > 0; sels--) {
		/* capability, control, status, two RID, three per address */
		size_t n = i < dws ? 5 + 3 * (dw_at(a, i) & SEL_ADDRS) : 0;

		if (!n || i + n > dws || memcmp(a + 4 * i, b + 4 * i, 8) != 0)
			return false;
		if (memcmp(a + 4 * (i + 3), b + 4 * (i + 3), 4 * (n - 3)) != 0)
			return false;
		i += n;
	}
	return i == dws;
}

/* Law 14: what came through the session is what configuration space shows. */
enum il_err tsm_ide_check(struct tsm_conn *c)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	uint8_t image[4096];
	size_t len = 0;
	struct idekm_msg m;
	enum il_err err = answer(c, &m);

	if (err)
		return err;
	if (m.devfn != (c->cfg.rid & 0xff) || m.bus != c->cfg.rid >> 8 ||
	    m.segment != c->cfg.segment || m.max_port < c->cfg.ep_port)
		return IL_E_FIELD;
	err = cfg->keys->ep_ide(cfg->keys_ctx, c->cfg.segment, c->cfg.rid,
				image, sizeof(image), &len);
	if (err)
		return err;
	if (!m.cap_len || m.cap_len != len || len % 4)
		return IL_E_FIELD;
	return same_but_status(m.cap, image, len / 4) ? IL_OK : IL_E_FIELD;
}
