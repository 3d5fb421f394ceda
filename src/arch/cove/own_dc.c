/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/own.h"

#include <string.h>

#include "arch/cove/abi_bytes.h"
#include "arch/cove/own_priv.h"
#include "base/assert.h"

/*
 * Device contexts. T=1 requests that the classifier gives to the confidential
 * domain are looked up in the TSM's directory, all others in the host's; both
 * have two levels and the base format. The unit reads the host's tables as the
 * host would: the I/O MPT judges it.
 *
 * Source: RISC-V IOMMU 1.0, §2.1 to 2.3; CoVE-IO, "IOMMU Assignment"
 */

const struct pt_fmt cove_sv48x4 = {
	.name = "sv48x4",
	.source = "RISC-V privileged architecture 20240411, 18.5.1, Sv48x4; "
		  "12.3.1, 14 (PBMT)",
	.leaf = PT_LEAF_PERM,
	.shift = 2, /* PPN 53:10 is address 55:12 */
	.root_order = 2,
	.leaf_max = 4,
	.must_read = true,
	.wo_bad = true,
	.present = COVE_PTE_V,
	.addr = COVE_PTE_PPN,
	.read = COVE_PTE_R,
	.write = COVE_PTE_W,
	.exec = COVE_PTE_X,
	.page = COVE_PTE_U | COVE_PTE_A | COVE_PTE_D,
	.need = COVE_PTE_U,
	.rsvd = COVE_PTE_RSVD,
	.rsvd_table = COVE_PTE_PBMT | COVE_PTE_U | COVE_PTE_A | COVE_PTE_D,
};

/* --- a context's bytes --- */

static void encode(const struct cove_dc *dc, uint8_t out[COVE_DC_LEN])
{
	memset(out, 0, COVE_DC_LEN);
	if (!dc->gscid)
		return;
	cove_put_u64(out, COVE_DC_TC, dc->valid ? COVE_TC_V : 0);
	cove_put_u64(out, COVE_DC_IOHGATP,
		     field_put(COVE_GATP_PPN, dc->root / PAGE_4K) |
			     field_put(COVE_GATP_GSCID, dc->gscid) |
			     field_put(COVE_GATP_MODE, COVE_GATP_SV48X4));
}

/* @track: accessed and dirty bits of the G-stage are kept. */
static const struct rule *decode(const uint8_t in[COVE_DC_LEN],
				 struct cove_dc *out, bool *track)
{
	uint64_t tc = cove_u64(in, COVE_DC_TC);
	uint64_t gatp = cove_u64(in, COVE_DC_IOHGATP);
	uint64_t root = field_get(COVE_GATP_PPN, gatp) * PAGE_4K;

	*out = (struct cove_dc){ .valid = tc & COVE_TC_V };
	*track = tc & COVE_TC_GADE;
	if (!out->valid)
		return NULL;
	/* No first stage, no process contexts, no ATS: not offered. */
	if (tc & ~COVE_TC_KNOWN || cove_u64(in, COVE_DC_TA) ||
	    cove_u64(in, COVE_DC_FSC))
		return &cove_rule_ddt_bad;
	if (field_get(COVE_GATP_MODE, gatp) != COVE_GATP_SV48X4 ||
	    root % (4 * PAGE_4K))
		return &cove_rule_ddt_bad;
	out->root = root;
	out->gscid = (uint32_t)field_get(COVE_GATP_GSCID, gatp);
	return NULL;
}

/* --- the TSM's directory --- */

static enum il_err table_io(const struct cove_own *o, uint64_t pa, void *p,
			    uint32_t len, bool write)
{
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = write,
			     .trusted = true,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };
	struct fault f;

	return mem_access(o->mem, &r, p, &f);
}

/* Where the context of @rid stands; its leaf page has a place of its own. */
static uint64_t leaf_of(const struct cove_own *o, uint32_t rid)
{
	return o->tsm + (1 + rid / COVE_DDT_SPAN) * PAGE_4K;
}

static uint64_t dc_at(const struct cove_own *o, uint32_t rid)
{
	return leaf_of(o, rid) + rid % COVE_DDT_SPAN * COVE_DC_LEN;
}

static enum il_err ddte_read(const struct cove_own *o, uint32_t rid,
			     uint64_t *e)
{
	uint8_t raw[8];
	enum il_err err = table_io(o, o->tsm + rid / COVE_DDT_SPAN * 8, raw,
				   sizeof(raw), false);

	if (!err)
		*e = cove_u64(raw, 0);
	return err;
}

/* A leaf page is cleared before the directory leads to it. */
static enum il_err leaf_need(struct cove_own *o, uint32_t rid)
{
	uint8_t page[PAGE_4K] = { 0 }, raw[8];
	uint64_t e;
	enum il_err err = ddte_read(o, rid, &e);

