/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cca/fw_priv.h"
#include "base/assert.h"

/* Memory as the monitor reaches it, and what it looks up by address. */

static bool io(const struct cca_fw *fw, uint64_t pa, bool trusted,
	       uint16_t vmid, void *p, uint32_t len, bool write)
{
	const struct mem_req r = { .who = AGENT_FIRMWARE,
				   .write = write,
				   .trusted = trusted,
				   .owner = vmid,
				   .gpa = pa,
				   .pa = pa,
				   .len = len };
	struct fault f;

	return !mem_access(fw->cfg.mem, &r, p, &f);
}

bool rmm_ns_granule(const struct cca_fw *fw, uint64_t pa)
{
	struct cca_own_granule g;

	return rmm_aligned(pa) && !cca_own_granule(fw->own, pa, &g) &&
	       g.state == OWN_NS && !g.io;
}

bool rmm_delegated(const struct cca_fw *fw, uint64_t pa)
{
	struct cca_own_granule g;

	return rmm_aligned(pa) && !cca_own_granule(fw->own, pa, &g) &&
	       g.state == OWN_DELEGATED && !g.io;
}

/* Within one non-secure granule. */
static bool ns_bytes(const struct cca_fw *fw, uint64_t pa, uint32_t len)
{
	const uint64_t at = pa & (CCA_GRANULE - 1);

	return len <= CCA_GRANULE - at && rmm_ns_granule(fw, pa - at);
}

bool rmm_ns_read(const struct cca_fw *fw, uint64_t pa, void *p, uint32_t len)
{
	return ns_bytes(fw, pa, len) && io(fw, pa, false, 0, p, len, false);
}

bool rmm_ns_write(const struct cca_fw *fw, uint64_t pa, const void *p,
		  uint32_t len)
{
	/* mem_access() has one buffer for both directions. */
	return ns_bytes(fw, pa, len) &&
	       io(fw, pa, false, 0, (void *)(uintptr_t)p, len, true);
}

bool rmm_realm_io(const struct cca_fw *fw, const struct rmm_realm *r,
		  uint64_t ipa, void *p, uint32_t len, bool write)
{
	struct cca_own_rtte e;

	if (cca_own_unprotected(fw->own, r->vmid, ipa) ||
	    cca_own_rtt_find(fw->own, r->vmid, ipa, 3, &e) || !e.valid ||
	    e.hipas != RMI_ASSIGNED)
		return false;
	return io(fw, e.pa | (ipa & (CCA_GRANULE - 1)), true, r->vmid, p, len,
		  write);
}

void rmm_move(struct cca_fw *fw, uint64_t pa, enum cca_own_state from,
	      enum cca_own_state to, uint16_t vmid, uint64_t ipa)
{
	enum il_err err = cca_own_move(fw->own, pa, from, to, vmid, ipa);

	IL_ASSERT(!err); /* the caller looked */
}

enum crypto_hash_alg rmm_hash_alg(uint8_t rmi_hash)
{
	switch ((enum rmi_hash)rmi_hash) {
	case RMI_HASH_SHA_384:
		return CRYPTO_SHA384;
	case RMI_HASH_SHA_512:
		return CRYPTO_SHA512;
	case RMI_HASH_SHA_256:
		break;
	}
	return CRYPTO_SHA256;
}

bool rmm_hash(const struct cca_fw *fw, uint8_t rmi_hash, const uint8_t *p,
	      size_t n, struct rmm_digest *out)
{
	const enum crypto_hash_alg alg = rmm_hash_alg(rmi_hash);
	struct rmm_digest d = { .len = (uint8_t)crypto_hash_len(alg) };

	if (crypto_hash(fw->cfg.crypto, alg, p, n, d.value))
		return false;
	*out = d;
	return true;
}

bool rmm_nonce(const struct cca_fw *fw, uint64_t *out)
{
	uint8_t raw[8];
	uint64_t n;

	if (env_random(fw->cfg.env, raw, sizeof(raw)))
		return false;
	n = get_u64le(raw);
	*out = n ? n : 1; /* 0 says that there is none */
	return true;
}

/* --- delegation --- */

/*
 * Each granule from base on, up to the first that fails; x1 says which. None
 * done: INPUT. Source: TF-RMM 9a7f8ef4, runtime/rmi/granule.c
 */
static uint64_t each(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS],
		     enum cca_own_state from, enum cca_own_state to)
{
	const uint64_t base = x[1], top = x[2];
	uint64_t at = base;

	if (!rmm_aligned(base) || !rmm_aligned(top) || top <= base)
		return RMI_ERROR_INPUT;
	while (at < top && !cca_own_move(fw->own, at, from, to, 0, 0))
		at += CCA_GRANULE;
	x[1] = at;
	return at > base ? RMI_SUCCESS : RMI_ERROR_INPUT;
}

uint64_t rmm_delegate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	return each(fw, x, OWN_NS, OWN_DELEGATED);
}

uint64_t rmm_undelegate(struct cca_fw *fw, uint64_t x[CCA_SMC_REGS])
{
	return each(fw, x, OWN_DELEGATED, OWN_NS);
}

/* --- look-ups --- */

struct rmm_realm *rmm_realm_find(const struct cca_fw *fw, uint64_t rd)
{
	for (unsigned i = 0; i < fw->cfg.limits.realms; i++)
		if (fw->realm[i].used && fw->realm[i].rd == rd)
			return &fw->realm[i];
	return NULL;
}

struct rmm_rec *rmm_rec_find(const struct cca_fw *fw, uint64_t rec)
{
	for (unsigned i = 0; i < fw->cfg.limits.recs; i++)
		if (fw->rec[i].used && fw->rec[i].rec == rec)
			return &fw->rec[i];
	return NULL;
}

struct rmm_pdev *rmm_pdev_find(const struct cca_fw *fw, uint64_t pdev)
{
	for (unsigned i = 0; i < fw->cfg.limits.pdevs; i++)
		if (fw->pdev[i].used && fw->pdev[i].pdev == pdev)
			return &fw->pdev[i];
	return NULL;
}

struct rmm_vdev *rmm_vdev_find(const struct cca_fw *fw, uint64_t vdev)
{
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++)
		if (fw->vdev[i].used && fw->vdev[i].vdev == vdev)
			return &fw->vdev[i];
	return NULL;
}

struct rmm_vdev *rmm_vdev_of(const struct cca_fw *fw, const struct tsm_bind *b)
{
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++)
		if (fw->vdev[i].used && fw->vdev[i].bind == b)
			return &fw->vdev[i];
	return NULL;
}

struct rmm_vdev *rmm_vdev_at(const struct cca_fw *fw, const struct rmm_realm *r,
			     uint64_t pa)
{
	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++) {
		struct rmm_vdev *v = &fw->vdev[i];

		if (!v->used || v->realm != r)
			continue;
		for (unsigned n = 0; n < v->ranges; n++)
			if (pa >= v->range[n].base && pa < v->range[n].top)
				return v;
	}
	return NULL;
}

unsigned rmm_realm_vdevs(const struct cca_fw *fw, const struct rmm_realm *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fw->cfg.limits.vdevs; i++)
		n += fw->vdev[i].used && fw->vdev[i].realm == r;
	return n;
}
