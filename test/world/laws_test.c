/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "world/laws_priv.h"
#include "world/plat_sev_tio.h"
#include "world/world_priv.h"

/*
 * Each law against a fault of its own: a world is driven to where the law
 * holds, one object of it is changed (or one table wrapped, or what is
 * remembered of the step before), and that law is named.
 */

#define CALLS 128

static struct {
	const char *path; /* scenarios/assign.il */
	char text[8192];
	size_t text_len;
	struct ossl *o;
	struct identity id;
	uint8_t anchor[CRYPTO_CERT_MAX];
	size_t anchor_len;
	uint8_t payload[10000];
	struct lang_call call[CALLS];
	struct lang_script script;
	struct world *w;
	size_t next; /* call of the script */
} t;

/* --- a world, as far as a command of the scenario --- */

static int read_scenario(void)
{
	FILE *f = fopen(t.path, "r");

	if (!f)
		return -1;
	t.text_len = fread(t.text, 1, sizeof(t.text), f);
	return fclose(f);
}

static int make_identity(void **unused)
{
	const struct ossl_cfg ocfg = { .seeded = true, .seed = 3 };
	const struct identity_cfg cfg = { .vendor = 0x1d1a,
					  .device = 1,
					  .class_code = 0x120000,
					  .revision = 1,
					  .subsys_vendor = 0x1d1a,
					  .subsys_device = 1,
					  .serial = 0x1d1a000000000001,
					  .not_before_s = 1000000000,
					  .not_after_s = 4000000000 };
	struct identity_files *f = malloc(sizeof(*f));
	enum identity_fault fault;
	int bad;

	(void)unused;
	for (size_t i = 0; i < sizeof(t.payload); i++)
		t.payload[i] = (uint8_t)(i * 7 + i / 251);
	bad = !f || read_scenario() || ossl_new(&ocfg, &t.o) ||
	      identity_new(t.o, &cfg, f) ||
	      identity_load(t.o, f->chain.text, f->chain.len,
			    f->key[IDENTITY_LEAF].text,
			    f->key[IDENTITY_LEAF].len, &t.id, &fault) ||
	      identity_anchor(t.o, f->cert[IDENTITY_ROOT].text,
			      f->cert[IDENTITY_ROOT].len, t.anchor,
			      &t.anchor_len);
	free(f);
	return bad;
}

static void open_world(const char *vfs, const char *bdf)
{
	const struct world_cfg cfg = {
		.seed = 11,
		.now_s = 2000000000,
		.identity = &t.id,
		.anchor = t.anchor,
		.anchor_len = t.anchor_len,
		.payload = t.payload,
		.payload_len = sizeof(t.payload),
	};
	struct lang_error e = { 0 };

	t.script = (struct lang_script){ .call = t.call, .cap = CALLS };
	t.next = 0;
	assert_int_equal(lang_set(&t.script, "VFS", vfs), IL_OK);
	assert_int_equal(lang_set(&t.script, "BDF", bdf), IL_OK);
	assert_int_equal(
		lang_parse(&t.script, &world_commands, t.text, t.text_len, &e),
		IL_OK);
	assert_int_equal(world_new(&cfg, &t.w), IL_OK);
}

static int close_world(void **unused)
{
	(void)unused;
	if (t.w)
		world_free(t.w);
	t.w = NULL;
	return 0;
}

static void go(const char *role, const char *verb)
{
	for (;;) {
		const struct lang_call *c = &t.call[t.next++];
		struct world_end end = { 0 };

		assert_true(t.next <= t.script.n);
		if (world_call(t.w, c, c + 1, &end))
			fail_msg("line %u: %s", c->line, end.what);
		if (strcmp(c->cmd->role, role) == 0 && c->cmd->verb &&
		    strcmp(c->cmd->verb, verb) == 0)
			return;
	}
}

static int at(const char *role, const char *verb)
{
	open_world("0", "0000:01:00.0");
	go(role, verb);
	return 0;
}

static int connected(void **unused)
{
	(void)unused;
	return at("host", "connect");
}

static int judged(void **unused)
{
	(void)unused;
	return at("guest", "evidence");
}

