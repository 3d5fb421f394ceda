/* SPDX-License-Identifier: BSD-2-Clause */
#include "../spdm/prov_rig.h"

#include <stdlib.h>

#include "bench.h"
#include "doe/doe.h"
#include "interlock/evidence.h"
#include "spdm/sig.h"

/* The installed requester before a responder that asks back, has a pre-shared
 * key, is provisioned: test/spdm/pair.c, prov_rig.c. */

struct place {
	struct bench b; /* first: a test's state is this */
	struct prov *v; /* or a pair alone */
	struct pair *p;
	unsigned signs, infos;
	uint8_t last[64]; /* request, in the clear */
	unsigned slow;	  /* times that a signature is not ready */
	enum il_err psk_err;
};

static enum il_err handle(void *peer, enum spdm_kind kind, const uint8_t *in,
			  size_t n, uint8_t *out, size_t cap, size_t *len,
			  enum spdm_kind *back)
{
	struct pair *p = peer;

	p->now_ns += 1000000;
	spdm_rsp_via(&p->rsp, &doe_binding);
	return spdm_rsp_handle(&p->rsp, kind, in, n, out, cap, len, back,
			       p->now_ns);
}

static enum il_err sign(void *ctx, uint8_t slot, uint32_t asym,
			const uint8_t *digest, size_t digest_len, uint8_t *sig,
			size_t sig_len)
{
	struct place *x = ctx;

	assert_int_equal(slot, 0);
	if (x->slow) {
		x->slow--;
		return IL_E_AGAIN;
	}
	x->signs++;
	return spdm_sig_make(&x->p->c, x->p->maker.key, asym, digest,
			     digest_len, sig, sig_len);
}

static enum il_err psk(void *ctx, struct il_span hint, uint32_t hash,
		       const uint8_t *salt, size_t salt_len, uint8_t *secret)
{
	static const uint8_t key[5] = { 1, 2, 3, 4, 5 };
	struct place *x = ctx;

	assert_int_equal(hash, IL_SPDM_HASH_SHA_384);
	assert_int_equal(hint.n, sizeof(PAIR_HINT));
	assert_memory_equal(hint.p, PAIR_HINT, hint.n);
	if (x->psk_err)
		return x->psk_err;
	return crypto_hkdf_extract(&x->p->c, CRYPTO_SHA384, salt, salt_len, key,
				   sizeof(key), secret);
}

static enum il_err endpoint_info(void *ctx, uint8_t sub, uint8_t *out,
				 size_t cap, size_t *len)
{
	struct place *x = ctx;

	assert_int_equal(sub, IL_SPDM_EP_INFO_CLASS_ID);
	assert_true(cap >= 4);
	x->infos++;
	memset(out, 7, 4);
	*len = 4;
	return IL_OK;
}

static const struct il_requester_port port = { .sign = sign,
					       .psk = psk,
					       .endpoint_info = endpoint_info };

/* Before a pair, or a responder that is provisioned. */
static struct place *place_new(bool prov)
{
	struct place *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->v = prov ? prov_new() : NULL;
	x->p = prov ? x->v->p : pair_new(CRYPTO_P384);
	bench_over(
		&x->b, &x->p->c, &x->p->env,
		(struct spdm_span){ x->p->maker.certs, x->p->maker.certs_len });
	x->b.handle = handle;
	x->b.peer = x->p;
	return x;
}

/* By @version alone. */
static void start(struct place *x, uint8_t version)
{
	memset(x->p->rcfg.versions, 0, sizeof(x->p->rcfg.versions));
	x->p->rcfg.versions[0] = version;
	x->b.cfg.versions[0] = version;
	pair_start(x->p);
	bench_start(&x->b);
}

static void place_free(struct place *x)
{
	bench_stop(&x->b);
	if (x->v)
		prov_free(x->v);
	else
		pair_free(x->p);
	free(x);
}

