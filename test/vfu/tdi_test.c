/* SPDX-License-Identifier: BSD-2-Clause */
#include "asker.h"

#include <unistd.h>

/*
 * A TDI locked and started through the socket, and what the side doors say of
 * it meanwhile.
 */

#define STREAM 9
#define LOCK   0x83
#define REPORT 0x84
#define START  0x86
#define STOP   0x87

static struct asker asker;

static struct asker *start(void **state, bool mctp)
{
	struct rig *r = *state;

	r->cfg.assume = true;
	rig_start(r);
	asker_open(&asker, r, mctp);
	asker_run(&asker, SPDM_OP_CONNECT);
	asker_run(&asker, SPDM_OP_SESSION);
	asker_keys(&asker, STREAM);
	return &asker;
}

static void lock(struct asker *a, uint8_t nonce[32])
{
	const uint8_t body[20] = { 0, 0, STREAM };
	struct spdm_span got = asker_tdisp(a, 0, LOCK, body, sizeof(body));

	assert_int_equal(got.p[1], 0x03);
	assert_int_equal(got.n, 16 + 32);
	memcpy(nonce, got.p + 16, 32);
}

static void run(struct asker *a)
{
	uint8_t nonce[32];

	lock(a, nonce);
	assert_int_equal(asker_tdisp(a, 0, START, nonce, 32).p[1], 0x06);
}

/* Bare, of function 0, by another client. */
static const struct rig_frame *bare(struct rig *r, int fd, uint8_t code,
				    size_t body)
{
	uint8_t m[16 + 64] = { 0x10, code };

	rig_ask(fd, 2, 2, m, 16 + body);
	return rig_answer(r, fd);
}

static uint8_t state_of(struct rig *r, int fd)
{
	const struct rig_frame *f = bare(r, fd, 0x85, 0);
	uint8_t state = f->p[16];

	assert_int_equal(f->len, 17);
	rig_ask(fd, 0x4904, 2, "\0\0\0\0", 4);
	f = rig_answer(r, fd);
	assert_int_equal(f->p[1], state);
	return state;
}

static bool allowed(struct rig *r, int fd, uint8_t flags, uint8_t stream)
{
	/* Into BAR 0, where the device counts as being; out to any address. */
	const uint8_t m[16] = { 0, 0, flags, stream, 4, 0, 0, 0,
				0, 0, 0,     0x81,   0, 0, 0, 0 };

	rig_ask(fd, 0x4905, 2, m, sizeof(m));
	return rig_answer(r, fd)->p[1];
}

static void the_side_doors_see_each_state(void **state)
{
	struct asker *a = start(state, false);
	int fd = rig_client(a->r);
	uint8_t nonce[32];

	assert_int_equal(state_of(a->r, fd), 0);
	assert_true(allowed(a->r, fd, 0, 0));
	lock(a, nonce);
	assert_int_equal(state_of(a->r, fd), 1);
	assert_false(allowed(a->r, fd, 0, 0));
	assert_false(allowed(a->r, fd, 2, 0));
	assert_int_equal(asker_tdisp(a, 0, START, nonce, 32).p[1], 0x06);
	assert_int_equal(state_of(a->r, fd), 2);
	/* T, in no stream that is named, in the right one, in a wrong one. */
	assert_true(allowed(a->r, fd, 2, 0));
	assert_true(allowed(a->r, fd, 2 | 8, STREAM));
	assert_false(allowed(a->r, fd, 2 | 8, STREAM + 1));
	assert_false(allowed(a->r, fd, 0, 0));
	assert_true(allowed(a->r, fd, 4 | 2, 0));
	assert_false(allowed(a->r, fd, 4, 0));
	assert_int_equal(asker_tdisp(a, 0, STOP, NULL, 0).p[1], 0x07);
	assert_int_equal(state_of(a->r, fd), 0);
	close(fd);
	asker_close(a);
}

static void bare_messages_move_no_tdi_that_runs(void **state)
{
	static const struct {
		uint8_t code;
		size_t body;
	} moves[] = { { LOCK, 20 }, { REPORT, 4 }, { START, 32 }, { STOP, 0 } };
	struct asker *a = start(state, false);
	int fd = rig_client(a->r);

	run(a);
	for (size_t i = 0; i < COUNT(moves); i++) {
		const struct rig_frame *f =
			bare(a->r, fd, moves[i].code, moves[i].body);

		assert_int_equal(f->p[1], 0x7f);
		assert_int_equal(f->len, 24);
		assert_int_equal(state_of(a->r, fd), 2);
	}
	/* Its own session can still end it. */
	assert_int_equal(asker_tdisp(a, 0, STOP, NULL, 0).p[1], 0x07);
	close(fd);
	asker_close(a);
}

static void a_reported_change_of_locked_registers_is_an_error(void **state)
{
	/* Command register: memory space on, bus master cleared. */
	static const uint8_t bme[] = { 0, 0, 4, 0, 2, 0, 0, 0, 2, 0, 0, 0 };
	struct asker *a = start(state, false);
	int fd = rig_client(a->r);

	run(a);
	rig_ask(fd, 0x4901, 2, bme, sizeof(bme));
	assert_int_equal(rig_answer(a->r, fd)->p[0], 0);
	assert_int_equal(state_of(a->r, fd), 3);
	assert_false(allowed(a->r, fd, 2, 0));
	close(fd);
	asker_close(a);
}

