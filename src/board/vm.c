/* SPDX-License-Identifier: BSD-2-Clause */
#include "board/vm.h"

#include <string.h>

#include "base/bits.h"
#include "board/regs.h"
#include "mem/s2.h"

void board_vm_init(struct board_vm *v, const struct board_vm_cfg *cfg)
{
	*v = (struct board_vm){ .cfg = *cfg };
}

void board_vm_reset(struct board_vm *v)
{
	board_vm_init(v, &v->cfg);
}

/* --- mappings --- */

static void map_set(struct board_vm *v, const struct board_vm_map *map,
		    unsigned n)
{
	memcpy(v->map, map, n * sizeof(*map));
	v->maps = n;
}

/* Parts of @m before and behind [@first, @end). */
static unsigned around(struct board_vm_map m, uint64_t first, uint64_t end,
		       struct board_vm_map *out)
{
	unsigned n = 0;

	if (m.first < first)
		out[n++] =
			(struct board_vm_map){ m.first,
					       m.end < first ? m.end : first };
	if (m.end > end)
		out[n++] = (struct board_vm_map){ m.first > end ? m.first : end,
						  m.end };
	return n;
}

/* Pieces that touch become one. */
static unsigned join(struct board_vm_map *m, unsigned n)
{
	unsigned k = 0;

	for (unsigned i = 1; i < n; i++)
		if (m[k].end == m[i].first)
			m[k].end = m[i].end;
		else
			m[++k] = m[i];
	return n ? k + 1 : 0;
}

/* The old pieces without the new one, then with it. False: too many. */
static bool map_change(struct board_vm *v, uint64_t first, uint64_t end,
		       bool on)
{
	struct board_vm_map out[BOARD_VM_MAPS + 2];
	unsigned n = 0, at = 0;

	for (unsigned i = 0; i < v->maps; i++)
		n += around(v->map[i], first, end, out + n);
	while (at < n && out[at].first < first)
		at++;
	if (on) {
		memmove(&out[at + 1], &out[at], (n - at) * sizeof(*out));
		out[at] = (struct board_vm_map){ first, end };
		n = join(out, n + 1);
	}
	if (n > BOARD_VM_MAPS)
		return false;
	map_set(v, out, n);
	return true;
}

bool board_vm_private(const struct board_vm *v, uint64_t gpa)
{
	const uint64_t page = gpa / PAGE_4K;

	for (unsigned i = 0; i < v->maps; i++)
		if (page >= v->map[i].first && page < v->map[i].end)
			return true;
	return false;
}

bool board_vm_sane(const struct board_vm *v)
{
	if (v->maps > BOARD_VM_MAPS)
		return false;
	for (unsigned i = 0; i < v->maps; i++)
		if (v->map[i].first >= v->map[i].end ||
		    (i && v->map[i - 1].end >= v->map[i].first))
			return false;
	return true;
}

static uint32_t map(struct board_vm *v)
{
	const uint64_t first = v->gpa / PAGE_4K, end = first + v->count;

	if (v->gpa & (PAGE_4K - 1) || !v->count ||
	    v->flags & ~(uint32_t)BOARD_FLAG_PRIVATE)
		return RMP_FAIL_INPUT;
	if (!map_change(v, first, end, v->flags & BOARD_FLAG_PRIVATE))
		return RMP_FAIL_INUSE;
	v->pages = v->count;
	return RMP_OK;
}

/* --- instructions --- */

/*
 * The second stage: RAM in one piece, BARs one by one. Its leaf is as large as
 * the RMP's entry, which is how a host that means well keeps them.
 */
static bool translate(const struct board_vm *v, uint64_t gpa, struct mem_req *r,
		      struct fault *f)
{
	const struct board_exit *x = v->cfg.exit;
	struct own_page p;
	uint64_t pa = UINT64_MAX;

	if (gpa < x->size)
		pa = x->base + gpa;
	else if (v->cfg.bar_pa)
		pa = v->cfg.bar_pa(v->cfg.ctx, gpa);
	*r = (struct mem_req){ .who = AGENT_VCPU,
			       .write = true,
			       .trusted = true,
			       .owner = x->asid,
			       .gpa = gpa,
			       .leaf = PAGE_4K,
			       .pa = pa };
	*f = (struct fault){ .rule = &s2_rule_missing,
			     .stage = FAULT_STAGE2,
			     .who = AGENT_VCPU,
			     .id = x->asid,
			     .addr = gpa,
			     .write = true,
			     .trusted = true };
	if (pa == UINT64_MAX)
		return false;
	if (!own_entry(v->cfg.own, pa, &p) && p.flags & OWN_F_2M)
		r->leaf = PAGE_2M;
	return true;
}

/* One page of it: a code for EAX, or BOARD_RC_FAULT. */
static uint32_t one(struct board_vm *v, uint32_t op, uint64_t gpa, bool *same)
{
	const enum rmp_size size = v->flags & BOARD_FLAG_2M ? RMP_2M : RMP_4K;
	struct mem_req r;
	struct fault f;
	enum rmp_rc rc = RMP_OK;
	enum il_err err = IL_E_IO;

	*same = false;
	if (!translate(v, gpa, &r, &f))
		;
	else if (op == BOARD_INSN_PVALIDATE)
		err = own_pvalidate_at(v->cfg.own, &r, size,
				       v->flags & BOARD_FLAG_VALIDATE, &rc,
				       same, &f);
	else
		err = own_rmpadjust_at(v->cfg.own, &r, size, v->attr, &rc, &f);
	if (!err)
		return rc;
	if (v->cfg.refused)
		v->cfg.refused(v->cfg.ctx, &f);
	return BOARD_RC_FAULT;
}

