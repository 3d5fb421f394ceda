/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req.h"
#include "spdm/trace.h"

#include "base/assert.h"
#include "spdm/req_priv.h"

static enum spdm_req_state to_connected(struct spdm_req *q)
{
	(void)q;
	return SPDM_REQ_CONNECTED;
}

static enum spdm_req_state to_session(struct spdm_req *q)
{
	(void)q;
	return SPDM_REQ_SESSION;
}

static enum spdm_req_state stay(struct spdm_req *q)
{
	return q->state;
}

static enum spdm_req_state end_session(struct spdm_req *q)
{
	spdm_req_wipe_session(q);
	return SPDM_REQ_CONNECTED;
}

#define SESSION_CAPS (SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC)

#define IN_BOTH .in = { [SPDM_REQ_CONNECTED] = true, [SPDM_REQ_SESSION] = true }

/* Which operation may begin where, and what it consists of. */
static const struct spdm_req_flow *flow(enum spdm_req_op op)
{
	/* clang-format off */
	static const struct spdm_req_flow flows[SPDM_OPS] = {
	[SPDM_OP_CONNECT] = {
		.in = { [SPDM_REQ_NEW] = true, [SPDM_REQ_CONNECTED] = true },
		.steps = spdm_req_connect_steps, .n = 5, .done = to_connected },
	[SPDM_OP_CHALLENGE] = {
		.in = { [SPDM_REQ_CONNECTED] = true }, .both = SPDM_CAP_CHAL,
		.steps = spdm_req_challenge_steps, .n = 3, .done = stay },
	[SPDM_OP_MEASURE] = {
		.in = { [SPDM_REQ_CONNECTED] = true, [SPDM_REQ_SESSION] = true },
		.steps = &spdm_req_measure_step, .n = 1, .done = stay },
	[SPDM_OP_SESSION] = {
		.in = { [SPDM_REQ_CONNECTED] = true }, .both = SESSION_CAPS,
		.steps = spdm_req_session_steps, .n = 4, .done = to_session },
	[SPDM_OP_HEARTBEAT] = {
		.in = { [SPDM_REQ_SESSION] = true }, .both = SPDM_CAP_HBEAT,
		.steps = &spdm_req_heartbeat_step, .n = 1, .done = stay },
	[SPDM_OP_KEY_UPDATE] = {
		.in = { [SPDM_REQ_SESSION] = true }, .both = SPDM_CAP_KEY_UPD,
		.steps = spdm_req_update_steps, .n = 2, .done = stay },
	[SPDM_OP_VENDOR] = {
		.in = { [SPDM_REQ_SESSION] = true },
		.steps = &spdm_req_vendor_step, .n = 1, .done = stay },
	[SPDM_OP_END_SESSION] = {
		.in = { [SPDM_REQ_SESSION] = true },
		.steps = &spdm_req_end_step, .n = 1, .done = end_session },
	[SPDM_OP_PSK] = {
		.in = { [SPDM_REQ_CONNECTED] = true },
		.steps = spdm_req_psk_steps, .n = 2, .done = to_session },
	[SPDM_OP_CSR] = { IN_BOTH, .peer = SPDM_CAP_CSR, .steps = &spdm_req_csr_step, .n = 1, .done = stay },
	[SPDM_OP_SET_CERT] = { IN_BOTH, .peer = SPDM_CAP_SET_CERT, .steps = &spdm_req_set_cert_step, .n = 1, .done = stay },
	[SPDM_OP_KEY_PAIR] = { IN_BOTH, .peer = SPDM_CAP_GET_KEY_PAIR_INFO, .steps = &spdm_req_key_pair_step, .n = 1, .done = stay },
	[SPDM_OP_SET_KEY_PAIR] = { IN_BOTH, .peer = SPDM_CAP_SET_KEY_PAIR_INFO, .steps = &spdm_req_set_key_pair_step, .n = 1, .done = stay },
	[SPDM_OP_ENDPOINT_INFO] = { IN_BOTH, .peer = SPDM_CAP_EP_INFO_MASK, .steps = &spdm_req_endpoint_step, .n = 1, .done = stay },
	[SPDM_OP_MEL] = { IN_BOTH, .peer = SPDM_CAP_MEL, .steps = &spdm_req_mel_step, .n = 1, .done = stay },
	[SPDM_OP_ENCAP] = {
		.in = { [SPDM_REQ_CONNECTED] = true, [SPDM_REQ_SESSION] = true },
		.both = SPDM_CAP_ENCAP,
		.steps = spdm_req_encap_steps, .n = 2, .done = stay },
	};
	/* clang-format on */

	return (unsigned)op < SPDM_OPS && flows[op].n ? &flows[op] : NULL;
}

