/* SPDX-License-Identifier: BSD-2-Clause */
#include "../dsm/dsm_test.h"

#include <stdlib.h>

#include "doe/doe.h"
#include "interlock/requester.h"
#include "mctp/mctp.h"

/* The installed requester before a whole DSM (test/dsm/rig.c). */

#define CARRIED 4096

struct bench {
	struct rig *g;
	struct il_crypto table;
	struct il_env env;
	struct il_requester_cfg cfg;
	struct il_span anchor;
	void *mem;
	size_t size;
	struct il_requester *r;
	uint8_t buf[CARRIED], msg[CARRIED];
	unsigned carried;
	uint8_t report[1024];
	uint8_t scratch[CONNS * (TRANSFER + 1024)]; /* of the device */
	/* Spoils an answer before it is pushed; NULL: nobody. */
	size_t (*spoil)(uint8_t *obj, size_t n);
};

static struct maker *the_maker(struct rig *g)
{
	static struct maker m;

	m.c = g->c;
	memcpy(m.certs, g->cfg.spdm.slots[0].certs.p,
	       g->cfg.spdm.slots[0].certs.n);
	m.certs_len = g->cfg.spdm.slots[0].certs.n;
	return &m;
}

static struct bench *bench_new(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct maker *m;

	assert_non_null(b);
	b->g = rig_new();
	/* An answer of TDISP's own vendors wants more than the least. */
	b->g->cfg.spdm.scratch = b->scratch;
	b->g->cfg.spdm.scratch_len = sizeof(b->scratch) / CONNS;
	rig_start(b->g);
	m = the_maker(b->g);
	b->table = (struct il_crypto){ b->g->c.ops, b->g->c.ctx };
	b->env = (struct il_env){ b->g->env.random, b->g->env.trace,
				  b->g->env.ctx };
	/* The first certificate: a DER object of a two-byte length. */
	b->anchor = (struct il_span){ m->certs, 4u + ((size_t)m->certs[2] << 8 |
						      m->certs[3]) };
	b->cfg = (struct il_requester_cfg){
		.crypto = &b->table,
		.env = &b->env,
		.anchors = &b->anchor,
		.anchor_n = 1,
		.now_s = INT64_C(1700000000),
	};
	return b;
}

static void bench_start(struct bench *b)
{
	b->size = il_requester_size(&b->cfg);
	b->mem = malloc(b->size);
	assert_non_null(b->mem);
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_OK);
}