static void a_session_under_a_shared_key_is_opened(void **unused)
{
	(void)unused;
	struct place *x = place_new(false);
	const struct il_requester_args a = {
		.hint = { (const uint8_t *)PAIR_HINT, sizeof(PAIR_HINT) },
	};

	x->p->rcfg.caps |= SPDM_CAP_PSK_WITH_CONTEXT;
	x->b.cfg.port = &port;
	x->b.cfg.port_ctx = x;
	start(x, SPDM_V12);
	assert_int_equal(bench_go(&x->b, IL_REQ_CONNECT, NULL), IL_OK);
	x->psk_err = IL_E_ARG;
	assert_int_equal(bench_go(&x->b, IL_REQ_SESSION_PSK, &a), IL_E_ARG);
	x->psk_err = IL_OK;
	assert_int_equal(bench_go(&x->b, IL_REQ_SESSION_PSK, &a), IL_OK);
	assert_int_equal(il_requester_state(x->b.r), IL_REQ_SESSION);
	assert_int_equal(bench_go(&x->b, IL_REQ_SESSION_END, NULL), IL_OK);
	place_free(x);
}

static const uint8_t *heard(void *ctx, uint32_t session_id, const uint8_t *in,
			    size_t *n)
{
	struct place *x = ctx;

	(void)session_id;
	memcpy(x->last, in, *n < sizeof(x->last) ? *n : sizeof(x->last));
	return in;
}

static void a_peer_that_keeps_what_was_agreed_can_be_told_not_to(void **unused)
{
	(void)unused;
	for (int clear = 0; clear < 2; clear++) {
		struct place *x = place_new(false);
		const struct il_requester_args a = { .clear_state = clear };

		x->p->rcfg.caps |= SPDM_CAP_CACHE;
		x->p->rcfg.heard = heard;
		x->p->rcfg.tap_ctx = x;
		x->p->rcfg.tap = NULL;
		start(x, SPDM_V12);
		bench_session(&x->b);
		assert_int_equal(bench_go(&x->b, IL_REQ_SESSION_END, &a),
				 IL_OK);
		assert_int_equal(x->last[1], SPDM_END_SESSION);
		assert_int_equal(x->last[2], clear);
		il_requester_reset(x->b.r);
		assert_int_equal(il_requester_state(x->b.r),
				 clear ? IL_REQ_NEW : IL_REQ_CONNECTED);
		place_free(x);
	}
}

static void prove(struct place *x)
{
	x->b.cfg.port = &port;
	x->b.cfg.port_ctx = x;
	x->b.cfg.own_asym = SPDM_ASYM_ECDSA_P384;
	x->b.cfg.slots[0].certs =
		(struct il_span){ x->p->maker.certs, x->p->maker.certs_len };
}

static void who_is_asked_proves_itself_also_slowly(void **unused)
{
	(void)unused;
	static const uint8_t how[] = { SPDM_MUT_AUTH, SPDM_MUT_AUTH_ENCAP,
				       SPDM_MUT_AUTH_DIGESTS };

	for (size_t i = 0; i < COUNT(how); i++) {
		struct place *x = place_new(false);

		pair_mutual(x->p, how[i], 0);
		prove(x);
		start(x, SPDM_V12);
		x->slow = 2;
		bench_session(&x->b);
		assert_int_equal(x->signs, 1);
		assert_int_equal(x->slow, 0);
		/* In the first form the peer has our chain already. */
		assert_int_equal(x->p->trusted, how[i] != SPDM_MUT_AUTH);
		place_free(x);
	}
}

