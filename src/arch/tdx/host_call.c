/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the host, pages that go to the module, SEAMCALL.
 * Source: Linux 7.3 arch/x86/virt/vmx/tdx/tdx.c; TDX Connect patches v2 (2026),
 * tdx_page_array
 */
#include <errno.h>

#include "arch/tdx/host_priv.h"

int tdx_read(struct tdx_host *h, uint64_t pa, void *out, size_t len)
{
	struct fault f;

	return h->cfg.hw.ops->mem_read(h->cfg.hw.ctx, pa, out, len, &f) ? -EIO
									: 0;
}

int tdx_write(struct tdx_host *h, uint64_t pa, const void *in, size_t len)
{
	struct fault f;

	return h->cfg.hw.ops->mem_write(h->cfg.hw.ctx, pa, in, len, &f) ? -EIO
									: 0;
}

uint64_t tdx_page_new(struct tdx_host *h)
{
	uint64_t pa;

	return h->cfg.hw.ops->page_alloc(h->cfg.hw.ctx, 1, &pa) ? 0 : pa;
}

void tdx_page_free(struct tdx_host *h, uint64_t pa)
{
	if (pa)
		h->cfg.hw.ops->page_free(h->cfg.hw.ctx, pa, 1);
}

/* --- calls --- */

uint64_t tdx_call(struct tdx_host *h, struct tdx_regs *r)
{
	const uint64_t st = h->cfg.insn->seamcall(h->cfg.insn->ctx, r);

	if (st & TDX_ERROR_BIT && TDX_STATUS(st) != TDX_SPDM_REQUEST)
		h->error = st;
	return st;
}

uint64_t tdx_call4(struct tdx_host *h, uint64_t leaf, uint64_t rcx,
		   uint64_t rdx, uint64_t r8, uint64_t r9)
{
	struct tdx_regs r = {
		.rax = leaf, .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9
	};

	return tdx_call(h, &r);
}

int tdx_errno(uint64_t status)
{
	if (!(status & TDX_ERROR_BIT))
		return 0;
	return TDX_STATUS(status) == TDX_OPERAND_BUSY ? -EBUSY : -EIO;
}

/* --- arrays of pages --- */

int tdx_pages_new(struct tdx_host *h, struct tdx_pages *a, unsigned n)
{
	uint8_t list[TDX_PAGES_MAX * 8];

	*a = (struct tdx_pages){ 0 };
	if (!n || n > TDX_PAGES_MAX)
		return -EINVAL;
	for (; a->n < n; a->n++) {
		a->page[a->n] = tdx_page_new(h);
		if (!a->page[a->n]) {
			tdx_pages_free(h, a);
			return -ENOMEM;
		}
		tdx_put_u64(list, (size_t)a->n * 8, a->page[a->n]);
	}
	if (n == 1)
		return 0;
	a->list = tdx_page_new(h);
	if (a->list && !tdx_write(h, a->list, list, (size_t)n * 8))
		return 0;
	tdx_pages_free(h, a);
	return -ENOMEM;
}

void tdx_pages_free(struct tdx_host *h, struct tdx_pages *a)
{
	for (unsigned i = 0; i < a->n; i++)
		tdx_page_free(h, a->page[i]);
	tdx_page_free(h, a->list);
	*a = (struct tdx_pages){ 0 };
}

void tdx_pages_leak(struct tdx_host *h, struct tdx_pages *a)
{
	h->leaked += a->n;
	tdx_page_free(h, a->list); /* was only read */
	*a = (struct tdx_pages){ 0 };
}

uint64_t tdx_pages_arg(const struct tdx_pages *a)
{
	return tdx_array(a->list ? a->list : a->page[0], a->n);
}

int tdx_pages_read(struct tdx_host *h, const struct tdx_pages *a, void *out,
		   size_t len)
{
	uint8_t *p = out;

	for (unsigned i = 0; len; i++) {
		const size_t n = len < PAGE_4K ? len : PAGE_4K;

		if (i == a->n)
			return -EMSGSIZE;
		if (tdx_read(h, a->page[i], p, n))
			return -EIO;
		p += n;
		len -= n;
	}
	return 0;
}
