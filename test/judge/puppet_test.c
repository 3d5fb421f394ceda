/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include "judge/puppet.h"

/* What cases drive: the engine message by message, and bytes of their own. */

static struct judge_case one[] = {
	{ .name = "spdm/one", .group = JUDGE_SPDM },
};
static const struct judge_table table = { one, COUNT(one) };
static const struct judge_table *const tables[] = { &table, NULL };

static struct rig *rig_of(void (*run)(struct judge *j))
{
	struct rig *r = rig_new();

	one[0].run = run;
	r->jcfg.tables = tables;
	return r;
}

static void says(struct rig *r, enum judge_verdict verdict, const char *words)
{
	rig_run(r);
	if (r->res[0].verdict != verdict || !strstr(r->res[0].words, words))
		fail_msg("%s: %s", judge_verdict_name(r->res[0].verdict),
			 r->res[0].words);
	rig_free(r);
}

static void passes(void (*run)(struct judge *j))
{
	says(rig_of(run), JUDGE_PASS, "");
}

static void fails(void (*run)(struct judge *j), const char *words)
{
	says(rig_of(run), JUDGE_FAIL, words);
}

static const uint8_t heartbeat[4] = { SPDM_V12, SPDM_HEARTBEAT };
static const uint8_t count[4] = { SPDM_V12, SPDM_GET_MEASUREMENTS, 0,
				  SPDM_MEAS_COUNT };

/* --- the session's numbers --- */

/* Messages of the case's and of the engine's, in turn. */
static void in_turn(struct judge *j)
{
	if (!judge_session(j))
		return;
	for (unsigned i = 0; i < 3; i++)
		if (!judge_secured(j, count, sizeof(count)) ||
		    !judge_answers(j, SPDM_MEASUREMENTS) ||
		    !judge_op(j, SPDM_OP_MEASURE, NULL))
			return;
	judge_expect(j,
		     judge_engine(j)->ch[SPDM_DIR_REQ].seq == 6 &&
			     judge_engine(j)->ch[SPDM_DIR_RSP].seq == 6,
		     "the numbers are not six");
}

static void the_engine_and_the_case_share_the_numbers(void **unused)
{
	(void)unused;
	passes(in_turn);
}

/* DSP0277 1.1, section 7: what the engine seals is what the hand makes. */
static void by_hand(struct judge *j)
{
	struct spdm_req *q = judge_engine(j);
	uint8_t want[128];
	uint8_t *got = NULL;
	struct judge_seal s;
	size_t n = 0, len = 0;

	if (!judge_session(j))
		return;
	struct spdm_channel ch = q->ch[SPDM_DIR_REQ];

	memcpy(want + spdm_secured_head(&ch), count, sizeof(count));
	assert_int_equal(spdm_secured_seal(&ch, j->cfg.crypto, q->session_id,
					   want, sizeof(want), sizeof(count),
					   &n),
			 IL_OK);
	judge_seal_right(j, sizeof(count), &s);
	if (!judge_seal(j, &s, count, sizeof(count), &got, &len) ||
	    !judge_expect(j, len == n && !memcmp(got, want, n),
			  "another record") ||
	    !judge_ask(j, JUDGE_RECORD, got, len))
		return;
	judge_answers(j, SPDM_MEASUREMENTS);
	judge_op(j, SPDM_OP_MEASURE, NULL);
}

static void a_record_by_hand_is_that_of_the_engine(void **unused)
{
	(void)unused;
	passes(by_hand);
}

/* Each field of a record, wrong by itself, is noticed by the device: so the
 * hand has moved it. Random bytes are none of DOE's. */
static unsigned wrong;

static void wrong_record(struct judge *j)
{
	uint8_t *p = NULL;
	struct judge_seal s;
	size_t n = 0;

	if (!judge_session(j))
		return;
	judge_seal_right(j, sizeof(count), &s);
	if (wrong == 0)
		s.session ^= 1;
	else if (wrong == 1)
		s.seq++;
	else if (wrong == 2)
		s.len++;
	else if (wrong == 3)
		s.app_len++;
	else if (wrong == 4)
		s.random = 4;
	else if (wrong == 5)
		s.dir = SPDM_DIR_RSP;
	if (!judge_seal(j, &s, count, sizeof(count), &p, &n))
		return;
	if (wrong == 6)
		p[n - 1] ^= 1;
	judge_silence_to(j, JUDGE_RECORD, p, wrong == 7 ? n - 4 : n);
}

static void each_field_of_a_record_can_be_made_wrong(void **unused)
{
	(void)unused;
	for (wrong = 0; wrong < 8; wrong++) {
		struct rig *r = rig_of(wrong_record);

		rig_run(r);
		/* Ours is silent, or says DecryptError: no MEASUREMENTS. */
		if (r->res[0].verdict == JUDGE_FAIL)
			assert_non_null(strstr(r->res[0].words, "ERROR"));
		else
			assert_int_equal(r->res[0].verdict, JUDGE_PASS);
		rig_free(r);
	}
}

