/* SPDX-License-Identifier: BSD-2-Clause */
#include "spdm/chain.h"
#include "spdm/keys_priv.h"
#include "spdm/req_priv.h"

/*
 * Encapsulated requests, as the requester fetches and answers them.
 * Source: DSP0274 1.2.1, section 10.22 (encapsulated messages).
 */

/* More than any flow needs. */
#define ROUNDS_MAX 200

enum il_err spdm_req_nothing_build(struct spdm_req *q, struct spdm_msg *m)
{
	(void)q;
	(void)m;
	return IL_OK;
}

bool spdm_req_no_encap(const struct spdm_req *q)
{
	return !(q->mutual & ~SPDM_MUT_AUTH);
}

bool spdm_req_no_fetch(const struct spdm_req *q)
{
	return spdm_req_no_encap(q) || q->mutual == SPDM_MUT_AUTH_DIGESTS;
}

/*
 * The next request, which stays in scratch until it has been answered; one that
 * came in chunks moves there, since the answer may need their buffer.
 */
static enum il_err keep_inner(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_span in = m->u.encap.inner;
	const uint8_t *large = q->cfg.large;

	if (in.n < 4 || ++q->rounds > ROUNDS_MAX)
		return IL_E_FIELD;
	q->inner = in;
	if (large && in.p >= large && in.p < large + q->cfg.large_cap) {
		if (in.n > q->cfg.scratch_len)
			return IL_E_NOMEM;
		memcpy(q->cfg.scratch, in.p, in.n);
		spdm_req_scratch_fill(q, in.n);
		q->inner.p = q->cfg.scratch;
	}
	q->encap_id = m->param1;
	return IL_OK;
}

enum il_err spdm_req_encap_check(struct spdm_req *q, const struct spdm_msg *m)
{
	q->rounds = 0;
	return keep_inner(q, m);
}

/* Where the peer asks; a bit each. */
enum { HANDSHAKE = 1, BASIC = 2, PLAIN = 4, SESSION = 8 };

static unsigned place(const struct spdm_req *q)
{
	if (q->op == SPDM_OP_SESSION)
		return HANDSHAKE;
	if (q->op == SPDM_OP_CHALLENGE)
		return BASIC;
	return q->state == SPDM_REQ_SESSION ? SESSION : PLAIN;
}

/* An answer: IL_E_FIELD with *@code set is an ERROR to the peer. */
struct answer {
	struct spdm_msg rsp;
	struct wr room; /* in the scratch buffer, behind the request */
	uint8_t error;
	uint8_t data;
};

static enum il_err refuse(struct answer *a, uint8_t code)
{
	a->error = code;
	return IL_E_FIELD;
}

static uint8_t slot_mask(const struct spdm_req *q)
{
	uint8_t mask = 0;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (q->cfg.slots[i].certs.n)
			mask |= (uint8_t)(1u << i);
	return mask;
}

/* What stands behind each slot, where our keys are many: as many bytes as
 * there are digests, and twice that. Source: DSP0274 1.3.2, section 10.5 */
static void key_pairs(struct spdm_req *q, size_t n, struct answer *a)
{
	const uint8_t *p = a->room.p + a->room.len;

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (q->cfg.slots[i].certs.n)
			wr_u8(&a->room, q->cfg.slots[i].key_pair);
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (q->cfg.slots[i].certs.n)
			wr_u8(&a->room,
			      q->cfg.slots[i].model & SPDM_CERT_INFO_MASK);
	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (q->cfg.slots[i].certs.n)
			wr_u16le(&a->room, q->cfg.slots[i].usage);
	a->rsp.u.digests.key_pair = (struct spdm_span){ p, n };
	a->rsp.u.digests.cert_info = (struct spdm_span){ p + n, n };
	a->rsp.u.digests.key_usage = (struct spdm_span){ p + 2 * n, 2 * n };
}

