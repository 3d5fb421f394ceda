/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_rig.h"

/* Large messages: a requester that is answered with chunks by hand. */

static enum il_err (*forge)(struct pair *p);

/* Begins an echo of @n bytes and answers chunks until @forge speaks. */
static enum il_err forged(size_t n, enum il_err (*with)(struct pair *p))
{
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { large_load, n } },
	};
	struct pair *p = large_pair(128);
	enum il_err err;

	forge = with;
	pair_start(p);
	pair_session(p);
	assert_int_equal(spdm_req_begin(&p->req, SPDM_OP_VENDOR, &a), IL_OK);
	err = forge(p);
	assert_true(spdm_req_sane(&p->req));
	assert_int_equal(p->req.state,
			 !err || err == IL_E_PEER || err == IL_E_AGAIN
				 ? SPDM_REQ_SESSION
				 : SPDM_REQ_CONNECTED);
	pair_free(p);
	return err;
}

/* Seals @m as the responder would, and gives it to the requester. */
static enum il_err say(struct pair *p, const uint8_t *m, size_t n)
{
	uint8_t rec[300];
	size_t len;
	const size_t head =
		spdm_secured_head(&p->rsp.cfg.ses[0].ch[SPDM_DIR_RSP]);

	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	memcpy(rec + head, m, n);
	if (m[1] == 0x05) /* handles count from the handshake's on */
		rec[head + 3] ^= p->req.carry.handle;
	assert_int_equal(spdm_secured_seal(&p->rsp.cfg.ses[0].ch[SPDM_DIR_RSP],
					   &p->c, p->req.session_id, rec,
					   sizeof(rec), n, &len),
			 IL_OK);
	return spdm_req_push(&p->req, SPDM_SECURED, rec, len, p->now_ns);
}

static const uint8_t *said;
static size_t said_n;

static enum il_err say_it(struct pair *p)
{
	return say(p, said, said_n);
}

static enum il_err says(size_t n, const void *m, size_t len)
{
	said = m;
	said_n = len;
	return forged(n, say_it);
}
#define SAYS(n, m) says(n, m, sizeof(m) - 1)

static void bad_acknowledgements_are_refused(void **unused)
{
	(void)unused;
	/* 300 bytes are three chunks: the first one's acknowledgement. */
	assert_int_equal(SAYS(300, "\x12\x05\0\0\0\0"), IL_E_AGAIN);
	assert_int_equal(SAYS(300, "\x12\x05\0\1\0\0"), IL_E_FIELD);
	assert_int_equal(SAYS(300, "\x12\x05\0\0\1\0"), IL_E_FIELD);
	assert_int_equal(SAYS(300, "\x12\x05\0\0\0\0\x12"), IL_E_LONG);
	assert_int_equal(SAYS(300, "\x12\x05\0\0\0"), IL_E_SHORT);
	assert_int_equal(SAYS(300, "\x12\x06\0\0\0\0\0\0\1\0\0\0\2\0\0\0\0"),
			 IL_E_FIELD);
	/* Something else than an ERROR, early. */
	assert_int_equal(SAYS(300, "\x12\x05\1\0\0\0\x12\x7e\0\0"), IL_E_FIELD);
	assert_int_equal(SAYS(300, "\x12\x05\1\0\0\0\x12\x7f\x0f\0\1"),
			 IL_E_FIELD);
	assert_int_equal(SAYS(300, "\x12\x05\1\0\0\0"), IL_E_FIELD);
	/* Refused early, as it may be. */
	assert_int_equal(SAYS(300, "\x12\x05\1\0\0\0\x12\x7f\1\0"), IL_E_PEER);
	/* Refused as a whole, in the middle of it. */
	assert_int_equal(SAYS(300, "\x12\x7f\1\0"), IL_E_PEER);
	assert_int_equal(SAYS(300, "\x12\x7f\x0f\0\1"), IL_E_FIELD);
}

/* 60 bytes go in one message; the answer is announced as a large one. */
static enum il_err announced(struct pair *p)
{
	assert_int_equal(say(p, (const uint8_t *)"\x12\x7f\x0f\0\7", 5),
			 IL_E_AGAIN);
	assert_int_equal(p->req.carry.state, SPDM_CARRY_IN);
	return say(p, said, said_n);
}

static enum il_err first_chunk(uint8_t attr, uint8_t handle, uint8_t seq,
			       uint32_t total, uint32_t n)
{
	uint8_t m[200] = { 0 };

	said = m;
	said_n = large_chunk(m, attr, handle, seq, total, large_load, n);
	m[1] = 0x06;
	return forged(60, announced);
}

