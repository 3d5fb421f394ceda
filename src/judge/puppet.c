/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge_priv.h"
#include "judge/two.h"

#include <stdio.h>

/*
 * The puppet: the requester engine, message by message. What it wants to send
 * is opened again, so that a case may change it; the channels' numbers are set
 * back by one for that, and the engine notices nothing.
 */

static enum il_err draw(void *ctx, uint8_t *out, size_t len)
{
	struct judge *j = ctx;

	dice_fill(&j->dice, out, len);
	return IL_OK;
}

void judge_random(struct judge *j, uint8_t *out, size_t n)
{
	dice_fill(&j->dice, out, n);
}

/* Everything that we have, but for what only the user can give. */
static void offer(struct judge *j)
{
	j->req = (struct spdm_req_cfg){
		.crypto = j->cfg.crypto,
		.env = &j->env,
		.keylog = judge_log_keys,
		.keylog_ctx = j,
		.versions = { SPDM_V14, SPDM_V13, SPDM_V12, SPDM_V11,
			      SPDM_V10 },
		.caps = SPDM_REQ_CAPS | SPDM_CAP_CHUNK,
		.binding = j->cfg.target.binding,
		.asym = SPDM_ASYM_ECDSA_P256 | SPDM_ASYM_ECDSA_P384 |
			SPDM_ASYM_ECDSA_P521 | SPDM_ASYM_RSAPSS |
			SPDM_ASYM_RSASSA,
		.pqc_asym = SPDM_PQC_ML_DSA_44 | SPDM_PQC_ML_DSA_65 |
			    SPDM_PQC_ML_DSA_87,
		.kem = SPDM_KEM_ML_KEM_512 | SPDM_KEM_ML_KEM_768 |
		       SPDM_KEM_ML_KEM_1024,
		.hash = SPDM_HASH_SHA_256 | SPDM_HASH_SHA_384 |
			SPDM_HASH_SHA_512,
		.dhe = SPDM_DHE_SECP256R1 | SPDM_DHE_SECP384R1 |
		       SPDM_DHE_SECP521R1,
		.aead = SPDM_AEAD_AES_256_GCM | SPDM_AEAD_CHACHA20_POLY1305 |
			SPDM_AEAD_AES_128_GCM,
		.sm_versions = { SPDM_SM_V11, SPDM_SM_V10 },
		.transfer = JUDGE_TRANSFER,
		.large = j->large,
		.large_cap = sizeof(j->large),
		.busy_tries = 8,
		.chain = j->chain,
		.chain_cap = sizeof(j->chain),
		.scratch = j->scratch,
		.scratch_len = sizeof(j->scratch),
	};
	if (j->version) {
		memset(j->req.versions, 0, sizeof(j->req.versions));
		j->req.versions[0] = j->version;
	}
	if ((j->c->needs & (JUDGE_NEEDS_PSK | JUDGE_NEEDS_IDENTITY)) &&
	    j->cfg.own)
		j->cfg.own(j->cfg.own_ctx, &j->req);
}

void judge_puppet_begin(struct judge *j)
{
	j->env = (struct env){ .random = draw, .ctx = j };
	j->ready = false;
	j->held = false;
	j->own_shape = false;
	j->ended = false;
	j->rx = NULL;
	j->laters = 0;
	memset(&j->shape, 0, sizeof(j->shape));
	memset(&j->a, 0, sizeof(j->a));
	memset(&j->q, 0, sizeof(j->q));
	memset(&j->aside, 0, sizeof(j->aside));
	offer(j);
}

struct spdm_req_cfg *judge_offer(struct judge *j)
{
	return &j->req;
}

struct spdm_req *judge_engine(struct judge *j)
{
	return &j->q;
}

static bool ready(struct judge *j)
{
	if (!judge_on(j))
		return false;
	if (!j->ready && spdm_req_init(&j->q, &j->req)) {
		judge_say(j, JUDGE_BROKEN, "the requester takes no such offer");
		return false;
	}
	j->ready = true;
	return true;
}

/*
 * A session whose keys are there is ended in its own words, whatever the
 * engine is about. GET_VERSION follows, so that a device that has ended it
 * already, and says nothing to a session that is none, costs no waiting.
 */
static enum il_err end_session(struct judge *j)
{
	const uint8_t end[4] = { j->q.version, SPDM_END_SESSION };
	const uint8_t next[4] = { SPDM_V10, SPDM_GET_VERSION };
	enum il_err err = judge_wire_send(j, JUDGE_SEALED, end, sizeof(end));

