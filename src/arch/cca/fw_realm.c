/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/* Life of realms and RECs; entry is in fw_run.c. */

/* --- measurement --- */

/*
 * A realm's initial measurement grows by descriptors of 256 bytes: type and
 * length, the measurement so far, then what the type says.
 * Source: RMM 1.0, DEN0137, B4 (RmmMeasurementDescriptor)
 */
#define DESC_LEN    0x100
#define DESC_RIM    0x10
#define DESC_FIELDS 0x50

void rmm_measure(struct cca_fw *fw, struct rmm_realm *r, uint8_t type,
		 const uint8_t *fields, size_t n)
{
	uint8_t desc[DESC_LEN] = { 0 };
	struct rmm_digest d;

	IL_ASSERT(n <= DESC_LEN - DESC_FIELDS);
	desc[0] = type;
	cca_put_u64(desc, 8, DESC_LEN);
	memcpy(desc + DESC_RIM, r->rim, sizeof(r->rim));
	memcpy(desc + DESC_FIELDS, fields, n);
	/* A hash of 256 bytes does not fail once the algorithm is there. */
	if (!rmm_hash(fw, r->hash, desc, sizeof(desc), &d))
		memset(&d, 0, sizeof(d));
	memset(r->rim, 0, sizeof(r->rim));
	memcpy(r->rim, d.value, d.len);
}

/* --- realms --- */

struct params {
	uint64_t flags0;
	unsigned ipa_bits;
	uint8_t hash;
	uint64_t rtt;
	unsigned levels;
};

static bool unsupported(const uint8_t *p)
{
	return cca_u32(p, REALM_PARAMS_AUX_PLANES) ||
	       cca_u64(p, REALM_PARAMS_FLAGS1) ||
	       cca_u64(p, REALM_PARAMS_FLAGS0) &
		       ~(REALM_FLAGS0_DA | REALM_FLAGS0_MEC_PRIVATE);
}

/*
 * OPEN: the architecture allows a root of several concatenated tables; here it
 * is one, so that the starting level follows from the width. SVE, PMU, LPA2
 * and planes are not modelled.
 */
static bool params_fit(const struct cca_fw *fw, const uint8_t *p,
		       struct params *out)
{
	const uint32_t bits = cca_u32(p, REALM_PARAMS_S2SZ);
	const uint64_t level = cca_u64(p, REALM_PARAMS_RTT_LEVEL);

	if (unsupported(p) || bits < 32 || bits > 48)
		return false;
	*out = (struct params){
		.flags0 = cca_u64(p, REALM_PARAMS_FLAGS0),
		.ipa_bits = bits,
		.hash = cca_u8(p, REALM_PARAMS_HASH),
		.rtt = cca_u64(p, REALM_PARAMS_RTT_BASE),
		.levels = (bits - 12 + 8) / 9,
	};
	if ((out->flags0 & REALM_FLAGS0_DA) && !fw->cfg.da)
		return false;
	return out->hash <= RMI_HASH_SHA_384 && level == 4 - out->levels &&
	       cca_u32(p, REALM_PARAMS_RTT_NUM) == 1;
}

static struct rmm_realm *free_realm(struct cca_fw *fw, uint16_t *vmid)
{
	for (unsigned i = 0; i < fw->cfg.limits.realms; i++)
		if (!fw->realm[i].used) {
			*vmid = (uint16_t)(i + 1);
			return &fw->realm[i];
		}
	return NULL;
}

/* Its key and its root table. */
static bool realm_make(struct cca_fw *fw, uint64_t rd, uint16_t vmid,
		       const struct params *p)
{
	uint64_t secret;
	enum il_err err;

	if (!rmm_nonce(fw, &secret))
		return false;
	rmm_move(fw, rd, OWN_DELEGATED, OWN_RD, vmid, 0);
	rmm_move(fw, p->rtt, OWN_DELEGATED, OWN_RTT, vmid, 0);
	err = cca_own_realm_start(fw->own, vmid, p->rtt, p->levels, p->ipa_bits,
				  secret);
	bytes_wipe(&secret, sizeof(secret));
	IL_ASSERT(!err); /* a VMID of a place that is free */
	return true;
}

uint64_t rmm_realm_create(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	const uint64_t rd = x[1];
	struct params p;
	struct rmm_realm *r;
	uint16_t vmid;

	if (!rmm_ns_read(fw, x[2], fw->page, sizeof(fw->page)) ||
	    !rmm_delegated(fw, rd) || !params_fit(fw, fw->page, &p) ||
	    !rmm_delegated(fw, p.rtt) || p.rtt == rd)
		return RMI_ERROR_INPUT;
	r = free_realm(fw, &vmid);
	if (!r || !realm_make(fw, rd, vmid, &p))
		return RMI_ERROR_GLOBAL;
	*r = (struct rmm_realm){
		.used = true,
		.state = CCA_REALM_NEW,
		.rd = rd,
		.vmid = vmid,
		.rtt = p.rtt,
		.levels = (uint8_t)p.levels,
		.ipa_bits = (uint8_t)p.ipa_bits,
		.hash = p.hash,
		.da = p.flags0 & REALM_FLAGS0_DA,
	};
	memcpy(r->rpv, fw->page + REALM_PARAMS_RPV, sizeof(r->rpv));
	/* Of the parameters: what the realm can rely on, host's addresses and
	 * personalization left out. */
	memset(fw->page + REALM_PARAMS_RPV, 0, sizeof(r->rpv));
	cca_put_u64(fw->page, REALM_PARAMS_RTT_BASE, 0);
	struct rmm_digest d = { 0 };

	if (rmm_hash(fw, r->hash, fw->page, REALM_PARAMS_LEN, &d))
		memcpy(r->rim, d.value, d.len);
	return RMI_SUCCESS;
}

