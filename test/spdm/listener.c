/* SPDX-License-Identifier: BSD-2-Clause */
#include "listener.h"

#include "mctp/mctp.h"

#include <pcap/pcap.h>
#include <stdio.h>

#define DOE_LINK  292
#define MCTP_LINK 291

static void must(enum il_err err)
{
	assert_int_equal(err, IL_OK);
}

static size_t unhex(const char *s, uint8_t *out, size_t cap)
{
	size_t n = strlen(s) / 2;

	assert_true(n <= cap);
	for (size_t i = 0; i < n; i++) {
		unsigned v;

		assert_int_equal(sscanf(s + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return n;
}

static size_t listed(const struct listener *l, const char *name, unsigned i,
		     uint8_t *out)
{
	const json_t *list = json_object_get(l->secrets, name);
	const json_t *one =
		json_is_array(list) ? json_array_get(list, i) : list;

	assert_non_null(one);
	return unhex(json_string_value(one), out, 64);
}

static const char *root_of(const struct listener *l)
{
	if (l->mctp)
		return ROOT_MCTP12;
	return l->shape.sig_len == 96 ? ROOT_P384 : ROOT_P256;
}

/* A secret we derived is the one that is listed. */
static void meet(struct listener *l, const char *name, unsigned i,
		 const uint8_t *have)
{
	uint8_t want[64];
	const size_t n = listed(l, name, i, want);

	assert_int_equal(n, l->shape.hash_len);
	assert_memory_equal(have, want, n);
	l->secrets_met++;
}

static enum crypto_hash_alg hash_alg(const struct listener *l)
{
	return l->shape.hash_len == 48 ? CRYPTO_SHA384 : CRYPTO_SHA256;
}

static void verify(struct listener *l, struct crypto_slot s,
		   const char *context, struct spdm_span sig)
{
	uint8_t th[SPDM_HASH_MAX];
	uint8_t digest[SPDM_HASH_MAX];

	must(spdm_tr_digest(&l->tr, s, th));
	must(spdm_sign_digest(&l->c, l->version, l->algs.hash, context, th,
			      digest));
	assert_int_equal(sig.n, l->shape.sig_len);
	must(crypto_verify_digest(&l->c, l->certs.leaf, digest,
				  l->shape.hash_len, sig.p, sig.n));
	l->signatures++;
}

static void check_mac(struct listener *l, struct session *s, enum spdm_dir dir,
		      struct spdm_span mac)
{
	uint8_t th[SPDM_HASH_MAX];
	uint8_t want[SPDM_HASH_MAX];

	must(spdm_tr_digest(&l->tr, s->th, th));
	must(spdm_keys_verify_data(&s->keys, &l->c, dir, th, want));
	assert_int_equal(mac.n, l->shape.hash_len);
	assert_memory_equal(mac.p, want, mac.n);
	l->macs++;
}

static void add(struct listener *l, struct crypto_slot *s, bool vca,
		const uint8_t *p, size_t n)
{
	must(spdm_tr_add(&l->tr, s, vca, p, n));
}

static void key_to(struct listener *l, struct session *s,
		   struct spdm_channel *ch, const uint8_t *secret)
{
	must(spdm_channel_open(ch, &l->c, &s->keys, secret, UINT64_MAX));
	if (l->mctp)
		ch->binding = &mctp_binding;
}

static void keys_to(struct listener *l, struct session *s,
		    uint8_t secrets[SPDM_DIRS][SPDM_HASH_MAX])
{
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		key_to(l, s, &s->ch[d], secrets[d]);
}

static struct session *session_new(struct listener *l, uint16_t req,
				   uint16_t rsp)
{
	struct session *s = &l->ses[l->sessions++];

	assert_true(l->sessions <= SESSIONS);
	s->id = (uint32_t)rsp << 16 | req;
	return s;
}

static void session_drop(struct listener *l, struct session *s)
{
	for (unsigned d = 0; d < SPDM_DIRS; d++)
		spdm_channel_close(&s->ch[d], &l->c);
	spdm_channel_close(&s->next, &l->c);
	crypto_drop(&l->c, &s->th);
	crypto_drop(&l->c, &s->l12);
	memset(s, 0, sizeof(*s));
}

/* The latest session of that id that still lives. */
static struct session *session_find(struct listener *l, uint32_t id)
{
	for (unsigned i = l->sessions; i-- > 0;)
		if (l->ses[i].id == id)
			return &l->ses[i];
	fail_msg("a record of no session: %08x", id);
	return NULL;
}

/* Handshake keys out of the listed DHE secret, or out of the PSK. */
static void handshake(struct listener *l, struct session *s, const uint8_t *ikm,
		      size_t n)
{
	uint8_t th1[SPDM_HASH_MAX];

	must(spdm_tr_digest(&l->tr, s->th, th1));
	must(spdm_keys_handshake(&s->keys, &l->c, l->version, l->algs.hash, ikm,
				 n, th1));
	keys_to(l, s, s->keys.hs_dir);
}

/* The same from the pre-shared key: what who holds it gives out first. */
static void psk_handshake(struct listener *l, struct session *s)
{
	uint8_t salt[SPDM_HASH_MAX];
	uint8_t secret[SPDM_HASH_MAX];
	uint8_t th1[SPDM_HASH_MAX];

	spdm_keys_psk_salt(l->version, salt);
	must(crypto_hkdf_extract(&l->c, hash_alg(l), salt, l->shape.hash_len,
				 l->psk, l->psk_len, secret));
	must(spdm_tr_digest(&l->tr, s->th, th1));
	must(spdm_keys_psk(&s->keys, &l->c, l->version, l->algs.hash, secret,
			   th1));
	keys_to(l, s, s->keys.hs_dir);
}

static void data(struct listener *l, struct session *s)
{
	uint8_t th2[SPDM_HASH_MAX];

	must(spdm_tr_digest(&l->tr, s->th, th2));
	must(spdm_keys_data(&s->keys, &l->c, th2));
	keys_to(l, s, s->keys.data_dir);
	s->open = true;
	if (s->psk)
		return;
	meet(l, "master_secrets", s->nth, s->keys.master);
	meet(l, "request_data_secrets", s->nth, s->keys.data_dir[SPDM_DIR_REQ]);
	meet(l, "response_data_secrets", s->nth,
	     s->keys.data_dir[SPDM_DIR_RSP]);
}

static void on_algorithms(struct listener *l, const struct spdm_msg *m)
{
	l->algs = m->u.algs;
	l->shape.hash_len = spdm_hash_len(m->u.algs.hash);
	l->shape.sig_len = spdm_sig_len(m->u.algs.asym);
	l->shape.dhe_len =
		spdm_dhe_len(spdm_algs_bits(&m->u.algs, SPDM_ALG_DHE));
	l->shape.clear =
		l->req_caps & l->rsp_caps & SPDM_CAP_HANDSHAKE_IN_CLEAR;
	assert_true(l->shape.hash_len && l->shape.sig_len && l->shape.dhe_len);
	must(spdm_tr_choose(&l->tr, l->version, m->u.algs.hash));
}

/* A whole chain: it parses and leads to the anchor that is given. */
static void on_chain(struct listener *l, const char *anchor_path)
{
	const size_t head = SPDM_CHAIN_HEAD + l->shape.hash_len;
	uint8_t anchor[CRYPTO_CERT_MAX];
	uint8_t root[SPDM_HASH_MAX];
	struct crypto_why why;
	FILE *f = fopen(anchor_path, "rb");

	assert_non_null(f);
	const size_t n = fread(anchor, 1, sizeof(anchor), f);

	(void)fclose(f);
	must(crypto_hash(&l->c, hash_alg(l), l->chain, l->chain_len,
			 l->chain_hash));
	must(crypto_hash(&l->c, hash_alg(l), anchor, n, root));
	assert_memory_equal(l->chain + SPDM_CHAIN_HEAD, root,
			    l->shape.hash_len);
	must(crypto_chain_parse(&l->c, l->chain + head, l->chain_len - head,
				&l->certs));
	must(crypto_chain_verify(
		&l->c, &l->certs, anchor, n,
		l->certs.certs[l->certs.count - 1].not_before_s + 1, &why));
}

static void on_certificate(struct listener *l, const struct spdm_msg *m)
{
	const struct spdm_span p = m->u.cert.portion;

	if (l->req.u.get_cert.offset == 0)
		l->chain_len = 0;
	assert_int_equal(l->req.u.get_cert.offset, l->chain_len);
	assert_true(l->chain_len + p.n <= sizeof(l->chain));
	memcpy(l->chain + l->chain_len, p.p, p.n);
	l->chain_len += p.n;
	if (!m->u.cert.remainder)
		on_chain(l, root_of(l));
}

static void on_measurements(struct listener *l, struct session *s,
			    const struct spdm_msg *m, const uint8_t *p,
			    size_t n)
{
	struct crypto_slot *l12 = s ? &s->l12 : &l->tr.l12;
	const bool vca = l->version >= SPDM_V12;
	const struct spdm_span rec = m->u.meas.record;
	struct rd r = rd_over(rec.p, rec.n);
	uint8_t again[4096];
	struct wr w = wr_over(again, sizeof(again));
	unsigned blocks = 0;

	add(l, l12, vca, l->req_bytes, l->req_len);
	add(l, l12, vca, p, n - spdm_msg_sig_len(m));
	if (m->u.meas.sig.n) {
		verify(l, *l12, SPDM_SIGN_MEASUREMENTS, m->u.meas.sig);
		spdm_tr_forget(&l->tr, l12);
	}
	for (; rd_left(&r); blocks++) {
		struct spdm_meas_block b;

		must(spdm_meas_block_read(&r, &b));
		spdm_meas_block_write(&w, &b);
	}
	assert_int_equal(blocks, m->u.meas.blocks);
	assert_int_equal(w.len, rec.n);
	assert_memory_equal(again, rec.p, rec.n);
	if (s || l->req.param2 != SPDM_MEAS_ALL)
		return;
	/* All blocks as digests: what the summary is the hash of. */
	must(crypto_hash(&l->c, hash_alg(l), rec.p, rec.n, again));
	if (l->version >= SPDM_V12)
		assert_memory_equal(again, l->summary, l->shape.hash_len);
}

/* Opaque data of a key exchange reads, and writes to the same bytes. */
static void check_opaque(const struct listener *l, struct spdm_span req,
			 struct spdm_span rsp)
{
	const bool fmt1 = l->algs.other_params & SPDM_OPAQUE_FMT_1;
	struct spdm_sm_versions v;
	uint16_t sel;
	uint8_t buf[64];
	struct wr w = wr_over(buf, sizeof(buf));

	must(spdm_sm_supported_read(req, fmt1, &v));
	spdm_sm_supported_write(&w, fmt1, &v);
	assert_int_equal(w.len, req.n);
	assert_memory_equal(buf, req.p, req.n);
	must(spdm_sm_selected_read(rsp, fmt1, &sel));
	w = wr_over(buf, sizeof(buf));
	spdm_sm_selected_write(&w, fmt1, sel);
	assert_int_equal(w.len, rsp.n);
	assert_memory_equal(buf, rsp.p, rsp.n);
}

static void on_key_exchange(struct listener *l, const struct spdm_msg *m,
			    const uint8_t *p, size_t n)
{
	struct session *s = session_new(l, l->req.u.key_ex.session_id,
					m->u.key_ex_rsp.session_id);
	const size_t sig_at = n - spdm_msg_sig_len(m) - spdm_msg_verify_len(m);
	uint8_t dhe[64];

	check_opaque(l, l->req.u.key_ex.opaque, m->u.key_ex_rsp.opaque);
	assert_memory_equal(m->u.key_ex_rsp.summary.p, l->summary,
			    l->shape.hash_len);
	s->nth = l->key_exchanges++;
	must(spdm_tr_th(&l->tr, &s->th));
	add(l, &s->th, true, l->chain_hash, l->shape.hash_len);
	add(l, &s->th, true, l->req_bytes, l->req_len);
	add(l, &s->th, true, p, sig_at);
	verify(l, s->th, SPDM_SIGN_KEY_EXCHANGE, m->u.key_ex_rsp.sig);
	add(l, &s->th, true, p + sig_at, m->u.key_ex_rsp.sig.n);
	handshake(l, s, dhe, listed(l, "dhe_secrets", s->nth, dhe));
	meet(l, "handshake_secrets", s->nth, s->keys.handshake);
	if (m->u.key_ex_rsp.verify.n) {
		check_mac(l, s, SPDM_DIR_RSP, m->u.key_ex_rsp.verify);
		add(l, &s->th, true, m->u.key_ex_rsp.verify.p,
		    m->u.key_ex_rsp.verify.n);
	}
}

/* FINISH travels in the clear here, so the newest session is the one. */
static void on_finish(struct listener *l, struct session *s,
		      const struct spdm_msg *m, const uint8_t *p, size_t n)
{
	const size_t mac = l->req.u.finish.verify.n;

	if (!s)
		s = &l->ses[l->sessions - 1];
	add(l, &s->th, true, l->req_bytes, l->req_len - mac);
	check_mac(l, s, SPDM_DIR_REQ, l->req.u.finish.verify);
	add(l, &s->th, true, l->req.u.finish.verify.p, mac);
	add(l, &s->th, true, p, n - spdm_msg_verify_len(m));
	if (m->u.finish.verify.n) {
		check_mac(l, s, SPDM_DIR_RSP, m->u.finish.verify);
		add(l, &s->th, true, m->u.finish.verify.p,
		    m->u.finish.verify.n);
	}
	data(l, s);
}

static void on_psk_exchange(struct listener *l, const struct spdm_msg *m,
			    const uint8_t *p, size_t n)
{
	struct session *s = session_new(l, l->req.u.psk_ex.session_id,
					m->u.psk_ex_rsp.session_id);
	uint8_t hint[64];
	const size_t hint_len = listed(l, "psk_hint_hex", 0, hint);

	if (!l->cxl) /* none carried the key: it is the emulator's own */
		l->psk_len = listed(l, "psk_hex", 0, l->psk);
	assert_true(l->psk_len != 0);
	assert_int_equal(l->req.u.psk_ex.hint.n, hint_len);
	assert_memory_equal(l->req.u.psk_ex.hint.p, hint, hint_len);
	check_opaque(l, l->req.u.psk_ex.opaque, m->u.psk_ex_rsp.opaque);
	s->psk = true;
	add(l, &s->th, true, l->req_bytes, l->req_len);
	add(l, &s->th, true, p, n - m->u.psk_ex_rsp.verify.n);
	psk_handshake(l, s);
	check_mac(l, s, SPDM_DIR_RSP, m->u.psk_ex_rsp.verify);
	add(l, &s->th, true, m->u.psk_ex_rsp.verify.p,
	    m->u.psk_ex_rsp.verify.n);
}

/* The summary is checked when the measurements themselves have come. */
static void on_challenge(struct listener *l, const struct spdm_msg *m,
			 const uint8_t *p, size_t n)
{
	assert_memory_equal(m->u.challenge_auth.chain_hash.p, l->chain_hash,
			    l->shape.hash_len);
	add(l, &l->tr.m12, true, l->req_bytes, l->req_len);
	add(l, &l->tr.m12, true, p, n - m->u.challenge_auth.sig.n);
	verify(l, l->tr.m12, SPDM_SIGN_CHALLENGE, m->u.challenge_auth.sig);
	assert_int_equal(m->u.challenge_auth.summary.n, l->shape.hash_len);
	memcpy(l->summary, m->u.challenge_auth.summary.p, l->shape.hash_len);
	spdm_tr_forget(&l->tr, &l->tr.m12);
}

/* The pre-shared key goes by in a CXL message of the first session. */
static void on_vendor(struct listener *l, const struct spdm_msg *m)
{
	const struct spdm_span p = m->u.vdm.payload;
	uint8_t key[64];

	assert_int_equal(m->u.vdm.standard, SPDM_STD_PCISIG);
	assert_int_equal(m->u.vdm.vid.n, 2);
	if (m->u.vdm.vid.p[0] == SPDM_VID_PCISIG) {
		l->pci++;
		return;
	}
	l->cxl++;
	if (!json_object_get(l->secrets, "psk_hex") || l->psk_met)
		return;
	assert_int_equal(listed(l, "psk_hex", 0, key), sizeof(l->psk));
	for (size_t i = 0; i + sizeof(l->psk) <= p.n; i++)
		if (!memcmp(p.p + i, key, sizeof(l->psk))) {
			memcpy(l->psk, p.p + i, sizeof(l->psk));
			l->psk_len = sizeof(l->psk);
			l->psk_met = true;
		}
}

static void roll(struct listener *l, struct session *s, enum spdm_dir dir,
		 struct spdm_channel *ch)
{
	uint8_t next[SPDM_HASH_MAX];

	must(spdm_keys_next(&s->keys, &l->c, dir, next));
	memcpy(s->keys.data_dir[dir], next, sizeof(next));
	key_to(l, s, ch, next);
}

/* Other requests than GET_MEASUREMENTS empty L1/L2. */
static void on_request(struct listener *l, struct session *s,
		       const struct spdm_msg *m)
{
	if (m->code != SPDM_GET_DIGESTS)
		spdm_tr_d_close(&l->tr);
	if (m->code != SPDM_GET_MEASUREMENTS)
		spdm_tr_forget(&l->tr, s ? &s->l12 : &l->tr.l12);
	l->shape.summary = false;
	l->shape.sign = false;
	switch (m->code) {
	case SPDM_GET_VERSION:
		must(spdm_tr_restart(&l->tr));
		break;
	case SPDM_GET_CAPABILITIES:
		l->version = m->version;
		l->req_caps = m->u.caps.flags;
		break;
	case SPDM_NEGOTIATE_ALGORITHMS:
		l->shape.multi_key =
			m->u.algs.other_params & SPDM_MULTI_KEY_CONN;
		break;
	case SPDM_GET_DIGESTS:
		spdm_tr_forget(&l->tr, &l->tr.m12);
		break;
	case SPDM_CHALLENGE:
		l->shape.summary = m->param2;
		break;
	case SPDM_GET_MEASUREMENTS:
		l->shape.sign = m->param1 & SPDM_MEAS_ATTR_SIGN;
		break;
	case SPDM_KEY_EXCHANGE:
	case SPDM_PSK_EXCHANGE:
		l->shape.summary = m->param1;
		break;
	case SPDM_KEY_UPDATE:
		l->updates++;
		if (m->param1 == SPDM_UPDATE_ALL_KEYS)
			roll(l, s, SPDM_DIR_RSP, &s->ch[SPDM_DIR_RSP]);
		break;
	default:
		break;
	}
}

/* What a response, once its request is known, lets us check. */
static void on_response(struct listener *l, struct session *s,
			const struct spdm_msg *m, const uint8_t *p, size_t n)
{
	switch (m->code) {
	case SPDM_CAPABILITIES:
		l->rsp_caps = m->u.caps.flags;
		break;
	case SPDM_DIGESTS:
		if (!s && l->shape.multi_key)
			must(spdm_tr_digests(&l->tr, p, n));
		break;
	case SPDM_CHALLENGE_AUTH:
		on_challenge(l, m, p, n);
		break;
	case SPDM_CERTIFICATE:
		on_certificate(l, m);
		break;
	case SPDM_MEASUREMENTS:
		on_measurements(l, s, m, p, n);
		break;
	case SPDM_KEY_EXCHANGE_RSP:
		on_key_exchange(l, m, p, n);
		break;
	case SPDM_PSK_EXCHANGE_RSP:
		on_psk_exchange(l, m, p, n);
		break;
	case SPDM_FINISH_RSP:
	case SPDM_PSK_FINISH_RSP:
		on_finish(l, s, m, p, n);
		break;
	case SPDM_KEY_UPDATE_ACK:
		if (l->req.param1 != SPDM_VERIFY_NEW_KEY)
			roll(l, s, SPDM_DIR_REQ, &s->ch[SPDM_DIR_REQ]);
		break;
	case SPDM_END_SESSION_ACK:
		session_drop(l, s);
		break;
	default:
		break;
	}
}

/* Which running hashes take this message as it is. */
static void hash_plain(struct listener *l, const struct spdm_msg *m,
		       const uint8_t *p, size_t n)
{
	switch (m->code) {
	case SPDM_GET_VERSION:
	case SPDM_VERSION:
	case SPDM_GET_CAPABILITIES:
	case SPDM_CAPABILITIES:
	case SPDM_NEGOTIATE_ALGORITHMS:
	case SPDM_ALGORITHMS:
		must(spdm_tr_vca(&l->tr, p, n));
		break;
	case SPDM_GET_DIGESTS:
	case SPDM_DIGESTS:
	case SPDM_GET_CERTIFICATE:
	case SPDM_CERTIFICATE:
		add(l, &l->tr.m12, true, p, n);
		break;
	default:
		break;
	}
}

static void message(struct listener *l, struct session *s,
		    const struct spdm_msg *m, const uint8_t *p, size_t n)
{
	uint8_t again[8192];
	struct wr w = wr_over(again, sizeof(again));

	must(spdm_msg_encode(&w, m));
	assert_int_equal(w.len, n);
	assert_memory_equal(again, p, n);
	l->messages++;
	if (m->code == SPDM_VENDOR_DEFINED_REQUEST ||
	    m->code == SPDM_VENDOR_DEFINED_RESPONSE)
		on_vendor(l, m);
	if (m->code & 0x80) {
		assert_false(l->asked);
		on_request(l, s, m);
		l->req_session = s;
		memcpy(l->req_bytes, p, n);
		l->req_len = n;
		/* Decoded again, so that spans live as long as we need. */
		must(spdm_msg_decode(l->req_bytes, n, &l->shape, &l->req));
	} else {
		assert_true(l->asked);
		assert_ptr_equal(s, l->req_session);
		assert_int_equal(m->code, spdm_response_of(l->req.code));
	}
	if (!s)
		hash_plain(l, m, p, n);
	if (m->code == SPDM_ALGORITHMS)
		on_algorithms(l, m);
	l->asked = m->code & 0x80;
	if (!l->asked)
		on_response(l, s, m, p, n);
}

/*
 * Encrypts again to the same bytes. Over MCTP the peers put random bytes behind
 * the message, so that only what stands in the clear can be the same.
 */
static void seal_again(struct listener *l, struct spdm_channel *ch, uint32_t id,
		       const uint8_t *plain, size_t len, const uint8_t *p,
		       size_t n)
{
	uint8_t again[8192] = { 0 };
	size_t total;

	memcpy(again + spdm_secured_head(ch), plain, len);
	ch->seq--;
	must(spdm_secured_seal(ch, &l->c, id, again, sizeof(again), len,
			       &total));
	if (l->mctp) {
		assert_in_range(n - total, 1, SPDM_RANDOM_MAX);
		assert_memory_equal(again, p, 6);
		return;
	}
	assert_int_equal((total + 3) & ~(size_t)3, n);
	assert_memory_equal(again, p, n);
}

/* Decrypts, and encrypts again. */
static void record(struct listener *l, const uint8_t *p, size_t n)
{
	uint8_t plain[8192];
	struct spdm_msg m;
	uint32_t id;
	size_t len;

	must(spdm_secured_id(p, n, &id));

	struct session *s = session_find(l, id);
	const enum spdm_dir dir = l->asked ? SPDM_DIR_RSP : SPDM_DIR_REQ;

	must(spdm_secured_open(&s->ch[dir], &l->c, p, n, plain, sizeof(plain),
			       &len));
	seal_again(l, &s->ch[dir], id, plain, len, p, n);
	l->records++;
	must(spdm_msg_decode(plain, len, &l->shape, &m));
	message(l, s, &m, plain, len);
}

/* Four bytes of MCTP transport header, as the emulator writes them; a type. */
static void mctp_packet(struct listener *l, const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	struct spdm_msg m;

	rd_skip(&r, 4);
	const uint8_t type = rd_u8(&r);

	assert_int_equal(r.err, IL_OK);
	if (type == MCTP_SECURED) {
		record(l, r.p, rd_left(&r));
	} else {
		assert_int_equal(type, MCTP_SPDM);
		must(spdm_msg_decode(r.p, rd_left(&r), &l->shape, &m));
		message(l, NULL, &m, r.p, rd_left(&r));
	}
}

static void packet(struct listener *l, const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	const uint16_t vendor = rd_u16le(&r);
	const uint8_t type = rd_u8(&r);
	struct spdm_msg m;
	size_t used;

	rd_skip(&r, 1);
	const uint32_t dw = rd_u32le(&r);

	assert_int_equal(vendor, 1);
	assert_int_equal(4 * dw, n);
	if (type == SPDM_SECURED) {
		record(l, r.p, rd_left(&r));
	} else if (type == SPDM_PLAIN) {
		must(spdm_msg_decode_padded(r.p, rd_left(&r), &l->shape, &m,
					    &used));
		message(l, NULL, &m, r.p, used);
	} else {
		assert_int_equal(type, 0); /* discovery: not ours */
	}
}

void hear(struct listener *l, const char *pcap, const char *json)
{
	const struct ossl_cfg cfg = { .seeded = true };
	char err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const uint8_t *p;

	memset(l, 0, sizeof(*l));
	must(ossl_new(&cfg, &l->o));
	l->c = ossl_crypto(l->o);
	spdm_tr_init(&l->tr, &l->c);
	l->secrets = json_load_file(json, 0, NULL);
	assert_non_null(l->secrets);

	pcap_t *f = pcap_open_offline(pcap, err);

	assert_non_null(f);
	l->mctp = pcap_datalink(f) == MCTP_LINK;
	if (!l->mctp)
		assert_int_equal(pcap_datalink(f), DOE_LINK);
	while (pcap_next_ex(f, &h, &p) == 1) {
		assert_int_equal(h->caplen, h->len);
		(l->mctp ? mctp_packet : packet)(l, p, h->caplen);
	}
	pcap_close(f);
	assert_false(l->asked);
}

void stop(struct listener *l)
{
	for (unsigned i = 0; i < SESSIONS; i++)
		session_drop(l, &l->ses[i]);
	spdm_tr_drop(&l->tr);
	crypto_chain_drop(&l->c, &l->certs);
	assert_int_equal(ossl_live(l->o), 0);
	ossl_free(l->o);
	json_decref(l->secrets);
}
