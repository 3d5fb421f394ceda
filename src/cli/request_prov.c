/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/request.h"
#include "spdm/mel.h"

/* Steps about what the peer proves itself with, and what it says of itself. */

/* Key pair and model, where the connection has many keys. */
static void name_key(const struct rq *q, struct spdm_req_args *a)
{
	if (!q->spdm.multi_key)
		return;
	a->key_pair = q->o.key_pair;
	a->model = q->o.model;
}

/* ERROR ResetRequired says under which tag it will be there. */
static enum rq_end tagged(struct rq *q, enum rq_end end)
{
	if (end == RQ_REFUSED &&
	    spdm_req_peer_error(&q->spdm) == SPDM_ERR_RESET_REQUIRED)
		json_object_set_new(
			q->found, "tag",
			json_integer(spdm_req_peer_error_data(&q->spdm)));
	return end;
}

enum rq_end rq_csr(struct rq *q)
{
	struct spdm_req_args a = { .tag = q->o.tag,
				   .out = q->kept,
				   .out_cap = sizeof(q->kept) };
	struct crypto_slot pub = { 0 };
	char subject[CRYPTO_NAME_MAX];
	enum rq_end end;
	size_t n;

	name_key(q, &a);
	end = tagged(q, rq_spdm(q, SPDM_OP_CSR, &a));
	if (end)
		return end;
	n = spdm_req_got(&q->spdm);
	rq_show_hex(q->found, "csr", q->kept, n);
	if (crypto_csr_read(&q->crypto, q->kept, n, &pub, subject))
		return rq_say(q, RQ_FAILED,
			      "GET_CSR: no request that its own key has "
			      "signed");
	crypto_drop(&q->crypto, &pub);
	json_object_set_new(q->found, "subject", json_string(subject));
	return RQ_OK;
}

#define BEGIN "-----BEGIN CERTIFICATE-----"

/* Certificates of a PEM text as DER; of a DER file as they are. */
static size_t certificates(struct rq *q, uint8_t *p, size_t n, uint8_t *out,
			   size_t cap)
{
	uint8_t *at = memmem(p, n, BEGIN, sizeof(BEGIN) - 1);
	uint8_t one[CRYPTO_CERT_MAX];
	size_t used = 0, len;

	if (!at) {
		memcpy(out, p, n < cap ? n : cap);
		return n < cap ? n : cap;
	}
	while (at) {
		const size_t left = n - (size_t)(at - p);

		if (identity_anchor(q->lib, at, left, one, &len) ||
		    len > cap - used)
			return 0;
		memcpy(out + used, one, len);
		used += len;
		at = memmem(at + 1, left - 1, BEGIN, sizeof(BEGIN) - 1);
	}
	return used;
}

/* The chain to set, in q->kept; false: q->why. */
static bool read_chain(struct rq *q, struct spdm_span *out)
{
	uint8_t *der = malloc(RQ_CHAIN), *p = NULL;
	size_t n = 0, len = 0;
	bool good = false;

	if (der && !cli_read(q->c, "certificate chain", q->o.set_chain,
			     1u << 16, &p, &n))
		len = certificates(q, p, n, der, RQ_CHAIN);
	if (len)
		good = !spdm_req_chain_make(&q->spdm,
					    (struct spdm_span){ der, len },
					    q->kept, sizeof(q->kept), &n);
	if (good)
		*out = (struct spdm_span){ q->kept, n };
	free(der);
	free(p);
	return good;
}

enum rq_end rq_set_cert(struct rq *q)
{
	struct spdm_req_args a = { .target = q->o.set_slot };

	name_key(q, &a);
	json_object_set_new(q->found, "slot", json_integer(q->o.set_slot));
	if (!q->o.set_chain)
		a.model = SPDM_CERT_MODEL_NONE; /* erases */
	else if (!read_chain(q, &a.set_chain))
		return rq_say(q, RQ_FAILED, "%s: no certificate chain",
			      q->o.set_chain);
	return tagged(q, rq_spdm(q, SPDM_OP_SET_CERT, &a));
}

