/* SPDX-License-Identifier: BSD-2-Clause */
#include "mutual_rig.h"

#include <stdlib.h>

/* What stands where in a responder, and who may not get at it. */

static void a_responder_stays_in_the_places_it_was_given(void **unused)
{
	(void)unused;
	uint8_t rest[(SPDM_RSP_SESSIONS - 1) * sizeof(struct spdm_rsp_session)];
	struct pair *p = pair_new(CRYPTO_P384);

	memset(rest, 0x5a, sizeof(rest));
	memcpy(&p->ses[1], rest, sizeof(rest));
	p->rcfg.ses_count = 1;
	pair_start(p);
	for (unsigned i = 0; i < 2; i++) {
		pair_session(p);
		spdm_req_drop_session(&p->req);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
		assert_int_equal(spdm_req_peer_error(&p->req),
				 SPDM_ERR_SESSION_LIMIT_EXCEEDED);
		(void)spdm_rsp_tick(&p->rsp, p->now_ns);
		spdm_rsp_reset(&p->rsp);
		assert_int_equal(p->ended, i + 1);
	}
	spdm_rsp_fini(&p->rsp);
	assert_memory_equal(&p->ses[1], rest, sizeof(rest));
	assert_int_equal(spdm_rsp_init(&p->rsp, &p->rcfg), IL_OK);
	pair_free(p);
}

static enum il_err calls_back(void *ctx, uint32_t session_id,
			      const struct spdm_vdm *in, uint8_t *out,
			      size_t cap, size_t *len)
{
	const uint8_t version[] = { 0x10, 0x84, 0, 0 };
	struct pair *p = ctx;
	enum spdm_kind kind;

	(void)session_id;
	assert_int_equal(spdm_rsp_handle(&p->rsp, SPDM_PLAIN, version, 4, out,
					 cap, len, &kind, p->now_ns),
			 IL_E_STATE);
	assert_int_equal(*len, 0);
	memcpy(out, in->payload.p, in->payload.n);
	*len = in->payload.n;
	return IL_OK;
}

static void a_port_that_calls_back_is_refused(void **unused)
{
	const uint8_t id[2] = { 1, 0 };
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG, { id, 2 }, { id, 2 } },
	};
	const struct spdm_rsp_up up = { .vendor = calls_back };

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.up = &up;
	pair_start(p);
	pair_session(p);
	assert_int_equal(pair_run(p, SPDM_OP_VENDOR, &a), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
	pair_free(p);
}

static void (*real_drop)(void *ctx, struct crypto_slot s);

static void drop(void *ctx, struct crypto_slot s)
{
	assert_int_not_equal(s.n, 0x41414141);
	real_drop(ctx, s);
}

/* Writes what the peer says before it sees that it cannot be. */
static enum il_err parse(void *ctx, const uint8_t *der, size_t len,
			 struct crypto_chain *out)
{
	(void)ctx;
	(void)der;
	(void)len;
	memset(out, 0x41, sizeof(*out));
	return IL_E_FIELD;
}

/* A name in a refused chain is where channels are closed: it must not choose a
 * slot to drop. */
static void a_refused_chain_names_no_slots(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < MUTUAL_FORMS; i++) {
		struct pair *p = mutual_connected(mutual_forms[i], 0);
		struct crypto_ops ops = *p->c.ops;
		struct crypto mine = { &ops, p->c.ctx };

		real_drop = ops.drop;
		ops.drop = drop;
		ops.chain_parse = parse;
		p->rsp.cfg.crypto = &mine;
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_PEER);
		assert_int_equal(pair_live(p), 0);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_responder_stays_in_the_places_it_was_given),
		cmocka_unit_test(a_port_that_calls_back_is_refused),
		cmocka_unit_test(a_refused_chain_names_no_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
