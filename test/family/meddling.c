/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/books.h"
#include "family/cut.h"
#include "family/holdings.h"

#include <errno.h>

/*
 * meddling: the interposer does each of its deeds to one packet under IDE, in
 * each direction, of each class, to the first, one in the middle and the last
 * of each operation once the stream stands. What it forges is dropped; what it
 * changed, repeated or forged under the stream's own name ends the stream; what
 * it took away may stay unnoticed if nothing follows. No byte that it touched
 * is in the guest's memory, and all is given back.
 */
#define AGAIN 13u

enum tag { TAG_DROPPED, TAG_UNNOTICED, TAG_INSECURE, TAG_ISOLATED, TAG_NONE };

static const struct deed {
	const char *name;
	enum meddle_how how;
	enum meddle_part part;
	bool harmless; /* to be dropped, and nothing else */
	bool hides;    /* may be seen later, or never */
} deeds[] = {
	{ "flip-prefix", MEDDLE_FLIP, MEDDLE_PREFIX, false, false },
	{ "flip-header", MEDDLE_FLIP, MEDDLE_HEADER, false, false },
	{ "flip-data", MEDDLE_FLIP, MEDDLE_DATA, false, false },
	{ "flip-mac", MEDDLE_FLIP, MEDDLE_MAC, false, false },
	{ "drop", MEDDLE_DROP, MEDDLE_DATA, false, true },
	{ "replay", MEDDLE_REPLAY, MEDDLE_DATA, false, false },
	{ "reorder", MEDDLE_REORDER, MEDDLE_DATA, false, true },
	{ "inject", MEDDLE_INJECT, MEDDLE_DATA, false, false },
	{ "plain", MEDDLE_PLAIN, MEDDLE_DATA, true, false },
	{ "stray", MEDDLE_STRAY, MEDDLE_DATA, true, false },
	{ "strip", MEDDLE_STRIP, MEDDLE_DATA, false, true },
	{ "misroute", MEDDLE_MISROUTE, MEDDLE_DATA, false, true },
};

/* Packets under IDE that an operation has, as the rehearsal saw them. */
struct count {
	char op[48];
	uint64_t n[2][TLP_CLASSES];
};

static struct {
	struct family *f;
	link_tap_fn *see;
	void *see_ctx;
	struct count count[FAMILY_OPS];
	unsigned counts;
	struct count *now;
	const char *counted; /* the platform whose counts they are */
	struct holdings first;
	/* before the operation */
	uint8_t mem[sizeof(((struct family *)0)->payload)];
	bool mem_known;
	/* in the child */
	const struct deed *deed;
	enum meddle_dir dir;
} m;

static enum link_verdict see(void *ctx, struct link_tap *tap, enum link_dir dir,
			     const struct link_frame *frame,
			     struct link_frame *out)
{
	struct family *f = ctx;
	const unsigned sub = frame->len > 3 ? frame->p[3] >> 4 & 7u : 7u;

	if (f->rehearsing && m.now && frame->kind == LINK_TLP &&
	    tlp_is_ide(frame->p, frame->len) && sub < TLP_CLASSES)
		m.now->n[dir == LINK_OUT][sub]++;
	return m.see(m.see_ctx, tap, dir, frame, out);
}

static struct count *count_of(const char *op)
{
	for (unsigned i = 0; i < m.counts; i++)
		if (strcmp(m.count[i].op, op) == 0)
			return &m.count[i];
	return NULL;
}

static void try(struct family *f, const struct deed *d, enum meddle_dir dir,
		enum tlp_class cls, uint64_t after)
{
	static const char *const dirs[] = { "", "up", "down" };
	static const char *const classes[] = { "posted", "non-posted",
					       "completion" };
	const struct meddle plan = { .how = d->how,
				     .part = d->part,
				     .dir = dir,
				     .cls = (int)cls,
				     .left = after };
	char unit[48];

	snprintf(unit, sizeof(unit), "%s-%s", dirs[dir], classes[cls]);
	if (f->child || !family_fork(f, unit, after, d->name))
		return;
	m.deed = d;
	m.dir = dir;
	meddle_plan(&f->w->dev[0], &plan);
}

/* The first, one in the middle, the last. */
static void try_places(struct family *f, const struct count *c,
		       enum meddle_dir dir, enum tlp_class cls)
{
	const uint64_t n = c->n[dir == MEDDLE_DOWN][cls];

	for (size_t i = 0; i < COUNT(deeds); i++) {
		if (n)
			try(f, &deeds[i], dir, cls, 0);
		if (n > 2)
			try(f, &deeds[i], dir, cls, n / 2);
		if (n > 1)
			try(f, &deeds[i], dir, cls, n - 1);
	}
}

