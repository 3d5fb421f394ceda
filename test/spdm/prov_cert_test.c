/* SPDX-License-Identifier: BSD-2-Clause */
#include "prov_rig.h"

/* SET_CERTIFICATE, and keys that may not do everything. Messages are written
 * out from DSP0274 1.3.2, section 10.26.2. */

#define INV  SPDM_ERR_INVALID_REQUEST
#define BUSY SPDM_ERR_BUSY
#define UNX  SPDM_ERR_UNEXPECTED_REQUEST
#define SES  SPDM_ERR_SESSION_REQUIRED

/* SET_CERTIFICATE with the maker's chain; the ERROR code. */
static int put(struct prov *v, uint8_t p1, uint8_t p2)
{
	const struct spdm_span chain = prov_chain(v);
	const uint8_t head[] = { v->p->rsp.version, 0xee, p1, p2 };

	memcpy(v->out, head, 4);
	memcpy(v->out + 4, chain.p, chain.n);
	return prov_send(v, v->out, 4 + chain.n);
}

/* What GET_CERTIFICATE says of @slot is the maker's chain. */
static void shows_the_chain(struct prov *v, uint8_t slot)
{
	const struct spdm_span chain = prov_chain(v);
	const uint8_t get[] = {
		v->p->rsp.version, 0x82, slot, 0, 0, 0, 0xff, 0x0f
	};

	assert_int_equal(prov_send(v, get, sizeof(get)), 0);
	assert_int_equal(v->p->out_len, 8 + chain.n);
	assert_memory_equal(v->p->out + 8, chain.p, chain.n);
}

static void a_slot_is_filled_and_shown(void **unused)
{
	(void)unused;
	static const uint8_t digests[] = { 0x12, 0x81, 0, 0 };
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, true);
	assert_int_equal(put(v, 3, 0), 0);
	assert_int_equal(v->p->out_len, 4);
	assert_memory_equal(v->p->out, "\x12\x6e\3\0", 4);
	assert_int_equal(v->certs, 1);
	assert_int_equal(v->cert.slot, 3);
	assert_int_equal(v->cert.model, SPDM_CERT_MODEL_DEVICE);
	shows_the_chain(v, 3);
	assert_int_equal(prov_send(v, digests, sizeof(digests)), 0);
	assert_int_equal(v->p->out[3], 0x09);
	/* both slots hold the same */
	assert_memory_equal(v->p->out + 4, v->p->out + 4 + 48, 48);
	prov_free(v);
}

static void a_slot_that_was_filled_can_answer_for_the_device(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	struct spdm_req_args a = { .target = 5 };

	prov_connect(v, SPDM_V12, false, true);
	a.set_chain = prov_chain(v);
	assert_int_equal(pair_run(v->p, SPDM_OP_SET_CERT, &a), IL_OK);
	assert_int_equal(pair_run(v->p, SPDM_OP_END_SESSION, NULL), IL_OK);
	a = (struct spdm_req_args){ .slot = 5 };
	assert_int_equal(pair_run(v->p, SPDM_OP_CONNECT, &a), IL_OK);
	assert_int_equal(pair_run(v->p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	assert_int_equal(pair_run(v->p, SPDM_OP_SESSION, NULL), IL_OK);
	/* Now it carries a session, and stays. */
	a = (struct spdm_req_args){ .target = 5, .set_chain = prov_chain(v) };
	assert_int_equal(pair_run(v->p, SPDM_OP_SET_CERT, &a), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&v->p->req), BUSY);
	prov_free(v);
}

/* Who may write what, where. */
static void only_the_right_place_may_write(void **unused)
{
	(void)unused;
	static const struct {
		bool trusted, session;
		uint8_t slot;
		int want;
	} rows[] = {
		{ false, false, 0, UNX }, { false, false, 1, SES },
		{ false, true, 0, UNX },  { false, true, 7, 0 },
		{ true, false, 0, 0 },	  { true, false, 7, 0 },
		{ true, true, 1, 0 },	  { true, true, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prov *v = prov_new();

		v->p->rcfg.trusted = rows[i].trusted;
		prov_connect(v, SPDM_V12, false, rows[i].session);
		assert_int_equal(put(v, rows[i].slot, 0), rows[i].want);
		assert_int_equal(v->certs, rows[i].want ? 0 : 1);
		prov_free(v);
	}
}

static void a_session_being_made_holds_its_slot_too(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, false);
	assert_int_equal(spdm_req_begin(&v->p->req, SPDM_OP_SESSION, NULL),
			 IL_OK);
	assert_int_equal(pair_exchange(v->p), IL_E_AGAIN);
	assert_int_equal(spdm_rsp_slots_used(&v->p->rsp, 0xff), 1);
	assert_int_equal(spdm_rsp_slots_used(&v->p->rsp, 0xfe), 0);
	prov_free(v);
}

/* Attributes, with one key and with many, in 1.2 and 1.3. */
static void attributes_fit_the_connection(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t p1, p2;
		int v12, one, many;
	} rows[] = {
		{ 0x01, 0, 0, 0, INV },
		{ 0x08, 0, INV, INV, INV }, /* slots end at 7 */
		{ 0x0f, 0, INV, INV, INV },
		{ 0x11, 0, 0, INV,
		  INV }, /* a model without key; 1.2: reserved */
		{ 0x01, 2, 0, INV, INV },
		{ 0x11, 2, 0, INV, 0 },
		{ 0x31, 2, 0, INV, 0 },
		{ 0x41, 2, 0, INV, INV },
		{ 0x71, 2, 0, INV, INV },
		{ 0x91, 2, 0, INV, INV }, /* erase, and a model */
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int k = 0; k < 3; k++) {
			struct prov *v = prov_new();

			prov_connect(v, k ? SPDM_V13 : SPDM_V12, k == 2, true);
			assert_int_equal(put(v, rows[i].p1, rows[i].p2),
					 k == 2	  ? rows[i].many
					 : k == 1 ? rows[i].one
						  : rows[i].v12);
			prov_free(v);
		}
}

