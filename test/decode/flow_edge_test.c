/* SPDX-License-Identifier: BSD-2-Clause */
#include "ear.h"

#include <stdlib.h>

#include "../spdm/prov_rig.h"
#include "base/bits.h"

/*
 * Messages that the listener alone hears between those of our two engines. So
 * what they do to a transcript shows in what is signed next. They are written
 * out from DSP0274 1.2.1 and 1.3.2, section 10; what is left out is zero.
 */

static uint8_t m[70000];
static uint8_t fill; /* what is not written out */

static void overhear(struct ear *e, const void *p, size_t n, size_t len)
{
	memset(m, fill, sizeof(m));
	memcpy(m, p, n);
	flow_push(e->f, NULL, SPDM_PLAIN, m, len);
}

static struct ear *connected(void)
{
	struct ear *e = ear_new(pair_new(CRYPTO_P384));

	hear(e, SPDM_OP_CONNECT, NULL);
	return e;
}

static const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					   .sign = true };
static const struct spdm_req_args unsigned_meas = { .index = SPDM_MEAS_ALL };
static const uint8_t no[] = { 0x12, 0x7f, 1, 0 };

static const struct {
	uint8_t head[4];
	size_t len;
	bool m12; /* empties M1/M2 */
} others[] = {
	{ { 0x12, 0x81, 0, 0 }, 4, true },
	{ { 0x12, 0xe0, 0, 0 }, 4, true },
	{ { 0x12, 0xe4, 0, 0 }, 138, true },
	{ { 0x12, 0xe5, 0, 0 }, 52, true },
	{ { 0x12, 0xe6, 0, 0 }, 12, true },
	{ { 0x12, 0xe7, 0, 0 }, 52, true },
	{ { 0x12, 0xe8, 0, 0 }, 4, true },
	{ { 0x12, 0xe9, 1, 1 }, 4, true },
	{ { 0x12, 0xea, 0, 0 }, 4, true },
	{ { 0x12, 0xeb, 0, 0 }, 4, true },
	{ { 0x12, 0xec, 0, 0 }, 4, true },
	{ { 0x13, 0xef, 0, 0 }, 12, true },
	{ { 0x12, 0x82, 0, 0 }, 8, false },
	{ { 0x12, 0x83, 0, 0 }, 36, false },
	{ { 0x12, 0xed, 0, 0 }, 8, false },
	{ { 0x12, 0xfe, 0, 0 }, 9, false },
	{ { 0x12, 0x86, 0, 0 }, 6, false },
};

static void requests_empty_m1_m2_as_they_should(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(others); i++) {
		struct ear *e = connected();

		overhear(e, others[i].head, 4, others[i].len);
		overhear(e, no, sizeof(no), sizeof(no));
		hear(e, SPDM_OP_CHALLENGE, NULL);
		if (e->unknown || e->fails != others[i].m12)
			fail_msg("%02x: %u unknown, %u do not hold",
				 others[i].head[1], e->unknown, e->fails);
		ear_free(e);
	}
}

static void all_other_requests_empty_l1_l2(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(others); i++) {
		struct ear *e = connected();
		/* CHUNK_GET is about carrying others. */
		const bool empties = others[i].head[1] != SPDM_CHUNK_GET;

		hear(e, SPDM_OP_MEASURE, &unsigned_meas);
		overhear(e, others[i].head, 4, others[i].len);
		overhear(e, no, sizeof(no), sizeof(no));
		hear(e, SPDM_OP_MEASURE, &meas);
		if (e->unknown || e->fails != empties)
			fail_msg("%02x: %u unknown, %u do not hold",
				 others[i].head[1], e->unknown, e->fails);
		ear_free(e);
	}
}

