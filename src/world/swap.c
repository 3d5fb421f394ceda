/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/swap.h"

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "world/cmd_priv.h"

static const char *const parts[EVIDENCE_PARTS] = {
	[EVIDENCE_MEASUREMENTS] = "measurements",
	[EVIDENCE_CERTIFICATES] = "certificates",
	[EVIDENCE_REPORT] = "report",
	[EVIDENCE_NONCE] = "nonce",
};

static bool place_of(struct world_vm *vm, enum world_evidence what,
		     struct evidence_place *out)
{
	return vm->w->plat->evidence_at &&
	       vm->w->plat->evidence_at(vm, what, out);
}

/* --- where evidence is, as the host's CPU reaches it --- */

static bool place_pa(struct world_vm *vm, uint64_t gpa, uint64_t *pa)
{
	const struct kvm_vcpu *kv = world_vm_vcpu(vm);

	*pa = gpa;
	return vm->w->plat->evidence_hosts ||
	       (kv && !kvm_shared_pa(kv->vm, gpa, pa));
}

static bool move(struct world_vm *vm, uint64_t gpa, uint8_t *p, size_t len,
		 bool write)
{
	while (len) {
		size_t n = PAGE_4K - gpa % PAGE_4K;
		struct fault f;
		enum il_err err;
		uint64_t pa;

		n = n < len ? n : len;
		if (!place_pa(vm, gpa, &pa))
			return false;
		err = write ? world_hw.mem_write(vm->w, pa, p, n, &f)
			    : world_hw.mem_read(vm->w, pa, p, n, &f);
		if (err)
			return false;
		gpa += n;
		p += n;
		len -= n;
	}
	return true;
}

bool swap_read(struct world_vm *vm, uint64_t gpa, void *out, size_t len)
{
	return move(vm, gpa, out, len, false);
}

bool swap_write(struct world_vm *vm, uint64_t gpa, const void *in, size_t len)
{
	uint8_t copy[256];
	const uint8_t *p = in;

	for (size_t n; len; len -= n, p += n, gpa += n) {
		n = len < sizeof(copy) ? len : sizeof(copy);
		memcpy(copy, p, n);
		if (!move(vm, gpa, copy, n, true))
			return false;
	}
	return true;
}

/* --- swapping --- */

static void told(struct world_vm *vm, bool done)
{
	struct world_swap *s = &vm->w->swap;
	char what[96];

	s->armed = false;
	snprintf(what, sizeof(what), "swaps the %s for %s", parts[s->what],
		 s->from ? s->from->name : "others");
	world_say(vm->w, "host", what, done ? "done" : "there is no room",
		  !done, 0);
}

/* What was kept goes behind all parts; whoever reads follows the table. */
static bool put_other(struct world_vm *vm, const struct evidence_place *at)
{
	const struct world_swap *s = &vm->w->swap;
	const uint64_t gpa = align_up(at->end, 8);
	const uint32_t len = s->from->len[s->what];

	if (gpa > at->limit || len > at->limit - gpa)
		return false;
	return swap_write(vm, gpa, s->from->p[s->what], len) &&
	       vm->w->plat->evidence_set(vm, s->what, gpa, len);
}

static bool spoil(struct world_vm *vm, const struct evidence_place *at)
{
	const struct world_swap *s = &vm->w->swap;
	const uint64_t mid = at->gpa + at->len / 2;
	uint8_t b;

	switch (s->how) {
	case SWAP_FLIP:
		if (!at->len || !swap_read(vm, mid, &b, 1))
			return false;
		b ^= 1;
		return swap_write(vm, mid, &b, 1);
	case SWAP_CUT:
		return at->len && vm->w->plat->evidence_set(
					  vm, s->what, at->gpa, at->len - 1);
	case SWAP_GONE:
		return vm->w->plat->evidence_set(vm, s->what, at->gpa, 0);
	}
	return false;
}

void swap_answers(struct world_vm *vm)
{
	struct world_swap *s = &vm->w->swap;
	struct evidence_place at;

	if (!s->armed || s->vm != vm || s->what == EVIDENCE_NONCE ||
	    !place_of(vm, s->what, &at))
		return;
	told(vm, s->from ? put_other(vm, &at) : spoil(vm, &at));
}

void swap_asks(struct world_vm *vm)
{
	struct world_swap *s = &vm->w->swap;
	struct evidence_place at;

	if (!place_of(vm, EVIDENCE_NONCE, &at) || at.len != sizeof(s->nonce) ||
	    !swap_read(vm, at.gpa, s->nonce, sizeof(s->nonce)))
		return;
	if (!s->armed || s->vm != vm || s->what != EVIDENCE_NONCE)
		return;
	told(vm, s->from ? swap_write(vm, at.gpa, s->from->p[EVIDENCE_NONCE],
				      sizeof(s->nonce))
			 : spoil(vm, &at));
}

/* --- commands --- */

static struct swap_kept *kept_named(struct world *w, const char *name)
{
	for (unsigned i = 0; i < SWAP_KEPT; i++)
		if (strcmp(w->swap.kept[i].name, name) == 0)
			return &w->swap.kept[i];
	return NULL;
}

static enum il_err keep_part(struct world_vm *vm, struct swap_kept *k,
			     enum world_evidence what)
{
	struct world *w = vm->w;
	struct evidence_place at;