static enum il_err digests(struct spdm_req *q, const struct spdm_msg *m,
			   struct answer *a)
{
	const size_t len = q->shape.hash_len;
	uint8_t own[SPDM_HASH_MAX];
	uint8_t *p = a->room.p;
	enum il_err err = IL_OK;

	(void)m;
	a->rsp.param2 = slot_mask(q);
	if (q->version >= SPDM_V13)
		a->rsp.param1 = a->rsp.param2;
	for (uint8_t i = 0; i < SPDM_SLOTS && !err; i++) {
		if (!q->cfg.slots[i].certs.n)
			continue;
		err = spdm_req_own_digest(q, i, own);
		wr_bytes(&a->room, own, len);
	}
	a->rsp.u.digests.all = (struct spdm_span){ p, a->room.len };
	if (!err && !a->room.err && q->own_multi)
		key_pairs(q, a->room.len / len, a);
	return err ? err : a->room.err;
}

/* As much as was asked for, as is left, and as either side can carry. */
static enum il_err cert(struct spdm_req *q, const struct spdm_msg *m,
			struct answer *a)
{
	const unsigned slot = m->param1 & 0xf;
	const size_t off = m->u.get_cert.offset;
	size_t n = m->u.get_cert.length;
	size_t room = a->room.cap < 9 ? 0 : a->room.cap - 8;
	uint8_t root[SPDM_HASH_MAX];
	uint8_t whole[SPDM_HASH_MAX];
	struct spdm_chain ch = { .root_hash = root,
				 .hash_len = q->shape.hash_len };
	enum il_err err;

	if (slot >= SPDM_SLOTS || !q->cfg.slots[slot].certs.n || !n)
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	ch.certs = q->cfg.slots[slot].certs;
	if (off >= spdm_chain_len(&ch))
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	err = spdm_chain_hash(q->cfg.crypto, q->hash, ch.certs,
			      q->cfg.slots[slot].root, root, whole);
	if (err)
		return err;
	if (q->peer_transfer && room > q->peer_transfer - 4 - 8)
		room = q->peer_transfer - 4 - 8;
	if (n > spdm_chain_len(&ch) - off)
		n = spdm_chain_len(&ch) - off;
	if (n > room)
		n = room;
	if (!n)
		return IL_E_NOMEM;
	/* Where it will stand once the message is written around it. */
	spdm_chain_bytes(&ch, off, a->room.p + 8, n);
	a->rsp.param1 = (uint8_t)slot;
	if (q->own_multi)
		a->rsp.param2 = q->cfg.slots[slot].model & SPDM_CERT_INFO_MASK;
	a->rsp.u.cert.portion = (struct spdm_span){ a->room.p + 8, n };
	a->rsp.u.cert.remainder = (uint16_t)(spdm_chain_len(&ch) - off - n);
	return IL_OK;
}

/* The slot a signature is asked of, as the identity has it. */
static bool can_sign(const struct spdm_req *q, uint8_t slot, uint16_t use)
{
	if (!spdm_req_mutual_able(q))
		return false;
	if (q->cfg.caps & SPDM_CAP_PUB_KEY_ID)
		return slot == UINT8_MAX;
	return spdm_req_may(q, slot, use);
}

static enum il_err challenge(struct spdm_req *q, const struct spdm_msg *m,
			     struct answer *a)
{
	const uint8_t slot = m->param1;
	uint8_t *own = a->room.p;
	enum il_err err;

	if (!can_sign(q, slot, SPDM_KEY_USE_CHALLENGE) ||
	    m->param2 != SPDM_SUMMARY_NONE)
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	if (a->room.cap < SPDM_HASH_MAX)
		return IL_E_NOMEM;
	a->rsp.param1 = slot & 0xf;
	a->rsp.param2 = slot < SPDM_SLOTS ? slot_mask(q) : 0;
	err = spdm_req_own_digest(q, slot, own);
	a->room.len = q->shape.hash_len;
	a->rsp.u.challenge_auth.chain_hash =
		(struct spdm_span){ own, q->shape.hash_len };
	memcpy(a->rsp.u.challenge_auth.context, m->u.challenge.context,
	       SPDM_CONTEXT_LEN);
	if (!err)
		err = env_random(q->cfg.env, a->rsp.u.challenge_auth.nonce,
				 SPDM_NONCE_LEN);
	a->rsp.u.challenge_auth.sig = spdm_req_own_sig(q);
	return err;
}

