/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

#include "mctp/mctp.h"

/*
 * Large messages. Bytes are written by hand from DSP0274 1.2.1, sections
 * 10.26 and 10.27: CHUNK_SEND is 0x85, attributes, handle, sequence number
 * u16, two reserved bytes, chunk size u32, in the first chunk the size of the
 * whole u32, the chunk; its acknowledgement is 0x05, attributes, handle, u16,
 * the response to the whole behind the last one. CHUNK_GET is 0x86, 0, handle,
 * u16; CHUNK_RESPONSE, 0x06, is as CHUNK_SEND.
 */

#define CAP 70000

static uint8_t rsp_large[CAP], req_large[CAP];
static uint8_t rsp_scratch[2 * CAP], big[66000];
static unsigned carried; /* messages in the last run */

static struct pair *chunky(uint32_t transfer)
{
	struct pair *p = pair_new(CRYPTO_P384);

	p->rcfg.caps |= SPDM_CAP_CHUNK;
	p->qcfg.caps |= SPDM_CAP_CHUNK;
	p->rcfg.large = rsp_large;
	p->qcfg.large = req_large;
	p->rcfg.large_cap = p->qcfg.large_cap = CAP;
	p->rcfg.transfer = p->qcfg.transfer = transfer;
	p->rcfg.scratch = rsp_scratch;
	p->rcfg.scratch_len = sizeof(rsp_scratch);
	memset(rsp_large, 0, sizeof(rsp_large));
	memset(req_large, 0, sizeof(req_large));
	memset(rsp_scratch, 0, sizeof(rsp_scratch));
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7 + (i >> 8));
	return p;
}

static void assert_clean(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], 0);
}

/* As pair_run(), and no message is above what goes over at once. */
static enum il_err run(struct pair *p, enum spdm_req_op op,
		       const struct spdm_req_args *args)
{
	enum il_err err = spdm_req_begin(&p->req, op, args);

	carried = 0;
	if (err)
		return err;
	do {
		const size_t over = p->req.ch[0].live ? 33 : 0;

		err = pair_exchange(p);
		carried++;
		assert_true(p->in_len <= p->rcfg.transfer + over);
		assert_true(p->out_len <= p->qcfg.transfer + over);
	} while (err == IL_E_AGAIN);
	return err;
}

static enum il_err echo(struct pair *p, size_t n)
{
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { big, n } },
	};
	enum il_err err = run(p, SPDM_OP_VENDOR, &a);

	if (err)
		return err;
	assert_int_equal(spdm_req_answer(&p->req)->payload.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(spdm_req_answer(&p->req)->payload.p[i],
				 (uint8_t)(big[i] + 1));
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	assert_clean(rsp_large, sizeof(rsp_large));
	return IL_OK;
}

/* --- whole conversations --- */

/* 42 bytes: even NEGOTIATE_ALGORITHMS is a large message. */
static void a_whole_life_at_the_least_transfer_size(void **unused)
{
	const struct spdm_req_args all = { .summary = SPDM_SUMMARY_ALL };
	const struct spdm_req_args meas = { .index = SPDM_MEAS_ALL,
					    .sign = true };
	const struct spdm_req_args upd = { .update = SPDM_UPDATE_ALL_KEYS };

	(void)unused;
	for (unsigned mctp = 0; mctp < 2; mctp++) {
		struct pair *p = chunky(42);

		p->qcfg.binding = mctp ? &mctp_binding : NULL;
		pair_start(p);
		assert_int_equal(run(p, SPDM_OP_CONNECT, NULL), IL_OK);
		assert_int_equal(run(p, SPDM_OP_CHALLENGE, &all), IL_OK);
		assert_true(carried > 5);
		assert_int_equal(run(p, SPDM_OP_MEASURE, &meas), IL_OK);
		assert_int_equal(spdm_req_record(&p->req).n,
				 3 * 7 + 48 + 48 + 8);
		assert_int_equal(run(p, SPDM_OP_SESSION, &all), IL_OK);
		assert_true(carried > 10);
		assert_int_equal(run(p, SPDM_OP_MEASURE, &meas), IL_OK);
		assert_int_equal(echo(p, 40), IL_OK);
		assert_int_equal(run(p, SPDM_OP_KEY_UPDATE, &upd), IL_OK);
		assert_int_equal(echo(p, 3000), IL_OK);
		assert_int_equal(run(p, SPDM_OP_END_SESSION, NULL), IL_OK);
		pair_free(p);
	}
}

