/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "cli/request.h"
#include "doe/doe.h"

/* Steps that are SPDM's own. */

static const struct rq_bit cap_names[] = {
	{ SPDM_CAP_CACHE, SPDM_CAP_CACHE, "CACHE" },
	{ SPDM_CAP_CERT, SPDM_CAP_CERT, "CERT" },
	{ SPDM_CAP_CHAL, SPDM_CAP_CHAL, "CHAL" },
	{ SPDM_CAP_MEAS_MASK, SPDM_CAP_MEAS_NO_SIG, "MEAS" },
	{ SPDM_CAP_MEAS_MASK, SPDM_CAP_MEAS_SIG, "MEAS_SIG" },
	{ SPDM_CAP_MEAS_FRESH, SPDM_CAP_MEAS_FRESH, "MEAS_FRESH" },
	{ SPDM_CAP_ENCRYPT, SPDM_CAP_ENCRYPT, "ENCRYPT" },
	{ SPDM_CAP_MAC, SPDM_CAP_MAC, "MAC" },
	{ SPDM_CAP_MUT_AUTH, SPDM_CAP_MUT_AUTH, "MUT_AUTH" },
	{ SPDM_CAP_KEY_EX, SPDM_CAP_KEY_EX, "KEY_EX" },
	{ SPDM_CAP_PSK_MASK, SPDM_CAP_PSK, "PSK" },
	{ SPDM_CAP_PSK_MASK, SPDM_CAP_PSK_WITH_CONTEXT, "PSK_WITH_CONTEXT" },
	{ SPDM_CAP_ENCAP, SPDM_CAP_ENCAP, "ENCAP" },
	{ SPDM_CAP_HBEAT, SPDM_CAP_HBEAT, "HBEAT" },
	{ SPDM_CAP_KEY_UPD, SPDM_CAP_KEY_UPD, "KEY_UPD" },
	{ SPDM_CAP_HANDSHAKE_IN_CLEAR, SPDM_CAP_HANDSHAKE_IN_CLEAR,
	  "HANDSHAKE_IN_THE_CLEAR" },
	{ SPDM_CAP_PUB_KEY_ID, SPDM_CAP_PUB_KEY_ID, "PUB_KEY_ID" },
	{ SPDM_CAP_CHUNK, SPDM_CAP_CHUNK, "CHUNK" },
	/* DSP0274 1.2.1, section 10.3, table of responder flags */
	{ BIT(18), BIT(18), "ALIAS_CERT" },
	{ BIT(19), BIT(19), "SET_CERT" },
	{ BIT(20), BIT(20), "CSR" },
	{ BIT(21), BIT(21), "CERT_INSTALL_RESET" },
	/* 1.3.2 and 1.4.0 */
	{ SPDM_CAP_EP_INFO_MASK, SPDM_CAP_EP_INFO_NO_SIG, "EP_INFO" },
	{ SPDM_CAP_EP_INFO_MASK, SPDM_CAP_EP_INFO_SIG, "EP_INFO_SIG" },
	{ SPDM_CAP_MEL, SPDM_CAP_MEL, "MEL" },
	{ SPDM_CAP_EVENT, SPDM_CAP_EVENT, "EVENT" },
	{ SPDM_CAP_MULTI_KEY_MASK, SPDM_CAP_MULTI_KEY_ONLY, "MULTI_KEY_ONLY" },
	{ SPDM_CAP_MULTI_KEY_MASK, SPDM_CAP_MULTI_KEY_NEG, "MULTI_KEY_NEG" },
	{ SPDM_CAP_GET_KEY_PAIR_INFO, SPDM_CAP_GET_KEY_PAIR_INFO,
	  "GET_KEY_PAIR_INFO" },
	{ SPDM_CAP_SET_KEY_PAIR_INFO, SPDM_CAP_SET_KEY_PAIR_INFO,
	  "SET_KEY_PAIR_INFO" },
	{ SPDM_CAP_SET_KEY_PAIR_RESET, SPDM_CAP_SET_KEY_PAIR_RESET,
	  "SET_KEY_PAIR_RESET" },
	{ SPDM_CAP_LARGE_RESP, SPDM_CAP_LARGE_RESP, "LARGE_RESP" },
};

/* Names as DMTF's emulator has them; the last row ends a list. */
struct alg {
	uint32_t bit;
	const char *name;
};