static int accepted(void **unused)
{
	(void)unused;
	return at("guest", "accept");
}

static int running(void **unused)
{
	(void)unused;
	return at("guest", "dma");
}

/* --- planting --- */

/* What the laws take for the state before this step. */
static struct law_facts *last(void)
{
	return &t.w->laws->facts[t.w->laws->cur];
}

static struct law_page *last_page(unsigned i)
{
	return &t.w->laws->page[t.w->laws->page_cur][i];
}

static struct sev_plat *plat(void)
{
	return t.w->plat_ctx;
}

/* The stream's block at the root port, at the device. */
static struct ide_stream *port_stream(void)
{
	int i = law_block(&last()->end[LAW_PORT], last()->conn[0].stream_id);

	assert_int_not_equal(i, LAW_NONE);
	return &t.w->fabric.port[t.w->port].ide.stream[i];
}

static struct ide_stream *dev_stream(void)
{
	int i = law_block(&last()->end[LAW_DEVICE], last()->conn[0].stream_id);

	assert_int_not_equal(i, LAW_NONE);
	return &t.w->dev->ide.stream[i];
}

static struct law_stream *last_stream(unsigned end)
{
	return &last()->end[end].s[law_block(&last()->end[end],
					     last()->conn[0].stream_id)];
}

/* A view of the platform that tells one lie. */
static struct {
	void (*conn)(struct law_conn *c);
	void (*bind)(struct law_bind *b);
	void (*tvm)(struct law_tvm *v);
	void (*entry)(struct law_entry *e);
	void (*page)(struct law_page *p);
	void (*memo)(struct law_memo *m);
	unsigned told;
} lie;

static void lie_conns(struct world *w, struct law_conn out[LAW_CONNS])
{
	law_sev_tio.conns(w, out);
	if (lie.conn)
		lie.conn(out);
}

static void lie_binds(struct world *w, struct law_bind out[LAW_BINDS])
{
	law_sev_tio.binds(w, out);
	if (lie.bind)
		lie.bind(out);
}

static void lie_tvms(struct world *w, struct law_tvm out[LAW_TVMS])
{
	law_sev_tio.tvms(w, out);
	if (lie.tvm)
		lie.tvm(out);
}

static bool lie_entry(struct world *w, uint16_t rid, struct law_entry *out)
{
	bool ok = law_sev_tio.entry(w, rid, out);

	if (ok && lie.entry && out->valid)
		lie.entry(out);
	return ok;
}

static bool lie_page(struct world *w, uint64_t pa, struct law_page *out)
{
	bool ok = law_sev_tio.page(w, pa, out);

	/* Of the first accepted page alone. */
	if (ok && lie.page && out->validated && !lie.told++)
		lie.page(out);
	return ok;
}

static struct law_view lying;
static struct world_plat liar;

/* Has the laws ask through us, and look at all pages once more. */
static void wrap(void)
{
	lying = law_sev_tio;
	lying.conns = lie_conns;
	lying.binds = lie_binds;
	lying.tvms = lie_tvms;
	lying.entry = lie_entry;
	lying.page = lie_page;
	liar = *t.w->plat;
	liar.law = &lying;
	t.w->plat = &liar;
}

#define LIE(what, fn)                         \
	do {                                  \
		memset(&lie, 0, sizeof(lie)); \
		lie.what = (fn);              \
		wrap();                       \
	} while (0)

static void all_pages_again(void)
{
	t.w->laws->changes--;
}

static bool names(unsigned number, const unsigned *also)
{
	for (; *also; also++)
		if (*also == number)
			return true;
	return false;
}

/* @law is named, and no other but those in @also (ends with 0) is broken. */
static void breaks_with(unsigned law, const unsigned *also)
{
	const struct world_laws *l = t.w->laws;
	char want[16];

	assert_int_equal(laws_step(t.w), IL_E_STATE);
	snprintf(want, sizeof(want), "law %u: ", law);
	if (strncmp(t.w->last_text, want, strlen(want)) != 0)
		fail_msg("law %u was to be named; %s", law, t.w->last_text);
	assert_int_equal(t.w->law, law);
	assert_non_null(strstr(t.w->last_text, "; step "));
	for (const struct law *x = world_law_table; x->number; x++) {
		struct law_case c = { 0 };

		x->fn(&l->facts[!l->cur], &l->facts[l->cur], &c);
		if (c.broken != (x->number == law || names(x->number, also)))
			fail_msg("law %u, while law %u is broken: %s",
				 x->number, law, c.facts);
	}
	/* A broken world stays broken. */
	assert_int_equal(laws_step(t.w), IL_E_STATE);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
}

