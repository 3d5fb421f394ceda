/* SPDX-License-Identifier: BSD-2-Clause */
#include "prov_rig.h"

/* GET_CSR. Messages are written out from DSP0274 1.3.2, section 10.26.1. */

#define INV SPDM_ERR_INVALID_REQUEST

/* Version 1, subject CN=x, P-384 with a cut key, one empty attribute. */
#define INFO                                                                  \
	0x30, 0x26, 2, 1, 0, 0x30, 0x0c, 0x31, 0x0a, 0x30, 8, 6, 3, 0x55, 4,  \
		3, 0x0c, 1, 'x', 0x30, 0x0f, 0x30, 9, 6, 7, 0x2a, 0x86, 0x48, \
		0xce, 0x3d, 2, 1, 3, 2, 0, 4, 0xa0, 2, 0x30, 0
#define INFO_LEN 40

static void a_request_is_handed_to_the_device_as_it_came(void **unused)
{
	(void)unused;
	static const uint8_t ask[] = {
		0x12, 0xed, 0, 0, INFO_LEN, 0, 0, 0, INFO
	};
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, false);
	assert_int_equal(prov_send(v, ask, sizeof(ask)), 0);
	assert_int_equal(v->csrs, 1);
	assert_int_equal(v->csr.info.n, INFO_LEN);
	assert_memory_equal(v->info, ask + 8, INFO_LEN);
	assert_int_equal(v->csr.asym, SPDM_ASYM_ECDSA_P384);
	assert_int_equal(v->csr.hash, SPDM_HASH_SHA_384);
	assert_false(v->csr.tags);
	/* CSR: length, reserved, DER */
	assert_int_equal(v->p->out_len, 8 + 300);
	assert_memory_equal(v->p->out,
			    "\x12\x6d\0\0\x2c\x01\0\0\x30\x82\x01\x28", 12);
	prov_free(v);
}

static void the_requester_gets_the_csr_and_nothing_but_der(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	struct spdm_req_args a = { .out = v->out, .out_cap = 300 };

	prov_connect(v, SPDM_V12, false, false);
	assert_int_equal(pair_run(v->p, SPDM_OP_CSR, &a), IL_OK);
	assert_int_equal(spdm_req_got(&v->p->req), 300);
	assert_memory_equal(v->out, "\x30\x82\x01\x28\x04\x05", 6);
	/* one byte too few */
	a.out_cap = 299;
	assert_int_equal(pair_run(v->p, SPDM_OP_CSR, &a), IL_E_NOMEM);
	prov_free(v);
}

/* Lengths that point behind the message, one by one. */
static void lengths_beyond_the_message_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		uint16_t info, opaque;
		size_t n; /* of the message */
	} bad[] = {
		{ 1, 0, 8 },
		{ 0, 1, 8 },
		{ 0xffff, 0, 48 },
		{ 0, 0xffff, 48 },
		{ 0xffff, 0xffff, 48 },
		{ INFO_LEN + 1, 0, 48 },
		{ INFO_LEN, 1, 48 },
		{ INFO_LEN, 0xffd8, 48 },
		{ INFO_LEN - 1, 0, 48 }, /* left over */
		{ 0, 0, 4 },
		{ 0, 0, 7 },
		{ 0, 0, 9 },
		{ 0, 1025, 8 },
	};
	static const uint8_t head[] = { 0x12, 0xed, 0, 0, 0, 0, 0, 0, INFO };

	for (size_t i = 0; i < COUNT(bad); i++)
		for (int session = 0; session < 2; session++) {
			struct prov *v = prov_new();
			uint8_t *m = v->out;

			prov_connect(v, SPDM_V12, false, session);
			memcpy(m, head, sizeof(head));
			put_u16le(m + 4, bad[i].info);
			put_u16le(m + 6, bad[i].opaque);
			m[8] = bad[i].n == 9 ? 1 : m[8];
			assert_int_equal(prov_send(v, m, bad[i].n), INV);
			assert_int_equal(v->csrs, 0);
			prov_free(v);
		}
}

