/* SPDX-License-Identifier: BSD-2-Clause */
#include "ear.h"

#include "base/bits.h"

/*
 * The listener beside our two engines: what recordings of others do not hold,
 * mutual authentication, encapsulated requests, messages in chunks.
 */

static void a_whole_life_is_heard(void **unused)
{
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12 };
	const struct spdm_req_args upd = { .update = SPDM_UPDATE_ALL_KEYS };
	const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					    .sign = true };

	(void)unused;
	for (unsigned i = 0; i < COUNT(versions); i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		struct ear *e;

		p->rcfg.versions[0] = versions[i];
		p->rcfg.versions[1] = 0;
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_CHALLENGE, NULL);
		hear(e, SPDM_OP_MEASURE, &meas);
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_HEARTBEAT, NULL);
		hear(e, SPDM_OP_KEY_UPDATE, &upd);
		hear(e, SPDM_OP_MEASURE, &meas);
		hear(e, SPDM_OP_END_SESSION, NULL);
		/* A session of the same id follows. */
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_HEARTBEAT, NULL);
		all_is_said(e);
		ear_free(e);
	}
}

static void a_requester_that_signs_is_heard(void **unused)
{
	static const uint8_t forms[] = { SPDM_MUT_AUTH_ENCAP,
					 SPDM_MUT_AUTH_DIGESTS };

	(void)unused;
	for (unsigned i = 0; i < COUNT(forms); i++) {
		struct pair *p = pair_new(CRYPTO_P256);
		struct ear *e;

		pair_mutual(p, forms[i], 0);
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_HEARTBEAT, NULL);
		all_is_said(e);
		assert_true(e->carried >= 2);
		assert_int_equal(e->req_signatures, 1);
		ear_free(e);
	}
}

/* The maker's other leaf is of a responder, and says so. */
static void a_responders_leaf_is_heard_to_be_no_requesters(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);
	const unsigned fails = p->maker.real; /* the fake table has no roles */
	struct ear *e;

	(void)unused;
	pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	e = ear_new(p);
	hear(e, SPDM_OP_CONNECT, NULL);
	hear(e, SPDM_OP_SESSION, NULL);
	assert_int_equal(e->fails, fails);
	assert_true(!fails || strstr(e->first, "chain"));
	assert_int_equal(e->req_signatures, 1);
	ear_free(e);
}

/* --- chunks, written out by hand: DSP0274 1.2.1, section 10.28, 10.29 --- */

/* @n bytes in @head in front of @body, heard as one message. */
static void say(struct ear *e, const uint8_t *head, size_t n,
		const uint8_t *body, size_t len)
{
	uint8_t m[256];

	assert_true(n + len <= sizeof(m));
	memcpy(m, head, n);
	if (len)
		memcpy(m + n, body, len);
	flow_push(e->f, NULL, SPDM_PLAIN, m, n + len);
}

static void an_answer_in_chunks_is_put_together(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);
	struct ear *e = ear_new(p);
	static const uint8_t get[] = { 0x12, 0x81, 0, 0 };
	static const uint8_t large[] = { 0x12, 0x7f, 0x0f, 0, 7 };
	static const uint8_t get0[] = { 0x12, 0x86, 0, 7, 0, 0 };
	static const uint8_t get1[] = { 0x12, 0x86, 0, 7, 1, 0 };
	uint8_t rsp0[] = {
		0x12, 0x06, 0, 7, 0, 0, 0, 0, 30, 0, 0, 0, 0, 0, 0, 0
	};
	uint8_t rsp1[] = { 0x12, 0x06, 1, 7, 1, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t all[4 + 48];
	unsigned before;

	(void)unused;
	hear(e, SPDM_OP_CONNECT, NULL);
	/* DIGESTS of one slot: the digest that was told before. */
	all[0] = 0x12;
	all[1] = SPDM_DIGESTS;
	all[2] = 0;
	all[3] = 1;
	memcpy(all + 4, p->req.chain_digest, 48);
	rsp0[12] = sizeof(all);
	rsp1[8] = sizeof(all) - 30;
	before = e->holds;
	say(e, get, sizeof(get), NULL, 0);
	say(e, large, sizeof(large), NULL, 0);
	say(e, get0, sizeof(get0), NULL, 0);
	say(e, rsp0, sizeof(rsp0), all, 30);
	assert_int_equal(e->carried, 0);
	say(e, get1, sizeof(get1), NULL, 0);
	say(e, rsp1, sizeof(rsp1), all + 30, sizeof(all) - 30);
	assert_int_equal(e->carried, 1);
	assert_int_equal(e->holds, before + 1);
	all_holds(e);
	/* A chunk that is missing: nothing is put together. */
	say(e, get, sizeof(get), NULL, 0);
	say(e, large, sizeof(large), NULL, 0);
	say(e, get1, sizeof(get1), NULL, 0);
	say(e, rsp1, sizeof(rsp1), all + 30, sizeof(all) - 30);
	assert_int_equal(e->carried, 1);
	ear_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_life_is_heard),
		cmocka_unit_test(a_requester_that_signs_is_heard),
		cmocka_unit_test(
			a_responders_leaf_is_heard_to_be_no_requesters),
		cmocka_unit_test(an_answer_in_chunks_is_put_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
