/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

/*
 * Each crypto call of one side fails once, in turn. Whoever asked gets an
 * error, nothing is committed, nothing is lost.
 */

struct faulty {
	struct crypto inner;
	struct crypto_ops ops;
	unsigned left; /* calls until the one that fails */
	bool armed;
	bool fired;
	bool in_seal;
};

static enum il_err maybe(struct faulty *f)
{
	if (!f->armed || f->fired || f->left-- > 0)
		return IL_OK;
	f->fired = true;
	return IL_E_NOMEM;
}

#define WRAP(name, params, ...)                                             \
	static enum il_err name params                                      \
	{                                                                   \
		struct faulty *f = ctx;                                     \
		enum il_err err = maybe(f);                                 \
                                                                            \
		return err ? err                                            \
			   : f->inner.ops->name(f->inner.ctx, __VA_ARGS__); \
	}

/* clang-format off */
WRAP(hash, (void *ctx, enum crypto_hash_alg alg, const struct crypto_span *parts, size_t n, uint8_t *out),
     alg, parts, n, out)
WRAP(hash_begin, (void *ctx, struct crypto_slot *s, enum crypto_hash_alg alg), s, alg)
WRAP(hash_update, (void *ctx, struct crypto_slot s, const void *p, size_t len), s, p, len)
WRAP(hash_dup, (void *ctx, struct crypto_slot from, struct crypto_slot *to), from, to)
WRAP(hash_final, (void *ctx, struct crypto_slot s, uint8_t *out), s, out)
WRAP(aead_key, (void *ctx, struct crypto_slot *s, enum crypto_aead_alg alg, const uint8_t *key), s, alg, key)
WRAP(aead_open, (void *ctx, struct crypto_slot s, const uint8_t *iv, const void *aad, size_t aad_len,
		 const uint8_t *in, size_t len, uint8_t *out, const uint8_t *tag, size_t tag_len),
     s, iv, aad, aad_len, in, len, out, tag, tag_len)
WRAP(dh_begin, (void *ctx, struct crypto_slot *s, enum crypto_curve curve, uint8_t *pub), s, curve, pub)
WRAP(dh_finish, (void *ctx, struct crypto_slot s, const uint8_t *pub, uint8_t *secret), s, pub, secret)
WRAP(verify, (void *ctx, struct crypto_slot s, const uint8_t *digest, size_t digest_len,
	      const uint8_t *sig, size_t sig_len),
     s, digest, digest_len, sig, sig_len)
WRAP(chain_parse, (void *ctx, const uint8_t *der, size_t len, struct crypto_chain *out), der, len, out)
/* clang-format on */

static enum il_err aead_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			     const void *aad, size_t aad_len, const uint8_t *in,
			     size_t len, uint8_t *out, uint8_t *tag,
			     size_t tag_len)
{
	struct faulty *f = ctx;
	enum il_err err = maybe(f);

	f->in_seal = err != IL_OK;
	return err ? err
		   : f->inner.ops->aead_seal(f->inner.ctx, s, iv, aad, aad_len,
					     in, len, out, tag, tag_len);
}

/* Looks, and cannot fail for want of anything. */
static enum il_err key_kind(void *ctx, struct crypto_slot s,
			    enum crypto_key *kind)
{
	struct faulty *f = ctx;

	return f->inner.ops->key_kind(f->inner.ctx, s, kind);
}

static void drop(void *ctx, struct crypto_slot s)
{
	struct faulty *f = ctx;

	f->inner.ops->drop(f->inner.ctx, s);
}

static struct crypto faulty_crypto(struct faulty *f, struct crypto inner)
{
	*f = (struct faulty){
		.inner = inner,
		.ops = { .hash = hash,
			 .hash_begin = hash_begin,
			 .hash_update = hash_update,
			 .hash_dup = hash_dup,
			 .hash_final = hash_final,
			 .aead_key = aead_key,
			 .aead_seal = aead_seal,
			 .aead_open = aead_open,
			 .dh_begin = dh_begin,
			 .dh_finish = dh_finish,
			 .key_kind = key_kind,
			 .verify = verify,
			 .chain_parse = chain_parse,
			 .drop = drop },
	};
	return (struct crypto){ &f->ops, f };
}

static const uint8_t vid[2] = { 1, 0 };

