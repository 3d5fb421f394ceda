/* SPDX-License-Identifier: BSD-2-Clause */
#include "laws_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "far.h"
#include "share.h"

/*
 * A world whose device is another process. Whatever becomes of that process,
 * and whenever, the run ends, the platform holds nothing that leads to it, and
 * no law is broken.
 */

/* For runs that must go well: only there to end what hangs. */
static const struct world_patience long_ones = { 60000, 60000, 60000, 60000,
						 60000 };
/* For devices that stop: what they cost is waited for in full. */
static const struct world_patience short_ones = { 5000, 150, 5, 200, 60000 };

/* Places where a device is killed, or stopped. */
#define PLACES	     40u
#define PLACES_SHARE 8u /* with sanitizers one in so many */

/* Of a run: those that come when all is said, or not at all. */
#define LAST_FRAMES 60u

static char dir[64];
static uint64_t frames_of_a_whole_run;
static struct dice dice;
static struct far far; /* of the test that runs */

struct outcome {
	enum il_err err;
	bool clean;
	struct world_end end;
	struct world_sum sum;
	unsigned lost;
	char at[sizeof(((struct sock_addr *)0)->text)];
};

static uint64_t mono_ns(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Where the failing run was, for who reads the log. */
static char steps[4096];

static void on_step(void *ctx, const struct world_step *s)
{
	size_t n = strlen(steps);

	(void)ctx;
	snprintf(steps + n, sizeof(steps) - n, "%s/%s: %s -> %s\n", s->group,
		 s->who, s->what, s->result);
}

static void open_far(const char *at, const struct world_patience *p)
{
	const struct world_cfg cfg = {
		.seed = 11,
		.now_s = 2000000000,
		.anchor = t.anchor,
		.anchor_len = t.anchor_len,
		.payload = t.payload,
		.payload_len = sizeof(t.payload),
		.patience = p,
		.out = { .mono_ns = mono_ns, .step = on_step },
	};
	struct lang_error e = { 0 };

	steps[0] = '\0';
	t.script = (struct lang_script){ .call = t.call, .cap = LAWS_CALLS };
	assert_int_equal(lang_set(&t.script, "DEVICE", at), IL_OK);
	assert_int_equal(lang_set(&t.script, "SPY", "no"), IL_OK);
	assert_int_equal(
		lang_parse(&t.script, &world_commands, t.text, t.text_len, &e),
		IL_OK);
	t.next = 0;
	assert_int_equal(world_new(&cfg, &t.w), IL_OK);
}

static struct outcome assign(const char *at, const struct world_patience *p)
{
	struct outcome o = { .clean = true };

	open_far(at, p);
	o.err = world_run(t.w, &t.script, &o.end);
	if (o.err)
		o.clean = world_cleanup(t.w);
	o.lost = t.w->remote.lost;
	world_sum(t.w, &o.sum);
	snprintf(o.at, sizeof(o.at), "%s", o.sum.device_at);
	o.sum.device_at = NULL;
	close_world(NULL);
	return o;
}

static const char *unix_at(void)
{
	static char text[100];

	snprintf(text, sizeof(text), "unix:%s/s", dir);
	return text;
}

static struct far_cfg cfg_of(enum far_end end, uint64_t frame)
{
	return (struct far_cfg){ .id = &t.id, .end = end, .frame = frame };
}

static void start(enum far_end end, uint64_t frame)
{
	const struct far_cfg cfg = cfg_of(end, frame);

	far_start(&far, unix_at(), &cfg);
}

static void went_well(const struct outcome *o)
{
	if (o->err)
		fail_msg("line %u: %s\n%s", o->end.line, o->end.what, steps);
	assert_true(o->clean);
	assert_int_equal(o->sum.to_device, sizeof(t.payload));
	assert_int_equal(o->sum.from_device, sizeof(t.payload));
	assert_true(o->sum.laws_tested > 20);
}

/* After a test that failed too. */
static int put_away(void **unused)
{
	far_stop(&far);
	return close_world(unused);
}

static void over_a_unix_socket_all_goes_well(void **unused)
{
	(void)unused;
	struct outcome o;

	start(FAR_LIVES, 0);
	o = assign(unix_at(), &long_ones);
	frames_of_a_whole_run = *far.frames;
	went_well(&o);
	print_message("%llu frames\n", (unsigned long long)*far.frames);
	far_stop(&far);
}

static void over_tcp_too(void **unused)
{
	(void)unused;
	const struct far_cfg cfg = cfg_of(FAR_LIVES, 0);
	struct outcome o;

	far_start(&far, "tcp:127.0.0.1:0", &cfg);
	o = assign(far.at.text, &long_ones);
	went_well(&o);
	assert_string_equal(o.at, far.at.text);
	far_stop(&far);
}

/* A fresh connection finds the device as after power-up. */
static void one_device_serves_one_root_port_after_another(void **unused)
{
	(void)unused;
	struct outcome o;

	start(FAR_LIVES, 0);
	for (unsigned i = 0; i < 2; i++) {
		o = assign(unix_at(), &long_ones);
		went_well(&o);
	}
	far_stop(&far);
}

static void a_device_left_in_use_is_found_as_after_power_up(void **unused)
{
	(void)unused;
	struct outcome o;

	start(FAR_LIVES, 0);
	open_far(unix_at(), &long_ones);
	go("guest", "start");
	close_world(NULL);
	o = assign(unix_at(), &long_ones);
	went_well(&o);
	far_stop(&far);
}

/* Nothing of it that the platform holds is left, and the reason is named. */
static void ended_cleanly(const struct outcome *o, uint64_t frame,
			  const char *why)
{
	/*
	 * Runs differ by a few looks at a register, and the last writes to a
	 * device that is given back already may be lost.
	 */
	if (!o->err && frame + LAST_FRAMES > frames_of_a_whole_run) {
		went_well(o);
		return;
	}
	if (!o->err || !o->clean || o->end.law || !strstr(o->end.what, why) ||
	    !strstr(o->end.what, unix_at()) || strchr(o->end.what, '\n'))
		fail_msg("frame %llu: %s, %s, law %u: %s\n%s",
			 (unsigned long long)frame, il_err_name(o->err),
			 o->clean ? "clean" : "not clean", o->end.law,
			 o->end.what, steps);
	assert_true(o->lost <= 2 + short_ones.total_ms / short_ones.silent_ms);
}

static void at_frames(enum far_end end, const char *why)
{
	const uint64_t seed = dice.state, share = share_of(PLACES_SHARE);
	const uint64_t n = PLACES / (share ? share : 1);

	assert_true(frames_of_a_whole_run > 0);
	print_message("seed %llu of %llu frames\n", (unsigned long long)seed,
		      (unsigned long long)frames_of_a_whole_run);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = 1 + dice_below(&dice, frames_of_a_whole_run);
		struct outcome o;

		start(end, at);
		o = assign(unix_at(), &short_ones);
		ended_cleanly(&o, at, why);
		far_stop(&far);
	}
}

