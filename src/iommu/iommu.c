/* SPDX-License-Identifier: BSD-2-Clause */
#include "iommu/iommu.h"

#include "base/bits.h"
#include "iommu/iommu_priv.h"

const struct rule iommu_rule_boundary = {
	.name = "io-boundary",
	.says = "a DMA request is 1 to 4096 bytes and crosses no 4 KiB "
		"boundary",
	.source = "PCIe Base 6.0 §2.2.7",
	.sure = SURE_SPEC,
};

const struct rule iommu_rule_missing = {
	.name = "io-page",
	.says = "the I/O page table maps nothing at this address",
	.source = "the layout of the architecture's I/O page table",
	.sure = SURE_SPEC,
};

const struct rule iommu_rule_perm = {
	.name = "io-permission",
	.says = "device entry or I/O page table does not permit this access",
	.source = "the layout of the architecture's I/O page table",
	.sure = SURE_SPEC,
};

const struct rule iommu_rule_broken = {
	.name = "io-malformed",
	.says = "an entry of the I/O page table is malformed or not in RAM",
	.source = "the layout of the architecture's I/O page table",
	.sure = SURE_SPEC,
};

const struct rule iommu_rule_interrupt = {
	.name = "io-interrupt",
	.says = "the device entry forwards no interrupts",
	.source = "the layout of the architecture's device entry",
	.sure = SURE_SPEC,
};

static bool power_of_two(uint32_t v)
{
	return v && !(v & (v - 1));
}

enum il_err iommu_init(struct iommu *i, const struct iommu_cfg *cfg)
{
	if (!power_of_two(cfg->tlb_slots) || !power_of_two(cfg->entry_slots) ||
	    !power_of_two(cfg->queue_slots))
		return IL_E_ARG;

	struct iommu n = {
		.env = cfg->env,
		.mem = cfg->mem,
		.rules = cfg->rules,
		.rules_ctx = cfg->rules_ctx,
		.tlb = ARENA_ARRAY(cfg->arena, struct iommu_tlb_slot,
				   cfg->tlb_slots),
		.tlb_slots = cfg->tlb_slots,
		.tlb_used = ARENA_ARRAY(cfg->arena, uint64_t,
					tlb_words(cfg->tlb_slots)),
		.kept = ARENA_ARRAY(cfg->arena, struct iommu_kept,
				    cfg->entry_slots),
		.entry_slots = cfg->entry_slots,
		.queue = ARENA_ARRAY(cfg->arena, struct iommu_cmd,
				     cfg->queue_slots),
		.queue_slots = cfg->queue_slots,
	};

	if (!n.tlb || !n.tlb_used || !n.kept || !n.queue)
		return IL_E_NOMEM;
	*i = n;
	return IL_OK;
}

enum il_err iommu_set_device_table(struct iommu *i, uint64_t base,
				   uint32_t count)
{
	if (base & (PAGE_4K - 1))
		return IL_E_ARG;
	i->dev_table = base;
	i->dev_count = count;
	return IL_OK;
}

/* --- refusals --- */

static enum il_err refuse(const struct iommu_req *q, const struct rule *rule,
			  enum fault_stage stage, uint64_t pa, struct fault *f)
{
	*f = (struct fault){
		.rule = rule,
		.stage = stage,
		.who = AGENT_DEVICE,
		.id = q->rid,
		.addr = q->iova,
		.pa = pa,
		.write = q->write,
		.trusted = q->t,
	};
	return IL_E_IO;
}

static struct iommu_event event_of(const struct iommu_req *q,
				   const struct iommu_entry *e,
				   enum iommu_event_kind kind)
{
	return (struct iommu_event){
		.kind = kind,
		.rid = q->rid,
		.domain = e ? e->domain : 0,
		.write = q->write,
		.trusted = q->t,
		.iova = q->iova,
	};
}