/* --- message by message --- */

static void slowly(struct judge *j)
{
	struct judge_text t;

	if (!judge_connect(j) || !judge_begin(j, SPDM_OP_SESSION, NULL))
		return;
	for (unsigned i = 0; i < 2; i++)
		if (!judge_next(j, &t) || !judge_ask_raw(j, t.kind, t.p, t.n) ||
		    !judge_push(j))
			return;
	judge_expect(j, judge_engine(j)->state == SPDM_REQ_SESSION,
		     "there is no session");
	judge_op(j, SPDM_OP_MEASURE, NULL);
}

static void the_engine_can_be_carried_message_by_message(void **unused)
{
	(void)unused;
	passes(slowly);
}

static void changed(struct judge *j)
{
	struct judge_text t;

	if (!judge_connect(j) || !judge_begin(j, SPDM_OP_SESSION, NULL) ||
	    !judge_next(j, &t) || !judge_ask_raw(j, t.kind, t.p, t.n) ||
	    !judge_push(j) || !judge_next(j, &t))
		return;
	assert_int_equal(t.kind, JUDGE_SEALED);
	assert_int_equal(t.p[1], SPDM_FINISH);
	t.p[t.n - 1] ^= 1;
	if (judge_ask_raw(j, t.kind, t.p, t.n))
		judge_refused(j, SPDM_ERR_DECRYPT_ERROR);
}

static void a_message_of_the_engine_can_be_changed(void **unused)
{
	(void)unused;
	passes(changed);
}

static void before(struct judge *j)
{
	struct judge_text t;

	if (!judge_connect_before(j, SPDM_NEGOTIATE_ALGORITHMS) ||
	    !judge_next(j, &t))
		return;
	judge_expect(j,
		     t.kind == JUDGE_PLAIN && t.n > 1 &&
			     t.p[1] == SPDM_NEGOTIATE_ALGORITHMS,
		     "it is another message");
	judge_expect(j, judge_engine(j)->peer_caps != 0,
		     "no capabilities are known");
	judge_rest(j);
	judge_expect(j, judge_engine(j)->state == SPDM_REQ_CONNECTED,
		     "it did not go on");
}

static void a_connection_can_be_left_half_way_and_gone_on_with(void **unused)
{
	(void)unused;
	passes(before);
}

/* --- what is awaited --- */

static void other_code(struct judge *j)
{
	if (judge_connect(j) && judge_plain(j, count, sizeof(count)))
		judge_answers(j, SPDM_DIGESTS);
}

static void other_error(struct judge *j)
{
	if (judge_connect(j) && judge_plain(j, heartbeat, sizeof(heartbeat)))
		judge_refused(j, SPDM_ERR_BUSY, SPDM_ERR_DECRYPT_ERROR);
}

static void no_error(struct judge *j)
{
	if (judge_connect(j) && judge_plain(j, count, sizeof(count)))
		judge_refused_any(j);
}

static void other_protocol(struct judge *j)
{
	/* GET_TDISP_VERSION: PCIe Base 6.x §11.3.1 */
	uint8_t m[16] = { 0x10, 0x81 };
	struct spdm_span s;

	if (judge_session(j) && judge_tdisp(j, m, sizeof(m)) &&
	    judge_vendor(j, 1, &s))
		judge_vendor(j, 0, &s);
}

static void what_is_not_as_awaited_fails(void **unused)
{
	(void)unused;
	fails(other_code, "DIGESTS was to come, and what came is MEASUREMENTS");
	fails(other_error, "ERROR Busy or DecryptError was to come, and what "
			   "came is ERROR ");
	fails(no_error, "what came is MEASUREMENTS");
	fails(other_protocol, "another protocol");
}

static void no_answer(struct judge *j)
{
	const uint8_t outside[] = { SPDM_V12, SPDM_VENDOR_DEFINED_REQUEST,
				    0,	      0,
				    3,	      0,
				    2,	      1,
				    0,	      2,
				    0,	      1,
				    0 };

	if (judge_connect(j))
		judge_plain(j, outside, sizeof(outside));
}

static void an_answer_that_does_not_come_fails(void **unused)
{
	(void)unused;
	fails(no_answer, "VENDOR_DEFINED_REQUEST: no answer in time");
}

/* --- time and room --- */

/* CHALLENGE of slot 0 without a summary: DSP0274 1.2.1, section 10.8 */
static bool challenge(struct judge *j, bool raw)
{
	uint8_t m[36] = { SPDM_V12, SPDM_CHALLENGE };

	judge_random(j, m + 4, 32);
	return raw ? judge_ask_raw(j, JUDGE_PLAIN, m, sizeof(m))
		   : judge_plain(j, m, sizeof(m));
}

static void waits(struct judge *j)
{
	if (judge_connect(j) && challenge(j, false))
		judge_answers(j, SPDM_CHALLENGE_AUTH);
}

