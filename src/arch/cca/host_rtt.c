/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A realm's tables, by the monitor's calls. We bring table pages when a walk
 * ends too early, and remember where each of them went, to take it back.
 * Source: Linux "arm64: Support for Arm CCA in KVM" v13 (2026),
 * arch/arm64/kvm/rmi.c
 */
#include <errno.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"

#define LEAF 3u

static uint64_t entry_size(unsigned level)
{
	return CCA_GRANULE << 9 * (LEAF - level);
}

static uint64_t unprotected(const struct cca_vm *v)
{
	return UINT64_C(1) << (v->ipa_bits - 1);
}

/* --- table pages --- */

static int table_new(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		     unsigned level)
{
	struct cca_rtt *t = kpool_get(&s->rtt_pool);
	uint64_t x[CCA_SMC_REGS] = { RMI_RTT_CREATE, v->rd, cca_granule(s) };
	const uint64_t pa = x[2];

	if (!t || !pa) {
		cca_granule_free(s, pa);
		if (t)
			kpool_put(&s->rtt_pool, t);
		return -ENOMEM;
	}
	t->ipa = align_down(ipa, entry_size(level - 1));
	t->level = level;
	x[3] = t->ipa;
	x[4] = level;
	if (cca_smc(s, x)) {
		cca_granule_free(s, pa);
		kpool_put(&s->rtt_pool, t);
		return cca_errno(x[0]);
	}
	t->next = v->rtts[level - 1];
	v->rtts[level - 1] = t;
	return 0;
}

/* The walk ended at a level above: a table for the next one. */
static int deeper(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		  uint64_t result)
{
	if (RMI_STATUS(result) != RMI_ERROR_RTT)
		return cca_errno(result);
	if (RMI_INDEX(result) >= LEAF)
		return -EBUSY; /* something else is there */
	return table_new(s, v, ipa, RMI_INDEX(result) + 1);
}

void cca_rtts_free(struct cca_host *s, struct cca_vm *v)
{
	for (unsigned level = LEAF; level > 0; level--)
		while (v->rtts[level - 1]) {
			struct cca_rtt *t = v->rtts[level - 1];
			uint64_t x[CCA_SMC_REGS] = { RMI_RTT_DESTROY, v->rd,
						     t->ipa, t->level };

			if (cca_smc(s, x))
				s->leaked++;
			else
				cca_granule_free(s, x[1]);
			v->rtts[level - 1] = t->next;
			kpool_put(&s->rtt_pool, t);
		}
}

/* --- mapping --- */

static uint64_t one_range(uint64_t pa, uint64_t n)
{
	return pa | n << RMI_RDESC_CNT_LSB;
}

int cca_map_data(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		 uint64_t pa)
{
	int ret = 0;

	for (unsigned i = 0; i <= LEAF && !ret; i++) {
		uint64_t x[CCA_SMC_REGS] = { RMI_RTT_DATA_MAP,
					     v->rd,
					     ipa,
					     ipa + CCA_GRANULE,
					     RMI_OADDR_SINGLE,
					     one_range(pa, 1) };

		if (!cca_smc(s, x))
			return 0;
		ret = deeper(s, v, ipa, x[0]);
	}
	return ret ? ret : -ENXIO;
}

int cca_map_init(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		 uint64_t pa, uint64_t src, bool measure)
{
	int ret = 0;

	for (unsigned i = 0; i <= LEAF && !ret; i++) {
		uint64_t x[CCA_SMC_REGS] = {
			RMI_RTT_DATA_MAP_INIT,		 v->rd, pa, ipa, src,
			measure ? RMI_DATA_F_MEASURE : 0
		};

		if (!cca_smc(s, x))
			return 0;
		ret = deeper(s, v, ipa, x[0]);
	}
	return ret ? ret : -ENXIO;
}

int cca_map_shared(struct cca_host *s, struct cca_vm *v, uint64_t ipa,
		   uint64_t pa, bool write)
{
	const uint64_t at = ipa | unprotected(v);
	int ret = 0;

	for (unsigned i = 0; i <= LEAF && !ret; i++) {
		uint64_t x[CCA_SMC_REGS] = {
			RMI_RTT_UNPROT_MAP,
			v->rd,
			at,
			at + CCA_GRANULE,
			RMI_OADDR_SINGLE | RMI_UNPROT_S2AP_R |
				(write ? RMI_UNPROT_S2AP_W : 0),
			one_range(pa, 1)
		};

		if (!cca_smc(s, x))
			return 0;
		ret = deeper(s, v, at, x[0]);
	}
	return ret ? ret : -ENXIO;
}

