/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"
#include "tsm_tests.h"

/* The parts of CONNECT and DISCONNECT, each a verb of its own. */

static const struct tsm_args plain = { .stream_id = PEER_STREAM };

static const struct part {
	enum tsm_verb verb;
	enum tsm_conn_state from;
	enum tsm_conn_state to;
} parts[] = {
	{ TSM_IDENTIFY, TSM_CONN_NEW, TSM_CONN_KNOWN },
	{ TSM_SESSION, TSM_CONN_KNOWN, TSM_CONN_OPEN },
	{ TSM_STREAM, TSM_CONN_OPEN, TSM_CONN_READY },
	{ TSM_STREAM_STOP, TSM_CONN_READY, TSM_CONN_OPEN },
	{ TSM_SESSION_END, TSM_CONN_OPEN, TSM_CONN_CLOSED },
};

/* A connection where @p may start. */
static struct rig *up_to(const struct part *p)
{
	struct rig *r = rig_new();

	for (const struct part *q = parts; q != p; q++)
		assert_int_equal(rig_run(r, q->verb, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), p->from);
	return r;
}

static void the_parts_in_order_are_a_whole_life(void **unused)
{
	struct rig *r = rig_new();
	uint64_t session;

	(void)unused;
	assert_int_equal(rig_run(r, TSM_IDENTIFY, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_KNOWN);
	assert_non_null(tsm_conn_digest(r->conn, TSM_DIGEST_CERT));
	assert_int_equal(tsm_session(r->conn), 0);
	assert_int_equal(rig_run(r, TSM_SESSION, &plain), IL_OK);
	session = tsm_session(r->conn);
	assert_int_not_equal(session, 0);
	assert_int_equal(tsm_stream_state(r->conn), TSM_STREAM_NONE);
	assert_int_equal(rig_run(r, TSM_HEARTBEAT, &plain), IL_OK);
	assert_int_equal(rig_run(r, TSM_MEASURE, &plain), IL_OK);
	assert_int_equal(rig_run(r, TSM_STREAM, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_READY);
	assert_true(peer_keys_agree(r->p, 0));
	assert_int_equal(rig_run(r, TSM_STREAM_STOP, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_OPEN);
	assert_true(peer_keys_gone(r->p, true));
	assert_true(peer_keys_gone(r->p, false));
	assert_int_equal(tsm_stream_id(r->conn), TSM_STREAM_UNUSED);
	/* another stream of the same session, its keys new: law 5 */
	assert_int_equal(rig_run(r, TSM_STREAM, &plain), IL_OK);
	assert_true(peer_keys_agree(r->p, 0));
	assert_int_equal(tsm_session(r->conn), session);
	assert_int_equal(rig_run(r, TSM_STREAM_STOP, &plain), IL_OK);
	assert_int_equal(rig_run(r, TSM_SESSION_END, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_CLOSED);
	assert_null(tsm_conn_digest(r->conn, TSM_DIGEST_CERT));
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	rig_free(r);
}

static void a_connect_ends_where_its_parts_end(void **unused)
{
	struct rig *a = rig_new(), *b = rig_new();

	(void)unused;
	assert_int_equal(rig_connect(a), IL_OK);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rig_run(b, parts[i].verb, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(b->conn), tsm_conn_state(a->conn));
	assert_int_equal(tsm_stream_state(b->conn), tsm_stream_state(a->conn));
	assert_int_equal(b->p->logged, a->p->logged);
	assert_memory_equal(b->p->log, a->p->log,
			    a->p->logged * sizeof(a->p->log[0]));
	/* and either may be taken apart by the other's way */
	assert_int_equal(rig_run(a, TSM_STREAM_STOP, &plain), IL_OK);
	assert_int_equal(rig_run(a, TSM_SESSION_END, &plain), IL_OK);
	assert_int_equal(rig_run(b, TSM_DISCONNECT, &plain), IL_OK);
	assert_int_equal(tsm_conn_state(b->conn), TSM_CONN_CLOSED);
	rig_free(a);
	rig_free(b);
}

static void a_part_out_of_its_place_changes_nothing(void **unused)
{
	(void)unused;
	for (unsigned at = 0; at < COUNT(parts); at++) {
		struct rig *r = up_to(&parts[at]);
		struct tsm_conn before;
		unsigned logged = r->p->logged;

		memcpy(&before, r->conn, sizeof(before));
		for (unsigned i = 0; i < COUNT(parts); i++)
			if (parts[i].from != parts[at].from)
				assert_int_equal(tsm_begin(r->conn,
							   parts[i].verb,
							   &plain),
						 IL_E_STATE);
		assert_memory_equal(&before, r->conn, sizeof(before));
		assert_int_equal(r->p->logged, logged);
		rig_free(r);
	}
}

static void a_part_with_a_bad_argument_changes_nothing(void **unused)
{
	struct rig *r = rig_new();
	struct tsm_args a = { .cert_slot = 8 };

	(void)unused;
	assert_int_equal(tsm_begin(r->conn, TSM_IDENTIFY, &a), IL_E_ARG);
	rig_free(r);
	r = up_to(&parts[2]);
	a = (struct tsm_args){ .stream_id = TSM_STREAM_UNUSED };
	assert_int_equal(tsm_begin(r->conn, TSM_STREAM, &a), IL_E_ARG);
	/* the root port is asked before the session could be lost over it */
	r->p->rp_ready = IL_E_STATE;
	assert_int_equal(tsm_begin(r->conn, TSM_STREAM, &plain), IL_E_STATE);
	assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_OPEN);
	r->p->rp_ready = IL_OK;
	assert_int_equal(rig_run(r, TSM_STREAM, &plain), IL_OK);
	rig_free(r);
}

/* Law 4. */
static void a_stream_with_a_binding_is_not_stopped(void **unused)
{
	struct rig *r = rig_new();

	(void)unused;
	rig_bound(r);
	assert_int_equal(tsm_begin(r->conn, TSM_STREAM_STOP, &plain),
			 IL_E_STATE);
	assert_int_equal(tsm_bind_own(r->bind, 0), IL_OK);
	assert_int_equal(tsm_bind_free(r->bind), IL_OK);
	r->bind = NULL;
	assert_int_equal(rig_run(r, TSM_STREAM_STOP, &plain), IL_OK);
	assert_int_equal(
		tsm_bind_new(r->conn,
			     &(struct tsm_bind_cfg){ .function_id = PEER_RID },
			     &r->bind),
		IL_E_STATE);
	r->bind = NULL;
	rig_free(r);
}

/* The device falls silent at exchange @n of @p: the host gives up. */
static bool dies_at(const struct part *p, unsigned n)
{
	struct rig *r = up_to(p);
	enum il_err err;
	bool over;

	assert_int_equal(tsm_begin(r->conn, p->verb, &plain), IL_OK);
	err = rig_first(r);
	while (err == IL_E_AGAIN && r->exchanges < n)
		err = rig_step(r);
	over = err != IL_E_AGAIN;
	if (!over) {
		tsm_verb_abort(r->conn);
		assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_ERROR);
		assert_true(peer_keys_gone(r->p, true));
		assert_int_equal(tsm_session(r->conn), 0);
		assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	} else {
		assert_int_equal(err, IL_OK);
	}
	rig_free(r);
	return over;
}

static void a_part_given_up_at_any_exchange_is_isolated(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < COUNT(parts); i++)
		for (unsigned n = 0; !dies_at(&parts[i], n); n++)
			assert_true(n < 64);
}

static void an_identity_is_forgotten_with_its_connection(void **unused)
{
	struct rig *r = up_to(&parts[1]);
	const struct tsm_conn_cfg again = { .rid = PEER_RID,
					    .port = PEER_PORT };
	const uint8_t *p;
	size_t len;

	(void)unused;
	assert_int_equal(tsm_conn_free(r->conn), IL_OK);
	assert_int_equal(tsm_conn_new(r->t, &again, &r->conn), IL_OK);
	assert_null(tsm_conn_digest(r->conn, TSM_DIGEST_CERT));
	tsm_chain(r->conn, &p, &len);
	assert_null(p);
	rig_free(r);
}

static void force_closes_a_connection_of_any_part(void **unused)
{
	const struct tsm_args force = { .force = true };

	(void)unused;
	for (unsigned i = 1; i < COUNT(parts); i++) {
		struct rig *r = up_to(&parts[i]);

		assert_int_equal(rig_run(r, TSM_DISCONNECT, &force), IL_OK);
		assert_int_equal(tsm_conn_state(r->conn), TSM_CONN_CLOSED);
		assert_true(peer_keys_gone(r->p, true));
		rig_free(r);
	}
}

/* Receivers and transmitters, programming and going: six steps, four of them
 * at the device, and the core says which is under way. */
static void the_plan_of_a_stream_says_where_it_stands(void **unused)
{
	struct rig *r = up_to(&parts[2]);
	unsigned last = 0, seen = 0;
	enum il_err err;

	(void)unused;
	assert_false(tsm_plan_at(r->conn).on);
	assert_int_equal(tsm_begin(r->conn, TSM_STREAM, &plain), IL_OK);
	err = rig_first(r);
	assert_false(tsm_plan_at(r->conn).on); /* QUERY */
	while ((err = rig_step(r)) == IL_E_AGAIN) {
		const struct tsm_plan_at at = tsm_plan_at(r->conn);

		assert_true(at.on);
		assert_int_equal(at.steps, 6);
		assert_true(at.device);
		assert_true(at.sub < 3);
		assert_true(at.step >= last && at.step < at.steps);
		seen |= 1u << at.step;
		last = at.step;
	}
	assert_int_equal(err, IL_OK);
	/* steps 3 and 5 are the port's, done between two exchanges */
	assert_int_equal(seen, 0x17);
	assert_false(tsm_plan_at(r->conn).on);
	rig_free(r);
}

/* Two streams of one id at a port: the second's keys would be the first's. */
static void a_part_takes_no_stream_that_another_connection_has(void **unused)
{
	struct rig *r = up_to(&parts[2]);
	const struct tsm_conn_cfg cfg = { .rid = PEER_RID + 1,
					  .port = PEER_PORT };
	struct tsm_conn *other;

	(void)unused;
	assert_int_equal(tsm_conn_new(r->t, &cfg, &other), IL_OK);
	other->stream_id = PEER_STREAM;
	assert_int_equal(tsm_begin(r->conn, TSM_STREAM, &plain), IL_E_STATE);
	other->cfg.port++;
	assert_int_equal(tsm_begin(r->conn, TSM_STREAM, &plain), IL_OK);
	rig_free(r);
}

/* --- what LOCK asks for --- */

static void only_redirect(struct peer *p, const struct tdisp_msg *req,
			  struct tdisp_msg *rsp, bool *drop)
{
	(void)p;
	(void)drop;
	if (req->code == TDISP_GET_CAPABILITIES) {
		rsp->caps.lock_flags = TDISP_LOCK_REDIRECT;
		rsp->caps.addr_width = 51;
	}
}

static void a_lock_wishes_for_what_the_device_has(void **unused)
{
	const struct tsm_args a = { .lock_wish = TDISP_LOCK_NO_FW_UPDATE |
						 TDISP_LOCK_REDIRECT };
	struct rig *r = rig_new();
	struct tsm_args b = a;

	(void)unused;
	rig_bound(r);
	r->p->on_tdisp = only_redirect;
	b.bind = r->bind;
	assert_int_equal(rig_run(r, TSM_LOCK, &b), IL_OK);
	assert_int_equal(tsm_lock_info(r->bind)->flags, TDISP_LOCK_REDIRECT);
	assert_int_equal(rig_verb(r, TSM_STOP), IL_OK);
	/* peers are not to be had by wishing */
	b.lock_wish |= TDISP_LOCK_BIND_P2P;
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &b), IL_E_ARG);
	b.lock_wish = BIT(5);
	assert_int_equal(tsm_begin(r->conn, TSM_LOCK, &b), IL_E_ARG);
	rig_free(r);
}

