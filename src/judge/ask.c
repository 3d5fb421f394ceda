/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge_priv.h"

#include <stdio.h>

/* Messages of the case's own making, and what a device that needs time, or
 * more room, is given. */

#define BUSY_TRIES 8u
#define BUSY_NS	   UINT64_C(10000000)
#define READY_MAX  24u /* 2^24 us: what RDTExponent may ask of us */

bool judge_send(struct judge *j, enum judge_kind kind, const uint8_t *p,
		size_t n)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = judge_wire_send(j, kind, p, n);
	return err ? judge_wire_failed(j, err, "sending") : true;
}

bool judge_recv(struct judge *j)
{
	enum il_err err;

	if (!judge_on(j))
		return false;
	err = judge_wire_recv(j, j->cfg.timeout_ns);
	return err ? judge_wire_failed(j, err, "awaiting an answer") : true;
}

bool judge_ask_raw(struct judge *j, enum judge_kind kind, const uint8_t *p,
		   size_t n)
{
	const char *name = kind == JUDGE_PLAIN || kind == JUDGE_SEALED
				   ? judge_message_name(p, n)
			   : kind == JUDGE_RECORD ? "a secured message"
						  : "a data object";
	enum il_err err;

	if (!judge_on(j))
		return false;
	if (kind == JUDGE_PLAIN || kind == JUDGE_SEALED)
		judge_awaits_for(j, p, n);
	err = judge_wire_send(j, kind, p, n);
	if (!err)
		err = judge_wire_recv(j, j->cfg.timeout_ns);
	return err ? judge_wire_failed(j, err, name) : true;
}

static bool is_error(const struct judge *j, uint8_t code)
{
	return !j->a.bad && j->a.m.code == SPDM_ERROR && j->a.m.param1 == code;
}

/* What every answer of its kind must be, beside the requirement: it fails the
 * case, and is no expectation of its own. */
static bool must(struct judge *j, bool holds, const char *words)
{
	if (!holds)
		judge_say(j, JUDGE_FAIL, "%s", words);
	return judge_on(j);
}

static void rest_until(struct judge *j, uint64_t ns)
{
	judge_ops(j)->wait(judge_target(j), judge_now(j) + ns);
}

/* RESPOND_IF_READY, by the way the request went. */
static bool ask_again(struct judge *j, enum judge_kind kind)
{
	const struct spdm_span ext = j->a.m.u.error.ext;
	uint8_t m[4] = { j->a.m.version, SPDM_RESPOND_IF_READY };

	/* RDTExponent, RequestCode, Token, RDTM: DSP0274 1.2.1, 10.10 */
	if (!must(j, ext.n == 4 && ext.p[0] <= READY_MAX,
		  "ResponseNotReady asks for a wait that cannot be"))
		return false;
	m[2] = ext.p[1];
	m[3] = ext.p[2];
	rest_until(j, (UINT64_C(1) << ext.p[0]) * 1000);
	return judge_ask_raw(j, kind, m, sizeof(m));
}

/* What the answer is of: the shape of the first request stays. */
static bool wait_out(struct judge *j, enum judge_kind kind, const uint8_t *p,
		     size_t n)
{
	for (unsigned i = 0; i < BUSY_TRIES; i++) {
		const struct spdm_shape sh = j->shape;
		const bool own = j->own_shape;
		bool ok;

		if (is_error(j, SPDM_ERR_BUSY)) {
			rest_until(j, BUSY_NS << i);
			ok = judge_ask_raw(j, kind, p, n);
		} else if (is_error(j, SPDM_ERR_RESPONSE_NOT_READY)) {
			judge_awaits(j, &sh);
			ok = ask_again(j, kind);
			j->own_shape = own;
		} else {
			return true;
		}
		if (!ok)
			return false;
	}
	return true;
}

