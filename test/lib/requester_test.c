/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_bench.h"

#include <stdlib.h>

#include "doe/doe.h"
#include "mctp/mctp.h"
#include "spdm/chain.h"

/* The installed requester: a connection, a session, what carries them. */

static void connect_tells_what_was_agreed(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct il_requester_peer *p;

	assert_null(il_requester_peer(b->r));
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
	p = il_requester_peer(b->r);
	assert_non_null(p);
	assert_int_equal(p->version, IL_SPDM_V12);
	assert_int_equal(p->asym, IL_SPDM_ASYM_ECDSA_P384);
	assert_int_equal(p->hash, IL_SPDM_HASH_SHA_384);
	assert_int_equal(p->dhe, IL_SPDM_DHE_SECP384R1);
	assert_int_equal(p->transfer, TRANSFER);
	assert_true(p->caps & IL_SPDM_CAP_KEY_EX);
	assert_int_equal(p->certs.n, d->g->cfg.spdm.slots[0].certs.n);
	assert_memory_equal(p->certs.p, d->g->cfg.spdm.slots[0].certs.p,
			    p->certs.n);
	assert_int_equal(p->chain.n, p->certs.n + 4 + 48);
	assert_int_equal(p->chain_hash.n, 48);
	assert_true(p->leaf->count >= 2);
	assert_true(p->vca.n > 100);
}

static void a_chain_under_no_anchor_fails_connect_and_says_why(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct spdm_span all = d->g->cfg.spdm.slots[0].certs;
	const struct spdm_span rest = { all.p + b->anchor.n,
					all.n - b->anchor.n };

	/* The next certificate did not issue the first. */
	b->anchor = (struct il_span){ rest.p, spdm_der_len(rest) };
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_E_AUTH);
	assert_int_not_equal(bench_found(b)->why.code, IL_CRYPTO_WHY_NONE);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	assert_null(il_requester_peer(b->r));
}

static void a_chain_of_another_time_fails_connect(void **unused)
{
	struct bench_dsm *d = bench_dsm_new();
	struct bench *b = &d->b;

	(void)unused;
	b->cfg.now_s = INT64_C(100);
	bench_start(b);
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_E_AUTH);
	assert_int_equal(bench_found(b)->why.code, IL_CRYPTO_WHY_NOT_YET);
	bench_dsm_free(d);
}

static void any_of_several_anchors_will_do(void **unused)
{
	struct bench_dsm *d = bench_dsm_new();
	struct bench *b = &d->b;
	struct il_span two[2] = { { b->anchor.p, b->anchor.n - 1 }, b->anchor };

	(void)unused;
	b->cfg.anchors = two;
	b->cfg.anchor_n = 2;
	bench_start(b);
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_OK);
	bench_dsm_free(d);
}

static void nobody_to_trust_has_to_be_asked_for(void **unused)
{
	struct bench_dsm *d = bench_dsm_new();
	struct bench *b = &d->b;

	(void)unused;
	b->size = il_requester_size(&b->cfg);
	b->mem = malloc(b->size);
	b->cfg.anchor_n = 0;
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_E_ARG);
	b->cfg.anchor_n = 1;
	b->cfg.trust_any = true;
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_E_ARG);
	b->cfg.anchor_n = 0;
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_OK);
	bench_dsm_free(d);
}

static void the_macro_of_its_size_is_enough_and_less_is_refused(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct il_requester_cfg big = { .transfer = 6001,
					      .chain_max = 40001,
					      .kept_max = 9001,
					      .large_max = 70001 };
	struct il_requester *r = NULL;
	uint8_t *mem = malloc(b->size + 8);

	assert_true(il_requester_size(&big) <=
		    IL_REQUESTER_SIZE(6001, 40001, 9001, 70001));
	assert_true(il_requester_size(&b->cfg) <=
		    IL_REQUESTER_SIZE(4032, 16384, 8192, 0));
	assert_int_equal(il_requester_init(&b->cfg, mem, b->size - 1, &r),
			 IL_E_SPACE);
	assert_int_equal(il_requester_init(&b->cfg, mem + 1, b->size, &r),
			 IL_E_SPACE);
	assert_null(r);
	free(mem);
}

