/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include "spdm/caps.h"

/* What two peers agree on: version, capabilities, algorithms. */

static const uint8_t all[5] = { 0x14, 0x13, 0x12, 0x11, 0x10 };

static void only(struct pair *p, uint8_t version)
{
	memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
	memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
	p->rcfg.versions[0] = p->qcfg.versions[0] = version;
}

/* Everything that a version has, one after the other. */
static void live(struct pair *p)
{
	const struct spdm_req_args a = { .summary = SPDM_SUMMARY_ALL,
					 .sign = true,
					 .index = SPDM_MEAS_ALL };
	const struct spdm_req_args up = { .update = SPDM_UPDATE_ALL_KEYS };
	const bool session = p->req.version >= 0x11;

	assert_int_equal(pair_run(p, SPDM_OP_CHALLENGE, &a), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_SESSION, &a),
			 session ? IL_OK : IL_E_ARG);
	if (!session)
		return;
	assert_int_equal(pair_run(p, SPDM_OP_MEASURE, &a), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_KEY_UPDATE, &up), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(pair_run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
}

static void each_version_is_spoken_from_beginning_to_end(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(all); i++) {
		struct pair *p = pair_new(CRYPTO_P384);

		only(p, all[i]);
		pair_start(p);
		pair_connect(p);
		assert_int_equal(p->req.version, all[i]);
		assert_int_equal(p->rsp.version, all[i]);
		live(p);
		pair_free(p);
	}
}

/* Each side has a set of versions; bit 0 is 1.0. */
static void the_newest_that_both_know_is_chosen(void **unused)
{
	(void)unused;
	for (unsigned sets = 0; sets < 32 * 32; sets++) {
		const unsigned ours = sets % 32, theirs = sets / 32;
		struct pair *p;
		uint8_t want = 0;
		unsigned n[2] = { 0, 0 };

		if (!ours || !theirs)
			continue;
		p = pair_new(CRYPTO_P256);
		memset(p->rcfg.versions, 0, sizeof(p->rcfg.versions));
		memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
		for (unsigned i = 0; i < COUNT(all); i++) {
			const unsigned bit = 1u << (all[i] & 0xf);

			if (ours & bit)
				p->qcfg.versions[n[0]++] = all[i];
			if (theirs & bit)
				p->rcfg.versions[n[1]++] = all[i];
			if (!want && (ours & theirs & bit))
				want = all[i];
		}
		pair_start(p);
		assert_int_equal(pair_run(p, SPDM_OP_CONNECT, NULL),
				 want ? IL_OK : IL_E_FIELD);
		assert_int_equal(p->req.version, want);
		pair_free(p);
	}
}

/* Requests of each version after the connection has agreed on another. */
static void a_version_once_agreed_stays(void **unused)
{
	uint8_t digests[] = { 0, SPDM_GET_DIGESTS, 0, 0 };
	uint8_t caps[20] = { 0, SPDM_GET_CAPABILITIES };

	(void)unused;
	for (unsigned i = 0; i < COUNT(all); i++)
		for (unsigned k = 0; k < COUNT(all); k++) {
			struct pair *p = pair_new(CRYPTO_P256);

			memcpy(p->rcfg.versions, all, sizeof(all));
			memset(p->qcfg.versions, 0, sizeof(p->qcfg.versions));
			p->qcfg.versions[0] = all[i];
			pair_start(p);
			pair_connect(p);
			digests[0] = caps[0] = all[k];
			assert_int_equal(pair_send(p, SPDM_PLAIN, digests, 4),
					 i == k ? 0
						: SPDM_ERR_VERSION_MISMATCH);
			assert_int_equal(pair_send(p, SPDM_PLAIN, caps, 20),
					 i == k ? SPDM_ERR_UNEXPECTED_REQUEST
						: SPDM_ERR_VERSION_MISMATCH);
			assert_int_equal(p->rsp.version, all[i]);
			pair_free(p);
		}
}

