/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

static struct pair p;
static uint8_t scratch[TLP_LIMIT_DATA];

/* A table whose cipher fails for other reasons than the MAC. */
static struct crypto_ops broken_ops;
static struct crypto broken;

static enum il_err no_seal(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, uint8_t *tag,
			   size_t tag_len)
{
	(void)ctx;
	(void)s;
	(void)iv;
	(void)aad;
	(void)aad_len;
	(void)in;
	(void)len;
	(void)out;
	(void)tag;
	(void)tag_len;
	return IL_E_IO;
}

static enum il_err no_open(void *ctx, struct crypto_slot s, const uint8_t *iv,
			   const void *aad, size_t aad_len, const uint8_t *in,
			   size_t len, uint8_t *out, const uint8_t *tag,
			   size_t tag_len)
{
	(void)ctx;
	(void)s;
	(void)iv;
	(void)aad;
	(void)aad_len;
	(void)tag;
	(void)tag_len;
	if (len)
		memcpy(out, in, len);
	return IL_E_IO;
}

static void each_class_crosses_protected_and_comes_out_whole(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;
		struct tlp t;
		struct fault f;
		struct tlp_span span;

		pair_connect(&p);
		k = protect(&p.dev, &in);
		assert_int_equal(k.b[0], 0x92);
		assert_int_equal(k.b[1], 0);
		assert_int_equal(k.b[2], STREAM);
		assert_int_equal(k.b[3], cls << 4 | 4 | 1); /* M, T */
		assert_int_equal(unprotect(&p.root, &k, &t, &f), IL_OK);
		assert_null(f.rule);
		assert_true(t.ide);
		assert_int_equal(t.type, in.type);
		assert_int_equal(t.addr, in.addr);
		assert_int_equal(t.requester, in.requester);
		assert_int_equal(t.prefix.stream, STREAM);
		assert_int_equal(t.prefix.sub, cls);
		assert_true(t.prefix.t);
		assert_true(t.prefix.m);
		assert_false(t.prefix.k);
		span = tlp_span_of(&t);
		if (in.data) {
			assert_memory_equal(t.data, in.data, span.data_len);
			assert_memory_not_equal(k.b + span.hdr_len, in.data,
						span.data_len);
		}
		assert_int_equal(p.dev.sent, 1);
		assert_int_equal(p.root.received, 1);
		assert_int_equal(p.dev.stream[0].key[0][IDE_TX][cls].counter,
				 2);
		assert_int_equal(p.root.stream[0].key[0][IDE_RX][cls].counter,
				 2);
	}
}

static void the_t_bit_is_what_the_sender_said(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;
	struct tlp t;
	struct fault f;

	pair_connect(&p);
	in.prefix.t = false;
	k = protect(&p.dev, &in);
	assert_int_equal(unprotect(&p.root, &k, &t, &f), IL_OK);
	assert_false(t.prefix.t);
}

/* Whatever is flipped, the packet does not come out. */
static void every_flipped_bit_of_every_class_is_caught(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;
		size_t bits;

		pair_connect(&p);
		k = protect(&p.dev, &in);
		bits = 8 * k.n;
		for (size_t i = 0; i < bits; i++) {
			struct pair q = p;
			struct tlp t;
			struct fault f;
			enum il_err err;

			q.crypto = fake_crypto(&q.fake);
			q.root.cfg.crypto = &q.crypto;
			q.root.cfg.ctx = &q;
			k.b[i / 8] ^= (uint8_t)(1u << i % 8);
			err = unprotect(&q.root, &k, &t, &f);
			k.b[i / 8] ^= (uint8_t)(1u << i % 8);
			assert_int_not_equal(err, IL_OK);
			assert_non_null(f.rule);
			/* Not ours any more (byte 0, Stream ID): dropped. */
			if (i < 8 || i / 8 == 2)
				assert_int_equal(q.root.stream[0].state,
						 IDE_ST_SECURE);
			else
				assert_int_equal(q.root.stream[0].state,
						 IDE_ST_DEAD);
			assert_int_equal(q.insecure[0], !(i < 8 || i / 8 == 2));
		}
		accepted(&p.root, &k);
	}
}

