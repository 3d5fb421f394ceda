/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm_priv.h"

#include "base/assert.h"

/*
 * Verbs as resumable operations. A verb is a function of phases; between two
 * phases lies one SPDM operation, which may take several messages. Whatever
 * goes wrong ends in fail(), which decides what is left behind.
 */
typedef enum il_err tsm_do(struct tsm_conn *c);

static const struct verb {
	tsm_do *run;
	bool bind;     /* needs a binding */
	bool may_bind; /* takes one */
	bool cut;      /* a failure isolates, whatever the session says */
	bool unlock;   /* a failure is followed by STOP */
} verbs[TSM_VERBS] = {
	[TSM_CONNECT] = { .run = tsm_do_connect, .cut = true },
	[TSM_MEASURE] = { .run = tsm_do_measure, .may_bind = true },
	[TSM_HEARTBEAT] = { .run = tsm_do_heartbeat },
	[TSM_KEY_UPDATE] = { .run = tsm_do_key_update },
	[TSM_REFRESH] = { .run = tsm_do_refresh, .cut = true },
	[TSM_DISCONNECT] = { .run = tsm_do_disconnect, .cut = true },
	[TSM_LOCK] = { .run = tsm_do_lock, .bind = true, .unlock = true },
	[TSM_REPORT] = { .run = tsm_do_report, .bind = true },
	[TSM_START] = { .run = tsm_do_start, .bind = true, .unlock = true },
	[TSM_STOP] = { .run = tsm_do_stop, .bind = true, .cut = true },
	[TSM_GET_STATE] = { .run = tsm_do_get_state, .bind = true },
	[TSM_IDENTIFY] = { .run = tsm_do_identify, .cut = true },
	[TSM_SESSION] = { .run = tsm_do_session, .cut = true },
	[TSM_STREAM] = { .run = tsm_do_stream, .cut = true },
	[TSM_STREAM_STOP] = { .run = tsm_do_stream_stop, .cut = true },
	[TSM_SESSION_END] = { .run = tsm_do_session_end, .cut = true },
};

/* --- sending --- */

enum il_err tsm_send_spdm(struct tsm_conn *c, enum spdm_req_op op,
			  const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&c->spdm, op, args);

	return err ? err : IL_E_AGAIN;
}

/* Two bytes, little-endian: PCI-SIG in PCI-SIG's own registry. */
static const uint8_t pcisig_vid[2] = { SPDM_VID_PCISIG, 0 };

enum il_err tsm_send_vendor(struct tsm_conn *c, size_t n)
{
	const struct spdm_req_args a = {
		.vdm = { .standard = SPDM_STD_PCISIG,
			 .vid = { pcisig_vid, sizeof(pcisig_vid) },
			 .payload = { c->pay, n } },
	};

	/* Law 1: nothing of IDE_KM or TDISP outside a session. */
	if (!c->session || c->spdm.state != SPDM_REQ_SESSION)
		return IL_E_STATE;
	return tsm_send_spdm(c, SPDM_OP_VENDOR, &a);
}

enum il_err tsm_vendor_answer(const struct tsm_conn *c, uint8_t protocol,
			      struct spdm_span *out)
{
	const struct spdm_vdm *v = spdm_req_answer(&c->spdm);

	if (!v || v->standard != SPDM_STD_PCISIG ||
	    v->vid.n != sizeof(pcisig_vid) ||
	    memcmp(v->vid.p, pcisig_vid, sizeof(pcisig_vid)) != 0)
		return IL_E_FIELD;
	if (v->payload.n < 1)
		return IL_E_SHORT;
	if (v->payload.p[0] != protocol)
		return IL_E_FIELD;
	out->p = v->payload.p + 1;
	out->n = v->payload.n - 1;
	return IL_OK;
}

/* --- beginning --- */

/* Whether @b may be what @verb works on; the tables say the rest. */
static enum il_err bind_check(const struct tsm_conn *c, enum tsm_verb verb,
			      const struct tsm_bind *b)
{
	if (!b)
		return verbs[verb].bind ? IL_E_ARG : IL_OK;
	if (!verbs[verb].bind && !verbs[verb].may_bind)
		return IL_E_ARG;
	if (b->state == TSM_BIND_FREE || b->conn != c)
		return IL_E_ARG;
	return IL_OK;
}

static enum il_err lock_check(const struct tsm_conn *c,
			      const struct tsm_args *a)
{
	const struct tsm_cfg *cfg = &c->t->cfg;

	if (!tsm_bind_can(a->bind, BIND_EV_LOCK) || !a->bind->tvm)
		return IL_E_STATE;
	/* The host enabled the stream after the keys went in: law 16. */
	if (!cfg->keys->secure(cfg->keys_ctx, c->cfg.port, c->stream_id))
		return IL_E_STATE;
	if ((a->lock_flags | a->lock_wish) & ~TDISP_LOCK_FLAGS)
		return IL_E_ARG;
	if ((a->lock_flags | a->lock_wish) & TDISP_LOCK_BIND_P2P)
		return IL_E_ARG; /* OPEN(p2p): no backend grants it yet */
	return a->mmio_offset % (int64_t)PAGE_4K ? IL_E_ARG : IL_OK;
}

