/* SPDX-License-Identifier: BSD-2-Clause */
#include "ear.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"

static void put(struct ear *e, enum flow_secret k, const uint8_t *v, size_t n)
{
	e->told.len[k] = (uint8_t)n;
	memcpy(e->told.v[k], v, n);
}

static void told(void *ctx, const struct spdm_key_note *n)
{
	struct ear *e = ctx;
	const size_t len = n->keys->hash_len;

	if (n->data)
		return;
	memset(&e->told, 0, sizeof(e->told));
	put(e, FLOW_SECRET_HANDSHAKE, n->keys->handshake, len);
	put(e, FLOW_SECRET_REQ_HANDSHAKE, n->keys->hs_dir[SPDM_DIR_REQ], len);
	put(e, FLOW_SECRET_RSP_HANDSHAKE, n->keys->hs_dir[SPDM_DIR_RSP], len);
}

static const struct flow_secrets *ask(void *ctx, const struct flow_who *who)
{
	struct ear *e = ctx;

	(void)who;
	return &e->told;
}

static void note(void *ctx, const struct flow_note *n)
{
	struct ear *e = ctx;

	static struct field field[FIELDS_MAX];
	size_t got = 0;

	/* Each message, those that carry others too, has fields and a name. */
	if (n->msg) {
		assert_non_null(n->name);
		assert_int_equal(fields_of(n->p, n->n, &n->shape, field,
					   FIELDS_MAX, &got),
				 IL_OK);
		assert_true(got >= 4);
	}
	e->kinds[n->n > 1 ? n->p[1] : 0] += n->msg != NULL;
	e->messages++;
	e->unknown += n->what == FLOW_UNKNOWN;
	e->protected += n->what == FLOW_PROTECTED;
	e->opaque += n->what == FLOW_OPAQUE;
	e->carried += n->carried;
	for (unsigned i = 0; i < n->checks; i++) {
		const struct flow_check *c = &n->check[i];

		e->holds += c->verdict == FLOW_HOLDS;
		e->fails += c->verdict == FLOW_FAILS;
		e->unsaid += c->verdict == FLOW_UNSAID;
		if (n->msg && n->msg->code == SPDM_FINISH_RSP &&
		    !strcmp(c->what, "signature"))
			e->req_signatures += c->verdict == FLOW_HOLDS;
		if (c->verdict == FLOW_FAILS && !e->first[0])
			snprintf(e->first, sizeof(e->first), "%s of %s",
				 c->what, n->name ? n->name : "?");
	}
	if (n->what == FLOW_UNKNOWN && !e->first[0])
		snprintf(e->first, sizeof(e->first), "%s: %s",
			 n->name ? n->name : "?", n->why);
}

struct ear *ear_new(struct pair *p)
{
	struct ear *e = calloc(1, sizeof(*e));
	struct flow_cfg cfg = {
		.crypto = &p->c, .secrets = ask, .note = note, .ctx = e
	};

	assert_non_null(e);
	e->p = p;
	e->f = malloc(sizeof(*e->f));
	assert_non_null(e->f);
	flow_init(e->f, &cfg);
	p->rcfg.keylog = told;
	p->rcfg.keylog_ctx = e;
	pair_start(p);
	return e;
}

void ear_free(struct ear *e)
{
	flow_fini(e->f);
	free(e->f);
	pair_free(e->p);
	free(e);
}

static void push(struct ear *e, enum spdm_kind kind, uint8_t *p, size_t n)
{
	const bool twist = kind == SPDM_PLAIN && n > 1 && e->twist_code &&
			   p[1] == e->twist_code;

	if (twist)
		p[e->twist_at] ^= 1;
	flow_push(e->f, e->p->qcfg.binding, kind, p, n);
	if (twist)
		p[e->twist_at] ^= 1;
}

enum il_err ear_exchange(struct ear *e)
{
	struct pair *p = e->p;
	enum il_err err = pair_exchange(p);

	push(e, p->in_kind, p->in, p->in_len);
	push(e, p->out_kind, p->out, p->out_len);
	return err;
}

void hear(struct ear *e, enum spdm_req_op op, const struct spdm_req_args *args)
{
	enum il_err err;

	assert_int_equal(spdm_req_begin(&e->p->req, op, args), IL_OK);
	do
		err = ear_exchange(e);
	while (err == IL_E_AGAIN);
	assert_int_equal(err, IL_OK);
}

void all_holds(const struct ear *e)
{
	if (e->unknown || e->fails || e->protected)
		fail_msg("%u unknown, %u protected, %u do not hold; first: %s",
			 e->unknown, e->protected, e->fails, e->first);
}

void all_is_said(const struct ear *e)
{
	all_holds(e);
	if (e->unsaid)
		fail_msg("of %u it cannot be said", e->unsaid);
}
