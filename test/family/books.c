/* SPDX-License-Identifier: BSD-2-Clause */
#include "family/books.h"

#include <stdlib.h>

#include "tsm/tsm.h"
#include "world/laws_priv.h"

void books_read(struct world *w, struct books *out)
{
	static struct law_conn conn[LAW_CONNS];
	static struct law_bind bind[LAW_BINDS];
	const struct law_view *v = w->plat->law;
	struct law_entry e;

	*out = (struct books){ .guest = w->vm[0].guest ? w->vm[0].guest->state
						       : 0 };
	memset(conn, 0, sizeof(conn));
	memset(bind, 0, sizeof(bind));
	v->conns(w, conn);
	v->binds(w, bind);
	for (unsigned i = 0; i < LAW_CONNS; i++)
		out->connected += conn[i].session != 0;
	for (unsigned i = 0; i < LAW_BINDS; i++) {
		out->bound += bind[i].tvm != 0;
		out->locked += bind[i].lock.id != 0;
		out->running += bind[i].state == TSM_BIND_RUN;
		out->mmio += bind[i].mmio_pages;
	}
	for (uint32_t rid = v->next_entry(w, 0); rid <= UINT16_MAX;
	     rid = v->next_entry(w, rid + 1))
		out->entries += v->entry(w, (uint16_t)rid, &e) && e.valid;
	for (unsigned i = 0; i < FABRIC_STREAMS; i++)
		out->secure += ide_state(&w->fabric.port[w->dev[0].port].ide,
					 i) == IDE_SECURE;
}

#define MOST(a, b, what)                       \
	do {                                   \
		if ((a)->what < (b)->what)     \
			(a)->what = (b)->what; \
	} while (0)

void books_most(struct books *most, const struct books *other)
{
	MOST(most, other, connected);
	MOST(most, other, bound);
	MOST(most, other, locked);
	MOST(most, other, running);
	MOST(most, other, entries);
	MOST(most, other, mmio);
	MOST(most, other, secure);
	MOST(most, other, guest);
}

void books_no_more(const struct books *now, const struct books *before,
		   struct family_end *end)
{
	if (now->connected > before->connected)
		family_bad(end, "a session is left");
	if (now->bound > before->bound)
		family_bad(end, "a TDI is still the guest's");
	if (now->locked > before->locked)
		family_bad(end, "a lock session is left");
	if (now->running > before->running)
		family_bad(end, "a TDI runs");
	if (now->entries > before->entries)
		family_bad(end, "a trusted entry is valid");
	if (now->mmio > before->mmio)
		family_bad(end, "MMIO pages are accepted");
	if (now->secure > before->secure)
		family_bad(end, "a stream is Secure");
	if (now->guest > before->guest)
		family_bad(end, "the guest believes it");
}

void books_tear_down(struct family *f, struct family_end *end)
{
	static const struct books none;
	struct world *w = f->w;
	struct books now;
	const char *what;

	if (!world_cleanup(w)) {
		what = world_holds(w);
		family_bad(end, "after the teardown: %s",
			   what ? what : "it does not end");
	}
	if (w->law || laws_end(w))
		family_bad(end, "in the teardown: %s", w->last_text);
	books_read(w, &now);
	now.guest = 0;
	books_no_more(&now, &none, end);
}

void books_again(struct family *f, struct family_end *end)
{
	struct world *w = f->w;
	struct pci_dev *p = pci_find(&w->host->pci, w->dev[0].rid);
	char what[BOOKS_WHAT];

	/* One that was cut off has been told nothing: a reset frees it. */
	if (w->dev[0].cut &&
	    (silence_over(&w->dev[0]) || !p || pci_reset_done(p))) {
		family_bad(end, "the device cannot be reset");
		return;
	}
	if (books_run(f, books_call(f, "host", "connect"), what))
		family_bad(end, "assigned again, %s", what);
}

size_t books_call(const struct family *f, const char *role, const char *verb)
{
	for (size_t i = 0; i < f->script.n; i++)
		if (strcmp(f->call[i].cmd->role, role) == 0 &&
		    f->call[i].cmd->verb &&
		    strcmp(f->call[i].cmd->verb, verb) == 0)
			return i;
	abort();
}

enum il_err books_run(struct family *f, size_t from, char what[BOOKS_WHAT])
{
	struct world_end end = { 0 };

	for (f->next = from; f->next < f->script.n; f->next++) {
		enum il_err err = world_call(f->w, &f->call[f->next],
					     &f->call[f->next] + 1, &end);

		if (!err)
			continue;
		snprintf(what, BOOKS_WHAT, "line %u: %s", end.line, end.what);
		return err;
	}
	if (!laws_end(f->w))
		return IL_OK;
	snprintf(what, BOOKS_WHAT, "%s", f->w->last_text);
	return IL_E_STATE;
}