/* KEY_PAIR_INFO. Source: DSP0274 1.3.2, section 10.27.1 */
static json_t *pair_json(const struct spdm_key_pair *k)
{
	static const struct rq_bit caps[] = {
		{ SPDM_KEY_PAIR_CAP_GEN, SPDM_KEY_PAIR_CAP_GEN, "generate" },
		{ SPDM_KEY_PAIR_CAP_ERASABLE, SPDM_KEY_PAIR_CAP_ERASABLE,
		  "erase" },
		{ SPDM_KEY_PAIR_CAP_CERT_ASSOC, SPDM_KEY_PAIR_CAP_CERT_ASSOC,
		  "move" },
		{ SPDM_KEY_PAIR_CAP_KEY_USAGE, SPDM_KEY_PAIR_CAP_KEY_USAGE,
		  "change-use" },
		{ SPDM_KEY_PAIR_CAP_ASYM, SPDM_KEY_PAIR_CAP_ASYM,
		  "choose-algorithm" },
		{ SPDM_KEY_PAIR_CAP_SHAREABLE, SPDM_KEY_PAIR_CAP_SHAREABLE,
		  "share" },
	};
	static const struct rq_bit use[] = {
		{ SPDM_KEY_USE_KEY_EX, SPDM_KEY_USE_KEY_EX, "key-ex" },
		{ SPDM_KEY_USE_CHALLENGE, SPDM_KEY_USE_CHALLENGE, "challenge" },
		{ SPDM_KEY_USE_MEAS, SPDM_KEY_USE_MEAS, "measurements" },
		{ SPDM_KEY_USE_EP_INFO, SPDM_KEY_USE_EP_INFO, "endpoint-info" },
		{ SPDM_KEY_USE_STANDARDS, SPDM_KEY_USE_STANDARDS, "standards" },
		{ SPDM_KEY_USE_VENDOR, SPDM_KEY_USE_VENDOR, "vendor" },
	};
	static const struct rq_bit alg[] = {
		{ SPDM_KEY_PAIR_RSA_2048, SPDM_KEY_PAIR_RSA_2048, "RSA_2048" },
		{ SPDM_KEY_PAIR_RSA_3072, SPDM_KEY_PAIR_RSA_3072, "RSA_3072" },
		{ SPDM_KEY_PAIR_RSA_4096, SPDM_KEY_PAIR_RSA_4096, "RSA_4096" },
		{ SPDM_KEY_PAIR_ECC_P256, SPDM_KEY_PAIR_ECC_P256,
		  "ECDSA_P256" },
		{ SPDM_KEY_PAIR_ECC_P384, SPDM_KEY_PAIR_ECC_P384,
		  "ECDSA_P384" },
		{ SPDM_KEY_PAIR_ECC_P521, SPDM_KEY_PAIR_ECC_P521,
		  "ECDSA_P521" },
	};
	json_t *slots = json_array();

	for (unsigned i = 0; i < SPDM_SLOTS; i++)
		if (k->slots >> i & 1)
			json_array_append_new(slots, json_integer(i));
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "id", k->id,
			 "algorithm", rq_bits(k->asym, alg, COUNT(alg)),
			 "algorithms", rq_bits(k->asym_caps, alg, COUNT(alg)),
			 "uses", rq_bits(k->usage, use, COUNT(use)),
			 "allowed_uses",
			 rq_bits(k->usage_caps, use, COUNT(use)), "may",
			 rq_bits(k->caps, caps, COUNT(caps)), "slots", slots);
}

enum rq_end rq_key_pairs(struct rq *q)
{
	struct spdm_req_args a = { .wish = { .id = 1 } };
	json_t *list = json_array();
	unsigned total = 1;
	enum rq_end end = RQ_OK;

	json_object_set_new(q->found, "key_pairs", list);
	for (unsigned id = 1; id <= total && !end; id++) {
		a.wish.id = (uint8_t)id;
		end = rq_spdm(q, SPDM_OP_KEY_PAIR, &a);
		if (end)
			break;
		total = spdm_req_pair(&q->spdm)->total;
		json_array_append_new(list, pair_json(spdm_req_pair(&q->spdm)));
	}
	return end;
}

/* The bit of the agreed algorithm among those of key pairs. */
static uint32_t pair_bit(uint32_t asym)
{
	static const struct {
		uint32_t asym;
		uint32_t pair;
	} t[] = {
		{ SPDM_ASYM_ECDSA_P256, SPDM_KEY_PAIR_ECC_P256 },
		{ SPDM_ASYM_ECDSA_P384, SPDM_KEY_PAIR_ECC_P384 },
		{ SPDM_ASYM_ECDSA_P521, SPDM_KEY_PAIR_ECC_P521 },
		{ SPDM_ASYM_RSASSA_2048 | SPDM_ASYM_RSAPSS_2048,
		  SPDM_KEY_PAIR_RSA_2048 },
		{ SPDM_ASYM_RSASSA_3072 | SPDM_ASYM_RSAPSS_3072,
		  SPDM_KEY_PAIR_RSA_3072 },
		{ SPDM_ASYM_RSASSA_4096 | SPDM_ASYM_RSAPSS_4096,
		  SPDM_KEY_PAIR_RSA_4096 },
	};

	for (size_t i = 0; i < COUNT(t); i++)
		if (t[i].asym & asym)
			return t[i].pair;
	return 0;
}

