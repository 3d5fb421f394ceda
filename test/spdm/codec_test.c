/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "spdm/codec.h"

/*
 * Lengths and inner fields. That the layouts are right is for the recordings
 * to say (recording_test.c); here each message is cut and stretched.
 */

static const struct spdm_shape shape = { .hash_len = 48,
					 .sig_len = 96,
					 .req_sig_len = 96,
					 .dhe_len = 96,
					 .rsp_dhe_len = 96,
					 .summary = true,
					 .sign = true,
					 .multi_key = true };

/* After the header: bytes, by runs {count, value}; counts end with 0. */
struct sample {
	uint8_t version;
	uint8_t code;
	uint8_t param1;
	uint8_t param2;
	size_t len; /* of the whole message, by the specification */
	uint8_t runs[24];
};

/* clang-format off */
static const struct sample samples[] = {
	{ 0x10, SPDM_GET_VERSION, 0, 0, 4, { 0 } },
	{ 0x10, SPDM_VERSION, 0, 0, 10, { 1, 0, 1, 2, 1, 0, 1, 0x11, 1, 0, 1, 0x12 } },
	{ 0x10, SPDM_GET_CAPABILITIES, 0, 0, 4, { 0 } },
	{ 0x11, SPDM_GET_CAPABILITIES, 0, 0, 12, { 1, 0, 1, 9, 2, 0, 4, 0xc6 } },
	{ 0x12, SPDM_GET_CAPABILITIES, 0, 0, 20, { 1, 0, 1, 9, 2, 0, 12, 0xc6 } },
	{ 0x10, SPDM_CAPABILITIES, 0, 0, 12, { 1, 0, 1, 9, 2, 0, 4, 0xc6 } },
	{ 0x12, SPDM_CAPABILITIES, 0, 0, 20, { 1, 0, 1, 9, 2, 0, 12, 0xc6 } },
	{ 0x12, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 36,
	  { 1, 36, 1, 0, 1, 1, 1, 2, 8, 3, 12, 0, 4, 0, 1, 2, 1, 0x20, 2, 8 } },
	{ 0x10, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 32,
	  { 1, 32, 1, 0, 1, 1, 1, 2, 8, 3, 12, 0, 4, 0 } },
	{ 0x12, SPDM_ALGORITHMS, 0, 0, 40,
	  { 1, 40, 1, 0, 1, 1, 1, 2, 12, 3, 12, 0, 1, 1, 3, 0, 4, 7 } },
	{ 0x12, SPDM_GET_DIGESTS, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_DIGESTS, 0, 5, 100, { 96, 7 } },
	{ 0x12, SPDM_GET_CERTIFICATE, 0, 0, 8, { 4, 9 } },
	{ 0x12, SPDM_CERTIFICATE, 0, 0, 17, { 1, 9, 1, 0, 2, 1, 9, 0x30 } },
	{ 0x12, SPDM_CHALLENGE, 0, 0xff, 36, { 32, 3 } },
	{ 0x12, SPDM_CHALLENGE_AUTH, 0, 1, 4 + 48 + 32 + 48 + 2 + 3 + 96,
	  { 128, 1, 1, 3, 1, 0, 99, 5 } },
	{ 0x12, SPDM_GET_MEASUREMENTS, 0, 1, 4, { 0 } },
	{ 0x12, SPDM_GET_MEASUREMENTS, 1, 1, 37, { 32, 2, 1, 3 } },
	{ 0x10, SPDM_GET_MEASUREMENTS, 1, 1, 36, { 32, 2 } },
	{ 0x12, SPDM_MEASUREMENTS, 0, 0, 4 + 4 + 9 + 32 + 2 + 1 + 96,
	  { 1, 1, 1, 9, 2, 0, 41, 3, 1, 1, 1, 0, 97, 4 } },
	{ 0x12, SPDM_KEY_EXCHANGE, 0, 0, 4 + 4 + 32 + 96 + 2 + 5,
	  { 3, 1, 1, 0, 128, 3, 1, 5, 1, 0, 5, 7 } },
	{ 0x12, SPDM_KEY_EXCHANGE_RSP, 0, 0, 4 + 4 + 32 + 96 + 48 + 2 + 2 + 96 + 48,
	  { 180, 3, 1, 2, 1, 0, 146, 7 } },
	{ 0x12, SPDM_FINISH, 0, 0, 52, { 48, 3 } },
	{ 0x12, SPDM_FINISH, 1, 0, 148, { 144, 3 } },
	{ 0x12, SPDM_FINISH_RSP, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_PSK_EXCHANGE, 0, 0, 4 + 8 + 3 + 2 + 1,
	  { 2, 9, 1, 3, 1, 0, 1, 2, 1, 0, 1, 1, 1, 0, 6, 4 } },
	{ 0x12, SPDM_PSK_EXCHANGE_RSP, 0, 0, 4 + 8 + 48 + 2 + 1 + 48,
	  { 2, 9, 2, 0, 1, 2, 1, 0, 1, 1, 1, 0, 99, 4 } },
	{ 0x12, SPDM_PSK_FINISH, 0, 0, 52, { 48, 3 } },
	{ 0x12, SPDM_PSK_FINISH_RSP, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_HEARTBEAT, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_HEARTBEAT_ACK, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_KEY_UPDATE, 1, 7, 4, { 0 } },
	{ 0x12, SPDM_KEY_UPDATE_ACK, 1, 7, 4, { 0 } },
	{ 0x12, SPDM_END_SESSION, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_END_SESSION_ACK, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_VENDOR_DEFINED_REQUEST, 0, 0, 4 + 2 + 1 + 2 + 2 + 6,
	  { 1, 3, 1, 0, 1, 2, 2, 1, 1, 6, 1, 0, 6, 9 } },
	{ 0x12, SPDM_VENDOR_DEFINED_RESPONSE, 0, 0, 4 + 2 + 1 + 2 + 2 + 6,
	  { 1, 3, 1, 0, 1, 2, 2, 1, 1, 6, 1, 0, 6, 9 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_BUSY, 0, 4, { 0 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_RESPONSE_NOT_READY, 0, 8, { 4, 1 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_RESPONSE_TOO_LARGE, 0, 8, { 4, 1 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_LARGE_RESPONSE, 0, 5, { 1, 1 } },
	{ 0x12, SPDM_ERROR, SPDM_ERR_DATA_TOO_LARGE, 0, 4, { 0 } },
	{ 0x14, SPDM_ERROR, SPDM_ERR_DATA_TOO_LARGE, 0, 8, { 4, 1 } },
	{ 0x10, SPDM_RESPOND_IF_READY, 0xe0, 3, 4, { 0 } },

	/* 1.3 and 1.4: RequesterContext, MELspecification, PQC algorithms. */
	{ 0x13, SPDM_CAPABILITIES, 0, 0, 20, { 1, 0, 1, 9, 2, 0, 12, 0xc6 } },
	{ 0x14, SPDM_GET_CAPABILITIES, 1, 0, 20, { 1, 0, 1, 9, 2, 1, 12, 0xc6 } },
	{ 0x13, SPDM_CAPABILITIES, 1, 0, 50,
	  { 1, 0, 1, 9, 2, 0, 12, 0xc6, 2, 0, 1, 30, 1, 0, 10, 5, 15, 0, 1, 1 } },
	{ 0x13, SPDM_NEGOTIATE_ALGORITHMS, 0, 0, 32,
	  { 1, 32, 1, 0, 1, 1, 1, 0x12, 8, 3, 15, 0, 1, 1 } },
	{ 0x14, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 36,
	  { 1, 36, 1, 0, 1, 1, 1, 0x12, 12, 3, 11, 0, 1, 1, 1, 7, 1, 0x20, 2, 8 } },
	{ 0x13, SPDM_ALGORITHMS, 0, 0, 36,
	  { 1, 36, 1, 0, 1, 1, 1, 2, 12, 3, 11, 0, 1, 1, 4, 0 } },
	{ 0x14, SPDM_ALGORITHMS, 0, 0, 36,
	  { 1, 36, 1, 0, 1, 1, 1, 2, 16, 3, 7, 0, 1, 1, 4, 0 } },
	{ 0x13, SPDM_DIGESTS, 7, 5, 4 + 96 + 2 + 2 + 4, { 104, 7 } },
	{ 0x13, SPDM_GET_CERTIFICATE, 0, 1, 8, { 4, 9 } },
	{ 0x14, SPDM_GET_CERTIFICATE, 0x81, 0, 16, { 4, 0, 8, 9 } },
	{ 0x14, SPDM_CERTIFICATE, 0x81, 1, 25,
	  { 4, 0, 1, 9, 3, 0, 4, 1, 9, 0x30 } },
	{ 0x13, SPDM_CHALLENGE, 0, 0xff, 44, { 32, 3, 8, 4 } },
	{ 0x13, SPDM_CHALLENGE_AUTH, 0, 1, 4 + 48 + 32 + 48 + 2 + 3 + 8 + 96,
	  { 128, 1, 1, 3, 1, 0, 107, 5 } },
	{ 0x13, SPDM_GET_MEASUREMENTS, 0, 1, 12, { 8, 5 } },
	{ 0x13, SPDM_GET_MEASUREMENTS, 1, 1, 45, { 32, 2, 1, 3, 8, 5 } },
	{ 0x13, SPDM_MEASUREMENTS, 0, 0, 4 + 4 + 9 + 32 + 2 + 1 + 8 + 96,
	  { 1, 1, 1, 9, 2, 0, 41, 3, 1, 1, 1, 0, 105, 4 } },
	{ 0x14, SPDM_FINISH, 1, 0, 4 + 2 + 3 + 144, { 1, 3, 1, 0, 147, 3 } },
	{ 0x14, SPDM_FINISH_RSP, 0, 0, 4 + 2 + 3, { 1, 3, 1, 0, 3, 3 } },
	{ 0x14, SPDM_PSK_FINISH, 0, 0, 4 + 2 + 48, { 2, 0, 48, 3 } },
	{ 0x14, SPDM_PSK_FINISH_RSP, 0, 0, 4 + 2 + 1, { 1, 1, 1, 0, 1, 3 } },

	/* Messages that change or tell what an endpoint is. */
	{ 0x12, SPDM_GET_CSR, 0, 0, 4 + 4 + 3 + 2,
	  { 1, 3, 1, 0, 1, 2, 1, 0, 3, 9, 2, 8 } },
	{ 0x13, SPDM_GET_CSR, 1, 0x89, 8, { 4, 0 } },
	{ 0x12, SPDM_CSR, 0, 0, 4 + 4 + 5, { 1, 5, 3, 0, 5, 7 } },
	{ 0x12, SPDM_SET_CERTIFICATE_RSP, 1, 0, 4, { 0 } },
	{ 0x13, SPDM_GET_KEY_PAIR_INFO, 0, 0, 5, { 1, 1 } },
	{ 0x13, SPDM_KEY_PAIR_INFO, 0, 0, 4 + 19 + 6,
	  { 16, 1, 1, 6, 1, 0, 1, 3, 6, 0x30 } },
	{ 0x14, SPDM_KEY_PAIR_INFO, 0, 0, 4 + 19 + 6 + 5 + 5,
	  { 16, 1, 1, 6, 1, 0, 1, 3, 6, 0x30, 1, 4, 4, 7, 1, 4, 4, 1 } },
	{ 0x13, SPDM_SET_KEY_PAIR_INFO, 0, 0, 4 + 9, { 1, 1, 1, 0, 7, 3 } },
	{ 0x14, SPDM_SET_KEY_PAIR_INFO, 2, 0, 4 + 9 + 5,
	  { 1, 1, 1, 0, 7, 3, 1, 4, 4, 1 } },
	{ 0x14, SPDM_SET_KEY_PAIR_INFO, 1, 0, 5, { 1, 1 } },
	{ 0x13, SPDM_SET_KEY_PAIR_INFO_ACK, 0, 0, 4, { 0 } },
	{ 0x13, SPDM_GET_ENDPOINT_INFO, 1, 0, 8, { 1, 0, 3, 0 } },
	{ 0x13, SPDM_GET_ENDPOINT_INFO, 1, 2, 40, { 1, 1, 3, 0, 32, 4 } },
	{ 0x13, SPDM_ENDPOINT_INFO, 0, 2, 4 + 4 + 32 + 4 + 5 + 96,
	  { 4, 0, 32, 6, 1, 5, 3, 0, 101, 7 } },
	{ 0x13, SPDM_GET_MEASUREMENT_EXTENSION_LOG, 0, 0, 12, { 8, 5 } },
	{ 0x13, SPDM_MEASUREMENT_EXTENSION_LOG, 0, 0, 4 + 8 + 3,
	  { 1, 3, 3, 0, 4, 9, 3, 7 } },

	/* Messages that carry others. */
	{ 0x11, SPDM_GET_ENCAPSULATED_REQUEST, 0, 0, 4, { 0 } },
	{ 0x12, SPDM_CHUNK_SEND, 0, 1, 4 + 8 + 4 + 3,
	  { 2, 0, 2, 0, 1, 3, 3, 0, 4, 9, 3, 7 } },
	{ 0x12, SPDM_CHUNK_SEND, 1, 1, 4 + 8 + 3, { 2, 1, 2, 0, 1, 3, 3, 0, 3, 7 } },
	{ 0x14, SPDM_CHUNK_SEND, 1, 1, 4 + 8 + 3, { 4, 1, 1, 3, 3, 0, 3, 7 } },
	{ 0x12, SPDM_CHUNK_GET, 0, 1, 6, { 2, 5 } },
	{ 0x14, SPDM_CHUNK_GET, 0, 1, 8, { 4, 5 } },
	{ 0x12, SPDM_CHUNK_RESPONSE, 0, 1, 4 + 8 + 4 + 3,
	  { 2, 0, 2, 0, 1, 3, 3, 0, 4, 9, 3, 7 } },
	{ 0x14, SPDM_CHUNK_RESPONSE, 1, 1, 4 + 8 + 3, { 4, 1, 1, 3, 3, 0, 3, 7 } },
	{ 0x14, SPDM_VENDOR_DEFINED_REQUEST, 0x80, 0, 4 + 2 + 1 + 2 + 6 + 6,
	  { 1, 3, 1, 0, 1, 2, 2, 1, 2, 0, 1, 6, 3, 0, 6, 9 } },
	{ 0x13, SPDM_VENDOR_DEFINED_RESPONSE, 0x80, 0, 4 + 2 + 1 + 2 + 2 + 6,
	  { 1, 3, 1, 0, 1, 2, 2, 1, 1, 6, 1, 0, 6, 9 } },
};

/* What follows the fields is a message or a chain of any length. */
static const struct {
	struct sample s;
	size_t rest;
} ending[] = {
	{ { 0x12, SPDM_SET_CERTIFICATE, 1, 0, 14, { 10, 7 } }, 10 },
	{ { 0x13, SPDM_SET_CERTIFICATE, 0x91, 1, 14, { 10, 7 } }, 10 },
	{ { 0x11, SPDM_ENCAPSULATED_REQUEST, 1, 0, 8, { 4, 7 } }, 4 },
	{ { 0x12, SPDM_DELIVER_ENCAPSULATED_RESPONSE, 1, 0, 8, { 4, 7 } }, 4 },
	{ { 0x11, SPDM_ENCAPSULATED_RESPONSE_ACK, 1, 1, 8, { 4, 7 } }, 4 },
	{ { 0x12, SPDM_ENCAPSULATED_RESPONSE_ACK, 1, 1, 12, { 1, 1, 3, 0, 4, 7 } }, 4 },
	{ { 0x12, SPDM_CHUNK_SEND_ACK, 0, 1, 10, { 2, 5, 4, 7 } }, 4 },
	{ { 0x14, SPDM_CHUNK_SEND_ACK, 0, 1, 12, { 4, 5, 4, 7 } }, 4 },
};
/* clang-format on */

static size_t build(const struct sample *s, uint8_t *out, size_t cap)
{
	struct wr w = wr_over(out, cap);

	wr_u8(&w, s->version);
	wr_u8(&w, s->code);
	wr_u8(&w, s->param1);
	wr_u8(&w, s->param2);
	for (size_t i = 0; i + 1 < sizeof(s->runs) && s->runs[i]; i += 2)
		for (uint8_t n = 0; n < s->runs[i]; n++)
			wr_u8(&w, s->runs[i + 1]);
	assert_int_equal(w.err, IL_OK);
	return w.len;
}

static void each_message_has_its_length_and_no_other(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600] = { 0 };
		uint8_t again[600];
		struct wr w = wr_over(again, sizeof(again));
		struct spdm_msg m;
		struct spdm_msg old;
		const size_t n = build(&samples[i], b, sizeof(b));

		assert_int_equal(n, samples[i].len);
		assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_OK);
		assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, n);
		assert_memory_equal(again, b, n);
		memset(&old, 0x55, sizeof(old));
		for (size_t cut = 0; cut < n; cut++) {
			memset(&m, 0x55, sizeof(m));
			assert_int_equal(spdm_msg_decode(b, cut, &shape, &m),
					 IL_E_SHORT);
			assert_memory_equal(&m, &old, sizeof(m));
		}
		for (size_t more = 1; more < 6; more++) {
			memset(&m, 0x55, sizeof(m));
			assert_int_equal(
				spdm_msg_decode(b, n + more, &shape, &m),
				IL_E_LONG);
			assert_memory_equal(&m, &old, sizeof(m));
		}
	}
}

