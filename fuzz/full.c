/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include "edit.h"
#include "spdm/prov_rig.h"

/*
 * As conv, with everything on that SPDM 1.0 to 1.4 have: chunks, requests that
 * wait, pre-shared keys, requesters that prove themselves, encapsulated
 * requests, provisioning, caching. The first bytes say what either side offers.
 *
 * Both ends stay sane; a responder that may keep a request is never unfinished;
 * nothing is longer than the peer takes; when all is over nothing is left in
 * the buffers that the responder was lent.
 */

#define BIG 9000

static uint8_t rsp_large[BIG], req_large[BIG], kept[PAIR_TRANSFER];
static uint8_t rsp_scratch[PAIR_TRANSFER + BIG];

static struct {
	struct prov *v;
	struct pair *p;
	enum il_err meas_err;
	uint8_t at, flip, code; /* of a response, before it is sealed */
	uint8_t work[PAIR_BUF + 64];
} x;

/* --- the port --- */

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct pair *p = x.p;

	(void)ctx;
	(void)slot;
	(void)asym;
	if (p->sign_err)
		return p->sign_err;
	return crypto_sign_digest(&p->c, p->maker.key, digest, digest_len, sig,
				  sig_len);
}

static enum il_err measure(void *ctx, uint8_t index,
			   struct spdm_measurement *out)
{
	static const uint8_t bytes[64] = { 1, 2, 3, 4 };

	(void)ctx;
	if (index == 2 && x.meas_err)
		return x.meas_err;
	*out = (struct spdm_measurement){ .type = index & 7,
					  .tcb = index & 1,
					  .only_raw = index == 3,
					  .extend = index == 0x10,
					  .raw = { bytes, 64 } };
	return index <= 3 || index == 0x10 ? IL_OK : IL_E_ARG;
}

static enum il_err vendor(void *ctx, uint32_t session_id,
			  const struct spdm_vdm *in, uint8_t *out, size_t cap,
			  size_t *len)
{
	struct wr w = wr_over(out, cap);

	(void)ctx;
	(void)session_id;
	if (x.p->vendor_err)
		return x.p->vendor_err;
	if (!x.p->vendor_silent)
		wr_bytes(&w, in->payload.p, in->payload.n);
	return wr_end(&w, len);
}

static enum il_err csr(void *ctx, const struct spdm_csr_ask *ask, uint8_t *out,
		       size_t cap, size_t *len, bool *reset, uint8_t *tag)
{
	(void)ctx;
	if (ask->info.n > sizeof(x.v->info))
		return IL_E_LONG;
	return x.v->port.csr(x.v, ask, out, cap, len, reset, tag);
}

static enum il_err set_cert(void *ctx, const struct spdm_cert_ask *ask,
			    struct spdm_rsp_slot *now, bool *reset)
{
	(void)ctx;
	return x.v->port.set_cert(x.v, ask, now, reset);
}

static enum il_err key_pair(void *ctx, uint8_t id, struct spdm_key_pair *out)
{
	(void)ctx;
	return x.v->port.key_pair(x.v, id, out);
}

static enum il_err set_key_pair(void *ctx, const struct spdm_key_pair_ask *ask,
				bool *reset)
{
	(void)ctx;
	return x.v->port.set_key_pair(x.v, ask, reset);
}

static enum il_err endpoint_info(void *ctx, uint8_t sub, uint8_t *out,
				 size_t cap, size_t *len)
{
	(void)ctx;
	return x.v->port.endpoint_info(x.v, sub, out, cap, len);
}

static enum il_err mel(void *ctx, uint32_t meas_hash, struct spdm_span *out)
{
	(void)ctx;
	(void)meas_hash;
	*out = (struct spdm_span){ x.v->log, x.v->log_len };
	return x.v->mel_err;
}

