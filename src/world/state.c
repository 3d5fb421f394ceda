/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "base/bits.h"
#include "world/laws_priv.h"
#include "world/world_priv.h"

/*
 * Every object that an expectation may be about, a line each: what the laws
 * look at, and the VMM's own books.
 */

struct teller {
	void (*line)(void *ctx, const char *text);
	void *ctx;
};

static void tell(const struct teller *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void tell(const struct teller *t, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->line(t->ctx, text);
}

static const char *const conn_names[TSM_CONN_STATES] = {
	[TSM_CONN_NEW] = "new",
	[TSM_CONN_CONNECTING] = "connecting",
	[TSM_CONN_KNOWN] = "known",
	[TSM_CONN_OPEN] = "session",
	[TSM_CONN_READY] = "ready",
	[TSM_CONN_DISCONNECTING] = "disconnecting",
	[TSM_CONN_CLOSED] = "closed",
	[TSM_CONN_ERROR] = "isolated",
};

static const char *const key_names[TSM_STREAM_STATES] = {
	[TSM_STREAM_NONE] = "no keys", [TSM_STREAM_FILLING] = "being keyed",
	[TSM_STREAM_PRIMED] = "keyed", [TSM_STREAM_RX] = "receivers go",
	[TSM_STREAM_ON] = "on",	       [TSM_STREAM_REFRESH] = "being rekeyed",
	[TSM_STREAM_DEAD] = "cut",
};

static const char *const bind_names[TSM_BIND_STATES] = {
	[TSM_BIND_UNLOCKED] = "unlocked", [TSM_BIND_LOCKING] = "locking",
	[TSM_BIND_LOCKED] = "locked",	  [TSM_BIND_STARTING] = "starting",
	[TSM_BIND_RUN] = "run",		  [TSM_BIND_STOPPING] = "stopping",
	[TSM_BIND_ERROR] = "error",	  [TSM_BIND_DEAD] = "cut off",
};

/* As TDISP numbers them. */
static const char *const tdi_names[] = { "unlocked", "locked", "run", "error" };

static const char *name_of(const char *const *names, unsigned n, unsigned i)
{
	return i < n && names[i] ? names[i] : "?";
}

#define NAME(names, i) name_of(names, COUNT(names), (unsigned)(i))

const char *world_tdi_name(uint64_t state)
{
	return NAME(tdi_names, state);
}

static void tell_platform(const struct teller *t, const struct law_facts *f)
{
	for (unsigned i = 0; i < LAW_CONNS; i++) {
		const struct law_conn *c = &f->conn[i];

		if (c->state != TSM_CONN_FREE)
			tell(t, "connection to 0x%04x: %s; stream %u %s",
			     c->rid, NAME(conn_names, c->state), c->stream_id,
			     NAME(key_names, c->stream));
	}
	for (unsigned i = 0; i < LAW_BINDS; i++) {
		const struct law_bind *b = &f->bind[i];

		if (b->state != TSM_BIND_FREE)
			tell(t,
			     "binding of 0x%04x to TVM 0x%llx: %s; the device "
			     "said %s; %llu MMIO pages, DMA %s",
			     b->rid, (unsigned long long)b->tvm,
			     NAME(bind_names, b->state),
			     NAME(tdi_names, b->tdi),
			     (unsigned long long)b->mmio_pages,
			     b->dma_on ? "on" : "off");
	}
	for (unsigned i = 0; i < f->entries; i++)
		if (f->entry[i].valid)
			tell(t,
			     "trusted entry of 0x%04x: owner %u, port %u, "
			     "stream %u",
			     f->entry[i].rid, f->entry[i].owner,
			     f->entry[i].port, f->entry[i].stream);
}

static void tell_device(const struct teller *t, const struct law_dev *d)
{
	static const char *const ends[LAW_ENDS] = { "root port", "device" };

	for (unsigned i = 0; i < d->fns; i++)
		if (d->tdi[i].hosted)
			tell(t, "TDI 0x%04x: %s", d->tdi[i].rid,
			     NAME(tdi_names, d->tdi[i].state));
	for (unsigned e = 0; e < LAW_ENDS; e++)
		for (unsigned i = 0; i < LAW_STREAMS; i++)
			if (d->end[e].s[i].cfg.enable)
				tell(t, "stream %u at the %s: %s",
				     d->end[e].s[i].cfg.id, ends[e],
				     d->end[e].s[i].state == IDE_ST_SECURE
					     ? "Secure"
					     : "Insecure");
}

static void tell_vm(const struct teller *t, const struct world_vm *vm)
{
	const struct vmm *v = vm->vmm;

	if (!v)
		return;
	tell(t, "VM %s: %s; guest %s", vm->name,
	     v->launched  ? "launched"
	     : v->started ? "being launched"
			  : "not launched",
	     vm->guest ? guest_state_name(vm->guest->state) : "none");
	for (unsigned i = 0; i < VMM_DEVS; i++) {
		const struct vmm_vdev *d = &v->dev[i];

		if (d->used)
			tell(t,
			     "VM's function 0x%04x: %s, command 0x%04x, "
			     "vDevice %u, %s",
			     d->cfg.bdf, d->visible ? "shown" : "hidden",
			     d->command, d->vdevice_id,
			     d->locked ? "locked" : "not locked");
	}
}

void world_state_text(struct world *w,
		      void (*line)(void *ctx, const char *text), void *ctx)
{
	const struct teller t = { line, ctx };
	const struct law_facts *f;

	if (!w->built)
		return;
	f = laws_facts(w);
	tell_platform(&t, f);
	for (unsigned i = 0; i < f->devs; i++)
		tell_device(&t, f->dev[i]);
	for (unsigned i = 0; i < WORLD_VMS; i++)
		tell_vm(&t, &w->vm[i]);
}