/* Source: DSP0274 1.4.0, tables 4 and 5: since when there is a request. */
static void what_a_version_lacks_is_unsupported(void **unused)
{
	static const struct {
		uint8_t code;
		uint8_t since;
	} rows[] = {
		{ SPDM_KEY_EXCHANGE, 0x11 }, { SPDM_FINISH, 0x11 },
		{ SPDM_PSK_EXCHANGE, 0x11 }, { SPDM_HEARTBEAT, 0x11 },
		{ SPDM_END_SESSION, 0x11 },  { SPDM_GET_CSR, 0x12 },
		{ SPDM_CHUNK_SEND, 0x12 },   { SPDM_SET_CERTIFICATE, 0x12 },
		{ SPDM_CHUNK_GET, 0x12 },    { SPDM_GET_KEY_PAIR_INFO, 0x13 },
		{ SPDM_SEND_EVENT, 0x15 },   { SPDM_SLOT_MANAGEMENT, 0x15 },
	};

	(void)unused;
	for (unsigned v = 0; v < COUNT(all); v++) {
		struct pair *p = pair_new(CRYPTO_P256);

		only(p, all[v]);
		pair_start(p);
		pair_connect(p);
		for (unsigned i = 0; i < COUNT(rows); i++) {
			const uint8_t m[64] = { all[v], rows[i].code };

			if (all[v] >= rows[i].since)
				continue;
			assert_int_equal(pair_send(p, SPDM_PLAIN, m, 64),
					 SPDM_ERR_UNSUPPORTED_REQUEST);
			assert_int_equal(p->out[3], rows[i].code);
		}
		pair_free(p);
	}
}

/* Each algorithm of ours with each other kind's, at the newest version. */
static void each_suite_carries_a_session(void **unused)
{
	static const uint32_t hash[] = { SPDM_HASH_SHA_256, SPDM_HASH_SHA_384,
					 SPDM_HASH_SHA_512 };
	static const uint16_t dhe[] = { SPDM_DHE_SECP256R1, SPDM_DHE_SECP384R1,
					SPDM_DHE_SECP521R1 };
	static const uint16_t aead[] = { SPDM_AEAD_AES_128_GCM,
					 SPDM_AEAD_AES_256_GCM,
					 SPDM_AEAD_CHACHA20_POLY1305 };

	(void)unused;
	for (unsigned i = 0; i < 27; i++) {
		struct pair *p = pair_new(CRYPTO_P256);

		only(p, all[i % COUNT(all) == 4 ? 0 : i % COUNT(all)]);
		p->rcfg.hash = 7;
		p->rcfg.dhe = 0x38;
		p->rcfg.aead = 7;
		p->rcfg.meas_hash = SPDM_MEAS_HASH_SHA_512;
		p->qcfg.hash = hash[i % 3];
		p->qcfg.dhe = dhe[i / 3 % 3];
		p->qcfg.aead = aead[i / 9];
		pair_start(p);
		pair_connect(p);
		assert_int_equal(p->rsp.hash, hash[i % 3]);
		assert_int_equal(p->rsp.dhe, dhe[i / 3 % 3]);
		assert_int_equal(p->rsp.aead, aead[i / 9]);
		live(p);
		pair_free(p);
	}
}

static void of_several_the_best_is_selected(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.hash = p->qcfg.hash = 7;
	p->rcfg.dhe = p->qcfg.dhe = 0x38;
	p->rcfg.aead = p->qcfg.aead = 7;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(p->req.hash, SPDM_HASH_SHA_512);
	assert_int_equal(p->req.dhe, SPDM_DHE_SECP521R1);
	/* The one that IDE_KM and TDISP want, not the one numbered highest. */
	assert_int_equal(p->req.aead, SPDM_AEAD_AES_256_GCM);
	pair_free(p);
}

