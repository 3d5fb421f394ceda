/* SPDX-License-Identifier: BSD-2-Clause */
#include "asker.h"

#include <unistd.h>

/* A device that needs time for an answer: its key is far away. */

static struct slow {
	struct crypto_ops ops;
	enum il_err (*sign)(void *ctx, struct crypto_slot s,
			    const uint8_t *digest, size_t digest_len,
			    uint8_t *sig, size_t sig_len);
	bool late;
	unsigned asked;
} slow;

static enum il_err slow_sign(void *ctx, struct crypto_slot s,
			     const uint8_t *digest, size_t digest_len,
			     uint8_t *sig, size_t sig_len)
{
	slow.asked++;
	if (slow.late)
		return IL_E_AGAIN;
	return slow.sign(ctx, s, digest, digest_len, sig, sig_len);
}

static struct asker asker;

/* A connection, and a CHALLENGE on its way that is not answered. */
static struct rig *start(void **state)
{
	struct rig *r = *state;
	const struct spdm_req_args args = { .slot = 0 };
	enum spdm_kind kind;
	uint8_t msg[256];
	size_t n;

	slow.ops = *r->maker.c.ops;
	slow.sign = slow.ops.sign;
	slow.ops.sign = slow_sign;
	slow.late = false;
	r->maker.c.ops = &slow.ops;
	rig_start(r);
	asker_open(&asker, r, false);
	asker_run(&asker, SPDM_OP_CONNECT);
	slow.late = true;
	slow.asked = 0;
	assert_int_equal(spdm_req_begin(&asker.req, SPDM_OP_CHALLENGE, &args),
			 IL_OK);
	assert_int_equal(spdm_req_pull(&asker.req, msg, sizeof(msg), &n, &kind),
			 IL_OK);
	rig_doe(asker.fd, (uint8_t)kind, msg, n);
	rig_turns(r, 5);
	assert_true(slow.asked > 1);
	return r;
}

static void expect_challenge_auth(struct rig *r)
{
	const struct rig_frame *f = rig_answer(r, asker.fd);

	assert_int_equal(spdm_req_push(&asker.req, (enum spdm_kind)f->p[2],
				       f->p + 8, f->len - 8, 0),
			 IL_OK);
}

static void others_wait_for_the_device_and_not_for_more(void **state)
{
	struct rig *r = start(state);
	int doe = rig_client(r), bare = rig_client(r);
	static const uint8_t ask[16] = { 0x10, 0x85 };

	/* A GET_VERSION would undo what the challenge is about. */
	rig_doe(doe, 1, RIG_GET_VERSION, 4);
	rig_silent(r, doe);
	/* What needs no device is answered. */
	rig_ask(bare, 2, 2, ask, sizeof(ask));
	assert_int_equal(rig_answer(r, bare)->len, 17);
	rig_ask(doe, 0xdead, 2, NULL, 0);
	rig_silent(r, doe);
	/* It is asked again without anybody's doing. */
	rig_turn_at_work(r);
	slow.late = false;
	rig_turn_at_work(r);
	expect_challenge_auth(r);
	assert_int_equal(rig_answer(r, doe)->command, 1);
	assert_int_equal(rig_answer(r, doe)->command, 0xdead);
	close(doe);
	close(bare);
	asker_close(&asker);
}

static void a_client_that_goes_gives_the_device_free(void **state)
{
	struct rig *r = start(state);
	int fd = rig_client(r);

	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	rig_silent(r, fd);
	close(asker.fd);
	assert_int_equal(rig_answer(r, fd)->command, 1);
	asker.fd = fd;
	asker_close(&asker);
}

static void a_device_that_never_answers_costs_one_client(void **state)
{
	struct rig *r = start(state);
	int fd = rig_client(r);

	rig_doe(fd, 1, RIG_GET_VERSION, 4);
	rig_silent(r, fd);
	r->now_ns += VFU_PATIENCE_NS;
	rig_closed(r, asker.fd);
	assert_int_equal(r->said, 1);
	assert_int_equal(rig_answer(r, fd)->command, 1);
	asker.fd = fd;
	asker_close(&asker);
}

#define WITH_RIG(t) cmocka_unit_test_setup_teardown(t, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(others_wait_for_the_device_and_not_for_more),
		WITH_RIG(a_client_that_goes_gives_the_device_free),
		WITH_RIG(a_device_that_never_answers_costs_one_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