static void a_failed_check_kills_the_stream_and_nothing_follows(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet bad;
	struct packet good;

	pair_connect(&p);
	bad = protect(&p.dev, &in);
	good = protect(&p.dev, &in);
	bad.b[bad.n - 1] ^= 1;
	memset(scratch, 0, sizeof(scratch));
	refused(&p.root, &bad, IL_E_AUTH, &ide_rule_mac);
	assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
	assert_int_equal(p.insecure[0], 1);
	assert_int_equal(p.cause[0], IDE_CAUSE_CHECK);
	assert_int_equal(p.insecure[1], 0);
	assert_int_equal(fake_live(&p.fake), KEYS_A_SET);
	/* Later packets are discarded, and report nothing more. */
	refused(&p.root, &good, IL_E_STATE, &ide_rule_insecure);
	assert_int_equal(p.insecure[0], 1);
	assert_int_equal(p.root.received, 0);
}

static void the_fault_says_who_and_what(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;
	struct tlp t;
	struct fault f;

	pair_connect(&p);
	k = protect(&p.dev, &in);
	k.b[k.n - 1] ^= 1;
	assert_int_equal(unprotect(&p.root, &k, &t, &f), IL_E_AUTH);
	assert_int_equal(f.who, AGENT_DEVICE);
	assert_int_equal(f.id, DEV_RID);
	assert_int_equal(f.addr, in.addr);
	assert_true(f.write);
	assert_true(f.trusted);
	in = down_posted();
	k = protect(&p.dev, &in);
	assert_int_equal(unprotect(&p.dev, &k, &t, &f), IL_E_AUTH);
	assert_int_equal(f.who, AGENT_HOST);
}

static void a_replayed_packet_fails(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;

		pair_connect(&p);
		k = protect(&p.dev, &in);
		accepted(&p.root, &k);
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_mac);
		assert_int_equal(ide_state(&p.root, 0), IDE_INSECURE);
	}
}

static void a_dropped_packet_is_noticed_at_the_next_of_its_class(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;

		pair_connect(&p);
		(void)protect(&p.dev, &in);
		k = protect(&p.dev, &in);
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_mac);
	}
}

static void two_swapped_packets_of_a_class_fail(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet a;
		struct packet b;

		pair_connect(&p);
		a = protect(&p.dev, &in);
		b = protect(&p.dev, &in);
		refused(&p.root, &b, IL_E_AUTH, &ide_rule_mac);
		refused(&p.root, &a, IL_E_STATE, &ide_rule_insecure);
	}
}

static void a_packet_sent_back_to_its_sender_fails(void **unused)
{
	(void)unused;
	struct tlp in = up_cpl();
	struct packet k;

	pair_connect(&p);
	k = protect(&p.dev, &in);
	refused(&p.dev, &k, IL_E_AUTH, &ide_rule_mac);
	assert_int_equal(p.insecure[1], 1);
}

static void a_forged_packet_without_the_key_fails(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;
		struct wr w = wr_over(k.b, sizeof(k.b));

		pair_connect(&p);
		in.ide = true;
		in.prefix = (struct tlp_ide){ .m = true,
					      .t = true,
					      .sub = (uint8_t)cls,
					      .stream = STREAM };
		assert_int_equal(tlp_encode(&w, &in), IL_OK);
		k.n = w.len;
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_mac);
	}
}

/* Authentic or not, what may not be there fails before any key is used. */
static void packets_of_wrong_form_fail_with_their_own_rule(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t byte3;
		const struct rule *rule;
	} rows[] = {
		{ 0x01, &ide_rule_no_mac }, { 0x09, &ide_rule_no_mac },
		{ 0x0d, &ide_rule_pcrc },   { 0x35, &ide_rule_sub },
		{ 0x75, &ide_rule_sub },    { 0x15, &ide_rule_sub },
		{ 0x25, &ide_rule_sub },    { 0x07, &ide_rule_key },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tlp in = up_posted();
		struct packet k;

		pair_connect(&p);
		k = protect(&p.dev, &in);
		k.b[3] = rows[i].byte3;
		refused(&p.root, &k, IL_E_AUTH, rows[i].rule);
		assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
		assert_int_equal(p.cause[0], IDE_CAUSE_CHECK);
	}
}