enum rq_end rq_set_key_pair(struct rq *q)
{
	const struct spdm_req_args a = {
		.wish = { .id = q->o.key_pair,
			  .op = q->o.pair_op,
			  .usage = q->o.pair_uses,
			  .asym = q->o.pair_op == SPDM_KEY_PAIR_GENERATE
					  ? pair_bit(q->spdm.asym)
					  : 0,
			  .slots = q->o.pair_slots },
	};

	json_object_set_new(q->found, "id", json_integer(q->o.key_pair));
	return rq_spdm(q, SPDM_OP_SET_KEY_PAIR, &a);
}

enum rq_end rq_endpoint_info(struct rq *q)
{
	const bool sign = (q->spdm.peer_caps & SPDM_CAP_EP_INFO_MASK) ==
			  SPDM_CAP_EP_INFO_SIG;
	const struct spdm_req_args a = { .sub = SPDM_EP_INFO_CLASS_ID,
					 .sign = sign,
					 .out = q->kept,
					 .out_cap = sizeof(q->kept) };
	enum rq_end end = rq_spdm(q, SPDM_OP_ENDPOINT_INFO, &a);

	if (end)
		return end;
	rq_show_hex(q->found, "information", q->kept, spdm_req_got(&q->spdm));
	json_object_set_new(q->found, "signed", json_boolean(sign));
	return RQ_OK;
}

static void show_log(struct rq *q, struct spdm_span log)
{
	json_t *list = json_array();
	struct spdm_mel_entry e;
	struct rd r;
	uint32_t n;

	json_object_set_new(q->found, "log", list);
	if (spdm_mel_entries(log, &r, &n))
		return;
	while (rd_left(&r) && !spdm_mel_next(&r, &e)) {
		json_t *one = json_pack("{s:I, s:i, s:i}", "index",
					(json_int_t)e.index, "measurement",
					e.meas, "type", e.type);

		rq_show_hex(one, "value", e.value.p, e.value.n);
		json_array_append_new(list, one);
	}
}

static enum crypto_hash_alg meas_hash(const struct spdm_req *q)
{
	switch (q->meas_hash) {
	case SPDM_MEAS_HASH_SHA_256:
		return CRYPTO_SHA256;
	case SPDM_MEAS_HASH_SHA_384:
		return CRYPTO_SHA384;
	default:
		return CRYPTO_SHA512;
	}
}

/* Whether the measurement @index is what the log makes of it. */
static enum rq_end compare(struct rq *q, struct spdm_span log, uint8_t index)
{
	const struct spdm_req_args a = { .index = index };
	uint8_t want[CRYPTO_HASH_MAX];
	struct spdm_meas_block b;
	enum rq_end end = rq_spdm(q, SPDM_OP_MEASURE, &a);
	struct spdm_span rec;
	struct rd r;

	if (end)
		return end;
	rec = spdm_req_record(&q->spdm);
	r = rd_over(rec.p, rec.n);
	if (spdm_meas_block_read(&r, &b) ||
	    b.type != SPDM_MEAS_TYPE_HASH_EXTEND)
		return RQ_OK; /* the log says nothing of it */
	if (spdm_mel_extend(&q->crypto, meas_hash(&q->spdm), log, index,
			    want) ||
	    b.value.n != crypto_hash_len(meas_hash(&q->spdm)) ||
	    memcmp(want, b.value.p, b.value.n) != 0)
		return rq_say(q, RQ_FAILED,
			      "the log does not lead to measurement %u", index);
	json_object_set_new(q->found, "leads_to", json_integer(index));
	return RQ_OK;
}

enum rq_end rq_mel(struct rq *q)
{
	const struct spdm_req_args a = { .out = q->kept,
					 .out_cap = sizeof(q->kept) };
	enum rq_end end = rq_spdm(q, SPDM_OP_MEL, &a);
	bool seen[256] = { false };
	struct spdm_mel_entry e;
	struct spdm_span log;
	struct rd r;
	uint32_t n;

	if (end)
		return end;
	log = (struct spdm_span){ q->kept, spdm_req_got(&q->spdm) };
	show_log(q, log);
	if (spdm_mel_entries(log, &r, &n))
		return RQ_FAILED;
	while (!end && rd_left(&r) && !spdm_mel_next(&r, &e)) {
		if (!seen[e.meas])
			end = compare(q, log, e.meas);
		seen[e.meas] = true;
	}
	return end;
}
