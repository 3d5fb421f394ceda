/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

/*
 * Every request in every phase, against rows written from DSP0274 1.2.1,
 * sections 10.1 and 10.23, and PCIe TDISP 1.0 §11.2.2.
 */

#define OK 0
#define UN SPDM_ERR_UNEXPECTED_REQUEST
#define SR SPDM_ERR_SESSION_REQUIRED
#define NO SPDM_ERR_UNSUPPORTED_REQUEST
#define DE SPDM_ERR_DECRYPT_ERROR
#define IF SPDM_ERR_REQUEST_IN_FLIGHT
#define IR SPDM_ERR_INVALID_REQUEST
#define MM SPDM_ERR_VERSION_MISMATCH
#define QU (-1) /* no answer at all */

/* clang-format off */
static const struct row {
	const char *name;
	uint8_t len;
	uint8_t msg[44];
	int want[SPDM_PHASES]; /* start, version, caps, ready, handshake, session, psk, mutual */
} rows[] = {
	{ "GET_VERSION", 4, { 0x10, 0x84 },                         { OK, OK, OK, OK, UN, UN, UN, UN } },
	{ "GET_VERSION 1.2", 4, { 0x12, 0x84 },                     { MM, MM, MM, MM, MM, MM, MM, MM } },
	{ "GET_CAPABILITIES", 20, { 0x12, 0xe1, 0, 0, 0, 0, 0, 0, 0xc6, 0x62, 0, 0, 0, 16, 0, 0, 0, 16 },
	                                                            { UN, OK, UN, UN, UN, UN, UN, IF } },
	{ "NEGOTIATE_ALGORITHMS", 44, { 0x12, 0xe3, 3, 0, 44, 0, 1, 2, 0x80, 0, 0, 0, 2, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x20, 0x10, 0, 3, 0x20, 2, 0, 5, 0x20, 1 },
	                                                            { UN, UN, OK, UN, UN, UN, UN, IF } },
	{ "GET_DIGESTS", 4, { 0x12, 0x81 },                         { UN, UN, UN, OK, UN, OK, UN, IF } },
	{ "GET_CERTIFICATE", 8, { 0x12, 0x82, 0, 0, 0, 0, 9, 0 },   { UN, UN, UN, OK, UN, OK, UN, IF } },
	{ "CHALLENGE", 36, { 0x12, 0x83 },                          { UN, UN, UN, OK, UN, UN, UN, IF } },
	{ "GET_MEASUREMENTS", 4, { 0x12, 0xe0, 0, 1 },              { UN, UN, UN, OK, UN, OK, UN, IF } },
	{ "HEARTBEAT", 4, { 0x12, 0xe8 },                           { SR, SR, SR, SR, UN, OK, UN, IF } },
	{ "KEY_UPDATE", 4, { 0x12, 0xe9, 1, 9 },                    { SR, SR, SR, SR, UN, OK, UN, IF } },
	{ "END_SESSION", 4, { 0x12, 0xec },                         { SR, SR, SR, SR, UN, OK, UN, IF } },
	{ "PCI-SIG", 12, { 0x12, 0xfe, 0, 0, 3, 0, 2, 1, 0, 1, 0, 7 }, { QU, QU, QU, QU, UN, OK, UN, IF } },
	{ "CXL", 12, { 0x12, 0xfe, 0, 0, 3, 0, 2, 0x98, 0x1e, 1, 0, 7 }, { UN, UN, UN, OK, UN, OK, UN, IF } },
	{ "RESPOND_IF_READY", 4, { 0x12, 0xff },                    { NO, NO, NO, NO, NO, NO, NO, NO } },
	{ "PSK_EXCHANGE", 4, { 0x12, 0xe6 },                        { UN, UN, UN, NO, NO, NO, UN, NO } },
	{ "PSK_FINISH", 4, { 0x12, 0xe7 },                          { SR, SR, SR, NO, NO, NO, IR, NO } },
	{ "GET_CSR", 4, { 0x12, 0xed },                             { UN, UN, UN, NO, NO, NO, NO, NO } },
	{ "SET_CERTIFICATE", 4, { 0x12, 0xee },                     { UN, UN, UN, NO, NO, NO, NO, NO } },
	{ "GET_ENDPOINT_INFO", 8, { 0x12, 0x87, 1 },                { UN, UN, NO, NO, NO, NO, NO, NO } },
	{ "GET_MEL", 12, { 0x12, 0xef },                            { UN, UN, NO, NO, NO, NO, NO, NO } },
	{ "GET_KEY_PAIR_INFO", 5, { 0x12, 0xfc, 0, 0, 1 },          { UN, UN, NO, NO, NO, NO, NO, NO } },
	{ "SET_KEY_PAIR_INFO", 5, { 0x12, 0xfd, 1, 0, 1 },          { UN, UN, NO, NO, NO, NO, NO, NO } },
	{ "a response", 4, { 0x12, 0x04 },                          { NO, NO, NO, NO, NO, NO, NO, NO } },
	{ "HEARTBEAT 1.3", 4, { 0x13, 0xe8 },                       { MM, MM, MM, MM, MM, MM, MM, MM } },
	{ "HEARTBEAT 1.1", 4, { 0x11, 0xe8 },                       { UN, UN, MM, MM, MM, MM, MM, MM } },
};
/* clang-format on */

