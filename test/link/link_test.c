/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include "base/bytes.h"
#include "link/link.h"
#include "link/tap.h"

#define ROOM (LINK_FRAME_HDR + LINK_FRAME_MAX)

struct bench {
	struct link_queue q;
	uint8_t buf[4096];
	struct link_end up;
	struct link_end down;
};

static void bench_init(struct bench *b, size_t cap)
{
	link_queue_init(&b->q, b->buf, cap);
	b->up = link_queue_end(&b->q, 0);
	b->down = link_queue_end(&b->q, 1);
}

static void send_ok(const struct link_end *e, const char *s)
{
	assert_int_equal(link_send(e, LINK_TLP, (const uint8_t *)s, strlen(s)),
			 IL_OK);
}

static void expect(const struct link_end *e, const char *s)
{
	enum link_kind kind;
	uint8_t buf[LINK_FRAME_MAX];
	size_t len;

	assert_int_equal(link_recv(e, &kind, buf, sizeof(buf), &len), IL_OK);
	assert_int_equal(kind, LINK_TLP);
	assert_int_equal(len, strlen(s));
	assert_memory_equal(buf, s, len);
}

static void expect_empty(const struct link_end *e)
{
	enum link_kind kind = LINK_EVENT;
	uint8_t buf[8] = { 7 };
	size_t len = 99;

	assert_int_equal(link_recv(e, &kind, buf, sizeof(buf), &len),
			 IL_E_AGAIN);
	assert_int_equal(kind, LINK_EVENT);
	assert_int_equal(len, 99);
	assert_int_equal(buf[0], 7);
}

static void frames_arrive_in_order_both_ways(void **unused)
{
	(void)unused;
	struct bench b;

	bench_init(&b, sizeof(b.buf));
	expect_empty(&b.up);
	expect_empty(&b.down);
	send_ok(&b.up, "one");
	send_ok(&b.up, "two");
	send_ok(&b.down, "three");
	expect(&b.down, "one");
	expect(&b.up, "three");
	expect(&b.down, "two");
	expect_empty(&b.up);
	expect_empty(&b.down);
}

static void a_full_queue_refuses_and_keeps_what_it_has(void **unused)
{
	(void)unused;
	struct bench b;
	struct link_queue before;

	/* Two frames of three bytes fill one way to the last byte. */
	bench_init(&b, 2 * 2 * (LINK_FRAME_HDR + 3));
	send_ok(&b.up, "abc");
	send_ok(&b.up, "def");
	before = b.q;
	assert_int_equal(link_send(&b.up, LINK_TLP, (const uint8_t *)"g", 1),
			 IL_E_SPACE);
	assert_memory_equal(&b.q, &before, sizeof(before));
	expect(&b.down, "abc");
	assert_int_equal(link_send(&b.up, LINK_TLP, (const uint8_t *)"ghij", 4),
			 IL_E_SPACE);
	send_ok(&b.up, "klm");
	expect(&b.down, "def");
	expect(&b.down, "klm");
	expect_empty(&b.down);
}

static void frames_wrap_around_the_storage_at_every_offset(void **unused)
{
	(void)unused;
	struct bench b;
	char text[32];

	bench_init(&b, 2 * 61);
	for (unsigned i = 0; i < 500; i++) {
		unsigned n = i % 29 + 1;

		for (unsigned j = 0; j < n; j++)
			text[j] = (char)('a' + (i + j) % 26);
		text[n] = 0;
		send_ok(&b.up, text);
		expect(&b.down, text);
		assert_true(link_ring_sane(&b.q.way[0]));
	}
	expect_empty(&b.down);
}

