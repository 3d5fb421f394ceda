/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/cove/fw_priv.h"

#include "base/assert.h"

/*
 * Pages of a TVM: added, shared, invalidated, removed.
 * Source: CoVE, "COVE Host Extension", functions 11 to 13 and 16 to 19; "COVE
 * Guest Extension", functions 0 to 3
 */

#define TOP (UINT64_C(1) << 48)

bool cfw_span_ok(const struct fw_span *s)
{
	return s->len && !(s->gpa % PAGE_4K) && !(s->len % PAGE_4K) &&
	       s->gpa < TOP && s->len <= TOP - s->gpa;
}

/* --- add --- */

struct add {
	struct fw_tvm *t;
	uint64_t pa;
	uint64_t pages;
	uint64_t gpa;
	uint64_t len;
};

/* What all ways to add have in common; nothing is changed. */
static int64_t add_check(struct cove_fw *fw, struct add *a, uint64_t type)
{
	if (!a->t || type != COVE_PAGE_4K || !a->pages ||
	    a->pages > TOP / PAGE_4K)
		return SBI_ERR_INVALID_PARAM;
	a->len = a->pages * PAGE_4K;
	if (!cfw_leaves_free(fw, a->t, a->gpa, a->len))
		return SBI_ERR_INVALID_ADDRESS;
	if (cfw_tables_missing(fw, a->t, a->gpa, a->len) > a->t->pooled)
		return SBI_ERR_OUT_OF_PTPAGES;
	return SBI_SUCCESS;
}

/* Confidential memory of the TVM, as it was declared and is not shared. */
static bool conf(const struct cove_fw *fw, const struct add *a)
{
	return cfw_span_holds(fw, a->t, SPAN_CONF, a->gpa, a->len) &&
	       !cfw_span_meets(fw, a->t, SPAN_SHARED, a->gpa, a->len);
}

static void take(struct cove_fw *fw, const struct add *a, uint64_t i)
{
	enum il_err err =
		cove_own_move(fw->cfg.own, a->pa + i * PAGE_4K, COVE_PG_FREE,
			      COVE_PG_TVM, a->t->vmid, a->gpa + i * PAGE_4K);

	IL_ASSERT(!err);
	a->t->pages++;
}

/*
 * OPEN: SHA-384 extends a register by "page contents" and GPA, the encoding is
 * not said: register, GPA as eight bytes, content.
 */
static bool extend(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa)
{
	uint8_t in[sizeof(t->digest) + 8 + PAGE_4K];

	memcpy(in, t->digest, sizeof(t->digest));
	cove_put_u64(in, sizeof(t->digest), gpa);
	memcpy(in + sizeof(t->digest) + 8, fw->page, PAGE_4K);
	return !crypto_hash(fw->cfg.crypto, CRYPTO_SHA384, in, sizeof(in),
			    t->digest);
}

struct sbiret cfw_add_measured(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct add a = { .t = cfw_tvm_find(fw, c->a[0]),
			 .pa = c->a[2],
			 .pages = c->a[4],
			 .gpa = c->a[5] };
	int64_t ret = add_check(fw, &a, c->a[3]);

	if (!ret && a.t->state != TVM_INITIALIZING)
		ret = SBI_ERR_INVALID_PARAM;
	if (!ret &&
	    (!cfw_pages_are(fw, c->a[1], a.pages, COVE_PG_HOST) ||
	     !cfw_pages_are(fw, a.pa, a.pages, COVE_PG_FREE) || !conf(fw, &a)))
		ret = SBI_ERR_INVALID_ADDRESS;
	for (uint64_t i = 0; !ret && i < a.pages; i++) {
		ret = cfw_read(fw, c->a[1] + i * PAGE_4K, fw->page, PAGE_4K);
		if (!ret && !extend(fw, a.t, a.gpa + i * PAGE_4K))
			ret = SBI_ERR_FAILED;
		IL_ASSERT(!ret); /* was looked at; a hash does not fail */
		take(fw, &a, i);
		cfw_tvm_write(fw, a.t, a.pa + i * PAGE_4K, fw->page, PAGE_4K);
		cfw_leaf_page(fw, a.t, a.gpa + i * PAGE_4K, a.pa + i * PAGE_4K,
			      false);
	}
	return sbi_err(ret);
}