/* A requester's own messages lead there; the last one is not sent. */
static struct pair *bring_to(enum spdm_phase phase)
{
	static const unsigned exchanges[SPDM_PHASES] = { 0, 1, 2, 3 };
	static const struct spdm_req_args named = {
		.hint = { (const uint8_t *)PAIR_HINT, sizeof(PAIR_HINT) },
	};
	struct pair *p = pair_new(CRYPTO_P384);

	if (phase == SPDM_PH_PSK) {
		p->rcfg.caps |= SPDM_CAP_PSK_WITH_CONTEXT;
		p->qcfg.caps |= SPDM_CAP_PSK;
	}
	if (phase == SPDM_PH_MUTUAL)
		pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	pair_start(p);
	if (phase == SPDM_PH_SESSION) {
		pair_session(p);
		return p;
	}
	if (phase >= SPDM_PH_HANDSHAKE) {
		pair_connect(p);
		assert_int_equal(spdm_req_begin(&p->req,
						phase == SPDM_PH_PSK
							? SPDM_OP_PSK
							: SPDM_OP_SESSION,
						&named),
				 IL_OK);
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
		return p;
	}
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_CONNECT, NULL), IL_OK);
	for (unsigned i = 0; i < exchanges[phase]; i++)
		assert_int_equal(pair_exchange(p), IL_E_AGAIN);
	assert_int_equal(p->rsp.phase, phase);
	return p;
}

static void try_one(const struct row *row, enum spdm_phase phase)
{
	struct pair *p = bring_to(phase);
	struct pair_rsp *old = malloc(sizeof(*old));
	const bool secured = phase >= SPDM_PH_HANDSHAKE;
	int got;

	assert_non_null(old);
	pair_keep(p, old);
	if (secured)
		got = pair_send_secured(p, row->msg, row->len);
	else
		got = pair_send(p, SPDM_PLAIN, row->msg, row->len);
	if (got != row->want[phase])
		print_error("%s in phase %d: %d\n", row->name, phase, got);
	assert_int_equal(got, row->want[phase]);
	if (got == OK)
		assert_int_equal(p->out[1], row->msg[1] & 0x7f);
	else
		pair_same_but_records(p, old);
	assert_true(spdm_rsp_sane(&p->rsp));
	free(old);
	pair_free(p);
}

static void each_request_in_each_phase_is_answered_by_the_book(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (enum spdm_phase ph = 0; ph < SPDM_PHASES; ph++)
			try_one(&rows[i], ph);
}

/* KEY_EXCHANGE and FINISH need numbers that only a live peer has. */
static void try_handshake(uint8_t code, const int *want)
{
	for (enum spdm_phase ph = 0; ph < SPDM_PHASES; ph++) {
		struct pair *p = bring_to(ph);
		struct spdm_msg m = { .version = SPDM_V12, .code = code };
		struct crypto_slot dh = { 0 };
		uint8_t point[96];
		uint8_t opaque[32];
		uint8_t b[256];
		struct wr o = wr_over(opaque, sizeof(opaque));
		struct wr w = wr_over(b, sizeof(b));
		const struct spdm_sm_versions v = { 1, { SPDM_SM_V11 } };
		int got;

		assert_int_equal(
			crypto_dh_begin(&p->c, &dh, CRYPTO_P384, point), IL_OK);
		crypto_drop(&p->c, &dh);
		spdm_sm_supported_write(&o, true, &v);
		if (code == SPDM_KEY_EXCHANGE) {
			m.u.key_ex.session_id = 0x1234;
			m.u.key_ex.exchange = (struct spdm_span){ point, 96 };
			m.u.key_ex.opaque = (struct spdm_span){ opaque, o.len };
		} else {
			m.u.finish.verify = (struct spdm_span){ point, 48 };
		}
		assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
		if (ph >= SPDM_PH_HANDSHAKE)
			got = pair_send_secured(p, b, w.len);
		else
			got = pair_send(p, SPDM_PLAIN, b, w.len);
		assert_int_equal(got, want[ph]);
		assert_int_equal(p->ended, 0);
		pair_free(p);
	}
}

static void a_handshake_begins_when_ready_and_goes_on_inside(void **unused)
{
	(void)unused;
	const int key_exchange[] = { UN, UN, UN, OK, UN, UN, UN, IF };
	/* A wrong HMAC: looked at only where FINISH belongs. */
	const int finish[] = { SR, SR, SR, SR, DE, UN, UN, IF };

	try_handshake(SPDM_KEY_EXCHANGE, key_exchange);
	try_handshake(SPDM_FINISH, finish);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_request_in_each_phase_is_answered_by_the_book),
		cmocka_unit_test(
			a_handshake_begins_when_ready_and_goes_on_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