/* The one writer of the state. */
static void enter(struct spdm_req *q, enum spdm_req_state next)
{
	if (q->state != next)
		env_trace(q->cfg.env,
			  TRACE_EV(TRACE_SPDM, SPDM_TRACE_REQ_STATE), next, 0,
			  0);
	q->state = next;
}

enum il_err spdm_req_init(struct spdm_req *q, const struct spdm_req_cfg *cfg)
{
	if ((cfg->caps & SPDM_CAP_PSK) && (!cfg->port || !cfg->port->psk))
		return IL_E_ARG;
	if (!spdm_req_mutual_cfg(cfg))
		return IL_E_ARG;
	if (!cfg->crypto || !cfg->env || !cfg->versions[0] ||
	    !cfg->sm_versions[0] || !cfg->chain || !cfg->scratch ||
	    (cfg->caps & ~(SPDM_REQ_CAPS_ALL | SPDM_REQ_CAPS_PORT)) ||
	    cfg->transfer < SPDM_TRANSFER_MIN ||
	    cfg->scratch_len < cfg->transfer + SPDM_SECURED_SLACK ||
	    cfg->padding > SPDM_SECURED_SLACK || (cfg->vca_cap && !cfg->vca) ||
	    (cfg->meas_cap && !cfg->meas))
		return IL_E_ARG;
	memset(q, 0, sizeof(*q));
	q->cfg = *cfg;
	if (!q->cfg.seq_limit)
		q->cfg.seq_limit = UINT64_MAX;
	if (!q->cfg.binding)
		q->cfg.binding = &spdm_binding_bare;
	q->next_id = UINT16_MAX;
	spdm_tr_init(&q->tr, cfg->crypto);
	q->tr.may = cfg->hash;
	return IL_OK;
}

void spdm_req_wipe_session(struct spdm_req *q)
{
	const struct crypto *c = q->cfg.crypto;

	for (unsigned d = 0; d < SPDM_DIRS; d++)
		spdm_channel_close(&q->ch[d], c);
	spdm_keys_wipe(&q->keys);
	crypto_drop(c, &q->th);
	crypto_drop(c, &q->l12);
	q->session_id = 0;
	q->heartbeat_s = 0;
}

void spdm_req_forget(struct spdm_req *q)
{
	spdm_tr_drop(&q->tr);
	crypto_chain_drop(q->cfg.crypto, &q->leaf);
	q->version = 0;
	q->peer_caps = 0;
	q->peer_transfer = 0;
	q->asym = 0;
	q->req_asym = 0;
	q->hash = 0;
	q->meas_hash = 0;
	q->dhe = 0;
	q->opaque_fmt1 = false;
	q->aead = 0;
	q->multi_key = false;
	q->mel_spec = 0;
	q->chain_len = 0;
	q->vca_len = 0;
}

/* The operation is over, whichever way; results are kept. */
static void op_over(struct spdm_req *q)
{
	crypto_drop(q->cfg.crypto, &q->hs);
	crypto_drop(q->cfg.crypto, &q->dh);
	crypto_drop(q->cfg.crypto, &q->mut);
	q->inner = (struct spdm_span){ 0 };
	q->mutual = 0;
	if (q->op == SPDM_OP_KEY_UPDATE || q->op == SPDM_OP_ENCAP) {
		spdm_channel_close(&q->next, q->cfg.crypto);
		bytes_wipe(q->next_secret, sizeof(q->next_secret));
	}
	if (q->op == SPDM_OP_SESSION || q->op == SPDM_OP_PSK)
		bytes_wipe(q->mac, sizeof(q->mac));
	bytes_wipe(&q->args, sizeof(q->args));
	q->mel_more = false;
	q->mel_total = 0;
	q->op = SPDM_OP_NONE;
	q->step = 0;
	q->sent = false;
}