static void a_reported_reset_ends_the_lock(void **state)
{
	static const uint8_t flr[] = { 0, 0, 0, 0 }, hot[] = { 3, 0, 0, 0 };
	struct asker *a = start(state, false);
	int fd = rig_client(a->r);

	run(a);
	rig_ask(fd, 0x4902, 2, flr, 4);
	assert_int_equal(rig_answer(a->r, fd)->p[0], 0);
	assert_int_equal(state_of(a->r, fd), 3);
	rig_ask(fd, 0x4903, 2, hot, 4);
	assert_int_equal(rig_answer(a->r, fd)->p[0], 0);
	assert_int_equal(state_of(a->r, fd), 0);
	close(fd);
	asker_close(a);
}

/* GET_VERSION of anybody ends the session, and with it the lock. */
static void a_new_connection_ends_what_the_session_locked(void **state)
{
	struct asker *a = start(state, false);
	int fd = rig_client(a->r);

	run(a);
	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	assert_int_equal(rig_answer(a->r, fd)->command, 1);
	assert_int_equal(state_of(a->r, fd), 3);
	close(fd);
	asker_close(a);
}

static void a_client_that_goes_leaves_the_tdi_as_it_is(void **state)
{
	struct asker *a = start(state, false);
	int fd = rig_client(a->r);

	run(a);
	close(a->fd);
	rig_turns(a->r, 5);
	assert_int_equal(state_of(a->r, fd), 2);
	/* Whoever has the keys goes on, by whichever connection. */
	a->fd = rig_client(a->r);
	assert_int_equal(asker_tdisp(a, 0, STOP, NULL, 0).p[1], 0x07);
	close(fd);
	asker_close(a);
}

static void a_tdi_is_locked_and_started_over_mctp(void **state)
{
	struct asker *a = start(state, true);
	int fd = rig_client(a->r);

	run(a);
	assert_int_equal(state_of(a->r, fd), 2);
	assert_int_equal(asker_tdisp(a, 0, STOP, NULL, 0).p[1], 0x07);
	assert_int_equal(state_of(a->r, fd), 0);
	close(fd);
	asker_close(a);
}

static uint32_t tdi_state(const struct rig *r)
{
	return (uint32_t)r->dev->tdis[0].state;
}

/* Of two requesters with connections of their own, one runs a TDI. */
static void two(void **state, unsigned conns, bool mctp)
{
	static struct asker other;
	struct rig *r = *state;
	struct asker *a;
	struct spdm_span got;

	r->cfg.conns = conns;
	a = start(state, false);
	run(a);
	asker_open(&other, r, mctp);
	asker_run(&other, SPDM_OP_CONNECT);
	assert_int_equal(tdi_state(r), TDI_RUN);
	asker_run(&other, SPDM_OP_SESSION);
	got = asker_tdisp(&other, 0, 0x85, NULL, 0);
	assert_int_equal(got.p[16], TDI_RUN);
	/* What belongs to the first session is no one else's to stop. */
	got = asker_tdisp(&other, 0, STOP, NULL, 0);
	assert_int_equal(got.p[1], 0x7f);
	assert_int_equal(got.p[16], TDISP_E_INVALID_REQUEST);
	asker_run(&other, SPDM_OP_END_SESSION);
	asker_close(&other);
	rig_turns(r, 3);
	assert_int_equal(tdi_state(r), TDI_RUN);
	assert_int_equal(asker_tdisp(a, 0, STOP, NULL, 0).p[1], 0x07);
	asker_close(a);
}

static void doe_and_mctp_have_connections_of_their_own(void **state)
{
	two(state, 0, true);
}

static void two_clients_may_have_connections_of_their_own(void **state)
{
	two(state, 4, false);
}

static void a_client_that_goes_takes_its_own_connection_along(void **state)
{
	struct rig *r = *state;
	struct asker *a;

	r->cfg.conns = 3;
	a = start(state, false);
	run(a);
	assert_true(r->dev->dsm.pci.seat[2][0].open);
	asker_close(a);
	rig_turns(r, 3);
	assert_int_equal(tdi_state(r), TDI_ERROR);
	assert_false(r->dev->dsm.pci.seat[2][0].open);
	/* And the next client has it. */
	asker_open(a, r, true);
	asker_run(a, SPDM_OP_CONNECT);
	asker_run(a, SPDM_OP_SESSION);
	assert_int_equal(asker_tdisp(a, 0, STOP, NULL, 0).p[1], 0x07);
	assert_true(r->dev->dsm.pci.seat[2][0].open);
	asker_close(a);
}

static void a_client_that_goes_leaves_a_shared_connection(void **state)
{
	struct rig *r = *state;
	struct asker *a = start(state, false);

	run(a);
	asker_close(a);
	rig_turns(r, 3);
	assert_int_equal(tdi_state(r), TDI_RUN);
}

#define WITH_RIG(t) cmocka_unit_test_setup_teardown(t, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(doe_and_mctp_have_connections_of_their_own),
		WITH_RIG(two_clients_may_have_connections_of_their_own),
		WITH_RIG(a_client_that_goes_takes_its_own_connection_along),
		WITH_RIG(a_client_that_goes_leaves_a_shared_connection),
		WITH_RIG(the_side_doors_see_each_state),
		WITH_RIG(bare_messages_move_no_tdi_that_runs),
		WITH_RIG(a_reported_change_of_locked_registers_is_an_error),
		WITH_RIG(a_reported_reset_ends_the_lock),
		WITH_RIG(a_new_connection_ends_what_the_session_locked),
		WITH_RIG(a_client_that_goes_leaves_the_tdi_as_it_is),
		WITH_RIG(a_tdi_is_locked_and_started_over_mctp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