static struct spdm_span rest_of(const struct spdm_msg *m)
{
	if (m->code == SPDM_SET_CERTIFICATE)
		return m->u.set_cert.chain;
	return m->code == SPDM_CHUNK_SEND_ACK ? m->u.chunk_ack.response
					      : m->u.encap.inner;
}

static void a_message_that_carries_another_ends_with_it(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(ending); i++) {
		uint8_t b[64];
		uint8_t again[64];
		struct wr w = wr_over(again, sizeof(again));
		struct spdm_msg m;
		const size_t n = build(&ending[i].s, b, sizeof(b));
		const size_t head = n - ending[i].rest;

		assert_int_equal(n, ending[i].s.len);
		assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_OK);
		assert_ptr_equal(rest_of(&m).p, b + head);
		assert_int_equal(rest_of(&m).n, ending[i].rest);
		assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
		assert_int_equal(w.len, n);
		assert_memory_equal(again, b, n);
		assert_int_equal(spdm_msg_decode(b, head, &shape, &m), IL_OK);
		assert_int_equal(rest_of(&m).n, 0);
		for (size_t cut = 0; cut < head; cut++)
			assert_int_equal(spdm_msg_decode(b, cut, &shape, &m),
					 IL_E_SHORT);
	}
}

/* Source: DSP0274 1.4.0, tables 4 and 5, and those of 1.0 to 1.3. */
static uint8_t brought_by(uint8_t code)
{
	static const uint8_t v11[] = { 0x64, 0x65, 0x66, 0x67, 0x68,
				       0x69, 0x6a, 0x6b, 0x6c };
	static const uint8_t v12[] = { 0x05, 0x06, 0x6d, 0x6e };
	static const uint8_t v13[] = { 0x07, 0x6f, 0x7c, 0x7d };

	code &= 0x7f;
	if (memchr(v11, code, sizeof(v11)))
		return 0x11;
	if (memchr(v12, code, sizeof(v12)))
		return 0x12;
	return memchr(v13, code, sizeof(v13)) ? 0x13 : 0x10;
}

