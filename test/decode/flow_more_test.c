/* SPDX-License-Identifier: BSD-2-Clause */
#include "ear.h"

#include <stdlib.h>

#include "../spdm/prov_rig.h"
#include "base/bits.h"
#include "mctp/mctp.h"

/*
 * The listener beside our two engines: waiting, large requests, and what
 * either end proves or asks outside of handshakes.
 */

#define CAP 70000

static uint8_t kept[PAIR_TRANSFER], rsp_large[CAP], req_large[CAP];
static uint8_t rsp_scratch[2 * CAP], big[3000];

static const struct spdm_req_args vendor = {
	.vdm = { SPDM_STD_PCISIG,
		 { (const uint8_t *)"\x01\x00", 2 },
		 { big, sizeof(big) } },
};
static const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					   .sign = true };

static struct pair *chunky(uint16_t transfer)
{
	struct pair *p = pair_new(CRYPTO_P384);

	big[0] = 7; /* a protocol that is not ours */
	p->rcfg.caps |= SPDM_CAP_CHUNK;
	p->qcfg.caps |= SPDM_CAP_CHUNK;
	p->rcfg.large = rsp_large;
	p->qcfg.large = req_large;
	p->rcfg.large_cap = p->qcfg.large_cap = CAP;
	p->rcfg.transfer = p->qcfg.transfer = transfer;
	p->rcfg.scratch = rsp_scratch;
	p->rcfg.scratch_len = sizeof(rsp_scratch);
	return p;
}

static void only(struct pair *p, uint8_t version)
{
	memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
	p->rcfg.versions[0] = version;
	memcpy(p->qcfg.versions, p->rcfg.versions, sizeof(p->rcfg.versions));
}

/* 42 bytes: everything comes in chunks, on the way there and back. */
static void large_requests_and_answers_are_put_together(void **unused)
{
	static const uint8_t versions[] = { SPDM_V12, SPDM_V13, SPDM_V14 };

	(void)unused;
	for (unsigned i = 0; i < 2 * COUNT(versions); i++) {
		struct pair *p = chunky(i & 1 ? 42 : 600);
		struct ear *e;

		only(p, versions[i / 2]);
		p->qcfg.binding = i & 1 ? &mctp_binding : NULL;
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_CHALLENGE, NULL);
		hear(e, SPDM_OP_MEASURE, &meas);
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_MEASURE, &meas);
		hear(e, SPDM_OP_VENDOR, &vendor);
		hear(e, SPDM_OP_END_SESSION, NULL);
		all_is_said(e);
		assert_true(e->kinds[SPDM_CHUNK_SEND] > 4);
		/* Not only its pieces: the whole, and its answer. */
		assert_int_equal(e->kinds[SPDM_VENDOR_DEFINED_REQUEST], 1);
		assert_int_equal(e->kinds[SPDM_VENDOR_DEFINED_RESPONSE], 1);
		assert_int_equal(e->kinds[SPDM_CHALLENGE_AUTH], 1);
		ear_free(e);
	}
}

static void what_had_to_wait_is_still_followed(void **unused)
{
	static const enum spdm_req_op op[] = { SPDM_OP_CHALLENGE,
					       SPDM_OP_MEASURE, SPDM_OP_SESSION,
					       SPDM_OP_MEASURE };
	struct pair *p = pair_new(CRYPTO_P384);
	struct ear *e;

	(void)unused;
	p->rcfg.kept = kept;
	p->rcfg.kept_cap = sizeof(kept);
	p->rcfg.rdt_exponent = 10;
	p->rcfg.rdt_factor = 4;
	e = ear_new(p);
	hear(e, SPDM_OP_CONNECT, NULL);
	for (unsigned i = 0; i < COUNT(op); i++) {
		const struct spdm_req_args none = { .index = 0 };
		unsigned turns = 3;
		enum il_err err;

		assert_int_equal(spdm_req_begin(&p->req, op[i],
						op[i] == SPDM_OP_MEASURE
							? &meas
							: &none),
				 IL_OK);
		do {
			p->sign_err = turns ? IL_E_AGAIN : IL_OK;
			turns -= turns != 0;
			err = ear_exchange(e);
		} while (err == IL_E_AGAIN);
		assert_int_equal(err, IL_OK);
	}
	all_is_said(e);
	assert_int_equal(e->kinds[SPDM_ERROR], 12);
	assert_int_equal(e->kinds[SPDM_RESPOND_IF_READY], 12);
	ear_free(e);
}

