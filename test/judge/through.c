/* SPDX-License-Identifier: BSD-2-Clause */
#include "through.h"

#include <stdio.h>
#include <stdlib.h>

#define RING (1u << 20)

static enum il_err wait_frame(void *ctx, uint64_t ns)
{
	struct through *t = ctx;

	if (device_run(t->dev, t->now_ns))
		return IL_OK;
	/* What the device wants to do later is done then. */
	if (t->dev->wake_ns > t->now_ns && t->dev->wake_ns - t->now_ns < ns)
		ns = t->dev->wake_ns - t->now_ns;
	t->now_ns += ns;
	return IL_E_TIMEOUT;
}

static uint64_t now(void *ctx)
{
	const struct through *t = ctx;

	return t->now_ns;
}

static enum il_err connect_queue(void *ctx, struct root_way *way, char *why,
				 size_t cap)
{
	struct through *t = ctx;

	t->connects++;
	if (t->away) {
		snprintf(why, cap, "nobody is there");
		return IL_E_IO;
	}
	link_queue_init(&t->queue, t->ring, RING);
	*way = (struct root_way){ .end = link_queue_end(&t->queue, 0),
				  .wait = wait_frame,
				  .now_ns = now,
				  .ctx = t };
	return IL_OK;
}

static void hang_up(void *ctx)
{
	struct through *t = ctx;

	assert_int_equal(device_told_event(t->dev, LINK_DOWN), IL_OK);
}

static void result(void *ctx, const struct judge_result *res,
		   struct judge_log *log)
{
	struct through *t = ctx;

	(void)log;
	snprintf(t->name, sizeof(t->name), "%s", res->name);
	snprintf(t->words, sizeof(t->words), "%s", res->words);
	t->verdict = res->verdict;
	t->expected = res->expected;
	if (t->show && res->verdict != JUDGE_PASS)
		fprintf(stderr, "%s: %s: %s\n", res->name,
			judge_verdict_name(res->verdict), res->words);
}

static const struct spdm_measurement meas[] = {
	{ .tcb = true, .raw = { (const uint8_t *)"rom", 3 } },
	{ .raw = { (const uint8_t *)"settings", 8 } },
};

static void *make(size_t n)
{
	void *p = calloc(1, n);

	assert_non_null(p);
	return p;
}

struct through *through_new(void)
{
	struct through *t = make(sizeof(*t));

	t->j = make(sizeof(*t->j));
	t->target = make(sizeof(*t->target));
	t->ring = make(RING);
	maker_open(&t->maker, CRYPTO_P384);
	t->env = fake_env(&t->fenv);
	t->now_ns = 1;
	t->show = false;
	assert_int_equal(arena_map(&t->arena, 0, 64u << 20), IL_OK);
	link_queue_init(&t->queue, t->ring, RING);
	t->cfg = (struct device_cfg){
		.arena = &t->arena,
		.crypto = &t->maker.c,
		.env = &t->env,
		.link = link_queue_end(&t->queue, 1),
		.streams = 2,
		.vfs = 2,
		.powered = true,
		.long_lived = true,
		.key = t->maker.key,
		.meas = meas,
		.meas_count = COUNT(meas),
	};
	device_spdm_defaults(&t->cfg.spdm);
	t->cfg.spdm.slots[0].certs =
		(struct spdm_span){ t->maker.certs, t->maker.certs_len };
	return t;
}

void through_start(struct through *t)
{
	const struct target_link_cfg link = { .connect = connect_queue,
					      .hang_up = hang_up,
					      .ctx = t,
					      .now_ns = now,
					      .crypto = &t->maker.c,
					      .env = &t->env,
					      .stream = 5 };

	t->dev = ARENA_NEW(&t->arena, struct device);
	assert_non_null(t->dev);
	assert_int_equal(device_init(t->dev, &t->cfg), IL_OK);
	target_link_init(t->target, &link);
	t->jcfg = (struct judge_cfg){
		.target = target_link(t->target),
		.crypto = &t->maker.c,
		.seed = 1,
		.timeout_ns = UINT64_C(2000000000),
		.stream = 5,
		.result = result,
		.ctx = t,
	};
}

void through_run(struct through *t, const char *only)
{
	const char *const names[] = { only };

	t->name[0] = 0;
	t->words[0] = 0;
	t->verdict = JUDGE_UNTOLD;
	t->jcfg.only = names;
	t->jcfg.n_only = 1;
	assert_int_equal(judge_run(t->j, &t->jcfg, &t->sum), IL_OK);
}

void through_free(struct through *t)
{
	target_link_fini(t->target);
	if (t->dev)
		device_fini(t->dev);
	arena_unmap(&t->arena);
	maker_close(&t->maker);
	free(t->ring);
	free(t->target);
	free(t->j);
	free(t);
}
