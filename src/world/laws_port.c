/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/bits.h"
#include "world/laws_priv.h"

/* Laws of a port's streams and its registers: 12 and 13. */

static bool ranges_meet(const struct ide_stream_cfg *a,
			const struct ide_stream_cfg *b)
{
	for (unsigned i = 0; i < IDE_RANGES; i++)
		for (unsigned k = 0; k < IDE_RANGES; k++)
			if (a->range[i].valid && b->range[k].valid &&
			    a->range[i].base <= b->range[k].limit &&
			    b->range[k].base <= a->range[i].limit)
				return true;
	return false;
}

static void pair(const struct ide_stream_cfg *a, const struct ide_stream_cfg *b,
		 struct law_case *c)
{
	if (a->id == b->id)
		law_break(c,
			  "two streams of the root port are on; both have "
			  "id %u",
			  a->id);
	else if (a->tc != b->tc)
		return;
	else if (a->rid_valid && b->rid_valid && a->segment == b->segment &&
		 a->rid_base <= b->rid_limit && b->rid_base <= a->rid_limit)
		law_break(c,
			  "stream %u has RIDs up to %04x; stream %u has "
			  "them from %04x",
			  a->id, a->rid_limit, b->id, b->rid_base);
	else if (ranges_meet(a, b))
		law_break(c,
			  "stream %u has an address range; one of stream %u "
			  "overlaps it",
			  a->id, b->id);
	else if (a->is_default && b->is_default)
		law_break(c, "stream %u is the default one; so is stream %u",
			  a->id, b->id);
}

static const struct law_stream *secure(const struct law_end *e, int id)
{
	for (unsigned i = 0; i < LAW_STREAMS; i++)
		if (e->s[i].state == IDE_ST_SECURE &&
		    (id < 0 || e->s[i].cfg.id == id))
			return &e->s[i];
	return NULL;
}

static void dev_12(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	const struct law_end *p = &now->end[LAW_PORT];

	(void)was;
	for (unsigned i = 0; i < LAW_STREAMS; i++) {
		const struct law_stream *s = &p->s[i];

		if (!s->cfg.enable)
			continue;
		c->held++;
		if (s->cfg.is_default && s->cfg.tc)
			law_break(c,
				  "stream %u is the default one; it is on "
				  "TC %u",
				  s->cfg.id, s->cfg.tc);
		for (unsigned k = i + 1; k < LAW_STREAMS; k++)
			if (p->s[k].cfg.enable)
				pair(&s->cfg, &p->s[k].cfg, c);
		if (s->state == IDE_ST_SECURE &&
		    secure(&now->end[LAW_DEVICE], -1) &&
		    !secure(&now->end[LAW_DEVICE], s->cfg.id))
			law_break(c,
				  "stream %u is Secure at the root port; at "
				  "the device stream %u is",
				  s->cfg.id,
				  secure(&now->end[LAW_DEVICE], -1)->cfg.id);
	}
}

void law_12(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	law_each_dev(was, now, dev_12, c);
}

static bool same_cfg(const struct ide_stream_cfg *a,
		     const struct ide_stream_cfg *b)
{
	for (unsigned i = 0; i < IDE_RANGES; i++)
		if (a->range[i].valid != b->range[i].valid ||
		    (a->range[i].valid &&
		     (a->range[i].base != b->range[i].base ||
		      a->range[i].limit != b->range[i].limit)))
			return false;
	return a->id == b->id && a->tc == b->tc &&
	       a->is_default == b->is_default && a->cfg_en == b->cfg_en &&
	       a->rid_valid == b->rid_valid && a->rid_base == b->rid_base &&
	       a->rid_limit == b->rid_limit && a->segment == b->segment;
}

/* What its holder has locked stays as it is until he unlocks it. */
static void lock_13(const struct law_end *o, const struct law_end *p,
		    bool moved, struct law_case *c)
{
	c->held += p->dropped - o->dropped;
	for (unsigned i = 0; i < LAW_STREAMS; i++) {
		if (!(o->locked & p->locked & 1u << i))
			continue;
		if (moved || !same_cfg(&o->s[i].cfg, &p->s[i].cfg))
			law_break(c,
				  "block %u of the root port is locked; its "
				  "%s registers changed",
				  i, moved ? "routing" : "IDE");
	}
}

/* Who may write is not seen here; that a write kills is. */
static void dev_13(const struct law_dev *was, const struct law_dev *now,
		   struct law_case *c)
{
	const struct law_end *o = &was->end[LAW_PORT];
	const struct law_end *p = &now->end[LAW_PORT];
	bool moved = memcmp(o->route, p->route, sizeof(o->route)) != 0;

	lock_13(o, p, moved, c);
	for (unsigned i = 0; i < LAW_STREAMS; i++) {
		bool changed = !same_cfg(&o->s[i].cfg, &p->s[i].cfg);

		if (o->s[i].state != IDE_ST_SECURE || (!moved && !changed))
			continue;
		c->held++;
		if (p->s[i].state == IDE_ST_SECURE)
			law_break(c,
				  "%s registers of the root port changed; "
				  "stream %u stayed Secure",
				  changed ? "IDE" : "routing", p->s[i].cfg.id);
	}
}

void law_13(const struct law_facts *was, const struct law_facts *now,
	    struct law_case *c)
{
	if (was->valid)
		law_each_dev(was, now, dev_13, c);
}
