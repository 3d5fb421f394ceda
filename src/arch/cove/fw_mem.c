/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"

/*
 * Memory as the TSM reaches it, and the life of confidential memory: converted,
 * fenced, reclaimed. The host's structures are read once into ours.
 *
 * Source: CoVE, "Converting non-confidential memory to confidential memory"
 */

static bool access(struct cove_fw *fw, uint64_t pa, void *p, uint32_t len,
		   bool write, bool trusted, uint32_t owner)
{
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = write,
			     .trusted = trusted,
			     .owner = owner,
			     .gpa = pa,
			     .pa = pa,
			     .len = len };
	struct fault f;

	/* A device must not see accesses that the host aimed at it. */
	if (!len || pa + len < pa || mem_kind_at(fw->cfg.mem, pa) != MEM_RAM ||
	    mem_kind_at(fw->cfg.mem, pa + len - 1) != MEM_RAM)
		return false;
	return !mem_access(fw->cfg.mem, &r, p, &f);
}

/* Only the host's pages: G-stage tables pass the rules, too. */
static bool hosts(const struct cove_fw *fw, uint64_t pa, uint32_t len)
{
	for (uint64_t at = align_down(pa, PAGE_4K); at < pa + len;
	     at += PAGE_4K)
		if (cove_own_state(fw->cfg.own, at) != COVE_PG_HOST)
			return false;
	return true;
}

int64_t cfw_read(struct cove_fw *fw, uint64_t pa, void *p, uint32_t len)
{
	return pa + len >= pa && hosts(fw, pa, len) &&
			       access(fw, pa, p, len, false, false, 0)
		       ? SBI_SUCCESS
		       : SBI_ERR_INVALID_ADDRESS;
}

int64_t cfw_write(struct cove_fw *fw, uint64_t pa, const void *p, uint32_t len)
{
	return pa + len >= pa && hosts(fw, pa, len) &&
			       access(fw, pa, (void *)(uintptr_t)p, len, true,
				      false, 0)
		       ? SBI_SUCCESS
		       : SBI_ERR_INVALID_ADDRESS;
}

void cfw_tsm_write(struct cove_fw *fw, uint64_t pa, const void *p, uint32_t len)
{
	bool ok = access(fw, pa, (void *)(uintptr_t)p, len, true, true, 0);

	IL_ASSERT(ok);
}

void cfw_tsm_read(struct cove_fw *fw, uint64_t pa, void *p, uint32_t len)
{
	bool ok = access(fw, pa, p, len, false, true, 0);

	IL_ASSERT(ok);
}

void cfw_tvm_write(struct cove_fw *fw, const struct fw_tvm *t, uint64_t pa,
		   const void *p, uint32_t len)
{
	bool ok =
		access(fw, pa, (void *)(uintptr_t)p, len, true, true, t->vmid);

	IL_ASSERT(ok);
}

bool cfw_pages_are(const struct cove_fw *fw, uint64_t pa, uint64_t pages,
		   enum cove_page_state state)
{
	if (pa % PAGE_4K || !pages || pages > UINT64_MAX / PAGE_4K ||
	    pa + pages * PAGE_4K < pa)
		return false;
	return cove_own_all(fw->cfg.own, pa, pages * PAGE_4K, state, false);
}

/* --- a TVM's memory, by its G-stage --- */

int64_t cfw_guest_check(struct cove_fw *fw, const struct fw_tvm *t,
			uint64_t gpa, uint64_t len)
{
	if (!len || gpa + len < gpa || len > FW_GUEST_MAX)
		return SBI_ERR_INVALID_ADDRESS;
	for (uint64_t at = align_down(gpa, PAGE_4K); at < gpa + len;
	     at += PAGE_4K) {
		struct fw_leaf l;

		cfw_leaf_get(fw, t, at, &l);
		if (l.kind != LEAF_PAGE ||
		    cove_own_state(fw->cfg.own, l.pa) != COVE_PG_TVM)
			return SBI_ERR_INVALID_ADDRESS;
	}
	return SBI_SUCCESS;
}

static int64_t guest(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		     uint8_t *p, uint32_t len, bool write)
{
	int64_t ret = cfw_guest_check(fw, t, gpa, len);

	while (!ret && len) {
		uint32_t at = (uint32_t)(gpa % PAGE_4K);
		uint32_t n = (uint32_t)PAGE_4K - at;
		struct fw_leaf l;

		n = n < len ? n : len;
		cfw_leaf_get(fw, t, gpa, &l);
		if (!access(fw, align_down(l.pa, PAGE_4K) + at, p, n, write,
			    true, t->vmid))
			return SBI_ERR_INVALID_ADDRESS;
		gpa += n;
		p += n;
		len -= n;
	}
	return ret;
}

int64_t cfw_guest_read(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		       void *p, uint32_t len)
{
	return guest(fw, t, gpa, p, len, false);
}

int64_t cfw_guest_write(struct cove_fw *fw, const struct fw_tvm *t,
			uint64_t gpa, const void *p, uint32_t len)
{
	return guest(fw, t, gpa, (uint8_t *)(uintptr_t)p, len, true);
}

/* --- what the TSM says of itself --- */

struct sbiret cfw_tsm_info(struct cove_fw *fw, const struct fw_ecall *c)
{
	uint8_t s[TSM_INFO_LEN] = { 0 };
	int64_t ret;