static void breaks(unsigned law)
{
	breaks_with(law, (const unsigned[]){ 0 });
}

/* --- sessions and keys --- */

static void law_1_a_key_without_any_session(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < SPDM_RSP_SESSIONS; i++)
		t.w->dev->dsm.spdm.ses[i].state = SPDM_SES_NONE;
	last()->any_session = false;
	last()->keys_held = 0;
	/* Keys of a session that is over are against law 3 too. */
	breaks_with(1, (const unsigned[]){ 3, 0 });
}

static void law_2_a_lock_over_a_stream_that_is_not_fully_keyed(void **unused)
{
	struct idekm_stream *km = t.w->dev->km;

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
		t.w->dev->dsm.spdm.ses[i].state = SPDM_SES_NONE;
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
	struct ide_port *p = &t.w->dev->ide;

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
	last_stream(LAW_DEVICE)->lost_at = last()->end[LAW_DEVICE].log_n - 5;
	breaks(9);
}

static void law_10_an_unlocked_function_with_bytes_in_it(void **unused)
{
	(void)unused;
	last()->tdi[0].state = TDI_ERROR;
	t.w->dev->fn[0].mem[4711] = 1;
	breaks(10);
}

static void law_12_two_streams_with_the_same_rids(void **unused)
{
	struct ide_stream *s = &t.w->fabric.port[t.w->port].ide.stream[5];

	(void)unused;
	s->cfg = port_stream()->cfg;
	s->cfg.id = 77;
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
	t.w->fabric.port[t.w->port].cfg.image[0x19] ^= 4;
	breaks(13);
}

static void law_13_a_rid_range_that_moves_under_a_stream(void **unused)
{
	(void)unused;
	port_stream()->cfg.rid_limit--;
	breaks(13);
}

/* --- bindings and lock sessions --- */

static void booked_twice(struct law_bind *b)
{
	b[1] = (struct law_bind){ .state = TSM_BIND_UNLOCKED,
				  .conn = b[0].conn,
				  .rid = b[0].rid };
}

static void law_15_a_tdi_booked_twice(void **unused)
{
	(void)unused;
	LIE(bind, booked_twice);
	breaks(15);
}

static void law_15_a_lock_session_that_changes_hands(void **unused)
{
	(void)unused;
	last()->bind[0].tvm += 0x1000;
	breaks(15);
}

static void other_stream(struct law_conn *c)
{
	c->stream_id = 9;
}

static void law_16_a_lock_without_secure_stream(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(conn, other_stream);
	breaks(16);
}

static void beyond(struct law_bind *b)
{
	b->rid = 0x0108;
}

static void law_16_a_lock_of_a_rid_outside_the_stream(void **unused)
{
	(void)unused;
	port_stream()->cfg.rid_limit = 0x0107;
	last_stream(LAW_PORT)->cfg.rid_limit = 0x0107;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(bind, beyond);
	breaks(16);
}

static void starting(struct law_bind *b)
{
	b->state = TSM_BIND_STARTING;
}

static void law_17_a_tdi_that_waits_for_no_exchange(void **unused)
{
	(void)unused;
	LIE(bind, starting);
	breaks(17);
}

static void says_unlocked(struct law_bind *b)
{
	b->tdi = TSM_TDI_UNLOCKED;
}

static void law_19_locked_against_what_the_device_says(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_LOCKING;
	LIE(bind, says_unlocked);
	breaks(19);
}

static void law_20_a_nonce_that_lives_on_in_run(void **unused)
{
	(void)unused;
	t.w->dev->tdis[0].nonce[5] = 1;
	breaks(20);
}

