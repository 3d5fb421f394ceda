/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "world/cmd_priv.h"
#include "world/world_priv.h"

static enum il_err draw(void *ctx, uint8_t *out, size_t len)
{
	struct world *w = ctx;

	if (w->remote.used)
		return ossl_random(w->ossl_plat, out, len);
	dice_fill(&w->dice, out, len);
	return IL_OK;
}

enum il_err world_draw_dev(void *ctx, uint8_t *out, size_t len)
{
	const struct world_dev *d = ctx;

	return draw(d->w, out, len);
}

enum il_err world_open_crypto(struct world *w, bool seeded)
{
	struct ossl **o[] = { &w->ossl_plat, &w->dev[0].ossl, &w->ossl_guest };
	struct crypto *c[] = { &w->crypto_plat, &w->dev[0].crypto,
			       &w->crypto_guest };
	enum il_err err = IL_OK;

	for (unsigned i = 0; i < COUNT(o) && !err; i++) {
		const struct ossl_cfg cfg = { .seeded = seeded,
					      .seed = dice_u64(&w->dice) };

		ossl_free(*o[i]);
		*o[i] = NULL;
		err = ossl_new(&cfg, o[i]);
		if (!err)
			*c[i] = ossl_crypto(*o[i]);
	}
	return err;
}

enum il_err world_new(const struct world_cfg *cfg, struct world **out)
{
	struct arena a;
	struct world *w;
	enum il_err err;

	if (!cfg->anchor)
		return IL_E_ARG;
	err = arena_map(&a, ARENA_WORLD_BASE, WORLD_ARENA);
	if (err)
		return err;
	w = ARENA_NEW(&a, struct world);
	IL_ASSERT(w != NULL);
	w->arena = a;
	w->cfg = *cfg;
	w->dice.state = cfg->seed;
	w->env = (struct env){ .random = draw,
			       .trace = world_trace_ev,
			       .ctx = w };
	w->devs = 1;
	w->flushes = UINT64_MAX;
	for (unsigned i = 0; i < WORLD_DEVS; i++) {
		w->dev[i].w = w;
		w->dev[i].index = i;
	}
	err = world_open_crypto(w, true);
	if (err) {
		world_free(w);
		return err;
	}
	*out = w;
	return IL_OK;
}

void world_free(struct world *w)
{
	struct arena a = w->arena;

	for (unsigned i = 0; i < WORLD_VMS; i++)
		world_vm_wipe(&w->vm[i]);
	for (unsigned i = 0; i < w->devs && w->built; i++)
		if (w->dev[i].dev)
			device_fini(w->dev[i].dev);
	if (w->built)
		fabric_fini(&w->fabric);
	remote_close(w);
	ossl_free(w->ossl_plat);
	for (unsigned i = 0; i < w->devs; i++)
		ossl_free(w->dev[i].ossl);
	ossl_free(w->ossl_guest);
	/* Whoever wants to know asked world_captures_close() before. */
	if (world_captures_close(w))
		world_fail(w, IL_E_IO, 0, "a capture is not whole");
	arena_unmap(&a);
}

enum il_err world_captures_close(struct world *w)
{
	enum il_err link = world_pcap_close(&w->cap.link);
	enum il_err doe = world_pcap_close(&w->cap.doe);

	return link ? link : doe;
}

const struct evidence_measurement *world_measurements(const struct world *w,
						      unsigned *n)
{
	*n = w->n_meas;
	return w->n_meas ? w->meas : NULL;
}

/* --- running commands --- */

static bool forgives(const struct lang_call *next)
{
	return next && !next->name && strcmp(next->cmd->role, "expect") == 0 &&
	       next->cmd->verb &&
	       (strcmp(next->cmd->verb, "error") == 0 ||
		strcmp(next->cmd->verb, "fault") == 0);
}

/* A device in another process that has gone is why the rest failed. */
static void add_fate(const struct world *w, struct world_end *end)
{
	const char *fate = remote_fate(w);
	size_t n = strlen(end->what);

	if (fate && !strstr(end->what, w->remote.at.text))
		snprintf(end->what + n, sizeof(end->what) - n,
			 "; the device at %s %s", w->remote.at.text, fate);
}

static bool is_expect(const struct lang_call *c)
{
	return strcmp(c->cmd->role, "expect") == 0;
}

static void end_with(struct world *w, struct world_end *end, enum il_err err,
		     const struct lang_call *c)
{
	end->err = err;
	end->line = c ? c->line : 0;
	end->law = w->law;
	end->expect = c && is_expect(c);
	snprintf(end->what, sizeof(end->what), "%s",
		 w->last_text[0] ? w->last_text : il_err_name(err));
	add_fate(w, end);
}

static struct world_op *op_named(struct world *w, const char *name)
{
	for (unsigned i = 0; i < WORLD_OPS; i++)
		if (w->ops[i].used && strcmp(w->ops[i].name, name) == 0)
			return &w->ops[i];
	return NULL;
}

static struct world_op *op_free(struct world *w)
{
	for (unsigned i = 0; i < WORLD_OPS; i++)
		if (!w->ops[i].used)
			return &w->ops[i];
	return NULL;
}

/* NULL, and the reason in @w, if there is no room or the name is taken. */
static struct world_op *op_new(struct world *w, const struct lang_call *c)
{
	struct world_op *o = op_free(w);

