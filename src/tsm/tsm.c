/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm.h"

#include "base/arena.h"
#include "base/assert.h"
#include "tsm/tsm_priv.h"

struct tsm_limits tsm_limits_default(void)
{
	return (struct tsm_limits){
		.conns = 4,
		.binds = 16,
		.msg = 4608,
		.chain = 16384,
		.blob = 16384,
		.wait_ns = 0,
	};
}

/* --- making a core --- */

static enum il_err limits_check(const struct tsm_limits *l)
{
	if (!l->conns || l->conns > 1024 || !l->binds || l->binds > 65536)
		return IL_E_ARG;
	if (l->msg < 1024 || l->msg > UINT16_MAX)
		return IL_E_ARG;
	if (l->chain < 1024 || l->chain > UINT16_MAX)
		return IL_E_ARG;
	if (l->blob < 1024 || l->blob > TDISP_MAX_REPORT)
		return IL_E_ARG;
	return IL_OK;
}

static enum il_err conn_storage(struct tsm_conn *c, struct arena *a,
				const struct tsm_limits *l)
{
	c->msg = ARENA_ARRAY(a, uint8_t, l->msg);
	c->chain = ARENA_ARRAY(a, uint8_t, l->chain);
	c->scratch = ARENA_ARRAY(a, uint8_t, l->msg + SPDM_SECURED_SLACK);
	c->vca = ARENA_ARRAY(a, uint8_t, l->blob);
	c->meas = ARENA_ARRAY(a, uint8_t, l->blob);
	c->blob = ARENA_ARRAY(a, uint8_t, l->blob);
	if (!c->msg || !c->chain || !c->scratch || !c->vca || !c->meas ||
	    !c->blob)
		return IL_E_NOMEM;
	return IL_OK;
}

enum il_err tsm_new(struct arena *a, const struct tsm_cfg *cfg,
		    struct tsm **out)
{
	const struct tsm_limits *l = &cfg->limits;
	enum il_err err = limits_check(l);
	struct tsm *t;

	if (err)
		return err;
	t = ARENA_NEW(a, struct tsm);
	if (!t)
		return IL_E_NOMEM;
	t->cfg = *cfg;
	t->next_session = 1;
	t->next_lock = 1;
	t->conn = ARENA_ARRAY(a, struct tsm_conn, l->conns);
	t->bind = ARENA_ARRAY(a, struct tsm_bind, l->binds);
	if (!t->conn || !t->bind)
		return IL_E_NOMEM;
	for (unsigned i = 0; i < l->conns; i++) {
		t->conn[i].t = t;
		t->conn[i].index = i;
		t->conn[i].stream_id = TSM_STREAM_UNUSED;
		err = conn_storage(&t->conn[i], a, l);
		if (err)
			return err;
	}
	for (unsigned i = 0; i < l->binds; i++)
		t->bind[i].index = i;
	*out = t;
	return IL_OK;
}

/* --- connections --- */

static void heard(void *ctx, const uint8_t *p, size_t n)
{
	struct tsm_conn *c = ctx;
	const struct tsm_cfg *cfg = &c->t->cfg;

	cfg->ops->heard(cfg->ops_ctx, c, p, n);
}

static enum il_err spdm_setup(struct tsm_conn *c)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	const struct spdm_req_cfg q = {
		.crypto = cfg->crypto,
		.env = cfg->env,
		.keylog = cfg->keylog,
		.keylog_ctx = cfg->keylog_ctx,
		/* the TVM decides on the chain; see tsm_conn_digest() */
		.verify_chain = NULL,
		.versions = { SPDM_V12 },
		.caps = SPDM_REQ_CAPS,
		.need_caps = SPDM_CAP_CERT | SPDM_CAP_MEAS_SIG |
			     SPDM_CAP_ENCRYPT | SPDM_CAP_MAC | SPDM_CAP_KEY_EX,
		.ct_exponent = 20,
		.asym = SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11, SPDM_SM_V10 },
		.transfer = (uint32_t)cfg->limits.msg,
		.padding = cfg->limits.padding,
		.seq_limit = cfg->limits.seq,
		.heard = cfg->ops->heard ? heard : NULL,
		.heard_ctx = c,
		.chain = c->chain,
		.chain_cap = cfg->limits.chain,
		.scratch = c->scratch,
		.scratch_len = cfg->limits.msg + SPDM_SECURED_SLACK,
		.vca = c->vca,
		.vca_cap = cfg->limits.blob,
		.meas = c->meas,
		.meas_cap = cfg->limits.blob,
	};

	return spdm_req_init(&c->spdm, &q);
}