static void frames_that_are_none_are_refused(void **unused)
{
	(void)unused;
	static uint8_t big[LINK_FRAME_MAX + 1];
	struct bench b;
	struct link_queue before;

	bench_init(&b, sizeof(b.buf));
	before = b.q;
	assert_int_equal(link_send(&b.up, LINK_TLP, big, 0), IL_E_ARG);
	assert_int_equal(link_send(&b.up, LINK_TLP, big, sizeof(big)),
			 IL_E_ARG);
	assert_int_equal(link_send(&b.up, (enum link_kind)0, big, 1), IL_E_ARG);
	assert_int_equal(link_send(&b.up, (enum link_kind)3, big, 1), IL_E_ARG);
	assert_memory_equal(&b.q, &before, sizeof(before));
	expect_empty(&b.down);
}

static void a_small_buffer_leaves_the_frame_and_says_its_length(void **unused)
{
	(void)unused;
	struct bench b;
	struct link_queue before;
	enum link_kind kind = LINK_EVENT;
	uint8_t buf[3];
	size_t len = 0;

	bench_init(&b, sizeof(b.buf));
	send_ok(&b.up, "four");
	before = b.q;
	assert_int_equal(link_recv(&b.down, &kind, buf, sizeof(buf), &len),
			 IL_E_SPACE);
	assert_int_equal(len, 4);
	assert_int_equal(kind, LINK_EVENT);
	assert_memory_equal(&b.q, &before, sizeof(before));
	expect(&b.down, "four");
}

static void the_ring_sanity_check_notices_damage(void **unused)
{
	(void)unused;
	uint8_t buf[16];
	struct link_ring r;

	link_ring_init(&r, buf, sizeof(buf));
	assert_true(link_ring_sane(&r));
	assert_true(link_ring_empty(&r));
	r.used = 17;
	assert_false(link_ring_sane(&r));
	r.used = 0;
	r.head = 16;
	assert_false(link_ring_sane(&r));
}

static void events_travel_as_one_byte(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i <= LINK_EVENTS; i++) {
		struct bench b;
		enum link_event ev = (enum link_event)i;
		enum link_event out = LINK_EVENTS;
		enum link_kind kind;
		uint8_t buf[8];
		size_t len;
		bool good = i >= LINK_UP && i < LINK_EVENTS;

		bench_init(&b, sizeof(b.buf));
		assert_int_equal(link_send_event(&b.up, ev),
				 good ? IL_OK : IL_E_ARG);
		if (!good) {
			expect_empty(&b.down);
			continue;
		}
		assert_int_equal(
			link_recv(&b.down, &kind, buf, sizeof(buf), &len),
			IL_OK);
		assert_int_equal(kind, LINK_EVENT);
		assert_int_equal(len, 1);
		assert_int_equal(buf[0], i);
		assert_int_equal(link_event_decode(buf, len, &out), IL_OK);
		assert_int_equal(out, ev);
		assert_string_not_equal(link_event_name(ev), "?");
	}
	assert_string_equal(link_event_name(LINK_EVENTS), "?");
	assert_string_equal(link_event_name((enum link_event)0), "?");
}

static void bad_events_are_refused(void **unused)
{
	(void)unused;
	const uint8_t b[] = { LINK_UP, 0 };
	const uint8_t bad[] = { 0, LINK_EVENTS, 0xff };
	enum link_event out = LINK_ABSENT;

	assert_int_equal(link_event_decode(b, 0, &out), IL_E_SHORT);
	assert_int_equal(link_event_decode(b, 2, &out), IL_E_LONG);
	for (size_t i = 0; i < sizeof(bad); i++)
		assert_int_equal(link_event_decode(&bad[i], 1, &out),
				 IL_E_FIELD);
	assert_int_equal(out, LINK_ABSENT);
}

