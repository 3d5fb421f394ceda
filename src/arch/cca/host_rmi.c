/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RMI calls, and granules that change hands with the monitor.
 * Source: TF-RMM lib/smc/include/smc-rmi.h (see abi.h); Linux "arm64: Support
 * for Arm CCA in KVM" v13 (2026), arch/arm64/kernel/rmi.c
 */
#include <errno.h>
#include <string.h>

#include "arch/cca/host_priv.h"
#include "base/bits.h"

uint64_t cca_smc(struct cca_host *s, uint64_t x[CCA_SMC_REGS])
{
	s->cfg.insn->smc(s->cfg.insn->ctx, x);
	if (x[0] && RMI_STATUS(x[0]) != RMI_INCOMPLETE)
		s->rmi_error = x[0];
	return x[0];
}

int cca_errno(uint64_t result)
{
	switch ((enum rmi_status)RMI_STATUS(result)) {
	case RMI_SUCCESS:
		return 0;
	case RMI_ERROR_INPUT:
	case RMI_ERROR_REALM:
	case RMI_ERROR_REC:
		return -EINVAL;
	case RMI_ERROR_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case RMI_BUSY:
	case RMI_BLOCKED:
	case RMI_ERROR_GRANULE:
		return -EBUSY;
	case RMI_ERROR_DEVICE:
	case RMI_INCOMPLETE:
		return -EIO;
	case RMI_ERROR_RTT:
	case RMI_ERROR_RTT_AUX:
	case RMI_ERROR_PSMMU_ST:
	case RMI_ERROR_DPT:
	case RMI_ERROR_GLOBAL:
	case RMI_ERROR_TRACKING:
	case RMI_ERROR_GPT:
		return -ENXIO; /* Linux's own errno for most of them */
	}
	return -ENXIO;
}

int cca_read(struct cca_host *s, uint64_t pa, void *out, size_t len)
{
	struct fault f;

	return s->cfg.hw.ops->mem_read(s->cfg.hw.ctx, pa, out, len, &f) ? -EIO
									: 0;
}

int cca_write(struct cca_host *s, uint64_t pa, const void *in, size_t len)
{
	struct fault f;

	return s->cfg.hw.ops->mem_write(s->cfg.hw.ctx, pa, in, len, &f) ? -EIO
									: 0;
}

/* --- granules --- */

/* How far it went is in *at. */
static uint64_t walk(struct cca_host *s, uint64_t fid, uint64_t *at,
		     uint64_t top)
{
	while (*at < top) {
		uint64_t x[CCA_SMC_REGS] = { fid, *at, top };

		if (cca_smc(s, x))
			return x[0];
		if (x[1] <= *at || x[1] > top)
			return RMI_ERROR_INPUT; /* it would never end */
		*at = x[1];
	}
	return 0;
}

int cca_delegate(struct cca_host *s, uint64_t pa, uint64_t len)
{
	uint64_t at = pa, ret;

	ret = walk(s, RMI_GRANULE_RANGE_DELEGATE, &at, pa + len);
	if (ret && at > pa)
		(void)cca_undelegate(s, pa, at - pa);
	return cca_errno(ret);
}

int cca_undelegate(struct cca_host *s, uint64_t pa, uint64_t len)
{
	uint64_t at = pa;

	return cca_errno(walk(s, RMI_GRANULE_RANGE_UNDELEGATE, &at, pa + len));
}

uint64_t cca_page(struct cca_host *s)
{
	uint64_t pa;

	return s->cfg.hw.ops->page_alloc(s->cfg.hw.ctx, 1, &pa) ? 0 : pa;
}

void cca_page_free(struct cca_host *s, uint64_t pa)
{
	if (pa)
		s->cfg.hw.ops->page_free(s->cfg.hw.ctx, pa, 1);
}

uint64_t cca_granule(struct cca_host *s)
{
	const uint64_t pa = cca_page(s);

	if (pa && cca_delegate(s, pa, CCA_GRANULE)) {
		cca_page_free(s, pa);
		return 0;
	}
	return pa;
}

void cca_granule_free(struct cca_host *s, uint64_t pa)
{
	if (!pa)
		return;
	if (cca_undelegate(s, pa, CCA_GRANULE))
		s->leaked++; /* still the monitor's: not to be used again */
	else
		cca_page_free(s, pa);
}

uint64_t cca_params(struct cca_host *s, const uint8_t *p, size_t len)
{
	return cca_write(s, s->scratch, p, len) ? 0 : s->scratch;
}

/* --- stateful operations --- */

