/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/req_priv.h"

/* One request out and its response in: encoded, hashed, opened, decoded. */

struct crypto_slot *spdm_req_l12(struct spdm_req *q)
{
	return q->state == SPDM_REQ_SESSION ? &q->l12 : &q->tr.l12;
}

/* Starts @q->hs for this step and adds the request. */
static enum il_err hash_request(struct spdm_req *q, const uint8_t *p, size_t n)
{
	const enum spdm_req_tr tr = spdm_req_step_of(q)->tr;
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
		from = *spdm_req_l12(q);
	crypto_drop(c, &q->hs);
	if (from.n)
		err = crypto_hash_dup(c, from, &q->hs);
	return err ? err : spdm_tr_add(&q->tr, &q->hs, vca, p, n);
}

/* Adds the response without signature and HMAC. */
enum il_err spdm_req_hash_response(struct spdm_req *q, const struct spdm_msg *m,
				   const uint8_t *p, size_t n)
{
	const enum spdm_req_tr tr = spdm_req_step_of(q)->tr;
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
enum il_err spdm_req_keep(struct spdm_req *q, const uint8_t *p, size_t n)
{
	const enum spdm_req_tr tr = spdm_req_step_of(q)->tr;
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

/* Somebody may listen to how the session came to be. */
void spdm_req_told(const struct spdm_req *q, const uint8_t *p, size_t n)
{
	if (q->cfg.heard &&
	    (q->op == SPDM_OP_CONNECT || q->op == SPDM_OP_SESSION))
		q->cfg.heard(q->cfg.heard_ctx, p, n);
}

uint8_t spdm_req_code(const struct spdm_req *q)
{
	return spdm_req_step_of(q)->code;
}

bool spdm_req_may_repeat(const struct spdm_req *q)
{
	const struct spdm_req_step *s = spdm_req_step_of(q);

	if (s->code == SPDM_GET_ENCAPSULATED_REQUEST ||
	    s->code == SPDM_DELIVER_ENCAPSULATED_RESPONSE)
		return false;
	return s->tr != SPDM_TR_VCA || s->code == SPDM_GET_VERSION;
}

void spdm_req_repeat(struct spdm_req *q)
{
	crypto_drop(q->cfg.crypto, &q->hs);
	crypto_drop(q->cfg.crypto, &q->dh);
	if (q->op == SPDM_OP_KEY_UPDATE) {
		spdm_channel_close(&q->next, q->cfg.crypto);
		bytes_wipe(q->next_secret, sizeof(q->next_secret));
	}
	if (spdm_req_step_of(q)->tr == SPDM_TR_L12)
		q->meas_len = q->meas_mark;
}

/*
 * A large payload that is only to be encrypted is sealed from where it stands;
 * a small one is copied, which costs less than a cipher in two pieces.
 */
#define APART_MIN 1024

static struct spdm_span apart(const struct spdm_req *q, struct spdm_msg *m)
{
	const struct spdm_span payload = m->u.vdm.payload;

	if (m->code != SPDM_VENDOR_DEFINED_REQUEST || payload.n < APART_MIN ||
	    !q->ch[SPDM_DIR_REQ].live)
		return (struct spdm_span){ 0 };
	m->u.vdm.payload.p = NULL;
	return payload;
}

/*
 * Encodes the step's request at @p, or in cfg.large if it does not go over at
 * once: @own says where. GET_VERSION and GET_CAPABILITIES come before chunks.
 * The room of @rest at its end is empty.
 */
static enum il_err request(struct spdm_req *q, uint8_t *p, size_t cap,
			   struct spdm_span *own, struct spdm_span *rest)
{
	const struct spdm_req_step *s = spdm_req_step_of(q);
	struct wr w = wr_over(p, cap);
	size_t most = q->peer_transfer;
	struct spdm_msg m;
	enum il_err err;

	spdm_msg_start(&m, q->version, s->code);
	err = s->build(q, &m);
	if (err)
		return err;
	*rest = apart(q, &m);
	err = spdm_msg_encode(&w, &m);
	if ((!err || err == IL_E_SPACE) && spdm_req_chunks(q) &&
	    w.len > q->peer_transfer) {
		p = q->cfg.large;
		cap = q->cfg.large_cap;
		most = spdm_req_most(q);
		w = wr_over(p, cap);
		if (rest->n)
			m.u.vdm.payload = *rest;
		*rest = (struct spdm_span){ 0 };
		err = spdm_msg_encode(&w, &m);
	}
	if (!err && s->prove) {
		err = s->prove(q, &m, p, w.len);
		w = wr_over(p, cap);
		if (!err)
			err = spdm_msg_encode(&w, &m);
	}
	if (err)
		return err;
	if (most && w.len > most)
		return IL_E_SPACE;
	*own = (struct spdm_span){ p, w.len };
	return IL_OK;
}

/* The step's request, hashed as a whole; the first message that carries it.
 * What stands apart is in no transcript. */
enum il_err spdm_req_first(struct spdm_req *q, uint8_t *p, size_t cap,
			   size_t *len, struct spdm_span *rest)
{
	struct spdm_span own;
	enum il_err err = request(q, p, cap, &own, rest);

	if (err)
		return err;
	err = hash_request(q, own.p, own.n);
	if (!err)
		err = spdm_req_keep(q, own.p, own.n);
	if (err == IL_E_SPACE) /* evidence that does not fit fails */
		err = IL_E_NOMEM;
	if (err)
		return err;
	spdm_req_told(q, own.p, own.n);
	*len = own.n;
	if (own.p == p)
		return IL_OK;
	spdm_carry_send(q, own.n);
	return spdm_carry_pull(q, p, cap, len);
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

/* Bytes that may follow a plain response of @n bytes. */
size_t spdm_req_fill_of(const struct spdm_req *q, size_t n)
{
	const uint8_t unit = q->cfg.binding->unit;

	if (q->cfg.padding)
		return q->cfg.padding;
	return n % unit ? 0 : unit - 1u;
}

enum il_err spdm_req_decode(const struct spdm_req *q, struct spdm_span in,
			    size_t fill, struct spdm_msg *m, size_t *used)
{
	struct spdm_shape sh = q->shape;

	sh.junk = q->cfg.padding != 0;
	return spdm_msg_decode_filled(in.p, in.n, fill, &sh, m, used);
}

/* The response's own bytes, in scratch, decoded into @m. */
static enum il_err receive(struct spdm_req *q, const uint8_t *in, size_t n,
			   struct spdm_msg *m, struct spdm_span *own,
			   size_t *fill)
{
	enum il_err err;

	*fill = 0;
	if (q->ch[SPDM_DIR_RSP].live) {
		err = open_record(q, in, n, own);
		if (!err)
			err = spdm_msg_decode_at(own->p, own->n, &q->shape, m);
		return err;
	}
	if (n > q->cfg.scratch_len)
		return IL_E_LONG;
	if (n)
		memcpy(q->cfg.scratch, in, n);
	spdm_req_scratch_fill(q, n);
	own->p = q->cfg.scratch;
	own->n = n;
	*fill = spdm_req_fill_of(q, n);
	return spdm_req_decode(q, *own, *fill, m, &own->n);
}

/*
 * An ERROR in place of the response, or a response to something else. While
 * no session is there an ERROR may still be a 1.0 one: a peer that refuses
 * GET_CAPABILITIES has not agreed on a version.
 */
static enum il_err wrong_code(struct spdm_req *q, const struct spdm_msg *m,
			      uint64_t now_ns, bool *told)
{
	const enum spdm_carry_state carry = q->carry.state;
	const uint8_t want =
		carry == SPDM_CARRY_OUT ? SPDM_CHUNK_SEND_ACK
		: carry == SPDM_CARRY_IN
			? SPDM_CHUNK_RESPONSE
			: spdm_response_of(spdm_req_step_of(q)->code);
	enum il_err err;

	const uint8_t v = q->version ? q->version : SPDM_V10;
	const bool early = m->version == SPDM_V10 && m->code == SPDM_ERROR &&
			   !q->ch[SPDM_DIR_RSP].live;

	if (m->version != v && !early)
		return IL_E_FIELD;
	if (m->code == want)
		return IL_OK;
	if (m->code != SPDM_ERROR)
		return IL_E_FIELD;
	q->peer_error = m->param1;
	q->peer_error_data = m->param2;
	/* Who has not agreed on a version refuses, and nothing else. */
	err = m->version == v ? spdm_carry_error(q, m, now_ns) : IL_E_PEER;
	*told = err == IL_E_PEER || err == IL_E_TIMEOUT;
	return err;
}

/*
 * What came, and what it carried if it carries: @own and @m are the response,
 * or IL_E_AGAIN says that there is more to fetch. Nothing that came in chunks
 * may be an ERROR: those are short.
 */
enum il_err spdm_req_arrive(struct spdm_req *q, const uint8_t *in, size_t n,
			    uint64_t now_ns, struct spdm_msg *m,
			    struct spdm_span *own, bool *told)
{
	size_t fill;
	enum il_err err = receive(q, in, n, m, own, &fill);
	const enum spdm_carry_state carry = q->carry.state;

	if (!err)
		err = wrong_code(q, m, now_ns, told);
	if (err || (carry != SPDM_CARRY_OUT && carry != SPDM_CARRY_IN))
		return err;
	err = spdm_carry_take(q, m, fill, own);
	if (err)
		return err;
	if (carry == SPDM_CARRY_IN)
		fill = 0;
	err = spdm_req_decode(q, *own, fill, m, &own->n);
	if (!err && carry == SPDM_CARRY_IN && m->code == SPDM_ERROR)
		err = IL_E_FIELD;
	return err ? err : wrong_code(q, m, now_ns, told);
}