enum il_err tsm_conn_new(struct tsm *t, const struct tsm_conn_cfg *cfg,
			 struct tsm_conn **out)
{
	struct tsm_conn *c = NULL;
	enum il_err err;

	for (unsigned i = t->cfg.limits.conns; i-- > 0;) {
		struct tsm_conn *x = &t->conn[i];

		if (x->state == TSM_CONN_FREE)
			c = x;
		else if (x->cfg.rid == cfg->rid &&
			 x->cfg.segment == cfg->segment)
			return IL_E_STATE;
	}
	if (!c)
		return IL_E_NOMEM;
	c->cfg = *cfg;
	err = spdm_setup(c);
	IL_ASSERT(!err); /* limits_check() saw to it */
	idekm_req_init(&c->idekm);
	c->blob_len = 0;
	err = tsm_stream_enter(c, STREAM_EV_FORGET);
	IL_ASSERT(!err);
	err = tsm_conn_enter(c, CONN_EV_NEW);
	IL_ASSERT(!err);
	*out = c;
	return IL_OK;
}

enum il_err tsm_conn_free(struct tsm_conn *c)
{
	enum il_err err;

	if (c->op.verb != TSM_NO_VERB || !tsm_conn_can(c, CONN_EV_FREE) ||
	    tsm_conn_binds(c))
		return IL_E_STATE;
	err = tsm_stream_enter(c, STREAM_EV_FORGET);
	IL_ASSERT(!err);
	tsm_session_end(c); /* of a KNOWN one the digests */
	spdm_req_fini(&c->spdm);
	c->stream_id = TSM_STREAM_UNUSED;
	c->blob_len = 0;
	memset(&c->cfg, 0, sizeof(c->cfg));
	return tsm_conn_enter(c, CONN_EV_FREE);
}

struct tsm_conn *tsm_conn_find(struct tsm *t, uint64_t owner)
{
	for (unsigned i = 0; i < t->cfg.limits.conns; i++)
		if (t->conn[i].state != TSM_CONN_FREE &&
		    t->conn[i].cfg.owner == owner)
			return &t->conn[i];
	return NULL;
}

struct tsm_conn *tsm_conn_at(struct tsm *t, unsigned i)
{
	if (i >= t->cfg.limits.conns || t->conn[i].state == TSM_CONN_FREE)
		return NULL;
	return &t->conn[i];
}

struct tsm *tsm_conn_tsm(struct tsm_conn *c)
{
	return c->t;
}

enum tsm_conn_state tsm_conn_state(const struct tsm_conn *c)
{
	return c->state;
}

enum tsm_stream_state tsm_stream_state(const struct tsm_conn *c)
{
	return c->stream;
}

const struct tsm_conn_cfg *tsm_conn_cfg(const struct tsm_conn *c)
{
	return &c->cfg;
}

uint8_t tsm_stream_id(const struct tsm_conn *c)
{
	return c->stream_id;
}

uint8_t tsm_stream_key_set(const struct tsm_conn *c)
{
	return c->key_set;
}

uint8_t tsm_cert_slot(const struct tsm_conn *c)
{
	return c->cert_slot;
}

uint64_t tsm_session(const struct tsm_conn *c)
{
	return c->session;
}