/* Put off, or coming in chunks: it is not answered yet. */
static void an_answer_that_is_put_off_empties_nothing(void **unused)
{
	static const uint8_t ask[] = { 0x12, 0xe0, 0, 1 };
	static const uint8_t later[] = { 0x12, 0x7f, 0x42, 0, 1, 0xe0, 1, 1 };
	static const uint8_t large[] = { 0x12, 0x7f, 0x0f, 0, 7 };
	struct ear *e = connected();

	(void)unused;
	hear(e, SPDM_OP_MEASURE, &unsigned_meas);
	overhear(e, ask, sizeof(ask), sizeof(ask));
	overhear(e, later, sizeof(later), sizeof(later));
	overhear(e, ask, sizeof(ask), sizeof(ask));
	overhear(e, large, sizeof(large), sizeof(large));
	hear(e, SPDM_OP_MEASURE, &meas);
	all_is_said(e);
	ear_free(e);
}

/* GET_DIGESTS that did not follow ALGORITHMS is not part of TH. */
static void digests_that_come_late_are_not_part_of_a_session(void **unused)
{
	(void)unused;
	for (unsigned late = 0; late < 2; late++) {
		struct prov *v = prov_new();
		struct pair *p = v->p;
		struct ear *e;

		memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
		memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
		p->rcfg.versions[0] = p->qcfg.versions[0] = SPDM_V13;
		p->qcfg.multi_key = true;
		e = ear_new(p);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL),
				 IL_OK);
		for (unsigned i = 0; i < 3; i++)
			assert_int_equal(ear_exchange(e), IL_E_AGAIN);
		if (late) {
			overhear(e, "\x13\xe8", 2, 4);
			overhear(e, "\x13\x7f\1", 3, 4);
		}
		while (ear_exchange(e) == IL_E_AGAIN)
			;
		hear(e, SPDM_OP_SESSION, NULL);
		assert_int_equal(e->unknown, 0);
		assert_int_equal(e->fails != 0, late);
		flow_fini(e->f);
		free(e->f);
		free(e);
		prov_free(v);
	}
}

/* --- what was not understood --- */

static void what_was_missed_may_have_been_signed(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		const enum spdm_req_op op =
			i ? SPDM_OP_MEASURE : SPDM_OP_CHALLENGE;
		const struct spdm_req_args *a = i ? &meas : NULL;
		struct ear *e = connected();

		overhear(e, "\x12\x99", 2, 4);
		hear(e, op, a);
		assert_int_equal(e->unknown, 1);
		assert_int_equal(e->fails, 0);
		assert_int_equal(e->unsaid, 1);
		/* From then on nothing is missing. */
		hear(e, SPDM_OP_MEASURE, &meas);
		assert_int_equal(e->fails, 0);
		assert_int_equal(e->unsaid, 1);
		ear_free(e);
	}
}

/* In the clear and inside; neither end met it. */
static void what_was_missed_in_a_handshake_may_be_part_of_it(void **unused)
{
	(void)unused;
	for (unsigned clear = 0; clear < 2; clear++) {
		struct pair *p = pair_new(CRYPTO_P384);
		uint8_t record[48] = { 0 };
		struct ear *e;

		if (clear) {
			p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
			p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		}
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_SESSION, NULL),
				 IL_OK);
		assert_int_equal(ear_exchange(e), IL_E_AGAIN);
		put_u32le(record, p->req.session_id);
		put_u16le(record + 4, sizeof(record) - 6);
		if (clear)
			overhear(e, "\x12\x99", 2, 4);
		else
			flow_push(e->f, NULL, SPDM_SECURED, record,
				  sizeof(record));
		while (ear_exchange(e) == IL_E_AGAIN)
			;
		assert_int_equal(e->fails, !clear); /* the tag */
		assert_true(e->unsaid > 0);
		ear_free(e);
	}
}

static void an_answer_elsewhere_answers_nothing(void **unused)
{
	struct ear *e = connected();
	struct pair *p = e->p;

	(void)unused;
	hear(e, SPDM_OP_SESSION, NULL);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_HEARTBEAT, NULL),
			 IL_OK);
	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	flow_push(e->f, NULL, p->in_kind, p->in, p->in_len);
	overhear(e, "\x12\x68", 2, 4); /* HEARTBEAT_ACK, in the clear */
	assert_int_equal(e->unsaid, 1);
	ear_free(e);
}

/* --- lengths that lie --- */

