/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/own.h"

#include "arch/cca/event.h"
#include "arch/cca/own_priv.h"

#define NO_STREAM  0xff
#define STE_QWORDS 8

/* --- the Realm stream table, in the monitor's memory --- */

static bool l2_has(const struct cca_own *o, uint32_t sid)
{
	const uint32_t n = sid / OWN_L2_SIDS;

	return o->l2[n / 64] >> n % 64 & 1;
}

bool cca_own_ste_l2_at(const struct cca_own *o, uint32_t sid)
{
	return sid < o->sids && l2_has(o, sid);
}

enum il_err cca_own_ste_l2(struct cca_own *o, uint32_t sid, bool make)
{
	const uint32_t n = sid / OWN_L2_SIDS;
	struct cca_own_ste e;

	if (sid >= o->sids)
		return IL_E_ARG;
	if (l2_has(o, sid) == make)
		return IL_E_STATE;
	for (uint32_t s = n * OWN_L2_SIDS; !make && s < (n + 1) * OWN_L2_SIDS;
	     s++)
		if (cca_own_ste_read(o, s, &e) || e.vmid)
			return IL_E_STATE;
	o->l2[n / 64] ^= BIT64(n % 64);
	return IL_OK;
}

static enum il_err table_io(const struct cca_own *o, uint32_t sid,
			    uint8_t raw[STE_LEN], bool write)
{
	return cca_own_fw_io(o, o->st + (uint64_t)sid * STE_LEN, true, 0, raw,
			     STE_LEN, write);
}

static uint64_t t0sz(const struct cca_own_realm *r)
{
	return 64 - (uint64_t)r->ipa_bits;
}

/* SL0: the walk starts at level 2, 1, 0. */
static uint64_t sl0(const struct cca_own_realm *r)
{
	return (uint64_t)r->levels - 2;
}

static void encode(const struct cca_own *o, const struct cca_own_ste *e,
		   uint8_t out[STE_LEN])
{
	const struct cca_own_realm *r = cca_own_realm_of(o, e->vmid);

	for (unsigned i = 0; i < STE_QWORDS; i++)
		cca_put_u64(out, (size_t)i * 8, 0);
	if (!r)
		return;
	cca_put_u64(out, 0,
		    field_put(STE0_V, e->valid) |
			    field_put(STE0_CONFIG, STE_CONFIG_S2));
	cca_put_u64(out, 16,
		    e->vmid | field_put(STE2_T0SZ, t0sz(r)) |
			    field_put(STE2_SL0, sl0(r)) | STE2_S2R);
	cca_put_u64(out, 24, r->root & STE3_S2TTB);
}

enum il_err cca_own_ste_write(struct cca_own *o, uint32_t sid,
			      const struct cca_own_ste *e)
{
	uint8_t raw[STE_LEN];
	enum il_err err;

	if (sid >= o->sids || (e->vmid && !cca_own_realm_active(o, e->vmid)) ||
	    (e->valid && !e->vmid))
		return IL_E_ARG;
	if (!l2_has(o, sid))
		return IL_E_STATE;
	encode(o, e, raw);
	err = table_io(o, sid, raw, true);
	if (err)
		return err;
	o->pin[sid] =
		(struct cca_own_pin){ .stream = e->stream, .port = e->port };
	o->written[sid / 64] |= BIT64(sid % 64);
	o->entry_changes++;
	if (o->iommu)
		iommu_forget(o->iommu, sid);
	env_trace(o->env, OWN_TRACE_STE, sid, e->valid, e->vmid);
	return IL_OK;
}

enum il_err cca_own_ste_read(const struct cca_own *o, uint32_t sid,
			     struct cca_own_ste *out)
{
	uint8_t raw[STE_LEN];
	enum il_err err;

	if (sid >= o->sids)
		return IL_E_ARG;
	err = table_io(o, sid, raw, false);
	if (err)
		return err;
	*out = (struct cca_own_ste){
		.valid = cca_u64(raw, 0) & STE0_V,
		.vmid = (uint16_t)(cca_u64(raw, 16) & STE2_VMID),
		.stream = o->pin[sid].stream,
		.port = o->pin[sid].port,
	};
	return IL_OK;
}

uint32_t cca_own_ste_next(const struct cca_own *o, uint32_t sid)
{
	while (sid < o->sids) {
		uint64_t left = o->written[sid / 64] >> (sid % 64);

		if (left)
			return sid + (uint32_t)__builtin_ctzll(left);
		sid = (sid / 64 + 1) * 64;
	}
	return UINT32_MAX;
}

