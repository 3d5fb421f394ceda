/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

/*
 * Which requests, between others, empty the transcripts of CHALLENGE (M1/M2)
 * and of measurements (L1/L2): what the responder signs is told here by hand.
 * Source: DSP0274 1.2.1, sections 10.9.3 and 10.11.4.
 */

#define LONG 4096

struct log {
	uint8_t b[4 * LONG];
	size_t n;
};

static void keep(struct log *l, const uint8_t *p, size_t n)
{
	assert_true(n <= sizeof(l->b) - l->n);
	memcpy(l->b + l->n, p, n);
	l->n += n;
}

/* One plain exchange, kept without the last @cut bytes of the answer. */
static int say(struct pair *p, struct log *l, const uint8_t *m, size_t n,
	       size_t cut)
{
	const int got = pair_send(p, SPDM_PLAIN, m, n);

	assert_true(got >= 0);
	keep(l, m, n);
	keep(l, p->out, p->out_len - cut);
	return got;
}

static const uint8_t get_digests[] = { 0x12, SPDM_GET_DIGESTS, 0, 0 };
static const uint8_t get_cert[] = {
	0x12, SPDM_GET_CERTIFICATE, 0, 0, 0, 0, 0, 2
};
static const uint8_t get_meas[] = { 0x12, SPDM_GET_MEASUREMENTS, 0, 1 };
static const uint8_t vendor[] = { 0x12, 0xfe, 0, 0, 0, 0, 0, 1, 0, 9 };
static const uint8_t no_meas[] = { 0x12, SPDM_GET_MEASUREMENTS, 0, 9 };
static const uint8_t stray[] = { 0x12, SPDM_FINISH, 0, 0 };
static const uint8_t unknown[] = { 0x12, SPDM_GET_SUPPORTED_EVENT_TYPES, 0, 0 };
static const uint8_t old[] = { 0x11, SPDM_GET_MEASUREMENTS, 0, 1 };
static const uint8_t caps[20] = { 0x12, SPDM_GET_CAPABILITIES };

/* What comes between. A length of 0: by its number, in or for a session. */
enum { RAW, NONE, SESSION, PSK, HEARTBEAT, UPDATE, END, ENCAP, CHALLENGE };

#define M(x) (x), sizeof(x)

static const struct between {
	const char *name;
	unsigned what;
	const uint8_t *m;
	size_t n;
	bool refused;
	bool m12; /* M1/M2 goes on */
	bool l12; /* and L1/L2 */
} rows[] = {
	{ "nothing", NONE, NULL, 0, false, true, true },
	{ "MEASUREMENTS", RAW, M(get_meas), false, false, true },
	{ "VENDOR_DEFINED", RAW, M(vendor), false, true, false },
	{ "CERTIFICATE", RAW, M(get_cert), false, true, false },
	{ "DIGESTS", RAW, M(get_digests), false, true, false },
	{ "KEY_EXCHANGE", SESSION, NULL, 0, false, false, false },
	{ "PSK_EXCHANGE", PSK, NULL, 0, false, false, false },
	{ "HEARTBEAT", HEARTBEAT, NULL, 0, false, false, true },
	{ "KEY_UPDATE", UPDATE, NULL, 0, false, false, true },
	{ "END_SESSION", END, NULL, 0, false, false, true },
	{ "ENCAPSULATED_REQUEST", ENCAP, NULL, 0, false, false, true },
	/* An ERROR empties L1/L2, and is no part of M1/M2. */
	{ "no such measurement", RAW, M(no_meas), true, true, false },
	{ "FINISH outside", RAW, M(stray), true, true, false },
	{ "unsupported", RAW, M(unknown), true, true, false },
	{ "another version", RAW, M(old), true, true, false },
	{ "GET_CAPABILITIES again", RAW, M(caps), true, true, false },
};

static const struct spdm_req_args named = {
	.hint = { (const uint8_t *)PAIR_HINT, sizeof(PAIR_HINT) },
	.update = SPDM_UPDATE_KEY,
};

/* In a session that is there before anything is hashed. */
static bool inside(unsigned what)
{
	return what == HEARTBEAT || what == UPDATE || what == END ||
	       what == ENCAP;
}

static struct pair *ready(const struct between *b)
{
	struct pair *p = pair_new(CRYPTO_P384);

	pair_mutual(p, 0, 0);
	p->rcfg.caps |= SPDM_CAP_PSK_WITH_CONTEXT;
	p->qcfg.caps |= SPDM_CAP_PSK;
	pair_start(p);
	pair_connect(p);
	if (inside(b->what))
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_OK);
	return p;
}

