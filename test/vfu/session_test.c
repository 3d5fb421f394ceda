/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <unistd.h>

#include "spdm/req.h"

/* Whole sessions through the socket, in both of its framings. */

struct asker {
	struct rig *r;
	int fd;
	struct spdm_req req;
	uint8_t scratch[4096];
	uint8_t chain[8192];
};

static void asker_open(struct asker *a, struct rig *r, bool mctp)
{
	const struct spdm_req_cfg cfg = {
		.crypto = &r->maker.c,
		.env = &r->env,
		.versions = { SPDM_V12 },
		.caps = SPDM_REQ_CAPS,
		.mctp = mctp,
		.asym = SPDM_ASYM_ECDSA_P384,
		.hash = SPDM_HASH_SHA_384,
		.dhe = SPDM_DHE_SECP384R1,
		.sm_versions = { SPDM_SM_V11 },
		.transfer = sizeof(a->scratch) - SPDM_SECURED_SLACK,
		.chain = a->chain,
		.chain_cap = sizeof(a->chain),
		.scratch = a->scratch,
		.scratch_len = sizeof(a->scratch),
	};

	a->r = r;
	a->fd = rig_client(r);
	assert_int_equal(spdm_req_init(&a->req, &cfg), IL_OK);
}

static void asker_close(struct asker *a)
{
	spdm_req_fini(&a->req);
	close(a->fd);
}

static enum il_err exchange(struct asker *a)
{
	uint8_t msg[4096];
	enum spdm_kind kind;
	const struct rig_frame *f;
	size_t n;

	assert_int_equal(
		spdm_req_pull(&a->req, msg + 1, sizeof(msg) - 1, &n, &kind),
		IL_OK);
	if (!a->req.cfg.mctp) {
		rig_doe(a->fd, (uint8_t)kind, msg + 1, n);
		f = rig_answer(a->r, a->fd);
		return spdm_req_push(&a->req, (enum spdm_kind)f->p[2], f->p + 8,
				     f->len - 8, 0);
	}
	msg[0] = (uint8_t)kind;
	rig_ask(a->fd, 1, 1, msg, n + 1);
	f = rig_answer(a->r, a->fd);
	return spdm_req_push(&a->req, (enum spdm_kind)f->p[0], f->p + 1,
			     f->len - 1, 0);
}

static void run(struct asker *a, enum spdm_req_op op)
{
	const struct spdm_req_args args = { .update = SPDM_UPDATE_ALL_KEYS };
	enum il_err err;

	assert_int_equal(spdm_req_begin(&a->req, op, &args), IL_OK);
	do
		err = exchange(a);
	while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
}

static void whole(struct rig *r, bool mctp)
{
	static const enum spdm_req_op ops[] = {
		SPDM_OP_CONNECT,    SPDM_OP_CHALLENGE,	SPDM_OP_SESSION,
		SPDM_OP_HEARTBEAT,  SPDM_OP_KEY_UPDATE, SPDM_OP_HEARTBEAT,
		SPDM_OP_END_SESSION
	};
	static struct asker a;

	rig_start(r);
	asker_open(&a, r, mctp);
	for (size_t i = 0; i < COUNT(ops); i++)
		run(&a, ops[i]);
	asker_close(&a);
}

static void a_session_goes_its_whole_way_over_doe(void **state)
{
	whole(*state, false);
}

static void a_session_goes_its_whole_way_over_mctp(void **state)
{
	whole(*state, true);
}

#define WITH_RIG(t) cmocka_unit_test_setup_teardown(t, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RIG(a_session_goes_its_whole_way_over_doe),
		WITH_RIG(a_session_goes_its_whole_way_over_mctp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
