/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm_priv.h"

#include "base/assert.h"

/*
 * The tables of the core. An absent cell refuses; next states are shifted by
 * one so that zero means absent.
 */
#define TO(state) ((uint8_t)((state) + 1))

/* clang-format off */
static const uint8_t conn_edges[CONN_EVENTS][TSM_CONN_STATES] = {
	[CONN_EV_NEW]        [TSM_CONN_FREE]          = TO(TSM_CONN_NEW),
	[CONN_EV_CONNECT]    [TSM_CONN_NEW]           = TO(TSM_CONN_CONNECTING),
	[CONN_EV_CONNECTED]  [TSM_CONN_CONNECTING]    = TO(TSM_CONN_READY),
	[CONN_EV_DISCONNECT] [TSM_CONN_READY]         = TO(TSM_CONN_DISCONNECTING),
	[CONN_EV_IDENTIFY]   [TSM_CONN_NEW]           = TO(TSM_CONN_CONNECTING),
	[CONN_EV_IDENTIFIED] [TSM_CONN_CONNECTING]    = TO(TSM_CONN_KNOWN),
	[CONN_EV_SESSION]    [TSM_CONN_KNOWN]         = TO(TSM_CONN_CONNECTING),
	[CONN_EV_OPENED]     [TSM_CONN_CONNECTING]    = TO(TSM_CONN_OPEN),
	[CONN_EV_OPENED]     [TSM_CONN_DISCONNECTING] = TO(TSM_CONN_OPEN),
	[CONN_EV_STREAM]     [TSM_CONN_OPEN]          = TO(TSM_CONN_CONNECTING),
	[CONN_EV_SESSION_END][TSM_CONN_OPEN]          = TO(TSM_CONN_DISCONNECTING),
	[CONN_EV_CLOSE]      [TSM_CONN_DISCONNECTING] = TO(TSM_CONN_CLOSED),
	[CONN_EV_CLOSE]      [TSM_CONN_ERROR]         = TO(TSM_CONN_CLOSED),
	[CONN_EV_CUT]        [TSM_CONN_CONNECTING]    = TO(TSM_CONN_ERROR),
	[CONN_EV_CUT]        [TSM_CONN_KNOWN]         = TO(TSM_CONN_ERROR),
	[CONN_EV_CUT]        [TSM_CONN_OPEN]          = TO(TSM_CONN_ERROR),
	[CONN_EV_CUT]        [TSM_CONN_READY]         = TO(TSM_CONN_ERROR),
	[CONN_EV_CUT]        [TSM_CONN_DISCONNECTING] = TO(TSM_CONN_ERROR),
	[CONN_EV_FREE]       [TSM_CONN_NEW]           = TO(TSM_CONN_FREE),
	[CONN_EV_FREE]       [TSM_CONN_KNOWN]         = TO(TSM_CONN_FREE),
	[CONN_EV_FREE]       [TSM_CONN_CLOSED]        = TO(TSM_CONN_FREE),
	[CONN_EV_FREE]       [TSM_CONN_ERROR]         = TO(TSM_CONN_FREE),
};

static const uint8_t stream_edges[STREAM_EVENTS][TSM_STREAM_STATES] = {
	[STREAM_EV_FILL]      [TSM_STREAM_NONE]    = TO(TSM_STREAM_FILLING),
	[STREAM_EV_FILLED]    [TSM_STREAM_FILLING] = TO(TSM_STREAM_PRIMED),
	[STREAM_EV_RX_GO]     [TSM_STREAM_PRIMED]  = TO(TSM_STREAM_RX),
	[STREAM_EV_TX_GO]     [TSM_STREAM_RX]      = TO(TSM_STREAM_ON),
	[STREAM_EV_REFRESH]   [TSM_STREAM_ON]      = TO(TSM_STREAM_REFRESH),
	[STREAM_EV_REFRESHED] [TSM_STREAM_REFRESH] = TO(TSM_STREAM_ON),
	[STREAM_EV_KILL]      [TSM_STREAM_FILLING] = TO(TSM_STREAM_DEAD),
	[STREAM_EV_KILL]      [TSM_STREAM_PRIMED]  = TO(TSM_STREAM_DEAD),
	[STREAM_EV_KILL]      [TSM_STREAM_RX]      = TO(TSM_STREAM_DEAD),
	[STREAM_EV_KILL]      [TSM_STREAM_ON]      = TO(TSM_STREAM_DEAD),
	[STREAM_EV_KILL]      [TSM_STREAM_REFRESH] = TO(TSM_STREAM_DEAD),
	[STREAM_EV_FORGET]    [TSM_STREAM_NONE]    = TO(TSM_STREAM_NONE),
	[STREAM_EV_FORGET]    [TSM_STREAM_DEAD]    = TO(TSM_STREAM_NONE),
};