/*
 * UpdateKey is the peer's own direction: its next message may come under the
 * new key. VerifyNewKey has come under it, or is refused. There is no
 * UpdateAllKeys here. Source: DSP0274 1.2.1, section 10.21
 */
static enum il_err key_update(struct spdm_req *q, const struct spdm_msg *m,
			      struct answer *a)
{
	const struct crypto *c = q->cfg.crypto;
	enum il_err err;

	a->rsp.param1 = m->param1;
	a->rsp.param2 = m->param2;
	if (m->param1 == SPDM_UPDATE_KEY && !q->next.live) {
		err = spdm_keys_next(&q->keys, c, SPDM_DIR_RSP, q->next_secret);
		return err ? err
			   : spdm_req_channel(q, &q->next, q->next_secret);
	}
	if (m->param1 != SPDM_VERIFY_NEW_KEY || !q->next.live || !q->next.seq)
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	spdm_req_take_next(q);
	return IL_OK;
}

static enum il_err endpoint_info(struct spdm_req *q, const struct spdm_msg *m,
				 struct answer *a)
{
	const bool sign = m->u.get_ep_info.attr & SPDM_EP_INFO_SIGN;
	const uint8_t slot = m->param2 == 0xf ? UINT8_MAX : m->param2;
	const struct spdm_req_port *port = q->cfg.port;
	enum il_err err;

	if (!port || !port->endpoint_info ||
	    (sign &&
	     (!can_sign(q, slot, SPDM_KEY_USE_EP_INFO) ||
	      (q->cfg.caps & SPDM_CAP_EP_INFO_MASK) != SPDM_CAP_EP_INFO_SIG)))
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	err = port->endpoint_info(q->cfg.port_ctx, m->param1, &a->room);
	if (err == IL_E_ARG)
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	a->rsp.u.ep_info.info = (struct spdm_span){ a->room.p, a->room.len };
	if (err || !sign)
		return err ? err : a->room.err;
	a->rsp.param2 = m->param2;
	a->rsp.u.ep_info.sig = spdm_req_own_sig(q);
	err = env_random(q->cfg.env, a->rsp.u.ep_info.nonce, SPDM_NONCE_LEN);
	return err ? err : a->room.err;
}

/*
 * What may be asked, where, and what we need for it (@cap: one of these
 * bits). @context: it may be signed.
 */
static const struct row {
	uint8_t code;
	unsigned places;
	uint32_t cap;
	const char *context;
	enum il_err (*answer)(struct spdm_req *q, const struct spdm_msg *m,
			      struct answer *a);
} rows[] = {
	{ SPDM_GET_DIGESTS, HANDSHAKE | BASIC | PLAIN | SESSION, SPDM_CAP_CERT,
	  NULL, digests },
	{ SPDM_GET_CERTIFICATE, HANDSHAKE | BASIC | PLAIN | SESSION,
	  SPDM_CAP_CERT, NULL, cert },
	{ SPDM_CHALLENGE, BASIC | PLAIN, SPDM_CAP_CHAL, SPDM_SIGN_MUT_CHALLENGE,
	  challenge },
	{ SPDM_KEY_UPDATE, SESSION, SPDM_CAP_KEY_UPD, NULL, key_update },
	{ SPDM_GET_ENDPOINT_INFO, PLAIN | SESSION, SPDM_CAP_EP_INFO_MASK,
	  SPDM_SIGN_MUT_EP_INFO, endpoint_info },
};

