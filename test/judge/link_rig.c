/* SPDX-License-Identifier: BSD-2-Clause */
#include "link_rig.h"

#define RING (1u << 20)

static enum il_err wait_frame(void *ctx, uint64_t ns)
{
	struct link_rig *r = ctx;

	if (!r->hang && device_run(&r->dev, r->now)) {
		r->now += r->slow_ns;
		return IL_OK;
	}
	r->now += ns;
	return IL_E_TIMEOUT;
}

static uint64_t now(void *ctx)
{
	const struct link_rig *r = ctx;

	return r->now;
}

struct link_rig *link_rig_new(unsigned vfs)
{
	struct link_rig *r = test_calloc(1, sizeof(*r));
	struct device_cfg cfg;
	struct root_cfg root;

	assert_int_equal(arena_map(&r->arena, 0, 64u << 20), IL_OK);
	r->env = fake_env(&r->fenv);
	fake_init(&r->fcrypto, 1);
	r->crypto = fake_crypto(&r->fcrypto);
	r->ring = test_malloc(RING);
	link_queue_init(&r->queue, r->ring, RING);
	cfg = (struct device_cfg){ .arena = &r->arena,
				   .crypto = &r->crypto,
				   .env = &r->env,
				   .link = link_queue_end(&r->queue, 1),
				   .vfs = vfs,
				   .streams = 2,
				   .powered = true };
	device_spdm_defaults(&cfg.spdm);
	assert_int_equal(device_init(&r->dev, &cfg), IL_OK);
	root = (struct root_cfg){
		.way = { .end = link_queue_end(&r->queue, 0),
			 .wait = wait_frame,
			 .now_ns = now,
			 .ctx = r },
		.crypto = &r->crypto,
		.env = &r->env,
	};
	assert_int_equal(root_init(&r->root, &root), IL_OK);
	assert_int_equal(root_power_up(&r->root), IL_OK);
	return r;
}

void link_rig_free(struct link_rig *r)
{
	root_fini(&r->root);
	device_fini(&r->dev);
	arena_unmap(&r->arena);
	test_free(r->ring);
	test_free(r);
}