static int setup(void **state)
{
	struct bench *b = bench_new();

	bench_start(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	il_requester_fini(b->r);
	free(b->mem);
	rig_free(b->g);
	free(b);
	return 0;
}

/* One object or message to the device; bytes that come back, 0: none. */
static size_t carry_doe(struct bench *b, size_t n)
{
	struct doe_type type = { 0 };
	const uint8_t *p = NULL;
	enum spdm_kind kind;
	struct wr w = wr_over(b->buf, sizeof(b->buf));
	size_t len = 0, out = 0;
	bool secured = false;

	assert_int_equal(doe_unwrap(b->buf, n, CARRIED, &type, &p, &len),
			 IL_OK);
	assert_true(doe_is_spdm(type, &secured));
	assert_int_equal(dsm_handle(&b->g->d, 0,
				    secured ? SPDM_SECURED : SPDM_PLAIN, p, len,
				    b->msg, sizeof(b->msg), &out, &kind,
				    b->g->now_ns),
			 IL_OK);
	if (!out)
		return 0;
	assert_int_equal(
		doe_wrap(&w, doe_spdm(kind == SPDM_SECURED), b->msg, out),
		IL_OK);
	return w.len;
}

static enum il_err go(struct bench *b, enum il_req_op op,
		      const struct il_requester_args *args)
{
	enum il_err err = il_requester_begin(b->r, op, args);

	while (!err) {
		size_t n = 0;

		err = il_requester_pull(b->r, b->buf, sizeof(b->buf), &n);
		if (err)
			break;
		b->carried++;
		n = carry_doe(b, n);
		if (n && b->spoil)
			n = b->spoil(b->buf, n);
		err = il_requester_push(b->r, b->buf, n, b->g->now_ns);
		if (!err)
			break;
		if (err == IL_E_AGAIN)
			err = IL_OK;
	}
	return err;
}

static const struct il_requester_result *found(const struct bench *b)
{
	return il_requester_result(b->r);
}

static void open_session(struct bench *b)
{
	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(go(b, IL_REQ_SESSION_OPEN, NULL), IL_OK);
	assert_int_equal(il_requester_state(b->r), IL_REQ_SESSION);
}

static void connect_tells_what_was_agreed(void **state)
{
	struct bench *b = *state;
	const struct il_requester_peer *p;

	assert_null(il_requester_peer(b->r));
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
	p = il_requester_peer(b->r);
	assert_non_null(p);
	assert_int_equal(p->version, IL_SPDM_V12);
	assert_int_equal(p->asym, IL_SPDM_ASYM_ECDSA_P384);
	assert_int_equal(p->hash, IL_SPDM_HASH_SHA_384);
	assert_int_equal(p->dhe, IL_SPDM_DHE_SECP384R1);
	assert_int_equal(p->transfer, TRANSFER);
	assert_true(p->caps & IL_SPDM_CAP_KEY_EX);
	assert_int_equal(p->certs.n, b->g->cfg.spdm.slots[0].certs.n);
	assert_memory_equal(p->certs.p, b->g->cfg.spdm.slots[0].certs.p,
			    p->certs.n);
	assert_int_equal(p->chain.n, p->certs.n + 4 + 48);
	assert_int_equal(p->chain_hash.n, 48);
	assert_int_equal(p->leaf->count, 3);
	assert_true(p->vca.n > 100);
}

static void a_chain_under_no_anchor_fails_connect_and_says_why(void **state)
{
	struct bench *b = *state;
	uint8_t other[CRYPTO_CERT_MAX];

	memcpy(other, b->anchor.p, b->anchor.n);
	other[b->anchor.n - 1] ^= 1;
	b->anchor.p = other;
	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_E_AUTH);
	assert_int_not_equal(found(b)->why.code, IL_CRYPTO_WHY_NONE);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	assert_null(il_requester_peer(b->r));
}

static void a_chain_of_another_time_fails_connect(void **unused)
{
	struct bench *b = bench_new();
	void *state = b;

	(void)unused;
	b->cfg.now_s = INT64_C(100);
	bench_start(b);
	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_E_AUTH);
	assert_int_equal(found(b)->why.code, IL_CRYPTO_WHY_NOT_YET);
	teardown(&state);
}

static void any_of_several_anchors_will_do(void **unused)
{
	struct bench *b = bench_new();
	struct il_span two[2] = { { b->anchor.p, b->anchor.n - 1 }, b->anchor };
	void *state = b;

	(void)unused;
	b->cfg.anchors = two;
	b->cfg.anchor_n = 2;
	bench_start(b);
	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_OK);
	teardown(&state);
}

static void nobody_to_trust_has_to_be_asked_for(void **unused)
{
	struct bench *b = bench_new();
	void *state = b;

	(void)unused;
	b->size = il_requester_size(&b->cfg);
	b->mem = malloc(b->size);
	b->cfg.anchor_n = 0;
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_E_ARG);
	b->cfg.anchor_n = 1;
	b->cfg.trust_any = true;
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_E_ARG);
	b->cfg.anchor_n = 0;
	assert_int_equal(il_requester_init(&b->cfg, b->mem, b->size, &b->r),
			 IL_OK);
	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_OK);
	teardown(&state);
}