uint32_t cca_own_realm_stes(const struct cca_own *o, uint16_t vmid)
{
	struct cca_own_ste e;
	uint32_t n = 0;

	for (uint32_t s = cca_own_ste_next(o, 0); s != UINT32_MAX;
	     s = cca_own_ste_next(o, s + 1))
		n += !cca_own_ste_read(o, s, &e) && e.vmid == vmid;
	return n;
}

/* --- what the SMMU looks up --- */

static const struct rule *stage2_of(const uint8_t raw[STE_LEN],
				    struct iommu_entry *out)
{
	const uint64_t q2 = cca_u64(raw, 16);
	const uint64_t start = field_get(STE2_SL0, q2);
	const uint64_t tsz = field_get(STE2_T0SZ, q2);

	if (start > 2 || tsz < 16 || tsz > 39)
		return &cca_own_rule_ste_reserved;
	*out = (struct iommu_entry){
		.kind = IOMMU_PAGED,
		.fmt = &cca_s2_fmt,
		.root = cca_u64(raw, 24) & STE3_S2TTB,
		.levels = (uint8_t)(start + 2),
		.perm = PT_R | PT_W,
		.interrupts = true,
		.domain = (uint16_t)(q2 & STE2_VMID),
	};
	return NULL;
}

/* T = 0: the host's linear stream table. */
static const struct rule *lookup_ns(const struct cca_own *o, uint32_t sid,
				    struct iommu_entry *out)
{
	uint8_t raw[STE_LEN];
	struct fault f;
	uint64_t q0;

	if (!o->iommu || sid >= o->iommu->dev_count ||
	    mem_host_read(o->mem, o->iommu->dev_table + (uint64_t)sid * STE_LEN,
			  raw, sizeof(raw), &f))
		return &cca_own_rule_ns_invalid;
	q0 = cca_u64(raw, 0);
	if (!(q0 & STE0_V))
		return &cca_own_rule_ns_invalid;
	switch (field_get(STE0_CONFIG, q0)) {
	case STE_CONFIG_ABORT:
		*out = (struct iommu_entry){ .kind = IOMMU_ABORT,
					     .why = &cca_own_rule_ns_abort };
		return NULL;
	case STE_CONFIG_BYPASS:
		*out = (struct iommu_entry){ .kind = IOMMU_BYPASS,
					     .perm = PT_R | PT_W,
					     .interrupts = true };
		return NULL;
	case STE_CONFIG_S2:
		return stage2_of(raw, out);
	default:
		return &cca_own_rule_ns_config;
	}
}

/* T = 1: the monitor's, whose second level the host had made. */
static const struct rule *lookup(void *ctx, uint32_t sid, bool t,
				 struct iommu_entry *out)
{
	const struct cca_own *o = ctx;
	const struct rule *rule;
	uint8_t raw[STE_LEN];

	if (!t)
		return lookup_ns(o, sid, out);
	if (sid >= o->sids || !l2_has(o, sid))
		return &cca_own_rule_ste_missing;
	if (table_io(o, sid, raw, false))
		return &cca_own_rule_ste_reserved;
	if (!(cca_u64(raw, 0) & STE0_V)) {
		*out = (struct iommu_entry){ .kind = IOMMU_ABORT,
					     .why = &cca_own_rule_ste_invalid };
		return NULL;
	}
	rule = stage2_of(raw, out);
	if (rule)
		return rule;
	out->trusted = true;
	out->owner = out->domain;
	out->port = o->pin[sid].port;
	for (unsigned i = 0; i < COUNT(out->stream); i++)
		out->stream[i] = i ? NO_STREAM : o->pin[sid].stream;
	return NULL;
}

static const struct rule *admit(void *ctx, const struct iommu_entry *e,
				const struct iommu_req *q)
{
	(void)ctx;
	if (!e->trusted)
		return NULL;
	if (q->tc >= COUNT(e->stream) || e->stream[q->tc] == NO_STREAM ||
	    e->stream[q->tc] != q->stream)
		return &cca_own_rule_ste_stream;
	return e->port == q->port ? NULL : &cca_own_rule_ste_port;
}

const struct iommu_rules cca_own_iommu_rules = {
	.lookup = lookup,
	.admit = admit,
	.event_len = EVT_LEN,
	.encode = cca_event_put,
};