static void a_capability_without_its_entry_is_no_requester(void **unused)
{
	(void)unused;
	struct place *x = place_new(false);
	struct il_requester_port none = { NULL, NULL, NULL, NULL };
	static const struct {
		uint32_t caps, asym, pqc;
	} t[] = { { IL_SPDM_CAP_PSK, 0, 0 },
		  { IL_SPDM_CAP_EP_INFO_SIG, 0, 0 },
		  { 0, IL_SPDM_ASYM_ECDSA_P256, 0 },
		  { 0, 0, IL_SPDM_PQC_ML_DSA_44 } };
	struct il_requester *r = NULL;
	void *mem = malloc(IL_REQUESTER_SIZE(4032, 16384, 8192, 0));

	for (size_t i = 0; i < 2 * COUNT(t); i++) {
		struct il_requester_cfg c = x->b.cfg;

		c.port = i % 2 ? &none : NULL;
		c.caps = t[i / 2].caps;
		c.own_asym = t[i / 2].asym;
		c.own_pqc = t[i / 2].pqc;
		assert_int_equal(
			il_requester_init(
				&c, mem,
				IL_REQUESTER_SIZE(4032, 16384, 8192, 0), &r),
			IL_E_ARG);
	}
	assert_null(r);
	free(mem);
	start(x, SPDM_V12);
	place_free(x);
}

static void a_slow_peer_is_asked_again_not_before_its_time(void **unused)
{
	(void)unused;
	struct place *x = place_new(false);
	static uint8_t kept[PAIR_TRANSFER];
	uint64_t begin;
	unsigned before;

	x->p->rcfg.kept = kept;
	x->p->rcfg.kept_cap = sizeof(kept);
	x->p->rcfg.rdt_exponent = 23; /* 8.4 s */
	x->p->rcfg.rdt_factor = 4;
	start(x, SPDM_V12);
	assert_int_equal(bench_go(&x->b, IL_REQ_CONNECT, NULL), IL_OK);
	x->p->sign_err = IL_E_AGAIN;
	before = x->b.carried;
	begin = x->b.now_ns;
	assert_int_equal(bench_go(&x->b, IL_REQ_CHALLENGE, NULL), IL_E_TIMEOUT);
	assert_int_equal(x->b.carried - before, 1 + 8);
	assert_true(x->b.now_ns - begin > 8 * UINT64_C(8000000000));
	place_free(x);
}

/* --- provisioning --- */

static struct place *provisioned(bool many)
{
	struct place *x = place_new(true);