static void a_certificate_may_come_whole(void **unused)
{
	(void)unused;
	struct pair *p = chunky(256);

	p->qcfg.portion = UINT16_MAX;
	pair_start(p);
	assert_int_equal(run(p, SPDM_OP_CONNECT, NULL), IL_OK);
	assert_memory_equal(spdm_req_certs(&p->req).p, p->maker.certs,
			    p->maker.certs_len);
	/* One GET_CERTIFICATE and its chunks. */
	assert_int_equal(p->req.chain_len, 4 + 48 + p->maker.certs_len);
	assert_in_range(carried, 5 + p->req.chain_len / 244,
			7 + p->req.chain_len / 240);
	assert_int_equal(run(p, SPDM_OP_CHALLENGE, NULL), IL_OK);
	pair_free(p);
}

static void messages_of_any_length_go_both_ways(void **unused)
{
	(void)unused;
	struct pair *p = chunky(512);

	pair_start(p);
	pair_session(p);
	for (size_t n = 480; n < 520; n++)
		assert_int_equal(echo(p, n), IL_OK);
	for (size_t n = 985; n < 1000; n++)
		assert_int_equal(echo(p, n), IL_OK);
	assert_int_equal(echo(p, 30000), IL_OK);
	assert_int_equal(p->vendor_calls, 40 + 15 + 1);
	pair_free(p);
}

/* Without the capability of both, all is as before. */
static void no_chunks_unless_both_can(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 3; i++) {
		struct pair *p = chunky(512);

		if (i == 0)
			p->rcfg.caps &= ~SPDM_CAP_CHUNK;
		else if (i == 1)
			p->qcfg.caps &= ~SPDM_CAP_CHUNK;
		else
			p->rcfg.large = NULL;
		pair_start(p);
		pair_session(p);
		assert_int_equal(p->rsp.peer_max,
				 p->qcfg.caps & SPDM_CAP_CHUNK ? CAP : 512);
		assert_int_equal(p->req.peer_max, i == 1 ? CAP : 512);
		assert_int_equal(echo(p, 490), IL_OK);
		assert_int_equal(echo(p, 600), IL_E_SPACE);
		spdm_req_abort(&p->req);
		pair_free(p);
	}
}

/* MaxSPDMmsgSize of either side is a limit. */
static void nothing_is_longer_than_the_peer_takes(void **unused)
{
	(void)unused;
	struct pair *p = chunky(512);

	p->rcfg.large_cap = 2000;
	pair_start(p);
	pair_session(p);
	assert_int_equal(echo(p, 2000), IL_E_SPACE);
	spdm_req_abort(&p->req);
	pair_free(p);
	p = chunky(512);
	p->qcfg.large_cap = 2000;
	p->qcfg.portion = 500;
	pair_start(p);
	pair_session(p);
	assert_int_equal(p->rsp.peer_max, 2000);
	assert_int_equal(echo(p, 1900), IL_OK);
	pair_free(p);
}

/* --- the responder, by hand --- */

static const uint8_t chunk_get[6] = { 0x12, 0x86, 0, 0, 0, 0 };

/* CHUNK_SEND number @seq of what makes @total; in @out. */
static size_t chunk(uint8_t *out, uint8_t attr, uint8_t handle, uint16_t seq,
		    uint32_t total, const uint8_t *p, uint32_t n)
{
	const size_t head = seq ? 12 : 16;
	const uint8_t h[16] = { 0x12,
				0x85,
				attr,
				handle,
				(uint8_t)seq,
				(uint8_t)(seq >> 8),
				0,
				0,
				(uint8_t)n,
				(uint8_t)(n >> 8),
				(uint8_t)(n >> 16),
				(uint8_t)(n >> 24),
				(uint8_t)total,
				(uint8_t)(total >> 8),
				(uint8_t)(total >> 16),
				(uint8_t)(total >> 24) };

	memcpy(out, h, head);
	memcpy(out + head, p, n);
	return head + n;
}

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
	struct pair *p = chunky(transfer);

	pair_start(p);
	pair_connect(p);
	return p;
}

