/* SPDX-License-Identifier: BSD-2-Clause */
#include "bench.h"

#include <stdlib.h>

#include "doe/doe.h"
#include "spdm/chain.h"

void bench_over(struct bench *b, const struct crypto *c, const struct env *env,
		struct spdm_span certs)
{
	b->table = (struct il_crypto){ c->ops, c->ctx };
	b->env = (struct il_env){ env->random, env->trace, env->ctx };
	b->anchor = (struct il_span){ certs.p, spdm_der_len(certs) };
	b->cfg = (struct il_requester_cfg){
		.crypto = &b->table,
		.env = &b->env,
		.anchors = &b->anchor,
		.anchor_n = 1,
		.now_s = INT64_C(1700000000),
	};
}

void bench_start(struct bench *b)
{
	b->size = il_requester_size(&b->cfg);
	b->mem = malloc(b->size);
	assert_non_null(b->mem);
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_OK);
}

/* All of its memory is wiped. */
void bench_stop(struct bench *b)
{
	const uint8_t *p = b->mem;

	il_requester_fini(b->r);
	for (size_t i = 0; i < b->size; i++)
		assert_int_equal(p[i], 0);
	free(b->mem);
}

/* One object to the device; bytes that come back, 0: none. */
static size_t carry(struct bench *b, size_t n)
{
	struct wr w = wr_over(b->buf, sizeof(b->buf));
	enum spdm_kind kind = SPDM_PLAIN;
	struct doe_type type = { 0 };
	const uint8_t *p = NULL;
	size_t len = 0, out = 0;
	bool secured = false;

	assert_int_equal(doe_unwrap(b->buf, n, BENCH_ROOM, &type, &p, &len),
			 IL_OK);
	assert_true(doe_is_spdm(type, &secured));
	assert_int_equal(b->handle(b->peer, secured ? SPDM_SECURED : SPDM_PLAIN,
				   p, len, b->msg, sizeof(b->msg), &out, &kind),
			 IL_OK);
	if (!out)
		return 0;
	assert_int_equal(
		doe_wrap(&w, doe_spdm(kind == SPDM_SECURED), b->msg, out),
		IL_OK);
	return w.len;
}

enum il_err bench_go(struct bench *b, enum il_req_op op,
		     const struct il_requester_args *args)
{
	enum il_err err = il_requester_begin(b->r, op, args);

	while (!err) {
		size_t n = 0;

		b->now_ns += 1000000;
		if (b->now_ns < il_requester_not_before(b->r))
			b->now_ns = il_requester_not_before(b->r);
		err = il_requester_pull(b->r, b->buf, sizeof(b->buf), &n);
		if (err == IL_E_AGAIN) { /* our own signature is not ready */
			err = IL_OK;
			continue;
		}
		if (err)
			break;
		b->carried++;
		n = carry(b, n);
		if (n && b->spoil)
			n = b->spoil(b->buf, n);
		err = il_requester_push(b->r, b->buf, n, b->now_ns);
		if (!err)
			break;
		if (err == IL_E_AGAIN)
			err = IL_OK;
	}
	return err;
}

const struct il_requester_result *bench_found(const struct bench *b)
{
	return il_requester_result(b->r);
}

void bench_session(struct bench *b)
{
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_SESSION_OPEN, NULL), IL_OK);
	assert_int_equal(il_requester_state(b->r), IL_REQ_SESSION);
}
