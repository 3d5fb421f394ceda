/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/relay.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/bytes.h"
#include "world/cmd_priv.h"

/* Longer than any period that a device of ours gives a session. */
#define LATE_NS UINT64_C(60000000000)

static const char *const says[] = {
	[RELAY_LOSE] = "loses a request",
	[RELAY_TWICE] = "carries a request twice",
	[RELAY_STALE] = "gives the answer before once more",
	[RELAY_CUT] = "cuts an answer short",
	[RELAY_FLIP] = "flips a bit of an answer",
	[RELAY_LATE] = "brings an answer late",
};

static long ask(struct pci_dev *p, struct pci_tsm_relay *r)
{
	const long n =
		pci_doe(p, r->type, r->req, r->req_len, r->rsp, sizeof(r->rsp));
	const size_t top = n < 0 ? sizeof(r->rsp) : (size_t)n;

	/* What is told of it may be less. */
	if (r->rsp_top < top)
		r->rsp_top = top;
	return n;
}

/* What becomes of an answer of @n bytes. */
static long spoil(struct world *w, struct pci_tsm_relay *r, long n)
{
	const struct world_relay *y = &w->relay;

	switch (y->how) {
	case RELAY_STALE:
		memcpy(r->rsp, y->old, y->old_len);
		return (long)y->old_len;
	case RELAY_CUT:
		return n - 4;
	case RELAY_FLIP:
		r->rsp[n / 2] ^= 1;
		break;
	case RELAY_LATE:
		w->now_ns += LATE_NS;
		world_settle(w);
		break;
	case RELAY_LOSE:
	case RELAY_TWICE:
		break;
	}
	return n;
}

/* The answer before is kept while it may be given again, and no longer. */
static void keep(struct world_relay *y, const struct pci_tsm_relay *r, long n)
{
	if (!y->armed || y->how != RELAY_STALE) {
		bytes_wipe(y->old, y->old_len);
		y->old_len = 0;
	} else if (n > 0) {
		memcpy(y->old, r->rsp, (size_t)n);
		y->old_len = (size_t)n;
	}
}

static long carry(void *ctx, struct pci_dev *p, struct pci_tsm_relay *r)
{
	struct world *w = ctx;
	struct world_relay *y = &w->relay;
	const bool now = y->armed && y->after == 0;
	long n;

	if (y->armed && y->after)
		y->after--;
	if (now) {
		y->armed = false;
		world_say(w, "host", says[y->how], "done", false, 0);
	}
	if (now && y->how == RELAY_LOSE)
		return -ETIMEDOUT;
	n = ask(p, r);
	if (now && y->how == RELAY_TWICE)
		n = ask(p, r);
	if (n >= 4 && now)
		n = spoil(w, r, n);
	keep(y, r, n);
	return n;
}

void relay_open(struct world *w)
{
	for (unsigned i = 0; i < PCI_TSM_DEVS; i++) {
		w->host->tsm.devs[i].carry = carry;
		w->host->tsm.devs[i].carry_ctx = w;
	}
}

enum il_err cmd_host_relay(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	struct world_relay *y = &w->relay;

	if (y->armed)
		return world_fail(w, IL_E_STATE, 0,
				  "the host has not yet done what it was told: "
				  "%s",
				  says[y->how]);
	if (lang_num(c, "how", RELAY_LOSE) == RELAY_STALE &&
	    !lang_num(c, "after", 0))
		return world_fail(w, IL_E_ARG, 0,
				  "an answer before it: after= is 1 or more");
	y->how = (enum relay_how)lang_num(c, "how", RELAY_LOSE);
	y->after = lang_num(c, "after", 0);
	y->armed = true;
	return IL_OK;
}
