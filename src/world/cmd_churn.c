/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bits.h"
#include "world/churn.h"
#include "world/cmd_priv.h"
#include "world/laws_priv.h"

/*
 * The command churn: functions go to VMs and back, several at a time, as the
 * seed has it. What all of it leaves must be what there was before it.
 */

/* Steps of one cycle, with those of the others that are under way: law 54. */
#define CYCLE_STEPS 200000u
/* After as many cycles everything has been in use once: no more may grow. */
#define FLAT_AFTER 500u

/* What one function goes through. */
static const struct way {
	bool guest;
	enum vmm_program vmm;
	enum guest_prog prog;
} way[] = {
	{ false, VMM_ATTACH, GUEST_PROG_NONE },
	{ true, VMM_RUN, GUEST_PROBE },
	{ true, VMM_RUN, GUEST_LOCK },
	{ true, VMM_RUN, GUEST_APPRAISE },
	{ true, VMM_RUN, GUEST_ACCEPT },
	{ true, VMM_RUN, GUEST_START },
	{ true, VMM_RUN, GUEST_DMA },
	{ true, VMM_RUN, GUEST_RELEASE },
	{ false, VMM_DETACH, GUEST_PROG_NONE },
};

struct seat {
	struct world_vm *vm;
	struct world_op op;
	bool busy;
	unsigned at;
	unsigned fn;
};

struct world_churn {
	struct seat seat[WORLD_VMS];
	unsigned seats;
	struct vmm_dev_cfg fn[WORLD_BINDS];
	bool taken[WORLD_BINDS];
	unsigned fns;
	unsigned width; /* cycles under way at a time */
	uint64_t begun, done, cycles;
	bool ours[WORLD_DEVS]; /* we connected it */
	struct churn_books before, after_some;
};

/* --- books --- */

uint64_t churn_resident(void)
{
	unsigned long long all = 0, kept = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%llu %llu", &all, &kept) != 2)
		kept = 0;
	if (f)
		fclose(f);
	return kept * (uint64_t)sysconf(_SC_PAGESIZE);
}

#define POOLS 13

static void find_pools(struct world *w, struct kpool *pools[POOLS])
{
	struct host *h = w->host;
	struct kpool *const all[POOLS] = {
		&h->k.file_pool,      &h->k.vma_pool,
		&h->k.leaf_pool,      &h->tsm.tdi_pool,
		&h->tsm.dsm_pool,     &h->iommufd.ctx_pool,
		&h->iommufd.obj_pool, &h->iommufd.area_pool,
		&h->ide.pool,	      &h->vfio.buf_pool,
		&h->kvm.vm_pool,      &h->kvm.vcpu_pool,
		&h->kvm.gmem_pool,
	};

	memcpy(pools, all, sizeof(all));
}

/*
 * How many objects are in use at once depends on which steps meet: an eighth
 * more than the most so far may meet later. That is no growth, and is taken
 * from the arena before it is looked at; that none stays is in the books.
 */
static void room_for_peaks(struct world *w)
{
	struct kpool *pools[POOLS];

	find_pools(w, pools);
	for (size_t i = 0; i < POOLS; i++)
		kpool_reserve(pools[i], pools[i]->made / 8 + 1);
}