static void what_is_reserved_has_to_be_zero(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = { .reserved = { [7] = 1 } };
	struct il_requester_cfg cfg = b->cfg;
	struct il_requester *r = NULL;
	void *mem = malloc(b->size);

	cfg.reserved[7] = UINT64_C(1) << 63;
	assert_int_equal(il_requester_init(&cfg, mem, b->size, &r), IL_E_ARG);
	free(mem);
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, &a), IL_E_ARG);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	a.reserved[7] = 0;
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, &a), IL_OK);
}

/* Bytes of the requests: DSP0274 1.2.1, sections 10.6 to 10.20. */
static void what_is_asked_for_stands_in_the_requests(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct il_requester_args a = {
		.summary = IL_SPDM_SUMMARY_TCB,
		.raw = true,
		.sign = true,
		.index = 1,
		.nonce_given = true,
		.nonce = { 0xaa, 0xbb },
		.update = IL_SPDM_UPDATE_KEY,
		.policy = IL_SPDM_POLICY_TERMINATE,
	};
	const struct il_requester_args slot = { .slot = 3 };

	assert_int_equal(bench_go(b, IL_REQ_CONNECT, &a), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_CHALLENGE, &a), IL_OK);
	assert_int_equal(d->heard[SPDM_CHALLENGE][3], 1);
	assert_int_equal(bench_go(b, IL_REQ_MEASURE, &a), IL_OK);
	assert_int_equal(d->heard[SPDM_GET_MEASUREMENTS][2], 3);
	assert_int_equal(d->heard[SPDM_GET_MEASUREMENTS][3], 1);
	assert_memory_equal(d->heard[SPDM_GET_MEASUREMENTS] + 4, a.nonce, 32);
	assert_int_equal(bench_go(b, IL_REQ_SESSION_OPEN, &a), IL_OK);
	assert_int_equal(d->heard[SPDM_KEY_EXCHANGE][2], 1);
	assert_int_equal(d->heard[SPDM_KEY_EXCHANGE][6], 1); /* policy */
	assert_int_equal(bench_go(b, IL_REQ_KEY_UPDATE, &a), IL_OK);
	assert_int_equal(d->heard[SPDM_KEY_UPDATE][2], 3); /* verified */
	assert_int_equal(bench_go(b, IL_REQ_SESSION_END, &a), IL_OK);
	/* There is no chain in slot 3. */
	assert_int_equal(bench_go(b, IL_REQ_CONNECT, &slot), IL_E_FIELD);
}

static size_t of_another_type(uint8_t *obj, size_t n)
{
	obj[2] = 3; /* with a connection id */
	return n;
}

static void only_the_two_types_of_spdm_are_answers(void **state)
{
	struct bench_dsm *d = *state;

	d->b.spoil = of_another_type;
	assert_int_equal(bench_go(&d->b, IL_REQ_CONNECT, NULL), IL_E_FIELD);
}

static void measurements_come_with_their_signature(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct il_requester_args a = { .sign = true,
					     .summary = IL_SPDM_SUMMARY_ALL,
					     .index = IL_SPDM_MEAS_ALL };
	const struct il_requester_args count = { .index = IL_SPDM_MEAS_COUNT };

	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_CHALLENGE, &a), IL_OK);
	assert_int_equal(bench_found(b)->summary.n, 48);
	assert_int_equal(bench_go(b, IL_REQ_MEASURE, &count), IL_OK);
	assert_int_equal(bench_found(b)->meas_n, 1);
	assert_int_equal(bench_found(b)->sig.n, 0);
	assert_int_equal(bench_go(b, IL_REQ_MEASURE, &a), IL_OK);
	assert_int_equal(bench_found(b)->meas_n, 1);
	assert_int_equal(bench_found(b)->record.n, 4 + 3 + 48);
	assert_int_equal(bench_found(b)->sig.n, 96);
	assert_true(bench_found(b)->messages.n > bench_found(b)->record.n);
}