static void a_code_newer_than_its_version_is_refused(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const uint8_t since = brought_by(samples[i].code);
		uint8_t b[600];
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));

		assert_int_equal(spdm_since(samples[i].code), since);
		b[0] = (uint8_t)(since - 1);
		if (since > 0x10)
			assert_int_equal(spdm_msg_decode(b, n, &shape, &m),
					 IL_E_FIELD);
	}
	assert_int_equal(spdm_since(SPDM_SLOT_MANAGEMENT), 0);
	assert_int_equal(spdm_since(SPDM_SEND_EVENT), 0);
}

/* The form of 1.3 or 1.4, with the version of the one before it. */
static void a_form_newer_than_its_version_is_refused(void **unused)
{
	static const uint8_t codes[] = {
		SPDM_DIGESTS,	    SPDM_CERTIFICATE, SPDM_GET_CERTIFICATE,
		SPDM_CHALLENGE,	    SPDM_FINISH,      SPDM_CHALLENGE_AUTH,
		SPDM_MEASUREMENTS,  SPDM_FINISH_RSP,  SPDM_PSK_FINISH,
		SPDM_KEY_PAIR_INFO, SPDM_CHUNK_GET,
	};
	unsigned refused = 0;

	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *s = &samples[i];
		uint8_t b[600];
		struct spdm_msg m;
		const size_t n = build(s, b, sizeof(b));

		if (s->version < 0x13 ||
		    !memchr(codes, s->code, sizeof(codes)) ||
		    (s->code == SPDM_GET_CERTIFICATE && s->version < 0x14) ||
		    (s->code == SPDM_KEY_PAIR_INFO && s->version < 0x14))
			continue;
		b[0]--;
		assert_int_not_equal(spdm_msg_decode(b, n, &shape, &m), IL_OK);
		refused++;
	}
	assert_int_equal(refused, 11);
}