	if (!place_of(vm, what, &at) || !at.len)
		return world_fail(w, IL_E_STATE, 0,
				  "the guest was given no %s yet", parts[what]);
	if (!k->p[what] || k->len[what] < at.len)
		k->p[what] = arena_take(&w->arena, at.len, 8);
	if (!k->p[what])
		return IL_E_NOMEM;
	k->len[what] = at.len;
	return swap_read(vm, at.gpa, k->p[what], at.len)
		       ? IL_OK
		       : world_fail(w, IL_E_IO, 0,
				    "the host cannot read the %s", parts[what]);
}

enum il_err cmd_host_keep(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *name = lang_word(c, "name", "");
	struct swap_kept *k;
	enum il_err err = world_need_vmm(w);

	if (err)
		return err;
	k = kept_named(w, name);
	if (!k)
		k = kept_named(w, "");
	if (!k || !*name || strlen(name) >= sizeof(k->name))
		return world_fail(w, IL_E_ARG, 0,
				  "%s: at most %u names of %zu letters", name,
				  SWAP_KEPT, sizeof(k->name) - 1);
	for (unsigned i = 0; i < EVIDENCE_BLOBS && !err; i++)
		err = keep_part(w->op->vm, k, i);
	if (err)
		return err;
	if (!k->p[EVIDENCE_NONCE])
		k->p[EVIDENCE_NONCE] =
			arena_take(&w->arena, sizeof(w->swap.nonce), 8);
	if (!k->p[EVIDENCE_NONCE])
		return IL_E_NOMEM;
	memcpy(k->p[EVIDENCE_NONCE], w->swap.nonce, sizeof(w->swap.nonce));
	k->len[EVIDENCE_NONCE] = sizeof(w->swap.nonce);
	snprintf(k->name, sizeof(k->name), "%s", name);
	return IL_OK;
}

enum il_err cmd_host_swap(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *from = lang_word(c, "from", NULL);
	struct world_swap *s = &w->swap;
	enum il_err err = world_need_vmm(w);

	if (err)
		return err;
	if (!w->plat->evidence_at)
		return world_fail(w, IL_E_ARG, 0,
				  "on %s evidence does not go by memory that "
				  "the host writes",
				  w->plat->name);
	if (s->armed)
		return world_fail(w, IL_E_STATE, 0,
				  "the host has not yet swapped the %s",
				  parts[s->what]);
	s->from = from ? kept_named(w, from) : NULL;
	if (from && !s->from)
		return world_fail(w, IL_E_ARG, 0, "nothing was kept as %s",
				  from);
	s->what = (enum world_evidence)lang_num(c, "what", 0);
	s->how = (enum swap_how)lang_num(c, "how", SWAP_FLIP);
	if (s->what == EVIDENCE_NONCE && s->how != SWAP_FLIP)
		return world_fail(w, IL_E_ARG, 0,
				  "a nonce has 32 bytes: how=flip, or from=");
	s->vm = w->op->vm;
	s->armed = true;
	return IL_OK;
}

/* By the names that docs/evidence.md has. */
static const char *const whys[EVIDENCE_WHYS] = {
	[EVIDENCE_WHY_NONE] = "none",
	[EVIDENCE_WHY_CERT_DIGEST] = "cert-digest",
	[EVIDENCE_WHY_CHAIN] = "chain",
	[EVIDENCE_WHY_ROOT_HASH] = "root-hash",
	[EVIDENCE_WHY_TRUST] = "trust",
	[EVIDENCE_WHY_MEAS_STALE] = "meas-stale",
	[EVIDENCE_WHY_MEAS_DIGEST] = "meas-digest",
	[EVIDENCE_WHY_MEAS_FORM] = "meas-form",
	[EVIDENCE_WHY_MEAS_NONCE] = "meas-nonce",
	[EVIDENCE_WHY_MEAS_SIGNATURE] = "meas-signature",
	[EVIDENCE_WHY_MEAS_VALUE] = "meas-value",
	[EVIDENCE_WHY_REPORT_DIGEST] = "report-digest",
	[EVIDENCE_WHY_REPORT_FORM] = "report-form",
	[EVIDENCE_WHY_REPORT_CAPS] = "report-caps",
	[EVIDENCE_WHY_REPORT_RANGE] = "report-range",
	[EVIDENCE_WHY_LOCK_FLAGS] = "lock-flags",
	[EVIDENCE_WHY_CHANGED] = "changed",
	[EVIDENCE_WHY_VERSION] = "version",
	[EVIDENCE_WHY_NO_REPORT] = "no-report",
	[EVIDENCE_WHY_UNVOUCHED] = "unvouched",
};

enum il_err cmd_expect_verdict(void *ctx, const struct lang_call *c)
{
	struct world *w = ctx;
	const char *want = lang_word(c, "why", "");
	const struct world_vm *vm =
		world_vm_named(w, lang_word(c, "vm", WORLD_VM_USUAL));
	const char *is = "that there is no guest";
	char text[200] = "";

	if (vm && vm->guest) {
		is = whys[vm->guest->verdict.why];
		evidence_verdict_text(&vm->guest->verdict, text, sizeof(text));
	}
	if (strcmp(is, want) != 0)
		return world_fail(w, IL_E_PEER, 0,
				  "expected verdict %s; it was %s", want, is);
	world_note(w, (struct world_note){ .kind = WORLD_NOTE_VERDICT,
					   .what = want,
					   .says = text });
	world_say(w, "expect", want, text[0] ? text : "accepted", false, 0);
	return IL_OK;
}