static int erase(struct prov *v, uint8_t slot, uint8_t pair)
{
	const uint8_t m[] = { 0x13, 0xee, (uint8_t)(0x80 | slot), pair };

	return prov_send(v, m, sizeof(m));
}

static void a_filled_slot_is_erased_and_no_other(void **unused)
{
	(void)unused;
	static const uint8_t get[] = { 0x13, 0x82, 1, 0, 0, 0, 9, 0 };
	struct prov *v = prov_new();
	struct spdm_req_args a = { .target = 1 };

	prov_connect(v, SPDM_V13, false, true);
	assert_int_equal(erase(v, 1, 0), INV); /* it is empty */
	assert_int_equal(put(v, 1, 0), 0);
	assert_int_equal(put(v, 0x81, 0), INV); /* with a chain */
	assert_int_equal(erase(v, 1, 1),
			 INV); /* with a key that has no place */
	assert_int_equal(v->certs, 1);
	assert_int_equal(pair_run(v->p, SPDM_OP_SET_CERT, &a), IL_OK);
	assert_int_equal(v->certs, 2);
	assert_int_equal(v->cert.certs.n, 0);
	assert_int_equal(prov_send(v, get, sizeof(get)), INV);
	assert_int_equal(erase(v, 1, 0), INV);
	prov_free(v);
}

static void slot_0_is_never_erased(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	v->p->rcfg.trusted = true;
	prov_connect(v, SPDM_V13, false, false);
	assert_int_equal(erase(v, 0, 0), INV);
	assert_int_equal(v->certs, 0);
	prov_free(v);
}

static void erase_is_not_known_in_1_2(void **unused)
{
	(void)unused;
	static const uint8_t m[] = { 0x12, 0xee, 0x81, 0 };
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, true);
	assert_int_equal(put(v, 1, 0), 0);
	assert_int_equal(prov_send(v, m, sizeof(m)), INV); /* no chain */
	assert_int_equal(v->certs, 1);
	prov_free(v);
}

/* The chain's own fields, and every length. */
static void a_chain_says_its_length_and_its_root(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	uint8_t *m = v->out;
	size_t n;

	prov_connect(v, SPDM_V12, false, true);
	memcpy(m, "\x12\xee\1\0", 4);
	n = prov_chain(v).n;
	memcpy(m + 4, v->chain, n);
	for (size_t i = 0; i < n; i += i < 64 ? 1 : 97)
		assert_int_equal(prov_send(v, m, 4 + i), INV);
	m[4 + n] = 0; /* zeros behind it are no padding in a session */
	assert_int_equal(prov_send(v, m, 4 + n + 1), INV);
	put_u16le(m + 4, (uint16_t)(n - 1));
	assert_int_equal(prov_send(v, m, 4 + n), INV);
	put_u16le(m + 4, 0);
	assert_int_equal(prov_send(v, m, 4 + n), INV);
	put_u16le(m + 4, 52); /* no certificate at all */
	assert_int_equal(prov_send(v, m, 4 + 52), INV);
	put_u16le(m + 4, 0xffff);
	assert_int_equal(prov_send(v, m, 4 + n), INV);
	put_u16le(m + 4, (uint16_t)n);
	m[8] ^= 1; /* hash of another root */
	assert_int_equal(prov_send(v, m, 4 + n), INV);
	m[8] ^= 1;
	assert_int_equal(v->certs, 0);
	assert_int_equal(prov_send(v, m, 4 + n), 0);
	prov_free(v);
}