static const uint8_t bind_edges[BIND_EVENTS][TSM_BIND_STATES] = {
	[BIND_EV_NEW]     [TSM_BIND_FREE]     = TO(TSM_BIND_UNLOCKED),
	[BIND_EV_LOCK]    [TSM_BIND_UNLOCKED] = TO(TSM_BIND_LOCKING),
	[BIND_EV_LOCKED]  [TSM_BIND_LOCKING]  = TO(TSM_BIND_LOCKED),
	[BIND_EV_START]   [TSM_BIND_LOCKED]   = TO(TSM_BIND_STARTING),
	[BIND_EV_RUNNING] [TSM_BIND_STARTING] = TO(TSM_BIND_RUN),
	[BIND_EV_STOP]    [TSM_BIND_UNLOCKED] = TO(TSM_BIND_STOPPING),
	[BIND_EV_STOP]    [TSM_BIND_LOCKING]  = TO(TSM_BIND_STOPPING),
	[BIND_EV_STOP]    [TSM_BIND_LOCKED]   = TO(TSM_BIND_STOPPING),
	[BIND_EV_STOP]    [TSM_BIND_STARTING] = TO(TSM_BIND_STOPPING),
	[BIND_EV_STOP]    [TSM_BIND_RUN]      = TO(TSM_BIND_STOPPING),
	[BIND_EV_STOP]    [TSM_BIND_ERROR]    = TO(TSM_BIND_STOPPING),
	[BIND_EV_STOPPED] [TSM_BIND_STOPPING] = TO(TSM_BIND_UNLOCKED),
	[BIND_EV_ERROR]   [TSM_BIND_UNLOCKED] = TO(TSM_BIND_ERROR),
	[BIND_EV_ERROR]   [TSM_BIND_LOCKED]   = TO(TSM_BIND_ERROR),
	[BIND_EV_ERROR]   [TSM_BIND_RUN]      = TO(TSM_BIND_ERROR),
	[BIND_EV_CUT]     [TSM_BIND_UNLOCKED] = TO(TSM_BIND_DEAD),
	[BIND_EV_CUT]     [TSM_BIND_LOCKING]  = TO(TSM_BIND_DEAD),
	[BIND_EV_CUT]     [TSM_BIND_LOCKED]   = TO(TSM_BIND_DEAD),
	[BIND_EV_CUT]     [TSM_BIND_STARTING] = TO(TSM_BIND_DEAD),
	[BIND_EV_CUT]     [TSM_BIND_RUN]      = TO(TSM_BIND_DEAD),
	[BIND_EV_CUT]     [TSM_BIND_STOPPING] = TO(TSM_BIND_DEAD),
	[BIND_EV_CUT]     [TSM_BIND_ERROR]    = TO(TSM_BIND_DEAD),
	[BIND_EV_FREE]    [TSM_BIND_UNLOCKED] = TO(TSM_BIND_FREE),
	[BIND_EV_FREE]    [TSM_BIND_DEAD]     = TO(TSM_BIND_FREE),
};
/* clang-format on */

bool tsm_conn_can(const struct tsm_conn *c, enum tsm_conn_ev ev)
{
	return conn_edges[ev][c->state] != 0;
}

bool tsm_stream_can(const struct tsm_conn *c, enum tsm_stream_ev ev)
{
	return stream_edges[ev][c->stream] != 0;
}

bool tsm_bind_can(const struct tsm_bind *b, enum tsm_bind_ev ev)
{
	return bind_edges[ev][b->state] != 0;
}

enum il_err tsm_conn_enter(struct tsm_conn *c, enum tsm_conn_ev ev)
{
	uint8_t to = conn_edges[ev][c->state];

	if (!to)
		return IL_E_STATE;
	env_trace(c->t->cfg.env, TRACE_EV(TRACE_TSM, TSM_TRACE_CONN), c->index,
		  c->state, to - 1u);
	c->state = (enum tsm_conn_state)(to - 1);
	return IL_OK;
}

enum il_err tsm_stream_enter(struct tsm_conn *c, enum tsm_stream_ev ev)
{
	uint8_t to = stream_edges[ev][c->stream];