static void no_report(struct law_bind *b)
{
	b->lock.report_valid = false;
}

static void law_21_run_without_what_the_tvm_decides_on(void **unused)
{
	(void)unused;
	LIE(bind, no_report);
	breaks(21);
}

static void law_23_bytes_moved_in_error(void **unused)
{
	(void)unused;
	t.w->dev->tdis[0].state = TDI_ERROR;
	last()->tdi[0].state = TDI_ERROR;
	last()->tdi[0].count = 0;
	last()->tdi[0].moved = 0;
	t.w->dev->fn[0].engine.moved = 8;
	breaks(23);
}

static void law_23_run_out_of_error(void **unused)
{
	(void)unused;
	last()->tdi[0].state = TDI_ERROR;
	breaks_with(23, (const unsigned[]){ 53, 0 }); /* nor is it an edge */
}

static void closed(struct law_conn *c)
{
	c->state = TSM_CONN_CLOSED;
	c->digests = false;
}

static void law_24_keys_after_the_end_of_a_connection(void **unused)
{
	(void)unused;
	LIE(conn, closed);
	breaks(24);
}

static void law_24_a_tdi_back_from_the_dead(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_DEAD;
	breaks_with(24, (const unsigned[]){ 53, 0 });
}

static void next_lock(struct law_bind *b)
{
	b->lock.id++;
	b->named_lock++;
}

static void law_25_evidence_of_an_earlier_lock_session(void **unused)
{
	(void)unused;
	LIE(bind, next_lock);
	breaks(25);
}

static void id_gone(struct law_bind *b)
{
	b->tdi_id = 0;
}

static void law_26_grants_without_a_named_lock_session(void **unused)
{
	(void)unused;
	LIE(bind, id_gone);
	breaks(26);
}

/* --- evidence --- */

static void report_differs(struct law_bind *b)
{
	b->lock.report_digest[0] ^= 1;
}

static void law_27_a_report_that_the_tsm_does_not_know(void **unused)
{
	(void)unused;
	last()->guest.state = GUEST_LOCKED;
	LIE(bind, report_differs);
	breaks(27);
}

static void nonce_differs(struct law_bind *b)
{
	b->lock.meas_nonce[31] ^= 1;
}

static void law_28_measurements_for_another_nonce(void **unused)
{
	(void)unused;
	last()->guest.state = GUEST_LOCKED;
	LIE(bind, nonce_differs);
	breaks(28);
}

static void key_differs(struct law_conn *c)
{
	c->key[0] ^= 1;
}

static void law_29_a_session_made_with_another_leaf(void **unused)
{
	(void)unused;
	last()->guest.state = GUEST_LOCKED;
	LIE(conn, key_differs);
	breaks(29);
}

static void reports_ats(struct law_bind *b)
{
	b->lock.interface_info |= TDISP_INFO_ATS;
}

static void law_31_a_capability_that_the_platform_lacks(void **unused)
{
	(void)unused;
	LIE(bind, reports_ats);
	breaks(31);
}

static void may_update(struct law_bind *b)
{
	b->lock.interface_info &= (uint16_t)~TDISP_INFO_NO_FW_UPDATE;
}

static void law_32_a_report_that_allows_updates(void **unused)
{
	(void)unused;
	LIE(bind, may_update);
	breaks(32);
}

/* --- MMIO --- */

static void moved_gpa(struct law_page *p)
{
	p->gpa += PAGE_4K << 20;
}

static void law_33_a_page_that_the_guest_has_elsewhere(void **unused)
{
	(void)unused;
	LIE(page, moved_gpa);
	all_pages_again();
	breaks(33);
}

static uint64_t some_other_tvm_owner;

static void other_owner(struct law_page *p)
{
	p->owner = (uint32_t)some_other_tvm_owner;
}

static void one_less(struct law_bind *b)
{
	b->mmio_pages--;
}

static void law_33_a_page_of_a_tvm_that_has_no_such_tdi(void **unused)
{
	(void)unused;
	some_other_tvm_owner = last()->bind[0].owner + 1;
	LIE(page, other_owner);
	lie.bind = one_less;
	for (unsigned i = 0; i < last()->pages; i++)
		last_page(i)->assigned = false; /* not taken from it: law 37 */
	all_pages_again();
	breaks_with(33, (const unsigned[]){ 0 });
}

