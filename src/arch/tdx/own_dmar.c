/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/tdx/own_priv.h"

#include <string.h>

#include "base/assert.h"

/*
 * DMA remapping: the module's tables for T = 1, the host's for T = 0, both in
 * scalable mode, read from memory as the unit does.
 *
 * Source: Intel VT-d 4.1, §9; TDX module 2.0, dmar_defs.h
 */

#define INV_ROOT  MASK64(9, 8)	 /* first word of root and directory entries */
#define INV_CTX	  MASK64(22, 21) /* second word */
#define INV_PASID MASK64(17, 16)

#define CTX_RSVD   (MASK64(8, 5) | MASK64(4, 2)) /* no ATS, PASID, PRI */
#define PASID_RSVD MASK64(11, 10)

static const unsigned words[] = { 8, 1, 4, 1 };

unsigned tdx_dmar_words(unsigned level)
{
	return words[level];
}

/* --- one walk over either's tables --- */

struct tables {
	const struct tdx_own *o;
	uint64_t root;
	bool trusted;
};

static enum il_err read_words(const struct tables *t, uint64_t at, unsigned n,
			      uint64_t *q)
{
	uint8_t raw[VTD_PASID_LEN];
	enum il_err err;
	struct fault f;

	if (t->trusted)
		err = tdx_own_io(t->o, at, raw, 8 * n, false, TDX_VIEW_MODULE,
				 0);
	else if (mem_kind_at(t->o->mem, at) != MEM_RAM)
		err = IL_E_IO;
	else
		err = mem_host_read(t->o->mem, at, raw, 8 * n, &f);
	if (err)
		return err;
	for (unsigned i = 0; i < n; i++)
		q[i] = tdx_u64(raw, 8 * i);
	return IL_OK;
}

/* RID without segment; PASID 0 alone. */
static uint64_t place(unsigned level, uint16_t rid, uint64_t table)
{
	if (level == TDX_DMAR_ROOT)
		return table + VTD_ROOT_LEN * (uint64_t)(rid >> 7);
	if (level == TDX_DMAR_CONTEXT)
		return table + VTD_CTX_LEN * (uint64_t)(rid & 0x7f);
	return table; /* directory and table entry of PASID 0 */
}

uint64_t tdx_dmar_below(const struct tdx_dmar *d)
{
	return d->level == TDX_DMAR_PASID_ENTRY ? 0 : d->q[0] & VTD_ROOT_CTP;
}

static enum il_err find(const struct tables *t, uint16_t rid, unsigned level,
			struct tdx_dmar *out)
{
	uint64_t table = t->root;

	for (unsigned l = TDX_DMAR_ROOT;; l--) {
		enum il_err err;

		memset(out, 0, sizeof(*out));
		out->level = l;
		out->rid = rid;
		out->at = place(l, rid, table);
		err = read_words(t, out->at, words[l], out->q);
		if (err || l == level)
			return err;
		if (!(out->q[0] & VTD_ROOT_P))
			return IL_E_STATE;
		table = tdx_dmar_below(out);
	}
}

enum il_err tdx_dmar_find(const struct tdx_own *o, uint16_t rid, unsigned level,
			  struct tdx_dmar *out)
{
	const struct tables t = { o, o->root, true };

	return o->root ? find(&t, rid, level, out) : IL_E_STATE;
}

void tdx_dmar_put(struct tdx_own *o, const struct tdx_dmar *d)
{
	uint8_t raw[VTD_PASID_LEN];
	enum il_err err;

	for (unsigned i = 0; i < words[d->level]; i++)
		tdx_put_u64(raw, 8 * i, d->q[i]);
	err = tdx_own_io(o, d->at, raw, 8 * words[d->level], true,
			 TDX_VIEW_MODULE, 0);
	IL_ASSERT(!err);
	o->entry_changes++;
	env_trace(o->env, TDX_TRACE_DMAR, d->rid, d->level, tdx_dmar_map(d));
}

/* --- states, kept in bits that the unit ignores while P is clear --- */

enum tdx_dmar_map tdx_dmar_map(const struct tdx_dmar *d)
{
	uint64_t blocked = d->level == TDX_DMAR_CONTEXT ? DMAR_CTX_BLOCKED
							: DMAR_BLOCKED_BIT;