/* CHALLENGE both ways; before 1.2 the second transcript has no VCA. */
static void a_challenge_that_is_answered_with_another_is_heard(void **unused)
{
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12, SPDM_V13 };

	(void)unused;
	for (unsigned i = 0; i < 2 * COUNT(versions); i++) {
		struct pair *p = pair_new(CRYPTO_P256);
		struct ear *e;

		pair_mutual(p, 0, 1);
		p->rcfg.basic = true;
		only(p, versions[i / 2]);
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		if (i & 1) { /* the nonce of the requester's answer */
			e->twist_code = SPDM_DELIVER_ENCAPSULATED_RESPONSE;
			e->twist_at = 4 + 4 + 48;
		}
		hear(e, SPDM_OP_CHALLENGE, NULL);
		assert_int_equal(e->kinds[SPDM_CHALLENGE_AUTH], 2);
		if (i & 1)
			assert_true(e->fails >= 1);
		else
			all_is_said(e);
		ear_free(e);
	}
}

/* No certificate is read in the handshake: those of a CHALLENGE before do. */
static void a_requester_whose_slot_is_named_is_heard(void **unused)
{
	static const uint8_t versions[] = { SPDM_V11, SPDM_V12, SPDM_V14 };

	(void)unused;
	for (unsigned i = 0; i < COUNT(versions); i++) {
		struct pair *p = pair_new(CRYPTO_P256);
		struct ear *e;

		pair_mutual(p, 0, 1);
		p->rcfg.basic = true;
		only(p, versions[i]);
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_CHALLENGE, NULL);
		p->rsp.cfg.mutual = SPDM_MUT_AUTH;
		p->rsp.cfg.peer.certs = (struct spdm_span){ 0 };
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_HEARTBEAT, NULL);
		all_is_said(e);
		assert_int_equal(e->req_signatures, 1);
		ear_free(e);
	}
}

/* In the clear, encapsulated, and the implied GET_DIGESTS. */
static void handshakes_in_the_clear_are_heard(void **unused)
{
	static const uint8_t forms[] = { 0, SPDM_MUT_AUTH_ENCAP,
					 SPDM_MUT_AUTH_DIGESTS };

	(void)unused;
	for (unsigned i = 0; i < COUNT(forms); i++) {
		struct pair *p = pair_new(CRYPTO_P256);
		struct ear *e;

		if (forms[i])
			pair_mutual(p, forms[i], 0);
		p->rcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		p->qcfg.caps |= SPDM_CAP_HANDSHAKE_IN_CLEAR;
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_HEARTBEAT, NULL);
		all_is_said(e);
		assert_int_equal(e->req_signatures, forms[i] != 0);
		ear_free(e);
	}
}

static void an_update_that_the_responder_asks_for_is_followed(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P256);
	struct ear *e;

	(void)unused;
	pair_mutual(p, 0, 0);
	e = ear_new(p);
	hear(e, SPDM_OP_CONNECT, NULL);
	hear(e, SPDM_OP_SESSION, NULL);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_KEY_UPDATE,
					      p->req.session_id),
				 IL_OK);
		hear(e, SPDM_OP_ENCAP, NULL);
		hear(e, SPDM_OP_MEASURE, &meas);
	}
	all_is_said(e);
	assert_true(e->kinds[SPDM_KEY_UPDATE] >= 3);
	ear_free(e);
}

static void information_of_the_requester_is_verified(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = pair_new(CRYPTO_P256);
		const bool inside = i & 1, twist = i == 2;
		struct ear *e;
		unsigned holds;

		pair_mutual(p, 0, 1);
		p->rcfg.basic = true; /* shows its certificates */
		p->qcfg.caps |= SPDM_CAP_EP_INFO_SIG;
		only(p, SPDM_V13);
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_CHALLENGE, NULL);
		if (inside)
			hear(e, SPDM_OP_SESSION, NULL);
		assert_int_equal(spdm_rsp_ask(&p->rsp, SPDM_ASK_ENDPOINT_INFO,
					      SPDM_ANY_SESSION),
				 IL_OK);
		holds = e->holds;
		if (twist) { /* the nonce */
			e->twist_code = SPDM_DELIVER_ENCAPSULATED_RESPONSE;
			e->twist_at = 4 + 8;
		}
		hear(e, SPDM_OP_ENCAP, NULL);
		assert_true(p->info_proven);
		assert_int_equal(e->kinds[SPDM_ENDPOINT_INFO], 1);
		assert_int_equal(e->holds - holds, !twist);
		assert_int_equal(e->fails, twist);
		assert_int_equal(e->unsaid, 0);
		ear_free(e);
	}
}

/* --- other protocols in a session: DSP0276, message types of MCTP --- */

