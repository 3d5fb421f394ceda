/* SPDX-License-Identifier: BSD-2-Clause */
#include "pair.h"

static struct pair p;

static struct tlp cfg_write(uint16_t dest, bool type1)
{
	return (struct tlp){ .type = type1 ? TLP_CFGWR1 : TLP_CFGWR0,
			     .requester = ROOT_RID,
			     .dest = dest,
			     .len_dw = 1,
			     .first_be = 0xf,
			     .data = some_data };
}

static struct tlp msg(uint16_t rid, uint8_t route, uint16_t dest)
{
	struct tlp t;

	tlp_msg(&t, rid, 0x7e, route, dest);
	return t;
}

/* Changes stream 0 of one end while it stays Secure. */
static void patch(struct ide_port *q, const struct ide_stream_cfg *c)
{
	q->stream[0].cfg = *c;
	q->stream[0].cfg.enable = true;
}

/* Table 6-35: what may go under a selective stream, by end and direction. */
static void only_permitted_types_are_sent_and_received(void **unused)
{
	(void)unused;
	struct tlp id = msg(DEV_RID, TLP_ROUTE_BY_ID, ROOT_RID);
	struct tlp rc = msg(DEV_RID, TLP_ROUTE_TO_RC, 0);
	struct tlp addr = msg(DEV_RID, TLP_ROUTE_BY_ADDR, 0);
	struct tlp bcast = msg(ROOT_RID, TLP_ROUTE_BROADCAST, 0);
	struct tlp local = msg(ROOT_RID, TLP_ROUTE_LOCAL, 0);
	struct tlp gather = msg(DEV_RID, TLP_ROUTE_GATHERED, 0);
	const struct ide_stream_cfg root = pair_root_cfg(true);
	struct ide_stream_cfg root_cfg = root;
	const struct ide_stream_cfg dev = pair_dev_cfg(true);
	struct ide_stream_cfg p2p = dev;
	struct tlp none = { .type = TLP_TYPES };

	pair_connect(&p);
	root_cfg.cfg_en = true;
	p2p.is_default = false;
	for (unsigned i = 0; i < 4; i++) {
		static const enum tlp_type types[] = { TLP_MRD, TLP_MWR,
						       TLP_CPL, TLP_CPLD };
		const struct tlp t = { .type = types[i] };

		assert_true(ide_type_ok(&p.root, &root, &t, true));
		assert_true(ide_type_ok(&p.root, &root, &t, false));
		assert_true(ide_type_ok(&p.dev, &dev, &t, true));
		assert_true(ide_type_ok(&p.dev, &dev, &t, false));
	}
	for (unsigned i = TLP_CFGRD0; i <= TLP_CFGWR1; i++) {
		const struct tlp t = { .type = (enum tlp_type)i };
		bool type1 = i == TLP_CFGRD1 || i == TLP_CFGWR1;

		assert_false(ide_type_ok(&p.root, &root, &t, true));
		assert_int_equal(ide_type_ok(&p.root, &root_cfg, &t, true),
				 type1);
		assert_false(ide_type_ok(&p.root, &root_cfg, &t, false));
		assert_false(ide_type_ok(&p.dev, &root_cfg, &t, true));
		assert_int_equal(ide_type_ok(&p.dev, &dev, &t, false), type1);
	}
	for (unsigned d = 0; d < 2; d++) {
		assert_true(ide_type_ok(&p.dev, &dev, &id, d));
		assert_true(ide_type_ok(&p.root, &root, &id, d));
		assert_true(ide_type_ok(&p.dev, &dev, &addr, d));
		assert_false(ide_type_ok(&p.root, &root, &bcast, d));
		assert_false(ide_type_ok(&p.dev, &dev, &bcast, d));
		assert_false(ide_type_ok(&p.root, &root, &local, d));
		assert_false(ide_type_ok(&p.dev, &dev, &local, d));
		assert_false(ide_type_ok(&p.dev, &dev, &gather, d));
		assert_false(ide_type_ok(&p.root, &root, &gather, d));
		assert_false(ide_type_ok(&p.dev, &dev, &none, d));
	}
	assert_true(ide_type_ok(&p.dev, &dev, &rc, true));
	assert_false(ide_type_ok(&p.dev, &p2p, &rc, true));
	assert_false(ide_type_ok(&p.dev, &dev, &rc, false));
	assert_true(ide_type_ok(&p.root, &root, &rc, false));
	assert_false(ide_type_ok(&p.root, &root, &rc, true));
	rc.type = TLP_MSGD;
	assert_true(ide_type_ok(&p.dev, &dev, &rc, true));
	assert_false(ide_type_ok(&p.dev, &p2p, &rc, true));
}

