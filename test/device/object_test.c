/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a capture is made from: each data object that was looked at, and each
 * answer, header included, in the order in which they went by.
 */
#include "rig.h"

#include "base/bits.h"
#include "device/device_priv.h"
#include "device/seams.h"

#define OBJECTS 8u

static struct rig rig;
static struct {
	unsigned n;
	size_t len[OBJECTS];
	uint8_t p[OBJECTS][32];
} heard;

/* What stands in the device's way. */
static unsigned later;
static bool resets;

static void object(void *ctx, const uint8_t *obj, size_t n)
{
	assert_ptr_equal(ctx, &rig);
	assert_true(heard.n < OBJECTS && n <= sizeof(heard.p[0]));
	memcpy(heard.p[heard.n], obj, n);
	heard.len[heard.n++] = n;
}

static bool ask(void *ctx, struct device *d, struct device_exchange *x)
{
	(void)ctx;
	if (later) {
		later--;
		x->err = IL_E_AGAIN;
		return true;
	}
	if (!resets)
		return false;
	device_take_event(d, LINK_FUND_RESET);
	return true;
}

static const struct device_seams seams = { .breaks = true, .ask = ask };

static int setup(void **state)
{
	(void)state;
	rig_new(&rig, 0);
	rig_enumerate(&rig);
	rig.dev.cfg.object = object;
	rig.dev.cfg.object_ctx = &rig;
	rig.dev.cfg.seams = &seams;
	memset(&heard, 0, sizeof(heard));
	later = 0;
	resets = false;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

/* Discovery of entry 0: itself, and 1 is the next. */
static const uint8_t request[12] = { 1, 0, 0, 0, 3 };
static const uint8_t answer[12] = { 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 1 };

static void is(unsigned i, const uint8_t *want)
{
	assert_int_equal(heard.len[i], 12);
	assert_memory_equal(heard.p[i], want, 12);
}

static size_t discover(void)
{
	uint8_t out[16];

	return rig_doe(&rig, 0, request + 8, 4, out, sizeof(out));
}

static void a_request_is_told_and_then_its_answer(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		heard.n = 0;
		later = i; /* it is looked at twice, and told once */
		assert_int_equal(discover(), 4);
		assert_int_equal(heard.n, 2);
		is(0, request);
		is(1, answer);
	}
}

static void likewise_without_the_mailbox(void **unused)
{
	static uint8_t out[DOE_OBJECT_LIMIT];
	size_t len;

	(void)unused;
	later = 1;
	assert_int_equal(
		device_doe(&rig.dev, 0, request, 12, out, sizeof(out), &len, 1),
		IL_E_AGAIN);
	assert_int_equal(heard.n, 0);
	assert_int_equal(
		device_doe(&rig.dev, 0, request, 12, out, sizeof(out), &len, 1),
		IL_OK);
	assert_int_equal(heard.n, 2);
	is(0, request);
	is(1, answer);
}

static void what_has_no_answer_is_told_whole(void **unused)
{
	const uint8_t other[12] = { 1, 0, 9, 0, 3, 0, 0, 0, 7 };
	uint8_t out[16];

	(void)unused;
	assert_int_equal(rig_doe(&rig, 9, other + 8, 4, out, sizeof(out)), 0);
	assert_int_equal(heard.n, 1);
	is(0, other);
	/* Even if the mailbox is forgotten over it. */
	resets = true;
	(void)discover();
	assert_int_equal(heard.n, 2);
	is(1, request);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_is_told_and_then_its_answer),
		T(likewise_without_the_mailbox),
		T(what_has_no_answer_is_told_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