static void send(struct pair *p, uint8_t attr, uint8_t handle, uint16_t seq,
		 uint32_t total, const uint8_t *b, uint32_t n)
{
	uint8_t m[600];

	(void)pair_send(p, SPDM_PLAIN, m,
			chunk(m, attr, handle, seq, total, b, n));
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
	assert_clean(rsp_large, sizeof(rsp_large));
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
		{ 0, 0, CAP + 1, 40, SPDM_ERR_REQUEST_TOO_LARGE },
		{ 0, 0, UINT32_MAX, 40, SPDM_ERR_REQUEST_TOO_LARGE },
	};
	const uint8_t *m = cxl(100);

	(void)unused;
	struct pair *p = ready(128);

	for (size_t i = 0; i < COUNT(bad); i++) {
		send(p, bad[i].attr, 4, bad[i].seq, bad[i].total, m, bad[i].n);
		assert_ack(p, 1, 4, bad[i].seq, bad[i].error);
		assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
		assert_clean(rsp_large, sizeof(rsp_large));
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
		assert_clean(rsp_large, sizeof(rsp_large));
	}
	assert_int_equal(p->vendor_calls, 0);
	pair_free(p);
}

/* ChunkSize above what is there, or less: bytes that belong to nothing. */
static void a_chunk_is_what_the_message_has(void **unused)
{
	uint8_t b[128];
	const size_t n = chunk(b, 0, 4, 0, 100, cxl(100), 40);

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
	assert_clean(rsp_large, sizeof(rsp_large));
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
	assert_clean(rsp_large, sizeof(rsp_large));
	pair_free(p);
}