uint64_t tsm_messages_left(const struct tsm_conn *c)
{
	uint64_t left = UINT64_MAX;

	if (!c->session)
		return 0;
	for (unsigned d = 0; d < SPDM_DIRS; d++) {
		const struct spdm_channel *ch = &c->spdm.ch[d];

		if (!ch->live || ch->seq >= ch->limit)
			return 0;
		if (ch->limit - ch->seq < left)
			left = ch->limit - ch->seq;
	}
	return left;
}

unsigned tsm_conn_binds(const struct tsm_conn *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->t->cfg.limits.binds; i++)
		n += c->t->bind[i].state != TSM_BIND_FREE &&
		     c->t->bind[i].conn == c;
	return n;
}

const uint8_t *tsm_conn_digest(const struct tsm_conn *c, enum tsm_digest d)
{
	if (!c->digests)
		return NULL;
	switch (d) {
	case TSM_DIGEST_VCA:
		return c->vca_digest;
	case TSM_DIGEST_CERT:
		return c->cert_digest;
	case TSM_DIGEST_KEY:
		return c->key_digest;
	}
	return NULL;
}

struct tsm_algs tsm_conn_algs(const struct tsm_conn *c)
{
	return c->digests ? c->algs : (struct tsm_algs){ 0 };
}

void tsm_chain(const struct tsm_conn *c, const uint8_t **p, size_t *len)
{
	struct spdm_span s = { NULL, 0 };

	if (c->digests)
		s = spdm_req_chain(&c->spdm);
	*p = s.p;
	*len = s.n;
}

void tsm_vca(const struct tsm_conn *c, const uint8_t **p, size_t *len)
{
	struct spdm_span s = { NULL, 0 };

	if (c->digests)
		s = spdm_req_vca(&c->spdm);
	*p = s.p;
	*len = s.n;
}

void tsm_blob(const struct tsm_conn *c, const uint8_t **p, size_t *len)
{
	*p = c->blob_len ? c->blob : NULL;
	*len = c->blob_len;
}

enum tsm_verb tsm_verb(const struct tsm_conn *c)
{
	return c->op.verb;
}

const struct tsm_bind *tsm_verb_bind(const struct tsm_conn *c)
{
	return c->op.verb == TSM_NO_VERB ? NULL : c->op.args.bind;
}

/* --- bindings --- */

enum il_err tsm_bind_new(struct tsm_conn *c, const struct tsm_bind_cfg *cfg,
			 struct tsm_bind **out)
{
	struct tsm *t = c->t;
	struct tsm_bind *b = NULL;
	uint32_t id = cfg->function_id;
	enum il_err err;

	if (c->state != TSM_CONN_READY)
		return IL_E_STATE;
	if (id & ~(TDISP_FN_RID | TDISP_FN_SEGMENT | TDISP_FN_SEG_VALID))
		return IL_E_ARG;
	if (!(id & TDISP_FN_SEG_VALID) && (id & TDISP_FN_SEGMENT))
		return IL_E_ARG;
	if ((id & TDISP_FN_SEG_VALID) &&
	    field_get(TDISP_FN_SEGMENT, id) != c->cfg.segment)
		return IL_E_ARG;
	if (!t->cfg.keys->behind(t->cfg.keys_ctx, c->cfg.port, c->cfg.segment,
				 (uint16_t)(id & TDISP_FN_RID)))
		return IL_E_ARG;
	for (unsigned i = t->cfg.limits.binds; i-- > 0;) {
		struct tsm_bind *x = &t->bind[i];

		if (x->state == TSM_BIND_FREE)
			b = x;
		else if ((x->function_id & TDISP_FN_RID) ==
				 (id & TDISP_FN_RID) &&
			 x->conn->cfg.segment == c->cfg.segment)
			return IL_E_STATE;
	}
	if (!b)
		return IL_E_NOMEM;
	b->conn = c;
	b->function_id = id;
	b->owner = cfg->owner;
	b->tvm = 0;
	b->tdi = TSM_TDI_UNLOCKED;
	b->mmio_pages = 0;
	b->dma_on = false;
	memset(&b->lock, 0, sizeof(b->lock));
	tdisp_req_init(&b->tdisp, id);
	err = tsm_bind_enter(b, BIND_EV_NEW);
	IL_ASSERT(!err);
	*out = b;
	return IL_OK;
}