static void the_macro_of_its_size_is_enough_and_less_is_refused(void **state)
{
	struct bench *b = *state;
	const struct il_requester_cfg big = { .transfer = 6001,
					      .chain_max = 40001,
					      .kept_max = 9001,
					      .large_max = 70001 };
	struct il_requester *r = NULL;
	uint8_t *mem = malloc(b->size + 8);

	assert_true(il_requester_size(&big) <=
		    IL_REQUESTER_SIZE(6001, 40001, 9001, 70001));
	assert_true(il_requester_size(&b->cfg) <=
		    IL_REQUESTER_SIZE(4032, 16384, 8192, 0));
	assert_int_equal(il_requester_init(&b->cfg, mem, b->size - 1, &r),
			 IL_E_SPACE);
	assert_int_equal(il_requester_init(&b->cfg, mem + 1, b->size, &r),
			 IL_E_SPACE);
	assert_null(r);
	free(mem);
}

static void measurements_come_with_their_signature(void **state)
{
	struct bench *b = *state;
	const struct il_requester_args a = { .sign = true,
					     .summary = IL_SPDM_SUMMARY_ALL,
					     .index = IL_SPDM_MEAS_ALL };
	const struct il_requester_args count = { .index = IL_SPDM_MEAS_COUNT };

	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(go(b, IL_REQ_CHALLENGE, &a), IL_OK);
	assert_int_equal(found(b)->summary.n, 48);
	assert_int_equal(go(b, IL_REQ_MEASURE, &count), IL_OK);
	assert_int_equal(found(b)->meas_n, 1);
	assert_int_equal(found(b)->sig.n, 0);
	assert_int_equal(go(b, IL_REQ_MEASURE, &a), IL_OK);
	assert_int_equal(found(b)->meas_n, 1);
	assert_int_equal(found(b)->record.n, 4 + 3 + 48);
	assert_int_equal(found(b)->sig.n, 96);
	assert_true(found(b)->messages.n > found(b)->record.n);
}

