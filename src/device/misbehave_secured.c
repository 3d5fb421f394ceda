/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "device/misbehave_records.h"

/* Secured messages: records made wrong, and wrong ones taken. */

/* --- taken, though they are wrong --- */

/* One that the engine would take anyhow. */
static bool right(struct misbehave_one *me, const struct device_exchange *x,
		  const struct spdm_rsp_session *s)
{
	struct spdm_span app;

	return record_opens(me, s->ch[SPDM_DIR_REQ], x->in, x->n, &app);
}

/* The frame is as it should be. */
static bool framed(const struct misbehave_one *me,
		   const struct device_exchange *x)
{
	const size_t head = record_head(me);
	const size_t len = get_u16le(x->in + head - 2);

	return len >= 2 + SPDM_SECURED_TAIL && len <= x->n - head &&
	       x->n - head - len < 4;
}

static bool any_tag(struct misbehave_one *me, struct device_exchange *x)
{
	const struct spdm_rsp_session *s = record_session(me, x);
	struct spdm_span app;

	if (s && framed(me, x) && !right(me, x, s) &&
	    record_lax(me, &s->ch[SPDM_DIR_REQ], x->in,
		       record_head(me) +
			       get_u16le(x->in + record_head(me) - 2) -
			       SPDM_SECURED_TAIL,
		       &app))
		(void)record_instead(me, x, s, app);
	return false;
}

static bool any_length(struct misbehave_one *me, struct device_exchange *x)
{
	const struct spdm_rsp_session *s = record_session(me, x);
	struct spdm_span app;

	if (s && !right(me, x, s) &&
	    record_lax(me, &s->ch[SPDM_DIR_REQ], x->in, x->n, &app))
		(void)record_instead(me, x, s, app);
	return false;
}

/* What was not encrypted at all. */
static bool not_sealed(struct misbehave_one *me, struct device_exchange *x)
{
	const struct spdm_rsp_session *s = record_session(me, x);
	const size_t skip = 2u + misbehave_rsp(me)->via->type_len;
	const size_t head = record_head(me);
	size_t len;

	if (!s || !framed(me, x) || right(me, x, s))
		return false;
	len = get_u16le(x->in + head);
	if (len + 2 >= skip && head + len + 2 <= x->n)
		(void)record_instead(me, x, s,
				     (struct spdm_span){ x->in + head + skip,
							 len + 2 - skip });
	return false;
}

/* All that was encrypted is the message; where that is nothing, it is
 * answered as a HEARTBEAT. */
static bool any_inner(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp_session *s = record_session(me, x);
	const size_t skip = 2u + misbehave_rsp(me)->via->type_len;
	const size_t head = record_head(me);
	const uint8_t ack[4] = { misbehave_rsp(me)->version,
				 SPDM_HEARTBEAT_ACK };
	struct spdm_span app;
	size_t n;

	if (!s || !framed(me, x))
		return false;
	n = get_u16le(x->in + head - 2) - SPDM_SECURED_TAIL;
	if (n <= skip)
		return record_answer(me, x, s->id, &s->ch[SPDM_DIR_RSP], ack);
	if (right(me, x, s))
		return false;
	(void)record_lax(me, &s->ch[SPDM_DIR_REQ], x->in, head + n, &app);
	app = (struct spdm_span){ me->all->held.p + skip, n - skip };
	(void)record_instead(me, x, s, app);
	return false;
}

static bool any_key(struct misbehave_one *me, struct device_exchange *x)
{
	const struct spdm_rsp_session *s = record_session(me, x);
	struct spdm_span app;

	if (s && !right(me, x, s) &&
	    record_near(me, s->ch[SPDM_DIR_RSP], x->in, x->n, &app))
		(void)record_instead(me, x, s, app);
	return false;
}

static bool any_number(struct misbehave_one *me, struct device_exchange *x)
{
	const struct spdm_rsp_session *s = record_session(me, x);
	struct spdm_span app;

	if (s && !right(me, x, s) &&
	    record_near(me, s->ch[SPDM_DIR_REQ], x->in, x->n, &app))
		(void)record_instead(me, x, s, app);
	return false;
}

/* Whose it is, is found out by trying; the id that it names is not looked at.
 */
static bool any_session(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp *r = misbehave_rsp(me);
	uint8_t rec[512];
	struct spdm_span app;

	if (!misbehave_is_record(x) || x->n > sizeof(rec) || x->n < 4)
		return false;
	memcpy(rec, x->in, x->n);
	for (unsigned i = 0; i < r->cfg.ses_count; i++) {
		const struct spdm_rsp_session *s = &r->cfg.ses[i];
		const struct spdm_rsp_session *to;

		put_u32le(rec, s->id);
		if (s->state == SPDM_SES_NONE ||
		    !record_opens(me, s->ch[SPDM_DIR_REQ], rec, x->n, &app))
			continue;
		to = record_session(me, x);
		(void)record_instead(me, x, to ? to : s, app);
		break;
	}
	return false;
}