static bool stream_taken(const struct tsm_conn *c, uint8_t stream)
{
	const struct tsm *t = c->t;

	for (unsigned i = 0; i < t->cfg.limits.conns; i++) {
		const struct tsm_conn *x = &t->conn[i];

		if (x != c && x->state != TSM_CONN_FREE &&
		    x->cfg.port == c->cfg.port && x->stream_id == stream)
			return true;
	}
	return false;
}

/* The parts: each starts where the one before it ended. */
static enum il_err part_check(const struct tsm_conn *c, enum tsm_verb verb,
			      const struct tsm_args *a)
{
	const struct tsm_cfg *cfg = &c->t->cfg;

	if (verb == TSM_IDENTIFY) {
		if (!tsm_conn_can(c, CONN_EV_IDENTIFY))
			return IL_E_STATE;
		return a->cert_slot < SPDM_SLOTS ? IL_OK : IL_E_ARG;
	}
	if (verb == TSM_SESSION)
		return tsm_conn_can(c, CONN_EV_SESSION) ? IL_OK : IL_E_STATE;
	if (verb == TSM_SESSION_END)
		return tsm_conn_can(c, CONN_EV_SESSION_END) ? IL_OK
							    : IL_E_STATE;
	if (verb == TSM_STREAM_STOP) /* law 4 */
		return c->state == TSM_CONN_READY &&
				       c->stream == TSM_STREAM_ON &&
				       !tsm_conn_binds(c)
			       ? IL_OK
			       : IL_E_STATE;
	if (!tsm_conn_can(c, CONN_EV_STREAM))
		return IL_E_STATE;
	if (a->stream_id == TSM_STREAM_UNUSED)
		return IL_E_ARG;
	if (stream_taken(c, a->stream_id))
		return IL_E_STATE;
	return cfg->keys->ready(cfg->keys_ctx, c->cfg.port, a->stream_id,
				c->cfg.segment, c->cfg.rid);
}

/*
 * The stream must carry traffic for what rests on it, and stays so: law 7
 * lets one refresh run at a time, which the one verb at a time gives.
 */
static enum il_err verb_check(const struct tsm_conn *c, enum tsm_verb verb,
			      const struct tsm_args *a)
{
	bool ready = c->state == TSM_CONN_READY && c->stream == TSM_STREAM_ON;

	switch (verb) {
	case TSM_CONNECT:
		if (!tsm_conn_can(c, CONN_EV_CONNECT))
			return IL_E_STATE;
		if (a->cert_slot >= SPDM_SLOTS ||
		    a->stream_id == TSM_STREAM_UNUSED)
			return IL_E_ARG;
		return stream_taken(c, a->stream_id) ? IL_E_STATE : IL_OK;
	case TSM_DISCONNECT:
		if (tsm_conn_binds(c))
			return IL_E_STATE; /* law 4 */
		if (a->force)
			return c->state == TSM_CONN_NEW ? IL_E_STATE : IL_OK;
		return ready ? IL_OK : IL_E_STATE;
	case TSM_LOCK:
		return ready ? lock_check(c, a) : IL_E_STATE;
	case TSM_START:
		if (!ready || !a->bind->nonce_live)
			return IL_E_STATE;
		return tsm_gate(a->bind, TSM_GATE_START, a->bind->lock.id);
	case TSM_REPORT:
		return ready && a->bind->lock.id ? IL_OK : IL_E_STATE;
	case TSM_STOP:
		return ready && tsm_bind_can(a->bind, BIND_EV_STOP)
			       ? IL_OK
			       : IL_E_STATE;
	case TSM_MEASURE:
	case TSM_HEARTBEAT:
	case TSM_KEY_UPDATE:
		/* The session's own: with or without a stream. */
		return ready || c->state == TSM_CONN_OPEN ? IL_OK : IL_E_STATE;
	case TSM_REFRESH:
	case TSM_GET_STATE:
		return ready ? IL_OK : IL_E_STATE;
	case TSM_IDENTIFY:
	case TSM_SESSION:
	case TSM_STREAM:
	case TSM_STREAM_STOP:
	case TSM_SESSION_END:
		return part_check(c, verb, a);
	case TSM_NO_VERB:
	case TSM_VERBS:
		break;
	}
	return IL_E_ARG;
}

enum il_err tsm_begin(struct tsm_conn *c, enum tsm_verb verb,
		      const struct tsm_args *args)
{
	enum il_err err;

	if (verb <= TSM_NO_VERB || verb >= TSM_VERBS)
		return IL_E_ARG;
	if (c->state == TSM_CONN_FREE)
		return IL_E_STATE;
	/* Force is heard at any time: law 49. */
	if (c->op.verb != TSM_NO_VERB &&
	    !(verb == TSM_DISCONNECT && args->force))
		return IL_E_STATE;
	err = bind_check(c, verb, args->bind);
	if (!err)
		err = verb_check(c, verb, args);
	if (err)
		return err;
	if (c->op.verb != TSM_NO_VERB)
		tsm_isolate(c);
	memset(&c->op, 0, sizeof(c->op));
	c->op.verb = verb;
	c->op.args = *args;
	c->blob_len = 0;
	return IL_OK;
}