static enum il_err psk(void *ctx, struct spdm_span hint, uint32_t hash,
		       const uint8_t *salt, size_t salt_len, uint8_t *secret)
{
	static const uint8_t key[5] = { 1, 2, 3, 4, 5 };
	const enum crypto_hash_alg alg =
		hash == SPDM_HASH_SHA_256   ? CRYPTO_SHA256
		: hash == SPDM_HASH_SHA_384 ? CRYPTO_SHA384
					    : CRYPTO_SHA512;

	(void)ctx;
	if (x.p->psk_err)
		return x.p->psk_err;
	if (hint.n && hint.p[0] != PAIR_HINT[0])
		return IL_E_ARG;
	return crypto_hkdf_extract(&x.p->c, alg, salt, salt_len, key,
				   sizeof(key), secret);
}

static enum il_err trust(void *ctx, uint8_t slot,
			 const struct crypto_chain *chain)
{
	(void)ctx;
	(void)slot;
	must(chain->count != 0);
	return x.p->trust_err;
}

static void ended(void *ctx, uint32_t session_id, enum spdm_end why)
{
	(void)ctx;
	(void)why;
	must(!spdm_rsp_session_open(&x.p->rsp, session_id));
}

static void peer_info(void *ctx, uint32_t session_id, uint8_t sub,
		      struct spdm_span info, bool proven)
{
	(void)ctx;
	(void)session_id;
	(void)sub;
	(void)info;
	(void)proven;
}

static const struct spdm_rsp_up above = { vendor, ended };

static const struct spdm_rsp_port port = {
	.sign = sign,
	.measure = measure,
	.vendor_other = vendor,
	.csr = csr,
	.set_cert = set_cert,
	.key_pair = key_pair,
	.set_key_pair = set_key_pair,
	.endpoint_info = endpoint_info,
	.mel = mel,
	.psk = psk,
	.trust = trust,
	.peer_info = peer_info,
};

/* The requester's, but for its key that is shared. */
static struct spdm_req_port req_port;

/* One byte of a response, so that it is sealed and believed. */
static void twist(void *ctx, enum spdm_tap_stage stage,
		  const struct spdm_msg *rsp, uint8_t *p, size_t cap, size_t *n)
{
	(void)ctx;
	(void)stage;
	(void)cap;
	if (x.flip && *n && (!x.code || rsp->code == x.code))
		p[x.at % *n] ^= x.flip;
}

/* --- what either side offers --- */

static void peer_of(struct pair *p, uint8_t m)
{
	static const uint8_t forms[] = { 0, SPDM_MUT_AUTH, SPDM_MUT_AUTH_ENCAP,
					 SPDM_MUT_AUTH_DIGESTS };

	if (m & 0x80)
		return;
	pair_mutual(p, forms[m & 3], m & 4 ? 3 : 0);
	p->rcfg.basic = m & 8;
	p->rcfg.mutual_must = m & 0x10;
	if (m & 0x20) {
		p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
	}
	p->qcfg.caps |= SPDM_CAP_EP_INFO_SIG;
}

static void sizes_of(struct pair *p, uint8_t s)
{
	static const uint16_t at_once[] = { 4096, 42, 100, 600 };

	p->rcfg.transfer = at_once[s & 3];
	p->qcfg.transfer = at_once[s >> 2 & 3];
	p->rcfg.scratch = rsp_scratch;
	p->rcfg.scratch_len = sizeof(rsp_scratch);
	if (!(s & 0x10)) {
		p->rcfg.caps |= SPDM_CAP_CHUNK | SPDM_CAP_LARGE_RESP;
		p->rcfg.large = rsp_large;
		p->rcfg.large_cap = sizeof(rsp_large);
	}
	if (!(s & 0x20)) {
		p->qcfg.caps |= SPDM_CAP_CHUNK | SPDM_CAP_LARGE_RESP;
		p->qcfg.large = req_large;
		p->qcfg.large_cap = sizeof(req_large);
	}
	if (!(s & 0x40)) {
		p->rcfg.kept = kept;
		p->rcfg.kept_cap = sizeof(kept);
		p->rcfg.rdt_exponent = 4;
	}
	p->qcfg.portion = s & 0x80 ? UINT16_MAX : 0;
	p->qcfg.busy_tries = 2;
}

