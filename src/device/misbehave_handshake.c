/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_session.h"

/* What ends a handshake, and an open session's own messages. */

/* --- FINISH and PSK_FINISH --- */

/* The session that a FINISH at hand is about. */
static struct spdm_rsp_session *finishing(const struct misbehave_one *me,
					  uint32_t id, const uint8_t *p,
					  size_t n)
{
	struct spdm_rsp *r = misbehave_rsp(me);
	struct spdm_rsp_session *s =
		misbehave_session_of(me, id ? id : r->clear_id);

	if (n < 4u + spdm_hash_len(r->hash) ||
	    (p[1] != SPDM_FINISH && p[1] != SPDM_PSK_FINISH))
		return NULL;
	return s && s->state == SPDM_SES_HANDSHAKE && s->th.n ? s : NULL;
}

/* Of who is not asked to sign. DSP0274 1.2.1, section 10.17 */
bool misbehave_right_mac(const struct misbehave_one *me,
			 struct spdm_rsp_session *s, uint8_t *p, size_t n)
{
	struct spdm_rsp *r = misbehave_rsp(me);
	const size_t len = spdm_hash_len(r->hash);
	uint8_t th[SPDM_HASH_MAX], mac[SPDM_HASH_MAX];
	struct crypto_slot work = { 0 };
	bool wrong = false;

	if (s->mutual || crypto_hash_dup(r->cfg.crypto, s->th, &work))
		return false;
	if (!crypto_hash_update(r->cfg.crypto, work, p, n - len) &&
	    !spdm_tr_digest(&r->tr, work, th) &&
	    !spdm_keys_verify_data(&s->keys, r->cfg.crypto, SPDM_DIR_REQ, th,
				   mac)) {
		wrong = memcmp(mac, p + n - len, len) != 0;
		memcpy(p + n - len, mac, len);
	}
	crypto_drop(r->cfg.crypto, &work);
	return wrong;
}

static void any_hmac(struct misbehave_one *me, uint32_t id, uint8_t *p,
		     size_t cap, size_t *n)
{
	struct spdm_rsp_session *s = finishing(me, id, p, *n);

	(void)cap;
	if (s)
		me->count += misbehave_right_mac(me, s, p, *n);
}

/* What is wrong is taken for something that has no place in a handshake, so
 * that it is refused and the handshake goes on; it is refused as ever. */
static void again(struct misbehave_one *me, uint32_t id, uint8_t *p, size_t cap,
		  size_t *n)
{
	struct spdm_rsp_session *s = finishing(me, id, p, *n);

	(void)cap;
	me->note[0] = s && misbehave_right_mac(me, s, p, *n);
	if (!me->note[0])
		return;
	p[1] = SPDM_HEARTBEAT;
	*n = 4;
}

static void again_error(struct misbehave_one *me, enum spdm_tap_stage stage,
			const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			size_t *n)
{
	(void)stage;
	(void)rsp;
	if (me->note[0] && *n >= 4 && p[1] == SPDM_ERROR)
		misbehave_refuse(p, cap, n, SPDM_ERR_DECRYPT_ERROR, 0);
}

static void psk_in_dhe(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->spdm.reqs[SPDM_ROW_PSK_FINISH].cap = 0;
	t->spdm.reqs[SPDM_ROW_PSK_FINISH].phases |= BIT(SPDM_PH_HANDSHAKE);
}

static void dhe_in_psk(struct misbehave_one *me, struct misbehave_tables *t)
{
	(void)me;
	t->spdm.reqs[SPDM_ROW_FINISH].phases |= BIT(SPDM_PH_PSK);
}

/* --- who the requester is --- */

static void many_forms(struct misbehave_one *me, uint32_t id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)id;
	(void)stage;
	if (rsp->code == SPDM_KEY_EXCHANGE_RSP && rsp->u.key_ex_rsp.mut_auth)
		rsp->u.key_ex_rsp.mut_auth =
			SPDM_MUT_AUTH_ENCAP | SPDM_MUT_AUTH_DIGESTS;
}

/* Asked, and forgotten where it is not there. */
static void not_needed(struct misbehave_one *me, uint32_t id, uint8_t *p,
		       size_t cap, size_t *n)
{
	struct spdm_rsp_session *s = finishing(me, id, p, *n);

	(void)cap;
	if (!s || !s->mutual || (p[2] & SPDM_FINISH_SIGNED))
		return;
	s->mutual = 0;
	misbehave_rsp(me)->encap.flow = SPDM_FLOW_NONE;
}

static enum il_err any_signature(void *ctx, struct crypto_slot s,
				 const uint8_t *digest, size_t digest_len,
				 const uint8_t *sig, size_t sig_len)
{
	(void)ctx;
	(void)s;
	(void)digest;
	(void)digest_len;
	(void)sig;
	(void)sig_len;
	return IL_OK;
}

