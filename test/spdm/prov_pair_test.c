/* SPDX-License-Identifier: BSD-2-Clause */
#include "prov_rig.h"

/* Key pairs. Messages are written out from DSP0274 1.3.2, section 10.27, and
 * 1.4.0 for what post-quantum algorithms added. */

#define INV  SPDM_ERR_INVALID_REQUEST
#define BUSY SPDM_ERR_BUSY
#define UNX  SPDM_ERR_UNEXPECTED_REQUEST
#define SES  SPDM_ERR_SESSION_REQUIRED
#define OPF  SPDM_ERR_OPERATION_FAILED

static void a_key_pair_is_described(void **unused)
{
	(void)unused;
	static const uint8_t ask[] = { 0x13, 0xfc, 0, 0, 2 };
	static const uint8_t want[] = {
		0x13, 0x7c, 0,	  0,	3,    2,    0x1f, 0,	0xf,  0,    0xf,
		0,    0x18, 0,	  0,	0,    0x10, 0,	  0,	0,    0x12, 0,
		2,    0x30, 0x10, 6,	7,    0x2a, 0x86, 0x48, 0xce, 0x3d, 2,
		1,    6,    5,	  0x2b, 0x81, 4,    0,	  0x22,
	};
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V13, true, false);
	assert_int_equal(prov_send(v, ask, sizeof(ask)), 0);
	assert_int_equal(v->p->out_len, sizeof(want));
	assert_memory_equal(v->p->out, want, sizeof(want));
	prov_free(v);
}

static void version_1_4_tells_of_post_quantum_algorithms(void **unused)
{
	(void)unused;
	static const uint8_t bits[] = { 7, 0, 0, 0 };
	static const uint8_t ask[] = { 0x14, 0xfc, 0, 0, 1 };
	struct prov *v = prov_new();

	v->pairs[0].pqc_caps = (struct spdm_span){ bits, 4 };
	prov_connect(v, SPDM_V14, true, false);
	assert_int_equal(prov_send(v, ask, sizeof(ask)), 0);
	assert_int_equal(v->p->out_len, 41 + 5 + 1);
	assert_memory_equal(v->p->out + 41, "\4\7\0\0\0\0", 6);
	prov_free(v);
}

static void what_cannot_be_set_has_no_capabilities(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .wish.id = 3 };

	v->p->rcfg.caps &= ~SPDM_CAP_SET_KEY_PAIR_INFO;
	prov_connect(v, SPDM_V13, true, true);
	assert_int_equal(pair_run(v->p, SPDM_OP_KEY_PAIR, &a), IL_OK);
	assert_int_equal(spdm_req_pair(&v->p->req)->caps, 0);
	assert_int_equal(spdm_req_pair(&v->p->req)->total, 3);
	assert_int_equal(spdm_req_pair(&v->p->req)->asym, 0);
	assert_int_equal(pair_run(v->p, SPDM_OP_SET_KEY_PAIR, &a), IL_E_ARG);
	prov_free(v);
}

static void only_pairs_that_are_there_are_described(void **unused)
{
	(void)unused;
	static const uint8_t ids[] = { 0, 4, 0xff };
	struct prov *v = prov_new();
	uint8_t m[] = { 0x13, 0xfc, 0, 0, 0, 0, 0, 0, 0 };

	prov_connect(v, SPDM_V13, true, true);
	for (size_t i = 0; i < COUNT(ids); i++) {
		m[4] = ids[i];
		assert_int_equal(prov_send(v, m, 5), INV);
	}
	m[4] = 1;
	assert_int_equal(prov_send(v, m, 4), INV);
	assert_int_equal(prov_send(v, m, 6), INV);
	assert_int_equal(prov_send(v, m, 5), 0);
	prov_free(v);
}

/* SET_KEY_PAIR_INFO of pair 3, which has no key yet, or of another. */
struct wish {
	uint8_t op, id;
	uint16_t usage;
	uint32_t asym;
	uint8_t slots;
};

