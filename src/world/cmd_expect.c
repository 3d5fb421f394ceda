/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "dsm/dsm.h"
#include "world/cmd_priv.h"
#include "world/faults.h"
#include "world/laws_priv.h"

/* What a file shows, step, and the assertions. */

enum il_err cmd_scenario(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;

	w->group = "scenario";
	world_say(w, "shows", lang_word(c, "shows", ""), "ok", false, 0);
	world_say(w, "from", lang_word(c, "from", ""), "ok", false, 0);
	return IL_OK;
}

/*
 * A file that shows nothing on some platform says why, and ends there; no
 * machine is made.
 */
enum il_err cmd_inapplicable(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *why = lang_word(c, "why", "");
	const char *source = lang_word(c, "source", "");

	if (!w->plat)
		return world_fail(w, IL_E_STATE, 0,
				  "no platform is chosen yet");
	if (w->built)
		return world_fail(w, IL_E_STATE, 0,
				  "the machine is running already");
	if (world_plats[lang_num(c, "name", 0)] != w->plat)
		return IL_OK;
	w->inapplicable = true;
	w->group = "scenario";
	world_note(w, (struct world_note){ .kind = WORLD_NOTE_INAPPLICABLE,
					   .what = why,
					   .source = source,
					   .sure = SURE_SPEC });
	world_say(w, "shows", why, "not applicable", false, 0);
	world_say(w, "source", source, "not applicable", false, 0);
	return IL_OK;
}

static enum il_err remark(struct world *w, const struct lang_call *c,
			  enum world_note_kind kind, enum sure sure)
{
	world_note(w, (struct world_note){ .kind = kind,
					   .what = lang_word(c, "what", ""),
					   .source = lang_word(c, "source", ""),
					   .sure = sure });
	return IL_OK;
}

/* What the outcome rests on is not settled by what is public. */
enum il_err cmd_open(void *ctx, const struct lang_call *c)
{
	return remark(ctx, c, WORLD_NOTE_OPEN, SURE_OPEN);
}

enum il_err cmd_differs(void *ctx, const struct lang_call *c)
{
	return remark(ctx, c, WORLD_NOTE_DIFFERS, SURE_SPEC);
}

enum il_err cmd_step(void *ctx, const struct lang_call *c)
{
	return world_step_named(ctx, lang_word(c, "name", ""),
				lang_num(c, "n", 1));
}

/* "so it was", and where it is written if the line says so. */
static void say_error(struct world *w, const char *want,
		      const struct lang_call *c)
{
	const char *source = lang_word(c, "source", NULL);
	char text[256] = "so it was";

	world_note(w, (struct world_note){
			      .kind = WORLD_NOTE_ERROR,
			      .what = want,
			      .says = w->last_text,
			      .source = source,
			      .sure = (enum sure)lang_num(c, "sure", SURE_OPEN),
		      });
	if (source)
		snprintf(text, sizeof(text), "so it was (%s, %s)", source,
			 sure_name((enum sure)lang_num(c, "sure", SURE_OPEN)));
	world_say(w, "expect", want, text, false, 0);
}

enum il_err cmd_expect_error(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *want = lang_word(c, "name", "");
	const char *word = w->last_err ? il_err_name(w->last_err) : "none";
	const char *eno = w->last_errno ? world_errno_name(w->last_errno) : "";

	if (strcmp(want, word) == 0 || strcmp(want, eno) == 0) {
		say_error(w, want, c);
		return IL_OK;
	}
	char had[64];

	snprintf(had, sizeof(had), "%s %s", word, eno);
	return world_fail(w, IL_E_PEER, 0, "expected error %s; it was %s", want,
			  had);
}

static const struct fault *fault_seen(const struct world *w, const char *name)
{
	for (unsigned i = 0; i < w->seen_n; i++)
		if (strcmp(w->seen[i].rule->name, name) == 0)
			return &w->seen[i];
	return NULL;
}

/* The first one of the platform, else of the device. */
static const char *fault_had(const struct world *w)
{
	if (w->last_fault.rule)
		return w->last_fault.rule->name;
	return w->seen_n ? w->seen[0].rule->name : "none";
}

