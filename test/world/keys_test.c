/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

/* Keys made new in a whole world, while its device works. */

#define PF "0000:01:00.0"

static void run_text(const char *text)
{
	struct lang_script s = { .call = t.call, .cap = LAWS_CALLS };
	struct world_end end = { 0 };
	struct lang_error e = { 0 };

	if (lang_parse(&s, &world_commands, text, strlen(text), &e))
		fail_msg("line %u: %s", e.line, e.what);
	if (world_run(t.w, &s, &end))
		fail_msg("line %u: %s", end.line, end.what);
}

static int run_state(void **unused)
{
	(void)unused;
	open_world("0", PF);
	run_text("platform sev-tio\nhost connect " PF
		 "\nvmm launch\nguest boot\nvmm attach " PF
		 "\nguest probe\nguest lock\nguest evidence\nguest accept\n"
		 "guest start\nguest dma\n");
	return 0;
}

static unsigned refresh_len; /* exchanges */

/*
 * The refresh stops after each of its exchanges in turn, and the device moves
 * the payload both ways there. The guest compares every byte.
 */
static void dma_between_any_two_exchanges_of_a_refresh_loses_nothing(void **u)
{
	const uint64_t *done = &t.w->host->k.stats.exchanges;
	uint64_t n = *done;
	char text[200];

	(void)u;
	run_text("host roll-key " PF "\n");
	n = *done - n;
	assert_true(n > 12); /* six keys, six times GO */
	refresh_len = (unsigned)n;
	for (uint64_t i = 1; i <= n; i++) {
		const uint64_t before = *done;

		snprintf(text, sizeof(text),
			 "start k: host roll-key " PF "\nstep k %llu\n"
			 "guest dma\nguest mmio\nstep k 1000\nguest dma\n",
			 (unsigned long long)i);
		run_text(text);
		assert_int_equal(*done - before, n);
	}
	run_text("expect tdi " PF " run\n");
	assert_true(world_cleanup(t.w));
}

static void dies(const char *what, unsigned after, const char *how)
{
	char text[200];

	snprintf(text, sizeof(text),
		 "device silent how=%s after=%u\nhost %s " PF "\n"
		 "expect error peer\nexpect isolated yes\n",
		 how, after, what);
	run_text(text);
	assert_true(world_cleanup(t.w));
	(void)close_world(NULL);
	run_state(NULL);
}

/* Each exchange in turn is the one at which the device dies, its TDI in RUN. */
static void a_device_that_dies_in_a_refresh_is_cut_off(void **u)
{
	static const char *const how[] = { "quiet", "silent", "down" };

	(void)u;
	assert_true(refresh_len > 0); /* counted in the test before */
	for (unsigned i = 0; i < refresh_len; i++)
		dies("roll-key", i, how[i % 3]);
	for (unsigned i = 0; i < 3; i++) {
		dies("key-update", i % 2, how[i]);
		dies("heartbeat", 0, how[i]);
	}
}

/* --- a packet of before --- */

static struct {
	uint8_t p[LINK_FRAME_MAX];
	size_t len;
	link_tap_fn *was;
} old;

/* The longest one that came from the device under IDE: a write of its DMA. */
static enum link_verdict record(void *ctx, struct link_tap *tap,
				enum link_dir dir, const struct link_frame *f,
				struct link_frame *out)
{
	if (dir == LINK_IN && f->kind == LINK_TLP && f->len > old.len &&
	    f->p[0] == 0x92) {
		memcpy(old.p, f->p, f->len);
		old.len = f->len;
	}
	return old.was(ctx, tap, dir, f, out);
}

static void replay(void)
{
	assert_true(old.len > 200);
	memset(&t.w->last_fault, 0, sizeof(t.w->last_fault));
	assert_int_equal(link_tap_inject(t.w->dev[0].tap, LINK_IN, LINK_TLP,
					 old.p, old.len),
			 IL_OK);
	world_settle(t.w);
}

static void a_packet_under_an_old_key_is_never_taken(void **u)
{
	struct link_tap *tap = t.w->dev[0].tap;
	uint64_t written;

	(void)u;
	memset(&old, 0, sizeof(old));
	old.was = tap->see;
	tap->see = record;
	run_text("guest dma\n");
	tap->see = old.was;
	run_text("host roll-key " PF "\nguest dma\n");
	/* Its key is dead: it is dropped, and nothing else happens. */
	written = t.w->fabric.dma_write;
	replay();
	assert_int_equal(t.w->fabric.dma_write, written);
	assert_non_null(t.w->last_fault.rule);
	assert_string_equal(t.w->last_fault.rule->name, "ide-old-key");
	assert_int_equal(port_stream()->state, IDE_ST_SECURE);
	run_text("guest dma\nexpect tdi " PF " run\nhost roll-key " PF "\n");
	/* Its set is in use again, with another key: no MAC of it is right. */
	written = t.w->fabric.dma_write;
	replay();
	assert_int_equal(t.w->fabric.dma_write, written);
	assert_non_null(t.w->last_fault.rule);
	assert_string_equal(t.w->last_fault.rule->name, "ide-mac");
	assert_int_not_equal(port_stream()->state, IDE_ST_SECURE);
	run_text("expect tdi " PF " error\n");
	assert_true(world_cleanup(t.w));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		AT(run_state,
		   dma_between_any_two_exchanges_of_a_refresh_loses_nothing),
		AT(run_state, a_device_that_dies_in_a_refresh_is_cut_off),
		AT(run_state, a_packet_under_an_old_key_is_never_taken),
	};

	if (argc != 2)
		return 2;
	t.path = argv[1];
	return cmocka_run_group_tests(tests, make_identity, drop_identity);
}