static void a_session_lives_and_ends(void **state)
{
	struct bench *b = *state;
	const struct il_requester_args sum = { .summary = IL_SPDM_SUMMARY_TCB };

	assert_int_equal(go(b, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(go(b, IL_REQ_SESSION_OPEN, &sum), IL_OK);
	assert_int_equal(found(b)->heartbeat_s, 10);
	assert_int_equal(found(b)->summary.n, 48);
	assert_int_not_equal(found(b)->session_id, 0);
	assert_int_equal(go(b, IL_REQ_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(go(b, IL_REQ_KEY_UPDATE, NULL), IL_OK);
	assert_int_equal(go(b, IL_REQ_HEARTBEAT, NULL), IL_OK);
	assert_int_equal(go(b, IL_REQ_SESSION_END, NULL), IL_OK);
	assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
	assert_int_equal(go(b, IL_REQ_HEARTBEAT, NULL), IL_E_STATE);
}

static void a_vendor_message_is_carried_both_ways(void **state)
{
	struct bench *b = *state;
	static const uint8_t vid[] = { 0x98, 0x1e }, words[] = "some words";
	const struct il_requester_args a = {
		.standard = IL_SPDM_STD_PCISIG,
		.vid = { vid, sizeof(vid) },
		.payload = { words, sizeof(words) },
	};

	open_session(b);
	assert_int_equal(go(b, IL_REQ_VENDOR, &a), IL_OK);
	assert_int_equal(found(b)->payload.n, sizeof(words));
	assert_memory_equal(found(b)->payload.p, words, sizeof(words));
}

/* --- IDE_KM --- */

static struct il_requester_args key(enum il_ide_dir dir, enum il_ide_sub sub)
{
	return (struct il_requester_args){
		.ide = { .stream = STREAM,
			 .dir = (uint8_t)dir,
			 .sub = (uint8_t)sub,
			 .key = { 0x44, (uint8_t)sub, (uint8_t)dir } },
	};
}

static void program(struct bench *b)
{
	static const enum il_req_op ops[] = { IL_REQ_IDE_KEY_PROG,
					      IL_REQ_IDE_GO };

	for (size_t i = 0; i < COUNT(ops); i++)
		for (unsigned k = 0; k < 6; k++) {
			struct il_requester_args a = key(k / 3, k % 3);

			assert_int_equal(go(b, ops[i], &a), IL_OK);
		}
}

static void keys_of_a_link_are_asked_for_programmed_and_started(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = key(IL_IDE_TX, IL_IDE_CPL);

	assert_int_equal(il_requester_begin(b->r, IL_REQ_IDE_QUERY, NULL),
			 IL_E_STATE);
	open_session(b);
	assert_int_equal(go(b, IL_REQ_IDE_QUERY, NULL), IL_OK);
	assert_int_equal(found(b)->ide_bus, 1);
	assert_int_equal(found(b)->ide_regs.n, 8);
	program(b);
	assert_int_equal(b->g->hw.programs, 6);
	assert_int_equal(b->g->hw.goes, 6);
	assert_int_equal(b->g->hw.ref.sub, IDEKM_CPL);
	assert_int_equal(b->g->hw.ref.dir, IDEKM_TX);
	assert_int_equal(go(b, IL_REQ_IDE_STOP, &a), IL_OK);
	assert_int_equal(b->g->hw.stops, 1);
}

static void a_key_that_the_device_refuses_comes_with_its_status(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = key(IL_IDE_RX, IL_IDE_PR);

	open_session(b);
	b->g->hw.status = IDEKM_FAILED;
	assert_int_equal(go(b, IL_REQ_IDE_KEY_PROG, &a), IL_E_PEER);
	assert_int_equal(found(b)->ide_status, IL_IDE_FAILED);
	assert_int_equal(il_requester_state(b->r), IL_REQ_SESSION);
	b->g->hw.status = IDEKM_OK;
	assert_int_equal(go(b, IL_REQ_IDE_KEY_PROG, &a), IL_OK);
	a.ide.sub = 3;
	assert_int_equal(il_requester_begin(b->r, IL_REQ_IDE_KEY_PROG, &a),
			 IL_E_ARG);
}

/* A key that was sent is nowhere in the requester's memory any more. */
static void no_key_outlives_its_operation(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = key(IL_IDE_RX, IL_IDE_PR);
	uint8_t wire[32];

	open_session(b);
	for (unsigned i = 1; i < sizeof(a.ide.key); i++)
		a.ide.key[i] = (uint8_t)(0xa0 + i);
	assert_int_equal(go(b, IL_REQ_IDE_KEY_PROG, &a), IL_OK);
	memcpy(wire, a.ide.key, sizeof(wire));
	assert_false(bytes_hold(b->mem, b->size, wire, sizeof(wire)));
	idekm_swap_dwords(wire, sizeof(wire));
	assert_false(bytes_hold(b->mem, b->size, wire, sizeof(wire)));
}

/* --- TDISP --- */

static struct il_requester_args tdi(uint32_t fn)
{
	return (struct il_requester_args){
		.tdisp = { .function_id = 0x100 + fn, .stream = STREAM },
	};
}

static uint8_t state_of(struct bench *b, uint32_t fn)
{
	const struct il_requester_args a = tdi(fn);

	assert_int_equal(go(b, IL_REQ_TDISP_STATE, &a), IL_OK);
	return found(b)->tdi_state;
}

static void an_interface_is_locked_reported_started_and_stopped(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = tdi(VF1);
	unsigned before;

	open_session(b);
	program(b);
	assert_int_equal(go(b, IL_REQ_TDISP_VERSION, &a), IL_OK);
	assert_int_equal(go(b, IL_REQ_TDISP_CAPS, &a), IL_OK);
	assert_int_equal(found(b)->addr_width, 52);
	assert_int_equal(found(b)->lock_flags, TDISP_LOCK_FLAGS);
	assert_int_equal(found(b)->tdisp_requests[0] & 0xfe, 0xfe);
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
	assert_int_equal(go(b, IL_REQ_TDISP_LOCK, &a), IL_OK);
	memcpy(a.tdisp.nonce, found(b)->nonce, sizeof(a.tdisp.nonce));
	assert_memory_equal(a.tdisp.nonce, b->g->tdis[VF1].nonce, 32);
	assert_int_equal(state_of(b, VF1), IL_TDI_LOCKED);

	a.out = b->report;
	a.out_cap = sizeof(b->report);
	a.tdisp.portion = 10; /* 16 + 16 + 4 bytes of it */
	before = b->carried;
	assert_int_equal(go(b, IL_REQ_TDISP_REPORT, &a), IL_OK);
	assert_int_equal(found(b)->out_len, 16 + 16 + 4);
	assert_int_equal(b->carried - before, 4);
	assert_int_equal(b->report[12], 1); /* ranges */

	assert_int_equal(go(b, IL_REQ_TDISP_START, &a), IL_OK);
	assert_int_equal(state_of(b, VF1), IL_TDI_RUN);
	assert_int_equal(go(b, IL_REQ_TDISP_STOP, &a), IL_OK);
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
	assert_int_equal(state_of(b, PF0), IL_TDI_UNLOCKED);
}

static void a_refusal_of_the_device_comes_with_its_code(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = tdi(VF1);

	open_session(b);
	assert_int_equal(go(b, IL_REQ_TDISP_START, &a), IL_E_PEER);
	assert_int_equal(found(b)->tdisp_error,
			 IL_TDISP_E_INVALID_INTERFACE_STATE);
	assert_int_equal(il_requester_state(b->r), IL_REQ_SESSION);
	a.tdisp.function_id = 0x999;
	assert_int_equal(go(b, IL_REQ_TDISP_LOCK, &a), IL_E_PEER);
	assert_int_equal(found(b)->tdisp_error, IL_TDISP_E_INVALID_INTERFACE);
	/* Nor is it in the way of what follows. */
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
	assert_int_equal(found(b)->tdisp_error, 0);
}

static void a_report_that_does_not_fit_is_an_error(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = tdi(VF1);

	open_session(b);
	program(b);
	assert_int_equal(go(b, IL_REQ_TDISP_LOCK, &a), IL_OK);
	assert_int_equal(go(b, IL_REQ_TDISP_REPORT, &a), IL_E_ARG);
	a.out = b->report;
	a.out_cap = 35;
	assert_int_equal(go(b, IL_REQ_TDISP_REPORT, &a), IL_E_NOMEM);
	a.out_cap = 36;
	assert_int_equal(go(b, IL_REQ_TDISP_REPORT, &a), IL_OK);
}

static void the_optional_requests_of_tdisp_are_carried(void **state)
{
	struct bench *b = *state;
	struct il_requester_args a = tdi(PF0);
	static const uint8_t vid[] = { 1, 0 }, data[] = { 5, 6 };

	open_session(b);
	program(b);
	a.tdisp.lock_flags = IL_TDISP_LOCK_BIND_P2P;
	assert_int_equal(go(b, IL_REQ_TDISP_LOCK, &a), IL_OK);
	memcpy(a.tdisp.nonce, found(b)->nonce, sizeof(a.tdisp.nonce));
	assert_int_equal(go(b, IL_REQ_TDISP_START, &a), IL_OK);
	a.tdisp.range =
		(struct il_tdisp_range){ 0x1000, 1, IL_TDISP_RANGE_NON_TEE, 0 };
	assert_int_equal(go(b, IL_REQ_TDISP_SET_ATTR, &a), IL_OK);
	assert_int_equal(b->g->hw.attrs, 1);
	a.tdisp.vid = (struct il_span){ vid, sizeof(vid) };
	a.tdisp.data = (struct il_span){ data, sizeof(data) };
	assert_int_equal(go(b, IL_REQ_TDISP_VENDOR, &a), IL_OK);
	assert_int_equal(b->g->hw.vdms, 1);
	a.tdisp.stream = PEER; /* it has no keys */
	assert_int_equal(go(b, IL_REQ_TDISP_BIND_P2P, &a), IL_E_PEER);
	assert_int_equal(go(b, IL_REQ_TDISP_UNBIND_P2P, &a), IL_E_PEER);
	assert_int_not_equal(found(b)->tdisp_error, 0);
}

/* --- what is no answer --- */

static size_t other_vendor(uint8_t *obj, size_t n)
{
	obj[0] ^= 2;
	return n;
}

static size_t in_the_clear(uint8_t *obj, size_t n)
{
	obj[2] = 1;
	return n;
}

static size_t cut_off(uint8_t *obj, size_t n)
{
	(void)obj;
	return n - 4;
}

static size_t nothing(uint8_t *obj, size_t n)
{
	(void)obj;
	(void)n;
	return 0;
}

static size_t one_bit(uint8_t *obj, size_t n)
{
	obj[n - 8] ^= 1; /* of the tag */
	return n;
}

static void what_is_no_answer_ends_the_session(void **state)
{
	struct bench *b = *state;
	static const struct {
		size_t (*spoil)(uint8_t *obj, size_t n);
		enum il_err err;
	} t[] = { { other_vendor, IL_E_FIELD },
		  { in_the_clear, IL_E_FIELD },
		  { cut_off, IL_E_SHORT },
		  { nothing, IL_E_SHORT },
		  { one_bit, IL_E_AUTH } };
	const struct il_requester_args a = tdi(VF1);

	for (size_t i = 0; i < COUNT(t); i++) {
		open_session(b);
		b->spoil = t[i].spoil;
		assert_int_equal(go(b, IL_REQ_TDISP_STATE, &a), t[i].err);
		b->spoil = NULL;
		assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
		assert_string_equal(il_requester_asking(b->r), "");
	}
}

static void calls_out_of_turn_change_nothing(void **state)
{
	struct bench *b = *state;
	size_t n = 0;

	assert_int_equal(il_requester_pull(b->r, b->buf, CARRIED, &n),
			 IL_E_STATE);
	assert_int_equal(il_requester_push(b->r, b->buf, 8, 0), IL_E_STATE);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_NONE, NULL), IL_E_ARG);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_OPS, NULL), IL_E_ARG);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_CONNECT, NULL), IL_OK);
	assert_string_equal(il_requester_asking(b->r), "GET_VERSION");
	assert_int_equal(il_requester_begin(b->r, IL_REQ_CONNECT, NULL),
			 IL_E_STATE);
	assert_int_equal(il_requester_push(b->r, b->buf, 8, 0), IL_E_STATE);
	assert_int_equal(il_requester_pull(b->r, b->buf, 7, &n), IL_E_SPACE);
	assert_int_equal(il_requester_pull(b->r, b->buf, CARRIED, &n), IL_OK);
	assert_int_equal(il_requester_pull(b->r, b->buf, CARRIED, &n),
			 IL_E_STATE);
	il_requester_abort(b->r);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
	open_session(b);
	il_requester_drop(b->r);
	assert_int_equal(il_requester_state(b->r), IL_REQ_CONNECTED);
	il_requester_reset(b->r);
	assert_int_equal(il_requester_state(b->r), IL_REQ_NEW);
}

