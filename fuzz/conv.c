/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "edit.h"
#include "spdm/pair.h"

/*
 * A requester and a responder, and somebody between them who may hold the
 * session's keys: he changes messages in the clear and inside the session,
 * repeats them, makes up his own, and lets the device's port and the dice
 * fail. Bytes 0 to 5: what either side offers.
 *
 * Both ends stay sane; the responder always answers or keeps silent; what is
 * put off changes nothing; what may not begin changes nothing; a session that
 * nobody tampered with from inside is the same at both ends.
 */

static struct {
	struct pair *p;
	bool inside; /* somebody with the keys changed something */
	struct spdm_rsp rsp;
	struct spdm_req req;
	uint8_t work[PAIR_BUF];
} x;

/* What a tap does: one of the fields that no length depends on. */
static uint8_t tap_byte;

static void tap_change(struct pair *p, struct spdm_msg *m)
{
	static uint8_t some[SPDM_DHE_MAX];

	(void)p;
	x.inside = true;
	memset(some, tap_byte, sizeof(some));
	switch (tap_byte & 7) {
	case 0:
		m->param1 = tap_byte >> 3;
		return;
	case 1:
		m->param2 = tap_byte >> 3;
		return;
	case 2:
		m->version = tap_byte;
		return;
	case 3:
		m->code ^= (uint8_t)(1u << (tap_byte >> 5));
		return;
	default:
		break;
	}
	switch (m->code) {
	case SPDM_KEY_EXCHANGE_RSP:
		m->u.key_ex_rsp.session_id ^= tap_byte >> 5;
		m->u.key_ex_rsp.mut_auth = tap_byte >> 3 & 3;
		if (tap_byte & 1)
			m->u.key_ex_rsp.opaque =
				(struct spdm_span){ some, tap_byte >> 3 };
		if (tap_byte & 2)
			m->u.key_ex_rsp.exchange.p = some;
		return;
	case SPDM_MEASUREMENTS:
		m->u.meas.blocks = tap_byte >> 4;
		if (tap_byte & 1)
			m->u.meas.record =
				(struct spdm_span){ some, tap_byte >> 2 };
		return;
	case SPDM_CERTIFICATE:
		m->u.cert.remainder ^= (uint16_t)(tap_byte << 4);
		if (tap_byte & 1)
			m->u.cert.portion.n /= 2;
		return;
	case SPDM_CHALLENGE_AUTH:
		m->u.challenge_auth.chain_hash.p = some;
		return;
	case SPDM_CAPABILITIES:
		m->u.caps.flags ^= UINT32_C(1) << (tap_byte >> 3);
		return;
	case SPDM_ALGORITHMS:
		m->u.algs.hash ^= tap_byte >> 5;
		m->u.algs.asym ^= tap_byte >> 3 & 3;
		m->u.algs.table[tap_byte >> 6].bits ^= tap_byte & 0x38;
		return;
	case SPDM_VERSION:
		m->u.version_list.entry[0] ^= (uint16_t)(tap_byte << 8);
		return;
	default:
		return;
	}
}

/* The key of whatever slot. */
static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct pair *p = ctx;

	(void)slot;
	(void)asym;
	if (p->sign_err)
		return p->sign_err;
	return crypto_sign_digest(&p->c, p->maker.key, digest, digest_len, sig,
				  sig_len);
}