int cca_map_dev(struct cca_host *s, struct cca_tdi *t, uint64_t ipa,
		uint64_t pa, uint64_t len)
{
	struct cca_vm *v = cca_vm_of(t);
	const uint64_t from = ipa, top = ipa + len;
	int ret = 0;

	while (ipa < top && !ret) {
		const uint64_t n = (top - ipa) / CCA_GRANULE;
		uint64_t x[CCA_SMC_REGS] = { RMI_RTT_DEV_MAP,
					     v->rd,
					     t->vdev,
					     ipa,
					     top,
					     RMI_OADDR_SINGLE,
					     one_range(pa,
						       n < 1023 ? n : 1023) };

		x[4] = ipa + (n < 1023 ? n : 1023) * CCA_GRANULE;
		if (cca_smc(s, x)) {
			ret = deeper(s, v, ipa, x[0]);
			continue;
		}
		if (x[1] <= ipa || x[1] > x[4]) {
			ret = -ENXIO;
			break;
		}
		v->dev_pages += (x[1] - ipa) / CCA_GRANULE;
		t->dev_pages += (x[1] - ipa) / CCA_GRANULE;
		pa += x[1] - ipa;
		ipa = x[1];
	}
	if (!ret)
		return 0;
	/* What was mapped comes back by the unmap, the rest as it is. */
	if (ipa > from)
		(void)cca_unmap(s, v, from, ipa - from);
	(void)cca_undelegate(s, pa, top - ipa);
	return ret;
}

/* --- and away --- */

static void left(struct cca_vm *v, uint64_t pa, uint64_t pages)
{
	v->dev_pages -= pages;
	for (struct cca_tdi *t = v->tdis; t; t = t->next)
		for (uint64_t i = 0; t->tdi && i < pages; i++)
			if (cca_bar_of(t->tdi->p, pa + i * CCA_GRANULE))
				t->dev_pages--;
}

/* What one call took out comes back to us, if it was device memory. */
static int took(struct cca_host *s, struct cca_vm *v, uint64_t fid,
		uint64_t range)
{
	const uint64_t n = (range & RMI_RDESC_CNT) >> RMI_RDESC_CNT_LSB;

	if (fid != RMI_RTT_DEV_UNMAP || !n)
		return 0;
	left(v, range & RMI_RDESC_ADDR, n);
	return cca_undelegate(s, range & RMI_RDESC_ADDR, n * CCA_GRANULE);
}

static int unmap_by(struct cca_host *s, struct cca_vm *v, uint64_t fid,
		    uint64_t ipa, uint64_t top)
{
	int ret = 0;

	while (ipa < top) {
		uint64_t x[CCA_SMC_REGS] = { fid, v->rd, ipa, top,
					     RMI_OADDR_SINGLE };
		const uint64_t r = cca_smc(s, x);

		if (!r && x[1] > ipa && x[1] <= top) {
			const int err = took(s, v, fid, x[2]);

			ret = ret ? ret : err;
			ipa = x[1];
		} else if (RMI_STATUS(r) == RMI_ERROR_RTT &&
			   RMI_INDEX(r) <= LEAF) {
			/* Nothing of the kind in the entry of that level. */
			ipa = align_down(ipa, entry_size(RMI_INDEX(r))) +
			      entry_size(RMI_INDEX(r));
		} else {
			return ret ? ret : r ? cca_errno(r) : -ENXIO;
		}
	}
	return ret;
}

int cca_unmap(struct cca_host *s, struct cca_vm *v, uint64_t ipa, uint64_t len)
{
	const uint64_t alias = unprotected(v);
	int ret = 0, err;

	if (!v->rd || ipa >= alias)
		return 0;
	if (len > alias - ipa)
		len = alias - ipa;
	if (v->dev_pages)
		ret = unmap_by(s, v, RMI_RTT_DEV_UNMAP, ipa, ipa + len);
	err = unmap_by(s, v, RMI_RTT_DATA_UNMAP, ipa, ipa + len);
	ret = ret ? ret : err;
	err = unmap_by(s, v, RMI_RTT_UNPROT_UNMAP, ipa | alias,
		       (ipa | alias) + len);
	return ret ? ret : err;
}

int cca_range(struct cca_host *s, struct cca_vm *v, uint64_t x[CCA_SMC_REGS],
	      unsigned at)
{
	const uint64_t top = x[at + 1];
	uint64_t arg[CCA_SMC_REGS];
	int ret = 0;

	while (x[at] < top && !ret) {
		memcpy(arg, x, sizeof(arg));
		if (cca_smc(s, arg))
			ret = deeper(s, v, x[at], arg[0]);
		else if (arg[1] <= x[at] || arg[1] > top)
			ret = -ENXIO;
		else
			x[at] = arg[1];
	}
	return ret;
}