static void law_33_an_accepted_page_far_from_any_bar(void **unused)
{
	struct own_range *r = NULL;

	(void)unused;
	for (uint32_t i = 0; i < plat()->own.ranges; i++)
		if (plat()->own.range[i].page[0].flags & OWN_F_IO)
			r = &plat()->own.range[i];
	assert_non_null(r);
	r->page[r->size / PAGE_4K - 1].flags |=
		OWN_F_ASSIGNED | OWN_F_VALIDATED | OWN_F_IMMUTABLE;
	/* Steps do not look there; the full pass does. */
	assert_int_equal(laws_step(t.w), IL_OK);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
	assert_int_equal(t.w->law, 33);
}

static void the_full_pass_sees_what_no_change_was_told_of(void **unused)
{
	const struct law_page *p = last_page(2); /* MSI-X table: the host's */
	struct own_range *r = NULL;

	(void)unused;
	for (uint32_t i = 0; i < plat()->own.ranges; i++)
		if (p->pa - plat()->own.range[i].base <
		    plat()->own.range[i].size)
			r = &plat()->own.range[i];
	assert_non_null(r);
	assert_false(p->validated);
	r->page[(p->pa - r->base) / PAGE_4K].gpa ^= PAGE_4K << 30;
	assert_int_equal(laws_step(t.w), IL_OK);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
	assert_non_null(strstr(t.w->last_text, "full pass"));
}

static void law_34_a_page_accepted_before_the_verdict(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < last()->pages; i++)
		last_page(i)->validated = false;
	t.w->guest->state = GUEST_LOCKED;
	all_pages_again();
	breaks(34);
}

static void not_pinned(struct law_page *p)
{
	p->pinned = false;
}

static void law_35_a_page_that_the_host_may_retype(void **unused)
{
	(void)unused;
	LIE(page, not_pinned);
	all_pages_again();
	breaks(35);
}

static void is_large(struct law_page *p)
{
	p->large = true;
}

static void law_36_an_entry_of_2m(void **unused)
{
	(void)unused;
	LIE(page, is_large);
	all_pages_again();
	breaks(36);
}

static void reported_non_tee(struct law_bind *b)
{
	b->lock.range[0].attr |= TDISP_RANGE_NON_TEE;
}

static void law_36_a_range_that_is_not_for_tees(void **unused)
{
	(void)unused;
	LIE(bind, reported_non_tee);
	all_pages_again();
	breaks(36);
}

static void hosts_now(struct law_page *p)
{
	p->assigned = false;
	p->validated = false;
	p->pinned = false;
	p->owner = 0;
}

static void law_37_a_page_taken_before_it_is_revoked(void **unused)
{
	(void)unused;
	LIE(page, hosts_now);
	lie.bind = one_less;
	all_pages_again();
	breaks(37);
}

static void law_38_a_count_that_is_short(void **unused)
{
	(void)unused;
	LIE(bind, one_less);
	all_pages_again();
	breaks(38);
}

static void law_38_a_tdi_released_with_its_entry(void **unused)
{
	(void)unused;
	/* One that was there and is not; its RID has a valid entry. */
	last()->bind[3].state = TSM_BIND_UNLOCKED;
	last()->bind[3].rid = last()->bind[0].rid;
	breaks(38);
}

static void not_accepted(struct law_page *p)
{
	p->validated = false;
}

static void law_39_a_device_taken_over_but_for_one_page(void **unused)
{
	(void)unused;
	last()->guest.state = GUEST_JUDGED;
	LIE(page, not_accepted);
	lie.bind = one_less;
	all_pages_again();
	breaks(39);
}

/* --- DMA --- */

static struct own_sdte honest_entry(void)
{
	const struct law_bind *b = &last()->bind[0];
	const struct law_conn *c = &last()->conn[b->conn];

