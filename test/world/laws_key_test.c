/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

/* --- sessions and keys --- */

static void law_1_a_key_without_any_session(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		t.w->dev[0].dev->dsm.front.conns[0].rsp.cfg.ses[i].state =
			SPDM_SES_NONE;
	last()->dev[0]->any_session = false;
	last()->dev[0]->keys_held = 0;
	/* Keys of a session that is over are against law 3 too. */
	breaks_with(1, (const unsigned[]){ 3, 0 });
}

static void law_1_a_start_without_any_session(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		t.w->dev[0].dev->dsm.front.conns[0].rsp.cfg.ses[i].state =
			SPDM_SES_NONE;
	last()->dev[0]->any_session = false;
	last()->dev[0]->tdi[0].state = TDI_LOCKED;
	breaks_with(1, (const unsigned[]){ 3, 0 });
}

static void law_2_a_lock_over_a_stream_that_is_not_fully_keyed(void **unused)
{
	struct idekm_stream *km = t.w->dev[0].dev->km;

	(void)unused;
	for (unsigned i = 0; i < DEVICE_STREAMS; i++)
		if (km[i].used)
			km[i].key[0][0][0] = IDEKM_KEY_PRIMED;
	breaks(2);
}

static void law_3_a_session_that_ends_and_nothing_with_it(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		t.w->dev[0].dev->dsm.front.conns[0].rsp.cfg.ses[i].state =
			SPDM_SES_NONE;
	breaks(3);
}

static void no_session(struct law_conn *c)
{
	c->session = 0;
}

static void law_3_a_connection_without_session_whose_stream_lives(void **unused)
{
	(void)unused;
	LIE(conn, no_session);
	breaks(3);
}

static void law_3_keys_of_a_session_that_is_over(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		t.w->dev[0].dev->dsm.front.conns[0].rsp.cfg.ses[i].state =
			SPDM_SES_NONE;
	breaks(3);
}

static void no_session_no_stream(struct law_conn *c)
{
	c->session = 0;
	c->stream = TSM_STREAM_NONE;
}

static void law_3_a_binding_in_run_without_session(void **unused)
{
	(void)unused;
	LIE(conn, no_session_no_stream);
	breaks(3);
}

static void conn_new(struct law_conn *c)
{
	c->state = TSM_CONN_NEW;
}

static void law_4_a_connection_that_goes_under_a_booked_tdi(void **unused)
{
	(void)unused;
	LIE(conn, conn_new);
	breaks(4);
}

static void law_5_a_key_given_twice(void **unused)
{
	struct ide_port *p = &t.w->dev[0].dev->ide;

	(void)unused;
	p->key_log[p->key_log_n] = p->key_log[0];
	p->key_log_n++;
	breaks(5);
}

static void law_6_a_transmitter_before_the_other_receiver(void **unused)
{
	struct ide_key *rx = &port_stream()->key[0][IDE_RX][0];
	struct law_key *was = &last_stream(LAW_PORT)->key[0][IDE_RX][0];

	(void)unused;
	rx->going = false;
	rx->counter = 1;
	was->counter = 1;
	last_stream(LAW_DEVICE)->key[0][IDE_TX][0].going = false;
	breaks(6);
}

static void law_6_a_set_that_is_not_whole(void **unused)
{
	(void)unused;
	memset(&port_stream()->key[0][IDE_RX][2], 0, sizeof(struct ide_key));
	last_stream(LAW_DEVICE)->key[0][IDE_RX][0].going = false;
	breaks(6);
}

static void refreshing(struct law_conn *c)
{
	c->stream = TSM_STREAM_REFRESH;
}

static void law_7_a_refresh_that_touches_the_set_in_use(void **unused)
{
	struct ide_key *idle = &dev_stream()->key[1][IDE_RX][0];

	(void)unused;
	idle->there = true;
	idle->counter = 1;
	port_stream()->key[0][IDE_RX][1].killed = true;
	LIE(conn, refreshing);
	breaks(7);
}

static void law_7_a_refresh_that_leaves_the_old_set(void **unused)
{
	struct ide_key *old = &dev_stream()->key[1][IDE_RX][0];

	(void)unused;
	old->there = true;
	old->counter = 1;
	last()->conn[0].stream = TSM_STREAM_REFRESH;
	breaks(7);
}

static void law_8_a_counter_that_goes_back(void **unused)
{
	(void)unused;
	port_stream()->key[0][IDE_TX][0].counter = 1;
	breaks(8);
}

static void law_8_a_counter_that_wrapped(void **unused)
{
	(void)unused;
	dev_stream()->key[0][IDE_RX][0].counter = 0;
	breaks(8);
}

static void law_9_secure_again_without_enable_0(void **unused)
{
	(void)unused;
	last_stream(LAW_PORT)->state = IDE_ST_DEAD;
	breaks(9);
}

static void law_9_secure_again_with_the_old_keys(void **unused)
{
	(void)unused;
	last_stream(LAW_DEVICE)->state = IDE_ST_OFF;
	last_stream(LAW_DEVICE)->lost_at =
		last()->dev[0]->end[LAW_DEVICE].log_n - 5;
	breaks(9);
}

static void law_10_an_unlocked_function_with_bytes_in_it(void **unused)
{
	(void)unused;
	last()->dev[0]->tdi[0].state = TDI_ERROR;
	t.w->dev[0].dev->fn[0].mem[2].p[4711] = 1;
	breaks(10);
}