static void begin(struct family *f)
{
	struct link_tap *tap = f->w->dev[0].tap;

	m.first = holdings_of(f->w);
	cut_watch(f->w);
	m.see = tap->see;
	m.see_ctx = tap->ctx;
	link_tap_set(tap, see, f);
}

/* The guest's second buffer, as its CPU sees it. */
static bool read_target(struct family *f, uint8_t out[sizeof(f->payload)])
{
	struct world_vm *vm = &f->w->vm[0];
	struct fault why = { 0 };

	return vm->vmm && vm->vmm->vm_fd >= 0 && vm->guest &&
	       !f->w->plat->vcpu_access(vm, vm->guest->cfg.map.dst, out,
					sizeof(f->payload), false, true, &why);
}

static void before(struct family *f, const struct lang_call *c)
{
	char op[48];

	family_op_name(c, op);
	if (strcmp(op, "host-connect") == 0)
		begin(f);
	if (f->rehearsing && m.counted != f->platform) {
		memset(m.count, 0, sizeof(m.count));
		m.counts = 0;
		m.counted = f->platform;
	}
	m.now = count_of(op);
	if (f->rehearsing && !m.now && m.counts < FAMILY_OPS) {
		m.now = &m.count[m.counts++];
		snprintf(m.now->op, sizeof(m.now->op), "%s", op);
	}
	/* What is in the clear until the stream stands is not ours. */
	if (f->rehearsing || !m.now || strcmp(op, "host-connect") == 0)
		return;
	m.mem_known = read_target(f, m.mem);
	for (unsigned cls = 0; cls < TLP_CLASSES; cls++) {
		try_places(f, m.now, MEDDLE_UP, (enum tlp_class)cls);
		try_places(f, m.now, MEDDLE_DOWN, (enum tlp_class)cls);
	}
}

/* --- what came of it --- */

static bool secure(const struct ide_port *p)
{
	for (unsigned i = 0; i < p->cfg.streams; i++)
		if (ide_state(p, i) == IDE_SECURE)
			return true;
	return false;
}

/* Of the end that the packet came to. */
static bool still_secure(const struct world *w)
{
	const struct world_dev *d = &w->dev[0];

	return secure(m.dir == MEDDLE_UP ? &w->fabric.port[d->port].ide
					 : &d->dev->ide);
}

/*
 * What the device wrote is what it was given: each byte of the second buffer is
 * the payload's, what it was, or zero, which the guest puts there before.
 */
static void memory_true(struct family *f, struct family_end *end)
{
	uint8_t got[sizeof(f->payload)];

	if (!m.mem_known || !read_target(f, got))
		return; /* not the guest's, or not its any more */
	for (size_t i = 0; i < sizeof(got); i++)
		if (got[i] && got[i] != f->payload[i] && got[i] != m.mem[i])
			family_bad(end, "byte %zu of private memory is wrong",
				   i);
}

static void noticed(struct family *f, enum il_err err, struct family_end *end)
{
	const bool on = still_secure(f->w);

	if (!f->w->dev[0].meddle.done) {
		end->tag = TAG_NONE;
		if (err)
			family_bad(end, "nobody meddled, and it fails: %s",
				   f->w->last_text);
		return;
	}
	if (m.deed->harmless) {
		end->tag = TAG_DROPPED;
		if (err)
			family_bad(end, "a forged packet ends it: %s",
				   f->w->last_text);
		return;
	}
	end->tag = on ? TAG_UNNOTICED : TAG_INSECURE;
	/* At the end of a disconnect there is no stream to lose. */
	if (on && !m.deed->hides)
		family_bad(end, "the stream goes on");
}

static void judge(struct family *f, enum il_err err, struct family_end *end)
{
	struct world *w = f->w;
	struct holdings now;

	if (w->law)
		family_bad(end, "in the operation: %s", w->last_text);
	if (err == IL_E_TIMEOUT && w->last_errno == ETIMEDOUT)
		family_bad(end, "the operation does not end");
	if (cut_left())
		family_bad(end, "isolated, and yet %s", cut_left());
	noticed(f, err, end);
	memory_true(f, end);
	books_tear_down(f, end);
	now = holdings_of(w);
	holdings_same(end, &now, &m.first);
	if (w->dev[0].cut)
		end->tag = TAG_ISOLATED;
	if (!end->good || !family_one_in(f, AGAIN))
		return;
	/* A reset, whatever the platform knows of the device. */
	w->dev[0].cut = true;
	books_again(f, end);
}

int main(int argc, char **argv)
{
	static const struct family_cfg cfg = {
		.name = "meddling",
		.tags = { "dropped", "unnoticed", "insecure", "isolated",
			  "without a deed" },
		.rehearse = true,
		.before = before,
		.judge = judge,
	};

	return family_main(&cfg, 120, argc, argv);
}