void churn_count(struct world *w, struct churn_books *b)
{
	struct kpool *pools[POOLS];
	struct law_bind bind[LAW_BINDS] = { 0 };

	*b = (struct churn_books){ .frames = mem_frames_left(&w->mem),
				   .arena = w->arena.used };
	find_pools(w, pools);
	for (size_t i = 0; i < POOLS; i++)
		b->objects += pools[i]->live;
	b->slots = ossl_live(w->ossl_plat) + ossl_live(w->ossl_guest);
	for (unsigned i = 0; i < w->devs; i++)
		if (w->dev[i].ossl)
			b->slots += ossl_live(w->dev[i].ossl);
	w->plat->law->binds(w, bind);
	for (unsigned i = 0; i < LAW_BINDS; i++)
		b->binds += bind[i].state != TSM_BIND_FREE;
	for (uint32_t rid = w->plat->law->next_entry(w, 0); rid <= UINT16_MAX;
	     rid = w->plat->law->next_entry(w, rid + 1)) {
		struct law_entry e = { 0 };

		b->entries +=
			w->plat->law->entry(w, (uint16_t)rid, &e) && e.valid;
	}
	for (uint64_t pa = w->plat->law->next_accepted(w, 0); pa != UINT64_MAX;
	     pa = w->plat->law->next_accepted(w, pa + PAGE_4K))
		b->pages++;
}

const char *churn_differ(const struct churn_books *a,
			 const struct churn_books *b)
{
	if (a->frames != b->frames)
		return "page frames";
	if (a->objects != b->objects)
		return "objects of the kernel";
	if (a->slots != b->slots)
		return "keys";
	if (a->binds != b->binds)
		return "bindings";
	if (a->entries != b->entries)
		return "trusted entries";
	return a->pages != b->pages ? "accepted pages" : NULL;
}

/* --- getting ready --- */

/* One command of the VMM or the guest to its end. */
static enum il_err finish(struct world *w, struct seat *s, const struct way *y,
			  const struct vmm_dev_cfg *dev)
{
	struct world_op *self = w->op;
	enum il_err err = IL_E_AGAIN, law = IL_OK;

	s->op = (struct world_op){ .used = true, .vm = s->vm };
	for (unsigned i = 0; i < CYCLE_STEPS && err == IL_E_AGAIN && !law;
	     i++) {
		w->op = &s->op;
		err = y->guest ? world_guest(w, &s->op, y->prog, "churn")
			       : world_vmm(w, &s->op, y->vmm, dev, "churn");
		w->op = self;
		law = world_stepped(w);
	}
	return law ? law : err;
}

/* Devices that nobody has connected, with all their VFs. */
static enum il_err connect_all(struct world *w, struct world_churn *c, bool on)
{
	const struct way y = { .vmm = on ? VMM_CONNECT : VMM_DISCONNECT };
	struct seat s = { .vm = w->op->vm };
	enum il_err err = IL_OK;

	for (unsigned i = 0; i < w->devs && !err; i++) {
		struct vmm_dev_cfg dev = { .bdf = w->dev[i].rid };
		struct pci_dev *p = pci_find(&w->host->pci, dev.bdf);

		if (on ? w->dev[i].connected : !c->ours[i])
			continue;
		c->ours[i] = on;
		err = finish(w, &s, &y, &dev);
		w->dev[i].connected = on && !err;
		if (!err && p && w->vfs &&
		    pci_sriov_enable(p, on ? (uint16_t)w->vfs : 0))
			err = world_fail(w, IL_E_PEER, EIO,
					 "the VFs of %04x are not switched",
					 dev.bdf);
	}
	return err;
}

static enum il_err launch(struct world *w, struct seat *s)
{
	static const struct way up = { false, VMM_LAUNCH, GUEST_PROG_NONE };
	static const struct way boot = { true, VMM_RUN, GUEST_BOOT };
	enum il_err err = world_vm_vmm(s->vm);

	if (!err)
		err = finish(w, s, &up, NULL);
	if (!err)
		err = world_vm_guest(s->vm);
	return err ? err : finish(w, s, &boot, NULL);
}

static enum il_err destroy(struct world *w, struct seat *s)
{
	static const struct way down = { false, VMM_DESTROY, GUEST_PROG_NONE };

	return finish(w, s, &down, NULL);
}

static enum il_err sit_down(struct world *w, struct world_churn *c)
{
	char name[WORLD_VM_NAME];
	enum il_err err = IL_OK;