/* Results and plaintext of the operation before. */
static void results_wipe(struct spdm_req *q)
{
	bytes_wipe(q->cfg.scratch, q->scratch_used);
	q->scratch_used = 0;
	q->record = (struct spdm_span){ 0 };
	q->sig = (struct spdm_span){ 0 };
	memset(&q->answer, 0, sizeof(q->answer));
	memset(&q->pair, 0, sizeof(q->pair));
	q->out_len = 0;
	q->peer_error = 0;
	q->peer_error_data = 0;
}

void spdm_req_fini(struct spdm_req *q)
{
	op_over(q);
	spdm_req_wipe_session(q);
	spdm_req_forget(q);
	bytes_wipe(q->cfg.scratch, q->cfg.scratch_len);
	bytes_wipe(q, sizeof(*q));
}

/*
 * What a failure leaves behind; see spdm_req_push(). @told: the peer itself
 * refused, through the channel that was expected, so that both sides still
 * agree on transcripts and numbers.
 */
static enum il_err fail(struct spdm_req *q, enum il_err err, bool told)
{
	const bool session = q->state == SPDM_REQ_SESSION;

	env_trace(q->cfg.env, TRACE_EV(TRACE_SPDM, SPDM_TRACE_REQ_FAILED),
		  q->op, err, q->step);
	if (q->op == SPDM_OP_MEASURE)
		q->meas_len = q->meas_mark; /* as L1/L2, which it never met */
	if (q->op == SPDM_OP_CONNECT) {
		spdm_req_forget(q);
		enter(q, SPDM_REQ_NEW);
	} else if (!session || !told) {
		spdm_req_wipe_session(q);
		enter(q, SPDM_REQ_CONNECTED);
	}
	if (!told) {
		spdm_tr_forget(&q->tr, &q->tr.m12);
		spdm_tr_forget(&q->tr, &q->tr.l12);
	}
	op_over(q);
	IL_ASSERT(spdm_req_sane(q));
	return err;
}

enum il_err spdm_req_begin(struct spdm_req *q, enum spdm_req_op op,
			   const struct spdm_req_args *args)
{
	static const struct spdm_req_args none;
	const struct spdm_req_flow *f = flow(op);
	const struct spdm_req_args *a = args ? args : &none;

	if (!f)
		return IL_E_ARG;
	if (q->op != SPDM_OP_NONE || !f->in[q->state])
		return IL_E_STATE;
	if (!spdm_req_can(q, op, f, a))
		return IL_E_ARG;
	/* Numbers never wrap: law 8. */
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		if (q->ch[d].live && q->ch[d].seq >= q->ch[d].limit) {
			spdm_req_wipe_session(q);
			enter(q, SPDM_REQ_CONNECTED);
			return IL_E_STATE;
		}
	results_wipe(q);
	q->args = *a;
	if (op == SPDM_OP_PSK && a->hint.n) {
		memcpy(q->hint, a->hint.p, a->hint.n);
		q->args.hint.p = q->hint;
	}
	q->op = op;
	q->step = 0;
	q->sent = false;
	return IL_OK;
}

static const struct spdm_req_step *step(const struct spdm_req *q)
{
	return &flow(q->op)->steps[q->step];
}

static struct crypto_slot *l12_of(struct spdm_req *q)
{
	return q->state == SPDM_REQ_SESSION ? &q->l12 : &q->tr.l12;
}

/* Starts @q->hs for this step and adds the request. */
static enum il_err hash_request(struct spdm_req *q, const uint8_t *p, size_t n)
{
	const enum spdm_req_tr tr = step(q)->tr;
	const bool vca = tr != SPDM_TR_L12 || q->version >= SPDM_V12;
	const struct crypto *c = q->cfg.crypto;
	struct crypto_slot from = { 0 };
	enum il_err err = IL_OK;