static void configure(struct rd *in)
{
	static const uint8_t versions[] = { 0x14, 0x13, 0x12, 0x11, 0x10 };
	struct pair *p = x.p;
	const uint8_t v = rd_u8(in), k = rd_u8(in);
	unsigned a = 0, b = 0;

	memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
	memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
	for (unsigned i = 0; i < 5; i++) {
		if (!(v >> i & 1))
			p->rcfg.versions[a++] = versions[i];
		p->qcfg.versions[b++] = versions[i];
	}
	peer_of(p, rd_u8(in));
	sizes_of(p, rd_u8(in));
	p->rcfg.caps |= SPDM_CAP_CACHE | SPDM_CAP_KEY_UPD;
	p->rcfg.caps |= k & 1 ? SPDM_CAP_PSK : SPDM_CAP_PSK_WITH_CONTEXT;
	p->qcfg.caps |= SPDM_CAP_PSK;
	p->qcfg.multi_key = k & 2;
	p->rcfg.trusted = k & 4;
	p->rcfg.slot_room = k & 8 ? 2000 : 0;
	if (k & 0x10)
		p->rcfg.caps |= SPDM_CAP_CERT_INSTALL_RESET;
	if (k & 0x20)
		p->rcfg.caps &= ~SPDM_CAP_MULTI_KEY_MASK;
	if (k & 0x40)
		p->rcfg.seq_limit = p->qcfg.seq_limit = 12;
	if (k & 0x80)
		p->rcfg.caps = (p->rcfg.caps & ~SPDM_CAP_MULTI_KEY_MASK) |
			       SPDM_CAP_MULTI_KEY_ONLY;
	p->rcfg.heartbeat_s = 1;
	p->rcfg.handshake_s = 1;
	p->rcfg.hash |= SPDM_HASH_SHA_512;
	p->qcfg.hash |= SPDM_HASH_SHA_512 | SPDM_HASH_SHA_256;
	p->rcfg.aead = SPDM_AEAD_AES_256_GCM | SPDM_AEAD_AES_128_GCM |
		       SPDM_AEAD_CHACHA20_POLY1305;
	p->rcfg.port = &port;
	p->rcfg.port_ctx = NULL;
	p->rcfg.up = &above;
	p->rcfg.tap = NULL;
	p->rcfg.bytes = twist;
	req_port = *p->qcfg.port;
	req_port.psk = psk;
	p->qcfg.port = &req_port;
}

/* --- steps --- */

static void begin(struct rd *in)
{
	static const uint8_t vid[3] = { 1, 0, 7 };
	static uint8_t payload[6000];
	static const uint8_t info[] = { 0x30, 0 };
	const uint8_t op = rd_u8(in), a = rd_u8(in), b = rd_u8(in);
	struct prov *v = x.v;
	size_t n = 0;
	struct spdm_req_args args = {
		.slot = a & 0x80 ? a & 7 : 0,
		.summary = a & 1 ? SPDM_SUMMARY_ALL : SPDM_SUMMARY_NONE,
		.sign = b & 1,
		.raw = b & 2,
		.index = b & 4 ? SPDM_MEAS_ALL : b >> 3,
		.update = 1 + (a & 1),
		.clear_state = a & 2,
		.hint = { (const uint8_t *)PAIR_HINT, a & 8 ? 4 : 0 },
		.vdm = { b & 1 ? SPDM_STD_DMTF : SPDM_STD_PCISIG,
			 { vid, b & 1 ? 0 : 2 },
			 { payload, (size_t)a << (b >> 4 & 7) & 0xfff } },
		.vdm_large = b & 2,
		.key_pair = a & 3,
		.model = a >> 2 & 3,
		.tag = b & 7,
		.overwrite = b & 8,
		.info = { info, b & 0x10 ? 2 : 0 },
		.target = b & 7,
		.wish = { .id = a & 3,
			  .op = b & 3,
			  .usage = b >> 2 & 15,
			  .asym = a & 4 ? SPDM_KEY_PAIR_ECC_P384 : 0,
			  .slots = b >> 6 },
		.sub = b & 0x20 ? 2 : SPDM_EP_INFO_CLASS_ID,
		.out = v->out,
		.out_cap = a & 0x40 ? 200 : sizeof(v->out),
	};

	if (!(b & 0x80) && spdm_req_chain(&x.p->req).n &&
	    !spdm_req_chain_make(&x.p->req,
				 (struct spdm_span){ x.p->maker.certs,
						     x.p->maker.certs_len },
				 v->chain, sizeof(v->chain), &n))
		args.set_chain = (struct spdm_span){ v->chain, n };
	(void)!spdm_req_begin(&x.p->req,
			      (enum spdm_req_op)(op % (SPDM_OPS + 1)), &args);
}

