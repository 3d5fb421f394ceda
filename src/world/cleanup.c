/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "dsm/dsm.h"
#include "world/cmd_priv.h"
#include "world/laws_priv.h"

/*
 * Giving back whatever a failed run still holds. Each part may fail; the next
 * is tried all the same, and the end is judged by what the device says.
 */

/* Enough for any one program: law 49. */
#define CLEANUP_STEPS 100000u

static struct world_op *scratch_op(struct world *w, struct world_vm *vm)
{
	struct world_op *o = &w->ops[0];

	for (unsigned i = 0; i < WORLD_OPS; i++) {
		if (w->ops[i].used && w->ops[i].phase)
			vmm_cancel(&w->ops[i].run);
		w->ops[i].used = false;
	}
	*o = (struct world_op){ .used = true, .vm = vm, .back = o->back };
	o->begun_ns = o->start_ns = world_mono(w);
	w->op = o;
	return o;
}

/*
 * Each step is one at which laws are asked, as in any command. If one is broken
 * here, after whatever made the run fail, a line says so and the end is not a
 * clean one; giving back goes on all the same.
 */
static bool step_over(struct world *w, enum il_err err)
{
	unsigned law = w->law;

	if (world_stepped(w) && !law)
		world_say(w, "world", "giving back", w->last_text, true, 0);
	return err != IL_E_AGAIN;
}

/* False: it does not end. */
static bool try_vmm(struct world_vm *vm, enum vmm_program p,
		    const struct vmm_dev_cfg *dev)
{
	struct world *w = vm->w;
	struct world_op *o = scratch_op(w, vm);
	bool over = false;

	for (unsigned i = 0; i < CLEANUP_STEPS && !over; i++)
		over = step_over(w, world_vmm(w, o, p, dev, "cleanup"));
	o->used = false;
	w->op = NULL;
	return over;
}

static bool try_release(struct world_vm *vm)
{
	struct world *w = vm->w;
	struct world_op *o;
	bool over = false;

	if (!vm->guest || vm->guest->state < GUEST_LOCKED)
		return true;
	guest_abandon(vm->guest);
	o = scratch_op(w, vm);
	if (vm->guest->driver_bound)
		(void)step_over(w, world_guest(w, o, GUEST_UNBIND, "cleanup"));
	o = scratch_op(w, vm);
	for (unsigned i = 0; i < CLEANUP_STEPS && !over; i++)
		over = step_over(w,
				 world_guest(w, o, GUEST_RELEASE, "cleanup"));
	o->used = false;
	w->op = NULL;
	return over;
}

/* --- what is left --- */

static const char *port_keys(const struct world_dev *d)
{
	const struct fabric_port *p = &d->w->fabric.port[d->port];

	for (unsigned i = 0; i < FABRIC_STREAMS; i++) {
		const struct ide_stream *s = &p->ide.stream[i];
		const struct ide_key *k = &s->key[0][0][0];

		if (s->state == IDE_ST_SECURE)
			return "the root port's stream is Secure";
		for (unsigned n = 0; n < sizeof(s->key) / sizeof(*k); n++)
			if (k[n].there || k[n].slot.n)
				return "the root port has a key";
	}
	return NULL;
}

static const char *port_on(const struct world_dev *d)
{
	const struct fabric_port *p = &d->w->fabric.port[d->port];

	for (unsigned i = 0; i < FABRIC_STREAMS; i++)
		if (p->ide.stream[i].cfg.enable)
			return "the root port's stream is on";
	return NULL;
}

/* What is behind no port any more counts as the first one's. */
static bool mine(const struct world_dev *d, uint32_t rid)
{
	const struct world_dev *at = world_dev_at(d->w, rid);

	return at ? at == d : d->index == 0;
}

static const char *iommu_holds(const struct world_dev *d)
{
	struct world *w = d->w;
	const struct law_view *v = w->plat->law;
	struct law_entry e;

	for (uint32_t rid = v->next_entry(w, 0); rid <= UINT16_MAX;
	     rid = v->next_entry(w, rid + 1)) {
		if (!mine(d, rid))
			continue;
		memset(&e, 0, sizeof(e));
		if (v->entry(w, (uint16_t)rid, &e) && e.valid)
			return "a trusted entry is valid";
		if (iommu_keeps(&w->iommu, rid, true))
			return "the IOMMU remembers a trusted entry";
	}
	return NULL;
}

static const char *tsm_holds(const struct world_dev *d)
{
	struct world *w = d->w;
	struct law_conn conn[LAW_CONNS] = { 0 };
	struct law_bind bind[LAW_BINDS] = { 0 };
	const uint64_t first = WORLD_MMIO + d->index * world_mmio_size(w);

	w->plat->law->conns(w, conn);
	w->plat->law->binds(w, bind);
	for (unsigned i = 0; i < LAW_CONNS; i++)
		if (mine(d, conn[i].rid) &&
		    (conn[i].session || conn[i].digests ||
		     conn[i].verb != TSM_NO_VERB))
			return "the TSM has a session";
	for (unsigned i = 0; i < LAW_BINDS; i++)
		if (mine(d, bind[i].rid) &&
		    (bind[i].lock.id || bind[i].dma_on || bind[i].mmio_pages))
			return "the TSM has a lock session or grants";
	if (w->plat->law->next_accepted(w, first) < first + world_mmio_size(w))
		return "a page of MMIO is accepted";
	return NULL;
}

