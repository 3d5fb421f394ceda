/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include <stdlib.h>

/*
 * What we do not have, and how that is answered: docs/spdm.md lists it.
 * Source: DSP0274 1.4.0, tables 4 and 5 (codes), section 10.4 (algorithms),
 * section 10.10 (UnsupportedRequest; ErrorData is the request's code)
 */

static const uint8_t all[5] = { 0x10, 0x11, 0x12, 0x13, 0x14 };

/* Requests of ours; each of them is tried in rsp_table_test.c. */
static bool ours(unsigned code)
{
	return (code >= 0x81 && code <= 0x87) || code == 0xe0 || code == 0xe1 ||
	       (code >= 0xe3 && code <= 0xef) || code >= 0xfc;
}

static struct pair *at(uint8_t version)
{
	struct pair *p = pair_new(CRYPTO_P384);

	memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
	memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
	p->rcfg.versions[0] = p->qcfg.versions[0] = version;
	return p;
}

static void refused(struct pair *p, const uint8_t *m, size_t n, uint8_t error,
		    uint8_t data)
{
	const uint8_t want[4] = { m[0], 0x7f, error, data };
	struct pair_rsp *old = malloc(sizeof(*old));
	int got;

	assert_non_null(old);
	pair_keep(p, old);
	got = p->req.state == SPDM_REQ_SESSION ? pair_send_secured(p, m, n)
					       : pair_send(p, SPDM_PLAIN, m, n);
	if (got != error)
		print_error("%02x %02x: %d\n", m[0], m[1], got);
	assert_int_equal(got, error);
	assert_int_equal(p->out_len, 4);
	assert_memory_equal(p->out, want, 4);
	pair_same_but_records(p, old);
	free(old);
}

/*
 * GET_SUPPORTED_EVENT_TYPES (0xe2), SUBSCRIBE_EVENT_TYPES (0xf0), SEND_EVENT
 * (0xf1), SLOT_MANAGEMENT (0x88), whatever is reserved, and responses.
 */
static void each_code_that_is_none_of_ours_is_unsupported(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2 * COUNT(all); i++) {
		const uint8_t version = all[i / 2];
		struct pair *p = at(version);
		unsigned tried = 0;

		pair_start(p);
		if (i & 1 && version == 0x10) {
			pair_free(p);
			continue; /* there are no sessions */
		}
		if (i & 1)
			pair_session(p);
		else
			pair_connect(p);
		for (unsigned code = 0; code < 256; code++) {
			const uint8_t m[64] = { version, (uint8_t)code, 1, 2 };

			if (ours(code))
				continue;
			refused(p, m, 4, SPDM_ERR_UNSUPPORTED_REQUEST, m[1]);
			refused(p, m, 64, SPDM_ERR_UNSUPPORTED_REQUEST, m[1]);
			tried++;
		}
		assert_int_equal(tried, 256 - 7 - 2 - 13 - 4);
		pair_free(p);
	}
}

/*
 * NEGOTIATE_ALGORITHMS with four tables, and where the bits of each kind
 * stand in it and in ALGORITHMS; those that we have and offer.
 */
static const uint8_t offer[48] = {
	0x12, 0xe3, 4,	  0, 48, 0,    1, 2, 0x80, 0,	 0,    0, 2, 0,	   0, 0,
	0,    0,    0,	  0, 0,	 0,    0, 0, 0,	   0,	 0,    0, 0, 0,	   0, 0,
	2,    0x20, 0x10, 0, 3,	 0x20, 2, 0, 4,	   0x20, 0x80, 0, 5, 0x20, 1, 0,
};

static const struct kind {
	const char *name;
	uint8_t req, rsp, bytes;
	uint32_t have;
	bool needed; /* without one there is nothing to go on with */
} kinds[] = {
	/* 9: SM2, 10: Ed25519, 11: Ed448, 12 on: reserved */
	{ "BaseAsymAlgo", 8, 12, 4, 0x1ff, true },
	/* 3 to 5: SHA-3, 6: SM3 */
	{ "BaseHashAlgo", 12, 16, 4, 0x7, true },
	/* 0 to 2: FFDHE, 6: SM2 */
	{ "DHE", 34, 38, 2, 0x38, true },
	/* 3: SM4-GCM */
	{ "AEADCipherSuite", 38, 42, 2, 0x7, true },
	/* as BaseAsymAlgo */
	{ "ReqBaseAsymAlg", 42, 46, 2, 0x1ff, false },
};

