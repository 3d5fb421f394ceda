/* SPDX-License-Identifier: BSD-2-Clause */
#include "prov_rig.h"

/* Endpoint information and the measurement extension log. Messages are
 * written out from DSP0274 1.3.2, sections 10.24 and 10.25. */

#define INV SPDM_ERR_INVALID_REQUEST

static void information_is_given_without_a_signature(void **unused)
{
	(void)unused;
	static const uint8_t ask[] = { 0x13, 0x87, 1, 0, 0, 0, 0, 0 };
	static const uint8_t want[] = { 0x13, 7, 0, 0,	  0,	0, 0, 0,
					10,   0, 0, 0,	  1,	0, 0, 0,
					4,    3, 2, 0x1a, 0x1d, 0 };
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V13, false, false);
	assert_int_equal(prov_send(v, ask, sizeof(ask)), 0);
	assert_int_equal(v->p->out_len, sizeof(want));
	assert_memory_equal(v->p->out, want, sizeof(want));
	prov_free(v);
}

static void information_is_signed_when_asked(void **unused)
{
	(void)unused;
	for (int session = 0; session < 2; session++) {
		struct prov *v = prov_new();
		const struct spdm_req_args a = {
			.sub = 1, .sign = true, .out = v->out, .out_cap = 10
		};

		prov_connect(v, SPDM_V13, false, session);
		assert_int_equal(pair_run(v->p, SPDM_OP_ENDPOINT_INFO, &a),
				 IL_OK);
		assert_int_equal(spdm_req_got(&v->p->req), 10);
		assert_memory_equal(v->out, "\1\0\0\0\4\3\2\x1a\x1d\0", 10);
		prov_free(v);
	}
}

/* Anything of the response that is changed on its way. */
static void flip(struct pair *p, struct spdm_msg *m)
{
	switch (p->changed) {
	case 0:
		m->u.ep_info.nonce[0] ^= 1;
		break;
	case 1:
		m->u.ep_info.info.n--;
		break;
	default:
		m->param2 = 1;
		break;
	}
}

static void a_changed_answer_does_not_verify(void **unused)
{
	(void)unused;
	static const enum il_err want[] = { IL_E_AUTH, IL_E_AUTH, IL_E_FIELD };
	struct prov *v = prov_new();
	const struct spdm_req_args a = {
		.sub = 1, .sign = true, .out = v->out, .out_cap = 10
	};

	prov_connect(v, SPDM_V13, false, false);
	v->p->change = flip;
	v->p->change_stage = SPDM_TAP_PROOF;
	v->p->change_code = SPDM_ENDPOINT_INFO;
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(pair_run(v->p, SPDM_OP_ENDPOINT_INFO, &a),
				 want[i]);
	prov_free(v);
}

static void information_that_cannot_be_given_is_refused(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t sub, slot, attr;
		size_t n;
		int want;
	} rows[] = {
		{ 0, 0, 0, 8, INV },
		{ 2, 0, 0, 8, INV },
		{ 1, 0, 0, 7, INV },
		{ 1, 0, 0, 40, INV }, /* a nonce that was not announced */
		{ 1, 0, 1, 8, INV },  /* none that was */
		{ 1, 0, 1, 39, INV },
		{ 1, 1, 1, 40, INV }, /* an empty slot */
		{ 1, 8, 1, 40, INV },
		{ 1, 0xf, 1, 40, INV },
		{ 1, 0, 1, 40, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t m[40] = { 0x13, 0x87, rows[i].sub, rows[i].slot,
				  rows[i].attr };
		struct prov *v = prov_new();

		m[39] = 7;
		prov_connect(v, SPDM_V13, false, true);
		assert_int_equal(prov_send(v, m, rows[i].n), rows[i].want);
		prov_free(v);
	}
}

static void a_signature_that_was_not_offered_is_unsupported(void **unused)
{
	(void)unused;
	static const uint8_t m[40] = { 0x13, 0x87, 1, 0, 1 };
	struct prov *v = prov_new();

	v->p->rcfg.caps ^= SPDM_CAP_EP_INFO_MASK;
	prov_connect(v, SPDM_V13, false, false);
	assert_int_equal(prov_send(v, m, sizeof(m)),
			 SPDM_ERR_UNSUPPORTED_REQUEST);
	prov_free(v);
}

static void a_log_comes_in_portions_until_it_is_whole(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .out = v->out, .out_cap = v->log_len };

	v->p->qcfg.portion = 100;
	prov_connect(v, SPDM_V13, false, true);
	assert_int_equal(pair_run(v->p, SPDM_OP_MEL, &a), IL_OK);
	assert_int_equal(spdm_req_got(&v->p->req), v->log_len);
	assert_memory_equal(v->out, v->log, v->log_len);
	prov_free(v);
}

static int get(struct prov *v, uint32_t off, uint32_t len)
{
	uint8_t m[12] = { 0x13, 0xef };

	put_u32le(m + 4, off);
	put_u32le(m + 8, len);
	return prov_send(v, m, sizeof(m));
}

static void a_portion_is_what_was_asked_for(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V13, false, false);
	assert_int_equal(v->log_len, 16 + 3 * (11 + 100));
	assert_int_equal(get(v, 16, 5), 0);
	assert_memory_equal(v->p->out,
			    "\x13\x6f\0\0\5\0\0\0\x48\1\0\0\1\0\0\0\x10", 17);
	assert_int_equal(v->p->out_len, 17);
	prov_free(v);
}

