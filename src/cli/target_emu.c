/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/peer.h"
#include "cli/target.h"
#include "doe/doe.h"
#include "mctp/mctp.h"

/* A responder behind the emulator's framing (docs/emulator.md). */

static enum il_err emu_open(void *ctx)
{
	struct peer *p = ctx;

	peer_close(p);
	return peer_open(p);
}

static void emu_close(void *ctx)
{
	peer_close(ctx);
}

static enum il_err emu_send(void *ctx, enum judge_kind kind, const uint8_t *b,
			    size_t n, uint64_t until_ns)
{
	if (kind == JUDGE_OBJECT)
		return peer_send_raw(ctx, b, n, until_ns);
	return peer_send(ctx, kind == JUDGE_RECORD ? SPDM_SECURED : SPDM_PLAIN,
			 b, n, until_ns);
}

static enum il_err emu_recv(void *ctx, struct judge_came *out,
			    uint64_t until_ns)
{
	struct peer_came m = { .n = 0 };
	enum il_err err = peer_recv(ctx, &m, until_ns);

	if (err)
		return err;
	*out = (struct judge_came){ .kind = m.kind == SPDM_SECURED
						    ? JUDGE_RECORD
						    : JUDGE_PLAIN,
				    .p = m.p,
				    .n = m.n,
				    .raw = m.raw,
				    .raw_n = m.raw_n };
	if (!m.other)
		return IL_OK;
	out->kind = JUDGE_OBJECT;
	out->p = m.raw;
	out->n = m.raw_n;
	return IL_OK;
}

static uint64_t emu_now(void *ctx)
{
	return ((struct peer *)ctx)->mono_ns();
}

static void emu_wait(void *ctx, uint64_t until_ns)
{
	peer_wait(ctx, until_ns);
}

static const char *emu_why(void *ctx)
{
	return ((struct peer *)ctx)->why;
}

static const struct judge_target_ops ops = {
	.open = emu_open,
	.close = emu_close,
	.send = emu_send,
	.recv = emu_recv,
	.now_ns = emu_now,
	.wait = emu_wait,
	.why = emu_why,
};

static int emu_make(struct target *t, const char *text,
		    const struct target_opts *o)
{
	struct peer *p;

	t->mctp = o->trans && strcmp(o->trans, "mctp") == 0;
	if (o->trans && !t->mctp && strcmp(o->trans, "doe") != 0)
		return cli_misuse(t->c, "--trans is '%s'; expected doe or mctp",
				  o->trans);
	p = calloc(1, sizeof(*p));
	if (!p)
		return cli_fail(t->c, "no memory");
	if (sock_parse(text, &p->addr)) {
		free(p);
		return cli_misuse(t->c,
				  "%s: not an address; expected unix:PATH or "
				  "tcp:127.0.0.1:PORT",
				  text);
	}
	p->fd = -1;
	p->timeout_s = o->timeout_s;
	p->mono_ns = t->c->mono_ns;
	p->transport = t->mctp ? EMU_MCTP : EMU_DOE;
	t->own = p;
	t->judge = (struct judge_target){
		.ops = &ops,
		.ctx = p,
		.binding = t->mctp ? &mctp_binding : &doe_binding,
		.objects = !t->mctp,
	};
	return 0;
}

static void emu_drop(struct target *t)
{
	peer_close(t->own);
	free(t->own);
	t->own = NULL;
}

const struct target_kind target_tcp = {
	.prefix = "tcp:",
	.says = "127.0.0.1:PORT",
	.make = emu_make,
	.drop = emu_drop,
};

const struct target_kind target_unix = {
	.prefix = "unix:",
	.says = "PATH",
	.make = emu_make,
	.drop = emu_drop,
};