static enum il_err page_fault(struct iommu *i, const struct iommu_req *q,
			      const struct iommu_entry *e,
			      const struct rule *rule, bool present,
			      uint64_t pa, struct fault *f)
{
	struct iommu_event ev = event_of(q, e, IOMMU_EV_PAGE);

	ev.present = present;
	iommu_event_put(i, &ev);
	(void)refuse(q, rule, FAULT_IO_PAGES, pa, f);
	f->source = e->fmt ? e->fmt->source : NULL;
	return IL_E_IO;
}

/* A request that the entry stops. @e: NULL where there is none to speak of. */
static enum il_err entry_fault(struct iommu *i, const struct iommu_req *q,
			       const struct iommu_entry *e,
			       const struct rule *rule, struct fault *f)
{
	struct iommu_event ev =
		event_of(q, e, e ? IOMMU_EV_REQUEST : IOMMU_EV_ENTRY);

	ev.interrupt = rule == &iommu_rule_interrupt;
	iommu_event_put(i, &ev);
	(void)refuse(q, rule, FAULT_DEVICE_ENTRY, 0, f);
	f->source = ev.interrupt ? i->rules->source : NULL;
	return IL_E_IO;
}

/* Memory refused: page faults of ownership, errors by the bus. */
static enum il_err owner_fault(struct iommu *i, const struct iommu_req *q,
			       const struct iommu_entry *e,
			       const struct mem_req *r, struct fault *f)
{
	struct iommu_event ev = event_of(
		q, e, f->stage == FAULT_LINK ? IOMMU_EV_BUS : IOMMU_EV_OWNER);

	ev.present = true;
	ev.size = f->stage == FAULT_IO_PAGES;
	ev.gpa = r->gpa;
	ev.pa = r->pa;
	f->addr = q->iova;
	f->trusted = q->t;
	iommu_event_put(i, &ev);
	return IL_E_IO;
}

/* --- device entries --- */

static struct iommu_kept *slot_of(struct iommu *i, uint32_t rid, bool t)
{
	uint32_t h = (rid * 2 + t) * UINT32_C(0x9e3779b1);

	return &i->kept[(h >> 8) & (i->entry_slots - 1)];
}

static struct iommu_kept *entry_of(struct iommu *i, uint32_t rid, bool t)
{
	struct iommu_kept *k = slot_of(i, rid, t);

	if (k->valid && k->rid == rid && k->t == t)
		return k;
	*k = (struct iommu_kept){ .valid = true, .t = t, .rid = rid };
	k->refused = i->rules->lookup(i->rules_ctx, rid, t, &k->e);
	return k;
}

static enum il_err entry_for(struct iommu *i, const struct iommu_req *q,
			     const struct iommu_entry **out, struct fault *f)
{
	const struct iommu_kept *k = entry_of(i, q->rid, q->t);
	const struct rule *rule = k->refused;

	if (rule)
		return entry_fault(i, q, NULL, rule, f);
	rule = k->e.kind == IOMMU_ABORT ? k->e.why : NULL;
	if (!rule)
		rule = i->rules->admit(i->rules_ctx, &k->e, q);
	if (rule)
		return entry_fault(i, q, &k->e, rule, f);
	*out = &k->e;
	return IL_OK;
}

/* --- translation --- */

static enum il_err walk(struct iommu *i, const struct iommu_req *q,
			const struct iommu_entry *e, uint64_t gpa,
			struct iommu_tlb_slot *s, struct fault *f)
{
	struct pt_hit hit;

	switch (pt_walk(i->mem, e->fmt, e->root, e->levels, gpa, &hit)) {
	case PT_OK:
		break;
	case PT_NOT_PRESENT:
	case PT_RANGE:
		return page_fault(i, q, e, &iommu_rule_missing, false, 0, f);
	case PT_MALFORMED:
		return page_fault(i, q, e, &iommu_rule_broken, true, 0, f);
	}

	unsigned perm = hit.perm & e->perm;