static void does_not_wait(struct judge *j)
{
	if (judge_connect(j) && challenge(j, true))
		judge_refused(j, SPDM_ERR_RESPONSE_NOT_READY);
}

static void only_waits(struct judge *j)
{
	if (judge_connect(j))
		challenge(j, false);
}

static void a_slow_signature_is_waited_for_unless_it_is_the_point(void **unused)
{
	struct rig *r = rig_of(waits);

	(void)unused;
	r->cfg.sign_us = 50000;
	says(r, JUDGE_PASS, "");
	r = rig_of(does_not_wait);
	r->cfg.sign_us = 50000;
	says(r, JUDGE_PASS, "");
	/* What waiting takes for granted is no expectation. */
	r = rig_of(only_waits);
	r->cfg.sign_us = 50000;
	says(r, JUDGE_BROKEN, "");
}

/* A requester that takes 64 bytes at once gets a chain in chunks. */
static void fetches(struct judge *j)
{
	const uint8_t ask[8] = { SPDM_V12, SPDM_GET_CERTIFICATE, 0, 0, 0, 0, 0,
				 2 };

	judge_offer(j)->transfer = 64;
	if (judge_connect(j) && judge_plain(j, ask, sizeof(ask)) &&
	    judge_answers(j, SPDM_CERTIFICATE))
		judge_expect(j, judge_answer(j)->m.u.cert.portion.n == 0x200,
			     "%zu bytes", judge_answer(j)->m.u.cert.portion.n);
}

static void an_answer_in_chunks_is_put_together(void **unused)
{
	struct rig *r = rig_of(fetches);

	(void)unused;
	r->cfg.max_message = 0x10000;
	r->cfg.spdm.caps |= SPDM_CAP_CHUNK;
	says(r, JUDGE_PASS, "");
}

/* --- the end --- */

static unsigned laters;

static void later_a(struct judge *j)
{
	laters = laters * 10 + 1;
	/* The session is still there. */
	assert_true(judge_secured(j, count, sizeof(count)));
	judge_fail(j, "which does not count");
}

static void later_b(struct judge *j)
{
	laters = laters * 10 + 2;
	judge_expect(j, false, "nor does this");
}

static void with_later(struct judge *j)
{
	if (!judge_session(j))
		return;
	judge_later(j, later_a);
	judge_later(j, later_b);
	judge_later(j, later_a); /* it is there */
	judge_expect(j, true, "it holds");
}

static void what_cleans_up_runs_last_first_and_decides_nothing(void **unused)
{
	(void)unused;
	laters = 0;
	passes(with_later);
	assert_int_equal(laters, 21);
}

static void ends(struct judge *j)
{
	const uint8_t end[4] = { SPDM_V12, SPDM_END_SESSION };

	if (judge_session(j) && judge_secured(j, end, sizeof(end)))
		judge_answers(j, SPDM_END_SESSION_ACK);
}

static unsigned ended;

static void listen(void *ctx, bool answer, enum judge_kind kind,
		   const uint8_t *p, size_t n)
{
	(void)ctx;
	(void)p;
	(void)n;
	ended += !answer && kind == JUDGE_RECORD;
}

/* FINISH and one END_SESSION are secured, whoever ends it. */
static void a_session_is_ended_once(void **unused)
{
	void (*const runs[])(struct judge * j) = { ends, slowly };

	(void)unused;
	for (unsigned i = 0; i < COUNT(runs); i++) {
		struct rig *r = rig_of(runs[i]);

		ended = 0;
		r->jcfg.heard = listen;
		says(r, JUDGE_PASS, "");
		assert_int_equal(ended, 2 + i); /* slowly measures, too */
	}
}

static void no_offer(struct judge *j)
{
	judge_offer(j)->transfer = 1;
	judge_connect(j);
}

static void an_offer_that_cannot_be_is_our_own_mistake(void **unused)
{
	(void)unused;
	says(rig_of(no_offer), JUDGE_BROKEN, "offer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_engine_and_the_case_share_the_numbers),
		cmocka_unit_test(a_record_by_hand_is_that_of_the_engine),
		cmocka_unit_test(each_field_of_a_record_can_be_made_wrong),
		cmocka_unit_test(the_engine_can_be_carried_message_by_message),
		cmocka_unit_test(a_message_of_the_engine_can_be_changed),
		cmocka_unit_test(
			a_connection_can_be_left_half_way_and_gone_on_with),
		cmocka_unit_test(what_is_not_as_awaited_fails),
		cmocka_unit_test(an_answer_that_does_not_come_fails),
		cmocka_unit_test(
			a_slow_signature_is_waited_for_unless_it_is_the_point),
		cmocka_unit_test(an_answer_in_chunks_is_put_together),
		cmocka_unit_test(
			what_cleans_up_runs_last_first_and_decides_nothing),
		cmocka_unit_test(a_session_is_ended_once),
		cmocka_unit_test(an_offer_that_cannot_be_is_our_own_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