	if (d->q[0] & VTD_ROOT_P)
		return TDX_DMAR_PRESENT;
	if (d->q[0] & blocked)
		return TDX_DMAR_BLOCKED;
	if (d->level == TDX_DMAR_PASID_ENTRY && d->q[0] & DMAR_PASID_PENDING)
		return TDX_DMAR_PENDING;
	return TDX_DMAR_FREE;
}

static uint64_t inv_field(const struct tdx_dmar *d, unsigned *word)
{
	*word = d->level == TDX_DMAR_CONTEXT ||
		d->level == TDX_DMAR_PASID_ENTRY;
	if (d->level == TDX_DMAR_CONTEXT)
		return INV_CTX;
	return d->level == TDX_DMAR_PASID_ENTRY ? INV_PASID : INV_ROOT;
}

enum tdx_dmar_inv tdx_dmar_inv(const struct tdx_dmar *d)
{
	unsigned w;
	uint64_t f = inv_field(d, &w);

	return (enum tdx_dmar_inv)field_get(f, d->q[w]);
}

void tdx_dmar_state(struct tdx_dmar *d, enum tdx_dmar_map map,
		    enum tdx_dmar_inv inv)
{
	uint64_t blocked = d->level == TDX_DMAR_CONTEXT ? DMAR_CTX_BLOCKED
							: DMAR_BLOCKED_BIT;
	unsigned w;
	uint64_t f = inv_field(d, &w);

	d->q[0] &= ~(VTD_ROOT_P | blocked);
	if (d->level == TDX_DMAR_PASID_ENTRY)
		d->q[0] &= ~DMAR_PASID_PENDING;
	if (map == TDX_DMAR_PRESENT)
		d->q[0] |= VTD_ROOT_P;
	else if (map == TDX_DMAR_BLOCKED)
		d->q[0] |= blocked;
	else if (map == TDX_DMAR_PENDING)
		d->q[0] |= DMAR_PASID_PENDING;
	d->q[w] = (d->q[w] & ~f) | field_put(f, inv);
}

bool tdx_dmar_childless(const struct tdx_own *o, const struct tdx_dmar *d)
{
	uint64_t table = tdx_dmar_below(d);
	struct tdx_dmar c = { .level = d->level - 1 };
	uint8_t raw[PAGE_4K];
	enum il_err err;

	if (!table)
		return true;
	err = tdx_own_io(o, table, raw, sizeof(raw), false, TDX_VIEW_MODULE, 0);
	IL_ASSERT(!err);
	for (unsigned at = 0; at < PAGE_4K; at += 8 * words[c.level]) {
		c.q[0] = tdx_u64(raw, at);
		if (tdx_dmar_map(&c) != TDX_DMAR_FREE)
			return false;
	}
	return true;
}

/* --- device interfaces --- */

struct tdx_own_dev *tdx_own_dev(struct tdx_own *o, uint16_t rid)
{
	for (unsigned i = 0; i < TDX_OWN_DEVS; i++)
		if (o->dev[i].used && o->dev[i].rid == rid)
			return &o->dev[i];
	return NULL;
}

enum il_err tdx_own_dev_set(struct tdx_own *o, const struct tdx_own_dev *d)
{
	for (unsigned i = 0; i < TDX_OWN_DEVS; i++) {
		if (o->dev[i].used)
			continue;
		o->dev[i] = *d;
		o->dev[i].used = true;
		return IL_OK;
	}
	return IL_E_NOMEM;
}

void tdx_own_dev_del(struct tdx_own *o, uint16_t rid)
{
	struct tdx_own_dev *d = tdx_own_dev(o, rid);

	if (d)
		*d = (struct tdx_own_dev){ .used = false };
}

/* --- what the unit asks --- */

static const struct rule *host_entry(const struct tdx_own *o, uint16_t rid,
				     struct iommu_entry *out)
{
	struct tables t = { o, o->iommu->dev_table, false };
	struct tdx_dmar d;

