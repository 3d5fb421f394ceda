/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/own.h"

#include "arch/sev_tio/event.h"

#include "arch/sev_tio/own_priv.h"
#include "base/bits.h"
#include "base/bytes.h"

#define NO_STREAM 0xff /* an unused slot of ide_stream_id */

/* --- the secure entry's layout: eight little-endian quadwords --- */

#define S0_V	  BIT64(0)
#define S0_PPR	  BIT64(52)
#define S0_GIOV	  BIT64(54)
#define S0_GV	  BIT64(55)
#define S0_GLX	  MASK64(57, 56)
#define S0_IR	  BIT64(61)
#define S0_IW	  BIT64(62)
#define S0_KNOWN  (S0_V | S0_PPR | S0_GIOV | S0_GV | S0_GLX | S0_IR | S0_IW)
#define S1_DOMAIN MASK64(15, 0)
#define S1_INT	  BIT64(32)
#define S1_EX	  BIT64(38)
#define S1_SD	  BIT64(39)
#define S1_SATS	  BIT64(42)
#define S1_KNOWN  (S1_DOMAIN | S1_INT | S1_EX | S1_SD | S1_SATS)
#define S2_GIV	  BIT64(0)
#define S2_LEN	  MASK64(4, 1)
#define S2_TBL	  MASK64(51, 6)
#define S2_GPM	  MASK64(55, 54)
#define S2_HPT	  BIT64(59)
#define S2_KNOWN  (S2_GIV | S2_LEN | S2_TBL | S2_GPM | S2_HPT)
#define S3_ASID	  MASK64(11, 0)
#define S3_VIOMMU BIT64(15)
#define S3_GDEV	  MASK64(31, 16)
#define S3_GUEST  MASK64(46, 32)
#define S3_ONE	  BIT64(47)
#define S3_VMPL	  MASK64(50, 49)
#define S3_ATTRV  BIT64(54)
#define S3_SA	  MASK64(63, 56)
#define S3_KNOWN                                                       \
	(S3_ASID | S3_VIOMMU | S3_GDEV | S3_GUEST | S3_ONE | S3_VMPL | \
	 S3_ATTRV | S3_SA)
#define S5_VTOM_EN BIT64(0)
#define S5_VTOM	   MASK64(31, 1)
#define S5_RP	   MASK64(36, 32)
#define S5_KNOWN   (S5_VTOM_EN | S5_VTOM | S5_RP)

void own_sdte_encode(const struct own_sdte *e, uint8_t out[OWN_SDTE_LEN])
{
	struct wr w = wr_over(out, OWN_SDTE_LEN);

	wr_u64le(&w, field_put(S0_V, e->valid) | field_put(S0_PPR, e->ppr) |
			     field_put(S0_GIOV, e->giov) |
			     field_put(S0_GV, e->gv) |
			     field_put(S0_GLX, e->glx) |
			     field_put(S0_IR, e->ir) | field_put(S0_IW, e->iw));
	wr_u64le(&w, field_put(S1_DOMAIN, e->domain_id) |
			     field_put(S1_INT, e->interrupt) |
			     field_put(S1_EX, e->ex) | field_put(S1_SD, e->sd) |
			     field_put(S1_SATS, e->sats));
	wr_u64le(&w,
		 field_put(S2_GIV, e->giv) | field_put(S2_LEN, e->gint_len) |
			 (e->gint_tbl & S2_TBL) | field_put(S2_GPM, e->gpm) |
			 field_put(S2_HPT, e->hpt_mode));
	wr_u64le(&w, field_put(S3_ASID, e->asid) |
			     field_put(S3_VIOMMU, e->viommu_en) |
			     field_put(S3_GDEV, e->guest_device_id) |
			     field_put(S3_GUEST, e->guest_id) |
			     field_put(S3_ONE, e->valid) |
			     field_put(S3_VMPL, e->vmpl) |
			     field_put(S3_ATTRV, e->attrv) |
			     field_put(S3_SA, e->sa));
	wr_bytes(&w, e->stream, sizeof(e->stream));
	wr_u64le(&w, field_put(S5_VTOM_EN, e->vtom_en) |
			     field_put(S5_VTOM, e->vtom) |
			     field_put(S5_RP, e->rp_id));
	wr_zero(&w, 16);
}

static bool sdte_shape(const uint64_t q[8])
{
	return !(q[0] & ~S0_KNOWN) && !(q[1] & ~S1_KNOWN) &&
	       !(q[2] & ~S2_KNOWN) && !(q[3] & ~S3_KNOWN) &&
	       !(q[5] & ~S5_KNOWN) && !q[6] && !q[7] &&
	       (!(q[0] & S0_V) || q[3] & S3_ONE);
}