static void an_authentic_packet_of_a_forbidden_type_fails(void **unused)
{
	(void)unused;
	struct tlp t = msg(DEV_RID, TLP_ROUTE_BY_ID, ROOT_RID);
	struct packet k;

	pair_connect(&p);
	k = protect(&p.dev, &t);
	k.b[4] = 0x33; /* broadcast */
	refused(&p.root, &k, IL_E_AUTH, &ide_rule_type);
	assert_int_equal(p.root.stream[0].state, IDE_ST_DEAD);
}

static void a_forbidden_type_is_not_protected(void **unused)
{
	(void)unused;
	struct tlp t = msg(DEV_RID, TLP_ROUTE_LOCAL, 0);
	uint8_t buf[128];
	struct wr w = wr_over(buf, sizeof(buf));
	static struct ide_port before;

	pair_connect(&p);
	before = p.dev;
	assert_int_equal(ide_protect(&p.dev, 0, &t, &w), IL_E_ARG);
	t = up_posted();
	t.addr = 1;
	assert_int_equal(ide_protect(&p.dev, 0, &t, &w), IL_E_ARG);
	assert_memory_equal(&p.dev, &before, sizeof(before));
	assert_int_equal(w.len, 0);
}

/* §6.33.4, rules for a Transmitter, at the root port: by address and RID. */
static void the_root_port_selects_by_address_and_rid(void **unused)
{
	(void)unused;
	static const struct {
		uint64_t addr;
		int want;
	} mem[] = {
		{ BAR_BASE - 4, -1 },
		{ BAR_BASE, 0 },
		{ BAR_LIMIT & ~UINT64_C(3), 0 },
		{ BAR_LIMIT + 1, -1 },
	};
	static const struct {
		uint16_t rid;
		int want;
	} rid[] = {
		{ DEV_RID - 1, -1 },
		{ DEV_RID, 0 },
		{ DEV_RID + 7, 0 },
		{ DEV_RID + 8, -1 },
	};
	struct ide_stream_cfg c = pair_root_cfg(true);

	pair_connect(&p);
	for (size_t i = 0; i < COUNT(mem); i++) {
		struct tlp t = { .type = TLP_MRD, .addr = mem[i].addr };

		assert_int_equal(ide_select(&p.root, &t), mem[i].want);
		t.type = TLP_MWR;
		assert_int_equal(ide_select(&p.root, &t), mem[i].want);
		t = msg(ROOT_RID, TLP_ROUTE_BY_ADDR, 0);
		t.msg_hdr = mem[i].addr;
		assert_int_equal(ide_select(&p.root, &t), mem[i].want);
	}
	for (size_t i = 0; i < COUNT(rid); i++) {
		struct tlp t = { .type = TLP_CPLD, .requester = rid[i].rid };

		assert_int_equal(ide_select(&p.root, &t), rid[i].want);
		t.type = TLP_CPL;
		assert_int_equal(ide_select(&p.root, &t), rid[i].want);
		t = msg(ROOT_RID, TLP_ROUTE_BY_ID, rid[i].rid);
		assert_int_equal(ide_select(&p.root, &t), rid[i].want);
		/* Configuration requests only where the bit says so. */
		t = cfg_write(rid[i].rid, false);
		assert_int_equal(ide_select(&p.root, &t), -1);
		c.cfg_en = true;
		patch(&p.root, &c);
		assert_int_equal(ide_select(&p.root, &t), rid[i].want);
		t.type = TLP_CFGRD1;
		assert_int_equal(ide_select(&p.root, &t), rid[i].want);
		c.cfg_en = false;
		patch(&p.root, &c);
	}
	c.rid_valid = false;
	c.range[0].valid = false;
	patch(&p.root, &c);
	struct tlp t = { .type = TLP_CPL, .requester = DEV_RID };

	assert_int_equal(ide_select(&p.root, &t), -1);
	t = (struct tlp){ .type = TLP_MWR, .addr = BAR_BASE };
	assert_int_equal(ide_select(&p.root, &t), -1);
}