struct sbiret cfw_add_zero(struct cove_fw *fw, const struct fw_ecall *c)
{
	static const uint8_t zero[PAGE_4K];
	struct add a = { .t = cfw_tvm_find(fw, c->a[0]),
			 .pa = c->a[1],
			 .pages = c->a[3],
			 .gpa = c->a[4] };
	int64_t ret = add_check(fw, &a, c->a[2]);

	if (!ret && a.t->state != TVM_RUNNABLE)
		ret = SBI_ERR_INVALID_PARAM;
	if (!ret &&
	    (!cfw_pages_are(fw, a.pa, a.pages, COVE_PG_FREE) || !conf(fw, &a)))
		ret = SBI_ERR_INVALID_ADDRESS;
	for (uint64_t i = 0; !ret && i < a.pages; i++) {
		take(fw, &a, i);
		cfw_tvm_write(fw, a.t, a.pa + i * PAGE_4K, zero, PAGE_4K);
		cfw_leaf_page(fw, a.t, a.gpa + i * PAGE_4K, a.pa + i * PAGE_4K,
			      false);
	}
	return sbi_err(ret);
}

/* Each page can be shown once more: a host may show one very often. */
static bool countable(const struct cove_fw *fw, const struct add *a)
{
	struct cove_page p;

	for (uint64_t i = 0; i < a->pages; i++)
		if (cove_own_page(fw->cfg.own, a->pa + i * PAGE_4K, &p) ||
		    p.refs == UINT16_MAX)
			return false;
	return true;
}

/*
 * The host's pages, RAM where the TVM shares. OPEN: MMIO that is used shared,
 * with T = 0: the draft has no other call, so it may stand where the TVM said
 * that the host emulates.
 */
struct sbiret cfw_add_shared(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct add a = { .t = cfw_tvm_find(fw, c->a[0]),
			 .pa = c->a[1],
			 .pages = c->a[3],
			 .gpa = c->a[4] };
	int64_t ret = add_check(fw, &a, c->a[2]);
	struct cove_page p;
	bool io;

	if (ret)
		return sbi_err(ret);
	if (a.t->state != TVM_RUNNABLE)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	io = !cove_own_page(fw->cfg.own, a.pa, &p) && p.io;
	if (a.pa % PAGE_4K || a.pa + a.len < a.pa ||
	    !cove_own_all(fw->cfg.own, a.pa, a.len, COVE_PG_HOST, io) ||
	    !cfw_span_holds(fw, a.t, io ? SPAN_MMIO : SPAN_SHARED, a.gpa,
			    a.len))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	if (!countable(fw, &a))
		return sbi_err(SBI_ERR_FAILED);
	for (uint64_t i = 0; i < a.pages; i++) {
		enum il_err err =
			cove_own_ref(fw->cfg.own, a.pa + i * PAGE_4K, true);

		IL_ASSERT(!err);
		cfw_leaf_page(fw, a.t, a.gpa + i * PAGE_4K, a.pa + i * PAGE_4K,
			      io);
	}
	return sbi_ok(0);
}

/* --- fences --- */

/* No vCPU runs that may remember what was there before fence @n. */
bool cfw_fence_done(const struct cove_fw *fw, const struct fw_tvm *t,
		    uint64_t n)
{
	if (t->fences < n)
		return false;
	for (unsigned i = 0; i < fw->cfg.limits.vcpus; i++)
		if (t->vcpu[i].state == VCPU_RUNNING && t->vcpu[i].fence < n)
			return false;
	return true;
}

/*
 * vCPUs lose their translations as they leave; the IOMMU is told at once:
 * IOTINVAL.GVMA and IOFENCE.C for the TVM's GSCID (laws 37, 43).
 */
uint64_t cfw_fence_begin(struct cove_fw *fw, struct fw_tvm *t)
{
	cove_own_io_fence(fw->cfg.own, t->vmid);
	return ++t->fences;
}

