/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"

/* Life of a TVM. Source: CoVE, "COVE Host Extension", functions 5 to 10, 14 */

struct fw_tvm *cfw_tvm_find(const struct cove_fw *fw, uint64_t id)
{
	for (unsigned i = 0; i < fw->cfg.limits.tvms; i++)
		if (fw->tvm[i].used && fw->tvm[i].id == id)
			return &fw->tvm[i];
	return NULL;
}

struct fw_vcpu *cfw_vcpu_of(const struct cove_fw *fw, struct fw_tvm *t,
			    uint64_t id)
{
	if (!t || id >= fw->cfg.limits.vcpus || t->vcpu[id].state == VCPU_NONE)
		return NULL;
	return &t->vcpu[id];
}

static bool overlap(const struct fw_span *s, uint64_t gpa, uint64_t len)
{
	return s->len && gpa < s->gpa + s->len && s->gpa < gpa + len;
}

bool cfw_span_meets(const struct cove_fw *fw, const struct fw_tvm *t,
		    enum fw_span_kind k, uint64_t gpa, uint64_t len)
{
	for (unsigned i = 0; i < fw->cfg.limits.regions; i++)
		if (overlap(&t->span[k][i], gpa, len))
			return true;
	return false;
}

/* Spans are disjoint: what they have of the range adds up to it. */
bool cfw_span_holds(const struct cove_fw *fw, const struct fw_tvm *t,
		    enum fw_span_kind k, uint64_t gpa, uint64_t len)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < fw->cfg.limits.regions; i++) {
		const struct fw_span *s = &t->span[k][i];
		uint64_t lo, hi;

		if (!overlap(s, gpa, len))
			continue;
		lo = s->gpa > gpa ? s->gpa : gpa;
		hi = s->gpa + s->len < gpa + len ? s->gpa + s->len : gpa + len;
		sum += hi - lo;
	}
	return sum == len;
}

/* --- create --- */

static uint32_t vmid_new(struct cove_fw *fw)
{
	const uint32_t n = fw->cfg.own->vmids - 1;

	/* Round robin: one that has just been given up rests longest. */
	for (uint32_t i = 0; i < n; i++) {
		uint32_t v = 1 + (fw->next_vmid + i) % n;

		if (cove_own_vmid_active(fw->cfg.own, v) ||
		    cove_own_pages(fw->cfg.own, v) ||
		    cove_own_dcs(fw->cfg.own, v))
			continue;
		fw->next_vmid = v % n;
		return v;
	}
	return 0;
}

static void take(struct cove_fw *fw, uint64_t pa, uint64_t pages,
		 enum cove_page_state to, uint32_t vmid)
{
	for (uint64_t i = 0; i < pages; i++) {
		enum il_err err = cove_own_move(fw->cfg.own, pa + i * PAGE_4K,
						COVE_PG_FREE, to, vmid, 0);

		IL_ASSERT(!err);
	}
}

static void table_zero(struct cove_fw *fw, uint64_t pa)
{
	uint8_t page[PAGE_4K] = { 0 };
	struct mem_req r = { .who = AGENT_FIRMWARE,
			     .write = true,
			     .gpa = pa,
			     .pa = pa,
			     .len = PAGE_4K };
	struct fault f;
	enum il_err err = mem_access(fw->cfg.mem, &r, page, &f);

	IL_ASSERT(!err);
}

static void tvm_clear(struct cove_fw *fw, struct fw_tvm *t)
{
	const struct cove_fw_limits *l = &fw->cfg.limits;
	struct fw_tvm keep = *t;

	bytes_wipe(t, sizeof(*t));
	for (unsigned k = 0; k < SPAN_KINDS; k++) {
		t->span[k] = keep.span[k];
		memset(t->span[k], 0, l->regions * sizeof(*t->span[k]));
	}
	t->vcpu = keep.vcpu;
	bytes_wipe(t->vcpu, l->vcpus * sizeof(*t->vcpu));
}

struct sbiret cfw_create_tvm(struct cove_fw *fw, const struct fw_ecall *c)
{
	uint8_t s[TVM_PARAMS_LEN];
	struct fw_tvm *t = NULL;
	uint64_t dir, page, secret = 0;
	uint32_t vmid;

	if (c->a[1] != sizeof(s))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (cfw_read(fw, c->a[0], s, sizeof(s)))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	dir = cove_u64(s, TVM_PARAMS_PAGE_DIRECTORY);
	page = cove_u64(s, TVM_PARAMS_STATE);
	if (dir % (TVM_DIRECTORY_PAGES * PAGE_4K) ||
	    !cfw_pages_are(fw, dir, TVM_DIRECTORY_PAGES, COVE_PG_FREE) ||
	    !cfw_pages_are(fw, page, TSM_TVM_STATE_PAGES, COVE_PG_FREE) ||
	    page - dir < TVM_DIRECTORY_PAGES * PAGE_4K)
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	for (unsigned i = fw->cfg.limits.tvms; i-- > 0;)
		if (!fw->tvm[i].used)
			t = &fw->tvm[i];
	vmid = vmid_new(fw);
	if (!t || !vmid ||
	    env_random(fw->cfg.env, (uint8_t *)&secret, sizeof(secret)) ||
	    !secret || cove_own_vmid(fw->cfg.own, vmid, secret))
		return sbi_err(SBI_ERR_FAILED);
	bytes_wipe(&secret, sizeof(secret));
	tvm_clear(fw, t);
	t->used = true;
	t->id = fw->next_tvm++;
	t->vmid = vmid;
	t->state = TVM_INITIALIZING;
	t->root = dir;
	t->page = page;
	take(fw, dir, TVM_DIRECTORY_PAGES, COVE_PG_TABLE, vmid);
	take(fw, page, TSM_TVM_STATE_PAGES, COVE_PG_STATE, vmid);
	for (unsigned i = 0; i < TVM_DIRECTORY_PAGES; i++)
		table_zero(fw, dir + i * PAGE_4K);
	return sbi_ok(t->id);
}

