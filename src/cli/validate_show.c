/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "cli/validate.h"
#include "doe/doe.h"

/*
 * What was sent and what came in a case, as `interlock decode` would show it:
 * the same listener, given the secrets of the puppet's sessions.
 */

/* Messages before the verdict that are shown field by field. */
#define CLOSE_LOOK 2u

struct hearing {
	struct dec *d;
	struct judge_log *log;
};

static const struct flow_secrets *secrets(void *ctx, const struct flow_who *who)
{
	return judge_secrets(((struct hearing *)ctx)->log, who);
}

static void note(void *ctx, const struct flow_note *n)
{
	static const char *const what[] = {
		[FLOW_MESSAGE] = "message",
		[FLOW_OPAQUE] = "opaque",
		[FLOW_PROTECTED] = "protected",
		[FLOW_UNKNOWN] = "unknown",
	};
	struct hearing *h = ctx;
	const struct dec_line l = {
		.what = what[n->what], .why = n->why, .name = n->name, .note = n
	};

	dec_show(h->d, &l);
}

static void hex_line(FILE *f, const char *what, const uint8_t *p, size_t n)
{
	fprintf(f, "              %-16s ", what);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%02x", p[i]);
	fputc('\n', f);
}

/* A data object that carries no SPDM, or is none; its header is often what the
 * case is about. */
static void object(struct dec *d, bool answer, const uint8_t *p, size_t n)
{
	struct doe_type t = { 0, 0 };
	const uint8_t *in = NULL;
	size_t len = 0;
	FILE *f = d->c->out;
	bool secured;

	if (doe_unwrap(p, n, n, &t, &in, &len)) {
		fprintf(f, "%6llu %s          no whole data object\n",
			(unsigned long long)d->sum.packets,
			answer ? "<-" : "->");
		hex_line(f, "bytes", p, n);
		return;
	}
	if (doe_is_spdm(t, &secured)) {
		flow_push(&d->flow, &doe_binding,
			  secured ? SPDM_SECURED : SPDM_PLAIN, in, len);
		return;
	}
	fprintf(f, "%6llu %s          data object: vendor 0x%04x, type %u%s\n",
		(unsigned long long)d->sum.packets, answer ? "<-" : "->",
		t.vendor, t.type,
		t.type == DOE_TYPE_DISCOVERY ? " (discovery)" : "");
	hex_line(f, "header", p, n < DOE_HEADER_LEN ? n : DOE_HEADER_LEN);
	hex_line(f, "bytes", in, len);
}

static void entry(struct val *v, const struct judge_log *log,
		  const struct judge_entry *e)
{
	const uint8_t *p = log->bytes + e->off;
	struct dec *d = v->dec;

	if (e->note) {
		fprintf(d->c->out, "       -- %.*s\n", (int)e->n,
			(const char *)p);
		return;
	}
	d->sum.packets++;
	if (e->kind == JUDGE_OBJECT)
		object(d, e->answer, p, e->n);
	else
		flow_push(&d->flow, v->target.judge.binding,
			  (enum spdm_kind)e->kind, p, e->n);
}

/* Up to the verdict; cleaning up is not the case's. */
static void all(struct val *v, struct judge_log *log)
{
	struct dec *d = v->dec;
	struct hearing h = { d, log };
	const struct flow_cfg cfg = { .crypto = &v->crypto,
				      .secrets = secrets,
				      .note = note,
				      .ctx = &h };

	flow_init(&d->flow, &cfg);
	d->sum.packets = 0;
	for (unsigned i = 0; i < log->judged; i++) {
		d->verbose = v->verbose || i + CLOSE_LOOK >= log->judged;
		entry(v, log, &log->e[i]);
	}
	if (log->cut)
		fputs("       -- the rest was not kept\n", d->c->out);
	flow_fini(&d->flow);
}

char *val_exchange(struct val *v, struct judge_log *log)
{
	char *text = NULL;
	size_t len = 0;
	struct cli to = *v->c;

	to.out = open_memstream(&text, &len);
	if (!to.out)
		return NULL;
	v->dec->c = &to;
	all(v, log);
	v->dec->c = NULL;
	if (fclose(to.out)) {
		free(text);
		return NULL;
	}
	return text;
}