/* Page after page; the first that is not as it should be ends it. */
static uint32_t insn(struct board_vm *v, uint32_t op)
{
	const uint64_t step = v->flags & BOARD_FLAG_2M ? PAGE_2M : PAGE_4K;
	const uint32_t known = op == BOARD_INSN_PVALIDATE
				       ? BOARD_FLAG_2M | BOARD_FLAG_VALIDATE
				       : BOARD_FLAG_2M;

	if (!v->count || v->flags & ~known)
		return RMP_FAIL_INPUT;
	for (uint64_t i = 0; i < v->count; i++) {
		bool same;
		uint32_t rc = one(v, op, v->gpa + i * step, &same);

		v->same = same;
		if (rc || same)
			return rc;
		v->pages++;
	}
	return RMP_OK;
}

static void run(struct board_vm *v, uint32_t op)
{
	v->pages = 0;
	v->same = 0;
	if (op == BOARD_INSN_PVALIDATE || op == BOARD_INSN_RMPADJUST)
		v->rc = insn(v, op);
	else if (op == BOARD_INSN_MAP)
		v->rc = map(v);
	else
		v->rc = BOARD_RC_FAULT; /* #UD: not this processor's */
}

/* --- registers --- */

enum slot {
	SLOT_ID,
	SLOT_VERSION,
	SLOT_GPA,
	SLOT_FLAGS,
	SLOT_COUNT,
	SLOT_OP,
	SLOT_RC,
	SLOT_PAGES,
	SLOT_SAME,
	SLOT_ATTR,
};

/* clang-format off */
static const struct reg {
	uint32_t off;
	uint8_t width;
	bool wo;
	bool ro;
	enum slot slot;
} regs[] = {
	{ BOARD_ID,	    4, false, true,  SLOT_ID },
	{ BOARD_VERSION,    4, false, true,  SLOT_VERSION },
	{ BOARD_INSN_GPA,   8, false, false, SLOT_GPA },
	{ BOARD_INSN_FLAGS, 4, false, false, SLOT_FLAGS },
	{ BOARD_INSN_COUNT, 4, false, false, SLOT_COUNT },
	{ BOARD_INSN_OP,    4, true,  false, SLOT_OP },
	{ BOARD_INSN_RC,    4, false, true,  SLOT_RC },
	{ BOARD_INSN_PAGES, 4, false, true,  SLOT_PAGES },
	{ BOARD_INSN_SAME,  4, false, true,  SLOT_SAME },
	{ BOARD_INSN_ATTR,  8, false, false, SLOT_ATTR },
};
/* clang-format on */

/* The register and, of one of 8 bytes, which half; NULL: no such access. */
static const struct reg *find(uint32_t off, uint32_t len, uint32_t *shift)
{
	for (unsigned i = 0; i < COUNT(regs); i++) {
		const struct reg *r = &regs[i];

		if (off < r->off || off - r->off >= r->width)
			continue;
		if ((len != 4 && len != r->width) || (off - r->off) % len)
			return NULL;
		*shift = (off - r->off) * 8;
		return r;
	}
	return NULL;
}

static uint64_t get(const struct board_vm *v, enum slot slot)
{
	switch (slot) {
	case SLOT_ID:
		return BOARD_MAGIC;
	case SLOT_VERSION:
		return BOARD_VERSION_1;
	case SLOT_GPA:
		return v->gpa;
	case SLOT_FLAGS:
		return v->flags;
	case SLOT_COUNT:
		return v->count;
	case SLOT_OP:
		return 0;
	case SLOT_RC:
		return v->rc;
	case SLOT_PAGES:
		return v->pages;
	case SLOT_SAME:
		return v->same;
	case SLOT_ATTR:
		return v->attr;
	}
	return 0;
}

void board_vm_get(struct board_vm *v, uint32_t off, uint8_t *buf, uint32_t len)
{
	const struct reg *r;
	uint32_t shift;
	uint64_t val;

	if (off >= BOARD_VM_STATE) {
		board_exit_get(v->cfg.exit, false, off, buf, len);
		return;
	}
	memset(buf, 0xff, len);
	r = find(off, len, &shift);
	if (!r || r->wo)
		return;
	val = get(v, r->slot) >> shift;
	for (uint32_t i = 0; i < len; i++)
		buf[i] = (uint8_t)(val >> 8 * i);
}

static void set(uint64_t *reg, uint64_t val, uint32_t len, uint32_t shift)
{
	const uint64_t mask =
		len == 8 ? ~UINT64_C(0) : UINT64_C(0xffffffff) << shift;

	*reg = (*reg & ~mask) | (val << shift & mask);
}

void board_vm_put(struct board_vm *v, uint32_t off, const uint8_t *buf,
		  uint32_t len)
{
	const struct reg *r;
	uint32_t shift;
	uint64_t val = 0;

	if (off >= BOARD_VM_STATE) {
		board_exit_put(v->cfg.exit, false, off, buf, len);
		return;
	}
	r = find(off, len, &shift);
	if (!r || r->ro)
		return;
	for (uint32_t i = len; i-- > 0;)
		val = val << 8 | buf[i];
	switch (r->slot) {
	case SLOT_GPA:
		set(&v->gpa, val, len, shift);
		break;
	case SLOT_ATTR:
		set(&v->attr, val, len, shift);
		break;
	case SLOT_FLAGS:
		v->flags = (uint32_t)val;
		break;
	case SLOT_COUNT:
		v->count = (uint32_t)val;
		break;
	case SLOT_OP:
		run(v, (uint32_t)val);
		break;
	case SLOT_ID:
	case SLOT_VERSION:
	case SLOT_RC:
	case SLOT_PAGES:
	case SLOT_SAME:
		break;
	}
}