static void a_carriers_padding_is_no_part_of_the_chain(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	uint8_t *m = v->out;
	size_t n, padded;

	v->p->rcfg.trusted = true;
	prov_connect(v, SPDM_V12, false, false);
	memcpy(m, "\x12\xee\1\0", 4);
	n = 4 + prov_chain(v).n;
	memcpy(m + 4, v->chain, n - 4);
	padded = (n + 3) / 4 * 4;
	memset(m + n, 0, 8);
	assert_int_equal(prov_send(v, m, padded), 0);
	shows_the_chain(v, 1);
	assert_int_equal(prov_send(v, m, padded + 4), INV);
	if (padded > n) {
		m[padded - 1] = 1;
		assert_int_equal(prov_send(v, m, padded), INV);
	}
	prov_free(v);
}

static void certificates_must_lead_from_root_to_leaf(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const size_t head = 4 + 4 + 48;
	uint8_t *m = v->out;
	size_t n, root;

	prov_connect(v, SPDM_V12, false, true);
	memcpy(m, "\x12\xee\1\0", 4);
	n = 4 + prov_chain(v).n;
	memcpy(m + 4, v->chain, n - 4);
	root = 4 + ((size_t)m[head + 2] << 8 | m[head + 3]);
	/* the root alone */
	put_u16le(m + 4, (uint16_t)(head - 4 + root));
	assert_int_equal(prov_send(v, m, head + root), INV);
	/* a signature of the leaf that does not verify */
	put_u16le(m + 4, (uint16_t)(n - 4));
	m[n - 1] ^= 1;
	assert_int_equal(prov_send(v, m, n), INV);
	m[n - 1] ^= 1;
	/* bytes that are no certificate */
	m[head + root] = 0x31;
	assert_int_equal(prov_send(v, m, n), INV);
	m[head + root] = 0x30;
	assert_int_equal(v->certs, 0);
	assert_int_equal(prov_send(v, m, n), 0);
	prov_free(v);
}

static void a_chain_of_another_key_is_refused(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, true);
	v->cert_err = IL_E_AUTH;
	assert_int_equal(put(v, 1, 0), INV);
	assert_int_equal(v->p->rsp.cfg.slots[1].certs.n, 0);
	v->cert_err = IL_E_LONG; /* than the slot is */
	assert_int_equal(put(v, 1, 0), INV);
	v->cert_err = IL_E_NOMEM; /* a TDI is locked */
	assert_int_equal(put(v, 1, 0), BUSY);
	v->cert_err = IL_E_IO;
	assert_int_equal(put(v, 1, 0), SPDM_ERR_UNSPECIFIED);
	assert_int_equal(v->p->rsp.cfg.slots[1].certs.n, 0);
	prov_free(v);
}

