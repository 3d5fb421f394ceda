/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

static struct pair p;

/*
 * The stream table as the specification has it: PCIe Base 6.3 §6.33.1 (states,
 * Enable), §6.33.3 (keys, GO, STOP), §6.33.8 (entering and leaving Insecure),
 * laws 9 and 13. X: refused.
 */
#define X IDE_ST_STATES
static const enum ide_stream_state next[IDE_EVENTS][IDE_ST_STATES] = {
	/* clang-format off */
	/*                   OFF             ARMED          SECURE         DEAD */
	[IDE_EV_ENABLE]  = { IDE_ST_ARMED,  X,             X,             X },
	[IDE_EV_DISABLE] = { X,             IDE_ST_OFF,    IDE_ST_OFF,    IDE_ST_OFF },
	[IDE_EV_CONFIG]  = { IDE_ST_OFF,    IDE_ST_DEAD,   IDE_ST_DEAD,   IDE_ST_DEAD },
	[IDE_EV_KEY]     = { IDE_ST_OFF,    IDE_ST_ARMED,  IDE_ST_SECURE, X },
	[IDE_EV_GO]      = { IDE_ST_OFF,    IDE_ST_ARMED,  IDE_ST_SECURE, X },
	[IDE_EV_STOP]    = { IDE_ST_OFF,    IDE_ST_ARMED,  IDE_ST_SECURE, IDE_ST_DEAD },
	[IDE_EV_READY]   = { X,             IDE_ST_SECURE, X,             X },
	[IDE_EV_FAIL]    = { X,             X,             IDE_ST_DEAD,   X },
	[IDE_EV_WIPE]    = { IDE_ST_OFF,    IDE_ST_DEAD,   IDE_ST_DEAD,   IDE_ST_DEAD },
	[IDE_EV_RESET]   = { IDE_ST_OFF,    IDE_ST_OFF,    IDE_ST_OFF,    IDE_ST_OFF },
	/* clang-format on */
};

/* Which events leave keys where they are. */
static bool keeps_keys(enum ide_event ev)
{
	return ev == IDE_EV_ENABLE || ev == IDE_EV_KEY || ev == IDE_EV_GO ||
	       ev == IDE_EV_READY;
}

static unsigned keys_there(const struct ide_port *q, unsigned idx)
{
	const struct ide_key *k = &q->stream[idx].key[0][0][0];
	unsigned n = 0;

	for (unsigned i = 0; i < 12; i++)
		n += k[i].there;
	return n;
}

/* The root port's stream 0 in @st, with a set that KEY and GO may touch. */
static void bring(enum ide_stream_state st)
{
	const struct ide_arg fail = { .cause = IDE_CAUSE_CHECK };

	pair_init(&p);
	pair_enable(&p, false);
	pair_prime(&p, 0);
	if (st != IDE_ST_OFF)
		pair_enable(&p, true);
	if (st == IDE_ST_SECURE || st == IDE_ST_DEAD) {
		pair_go(&p, 0);
		pair_prime(&p, 1);
	}
	if (st == IDE_ST_DEAD)
		assert_int_equal(ide_handle(&p.root, 0, IDE_EV_FAIL, &fail),
				 IL_OK);
	assert_int_equal(p.root.stream[0].state, st);
	assert_true(ide_sane(&p.root));
	p.insecure[0] = 0;
	p.fenv.traced = 0;
}