static void a_session_lives_and_ends(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct il_requester_args sum = { .summary = IL_SPDM_SUMMARY_TCB };

	assert_int_equal(bench_go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_SESSION_OPEN, &sum), IL_OK);
	assert_int_equal(bench_found(b)->heartbeat_s, 10);
	assert_int_equal(bench_found(b)->summary.n, 48);
	assert_int_not_equal(bench_found(b)->session_id, 0);
	assert_int_equal(bench_go(b, IL_REQ_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_KEY_UPDATE, NULL), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_SESSION_END, NULL), IL_OK);
	assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
	assert_int_equal(bench_go(b, IL_REQ_HEARTBEAT, NULL), IL_E_STATE);
}

static void a_vendor_message_is_carried_both_ways(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	static const uint8_t vid[] = { 0x98, 0x1e }, words[] = "some words";
	const struct il_requester_args a = {
		.standard = IL_SPDM_STD_PCISIG,
		.vid = { vid, sizeof(vid) },
		.payload = { words, sizeof(words) },
	};

	bench_session(b);
	assert_int_equal(bench_go(b, IL_REQ_VENDOR, &a), IL_OK);
	assert_int_equal(bench_found(b)->payload.n, sizeof(words));
	assert_memory_equal(bench_found(b)->payload.p, words, sizeof(words));
}

/* --- what is no answer --- */

static size_t other_vendor(uint8_t *obj, size_t n)
{
	obj[0] ^= 2;
	return n;
}

static size_t in_the_clear(uint8_t *obj, size_t n)
{
	obj[2] = 1;
	return n;
}

static size_t cut_off(uint8_t *obj, size_t n)
{
	(void)obj;
	return n - 4;
}

static size_t nothing(uint8_t *obj, size_t n)
{
	(void)obj;
	(void)n;
	return 0;
}

static size_t one_bit(uint8_t *obj, size_t n)
{
	obj[n - 8] ^= 1; /* of the tag */
	return n;
}

static void what_is_no_answer_ends_the_session(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	static const struct {
		size_t (*spoil)(uint8_t *obj, size_t n);
		enum il_err err;
	} t[] = { { other_vendor, IL_E_FIELD },
		  { in_the_clear, IL_E_FIELD },
		  { cut_off, IL_E_SHORT },
		  { nothing, IL_E_SHORT },
		  { one_bit, IL_E_AUTH } };
	const struct il_requester_args a = { .tdisp.function_id = 0x101 };

	for (size_t i = 0; i < COUNT(t); i++) {
		bench_session(b);
		b->spoil = t[i].spoil;
		assert_int_equal(bench_go(b, IL_REQ_TDISP_STATE, &a), t[i].err);
		b->spoil = NULL;
		assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
		assert_string_equal(il_requester_asking(b->r), "");
	}
}

static void calls_out_of_turn_change_nothing(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	size_t n = 0;

	assert_int_equal(il_requester_pull(b->r, b->buf, BENCH_ROOM, &n),
			 IL_E_STATE);
	assert_int_equal(il_requester_push(b->r, b->buf, 8, 0), IL_E_STATE);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_NONE, NULL), IL_E_ARG);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_OPS, NULL), IL_E_ARG);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_CONNECT, NULL), IL_OK);
	assert_string_equal(il_requester_asking(b->r), "GET_VERSION");
	assert_int_equal(il_requester_begin(b->r, IL_REQ_CONNECT, NULL),
			 IL_E_STATE);
	assert_int_equal(il_requester_push(b->r, b->buf, 8, 0), IL_E_STATE);
	assert_int_equal(il_requester_pull(b->r, b->buf, 7, &n), IL_E_SPACE);
	assert_int_equal(il_requester_pull(b->r, b->buf, BENCH_ROOM, &n),
			 IL_OK);
	assert_int_equal(il_requester_pull(b->r, b->buf, BENCH_ROOM, &n),
			 IL_E_STATE);
	il_requester_abort(b->r);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	bench_session(b);
	il_requester_drop(b->r);
	assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
	il_requester_reset(b->r);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
}

/* --- carriers --- */

