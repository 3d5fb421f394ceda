/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"
#include "tsm_tests.h"

/*
 * Every event in every state. The rows are written from tsm.h's description
 * of the states; a dot is a refusal, else the first letter of the next state.
 */
static void each_connection_event_moves_as_its_row_says(void **unused)
{
	/* Free New Connecting Known Open Ready Disconnecting cLosed Error */
	static const char names[] = "FNCKORDLE";
	static const char *const rows[CONN_EVENTS] = {
		[CONN_EV_NEW] = "N........",
		[CONN_EV_CONNECT] = ".C.......",
		[CONN_EV_CONNECTED] = "..R......",
		[CONN_EV_DISCONNECT] = ".....D...",
		[CONN_EV_IDENTIFY] = ".C.......",
		[CONN_EV_IDENTIFIED] = "..K......",
		[CONN_EV_SESSION] = "...C.....",
		[CONN_EV_OPENED] = "..O...O..",
		[CONN_EV_STREAM] = "....C....",
		[CONN_EV_SESSION_END] = "....D....",
		[CONN_EV_CLOSE] = "......L.L",
		[CONN_EV_CUT] = "..EEEEE..",
		[CONN_EV_FREE] = ".F.F...FF",
	};
	struct rig *r = rig_new();

	(void)unused;
	for (unsigned ev = 0; ev < CONN_EVENTS; ev++)
		for (unsigned s = 0; s < TSM_CONN_STATES; s++) {
			bool legal = rows[ev][s] != '.';
			enum il_err err;

			r->conn->state = (enum tsm_conn_state)s;
			assert_int_equal(tsm_conn_can(r->conn, ev), legal);
			err = tsm_conn_enter(r->conn, (enum tsm_conn_ev)ev);
			assert_int_equal(err, legal ? IL_OK : IL_E_STATE);
			assert_int_equal(names[r->conn->state],
					 legal ? rows[ev][s] : names[s]);
		}
	r->conn->state = TSM_CONN_NEW;
	rig_free(r);
}

static void each_stream_event_moves_as_its_row_says(void **unused)
{
	/* None Filling Primed Rx On refresH Dead */
	static const char names[] = "NFPROHD";
	static const char *const rows[STREAM_EVENTS] = {
		[STREAM_EV_FILL] = "F......",
		[STREAM_EV_FILLED] = ".P.....",
		[STREAM_EV_RX_GO] = "..R....",
		[STREAM_EV_TX_GO] = "...O...",
		[STREAM_EV_REFRESH] = "....H..",
		[STREAM_EV_REFRESHED] = ".....O.",
		[STREAM_EV_KILL] = ".DDDDD.",
		[STREAM_EV_FORGET] = "N.....N",
	};
	struct rig *r = rig_new();

	(void)unused;
	for (unsigned ev = 0; ev < STREAM_EVENTS; ev++)
		for (unsigned s = 0; s < TSM_STREAM_STATES; s++) {
			bool legal = rows[ev][s] != '.';
			enum il_err err;

			r->conn->stream = (enum tsm_stream_state)s;
			assert_int_equal(tsm_stream_can(r->conn, ev), legal);
			err = tsm_stream_enter(r->conn, (enum tsm_stream_ev)ev);
			assert_int_equal(err, legal ? IL_OK : IL_E_STATE);
			assert_int_equal(names[r->conn->stream],
					 legal ? rows[ev][s] : names[s]);
		}
	r->conn->stream = TSM_STREAM_NONE;
	rig_free(r);
}

static void each_binding_event_moves_as_its_row_says(void **unused)
{
	/* Free Unlocked locKing Locked stArting Run stOpping Error Dead */
	static const char names[] = "FUKLAROED";
	static const char *const rows[BIND_EVENTS] = {
		[BIND_EV_NEW] = "U........",	 [BIND_EV_LOCK] = ".K.......",
		[BIND_EV_LOCKED] = "..L......",	 [BIND_EV_START] = "...A.....",
		[BIND_EV_RUNNING] = "....R....", [BIND_EV_STOP] = ".OOOOO.O.",
		[BIND_EV_STOPPED] = "......U..", [BIND_EV_ERROR] = ".E.E.E...",
		[BIND_EV_CUT] = ".DDDDDDD.",	 [BIND_EV_FREE] = ".F......F",
	};
	struct rig *r = rig_new();
	struct tsm_bind *b = &r->t->bind[0];

	(void)unused;
	b->conn = r->conn;
	for (unsigned ev = 0; ev < BIND_EVENTS; ev++)
		for (unsigned s = 0; s < TSM_BIND_STATES; s++) {
			bool legal = rows[ev][s] != '.';
			enum il_err err;

			b->state = (enum tsm_bind_state)s;
			assert_int_equal(tsm_bind_can(b, ev), legal);
			err = tsm_bind_enter(b, (enum tsm_bind_ev)ev);
			assert_int_equal(err, legal ? IL_OK : IL_E_STATE);
			assert_int_equal(names[b->state],
					 legal ? rows[ev][s] : names[s]);
		}
	b->state = TSM_BIND_FREE;
	rig_free(r);
}

/* A core of its own limits. */
static enum il_err with_limits(struct tsm_limits l)
{
	struct rig *r = rig_new();
	struct tsm_cfg cfg = r->t->cfg;
	struct tsm *t = NULL;
	enum il_err err;

	cfg.limits = l;
	err = tsm_new(&r->arena, &cfg, &t);
	assert_int_equal(err == IL_OK, t != NULL);
	rig_free(r);
	return err;
}

static void a_core_refuses_limits_it_cannot_keep(void **unused)
{
	const struct tsm_limits good = {
		.conns = 1, .binds = 1, .msg = 1024, .chain = 1024, .blob = 1024
	};
	struct tsm_limits l;

	(void)unused;
	assert_int_equal(with_limits(good), IL_OK);
#define BAD(field, value)  \
	l = good;          \
	l.field = (value); \
	assert_int_equal(with_limits(l), IL_E_ARG)
	BAD(conns, 0);
	BAD(conns, 1025);
	BAD(binds, 0);
	BAD(binds, 65537);
	BAD(msg, 1023);
	BAD(msg, 65536);
	BAD(chain, 1023);
	BAD(chain, 65536);
	BAD(blob, 1023);
	BAD(blob, 65536);
#undef BAD
	l = good;
	l.binds = 65536;
	assert_int_equal(with_limits(l), IL_E_NOMEM);
	l = good;
	l.conns = 1024;
	assert_int_equal(with_limits(l), IL_E_NOMEM);
}

const struct CMUnitTest table_tests[] = {
	cmocka_unit_test(each_connection_event_moves_as_its_row_says),
	cmocka_unit_test(each_stream_event_moves_as_its_row_says),
	cmocka_unit_test(each_binding_event_moves_as_its_row_says),
	cmocka_unit_test(a_core_refuses_limits_it_cannot_keep),
};
const size_t table_tests_n = COUNT(table_tests);
