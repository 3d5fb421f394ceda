/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/cut.h"
#include "family/holdings.h"

#include <errno.h>

#include "host/pci/pci.h"

/*
 * dead-device: from a point on the device is silent. Points are each DOE
 * exchange and each packet of every operation of a whole assignment, in both
 * directions. The operation ends, the teardown ends, nothing of the platform
 * reaches the device any more, and after a reset it can be assigned again.
 */

/* Of the packets' cases so many are followed by another assignment. */
#define AGAIN 293u

enum tag { TAG_CLEAN, TAG_ISOLATED };

static struct {
	struct family *f;
	link_tap_fn *see;
	void *see_ctx;
	uint64_t exchanges; /* of the device when the operation began */
	uint64_t told;	    /* as of the latest point */
	uint64_t tlps;
	struct holdings first;
	bool by_exchange; /* in the child */
} dead;

/* --- points --- */

static void try_all(struct family *f, const char *unit, uint64_t index,
		    enum silence_how from)
{
	for (enum silence_how how = from; how < SILENCE_HOWS; how++)
		if (family_fork(f, unit, index, silence_name(how))) {
			dead.by_exchange = from == SILENCE_QUIET;
			silence_begin(&f->w->dev[0], how);
			return;
		}
}

static void exchange_point(struct family *f)
{
	uint64_t n = f->w->dev[0].dev->exchanges;

	/* A request is on its way into the mailbox, and not yet sent off. */
	if (n == dead.told || f->w->dev[0].dev->doe.state != DOE_RECEIVING)
		return;
	dead.told = n;
	try_all(f, "exchange", n - dead.exchanges, SILENCE_QUIET);
}

/* Before the interposer itself sees the frame: it is the first one lost. */
static enum link_verdict see(void *ctx, struct link_tap *tap, enum link_dir dir,
			     const struct link_frame *frame,
			     struct link_frame *out)
{
	struct family *f = ctx;

	if (frame->kind == LINK_TLP && !f->child) {
		exchange_point(f);
		try_all(f, "tlp", dead.tlps++, SILENCE_SILENT);
	}
	return dead.see(dead.see_ctx, tap, dir, frame, out);
}

static bool is(const struct lang_call *c, const char *role, const char *verb)
{
	return strcmp(c->cmd->role, role) == 0 && c->cmd->verb &&
	       strcmp(c->cmd->verb, verb) == 0;
}

static void before(struct family *f, const struct lang_call *c)
{
	struct world *w = f->w;

	if (is(c, "host", "connect")) {
		dead.first = holdings_of(w);
		cut_watch(w);
		dead.see = w->dev[0].tap->see;
		dead.see_ctx = w->dev[0].tap->ctx;
		link_tap_set(w->dev[0].tap, see, f);
	}
	if (w->dev[0].tap->see != see)
		return;
	dead.exchanges = w->dev[0].dev->exchanges;
	dead.told = dead.exchanges - 1;
	dead.tlps = 0;
}

static void after(struct family *f, const struct lang_call *c)
{
	struct family_end end = { .good = true };
	struct holdings now;

	if (!is(c, "host", "disconnect"))
		return;
	/* The honest run: else nothing of the rest could be judged. */
	now = holdings_of(f->w);
	holdings_same(&end, &now, &dead.first);
	if (!end.good || world_holds(f->w))
		fprintf(stderr, "the honest run leaves: %s\n",
			end.good ? world_holds(f->w) : end.why);
}

/* --- what is left --- */

static void again(struct family *f, struct family_end *end)
{
	struct world *w = f->w;
	struct pci_dev *p = pci_find(&w->host->pci, w->dev[0].rid);
	int ret;

	if (silence_over(&w->dev[0])) {
		family_bad(end, "the reset does not reach the device");
		return;
	}
	ret = p ? pci_reset_done(p) : -1;
	if (ret) {
		family_bad(end, "after the reset the host finds nothing: %d",
			   ret);
		return;
	}
	for (f->next = 0; f->next < f->script.n; f->next++)
		if (is(&f->call[f->next], "host", "connect"))
			break;
	for (; f->next < f->script.n; f->next++) {
		const struct lang_call *c = &f->call[f->next];
		struct world_end e = { 0 };

		if (world_call(w, c, c + 1, &e)) {
			family_bad(end, "assigned again, line %u: %s", c->line,
				   e.what);
			return;
		}
	}
}

/*
 * Half of the cases are torn down without the guest: it hangs, so nothing is
 * given back by those who hold it, and the host does it alone.
 */
static bool tear_down(struct family *f)
{
	struct world *w = f->w;
	struct guest *g = w->vm[0].guest;
	bool over;

	if (family_one_in(f, 2))
		w->vm[0].guest = NULL;
	over = world_cleanup(w);
	w->vm[0].guest = g;
	return over;
}

static void judge(struct family *f, enum il_err err, struct family_end *end)
{
	struct world *w = f->w;
	struct holdings now;
	const char *what;

	if (w->law)
		family_bad(end, "in the operation: %s", w->last_text);
	if (cut_left())
		family_bad(end, "isolated, and yet %s", cut_left());
	if (err == IL_E_TIMEOUT && w->last_errno == ETIMEDOUT)
		family_bad(end, "the operation does not end");
	if (dead.by_exchange && !err)
		family_bad(end, "the operation succeeds without the device");
	/* Isolation does not wait for the teardown. */
	what = world_holds(w);
	if (dead.by_exchange && what)
		family_bad(end, "after the operation: %s", what);
	if (!tear_down(f)) {
		what = world_holds(w);
		family_bad(end, "after the teardown: %s",
			   what ? what : "it does not end");
	}
	if (w->law)
		family_bad(end, "in the teardown: law %u: %s", w->law,
			   w->last_text);
	if (laws_end(w) && end->good)
		family_bad(end, "at the end: %s", w->last_text);
	now = holdings_of(w);
	holdings_same(end, &now, &dead.first);
	end->tag = w->dev[0].cut ? TAG_ISOLATED : TAG_CLEAN;
	if (!end->good || (!dead.by_exchange && !family_one_in(f, AGAIN)))
		return;
	again(f, end);
	if (!end->good)
		return;
	now = holdings_of(w);
	holdings_same(end, &now, &dead.first);
	if (laws_end(w))
		family_bad(end, "after the other assignment: %s", w->last_text);
}

int main(int argc, char **argv)
{
	static const struct family_cfg cfg = {
		.name = "dead-device",
		.tags = { "clean", "isolated" },
		.before = before,
		.after = after,
		.judge = judge,
	};

	return family_main(&cfg, 240, argc, argv);
}