/* --- carriers --- */

static void discovery_lists_what_a_mailbox_offers(void **state)
{
	struct bench *b = *state;
	static const struct doe_type types[] = { { DOE_VENDOR_PCISIG, 0 },
						 { 0x1d1a, 3 },
						 { DOE_VENDOR_PCISIG, 1 },
						 { DOE_VENDOR_PCISIG, 2 } };
	const struct doe_type discovery = { DOE_VENDOR_PCISIG, 0 };
	unsigned rounds = 0;
	enum il_err err = il_requester_begin(b->r, IL_REQ_DISCOVER, NULL);

	while (!err || err == IL_E_AGAIN) {
		struct wr w = wr_over(b->buf, sizeof(b->buf));
		uint8_t rsp[DOE_DISCOVERY_LEN];
		size_t n = 0;

		assert_int_equal(il_requester_pull(b->r, b->buf, CARRIED, &n),
				 IL_OK);
		assert_int_equal(n, 12);
		assert_int_equal(
			doe_discover(types, COUNT(types), b->buf + 8, 4, rsp),
			IL_OK);
		assert_int_equal(doe_wrap(&w, discovery, rsp, sizeof(rsp)),
				 IL_OK);
		err = il_requester_push(b->r, b->buf, w.len, 0);
		rounds++;
		if (!err)
			break;
	}
	assert_int_equal(err, IL_OK);
	assert_int_equal(rounds, 4);
	assert_int_equal(found(b)->doe_types, 7);
	/* An answer of SPDM is none to this. */
	assert_int_equal(il_requester_begin(b->r, IL_REQ_DISCOVER, NULL),
			 IL_OK);
	size_t n = 0;
	assert_int_equal(il_requester_pull(b->r, b->buf, CARRIED, &n), IL_OK);
	b->buf[2] = 1;
	assert_int_equal(il_requester_push(b->r, b->buf, n, 0), IL_E_FIELD);
}