static int set(struct prov *v, const struct wish *w)
{
	uint8_t m[13] = { 0x13, 0xfd, w->op, 0, w->id };

	put_u16le(m + 6, w->usage);
	put_u32le(m + 8, w->asym);
	m[12] = w->slots;
	return prov_send(v, m, w->op == SPDM_KEY_PAIR_ERASE ? 5 : 13);
}

static void a_wish_must_be_within_the_pairs_capabilities(void **unused)
{
	(void)unused;
	static const struct {
		uint16_t drop; /* capabilities that the pair lacks */
		struct wish w;
		int want;
	} rows[] = {
		{ 0, { 2, 3, 0, 0x10, 4 }, 0 },
		{ 0, { 2, 3, 0xf, 0x08, 0 }, 0 },
		{ 1, { 2, 3, 0, 0x10, 4 }, INV },    /* cannot be made */
		{ 0, { 2, 3, 0, 0, 0 }, OPF },	     /* of no algorithm */
		{ 0, { 2, 3, 0x10, 0x10, 0 }, INV }, /* no such use */
		{ 8, { 2, 3, 1, 0x10, 0 }, INV },    /* uses are fixed */
		{ 0, { 2, 3, 0, 0x20, 0 }, INV },    /* not its algorithm */
		{ 0, { 2, 3, 0, 0x18, 0 }, INV },    /* two of them */
		{ 16, { 2, 3, 0, 0x10, 0 }, INV },   /* cannot be chosen */
		{ 4, { 2, 3, 0, 0x10, 4 }, INV },    /* slots are fixed */
		{ 0, { 2, 3, 0, 0x10, 12 }, INV },   /* not to be shared */
		{ 0, { 2, 3, 0, 0x10, 1 }, UNX },    /* slot 0 */
		{ 0, { 2, 3, 0, 0x10, 2 }, OPF },    /* another pair's */
		{ 0, { 2, 3, 0, 0x08, 2 }, 0 },	     /* of another algorithm */
		{ 0, { 3, 3, 0, 0x10, 0 }, INV },    /* no such operation */
		{ 0, { 2, 0, 0, 0x10, 0 }, INV },    /* no such pair */
		{ 0, { 2, 4, 0, 0x10, 0 }, INV },
		{ 0, { 2, 2, 0, 0x10, 2 }, OPF }, /* it has a slot */
		{ 0, { 1, 2, 0, 0, 0 }, OPF },
		{ 2, { 1, 3, 0, 0, 0 }, INV }, /* cannot be erased */
		{ 0, { 1, 3, 0, 0, 0 }, 0 },
		{ 0, { 0, 2, 3, 0, 2 }, 0 }, /* change */
		{ 0, { 0, 2, 0, 0x10, 2 }, 0 },
		{ 0, { 0, 2, 0, 0x08, 2 }, INV }, /* a key stays what it is */
		{ 0, { 0, 3, 0, 0x08, 0 }, 0 },
		{ 0, { 0, 2, 0, 0, 0 }, 0 },   /* leaves an empty slot */
		{ 0, { 0, 1, 0, 0, 1 }, UNX }, /* slot 0 is its own */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct prov *v = prov_new();
		int got;

		prov_connect(v, SPDM_V13, true, true);
		for (unsigned k = 0; k < PROV_PAIRS; k++)
			v->pairs[k].caps &= (uint16_t)~rows[i].drop;
		got = set(v, &rows[i].w);
		if (got != rows[i].want)
			print_error("row %zu: %d\n", i, got);
		assert_int_equal(got, rows[i].want);
		assert_int_equal(v->sets, got ? 0 : 1);
		prov_free(v);
	}
}

static void what_is_not_wished_stays_as_it_is(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	v->pairs[1].usage = 5;
	prov_connect(v, SPDM_V13, true, true);
	assert_int_equal(set(v, &(struct wish){ 0, 2, 0, 0, 2 }), 0);
	assert_int_equal(v->set.usage, 5);
	assert_int_equal(v->set.asym, SPDM_KEY_PAIR_ECC_P384);
	assert_int_equal(v->set.slots, 2);
	prov_free(v);
}

