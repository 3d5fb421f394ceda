/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "cli/target.h"
#include "judge/target_link.h"
#include "link/sock.h"

/* A device at the other end of a link (docs/link.md): we are the root port. */

struct way_link {
	struct target_link target;
	struct root_socket socket;
	struct sock_addr addr;
	unsigned timeout_ms;
	uint64_t (*mono_ns)(void);
	struct env env;
};

/* A port asks for no random numbers. */
static enum il_err no_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	(void)out;
	(void)len;
	return IL_E_RANDOM;
}

static enum il_err connect_link(void *ctx, struct root_way *way, char *why,
				size_t cap)
{
	struct way_link *w = ctx;
	int code;
	enum il_err err = root_connect(&w->socket, &w->addr, w->timeout_ms,
				       w->mono_ns, way, &code);

	if (err)
		snprintf(why, cap, "%s: %s", w->addr.text,
			 code ? strerror(code) : il_err_name(err));
	return err;
}

static void hang_up(void *ctx)
{
	struct way_link *w = ctx;

	root_hang_up(&w->socket);
}

static uint64_t now(void *ctx)
{
	const struct way_link *w = ctx;

	return w->mono_ns();
}

static int make(struct target *t, const char *text, const struct target_opts *o)
{
	const char *at = text + strlen("link:");
	struct way_link *w;
	struct target_link_cfg cfg = { .connect = connect_link,
				       .hang_up = hang_up,
				       .now_ns = now,
				       .crypto = o->crypto,
				       .stream = o->stream };

	if (o->trans && strcmp(o->trans, "doe") != 0)
		return cli_misuse(t->c,
				  "--trans is '%s'; a link has a DOE "
				  "mailbox",
				  o->trans);
	w = calloc(1, sizeof(*w));
	if (!w)
		return cli_fail(t->c, "no memory");
	if (sock_parse(at, &w->addr)) {
		free(w);
		return cli_misuse(t->c,
				  "%s: expected link:unix:PATH or "
				  "link:tcp:127.0.0.1:PORT",
				  text);
	}
	w->socket.fd = -1;
	w->timeout_ms = o->timeout_s * 1000;
	w->mono_ns = t->c->mono_ns;
	w->env = (struct env){ .random = no_random, .ctx = w };
	cfg.env = &w->env;
	cfg.ctx = w;
	cfg.answer_ns = o->timeout_s * UINT64_C(1000000000);
	/* One that is not to come costs so much; a process has to be run. */
	cfg.silent_ns = UINT64_C(200000000);
	target_link_init(&w->target, &cfg);
	t->own = w;
	t->judge = target_link(&w->target);
	return 0;
}

static void drop(struct target *t)
{
	struct way_link *w = t->own;

	target_link_fini(&w->target);
	free(w);
}

const struct target_kind target_over_link = {
	.prefix = "link:",
	.says = "unix:PATH or tcp:127.0.0.1:PORT",
	.make = make,
	.drop = drop,
};