static void packets_are_sent_as_their_bytes(void **unused)
{
	(void)unused;
	/* A read from the Xillybus TLP primer. */
	const uint8_t want[] = { 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
				 0x0c, 0x0f, 0xfd, 0xaf, 0xf0, 0x40 };
	struct tlp t = { .type = TLP_MRD,
			 .len_dw = 1,
			 .first_be = 0xf,
			 .tag = 0x0c,
			 .addr = 0xfdaff040 };
	struct bench b;
	enum link_kind kind;
	uint8_t buf[64];
	size_t len;

	bench_init(&b, sizeof(b.buf));
	assert_int_equal(link_send_tlp(&b.down, &t), IL_OK);
	assert_int_equal(link_recv(&b.up, &kind, buf, sizeof(buf), &len),
			 IL_OK);
	assert_int_equal(kind, LINK_TLP);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(buf, want, len);
	t.addr = 1;
	assert_int_equal(link_send_tlp(&b.down, &t), IL_E_ARG);
	expect_empty(&b.up);
}

/* docs/link.md */
static void the_frame_header_has_eight_bytes(void **unused)
{
	(void)unused;
	const uint8_t want[] = { 1, 0, 0, 0, 0x20, 0x10, 0, 0 };
	uint8_t buf[8];
	struct wr w = wr_over(buf, sizeof(buf));
	struct rd r = rd_over(want, sizeof(want));
	enum link_kind kind = LINK_EVENT;
	uint32_t len = 0;

	assert_int_equal(LINK_FRAME_MAX, 0x1020);
	assert_int_equal(link_hdr_encode(&w, LINK_TLP, 0x1020), IL_OK);
	assert_int_equal(w.len, sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_int_equal(link_hdr_decode(&r, &kind, &len), IL_OK);
	assert_int_equal(kind, LINK_TLP);
	assert_int_equal(len, 0x1020);
	assert_int_equal(rd_left(&r), 0);
}

static void wrong_frame_headers_are_refused(void **unused)
{
	(void)unused;
	static const struct {
		uint8_t b[8];
		enum il_err want;
	} rows[] = {
		{ { 0, 0, 0, 0, 1, 0, 0, 0 }, IL_E_FIELD },
		{ { 3, 0, 0, 0, 1, 0, 0, 0 }, IL_E_FIELD },
		{ { 1, 1, 0, 0, 1, 0, 0, 0 }, IL_E_FIELD },
		{ { 1, 0, 0, 1, 1, 0, 0, 0 }, IL_E_FIELD },
		{ { 1, 0, 0, 0, 0, 0, 0, 0 }, IL_E_FIELD },
		{ { 1, 0, 0, 0, 0x21, 0x10, 0, 0 }, IL_E_LONG },
		{ { 2, 0, 0, 0, 1, 0, 0, 1 }, IL_E_LONG },
	};
	enum link_kind kind = LINK_EVENT;
	uint32_t len = 77;
	uint8_t small[7];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rd r = rd_over(rows[i].b, 8);

		assert_int_equal(link_hdr_decode(&r, &kind, &len),
				 rows[i].want);
	}
	for (size_t n = 0; n < 8; n++) {
		struct rd r = rd_over(rows[0].b, n);

		assert_int_equal(link_hdr_decode(&r, &kind, &len), IL_E_SHORT);
	}
	assert_int_equal(kind, LINK_EVENT);
	assert_int_equal(len, 77);
	for (size_t n = 0; n < 8; n++) {
		struct wr w = wr_over(small, n);

		assert_int_equal(link_hdr_encode(&w, LINK_TLP, 1), IL_E_SPACE);
	}
}

static void the_queue_survives_save_and_restore(void **unused)
{
	(void)unused;
	static struct bench b;
	static struct bench saved;

	bench_init(&b, sizeof(b.buf));
	send_ok(&b.up, "kept");
	saved = b;
	expect(&b.down, "kept");
	send_ok(&b.up, "forgotten");
	b = saved;
	expect(&b.down, "kept");
	expect_empty(&b.down);
}

/* A tap that does what the test tells it, frame by frame. */
struct script {
	enum link_verdict verdict[8];
	unsigned n;
	unsigned seen;
	enum link_dir dir[8];
	char text[8][16];
	const char *replace;
	const char *inject; /* before the frame, in its direction */
};