	for (unsigned i = 0; i < c->seats && !err; i++) {
		snprintf(name, sizeof(name), "churn%u", i);
		c->seat[i] = (struct seat){ .vm = world_vm_make(w, name) };
		err = c->seat[i].vm ? launch(w, &c->seat[i]) : w->last_err;
	}
	return err;
}

/* All VFs that are on; without any, the PFs. */
static void find_functions(struct world *w, struct world_churn *c)
{
	for (unsigned vf = 1; vf + 1 > 0 && !c->fns; vf--)
		for (const struct pci_dev *p = w->host->pci.devs; p;
		     p = p->next)
			if (p->is_vf == vf && p->up && c->fns < WORLD_BINDS)
				c->fn[c->fns++] = (struct vmm_dev_cfg){
					.bdf = p->bdf,
					.guest_rid = WORLD_GUEST_RID,
				};
}

/* --- cycles --- */

static unsigned below(struct world *w, unsigned n)
{
	return (unsigned)(dice_u64(&w->dice) % n);
}

static void begin(struct world *w, struct world_churn *c, struct seat *s)
{
	unsigned fn = below(w, c->fns);

	while (c->taken[fn])
		fn = (fn + 1) % c->fns;
	c->taken[fn] = true;
	s->busy = true;
	s->fn = fn;
	s->at = 0;
	s->op = (struct world_op){ .used = true, .vm = s->vm };
	c->begun++;
}

static enum il_err step(struct world *w, struct world_churn *c, struct seat *s)
{
	const struct way *y = &way[s->at];
	struct world_op *self = w->op;
	enum il_err err;

	if (y->prog == GUEST_DMA)
		s->op.payload = (struct guest_payload){
			.p = w->cfg.payload,
			.len = w->cfg.payload_len < PAGE_4K ? w->cfg.payload_len
							    : PAGE_4K,
			.window = PAGE_4K,
		};
	w->op = &s->op;
	err = y->guest ? world_guest(w, &s->op, y->prog, "churn")
		       : world_vmm(w, &s->op, y->vmm, &c->fn[s->fn], "churn");
	w->op = self;
	if (err)
		return err;
	if (s->at == 0)
		(void)world_vm_give(s->vm, &c->fn[s->fn]);
	s->op = (struct world_op){ .used = true, .vm = s->vm };
	return ++s->at < COUNT(way) ? IL_E_AGAIN : IL_OK;
}

static void end(struct world_churn *c, struct seat *s)
{
	world_vm_take(s->vm, c->fn[s->fn].bdf);
	c->taken[s->fn] = false;
	s->busy = false;
	c->done++;
}

/*
 * A device's measurements are of all its functions, and the TSM keeps the
 * digest of the last ones. A guest that finds others than it judged asks anew;
 * those taken while the answer is on its way to it are harmless, but not what
 * laws 27 and 28 compare in the step in which it has judged.
 */
static bool waits(struct world *w, const struct world_churn *c,
		  const struct seat *s)
{
	const struct world_dev *d = world_dev_at(w, c->fn[s->fn].bdf);

	if (way[s->at].prog != GUEST_APPRAISE || s->op.phase)
		return false;
	for (unsigned i = 0; i < c->seats; i++) {
		const struct seat *o = &c->seat[i];

		if (o != s && o->busy && way[o->at].prog == GUEST_APPRAISE &&
		    o->op.phase && world_dev_at(w, c->fn[o->fn].bdf) == d)
			return true;
	}
	return false;
}

/* One that is free, or one that can go on, as the seed has it. */
static struct seat *choose(struct world *w, struct world_churn *c, bool busy)
{
	unsigned i = below(w, c->seats);

	for (unsigned n = 0; n < c->seats; n++, i++) {
		struct seat *s = &c->seat[i % c->seats];

		if (s->busy == busy && !(busy && waits(w, c, s)))
			return s;
	}
	return NULL;
}