static unsigned fill_list(struct cca_host *s, uint64_t *pa, unsigned want)
{
	uint8_t list[CCA_AUX_MAX * 8];
	unsigned n = 0;

	while (n < want && n < CCA_AUX_MAX) {
		pa[n] = cca_granule(s);
		if (!pa[n])
			break;
		cca_put_u64(list, (size_t)n * 8,
			    pa[n] | UINT64_C(1) << RMI_RDESC_CNT_LSB);
		n++;
	}
	if (n == want && !cca_write(s, s->list, list, (size_t)n * 8))
		return n;
	while (n)
		cca_granule_free(s, pa[--n]);
	return 0;
}

/* Did this step of an operation work, to its end or not? */
static bool worked(uint64_t result)
{
	return RMI_STATUS(result) == RMI_SUCCESS ||
	       RMI_STATUS(result) == RMI_INCOMPLETE;
}

/* False: there is not as much memory, or it was not taken. */
static bool donate(struct cca_host *s, uint64_t handle,
		   uint64_t x[CCA_SMC_REGS])
{
	const unsigned want = (unsigned)((x[2] & RMI_OP_DONATE_COUNT) >>
					 RMI_OP_DONATE_COUNT_LSB);
	uint64_t pa[CCA_AUX_MAX];
	unsigned n = want ? fill_list(s, pa, want) : 0;
	unsigned took;
	bool good;

	if (!n)
		return false;
	x[0] = RMI_OP_MEM_DONATE;
	x[1] = handle;
	x[2] = s->list;
	x[3] = n;
	(void)cca_smc(s, x);
	good = worked(x[0]);
	/* Of a call that failed x1 says nothing: none was taken. */
	took = !good ? 0 : x[1] < n ? (unsigned)x[1] : n;
	/* What was not taken is ours again. */
	for (unsigned i = took; i < n; i++)
		cca_granule_free(s, pa[i]);
	return good;
}

static bool take_back(struct cca_host *s, uint64_t handle,
		      uint64_t x[CCA_SMC_REGS])
{
	uint8_t list[CCA_AUX_MAX * 8];
	unsigned n;

	x[0] = RMI_OP_MEM_RECLAIM;
	x[1] = handle;
	x[2] = s->list;
	x[3] = CCA_AUX_MAX;
	(void)cca_smc(s, x);
	/* One that failed wrote no list: what stands there is an old one. */
	if (!worked(x[0]))
		return false;
	n = x[1] < CCA_AUX_MAX ? (unsigned)x[1] : CCA_AUX_MAX;
	if (cca_read(s, s->list, list, (size_t)n * 8))
		return false;
	for (unsigned i = 0; i < n; i++) {
		const uint64_t e = cca_u64(list, (size_t)i * 8);
		const uint64_t count = (e & RMI_RDESC_CNT) >> RMI_RDESC_CNT_LSB;

		for (uint64_t k = 0; k < count; k++) {
			const uint64_t pa =
				(e & RMI_RDESC_ADDR) + k * CCA_GRANULE;

			if (e & RMI_RDESC_UNDEL)
				cca_page_free(s, pa);
			else
				cca_granule_free(s, pa);
		}
	}
	return true;
}

uint64_t cca_sro(struct cca_host *s, uint64_t x[CCA_SMC_REGS])
{
	uint64_t ret = cca_smc(s, x), why;
	const uint64_t handle = x[1];
	bool good = true;

	for (unsigned i = 0;
	     i < CCA_SRO_TURNS && RMI_STATUS(ret) == RMI_INCOMPLETE && good;
	     i++) {
		switch ((ret & RMI_OP_MEM_REQ) >> 8) {
		case RMI_OP_MEM_REQ_DONATE:
			good = donate(s, handle, x);
			break;
		case RMI_OP_MEM_REQ_RECLAIM:
			good = take_back(s, handle, x);
			break;
		default:
			x[0] = RMI_OP_CONTINUE;
			x[1] = handle;
			x[2] = 0;
			(void)cca_smc(s, x);
		}
		ret = x[0];
	}
	if (RMI_STATUS(ret) != RMI_INCOMPLETE && good)
		return ret;
	why = RMI_STATUS(ret) == RMI_INCOMPLETE ? RMI_ERROR_GLOBAL : ret;
	x[0] = RMI_OP_CANCEL;
	x[1] = handle;
	/* What it had of us comes back. */
	for (unsigned i = 0;
	     i < CCA_SRO_TURNS && RMI_STATUS(cca_smc(s, x)) == RMI_INCOMPLETE &&
	     (x[0] & RMI_OP_MEM_REQ) >> 8 == RMI_OP_MEM_REQ_RECLAIM &&
	     take_back(s, handle, x) && RMI_STATUS(x[0]) == RMI_INCOMPLETE;
	     i++) {
		x[0] = RMI_OP_CONTINUE;
		x[1] = handle;
		x[2] = 0;
	}
	x[0] = why;
	return why;
}