static void every_event_in_every_state_does_what_the_table_says(void **unused)
{
	(void)unused;
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	for (unsigned ev = 0; ev < IDE_EVENTS; ev++) {
		for (unsigned st = 0; st < IDE_ST_STATES; st++) {
			struct ide_arg a = { .cause = IDE_CAUSE_LINK_DOWN,
					     .set = st == IDE_ST_SECURE,
					     .dir = IDE_RX,
					     .sub = 1,
					     .key = key };
			enum ide_stream_state want = next[ev][st];
			enum il_err err;

			bring((enum ide_stream_state)st);
			pair_key(&p, key);
			before = p.root;
			err = ide_handle(&p.root, 0, (enum ide_event)ev, &a);
			if (want == X) {
				assert_int_equal(err, IL_E_STATE);
				assert_memory_equal(&p.root, &before,
						    sizeof(before));
				assert_int_equal(p.fenv.traced, 0);
				continue;
			}
			assert_int_equal(err, IL_OK);
			assert_int_equal(p.root.stream[0].state, want);
			assert_int_equal(p.root.stream[0].cfg.enable,
					 want != IDE_ST_OFF);
			assert_int_equal(p.insecure[0],
					 st == IDE_ST_SECURE &&
						 want != IDE_ST_SECURE);
			if (!keeps_keys((enum ide_event)ev) &&
			    ev != IDE_EV_STOP)
				assert_int_equal(keys_there(&p.root, 0), 0);
			assert_true(ide_sane(&p.root));
		}
	}
}

static void a_stream_is_secure_when_the_last_key_goes(void **unused)
{
	(void)unused;
	pair_init(&p);
	pair_enable(&p, true);
	pair_prime(&p, 0);
	assert_int_equal(p.root.stream[0].state, IDE_ST_ARMED);
	port_go(&p.root, 0, IDE_RX);
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_TX, 0), IL_OK);
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_TX, 1), IL_OK);
	assert_int_equal(ide_state(&p.root, 0), IDE_INSECURE);
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_TX, 2), IL_OK);
	assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
}

static void a_stream_is_secure_when_it_is_enabled_after_its_keys(void **unused)
{
	(void)unused;
	pair_init(&p);
	pair_enable(&p, false);
	pair_prime(&p, 1);
	pair_go(&p, 1);
	assert_int_equal(ide_state(&p.root, 0), IDE_INSECURE);
	pair_enable(&p, true);
	assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
	assert_int_equal(p.root.stream[0].tx_set, 1);
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++)
		assert_int_equal(p.root.stream[0].rx_set[sub], 1);
}

static void enabling_without_all_keys_going_stays_insecure(void **unused)
{
	(void)unused;
	pair_init(&p);
	pair_enable(&p, false);
	pair_prime(&p, 0);
	port_go(&p.root, 0, IDE_RX);
	pair_enable(&p, true);
	assert_int_equal(p.root.stream[0].state, IDE_ST_ARMED);
}

static void a_dead_stream_needs_enable_0_new_keys_and_enable_1(void **unused)
{
	(void)unused;
	struct ide_stream_cfg cfg = pair_root_cfg(true);
	uint8_t key[IDE_KEY_LEN];

	bring(IDE_ST_DEAD);
	/* Law 9. Enable 1 again does nothing, and keys are not taken. */
	assert_int_equal(ide_stream_set(&p.root, 0, &cfg), IL_OK);
	assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
	pair_key(&p, key);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_E_STATE);
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_RX, 0), IL_E_STATE);
	pair_enable(&p, false);
	pair_enable(&p, true);
	assert_int_equal(p.root.stream[0].state, IDE_ST_ARMED);
	pair_prime(&p, 0);
	pair_go(&p, 0);
	assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
}

static void clearing_enable_wipes_and_says_so(void **unused)
{
	(void)unused;
	pair_connect(&p);
	pair_enable(&p, false);
	assert_int_equal(ide_state(&p.root, 0), IDE_INSECURE);
	assert_int_equal(p.insecure[0], 1);
	assert_int_equal(p.cause[0], IDE_CAUSE_DISABLED);
	assert_int_equal(p.idx[0], 0);
	assert_int_equal(fake_live(&p.fake), 0);
	/* The old keys do not come back with Enable. */
	pair_enable(&p, true);
	assert_int_equal(p.root.stream[0].state, IDE_ST_ARMED);
}