static void secured(struct ear *e, struct spdm_channel *ch, uint8_t type,
		    const void *m, size_t n)
{
	struct spdm_binding b = mctp_binding;
	uint8_t buf[128];
	size_t total;

	b.type = type;
	ch->binding = &b;
	memcpy(buf + spdm_secured_head(ch), m, n);
	assert_int_equal(spdm_secured_seal(ch, &e->p->c, e->p->req.session_id,
					   buf, sizeof(buf), n, &total),
			 IL_OK);
	flow_push(e->f, &mctp_binding, SPDM_SECURED, buf, total);
}

static void a_message_of_another_protocol_is_opaque(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);
	struct spdm_channel ch;
	struct ear *e;

	(void)unused;
	p->qcfg.binding = &mctp_binding;
	e = ear_new(p);
	hear(e, SPDM_OP_CONNECT, NULL);
	hear(e, SPDM_OP_SESSION, NULL);
	ch = p->req.ch[SPDM_DIR_REQ];
	secured(e, &ch, 1, "\x80\0\2", 3); /* PLDM */
	assert_int_equal(e->opaque, 1);
	secured(e, &ch, MCTP_SPDM, "\x12\xe8\0\0", 4);
	assert_int_equal(e->kinds[SPDM_HEARTBEAT], 1);
	all_is_said(e);
	ear_free(e);
}

/* With a context of the responder, and without: then there is no FINISH. */
static void sessions_of_a_shared_key_are_heard(void **unused)
{
	static const uint32_t caps[] = { SPDM_CAP_PSK,
					 SPDM_CAP_PSK_WITH_CONTEXT };
	const struct spdm_req_args a = {
		.hint = { (const uint8_t *)PAIR_HINT, sizeof(PAIR_HINT) },
	};

	(void)unused;
	for (unsigned i = 0; i < COUNT(caps); i++) {
		struct pair *p = pair_new(CRYPTO_P384);
		struct ear *e;

		p->rcfg.caps |= caps[i];
		p->qcfg.caps |= SPDM_CAP_PSK;
		e = ear_new(p);
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_PSK, &a);
		hear(e, SPDM_OP_HEARTBEAT, NULL);
		all_is_said(e);
		assert_int_equal(e->kinds[SPDM_PSK_FINISH], i);
		assert_int_equal(e->kinds[SPDM_HEARTBEAT_ACK], 1);
		ear_free(e);
	}
}

/* A summary is over digests: what came raw says nothing of it. */
static void a_raw_record_is_not_what_a_summary_covers(void **unused)
{
	const struct spdm_req_args raw = { .index = SPDM_MEAS_ALL,
					   .raw = true };
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL };
	struct ear *e = ear_new(pair_new(CRYPTO_P384));

	(void)unused;
	hear(e, SPDM_OP_CONNECT, NULL);
	hear(e, SPDM_OP_MEASURE, &raw);
	hear(e, SPDM_OP_CHALLENGE, &all);
	all_holds(e);
	assert_int_equal(e->unsaid, 1);
	hear(e, SPDM_OP_MEASURE, &meas);
	hear(e, SPDM_OP_CHALLENGE, &all);
	all_holds(e);
	assert_int_equal(e->unsaid, 1);
	ear_free(e);
}

/* --- what a device keeps --- */

static struct ear *device(struct prov **v, uint8_t version, bool many)
{
	*v = prov_new();
	only((*v)->p, version);
	(*v)->p->qcfg.multi_key = many;
	return ear_new((*v)->p);
}

static void forget(struct ear *e, struct prov *v)
{
	flow_fini(e->f);
	free(e->f);
	free(e);
	prov_free(v);
}

static void information_of_the_responder_is_verified(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 6; i++) {
		struct prov *v;
		const bool inside = i & 1, twist = i == 4;
		struct ear *e = device(&v, i & 2 ? SPDM_V14 : SPDM_V13, i & 1);
		const struct spdm_req_args a = {
			.sub = 1, .sign = true, .out = v->out, .out_cap = 10
		};
		unsigned holds;

		hear(e, SPDM_OP_CONNECT, NULL);
		if (inside)
			hear(e, SPDM_OP_SESSION, NULL);
		holds = e->holds;
		if (twist) { /* the last byte of the information */
			e->twist_code = SPDM_ENDPOINT_INFO;
			e->twist_at = 4 + 4 + 32 + 4 + 9;
		}
		hear(e, SPDM_OP_ENDPOINT_INFO, &a);
		assert_int_equal(e->kinds[SPDM_ENDPOINT_INFO], 1);
		assert_int_equal(e->holds - holds, !twist);
		assert_int_equal(e->fails, twist);
		assert_int_equal(e->unknown + e->unsaid, 0);
		forget(e, v);
	}
}