/* A chunk: sequence number, bytes, and in the first those of the whole. */
static void chunk(struct ear *e, uint8_t seq, uint32_t n, uint32_t total,
		  bool last)
{
	const uint8_t get[] = { 0x12, 0x86, 0, 7, seq, 0 };
	uint8_t head[16] = { 0x12, 6, last, 7, seq };

	put_u32le(head + 8, n);
	put_u32le(head + 12, total);
	overhear(e, get, sizeof(get), sizeof(get));
	fill = 1;
	overhear(e, head, seq ? 12 : 16, (seq ? 12u : 16u) + n);
	fill = 0;
}

static void chunks_do_not_add_up_to_more_than_there_is_room_for(void **unused)
{
	static const uint8_t get[] = { 0x12, 0x81, 0, 0 };
	static const uint8_t large[] = { 0x12, 0x7f, 0x0f, 0, 7 };
	struct ear *e = connected();

	(void)unused;
	overhear(e, get, sizeof(get), sizeof(get));
	overhear(e, large, sizeof(large), sizeof(large));
	chunk(e, 0, FLOW_MSG_MAX / 2 + 2, FLOW_MSG_MAX + 4, false);
	chunk(e, 1, FLOW_MSG_MAX / 2 + 2, 0, true);
	/* One is missing between them. */
	overhear(e, get, sizeof(get), sizeof(get));
	overhear(e, large, sizeof(large), sizeof(large));
	chunk(e, 0, 30, 52, false);
	chunk(e, 2, 22, 0, true);
	/* More comes than the first one said. */
	overhear(e, get, sizeof(get), sizeof(get));
	overhear(e, large, sizeof(large), sizeof(large));
	chunk(e, 0, 30, 52, false);
	chunk(e, 1, 23, 0, true);
	assert_int_equal(e->carried, 0);
	assert_int_equal(e->unknown, 0);
	/* Without end. */
	for (unsigned i = 0; i < 100; i++)
		chunk(e, (uint8_t)(i + 1), 60000, 0, false);
	assert_int_equal(e->carried, 0);
	ear_free(e);
}

/* A portion of slot 2 in the old form: at @off, @n bytes, @more to come. */
static void portion(struct ear *e, uint8_t attr, uint16_t off, uint16_t n,
		    uint16_t more)
{
	uint8_t get[8] = { 0x13, 0x82, 2, attr };
	uint8_t head[8] = { 0x13, 2, 2, 0 };

	put_u16le(get + 4, off);
	put_u16le(get + 6, 0xffff);
	put_u16le(head + 4, n);
	put_u16le(head + 6, more);
	overhear(e, get, sizeof(get), sizeof(get));
	overhear(e, head, sizeof(head), sizeof(head) + (size_t)n);
}

static void a_chain_is_read_from_its_beginning_without_a_gap(void **unused)
{
	struct ear *e = connected();

	(void)unused;
	portion(e, 0, 0, 100, 100);
	portion(e, 0, 50, 100, 0);
	assert_int_equal(e->unsaid, 1);
	portion(e, 0, 0, 60000, 60000);
	portion(e, 0, 60000, 60000, 0);
	assert_int_equal(e->unsaid, 2);
	/* How much a slot holds says nothing of what it holds. */
	portion(e, SPDM_CERT_SLOT_SIZE, 0, 0, 0);
	assert_int_equal(e->unsaid, 2);
	assert_int_equal(e->fails + e->unknown, 0);
	/* A chain without certificates is one that does not hold. */
	portion(e, 0, 0, 200, 0);
	assert_int_equal(e->fails, 1);
	ear_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_empty_m1_m2_as_they_should),
		cmocka_unit_test(all_other_requests_empty_l1_l2),
		cmocka_unit_test(an_answer_that_is_put_off_empties_nothing),
		cmocka_unit_test(
			digests_that_come_late_are_not_part_of_a_session),
		cmocka_unit_test(what_was_missed_may_have_been_signed),
		cmocka_unit_test(
			what_was_missed_in_a_handshake_may_be_part_of_it),
		cmocka_unit_test(an_answer_elsewhere_answers_nothing),
		cmocka_unit_test(
			chunks_do_not_add_up_to_more_than_there_is_room_for),
		cmocka_unit_test(
			a_chain_is_read_from_its_beginning_without_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
