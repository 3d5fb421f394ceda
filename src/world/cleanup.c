/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "dsm/dsm.h"
#include "world/cmd_priv.h"

/*
 * Giving back whatever a failed run still holds. Each part may fail; the next
 * is tried all the same, and the end is judged by what the device says.
 */

/* Enough for any one program: law 49. */
#define CLEANUP_STEPS 100000u

static struct world_op *scratch_op(struct world *w)
{
	struct world_op *o = &w->ops[0];

	for (unsigned i = 0; i < WORLD_OPS; i++) {
		if (w->ops[i].used && w->ops[i].phase)
			vmm_cancel(&w->ops[i].run);
		w->ops[i].used = false;
	}
	memset(o, 0, sizeof(*o));
	o->used = true;
	o->begun_ns = o->start_ns = world_mono(w);
	w->op = o;
	return o;
}

static void try_vmm(struct world *w, enum vmm_program p,
		    const struct vmm_dev_cfg *dev)
{
	struct world_op *o = scratch_op(w);

	for (unsigned i = 0; i < CLEANUP_STEPS; i++)
		if (world_vmm(w, o, p, dev, "cleanup") != IL_E_AGAIN)
			break;
	o->used = false;
	w->op = NULL;
}

static void try_release(struct world *w)
{
	struct world_op *o;

	if (!w->guest || w->guest->state < GUEST_LOCKED)
		return;
	guest_abandon(w->guest);
	o = scratch_op(w);
	for (unsigned i = 0; i < CLEANUP_STEPS; i++)
		if (world_guest(w, o, GUEST_RELEASE, "cleanup") != IL_E_AGAIN)
			break;
	o->used = false;
	w->op = NULL;
}

static bool given_back(const struct world *w)
{
	for (unsigned i = 0; i < w->dev->fns; i++) {
		enum tdi_state s = dsm_tdi_state(&w->dev->dsm, i);

		if (w->dev->fn[i].there && s != TDI_UNLOCKED)
			return false;
	}
	for (unsigned i = 0; i < FABRIC_STREAMS; i++)
		if (ide_state(&w->fabric.port[w->port].ide, i) == IDE_SECURE)
			return false;
	return true;
}

bool world_cleanup(struct world *w)
{
	char text[sizeof(w->last_text)];
	struct vmm_dev_cfg pf = { .guest_rid = WORLD_GUEST_RID };

	if (!w->built)
		return true;
	memcpy(text, w->last_text, sizeof(text));
	if (w->vmm) {
		try_release(w);
		if (w->vdev.bdf)
			try_vmm(w, VMM_DETACH, &w->vdev);
		try_vmm(w, VMM_DESTROY, NULL);
		pf.bdf = device_rid(w->dev, 0);
		if (w->connected)
			try_vmm(w, VMM_DISCONNECT, &pf);
	}
	w->connected = false;
	world_settle(w);
	memcpy(w->last_text, text, sizeof(text));
	return given_back(w);
}