static const struct alg asym_names[] = {
	{ SPDM_ASYM_RSASSA_2048, "RSASSA_2048" },
	{ SPDM_ASYM_RSAPSS_2048, "RSAPSS_2048" },
	{ SPDM_ASYM_RSASSA_3072, "RSASSA_3072" },
	{ SPDM_ASYM_RSAPSS_3072, "RSAPSS_3072" },
	{ SPDM_ASYM_RSASSA_4096, "RSASSA_4096" },
	{ SPDM_ASYM_RSAPSS_4096, "RSAPSS_4096" },
	{ SPDM_ASYM_ECDSA_P256, "ECDSA_P256" },
	{ SPDM_ASYM_ECDSA_P384, "ECDSA_P384" },
	{ SPDM_ASYM_ECDSA_P521, "ECDSA_P521" },
	{ 0, "?" },
};

static const struct alg hash_names[] = {
	{ SPDM_HASH_SHA_256, "SHA_256" },
	{ SPDM_HASH_SHA_384, "SHA_384" },
	{ SPDM_HASH_SHA_512, "SHA_512" },
	{ 0, "?" },
};

static const struct alg dhe_names[] = {
	{ SPDM_DHE_SECP256R1, "SECP_256_R1" },
	{ SPDM_DHE_SECP384R1, "SECP_384_R1" },
	{ SPDM_DHE_SECP521R1, "SECP_521_R1" },
	{ 0, "?" },
};

static const struct alg pqc_names[] = {
	{ SPDM_PQC_ML_DSA_44, "ML_DSA_44" },
	{ SPDM_PQC_ML_DSA_65, "ML_DSA_65" },
	{ SPDM_PQC_ML_DSA_87, "ML_DSA_87" },
	{ 0, "?" },
};

static const struct alg kem_names[] = {
	{ SPDM_KEM_ML_KEM_512, "ML_KEM_512" },
	{ SPDM_KEM_ML_KEM_768, "ML_KEM_768" },
	{ SPDM_KEM_ML_KEM_1024, "ML_KEM_1024" },
	{ 0, "?" },
};

static const struct alg aead_names[] = {
	{ SPDM_AEAD_AES_128_GCM, "AES_128_GCM" },
	{ SPDM_AEAD_AES_256_GCM, "AES_256_GCM" },
	{ SPDM_AEAD_CHACHA20_POLY1305, "CHACHA20_POLY1305" },
	{ 0, "?" },
};

static const char *alg_name(const struct alg *a, uint32_t bit)
{
	while (a->bit && a->bit != bit)
		a++;
	return a->name;
}

void rq_show_versions(struct rq *q, const uint8_t *p, size_t n)
{
	const struct spdm_shape sh = { 0 };
	struct spdm_msg m;
	json_t *list;
	size_t used;

	if (n < 2 || p[1] != SPDM_VERSION ||
	    spdm_msg_decode_padded(p, n, &sh, &m, &used))
		return;
	list = json_array();
	for (unsigned i = 0; i < m.u.version_list.count; i++) {
		const unsigned v = m.u.version_list.entry[i];
		char text[8];

		snprintf(text, sizeof(text), "%u.%u", v >> 12, v >> 8 & 0xf);
		json_array_append_new(list, json_string(text));
	}
	json_object_set_new(q->found, "versions", list);
}

static void show_agreed(struct rq *q)
{
	const struct spdm_req *s = &q->spdm;
	char version[8];

	snprintf(version, sizeof(version), "%u.%u", (s->version >> 4) & 0xfu,
		 s->version & 0xfu);
	json_object_set_new(q->found, "version", json_string(version));
	json_object_set_new(q->found, "capabilities",
			    rq_bits(s->peer_caps, cap_names, COUNT(cap_names)));
	json_object_set_new(q->found, "data_transfer_size",
			    json_integer(s->peer_transfer));
	if (s->pqc_asym)
		json_object_set_new(
			q->found, "pqc_asym",
			json_string(alg_name(pqc_names, s->pqc_asym)));
	else
		json_object_set_new(q->found, "asym",
				    json_string(alg_name(asym_names, s->asym)));
	json_object_set_new(q->found, "hash",
			    json_string(alg_name(hash_names, s->hash)));
	if (!s->dhe && !s->kem)
		return;
	if (s->kem)
		json_object_set_new(q->found, "kem",
				    json_string(alg_name(kem_names, s->kem)));
	else
		json_object_set_new(q->found, "dhe",
				    json_string(alg_name(dhe_names, s->dhe)));
	json_object_set_new(q->found, "aead",
			    json_string(alg_name(aead_names, s->aead)));
}