static void slots_follow_their_key_pair(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_rsp_slot *s = v->p->rsp.cfg.slots;

	prov_connect(v, SPDM_V13, true, true);
	assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 4 }), 0);
	assert_int_equal(s[0].key_pair, 1);
	assert_int_equal(s[0].usage, 0xf);
	assert_int_equal(s[1].key_pair, 0);
	assert_int_equal(s[1].usage, 0);
	assert_int_equal(s[2].key_pair, 2);
	assert_int_equal(s[2].usage, 3);
	prov_free(v);
}

static void a_slot_with_a_chain_keeps_its_key(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_rsp_slot now = {
		.certs = { v->p->maker.certs, v->p->maker.certs_len },
		.there = true,
		.key_pair = 2,
	};

	prov_connect(v, SPDM_V13, true, true);
	assert_int_equal(spdm_rsp_slot_set(&v->p->rsp, 1, &now), IL_OK);
	assert_int_equal(set(v, &(struct wish){ 0, 2, 0, 0, 0 }), OPF);
	assert_int_equal(set(v, &(struct wish){ 0, 2, 0, 0, 4 }), OPF);
	assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 2 }), 0);
	assert_int_equal(v->sets, 1);
	prov_free(v);
}

static void a_pair_under_a_session_is_not_touched(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();

	prov_connect(v, SPDM_V13, true, true);
	v->p->rsp.cfg.ses[0].slot = 1;
	assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 2 }), BUSY);
	assert_int_equal(set(v, &(struct wish){ 2, 3, 3, 0x08, 2 }), BUSY);
	v->p->rsp.cfg.ses[0].slot = SPDM_SLOTS; /* a session under a secret */
	assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 2 }), 0);
	prov_free(v);
}

static void nobody_outside_a_session_changes_a_pair(void **unused)
{
	(void)unused;
	for (int trusted = 0; trusted < 2; trusted++) {
		struct prov *v = prov_new();

		v->p->rcfg.trusted = trusted;
		prov_connect(v, SPDM_V13, true, false);
		assert_int_equal(set(v, &(struct wish){ 2, 3, 0, 0x10, 4 }),
				 trusted ? 0 : SES);
		prov_free(v);
	}
}

static void the_devices_refusal_changes_nothing(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	struct spdm_rsp_slot old[SPDM_SLOTS];

	prov_connect(v, SPDM_V13, true, true);
	memcpy(old, v->p->rsp.cfg.slots, sizeof(old));
	v->pair_err = IL_E_NOMEM;
	assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 4 }), BUSY);
	v->pair_err = IL_E_IO;
	assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 4 }), OPF);
	assert_memory_equal(old, v->p->rsp.cfg.slots, sizeof(old));
	prov_free(v);
}

static void a_reset_is_asked_for_only_where_it_was_offered(void **unused)
{
	(void)unused;
	for (int offered = 0; offered < 2; offered++) {
		struct prov *v = prov_new();

		if (offered)
			v->p->rcfg.caps |= SPDM_CAP_SET_KEY_PAIR_RESET;
		prov_connect(v, SPDM_V13, true, true);
		v->reset = true;
		assert_int_equal(set(v, &(struct wish){ 0, 2, 3, 0, 4 }),
				 offered ? SPDM_ERR_RESET_REQUIRED : OPF);
		assert_int_equal(v->p->rsp.cfg.slots[1].key_pair, 2);
		prov_free(v);
	}
}