static void configure(struct pair *p, struct rd *in)
{
	static struct spdm_rsp_port port;
	const uint8_t a = rd_u8(in), b = rd_u8(in), q = rd_u8(in);
	const uint8_t lim = rd_u8(in);

	port = *p->rcfg.port;
	port.sign = sign;
	p->rcfg.port = &port;
	if (a & 1)
		p->rcfg.versions[0] = p->rcfg.versions[1];
	if (a & 2)
		p->qcfg.versions[0] = p->qcfg.versions[1];
	if (a & 4)
		p->rcfg.caps &= ~(UINT32_C(2) << (a >> 3 & 15));
	if (b & 1)
		p->rcfg.caps = (p->rcfg.caps & ~SPDM_CAP_MEAS_MASK) |
			       SPDM_CAP_MEAS_NO_SIG;
	if (b & 2)
		p->qcfg.caps &= ~(UINT32_C(2) << (b >> 4));
	if (b & 4)
		p->rcfg.meas_hash = SPDM_MEAS_HASH_SHA_256;
	if (b & 8)
		p->qcfg.sm_versions[0] = SPDM_SM_V12;
	p->rcfg.heartbeat_s = q & 3;
	if (q & 4)
		p->qcfg.need_caps = SPDM_CAP_CHAL << (q >> 3 & 7);
	if (q & 0x40)
		p->qcfg.hash = SPDM_HASH_SHA_256;
	if (q & 0x80)
		p->rcfg.slots[3] = p->rcfg.slots[0];
	if (lim & 1)
		p->rcfg.seq_limit = p->qcfg.seq_limit = 4 + (lim >> 5);
	if (lim & 2)
		p->rcfg.transfer = SPDM_TRANSFER_MIN + 600;
	if (lim & 4)
		p->qcfg.transfer = SPDM_TRANSFER_MIN + 300;
	if (lim & 8)
		p->qcfg.portion = 0;
	if (lim & 16)
		p->qcfg.meas = NULL;
}

/* Such a session is dropped by whatever comes next. */
static bool spent(const struct spdm_req *q)
{
	return q->state == SPDM_REQ_SESSION &&
	       (q->ch[0].seq >= q->ch[0].limit ||
		q->ch[1].seq >= q->ch[1].limit);
}

static void begin(struct rd *in)
{
	static const uint8_t vid[3] = { 1, 0, 7 };
	static const uint8_t payload[40] = { 1, 2, 3 };
	const uint8_t op = rd_u8(in), a = rd_u8(in);
	const struct spdm_req_args args = {
		.slot = a & 7,
		.summary = a >> 6 == 3 ? SPDM_SUMMARY_ALL : a >> 6,
		.sign = a & 1,
		.raw = a & 2,
		.index = a & 4 ? SPDM_MEAS_ALL : a >> 3,
		.nonce_given = a & 8,
		.update = a & 3,
		.policy = a >> 3 & 1,
		.vdm = { a & 1 ? SPDM_STD_DMTF : SPDM_STD_PCISIG,
			 { vid, a & 1 ? a >> 6 : 2 },
			 { payload, a >> 2 & 31 } },
	};

	memcpy(&x.req, &x.p->req, sizeof(x.req));
	if (spdm_req_begin(&x.p->req, (enum spdm_req_op)(op % (SPDM_OPS + 1)),
			   &args) &&
	    !spent(&x.req))
		must(unchanged(&x.req, &x.p->req, sizeof(x.req)));
}

/* To the responder; what comes back stands in out. */
static void respond(void)
{
	struct pair *p = x.p;
	enum il_err err;

	memcpy(&x.rsp, &p->rsp, sizeof(x.rsp));
	p->now_ns += 1000000;
	p->out_len = 0;
	err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len, p->out,
			      sizeof(p->out), &p->out_len, &p->out_kind,
			      p->now_ns);
	must(spdm_rsp_sane(&p->rsp));
	if (err == IL_E_AGAIN)
		must(p->out_len == 0 &&
		     (p->sign_err == IL_E_AGAIN ||
		      p->vendor_err == IL_E_AGAIN) &&
		     x.rsp.phase == p->rsp.phase);
	if (err)
		p->out_len = 0;
	must(p->out_len <= sizeof(p->out));
	if (p->out_len && p->out_kind == SPDM_PLAIN && p->rsp.peer_transfer)
		must(p->out_len <= p->rsp.cfg.transfer ||
		     p->out_len <= p->rsp.peer_transfer);
}