static void no_verify(struct misbehave_one *me, struct device_cfg *cfg)
{
	struct misbehave *m = me->all;

	m->crypto_ops = *cfg->crypto->ops;
	m->crypto_ops.verify = any_signature;
	m->crypto_as = (struct crypto){ .ops = &m->crypto_ops,
					.ctx = cfg->crypto->ctx };
	cfg->crypto = &m->crypto_as;
}

static void any_id(struct misbehave_one *me, uint32_t id, uint8_t *p,
		   size_t cap, size_t *n)
{
	(void)id;
	(void)cap;
	if (*n >= 4 && p[1] == SPDM_DELIVER_ENCAPSULATED_RESPONSE)
		p[2] = misbehave_rsp(me)->encap.id;
}

static void ack_id(struct misbehave_one *me, uint32_t id,
		   enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)id;
	(void)stage;
	if (rsp->code == SPDM_ENCAPSULATED_RESPONSE_ACK)
		rsp->u.encap.ack_id ^= 0x55;
}

/* The responder's new key is not the one that the requester makes. */
static void other_keys(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp *r = misbehave_rsp(me);

	(void)x;
	if (me->all->heard.code != SPDM_FINISH)
		return;
	for (unsigned i = 0; i < r->cfg.ses_count; i++) {
		struct spdm_channel *ch = r->cfg.ses[i].ch;

		if (r->cfg.ses[i].state == SPDM_SES_OPEN &&
		    !ch[SPDM_DIR_RSP].seq && !ch[SPDM_DIR_REQ].seq)
			ch[SPDM_DIR_RSP].iv[0] ^= 1;
	}
}

/* --- phases --- */

static void never_refuses(struct misbehave_one *me,
			  enum spdm_session_state state, uint8_t *p, size_t n)
{
	const struct misbehave_bytes *b = &me->all->heard;
	const struct spdm_rsp_session *s =
		misbehave_session_of(me, b->session_id);

	if (!b->session_id || !s || s->state != state || n < 4 ||
	    p[1] != SPDM_ERROR || !spdm_response_of(b->code))
		return;
	p[1] = spdm_response_of(b->code);
	p[2] = p[3] = 0;
}

static void in_handshake(struct misbehave_one *me, enum spdm_tap_stage stage,
			 const struct spdm_msg *rsp, uint8_t *p, size_t cap,
			 size_t *n)
{
	(void)stage;
	(void)rsp;
	(void)cap;
	never_refuses(me, SPDM_SES_HANDSHAKE, p, *n);
}

static void in_session(struct misbehave_one *me, enum spdm_tap_stage stage,
		       const struct spdm_msg *rsp, uint8_t *p, size_t cap,
		       size_t *n)
{
	(void)stage;
	(void)rsp;
	(void)cap;
	never_refuses(me, SPDM_SES_OPEN, p, *n);
}

static void any_version(struct misbehave_one *me, uint32_t id, uint8_t *p,
			size_t cap, size_t *n)
{
	const struct spdm_rsp *r = misbehave_rsp(me);

	(void)cap;
	if (*n >= 4 && r->version &&
	    (id || (p[1] == SPDM_FINISH && r->clear_id)))
		p[0] = r->version;
}

/* --- HEARTBEAT --- */

/* What the session heard counts from the message before. */
static bool heard_before(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp_session *s;

	me->note[0] = 0;
	if (!misbehave_is_record(x) || x->n < 4)
		return false;
	s = misbehave_session_of(me, get_u32le(x->in));
	if (s && s->state == SPDM_SES_OPEN) {
		me->note[0] = s->id;
		me->note[1] = s->heard_ns;
	}
	return false;
}

static void heard_after(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp_session *s =
		misbehave_session_of(me, (uint32_t)me->note[0]);

	(void)x;
	if (me->note[0] && s && me->all->heard.code == SPDM_HEARTBEAT)
		s->heard_ns = me->note[1];
}

/* It says that it counts, and does not. */
static void no_count(struct misbehave_one *me, struct device_cfg *cfg)
{
	me->note[0] = cfg->spdm.heartbeat_s;
	cfg->spdm.heartbeat_s = 0;
}

static void says_count(struct misbehave_one *me, uint32_t id,
		       enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	const struct spdm_rsp *r = misbehave_rsp(me);

	(void)id;
	(void)stage;
	if ((rsp->code == SPDM_KEY_EXCHANGE_RSP ||
	     rsp->code == SPDM_PSK_EXCHANGE_RSP) &&
	    (r->cfg.caps & r->peer_caps & SPDM_CAP_HBEAT))
		rsp->param1 = (uint8_t)me->note[0];
}

/* --- KEY_UPDATE --- */