/* Each byte of the structure made wrong, and wrong nestings. */
static void only_a_request_info_is_taken_for_one(void **unused)
{
	(void)unused;
	static const uint8_t good[] = { 0x12, 0xed, 0, 0,   INFO_LEN,
					0,    0,    0, INFO };
	static const struct {
		uint8_t at, to;
	} bad[] = {
		{ 0, 0x31 },  { 1, 0x25 },  { 1, 0x27 }, { 1, 0x80 },
		{ 1, 0x84 },  { 2, 4 },	    { 3, 0 },	 { 3, 2 },
		{ 4, 1 },     { 5, 0x31 },  { 6, 0x7f }, { 19, 0x31 },
		{ 20, 0x20 }, { 36, 0xa1 }, { 37, 1 },	 { 38, 0x31 },
		{ 39, 1 },
	};
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, false);
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t m[sizeof(good)];

		memcpy(m, good, sizeof(m));
		m[8 + bad[i].at] = bad[i].to;
		if (prov_send(v, m, sizeof(m)) != INV)
			print_error("byte %u as %02x\n", bad[i].at, bad[i].to);
		assert_int_equal(v->csrs, 0);
	}
	prov_free(v);
}

static void opaque_data_must_be_of_the_agreed_format(void **unused)
{
	(void)unused;
	static const uint8_t none[] = {
		0x12, 0xed, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0
	};
	static const uint8_t bad[] = {
		0x12, 0xed, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0
	};
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, false);
	assert_int_equal(prov_send(v, none, sizeof(none)), 0);
	assert_int_equal(v->csr.opaque.n, 4);
	assert_int_equal(prov_send(v, bad, sizeof(bad)), INV);
	v->p->rsp.opaque_fmt1 = false;
	assert_int_equal(prov_send(v, none, sizeof(none)), INV);
	assert_int_equal(v->csrs, 1);
	prov_free(v);
}

/* Param1 and Param2 of 1.3, with one key and with many. */
static void names_fit_the_connection(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t pair, attr;
		bool reset; /* CERT_INSTALL_RESET_CAP */
		int one, many;
	} rows[] = {
		{ 0, 0x00, false, 0, INV },   /* no names */
		{ 1, 0x00, false, INV, INV }, /* a key without model */
		{ 0, 0x01, false, INV, INV }, /* a model without key */
		{ 1, 0x01, false, INV, 0 },
		{ 2, 0x03, false, INV, 0 },
		{ 1, 0x04, false, INV, INV }, /* no such model */
		{ 1, 0x07, false, INV, INV },
		{ 0, 0x08, false, INV, INV }, /* a tag, but no resets */
		{ 0, 0x08, true, 0, INV },
		{ 1, 0x39, true, INV, 0 },
		{ 1, 0x89, true, INV, INV }, /* a tag, and overwrite */
		{ 1, 0x81, true, INV, 0 },
		{ 0, 0x80, false, 0, INV },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		for (int many = 0; many < 2; many++) {
			const uint8_t m[] = {
				0x13, 0xed, rows[i].pair, rows[i].attr, 0, 0,
				0,    0
			};
			struct prov *v = prov_new();

			if (rows[i].reset)
				v->p->rcfg.caps |= SPDM_CAP_CERT_INSTALL_RESET;
			prov_connect(v, SPDM_V13, many, false);
			assert_int_equal(prov_send(v, m, sizeof(m)),
					 many ? rows[i].many : rows[i].one);
			if (v->csrs) {
				assert_true(v->csr.tags);
				assert_int_equal(v->csr.key_pair, rows[i].pair);
				assert_int_equal(v->csr.model,
						 rows[i].attr & 7);
				assert_int_equal(v->csr.tag,
						 rows[i].attr >> 3 & 7);
				assert_int_equal(v->csr.overwrite,
						 rows[i].attr >> 7);
			}
			prov_free(v);
		}
}

static void a_reset_that_is_needed_names_its_tag(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	struct spdm_req_args a = { .out = v->out, .out_cap = 400 };

	v->p->rcfg.caps |= SPDM_CAP_CERT_INSTALL_RESET;
	prov_connect(v, SPDM_V13, false, true);
	v->reset = true;
	v->tag = 5;
	assert_int_equal(pair_run(v->p, SPDM_OP_CSR, &a), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&v->p->req),
			 SPDM_ERR_RESET_REQUIRED);
	assert_int_equal(spdm_req_peer_error_data(&v->p->req), 5);
	/* and the session goes on */
	v->reset = false;
	a.tag = 5;
	assert_int_equal(pair_run(v->p, SPDM_OP_CSR, &a), IL_OK);
	assert_int_equal(v->csr.tag, 5);
	prov_free(v);
}

