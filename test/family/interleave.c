/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/books.h"
#include "family/cut.h"
#include "family/disturb.h"
#include "family/holdings.h"

#include <errno.h>
#include <stdlib.h>

/*
 * interleaving: while one party locks, starts or stops a TDI, another does
 * something. Points are each step of those operations: one DOE exchange, or
 * one exit of the vCPU; what comes in between is each of disturb.c, alone, and
 * with a second one some steps later. Both end, no law breaks, the device is
 * given back or isolated, nothing leaks, and a share is assigned again.
 */
#define AGAIN 7u    /* one in so many is assigned again */
#define LATE  12u   /* the second comes so many steps later at the most */
#define OVER  2000u /* steps: what takes longer does not end */

enum tag { TAG_FINISHED, TAG_REFUSED, TAG_ISOLATED, TAG_DIED };

static struct {
	uint64_t step; /* of the operation under way */
	struct holdings first;
	/* in the child */
	struct disturb one, two;
	bool pair;
	bool hostile; /* the host's own books are worth nothing then */
	uint64_t two_at;
} il;

static bool is(const struct lang_call *c, const char *role, const char *verb)
{
	return strcmp(c->cmd->role, role) == 0 && c->cmd->verb &&
	       strcmp(c->cmd->verb, verb) == 0;
}

static bool of_interest(const struct lang_call *c)
{
	return is(c, "guest", "lock") || is(c, "guest", "start") ||
	       is(c, "guest", "release");
}

static void before(struct family *f, const struct lang_call *c)
{
	il.step = 0;
	if (!is(c, "host", "connect"))
		return;
	il.first = holdings_of(f->w);
	if (!world_raw_on(f->w))
		abort();
	cut_watch(f->w);
}

/* A child for each that can come here; true in the child. */
static bool fork_here(struct family *f)
{
	char name[64];

	for (unsigned a = 0; a < disturb_kinds(); a++) {
		struct dice d = { .state = f->seed ^ il.step << 16 ^ a };
		unsigned b = (unsigned)(dice_u64(&d) % disturb_kinds());
		uint64_t later = dice_u64(&d) % LATE;

		if (family_fork(f, "step", il.step, disturb_name(a))) {
			disturb_init(&il.one, f, a);
			il.hostile = disturb_hostile(a);
			return true;
		}
		snprintf(name, sizeof(name), "%s+%s-%llu", disturb_name(a),
			 disturb_name(b), (unsigned long long)later);
		if (family_fork(f, "step", il.step, name)) {
			disturb_init(&il.one, f, a);
			disturb_init(&il.two, f, b);
			il.pair = true;
			il.hostile = disturb_hostile(a) || disturb_hostile(b);
			il.two_at = il.step + later;
			return true;
		}
	}
	return false;
}

/* One step of each that has begun. False: nobody is left to go on. */
static bool disturb(struct family *f)
{
	struct world *w = f->w;

	disturb_step(&il.one);
	if (il.pair && il.step >= il.two_at)
		disturb_step(&il.two);
	(void)world_stepped(w);
	return w->vm[0].vmm && w->vm[0].vmm->t;
}

static bool step(struct family *f, const struct lang_call *c)
{
	bool on = true;

	if (!f->child && of_interest(c))
		(void)fork_here(f);
	if (f->child)
		on = disturb(f);
	il.step++;
	return on && (!f->child || il.step < OVER);
}

/* --- what is left --- */

static void finish(struct family *f, struct disturb *d, struct family_end *end)
{
	for (unsigned i = 0; i < OVER && !disturb_over(d); i++) {
		disturb_step(d);
		(void)world_stepped(f->w);
	}
	if (!disturb_over(d))
		family_bad(end, "%s does not end", disturb_name(d->kind));
}

/* Who died is followed by another process, which may give back what is left. */
static void successor(struct world *w, struct family_end *end)
{
	for (unsigned i = 0; i < WORLD_OPS; i++)
		w->ops[i].used = false;
	w->vm[0].devs = 0;
	if (world_vm_vmm(&w->vm[0]))
		family_bad(end, "no other VMM: %s", w->last_text);
}

/*
 * By another VMM, because the descriptors of the one that was may have been
 * closed under it; and after a reset in the open, whatever came before.
 */
static void again(struct family *f, struct family_end *end)
{
	struct world *w = f->w;
	const bool vf = strcmp(f->variant, "vf") == 0;
	struct holdings now;
	char what[BOOKS_WHAT];
	struct pci_dev *p;

	if (w->vm[0].vmm && w->vm[0].vmm->t)
		vmm_die(w->vm[0].vmm);
	successor(w, end);
	p = pci_find(&w->host->pci, w->dev[0].rid);
	if (!p || silence_over(&w->dev[0]) || pci_reset_done(p)) {
		family_bad(end, "the device cannot be reset");
		return;
	}
	w->dev[0].vfs_on = vf && pci_find(&w->host->pci, w->dev[0].rid + 1u);
	if (books_run(f,
		      books_call(f, "host",
				 vf && !w->dev[0].vfs_on ? "sriov" : "connect"),
		      what))
		family_bad(end, "assigned again, %s", what);
	now = holdings_of(w);
	holdings_same(end, &now, &il.first);
}

static void say(const struct family *f, enum il_err err, struct family_end *end)
{
	const struct world *w = f->w;
	const char *op = !err		 ? "ok"
			 : w->last_errno ? world_errno_name(w->last_errno)
					 : il_err_name(err);

	if (!il.pair)
		snprintf(end->came, sizeof(end->came), "%s, %s%s", op,
			 il.one.ret == -EAGAIN ? "later"
			 : il.one.ret ? world_errno_name((int)-il.one.ret)
				      : "ok",
			 w->dev[0].cut ? ", cut" : "");
}

/*
 * A host that called firmware behind its drivers' back cannot count on what
 * they give back; that giving back ends and that no law breaks, it can.
 */
static void tear_down(struct family *f, struct family_end *end)
{
	struct holdings now;

	if (il.hostile) {
		(void)world_cleanup(f->w);
		if (f->w->law || laws_end(f->w))
			family_bad(end, "in the teardown: %s", f->w->last_text);
		return;
	}
	books_tear_down(f, end);
	now = holdings_of(f->w);
	holdings_same(end, &now, &il.first);
}

static void judge(struct family *f, enum il_err err, struct family_end *end)
{
	struct world *w = f->w;
	bool died;

	if (w->law)
		family_bad(end, "in the operation: %s", w->last_text);
	if (il.step >= OVER)
		family_bad(end, "the operation does not end");
	say(f, err, end);
	finish(f, &il.one, end);
	if (il.pair)
		finish(f, &il.two, end);
	died = !w->vm[0].vmm || !w->vm[0].vmm->t;
	if (died)
		successor(w, end);
	if (cut_left())
		family_bad(end, "isolated, and yet %s", cut_left());
	tear_down(f, end);
	end->tag = died		   ? TAG_DIED
		   : w->dev[0].cut ? TAG_ISOLATED
		   : err	   ? TAG_REFUSED
				   : TAG_FINISHED;
	if (end->good && !il.hostile && family_one_in(f, AGAIN))
		again(f, end);
}

int main(int argc, char **argv)
{
	static const struct family_cfg cfg = {
		.name = "interleaving",
		.tags = { "finished", "failed", "isolated", "VMM gone" },
		.before = before,
		.step = step,
		.judge = judge,
	};

	return family_main(&cfg, 120, argc, argv);
}
