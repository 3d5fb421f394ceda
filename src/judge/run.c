/* SPDX-License-Identifier: BSD-2-Clause */
#include "judge/judge_priv.h"

#include <fnmatch.h>
#include <stdio.h>

/*
 * The runner. A case that breaks the connection costs a new one, and a reset
 * where the target can; a device that answers nothing after all of that is
 * gone, and the rest is not tested. So a run has an end whatever the device
 * does: each case costs a bounded number of answers that do not come.
 */

#define TRIES 2u /* to have a device back */

bool judge_wanted(const char *const *only, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!fnmatch(only[i], name, 0))
			return true;
	return !n;
}

/* --- what the device is --- */

static const uint8_t get_version[4] = { SPDM_V10, SPDM_GET_VERSION };

/* GET_VERSION outside of any case. */
static enum il_err probe(struct judge *j)
{
	enum il_err err = judge_wire_send(j, JUDGE_PLAIN, get_version,
					  sizeof(get_version));

	return err ? err : judge_wire_recv(j, j->cfg.timeout_ns);
}

static enum il_err reopen(struct judge *j)
{
	const struct judge_target_ops *ops = judge_ops(j);
	enum il_err err;

	if (j->open)
		ops->close(judge_target(j));
	j->owed = 0;
	err = ops->open(judge_target(j));
	j->open = !err;
	j->broken = err != IL_OK;
	return err;
}

enum il_err judge_wire_again(struct judge *j)
{
	enum il_err err = reopen(j);

	return err ? err : probe(j);
}

/* A bit for each version that VERSION lists. */
static uint8_t listed(const struct spdm_msg *m)
{
	uint8_t mask = 0;

	for (unsigned i = 0; i < m->u.version_list.count; i++) {
		const unsigned v = m->u.version_list.entry[i] >> 8;

		if (v >= SPDM_V10 && v <= SPDM_V14)
			mask |= (uint8_t)BIT(v - SPDM_V10);
	}
	return mask;
}

/*
 * Opens, and asks. Any answer shows that the device is there; one that is no
 * VERSION, or nonsense, leaves open what it offers, and cases find that out.
 */
static enum il_err survey(struct judge *j)
{
	enum il_err err = j->open && !j->broken ? IL_OK : reopen(j);

	if (!err)
		err = probe(j);
	if (err == IL_E_FIELD)
		return reopen(j);
	if (err) {
		j->broken = true;
		return err;
	}
	if (j->a.bad || j->a.m.code != SPDM_VERSION)
		return IL_OK;
	j->offered = listed(&j->a.m);
	j->surveyed = true;
	return IL_OK;
}

/* A device to talk to, after one that did not answer; false: it is gone. */
static bool recover(struct judge *j)
{
	const struct judge_target_ops *ops = judge_ops(j);
	const char *why;

	j->case_end_ns = UINT64_MAX; /* this has an end of its own */
	for (unsigned i = 0; i < TRIES; i++) {
		if (!survey(j))
			return true;
		if (ops->reset && !ops->reset(judge_target(j)) && !survey(j))
			return true;
	}
	why = ops->why(judge_target(j));
	snprintf(j->sum.why, sizeof(j->sum.why), "%s", why ? why : "");
	j->sum.gone = true;
	return false;
}

static void say_gone(struct judge *j)
{
	judge_say(j, JUDGE_ABSENT, "the target is gone: %s", j->sum.why);
}

/* --- one case --- */

static uint64_t seed_of(uint64_t seed, const char *name)
{
	struct dice d = { .state = seed };

	for (; *name; name++)
		d.state = dice_u64(&d) ^ (uint8_t)*name;
	return dice_u64(&d);
}

/* Why it is not tested; NULL: it is. */
static const char *lacks(const struct judge *j, const struct judge_case *c,
			 uint8_t version)
{
	const struct judge_target *t = &j->cfg.target;
	const struct judge_target_ops *o = t->ops;
	const struct {
		uint32_t need;
		bool there;
		const char *why;
	} all[] = {
		{ JUDGE_NEEDS_OBJECT, t->objects,
		  "the target carries no DOE data objects" },
		{ JUDGE_NEEDS_CFG, o->cfg_read && o->cfg_write,
		  "the target has no configuration space" },
		{ JUDGE_NEEDS_CFG_WRITE, o->cfg_write,
		  "the target takes no configuration writes" },
		{ JUDGE_NEEDS_MEM, o->mem, "the target has no memory space" },
		{ JUDGE_NEEDS_EVENT, o->event,
		  "the target has no link events" },
		{ JUDGE_NEEDS_RESET, o->reset,
		  "the target cannot reset the device" },
		{ JUDGE_NEEDS_LINK, o->link, "the target is no link" },
		{ JUDGE_NEEDS_PSK, j->cfg.given & JUDGE_NEEDS_PSK,
		  "no pre-shared key was given (--psk)" },
		{ JUDGE_NEEDS_IDENTITY, j->cfg.given & JUDGE_NEEDS_IDENTITY,
		  "no identity was given (--mutual)" },
		{ JUDGE_NEEDS_TRUST, j->cfg.given & JUDGE_NEEDS_TRUST,
		  "no trust anchor was given (--trust)" },
		{ JUDGE_NEEDS_PROVISION, j->cfg.given & JUDGE_NEEDS_PROVISION,
		  "it changes what the device keeps (--provision)" },
	};

	for (size_t i = 0; i < COUNT(all); i++)
		if ((c->needs & all[i].need) && !all[i].there)
			return all[i].why;
	if (version && j->surveyed && !(j->offered & BIT(version - SPDM_V10)))
		return "the device does not list this version";
	return NULL;
}

