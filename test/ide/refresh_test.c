/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

static struct pair p;

static struct packet send(unsigned cls)
{
	struct tlp t = of_class(cls);

	return protect(&p.dev, &t);
}

static bool k_of(const struct packet *k)
{
	return k->b[3] & 2;
}

/* Set 1 primed at both ends; both receivers go, then both transmitters. */
static void refresh(unsigned set)
{
	pair_prime(&p, set);
	pair_go(&p, set);
}

static void a_refresh_moves_every_class_without_a_gap(void **unused)
{
	(void)unused;
	pair_connect(&p);
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct packet k = send(cls);

		accepted(&p.root, &k);
	}
	pair_prime(&p, 1);
	port_go(&p.root, 1, IDE_RX);
	port_go(&p.dev, 1, IDE_RX);
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct packet k = send(cls);

		assert_false(k_of(&k));
		accepted(&p.root, &k);
	}
	port_go(&p.root, 1, IDE_TX);
	port_go(&p.dev, 1, IDE_TX);
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct packet k = send(cls);

		assert_true(k_of(&k));
		accepted(&p.root, &k);
		assert_int_equal(p.root.stream[0].rx_set[cls], 1);
		assert_false(p.root.stream[0].key[0][IDE_RX][cls].there);
	}
	assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
	assert_int_equal(ide_state(&p.dev, 0), IDE_SECURE);
	assert_int_equal(p.insecure[0] + p.insecure[1], 0);
}

static void transmission_moves_when_the_third_class_goes(void **unused)
{
	(void)unused;
	pair_connect(&p);
	pair_prime(&p, 1);
	port_go(&p.root, 1, IDE_RX);
	port_go(&p.dev, 1, IDE_RX);
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		assert_int_equal(p.dev.stream[0].tx_set, 0);
		assert_true(p.dev.stream[0].key[0][IDE_TX][0].there);
		assert_int_equal(ide_key_go(&p.dev, STREAM, 1, IDE_TX, sub),
				 IL_OK);
	}
	assert_int_equal(p.dev.stream[0].tx_set, 1);
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		assert_false(p.dev.stream[0].key[0][IDE_TX][sub].there);
		assert_true(p.dev.stream[0].key[1][IDE_TX][sub].there);
	}
}

static void
the_first_toggled_packet_kills_the_old_key_of_its_class(void **unused)
{
	(void)unused;
	struct packet k;

	pair_connect(&p);
	refresh(1);
	k = send(TLP_NON_POSTED);
	accepted(&p.root, &k);
	assert_true(p.root.stream[0].key[0][IDE_RX][0].there);
	assert_false(p.root.stream[0].key[0][IDE_RX][1].there);
	assert_true(p.root.stream[0].key[0][IDE_RX][1].killed);
	assert_true(p.root.stream[0].key[0][IDE_RX][2].there);
	assert_int_equal(p.root.stream[0].rx_set[0], 0);
	assert_int_equal(p.root.stream[0].rx_set[1], 1);
	assert_true(ide_sane(&p.root));
}

/* §6.33.3: discarded, the stream goes on. */
static void packets_under_the_old_set_are_discarded(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct packet old;
		struct packet k;

		pair_connect(&p);
		old = send(cls);
		accepted(&p.root, &old);
		refresh(1);
		k = send(cls);
		accepted(&p.root, &k);
		refused(&p.root, &old, IL_E_STATE, &ide_rule_old_key);
		assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
		assert_int_equal(p.insecure[0], 0);
		k = send(cls);
		accepted(&p.root, &k);
	}
}

static void a_forged_toggle_does_not_kill_the_old_key(void **unused)
{
	(void)unused;
	struct packet k;

	pair_connect(&p);
	pair_prime(&p, 1);
	port_go(&p.root, 1, IDE_RX);
	k = send(TLP_POSTED);
	k.b[3] ^= 2;
	/* It cannot be checked, so the stream fails, as any forgery does. */
	refused(&p.root, &k, IL_E_AUTH, &ide_rule_mac);
	assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
}

static void a_set_that_has_not_gone_is_not_received(void **unused)
{
	(void)unused;
	struct packet k;

	pair_connect(&p);
	pair_prime(&p, 1);
	port_go(&p.dev, 1, IDE_RX);
	port_go(&p.dev, 1, IDE_TX);
	k = send(TLP_POSTED);
	refused(&p.root, &k, IL_E_AUTH, &ide_rule_key);
	assert_int_equal(p.cause[0], IDE_CAUSE_CHECK);
}

static void the_active_set_cannot_be_programmed(void **unused)
{
	(void)unused;
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	pair_connect(&p);
	pair_key(&p, key);
	before = p.root;
	for (unsigned dir = 0; dir < IDE_DIRS; dir++)
		for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
			assert_int_equal(ide_key_set(&p.root, STREAM, 0,
						     (enum ide_dir)dir, sub,
						     key, 1),
					 IL_E_STATE);
	assert_memory_equal(&p.root, &before, sizeof(before));
}