	return (struct own_sdte){ .valid = true,
				  .ir = true,
				  .iw = true,
				  .domain_id = (uint16_t)b->owner,
				  .asid = (uint16_t)b->owner,
				  .guest_id = (uint16_t)b->owner,
				  .guest_device_id = b->guest_rid,
				  .stream = { c->stream_id },
				  .rp_id = c->port };
}

static void law_40_an_entry_while_the_tdi_is_locked(void **unused)
{
	const struct own_sdte e = honest_entry();

	(void)unused;
	assert_int_equal(own_sdte_write(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	breaks(40);
}

static void law_41_an_entry_for_another_stream(void **unused)
{
	struct own_sdte e;

	(void)unused;
	assert_int_equal(own_sdte_read(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	assert_true(e.valid);
	e.stream[0]++;
	assert_int_equal(own_sdte_write(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	breaks(41);
}

static void law_41_an_entry_with_a_bit_of_nobody(void **unused)
{
	struct own_sdte e;

	(void)unused;
	assert_int_equal(own_sdte_read(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	e.sats = true;
	assert_int_equal(own_sdte_write(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	breaks(41);
}

static void law_41_an_entry_for_a_rid_without_tdi(void **unused)
{
	const struct own_sdte e = honest_entry();

	(void)unused;
	assert_int_equal(own_sdte_write(&plat()->own, 0x1234, &e), IL_OK);
	assert_int_equal(laws_step(t.w), IL_OK);
	assert_int_equal(laws_end(t.w), IL_E_STATE);
	assert_int_equal(t.w->law, 41);
}

/* The rules of ownership, asleep. */
static const struct rule *lets_all(void *ctx, const struct mem_req *req,
				   struct mem_pass *pass)
{
	const struct rule *r = own_mem_rules.check(ctx, req, pass);

	return req->who == AGENT_DEVICE ? NULL : r;
}

static const struct mem_rules sleeping = { .check = lets_all };

/* The ownership entry of a private page that DMA has reached. */
static struct own_page *reached(void)
{
	for (uint32_t i = 0; i < t.w->iommu.tlb_slots; i++) {
		struct iommu_memo m;

		if (!iommu_memo_at(&t.w->iommu, i, &m) || !m.t)
			continue;
		for (uint32_t k = 0; k < plat()->own.ranges; k++) {
			struct own_range *r = &plat()->own.range[k];

			if (m.pa - r->base < r->size)
				return &r->page[(m.pa - r->base) / PAGE_4K];
		}
	}
	fail_msg("no DMA is remembered");
	return NULL;
}

static void sleep_now(void)
{
	mem_set_rules(&t.w->mem, &sleeping, &plat()->own);
	plat()->own.changes++;
}

static void while_the_rules_are_awake_a_stale_way_breaks_no_law(void **unused)
{
	(void)unused;
	reached()->gpa ^= PAGE_2M;
	plat()->own.changes++;
	assert_int_equal(laws_step(t.w), IL_OK);
}

static void law_42_dma_to_where_the_cpu_has_another_page(void **unused)
{
	(void)unused;
	reached()->gpa ^= PAGE_2M;
	sleep_now();
	breaks(42);
}

static void law_43_dma_to_a_page_that_is_not_private_any_more(void **unused)
{
	(void)unused;
	reached()->flags &= (uint8_t)~OWN_F_VALIDATED;
	sleep_now();
	breaks(43);
}

static void law_44_a_leaf_of_another_size(void **unused)
{
	(void)unused;
	reached()->flags ^= OWN_F_2M;
	sleep_now();
	breaks(44);
}

static void law_45_an_entry_that_the_iommu_does_not_forget(void **unused)
{
	const struct own_sdte none = { .valid = false };

	(void)unused;
	plat()->own.iommu = NULL;
	assert_int_equal(
		own_sdte_write(&plat()->own, last()->bind[0].rid, &none),
		IL_OK);
	breaks(45);
}

static void law_46_a_tvm_that_goes_while_an_entry_leads_to_it(void **unused)
{
	(void)unused;
	last()->tvm[5] = (struct law_tvm){ .id = 0xdead000,
					   .owner = last()->bind[0].owner };
	breaks(46);
}

/* --- teardown, the host's interface, objects --- */

static void unlocked_he_says(struct law_bind *b)
{
	b->state = TSM_BIND_UNLOCKED;
	b->conn = 0;
	b->rid = 0x0100;
	b->tdi = TSM_TDI_RUN;
}

static void law_48_a_stop_that_the_device_did_not_confirm(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_STOPPING;
	LIE(bind, unlocked_he_says);
	breaks(48);
}

static void key_gone(struct law_tvm *v)
{
	for (unsigned i = 0; i < LAW_TVMS; i++)
		v[i].key_live = false;
}

static void law_50_a_bound_tvm_without_its_key(void **unused)
{
	(void)unused;
	LIE(tvm, key_gone);
	breaks(50);
}

static void pending(struct law_conn *c)
{
	c->pending = 0xdc;
}

static void law_52_a_command_that_waits_for_nothing(void **unused)
{
	(void)unused;
	LIE(conn, pending);
	breaks(52);
}

static void only_receivers(struct law_conn *c)
{
	c->stream = TSM_STREAM_RX;
}

static void law_53_a_stream_that_steps_back(void **unused)
{
	(void)unused;
	LIE(conn, only_receivers);
	breaks(53);
}

static void law_55_the_default_stream_bound_for_peers(void **unused)
{
	struct tdi *d = &t.w->dev->tdis[0];

	(void)unused;
	d->p2p[d->lock.default_stream / 32] |= 1u
					       << d->lock.default_stream % 32;
	breaks(55);
}

/* --- whole runs --- */

/* Held in every honest assignment of the scenario. */
static const unsigned asked[] = { 1,  2,  3,  4,  5,  6,  8,  9,  10, 12, 13,
				  15, 16, 17, 19, 20, 21, 25, 26, 27, 28, 29,
				  31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
				  42, 43, 44, 45, 46, 48, 50, 52, 53 };

static void run_whole(const char *vfs, const char *bdf)
{
	struct world_law law[64];
	struct world_sum sum;
	struct world_end end;
	unsigned n;

	open_world(vfs, bdf);
	if (world_run(t.w, &t.script, &end))
		fail_msg("line %u: %s", end.line, end.what);
	assert_int_equal(end.law, 0);
	n = world_laws(t.w, law, COUNT(law));
	for (unsigned i = 0; i < COUNT(asked); i++) {
		uint64_t held = 0;

		for (unsigned k = 0; k < n; k++)
			if (law[k].number == asked[i])
				held = law[k].held;
		if (!held)
			fail_msg("law %u was not put to the test", asked[i]);
	}
	world_sum(t.w, &sum);
	assert_true(sum.laws_tested >= COUNT(asked));
	assert_true(sum.law_checks > sum.steps);
}

static void an_honest_assignment_breaks_no_law(void **unused)
{
	(void)unused;
	run_whole("0", "0000:01:00.0");
}

static void an_honest_assignment_of_a_vf_breaks_no_law(void **unused)
{
	(void)unused;
	run_whole("2", "0000:01:00.2");
}

static void a_run_ends_with_the_law_that_was_broken(void **unused)
{
	const struct lang_call *c = &t.call[t.next];
	struct world_end end = { 0 };

	(void)unused;
	t.w->dev->tdis[0].nonce[0] = 1;
	assert_int_equal(world_call(t.w, c, c + 1, &end), IL_E_STATE);
	assert_int_equal(end.law, 20);
	assert_int_equal(end.line, c->line);
	assert_ptr_equal(strstr(end.what, "law 20: the nonce of a LOCK"),
			 end.what);
	assert_non_null(strstr(end.what, "function 0100 is in TDI state 2; "
					 "it still has"));
}

static void numbers_rise_and_sentences_fit_a_line(void **unused)
{
	unsigned n = 0;

	(void)unused;
	for (const struct law *x = world_law_table; x->number; x++) {
		assert_true(x->number > n && x->number <= 55);
		n = x->number;
		assert_true(strlen(x->says) <= 72);
	}
}

#define AT(where, test) \
	cmocka_unit_test_setup_teardown(test, where, close_world)

/* clang-format off */
static const struct CMUnitTest tests[] = {
	cmocka_unit_test(numbers_rise_and_sentences_fit_a_line),
	cmocka_unit_test_teardown(an_honest_assignment_breaks_no_law, close_world),
	cmocka_unit_test_teardown(an_honest_assignment_of_a_vf_breaks_no_law, close_world),
	AT(running, a_run_ends_with_the_law_that_was_broken),
	AT(connected, law_1_a_key_without_any_session),
	AT(running, law_2_a_lock_over_a_stream_that_is_not_fully_keyed),
	AT(running, law_3_a_session_that_ends_and_nothing_with_it),
	AT(connected, law_3_a_connection_without_session_whose_stream_lives),
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
	AT(connected, law_12_two_streams_with_the_same_rids),
	AT(connected, law_12_a_stream_with_another_id_at_the_device),
	AT(running, law_13_bus_numbers_that_move_under_a_stream),
	AT(running, law_13_a_rid_range_that_moves_under_a_stream),
	AT(running, law_15_a_tdi_booked_twice),
	AT(running, law_15_a_lock_session_that_changes_hands),
	AT(judged, law_16_a_lock_without_secure_stream),
	AT(judged, law_16_a_lock_of_a_rid_outside_the_stream),
	AT(accepted, law_17_a_tdi_that_waits_for_no_exchange),
	AT(judged, law_19_locked_against_what_the_device_says),
	AT(running, law_20_a_nonce_that_lives_on_in_run),
	AT(running, law_21_run_without_what_the_tvm_decides_on),
	AT(running, law_23_bytes_moved_in_error),
	AT(running, law_23_run_out_of_error),
	AT(connected, law_24_keys_after_the_end_of_a_connection),
	AT(running, law_24_a_tdi_back_from_the_dead),
	AT(judged, law_25_evidence_of_an_earlier_lock_session),
	AT(accepted, law_26_grants_without_a_named_lock_session),
	AT(judged, law_27_a_report_that_the_tsm_does_not_know),
	AT(judged, law_28_measurements_for_another_nonce),
	AT(judged, law_29_a_session_made_with_another_leaf),
	AT(judged, law_31_a_capability_that_the_platform_lacks),
	AT(judged, law_32_a_report_that_allows_updates),
	AT(running, law_33_a_page_that_the_guest_has_elsewhere),
	AT(running, law_33_a_page_of_a_tvm_that_has_no_such_tdi),
	AT(running, law_33_an_accepted_page_far_from_any_bar),
	AT(running, the_full_pass_sees_what_no_change_was_told_of),
	AT(accepted, law_34_a_page_accepted_before_the_verdict),
	AT(running, law_35_a_page_that_the_host_may_retype),
	AT(running, law_36_an_entry_of_2m),
	AT(running, law_36_a_range_that_is_not_for_tees),
	AT(running, law_37_a_page_taken_before_it_is_revoked),
	AT(running, law_38_a_count_that_is_short),
	AT(running, law_38_a_tdi_released_with_its_entry),
	AT(accepted, law_39_a_device_taken_over_but_for_one_page),
	AT(accepted, law_40_an_entry_while_the_tdi_is_locked),
	AT(running, law_41_an_entry_for_another_stream),
	AT(running, law_41_an_entry_with_a_bit_of_nobody),
	AT(running, law_41_an_entry_for_a_rid_without_tdi),
	AT(running, while_the_rules_are_awake_a_stale_way_breaks_no_law),
	AT(running, law_42_dma_to_where_the_cpu_has_another_page),
	AT(running, law_43_dma_to_a_page_that_is_not_private_any_more),
	AT(running, law_44_a_leaf_of_another_size),
	AT(running, law_45_an_entry_that_the_iommu_does_not_forget),
	AT(running, law_46_a_tvm_that_goes_while_an_entry_leads_to_it),
	AT(connected, law_48_a_stop_that_the_device_did_not_confirm),
	AT(running, law_50_a_bound_tvm_without_its_key),
	AT(running, law_52_a_command_that_waits_for_nothing),
	AT(connected, law_53_a_stream_that_steps_back),
	AT(running, law_55_the_default_stream_bound_for_peers),
};
/* clang-format on */

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, NULL);
}
