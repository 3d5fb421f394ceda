/* SPDX-License-Identifier: BSD-2-Clause */
#include "large_rig.h"

/* Large messages: a responder that is sent chunks by hand. */

/* --- CHUNK_SEND --- */

static const uint8_t chunk_get[6] = { 0x12, 0x86, 0, 0, 0, 0 };

/* What CHUNK_SEND was answered with: code and error of the inside, 0. */
static void assert_ack(const struct pair *p, uint8_t attr, uint8_t handle,
		       uint16_t seq, uint8_t error)
{
	assert_true(p->out_len >= 6);
	assert_int_equal(p->out[1], 0x05);
	assert_int_equal(p->out[2], attr);
	assert_int_equal(p->out[3], handle);
	assert_int_equal(p->out[4] | p->out[5] << 8, seq);
	if (!error) {
		assert_int_equal(p->out_len, 6);
		return;
	}
	assert_true(p->out_len >= 10);
	assert_int_equal(p->out[6], 0x12);
	assert_int_equal(p->out[7], 0x7f);
	assert_int_equal(p->out[8], error);
}

static struct pair *ready(uint32_t transfer)
{
	struct pair *p = large_pair(transfer);

	pair_start(p);
	pair_connect(p);
	return p;
}

static void send(struct pair *p, uint8_t attr, uint8_t handle, uint16_t seq,
		 uint32_t total, const uint8_t *b, uint32_t n)
{
	uint8_t m[600];

	(void)pair_send(p, SPDM_PLAIN, m,
			large_chunk(m, attr, handle, seq, total, b, n));
}

/* A CHALLENGE of 36 bytes is small; a vendor message of 100 is not. */
static const uint8_t *cxl(size_t n)
{
	static uint8_t m[1000];
	const uint8_t head[11] = { 0x12,
				   0xfe,
				   0,
				   0,
				   3,
				   0,
				   2,
				   0x98,
				   0x1e,
				   (uint8_t)(n - 11),
				   (uint8_t)((n - 11) >> 8) };

	memset(m, 0x55, sizeof(m));
	memcpy(m, head, sizeof(head));
	return m;
}

static void a_request_in_chunks_is_answered_behind_the_last_ack(void **unused)
{
	const uint8_t *m = cxl(100);

	(void)unused;
	struct pair *p = ready(128);

	send(p, 0, 9, 0, 100, m, 40);
	assert_ack(p, 0, 9, 0, 0);
	assert_int_equal(p->vendor_calls, 0);
	send(p, 0, 9, 1, 0, m + 40, 40);
	assert_ack(p, 0, 9, 1, 0);
	send(p, 1, 9, 2, 0, m + 80, 20);
	assert_int_equal(p->vendor_calls, 1);
	assert_int_equal(p->out_len, 6 + 100);
	assert_int_equal(p->out[1], 0x05);
	assert_int_equal(p->out[7], 0x7e);
	assert_int_equal(p->out[6 + 11], 0x56);
	assert_clean(large_rsp, sizeof(large_rsp));
	/* Over: another one may begin, under the same handle too. */
	send(p, 0, 9, 0, 100, m, 40);
	assert_ack(p, 0, 9, 0, 0);
	pair_free(p);
}

/* What fits only without the acknowledgement in front is large, too. */
static void the_acknowledgement_counts(void **unused)
{
	uint8_t get[6];

	(void)unused;
	for (unsigned n = 120; n < 126; n++) {
		struct pair *p = ready(128);

		send(p, 0, 1, 0, n, cxl(n), 100);
		send(p, 1, 1, 1, 0, cxl(n) + 100, n - 100);
		if (n <= 122) {
			assert_int_equal(p->out_len, 6 + n);
			pair_free(p);
			continue;
		}
		assert_int_equal(p->out_len, 6 + 5);
		assert_ack(p, 0, 1, 1, SPDM_ERR_LARGE_RESPONSE);
		memcpy(get, chunk_get, 6);
		get[3] = p->out[10];
		assert_int_equal(pair_send(p, SPDM_PLAIN, get, 6), 0);
		/* Not behind an acknowledgement: 128 bytes hold a chunk of
		 * 112. */
		assert_int_equal(p->out_len, 128);
		assert_int_equal(p->out[1], 0x06);
		assert_int_equal(p->out[8], 112);
		assert_int_equal(p->out[12], n);
		pair_free(p);
	}
}