static void a_truncated_or_lengthened_ide_packet_fails(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();

	for (unsigned more = 0; more < 2; more++) {
		struct packet k;

		pair_connect(&p);
		k = protect(&p.dev, &in);
		k.b[k.n] = 0;
		k.n = more ? k.n + 1 : k.n - 1;
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_malformed);
		assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
	}
	pair_connect(&p);
	for (size_t n = 4; n < 16; n++) {
		struct packet k = protect(&p.dev, &in);

		pair_connect(&p);
		k.n = n;
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_malformed);
	}
}

static void an_unknown_stream_is_misrouted_and_harms_none(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;
	struct packet other;
	static struct ide_port before;

	pair_connect(&p);
	k = protect(&p.dev, &in);
	other = k;
	other.b[2] = STREAM + 1;
	before = p.root;
	refused(&p.root, &other, IL_E_STATE, &ide_rule_misrouted);
	assert_memory_equal(&p.root, &before, sizeof(before));
	accepted(&p.root, &k);
	/* A block that is configured but not enabled is no stream either. */
	pair_enable(&p, false);
	refused(&p.root, &k, IL_E_STATE, &ide_rule_misrouted);
}

static void an_armed_stream_discards(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;

	pair_connect(&p);
	k = protect(&p.dev, &in);
	pair_enable(&p, false);
	pair_enable(&p, true);
	refused(&p.root, &k, IL_E_STATE, &ide_rule_insecure);
	assert_int_equal(p.root.stream[0].state, IDE_ST_ARMED);
}

static void a_small_scratch_is_refused_before_anything_happens(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;
	struct tlp t;
	struct fault f = { 0 };
	static struct ide_port before;

	pair_connect(&p);
	k = protect(&p.dev, &in);
	before = p.root;
	assert_int_equal(ide_unprotect(&p.root, k.b, k.n, scratch, 63, &t, &f),
			 IL_E_SPACE);
	assert_memory_equal(&p.root, &before, sizeof(before));
	assert_null(f.rule);
	assert_int_equal(ide_unprotect(&p.root, k.b, k.n, scratch, 64, &t, &f),
			 IL_OK);
	assert_ptr_equal(t.data, scratch);
}

static void a_failed_check_leaves_no_plaintext_behind(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;
	struct tlp t;
	struct fault f;

	pair_connect(&p);
	k = protect(&p.dev, &in);
	k.b[k.n - 1] ^= 1;
	memset(scratch, 0x77, sizeof(scratch));
	assert_int_equal(ide_unprotect(&p.root, k.b, k.n, scratch,
				       sizeof(scratch), &t, &f),
			 IL_E_AUTH);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(scratch[i], 0);
	assert_int_equal(scratch[64], 0x77);
}

static void a_small_output_sends_and_counts_nothing(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	static struct ide_port before;
	uint8_t buf[128];

	pair_connect(&p);
	before = p.dev;
	for (size_t cap = 0; cap < 4 + 16 + 64 + 12; cap++) {
		struct wr w = wr_over(buf, cap);

		assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_E_SPACE);
	}
	struct wr count = { .cap = 4096 };

	assert_int_equal(ide_protect(&p.dev, 0, &in, &count), IL_E_SPACE);
	assert_memory_equal(&p.dev, &before, sizeof(before));
}

static void a_packet_is_written_behind_what_is_there(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	struct packet k;
	struct wr w = wr_over(k.b, sizeof(k.b));

	pair_connect(&p);
	wr_u32be(&w, 0xdeadbeef);
	assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_OK);
	memmove(k.b, k.b + 4, w.len - 4);
	k.n = w.len - 4;
	accepted(&p.root, &k);
}

static void only_a_secure_stream_protects(void **unused)
{
	(void)unused;
	struct tlp in = up_posted();
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof(buf));

	pair_init(&p);
	assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_E_STATE);
	pair_enable(&p, true);
	assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_E_STATE);
	pair_connect(&p);
	assert_int_equal(ide_wipe(&p.dev, 0, IDE_CAUSE_WIPED), IL_OK);
	assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_E_STATE);
	assert_int_equal(ide_protect(&p.dev, 2, &in, &w), IL_E_ARG);
	assert_int_equal(w.len, 0);
}