static void respond(void)
{
	struct pair *p = x.p;
	enum il_err err;

	p->now_ns += 1000;
	if (p->now_ns < spdm_req_not_before(&p->req))
		p->now_ns = spdm_req_not_before(&p->req);
	p->out_len = 0;
	err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len, p->out,
			      sizeof(p->out), &p->out_len, &p->out_kind,
			      p->now_ns);
	must(spdm_rsp_sane(&p->rsp));
	must(err != IL_E_AGAIN || !p->rsp.cfg.kept);
	if (err)
		p->out_len = 0;
	must(p->out_len <= sizeof(p->out));
	if (p->out_len && p->out_kind == SPDM_PLAIN && p->rsp.peer_transfer &&
	    p->out[1] != SPDM_ERROR)
		must(p->out_len <= p->rsp.peer_transfer);
}

/* @how: 1 change the request, 2 the answer. */
static enum il_err exchange(struct rd *in, unsigned how)
{
	struct pair *p = x.p;
	enum il_err err = spdm_req_pull(&p->req, p->in, sizeof(p->in),
					&p->in_len, &p->in_kind);

	must(spdm_req_sane(&p->req));
	if (err)
		return err;
	if (how & 1)
		p->in_len = edit(in, p->in, p->in_len, PAIR_TRANSFER);
	respond();
	if (!p->out_len)
		return IL_E_TIMEOUT;
	if (how & 2)
		p->out_len = edit(in, p->out, p->out_len, PAIR_TRANSFER);
	err = spdm_req_push(&p->req, p->out_kind, p->out, p->out_len,
			    p->now_ns);
	must(spdm_req_sane(&p->req));
	return err;
}

static void run(struct rd *in, unsigned how)
{
	enum il_err err = exchange(in, how);

	for (unsigned n = 0; err == IL_E_AGAIN && n < 300; n++)
		err = exchange(in, 0);
	must(spdm_req_got(&x.p->req) <= sizeof(x.v->out));
	(void)spdm_req_pair(&x.p->req);
}

