/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_bench.h"

/* IDE_KM and TDISP of the installed requester. */

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

			assert_int_equal(bench_go(b, ops[i], &a), IL_OK);
		}
}

static void keys_of_a_link_are_asked_for_programmed_and_started(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = key(IL_IDE_TX, IL_IDE_CPL);

	assert_int_equal(il_requester_begin(b->r, IL_REQ_IDE_QUERY, NULL),
			 IL_E_STATE);
	bench_session(b);
	assert_int_equal(bench_go(b, IL_REQ_IDE_QUERY, NULL), IL_OK);
	assert_int_equal(bench_found(b)->ide_bus, 1);
	assert_int_equal(bench_found(b)->ide_regs.n, 8);
	program(b);
	assert_int_equal(d->g->hw.programs, 6);
	assert_int_equal(d->g->hw.goes, 6);
	assert_int_equal(d->g->hw.ref.sub, IDEKM_CPL);
	assert_int_equal(d->g->hw.ref.dir, IDEKM_TX);
	assert_int_equal(bench_go(b, IL_REQ_IDE_STOP, &a), IL_OK);
	assert_int_equal(d->g->hw.stops, 1);
}

static void a_key_that_the_device_refuses_comes_with_its_status(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = key(IL_IDE_RX, IL_IDE_PR);

	bench_session(b);
	d->g->hw.status = IDEKM_FAILED;
	assert_int_equal(bench_go(b, IL_REQ_IDE_KEY_PROG, &a), IL_E_PEER);
	assert_int_equal(bench_found(b)->ide_status, IL_IDE_FAILED);
	assert_int_equal(il_requester_state(b->r), IL_REQ_SESSION);
	d->g->hw.status = IDEKM_OK;
	assert_int_equal(bench_go(b, IL_REQ_IDE_KEY_PROG, &a), IL_OK);
	a.ide.sub = 3;
	assert_int_equal(il_requester_begin(b->r, IL_REQ_IDE_KEY_PROG, &a),
			 IL_E_ARG);
}

/* A key that was sent is nowhere in the requester's memory any more. */
static void no_key_outlives_its_operation(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = key(IL_IDE_RX, IL_IDE_PR);
	uint8_t wire[32];

	bench_session(b);
	for (unsigned i = 1; i < sizeof(a.ide.key); i++)
		a.ide.key[i] = (uint8_t)(0xa0 + i);
	assert_int_equal(bench_go(b, IL_REQ_IDE_KEY_PROG, &a), IL_OK);
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

	assert_int_equal(bench_go(b, IL_REQ_TDISP_STATE, &a), IL_OK);
	return bench_found(b)->tdi;
}

static void an_interface_is_locked_reported_started_and_stopped(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = tdi(VF1);
	unsigned before;

	bench_session(b);
	program(b);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_VERSION, &a), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_CAPS, &a), IL_OK);
	assert_int_equal(bench_found(b)->addr_width, 52);
	assert_int_equal(bench_found(b)->lock_flags, TDISP_LOCK_FLAGS);
	assert_int_equal(bench_found(b)->tdisp_requests[0] & 0xfe, 0xfe);
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_LOCK, &a), IL_OK);
	memcpy(a.tdisp.nonce, bench_found(b)->nonce, sizeof(a.tdisp.nonce));
	assert_memory_equal(a.tdisp.nonce, d->g->tdis[VF1].nonce, 32);
	assert_int_equal(state_of(b, VF1), IL_TDI_LOCKED);

	a.out = b->out;
	a.out_cap = sizeof(b->out);
	a.tdisp.portion = 10; /* 16 + 16 + 4 bytes of it */
	before = b->carried;
	assert_int_equal(bench_go(b, IL_REQ_TDISP_REPORT, &a), IL_OK);
	assert_int_equal(bench_found(b)->out_len, 16 + 16 + 4);
	assert_int_equal(b->carried - before, 4);
	assert_int_equal(b->out[12], 1); /* ranges */

	assert_int_equal(bench_go(b, IL_REQ_TDISP_START, &a), IL_OK);
	assert_int_equal(state_of(b, VF1), IL_TDI_RUN);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_STOP, &a), IL_OK);
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
	assert_int_equal(state_of(b, PF0), IL_TDI_UNLOCKED);
}