/* What it was made for is looked at at each step; all of it by a full pass. */
static void law_10_an_unlocked_function_with_bytes_in_its_buffer(void **unused)
{
	struct device_engine *e = &t.w->dev[0].dev->fn[0].engine;

	(void)unused;
	last()->dev[0]->tdi[0].state = TDI_ERROR;
	e->longest = 4097;
	e->buf[4096] = 1;
	breaks(10);
}

static void law_10_bytes_behind_the_longest_command(void **unused)
{
	struct device_engine *e = &t.w->dev[0].dev->fn[0].engine;

	(void)unused;
	assert_int_equal(e->longest, 0);
	last()->dev[0]->tdi[0].state = TDI_ERROR;
	e->buf[DMA_MAX_LEN - 1] = 1;
	assert_int_equal(laws_end(t.w), IL_E_STATE);
	assert_int_equal(t.w->law, 10);
}

static void law_12_two_streams_with_the_same_rids(void **unused)
{
	struct ide_stream *s =
		&t.w->fabric.port[t.w->dev[0].port].ide.stream[5];

	(void)unused;
	s->cfg = port_stream()->cfg;
	s->cfg.id = 77;
	breaks(12);
}

/* Block 5 of the root port, beside the one in use, which it would not meet. */
static struct ide_stream_cfg *beside(void)
{
	struct ide_stream *s =
		&t.w->fabric.port[t.w->dev[0].port].ide.stream[5];

	s->cfg = (struct ide_stream_cfg){ .enable = true, .id = 77 };
	return &s->cfg;
}

static void law_12_a_stream_beside_that_meets_nothing(void **unused)
{
	(void)unused;
	beside();
	assert_int_equal(laws_step(t.w), IL_OK);
}

static void law_12_two_streams_with_one_id(void **unused)
{
	(void)unused;
	beside()->id = port_stream()->cfg.id;
	breaks(12);
}

static void law_12_two_default_streams(void **unused)
{
	(void)unused;
	port_stream()->cfg.is_default = true;
	last_stream(LAW_PORT)->cfg.is_default = true;
	beside()->is_default = true;
	breaks(12);
}

static void law_12_a_default_stream_on_another_tc(void **unused)
{
	struct ide_stream_cfg *c = beside();

	(void)unused;
	c->is_default = true;
	c->tc = 3;
	breaks(12);
}

static void law_12_two_streams_for_one_address(void **unused)
{
	const struct ide_range a = { true, 0x100000, 0x1fffff };
	const struct ide_range b = { true, 0x1fffff, 0x2fffff };

	(void)unused;
	port_stream()->cfg.range[0] = a;
	last_stream(LAW_PORT)->cfg.range[0] = a;
	beside()->range[2] = b;
	breaks(12);
}

static void law_12_a_stream_with_another_id_at_the_device(void **unused)
{
	(void)unused;
	dev_stream()->cfg.id = 77;
	breaks(12);
}

static void law_13_bus_numbers_that_move_under_a_stream(void **unused)
{
	(void)unused;
	t.w->fabric.port[t.w->dev[0].port].cfg.image[0x19] ^= 4;
	breaks(13);
}

static void law_13_a_rid_range_that_moves_under_a_stream(void **unused)
{
	(void)unused;
	port_stream()->cfg.rid_limit--;
	breaks(13);
}

/* clang-format off */
static const struct CMUnitTest tests[] = {
	AT(connected, law_1_a_key_without_any_session),
	AT(running, law_1_a_start_without_any_session),
	AT(running, law_2_a_lock_over_a_stream_that_is_not_fully_keyed),
	AT(running, law_3_a_session_that_ends_and_nothing_with_it),
	AT(connected, law_3_a_connection_without_session_whose_stream_lives),
	AT(connected, law_3_keys_of_a_session_that_is_over),
	AT(running, law_3_a_binding_in_run_without_session),
	AT(running, law_4_a_connection_that_goes_under_a_booked_tdi),
	AT(connected, law_5_a_key_given_twice),
	AT(connected, law_6_a_transmitter_before_the_other_receiver),
	AT(connected, law_6_a_set_that_is_not_whole),
	AT(connected, law_7_a_refresh_that_touches_the_set_in_use),
	AT(connected, law_7_a_refresh_that_leaves_the_old_set),
	AT(running, law_8_a_counter_that_goes_back),
	AT(running, law_8_a_counter_that_wrapped),
	AT(connected, law_9_secure_again_without_enable_0),
	AT(connected, law_9_secure_again_with_the_old_keys),
	AT(connected, law_10_an_unlocked_function_with_bytes_in_it),
	AT(connected, law_10_an_unlocked_function_with_bytes_in_its_buffer),
	AT(connected, law_10_bytes_behind_the_longest_command),
	AT(connected, law_12_two_streams_with_the_same_rids),
	AT(connected, law_12_a_stream_beside_that_meets_nothing),
	AT(connected, law_12_two_streams_with_one_id),
	AT(connected, law_12_two_default_streams),
	AT(connected, law_12_a_default_stream_on_another_tc),
	AT(connected, law_12_two_streams_for_one_address),
	AT(connected, law_12_a_stream_with_another_id_at_the_device),
	AT(running, law_13_bus_numbers_that_move_under_a_stream),
	AT(running, law_13_a_rid_range_that_moves_under_a_stream),
};
/* clang-format on */

int laws_key_tests(void)
{
	return cmocka_run_group_tests_name("laws of keys", tests, make_identity,
					   drop_identity);
}
