/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm_priv.h"

#include "base/assert.h"

/*
 * Verbs of the connection: CONNECT, MEASURE, HEARTBEAT, KEY_UPDATE, REFRESH,
 * DISCONNECT; and the parts of the first and the last, each a verb.
 */

/* --- connect --- */

static enum il_err hash_key(struct tsm_conn *c,
			    const struct crypto_chain *chain)
{
	const struct crypto *cr = c->t->cfg.crypto;
	uint8_t pub[CRYPTO_PUB_MAX];
	enum crypto_curve curve;
	enum il_err err = crypto_pubkey(cr, chain->leaf, &curve, pub);

	if (err)
		return err;
	c->algs.curve_asym = (uint8_t)curve;
	return crypto_hash(cr, CRYPTO_SHA384, pub, 2 * crypto_curve_len(curve),
			   c->key_digest);
}

/* The digests that a TVM compares with what the host shows it. Law 27. */
static enum il_err take_identity(struct tsm_conn *c)
{
	const struct crypto *cr = c->t->cfg.crypto;
	const struct crypto_chain *chain = spdm_req_parsed(&c->spdm);
	struct spdm_span vca = spdm_req_vca(&c->spdm);
	struct spdm_span all = spdm_req_chain(&c->spdm);
	enum il_err err;

	if (!chain || !vca.n || !all.n)
		return IL_E_FIELD;
	err = crypto_hash(cr, CRYPTO_SHA384, vca.p, vca.n, c->vca_digest);
	if (!err)
		err = crypto_hash(cr, CRYPTO_SHA384, all.p, all.n,
				  c->cert_digest);
	if (!err)
		err = hash_key(c, chain);
	if (err)
		return err;
	c->algs.hash = c->spdm.hash == SPDM_HASH_SHA_384 ? CRYPTO_SHA384
							 : CRYPTO_SHA256;
	c->algs.curve_dhe =
		c->spdm.dhe == SPDM_DHE_SECP384R1 ? CRYPTO_P384 : CRYPTO_P256;
	c->digests = true;
	return IL_OK;
}

static enum il_err identify_send(struct tsm_conn *c)
{
	const struct spdm_req_args a = { .slot = c->op.args.cert_slot };

	c->cert_slot = c->op.args.cert_slot;
	return tsm_send_spdm(c, SPDM_OP_CONNECT, &a);
}

static enum il_err session_send(struct tsm_conn *c)
{
	const struct spdm_req_args session = {
		.slot = c->cert_slot,
		.summary = SPDM_SUMMARY_NONE,
	};

	return tsm_send_spdm(c, SPDM_OP_SESSION, &session);
}

static enum il_err connect_begin(struct tsm_conn *c)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	enum il_err err = cfg->keys->ready(cfg->keys_ctx, c->cfg.port,
					   c->op.args.stream_id, c->cfg.segment,
					   c->cfg.rid);

	if (!err)
		err = tsm_conn_enter(c, CONN_EV_CONNECT);
	if (err)
		return err;
	c->stream_id = c->op.args.stream_id;
	return identify_send(c);
}

/* The session exists: everything from here on rides on it (law 2). */
static void session_open(struct tsm_conn *c)
{
	IL_ASSERT(c->spdm.state == SPDM_REQ_SESSION);
	c->session = c->t->next_session++;
}

/* Asked and answered, six keys go to both ends; then the stream stands. */
static enum il_err stream_fill(struct tsm_conn *c, bool first)
{
	enum il_err err = first ? tsm_ide_check(c) : IL_OK;

	if (!err)
		err = tsm_ide_plan(c, PLAN_FILL, first);
	return err ? err : tsm_conn_enter(c, CONN_EV_CONNECTED);
}

enum il_err tsm_do_connect(struct tsm_conn *c)
{
	enum il_err err;

	switch (c->op.phase++) {
	case 0:
		return connect_begin(c);
	case 1:
		err = take_identity(c);
		return err ? err : session_send(c);
	case 2:
		session_open(c);
		return tsm_ide_query(c);
	case 3:
		return stream_fill(c, true);
	default:
		return stream_fill(c, false);
	}
}

/* --- its parts --- */

enum il_err tsm_do_identify(struct tsm_conn *c)
{
	enum il_err err;

	if (!c->op.phase++) {
		err = tsm_conn_enter(c, CONN_EV_IDENTIFY);
		return err ? err : identify_send(c);
	}
	err = take_identity(c);
	return err ? err : tsm_conn_enter(c, CONN_EV_IDENTIFIED);
}

enum il_err tsm_do_session(struct tsm_conn *c)
{
	enum il_err err;

	if (!c->op.phase++) {
		err = tsm_conn_enter(c, CONN_EV_SESSION);
		return err ? err : session_send(c);
	}
	session_open(c);
	return tsm_conn_enter(c, CONN_EV_OPENED);
}

enum il_err tsm_do_stream(struct tsm_conn *c)
{
	enum il_err err;

	switch (c->op.phase++) {
	case 0:
		err = tsm_conn_enter(c, CONN_EV_STREAM);
		if (err)
			return err;
		c->stream_id = c->op.args.stream_id;
		return tsm_ide_query(c);
	case 1:
		return stream_fill(c, true);
	default:
		return stream_fill(c, false);
	}
}