static bool forgiven(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp_session *s = record_session(me, x);
	const uint8_t error[4] = { misbehave_rsp(me)->version, SPDM_ERROR,
				   SPDM_ERR_DECRYPT_ERROR };

	return s && s->state == SPDM_SES_OPEN && !right(me, x, s) &&
	       record_answer(me, x, s->id, &s->ch[SPDM_DIR_RSP], error);
}

static bool plain_record(struct misbehave_one *me, struct device_exchange *x)
{
	uint8_t m[4] = { 0 };

	if (!misbehave_is_record(x) || x->n < 4 || x->n > 64 ||
	    x->in[0] != misbehave_rsp(me)->version || x->in[1] < 0x80)
		return false;
	m[0] = x->in[0];
	m[1] = spdm_response_of(x->in[1]);
	record_answer_plain(me, x, m);
	return m[1] != 0;
}

/* Whatever begins with the id of a session is a record. */
static bool record_in_plain(struct misbehave_one *me, struct device_exchange *x)
{
	if (misbehave_is_record(x) || x->n < record_head(me) ||
	    !misbehave_session_of(me, get_u32le(x->in)))
		return false;
	x->kind = SPDM_SECURED;
	if (x->doe)
		x->type = doe_spdm(true);
	me->count++;
	return false;
}

static bool too_long(struct misbehave_one *me, struct device_exchange *x)
{
	if (!misbehave_is_record(x) || x->n <= me->n)
		return false;
	x->len = 0;
	return true;
}

static bool in_the_clear(const struct spdm_rsp *r)
{
	return r->cfg.caps & r->peer_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
}

/* A handshake in the clear, whose FINISH came in a record. */
static bool finish_record(struct misbehave_one *me, struct device_exchange *x)
{
	struct spdm_rsp_session *s = record_session(me, x);
	struct spdm_span app;

	return s && s->state == SPDM_SES_HANDSHAKE && !s->psk &&
	       in_the_clear(misbehave_rsp(me)) &&
	       record_opens(me, s->ch[SPDM_DIR_REQ], x->in, x->n, &app) &&
	       record_answer_as(me, x, s, app);
}

static bool vendor_outside(struct misbehave_one *me, struct device_exchange *x)
{
	const uint8_t m[4] = { misbehave_rsp(me)->version, SPDM_ERROR,
			       SPDM_ERR_UNEXPECTED_REQUEST };
	bool secured;

	if (x->doe ? !doe_is_spdm(x->type, &secured) || secured
		   : x->kind != SPDM_PLAIN)
		return false;
	if (x->n < 4 || x->in[1] != SPDM_VENDOR_DEFINED_REQUEST)
		return false;
	record_answer_plain(me, x, m);
	return true;
}

/* --- keys from before --- */

/* Those of the handshake, or those before an update. */
static void keep_keys(struct misbehave_one *me, uint32_t id, uint8_t *p,
		      size_t cap, size_t *n)
{
	const struct spdm_rsp_session *s = misbehave_session_of(me, id);

	(void)cap;
	if (s && *n > 2 && p[1] == me->is->code && p[2] != SPDM_VERIFY_NEW_KEY)
		record_remember(me, s);
}

static bool old_keys(struct misbehave_one *me, struct device_exchange *x)
{
	const struct record_ghost *g = record_ghost(me);
	struct spdm_rsp_session *s = record_session(me, x);
	struct spdm_channel ch;
	struct spdm_span app;
	bool done = false;

	if (!s || s->state != SPDM_SES_OPEN || s->id != g->id ||
	    right(me, x, s))
		return false;
	if (record_ghost_channel(me,
				 me->is->code == SPDM_FINISH
					 ? g->keys.hs_dir[SPDM_DIR_REQ]
					 : g->keys.data_dir[SPDM_DIR_REQ],
				 &ch))
		done = record_near(me, ch, x->in, x->n, &app) &&
		       record_answer_as(me, x, s, app);
	spdm_channel_close(&ch, misbehave_rsp(me)->cfg.crypto);
	return done;
}