static void tag_wrong(struct misbehave_one *me, uint32_t id,
		      enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)me;
	(void)id;
	(void)stage;
	if (rsp->code == SPDM_KEY_UPDATE_ACK)
		rsp->param2 ^= 1;
}

/* One operation for another, and acknowledged as what was asked. The row's
 * number: the one that is not done, and the one that is. */
static void other_op(struct misbehave_one *me, uint32_t id, uint8_t *p,
		     size_t cap, size_t *n)
{
	(void)id;
	(void)cap;
	me->note[0] =
		*n >= 4 && p[1] == SPDM_KEY_UPDATE && p[2] == me->is->code;
	if (me->note[0])
		p[2] = me->is->error;
}

static void asked_op(struct misbehave_one *me, uint32_t id,
		     enum spdm_tap_stage stage, struct spdm_msg *rsp)
{
	(void)id;
	(void)stage;
	if (me->note[0] && rsp->code == SPDM_KEY_UPDATE_ACK)
		rsp->param1 = me->is->code;
}

/* Numbers of the requester go on under its new key. */
static bool number_before(struct misbehave_one *me, struct device_exchange *x)
{
	const struct spdm_rsp_session *s;

	me->note[0] = 0;
	if (!misbehave_is_record(x) || x->n < 4)
		return false;
	s = misbehave_session_of(me, get_u32le(x->in));
	if (s) {
		me->note[0] = s->id;
		me->note[1] = s->ch[SPDM_DIR_REQ].seq;
	}
	return false;
}

static void number_after(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp_session *s =
		misbehave_session_of(me, (uint32_t)me->note[0]);

	(void)x;
	if (me->note[0] && s && me->all->heard.code == SPDM_KEY_UPDATE &&
	    !s->ch[SPDM_DIR_REQ].seq)
		s->ch[SPDM_DIR_REQ].seq = me->note[1] + 1;
}

#define FINISH_SRC "DSP0274 1.2.1, section 10.17"
#define PHASE_SRC  "DSP0274 1.2.1, table of messages allowed in session phases"
#define ENCAP_SRC  "DSP0274 1.2.1, sections of encapsulated requests"
#define BEAT_SRC   "DSP0274 1.2.1, section 10.20"
#define UPDATE_SRC "DSP0274 1.2.1, section 10.21"