static void mctp_messages_begin_with_their_type(void **unused)
{
	struct bench *b = bench_new();
	void *state = b;
	enum spdm_kind kind;
	size_t n = 0, out = 0;

	(void)unused;
	b->cfg.carrier = IL_REQ_MCTP;
	bench_start(b);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_DISCOVER, NULL),
			 IL_E_ARG);
	assert_int_equal(il_requester_begin(b->r, IL_REQ_CONNECT, NULL), IL_OK);
	assert_int_equal(il_requester_pull(b->r, b->buf, CARRIED, &n), IL_OK);
	/* GET_VERSION. Source: DSP0275 1.0 */
	static const uint8_t want[] = { 0x05, 0x10, 0x84, 0, 0 };

	assert_int_equal(n, sizeof(want));
	assert_memory_equal(b->buf, want, n);
	assert_int_equal(dsm_handle(&b->g->d, 0, SPDM_PLAIN, b->buf + 1, n - 1,
				    b->msg + 1, CARRIED - 1, &out, &kind, 0),
			 IL_OK);
	b->msg[0] = MCTP_SPDM;
	assert_int_equal(il_requester_push(b->r, b->msg, out + 1, 0),
			 IL_E_AGAIN);
	assert_string_equal(il_requester_asking(b->r), "GET_CAPABILITIES");
	teardown(&state);
}

