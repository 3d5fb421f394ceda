/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers that move away under their importers. */
#include "machine.h"

#include <errno.h>

#define A M_MMIO
#define B (M_MMIO + UINT64_C(0x10000))

struct importer {
	unsigned told;
	enum dmabuf_state saw; /* when it was told last */
	bool busy;
	unsigned asked; /* times; 0: for ever */
};

static void invalidate(void *ctx, struct dmabuf *b)
{
	struct importer *i = ctx;

	i->told++;
	i->saw = b->state;
}

static bool busy(void *ctx, const struct dmabuf *b)
{
	struct importer *i = ctx;

	(void)b;
	if (i->asked && !--i->asked)
		i->busy = false;
	return i->busy;
}

static struct dmabuf_importer as(struct importer *i)
{
	return (struct dmabuf_importer){ .invalidate = invalidate,
					 .ctx = i,
					 .busy = busy };
}

struct rig {
	struct machine *m;
	struct kpool pool;
	struct dmabuf *b;
	struct importer i;
};

static void rig_new(struct rig *g, bool revoked)
{
	const struct dmabuf_range r[] = { { A, 0x2000 }, { B, 0x1000 } };

	memset(g, 0, sizeof(*g));
	g->m = machine_new();
	kpool_init(&g->pool, g->m->h.k.arena, sizeof(struct dmabuf), 0);
	g->b = dmabuf_new(&g->m->h.k, &g->pool, r, 2, revoked);
	assert_non_null(g->b);
}

static void rig_free(struct rig *g)
{
	k_file_put(g->b->file);
	assert_int_equal(g->pool.live, 0);
	machine_free(g->m);
}

static void a_frame_is_found_across_ranges(void **u)
{
	struct rig g;

	(void)u;
	rig_new(&g, false);
	assert_int_equal(g.b->len, 0x3000);
	assert_int_equal(dmabuf_frame(g.b, 0), A);
	assert_int_equal(dmabuf_frame(g.b, 0x1fff), A + 0x1fff);
	assert_int_equal(dmabuf_frame(g.b, 0x2000), B);
	assert_int_equal(dmabuf_frame(g.b, 0x2fff), B + 0xfff);
	assert_null(dmabuf_new(&g.m->h.k, &g.pool, NULL, 0, false));
	assert_null(dmabuf_new(&g.m->h.k, &g.pool, g.b->range,
			       DMABUF_RANGES + 1, false));
	rig_free(&g);
}

static void who_cannot_be_told_does_not_attach(void **u)
{
	struct rig g;
	struct dmabuf_importer i = as(&g.i);

	(void)u;
	rig_new(&g, false);
	i.invalidate = NULL;
	assert_int_equal(dmabuf_attach(g.b, &i), -EOPNOTSUPP);
	i = as(&g.i);
	i.no_p2p = true;
	assert_int_equal(dmabuf_attach(g.b, &i), -EOPNOTSUPP);
	i.no_p2p = false;
	for (unsigned n = 0; n < DMABUF_IMPORTERS; n++)
		assert_int_equal(dmabuf_attach(g.b, &i), 0);
	assert_int_equal(dmabuf_attach(g.b, &i), -EBUSY);
	dmabuf_detach(g.b, &g.i);
	assert_int_equal(dmabuf_attach(g.b, &i), 0);
	dmabuf_detach(g.b, &g.i);
	assert_int_equal(dmabuf_revoke(g.b), 0);
	assert_int_equal(dmabuf_attach(g.b, &i), -ENODEV);
	assert_int_equal(g.i.told, 0);
	rig_free(&g);
}

static void the_flag_is_set_before_an_importer_is_told(void **u)
{
	struct rig g;
	const struct dmabuf_importer i = as(&g.i);

	(void)u;
	rig_new(&g, false);
	assert_int_equal(dmabuf_attach(g.b, &i), 0);
	assert_int_equal(dmabuf_revoke(g.b), 0);
	assert_int_equal(g.i.told, 1);
	assert_int_equal(g.i.saw, DMABUF_REVOKING);
	assert_int_equal(g.b->state, DMABUF_REVOKED);
	/* twice is once */
	assert_int_equal(dmabuf_revoke(g.b), 0);
	assert_int_equal(g.i.told, 1);
	/* it may look again */
	assert_int_equal(dmabuf_restore(g.b), 0);
	assert_int_equal(g.i.told, 2);
	assert_int_equal(g.i.saw, DMABUF_LIVE);
	assert_int_equal(dmabuf_restore(g.b), 0);
	assert_int_equal(g.i.told, 2);
	rig_free(&g);
}