static void each_register_change_kills_the_stream(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 13; i++) {
		struct ide_stream_cfg c = pair_root_cfg(true);

		bring(IDE_ST_SECURE);
		switch (i) {
		case 0:
			c.is_default = true;
			break;
		case 1:
			c.cfg_en = true;
			break;
		case 2:
			c.tee_limited = true;
			break;
		case 3:
			c.id++;
			break;
		case 4:
			c.tc = 1;
			break;
		case 5:
			c.rid_valid = false;
			break;
		case 6:
			c.rid_base++;
			break;
		case 7:
			c.rid_limit++;
			break;
		case 8:
			c.segment++;
			break;
		case 9:
			c.range[0].valid = false;
			break;
		case 10:
			c.range[0].base += 4096;
			break;
		case 11:
			c.range[0].limit += 4096;
			break;
		default:
			c.range[2].valid = true;
			break;
		}
		assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
		assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
		assert_int_equal(p.insecure[0], 1);
		assert_int_equal(p.cause[0], IDE_CAUSE_CONFIG);
		assert_int_equal(keys_there(&p.root, 0), 0);
		assert_memory_equal(ide_stream_get(&p.root, 0), &c, sizeof(c));
	}
}

static void the_same_registers_again_change_nothing(void **unused)
{
	(void)unused;
	static struct ide_port before;
	struct ide_stream_cfg c = pair_root_cfg(true);

	bring(IDE_ST_SECURE);
	before = p.root;
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
	assert_memory_equal(&p.root, &before, sizeof(before));
	bring(IDE_ST_OFF);
	before = p.root;
	c.enable = false;
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
	assert_memory_equal(&p.root, &before, sizeof(before));
}

static void a_change_before_enable_takes_the_keys(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_root_cfg(false);

	bring(IDE_ST_OFF);
	assert_int_equal(keys_there(&p.root, 0), 6);
	c.rid_limit++;
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
	assert_int_equal(keys_there(&p.root, 0), 0);
	assert_int_equal(p.root.stream[0].state, IDE_ST_OFF);
	assert_int_equal(p.insecure[0], 0);
}

static void a_change_that_also_disables_says_disabled(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_root_cfg(false);

	bring(IDE_ST_SECURE);
	c.id = 9;
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
	assert_int_equal(p.root.stream[0].state, IDE_ST_OFF);
	assert_int_equal(p.insecure[0], 1);
	assert_int_equal(p.cause[0], IDE_CAUSE_DISABLED);
	assert_int_equal(ide_stream_get(&p.root, 0)->id, 9);
}

static void clashing_and_impossible_streams_are_refused(void **unused)
{
	(void)unused;
	static struct ide_port before;
	struct ide_stream_cfg c = pair_dev_cfg(true);

	bring(IDE_ST_SECURE);
	before = p.dev;
	/* Same id; another id but default for the same TC as well. */
	assert_int_equal(ide_stream_set(&p.dev, 1, &c), IL_E_STATE);
	c.id = 1;
	assert_int_equal(ide_stream_set(&p.dev, 1, &c), IL_E_STATE);
	assert_int_equal(ide_stream_set(&p.dev, 2, &c), IL_E_ARG);
	c.tc = 8;
	assert_int_equal(ide_stream_set(&p.dev, 1, &c), IL_E_ARG);
	assert_memory_equal(&p.dev, &before, sizeof(before));
	c.tc = 1;
	assert_int_equal(ide_stream_set(&p.dev, 1, &c), IL_OK);
	c = pair_dev_cfg(false);
	assert_int_equal(ide_stream_set(&p.dev, 1, &c), IL_OK);
	assert_null(ide_stream_get(&p.dev, 2));
}

static void keys_find_the_enabled_or_the_configured_block(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = { .id = 0 };

	pair_init(&p);
	/* After reset every block has id 0, and none takes keys. */
	assert_int_equal(ide_find(&p.root, 0), -1);
	c.rid_valid = true;
	assert_int_equal(ide_stream_set(&p.root, 2, &c), IL_OK);
	assert_int_equal(ide_find(&p.root, 0), 2);
	c = (struct ide_stream_cfg){ .is_default = true };
	assert_int_equal(ide_stream_set(&p.root, 1, &c), IL_OK);
	assert_int_equal(ide_find(&p.root, 0), 1);
	c = (struct ide_stream_cfg){ .enable = true };
	assert_int_equal(ide_stream_set(&p.root, 3, &c), IL_OK);
	assert_int_equal(ide_find(&p.root, 0), 3);
	assert_int_equal(ide_find(&p.root, 1), -1);
}