static void a_refusal_of_the_device_comes_with_its_code(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = tdi(VF1);

	bench_session(b);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_START, &a), IL_E_PEER);
	assert_int_equal(bench_found(b)->tdi_error,
			 IL_TDISP_E_INVALID_INTERFACE_STATE);
	assert_int_equal(il_requester_state(b->r), IL_REQ_SESSION);
	a.tdisp.function_id = 0x999;
	assert_int_equal(bench_go(b, IL_REQ_TDISP_LOCK, &a), IL_E_PEER);
	assert_int_equal(bench_found(b)->tdi_error,
			 IL_TDISP_E_INVALID_INTERFACE);
	/* Nor is it in the way of what follows. */
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
	assert_int_equal(bench_found(b)->tdi_error, 0);
}

static void a_report_that_does_not_fit_is_an_error(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = tdi(VF1);

	bench_session(b);
	program(b);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_LOCK, &a), IL_OK);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_REPORT, &a), IL_E_ARG);
	a.out = b->out;
	a.out_cap = 35;
	assert_int_equal(bench_go(b, IL_REQ_TDISP_REPORT, &a), IL_E_NOMEM);
	a.out_cap = 36;
	assert_int_equal(bench_go(b, IL_REQ_TDISP_REPORT, &a), IL_OK);
}

static void the_optional_requests_of_tdisp_are_carried(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	struct il_requester_args a = tdi(PF0);
	static const uint8_t vid[] = { 1, 0 }, data[] = { 5, 6 };

	bench_session(b);
	program(b);
	a.tdisp.lock_flags = IL_TDISP_LOCK_BIND_P2P;
	assert_int_equal(bench_go(b, IL_REQ_TDISP_LOCK, &a), IL_OK);
	memcpy(a.tdisp.nonce, bench_found(b)->nonce, sizeof(a.tdisp.nonce));
	assert_int_equal(bench_go(b, IL_REQ_TDISP_START, &a), IL_OK);
	a.tdisp.range =
		(struct il_tdisp_range){ 0x1000, 1, IL_TDISP_RANGE_NON_TEE, 0 };
	assert_int_equal(bench_go(b, IL_REQ_TDISP_SET_ATTR, &a), IL_OK);
	assert_int_equal(d->g->hw.attrs, 1);
	a.tdisp.vid = (struct il_span){ vid, sizeof(vid) };
	a.tdisp.data = (struct il_span){ data, sizeof(data) };
	assert_int_equal(bench_go(b, IL_REQ_TDISP_VENDOR, &a), IL_OK);
	assert_int_equal(d->g->hw.vdms, 1);
	a.tdisp.stream = PEER; /* it has no keys */
	assert_int_equal(bench_go(b, IL_REQ_TDISP_BIND_P2P, &a), IL_E_PEER);
	assert_int_equal(bench_go(b, IL_REQ_TDISP_UNBIND_P2P, &a), IL_E_PEER);
	assert_int_not_equal(bench_found(b)->tdi_error, 0);
}

/* The first byte of a payload says which protocol it is. */
static void other_protocol(struct spdm_msg *rsp)
{
	static uint8_t copy[256];

	if (rsp->code != SPDM_VENDOR_DEFINED_RESPONSE)
		return;
	memcpy(copy, rsp->u.vdm.payload.p, rsp->u.vdm.payload.n);
	copy[0] ^= 1;
	rsp->u.vdm.payload.p = copy;
}

static void an_answer_of_another_protocol_is_none(void **state)
{
	struct bench_dsm *d = *state;
	struct bench *b = &d->b;
	const struct il_requester_args a = tdi(VF1);

	bench_session(b);
	d->change = other_protocol;
	assert_int_equal(bench_go(b, IL_REQ_TDISP_STATE, &a), IL_E_FIELD);
	assert_int_equal(bench_go(b, IL_REQ_IDE_QUERY, NULL), IL_E_FIELD);
	d->change = NULL;
	assert_int_equal(state_of(b, VF1), IL_TDI_UNLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(keys_of_a_link_are_asked_for_programmed_and_started),
		T(a_key_that_the_device_refuses_comes_with_its_status),
		T(no_key_outlives_its_operation),
		T(an_interface_is_locked_reported_started_and_stopped),
		T(a_refusal_of_the_device_comes_with_its_code),
		T(an_answer_of_another_protocol_is_none),
		T(a_report_that_does_not_fit_is_an_error),
		T(the_optional_requests_of_tdisp_are_carried),
	};

	return cmocka_run_group_tests(tests, bench_dsm_open, bench_dsm_close);
}