static void use_of_a_stopped_key_makes_the_stream_insecure(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;
		uint8_t buf[256];
		struct wr w = wr_over(buf, sizeof(buf));

		pair_connect(&p);
		k = protect(&p.dev, &in);
		assert_int_equal(ide_key_stop(&p.dev, STREAM, 0, IDE_TX, cls),
				 IL_OK);
		assert_int_equal(ide_state(&p.dev, 0), IDE_SECURE);
		broken_ops = *p.crypto.ops;
		broken_ops.aead_seal = no_seal; /* is not even asked */
		broken.ops = &broken_ops;
		broken.ctx = p.crypto.ctx;
		p.dev.cfg.crypto = &broken;
		assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_E_STATE);
		assert_int_equal(p.dev.stream[0].state, IDE_ST_DEAD);
		assert_int_equal(p.cause[1], IDE_CAUSE_KEY_STOPPED);
		assert_int_equal(w.len, 0);

		assert_int_equal(ide_key_stop(&p.root, STREAM, 0, IDE_RX, 0),
				 IL_OK);
		assert_int_equal(ide_state(&p.root, 0), IDE_SECURE);
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_key);
		assert_int_equal(p.cause[0], IDE_CAUSE_KEY_STOPPED);
	}
}

static void an_invocation_counter_never_wraps(void **unused)
{
	(void)unused;
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		struct tlp in = of_class(cls);
		struct packet k;
		uint8_t buf[256];
		struct wr w = wr_over(buf, sizeof(buf));

		pair_connect(&p);
		p.dev.stream[0].key[0][IDE_TX][cls].counter = UINT64_MAX - 1;
		p.root.stream[0].key[0][IDE_RX][cls].counter = UINT64_MAX - 1;
		k = protect(&p.dev, &in);
		accepted(&p.root, &k);
		assert_int_equal(ide_protect(&p.dev, 0, &in, &w), IL_E_STATE);
		assert_int_equal(p.dev.stream[0].state, IDE_ST_DEAD);
		assert_int_equal(p.cause[1], IDE_CAUSE_COUNTER);
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_counter);
		assert_int_equal(p.cause[0], IDE_CAUSE_COUNTER);
	}
}

static void each_class_counts_for_itself(void **unused)
{
	(void)unused;
	struct packet k[6];
	static const unsigned order[6] = { 0, 0, 1, 2, 2, 1 };

	/* Posted packets may overtake the others, and they each other. */
	pair_connect(&p);
	for (unsigned i = 0; i < 6; i++) {
		struct tlp in = of_class((order[i]));

		k[i] = protect(&p.dev, &in);
	}
	accepted(&p.root, &k[0]);
	accepted(&p.root, &k[1]);
	accepted(&p.root, &k[3]);
	accepted(&p.root, &k[2]);
	accepted(&p.root, &k[5]);
	accepted(&p.root, &k[4]);
}

static void pr_sent_counts_posted_packets_since_the_last(void **unused)
{
	(void)unused;
	struct tlp w = up_posted();
	struct tlp r = up_read();
	struct tlp c = up_cpl();

	pair_connect(&p);
	(void)protect(&p.dev, &w);
	(void)protect(&p.dev, &w);
	assert_int_equal(protect(&p.dev, &r).b[1], 2);
	assert_int_equal(protect(&p.dev, &r).b[1], 0);
	assert_int_equal(protect(&p.dev, &w).b[1], 0);
	assert_int_equal(protect(&p.dev, &c).b[1], 3);
	assert_int_equal(protect(&p.dev, &r).b[1], 1);
	assert_int_equal(protect(&p.dev, &c).b[1], 0);
}

/* §6.33.5, Figure 6-81: a posted packet delayed or deleted. */
static void a_missing_posted_packet_is_noticed_by_the_next_other(void **unused)
{
	(void)unused;
	for (unsigned cls = 1; cls < TLP_CLASSES; cls++) {
		struct tlp w = up_posted();
		struct tlp other = of_class(cls);
		struct packet a;
		struct packet b;
		struct packet k;

		pair_connect(&p);
		a = protect(&p.dev, &w);
		b = protect(&p.dev, &w);
		k = protect(&p.dev, &other);
		accepted(&p.root, &a);
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_pr_order);
		assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
		refused(&p.root, &b, IL_E_STATE, &ide_rule_insecure);
	}
}