enum il_err own_sdte_decode(const uint8_t in[OWN_SDTE_LEN],
			    struct own_sdte *out)
{
	struct rd r = rd_over(in, OWN_SDTE_LEN);
	uint64_t q[8];

	for (unsigned i = 0; i < COUNT(q); i++)
		q[i] = rd_u64le(&r);
	if (!sdte_shape(q))
		return IL_E_FIELD;
	*out = (struct own_sdte){
		.valid = q[0] & S0_V,
		.ppr = q[0] & S0_PPR,
		.giov = q[0] & S0_GIOV,
		.gv = q[0] & S0_GV,
		.glx = (uint8_t)field_get(S0_GLX, q[0]),
		.ir = q[0] & S0_IR,
		.iw = q[0] & S0_IW,
		.domain_id = (uint16_t)field_get(S1_DOMAIN, q[1]),
		.interrupt = q[1] & S1_INT,
		.ex = q[1] & S1_EX,
		.sd = q[1] & S1_SD,
		.sats = q[1] & S1_SATS,
		.giv = q[2] & S2_GIV,
		.gint_len = (uint8_t)field_get(S2_LEN, q[2]),
		.gint_tbl = q[2] & S2_TBL,
		.gpm = (uint8_t)field_get(S2_GPM, q[2]),
		.hpt_mode = q[2] & S2_HPT,
		.asid = (uint16_t)field_get(S3_ASID, q[3]),
		.viommu_en = q[3] & S3_VIOMMU,
		.guest_device_id = (uint16_t)field_get(S3_GDEV, q[3]),
		.guest_id = (uint16_t)field_get(S3_GUEST, q[3]),
		.vmpl = (uint8_t)field_get(S3_VMPL, q[3]),
		.attrv = q[3] & S3_ATTRV,
		.sa = (uint8_t)field_get(S3_SA, q[3]),
		.vtom_en = q[5] & S5_VTOM_EN,
		.vtom = (uint32_t)field_get(S5_VTOM, q[5]),
		.rp_id = (uint8_t)field_get(S5_RP, q[5]),
	};
	memcpy(out->stream, in + 32, sizeof(out->stream));
	return IL_OK;
}

/* --- the table of secure entries, in firmware's memory --- */

static enum il_err table_io(const struct own *o, uint32_t rid,
			    uint8_t raw[OWN_SDTE_LEN], bool write)
{
	uint64_t pa = o->sdte + (uint64_t)rid * OWN_SDTE_LEN;
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = write,
			     .trusted = true,
			     .gpa = pa,
			     .pa = pa,
			     .len = OWN_SDTE_LEN };
	struct fault f;

	return mem_access(o->mem, &r, raw, &f);
}

static bool sdte_fits(const struct own *o, const struct own_sdte *e)
{
	return e->glx < 4 && e->gint_len < 16 && !(e->gint_tbl & ~S2_TBL) &&
	       e->gpm < 4 && e->asid < o->asids && e->guest_id < 0x8000 &&
	       e->vmpl < RMP_VMPLS && e->vtom <= MASK(30, 0) &&
	       e->rp_id < OWN_PORTS;
}

enum il_err own_sdte_write(struct own *o, uint32_t rid,
			   const struct own_sdte *e)
{
	uint8_t raw[OWN_SDTE_LEN];
	enum il_err err;

	if (rid >= o->rids || !sdte_fits(o, e))
		return IL_E_ARG;
	own_sdte_encode(e, raw);
	err = table_io(o, rid, raw, true);
	if (err)
		return err;
	o->written[rid / 64] |= BIT64(rid % 64);
	o->entry_changes++;
	if (o->iommu)
		iommu_forget(o->iommu, rid);
	env_trace(o->env, OWN_TRACE_SDTE, rid, e->valid, e->asid);
	return IL_OK;
}

enum il_err own_sdte_read(const struct own *o, uint32_t rid,
			  struct own_sdte *out)
{
	uint8_t raw[OWN_SDTE_LEN];
	enum il_err err;

	if (rid >= o->rids)
		return IL_E_ARG;
	err = table_io(o, rid, raw, false);
	return err ? err : own_sdte_decode(raw, out);
}

uint32_t own_sdte_next(const struct own *o, uint32_t rid)
{
	while (rid < o->rids) {
		uint64_t left = o->written[rid / 64] >> (rid % 64);

		if (left)
			return rid + (uint32_t)__builtin_ctzll(left);
		rid = (rid / 64 + 1) * 64;
	}
	return UINT32_MAX;
}

