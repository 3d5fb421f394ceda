/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/sev_tio/fw_priv.h"

#include "base/assert.h"

/*
 * Memory as the firmware reaches it, and the buffers that commands name. The
 * host's pages are read once into our memory; pages that we write must be in
 * firmware state, so that the host cannot change them under us.
 *
 * Source: SEV-SNP ABI 56860, page states; Linux 7.3 ccp sev-dev-tio.c (SLA)
 */
static uint32_t access(struct sev_fw *fw, uint64_t pa, void *p, uint32_t len,
		       bool write)
{
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = write,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };
	struct fault f;

	/* A device must not see accesses that the host aimed at it. */
	if (pa + len < pa || mem_kind_at(fw->cfg.mem, pa) != MEM_RAM ||
	    mem_kind_at(fw->cfg.mem, pa + len - 1) != MEM_RAM)
		return SEV_RET_INVALID_ADDRESS;
	return mem_access(fw->cfg.mem, &r, p, &f) ? SEV_RET_INVALID_ADDRESS
						  : SEV_RET_SUCCESS;
}

uint32_t fw_read(struct sev_fw *fw, uint64_t pa, void *p, uint32_t len)
{
	return access(fw, pa, p, len, false);
}

uint32_t fw_write(struct sev_fw *fw, uint64_t pa, const void *p, uint32_t len)
{
	return access(fw, pa, (void *)(uintptr_t)p, len, true);
}

uint32_t fw_guest_page_write(struct sev_fw *fw, uint64_t pa, uint32_t asid,
			     const void *p)
{
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = true,
			     .trusted = true,
			     .owner = asid,
			     .gpa = pa,
			     .pa = pa,
			     .len = PAGE_4K };
	struct fault f;

	return mem_access(fw->cfg.mem, &r, (void *)(uintptr_t)p, &f)
		       ? SEV_RET_INVALID_ADDRESS
		       : SEV_RET_SUCCESS;
}

uint32_t fw_page_check(const struct sev_fw *fw, uint64_t pa,
		       enum own_state state)
{
	struct own_page p;

	if (pa % PAGE_4K || mem_kind_at(fw->cfg.mem, pa) != MEM_RAM)
		return SEV_RET_INVALID_ADDRESS;
	if (own_entry(fw->cfg.own, pa, &p))
		return SEV_RET_INVALID_ADDRESS;
	if (own_state(fw->cfg.own, pa) != state)
		return SEV_RET_INVALID_PAGE_STATE;
	return p.flags & OWN_F_2M ? SEV_RET_INVALID_PAGE_SIZE : SEV_RET_SUCCESS;
}

/* A page of firmware state becomes a context: the host cannot reclaim it. */
uint32_t fw_ctx_take(struct sev_fw *fw, uint64_t pa)
{
	uint32_t ret = fw_page_check(fw, pa, OWN_FIRMWARE);

	if (ret)
		return ret;
	return own_fw_move(fw->cfg.own, pa, OWN_FIRMWARE, OWN_CONTEXT)
		       ? SEV_RET_INVALID_PAGE_STATE
		       : SEV_RET_SUCCESS;
}

void fw_ctx_give(struct sev_fw *fw, uint64_t pa)
{
	enum il_err err =
		own_fw_move(fw->cfg.own, pa, OWN_CONTEXT, OWN_FIRMWARE);

	IL_ASSERT(!err);
}

uint32_t fw_answer(struct sev_fw *fw, uint64_t pa, const void *p, uint32_t len)
{
	uint64_t page = align_down(pa, PAGE_4K);
	uint32_t ret;

	if (pa - page + len > PAGE_4K)
		return SEV_RET_INVALID_ADDRESS;
	/* Before SNP is on there are no page states to hold to. */
	ret = fw_page_check(fw, page, OWN_FIRMWARE);
	if (ret && !(ret == SEV_RET_INVALID_PAGE_STATE && !fw->snp))
		return ret;
	return fw_write(fw, pa, p, len);
}

static uint32_t map_page(struct sev_fw *fw, uint64_t sla, enum own_state state,
			 struct fw_buf *b)
{
	uint32_t ret;

	if (sla & ~SLA_PFN_MASK)
		return SEV_RET_INVALID_ADDRESS; /* 4 KiB data pages only */
	ret = fw_page_check(fw, sla_pa(sla), state);
	if (ret)
		return ret;
	if (b->n == FW_BUF_PAGES)
		return SEV_RET_INVALID_LEN;
	b->page[b->n++] = sla_pa(sla);
	return SEV_RET_SUCCESS;
}

uint32_t fw_buf_map(struct sev_fw *fw, uint64_t sla, enum own_state state,
		    struct fw_buf *out)
{
	uint8_t list[(FW_BUF_PAGES + 1) * 8];
	struct fw_buf b = { .n = 0 };
	uint32_t ret = SEV_RET_SUCCESS;

	if (!(sla & SLA_SCATTER)) {
		ret = map_page(fw, sla, state, &b);
	} else {
		if (sla & SLA_2M || sla_pa(sla) % PAGE_4K)
			return SEV_RET_INVALID_ADDRESS;
		ret = fw_read(fw, sla_pa(sla), list, sizeof(list));
		/* A list without end is one page too long for map_page(). */
		for (size_t i = 0; !ret && i < sizeof(list); i += 8) {
			if (sev_u64(list, i) == SLA_EOL)
				break;
			ret = map_page(fw, sev_u64(list, i), state, &b);
		}
	}
	if (!ret && !b.n)
		ret = SEV_RET_INVALID_LEN;
	if (!ret)
		*out = b;
	return ret;
}

uint32_t fw_buf_write(struct sev_fw *fw, const struct fw_buf *b, uint32_t off,
		      const void *p, size_t len)
{
	const uint8_t *src = p;

	while (len) {
		uint32_t at = off % (uint32_t)PAGE_4K;
		size_t n = PAGE_4K - at < len ? PAGE_4K - at : len;
		uint32_t ret;

		if (off / PAGE_4K >= b->n)
			return SEV_RET_RESPONSE_TOO_LARGE;
		ret = fw_write(fw, b->page[off / PAGE_4K] + at, src,
			       (uint32_t)n);
		if (ret)
			return ret;
		src += n;
		off += (uint32_t)n;
		len -= n;
	}
	return SEV_RET_SUCCESS;
}