static bool in_flight(const struct tsm_bind *b)
{
	return b->conn->op.verb != TSM_NO_VERB && b->conn->op.args.bind == b;
}

enum il_err tsm_bind_free(struct tsm_bind *b)
{
	enum il_err err;

	if (in_flight(b) || !tsm_bind_can(b, BIND_EV_FREE))
		return IL_E_STATE;
	err = tsm_gate(b, TSM_GATE_RELEASE, 0);
	if (err)
		return err;
	tsm_lock_end(b);
	b->lock.report_count = 0;
	return tsm_bind_enter(b, BIND_EV_FREE);
}

enum il_err tsm_bind_own(struct tsm_bind *b, uint64_t tvm)
{
	if (in_flight(b) || b->dma_on || b->mmio_pages)
		return IL_E_STATE;
	if (b->state != TSM_BIND_UNLOCKED &&
	    !(b->state == TSM_BIND_DEAD && !tvm))
		return IL_E_STATE;
	if (tvm && b->tvm && b->tvm != tvm)
		return IL_E_STATE;
	b->tvm = tvm;
	return IL_OK;
}

struct tsm_bind *tsm_bind_find(struct tsm *t, uint64_t owner)
{
	for (unsigned i = 0; i < t->cfg.limits.binds; i++)
		if (t->bind[i].state != TSM_BIND_FREE &&
		    t->bind[i].owner == owner)
			return &t->bind[i];
	return NULL;
}

struct tsm_bind *tsm_bind_at(struct tsm *t, unsigned i)
{
	if (i >= t->cfg.limits.binds || t->bind[i].state == TSM_BIND_FREE)
		return NULL;
	return &t->bind[i];
}

struct tsm_conn *tsm_bind_conn(const struct tsm_bind *b)
{
	return b->conn;
}

enum tsm_bind_state tsm_bind_state(const struct tsm_bind *b)
{
	return b->state;
}

uint32_t tsm_bind_function(const struct tsm_bind *b)
{
	return b->function_id;
}

uint64_t tsm_bind_owner(const struct tsm_bind *b)
{
	return b->owner;
}

uint64_t tsm_bind_tvm(const struct tsm_bind *b)
{
	return b->tvm;
}

enum tsm_tdi tsm_bind_tdi(const struct tsm_bind *b)
{
	return (enum tsm_tdi)b->tdi;
}

enum il_err tsm_gate(const struct tsm_bind *b, enum tsm_gate g,
		     uint64_t lock_id)
{
	const struct tsm_gate_row *row = &b->conn->t->cfg.gates->row[g];

	if (!(row->states & BIT(b->state)))
		return IL_E_STATE;
	if ((row->needs & TSM_NEED_TVM) && !b->tvm)
		return IL_E_STATE;
	if ((row->needs & TSM_NEED_NO_TVM) && b->tvm)
		return IL_E_STATE;
	if ((row->needs & TSM_NEED_LOCK_ID) &&
	    (!lock_id || lock_id != b->lock.id))
		return IL_E_AUTH;
	if ((row->needs & TSM_NEED_REPORT) && !b->lock.report_valid)
		return IL_E_STATE;
	if ((row->needs & TSM_NEED_MEAS) && !b->lock.meas_valid)
		return IL_E_STATE;
	if ((row->needs & TSM_NEED_DMA_OFF) && b->dma_on)
		return IL_E_STATE;
	if ((row->needs & TSM_NEED_NO_MMIO) && b->mmio_pages)
		return IL_E_STATE;
	return IL_OK;
}