static void key_calls_with_impossible_arguments_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t stream;
		unsigned set;
		unsigned dir;
		unsigned sub;
	} bad[] = {
		{ STREAM + 1, 0, 0, 0 },
		{ STREAM, 2, 0, 0 },
		{ STREAM, 0, 2, 0 },
		{ STREAM, 0, 0, 3 },
	};
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	bring(IDE_ST_OFF);
	pair_key(&p, key);
	before = p.root;
	for (size_t i = 0; i < COUNT(bad); i++) {
		enum ide_dir dir = (enum ide_dir)bad[i].dir;

		assert_int_equal(ide_key_set(&p.root, bad[i].stream, bad[i].set,
					     dir, bad[i].sub, key, 1),
				 IL_E_ARG);
		assert_int_equal(ide_key_go(&p.root, bad[i].stream, bad[i].set,
					    dir, bad[i].sub),
				 IL_E_ARG);
		assert_int_equal(ide_key_stop(&p.root, bad[i].stream,
					      bad[i].set, dir, bad[i].sub),
				 IL_E_ARG);
	}
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 0),
			 IL_E_ARG);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 2),
			 IL_E_ARG);
	assert_int_equal(ide_wipe(&p.root, 4, IDE_CAUSE_WIPED), IL_E_ARG);
	assert_memory_equal(&p.root, &before, sizeof(before));
}

static void a_key_value_is_taken_once_in_a_lifetime(void **unused)
{
	(void)unused;
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	pair_init(&p);
	pair_enable(&p, false);
	pair_key(&p, key);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_OK);
	before = p.root;
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_E_AUTH);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_TX, 0, key, 1),
			 IL_E_AUTH);
	assert_int_equal(ide_key_set(&p.root, STREAM, 1, IDE_RX, 2, key, 1),
			 IL_E_AUTH);
	assert_memory_equal(&p.root, &before, sizeof(before));
	/* Nor after STOP, wipe or reset. */
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_RX, 0), IL_OK);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_E_AUTH);
	assert_int_equal(ide_wipe(&p.root, 0, IDE_CAUSE_WIPED), IL_OK);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_E_AUTH);
	ide_reset(&p.root);
	pair_enable(&p, false);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_E_AUTH);
}

static void a_wipe_by_id_reaches_keys_behind_another_block(void **unused)
{
	(void)unused;
	static struct ide_port before;
	struct ide_stream_cfg front = pair_root_cfg(true);

	pair_init(&p);
	pair_enable(&p, false);
	assert_false(ide_has_keys(&p.root, 0));
	pair_prime(&p, 1);
	assert_true(ide_has_keys(&p.root, 0));
	assert_false(ide_has_keys(&p.root, 4));
	assert_int_equal(ide_stream_set(&p.root, 2, &front), IL_OK);
	assert_int_equal(ide_find(&p.root, STREAM), 2);
	before = p.root;
	assert_int_equal(ide_wipe_id(&p.root, STREAM + 1, IDE_CAUSE_WIPED),
			 IL_E_ARG);
	assert_memory_equal(&p.root, &before, sizeof(before));
	assert_int_equal(ide_wipe_id(&p.root, STREAM, IDE_CAUSE_WIPED), IL_OK);
	assert_false(ide_has_keys(&p.root, 0));
	assert_false(ide_primed(&p.root, 0, 1));
	assert_int_equal(p.root.stream[2].state, IDE_ST_DEAD);
}

static void a_full_key_log_takes_no_more_keys(void **unused)
{
	(void)unused;
	struct ide_cfg cfg;
	struct ide_stream_cfg c = pair_root_cfg(false);
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	pair_init(&p);
	cfg = p.root.cfg;
	cfg.keys_max = 2;
	assert_int_equal(ide_init(&p.root, &cfg), IL_OK);
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
	for (unsigned sub = 0; sub < 2; sub++) {
		pair_key(&p, key);
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 0, IDE_RX, sub, key, 1),
			IL_OK);
	}
	pair_key(&p, key);
	before = p.root;
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 2, key, 1),
			 IL_E_SPACE);
	assert_memory_equal(&p.root, &before, sizeof(before));
}

