/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "board/board.h"
#include "board/regs.h"
#include "cli/serve.h"
#include "link/link.h"
#include "vfu/user.h"

/* The machine around a served device, whose functions QEMU may have. */

#define LINK_BUF ((size_t)1 << 20)

/* Firmware and root port draw on a library of their own, as a platform does. */
struct serve_machine {
	struct serve *s;
	struct link_queue queue;
	struct ossl *lib;
	struct crypto crypto;
	struct env env;
	struct board *board;
	struct vuser *user;
	/* Lines about refusals in the second that began at @since. */
	uint64_t since;
	unsigned lines;
	uint64_t left; /* that had none */
	/* Rules that had one; a rule's first is told whatever came before. */
	const struct rule *told[32];
	unsigned n_told;
	uint8_t buf[2 * LINK_BUF];
};

static enum il_err fill(void *ctx, uint8_t *out, size_t len)
{
	struct serve_machine *m = ctx;

	return ossl_random(m->lib, out, len);
}

static bool pump(void *ctx)
{
	struct serve_machine *m = ctx;

	return device_run(m->s->dev, m->s->c->mono_ns());
}

/*
 * Clients cause as many as they like: so many lines in a second, then how many
 * there were besides.
 */
#define LINES_MAX 20u
#define SECOND	  UINT64_C(1000000000)

static void tell_left(struct serve_machine *m)
{
	if (m->left)
		fprintf(m->s->c->out, "refused: %llu more\n",
			(unsigned long long)m->left);
	m->left = 0;
}

static bool is_new(struct serve_machine *m, const struct rule *rule)
{
	for (unsigned i = 0; i < m->n_told; i++)
		if (m->told[i] == rule)
			return false;
	if (m->n_told == COUNT(m->told))
		return false;
	m->told[m->n_told++] = rule;
	return true;
}

static void say_refused(struct serve_machine *m, const char *who,
			const struct fault *f)
{
	const uint64_t now = m->s->c->mono_ns();
	char line[300];

	if (now - m->since >= SECOND) {
		tell_left(m);
		m->since = now;
		m->lines = 0;
		m->n_told = 0;
	}
	const bool first = is_new(m, f->rule);

	if ((m->lines >= LINES_MAX && !first) || !serve_heard(m->s->c->out)) {
		m->left++;
		return;
	}
	m->lines++;
	(void)board_fault_text(f, line, sizeof(line));
	fprintf(m->s->c->out, "refused%s: %s\n", who, line);
	fflush(m->s->c->out);
}

static void refused(void *ctx, const struct fault *f)
{
	say_refused(ctx, "", f);
}

/* What the machine knows as an Unsupported Request, or nothing at all. */
void serve_machine_refused(void *ctx, const struct fault *f)
{
	struct serve *s = ctx;

	say_refused(s->machine, " by the device", f);
}

/* Whoever reads a capture knows which part of it is honest. */
static void say_bench(struct serve_machine *m, const char *what)
{
	const struct serve *s = m->s;

	if (!serve_heard(s->c->out))
		return;
	fprintf(s->c->out, "%s", what);
	if (s->cap_path)
		fprintf(s->c->out, ", from packet %llu on",
			(unsigned long long)s->cap.packets + 1);
	fputc('\n', s->c->out);
	fflush(s->c->out);
}

static bool arm(struct serve_machine *m, const char *name)
{
	char line[160];

	if (misbehave_arm(m->s->misbehave, m->s->dev, name))
		return false;
	snprintf(line, sizeof(line), "misbehaves: %s", name);
	say_bench(m, line);
	return true;
}

static bool bench(void *ctx, uint32_t op, const char *name)
{
	struct serve_machine *m = ctx;

	switch (op) {
	case BOARD_BENCH_HONEST:
		misbehave_calm(m->s->misbehave, m->s->dev);
		say_bench(m, "honest");
		return true;
	case BOARD_BENCH_MISBEHAVE:
		return arm(m, name);
	default:
		return false;
	}
}

static uint64_t exchanges(void *ctx)
{
	const struct serve_machine *m = ctx;

	return m->s->dev->exchanges;
}

static enum il_err give(void *ctx, enum ep_space s, const void *owner,
			const struct ep_piece *p)
{
	return board_give(ctx, s, owner, p);
}

static enum il_err take(void *ctx, enum ep_space s, const void *owner,
			uint64_t addr, uint64_t size)
{
	return board_take(ctx, s, owner, addr, size);
}

static void take_all(void *ctx, const void *owner)
{
	board_take_all(ctx, owner);
}

static void run(void *ctx, uint64_t now_ns)
{
	board_run(ctx, now_ns);
}

static uint64_t next_ns(void *ctx)
{
	return board_next_ns(ctx);
}

static const struct vuser_machine machine_ops = { .give = give,
						  .take = take,
						  .take_all = take_all,
						  .run = run,
						  .next_ns = next_ns };

struct serve_machine *serve_machine_new(struct serve *s)
{
	struct serve_machine *m = calloc(1, sizeof(*m));

	if (!m || ossl_new(&(struct ossl_cfg){ 0 }, &m->lib)) {
		free(m);
		return NULL;
	}
	m->s = s;
	m->crypto = ossl_crypto(m->lib);
	m->env = (struct env){ .random = fill, .ctx = m };
	link_queue_init(&m->queue, m->buf, sizeof(m->buf));
	return m;
}

struct link_end serve_machine_link(struct serve_machine *m)
{
	return link_queue_end(&m->queue, 1);
}

void serve_machine_free(struct serve_machine *m)
{
	if (!m)
		return;
	vuser_free(m->user);
	board_free(m->board);
	ossl_free(m->lib);
	free(m);
}

static int show_all(struct serve_machine *m, const char *dir)
{
	for (unsigned i = 0; i < board_eps(m->board); i++) {
		struct ep *e = board_ep(m->board, i);
		const int err = vuser_show(m->user, e, dir);

		if (err)
			return cli_fail(m->s->c, "cannot listen at %s/%s: %s",
					dir, e->name, strerror(-err));
	}
	return 0;
}

int serve_machine_start(struct serve_machine *m, struct vfu *v, const char *dir)
{
	const struct serve *s = m->s;
	const struct board_cfg cfg = {
		.crypto = &m->crypto,
		.env = &m->env,
		.link = link_queue_end(&m->queue, 0),
		.pump = pump,
		.pump_ctx = m,
		.refused = refused,
		.bench = bench,
		.exchanges = exchanges,
		.ctx = m,
		.functions = s->cfg.pfs,
	};
	const enum il_err err = board_new(&cfg, &m->board);
	int ret;

	if (err)
		return cli_fail(s->c, "the machine cannot be made: %s",
				il_err_name(err));
	if (vuser_new(&(struct vuser_cfg){ .now_ns = s->vfu.now_ns,
					   .say = s->vfu.say,
					   .ctx = s->vfu.ctx,
					   .machine = &machine_ops,
					   .machine_ctx = m->board },
		      &m->user))
		return cli_fail(s->c, "no memory");
	ret = show_all(m, dir);
	if (!ret)
		vfu_plug(v, &vuser_plug, m->user);
	return ret;
}

void serve_machine_say(const struct serve_machine *m, const char *dir)
{
	for (unsigned i = 0; i < board_eps(m->board); i++)
		fprintf(m->s->c->out, "vfio-user: %s/%s\n", dir,
			board_ep(m->board, i)->name);
}