uint64_t rmm_realm_activate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);

	if (!r)
		return RMI_ERROR_INPUT;
	if (r->state != CCA_REALM_NEW)
		return RMI_ERROR_REALM;
	r->state = CCA_REALM_ACTIVE;
	return RMI_SUCCESS;
}

uint64_t rmm_realm_terminate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);

	if (!r)
		return RMI_ERROR_INPUT;
	r->state = CCA_REALM_OFF;
	return RMI_SUCCESS;
}

/*
 * No REC, no VDEV, no table but the root and nothing mapped in it. Law 50.
 */
uint64_t rmm_realm_destroy(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	struct cca_own_rtte first;
	enum il_err err;
	bool same;

	if (!r)
		return RMI_ERROR_INPUT;
	if (r->recs || rmm_realm_vdevs(fw, r) ||
	    cca_own_rtt_live(fw->own, r->vmid, r->rtt, 4u - r->levels, false,
			     &same, &first))
		return RMI_ERROR_REALM;
	rmm_move(fw, r->rtt, OWN_RTT, OWN_DELEGATED, 0, 0);
	rmm_move(fw, r->rd, OWN_RD, OWN_DELEGATED, 0, 0);
	err = cca_own_realm_stop(fw->own, r->vmid);
	IL_ASSERT(!err); /* nothing of it is left */
	memset(r, 0, sizeof(*r));
	return RMI_SUCCESS;
}

/* --- RECs --- */

static void measure_rec(struct cca_fw *fw, struct rmm_realm *r,
			const uint8_t *params)
{
	uint8_t what[REC_PARAMS_LEN] = { 0 };
	struct rmm_digest d = { 0 };

	cca_put_u64(what, REC_PARAMS_FLAGS, cca_u64(params, REC_PARAMS_FLAGS));
	cca_put_u64(what, REC_PARAMS_PC, cca_u64(params, REC_PARAMS_PC));
	memcpy(what + REC_PARAMS_GPRS, params + REC_PARAMS_GPRS,
	       8 * REC_PARAMS_NR_GPRS);
	if (rmm_hash(fw, r->hash, what, sizeof(what), &d))
		rmm_measure(fw, r, 1, d.value, d.len);
}

/*
 * OPEN: TF-RMM takes auxiliary granules for a REC by a stateful operation; how
 * many is the monitor's own affair, and ours needs none.
 */
uint64_t rmm_rec_create(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_realm *r = rmm_realm_find(fw, x[1]);
	const uint64_t rec = x[2];
	struct rmm_rec *c = NULL;
	uint64_t flags, mpidr;

	if (!r || !rmm_delegated(fw, rec) ||
	    !rmm_ns_read(fw, x[3], fw->page, sizeof(fw->page)))
		return RMI_ERROR_INPUT;
	flags = cca_u64(fw->page, REC_PARAMS_FLAGS);
	mpidr = cca_u64(fw->page, REC_PARAMS_MPIDR);
	/* RECs are numbered as they come, and no two alike though one has
	 * gone: affinity 0 has four bits. */
	if (flags & ~REC_PARAMS_F_RUNNABLE ||
	    mpidr != ((r->numbered & 0xfu) | (uint64_t)(r->numbered >> 4) << 8))
		return RMI_ERROR_INPUT;
	if (r->state != CCA_REALM_NEW)
		return RMI_ERROR_REALM;
	for (unsigned i = fw->cfg.limits.recs; i-- > 0;)
		if (!fw->rec[i].used)
			c = &fw->rec[i];
	if (!c)
		return RMI_ERROR_GLOBAL;
	*c = (struct rmm_rec){ .used = true,
			       .runnable = flags & REC_PARAMS_F_RUNNABLE,
			       .rec = rec,
			       .mpidr = mpidr,
			       .realm = r };
	measure_rec(fw, r, fw->page);
	rmm_move(fw, rec, OWN_DELEGATED, OWN_REC, r->vmid, 0);
	r->recs++;
	r->numbered++;
	return RMI_SUCCESS;
}

uint64_t rmm_rec_destroy(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	struct rmm_rec *c = rmm_rec_find(fw, x[1]);

	if (!c)
		return RMI_ERROR_INPUT;
	if (c->running)
		return RMI_ERROR_REC;
	rmm_move(fw, c->rec, OWN_REC, OWN_DELEGATED, 0, 0);
	c->realm->recs--;
	bytes_wipe(c, sizeof(*c));
	return RMI_SUCCESS;
}
