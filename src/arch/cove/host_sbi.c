/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ECALLs of the TSM, pages that change hands, and the buffers through which it
 * talks to devices.
 * Source: CoVE, "COVE Host Extension"; CoVE-IO, "SPDM Transport"; RFC "RISC-V
 * CoVE support" (2023), arch/riscv/kvm/cove.c, cove_sbi.c
 */
#include <errno.h>

#include "arch/cove/host_priv.h"

int cove_read(struct cove_host *s, uint64_t pa, void *out, size_t len)
{
	struct fault f;

	return s->cfg.hw.ops->mem_read(s->cfg.hw.ctx, pa, out, len, &f) ? -EIO
									: 0;
}

int cove_write(struct cove_host *s, uint64_t pa, const void *in, size_t len)
{
	struct fault f;

	return s->cfg.hw.ops->mem_write(s->cfg.hw.ctx, pa, in, len, &f) ? -EIO
									: 0;
}

/* --- calls --- */

/*
 * Linux's sbi_err_map_linux_errno() has five codes and -ENOTSUPP for the rest,
 * which no user space knows. OPEN: the others by their meaning.
 * Source: Linux 7.3 arch/riscv/kernel/sbi_ecall.c
 */
int cove_errno(int64_t error)
{
	switch (error) {
	case SBI_SUCCESS:
		return 0;
	case SBI_ERR_DENIED:
		return -EPERM;
	case SBI_ERR_INVALID_PARAM:
		return -EINVAL;
	case SBI_ERR_INVALID_ADDRESS:
		return -EFAULT;
	case SBI_ERR_NOT_SUPPORTED:
		return -EOPNOTSUPP;
	case SBI_ERR_INVALID_STATE:
	case SBI_ERR_ALREADY_STARTED:
	case SBI_ERR_ALREADY_STOPPED:
	case SBI_ERR_ALREADY_AVAILABLE:
		return -EBUSY;
	case SBI_ERR_OUT_OF_PTPAGES:
		return -ENOMEM;
	case SBI_ERR_TIMEOUT:
		return -ETIMEDOUT;
	default:
		return -EIO;
	}
}

static struct sbiret ecall(struct cove_host *s, uint64_t eid, uint64_t fid,
			   const uint64_t a[6])
{
	const struct cove_host_insn *i = s->cfg.insn;

	return i->ecall(i->ctx, eid, fid, a);
}

int cove_covh(struct cove_host *s, uint64_t fid, const uint64_t a[6],
	      uint64_t *value)
{
	const struct sbiret r = ecall(s, COVE_EID_COVH, fid, a);

	if (r.error) {
		s->sbi_error = r.error;
		return cove_errno(r.error);
	}
	if (value)
		*value = r.value;
	return 0;
}

/* --- pages --- */

/* One hart here: the local fence of each is one call. */
static int fence(struct cove_host *s)
{
	const uint64_t none[6] = { 0 };
	int ret = cove_covh(s, COVH_GLOBAL_FENCE, none, NULL);

	return ret ? ret : cove_covh(s, COVH_LOCAL_FENCE, none, NULL);
}

/*
 * Between conversion and the end of a fence a page is nobody's, and the TSM
 * gives back none: a fence that failed is made again first.
 */
int cove_convert(struct cove_host *s, uint64_t pa, uint64_t pages, bool *stuck)
{
	const uint64_t a[6] = { pa, pages };
	int ret = cove_covh(s, COVH_CONVERT_PAGES, a, NULL);

	*stuck = false;
	if (ret)
		return ret;
	ret = fence(s);
	if (ret)
		*stuck = fence(s) || cove_reclaim(s, pa, pages);
	return ret;
}

int cove_reclaim(struct cove_host *s, uint64_t pa, uint64_t pages)
{
	const uint64_t a[6] = { pa, pages };

	return cove_covh(s, COVH_RECLAIM_PAGES, a, NULL);
}

uint64_t cove_pages(struct cove_host *s, uint32_t pages)
{
	const struct host_hw *hw = &s->cfg.hw;
	bool stuck;
	uint64_t pa;

	if (hw->ops->page_alloc(hw->ctx, pages, &pa))
		return 0;
	if (!cove_convert(s, pa, pages, &stuck))
		return pa;
	if (stuck)
		s->leaked += pages;
	else
		hw->ops->page_free(hw->ctx, pa, pages);
	return 0;
}

void cove_pages_free(struct cove_host *s, uint64_t pa, uint32_t pages)
{
	if (!pa)
		return;
	if (cove_reclaim(s, pa, pages))
		s->leaked += pages; /* the TSM's: not to be used again */
	else
		s->cfg.hw.ops->page_free(s->cfg.hw.ctx, pa, pages);
}

/* --- NACL memory --- */

uint64_t cove_nacl_u64(struct cove_host *s, uint64_t off)
{
	uint8_t b[8];

	return cove_read(s, s->nacl + off, b, sizeof(b)) ? 0 : cove_u64(b, 0);
}

void cove_nacl_put_u64(struct cove_host *s, uint64_t off, uint64_t v)
{
	uint8_t b[8];

	cove_put_u64(b, 0, v);
	(void)cove_write(s, s->nacl + off, b, sizeof(b));
}

/* The buffer of a device: its header, and where it is. 0: it has none. */
static uint64_t buffer_of(struct cove_host *s, uint32_t dev,
			  uint8_t h[NACL_DEV_PAYLOAD])
{
	for (unsigned i = 0; i < NACL_DEVS; i++) {
		const uint64_t at =
			s->nacl + NACL_DEV + (uint64_t)i * NACL_DEV_STRIDE;

		if (!cove_read(s, at, h, NACL_DEV_PAYLOAD) &&
		    cove_u32(h, NACL_DEV_FUNCTION_ID) &&
		    cove_u32(h, NACL_DEV_DEVICE_ID) == dev)
			return at;
	}
	return 0;
}