static void put(uint8_t *p, unsigned bytes, uint32_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get(const uint8_t *p, unsigned bytes)
{
	return bytes == 4 ? get_u32le(p) : get_u16le(p);
}

/* Up to where NEGOTIATE_ALGORITHMS is expected. */
static struct pair *asked(void)
{
	static const uint8_t version[] = { 0x10, SPDM_GET_VERSION, 0, 0 };
	uint8_t caps[20] = { 0x12, SPDM_GET_CAPABILITIES };
	struct pair *p = at(0x12);

	pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
	pair_start(p);
	put_u32le(caps + 8, SPDM_REQ_CAPS | SPDM_CAP_MUT_AUTH | SPDM_CAP_ENCAP);
	put_u32le(caps + 12, 4096);
	put_u32le(caps + 16, 4096);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	assert_int_equal(pair_send(p, SPDM_PLAIN, caps, 20), 0);
	return p;
}

static void an_algorithm_that_we_lack_is_never_selected(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(kinds); i++)
		for (unsigned bit = 0; bit < 8u * kinds[i].bytes; bit++) {
			const struct kind *k = &kinds[i];
			const uint32_t v = UINT32_C(1) << bit;
			const uint32_t mine = get(offer + k->req, k->bytes);
			struct pair *p;
			uint8_t m[48];

			if (k->have & v)
				continue;
			memcpy(m, offer, sizeof(m));
			p = asked();
			/* Alone. */
			put(m + k->req, k->bytes, v);
			if (k->needed) {
				refused(p, m, sizeof(m),
					SPDM_ERR_INVALID_REQUEST, 0);
			} else {
				assert_int_equal(
					pair_send(p, SPDM_PLAIN, m, sizeof(m)),
					0);
				assert_int_equal(get(p->out + k->rsp, k->bytes),
						 0);
				pair_free(p);
				p = asked();
			}
			/* Beside one of ours. */
			put(m + k->req, k->bytes, v | mine);
			assert_int_equal(pair_send(p, SPDM_PLAIN, m, sizeof(m)),
					 0);
			if (get(p->out + k->rsp, k->bytes) != mine)
				print_error("%s bit %u\n", k->name, bit);
			assert_int_equal(get(p->out + k->rsp, k->bytes), mine);
			pair_free(p);
		}
}

/* The other way: ALGORITHMS with what was not offered. */
static unsigned lie_kind, lie_bit;

static void select_other(struct pair *p, struct spdm_msg *m)
{
	const uint32_t v = UINT32_C(1) << lie_bit;
	struct spdm_algs *a = &m->u.algs;
	const uint8_t type = lie_kind == 2   ? SPDM_ALG_DHE
			     : lie_kind == 3 ? SPDM_ALG_AEAD
					     : SPDM_ALG_REQ_ASYM;

	(void)p;
	if (lie_kind == 0)
		a->asym = v;
	if (lie_kind == 1)
		a->hash = v;
	for (uint8_t i = 0; i < a->tables; i++)
		if (lie_kind >= 2 && a->table[i].type == type)
			a->table[i].bits = (uint16_t)v;
}

static void an_algorithm_that_was_not_offered_is_not_believed(void **unused)
{
	(void)unused;
	for (lie_kind = 0; lie_kind < COUNT(kinds); lie_kind++)
		for (lie_bit = 0; lie_bit < 8u * kinds[lie_kind].bytes;
		     lie_bit++) {
			struct pair *p;

			if (kinds[lie_kind].have & UINT32_C(1) << lie_bit)
				continue;
			p = at(0x12);
			pair_mutual(p, SPDM_MUT_AUTH_ENCAP, 0);
			pair_start(p);
			p->change = select_other;
			p->change_code = SPDM_ALGORITHMS;
			p->change_stage = SPDM_TAP_FIELDS;
			assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL),
					 IL_E_FIELD);
			assert_int_equal(p->changed, 1);
			assert_int_equal(p->req.state, SPDM_REQ_NEW);
			pair_free(p);
		}
}

/*
 * EVENT_CAP of a requester is its own affair, but a session that is to bring
 * all events (SessionPolicy bit 1, 1.3) cannot be had.
 */
static void a_session_that_is_to_bring_events_is_refused(void **unused)
{
	static const enum spdm_req_op ops[] = { SPDM_OP_SESSION, SPDM_OP_PSK };

	(void)unused;
	for (unsigned i = 0; i < 2 * COUNT(all); i++) {
		struct spdm_req_args a = {
			.policy = SPDM_POLICY_EVENTS,
			.hint = { (const uint8_t *)PAIR_HINT,
				  sizeof(PAIR_HINT) },
		};
		const uint8_t v = all[i / 2];
		struct pair *p = at(v);

		p->rcfg.caps |= SPDM_CAP_PSK_WITH_CONTEXT;
		p->qcfg.caps |= SPDM_CAP_PSK;
		pair_start(p);
		if (v == 0x10) {
			pair_free(p);
			continue;
		}
		pair_connect(p);
		assert_int_equal(pair_run(p, ops[i & 1], &a),
				 v >= 0x13 ? IL_E_PEER : IL_OK);
		if (v >= 0x13) {
			assert_int_equal(spdm_req_peer_error(&p->req),
					 SPDM_ERR_INVALID_REQUEST);
			assert_int_equal(p->rsp.cfg.ses[0].state,
					 SPDM_SES_NONE);
			a.policy = SPDM_POLICY_TERMINATE;
			assert_int_equal(pair_run(p, ops[i & 1], &a), IL_OK);
		}
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_that_is_none_of_ours_is_unsupported),
		cmocka_unit_test(an_algorithm_that_we_lack_is_never_selected),
		cmocka_unit_test(
			an_algorithm_that_was_not_offered_is_not_believed),
		cmocka_unit_test(a_session_that_is_to_bring_events_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