	if (c->a[0] % 4)
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	if (c->a[1] < sizeof(s))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	cove_put_u32(s, TSM_INFO_STATE, TSM_READY);
	cove_put_u32(s, TSM_INFO_IMPL_ID, TSM_IMPL_ID);
	cove_put_u32(s, TSM_INFO_VERSION, TSM_VERSION);
	cove_put_u64(s, TSM_INFO_CAPABILITIES, BIT(TSM_CAP_MEMORY_ALLOCATION));
	cove_put_u64(s, TSM_INFO_TVM_STATE_PAGES, TSM_TVM_STATE_PAGES);
	cove_put_u64(s, TSM_INFO_MAX_VCPUS, fw->cfg.limits.vcpus);
	cove_put_u64(s, TSM_INFO_VCPU_STATE_PAGES, TSM_VCPU_STATE_PAGES);
	ret = cfw_write(fw, c->a[0], s, sizeof(s));
	return ret ? sbi_err(ret) : sbi_ok(sizeof(s));
}

/* --- conversion --- */

static void move(struct cove_fw *fw, const struct fw_convert *k,
		 enum cove_page_state from, enum cove_page_state to)
{
	for (uint64_t i = 0; i < k->pages; i++) {
		enum il_err err = cove_own_move(
			fw->cfg.own, k->pa + i * PAGE_4K, from, to, 0, 0);

		IL_ASSERT(!err); /* all of them were looked at */
	}
}

/* Nobody shows a page of it as shared. */
static bool unshown(const struct cove_fw *fw, uint64_t pa, uint64_t pages)
{
	struct cove_page p;

	for (uint64_t i = 0; i < pages; i++)
		if (cove_own_page(fw->cfg.own, pa + i * PAGE_4K, &p) || p.refs)
			return false;
	return true;
}

/* Nor is any of it memory that the host has given the TSM to write to. */
static bool meets_nacl(const struct cove_fw *fw, uint64_t pa, uint64_t pages)
{
	for (unsigned i = 0; i < fw->cfg.harts; i++)
		if (fw->nacl[i] && pa < fw->nacl[i] + NACL_SHMEM_LEN &&
		    fw->nacl[i] < pa + pages * PAGE_4K)
			return true;
	return false;
}

static bool count_ok(uint64_t pages)
{
	return pages && pages <= UINT64_MAX / PAGE_4K;
}

struct sbiret cfw_convert_pages(struct cove_fw *fw, const struct fw_ecall *c)
{
	const struct fw_convert k = { .pa = c->a[0], .pages = c->a[1] };

	if (!count_ok(k.pages))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!cfw_pages_are(fw, k.pa, k.pages, COVE_PG_HOST))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	if (!unshown(fw, k.pa, k.pages) || meets_nacl(fw, k.pa, k.pages))
		return sbi_err(SBI_ERR_INVALID_STATE);
	/* OPEN: how many ranges may wait for a fence is not said. */
	if (fw->converts == FW_CONVERTS)
		return sbi_err(SBI_ERR_FAILED);
	move(fw, &k, COVE_PG_HOST, COVE_PG_CONVERTING);
	fw->convert[fw->converts++] = k;
	return sbi_ok(0);
}

/* Scrubbed before the host sees it: stored bytes of a forgotten key, too. */
struct sbiret cfw_reclaim_pages(struct cove_fw *fw, const struct fw_ecall *c)
{
	static const uint8_t zero[PAGE_4K];
	const struct fw_convert k = { .pa = c->a[0], .pages = c->a[1] };

	if (!count_ok(k.pages))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!cfw_pages_are(fw, k.pa, k.pages, COVE_PG_FREE))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	move(fw, &k, COVE_PG_FREE, COVE_PG_HOST);
	for (uint64_t i = 0; i < k.pages; i++) {
		int64_t ret =
			cfw_write(fw, k.pa + i * PAGE_4K, zero, sizeof(zero));

		IL_ASSERT(!ret);
	}
	return sbi_ok(0);
}

static void fence_over(struct cove_fw *fw)
{
	for (unsigned i = 0; i < fw->cfg.harts; i++)
		if (!fw->fence_seen[i])
			return;
	for (unsigned i = 0; i < fw->fencings; i++)
		move(fw, &fw->fencing[i], COVE_PG_FENCING, COVE_PG_FREE);
	fw->fencings = 0;
	fw->fence_on = false;
}

/*
 * "Completed when local_fence() has been invoked on all other CPUs": the hart
 * that begins has fenced itself. With one hart it is over at once.
 */
struct sbiret cfw_global_fence(struct cove_fw *fw, const struct fw_ecall *c)
{
	if (fw->fence_on)
		return sbi_err(SBI_ERR_ALREADY_STARTED);
	for (unsigned i = 0; i < fw->converts; i++) {
		move(fw, &fw->convert[i], COVE_PG_CONVERTING, COVE_PG_FENCING);
		fw->fencing[i] = fw->convert[i];
	}
	fw->fencings = fw->converts;
	fw->converts = 0;
	fw->fence_on = true;
	memset(fw->fence_seen, 0, sizeof(fw->fence_seen));
	fw->fence_seen[c->hart] = true;
	fence_over(fw);
	return sbi_ok(0);
}

struct sbiret cfw_local_fence(struct cove_fw *fw, const struct fw_ecall *c)
{
	if (fw->fence_on) {
		fw->fence_seen[c->hart] = true;
		fence_over(fw);
	}
	return sbi_ok(0);
}