	if (tr == SPDM_TR_NONE || tr == SPDM_TR_TH)
		return IL_OK;
	if (tr == SPDM_TR_VCA)
		return spdm_tr_vca(&q->tr, p, n);
	if (tr == SPDM_TR_M12)
		from = q->tr.m12;
	else if (tr == SPDM_TR_L12)
		from = *l12_of(q);
	crypto_drop(c, &q->hs);
	if (from.n)
		err = crypto_hash_dup(c, from, &q->hs);
	return err ? err : spdm_tr_add(&q->tr, &q->hs, vca, p, n);
}

/* Adds the response without signature and HMAC. */
static enum il_err hash_response(struct spdm_req *q, const struct spdm_msg *m,
				 const uint8_t *p, size_t n)
{
	const enum spdm_req_tr tr = step(q)->tr;
	enum il_err err = IL_OK;

	if (tr == SPDM_TR_NONE)
		return IL_OK;
	n -= spdm_msg_sig_len(m) + spdm_msg_verify_len(m);
	if (tr == SPDM_TR_VCA)
		return spdm_tr_vca(&q->tr, p, n);
	if (m->code == SPDM_DIGESTS && q->multi_key)
		err = spdm_tr_digests(&q->tr, p, n);
	return err ? err : spdm_tr_add(&q->tr, &q->hs, true, p, n);
}

/* Evidence: VCA and measurement messages, as far as there is room. */
static enum il_err keep(struct spdm_req *q, const uint8_t *p, size_t n)
{
	const enum spdm_req_tr tr = step(q)->tr;
	uint8_t *buf;
	size_t *len;
	size_t cap;

	if (tr != SPDM_TR_VCA && tr != SPDM_TR_L12)
		return IL_OK;
	buf = tr == SPDM_TR_VCA ? q->cfg.vca : q->cfg.meas;
	len = tr == SPDM_TR_VCA ? &q->vca_len : &q->meas_len;
	if (!buf)
		return IL_OK;
	cap = tr == SPDM_TR_VCA ? q->cfg.vca_cap : q->cfg.meas_cap;
	if (cap - *len < n)
		return IL_E_SPACE;
	memcpy(buf + *len, p, n);
	*len += n;
	return IL_OK;
}

/* Encodes the step's request at @p. */
static enum il_err request(struct spdm_req *q, uint8_t *p, size_t cap,
			   size_t *len)
{
	const struct spdm_req_step *s = step(q);
	struct wr w = wr_over(p, cap);
	struct spdm_msg m;
	enum il_err err;

	spdm_msg_start(&m, q->version, s->code);
	err = s->build(q, &m);
	if (!err)
		err = spdm_msg_encode(&w, &m);
	if (!err && s->prove) {
		err = s->prove(q, &m, p, w.len);
		w = wr_over(p, cap);
		if (!err)
			err = spdm_msg_encode(&w, &m);
	}
	if (err)
		return err;
	if (q->peer_transfer && w.len > q->peer_transfer)
		return IL_E_SPACE;
	*len = w.len;
	return IL_OK;
}

static enum spdm_kind kind_of(bool secured)
{
	return secured ? SPDM_SECURED : SPDM_PLAIN;
}

enum il_err spdm_req_pull(struct spdm_req *q, uint8_t *out, size_t cap,
			  size_t *len, enum spdm_kind *kind)
{
	const bool secured = q->ch[SPDM_DIR_REQ].live;
	const size_t head =
		secured ? spdm_secured_head(&q->ch[SPDM_DIR_REQ]) : 0;
	size_t n;
	enum il_err err;

	if (q->op == SPDM_OP_NONE || q->sent)
		return IL_E_STATE;
	if (cap < SPDM_SECURED_OVER_MAX + 4)
		return IL_E_SPACE;
	err = request(q, out + head,
		      secured ? cap - head - SPDM_SECURED_TAIL : cap, &n);
	if (err == IL_E_SPACE) {
		bytes_wipe(out, cap);
		return err;
	}
	if (!err)
		err = hash_request(q, out + head, n);
	if (!err)
		err = keep(q, out + head, n);
	if (err == IL_E_SPACE) /* evidence that does not fit fails */
		err = IL_E_NOMEM;
	if (!err && secured)
		err = spdm_secured_seal(&q->ch[SPDM_DIR_REQ], q->cfg.crypto,
					q->session_id, out, cap, n, &n);
	if (err) {
		bytes_wipe(out, cap); /* plaintext is not to leave: law 11 */
		return fail(q, err, false);
	}
	q->sent = true;
	*len = n;
	*kind = kind_of(secured);
	return IL_OK;
}