/* Bytes of the DER object that @p begins with; 0: none. */
static size_t der_len(const uint8_t *p, size_t n)
{
	struct rd r = rd_over(p, n);
	const uint8_t tag = rd_u8(&r);
	size_t len = rd_u8(&r);

	if (len & 0x80)
		len = (len & 0x7f) <= 2 ? rd_be(&r, len & 0x7f) : 0;
	if (r.err || tag != 0x30 || !len || len > rd_left(&r))
		return 0;
	return n - rd_left(&r) + len;
}

/* The names of all certificates, root first. */
static void show_chain(struct rq *q)
{
	struct spdm_span der = spdm_req_certs(&q->spdm);
	json_t *list = json_array();
	size_t n;

	while (der.n && (n = der_len(der.p, der.n)) != 0) {
		struct crypto_chain one = { .count = 0 };

		/* A name can be had of keys that we know; others have none. */
		if (crypto_chain_parse(&q->crypto, der.p, n, &one))
			json_array_append_new(list, json_string("?"));
		else
			json_array_append_new(list, json_string(one.subject));
		crypto_chain_drop(&q->crypto, &one);
		der.p += n;
		der.n -= n;
	}
	json_object_set_new(q->found, "certificates", list);
	rq_show_hex(q->found, "chain_digest", spdm_req_chain_digest(&q->spdm).p,
		    spdm_req_chain_digest(&q->spdm).n);
}

/*
 * RootHash covers the root certificate, which the chain may leave out.
 * Source: DSP0274 1.2.1, section 10.6.1
 */
static enum rq_end trust(struct rq *q)
{
	const size_t n = spdm_hash_len(q->spdm.hash);
	const enum crypto_hash_alg alg = n == 32   ? CRYPTO_SHA256
					 : n == 48 ? CRYPTO_SHA384
						   : CRYPTO_SHA512;
	struct crypto_why why = { .code = CRYPTO_WHY_NONE };
	uint8_t root[CRYPTO_HASH_MAX];

	if (!q->anchor_len) {
		json_object_set_new(q->found, "trusted", json_null());
		return RQ_OK;
	}
	json_object_set_new(q->found, "trusted", json_false());
	if (crypto_hash(&q->crypto, alg, q->anchor, q->anchor_len, root) ||
	    memcmp(root, spdm_req_chain(&q->spdm).p + SPDM_CHAIN_HEAD, n) != 0)
		return rq_say(q, RQ_FAILED,
			      "the chain is of another root than %s",
			      q->o.trust);
	if (crypto_chain_verify(&q->crypto, spdm_req_parsed(&q->spdm),
				q->anchor, q->anchor_len, q->c->now_s(), &why))
		return rq_say(q, RQ_FAILED, "certificate %d: %s", why.cert,
			      crypto_why_name(why.code));
	json_object_set_new(q->found, "trusted", json_true());
	return RQ_OK;
}

enum rq_end rq_connect(struct rq *q)
{
	const struct spdm_req_args a = { .slot = q->o.slot };
	enum rq_end end = RQ_OK;

	if (q->peer.transport == EMU_DOE) {
		const uint32_t both =
			1u << DOE_TYPE_SPDM | 1u << DOE_TYPE_SECURED;
		uint32_t types = 0;

		if (peer_discover(&q->peer, &types))
			return rq_say(q, RQ_FAILED, "DOE discovery: %s",
				      q->peer.why);
		if ((types & both) != both)
			return rq_say(q, RQ_FAILED,
				      "DOE discovery lists no SPDM");
	}
	end = rq_spdm(q, SPDM_OP_CONNECT, &a);
	if (end)
		return end;
	show_agreed(q);
	show_chain(q);
	return trust(q);
}

enum rq_end rq_challenge(struct rq *q)
{
	return rq_spdm(q, SPDM_OP_CHALLENGE, NULL);
}

