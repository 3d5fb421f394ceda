/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "tsm/tsm.h"
#include "world/world_priv.h"

uint64_t world_mono(const struct world *w)
{
	return w->cfg.out.mono_ns ? w->cfg.out.mono_ns(w->cfg.out.ctx) : 0;
}

void world_called(struct world *w, enum world_edge edge, const char *name,
		  const char *status)
{
	const struct world_edge_call c = {
		.edge = edge,
		.name = name,
		.status = status,
		.during = w->op && w->op->call.cmd ? &w->op->call : NULL,
	};

	if (w->cfg.out.call)
		w->cfg.out.call(w->cfg.out.ctx, &c);
}

void world_note(struct world *w, struct world_note n)
{
	n.call = &w->op->call;
	if (w->cfg.out.note)
		w->cfg.out.note(w->cfg.out.ctx, &n);
}

void world_say(struct world *w, const char *who, const char *what,
	       const char *result, bool failed, uint64_t ns)
{
	const struct world_step s = {
		.group = w->group ? w->group : "world",
		.who = who,
		.what = what,
		.result = result,
		.failed = failed,
		.ns = ns,
	};

	if (w->cfg.out.step && !w->quiet)
		w->cfg.out.step(w->cfg.out.ctx, &s);
}

enum il_err world_fail(struct world *w, enum il_err err, int eno,
		       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->last_text, sizeof(w->last_text), fmt, ap);
	va_end(ap);
	w->last_err = err;
	w->last_errno = eno;
	return err;
}

/* The connection behind root port number @port was isolated. */
static void cut(struct world *w, uint64_t port)
{
	for (unsigned i = 0; i < w->devs; i++)
		if (WORLD_PORT_NR(i) == port)
			w->dev[i].cut = true;
}

void world_trace_ev(void *ctx, uint32_t ev, uint64_t a, uint64_t b, uint64_t c)
{
	struct world *w = ctx;

	if (ev == TRACE_EV(TRACE_TSM, TSM_TRACE_ISOLATE))
		cut(w, b);
	w->trace[w->traced++ % WORLD_TRACE] = (struct world_trace){
		.ev = ev,
		.a = a,
		.b = b,
		.c = c,
		.step = w->steps,
	};
}

void world_trace_dev(void *ctx, uint32_t ev, uint64_t a, uint64_t b, uint64_t c)
{
	const struct world_dev *d = ctx;
	struct world *w = d->w;

	world_trace_ev(w, ev, a, b, c);
	w->trace[(w->traced - 1) % WORLD_TRACE].dev = (uint8_t)(1 + d->index);
}

static const char *room_name(uint32_t ev)
{
	static const char *const name[TRACE_ROOMS] = {
		[TRACE_BASE] = "base",	   [TRACE_CRYPTO] = "crypto",
		[TRACE_PCI] = "pci",	   [TRACE_MEM] = "mem",
		[TRACE_TLP] = "tlp",	   [TRACE_SPDM] = "spdm",
		[TRACE_IDEKM] = "idekm",   [TRACE_TDISP] = "tdisp",
		[TRACE_IDE] = "ide",	   [TRACE_IOMMU] = "iommu",
		[TRACE_LINK] = "link",	   [TRACE_FABRIC] = "fabric",
		[TRACE_DSM] = "dsm",	   [TRACE_TSM] = "tsm",
		[TRACE_DEVICE] = "device", [TRACE_HOST] = "host",
		[TRACE_GUEST] = "guest",   [TRACE_ARCH] = "arch",
		[TRACE_VMM] = "vmm",	   [TRACE_WORLD] = "world",
	};

	return ev >> 16 < TRACE_ROOMS ? name[ev >> 16] : "?";
}

/* Of each room's trace events, as its header numbers them from 1. */
#define EVENTS 7

/* An architecture's have the names that its platform gives them. */
static const char *arch_event(const struct world_plat *p, uint32_t n)
{
	const char *const *name = p ? p->events : NULL;

	while (name && *name && n > 1) {
		name++;
		n--;
	}
	return name && *name && n ? *name : "?";
}

static const char *event_name(const struct world *w, uint32_t ev)
{
	static const char *const name[TRACE_ROOMS][EVENTS] = {
		[TRACE_PCI] = { "mailbox" },
		[TRACE_MEM] = { "refused", "interrupt" },
		[TRACE_SPDM] = { "phase", "session", "refused", "requester",
				 "failed" },
		[TRACE_IDEKM] = { "key", "owner", "ignored" },
		[TRACE_TDISP] = { "state", "refused" },
		[TRACE_IDE] = { "state", "key", "go", "stop", "refused",
				"killed" },
		[TRACE_IOMMU] = { "event", "flush" },
		[TRACE_FABRIC] = { "fault", "link", "stream", "held" },
		[TRACE_DSM] = { "event", "session", "stream", "stale" },
		[TRACE_TSM] = { "connection", "stream", "binding",
				"lock-session", "failed", "isolated" },
		[TRACE_DEVICE] = { "refused", "dma", "reset", "stream", "doe" },
		[TRACE_HOST] = { "syscall", "doe", "tsm", "revoke", "refused" },
		[TRACE_GUEST] = { "state", "done" },
	};
	const uint32_t room = ev >> 16, n = ev & 0xffff;

	if (room == TRACE_ARCH)
		return arch_event(w->plat, n);
	if (room >= TRACE_ROOMS || !n || n > EVENTS || !name[room][n - 1])
		return "?";
	return name[room][n - 1];
}

void world_trace_text(const struct world *w, unsigned max,
		      void (*line)(void *ctx, const char *text), void *ctx)
{
	uint64_t n = w->traced < WORLD_TRACE ? w->traced : WORLD_TRACE;
	char text[160];

	if (n > max)
		n = max;
	for (uint64_t i = w->traced - n; i < w->traced; i++) {
		const struct world_trace *t = &w->trace[i % WORLD_TRACE];

		snprintf(text, sizeof(text),
			 "step %llu %s.%u %s 0x%llx 0x%llx 0x%llx",
			 (unsigned long long)t->step, room_name(t->ev),
			 t->ev & 0xffff, event_name(w, t->ev),
			 (unsigned long long)t->a, (unsigned long long)t->b,
			 (unsigned long long)t->c);
		line(ctx, text);
	}
}

const char *world_errno_name(int eno)
{
	static const struct {
		int no;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" },	      { ENOENT, "ENOENT" },
		{ EINTR, "EINTR" },	      { EIO, "EIO" },
		{ ENXIO, "ENXIO" },	      { EBADF, "EBADF" },
		{ EAGAIN, "EAGAIN" },	      { ENOMEM, "ENOMEM" },
		{ EFAULT, "EFAULT" },	      { EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },	      { ENODEV, "ENODEV" },
		{ EINVAL, "EINVAL" },	      { EMFILE, "EMFILE" },
		{ ENOTTY, "ENOTTY" },	      { ENOSPC, "ENOSPC" },
		{ EOVERFLOW, "EOVERFLOW" },   { ETIMEDOUT, "ETIMEDOUT" },
		{ EOPNOTSUPP, "EOPNOTSUPP" }, { E2BIG, "E2BIG" },
		{ ENOEXEC, "ENOEXEC" },	      { EPROTO, "EPROTO" },
		{ ECANCELED, "ECANCELED" },   { EKEYREJECTED, "EKEYREJECTED" },
	};

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].no == eno)
			return names[i].name;
	return "errno";
}