	if (err || e & COVE_DDTE_V)
		return err;
	err = table_io(o, leaf_of(o, rid), page, sizeof(page), true);
	if (err)
		return err;
	cove_put_u64(raw, 0,
		     field_put(COVE_DDTE_PPN, leaf_of(o, rid) / PAGE_4K) |
			     COVE_DDTE_V);
	return table_io(o, o->tsm + rid / COVE_DDT_SPAN * 8, raw, sizeof(raw),
			true);
}

enum il_err cove_own_dc_write(struct cove_own *o, uint32_t rid,
			      const struct cove_dc *dc)
{
	uint8_t raw[COVE_DC_LEN];
	enum il_err err;

	if (rid >= COVE_RIDS || dc->gscid >= o->vmids ||
	    (dc->valid && (!dc->gscid || dc->root % (4 * PAGE_4K))))
		return IL_E_ARG;
	err = leaf_need(o, rid);
	if (err)
		return err;
	encode(dc, raw);
	err = table_io(o, dc_at(o, rid), raw, sizeof(raw), true);
	if (err)
		return err;
	o->written[rid / 64] |= BIT64(rid % 64);
	o->entry_changes++;
	if (o->iommu)
		iommu_forget(o->iommu, rid);
	env_trace(o->env, COVE_TRACE_DC, rid, dc->valid, dc->gscid);
	return IL_OK;
}

static const struct rule *dc_load(const struct cove_own *o, uint32_t rid,
				  struct cove_dc *out, bool *track)
{
	uint8_t raw[COVE_DC_LEN];
	uint64_t e;

	*out = (struct cove_dc){ .valid = false };
	*track = false;
	if (ddte_read(o, rid, &e))
		return &cove_rule_ddt_bad;
	if (!(e & COVE_DDTE_V))
		return NULL;
	if (table_io(o, dc_at(o, rid), raw, sizeof(raw), false))
		return &cove_rule_ddt_bad;
	return decode(raw, out, track);
}

enum il_err cove_own_dc_read(const struct cove_own *o, uint32_t rid,
			     struct cove_dc *out)
{
	struct cove_dc dc;
	bool track;

	if (rid >= COVE_RIDS)
		return IL_E_ARG;
	if (dc_load(o, rid, &dc, &track))
		return IL_E_FIELD;
	*out = dc;
	return IL_OK;
}

uint32_t cove_own_dc_next(const struct cove_own *o, uint32_t rid)
{
	while (rid < COVE_RIDS) {
		uint64_t left = o->written[rid / 64] >> (rid % 64);

		if (left)
			return rid + (uint32_t)__builtin_ctzll(left);
		rid = (rid / 64 + 1) * 64;
	}
	return UINT32_MAX;
}

uint32_t cove_own_dcs(const struct cove_own *o, uint32_t gscid)
{
	struct cove_dc dc;
	uint32_t n = 0;

	for (uint32_t rid = cove_own_dc_next(o, 0); rid != UINT32_MAX;
	     rid = cove_own_dc_next(o, rid + 1))
		if (!cove_own_dc_read(o, rid, &dc) && dc.valid &&
		    dc.gscid == gscid)
			n++;
	return n;
}

enum il_err cove_own_class(struct cove_own *o, uint32_t rid,
			   const struct cove_class *c)
{
	if (rid >= COVE_RIDS)
		return IL_E_ARG;
	o->class[rid] = *c;
	o->entry_changes++;
	if (o->iommu)
		iommu_forget(o->iommu, rid);
	env_trace(o->env, COVE_TRACE_CLASS, rid, c->on, c->stream);
	return IL_OK;
}

void cove_own_io_fence(struct cove_own *o, uint32_t gscid)
{
	for (uint32_t rid = cove_own_dc_next(o, 0);
	     o->iommu && rid != UINT32_MAX;
	     rid = cove_own_dc_next(o, rid + 1)) {
		struct cove_dc dc;

		if (!cove_own_dc_read(o, rid, &dc) && dc.valid &&
		    dc.gscid == gscid)
			iommu_forget(o->iommu, rid);
	}
}

/* --- the host's directory --- */

static const struct rule *host_dc(const struct cove_own *o, uint32_t rid,
				  struct cove_dc *out, bool *track)
{
	const struct iommu *i = o->iommu;
	uint8_t raw[COVE_DC_LEN];
	struct fault f;
	uint64_t e, leaf;