/* --- stepping --- */

static void over(struct tsm_conn *c)
{
	bytes_wipe(c->pay, sizeof(c->pay));
	memset(&c->op, 0, sizeof(c->op));
}

/*
 * A verb failed with @err. IL_E_AGAIN: a STOP is on its way and will end with
 * the error of the verb.
 */
static enum il_err fail(struct tsm_conn *c, enum il_err err)
{
	struct tsm_bind *b = c->op.args.bind;
	const struct verb *v = &verbs[c->op.verb];
	bool alive;

	env_trace(c->t->cfg.env, TRACE_EV(TRACE_TSM, TSM_TRACE_FAIL), c->index,
		  c->op.verb, err);
	spdm_req_abort(&c->spdm);
	idekm_req_abort(&c->idekm);
	if (b)
		tdisp_req_abort(&b->tdisp);
	if (c->op.recover)
		err = c->op.why;
	alive = c->spdm.state == SPDM_REQ_SESSION;
	if (v->cut || c->op.recover || (c->session && !alive)) {
		over(c);
		tsm_isolate(c);
		return err;
	}
	if (!v->unlock) {
		over(c);
		return err;
	}
	c->op.recover = true;
	c->op.why = err;
	c->op.phase = 0;
	c->op.waiting = false;
	err = tsm_do_stop(c);
	return err == IL_E_AGAIN ? err : fail(c, c->op.why);
}

/* Phases without exchange follow one another at once. */
static enum il_err advance(struct tsm_conn *c)
{
	enum il_err err =
		c->op.recover ? tsm_do_stop(c) : verbs[c->op.verb].run(c);

	if (err == IL_E_AGAIN)
		return err;
	if (err)
		return fail(c, err);
	err = c->op.recover ? c->op.why : IL_OK;
	over(c);
	return err;
}

/* Takes the answer; IL_E_AGAIN: there is a message to pull. */
static enum il_err take(struct tsm_conn *c, uint8_t kind, const uint8_t *in,
			size_t n, uint64_t now_ns)
{
	uint64_t wait = c->t->cfg.limits.wait_ns;
	enum il_err err;

	c->op.waiting = false;
	if (wait && now_ns > c->op.sent_ns && now_ns - c->op.sent_ns > wait)
		return fail(c, IL_E_TIMEOUT);
	err = spdm_req_push(&c->spdm, (enum spdm_kind)kind, in, n, now_ns);
	if (err == IL_E_AGAIN)
		return err;
	if (err)
		return fail(c, err);
	return advance(c);
}

static enum il_err pull(struct tsm_conn *c, uint64_t now_ns)
{
	const uint64_t at = spdm_req_not_before(&c->spdm);
	enum spdm_kind kind = SPDM_PLAIN;
	enum il_err err = spdm_req_pull(&c->spdm, c->msg, c->t->cfg.limits.msg,
					&c->op.len, &kind);

	/* What went out is encrypted; its plaintext may have been a key. */
	bytes_wipe(c->pay, sizeof(c->pay));
	if (err)
		return err;
	c->op.kind = (uint8_t)kind;
	/* Its answer is late from when it went, not from when it was made. */
	c->op.not_before_ns = at;
	c->op.sent_ns = at > now_ns ? at : now_ns;
	c->op.waiting = true;
	return IL_OK;
}

uint64_t tsm_not_before(const struct tsm_conn *c)
{
	return c->op.waiting ? c->op.not_before_ns : 0;
}

static enum il_err give(const struct tsm_conn *c, uint8_t *out, size_t cap,
			size_t *out_len, uint8_t *kind)
{
	*out_len = c->op.len;
	if (cap < c->op.len)
		return IL_E_SPACE;
	memcpy(out, c->msg, c->op.len);
	*kind = c->op.kind;
	return IL_E_AGAIN;
}

enum il_err tsm_step(struct tsm_conn *c, uint8_t in_kind, const uint8_t *in,
		     size_t n, uint8_t *out, size_t cap, size_t *out_len,
		     uint8_t *kind, uint64_t now_ns)
{
	enum il_err err;

	if (c->op.verb == TSM_NO_VERB)
		return IL_E_STATE;
	if (c->op.waiting && !n)
		return give(c, out, cap, out_len, kind);
	if (!c->op.waiting && n)
		return IL_E_STATE;
	err = n ? take(c, in_kind, in, n, now_ns) : advance(c);
	while (err == IL_E_AGAIN) {
		err = pull(c, now_ns);
		if (!err)
			return give(c, out, cap, out_len, kind);
		err = fail(c, err);
	}
	IL_ASSERT(tsm_sane(c->t));
	return err;
}

void tsm_verb_abort(struct tsm_conn *c)
{
	bool out;

	if (c->op.verb == TSM_NO_VERB)
		return;
	/* A message that is out may still be answered: the session is lost. */
	out = c->op.waiting;
	if (out || verbs[c->op.verb].cut || c->op.recover || c->op.phase) {
		over(c);
		tsm_isolate(c);
		return;
	}
	over(c);
}
