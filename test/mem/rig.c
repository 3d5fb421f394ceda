/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

const struct rule toy_rule = { .name = "toy", .says = "no", .source = "test" };

static const struct rule *toy_check(void *ctx, const struct mem_req *q,
				    struct mem_pass *pass)
{
	struct toy *t = ctx;

	t->calls++;
	t->last = *q;
	pass->stage = t->stage;
	if (align_down(q->pa, PAGE_4K) == t->refuse)
		return &toy_rule;
	if (q->write && align_down(q->pa, PAGE_4K) == t->refuse_w)
		return &toy_rule;
	pass->key = q->owner + t->add;
	pass->trusted = t->trusted;
	return NULL;
}

const struct mem_rules toy_rules = { .check = toy_check };