	if (!(perm & (q->write ? PT_W : PT_R)))
		return page_fault(i, q, e, &iommu_rule_perm, true, hit.pa, f);
	if (e->track)
		pt_mark(i->mem, e->fmt, &hit, q->write);

	struct iommu_tlb_slot n = {
		.tag = tlb_tag(q->rid, q->t),
		.page = gpa / PAGE_4K,
		.pa = align_down(hit.pa, PAGE_4K),
		.domain = e->domain,
		.perm = (uint8_t)perm,
		.ready = (uint8_t)perm,
		.leaf_log = (uint8_t)__builtin_ctzll(hit.leaf),
	};

	if (e->track && !hit.dirty)
		n.ready &= (uint8_t)~PT_W;
	tlb_fill(i, s, &n);
	return IL_OK;
}

/* @r->gpa is what the table maps: the bus address, the split taken off. */
static enum il_err find(struct iommu *i, const struct iommu_req *q,
			const struct iommu_entry *e, struct mem_req *r,
			struct fault *f)
{
	uint64_t tag = tlb_tag(q->rid, q->t);
	uint64_t page = r->gpa / PAGE_4K;
	struct iommu_tlb_slot *s = tlb_slot(i, e->domain, page);
	bool hit = s->tag == tag && s->page == page &&
		   s->ready & (q->write ? PT_W : PT_R);

	if (hit) {
		i->hits++;
	} else {
		enum il_err err;

		i->misses++;
		err = walk(i, q, e, r->gpa, s, f);
		if (err)
			return err;
	}
	r->pa = s->pa | (r->gpa & (PAGE_4K - 1));
	r->leaf = BIT64(s->leaf_log);
	return IL_OK;
}

static enum il_err place(struct iommu *i, const struct iommu_req *q,
			 const struct iommu_entry *e, struct mem_req *r,
			 struct fault *f)
{
	switch (e->kind) {
	case IOMMU_BYPASS:
		if (!(e->perm & (q->write ? PT_W : PT_R)))
			return page_fault(i, q, e, &iommu_rule_perm, true, 0,
					  f);
		r->pa = r->gpa;
		return IL_OK;
	case IOMMU_PAGED:
		return find(i, q, e, r, f);
	case IOMMU_ABORT:
		break;
	}
	return page_fault(i, q, e, &iommu_rule_perm, false, 0, f);
}

static enum il_err interrupt(struct iommu *i, const struct iommu_req *q,
			     const struct iommu_entry *e, struct mem_req *r,
			     struct fault *f)
{
	if (!e->interrupts)
		return entry_fault(i, q, e, &iommu_rule_interrupt, f);
	r->pa = q->iova;
	r->trusted = q->t;
	return IL_OK;
}

/*
 * Field by field, and in its place: a copy of the whole would load wide what
 * was just stored narrow and wait for it, half of a translation's time.
 */
static inline void request(struct mem_req *r, const struct iommu_req *q,
			   const struct iommu_entry *e, bool shared,
			   uint64_t gpa)
{
	r->who = AGENT_DEVICE;
	r->write = q->write;
	r->trusted = e->trusted && !shared;
	r->shared = shared;
	r->owner = e->owner;
	r->level = e->level;
	r->port = q->port;
	r->rid = q->rid;
	r->gpa = gpa;
	r->len = q->len;
}

enum il_err iommu_translate(struct iommu *i, const struct iommu_req *q,
			    struct mem_req *out, struct fault *f)
{
	const struct iommu_entry *e = NULL;
	struct mem_req r;
	enum il_err err;