/* A session that has ended answers on, as it stood when it was last heard. */
static bool ghost(struct misbehave_one *me, struct device_exchange *x)
{
	struct record_ghost *g = record_ghost(me);
	struct spdm_channel in, out;
	struct spdm_span app;
	bool done = false;

	if (!g->id || !misbehave_is_record(x) || x->n < record_head(me) ||
	    get_u32le(x->in) != g->id || misbehave_session_of(me, g->id))
		return false;
	memset(&out, 0, sizeof(out));
	if (record_ghost_channel(me, g->keys.data_dir[SPDM_DIR_REQ], &in) &&
	    record_ghost_channel(me, g->keys.data_dir[SPDM_DIR_RSP], &out) &&
	    record_near(me, in, x->in, x->n, &app) && app.n > 1) {
		const uint8_t m[4] = { app.p[0], spdm_response_of(app.p[1]) };

		out.seq = g->seq[SPDM_DIR_RSP]++;
		done = record_answer(me, x, g->id, &out, m);
	}
	spdm_channel_close(&in, misbehave_rsp(me)->cfg.crypto);
	spdm_channel_close(&out, misbehave_rsp(me)->cfg.crypto);
	return done;
}

static void haunt(struct misbehave_one *me, struct device_exchange *x)
{
	struct record_ghost *g = record_ghost(me);
	const struct spdm_rsp *r = misbehave_rsp(me);

	for (unsigned i = 0; i < r->cfg.ses_count; i++)
		if (r->cfg.ses[i].state == SPDM_SES_OPEN) {
			record_remember(me, &r->cfg.ses[i]);
			return;
		}
	if (g->id && misbehave_is_record(x) && x->len && x->n >= 4 &&
	    get_u32le(x->in) == g->id)
		g->seq[SPDM_DIR_RSP]++;
}

/* --- records of its own, made wrong --- */

static bool out_record(const struct device_exchange *x)
{
	bool secured;

	if (x->err || !x->len)
		return false;
	if (x->doe && (!doe_is_spdm(x->type, &secured) || !secured))
		return false;
	return x->kind == SPDM_SECURED;
}

static void tag(struct misbehave_one *me, struct device_exchange *x)
{
	if (!out_record(x))
		return;
	me->count++;
	x->out[x->len - 1] ^= 1;
}

static bool data_record(struct misbehave_one *me,
			const struct device_exchange *x)
{
	const struct spdm_rsp_session *s;

	if (!out_record(x) || x->len < record_head(me))
		return false;
	s = misbehave_session_of(me, get_u32le(x->out));
	return s && s->state == SPDM_SES_OPEN &&
	       me->all->heard.code != SPDM_FINISH;
}

static void names_other(struct misbehave_one *me, struct device_exchange *x)
{
	if (data_record(me, x))
		x->out[0] ^= 1;
}

static void length(struct misbehave_one *me, struct device_exchange *x)
{
	const size_t at = record_head(me) - 2;

	if (data_record(me, x))
		put_u16le(x->out + at, (uint16_t)(get_u16le(x->out + at) + 8));
}

static void shows_other(struct misbehave_one *me, struct device_exchange *x)
{
	if (misbehave_rsp(me)->via->seq_len && data_record(me, x))
		x->out[4] ^= 1;
}

/* The same again, with @n bytes more of what is encrypted, and @by added to
 * the length in it. */
static void anew(struct misbehave_one *me, struct device_exchange *x, size_t n,
		 uint16_t by)
{
	struct spdm_rsp_session *s;
	const size_t head = record_head(me);
	struct spdm_channel ch;
	uint8_t iv[SPDM_IV_LEN];
	struct spdm_span app;
	uint8_t *plain = me->all->held.p;
	size_t len;

	if (!data_record(me, x))
		return;
	s = misbehave_session_of(me, get_u32le(x->out));
	ch = s->ch[SPDM_DIR_RSP];
	ch.seq--;
	len = get_u16le(x->out + head - 2) - SPDM_SECURED_TAIL;
	if (x->len + n > x->cap || !record_opens(me, ch, x->out, x->len, &app))
		return;
	memset(plain + len, 0x77, n);
	put_u16le(plain, (uint16_t)(get_u16le(plain) + by));
	put_u16le(x->out + head - 2, (uint16_t)(len + n + SPDM_SECURED_TAIL));
	put_u64le(iv, get_u64le(ch.iv) ^ ch.seq);
	memcpy(iv + 8, ch.iv + 8, SPDM_IV_LEN - 8);
	if (!crypto_aead_seal(misbehave_rsp(me)->cfg.crypto, ch.key, iv, x->out,
			      head, plain, len + n, x->out + head,
			      x->out + head + len + n, SPDM_SECURED_TAIL))
		x->len += n;
}

static void inner(struct misbehave_one *me, struct device_exchange *x)
{
	anew(me, x, 0, 5);
}

static void random_bytes(struct misbehave_one *me, struct device_exchange *x)
{
	anew(me, x, 4, 0);
}

