/* SPDX-License-Identifier: BSD-2-Clause */
#include "dsm_bench.h"

#include <stdlib.h>

static enum il_err handle(void *peer, enum spdm_kind kind, const uint8_t *in,
			  size_t n, uint8_t *out, size_t cap, size_t *len,
			  enum spdm_kind *back)
{
	struct rig *g = peer;

	return dsm_handle(&g->d, 0, kind, in, n, out, cap, len, back,
			  g->now_ns);
}

static const uint8_t *heard(void *ctx, uint32_t session_id, const uint8_t *in,
			    size_t *n)
{
	struct bench_dsm *d = ctx;

	(void)session_id;
	if (*n > 1)
		memcpy(d->heard[in[1]], in,
		       *n < sizeof(d->heard[0]) ? *n : sizeof(d->heard[0]));
	return in;
}

static void tap(void *ctx, uint32_t session_id, enum spdm_tap_stage stage,
		struct spdm_msg *rsp)
{
	struct bench_dsm *d = ctx;

	(void)session_id;
	if (d->change && stage == SPDM_TAP_FIELDS)
		d->change(rsp);
}

static const struct dsm_tap taps = { .spdm = tap, .heard = heard };

struct bench_dsm *bench_dsm_new(void)
{
	struct bench_dsm *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	d->g = rig_new();
	/* An answer of TDISP's own vendors wants more than the least. */
	d->g->cfg.spdm.scratch = d->scratch;
	d->g->cfg.spdm.scratch_len = sizeof(d->scratch) / CONNS;
	d->g->cfg.tap = &taps;
	d->g->cfg.tap_ctx = d;
	rig_start(d->g);
	bench_over(&d->b, &d->g->c, &d->g->env, d->g->cfg.spdm.slots[0].certs);
	d->b.handle = handle;
	d->b.peer = d->g;
	return d;
}

void bench_dsm_free(struct bench_dsm *d)
{
	bench_stop(&d->b);
	rig_free(d->g);
	free(d);
}

int bench_dsm_setup(void **state)
{
	struct bench_dsm *d = bench_dsm_new();

	bench_start(&d->b);
	*state = d;
	return 0;
}

int bench_dsm_teardown(void **state)
{
	bench_dsm_free(*state);
	return 0;
}

int bench_dsm_open(void **unused)
{
	(void)unused;
	rig_open();
	return 0;
}

int bench_dsm_close(void **unused)
{
	(void)unused;
	rig_close();
	return 0;
}