/* Flags of a requester that do not go together; see caps.c for the source. */
static const struct {
	uint8_t from, to;
	uint32_t flags;
} bad_req[] = {
	{ 0x11, 0x14, SPDM_CAP_KEY_EX },
	{ 0x11, 0x14, SPDM_CAP_ENCRYPT },
	{ 0x11, 0x14, SPDM_CAP_MAC | SPDM_CAP_ENCRYPT },
	{ 0x11, 0x14, SPDM_CAP_PSK },
	{ 0x11, 0x14, SPDM_CAP_PSK_WITH_CONTEXT | SPDM_CAP_MAC },
	{ 0x11, 0x14, SPDM_CAP_PSK_MASK | SPDM_CAP_MAC },
	{ 0x11, 0x14, SPDM_CAP_HBEAT },
	{ 0x11, 0x14, SPDM_CAP_KEY_UPD },
	{ 0x11, 0x14,
	  SPDM_CAP_HANDSHAKE_IN_CLEAR | SPDM_CAP_PSK | SPDM_CAP_MAC },
	{ 0x11, 0x14, SPDM_CAP_CERT },
	{ 0x11, 0x14, SPDM_CAP_CERT | SPDM_CAP_PUB_KEY_ID | SPDM_CAP_CHAL },
	{ 0x11, 0x14, SPDM_CAP_CHAL },
	{ 0x11, 0x14, SPDM_CAP_MUT_AUTH },
	{ 0x11, 0x14, SPDM_CAP_MUT_AUTH | SPDM_CAP_CERT },
	{ 0x11, 0x11, SPDM_CAP_MUT_AUTH | SPDM_CAP_CERT | SPDM_CAP_CHAL },
	{ 0x13, 0x14, SPDM_CAP_EP_INFO_MASK | SPDM_CAP_CERT | SPDM_CAP_CHAL },
	{ 0x13, 0x14, SPDM_CAP_EP_INFO_SIG },
	{ 0x13, 0x14, SPDM_CAP_EVENT },
	{ 0x13, 0x14, SPDM_CAP_MULTI_KEY_NEG },
	{ 0x13, 0x14, SPDM_CAP_MULTI_KEY_MASK | SPDM_CAP_CERT | SPDM_CAP_CHAL },
};

/* GET_VERSION, then GET_CAPABILITIES of @v with @flags; the ERROR code. */
static int offer_caps(struct pair *p, uint8_t v, uint8_t param1, uint32_t flags)
{
	static const uint8_t version[] = { 0x10, SPDM_GET_VERSION, 0, 0 };
	uint8_t m[20] = { v, SPDM_GET_CAPABILITIES, param1 };

	put_u32le(m + 8, flags);
	put_u32le(m + 12, 4096);
	put_u32le(m + 16, 4096);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	return pair_send(p, SPDM_PLAIN, m, v == 0x10 ? 4 : v == 0x11 ? 12 : 20);
}

static void flags_that_do_not_go_together_are_refused(void **unused)
{
	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);

	memcpy(p->rcfg.versions, all, sizeof(all));
	pair_start(p);
	for (unsigned v = 0x11; v <= 0x14; v++)
		for (unsigned i = 0; i < COUNT(bad_req); i++) {
			const bool bad =
				v >= bad_req[i].from && v <= bad_req[i].to;

			assert_int_equal(
				offer_caps(p, (uint8_t)v, 0, bad_req[i].flags),
				bad ? SPDM_ERR_INVALID_REQUEST : 0);
		}
	/* Bits that mean nothing are not looked at. */
	assert_int_equal(offer_caps(p, 0x11, 0, 0xfffe0000), 0);
	assert_int_equal(p->rsp.peer_caps, 0);
	assert_int_equal(offer_caps(p, 0x14, 0, SPDM_CAP_MEL), 0);
	assert_int_equal(p->rsp.peer_caps, 0);
	pair_free(p);
}

static void a_responder_s_flags_are_those_of_the_version(void **unused)
{
	static const uint32_t want[] = { 0x36, 0x62f6, 0x62f6, 0x62f6, 0x62f6 };

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);

	memcpy(p->rcfg.versions, all, sizeof(all));
	pair_start(p);
	for (uint8_t v = 0x10; v <= 0x14; v++) {
		assert_int_equal(offer_caps(p, v, 0, 0), 0);
		assert_int_equal(get_u32le(p->out + 8), want[v - 0x10]);
		assert_int_equal(p->out_len, v < 0x12 ? 12 : 20);
	}
	pair_free(p);
}