static void posted_packets_may_run_ahead(void **unused)
{
	(void)unused;
	struct tlp w = up_posted();
	struct tlp r = up_read();
	struct packet read;
	struct packet write;
	struct packet next;

	pair_connect(&p);
	read = protect(&p.dev, &r);
	write = protect(&p.dev, &w);
	next = protect(&p.dev, &r);
	accepted(&p.root, &write);
	accepted(&p.root, &read);
	accepted(&p.root, &next);
	assert_int_equal(p.root.stream[0].pr_received[0], 0);
	assert_int_equal(p.root.stream[0].pr_received[1], 1);
}

static void receive_counters_never_wrap(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		struct tlp w = up_posted();
		struct packet k;

		pair_connect(&p);
		p.root.stream[0].pr_received[i] = UINT64_MAX;
		k = protect(&p.dev, &w);
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_counter);
		assert_int_equal(p.cause[0], IDE_CAUSE_COUNTER);
	}
}

static void counters_begin_at_zero_with_every_new_life(void **unused)
{
	(void)unused;
	struct tlp w = up_posted();
	struct tlp r = up_read();

	pair_connect(&p);
	(void)protect(&p.dev, &w);
	pair_enable(&p, false);
	pair_prime(&p, 0);
	pair_go(&p, 0);
	p.root.stream[0].pr_received[1] = 7;
	pair_enable(&p, true);
	assert_int_equal(protect(&p.dev, &r).b[1], 0);
	assert_int_equal(p.root.stream[0].pr_received[1], 0);
	assert_int_equal(p.dev.stream[0].key[0][IDE_TX][0].counter, 1);
}

/* §6.33.5: at 245 a Sync Message is due; it carries and clears both counts. */
static void long_runs_of_writes_need_sync_messages(void **unused)
{
	(void)unused;
	struct tlp w = up_posted();
	struct packet k;
	struct tlp t;
	struct fault f;
	struct wr out;

	pair_connect(&p);
	for (unsigned i = 0; i < 254; i++) {
		assert_int_equal(ide_sync_due(&p.dev, 0), i >= 245);
		k = protect(&p.dev, &w);
		accepted(&p.root, &k);
	}
	out = wr_over(k.b, sizeof(k.b));
	assert_int_equal(ide_protect(&p.dev, 0, &w, &out), IL_E_AGAIN);
	assert_int_equal(out.len, 0);
	assert_int_equal(ide_state(&p.dev, 0), IDE_SECURE);
	p.dev.stream[0].state = IDE_ST_DEAD;
	assert_false(ide_sync_due(&p.dev, 0));
	p.dev.stream[0].state = IDE_ST_SECURE;
	assert_int_equal(ide_sync(&p.dev, 0, &out), IL_OK);
	k.n = out.len;
	assert_int_equal(k.b[1], 0);
	assert_false(ide_sync_due(&p.dev, 0));
	assert_int_equal(unprotect(&p.root, &k, &t, &f), IL_OK);
	assert_int_equal(t.type, TLP_MSG);
	assert_int_equal(t.msg_code, TLP_MSG_IDE_SYNC);
	assert_int_equal(t.msg_route, TLP_ROUTE_BY_ID);
	assert_int_equal(t.dest, ROOT_RID);
	assert_int_equal(t.requester, DEV_RID);
	assert_int_equal(p.root.stream[0].pr_received[0], 0);
	assert_int_equal(p.root.stream[0].pr_received[1], 0);
	k = protect(&p.dev, &w);
	accepted(&p.root, &k);
}

static void either_counter_alone_can_make_sync_due(void **unused)
{
	(void)unused;
	for (unsigned cls = 1; cls < TLP_CLASSES; cls++) {
		struct tlp w = up_posted();
		struct tlp other = of_class(cls);
		struct wr out;
		uint8_t buf[256];

		pair_connect(&p);
		for (unsigned i = 0; i < 254; i++)
			(void)protect(&p.dev, &w);
		(void)protect(&p.dev, &other);
		assert_true(ide_sync_due(&p.dev, 0));
		out = wr_over(buf, sizeof(buf));
		assert_int_equal(ide_protect(&p.dev, 0, &w, &out), IL_E_AGAIN);
	}
}