struct sbiret cfw_tvm_fence(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);

	if (!t)
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (!cfw_fence_done(fw, t, t->fences))
		return sbi_err(SBI_ERR_ALREADY_STARTED);
	cfw_fence_begin(fw, t);
	return sbi_ok(0);
}

/* --- invalidate, validate, remove --- */

/*
 * The TVM and the range of a call, whose pages are all of kind @kind and no
 * MMIO of an interface.
 */
static int64_t range(struct cove_fw *fw, const struct fw_ecall *c,
		     enum fw_leaf_kind kind, struct fw_tvm **out)
{
	const struct fw_span s = { .gpa = c->a[1], .len = c->a[2] };
	struct fw_tvm *t = cfw_tvm_find(fw, c->a[0]);

	if (!t || s.len % PAGE_4K || !s.len)
		return SBI_ERR_INVALID_PARAM;
	if (!cfw_span_ok(&s))
		return SBI_ERR_INVALID_ADDRESS;
	for (uint64_t at = s.gpa; at < s.gpa + s.len; at += PAGE_4K) {
		struct fw_leaf l;

		cfw_leaf_get(fw, t, at, &l);
		if (l.kind != kind ||
		    cove_own_state(fw->cfg.own, l.pa) == COVE_PG_REGION)
			return SBI_ERR_INVALID_ADDRESS;
	}
	*out = t;
	return SBI_SUCCESS;
}

static bool is_host(const struct cove_fw *fw, uint64_t pa)
{
	return cove_own_state(fw->cfg.own, pa) == COVE_PG_HOST;
}

static void repage(struct cove_fw *fw, const struct fw_tvm *t, uint64_t gpa,
		   uint64_t pa, enum cove_page_state from,
		   enum cove_page_state to)
{
	enum il_err err;

	if (is_host(fw, pa))
		return; /* shared: it was never the TVM's */
	err = cove_own_move(fw->cfg.own, pa, from, to,
			    to == COVE_PG_FREE ? 0 : t->vmid,
			    to == COVE_PG_FREE ? 0 : gpa);
	IL_ASSERT(!err);
}

/*
 * OPEN: whether pages are pinned while an interface runs. The draft asks for
 * invalidation of what caches them (threat T008), not for that; what the host
 * takes away is then lost to the device as it is to the CPU.
 */
struct sbiret cfw_invalidate(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = NULL;
	int64_t ret = range(fw, c, LEAF_PAGE, &t);

	for (uint64_t at = 0; !ret && at < c->a[2]; at += PAGE_4K) {
		struct fw_leaf l;

		cfw_leaf_get(fw, t, c->a[1] + at, &l);
		cfw_leaf_block(fw, t, &l);
		repage(fw, t, c->a[1] + at, l.pa, COVE_PG_TVM, COVE_PG_BLOCKED);
	}
	return sbi_err(ret);
}

struct sbiret cfw_validate(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = NULL;
	int64_t ret = range(fw, c, LEAF_BLOCKED, &t);

	for (uint64_t at = 0; !ret && at < c->a[2]; at += PAGE_4K) {
		struct cove_page p;
		struct fw_leaf l;

		cfw_leaf_get(fw, t, c->a[1] + at, &l);
		repage(fw, t, c->a[1] + at, l.pa, COVE_PG_BLOCKED, COVE_PG_TVM);
		cfw_leaf_page(fw, t, c->a[1] + at, l.pa,
			      !cove_own_page(fw->cfg.own, l.pa, &p) && p.io);
	}
	return sbi_err(ret);
}

static void drop(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		 const struct fw_leaf *l)
{
	cfw_leaf_clear(fw, t, l);
	if (is_host(fw, l->pa)) {
		enum il_err err = cove_own_ref(fw->cfg.own, l->pa, false);

		IL_ASSERT(!err);
		return;
	}
	repage(fw, t, gpa, l->pa, COVE_PG_BLOCKED, COVE_PG_FREE);
	t->pages--;
}