static void
a_device_that_drives_too_few_address_bits_is_not_locked(void **unused)
{
	(void)unused;
	for (uint8_t want = 51; want <= 52; want++) {
		struct rig *r = rig_new();
		struct tsm_args a = { .lock_flags = 0 };

		rig_bound(r);
		r->gates.addr_width = want;
		r->p->on_tdisp = only_redirect;
		a.bind = r->bind;
		assert_int_equal(rig_run(r, TSM_LOCK, &a),
				 want == 51 ? IL_OK : IL_E_FIELD);
		assert_int_equal(r->p->seen[TDISP_LOCK_REQ], want == 51);
		rig_free(r);
	}
}

const struct CMUnitTest part_tests[] = {
	cmocka_unit_test(the_parts_in_order_are_a_whole_life),
	cmocka_unit_test(a_connect_ends_where_its_parts_end),
	cmocka_unit_test(a_part_out_of_its_place_changes_nothing),
	cmocka_unit_test(a_part_with_a_bad_argument_changes_nothing),
	cmocka_unit_test(a_part_takes_no_stream_that_another_connection_has),
	cmocka_unit_test(a_lock_wishes_for_what_the_device_has),
	cmocka_unit_test(
		a_device_that_drives_too_few_address_bits_is_not_locked),
	cmocka_unit_test(a_stream_with_a_binding_is_not_stopped),
	cmocka_unit_test(a_part_given_up_at_any_exchange_is_isolated),
	cmocka_unit_test(an_identity_is_forgotten_with_its_connection),
	cmocka_unit_test(force_closes_a_connection_of_any_part),
	cmocka_unit_test(the_plan_of_a_stream_says_where_it_stands),
};
const size_t part_tests_n = COUNT(part_tests);