/* CHUNK_GET, each with the answer's decoded form of before. */
static bool fetch(struct judge *j, enum judge_kind kind)
{
	const uint8_t handle =
		j->a.m.u.error.ext.n ? j->a.m.u.error.ext.p[0] : 0;
	const struct spdm_shape sh = j->shape;
	struct judge_answer *a = &j->a;
	size_t at = 0, total = 0;
	uint8_t buf[16];

	for (uint32_t seq = 0; !seq || at < total; seq++) {
		struct wr w = wr_over(buf, sizeof(buf));
		struct spdm_msg m;

		spdm_msg_start(&m, a->m.version, SPDM_CHUNK_GET);
		m.param2 = handle;
		m.u.chunk.seq = seq;
		if (spdm_msg_encode(&w, &m) ||
		    !judge_ask_raw(j, kind, buf, w.len))
			return false;
		if (a->bad || a->m.code != SPDM_CHUNK_RESPONSE)
			return true; /* that is the answer then */
		if (!seq)
			total = a->m.u.chunk.total;
		if (!must(j,
			  a->m.u.chunk.seq == seq && a->m.u.chunk.data.n &&
				  total <= sizeof(j->whole) &&
				  a->m.u.chunk.data.n <= total - at,
			  "a chunk of the answer is out of place"))
			return false;
		memcpy(j->whole + at, a->m.u.chunk.data.p, a->m.u.chunk.data.n);
		at += a->m.u.chunk.data.n;
	}
	a->p = j->whole;
	a->n = total;
	a->bad = spdm_msg_decode(a->p, a->n, &sh, &a->m);
	return true;
}

bool judge_ask(struct judge *j, enum judge_kind kind, const uint8_t *p,
	       size_t n)
{
	/* What stands in our own storage is overwritten on the way. */
	if (!judge_ask_raw(j, kind, p, n))
		return false;
	if (kind != JUDGE_PLAIN && kind != JUDGE_SEALED)
		return true;
	if (!wait_out(j, kind, p, n))
		return false;
	return is_error(j, SPDM_ERR_LARGE_RESPONSE) ? fetch(j, kind) : true;
}

struct spdm_span judge_msg(struct judge *j, uint8_t code, uint8_t param1,
			   uint8_t param2, const uint8_t *body, size_t n)
{
	if (n > sizeof(j->made) - 4)
		n = sizeof(j->made) - 4;
	if (n)
		memmove(j->made + 4, body, n);
	j->made[0] = j->q.version ? j->q.version : SPDM_V10;
	j->made[1] = code;
	j->made[2] = param1;
	j->made[3] = param2;
	return (struct spdm_span){ j->made, n + 4 };
}

/*
 * VENDOR_DEFINED_REQUEST with the PCI-SIG's number; the payload begins with
 * the protocol. Source: DSP0274 1.2.1, section 10.14; PCIe Base 6.x §6.31.3
 */
struct spdm_span judge_vendor_msg(struct judge *j, uint8_t protocol,
				  const uint8_t *p, size_t n)
{
	uint8_t *o = j->made;

	if (n > UINT16_MAX - 1)
		n = UINT16_MAX - 1;
	if (n)
		memmove(o + 12, p, n);
	o[0] = j->q.version;
	o[1] = SPDM_VENDOR_DEFINED_REQUEST;
	o[2] = 0;
	o[3] = 0;
	put_u16le(o + 4, SPDM_STD_PCISIG);
	o[6] = 2;
	put_u16le(o + 7, SPDM_VID_PCISIG);
	put_u16le(o + 9, (uint16_t)(n + 1));
	o[11] = protocol;
	return (struct spdm_span){ o, 12 + n };
}

/* Protocol ids: PCIe Base 6.x §6.31.3 (IDE_KM 0, TDISP 1) */
bool judge_idekm(struct judge *j, const uint8_t *p, size_t n)
{
	const struct spdm_span m = judge_vendor_msg(j, 0, p, n);

	return judge_secured(j, m.p, m.n);
}

bool judge_tdisp(struct judge *j, const uint8_t *p, size_t n)
{
	const struct spdm_span m = judge_vendor_msg(j, 1, p, n);

	return judge_secured(j, m.p, m.n);
}

/*
 * By data objects, a device whose discovery lists secured messages speaks
 * these protocols if it speaks any. By MCTP it need not: where it refused
 * whatever it was asked, they cannot be judged.
 */