	x->b.cfg.multi_key = many;
	x->b.cfg.large_max = 16384;
	start(x, SPDM_V13);
	assert_int_equal(bench_go(&x->b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(il_requester_peer(x->b.r)->multi_key, many);
	assert_int_equal(bench_go(&x->b, IL_REQ_SESSION_OPEN, NULL), IL_OK);
	return x;
}

static void a_certificate_request_is_fetched(void **unused)
{
	(void)unused;
	struct place *x = provisioned(true);
	struct il_requester_args a = {
		.key_pair = 2,
		.model = IL_SPDM_CERT_MODEL_GENERIC,
	};

	assert_int_equal(bench_go(&x->b, IL_REQ_CSR, &a), IL_E_ARG);
	a.out = x->b.out;
	a.out_cap = sizeof(x->b.out);
	assert_int_equal(bench_go(&x->b, IL_REQ_CSR, &a), IL_OK);
	assert_int_equal(bench_found(&x->b)->out_len, 300);
	assert_int_equal(x->b.out[0], 0x30);
	assert_int_equal(x->v->csr.key_pair, 2);
	assert_int_equal(x->v->csr.model, SPDM_CERT_MODEL_GENERIC);
	x->v->csr_err = IL_E_NOMEM;
	x->v->reset = true;
	assert_int_equal(bench_go(&x->b, IL_REQ_CSR, &a), IL_E_PEER);
	assert_int_equal(bench_found(&x->b)->spdm_error, IL_SPDM_ERR_BUSY);
	a.out_cap = 299;
	x->v->csr_err = IL_OK;
	x->v->reset = false;
	assert_int_equal(bench_go(&x->b, IL_REQ_CSR, &a), IL_E_NOMEM);
	place_free(x);
}

static void a_slot_is_written_and_erased(void **unused)
{
	(void)unused;
	struct place *x = provisioned(true);
	struct il_requester_args a = {
		.target = 1,
		.key_pair = 2,
		.model = IL_SPDM_CERT_MODEL_GENERIC,
		.certs = { x->p->maker.certs, x->p->maker.certs_len },
	};

	assert_int_equal(bench_go(&x->b, IL_REQ_SET_CERT, &a), IL_E_ARG);
	a.out = x->b.out;
	a.out_cap = 100;
	assert_int_equal(bench_go(&x->b, IL_REQ_SET_CERT, &a), IL_E_SPACE);
	a.out_cap = sizeof(x->b.out);
	assert_int_equal(bench_go(&x->b, IL_REQ_SET_CERT, &a), IL_OK);
	assert_int_equal(x->v->certs, 1);
	assert_memory_equal(x->v->slot[1], x->p->maker.certs,
			    x->p->maker.certs_len);
	a.certs.n = 0;
	a.model = 0;
	assert_int_equal(bench_go(&x->b, IL_REQ_SET_CERT, &a), IL_OK);
	assert_int_equal(x->v->certs, 2);
	assert_int_equal(x->v->cert.certs.n, 0);
	place_free(x);
}

static void key_pairs_are_read_and_changed(void **unused)
{
	(void)unused;
	struct place *x = provisioned(true);
	struct il_requester_args a = { .key_pair = 3 };
	const struct il_key_pair *k;

	assert_int_equal(bench_go(&x->b, IL_REQ_KEY_PAIR, &a), IL_OK);
	k = &bench_found(&x->b)->pair;
	assert_int_equal(k->total, 3);
	assert_int_equal(k->id, 3);
	assert_int_equal(k->caps, 0x1f);
	assert_int_equal(k->usage_caps, 0xf);
	assert_int_equal(k->usage, 0);
	assert_int_equal(k->asym_caps,
			 IL_SPDM_KEY_PAIR_ECC_P256 | IL_SPDM_KEY_PAIR_ECC_P384);
	assert_int_equal(k->info.n, 18);
	a.pair_op = IL_SPDM_KEY_PAIR_GENERATE;
	a.pair_usage = IL_SPDM_KEY_USE_MEAS;
	a.pair_asym = IL_SPDM_KEY_PAIR_ECC_P256;
	a.pair_slots = 4;
	assert_int_equal(bench_go(&x->b, IL_REQ_SET_KEY_PAIR, &a), IL_OK);
	assert_int_equal(x->v->set.id, 3);
	assert_int_equal(x->v->set.op, SPDM_KEY_PAIR_GENERATE);
	assert_int_equal(x->v->set.usage, SPDM_KEY_USE_MEAS);
	assert_int_equal(x->v->set.asym, SPDM_KEY_PAIR_ECC_P256);
	assert_int_equal(x->v->set.slots, 4);
	place_free(x);
}

static void endpoint_information_and_log_are_fetched(void **unused)
{
	(void)unused;
	struct place *x = provisioned(false);
	struct il_requester_args a = { .sub = IL_SPDM_EP_INFO_CLASS_ID,
				       .sign = true,
				       .out = x->b.out,
				       .out_cap = sizeof(x->b.out) };

	assert_int_equal(bench_go(&x->b, IL_REQ_ENDPOINT_INFO, &a), IL_OK);
	assert_int_equal(bench_found(&x->b)->out_len, 10);
	assert_memory_equal(x->b.out, "\1\0\0\0\4\3\2\x1a\x1d\0", 10);
	assert_int_equal(bench_go(&x->b, IL_REQ_LOG, &a), IL_OK);
	assert_int_equal(bench_found(&x->b)->out_len, x->v->log_len);
	assert_memory_equal(x->b.out, x->v->log, x->v->log_len);
	place_free(x);
}

/* --- evidence --- */

static struct il_requester_args all(void)
{
	return (struct il_requester_args){ .sign = true,
					   .index = IL_SPDM_MEAS_ALL };
}

/* Collected, carried as bytes, judged. */
static void accepted(struct place *x, uint8_t version)
{
	struct il_evidence_policy want = { .anchors = &x->b.anchor,
					   .anchor_n = 1,
					   .now_s = x->b.cfg.now_s,
					   .version_min = version };
	static uint8_t buf[32768], bytes[32768];
	struct il_requester_args a = all();
	struct il_evidence_findings found;
	struct il_evidence_verdict v;
	struct il_evidence ev, back;
	size_t n = 0, need = 0;

	a.nonce_given = true;
	memset(a.nonce, 0x3c, sizeof(a.nonce));
	memcpy(want.nonce, a.nonce, sizeof(a.nonce));
	assert_int_equal(bench_go(&x->b, IL_REQ_MEASURE, &a), IL_OK);
	assert_int_equal(il_evidence_collect(x->b.r, NULL, buf, 10, &ev, &need),
			 IL_E_SPACE);
	assert_int_equal(
		il_evidence_collect(x->b.r, NULL, buf, need - 1, &ev, &n),
		IL_E_SPACE);
	assert_int_equal(il_evidence_collect(x->b.r, NULL, buf, need, &ev, &n),
			 IL_OK);
	assert_int_equal(n, need);
	assert_int_equal(il_evidence_encode(&ev, bytes, sizeof(bytes), &n),
			 IL_OK);
	assert_int_equal(
		il_evidence_decode((struct il_span){ bytes, n }, &back), IL_OK);
	assert_int_equal(il_evidence_appraise(&x->b.table, &want, &back, NULL,
					      &found, &v),
			 IL_OK);
	assert_int_equal(found.version, version);
	assert_true(found.meas_n >= 2);
	want.nonce[0] ^= 1;
	assert_int_equal(il_evidence_appraise(&x->b.table, &want, &back, NULL,
					      &found, &v),
			 IL_E_AUTH);
	assert_int_equal(v.why, IL_EVIDENCE_MEAS_NONCE);
}

static void evidence_of_every_version_is_collected_and_accepted(void **unused)
{
	(void)unused;

	for (uint8_t v = SPDM_V10; v <= SPDM_V14; v++) {
		struct place *x = place_new(false);
		struct il_requester_args one = { .index = 1 };
		struct il_evidence ev;
		uint8_t buf[64];
		size_t n;

		start(x, v);
		assert_int_equal(bench_go(&x->b, IL_REQ_CONNECT, NULL), IL_OK);
		assert_int_equal(il_evidence_collect(x->b.r, NULL, buf,
						     sizeof(buf), &ev, &n),
				 IL_E_STATE);
		accepted(x, v);
		/* What is asked before the signature is signed with it. */
		assert_int_equal(bench_go(&x->b, IL_REQ_MEASURE, &one), IL_OK);
		assert_int_equal(il_evidence_collect(x->b.r, NULL, buf,
						     sizeof(buf), &ev, &n),
				 IL_E_STATE);
		accepted(x, v);
		if (v >= SPDM_V11) {
			assert_int_equal(
				bench_go(&x->b, IL_REQ_SESSION_OPEN, NULL),
				IL_OK);
			accepted(x, v);
		}
		place_free(x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_under_a_shared_key_is_opened),
		cmocka_unit_test(
			a_peer_that_keeps_what_was_agreed_can_be_told_not_to),
		cmocka_unit_test(who_is_asked_proves_itself_also_slowly),
		cmocka_unit_test(
			a_capability_without_its_entry_is_no_requester),
		cmocka_unit_test(
			a_slow_peer_is_asked_again_not_before_its_time),
		cmocka_unit_test(a_certificate_request_is_fetched),
		cmocka_unit_test(a_slot_is_written_and_erased),
		cmocka_unit_test(key_pairs_are_read_and_changed),
		cmocka_unit_test(endpoint_information_and_log_are_fetched),
		cmocka_unit_test(
			evidence_of_every_version_is_collected_and_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