	if (!to)
		return IL_E_STATE;
	env_trace(c->t->cfg.env, TRACE_EV(TRACE_TSM, TSM_TRACE_STREAM),
		  c->index, c->stream, to - 1u);
	c->stream = (enum tsm_stream_state)(to - 1);
	return IL_OK;
}

enum il_err tsm_bind_enter(struct tsm_bind *b, enum tsm_bind_ev ev)
{
	uint8_t to = bind_edges[ev][b->state];

	if (!to)
		return IL_E_STATE;
	env_trace(b->conn->t->cfg.env, TRACE_EV(TRACE_TSM, TSM_TRACE_BIND),
		  b->index, b->state, to - 1u);
	b->state = (enum tsm_bind_state)(to - 1);
	return IL_OK;
}

/*
 * Everything a lock session owns begins here and nowhere else, so that nothing
 * of an earlier one survives. Law 25.
 */
void tsm_lock_begin(struct tsm_bind *b, const uint8_t nonce[TSM_NONCE_LEN],
		    uint16_t flags, int64_t mmio_offset)
{
	struct tsm *t = b->conn->t;
	uint64_t reports = b->lock.report_count;

	tsm_lock_end(b);
	b->lock.id = t->next_lock++;
	b->lock.flags = flags;
	b->lock.mmio_offset = mmio_offset;
	b->lock.report_count = reports;
	b->session = b->conn->session;
	memcpy(b->nonce, nonce, sizeof(b->nonce));
	b->nonce_live = true;
	env_trace(t->cfg.env, TRACE_EV(TRACE_TSM, TSM_TRACE_LOCK), b->index,
		  b->lock.id, 1);
}

void tsm_lock_end(struct tsm_bind *b)
{
	uint64_t reports = b->lock.report_count;

	if (b->lock.id)
		env_trace(b->conn->t->cfg.env,
			  TRACE_EV(TRACE_TSM, TSM_TRACE_LOCK), b->index,
			  b->lock.id, 0);
	bytes_wipe(b->nonce, sizeof(b->nonce));
	b->nonce_live = false;
	b->session = 0;
	memset(&b->lock, 0, sizeof(b->lock));
	b->lock.report_count = reports;
}

void tsm_entry_off(struct tsm_bind *b)
{
	const struct tsm_cfg *cfg = &b->conn->t->cfg;

	cfg->ops->entry_off(cfg->ops_ctx, b);
	b->dma_on = false;
}

void tsm_session_end(struct tsm_conn *c)
{
	spdm_req_drop_session(&c->spdm);
	idekm_req_abort(&c->idekm);
	c->session = 0;
	c->digests = false;
	memset(c->vca_digest, 0, sizeof(c->vca_digest));
	memset(c->cert_digest, 0, sizeof(c->cert_digest));
	memset(c->key_digest, 0, sizeof(c->key_digest));
}

static void cut_binding(struct tsm_bind *b)
{
	enum il_err err;

	tsm_entry_off(b);
	tsm_lock_end(b);
	tdisp_req_abort(&b->tdisp);
	if (!tsm_bind_can(b, BIND_EV_CUT))
		return; /* DEAD already */
	err = tsm_bind_enter(b, BIND_EV_CUT);
	IL_ASSERT(!err);
}

void tsm_isolate(struct tsm_conn *c)
{
	struct tsm *t = c->t;
	const struct tsm_cfg *cfg = &t->cfg;
	enum il_err err;

	if (!tsm_conn_can(c, CONN_EV_CUT))
		return;
	env_trace(cfg->env, TRACE_EV(TRACE_TSM, TSM_TRACE_ISOLATE), c->index,
		  c->cfg.port, c->stream_id);
	/* The link first: from here on nothing of the device gets through. */
	if (tsm_stream_can(c, STREAM_EV_KILL)) {
		cfg->keys->wipe(cfg->keys_ctx, c->cfg.port, c->stream_id);
		err = tsm_stream_enter(c, STREAM_EV_KILL);
		IL_ASSERT(!err);
	}
	for (unsigned i = 0; i < cfg->limits.binds; i++)
		if (t->bind[i].conn == c && t->bind[i].state != TSM_BIND_FREE)
			cut_binding(&t->bind[i]);
	spdm_req_abort(&c->spdm);
	tsm_session_end(c);
	bytes_wipe(c->pay, sizeof(c->pay));
	memset(&c->op, 0, sizeof(c->op));
	c->blob_len = 0;
	err = tsm_conn_enter(c, CONN_EV_CUT);
	IL_ASSERT(!err);
}