/* Bytes written out by hand, looked at field by field. */
static void fields_of_1_3_and_1_4_stand_where_they_belong(void **unused)
{
	static const uint8_t caps[] = {
		0x13, 0x61, 1, 0,  0, 10, 0, 0, 0xc6, 2,    0, 0x14, 0, 16,
		0,    0,    0, 32, 0, 0,  1, 0, 34,   0,    1, 0x12, 0, 1,
		0,    0,    2, 0,  0, 0,  0, 0, 0,    0,    0, 0,    0, 0,
		0,    0,    0, 0,  0, 0,  0, 1, 2,    0x20, 8, 0,
	};
	static const uint8_t algs[] = {
		0x14, 0x63, 1, 0, 40, 0, 1, 0x12, 4, 0,	   0, 0, 0, 0,
		0,    0,    2, 0, 0,  0, 2, 0,	  0, 0,	   0, 0, 0, 0,
		0,    0,    0, 1, 0,  0, 0, 0,	  7, 0x20, 4, 0,
	};
	static const uint8_t send[] = { 0x14, 0x85, 1, 9, 1, 0, 1,
					0,    2,    0, 0, 0, 7, 8 };
	struct spdm_msg m;

	(void)unused;
	assert_int_equal(spdm_msg_decode(caps, sizeof(caps), &shape, &m),
			 IL_OK);
	assert_int_equal(m.u.caps.flags, 0x140002c6);
	assert_int_equal(m.u.caps.transfer, 4096);
	assert_int_equal(m.u.caps.max_msg, 8192);
	assert_int_equal(m.u.caps_algs.meas_spec, 1);
	assert_int_equal(m.u.caps_algs.other_params,
			 SPDM_MULTI_KEY_CONN | SPDM_OPAQUE_FMT_1);
	assert_int_equal(m.u.caps_algs.asym, BIT(8));
	assert_int_equal(m.u.caps_algs.hash, SPDM_HASH_SHA_384);
	assert_int_equal(m.u.caps_algs.mel_spec, SPDM_MEL_SPEC_DMTF);
	assert_int_equal(spdm_algs_bits(&m.u.caps_algs, SPDM_ALG_DHE),
			 SPDM_DHE_SECP256R1);
	assert_int_equal(spdm_msg_decode(algs, sizeof(algs), &shape, &m),
			 IL_OK);
	assert_int_equal(m.u.algs.meas_hash, 4);
	assert_int_equal(m.u.algs.asym, 0);
	assert_int_equal(m.u.algs.hash, 2);
	assert_int_equal(m.u.algs.pqc_asym, SPDM_PQC_ML_DSA_65);
	assert_int_equal(m.u.algs.mel_spec, 1);
	assert_int_equal(spdm_algs_bits(&m.u.algs, SPDM_ALG_KEM),
			 SPDM_KEM_ML_KEM_1024);
	assert_int_equal(spdm_msg_decode(send, sizeof(send), &shape, &m),
			 IL_OK);
	assert_int_equal(m.u.chunk.seq, 0x10001);
	assert_int_equal(m.u.chunk.data.n, 2);
	assert_int_equal(m.param2, 9);
}