/* A record that the channel of @ch would take next, changed from inside. */
static void edit_record(struct rd *in, const struct spdm_channel *ch,
			uint64_t back, uint8_t *rec, size_t *n)
{
	struct spdm_channel c = *ch;
	uint32_t id;
	size_t len;

	c.seq -= back;
	if (!c.live || spdm_secured_id(rec, *n, &id) ||
	    spdm_secured_open(&c, &x.p->c, rec, *n, x.work + SPDM_SECURED_HEAD,
			      sizeof(x.work) - SPDM_SECURED_OVER, &len))
		return;
	len = edit(in, x.work + SPDM_SECURED_HEAD, len,
		   sizeof(x.work) - SPDM_SECURED_OVER);
	c = *ch;
	c.seq -= back;
	if (spdm_secured_seal(&c, &x.p->c, id, x.work, sizeof(x.work), len, n))
		return;
	memcpy(rec, x.work, *n);
	x.inside = true;
}

/* @how: 1 change the request, 2 the answer, 4 from inside, 8 give it twice */
static enum il_err exchange(struct rd *in, uint8_t how)
{
	struct pair *p = x.p;
	const bool opens = p->req.op == SPDM_OP_SESSION;
	enum il_err err = spdm_req_pull(&p->req, p->in, sizeof(p->in),
					&p->in_len, &p->in_kind);

	must(spdm_req_sane(&p->req));
	if (err)
		return err;
	if (how & 1 && how & 4 && p->in_kind == SPDM_SECURED)
		edit_record(in, &p->req.ch[SPDM_DIR_REQ], 1, p->in, &p->in_len);
	else if (how & 1)
		p->in_len = edit(in, p->in, p->in_len, PAIR_TRANSFER);
	respond();
	if (how & 8)
		respond();
	if (!p->out_len)
		return IL_E_TIMEOUT;
	if (how & 2 && how & 4 && p->out_kind == SPDM_SECURED)
		edit_record(in, &p->req.ch[SPDM_DIR_RSP], 0, p->out,
			    &p->out_len);
	else if (how & 2)
		p->out_len = edit(in, p->out, p->out_len, PAIR_TRANSFER);
	err = spdm_req_push(&p->req, p->out_kind, p->out, p->out_len,
			    p->now_ns);
	must(spdm_req_sane(&p->req));
	if (!err && opens && !x.inside) {
		must(p->req.state == SPDM_REQ_SESSION);
		must(spdm_rsp_session_open(&p->rsp, p->req.session_id));
	}
	return err;
}

/* What an operation left behind lies in the buffers it was given. */
static void results(void)
{
	const struct spdm_req *q = &x.p->req;
	const struct spdm_span all[] = {
		spdm_req_chain(q),	  spdm_req_certs(q),
		spdm_req_chain_digest(q), spdm_req_vca(q),
		spdm_req_record(q),	  spdm_req_meas_bytes(q),
		spdm_req_meas_sig(q),	  spdm_req_l12_digest(q)
	};
	uint8_t digest[SPDM_HASH_MAX];
	unsigned sum = 0;

	for (size_t i = 0; i < COUNT(all); i++)
		for (size_t k = 0; all[i].p && k < all[i].n; k++)
			sum += all[i].p[k];
	(void)sum;
	(void)!spdm_req_vca_digest(q, digest);
	must(spdm_req_chain(q).n <= sizeof(x.p->chain));
	must(spdm_req_answer(q)->payload.n <= PAIR_BUF);
	(void)spdm_req_peer_error(q);
}

static void run(struct rd *in, uint8_t first)
{
	enum il_err err = exchange(in, first);

	for (unsigned n = 0; err == IL_E_AGAIN && n < 32; n++)
		err = exchange(in, 0);
	if (!err)
		results();
}