/* @n bytes at most are about to stand in the scratch buffer. */
void spdm_req_scratch_fill(struct spdm_req *q, size_t n)
{
	if (n > q->cfg.scratch_len)
		n = q->cfg.scratch_len;
	if (q->scratch_used < n)
		q->scratch_used = n;
}

/*
 * After UpdateAllKeys the acknowledgement comes under the new key, a refusal
 * under the old one, perhaps with its number in the clear: not the new key's
 * first.
 */
static enum il_err open_record(struct spdm_req *q, const uint8_t *in, size_t n,
			       struct spdm_span *app)
{
	struct spdm_channel *rx = &q->ch[SPDM_DIR_RSP];
	const struct crypto *c = q->cfg.crypto;
	uint32_t id;
	enum il_err err = spdm_secured_id(in, n, &id);

	if (err)
		return err;
	if (id != q->session_id)
		return IL_E_FIELD;
	spdm_req_scratch_fill(q, n);
	if (q->next.live) {
		err = spdm_secured_open_at(&q->next, c, in, n, q->cfg.scratch,
					   q->cfg.scratch_len, app);
		if (err != IL_E_AUTH && err != IL_E_FIELD)
			return err;
	}
	err = spdm_secured_open_at(rx, c, in, n, q->cfg.scratch,
				   q->cfg.scratch_len, app);
	if (err == IL_E_STATE)
		err = IL_E_AUTH; /* numbers used up: nothing can be believed */
	return err;
}

/* Zero bytes that may follow a plain response of @n bytes. */
size_t spdm_req_fill_of(const struct spdm_req *q, size_t n)
{
	const uint8_t unit = q->cfg.binding->unit;

	if (q->cfg.padding)
		return q->cfg.padding;
	return n % unit ? 0 : unit - 1u;
}

/* The response's own bytes, in scratch, decoded into @m. */
static enum il_err receive(struct spdm_req *q, const uint8_t *in, size_t n,
			   struct spdm_msg *m, struct spdm_span *own)
{
	const struct spdm_shape *sh = &q->shape;
	enum il_err err;

	if (q->ch[SPDM_DIR_RSP].live) {
		err = open_record(q, in, n, own);
		if (!err)
			err = spdm_msg_decode_at(own->p, own->n, sh, m);
		return err;
	}
	if (n > q->cfg.scratch_len)
		return IL_E_LONG;
	if (n)
		memcpy(q->cfg.scratch, in, n);
	spdm_req_scratch_fill(q, n);
	own->p = q->cfg.scratch;
	own->n = n;
	return spdm_msg_decode_filled(own->p, n, spdm_req_fill_of(q, n), sh, m,
				      &own->n);
}

/* Transcripts that an accepted request of another kind empties. */
static void settle(struct spdm_req *q, uint8_t code)
{
	if (code != SPDM_NEGOTIATE_ALGORITHMS && code != SPDM_GET_DIGESTS)
		spdm_tr_d_close(&q->tr);
	if (code != SPDM_GET_MEASUREMENTS)
		spdm_tr_forget(&q->tr, l12_of(q));
	switch (code) {
	case SPDM_GET_MEASUREMENTS:
	case SPDM_KEY_EXCHANGE:
	case SPDM_FINISH:
	case SPDM_PSK_EXCHANGE:
	case SPDM_PSK_FINISH:
	case SPDM_HEARTBEAT:
	case SPDM_GET_ENCAPSULATED_REQUEST:
	case SPDM_DELIVER_ENCAPSULATED_RESPONSE:
	case SPDM_KEY_UPDATE:
	case SPDM_END_SESSION:
	case SPDM_GET_MEASUREMENT_EXTENSION_LOG:
		spdm_tr_forget(&q->tr, &q->tr.m12);
		break;
	default:
		break;
	}
}