struct sbiret cfw_remove(struct cove_fw *fw, const struct fw_ecall *c)
{
	struct fw_tvm *t = NULL;
	int64_t ret = range(fw, c, LEAF_BLOCKED, &t);
	struct fw_leaf l;

	for (uint64_t at = 0; !ret && at < c->a[2]; at += PAGE_4K) {
		cfw_leaf_get(fw, t, c->a[1] + at, &l);
		if (!cfw_fence_done(fw, t, l.fence + 1))
			ret = SBI_ERR_FAILED; /* law 37 */
	}
	for (uint64_t at = 0; !ret && at < c->a[2]; at += PAGE_4K) {
		cfw_leaf_get(fw, t, c->a[1] + at, &l);
		drop(fw, t, c->a[1] + at, &l);
	}
	return sbi_err(ret);
}

/* The host's pages that a TVM shows, wherever they stand. */
static void unshow_span(struct cove_fw *fw, struct fw_tvm *t,
			const struct fw_span *s)
{
	struct fw_leaf l;

	for (uint64_t at = s->gpa; at < s->gpa + s->len;
	     at = cfw_leaf_next(&l, at)) {
		cfw_leaf_get(fw, t, at, &l);
		if ((l.kind == LEAF_PAGE || l.kind == LEAF_BLOCKED) &&
		    is_host(fw, l.pa))
			drop(fw, t, at, &l);
	}
}

/*
 * Shared pages stand in confidential memory, and not only where it is shared
 * now: a TVM may have died while it took some back.
 */
void cfw_unshow(struct cove_fw *fw, struct fw_tvm *t)
{
	for (unsigned i = 0; i < fw->cfg.limits.regions; i++) {
		unshow_span(fw, t, &t->span[SPAN_CONF][i]);
		unshow_span(fw, t, &t->span[SPAN_MMIO][i]);
	}
}

/* --- what the TVM says of its addresses --- */

static bool span_add(const struct cove_fw *fw, struct fw_tvm *t,
		     enum fw_span_kind k, struct fw_span s)
{
	for (unsigned i = 0; i < fw->cfg.limits.regions; i++)
		if (!t->span[k][i].len) {
			t->span[k][i] = s;
			return true;
		}
	return false;
}

static unsigned spans_free(const struct cove_fw *fw, const struct fw_tvm *t,
			   enum fw_span_kind k)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fw->cfg.limits.regions; i++)
		n += !t->span[k][i].len;
	return n;
}

/* At most one span is cut in two: there is room for one more. */
static void span_cut(const struct cove_fw *fw, struct fw_tvm *t,
		     enum fw_span_kind k, struct fw_span s)
{
	for (unsigned i = 0; i < fw->cfg.limits.regions; i++) {
		struct fw_span *x = &t->span[k][i];
		const uint64_t end = x->gpa + x->len, cut = s.gpa + s.len;

		if (!x->len || x->gpa >= cut || s.gpa >= end)
			continue;
		x->len = 0;
		if (x->gpa < s.gpa)
			x->len = s.gpa - x->gpa;
		if (cut < end) {
			struct fw_span rest = { cut, end - cut };

			if (!x->len) {
				*x = rest;
			} else {
				bool ok = span_add(fw, t, k, rest);

				IL_ASSERT(ok);
			}
		}
	}
}

/*
 * Neighbours are joined as they are added, so that sharing page by page does
 * not fill the table.
 */
static bool span_join(const struct cove_fw *fw, struct fw_tvm *t,
		      enum fw_span_kind k, struct fw_span s)
{
	struct fw_span *before = NULL, *after = NULL;

	for (unsigned i = 0; i < fw->cfg.limits.regions; i++) {
		struct fw_span *x = &t->span[k][i];

		if (x->len && x->gpa + x->len == s.gpa)
			before = x;
		if (x->len && x->gpa == s.gpa + s.len)
			after = x;
	}
	if (!before && !after)
		return span_add(fw, t, k, s);
	if (before && after) {
		before->len += s.len + after->len;
		after->len = 0;
	} else if (before) {
		before->len += s.len;
	} else {
		after->gpa = s.gpa;
		after->len += s.len;
	}
	return true;
}