/* Each rule of a responder's flags is broken once. */
static void a_responder_that_contradicts_itself_is_not_believed(void **unused)
{
	static const struct {
		uint8_t from, to;
		uint32_t flags;
	} rows[] = {
		{ 0x10, 0x14, SPDM_CAP_CHAL },
		{ 0x10, 0x14, SPDM_CAP_CERT },
		{ 0x10, 0x14, SPDM_CAP_MEAS_SIG },
		{ 0x10, 0x14, SPDM_CAP_MEAS_FRESH },
		{ 0x10, 0x14, SPDM_CAP_CERT | SPDM_CAP_MEAS_MASK },
		{ 0x11, 0x14, SPDM_CAP_KEY_EX | SPDM_CAP_MAC },
		{ 0x11, 0x14, SPDM_CAP_PSK_MASK | SPDM_CAP_MAC },
		{ 0x11, 0x14, SPDM_CAP_PSK_WITH_CONTEXT },
		{ 0x12, 0x14, SPDM_CAP_ALIAS_CERT },
		{ 0x12, 0x14, SPDM_CAP_SET_CERT },
		{ 0x12, 0x14, SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_CSR },
		{ 0x12, 0x14,
		  SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_CERT_INSTALL_RESET },
		{ 0x13, 0x14,
		  SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_MULTI_KEY_NEG },
		{ 0x13, 0x14,
		  SPDM_CAP_PUB_KEY_ID | SPDM_CAP_CHAL |
			  SPDM_CAP_GET_KEY_PAIR_INFO },
		{ 0x14, 0x14, SPDM_CAP_SET_KEY_PAIR_RESET },
	};

	(void)unused;
	for (uint8_t v = 0x10; v <= 0x14; v++) {
		assert_true(spdm_caps_good(v, false,
					   SPDM_CAP_CERT | SPDM_CAP_CHAL));
		for (unsigned i = 0; i < COUNT(rows); i++) {
			const uint32_t f =
				rows[i].flags & spdm_caps_mask(v, false);
			const bool bad = v >= rows[i].from && v <= rows[i].to;

			if (f == rows[i].flags)
				assert_int_equal(spdm_caps_good(v, false, f),
						 !bad);
		}
	}
	assert_int_equal(spdm_caps_mask(0x15, false), 0);
	assert_int_equal(spdm_caps_mask(0x0f, true), 0);
}

/* One that wants only a MAC, or only a cipher, gets no session. */
static void half_a_session_is_unsupported(void **unused)
{
	static const uint32_t half[] = { SPDM_CAP_MAC, SPDM_CAP_ENCRYPT };
	const uint8_t kex[160] = { 0x12, SPDM_KEY_EXCHANGE };

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct pair *p = pair_new(CRYPTO_P256);

		p->qcfg.caps = SPDM_CAP_CERT | SPDM_CAP_CHAL | SPDM_CAP_KEY_EX |
			       half[i];
		pair_start(p);
		pair_connect(p);
		assert_int_equal(pair_run(p, SPDM_OP_SESSION, NULL), IL_E_ARG);
		assert_int_equal(pair_send(p, SPDM_PLAIN, kex, sizeof(kex)),
				 SPDM_ERR_UNSUPPORTED_REQUEST);
		pair_free(p);
	}
}

/* NEGOTIATE_ALGORITHMS of 1.4, the last table missing its bits at the end. */
static void offers_that_are_no_offers_are_refused(void **unused)
{
	static const uint8_t good[] = {
		0x14, 0xe3, 4, 0, 48, 0,    1, 2, 0x90, 0,    0, 0,
		3,    0,    0, 0, 0,  0,    0, 0, 0,	0,    0, 0,
		0,    0,    0, 0, 0,  0,    0, 0, 2,	0x20, 8, 0,
		3,    0x20, 2, 0, 5,  0x20, 1, 0, 7,	0x20, 1, 0,
	};
	static const struct {
		uint8_t version, at, value;
	} rows[] = {
		{ 0x14, 40, 3 },   /* a type twice */
		{ 0x14, 40, 2 },   /* not ascending */
		{ 0x14, 32, 1 },   /* no such type */
		{ 0x14, 44, 8 },   /* nor this */
		{ 0x13, 44, 7 },   /* not before 1.4 */
		{ 0x14, 12, 8 },   /* no hash of ours */
		{ 0x14, 8, 0 },	   /* no signature of ours */
		{ 0x14, 7, 0x12 }, /* many keys, which we do not have */
		{ 0x14, 7, 0 },	   /* no opaque data */
		{ 0x14, 34, 7 },   /* FFDHE alone */
		{ 0x14, 38, 8 },   /* SM4 alone */
	};
	const uint32_t flags =
		SPDM_CAP_KEY_EX | SPDM_CAP_ENCRYPT | SPDM_CAP_MAC;

	(void)unused;
	for (unsigned i = 0; i <= COUNT(rows); i++) {
		struct pair *p = pair_new(CRYPTO_P256);
		uint8_t m[sizeof(good)];

		memcpy(m, good, sizeof(m));
		memcpy(p->rcfg.versions, all, sizeof(all));
		pair_start(p);
		if (i < COUNT(rows)) {
			m[0] = rows[i].version;
			m[rows[i].at] = rows[i].value;
		}
		assert_int_equal(offer_caps(p, m[0], 0, flags), 0);
		assert_int_equal(pair_send(p, SPDM_PLAIN, m, sizeof(m)),
				 i < COUNT(rows) ? SPDM_ERR_INVALID_REQUEST
						 : 0);
		/* Where there is a choice the algorithms after 1.4's tables
		 * are not selected: we have none of them. */
		if (i == COUNT(rows))
			assert_int_equal(get_u16le(p->out + 50), 0);
		pair_free(p);
	}
}