/* The root port with a log of @max keys, and another in place of the oldest. */
static void forgetful_root(unsigned max)
{
	struct ide_stream_cfg c = pair_root_cfg(false);
	struct ide_cfg cfg;

	pair_init(&p);
	cfg = p.root.cfg;
	cfg.keys_max = max;
	cfg.forget_oldest = true;
	assert_int_equal(ide_init(&p.root, &cfg), IL_OK);
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
}

static void a_forgetful_log_remembers_the_latest_keys(void **unused)
{
	uint8_t key[4][IDE_KEY_LEN];

	(void)unused;
	forgetful_root(2);
	for (unsigned i = 0; i < 4; i++) {
		pair_key(&p, key[i]);
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key[i], 1),
			IL_OK);
		assert_int_equal(p.root.key_log_n, i ? 2 : 1);
		assert_true(ide_sane(&p.root));
	}
	for (unsigned i = 2; i < 4; i++)
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 0, IDE_RX, 1, key[i], 1),
			IL_E_AUTH);
	assert_int_equal(ide_key_note(&p.root, key[0]), IL_OK);
	assert_int_equal(ide_key_note(&p.root, key[0]), IL_E_AUTH);
}

static void a_forgetful_log_never_forgets_a_key_that_is_held(void **unused)
{
	uint8_t held[IDE_KEY_LEN], key[IDE_KEY_LEN];

	(void)unused;
	forgetful_root(3);
	pair_key(&p, held);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, held, 1),
			 IL_OK);
	for (unsigned i = 0; i < 9; i++) {
		pair_key(&p, key);
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 0, IDE_RX, 1, key, 1),
			IL_OK);
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 0, IDE_TX, 0, held, 1),
			IL_E_AUTH);
	}
	/* Three held keys leave no place for a fourth. */
	pair_key(&p, key);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 2, key, 1),
			 IL_OK);
	pair_key(&p, key);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_TX, 0, key, 1),
			 IL_E_SPACE);
	/* Once it is not held, it is as old as it is. */
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_RX, 0), IL_OK);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_TX, 0, key, 1),
			 IL_OK);
}

static void a_port_that_does_not_mind_takes_a_key_again(void **unused)
{
	struct ide_stream_cfg c = pair_root_cfg(false);
	uint8_t key[IDE_KEY_LEN];
	struct ide_cfg cfg;

	(void)unused;
	pair_init(&p);
	cfg = p.root.cfg;
	cfg.same_keys = true;
	assert_int_equal(ide_init(&p.root, &cfg), IL_OK);
	assert_int_equal(ide_stream_set(&p.root, 0, &c), IL_OK);
	pair_key(&p, key);
	for (unsigned sub = 0; sub < 3; sub++)
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 0, IDE_RX, sub, key, 1),
			IL_OK);
	assert_int_equal(p.root.key_log_n, 0);
}

static void an_unused_key_may_be_replaced_a_going_one_not(void **unused)
{
	(void)unused;
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	bring(IDE_ST_OFF);
	pair_key(&p, key);
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_OK);
	assert_int_equal(keys_there(&p.root, 0), 6);
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_RX, 0), IL_OK);
	pair_key(&p, key);
	before = p.root;
	assert_int_equal(ide_key_set(&p.root, STREAM, 0, IDE_RX, 0, key, 1),
			 IL_E_STATE);
	assert_memory_equal(&p.root, &before, sizeof(before));
}