static void padding_is_zero_and_only_up_to_the_dword(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600] = { 0 };
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));
		const size_t full = (n + 3) & ~(size_t)3;

		for (size_t len = n; len < full + 9; len++) {
			size_t used = 0;
			enum il_err err = spdm_msg_decode_padded(b, len, &shape,
								 &m, &used);

			if (len != n && len != full) {
				assert_int_equal(err, IL_E_LONG);
				assert_int_equal(used, 0);
			} else {
				assert_int_equal(err, IL_OK);
				assert_int_equal(used, n);
			}
		}
		for (size_t at = n; at < full; at++) {
			size_t used;

			b[at] = 1;
			assert_int_equal(spdm_msg_decode_padded(b, full, &shape,
								&m, &used),
					 IL_E_LONG);
			b[at] = 0;
		}
	}
}

static void
as_many_zeros_as_were_said_may_follow_and_nothing_else(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600] = { 0 };
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));

		for (size_t more = 0; more < 40; more++) {
			size_t used = 0;

			assert_int_equal(spdm_msg_decode_filled(b, n + more, 31,
								&shape, &m,
								&used),
					 more > 31 ? IL_E_LONG : IL_OK);
			assert_int_equal(used, more > 31 ? 0 : n);
		}
		b[n + 31] = 1;
		assert_int_equal(spdm_msg_decode_filled(b, n + 32, 32, &shape,
							&m, &(size_t){ 0 }),
				 IL_E_LONG);
	}
}