static void the_requester_sets_and_reads_back(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	struct spdm_req_args a = { .wish = { .id = 3,
					     .op = SPDM_KEY_PAIR_GENERATE,
					     .usage = 2,
					     .asym = SPDM_KEY_PAIR_ECC_P256,
					     .slots = 0x10 } };

	prov_connect(v, SPDM_V13, true, true);
	assert_int_equal(pair_run(v->p, SPDM_OP_SET_KEY_PAIR, &a), IL_OK);
	assert_int_equal(pair_run(v->p, SPDM_OP_KEY_PAIR, &a), IL_OK);
	assert_int_equal(spdm_req_pair(&v->p->req)->usage, 2);
	assert_int_equal(spdm_req_pair(&v->p->req)->asym,
			 SPDM_KEY_PAIR_ECC_P256);
	assert_int_equal(spdm_req_pair(&v->p->req)->slots, 0x10);
	a.wish.op = SPDM_KEY_PAIR_ERASE;
	assert_int_equal(pair_run(v->p, SPDM_OP_SET_KEY_PAIR, &a), IL_E_PEER);
	assert_int_equal(spdm_req_peer_error(&v->p->req), OPF);
	prov_free(v);
}

/* One after the other, a description that cannot be. */
static void lie(struct pair *p, struct spdm_msg *m)
{
	struct spdm_key_pair *k = &m->u.key_pair;

	switch (p->changed) {
	case 0:
		k->id = 1;
		break;
	case 1:
		k->total = 1;
		break;
	case 2:
		k->usage = 0x10;
		break;
	case 3:
		k->asym = SPDM_KEY_PAIR_RSA_2048;
		break;
	case 4:
		k->asym = k->asym_caps;
		break;
	case 5:
		k->caps = SPDM_KEY_PAIR_CAP_SHAREABLE;
		break;
	default:
		k->slots = 6;
		break;
	}
}

static void a_description_that_contradicts_itself_is_not_believed(void **unused)
{
	(void)unused;
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .wish.id = 2 };

	prov_connect(v, SPDM_V13, true, false);
	assert_int_equal(pair_run(v->p, SPDM_OP_KEY_PAIR, &a), IL_OK);
	v->p->change = lie;
	v->p->change_code = SPDM_KEY_PAIR_INFO;
	for (unsigned i = 0; i < 7; i++) {
		assert_int_equal(pair_run(v->p, SPDM_OP_KEY_PAIR, &a),
				 IL_E_FIELD);
		assert_int_equal(v->p->changed, i + 1);
	}
	prov_free(v);
}

static void older_versions_have_no_key_pairs(void **unused)
{
	(void)unused;
	static const uint8_t get[] = { 0x12, 0xfc, 0, 0, 1 };
	struct prov *v = prov_new();
	const struct spdm_req_args a = { .wish.id = 2 };

	prov_connect(v, SPDM_V12, false, false);
	assert_int_equal(prov_send(v, get, sizeof(get)),
			 SPDM_ERR_UNSUPPORTED_REQUEST);
	assert_int_equal(spdm_req_begin(&v->p->req, SPDM_OP_KEY_PAIR, &a),
			 IL_E_ARG);
	prov_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_pair_is_described),
		cmocka_unit_test(version_1_4_tells_of_post_quantum_algorithms),
		cmocka_unit_test(what_cannot_be_set_has_no_capabilities),
		cmocka_unit_test(only_pairs_that_are_there_are_described),
		cmocka_unit_test(a_wish_must_be_within_the_pairs_capabilities),
		cmocka_unit_test(what_is_not_wished_stays_as_it_is),
		cmocka_unit_test(slots_follow_their_key_pair),
		cmocka_unit_test(a_slot_with_a_chain_keeps_its_key),
		cmocka_unit_test(a_pair_under_a_session_is_not_touched),
		cmocka_unit_test(nobody_outside_a_session_changes_a_pair),
		cmocka_unit_test(the_devices_refusal_changes_nothing),
		cmocka_unit_test(
			a_reset_is_asked_for_only_where_it_was_offered),
		cmocka_unit_test(the_requester_sets_and_reads_back),
		cmocka_unit_test(
			a_description_that_contradicts_itself_is_not_believed),
		cmocka_unit_test(older_versions_have_no_key_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