static const struct {
	enum spdm_req_op op;
	struct spdm_req_args args;
} life[] = {
	{ SPDM_OP_CONNECT, { 0 } },
	{ SPDM_OP_CHALLENGE, { .summary = SPDM_SUMMARY_ALL } },
	{ SPDM_OP_MEASURE, { .index = 1 } },
	{ SPDM_OP_MEASURE, { .index = SPDM_MEAS_ALL, .sign = true } },
	{ SPDM_OP_SESSION, { .summary = SPDM_SUMMARY_TCB } },
	{ SPDM_OP_HEARTBEAT, { 0 } },
	{ SPDM_OP_KEY_UPDATE, { .update = SPDM_UPDATE_ALL_KEYS } },
	{ SPDM_OP_MEASURE, { .index = SPDM_MEAS_ALL, .sign = true } },
	{ SPDM_OP_VENDOR,
	  { .vdm = { SPDM_STD_PCISIG, { vid, 2 }, { vid, 2 } } } },
	{ SPDM_OP_END_SESSION, { 0 } },
	{ SPDM_OP_CONNECT, { 0 } }, /* over a connection that was ready */
};

/* What the responder may be like after the failed call. */
static void check_rsp(struct pair *p, const struct faulty *f,
		      const struct pair_rsp *old)
{
	struct pair_rsp *a = malloc(sizeof(*a));
	const uint8_t code = p->in[1];
	const bool vca =
		p->in_kind == SPDM_PLAIN &&
		(code == SPDM_GET_VERSION || code == SPDM_GET_CAPABILITIES ||
		 code == SPDM_NEGOTIATE_ALGORITHMS);

	assert_non_null(a);
	assert_true(spdm_rsp_sane(&p->rsp));
	memcpy(a, old, sizeof(*a));
	if (f->in_seal) {
		assert_int_equal(p->rsp.cfg.ses[0].state, SPDM_SES_NONE);
	} else if (p->rsp.phase != old->rsp.phase) {
		assert_true(vca);
		assert_int_equal(p->rsp.phase, SPDM_PH_START);
		assert_int_equal(p->rsp.tr.vca[0].n, 0);
		assert_int_equal(p->rsp.tr.vca[1].n, 0);
	} else if (code != SPDM_GET_VERSION || p->in_kind != SPDM_PLAIN) {
		/* Digests of certificates may have been refreshed. */
		memcpy(a->rsp.root_hash, p->rsp.root_hash,
		       sizeof(a->rsp.root_hash));
		memcpy(a->rsp.chain_hash, p->rsp.chain_hash,
		       sizeof(a->rsp.chain_hash));
		/* The ERROR that came of it has begun L1/L2 anew. */
		if (!p->rsp.tr.l12.n)
			a->rsp.tr.l12.n = 0;
		pair_same_but_records(p, a);
	}
	free(a);
}

/* One operation; true if the fault struck in it. */
static bool rsp_step(struct pair *p, struct faulty *f, size_t i)
{
	struct pair_rsp *old = malloc(sizeof(*old));
	enum il_err err = IL_E_AGAIN;

	assert_non_null(old);
	assert_int_equal(spdm_req_begin(&p->req, life[i].op, &life[i].args),
			 IL_OK);
	while (err == IL_E_AGAIN && !f->fired) {
		assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
					       &p->in_len, &p->in_kind),
				 IL_OK);
		pair_keep(p, old);
		err = spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
				      p->out, sizeof(p->out), &p->out_len,
				      &p->out_kind, ++p->now_ns);
		if (f->fired) {
			check_rsp(p, f, old);
			/* Nothing but an ERROR may have come out. */
			if (!err && p->out_len)
				err = spdm_req_push(&p->req, p->out_kind,
						    p->out, p->out_len, 0);
			else
				err = IL_E_TIMEOUT;
			assert_true(err == IL_E_PEER || err == IL_E_TIMEOUT);
			if (err == IL_E_PEER)
				assert_int_equal(spdm_req_peer_error(&p->req),
						 SPDM_ERR_UNSPECIFIED);
			spdm_req_abort(&p->req);
		} else if (p->out_len) {
			err = spdm_req_push(&p->req, p->out_kind, p->out,
					    p->out_len, 0);
		}
	}
	if (!f->fired)
		assert_int_equal(err, IL_OK);
	free(old);
	return f->fired;
}

