/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "doe/doe.h"

static enum il_err failed(struct rig *r, enum il_err err, const char *why)
{
	r->why = why;
	return err;
}

static enum il_err rig_open(void *ctx)
{
	struct rig *r = ctx;

	r->head = 0;
	r->count = 0;
	if (r->dead)
		return failed(r, IL_E_IO, "nobody is there");
	r->opens++;
	return IL_OK;
}

static void rig_close(void *ctx)
{
	(void)ctx;
}

static struct rig_answer *put(struct rig *r)
{
	assert_true(r->count < RIG_QUEUE);
	return &r->queue[(r->head + r->count++) % RIG_QUEUE];
}

static enum il_err handle(struct rig *r, enum judge_kind kind, const uint8_t *p,
			  size_t n, struct rig_answer *a)
{
	enum spdm_kind back = SPDM_PLAIN;
	enum il_err err;

	a->n = 0;
	do {
		if (kind == JUDGE_OBJECT)
			err = device_doe(r->dev, DEVICE_CONN_DOE, p, n, a->p,
					 sizeof(a->p), &a->n, r->now_ns);
		else
			err = device_message(r->dev, DEVICE_CONN_DOE,
					     &doe_binding, (enum spdm_kind)kind,
					     p, n, a->p, sizeof(a->p), &a->n,
					     &back, r->now_ns);
		r->now_ns += err == IL_E_AGAIN;
	} while (err == IL_E_AGAIN);
	a->kind = kind == JUDGE_OBJECT ? kind : (enum judge_kind)back;
	return err;
}

static enum il_err rig_send(void *ctx, enum judge_kind kind, const uint8_t *p,
			    size_t n, uint64_t until_ns)
{
	struct rig *r = ctx;
	struct rig_answer *a;
	enum rig_way way;

	(void)until_ns;
	r->said = p;
	r->said_n = n;
	way = r->between ? r->between(r, r->nth) : RIG_GOES;
	r->nth++;
	if (r->dead || way == RIG_CLOSES)
		return failed(r, IL_E_IO, "it closed the connection");
	if (way == RIG_LOST)
		return IL_OK;
	a = put(r);
	a->nonsense = way == RIG_NONSENSE;
	if (handle(r, kind, p, n, a))
		a->n = 0;
	if (!a->n && !a->nonsense)
		r->count--;
	return IL_OK;
}

static enum il_err rig_recv(void *ctx, struct judge_came *out,
			    uint64_t until_ns)
{
	struct rig *r = ctx;
	struct rig_answer *a = &r->queue[r->head];

	if (!r->count) {
		if (r->now_ns < until_ns)
			r->now_ns = until_ns;
		return failed(r, IL_E_TIMEOUT, "no answer in time");
	}
	r->head = (r->head + 1) % RIG_QUEUE;
	r->count--;
	if (a->nonsense)
		return failed(r, IL_E_FIELD, "that is no answer");
	memcpy(r->taken, a->p, a->n);
	*out = (struct judge_came){ a->kind, r->taken, a->n, r->taken, a->n };
	return IL_OK;
}

static uint64_t rig_now(void *ctx)
{
	return ((struct rig *)ctx)->now_ns;
}

static void rig_wait(void *ctx, uint64_t until_ns)
{
	struct rig *r = ctx;

	if (r->now_ns < until_ns)
		r->now_ns = until_ns;
}

static const char *rig_why(void *ctx)
{
	return ((struct rig *)ctx)->why;
}

static enum il_err rig_reset(void *ctx)
{
	struct rig *r = ctx;

	r->resets++;
	return IL_OK;
}

static const struct judge_target_ops plain_ops = {
	.open = rig_open,
	.close = rig_close,
	.send = rig_send,
	.recv = rig_recv,
	.now_ns = rig_now,
	.wait = rig_wait,
	.why = rig_why,
};

static const struct judge_target_ops reset_ops = {
	.open = rig_open,
	.close = rig_close,
	.send = rig_send,
	.recv = rig_recv,
	.now_ns = rig_now,
	.wait = rig_wait,
	.why = rig_why,
	.reset = rig_reset,
};

static void result(void *ctx, const struct judge_result *res,
		   struct judge_log *log)
{
	struct rig *r = ctx;

	(void)log;
	assert_true(r->n < COUNT(r->res));
	snprintf(r->res[r->n].name, JUDGE_NAME_MAX, "%s", res->name);
	snprintf(r->res[r->n].words, JUDGE_WORDS, "%s", res->words);
	r->res[r->n].verdict = res->verdict;
	r->res[r->n].expected = res->expected;
	r->n++;
}

static const struct spdm_measurement meas[] = {
	{ .tcb = true, .raw = { (const uint8_t *)"rom", 3 } },
	{ .raw = { (const uint8_t *)"settings", 8 } },
};

struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->j = calloc(1, sizeof(*r->j));
	assert_non_null(r->j);
	maker_open(&r->maker, CRYPTO_P384);
	r->env = fake_env(&r->fenv);
	r->now_ns = 1;
	assert_int_equal(arena_map(&r->arena, 0, 64u << 20), IL_OK);
	r->cfg = (struct device_cfg){
		.arena = &r->arena,
		.crypto = &r->maker.c,
		.env = &r->env,
		.streams = 2,
		.vfs = 1,
		.assume = true,
		.powered = true,
		.key = r->maker.key,
		.meas = meas,
		.meas_count = COUNT(meas),
	};
	device_spdm_defaults(&r->cfg.spdm);
	r->cfg.spdm.slots[0].certs =
		(struct spdm_span){ r->maker.certs, r->maker.certs_len };
	r->jcfg = (struct judge_cfg){
		.target = { .ctx = r,
			    .binding = &doe_binding,
			    .objects = true },
		.crypto = &r->maker.c,
		.seed = 1,
		.timeout_ns = UINT64_C(1000000000),
		.result = result,
		.ctx = r,
	};
	return r;
}

void rig_free(struct rig *r)
{
	if (r->dev)
		device_fini(r->dev);
	arena_unmap(&r->arena);
	maker_close(&r->maker);
	free(r->j);
	free(r);
}

void rig_run(struct rig *r)
{
	if (!r->dev) {
		r->dev = ARENA_NEW(&r->arena, struct device);
		assert_non_null(r->dev);
		assert_int_equal(device_init(r->dev, &r->cfg), IL_OK);
	}
	r->n = 0;
	r->nth = 0;
	r->jcfg.target.ops = r->can_reset ? &reset_ops : &plain_ops;
	assert_int_equal(judge_run(r->j, &r->jcfg, &r->sum), IL_OK);
}

unsigned rig_find(const struct rig *r, const char *name)
{
	for (unsigned i = 0; i < r->n; i++)
		if (!strcmp(r->res[i].name, name))
			return i;
	fail_msg("%s: no such case", name);
	return 0;
}