static void chunks_before_or_without_their_capability(void **unused)
{
	uint8_t b[128];
	const size_t n = chunk(b, 0, 4, 0, 100, cxl(100), 40);

	(void)unused;
	struct pair *p = chunky(128);

	pair_start(p);
	assert_int_equal(pair_send(p, SPDM_PLAIN, b, n),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	pair_free(p);
	p = chunky(128);
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
	const size_t n = chunk(b, 0, 4, 0, 180, cxl(180), 112);

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
	assert_clean(rsp_large, sizeof(rsp_large));
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
	assert_clean(rsp_large, sizeof(rsp_large));
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
	struct pair *p = chunky(128);

	pair_start(p);
	pair_session(p);
	/* Begun outside, gone on inside: another one, and not the first. */
	send(p, 0, 4, 0, 100, m, 40);
	assert_ack(p, 0, 4, 0, 0);
	n = chunk(b, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	assert_int_equal(p->vendor_calls, 0);
	/* And the other way; the session's transfer stays as it is. */
	n = chunk(b, 0, 4, 0, 100, m, 40);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	send(p, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(p->out[2], SPDM_ERR_BUSY);
	assert_int_equal(get(p, 0, 0), SPDM_ERR_UNEXPECTED_REQUEST);
	assert_int_equal(p->vendor_calls, 0);
	assert_int_equal(pair_send_secured(p, beat, 4),
			 SPDM_ERR_UNEXPECTED_REQUEST);
	n = chunk(b, 1, 4, 1, 0, m + 40, 60);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	assert_int_equal(p->vendor_calls, 1);
	/* Its end is the end of its transfer. */
	n = chunk(b, 0, 4, 0, 100, m, 40);
	assert_int_equal(pair_send_secured(p, b, n), 0);
	assert_true(spdm_rsp_end(&p->rsp, p->req.session_id));
	assert_int_equal(p->rsp.large.state, SPDM_LARGE_NONE);
	assert_clean(rsp_large, sizeof(rsp_large));
	pair_free(p);
}

/* Who reaches the mailbox could otherwise shut a session out. */
static void a_session_takes_the_buffer_from_outside(void **unused)
{
	(void)unused;
	struct pair *p = chunky(128);

	pair_start(p);
	pair_session(p);
	send(p, 0, 4, 0, 100, cxl(100), 40);
	assert_int_equal(echo(p, 3000), IL_OK);
	pair_free(p);
}

/* --- the requester --- */

static enum il_err (*forge)(struct pair *p);

/* Begins an echo of @n bytes and answers chunks until @forge speaks. */
static enum il_err forged(size_t n, enum il_err (*with)(struct pair *p))
{
	const struct spdm_req_args a = {
		.vdm = { SPDM_STD_PCISIG,
			 { (const uint8_t *)"\x01\x00", 2 },
			 { big, n } },
	};
	struct pair *p = chunky(128);
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
	const size_t head = spdm_secured_head(&p->rsp.ses[0].ch[SPDM_DIR_RSP]);

	assert_int_equal(spdm_req_pull(&p->req, p->in, sizeof(p->in),
				       &p->in_len, &p->in_kind),
			 IL_OK);
	memcpy(rec + head, m, n);
	if (m[1] == 0x05) /* handles count from the handshake's on */
		rec[head + 3] ^= p->req.carry.handle;
	assert_int_equal(spdm_secured_seal(&p->rsp.ses[0].ch[SPDM_DIR_RSP],
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
	said_n = chunk(m, attr, handle, seq, total, big, n);
	m[1] = 0x06;
	return forged(60, announced);
}

static void bad_chunks_of_a_response_are_refused(void **unused)
{
	(void)unused;
	assert_int_equal(first_chunk(0, 7, 0, 300, 112), IL_E_AGAIN);
	assert_int_equal(first_chunk(0, 7, 0, CAP, 112), IL_E_AGAIN);
	assert_int_equal(first_chunk(0, 7, 0, CAP + 1, 112), IL_E_FIELD);
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
	size_t n = chunk(m, 0, 7, 0, 100, big, 60);

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
	said_n = chunk(m, attr, 7, seq, 0, b, n);
	m[1] = 0x06;
	return forged(60, second);
}

static void chunks_of_a_response_add_up(void **unused)
{
	(void)unused;
	assert_int_equal(next_chunk(0, 1, big, 30), IL_E_AGAIN);
	assert_int_equal(next_chunk(0, 1, big, 29), IL_E_FIELD);
	assert_int_equal(next_chunk(1, 1, big, 39), IL_E_FIELD);
	assert_int_equal(next_chunk(0, 1, big, 40), IL_E_FIELD);
	assert_int_equal(next_chunk(1, 1, big, 41), IL_E_FIELD);
	assert_int_equal(next_chunk(0, 2, big, 30), IL_E_FIELD);
	assert_int_equal(next_chunk(1, 1, big, 0), IL_E_FIELD);
}

/* A chunked message that is no response to what was asked. */
static enum il_err odd_whole(struct pair *p)
{
	static uint8_t whole[100];
	uint8_t m[200];
	size_t n;

	memcpy(whole, said, said_n);
	n = chunk(m, 0, 7, 0, 100, whole, 60);
	m[1] = 0x06;
	assert_int_equal(say(p, (const uint8_t *)"\x12\x7f\x0f\0\7", 5),
			 IL_E_AGAIN);
	assert_int_equal(say(p, m, n), IL_E_AGAIN);
	n = chunk(m, 1, 7, 1, 0, whole + 60, 40);
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
		cmocka_unit_test(a_whole_life_at_the_least_transfer_size),
		cmocka_unit_test(a_certificate_may_come_whole),
		cmocka_unit_test(messages_of_any_length_go_both_ways),
		cmocka_unit_test(no_chunks_unless_both_can),
		cmocka_unit_test(nothing_is_longer_than_the_peer_takes),
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
		cmocka_unit_test(bad_acknowledgements_are_refused),
		cmocka_unit_test(bad_chunks_of_a_response_are_refused),
		cmocka_unit_test(chunks_of_a_response_add_up),
		cmocka_unit_test(what_came_in_chunks_is_checked_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