/* A carrier whose buffer is used again: only where it was said. */
static void what_was_said_to_be_junk_may_be_any_bytes(void **unused)
{
	struct spdm_shape junk = shape;

	(void)unused;
	junk.junk = true;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600];
		struct spdm_msg m;
		size_t n, used = 0;

		memset(b, 0xa5, sizeof(b));
		n = build(&samples[i], b, sizeof(b));
		assert_int_equal(
			spdm_msg_decode_filled(b, n + 31, 31, &junk, &m, &used),
			IL_OK);
		assert_int_equal(used, n);
		assert_int_equal(
			spdm_msg_decode_filled(b, n + 32, 31, &junk, &m, &used),
			IL_E_LONG);
	}
}

static void an_output_too_small_is_said_and_counted(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(samples); i++) {
		uint8_t b[600];
		uint8_t out[600];
		struct spdm_msg m;
		const size_t n = build(&samples[i], b, sizeof(b));

		assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_OK);
		for (size_t cap = 0; cap < n; cap++) {
			struct wr w = wr_over(out, cap);

			assert_int_equal(spdm_msg_encode(&w, &m), IL_E_SPACE);
			assert_int_equal(w.len, n);
		}
	}
}

static void refused(const uint8_t *b, size_t n)
{
	struct spdm_msg m;

	assert_int_equal(spdm_msg_decode(b, n, &shape, &m), IL_E_FIELD);
}