static void bad_first_chunks_are_refused_early(void **unused)
{
	static const struct {
		uint8_t attr;
		uint16_t seq;
		uint32_t total, n;
		uint8_t error;
	} bad[] = {
		{ 0, 1, 100, 40, SPDM_ERR_INVALID_REQUEST },  /* not first */
		{ 1, 0, 100, 40, SPDM_ERR_INVALID_REQUEST },  /* and last */
		{ 1, 0, 100, 100, SPDM_ERR_INVALID_REQUEST }, /* all of it */
		{ 0, 0, 100, 100, SPDM_ERR_INVALID_REQUEST }, /* and more */
		{ 0, 0, 60, 61, SPDM_ERR_INVALID_REQUEST },   /* too much */
		{ 0, 0, 100, 25, SPDM_ERR_INVALID_REQUEST },  /* small */
		{ 0, 0, 100, 0, SPDM_ERR_INVALID_REQUEST },   /* empty */
		{ 0, 0, 42, 30, SPDM_ERR_INVALID_REQUEST },   /* not large */
		{ 0, 0, 0, 30, SPDM_ERR_INVALID_REQUEST },
		{ 0, 0, LARGE_CAP + 1, 40, SPDM_ERR_REQUEST_TOO_LARGE },
		{ 0, 0, UINT32_MAX, 40, SPDM_ERR_REQUEST_TOO_LARGE },
	};
	const uint8_t *m = cxl(100);

	(void)unused;
	struct pair *p = ready(128);

	for (size_t i = 0; i < COUNT(bad); i++) {
		send(p, bad[i].attr, 4, bad[i].seq, bad[i].total, m, bad[i].n);
		assert_ack(p, 1, 4, bad[i].seq, bad[i].error);
		assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
		assert_clean(large_rsp, sizeof(large_rsp));
	}
	/* The least that is taken. */
	send(p, 0, 4, 0, 43, m, 26);
	assert_ack(p, 0, 4, 0, 0);
	assert_int_equal(p->vendor_calls, 0);
	pair_free(p);
}

static void bad_chunks_end_the_transfer(void **unused)
{
	static const struct {
		uint8_t attr, handle;
		uint16_t seq;
		uint32_t n;
	} bad[] = {
		{ 0, 5, 1, 40 }, /* another handle */
		{ 0, 4, 0, 40 }, /* the same again */
		{ 0, 4, 2, 40 }, /* one left out */
		{ 0, 4, 1, 29 }, /* small, and not the last */
		{ 0, 4, 1, 0 },	 /* empty */
		{ 1, 4, 1, 0 },	 /* empty last */
		{ 1, 4, 1, 40 }, /* last, and not all of it */
		{ 0, 4, 1, 60 }, /* all of it, and not the last */
		{ 1, 4, 1, 61 }, /* more than all of it */
		{ 0, 4, 1, 61 },
	};
	const uint8_t *m = cxl(100);

	(void)unused;
	struct pair *p = ready(128);

	for (size_t i = 0; i < COUNT(bad); i++) {
		send(p, 0, 4, 0, 100, m, 40);
		assert_ack(p, 0, 4, 0, 0);
		send(p, bad[i].attr, bad[i].handle, bad[i].seq, 100, m + 40,
		     bad[i].n);
		assert_ack(p, 1, bad[i].handle, bad[i].seq,
			   SPDM_ERR_INVALID_REQUEST);
		assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
		assert_clean(large_rsp, sizeof(large_rsp));
	}
	assert_int_equal(p->vendor_calls, 0);
	pair_free(p);
}

/* ChunkSize above what is there, or less: bytes that belong to nothing. */
static void a_chunk_is_what_the_message_has(void **unused)
{
	uint8_t b[128];
	const size_t n = large_chunk(b, 0, 4, 0, 100, cxl(100), 40);

	(void)unused;
	struct pair *p = ready(128);

	b[8] = 41;
	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_INVALID_REQUEST);
	b[8] = 35;
	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_INVALID_REQUEST);
	b[11] = 0xff;
	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	pair_free(p);
}

