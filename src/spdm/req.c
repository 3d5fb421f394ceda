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
	    (cfg->large && (cfg->large_cap <= cfg->transfer ||
			    cfg->large_cap > UINT32_MAX / 2)) ||
	    !spdm_req_pqc_room(cfg) || cfg->padding > SPDM_SECURED_SLACK ||
	    (cfg->vca_cap && !cfg->vca) || (cfg->meas_cap && !cfg->meas))
		return IL_E_ARG;
	memset(q, 0, sizeof(*q));
	q->cfg = *cfg;
	spdm_req_pqc_mask(&q->cfg);
	if (!q->cfg.seq_limit)
		q->cfg.seq_limit = UINT64_MAX;
	if (!cfg->large)
		q->cfg.caps &= ~(SPDM_CAP_CHUNK | SPDM_CAP_LARGE_RESP);
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
	q->peer_max = 0;
	q->asym = 0;
	q->req_asym = 0;
	q->pqc_asym = 0;
	q->req_pqc_asym = 0;
	q->kem = 0;
	q->hash = 0;
	q->meas_hash = 0;
	q->dhe = 0;
	q->opaque_fmt1 = false;
	q->aead = 0;
	q->multi_key = false;
	q->own_multi = false;
	q->mel_spec = 0;
	q->chain_len = 0;
	q->vca_len = 0;
	q->no_cache = false;
}

/* The operation is over, whichever way; results are kept. */
static void op_over(struct spdm_req *q)
{
	crypto_drop(q->cfg.crypto, &q->hs);
	crypto_drop(q->cfg.crypto, &q->dh);
	crypto_drop(q->cfg.crypto, &q->mut);
	q->inner = (struct spdm_span){ 0 };
	q->half = (struct spdm_req_half){ 0 };
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
	spdm_carry_over(q);
	q->op = SPDM_OP_NONE;
	q->flow = NULL;
	q->step = 0;
	q->sent = false;
}

/* Results and plaintext of the operation before. */
static void results_wipe(struct spdm_req *q)
{
	bytes_wipe(q->cfg.scratch, q->scratch_used);
	q->scratch_used = 0;
	if (q->large_used)
		bytes_wipe(q->cfg.large, q->large_used);
	q->large_used = 0;
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
	const bool resynch = told && q->peer_error == SPDM_ERR_REQUEST_RESYNCH;

	env_trace(q->cfg.env, TRACE_EV(TRACE_SPDM, SPDM_TRACE_REQ_FAILED),
		  q->op, err, q->step);
	if (q->op == SPDM_OP_MEASURE)
		q->meas_len = q->meas_mark; /* as L1/L2, which it never met */
	/* Nor is an ERROR part of it: L1/L2 begins anew, as at the peer; see
	 * unsettle() of the responder. */
	if (err == IL_E_PEER && q->peer_error != SPDM_ERR_BUSY)
		spdm_tr_forget(&q->tr, spdm_req_l12(q));
	if (resynch) /* the peer has forgotten all of it */
		spdm_req_wipe_session(q);
	if (q->op == SPDM_OP_CONNECT || resynch) {
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
	q->flow = f;
	q->step = 0;
	q->sent = false;
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
	struct spdm_span rest = { 0 };
	size_t room, n;
	enum il_err err;

	if (q->op == SPDM_OP_NONE || q->sent)
		return IL_E_STATE;
	if (cap < SPDM_SECURED_OVER_MAX + 4)
		return IL_E_SPACE;
	room = secured ? cap - head - SPDM_SECURED_TAIL : cap;
	if (secured && room > SPDM_SECURED_MAX)
		room = SPDM_SECURED_MAX;
	if (q->carry.state == SPDM_CARRY_NONE)
		err = spdm_req_first(q, out + head, room, &n, &rest);
	else
		err = spdm_carry_pull(q, out + head, room, &n);
	if (err == IL_E_SPACE || err == IL_E_AGAIN) {
		bytes_wipe(out, cap);
		return err;
	}
	if (!err && secured)
		err = spdm_secured_seal_two(&q->ch[SPDM_DIR_REQ], q->cfg.crypto,
					    q->session_id, out, cap, n, rest,
					    &n);
	if (err) {
		bytes_wipe(out, cap); /* plaintext is not to leave: law 11 */
		return fail(q, err, false);
	}
	q->sent = true;
	*len = n;
	*kind = kind_of(secured);
	return IL_OK;
}

/* Transcripts that an accepted request of another kind empties. */
static void settle(struct spdm_req *q, uint8_t code)
{
	if (code != SPDM_NEGOTIATE_ALGORITHMS && code != SPDM_GET_DIGESTS)
		spdm_tr_d_close(&q->tr);
	if (code != SPDM_GET_MEASUREMENTS)
		spdm_tr_forget(&q->tr, spdm_req_l12(q));
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

/* On, over what this conversation does not have. */
static void next_step(struct spdm_req *q)
{
	const struct spdm_req_flow *f = q->flow;

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

	if (q->op == SPDM_OP_NONE || !q->sent)
		return IL_E_STATE;
	if (kind != kind_of(secured))
		return fail(q, IL_E_FIELD, false);
	q->carry.not_before_ns = 0;
	err = spdm_req_arrive(q, in, n, now_ns, &m, &own, &told);
	if (err == IL_E_AGAIN) {
		q->sent = false;
		return err;
	}
	if (!err)
		err = spdm_req_hash_response(q, &m, own.p, own.n);
	if (!err)
		err = spdm_req_keep(q, own.p, own.n - spdm_msg_sig_len(&m));
	if (err == IL_E_SPACE)
		err = IL_E_NOMEM;
	if (!err)
		err = spdm_req_step_of(q)->check(q, &m);
	if (err && err != IL_E_AGAIN)
		return fail(q, err, told);
	spdm_req_told(q, own.p, own.n);
	q->sent = false;
	spdm_carry_over(q);
	settle(q, spdm_req_step_of(q)->code);
	if (!err)
		next_step(q);
	if (q->step < q->flow->n)
		return IL_E_AGAIN;
	enter(q, q->flow->done(q));
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

/* M1/M2 begins anew too: the peer has lost its half of it. */
void spdm_req_reset(struct spdm_req *q)
{
	spdm_req_drop_session(q);
	if (q->state == SPDM_REQ_NEW)
		return;
	spdm_tr_forget(&q->tr, &q->tr.m12);
	spdm_tr_forget(&q->tr, &q->tr.l12);
	spdm_tr_d_undo(&q->tr);
	spdm_tr_d_close(&q->tr);
	if ((q->peer_caps & SPDM_CAP_CACHE) && !q->no_cache)
		return;
	spdm_req_forget(q);
	enter(q, SPDM_REQ_NEW);
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