static void fields_that_contradict_are_refused(void **unused)
{
	(void)unused;
	uint8_t b[2400] = { 0x12, 0x8f, 0, 0 };
	const uint8_t many[] = { 0x10, SPDM_VERSION, 0, 0, 0, 9 };
	uint8_t algs[36] = { 0x12, SPDM_NEGOTIATE_ALGORITHMS, 1, 0, 36, 0 };
	uint8_t five[64] = { 0x12, SPDM_NEGOTIATE_ALGORITHMS, 5, 0, 52, 0 };

	refused(b, 4); /* unknown code */
	memcpy(b, many, sizeof(many));
	refused(b, 6 + 18);
	algs[32] = SPDM_ALG_DHE;
	algs[33] = 0x20;
	algs[4] = 35; /* Length says one less */
	refused(algs, sizeof(algs));
	algs[4] = 36;
	algs[33] = 0x30; /* three bytes of fixed bits */
	refused(algs, sizeof(algs));
	for (size_t i = 0; i < 5; i++)
		five[33 + 4 * i] = 0x20;
	refused(five, 52);
	/* Opaque data beyond 1024 bytes. */
	memset(b, 0, sizeof(b));
	b[0] = 0x12;
	b[1] = SPDM_KEY_EXCHANGE;
	b[4 + 4 + 32 + 96 + 0] = 0x01;
	b[4 + 4 + 32 + 96 + 1] = 0x04;
	refused(b, 4 + 4 + 32 + 96 + 2 + 1025);
	/* More ExtendedErrorData than there may be. */
	b[1] = SPDM_ERROR;
	b[2] = SPDM_ERR_VENDOR_DEFINED;
	refused(b, 4 + 33);
}

