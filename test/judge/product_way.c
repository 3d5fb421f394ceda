/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "doe/doe.h"
#include "product.h"

/* The ways to a device in the same process. */

static uint64_t now(void *ctx)
{
	const struct product_in *in = ctx;

	return in->now_ns;
}

/* --- messages --- */

static enum il_err open_it(void *ctx)
{
	struct product_in *in = ctx;

	in->msg_count = 0;
	return IL_OK;
}

/* Who had a connection for itself has gone. */
static void close_it(void *ctx)
{
	struct product_in *in = ctx;

	in->msg_count = 0;
	device_leave(in->dev, DEVICE_CONN_OWN);
}

static enum il_err hand(struct product_in *in, enum judge_kind kind,
			const uint8_t *p, size_t n, struct product_msg *m)
{
	enum spdm_kind back = SPDM_PLAIN;
	enum il_err err;

	m->n = 0;
	m->kind = JUDGE_OBJECT;
	if (kind == JUDGE_OBJECT)
		return device_doe(in->dev, DEVICE_CONN_OWN, p, n, m->p,
				  sizeof(m->p), &m->n, in->now_ns);
	err = device_message(in->dev, DEVICE_CONN_OWN, in->binding,
			     (enum spdm_kind)kind, p, n, m->p, sizeof(m->p),
			     &m->n, &back, in->now_ns);
	m->kind = (enum judge_kind)back;
	return err;
}

/* As served: it is asked again until it answers, or the judge has no more
 * patience; then the answer to this will not come. */
static enum il_err send(void *ctx, enum judge_kind kind, const uint8_t *p,
			size_t n, uint64_t until_ns)
{
	struct product_in *in = ctx;
	const uint64_t most = in->now_ns + UINT64_C(2000000000);
	struct product_msg *m;

	(void)until_ns;
	if (in->msg_count == PRODUCT_QUEUE)
		return IL_E_IO;
	m = &in->msg[(in->msg_at + in->msg_count) % PRODUCT_QUEUE];
	do {
		in->msg_err = hand(in, kind, p, n, m);
		in->now_ns += in->msg_err == IL_E_AGAIN ? 1000000 : 0;
	} while (in->msg_err == IL_E_AGAIN && in->now_ns < most);
	in->msg_count += !in->msg_err && m->n;
	return in->msg_err && in->msg_err != IL_E_AGAIN ? IL_E_IO : IL_OK;
}

static void wait_until(void *ctx, uint64_t until_ns)
{
	struct product_in *in = ctx;

	if (in->now_ns < until_ns)
		in->now_ns = until_ns;
	(void)device_run(in->dev, in->now_ns);
}

static enum il_err recv(void *ctx, struct judge_came *out, uint64_t until_ns)
{
	struct product_in *in = ctx;
	struct product_msg *m = &in->msg[in->msg_at];
	struct doe_type type;
	const uint8_t *p;
	size_t n;

	if (!in->msg_count) {
		wait_until(in, until_ns);
		return IL_E_TIMEOUT;
	}
	in->msg_at = (in->msg_at + 1) % PRODUCT_QUEUE;
	in->msg_count--;
	*out = (struct judge_came){ m->kind, m->p, m->n, m->p, m->n };
	if (m->kind != JUDGE_OBJECT)
		return IL_OK;
	if (doe_unwrap(m->p, m->n, sizeof(m->p), &type, &p, &n))
		return IL_E_FIELD;
	return IL_OK;
}

static const char *why(void *ctx)
{
	const struct product_in *in = ctx;

	return in->msg_err ? il_err_name(in->msg_err) : "no answer in time";
}

static enum il_err reset(void *ctx)
{
	struct product_in *in = ctx;

	in->msg_count = 0;
	return device_told_event(in->dev, LINK_FUND_RESET);
}

static enum il_err cfg_write(void *ctx, unsigned fn, uint16_t reg,
			     unsigned size, uint32_t v)
{
	struct product_in *in = ctx;

	return device_told_write(in->dev, device_rid(in->dev, fn), reg, size,
				 v);
}

static enum il_err event(void *ctx, enum judge_event e)
{
	struct product_in *in = ctx;
	enum il_err err = IL_OK;

	switch (e) {
	case JUDGE_EV_HOT_RESET:
		return device_told_event(in->dev, LINK_HOT_RESET);
	case JUDGE_EV_LINK_DOWN:
		err = device_told_event(in->dev, LINK_DOWN);
		return err ? err : device_told_event(in->dev, LINK_UP);
	case JUDGE_EV_POWER:
		err = device_told_event(in->dev, LINK_POWER_OFF);
		return err ? err : device_told_event(in->dev, LINK_POWER_ON);
	case JUDGE_EVENTS:
		break;
	}
	return IL_E_IO;
}

static const struct judge_target_ops ops = {
	.open = open_it,
	.close = close_it,
	.send = send,
	.recv = recv,
	.now_ns = now,
	.wait = wait_until,
	.why = why,
	.reset = reset,
	.cfg_write = cfg_write,
	.event = event,
};

struct judge_target product_messages(struct product_in *in,
				     const struct spdm_binding *binding)
{
	in->binding = binding;
	return (struct judge_target){ .ops = &ops,
				      .ctx = in,
				      .binding = binding,
				      .objects = binding == &doe_binding };
}

/* --- the link --- */

static enum il_err wait_frame(void *ctx, uint64_t ns)
{
	struct product_in *in = ctx;

	if (device_run(in->dev, in->now_ns))
		return IL_OK;
	/* What the device wants to do later is done then. */
	if (in->dev->wake_ns > in->now_ns && in->dev->wake_ns - in->now_ns < ns)
		ns = in->dev->wake_ns - in->now_ns;
	/* And a port that is slow is asked again. */
	if (in->dev->doe.state == DOE_BUSY && ns > 1000000)
		ns = 1000000;
	in->now_ns += ns;
	return IL_E_TIMEOUT;
}

static enum il_err connect_queue(void *ctx, struct root_way *way, char *words,
				 size_t cap)
{
	struct product_in *in = ctx;

	(void)words;
	(void)cap;
	link_queue_init(&in->queue, in->ring, PRODUCT_RING);
	*way = (struct root_way){ .end = link_queue_end(&in->queue, 0),
				  .wait = wait_frame,
				  .now_ns = now,
				  .ctx = in };
	return IL_OK;
}

static void hang_up(void *ctx)
{
	struct product_in *in = ctx;

	if (device_told_event(in->dev, LINK_DOWN))
		in->now_ns++; /* nobody is told */
}

struct judge_target product_link(struct product_in *in)
{
	const struct target_link_cfg cfg = { .connect = connect_queue,
					     .hang_up = hang_up,
					     .ctx = in,
					     .now_ns = now,
					     .crypto = &in->p->maker.c,
					     .env = &in->env,
					     .stream = 5 };

	target_link_init(&in->target, &cfg);
	return target_link(&in->target);
}
