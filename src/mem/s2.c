/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/s2.h"

const struct rule s2_rule_missing = {
	.name = "stage2",
	.says = "the VM's second stage maps nothing at this guest address",
	.source = "the layout of the architecture's stage 2 table",
	.sure = SURE_SPEC,
};

const struct rule s2_rule_write = {
	.name = "stage2-write",
	.says = "the VM's second stage maps this guest address read-only",
	.source = "the layout of the architecture's stage 2 table",
	.sure = SURE_SPEC,
};

const struct rule s2_rule_broken = {
	.name = "stage2-malformed",
	.says = "an entry of the VM's second stage is malformed or not in RAM",
	.source = "the layout of the architecture's stage 2 table",
	.sure = SURE_SPEC,
};

static enum il_err s2_fault(const struct s2_cpu *c, uint64_t gpa, uint64_t pa,
			    bool write, bool priv, const struct rule *rule,
			    struct fault *f)
{
	*f = (struct fault){
		.rule = rule,
		.stage = FAULT_STAGE2,
		.who = AGENT_VCPU,
		.id = c->owner,
		.addr = gpa,
		.pa = pa,
		.write = write,
		.trusted = priv,
		.source = c->fmt->source,
	};
	env_trace(c->m->env, MEM_EV_REFUSED,
		  (uint64_t)AGENT_VCPU | (uint64_t)write << 8, gpa, pa);
	return IL_E_IO;
}

static enum il_err look_up(const struct s2_cpu *c, uint64_t gpa, uint32_t len,
			   bool write, bool priv, struct pt_hit *hit,
			   struct mem_req *out, struct fault *f)
{
	if (!len || (gpa & (PAGE_4K - 1)) + len > PAGE_4K)
		return IL_E_ARG;
	switch (pt_walk(c->m, c->fmt, c->root, c->levels, gpa, hit)) {
	case PT_OK:
		break;
	case PT_NOT_PRESENT:
	case PT_RANGE:
		return s2_fault(c, gpa, 0, write, priv, &s2_rule_missing, f);
	case PT_MALFORMED:
		return s2_fault(c, gpa, 0, write, priv, &s2_rule_broken, f);
	}
	if (!(hit->perm & PT_R))
		return s2_fault(c, gpa, hit->pa, write, priv, &s2_rule_missing,
				f);
	if (write && !(hit->perm & PT_W))
		return s2_fault(c, gpa, hit->pa, write, priv, &s2_rule_write,
				f);
	*out = (struct mem_req){
		.who = AGENT_VCPU,
		.write = write,
		.trusted = priv,
		.owner = c->owner,
		.level = c->level,
		.gpa = gpa,
		.leaf = hit->leaf,
		.pa = hit->pa,
		.len = len,
	};
	return IL_OK;
}

enum il_err s2_translate(const struct s2_cpu *c, uint64_t gpa, uint32_t len,
			 bool write, bool priv, struct mem_req *out,
			 struct fault *f)
{
	struct pt_hit hit;

	return look_up(c, gpa, len, write, priv, &hit, out, f);
}

static uint32_t in_page(uint64_t gpa, uint32_t len)
{
	uint64_t left = PAGE_4K - (gpa & (PAGE_4K - 1));

	return len < left ? len : (uint32_t)left;
}

static enum il_err access_page(const struct s2_cpu *c, uint64_t gpa,
			       uint8_t *buf, uint32_t len, bool write,
			       bool priv, struct fault *f)
{
	struct pt_hit hit;
	struct mem_req r;
	enum il_err err = look_up(c, gpa, len, write, priv, &hit, &r, f);

	if (!err)
		err = mem_access(c->m, &r, buf, f);
	if (!err)
		pt_mark(c->m, c->fmt, &hit, write);
	return err;
}

enum il_err s2_access(const struct s2_cpu *c, uint64_t gpa, void *buf,
		      uint32_t len, bool write, bool priv, struct fault *f)
{
	uint8_t *b = buf;
	enum il_err err = IL_OK;

	if (!len || gpa + (len - 1) < gpa)
		return IL_E_ARG;
	if (in_page(gpa, len) == len)
		return access_page(c, gpa, b, len, write, priv, f);
	for (uint32_t at = 0, n; !err && at < len; at += n) {
		struct mem_req r;

		n = in_page(gpa + at, len - at);
		err = s2_translate(c, gpa + at, n, write, priv, &r, f);
		if (!err)
			err = mem_check(c->m, &r, f);
	}
	for (uint32_t at = 0, n; !err && at < len; at += n) {
		n = in_page(gpa + at, len - at);
		err = access_page(c, gpa + at, b + at, n, write, priv, f);
	}
	return err;
}