	if (err == IL_E_STATE)
		return IL_OK;
	if (!err)
		err = judge_wire_send(j, JUDGE_PLAIN, next, sizeof(next));
	if (!err)
		err = judge_wire_recv(j, j->cfg.timeout_ns);
	if (!err && (j->a.kind != JUDGE_PLAIN || j->a.n < 2 ||
		     j->a.p[1] != SPDM_VERSION))
		err = judge_wire_recv(j, j->cfg.timeout_ns);
	return err;
}

void judge_puppet_end(struct judge *j)
{
	if (!j->ready)
		return;
	if (j->q.state == SPDM_REQ_SESSION && j->q.ch[SPDM_DIR_REQ].live &&
	    !j->broken && !j->ended && end_session(j))
		j->broken = true;
	judge_two_end(j);
	spdm_req_fini(&j->q);
	j->ready = false;
	j->held = false;
	bytes_wipe(j->plain, sizeof(j->plain));
}

/* --- message by message --- */

static bool begin(struct judge *j, enum spdm_req_op op,
		  const struct spdm_req_args *args, enum il_err *err)
{
	if (!ready(j))
		return false;
	j->held = false;
	if (op == SPDM_OP_SESSION || op == SPDM_OP_PSK)
		j->ended = false;
	*err = spdm_req_begin(&j->q, op, args);
	return true;
}

bool judge_begin(struct judge *j, enum spdm_req_op op,
		 const struct spdm_req_args *args)
{
	enum il_err err;

	if (!begin(j, op, args, &err))
		return false;
	if (err == IL_E_ARG)
		judge_say(j, JUDGE_ABSENT,
			  "the device does not offer what the case needs");
	else if (err)
		judge_say(j, JUDGE_BROKEN, "the engine is in no state for it");
	return !err;
}

/* The engine's message, taken back out of its record. */
static enum il_err reopen(struct judge *j, const uint8_t *p, size_t n)
{
	struct spdm_channel *ch = &j->q.ch[SPDM_DIR_REQ];
	struct spdm_channel before = *ch;
	struct spdm_span app;
	enum il_err err;

	before.seq--;
	err = spdm_secured_open_at(&before, j->cfg.crypto, p, n, j->plain,
				   sizeof(j->plain), &app);
	bytes_wipe(&before, sizeof(before));
	if (err)
		return err;
	ch->seq--;
	memcpy(j->next, app.p, app.n);
	j->next_n = app.n;
	return IL_OK;
}

static enum il_err hold(struct judge *j)
{
	enum spdm_kind kind = SPDM_PLAIN;
	size_t n = 0;
	enum il_err err;

	if (j->held)
		return IL_OK;
	judge_ops(j)->wait(judge_target(j), spdm_req_not_before(&j->q));
	err = spdm_req_pull(&j->q, j->out, sizeof(j->out), &n, &kind);
	if (err)
		return err;
	if (kind == SPDM_SECURED) {
		err = reopen(j, j->out, n);
	} else {
		memcpy(j->next, j->out, n);
		j->next_n = n;
	}
	j->next_kind = kind == SPDM_SECURED ? JUDGE_SEALED : JUDGE_PLAIN;
	j->held = !err;
	return err;
}

bool judge_next(struct judge *j, struct judge_text *t)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = hold(j);
	if (err) {
		judge_say(j, JUDGE_ABSENT, "no message can be made: %s",
			  il_err_name(err));
		return false;
	}
	*t = (struct judge_text){ j->next_kind, j->next, j->next_n };
	return true;
}

enum il_err judge_try_push(struct judge *j)
{
	const struct judge_answer *a = &j->a;
	const enum spdm_kind kind =
		a->kind == JUDGE_RECORD ? SPDM_SECURED : SPDM_PLAIN;

	if (j->rx)
		j->rx->seq--; /* the engine opens it by itself */
	j->rx = NULL;
	j->held = false;
	return spdm_req_push(&j->q, kind, a->raw, a->raw_n, judge_now(j));
}

/* The engine knows no other key than a certificate's; a device may. */
static bool shows_none(const struct judge *j)
{
	const struct spdm_msg *m = &j->a.m;

	return !j->a.bad && m->code == SPDM_CAPABILITIES &&
	       !(m->u.caps.flags & SPDM_CAP_CERT);
}

/* What the engine made of an answer on the way to the requirement. */
static void refused(struct judge *j, enum il_err err)
{
	const char *what = judge_message_name(j->next, j->next_n);
	char came[128];

	judge_came_words(&j->a, came, sizeof(came));
	if (err == IL_E_PEER || err == IL_E_TIMEOUT)
		judge_say(j, JUDGE_ABSENT, "%s was answered by %s", what, came);
	else if (err == IL_E_NOMEM)
		judge_say(j, JUDGE_ABSENT,
			  "%s: the answer is longer than we can take", what);
	else if (shows_none(j))
		judge_say(j, JUDGE_ABSENT,
			  "the device does not offer CERT_CAP");
	else
		judge_say(j, JUDGE_FAIL,
			  "%s: what came is no good answer to it (%s): %s",
			  what, il_err_name(err), came);
}