/*
 * An ERROR in place of the response, or a response to something else. While
 * no session is there an ERROR may still be a 1.0 one: a peer that refuses
 * GET_CAPABILITIES has not agreed on a version.
 */
static enum il_err wrong_code(struct spdm_req *q, const struct spdm_msg *m,
			      bool *told)
{
	const uint8_t v = q->version ? q->version : SPDM_V10;
	const bool early = m->version == SPDM_V10 && m->code == SPDM_ERROR &&
			   !q->ch[SPDM_DIR_RSP].live;

	if (m->version != v && !early)
		return IL_E_FIELD;
	if (m->code == spdm_response_of(step(q)->code))
		return IL_OK;
	if (m->code != SPDM_ERROR)
		return IL_E_FIELD;
	*told = true;
	q->peer_error = m->param1;
	q->peer_error_data = m->param2;
	return IL_E_PEER;
}

/* On, over what this conversation does not have. */
static void next_step(struct spdm_req *q)
{
	const struct spdm_req_flow *f = flow(q->op);

	do
		q->step++;
	while (q->step < f->n && f->steps[q->step].skip &&
	       f->steps[q->step].skip(q));
}

enum il_err spdm_req_push(struct spdm_req *q, enum spdm_kind kind,
			  const uint8_t *in, size_t n, uint64_t now_ns)
{
	const bool secured = q->ch[SPDM_DIR_RSP].live;
	struct spdm_span own;
	struct spdm_msg m;
	bool told = false;
	enum il_err err;

	(void)now_ns;
	if (q->op == SPDM_OP_NONE || !q->sent)
		return IL_E_STATE;
	if (kind != kind_of(secured))
		return fail(q, IL_E_FIELD, false);
	err = receive(q, in, n, &m, &own);
	if (!err)
		err = wrong_code(q, &m, &told);
	if (!err)
		err = hash_response(q, &m, own.p, own.n);
	if (!err)
		err = keep(q, own.p, own.n - spdm_msg_sig_len(&m));
	if (err == IL_E_SPACE)
		err = IL_E_NOMEM;
	if (!err)
		err = step(q)->check(q, &m);
	if (err && err != IL_E_AGAIN)
		return fail(q, err, told);
	q->sent = false;
	settle(q, step(q)->code);
	if (!err)
		next_step(q);
	if (q->step < flow(q->op)->n)
		return IL_E_AGAIN;
	enter(q, flow(q->op)->done(q));
	op_over(q);
	IL_ASSERT(spdm_req_sane(q));
	return IL_OK;
}

void spdm_req_abort(struct spdm_req *q)
{
	if (q->op == SPDM_OP_NONE)
		return;
	if (q->step == 0 && !q->sent)
		op_over(q);
	else
		(void)fail(q, IL_E_TIMEOUT, false);
}

void spdm_req_drop_session(struct spdm_req *q)
{
	if (q->op != SPDM_OP_NONE)
		spdm_req_abort(q);
	if (q->state != SPDM_REQ_SESSION)
		return;
	spdm_req_wipe_session(q);
	enter(q, SPDM_REQ_CONNECTED);
}

bool spdm_req_sane(const struct spdm_req *q)
{
	const bool session = q->state == SPDM_REQ_SESSION;

	if (q->state >= SPDM_REQ_STATES || q->op >= SPDM_OPS)
		return false;
	if (q->op == SPDM_OP_NONE &&
	    (q->sent || q->hs.n || q->dh.n || q->th.n || q->next.live))
		return false;
	if (q->op == SPDM_OP_NONE &&
	    (session != q->ch[0].live || session != q->ch[1].live))
		return false;
	/* CONNECT begins with forgetting the connection before. */
	return q->state == SPDM_REQ_NEW || q->op == SPDM_OP_CONNECT ||
	       q->leaf.count != 0;
}