/* --- measure --- */

/*
 * The blob that a TVM needs to check the signature itself: the messages of
 * version, capabilities and algorithms, the request, the response with its
 * signature. OPEN: which bytes an architecture's measurement digest covers is
 * not public everywhere; ours covers this blob.
 */
static enum il_err keep_measurements(struct tsm_conn *c,
				     const struct tsm_bind *b)
{
	const struct spdm_span part[3] = {
		spdm_req_vca(&c->spdm),
		spdm_req_meas_bytes(&c->spdm),
		spdm_req_meas_sig(&c->spdm),
	};
	struct wr w = wr_over(c->blob, c->t->cfg.limits.blob);
	uint8_t digest[TSM_DIGEST_LEN];
	enum il_err err;

	for (size_t i = 0; i < COUNT(part); i++) {
		if (!part[i].n)
			return IL_E_FIELD;
		wr_bytes(&w, part[i].p, part[i].n);
	}
	if (w.err)
		return w.err;
	err = crypto_hash(c->t->cfg.crypto, CRYPTO_SHA384, c->blob, w.len,
			  digest);
	if (err)
		return err;
	c->blob_len = w.len;
	for (unsigned i = 0; i < c->t->cfg.limits.binds; i++) {
		struct tsm_bind *x = &c->t->bind[i];

		if (x->conn != c || !x->lock.id || (b && x != b))
			continue;
		memcpy(x->lock.meas_digest, digest, sizeof(digest));
		memcpy(x->lock.meas_nonce, c->op.args.nonce, TSM_NONCE_LEN);
		x->lock.meas_valid = true;
	}
	return IL_OK;
}

enum il_err tsm_do_measure(struct tsm_conn *c)
{
	struct spdm_req_args a = {
		.slot = c->cert_slot,
		.sign = true,
		.raw = c->op.args.raw,
		.index = SPDM_MEAS_ALL,
		.nonce_given = true,
	};

	if (c->op.phase++)
		return keep_measurements(c, c->op.args.bind);
	memcpy(a.nonce, c->op.args.nonce, sizeof(a.nonce));
	return tsm_send_spdm(c, SPDM_OP_MEASURE, &a);
}

/* --- the session's own --- */

enum il_err tsm_do_heartbeat(struct tsm_conn *c)
{
	const struct spdm_req_args a = { 0 };

	return c->op.phase++ ? IL_OK : tsm_send_spdm(c, SPDM_OP_HEARTBEAT, &a);
}

enum il_err tsm_do_key_update(struct tsm_conn *c)
{
	const struct spdm_req_args a = { .update = SPDM_UPDATE_ALL_KEYS };

	return c->op.phase++ ? IL_OK : tsm_send_spdm(c, SPDM_OP_KEY_UPDATE, &a);
}

enum il_err tsm_do_refresh(struct tsm_conn *c)
{
	return tsm_ide_plan(c, PLAN_REFRESH, c->op.phase++ == 0);
}

/* --- disconnect --- */

/* Without the device: what isolation leaves, then closed. Law 49. */
static enum il_err force_closed(struct tsm_conn *c)
{
	struct tsm_op op = c->op;

	if (c->state == TSM_CONN_CLOSED)
		return IL_OK;
	tsm_isolate(c);
	c->op = op;
	return tsm_conn_enter(c, CONN_EV_CLOSE);
}

static enum il_err stop_keys(struct tsm_conn *c, bool first)
{
	enum il_err err = IL_OK;

	if (first)
		err = tsm_conn_enter(c, CONN_EV_DISCONNECT);
	return err ? err : tsm_ide_plan(c, PLAN_STOP, first);
}

static enum il_err end_session_send(struct tsm_conn *c)
{
	const struct spdm_req_args none = { 0 };

	return tsm_send_spdm(c, SPDM_OP_END_SESSION, &none);
}

static enum il_err session_over(struct tsm_conn *c)
{
	tsm_session_end(c);
	return tsm_conn_enter(c, CONN_EV_CLOSE);
}

enum il_err tsm_do_disconnect(struct tsm_conn *c)
{
	enum il_err err;

	if (c->op.args.force)
		return force_closed(c);
	switch (c->op.phase) {
	case 0:
		c->op.phase = 1;
		return stop_keys(c, true);
	case 1:
		err = stop_keys(c, false);
		if (err)
			return err;
		c->op.phase = 2;
		return end_session_send(c);
	default:
		return session_over(c);
	}
}

/* Another stream of the session may follow: nothing of this one is left. */
enum il_err tsm_do_stream_stop(struct tsm_conn *c)
{
	enum il_err err = stop_keys(c, c->op.phase++ == 0);

	if (!err)
		err = tsm_stream_enter(c, STREAM_EV_FORGET);
	if (err)
		return err;
	c->stream_id = TSM_STREAM_UNUSED;
	return tsm_conn_enter(c, CONN_EV_OPENED);
}

enum il_err tsm_do_session_end(struct tsm_conn *c)
{
	enum il_err err;

	if (c->op.phase++)
		return session_over(c);
	err = tsm_conn_enter(c, CONN_EV_SESSION_END);
	return err ? err : end_session_send(c);
}