static const struct row *find(const struct spdm_req *q, struct answer *a)
{
	const uint8_t code = q->inner.p[1];

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].code != code)
			continue;
		if (!(rows[i].cap & q->cfg.caps))
			break;
		if (rows[i].places & place(q))
			return &rows[i];
		a->error = SPDM_ERR_UNEXPECTED_REQUEST;
		return NULL;
	}
	a->error = SPDM_ERR_UNSUPPORTED_REQUEST;
	a->data = code;
	return NULL;
}

/*
 * Our DIGESTS is in TH, behind KEY_EXCHANGE_RSP, where our keys are many and
 * it is the first that was asked for.
 * Source: DSP0274 1.3.2, section 10.16.7 (message EncapD)
 */
static enum il_err th_digests(struct spdm_req *q, const struct spdm_msg *rsp,
			      const uint8_t *p, size_t n)
{
	const bool first = q->first && q->op == SPDM_OP_SESSION;

	q->first = false;
	if (!first || !q->own_multi || rsp->code != SPDM_DIGESTS)
		return IL_OK;
	return spdm_tr_add(&q->tr, &q->th, true, p, n);
}

/* Adds to what CHALLENGE_AUTH signs; without VCA before 1.2. */
static enum il_err hash(struct spdm_req *q, const uint8_t *p, size_t n)
{
	return spdm_tr_add(&q->tr, &q->mut, q->version >= SPDM_V12, p, n);
}

/* The request at hand, decoded; padding of its carrier left out of @own. */
static enum il_err understand(struct spdm_req *q, struct spdm_msg *m,
			      struct answer *a, struct spdm_span *own)
{
	const struct spdm_span in = q->inner;
	const size_t fill =
		q->ch[SPDM_DIR_RSP].live ? 0 : spdm_req_fill_of(q, 4);

	*own = in;
	if (in.p[0] != q->version)
		return refuse(a, SPDM_ERR_VERSION_MISMATCH);
	if (spdm_req_decode(q, in, fill, m, &own->n))
		return refuse(a, SPDM_ERR_INVALID_REQUEST);
	return IL_OK;
}

/* Signs the answer that stands encoded, but for its last field. */
static enum il_err sign(struct spdm_req *q, struct spdm_span *out)
{
	const size_t n = q->shape.req_sig_len;
	const struct spdm_req_half h = q->half;
	enum il_err err = spdm_req_own_sign(q, h.slot, q->mut, h.context);

	if (err)
		return err;
	memcpy(h.p + h.n - n, spdm_req_own_sig(q).p, n);
	*out = (struct spdm_span){ h.p, h.n };
	q->half = (struct spdm_req_half){ 0 };
	crypto_drop(q->cfg.crypto, &q->mut); /* the next one begins anew */
	return IL_OK;
}

/* Encodes the answer behind itself in @out; signs, where that was asked. */
static enum il_err encode(struct spdm_req *q, const struct row *row,
			  struct answer *a, struct spdm_span *out)
{
	uint8_t *p = a->room.p + a->room.len;
	struct wr w = wr_over(p, a->room.cap - a->room.len);
	const size_t sig = spdm_msg_sig_len(&a->rsp);
	enum il_err err = spdm_msg_encode(&w, &a->rsp);

	if (!err && row && row->code != SPDM_KEY_UPDATE)
		err = hash(q, p, w.len - sig);
	if (!err)
		err = th_digests(q, &a->rsp, p, w.len);
	*out = (struct spdm_span){ p, w.len };
	if (err || !sig || !row) /* an ERROR is not signed */
		return err == IL_E_SPACE ? IL_E_NOMEM : err;

	const uint8_t slot = a->rsp.code == SPDM_CHALLENGE_AUTH ? a->rsp.param1
								: a->rsp.param2;

	q->half = (struct spdm_req_half){ p, w.len,
					  slot == 0xf ? UINT8_MAX : slot,
					  row->context };
	return sign(q, out);
}