static void what_a_reset_installs_is_not_there_before(void **unused)
{
	(void)unused;
	static const uint8_t get[] = { 0x12, 0x82, 1, 0, 0, 0, 9, 0 };
	struct prov *v = prov_new();
	struct spdm_rsp_slot now = { .there = true };

	v->p->rcfg.caps |= SPDM_CAP_CERT_INSTALL_RESET;
	prov_connect(v, SPDM_V12, false, true);
	v->reset = true;
	assert_int_equal(put(v, 1, 0), SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(v->p->out[3], 0);
	assert_int_equal(prov_send(v, get, sizeof(get)), INV);
	/* the reset */
	spdm_rsp_reset(&v->p->rsp);
	now.certs =
		(struct spdm_span){ v->p->maker.certs, v->p->maker.certs_len };
	assert_int_equal(spdm_rsp_slot_set(&v->p->rsp, 1, &now), IL_OK);
	assert_int_equal(spdm_rsp_slot_set(&v->p->rsp, 8, &now), IL_E_ARG);
	spdm_req_drop_session(&v->p->req);
	pair_connect(v->p);
	shows_the_chain(v, 1);
	prov_free(v);
}

/* A chain set beside a connection is shown under its hash at once. */
static void a_slot_set_by_the_device_is_hashed(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	struct spdm_rsp_slot now = { .there = true };

	prov_connect(v, SPDM_V12, false, false);
	now.certs =
		(struct spdm_span){ v->p->maker.certs, v->p->maker.certs_len };
	assert_int_equal(spdm_rsp_slot_set(&v->p->rsp, 2, &now), IL_OK);
	assert_memory_equal(v->p->rsp.chain_hash[2], v->p->rsp.chain_hash[0],
			    48);
	now.certs.n--;
	assert_int_equal(spdm_rsp_slot_set(&v->p->rsp, 2, &now), IL_OK);
	now.certs.n = 1;
	assert_int_equal(spdm_rsp_slot_set(&v->p->rsp, 2, &now), IL_E_ARG);
	prov_free(v);
}

/* KeyUsageMask: bits 0 KEY_EXCHANGE, 1 CHALLENGE, 2 measurements. */
static void a_key_does_only_what_it_is_for(void **unused)
{
	(void)unused;
	static const struct {
		enum spdm_req_op op;
		uint16_t use;
		struct spdm_req_args args;
	} rows[] = {
		{ SPDM_OP_SESSION, 1, { 0 } },
		{ SPDM_OP_CHALLENGE, 2, { 0 } },
		{ SPDM_OP_MEASURE, 4, { .sign = true, .index = 0 } },
		{ SPDM_OP_ENDPOINT_INFO, 8, { .sign = true, .sub = 1 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int may = 0; may < 2; may++)
			for (int many = 0; many < 2; many++) {
				struct prov *v = prov_new();
				struct spdm_req_args a = rows[i].args;

				a.out = v->out;
				a.out_cap = sizeof(v->out);
				v->p->rcfg.slots[0].usage =
					may ? rows[i].use
					    : (uint16_t)~rows[i].use;
				prov_connect(v, SPDM_V13, many, false);
				assert_int_equal(pair_run(v->p, rows[i].op, &a),
						 may || !many ? IL_OK
							      : IL_E_PEER);
				prov_free(v);
			}
}

static void what_is_not_offered_is_unsupported(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	v->p->rcfg.caps &= ~PROV_CAPS;
	prov_connect(v, SPDM_V12, false, true);
	assert_int_equal(put(v, 1, 0), SPDM_ERR_UNSUPPORTED_REQUEST);
	prov_free(v);
	v = prov_new();
	prov_connect(v, SPDM_V11, false, true);
	assert_int_equal(put(v, 1, 0), SPDM_ERR_UNSUPPORTED_REQUEST);
	prov_free(v);
}

static void capabilities_without_their_port_are_not_taken(void **unused)
{
	(void)unused;
	static const uint32_t caps[] = {
		SPDM_CAP_SET_CERT,
		SPDM_CAP_SET_CERT | SPDM_CAP_CSR,
		SPDM_CAP_EP_INFO_NO_SIG,
		SPDM_CAP_EP_INFO_SIG,
		SPDM_CAP_MEL,
		SPDM_CAP_GET_KEY_PAIR_INFO,
		SPDM_CAP_SET_KEY_PAIR_INFO,
		SPDM_CAP_MULTI_KEY_ONLY,
		SPDM_CAP_MULTI_KEY_NEG,
	};
	static const uint32_t never[] = {
		SPDM_CAP_CSR,
		SPDM_CAP_CERT_INSTALL_RESET,
		SPDM_CAP_EP_INFO_MASK,
		SPDM_CAP_MULTI_KEY_MASK,
		SPDM_CAP_SET_KEY_PAIR_RESET,
	};
	struct prov *v = prov_new();
	const struct spdm_rsp_port none = { .sign = v->port.sign };
	struct spdm_rsp_cfg cfg = v->p->rcfg;

	for (size_t i = 0; i < COUNT(caps); i++) {
		cfg.caps = SPDM_RSP_CAPS | caps[i];
		cfg.port = &none;
		assert_int_equal(spdm_rsp_init(&v->p->rsp, &cfg), IL_E_ARG);
		cfg.port = &v->port;
		assert_int_equal(spdm_rsp_init(&v->p->rsp, &cfg), IL_OK);
	}
	for (size_t i = 0; i < COUNT(never); i++) {
		cfg.caps = SPDM_RSP_CAPS | never[i];
		assert_int_equal(spdm_rsp_init(&v->p->rsp, &cfg), IL_E_ARG);
	}
	pair_start(v->p);
	prov_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_is_filled_and_shown),
		cmocka_unit_test(
			a_slot_that_was_filled_can_answer_for_the_device),
		cmocka_unit_test(only_the_right_place_may_write),
		cmocka_unit_test(a_session_being_made_holds_its_slot_too),
		cmocka_unit_test(attributes_fit_the_connection),
		cmocka_unit_test(a_filled_slot_is_erased_and_no_other),
		cmocka_unit_test(slot_0_is_never_erased),
		cmocka_unit_test(erase_is_not_known_in_1_2),
		cmocka_unit_test(a_chain_says_its_length_and_its_root),
		cmocka_unit_test(a_carriers_padding_is_no_part_of_the_chain),
		cmocka_unit_test(certificates_must_lead_from_root_to_leaf),
		cmocka_unit_test(a_chain_of_another_key_is_refused),
		cmocka_unit_test(what_a_reset_installs_is_not_there_before),
		cmocka_unit_test(a_slot_set_by_the_device_is_hashed),
		cmocka_unit_test(a_key_does_only_what_it_is_for),
		cmocka_unit_test(what_is_not_offered_is_unsupported),
		cmocka_unit_test(capabilities_without_their_port_are_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