enum il_err cmd_expect_fault(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *want = lang_word(c, "name", "");
	const struct world_rule *r = world_rule_named(want);
	const struct fault *f = fault_seen(w, want);
	char text[320];

	if (!r && !f)
		return world_fail(w, IL_E_ARG, 0,
				  "there is no rule %s; it was %s", want,
				  fault_had(w));
	if (!f)
		return world_fail(w, IL_E_PEER, 0,
				  "expected fault %s; it was %s", want,
				  fault_had(w));
	/* A rule that refuses no access, such as mixed-domain, has no stage. */
	if (r && !(r->stages & 1u << f->stage))
		return world_fail(w, IL_E_PEER, 0,
				  "fault %s at stage %s, which it has not",
				  want, fault_stage_name(f->stage));
	world_note(w, (struct world_note){ .kind = WORLD_NOTE_FAULT,
					   .what = want,
					   .says = f->rule->says,
					   .source = fault_source(f),
					   .sure = f->rule->sure });
	snprintf(text, sizeof(text), "%s (stage %s; %s, %s)", f->rule->says,
		 fault_stage_name(f->stage), fault_source(f),
		 sure_name(f->rule->sure));
	world_say(w, "expect", want, text, false, 0);
	return IL_OK;
}

/*
 * The state of a TDI whose device cannot be looked into: as it said itself,
 * in its session, to the TSM. One that is bound to nobody was unlocked, or cut
 * off and forgotten. False: it was cut off, and nobody knows.
 */
static bool told_state(struct world *w, uint16_t rid, uint64_t *is)
{
	struct law_bind bind[LAW_BINDS] = { 0 };

	*is = TSM_TDI_UNLOCKED;
	w->plat->law->binds(w, bind);
	for (unsigned i = 0; i < LAW_BINDS; i++) {
		if (bind[i].state == TSM_BIND_FREE || bind[i].rid != rid)
			continue;
		*is = bind[i].tdi;
		return bind[i].state != TSM_BIND_DEAD;
	}
	return true;
}

/* Index of the function that the host names @bdf, or -1. */
static int fn_of(const struct world_dev *d, uint64_t bdf)
{
	if (!d->dev)
		return pci_find(&d->w->host->pci, (uint32_t)bdf) ? 0 : -1;
	for (unsigned i = 0; i < d->dev->fns; i++)
		if (device_rid(d->dev, i) == (uint16_t)bdf)
			return (int)i;
	return -1;
}

enum il_err cmd_expect_tdi(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	uint64_t want = lang_num(c, "state", 0);
	const struct world_dev *d = world_dev(w, c);
	int fn = d ? fn_of(d, lang_num(c, "bdf", 0)) : -1;
	uint64_t is;

	if (fn < 0)
		return world_fail(w, IL_E_ARG, 0, "there is no such function");
	if (d->dev)
		is = dsm_tdi_state(&d->dev->dsm.pci, (uint32_t)fn);
	else if (!told_state(w, (uint16_t)lang_num(c, "bdf", 0), &is))
		return world_fail(w, IL_E_PEER, 0,
				  "the TDI was cut off: its state is not "
				  "known");
	if (is != want)
		return world_fail(w, IL_E_PEER, 0,
				  "expected the TDI to be %s; it is %s",
				  world_tdi_name(want), world_tdi_name(is));
	if (is == TSM_TDI_ERROR)
		world_note(w, (struct world_note){
				      .kind = WORLD_NOTE_FAULT,
				      .what = "TDI ERROR",
				      .says = "the interface went to ERROR",
				      .source = "PCIe Base 6.x §11.2.6",
				      .sure = SURE_SPEC });
	return IL_OK;
}

static bool stream_secure(const struct world_dev *d)
{
	const struct ide_port *p = &d->w->fabric.port[d->port].ide;

	for (unsigned i = 0; i < FABRIC_STREAMS; i++)
		if (ide_state(p, i) == IDE_SECURE)
			return true;
	return false;
}

enum il_err cmd_expect_connected(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	bool want = strcmp(lang_word(c, "state", "no"), "yes") == 0;
	const struct world_dev *d = world_dev(w, c);
	bool is = d && w->built && stream_secure(d);

	if (is == want)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0, "expected connected %s",
			  want ? "yes" : "no");
}

enum il_err cmd_expect_guest(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *want = lang_word(c, "state", "");
	const struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));
	const char *is =
		vm && vm->guest ? guest_state_name(vm->guest->state) : "gone";

	if (strcmp(want, is) == 0)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0, "expected guest %s; it is %s", want,
			  is);
}

enum il_err cmd_expect_plaintext(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	bool want = strcmp(lang_word(c, "state", "no"), "yes") == 0;
	bool is = spy_found(w->spy);

	if (!w->spy)
		world_say(w, "expect",
			  "plaintext (not looked for: link spy=no)", "ok",
			  false, 0);
	if (is == want)
		return IL_OK;
	return world_fail(w, IL_E_PEER, 0, "%s of the payload on the link",
			  is ? "plaintext" : "no plaintext");
}