/* Offset 20 on: the block is as long as it says, and offers what we have. */
static void algorithms_are_told_with_the_capabilities(void **unused)
{
	static const uint8_t block[] = {
		3, 0, 42, 0,	1,    2, 0x10, 0,    0, 0, 3, 0,    0, 0,
		0, 0, 0,  0,	0,    0, 0,    0,    0, 0, 0, 0,    0, 0,
		0, 0, 2,  0x20, 0x18, 0, 3,    0x20, 2, 0, 5, 0x20, 1, 0,
	};

	(void)unused;
	struct pair *p = pair_new(CRYPTO_P256);

	memcpy(p->rcfg.versions, all, sizeof(all));
	pair_start(p);
	assert_int_equal(offer_caps(p, 0x13, SPDM_CAPS_ALGS, 0),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(offer_caps(p, 0x13, SPDM_CAPS_ALGS, SPDM_CAP_CHUNK),
			 0);
	assert_int_equal(p->out[2], 0); /* we have no CHUNK */
	p->rsp.cfg.caps |= SPDM_CAP_CHUNK;
	assert_int_equal(offer_caps(p, 0x12, SPDM_CAPS_ALGS, SPDM_CAP_CHUNK),
			 0);
	assert_int_equal(p->out[2], 0); /* nor 1.2 the block */
	assert_int_equal(offer_caps(p, 0x13, SPDM_CAPS_ALGS, SPDM_CAP_CHUNK),
			 0);
	assert_int_equal(p->out[2], SPDM_CAPS_ALGS);
	assert_int_equal(p->out_len, 20 + sizeof(block));
	assert_memory_equal(p->out + 20, block, sizeof(block));
	pair_free(p);
}

static void other_context(struct pair *p, struct spdm_msg *m)
{
	(void)p;
	if (m->code == SPDM_CHALLENGE_AUTH)
		m->u.challenge_auth.context[7] ^= 1;
	else
		m->u.meas.context[0] ^= 1;
}

/* Not even where nothing is signed. */
static void an_answer_with_another_context_is_refused(void **unused)
{
	static const struct {
		enum spdm_req_op op;
		uint8_t code;
	} rows[] = { { SPDM_OP_CHALLENGE, SPDM_CHALLENGE_AUTH },
		     { SPDM_OP_MEASURE, SPDM_MEASUREMENTS } };
	const struct spdm_req_args a = { .index = SPDM_MEAS_ALL };

	(void)unused;
	for (unsigned i = 0; i < 4; i++) {
		struct pair *p = pair_new(CRYPTO_P256);

		only(p, i < 2 ? SPDM_V13 : SPDM_V12);
		pair_start(p);
		pair_connect(p);
		p->change = other_context;
		p->change_code = rows[i % 2].code;
		assert_int_equal(pair_run(p, rows[i % 2].op, &a),
				 i < 2 ? IL_E_FIELD : IL_OK);
		assert_int_equal(p->changed, 1);
		pair_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_version_is_spoken_from_beginning_to_end),
		cmocka_unit_test(the_newest_that_both_know_is_chosen),
		cmocka_unit_test(a_version_once_agreed_stays),
		cmocka_unit_test(what_a_version_lacks_is_unsupported),
		cmocka_unit_test(each_suite_carries_a_session),
		cmocka_unit_test(of_several_the_best_is_selected),
		cmocka_unit_test(flags_that_do_not_go_together_are_refused),
		cmocka_unit_test(a_responder_s_flags_are_those_of_the_version),
		cmocka_unit_test(
			a_responder_that_contradicts_itself_is_not_believed),
		cmocka_unit_test(half_a_session_is_unsupported),
		cmocka_unit_test(offers_that_are_no_offers_are_refused),
		cmocka_unit_test(algorithms_are_told_with_the_capabilities),
		cmocka_unit_test(an_answer_with_another_context_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