	if (!o->iommu->dev_count || find(&t, rid, TDX_DMAR_PASID_ENTRY, &d) ||
	    !(d.q[0] & VTD_PASID_P))
		return &tdx_rule_vtd_entry;
	if (d.q[0] & PASID_RSVD ||
	    field_get(VTD_PASID_PGTT, d.q[0]) != VTD_PGTT_SECOND ||
	    field_get(VTD_PASID_AW, d.q[0]) != VTD_AW_4LEVEL ||
	    d.q[1] & VTD_DID_TRUSTED)
		return &tdx_rule_vtd_form;
	*out = (struct iommu_entry){
		.kind = IOMMU_PAGED,
		.fmt = &tdx_pt_ept,
		.root = d.q[0] & VTD_PASID_SLPT,
		.levels = TDX_SEPT_LEVELS,
		.perm = PT_R | PT_W,
		.interrupts = true,
		.domain = (uint16_t)field_get(VTD_PASID1_DID, d.q[1]),
	};
	return NULL;
}

static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	struct tdx_own *o = ctx;
	const struct tdx_own_dev *dev;
	struct tdx_dmar d;

	if (!t)
		return host_entry(o, (uint16_t)rid, out);
	*out = (struct iommu_entry){ .kind = IOMMU_ABORT,
				     .why = &tdx_rule_dmar };
	dev = tdx_own_dev(o, (uint16_t)rid);
	if (!dev || rid >> 16 ||
	    tdx_dmar_find(o, (uint16_t)rid, TDX_DMAR_PASID_ENTRY, &d))
		return NULL;
	if (tdx_dmar_map(&d) == TDX_DMAR_FREE)
		return NULL;
	out->why = &tdx_rule_dmar_state;
	if (tdx_dmar_map(&d) != TDX_DMAR_PRESENT)
		return NULL;
	*out = (struct iommu_entry){
		.kind = IOMMU_PAGED,
		.fmt = &tdx_pt_ept,
		.root = d.q[0] & VTD_PASID_SLPT,
		.levels = TDX_SEPT_LEVELS,
		.perm = PT_R | PT_W,
		.interrupts = false, /* no trusted MSI: device guide */
		.domain = (uint16_t)field_get(VTD_PASID1_DID, d.q[1]),
		.trusted = true,
		.owner = (uint32_t)(field_get(VTD_PASID1_DID, d.q[1]) &
				    ~(uint64_t)VTD_DID_TRUSTED),
		.port = dev->port,
		.guest_rid = rid,
	};
	out->stream[0] = dev->stream; /* traffic class 0 alone */
	memset(out->stream + 1, 0xff, sizeof(out->stream) - 1);
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *q)
{
	(void)ctx;
	if (!e->trusted)
		return NULL;
	if (q->tc >= COUNT(e->stream) || e->stream[q->tc] == 0xff ||
	    e->stream[q->tc] != q->stream)
		return &tdx_rule_dmar_stream;
	return e->port == q->port ? NULL : &tdx_rule_dmar_port;
}

static uint64_t reason(const struct iommu_event *e)
{
	switch (e->kind) {
	case IOMMU_EV_ENTRY:
	case IOMMU_EV_REQUEST:
		return e->interrupt ? VTD_REASON_INTR : VTD_REASON_ENTRY;
	case IOMMU_EV_PAGE:
		if (!e->present)
			return VTD_REASON_PAGING;
		return e->write ? VTD_REASON_WRITE : VTD_REASON_READ;
	case IOMMU_EV_OWNER:
	case IOMMU_EV_BUS:
	case IOMMU_EV_NONE:
		break;
	}
	return VTD_REASON_OWNER;
}

/*
 * OPEN: that faults of T = 1 requests are told to the host at all, and how;
 * the address of one is not.
 */
static void encode(void *ctx, const struct iommu_event *e, uint8_t *out)
{
	(void)ctx;
	tdx_put_u64(out, 0, e->trusted ? 0 : align_down(e->iova, PAGE_4K));
	tdx_put_u64(out, 8,
		    field_put(VTD_FAULT_SID, (uint16_t)e->rid) |
			    (e->trusted ? VTD_FAULT_TRUST : 0) |
			    field_put(VTD_FAULT_REASON, reason(e)) |
			    (e->write ? 0 : VTD_FAULT_READ) | VTD_FAULT_F);
}

const struct iommu_rules tdx_iommu_rules = {
	.lookup = lookup,
	.admit = admit,
	.event_len = VTD_FAULT_LEN,
	.encode = encode,
	.source = "Intel VT-d 4.1, §5",
};
