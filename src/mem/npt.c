/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/npt.h"

const struct rule npt_rule_missing = {
	.name = "stage2",
	.says = "the VM's nested table maps nothing at this guest address",
	.source = "AMD64 APM vol. 2, 3.42, §15.25.6, nested page faults",
	.sure = SURE_SPEC,
};

const struct rule npt_rule_write = {
	.name = "stage2-write",
	.says = "the VM's nested table maps this guest address read-only",
	.source = "AMD64 APM vol. 2, 3.42, §15.25.6, nested page faults",
	.sure = SURE_SPEC,
};

const struct rule npt_rule_broken = {
	.name = "stage2-malformed",
	.says = "an entry of the VM's nested table is malformed or not in RAM",
	.source = "AMD64 APM vol. 2, 3.42, §15.25.6, reserved bits",
	.sure = SURE_SPEC,
};

static enum il_err nested_fault(const struct npt_cpu *c, uint64_t gpa,
				uint64_t pa, bool write, bool c_bit,
				const struct rule *rule, struct fault *f)
{
	*f = (struct fault){
		.rule = rule,
		.stage = FAULT_STAGE2,
		.who = AGENT_VCPU,
		.id = c->owner,
		.addr = gpa,
		.pa = pa,
		.write = write,
		.trusted = c_bit,
	};
	env_trace(c->m->env, MEM_EV_REFUSED,
		  (uint64_t)AGENT_VCPU | (uint64_t)write << 8, gpa, pa);
	return IL_E_IO;
}

static enum il_err look_up(const struct npt_cpu *c, uint64_t gpa, uint32_t len,
			   bool write, bool c_bit, struct pt_hit *hit,
			   struct mem_req *out, struct fault *f)
{
	if (!len || (gpa & (PAGE_4K - 1)) + len > PAGE_4K)
		return IL_E_ARG;
	switch (pt_walk(c->m, c->fmt, c->root, c->levels, gpa, hit)) {
	case PT_OK:
		break;
	case PT_NOT_PRESENT:
	case PT_RANGE:
		return nested_fault(c, gpa, 0, write, c_bit, &npt_rule_missing,
				    f);
	case PT_MALFORMED:
		return nested_fault(c, gpa, 0, write, c_bit, &npt_rule_broken,
				    f);
	}
	if (!(hit->perm & PT_R))
		return nested_fault(c, gpa, hit->pa, write, c_bit,
				    &npt_rule_missing, f);
	if (write && !(hit->perm & PT_W))
		return nested_fault(c, gpa, hit->pa, write, c_bit,
				    &npt_rule_write, f);
	*out = (struct mem_req){
		.who = AGENT_VCPU,
		.write = write,
		.trusted = c_bit,
		.owner = c->owner,
		.level = c->level,
		.gpa = gpa,
		.leaf = hit->leaf,
		.pa = hit->pa,
		.len = len,
	};
	return IL_OK;
}

enum il_err npt_translate(const struct npt_cpu *c, uint64_t gpa, uint32_t len,
			  bool write, bool c_bit, struct mem_req *out,
			  struct fault *f)
{
	struct pt_hit hit;

	return look_up(c, gpa, len, write, c_bit, &hit, out, f);
}

static uint32_t in_page(uint64_t gpa, uint32_t len)
{
	uint64_t left = PAGE_4K - (gpa & (PAGE_4K - 1));

	return len < left ? len : (uint32_t)left;
}

static enum il_err access_page(const struct npt_cpu *c, uint64_t gpa,
			       uint8_t *buf, uint32_t len, bool write,
			       bool c_bit, struct fault *f)
{
	struct pt_hit hit;
	struct mem_req r;
	enum il_err err = look_up(c, gpa, len, write, c_bit, &hit, &r, f);

	if (!err)
		err = mem_access(c->m, &r, buf, f);
	if (!err)
		pt_mark(c->m, c->fmt, &hit, write);
	return err;
}

enum il_err npt_access(const struct npt_cpu *c, uint64_t gpa, void *buf,
		       uint32_t len, bool write, bool c_bit, struct fault *f)
{
	uint8_t *b = buf;
	enum il_err err = IL_OK;

	if (!len || gpa + (len - 1) < gpa)
		return IL_E_ARG;
	if (in_page(gpa, len) == len)
		return access_page(c, gpa, b, len, write, c_bit, f);
	for (uint32_t at = 0, n; !err && at < len; at += n) {
		struct mem_req r;

		n = in_page(gpa + at, len - at);
		err = npt_translate(c, gpa + at, n, write, c_bit, &r, f);
		if (!err)
			err = mem_check(c->m, &r, f);
	}
	for (uint32_t at = 0, n; !err && at < len; at += n) {
		n = in_page(gpa + at, len - at);
		err = access_page(c, gpa + at, b + at, n, write, c_bit, f);
	}
	return err;
}