static void a_sync_message_reveals_a_deleted_write(void **unused)
{
	(void)unused;
	struct tlp w = up_posted();
	struct packet k;
	struct wr out;

	for (unsigned i = 0; i < 2; i++) {
		pair_connect(&p);
		k = protect(&p.dev, &w);
		accepted(&p.root, &k);
		p.root.stream[0].pr_received[i] = 0; /* one fewer arrived */
		out = wr_over(k.b, sizeof(k.b));
		assert_int_equal(ide_sync(&p.dev, 0, &out), IL_OK);
		k.n = out.len;
		refused(&p.root, &k, IL_E_AUTH, &ide_rule_pr_order);
	}
}

static void sync_needs_a_secure_stream_with_a_partner(void **unused)
{
	(void)unused;
	uint8_t buf[128];
	struct wr out = wr_over(buf, sizeof(buf));

	pair_init(&p);
	assert_int_equal(ide_sync(&p.dev, 0, &out), IL_E_ARG);
	assert_int_equal(ide_sync(&p.dev, 2, &out), IL_E_ARG);
	pair_enable(&p, true);
	assert_int_equal(ide_sync(&p.dev, 0, &out), IL_E_STATE);
	assert_false(ide_sync_due(&p.dev, 0));
	assert_false(ide_sync_due(&p.dev, 7));
	assert_int_equal(out.len, 0);
}

/* §6.33.8: Fail Messages count in the clear and under another stream. */
static void a_fail_message_makes_the_partner_insecure(void **unused)
{
	(void)unused;
	struct tlp t;
	struct tlp out;
	struct fault f;
	struct packet k;
	struct wr w = wr_over(k.b, sizeof(k.b));

	pair_connect(&p);
	ide_fail_msg(&p.root, 0, &t);
	assert_int_equal(t.msg_code, TLP_MSG_IDE_FAIL);
	assert_int_equal(t.msg_route, TLP_ROUTE_BY_ID);
	assert_int_equal(t.dest, DEV_RID);
	assert_int_equal(tlp_encode(&w, &t), IL_OK);
	k.n = w.len;
	assert_int_equal(unprotect(&p.dev, &k, &out, &f), IL_OK);
	assert_false(out.ide);
	assert_int_equal(p.dev.stream[0].state, IDE_ST_DEAD);
	assert_int_equal(p.cause[1], IDE_CAUSE_PEER);
	assert_int_equal(p.insecure[1], 1);
	/* Again, or for a stream that is not there: nothing more. */
	assert_int_equal(unprotect(&p.dev, &k, &out, &f), IL_OK);
	assert_int_equal(p.insecure[1], 1);
	k.b[15] ^= 1;
	pair_connect(&p);
	assert_int_equal(unprotect(&p.dev, &k, &out, &f), IL_OK);
	assert_int_equal(p.dev.stream[0].state, IDE_ST_SECURE);
}

static void a_fail_message_under_ide_counts_too(void **unused)
{
	(void)unused;
	struct tlp t;
	struct tlp out;
	struct fault f;
	struct packet k;

	pair_connect(&p);
	ide_fail_msg(&p.root, 0, &t);
	k = protect(&p.root, &t);
	assert_int_equal(unprotect(&p.dev, &k, &out, &f), IL_OK);
	assert_true(out.ide);
	assert_int_equal(p.dev.stream[0].state, IDE_ST_DEAD);
	assert_int_equal(p.cause[1], IDE_CAUSE_PEER);
}

static void plain_packets_pass_as_plain(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();
	struct tlp out;
	struct fault f;
	struct packet k;
	struct wr w = wr_over(k.b, sizeof(k.b));
	static struct ide_port before;

	pair_connect(&p);
	before = p.root;
	t.prefix.t = false;
	assert_int_equal(tlp_encode(&w, &t), IL_OK);
	k.n = w.len;
	assert_int_equal(unprotect(&p.root, &k, &out, &f), IL_OK);
	assert_false(out.ide);
	assert_false(out.prefix.t);
	assert_memory_equal(&p.root, &before, sizeof(before));
	k.n--;
	refused(&p.root, &k, IL_E_SHORT, &ide_rule_tlp);
	k.n += 2;
	refused(&p.root, &k, IL_E_LONG, &ide_rule_tlp);
	assert_memory_equal(&p.root, &before, sizeof(before));
}