static void come_between(struct pair *p, struct log *l, const struct between *b)
{
	static const enum spdm_req_op ops[] = {
		[SESSION] = SPDM_OP_SESSION,	 [PSK] = SPDM_OP_PSK,
		[HEARTBEAT] = SPDM_OP_HEARTBEAT, [UPDATE] = SPDM_OP_KEY_UPDATE,
		[END] = SPDM_OP_END_SESSION,	 [ENCAP] = SPDM_OP_ENCAP,
	};
	struct log no = { .n = 0 };

	switch (b->what) {
	case NONE:
		break;
	case RAW:
		if (say(p, b->refused ? &no : l, b->m, b->n, 0) == 0)
			assert_false(b->refused);
		else
			assert_true(b->refused);
		break;
	default:
		if (b->what == ENCAP)
			assert_int_equal(spdm_rsp_ask(&p->rsp,
						      SPDM_ASK_KEY_UPDATE,
						      p->req.session_id),
					 IL_OK);
		assert_int_equal(pair_run(p, ops[b->what], &named), IL_OK);
		break;
	}
}

/* What the responder's key was asked to sign. */
static void signs(struct pair *p, const struct log *vca, const struct log *l,
		  const char *context, const char *name)
{
	const struct crypto_span parts[] = { { vca->b, vca->n },
					     { l->b, l->n } };
	uint8_t th[SPDM_HASH_MAX], want[SPDM_HASH_MAX];

	assert_int_equal(crypto_hash_parts(&p->c, CRYPTO_SHA384, parts, 2, th),
			 IL_OK);
	assert_int_equal(spdm_sign_digest(&p->c, SPDM_V12, SPDM_HASH_SHA_384,
					  context, th, want),
			 IL_OK);
	if (memcmp(p->rsp_digest, want, 48) != 0)
		print_error("after %s\n", name);
	assert_memory_equal(p->rsp_digest, want, 48);
}

static void vca_of(struct pair *p, struct log *l)
{
	l->n = 0;
	keep(l, spdm_req_vca(&p->req).p, spdm_req_vca(&p->req).n);
}

/* DIGESTS anew begin M1/M2 anew, whatever stood there. */
static void m12_is_emptied_by_what_is_not_part_of_it(void **unused)
{
	(void)unused;
	static struct log vca, l;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		const struct between *b = &rows[i];
		uint8_t challenge[4 + 32] = { 0x12, SPDM_CHALLENGE, 0, 0 };
		struct pair *p = ready(b);

		vca_of(p, &vca);
		l.n = 0;
		assert_int_equal(say(p, &l, M(get_digests), 0), 0);
		assert_int_equal(say(p, &l, M(get_cert), 0), 0);
		if (b->m == get_digests)
			l.n = 0;
		come_between(p, &l, b);
		if (!b->m12)
			l.n = 0;
		else if (b->m == vendor) /* neither is it hashed */
			l.n -= sizeof(vendor) * 2;
		challenge[4] = 7;
		assert_int_equal(say(p, &l, M(challenge), 96), 0);
		signs(p, &vca, &l, SPDM_SIGN_CHALLENGE, b->name);
		/* And by itself. */
		l.n = 0;
		challenge[4] = 8;
		assert_int_equal(say(p, &l, M(challenge), 96), 0);
		signs(p, &vca, &l, SPDM_SIGN_CHALLENGE, b->name);
		pair_free(p);
	}
}

static void l12_is_emptied_by_what_is_not_part_of_it(void **unused)
{
	(void)unused;
	static struct log vca, l;

	for (unsigned i = 0; i < COUNT(rows); i++) {
		const struct between *b = &rows[i];
		uint8_t sign[4 + 32 + 1] = { 0x12, SPDM_GET_MEASUREMENTS, 1,
					     1 };
		struct pair *p = ready(b);

		vca_of(p, &vca);
		l.n = 0;
		assert_int_equal(say(p, &l, M(get_meas), 0), 0);
		come_between(p, &l, b);
		if (!b->l12)
			l.n = 0;
		sign[4] = 7;
		assert_int_equal(say(p, &l, M(sign), 96), 0);
		signs(p, &vca, &l, SPDM_SIGN_MEASUREMENTS, b->name);
		l.n = 0;
		assert_int_equal(say(p, &l, M(sign), 96), 0);
		signs(p, &vca, &l, SPDM_SIGN_MEASUREMENTS, b->name);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m12_is_emptied_by_what_is_not_part_of_it),
		cmocka_unit_test(l12_is_emptied_by_what_is_not_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