	if (!o) {
		world_fail(w, IL_E_NOMEM, 0, "too many commands are under way");
		return NULL;
	}
	if (c->name && strlen(c->name) >= sizeof(o->name)) {
		world_fail(w, IL_E_ARG, 0, "%s: the name is too long", c->name);
		return NULL;
	}
	if (c->name && op_named(w, c->name)) {
		world_fail(w, IL_E_STATE, 0, "%s was started already", c->name);
		return NULL;
	}
	*o = (struct world_op){ .used = true, .call = *c, .back = o->back };
	/* Values point into the call: into the copy from here on. */
	for (size_t k = 0; k < LANG_ARGS_MAX; k++)
		if (c->v[k].word)
			o->call.v[k].word =
				o->call.words + (c->v[k].word - c->words);
	if (c->name)
		snprintf(o->name, sizeof(o->name), "%s", c->name);
	o->begun_ns = o->start_ns = world_mono(w);
	return o;
}

/*
 * A step is over. What comes from a device elsewhere in the meantime, as the
 * end of the link, is a step of its own and not a part of this one.
 */
enum il_err world_stepped(struct world *w)
{
	enum il_err law;

	if (!w->remote.used)
		world_settle(w);
	world_irqs(w);
	law = laws_step(w);
	if (!w->remote.used || law || !fabric_run(&w->fabric))
		return law;
	return laws_step(w);
}

/* One call of a command's function. Each is a step at which laws are asked. */
static enum il_err advance(struct world *w, struct world_op *o)
{
	enum il_err err, law;

	w->op = o;
	err = o->call.cmd->run(w, &o->call);
	w->op = NULL;
	if (!w->built)
		return err;
	law = world_stepped(w);
	return law ? law : err;
}

enum il_err world_call(struct world *w, const struct lang_call *c,
		       const struct lang_call *next, struct world_end *end)
{
	struct world_op *o = op_new(w, c);
	const enum il_err was = w->last_err;
	const int was_errno = w->last_errno;
	enum il_err err = IL_E_AGAIN;

	if (!o) {
		end_with(w, end, w->last_err, c);
		return w->last_err;
	}
	if (!is_expect(c)) {
		w->last_text[0] = '\0';
		w->last_err = IL_OK;
		w->last_errno = 0;
		memset(&w->last_fault, 0, sizeof(w->last_fault));
		w->seen_n = 0;
	}
	if (c->name) /* `step` drives it */
		return IL_OK;
	for (unsigned i = 0; i < WORLD_WAITS && err == IL_E_AGAIN; i++)
		err = advance(w, o);
	o->used = false;
	if (err == IL_E_AGAIN)
		err = world_fail(w, IL_E_TIMEOUT, ETIMEDOUT,
				 "the command does not end");
	if (is_expect(
		    c)) { /* it asks of the command before, as will the next */
		w->last_err = was;
		w->last_errno = was_errno;
	} else if (err) {
		w->last_err = err;
	}
	if (err && (w->law || is_expect(c) || !forgives(next))) {
		end_with(w, end, err, c);
		return err;
	}
	return IL_OK;
}

/* What `start` began must have ended with the scenario: no state is lost. */
static enum il_err none_unfinished(struct world *w, struct world_end *end)
{
	for (unsigned i = 0; i < WORLD_OPS; i++) {
		const struct world_op *o = &w->ops[i];

		if (!o->used || !o->name[0])
			continue;
		world_fail(w, IL_E_STATE, 0, "%s was started and has not ended",
			   o->name);
		end_with(w, end, IL_E_STATE, &o->call);
		return IL_E_STATE;
	}
	return IL_OK;
}

enum il_err world_run(struct world *w, const struct lang_script *s,
		      struct world_end *end)
{
	enum il_err err;

	*end = (struct world_end){ 0 };
	for (size_t i = 0; i < s->n; i++) {
		const struct lang_call *next =
			i + 1 < s->n ? &s->call[i + 1] : NULL;

		err = world_call(w, &s->call[i], next, end);
		end->inapplicable = w->inapplicable;
		if (err || w->inapplicable)
			return err;
	}
	err = none_unfinished(w, end);
	if (err)
		return err;
	err = laws_end(w);
	if (err)
		end_with(w, end, err, NULL);
	return err;
}

/* `step NAME [n]`: the named command, n exchanges or exits on. */
enum il_err world_step_named(struct world *w, const char *name, uint64_t n)
{
	struct world_op *o = op_named(w, name);
	struct world_op *self = w->op;
	enum il_err err = IL_E_AGAIN;

	if (!o)
		return world_fail(w, IL_E_ARG, 0, "nothing was started as %s",
				  name);
	while (n-- && err == IL_E_AGAIN)
		err = advance(w, o);
	w->op = self;
	if (err == IL_E_AGAIN)
		return IL_OK;
	o->used = false;
	return err;
}

void world_sum(const struct world *w, struct world_sum *out)
{
	struct world_law law[64];
	unsigned n = world_laws(w, law, COUNT(law));

	*out = (struct world_sum){
		.to_device = w->fabric.dma_read,
		.from_device = w->fabric.dma_write,
		.tlps = w->link_tlps,
		.exchanges = w->host ? w->host->k.stats.exchanges : 0,
		.steps = w->steps,
		.laws = n,
		.device_at = w->remote.used ? w->remote.at.text : NULL,
	};
	for (unsigned i = 0; i < n; i++) {
		out->law_checks += law[i].held;
		out->laws_tested += law[i].held != 0;
	}
}