static void nothing_else_is_served_in_the_middle(void **unused)
{
	static const uint8_t digests[4] = { 0x12, 0x81 };
	static const uint8_t version[4] = { 0x10, 0x84 };
	const uint8_t *m = cxl(100);

	(void)unused;
	struct pair *p = ready(128);

	send(p, 0, 4, 0, 100, m, 40);
	assert_int_equal(pair_send(p, SPDM_PLAIN, digests, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(pair_send(p, SPDM_PLAIN, chunk_get, 6),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	/* It goes on all the same. */
	send(p, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(p->vendor_calls, 1);
	assert_int_equal(p->out[7], 0x7e);
	/* GET_VERSION is what ends it. */
	send(p, 0, 4, 0, 100, m, 40);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	assert_clean(large_rsp, sizeof(large_rsp));
	pair_free(p);
}

/* Neither chunks in chunks, nor what begins a connection. */
static void what_may_not_be_chunked_is_refused(void **unused)
{
	static const uint8_t heads[][4] = {
		{ 0x12, 0x85 },
		{ 0x12, 0x86 },
		{ 0x10, 0x84 },
		{ 0x12, 0xe1 },
	};
	uint8_t m[100] = { 0 };

	(void)unused;
	struct pair *p = ready(128);

	for (size_t i = 0; i < COUNT(heads); i++) {
		memcpy(m, heads[i], 4);
		send(p, 0, 7, 0, 100, m, 50);
		assert_ack(p, 0, 7, 0, 0);
		send(p, 1, 7, 1, 0, m + 50, 50);
		assert_ack(p, 0, 7, 1, SPDM_ERR_INVALID_REQUEST);
		assert_int_equal(p->rsp.phase, SPDM_PH_READY);
		assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	}
	pair_free(p);
}

/* PCIe TDISP 1.0 §11.2.2: chunks are no way round the silence. */
static void a_pci_sig_message_outside_a_session_stays_unanswered(void **unused)
{
	uint8_t m[100];

	(void)unused;
	struct pair *p = ready(128);

	memcpy(m, cxl(100), 100);
	m[7] = 1;
	m[8] = 0;
	send(p, 0, 7, 0, 100, m, 50);
	send(p, 1, 7, 1, 0, m + 50, 50);
	assert_int_equal(p->out_len, 0);
	assert_int_equal(p->vendor_calls, 0);
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	assert_clean(large_rsp, sizeof(large_rsp));
	pair_free(p);
}

static void chunks_before_or_without_their_capability(void **unused)
{
	uint8_t b[128];
	const size_t n = large_chunk(b, 0, 4, 0, 100, cxl(100), 40);

	(void)unused;
	struct pair *p = large_pair(128);

	pair_start(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	pair_free(p);
	p = large_pair(128);
	p->qcfg.caps &= ~SPDM_CAP_CHUNK;
	pair_start(p);
	pair_connect(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_UNSUPPORTED_REQUEST);
	assert_int_equal(pair_send(p, SPDM_PLAIN, chunk_get, 6),
			 SPDM_ERR_UNSUPPORTED_REQUEST);
	pair_free(p);
}

/* CHUNK_SEND of 128 bytes at a DataTransferSize of 100. */
static void a_chunk_is_no_longer_than_goes_over_at_once(void **unused)
{
	uint8_t b[200];
	const size_t n = large_chunk(b, 0, 4, 0, 180, cxl(180), 112);

	(void)unused;
	struct pair *p = ready(127);

	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_REQUEST_TOO_LARGE);
	pair_free(p);
}

/* --- CHUNK_GET --- */

/* Leaves a response of 300 bytes to be fetched; its handle. */
static uint8_t leave(struct pair *p)
{
	const uint8_t get_cert[8] = { 0x12, 0x82, 0, 0, 0, 0, 0x24, 0x01 };

	assert_int_equal(pair_send(p, SPDM_PLAIN, get_cert, 8),
			 SPDM_ERR_LARGE_RESPONSE);
	assert_int_equal(p->out_len, 5);
	return p->out[4];
}

static int get(struct pair *p, uint8_t handle, uint16_t seq)
{
	const uint8_t m[6] = { 0x12,   0x86,	     0,
			       handle, (uint8_t)seq, (uint8_t)(seq >> 8) };

	return pair_send(p, SPDM_PLAIN, m, 6);
}

static void a_large_response_is_fetched_in_order(void **unused)
{
	uint8_t whole[300];
	size_t at = 0;

	(void)unused;
	struct pair *p = ready(128);
	const uint8_t h = leave(p);

	assert_int_equal(get(p, (uint8_t)(h + 1), 0), SPDM_ERR_INVALID_REQUEST);
	assert_int_equal(get(p, h, 1), SPDM_ERR_INVALID_REQUEST);
	for (uint16_t seq = 0; seq < 3; seq++) {
		const size_t head = seq ? 12 : 16;

		assert_int_equal(get(p, h, seq), 0);
		assert_int_equal(p->out[1], 0x06);
		assert_int_equal(p->out[2], seq == 2);
		assert_int_equal(p->out[3], h);
		assert_int_equal(p->out[4], seq);
		assert_int_equal(p->out_len, head + p->out[8]);
		if (!seq)
			assert_int_equal(p->out[12] | p->out[13] << 8, 300);
		memcpy(whole + at, p->out + head, p->out[8]);
		at += p->out[8];
		/* Once fetched it does not come again. */
		assert_int_equal(get(p, h, seq),
				 seq == 2 ? SPDM_ERR_UNEXPECTED_REQUEST
					  : SPDM_ERR_INVALID_REQUEST);
	}
	assert_int_equal(at, 300);
	assert_int_equal(whole[1], 0x02);
	assert_int_equal(whole[4] | whole[5] << 8, 0x124);
	assert_memory_equal(whole + 8 + 4 + 48, p->maker.certs, 292 - 52);
	assert_clean(large_rsp, sizeof(large_rsp));
	/* The next has another handle. */
	assert_int_not_equal(leave(p), h);
	pair_free(p);
}

static void a_response_that_waits_keeps_others_away(void **unused)
{
	static const uint8_t digests[4] = { 0x12, 0x81 };
	static const uint8_t version[4] = { 0x10, 0x84 };

	(void)unused;
	struct pair *p = ready(128);
	const uint8_t h = leave(p);

	assert_int_equal(pair_send(p, SPDM_PLAIN, digests, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	send(p, 0, 4, 0, 100, cxl(100), 40);
	assert_int_equal(p->out[1], 0x7f);
	assert_int_equal(p->out[2], SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(get(p, h, 0), 0);
	assert_int_equal(pair_send(p, SPDM_PLAIN, version, 4), 0);
	assert_clean(large_rsp, sizeof(large_rsp));
	pair_free(p);
}

/* --- sessions --- */

static void a_session_does_not_share_its_chunks(void **unused)
{
	static const uint8_t beat[4] = { 0x12, 0xe8 };
	const uint8_t *m = cxl(100);
	uint8_t b[200];
	size_t n;

	(void)unused;
	struct pair *p = large_pair(128);

	pair_start(p);
	pair_session(p);
	/* Begun outside, gone on inside: another one, and not the first. */
	send(p, 0, 4, 0, 100, m, 40);
	assert_ack(p, 0, 4, 0, 0);
	n = large_chunk(b, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	assert_int_equal(p->vendor_calls, 0);
	/* And the other way; the session's transfer stays as it is. */
	n = large_chunk(b, 0, 4, 0, 100, m, 40);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	send(p, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(p->out[2], SPDM_ERR_BUSY);
	assert_int_equal(get(p, 0, 0), SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(p->vendor_calls, 0);
	assert_int_equal(pair_send_secured(p, beat, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	n = large_chunk(b, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	assert_int_equal(p->vendor_calls, 1);
	/* Its end is the end of its transfer. */
	n = large_chunk(b, 0, 4, 0, 100, m, 40);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	assert_true(spdm_rsp_end(&p->rsp, p->req.session_id));
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	assert_clean(large_rsp, sizeof(large_rsp));
	pair_free(p);
}

/* Who reaches the mailbox could otherwise shut a session out. */
static void a_session_takes_the_buffer_from_outside(void **unused)
{
	(void)unused;
	struct pair *p = large_pair(128);

	pair_start(p);
	pair_session(p);
	send(p, 0, 4, 0, 100, cxl(100), 40);
	assert_int_equal(large_echo(p, 3000, false), IL_OK);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_request_in_chunks_is_answered_behind_the_last_ack),
		cmocka_unit_test(the_acknowledgement_counts),
		cmocka_unit_test(bad_first_chunks_are_refused_early),
		cmocka_unit_test(bad_chunks_end_the_transfer),
		cmocka_unit_test(a_chunk_is_what_the_message_has),
		cmocka_unit_test(nothing_else_is_served_in_the_middle),
		cmocka_unit_test(what_may_not_be_chunked_is_refused),
		cmocka_unit_test(
			a_pci_sig_message_outside_a_session_stays_unanswered),
		cmocka_unit_test(chunks_before_or_without_their_capability),
		cmocka_unit_test(a_chunk_is_no_longer_than_goes_over_at_once),
		cmocka_unit_test(a_large_response_is_fetched_in_order),
		cmocka_unit_test(a_response_that_waits_keeps_others_away),
		cmocka_unit_test(a_session_does_not_share_its_chunks),
		cmocka_unit_test(a_session_takes_the_buffer_from_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