static void a_set_goes_only_when_it_has_six_keys(void **unused)
{
	(void)unused;
	static struct ide_port before;
	uint8_t key[IDE_KEY_LEN];

	/* Law 6, at whichever of the six the gap is. */
	for (unsigned gap = 0; gap < KEYS_A_SET; gap++) {
		pair_init(&p);
		pair_enable(&p, false);
		for (unsigned i = 0; i < KEYS_A_SET; i++) {
			pair_key(&p, key);
			if (i == gap)
				continue;
			assert_int_equal(ide_key_set(&p.root, STREAM, 0,
						     (enum ide_dir)(i / 3),
						     i % 3, key, 1),
					 IL_OK);
		}
		assert_false(ide_primed(&p.root, 0, 0));
		before = p.root;
		for (unsigned i = 0; i < KEYS_A_SET; i++)
			assert_int_equal(ide_key_go(&p.root, STREAM, 0,
						    (enum ide_dir)(i / 3),
						    i % 3),
					 IL_E_STATE);
		assert_memory_equal(&p.root, &before, sizeof(before));
		pair_key(&p, key);
		assert_int_equal(ide_key_set(&p.root, STREAM, 0,
					     (enum ide_dir)(gap / 3), gap % 3,
					     key, 1),
				 IL_OK);
		assert_true(ide_primed(&p.root, 0, 0));
	}
	bring(IDE_ST_OFF);
	assert_true(ide_primed(&p.root, 0, 0));
	assert_false(ide_primed(&p.root, 0, 1));
	assert_false(ide_primed(&p.root, 4, 0));
	assert_false(ide_primed(&p.root, 0, 2));
}

static void transmit_goes_only_after_all_receive(void **unused)
{
	(void)unused;
	static struct ide_port before;

	bring(IDE_ST_OFF);
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		before = p.root;
		for (unsigned tx = 0; tx < TLP_CLASSES; tx++)
			assert_int_equal(
				ide_key_go(&p.root, STREAM, 0, IDE_TX, tx),
				IL_E_STATE);
		assert_memory_equal(&p.root, &before, sizeof(before));
		assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_RX, sub),
				 IL_OK);
	}
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_TX, 1), IL_OK);
}

static void only_one_set_goes_before_the_stream_is_secure(void **unused)
{
	(void)unused;
	bring(IDE_ST_OFF);
	pair_prime(&p, 1);
	assert_int_equal(ide_key_go(&p.root, STREAM, 1, IDE_RX, 0), IL_OK);
	assert_int_equal(ide_key_go(&p.root, STREAM, 0, IDE_RX, 0), IL_E_STATE);
	assert_int_equal(ide_key_go(&p.root, STREAM, 1, IDE_RX, 1), IL_OK);
}

static void stop_destroys_the_direction_and_is_idempotent(void **unused)
{
	(void)unused;
	bring(IDE_ST_SECURE);
	assert_int_equal(keys_there(&p.root, 0), 12);
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_TX, 2), IL_OK);
	for (unsigned sub = 0; sub < TLP_CLASSES; sub++) {
		assert_false(p.root.stream[0].key[0][IDE_TX][sub].there);
		assert_true(p.root.stream[0].key[0][IDE_RX][sub].there);
		assert_true(p.root.stream[0].key[1][IDE_TX][sub].there);
	}
	assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_TX, 2), IL_OK);
	assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_TX, 0), IL_OK);
	assert_int_equal(p.insecure[0], 0);
}

static void a_stopped_set_in_use_cannot_be_filled_again(void **unused)
{
	(void)unused;
	uint8_t key[IDE_KEY_LEN];

	pair_connect(&p);
	for (unsigned dir = 0; dir < IDE_DIRS; dir++) {
		assert_int_equal(
			ide_key_stop(&p.root, STREAM, 0, (enum ide_dir)dir, 0),
			IL_OK);
		pair_key(&p, key);
		assert_int_equal(ide_key_set(&p.root, STREAM, 0,
					     (enum ide_dir)dir, 0, key, 1),
				 IL_E_STATE);
	}
}

static void link_down_kills_every_stream_with_keys(void **unused)
{
	(void)unused;
	pair_connect(&p);
	ide_link_down(&p.root);
	assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
	assert_int_equal(p.root.stream[1].state, IDE_ST_OFF);
	assert_int_equal(p.insecure[0], 1);
	assert_int_equal(p.cause[0], IDE_CAUSE_LINK_DOWN);
	assert_int_equal(fake_live(&p.fake), KEYS_A_SET);
	bring(IDE_ST_OFF);
	ide_link_down(&p.root);
	assert_int_equal(keys_there(&p.root, 0), 0);
}