static void do_later(struct judge *j)
{
	const enum judge_verdict v = j->verdict;
	const unsigned expected = j->expected;
	char words[JUDGE_WORDS];

	memcpy(words, j->words, sizeof(words));
	while (j->laters && !j->broken) {
		j->verdict = JUDGE_UNTOLD;
		j->later[--j->laters](j);
	}
	j->verdict = v;
	j->expected = expected;
	memcpy(j->words, words, sizeof(words));
}

/* Long enough for some answers, however long one may take. */
static uint64_t end_of_case(const struct judge *j)
{
	const uint64_t some = 16 * j->cfg.timeout_ns;

	return judge_now(j) + (some > JUDGE_CASE_NS ? some : JUDGE_CASE_NS);
}

static void begin(struct judge *j, const char *name)
{
	j->verdict = JUDGE_UNTOLD;
	j->expected = 0;
	j->words[0] = '\0';
	j->heard = false;
	j->case_end_ns = end_of_case(j);
	j->dice.state = seed_of(j->cfg.seed, name);
	judge_log_begin(j);
}

static void try_case(struct judge *j)
{
	judge_puppet_begin(j);
	j->c->run(j);
	if (j->verdict == JUDGE_UNTOLD && j->expected)
		j->verdict = JUDGE_PASS;
	else if (j->verdict == JUDGE_UNTOLD)
		judge_say(j, JUDGE_BROKEN,
			  "the case evaluated nothing: a mistake of ours");
	j->log.judged = j->log.count;
	do_later(j);
	judge_puppet_end(j);
}

/*
 * A case that heard nothing at all may have met a connection that was dead
 * before it: it has another go on a new one. A device that is not there any
 * more fails the case that found it so: it answered the one before.
 */
static void try_twice(struct judge *j, const char *name)
{
	size_t at;

	try_case(j);
	if (j->verdict != JUDGE_FAIL || !j->broken || j->heard)
		return;
	if (recover(j)) {
		begin(j, name);
		try_case(j);
	} else {
		at = strlen(j->words);
		snprintf(j->words + at, sizeof(j->words) - at,
			 "; nor has it answered anything since");
	}
}

static void told(struct judge *j, struct judge_result *r, uint64_t began)
{
	r->verdict = j->verdict;
	r->words = j->words;
	r->expected = j->expected;
	r->seed = j->cfg.seed;
	r->took_ns = judge_now(j) - began;
	j->sum.count[r->verdict]++;
	if (j->cfg.result)
		j->cfg.result(j->cfg.ctx, r, &j->log);
}

/* Not gone, in time, and connected: else the reason is the verdict. */
static bool able(struct judge *j)
{
	if (j->cfg.limit_ns && judge_now(j) >= j->end_ns)
		judge_say(j, JUDGE_ABSENT, "the time for all is used up");
	else if (j->sum.gone || ((j->broken || !j->open) && !recover(j)))
		say_gone(j);
	return judge_on(j);
}

static void one(struct judge *j, const struct judge_case *c, uint8_t version)
{
	struct judge_result r = { .c = c, .version = version };
	const uint64_t began = judge_now(j);
	const char *why;

	judge_case_name(c, version, r.name);
	if (!judge_wanted(j->cfg.only, j->cfg.n_only, r.name))
		return;
	j->c = c;
	j->version = version;
	begin(j, r.name);
	why = lacks(j, c, version);
	if (why)
		judge_say(j, JUDGE_ABSENT, "%s", why);
	else if (able(j)) {
		begin(j, r.name); /* without what recovering said */
		try_twice(j, r.name);
	}
	told(j, &r, began);
}

/* Once, or under each of its versions. */
static void each(struct judge *j, const struct judge_case *c)
{
	if (!c->versions) {
		one(j, c, 0);
		return;
	}
	for (unsigned i = 0; i < JUDGE_VERSIONS; i++)
		if (c->versions & BIT(i))
			one(j, c, (uint8_t)(SPDM_V10 + i));
}

static void group(struct judge *j, const struct judge_table *t, unsigned g)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->cases[i].group == g)
			each(j, &t->cases[i]);
}

enum il_err judge_run(struct judge *j, const struct judge_cfg *cfg,
		      struct judge_sum *sum)
{
	const struct judge_target_ops *o = cfg->target.ops;

	if (!o || !cfg->crypto || !cfg->target.binding || !cfg->timeout_ns)
		return IL_E_ARG;
	memset(j, 0, sizeof(*j));
	j->cfg = *cfg;
	if (!j->cfg.tables)
		j->cfg.tables = judge_tables;
	j->end_ns = judge_now(j) + cfg->limit_ns;
	(void)recover(j);
	for (unsigned g = 0; g < JUDGE_GROUPS; g++)
		for (size_t t = 0; j->cfg.tables[t]; t++)
			group(j, j->cfg.tables[t], g);
	if (j->open)
		o->close(judge_target(j));
	*sum = j->sum;
	bytes_wipe(&j->log, sizeof(j->log));
	return IL_OK;
}