	if (!i || !i->dev_count)
		return &cove_rule_ddt_off;
	if (rid >= i->dev_count)
		return &cove_rule_ddt_invalid;
	if (mem_host_read(o->mem, i->dev_table + rid / COVE_DDT_SPAN * 8, raw,
			  8, &f))
		return &cove_rule_ddt_bad;
	e = cove_u64(raw, 0);
	if (!(e & COVE_DDTE_V))
		return &cove_rule_ddt_invalid;
	if (e & ~(COVE_DDTE_V | COVE_DDTE_PPN))
		return &cove_rule_ddt_bad;
	leaf = field_get(COVE_DDTE_PPN, e) * PAGE_4K;
	if (mem_host_read(o->mem, leaf + rid % COVE_DDT_SPAN * COVE_DC_LEN, raw,
			  sizeof(raw), &f))
		return &cove_rule_ddt_bad;
	if (decode(raw, out, track))
		return &cove_rule_ddt_bad;
	return out->valid ? NULL : &cove_rule_ddt_invalid;
}

/* --- the rules of the IOMMU --- */

static void paged(struct iommu_entry *out, const struct cove_dc *dc, bool track)
{
	*out = (struct iommu_entry){
		.kind = IOMMU_PAGED,
		.fmt = &cove_sv48x4,
		.root = dc->root,
		.levels = COVE_GSTAGE_LEVELS,
		.perm = PT_R | PT_W,
		.track = track,
		.domain = (uint16_t)dc->gscid,
	};
}

static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	const struct cove_own *o = ctx;
	const struct cove_class *c;
	const struct rule *rule;
	struct cove_dc dc;
	bool track;

	if (!t) {
		rule = host_dc(o, rid, &dc, &track);
		if (!rule) {
			paged(out, &dc, track);
			out->interrupts = true;
		}
		return rule;
	}
	if (rid >= COVE_RIDS || !o->class[rid].on)
		return &cove_rule_sdcl;
	rule = dc_load(o, rid, &dc, &track);
	if (rule)
		return rule;
	if (!dc.valid) {
		*out = (struct iommu_entry){ .kind = IOMMU_ABORT,
					     .why = &cove_rule_dc_invalid };
		return NULL;
	}
	c = &o->class[rid];
	paged(out, &dc, track);
	/* Interrupts of a TDI come with T = 0 (PCIe 6.x §11.2.2, table). */
	out->trusted = true;
	out->owner = dc.gscid;
	out->port = c->port;
	memset(out->stream, c->stream, sizeof(out->stream));
	out->guest_rid = rid;
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *q)
{
	(void)ctx;
	if (!e->trusted)
		return NULL;
	if (q->tc || q->stream != e->stream[0])
		return &cove_rule_sdcl_stream;
	return e->port == q->port ? NULL : &cove_rule_sdcl_port;
}

/*
 * OPEN: each interface has a queue of its own, and records of T=1 requests go
 * to the TSM's. This unit has one, so that the host learns of those which
 * device and what kind, but no address of a TVM.
 */
static uint64_t cause_of(const struct iommu_event *e)
{
	switch (e->kind) {
	case IOMMU_EV_NONE:
	case IOMMU_EV_ENTRY:
		return e->trusted ? COVE_FQ_DDT_MISCONFIGURED
				  : COVE_FQ_DDT_INVALID;
	case IOMMU_EV_REQUEST:
		return COVE_FQ_TYPE_DISALLOWED;
	case IOMMU_EV_PAGE:
		return e->write ? COVE_FQ_WRITE_GUEST_PAGE
				: COVE_FQ_READ_GUEST_PAGE;
	case IOMMU_EV_OWNER:
	case IOMMU_EV_BUS:
		break;
	}
	return e->write ? COVE_FQ_WRITE_ACCESS : COVE_FQ_READ_ACCESS;
}

static void record(void *ctx, const struct iommu_event *e, uint8_t *out)
{
	uint64_t ttyp = e->write ? COVE_FQ_UNTRANSLATED_WRITE
				 : COVE_FQ_UNTRANSLATED_READ;

	(void)ctx;
	memset(out, 0, COVE_FQ_LEN);
	cove_put_u64(out, 0,
		     field_put(COVE_FQ_CAUSE, cause_of(e)) |
			     field_put(COVE_FQ_TTYP, ttyp) |
			     field_put(COVE_FQ_DID, e->rid & 0xffffff));
	if (e->trusted)
		return;
	cove_put_u64(out, COVE_FQ_IOTVAL, e->iova);
	if (e->kind == IOMMU_EV_PAGE)
		cove_put_u64(out, COVE_FQ_IOTVAL2, e->iova & ~UINT64_C(3));
}

const struct iommu_rules cove_iommu_rules = {
	.lookup = lookup,
	.admit = admit,
	.event_len = COVE_FQ_LEN,
	.encode = record,
	.source = "RISC-V IOMMU 1.0, §2.1.3, message-signalled interrupts",
};