static void start_over(struct pair *p)
{
	spdm_req_drop_session(&p->req);
	spdm_rsp_reset(&p->rsp);
	/* Only the pair's key is still held, and the requester's side. */
	spdm_req_fini(&p->req);
	assert_int_equal(maker_live(&p->maker), 1);
	pair_start(p);
}

static void a_responder_whose_crypto_fails_commits_nothing(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);
	struct faulty f;
	const struct crypto c = faulty_crypto(&f, p->c);
	unsigned n = 0;

	p->rcfg.crypto = &c;
	pair_start(p);
	for (bool fired = true; fired; n++) {
		fired = false;
		f.armed = true;
		f.fired = false;
		f.in_seal = false;
		f.left = n;
		for (size_t i = 0; i < COUNT(life) && !fired; i++)
			fired = rsp_step(p, &f, i);
		f.armed = false;
		start_over(p);
	}
	assert_true(n > 100);
	pair_free(p);
}

static void a_requester_whose_crypto_fails_gives_up_cleanly(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);
	struct faulty f;
	const struct crypto c = faulty_crypto(&f, p->c);
	unsigned n = 0;

	p->qcfg.crypto = &c;
	pair_start(p);
	for (bool fired = true; fired; n++) {
		f.armed = true;
		f.fired = false;
		f.left = n;
		for (size_t i = 0; i < COUNT(life) && !f.fired; i++) {
			enum il_err err =
				pair_run(p, life[i].op, &life[i].args);

			assert_int_equal(err, f.fired ? IL_E_NOMEM : IL_OK);
			assert_int_equal(p->req.op, SPDM_OP_NONE);
			if (f.fired)
				assert_int_equal(p->req.state,
						 life[i].op != SPDM_OP_CONNECT
							 ? SPDM_REQ_CONNECTED
							 : SPDM_REQ_NEW);
		}
		fired = f.fired;
		f.armed = false;
		start_over(p);
	}
	assert_true(n > 100);
	pair_free(p);
}

/* Does @buf hold @n bytes of @p anywhere? */
static bool holds(const uint8_t *buf, size_t len, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + n <= len; i++)
		if (memcmp(buf + i, p, n) == 0)
			return true;
	return false;
}

static const uint8_t secret[32] = { 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6 };

/* A key on its way to the device is such a payload. Laws 10 and 11. */
static void a_request_that_cannot_be_sealed_leaves_no_plaintext(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);
	struct faulty f;
	const struct crypto c = faulty_crypto(&f, p->c);
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { vid, 2 }, { secret, 32 } }
	};

	p->qcfg.crypto = &c;
	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	/* Room for most of it, not for all. */
	memset(p->in, 0, sizeof(p->in));
	assert_int_equal(
		spdm_req_pull(&p->req, p->in, 60, &p->in_len, &p->in_kind),
		IL_E_SPACE);
	assert_false(holds(p->in, sizeof(p->in), secret, 6));
	f.armed = true;
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_E_NOMEM);
	assert_true(f.fired && f.in_seal);
	assert_false(holds(p->in, sizeof(p->in), secret, 6));
	pair_free(p);
}

static void a_response_that_cannot_be_sealed_leaves_no_plaintext(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);
	struct faulty f;
	uint8_t answer[32];
	const struct crypto c = faulty_crypto(&f, p->c);
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { vid, 2 }, { secret, 32 } }
	};

	p->rcfg.crypto = &c;
	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	memset(p->out, 0, sizeof(p->out));
	/* The port of the pair answers each byte with the next one. */
	for (unsigned i = 0; i < sizeof(answer); i++)
		answer[i] = (uint8_t)(secret[i] + 1);
	f.armed = true;
	f.left = 1; /* the record opens, the answer is not sealed */
	assert_int_equal(spdm_rsp_handle(&p->rsp, p->in_kind, p->in, p->in_len,
					 p->out, sizeof(p->out), &p->out_len,
					 &p->out_kind, 1),
			 IL_E_NOMEM);
	assert_true(f.fired && f.in_seal);
	assert_false(holds(p->out, sizeof(p->out), answer, 6));
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_responder_whose_crypto_fails_commits_nothing),
		cmocka_unit_test(
			a_requester_whose_crypto_fails_gives_up_cleanly),
		cmocka_unit_test(
			a_request_that_cannot_be_sealed_leaves_no_plaintext),
		cmocka_unit_test(
			a_response_that_cannot_be_sealed_leaves_no_plaintext),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