static void skips(struct misbehave_one *me, struct device_exchange *x)
{
	const bool data = data_record(me, x);
	const uint32_t id = data ? get_u32le(x->out) : 0;

	if (data && id != me->note[0]) {
		me->note[0] = id;
		me->count = 0;
	}
	if (data && ++me->count == me->n)
		misbehave_session_of(me, id)->ch[SPDM_DIR_RSP].seq++;
}

#define SM_SRC	"DSP0277 1.1, section 7"
#define DEC_SRC "DSP0274 1.2.1, session phases (DecryptError)"

/* clang-format off */
static const struct misbehaviour rows[] = {
	{ .name = "record-tag-wrong",
	  .says = "the tag of each record of its own is wrong",
	  .source = SM_SRC, .answered = tag },
	{ .name = "record-names-another-session",
	  .says = "records of its own name another session",
	  .source = SM_SRC, .answered = names_other },
	{ .name = "record-length-wrong",
	  .says = "Length of records of its own is eight too many",
	  .source = SM_SRC, .answered = length },
	{ .name = "record-shows-other-number",
	  .says = "records of its own show another number, where the transport has them show one",
	  .source = "DSP0276 1.1, section 7", .answered = shows_other },
	{ .name = "record-application-length-wrong",
	  .says = "the application data of records of its own end behind what is encrypted",
	  .source = SM_SRC, .answered = inner },
	{ .name = "record-with-random",
	  .says = "records of its own have four random bytes",
	  .source = "PCIe TDISP 1.0, section 11.2.2", .answered = random_bytes },
	{ .name = "record-number-skips",
	  .says = "its Nth record in a session skips a number",
	  .source = SM_SRC, .n = 3, .answered = skips },
	{ .name = "record-with-any-tag",
	  .says = "the tag of records is not looked at",
	  .source = SM_SRC, .ask = any_tag },
	{ .name = "record-not-encrypted-taken",
	  .says = "records that are not encrypted are taken",
	  .source = SM_SRC, .ask = not_sealed },
	{ .name = "record-of-any-length",
	  .says = "Length of records is not looked at, nor what depends on it",
	  .source = SM_SRC, .ask = any_length },
	{ .name = "record-of-any-application-length",
	  .says = "the length of application data is not looked at; none are answered as a HEARTBEAT",
	  .source = SM_SRC, .ask = any_inner },
	{ .name = "record-with-any-key",
	  .says = "records under the responder's own key are taken",
	  .source = SM_SRC, .ask = any_key },
	{ .name = "record-with-any-number",
	  .says = "records are taken whatever number they were made with",
	  .source = SM_SRC, .ask = any_number },
	{ .name = "record-of-any-session",
	  .says = "the session id of records is not looked at: whose key fits has it",
	  .source = SM_SRC, .ask = any_session },
	{ .name = "decrypt-error-forgiven",
	  .says = "a record that does not decrypt is ERROR DecryptError, and the session goes on",
	  .source = DEC_SRC, .ask = forgiven },
	{ .name = "record-that-is-plain",
	  .says = "a message in the clear is answered where a record should be",
	  .source = "PCIe Base 6.0 §6.30.1", .ask = plain_record },
	{ .name = "record-taken-as-plain",
	  .says = "a record is taken where a message in the clear should be",
	  .source = "PCIe Base 6.0 §6.30.1", .ask = record_in_plain },
	{ .name = "record-too-long-unanswered",
	  .says = "records longer than N bytes are not answered",
	  .source = "DSP0274 1.2.1, section 10.3", .n = 1024, .ask = too_long },
	{ .name = "finish-taken-in-a-record",
	  .says = "FINISH is taken in a record where it goes in the clear",
	  .source = "DSP0274 1.2.1, section 10.17", .ask = finish_record },
	{ .name = "finish-keeps-handshake-keys",
	  .says = "records under the handshake's keys are answered in an open session",
	  .source = "DSP0274 1.2.1, section 11", .code = SPDM_FINISH, .heard = keep_keys, .ask = old_keys },
	{ .name = "key-update-keeps-old-key",
	  .says = "records under a key from before an update are answered",
	  .source = "DSP0274 1.2.1, section 10.21", .code = SPDM_KEY_UPDATE, .heard = keep_keys, .ask = old_keys },
	{ .name = "session-outlives-its-end",
	  .says = "a session that has ended answers on",
	  .source = "DSP0274 1.2.1, section on END_SESSION", .ask = ghost, .answered = haunt },
	{ .name = "vendor-outside-answered",
	  .says = "messages of the PCI-SIG outside a session are ERROR UnexpectedRequest",
	  .source = "PCIe TDISP 1.0, section 11.2.2", .ask = vendor_outside },
};
/* clang-format on */

const struct misbehave_group misbehave_secured = { "secured messages", rows,
						   COUNT(rows) };