static void the_default_stream_takes_what_no_other_takes(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_dev_cfg(true);
	struct tlp t = up_posted();
	struct tlp rc = msg(DEV_RID, TLP_ROUTE_TO_RC, 0);
	struct tlp other = { .type = TLP_CPL, .requester = 0x0999 };

	pair_connect(&p);
	assert_int_equal(ide_select(&p.dev, &t), 0);
	assert_int_equal(ide_select(&p.dev, &rc), 0);
	assert_int_equal(ide_select(&p.dev, &other), 0);
	/* A stream that names the address comes first. */
	c.id = 7;
	c.is_default = false;
	c.range[2] = (struct ide_range){ true, t.addr, t.addr + 63 };
	assert_int_equal(ide_stream_set(&p.dev, 1, &c), IL_OK);
	assert_int_equal(ide_select(&p.dev, &t), 1);
	t.addr += 64;
	assert_int_equal(ide_select(&p.dev, &t), 0);
	/* Another traffic class has another stream, or none. */
	t.tc = 1;
	assert_int_equal(ide_select(&p.dev, &t), -1);
	t.tc = 0;
	pair_enable(&p, false);
	assert_int_equal(ide_select(&p.dev, &t), -1);
}

static void an_insecure_stream_is_still_selected(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();

	pair_connect(&p);
	assert_int_equal(ide_wipe(&p.dev, 0, IDE_CAUSE_WIPED), IL_OK);
	assert_int_equal(ide_select(&p.dev, &t), 0);
}

static void a_tee_limited_stream_leaves_plain_requests_alone(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_dev_cfg(true);
	struct tlp t = up_posted();
	struct tlp cpl = up_cpl();

	pair_connect(&p);
	c.tee_limited = true;
	patch(&p.dev, &c);
	assert_int_equal(ide_select(&p.dev, &t), 0);
	t.prefix.t = false;
	assert_int_equal(ide_select(&p.dev, &t), -1);
	cpl.prefix.t = false;
	assert_int_equal(ide_select(&p.dev, &cpl), 0);
}

static void transmit_protects_what_a_stream_takes(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();
	struct packet k;
	struct wr w = wr_over(k.b, sizeof(k.b));
	struct fault f = { 0 };
	struct tlp out;

	pair_connect(&p);
	assert_int_equal(ide_transmit(&p.dev, &t, &w, &f), IL_OK);
	k.n = w.len;
	assert_int_equal(k.b[0], 0x92);
	assert_int_equal(unprotect(&p.root, &k, &out, &f), IL_OK);
	assert_true(out.prefix.t);
	assert_null(f.rule);
}

static void transmit_sends_the_rest_in_the_clear_but_never_t(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof(buf));
	struct fault f = { 0 };

	pair_init(&p);
	t.prefix.t = false;
	t.ide = true; /* what the caller left there does not count */
	assert_int_equal(ide_transmit(&p.dev, &t, &w, &f), IL_OK);
	assert_int_equal(w.len, 16 + 64);
	assert_int_equal(buf[0], 0x60);
	assert_null(f.rule);
	w = wr_over(buf, sizeof(buf));
	t.prefix.t = true;
	assert_int_equal(ide_transmit(&p.dev, &t, &w, &f), IL_E_STATE);
	assert_ptr_equal(f.rule, &ide_rule_t_plain);
	assert_int_equal(f.id, DEV_RID);
	assert_true(f.trusted);
	assert_int_equal(w.len, 0);
}