static void reset_clears_registers_and_keys(void **unused)
{
	(void)unused;
	const struct ide_stream_cfg zero = { 0 };

	for (unsigned st = 0; st < IDE_ST_STATES; st++) {
		bring((enum ide_stream_state)st);
		ide_reset(&p.root);
		assert_int_equal(p.root.stream[0].state, IDE_ST_OFF);
		assert_int_equal(keys_there(&p.root, 0), 0);
		assert_memory_equal(ide_stream_get(&p.root, 0), &zero,
				    sizeof(zero));
		assert_int_equal(p.insecure[0], st == IDE_ST_SECURE);
		if (st == IDE_ST_SECURE)
			assert_int_equal(p.cause[0], IDE_CAUSE_RESET);
	}
}

static void wiping_names_its_cause(void **unused)
{
	(void)unused;
	pair_connect(&p);
	assert_int_equal(ide_wipe(&p.dev, 0, IDE_CAUSE_WIPED), IL_OK);
	assert_int_equal(p.dev.stream[0].state, IDE_ST_DEAD);
	assert_int_equal(p.insecure[1], 1);
	assert_int_equal(p.cause[1], IDE_CAUSE_WIPED);
	assert_int_equal(keys_there(&p.dev, 0), 0);
	assert_int_equal(ide_wipe(&p.dev, 0, IDE_CAUSE_WIPED), IL_OK);
	assert_int_equal(p.insecure[1], 1);
}

static void fini_gives_all_slots_back(void **unused)
{
	(void)unused;
	bring(IDE_ST_SECURE);
	assert_int_equal(fake_live(&p.fake), 24);
	ide_fini(&p.root);
	ide_fini(&p.dev);
	assert_int_equal(fake_live(&p.fake), 0);
}

static void impossible_ports_are_refused(void **unused)
{
	(void)unused;
	struct ide_cfg cfg;

	pair_init(&p);
	cfg = p.root.cfg;
	cfg.streams = 0;
	assert_int_equal(ide_init(&p.root, &cfg), IL_E_ARG);
	cfg.streams = IDE_STREAMS_MAX + 1;
	assert_int_equal(ide_init(&p.root, &cfg), IL_E_ARG);
	cfg.streams = IDE_STREAMS_MAX;
	cfg.keys_max = IDE_KEYS_LOGGED + 1;
	assert_int_equal(ide_init(&p.root, &cfg), IL_E_ARG);
	cfg.keys_max = 0;
	assert_int_equal(ide_init(&p.root, &cfg), IL_OK);
	cfg.streams = 2;
	assert_int_equal(ide_init(&p.root, &cfg), IL_OK);
	p.root.stream[2].state = IDE_ST_SECURE; /* not ours to ask for */
	assert_int_equal(ide_state(&p.root, 2), IDE_INSECURE);
}

/* A table whose AEAD keys or hashes fail. */
static struct crypto_ops broken_ops;

static enum il_err no_key(void *ctx, struct crypto_slot *s,
			  enum crypto_aead_alg alg, const uint8_t *key)
{
	(void)ctx;
	(void)s;
	(void)alg;
	(void)key;
	return IL_E_NOMEM;
}

static enum il_err no_hash(void *ctx, enum crypto_hash_alg alg,
			   const struct crypto_span *parts, size_t n,
			   uint8_t *out)
{
	(void)ctx;
	(void)alg;
	(void)parts;
	(void)n;
	(void)out;
	return IL_E_IO;
}

static void a_key_that_cannot_be_prepared_changes_nothing(void **unused)
{
	(void)unused;
	static struct ide_port before;
	struct crypto whole;
	uint8_t key[IDE_KEY_LEN];

	for (unsigned i = 0; i < 2; i++) {
		bring(IDE_ST_OFF);
		whole = p.crypto;
		broken_ops = *whole.ops;
		if (i)
			broken_ops.hash = no_hash;
		else
			broken_ops.aead_key = no_key;
		p.crypto.ops = &broken_ops;
		pair_key(&p, key);
		before = p.root;
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 1, IDE_RX, 0, key, 1),
			i ? IL_E_IO : IL_E_NOMEM);
		assert_memory_equal(&p.root, &before, sizeof(before));
		p.crypto = whole;
		assert_int_equal(
			ide_key_set(&p.root, STREAM, 1, IDE_RX, 0, key, 1),
			IL_OK);
	}
}