static void say(struct rd *in, bool inside)
{
	struct pair *p = x.p;
	const uint8_t n = rd_u8(in);
	const size_t head = spdm_secured_head(&p->req.ch[SPDM_DIR_REQ]);
	struct spdm_channel c = p->req.ch[SPDM_DIR_REQ];

	memset(x.work, 0, 256 + head);
	rd_copy(in, x.work + head, n < rd_left(in) ? n : rd_left(in));
	if (!inside || !c.live) {
		p->in_kind = SPDM_PLAIN;
		p->in_len = n;
		memcpy(p->in, x.work + head, n);
	} else {
		p->in_kind = SPDM_SECURED;
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
	static const enum il_err errs[] = { IL_OK,    IL_E_AGAIN, IL_E_STATE,
					    IL_E_ARG, IL_E_NOMEM, IL_E_IO };
	const uint8_t a = rd_u8(in), b = rd_u8(in);
	const enum il_err err = errs[(b & 7) % COUNT(errs)];

	x.p->sign_err = a & 1 ? err : IL_OK;
	x.p->vendor_err = a & 2 ? err : IL_OK;
	x.p->psk_err = a & 4 ? err : IL_OK;
	x.p->trust_err = a & 8 ? err : IL_OK;
	x.meas_err = a & 16 ? err : IL_OK;
	x.v->csr_err = x.v->cert_err = x.v->pair_err = a & 32 ? err : IL_OK;
	x.v->info_err = x.v->mel_err = a & 64 ? err : IL_OK;
	x.p->fenv.random_err = a & 128 ? IL_E_RANDOM : IL_OK;
	x.v->reset = b & 8;
	x.v->tag = b >> 4 & 7;
	x.p->vendor_silent = b & 0x80;
}

static void ask(uint8_t how)
{
	const uint32_t id = x.p->req.session_id;
	const uint32_t where[] = { id, 0, SPDM_ANY_SESSION, id ^ 1 };

	(void)!spdm_rsp_ask(&x.p->rsp,
			    how & 4 ? SPDM_ASK_ENDPOINT_INFO
				    : SPDM_ASK_KEY_UPDATE,
			    where[how & 3]);
}

static void event(uint8_t how)
{
	struct pair *p = x.p;

	switch (how & 7) {
	case 0:
		spdm_req_abort(&p->req);
		break;
	case 1:
		spdm_req_drop_session(&p->req);
		break;
	case 2:
		(void)spdm_rsp_end(&p->rsp, p->req.session_id);
		break;
	case 3:
		spdm_rsp_reset(&p->rsp);
		break;
	case 4:
		spdm_rsp_reset(&p->rsp);
		spdm_req_reset(&p->req);
		break;
	case 5:
		(void)!spdm_req_push(&p->req, p->out_kind, p->out, p->out_len,
				     p->now_ns);
		break;
	case 6:
		respond();
		break;
	default:
		(void)!spdm_rsp_slot_set(&p->rsp, how >> 3 & 7,
					 &p->rcfg.slots[how >> 6]);
	}
}

static void step(struct rd *in)
{
	const uint8_t op = rd_u8(in);

	switch (op & 15) {
	case 0:
	case 1:
	case 2:
		begin(in);
		run(in, op >> 4 & 3);
		break;
	case 3:
		begin(in);
		break;
	case 4:
	case 5:
		(void)exchange(in, op >> 4 & 3);
		break;
	case 6:
		run(in, op >> 4 & 3);
		break;
	case 7:
	case 8:
		say(in, op & 1);
		break;
	case 9:
		x.p->now_ns += (uint64_t)rd_u8(in) << 24;
		(void)spdm_rsp_tick(&x.p->rsp, x.p->now_ns);
		break;
	case 10:
	case 11:
		moods(in);
		break;
	case 12:
	case 13:
		x.at = rd_u8(in);
		x.flip = rd_u8(in);
		x.code = rd_u8(in) & 0x7f;
		break;
	case 14:
		ask(rd_u8(in));
		break;
	default:
		event(rd_u8(in));
	}
	must(spdm_rsp_sane(&x.p->rsp));
	must(spdm_req_sane(&x.p->req));
}

static bool clean(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct rd in = rd_over(data, len);
	bool up = false;

	memset(&x, 0, sizeof(x));
	x.v = prov_new();
	x.p = x.v->p;
	configure(&in);
	if (!spdm_rsp_init(&x.p->rsp, &x.p->rcfg)) {
		up = !spdm_req_init(&x.p->req, &x.p->qcfg);
		if (!up)
			spdm_rsp_fini(&x.p->rsp);
	}
	for (unsigned n = 0; up && rd_left(&in) && n < 64; n++)
		step(&in);
	if (!up) {
		maker_close(&x.p->maker);
		free(x.p);
		free(x.v);
		return 0;
	}
	prov_free(x.v);
	must(clean(rsp_large, sizeof(rsp_large)));
	must(clean(kept, sizeof(kept)));
	must(clean(rsp_scratch, sizeof(rsp_scratch)));
	return 0;
}