static enum link_verdict play(void *ctx, struct link_tap *tap,
			      enum link_dir dir, const struct link_frame *f,
			      struct link_frame *out)
{
	struct script *s = ctx;
	unsigned i = s->seen++;

	assert_true(i < 8);
	s->dir[i] = dir;
	memcpy(s->text[i], f->p, f->len);
	if (s->inject)
		assert_int_equal(link_tap_inject(tap, dir, LINK_TLP,
						 (const uint8_t *)s->inject,
						 strlen(s->inject)),
				 IL_OK);
	if (s->replace) {
		out->p = (const uint8_t *)s->replace;
		out->len = strlen(s->replace);
	}
	return i < s->n ? s->verdict[i] : LINK_PASS;
}

struct tapped {
	struct bench b;
	struct link_tap tap;
	struct script s;
	uint8_t in[ROOM];
	uint8_t held[2 * LINK_FRAME_MAX];
	struct link_end up; /* through the tap */
};

static struct tapped t;

static void tap_on(void)
{
	memset(&t, 0, sizeof(t));
	bench_init(&t.b, sizeof(t.b.buf));
	assert_int_equal(
		link_tap_init(&t.tap, t.b.up, t.in, sizeof(t.in), t.held, 2),
		IL_OK);
	link_tap_set(&t.tap, play, &t.s);
	t.up = link_tap_end(&t.tap);
}

static void a_tap_sees_both_directions(void **unused)
{
	(void)unused;
	tap_on();
	send_ok(&t.up, "out");
	send_ok(&t.b.down, "in");
	expect(&t.b.down, "out");
	expect(&t.up, "in");
	assert_int_equal(t.s.seen, 2);
	assert_int_equal(t.s.dir[0], LINK_OUT);
	assert_int_equal(t.s.dir[1], LINK_IN);
	assert_string_equal(t.s.text[0], "out");
	assert_string_equal(t.s.text[1], "in");
	expect_empty(&t.up);
}

static void a_tap_keeps_a_frame_that_its_owner_has_no_room_for(void **unused)
{
	(void)unused;
	enum link_kind kind;
	uint8_t buf[4] = { 0 };
	size_t len = 0;

	tap_on();
	send_ok(&t.b.down, "four");
	assert_int_equal(link_recv(&t.up, &kind, buf, 3, &len), IL_E_SPACE);
	assert_int_equal(len, 4);
	assert_int_equal(buf[0], 0);
	expect(&t.up, "four");
	assert_int_equal(t.s.seen, 1);
}

static void a_tap_without_a_judge_passes_all(void **unused)
{
	(void)unused;
	tap_on();
	link_tap_set(&t.tap, NULL, NULL);
	send_ok(&t.up, "out");
	send_ok(&t.b.down, "in");
	expect(&t.b.down, "out");
	expect(&t.up, "in");
	assert_int_equal(t.s.seen, 0);
}

static void a_dropped_frame_never_arrives(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_DROP, LINK_PASS, LINK_DROP },
			       .n = 3 };
	send_ok(&t.up, "lost");
	send_ok(&t.up, "kept");
	expect(&t.b.down, "kept");
	expect_empty(&t.b.down);
	send_ok(&t.b.down, "lost too");
	send_ok(&t.b.down, "next");
	expect(&t.up, "next");
	expect_empty(&t.up);
}

static void a_replaced_frame_arrives_changed(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_REPLACE, LINK_REPLACE },
			       .n = 2,
			       .replace = "forged" };
	send_ok(&t.up, "true");
	expect(&t.b.down, "forged");
	send_ok(&t.b.down, "true");
	expect(&t.up, "forged");
	expect_empty(&t.up);
}

static void passing_ignores_what_the_judge_wrote(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .replace = "forged" };
	send_ok(&t.up, "true");
	expect(&t.b.down, "true");
}

