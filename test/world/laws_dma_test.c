/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include "world/plat_sev_tio.h"

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

static void law_40_an_entry_for_a_tdi_that_is_not_booked(void **unused)
{
	const struct own_sdte e = { .valid = true, .asid = 1 };

	(void)unused;
	assert_int_equal(
		own_sdte_write(&plat()->own, last()->dev[0]->tdi[0].rid, &e),
		IL_OK);
	breaks(40);
}

static void law_41_an_entry_for_another_guest_rid(void **unused)
{
	struct own_sdte e;

	(void)unused;
	assert_int_equal(own_sdte_read(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	e.guest_device_id++;
	assert_int_equal(own_sdte_write(&plat()->own, last()->bind[0].rid, &e),
			 IL_OK);
	breaks(41);
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

static void law_40_an_entry_for_a_rid_without_tdi(void **unused)
{
	const struct own_sdte e = honest_entry();

	(void)unused;
	assert_int_equal(own_sdte_write(&plat()->own, 0x1234, &e), IL_OK);
	breaks(40);
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

static void plain_to_private(struct law_memo *m)
{
	m->t = false;
	m->passes = true;
}

static void law_43_plain_dma_to_a_private_page(void **unused)
{
	(void)unused;
	LIE(memo, plain_to_private);
	plat()->own.changes++;
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

static void none_lives(struct law_tvm *v)
{
	memset(v, 0, LAW_TVMS * sizeof(*v));
}

static void law_46_a_tvm_that_goes_under_its_tdi(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < LAW_TVMS; i++)
		last()->tvm[i].owner = 0;
	LIE(tvm, none_lives);
	breaks_with(46, (const unsigned[]){ 50, 0 });
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

static void dead_he_says(struct law_bind *b)
{
	unlocked_he_says(b);
	b->state = TSM_BIND_DEAD;
}

static void law_48_a_failed_stop_that_leaves_the_stream_open(void **unused)
{
	(void)unused;
	last()->bind[0].state = TSM_BIND_STOPPING;
	LIE(bind, dead_he_says);
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

static void pending_stop(struct law_conn *c)
{
	c->pending = 0xdd;
	c->verb = TSM_HEARTBEAT;
}

static void law_52_a_command_that_takes_anothers_exchange(void **unused)
{
	(void)unused;
	last()->conn[0].pending = 0xdc;
	last()->conn[0].verb = TSM_HEARTBEAT;
	LIE(conn, pending_stop);
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

static void law_53_a_tdi_in_error_that_was_never_locked(void **unused)
{
	(void)unused;
	t.w->dev[0].dev->tdis[0].state = TDI_ERROR;
	breaks(53);
}

/* A lock in the same step, by the trace, is the way there. */
static void law_53_holds_for_a_lock_that_falls_at_once(void **unused)
{
	(void)unused;
	world_trace_ev(t.w, TDISP_TRACE_STATE, 0,
		       TDI_UNLOCKED | TDI_LOCKED << 8, 0);
	t.w->dev[0].dev->tdis[0].state = TDI_ERROR;
	assert_int_equal(laws_step(t.w), IL_OK);
}

/* Nothing but ERROR is excused by it. */
static void law_53_a_lock_and_a_start_in_one_step(void **unused)
{
	(void)unused;
	world_trace_ev(t.w, TDISP_TRACE_STATE, 0,
		       TDI_UNLOCKED | TDI_LOCKED << 8, 0);
	last()->dev[0]->tdi[0].state = TDI_UNLOCKED;
	breaks(53);
}

static void law_55_the_default_stream_bound_for_peers(void **unused)
{
	struct tdi *d = &t.w->dev[0].dev->tdis[0];

	(void)unused;
	d->p2p[d->lock.default_stream / 32] |= 1u
					       << d->lock.default_stream % 32;
	breaks(55);
}

/* Nobody keyed stream 9. */
static void law_55_a_peer_stream_without_keys(void **unused)
{
	(void)unused;
	t.w->dev[0].dev->tdis[0].p2p[0] = 1u << 9;
	breaks(55);
}

static void law_55_a_peer_stream_outside_run(void **unused)
{
	(void)unused;
	t.w->dev[0].dev->tdis[0].p2p[0] = 1u << 9;
	breaks(55);
}

/* clang-format off */
static const struct CMUnitTest tests[] = {
	AT(accepted, law_40_an_entry_while_the_tdi_is_locked),
	AT(connected, law_40_an_entry_for_a_tdi_that_is_not_booked),
	AT(running, law_41_an_entry_for_another_guest_rid),
	AT(running, law_41_an_entry_for_another_stream),
	AT(running, law_41_an_entry_with_a_bit_of_nobody),
	AT(running, law_40_an_entry_for_a_rid_without_tdi),
	AT(running, while_the_rules_are_awake_a_stale_way_breaks_no_law),
	AT(running, law_42_dma_to_where_the_cpu_has_another_page),
	AT(running, law_43_dma_to_a_page_that_is_not_private_any_more),
	AT(running, law_43_plain_dma_to_a_private_page),
	AT(running, law_44_a_leaf_of_another_size),
	AT(running, law_45_an_entry_that_the_iommu_does_not_forget),
	AT(running, law_46_a_tvm_that_goes_while_an_entry_leads_to_it),
	AT(running, law_46_a_tvm_that_goes_under_its_tdi),
	AT(connected, law_48_a_stop_that_the_device_did_not_confirm),
	AT(connected, law_48_a_failed_stop_that_leaves_the_stream_open),
	AT(running, law_50_a_bound_tvm_without_its_key),
	AT(running, law_52_a_command_that_waits_for_nothing),
	AT(running, law_52_a_command_that_takes_anothers_exchange),
	AT(connected, law_53_a_stream_that_steps_back),
	AT(connected, law_53_a_tdi_in_error_that_was_never_locked),
	AT(connected, law_53_holds_for_a_lock_that_falls_at_once),
	AT(running, law_53_a_lock_and_a_start_in_one_step),
	AT(connected, law_55_a_peer_stream_outside_run),
	AT(running, law_55_the_default_stream_bound_for_peers),
	AT(running, law_55_a_peer_stream_without_keys),
};
/* clang-format on */

int laws_dma_tests(void)
{
	return cmocka_run_group_tests_name("laws of DMA and objects", tests,
					   make_identity, drop_identity);
}