/* Sums of offset and length that wrap, in 32 bits or in more. */
static void offsets_and_lengths_never_wrap(void **unused)
{
	(void)unused;
	static const struct {
		uint32_t off, len;
		int want;
		uint32_t got, left;
	} rows[] = {
		{ 0, 0xffffffff, 0, 349, 0 },
		{ 1, 0xffffffff, 0, 348, 0 },
		{ 348, 0xffffffff, 0, 1, 0 },
		{ 348, 0xfffffea5, 0, 1, 0 },
		{ 348, 1, 0, 1, 0 },
		{ 349, 1, INV, 0, 0 },
		{ 350, 0xffffffff, INV, 0, 0 },
		{ 0xffffffff, 1, INV, 0, 0 },
		{ 0xffffffff, 0xffffffff, INV, 0, 0 },
		{ 0x80000000, 0x80000001, INV, 0, 0 },
		{ 0, 0, INV, 0, 0 },
		{ 10, 0, INV, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prov *v = prov_new();

		prov_connect(v, SPDM_V13, false, true);
		assert_int_equal(get(v, rows[i].off, rows[i].len),
				 rows[i].want);
		if (!rows[i].want) {
			assert_int_equal(v->p->out_len, 12 + rows[i].got);
			assert_int_equal(get_u32le(v->p->out + 4), rows[i].got);
			assert_int_equal(get_u32le(v->p->out + 8),
					 rows[i].left);
		}
		prov_free(v);
	}
}

static void a_long_log_is_cut_to_what_the_peer_takes(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .out = v->out,
					 .out_cap = sizeof(v->out) };

	put_u32le(v->log, 1); /* one entry, of 8,000 bytes */
	put_u32le(v->log + 4, 8000);
	put_u16le(v->log + 16 + 9, 8000 - 11);
	v->log_len = 8016;
	v->p->qcfg.transfer = 1024;
	v->p->qcfg.portion = 0;
	prov_connect(v, SPDM_V13, false, false);
	assert_int_equal(get(v, 0, 0xffffffff), 0);
	assert_int_equal(v->p->out_len, 1024);
	assert_int_equal(get_u32le(v->p->out + 8), 8016 - 1012);
	assert_int_equal(pair_run(v->p, SPDM_OP_MEL, &a), IL_OK);
	assert_int_equal(spdm_req_got(&v->p->req), 8016);
	prov_free(v);
}

static void a_log_needs_room_at_the_requester(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .out = v->out,
					 .out_cap = v->log_len - 1 };

	prov_connect(v, SPDM_V13, false, false);
	assert_int_equal(pair_run(v->p, SPDM_OP_MEL, &a), IL_E_NOMEM);
	prov_free(v);
}

static void bend(struct pair *p, struct spdm_msg *m)
{
	switch (p->changed % 5) {
	case 0:
		m->u.mel.portion.n = 0;
		break;
	case 1:
		m->u.mel.remainder = 0xffffffff;
		break;
	case 2: /* ends early */
		m->u.mel.remainder = 0;
		break;
	case 3: /* never ends */
		m->u.mel.remainder++;
		break;
	default:
		m->u.mel.portion.p++;
		break;
	}
}

static void a_log_that_does_not_add_up_is_not_believed(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 5; i++) {
		struct prov *v = prov_new();
		const struct spdm_req_args a = { .out = v->out,
						 .out_cap = sizeof(v->out) };

		v->p->qcfg.portion = 100;
		prov_connect(v, SPDM_V13, false, false);
		v->p->change = bend;
		v->p->change_code = SPDM_MEASUREMENT_EXTENSION_LOG;
		v->p->changed = i;
		assert_int_not_equal(pair_run(v->p, SPDM_OP_MEL, &a), IL_OK);
		prov_free(v);
	}
}

static void a_log_that_was_not_agreed_on_is_unexpected(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .out = v->out, .out_cap = 1 };

	prov_connect(v, SPDM_V13, false, false);
	v->p->rsp.mel_spec = 0;
	assert_int_equal(get(v, 0, 1), SPDM_ERR_UNEXPECTED_REQUEST);
	v->p->req.mel_spec = 0;
	assert_int_equal(spdm_req_begin(&v->p->req, SPDM_OP_MEL, &a), IL_E_ARG);
	prov_free(v);
}

static void a_log_that_cannot_be_had_is_a_failure(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V13, false, false);
	v->mel_err = IL_E_IO;
	assert_int_equal(get(v, 0, 1), SPDM_ERR_OPERATION_FAILED);
	v->mel_err = IL_OK;
	v->log_len = 0;
	assert_int_equal(get(v, 0, 1), INV);
	prov_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(information_is_given_without_a_signature),
		cmocka_unit_test(information_is_signed_when_asked),
		cmocka_unit_test(a_changed_answer_does_not_verify),
		cmocka_unit_test(information_that_cannot_be_given_is_refused),
		cmocka_unit_test(
			a_signature_that_was_not_offered_is_unsupported),
		cmocka_unit_test(a_log_comes_in_portions_until_it_is_whole),
		cmocka_unit_test(a_portion_is_what_was_asked_for),
		cmocka_unit_test(offsets_and_lengths_never_wrap),
		cmocka_unit_test(a_long_log_is_cut_to_what_the_peer_takes),
		cmocka_unit_test(a_log_needs_room_at_the_requester),
		cmocka_unit_test(a_log_that_does_not_add_up_is_not_believed),
		cmocka_unit_test(a_log_that_was_not_agreed_on_is_unexpected),
		cmocka_unit_test(a_log_that_cannot_be_had_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