/* Each has fields, which ear.c asks of every message. */
static void provisioning_is_heard(void **unused)
{
	static const uint8_t versions[] = { SPDM_V12, SPDM_V13, SPDM_V14 };

	(void)unused;
	for (unsigned i = 0; i < 2 * COUNT(versions); i++) {
		const uint8_t version = versions[i / 2];
		const bool many = i & 1 && version > SPDM_V12;
		struct prov *v;
		struct ear *e = device(&v, version, many);
		struct spdm_req_args a = { .out = v->out,
					   .out_cap = sizeof(v->out),
					   .target = 5 };

		if (many) {
			a.key_pair = 1;
			a.model = SPDM_CERT_MODEL_DEVICE;
		}
		hear(e, SPDM_OP_CONNECT, NULL);
		hear(e, SPDM_OP_SESSION, NULL);
		hear(e, SPDM_OP_CSR, &a);
		a.set_chain = prov_chain(v);
		hear(e, SPDM_OP_SET_CERT, &a);
		a.wish.id = 3;
		a.wish.op = SPDM_KEY_PAIR_GENERATE;
		a.wish.usage = 2;
		a.wish.asym = SPDM_KEY_PAIR_ECC_P256;
		a.wish.slots = 0x10;
		if (version > SPDM_V12) {
			hear(e, SPDM_OP_SET_KEY_PAIR, &a);
			hear(e, SPDM_OP_KEY_PAIR, &a);
			hear(e, SPDM_OP_MEL, &a);
		}
		all_is_said(e);
		assert_int_equal(e->kinds[SPDM_SET_CERTIFICATE_RSP], 1);
		assert_int_equal(e->kinds[SPDM_SET_KEY_PAIR_INFO_ACK],
				 version > SPDM_V12);
		forget(e, v);
	}
}

/* --- what begins L1/L2 anew --- */

/* Written by hand: DSP0274 1.2.1, 10.11: GET_MEASUREMENTS of index 1. */
static const uint8_t ask_one[] = { 0x12, 0xe0, 0, 1 };
static const uint8_t no[] = { 0x12, 0x7f, 1, 0 };
static const uint8_t busy[] = { 0x12, 0x7f, 3, 0 };

static void overhear(struct ear *e, const uint8_t *p, size_t n)
{
	uint8_t m[64];

	memcpy(m, p, n);
	flow_push(e->f, NULL, SPDM_PLAIN, m, n);
}

/* The two of ours never met them: nothing of them is in what is signed. */
static void measurements_before_a_refusal_are_not_signed(void **unused)
{
	struct pair *p = pair_new(CRYPTO_P384);
	struct ear *e = ear_new(p);
	uint8_t one[4 + 4 + 7 + 48 + 34] = { 0x12, 0x60, 0,  0, 1, 55, 0, 0,
					     1,	   1,	 51, 0, 0, 48, 0 };

	(void)unused;
	hear(e, SPDM_OP_CONNECT, NULL);
	overhear(e, ask_one, sizeof(ask_one));
	flow_push(e->f, NULL, SPDM_PLAIN, one, sizeof(one));
	overhear(e, ask_one, sizeof(ask_one));
	overhear(e, no, sizeof(no));
	hear(e, SPDM_OP_MEASURE, &meas);
	all_is_said(e);
	/* Makers think otherwise of Busy. */
	overhear(e, ask_one, sizeof(ask_one));
	flow_push(e->f, NULL, SPDM_PLAIN, one, sizeof(one));
	overhear(e, ask_one, sizeof(ask_one));
	overhear(e, busy, sizeof(busy));
	hear(e, SPDM_OP_MEASURE, &meas);
	all_holds(e);
	assert_int_equal(e->unsaid, 1);
	/* Without either, they are part of what the signature is not over. */
	overhear(e, ask_one, sizeof(ask_one));
	flow_push(e->f, NULL, SPDM_PLAIN, one, sizeof(one));
	hear(e, SPDM_OP_MEASURE, &meas);
	assert_int_equal(e->fails, 1);
	ear_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_requests_and_answers_are_put_together),
		cmocka_unit_test(what_had_to_wait_is_still_followed),
		cmocka_unit_test(
			a_challenge_that_is_answered_with_another_is_heard),
		cmocka_unit_test(a_requester_whose_slot_is_named_is_heard),
		cmocka_unit_test(handshakes_in_the_clear_are_heard),
		cmocka_unit_test(
			an_update_that_the_responder_asks_for_is_followed),
		cmocka_unit_test(a_message_of_another_protocol_is_opaque),
		cmocka_unit_test(sessions_of_a_shared_key_are_heard),
		cmocka_unit_test(a_raw_record_is_not_what_a_summary_covers),
		cmocka_unit_test(information_of_the_requester_is_verified),
		cmocka_unit_test(information_of_the_responder_is_verified),
		cmocka_unit_test(provisioning_is_heard),
		cmocka_unit_test(measurements_before_a_refusal_are_not_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