bool cove_waiting(struct cove_host *s, struct cove_conn *c)
{
	uint8_t h[NACL_DEV_PAYLOAD];

	return buffer_of(s, c->id, h) &&
	       cove_u32(h, NACL_DEV_FUNCTION_ID) & NACL_FID_GUEST &&
	       !(cove_u32(h, NACL_DEV_LENGTH) & NACL_LENGTH_ANSWER);
}

int cove_pending(struct cove_host *s, struct cove_conn *c, bool guest,
		 struct pci_tsm_relay *r)
{
	uint8_t h[NACL_DEV_PAYLOAD];
	const uint64_t at = buffer_of(s, c->id, h);
	const uint32_t fid = at ? cove_u32(h, NACL_DEV_FUNCTION_ID) : 0;
	const uint32_t len = at ? cove_u32(h, NACL_DEV_LENGTH) : 0;

	if (!at || len & NACL_LENGTH_ANSWER ||
	    (guest && !(fid & NACL_FID_GUEST)))
		return -ENODATA;
	r->type = (uint8_t)NACL_LENGTH_TYPE(len);
	r->req_len = len & NACL_LENGTH_MASK;
	if (!r->req_len || r->req_len > sizeof(r->req) ||
	    r->req_len > NACL_DEV_PAYLOAD_MAX ||
	    (r->type != NACL_TYPE_PLAIN && r->type != NACL_TYPE_SECURED))
		return -EIO;
	/* The DOE types have the same numbers. */
	return cove_read(s, at + NACL_DEV_PAYLOAD, r->req, r->req_len)
		       ? -EIO
		       : -EINPROGRESS;
}

int cove_answer(struct cove_host *s, struct cove_conn *c,
		const struct pci_tsm_relay *r)
{
	uint8_t h[NACL_DEV_PAYLOAD];
	const uint64_t at = buffer_of(s, c->id, h);
	const uint32_t type = NACL_LENGTH_TYPE(cove_u32(h, NACL_DEV_LENGTH));
	const size_t n = r && !r->err ? r->rsp_len : 0;
	int ret = 0;

	if (!at || n > NACL_DEV_PAYLOAD_MAX)
		return -EIO;
	cove_put_u32(h, NACL_DEV_LENGTH,
		     n ? NACL_LENGTH_ANSWER | type << 24 | (uint32_t)n : 0);
	if (n)
		ret = cove_write(s, at + NACL_DEV_PAYLOAD, r->rsp, n);
	return ret ? ret
		   : cove_write(s, at + NACL_DEV_LENGTH, h + NACL_DEV_LENGTH,
				4);
}

/* --- calls that talk to a device --- */

void cove_call_new(struct cove_conn *c, uint64_t fid, uint64_t a0, uint64_t a1,
		   uint64_t a2, uint64_t a3)
{
	c->call = (struct cove_call){ .fid = fid, .a = { a0, a1, a2, a3 } };
	c->renewing = false;
	c->gave = 0;
}

/* The call that waited for new keys of the session is made again. */
static void resume(struct cove_conn *c)
{
	c->call = c->put_off;
	c->call.issued = false;
	c->renewing = false;
}

static int issue(struct cove_host *s, struct cove_conn *c,
		 struct pci_tsm_relay *r)
{
	for (;;) {
		uint64_t value = COVE_SPDM_COMPLETED;
		int ret;

		s->sbi_error = SBI_SUCCESS;
		c->call.issued = true;
		ret = cove_covh(s, c->call.fid, c->call.a, &value);
		if (!ret && value == COVE_SPDM_PENDING)
			return cove_pending(s, c, false, r);
		if (s->sbi_error == SBI_ERR_KEY_UPDATE_REQUIRED &&
		    !c->renewing) {
			c->put_off = c->call;
			c->call =
				(struct cove_call){ .fid = COVH_SPDM_KEY_UPDATE,
						    .a = { c->id } };
			c->renewing = true;
			continue;
		}
		if (ret || !c->renewing)
			return ret;
		resume(c);
	}
}

#define NO_ANSWERS 8u /* that the TSM is told of before it must have ended */

int cove_call_run(struct cove_host *s, struct cove_conn *c,
		  struct pci_tsm_relay *r)
{
	int ret = cove_guest_first(s, c, r);

	if (ret)
		return ret;
	if (c->call.issued)
		ret = cove_answer(s, c, r);
	if (!ret)
		ret = issue(s, c, r);
	/* What it wants to say now nobody carries (tsm.h: r->err). */
	if (ret == -EINPROGRESS && r->err) {
		cove_call_end(s, c);
		ret = r->err;
	}
	if (ret != -EINPROGRESS)
		c->call.issued = false;
	/* The TSM knows that there was no answer; we know why. */
	return ret && ret != -EINPROGRESS && r->err ? r->err : ret;
}

void cove_call_end(struct cove_host *s, struct cove_conn *c)
{
	for (unsigned i = 0; c->call.issued && i < NO_ANSWERS; i++) {
		uint64_t value = COVE_SPDM_COMPLETED;

		if (cove_answer(s, c, NULL) ||
		    cove_covh(s, c->call.fid, c->call.a, &value) ||
		    value != COVE_SPDM_PENDING)
			break;
	}
	c->call.issued = false;
}