/* The record, in the form that --expect-measurements reads. */
static void show_record(struct rq *q)
{
	struct spdm_span rec = spdm_req_record(&q->spdm);
	struct rd r = rd_over(rec.p, rec.n);
	json_t *all = json_object();
	struct spdm_meas_block b;

	while (rd_left(&r) && !spdm_meas_block_read(&r, &b)) {
		json_t *one = json_object();
		char key[8];

		snprintf(key, sizeof(key), "%u", b.index);
		json_object_set_new(one, "type", json_integer(b.type));
		rq_show_hex(one, "value", b.value.p, b.value.n);
		json_object_set_new(all, key, one);
	}
	json_object_set_new(q->found, "measurements", all);
}

enum rq_end rq_measure(struct rq *q)
{
	struct spdm_req_args a = { .index = SPDM_MEAS_COUNT };
	const bool inside = q->spdm.state == SPDM_REQ_SESSION;
	enum rq_end end = rq_spdm(q, SPDM_OP_MEASURE, &a);

	if (end)
		return end;
	json_object_set_new(q->found, "count",
			    json_integer(q->spdm.meas_count));
	json_object_set_new(q->found, "in_session", json_boolean(inside));
	a.index = SPDM_MEAS_ALL;
	end = rq_spdm(q, SPDM_OP_MEASURE, &a);
	if (end)
		return end;
	show_record(q);
	json_object_set_new(q->found, "signed", json_false());
	if ((q->spdm.peer_caps & SPDM_CAP_MEAS_MASK) != SPDM_CAP_MEAS_SIG)
		return RQ_OK;
	a.sign = true;
	end = rq_spdm(q, SPDM_OP_MEASURE, &a);
	if (!end)
		json_object_set_new(q->found, "signed", json_true());
	return end;
}

static enum rq_end session_by(struct rq *q, enum spdm_req_op op,
			      const struct spdm_req_args *a)
{
	enum rq_end end = rq_spdm(q, op, a);
	char id[16];

	if (end)
		return end;
	snprintf(id, sizeof(id), "0x%08x", q->spdm.session_id);
	json_object_set_new(q->found, "id", json_string(id));
	json_object_set_new(q->found, "in_the_clear",
			    json_boolean(q->spdm.shape.clear));
	json_object_set_new(q->found, "heartbeat_s",
			    json_integer(q->spdm.heartbeat_s));
	return RQ_OK;
}

enum rq_end rq_session(struct rq *q)
{
	const unsigned signs = q->own.signs;
	const enum rq_end end = session_by(q, SPDM_OP_SESSION, NULL);

	if (!end)
		json_object_set_new(q->found, "mutual",
				    json_boolean(q->own.signs != signs));
	return end;
}

enum rq_end rq_psk_session(struct rq *q)
{
	const char *hint = q->o.hint ? q->o.hint : "";
	const struct spdm_req_args a = {
		.hint = { (const uint8_t *)hint, strlen(hint) },
	};

	if (!q->own.psk_len)
		return rq_say(q, RQ_SKIPPED, "no --psk");
	return session_by(q, SPDM_OP_PSK, &a);
}

/* What the peer asks of us; nothing is an answer too. */
enum rq_end rq_encap(struct rq *q)
{
	const enum rq_end end = rq_spdm(q, SPDM_OP_ENCAP, NULL);
	const uint8_t none = q->spdm.version >= SPDM_V13
				     ? SPDM_ERR_NO_PENDING_REQUESTS
				     : SPDM_ERR_UNEXPECTED_REQUEST;
	const bool nothing =
		end == RQ_REFUSED && spdm_req_peer_error(&q->spdm) == none;

	if (end && !nothing)
		return end;
	json_object_set_new(q->found, "asked", json_boolean(!nothing));
	return RQ_OK;
}

enum rq_end rq_heartbeat(struct rq *q)
{
	return rq_spdm(q, SPDM_OP_HEARTBEAT, NULL);
}

/* Ours first, then both. */
enum rq_end rq_key_update(struct rq *q)
{
	struct spdm_req_args a = { .update = SPDM_UPDATE_KEY };
	enum rq_end end = rq_spdm(q, SPDM_OP_KEY_UPDATE, &a);

	if (end)
		return end;
	a.update = SPDM_UPDATE_ALL_KEYS;
	return rq_spdm(q, SPDM_OP_KEY_UPDATE, &a);
}

enum rq_end rq_end_session(struct rq *q)
{
	return rq_spdm(q, SPDM_OP_END_SESSION, NULL);
}