static void bad_chunks_of_a_response_are_refused(void **unused)
{
	(void)unused;
	assert_int_equal(first_chunk(0, 7, 0, 300, 112), IL_E_AGAIN);
	assert_int_equal(first_chunk(0, 7, 0, LARGE_CAP, 112), IL_E_AGAIN);
	assert_int_equal(first_chunk(0, 7, 0, LARGE_CAP + 1, 112), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 0, UINT32_MAX, 112), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 8, 0, 300, 112), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 1, 300, 112), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 0, 300, 0), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 0, 300, 25), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 0, 300, 26), IL_E_AGAIN);
	assert_int_equal(first_chunk(1, 7, 0, 300, 112), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 0, 100, 100), IL_E_FIELD);
	assert_int_equal(first_chunk(0, 7, 0, 99, 100), IL_E_FIELD);
	/* A large response to CHUNK_GET is none. */
	said = (const uint8_t *)"\x12\x7f\x0f\0\7";
	said_n = 5;
	assert_int_equal(forged(60, announced), IL_E_FIELD);
	said = (const uint8_t *)"\x12\x7f\1\0";
	said_n = 4;
	assert_int_equal(forged(60, announced), IL_E_PEER);
}

/* 100 bytes in two chunks of which the second is @m. */
static enum il_err second(struct pair *p)
{
	uint8_t m[200];
	size_t n = large_chunk(m, 0, 7, 0, 100, large_load, 60);

	m[1] = 0x06;
	assert_int_equal(say(p, (const uint8_t *)"\x12\x7f\x0f\0\7", 5),
			 IL_E_AGAIN);
	assert_int_equal(say(p, m, n), IL_E_AGAIN);
	return say(p, said, said_n);
}

static enum il_err next_chunk(uint8_t attr, uint8_t seq, const uint8_t *b,
			      uint32_t n)
{
	uint8_t m[200] = { 0 };

	said = m;
	said_n = large_chunk(m, attr, 7, seq, 0, b, n);
	m[1] = 0x06;
	return forged(60, second);
}

static void chunks_of_a_response_add_up(void **unused)
{
	(void)unused;
	assert_int_equal(next_chunk(0, 1, large_load, 30), IL_E_AGAIN);
	assert_int_equal(next_chunk(0, 1, large_load, 29), IL_E_FIELD);
	assert_int_equal(next_chunk(1, 1, large_load, 39), IL_E_FIELD);
	assert_int_equal(next_chunk(0, 1, large_load, 40), IL_E_FIELD);
	assert_int_equal(next_chunk(1, 1, large_load, 41), IL_E_FIELD);
	assert_int_equal(next_chunk(0, 2, large_load, 30), IL_E_FIELD);
	assert_int_equal(next_chunk(1, 1, large_load, 0), IL_E_FIELD);
}

/* A chunked message that is no response to what was asked. */
static enum il_err odd_whole(struct pair *p)
{
	static uint8_t whole[100];
	uint8_t m[200];
	size_t n;

	memcpy(whole, said, said_n);
	n = large_chunk(m, 0, 7, 0, 100, whole, 60);
	m[1] = 0x06;
	assert_int_equal(say(p, (const uint8_t *)"\x12\x7f\x0f\0\7", 5),
			 IL_E_AGAIN);
	assert_int_equal(say(p, m, n), IL_E_AGAIN);
	n = large_chunk(m, 1, 7, 1, 0, whole + 60, 40);
	m[1] = 0x06;
	return say(p, m, n);
}

static void what_came_in_chunks_is_checked_as_a_whole(void **unused)
{
	(void)unused;
	said_n = 11;
	said = (const uint8_t *)"\x12\x7e\0\0\3\0\2\1\0\x59\0";
	assert_int_equal(forged(60, odd_whole), IL_OK);
	said = (const uint8_t
			*)"\x12\x7e\0\0\3\0\2\1\0\x58\0"; /* a byte left */
	assert_int_equal(forged(60, odd_whole), IL_E_LONG);
	said = (const uint8_t *)"\x11\x7e\0\0\3\0\2\1\0\x59\0";
	assert_int_equal(forged(60, odd_whole), IL_E_FIELD);
	said = (const uint8_t *)"\x12\x7f\xff\0\0\0\0\0\0\0\0";
	assert_int_not_equal(forged(60, odd_whole), IL_E_PEER);
	said = (const uint8_t *)"\x12\x06\0\7\0\0\0\0\1\0\0";
	assert_int_not_equal(forged(60, odd_whole), IL_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_acknowledgements_are_refused),
		cmocka_unit_test(bad_chunks_of_a_response_are_refused),
		cmocka_unit_test(chunks_of_a_response_add_up),
		cmocka_unit_test(what_came_in_chunks_is_checked_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