	if (!q->len || (q->iova & (PAGE_4K - 1)) + q->len > PAGE_4K)
		return refuse(q, &iommu_rule_boundary, FAULT_LINK, 0, f);
	err = entry_for(i, q, &e, f);
	if (err)
		return err;
	request(&r, q, e, false, q->iova);
	r.leaf = 0;
	if (q->iova - MEM_MSI_BASE < MEM_MSI_SIZE) {
		err = interrupt(i, q, e, &r, f);
	} else {
		if (e->split_en && q->iova >= e->split) {
			r.trusted = false;
			r.shared = true;
			r.gpa = q->iova - e->split;
		}
		err = place(i, q, e, &r, f);
	}
	if (err)
		return err;
	if (mem_check_page(i->mem, &r, f))
		return owner_fault(i, q, e, &r, f);
	request(out, q, e, r.shared, r.gpa);
	out->leaf = r.leaf;
	out->pa = r.pa;
	return IL_OK;
}

enum il_err iommu_access(struct iommu *i, const struct iommu_req *q, void *buf,
			 struct fault *f)
{
	struct mem_req r;
	enum il_err err = iommu_translate(i, q, &r, f);

	return err ? err : mem_access(i->mem, &r, buf, f);
}

/* --- invalidation --- */

void iommu_forget(struct iommu *i, uint32_t rid)
{
	for (int t = 0; t < 2; t++) {
		struct iommu_kept *k = slot_of(i, rid, t);

		if (k->rid == rid && k->t == t)
			k->valid = false;
	}
	tlb_forget_rid(i, rid);
	env_trace(i->env, IOMMU_TRACE_FLUSH, CMD_DEVICE, rid, 0);
}

static void forget_all(struct iommu *i)
{
	tlb_forget_all(i);
	for (uint32_t n = 0; n < i->entry_slots; n++)
		i->kept[n].valid = false;
}

static enum il_err queue(struct iommu *i, struct iommu_cmd c)
{
	if (i->queue_tail - i->queue_head == i->queue_slots)
		return IL_E_AGAIN;
	i->queue[i->queue_tail++ & (i->queue_slots - 1)] = c;
	return IL_OK;
}

enum il_err iommu_inval_device(struct iommu *i, uint32_t rid)
{
	return queue(i, (struct iommu_cmd){ .kind = CMD_DEVICE, .tag = rid });
}

enum il_err iommu_inval_pages(struct iommu *i, uint16_t domain, uint64_t iova,
			      uint64_t size)
{
	if (!size || (iova | size) & (PAGE_4K - 1))
		return IL_E_ARG;
	return queue(i, (struct iommu_cmd){ .kind = CMD_PAGES,
					    .tag = domain,
					    .iova = iova,
					    .size = size });
}

enum il_err iommu_inval_all(struct iommu *i)
{
	return queue(i, (struct iommu_cmd){ .kind = CMD_ALL });
}

uint64_t iommu_wait(struct iommu *i)
{
	for (; i->queue_head != i->queue_tail; i->queue_head++) {
		const struct iommu_cmd *c =
			&i->queue[i->queue_head & (i->queue_slots - 1)];

		switch (c->kind) {
		case CMD_DEVICE:
			iommu_forget(i, c->tag);
			continue;
		case CMD_PAGES:
			tlb_forget_pages(i, (uint16_t)c->tag, c->iova, c->size);
			break;
		case CMD_ALL:
			forget_all(i);
			break;
		}
		env_trace(i->env, IOMMU_TRACE_FLUSH, (uint64_t)c->kind, c->tag,
			  c->iova);
	}
	return ++i->completed;
}

bool iommu_keeps(const struct iommu *i, uint32_t rid, bool t)
{
	for (uint32_t n = 0; n < i->entry_slots; n++) {
		const struct iommu_kept *k = &i->kept[n];

		if (k->valid && k->rid == rid && k->t == t)
			return !k->refused && k->e.kind != IOMMU_ABORT;
	}
	return false;
}

bool iommu_sane(const struct iommu *i)
{
	if (i->queue_tail - i->queue_head > i->queue_slots)
		return false;
	if (i->log_slots &&
	    (i->log_head >= i->log_slots || i->log_tail >= i->log_slots))
		return false;
	return tlb_sane(i);
}
