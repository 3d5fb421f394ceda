/* SPDX-License-Identifier: BSD-2-Clause */
#include "tsm/tsm_priv.h"

#include "base/assert.h"

/*
 * Verbs of the connection: CONNECT, MEASURE, HEARTBEAT, KEY_UPDATE, REFRESH,
 * DISCONNECT.
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

static enum il_err connect_begin(struct tsm_conn *c)
{
	const struct tsm_cfg *cfg = &c->t->cfg;
	const struct spdm_req_args a = { .slot = c->op.args.cert_slot };
	enum il_err err = cfg->keys->ready(cfg->keys_ctx, c->cfg.port,
					   c->op.args.stream_id, c->cfg.segment,
					   c->cfg.rid);

	if (!err)
		err = tsm_conn_enter(c, CONN_EV_CONNECT);
	if (err)
		return err;
	c->cert_slot = c->op.args.cert_slot;
	c->stream_id = c->op.args.stream_id;
	return tsm_send_spdm(c, SPDM_OP_CONNECT, &a);
}

/* The session exists: everything from here on rides on it (law 2). */
static enum il_err session_open(struct tsm_conn *c)
{
	IL_ASSERT(c->spdm.state == SPDM_REQ_SESSION);
	c->session = c->t->next_session++;
	return tsm_ide_query(c);
}

enum il_err tsm_do_connect(struct tsm_conn *c)
{
	const struct spdm_req_args session = {
		.slot = c->op.args.cert_slot,
		.summary = SPDM_SUMMARY_NONE,
	};
	enum il_err err;

	switch (c->op.phase++) {
	case 0:
		return connect_begin(c);
	case 1:
		err = take_identity(c);
		return err ? err : tsm_send_spdm(c, SPDM_OP_SESSION, &session);
	case 2:
		return session_open(c);
	case 3:
		err = tsm_ide_check(c);
		if (!err)
			err = tsm_ide_plan(c, PLAN_FILL, true);
		break;
	default:
		err = tsm_ide_plan(c, PLAN_FILL, false);
		break;
	}
	return err ? err : tsm_conn_enter(c, CONN_EV_CONNECTED);
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

enum il_err tsm_do_disconnect(struct tsm_conn *c)
{
	const struct spdm_req_args none = { 0 };
	enum il_err err;

	if (c->op.args.force)
		return force_closed(c);
	switch (c->op.phase) {
	case 0:
		err = tsm_conn_enter(c, CONN_EV_DISCONNECT);
		if (!err)
			err = tsm_ide_plan(c, PLAN_STOP, true);
		c->op.phase = 1;
		return err;
	case 1:
		err = tsm_ide_plan(c, PLAN_STOP, false);
		if (err)
			return err;
		c->op.phase = 2;
		return tsm_send_spdm(c, SPDM_OP_END_SESSION, &none);
	default:
		tsm_session_end(c);
		return tsm_conn_enter(c, CONN_EV_CLOSE);
	}
}