static const char *dev_reaches(const struct world_dev *d)
{
	const char *what = port_keys(d);

	if (!what)
		what = iommu_holds(d);
	return what ? what : tsm_holds(d);
}

const char *world_dev_holds(const struct world_dev *d)
{
	const char *what = d->w->built ? port_on(d) : NULL;

	return what || !d->w->built ? what : dev_reaches(d);
}

const char *world_reaches(struct world *w)
{
	const char *what = NULL;

	for (unsigned i = 0; i < w->devs && w->built && !what; i++)
		what = dev_reaches(&w->dev[i]);
	return what;
}

const char *world_holds(struct world *w)
{
	const char *what = NULL;

	for (unsigned i = 0; i < w->devs && !what; i++)
		what = world_dev_holds(&w->dev[i]);
	return what;
}

bool world_isolated(struct world *w)
{
	for (unsigned i = 0; i < w->devs; i++)
		if (w->dev[i].cut && !world_dev_holds(&w->dev[i]))
			return true;
	return false;
}

/*
 * What the platform knows of a device in another process: a binding is unlocked
 * because the device said so in its session, or dead because it was cut off
 * (laws 19 and 48), and the connection is over.
 */
static bool let_go(struct world *w)
{
	struct law_conn conn[LAW_CONNS] = { 0 };
	struct law_bind bind[LAW_BINDS] = { 0 };

	w->plat->law->conns(w, conn);
	w->plat->law->binds(w, bind);
	for (unsigned i = 0; i < LAW_BINDS; i++)
		if (bind[i].state != TSM_BIND_FREE &&
		    bind[i].state != TSM_BIND_UNLOCKED &&
		    bind[i].state != TSM_BIND_DEAD)
			return false;
	for (unsigned i = 0; i < LAW_CONNS; i++)
		if (conn[i].state != TSM_CONN_FREE &&
		    conn[i].state != TSM_CONN_CLOSED &&
		    conn[i].state != TSM_CONN_ERROR)
			return false;
	return true;
}

/* A device that is not there, or dead, says nothing that could be asked. */
static bool unlocked(const struct world_dev *d)
{
	if (d->cut)
		return true;
	if (!d->dev)
		return let_go(d->w);
	for (unsigned i = 0; i < d->dev->fns; i++)
		if (d->dev->fn[i].there &&
		    dsm_tdi_state(&d->dev->dsm.pci, i) != TDI_UNLOCKED)
			return false;
	return true;
}

static bool all_unlocked(const struct world *w)
{
	for (unsigned i = 0; i < w->devs; i++)
		if (!unlocked(&w->dev[i]))
			return false;
	return true;
}

static bool try_vm(struct world_vm *vm)
{
	bool over;

	if (!vm->vmm || !vm->vmm->t)
		return true;
	over = try_release(vm);
	while (vm->devs) {
		over &= try_vmm(vm, VMM_DETACH, &vm->dev[0]);
		world_vm_take(vm, vm->dev[0].bdf);
	}
	return over & try_vmm(vm, VMM_DESTROY, NULL);
}

/* Anybody with a right to write to sysfs does it. */
static bool try_disconnect(const struct world_dev *d)
{
	struct world *w = d->w;
	const struct vmm_dev_cfg pf = { .bdf = d->rid,
					.guest_rid = WORLD_GUEST_RID };

	for (unsigned i = 0; i < WORLD_VMS; i++)
		if (w->vm[i].vmm && w->vm[i].vmm->t)
			return try_vmm(&w->vm[i], VMM_DISCONNECT, &pf);
	/* They died: one more, which does nothing else. */
	for (unsigned i = 0; i < WORLD_VMS; i++)
		if (w->vm[i].name[0])
			return !world_vm_vmm(&w->vm[i]) &&
			       try_vmm(&w->vm[i], VMM_DISCONNECT, &pf);
	return true;
}

bool world_cleanup(struct world *w)
{
	char text[sizeof(w->last_text)];
	unsigned law = w->law;
	bool over = true;

	if (!w->built)
		return true;
	memcpy(text, w->last_text, sizeof(text));
	for (unsigned i = 0; i < WORLD_VMS; i++)
		over &= try_vm(&w->vm[i]);
	for (unsigned i = 0; i < w->devs; i++) {
		if (w->dev[i].connected)
			over &= try_disconnect(&w->dev[i]);
		w->dev[i].connected = false;
	}
	world_settle(w);
	memcpy(w->last_text, text, sizeof(text));
	return over && w->law == law && !world_holds(w) && all_unlocked(w);
}
