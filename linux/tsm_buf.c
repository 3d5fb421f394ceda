// SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause)
/*
 * Buffers that a command names by a scatter list address.
 * Source: Linux 7.3 drivers/crypto/ccp/sev-dev-tio.c
 */
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "interlock_tsm.h"

static int list_new(struct ilt_buf *b)
{
	unsigned int i;
	u8 *at;

	if (b->n == 1)
		return 0;
	b->list = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!b->list)
		return -ENOMEM;
	at = page_address(b->list);
	for (i = 0; i < b->n; i++)
		sev_put_u64(at, i * 8, ilt_sla(b->page[i]));
	sev_put_u64(at, i * 8, SLA_EOL);
	return 0;
}

static struct page *page_new(struct ilt_psp *p, const void *head, size_t len,
			     bool fw)
{
	struct page *page;

	if (fw)
		return ilt_fw_page_with(p, head, len);
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (page)
		memcpy(page_address(page), head, len);
	return page;
}

int ilt_buf_new(struct ilt_psp *p, struct ilt_buf *b, u32 size, bool fw)
{
	unsigned int n = DIV_ROUND_UP(size, SZ_4K);
	u8 head[TIO_BUF_HDR_LEN] = {};

	*b = (struct ilt_buf){ .fw = fw };
	if (!n || n > ILT_BUF_PAGES)
		return -EINVAL;
	sev_put_u32(head, TIO_BUF_CAPACITY, n * SZ_4K);
	for (; b->n < n; b->n++) {
		b->page[b->n] = page_new(p, head, b->n ? 0 : sizeof(head), fw);
		if (!b->page[b->n])
			break;
	}
	if (b->n < n || list_new(b)) {
		ilt_buf_free(p, b);
		return -ENOMEM;
	}
	return 0;
}

void ilt_buf_free(struct ilt_psp *p, struct ilt_buf *b)
{
	unsigned int i;

	for (i = 0; i < b->n; i++)
		if (b->fw)
			ilt_fw_page_free(p, b->page[i]);
		else
			__free_page(b->page[i]);
	if (b->list)
		__free_page(b->list);
	*b = (struct ilt_buf){};
}

u64 ilt_buf_sla(const struct ilt_buf *b)
{
	return b->list ? sla_make(ilt_pa(b->list), true) : ilt_sla(b->page[0]);
}

/*
 * Firmware writes such pages without a key, so what stands there is plain; it
 * may change at any time, as far as we know: callers look at a copy.
 */
int ilt_buf_read(const struct ilt_buf *b, u32 off, void *out, size_t len)
{
	while (len) {
		u32 at = off % SZ_4K;
		size_t n = min_t(size_t, SZ_4K - at, len);

		if (off / SZ_4K >= b->n)
			return -EMSGSIZE;
		memcpy(out, page_address(b->page[off / SZ_4K]) + at, n);
		out += n;
		off += n;
		len -= n;
	}
	return 0;
}

int ilt_buf_write(const struct ilt_buf *b, u32 off, const void *in, size_t len)
{
	while (len) {
		u32 at = off % SZ_4K;
		size_t n = min_t(size_t, SZ_4K - at, len);

		if (off / SZ_4K >= b->n)
			return -EMSGSIZE;
		memcpy(page_address(b->page[off / SZ_4K]) + at, in, n);
		in += n;
		off += n;
		len -= n;
	}
	return 0;
}