static void what_no_length_field_can_say_is_not_encoded(void **unused)
{
	(void)unused;
	static const uint8_t big[70000];
	static uint8_t out[80000];
	struct spdm_msg m = { .version = SPDM_V12,
			      .code = SPDM_VENDOR_DEFINED_REQUEST };
	struct wr w = wr_over(out, sizeof(out));

	m.u.vdm.payload = (struct spdm_span){ big, 65536 };
	assert_int_equal(spdm_msg_encode(&w, &m), IL_E_ARG);
	m.u.vdm.payload.n = 65535;
	w = wr_over(out, sizeof(out));
	assert_int_equal(spdm_msg_encode(&w, &m), IL_OK);
	m.u.vdm.vid = (struct spdm_span){ big, 256 };
	w = wr_over(out, sizeof(out));
	assert_int_equal(spdm_msg_encode(&w, &m), IL_E_ARG);
	m.code = 0x8f;
	w = wr_over(out, sizeof(out));
	assert_int_equal(spdm_msg_encode(&w, &m), IL_E_ARG);
}

static void requests_and_responses_are_paired(void **unused)
{
	(void)unused;
	assert_int_equal(spdm_response_of(SPDM_GET_VERSION), SPDM_VERSION);
	assert_int_equal(spdm_response_of(SPDM_KEY_EXCHANGE),
			 SPDM_KEY_EXCHANGE_RSP);
	assert_int_equal(spdm_response_of(SPDM_VERSION), 0);
	assert_int_equal(spdm_response_of(0x8f), 0);
	assert_int_equal(spdm_response_of(0xff), 0); /* no request: ERROR */
}

/* Source: DSP0274 1.2.1, section 10.4, table of BaseAsymAlgo. */
static void signatures_are_as_long_as_their_algorithm_says(void **unused)
{
	static const uint16_t len[] = { 256, 256, 384, 384, 64,
					512, 512, 96,  132 };

	(void)unused;
	for (unsigned i = 0; i < 32; i++)
		assert_int_equal(spdm_sig_len(UINT32_C(1) << i),
				 i < COUNT(len) ? len[i] : 0);
	assert_int_equal(spdm_sig_len(0), 0);
	assert_int_equal(spdm_sig_len(3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			signatures_are_as_long_as_their_algorithm_says),
		cmocka_unit_test(each_message_has_its_length_and_no_other),
		cmocka_unit_test(a_message_that_carries_another_ends_with_it),
		cmocka_unit_test(a_code_newer_than_its_version_is_refused),
		cmocka_unit_test(a_form_newer_than_its_version_is_refused),
		cmocka_unit_test(fields_of_1_3_and_1_4_stand_where_they_belong),
		cmocka_unit_test(padding_is_zero_and_only_up_to_the_dword),
		cmocka_unit_test(
			as_many_zeros_as_were_said_may_follow_and_nothing_else),
		cmocka_unit_test(what_was_said_to_be_junk_may_be_any_bytes),
		cmocka_unit_test(an_output_too_small_is_said_and_counted),
		cmocka_unit_test(fields_that_contradict_are_refused),
		cmocka_unit_test(what_no_length_field_can_say_is_not_encoded),
		cmocka_unit_test(requests_and_responses_are_paired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