static void injected_frames_go_first_and_unseen(void **unused)
{
	(void)unused;
	tap_on();
	t.s.inject = "extra";
	send_ok(&t.up, "own");
	expect(&t.b.down, "extra");
	expect(&t.b.down, "own");
	send_ok(&t.b.down, "back");
	expect(&t.up, "extra");
	expect(&t.up, "back");
	assert_int_equal(t.s.seen, 2);
	assert_int_equal(link_tap_inject(&t.tap, LINK_IN, LINK_TLP,
					 (const uint8_t *)"late", 4),
			 IL_OK);
	expect(&t.up, "late");
	assert_int_equal(t.s.seen, 2);
}

static void held_frames_can_be_reordered_replayed_and_forgotten(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_HOLD, LINK_HOLD }, .n = 2 };
	send_ok(&t.up, "first");
	send_ok(&t.up, "second");
	send_ok(&t.up, "third");
	assert_int_equal(t.tap.held_n, 2);
	assert_int_equal(link_tap_release(&t.tap, 1, false), IL_OK);
	assert_int_equal(link_tap_release(&t.tap, 0, true), IL_OK);
	assert_int_equal(link_tap_release(&t.tap, 0, true), IL_OK);
	expect(&t.b.down, "third");
	expect(&t.b.down, "second");
	expect(&t.b.down, "first");
	expect(&t.b.down, "first");
	assert_int_equal(t.tap.held_n, 1);
	assert_int_equal(link_tap_forget(&t.tap, 0), IL_OK);
	assert_int_equal(t.tap.held_n, 0);
	expect_empty(&t.b.down);
}

static void forgetting_the_oldest_keeps_the_younger(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_HOLD, LINK_HOLD }, .n = 2 };
	send_ok(&t.up, "first");
	send_ok(&t.b.down, "second, in");
	expect_empty(&t.up);
	assert_int_equal(link_tap_forget(&t.tap, 0), IL_OK);
	assert_int_equal(link_tap_release(&t.tap, 0, false), IL_OK);
	expect(&t.up, "second, in");
	expect_empty(&t.b.down);
}

static void holding_needs_room_and_release_needs_a_frame(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_HOLD, LINK_HOLD, LINK_HOLD,
					    LINK_HOLD },
			       .n = 4 };
	assert_int_equal(link_tap_release(&t.tap, 0, false), IL_E_ARG);
	assert_int_equal(link_tap_forget(&t.tap, 0), IL_E_ARG);
	send_ok(&t.up, "a");
	send_ok(&t.up, "b");
	assert_int_equal(link_send(&t.up, LINK_TLP, (const uint8_t *)"c", 1),
			 IL_E_SPACE);
	assert_int_equal(t.tap.held_n, 2);
	assert_int_equal(link_tap_release(&t.tap, 2, false), IL_E_ARG);
	assert_int_equal(link_tap_forget(&t.tap, 2), IL_E_ARG);
	assert_int_equal(t.tap.held_n, 2);
}

static void forgotten_frames_cannot_be_released(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_HOLD }, .n = 1 };
	send_ok(&t.up, "gone");
	assert_int_equal(link_tap_forget(&t.tap, 0), IL_OK);
	assert_int_equal(link_tap_release(&t.tap, 0, true), IL_E_ARG);
	assert_int_equal(link_tap_release(&t.tap, 0, false), IL_E_ARG);
	expect_empty(&t.b.down);
}

static void a_frame_in_that_finds_no_room_is_lost_alone(void **unused)
{
	(void)unused;
	tap_on();
	t.s = (struct script){ .verdict = { LINK_HOLD, LINK_HOLD, LINK_HOLD },
			       .n = 3 };
	send_ok(&t.b.down, "a");
	send_ok(&t.b.down, "b");
	send_ok(&t.b.down, "c");
	send_ok(&t.b.down, "d");
	expect(&t.up, "d");
	assert_int_equal(t.tap.held_n, 2);
	expect_empty(&t.up);
}