static bool speaks(struct judge *j, uint8_t protocol)
{
	const struct judge_answer *a = &j->a;

	if (j->cfg.target.objects || a->bad || a->m.code != SPDM_ERROR ||
	    (protocol < 32 && j->spoken & BIT(protocol)))
		return true;
	judge_absent(
		j,
		"the device has answered by ERROR %s to all messages of the "
		"protocol: it need not speak it over MCTP",
		judge_spdm_error(a->m.param1));
	return false;
}

bool judge_vendor(struct judge *j, uint8_t protocol, struct spdm_span *out)
{
	const struct spdm_vdm *v = &j->a.m.u.vdm;

	if (!judge_on(j) || !speaks(j, protocol))
		return false;
	if (!judge_answers(j, SPDM_VENDOR_DEFINED_RESPONSE))
		return false;
	if (!judge_expect(j,
			  v->standard == SPDM_STD_PCISIG && v->vid.n == 2 &&
				  get_u16le(v->vid.p) == SPDM_VID_PCISIG,
			  "the answer is of another vendor"))
		return false;
	if (!judge_expect(j, v->payload.n && v->payload.p[0] == protocol,
			  "the answer is of another protocol"))
		return false;
	if (protocol < 32)
		j->spoken |= BIT(protocol);
	*out = (struct spdm_span){ v->payload.p + 1, v->payload.n - 1 };
	return true;
}

/* --- records by hand --- */

void judge_seal_right(const struct judge *j, size_t n, struct judge_seal *s)
{
	const struct spdm_channel *ch = &j->q.ch[SPDM_DIR_REQ];
	const struct spdm_binding *b = spdm_channel_binding(ch);

	*s = (struct judge_seal){
		.session = j->q.session_id,
		.seq_told = ch->seq,
		.len = (uint16_t)(2 + b->type_len + n + SPDM_SECURED_TAIL),
		.seq = ch->seq,
		.app_len = (uint16_t)(b->type_len + n),
		.type = b->type,
		.dir = SPDM_DIR_REQ,
		.counts = true,
	};
}

/* As spdm/secured.c seals, with each field as it is told. */
bool judge_seal(struct judge *j, const struct judge_seal *s, const uint8_t *p,
		size_t n, uint8_t **out, size_t *len)
{
	struct spdm_channel *ch = &j->q.ch[s->dir];
	const struct spdm_binding *b = spdm_channel_binding(ch);
	const size_t aad = 6u + b->seq_len;
	const size_t plain = 2u + b->type_len + n + s->random;
	uint8_t iv[SPDM_IV_LEN];
	uint8_t *o = j->out;
	enum il_err err;

	if (!judge_on(j))
		return false;
	if (!ch->live || aad + plain + SPDM_SECURED_TAIL > sizeof(j->out)) {
		judge_say(j, JUDGE_BROKEN, "there is no key, or no room");
		return false;
	}
	if (n)
		memmove(o + aad + 2 + b->type_len, p, n);
	put_u32le(o, s->session);
	for (unsigned i = 0; i < b->seq_len; i++)
		o[4 + i] = (uint8_t)(s->seq_told >> (8 * i));
	put_u16le(o + aad - 2, s->len);
	put_u16le(o + aad, s->app_len);
	if (b->type_len)
		o[aad + 2] = s->type;
	judge_random(j, o + aad + plain - s->random, s->random);
	put_u64le(iv, get_u64le(ch->iv) ^ s->seq);
	memcpy(iv + 8, ch->iv + 8, SPDM_IV_LEN - 8);
	err = crypto_aead_seal(j->cfg.crypto, ch->key, iv, o, aad, o + aad,
			       plain, o + aad, o + aad + plain,
			       SPDM_SECURED_TAIL);
	bytes_wipe(iv, sizeof(iv));
	if (err) {
		judge_say(j, JUDGE_BROKEN, "sealing: %s", il_err_name(err));
		return false;
	}
	if (s->counts && s->dir == SPDM_DIR_REQ)
		ch->seq = s->seq + 1;
	*out = o;
	*len = aad + plain + SPDM_SECURED_TAIL;
	return true;
}