static void transmit_discards_on_an_insecure_stream(void **unused)
{
	(void)unused;
	struct tlp t = up_posted();
	uint8_t buf[256];
	struct wr w = wr_over(buf, sizeof(buf));
	struct fault f = { 0 };

	pair_connect(&p);
	assert_int_equal(ide_wipe(&p.dev, 0, IDE_CAUSE_WIPED), IL_OK);
	t.prefix.t = false;
	assert_int_equal(ide_transmit(&p.dev, &t, &w, &f), IL_E_STATE);
	assert_ptr_equal(f.rule, &ide_rule_insecure);
	assert_int_equal(w.len, 0);
}

/* §6.33.4: under a stream they are type 1, and once seen they are bound. */
static void configuration_requests_stay_on_their_stream(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_root_cfg(true);
	struct tlp t = cfg_write(DEV_RID, false);
	struct packet plain;
	struct packet k;
	struct wr w = wr_over(plain.b, sizeof(plain.b));
	struct fault f = { 0 };
	struct tlp out;

	pair_connect(&p);
	assert_int_equal(ide_transmit(&p.root, &t, &w, &f), IL_OK);
	assert_int_equal(plain.b[0], 0x44);
	plain.n = w.len;
	accepted(&p.dev, &plain);

	c.cfg_en = true;
	patch(&p.root, &c);
	w = wr_over(k.b, sizeof(k.b));
	assert_int_equal(ide_transmit(&p.root, &t, &w, &f), IL_OK);
	k.n = w.len;
	assert_int_equal(unprotect(&p.dev, &k, &out, &f), IL_OK);
	assert_int_equal(out.type, TLP_CFGWR1);
	assert_true(out.ide);
	refused(&p.dev, &plain, IL_E_STATE, &ide_rule_cfg);
	assert_int_equal(ide_state(&p.dev, 0), IDE_SECURE);

	t = (struct tlp){ .type = TLP_CFGRD0,
			  .dest = DEV_RID,
			  .len_dw = 1,
			  .first_be = 0xf };
	w = wr_over(k.b, sizeof(k.b));
	assert_int_equal(ide_transmit(&p.root, &t, &w, &f), IL_OK);
	k.n = w.len;
	assert_int_equal(unprotect(&p.dev, &k, &out, &f), IL_OK);
	assert_int_equal(out.type, TLP_CFGRD1);

	/* Once the stream is Insecure the device can be reached again. */
	assert_int_equal(ide_wipe(&p.dev, 0, IDE_CAUSE_WIPED), IL_OK);
	accepted(&p.dev, &plain);
}

static void other_plain_packets_pass_while_configuration_is_bound(void **unused)
{
	(void)unused;
	struct tlp t = down_posted();
	struct packet k;
	struct wr w = wr_over(k.b, sizeof(k.b));

	pair_connect(&p);
	p.dev.stream[0].cfg_seen = true;
	assert_int_equal(tlp_encode(&w, &t), IL_OK);
	k.n = w.len;
	accepted(&p.dev, &k);
}

/* A second stream may not carry what the first has bound. */
static void configuration_on_another_stream_is_discarded(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_root_cfg(true);
	struct tlp t = cfg_write(DEV_RID, true);
	struct packet k;

	pair_connect(&p);
	c.cfg_en = true;
	patch(&p.root, &c);
	p.dev.stream[1].cfg_seen = true;
	p.dev.stream[1].state = IDE_ST_SECURE;
	p.dev.stream[1].cfg.enable = true;
	p.dev.stream[1].cfg.id = 9;
	k = protect(&p.root, &t);
	refused(&p.dev, &k, IL_E_STATE, &ide_rule_cfg);
	assert_int_equal(ide_state(&p.dev, 0), IDE_SECURE);
	assert_false(p.dev.stream[0].cfg_seen);
	/* It was genuine and has been counted. */
	assert_int_equal(p.dev.received, 1);
}