static enum il_err reply(struct spdm_req *q, struct answer *a,
			 const struct row **row)
{
	struct spdm_span own;
	struct spdm_msg m;
	enum il_err err;

	*row = find(q, a);
	if (!*row)
		return IL_E_FIELD;
	err = understand(q, &m, a, &own);
	if (err)
		return err;
	/* Signed by itself: 1.3.2, section of GET_ENDPOINT_INFO (IL1/IL2). */
	if ((*row)->code == SPDM_GET_ENDPOINT_INFO)
		crypto_drop(q->cfg.crypto, &q->mut);
	if ((*row)->code != SPDM_KEY_UPDATE)
		err = hash(q, own.p, own.n);
	a->rsp.code = spdm_response_of((*row)->code);
	return err ? err : (*row)->answer(q, &m, a);
}

/* Behind the request, if that stands in the scratch buffer, and before a
 * signature that does: none, if the request reaches so far. */
static struct wr room_of(struct spdm_req *q)
{
	const size_t end = q->cfg.scratch_len - spdm_req_sig_tail(q);
	const size_t used =
		q->inner.p == q->implied
			? 0
			: (size_t)(q->inner.p + q->inner.n - q->cfg.scratch);

	return wr_over(q->cfg.scratch + used, used < end ? end - used : 0);
}

enum il_err spdm_req_deliver_build(struct spdm_req *q, struct spdm_msg *m)
{
	struct answer a = { .rsp = { .version = q->version },
			    .room = room_of(q) };
	const struct row *row = NULL;
	enum il_err err;

	m->param1 = q->encap_id;
	q->scratch_used = q->cfg.scratch_len;
	if (q->half.p) /* nothing is drawn or hashed a second time */
		return sign(q, &m->u.encap.inner);
	err = reply(q, &a, &row);
	if (err && !a.error)
		return err;
	if (err) {
		memset(&a.rsp, 0, sizeof(a.rsp));
		a.rsp.version = q->version;
		a.rsp.code = SPDM_ERROR;
		a.rsp.param1 = a.error;
		a.rsp.param2 = a.data;
		row = NULL;
	}
	return encode(q, row, &a, &m->u.encap.inner);
}

/* The slot that has to sign FINISH; it must be one of ours. */
static enum il_err take_slot(struct spdm_req *q, const struct spdm_msg *m)
{
	const struct spdm_span in = m->u.encap.inner;

	if (q->op != SPDM_OP_SESSION || !in.n || in.p[0] >= SPDM_SLOTS)
		return IL_E_FIELD;
	q->mut_slot = in.p[0];
	return IL_OK;
}

/* A new key that was used must have been verified. */
static enum il_err flow_over(const struct spdm_req *q)
{
	if (q->next.live && q->next.seq)
		return IL_E_FIELD;
	if (q->op == SPDM_OP_SESSION &&
	    !spdm_req_may(q, q->mut_slot, SPDM_KEY_USE_KEY_EX))
		return IL_E_FIELD;
	return IL_OK;
}

enum il_err spdm_req_deliver_check(struct spdm_req *q, const struct spdm_msg *m)
{
	enum il_err err = IL_OK;

	if (q->version >= SPDM_V12 && m->u.encap.ack_id != q->encap_id)
		return IL_E_FIELD;
	switch (m->param2) {
	case SPDM_ENCAP_PRESENT:
		err = keep_inner(q, m);
		return err ? err : IL_E_AGAIN;
	case SPDM_ENCAP_REQ_SLOT:
		err = take_slot(q, m);
		break;
	case SPDM_ENCAP_ABSENT:
		break;
	default:
		return IL_E_FIELD;
	}
	q->inner = (struct spdm_span){ 0 };
	return err ? err : flow_over(q);
}

/* clang-format off */
const struct spdm_req_step spdm_req_encap_steps[] = {
	{ SPDM_GET_ENCAPSULATED_REQUEST,      SPDM_TR_NONE, spdm_req_nothing_build, NULL, spdm_req_encap_check,   NULL },
	{ SPDM_DELIVER_ENCAPSULATED_RESPONSE, SPDM_TR_NONE, spdm_req_deliver_build, NULL, spdm_req_deliver_check, NULL },
};
/* clang-format on */