/* A request of our own, in the clear or in the requester's session. */
static void say(struct rd *in, bool inside)
{
	struct pair *p = x.p;
	const uint8_t n = rd_u8(in);
	struct spdm_channel c = p->req.ch[SPDM_DIR_REQ];

	memset(x.work, 0, 256 + SPDM_SECURED_HEAD);
	rd_copy(in, x.work + SPDM_SECURED_HEAD,
		n < rd_left(in) ? n : rd_left(in));
	if (!inside || !c.live) {
		p->in_kind = SPDM_PLAIN;
		p->in_len = n;
		memcpy(p->in, x.work + SPDM_SECURED_HEAD, n);
	} else {
		p->in_kind = SPDM_SECURED;
		x.inside = true;
		if (spdm_secured_seal(&c, &p->c, p->req.session_id, x.work,
				      sizeof(x.work), n, &p->in_len))
			return;
		p->req.ch[SPDM_DIR_REQ].seq++;
		memcpy(p->in, x.work, p->in_len);
	}
	respond();
	/* Its answer moves the requester's counter too. */
	if (inside && c.live && p->out_len && p->out_kind == SPDM_SECURED)
		p->req.ch[SPDM_DIR_RSP].seq++;
}

static void moods(struct rd *in)
{
	static const enum il_err errs[] = { IL_OK,	IL_E_AGAIN, IL_E_STATE,
					    IL_E_FIELD, IL_E_SHORT, IL_E_IO };
	const uint8_t m = rd_u8(in);

	x.p->sign_err = errs[(m & 7) % COUNT(errs)];
	x.p->vendor_err = errs[(m >> 3 & 7) % COUNT(errs)];
	x.p->vendor_silent = m & 0x40;
	x.p->fenv.random_err = m & 0x80 ? IL_E_RANDOM : IL_OK;
}

static void tap_next(struct rd *in)
{
	tap_byte = rd_u8(in);
	x.p->change_code = rd_u8(in) & 0x7f;
	x.p->change_stage = tap_byte & 0x80 ? SPDM_TAP_PROOF : SPDM_TAP_FIELDS;
	x.p->change = x.p->change_code ? tap_change : NULL;
}

static void step(struct rd *in)
{
	static const uint8_t hows[] = { 1, 2, 3, 5, 6, 7, 8, 10 };
	const uint8_t op = rd_u8(in);
	struct pair *p = x.p;

	switch (op & 15) {
	case 0:
	case 1:
		begin(in);
		break;
	case 2:
		(void)exchange(in, 0);
		break;
	case 3:
		begin(in);
		run(in, 0);
		break;
	case 4:
	case 5:
		(void)exchange(in, hows[op >> 4 & 7]);
		break;
	case 6:
		run(in, hows[op >> 4 & 7]);
		break;
	case 7:
	case 8:
		say(in, op & 1);
		break;
	case 9:
		p->now_ns += (uint64_t)rd_u8(in) << 26;
		(void)spdm_rsp_tick(&p->rsp, p->now_ns);
		break;
	case 10:
		moods(in);
		break;
	case 11:
		tap_next(in);
		break;
	case 12:
		spdm_req_abort(&p->req);
		break;
	case 13:
		spdm_req_drop_session(&p->req);
		break;
	case 14:
		if (op & 0x10)
			(void)spdm_rsp_end(&p->rsp, p->req.session_id);
		else
			spdm_rsp_reset(&p->rsp);
		break;
	default: /* an answer that nobody asked for */
		(void)!spdm_req_push(&p->req, p->out_kind, p->out, p->out_len,
				     p->now_ns);
	}
	must(spdm_rsp_sane(&p->rsp));
	must(spdm_req_sane(&p->req));
	if (p->req.state != SPDM_REQ_SESSION && !p->req.op)
		x.inside = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);

	memset(&x, 0, sizeof(x));
	x.p = pair_new(rd_u8(&in) & 1 ? CRYPTO_P256 : CRYPTO_P384);
	configure(x.p, &in);
	if (spdm_rsp_init(&x.p->rsp, &x.p->rcfg)) {
		maker_close(&x.p->maker);
		free(x.p);
		return 0;
	}
	if (spdm_req_init(&x.p->req, &x.p->qcfg)) {
		spdm_rsp_fini(&x.p->rsp);
		maker_close(&x.p->maker);
		free(x.p);
		return 0;
	}
	for (unsigned n = 0; rd_left(&in) && n < 128; n++)
		step(&in);
	(void)spdm_req_parsed(&x.p->req);
	pair_free(x.p);
	return 0;
}