static void sanity_notices_damage(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 9; i++) {
		struct ide_stream *s = &p.root.stream[0];

		bring(i == 7 ? IDE_ST_OFF : IDE_ST_SECURE);
		switch (i) {
		case 0:
			s->cfg.enable = false;
			break;
		case 1:
			s->key[0][0][0].slot.n = 0;
			break;
		case 2:
			s->key[0][0][0].counter = 0;
			break;
		case 3:
			s->key[0][0][0].there = false;
			break;
		case 4:
			s->tx_set = 2;
			break;
		case 5:
			s->rx_set[1] = 2;
			break;
		case 6:
			s->state = IDE_ST_DEAD;
			break;
		case 7:
			s->cfg_seen = true;
			break;
		default:
			p.root.key_log_n = IDE_KEYS_LOGGED + 1;
			break;
		}
		assert_false(ide_sane(&p.root));
	}
}

static void causes_have_names(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < IDE_CAUSES; i++)
		assert_string_not_equal(ide_cause_name((enum ide_cause)i), "?");
	assert_string_equal(ide_cause_name(IDE_CAUSES), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_event_in_every_state_does_what_the_table_says),
		cmocka_unit_test(a_stream_is_secure_when_the_last_key_goes),
		cmocka_unit_test(
			a_stream_is_secure_when_it_is_enabled_after_its_keys),
		cmocka_unit_test(
			enabling_without_all_keys_going_stays_insecure),
		cmocka_unit_test(
			a_dead_stream_needs_enable_0_new_keys_and_enable_1),
		cmocka_unit_test(clearing_enable_wipes_and_says_so),
		cmocka_unit_test(each_register_change_kills_the_stream),
		cmocka_unit_test(the_same_registers_again_change_nothing),
		cmocka_unit_test(a_change_before_enable_takes_the_keys),
		cmocka_unit_test(a_change_that_also_disables_says_disabled),
		cmocka_unit_test(clashing_and_impossible_streams_are_refused),
		cmocka_unit_test(keys_find_the_enabled_or_the_configured_block),
		cmocka_unit_test(
			key_calls_with_impossible_arguments_are_refused),
		cmocka_unit_test(a_key_value_is_taken_once_in_a_lifetime),
		cmocka_unit_test(a_full_key_log_takes_no_more_keys),
		cmocka_unit_test(a_forgetful_log_remembers_the_latest_keys),
		cmocka_unit_test(
			a_forgetful_log_never_forgets_a_key_that_is_held),
		cmocka_unit_test(a_port_that_does_not_mind_takes_a_key_again),
		cmocka_unit_test(an_unused_key_may_be_replaced_a_going_one_not),
		cmocka_unit_test(a_set_goes_only_when_it_has_six_keys),
		cmocka_unit_test(transmit_goes_only_after_all_receive),
		cmocka_unit_test(only_one_set_goes_before_the_stream_is_secure),
		cmocka_unit_test(stop_destroys_the_direction_and_is_idempotent),
		cmocka_unit_test(a_stopped_set_in_use_cannot_be_filled_again),
		cmocka_unit_test(link_down_kills_every_stream_with_keys),
		cmocka_unit_test(reset_clears_registers_and_keys),
		cmocka_unit_test(wiping_names_its_cause),
		cmocka_unit_test(fini_gives_all_slots_back),
		cmocka_unit_test(impossible_ports_are_refused),
		cmocka_unit_test(a_key_that_cannot_be_prepared_changes_nothing),
		cmocka_unit_test(sanity_notices_damage),
		cmocka_unit_test(causes_have_names),
		cmocka_unit_test(
			a_wipe_by_id_reaches_keys_behind_another_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