void tsm_mmio_count(struct tsm_bind *b, int64_t pages)
{
	IL_ASSERT(pages >= 0 || b->mmio_pages >= (uint64_t)-pages);
	b->mmio_pages += (uint64_t)pages;
}

void tsm_dma_set(struct tsm_bind *b, bool on)
{
	b->dma_on = on;
}

uint64_t tsm_mmio_pages(const struct tsm_bind *b)
{
	return b->mmio_pages;
}

bool tsm_dma_on(const struct tsm_bind *b)
{
	return b->dma_on;
}

const struct tsm_lock_info *tsm_lock_info(const struct tsm_bind *b)
{
	return &b->lock;
}

/* --- invariants --- */

static bool conn_sane(const struct tsm_conn *c)
{
	bool live = c->state == TSM_CONN_READY || c->state == TSM_CONN_OPEN ||
		    c->state == TSM_CONN_DISCONNECTING;

	if (c->state >= TSM_CONN_STATES || c->stream >= TSM_STREAM_STATES)
		return false;
	if (c->state == TSM_CONN_FREE)
		return c->stream == TSM_STREAM_NONE && !c->session &&
		       c->op.verb == TSM_NO_VERB;
	if (c->state == TSM_CONN_READY && c->stream != TSM_STREAM_ON &&
	    c->stream != TSM_STREAM_REFRESH)
		return false;
	if ((c->state == TSM_CONN_KNOWN || c->state == TSM_CONN_OPEN) &&
	    (c->stream != TSM_STREAM_NONE || !c->digests))
		return false;
	if (c->state == TSM_CONN_OPEN && !c->session)
		return false;
	/* keys live only under the session that made them (laws 2, 3) */
	if (c->stream != TSM_STREAM_NONE && c->stream != TSM_STREAM_DEAD &&
	    !c->session)
		return false;
	if ((c->session != 0) && !live && c->state != TSM_CONN_CONNECTING)
		return false;
	/* between verbs a session is one that SPDM still has (law 2) */
	if (c->session && c->op.verb == TSM_NO_VERB &&
	    c->spdm.state != SPDM_REQ_SESSION)
		return false;
	if (c->digests && !live && c->state != TSM_CONN_CONNECTING &&
	    c->state != TSM_CONN_KNOWN)
		return false;
	if (c->op.verb == TSM_NO_VERB && c->op.waiting)
		return false;
	return c->key_set < IDEKM_SETS && spdm_req_sane(&c->spdm);
}

static bool bind_sane(const struct tsm_bind *b)
{
	bool locked = b->state == TSM_BIND_LOCKED ||
		      b->state == TSM_BIND_STARTING || b->state == TSM_BIND_RUN;

	if (b->state >= TSM_BIND_STATES)
		return false;
	if (b->state == TSM_BIND_FREE)
		return !b->dma_on && !b->mmio_pages && !b->lock.id;
	/* a lock session lives in these states alone (laws 20, 25) */
	if (b->lock.id && !locked && b->state != TSM_BIND_LOCKING)
		return false;
	if (locked && (!b->lock.id || b->session != b->conn->session))
		return false;
	if (b->nonce_live && b->state != TSM_BIND_LOCKING &&
	    b->state != TSM_BIND_LOCKED)
		return false;
	if (!b->lock.id && (b->lock.report_valid || b->lock.meas_valid))
		return false;
	/* an entry may outlive its lock session only while STOP is on its way
	 */
	return !b->dma_on || b->lock.id || b->state == TSM_BIND_STOPPING;
}

bool tsm_sane(const struct tsm *t)
{
	for (unsigned i = 0; i < t->cfg.limits.conns; i++)
		if (!conn_sane(&t->conn[i]))
			return false;
	for (unsigned i = 0; i < t->cfg.limits.binds; i++)
		if (!bind_sane(&t->bind[i]))
			return false;
	return true;
}