static void a_release_that_does_not_fit_keeps_the_frame(void **unused)
{
	(void)unused;
	tap_on();
	bench_init(&t.b, 2 * (LINK_FRAME_HDR + 4));
	t.s = (struct script){ .verdict = { LINK_HOLD }, .n = 1 };
	send_ok(&t.up, "held");
	send_ok(&t.up, "full");
	assert_int_equal(link_tap_release(&t.tap, 0, false), IL_E_SPACE);
	assert_int_equal(t.tap.held_n, 1);
	expect(&t.b.down, "full");
	assert_int_equal(link_tap_release(&t.tap, 0, false), IL_OK);
	expect(&t.b.down, "held");
}

static void a_tap_with_too_little_room_is_refused(void **unused)
{
	(void)unused;
	tap_on();
	assert_int_equal(
		link_tap_init(&t.tap, t.b.up, t.in, ROOM - 1, t.held, 2),
		IL_E_ARG);
	assert_int_equal(link_tap_init(&t.tap, t.b.up, t.in, ROOM, t.held,
				       LINK_HELD_MAX + 1),
			 IL_E_ARG);
}

static void events_pass_a_tap_as_events(void **unused)
{
	(void)unused;
	enum link_kind kind;
	uint8_t buf[8];
	size_t len;

	tap_on();
	t.s = (struct script){ .verdict = { LINK_HOLD }, .n = 1 };
	assert_int_equal(link_send_event(&t.up, LINK_HOT_RESET), IL_OK);
	expect_empty(&t.b.down);
	assert_int_equal(link_tap_release(&t.tap, 0, false), IL_OK);
	assert_int_equal(link_recv(&t.b.down, &kind, buf, sizeof(buf), &len),
			 IL_OK);
	assert_int_equal(kind, LINK_EVENT);
	assert_int_equal(buf[0], LINK_HOT_RESET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_arrive_in_order_both_ways),
		cmocka_unit_test(a_full_queue_refuses_and_keeps_what_it_has),
		cmocka_unit_test(
			frames_wrap_around_the_storage_at_every_offset),
		cmocka_unit_test(frames_that_are_none_are_refused),
		cmocka_unit_test(
			a_small_buffer_leaves_the_frame_and_says_its_length),
		cmocka_unit_test(the_ring_sanity_check_notices_damage),
		cmocka_unit_test(events_travel_as_one_byte),
		cmocka_unit_test(bad_events_are_refused),
		cmocka_unit_test(packets_are_sent_as_their_bytes),
		cmocka_unit_test(the_frame_header_has_eight_bytes),
		cmocka_unit_test(wrong_frame_headers_are_refused),
		cmocka_unit_test(the_queue_survives_save_and_restore),
		cmocka_unit_test(a_tap_sees_both_directions),
		cmocka_unit_test(
			a_tap_keeps_a_frame_that_its_owner_has_no_room_for),
		cmocka_unit_test(a_tap_without_a_judge_passes_all),
		cmocka_unit_test(a_dropped_frame_never_arrives),
		cmocka_unit_test(a_replaced_frame_arrives_changed),
		cmocka_unit_test(passing_ignores_what_the_judge_wrote),
		cmocka_unit_test(injected_frames_go_first_and_unseen),
		cmocka_unit_test(
			held_frames_can_be_reordered_replayed_and_forgotten),
		cmocka_unit_test(forgetting_the_oldest_keeps_the_younger),
		cmocka_unit_test(holding_needs_room_and_release_needs_a_frame),
		cmocka_unit_test(forgotten_frames_cannot_be_released),
		cmocka_unit_test(a_frame_in_that_finds_no_room_is_lost_alone),
		cmocka_unit_test(a_release_that_does_not_fit_keeps_the_frame),
		cmocka_unit_test(a_tap_with_too_little_room_is_refused),
		cmocka_unit_test(events_pass_a_tap_as_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