/* §6.33.4, TEE-IO: requester and completer against the RID range. */
static void strangers_on_a_stream_are_found_by_rid(void **unused)
{
	(void)unused;
	static const struct {
		uint16_t rid;
		bool ok;
	} rows[] = {
		{ DEV_RID - 1, false },
		{ DEV_RID, true },
		{ DEV_RID + 7, true },
		{ DEV_RID + 8, false },
	};
	struct fault f;

	pair_connect(&p);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tlp t = up_posted();

		memset(&f, 0, sizeof(f));
		t.ide = true;
		t.prefix.stream = STREAM;
		t.requester = rows[i].rid;
		assert_int_equal(ide_rid_ok(&p.root, &t, &f), rows[i].ok);
		assert_ptr_equal(f.rule, rows[i].ok ? NULL : &ide_rule_rid);
		t = up_cpl();
		t.ide = true;
		t.prefix.stream = STREAM;
		t.completer = rows[i].rid;
		t.requester = 0;
		assert_int_equal(ide_rid_ok(&p.root, &t, &f), rows[i].ok);
		if (!rows[i].ok)
			assert_int_equal(f.id, rows[i].rid);
		/* In the clear nobody vouches for anything. */
		t.ide = false;
		assert_true(ide_rid_ok(&p.root, &t, &f));
	}
}

static void an_endpoint_accepts_all_on_its_default_stream(void **unused)
{
	(void)unused;
	struct ide_stream_cfg c = pair_dev_cfg(true);
	struct tlp t = down_posted();
	struct fault f = { 0 };

	pair_connect(&p);
	t.ide = true;
	t.prefix.stream = STREAM;
	t.requester = 0x7777;
	assert_true(ide_rid_ok(&p.dev, &t, &f));
	c.is_default = false;
	patch(&p.dev, &c);
	assert_false(ide_rid_ok(&p.dev, &t, &f));
	assert_int_equal(f.who, AGENT_HOST);
	t.prefix.stream++;
	assert_false(ide_rid_ok(&p.dev, &t, &f));
	/* The root port's default bit excuses nothing. */
	c = pair_root_cfg(true);
	c.is_default = true;
	patch(&p.root, &c);
	t.prefix.stream = STREAM;
	assert_false(ide_rid_ok(&p.root, &t, &f));
}

static void our_own_messages_carry_our_own_rid(void **unused)
{
	(void)unused;
	struct tlp t;

	pair_connect(&p);
	ide_self_set(&p.dev, 0x0200);
	ide_fail_msg(&p.dev, 0, &t);
	assert_int_equal(t.requester, 0x0200);
	assert_int_equal(t.dest, ROOT_RID);
	assert_int_equal(t.tc, 0);
	assert_int_equal(t.msg_hdr & 0xff, STREAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_permitted_types_are_sent_and_received),
		cmocka_unit_test(an_authentic_packet_of_a_forbidden_type_fails),
		cmocka_unit_test(a_forbidden_type_is_not_protected),
		cmocka_unit_test(the_root_port_selects_by_address_and_rid),
		cmocka_unit_test(the_default_stream_takes_what_no_other_takes),
		cmocka_unit_test(an_insecure_stream_is_still_selected),
		cmocka_unit_test(
			a_tee_limited_stream_leaves_plain_requests_alone),
		cmocka_unit_test(transmit_protects_what_a_stream_takes),
		cmocka_unit_test(
			transmit_sends_the_rest_in_the_clear_but_never_t),
		cmocka_unit_test(transmit_discards_on_an_insecure_stream),
		cmocka_unit_test(configuration_requests_stay_on_their_stream),
		cmocka_unit_test(
			other_plain_packets_pass_while_configuration_is_bound),
		cmocka_unit_test(configuration_on_another_stream_is_discarded),
		cmocka_unit_test(strangers_on_a_stream_are_found_by_rid),
		cmocka_unit_test(an_endpoint_accepts_all_on_its_default_stream),
		cmocka_unit_test(our_own_messages_carry_our_own_rid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