static void a_reset_that_was_not_offered_is_not_asked_for(void **unused)
{
	(void)unused;
	static const uint8_t m[] = { 0x12, 0xed, 0, 0, 0, 0, 0, 0 };
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V12, false, false);
	v->reset = true;
	assert_int_equal(prov_send(v, m, sizeof(m)), SPDM_ERR_UNSPECIFIED);
	prov_free(v);
}

/* What the device says, as an ERROR. */
static void each_error_of_the_device_has_its_answer(void **unused)
{
	(void)unused;
	static const struct {
		enum il_err err;
		int v12, v13;
	} rows[] = {
		{ IL_E_NOMEM, SPDM_ERR_BUSY, SPDM_ERR_BUSY },
		{ IL_E_STATE, SPDM_ERR_UNEXPECTED_REQUEST,
		  SPDM_ERR_UNEXPECTED_REQUEST },
		{ IL_E_ARG, INV, INV },
		{ IL_E_FIELD, INV, INV },
		{ IL_E_LONG, INV, INV },
		{ IL_E_AUTH, INV, INV },
		{ IL_E_IO, SPDM_ERR_UNSPECIFIED, SPDM_ERR_OPERATION_FAILED },
		{ IL_E_RANDOM, SPDM_ERR_UNSPECIFIED,
		  SPDM_ERR_OPERATION_FAILED },
	};
	uint8_t m[] = { 0x12, 0xed, 0, 0, 0, 0, 0, 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		for (uint8_t ver = SPDM_V12; ver <= SPDM_V13; ver++) {
			struct prov *v = prov_new();

			prov_connect(v, ver, false, false);
			v->csr_err = rows[i].err;
			m[0] = ver;
			assert_int_equal(prov_send(v, m, sizeof(m)),
					 ver == SPDM_V12 ? rows[i].v12
							 : rows[i].v13);
			prov_free(v);
		}
}

static void a_device_that_is_not_done_is_asked_again(void **unused)
{
	(void)unused;
	static const uint8_t m[] = { 0x12, 0xed, 0, 0, 0, 0, 0, 0 };
	struct prov *v = prov_new();
	struct pair *p = v->p;

	prov_connect(v, SPDM_V12, false, false);
	v->csr_err = IL_E_AGAIN;
	assert_int_equal(spdm_rsp_handle(&p->rsp, SPDM_PLAIN, m, sizeof(m),
					 p->out, sizeof(p->out), &p->out_len,
					 &p->out_kind, 0),
			 IL_E_AGAIN);
	v->csr_err = IL_OK;
	assert_int_equal(prov_send(v, m, sizeof(m)), 0);
	assert_int_equal(v->csrs, 2);
	prov_free(v);
}

/* A requester does not believe what is no DER, or too much of it. */
static void spoil(struct pair *p, struct spdm_msg *m)
{
	if (p->changed == 0)
		m->u.csr.csr.n = 0;
	else if (p->changed == 1)
		m->u.csr.csr.n--;
	else
		m->u.csr.csr.p++;
}

static void a_csr_that_is_none_is_not_believed(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .out = v->out, .out_cap = 400 };

	prov_connect(v, SPDM_V12, false, false);
	v->p->change = spoil;
	v->p->change_code = SPDM_CSR;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(pair_run(v->p, SPDM_OP_CSR, &a), IL_E_FIELD);
		assert_int_equal(v->p->changed, i + 1);
	}
	prov_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_handed_to_the_device_as_it_came),
		cmocka_unit_test(
			the_requester_gets_the_csr_and_nothing_but_der),
		cmocka_unit_test(lengths_beyond_the_message_are_refused),
		cmocka_unit_test(only_a_request_info_is_taken_for_one),
		cmocka_unit_test(opaque_data_must_be_of_the_agreed_format),
		cmocka_unit_test(names_fit_the_connection),
		cmocka_unit_test(a_reset_that_is_needed_names_its_tag),
		cmocka_unit_test(a_reset_that_was_not_offered_is_not_asked_for),
		cmocka_unit_test(each_error_of_the_device_has_its_answer),
		cmocka_unit_test(a_device_that_is_not_done_is_asked_again),
		cmocka_unit_test(a_csr_that_is_none_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