static void a_revocation_waits_for_work_in_flight(void **u)
{
	struct rig g;
	const struct dmabuf_importer i = as(&g.i);

	(void)u;
	rig_new(&g, false);
	assert_int_equal(dmabuf_attach(g.b, &i), 0);
	g.i.busy = true;
	assert_int_equal(dmabuf_revoke(g.b), -EAGAIN);
	assert_int_equal(dmabuf_revoke(g.b), -EAGAIN);
	assert_int_equal(g.i.told, 1);
	assert_int_equal(g.b->state, DMABUF_REVOKING);
	assert_int_equal(dmabuf_attach(g.b, &i), -ENODEV);
	/* it does not come back before it is gone */
	assert_int_equal(dmabuf_restore(g.b), -EAGAIN);
	assert_int_equal(g.b->state, DMABUF_REVOKING);
	g.i.busy = false;
	assert_int_equal(dmabuf_revoke(g.b), 0);
	assert_int_equal(g.b->state, DMABUF_REVOKED);
	rig_free(&g);
}

static void a_dead_buffer_stays_dead(void **u)
{
	struct rig g;
	const struct dmabuf_importer i = as(&g.i);

	(void)u;
	rig_new(&g, false);
	assert_int_equal(dmabuf_attach(g.b, &i), 0);
	dmabuf_kill(g.b);
	assert_int_equal(g.b->state, DMABUF_DEAD);
	assert_int_equal(g.i.told, 1);
	assert_int_equal(dmabuf_restore(g.b), 0);
	assert_int_equal(dmabuf_revoke(g.b), 0);
	assert_int_equal(g.b->state, DMABUF_DEAD);
	assert_int_equal(dmabuf_attach(g.b, &i), -ENODEV);
	rig_free(&g);
}

static void the_exporter_waits_before_it_leaves_but_not_for_ever(void **u)
{
	(void)u;
	for (unsigned stuck = 0; stuck < 2; stuck++) {
		struct rig g;
		struct dmabuf_importer i;
		uint64_t from;

		rig_new(&g, false);
		i = as(&g.i);
		from = g.m->now;
		assert_int_equal(dmabuf_attach(g.b, &i), 0);
		g.i.busy = true;
		g.i.asked = stuck ? 0 : 5;
		dmabuf_kill(g.b);
		assert_int_equal(g.b->state, DMABUF_DEAD);
		assert_null(g.b->owner);
		assert_int_equal(g.m->now - from, stuck ? 1000000000 : 4000000);
		rig_free(&g);
	}
}

static void one_born_revoked_is_restored_like_any(void **u)
{
	struct rig g;
	const struct dmabuf_importer i = as(&g.i);

	(void)u;
	rig_new(&g, true);
	assert_int_equal(dmabuf_attach(g.b, &i), -ENODEV);
	assert_int_equal(dmabuf_restore(g.b), 0);
	assert_int_equal(dmabuf_attach(g.b, &i), 0);
	rig_free(&g);
}

static void a_buffer_that_moves_tells_those_who_have_it_and_stays_live(void **u)
{
	struct rig g;
	const struct dmabuf_importer i = as(&g.i);

	(void)u;
	rig_new(&g, false);
	assert_int_equal(dmabuf_attach(g.b, &i), 0);
	dmabuf_move(g.b);
	assert_int_equal(g.i.told, 1);
	assert_int_equal(g.i.saw, DMABUF_LIVE);
	assert_int_equal(g.b->state, DMABUF_LIVE);
	assert_int_equal(dmabuf_revoke(g.b), 0);
	assert_int_equal(g.i.told, 2);
	/* there is nothing to let go of */
	dmabuf_move(g.b);
	assert_int_equal(g.i.told, 2);
	assert_int_equal(g.b->state, DMABUF_REVOKED);
	dmabuf_kill(g.b);
	dmabuf_move(g.b);
	assert_int_equal(g.b->state, DMABUF_DEAD);
	rig_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_found_across_ranges),
		cmocka_unit_test(who_cannot_be_told_does_not_attach),
		cmocka_unit_test(the_flag_is_set_before_an_importer_is_told),
		cmocka_unit_test(a_revocation_waits_for_work_in_flight),
		cmocka_unit_test(a_dead_buffer_stays_dead),
		cmocka_unit_test(
			the_exporter_waits_before_it_leaves_but_not_for_ever),
		cmocka_unit_test(one_born_revoked_is_restored_like_any),
		cmocka_unit_test(
			a_buffer_that_moves_tells_those_who_have_it_and_stays_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