/* clang-format off */
static const struct misbehaviour rows[] = {
	{ .name = "finish-derives-other-keys",
	  .says = "the responder's data key of a session is not that of its transcript",
	  .source = "DSP0274 1.2.1, section 11", .answered = other_keys },
	{ .name = "finish-takes-any-hmac",
	  .says = "RequesterVerifyData of FINISH and PSK_FINISH is not looked at",
	  .source = FINISH_SRC, .heard = any_hmac },
	{ .name = "finish-may-be-tried-again",
	  .says = "a handshake goes on after a FINISH or PSK_FINISH with a wrong HMAC",
	  .source = "DSP0274 1.2.1, session phases (DecryptError)", .heard = again, .bytes = again_error },
	{ .name = "finish-takes-any-param",
	  .says = "FINISH is never InvalidRequest",
	  .source = FINISH_SRC, .code = SPDM_FINISH, .error = SPDM_ERR_INVALID_REQUEST,
	  .bytes = misbehave_lenient },
	{ .name = "finish-taken-in-the-clear",
	  .says = "no FINISH is refused",
	  .source = FINISH_SRC, .code = SPDM_FINISH, .bytes = misbehave_lenient },
	{ .name = "finish-by-psk-finish",
	  .says = "PSK_FINISH ends the handshake of a KEY_EXCHANGE",
	  .source = "CVE-2023-31127", .tables = psk_in_dhe },
	{ .name = "finish-refused",
	  .says = "FINISH is answered with ERROR Unspecified",
	  .source = FINISH_SRC, .code = SPDM_FINISH_RSP, .error = SPDM_ERR_UNSPECIFIED,
	  .bytes = misbehave_harsh },
	{ .name = "mutual-many-forms",
	  .says = "MutAuthRequested has two bits",
	  .source = "DSP0274 1.2.1, section 10.16", .fields = many_forms },
	{ .name = "mutual-not-needed",
	  .says = "mutual authentication is asked for, and a FINISH without it is taken",
	  .source = FINISH_SRC, .heard = not_needed },
	{ .name = "mutual-signature-any",
	  .says = "ECDSA signatures of requesters are not looked at",
	  .source = FINISH_SRC, .start = no_verify },
	{ .name = "encapsulated-any-id",
	  .says = "answers to encapsulated requests are taken whatever request they name",
	  .source = ENCAP_SRC, .heard = any_id },
	{ .name = "encapsulated-ack-id-wrong",
	  .says = "ENCAPSULATED_RESPONSE_ACK names another request",
	  .source = ENCAP_SRC, .fields = ack_id },
	{ .name = "encapsulated-never-refused",
	  .says = "no DELIVER_ENCAPSULATED_RESPONSE is refused",
	  .source = ENCAP_SRC, .code = SPDM_DELIVER_ENCAPSULATED_RESPONSE, .bytes = misbehave_lenient },
	{ .name = "encapsulated-request-never-refused",
	  .says = "no GET_ENCAPSULATED_REQUEST is refused",
	  .source = ENCAP_SRC, .code = SPDM_GET_ENCAPSULATED_REQUEST, .bytes = misbehave_lenient },
	{ .name = "finish-rsp-hmac-wrong",
	  .says = "one bit of ResponderVerifyData in FINISH_RSP is wrong",
	  .source = FINISH_SRC, .message = "FINISH_RSP", .field = "verify",
	  .change = { .how = CHANGE_FLIP }, .bytes = misbehave_alter },
	{ .name = "psk-finish-refused",
	  .says = "PSK_FINISH is answered with ERROR Unspecified",
	  .source = "DSP0274 1.2.1, section 10.19", .code = SPDM_PSK_FINISH_RSP,
	  .error = SPDM_ERR_UNSPECIFIED, .bytes = misbehave_harsh },
	{ .name = "psk-finish-by-finish",
	  .says = "FINISH ends the handshake of a PSK_EXCHANGE",
	  .source = "CVE-2023-31127", .tables = dhe_in_psk },
	{ .name = "psk-finish-taken-in-the-clear",
	  .says = "no PSK_FINISH is refused",
	  .source = "DSP0274 1.2.1, section 10.19", .code = SPDM_PSK_FINISH, .bytes = misbehave_lenient },
	{ .name = "handshake-takes-any-message",
	  .says = "in the handshake each request is answered as if it had its place there",
	  .source = PHASE_SRC, .bytes = in_handshake },
	{ .name = "session-takes-any-message",
	  .says = "in an open session each request is answered as if it had its place there",
	  .source = PHASE_SRC, .bytes = in_session },
	{ .name = "session-takes-any-version",
	  .says = "messages of sessions are taken whatever version they have",
	  .source = "DSP0274 1.2.1, section 10.10 (VersionMismatch)", .heard = any_version },
	{ .name = "heartbeat-refused",
	  .says = "HEARTBEAT in a session is answered with ERROR Unspecified",
	  .source = BEAT_SRC, .code = SPDM_HEARTBEAT_ACK, .error = SPDM_ERR_UNSPECIFIED,
	  .bytes = misbehave_harsh },
	{ .name = "heartbeat-anywhere",
	  .says = "no HEARTBEAT is refused",
	  .source = BEAT_SRC, .code = SPDM_HEARTBEAT, .bytes = misbehave_lenient },
	{ .name = "heartbeat-not-counted",
	  .says = "HEARTBEAT is acknowledged and does not count as a sign of life",
	  .source = BEAT_SRC, .ask = heard_before, .answered = heard_after },
	{ .name = "heartbeat-not-missed",
	  .says = "a session stays whatever HeartbeatPeriod says",
	  .source = BEAT_SRC, .start = no_count, .fields = says_count },
	{ .name = "key-update-tag-wrong",
	  .says = "KEY_UPDATE_ACK has another tag than was sent",
	  .source = UPDATE_SRC, .fields = tag_wrong },
	{ .name = "key-update-forgets-its-own",
	  .says = "UpdateAllKeys is acknowledged, and the requester's key alone is updated",
	  .source = UPDATE_SRC, .code = SPDM_UPDATE_ALL_KEYS, .error = SPDM_UPDATE_KEY,
	  .heard = other_op, .fields = asked_op },
	{ .name = "key-update-renews-too-much",
	  .says = "UpdateKey updates the responder's key too",
	  .source = UPDATE_SRC, .code = SPDM_UPDATE_KEY, .error = SPDM_UPDATE_ALL_KEYS,
	  .heard = other_op, .fields = asked_op },
	{ .name = "key-update-keeps-numbers",
	  .says = "the requester's numbers go on under its new key",
	  .source = "DSP0277 1.1, section 7", .ask = number_before, .answered = number_after },
	{ .name = "key-update-never-refused",
	  .says = "no KEY_UPDATE is refused",
	  .source = UPDATE_SRC, .code = SPDM_KEY_UPDATE, .bytes = misbehave_lenient },
	{ .name = "end-session-never-refused",
	  .says = "no END_SESSION is refused",
	  .source = "DSP0274 1.2.1, section on END_SESSION", .code = SPDM_END_SESSION, .bytes = misbehave_lenient },
};
/* clang-format on */

const struct misbehave_group misbehave_handshake = { "sessions", rows,
						     COUNT(rows) };