/* Until one cycle is over. */
static enum il_err turn(struct world *w, struct world_churn *c)
{
	struct seat *s;
	enum il_err err, law;

	for (unsigned i = 0; i < CYCLE_STEPS; i++) {
		while (c->begun < c->cycles && c->begun - c->done < c->width)
			begin(w, c, choose(w, c, false));
		s = choose(w, c, true);
		err = step(w, c, s);
		law = world_stepped(w);
		if (law)
			return law;
		if (err == IL_E_AGAIN)
			continue;
		if (err)
			return err;
		end(c, s);
		/* Now and then the VM goes, and another comes. */
		if (below(w, 32))
			return IL_OK;
		err = destroy(w, s);
		return err ? err : launch(w, s);
	}
	return world_fail(w, IL_E_TIMEOUT, ETIMEDOUT, "no cycle ends");
}

static void tell(struct world *w, const struct world_churn *c)
{
	char what[64], much[32];

	snprintf(what, sizeof(what), "resident after %llu cycles",
		 (unsigned long long)c->done);
	snprintf(much, sizeof(much), "%llu KiB",
		 (unsigned long long)(churn_resident() >> 10));
	w->quiet = false;
	world_say(w, "world", what, much, false, 0);
	w->quiet = true;
}

static enum il_err run(struct world *w, struct world_churn *c)
{
	enum il_err err = IL_OK;

	find_functions(w, c);
	if (c->width > c->seats)
		c->width = c->seats;
	if (c->width > c->fns)
		c->width = c->fns;
	while (c->done < c->cycles && !err) {
		err = turn(w, c);
		if (err || c->done != FLAT_AFTER)
			continue;
		room_for_peaks(w);
		tell(w, c);
		c->after_some.arena = w->arena.used;
	}
	for (unsigned i = 0; i < c->seats && !err; i++) {
		err = destroy(w, &c->seat[i]);
		if (!err)
			world_vm_drop(c->seat[i].vm);
	}
	if (!err)
		tell(w, c);
	return err;
}

static enum il_err balance(struct world *w, struct world_churn *c)
{
	struct churn_books now;
	const char *what;

	churn_count(w, &now);
	what = churn_differ(&c->before, &now);
	if (what)
		return world_fail(w, IL_E_PEER, 0,
				  "after %llu cycles, %s are not what they "
				  "were before",
				  (unsigned long long)c->done, what);
	if (c->after_some.arena && c->after_some.arena != now.arena)
		return world_fail(
			w, IL_E_PEER, 0,
			"memory grew by %llu bytes after the first "
			"%u cycles",
			(unsigned long long)(now.arena - c->after_some.arena),
			FLAT_AFTER);
	return IL_OK;
}

enum il_err cmd_churn(void *ctx, const struct lang_call *call)
{
	struct world *w = ctx;
	struct world_churn *c;
	enum il_err err = world_need_vmm(w);

	if (err)
		return err;
	c = w->churn ? w->churn : ARENA_NEW(&w->arena, struct world_churn);
	if (!c)
		return world_fail(w, IL_E_NOMEM, 0, "no memory to churn");
	w->churn = c;
	*c = (struct world_churn){ .cycles = lang_num(call, "cycles", 100) };
	c->seats = (unsigned)lang_num(call, "vms", 4);
	c->width = (unsigned)lang_num(call, "width", 4);
	if (!c->seats || c->seats >= WORLD_VMS || !c->width)
		return world_fail(w, IL_E_ARG, 0, "1 to %u VMs, and a width",
				  WORLD_VMS - 1);
	w->group = "churn";
	w->quiet = true;
	err = connect_all(w, c, true);
	if (!err) {
		churn_count(w, &c->before);
		err = sit_down(w, c);
	}
	if (!err)
		err = run(w, c);
	if (!err)
		err = balance(w, c);
	if (!err)
		err = connect_all(w, c, false);
	w->quiet = false;
	return err;
}