bool judge_push(struct judge *j)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = judge_try_push(j);
	if (!err || err == IL_E_AGAIN)
		return true;
	refused(j, err);
	return false;
}

/* Carries the operation on, to its end or to where @stop stands next. */
static bool drive(struct judge *j, uint8_t stop, enum il_err *err)
{
	*err = IL_OK;
	while (j->q.op != SPDM_OP_NONE) {
		*err = hold(j);
		if (*err)
			return true;
		if (stop && j->next_n > 1 && j->next[1] == stop)
			return true;
		if (!judge_ask_raw(j, j->next_kind, j->next, j->next_n))
			return false;
		*err = judge_try_push(j);
		if (*err && *err != IL_E_AGAIN)
			return true;
	}
	return true;
}

static bool go(struct judge *j, uint8_t stop)
{
	enum il_err err;

	if (!judge_on(j) || !drive(j, stop, &err))
		return false;
	if (!err || err == IL_E_AGAIN)
		return true;
	refused(j, err);
	return false;
}

bool judge_rest(struct judge *j)
{
	return go(j, 0);
}

bool judge_try_op(struct judge *j, enum spdm_req_op op,
		  const struct spdm_req_args *args, enum il_err *err)
{
	if (!begin(j, op, args, err))
		return false;
	return *err ? true : drive(j, 0, err);
}

bool judge_op(struct judge *j, enum spdm_req_op op,
	      const struct spdm_req_args *args)
{
	return judge_begin(j, op, args) && judge_rest(j);
}

/* --- to a state --- */

bool judge_has(struct judge *j, uint32_t caps)
{
	if (!judge_on(j))
		return false;
	if ((j->q.peer_caps & caps) == caps)
		return true;
	judge_say(j, JUDGE_ABSENT,
		  "the device has capabilities 0x%08x, and 0x%08x is missing",
		  (unsigned)j->q.peer_caps, (unsigned)(caps & ~j->q.peer_caps));
	return false;
}

#define SESSION_CAPS (SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC)

/* What the case needs of the device, once that has said what it has. */
static bool needs(struct judge *j)
{
	uint32_t caps = j->c->caps;

	if (j->c->needs & JUDGE_NEEDS_SESSION)
		caps |= SESSION_CAPS;
	if (!judge_has(j, caps))
		return false;
	if (!(j->c->needs & JUDGE_NEEDS_MEAS) ||
	    (j->q.peer_caps & SPDM_CAP_MEAS_MASK))
		return true;
	judge_say(j, JUDGE_ABSENT, "the device has no measurements");
	return false;
}

bool judge_connect(struct judge *j)
{
	return judge_op(j, SPDM_OP_CONNECT, NULL) && needs(j);
}

bool judge_connect_before(struct judge *j, uint8_t code)
{
	if (!judge_begin(j, SPDM_OP_CONNECT, NULL) || !go(j, code))
		return false;
	if (j->q.op == SPDM_OP_NONE) {
		judge_say(j, JUDGE_ABSENT, "%s is not sent to this device",
			  judge_message_name(
				  (const uint8_t[]){ j->q.version, code }, 2));
		return false;
	}
	return j->q.peer_caps ? needs(j) : true;
}

bool judge_session(struct judge *j)
{
	if (!ready(j))
		return false;
	if (j->q.state == SPDM_REQ_NEW && !judge_connect(j))
		return false;
	return judge_has(j, SESSION_CAPS) && judge_op(j, SPDM_OP_SESSION, NULL);
}

bool judge_psk_session(struct judge *j)
{
	const struct spdm_req_args a = { .hint = j->cfg.psk_hint };

	if (!ready(j))
		return false;
	if (j->q.state == SPDM_REQ_NEW && !judge_connect(j))
		return false;
	return judge_op(j, SPDM_OP_PSK, &a);
}

bool judge_reset(struct judge *j)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = judge_ops(j)->reset ? judge_ops(j)->reset(judge_target(j))
				  : IL_E_IO;
	if (err)
		return judge_wire_failed(j, err, "reset");
	if (j->ready)
		spdm_req_reset(&j->q);
	j->held = false;
	return true;
}

void judge_later(struct judge *j, void (*fn)(struct judge *j))
{
	for (unsigned i = 0; i < j->laters; i++)
		if (j->later[i] == fn)
			return;
	if (j->laters < JUDGE_LATER)
		j->later[j->laters++] = fn;
}