static void discovery_lists_what_a_mailbox_offers(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	static const struct doe_type types[] = { { DOE_VENDOR_PCISIG, 0 },
						 { 0x1d1a, 3 },
						 { DOE_VENDOR_PCISIG, 1 },
						 { DOE_VENDOR_PCISIG, 2 } };
	const struct doe_type discovery = { DOE_VENDOR_PCISIG, 0 };
	unsigned rounds = 0;
	enum il_err err = il_requester_begin(b->r, IL_REQ_DISCOVER, NULL);

	while (!err || err == IL_E_AGAIN) {
		struct wr w = wr_over(b->buf, sizeof(b->buf));
		uint8_t rsp[DOE_DISCOVERY_LEN];
		size_t n = 0;

		assert_int_equal(
			il_requester_pull(b->r, b->buf, BENCH_ROOM, &n), IL_OK);
		assert_int_equal(n, 12);
		assert_int_equal(
			doe_discover(types, COUNT(types), b->buf + 8, 4, rsp),
			IL_OK);
		assert_int_equal(doe_wrap(&w, discovery, rsp, sizeof(rsp)),
				 IL_OK);
		err = il_requester_push(b->r, b->buf, w.len, 0);
		rounds++;
		if (!err)
			break;
	}
	assert_int_equal(err, IL_OK);
	assert_int_equal(rounds, 4);
	assert_int_equal(bench_found(b)->doe_types, 7);
	/* An answer of SPDM is none to this. */
	assert_int_equal(il_requester_begin(b->r, IL_REQ_DISCOVER, NULL),
			 IL_OK);
	size_t n = 0;
	assert_int_equal(il_requester_pull(b->r, b->buf, BENCH_ROOM, &n),
			 IL_OK);
	b->buf[2] = 1;
	assert_int_equal(il_requester_push(b->r, b->buf, n, 0), IL_E_FIELD);
}

static void mctp_messages_begin_with_their_type(void **unused)
{
	struct bench_dsm *d = bench_dsm_new();
	struct bench *b = &d->b;
	enum spdm_kind kind;
	size_t n = 0, out = 0;

	(void)unused;
	b->cfg.carrier = IL_REQ_MCTP;
	bench_start(b);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_DISCOVER, NULL),
			 IL_E_ARG);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(il_requester_pull(b->r, b->buf, BENCH_ROOM, &n),
			 IL_OK);
	/* GET_VERSION. Source: DSP0275 1.0 */
	static const uint8_t want[] = { 0x05, 0x10, 0x84, 0, 0 };

	assert_int_equal(n, sizeof(want));
	assert_memory_equal(b->buf, want, n);
	assert_int_equal(dsm_handle(&d->g->d, 0, SPDM_PLAIN, b->buf + 1, n - 1,
				    b->msg + 1, BENCH_ROOM - 1, &out, &kind, 0),
			 IL_OK);
	b->msg[0] = MCTP_SPDM;
	assert_int_equal(il_requester_push(b->r, b->msg, out + 1, 0),
			 IL_E_AGAIN);
	assert_string_equal(il_requester_asking(b->r), "GET_CAPABILITIES");
	bench_dsm_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(connect_tells_what_was_agreed),
		T(a_chain_under_no_anchor_fails_connect_and_says_why),
		cmocka_unit_test(a_chain_of_another_time_fails_connect),
		cmocka_unit_test(any_of_several_anchors_will_do),
		cmocka_unit_test(nobody_to_trust_has_to_be_asked_for),
		T(the_macro_of_its_size_is_enough_and_less_is_refused),
		T(what_is_reserved_has_to_be_zero),
		T(what_is_asked_for_stands_in_the_requests),
		T(only_the_two_types_of_spdm_are_answers),
		T(measurements_come_with_their_signature),
		T(a_session_lives_and_ends),
		T(a_vendor_message_is_carried_both_ways),
		T(what_is_no_answer_ends_the_session),
		T(calls_out_of_turn_change_nothing),
		T(discovery_lists_what_a_mailbox_offers),
		cmocka_unit_test(mctp_messages_begin_with_their_type),
	};

	return cmocka_run_group_tests(tests, bench_dsm_open, bench_dsm_close);
}