static void a_cipher_that_fails_sends_nothing(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof(buf));
	static struct ide_port before;

	pair_connect(&p);
	broken_ops = *p.crypto.ops;
	broken_ops.aead_seal = no_seal;
	p.crypto.ops = &broken_ops;
	before = p.dev;
	assert_int_equal(ide_protect(&p.dev, 0, &t, &w), IL_E_IO);
	assert_int_equal(w.len, 0);
	assert_memory_equal(&p.dev, &before, sizeof(before));
	for (unsigned i = 0; i < 96; i++)
		assert_int_equal(buf[i], 0);
}

static void a_cipher_that_fails_on_arrival_fails_closed(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();
	struct packet k;

	pair_connect(&p);
	k = protect(&p.dev, &t);
	broken_ops = *p.crypto.ops;
	broken_ops.aead_open = no_open;
	p.crypto.ops = &broken_ops;
	refused(&p.root, &k, IL_E_AUTH, &ide_rule_mac);
	assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_class_crosses_protected_and_comes_out_whole),
		cmocka_unit_test(the_t_bit_is_what_the_sender_said),
		cmocka_unit_test(every_flipped_bit_of_every_class_is_caught),
		cmocka_unit_test(
			a_failed_check_kills_the_stream_and_nothing_follows),
		cmocka_unit_test(the_fault_says_who_and_what),
		cmocka_unit_test(a_replayed_packet_fails),
		cmocka_unit_test(
			a_dropped_packet_is_noticed_at_the_next_of_its_class),
		cmocka_unit_test(two_swapped_packets_of_a_class_fail),
		cmocka_unit_test(a_packet_sent_back_to_its_sender_fails),
		cmocka_unit_test(a_forged_packet_without_the_key_fails),
		cmocka_unit_test(
			packets_of_wrong_form_fail_with_their_own_rule),
		cmocka_unit_test(a_truncated_or_lengthened_ide_packet_fails),
		cmocka_unit_test(an_unknown_stream_is_misrouted_and_harms_none),
		cmocka_unit_test(an_armed_stream_discards),
		cmocka_unit_test(
			a_small_scratch_is_refused_before_anything_happens),
		cmocka_unit_test(a_failed_check_leaves_no_plaintext_behind),
		cmocka_unit_test(a_small_output_sends_and_counts_nothing),
		cmocka_unit_test(a_packet_is_written_behind_what_is_there),
		cmocka_unit_test(only_a_secure_stream_protects),
		cmocka_unit_test(
			use_of_a_stopped_key_makes_the_stream_insecure),
		cmocka_unit_test(an_invocation_counter_never_wraps),
		cmocka_unit_test(each_class_counts_for_itself),
		cmocka_unit_test(pr_sent_counts_posted_packets_since_the_last),
		cmocka_unit_test(
			a_missing_posted_packet_is_noticed_by_the_next_other),
		cmocka_unit_test(posted_packets_may_run_ahead),
		cmocka_unit_test(receive_counters_never_wrap),
		cmocka_unit_test(counters_begin_at_zero_with_every_new_life),
		cmocka_unit_test(long_runs_of_writes_need_sync_messages),
		cmocka_unit_test(either_counter_alone_can_make_sync_due),
		cmocka_unit_test(a_sync_message_reveals_a_deleted_write),
		cmocka_unit_test(sync_needs_a_secure_stream_with_a_partner),
		cmocka_unit_test(a_fail_message_makes_the_partner_insecure),
		cmocka_unit_test(a_fail_message_under_ide_counts_too),
		cmocka_unit_test(plain_packets_pass_as_plain),
		cmocka_unit_test(a_cipher_that_fails_sends_nothing),
		cmocka_unit_test(a_cipher_that_fails_on_arrival_fails_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