/* OPEN: the order of what is hashed is the draft's, its encoding is not said:
 * the entry's two numbers as 16 bytes, after the pages. */
struct sbiret cfw_finalize_tvm(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);
	uint8_t in[sizeof(t->digest) + 16];
	uint8_t identity[TVM_IDENTITY_LEN];

	if (!t || t->state != TVM_INITIALIZING || c->a[3] % TVM_IDENTITY_LEN)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (c->a[3] && cfw_read(fw, c->a[3], identity, sizeof(identity)))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	memcpy(in, t->digest, sizeof(t->digest));
	cove_put_u64(in, sizeof(t->digest), c->a[1]);
	cove_put_u64(in, sizeof(t->digest) + 8, c->a[2]);
	if (crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, in, sizeof(in),
			t->digest))
		return sbi_err(SBI_ERR_FAILED);
	if (c->a[3])
		memcpy(t->identity, identity, sizeof(identity));
	t->has_identity = c->a[3] != 0;
	t->entry_pc = c->a[1];
	t->entry_arg = c->a[2];
	t->state = TVM_RUNNABLE;
	return sbi_ok(0);
}

struct sbiret cfw_promote_tvm(struct cove_fw *fw, const struct fw_ecall *c)
{
	(void)fw;
	(void)c;
	return sbi_err(SBI_ERR_NOT_SUPPORTED);
}

/*
 * Law 50: not while an interface is bound, and not while one of its regions
 * would go unaccounted. OPEN: the draft says of neither; MMIO is the host's
 * again by reclaim alone.
 */
struct sbiret cfw_destroy_tvm(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);
	enum il_err err;

	if (!t)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (cfw_tvm_ifs(fw, t))
		return sbi_err(SBI_ERR_INVALID_STATE);
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		if (t->vcpu[i].state == VCPU_RUNNING)
			return sbi_err(SBI_ERR_FAILED);
	IL_ASSERT(!cove_own_dcs(fw->cfg.own, t->vmid));
	cfw_unshow(fw, t);
	cove_own_release(fw->cfg.own, t->vmid);
	err = cove_own_vmid(fw->cfg.own, t->vmid, 0);
	IL_ASSERT(!err);
	tvm_clear(fw, t);
	return sbi_ok(0);
}

/* --- before it runs --- */

static struct fw_span *span_free(const struct cove_fw *fw, struct fw_tvm *t,
				 enum fw_span_kind k)
{
	for (unsigned i = 0; i < fw->cfg.limits.regions; i++)
		if (!t->span[k][i].len)
			return &t->span[k][i];
	return NULL;
}

struct sbiret cfw_add_region_conf(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);
	const struct fw_span s = { .gpa = c->a[1], .len = c->a[2] };
	struct fw_span *at;

	if (!t || t->state != TVM_INITIALIZING)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!cfw_span_ok(&s))
		return sbi_err(s.gpa % PAGE_4K ? SBI_ERR_INVALID_ADDRESS
					       : SBI_ERR_INVALID_PARAM);
	/* Nor where a region of an interface stands already (law 33). */
	if (cfw_span_meets(fw, t, SPAN_CONF, s.gpa, s.len) ||
	    !cfw_leaves_free(fw, t, s.gpa, s.len))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	at = span_free(fw, t, SPAN_CONF);
	if (!at)
		return sbi_err(SBI_ERR_FAILED);
	*at = s;
	return sbi_ok(0);
}

struct sbiret cfw_add_tables(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);

	if (!t)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!cfw_pages_are(fw, c->a[1], c->a[2], COVE_PG_FREE))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	take(fw, c->a[1], c->a[2], COVE_PG_TABLE, t->vmid);
	for (uint64_t i = c->a[2]; i-- > 0;)
		cfw_pool_put(fw, t, c->a[1] + i * PAGE_4K);
	return sbi_ok(0);
}

struct sbiret cfw_create_vcpu(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);

	if (!t || t->state != TVM_INITIALIZING ||
	    c->a[1] >= fw->cfg.limits.vcpus ||
	    t->vcpu[c->a[1]].state != VCPU_NONE)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!cfw_pages_are(fw, c->a[2], TSM_VCPU_STATE_PAGES, COVE_PG_FREE))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	take(fw, c->a[2], TSM_VCPU_STATE_PAGES, COVE_PG_STATE, t->vmid);
	t->vcpu[c->a[1]] =
		(struct fw_vcpu){ .state = VCPU_READY, .page = c->a[2] };
	return sbi_ok(0);
}