struct sbiret cfw_share(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
			uint64_t len, bool share)
{
	const struct fw_span s = { gpa, len };

	if (gpa % PAGE_4K || gpa >= TOP)
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	if (!cfw_span_ok(&s) || !cfw_span_holds(fw, t, SPAN_CONF, gpa, len))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (share ? cfw_span_meets(fw, t, SPAN_SHARED, gpa, len)
		  : !cfw_span_holds(fw, t, SPAN_SHARED, gpa, len))
		return sbi_err(SBI_ERR_INVALID_PARAM);
	if (share)
		return sbi_err(span_join(fw, t, SPAN_SHARED, s)
				       ? SBI_SUCCESS
				       : SBI_ERR_FAILED);
	if (!spans_free(fw, t, SPAN_SHARED))
		return sbi_err(SBI_ERR_FAILED);
	span_cut(fw, t, SPAN_SHARED, s);
	return sbi_ok(0);
}

/* What is left of the kind before: a page that is the TVM's, or the host's. */
bool cfw_share_done(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		    uint64_t len, bool share)
{
	struct fw_leaf l;

	for (uint64_t at = gpa; at < gpa + len; at = cfw_leaf_next(&l, at)) {
		cfw_leaf_get(fw, t, at, &l);
		if (l.kind == LEAF_BLOCKED ||
		    (l.kind == LEAF_PAGE && is_host(fw, l.pa) != share))
			return false;
	}
	return true;
}

/*
 * OPEN: how a host that cannot do it says so. Its answer to the exit, in a0, is
 * an error; the TVM hears it, and the range stays of the kind that it was, if
 * no page of the other kind stands in it.
 */
bool cfw_share_undo(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
		    uint64_t len, bool share)
{
	const struct fw_span s = { gpa, len };
	struct fw_leaf l;

	for (uint64_t at = gpa; at < gpa + len; at = cfw_leaf_next(&l, at)) {
		cfw_leaf_get(fw, t, at, &l);
		if (l.kind != LEAF_NONE && is_host(fw, l.pa) == share)
			return false;
	}
	if (!share)
		return span_join(fw, t, SPAN_SHARED, s);
	if (!spans_free(fw, t, SPAN_SHARED))
		return false;
	span_cut(fw, t, SPAN_SHARED, s);
	return true;
}

/*
 * "Every MMIO region that overlaps": what else the range meets, as memory that
 * is shared, is not taken away by this call, without block and fence (law 37).
 */
static void unshow_mmio(struct cove_fw *fw, struct fw_tvm *t,
			const struct fw_span *s)
{
	for (unsigned i = 0; i < fw->cfg.limits.regions; i++) {
		const struct fw_span *x = &t->span[SPAN_MMIO][i];
		const uint64_t lo = x->gpa > s->gpa ? x->gpa : s->gpa;
		const uint64_t a = x->gpa + x->len, b = s->gpa + s->len;
		const uint64_t hi = a < b ? a : b;
		const struct fw_span both = { lo, hi - lo };

		if (x->len && lo < hi)
			unshow_span(fw, t, &both);
	}
}

struct sbiret cfw_mmio_span(struct cove_fw *fw, struct fw_tvm *t, uint64_t gpa,
			    uint64_t len, bool add)
{
	const struct fw_span s = { gpa, len };

	if (!cfw_span_ok(&s))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	if (!add) {
		if (!spans_free(fw, t, SPAN_MMIO))
			return sbi_err(SBI_ERR_FAILED);
		/* Pages of the host that stand there would be forgotten. */
		unshow_mmio(fw, t, &s);
		cfw_fence_begin(fw, t);
		span_cut(fw, t, SPAN_MMIO, s);
		return sbi_ok(0);
	}
	if (cfw_span_meets(fw, t, SPAN_CONF, gpa, len) ||
	    cfw_span_meets(fw, t, SPAN_MMIO, gpa, len))
		return sbi_err(SBI_ERR_INVALID_ADDRESS);
	return sbi_err(span_join(fw, t, SPAN_MMIO, s) ? SBI_SUCCESS
						      : SBI_ERR_FAILED);
}