static int group_setup(void **unused)
{
	(void)unused;
	rig_open();
	return 0;
}

static int group_teardown(void **unused)
{
	(void)unused;
	rig_close();
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(connect_tells_what_was_agreed),
		T(a_chain_under_no_anchor_fails_connect_and_says_why),
		cmocka_unit_test(a_chain_of_another_time_fails_connect),
		cmocka_unit_test(any_of_several_anchors_will_do),
		cmocka_unit_test(nobody_to_trust_has_to_be_asked_for),
		T(the_macro_of_its_size_is_enough_and_less_is_refused),
		T(measurements_come_with_their_signature),
		T(a_session_lives_and_ends),
		T(a_vendor_message_is_carried_both_ways),
		T(keys_of_a_link_are_asked_for_programmed_and_started),
		T(a_key_that_the_device_refuses_comes_with_its_status),
		T(no_key_outlives_its_operation),
		T(an_interface_is_locked_reported_started_and_stopped),
		T(a_refusal_of_the_device_comes_with_its_code),
		T(a_report_that_does_not_fit_is_an_error),
		T(the_optional_requests_of_tdisp_are_carried),
		T(what_is_no_answer_ends_the_session),
		T(calls_out_of_turn_change_nothing),
		T(discovery_lists_what_a_mailbox_offers),
		cmocka_unit_test(mctp_messages_begin_with_their_type),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