static void a_device_killed_anywhere_leaves_the_platform_clean(void **unused)
{
	(void)unused;
	at_frames(FAR_DIES, "closed the connection");
}

static void a_device_stopped_anywhere_leaves_the_platform_clean(void **unused)
{
	(void)unused;
	at_frames(FAR_STOPS, "does not answer");
}

static void a_device_started_again_serves_again(void **unused)
{
	(void)unused;
	struct outcome o;

	start(FAR_DIES, 1 + dice_below(&dice, frames_of_a_whole_run));
	(void)assign(unix_at(), &short_ones);
	far_stop(&far);
	start(FAR_LIVES, 0);
	o = assign(unix_at(), &long_ones);
	went_well(&o);
	far_stop(&far);
}

static void refused(const struct outcome *o, const char *why)
{
	if (!o->err || !o->clean || !strstr(o->end.what, why) ||
	    !strstr(o->end.what, unix_at()))
		fail_msg("%s: %s", il_err_name(o->err), o->end.what);
}

static void what_is_no_device_is_named(void **unused)
{
	(void)unused;
	static const struct {
		enum far_end end;
		const char *why;
	} others[] = {
		{ FAR_SILENT, "does not answer" },
		{ FAR_GARBAGE, "sent what is no frame of a link" },
		{ FAR_CLOSES, "closed the connection" },
		{ FAR_FLOODS, "does not answer" },
	};

	for (size_t i = 0; i < COUNT(others); i++) {
		struct outcome o;

		start(others[i].end, 0);
		o = assign(unix_at(), &short_ones);
		refused(&o, others[i].why);
		far_stop(&far);
	}
}

static void nobody_there_is_named(void **unused)
{
	(void)unused;
	struct outcome o;

	unlink(unix_at() + strlen("unix:"));
	o = assign(unix_at(), &long_ones);
	refused(&o, "cannot be reached");
}

/* --- the wait for one access, alone --- */

static struct world lone;
static int lone_fd[2];

static int lone_setup(void **unused)
{
	static const struct world_patience p = { 0, 40, 1, 4, 60000 };
	static uint8_t buf[2 * LINK_SOCKET_MIN];
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;

	(void)unused;
	memset(&lone, 0, sizeof(lone));
	lone.cfg.out.mono_ns = mono_ns;
	lone.cfg.patience = &p;
	lone.remote.open = lone.remote.used = true;
	return socketpair(AF_UNIX, type, 0, lone_fd) ||
	       link_socket_init(&lone.remote.link, lone_fd[0], buf,
				sizeof(buf)) ||
	       (lone.remote.fd = lone_fd[0]) < 0;
}

static int lone_teardown(void **unused)
{
	(void)unused;
	close(lone_fd[0]);
	close(lone_fd[1]);
	return 0;
}