uint32_t own_asid_sdtes(const struct own *o, uint32_t asid)
{
	struct own_sdte e;
	uint32_t n = 0;

	for (uint32_t rid = own_sdte_next(o, 0); rid != UINT32_MAX;
	     rid = own_sdte_next(o, rid + 1))
		if (!own_sdte_read(o, rid, &e) && e.valid && e.asid == asid)
			n++;
	return n;
}

/* --- the host's entry --- */

#define D0_GV	       BIT64(55)
#define D0_RSVD	       (MASK64(6, 2) | BIT64(63))
#define INTCTL_FORWARD 1

enum il_err own_dte_read(const struct own *o, uint32_t rid, uint64_t q[4])
{
	uint8_t raw[OWN_DTE_LEN];
	struct rd r = rd_over(raw, sizeof(raw));
	struct fault f;
	enum il_err err;

	if (!o->iommu || rid >= o->iommu->dev_count)
		return IL_E_ARG;
	err = mem_host_read(o->mem,
			    o->iommu->dev_table + (uint64_t)rid * OWN_DTE_LEN,
			    raw, sizeof(raw), &f);
	if (err)
		return err;
	for (unsigned i = 0; i < 4; i++)
		q[i] = rd_u64le(&r);
	return IL_OK;
}

static unsigned dte_perm(bool ir, bool iw)
{
	return (ir ? PT_R : 0U) | (iw ? PT_W : 0U);
}

static const struct rule *read_dte(const struct own *o, uint32_t rid,
				   struct iommu_entry *out)
{
	uint64_t q[4];
	uint64_t mode;

	if (own_dte_read(o, rid, q) || !(q[0] & OWN_DTE0_V) ||
	    !(q[0] & OWN_DTE0_TV))
		return &own_rule_dte_invalid;
	mode = field_get(OWN_DTE0_MODE, q[0]);
	if (q[0] & D0_RSVD || mode == 7)
		return &own_rule_dte_reserved;
	if (!mode || q[0] & D0_GV)
		return &own_rule_dte_mode;
	*out = (struct iommu_entry){
		.kind = IOMMU_PAGED,
		.fmt = &pt_iommu_v1,
		.root = q[0] & OWN_DTE0_ROOT,
		.levels = (uint8_t)mode,
		.perm = dte_perm(q[0] & OWN_DTE0_IR, q[0] & OWN_DTE0_IW),
		.track = (q[0] & OWN_DTE0_HAD) != 0,
		.interrupts =
			!(q[2] & OWN_DTE2_IV) ||
			field_get(OWN_DTE2_INTCTL, q[2]) == INTCTL_FORWARD,
		.domain = (uint16_t)field_get(OWN_DTE1_DOMAIN, q[1]),
	};
	return NULL;
}

/*
 * T = 1: who and where from the secure entry, the page table from the host's,
 * which the RMP polices. The host's DomainID is reserved while both live.
 */
static const struct rule *lookup(void *ctx, uint32_t rid, bool t,
				 struct iommu_entry *out)
{
	const struct own *o = ctx;
	const struct rule *rule;
	struct own_sdte s;

	if (!t)
		return read_dte(o, rid, out);
	if (own_sdte_read(o, rid, &s))
		return &own_rule_sdte_reserved;
	if (!s.valid) {
		*out = (struct iommu_entry){ .kind = IOMMU_ABORT,
					     .why = &own_rule_sdte_invalid };
		return NULL;
	}
	rule = read_dte(o, rid, out);
	if (rule)
		return rule;
	out->trusted = true;
	out->perm &= dte_perm(s.ir, s.iw);
	out->domain = s.domain_id;
	out->owner = s.asid;
	out->level = s.vmpl;
	out->port = s.rp_id;
	out->split_en = s.vtom_en;
	out->split = (uint64_t)s.vtom * PAGE_2M;
	out->guest_rid = s.guest_device_id;
	memcpy(out->stream, s.stream, sizeof(out->stream));
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *q)
{
	const struct own *o = ctx;

	if (!e->trusted)
		return NULL;
	if (q->tc >= COUNT(e->stream) || e->stream[q->tc] == NO_STREAM ||
	    e->stream[q->tc] != q->stream)
		return &own_rule_sdte_stream;
	if (e->port != q->port)
		return &own_rule_sdte_port;
	if (e->owner >= o->asids ||
	    own_fences(o, e->owner, e->port) & OWN_FENCE_DMA)
		return &own_rule_fence_dma;
	return NULL;
}

const struct iommu_rules own_iommu_rules = {
	.lookup = lookup,
	.admit = admit,
	.event_len = SEV_EVENT_LEN,
	.encode = sev_event_put,
	.source = "AMD IOMMU Specification 48882, 3.08, §2.2.5.1, IntCtl",
};