static void a_going_idle_set_cannot_be_programmed(void **unused)
{
	(void)unused;
	uint8_t key[IDE_KEY_LEN];

	pair_connect(&p);
	pair_prime(&p, 1);
	assert_int_equal(ide_key_go(&p.root, STREAM, 1, IDE_RX, 2), IL_OK);
	pair_key(&p, key);
	assert_int_equal(ide_key_set(&p.root, STREAM, 1, IDE_RX, 2, key, 1),
			 IL_E_STATE);
	assert_int_equal(ide_key_set(&p.root, STREAM, 1, IDE_RX, 1, key, 1),
			 IL_OK);
}

static void stopping_the_old_set_finishes_the_refresh(void **unused)
{
	(void)unused;
	struct packet old;
	struct packet k;

	/* Nothing is received between the move and the stop. */
	pair_connect(&p);
	old = send(TLP_COMPLETION);
	refresh(1);
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_RX, 0), IL_OK);
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_TX, 0), IL_OK);
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		assert_int_equal(p.root.stream[0].rx_set[sub], 1);
	refused(&p.root, &old, IL_E_STATE, &ide_rule_old_key);
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		k = send(cls);
		accepted(&p.root, &k);
	}
	/* What was killed stays so when it is stopped once more. */
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_RX, 0), IL_OK);
	refused(&p.root, &old, IL_E_STATE, &ide_rule_old_key);
}

static void stopping_before_the_new_set_goes_leaves_no_key(void **unused)
{
	(void)unused;
	struct packet k;

	pair_connect(&p);
	pair_prime(&p, 1);
	k = send(TLP_POSTED);
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_RX, 0), IL_OK);
	assert_int_equal(p.root.stream[0].rx_set[0], 0);
	refused(&p.root, &k, IL_E_AUTH, &ide_rule_key);
	assert_int_equal(p.cause[0], IDE_CAUSE_KEY_STOPPED);
}

static void refresh_after_refresh_with_new_keys_works(void **unused)
{
	(void)unused;
	pair_connect(&p);
	for (unsigned round = 0; round < 6; round++) {
		unsigned set = 1 - round % 2;

		refresh(set);
		for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
			struct packet k = send(cls);
			struct tlp t = down_posted();

			assert_int_equal(k_of(&k), set);
			accepted(&p.root, &k);
			if (cls)
				continue;
			k = protect(&p.root, &t);
			accepted(&p.dev, &k);
		}
		assert_int_equal(
			ide_key_stop(&p.root, STREAM, 1 - set, IDE_RX, 0),
			IL_OK);
		assert_int_equal(
			ide_key_stop(&p.dev, STREAM, 1 - set, IDE_RX, 0),
			IL_OK);
		/* One set is left at each end. */
		assert_int_equal(fake_live(&p.fake), 2 * KEYS_A_SET);
	}
}

static void a_refreshed_key_counts_from_one_and_pr_counts_go_on(void **unused)
{
	(void)unused;
	struct packet k;

	pair_connect(&p);
	k = send(TLP_POSTED);
	accepted(&p.root, &k);
	refresh(1);
	assert_int_equal(p.dev.stream[0].key[1][IDE_TX][0].counter, 1);
	k = send(TLP_NON_POSTED);
	assert_int_equal(k.b[1], 1);
	accepted(&p.root, &k);
	assert_int_equal(p.dev.stream[0].key[1][IDE_TX][1].counter, 2);
}

static void a_write_lost_across_the_refresh_is_noticed(void **unused)
{
	(void)unused;
	struct packet k;

	pair_connect(&p);
	(void)send(TLP_POSTED);
	refresh(1);
	k = send(TLP_POSTED);
	accepted(&p.root, &k);
	k = send(TLP_NON_POSTED);
	refused(&p.root, &k, IL_E_AUTH, &ide_rule_pr_order);
}

static void losing_the_stream_in_mid_refresh_wipes_both_sets(void **unused)
{
	(void)unused;
	pair_connect(&p);
	pair_prime(&p, 1);
	port_go(&p.root, 1, IDE_RX);
	assert_int_equal(ide_wipe(&p.root, 0, IDE_CAUSE_WIPED), IL_OK);
	assert_int_equal(fake_live(&p.fake), 2 * KEYS_A_SET);
	assert_false(ide_primed(&p.root, 0, 0));
	assert_false(ide_primed(&p.root, 0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refresh_moves_every_class_without_a_gap),
		cmocka_unit_test(transmission_moves_when_the_third_class_goes),
		cmocka_unit_test(
			the_first_toggled_packet_kills_the_old_key_of_its_class),
		cmocka_unit_test(packets_under_the_old_set_are_discarded),
		cmocka_unit_test(a_forged_toggle_does_not_kill_the_old_key),
		cmocka_unit_test(a_set_that_has_not_gone_is_not_received),
		cmocka_unit_test(the_active_set_cannot_be_programmed),
		cmocka_unit_test(a_going_idle_set_cannot_be_programmed),
		cmocka_unit_test(stopping_the_old_set_finishes_the_refresh),
		cmocka_unit_test(
			stopping_before_the_new_set_goes_leaves_no_key),
		cmocka_unit_test(refresh_after_refresh_with_new_keys_works),
		cmocka_unit_test(
			a_refreshed_key_counts_from_one_and_pr_counts_go_on),
		cmocka_unit_test(a_write_lost_across_the_refresh_is_noticed),
		cmocka_unit_test(
			losing_the_stream_in_mid_refresh_wipes_both_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