static void frame_comes(void)
{
	static const uint8_t up[] = { 2, 0, 0, 0, 1, 0, 0, 0, LINK_UP };
	const struct link_end e = link_socket_end(&lone.remote.link);
	enum link_kind kind;
	uint8_t b[8];
	size_t len;

	assert_int_equal(write(lone_fd[1], up, sizeof(up)), sizeof(up));
	assert_true(remote_wait(&lone, 0));
	assert_int_equal(link_recv(&e, &kind, b, sizeof(b), &len), IL_OK);
}

static void who_never_answers_loses_the_link(void **unused)
{
	(void)unused;
	uint8_t b;

	assert_null(remote_fate(&lone));
	assert_int_equal(read(lone_fd[1], &b, 1), -1);
	/* 40 ms of the first access are more than 4 ms already. */
	assert_false(remote_wait(&lone, 0));
	assert_true(lone.remote.tired);
	assert_string_equal(remote_fate(&lone), "does not answer");
	assert_int_equal(read(lone_fd[1], &b, 1), 0);
}

static void who_answers_in_between_begins_anew(void **unused)
{
	(void)unused;
	static const struct world_patience p = { 0, 1, 1, 60000, 60000 };

	lone.cfg.patience = &p;
	for (unsigned i = 1; i < 20; i++) {
		assert_false(remote_wait(&lone, 0));
		assert_int_equal(lone.remote.lost, i);
	}
	assert_true(lone.remote.vain_ns >= 19000000);
	assert_true(lone.now_ns >= 19000000);
	frame_comes();
	assert_null(remote_fate(&lone));
	assert_false(remote_wait(&lone, 0));
	assert_int_equal(lone.remote.lost, 1);
	assert_false(lone.remote.tired);
}

/* One line within 5 s, an end within 15 s; the rest is for the machine. */
static void the_usual_patience_is_what_was_promised(void **unused)
{
	(void)unused;
	const struct world_patience *p = &remote_usual;

	assert_true(p->connect_ms < 5000);
	assert_true(p->answer_ms <= p->total_ms);
	assert_true(p->total_ms + p->silent_ms < 5000);
	assert_true(p->connect_ms + p->slow_ms + p->total_ms <= 12000);
}

/*
 * Each access is answered just before its time is over. That may go on for a
 * while, not for ever; a prompt answer in between gives nothing back.
 */
static void who_always_answers_late_loses_the_link(void **unused)
{
	(void)unused;
	static const struct world_patience p = { 0, 40, 1, 60000, 100 };
	unsigned n;

	lone.cfg.patience = &p;
	for (n = 0; n < 3; n++) {
		frame_comes();
		assert_true(lone.remote.slow_ns < 100000000);
		lone.remote.took_ns = n == 1 ? 1000000 : 60000000;
	}
	/* 59 ms twice are more than 100 ms: this one has 1 ms, not 40. */
	assert_false(remote_wait(&lone, 0));
	assert_true(lone.remote.slow_ns >= 118000000);
	assert_int_equal(lone.remote.lost, 1);
	assert_true(lone.remote.tired);
	assert_string_equal(remote_fate(&lone), "does not answer");
}

/* Turns of one access share its time: frames do not make it longer. */
static void frames_do_not_make_an_access_longer(void **unused)
{
	(void)unused;

	frame_comes();
	lone.remote.begun_ns -= 41000000;
	assert_false(remote_wait(&lone, 1));
}

static void sleeping_takes_no_time_when_nobody_is_there(void **unused)
{
	(void)unused;
	const uint64_t hour = UINT64_C(3600) * 1000000000;

	close(lone_fd[1]);
	lone_fd[1] = -1;
	lone.remote.link.in_end = IL_E_IO;
	lone.now_ns = 5;
	remote_sleep(&lone, hour);
	assert_true(lone.now_ns >= hour + 5);
}

#define L(test) cmocka_unit_test_setup_teardown(test, lone_setup, lone_teardown)
#define T(test) cmocka_unit_test_teardown(test, put_away)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		T(over_a_unix_socket_all_goes_well),
		T(over_tcp_too),
		T(one_device_serves_one_root_port_after_another),
		T(a_device_left_in_use_is_found_as_after_power_up),
		T(a_device_killed_anywhere_leaves_the_platform_clean),
		T(a_device_stopped_anywhere_leaves_the_platform_clean),
		T(a_device_started_again_serves_again),
		T(what_is_no_device_is_named),
		T(nobody_there_is_named),
		L(who_never_answers_loses_the_link),
		L(who_answers_in_between_begins_anew),
		cmocka_unit_test(the_usual_patience_is_what_was_promised),
		L(who_always_answers_late_loses_the_link),
		L(frames_do_not_make_an_access_longer),
		L(sleeping_takes_no_time_when_nobody_is_there),
	};
	const char *seed = getenv("TEST_SEED");
	int bad;

	t.path = argc > 1 ? argv[1] : "scenarios/assign.il";
	dice.state = seed ? strtoull(seed, NULL, 0) : share_seed(4711);
	snprintf(dir, sizeof(dir), "/tmp/far-device-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	bad = cmocka_run_group_tests(tests, make_identity, drop_identity);
	unlink(unix_at() + strlen("unix:"));
	rmdir(dir);
	return bad;
}
