/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "world/laws_priv.h"
#include "world/world_priv.h"

/* The table of laws, and who asks them. Source: docs/laws.md */

/* clang-format off */
const struct law world_law_table[] = {
	{ 1,  "no TDISP or IDE_KM byte counts outside a session", law_1 },
	{ 2,  "LOCK and all keys of a TDI's stream ride on one session", law_2 },
	{ 3,  "with a session end its streams and the TDIs that it locked", law_3 },
	{ 4,  "a connection stays while a TDI is booked on it", law_4 },
	{ 5,  "no key is given twice", law_5 },
	{ 6,  "a key set goes when it is whole at both ends, receivers first", law_6 },
	{ 7,  "a refresh leaves the set in use alone, then kills it", law_7 },
	{ 8,  "a counter starts at 1 and never goes back", law_8 },
	{ 9,  "a stream becomes Secure again by Enable 0 and new keys alone", law_9 },
	{ 10, "an unlocked function keeps no byte of a TVM", law_10 },
	{ 12, "streams of a port are disjoint, one is default, on TC 0", law_12 },
	{ 13, "a write to IDE or routing registers kills the stream", law_13 },
	{ 15, "a TDI belongs to one TVM at most", law_15 },
	{ 16, "a TDI is locked over a connected device's Secure stream", law_16 },
	{ 17, "a TDI has one exchange under way at most, its own", law_17 },
	{ 19, "LOCKED and RUN are what the device said last", law_19 },
	{ 20, "the nonce of a LOCK is gone once LOCKED is left", law_20 },
	{ 21, "RUN is in the lock session that the TVM was told of", law_21 },
	{ 23, "only STOP or reset leads out of ERROR", law_23 },
	{ 24, "what was cut off never comes back", law_24 },
	{ 25, "evidence dies with its lock session, digests with the connection", law_25 },
	{ 26, "a grant names the current lock session", law_26 },
	{ 27, "the guest believes what has the TSM's digest", law_27 },
	{ 28, "measurements answer the guest's own nonce", law_28 },
	{ 29, "the session's key is the leaf that the guest was shown", law_29 },
	{ 31, "a reported capability that the platform lacks is refused", law_31 },
	{ 32, "NO_FW_UPDATE is reported as it was asked for", law_32 },
	{ 33, "accepted MMIO is reported, in one TVM, at one place", law_33 },
	{ 34, "MMIO is accepted in a live lock session, by a TVM that judged", law_34 },
	{ 35, "the host cannot retype accepted MMIO", law_35 },
	{ 36, "accepted MMIO is 4K, no MSI-X table, no NON_TEE range", law_36 },
	{ 37, "MMIO is revoked and forgotten before it is taken", law_37 },
	{ 38, "a TDI is released when nothing of its TVM reaches it", law_38 },
	{ 39, "a guest takes over all ranges or no device", law_39 },
	{ 40, "a trusted entry is valid for a TDI in RUN alone", law_40 },
	{ 41, "a trusted entry pins owner, RID, stream and port", law_41 },
	{ 42, "trusted DMA sees the page that the CPU sees", law_42 },
	{ 43, "a page that changed is not reached by an old translation", law_43 },
	{ 44, "an I/O leaf has the size of the page's entry", law_44 },
	{ 45, "a DMA entry that went is forgotten by the IOMMU", law_45 },
	{ 46, "a TVM's memory is reclaimed when no device reaches it", law_46 },
	{ 48, "a failed STOP is no success", law_48 },
	{ 50, "a TVM with bound TDIs is not destroyed", law_50 },
	{ 52, "a command that comes again is the pending one", law_52 },
	{ 53, "objects move along listed edges", law_53 },
	{ 55, "peer-to-peer streams live in RUN, never the default one", law_55 },
	{ 0 },
};
/* clang-format on */

void law_break(struct law_case *c, const char *fmt, ...)
{
	va_list ap;

	if (c->broken)
		return;
	c->broken = true;
	va_start(ap, fmt);
	vsnprintf(c->facts, sizeof(c->facts), fmt, ap);
	va_end(ap);
}

enum il_err laws_new(struct world *w)
{
	struct world_laws *l = ARENA_NEW(&w->arena, struct world_laws);

	if (!l)
		return IL_E_NOMEM;
	for (unsigned i = 0; i < 2; i++) {
		l->page[i] = arena_take(&w->arena,
					LAW_PAGES * sizeof(*l->page[i]), 64);
		if (!l->page[i])
			return IL_E_NOMEM;
	}
	l->seen = ARENA_ARRAY(&w->arena, uint64_t, LAW_PAGES / 64);
	if (!l->seen)
		return IL_E_NOMEM;
	for (unsigned i = 0; i < LAW_DEVS; i++)
		l->facts[0].dev[i] = &l->dev[i][0];
	w->laws = l;
	return IL_OK;
}

static enum il_err broken(struct world *w, const struct law *law,
			  const char *facts)
{
	w->law = law->number;
	return world_fail(w, IL_E_STATE, 0, "law %u: %s; step %llu; %s",
			  law->number, law->says, (unsigned long long)w->steps,
			  facts);
}

static enum il_err judge(struct world *w)
{
	struct world_laws *l = w->laws;
	const struct law_facts *now = &l->facts[l->cur];
	const struct law_facts *was = &l->facts[!l->cur];

	for (unsigned i = 0; world_law_table[i].number; i++) {
		struct law_case c; /* facts[] only once it is broken */

		c.held = 0;
		c.broken = false;
		world_law_table[i].fn(was, now, &c);
		l->held[i] += c.held;
		if (c.broken)
			return broken(w, &world_law_table[i], c.facts);
	}
	return IL_OK;
}

/* Step by step and all at once must come to the same pages. */
static enum il_err agree(struct world *w)
{
	static const struct law pages = { .number = 33, .says = "full pass" };

	return w->laws->differs
		       ? broken(w, &pages,
				"the steps saw one set of MMIO pages; the full "
				"pass sees another")
		       : IL_OK;
}

static enum il_err pass(struct world *w, bool full)
{
	enum il_err err;

	laws_look(w, full);
	err = judge(w);
	return err ? err : agree(w);
}

void laws_switch(struct world *w, bool on)
{
	w->cfg.lawless = !on;
	if (!w->laws)
		return;
	/* What was seen before is not what the next step begins with. */
	w->laws->facts[w->laws->cur].valid = false;
	w->laws->looked = false;
}

enum il_err laws_step(struct world *w)
{
	w->steps++;
	if (w->cfg.lawless)
		return IL_OK;
	if (w->law)
		return IL_E_STATE;
	return pass(w, w->steps % LAW_FULL == 0);
}

enum il_err laws_end(struct world *w)
{
	if (w->cfg.lawless)
		return IL_OK;
	if (w->law)
		return IL_E_STATE;
	return w->built ? pass(w, true) : IL_OK;
}

unsigned world_laws(const struct world *w, struct world_law *out, unsigned max)
{
	unsigned n = 0;

	for (; n < max && world_law_table[n].number; n++)
		out[n] = (struct world_law){
			.number = world_law_table[n].number,
			.says = world_law_table[n].says,
			.held = w->laws ? w->laws->held[n] : 0,
		};
	return n;
}
